//! Requests about variables, runs, task instances, assets and stored state.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tw_model::{DagId, RunId, TaskId, TaskInstanceId, Timestamp};

/// Asks for a page of variable keys.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct VariableKeysQuery {
    /// Only keys that begin with this.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Size of the page.
    pub limit: u32,
    /// Keys to leave out at the beginning.
    #[serde(default)]
    pub offset: u64,
}

/// Stores a variable.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct VariableEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Option<String>,
    /// Text for people.
    #[serde(default)]
    pub description: Option<String>,
}

/// Names a run.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct RunKey {
    /// The DAG.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
}

/// Asks for the run with the latest logical date strictly before one.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct PreviousRunQuery {
    /// The DAG.
    pub dag_id: DagId,
    /// Strictly before this.
    pub logical_date: Timestamp,
    /// Only runs in this state.
    #[serde(default)]
    pub state: Option<String>,
}

/// Asks for the task instance of the run with the latest logical date before one.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct PreviousTaskInstanceQuery {
    /// The DAG.
    pub dag_id: DagId,
    /// The task.
    pub task_id: TaskId,
    /// Strictly before this; `None` = the newest.
    #[serde(default)]
    pub logical_date: Option<Timestamp>,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// Only instances in this state.
    #[serde(default)]
    pub state: Option<String>,
}

/// Selects task instances of one DAG. Every condition that is `None` is met by all.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct TaskInstanceFilter {
    /// The DAG.
    pub dag_id: DagId,
    /// This map index; a negative one is no condition.
    #[serde(default)]
    pub map_index: Option<i32>,
    /// These tasks.
    #[serde(default)]
    pub task_ids: Option<Vec<TaskId>>,
    /// Tasks of this group, in the latest version of the DAG.
    #[serde(default)]
    pub task_group_id: Option<String>,
    /// Runs with these logical dates.
    #[serde(default)]
    pub logical_dates: Option<Vec<Timestamp>>,
    /// These runs.
    #[serde(default)]
    pub run_ids: Option<Vec<RunId>>,
    /// These states; the text `"null"` stands for "no state yet".
    #[serde(default)]
    pub states: Option<Vec<String>>,
}

/// Selects runs of one DAG. Every condition that is `None` is met by all.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct DagRunFilter {
    /// The DAG.
    pub dag_id: DagId,
    /// Runs with these logical dates.
    #[serde(default)]
    pub logical_dates: Option<Vec<Timestamp>>,
    /// These runs.
    #[serde(default)]
    pub run_ids: Option<Vec<RunId>>,
    /// Runs in these states.
    #[serde(default)]
    pub states: Option<Vec<String>>,
}

/// Asks for a run of another DAG (S-11.23, S-11.24).
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct TriggerRequest {
    /// The DAG to run.
    pub dag_id: DagId,
    /// Id of the new run.
    pub run_id: RunId,
    /// Its logical date.
    #[serde(default)]
    pub logical_date: Option<Timestamp>,
    /// Not before this; `None` = now.
    #[serde(default)]
    pub run_after: Option<Timestamp>,
    /// Its configuration.
    #[serde(default)]
    pub conf: Option<Map<String, Value>>,
    /// Whether an existing run of this id is cleared instead of refused.
    #[serde(default)]
    pub reset_dag_run: Option<bool>,
    /// Partition of the new run.
    #[serde(default)]
    pub partition_key: Option<String>,
    /// Free text.
    #[serde(default)]
    pub note: Option<String>,
}

/// Asks for events of an asset.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct AssetEventsQuery {
    /// The asset's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The asset's URI; if both are given, both must match.
    #[serde(default)]
    pub uri: Option<String>,
    /// The alias, when events of an alias are wanted.
    #[serde(default)]
    pub alias_name: Option<String>,
    /// Not before this.
    #[serde(default)]
    pub after: Option<Timestamp>,
    /// Not after this.
    #[serde(default)]
    pub before: Option<Timestamp>,
    /// At most so many.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Oldest first.
    #[serde(default = "yes")]
    pub ascending: bool,
}

fn yes() -> bool {
    true
}

/// Names an entry of a task's state store.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct TaskStateKey {
    /// The attempt that asks; the store itself is per task and run (S-10.40).
    pub ti_id: TaskInstanceId,
    /// The key.
    pub key: String,
}

/// Stores an entry of a task's state store.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct TaskStateEntry {
    /// Which entry.
    #[serde(flatten)]
    pub target: TaskStateKey,
    /// The value.
    pub value: Value,
    /// When it is forgotten.
    pub expires_at: Option<Timestamp>,
}

/// Names an entry of an asset's state store; the message says whether by name or by URI.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct AssetStateKey {
    /// Name or URI of the asset.
    #[serde(alias = "name", alias = "uri")]
    pub asset: String,
    /// The key.
    pub key: String,
}

/// Stores an entry of an asset's state store.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct AssetStateEntry {
    /// Name or URI of the asset.
    #[serde(alias = "name", alias = "uri")]
    pub asset: String,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Value,
}

/// A question to people (human in the loop).
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct HumanQuestion {
    /// The attempt that asks.
    pub ti_id: TaskInstanceId,
    /// The answers to choose from, at least one.
    pub options: Vec<String>,
    /// Title.
    pub subject: String,
    /// Text.
    #[serde(default)]
    pub body: Option<String>,
    /// Answers taken when nobody answers in time.
    #[serde(default)]
    pub defaults: Option<Vec<String>>,
    /// Whether several answers may be chosen.
    #[serde(default)]
    pub multiple: Option<bool>,
    /// Further input that is asked for.
    #[serde(default)]
    pub params: Option<Map<String, Value>>,
    /// Who may answer, as `{id, name}`; `None` = everybody.
    #[serde(default)]
    pub assigned_users: Option<Vec<Value>>,
}

/// An answer to a question, given by a trigger.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct HumanAnswer {
    /// The attempt that asked.
    pub ti_id: TaskInstanceId,
    /// The chosen answers.
    pub chosen_options: Vec<String>,
    /// The further input.
    #[serde(default)]
    pub params_input: Option<Map<String, Value>>,
}
