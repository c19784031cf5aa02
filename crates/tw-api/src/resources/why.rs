//! `/ui/why`: why something waits, from the decision core itself. For the command line, which shows
//! words; the browser part reads `/ui/explain`.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_engine::explanation::{InstanceHolder, RunHolder, UpstreamHolder};
use tw_engine::{Blocker, BlockerKind, Explanation, Holders, Subject};
use tw_model::{DagId, RunId, TaskId, Timestamp};

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
    blockers: Vec<Reason>,
    /// What does not hold it.
    met: Vec<String>,
}

#[derive(Serialize)]
struct Reason {
    kind: &'static str,
    message: String,
    until: Option<Timestamp>,
    /// Names of the first of those who have to end, or get on: the run in question first, then whoever has
    /// been there longest.
    held_by: Vec<String>,
    /// How many those are.
    held_by_total: u32,
}

impl From<Blocker> for Reason {
    fn from(one: Blocker) -> Self {
        let (held_by, held_by_total) = match one.holders {
            Holders::None => (Vec::new(), 0),
            Holders::TaskInstances(found) => (found.listed.iter().map(instance_name).collect(), found.total),
            Holders::Runs(found) => (found.listed.iter().map(run_name).collect(), found.total),
            Holders::Upstreams(found) => (found.listed.iter().map(upstream_name).collect(), found.total),
        };
        Self { kind: one.kind.as_str(), message: one.message, until: one.until, held_by, held_by_total }
    }
}

fn instance_name(one: &InstanceHolder) -> String {
    let index = if one.map_index < 0 { String::new() } else { format!("[{}]", one.map_index) };
    format!("{}/{}/{}{index}", one.dag_id, one.run_id, one.task_id)
}

fn run_name(one: &RunHolder) -> String {
    format!("{}/{}", one.dag_id, one.run_id)
}

fn upstream_name(one: &UpstreamHolder) -> String {
    one.task_id.to_string()
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
    let Explanation { blockers, met } = explained(&state, subject).await?;
    let met = met.into_iter().map(|one| one.message).collect();
    Ok(Json(Why { blockers: blockers.into_iter().map(Reason::from).collect(), met }))
}

/// Why the subject is not moving, in order of what has to happen first.
pub(crate) async fn explained(state: &ApiState, subject: Subject) -> Result<Explanation, ApiError> {
    let mut found = state.control().explain(subject.clone()).await;
    if found.blockers.is_empty()
        && let Subject::TaskInstance { dag_id, run_id, task_id, map_index } = subject
    {
        found.blockers.extend(why_it_ended(state, &dag_id, &run_id, &task_id, map_index).await?);
    }
    Ok(found)
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
        let ended = BlockerKind::ended(view.task_instance.state?)?;
        Some(Blocker::new(ended, view.task_instance.reason?))
    }))
}
