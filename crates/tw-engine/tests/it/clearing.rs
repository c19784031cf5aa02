//! Clearing (section 9.2).

use tw_engine::{Reply, RunScope};
use tw_model::{AttemptOutcome, DagRunState, ReturnValue};

use crate::harness::{Play, draw};

fn played(dag: &str, history: &str) -> Play {
    let mut play = Play::with_dag(dag);
    play.run(&format!("trigger r; {history}"));
    play
}

#[test]
fn a_cleared_task_of_a_finished_run_runs_again() {
    // S-9.25, S-9.30, S-1.20
    let mut play = played("a -> b", "a ok; b fail");
    assert_eq!(play.show(), "failed | a:success b:failed");
    let before = play.rows("r")[1].clone();
    play.run("clear b");
    assert_eq!(play.named(), "r/b");
    assert_eq!(play.show(), "running | a:success b#2:running");
    let (run, row) = (play.dag_run("r"), play.rows("r")[1]);
    assert_eq!((run.clear_number, run.end_date, run.reason.as_deref()), (1, None, None));
    assert_ne!(row.id, before.id);
    assert_eq!(play.history(), "b#1:failed");
    assert_eq!(play.archive[0].id, before.id);
    play.run("b ok");
    assert_eq!(play.show(), "success | a:success b#2:success");
}

#[test]
fn it_has_all_its_retries_again() {
    // S-9.27
    let mut play = played("a: retries=1", "a retry; wait 301; a fail");
    play.run("clear a");
    assert_eq!((play.rows("r")[0].try_number, play.rows("r")[0].max_tries), (3, 3));
    play.run("a retry; wait 700; a fail");
    assert_eq!(play.show(), "failed | a#4:failed");
    assert_eq!(play.history(), "a#1:failed a#2:failed a#3:failed");
}

#[test]
fn what_runs_is_stopped_first_and_never_runs_twice() {
    // S-9.25, S-9.26
    let mut play = played("a -> b", "clear a");
    assert_eq!(play.show(), "running | a:restarting b:-");
    assert_eq!((play.killed.len(), play.workers.len()), (1, 0));
    assert!(play.why("a").contains("cleared"), "{}", play.why("a"));
    play.run("a stops");
    assert_eq!(play.show(), "running | a#2:running b:-");
    assert_eq!(play.history(), "a#1:failed");
    play.run("a ok; b ok");
    assert_eq!(play.show(), "success | a#2:success b:success");
}

#[test]
fn nothing_that_a_stopped_attempt_says_counts() {
    for outcome in [
        AttemptOutcome::Success,
        AttemptOutcome::Failed,
        AttemptOutcome::UpForRetry { delay: None, reason: None },
        AttemptOutcome::Skipped,
    ] {
        let mut play = played("a: retries=1", "clear a");
        let attempt = play.killed[0];
        assert_eq!(play.report(attempt, outcome, ReturnValue::Pushed, None), Reply::Stale);
        assert_eq!(play.show(), "running | a:restarting");
        play.run("a stops");
        assert_eq!(play.show(), "running | a#2:running");
        // And once more, after it was replaced.
        assert_eq!(play.report(attempt, AttemptOutcome::Success, ReturnValue::None, None), Reply::Stale);
        assert_eq!(play.show(), "running | a#2:running");
    }
}

#[test]
fn a_stopped_branch_skips_nobody() {
    let mut play = played("a; b -> c", "");
    let attempt = play.workers["r/a"].0;
    play.run("clear a");
    let tasks = vec![("c".into(), None)];
    assert_eq!(play.apply(tw_engine::Input::SkipDownstream { attempt, tasks }), Reply::Stale);
    assert_eq!(play.show(), "running | a:restarting b:running c:-");
}

#[test]
fn a_restart_of_the_server_ends_the_wait() {
    let play = played("a", "clear a; restart");
    assert_eq!(play.show(), "running | a#2:running");
    assert_eq!(play.history(), "a#1:failed");
}

#[test]
fn clearing_twice_is_clearing_once() {
    let play = played("a -> b", "clear a; clear a");
    assert_eq!((play.show(), play.killed.len()), ("running | a:restarting b:-".to_owned(), 1));
    let mut play = played("a -> b; dag: max_active_tasks=1", "a ok; b fail; pause; clear; clear");
    assert_eq!(play.show(), "queued | a:- b:-");
    assert_eq!(play.history(), "a#1:success b#1:failed");
    play.run("unpause");
    assert_eq!(play.show(), "running | a#2:running b:-");
}

#[test]
fn a_dry_run_names_the_same_and_changes_nothing() {
    // S-9.24
    for words in ["a", "a +down", "b +up", "failed", "c failed +up", "a[3]", "nobody", "everywhere"] {
        let mut play = played("a -> b -> c; d", "a ok; b fail; d ok");
        let before = (play.show(), play.history(), play.dag_run("r").clone());
        play.run(&format!("clear {words} dry"));
        let foretold = play.named();
        assert_eq!((play.show(), play.history(), play.dag_run("r").clone()), before, "{words}");
        play.run(&format!("clear {words}"));
        assert_eq!(play.named(), foretold, "{words}");
    }
}

