//! `/variables`. They are written to the store directly: no decision depends on them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tw_model::Variable;
use tw_store::{VariableColumn, VariableView};

use crate::body::Body;
use crate::error::ApiError;
use crate::patch::{Patch, refuse_team};
use crate::path::Path;
use crate::query::Params;
use crate::redact::redact_text;
use crate::state::ApiState;

/// The routes. Keys may contain slashes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/variables", get(list).post(create))
        .route("/variables/{*key}", get(one).patch(patch).delete(delete))
}

/// Characters of a key at most; Airflow's column has as many.
const KEY_CHARS_MAX: usize = 250;

/// `VariableResponse`.
#[derive(Serialize)]
struct VariableShape {
    key: String,
    value: Option<String>,
    description: Option<String>,
    is_encrypted: bool,
    team_name: Option<String>,
}

impl From<VariableView> for VariableShape {
    fn from(view: VariableView) -> Self {
        let Variable { key, value, description } = view.variable;
        Self {
            value: Some(redact_text(Some(&key), &value)),
            key,
            description,
            is_encrypted: view.is_encrypted,
            team_name: None,
        }
    }
}

#[derive(Serialize)]
struct Variables {
    variables: Vec<VariableShape>,
    total_entries: u32,
}

/// `VariableBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableBody {
    key: String,
    value: Value,
    description: Option<String>,
    team_name: Option<String>,
}

impl VariableBody {
    /// The value as text; one that is not a text becomes JSON.
    fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).expect("JSON from a request is JSON"),
        }
    }

    fn check(&self) -> Result<(), ApiError> {
        refuse_team(self.team_name.as_deref())?;
        match self.key.chars().count() {
            1..=KEY_CHARS_MAX => Ok(()),
            _ => Err(ApiError::invalid("body", "key", format!("1 to {KEY_CHARS_MAX} characters"), self.key.as_str())),
        }
    }
}

fn column(name: &str) -> Option<VariableColumn> {
    Some(match name {
        "id" | "key" => VariableColumn::Key,
        "description" => VariableColumn::Description,
        "is_encrypted" => VariableColumn::IsEncrypted,
        _ => return None,
    })
}

async fn existing(state: &ApiState, key: &str) -> Result<VariableView, ApiError> {
    let found = state.store().variable_view(key).await?;
    found.ok_or_else(|| ApiError::not_found(format!("The variable with key: `{key}` was not found")))
}

async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<Variables>, ApiError> {
    let key = params.search("variable_key");
    let listed = state.store().variables_list(&key, &params.order(column)?, params.page()?).await?;
    let variables = listed.rows.into_iter().map(VariableShape::from).collect();
    Ok(Json(Variables { variables, total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(key): Path<String>) -> Result<Json<VariableShape>, ApiError> {
    Ok(Json(existing(&state, &key).await?.into()))
}

async fn create(
    State(state): State<ApiState>,
    Body(body): Body<VariableBody>,
) -> Result<(StatusCode, Json<VariableShape>), ApiError> {
    body.check()?;
    let value = body.text();
    let variable = Variable { key: body.key, value, description: body.description };
    state.store().variable_create(&variable).await?;
    Ok((StatusCode::CREATED, Json(existing(&state, &variable.key).await?.into())))
}

async fn patch(
    State(state): State<ApiState>,
    Path(key): Path<String>,
    params: Params,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<VariableShape>, ApiError> {
    let patch = Patch::<VariableBody>::read(fields, &params.texts("update_mask")?)?;
    patch.body.check()?;
    if patch.body.key != key {
        return Err(ApiError::bad_request("The key of the body is not that of the path"));
    }
    let mut variable = existing(&state, &key).await?.variable;
    if patch.sets("value") {
        variable.value = patch.body.text();
    }
    if patch.sets("description") {
        variable.description = patch.body.description;
    }
    state.store().variable_put(&variable).await?;
    one(State(state), Path(key)).await
}

async fn delete(State(state): State<ApiState>, Path(key): Path<String>) -> Result<StatusCode, ApiError> {
    match state.store().variable_delete(&key).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found(format!("The variable with key: `{key}` was not found"))),
    }
}
