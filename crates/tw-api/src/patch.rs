//! Bodies of which only the given fields count, and the `update_mask` that narrows them further.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::query::Params;

/// A body together with the names of the fields that it sets.
pub(crate) struct Patch<T> {
    /// The whole body, checked.
    pub(crate) body: T,
    fields: Vec<String>,
}

impl<T: DeserializeOwned> Patch<T> {
    /// Reads the body; `update_mask`, if there is one, names the fields that count.
    pub(crate) fn read(fields: Map<String, Value>, params: &Params) -> Result<Self, ApiError> {
        let mask = params.texts("update_mask")?;
        let counts = |name: &&String| mask.is_empty() || mask.contains(name);
        let names = fields.keys().filter(counts).cloned().collect();
        let body = serde_json::from_value(Value::Object(fields)).map_err(|e| ApiError::invalid_body(e.to_string()))?;
        Ok(Self { body, fields: names })
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
