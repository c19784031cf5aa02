//! How data is printed. One rule: a table on a terminal, plain otherwise, or what `--output` says.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde_json::Value;

/// Forms of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns with a header
    Table,
    /// What the server said, whole
    Json,
    /// The same as YAML
    Yaml,
    /// The columns of the table, separated by tabs, without a header
    Plain,
}

/// A column of a table.
pub(crate) struct Column {
    /// Header.
    pub(crate) title: &'static str,
    /// The text of a row's cell.
    pub(crate) cell: fn(&Value) -> String,
}

/// Where data and talk go.
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    colours: bool,
    beside: bool,
}

impl Output {
    /// The form that was asked for, or the one that fits stdout.
    pub(crate) fn new(asked: Option<Format>, quiet: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let fitting = if terminal { Format::Table } else { Format::Plain };
        Self {
            format: asked.unwrap_or(fitting),
            quiet,
            colours: terminal && std::env::var_os("NO_COLOR").is_none(),
            beside: false,
        }
    }

    /// For what accompanies a document: with a form that programs read it goes to stderr, so that
    /// stdout holds the document alone.
    pub(crate) fn beside(&self) -> Self {
        match self.format {
            Format::Json | Format::Yaml => Self { format: Format::Plain, colours: false, beside: true, ..*self },
            Format::Table | Format::Plain => Self { ..*self },
        }
    }

    /// The form in use.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether only data and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says something to a person.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            // Nobody listens when stderr is closed, and the command goes on.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Prints the rows of a list, and says so if there are more of them.
    pub(crate) fn rows(&self, columns: &[Column], rows: &[Value], total: usize) -> anyhow::Result<()> {
        self.write(&render(self.format, columns, rows, self.colours)?)?;
        if total > rows.len() {
            self.say(&format!("{} of {total}; --limit shows more", rows.len()));
        }
        if total == 0 {
            self.say("none");
        }
        Ok(())
    }

    /// Prints one record: a table has a line for each column.
    pub(crate) fn record(&self, columns: &[Column], record: &Value) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Table => {
                let width = columns.iter().map(|column| column.title.len()).max().unwrap_or_default();
                let line = |c: &Column| format!("{:width$}  {}\n", c.title, self.painted(&(c.cell)(record)));
                columns.iter().map(line).collect()
            }
            Format::Plain => render(Format::Plain, columns, std::slice::from_ref(record), false)?,
            Format::Json => serde_json::to_string_pretty(record)? + "\n",
            Format::Yaml => serde_yaml_ng::to_string(record)?,
        };
        self.write(&text)
    }

    /// Prints data as it is.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        if self.beside {
            return Ok(io::stderr().lock().write_all(text.as_bytes())?);
        }
        Ok(io::stdout().lock().write_all(text.as_bytes())?)
    }

    fn painted(&self, text: &str) -> String {
        if self.colours { paint(text, text) } else { text.to_owned() }
    }
}

fn render(format: Format, columns: &[Column], rows: &[Value], colours: bool) -> anyhow::Result<String> {
    let cells = || rows.iter().map(|row| columns.iter().map(|column| (column.cell)(row)).collect());
    Ok(match format {
        Format::Json => serde_json::to_string_pretty(rows)? + "\n",
        Format::Yaml => serde_yaml_ng::to_string(rows)?,
        Format::Table => table(columns, &cells().collect::<Vec<_>>(), colours),
        Format::Plain => cells().map(|row: Vec<String>| plain(&row)).collect(),
    })
}

/// Tabs and line breaks would break the one rule that a reader relies on.
fn plain(row: &[String]) -> String {
    let cells: Vec<String> = row.iter().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).collect();
    cells.join("\t") + "\n"
}

fn table(columns: &[Column], rows: &[Vec<String>], colours: bool) -> String {
    let width = |index: usize| {
        let cells = rows.iter().map(|row| row[index].chars().count());
        cells.chain([columns[index].title.len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>, colours: bool| {
        let padded = cells.zip(&widths).map(|(cell, &width)| {
            let text = format!("{:width$}", cell.replace('\n', " "));
            if colours { paint(cell, &text) } else { text }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let head = line(&mut columns.iter().map(|column| column.title), false).to_uppercase();
    rows.iter().fold(head, |text, row| text + &line(&mut row.iter().map(String::as_str), colours))
}

/// Colours `text` if `state` is the name of one.
pub(crate) fn paint(state: &str, text: &str) -> String {
    let colour = match state {
        "success" => 32,
        "failed" | "upstream_failed" => 31,
        "running" | "restarting" => 36,
        "queued" | "scheduled" | "up_for_retry" | "up_for_reschedule" | "deferred" | "awaiting_input" => 33,
        "skipped" | "removed" => 90,
        _ => return text.to_owned(),
    };
    format!("\u{1b}[{colour}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::super::cell;
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[
        Column { title: "dag_id", cell: |row| cell::text(&row["dag_id"]) },
        Column { title: "state", cell: |row| cell::text(&row["state"]) },
    ];

    fn printed(format: Format, colours: bool) -> String {
        let rows = [json!({"dag_id": "flights", "state": "success"}), json!({"dag_id": "a\tb", "state": null})];
        render(format, COLUMNS, &rows, colours).unwrap()
    }

    #[test]
    fn tables_are_aligned() {
        assert_eq!(printed(Format::Table, false), "DAG_ID   STATE\nflights  success\na\tb      -\n");
        assert!(printed(Format::Table, true).contains("\u{1b}[32msuccess\u{1b}[0m"));
    }

    #[test]
    fn plain_rows_hold_one_tab_between_cells() {
        assert_eq!(printed(Format::Plain, false), "flights\tsuccess\na b\t-\n");
    }

    #[test]
    fn json_and_yaml_are_what_the_server_said() {
        let json: Value = serde_json::from_str(&printed(Format::Json, true)).unwrap();
        assert_eq!(json[1]["state"], Value::Null);
        assert!(printed(Format::Yaml, true).starts_with("- dag_id: flights\n"));
    }
}
