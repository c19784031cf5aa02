//! `PATCH` and `DELETE` of `/dags/{dag_id}/dagRuns/{dag_run_id}` (S-6.66, S-6.68).

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::patch;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value};
use tw_engine::{Input, MarkRun, Reply, RunMark};
use tw_model::{DagId, RunId};

use super::acted::{RunPath, check_note, run_shape};
use super::runs::RunShape;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::patch::Patch;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    let acts = || patch(mark).delete(delete);
    Router::new().route("/dags/{dag_id}/dagRuns/{dag_run_id}", acts()).route("/dags/{dag_id}/dagRuns/list", acts())
}

/// `DAGRunPatchBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunPatch {
    state: Option<WantedState>,
    note: Option<String>,
}

/// `DagRunMutableStates`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WantedState {
    Queued,
    Success,
    Failed,
}

impl From<WantedState> for RunMark {
    fn from(state: WantedState) -> Self {
        match state {
            WantedState::Queued => Self::Queued,
            WantedState::Success => Self::Success,
            WantedState::Failed => Self::Failed,
        }
    }
}

/// Carries out what a patch asks of a run.
pub(crate) async fn mark_run(
    state: &ApiState,
    RunPath { dag_id, dag_run_id }: &RunPath,
    patch: Patch<RunPatch>,
    caller: &Caller,
) -> Result<Reply, ApiError> {
    check_note(patch.body.note.as_deref())?;
    let request = MarkRun {
        dag_id: DagId::from(dag_id.as_str()),
        run_id: RunId::from(dag_run_id.as_str()),
        state: patch.body.state.filter(|_| patch.sets("state")).map(RunMark::from),
        // Null removes a note as an empty one does.
        note: patch.sets("note").then(|| patch.body.note.unwrap_or_default()),
        by: Some(caller.username.clone()),
    };
    match request.state.is_some() || request.note.is_some() {
        true => accepted(state.control().submit(Input::MarkRun(Box::new(request))).await?),
        false => Ok(Reply::Done),
    }
}

async fn mark(
    State(state): State<ApiState>,
    Path(path): Path<RunPath>,
    params: Params,
    caller: Caller,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<RunShape>, ApiError> {
    let patch = Patch::read(fields, &params.texts("update_mask")?)?;
    let reply = mark_run(&state, &path, patch, &caller).await?;
    Ok(Json(run_shape(&state, &path, reply).await?))
}

/// Deletes a run that is not running.
pub(crate) async fn delete_run(
    state: &ApiState,
    RunPath { dag_id, dag_run_id }: &RunPath,
    caller: &Caller,
) -> Result<(), ApiError> {
    let (dag_id, run_id) = (DagId::from(dag_id.as_str()), RunId::from(dag_run_id.as_str()));
    let input = Input::DeleteRun { dag_id, run_id, by: Some(caller.username.clone()) };
    accepted(state.control().submit(input).await?).map(drop)
}

async fn delete(
    State(state): State<ApiState>,
    Path(path): Path<RunPath>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    delete_run(&state, &path, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
