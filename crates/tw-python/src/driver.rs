//! The task that owns one fork server: its process, its control socket, its children's ends.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::process::{Child as Process, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tw_model::{ExitStatus, TimeSpan, Usage};

use crate::bridge::{BridgeError, BridgeOptions, Channels, Order, Signs, SpawnError, Spawned, Versions};
use crate::child::{ChildExit, ChildKind};
use crate::control::{Control, FromBridge, MESSAGE_BYTES_MAX, ToBridge};
use crate::source;

/// For messages: the SDK that this release speaks to.
pub(crate) const SDK_SUPPORTED: &str = "1.3";
/// Versions of the message bodies that this release speaks.
const API_VERSIONS_SUPPORTED: &[&str] = &["2026-06-16"];
/// The Python side kills its descendants within 5 s of SIGTERM; then it is killed itself.
const STOP_GRACE: Duration = Duration::from_secs(6);
/// Enough for a Python traceback.
const STDERR_TAIL_LINES: usize = 40;
/// Longer lines are cut; nobody reads them in a log.
const STDERR_LINE_BYTES_MAX: u64 = 16 * 1024;
/// After the process ended, another one may still hold its stderr.
const STDERR_DRAIN: Duration = Duration::from_millis(500);

/// A fork server that reported its versions.
pub(crate) struct Started {
    pub(crate) versions: Versions,
    process: Process,
    control: Control,
    stderr: Stderr,
}

impl Started {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id().unwrap_or_default()
    }
}

/// Starts the process and waits for its versions.
pub(crate) async fn start(interpreter: PathBuf, options: &BridgeOptions) -> Result<Started, BridgeError> {
    let prepare =
        |source: io::Error| BridgeError::Prepare { work_dir: options.work_dir.clone(), source: source.into() };
    let package = source::install(&options.work_dir).map_err(prepare)?;
    let (control, theirs) = Control::pair().map_err(prepare)?;
    let (reader, writer) = io::pipe().map_err(prepare)?;
    let mut command = Command::new(&interpreter);
    command
        .arg(&package)
        .arg(options.templates_max.to_string())
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::from(writer.try_clone().map_err(prepare)?))
        .stderr(Stdio::from(writer))
        // A Ctrl-C at the terminal must not reach Python: this side decides who ends when.
        .process_group(0)
        .kill_on_drop(true);
    environment(&mut command, options);
    let process = command
        .spawn()
        .map_err(|source| BridgeError::Interpreter { interpreter: interpreter.clone(), source: source.into() })?;
    // The command holds the other ends, and the end of either channel is how a death is noticed.
    drop(command);
    let stderr = Stderr::read(pipe::Receiver::from_owned_fd(reader.into()).map_err(prepare)?);
    let ready = timeout(options.ready_timeout, wait_ready(&control)).await;
    let versions = match ready {
        Ok(Some(versions)) => versions,
        Ok(None) => return Err(BridgeError::Ended { interpreter, stderr_tail: stderr.last_words().await }),
        Err(_) => {
            let stderr_tail = stderr.tail();
            return Err(BridgeError::Late { interpreter, timeout: options.ready_timeout, stderr_tail });
        }
    };
    if !versions.api_version.as_deref().is_some_and(|version| API_VERSIONS_SUPPORTED.contains(&version)) {
        return Err(BridgeError::Unsupported { interpreter, found: versions.sdk });
    }
    Ok(Started { versions, process, control, stderr })
}

async fn wait_ready(control: &Control) -> Option<Versions> {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    loop {
        match control.receive(&mut buffer).await {
            Ok(Some((FromBridge::Ready { versions }, _))) => return Some(versions),
            Ok(Some((FromBridge::Note { text }, _))) => tracing::warn!(note = text, "python bridge"),
            Ok(Some((other, _))) => tracing::warn!(?other, "unexpected message of the python bridge"),
            Ok(None) => return None,
            Err(error) => {
                tracing::warn!(%error, "unreadable message of the python bridge");
                return None;
            }
        }
    }
}

/// The user's own environment passes through, except what would reach Tradewind's database.
fn environment(command: &mut Command, options: &BridgeOptions) {
    // A task may change its folder, so Airflow's home must not depend on it.
    let home = std::path::absolute(&options.work_dir).unwrap_or_else(|_| options.work_dir.clone()).join("airflow");
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_private(name)) {
        command.env_remove(name);
    }
    if std::env::var_os("AIRFLOW_HOME").is_none() {
        command.env("AIRFLOW_HOME", &home);
    }
    if std::env::var_os("AIRFLOW__CORE__LOAD_EXAMPLES").is_none() {
        command.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False");
    }
    if let Some((_, path)) = options.bundles.first() {
        command.env("AIRFLOW__CORE__DAGS_FOLDER", path);
    }
    command
        .envs(options.env.iter().map(|(name, value)| (name, value)))
        .env("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", bundle_list(&options.bundles))
        .env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", format!("sqlite:///{}", home.join("unused.db").display()))
        .env("_AIRFLOW_PROCESS_CONTEXT", "client");
}

