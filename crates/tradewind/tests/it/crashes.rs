//! Processes that vanish under load. Whatever is killed, every run ends well, no try begins twice,
//! and what was lost is tried again without costing a retry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng};
use rustix::process::Signal;
use tw_model::{DagId, RunId, TaskId};
use tw_store::{Store, StoreOptions};

use crate::processes;
use crate::stage::{Server, Stage, eventually};

/// Runs at the same time.
const RUNS: usize = 3;
/// Task instances of a run.
const STEPS: usize = 30;
/// Where the random walk starts, unless `IT_SEED` says otherwise; printed when it fails.
const SEED: u64 = 20_260_731;
/// Kills of the random walk.
const KILLS: usize = 6;

/// A line that user code wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    run_id: String,
    task_id: String,
    try_number: u32,
    pid: u32,
}

/// The lines with this first word.
fn marks(stage: &Stage, word: &str) -> Vec<Mark> {
    let parse = |line: String| {
        let parts: Vec<&str> = line.split(' ').collect();
        let [first, run_id, task_id, try_number, pid] = parts[..] else { panic!("a torn line: {line}") };
        let mark = || Mark {
            run_id: run_id.to_owned(),
            task_id: task_id.to_owned(),
            try_number: try_number.parse().unwrap(),
            pid: pid.parse().unwrap(),
        };
        (first == word).then(mark)
    };
    stage.lines("marks").into_iter().filter_map(parse).collect()
}

/// What began and has not ended.
fn under_way(stage: &Stage) -> Vec<Mark> {
    let ended: BTreeSet<Mark> = marks(stage, "end").into_iter().collect();
    marks(stage, "begin").into_iter().filter(|mark| !ended.contains(mark)).collect()
}

fn stage(database: Option<String>) -> Stage {
    let stage = Stage::new().on(database);
    stage.add("load.py");
    stage
}

/// Starts the runs and waits until they are in the middle of it.
fn load(server: &Server<'_>, dag_id: &str) -> Vec<String> {
    server.wait_for_dags(&[dag_id]);
    let runs = (0..RUNS).map(|_| server.trigger(dag_id)).collect();
    wait_for_progress(server.stage, STEPS / 2);
    runs
}

/// Waits until this many more task instances began, and some are under way.
fn wait_for_progress(stage: &Stage, count: usize) {
    let before = marks(stage, "begin").len();
    eventually(
        "some progress",
        || stage.log(),
        || (marks(stage, "begin").len() >= before + count && under_way(stage).len() >= 3).then_some(()),
    );
}

/// Kills a process in the middle of its user code.
fn kill_one(stage: &Stage) -> Mark {
    eventually(
        "a task under way",
        || stage.log(),
        || {
            let running = stage.processes();
            let victim = under_way(stage).into_iter().rfind(|mark| running.contains(&mark.pid))?;
            processes::signal(victim.pid, Signal::KILL);
            eventually("its death", || stage.log(), || (!stage.processes().contains(&victim.pid)).then_some(()));
            under_way(stage).contains(&victim).then_some(victim)
        },
    )
}

/// Why earlier tries ended, by task id and try.
fn reasons(stage: &Stage, dag_id: &str, run_id: &str) -> BTreeMap<(String, u32), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&stage.database(), StoreOptions::default()).await.unwrap();
        let (dag_id, run_id) = (DagId::from(dag_id), RunId::from(run_id));
        let mut reasons = BTreeMap::new();
        for lane in 0..6 {
            for step in 0..5 {
                let task_id = TaskId::from(format!("lane_{lane}_step_{step}").as_str());
                let tries = store.task_instance_earlier_tries(&dag_id, &run_id, &task_id, -1).await.unwrap();
                reasons.extend(tries.into_iter().map(|view| {
                    let instance = view.task_instance;
                    ((task_id.to_string(), instance.try_number), instance.reason.unwrap_or_default())
                }));
            }
        }
        reasons
    })
}

