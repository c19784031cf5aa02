//! What people do about runs: clear, mark, delete. Whatever was answered holds, also if the server
//! is killed right after its answer.

use serde_json::{Value, json};

use crate::stage::{Server, Stage, eventually};

fn stage(database: Option<String>) -> Stage {
    let stage = Stage::new().on(database);
    stage.add("acts.py");
    stage
}

/// Kills the server, and starts another one.
fn again<'a>(stage: &'a Stage, server: Server<'a>) -> Server<'a> {
    server.kill();
    stage.start()
}

fn run_path(dag_id: &str, run_id: &str) -> String {
    format!("/dags/{dag_id}/dagRuns/{}", run_id.replace('+', "%2B"))
}

/// An act that has to be accepted.
fn act(server: &Server<'_>, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = server.ask(method, path, body);
    assert!(matches!(status, 200 | 204), "{method} {path}: {status} {answer}");
    answer
}

/// Task and state of what an answer names.
fn named(answer: &Value) -> Vec<(String, Value)> {
    let instances = answer["task_instances"].as_array().unwrap();
    let mut named: Vec<_> =
        instances.iter().map(|i| (i["task_id"].as_str().unwrap().to_owned(), i["state"].clone())).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}

/// A line of `holds`: its run, its try, how many processes before it still ran, its process.
struct Begun {
    run_id: String,
    try_number: u32,
    still: u32,
    pid: u32,
}

/// Waits until `holds` has begun so many times, and answers with the last.
fn begun(stage: &Stage, count: usize) -> Begun {
    let read = || {
        let lines = stage.lines("holds");
        let line = lines.get(count - 1)?.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let [run_id, try_number, still, pid] = &line[..] else { return None };
        let number = |text: &String| text.parse().ok();
        Some(Begun {
            run_id: run_id.clone(),
            try_number: number(try_number)?,
            still: number(still)?,
            pid: number(pid)?,
        })
    };
    eventually(&format!("beginning {count} of holds"), || stage.log(), read)
}

fn a_failed_run_goes_on(database: Option<String>) {
    let stage = stage(database);
    let server = stage.start();
    server.wait_for_dags(&["mending"]);
    let run_id = server.expect("mending", "failed");
    let failed = json!([["breaks", "failed"], ["then", "upstream_failed"]]);
    std::fs::write(stage.out("cause_gone"), "").unwrap();

    let mut body = json!({"dag_run_id": run_id, "task_ids": ["breaks"], "include_downstream": true});
    let would = act(&server, "POST", "/dags/mending/clearTaskInstances", &body);
    assert_eq!(json!(named(&would)), failed);
    assert_eq!(server.run("mending", &run_id)["state"], "failed", "that was a question");

    body["dry_run"] = json!(false);
    body["note"] = json!("the cause is gone");
    let did = act(&server, "POST", "/dags/mending/clearTaskInstances", &body);
    assert_eq!(named(&did).len(), 2);
    server.expect_run("mending", &run_id, "success");
    let instance = |task_id: &str| server.instance("mending", &run_id, task_id);
    assert_eq!(
        (&instance("breaks")["try_number"], &instance("breaks")["note"]),
        (&json!(2), &json!("the cause is gone"))
    );
    assert_eq!((&instance("then")["try_number"], &instance("before")["try_number"]), (&json!(1), &json!(1)));
    assert!(server.log_of("mending", &run_id, "breaks", 1).contains("the cause is there"));
    let log = server.log_of("mending", &run_id, "breaks", 2);
    assert!(log.contains("mended") && !log.contains("the cause is there"), "{log}");

    let all = json!({"dry_run": false, "note": "all of it"});
    let run = act(&server, "POST", &format!("{}/clear", run_path("mending", &run_id)), &all);
    assert_eq!((&run["note"], &run["end_date"]), (&json!("all of it"), &Value::Null));
    let server = again(&stage, server);
    server.expect_run("mending", &run_id, "success");
    // One that had begun when the server was killed is tried once more.
    let number = |task_id: &str| server.instance("mending", &run_id, task_id)["try_number"].as_u64().unwrap();
    let tries = ["before", "breaks", "then"].map(number);
    assert!(tries.iter().zip([2, 3, 2]).all(|(tried, least)| *tried >= least), "{tries:?}");
    assert!(tries.iter().sum::<u64>() <= 8, "{tries:?}");
    server.stop();
}

#[test]
fn a_failed_run_goes_on_on_sqlite() {
    a_failed_run_goes_on(None);
}

#[test]
fn a_failed_run_goes_on_on_postgresql() {
    a_failed_run_goes_on(Some(tw_testkit::postgres()));
}

/// No two processes of a task instance run at a time.
#[test]
fn a_running_task_begins_anew() {
    let stage = stage(None);
    let server = stage.start();
    server.wait_for_dags(&["holding"]);
    let run_id = server.trigger("holding");
    let first = begun(&stage, 1);
    assert_eq!((first.run_id.as_str(), first.try_number, first.still), (run_id.as_str(), 1, 0));
    let body = json!({"dag_run_id": run_id, "only_failed": false, "only_running": true, "dry_run": false});
    let clear = |server: &Server<'_>| {
        let cleared = act(server, "POST", "/dags/holding/clearTaskInstances", &body);
        assert_eq!(json!(named(&cleared)), json!([["holds", "restarting"]]));
    };
    clear(&server);
    let second = begun(&stage, 2);
    assert_eq!((second.try_number, second.still), (2, 0), "the first process had ended");
    assert_ne!(first.pid, second.pid);

    clear(&server);
    let server = again(&stage, server);
    let third = begun(&stage, 3);
    assert_eq!((third.try_number, third.still), (3, 0));
    std::fs::write(stage.out("gate"), "").unwrap();
    server.expect_run("holding", &run_id, "success");
    assert_eq!(server.instance("holding", &run_id, "holds")["try_number"], 3);
    assert_eq!(stage.lines("holds").len(), 3);
    server.stop();
}

