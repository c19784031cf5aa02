//! Tasks that behave badly hurt themselves and nothing else.

use std::collections::BTreeMap;

use rustix::process::Signal;

use crate::processes;
use crate::stage::{Stage, eventually};

/// DAG, state of its run, what its log or the reason of its end says.
const CASES: &[(&str, &str, &str)] = &[
    ("too_long", "failed", "imeout"),
    ("deaf_and_too_long", "failed", "execution_timeout"),
    ("deaf", "failed", "its run timed out"),
    ("leaves_a_child", "success", "left behind: "),
    ("exits", "failed", "without reporting a result"),
    ("out_of_memory", "failed", "because memory ran out"),
    ("crashes", "failed", "SIGABRT"),
    ("huge_result", "success", ""),
    ("huge_lines", "success", "the end"),
    ("unprintable", "success", "no text"),
    ("garbage", "failed", "file descriptor 0"),
    ("nonsense", "failed", "file descriptor 0"),
    ("harmless", "success", ""),
];

#[test]
fn trouble_stays_where_it_is() {
    let stage = Stage::new();
    stage.settings("[task]\nkill_grace_secs = 1\novertime_secs = 2");
    stage.add("trouble.py");
    let server = stage.start();
    server.wait_for_dags(&["harmless", "too_long"]);
    let bridge = server.bridge().unwrap();
    let runs: BTreeMap<&str, String> = CASES.iter().map(|(dag_id, ..)| (*dag_id, server.trigger(dag_id))).collect();
    let mut wrong = Vec::new();
    for (dag_id, state, told) in CASES {
        let run_id = &runs[dag_id];
        let found = server.wait_for_run(dag_id, run_id);
        let log = server.log_of(dag_id, run_id, dag_id, 1);
        if found != *state || !log.contains(told) {
            let shown: Vec<String> = log.lines().rev().take(12).map(|line| line.chars().take(300).collect()).collect();
            wrong.push(format!("{dag_id} ended in {found}, not {state} with {told:?}:\n{}", shown.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), stage.log());

    let path =
        format!("/dags/huge_result/dagRuns/{}/taskInstances/huge_result/xcomEntries/return_value", runs["huge_result"]);
    let value = server.get(&path.replace('+', "%2B"))["value"].clone();
    assert_eq!(value.as_str().unwrap().len(), 8 << 20);
    let lines = server.log_of("huge_lines", &runs["huge_lines"], "huge_lines", 1);
    assert_eq!(lines.matches("INFO    line ").count(), 20_000, "no line is lost");

    for (dag_id, told) in [("exits", "without reporting a result (exit code 0)"), ("out_of_memory", "memory ran out")] {
        let why = server.cli(&["tasks", "why", dag_id, "latest", dag_id]);
        assert!(why.starts_with("failed\t") && why.contains(told), "{dag_id}: {why}");
    }
    let notes = stage.lines("notes");
    assert!(notes.iter().any(|line| line.starts_with("ignored")), "it was asked politely first: {notes:?}");

    // A program that a finished task left running is its own business, as it is with Airflow.
    let log = server.log_of("leaves_a_child", &runs["leaves_a_child"], "leaves_a_child", 1);
    let left = log.split("left behind: ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(stage.processes().contains(&left), "{log}");
    processes::signal(left, Signal::KILL);

    // Only the server, the fork server and its templates may be left.
    let busy = || -> Vec<String> {
        let titles = stage.processes().into_iter().map(processes::title);
        titles.filter(|title| title.starts_with("airflow") || title.starts_with("sleep")).collect()
    };
    eventually("the end of all tasks", || format!("{:?}", busy()), || busy().is_empty().then_some(()));
    assert_eq!(server.bridge(), Some(bridge), "the fork server is unharmed");
    server.expect("harmless", "success");
    server.stop();
}
