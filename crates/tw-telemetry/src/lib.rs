//! Tracing set-up and the span vocabulary.
//!
//! # What it is
//! [`init`] installs the one subscriber of the process: lines for people on a terminal, JSON for
//! machines. [`span`] holds the constructors of the spans that shells open, so that every event
//! carries the same field names.
//!
//! # What it must not know
//! It reads no environment and no file: the binary hands over the level and the form. Pure crates
//! do not log; a task's own output never comes here.
//!
//! # How to read it
//! [`subscriber`], then [`span`].
//!
//! # How to test it
//! `cargo test -p tw-telemetry` writes events to memory and compares the lines.

pub mod span;
pub mod subscriber;

pub use subscriber::{Form, Options, TelemetryError, init};
