//! Days on which nothing goes wrong but what a DAG is made to survive.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::stage::{Server, Stage, eventually};

const PASSWORD: &str = "swordfish-42";
const GIVEN_PASSWORD: &str = "hunter-two-2";
const API_KEY: &str = "key-of-the-kingdom";

fn stage(database: Option<String>) -> Stage {
    let stage = Stage::new()
        .on(database)
        .with("AIRFLOW_VAR_FROM_ENV", "given")
        .with("AIRFLOW_CONN_GIVEN", &format!("http://guest:{GIVEN_PASSWORD}@given.example:81"));
    ["shapes.py", "context.py", "calling_back.py"].iter().for_each(|name| stage.add(name));
    stage
}

fn states(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

fn returned(server: &Server<'_>, dag_id: &str, run_id: &str, task_id: &str) -> Value {
    let run_id = run_id.replace('+', "%2B");
    let path = format!("/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value");
    server.get(&path)["value"].clone()
}

/// What a person sets up before the first run.
fn furnish(server: &Server<'_>) {
    server.cli(&["pools", "set", "narrow", "1", "--description", "one at a time"]);
    server.cli(&["variables", "set", "stored", "kept"]);
    server.cli(&["variables", "set", "my_api_key", API_KEY]);
    let words = ["--type", "http", "--host", "stored.example", "--port", "82", "--password", PASSWORD];
    let extra = ["--extra", r#"{"mode": "slow"}"#];
    server.cli(&[&["connections", "set", "stored"], &words[..], &extra].concat());
    server.wait_for_dags(&["graph", "branching", "trying", "narrow", "context", "calling_back_good"]);
}

fn a_good_day(database: Option<String>) {
    let stage = stage(database);
    let server = stage.start();
    furnish(&server);
    let triggered = ["graph", "branching", "trying", "narrow", "calling_back_good"].map(|id| (id, server.trigger(id)));
    let conf = server.stage.say(&["dags", "trigger", "context", "--conf", r#"{"size": 7}"#, "-q", "-o", "json"]).json();
    let bad = server.trigger("calling_back_bad");
    let runs: BTreeMap<&str, String> = triggered.into_iter().collect();
    for (dag_id, run_id) in &runs {
        server.expect_run(dag_id, run_id, "success");
    }

    let graph = &runs["graph"];
    let instances = server.states("graph", graph);
    assert_eq!(instances.len(), 1 + 4 + 3 + 1 + 6 + 1, "{instances:?}");
    assert!(instances.values().all(|state| state == "success"), "{instances:?}");
    assert_eq!(returned(&server, "graph", graph, "total"), json!(12));

    let expected = [("choose", "success"), ("left", "success"), ("right", "skipped"), ("join", "success")];
    assert_eq!(server.states("branching", &runs["branching"]), states(&expected));

    let trying = &runs["trying"];
    assert_eq!(returned(&server, "trying", trying, "unsteady"), json!(2));
    assert_eq!(returned(&server, "trying", trying, "looking"), json!(3), "each look is another process");
    assert_eq!(server.instance("trying", trying, "looking")["try_number"], 1, "looks are one try");
    assert!(server.log_of("trying", trying, "unsteady", 1).contains("ConnectionError: not yet"));

    it_read_its_context(&server, conf["dag_run_id"].as_str().unwrap());
    it_called_back(&server, &bad);
    server.stop();
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn it_read_its_context(server: &Server<'_>, run_id: &str) {
    server.expect_run("context", run_id, "success");
    let value = |task_id: &str| returned(server, "context", run_id, task_id);
    assert_eq!(value("variables"), json!(["kept", "given", "nothing"]));
    assert_eq!(server.cli(&["variables", "get", "written"]).trim(), "by a task");
    assert_eq!(value("connections"), json!(["stored.example", 82, "slow", "given.example", "guest"]));
    assert_eq!(value("configured"), json!([7, 7]));
    assert_eq!(value("templated"), json!("context templated 1"));
    let log = server.log_of("context", run_id, "connections", 1);
    for line in ["printed ***", "logged ***", "variable ***"] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    for file in files(&server.stage.home().join("logs")) {
        let text = fs::read_to_string(&file).unwrap();
        for secret in [PASSWORD, GIVEN_PASSWORD, API_KEY] {
            assert!(!text.contains(secret), "{secret} in {}", file.display());
        }
    }
}

fn it_called_back(server: &Server<'_>, bad: &str) {
    server.expect_run("calling_back_bad", bad, "failed");
    let expected = [
        "dag_failure calling_back_bad",
        "dag_success calling_back_good",
        "execute dies",
        "execute dies",
        "execute fails",
        "execute second_time",
        "execute second_time",
        "failure dies",
        "failure fails",
        "retry dies",
        "retry second_time",
        "success second_time",
    ];
    let called = || {
        let mut lines = server.stage.lines("called");
        lines.sort();
        lines
    };
    eventually(
        "all callbacks",
        || format!("{:#?}\n{}", called(), server.stage.log()),
        || (called().len() >= expected.len()).then_some(()),
    );
    assert_eq!(called(), expected);
}

#[test]
fn a_good_day_on_sqlite() {
    a_good_day(None);
}

#[test]
fn a_good_day_on_postgresql() {
    a_good_day(Some(tw_testkit::postgres()));
}
