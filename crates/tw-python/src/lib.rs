//! Fork servers, templates and channels to Python children.
//!
//! # What it is
//! A [`Bridge`] is one warm Python process, run by the user's interpreter, that imported Airflow
//! once. It forks a [`Child`] for each task attempt, each parse and each test of a connection; for
//! attempts it keeps template processes that hold parsed DAG files. [`BridgeKeeper`] keeps one
//! running, [`environment`] finds or builds the interpreter.
//!
//! # What it must not know
//! What is said on a child's channels, the store, the engine, DAGs. No database address and no
//! setting of Tradewind's own reaches Python.
//!
//! # How to read it
//! [`child`] (what a caller gets), `source` (the Python files, embedded), `control` (messages to
//! the fork server), [`bridge`] with `driver` (one fork server), [`keeper`], [`environment`]. The
//! Python half is `python/tradewind_bridge`; its `__init__` gives the order.
//!
//! # How to test it
//! `cargo test -p tw-python` forks from a real interpreter: `TRADEWIND_TEST_PYTHON`, else an
//! environment built once from `python/requirements.lock` below the target folder.

pub mod bridge;
pub mod child;
mod control;
mod driver;
pub mod environment;
pub mod keeper;
mod source;

pub use bridge::{Bridge, BridgeError, BridgeOptions, SpawnError, SpawnRequest, TemplateFile, Versions};
pub use child::{CONNECTION_UNDER_TEST, Child, ChildExit, ChildKind};
pub use environment::{Environment, EnvironmentError, EnvironmentOptions};
pub use keeper::{BridgeKeeper, BridgeService};
