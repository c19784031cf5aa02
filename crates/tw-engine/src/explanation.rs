//! Why something is not moving, as data: what [`crate::World::explain`] answers.

use tw_model::{DagId, RunId, TaskId, TaskInstanceState, Timestamp};

/// Holders that a blocker names at most; the rest is counted.
pub const HOLDERS_LISTED_MAX: usize = 20;
/// Where counting those who go first ends: beyond that the number helps nobody.
pub const AHEAD_COUNTED_MAX: u32 = 1_000;

/// Declares names that stay the same for programs.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }
        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The stable name, for programs.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
    };
}

names! {
    /// What kind of thing holds something up.
    BlockerKind {
        /// The DAG is paused.
        Paused = "paused",
        /// No file defines the DAG any more.
        Stale = "stale",
        /// The DAG's file has an import error.
        ImportError = "import_error",
        /// No automatic run is planned.
        NoSchedule = "no_schedule",
        /// The next automatic run is not due.
        Schedule = "schedule",
        /// The run is not due.
        RunAfter = "run_after",
        /// The DAG has as many runs as it may have.
        MaxActiveRuns = "max_active_runs",
        /// The run has not started.
        RunQueued = "run_queued",
        /// Task instances of the run are not finished.
        Unfinished = "unfinished",
        /// The next try comes later.
        RetryDelay = "retry_delay",
        /// A sensor looks again later.
        Reschedule = "reschedule",
        /// The previous run has not got far enough.
        PreviousRun = "previous_run",
        /// What it is mapped over is not finished.
        Expansion = "expansion",
        /// Tasks before it are not finished.
        Upstream = "upstream",
        /// Its pool does not exist.
        NoPool = "no_pool",
        /// It asks for more slots than its pool has.
        PoolTooSmall = "pool_too_small",
        /// Its pool has too few free slots.
        PoolFull = "pool_full",
        /// The run has as many active task instances as it may have.
        MaxActiveTasks = "max_active_tasks",
        /// A limit of the task itself is reached.
        TaskLimit = "task_limit",
        /// The server has as many active task instances as it may have.
        Parallelism = "parallelism",
        /// An executor has it and has not started it.
        Executor = "executor",
        /// It is running.
        Running = "running",
        /// It begins anew when its process has ended.
        Restarting = "restarting",
        /// It waits without a worker.
        Waiting = "waiting",
        /// It ended well.
        Success = "success",
        /// It failed.
        Failed = "failed",
        /// It was skipped.
        Skipped = "skipped",
        /// It will not run, because of a failure before it.
        UpstreamFailed = "upstream_failed",
        /// Its task, or its map index, is gone.
        Removed = "removed",
    }
}

impl BlockerKind {
    /// The kind of a task instance that ended; `None` = it has not.
    pub const fn ended(state: TaskInstanceState) -> Option<Self> {
        match state {
            TaskInstanceState::Success => Some(Self::Success),
            TaskInstanceState::Failed => Some(Self::Failed),
            TaskInstanceState::Skipped => Some(Self::Skipped),
            TaskInstanceState::UpstreamFailed => Some(Self::UpstreamFailed),
            TaskInstanceState::Removed => Some(Self::Removed),
            TaskInstanceState::Scheduled
            | TaskInstanceState::Queued
            | TaskInstanceState::Running
            | TaskInstanceState::Restarting
            | TaskInstanceState::UpForRetry
            | TaskInstanceState::UpForReschedule
            | TaskInstanceState::Deferred
            | TaskInstanceState::AwaitingInput => None,
        }
    }
}

names! {
    /// A condition that can be met.
    Condition {
        /// The DAG is neither paused nor stale.
        DagActive = "dag_active",
        /// The run is due.
        RunDue = "run_due",
        /// The run has started.
        RunActive = "run_active",
        /// The time between two tries or pokes is over.
        Delay = "delay",
        /// The previous run got far enough.
        PreviousRun = "previous_run",
        /// It is known how many instances there are.
        Expansion = "expansion",
        /// As many upstreams ended as the trigger rule asks for.
        Upstream = "upstream",
        /// The trigger rule lets it run.
        TriggerRule = "trigger_rule",
        /// Its pool has room for it, or gave it room.
        Pool = "pool",
        /// The DAG may have another active run.
        MaxActiveRuns = "max_active_runs",
        /// The run may have another active task instance.
        MaxActiveTasks = "max_active_tasks",
        /// The limits of the task itself allow another instance.
        TaskLimit = "task_limit",
        /// The server may have another active task instance.
        Parallelism = "parallelism",
    }
}

