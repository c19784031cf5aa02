//! Points on the time line that a timetable walks along: cron fires, or steps.

use tw_model::Timestamp;

use crate::cron::Schedule;
use crate::delta::Delta;

/// A rule for points. Every search answers `None` when no point is left in that direction.
#[derive(Clone, Debug)]
pub(crate) enum Points {
    Cron(Schedule),
    Delta(Delta),
}

impl Points {
    /// The first point after `at`.
    pub(crate) fn next(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(schedule) => schedule.next(at),
            Self::Delta(delta) => delta.next(at),
        }
    }

    /// The last point before `at`.
    pub(crate) fn prev(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(schedule) => schedule.prev(at),
            Self::Delta(delta) => delta.prev(at),
        }
    }

    /// `at` if it is a point, else the next one.
    pub(crate) fn align_next(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(schedule) => schedule.align_next(at),
            Self::Delta(_) => Some(at),
        }
    }

    /// `at` if it is a point, else the one before.
    pub(crate) fn align_prev(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(schedule) => schedule.align_prev(at),
            Self::Delta(_) => Some(at),
        }
    }
}
