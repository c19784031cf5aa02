//! Why something waits, whole: each kind of reason with who holds it, and what does not hold it.

use tw_engine::explanation::{AHEAD_COUNTED_MAX, HOLDERS_LISTED_MAX, InstanceHolder, Progress};
use tw_engine::{Blocker, BlockerKind, EngineOptions, Explanation, Holders, Input, Place, Subject, World};
use tw_model::{Pool, TaskInstanceState, TimeSpan};

use crate::harness::{Play, T0, draw};

fn options() -> EngineOptions {
    EngineOptions { dags_are_paused_at_creation: false, ..Default::default() }
}

/// A world with pool `p` of so many slots.
fn with_pool(slots: i32) -> Play {
    let mut play = Play::new(options());
    put_pool(&mut play, slots);
    play
}

fn put_pool(play: &mut Play, slots: i32) {
    play.apply(Input::PutPool(Pool { name: "p".into(), slots, description: None, include_deferred: false }));
}

/// `task` or `task[3]` of the current run.
fn ask(play: &Play, task: &str) -> Explanation {
    let (task_id, index) = task.strip_suffix(']').and_then(|t| t.split_once('[')).unwrap_or((task, "-1"));
    let subject = Subject::TaskInstance {
        dag_id: "d".into(),
        run_id: play.current_run.as_str().into(),
        task_id: task_id.into(),
        map_index: index.parse().unwrap(),
    };
    play.world.explain(&subject, play.now)
}

/// One line per blocker and one per holder. Times are seconds after the start.
fn blockers(explanation: &Explanation) -> String {
    let lines = explanation.blockers.iter().flat_map(|one| [vec![blocker_line(one)], holder_lines(&one.holders)]);
    lines.flatten().collect::<Vec<_>>().join("\n")
}

/// What is met, one after the other.
fn met(explanation: &Explanation) -> String {
    explanation.met.iter().map(|met| met.message.as_str()).collect::<Vec<_>>().join(", ")
}

fn blocker_line(blocker: &Blocker) -> String {
    let mut line = format!("{}: {}", blocker.kind.as_str(), blocker.message);
    if let Some(usage) = blocker.usage {
        line.push_str(&format!("; {} of {}, {} own", usage.used, usage.limit, usage.own));
    }
    match &blocker.place {
        None => {}
        Some(Place::Pool(name)) => line.push_str(&format!("; see pool {name}")),
        Some(Place::Dag(dag_id)) => line.push_str(&format!("; see dag {dag_id}")),
        Some(Place::Run { run_id, .. }) => line.push_str(&format!("; see run {run_id}")),
        Some(Place::Task { run_id, task_id, .. }) => line.push_str(&format!("; see task {run_id}/{task_id}")),
    }
    if let Some(ahead) = blocker.ahead {
        line.push_str(&format!("; {ahead} ahead"));
    }
    line
}

fn holder_lines(holders: &Holders) -> Vec<String> {
    let seconds = |at: Option<tw_model::Timestamp>| {
        at.map_or("-".to_owned(), |at| at.since(T0.parse().unwrap()).as_secs_f64().to_string())
    };
    let (mut lines, total): (Vec<String>, u32) = match holders {
        Holders::None => return Vec::new(),
        Holders::TaskInstances(found) => {
            let line = |one: &InstanceHolder| {
                let index = if one.map_index < 0 { String::new() } else { format!("[{}]", one.map_index) };
                let name = format!("{}/{}/{}{index}", one.dag_id, one.run_id, one.task_id);
                let (queued, start) = (seconds(one.queued_at), seconds(one.start_date));
                format!("  {name} {} slots={} queued={queued} start={start}", one.state, one.slots)
            };
            (found.listed.iter().map(line).collect(), found.total)
        }
        Holders::Runs(found) => {
            let line = |one: &tw_engine::explanation::RunHolder| {
                format!("  {}/{} start={}", one.dag_id, one.run_id, seconds(one.start_date))
            };
            (found.listed.iter().map(line).collect(), found.total)
        }
        Holders::Upstreams(found) => {
            let line = |one: &tw_engine::explanation::UpstreamHolder| match one.progress {
                Progress::One(state) => format!("  {} {}", one.task_id, state.map_or("-", |state| state.as_str())),
                Progress::Many { done, active, total } => {
                    format!("  {} {done} of {total}, {active} active", one.task_id)
                }
            };
            (found.listed.iter().map(line).collect(), found.total)
        }
    };
    lines.push(format!("  = {total}"));
    lines
}

