//! XCom values for people: the SDK's typed objects as one line of text, and JSON as Python prints it.

use serde_json::Value;

/// The value with each serialized object in it replaced by its description.
pub(crate) fn readable(value: Value) -> Value {
    match value {
        // Written by an old client: JSON within JSON.
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => describe(inner),
            _ => Value::String(text),
        },
        other => describe(other),
    }
}

fn describe(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(describe).collect()),
        Value::Object(mut members) => {
            if members.get("__type").is_some_and(|kind| kind == "dict")
                && let Some(inner) = members.remove("__var")
            {
                return describe(inner);
            }
            let class = members.get("__classname__").and_then(Value::as_str).map(str::to_owned);
            match (class, members.get("__version__").and_then(Value::as_i64)) {
                (Some(class), Some(version)) => {
                    let data = members.remove("__data__").unwrap_or(Value::Null);
                    Value::String(object(&class, version, data))
                }
                _ => Value::Object(members.into_iter().map(|(key, value)| (key, describe(value))).collect()),
            }
        }
        other => other,
    }
}

/// `class@version=1(field='value', …)`; tuples and sets in parentheses.
fn object(class: &str, version: i64, data: Value) -> String {
    let is_collection = matches!(class, "builtins.tuple" | "builtins.set" | "builtins.frozenset");
    let inner = match data {
        Value::Array(items) => items.into_iter().map(|item| python_str(&describe(item))).collect::<Vec<_>>().join(","),
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| match value {
                Value::String(_) => format!("{name}={}", python_repr(&value)),
                other => format!("{name}={}", python_str(&describe(other))),
            };
            fields.into_iter().map(field).collect::<Vec<_>>().join(", ")
        }
        Value::Null => String::new(),
        other => python_str(&other),
    };
    if is_collection { format!("({inner})") } else { format!("{class}@version={version}({inner})") }
}

/// As Python's `str` prints the value.
pub(crate) fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python_repr(other),
    }
}

fn python_repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(python_repr).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), python_repr(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_prints_as_in_python() {
        let table = [
            (json!({"a": [1, 2.5, null, true], "b": "it's"}), r#"{'a': [1, 2.5, None, True], 'b': "it's"}"#),
            (json!("plain"), "plain"),
            (json!(["a\n"]), "['a\\n']"),
        ];
        for (value, text) in table {
            assert_eq!(python_str(&value), text);
        }
    }

    #[test]
    fn objects_become_text() {
        let object = |class: &str, data: Value| json!({"__classname__": class, "__version__": 1, "__data__": data});
        let table = [
            (object("builtins.tuple", json!([1, "a"])), json!("(1,a)")),
            (object("my.Point", json!({"name": "p", "x": 1})), json!("my.Point@version=1(name='p', x=1)")),
            (
                json!({"when": object("datetime.date", json!("2026-01-01"))}),
                json!({"when": "datetime.date@version=1(2026-01-01)"}),
            ),
            (json!({"__type": "dict", "__var": {"a": 1}}), json!({"a": 1})),
            (json!("[1, 2]"), json!([1, 2])),
            (json!("text"), json!("text")),
        ];
        for (value, expected) in table {
            assert_eq!(readable(value), expected);
        }
    }
}
