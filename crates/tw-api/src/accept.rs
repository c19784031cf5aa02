//! The few media types that an endpoint offers besides JSON.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};

use crate::error::ApiError;

/// Plain text.
pub(crate) const TEXT: &str = "text/plain";
/// One JSON value a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// What the client wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accept {
    /// JSON, or anything.
    Json,
    /// One of the other types that the endpoint offers.
    Other(&'static str),
}

impl Accept {
    /// The first type of the `Accept` header that is offered; `q` values are ignored, as in Airflow.
    pub(crate) fn of(headers: &HeaderMap, offered: &[&'static str]) -> Result<Self, ApiError> {
        let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(Self::Json) };
        let wanted = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        for wanted in wanted {
            if matches!(wanted, "*/*" | "application/*" | "application/json") {
                return Ok(Self::Json);
            }
            if let Some(found) = offered.iter().find(|offer| **offer == wanted) {
                return Ok(Self::Other(found));
            }
        }
        let message = format!("Only application/json or {} is available", offered.join(" or "));
        Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Accept> {
        let headers = HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())]);
        Accept::of(&headers, &[NDJSON, TEXT]).ok()
    }

    #[test]
    fn the_first_offered_type_wins() {
        assert_eq!(accept("*/*"), Some(Accept::Json));
        assert_eq!(accept("application/json"), Some(Accept::Json));
        assert_eq!(accept("text/plain; charset=utf-8"), Some(Accept::Other(TEXT)));
        assert_eq!(accept("text/html, application/x-ndjson, */*"), Some(Accept::Other(NDJSON)));
        assert_eq!(accept("text/html"), None);
        assert_eq!(Accept::of(&HeaderMap::new(), &[TEXT]).unwrap(), Accept::Json);
    }
}
