//! `/dags/{dag_id}/dagRuns`, reading. Creating is in `trigger`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::record::duration;
use tw_model::{DagId, DagRunState, RunId, RunType, Timestamp, TriggeredBy};
use tw_store::{DagRunColumn, DagRunFilter, DagRunView};

use super::dags::existing_dag;
use super::versions::DagVersion;
use crate::body::Body;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/dags/{dag_id}/dagRuns", get(list))
        .route("/dags/{dag_id}/dagRuns/list", post(batch).get(named_list))
        .route("/dags/{dag_id}/dagRuns/{dag_run_id}", get(one))
}

/// `DAGRunResponse`.
#[derive(Serialize)]
pub(crate) struct RunShape {
    dag_run_id: String,
    dag_id: String,
    logical_date: Option<Timestamp>,
    queued_at: Option<Timestamp>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    duration: Option<f64>,
    data_interval_start: Option<Timestamp>,
    data_interval_end: Option<Timestamp>,
    run_after: Timestamp,
    last_scheduling_decision: Option<Timestamp>,
    run_type: RunType,
    state: DagRunState,
    triggered_by: Option<TriggeredBy>,
    triggering_user_name: Option<String>,
    conf: Option<Value>,
    note: Option<String>,
    dag_versions: Vec<DagVersion>,
    bundle_version: Option<String>,
    dag_display_name: String,
    partition_key: Option<String>,
    partition_date: Option<Timestamp>,
}

impl From<&DagRunView> for RunShape {
    fn from(view: &DagRunView) -> Self {
        let run = &view.run;
        Self {
            dag_run_id: run.run_id.to_string(),
            dag_id: run.dag_id.to_string(),
            logical_date: run.logical_date,
            queued_at: run.queued_at,
            start_date: run.start_date,
            end_date: run.end_date,
            duration: duration(run.start_date, run.end_date).map(|span| span.as_secs_f64()),
            data_interval_start: run.data_interval.map(|interval| interval.start),
            data_interval_end: run.data_interval.map(|interval| interval.end),
            run_after: run.run_after,
            // There is no loop that looks at runs in turn, so there is no last time either.
            last_scheduling_decision: None,
            run_type: run.run_type,
            state: run.state,
            triggered_by: Some(run.triggered_by),
            triggering_user_name: run.triggering_user.clone(),
            conf: Some((*run.conf).clone()).filter(Value::is_object),
            note: run.note.clone(),
            dag_versions: vec![DagVersion::from(&view.version)],
            bundle_version: None,
            dag_display_name: view.version.display_name.clone(),
            partition_key: None,
            partition_date: None,
        }
    }
}

/// `DAGRunCollectionResponse`.
#[derive(Serialize)]
pub(crate) struct Runs {
    dag_runs: Vec<RunShape>,
    total_entries: Option<u32>,
    total_entries_limit: Option<u32>,
    next_cursor: Option<String>,
    previous_cursor: Option<String>,
}

impl Runs {
    /// A list that is not one page of several.
    pub(crate) fn whole(dag_runs: Vec<RunShape>) -> Self {
        let total_entries = u32::try_from(dag_runs.len()).ok();
        Self { dag_runs, total_entries, total_entries_limit: None, next_cursor: None, previous_cursor: None }
    }
}

/// Filters of Airflow's that ask for what is not kept.
const REFUSED: [&str; 12] = [
    "cursor",
    "bundle_version",
    "updated_at_gte",
    "updated_at_gt",
    "updated_at_lte",
    "updated_at_lt",
    "partition_date_gte",
    "partition_date_lte",
    "partition_key_pattern",
    "partition_key_prefix_pattern",
    "consuming_asset_pattern",
    "consuming_asset_prefix_pattern",
];

/// What a batch request may contain; names of bounds without their endings.
const BATCH_FIELDS: [&str; 11] = [
    "order_by",
    "page_offset",
    "page_limit",
    "dag_ids",
    "states",
    "run_after",
    "logical_date",
    "start_date",
    "end_date",
    "duration",
    "conf_contains",
];

