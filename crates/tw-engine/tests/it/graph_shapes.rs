//! Trigger rules, branches, setups and teardowns, completion (S-3, S-7).

use crate::harness::{Play, check};

#[test]
fn a_chain_runs_in_order() {
    check("a -> b -> c", "", "running | a:running b:- c:-");
    check("a -> b -> c", "a ok", "running | a:success b:running c:-");
    check("a -> b -> c", "a ok; b ok; c ok", "success | a:success b:success c:success");
}

#[test]
fn a_failure_fails_what_follows() {
    check("a -> b -> c", "a fail", "failed | a:failed b:upstream_failed c:upstream_failed");
    check("a -> b -> c; c: all_done", "a fail", "running | a:failed b:upstream_failed c:running");
    check("a -> b -> c; c: all_done", "a fail; c ok", "success | a:failed b:upstream_failed c:success");
}

#[test]
fn the_leaves_decide_the_run() {
    check("a -> b; c", "a fail; c ok", "failed | a:failed b:upstream_failed c:success");
    check("a -> b", "a skip", "success | a:skipped b:skipped");
}

#[test]
fn rules_that_do_not_wait() {
    check("a, b -> c; c: one_success", "a ok", "running | a:success b:running c:running");
    check("a, b -> c; c: one_failed", "a fail", "running | a:failed b:running c:running");
    check("a, b -> c; c: always", "", "running | a:running b:running c:running");
    check("a, b -> c", "a fail", "running | a:failed b:running c:upstream_failed");
}

#[test]
fn an_early_skip_is_not_revised() {
    // S-3.27
    check("a, b -> c", "a skip; b fail", "success | a:skipped b:failed c:skipped");
}

#[test]
fn empty_operators_need_no_worker() {
    check("a -> b -> c; a: empty; b: empty; c: empty", "", "success | a:success b:success c:success");
}

#[test]
fn a_branch_skips_what_it_does_not_follow() {
    let dag = "br -> x, y -> end; br: branch; end: none_failed_min_one_success";
    check(dag, "br skips y; br follows x", "running | br:success end:- x:running y:skipped");
    check(dag, "br skips y; br follows x; x ok; end ok", "success | br:success end:success x:success y:skipped");
    // The record alone is enough (S-3.12).
    check(dag, "br follows x", "running | br:success end:- x:running y:skipped");
}

#[test]
fn setups_and_teardowns_as_observed_on_airflow() {
    // S-3.33
    let dag = "s -> w -> t; s -> t; w -> post; s: setup; t: teardown";
    check(dag, "s ok; w ok; post ok; t ok", "success | post:success s:success t:success w:success");
    check(dag, "s fail", "failed | post:upstream_failed s:failed t:upstream_failed w:upstream_failed");
    check(dag, "s skip", "success | post:skipped s:skipped t:skipped w:skipped");
    check(dag, "s ok; w fail; t ok", "failed | post:upstream_failed s:success t:success w:failed");
    check(dag, "s ok; w ok; t fail; post ok", "success | post:success s:success t:failed w:success");
    let strict = format!("{dag}; t: fails_run");
    check(&strict, "s ok; w ok; t fail; post ok", "failed | post:success s:success t:failed w:success");
}

#[test]
fn a_teardown_waits_for_its_whole_scope() {
    // S-3.32: w1 is between setup and teardown though not wired to the teardown.
    let dag = "s -> w1 -> w2 -> t; s -> t; s -> side -> w2; s: setup; t: teardown";
    check(dag, "s ok; w1 fail", "running | s:success side:running t:- w1:failed w2:upstream_failed");
    check(dag, "s ok; w1 fail; side ok", "running | s:success side:success t:running w1:failed w2:upstream_failed");
}

#[test]
fn an_indirect_setup_must_have_succeeded() {
    // S-3.31: b does not follow s directly, and its rule alone would let it run.
    let dag = "s -> a -> b -> t; s -> t; s: setup; t: teardown; b: all_done";
    check(dag, "s fail", "failed | a:upstream_failed b:upstream_failed s:failed t:upstream_failed");
}

#[test]
fn fail_fast_ends_the_rest() {
    // The leaf is skipped, not upstream_failed, so the run itself succeeds, as on Airflow.
    check("a, b, c -> d; dag: fail_fast", "a fail", "success | a:failed b:failed c:failed d:skipped");
}

#[test]
fn a_run_without_tasks_succeeds() {
    check("dag: catchup", "", "success |");
}

#[test]
fn why_names_the_upstreams() {
    let mut play = Play::with_dag("a, b -> c");
    play.run("trigger r; a ok");
    assert_eq!(play.why("c"), "upstream: trigger rule all_success waits for b");
    play.run("b fail");
    assert_eq!(play.show(), "failed | a:success b:failed c:upstream_failed");
}