#[test]
fn what_runs_is_marked_failed() {
    let stage = stage(None);
    let server = stage.start();
    server.wait_for_dags(&["holding"]);
    let marked = server.trigger("holding");
    let first = begun(&stage, 1);
    let run = act(&server, "PATCH", &run_path("holding", &marked), &json!({"state": "failed", "note": "enough"}));
    assert_eq!((&run["state"], &run["note"]), (&json!("failed"), &json!("enough")));
    eventually("its end", || stage.log(), || (!stage.processes().contains(&first.pid)).then_some(()));
    let ended = json!({"holds": "failed", "after": "skipped"});
    assert_eq!(json!(server.states("holding", &marked)), ended);

    let run_id = server.trigger("holding");
    begun(&stage, 2);
    let path = format!("{}/taskInstances/holds", run_path("holding", &run_id));
    let would = act(&server, "PATCH", &format!("{path}/dry_run"), &json!({"new_state": "failed"}));
    assert_eq!(json!(named(&would)), json!([["holds", "running"]]));
    let did = act(&server, "PATCH", &path, &json!({"new_state": "failed"}));
    assert_eq!(json!(named(&did)), json!([["holds", "failed"]]));
    let server = again(&stage, server);
    server.expect_run("holding", &run_id, "failed");
    assert_eq!(json!(server.states("holding", &run_id)), json!({"holds": "failed", "after": "upstream_failed"}));
    assert_eq!(stage.lines("holds").len(), 2, "nobody begins again");
    assert_eq!(json!(server.states("holding", &marked)), ended);
    assert_eq!(server.run("holding", &marked)["note"], "enough");
    server.stop();
}

#[test]
fn runs_and_dags_are_deleted() {
    let stage = stage(None);
    let server = stage.start();
    server.wait_for_dags(&["mending", "holding"]);
    let running = server.trigger("holding");
    begun(&stage, 1);
    let (status, refusal) = server.ask("DELETE", &run_path("holding", &running), &Value::Null);
    assert_eq!(status, 409, "{refusal}");
    assert_eq!(server.ask("DELETE", "/dags/holding", &Value::Null).0, 409);

    let kept = server.expect("mending", "failed");
    let run_id = server.expect("mending", "failed");
    act(&server, "DELETE", &run_path("mending", &run_id), &Value::Null);
    let server = again(&stage, server);
    assert_eq!(server.try_get(&run_path("mending", &run_id)).0, 404);
    assert_eq!(server.run("mending", &kept)["state"], "failed");
    assert_eq!(server.get("/eventLogs?event=delete_dag_run")["event_logs"][0]["run_id"], run_id.as_str());

    // Its file is still there, so it comes back, without its history.
    act(&server, "DELETE", "/dags/mending", &Value::Null);
    let server = again(&stage, server);
    server.wait_for_dags(&["mending"]);
    assert_eq!(server.get("/dags/mending/dagRuns")["total_entries"], 0);
    std::fs::write(stage.out("cause_gone"), "").unwrap();
    server.expect("mending", "success");
    std::fs::write(stage.out("gate"), "").unwrap();
    server.expect_run("holding", &running, "success");
    server.stop();
}

/// A task that triggers a run which is there already has it cleared, if it says so.
#[test]
fn a_task_resets_a_run() {
    let stage = stage(None);
    let server = stage.start();
    server.wait_for_dags(&["mending", "resetting"]);
    server.expect("resetting", "success");
    server.expect_run("mending", "fixed", "failed");
    std::fs::write(stage.out("cause_gone"), "").unwrap();
    server.expect("resetting", "success");
    server.expect_run("mending", "fixed", "success");
    let tries = ["before", "breaks", "then"].map(|id| server.instance("mending", "fixed", id)["try_number"].clone());
    assert_eq!(json!(tries), json!([2, 2, 1]));
    assert_eq!(server.run("mending", "fixed")["run_type"], "operator_triggered");
    server.stop();
}

#[test]
fn acts_of_the_command_line() {
    let stage = stage(None);
    let server = stage.start();
    server.wait_for_dags(&["mending"]);
    let run_id = server.expect("mending", "failed");
    let words = ["tasks", "clear", "mending", "--run-id", "latest", "--task-regex", "^break", "-d", "--only-failed"];
    let said = stage.say(&words);
    assert!(said.stdout.contains("breaks\t-\tfailed"), "it shows what it would do: {said:?}");
    assert!(said.failed(2).contains("--yes"), "and asks");
    assert_eq!(server.run("mending", &run_id)["state"], "failed");
    std::fs::write(stage.out("cause_gone"), "").unwrap();
    let cleared = stage.say(&[&words[..], &["--yes", "-o", "json"]].concat()).json();
    assert_eq!(cleared.as_array().unwrap().len(), 2, "{cleared}");
    server.expect_run("mending", &run_id, "success");
    stage.say(&["tasks", "clear", "mending", "-t", "nothing", "-y"]).failed(4);
    stage.say(&["tasks", "clear", "mending", "-s", "2026-01-02", "-e", "2026-01-01", "-y"]).failed(2);

    stage.say(&["dags", "delete", "mending"]).failed(2);
    stage.say(&["dags", "delete", "no-such", "-y"]).failed(4);
    std::fs::remove_file(stage.dags().join("acts.py")).unwrap();
    server.cli(&["dags", "delete", "mending", "--yes"]);
    assert_eq!(server.try_get("/dags/mending").0, 404);
    server.stop();
}
