//! `/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::{DagId, RunId, TaskId, TaskInstanceState};
use tw_store::{TaskInstanceColumn, TaskInstanceFilter, TaskInstanceView};

use super::dags::existing_dag;
use super::runs::existing_run;
use super::task_instance_shape::TaskInstanceShape;
use super::tries::Key;
use crate::body::Body;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

const BASE: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances";

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    let at = |rest: &str| format!("{BASE}{rest}");
    Router::new()
        .route(BASE, get(list))
        .route(&at("/list"), post(batch).get(named_list))
        .route(&at("/{task_id}"), get(unmapped))
        .route(&at("/{task_id}/listMapped"), get(list_mapped))
        .route(&at("/{task_id}/{map_index}"), get(mapped))
}

/// `TaskInstanceCollectionResponse`.
#[derive(Serialize)]
pub(crate) struct TaskInstances {
    task_instances: Vec<TaskInstanceShape>,
    total_entries: Option<u32>,
    total_entries_limit: Option<u32>,
    next_cursor: Option<String>,
    previous_cursor: Option<String>,
}

impl TaskInstances {
    /// A list that is not one page of several.
    pub(crate) fn whole(task_instances: Vec<TaskInstanceShape>) -> Self {
        let total_entries = u32::try_from(task_instances.len()).ok();
        Self { task_instances, total_entries, total_entries_limit: None, next_cursor: None, previous_cursor: None }
    }
}

/// Filters of Airflow's that ask for what is not kept.
const REFUSED: [&str; 8] = [
    "cursor",
    "updated_at_gte",
    "updated_at_gt",
    "updated_at_lte",
    "updated_at_lt",
    "task_display_name_pattern",
    "task_display_name_prefix_pattern",
    "task_group_id",
];

/// What a batch request may contain; names of bounds without their endings.
const BATCH_FIELDS: [&str; 15] = [
    "dag_ids",
    "dag_run_ids",
    "task_ids",
    "state",
    "run_after",
    "logical_date",
    "start_date",
    "end_date",
    "duration",
    "pool",
    "queue",
    "executor",
    "page_offset",
    "page_limit",
    "order_by",
];

fn column(name: &str) -> Option<TaskInstanceColumn> {
    Some(match name {
        "id" => TaskInstanceColumn::Id,
        "state" => TaskInstanceColumn::State,
        "duration" => TaskInstanceColumn::Duration,
        "start_date" => TaskInstanceColumn::StartDate,
        "end_date" => TaskInstanceColumn::EndDate,
        "map_index" => TaskInstanceColumn::MapIndex,
        "try_number" => TaskInstanceColumn::TryNumber,
        "logical_date" => TaskInstanceColumn::LogicalDate,
        "run_after" => TaskInstanceColumn::RunAfter,
        "data_interval_start" => TaskInstanceColumn::DataIntervalStart,
        "data_interval_end" => TaskInstanceColumn::DataIntervalEnd,
        "rendered_map_index" => TaskInstanceColumn::RenderedMapIndex,
        "operator" => TaskInstanceColumn::Operator,
        _ => return None,
    })
}

fn state_named(text: &str) -> Result<Option<TaskInstanceState>, ApiError> {
    match text {
        "none" | "no_status" => Ok(None),
        name => Ok(Some(
            name.parse().map_err(|error: tw_model::state::UnknownName| ApiError::unprocessable(error.to_string()))?,
        )),
    }
}

fn filter(params: &Params) -> Result<TaskInstanceFilter, ApiError> {
    Ok(TaskInstanceFilter {
        states: params.texts("state")?.iter().map(|text| state_named(text)).collect::<Result<_, _>>()?,
        map_indexes: params.all_parsed("map_index", "a map index")?,
        pools: params.texts("pool")?,
        queues: params.texts("queue")?,
        executors: params.texts("executor")?,
        operators: params.texts("operator")?,
        version_numbers: params.all_parsed("version_number", "a version number")?,
        try_numbers: params.all_parsed("try_number", "a try number")?,
        dag_id: params.search("dag_id"),
        run_id: params.search("run_id"),
        pool: params.search("pool_name"),
        queue: params.search("queue_name"),
        operator: params.search("operator_name"),
        rendered_map_index: params.search("rendered_map_index"),
        run_after: params.instants("run_after")?,
        logical_date: params.instants("logical_date")?,
        start_date: params.instants("start_date")?,
        end_date: params.instants("end_date")?,
        duration: params.spans("duration")?,
        ..TaskInstanceFilter::default()
    })
}

async fn page(state: &ApiState, filter: &TaskInstanceFilter, params: &Params) -> Result<Json<TaskInstances>, ApiError> {
    let mut order = params.order(column)?;
    // Instances without a label sort by number, not by its text.
    if let Some(at) = order.iter().position(|(column, _)| *column == TaskInstanceColumn::RenderedMapIndex) {
        order.insert(at + 1, (TaskInstanceColumn::MapIndex, order[at].1));
    }
    // Airflow's default. Over all runs it would sort everything there is for nothing: there, by age.
    if order.is_empty() && filter.dag_run_id.is_some() {
        order.push((TaskInstanceColumn::MapIndex, false));
    }
    let listed = state.store().task_instances_list(filter, &order, params.page()?, state.now()).await?;
    let versions: Vec<_> = listed.rows.iter().map(|row| &row.version).collect();
    let names = state.versions().names(state.store(), &versions).await?;
    Ok(Json(TaskInstances {
        task_instances: listed.rows.iter().map(|row| TaskInstanceShape::new(row, &names)).collect(),
        total_entries: Some(listed.total),
        total_entries_limit: listed.cap(),
        next_cursor: None,
        previous_cursor: None,
    }))
}

