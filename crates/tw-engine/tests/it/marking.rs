//! Marking task instances and runs (section 6.6).

use tw_engine::Reply;
use tw_model::{AttemptOutcome, ReturnValue};

use crate::harness::Play;

fn played(dag: &str, history: &str) -> Play {
    let mut play = Play::with_dag(dag);
    play.run(&format!("trigger r; {history}"));
    play
}

#[track_caller]
fn check(dag: &str, history: &str, expected: &str) {
    assert_eq!(played(dag, history).show(), expected, "{dag}: {history}");
}

#[test]
fn a_marked_task_lets_others_go_on() {
    check("a -> b", "mark a success", "running | a:success b:running");
    check("a -> b", "mark a skipped", "success | a:skipped b:skipped");
    check("a -> b", "mark a failed", "failed | a:failed b:upstream_failed");
}

#[test]
fn a_marked_attempt_is_stopped_and_no_longer_listened_to() {
    let mut play = played("a", "mark a failed");
    assert_eq!((play.show(), play.killed.len()), ("failed | a:failed".to_owned(), 1));
    let attempt = play.killed[0];
    assert_eq!(play.report(attempt, AttemptOutcome::Success, ReturnValue::None, None), Reply::Stale);
    assert_eq!(play.show(), "failed | a:failed");
    assert!(play.rows("r")[0].reason.as_deref().is_some_and(|reason| reason.contains("ada")));
    assert!(play.rows("r")[0].end_date.is_some());
}

#[test]
fn any_mark_clears_what_failed_below() {
    // S-6.61
    let mut play = played("a -> b -> c; x", "a fail; x ok; mark a success");
    assert_eq!(play.named(), "r/a");
    assert_eq!(play.show(), "running | a:success b:running c:- x:success");
    play.run("b ok; c fail");
    assert_eq!(play.show(), "failed | a:success b:success c:failed x:success");
    play.run("mark a failed");
    assert_eq!(play.show(), "running | a:failed b:success c#2:running x:success");
}

#[test]
fn relatives_can_be_marked_too() {
    // S-6.60: teardowns are left out downstream.
    let dag = "s -> w -> t -> z; s -> t; s: setup; t: teardown";
    let mut play = played(dag, "mark w success +up +down dry");
    assert_eq!(play.named(), "r/s r/w r/z");
    play.run("mark w success +up +down");
    assert_eq!(play.show(), "running | s:success t:running w:success z:success");
}

#[test]
fn marks_of_mapped_tasks() {
    check("m: map=2", "m[0] ok; mark m[1] success", "success | m[0]:success m[1]:success");
    check("m: map=2", "m[0] fail; mark m success", "success | m[0]:success m[1]:success");
    let mut play = played("m: map=2", "m[0] ok; mark m success dry");
    assert_eq!(play.named(), "r/m[1]", "what has the state already is left out");
    play.run("mark m[5] success");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
}

#[test]
fn refusals() {
    let mut play = played("a", "a ok; mark a success");
    assert!(matches!(&play.last_reply, Reply::Conflict(text) if text.contains("already in success")));
    play.run("mark a success dry");
    assert_eq!(play.named(), "");
    play.run("mark nobody success");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
}

#[test]
fn notes_alone() {
    let mut play = played("m: map=2", "m[0] ok; m[1] ok; mark m[1] note=odd");
    assert_eq!(play.named(), "r/m[1]");
    assert_eq!(play.notes.values().collect::<Vec<_>>(), ["odd"]);
    play.run("mark m note=");
    assert!(play.notes.is_empty());
    assert_eq!(play.show(), "success | m[0]:success m[1]:success");
}

#[test]
fn marks_reach_past_and_future_runs() {
    // S-6.63: without a schedule every run with a date.
    let mut play = Play::with_dag("a");
    for day in 1..=3 {
        play.run(&format!("trigger r{day} 2026-01-0{day}T00:00:00Z; a fail"));
    }
    play.run("trigger free; a fail; in r2; mark a success +past dry");
    assert_eq!(play.named(), "r1/a r2/a");
    play.run("mark a success +past +future");
    assert_eq!(play.show_run("r3"), "failed | a:success", "a run that is over stays as it is");
    assert_eq!(play.show_run("free"), "failed | a:failed");
    play.run("in free; mark a success +past +future");
    assert_eq!(play.show(), "failed | a:success");
}

#[test]
fn a_run_is_ended_and_what_runs_is_stopped() {
    // S-6.66
    let play = played("a -> b; c; d: retries=1", "c ok; d retry; mark-run failed");
    assert_eq!(play.show(), "failed | a:failed b:skipped c:success d:skipped");
    assert_eq!(play.killed.len(), 1);
    assert_eq!(play.dag_run("r").reason.as_deref(), Some("marked_failed"));
    assert!(play.dag_run("r").end_date.is_some());
    let mut play = played("a -> b; s", "s pokes 60; mark-run success; wait 100");
    assert_eq!(play.show(), "success | a:success b:skipped s:success");
    play.run("trigger q; in q; mark-run success");
    assert_eq!(play.show(), "success | a:success b:skipped s:success");
}

#[test]
fn teardowns_go_on_and_decide() {
    let dag = "s -> w -> t; s -> t; s: setup; t: teardown, fails_run";
    let mut play = played(dag, "s ok; mark-run success");
    assert_eq!(play.show(), "running | s:success t:running w:success");
    play.run("t fail");
    assert_eq!(play.show(), "failed | s:success t:failed w:success");
}

#[test]
fn a_finished_run_changes_its_state_alone() {
    // S-1.22
    let mut play = played("a -> b", "a fail");
    let end = play.dag_run("r").end_date;
    play.run("wait 10; mark-run success");
    assert_eq!(play.show(), "success | a:failed b:upstream_failed");
    assert_eq!(play.dag_run("r").end_date, end);
}

#[test]
fn a_run_can_be_queued_again() {
    // S-1.19: its task instances stay as they are, and a place among the running runs is free.
    let dag = "a -> b; dag: max_active_runs=1";
    let mut play = played(dag, "a ok; trigger q 2025-12-31T00:00:00Z; in r; pause; mark-run queued");
    assert_eq!(play.show(), "queued | a:success b:running");
    assert_eq!(play.dag_run("r").start_date, None);
    play.run("b ok; unpause");
    assert_eq!(play.show(), "success | a:success b:success");
    assert_eq!(play.show_run("q"), "running | a:running b:-");
    play.run("mark-run queued");
    assert_eq!(play.show(), "queued | a:success b:success");
}

#[test]
fn a_queued_run_is_ended_before_it_began() {
    let mut play = played("a; dag: max_active_runs=1", "trigger q; mark-run failed");
    assert_eq!(play.show_run("q"), "failed | a:skipped");
    play.run("in r; a ok; trigger p");
    assert_eq!(play.show(), "running | a:running");
    play.run("in p; mark-run note=late");
    assert!(matches!(&play.last_reply, Reply::Run(run) if run.note.as_deref() == Some("late")));
}
