//! `…/taskInstances/{task_id}/tries`: every try of a task instance, and how one is named.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::{DagId, RunId, TaskId, TaskInstanceState};
use tw_store::TaskInstanceView;

use super::task_instance_shape::TryShape;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

const BASE: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}";

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    let at = |rest: &str| format!("{BASE}{rest}");
    Router::new()
        .route(&at("/tries"), get(tries))
        .route(&at("/tries/{try_number}"), get(one_try))
        .route(&at("/{map_index}/tries"), get(mapped_tries))
        .route(&at("/{map_index}/tries/{try_number}"), get(mapped_try))
}

/// Names one task instance.
pub(crate) struct Key {
    /// The DAG.
    pub(crate) dag_id: String,
    /// The run.
    pub(crate) run_id: String,
    /// The task.
    pub(crate) task_id: String,
    /// The map index; -1 = not mapped.
    pub(crate) map_index: i32,
}

impl Key {
    /// A 404 for it.
    pub(crate) fn not_found(&self) -> ApiError {
        let Self { dag_id, run_id, task_id, map_index } = self;
        ApiError::not_found(format!(
            "The task instance with dag_id: `{dag_id}`, run_id: `{run_id}`, task_id: `{task_id}` and map_index: \
             `{map_index}` was not found"
        ))
    }

    /// Its current try.
    pub(crate) async fn find(&self, state: &ApiState) -> Result<Option<TaskInstanceView>, ApiError> {
        let (dag_id, run_id) = (DagId::from(self.dag_id.as_str()), RunId::from(self.run_id.as_str()));
        let task_id = TaskId::from(self.task_id.as_str());
        Ok(state.store().task_instance_view(&dag_id, &run_id, &task_id, self.map_index).await?)
    }

    /// Every try there was and is, oldest first. One that waits for its retry is in the history too.
    pub(crate) async fn tries(&self, state: &ApiState) -> Result<Vec<TaskInstanceView>, ApiError> {
        let (dag_id, run_id) = (DagId::from(self.dag_id.as_str()), RunId::from(self.run_id.as_str()));
        let task_id = TaskId::from(self.task_id.as_str());
        let store = state.store();
        let mut tries = store.task_instance_earlier_tries(&dag_id, &run_id, &task_id, self.map_index).await?;
        let current = self.find(state).await?;
        let known = |number: u32| tries.iter().any(|view| view.task_instance.try_number == number);
        let current = current.filter(|view| {
            let waits = view.task_instance.state == Some(TaskInstanceState::UpForRetry);
            !(waits && known(view.task_instance.try_number))
        });
        tries.extend(current);
        if tries.is_empty() { Err(self.not_found()) } else { Ok(tries) }
    }
}

#[derive(Serialize)]
struct Tries {
    task_instances: Vec<TryShape>,
    total_entries: usize,
}

async fn list_tries(state: &ApiState, key: Key) -> Result<Json<Tries>, ApiError> {
    let tries = key.tries(state).await?;
    let versions: Vec<_> = tries.iter().map(|view| &view.version).collect();
    let names = state.versions().names(state.store(), &versions).await?;
    let task_instances: Vec<TryShape> = tries.iter().map(|view| TryShape::new(view, &names)).collect();
    Ok(Json(Tries { total_entries: task_instances.len(), task_instances }))
}

async fn find_try(state: &ApiState, key: Key, try_number: u32) -> Result<Json<TryShape>, ApiError> {
    let tries = key.tries(state).await?;
    let found = tries.iter().rfind(|view| view.task_instance.try_number == try_number);
    let view = found.ok_or_else(|| ApiError::not_found(format!("There is no try {try_number}")))?;
    let names = state.versions().names(state.store(), &[&view.version]).await?;
    Ok(Json(TryShape::new(view, &names)))
}

async fn tries(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<Tries>, ApiError> {
    list_tries(&state, Key { dag_id, run_id, task_id, map_index: params.map_index()? }).await
}

async fn mapped_tries(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, map_index)): Path<(String, String, String, i32)>,
) -> Result<Json<Tries>, ApiError> {
    list_tries(&state, Key { dag_id, run_id, task_id, map_index }).await
}

async fn one_try(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, try_number)): Path<(String, String, String, u32)>,
    params: Params,
) -> Result<Json<TryShape>, ApiError> {
    find_try(&state, Key { dag_id, run_id, task_id, map_index: params.map_index()? }, try_number).await
}

async fn mapped_try(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, map_index, try_number)): Path<(String, String, String, i32, u32)>,
) -> Result<Json<TryShape>, ApiError> {
    find_try(&state, Key { dag_id, run_id, task_id, map_index }, try_number).await
}