/// All that has to hold once everything is over. Answers with the reasons of all tries that were
/// given for nothing.
fn check_all(server: &Server<'_>, dag_id: &str, runs: &[String], retries: u64) -> Vec<String> {
    let stage = server.stage;
    runs.iter().for_each(|run_id| server.expect_run(dag_id, run_id, "success"));

    let mut begun: BTreeMap<(String, String, u32), Vec<u32>> = BTreeMap::new();
    for Mark { run_id, task_id, try_number, pid } in marks(stage, "begin") {
        begun.entry((run_id, task_id, try_number)).or_default().push(pid);
    }
    let twice: Vec<_> = begun.iter().filter(|(_, pids)| pids.len() > 1).collect();
    assert!(twice.is_empty(), "began twice: {twice:#?}");

    let ended: BTreeSet<Mark> = marks(stage, "end").into_iter().collect();
    let mut given = Vec::new();
    for run_id in runs {
        let instances = server.instances(dag_id, run_id);
        assert_eq!(instances.len(), STEPS);
        let reasons = reasons(stage, dag_id, run_id);
        for instance in instances {
            let task_id = instance["task_id"].as_str().unwrap();
            let number = |name: &str| instance[name].as_u64().unwrap();
            let last = (run_id.clone(), task_id.to_owned(), u32::try_from(number("try_number")).unwrap());
            let pids = begun.get(&last).unwrap_or_else(|| panic!("{last:?} succeeded without having begun"));
            let (run_id, task_id, try_number) = last;
            assert!(
                ended.contains(&Mark { run_id, task_id: task_id.clone(), try_number, pid: pids[0] }),
                "{task_id} succeeded without having ended"
            );
            let earlier: Vec<&String> = (1..try_number).map(|n| &reasons[&(task_id.clone(), n)]).collect();
            let free: Vec<_> = earlier.iter().filter(|why| why.contains("without costing a retry")).collect();
            assert_eq!(number("max_tries"), retries + free.len() as u64, "{task_id}: {earlier:?}");
            given.extend(free.into_iter().map(|why| (*why).clone()));
        }
    }
    given
}

fn the_server_dies(database: Option<String>) {
    let stage = stage(database);
    let server = stage.start();
    let runs = load(&server, "load");
    server.kill();
    let broken = under_way(&stage).len();
    assert!(broken > 0, "it was killed under load");
    let server = stage.start();
    let given = check_all(&server, "load", &runs, 0);
    assert!(given.len() >= broken, "{given:?}");
    assert!(given.iter().all(|why| why.contains("the server ended")), "{given:?}");
    server.stop();
}

#[test]
fn the_server_dies_on_sqlite() {
    the_server_dies(None);
}

#[test]
fn the_server_dies_on_postgresql() {
    the_server_dies(Some(tw_testkit::postgres()));
}

#[test]
fn python_processes_die() {
    let stage = stage(None);
    let server = stage.start();
    let runs = load(&server, "load");
    let bridge = server.bridge().unwrap();
    processes::signal(bridge, Signal::KILL);
    eventually("another bridge", || stage.log(), || server.bridge().filter(|pid| *pid != bridge));
    let given = check_all(&server, "load", &runs, 0);
    assert!(!given.is_empty());
    let known = ["the process that forked it ended", "the Python bridge ended"];
    assert!(given.iter().all(|why| known.iter().any(|text| why.contains(text))), "{given:?}");

    let runs = load(&server, "load_with_retries");
    let victim = kill_one(&stage);
    assert_eq!(check_all(&server, "load_with_retries", &runs, 9), [""; 0], "a process that dies costs a retry");
    let reasons = reasons(&stage, "load_with_retries", &victim.run_id);
    let why = &reasons[&(victim.task_id, victim.try_number)];
    assert!(why.contains("SIGKILL") && why.contains("memory"), "{why}");
    server.stop();
}

#[test]
fn anything_dies_at_any_moment() {
    let seed = std::env::var("IT_SEED").map_or(SEED, |text| text.parse().unwrap());
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let stage = stage(None);
    let mut server = stage.start();
    let runs = load(&server, "load_with_retries");
    for kill in 0..KILLS {
        // A moment that nothing synchronises with anything: that is the point.
        let moment = Instant::now() + Duration::from_millis(chance.random_range(0..600));
        eventually("a moment", String::new, || (Instant::now() >= moment).then_some(()));
        match kill % 3 {
            0 => {
                server.kill();
                server = stage.start();
            }
            1 => processes::signal(server.bridge().unwrap(), Signal::KILL),
            _ => drop(kill_one(&stage)),
        }
        wait_for_progress(&stage, chance.random_range(1..8));
    }
    let given = check_all(&server, "load_with_retries", &runs, 9);
    assert!(!given.is_empty());
    server.stop();
    let marks = fs::read_to_string(stage.out("marks")).unwrap();
    assert!(marks.lines().count() > 2 * RUNS * STEPS, "something was tried again");
}

/// A limit on the size of files stands for a full disk: writes fail, reads go on.
#[test]
fn the_disk_fills_up() {
    let stage = stage(None);
    let server = stage.serve(stage.server_command_after("trap '' XFSZ; ulimit -f 2500"));
    server.wait_for_dags(&["load"]);
    let mut runs = Vec::new();
    let told = eventually(
        "a full disk",
        || stage.log(),
        || {
            let said = stage.say(&["dags", "trigger", "load", "-o", "json", "-q"]);
            runs.extend(
                said.code.filter(|code| *code == 0).map(|_| said.json()["dag_run_id"].as_str().unwrap().to_owned()),
            );
            stage.log().lines().find(|line| line.contains("full") || line.contains("disk")).map(str::to_owned)
        },
    );
    println!("{told}");
    assert_eq!(server.get("/dags")["total_entries"], 2, "reading goes on");
    server.stop();
    let server = stage.start();
    check_all(&server, "load", &runs, 0);
    server.stop();
}
