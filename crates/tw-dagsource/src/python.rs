//! Parses in a forked child of the warm Python process, within limits (protocol 2.2).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tw_engine::ParsedDag;
use tw_model::ExitStatus;
use tw_python::{BridgeKeeper, Child, ChildKind, SpawnRequest};
use tw_wire::supervisor::request::ParsingResult;

use crate::conversation::Conversation;
use crate::port::{DagFile, ParseResult, ParseServices, Parsed, Parser};
use crate::secret::Secrets;
use crate::stop::Reaper;

/// What one parse may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseLimits {
    /// Longest time for a whole file (S-12.12). Python itself limits the import of each module.
    pub file_timeout: Duration,
    /// Most resident memory of the child, in bytes.
    pub memory_bytes: u64,
}

impl Default for ParseLimits {
    fn default() -> Self {
        // Airflow's time; a memory that two parses can have on a small machine.
        Self { file_timeout: Duration::from_secs(50), memory_bytes: 1 << 30 }
    }
}

/// A child that has sent its result needs no longer to leave; exit hooks of libraries may hang.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// Last output of a child that is kept for an import error. Enough for a traceback.
const TAIL_BYTES: usize = 4 << 10;

/// After the child's end its output is complete at once, unless a grandchild holds the pipe.
const TAIL_TIMEOUT: Duration = Duration::from_millis(200);

/// The real parser.
pub struct PythonParser {
    bridge: BridgeKeeper,
    services: Arc<dyn ParseServices>,
    limits: ParseLimits,
}

impl PythonParser {
    /// A parser that forks from the bridge and answers the files' questions through `services`.
    pub fn new(bridge: BridgeKeeper, services: Arc<dyn ParseServices>, limits: ParseLimits) -> Self {
        Self { bridge, services, limits }
    }
}

#[async_trait]
impl Parser for PythonParser {
    async fn parse(&self, file: &DagFile) -> ParseResult {
        match self.bridge.spawn(SpawnRequest { kind: ChildKind::Parse, template: None }).await {
            Ok(child) => parse_in(child, file, &*self.services, self.limits).await,
            Err(error) => ParseResult::Unavailable { reason: error.to_string() },
        }
    }
}

/// Why there is no result.
enum Failure {
    Timeout,
    Memory,
    Silent,
}

/// One parse in a child that waits for its order.
pub(crate) async fn parse_in(
    child: Child,
    file: &DagFile,
    services: &dyn ParseServices,
    limits: ParseLimits,
) -> ParseResult {
    let Child { pid, mut requests, stdout, stderr, logs, exit, .. } = child;
    let reaper = Reaper::new(pid, exit);
    let (stdout, stderr, logs) = (Tail::of(stdout), Tail::of(stderr), Tail::of(logs));
    let mut conversation = Conversation::new(&mut requests, services);
    let outcome = tokio::select! {
        result = conversation.run(file) => result.ok_or(Failure::Silent),
        () = sleep(limits.file_timeout) => Err(Failure::Timeout),
        () = reaper.memory_above(limits.memory_bytes) => Err(Failure::Memory),
    };
    let (secrets, reads_stored_values) = (conversation.secrets, conversation.read_stored_values);
    let grace = if matches!(outcome, Err(Failure::Timeout | Failure::Memory)) { Duration::ZERO } else { EXIT_GRACE };
    let status = reaper.end(grace).await;
    drop(stdout);
    let parsed = match outcome {
        Ok(result) => decoded(result, file).await,
        Err(Failure::Silent) => match status {
            // The fork server took the child with it: not this file's fault.
            None => return ParseResult::Unavailable { reason: "the Python bridge ended during the parse".to_owned() },
            Some(status) => Parsed::error(died(status, &last_words(stderr, logs).await)),
        },
        Err(Failure::Timeout) => Parsed::error(too_slow(limits.file_timeout)),
        Err(Failure::Memory) => Parsed::error(too_large(limits.memory_bytes)),
    };
    ParseResult::Parsed(Parsed { reads_stored_values, ..masked(parsed, &secrets) })
}

fn masked(parsed: Parsed, secrets: &Secrets) -> Parsed {
    let import_errors = parsed.import_errors.into_iter().map(|text| secrets.mask(text)).collect();
    Parsed { import_errors, ..parsed }
}

