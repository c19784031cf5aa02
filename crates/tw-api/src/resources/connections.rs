//! `/connections`. They are written to the store directly: no decision depends on them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tw_model::Connection;
use tw_store::ConnectionColumn;

use crate::body::Body;
use crate::control::ConnectionVerdict;
use crate::error::ApiError;
use crate::patch::{Patch, refuse_team};
use crate::path::Path;
use crate::query::Params;
use crate::redact::{HIDDEN, redact_text, restore};
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/connections", get(list).post(create))
        // `POST /connections/test` is the test. It has no route of its own, because that would hide a
        // connection of this name.
        .route("/connections/{connection_id}", get(one).patch(patch).delete(delete).post(test))
}

/// Characters of an id at most, as in Airflow.
const ID_CHARS_MAX: usize = 200;

/// `ConnectionResponse`, secrets hidden.
#[derive(Serialize)]
struct ConnectionShape {
    connection_id: String,
    conn_type: String,
    description: Option<String>,
    host: Option<String>,
    login: Option<String>,
    schema: Option<String>,
    port: Option<i32>,
    password: Option<String>,
    extra: Option<String>,
    team_name: Option<String>,
}

impl From<Connection> for ConnectionShape {
    fn from(connection: Connection) -> Self {
        Self {
            connection_id: connection.conn_id,
            conn_type: connection.conn_type,
            description: connection.description,
            host: connection.host,
            login: connection.login,
            schema: connection.schema,
            port: connection.port,
            password: connection.password.map(|_| HIDDEN.to_owned()),
            extra: connection.extra.map(|text| redact_text(None, &text)),
            team_name: None,
        }
    }
}

#[derive(Serialize)]
struct Connections {
    connections: Vec<ConnectionShape>,
    total_entries: u32,
}

/// `ConnectionTestResponse`.
#[derive(Serialize)]
struct TestShape {
    status: bool,
    message: String,
}

/// `ConnectionBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectionBody {
    connection_id: String,
    conn_type: String,
    description: Option<String>,
    host: Option<String>,
    login: Option<String>,
    schema: Option<String>,
    port: Option<i32>,
    password: Option<String>,
    extra: Option<String>,
    team_name: Option<String>,
}

impl ConnectionBody {
    fn check(&mut self) -> Result<(), ApiError> {
        refuse_team(self.team_name.as_deref())?;
        let id = &self.connection_id;
        let length = id.chars().count();
        let plain = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if !plain || !(1..=ID_CHARS_MAX).contains(&length) {
            let message = format!("1 to {ID_CHARS_MAX} letters, digits, underscores, dots and dashes");
            return Err(ApiError::invalid("body", "connection_id", message, id.as_str()));
        }
        let is_object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).is_ok();
        match self.extra.as_deref() {
            Some("") => self.extra = Some("{}".to_owned()),
            // The text may hold secrets, so it is not repeated.
            Some(text) if !is_object(text) => {
                return Err(ApiError::invalid("body", "extra", "not a JSON object", Value::Null));
            }
            _ => {}
        }
        Ok(())
    }
}

impl From<ConnectionBody> for Connection {
    fn from(body: ConnectionBody) -> Self {
        Self {
            conn_id: body.connection_id,
            conn_type: body.conn_type,
            description: body.description,
            host: body.host,
            schema: body.schema,
            login: body.login,
            password: body.password,
            port: body.port,
            extra: body.extra,
        }
    }
}

fn column(name: &str) -> Option<ConnectionColumn> {
    Some(match name {
        "id" | "conn_id" | "connection_id" => ConnectionColumn::ConnId,
        "conn_type" => ConnectionColumn::ConnType,
        "description" => ConnectionColumn::Description,
        "host" => ConnectionColumn::Host,
        "port" => ConnectionColumn::Port,
        _ => return None,
    })
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("The connection with connection_id: `{id}` was not found"))
}

