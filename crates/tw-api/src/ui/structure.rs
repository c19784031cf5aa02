//! What is different between two versions of a DAG, beside the text of its file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::{Dag, Task, Timetable};
use utoipa::ToSchema;

use super::schedule_words::in_words;

/// Changes that are told; more would not be read.
const CHANGES_MAX: usize = 200;
/// Characters of a value; one that is longer is said to be different only.
const VALUE_CHARS_MAX: usize = 60;
/// Where a DAG file lies says nothing about its structure, and the rest is compared by itself.
const OTHER_DAG_FIELDS: [&str; 6] = ["tasks", "task_group", "fileloc", "relative_fileloc", "timetable", "edge_info"];
const OTHER_TASK_FIELDS: [&str; 2] = ["task_id", "downstream_task_ids"];

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum StructureChange {
    /// A task that the older version had not.
    TaskAdded { task_id: String },
    /// A task that the newer version has not.
    TaskRemoved { task_id: String },
    /// One task comes after another, and did not; both are in both versions.
    DependencyAdded { from: String, to: String },
    /// One task came after another, and does not.
    DependencyRemoved { from: String, to: String },
    /// A field of the DAG, or of a task that both versions have. Values that are long are null.
    Field { task_id: Option<String>, name: String, before: Option<String>, after: Option<String> },
}

/// The differences: tasks, what comes after what, then fields.
#[derive(Serialize, ToSchema)]
pub(super) struct StructureChanges {
    changes: Vec<StructureChange>,
    /// How many there are in all.
    total: usize,
}

impl StructureChanges {
    /// What `newer` does otherwise than `older`.
    pub(super) fn between(older: &Dag, newer: &Dag) -> Self {
        let (old, new) = (by_id(older), by_id(newer));
        let mut changes = Vec::new();
        let only = |some: &BTreeMap<&str, &Task>, others: &BTreeMap<&str, &Task>| -> Vec<String> {
            some.keys().filter(|id| !others.contains_key(*id)).map(|id| (*id).to_owned()).collect()
        };
        changes.extend(only(&new, &old).into_iter().map(|task_id| StructureChange::TaskAdded { task_id }));
        changes.extend(only(&old, &new).into_iter().map(|task_id| StructureChange::TaskRemoved { task_id }));
        let both = |id: &str| old.contains_key(id) && new.contains_key(id);
        let (before, after) = (edges(older), edges(newer));
        let kept = |edges: &BTreeSet<(&str, &str)>, others: &BTreeSet<(&str, &str)>| -> Vec<(String, String)> {
            let changed = edges.difference(others).filter(|(from, to)| both(from) && both(to));
            changed.map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
        };
        let added = kept(&after, &before).into_iter();
        changes.extend(added.map(|(from, to)| StructureChange::DependencyAdded { from, to }));
        let removed = kept(&before, &after).into_iter();
        changes.extend(removed.map(|(from, to)| StructureChange::DependencyRemoved { from, to }));
        changes.extend(of_dag(older, newer));
        for (task_id, task) in &new {
            if let Some(was) = old.get(task_id) {
                fields(Some(task_id), fields_of(was), fields_of(task), &OTHER_TASK_FIELDS, &mut changes);
            }
        }
        let total = changes.len();
        changes.truncate(CHANGES_MAX);
        Self { changes, total }
    }
}

fn by_id(dag: &Dag) -> BTreeMap<&str, &Task> {
    dag.tasks.iter().map(|task| (task.task_id.as_str(), task)).collect()
}

fn edges<'a>(dag: &'a Dag) -> BTreeSet<(&'a str, &'a str)> {
    let of_task = |task: &'a Task| task.downstream_task_ids.iter().map(|to| (task.task_id.as_str(), to.as_str()));
    dag.tasks.iter().flat_map(of_task).collect()
}

