//! Reads for the screens of the browser part.
//!
//! Cost at ten million task instances: each touches the DAGs (thousands), one page of runs, the
//! instances of the runs it shows, or the newest [`WINDOW`] runs where a filter has no index (of
//! connections and variables the first [`WINDOW`]). None walks the history.

pub(crate) mod audit;
pub(crate) mod dags;
pub(crate) mod home;
pub(crate) mod instances;
pub(crate) mod profile;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod task;
pub(crate) mod tries;

pub use audit::{AuditFilter, AuditPlace};
pub use dags::{DagCounts, DagListFilter, DagListPlace, DagListView};
pub use home::{Activity, FirstFailure, UpcomingRun};
pub use instances::{STATES, TaskTally};
pub use profile::ProfileLine;
pub use runs::{RunLine, RunListFilter, RunPlace};
pub use settings::ConnectionHead;
pub use task::{InstanceLine, TaskPoint, XComHead};
pub use tries::{PlainTries, TryLine};

/// Rows looked at where a filter has no index of its own, of runs the newest: read in some 15 ms.
pub const WINDOW: u32 = 5_000;

/// How long a list is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListTotal {
    /// So many were counted.
    pub count: u32,
    /// There may be more.
    pub or_more: bool,
}
