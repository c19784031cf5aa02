//! How fast the scheduler is, for people who watch it.

use crate::TimeSpan;

/// How fast the scheduler has been of late, in steps of one length, oldest first. The last one goes on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    /// Length of a step.
    pub step: TimeSpan,
    /// From a report, or from the instant when something was due, to its effects being durable.
    pub lag: Measured,
    /// Writes to the store.
    pub commit: Measured,
    /// The most attempts at once in each step.
    pub running: Vec<u32>,
}

/// Durations over time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Measured {
    /// Half of them were shorter; `None` = there were none.
    pub p50: Option<TimeSpan>,
    /// Of a hundred, 99 were shorter.
    pub p99: Option<TimeSpan>,
    /// The 99th percentile of each step; `None` = there were none in it.
    pub points: Vec<Option<TimeSpan>>,
}
