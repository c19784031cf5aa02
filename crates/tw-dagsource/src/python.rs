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
        let bridge = match self.bridge.current().await {
            Ok(bridge) => bridge,
            Err(error) => return ParseResult::Unavailable { reason: error.to_string() },
        };
        match bridge.spawn(SpawnRequest { kind: ChildKind::Parse, template: None }).await {
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
struct Tail(JoinHandle<()>, Arc<std::sync::Mutex<VecDeque<u8>>>);

impl Tail {
    fn of(mut channel: impl AsyncRead + Unpin + Send + 'static) -> Self {
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

    async fn end(mut self) -> String {
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