fn column(name: &str) -> Option<DagRunColumn> {
    Some(match name {
        "id" => DagRunColumn::Id,
        "state" => DagRunColumn::State,
        "dag_id" => DagRunColumn::DagId,
        "run_id" | "dag_run_id" => DagRunColumn::RunId,
        "logical_date" => DagRunColumn::LogicalDate,
        "run_after" => DagRunColumn::RunAfter,
        "start_date" => DagRunColumn::StartDate,
        "end_date" => DagRunColumn::EndDate,
        "conf" => DagRunColumn::Conf,
        "duration" => DagRunColumn::Duration,
        _ => return None,
    })
}

fn filter(params: &Params) -> Result<DagRunFilter, ApiError> {
    // Every run has a state and a type: `none` matches nothing, and is dropped beside others.
    let named = |name: &str| -> Result<Vec<String>, ApiError> {
        Ok(params.texts(name)?.into_iter().filter(|text| text != "none").collect())
    };
    let states = named("state")?.iter().map(|text| text.parse::<DagRunState>()).collect::<Result<_, _>>();
    let run_types = named("run_type")?.iter().map(|text| text.parse::<RunType>()).collect::<Result<_, _>>();
    Ok(DagRunFilter {
        dag_ids: params.texts("dag_ids")?.iter().map(|id| DagId::from(id.as_str())).collect(),
        dag_id: params.search("dag_id"),
        run_id: params.search("run_id"),
        triggering_user: params.search("triggering_user_name"),
        states: states.map_err(|error| ApiError::unprocessable(error.to_string()))?,
        run_types: run_types.map_err(|error| ApiError::unprocessable(error.to_string()))?,
        version_numbers: params.all_parsed("dag_version", "a version number")?,
        run_after: params.instants("run_after")?,
        logical_date: params.instants("logical_date")?,
        start_date: params.instants("start_date")?,
        end_date: params.instants("end_date")?,
        duration: params.spans("duration")?,
        conf_contains: params.string("conf_contains").filter(|text| !text.is_empty()),
    })
}

async fn page(state: &ApiState, filter: &DagRunFilter, params: &Params) -> Result<Json<Runs>, ApiError> {
    let listed = state.store().dag_runs_list(filter, &params.order(column)?, params.page()?, state.now()).await?;
    Ok(Json(Runs {
        dag_runs: listed.rows.iter().map(RunShape::from).collect(),
        total_entries: Some(listed.total),
        total_entries_limit: listed.cap(),
        next_cursor: None,
        previous_cursor: None,
    }))
}

async fn list(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
) -> Result<Json<Runs>, ApiError> {
    params.refuse(&REFUSED)?;
    let mut filter = filter(&params)?;
    filter.dag_ids.clear();
    if dag_id != "~" {
        filter.dag_ids.push(existing_dag(&state, &dag_id).await?.row.dag_id);
    }
    page(&state, &filter, &params).await
}

async fn batch(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Json<Runs>, ApiError> {
    if dag_id != "~" {
        return Err(ApiError::invalid("path", "dag_id", "expected ~", dag_id));
    }
    let params = Params::from_batch(&body, &BATCH_FIELDS)?;
    page(&state, &filter(&params)?, &params).await
}

/// The run of this name, or a 404.
pub(crate) async fn existing_run(state: &ApiState, dag_id: &str, run_id: &str) -> Result<DagRunView, ApiError> {
    let found = state.store().dag_run_view(&DagId::from(dag_id), &RunId::from(run_id)).await?;
    found.ok_or_else(|| {
        ApiError::not_found(format!("The dag run with dag_id: `{dag_id}` and run_id: `{run_id}` was not found"))
    })
}

/// A run that is called like the batch request.
async fn named_list(State(state): State<ApiState>, Path(dag_id): Path<String>) -> Result<Json<RunShape>, ApiError> {
    Ok(Json(RunShape::from(&existing_run(&state, &dag_id, "list").await?)))
}

async fn one(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
) -> Result<Json<RunShape>, ApiError> {
    Ok(Json(RunShape::from(&existing_run(&state, &dag_id, &run_id).await?)))
}
