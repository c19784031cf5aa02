//! Texts of table cells.

use serde_json::Value;
use tw_model::Timestamp;

/// Shown where there is nothing, so that plain columns never vanish.
pub(crate) const NOTHING: &str = "-";

/// Any value, short.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => NOTHING.to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// `yes` or `no`.
pub(crate) fn yes(value: &Value) -> String {
    match value.as_bool() {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => NOTHING.to_owned(),
    }
}

/// An instant in whole seconds UTC.
pub(crate) fn time(value: &Value) -> String {
    let Some(instant) = instant(value) else { return text(value) };
    let secs = instant.as_micros().div_euclid(1_000_000);
    Timestamp::from_micros(secs * 1_000_000).to_string()
}

/// An instant, if it is one.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A number of seconds as a person says it.
pub(crate) fn duration(value: &Value) -> String {
    value.as_f64().map_or_else(|| NOTHING.to_owned(), seconds)
}

/// The same for a number: `0.12s`, `3.4s`, `2m05s`, `1h02m`.
pub(crate) fn seconds(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match whole {
        0 => format!("{seconds:.2}s"),
        1..60 => format!("{seconds:.1}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_short_and_never_empty() {
        assert_eq!(text(&json!(["a", "b"])), "a,b");
        assert_eq!(text(&json!([])), "-");
        assert_eq!(time(&json!("2026-01-01T00:00:00.123456Z")), "2026-01-01T00:00:00Z");
        assert_eq!(yes(&json!(false)), "no");
        let durations = [0.123, 3.44, 125.0, 3725.0].map(seconds);
        assert_eq!(durations, ["0.12s", "3.4s", "2m05s", "1h02m"]);
    }
}
