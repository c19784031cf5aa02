//! The words of Tradewind: ids, states, DAGs, runs and task instances as plain data.
//!
//! # What it is
//! Every crate speaks these types. They carry no behaviour beyond parsing, printing and small
//! questions about themselves ("is this state finished?").
//!
//! # What it must not know
//! No clock, randomness, filesystem, environment, SQL, HTTP or async runtime. Nothing here knows
//! where a DAG came from or how a row is stored.
//!
//! # How to read it
//! [`time`], [`id`] and [`state`] first, then [`dag`] (what an author wrote), [`record`] (what
//! happened), [`attempt`] (what a worker is asked and answers) and [`diagnostic`].
//!
//! # How to test it
//! `cargo test -p tw-model`; everything is a pure function of its arguments.

pub mod attempt;
pub mod dag;
pub mod diagnostic;
pub mod id;
pub mod mapping;
pub mod pace;
pub mod record;
pub mod schedule;
pub mod secret;
pub mod state;
pub mod time;

pub use attempt::{
    AttemptKey, AttemptOutcome, AttemptReport, ExitStatus, ReturnValue, SkipRecord, Usage, UsagePoint, UsageSeries,
    Workload,
};
pub use dag::{Dag, GroupChild, Param, Task, TaskCallbacks, TaskGroup, TriggerRule, WeightRule};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use id::{DagId, DagRunId, DagVersionId, RunId, TaskId, TaskInstanceId};
pub use mapping::{ExpandInput, MapInput, XComArg};
pub use pace::{Measured, Pace};
pub use record::{Connection, DagRun, Pool, TaskInstance, Variable};
pub use schedule::{Interval, RunImmediately, Step, Timetable};
pub use state::{DagRunState, RunType, TaskInstanceState, TriggeredBy};
pub use time::{Span as TimeSpan, Timestamp};
