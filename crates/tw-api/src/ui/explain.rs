//! `/ui/explain/…`: why a task instance waits, from the decision core itself.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_engine::Subject;
use tw_model::{RunId, TaskId};

use super::shape::ms;
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::resources::why::explained;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route("/explain/{dag_id}/{run_id}/{task_id}/{map_index}", get(explain))
}

#[derive(Serialize)]
struct Blocker {
    kind: String,
    message: String,
    until: Option<i64>,
}

#[derive(Serialize)]
struct Explanation {
    version: u64,
    blockers: Vec<Blocker>,
}

async fn explain(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, map_index)): Path<(String, String, String, i32)>,
) -> Result<Json<Explanation>, ApiError> {
    let version = state.changes().version();
    existing_run(&state, &dag_id, &run_id).await?;
    let (run_id, task_id) = (RunId::from(run_id), TaskId::from(task_id));
    let subject = Subject::TaskInstance { dag_id: dag_id.into(), run_id, task_id, map_index };
    let blockers = explained(&state, subject).await?.into_iter();
    let blocker = |one: tw_engine::Blocker| Blocker { kind: one.kind, message: one.message, until: one.until.map(ms) };
    Ok(Json(Explanation { version, blockers: blockers.map(blocker).collect() }))
}
