//! Hides values whose names say that they are secret, as Airflow's API does.

use serde_json::Value;
use tw_model::secret::is_sensitive_name;

/// What stands for a hidden value.
pub(crate) const HIDDEN: &str = "***";

/// The value with every secret in it hidden, where `name` is its own name.
pub(crate) fn redact(name: Option<&str>, value: Value) -> Value {
    let hide = name.is_some_and(is_sensitive_name);
    match value {
        Value::Object(map) => {
            let inner = |(key, value): (String, Value)| {
                let value = redact(Some(if hide { "secret" } else { &key }), value);
                (key, value)
            };
            Value::Object(map.into_iter().map(inner).collect())
        }
        Value::Array(items) => {
            let name = hide.then_some("secret");
            Value::Array(items.into_iter().map(|item| redact(name, item)).collect())
        }
        Value::String(_) if hide => Value::String(HIDDEN.to_owned()),
        other => other,
    }
}

/// The same for a text that may hold JSON, as variables and connection extras do. A text with
/// nothing to hide stays as it is, down to its spaces.
pub(crate) fn redact_text(name: Option<&str>, text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            let shown = redact(name, value.clone());
            if shown == value { text.to_owned() } else { shown.to_string() }
        }
        _ if name.is_some_and(is_sensitive_name) => HIDDEN.to_owned(),
        _ => text.to_owned(),
    }
}

/// Undoes the hiding: each hidden value in `new` becomes what `old` has in its place.
pub(crate) fn restore(new: &str, old: &str) -> String {
    fn merge(new: Value, old: &Value) -> Value {
        match (new, old) {
            (Value::String(text), old) if text == HIDDEN => old.clone(),
            (Value::Object(new), Value::Object(old)) => {
                let member = |(key, value): (String, Value)| {
                    let value = old.get(&key).map_or_else(|| value.clone(), |old| merge(value.clone(), old));
                    (key, value)
                };
                Value::Object(new.into_iter().map(member).collect())
            }
            (Value::Array(new), Value::Array(old)) if new.len() == old.len() => {
                Value::Array(new.into_iter().zip(old).map(|(new, old)| merge(new, old)).collect())
            }
            (new, _) => new,
        }
    }
    match (serde_json::from_str(new), serde_json::from_str(old)) {
        (Ok(value), Ok(old)) => merge(value, &old).to_string(),
        _ => new.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_comes_back_hidden_stays() {
        let old = r#"{"host":"h","list":["a"],"token":"t"}"#;
        assert_eq!(
            restore(r#"{"host":"x","list":["***"],"token":"***"}"#, old),
            r#"{"host":"x","list":["a"],"token":"t"}"#
        );
        assert_eq!(restore("not json", old), "not json");
    }

    #[test]
    fn hides_by_name_at_any_depth() {
        let value = json!({"host": "h", "Api-Key": "k", "list": [{"password": {"a": "b", "n": 1}}], "my_TOKEN": ["x"]});
        let hidden =
            json!({"host": "h", "Api-Key": "***", "list": [{"password": {"a": "***", "n": 1}}], "my_TOKEN": ["***"]});
        assert_eq!(redact(None, value), hidden);
    }

    #[test]
    fn texts_are_hidden_by_their_own_name() {
        assert_eq!(redact_text(Some("db_password"), "hunter2"), "***");
        assert_eq!(redact_text(Some("city"), "Bergen"), "Bergen");
        assert_eq!(redact_text(None, r#"{"secret":"x"}"#), r#"{"secret":"***"}"#);
        assert_eq!(redact_text(Some("n"), "42"), "42");
        assert_eq!(redact_text(None, r#"{ "n": 1 }"#), r#"{ "n": 1 }"#);
    }
}
