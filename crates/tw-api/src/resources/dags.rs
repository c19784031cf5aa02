//! `/dags`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tw_engine::Input;
use tw_model::{DagId, DagRunState};
use tw_store::{DagColumn, DagFilter, DagSummary, Page};

use super::dag_shape::{DagDetails, DagShape};
use super::tasks::latest;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/dags", get(list).patch(patch_many))
        .route("/dags/{dag_id}", get(one).patch(patch).delete(delete))
        .route("/dags/{dag_id}/details", get(details))
}

/// The DAG of this id, or a 404.
pub(crate) async fn existing_dag(state: &ApiState, dag_id: &str) -> Result<DagSummary, ApiError> {
    let found = state.store().dag_summary(&DagId::from(dag_id)).await?;
    found.ok_or_else(|| ApiError::not_found(format!("The DAG with dag_id: `{dag_id}` was not found")))
}

#[derive(Serialize)]
struct Dags {
    dags: Vec<DagShape>,
    total_entries: u32,
}

fn column(name: &str) -> Option<DagColumn> {
    Some(match name {
        "dag_id" => DagColumn::DagId,
        "dag_display_name" => DagColumn::DisplayName,
        "next_dagrun" => DagColumn::NextLogicalDate,
        "state" | "last_run_state" => DagColumn::LastRunState,
        "start_date" | "last_run_start_date" => DagColumn::LastRunStart,
        _ => return None,
    })
}

/// The filters that list and bulk patch share.
fn common_filter(params: &Params) -> Result<DagFilter, ApiError> {
    let tags = params.texts("tags")?;
    let all = match params.text("tags_match_mode") {
        None | Some("any") => false,
        Some("all") => true,
        Some(other) => return Err(ApiError::invalid("query", "tags_match_mode", "expected any or all", other)),
    };
    let (tags_any, tags_all) = if all { (Vec::new(), tags) } else { (tags, Vec::new()) };
    Ok(DagFilter {
        dag_id: params.search("dag_id"),
        is_paused: params.flag("paused")?,
        is_stale: params.flag("exclude_stale")?.unwrap_or(true).then_some(false),
        owners_any: params.texts("owners")?,
        tags_any,
        tags_all,
        ..DagFilter::default()
    })
}

async fn list(State(state): State<ApiState>, params: Params, caller: Caller) -> Result<Json<Dags>, ApiError> {
    params.refuse(&[
        "bundle_version",
        "has_asset_schedule",
        "asset_dependency",
        "dag_run_start_date_gte",
        "dag_run_start_date_gt",
        "dag_run_start_date_lte",
        "dag_run_start_date_lt",
        "dag_run_end_date_gte",
        "dag_run_end_date_gt",
        "dag_run_end_date_lte",
        "dag_run_end_date_lt",
        "dag_run_state",
        "timetable_type",
    ])?;
    let filter = DagFilter {
        display_name: params.search("dag_display_name"),
        has_import_errors: params.flag("has_import_errors")?,
        bundle_name: params.string("bundle_name"),
        favorite: params.flag("is_favorite")?.map(|is_favorite| (caller.username, is_favorite)),
        last_run_state: params.parsed::<DagRunState>("last_dag_run_state", "a dag run state")?,
        ..common_filter(&params)?
    };
    let listed = state.store().dags_list(&filter, &params.order(column)?, params.page()?).await?;
    Ok(Json(Dags { dags: listed.rows.iter().map(DagShape::from).collect(), total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(dag_id): Path<String>) -> Result<Json<DagShape>, ApiError> {
    Ok(Json(DagShape::from(&existing_dag(&state, &dag_id).await?)))
}

async fn details(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
) -> Result<Json<DagDetails>, ApiError> {
    let dag = existing_dag(&state, &dag_id).await?;
    let running = state.store().dag_running_runs(&dag.row.dag_id).await?;
    let favorites = state.store().favorites_among(&caller.username, std::slice::from_ref(&dag.row.dag_id)).await?;
    Ok(Json(DagDetails::new(&dag, &latest(&state, &dag_id).await?, running, !favorites.is_empty())))
}

/// `DAGPatchBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DagPatch {
    is_paused: bool,
}

/// A mask may name the one field there is.
fn check_mask(params: &Params) -> Result<(), ApiError> {
    match params.texts("update_mask")?.as_slice() {
        [] => Ok(()),
        [only] if only == "is_paused" => Ok(()),
        _ => Err(ApiError::bad_request("Only `is_paused` can be changed")),
    }
}

async fn patch(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
    caller: Caller,
    Body(body): Body<DagPatch>,
) -> Result<Json<DagShape>, ApiError> {
    check_mask(&params)?;
    let dag = existing_dag(&state, &dag_id).await?;
    set_paused(&state, &dag, body.is_paused, &caller).await?;
    one(State(state), Path(dag_id)).await
}

async fn delete(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let input = Input::DeleteDag { dag_id: DagId::from(dag_id), by: Some(caller.username) };
    accepted(state.control().submit(input).await?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_paused(state: &ApiState, dag: &DagSummary, paused: bool, caller: &Caller) -> Result<(), ApiError> {
    let by = Some(caller.username.clone());
    let input = Input::SetPaused { dag_id: dag.row.dag_id.clone(), paused, by };
    accepted(state.control().submit(input).await?).map(drop)
}

/// DAGs read at a time while all that match are patched.
const PATCH_PAGE: u32 = 100;

/// Pauses or resumes every DAG that matches; answers with the asked page of them.
async fn patch_many(
    State(state): State<ApiState>,
    params: Params,
    caller: Caller,
    Body(body): Body<DagPatch>,
) -> Result<Json<Dags>, ApiError> {
    check_mask(&params)?;
    let filter = common_filter(&params)?;
    let page = params.page()?;
    // As in Airflow: without a pattern nothing matches, so that nobody pauses everything by accident.
    if filter.dag_id.is_empty() {
        return Ok(Json(Dags { dags: Vec::new(), total_entries: 0 }));
    }
    let order = [(DagColumn::DagId, false)];
    // The filter may ask for the very state that is changed, so all are read before the first change.
    let mut matching: Vec<DagSummary> = Vec::new();
    loop {
        let offset = u32::try_from(matching.len()).unwrap_or(u32::MAX);
        let listed = state.store().dags_list(&filter, &order, Page { limit: PATCH_PAGE, offset }).await?;
        let is_last = listed.rows.is_empty() || listed.rows.len() < PATCH_PAGE as usize;
        matching.extend(listed.rows);
        if is_last {
            break;
        }
    }
    for dag in matching.iter_mut().filter(|dag| dag.row.is_paused != body.is_paused) {
        set_paused(&state, dag, body.is_paused, &caller).await?;
        dag.row.is_paused = body.is_paused;
    }
    let total_entries = u32::try_from(matching.len()).unwrap_or(u32::MAX);
    let shown = matching.iter().skip(page.offset as usize).take(page.limit as usize);
    Ok(Json(Dags { dags: shown.map(DagShape::from).collect(), total_entries }))
}
