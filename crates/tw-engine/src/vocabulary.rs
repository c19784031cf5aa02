//! What goes into the engine and what comes out. Plain data; the store and the shell speak it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tw_model::{
    AttemptKey, AttemptReport, Dag, DagId, DagRun, DagRunId, DagVersionId, Interval, Pool, RunId, RunType, TaskId,
    TaskInstance, TaskInstanceId, Timestamp, TriggeredBy, Workload,
};

use crate::acts::{ClearRun, ClearTasks, InstanceName, MarkRun, MarkTasks};

/// A fact or a request. Each is answered by exactly one [`Reply`], in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// Time has passed: do whatever is due.
    Tick,
    /// A DAG file was parsed, or vanished.
    FileParsed(ParsedFile),
    /// Pause or resume a DAG.
    SetPaused {
        /// The DAG.
        dag_id: DagId,
        /// The wanted state.
        paused: bool,
        /// Who asks.
        by: Option<String>,
    },
    /// Create a run.
    TriggerRun(Box<TriggerRun>),
    /// A worker is about to start user code.
    AttemptStarted {
        /// Which attempt.
        attempt: AttemptKey,
        /// Where it runs.
        hostname: String,
        /// As which user.
        unixname: String,
        /// In which process.
        pid: u32,
    },
    /// An attempt ended, one way or another.
    AttemptEnded {
        /// Which attempt.
        attempt: AttemptKey,
        /// What is known about the end.
        report: Box<AttemptReport>,
    },
    /// A running task asks that others in its run be skipped (S-11.8).
    SkipDownstream {
        /// The asking attempt.
        attempt: AttemptKey,
        /// Task ids, each with a map index or `None` for all its unstarted instances (S-3.19).
        tasks: Vec<(TaskId, Option<i32>)>,
    },
    /// The label of a mapped instance is known before its end (S-11.15).
    SetRenderedMapIndex {
        /// Which attempt.
        attempt: AttemptKey,
        /// The label.
        label: String,
    },
    /// A pool was created or changed.
    PutPool(Pool),
    /// A pool was deleted; `default_pool` is refused (S-5.21).
    DeletePool {
        /// Its name.
        name: String,
    },
    /// A callback request was carried out, or given up; its row can go.
    CallbackDone {
        /// Id of the request.
        id: u128,
    },
    /// Let task instances run again.
    ClearTasks(Box<ClearTasks>),
    /// Let a whole run run again.
    ClearRun(Box<ClearRun>),
    /// Set the state of task instances.
    MarkTasks(Box<MarkTasks>),
    /// Set the state of a run.
    MarkRun(Box<MarkRun>),
    /// Delete a run that is not running, with all that belongs to it (S-6.68).
    DeleteRun {
        /// The DAG.
        dag_id: DagId,
        /// The run.
        run_id: RunId,
        /// Who asks.
        by: Option<String>,
    },
    /// Delete a DAG of which nothing runs, with its whole history. If a file defines it, it comes
    /// back when that file is parsed again.
    DeleteDag {
        /// The DAG.
        dag_id: DagId,
        /// Who asks.
        by: Option<String>,
    },
}

/// The result of parsing one DAG file (S-12.13, S-12.14). Applied atomically.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedFile {
    /// Bundle that holds the file.
    pub bundle_name: String,
    /// Path below the bundle.
    pub relative_fileloc: String,
    /// Source text, kept with new versions.
    pub source: Arc<str>,
    /// The DAGs it defines; empty when it vanished.
    pub dags: Vec<ParsedDag>,
    /// Problems, as text for people; empty = none. The last good versions stay live.
    pub import_errors: Vec<String>,
    /// Whether the file is gone: its DAGs become stale and its import error disappears.
    pub gone: bool,
    /// How long the parse took, in microseconds.
    pub parse_micros: i64,
}

/// One DAG of a parsed file.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedDag {
    /// The DAG.
    pub dag: Arc<Dag>,
    /// Equal hashes mean equal meaning (S-2.51).
    pub content_hash: String,
}

