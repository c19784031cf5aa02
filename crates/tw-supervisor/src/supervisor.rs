//! The life of one attempt.

use std::io::ErrorKind;
use std::sync::Arc;

use rustix::process::Signal;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tw_model::{AttemptOutcome, AttemptReport, ExitStatus, Workload};
use tw_python::{Child, ChildExit};
use tw_tasklog::{AttemptLog, Level, LogName, SecretMasker, Source};

use crate::conversation::{Conversation, patiently};
use crate::logs::{self, LogSink, now};
use crate::options::SupervisorOptions;
use crate::process::{Ending, Limits, ProcessGroup, StopCause, wait_killed, watch};
use crate::report::{Facts, silence};
use crate::services::{AttemptProcess, ChildSource, RequestError, SpawnError, TaskServices};
use crate::usage::{UsageSampler, Watched};

/// Runs attempts, any number at the same time.
pub struct Supervisor {
    options: SupervisorOptions,
    children: Arc<dyn ChildSource>,
    services: Arc<dyn TaskServices>,
    usage: UsageSampler,
}

impl Supervisor {
    /// A supervisor whose children come from `children` and whose reports go to `services`.
    pub fn new(options: SupervisorOptions, children: Arc<dyn ChildSource>, services: Arc<dyn TaskServices>) -> Self {
        let usage = UsageSampler::new(options.usage_period);
        Self { options, children, services, usage }
    }

    /// What its attempts use. To be run beside it.
    pub fn usage(&self) -> &UsageSampler {
        &self.usage
    }

    /// Runs one attempt from start to end. When this returns, its end was reported, its log is
    /// complete and its process is gone.
    ///
    /// `kill` resolves when the attempt shall stop, with the reason for people. An attempt that is
    /// stopped this way and does not report an end itself is reported as lost, which costs no
    /// try: whoever wanted more than that changed its state before, so the report is stale.
    ///
    /// # Cancel safety
    /// Dropping the future kills the process group; nothing is reported then.
    pub async fn run(&self, workload: Workload, kill: impl Future<Output = Arc<str>> + Send) {
        let mut kill = std::pin::pin!(kill);
        let sink = self.open_log(&workload);
        let spawned = tokio::select! {
            spawned = self.children.spawn(&workload) => spawned,
            reason = &mut kill => {
                let reason = format!("stopped before it began: {reason}");
                return self.report_lost(&workload, &sink, reason).await;
            }
        };
        let child = match spawned {
            Ok(child) => child,
            Err(error) => {
                let reason = format!("no process for the task: {}", with_causes(&error));
                return self.report_lost(&workload, &sink, reason).await;
            }
        };
        let group = ProcessGroup::new(child.pid);
        match self.announce_start(&workload, &sink, &child).await {
            Ok(()) => self.supervise(&workload, sink, child, group, kill).await,
            Err(error) => self.call_off(&workload, &sink, child, &group, error).await,
        }
    }

    fn open_log(&self, workload: &Workload) -> LogSink {
        let path = self.options.logs.path(&LogName::from(workload));
        LogSink::new(AttemptLog::open(path), SecretMasker::new(&self.options.sensitive_names))
    }

    async fn announce_start(&self, workload: &Workload, sink: &LogSink, child: &Child) -> Result<(), RequestError> {
        let SupervisorOptions { hostname, unixname, .. } = &self.options;
        let process = AttemptProcess { hostname: hostname.clone(), unixname: unixname.clone(), pid: child.pid };
        let origin = if child.from_template { "a process that holds the parsed DAG file" } else { "a clean process" };
        let event = format!(
            "Attempt {} runs as {unixname} on {hostname}, process {}, forked from {origin}",
            workload.try_number, child.pid
        );
        let fields = json!({"hostname": hostname, "pid": child.pid, "from_template": child.from_template});
        sink.note(Level::Info, &event, object(fields));
        patiently(|| self.services.attempt_started(workload.attempt, &process)).await
    }

    /// User code may not begin: the attempt is stale, or nobody can be told that it runs.
    async fn call_off(
        &self,
        workload: &Workload,
        sink: &LogSink,
        child: Child,
        group: &ProcessGroup,
        error: RequestError,
    ) {
        group.signal(Signal::KILL);
        let exit = child.exit;
        drop((child.requests, child.stdout, child.stderr, child.logs));
        wait_killed(exit).await;
        match error {
            RequestError::Refused { message, .. } => {
                sink.note(Level::Warning, &format!("Not started: {message}"), Map::new());
            }
            RequestError::Unavailable { .. } => {
                let reason = format!("its start could not be reported: {error}");
                self.report_lost(workload, sink, reason).await;
            }
        }
    }

