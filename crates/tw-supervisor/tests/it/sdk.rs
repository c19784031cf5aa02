//! The stock Task SDK as the child: what the scripts of the other tests assume is what it does.

use std::fs;
use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tw_model::{AttemptOutcome, ExitStatus, ReturnValue, SkipRecord, Workload};
use tw_python::{Bridge, BridgeOptions, Child, ChildKind, SpawnRequest, TemplateFile, environment};
use tw_supervisor::{ChildSource, SpawnError, Supervisor, SupervisorOptions};
use tw_tasklog::{LogLayout, LogName, read_page};

use crate::services::MemoryServices;
use crate::stage::workload;

const BUNDLE: &str = "dags-folder";
const DAG: &str = r#"
import logging, os, signal, sys, time
from airflow.sdk import BaseHook, Variable, dag, task

@dag(schedule=None)
def d():
    @task
    def numbers():
        return [1, 2, 3]

    @task
    def double(number):
        return number * 2

    @task
    def total(values):
        print("values", list(values))
        return sum(values)

    total(double.expand(number=numbers()))

    @task
    def secrets():
        connection = BaseHook.get_connection("c")
        print("password", connection.password, file=sys.stderr)
        print("variable", Variable.get("plain"), Variable.get("absent", default="none"))
        return float("nan")

    @task
    def after(value):
        print("value", value)

    after(secrets())

    @task.branch
    def branch():
        return "left"

    @task
    def left(): pass

    @task
    def right(): pass

    branch() >> [left(), right()]

    @task
    def fail():
        raise ValueError("on purpose")
    fail()

    @task
    def cope():
        try:
            raise KeyError("as expected")
        except KeyError:
            logging.getLogger("cope").exception("handled")
    cope()

    @task.sensor(mode="reschedule", poke_interval=60)
    def sensor():
        return False
    sensor()

    @task
    def leave():
        os._exit(3)
    leave()

    @task
    def die():
        os.kill(os.getpid(), signal.SIGKILL)
    die()

    @task
    def stay():
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "1000"])
        print("staying", flush=True)
        time.sleep(1000)
    stay()

d()
"#;

struct Forked {
    bridge: Bridge,
    template: TemplateFile,
}

#[async_trait]
impl ChildSource for Forked {
    async fn spawn(&self, _: &Workload) -> Result<Child, SpawnError> {
        let request = SpawnRequest { kind: ChildKind::Task, template: Some(self.template.clone()) };
        Ok(self.bridge.spawn(request).await?)
    }
}

struct Attempt {
    services: Arc<MemoryServices>,
    outcome: AttemptOutcome,
    return_value: ReturnValue,
    skip_record: Option<SkipRecord>,
    log: String,
}

struct Laboratory {
    supervisor: Supervisor,
    services: Arc<MemoryServices>,
    logs: LogLayout,
}

impl Laboratory {
    async fn new(folder: &Path) -> Self {
        let dags = folder.join("dags");
        fs::create_dir(&dags).unwrap();
        fs::write(dags.join("d.py"), DAG).unwrap();
        let options = BridgeOptions {
            work_dir: folder.join("work"),
            bundles: vec![(BUNDLE.to_owned(), dags.clone())],
            env: Vec::new(),
            templates_max: 1,
            ready_timeout: Duration::from_secs(120),
        };
        let interpreter = environment::for_tests().await.expect("an interpreter for tests");
        let bridge = Bridge::start(interpreter, &options).await.expect("a fork server");
        let template =
            TemplateFile { bundle_name: BUNDLE.to_owned(), bundle_path: dags, relative_fileloc: "d.py".into() };
        let logs = LogLayout::new(folder.join("logs"));
        let services = Arc::new(MemoryServices::default());
        let options = SupervisorOptions::new("host", "user", logs.clone());
        let children = Arc::new(Forked { bridge, template });
        let supervisor = Supervisor::new(options, children, Arc::<MemoryServices>::clone(&services));
        Self { supervisor, services, logs }
    }

    async fn attempt(&self, task_id: &str, map_index: i32, kill: impl Future<Output = Arc<str>> + Send) -> Attempt {
        let workload = Workload { task_id: task_id.into(), map_index, bundle_name: BUNDLE.to_owned(), ..workload() };
        let path = self.logs.path(&LogName::from(&workload));
        self.supervisor.run(workload, kill).await;
        let log = read_page(&path, 0, 1 << 20).unwrap().lines.join("\n");
        let report = self.services.reports.lock().unwrap().pop().unwrap_or_else(|| panic!("a report; log: {log}"));
        Attempt {
            services: Arc::clone(&self.services),
            outcome: report.outcome,
            return_value: report.return_value,
            skip_record: report.skip_record,
            log,
        }
    }

    async fn run(&self, task_id: &str, map_index: i32) -> Attempt {
        self.attempt(task_id, map_index, pending()).await
    }
}

