//! `PATCH /dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances`: many task instances marked at once.

use axum::extract::State;
use axum::routing::patch;
use axum::{Json, Router};
use serde_json::{Map, Value};
use tw_model::TaskId;

use super::bulk::{Action, Bulk, OnMissing, Outcome, Outcomes, concrete, need_text, take_text};
use super::runs::existing_run;
use super::task_instance_acts::{TaskInstancePatch, TaskPath, mark_tasks};
use super::tries::Key;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::ApiError;
use crate::patch::Patch;
use crate::path::Path;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances", patch(bulk))
}

/// A task of a run, and what is to become of its instances.
struct Wanted {
    dag_id: Option<String>,
    dag_run_id: Option<String>,
    task_id: String,
    map_index: Option<i32>,
    patch: Patch<TaskInstancePatch>,
}

impl Wanted {
    fn read(mut entity: Map<String, Value>, mask: &[String]) -> Result<Self, ApiError> {
        let map_index = match entity.remove("map_index") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_i64().and_then(|index| i32::try_from(index).ok()) {
                Some(index) => Some(index),
                None => return Err(ApiError::invalid("body", "map_index", "not a map index", value)),
            },
        };
        Ok(Self {
            dag_id: take_text(&mut entity, "dag_id")?,
            dag_run_id: take_text(&mut entity, "dag_run_id")?,
            task_id: need_text(&mut entity, "task_id")?,
            map_index,
            patch: Patch::read(entity, mask)?,
        })
    }

    fn path(&self, of_path: (&str, &str)) -> Result<TaskPath, ApiError> {
        Ok(TaskPath {
            dag_id: concrete(self.dag_id.clone(), of_path.0, "dag_id")?,
            dag_run_id: concrete(self.dag_run_id.clone(), of_path.1, "dag_run_id")?,
            task_id: self.task_id.clone(),
            map_index: self.map_index,
        })
    }
}

/// What cannot be done in bulk, or tasks to mark.
enum Step {
    Create,
    Update(Vec<Wanted>, OnMissing),
    Delete,
}

impl Step {
    fn read(action: Action) -> Result<Self, ApiError> {
        Ok(match action {
            Action::Create { .. } => Self::Create,
            Action::Delete { .. } => Self::Delete,
            Action::Update { entities, update_mask, action_on_non_existence } => {
                let mask = update_mask.unwrap_or_default();
                let read = |entity| Wanted::read(entity, &mask);
                Self::Update(entities.into_iter().map(read).collect::<Result<_, _>>()?, action_on_non_existence)
            }
        })
    }
}

async fn bulk(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
    caller: Caller,
    Body(body): Body<Bulk>,
) -> Result<Json<Outcomes>, ApiError> {
    // All is read before anything is done.
    let steps: Vec<Step> = body.actions()?.into_iter().map(Step::read).collect::<Result<_, _>>()?;
    let mut outcomes = Outcomes::default();
    for step in steps {
        match step {
            Step::Create => {
                let error = ApiError::not_allowed("Task instances are not created by request");
                outcomes.create.get_or_insert_default().refused(&error);
            }
            Step::Delete => {
                let error = ApiError::not_allowed("Task instances are deleted with their run only");
                outcomes.delete.get_or_insert_default().refused(&error);
            }
            Step::Update(wanted, on_missing) => {
                let outcome = outcomes.update.get_or_insert_default();
                for (path, patch) in present(&state, (&dag_id, &run_id), wanted, on_missing, outcome).await? {
                    mark(&state, &path, patch, &caller, outcome).await;
                }
            }
        }
    }
    Ok(Json(outcomes))
}

async fn mark(
    state: &ApiState,
    path: &TaskPath,
    patch: Patch<TaskInstancePatch>,
    caller: &Caller,
    outcome: &mut Outcome,
) {
    match mark_tasks(state, path, patch, false, caller).await {
        Ok(names) => {
            let told = |name: tw_engine::InstanceName| {
                format!("{}.{}.{}[{}]", path.dag_id, name.run_id, name.task_id, name.map_index)
            };
            names.into_iter().for_each(|name| outcome.done(told(name)));
        }
        Err(error) => outcome.refused(&error),
    }
}

/// The tasks that have instances; none if one has not and that is to fail.
async fn present(
    state: &ApiState,
    of_path: (&str, &str),
    wanted: Vec<Wanted>,
    on_missing: OnMissing,
    outcome: &mut Outcome,
) -> Result<Vec<(TaskPath, Patch<TaskInstancePatch>)>, ApiError> {
    let mut found = Vec::with_capacity(wanted.len());
    for one in wanted {
        let path = match one.path(of_path) {
            Ok(path) => path,
            Err(error) => {
                outcome.refused(&error);
                continue;
            }
        };
        let key = Key {
            dag_id: path.dag_id.clone(),
            run_id: path.dag_run_id.clone(),
            task_id: path.task_id.clone(),
            map_index: path.map_index.unwrap_or(-1),
        };
        if exists(state, &key, path.map_index.is_none()).await? {
            found.push((path, one.patch));
        } else if on_missing == OnMissing::Fail {
            outcome.refused(&key.not_found());
            return Ok(Vec::new());
        }
    }
    Ok(found)
}

/// Whether there is the task instance, or any instance of its task.
async fn exists(state: &ApiState, key: &Key, any: bool) -> Result<bool, ApiError> {
    if key.find(state).await?.is_some() {
        return Ok(true);
    }
    let run = match existing_run(state, &key.dag_id, &key.run_id).await {
        Ok(run) => run,
        Err(error) if error.is_not_found() => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(any && state.store().has_mapped_instances(run.run.id, &TaskId::from(key.task_id.as_str())).await?)
}
