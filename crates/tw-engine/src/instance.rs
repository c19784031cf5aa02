//! Task instances as the world holds them: compact, because 100,000 of one mapped task are
//! ordinary. A node is one task of one run with all its instances.

use tw_model::{DagVersionId, ReturnValue, SkipRecord, TaskInstanceId, TaskInstanceState, Timestamp};

/// An instant or none in eight bytes; the row types use `Option<Timestamp>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct When(i64);

impl When {
    pub(crate) const NEVER: When = When(i64::MIN);

    pub(crate) fn get(self) -> Option<Timestamp> {
        (self != Self::NEVER).then_some(Timestamp::from_micros(self.0))
    }
}

impl From<Timestamp> for When {
    fn from(t: Timestamp) -> Self {
        Self(t.as_micros())
    }
}

impl From<Option<Timestamp>> for When {
    fn from(t: Option<Timestamp>) -> Self {
        t.map_or(Self::NEVER, Self::from)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) id: TaskInstanceId,
    pub(crate) state: Option<TaskInstanceState>,
    pub(crate) return_value: ReturnValue,
    pub(crate) try_number: u32,
    pub(crate) max_tries: u32,
    pub(crate) dispatch: u32,
    pub(crate) reschedule_count: u32,
    pub(crate) scheduled_at: When,
    pub(crate) queued_at: When,
    pub(crate) start_date: When,
    pub(crate) end_date: When,
    pub(crate) not_before: When,
    pub(crate) first_reschedule: When,
    /// Rare facts, out of line.
    pub(crate) rare: Option<Box<Rare>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    pub(crate) skip_record: Option<SkipRecord>,
    pub(crate) reason: Option<String>,
    /// The version it ended under, if that is not its run's.
    pub(crate) version: Option<DagVersionId>,
}

impl Instance {
    pub(crate) fn new(id: TaskInstanceId, max_tries: u32) -> Self {
        Self {
            id,
            state: None,
            return_value: ReturnValue::None,
            try_number: 0,
            max_tries,
            dispatch: 0,
            reschedule_count: 0,
            scheduled_at: When::NEVER,
            queued_at: When::NEVER,
            start_date: When::NEVER,
            end_date: When::NEVER,
            not_before: When::NEVER,
            first_reschedule: When::NEVER,
            rare: None,
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state.is_some_and(TaskInstanceState::is_finished)
    }

    pub(crate) fn skip_record(&self) -> Option<&SkipRecord> {
        self.rare.as_ref()?.skip_record.as_ref()
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.rare.as_ref()?.reason.as_deref()
    }

    pub(crate) fn version(&self) -> Option<DagVersionId> {
        self.rare.as_ref()?.version
    }

    pub(crate) fn set_reason(&mut self, reason: Option<String>) {
        self.set_rare(reason.is_some(), |rare| rare.reason = reason);
    }

    pub(crate) fn set_skip_record(&mut self, record: Option<SkipRecord>) {
        self.set_rare(record.is_some(), |rare| rare.skip_record = record);
    }

    pub(crate) fn set_version(&mut self, version: Option<DagVersionId>) {
        self.set_rare(version.is_some(), |rare| rare.version = version);
    }

    /// Changes the rare facts; room for them is made only if there is `something` to keep.
    fn set_rare(&mut self, something: bool, change: impl FnOnce(&mut Rare)) {
        if something || self.rare.is_some() {
            change(self.rare.get_or_insert_default());
        }
    }

    /// Whether a failure now would be followed by another try (S-6.3, the worker's view).
    pub(crate) fn has_tries_left(&self) -> bool {
        self.max_tries != 0 && self.try_number <= self.max_tries
    }
}

/// How many instances are in each finished state (S-3.21).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) success: u32,
    pub(crate) skipped: u32,
    pub(crate) failed: u32,
    pub(crate) upstream_failed: u32,
    pub(crate) removed: u32,
}

impl Tally {
    pub(crate) fn done(&self) -> u32 {
        self.success + self.skipped + self.failed + self.upstream_failed + self.removed
    }

    fn slot(&mut self, state: Option<TaskInstanceState>) -> Option<&mut u32> {
        match state? {
            TaskInstanceState::Success => Some(&mut self.success),
            TaskInstanceState::Skipped => Some(&mut self.skipped),
            TaskInstanceState::Failed => Some(&mut self.failed),
            TaskInstanceState::UpstreamFailed => Some(&mut self.upstream_failed),
            TaskInstanceState::Removed => Some(&mut self.removed),
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

    pub(crate) fn add(&mut self, state: Option<TaskInstanceState>) {
        if let Some(count) = self.slot(state) {
            *count += 1;
        }
    }

    pub(crate) fn remove(&mut self, state: Option<TaskInstanceState>) {
        if let Some(count) = self.slot(state) {
            *count -= 1;
        }
    }

    pub(crate) fn add_all(&mut self, other: &Tally) {
        self.success += other.success;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.upstream_failed += other.upstream_failed;
        self.removed += other.removed;
    }
}

/// One task of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Empty if the run has no instance of the task (S-2.30). Unmapped, or mapped and not yet
    /// expanded: one instance of map index -1. Expanded: instance `i` has map index `i`.
    pub(crate) instances: Vec<Instance>,
    pub(crate) expanded: bool,
    /// Whether what it is mapped over ran again since it was expanded, so that it may have another
    /// length now (S-4.17).
    pub(crate) remeasure: bool,
    /// Own instances by finished state.
    pub(crate) own: Tally,
    /// Instances of all direct upstreams by finished state.
    pub(crate) up: Tally,
    /// What `up` has to reach: upstream tasks, or their rows (S-3.21).
    pub(crate) up_total: u32,
    /// Own instances that count for the task-level limits (S-5.17).
    pub(crate) limit_holders: u32,
}

impl Node {
    pub(crate) fn map_index(&self, ix: usize) -> i32 {
        if self.expanded { ix as i32 } else { -1 }
    }

    pub(crate) fn index_of(&self, map_index: i32) -> Option<usize> {
        let ix = if self.expanded { usize::try_from(map_index).ok()? } else { (map_index == -1).then_some(0)? };
        (ix < self.instances.len()).then_some(ix)
    }
}