#[track_caller]
fn holds(explanation: &Explanation, expected: &str) {
    let fold = |text: &str| text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(fold(&blockers(explanation)), fold(expected));
}

fn ask_run(play: &Play, run_id: &str) -> Explanation {
    play.world.explain(&Subject::Run { dag_id: "d".into(), run_id: run_id.into() }, play.now)
}

fn ask_dag(play: &Play) -> Explanation {
    play.world.explain(&Subject::Dag("d".into()), play.now)
}

#[test]
fn a_full_pool_names_the_own_run_first_then_the_longest() {
    let mut play = with_pool(4);
    play.parse(draw("other", "x: pool=p, slots=2"));
    play.parse(draw("d", "a: pool=p, weight=9; e: pool=p, weight=2; c: pool=p, slots=2"));
    play.trigger("other", "o", None);
    play.run("wait 5; trigger q; wait 5; trigger r; wait 5; in q; a ok; in r");
    let answer = ask(&play, "c");
    holds(
        &answer,
        "pool_full: pool p is full: 4 of 4 slots are taken; 4 of 4, 1 own; see pool p; 2 ahead
           d/r/a running slots=1 queued=15 start=15
           other/o/x running slots=2 queued=0 start=0
           d/q/e running slots=1 queued=5 start=5
           = 3",
    );
    assert_eq!(
        met(&answer),
        "the run is active, trigger rule all_success, the DAG is active, \
         1 of 16 task instances of the run (max_active_tasks), 3 of 32 task instances (parallelism)"
    );
    // A rebuilt world gives the same answer.
    let before = answer;
    let alive = play.world.attempts().collect();
    let mut snapshot = play.store.clone();
    snapshot.task_instances = ["o", "q", "r"].iter().flat_map(|run| play.rows(run)).cloned().collect();
    let mut out = tw_engine::Outcome::default();
    play.world = World::rebuild(options(), snapshot, &alive, play.now, &mut out);
    assert_eq!(ask(&play, "c"), before);
}

#[test]
fn a_pool_that_is_missing_or_too_small_is_where_to_go() {
    let mut play = Play::new(options());
    play.parse(draw("d", "a: pool=p, slots=2"));
    play.run("trigger r");
    let missing = "no_pool: pool p does not exist; create it, or name another in the task; see pool p";
    holds(&ask(&play, "a"), missing);
    put_pool(&mut play, 1);
    let small = "pool_too_small: it asks for 2 slots, pool p has 1; 0 of 1, 0 own; see pool p";
    holds(&ask(&play, "a"), small);
}

#[test]
fn a_pool_without_limit_and_one_with_room_are_met() {
    let mut play = with_pool(-1);
    play.parse(draw("d", "a; b: pool=p; dag: max_active_tasks=1"));
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:running b:scheduled");
    assert!(met(&ask(&play, "b")).contains("pool p has no limit"), "{}", met(&ask(&play, "b")));
    put_pool(&mut play, 3);
    assert!(met(&ask(&play, "b")).contains("pool p 0 of 3 slots"), "{}", met(&ask(&play, "b")));
}

#[test]
fn the_limit_of_a_run_names_its_own_instances_of_all_pools() {
    let mut play = with_pool(9);
    play.parse(draw("d", "u -> a, b, c; b: pool=p; dag: max_active_tasks=2"));
    play.run("trigger q; trigger r; u ok");
    let answer = ask(&play, "c");
    holds(
        &answer,
        "max_active_tasks: 2 of 2 task instances of the run (max_active_tasks) are active; 2 of 2, 2 own; see run r
           d/r/a running slots=1 queued=0 start=0
           d/r/b running slots=1 queued=0 start=0
           = 2",
    );
    assert_eq!(
        met(&answer),
        "the run is active, upstream 1 of 1, trigger rule all_success, the DAG is active, \
         pool default_pool 2 of 128 slots, 3 of 32 task instances (parallelism)"
    );
}

