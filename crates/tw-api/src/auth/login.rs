//! `/auth/token`: a user name and a password for a token.

use std::net::SocketAddr;
use utoipa::ToSchema;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tw_model::TimeSpan;
use tw_store::Account;

use super::token::{CLI_TOKEN_LIFETIME, TOKEN_LIFETIME};
use super::verify_password;
use crate::body::parse_json;
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes below `/auth`.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/auth/token", post(token)).route("/auth/token/cli", post(cli_token))
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct Token {
    access_token: String,
}

/// Where the request came from, if the listener told.
pub(crate) type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

async fn token(
    State(state): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Token>), ApiError> {
    let form =
        headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let login = if form {
        serde_urlencoded::from_bytes(&body).map_err(|error| ApiError::invalid_body(error.to_string()))?
    } else {
        parse_json(&body)?
    };
    issue(&state, peer, login, TOKEN_LIFETIME).await
}

async fn cli_token(
    State(state): State<ApiState>,
    peer: Peer,
    body: Bytes,
) -> Result<(StatusCode, Json<Token>), ApiError> {
    issue(&state, peer, parse_json(&body)?, CLI_TOKEN_LIFETIME).await
}

async fn issue(
    state: &ApiState,
    peer: Peer,
    login: Login,
    lifetime: TimeSpan,
) -> Result<(StatusCode, Json<Token>), ApiError> {
    let account = log_in(state, peer, login).await?;
    let access_token = state.tokens().issue(&account, state.now(), lifetime);
    Ok((StatusCode::CREATED, Json(Token { access_token })))
}

/// Checks a password, with the brake on guessing.
pub(crate) async fn log_in(state: &ApiState, peer: Peer, login: Login) -> Result<Account, ApiError> {
    if login.username.is_empty() || login.password.is_empty() {
        return Err(ApiError::bad_request("A user name and a password are needed"));
    }
    let keys = throttle_keys(peer, &login.username);
    let now = state.now();
    if let Some(wait) = state.throttle().wait(&keys, now) {
        return Err(ApiError::too_many("Too many failed log-ins; wait and try again", wait));
    }
    state.throttle().attempt(&keys, now);
    // Hashing takes tens of milliseconds and 19 MiB: off the async threads, and few at a time.
    let permit =
        state.password_checks().acquire().await.map_err(|_| ApiError::unavailable("The server is stopping"))?;
    let account = state.store().account_get(&login.username).await?;
    let checked = tokio::task::spawn_blocking(move || {
        let hash = account.as_ref().map(|account| account.password_hash.as_str());
        verify_password(&login.password, hash).then_some(account).flatten()
    })
    .await;
    drop(permit);
    let Some(account) = checked.map_err(ApiError::internal)? else {
        return Err(ApiError::unauthorized("Invalid credentials"));
    };
    state.throttle().clear(&keys);
    Ok(account)
}

fn throttle_keys(peer: Peer, username: &str) -> Vec<String> {
    let address = peer.map(|Extension(ConnectInfo(address))| format!("ip:{}", address.ip()));
    address.into_iter().chain([format!("user:{username}")]).collect()
}
