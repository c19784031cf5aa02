//! What the supervisor says to a child (protocol 1.8, 1.10).

use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::{Connection, DagId, RunId, TaskId, TaskInstance, TaskInstanceState, TimeSpan, Timestamp};

use super::error::ErrorBody;
use super::query::HumanQuestion;
use super::startup::{DagRunBody, StartupDetails};

/// A message to a task or parse child. Serializes to the body of a response.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "type")]
pub enum ToTask {
    /// The first message of an attempt.
    StartupDetails(Box<StartupDetails>),
    /// An asset.
    AssetResult(AssetBody),
    /// The assets of an alias.
    AssetsByAliasResult {
        /// The assets, possibly none.
        assets: Vec<AssetBody>,
    },
    /// Events of an asset or alias.
    AssetEventsResult {
        /// The events, possibly none.
        asset_events: Vec<Value>,
    },
    /// A connection.
    ConnectionResult(ConnectionBody),
    /// A DAG.
    DagResult(DagBody),
    /// A run.
    DagRunResult(Box<DagRunBody>),
    /// The state of a run.
    DagRunStateResult {
        /// The state.
        state: tw_model::DagRunState,
    },
    /// A number of runs.
    DRCount {
        /// The number.
        count: u64,
    },
    /// A number of task instances.
    TICount {
        /// The number.
        count: u64,
    },
    /// A refusal that the SDK looks at.
    ErrorResponse(ErrorBody),
    /// A question to people, as it was stored.
    HITLDetailRequestResult(HumanQuestion),
    /// Assets of the task that are not active.
    InactiveAssetsResult {
        /// The assets, possibly none.
        inactive_assets: Vec<Value>,
    },
    /// Done.
    OKResponse {
        /// Always true.
        ok: bool,
    },
    /// The run before a date.
    PreviousDagRunResult {
        /// The run, if there is one.
        dag_run: Option<Box<DagRunBody>>,
    },
    /// The task instance before a date.
    PreviousTIResult {
        /// The task instance, if there is one.
        task_instance: Option<PreviousTaskInstance>,
    },
    /// The last successful run before the attempt's own.
    PrevSuccessfulDagRunResult(IntervalBody),
    /// Descriptors were sent beside the frame.
    SentFDs {
        /// Placeholder numbers; the child replaces them by those it received.
        fds: Vec<i32>,
    },
    /// The finished task instances of a run.
    TaskBreadcrumbsResult {
        /// The task instances.
        breadcrumbs: Vec<TaskBreadcrumb>,
    },
    /// The first reschedule of a try.
    TaskRescheduleStartDate {
        /// When, if there was one.
        start_date: Option<Timestamp>,
    },
    /// States of task instances.
    TaskStatesResult {
        /// Run id → `task_id` or `task_id_<map_index>` → state or null; see [`task_states`].
        task_states: Map<String, Value>,
    },
    /// A variable.
    VariableResult(VariableBody),
    /// A page of variable keys.
    VariableKeysResult {
        /// The keys, sorted.
        keys: Vec<String>,
        /// Number of keys on all pages.
        total_entries: u64,
    },
    /// The number of values in a series.
    XComCountResponse {
        /// The number.
        len: u64,
    },
    /// One value.
    XComResult {
        /// Its key.
        key: String,
        /// The value; null if there is none.
        value: Value,
    },
    /// The n-th value of a series.
    XComSequenceIndexResult {
        /// The value.
        root: Value,
    },
    /// Some values of a series.
    XComSequenceSliceResult {
        /// The values, possibly none.
        root: Vec<Value>,
    },
}

impl ToTask {
    /// The message as a value, ready for [`crate::frame::encode_response`].
    pub fn to_body(&self) -> Value {
        serde_json::to_value(self).expect("messages have text keys and finite numbers")
    }
}

/// An asset.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AssetBody {
    /// Its name.
    pub name: String,
    /// Its URI.
    pub uri: String,
    /// Its group.
    pub group: String,
    /// What its author attached.
    pub extra: Option<Map<String, Value>>,
}

/// A connection; all eight keys are required.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ConnectionBody {
    /// Id.
    pub conn_id: String,
    /// Kind.
    pub conn_type: String,
    /// Host.
    pub host: Option<String>,
    /// Schema or database.
    pub schema: Option<String>,
    /// User.
    pub login: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Port.
    pub port: Option<i32>,
    /// Further settings as JSON text.
    pub extra: Option<String>,
}