fn of_dag(older: &Dag, newer: &Dag) -> Vec<StructureChange> {
    let mut changes = Vec::new();
    if older.timetable != newer.timetable {
        let words = |timetable: &Timetable| match timetable {
            Timetable::Null => text(&Value::Null),
            other => in_words(other),
        };
        let (before, after) = (words(&older.timetable), words(&newer.timetable));
        changes.push(StructureChange::Field { task_id: None, name: "schedule".to_owned(), before, after });
    }
    fields(None, fields_of(older), fields_of(newer), &OTHER_DAG_FIELDS, &mut changes);
    changes
}

/// What a document says by name, with what nobody interprets beside the rest.
fn fields_of<T: Serialize>(document: &T) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(document) else { return Map::new() };
    if let Some(Value::Object(extra)) = fields.remove("extra") {
        fields.extend(extra);
    }
    fields
}

fn fields(
    task_id: Option<&str>,
    older: Map<String, Value>,
    newer: Map<String, Value>,
    others: &[&str],
    changes: &mut Vec<StructureChange>,
) {
    let names: BTreeSet<&String> = older.keys().chain(newer.keys()).collect();
    for name in names {
        let (before, after) = (older.get(name).unwrap_or(&Value::Null), newer.get(name).unwrap_or(&Value::Null));
        // The SDK keeps notes of its own under names with an underscore in front.
        if before == after || name.starts_with('_') || others.contains(&name.as_str()) {
            continue;
        }
        let (before, after) = (text(before), text(after));
        changes.push(StructureChange::Field { task_id: task_id.map(str::to_owned), name: name.clone(), before, after });
    }
}

/// A value in a line; `None` = it is long. The SDK wraps some in a type tag.
fn text(value: &Value) -> Option<String> {
    let text = match value.get("__var").unwrap_or(value) {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Durations are seconds with a fraction.
    let text = text.strip_suffix(".0").unwrap_or(&text);
    (text.chars().count() <= VALUE_CHARS_MAX && !text.contains('\n')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(id: &str, downstream: &[&str]) -> Task {
        Task {
            downstream_task_ids: downstream.iter().map(|id| (*id).into()).collect(),
            ..Task::new(id.into(), "EmptyOperator")
        }
    }

    #[test]
    fn tasks_edges_and_fields_are_told_apart() {
        let older =
            Dag { tasks: vec![task("a", &["b", "gone"]), task("b", &[]), task("gone", &[])], ..Dag::new("d".into()) };
        let mut b = task("b", &["new"]);
        b.retries = 3;
        b.extra = Map::from_iter([("bash_command".to_owned(), json!("x".repeat(61))), ("_note".to_owned(), json!(1))]);
        let mut c = task("a", &[]);
        c.doc_md = Some("Two\nlines".to_owned());
        c.execution_timeout = Some(tw_model::TimeSpan::from_secs(90));
        let newer = Dag {
            tasks: vec![b, c, task("new", &["a"])],
            catchup: true,
            fileloc: "/other".into(),
            ..Dag::new("d".into())
        };
        let told = StructureChanges::between(&older, &newer);
        let field = |task_id: Option<&str>, name: &str, before: &str, after: Option<&str>| StructureChange::Field {
            task_id: task_id.map(str::to_owned),
            name: name.to_owned(),
            before: Some(before.to_owned()),
            after: after.map(str::to_owned),
        };
        let expected = [
            StructureChange::TaskAdded { task_id: "new".to_owned() },
            StructureChange::TaskRemoved { task_id: "gone".to_owned() },
            StructureChange::DependencyRemoved { from: "a".to_owned(), to: "b".to_owned() },
            field(None, "catchup", "false", Some("true")),
            field(Some("a"), "doc_md", "none", None),
            field(Some("a"), "execution_timeout", "none", Some("90")),
            field(Some("b"), "bash_command", "none", None),
            field(Some("b"), "retries", "0", Some("3")),
        ];
        assert_eq!((told.changes.as_slice(), told.total), (expected.as_slice(), 8));
        assert_eq!(StructureChanges::between(&newer, &newer).total, 0);
    }
}