#[test]
fn selections() {
    // S-9.21, S-9.22
    let cases = [
        ("a -> b -> c; x", "", "r/a r/b r/c r/x"),
        ("a -> b -> c; x", "b", "r/b"),
        ("a -> b -> c; x", "b +down", "r/b r/c"),
        ("a -> b -> c; x", "b +up", "r/a r/b"),
        // As in Airflow: what is downstream of what upstream added counts too.
        ("a -> b -> c; a -> y; x", "b +up +down", "r/a r/b r/c r/y"),
        ("a -> b -> c; x", "failed", ""),
        ("s -> w -> t; s -> t; w -> z; s: setup; t: teardown", "w", "r/s r/w r/t"),
        ("s -> w -> t; s -> t; w -> z; s: setup; t: teardown", "z", "r/z"),
        ("s -> w -> t; s -> t; w -> z; s: setup; t: teardown", "t", "r/t"),
        ("s -> w -> t; s -> t; w -> z; s: setup; t: teardown", "s", "r/s r/t"),
    ];
    for (dag, words, expected) in cases {
        let mut play = played(dag, &format!("clear {words} dry"));
        assert_eq!(play.named(), expected, "{dag}: {words}");
        play.run(&format!("clear {words} everywhere dry"));
        // Without a run to be around, both directions count from the named tasks.
        let expected = if words == "b +up +down" { "r/a r/b r/c" } else { expected };
        assert_eq!(play.named(), expected, "{dag}: {words} everywhere");
    }
}

#[test]
fn map_indexes_lead_to_their_own_relatives() {
    // S-9.23, S-3.50
    let dag = "z -> p -> q -> after; group g over 3: p, q";
    let mut play = played(dag, "z ok; p[0] ok; p[1] ok; p[2] ok; q[0] ok; q[1] fail; q[2] ok");
    play.run("clear q[1] +up dry");
    assert_eq!(play.named(), "r/z r/p[1] r/q[1]");
    play.run("clear p[1] +down dry");
    assert_eq!(play.named(), "r/p[1] r/q[1] r/after");
    play.run("clear p[1] +down");
    assert_eq!(
        play.show(),
        "running | after:- p[0]:success p[1]#2:running p[2]:success q[0]:success q[1]:- q[2]:success z:success"
    );
    play.run("p[1] ok; q[1] ok; after ok");
    assert!(play.show().starts_with("success |"), "{}", play.show());
}

#[test]
fn states_narrow_the_selection() {
    let history = "a ok; b fail; clear";
    let dag = "a; b -> c; d";
    for (flags, expected) in [("failed", "r/b r/c"), ("running", "r/d"), ("failed running", "r/b r/c r/d")] {
        let mut play = played(dag, history.trim_end_matches("; clear"));
        play.run(&format!("clear {flags} dry"));
        assert_eq!(play.named(), expected, "{flags}");
    }
}

#[test]
fn a_running_task_can_be_protected() {
    let play = played("a; b", "b ok; clear prevent");
    assert!(matches!(play.last_reply, Reply::Conflict(_)), "{:?}", play.last_reply);
    assert_eq!((play.show(), play.history()), ("running | a:running b:success".to_owned(), String::new()));
}

#[test]
fn past_and_future_runs_are_found_in_the_store() {
    let mut play = Play::with_dag("a");
    for day in 1..=4 {
        play.run(&format!("trigger r{day} 2026-01-0{day}T00:00:00Z; a fail"));
    }
    play.run("trigger free; a fail; in r2; clear +past dry");
    assert_eq!(play.named(), "r1/a r2/a");
    play.run("clear +future dry");
    assert_eq!(play.named(), "r2/a r3/a r4/a");
    play.run("clear +past +future dry");
    assert_eq!(play.named(), "r1/a free/a r2/a r3/a r4/a", "as in Airflow: every run");
    play.run("clear +future");
    for (run, shown) in [("r1", "failed | a:failed"), ("r2", "running | a#2:running"), ("r4", "running | a#2:running")]
    {
        assert_eq!(play.show_run(run), shown);
    }
    play.run("in free; clear +past");
    assert!(matches!(play.last_reply, Reply::Invalid(_)), "{:?}", play.last_reply);
    let between = RunScope::Between { from: None, to: Some("2026-01-01T12:00:00Z".parse().unwrap()) };
    assert_ne!(between, RunScope::one("r1".into()));
}

#[test]
fn unknown_dags_and_runs_are_answered() {
    let mut play = played("a", "in nobody; clear");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
    play.run("clear-run; mark-run failed; mark a failed; delete-run");
    assert!(matches!(play.last_reply, Reply::NotFound(_)));
}

