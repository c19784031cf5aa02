//! `/ui/explain/…`: why a task instance waits, from the decision core itself.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_engine::Subject;
use tw_model::{RunId, TaskId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shape::ms;
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::resources::why::explained;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(explain))
}

/// Something that has to clear.
#[derive(Serialize, ToSchema)]
struct Blocker {
    kind: String,
    message: String,
    until: Option<i64>,
}

/// Why a task instance waits, in order of what has to happen first; empty: nothing holds it.
#[derive(Serialize, ToSchema)]
struct Explanation {
    version: u64,
    blockers: Vec<Blocker>,
}

#[utoipa::path(
    get,
    path = "/explain/{dag_id}/{run_id}/{task_id}/{map_index}",
    operation_id = "explanation_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("map_index" = i32, Path)),
    responses((status = 200, body = Explanation)),
)]
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