/// A request for a run (S-2.31 to S-2.43).
#[derive(Clone, PartialEq, Debug)]
pub struct TriggerRun {
    /// The DAG.
    pub dag_id: DagId,
    /// Wanted run id; `None` = made from the dates (S-2.40).
    pub run_id: Option<RunId>,
    /// Logical date; may be absent.
    pub logical_date: Option<Timestamp>,
    /// Data interval; `None` = inferred from the timetable.
    pub data_interval: Option<Interval>,
    /// Not before this; `None` = now.
    pub run_after: Option<Timestamp>,
    /// Configuration, an object.
    pub conf: Arc<Value>,
    /// Free text.
    pub note: Option<String>,
    /// Manual or operator triggered.
    pub run_type: RunType,
    /// What asks.
    pub triggered_by: TriggeredBy,
    /// Who asks.
    pub triggering_user: Option<String>,
}

/// The answer to one input.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// Done, or nothing to do.
    Done,
    /// The run that was created, or what became of one.
    Run(Box<DagRun>),
    /// The task instances that an act changed, or would change.
    TaskInstances(Vec<InstanceName>),
    /// Tasks that would get their first instance in a run, by id.
    Tasks(Vec<TaskId>),
    /// The named thing does not exist.
    NotFound(String),
    /// The request contradicts what exists (409).
    Conflict(String),
    /// The request is not acceptable (400).
    Invalid(String),
    /// The attempt is no longer current: its worker must stop (409, 410).
    Stale,
}

/// Everything that has to happen because of some inputs, in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// Rows to persist, to be applied in order in one transaction.
    pub writes: Vec<Write>,
    /// What to do once the writes are committed. Idempotent; receivers ignore old attempts.
    pub effects: Vec<Effect>,
    /// When to apply [`Input::Tick`] next, if nothing happens before.
    pub wake_at: Option<Timestamp>,
    /// One per input, in order.
    pub replies: Vec<Reply>,
}

/// A row to persist. Applying the same list twice has the effect of once.
#[derive(Clone, PartialEq, Debug)]
pub enum Write {
    /// Insert or update a DAG row by dag id.
    Dag(Box<DagRow>),
    /// Insert a DAG version; one with the same id is overwritten in place (S-2.51).
    DagVersion(Box<DagVersionRow>),
    /// Replace the import error of a file; `None` deletes it.
    ImportError {
        /// Bundle.
        bundle_name: String,
        /// Path below the bundle.
        relative_fileloc: String,
        /// The error, or none.
        error: Option<ImportError>,
    },
    /// Insert or update a dag run by its surrogate id.
    DagRun(Box<DagRun>),
    /// Insert or update a task instance by (run, task, map index). The surrogate id may change.
    TaskInstance(Box<TaskInstance>),
    /// Delete the placeholder or surplus row of a mapped task (S-4.7b).
    DeleteTaskInstance {
        /// Run.
        dag_run_id: DagRunId,
        /// Task.
        task_id: TaskId,
        /// Map index.
        map_index: i32,
    },
    /// A person's note about a task instance, kept beside it over all tries (S-7.17).
    TaskInstanceNote {
        /// Run.
        dag_run_id: DagRunId,
        /// Its DAG.
        dag_id: DagId,
        /// Its name.
        run_id: RunId,
        /// Task.
        task_id: TaskId,
        /// Map index.
        map_index: i32,
        /// The note; `None` removes it.
        note: Option<String>,
    },
    /// Delete a run with its task instances, their history, XComs and rendered fields (S-6.68).
    DeleteDagRun {
        /// The run.
        id: DagRunId,
        /// Its DAG.
        dag_id: DagId,
        /// Its name.
        run_id: RunId,
    },
    /// Delete a DAG with its versions and runs, and all that belongs to them. The audit log stays.
    DeleteDag {
        /// The DAG.
        dag_id: DagId,
    },
    /// Copy the current row of this id to the history, unless this try of the task instance is there
    /// already (S-1.30).
    ArchiveTaskInstance {
        /// The id to archive.
        id: TaskInstanceId,
    },
    /// Where an attempt runs; kept on the task instance row of this id.
    AttemptHost {
        /// The attempt.
        id: TaskInstanceId,
        /// Host.
        hostname: String,
        /// User.
        unixname: String,
        /// Process.
        pid: u32,
    },
    /// The label of a mapped instance; kept on the task instance row of this id.
    RenderedMapIndex {
        /// The attempt.
        id: TaskInstanceId,
        /// The label.
        label: String,
    },
    /// Delete the XComs of a task instance before it starts again (S-11.5).
    ClearXCom {
        /// Run.
        dag_run_id: DagRunId,
        /// Task.
        task_id: TaskId,
        /// Map index.
        map_index: i32,
    },
    /// Insert or update a pool.
    Pool(Pool),
    /// Delete a pool.
    DeletePool {
        /// Its name.
        name: String,
    },
    /// Keep a callback request until it is carried out (S-10.6).
    Callback(Box<CallbackRequest>),
    /// A callback request is done.
    DeleteCallback {
        /// Its id.
        id: u128,
    },
    /// A line in the audit log.
    Audit {
        /// When.
        at: Timestamp,
        /// What happened, for example `running` or `paused`.
        event: &'static str,
        /// Who asked for it; `None` = nobody, it followed.
        owner: Option<String>,
        /// DAG.
        dag_id: DagId,
        /// Run, if it concerns one.
        run_id: Option<RunId>,
        /// Task and map index, if it concerns one.
        task: Option<(TaskId, i32)>,
        /// Try, if it concerns one.
        try_number: Option<u32>,
        /// For people.
        detail: Option<String>,
    },
}

