//! `/ui/session`: logging a browser in and out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use tw_store::Role;

use crate::auth::{Caller, Peer, TOKEN_LIFETIME, cookie, log_in};
use crate::body::parse_json;
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes of who is logged in, without the prefix `/ui`.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route("/session", get(current).delete(end))
}

/// The route for everybody.
pub(crate) fn login() -> Router<ApiState> {
    Router::new().route("/ui/session", post(begin))
}

#[derive(Serialize)]
struct Session {
    username: String,
    role: &'static str,
    server_version: &'static str,
}

impl Session {
    fn new(state: &ApiState, username: String, role: Role) -> Self {
        Self { username, role: role.as_str(), server_version: state.version() }
    }
}

async fn begin(
    State(state): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    // Another site must not log a visitor in under a name of its own.
    cookie::check_origin(&headers)?;
    let account = log_in(&state, peer, parse_json(&body)?).await?;
    let token = state.tokens().issue(&account, state.now(), TOKEN_LIFETIME);
    let session = Session::new(&state, account.name, account.role);
    Ok(([(SET_COOKIE, cookie::begin(&token, &headers))], Json(session)).into_response())
}

async fn current(State(state): State<ApiState>, caller: Caller) -> Json<Session> {
    Json(Session::new(&state, caller.username, caller.role))
}

async fn end(headers: HeaderMap) -> Response {
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::end(&headers))]).into_response()
}
