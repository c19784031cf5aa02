//! `/ui/task-instances/…/mapped`: the instances of a mapped task.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::TaskId;
use tw_store::InstanceLine;

use super::shape::{span_ms, state_name};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route("/task-instances/{dag_id}/{run_id}/{task_id}/mapped", get(page))
}

/// Instances of a page when the client does not say, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// `MappedInstance`.
#[derive(Serialize)]
pub(super) struct MappedInstance {
    map_index: i32,
    label: Option<String>,
    state: &'static str,
    duration: Option<i64>,
    reason: Option<String>,
}

impl From<InstanceLine> for MappedInstance {
    fn from(line: InstanceLine) -> Self {
        let ended = line.end_date.filter(|_| line.state.is_some_and(|state| state.is_finished()));
        Self {
            map_index: line.map_index,
            label: line.label,
            state: state_name(line.state),
            duration: ended.zip(line.start_date).map(|(end, start)| span_ms(end.since(start))),
            reason: line.reason,
        }
    }
}

#[derive(Serialize)]
struct MappedPage {
    total: u32,
    instances: Vec<MappedInstance>,
}

/// Map indexes have no gaps, so the offset is the index of the first one.
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
