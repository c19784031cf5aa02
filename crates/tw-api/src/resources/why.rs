//! `/ui/why`: why something waits, from the decision core itself.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_engine::{Blocker, Subject};
use tw_model::{DagId, RunId, TaskId};

use super::dags::existing_dag;
use super::runs::existing_run;
use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/why", get(why))
}

#[derive(Serialize)]
struct Why {
    /// In order of what has to happen first; empty = nothing holds it.
    blockers: Vec<Blocker>,
}

/// Explains a DAG, a run or a task instance, whichever the parameters name.
async fn why(State(state): State<ApiState>, params: Params) -> Result<Json<Why>, ApiError> {
    let Some(dag) = params.text("dag_id") else {
        return Err(ApiError::invalid("query", "dag_id", "is required", serde_json::Value::Null));
    };
    let dag_id = DagId::from(dag);
    let subject = match (params.text("run_id"), params.text("task_id")) {
        (None, None) => {
            existing_dag(&state, dag).await?;
            Subject::Dag(dag_id)
        }
        (None, Some(_)) => return Err(ApiError::bad_request("A task_id needs a run_id")),
        (Some(run), task) => {
            existing_run(&state, dag, run).await?;
            let run_id = RunId::from(run);
            match task {
                None => Subject::Run { dag_id, run_id },
                Some(task) => {
                    let map_index = params.map_index()?;
                    Subject::TaskInstance { dag_id, run_id, task_id: TaskId::from(task), map_index }
                }
            }
        }
    };
    Ok(Json(Why { blockers: explained(&state, subject).await? }))
}

/// Why the subject is not moving, in order of what has to happen first.
pub(crate) async fn explained(state: &ApiState, subject: Subject) -> Result<Vec<Blocker>, ApiError> {
    let mut blockers = state.control().explain(subject.clone()).await;
    if blockers.is_empty()
        && let Subject::TaskInstance { dag_id, run_id, task_id, map_index } = subject
    {
        blockers.extend(why_it_ended(state, &dag_id, &run_id, &task_id, map_index).await?);
    }
    Ok(blockers)
}

/// The decision core forgets a run that is over; the store keeps why its task instances ended.
async fn why_it_ended(
    state: &ApiState,
    dag_id: &DagId,
    run_id: &RunId,
    task_id: &TaskId,
    map_index: i32,
) -> Result<Option<Blocker>, ApiError> {
    let view = state.store().task_instance_view(dag_id, run_id, task_id, map_index).await?;
    Ok(view.and_then(|view| {
        let ended = view.task_instance.state.filter(|state| state.is_finished())?;
        Some(Blocker { kind: ended.as_str().to_owned(), message: view.task_instance.reason?, until: None })
    }))
}
