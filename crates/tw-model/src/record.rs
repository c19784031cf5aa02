//! What happened: runs, task instances, and the things users keep beside them. One value is
//! one row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attempt::{ReturnValue, SkipRecord};
use crate::id::{DagId, DagRunId, DagVersionId, RunId, TaskId, TaskInstanceId};
use crate::schedule::Interval;
use crate::state::{DagRunState, RunType, TaskInstanceState, TriggeredBy};
use crate::time::{Span, Timestamp};

/// A dag run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DagRun {
    /// Surrogate id.
    pub id: DagRunId,
    /// Its DAG.
    pub dag_id: DagId,
    /// Its name within the DAG.
    pub run_id: RunId,
    /// Why it exists.
    pub run_type: RunType,
    /// What caused it.
    pub triggered_by: TriggeredBy,
    /// Who asked for it.
    pub triggering_user: Option<String>,
    /// Where it is in its life.
    pub state: DagRunState,
    /// The date it stands for; unique within the DAG when present.
    pub logical_date: Option<Timestamp>,
    /// The data it covers.
    pub data_interval: Option<Interval>,
    /// It does not start before this.
    pub run_after: Timestamp,
    /// When it was last put in the queue.
    pub queued_at: Option<Timestamp>,
    /// When it started running.
    pub start_date: Option<Timestamp>,
    /// When it finished.
    pub end_date: Option<Timestamp>,
    /// The configuration it was triggered with, as JSON.
    pub conf: Arc<Value>,
    /// Free text of a user.
    pub note: Option<String>,
    /// Version of the DAG it was created from.
    pub dag_version_id: DagVersionId,
    /// How often it was cleared.
    pub clear_number: u32,
    /// Why it ended as it did, for people (`task_failure`, `timed_out` …).
    pub reason: Option<String>,
}

/// A task instance as the engine knows and writes it.
///
/// `id` names the current try. Columns that only describe an attempt (host, pid, usage, rendered
/// label) are written when they are reported and are not part of this value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskInstance {
    /// Surrogate id of the current try.
    pub id: TaskInstanceId,
    /// Its run.
    pub dag_run_id: DagRunId,
    /// Its DAG, repeated for reads.
    pub dag_id: DagId,
    /// Its run's name, repeated for reads.
    pub run_id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// Index among mapped instances; -1 = not (yet) mapped.
    pub map_index: i32,
    /// The version it belongs to.
    pub dag_version_id: DagVersionId,
    /// `None` = its dependencies are not met yet.
    pub state: Option<TaskInstanceState>,
    /// 0 before the first try is scheduled.
    pub try_number: u32,
    /// Tries end when `try_number` exceeds this.
    pub max_tries: u32,
    /// Dispatches of the current `id` (S-1.56).
    pub dispatch: u32,
    /// When its dependencies were met.
    pub scheduled_at: Option<Timestamp>,
    /// When it was admitted.
    pub queued_at: Option<Timestamp>,
    /// When the worker started it.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// It does not go on before this: next retry or next poke.
    pub not_before: Option<Timestamp>,
    /// Reschedules of this try.
    pub reschedule_count: u32,
    /// When the first reschedule of this try was recorded.
    pub first_reschedule_date: Option<Timestamp>,
    /// Pool.
    pub pool: String,
    /// Slots in the pool.
    pub pool_slots: u32,
    /// Queue.
    pub queue: String,
    /// Effective weight.
    pub priority_weight: i32,
    /// Operator name for people.
    pub operator: String,
    /// Executor; `None` = default.
    pub executor: Option<String>,
    /// What the current or last try pushed.
    pub return_value: ReturnValue,
    /// What it decided to skip.
    pub skip_record: Option<SkipRecord>,
    /// Why it is in this state, for people, when that is not obvious.
    pub reason: Option<String>,
}

/// A pool of slots (S-5.20).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pool {
    /// Unique name.
    pub name: String,
    /// Number of slots; -1 = unlimited.
    pub slots: i32,
    /// Text for people.
    pub description: Option<String>,
    /// Whether deferred task instances keep their slots.
    pub include_deferred: bool,
}

impl Pool {
    /// The pool every task uses unless it names another.
    pub const DEFAULT: &'static str = "default_pool";
}

/// A stored variable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variable {
    /// Unique key.
    pub key: String,
    /// The value; text, often JSON.
    pub value: String,
    /// Text for people.
    pub description: Option<String>,
}

/// A stored connection.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Connection {
    /// Unique id.
    pub conn_id: String,
    /// Kind, for example `postgres`.
    pub conn_type: String,
    /// Text for people.
    pub description: Option<String>,
    /// Host.
    pub host: Option<String>,
    /// Schema or database.
    pub schema: Option<String>,
    /// User.
    pub login: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Port.
    pub port: Option<i32>,
    /// Further settings as JSON text.
    pub extra: Option<String>,
}

/// Length of a run or attempt, if it has both ends.
pub fn duration(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<Span> {
    Some(end?.since(start?))
}
