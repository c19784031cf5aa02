//! What a child asks or reports (protocol 1.10, 1.11).

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tw_model::{DagId, TaskId, TaskInstanceId, Timestamp};

use super::query::{
    AssetEventsQuery, AssetStateEntry, AssetStateKey, DagRunFilter, HumanAnswer, HumanQuestion, PreviousRunQuery,
    PreviousTaskInstanceQuery, RunKey, TaskInstanceFilter, TaskStateEntry, TaskStateKey, TriggerRequest, VariableEntry,
    VariableKeysQuery,
};
use super::terminal::{Retry, Success, TaskEnd};
use super::xcom::{XComItem, XComLookup, XComSeries, XComSlice, XComTarget, XComWrite};

/// Why a request is not understood. The child must be told: it waits for an answer.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The body is not an object with a text `type`.
    #[error("the message has no type")]
    NoType,
    /// The fields do not fit the type.
    #[error("malformed {name}: {source}")]
    Malformed {
        /// The message's type.
        name: String,
        /// What does not fit.
        source: serde_json::Error,
    },
}

/// Declares the enumeration and its decoder from one table: message name, payload, meaning.
macro_rules! messages {
    ($($name:ident($payload:ty) $doc:literal,)+) => {
        /// A message from a task or parse child. Variants carry the protocol's message names.
        #[derive(Clone, PartialEq, Debug)]
        pub enum ToSupervisor {
            $(#[doc = $doc] $name($payload),)+
            /// A message that this version does not know, by its type.
            Unknown(String),
        }

        impl ToSupervisor {
            /// The names of all known messages.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Reads the body of a request frame.
            ///
            /// # Errors
            /// [`DecodeError`] if there is no type, or the fields do not fit it. An unknown type
            /// is not an error.
            pub fn decode(body: Value) -> Result<Self, DecodeError> {
                let name = body.get("type").and_then(Value::as_str).ok_or(DecodeError::NoType)?.to_owned();
                match name.as_str() {
                    $(stringify!($name) => fields(name, body).map(Self::$name),)+
                    _ => Ok(Self::Unknown(name)),
                }
            }
        }
    };
}

messages! {
    GetXCom(XComLookup) "Asks for one XCom.",
    GetXComCount(XComSeries) "Asks how many XComs a series has.",
    GetXComSequenceItem(XComItem) "Asks for the n-th XCom of a series.",
    GetXComSequenceSlice(XComSlice) "Asks for some XComs of a series.",
    SetXCom(XComWrite) "Stores an XCom.",
    DeleteXCom(XComTarget) "Deletes an XCom.",
    GetConnection(ConnectionId) "Asks for a connection.",
    GetVariable(Key) "Asks for a variable.",
    GetVariableKeys(VariableKeysQuery) "Asks for a page of variable keys.",
    PutVariable(VariableEntry) "Stores a variable.",
    DeleteVariable(Key) "Deletes a variable.",
    MaskSecret(Secret) "Registers a secret that must not appear in logs.",
    SetRenderedFields(RenderedFields) "Reports the rendered template fields.",
    SetRenderedMapIndex(MapIndexLabel) "Reports the label of a mapped instance.",
    ValidateInletsAndOutlets(InstanceId) "Asks which assets of the task are not active.",
    GetAssetByName(AssetName) "Asks for an active asset by name.",
    GetAssetByUri(AssetUri) "Asks for an active asset by URI.",
    GetAssetsByAlias(AliasName) "Asks for the assets of an alias.",
    GetAssetEventByAsset(AssetEventsQuery) "Asks for events of an asset.",
    GetAssetEventByAssetAlias(AssetEventsQuery) "Asks for events of an alias.",
    GetTaskStateStore(TaskStateKey) "Asks for an entry of the task's state store.",
    SetTaskStateStore(TaskStateEntry) "Stores an entry of the task's state store.",
    DeleteTaskStateStore(TaskStateKey) "Deletes an entry of the task's state store.",
    ClearTaskStateStore(InstanceId) "Empties the task's state store.",
    GetAssetStateStoreByName(AssetStateKey) "Asks for an entry of an asset's state store.",
    GetAssetStateStoreByUri(AssetStateKey) "Asks for an entry of an asset's state store.",
    SetAssetStateStoreByName(AssetStateEntry) "Stores an entry of an asset's state store.",
    SetAssetStateStoreByUri(AssetStateEntry) "Stores an entry of an asset's state store.",
    DeleteAssetStateStoreByName(AssetStateKey) "Deletes an entry of an asset's state store.",
    DeleteAssetStateStoreByUri(AssetStateKey) "Deletes an entry of an asset's state store.",
    ClearAssetStateStoreByName(AssetName) "Empties an asset's state store.",
    ClearAssetStateStoreByUri(AssetUri) "Empties an asset's state store.",
    GetDag(Dag) "Asks for a DAG.",
    GetDagRun(RunKey) "Asks for a run.",
    GetDagRunState(RunKey) "Asks for the state of a run.",
    GetPreviousDagRun(PreviousRunQuery) "Asks for the run before a date.",
    GetPrevSuccessfulDagRun(InstanceId) "Asks for the successful run before the attempt's own.",
    GetPreviousTI(PreviousTaskInstanceQuery) "Asks for the task instance before a date.",
    GetTaskRescheduleStartDate(RescheduleQuery) "Asks when the instance was first rescheduled.",
    GetTICount(TaskInstanceFilter) "Asks for a number of task instances.",
    GetTaskStates(TaskInstanceFilter) "Asks for the states of task instances.",
    GetTaskBreadcrumbs(RunKey) "Asks for the finished task instances of a run.",
    GetDRCount(DagRunFilter) "Asks for a number of runs.",
    TriggerDagRun(TriggerRequest) "Asks for a run of another DAG.",
    CreateHITLDetailPayload(HumanQuestion) "Asks people a question.",
    GetHITLDetailResponse(InstanceId) "Asks for the answer to a question (triggers only).",
    UpdateHITLDetail(HumanAnswer) "Answers a question (triggers only).",
    ResendLoggingFD(NoFields) "Asks for a new log socket.",
    SkipDownstreamTasks(SkipList) "Asks that other tasks of the run be skipped.",
    SucceedTask(Success) "The task succeeded.",
    RetryTask(Retry) "The task failed and wants its next try.",
    TaskState(TaskEnd) "The task failed, was skipped or was removed.",
    DeferTask(Map<String, Value>) "The task waits for a trigger; the message is kept whole.",
    RescheduleTask(Reschedule) "A sensor gives its slot back.",
    AwaitInputTask(Map<String, Value>) "The task waits for people; the message is kept whole.",
    DagFileParsingResult(ParsingResult) "A parse ended (protocol 2.1).",
}

fn fields<T: DeserializeOwned>(name: String, body: Value) -> Result<T, DecodeError> {
    serde_json::from_value(body).map_err(|source| DecodeError::Malformed { name, source })
}

/// Payloads of one or two fields that have no life outside their message.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })+) => {
        $($(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Deserialize)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* })+
    };
}

