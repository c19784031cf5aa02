//! `tradewind tasks clear`.

use regex::Regex;
use serde_json::{Map, Value, json};
use tw_model::Timestamp;

use super::args::ClearTasks;
use super::cell;
use super::client::Client;
use super::confirm::confirm;
use super::exit::Fault;
use super::output::{Column, Output};
use super::{runs, tasks};

const COLUMNS: &[Column] = &[
    Column { title: "run_id", cell: |instance| cell::text(&instance["dag_run_id"]) },
    Column { title: "task_id", cell: |instance| cell::text(&instance["task_id"]) },
    Column { title: "map_index", cell: tasks::map_index },
    Column { title: "state", cell: |instance| cell::text(&instance["state"]) },
    Column { title: "try", cell: |instance| cell::text(&instance["try_number"]) },
];

/// Lets task instances run again: shows which, asks, and does it.
pub(crate) fn clear(client: &Client, words: &ClearTasks, output: &Output) -> anyhow::Result<()> {
    let path = ["dags", &words.dag_id, "clearTaskInstances"];
    let mut body = request(client, words)?;
    if !words.yes {
        let concerned = instances(client.post(&path, &Value::Object(body.clone()))?);
        output.beside().rows(COLUMNS, &concerned, concerned.len())?;
        if concerned.is_empty() {
            return Ok(());
        }
        confirm(&format!("Clear these {} task instances?", concerned.len()), false)?;
    }
    body.insert("dry_run".to_owned(), json!(false));
    let cleared = instances(client.post(&path, &Value::Object(body))?);
    output.rows(COLUMNS, &cleared, cleared.len())
}

fn instances(mut answer: Value) -> Vec<Value> {
    match answer["task_instances"].take() {
        Value::Array(instances) => instances,
        _ => Vec::new(),
    }
}

fn request(client: &Client, words: &ClearTasks) -> anyhow::Result<Map<String, Value>> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    put("only_failed", json!(words.only_failed));
    put("only_running", json!(words.only_running));
    put("include_upstream", json!(words.upstream));
    put("include_downstream", json!(words.downstream));
    for (name, text) in [("start_date", &words.start_date), ("end_date", &words.end_date)] {
        if let Some(text) = text {
            put(name, json!(instant(name, text)?));
        }
    }
    if let Some(run_id) = &words.run_id {
        put("dag_run_id", json!(runs::named(client, &words.dag_id, run_id.clone())?));
    }
    if let Some(pattern) = &words.task_regex {
        put("task_ids", json!(matching(client, &words.dag_id, pattern)?));
    }
    Ok(body)
}

fn instant(name: &str, text: &str) -> anyhow::Result<Timestamp> {
    let day = || format!("{text}T00:00:00Z").parse();
    let problem = |error| Fault::Refused(format!("--{}: {error}", name.replace('_', "-")));
    Ok(text.parse().or_else(|error| day().map_err(|_| error)).map_err(problem)?)
}

/// The tasks whose ids the expression finds something in.
fn matching(client: &Client, dag_id: &str, pattern: &str) -> anyhow::Result<Vec<String>> {
    let regex = Regex::new(pattern).map_err(|error| Fault::Refused(format!("--task-regex: {error}")))?;
    let answer = client.get(&["dags", dag_id, "tasks"], &[])?;
    let tasks = answer["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids = tasks.iter().map(|task| cell::text(&task["task_id"]));
    let ids: Vec<String> = ids.filter(|id| regex.is_match(id)).collect();
    match ids.is_empty() {
        true => Err(Fault::NotFound(format!("{dag_id} has no task that fits {pattern}")).into()),
        false => Ok(ids),
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Format;
    use super::super::scripted::Scripted;
    use super::*;

    fn words() -> ClearTasks {
        ClearTasks {
            dag_id: "d".into(),
            run_id: Some("r".into()),
            task_regex: Some("^a".into()),
            start_date: None,
            end_date: None,
            upstream: false,
            downstream: true,
            only_failed: false,
            only_running: false,
            yes: true,
        }
    }

    #[test]
    fn what_was_typed_is_asked_for() {
        let tasks = json!({"tasks": [{"task_id": "a1"}, {"task_id": "ba"}, {"task_id": "a2"}]});
        let server = Scripted::start([(200, tasks), (200, json!({"task_instances": [], "total_entries": 0}))]);
        clear(&server.client(), &words(), &Output::new(Some(Format::Json), true)).unwrap();
        let request = server.requests().remove(1);
        assert_eq!(request.line, "POST /api/v2/dags/d/clearTaskInstances HTTP/1.1");
        let expected = json!({
            "dry_run": false, "dag_run_id": "r", "task_ids": ["a1", "a2"], "only_failed": false, "only_running": false,
            "include_upstream": false, "include_downstream": true,
        });
        assert_eq!(request.body, expected);
    }

    #[test]
    fn days_and_instants_are_dates() {
        assert_eq!(instant("start_date", "2026-01-31").unwrap(), "2026-01-31T00:00:00Z".parse().unwrap());
        assert_eq!(instant("end_date", "2026-01-31T01:00:00+01:00").unwrap(), instant("x", "2026-01-31").unwrap());
        let error = instant("end_date", "soon").unwrap_err().to_string();
        assert!(error.starts_with("--end-date: "), "{error}");
    }

    #[test]
    fn an_expression_has_to_fit() {
        let server = Scripted::start([(200, json!({"tasks": [{"task_id": "b"}]}))]);
        let client = server.client();
        assert!(matching(&client, "d", "^a").unwrap_err().is::<Fault>());
        assert!(matching(&client, "d", "(").unwrap_err().to_string().starts_with("--task-regex"));
    }
}
