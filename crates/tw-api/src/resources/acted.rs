//! What acts on runs and task instances share: how their bodies are read and their answers made.

use serde::{Deserialize, Deserializer};
use tw_engine::{InstanceName, Reply};
use tw_model::{DagId, DagRun, TaskInstanceId};
use tw_store::TaskInstanceView;

use super::runs::{RunShape, existing_run};
use super::task_instance_shape::TaskInstanceShape;
use crate::error::ApiError;
use crate::state::ApiState;

/// Characters of a note at most (S-7.17).
const NOTE_CHARS_MAX: usize = 1_000;

/// Names a run in a path. Airflow: lists are asked for by a path that a run could have, so what is
/// not named there is called `list`.
#[derive(Deserialize)]
pub(crate) struct RunPath {
    pub(crate) dag_id: String,
    #[serde(default = "list")]
    pub(crate) dag_run_id: String,
}

pub(crate) fn list() -> String {
    "list".to_owned()
}

/// What a flag is unless the body says otherwise.
pub(crate) fn yes() -> bool {
    true
}

/// A field that may be left out but not be null.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// Refuses a note that is too long.
pub(crate) fn check_note(note: Option<&str>) -> Result<(), ApiError> {
    match note {
        Some(note) if note.chars().count() > NOTE_CHARS_MAX => {
            let message = format!("at most {NOTE_CHARS_MAX} characters");
            Err(ApiError::invalid("body", "note", message, note))
        }
        _ => Ok(()),
    }
}

/// The task instances of an accepted act.
pub(crate) fn instances_of(reply: Reply) -> Result<Vec<InstanceName>, ApiError> {
    match reply {
        Reply::TaskInstances(names) => Ok(names),
        _ => Err(ApiError::unavailable("The scheduler did not say which task instances are concerned")),
    }
}

/// The run of an accepted act, as the act left it: by now it may have been started.
pub(crate) async fn run_shape(
    state: &ApiState,
    RunPath { dag_id, dag_run_id }: &RunPath,
    reply: Reply,
) -> Result<RunShape, ApiError> {
    let mut view = existing_run(state, dag_id, dag_run_id).await?;
    if let Reply::Run(run) = reply {
        view.run = DagRun { note: view.run.note, ..*run };
    }
    Ok(RunShape::from(&view))
}

/// Task instances as the act left them, in this order.
pub(crate) async fn shapes(
    state: &ApiState,
    dag_id: &DagId,
    names: &[InstanceName],
) -> Result<Vec<TaskInstanceShape>, ApiError> {
    let views = views(state, dag_id, names).await?;
    let versions: Vec<_> = views.iter().map(|view| &view.version).collect();
    let task_names = state.versions().names(state.store(), &versions).await?;
    Ok(views.iter().map(|view| TaskInstanceShape::new(view, &task_names)).collect())
}

async fn views(state: &ApiState, dag_id: &DagId, names: &[InstanceName]) -> Result<Vec<TaskInstanceView>, ApiError> {
    let ids: Vec<TaskInstanceId> = names.iter().map(|name| name.id).collect();
    let mut found = state.store().task_instances_by_id(&ids).await?.into_iter().peekable();
    let mut views = Vec::with_capacity(names.len());
    for name in names {
        let view = match found.next_if(|view| view.task_instance.id == name.id) {
            Some(mut view) => {
                // By now it may have been started.
                view.task_instance.state = name.state;
                Some(view)
            }
            // It went on to another try meanwhile.
            None => state.store().task_instance_view(dag_id, &name.run_id, &name.task_id, name.map_index).await?,
        };
        views.extend(view);
    }
    Ok(views)
}