async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<Connections>, ApiError> {
    let id = params.search("connection_id");
    let listed = state.store().connections_list(&id, &params.order(column)?, params.page()?).await?;
    let connections = listed.rows.into_iter().map(ConnectionShape::from).collect();
    Ok(Json(Connections { connections, total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(id): Path<String>) -> Result<Json<ConnectionShape>, ApiError> {
    let connection = state.store().connection_get(&id).await?.ok_or_else(|| missing(&id))?;
    Ok(Json(connection.into()))
}

async fn create(
    State(state): State<ApiState>,
    Body(mut body): Body<ConnectionBody>,
) -> Result<(StatusCode, Json<ConnectionShape>), ApiError> {
    body.check()?;
    let connection = Connection::from(body);
    state.store().connection_create(&connection).await?;
    Ok((StatusCode::CREATED, Json(connection.into())))
}

async fn patch(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    params: Params,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<ConnectionShape>, ApiError> {
    let mut patch = Patch::<ConnectionBody>::read(fields, &params.texts("update_mask")?)?;
    patch.body.check()?;
    if patch.body.connection_id != id {
        return Err(ApiError::bad_request("The connection_id of the body is not that of the path"));
    }
    let old = state.store().connection_get(&id).await?.ok_or_else(|| missing(&id))?;
    let connection = changed(old, patch);
    state.store().connection_put(&connection).await?;
    Ok(Json(connection.into()))
}

/// The connection with the fields that the patch sets. Secrets that come back hidden, as they were
/// shown, stay what they were.
fn changed(mut connection: Connection, patch: Patch<ConnectionBody>) -> Connection {
    if patch.sets("extra") {
        connection.extra = match (&patch.body.extra, &connection.extra) {
            (Some(new), Some(old)) => Some(restore(new, old)),
            (new, _) => new.clone(),
        };
    }
    if patch.sets("password") && patch.body.password.as_deref() != Some(HIDDEN) {
        connection.password = patch.body.password.clone();
    }
    let mut set = |field: &str, target: fn(&mut Connection) -> &mut Option<String>, value: &Option<String>| {
        if patch.sets(field) {
            *target(&mut connection) = value.clone();
        }
    };
    set("description", |c| &mut c.description, &patch.body.description);
    set("host", |c| &mut c.host, &patch.body.host);
    set("login", |c| &mut c.login, &patch.body.login);
    set("schema", |c| &mut c.schema, &patch.body.schema);
    if patch.sets("conn_type") {
        connection.conn_type = patch.body.conn_type.clone();
    }
    if patch.sets("port") {
        connection.port = patch.body.port;
    }
    connection
}

async fn test(
    State(state): State<ApiState>,
    Path(word): Path<String>,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<TestShape>, ApiError> {
    if word != "test" {
        return Err(ApiError::not_allowed("Method Not Allowed"));
    }
    let tester = state.connection_tester().ok_or_else(|| {
        ApiError::forbidden("Testing connections is switched off; the setting api.test_connection turns it on")
    })?;
    let mut given = Patch::<ConnectionBody>::read(fields, &[])?;
    given.body.check()?;
    let stored = state.store().connection_get(&given.body.connection_id).await?;
    let ConnectionVerdict { works, message } = tester.test(to_test(stored, given)?).await;
    Ok(Json(TestShape { status: works, message }))
}

/// What is given, completed by what is stored under its id. Stored secrets go only where they
/// belong: to another host or port, a test takes a password of its own.
fn to_test(stored: Option<Connection>, given: Patch<ConnectionBody>) -> Result<Connection, ApiError> {
    let Some(stored) = stored else { return Ok(given.body.into()) };
    let text = |host: &Option<String>| host.clone().filter(|host| !host.is_empty());
    let elsewhere = given.sets("host") && text(&given.body.host) != text(&stored.host)
        || given.sets("port") && given.body.port != stored.port;
    let brings_password = given.body.password.as_deref().is_some_and(|password| password != HIDDEN);
    match (elsewhere, brings_password) {
        (false, _) => Ok(changed(stored, given)),
        (true, true) => Ok(given.body.into()),
        (true, false) => Err(ApiError::bad_request(
            "Host or port are not those of the stored connection; enter the password to test with, or save first",
        )),
    }
}

async fn delete(State(state): State<ApiState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    match state.store().connection_delete(&id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing(&id)),
    }
}