/// A DAG's row: what is true whatever its version.
#[derive(Clone, PartialEq, Debug)]
pub struct DagRow {
    /// The DAG.
    pub dag_id: DagId,
    /// Paused DAGs create and start nothing.
    pub is_paused: bool,
    /// Stale DAGs are no longer defined by any file (S-12.20).
    pub is_stale: bool,
    /// Its file has import errors at the moment (S-12.16).
    pub has_import_errors: bool,
    /// Bundle that holds its file.
    pub bundle_name: String,
    /// Path of its file below the bundle.
    pub relative_fileloc: String,
    /// Its newest version.
    pub latest_version_id: DagVersionId,
    /// Number of the newest version, counted from 1.
    pub latest_version_number: u32,
    /// The next automatic run, if one is planned.
    pub next_run: Option<PlannedRun>,
    /// Interval of the automated run with the greatest logical date (S-2.12).
    pub last_automated: Option<Interval>,
    /// When its file was last parsed.
    pub last_parsed_at: Timestamp,
    /// How long that took, in microseconds.
    pub parse_micros: i64,
    /// Failed runs in a row, newest first counted; reset by a success (S-2.50).
    pub consecutive_failed_runs: u32,
}

/// An automatic run that is planned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlannedRun {
    /// When it is created.
    pub run_after: Timestamp,
    /// Its logical date.
    pub logical_date: Option<Timestamp>,
    /// Its data interval.
    pub data_interval: Option<Interval>,
}

/// One stored version of a DAG.
#[derive(Clone, PartialEq, Debug)]
pub struct DagVersionRow {
    /// Surrogate id.
    pub id: DagVersionId,
    /// The DAG.
    pub dag_id: DagId,
    /// Counted from 1 per DAG.
    pub version_number: u32,
    /// Hash of its meaning.
    pub content_hash: String,
    /// The DAG itself.
    pub dag: Arc<Dag>,
    /// Text of the file it was read from.
    pub source: Arc<str>,
    /// When it was first seen.
    pub created_at: Timestamp,
}

/// Why a file cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// When it was found.
    pub at: Timestamp,
    /// Text for people, often a traceback.
    pub message: String,
}

/// Something to do after the commit.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Give an attempt to its executor.
    Dispatch(Box<Workload>),
    /// Stop an attempt.
    Kill {
        /// Which one.
        attempt: AttemptKey,
        /// Why, for its log.
        reason: KillReason,
    },
    /// Carry out a callback; answer with [`Input::CallbackDone`].
    RunCallback(Box<CallbackRequest>),
}