/// Tradewind's own settings may hold the database's address and the key of its secrets.
fn is_private(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"TRADEWIND_")
}

fn bundle_list(bundles: &[(String, PathBuf)]) -> String {
    let entries: Vec<serde_json::Value> = bundles.iter().map(|(name, path)| bundle_entry(name, path)).collect();
    serde_json::Value::Array(entries).to_string()
}

fn bundle_entry(name: &str, path: &Path) -> serde_json::Value {
    serde_json::json!({
        "name": name,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": { "path": path },
    })
}

/// Serves until the process ends or is told to, or until nobody holds the bridge and no child runs.
pub(crate) async fn drive(started: Started, mut orders: mpsc::Receiver<Order>, signs: Signs) {
    let Started { mut process, control, stderr, .. } = started;
    let mut book = Book::default();
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    let mut outgoing: Option<(Vec<u8>, Order)> = None;
    let mut abandoned = false;
    loop {
        tokio::select! {
            message = control.receive(&mut buffer) => match message {
                Ok(Some((message, descriptors))) => book.note(message, descriptors, &signs),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, "unreadable message of the python bridge");
                    break;
                }
            },
            order = orders.recv(), if outgoing.is_none() && !abandoned => match order {
                Some(order) => outgoing = book.encode(order),
                None => abandoned = true,
            },
            sent = send(&control, outgoing.as_ref()), if outgoing.is_some() => {
                let Some((_, order)) = outgoing.take() else { continue };
                match sent {
                    Ok(()) => book.sent(order),
                    Err(error) => {
                        tracing::error!(%error, "cannot reach the python bridge");
                        break;
                    }
                }
            }
            () = signs.stop.cancelled() => break,
        }
        if abandoned && book.is_idle() {
            break;
        }
    }
    end(&mut process).await;
    book.kill_groups();
    let tail = stderr.last_words().await;
    if !signs.stop.is_cancelled() && !abandoned && !tail.is_empty() {
        tracing::warn!(tail, "the python bridge ended");
    }
    drop(book);
    signs.closed.cancel();
}

async fn send(control: &Control, outgoing: Option<&(Vec<u8>, Order)>) -> io::Result<()> {
    match outgoing {
        Some((message, _)) => control.send(message).await,
        None => std::future::pending().await,
    }
}

