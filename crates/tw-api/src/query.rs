//! Query parameters, read one by one as Airflow names them. Unknown ones are ignored, as there.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use tw_model::{TimeSpan, Timestamp};
use tw_store::{PAGE_LIMIT_MAX, Page, Range, TextMatch};

use crate::error::ApiError;

/// Rows of a page when the client does not say; Airflow's `[api] fallback_page_limit`.
const LIMIT_DEFAULT: u32 = 50;
/// Rows of a page of a batch request when the client does not say; Airflow's default there.
const BATCH_LIMIT_DEFAULT: u32 = 100;
/// How the names of bounds end.
const BOUNDS: [&str; 4] = ["_gte", "_gt", "_lte", "_lt"];
/// Values of one repeated parameter at most, which bounds the SQL they become.
const VALUES_MAX: usize = 500;

/// The query string as pairs in order; a name may repeat.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<Vec<(String, String)>>::from_request_parts(parts, state).await {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(rejection) => Err(ApiError::bad_request(rejection.body_text())),
        }
    }
}

impl Params {
    /// A query string that was kept.
    pub(crate) fn from_query(query: &str) -> Result<Self, ApiError> {
        let bad = |_| ApiError::invalid("body", "query", "not a query string", query);
        let address = Uri::builder().path_and_query(format!("/?{query}")).build().map_err(bad)?;
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&address);
        pairs.map(|Query(pairs)| Self(pairs)).map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }

    /// The filters of a batch request, which arrive as a JSON object instead: read as if they had
    /// come in the query, each list as a repeated parameter and null in a list as `none`.
    pub(crate) fn from_batch(body: &Map<String, Value>, allowed: &[&str]) -> Result<Self, ApiError> {
        let mut pairs = vec![("limit".to_owned(), BATCH_LIMIT_DEFAULT.to_string())];
        for (key, value) in body {
            let base = BOUNDS.iter().find_map(|suffix| key.strip_suffix(suffix)).unwrap_or(key);
            if !allowed.contains(&base) {
                return Err(ApiError::invalid("body", key, "unknown field", value.clone()));
            }
            let name = match key.as_str() {
                "page_limit" => "limit",
                "page_offset" => "offset",
                "states" => "state",
                other => other,
            };
            let items = match value {
                Value::Null => continue,
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            for item in items {
                let text = match item {
                    Value::Null => "none".to_owned(),
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        return Err(ApiError::invalid("body", key, "neither text nor number", item.clone()));
                    }
                };
                pairs.push((name.to_owned(), text));
            }
        }
        Ok(Self(pairs))
    }

    /// The last value of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The same, owned.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// All values of a parameter, in order.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let values: Vec<String> =
            self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
        if values.len() > VALUES_MAX {
            return Err(ApiError::invalid("query", name, format!("more than {VALUES_MAX} values"), values.len()));
        }
        Ok(values)
    }

    /// A parameter that parses as `T`.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(ApiError::invalid("query", name, format!("not {expected}"), text)),
        }
    }

    /// The same where an empty value means none, as in the filters of a screen.
    pub(crate) fn choice<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, ApiError> {
        if self.text(name) == Some("") { Ok(None) } else { self.parsed(name, expected) }
    }

    /// All values of a parameter, each parsed as `T`.
    pub(crate) fn all_parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Vec<T>, ApiError> {
        let parse =
            |text: String| text.parse().map_err(|_| ApiError::invalid("query", name, format!("not {expected}"), text));
        self.texts(name)?.into_iter().map(parse).collect()
    }

    /// A truth value, in the spellings that Airflow's server takes.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "on" | "y" | "yes" => Ok(Some(true)),
            "0" | "f" | "false" | "off" | "n" | "no" => Ok(Some(false)),
            _ => Err(ApiError::invalid("query", name, "not a truth value", text)),
        }
    }

    /// An instant. A text without an offset is taken as UTC.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match parse_instant(text) {
            Some(instant) => Ok(Some(instant)),
            None => Err(ApiError::invalid("query", name, "not an instant", text)),
        }
    }

    /// The bounds `<name>_gte`, `_gt`, `_lte` and `_lt` of an instant.
    pub(crate) fn instants(&self, name: &str) -> Result<Range<Timestamp>, ApiError> {
        Ok(Range {
            gte: self.instant(&format!("{name}_gte"))?,
            gt: self.instant(&format!("{name}_gt"))?,
            lte: self.instant(&format!("{name}_lte"))?,
            lt: self.instant(&format!("{name}_lt"))?,
        })
    }

    /// The same bounds of a length of time, in seconds.
    pub(crate) fn spans(&self, name: &str) -> Result<Range<TimeSpan>, ApiError> {
        let bound = |suffix: &str| -> Result<Option<TimeSpan>, ApiError> {
            let seconds: Option<f64> = self.parsed(&format!("{name}_{suffix}"), "a number")?;
            Ok(seconds.map(TimeSpan::from_secs_f64))
        };
        Ok(Range { gte: bound("gte")?, gt: bound("gt")?, lte: bound("lte")?, lt: bound("lt")? })
    }

    /// `map_index`; -1 = not mapped.
    pub(crate) fn map_index(&self) -> Result<i32, ApiError> {
        Ok(self.parsed("map_index", "a map index")?.unwrap_or(-1))
    }

    /// The searches `<name>_pattern` and `<name>_prefix_pattern`.
    pub(crate) fn search(&self, name: &str) -> TextMatch {
        TextMatch {
            pattern: self.string(&format!("{name}_pattern")),
            prefix: self.string(&format!("{name}_prefix_pattern")),
        }
    }

    /// Refuses parameters of Airflow's that are not served: to ignore a filter would answer with
    /// rows that the client asked not to see.
    pub(crate) fn refuse(&self, names: &[&str]) -> Result<(), ApiError> {
        match self.0.iter().find(|(key, _)| names.contains(&key.as_str())) {
            Some((key, _)) => Err(ApiError::bad_request(format!("The parameter `{key}` is not supported yet"))),
            None => Ok(()),
        }
    }

    /// `limit` and `offset`.
    pub(crate) fn page(&self) -> Result<Page, ApiError> {
        let limit = self.parsed("limit", "a number of rows")?;
        let offset = self.parsed("offset", "a number of rows")?;
        Ok(page(limit, offset))
    }

    /// `order_by`: names, each with an optional `-` in front for descending.
    pub(crate) fn order<C>(&self, column: impl Fn(&str) -> Option<C>) -> Result<Vec<(C, bool)>, ApiError> {
        order(&self.texts("order_by")?, column)
    }
}

