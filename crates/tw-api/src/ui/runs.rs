//! `/ui/runs`: runs of one DAG or of all, newest first.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::{DagId, DagRunId, DagRunState, RunType, Timestamp};
use tw_store::{DagRunView, RunLine, RunListFilter, RunPlace};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::{forget_if_touched, run_key};
use super::names::{RunState, RunType as RunTypeName};
use super::newest_runs::typical_durations;
use super::shape::{Counts, ListTotal, RunFacts, run_line};
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
    total: ListTotal,
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
async fn facts(state: &ApiState, views: &[DagRunView]) -> Result<Vec<RunFacts>, ApiError> {
    let dag_ids: Vec<DagId> = views.iter().map(|view| view.run.dag_id.clone()).collect();
    let lines: Vec<RunLine> = views.iter().map(run_line).collect();
    let (typical, counts) = tokio::try_join!(typical_durations(state, &dag_ids), counts(state, &lines))?;
    let fact = |view: &DagRunView| {
        let counts = counts.get(&view.run.id).copied().unwrap_or_default();
        RunFacts::new(view, typical.get(&view.run.dag_id).copied().flatten(), counts)
    };
    Ok(views.iter().map(fact).collect())
}

/// How many task instances of each run are in which state. Those of finished runs are kept until
/// something touches the run.
async fn counts(state: &ApiState, runs: &[RunLine]) -> Result<HashMap<DagRunId, Counts>, ApiError> {
    let version = state.changes().version();
    let kept = |run: &RunLine| state.ui().run_counts.get(&run_key(run)).filter(|_| run.state.is_finished());
    let (known, wanted): (Vec<_>, Vec<_>) =
        runs.iter().map(|run| (run, kept(run))).partition(|(_, counts)| counts.is_some());
    let mut found: HashMap<DagRunId, Counts> =
        known.into_iter().filter_map(|(run, counts)| Some((run.id, counts?))).collect();
    let ids: Vec<DagRunId> = wanted.iter().map(|(run, _)| run.id).collect();
    found.extend(state.store().run_counts(&ids).await?.into_iter().map(|(id, counts)| (id, Counts(counts))));
    let finished: Vec<&RunLine> = wanted.iter().map(|(run, _)| *run).filter(|run| run.state.is_finished()).collect();
    for run in &finished {
        state.ui().run_counts.put(run_key(run), found.get(&run.id).copied().unwrap_or_default(), 1);
    }
    forget_if_touched(state, version, &finished.into_iter().map(run_key).collect::<Vec<_>>());
    Ok(found)
}
