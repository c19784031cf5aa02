//! `…/taskInstances/{task_id}/logs/{try_number}`: the log of one try, as JSON, JSON lines or text.
//!
//! Following works by continuation tokens: each answer names where the next one begins, until the
//! try has ended and everything was read.

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tw_model::{TaskInstanceState, TimeSpan, Timestamp};
use tw_store::TaskInstanceView;
use tw_tasklog::{LogError, LogName, LogPage, read_page};

use super::tries::Key;
use crate::accept::{Accept, NDJSON, TEXT};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}", get(read))
}

/// Bytes read at a time: large enough to need few reads, small enough to hold several at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes of one JSON answer; more is for the next one. It is held in memory several times over
/// while it becomes JSON.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// How long callbacks may run on, with a process that has to be killed in the end.
const LAST_LINE_MAX: TimeSpan = TimeSpan::from_secs(60);

/// Airflow's name for the continuation token of a streamed answer.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("airflow-continuation-token");

/// `TaskInstancesLogResponse`.
#[derive(Serialize)]
struct Log {
    content: Vec<Value>,
    continuation_token: Option<String>,
}

async fn read(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, try_number)): Path<(String, String, String, u32)>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let accept = Accept::of(&headers, &[NDJSON, TEXT])?;
    let from = match params.text("token") {
        None | Some("") => 0,
        Some(token) => token.parse::<u64>().map_err(|_| ApiError::bad_request("The token is not one of ours"))?,
    };
    let key = Key { dag_id, run_id, task_id, map_index: params.map_index()? };
    let LogFile { path, ended } = log_file(&state, &key, try_number).await?;
    match accept {
        Accept::Json => json_answer(path, from, ended).await,
        Accept::Other(media_type) => stream(path, from, ended, media_type).await,
    }
}

/// The log of a try.
pub(crate) struct LogFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Whether nothing more is written to it. Found out before the log is read: what is written
    /// later is not missed, it is only told later.
    pub(crate) ended: bool,
}

/// Finds the log of a try, or a 404.
pub(crate) async fn log_file(state: &ApiState, key: &Key, try_number: u32) -> Result<LogFile, ApiError> {
    let tries = key.tries(state).await?;
    // One that was cleared has the number of its last try until it starts: the earlier one is meant.
    let Some(at) = tries.iter().position(|view| view.task_instance.try_number == try_number) else {
        return Err(ApiError::not_found(format!("There is no try {try_number}")));
    };
    let (view, is_latest) = (&tries[at], at + 1 == tries.len());
    let ended = !is_latest || (view.task_instance.state.is_some_and(is_over) && is_written(view, state.now()));
    let path = state.logs().path(&LogName {
        dag_id: &key.dag_id,
        run_id: &key.run_id,
        task_id: &key.task_id,
        map_index: key.map_index,
        try_number,
    });
    Ok(LogFile { path, ended })
}

/// Whether a try in this state writes no more.
fn is_over(state: TaskInstanceState) -> bool {
    state.is_finished() || state == TaskInstanceState::UpForRetry
}

/// Whether the supervisor has written its last line about a try that is over: the exit of the
/// process is recorded after it. One that was lost has no exit, and no more lines after a while.
fn is_written(view: &TaskInstanceView, now: Timestamp) -> bool {
    let long_over = view.task_instance.end_date.is_none_or(|end| now.since(end) > LAST_LINE_MAX);
    view.detail.pid.is_none() || view.detail.exit.is_some() || long_over
}

async fn chunk(path: PathBuf, from: u64) -> Result<LogPage, ApiError> {
    let read = tokio::task::spawn_blocking(move || read_page(&path, from, CHUNK_BYTES)).await;
    read.map_err(ApiError::internal)?.map_err(ApiError::internal)
}

async fn json_answer(path: PathBuf, from: u64, ended: bool) -> Result<Response, ApiError> {
    let mut content = Vec::new();
    let mut offset = from;
    let at_end = loop {
        let page = chunk(path.clone(), offset).await?;
        content.extend(page.lines.iter().map(|line| event(line)));
        let stuck = page.lines.is_empty();
        offset = page.next_offset;
        if page.at_end || stuck {
            break true;
        }
        if offset - from >= ANSWER_BYTES_MAX {
            break false;
        }
    };
    let continuation_token = (!(at_end && ended)).then(|| offset.to_string());
    Ok(Json(Log { content, continuation_token }).into_response())
}

/// A line as a structured message; what is not one becomes the event of one.
fn event(line: &str) -> Value {
    match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(mut record) => {
            record.entry("event").or_insert_with(|| "".into());
            Value::Object(record)
        }
        Err(_) => json!({"event": line}),
    }
}

/// Sends what the log holds now, chunk by chunk, however long it is.
async fn stream(path: PathBuf, from: u64, ended: bool, media_type: &'static str) -> Result<Response, ApiError> {
    let end = length(path.clone()).await?.max(from);
    let as_text = media_type == TEXT;
    let chunks = futures_util::stream::try_unfold(from, move |offset| {
        let path = path.clone();
        async move {
            if offset >= end {
                return Ok::<_, std::io::Error>(None);
            }
            let page = chunk(path, offset).await.map_err(|_| std::io::Error::other("the log cannot be read"))?;
            if page.lines.is_empty() {
                return Ok(None);
            }
            let lines = page.lines.iter().map(|line| if as_text { text_line(line) } else { event(line).to_string() });
            let text: String = lines.flat_map(|line| [line, "\n".to_owned()]).collect();
            Ok(Some((text, page.next_offset)))
        }
    });
    let mut response = Response::new(Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if !ended {
        response.headers_mut().insert(TOKEN_HEADER, HeaderValue::from(end));
    }
    Ok(response)
}

/// The length of a log up to its last whole line.
async fn length(path: PathBuf) -> Result<u64, ApiError> {
    let read = tokio::task::spawn_blocking(move || whole_length(&path)).await;
    read.map_err(ApiError::internal)?.map_err(ApiError::internal)
}

fn whole_length(path: &std::path::Path) -> Result<u64, LogError> {
    let mut end = 0;
    loop {
        let page = read_page(path, end, tw_tasklog::reader::PAGE_BYTES_MAX)?;
        end = page.next_offset;
        if page.at_end || page.lines.is_empty() {
            return Ok(end);
        }
    }
}

/// A line for people: `[instant] LEVEL - event`, then the other fields.
fn text_line(line: &str) -> String {
    let Ok(mut record) = serde_json::from_str::<Map<String, Value>>(line) else { return line.to_owned() };
    let mut take = |name: &str| match record.remove(name) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let (at, level, event) = (take("timestamp"), take("level").to_uppercase(), take("event"));
    take("logger");
    let mut text = format!("[{at}] {level} - {event}");
    for (name, value) in record {
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_well_as_text() {
        let line = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"info","event":"done","logger":"task","rows":3}"#;
        assert_eq!(text_line(line), "[2026-01-01T00:00:00Z] INFO - done rows=3");
        assert_eq!(text_line("not json"), "not json");
    }

    #[test]
    fn every_line_becomes_an_event() {
        assert_eq!(event("not json"), json!({"event": "not json"}));
        assert_eq!(event(r#"{"level":"info"}"#), json!({"event": "", "level": "info"}));
    }
}
