//! One attempt from start to end: requests, logs, limits, reports.
//!
//! # What it is
//! [`Supervisor::run`] takes one attempt: has a child forked, tells it what to run, answers what it
//! asks, stores what it logs, stops it when it must stop, and reports how it ended.
//!
//! # What it must not know
//! No store and no engine: what a child may ask goes through [`TaskServices`], and what an end
//! means is decided elsewhere. No executor: it is called once per attempt and does not count.
//! How children are forked is behind [`ChildSource`].
//!
//! # How to read it
//! [`services`] (what the supervisor needs), [`options`], [`supervisor`] (the life of an attempt),
//! then its parts: `conversation` with `answers` (what the child asks), `report` (what its last
//! words mean: pure), `process` (signals and limits), `usage` (what running attempts consume over
//! time), `logs`, `channel` (frames on a socket).
//!
//! # How to test it
//! `cargo test -p tw-supervisor`; scripted peers speak real frames over real sockets. One test forks
//! children of the stock Task SDK, see `tw-python` for how its interpreter is found.

mod answers;
mod channel;
mod conversation;
mod logs;
pub mod options;
mod process;
mod report;
pub mod services;
pub mod supervisor;
mod usage;

pub use options::SupervisorOptions;
pub use services::{AttemptProcess, ChildSource, RequestError, SpawnError, TaskServices};
pub use supervisor::Supervisor;
pub use usage::UsageSampler;