#[test]
fn the_limits_of_a_task_name_its_instances() {
    let mut play = Play::with_dag("m: map=2, limit=3, run_limit=1");
    play.run("trigger q; wait 5; trigger r");
    holds(
        &ask(&play, "m[1]"),
        "task_limit: 1 of 1 instances of the task in the run (max_active_tis_per_dagrun) are active; \
           1 of 1, 1 own; see task r/m
         d/r/m[0] running slots=1 queued=5 start=5
         = 1"
        .replace("\\\n", "")
        .as_str(),
    );
    let mut play = Play::with_dag("m: map=2, limit=3");
    play.run("trigger q; wait 5; trigger r");
    let answer = ask(&play, "m[1]");
    holds(
        &answer,
        "task_limit: 3 of 3 instances of the task (max_active_tis_per_dag) are active; 3 of 3, 1 own; see task r/m
         d/r/m[0] running slots=1 queued=5 start=5
         d/q/m[0] running slots=1 queued=0 start=0
         d/q/m[1] running slots=1 queued=0 start=0
         = 3",
    );
    assert!(met(&answer).contains("mapped over 2 items"), "{}", met(&answer));
    play.run("in q; m[0] ok; trigger s; in s");
    holds(
        &ask(&play, "m[0]"),
        "task_limit: 3 of 3 instances of the task (max_active_tis_per_dag) are active; 3 of 3, 0 own; see task s/m
         d/q/m[1] running slots=1 queued=0 start=0
         d/r/m[0] running slots=1 queued=5 start=5
         d/r/m[1] running slots=1 queued=5 start=5
         = 3",
    );
}

#[test]
fn parallelism_names_holders_of_all_pools() {
    let mut play = Play::new(EngineOptions { parallelism: 2, ..options() });
    put_pool(&mut play, 9);
    play.parse(draw("other", "x: pool=p"));
    play.parse(draw("d", "a, b"));
    play.trigger("other", "o", None);
    play.run("wait 5; trigger r");
    holds(
        &ask(&play, "b"),
        "parallelism: 2 of 2 task instances (parallelism) are active; 2 of 2, 1 own
         d/r/a running slots=1 queued=5 start=5
         other/o/x running slots=1 queued=0 start=0
         = 2",
    );
}

#[test]
fn who_left_holds_nothing_more() {
    let mut play = with_pool(1);
    play.parse(draw("d", "a: pool=p, weight=9, retries=1; b: pool=p, weight=5; c: pool=p"));
    play.run("trigger r");
    let holder = |play: &Play, task: &str| blockers(&ask(play, task)).lines().nth(1).unwrap_or("nobody").to_owned();
    assert_eq!(holder(&play, "c"), "  d/r/a running slots=1 queued=0 start=0");
    play.run("wait 1; a retry");
    assert_eq!(holder(&play, "c"), "  d/r/b running slots=1 queued=1 start=1");
    play.run("clear b");
    assert_eq!(holder(&play, "c"), "  d/r/b restarting slots=1 queued=1 start=1");
    play.run("b stops; mark a success; wait 1");
    assert_eq!(holder(&play, "c"), "  d/r/b running slots=1 queued=1 start=1");
    play.run("b ok");
    assert_eq!(play.show(), "running | a:success b#2:success c:running");
}

#[test]
fn a_new_version_takes_holders_along() {
    let mut play = with_pool(1);
    play.parse(draw("d", "a: pool=p; b: pool=p, limit=1"));
    play.run("trigger r");
    assert_eq!(play.show(), "running | a:running b:scheduled");
    // Another position, another limit.
    play.parse(draw("d", "new -> b; a: pool=p, limit=1; b: pool=p"));
    play.run("new ok");
    holds(
        &ask(&play, "b"),
        "pool_full: pool p is full: 1 of 1 slots are taken; 1 of 1, 1 own; see pool p; 0 ahead
         d/r/a running slots=1 queued=0 start=0
         = 1",
    );
    play.run("a ok; b ok");
    assert_eq!(play.show(), "success | a:success b:success new:success");
}

#[test]
fn upstreams_at_work_come_first() {
    let mut play = Play::with_dag("a -> b -> z; n: map=3; m: map=3, limit=1; m, n, b -> z");
    play.run("trigger r; m[0] ok");
    let answer = ask(&play, "z");
    holds(
        &answer,
        "upstream: trigger rule all_success waits for b, n, m
           n 0 of 3, 3 active
           m 1 of 3, 1 active
           b -
           = 3",
    );
    assert_eq!(met(&answer), "the run is active, the DAG is active");
}

#[test]
fn what_a_task_is_mapped_over_is_named() {
    let mut play = Play::with_dag("a -> m; m: map=a");
    play.run("trigger r");
    holds(&ask(&play, "m"), "expansion: what it is mapped over is not finished\n  a running\n  = 1");
}