async fn list(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<TaskInstances>, ApiError> {
    params.refuse(&REFUSED)?;
    let mut filter = filter(&params)?;
    filter.task_ids = params.texts("task_id")?.iter().map(|id| TaskId::from(id.as_str())).collect();
    match (dag_id.as_str(), run_id.as_str()) {
        ("~", "~") => {}
        ("~", _) => return Err(ApiError::bad_request("A dag_run_id needs a dag_id")),
        (_, "~") => filter.dag_ids.push(existing_dag(&state, &dag_id).await?.row.dag_id),
        _ => filter.dag_run_id = Some(existing_run(&state, &dag_id, &run_id).await?.run.id),
    }
    page(&state, &filter, &params).await
}

async fn list_mapped(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<TaskInstances>, ApiError> {
    params.refuse(&REFUSED)?;
    let run = existing_run(&state, &dag_id, &run_id).await?;
    let task_id = TaskId::from(task_id);
    if !state.store().has_mapped_instances(run.run.id, &task_id).await? {
        must_be_mapped(&state, &run, &task_id).await?;
    }
    let mut filter = filter(&params)?;
    filter.dag_run_id = Some(run.run.id);
    filter.task_ids = vec![task_id];
    filter.mapped = true;
    page(&state, &filter, &params).await
}

/// A mapped task may have expanded to nothing, or not yet; any other is not listed as one.
async fn must_be_mapped(state: &ApiState, run: &tw_store::DagRunView, task_id: &TaskId) -> Result<(), ApiError> {
    let dag = state.store().dag_of_version(run.version.id).await?;
    let Some(dag) = dag.filter(|dag| dag.task(task_id.as_str()).is_some()) else {
        return Err(ApiError::not_found(format!("The run has no task `{task_id}`")));
    };
    let expands = dag.task(task_id.as_str()).is_some_and(|task| task.expand_input.is_some());
    match expands || in_mapped_group(&dag.task_group, task_id) {
        true => Ok(()),
        false => Err(ApiError::not_found(format!("The task `{task_id}` is not mapped"))),
    }
}

/// Whether a mapped group holds the task, at any depth.
fn in_mapped_group(group: &tw_model::TaskGroup, task_id: &TaskId) -> bool {
    fn holds(group: &tw_model::TaskGroup, task_id: &TaskId, mapped: bool) -> bool {
        group.children.iter().any(|child| match child {
            tw_model::GroupChild::Task(id) => mapped && id == task_id,
            tw_model::GroupChild::Group(inner) => holds(inner, task_id, mapped || inner.expand_input.is_some()),
        })
    }
    holds(group, task_id, group.expand_input.is_some())
}

async fn batch(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Json<TaskInstances>, ApiError> {
    if dag_id != "~" || run_id != "~" {
        return Err(ApiError::invalid("path", "dag_id", "expected ~ for the DAG and for the run", dag_id));
    }
    let params = Params::from_batch(&body, &BATCH_FIELDS)?;
    let mut filter = filter(&params)?;
    filter.dag_ids = params.texts("dag_ids")?.iter().map(|id| DagId::from(id.as_str())).collect();
    filter.run_ids = params.texts("dag_run_ids")?.iter().map(|id| RunId::from(id.as_str())).collect();
    filter.task_ids = params.texts("task_ids")?.iter().map(|id| TaskId::from(id.as_str())).collect();
    page(&state, &filter, &params).await
}

async fn shape(state: &ApiState, view: &TaskInstanceView) -> Result<Json<TaskInstanceShape>, ApiError> {
    let names = state.versions().names(state.store(), &[&view.version]).await?;
    Ok(Json(TaskInstanceShape::new(view, &names)))
}

async fn unmapped(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
) -> Result<Json<TaskInstanceShape>, ApiError> {
    find_unmapped(&state, dag_id, run_id, task_id).await
}

/// A task that is called like the batch request.
async fn named_list(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
) -> Result<Json<TaskInstanceShape>, ApiError> {
    find_unmapped(&state, dag_id, run_id, "list".to_owned()).await
}

async fn find_unmapped(
    state: &ApiState,
    dag_id: String,
    run_id: String,
    task_id: String,
) -> Result<Json<TaskInstanceShape>, ApiError> {
    let key = Key { dag_id, run_id, task_id, map_index: -1 };
    if let Some(view) = key.find(state).await? {
        return shape(state, &view).await;
    }
    let run = existing_run(state, &key.dag_id, &key.run_id).await?;
    match state.store().has_mapped_instances(run.run.id, &TaskId::from(key.task_id.as_str())).await? {
        true => Err(ApiError::not_found("The task instance is mapped: add a map index to the path")),
        false => Err(key.not_found()),
    }
}

async fn mapped(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, map_index)): Path<(String, String, String, i32)>,
) -> Result<Json<TaskInstanceShape>, ApiError> {
    let key = Key { dag_id, run_id, task_id, map_index };
    let view = key.find(&state).await?.ok_or_else(|| key.not_found())?;
    shape(&state, &view).await
}
