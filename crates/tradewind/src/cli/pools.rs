//! `tradewind pools`.

use serde_json::json;

use super::args::PoolsCommand;
use super::cell;
use super::client::Client;
use super::output::{Column, Output};
use super::variables;

const COLUMNS: &[Column] = &[
    Column { title: "name", cell: |pool| cell::text(&pool["name"]) },
    Column { title: "slots", cell: |pool| cell::text(&pool["slots"]) },
    Column { title: "open", cell: |pool| cell::text(&pool["open_slots"]) },
    Column { title: "running", cell: |pool| cell::text(&pool["running_slots"]) },
    Column { title: "queued", cell: |pool| cell::text(&pool["queued_slots"]) },
    Column { title: "scheduled", cell: |pool| cell::text(&pool["scheduled_slots"]) },
    Column { title: "deferred", cell: |pool| cell::text(&pool["deferred_slots"]) },
    Column { title: "description", cell: |pool| cell::text(&pool["description"]) },
];

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: PoolsCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        PoolsCommand::List { page } => {
            let rows = client.list(&["pools"], &[], "pools", page.limit)?;
            output.rows(COLUMNS, &rows.rows, rows.total)
        }
        PoolsCommand::Get { name } => output.record(COLUMNS, &client.get(&["pools", &name], &[])?),
        PoolsCommand::Set { name, slots, description, include_deferred } => {
            let body = json!({
                "name": name, "pool": name, "slots": slots, "description": description,
                "include_deferred": include_deferred,
            });
            variables::put(client, "pools", &name, &body)?;
            output.say(&format!("pool {name} has {slots} slots"));
            Ok(())
        }
        PoolsCommand::Delete { name } => {
            client.delete(&["pools", &name])?;
            output.say(&format!("pool {name} is deleted"));
            Ok(())
        }
    }
}
