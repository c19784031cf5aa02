//! `tradewind dags`, except `test`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde_json::{Map, Value, json};
use tw_model::Timestamp;

use super::args::{DagsCommand, Page, Trigger};
use super::cell;
use super::client::Client;
use super::confirm::confirm;
use super::exit::Fault;
use super::output::{Column, Output};
use super::{runs, watch};

const LIST: &[Column] = &[
    Column { title: "dag_id", cell: |dag| cell::text(&dag["dag_id"]) },
    Column { title: "paused", cell: |dag| cell::yes(&dag["is_paused"]) },
    Column { title: "schedule", cell: |dag| cell::text(&dag["timetable_summary"]) },
    Column { title: "next_run", cell: |dag| cell::time(&dag["next_dagrun_run_after"]) },
    Column { title: "owners", cell: |dag| cell::text(&dag["owners"]) },
    Column { title: "file", cell: |dag| cell::text(&dag["relative_fileloc"]) },
];

const SHOW: &[Column] = &[
    Column { title: "dag_id", cell: |dag| cell::text(&dag["dag_id"]) },
    Column { title: "description", cell: |dag| cell::text(&dag["description"]) },
    Column { title: "paused", cell: |dag| cell::yes(&dag["is_paused"]) },
    Column { title: "schedule", cell: |dag| cell::text(&dag["timetable_summary"]) },
    Column { title: "next_run", cell: |dag| cell::time(&dag["next_dagrun_run_after"]) },
    Column { title: "start_date", cell: |dag| cell::time(&dag["start_date"]) },
    Column { title: "catchup", cell: |dag| cell::yes(&dag["catchup"]) },
    Column { title: "max_active_runs", cell: |dag| cell::text(&dag["max_active_runs"]) },
    Column { title: "max_active_tasks", cell: |dag| cell::text(&dag["max_active_tasks"]) },
    Column { title: "owners", cell: |dag| cell::text(&dag["owners"]) },
    Column { title: "tags", cell: tags },
    Column { title: "file", cell: |dag| cell::text(&dag["fileloc"]) },
    Column { title: "last_parsed", cell: |dag| cell::time(&dag["last_parsed_time"]) },
    Column { title: "import_errors", cell: |dag| cell::yes(&dag["has_import_errors"]) },
];

const IMPORT_ERRORS: &[Column] = &[
    Column { title: "file", cell: |error| cell::text(&error["filename"]) },
    Column { title: "found", cell: |error| cell::time(&error["timestamp"]) },
    Column { title: "error", cell: last_line },
];

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: DagsCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        DagsCommand::List { pattern, page } => list(client, pattern, page, output),
        DagsCommand::Show { dag_id } => output.record(SHOW, &client.get(&["dags", &dag_id, "details"], &[])?),
        DagsCommand::Trigger(trigger) => self::trigger(client, &trigger, output),
        DagsCommand::Pause { dag_id } => set_paused(client, &dag_id, true, output),
        DagsCommand::Unpause { dag_id } => set_paused(client, &dag_id, false, output),
        DagsCommand::ListRuns(list) => runs::list(client, &list, output),
        DagsCommand::ListImportErrors { page } => {
            let errors = client.list(&["importErrors"], &[], "import_errors", page.limit)?;
            output.rows(IMPORT_ERRORS, &errors.rows, errors.total)
        }
        DagsCommand::Delete { dag_id, yes } => delete(client, &dag_id, yes, output),
        DagsCommand::Test(_) => unreachable!("it needs no server and is dispatched before"),
    }
}

fn list(client: &Client, pattern: Option<String>, page: Page, output: &Output) -> anyhow::Result<()> {
    let pattern = pattern.map(|text| format!("%{text}%"));
    let query: Vec<(&str, &str)> = pattern.iter().map(|text| ("dag_id_pattern", text.as_str())).collect();
    let dags = client.list(&["dags"], &query, "dags", page.limit)?;
    output.rows(LIST, &dags.rows, dags.total)
}

/// Pauses or resumes.
pub(crate) fn set_paused(client: &Client, dag_id: &str, paused: bool, output: &Output) -> anyhow::Result<()> {
    client.patch(&["dags", dag_id], &json!({ "is_paused": paused }))?;
    output.say(&format!("{dag_id} is {}", if paused { "paused" } else { "active" }));
    Ok(())
}

