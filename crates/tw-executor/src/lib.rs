//! Where attempts run: the port, and the local executor.
//!
//! # What it is
//! [`Executor`] is what the scheduler hands attempts to. [`LocalExecutor`] runs them on this
//! machine, a bounded number at a time and the heaviest first, through an [`AttemptRunner`].
//!
//! # What it must not know
//! No store, no engine, no Python: how an attempt is carried out is the runner's business, and
//! what its end means is the engine's. Both talk to each other without the executor.
//!
//! # How to read it
//! [`port`] (the traits), [`kill`] (how an attempt is asked to stop), [`queue`] (who is next:
//! pure), [`local`] (the executor).
//!
//! # How to test it
//! `cargo test -p tw-executor`; a scripted runner stands in for processes.

pub mod kill;
pub mod local;
pub mod port;
pub mod queue;

pub use kill::KillSignal;
pub use local::{DEFAULT_PARALLELISM, Load, LocalExecutor};
pub use port::{AttemptRunner, Executor};
