//! Refusals. The same shape is used in two places with different effects (protocol 1.7): as the
//! body of a response it is a value that the SDK looks at; as its error it is raised in user code.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The kinds of refusal that the SDK tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorKind {
    /// No such connection.
    ConnectionNotFound,
    /// No such variable.
    VariableNotFound,
    /// No XCom at this place of a sequence; ends an iteration.
    #[serde(rename = "XCOM_NOT_FOUND")]
    XComNotFound,
    /// No such asset.
    AssetNotFound,
    /// The run to be created exists.
    #[serde(rename = "DAGRUN_ALREADY_EXISTS")]
    DagRunAlreadyExists,
    /// Reading this secret is not allowed; other backends are not asked.
    PermissionDenied,
    /// Anything unexpected.
    ApiServerError,
}

/// A refusal.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ErrorBody {
    /// What kind.
    pub error: ErrorKind,
    /// Facts about it.
    pub detail: Option<Map<String, Value>>,
}

impl ErrorBody {
    /// A refusal whose detail is one field, for example `conn_id`.
    pub fn about(error: ErrorKind, field: &str, value: impl Into<Value>) -> Self {
        Self { error, detail: Some(Map::from_iter([(field.to_owned(), value.into())])) }
    }

    /// A refusal that names the status an HTTP server would answer, for use as the error of a
    /// response. `reason` is a stable word for programs.
    pub fn status(status: u16, message: &str, reason: Option<&str>) -> Self {
        let mut detail = Map::from_iter([
            ("status_code".to_owned(), Value::from(status)),
            ("message".to_owned(), Value::from(message)),
        ]);
        if let Some(reason) = reason {
            detail.insert("detail".to_owned(), json!({"reason": reason, "message": message}));
        }
        Self { error: ErrorKind::ApiServerError, detail: Some(detail) }
    }
}
