//! The gate in front of every protected route.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tw_store::Account;

use super::role::required;
use super::token::TokenError;
use crate::error::ApiError;
use crate::state::ApiState;

/// Who sent the request; present behind [`authenticate`].
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Their name.
    pub(crate) username: String,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| ApiError::unauthorized("Not authenticated"))
    }
}

/// Lets a request pass whose bearer token names a user with the role that the route asks for.
/// The role is looked up now, not read from the token, so that a demotion works at once.
pub(crate) async fn authenticate(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", |path| path.as_str());
    let least = required(request.method(), route);
    match identify(&state, request.headers()).await {
        Err(error) => error.into_response(),
        Ok(account) if account.role < least => ApiError::new(StatusCode::FORBIDDEN, "Forbidden").into_response(),
        Ok(account) => {
            request.extensions_mut().insert(Caller { username: account.name });
            next.run(request).await
        }
    }
}

async fn identify(state: &ApiState, headers: &HeaderMap) -> Result<Account, ApiError> {
    let token = bearer(headers).ok_or_else(|| ApiError::unauthorized("Not authenticated"))?;
    let username = state.tokens().check(token, state.now()).map_err(|error| match error {
        TokenError::Expired => ApiError::unauthorized("Token expired"),
        TokenError::Invalid => ApiError::new(StatusCode::FORBIDDEN, "Invalid token"),
    })?;
    let account = state.store().account_get(&username).await?;
    account.ok_or_else(|| ApiError::unauthorized("Not authenticated"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
