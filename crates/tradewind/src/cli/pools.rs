//! `tradewind pools`.

use serde_json::{Map, Value, json};

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
            // What was not given stays what it is.
            let mut change = Map::from_iter([("slots".to_owned(), json!(slots))]);
            change.extend(description.map(|text| ("description".to_owned(), json!(text))));
            change.extend(include_deferred.map(|include| ("include_deferred".to_owned(), json!(include))));
            let mut whole = change.clone();
            whole.insert("name".to_owned(), json!(name));
            variables::put(client, "pools", &name, &Value::Object(change), &Value::Object(whole))?;
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

#[cfg(test)]
mod tests {
    use super::super::output::Format;
    use super::super::scripted::Scripted;
    use super::*;

    #[test]
    fn a_change_leaves_alone_what_was_not_given() {
        let server = Scripted::start([(404, json!({"detail": "no"})), (201, json!({}))]);
        let words = PoolsCommand::Set { name: "p".into(), slots: -1, description: None, include_deferred: Some(false) };
        run(&server.client(), words, &Output::new(Some(Format::Plain), true)).unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].body, json!({"slots": -1, "include_deferred": false}));
        assert_eq!(requests[1].body, json!({"name": "p", "slots": -1, "include_deferred": false}));
    }
}