impl Attempt {
    fn expect(&self, outcome: &AttemptOutcome) {
        assert_eq!(&self.outcome, outcome, "{}\n{:?}", self.log, self.services.events.lock().unwrap());
    }
}

#[tokio::test]
async fn the_stock_sdk_is_supervised() {
    let folder = tempfile::tempdir().unwrap();
    let laboratory = Laboratory::new(folder.path()).await;
    mapped_tasks_find_their_arguments(&laboratory).await;
    secrets_are_given_and_masked(&laboratory).await;
    decisions_are_reported(&laboratory).await;
    sudden_ends_are_told_apart(&laboratory).await;
    a_killed_attempt_ends(&laboratory).await;
}

async fn mapped_tasks_find_their_arguments(laboratory: &Laboratory) {
    let numbers = laboratory.run("numbers", -1).await;
    numbers.expect(&AttemptOutcome::Success);
    assert_eq!(numbers.return_value, ReturnValue::Sized(3));
    for index in 0..3 {
        laboratory.run("double", index).await.expect(&AttemptOutcome::Success);
    }
    let total = laboratory.run("total", -1).await;
    total.expect(&AttemptOutcome::Success);
    assert!(total.log.contains("values [2, 4, 6]"), "{}", total.log);
    let result = ("total".to_owned(), "return_value".to_owned(), -1);
    assert_eq!(laboratory.services.xcoms.lock().unwrap()[&result], json!(12));
}

async fn secrets_are_given_and_masked(laboratory: &Laboratory) {
    let connection = tw_model::Connection {
        conn_id: "c".to_owned(),
        conn_type: "http".to_owned(),
        password: Some("hunter22".to_owned()),
        ..tw_model::Connection::default()
    };
    laboratory.services.connections.lock().unwrap().insert("c".to_owned(), connection);
    laboratory.services.variables.lock().unwrap().insert("plain".to_owned(), "shown".to_owned());
    let secrets = laboratory.run("secrets", -1).await;
    secrets.expect(&AttemptOutcome::Success);
    assert!(secrets.log.contains(r#""event":"password ***""#), "{}", secrets.log);
    assert!(secrets.log.contains("variable shown none"), "{}", secrets.log);
    assert!(!secrets.log.contains("hunter22"));
    let after = laboratory.run("after", -1).await;
    after.expect(&AttemptOutcome::Success);
    assert!(after.log.contains("value nan"), "a float that JSON cannot hold comes back: {}", after.log);
}

async fn decisions_are_reported(laboratory: &Laboratory) {
    let branch = laboratory.run("branch", -1).await;
    branch.expect(&AttemptOutcome::Success);
    assert_eq!(branch.skip_record, Some(SkipRecord::Followed(vec!["left".into()])));
    let events = laboratory.services.events.lock().unwrap().clone();
    assert!(events.contains(&r#"skip [("right", None)]"#.to_owned()), "{events:?}");

    let fail = laboratory.run("fail", -1).await;
    fail.expect(&AttemptOutcome::UpForRetry { delay: None, reason: None });
    assert!(fail.log.contains("error_detail") && fail.log.contains("on purpose"), "{}", fail.log);
    let exception = laboratory.services.exception.lock().unwrap().clone();
    assert_eq!(exception.as_deref(), Some("ValueError: on purpose"));

    let cope = laboratory.run("cope", -1).await;
    cope.expect(&AttemptOutcome::Success);
    assert!(cope.log.contains("error_detail") && cope.log.contains("as expected"), "{}", cope.log);
    let exception = laboratory.services.exception.lock().unwrap().clone();
    assert_eq!(exception, None, "the task handled it");

    let sensor = laboratory.run("sensor", -1).await;
    assert!(matches!(sensor.outcome, AttemptOutcome::UpForReschedule { .. }), "{}", sensor.log);
}

async fn sudden_ends_are_told_apart(laboratory: &Laboratory) {
    for (task_id, expected) in [("leave", ExitStatus::Code(3)), ("die", ExitStatus::Signal(9))] {
        let attempt = laboratory.run(task_id, -1).await;
        let AttemptOutcome::Died { exit, .. } = attempt.outcome else { panic!("{}", attempt.log) };
        assert_eq!(exit, expected);
    }
}

async fn a_killed_attempt_ends(laboratory: &Laboratory) {
    let workload = Workload { task_id: "stay".into(), ..workload() };
    let mut tail = tw_tasklog::LogTail::new(laboratory.logs.path(&LogName::from(&workload)), 0, 1 << 20);
    let kill = async move {
        loop {
            let page = tail.next(pending()).await.unwrap().expect("it goes on");
            if page.lines.iter().any(|line| line.contains("staying")) {
                return Arc::from("cleared");
            }
        }
    };
    let stay = laboratory.attempt("stay", -1, kill).await;
    stay.expect(&AttemptOutcome::Lost { reason: "stopped: cleared".to_owned() });
    assert!(stay.log.contains("Process ended with signal 9"), "{}", stay.log);
}
