//! `/eventLogs`: what people did and what became of it.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::Timestamp;
use tw_store::{EventLogColumn, EventLogFilter, EventLogView, Range};

use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;
use crate::versions::NamesByVersion;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/eventLogs", get(list)).route("/eventLogs/{event_log_id}", get(one))
}

/// `EventLogResponse`.
#[derive(Serialize)]
struct EventLogShape {
    event_log_id: i64,
    when: Timestamp,
    dag_id: Option<String>,
    task_id: Option<String>,
    run_id: Option<String>,
    map_index: Option<i32>,
    try_number: Option<u32>,
    event: String,
    logical_date: Option<Timestamp>,
    owner: Option<String>,
    extra: Option<String>,
    dag_display_name: Option<String>,
    task_display_name: Option<String>,
}

impl EventLogShape {
    /// A line, with the names of its DAG's tasks.
    fn new(view: EventLogView, names: &NamesByVersion) -> Self {
        let names = view.version.as_ref().and_then(|version| names.get(&version.id));
        let task_name = |id| Some(names?.get(id)?.display_name.clone());
        Self {
            event_log_id: view.id,
            when: view.at,
            task_display_name: view.task_id.as_ref().and_then(task_name),
            dag_id: view.dag_id.map(|id| id.to_string()),
            task_id: view.task_id.map(|id| id.to_string()),
            run_id: view.run_id.map(|id| id.to_string()),
            map_index: view.map_index,
            try_number: view.try_number,
            event: view.event,
            logical_date: view.logical_date,
            owner: view.owner,
            extra: view.detail,
            dag_display_name: view.version.map(|version| version.display_name),
        }
    }
}

#[derive(Serialize)]
struct EventLogs {
    event_logs: Vec<EventLogShape>,
    total_entries: u32,
}

fn column(name: &str) -> Option<EventLogColumn> {
    Some(match name {
        "id" | "event_log_id" => EventLogColumn::Id,
        "dttm" | "when" => EventLogColumn::At,
        "dag_id" => EventLogColumn::DagId,
        "task_id" => EventLogColumn::TaskId,
        "run_id" => EventLogColumn::RunId,
        "event" => EventLogColumn::Event,
        "owner" => EventLogColumn::Owner,
        "extra" => EventLogColumn::Detail,
        _ => return None,
    })
}

async fn shapes(state: &ApiState, views: Vec<EventLogView>) -> Result<Vec<EventLogShape>, ApiError> {
    let with_task = views.iter().filter(|view| view.task_id.is_some());
    let versions: Vec<_> = with_task.filter_map(|view| view.version.as_ref()).collect();
    let names = state.versions().names(state.store(), &versions).await?;
    Ok(views.into_iter().map(|view| EventLogShape::new(view, &names)).collect())
}

async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<EventLogs>, ApiError> {
    let filter = EventLogFilter {
        dag_id: params.string("dag_id"),
        run_id: params.string("run_id"),
        task_id: params.string("task_id"),
        map_index: params.parsed("map_index", "a map index")?,
        try_number: params.parsed("try_number", "a try number")?,
        owner: params.string("owner"),
        event: params.string("event"),
        included_events: params.texts("included_events")?,
        excluded_events: params.texts("excluded_events")?,
        at: Range { gt: params.instant("after")?, lt: params.instant("before")?, ..Range::default() },
        dag_match: params.search("dag_id"),
        run_match: params.search("run_id"),
        task_match: params.search("task_id"),
        owner_match: params.search("owner"),
        event_match: params.search("event"),
    };
    let listed = state.store().event_logs_list(&filter, &params.order(column)?, params.page()?).await?;
    Ok(Json(EventLogs { event_logs: shapes(&state, listed.rows).await?, total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(id): Path<i64>) -> Result<Json<EventLogShape>, ApiError> {
    let view = state.store().event_log(id).await?;
    let shape = shapes(&state, view.into_iter().collect()).await?.pop();
    shape.map(Json).ok_or_else(|| ApiError::not_found(format!("The event log with id: `{id}` was not found")))
}
