//! `/ui/audit-log`: what people did and what became of it, newest first; of everything or of one run.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::{DagId, RunId, Timestamp};
use tw_store::{AuditFilter, AuditPlace, EventLogView, TextMatch};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shape::{ListTotal, ms};
use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(page))
}

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditLine {
    id: i64,
    at: i64,
    event: String,
    /// Who asked for it; null = nobody, it followed.
    owner: Option<String>,
    dag_id: Option<String>,
    run_id: Option<String>,
    task_id: Option<String>,
    map_index: Option<i32>,
    try_number: Option<u32>,
    /// The run's, while the run exists.
    logical_date: Option<i64>,
    /// For people.
    detail: Option<String>,
}

impl From<EventLogView> for AuditLine {
    fn from(line: EventLogView) -> Self {
        Self {
            id: line.id,
            at: ms(line.at),
            event: line.event,
            owner: line.owner,
            dag_id: line.dag_id.map(|id| id.to_string()),
            run_id: line.run_id.map(|id| id.to_string()),
            task_id: line.task_id.map(|id| id.to_string()),
            map_index: line.map_index,
            try_number: line.try_number,
            logical_date: line.logical_date.map(ms),
            detail: line.detail,
        }
    }
}

/// A page of lines, newest first.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    lines: Vec<AuditLine>,
    next_cursor: Option<String>,
    total: ListTotal,
}

#[utoipa::path(
    get,
    path = "/audit-log",
    operation_id = "audit_log_list",
    params(("dag_id" = Option<String>, Query, description = "with `run_id`: of this run"), ("run_id" = Option<String>, Query, description = "of this run of `dag_id`"), ("event" = Option<String>, Query, description = "what the event contains"), ("dag" = Option<String>, Query, description = "what the DAG's id contains"), ("owner" = Option<String>, Query, description = "what the name of the person contains"), ("limit" = Option<u32>, Query, description = "rows of a page"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = AuditPage)),
)]
async fn page(State(state): State<ApiState>, params: Params) -> Result<Json<AuditPage>, ApiError> {
    let run = match (params.string("dag_id"), params.string("run_id")) {
        (Some(dag_id), Some(run_id)) => Some((DagId::from(dag_id), RunId::from(run_id))),
        (None, None) => None,
        (Some(_), None) => return Err(ApiError::invalid("query", "run_id", "a DAG alone is looked for by `dag`", "")),
        (None, Some(run_id)) => return Err(ApiError::invalid("query", "dag_id", "missing beside a run", run_id)),
    };
    let part = |name| TextMatch { pattern: params.string(name).filter(|text| !text.is_empty()), prefix: None };
    let filter = AuditFilter { run, event: part("event"), dag: part("dag"), owner: part("owner") };
    let cursor = params.text("cursor").filter(|cursor| !cursor.is_empty());
    let bad = |cursor| ApiError::invalid("query", "cursor", "not one of ours", cursor);
    let after = cursor.map(|cursor| place(cursor).ok_or_else(|| bad(cursor))).transpose()?;
    let (lines, next) = state.store().audit_page(&filter, after, params.page()?.limit).await?;
    let total = state.store().audit_total(&filter).await?.into();
    let next_cursor = next.map(|AuditPlace { at, id }| format!("{} {id}", at.as_micros()));
    Ok(Json(AuditPage { lines: lines.into_iter().map(AuditLine::from).collect(), next_cursor, total }))
}

fn place(cursor: &str) -> Option<AuditPlace> {
    let (micros, id) = cursor.split_once(' ')?;
    Some(AuditPlace { at: Timestamp::from_micros(micros.parse().ok()?), id: id.parse().ok()? })
}
