//! `/ui/task-instances/…/mapped`: the instances of a mapped task.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::TaskId;
use tw_store::InstanceLine;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::TaskState;
use super::shape::span_ms;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(page))
}

/// Instances of a page when the client does not say, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// An instance of a mapped task.
#[derive(Serialize, ToSchema)]
pub(super) struct MappedInstance {
    map_index: i32,
    label: Option<String>,
    state: TaskState,
    duration: Option<i64>,
    reason: Option<String>,
}

impl From<InstanceLine> for MappedInstance {
    fn from(line: InstanceLine) -> Self {
        let ended = line.end_date.filter(|_| line.state.is_some_and(|state| state.is_finished()));
        Self {
            map_index: line.map_index,
            label: line.label,
            state: line.state.into(),
            duration: ended.zip(line.start_date).map(|(end, start)| span_ms(end.since(start))),
            reason: line.reason,
        }
    }
}

/// A page of them, by index.
#[derive(Serialize, ToSchema)]
struct MappedPage {
    total: u32,
    instances: Vec<MappedInstance>,
}

/// Map indexes have no gaps, so the offset is the index of the first one.
#[utoipa::path(
    get,
    path = "/task-instances/{dag_id}/{run_id}/{task_id}/mapped",
    operation_id = "mapped_list",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("offset" = Option<i32>, Query, description = "first map index"), ("limit" = Option<u32>, Query, description = "rows of a page")),
    responses((status = 200, body = MappedPage)),
)]
async fn page(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<MappedPage>, ApiError> {
    let run = existing_run(&state, &dag_id, &run_id).await?.run;
    let task_id = TaskId::from(task_id);
    let from = params.choice("offset", "a map index")?.unwrap_or(0);
    let limit = params.choice("limit", "a number of rows")?.unwrap_or(PAGE_DEFAULT).min(PAGE_MAX);
    let lines = state.store().mapped_page(run.id, &task_id, from, limit).await?;
    let total = state.store().mapped_count(run.id, &task_id).await?;
    Ok(Json(MappedPage { total, instances: lines.into_iter().map(MappedInstance::from).collect() }))
}
