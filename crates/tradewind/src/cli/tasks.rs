//! `tradewind tasks`.

use serde_json::Value;

use super::args::{TaskInstanceName, TasksCommand};
use super::cell;
use super::client::Client;
use super::output::{Column, Output};
use super::{clear, logs, runs};

const TASKS: &[Column] = &[
    Column { title: "task_id", cell: |task| cell::text(&task["task_id"]) },
    Column { title: "operator", cell: |task| cell::text(&task["operator_name"]) },
    Column { title: "trigger_rule", cell: |task| cell::text(&task["trigger_rule"]) },
    Column { title: "retries", cell: |task| cell::text(&task["retries"]) },
    Column { title: "pool", cell: |task| cell::text(&task["pool"]) },
    Column { title: "downstream", cell: |task| cell::text(&task["downstream_task_ids"]) },
];

const INSTANCES: &[Column] = &[
    Column { title: "task_id", cell: |instance| cell::text(&instance["task_id"]) },
    Column { title: "map_index", cell: map_index },
    Column { title: "state", cell: |instance| cell::text(&instance["state"]) },
    Column { title: "try", cell: |instance| cell::text(&instance["try_number"]) },
    Column { title: "started", cell: |instance| cell::time(&instance["start_date"]) },
    Column { title: "duration", cell: |instance| cell::duration(&instance["duration"]) },
    Column { title: "operator", cell: |instance| cell::text(&instance["operator"]) },
];

const BLOCKERS: &[Column] = &[
    Column { title: "kind", cell: |blocker| cell::text(&blocker["kind"]) },
    Column { title: "until", cell: |blocker| cell::time(&blocker["until"]) },
    Column { title: "message", cell: |blocker| cell::text(&blocker["message"]) },
    Column { title: "held by", cell: held_by },
];

/// How many of those who hold something a row names; the JSON output has more.
const HOLDERS_NAMED: usize = 3;

fn held_by(blocker: &Value) -> String {
    let names = blocker["held_by"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named: Vec<&str> = names.iter().filter_map(Value::as_str).take(HOLDERS_NAMED).collect();
    let total = blocker["held_by_total"].as_u64().unwrap_or_default();
    match (named.as_slice(), total.saturating_sub(named.len() as u64)) {
        ([], _) => cell::NOTHING.to_owned(),
        (named, 0) => named.join(", "),
        (named, more) => format!("{} and {more} more", named.join(", ")),
    }
}

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: TasksCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        TasksCommand::List { dag_id, run_id: None, .. } => {
            let tasks = client.get(&["dags", &dag_id, "tasks"], &[])?;
            let tasks = tasks["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
            output.rows(TASKS, tasks, tasks.len())
        }
        TasksCommand::List { dag_id, run_id: Some(run_id), page } => {
            let run_id = runs::named(client, &dag_id, run_id)?;
            let path = ["dags", &dag_id, "dagRuns", &run_id, "taskInstances"];
            let instances = client.list(&path, &[], "task_instances", page.limit)?;
            output.rows(INSTANCES, &instances.rows, instances.total)
        }
        TasksCommand::Logs { name, try_number, follow } => {
            let name = resolved(client, name)?;
            logs::print(client, &name, try_number, follow, output)
        }
        TasksCommand::Clear(words) => clear::clear(client, &words, output),
        TasksCommand::Why(name) => why(client, &resolved(client, name)?, output),
    }
}

fn resolved(client: &Client, mut name: TaskInstanceName) -> anyhow::Result<TaskInstanceName> {
    name.run_id = runs::named(client, &name.dag_id, name.run_id)?;
    Ok(name)
}

fn why(client: &Client, name: &TaskInstanceName, output: &Output) -> anyhow::Result<()> {
    let map_index = name.map_index.to_string();
    let query = [
        ("dag_id", name.dag_id.as_str()),
        ("run_id", &name.run_id),
        ("task_id", &name.task_id),
        ("map_index", &map_index),
    ];
    let answer = client.get_ui("why", &query)?;
    let blockers = answer["blockers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if blockers.is_empty() {
        output.say("nothing holds it");
        return Ok(());
    }
    output.rows(BLOCKERS, blockers, blockers.len())
}

/// Instances that are not mapped have the index -1, which says nothing to a person.
pub(crate) fn map_index(instance: &Value) -> String {
    match instance["map_index"].as_i64() {
        Some(index) if index >= 0 => index.to_string(),
        _ => cell::NOTHING.to_owned(),
    }
}
