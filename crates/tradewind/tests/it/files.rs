//! What becomes of a DAG file that is saved, changed, broken, repaired and removed.

use std::fs;

use serde_json::Value;

use crate::stage::{Server, Stage, eventually};

/// A DAG with one task for each of `tasks`.
fn dag_file(dag_id: &str, tasks: &[&str]) -> String {
    let mut text = format!("from airflow.sdk import dag, task\n\n\n@dag(schedule=None)\ndef {dag_id}():\n");
    for task in tasks {
        text.push_str(&format!("    task(task_id={task:?})(lambda: None)()\n"));
    }
    text + &format!("\n\n{dag_id}()\n")
}

/// How often a file was parsed, from the servers' log.
fn parses(stage: &Stage, file: &str) -> usize {
    let ending = format!("/{file}");
    let lines = stage.log();
    let events = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = |event: &Value| event["message"] == "parsed" && event["file"].as_str().unwrap().ends_with(&ending);
    events.filter(ours).count()
}

fn wait_for_parses(stage: &Stage, file: &str, count: usize) {
    eventually(&format!("parse {count} of {file}"), || stage.log(), || (parses(stage, file) >= count).then_some(()));
}

fn versions(server: &Server<'_>, dag_id: &str) -> u64 {
    server.get(&format!("/dags/{dag_id}/dagVersions"))["total_entries"].as_u64().unwrap()
}

fn import_errors(server: &Server<'_>) -> Vec<Value> {
    server.get("/importErrors")["import_errors"].as_array().unwrap().clone()
}

#[test]
fn a_file_lives() {
    let stage = Stage::new();
    stage.write("old.py", &dag_file("old", &["a"]));
    let server = stage.start();
    server.wait_for_dags(&["old"]);

    stage.write("fresh.py", &dag_file("fresh", &["a"]));
    server.wait_for_dags(&["fresh"]);
    server.expect("fresh", "success");

    stage.write("fresh.py", &(dag_file("fresh", &["a"]) + "# a remark\n"));
    wait_for_parses(&stage, "fresh.py", 2);
    stage.write("marker.py", &dag_file("marker", &["a"]));
    server.wait_for_dags(&["marker"]);
    assert_eq!(versions(&server, "fresh"), 1, "a remark is no other meaning");

    stage.write("fresh.py", &dag_file("fresh", &["a", "b"]));
    eventually("another version", || stage.log(), || (versions(&server, "fresh") == 2).then_some(()));
    let run_id = server.expect("fresh", "success");
    assert_eq!(server.states("fresh", &run_id).len(), 2);

    a_broken_file_is_told(&server);
    a_removed_file_is_gone(&server);
    server.stop();
    only_changes_are_parsed_after_a_restart(&stage);
}

fn a_broken_file_is_told(server: &Server<'_>) {
    let stage = server.stage;
    stage.write("fresh.py", "# airflow dag\nimport no_such_module\n");
    let errors = eventually(
        "an import error",
        || stage.log(),
        || Some(import_errors(server)).filter(|errors| !errors.is_empty()),
    );
    assert_eq!(errors.len(), 1);
    assert!(errors[0]["filename"].as_str().unwrap().ends_with("fresh.py"), "{errors:?}");
    let line = server.cli(&["dags", "list-import-errors"]);
    assert!(line.contains("No module named 'no_such_module'"), "{line}");
    let details = server.get("/dags/fresh/details");
    assert_eq!(details["has_import_errors"], true, "the last good version stays: {details}");
    assert_eq!(server.get("/dags/fresh/tasks")["total_entries"], 2);
    assert_eq!(versions(server, "fresh"), 2);

    stage.write("fresh.py", &dag_file("fresh", &["a", "b"]));
    eventually("the end of the import error", || stage.log(), || import_errors(server).is_empty().then_some(()));
    assert_eq!(versions(server, "fresh"), 2, "it means what it meant");
    server.expect("fresh", "success");
}

fn a_removed_file_is_gone(server: &Server<'_>) {
    fs::remove_file(server.stage.dags().join("marker.py")).unwrap();
    let listed = || server.cli(&["dags", "list"]);
    eventually("the end of a DAG", listed, || (!listed().contains("marker")).then_some(()));
}

fn only_changes_are_parsed_after_a_restart(stage: &Stage) {
    stage.write("fresh.py", &dag_file("fresh", &["a", "b", "c"]));
    let (old, fresh) = (parses(stage, "old.py"), parses(stage, "fresh.py"));
    let server = stage.start();
    wait_for_parses(stage, "fresh.py", fresh + 1);
    stage.write("late.py", &dag_file("late", &["a"]));
    server.wait_for_dags(&["late"]);
    server.expect("old", "success");
    assert_eq!(parses(stage, "old.py"), old, "an unchanged file is not parsed again");
    assert_eq!(versions(&server, "fresh"), 3);
    server.stop();
}
