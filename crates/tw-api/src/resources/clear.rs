//! Clearing: task instances or whole runs run again (S-9.20 to S-9.37). A dry run, which is the
//! default, tells what would be cleared. A request may concern `RUNS_PER_ACT_MAX` runs; one that
//! concerns more is refused whole, because the scheduler waits while they are read.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tw_engine::{ClearRun, ClearTasks, ClearedPart, Input, Reply, RunScope};
use tw_model::{DagId, RunId, TaskId, Timestamp};

use super::acted::{RunPath, check_note, given, instances_of, run_shape, shapes, yes};
use super::runs::RunShape;
use super::task_instance_shape::TaskInstanceShape;
use super::task_instances::TaskInstances;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::path::Path;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/dags/{dag_id}/clearTaskInstances", post(tasks))
        .route("/dags/{dag_id}/dagRuns/{dag_run_id}/clear", post(run))
}

/// `ClearTaskInstancesBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClearTasksBody {
    #[serde(default = "yes")]
    dry_run: bool,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "given")]
    only_failed: Option<bool>,
    #[serde(default)]
    only_running: bool,
    #[serde(default = "yes")]
    reset_dag_runs: bool,
    task_ids: Option<Vec<NamedTask>>,
    dag_run_id: Option<String>,
    #[serde(default)]
    include_upstream: bool,
    #[serde(default)]
    include_downstream: bool,
    #[serde(default)]
    include_future: bool,
    #[serde(default)]
    include_past: bool,
    run_on_latest_version: Option<bool>,
    #[serde(default)]
    prevent_running_task: bool,
    note: Option<String>,
}

/// A task, whole or one of its map indexes.
#[derive(Deserialize)]
#[serde(untagged)]
enum NamedTask {
    Whole(String),
    Indexed(String, i32),
}

impl ClearTasksBody {
    fn check(&self) -> Result<(), ApiError> {
        let has_dates = self.start_date.is_some() || self.end_date.is_some();
        let problem = if self.only_failed == Some(true) && self.only_running {
            "only_failed and only_running exclude each other"
        } else if matches!((self.start_date, self.end_date), (Some(start), Some(end)) if start > end) {
            "end_date is before start_date"
        } else if has_dates && self.dag_run_id.is_some() {
            "dag_run_id excludes start_date and end_date"
        } else if self.task_ids.as_ref().is_some_and(Vec::is_empty) {
            "task_ids names no task"
        } else {
            return check_note(self.note.as_deref());
        };
        Err(ApiError::invalid_body(problem))
    }

    fn runs(&self) -> RunScope {
        match &self.dag_run_id {
            Some(run_id) => RunScope::Around {
                run_id: RunId::from(run_id.as_str()),
                past: self.include_past,
                future: self.include_future,
            },
            None => RunScope::Between {
                from: self.start_date.filter(|_| !self.include_past),
                to: self.end_date.filter(|_| !self.include_future),
            },
        }
    }

    fn into_request(self, dag_id: DagId, caller: Caller) -> ClearTasks {
        let named = |task| match task {
            NamedTask::Whole(task_id) => (TaskId::from(task_id), None),
            NamedTask::Indexed(task_id, map_index) => (TaskId::from(task_id), Some(map_index)),
        };
        ClearTasks {
            dag_id,
            runs: self.runs(),
            tasks: self.task_ids.map(|tasks| tasks.into_iter().map(named).collect()),
            upstream: self.include_upstream,
            downstream: self.include_downstream,
            only_failed: self.only_failed.unwrap_or(true),
            only_running: self.only_running,
            reset_runs: self.reset_dag_runs,
            prevent_running: self.prevent_running_task,
            on_latest_version: self.run_on_latest_version,
            note: self.note,
            dry_run: self.dry_run,
            by: Some(caller.username),
        }
    }
}

async fn tasks(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
    Body(body): Body<ClearTasksBody>,
) -> Result<Json<TaskInstances>, ApiError> {
    body.check()?;
    let dag_id = DagId::from(dag_id);
    let request = body.into_request(dag_id.clone(), caller);
    let names = instances_of(accepted(state.control().submit(Input::ClearTasks(Box::new(request))).await?)?)?;
    Ok(Json(TaskInstances::whole(shapes(&state, &dag_id, &names).await?)))
}

/// `DAGRunClearBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearRunBody {
    #[serde(default = "yes")]
    pub(crate) dry_run: bool,
    #[serde(default)]
    pub(crate) only_failed: bool,
    #[serde(default)]
    pub(crate) only_new: bool,
    pub(crate) run_on_latest_version: Option<bool>,
    pub(crate) note: Option<String>,
}

impl ClearRunBody {
    /// Says which part of a run is meant, if the body fits.
    pub(crate) fn check(&self) -> Result<ClearedPart, ApiError> {
        check_note(self.note.as_deref())?;
        match (self.only_failed, self.only_new) {
            (true, true) => Err(ApiError::invalid_body("only_new and only_failed exclude each other")),
            (true, false) => Ok(ClearedPart::Failed),
            (false, true) => Ok(ClearedPart::New),
            (false, false) => Ok(ClearedPart::All),
        }
    }
}

/// What became of a request to clear a run.
pub(crate) enum Cleared {
    /// A dry run: this would be cleared or added.
    Would(Vec<Concerned>),
    /// The run as it is now.
    Did(Box<RunShape>),
}

/// A task instance, or a task that would get its first one.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Concerned {
    TaskInstance(Box<TaskInstanceShape>),
    Task { task_id: String, task_display_name: String },
}

/// Clears a run, or tells what that would do.
pub(crate) async fn clear_run(
    state: &ApiState,
    path: &RunPath,
    body: &ClearRunBody,
    caller: &Caller,
) -> Result<Cleared, ApiError> {
    let dag = DagId::from(path.dag_id.as_str());
    let request = ClearRun {
        dag_id: dag.clone(),
        run_id: RunId::from(path.dag_run_id.as_str()),
        which: body.check()?,
        on_latest_version: body.run_on_latest_version,
        note: body.note.clone(),
        dry_run: body.dry_run,
        by: Some(caller.username.clone()),
    };
    match accepted(state.control().submit(Input::ClearRun(Box::new(request))).await?)? {
        Reply::TaskInstances(names) => {
            let shapes = shapes(state, &dag, &names).await?;
            Ok(Cleared::Would(shapes.into_iter().map(|shape| Concerned::TaskInstance(Box::new(shape))).collect()))
        }
        // Airflow: a task without an instance is called by its id.
        Reply::Tasks(tasks) => {
            let named = |id: &TaskId| Concerned::Task { task_id: id.to_string(), task_display_name: id.to_string() };
            Ok(Cleared::Would(tasks.iter().map(named).collect()))
        }
        reply => Ok(Cleared::Did(Box::new(run_shape(state, path, reply).await?))),
    }
}

/// The answer to a request to clear one run.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Would { task_instances: Vec<Concerned>, total_entries: usize },
    Did(Box<RunShape>),
}

async fn run(
    State(state): State<ApiState>,
    Path(path): Path<RunPath>,
    caller: Caller,
    Body(body): Body<ClearRunBody>,
) -> Result<Json<Answer>, ApiError> {
    Ok(Json(match clear_run(&state, &path, &body, &caller).await? {
        Cleared::Would(concerned) => Answer::Would { total_entries: concerned.len(), task_instances: concerned },
        Cleared::Did(run) => Answer::Did(run),
    }))
}
