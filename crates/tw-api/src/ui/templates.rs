//! What a task instance's templated fields say before they are rendered: the author's text, as the DAG
//! version that the attempt ran holds it.

use std::sync::Arc;

use serde_json::{Map, Value};
use tw_model::{Task, TaskId};
use tw_store::VersionView;

use crate::error::ApiError;
use crate::redact::redact;
use crate::state::ApiState;

/// Templates by field; `None` = there are none.
pub(super) type Templates = Option<Arc<Map<String, Value>>>;

/// The templates of a task; `None` when no field has one, when the version is gone, and when it does not
/// have the task. Repeats are cheap.
///
/// The SDK cuts the fields of a task at `[core] max_templated_field_length` when it writes the version, as it
/// cuts rendered ones, but not those that a mapped task shares: they are cut here.
pub(super) async fn templates(
    state: &ApiState,
    version: &VersionView,
    task_id: &TaskId,
) -> Result<Templates, ApiError> {
    let key = (version.id, version.content_hash.clone(), task_id.clone());
    if let Some(templates) = state.ui().templates.get(&key) {
        return Ok(templates);
    }
    let dag = state.store().dag_of_version(version.id).await?;
    let templates = dag.as_ref().and_then(|dag| dag.task(task_id.as_str())).map(of_task).unwrap_or_default();
    let templates = Some(templates).filter(|templates| !templates.is_empty()).map(Arc::new);
    let bytes: usize = templates.iter().flat_map(|templates| templates.values()).map(|one| one.to_string().len()).sum();
    state.ui().templates.put(key, templates.clone(), bytes + ENTRY_BYTES);
    Ok(templates)
}

/// What an entry without templates weighs, about.
const ENTRY_BYTES: usize = 200;

/// Characters of a field that the instances of a mapped task share: Airflow's default of
/// `max_templated_field_length`.
const SHARED_CHARS_MAX: usize = 4_096;

/// The values of the templated fields that have one, secrets hidden by their names as in rendered fields.
/// A mapped task has only those that all its instances share.
fn of_task(task: &Task) -> Map<String, Value> {
    let shared = task.extra.get("partial_kwargs");
    let template = |name: &String| {
        let shown = |value| redact(Some(name), plain(value));
        let own = task.extra.get(name).map(shown);
        let value = own.or_else(|| shared?.get(name).map(shown).map(cut))?;
        has_text(&value).then(|| (name.clone(), value))
    };
    task.template_fields.iter().filter_map(template).collect()
}

/// The value, or the beginning of its text if that is long.
fn cut(value: Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHARED_CHARS_MAX) {
        Some((end, _)) => Value::String(format!("{}…", &text[..end])),
        None => value,
    }
}

/// The value without the SDK's tags around dictionaries, sets and tuples; other tagged values stay tagged.
/// Documents are not nested deeper than their decoder allows.
fn plain(value: &Value) -> Value {
    let tag = value.get("__type").and_then(Value::as_str).zip(value.get("__var"));
    match (tag, value) {
        (Some(("dict", inner)), _) => plain(inner),
        (Some(("set" | "tuple", Value::Array(items))), _) | (None, Value::Array(items)) => {
            items.iter().map(plain).collect()
        }
        (None, Value::Object(map)) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        _ => value.clone(),
    }
}

/// Whether there is anything in it that could be a template.
fn has_text(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(fields: &[&str], extra: Value) -> Value {
        let Value::Object(extra) = extra else { panic!("an object") };
        let fields = fields.iter().map(|name| (*name).to_owned()).collect();
        Value::Object(of_task(&Task { template_fields: fields, extra, ..Task::new("t".into(), "Any") }))
    }

    #[test]
    fn only_fields_that_say_something() {
        let extra = json!({"bash_command": "echo {{ ds }}", "env": null, "op_args": [], "op_kwargs": {}, "other": "x"});
        let found = said(&["bash_command", "env", "cwd", "op_args", "op_kwargs"], extra);
        assert_eq!(found, json!({"bash_command": "echo {{ ds }}"}));
    }

    #[test]
    fn tags_are_taken_off_at_any_depth() {
        let dict = |inner: Value| json!({"__type": "dict", "__var": inner});
        let kwargs = dict(json!({"a": dict(json!({"b": {"__type": "tuple", "__var": ["{{ ds }}", 1]}}))}));
        let from = json!({"__type": "xcomref", "__var": {"task_id": "make", "key": "return_value"}});
        let found = said(&["op_kwargs", "op_args"], json!({"op_kwargs": kwargs, "op_args": [from.clone()]}));
        assert_eq!(found, json!({"op_kwargs": {"a": {"b": ["{{ ds }}", 1]}}, "op_args": [from]}));
    }

    #[test]
    fn instances_of_a_mapped_task_share_what_it_was_not_mapped_over() {
        let partial = json!({"op_kwargs": {"__type": "dict", "__var": {"day": "{{ ds }}"}}, "pool": "p"});
        let found = said(&["op_kwargs", "templates_dict"], json!({"partial_kwargs": partial}));
        assert_eq!(found, json!({"op_kwargs": {"day": "{{ ds }}"}}));
    }

    #[test]
    fn what_instances_share_is_cut() {
        let long = "ø".repeat(SHARED_CHARS_MAX);
        let partial = json!({"whole": &long, "over": format!("{long}x"), "list": [&long]});
        let found = said(&["whole", "over", "list"], json!({"partial_kwargs": partial}));
        assert_eq!((&found["whole"], &found["over"]), (&json!(long), &json!(format!("{long}…"))));
        let list = found["list"].as_str().unwrap();
        assert!(list.starts_with("[\"ø") && list.chars().count() == SHARED_CHARS_MAX + 1);
    }

    #[test]
    fn names_hide_secrets() {
        let env = json!({"API_TOKEN": "abc", "CITY": "{{ params.city }}"});
        let found = said(&["env", "password"], json!({"env": env, "password": "abc"}));
        assert_eq!(found, json!({"env": {"API_TOKEN": "***", "CITY": "{{ params.city }}"}, "password": "***"}));
    }
}
