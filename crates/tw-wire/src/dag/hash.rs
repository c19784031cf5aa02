//! The hash that says whether two parses of a DAG mean the same (S-2.51, protocol 4.1).

use serde_json::Value;
use sha2::{Digest, Sha256};
use tw_model::{Dag, GroupChild, TaskGroup};

/// SHA-256, in hex, over the DAG's canonical JSON: keys sorted, tasks and group members sorted
/// by id, and without the absolute path of its file. Equal meaning, equal hash; a DAG folder that
/// moved, or tasks written in another order, change nothing.
pub fn content_hash(dag: &Dag) -> String {
    let mut dag = dag.clone();
    dag.fileloc.clear();
    dag.tasks.sort_by(|a, b| a.task_id.cmp(&b.task_id));
    sort_children(&mut dag.task_group);
    let value =
        serde_json::to_value(&dag).expect("a Dag has only text keys and finite numbers that serde_json can hold");
    let mut canonical = String::new();
    write_canonical(&value, &mut canonical);
    Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sort_children(group: &mut TaskGroup) {
    group.children.sort_by(|a, b| child_id(a).cmp(child_id(b)));
    for child in &mut group.children {
        if let GroupChild::Group(inner) = child {
            sort_children(inner);
        }
    }
}

fn child_id(child: &GroupChild) -> &str {
    match child {
        GroupChild::Task(task_id) => task_id.as_str(),
        GroupChild::Group(group) => group.group_id.as_deref().unwrap_or_default(),
    }
}

/// JSON with sorted keys and without spaces. `serde_json`'s own map sorts too, unless a
/// dependency somewhere in the build switches that off; the hash must not depend on that.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, inner) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(inner, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
