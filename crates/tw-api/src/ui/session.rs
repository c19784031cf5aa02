//! `/ui/session`: logging a browser in and out.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tw_store::Role as StoredRole;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::Role;
use crate::auth::{Caller, Login, Peer, TOKEN_LIFETIME, cookie, log_in};
use crate::body::parse_json;
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes of who is logged in, without the prefix `/ui`.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(current, end))
}

/// The route for everybody.
pub(crate) fn login() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(begin))
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
struct Session {
    username: String,
    role: Role,
    server_version: &'static str,
}

impl Session {
    fn new(state: &ApiState, username: String, role: StoredRole) -> Self {
        Self { username, role: role.into(), server_version: state.version() }
    }
}

#[utoipa::path(
    post,
    path = "/ui/session",
    operation_id = "session_create",
    request_body = Login,
    responses((status = 200, body = Session)),
)]
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

#[utoipa::path(get, path = "/session", operation_id = "session_get", responses((status = 200, body = Session)))]
async fn current(State(state): State<ApiState>, caller: Caller) -> Json<Session> {
    Json(Session::new(&state, caller.username, caller.role))
}

#[utoipa::path(delete, path = "/session", operation_id = "session_delete", responses((status = 204)))]
async fn end(headers: HeaderMap) -> Response {
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::end(&headers))]).into_response()
}