payloads! {
    /// Names a connection.
    ConnectionId {
        /// The id.
        conn_id: String,
    }
    /// Names a variable.
    Key {
        /// The key.
        key: String,
    }
    /// A secret.
    Secret {
        /// The secret, or a structure that holds some.
        value: Value,
        /// What it is called; if given, it is a secret only when the name says so.
        #[serde(default)]
        name: Option<String>,
    }
    /// Rendered template fields.
    RenderedFields {
        /// Name → value.
        rendered_fields: Map<String, Value>,
    }
    /// The label of a mapped instance.
    MapIndexLabel {
        /// The label.
        rendered_map_index: String,
    }
    /// Names a task instance.
    InstanceId {
        /// Its id.
        ti_id: TaskInstanceId,
    }
    /// Names an asset.
    AssetName {
        /// Its name.
        name: String,
    }
    /// Names an asset.
    AssetUri {
        /// Its URI.
        uri: String,
    }
    /// Names an asset alias.
    AliasName {
        /// Its name.
        alias_name: String,
    }
    /// Names a DAG.
    Dag {
        /// Its id.
        dag_id: DagId,
    }
    /// Asks for the first reschedule of a try.
    RescheduleQuery {
        /// The task instance.
        ti_id: TaskInstanceId,
        /// The try.
        try_number: u32,
    }
    /// Tasks to be skipped.
    SkipList {
        /// The tasks.
        tasks: Vec<SkipTarget>,
    }
    /// The end of a poke.
    Reschedule {
        /// Not before this.
        reschedule_date: Timestamp,
        /// When the poke ended.
        end_date: Timestamp,
    }
    /// The result of a parse.
    ParsingResult {
        /// The file, absolute.
        fileloc: String,
        /// The DAGs as `{data, last_loaded}`.
        serialized_dags: Vec<Value>,
        /// `{dag_id, warning_type, message}` each.
        #[serde(default)]
        warnings: Option<Vec<Value>>,
        /// Path relative to the bundle → text for people.
        #[serde(default)]
        import_errors: Option<Map<String, Value>>,
    }
    /// Nothing but the type.
    NoFields {}
}

/// A task to be skipped.
#[derive(Clone, PartialEq, Debug, serde::Deserialize)]
#[serde(untagged)]
pub enum SkipTarget {
    /// The task, by its id alone.
    Task(TaskId),
    /// One of its mapped instances. An unmapped task asks with -1, which means the task by its id
    /// alone (S-3.19).
    Instance(TaskId, i32),
}

impl From<SkipTarget> for (TaskId, Option<i32>) {
    fn from(target: SkipTarget) -> Self {
        match target {
            SkipTarget::Task(task_id) => (task_id, None),
            SkipTarget::Instance(task_id, map_index) => (task_id, (map_index >= 0).then_some(map_index)),
        }
    }
}
