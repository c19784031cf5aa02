//! Acts of people on runs that exist: clear, mark, delete. Plain data, part of the vocabulary.

use tw_model::{DagId, RunId, TaskId, TaskInstanceId, TaskInstanceState, Timestamp};

/// Runs that one act may concern. Finished ones are loaded into memory with all their task
/// instances while the scheduler waits, so their number is bounded.
pub const RUNS_PER_ACT_MAX: u32 = 1_000;

/// Which runs of a DAG an act concerns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunScope {
    /// One run, and on request those with earlier or later logical dates.
    Around {
        /// The run.
        run_id: RunId,
        /// Earlier ones too.
        past: bool,
        /// Later ones too.
        future: bool,
    },
    /// The runs with a logical date between these, both included; open where absent. Without both:
    /// every run.
    Between {
        /// Not before this.
        from: Option<Timestamp>,
        /// Not after this.
        to: Option<Timestamp>,
    },
}

impl RunScope {
    /// One run alone.
    pub fn one(run_id: RunId) -> Self {
        Self::Around { run_id, past: false, future: false }
    }
}

/// A request to let task instances run again (S-9.20 to S-9.37).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClearTasks {
    /// The DAG.
    pub dag_id: DagId,
    /// Which runs.
    pub runs: RunScope,
    /// Which tasks, each with a map index or whole; `None` = all.
    pub tasks: Option<Vec<(TaskId, Option<i32>)>>,
    /// Everything upstream of them too.
    pub upstream: bool,
    /// Everything downstream of them too.
    pub downstream: bool,
    /// Those that failed. With neither this nor `only_running`: in every state; with both: either.
    pub only_failed: bool,
    /// Those that run.
    pub only_running: bool,
    /// Whether runs that are over go back to the queue (S-9.30).
    pub reset_runs: bool,
    /// Refuse the whole request if one of them runs.
    pub prevent_running: bool,
    /// Whether the runs count as runs of the latest version afterwards; `None` = as the DAG says (S-9.33).
    pub on_latest_version: Option<bool>,
    /// Note for each cleared task instance; an empty one removes it (S-9.36).
    pub note: Option<String>,
    /// Only answer with what would be cleared (S-9.24).
    pub dry_run: bool,
    /// Who asks.
    pub by: Option<String>,
}

/// A request to clear a whole run (S-9.34).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClearRun {
    /// The DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// Which of its task instances.
    pub which: ClearedPart,
    /// As in [`ClearTasks`].
    pub on_latest_version: Option<bool>,
    /// Note for the run; an empty one removes it.
    pub note: Option<String>,
    /// Only answer with what would be cleared.
    pub dry_run: bool,
    /// Who asks.
    pub by: Option<String>,
}

/// Which task instances of a cleared run run again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClearedPart {
    /// All.
    All,
    /// Those that failed.
    Failed,
    /// Only tasks of the latest version that have no instance in the run yet; nothing is cleared.
    New,
}

/// A request to set the state of task instances from outside (S-6.60 to S-6.63), to note something
/// about them, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarkTasks {
    /// The DAG.
    pub dag_id: DagId,
    /// Which runs.
    pub runs: RunScope,
    /// The task.
    pub task_id: TaskId,
    /// Its map index; `None` = all its instances.
    pub map_index: Option<i32>,
    /// Everything upstream of it too.
    pub upstream: bool,
    /// Everything downstream of it too, teardowns excepted.
    pub downstream: bool,
    /// The wanted state; `None` = the note alone.
    pub state: Option<TaskMark>,
    /// Note for the task's own instances in the named run; an empty one removes it.
    pub note: Option<String>,
    /// Only answer with what would be changed.
    pub dry_run: bool,
    /// Who asks.
    pub by: Option<String>,
}

/// A state that a task instance can be given from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaskMark {
    /// `success`.
    Success,
    /// `failed`.
    Failed,
    /// `skipped`.
    Skipped,
}

impl From<TaskMark> for TaskInstanceState {
    fn from(mark: TaskMark) -> Self {
        match mark {
            TaskMark::Success => Self::Success,
            TaskMark::Failed => Self::Failed,
            TaskMark::Skipped => Self::Skipped,
        }
    }
}

/// A request to set the state of a run from outside (S-1.18, S-1.19, S-1.22, S-6.66), to note
/// something about it, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarkRun {
    /// The DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// The wanted state; `None` = the note alone.
    pub state: Option<RunMark>,
    /// A note; an empty one removes it.
    pub note: Option<String>,
    /// Who asks.
    pub by: Option<String>,
}

/// A state that a run can be given from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunMark {
    /// Start it again; its task instances stay as they are.
    Queued,
    /// End it well, and stop what runs.
    Success,
    /// End it badly, and stop what runs.
    Failed,
}

/// One task instance in the answer to an act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstanceName {
    /// Its id after the act.
    pub id: TaskInstanceId,
    /// Its run.
    pub run_id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// Its state after the act, and before anything that follows from it.
    pub state: Option<TaskInstanceState>,
}
