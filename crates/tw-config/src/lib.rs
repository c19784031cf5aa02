//! Typed settings: flags, environment, file and defaults, resolved once into plain values.
//!
//! # What it is
//! [`keys::KEYS`] is the table of everything that can be set. [`resolve`] reads the given sources in
//! the order flag, environment, file, default and returns [`Settings`], or says which name or value
//! is wrong, where it came from, and what was probably meant.
//!
//! # What it must not know
//! It reads no environment, file or clock: the caller hands over the text. It does not know what a
//! setting is used for; the binary turns each section into the options of the service concerned.
//!
//! # How to read it
//! [`keys`] (the table), [`settings`] (the typed result), [`resolve`](mod@resolve) (the order of
//! sources), [`airflow`] (accepted Airflow names), [`value`] (text to value), [`error`].
//!
//! # How to test it
//! `cargo test -p tw-config`; everything is a pure function of its arguments.

pub mod airflow;
pub mod error;
pub mod keys;
mod pick;
pub mod resolve;
pub mod settings;
mod suggest;
pub mod value;

pub use error::ConfigError;
pub use resolve::{ConfigFile, FILE_NAME, Flags, Sources, home, resolve};
pub use settings::{Api, DagProcessor, Entry, LogFormat, Logging, Origin, Scheduler, Security, Settings, Task};
