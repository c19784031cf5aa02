//! What a request that fails is told: Airflow's `{"detail": …}`.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tw_engine::Reply;
use tw_model::TimeSpan;
use tw_store::StoreError;
use utoipa::ToSchema;

use crate::control::ControlError;

/// What every refusal answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    detail: Detail,
}

/// What is wrong, in words or value by value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Issues(Vec<Issue>),
}

/// A value that does not fit.
#[derive(Debug, Serialize, ToSchema)]
struct Issue {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<String>,
    msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
}

/// A failed request.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    detail: Detail,
    /// When to try again, in seconds.
    retry_after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: Detail::Text(detail.into()), retry_after: None }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// Too much of something; `wait` until it is worth trying again.
    pub(crate) fn too_many(detail: impl Into<String>, wait: TimeSpan) -> Self {
        let retry_after = Some(wait.as_secs_f64().ceil() as u64);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// A value that does not fit its parameter, in the list form FastAPI uses.
    pub(crate) fn invalid(place: &str, name: &str, message: impl Into<String>, input: impl Into<Value>) -> Self {
        Self::issue(vec![place.to_owned(), name.to_owned()], message.into(), Some(input.into()))
    }

    /// A body that does not fit.
    pub(crate) fn invalid_body(message: impl Into<String>) -> Self {
        Self::issue(vec!["body".to_owned()], message.into(), None)
    }

    fn issue(loc: Vec<String>, msg: String, input: Option<Value>) -> Self {
        let detail = Detail::Issues(vec![Issue { kind: "value_error", loc, msg, input }]);
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail, retry_after: None }
    }

    /// Our own failure. The cause goes to the log, not to the client.
    pub(crate) fn internal(error: impl std::error::Error) -> Self {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(next) = cause {
            causes.push(next.to_string());
            cause = next.source();
        }
        tracing::error!(%error, ?causes, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error; see the server's log")
    }
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// What the client is told, as text.
    pub(crate) fn text(&self) -> String {
        match &self.detail {
            Detail::Text(text) => text.clone(),
            Detail::Issues(issues) => issues.iter().map(|issue| issue.msg.as_str()).collect::<Vec<_>>().join("; "),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let unauthorized = self.status == StatusCode::UNAUTHORIZED;
        let mut response = (self.status, Json(Problem { detail: self.detail })).into_response();
        if unauthorized {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::not_found(format!("There is no {what}")),
            StoreError::Conflict { what } => Self::conflict(format!("Conflict: {what}")),
            StoreError::Unavailable { .. } => Self::unavailable("The database is not available"),
            error => Self::internal(error),
        }
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Unavailable => Self::unavailable("No scheduler is running"),
            ControlError::Overloaded => Self::unavailable("The scheduler is overloaded; try again"),
        }
    }
}

/// Turns the refusals among the replies of the engine into errors.
pub(crate) fn accepted(reply: Reply) -> Result<Reply, ApiError> {
    match reply {
        Reply::Done | Reply::Run(_) | Reply::TaskInstances(_) | Reply::Tasks(_) => Ok(reply),
        Reply::NotFound(detail) => Err(ApiError::not_found(detail)),
        Reply::Conflict(detail) => Err(ApiError::conflict(detail)),
        Reply::Invalid(detail) => Err(ApiError::bad_request(detail)),
        Reply::Stale => Err(ApiError::conflict("The attempt is no longer current")),
    }
}
