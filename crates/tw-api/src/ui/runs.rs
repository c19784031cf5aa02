//! `/ui/runs`: runs of one DAG or of all, newest first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::{DagId, DagRunId, DagRunState, RunType, Timestamp};
use tw_store::{DagRunView, RunLine, RunListFilter, RunPlace};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::tallies;
use super::dag_row::typical_durations;
use super::names::{RunState, RunType as RunTypeName};
use super::shape::{RunFacts, RunTotal, run_line};
use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A page of runs, newest first.
#[derive(Serialize, ToSchema)]
struct RunPage {
    version: u64,
    runs: Vec<RunFacts>,
    next_cursor: Option<String>,
    total: RunTotal,
}

#[utoipa::path(
    get,
    path = "/runs",
    operation_id = "run_list",
    params(("state" = Option<RunState>, Query, description = "in this state"), ("dag_id" = Option<String>, Query, description = "of this DAG"), ("run_type" = Option<RunTypeName>, Query, description = "of this type"), ("limit" = Option<u32>, Query, description = "rows of a page"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = RunPage)),
)]
async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<RunPage>, ApiError> {
    let version = state.changes().version();
    let filter = RunListFilter {
        dag_id: params.string("dag_id").filter(|id| !id.is_empty()).map(DagId::from),
        state: params.choice::<DagRunState>("state", "a dag run state")?,
        run_type: params.choice::<RunType>("run_type", "a run type")?,
    };
    let cursor = params.text("cursor").filter(|cursor| !cursor.is_empty());
    let bad = |cursor| ApiError::invalid("query", "cursor", "not one of ours", cursor);
    let after = cursor.map(|cursor| place(cursor).ok_or_else(|| bad(cursor))).transpose()?;
    let (views, next) = state.store().runs_page(&filter, after, params.page()?.limit).await?;
    let total = state.store().runs_total(&filter).await?.into();
    let next_cursor = next.map(|place| format!("{} {}", place.run_after.as_micros(), place.id));
    Ok(Json(RunPage { version, runs: facts(&state, &views).await?, next_cursor, total }))
}

fn place(cursor: &str) -> Option<RunPlace> {
    let (micros, id) = cursor.split_once(' ')?;
    // An id is a value of its own in JSON.
    let id: DagRunId = serde_json::from_value(id.into()).ok()?;
    Some(RunPlace { run_after: Timestamp::from_micros(micros.parse().ok()?), id })
}

/// Runs with what their DAGs' runs usually take and what their task instances are at.
pub(super) async fn facts(state: &ApiState, views: &[DagRunView]) -> Result<Vec<RunFacts>, ApiError> {
    let dag_ids: Vec<DagId> = views.iter().map(|view| view.run.dag_id.clone()).collect();
    let typical = typical_durations(state, &dag_ids).await?;
    let lines: Vec<RunLine> = views.iter().map(run_line).collect();
    let tallies = tallies(state, &lines).await?;
    let fact = |view: &DagRunView| {
        let counts = tallies.get(&view.run.id).map(|tally| tally.counts()).unwrap_or_default();
        RunFacts::new(view, typical.get(&view.run.dag_id).copied().flatten(), counts)
    };
    Ok(views.iter().map(fact).collect())
}
