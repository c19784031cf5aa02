//! The decision core: one deterministic state machine that decides everything.
//!
//! # What it is
//! [`World`] holds every unfinished run. [`World::apply`] takes one [`Input`] (a fact or a
//! request) and appends to an [`Outcome`] what has to be written, what has to be done once that
//! is written, and when to look again. [`World::explain`] says why something waits.
//!
//! # What it must not know
//! No clock, randomness, filesystem, environment, SQL, HTTP or async runtime. Time and the seed
//! of new ids are arguments, so the same inputs give the same outcome bit by bit.
//!
//! # How to read it
//! [`vocabulary`] (what goes in and out), `world` (what is kept), then one file per topic:
//! `parse`, `runs`, `readiness`, `trigger_rule`, `mapping`, `admission`, `attempt`, `retry`,
//! `completion`, `rebuild`, `explain`.
//!
//! # How to test it
//! `cargo test -p tw-engine`: text in, text out, see `tests/it`.

mod admission;
mod attempt;
mod completion;
mod explain;
mod graph;
mod ids;
mod instance;
mod mapping;
mod parse;
mod readiness;
mod rebuild;
mod retry;
mod run;
mod runs;
mod trigger_rule;
pub mod vocabulary;
mod world;

pub use runs::Facts;
pub use vocabulary::{
    Blocker, CallbackKind, CallbackRequest, DagRow, DagVersionRow, Effect, ImportError, Input, KillReason, Need,
    Outcome, ParsedDag, ParsedFile, PlannedRun, Reply, RunConflict, Snapshot, Subject, TriggerRun, Write,
};
pub use world::{EngineOptions, World};
