//! One supervised attempt whose child is a script: it speaks real frames over real sockets.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tw_model::{
    AttemptKey, DagRun, DagRunId, DagRunState, DagVersionId, ExitStatus, Interval, RunType, TaskInstanceId, Timestamp,
    TriggeredBy, Usage, UsageSeries, Workload,
};
use tw_python::{Child, ChildExit};
use tw_supervisor::{ChildSource, SpawnError, Supervisor, SupervisorOptions};
use tw_tasklog::{LogLayout, LogName, read_page};
use tw_wire::frame::encode_response;
use uuid::Uuid;

use crate::services::MemoryServices;

/// The child's ends of its channels, and what it knows of itself.
pub(crate) struct Ends {
    pub(crate) requests: UnixStream,
    pub(crate) stdout: UnixStream,
    pub(crate) stderr: UnixStream,
    pub(crate) logs: UnixStream,
    next_id: u64,
}

impl Ends {
    pub(crate) async fn write_frame(&mut self, body: &Value) {
        // A request and a response have the same shape: [id, body, nil].
        self.requests.write_all(&encode_response(self.next_id, Some(body), None)).await.unwrap();
        self.next_id += 1;
    }

    /// `[id, body, error]`, or `None` at the end of the stream.
    pub(crate) async fn read_frame(&mut self) -> Option<Value> {
        let length = self.requests.read_u32().await.ok()?;
        let mut payload = vec![0; length as usize];
        self.requests.read_exact(&mut payload).await.unwrap();
        let value = rmpv::decode::read_value(&mut payload.as_slice()).unwrap();
        Some(rmpv::ext::from_value(value).unwrap())
    }

    /// Reads the first frame.
    pub(crate) async fn start(&mut self) -> Value {
        let frame = self.read_frame().await.expect("a start-up frame");
        assert_eq!((&frame[0], &frame[1]["type"]), (&json!(0), &json!("StartupDetails")));
        frame[1].clone()
    }

    /// Asks and returns body and error of the answer.
    pub(crate) async fn ask(&mut self, body: Value) -> (Value, Value) {
        let id = self.next_id;
        self.write_frame(&body).await;
        let frame = self.read_frame().await.expect("an answer");
        assert_eq!(frame[0], id, "the id is echoed");
        (frame[1].clone(), frame[2].clone())
    }

    /// Asks for something whose answer is "done".
    pub(crate) async fn tell(&mut self, body: Value) {
        assert_eq!(self.ask(body.clone()).await, (Value::Null, Value::Null), "{body}");
    }

    /// Asks and returns the body, which must not be an error.
    pub(crate) async fn get(&mut self, body: Value) -> Value {
        let (answer, error) = self.ask(body).await;
        assert_eq!(error, Value::Null);
        answer
    }

    pub(crate) async fn succeed(&mut self) {
        self.tell(json!({"type": "SucceedTask", "end_date": "2026-01-01T00:00:00Z"})).await;
    }
}

/// How a scripted child ends, unless a real process is beside it; `None` = nobody will ever know.
pub(crate) type Script = Box<dyn FnOnce(Ends) -> Pin<Box<dyn Future<Output = Option<ExitStatus>> + Send>> + Send>;

/// Makes a [`Script`] of an async closure.
pub(crate) fn script<F, R>(run: F) -> Script
where
    F: FnOnce(Ends) -> R + Send + 'static,
    R: Future<Output = Option<ExitStatus>> + Send + 'static,
{
    Box::new(move |ends| Box::pin(run(ends)))
}

pub(crate) const EXIT_0: Option<ExitStatus> = Some(ExitStatus::Code(0));

/// Starts one scripted child, in this process or with a real one beside it.
struct ScriptedChildren {
    script: Mutex<Option<Script>>,
    process: Mutex<Option<tokio::process::Child>>,
    /// Failures of a script, which would otherwise only look like a lost child.
    failure: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

#[async_trait]
impl ChildSource for ScriptedChildren {
    async fn spawn(&self, _: &Workload) -> Result<Child, SpawnError> {
        let script = self.script.lock().unwrap().take().ok_or("no interpreter")?;
        let process = self.process.lock().unwrap().take();
        let pid = process.as_ref().and_then(tokio::process::Child::id).unwrap_or(0);
        let (requests, their_requests) = UnixStream::pair()?;
        let (stdout, their_stdout) = UnixStream::pair()?;
        let (stderr, their_stderr) = UnixStream::pair()?;
        let (logs, their_logs) = UnixStream::pair()?;
        let ends =
            Ends { requests: their_requests, stdout: their_stdout, stderr: their_stderr, logs: their_logs, next_id: 0 };
        let (exited, exit) = oneshot::channel();
        let usage = Usage { max_rss_bytes: 7_000_000, ..Usage::default() };
        let task = tokio::spawn(async move {
            let status = script(ends).await;
            let real = tokio::spawn(async move {
                let exit = process?.wait().await.unwrap();
                let signal = std::os::unix::process::ExitStatusExt::signal(&exit);
                Some(signal.map_or_else(|| ExitStatus::Code(exit.code().unwrap()), ExitStatus::Signal))
            });
            if let Some(scripted) = status {
                let status = real.await.unwrap().unwrap_or(scripted);
                let _ = exited.send(ChildExit { status, usage });
            }
        });
        *self.failure.lock().unwrap() = Some(task);
        Ok(Child { pid, requests, stdout, stderr, logs, from_template: true, exit })
    }
}

/// Everything around one attempt.
pub(crate) struct Stage {
    pub(crate) services: Arc<MemoryServices>,
    pub(crate) options: SupervisorOptions,
    pub(crate) workload: Workload,
    pub(crate) process: Option<tokio::process::Child>,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = SupervisorOptions::new("host", "user", LogLayout::new(folder.path()));
        options.close_after_exit = Duration::from_millis(50);
        options.kill_grace = Duration::from_millis(50);
        options.overtime = Duration::from_millis(50);
        options.timeout_grace = Duration::from_millis(50);
        options.frame_stall = Duration::from_millis(50);
        Self { services: Arc::default(), options, workload: workload(), process: None, folder }
    }

