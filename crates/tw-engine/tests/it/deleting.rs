//! Deleting runs and DAGs (S-6.68).

use tw_engine::Reply;

use crate::harness::{Play, draw};

#[test]
fn a_run_that_is_over_can_go() {
    let mut play = Play::with_dag("a");
    play.run("trigger r; delete-run");
    assert!(matches!(&play.last_reply, Reply::Conflict(text) if text.contains("running state")));
    play.run("a ok; delete-run");
    assert_eq!(play.last_reply, Reply::Done);
    assert!(play.store.runs.is_empty());
    play.run("delete-run");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
    play.run("trigger r; a ok");
    assert_eq!(play.show(), "success | a:success");
}

#[test]
fn a_queued_run_gives_its_place_away() {
    let mut play = Play::with_dag("a; dag: max_active_runs=1");
    play.run("trigger r; trigger q; trigger p; in q; delete-run; in r; a ok");
    assert_eq!(play.show_run("p"), "running | a:running");
    assert_eq!(play.store.runs.len(), 2);
}

#[test]
fn whoever_waited_for_a_deleted_run_goes_on() {
    let mut play = Play::with_dag("a; a: depends_on_past");
    play.run("trigger r1 2026-01-01T00:00:00Z; a ok; trigger r2 2026-01-02T00:00:00Z; a fail");
    play.run("trigger r3 2026-01-03T00:00:00Z");
    assert_eq!(play.show(), "running | a:-");
    play.run("in r2; delete-run");
    assert_eq!(play.show_run("r3"), "running | a:running");
}

#[test]
fn a_dag_goes_with_its_history_and_may_come_back() {
    let mut play = Play::with_dag("a");
    play.run("trigger r; delete-dag");
    assert!(matches!(&play.last_reply, Reply::Conflict(text) if text.contains("still running")));
    play.run("a ok; trigger q; clear; delete-dag");
    assert!(matches!(play.last_reply, Reply::Conflict(_)), "a stopped process counts until it has ended");
    play.run("a stops; mark-run failed; pause; delete-dag");
    assert_eq!(play.last_reply, Reply::Done);
    assert!(play.store.dags.is_empty() && play.store.runs.is_empty() && play.rows_total() == 0);
    play.run("delete-dag");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
    play.parse(draw("d", "a"));
    play.run("trigger r; a ok");
    assert_eq!((play.show(), play.store.dags[0].latest_version_number), ("success | a:success".to_owned(), 1));
}
