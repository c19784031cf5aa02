//! `PATCH /dags/{dag_id}/dagRuns`: many runs marked or deleted at once.

use axum::extract::State;
use axum::routing::patch;
use axum::{Json, Router};
use serde_json::{Map, Value};

use super::acted::RunPath;
use super::bulk::{Action, Bulk, OnMissing, Outcome, Outcomes, concrete, need_text, take_text};
use super::run_acts::{RunPatch, delete_run, mark_run};
use super::runs::existing_run;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::ApiError;
use crate::patch::Patch;
use crate::path::Path;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/dagRuns", patch(bulk))
}

/// A run, and what is to become of it.
struct Wanted {
    dag_id: Option<String>,
    dag_run_id: String,
    patch: Patch<RunPatch>,
}

impl Wanted {
    fn read(mut entity: Map<String, Value>) -> Result<Self, ApiError> {
        let (dag_id, dag_run_id) = (take_text(&mut entity, "dag_id")?, need_text(&mut entity, "dag_run_id")?);
        // Airflow: in bulk, null changes nothing.
        entity.retain(|_, value| !value.is_null());
        Ok(Self { dag_id, dag_run_id, patch: Patch::read(entity, &[])? })
    }

    /// A run to delete may be named by its id alone.
    fn read_name(entity: Value) -> Result<Self, ApiError> {
        match entity {
            Value::String(id) => Self::read(Map::from_iter([("dag_run_id".to_owned(), Value::String(id))])),
            Value::Object(fields) => Self::read(fields),
            other => Err(ApiError::invalid("body", "entities", "neither id nor object", other)),
        }
    }
}

enum Step {
    Create,
    Update(Vec<Wanted>, OnMissing),
    Delete(Vec<Wanted>, OnMissing),
}

impl Step {
    fn read(action: Action) -> Result<Self, ApiError> {
        Ok(match action {
            Action::Create { .. } => Self::Create,
            Action::Update { entities, action_on_non_existence, .. } => {
                let wanted = entities.into_iter().map(Wanted::read).collect::<Result<_, _>>()?;
                Self::Update(wanted, action_on_non_existence)
            }
            Action::Delete { entities, action_on_non_existence } => {
                let wanted = entities.into_iter().map(Wanted::read_name).collect::<Result<_, _>>()?;
                Self::Delete(wanted, action_on_non_existence)
            }
        })
    }
}

async fn bulk(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
    Body(body): Body<Bulk>,
) -> Result<Json<Outcomes>, ApiError> {
    // All is read before anything is done.
    let steps: Vec<Step> = body.actions()?.into_iter().map(Step::read).collect::<Result<_, _>>()?;
    let mut outcomes = Outcomes::default();
    for step in steps {
        match step {
            Step::Create => {
                let error = ApiError::not_allowed("Runs are not created in bulk; trigger them one by one");
                outcomes.create.get_or_insert_default().refused(&error);
            }
            Step::Update(wanted, on_missing) => {
                let outcome = outcomes.update.get_or_insert_default();
                for (path, patch) in present(&state, &dag_id, wanted, on_missing, outcome).await? {
                    let result = mark_run(&state, &path, patch, &caller).await;
                    record(outcome, &path, result.map(drop));
                }
            }
            Step::Delete(wanted, on_missing) => {
                let outcome = outcomes.delete.get_or_insert_default();
                for (path, _) in present(&state, &dag_id, wanted, on_missing, outcome).await? {
                    let result = delete_run(&state, &path, &caller).await;
                    record(outcome, &path, result);
                }
            }
        }
    }
    Ok(Json(outcomes))
}

fn record(outcome: &mut Outcome, RunPath { dag_id, dag_run_id }: &RunPath, result: Result<(), ApiError>) {
    match result {
        Ok(()) => outcome.done(format!("{dag_id}.{dag_run_id}")),
        Err(error) => outcome.refused(&error),
    }
}

/// The runs that exist; none if one does not and that is to fail.
async fn present(
    state: &ApiState,
    dag_id: &str,
    wanted: Vec<Wanted>,
    on_missing: OnMissing,
    outcome: &mut Outcome,
) -> Result<Vec<(RunPath, Patch<RunPatch>)>, ApiError> {
    let mut found = Vec::with_capacity(wanted.len());
    for Wanted { dag_id: own, dag_run_id, patch } in wanted {
        let path = match concrete(own, dag_id, "dag_id") {
            Ok(dag_id) => RunPath { dag_id, dag_run_id },
            Err(error) => {
                outcome.refused(&error);
                continue;
            }
        };
        match existing_run(state, &path.dag_id, &path.dag_run_id).await {
            Ok(_) => found.push((path, patch)),
            Err(error) if !error.is_not_found() => return Err(error),
            Err(_) if on_missing == OnMissing::Skip => {}
            Err(error) => {
                outcome.refused(&error);
                return Ok(Vec::new());
            }
        }
    }
    Ok(found)
}
