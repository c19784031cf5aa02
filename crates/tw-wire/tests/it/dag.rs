//! Documents as the SDK writes them, and what they mean.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};
use tw_model::{Dag, GroupChild, Task, TaskGroup};
use tw_wire::dag::{content_hash, decode};

macro_rules! documents {
    ($($name:ident),+ $(,)?) => {
        fn documents() -> Vec<(&'static str, Value)> {
            vec![$((stringify!($name), parse(include_str!(concat!("dags/", stringify!($name), ".json")))),)+]
        }
        $(
            #[test]
            fn $name() {
                let dag = decode(&parse(include_str!(concat!("dags/", stringify!($name), ".json")))).unwrap();
                insta::assert_snapshot!(stringify!($name), rendered(&dag));
            }
        )+
    };
}

documents! {
    all_fields,
    mapped,
    client_defaults,
    example_setup_teardown,
    example_task_group_mapping,
    example_nested_branch_dag,
    example_custom_weight,
    example_workday_timetable,
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What differs from a DAG and a task that say nothing, one line per task.
fn rendered(dag: &Dag) -> String {
    let mut out = String::new();
    let silent_dag = serde_json::to_value(decode(&silent(&[])).unwrap()).unwrap();
    let mut own = serde_json::to_value(dag).unwrap();
    for apart in ["tasks", "task_group", "timetable", "params", "extra"] {
        own.as_object_mut().unwrap().remove(apart);
    }
    writeln!(out, "dag {}", differing(&own, &silent_dag)).unwrap();
    writeln!(out, "timetable {}", serde_json::to_value(&dag.timetable).unwrap()).unwrap();
    for param in &dag.params {
        let default = param.default.as_ref().map_or("required".to_owned(), Value::to_string);
        writeln!(out, "param {} = {default} {}", param.name, param.schema).unwrap();
    }
    writeln!(out, "extra {:?}", dag.extra.keys().collect::<Vec<_>>()).unwrap();
    let silent_task = decode(&silent(&["x"])).unwrap().tasks.remove(0);
    dag.tasks.iter().for_each(|task| render_task(task, &silent_task, dag, &mut out));
    render_group(&dag.task_group, 0, &mut out);
    out
}

fn render_task(task: &Task, silent: &Task, dag: &Dag, out: &mut String) {
    // Common to most tasks of a document; rendered for the DAG above, or of no weight here.
    let mut base = Task { start_date: dag.start_date, end_date: dag.end_date, ..silent.clone() };
    base.ui_color.clone_from(&task.ui_color);
    base.task_module.clone_from(&task.task_module);
    if task.params == dag.params || task.params.iter().all(|p| p.source.as_deref() == Some("dag")) {
        base.params.clone_from(&task.params);
    }
    let mut own = serde_json::to_value(task).unwrap();
    own["extra"] = task.extra.keys().cloned().collect::<Vec<_>>().into();
    let mut base = serde_json::to_value(base).unwrap();
    base["extra"] = json!([]);
    writeln!(out, "task {}", differing(&own, &base)).unwrap();
}

fn render_group(group: &TaskGroup, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let mapped = group.expand_input.as_ref().map_or(String::new(), |e| format!(" over {e:?}"));
    let id = group.group_id.as_deref().unwrap_or("(root)");
    writeln!(out, "{indent}group {id} {:?}{mapped}", group.tooltip).unwrap();
    for child in &group.children {
        match child {
            GroupChild::Task(task_id) => writeln!(out, "{indent}  {task_id}").unwrap(),
            GroupChild::Group(inner) => render_group(inner, depth + 1, out),
        }
    }
}

fn differing(own: &Value, base: &Value) -> Value {
    let fields = own.as_object().unwrap().iter();
    fields.filter(|(key, value)| base.get(key) != Some(*value)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// The smallest document with these tasks.
fn silent(task_ids: &[&str]) -> Value {
    let tasks: Value = task_ids.iter().map(|id| json!({"__type": "operator", "__var": {"task_id": id}})).collect();
    let timetable = json!({"__type": "airflow.timetables.simple.NullTimetable", "__var": {}});
    json!({"__version": 3, "dag": {"dag_id": "", "tasks": tasks, "timetable": timetable}})
}

/// A one-task document with this change to the task and to the document.
fn with_task(task: Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut document = silent(&["x"]);
    document["dag"]["tasks"][0]["__var"].as_object_mut().unwrap().extend(task.as_object().unwrap().clone());
    change(&mut document);
    document
}

#[test]
fn every_timetable_of_the_sdk() {
    let mut out = String::new();
    for (name, parts) in parse(include_str!("dags/timetables.json")).as_object().unwrap() {
        let mut document = silent(&[]);
        document["dag"].as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        let dag = decode(&document).unwrap();
        let timetable = serde_json::to_value(&dag.timetable).unwrap();
        writeln!(out, "{name} [{}] {timetable}", dag.timezone).unwrap();
    }
    insta::assert_snapshot!("timetables", out);
}

#[test]
fn defaults_come_in_three_layers() {
    let client = json!({"tasks": {"retries": 1, "retry_delay": 60.0, "owner": "ops"}});
    let with_client = |document: &mut Value| document["client_defaults"] = client.clone();
    let task = |document: Value| decode(&document).unwrap().tasks.remove(0);

    let silent = task(with_task(json!({}), |_| ()));
    assert_eq!((silent.retries, silent.owner.as_str(), silent.retry_delay.as_secs_f64()), (0, "airflow", 300.0));
    let configured = task(with_task(json!({}), with_client));
    assert_eq!((configured.retries, configured.owner.as_str(), configured.retry_delay.as_secs_f64()), (1, "ops", 60.0));
    let explicit = task(with_task(json!({"retries": 0, "owner": "me"}), with_client));
    assert_eq!((explicit.retries, explicit.owner.as_str()), (0, "me"));
    let mapped = json!({"_is_mapped": true, "expand_input": {"type": "list-of-dicts", "value": []},
        "partial_kwargs": {"retries": 7, "retry_delay": {"__type": "timedelta", "__var": 5}}});
    let mapped = task(with_task(mapped, with_client));
    assert_eq!((mapped.retries, mapped.owner.as_str(), mapped.retry_delay.as_secs_f64()), (7, "ops", 5.0));
}

#[test]
fn errors_name_the_path() {
    let error = |document: Value| decode(&document).unwrap_err().to_string();
    assert_eq!(error(json!([])), "document: expected an object, got a list");
    assert_eq!(error(json!({"__version": 3})), "dag: is missing");
    assert!(error(json!({"__version": 2, "dag": {}})).starts_with("__version: 2 is not supported"));
    assert_eq!(
        error(with_task(json!({"pool_slots": "two"}), |_| ())),
        "dag.tasks[0](x).pool_slots: expected a whole number, got text"
    );
    assert_eq!(
        error(with_task(json!({"downstream_task_ids": ["y"]}), |_| ())),
        "dag.tasks[0](x).downstream_task_ids: \"y\" is no task of this DAG"
    );
    assert_eq!(error(silent(&["x", "x"])), "dag.tasks: \"x\" is defined twice");
    let mapped = json!({"_is_mapped": true, "expand_input": {"type": "dict-of-lists", "value": {"v": 1}}});
    assert_eq!(error(with_task(mapped, |_| ())), "dag.tasks[0](x).expand_input.value.v: expected a list, got 1");
    let in_group = |d: &mut Value| {
        d["dag"]["task_group"] = json!({"children": {"g": ["taskgroup", {"children": {"z": ["operator", "z"]}}]}})
    };
    assert_eq!(
        error(with_task(json!({}), in_group)),
        "dag.task_group.children.g.children.z: \"z\" is no task of this DAG"
    );
}

#[test]
fn deep_nesting_is_refused() {
    let deep = (0..10_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let document = with_task(json!({}), |d| d["dag"]["edge_info"] = deep);
    assert_eq!(decode(&document).unwrap_err().path(), "document");
    std::mem::forget(document); // dropping it would recurse as deep
}

#[test]
fn hash_ignores_places_and_definition_order_and_nothing_else() {
    let base = parse(include_str!("dags/mapped.json"));
    let hash = |change: &dyn Fn(&mut Value)| {
        let mut document = base.clone();
        change(&mut document["dag"]);
        content_hash(&decode(&document).unwrap())
    };
    let original = hash(&|_| ());
    assert_eq!(original.len(), 64);
    assert_eq!(original, hash(&|dag| dag["fileloc"] = json!("/elsewhere/features.py")));
    assert_eq!(original, hash(&|dag| dag["_processor_dags_folder"] = json!("/elsewhere")));
    assert_eq!(original, hash(&|dag| dag["tasks"].as_array_mut().unwrap().reverse()));
    assert_ne!(original, hash(&|dag| dag["tasks"][0]["__var"]["pool"] = json!("other")));
    assert_ne!(original, hash(&|dag| dag["tasks"][0]["__var"]["op_args"] = json!([1])));
    assert_ne!(original, hash(&|dag| dag["relative_fileloc"] = json!("other.py")));
}

/// The places of all values in a document, as JSON pointers.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                pointers(inner, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, inner)| pointers(inner, format!("{at}/{i}"), out))
        }
        _ => {}
    }
    out.push(at);
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(-1)),
        Just(json!(1e308)),
        Just(json!(u64::MAX)),
        Just(json!("")),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([["a", {}], 1])),
        Just(json!({"__type": "xcomref", "__var": {}})),
        Just(json!({"__type": "dict", "__var": []})),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is wrong with a document, the answer is a DAG or an error, never a panic; and a
    /// DAG that was accepted can be hashed and stored.
    #[test]
    fn mutated_documents_never_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..4),
    ) {
        let mut documents = documents();
        let (_, mut document) = documents.swap_remove(which.index(documents.len()));
        for (place, value) in changes {
            let mut places = Vec::new();
            pointers(&document, String::new(), &mut places);
            *document.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        }
        if let Ok(dag) = decode(&document) {
            prop_assert_eq!(content_hash(&dag).len(), 64);
            let stored = serde_json::to_string(&dag).unwrap();
            prop_assert!(serde_json::from_str::<Dag>(&stored).is_ok());
        }
    }
}
