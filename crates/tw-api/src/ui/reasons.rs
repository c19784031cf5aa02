//! What kinds of reasons and conditions there are, as the browser part knows them.

use serde::Serialize;
use tw_engine::{BlockerKind as EngineKind, explanation::Condition as EngineCondition};
use utoipa::ToSchema;

/// What kind of thing holds something up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BlockerKind {
    Paused,
    Stale,
    ImportError,
    NoSchedule,
    Schedule,
    RunAfter,
    MaxActiveRuns,
    RunQueued,
    Unfinished,
    RetryDelay,
    Reschedule,
    PreviousRun,
    Expansion,
    Upstream,
    NoPool,
    PoolTooSmall,
    PoolFull,
    MaxActiveTasks,
    TaskLimit,
    Parallelism,
    Executor,
    Running,
    Restarting,
    Waiting,
    Success,
    Failed,
    Skipped,
    UpstreamFailed,
    Removed,
}

impl From<EngineKind> for BlockerKind {
    fn from(it: EngineKind) -> Self {
        match it {
            EngineKind::Paused => Self::Paused,
            EngineKind::Stale => Self::Stale,
            EngineKind::ImportError => Self::ImportError,
            EngineKind::NoSchedule => Self::NoSchedule,
            EngineKind::Schedule => Self::Schedule,
            EngineKind::RunAfter => Self::RunAfter,
            EngineKind::MaxActiveRuns => Self::MaxActiveRuns,
            EngineKind::RunQueued => Self::RunQueued,
            EngineKind::Unfinished => Self::Unfinished,
            EngineKind::RetryDelay => Self::RetryDelay,
            EngineKind::Reschedule => Self::Reschedule,
            EngineKind::PreviousRun => Self::PreviousRun,
            EngineKind::Expansion => Self::Expansion,
            EngineKind::Upstream => Self::Upstream,
            EngineKind::NoPool => Self::NoPool,
            EngineKind::PoolTooSmall => Self::PoolTooSmall,
            EngineKind::PoolFull => Self::PoolFull,
            EngineKind::MaxActiveTasks => Self::MaxActiveTasks,
            EngineKind::TaskLimit => Self::TaskLimit,
            EngineKind::Parallelism => Self::Parallelism,
            EngineKind::Executor => Self::Executor,
            EngineKind::Running => Self::Running,
            EngineKind::Restarting => Self::Restarting,
            EngineKind::Waiting => Self::Waiting,
            EngineKind::Success => Self::Success,
            EngineKind::Failed => Self::Failed,
            EngineKind::Skipped => Self::Skipped,
            EngineKind::UpstreamFailed => Self::UpstreamFailed,
            EngineKind::Removed => Self::Removed,
        }
    }
}

/// A condition that can be met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Condition {
    DagActive,
    RunDue,
    RunActive,
    Delay,
    PreviousRun,
    Expansion,
    Upstream,
    TriggerRule,
    Pool,
    MaxActiveRuns,
    MaxActiveTasks,
    TaskLimit,
    Parallelism,
}

impl From<EngineCondition> for Condition {
    fn from(it: EngineCondition) -> Self {
        match it {
            EngineCondition::DagActive => Self::DagActive,
            EngineCondition::RunDue => Self::RunDue,
            EngineCondition::RunActive => Self::RunActive,
            EngineCondition::Delay => Self::Delay,
            EngineCondition::PreviousRun => Self::PreviousRun,
            EngineCondition::Expansion => Self::Expansion,
            EngineCondition::Upstream => Self::Upstream,
            EngineCondition::TriggerRule => Self::TriggerRule,
            EngineCondition::Pool => Self::Pool,
            EngineCondition::MaxActiveRuns => Self::MaxActiveRuns,
            EngineCondition::MaxActiveTasks => Self::MaxActiveTasks,
            EngineCondition::TaskLimit => Self::TaskLimit,
            EngineCondition::Parallelism => Self::Parallelism,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_programs_know() {
        for kind in EngineKind::ALL {
            assert_eq!(serde_json::to_value(BlockerKind::from(*kind)).unwrap(), kind.as_str());
        }
        for condition in EngineCondition::ALL {
            assert_eq!(serde_json::to_value(Condition::from(*condition)).unwrap(), condition.as_str());
        }
    }
}