impl From<Connection> for ConnectionBody {
    fn from(connection: Connection) -> Self {
        Self {
            conn_id: connection.conn_id,
            conn_type: connection.conn_type,
            host: connection.host,
            schema: connection.schema,
            login: connection.login,
            password: connection.password,
            port: connection.port,
            extra: connection.extra,
        }
    }
}

/// A variable; unknown keys are refused.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VariableBody {
    /// Key.
    pub key: String,
    /// Value.
    pub value: Option<String>,
}

/// What a task may know about a DAG.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DagBody {
    /// Id.
    pub dag_id: DagId,
    /// Whether it is paused.
    pub is_paused: bool,
    /// Bundle that holds its file.
    pub bundle_name: Option<String>,
    /// Version of the bundle.
    pub bundle_version: Option<String>,
    /// Path of its file below the bundle.
    pub relative_fileloc: Option<String>,
    /// Its owners, separated by commas.
    pub owners: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Logical date of its next planned run.
    pub next_dagrun: Option<Timestamp>,
}

/// The dates of a run; all null when there is none.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct IntervalBody {
    /// Begin of the data it covers.
    pub data_interval_start: Option<Timestamp>,
    /// End of the data it covers.
    pub data_interval_end: Option<Timestamp>,
    /// When it started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
}

impl IntervalBody {
    /// The dates of `run`.
    pub fn of(run: &tw_model::DagRun) -> Self {
        Self {
            data_interval_start: run.data_interval.map(|interval| interval.start),
            data_interval_end: run.data_interval.map(|interval| interval.end),
            start_date: run.start_date,
            end_date: run.end_date,
        }
    }
}

/// A task instance of an earlier run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PreviousTaskInstance {
    /// Task.
    pub task_id: TaskId,
    /// DAG.
    pub dag_id: DagId,
    /// Run.
    pub run_id: RunId,
    /// Logical date of the run.
    pub logical_date: Option<Timestamp>,
    /// When it started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// Its state.
    pub state: Option<TaskInstanceState>,
    /// Its try.
    pub try_number: u32,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// How long it ran, in seconds.
    pub duration: Option<TimeSpan>,
}

impl PreviousTaskInstance {
    /// A task instance and the logical date of its run.
    pub fn of(instance: &TaskInstance, logical_date: Option<Timestamp>) -> Self {
        Self {
            task_id: instance.task_id.clone(),
            dag_id: instance.dag_id.clone(),
            run_id: instance.run_id.clone(),
            logical_date,
            start_date: instance.start_date,
            end_date: instance.end_date,
            state: instance.state,
            try_number: instance.try_number,
            map_index: instance.map_index,
            duration: tw_model::record::duration(instance.start_date, instance.end_date),
        }
    }
}

/// A finished task instance of the run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskBreadcrumb {
    /// Task.
    pub task_id: TaskId,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// Its state.
    pub state: Option<TaskInstanceState>,
    /// Operator name.
    pub operator: String,
    /// How long it ran, in seconds.
    pub duration: Option<TimeSpan>,
}

impl TaskBreadcrumb {
    /// What a breadcrumb says about `instance`.
    pub fn of(instance: &TaskInstance) -> Self {
        Self {
            task_id: instance.task_id.clone(),
            map_index: instance.map_index,
            state: instance.state,
            operator: instance.operator.clone(),
            duration: tw_model::record::duration(instance.start_date, instance.end_date),
        }
    }
}

/// Arranges task instances for [`ToTask::TaskStatesResult`]: mapped ones are named
/// `task_id_<map_index>` (S-11.21).
pub fn task_states(instances: &[TaskInstance]) -> Map<String, Value> {
    let mut runs = Map::new();
    for instance in instances {
        let run = runs.entry(instance.run_id.as_str()).or_insert_with(|| Value::Object(Map::new()));
        let name = match instance.map_index {
            ..0 => instance.task_id.to_string(),
            index => format!("{}_{index}", instance.task_id),
        };
        if let Value::Object(run) = run {
            run.insert(name, instance.state.map_or(Value::Null, |state| state.as_str().into()));
        }
    }
    runs
}
