//! The shell around the engine: gather inputs, apply, commit, carry out.
//!
//! # What it is
//! [`Scheduler`] owns the [`tw_engine::World`] and the store's epoch. All inputs that arrive
//! while a commit is on its way form the next one. [`Handle`] is how everybody else submits.
//!
//! # What it must not know
//! No HTTP, no Python, no rule of scheduling: it decides nothing. It does not know how attempts
//! run or how callbacks are carried out, only that effects follow their commit.
//!
//! # How to read it
//! [`handle`] (what others hold), [`port`] (what it needs besides the store), [`shell`] (the loop).
//!
//! # How to test it
//! `cargo test -p tw-scheduler`; a real SQLite store, a scripted executor.

pub mod handle;
mod pace;
pub mod port;
pub mod shell;

pub use handle::{Handle, Inbox, SubmitError};
pub use port::{CallbackRunner, Clock, CommitObserver, SystemClock};
pub use shell::{Scheduler, SchedulerError};