    /// Runs the attempt with a scripted child; the script must come to its end.
    pub(crate) async fn run(&mut self, script: Script) {
        self.run_until(Some(script), pending()).await;
    }

    pub(crate) async fn run_until(&mut self, script: Option<Script>, kill: impl Future<Output = Arc<str>> + Send) {
        let children = Arc::new(ScriptedChildren {
            script: Mutex::new(script),
            process: Mutex::new(self.process.take()),
            failure: Mutex::default(),
        });
        let services = Arc::<MemoryServices>::clone(&self.services);
        let supervisor = Supervisor::new(self.options.clone(), Arc::<ScriptedChildren>::clone(&children), services);
        supervisor.run(self.workload.clone(), kill).await;
        let script = children.failure.lock().unwrap().take();
        if let Some(script) = script {
            script.await.expect("the script does not fail");
        }
    }

    /// Runs the attempt of a real process whose use is sampled, and stops it as soon as `enough` is
    /// seen; the script has nothing to do.
    pub(crate) async fn run_sampled(&mut self, enough: impl Fn(&UsageSeries) -> bool + Send) {
        let children = Arc::new(ScriptedChildren {
            script: Mutex::new(Some(script(async |_ends: Ends| EXIT_0))),
            process: Mutex::new(self.process.take()),
            failure: Mutex::default(),
        });
        let services = Arc::<MemoryServices>::clone(&self.services);
        let supervisor = Supervisor::new(self.options.clone(), children, services);
        let (sampler, id) = (supervisor.usage().clone(), self.workload.attempt.task_instance_id);
        let mut looks = tokio::time::interval(self.options.usage_period);
        let seen = async move {
            while !sampler.series(id).is_some_and(|series| enough(&series)) {
                looks.tick().await;
            }
            Arc::from("seen enough")
        };
        let sampling = supervisor.usage().clone().run(CancellationToken::new());
        tokio::select! {
            () = supervisor.run(self.workload.clone(), seen) => {}
            () = sampling => panic!("nobody stopped it"),
        }
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.services.events.lock().unwrap().clone()
    }

    /// The outcome of the only report.
    pub(crate) fn report(&self) -> tw_model::AttemptReport {
        let reports = self.services.reports.lock().unwrap();
        assert_eq!(reports.len(), 1, "{reports:?}");
        reports[0].clone()
    }

    /// The attempt's log: level, logger and event of each record.
    pub(crate) fn log(&self) -> Vec<String> {
        let path = LogLayout::new(self.folder.path()).path(&LogName::from(&self.workload));
        let lines = read_page(&path, 0, 1 << 20).unwrap().lines;
        let text = |record: &Value, key: &str| record[key].as_str().unwrap_or("-").to_owned();
        let brief = |record: Value| {
            format!("{} {} {}", text(&record, "level"), text(&record, "logger"), text(&record, "event"))
        };
        lines.iter().map(|line| brief(serde_json::from_str(line).unwrap())).collect()
    }
}

pub(crate) fn dag_run(run_id: &str, day: i64, state: DagRunState) -> DagRun {
    let date = Timestamp::from_micros(day * 86_400_000_000);
    DagRun {
        id: DagRunId(Uuid::from_u128(1)),
        dag_id: "d".into(),
        run_id: run_id.into(),
        run_type: RunType::Scheduled,
        triggered_by: TriggeredBy::Timetable,
        triggering_user: None,
        state,
        logical_date: Some(date),
        data_interval: Some(Interval::exact(date)),
        run_after: date,
        queued_at: None,
        start_date: None,
        end_date: None,
        conf: Arc::new(json!({})),
        note: None,
        dag_version_id: DagVersionId(Uuid::from_u128(2)),
        clear_number: 0,
        reason: None,
    }
}

pub(crate) fn workload() -> Workload {
    Workload {
        attempt: AttemptKey { task_instance_id: TaskInstanceId(Uuid::from_u128(3)), dispatch: 1 },
        dag_id: "d".into(),
        run_id: "r".into(),
        task_id: "t".into(),
        map_index: -1,
        try_number: 1,
        max_tries: 2,
        should_retry: true,
        task_reschedule_count: 0,
        first_reschedule_date: None,
        dag_version_id: DagVersionId(Uuid::from_u128(2)),
        relative_fileloc: "d.py".to_owned(),
        bundle_name: "dags".to_owned(),
        bundle_version: None,
        queue: "default".to_owned(),
        executor: None,
        pool_slots: 1,
        priority_weight: 1,
        execution_timeout: None,
        has_mapped_dependants: false,
        dag_run: Arc::new(dag_run("r", 10, DagRunState::Running)),
    }
}
