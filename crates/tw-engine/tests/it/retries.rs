//! Retries, losses, reschedules, timeouts (section 6).

use crate::harness::{Play, check};

#[test]
fn a_failed_try_waits_and_runs_again() {
    let dag = "a -> b; a: retries=1";
    check(dag, "a retry", "running | a:up_for_retry b:-");
    check(dag, "a retry; wait 299", "running | a:up_for_retry b:-");
    check(dag, "a retry; wait 301", "running | a#2:running b:-");
    check(dag, "a retry; wait 301; a ok; b ok", "success | a#2:success b:success");
    check(dag, "a retry; wait 301; a fail", "failed | a#2:failed b:upstream_failed");
}

#[test]
fn a_killed_process_costs_a_try() {
    check("a: retries=1", "a dies", "running | a:up_for_retry");
    check("a: retries=1", "a dies; wait 301; a dies", "failed | a#2:failed");
    check("a", "a dies", "failed | a:failed");
}

#[test]
fn a_lost_attempt_costs_nothing_and_says_why() {
    let mut play = Play::with_dag("a");
    play.run("trigger r; a lost");
    assert_eq!(play.show(), "running | a:up_for_retry");
    assert!(play.why("a").contains("without costing a retry"), "{}", play.why("a"));
    play.run("wait 2; a lost; wait 2; a ok");
    assert_eq!(play.show(), "success | a#3:success");
}

#[test]
fn a_new_try_has_a_new_id() {
    let mut play = Play::with_dag("a: retries=1");
    play.run("trigger r");
    let first = play.rows("r")[0].id;
    play.run("a retry");
    assert_ne!(play.rows("r")[0].id, first);
}

#[test]
fn a_rescheduled_sensor_keeps_its_try_and_gives_its_slot_back() {
    let mut play = Play::with_dag("s -> a; dag: max_active_tasks=1");
    play.run("trigger r; s pokes 60");
    assert_eq!(play.show(), "running | a:- s:up_for_reschedule");
    assert_eq!(play.world.attempts().count(), 0);
    play.run("wait 61");
    assert_eq!(play.show(), "running | a:- s:running");
    let row = play.rows("r")[1];
    assert_eq!((row.try_number, row.reschedule_count, row.dispatch), (1, 1, 2));
    play.run("s ok; a ok");
    assert_eq!(play.show(), "success | a:success s:success");
}

#[test]
fn a_run_that_takes_too_long_fails() {
    // S-6.58
    let mut play = Play::with_dag("a -> b; dag: timeout=100");
    play.run("trigger r; wait 99");
    assert_eq!(play.show(), "running | a:running b:-");
    play.run("wait 2");
    assert_eq!(play.show(), "failed | a:skipped b:skipped");
    assert_eq!(play.killed.len(), 1);
    assert!(play.rows("r").iter().all(|t| t.end_date.is_some()));
}

#[test]
fn what_became_due_during_a_pause_goes_on_after_it() {
    // Found by the simulator: the timer fired while the DAG was paused, and nothing looked again.
    check("a: retries=1", "a retry; pause; wait 301; unpause", "running | a#2:running");
    check("a", "a pokes 60; pause; wait 61; unpause", "running | a:running");
    let mapped = "m: map=3, retries=1";
    check(
        mapped,
        "m[1] retry; m[2] retry; pause; wait 301; unpause",
        "running | m[0]:running m[1]#2:running m[2]#2:running",
    );
}
