//! The three streams of a child, and the supervisor's own words, on their way to the attempt's log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tw_model::Timestamp;
use tw_tasklog::{AttemptLog, Level, Line, LineSplitter, LogError, SecretMasker, Source, record};

/// Bytes that are read from a stream at once.
const READ_BYTES: usize = 64 << 10;
/// Further log sockets of one attempt that wait to be read (protocol 1.15); a child asks for one
/// after the other.
pub(crate) const LOG_SOCKETS_MAX: usize = 4;

/// The clock of this crate.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// The log of an attempt with the secrets that must not appear in it. Clones share both.
///
/// A log that cannot be written does not disturb the attempt: it is said once in the server's log.
#[derive(Clone, Debug)]
pub(crate) struct LogSink(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    log: Option<AttemptLog>,
    masker: SecretMasker,
    complained: bool,
    /// The last exception of the task in a line, without secrets.
    last_exception: Option<String>,
}

impl LogSink {
    pub(crate) fn new(log: Result<AttemptLog, LogError>, masker: SecretMasker) -> Self {
        let (log, error) = match log {
            Ok(log) => (Some(log), None),
            Err(error) => (None, Some(error)),
        };
        let mut state = State { log, masker, complained: false, last_exception: None };
        if let Some(error) = error {
            state.complain(&error);
        }
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each critical section leaves the state whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hides a value, or the sensitive values in it, from now on.
    pub(crate) fn learn(&self, value: &Value, name: Option<&str>) {
        self.state().masker.add(value, name);
    }

    /// Hides a text from now on.
    pub(crate) fn learn_text(&self, text: &str) {
        self.state().masker.add_text(text);
    }

    /// Adds lines that the child wrote.
    fn lines(&self, source: Source, lines: Vec<Line>) {
        let mut state = self.state();
        let now = now();
        let records: Vec<String> =
            lines.into_iter().map(|line| record::from_line(source, line, now, &state.masker)).collect();
        if source == Source::Log
            && let Some(exception) = records.iter().rev().find_map(|record| record::exception(record))
        {
            state.last_exception = Some(exception);
        }
        state.append(&records);
    }

    /// The last exception that the task logged, in a line.
    pub(crate) fn last_exception(&self) -> Option<String> {
        self.state().last_exception.clone()
    }

    /// Adds a line of the supervisor.
    pub(crate) fn note(&self, level: Level, event: &str, fields: Map<String, Value>) {
        let mut state = self.state();
        let record = record::from_supervisor(level, event, fields, now(), &state.masker);
        state.append(&[record]);
    }
}

impl State {
    fn append(&mut self, records: &[String]) {
        let Some(log) = &mut self.log else { return };
        if let Err(error) = log.append(records.iter().map(String::as_str)) {
            self.complain(&error);
        }
    }

    fn complain(&mut self, error: &LogError) {
        if !std::mem::replace(&mut self.complained, true) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "an attempt log is incomplete");
        }
    }
}

/// Reads all streams of a child into the log, those that are added later included, until every one
/// of them ended and none can be added any more.
pub(crate) async fn drain(sink: LogSink, streams: Vec<(Source, UnixStream)>, mut more: mpsc::Receiver<UnixStream>) {
    let mut readers = JoinSet::new();
    for (source, stream) in streams {
        readers.spawn(read(sink.clone(), source, stream));
    }
    loop {
        tokio::select! {
            stream = more.recv() => match stream {
                Some(stream) => drop(readers.spawn(read(sink.clone(), Source::Log, stream))),
                None => break,
            },
            Some(_) = readers.join_next() => {}
        }
    }
    while readers.join_next().await.is_some() {}
}

async fn read(sink: LogSink, source: Source, mut stream: UnixStream) {
    let mut splitter = LineSplitter::new();
    let mut chunk = vec![0; READ_BYTES].into_boxed_slice();
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        sink.lines(source, splitter.push(&chunk[..count]));
    }
    sink.lines(source, Vec::from_iter(splitter.finish()));
}
