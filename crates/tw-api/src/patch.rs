//! Bodies of which only the given fields count, and the `update_mask` that narrows them further.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// A body together with the names of the fields that it sets.
pub(crate) struct Patch<T> {
    /// The whole body, checked.
    pub(crate) body: T,
    fields: Vec<String>,
    is_masked: bool,
}

impl<T: DeserializeOwned> Patch<T> {
    /// Reads the body; a mask that is not empty names the fields that count.
    pub(crate) fn read(fields: Map<String, Value>, mask: &[String]) -> Result<Self, ApiError> {
        let counts = |name: &&String| mask.is_empty() || mask.contains(name);
        let names = fields.keys().filter(counts).cloned().collect();
        let body = serde_json::from_value(Value::Object(fields)).map_err(|e| ApiError::invalid_body(e.to_string()))?;
        Ok(Self { body, fields: names, is_masked: !mask.is_empty() })
    }

    /// Whether a mask said which fields count.
    pub(crate) fn is_masked(&self) -> bool {
        self.is_masked
    }

    /// Whether the field is to be changed.
    pub(crate) fn sets(&self, field: &str) -> bool {
        self.fields.iter().any(|name| name == field)
    }
}

/// The teams that Airflow can be told about do not exist here.
pub(crate) fn refuse_team(team_name: Option<&str>) -> Result<(), ApiError> {
    match team_name {
        None => Ok(()),
        Some(team) => Err(ApiError::invalid("body", "team_name", "there are no teams", team)),
    }
}
