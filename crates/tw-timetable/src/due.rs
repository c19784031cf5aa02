//! The question and the answer: what limits the next run, and when it is due.

use tw_model::{Interval, Timestamp};

/// What the DAG allows (S-2.11).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Restriction {
    /// No run before this: the earliest start of the DAG and its tasks.
    pub earliest: Option<Timestamp>,
    /// No run after this: the end of the DAG, or of all its tasks.
    pub latest: Option<Timestamp>,
    /// Whether missed runs are made up one by one.
    pub catchup: bool,
}

impl Restriction {
    /// Whether a run with this date comes after the end.
    pub(crate) fn is_after_latest(&self, at: Timestamp) -> bool {
        self.latest.is_some_and(|latest| at > latest)
    }
}

/// The next automatic run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// The run is created and started at or after this instant.
    pub run_after: Timestamp,
    /// The run's logical date, the start of its data interval.
    pub logical_date: Option<Timestamp>,
    /// The run's data interval.
    pub data_interval: Option<Interval>,
}

impl Due {
    /// A run due when its data interval ends.
    pub(crate) fn at_end_of(interval: Interval) -> Self {
        Self { run_after: interval.end, logical_date: Some(interval.start), data_interval: Some(interval) }
    }

    /// A run whose data interval is one instant, due at that instant.
    pub(crate) fn exact(at: Timestamp) -> Self {
        Self::at_end_of(Interval::exact(at))
    }
}
