//! Task groups (protocol 4.6).

use std::collections::BTreeMap;

use serde_json::Value;
use tw_model::{GroupChild, Task, TaskGroup, TaskId};

use super::DagDecodeError;
use super::encoding::{object, text};
use super::fields::Fields;
use super::mapping::expand_input;

/// Decodes the root group. The document's map of children has no dependable order, so children
/// are put into the order in which `tasks` defines them, a group by its first task.
pub(super) fn root(value: &Value, tasks: &[Task]) -> Result<TaskGroup, DagDecodeError> {
    let places: Places<'_> = tasks.iter().enumerate().map(|(i, task)| (task.task_id.as_str(), i)).collect();
    group(None, value, &places).map(|(group, _)| group)
}

/// The group of a document that has none: all tasks, in one level.
pub(super) fn flat(tasks: &[Task]) -> TaskGroup {
    TaskGroup { children: tasks.iter().map(|t| GroupChild::Task(t.task_id.clone())).collect(), ..TaskGroup::default() }
}

type Places<'a> = BTreeMap<&'a str, usize>;

/// The group, and the place of its first task.
fn group(full_id: Option<&str>, value: &Value, places: &Places<'_>) -> Result<(TaskGroup, usize), DagDecodeError> {
    let mut fields = Fields::new(object(value)?);
    let group_id = fields.text("_group_id")?;
    let children = fields.optional("children", object)?;
    let mut placed = children
        .into_iter()
        .flatten()
        .map(|(label, entry)| child(label, entry, places).map_err(|e| e.below(format!("children.{label}"))))
        .collect::<Result<Vec<_>, _>>()?;
    placed.sort_by_key(|(_, place)| *place);
    let first = placed.first().map_or(usize::MAX, |(_, place)| *place);
    let is_mapped = fields.flag("is_mapped")?;
    let group = TaskGroup {
        // The label under which the parent holds it is the full id, prefixes included.
        group_id: full_id.map(str::to_owned).or(group_id),
        display_name: fields.text("group_display_name")?,
        tooltip: fields.or("tooltip", text, String::new())?,
        expand_input: if is_mapped { Some(fields.required("expand_input", expand_input)?) } else { None },
        children: placed.into_iter().map(|(child, _)| child).collect(),
        extra: fields.rest(),
    };
    Ok((group, first))
}

/// `["operator", task_id]` or `["taskgroup", {…}]`.
fn child(label: &str, entry: &Value, places: &Places<'_>) -> Result<(GroupChild, usize), DagDecodeError> {
    let Some([Value::String(kind), inner]) = entry.as_array().map(Vec::as_slice) else {
        return Err(DagDecodeError::new("expected a pair of kind and child"));
    };
    match kind.as_str() {
        "operator" => {
            let task_id = text(inner)?;
            let place = *places
                .get(task_id.as_str())
                .ok_or_else(|| DagDecodeError::new(format!("{task_id:?} is no task of this DAG")))?;
            Ok((GroupChild::Task(TaskId::from(task_id)), place))
        }
        "taskgroup" => group(Some(label), inner, places).map(|(g, place)| (GroupChild::Group(g), place)),
        other => Err(DagDecodeError::new(format!("{other:?} is no kind of child"))),
    }
}
