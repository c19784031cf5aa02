//! The gate in front of every protected route.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tw_store::{Account, Role};

use super::cookie;
use super::role::required;
use super::token::TokenError;
use crate::error::ApiError;
use crate::state::ApiState;

/// Who sent the request; present behind [`authenticate`].
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Their name.
    pub(crate) username: String,
    /// What they may do.
    pub(crate) role: Role,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| ApiError::unauthorized("Not authenticated"))
    }
}

/// Lets a request pass whose token names a user with the role that the route asks for. The token
/// comes as a bearer token or in the session cookie. The role is looked up now, not read from the
/// token, so that a demotion works at once.
pub(crate) async fn authenticate(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", |path| path.as_str());
    let least = required(request.method(), route);
    match identify(&state, request.method(), request.headers()).await {
        Err(error) => error.into_response(),
        Ok(account) if account.role < least => ApiError::forbidden("Forbidden").into_response(),
        Ok(account) => {
            request.extensions_mut().insert(Caller { username: account.name, role: account.role });
            next.run(request).await
        }
    }
}

async fn identify(state: &ApiState, method: &Method, headers: &HeaderMap) -> Result<Account, ApiError> {
    let check = |token: &str| state.tokens().check(token, state.now());
    let username = if let Some(token) = bearer(headers) {
        check(token).map_err(|error| match error {
            TokenError::Expired => ApiError::unauthorized("Token expired"),
            TokenError::Invalid => ApiError::forbidden("Invalid token"),
        })?
    } else {
        let token = cookie::token(headers).ok_or_else(|| ApiError::unauthorized("Not authenticated"))?;
        cookie::check_own(method, headers)?;
        // Whatever is wrong with a cookie, logging in again is what helps.
        check(token).map_err(|_| ApiError::unauthorized("The session is over"))?
    };
    let account = state.store().account_get(&username).await?;
    account.ok_or_else(|| ApiError::unauthorized("Not authenticated"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
