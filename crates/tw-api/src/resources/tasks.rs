//! `/dags/{dag_id}/tasks`.

use std::cmp::Ordering;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tw_model::{Dag, DagId, Task, TimeSpan, Timestamp};

use super::dag_shape::dump_params;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::schedule::split;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/tasks", get(list)).route("/dags/{dag_id}/tasks/{task_id}", get(one))
}

/// `TaskResponse`. Airflow sends counts as floating point numbers here.
#[derive(Serialize)]
struct TaskShape {
    task_id: Option<String>,
    task_display_name: Option<String>,
    owner: Option<String>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    trigger_rule: Option<&'static str>,
    depends_on_past: bool,
    wait_for_downstream: bool,
    retries: Option<f64>,
    queue: Option<String>,
    pool: Option<String>,
    pool_slots: Option<f64>,
    execution_timeout: Option<TimeDelta>,
    retry_delay: Option<TimeDelta>,
    retry_exponential_backoff: f64,
    priority_weight: Option<f64>,
    weight_rule: Option<&'static str>,
    ui_color: Option<String>,
    ui_fgcolor: Option<String>,
    template_fields: Option<Vec<String>>,
    downstream_task_ids: Option<Vec<String>>,
    doc_md: Option<String>,
    operator_name: Option<String>,
    params: Option<Map<String, Value>>,
    class_ref: Option<Value>,
    is_mapped: Option<bool>,
    extra_links: Vec<String>,
}

/// `TimeDelta`.
#[derive(Serialize)]
struct TimeDelta {
    #[serde(rename = "__type")]
    kind: &'static str,
    days: i64,
    seconds: i64,
    microseconds: i64,
}

impl From<TimeSpan> for TimeDelta {
    fn from(span: TimeSpan) -> Self {
        let (days, seconds, microseconds) = split(span);
        Self { kind: "TimeDelta", days, seconds, microseconds }
    }
}

impl From<&Task> for TaskShape {
    fn from(task: &Task) -> Self {
        Self {
            task_id: Some(task.task_id.to_string()),
            task_display_name: Some(display_name(task).to_owned()),
            owner: Some(task.owner.clone()),
            start_date: task.start_date,
            end_date: task.end_date,
            trigger_rule: Some(task.trigger_rule.as_str()),
            depends_on_past: task.depends_on_past,
            wait_for_downstream: task.wait_for_downstream,
            retries: Some(task.retries.into()),
            queue: Some(task.queue.clone()),
            pool: Some(task.pool.clone()),
            pool_slots: Some(task.pool_slots.into()),
            execution_timeout: task.execution_timeout.map(TimeDelta::from),
            retry_delay: Some(task.retry_delay.into()),
            retry_exponential_backoff: task.retry_exponential_backoff,
            priority_weight: Some(task.priority_weight.into()),
            weight_rule: Some(task.weight_rule.as_str()),
            ui_color: Some(task.ui_color.clone().unwrap_or_else(|| "#fff".to_owned())),
            ui_fgcolor: Some(task.ui_fgcolor.clone().unwrap_or_else(|| "#000".to_owned())),
            template_fields: Some(task.template_fields.clone()),
            downstream_task_ids: Some(task.downstream_task_ids.iter().map(ToString::to_string).collect()),
            doc_md: task.doc_md.clone(),
            operator_name: Some(task.operator().to_owned()),
            params: Some(dump_params(&task.params)),
            class_ref: Some(json!({"module_path": task.task_module, "class_name": task.task_type})),
            is_mapped: Some(task.expand_input.is_some()),
            extra_links: Vec::new(),
        }
    }
}

fn display_name(task: &Task) -> &str {
    task.display_name.as_deref().unwrap_or(task.task_id.as_str())
}

#[derive(Serialize)]
struct Tasks {
    tasks: Vec<TaskShape>,
    total_entries: usize,
}

/// How two tasks compare by an attribute; absent values come last.
fn compare(by: &str) -> Option<fn(&Task, &Task) -> Ordering> {
    fn last_if_none<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
        (a.is_none(), a).cmp(&(b.is_none(), b))
    }
    Some(match by {
        "task_id" => |a, b| a.task_id.cmp(&b.task_id),
        "task_display_name" => |a, b| display_name(a).cmp(display_name(b)),
        "owner" => |a, b| a.owner.cmp(&b.owner),
        "start_date" => |a, b| last_if_none(a.start_date, b.start_date),
        "end_date" => |a, b| last_if_none(a.end_date, b.end_date),
        "trigger_rule" => |a, b| a.trigger_rule.as_str().cmp(b.trigger_rule.as_str()),
        "depends_on_past" => |a, b| a.depends_on_past.cmp(&b.depends_on_past),
        "wait_for_downstream" => |a, b| a.wait_for_downstream.cmp(&b.wait_for_downstream),
        "retries" => |a, b| a.retries.cmp(&b.retries),
        "queue" => |a, b| a.queue.cmp(&b.queue),
        "pool" => |a, b| a.pool.cmp(&b.pool),
        "pool_slots" => |a, b| a.pool_slots.cmp(&b.pool_slots),
        "execution_timeout" => |a, b| last_if_none(a.execution_timeout, b.execution_timeout),
        "retry_delay" => |a, b| a.retry_delay.cmp(&b.retry_delay),
        "retry_exponential_backoff" => |a, b| a.retry_exponential_backoff.total_cmp(&b.retry_exponential_backoff),
        "priority_weight" => |a, b| a.priority_weight.cmp(&b.priority_weight),
        "weight_rule" => |a, b| a.weight_rule.as_str().cmp(b.weight_rule.as_str()),
        "ui_color" => |a, b| a.ui_color.cmp(&b.ui_color),
        "ui_fgcolor" => |a, b| a.ui_fgcolor.cmp(&b.ui_fgcolor),
        "operator_name" => |a, b| a.operator().cmp(b.operator()),
        _ => return None,
    })
}

/// The newest version of a DAG, whole.
pub(crate) async fn latest(state: &ApiState, dag_id: &str) -> Result<Dag, ApiError> {
    let found = state.store().dag_latest(&DagId::from(dag_id)).await?;
    found.ok_or_else(|| ApiError::not_found(format!("The DAG with dag_id: `{dag_id}` was not found")))
}

async fn list(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
) -> Result<Json<Tasks>, ApiError> {
    let order = params.text("order_by").unwrap_or("task_id");
    let by = order.trim_start_matches('-');
    let Some(compare) = compare(by) else {
        return Err(ApiError::bad_request(format!("Ordering by '{by}' is not possible")));
    };
    let mut dag = latest(&state, &dag_id).await?;
    match order.starts_with('-') {
        false => dag.tasks.sort_by(compare),
        true => dag.tasks.sort_by(|a, b| compare(b, a)),
    }
    Ok(Json(Tasks { tasks: dag.tasks.iter().map(TaskShape::from).collect(), total_entries: dag.tasks.len() }))
}

async fn one(
    State(state): State<ApiState>,
    Path((dag_id, task_id)): Path<(String, String)>,
) -> Result<Json<TaskShape>, ApiError> {
    let dag = latest(&state, &dag_id).await?;
    match dag.task(&task_id) {
        Some(task) => Ok(Json(TaskShape::from(task))),
        None => Err(ApiError::not_found(format!("DAG `{dag_id}` has no task `{task_id}`"))),
    }
}
