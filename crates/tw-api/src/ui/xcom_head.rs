//! What a task pushed, in a line: key, type, and how the value begins.

use serde::Serialize;
use serde_json::Value;
use tw_store::XComHead as Stored;
use utoipa::ToSchema;

use crate::readable::{python_str, readable};

/// Characters of a value that are read; a longer one is shown as far as that.
pub(super) const BEGIN_CHARS: u32 = 1_000;
/// Characters of a preview.
const PREVIEW_CHARS: usize = 200;

/// What a task pushed, in a line.
#[derive(PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(super) struct XComHead {
    key: String,
    #[serde(rename = "type")]
    kind: String,
    preview: String,
    bytes: i64,
}

impl From<Stored> for XComHead {
    fn from(stored: Stored) -> Self {
        let whole = (stored.bytes <= i64::from(BEGIN_CHARS)).then(|| serde_json::from_str::<Value>(&stored.begin).ok());
        let (kind, text) = match whole.flatten() {
            Some(value) => (kind_of(&value), python_str(&readable(value))),
            None => (kind_by_beginning(&stored.begin).to_owned(), stored.begin),
        };
        Self { key: stored.key, kind, preview: cut(text), bytes: stored.bytes }
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(PREVIEW_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The Python type, or the class of a serialized object.
fn kind_of(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let class = members.get("__classname__").and_then(Value::as_str).unwrap_or("dict");
            class.rsplit('.').next().unwrap_or(class).to_owned()
        }
        Value::Number(number) if number.is_f64() => "float".to_owned(),
        Value::Number(_) => "int".to_owned(),
        Value::String(_) => "str".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Null => "None".to_owned(),
        Value::Array(_) => "list".to_owned(),
    }
}

/// The same for JSON of which only the beginning is known.
fn kind_by_beginning(json: &str) -> &'static str {
    match json.bytes().next() {
        Some(b'{') => "dict",
        Some(b'[') => "list",
        Some(b'"') => "str",
        _ => "int",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(begin: &str, bytes: i64) -> (String, String) {
        let head = XComHead::from(Stored { key: "k".into(), begin: begin.into(), bytes });
        (head.kind, head.preview)
    }

    #[test]
    fn values_are_shown_as_python_has_them() {
        let object = r#"{"__classname__":"datetime.date","__version__":2,"__data__":"2026-01-01"}"#;
        for (json, kind, preview) in [
            ("null", "None", "None"),
            ("1", "int", "1"),
            ("1.5", "float", "1.5"),
            ("true", "bool", "True"),
            (r#""<i>a</i>""#, "str", "<i>a</i>"),
            (r#"{"a": [1]}"#, "dict", "{'a': [1]}"),
            (object, "date", "datetime.date@version=2(2026-01-01)"),
            ("not json", "int", "not json"),
        ] {
            assert_eq!(head(json, json.len() as i64), (kind.to_owned(), preview.to_owned()), "{json}");
        }
    }

    #[test]
    fn a_long_value_is_shown_as_far_as_it_was_read() {
        let (kind, preview) = head(&format!("[\"{}", "ü".repeat(998)), 9_000);
        assert_eq!((kind.as_str(), preview.chars().count()), ("list", PREVIEW_CHARS + 1));
    }
}