#[test]
fn the_state_of_the_run_can_be_kept() {
    let mut play = played("a", "a fail; clear keep-run");
    assert_eq!(play.show(), "failed | a:-");
    assert_eq!(play.dag_run("r").clear_number, 0);
    play.run("mark-run queued");
    assert_eq!(play.show(), "running | a#2:running");
}

#[test]
fn a_running_run_goes_on_and_counts_the_clear() {
    // S-9.30
    let play = played("a -> b; c", "a ok; b ok; clear b");
    assert_eq!(play.show(), "running | a:success b#2:running c:running");
    let start = play.dag_run("r").start_date;
    assert_eq!((play.dag_run("r").clear_number, start.is_some()), (1, true));
}

#[test]
fn a_cleared_run_waits_for_its_place() {
    // S-9.37, S-2.44
    let mut play = played("a; dag: max_active_runs=1", "a fail; trigger q; in r; clear");
    assert_eq!(play.show(), "queued | a:-");
    play.run("in q; a ok; in r");
    assert_eq!(play.show(), "running | a#2:running");
    play.run("a ok; pause; clear");
    assert_eq!(play.show(), "queued | a#2:-");
}

#[test]
fn a_cleared_run_follows_the_latest_version() {
    // S-2.56, S-9.33
    let mut play = played("a -> b", "a ok; b fail");
    let old = play.dag_run("r").dag_version_id;
    play.parse(draw("d", "a -> c"));
    play.run("clear a");
    assert_eq!(play.show(), "running | a#2:running b:failed c:-");
    assert_eq!(play.dag_run("r").dag_version_id, old);
    let rows = play.rows("r");
    assert_ne!(rows[0].dag_version_id, old, "a runs the new one");
    assert_eq!(rows[1].dag_version_id, old, "b ended under the old one");
    assert_eq!(play.archive[0].dag_version_id, old);
    play.run("a ok; c ok; clear latest");
    assert_ne!(play.dag_run("r").dag_version_id, old);
}

#[test]
fn only_new_tasks_can_be_added() {
    // S-9.34
    let mut play = played("a", "a ok");
    play.run("clear-run new dry");
    assert_eq!(play.named(), "");
    play.parse(draw("d", "a -> c; b"));
    play.run("clear-run new dry");
    assert_eq!((play.named(), play.show()), ("b c".to_owned(), "success | a:success".to_owned()));
    play.run("clear-run new");
    assert_eq!(play.show(), "running | a:success b:running c:running");
}

#[test]
fn whole_runs_and_their_failed_part() {
    let mut play = played("a -> b; c", "a fail; c ok; clear-run failed dry");
    assert_eq!(play.named(), "r/a r/b");
    play.run("clear-run failed note=again");
    assert!(matches!(&play.last_reply, Reply::Run(run) if run.note.as_deref() == Some("again")));
    assert_eq!(play.show(), "running | a#2:running b:- c:success");
    play.run("a ok; b ok; clear-run note=");
    assert_eq!(play.show(), "running | a#3:running b:- c#2:running");
    assert_eq!(play.dag_run("r").note, None);
}

#[test]
fn notes_go_to_each_cleared_instance() {
    // S-9.36
    let mut play = played("m: map=2", "m[0] ok; m[1] fail; clear note=why");
    assert_eq!(play.notes.len(), 2);
    play.run("clear m[1] note=");
    assert_eq!(play.notes.len(), 1);
}

#[test]
fn what_waits_loses_its_place() {
    // scheduled, up_for_retry and up_for_reschedule begin anew at once.
    let play = played("a; b; dag: max_active_tasks=1", "clear b");
    assert_eq!(play.show(), "running | a:running b#2:scheduled");
    assert_eq!(play.history(), "b#1:failed");
    let play = played("a: retries=1", "a retry; clear a");
    assert_eq!((play.show(), play.history()), ("running | a#2:running".to_owned(), "a#1:failed".to_owned()));
    let mut play = played("a", "a pokes 60; clear a; wait 61");
    assert_eq!((play.show(), play.rows("r")[0].reschedule_count), ("running | a#2:running".to_owned(), 0));
    play.run("a ok");
    assert_eq!(play.dag_run("r").state, DagRunState::Success);
}

#[test]
fn a_cleared_past_run_holds_the_next_one_again() {
    // S-3.8: finished runs come back together with what they look back at.
    let mut play = Play::with_dag("a; a: depends_on_past");
    for day in 1..=3 {
        play.run(&format!("trigger r{day} 2026-01-0{day}T00:00:00Z; a ok"));
    }
    play.run("in r1; clear; in r3; clear");
    assert_eq!(play.show(), "running | a#2:running", "r2 succeeded");
    play.run("a ok; in r2; clear; in r3; clear");
    assert_eq!((play.show_run("r2"), play.show_run("r3")), ("running | a:-".into(), "running | a#2:-".into()));
    play.run("in r1; a ok; in r2; a ok; in r3; a ok");
    assert_eq!(play.show(), "success | a#3:success");
}