/// Why an attempt is stopped from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillReason {
    /// Its state was changed.
    StateChanged,
    /// It was cleared, to run again.
    Cleared,
    /// Its run timed out (S-6.58).
    RunTimedOut,
    /// Another task failed in a fail-fast DAG (S-3.60).
    FailFast,
}

/// User code that the server has to run itself (S-10.2, S-10.3).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallbackRequest {
    /// Unique id of the request.
    pub id: u128,
    /// What kind.
    pub kind: CallbackKind,
    /// Bundle of the file that defines it.
    pub bundle_name: String,
    /// The file below the bundle.
    pub relative_fileloc: String,
    /// The run it is about.
    pub dag_run: Arc<DagRun>,
    /// The task instance it is about: the one concerned, or the relevant one of the run (S-7.15).
    pub task_instance: Option<TaskInstance>,
    /// For people, and for the callback's context: `task_failure`, `timed_out` …
    pub message: String,
}

/// The kinds of [`CallbackRequest`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackKind {
    /// The DAG's `on_success_callback`.
    DagSuccess,
    /// The DAG's `on_failure_callback`.
    DagFailure,
    /// A task's `on_retry_callback`, for an attempt that could not run it.
    TaskRetry,
    /// A task's `on_failure_callback`, for an attempt that could not run it.
    TaskFailure,
}

/// Facts that must be fetched before an input can be decided, because history is not in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// Whether a run with this id or logical date exists.
    RunConflict {
        /// The DAG.
        dag_id: DagId,
        /// The run id to be used.
        run_id: RunId,
        /// The logical date to be used.
        logical_date: Option<Timestamp>,
    },
    /// The finished run that precedes this logical date, with its task instances (S-3.8).
    RunBefore {
        /// The DAG.
        dag_id: DagId,
        /// Strictly before this.
        logical_date: Timestamp,
        /// Whether manual runs count (not with catchup).
        any_type: bool,
    },
    /// The finished run of this name, with its task instances.
    Run {
        /// The DAG.
        dag_id: DagId,
        /// The run.
        run_id: RunId,
    },
    /// The finished runs with a logical date between these, both included and open where absent;
    /// without both, every finished run. With their task instances.
    RunsBetween {
        /// The DAG.
        dag_id: DagId,
        /// Not before this.
        from: Option<Timestamp>,
        /// Not after this.
        to: Option<Timestamp>,
        /// Runs at most, the newest first.
        limit: u32,
    },
}

/// An existing run that a new one would collide with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunConflict {
    /// The DAG.
    pub dag_id: DagId,
    /// The existing run's id.
    pub run_id: RunId,
    /// The existing run's logical date.
    pub logical_date: Option<Timestamp>,
}

/// Everything the world is rebuilt from.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshot {
    /// All DAG rows.
    pub dags: Vec<DagRow>,
    /// The latest version of each DAG, and every version an unfinished run refers to.
    pub versions: Vec<DagVersionRow>,
    /// All unfinished runs, and for DAGs that depend on the past the finished run before each.
    pub runs: Vec<DagRun>,
    /// All task instances of those runs.
    pub task_instances: Vec<TaskInstance>,
    /// All pools.
    pub pools: Vec<Pool>,
    /// Callback requests not yet done.
    pub callbacks: Vec<CallbackRequest>,
    /// Files that have an import error: bundle and path.
    pub import_error_files: Vec<(String, String)>,
}

/// Something a user can ask about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A DAG: when is its next run, and what holds it?
    Dag(DagId),
    /// A run.
    Run {
        /// The DAG.
        dag_id: DagId,
        /// The run.
        run_id: RunId,
    },
    /// A task instance.
    TaskInstance {
        /// The DAG.
        dag_id: DagId,
        /// The run.
        run_id: RunId,
        /// The task.
        task_id: TaskId,
        /// The map index; -1 = not mapped.
        map_index: i32,
    },
}
