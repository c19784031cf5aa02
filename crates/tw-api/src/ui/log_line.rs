//! A stored line of a log as people read it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shape::ms;
use crate::query::parse_instant;

/// Bytes of one text that are shown; the download has the rest.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Further lines that are shown.
const DETAIL_LINES_MAX: usize = 500;
/// What the screen says already, or what is only for programs.
const HIDDEN: [&str; 10] =
    ["logger", "filename", "lineno", "loc", "dag_id", "run_id", "task_id", "map_index", "try_number", "ti_id"];

/// What the supervisor's sentences about the beginning and the end of an attempt say in words.
const SAID: [&str; 7] =
    ["from_template", "hostname", "pid", "exit", "max_rss_bytes", "system_cpu_secs", "user_cpu_secs"];

/// Where a line came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LogSource)]
pub(super) enum Source {
    Log,
    Stdout,
    Stderr,
    Supervisor,
}

/// A line of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogLine {
    /// From 1.
    n: u64,
    time: Option<i64>,
    pub(super) level: Option<String>,
    source: Source,
    pub(super) text: String,
    /// A traceback or more fields, already as text lines.
    pub(super) detail: Vec<String>,
}

impl LogLine {
    /// Reads a stored line. What is no JSON object is text.
    pub(super) fn read(n: u64, line: &[u8]) -> Self {
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(record) => Self::of(n, record),
            Err(_) => {
                let text = cut(String::from_utf8_lossy(line).into_owned());
                Self { n, time: None, level: None, source: Source::Log, text, detail: Vec::new() }
            }
        }
    }

    fn of(n: u64, mut record: Map<String, Value>) -> Self {
        let mut take = |name: &str| record.remove(name).map(plain);
        let time = take("timestamp").and_then(|text| parse_instant(&text)).map(ms);
        let level = take("level").map(|level| level.to_ascii_lowercase());
        let event = take("event").unwrap_or_default();
        let source = match record.get("logger").and_then(Value::as_str) {
            Some("task.stdout") => Source::Stdout,
            Some("task.stderr") => Source::Stderr,
            Some("supervisor") => Source::Supervisor,
            _ => Source::Log,
        };
        let mut lines = event.lines().map(str::to_owned);
        let text = cut(lines.next().unwrap_or_default());
        let mut detail: Vec<String> = lines.collect();
        let trace = record.remove("error_detail");
        let hidden =
            |name: &str| HIDDEN.contains(&name) || (matches!(source, Source::Supervisor) && SAID.contains(&name));
        let shown = record.into_iter().filter(|(name, value)| !hidden(name) && !value.is_null());
        detail.extend(shown.map(|(name, value)| format!("{name}={}", plain(value))));
        detail.extend(trace.map(|trace| traceback(&trace)).unwrap_or_default());
        if detail.len() > DETAIL_LINES_MAX {
            let more = detail.len() - DETAIL_LINES_MAX;
            detail.truncate(DETAIL_LINES_MAX);
            detail.push(format!("… {more} more lines"));
        }
        let detail = detail.into_iter().map(cut).collect();
        Self { n, time, level, source, text, detail }
    }
}

/// Text as it is, anything else as JSON.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

/// The chain of exceptions that the SDK sends, in the order in which Python prints one.
fn traceback(detail: &Value) -> Vec<String> {
    let Value::Array(stacks) = detail else { return plain(detail.clone()).lines().map(str::to_owned).collect() };
    let mut lines = Vec::new();
    for (place, stack) in stacks.iter().enumerate().rev() {
        lines.extend(one_stack(stack));
        if place > 0 {
            let link = match stack.get("is_cause").and_then(Value::as_bool) {
                Some(true) => "The above exception was the direct cause of the following exception:",
                _ => "During handling of the above exception, another exception occurred:",
            };
            lines.extend([String::new(), link.to_owned(), String::new()]);
        }
    }
    lines
}

fn one_stack(stack: &Value) -> Vec<String> {
    let text = |value: &Value, name: &str| value.get(name).cloned().map(plain).unwrap_or_default();
    let frames = stack.get("frames").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut lines = Vec::new();
    if !frames.is_empty() {
        lines.push("Traceback (most recent call last):".to_owned());
    }
    for frame in frames {
        let (file, line, name) = (text(frame, "filename"), text(frame, "lineno"), text(frame, "name"));
        lines.push(format!("  File \"{file}\", line {line}, in {name}"));
        let code = text(frame, "line");
        if !code.trim().is_empty() {
            lines.push(format!("    {}", code.trim()));
        }
    }
    let (kind, value) = (text(stack, "exc_type"), text(stack, "exc_value"));
    let last = if value.is_empty() { kind } else { format!("{kind}: {value}") };
    lines.extend(last.lines().map(str::to_owned));
    let notes = stack.get("exc_notes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    lines.extend(notes.iter().map(|note| plain(note.clone())));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(line: &str) -> Value {
        serde_json::to_value(LogLine::read(7, line.as_bytes())).unwrap()
    }

    #[test]
    fn lines_say_where_they_come_from() {
        for (logger, source) in
            [("task.stdout", "stdout"), ("task.stderr", "stderr"), ("supervisor", "supervisor"), ("my.own", "log")]
        {
            let line = json!({"timestamp": "1970-01-01T00:00:01.5Z", "level": "INFO", "event": "a", "logger": logger});
            let expected = json!({"n": 7, "time": 1500, "level": "info", "source": source, "text": "a", "detail": []});
            assert_eq!(read(&line.to_string()), expected);
        }
        let text = json!({"n": 7, "time": null, "level": null, "source": "log", "text": "no {json", "detail": []});
        assert_eq!(read("no {json"), text);
    }

    #[test]
    fn more_than_one_line_goes_into_the_detail() {
        let line = json!({"event": "one\ntwo", "rows": 2, "who": "<b>", "filename": "x.py", "nothing": null});
        let line = read(&line.to_string());
        assert_eq!((&line["text"], &line["detail"]), (&json!("one"), &json!(["two", "rows=2", "who=<b>"])));
        let long =
            read(&json!({"event": format!("{}\n{}", "ü".repeat(TEXT_BYTES_MAX), "x\n".repeat(600))}).to_string());
        assert_eq!(long["text"].as_str().unwrap().len(), TEXT_BYTES_MAX + "…".len());
        assert_eq!(long["detail"][DETAIL_LINES_MAX], "… 100 more lines");
    }

    #[test]
    fn exceptions_read_as_python_prints_them() {
        let frame = json!({"filename": "/dags/a.py", "lineno": 3, "name": "f", "line": "  g()"});
        let line = json!({"event": "failed", "error_detail": [
            {"exc_type": "RuntimeError", "exc_value": "outer", "frames": [frame], "is_cause": false},
            {"exc_type": "KeyError", "exc_value": "'x'", "frames": [], "is_cause": true, "exc_notes": ["note"]},
        ]});
        assert_eq!(
            read(&line.to_string())["detail"],
            json!([
                "KeyError: 'x'",
                "note",
                "",
                "The above exception was the direct cause of the following exception:",
                "",
                "Traceback (most recent call last):",
                "  File \"/dags/a.py\", line 3, in f",
                "    g()",
                "RuntimeError: outer",
            ])
        );
        assert_eq!(read(r#"{"error_detail":"a\nb"}"#)["detail"], json!(["a", "b"]));
    }
}
