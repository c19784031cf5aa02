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
//! [`vocabulary`] and [`acts`] (what goes in and out), `world` (what is kept), then one file per
//! topic: `parse`, `runs`, `readiness`, `trigger_rule`, `mapping`, `revision`, `admission`, `attempt`,
//! `retry`, `completion`; what people do to runs that exist: `selection`, `clear`, `mark`, `delete`;
//! how runs come into memory: `facts`, `restore`, `rebuild`; and why something waits:
//! [`explanation`] (the answer), `holders`, `explain`.
//!
//! # How to test it
//! `cargo test -p tw-engine`: text in, text out, see `tests/it`.

pub mod acts;
mod admission;
mod attempt;
mod clear;
mod completion;
mod delete;
mod explain;
pub mod explanation;
mod facts;
mod graph;
mod holders;
mod ids;
mod instance;
mod mapping;
mod mark;
mod parse;
mod readiness;
mod rebuild;
mod restore;
mod retry;
mod revision;
mod run;
mod runs;
mod selection;
mod trigger_rule;
pub mod vocabulary;
mod world;

pub use acts::{
    ClearRun, ClearTasks, ClearedPart, InstanceName, MarkRun, MarkTasks, RUNS_PER_ACT_MAX, RunMark, RunScope, TaskMark,
};
pub use explanation::{Blocker, BlockerKind, Explanation, Holders, Met, Place, Usage};
pub use facts::Facts;
pub use vocabulary::{
    CallbackKind, CallbackRequest, DagRow, DagVersionRow, Effect, ImportError, Input, KillReason, Need, Outcome,
    ParsedDag, ParsedFile, PlannedRun, Reply, RunConflict, Snapshot, Subject, TriggerRun, Write,
};
pub use world::{EngineOptions, World};
