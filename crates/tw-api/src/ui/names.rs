//! Names of states and the like, as the browser part knows them.

use serde::Serialize;
use tw_model::{DagRunState, RunType as ModelRunType, TaskInstanceState};
use tw_store::Role as StoredRole;
use utoipa::ToSchema;

/// State of a task instance; one that has none yet is `none`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskState {
    Failed,
    UpstreamFailed,
    UpForRetry,
    AwaitingInput,
    Restarting,
    Running,
    Deferred,
    UpForReschedule,
    Queued,
    Scheduled,
    None,
    Skipped,
    Removed,
    Success,
}

impl From<Option<TaskInstanceState>> for TaskState {
    fn from(state: Option<TaskInstanceState>) -> Self {
        let Some(state) = state else { return Self::None };
        match state {
            TaskInstanceState::Failed => Self::Failed,
            TaskInstanceState::UpstreamFailed => Self::UpstreamFailed,
            TaskInstanceState::UpForRetry => Self::UpForRetry,
            TaskInstanceState::AwaitingInput => Self::AwaitingInput,
            TaskInstanceState::Restarting => Self::Restarting,
            TaskInstanceState::Running => Self::Running,
            TaskInstanceState::Deferred => Self::Deferred,
            TaskInstanceState::UpForReschedule => Self::UpForReschedule,
            TaskInstanceState::Queued => Self::Queued,
            TaskInstanceState::Scheduled => Self::Scheduled,
            TaskInstanceState::Skipped => Self::Skipped,
            TaskInstanceState::Removed => Self::Removed,
            TaskInstanceState::Success => Self::Success,
        }
    }
}

/// State of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunState {
    Queued,
    Running,
    Success,
    Failed,
}

impl From<DagRunState> for RunState {
    fn from(state: DagRunState) -> Self {
        match state {
            DagRunState::Queued => Self::Queued,
            DagRunState::Running => Self::Running,
            DagRunState::Success => Self::Success,
            DagRunState::Failed => Self::Failed,
        }
    }
}

/// What a run was made by, as far as people tell it apart; materializing an asset is one of its triggers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunType {
    Scheduled,
    Manual,
    Backfill,
    AssetTriggered,
    OperatorTriggered,
}

impl From<ModelRunType> for RunType {
    fn from(run_type: ModelRunType) -> Self {
        match run_type {
            ModelRunType::Scheduled => Self::Scheduled,
            ModelRunType::Manual => Self::Manual,
            ModelRunType::Backfill => Self::Backfill,
            ModelRunType::AssetTriggered | ModelRunType::AssetMaterialization => Self::AssetTriggered,
            ModelRunType::OperatorTriggered => Self::OperatorTriggered,
        }
    }
}

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Viewer,
    User,
    Op,
    Admin,
}

impl From<StoredRole> for Role {
    fn from(role: StoredRole) -> Self {
        match role {
            StoredRole::Viewer => Self::Viewer,
            StoredRole::User => Self::User,
            StoredRole::Op => Self::Op,
            StoredRole::Admin => Self::Admin,
        }
    }
}

/// Whether a part of the server does its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    Healthy,
    Unhealthy,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The names are those of the rest of the product.
    #[test]
    fn names_are_the_usual_ones() {
        for state in TaskInstanceState::ALL {
            assert_eq!(json!(TaskState::from(Some(*state))), state.as_str());
        }
        for state in DagRunState::ALL {
            assert_eq!(json!(RunState::from(*state)), state.as_str());
        }
        for run_type in ModelRunType::ALL.iter().filter(|kind| **kind != ModelRunType::AssetMaterialization) {
            assert_eq!(json!(RunType::from(*run_type)), run_type.as_str());
        }
        for role in [StoredRole::Viewer, StoredRole::User, StoredRole::Op, StoredRole::Admin] {
            assert_eq!(json!(Role::from(role)), role.as_str());
        }
    }
}