/// Why something is not moving: every condition that was asked and has an answer.
///
/// Conditions that come after an unmet one and need it are in neither list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    /// What holds it, in the order in which it has to clear; empty = nothing holds it, or it is
    /// finished and no longer in memory.
    pub blockers: Vec<Blocker>,
    /// What does not hold it, in the order in which it was asked.
    pub met: Vec<Met>,
}

/// One reason why something is not moving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocker {
    /// What kind of reason.
    pub kind: BlockerKind,
    /// What it waits for, for people.
    pub message: String,
    /// When it ends by itself, if that is known.
    pub until: Option<Timestamp>,
    /// How much of a limit is used, if it is one.
    pub usage: Option<Usage>,
    /// Where a person can look, or change something.
    pub place: Option<Place>,
    /// Who has to end, or get on, for it to clear.
    pub holders: Holders,
    /// Scheduled task instances that stand before this one in the order of its pool, counted up to
    /// [`AHEAD_COUNTED_MAX`]; `None` = it has no place in that order. Smaller ones may overtake.
    pub ahead: Option<u32>,
}

impl Blocker {
    /// A reason of which nothing but words is known.
    pub fn new(kind: BlockerKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message, until: None, usage: None, place: None, holders: Holders::None, ahead: None }
    }
}

/// A condition that is met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Met {
    /// Which one.
    pub condition: Condition,
    /// In a few words, for people.
    pub message: String,
}

/// How much of a limit is used: slots, task instances or runs, as its kind says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// In use; more than the limit after that was lowered.
    pub used: i64,
    /// Of those, by the run in question.
    pub own: i64,
    /// How much there is.
    pub limit: i64,
}

/// Something with a page of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A pool, by name. It may not exist yet.
    Pool(String),
    /// A DAG.
    Dag(DagId),
    /// A run.
    Run {
        /// Its DAG.
        dag_id: DagId,
        /// The run.
        run_id: RunId,
    },
    /// A task of a run, with all its instances.
    Task {
        /// Its DAG.
        dag_id: DagId,
        /// Its run.
        run_id: RunId,
        /// The task.
        task_id: TaskId,
    },
}

/// Who has to end, or get on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holders {
    /// Nobody in particular.
    None,
    /// Task instances in a limited place: those of the run in question first, then whoever has
    /// been there longest.
    TaskInstances(Listed<InstanceHolder>),
    /// Running runs, whoever has run longest first.
    Runs(Listed<RunHolder>),
    /// Unfinished tasks of the same run, those at work first.
    Upstreams(Listed<UpstreamHolder>),
}

/// The first [`HOLDERS_LISTED_MAX`] of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed<T> {
    /// The first of them.
    pub listed: Vec<T>,
    /// How many there are.
    pub total: u32,
}

/// A task instance in a limited place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstanceHolder {
    /// Its DAG.
    pub dag_id: DagId,
    /// Its run.
    pub run_id: RunId,
    /// Its task.
    pub task_id: TaskId,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// Its state.
    pub state: TaskInstanceState,
    /// When it took its place.
    pub queued_at: Option<Timestamp>,
    /// When its task began, if it has.
    pub start_date: Option<Timestamp>,
    /// Slots of its pool that it takes.
    pub slots: u32,
}

/// A running run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunHolder {
    /// Its DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// When it started.
    pub start_date: Option<Timestamp>,
}

/// A task of the same run that is not finished.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpstreamHolder {
    /// The task.
    pub task_id: TaskId,
    /// How far it is.
    pub progress: Progress,
}

/// How far a task of a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It has one instance, in this state.
    One(Option<TaskInstanceState>),
    /// It is mapped.
    Many {
        /// Instances that are finished.
        done: u32,
        /// Instances that are queued, run or wait without a worker.
        active: u32,
        /// All its instances.
        total: u32,
    },
}