#[test]
fn the_previous_run_is_where_to_look() {
    let mut play = Play::with_dag("a -> b; a: depends_on_past, wait_for_downstream");
    play.run("trigger r1 2026-01-01T00:00:00Z; trigger r2 2026-01-02T00:00:00Z");
    holds(&ask(&play, "a"), "previous_run: its instance in the previous run r1 has not succeeded; see task r1/a");
    play.run("in r1; a ok; in r2");
    holds(&ask(&play, "a"), "previous_run: b in the previous run r1 has not succeeded; see task r1/b");
    assert_eq!(met(&ask(&play, "a")), "the run is active, the DAG is active");
    play.run("in r1; b ok; in r2");
    assert_eq!(play.show(), "running | a:running b:-");
    assert_eq!(
        met(&ask(&play, "b")),
        "the run is active, the DAG is active",
        "only what is asked of this task: it does not look at the past"
    );
}

#[test]
fn delays_have_an_end() {
    let mut play = Play::with_dag("a -> z; a: retries=1");
    play.run("trigger r; a retry");
    let answer = ask(&play, "a");
    holds(&answer, "retry_delay: try 2 of 2 comes later");
    assert!(answer.blockers[0].until > Some(play.now));
    let mut play = Play::with_dag("s");
    play.run("trigger r; s pokes 60");
    let answer = ask(&play, "s");
    holds(&answer, "reschedule: the sensor looks again later");
    assert_eq!(answer.blockers[0].until, Some(play.now.saturating_add(TimeSpan::from_secs(60))));
}

#[test]
fn a_delay_that_is_over_is_met() {
    let mut play = Play::with_dag("s");
    play.run("trigger r; s pokes 60; pause; wait 61");
    let answer = ask(&play, "s");
    holds(&answer, "paused: the DAG is paused; unpause it; see dag d");
    assert_eq!(met(&answer), "the run is active, the delay is over, trigger rule all_success");
}

#[test]
fn queued_runs_name_the_running_ones_longest_first() {
    let mut play = Play::with_dag("a; dag: max_active_runs=2");
    play.run("trigger r1; wait 5; trigger r2; wait 5; trigger r3");
    let full = "max_active_runs: 2 of 2 active runs (max_active_runs) are running; 2 of 2, 0 own; see dag d
                  d/r1 start=0
                  d/r2 start=5
                  = 2";
    holds(&ask_run(&play, "r3"), full);
    assert_eq!(met(&ask_run(&play, "r3")), "the DAG is active, the run is due");
    holds(&ask(&play, "a"), &format!("run_queued: its run has not started; see run r3\n{full}"));
    play.run("in r1; a ok");
    assert_eq!(play.show_run("r3"), "running | a:running");
    holds(
        &ask_run(&play, "r3"),
        "unfinished: 1 task instances are not finished, 1 of them active; see run r3
           d/r3/a running slots=1 queued=10 start=10
           = 1",
    );
    // A run that goes back into the queue runs no more.
    play.run("in r2; clear-run r2; a stops; trigger r4");
    let runs = blockers(&ask_run(&play, "r4"));
    assert!(runs.contains("2 of 2 active runs") && runs.contains("= 2"), "{runs}");
}

#[test]
fn a_dag_says_what_holds_its_next_run() {
    let mut play = Play::with_dag("a; dag: max_active_runs=1");
    holds(&ask_dag(&play), "no_schedule: no automatic run is due: it waits to be triggered; see dag d");
    assert_eq!(met(&ask_dag(&play)), "the DAG is active, 0 of 1 runs (max_active_runs)");
    play.run("trigger r; pause");
    holds(
        &ask_dag(&play),
        "paused: the DAG is paused; unpause it; see dag d
         no_schedule: no automatic run is due: it waits to be triggered; see dag d
         max_active_runs: 1 of 1 runs (max_active_runs) are unfinished; 1 of 1, 0 own; see dag d
           d/r start=0
           = 1",
    );
    play.apply(vanished(Vec::new(), true));
    assert!(blockers(&ask_dag(&play)).starts_with("stale: no DAG file defines this DAG any more; see dag d"));
}

#[test]
fn a_broken_file_and_a_run_to_come_are_reasons() {
    let mut play = Play::new(options());
    let mut dag = draw("d", "a");
    dag.timetable = tw_model::Timetable::CronDataInterval { expression: "0 0 * * *".into(), timezone: "UTC".into() };
    dag.start_date = Some(T0.parse().unwrap());
    play.parse(dag);
    play.apply(vanished(vec!["broken".into()], false));
    let answer = ask_dag(&play);
    let kinds: Vec<&str> = answer.blockers.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["import_error", "schedule"]);
    assert!(answer.blockers[1].until > Some(play.now));
}

