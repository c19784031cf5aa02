//! `PATCH` of task instances, and what it would change (S-6.60 to S-6.63).

use axum::extract::State;
use axum::routing::patch;
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tw_engine::{Input, InstanceName, MarkTasks, RunScope, TaskMark};
use tw_model::{DagId, RunId, TaskId};

use super::acted::{check_note, instances_of, list, shapes};
use super::task_instances::TaskInstances;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::patch::Patch;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

const BASE: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances";

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    let at = |rest: &str| format!("{BASE}{rest}");
    Router::new()
        .route(&at("/list"), patch(act))
        .route(&at("/{task_id}"), patch(act))
        .route(&at("/{task_id}/{map_index}"), patch(act))
        .route(&at("/{task_id}/dry_run"), patch(rehearse))
        .route(&at("/{task_id}/{map_index}/dry_run"), patch(rehearse))
}

/// Names a task in a run, with a map index or whole.
#[derive(Deserialize)]
pub(crate) struct TaskPath {
    pub(crate) dag_id: String,
    pub(crate) dag_run_id: String,
    #[serde(default = "list")]
    pub(crate) task_id: String,
    #[serde(default)]
    pub(crate) map_index: Option<i32>,
}

/// `PatchTaskInstanceBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskInstancePatch {
    #[serde(default, deserialize_with = "mark")]
    new_state: Option<TaskMark>,
    note: Option<String>,
    #[serde(default)]
    include_upstream: bool,
    #[serde(default)]
    include_downstream: bool,
    #[serde(default)]
    include_future: bool,
    #[serde(default)]
    include_past: bool,
}

/// One of three states, in any case of letters; null is none of them.
fn mark<'de, D: Deserializer<'de>>(d: D) -> Result<Option<TaskMark>, D::Error> {
    match String::deserialize(d)?.to_ascii_lowercase().as_str() {
        "success" => Ok(Some(TaskMark::Success)),
        "failed" => Ok(Some(TaskMark::Failed)),
        "skipped" => Ok(Some(TaskMark::Skipped)),
        other => Err(serde::de::Error::custom(format!("not success, failed or skipped: {other:?}"))),
    }
}

/// Carries out, or rehearses, what a patch asks of a task's instances; answers with those concerned.
pub(crate) async fn mark_tasks(
    state: &ApiState,
    path: &TaskPath,
    patch: Patch<TaskInstancePatch>,
    dry_run: bool,
    caller: &Caller,
) -> Result<Vec<InstanceName>, ApiError> {
    check_note(patch.body.note.as_deref())?;
    let (sets_state, sets_note) = (patch.sets("new_state"), patch.sets("note"));
    // Airflow: null removes a note only if the mask says that the note is meant.
    let removes_note = sets_note && patch.is_masked();
    let body = patch.body;
    let request = MarkTasks {
        dag_id: DagId::from(path.dag_id.as_str()),
        runs: RunScope::Around {
            run_id: RunId::from(path.dag_run_id.as_str()),
            past: body.include_past,
            future: body.include_future,
        },
        task_id: TaskId::from(path.task_id.as_str()),
        map_index: path.map_index,
        upstream: body.include_upstream,
        downstream: body.include_downstream,
        state: body.new_state.filter(|_| sets_state),
        note: body.note.filter(|_| sets_note).or_else(|| removes_note.then(String::new)),
        dry_run,
        by: Some(caller.username.clone()),
    };
    instances_of(accepted(state.control().submit(Input::MarkTasks(Box::new(request))).await?)?)
}

async fn answer(
    state: &ApiState,
    path: TaskPath,
    params: &Params,
    fields: Map<String, Value>,
    dry_run: bool,
    caller: &Caller,
) -> Result<Json<TaskInstances>, ApiError> {
    let patch = Patch::read(fields, &params.texts("update_mask")?)?;
    // A map index in the query counts where the path has none.
    let map_index = path.map_index.or(params.parsed("map_index", "a map index")?);
    let path = TaskPath { map_index, ..path };
    let names = mark_tasks(state, &path, patch, dry_run, caller).await?;
    Ok(Json(TaskInstances::whole(shapes(state, &DagId::from(path.dag_id.as_str()), &names).await?)))
}

async fn act(
    State(state): State<ApiState>,
    Path(path): Path<TaskPath>,
    params: Params,
    caller: Caller,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<TaskInstances>, ApiError> {
    answer(&state, path, &params, fields, false, &caller).await
}

async fn rehearse(
    State(state): State<ApiState>,
    Path(path): Path<TaskPath>,
    params: Params,
    caller: Caller,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<TaskInstances>, ApiError> {
    answer(&state, path, &params, fields, true, &caller).await
}
