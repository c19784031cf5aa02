//! The loop over a real SQLite store, with an executor that carries attempts out at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;
use tw_engine::{CallbackRequest, EngineOptions, Input, ParsedDag, ParsedFile, Reply, Subject, TriggerRun, Write};
use tw_executor::Executor;
use tw_model::{
    AttemptKey, AttemptOutcome, AttemptReport, Dag, DagRunState, ReturnValue, RunType, Task, TriggeredBy, Workload,
};
use tw_scheduler::{
    CallbackRunner, Clock, CommitObserver, Handle, Scheduler, SchedulerError, SubmitError, SystemClock,
};
use tw_store::{Store, StoreOptions};

/// Starts and ends every attempt with success, except those it was told to keep.
struct Instant {
    scheduler: Handle,
    runtime: tokio::runtime::Handle,
    keep: Option<&'static str>,
    ran: Arc<Mutex<Vec<String>>>,
}

impl Executor for Instant {
    fn dispatch(&self, workload: Workload) {
        let (scheduler, keep, ran) = (self.scheduler.clone(), self.keep, Arc::clone(&self.ran));
        self.runtime.spawn(async move {
            let attempt = workload.attempt;
            let started = Input::AttemptStarted { attempt, hostname: "h".into(), unixname: "u".into(), pid: 1 };
            if scheduler.submit(started).await != Ok(Reply::Done) {
                return;
            }
            ran.lock().unwrap().push(format!("{}#{}", workload.task_id, workload.try_number));
            if keep == Some(workload.task_id.as_str()) {
                return;
            }
            let report = AttemptReport {
                outcome: AttemptOutcome::Success,
                end_date: SystemClock.now(),
                return_value: ReturnValue::None,
                skip_record: None,
                rendered_map_index: None,
                outlet_events: None,
            };
            let ended = scheduler.submit(Input::AttemptEnded { attempt, report: Box::new(report) }).await;
            assert!(matches!(ended, Ok(Reply::Done) | Err(SubmitError::Stopped)), "{ended:?}");
        });
    }

    fn kill(&self, _: AttemptKey, _: &str) {}
}

struct NoCallbacks;

impl CallbackRunner for NoCallbacks {
    fn run(&self, request: CallbackRequest) {
        panic!("no DAG here has a callback: {request:?}");
    }
}

/// Remembers the states in which a run was committed.
#[derive(Default)]
struct Watcher(Mutex<Vec<DagRunState>>);

impl CommitObserver for Watcher {
    fn committed(&self, writes: &[Write]) {
        let run = |write: &Write| if let Write::DagRun(run) = write { Some(run.state) } else { None };
        self.0.lock().unwrap().extend(writes.iter().filter_map(run));
    }

    fn unknown(&self) {
        panic!("no commit fails in these tests");
    }
}

struct Server {
    handle: Handle,
    ran: Arc<Mutex<Vec<String>>>,
    watcher: Arc<Watcher>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), SchedulerError>>,
}

async fn store(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    store.migrate(SystemClock.now()).await.unwrap();
    store
}

async fn serve(store: Store, keep: Option<&'static str>) -> Server {
    let (handle, inbox) = Handle::new();
    let ran = Arc::new(Mutex::new(Vec::new()));
    let runtime = tokio::runtime::Handle::current();
    let executor = Instant { scheduler: handle.clone(), runtime, keep, ran: Arc::clone(&ran) };
    let options = EngineOptions { seed: 1, dags_are_paused_at_creation: false, ..EngineOptions::default() };
    let clock = Arc::new(SystemClock);
    let scheduler =
        Scheduler::start(store, Arc::new(executor), Arc::new(NoCallbacks), clock, options, "test", inbox).await;
    let watcher = Arc::new(Watcher::default());
    let scheduler = scheduler.unwrap().observed_by(watcher.clone());
    let stop = CancellationToken::new();
    let running = tokio::spawn(scheduler.run(stop.clone()));
    Server { handle, ran, watcher, stop, running }
}

