//! `tradewind variables`, and the way in which variables, connections and pools are set.

use std::io;

use anyhow::Context;
use serde_json::{Value, json};

use super::args::VariablesCommand;
use super::cell;
use super::client::Client;
use super::exit::Fault;
use super::output::{Column, Format, Output};

const COLUMNS: &[Column] = &[
    Column { title: "key", cell: |row| cell::text(&row["key"]) },
    Column { title: "value", cell: |row| cell::text(&row["value"]) },
    Column { title: "description", cell: |row| cell::text(&row["description"]) },
];

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: VariablesCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        VariablesCommand::List { page } => {
            let rows = client.list(&["variables"], &[], "variables", page.limit)?;
            output.rows(COLUMNS, &rows.rows, rows.total)
        }
        VariablesCommand::Get { key } => {
            let variable = client.get(&["variables", &key], &[])?;
            match output.format() {
                // The value alone, so that a script can use it as it is.
                Format::Plain | Format::Table => output.write(&(cell::text(&variable["value"]) + "\n")),
                Format::Json | Format::Yaml => output.record(COLUMNS, &variable),
            }
        }
        VariablesCommand::Set { key, value, description } => {
            let body = json!({ "key": key, "value": typed_or_stdin(value)?, "description": description });
            put(client, "variables", &key, &body, &body)?;
            output.say(&format!("variable {key} is set"));
            Ok(())
        }
        VariablesCommand::Delete { key } => {
            client.delete(&["variables", &key])?;
            output.say(&format!("variable {key} is deleted"));
            Ok(())
        }
    }
}

/// Changes `collection/name` as `change` says, or creates it as `whole` says if there is none.
pub(crate) fn put(client: &Client, collection: &str, name: &str, change: &Value, whole: &Value) -> anyhow::Result<()> {
    match client.patch(&[collection, name], change) {
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NotFound(_))) => {
            client.post(&[collection], whole).map(drop)
        }
        other => other.map(drop),
    }
}

/// The text itself; `-` = what stdin holds, without a line break at its end.
pub(crate) fn typed_or_stdin(text: String) -> anyhow::Result<String> {
    if text != "-" {
        return Ok(text);
    }
    let read = io::read_to_string(io::stdin()).context("cannot read stdin")?;
    Ok(read.strip_suffix('\n').unwrap_or(&read).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;

    #[test]
    fn setting_changes_what_is_there_and_creates_what_is_not() {
        let server = Scripted::start([(200, json!({})), (404, json!({"detail": "no"})), (201, json!({}))]);
        let client = server.client();
        let set = |key: &str| VariablesCommand::Set { key: key.into(), value: "v".into(), description: None };
        let output = Output::new(Some(Format::Plain), true);
        run(&client, set("old"), &output).unwrap();
        run(&client, set("new/1"), &output).unwrap();
        let requests = server.requests();
        let lines: Vec<&str> = requests.iter().map(|request| request.line.as_str()).collect();
        assert_eq!(
            lines,
            [
                "PATCH /api/v2/variables/old HTTP/1.1",
                "PATCH /api/v2/variables/new%2F1 HTTP/1.1",
                "POST /api/v2/variables HTTP/1.1"
            ]
        );
        assert_eq!(requests[2].body, json!({"key": "new/1", "value": "v", "description": null}));
    }
}
