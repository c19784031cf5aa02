//! The command line, as people and scripts use it.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::asking::Said;
use crate::stage::{Server, Stage, eventually};

#[test]
fn commands_of_a_working_server() {
    let stage = Stage::new();
    stage.add("slow.py");
    let server = stage.start();
    server.wait_for_dags(&["slow", "failing", "daily"]);
    dags(&server);
    waiting_and_why(&server);
    failures(&server);
    values(&server);
    server.stop();
    let complaint = stage.say(&["dags", "list"]).failed(3);
    assert!(complaint.contains("tradewind standalone --home"), "{complaint}");
}

fn ids(rows: &Value, name: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

fn dags(server: &Server<'_>) {
    let say = |words: &[&str]| server.stage.say(words);
    assert_eq!(ids(&say(&["dags", "list", "-o", "json"]).json(), "dag_id"), ["daily", "failing", "slow"]);
    assert_eq!(ids(&say(&["dags", "list", "--pattern", "ail", "-o", "json"]).json(), "dag_id"), ["daily", "failing"]);
    assert_eq!(server.cli(&["dags", "list"]).lines().count(), 3, "plain text has no header");
    let daily = say(&["dags", "show", "daily", "-o", "json"]).json();
    assert_eq!((&daily["timetable_summary"], &daily["is_paused"]), (&json!("0 5 * * *"), &json!(false)));
    assert!(daily["next_dagrun_run_after"].as_str().unwrap().contains("T05:00:00"), "{daily}");
    assert!(server.cli(&["dags", "show", "slow", "-o", "yaml"]).contains("description: Waits for a file\n"));
    assert_eq!(say(&["dags", "list-import-errors", "-o", "json"]).json(), json!([]));
    assert_eq!(ids(&say(&["tasks", "list", "slow", "-o", "json"]).json(), "task_id"), ["after", "waits"]);
    for words in [&["dags", "show", "no-such"][..], &["dags", "trigger", "no-such"], &["dags", "pause", "no-such"]] {
        assert!(say(words).failed(4).contains("no-such"));
    }
    assert!(say(&["dags", "trigger", "slow", "--conf", "[1]"]).failed(2).contains("JSON object"));
}

fn waiting_and_why(server: &Server<'_>) {
    let say = |words: &[&str]| server.stage.say(words);
    server.cli(&["dags", "pause", "slow"]);
    let said = say(&["dags", "trigger", "slow", "--run-id", "mine", "--note", "a test", "-o", "json"]);
    assert!(said.stderr.contains("tradewind dags unpause slow"), "{said:?}");
    assert_eq!(said.json()["note"], "a test");
    assert!(server.cli(&["tasks", "why", "slow", "mine", "waits"]).contains("paused"));
    say(&["dags", "trigger", "slow", "--run-id", "mine"]).failed(2);
    server.cli(&["dags", "unpause", "slow"]);
    eventually(
        "the first line of the log",
        || server.stage.log(),
        || say(&["tasks", "logs", "slow", "mine", "waits"]).stdout.contains("waiting for the gate").then_some(()),
    );
    let why = ["tasks", "why", "slow", "mine", "after"];
    assert!(server.cli(&why).contains("waits"));
    assert_eq!(say(&[&why[..], &["-o", "json"]].concat()).json()[0]["held_by"], json!(["waits"]));
    assert!(server.cli(&["tasks", "why", "slow", "latest", "waits"]).contains("running"));
    let rows = say(&["tasks", "list", "slow", "mine", "-o", "json"]).json();
    assert_eq!(rows.as_array().unwrap().len(), 2);

    let mut following = server.stage.command(&["tasks", "logs", "slow", "mine", "waits", "--follow"]);
    let following = following.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut watching = server.stage.command(&["runs", "watch", "slow", "mine", "-o", "json"]);
    let watching = watching.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fs::write(server.stage.out("gate"), "").unwrap();
    let watched = Said::from(watching.wait_with_output().unwrap());
    assert_eq!(watched.json()["state"], "success");
    let log = Said::from(following.wait_with_output().unwrap()).done();
    assert!(log.contains("Process ended with exit code 0"), "{log}");
    assert!(server.cli(&["tasks", "logs", "slow", "mine", "after"]).contains("the gate is open"));
    let listed = say(&["runs", "list", "slow", "--state", "success", "-o", "json"]).json();
    assert_eq!(ids(&listed, "dag_run_id"), ["mine"]);
}

fn failures(server: &Server<'_>) {
    let say = |words: &[&str]| server.stage.say(words);
    let said = say(&["dags", "trigger", "failing", "--wait", "--run-id", "bad", "-o", "json"]);
    assert!(said.stderr.contains("fails  failed"), "{said:?}");
    assert_eq!(serde_json::from_str::<Value>(&said.stdout).unwrap()["state"], "failed");
    said.failed(1);
    say(&["runs", "watch", "failing"]).failed(1);
    for try_number in ["1", "2"] {
        let log = server.cli(&["tasks", "logs", "failing", "latest", "fails", "--try", try_number]);
        assert!(log.contains("ValueError: on purpose"), "{log}");
    }
    say(&["tasks", "logs", "failing", "bad", "fails", "--try", "3"]).failed(4);
    say(&["runs", "watch", "failing", "no-such"]).failed(4);
    assert_eq!(say(&["dags", "list-runs", "failing", "--state", "success", "-o", "json"]).json(), json!([]));
    let said =
        say(&["dags", "trigger", "slow", "--wait", "--logical-date", "2026-01-31T00:00:00Z", "-q", "-o", "json"]);
    assert_eq!(said.json()["logical_date"], "2026-01-31T00:00:00Z");
    assert!(say(&["dags", "list", "--token", "wrong"]).failed(5).contains("token"));
}

fn values(server: &Server<'_>) {
    let say = |words: &[&str]| server.stage.say(words);
    server.cli(&["variables", "set", "colour", "blue"]);
    server.cli(&["variables", "set", "colour", "green", "--description", "of the grass"]);
    assert_eq!(server.cli(&["variables", "get", "colour"]), "green\n");
    assert_eq!(ids(&say(&["variables", "list", "-o", "json"]).json(), "key"), ["colour"]);
    server.cli(&["variables", "delete", "colour"]);
    say(&["variables", "get", "colour"]).failed(4);

    let mut set = server.stage.command(&["connections", "set", "db", "--type", "postgres", "--password", "-"]);
    let mut set =
        set.args(["--host", "h", "--port", "5432"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(b"very-secret\n").unwrap();
    Said::from(set.wait_with_output().unwrap()).done();
    let shown = server.cli(&["connections", "get", "db", "-o", "json"]) + &server.cli(&["connections", "list"]);
    assert!(shown.contains("5432") && !shown.contains("very-secret"), "{shown}");
    server.cli(&["connections", "delete", "db"]);
    say(&["connections", "get", "db"]).failed(4);

    server.cli(&["pools", "set", "wide", "5"]);
    server.cli(&["pools", "set", "wide", "-1"]);
    assert_eq!(say(&["pools", "get", "wide", "-o", "json"]).json()["slots"], -1);
    assert_eq!(ids(&say(&["pools", "list", "-o", "json"]).json(), "name"), ["default_pool", "wide"]);
    server.cli(&["pools", "delete", "wide"]);
    say(&["pools", "get", "wide"]).failed(4);
    say(&["pools", "delete", "default_pool"]).failed(2);
}

#[test]
fn commands_without_a_server() {
    let stage = Stage::new();
    stage.add("slow.py");
    assert_eq!(stage.say(&["version", "-o", "json"]).json(), json!({"version": env!("CARGO_PKG_VERSION")}));
    let settings = stage.say(&["config", "show", "--port", "81", "-o", "json"]).json();
    let port = settings.as_array().unwrap().iter().find(|row| row["key"] == "port").unwrap().clone();
    assert_eq!((&port["value"], &port["origin"]), (&json!(81), &json!("flag --port")));
    let file = settings.as_array().unwrap().iter().find(|row| row["key"] == "scheduler.dags_are_paused_at_creation");
    assert!(file.unwrap()["origin"].as_str().unwrap().ends_with("tradewind.toml"));

    assert!(stage.say(&["db", "check"]).failed(1).contains("tradewind db migrate"));
    stage.say(&["db", "migrate"]).done();
    stage.say(&["db", "check"]).done();
    let python = stage.python();
    let healthy = stage.say(&["doctor", "--python", python, "--dags", stage.dags().to_str().unwrap(), "-o", "json"]);
    let verdicts = healthy.json();
    let bad: Vec<&Value> = verdicts.as_array().unwrap().iter().filter(|row| row["status"] == "FAIL").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let broken = stage.say(&["doctor", "--python", "/bin/true"]);
    assert!(broken.stdout.contains("apache-airflow-task-sdk"), "{broken:?}");
    broken.failed(1);

    fs::write(stage.out("gate"), "").unwrap();
    let dags = stage.dags();
    let file = dags.join("slow.py");
    let words = |dag_id| ["dags", "test", file.to_str().unwrap(), "--dag-id", dag_id, "--python", python, "-o", "json"];
    assert_eq!(stage.say(&words("slow")).json()["state"], "success");
    let failed = stage.say(&words("failing"));
    let document: Value = serde_json::from_str(&failed.stdout).expect("stdout is one document");
    assert_eq!(document["state"], "failed", "{failed:?}");
    assert!(failed.failed(1).contains("on purpose"), "the log is shown beside it");
    assert!(!stage.home().join("server.json").exists(), "a test leaves nothing in the home");
    stage.assert_nothing_runs();
}