fn chain() -> Input {
    let mut dag = Dag::new("d".into());
    for id in ["a", "b", "c"] {
        dag.tasks.push(Task::new(id.into(), "PythonOperator"));
    }
    dag.tasks[0].downstream_task_ids.push("b".into());
    dag.tasks[1].downstream_task_ids.push("c".into());
    Input::FileParsed(ParsedFile {
        bundle_name: "dags".into(),
        relative_fileloc: "d.py".into(),
        source: "source".into(),
        dags: vec![ParsedDag { dag: Arc::new(dag), content_hash: "1".into() }],
        import_errors: Vec::new(),
        gone: false,
        parse_micros: 1,
    })
}

fn trigger(run_id: &str) -> Input {
    Input::TriggerRun(Box::new(TriggerRun {
        dag_id: "d".into(),
        run_id: Some(run_id.into()),
        logical_date: None,
        data_interval: None,
        run_after: None,
        conf: Arc::new(serde_json::json!({})),
        note: None,
        run_type: RunType::Manual,
        triggered_by: TriggeredBy::Test,
        triggering_user: None,
    }))
}

/// Asks the loop itself until the run is over: each question is answered between two commits.
async fn finished(handle: &Handle, store: &Store, run_id: &str) -> DagRunState {
    loop {
        handle.explain(Subject::Dag("d".into())).await.unwrap();
        let run = store.dag_run_get("d", run_id).await.unwrap().unwrap();
        if run.state.is_finished() {
            return run.state;
        }
    }
}

#[tokio::test]
async fn a_run_goes_through_the_store_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let server = serve(store.clone(), None).await;
    assert_eq!(server.handle.submit(chain()).await, Ok(Reply::Done));
    assert!(matches!(server.handle.submit(trigger("r")).await, Ok(Reply::Run(_))));
    assert_eq!(finished(&server.handle, &store, "r").await, DagRunState::Success);
    assert_eq!(*server.ran.lock().unwrap(), ["a#1", "b#1", "c#1"]);
    // A run that is no longer in memory still collides.
    assert!(matches!(server.handle.submit(trigger("r")).await, Ok(Reply::Conflict(_))));
    assert_eq!(server.watcher.0.lock().unwrap().last(), Some(&DagRunState::Success), "every commit is told");
    server.stop.cancel();
    server.running.await.unwrap().unwrap();
    assert_eq!(server.handle.submit(Input::Tick).await, Err(SubmitError::Stopped));
}

#[tokio::test]
async fn the_next_scheduler_goes_on_and_the_first_one_stops() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let first = serve(store.clone(), Some("b")).await;
    first.handle.submit(chain()).await.unwrap();
    first.handle.submit(trigger("r")).await.unwrap();
    while !first.ran.lock().unwrap().contains(&"b#1".to_owned()) {
        first.handle.explain(Subject::Dag("d".into())).await.unwrap();
    }

    let second = serve(store.clone(), None).await;
    assert_eq!(finished(&second.handle, &store, "r").await, DagRunState::Success);
    assert_eq!(*second.ran.lock().unwrap(), ["b#2", "c#1"], "b was running: a new try, at no cost");

    // Whatever the first one wants to write now is refused, and it ends.
    assert!(first.handle.submit(trigger("s")).await.is_err());
    assert!(matches!(first.running.await.unwrap(), Err(SchedulerError::Deposed)));
    assert!(store.dag_run_get("d", "s").await.unwrap().is_none());
}

#[tokio::test]
async fn a_repeated_report_of_a_start_is_accepted_and_a_second_process_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let server = serve(store.clone(), Some("a")).await;
    server.handle.submit(chain()).await.unwrap();
    server.handle.submit(trigger("r")).await.unwrap();
    while server.ran.lock().unwrap().is_empty() {
        server.handle.explain(Subject::Dag("d".into())).await.unwrap();
    }
    let rows = tw_store::InstanceSelection {
        runs: tw_store::RunSelection { dag_id: "d", ..Default::default() },
        task_ids: vec!["a"],
        map_index: None,
    };
    let row = store.task_instances_select(&rows).await.unwrap().remove(0);
    let attempt = AttemptKey { task_instance_id: row.id, dispatch: row.dispatch };
    let started = |pid| Input::AttemptStarted { attempt, hostname: "h".into(), unixname: "u".into(), pid };
    assert_eq!(server.handle.submit(started(1)).await, Ok(Reply::Done));
    assert_eq!(server.handle.submit(started(2)).await, Ok(Reply::Stale));
}