/// Turns the documents into DAGs; one that cannot be decoded becomes an import error and does not
/// stop the others (S-12.17).
async fn decoded(result: ParsingResult, file: &DagFile) -> Parsed {
    for warning in result.warnings.iter().flatten() {
        tracing::warn!(file = %file.path.display(), %warning, "DAG file");
    }
    let own_path = file.key.relative_fileloc.clone();
    // A file can hold thousands of DAGs; that work must not hold up the runtime's threads.
    let work = tokio::task::spawn_blocking(move || {
        let mut parsed = Parsed::default();
        for (path, text) in result.import_errors.iter().flatten() {
            let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
            parsed.import_errors.push(if *path == own_path { text } else { format!("{path}: {text}") });
        }
        for entry in &result.serialized_dags {
            match tw_wire::dag::decode(entry.get("data").unwrap_or(&Value::Null)) {
                Ok(dag) => {
                    let content_hash = tw_wire::dag::content_hash(&dag);
                    parsed.dags.push(ParsedDag { dag: Arc::new(dag), content_hash });
                }
                Err(error) => {
                    let dag_id = entry.pointer("/data/dag/dag_id").and_then(Value::as_str).unwrap_or("?");
                    parsed.import_errors.push(format!("DAG {dag_id:?} cannot be used: {error}"));
                }
            }
        }
        parsed
    });
    match work.await {
        Ok(parsed) => parsed,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn too_slow(limit: Duration) -> String {
    format!(
        "Parsing this file took longer than {} s and was stopped. Move slow work (network, databases, large \
         computations) from the top level of the file into tasks, or raise dag_processor.file_timeout_secs.",
        limit.as_secs_f64()
    )
}

fn too_large(limit: u64) -> String {
    format!(
        "Parsing this file took more than {} MiB of memory and was stopped. Move large data and imports from the \
         top level of the file into tasks, or raise dag_processor.parse_memory_bytes.",
        limit >> 20
    )
}

fn died(status: ExitStatus, last_words: &str) -> String {
    let how = match status {
        ExitStatus::Code(code) => format!("exit code {code}"),
        ExitStatus::Signal(signal) => format!("signal {signal}"),
    };
    let said =
        if last_words.is_empty() { "It said nothing.".to_owned() } else { format!("It said at last:\n{last_words}") };
    format!("The process that parsed this file ended without a result ({how}). {said}")
}

/// What the child wrote last: to standard error, or, if that is empty, to its log.
async fn last_words(stderr: Tail, logs: Tail) -> String {
    let said = stderr.end().await;
    if said.trim().is_empty() { logs.end().await } else { said }.trim().to_owned()
}

/// Reads a channel to its end, so that the child never blocks on it, and keeps the last bytes.
pub(crate) struct Tail(JoinHandle<()>, Arc<std::sync::Mutex<VecDeque<u8>>>);

impl Tail {
    pub(crate) fn of(mut channel: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let kept = Arc::new(std::sync::Mutex::new(VecDeque::new()));
        let keep = Arc::clone(&kept);
        let reading = tokio::spawn(async move {
            let mut bytes = [0; TAIL_BYTES];
            while let Ok(count @ 1..) = channel.read(&mut bytes).await {
                let mut kept = keep.lock().expect("nobody panics with the lock");
                kept.extend(&bytes[..count]);
                let surplus = kept.len().saturating_sub(TAIL_BYTES);
                kept.drain(..surplus);
            }
        });
        Self(reading, kept)
    }

    pub(crate) async fn end(mut self) -> String {
        let _ = timeout(TAIL_TIMEOUT, &mut self.0).await;
        let kept: Vec<u8> = self.1.lock().expect("nobody panics with the lock").iter().copied().collect();
        String::from_utf8_lossy(&kept).into_owned()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Command, ExitStatus as StdExitStatus};

    use serde_json::json;
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;
    use tokio::sync::oneshot;
    use tw_model::{Connection, Usage, Variable};
    use tw_python::ChildExit;
    use tw_wire::frame::{FrameBuffer, decode_request, encode_response};

    use super::*;
    use crate::port::{FileKey, PortError};

    /// One variable, one connection.
    struct Stored;

    #[async_trait]
    impl ParseServices for Stored {
        async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, PortError> {
            let connection =
                Connection { conn_id: conn_id.to_owned(), conn_type: "http".to_owned(), ..Connection::default() };
            Ok(Some(connection).filter(|_| conn_id == "web"))
        }
        async fn variable(&self, key: &str) -> Result<Option<Variable>, PortError> {
            let variable = Variable { key: key.to_owned(), value: "hunter2hunter2".to_owned(), description: None };
            Ok(Some(variable).filter(|_| key == "api_key"))
        }
        async fn variable_keys(&self, _: Option<&str>, _: u64, _: u32) -> Result<(Vec<String>, u64), PortError> {
            Err(PortError("the store is away".to_owned()))
        }
        async fn put_variable(&self, _: Variable) -> Result<(), PortError> {
            Ok(())
        }
        async fn delete_variable(&self, _: &str) -> Result<(), PortError> {
            Ok(())
        }
    }

    /// The child's side: a process of its own that runs `script`, and its ends of the channels.
    struct Peer {
        requests: UnixStream,
        stderr: UnixStream,
        _others: (UnixStream, UnixStream),
        process: tokio::task::JoinHandle<StdExitStatus>,
        buffer: FrameBuffer,
    }

    fn child(script: &str) -> (Child, Peer) {
        let pair = || UnixStream::pair().unwrap();
        let ((requests, requests_of_peer), (stdout, stdout_of_peer)) = (pair(), pair());
        let ((stderr, stderr_of_peer), (logs, logs_of_peer)) = (pair(), pair());
        let (reaped, exit) = oneshot::channel();
        let mut process = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let pid = process.id();
        let process = tokio::task::spawn_blocking(move || {
            use std::os::unix::process::ExitStatusExt;
            let status = process.wait().unwrap();
            let ended = status.signal().map_or_else(|| ExitStatus::Code(status.code().unwrap()), ExitStatus::Signal);
            let _ = reaped.send(ChildExit { status: ended, usage: Usage::default() });
            status
        });
        let child = Child { pid, requests, stdout, stderr, logs, from_template: false, exit };
        let (requests, stderr, _others) = (requests_of_peer, stderr_of_peer, (stdout_of_peer, logs_of_peer));
        (child, Peer { requests, stderr, _others, process, buffer: FrameBuffer::new() })
    }

    impl Peer {
        /// A response looks like a request: number, body, one more.
        async fn receive(&mut self) -> Value {
            loop {
                if let Some(frame) = self.buffer.pull().unwrap() {
                    return decode_request(&frame).unwrap().body;
                }
                let mut bytes = [0; 1024];
                let count = self.requests.read(&mut bytes).await.unwrap();
                assert!(count > 0, "the channel was closed");
                self.buffer.push(&bytes[..count]);
            }
        }

        async fn ask(&mut self, body: Value) -> Value {
            self.requests.write_all(&encode_response(7, Some(&body), None)).await.unwrap();
            self.receive().await
        }
    }

    fn file() -> DagFile {
        let key = FileKey { bundle_name: "b".to_owned(), relative_fileloc: "a.py".to_owned() };
        DagFile { key, bundle_path: PathBuf::from("/dags"), path: PathBuf::from("/dags/a.py") }
    }

    async fn parse(child: Child, limits: ParseLimits) -> Parsed {
        match parse_in(child, &file(), &Stored, limits).await {
            ParseResult::Parsed(parsed) => parsed,
            ParseResult::Unavailable { reason } => panic!("{reason}"),
        }
    }

    #[tokio::test]
    async fn answers_questions_then_takes_the_result() {
        let (child, mut peer) = child("exit 0");
        let talk = async {
            let order = peer.receive().await;
            assert_eq!((&order["type"], &order["file"]), (&json!("DagFileParseRequest"), &json!("/dags/a.py")));
            let variable = peer.ask(json!({"type": "GetVariable", "key": "api_key"})).await;
            assert_eq!(variable, json!({"type": "VariableResult", "key": "api_key", "value": "hunter2hunter2"}));
            let mask = json!({"type": "MaskSecret", "value": "hunter2hunter2", "name": "api_key"});
            assert_eq!(peer.ask(mask).await, Value::Null);
            let missing = peer.ask(json!({"type": "GetVariable", "key": "other"})).await;
            assert_eq!(
                missing,
                json!({"type": "ErrorResponse", "error": "VARIABLE_NOT_FOUND", "detail": {"key": "other"}})
            );
            let connection = peer.ask(json!({"type": "GetConnection", "conn_id": "web"})).await;
            assert_eq!(connection["conn_type"], "http");
            // Refusals are in the third place of the frame, so the body is empty.
            assert_eq!(peer.ask(json!({"type": "GetDagRun", "dag_id": "d", "run_id": "r"})).await, Value::Null);
            assert_eq!(peer.ask(json!({"type": "Nonsense"})).await, Value::Null);
            assert_eq!(
                peer.ask(json!({"type": "GetVariableKeys", "prefix": null, "limit": 1, "offset": 0})).await,
                Value::Null
            );
            let timetable = json!({"__type": "airflow.timetables.simple.NullTimetable", "__var": {}});
            let result = json!({
                "type": "DagFileParsingResult", "fileloc": "/dags/a.py", "warnings": null,
                "serialized_dags": [
                    {"data": {"__version": 3, "dag": {"dag_id": "good", "tasks": []}}, "last_loaded": null},
                    {"data": {"__version": 3, "dag": {"dag_id": "good", "tasks": [], "timetable": timetable}}, "last_loaded": null},
                ],
                "import_errors": {"a.py": "boom with hunter2hunter2"},
            });
            assert_eq!(peer.ask(result).await, Value::Null);
        };
        let (parsed, ()) = tokio::join!(parse(child, ParseLimits::default()), talk);
        assert!(parsed.reads_stored_values);
        assert_eq!(parsed.dags.len(), 1);
        let errors = ["boom with ***", "DAG \"good\" cannot be used: dag.timetable: is missing"];
        assert_eq!(parsed.import_errors, errors);
    }

    #[tokio::test]
    async fn a_death_is_told_with_status_and_last_words() {
        let (child, mut peer) = child("exit 3");
        peer.stderr.write_all(b"Segmentation fault\n").await.unwrap();
        let Peer { requests, stderr, _others, .. } = peer;
        drop((requests, stderr, _others));
        let parsed = parse(child, ParseLimits::default()).await;
        let text = "The process that parsed this file ended without a result (exit code 3). It said at last:\nSegmentation fault";
        assert_eq!(parsed.import_errors, [text]);
    }

    #[tokio::test]
    async fn a_slow_parse_is_killed() {
        let (child, peer) = child("exec sleep 1000");
        let limits = ParseLimits { file_timeout: Duration::from_millis(50), ..ParseLimits::default() };
        let parsed = parse(child, limits).await;
        assert!(parsed.import_errors[0].starts_with("Parsing this file took longer than 0.05 s and was stopped."));
        assert_killed(peer).await;
    }

    #[tokio::test]
    async fn a_parse_that_takes_too_much_memory_is_killed() {
        let (child, peer) = child("exec sleep 1000");
        let parsed = parse(child, ParseLimits { memory_bytes: 1 << 10, ..ParseLimits::default() }).await;
        assert!(parsed.import_errors[0].starts_with("Parsing this file took more than 0 MiB of memory"));
        assert_killed(peer).await;
    }

    #[tokio::test]
    async fn a_parse_that_is_given_up_is_killed() {
        let (child, mut peer) = child("exec sleep 1000");
        let parsing = tokio::spawn(async move { parse(child, ParseLimits::default()).await });
        peer.receive().await;
        parsing.abort();
        assert_killed(peer).await;
    }

    async fn assert_killed(peer: Peer) {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(peer.process.await.unwrap().signal(), Some(9));
    }

    #[tokio::test]
    async fn the_end_of_the_bridge_is_not_the_files_fault() {
        let (mut child, peer) = child("exit 0");
        child.exit = oneshot::channel().1;
        drop(peer);
        let result = parse_in(child, &file(), &Stored, ParseLimits::default()).await;
        assert!(matches!(result, ParseResult::Unavailable { .. }));
    }
}
