//! What the supervisor needs from the rest of the world: children, and answers for them.

use std::ops::Range;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tw_model::{
    AttemptKey, AttemptReport, Connection, DagId, DagRun, TaskId, TaskInstance, Timestamp, UsageSeries, Variable,
    Workload,
};
use tw_python::{Child, ChildExit};
use tw_wire::supervisor::{
    DagBody, DagRunFilter, PreviousRunQuery, PreviousTaskInstanceQuery, RunKey, TaskInstanceFilter, TriggerRequest,
    VariableEntry, VariableKeysQuery, XComLookup, XComSeries, XComTarget,
};

/// Why there is no child; printed with its causes.
pub type SpawnError = Box<dyn std::error::Error + Send + Sync>;

/// Forks the child of an attempt.
#[async_trait]
pub trait ChildSource: Send + Sync {
    /// Has a child forked that waits for its first frame. May wait for a fork server that starts.
    ///
    /// # Errors
    /// No child exists. The attempt is reported as lost, which costs no try.
    ///
    /// # Cancel safety
    /// Must leave no child behind when dropped.
    async fn spawn(&self, workload: &Workload) -> Result<Child, SpawnError>;
}

/// Where an attempt runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptProcess {
    /// Machine.
    pub hostname: String,
    /// User.
    pub unixname: String,
    /// Process id.
    pub pid: u32,
}

/// Why a request of a child is not fulfilled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// Definitely not: asking again gives the same answer.
    #[error("{message}")]
    Refused {
        /// As an HTTP server would say it: 403 denied, 404 not found, 409 stale or existing …
        status: u16,
        /// For people.
        message: String,
    },
    /// Not now: a store or the scheduler does not answer. The supervisor asks again for a while.
    #[error("temporarily unavailable: {message}")]
    Unavailable {
        /// For people.
        message: String,
    },
}

impl RequestError {
    /// The attempt is no longer the current one of its task instance.
    pub fn stale() -> Self {
        Self::Refused { status: 409, message: "this attempt is no longer current".to_owned() }
    }

    /// The named thing does not exist.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::Refused { status: 404, message: format!("{what} not found") }
    }
}

/// Everything a supervised attempt reports and asks. All calls may be repeated: after
/// [`RequestError::Unavailable`] the supervisor does so.
#[async_trait]
pub trait TaskServices: Send + Sync {
    // What attempts report. Returning `Ok` means that it is committed.

    /// The child exists and waits. `Ok` lets user code begin; a refusal ends the child.
    async fn attempt_started(&self, attempt: AttemptKey, process: &AttemptProcess) -> Result<(), RequestError>;

    /// The attempt ended. The child learns of its end being accepted only after this returned.
    async fn attempt_ended(&self, attempt: AttemptKey, report: AttemptReport) -> Result<(), RequestError>;

    /// The process of the attempt was reaped. Called after [`TaskServices::attempt_ended`] when the
    /// child reported its end itself, before it when the supervisor does. `series` is what it used
    /// over time, if it lasted; `exception` is the last one in its log, in a line, if it did not
    /// end well.
    async fn attempt_exited(
        &self,
        workload: &Workload,
        exit: ChildExit,
        series: Option<&UsageSeries>,
        exception: Option<&str>,
    ) -> Result<(), RequestError>;

    /// Other task instances of the run shall be skipped (S-11.8); `None` = not a mapped one.
    async fn skip_downstream(&self, attempt: AttemptKey, tasks: &[(TaskId, Option<i32>)]) -> Result<(), RequestError>;

    /// The rendered template fields of the attempt replace earlier ones (S-11.14).
    async fn set_rendered_fields(&self, workload: &Workload, fields: &Map<String, Value>) -> Result<(), RequestError>;

    /// The label of a mapped instance (S-11.15).
    async fn set_rendered_map_index(&self, workload: &Workload, label: &str) -> Result<(), RequestError>;

    // XComs.

    /// One value (S-11.30), or `None`.
    async fn xcom(&self, lookup: &XComLookup) -> Result<Option<Value>, RequestError>;

    /// Stores or replaces a value (S-11.31); `length` is recorded for mapping.
    async fn set_xcom(&self, target: &XComTarget, value: &Value, length: Option<u32>) -> Result<(), RequestError>;

    /// Deletes a value, if it is there.
    async fn delete_xcom(&self, target: &XComTarget) -> Result<(), RequestError>;

    /// How many values a series has (S-11.33). With `include_prior_dates`, the series is that of
    /// the newest run, not later than the given one, which has any.
    async fn xcom_count(&self, series: &XComSeries, include_prior_dates: bool) -> Result<u64, RequestError>;

    /// The values at these positions of a series, in the order of map indexes (S-11.34, S-11.35);
    /// positions beyond the end are left out.
    async fn xcom_values(
        &self,
        series: &XComSeries,
        include_prior_dates: bool,
        positions: Range<u64>,
    ) -> Result<Vec<Value>, RequestError>;

    // Connections and variables. A refusal with status 403 is told as "denied".

    /// A connection, or `None`.
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, RequestError>;

    /// A variable, or `None`.
    async fn variable(&self, key: &str) -> Result<Option<Variable>, RequestError>;

    /// Stores or replaces a variable.
    async fn put_variable(&self, entry: &VariableEntry) -> Result<(), RequestError>;

    /// Deletes a variable, if it is there.
    async fn delete_variable(&self, key: &str) -> Result<(), RequestError>;

    /// A page of keys in order, and the number of keys on all pages.
    async fn variable_keys(&self, query: &VariableKeysQuery) -> Result<(Vec<String>, u64), RequestError>;

    // DAGs and what happened.

    /// A DAG, or `None`.
    async fn dag(&self, dag_id: &DagId) -> Result<Option<DagBody>, RequestError>;

    /// A run, or `None`.
    async fn dag_run(&self, key: &RunKey) -> Result<Option<DagRun>, RequestError>;

    /// The run with the latest logical date before one, or `None`.
    async fn previous_dag_run(&self, query: &PreviousRunQuery) -> Result<Option<DagRun>, RequestError>;

    /// The task instance of the latest earlier run that has one, with that run's logical date.
    async fn previous_task_instance(
        &self,
        query: &PreviousTaskInstanceQuery,
    ) -> Result<Option<(TaskInstance, Option<Timestamp>)>, RequestError>;

    /// How many task instances a filter selects (S-11.21).
    async fn task_instance_count(&self, filter: &TaskInstanceFilter) -> Result<u64, RequestError>;

    /// The task instances that a filter selects.
    async fn task_instances(&self, filter: &TaskInstanceFilter) -> Result<Vec<TaskInstance>, RequestError>;

    /// How many runs a filter selects.
    async fn dag_run_count(&self, filter: &DagRunFilter) -> Result<u64, RequestError>;

    /// Creates a run, or clears it if it exists and that is asked for (S-11.23, S-11.24). Status
    /// 409 means that it exists.
    async fn trigger_dag_run(&self, request: &TriggerRequest) -> Result<(), RequestError>;
}