async fn end(process: &mut Process) {
    if let Some(pid) = process.id().and_then(as_pid) {
        // The process may have ended already: then there is nothing to signal.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    if timeout(STOP_GRACE, process.wait()).await.is_err() {
        tracing::error!("the python bridge did not end in time and is killed");
        if let Err(error) = process.kill().await {
            tracing::error!(%error, "cannot kill the python bridge");
        }
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Children that are asked for and children that run, by spawn id.
#[derive(Default)]
struct Book {
    next_id: u64,
    asked: HashMap<u64, (ChildKind, oneshot::Sender<Result<Spawned, SpawnError>>)>,
    running: HashMap<u64, Running>,
}

struct Running {
    pid: u32,
    kind: ChildKind,
    exit: oneshot::Sender<ChildExit>,
}

impl Book {
    /// The message for an order; an order that cannot be said is refused.
    fn encode(&self, order: Order) -> Option<(Vec<u8>, Order)> {
        let template = order.request.template.as_ref();
        let message = ToBridge::Spawn { id: self.next_id, kind: order.request.kind.word(), template };
        match serde_json::to_vec(&message) {
            Ok(bytes) => Some((bytes, order)),
            Err(error) => {
                // A bundle folder that is not UTF-8. Nobody may wait any more: then nobody is told.
                let _ = order.answer.send(Err(SpawnError::Refused(error.to_string())));
                None
            }
        }
    }

    /// The order left.
    fn sent(&mut self, order: Order) {
        self.asked.insert(self.next_id, (order.request.kind, order.answer));
        self.next_id += 1;
    }

    fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.running.is_empty()
    }

    fn note(&mut self, message: FromBridge, descriptors: Vec<OwnedFd>, signs: &Signs) {
        match message {
            FromBridge::Spawned { id, pid, from_template } => self.spawned(id, pid, from_template, descriptors),
            FromBridge::Refused { id, error } => self.refused(id, SpawnError::Refused(error)),
            FromBridge::Outdated { id } => {
                signs.outdated.cancel();
                self.refused(id, SpawnError::Outdated);
            }
            FromBridge::Exited { id, status, user_us, system_us, max_rss_bytes } => {
                if let Some(running) = self.running.remove(&id) {
                    let usage = Usage {
                        user_cpu: TimeSpan::from_micros(user_us),
                        system_cpu: TimeSpan::from_micros(system_us),
                        max_rss_bytes,
                    };
                    // Nobody waits any more: the child is reaped all the same.
                    let _ = running.exit.send(ChildExit { status: exit_status(status), usage });
                }
            }
            FromBridge::Note { text } => tracing::info!(note = text, "python bridge"),
            FromBridge::Ready { .. } => tracing::warn!("the python bridge reported its versions twice"),
        }
    }

    fn refused(&mut self, id: u64, error: SpawnError) {
        if let Some((_, answer)) = self.asked.remove(&id) {
            // Nobody waits any more: there is no child to care for.
            let _ = answer.send(Err(error));
        }
    }

    fn spawned(&mut self, id: u64, pid: u32, from_template: bool, descriptors: Vec<OwnedFd>) {
        let Some((kind, answer)) = self.asked.remove(&id) else { return };
        let (exit, exited) = oneshot::channel();
        let running = Running { pid, kind, exit };
        let spawned = channels(descriptors).map(|channels| Spawned { pid, from_template, channels, exit: exited });
        let failed = spawned.is_err();
        if answer.send(spawned.map_err(SpawnError::Channels)).is_err() || failed {
            // Nobody will speak to it: the caller went away, or there is no channel.
            running.kill();
        }
        self.running.insert(id, running);
    }

    /// The kernel killed the children with the fork server; their own children live in the groups.
    fn kill_groups(&self) {
        for running in self.running.values() {
            running.kill();
        }
    }
}

impl Running {
    fn kill(&self) {
        let Some(pid) = as_pid(self.pid) else { return };
        // The process or group may be gone: then there is nothing to kill.
        let _ = match self.kind {
            ChildKind::Task | ChildKind::ConnectionTest => rustix::process::kill_process_group(pid, Signal::KILL),
            ChildKind::Parse => rustix::process::kill_process(pid, Signal::KILL),
        };
    }
}

/// This side's ends of a child's channels, as they came over the control socket.
fn channels(descriptors: Vec<OwnedFd>) -> io::Result<Channels> {
    let streams = descriptors
        .into_iter()
        .map(|descriptor| {
            let stream = std::os::unix::net::UnixStream::from(descriptor);
            stream.set_nonblocking(true)?;
            UnixStream::from_std(stream)
        })
        .collect::<io::Result<Vec<_>>>()?;
    // The kernel leaves out what exceeds the limit of open files.
    streams.try_into().map_err(|_| io::Error::other("too many open files in this process"))
}

/// Python reports a signal as its negative number.
fn exit_status(status: i32) -> ExitStatus {
    if status < 0 { ExitStatus::Signal(-status) } else { ExitStatus::Code(status) }
}

/// Reads what the fork server prints: to the log, and the last lines for messages.
struct Stderr {
    tail: Arc<Mutex<VecDeque<String>>>,
    reader: JoinHandle<()>,
}

impl Stderr {
    fn read(from: pipe::Receiver) -> Self {
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let reader = tokio::spawn(read_lines(from, Arc::clone(&tail)));
        Self { tail, reader }
    }

    fn tail(&self) -> String {
        let lines = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// The tail once everything was read.
    async fn last_words(mut self) -> String {
        if timeout(STDERR_DRAIN, &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        self.tail()
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read_lines(from: pipe::Receiver, tail: Arc<Mutex<VecDeque<String>>>) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(STDERR_LINE_BYTES_MAX).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::debug!(line = text, "python bridge");
        let mut lines = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == STDERR_TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_settings_stay_out_and_the_users_pass() {
        assert!(is_private(OsStr::new("TRADEWIND__STORE__URL")));
        assert!(!is_private(OsStr::new("AIRFLOW__CORE__PLUGINS_FOLDER")));
        assert!(!is_private(OsStr::new("AIRFLOW_VAR_TRADEWIND_X")));
    }

    #[test]
    fn bundles_are_named_as_airflow_reads_them() {
        assert_eq!(
            bundle_list(&[("main".into(), "/a \"b\"".into())]),
            r#"[{"classpath":"airflow.dag_processing.bundles.local.LocalDagBundle","kwargs":{"path":"/a \"b\""},"name":"main"}]"#
        );
    }

    #[test]
    fn a_negative_status_is_a_signal() {
        assert_eq!(exit_status(-9), ExitStatus::Signal(9));
        assert_eq!(exit_status(2), ExitStatus::Code(2));
    }
}