/// The file of DAG `d` is read without a DAG in it.
fn vanished(import_errors: Vec<String>, gone: bool) -> Input {
    Input::FileParsed(tw_engine::ParsedFile {
        bundle_name: "dags".into(),
        relative_fileloc: "d.py".into(),
        source: "".into(),
        dags: Vec::new(),
        import_errors,
        gone,
        parse_micros: 1,
    })
}

#[test]
fn a_run_of_the_future_waits_for_its_instant() {
    let mut play = Play::with_dag("a");
    let later = play.now.saturating_add(TimeSpan::from_secs(60));
    play.apply(Input::TriggerRun(Box::new(tw_engine::TriggerRun {
        dag_id: "d".into(),
        run_id: Some("r".into()),
        logical_date: None,
        data_interval: None,
        run_after: Some(later),
        conf: std::sync::Arc::new(serde_json::json!({})),
        note: None,
        run_type: tw_model::RunType::Manual,
        triggered_by: tw_model::TriggeredBy::Test,
        triggering_user: None,
    })));
    let answer = ask_run(&play, "r");
    holds(&answer, "run_after: the run is not due yet");
    assert_eq!(answer.blockers[0].until, Some(later));
    assert_eq!(met(&answer), "the DAG is active, 0 of 16 runs (max_active_runs)");
}

#[test]
fn what_goes_on_or_has_ended_says_so() {
    let mut play = Play::with_dag("a -> b; x");
    play.run("trigger r");
    holds(&ask(&play, "a"), "running: it is running");
    assert_eq!(met(&ask(&play, "a")), "");
    play.run("clear a");
    holds(
        &ask(&play, "a"),
        "restarting: it was cleared while it was running; it begins anew when its process has ended",
    );
    play.run("a stops; a fail");
    assert_eq!(ask(&play, "b").blockers[0].kind, BlockerKind::UpstreamFailed);
    assert_eq!(met(&ask(&play, "b")), "");
}

/// The world as if task `a` of run `r` were in this state; the harness starts everything at once.
fn restored(play: &Play, state: TaskInstanceState) -> World {
    let mut snapshot = play.store.clone();
    snapshot.task_instances = play.rows("r").into_iter().cloned().collect();
    let rows = snapshot.task_instances.iter_mut().filter(|row| row.task_id.as_str() == "a");
    rows.for_each(|row| row.state = Some(state));
    let mut out = tw_engine::Outcome::default();
    World::rebuild(options(), snapshot, &std::collections::BTreeSet::new(), play.now, &mut out)
}

#[test]
fn an_executor_that_has_not_started_it_is_a_reason() {
    let mut play = Play::with_dag("u -> a; a: slots=2");
    play.run("trigger r; u ok");
    play.world = restored(&play, TaskInstanceState::Queued);
    let answer = ask(&play, "a");
    holds(&answer, &format!("executor: an executor has it and has not started it yet (queued since {T0})"));
    assert_eq!(
        met(&answer),
        "the run is active, upstream 1 of 1, trigger rule all_success, 2 slots of pool default_pool"
    );
    for state in [TaskInstanceState::Deferred, TaskInstanceState::AwaitingInput] {
        play.world = restored(&play, state);
        holds(&ask(&play, "a"), "waiting: it waits without a worker");
    }
}

#[test]
fn every_state_that_ends_is_a_kind_of_the_same_name() {
    for &state in TaskInstanceState::ALL {
        let name = BlockerKind::ended(state).map(BlockerKind::as_str);
        assert_eq!(name, state.is_finished().then(|| state.as_str()));
    }
}

#[test]
fn many_holders_are_counted_and_the_first_are_named() {
    let mut play = Play::new(EngineOptions { parallelism: 100_000, ..options() });
    put_pool(&mut play, 50);
    let tasks = "m: map=1200, pool=p, weight=2; z: pool=p; dag: max_active_tasks=5000";
    play.parse(draw("d", tasks));
    play.run("trigger r; trigger s; in r; m[7] ok; in s");
    let answer = ask(&play, "z");
    let blocker = &answer.blockers[0];
    let Holders::TaskInstances(found) = &blocker.holders else { panic!("{blocker:?}") };
    assert_eq!((found.total, found.listed.len()), (50, HOLDERS_LISTED_MAX));
    assert!(found.listed.iter().all(|one| one.run_id.as_str() == "r"), "none are of s: {:?}", found.listed);
    assert_eq!(blocker.ahead, Some(AHEAD_COUNTED_MAX));
}