/// A page of at most Airflow's maximum; more is cut, not refused.
fn page(limit: Option<u32>, offset: Option<u32>) -> Page {
    Page { limit: limit.unwrap_or(LIMIT_DEFAULT).min(PAGE_LIMIT_MAX), offset: offset.unwrap_or(0) }
}

/// Resolves the names of an `order_by`; the flag says descending.
pub(crate) fn order<C>(names: &[String], column: impl Fn(&str) -> Option<C>) -> Result<Vec<(C, bool)>, ApiError> {
    /// As in Airflow.
    const COLUMNS_MAX: usize = 10;
    if names.len() > COLUMNS_MAX {
        return Err(ApiError::bad_request(format!("Ordering by more than {COLUMNS_MAX} attributes is not allowed")));
    }
    let resolve = |name: &String| {
        let plain = name.trim_start_matches('-');
        match column(plain) {
            Some(column) => Ok((column, name.starts_with('-'))),
            None => Err(ApiError::bad_request(format!("Ordering by '{plain}' is not possible"))),
        }
    };
    names.iter().map(resolve).collect()
}

/// Reads an instant with or without an offset, with `T` or a space, with or without a time.
pub(crate) fn parse_instant(text: &str) -> Option<Timestamp> {
    // A `+` that the client did not encode arrives as a space.
    let unspaced = match text.rfind(' ') {
        Some(at) if at > 10 => format!("{}+{}", &text[..at], &text[at + 1..]),
        _ => text.to_owned(),
    };
    let candidates = [unspaced.clone(), format!("{unspaced}Z"), format!("{unspaced}T00:00:00Z")];
    candidates.iter().find_map(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn pages_are_cut_to_the_maximum() {
        assert_eq!(params(&[]).page().unwrap(), Page { limit: 50, offset: 0 });
        assert_eq!(params(&[("limit", "1000"), ("offset", "7")]).page().unwrap(), Page { limit: 100, offset: 7 });
        assert!(params(&[("limit", "-1")]).page().is_err());
    }

    #[test]
    fn order_knows_its_columns() {
        let column = |name: &str| (name == "id").then_some(1);
        assert_eq!(params(&[("order_by", "-id")]).order(column).unwrap(), [(1, true)]);
        assert!(params(&[("order_by", "evil; drop")]).order(column).is_err());
    }

    #[test]
    fn instants_are_read_in_all_usual_spellings() {
        let expected = Some("2026-01-31T12:00:00Z".parse().unwrap());
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T13:00:00+01:00",
            "2026-01-31T13:00:00 01:00",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00",
        ] {
            assert_eq!(parse_instant(text), expected, "{text}");
        }
        assert_eq!(parse_instant("2026-01-31"), Some("2026-01-31T00:00:00Z".parse().unwrap()));
        assert_eq!(parse_instant("yesterday"), None);
        assert_eq!(parse_instant(""), None);
    }

    #[test]
    fn batches_read_like_queries() {
        let body = serde_json::json!({"states": ["failed", null], "page_limit": 7, "start_date_gte": "2026-01-31", "dag_ids": null});
        let allowed = ["states", "page_limit", "start_date", "dag_ids"];
        let params = Params::from_batch(body.as_object().unwrap(), &allowed).unwrap();
        assert_eq!(params.texts("state").unwrap(), ["failed", "none"]);
        assert_eq!(params.page().unwrap(), Page { limit: 7, offset: 0 });
        assert!(params.instants("start_date").unwrap().gte.is_some());
        assert!(Params::from_batch(body.as_object().unwrap(), &allowed[1..]).is_err());
    }

    #[test]
    fn flags_take_many_spellings() {
        assert_eq!(params(&[("a", "True")]).flag("a").unwrap(), Some(true));
        assert_eq!(params(&[("a", "0")]).flag("a").unwrap(), Some(false));
        assert!(params(&[("a", "maybe")]).flag("a").is_err());
    }
}
