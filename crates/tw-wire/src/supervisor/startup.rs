//! The first message to a task child: everything it needs to run one attempt (protocol 1.8).

use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::{DagId, DagRun, DagRunState, DagVersionId, RunId, RunType, TaskId, TaskInstanceId, Timestamp, Workload};

/// The message itself.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StartupDetails {
    /// The attempt.
    pub ti: TaskInstanceBody,
    /// Path of the DAG file below its bundle.
    pub dag_rel_path: String,
    /// The bundle.
    pub bundle_info: BundleInfo,
    /// When the attempt started.
    pub start_date: Timestamp,
    /// What the server knows about it.
    pub ti_context: TaskInstanceContext,
    /// Name of an error-tracking integration; empty = none.
    pub sentry_integration: String,
}

/// A bundle: a place that holds DAG files.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BundleInfo {
    /// Its name; must be configured in the child.
    pub name: String,
    /// Its version, for versioned bundles.
    pub version: Option<String>,
}

/// A task instance as the SDK knows it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskInstanceBody {
    /// Surrogate id of the try.
    pub id: TaskInstanceId,
    /// Task.
    pub task_id: TaskId,
    /// DAG.
    pub dag_id: DagId,
    /// Run.
    pub run_id: RunId,
    /// 1 for the first try.
    pub try_number: u32,
    /// Version of the DAG.
    pub dag_version_id: DagVersionId,
    /// -1 = not mapped; never null.
    pub map_index: i32,
    /// Where it runs.
    pub hostname: Option<String>,
    /// Trace context.
    pub context_carrier: Option<Map<String, Value>>,
    /// Queue.
    pub queue: String,
}

/// What the server knows about an attempt when it starts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskInstanceContext {
    /// The run.
    pub dag_run: DagRunBody,
    /// Tries end when the try number exceeds this.
    pub max_tries: u32,
    /// Reschedules of this try so far.
    pub task_reschedule_count: u32,
    /// Whether a failure is followed by another try; decides what the child reports.
    pub should_retry: bool,
    /// Method to go on with after a deferral.
    pub next_method: Option<String>,
    /// Its arguments.
    pub next_kwargs: Option<Value>,
    /// XComs that the child deletes before it begins: always none, the commit that queues an
    /// attempt deletes them.
    pub xcom_keys_to_clear: [String; 0],
    /// Original start, only when resuming.
    pub start_date: Option<Timestamp>,
    /// Unused by the child.
    pub variables: [Value; 0],
    /// Unused by the child.
    pub connections: [Value; 0],
}

/// A dag run. The SDK refuses unknown keys here, and nullable ones must be present.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DagRunBody {
    /// DAG.
    pub dag_id: DagId,
    /// Run.
    pub run_id: RunId,
    /// The date it stands for.
    pub logical_date: Option<Timestamp>,
    /// Begin of the data it covers.
    pub data_interval_start: Option<Timestamp>,
    /// End of the data it covers.
    pub data_interval_end: Option<Timestamp>,
    /// It does not start before this.
    pub run_after: Timestamp,
    /// When it started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// Why it exists.
    pub run_type: RunType,
    /// Where it is in its life.
    pub state: DagRunState,
    /// Asset events that caused it.
    pub consumed_asset_events: Vec<Value>,
    /// Its partition.
    pub partition_key: Option<String>,
    /// How often it was cleared.
    pub clear_number: u32,
    /// Its configuration, an object.
    pub conf: Option<Value>,
    /// Who asked for it.
    pub triggering_user_name: Option<String>,
    /// Date of its partition.
    pub partition_date: Option<Timestamp>,
    /// Free text.
    pub note: Option<String>,
    /// Team that owns the DAG.
    pub team_name: Option<String>,
}

impl From<&DagRun> for DagRunBody {
    fn from(run: &DagRun) -> Self {
        Self {
            dag_id: run.dag_id.clone(),
            run_id: run.run_id.clone(),
            logical_date: run.logical_date,
            data_interval_start: run.data_interval.map(|interval| interval.start),
            data_interval_end: run.data_interval.map(|interval| interval.end),
            run_after: run.run_after,
            start_date: run.start_date,
            end_date: run.end_date,
            run_type: run.run_type,
            state: run.state,
            consumed_asset_events: Vec::new(),
            partition_key: None,
            clear_number: run.clear_number,
            conf: run.conf.is_object().then(|| Value::clone(&run.conf)),
            triggering_user_name: run.triggering_user.clone(),
            partition_date: None,
            note: run.note.clone(),
            team_name: None,
        }
    }
}

impl StartupDetails {
    /// The message that starts `workload` at `start_date` on `hostname`.
    pub fn new(workload: &Workload, start_date: Timestamp, hostname: &str) -> Self {
        Self {
            ti: TaskInstanceBody {
                id: workload.attempt.task_instance_id,
                task_id: workload.task_id.clone(),
                dag_id: workload.dag_id.clone(),
                run_id: workload.run_id.clone(),
                try_number: workload.try_number,
                dag_version_id: workload.dag_version_id,
                map_index: workload.map_index,
                hostname: Some(hostname.to_owned()),
                context_carrier: None,
                queue: workload.queue.clone(),
            },
            dag_rel_path: workload.relative_fileloc.clone(),
            bundle_info: BundleInfo { name: workload.bundle_name.clone(), version: workload.bundle_version.clone() },
            start_date,
            ti_context: TaskInstanceContext {
                dag_run: DagRunBody::from(&*workload.dag_run),
                max_tries: workload.max_tries,
                task_reschedule_count: workload.task_reschedule_count,
                should_retry: workload.should_retry,
                next_method: None,
                next_kwargs: None,
                xcom_keys_to_clear: [],
                start_date: None,
                variables: [],
                connections: [],
            },
            sentry_integration: String::new(),
        }
    }
}
