//! `tradewind config show` and `tradewind version`: what this program knows by itself.

use serde_json::{Value, json};
use tw_config::Settings;

use super::cell;
use super::output::{Column, Output};

const SETTINGS: &[Column] = &[
    Column { title: "key", cell: |entry| cell::text(&entry["key"]) },
    Column { title: "value", cell: |entry| cell::text(&entry["value"]) },
    Column { title: "origin", cell: |entry| cell::text(&entry["origin"]) },
    Column { title: "help", cell: |entry| cell::text(&entry["help"]) },
];

const VERSION: &[Column] = &[Column { title: "version", cell: |version| cell::text(&version["version"]) }];

/// Prints every setting with its origin.
pub(crate) fn config_show(settings: &Settings, output: &Output) -> anyhow::Result<()> {
    let entries: Vec<Value> = settings.entries.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    settings.notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    output.rows(SETTINGS, &entries, entries.len())
}

/// Prints the version.
pub(crate) fn version(output: &Output) -> anyhow::Result<()> {
    output.record(VERSION, &json!({ "version": env!("CARGO_PKG_VERSION") }))
}
