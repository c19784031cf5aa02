//! `/ui/task-instances/…/events`: what the audit log tells of a task instance.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::{DagId, RunId, TaskId};
use tw_store::TaskEventLine;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shape::ms;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(page))
}

/// Lines of a page.
const PAGE_LINES: u32 = 50;

/// Whom an event names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum EventOf {
    /// This task instance.
    Instance,
    /// The mapped task: it was an act on several of its instances, this one or others.
    Task,
    /// The run: it was the run's own, or an act on several of its tasks, this one or others.
    Run,
}

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
struct TaskEvent {
    id: i64,
    at: i64,
    event: String,
    /// Who asked for it; null = nobody, it followed.
    owner: Option<String>,
    of: EventOf,
    try_number: Option<u32>,
    /// For people.
    detail: Option<String>,
}

impl TaskEvent {
    fn new(line: TaskEventLine, map_index: i32) -> Self {
        let of = match line.map_index {
            None => EventOf::Run,
            Some(named) if named == map_index => EventOf::Instance,
            Some(_) => EventOf::Task,
        };
        Self {
            id: line.id,
            at: ms(line.at),
            event: line.event,
            owner: line.owner,
            of,
            try_number: line.try_number,
            detail: line.detail,
        }
    }
}

/// A page of them, newest first.
#[derive(Serialize, ToSchema)]
struct TaskEvents {
    events: Vec<TaskEvent>,
    /// The number to ask older ones with; null = these were the oldest.
    older: Option<i64>,
}

/// A run that is gone has events still, so nothing here is not found.
#[utoipa::path(
    get,
    path = "/task-instances/{dag_id}/{run_id}/{task_id}/events",
    operation_id = "task_events_list",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("map_index" = Option<i32>, Query, description = "-1, the default, is the task itself"), ("before" = Option<i64>, Query, description = "only lines with a lower number")),
    responses((status = 200, body = TaskEvents)),
)]
async fn page(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<TaskEvents>, ApiError> {
    let map_index = params.choice("map_index", "a map index")?.unwrap_or(-1);
    let before = params.choice("before", "the number of an event")?;
    let (dag_id, run_id, task_id) = (DagId::from(dag_id), RunId::from(run_id), TaskId::from(task_id));
    // One more than is shown says whether there are older ones.
    let mut lines =
        state.store().task_events((&dag_id, &run_id), (&task_id, map_index), before, PAGE_LINES + 1).await?;
    let has_older = lines.len() > PAGE_LINES as usize;
    lines.truncate(PAGE_LINES as usize);
    let older = lines.last().filter(|_| has_older).map(|line| line.id);
    let events = lines.into_iter().map(|line| TaskEvent::new(line, map_index)).collect();
    Ok(Json(TaskEvents { events, older }))
}
