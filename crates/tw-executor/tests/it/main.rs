//! The local executor with a scripted runner in place of processes.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, but not what they call")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tw_executor::{AttemptRunner, Executor, KillSignal, Load, LocalExecutor};
use tw_model::{
    AttemptKey, DagRun, DagRunId, DagRunState, DagVersionId, RunType, TaskInstanceId, Timestamp, TriggeredBy, Workload,
};
use uuid::Uuid;

/// Announces each start and each end; an attempt ends when the test lets it, or when it is killed.
struct Scripted {
    events: mpsc::UnboundedSender<String>,
    gates: Mutex<HashMap<AttemptKey, oneshot::Receiver<Ending>>>,
}

enum Ending {
    Return,
    Panic,
}

#[async_trait]
impl AttemptRunner for Scripted {
    async fn run(&self, workload: Workload, mut kill: KillSignal) {
        let name = workload.task_id.to_string();
        let gate = self.gates.lock().unwrap().remove(&workload.attempt).expect("the test made a gate");
        self.events.send(format!("start {name}")).unwrap();
        let how = tokio::select! {
            ending = gate => match ending {
                Ok(Ending::Panic) => panic!("as the test asked"),
                _ => "end".to_owned(),
            },
            reason = kill.asked() => format!("killed ({reason})"),
        };
        self.events.send(format!("{how} {name}")).unwrap();
    }
}

struct Stage {
    executor: LocalExecutor,
    runner: Arc<Scripted>,
    events: mpsc::UnboundedReceiver<String>,
    gates: HashMap<u128, oneshot::Sender<Ending>>,
}

impl Stage {
    fn new(slots: usize) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let runner = Arc::new(Scripted { events: sender, gates: Mutex::default() });
        let executor = LocalExecutor::new(Arc::<Scripted>::clone(&runner), slots);
        Self { executor, runner, events, gates: HashMap::new() }
    }

    fn dispatch(&mut self, id: u128, weight: i32) {
        let (sender, gate) = oneshot::channel();
        self.gates.entry(id).or_insert(sender);
        self.runner.gates.lock().unwrap().entry(key(id)).or_insert(gate);
        self.executor.dispatch(workload(id, weight));
    }

    fn finish(&mut self, id: u128, ending: Ending) {
        assert!(self.gates.remove(&id).unwrap().send(ending).is_ok());
    }

    async fn event(&mut self) -> String {
        self.events.recv().await.unwrap()
    }
}

fn key(id: u128) -> AttemptKey {
    AttemptKey { task_instance_id: TaskInstanceId(Uuid::from_u128(id)), dispatch: 1 }
}

fn workload(id: u128, priority_weight: i32) -> Workload {
    let dag_version_id = DagVersionId(Uuid::from_u128(2));
    let dag_run = DagRun {
        id: DagRunId(Uuid::from_u128(1)),
        dag_id: "d".into(),
        run_id: "r".into(),
        run_type: RunType::Manual,
        triggered_by: TriggeredBy::Test,
        triggering_user: None,
        state: DagRunState::Running,
        logical_date: None,
        data_interval: None,
        run_after: Timestamp::from_micros(0),
        queued_at: None,
        start_date: None,
        end_date: None,
        conf: Arc::new(serde_json::json!({})),
        note: None,
        dag_version_id,
        clear_number: 0,
        reason: None,
    };
    Workload {
        attempt: key(id),
        dag_id: "d".into(),
        run_id: "r".into(),
        task_id: format!("t{id}").into(),
        map_index: -1,
        try_number: 1,
        max_tries: 0,
        should_retry: false,
        task_reschedule_count: 0,
        first_reschedule_date: None,
        dag_version_id,
        relative_fileloc: "d.py".to_owned(),
        bundle_name: "b".to_owned(),
        bundle_version: None,
        queue: "default".to_owned(),
        executor: None,
        pool_slots: 1,
        priority_weight,
        execution_timeout: None,
        has_mapped_dependants: false,
        dag_run: Arc::new(dag_run),
    }
}

#[tokio::test]
async fn heavier_attempts_go_first_and_equals_in_order() {
    let mut stage = Stage::new(1);
    for (id, weight) in [(1, 1), (2, 1), (3, 5), (4, 5), (5, -1)] {
        stage.dispatch(id, weight);
    }
    assert_eq!(stage.executor.load(), Load { running: 1, waiting: 4, slots: 1 });
    for id in [1, 3, 4, 2, 5] {
        assert_eq!(stage.event().await, format!("start t{id}"));
        stage.finish(id, Ending::Return);
        assert_eq!(stage.event().await, format!("end t{id}"));
    }
}

#[tokio::test]
async fn an_attempt_that_is_held_is_not_taken_twice() {
    let mut stage = Stage::new(1);
    for id in [1, 1, 2, 2] {
        stage.dispatch(id, 1);
    }
    assert_eq!(stage.executor.load(), Load { running: 1, waiting: 1, slots: 1 });
    stage.finish(1, Ending::Return);
    stage.finish(2, Ending::Return);
    stage.executor.drain().await;
    assert_eq!(stage.executor.load(), Load { running: 0, waiting: 0, slots: 1 });
}

#[tokio::test]
async fn kill_reaches_the_running_and_drops_the_waiting() {
    let mut stage = Stage::new(1);
    stage.dispatch(1, 1);
    stage.dispatch(2, 1);
    stage.dispatch(3, 1);
    stage.executor.kill(key(2), "cleared");
    stage.executor.kill(key(99), "unknown");
    stage.executor.kill(key(1), "cleared");
    stage.executor.kill(key(1), "again");
    for expected in ["start t1", "killed (cleared) t1", "start t3"] {
        assert_eq!(stage.event().await, expected);
    }
}

#[tokio::test]
async fn a_panicking_runner_gives_its_slot_back() {
    let mut stage = Stage::new(1);
    stage.dispatch(1, 1);
    stage.dispatch(2, 1);
    assert_eq!(stage.event().await, "start t1");
    stage.finish(1, Ending::Panic);
    assert_eq!(stage.event().await, "start t2");
}

#[tokio::test]
async fn stop_ends_everything_and_takes_nothing_more() {
    let mut stage = Stage::new(2);
    for id in [1, 2, 3] {
        stage.dispatch(id, 1);
    }
    assert_eq!((stage.event().await, stage.event().await), ("start t1".to_owned(), "start t2".to_owned()));
    stage.executor.stop("server stops").await;
    stage.dispatch(4, 1);
    assert_eq!(stage.executor.load(), Load { running: 0, waiting: 0, slots: 2 });
    let mut ends = [stage.event().await, stage.event().await];
    ends.sort();
    assert_eq!(ends, ["killed (server stops) t1", "killed (server stops) t2"]);
    assert!(stage.events.try_recv().is_err());
}
