//! `tradewind connections`. Secrets go in and never come out.

use serde_json::{Value, json};

use super::args::{ConnectionsCommand, SetConnection};
use super::cell;
use super::client::Client;
use super::exit::Fault;
use super::output::{Column, Output};
use super::variables;

const COLUMNS: &[Column] = &[
    Column { title: "connection_id", cell: |row| cell::text(&row["connection_id"]) },
    Column { title: "type", cell: |row| cell::text(&row["conn_type"]) },
    Column { title: "host", cell: |row| cell::text(&row["host"]) },
    Column { title: "port", cell: |row| cell::text(&row["port"]) },
    Column { title: "schema", cell: |row| cell::text(&row["schema"]) },
    Column { title: "login", cell: |row| cell::text(&row["login"]) },
    Column { title: "description", cell: |row| cell::text(&row["description"]) },
];

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: ConnectionsCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        ConnectionsCommand::List { page } => {
            let rows = client.list(&["connections"], &[], "connections", page.limit)?;
            output.rows(COLUMNS, &rows.rows, rows.total)
        }
        ConnectionsCommand::Get { connection_id } => {
            output.record(COLUMNS, &client.get(&["connections", &connection_id], &[])?)
        }
        ConnectionsCommand::Set(words) => {
            let id = words.connection_id.clone();
            let body = body(words)?;
            variables::put(client, "connections", &id, &body, &body)?;
            output.say(&format!("connection {id} is set"));
            Ok(())
        }
        ConnectionsCommand::Delete { connection_id } => {
            client.delete(&["connections", &connection_id])?;
            output.say(&format!("connection {connection_id} is deleted"));
            Ok(())
        }
    }
}

fn body(words: SetConnection) -> anyhow::Result<Value> {
    let SetConnection { connection_id, conn_type, description, host, port, login, password, schema, extra } = words;
    if let Some(extra) = &extra {
        serde_json::from_str::<serde_json::Map<String, Value>>(extra)
            .map_err(|error| Fault::Refused(format!("--extra is no JSON object ({error})")))?;
    }
    Ok(json!({
        "connection_id": connection_id, "conn_type": conn_type, "description": description, "host": host,
        "port": port, "login": login, "password": password.map(variables::typed_or_stdin).transpose()?,
        "schema": schema, "extra": extra,
    }))
}
