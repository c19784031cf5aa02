//! Rebuilding the world from the rows.

use crate::harness::Play;

#[test]
fn what_was_running_is_tried_again_at_no_cost() {
    let mut play = Play::with_dag("a -> b; c");
    play.run("trigger r; restart; wait 1");
    assert_eq!(play.show(), "running | a#2:running b:- c#2:running");
    play.run("a ok; b ok; c ok");
    assert_eq!(play.show(), "success | a#2:success b:success c#2:success");
}

#[test]
fn counters_survive_a_restart_at_any_point() {
    let dag = "z -> m -> after; m: map=z, retries=1; after: all_done";
    let events = ["z pushes 3", "m[0] ok", "m[1] fail", "m[2] skip", "after ok"];
    for cut in 0..=events.len() {
        let mut play = Play::with_dag(dag);
        play.run("trigger r");
        for (ix, event) in events.iter().enumerate() {
            if ix == cut {
                play.run("restart; wait 1");
            }
            play.run(event);
        }
        let shown = play.show();
        let states: String = shown.split_whitespace().map(|w| w.split('#').next().unwrap_or(w)).collect();
        assert!(shown.starts_with("success |"), "cut {cut}: {shown}");
        assert!(
            states.contains("after") && shown.contains(":failed") && shown.contains(":skipped"),
            "cut {cut}: {shown}"
        );
    }
}

#[test]
fn limits_hold_after_a_restart() {
    let mut play = Play::with_dag("m: map=4, limit=2; dag: max_active_tasks=3");
    play.run("trigger r; restart; wait 1");
    assert_eq!(play.world.attempts().count(), 2);
    play.run("m[2] ok");
    assert_eq!(play.world.attempts().count(), 2);
}

#[test]
fn queued_runs_and_timers_come_back() {
    let mut play = Play::with_dag("a: retries=1; dag: max_active_runs=1");
    play.run("trigger r; trigger q; in r; a retry; restart; wait 301");
    assert_eq!(play.show_run("r"), "running | a#2:running");
    play.run("in r; a ok");
    assert_eq!(play.show_run("q"), "running | a:running");
}
