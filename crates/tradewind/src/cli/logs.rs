//! `tradewind tasks logs`: reads a log piece by piece and prints its lines.

use std::thread;
use std::time::Duration;

use serde_json::{Map, Value};

use super::args::TaskInstanceName;
use super::cell;
use super::client::Client;
use super::output::{Format, Output};

/// How often a growing log is asked for more: the public API has no call that waits.
const POLL: Duration = Duration::from_millis(500);

/// Prints the log of an attempt; with `follow` until it ends.
pub(crate) fn print(
    client: &Client,
    name: &TaskInstanceName,
    try_number: Option<u32>,
    follow: bool,
    output: &Output,
) -> anyhow::Result<()> {
    let TaskInstanceName { dag_id, run_id, task_id, map_index } = name;
    let map_index = map_index.to_string();
    let try_number = match try_number {
        Some(number) => number.to_string(),
        None => latest_try(client, name)?,
    };
    let path = ["dags", dag_id, "dagRuns", run_id, "taskInstances", task_id, "logs", &try_number];
    let mut token: Option<String> = None;
    loop {
        let mut query = vec![("map_index", map_index.as_str())];
        query.extend(token.iter().map(|token| ("token", token.as_str())));
        let answer = client.get(&path, &query)?;
        let lines = answer["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text: String = lines.iter().map(|entry| line(entry, output.format())).collect();
        output.write(&text)?;
        match answer["continuation_token"].as_str() {
            None => return Ok(()),
            Some(_) if lines.is_empty() && !follow => return Ok(()),
            Some(next) => token = Some(next.to_owned()),
        }
        if lines.is_empty() {
            thread::sleep(POLL);
        }
    }
}

fn latest_try(client: &Client, name: &TaskInstanceName) -> anyhow::Result<String> {
    let map_index = name.map_index.to_string();
    let mut path = vec!["dags", &name.dag_id, "dagRuns", &name.run_id, "taskInstances", &name.task_id];
    if name.map_index >= 0 {
        path.push(&map_index);
    }
    // A task instance that has not started has try 0; its first attempt will write log 1.
    let number = client.get(&path, &[])?["try_number"].as_u64().unwrap_or_default();
    Ok(number.max(1).to_string())
}

/// One entry as a line: an object as it is for programs, its parts in a fixed order for people.
fn line(entry: &Value, format: Format) -> String {
    match (entry, format) {
        (_, Format::Json | Format::Yaml) => entry.to_string() + "\n",
        (Value::Object(fields), _) => human(fields),
        (other, _) => cell::text(other) + "\n",
    }
}

fn human(fields: &Map<String, Value>) -> String {
    const SHOWN: [&str; 6] = ["timestamp", "level", "event", "logger", "error_detail", "filename"];
    let text = |name: &str| fields.get(name).map(cell::text);
    let mut line = String::new();
    if let Some(time) = text("timestamp") {
        line.push_str(&format!("[{time}] "));
    }
    if let Some(level) = text("level") {
        line.push_str(&format!("{:<7} ", level.to_uppercase()));
    }
    line.push_str(&text("event").unwrap_or_default());
    for (name, value) in fields.iter().filter(|(name, _)| !SHOWN.contains(&name.as_str())) {
        // `lineno` belongs to `filename`, which is left out too: the place of the log call.
        if name != "lineno" && !value.is_null() {
            line.push_str(&format!(" {name}={}", cell::text(value)));
        }
    }
    line.push('\n');
    let errors = fields.get("error_detail").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    errors.iter().for_each(|error| line.push_str(&traceback(error)));
    line
}

/// An exception in the form that Python prints.
fn traceback(error: &Value) -> String {
    let mut text = String::new();
    for frame in error["frames"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let [file, number, name] = ["filename", "lineno", "name"].map(|part| cell::text(&frame[part]));
        text.push_str(&format!("  File \"{file}\", line {number}, in {name}\n"));
    }
    let head = if text.is_empty() { "" } else { "Traceback (most recent call last):\n" };
    format!("{head}{text}{}: {}\n", cell::text(&error["exc_type"]), cell::text(&error["exc_value"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_become_lines() {
        let entry = json!({"timestamp": "2026-01-01T00:00:00Z", "level": "info", "event": "rows read", "logger": "x",
            "rows": 3, "none": null});
        assert_eq!(line(&entry, Format::Plain), "[2026-01-01T00:00:00Z] INFO    rows read rows=3\n");
        assert_eq!(line(&json!("plain text"), Format::Table), "plain text\n");
        let parsed: Value = serde_json::from_str(&line(&entry, Format::Json)).unwrap();
        assert_eq!(parsed, entry);
    }

    #[test]
    fn exceptions_look_like_python() {
        let entry = json!({"event": "task failed", "error_detail": [{"exc_type": "ValueError", "exc_value": "no",
            "frames": [{"filename": "a.py", "lineno": 3, "name": "f"}]}]});
        let expected =
            "task failed\nTraceback (most recent call last):\n  File \"a.py\", line 3, in f\nValueError: no\n";
        assert_eq!(line(&entry, Format::Plain), expected);
    }

    #[test]
    fn a_log_is_read_until_its_end() {
        use super::super::scripted::Scripted;
        let server = Scripted::start([
            (200, json!({"try_number": 2})),
            (200, json!({"content": ["a"], "continuation_token": "t1"})),
            (200, json!({"content": ["b"], "continuation_token": null})),
        ]);
        let name = TaskInstanceName { dag_id: "d".into(), run_id: "r".into(), task_id: "t".into(), map_index: 4 };
        print(&server.client(), &name, None, false, &Output::new(Some(Format::Plain), true)).unwrap();
        let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
        let base = "GET /api/v2/dags/d/dagRuns/r/taskInstances/t";
        assert_eq!(lines[0], format!("{base}/4 HTTP/1.1"));
        assert_eq!(lines[1], format!("{base}/logs/2?map_index=4 HTTP/1.1"));
        assert_eq!(lines[2], format!("{base}/logs/2?map_index=4&token=t1 HTTP/1.1"));
    }
}
