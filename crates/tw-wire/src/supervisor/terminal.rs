//! Messages by which a task says how it ended (protocol 1.11).

use serde::Deserialize;
use serde_json::Value;
use tw_model::Timestamp;

/// User code returned.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Success {
    /// When user code ended.
    pub end_date: Timestamp,
    /// Assets that the task declares as outlets.
    #[serde(default)]
    pub task_outlets: Option<Vec<Value>>,
    /// Events for outlets.
    #[serde(default)]
    pub outlet_events: Option<Vec<Value>>,
    /// Label of a mapped instance.
    #[serde(default)]
    pub rendered_map_index: Option<String>,
}

/// User code failed, and the child was told that tries are left.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Retry {
    /// When user code ended.
    pub end_date: Timestamp,
    /// Label of a mapped instance.
    #[serde(default)]
    pub rendered_map_index: Option<String>,
    /// Pause wanted by a retry policy, in seconds.
    #[serde(default)]
    pub retry_delay_seconds: Option<f64>,
    /// The policy's reason.
    #[serde(default)]
    pub retry_reason: Option<String>,
}

/// The task ended in a state that needs no further data: `failed`, `skipped` or `removed`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct TaskEnd {
    /// The state.
    pub state: String,
    /// When user code ended.
    #[serde(default)]
    pub end_date: Option<Timestamp>,
    /// Label of a mapped instance.
    #[serde(default)]
    pub rendered_map_index: Option<String>,
}