    async fn supervise(
        &self,
        workload: &Workload,
        sink: LogSink,
        child: Child,
        group: ProcessGroup,
        kill: impl Future<Output = Arc<str>>,
    ) {
        let watched_usage = self.usage.watch(workload.attempt, child.pid);
        let Child { requests, stdout, stderr, logs, mut exit, .. } = child;
        let mut conversation = Conversation {
            workload,
            services: &*self.services,
            options: &self.options,
            sink: sink.clone(),
            reported: CancellationToken::new(),
            facts: Facts::default(),
            refusal: None,
            ended_well: false,
        };
        let reported = conversation.reported.clone();
        let out_of_step = CancellationToken::new();
        let ending = {
            let (log_sockets, more) = mpsc::channel(logs::LOG_SOCKETS_MAX);
            let streams = vec![(Source::Log, logs), (Source::Stdout, stdout), (Source::Stderr, stderr)];
            let drained = logs::drain(sink.clone(), streams, more);
            let mut channels = std::pin::pin!(async {
                let held = async {
                    if let Err(error) = conversation.hold(requests, log_sockets).await {
                        tracing::debug!(%error, "the request socket of a child failed");
                        if error.kind() == ErrorKind::InvalidData {
                            out_of_step.cancel();
                        }
                    }
                };
                tokio::join!(held, drained);
            });
            let execution_timeout = workload.execution_timeout.map(tw_model::TimeSpan::to_std);
            let limits =
                Limits { options: &self.options, execution_timeout, reported: &reported, out_of_step: &out_of_step };
            let announce = |cause: &StopCause| sink.note(Level::Warning, &sentence(cause), Map::new());
            let mut watched = std::pin::pin!(watch(&group, &mut exit, limits, kill, announce));
            tokio::select! {
                ending = &mut watched => {
                    // What the child wrote is still in the channels. Programs that it left behind
                    // may hold them open, so the end of the stream is not awaited for ever.
                    let _ = timeout(self.options.close_after_exit, channels).await;
                    ending
                }
                () = &mut channels => watched.await,
            }
        };
        group.release();
        self.settle(&conversation, &ending, &watched_usage).await;
    }

    /// Records how the process ended, and reports the end of the attempt if the child did not.
    async fn settle(&self, conversation: &Conversation<'_>, ending: &Ending, usage: &Watched<'_>) {
        let workload = conversation.workload;
        let (level, event, fields) = last_line(ending.exit);
        conversation.sink.note(level, &event, fields);
        let series = usage.series();
        let exception = conversation.sink.last_exception().filter(|_| !conversation.ended_well);
        if let Some(exit) = ending.exit
            && let Err(error) =
                patiently(|| self.services.attempt_exited(workload, exit, series.as_ref(), exception.as_deref())).await
        {
            tracing::warn!(%error, task_instance_id = %workload.attempt.task_instance_id, "exit of an attempt not recorded");
        }
        if conversation.reported.is_cancelled() {
            return;
        }
        let outcome = match (ending.exit, &ending.cause) {
            (_, Some(cause @ StopCause::Asked(_))) => AttemptOutcome::Lost { reason: cause.to_string() },
            (None, _) => AttemptOutcome::Lost { reason: "the process that forked it ended".to_owned() },
            (Some(exit), Some(cause)) => AttemptOutcome::Died { exit: exit.status, reason: cause.to_string() },
            (Some(exit), None) => {
                let reason = silence(exit.status, conversation.refusal.as_deref());
                conversation.sink.note(Level::Error, &sentence(&reason), Map::new());
                AttemptOutcome::Died { exit: exit.status, reason }
            }
        };
        self.report(workload, conversation.facts.report(outcome, now())).await;
    }

    async fn report_lost(&self, workload: &Workload, sink: &LogSink, reason: String) {
        sink.note(Level::Error, &sentence(&reason), Map::new());
        self.report(workload, Facts::default().report(AttemptOutcome::Lost { reason }, now())).await;
    }

    async fn report(&self, workload: &Workload, report: AttemptReport) {
        let attempt = workload.attempt;
        match patiently(|| self.services.attempt_ended(attempt, report.clone())).await {
            Ok(()) => {}
            // Mostly stale: the attempt was replaced, which is why it was stopped.
            Err(error @ RequestError::Refused { .. }) => {
                tracing::debug!(%error, task_instance_id = %attempt.task_instance_id, "end of an attempt refused");
            }
            Err(error @ RequestError::Unavailable { .. }) => {
                tracing::error!(%error, task_instance_id = %attempt.task_instance_id, "end of an attempt not reported");
            }
        }
    }
}

fn last_line(exit: Option<ChildExit>) -> (Level, String, Map<String, Value>) {
    let Some(ChildExit { status, usage }) = exit else {
        return (Level::Error, "Process lost: the process that forked it ended".to_owned(), Map::new());
    };
    let (how, level) = match status {
        ExitStatus::Code(0) => ("exit code 0".to_owned(), Level::Info),
        ExitStatus::Code(code) => (format!("exit code {code}"), Level::Error),
        ExitStatus::Signal(signal) => (format!("signal {signal}"), Level::Error),
    };
    let cpu = usage.user_cpu.as_secs_f64() + usage.system_cpu.as_secs_f64();
    let event = format!(
        "Process ended with {how}; {cpu:.3} s of CPU time, {} MB of memory at its peak",
        usage.max_rss_bytes.div_ceil(1_000_000)
    );
    let fields = json!({
        "exit": status,
        "user_cpu_secs": usage.user_cpu,
        "system_cpu_secs": usage.system_cpu,
        "max_rss_bytes": usage.max_rss_bytes,
    });
    (level, event, object(fields))
}

fn object(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A reason as a line of its own.
fn sentence(reason: &impl ToString) -> String {
    let text = reason.to_string();
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn with_causes(error: &SpawnError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
