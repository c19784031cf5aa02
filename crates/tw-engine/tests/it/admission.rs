//! Pools, priorities and limits (section 5).

use tw_engine::{EngineOptions, Input};
use tw_model::Pool;

use crate::harness::{Play, check, draw};

fn pool(name: &str, slots: i32) -> Input {
    Input::PutPool(Pool { name: name.into(), slots, description: None, include_deferred: false })
}

#[test]
fn max_active_tasks_holds_per_run() {
    let mut play = Play::with_dag("a, b, c; dag: max_active_tasks=2");
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:running b:running c:scheduled");
    assert!(play.why("c").contains("max_active_tasks"), "{}", play.why("c"));
    play.run("trigger q");
    assert_eq!(play.show(), "running | a:running b:running c:scheduled");
    play.run("in r; b ok");
    assert_eq!(play.show(), "running | a:running b:success c:running");
}

#[test]
fn heavier_tasks_go_first() {
    check("a; b: weight=5; c: weight=9; dag: max_active_tasks=1", "", "running | a:scheduled b:scheduled c:running");
    // The weight of all downstream tasks counts (S-5.2).
    check("a; b -> c; dag: max_active_tasks=1", "", "running | a:scheduled b:running c:-");
}

#[test]
fn a_pool_admits_what_fits_and_small_ones_overtake() {
    let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
    play.apply(pool("p", 3));
    let dag = "a: pool=p, slots=2, weight=3; b: pool=p, slots=2, weight=2; c: pool=p";
    play.parse(draw("d", dag));
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:running b:scheduled c:running");
    assert!(play.why("b").contains("pool p is full: 3 of 3 slots are taken"), "{}", play.why("b"));
    play.run("a ok");
    assert_eq!(play.show(), "running | a:success b:running c:running");
}

#[test]
fn a_full_pool_does_not_starve_others_of_the_run() {
    let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
    play.apply(pool("p", 1));
    let dag = "a: pool=p, weight=9; b: pool=p, weight=8; c: pool=p, weight=7; x; y; dag: max_active_tasks=2";
    play.parse(draw("d", dag));
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:running b:scheduled c:scheduled x:running y:scheduled");
}

#[test]
fn a_missing_pool_is_named() {
    let mut play = Play::with_dag("a: pool=nowhere");
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:scheduled");
    assert!(play.why("a").contains("pool nowhere does not exist"), "{}", play.why("a"));
    play.apply(pool("nowhere", 1));
    assert_eq!(play.show(), "running | a:running");
}

#[test]
fn a_growing_pool_lets_more_in() {
    let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
    play.apply(pool("p", 1));
    play.parse(draw("d", "a: pool=p, slots=2"));
    play.run("trigger r");
    assert!(play.why("a").contains("it asks for 2 slots, pool p has 1"), "{}", play.why("a"));
    play.apply(pool("p", 2));
    assert_eq!(play.show(), "running | a:running");
}

#[test]
fn task_limits_hold_over_all_runs_or_one() {
    let mut play = Play::with_dag("m: map=3, limit=1; other");
    play.run("trigger r; trigger q");
    assert_eq!(play.show_run("r"), "running | m[0]:running m[1]:scheduled m[2]:scheduled other:running");
    assert_eq!(play.show_run("q"), "running | m[0]:scheduled m[1]:scheduled m[2]:scheduled other:running");
    play.run("in r; m[0] ok; m[1] ok; m[2] ok");
    assert_eq!(play.show_run("q"), "running | m[0]:running m[1]:scheduled m[2]:scheduled other:running");

    let mut play = Play::with_dag("m: map=2, run_limit=1");
    play.run("trigger r; trigger q");
    assert_eq!(play.show_run("r"), "running | m[0]:running m[1]:scheduled");
    assert_eq!(play.show_run("q"), "running | m[0]:running m[1]:scheduled");
}

#[test]
fn parallelism_holds_over_everything() {
    let mut play =
        Play::new(EngineOptions { parallelism: 1, dags_are_paused_at_creation: false, ..Default::default() });
    play.parse(draw("d", "a -> b"));
    play.run("trigger r; trigger q");
    assert_eq!(play.show_run("q"), "running | a:scheduled b:-");
    assert!(play.why("a").contains("1 of 1 task instances (parallelism)"), "{}", play.why("a"));
    play.run("in r; a ok");
    assert_eq!(play.show_run("q"), "running | a:running b:-", "the older run's b is lighter than a");
}

#[test]
fn a_paused_dag_starts_nothing_and_finishes_what_runs() {
    // S-2.48
    let mut play = Play::with_dag("a -> b; c; dag: max_active_tasks=1");
    play.run("trigger r; pause; a ok");
    assert_eq!(play.show(), "running | a:success b:- c:scheduled");
    assert!(play.why("c").contains("paused"), "{}", play.why("c"));
    play.run("unpause");
    assert_eq!(play.show(), "running | a:success b:running c:scheduled");
}

#[test]
fn a_growing_pool_lets_no_more_in_than_the_run_allows() {
    // Found by the simulator: what was set aside for its size came back past the run's limit.
    let start = || {
        let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
        play.apply(pool("p", 1));
        play.parse(draw("d", "a: pool=p, slots=2; b: pool=p, slots=2; x; dag: max_active_tasks=2"));
        play.run("trigger r");
        assert_eq!(play.show(), "running | a:scheduled b:scheduled x:running");
        play
    };
    let mut play = start();
    play.apply(pool("p", 4));
    assert_eq!(play.show(), "running | a:running b:scheduled x:running");
    play.run("x ok");
    assert_eq!(play.show(), "running | a:running b:running x:success");

    let mut play = start();
    play.run("pause");
    play.apply(pool("p", 4));
    assert_eq!(play.show(), "running | a:scheduled b:scheduled x:running");
    play.run("unpause");
    assert_eq!(play.show(), "running | a:running b:scheduled x:running");
}

#[test]
fn a_skipped_instance_hands_on_the_place_it_was_offered() {
    // m[1] was let out of the task's limit and then skipped; m[2] must not wait for it.
    let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
    play.apply(pool("p", 2));
    play.parse(draw("d", "m: map=3, limit=1, pool=p; x"));
    play.run("trigger r");
    assert_eq!(play.show(), "running | m[0]:running m[1]:scheduled m[2]:scheduled x:running");
    play.apply(pool("p", 0));
    play.run("m[0] ok");
    let (attempt, _) = play.workers["r/x"].clone();
    play.apply(Input::SkipDownstream { attempt, tasks: vec![("m".into(), Some(1))] });
    play.apply(pool("p", 2));
    assert_eq!(play.show(), "running | m[0]:success m[1]:skipped m[2]:running x:running");
}
