//! One attempt at a task instance: what a worker is asked, and what it answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{DagId, DagVersionId, RunId, TaskId, TaskInstanceId};
use crate::record::DagRun;
use crate::time::{Span, Timestamp};

/// Names one attempt. Every message about an attempt carries it; receivers ignore one that is
/// not current.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The task instance; its id changes with every try.
    pub task_instance_id: TaskInstanceId,
    /// Counts dispatches of this id: 1 for the first, more after a reschedule (S-1.56).
    pub dispatch: u32,
}

/// Everything a worker needs to run one attempt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Workload {
    /// Which attempt.
    pub attempt: AttemptKey,
    /// The DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// The task.
    pub task_id: TaskId,
    /// Index among mapped instances; -1 = not mapped.
    pub map_index: i32,
    /// 1 for the first try.
    pub try_number: u32,
    /// Further tries end with this one.
    pub max_tries: u32,
    /// Whether a failure of this attempt is followed by another try (S-6.3).
    pub should_retry: bool,
    /// Reschedules of this try so far (S-11.40 uses the first).
    pub task_reschedule_count: u32,
    /// When the first reschedule of this try was recorded.
    pub first_reschedule_date: Option<Timestamp>,
    /// Version the attempt runs.
    pub dag_version_id: DagVersionId,
    /// Path of the DAG file below its bundle.
    pub relative_fileloc: String,
    /// Name of the bundle that holds the file.
    pub bundle_name: String,
    /// Version of the bundle; `None` for unversioned ones.
    pub bundle_version: Option<String>,
    /// Label for executors.
    pub queue: String,
    /// Executor by name; `None` = default.
    pub executor: Option<String>,
    /// Slots it takes in its pool.
    pub pool_slots: u32,
    /// Effective weight; executors take heavier ones first.
    pub priority_weight: i32,
    /// Limit for the attempt; the child enforces it, the supervisor a little later (protocol 1.12).
    pub execution_timeout: Option<Span>,
    /// Whether a mapped task depends on its return value.
    pub has_mapped_dependants: bool,
    /// The run, shared among the attempts of one commit.
    pub dag_run: Arc<DagRun>,
}

/// What a worker says about the end of an attempt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttemptReport {
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// When user code ended.
    pub end_date: Timestamp,
    /// What it pushed as `return_value`, which decides map lengths (S-4.9, S-4.10).
    pub return_value: ReturnValue,
    /// Which downstream tasks it decided to skip (S-3.11).
    pub skip_record: Option<SkipRecord>,
    /// Label of a mapped instance.
    pub rendered_map_index: Option<String>,
    /// Asset events as sent by the SDK; kept for the asset engine.
    pub outlet_events: Option<Value>,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// User code returned.
    Success,
    /// User code failed for good.
    Failed,
    /// User code asked to be skipped.
    Skipped,
    /// User code failed; the worker saw tries left. A retry policy may override delay and reason.
    UpForRetry {
        /// Pause before the next try, instead of the task's own.
        delay: Option<Span>,
        /// The policy's reason.
        reason: Option<String>,
    },
    /// A sensor gives its slot back.
    UpForReschedule {
        /// Not before this.
        reschedule_date: Timestamp,
    },
    /// The task wants to wait for a trigger.
    Deferred {
        /// The worker's message, kept whole.
        detail: Value,
    },
    /// The process ended without a report (S-6.23b, S-6.23c): costs a try.
    Died {
        /// How the process ended.
        exit: ExitStatus,
        /// For people: what is known about the cause.
        reason: String,
    },
    /// The control plane lost the attempt (server or fork server ended): costs no try (S-1.53).
    Lost {
        /// For people.
        reason: String,
    },
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// What an attempt consumed, from the kernel's accounting at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user mode.
    pub user_cpu: Span,
    /// CPU time in the kernel.
    pub system_cpu: Span,
    /// Peak resident memory in bytes.
    pub max_rss_bytes: u64,
}

/// What an attempt used over time, at an even pace from its start on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UsageSeries {
    /// Time between two points; the first is one interval after the start.
    pub interval: Span,
    /// Oldest first. The last one may stand for less than an interval.
    pub points: Vec<UsagePoint>,
}

/// What an attempt used in one interval: it and the processes it started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "(u32, u64)", into = "(u32, u64)")]
pub struct UsagePoint {
    /// CPU time per time in thousandths of a core, on average.
    pub cpu_millicores: u32,
    /// Resident memory in bytes at its peak; pages that processes share count for each of them.
    pub rss_bytes: u64,
}

impl From<(u32, u64)> for UsagePoint {
    fn from((cpu_millicores, rss_bytes): (u32, u64)) -> Self {
        Self { cpu_millicores, rss_bytes }
    }
}

impl From<UsagePoint> for (u32, u64) {
    fn from(point: UsagePoint) -> Self {
        (point.cpu_millicores, point.rss_bytes)
    }
}

/// What an attempt pushed as `return_value`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnValue {
    /// Nothing.
    #[default]
    None,
    /// A value that no mapped task depends on.
    Pushed,
    /// A value of this length that a mapped task depends on.
    Sized(u32),
}

/// What a branching task recorded under `skipmixin_key` (S-3.11).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipRecord {
    /// Only these direct downstream tasks go on.
    Followed(Vec<TaskId>),
    /// These tasks do not go on.
    Skipped(Vec<TaskId>),
}