fn delete(client: &Client, dag_id: &str, yes: bool, output: &Output) -> anyhow::Result<()> {
    confirm(&format!("Delete {dag_id} with all its runs?"), yes)?;
    client.delete(&["dags", dag_id])?;
    output.say(&format!("{dag_id} is deleted"));
    Ok(())
}

fn trigger(client: &Client, trigger: &Trigger, output: &Output) -> anyhow::Result<()> {
    let dag_id = &trigger.dag_id;
    let mut body = request(trigger.conf.as_deref(), &trigger.logical_date)?;
    body.extend(trigger.run_id.as_ref().map(|run_id| ("dag_run_id".to_owned(), json!(run_id))));
    body.extend(trigger.note.as_ref().map(|note| ("note".to_owned(), json!(note))));
    if trigger.unpause {
        set_paused(client, dag_id, false, output)?;
    }
    let run = create_run(client, dag_id, body)?;
    if trigger.wait {
        return watch::until_finished(client, dag_id, &cell::text(&run["dag_run_id"]), output);
    }
    runs::show(&run, output)?;
    if !trigger.unpause && client.get(&["dags", dag_id], &[])?["is_paused"] == true {
        output.say(&format!("{dag_id} is paused, so the run waits; `tradewind dags unpause {dag_id}` lets it go"));
    }
    Ok(())
}

/// Creates a run.
pub(crate) fn create_run(client: &Client, dag_id: &str, body: Map<String, Value>) -> anyhow::Result<Value> {
    client.post(&["dags", dag_id, "dagRuns"], &Value::Object(body))
}

/// The body of a request for a run.
pub(crate) fn request(conf: Option<&str>, logical_date: &str) -> anyhow::Result<Map<String, Value>> {
    let conf = conf.unwrap_or("{}");
    let conf: Map<String, Value> = serde_json::from_str(conf)
        .map_err(|error| Fault::Refused(format!("--conf is no JSON object ({error}): {conf}")))?;
    let logical_date = match logical_date {
        "none" => Value::Null,
        "now" => json!(now()?),
        text => json!(text.parse::<Timestamp>().map_err(|error| Fault::Refused(format!("--logical-date: {error}")))?),
    };
    Ok(Map::from_iter([("conf".to_owned(), Value::Object(conf)), ("logical_date".to_owned(), logical_date)]))
}

/// The clock of this machine.
pub(crate) fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    Ok(Timestamp::from_micros(since.as_micros() as i64))
}

fn tags(dag: &Value) -> String {
    let names = dag["tags"].as_array().map(|tags| tags.iter().map(|tag| tag["name"].clone()).collect());
    cell::text(&Value::Array(names.unwrap_or_default()))
}

/// The last line of a traceback names the error.
fn last_line(error: &Value) -> String {
    let text = cell::text(&error["stack_trace"]);
    text.trim_end().lines().last().unwrap_or(cell::NOTHING).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::output::Format;
    use super::super::scripted::Scripted;
    use super::*;

    #[test]
    fn requests_hold_a_date_and_an_object() {
        let body = request(Some("{\"a\": 1}"), "2026-01-01T01:00:00+01:00").unwrap();
        assert_eq!(Value::Object(body), json!({"conf": {"a": 1}, "logical_date": "2026-01-01T00:00:00Z"}));
        assert_eq!(request(None, "none").unwrap()["logical_date"], Value::Null);
        assert!(request(None, "now").unwrap()["logical_date"].is_string());
        for (conf, date) in [(Some("[1]"), "now"), (Some("{"), "now"), (None, "yesterday")] {
            assert!(request(conf, date).unwrap_err().is::<Fault>(), "{conf:?} {date}");
        }
    }

    #[test]
    fn trigger_sends_what_was_typed() {
        let run = json!({"dag_id": "d", "dag_run_id": "mine", "state": "queued"});
        let server = Scripted::start([(200, json!({})), (200, run)]);
        let words = Trigger {
            dag_id: "d".into(),
            conf: None,
            run_id: Some("mine".into()),
            logical_date: "none".into(),
            note: Some("why".into()),
            unpause: true,
            wait: false,
        };
        trigger(&server.client(), &words, &Output::new(Some(Format::Json), true)).unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].line, "PATCH /api/v2/dags/d HTTP/1.1");
        assert_eq!(requests[0].body, json!({"is_paused": false}));
        assert_eq!(requests[1].line, "POST /api/v2/dags/d/dagRuns HTTP/1.1");
        let body = json!({"conf": {}, "logical_date": null, "dag_run_id": "mine", "note": "why"});
        assert_eq!(requests[1].body, body);
    }
}
