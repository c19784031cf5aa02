//! All routes together, and what every request passes on its way.
//!
//! A request passes, from outside in: security headers, the net under panics, the time limit, then
//! the budget of its plane, then the gate. Planes have separate budgets, so that no number of lists
//! can keep somebody from logging in, or a health check from being answered. What no route takes and
//! no plane owns is a page of the browser part.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::{pages, resources, ui};

/// Requests of the API and the UI handled at the same time; each holds at most one reading
/// connection, and more would only wait for one.
const API_REQUESTS_MAX: usize = 64;
/// The same for log-ins; they wait for a core anyway.
const LOGIN_REQUESTS_MAX: usize = 16;
/// The same for what everybody may ask.
const PUBLIC_REQUESTS_MAX: usize = 16;
/// A request that has no answer by then gets an error. Longer than any commit or page takes.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of a request body; Airflow's largest ordinary one is a connection's extra or a conf.
const BODY_BYTES_MAX: usize = 2 << 20;

/// What a page of ours may load and reach: this server, and pictures and workers made in the page.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Headers of every answer. Nothing here is a page that others should frame or guess the type of.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
];

/// Every route of the server, ready to serve.
pub fn router(state: ApiState) -> Router {
    let gate = from_fn_with_state(state.clone(), auth::authenticate);
    let protected = Router::new()
        .nest("/api/v2", resources::protected())
        .nest("/ui", ui::routes())
        .route_layer(gate)
        // What changes with every commit is packed for one reading: a better level takes longer than it saves.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(GlobalConcurrencyLimitLayer::new(API_REQUESTS_MAX));
    let login = auth::routes().merge(ui::login()).layer(GlobalConcurrencyLimitLayer::new(LOGIN_REQUESTS_MAX));
    let public = Router::new()
        .nest("/api/v2", resources::public())
        .merge(ui::public())
        .layer(CompressionLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(PUBLIC_REQUESTS_MAX));
    Router::new()
        .merge(protected)
        .merge(login)
        .merge(public)
        .fallback_service(Router::new().fallback(page).layer(CompressionLayer::new()).with_state(state.clone()))
        .method_not_allowed_fallback(async || ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(secured))
        .with_state(state)
}

async fn page(State(state): State<ApiState>, request: Request) -> Response {
    pages::answer(state.pages(), &request).unwrap_or_else(|| ApiError::not_found("Not Found").into_response())
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable("The request took too long").into_response(),
    }
}

/// A defect in one handler is the end of one request.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = %text, "a handler panicked");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error; see the server's log").into_response()
}

async fn secured(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
