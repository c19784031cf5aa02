//! The generic encoding (protocol 4.2): scalars, and the `{"__type", "__var"}` wrapper.
//!
//! In object fields the wrapper is left out, in lists and `partial_kwargs` it is there; every
//! reader here takes both.

use serde_json::{Map, Number, Value};
use tw_model::{TimeSpan, Timestamp};

use super::DagDecodeError;

/// The name in `__type` and the value in `__var`, if this is a wrapper.
pub(super) fn typed(value: &Value) -> Option<(&str, &Value)> {
    Some((value.get("__type")?.as_str()?, value.get("__var")?))
}

/// The value inside a wrapper of this type, or the value itself.
fn unwrapped<'a>(value: &'a Value, type_name: &str) -> &'a Value {
    match typed(value) {
        Some((name, inner)) if name == type_name => inner,
        _ => value,
    }
}

fn expected(what: &str, got: &Value) -> DagDecodeError {
    let kind = match got {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(_) => "text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => match typed(got) {
            Some((name, _)) => format!("a value of type {name:?}"),
            None => "an object".to_owned(),
        },
    };
    DagDecodeError::new(format!("expected {what}, got {kind}"))
}

pub(super) fn text(value: &Value) -> Result<String, DagDecodeError> {
    value.as_str().map(str::to_owned).ok_or_else(|| expected("text", value))
}

pub(super) fn flag(value: &Value) -> Result<bool, DagDecodeError> {
    value.as_bool().ok_or_else(|| expected("true or false", value))
}

pub(super) fn number(value: &Value) -> Result<f64, DagDecodeError> {
    value.as_f64().ok_or_else(|| expected("a number", value))
}

/// A whole number, written as integer or as float.
pub(super) fn whole(value: &Value) -> Result<i64, DagDecodeError> {
    let whole_float = |n: &Number| {
        let float = n.as_f64()?;
        (float.fract() == 0.0 && float.abs() < i64::MAX as f64).then_some(float as i64)
    };
    let read = |n: &Number| n.as_i64().or_else(|| whole_float(n));
    value.as_number().and_then(read).ok_or_else(|| expected("a whole number", value))
}

/// A whole number in the range of the wanted type.
pub(super) fn int<T: TryFrom<i64>>(value: &Value) -> Result<T, DagDecodeError> {
    let number = whole(value)?;
    T::try_from(number).map_err(|_| DagDecodeError::new(format!("{number} is out of range")))
}

/// A length of time: seconds, or a wrapped `timedelta`.
pub(super) fn span(value: &Value) -> Result<TimeSpan, DagDecodeError> {
    let inner = unwrapped(value, "timedelta");
    inner.as_f64().map(TimeSpan::from_secs_f64).ok_or_else(|| expected("a number of seconds", value))
}

/// An instant: epoch seconds, a wrapped `datetime`, or ISO text with an offset.
pub(super) fn timestamp(value: &Value) -> Result<Timestamp, DagDecodeError> {
    match unwrapped(value, "datetime") {
        Value::String(text) => text.parse().map_err(|e| DagDecodeError::new(format!("{e}"))),
        inner => inner
            .as_f64()
            .map(Timestamp::from_epoch_secs_f64)
            .ok_or_else(|| expected("seconds since the epoch or an ISO instant", value)),
    }
}

/// A time zone: an IANA name, or an offset in seconds, which becomes `+HH:MM`.
pub(super) fn timezone(value: &Value) -> Result<String, DagDecodeError> {
    let inner = unwrapped(value, "timezone");
    if let Some(name) = inner.as_str() {
        return Ok(name.to_owned());
    }
    let offset = whole(inner).map_err(|_| expected("a zone name or an offset in seconds", value))?;
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes, seconds) =
        (offset.unsigned_abs() / 3600, offset.unsigned_abs() / 60 % 60, offset.unsigned_abs() % 60);
    Ok(match seconds {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    })
}

/// An object, bare or a wrapped `dict`.
pub(super) fn object(value: &Value) -> Result<&Map<String, Value>, DagDecodeError> {
    unwrapped(value, "dict").as_object().ok_or_else(|| expected("an object", value))
}

/// The items of a list, a wrapped `set` or a wrapped `tuple`.
pub(super) fn list(value: &Value) -> Result<&Vec<Value>, DagDecodeError> {
    unwrapped(unwrapped(value, "set"), "tuple").as_array().ok_or_else(|| expected("a list", value))
}

/// The items of a list, each through `read`; an error names the index.
pub(super) fn each<'a, T>(
    value: &'a Value,
    read: impl Fn(&'a Value) -> Result<T, DagDecodeError>,
) -> Result<Vec<T>, DagDecodeError> {
    let items = list(value)?.iter().enumerate();
    items.map(|(i, item)| read(item).map_err(|e| e.below(format!("[{i}]")))).collect()
}

/// A list of texts.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, DagDecodeError> {
    each(value, text)
}

/// The value without wrappers, as JSON that a form can show: instants as ISO text, spans as
/// seconds, sets and tuples as lists. Types without a plain form stay wrapped.
pub(super) fn plain(value: &Value) -> Value {
    match (typed(value), value) {
        (Some(("dict", inner)), _) => plain(inner),
        (Some(("set" | "tuple", Value::Array(items))), _) => items.iter().map(plain).collect(),
        (Some(("timedelta", inner)), _) => inner.clone(),
        (Some(("datetime", inner)), _) => match timestamp(inner) {
            Ok(instant) => Value::String(instant.to_string()),
            Err(_) => value.clone(),
        },
        (None, Value::Array(items)) => items.iter().map(plain).collect(),
        (None, Value::Object(map)) => Value::Object(map.iter().map(|(k, v)| (k.clone(), plain(v))).collect()),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_wrapped_and_bare_values_alike() {
        let wrapped = json!({"__type": "timedelta", "__var": 1.5});
        assert_eq!(span(&wrapped).unwrap(), span(&json!(1.5)).unwrap());
        let wrapped = json!({"__type": "datetime", "__var": 60});
        assert_eq!(timestamp(&wrapped).unwrap(), timestamp(&json!("1970-01-01T01:01:00+01:00")).unwrap());
        assert_eq!(texts(&json!({"__type": "set", "__var": ["a"]})).unwrap(), ["a"]);
    }

    #[test]
    fn writes_offsets_as_hours_and_minutes() {
        assert_eq!(timezone(&json!(19_800)).unwrap(), "+05:30");
        assert_eq!(timezone(&json!(-12_600.0)).unwrap(), "-03:30");
        assert_eq!(timezone(&json!({"__type": "timezone", "__var": "Europe/Berlin"})).unwrap(), "Europe/Berlin");
    }

    #[test]
    fn whole_numbers_may_be_floats_but_not_fractions() {
        assert_eq!(int::<u32>(&json!(3.0)).unwrap(), 3);
        assert!(int::<u32>(&json!(3.5)).is_err());
        assert!(int::<u32>(&json!(-1)).is_err());
        assert!(int::<u32>(&json!(1e300)).is_err());
    }

    #[test]
    fn plain_removes_wrappers_at_any_depth() {
        let value = json!({"__type": "dict", "__var": {"a": {"__type": "set", "__var": [1]}, "when": {"__type": "datetime", "__var": 0.0}}});
        assert_eq!(plain(&value), json!({"a": [1], "when": "1970-01-01T00:00:00Z"}));
        let odd = json!({"__type": "asset", "__var": {"name": "x"}});
        assert_eq!(plain(&odd), odd);
    }
}
