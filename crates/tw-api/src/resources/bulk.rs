//! Bulk requests: several actions on several things, each with its own outcome.
//!
//! Airflow: there the whole request is one transaction. Here each thing is an act of its own, so
//! that no request can hold up the scheduler for all its things at once.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tw_engine::RUNS_PER_ACT_MAX;

use crate::error::ApiError;

/// Things of one request at most.
const THINGS_MAX: usize = RUNS_PER_ACT_MAX as usize;

/// `BulkBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    actions: Vec<Action>,
}

/// One action of a request. What it is done to is read by whoever knows what it is.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    Create {
        entities: Vec<Value>,
        #[serde(default, rename = "action_on_existence")]
        _action_on_existence: OnExistence,
    },
    Update {
        entities: Vec<Map<String, Value>>,
        #[serde(default)]
        update_mask: Option<Vec<String>>,
        #[serde(default)]
        action_on_non_existence: OnMissing,
    },
    Delete {
        entities: Vec<Value>,
        #[serde(default)]
        action_on_non_existence: OnMissing,
    },
}

/// What to do about what exists already. Nothing that is served here can be created in bulk.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnExistence {
    #[default]
    Fail,
    Skip,
    Overwrite,
}

/// What to do about what does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnMissing {
    /// Do nothing at all.
    #[default]
    Fail,
    /// Do the rest.
    Skip,
}

/// `BulkResponse`.
#[derive(Default, Serialize)]
pub(crate) struct Outcomes {
    pub(crate) create: Option<Outcome>,
    pub(crate) update: Option<Outcome>,
    pub(crate) delete: Option<Outcome>,
}

/// `BulkActionResponse`.
#[derive(Default, Serialize)]
pub(crate) struct Outcome {
    success: Vec<String>,
    errors: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    error: String,
    status_code: u16,
}

impl Bulk {
    /// The actions of a request that is not too large.
    pub(crate) fn actions(self) -> Result<Vec<Action>, ApiError> {
        let count: usize = self.actions.iter().map(Action::len).sum();
        match count <= THINGS_MAX {
            true => Ok(self.actions),
            false => Err(ApiError::invalid_body(format!("{count} entities; at most {THINGS_MAX} at a time"))),
        }
    }
}

impl Action {
    fn len(&self) -> usize {
        match self {
            Self::Create { entities, .. } | Self::Delete { entities, .. } => entities.len(),
            Self::Update { entities, .. } => entities.len(),
        }
    }
}

impl Outcome {
    /// Something was done to what is called so.
    pub(crate) fn done(&mut self, name: String) {
        self.success.push(name);
    }

    /// Something was not done.
    pub(crate) fn refused(&mut self, error: &ApiError) {
        self.errors.push(Problem { error: error.text(), status_code: error.status().as_u16() });
    }
}

/// Takes a text field out of an entity.
pub(crate) fn take_text(entity: &mut Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match entity.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(ApiError::invalid("body", field, "not a text", other)),
    }
}

/// The same for one that must be there.
pub(crate) fn need_text(entity: &mut Map<String, Value>, field: &str) -> Result<String, ApiError> {
    take_text(entity, field)?.ok_or_else(|| ApiError::invalid("body", field, "required", Value::Null))
}

/// The id of an entity's DAG or run: its own, or else that of the path, which may name any.
pub(crate) fn concrete(own: Option<String>, path: &str, field: &str) -> Result<String, ApiError> {
    let id = own.unwrap_or_else(|| path.to_owned());
    match id.as_str() {
        "~" => Err(ApiError::bad_request(format!("{field} is needed where the path names any"))),
        _ => Ok(id),
    }
}
