//! Automatic and manual runs (section 2).

use tw_engine::{EngineOptions, Input, Reply};
use tw_model::{DagRunState, RunImmediately, Step, TimeSpan, Timetable};

use crate::harness::{Play, T0, draw};

fn every_hour(text: &str) -> tw_model::Dag {
    let mut dag = draw("d", text);
    dag.timetable = Timetable::CronTrigger {
        expressions: vec!["0 * * * *".into()],
        timezone: "UTC".into(),
        interval: Step::Fixed(TimeSpan::ZERO),
        run_immediately: RunImmediately::WithinBuffer,
    };
    dag.start_date = Some(T0.parse().unwrap());
    dag
}

fn play(dag: tw_model::Dag) -> Play {
    let mut play = Play::new(EngineOptions { dags_are_paused_at_creation: false, ..Default::default() });
    play.parse(dag);
    play
}

fn run_ids(play: &Play) -> Vec<String> {
    play.store.runs.iter().map(|r| format!("{} {}", r.run_id, r.state)).collect()
}

#[test]
fn cron_runs_come_when_they_are_due() {
    let mut play = play(every_hour("a: empty"));
    play.run("wait 1; wait 7200");
    let ids = run_ids(&play);
    assert_eq!(ids.last().unwrap(), "scheduled__2026-01-01T02:00:00+00:00 success");
    assert!(ids.contains(&"scheduled__2026-01-01T01:00:00+00:00 success".to_owned()), "{ids:?}");
}

#[test]
fn catchup_creates_missed_runs_up_to_the_limit() {
    let mut dag = every_hour("a; dag: catchup, max_active_runs=2");
    dag.start_date = Some("2025-12-31T20:00:00Z".parse().unwrap());
    let mut play = play(dag);
    play.run("wait 0");
    assert_eq!(
        run_ids(&play),
        ["scheduled__2025-12-31T20:00:00+00:00 running", "scheduled__2025-12-31T21:00:00+00:00 running"]
    );
    play.run("in scheduled__2025-12-31T20:00:00+00:00; a ok; wait 0");
    assert_eq!(run_ids(&play)[2], "scheduled__2025-12-31T22:00:00+00:00 running");
}

#[test]
fn a_paused_dag_creates_nothing_until_it_is_resumed() {
    let mut play = play(every_hour("a: empty"));
    play.run("pause; wait 7200");
    assert_eq!(run_ids(&play), Vec::<String>::new());
    play.run("unpause; wait 0");
    assert_eq!(run_ids(&play), ["scheduled__2026-01-01T02:00:00+00:00 success"], "no catchup: only the newest");
}

#[test]
fn manual_runs_wait_for_room() {
    let mut play = Play::with_dag("a; dag: max_active_runs=1");
    play.run("trigger r; trigger q");
    assert_eq!(play.dag_run("q").state, DagRunState::Queued);
    play.run("in r; a ok");
    assert_eq!(play.dag_run("q").state, DagRunState::Running);
}

#[test]
fn duplicates_are_refused() {
    let mut play = Play::with_dag("a");
    play.run("trigger r 2026-01-01T00:00:00Z");
    assert!(matches!(play.trigger("d", "r", None), Reply::Conflict(_)));
    assert!(matches!(play.trigger("d", "s", Some(T0.parse().unwrap())), Reply::Conflict(_)));
    assert!(matches!(play.trigger("d", "t", None), Reply::Run(_)));
}

#[test]
fn bad_requests_are_answered() {
    let mut play = Play::with_dag("a");
    assert!(matches!(play.trigger("nobody", "r", None), Reply::NotFound(_)));
    assert!(matches!(play.trigger("d", "a b", None), Reply::Invalid(_)));
    assert!(matches!(play.trigger("d", "scheduled__x", None), Reply::Invalid(_)));
    let gone = Input::SetPaused { dag_id: "nobody".into(), paused: true, by: None };
    assert!(matches!(play.apply(gone), Reply::NotFound(_)));
}

#[test]
fn tasks_that_depend_on_the_past_wait_for_it() {
    // S-3.8
    let mut play = Play::with_dag("a -> b; a: depends_on_past");
    play.run("trigger r1 2026-01-01T00:00:00Z; trigger r2 2026-01-02T00:00:00Z");
    assert_eq!(play.show(), "running | a:- b:-");
    assert!(play.why("a").contains("r1"), "{}", play.why("a"));
    play.run("in r1; a ok; in r2");
    assert_eq!(play.show(), "running | a:running b:-");
    play.run("in r1; b ok; in r2; a fail; trigger r3 2026-01-03T00:00:00Z");
    assert_eq!(play.show(), "running | a:- b:-", "the failed past blocks, and that is no deadlock");
}

#[test]
fn wait_for_downstream_also_waits_for_the_next_tasks() {
    let mut play = Play::with_dag("a -> b; a: depends_on_past, wait_for_downstream");
    play.run("trigger r1 2026-01-01T00:00:00Z; trigger r2 2026-01-02T00:00:00Z; in r1; a ok; in r2");
    assert_eq!(play.show(), "running | a:- b:-");
    play.run("in r1; b ok; in r2");
    assert_eq!(play.show(), "running | a:running b:-");
}

#[test]
fn too_many_failed_runs_pause_the_dag() {
    // S-2.50
    let mut play = Play::with_dag("a; dag: max_failed=2");
    play.run("trigger r1; a fail");
    assert!(!play.store.dags[0].is_paused);
    play.run("trigger r2; a fail");
    assert!(play.store.dags[0].is_paused);
}
