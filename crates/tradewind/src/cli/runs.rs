//! `tradewind runs`.

use serde_json::Value;

use super::args::{ListRuns, RunsCommand};
use super::cell;
use super::client::Client;
use super::exit::Fault;
use super::output::{Column, Output};
use super::watch;

/// The word that stands for the newest run.
const LATEST: &str = "latest";

const COLUMNS: &[Column] = &[
    Column { title: "dag_id", cell: |run| cell::text(&run["dag_id"]) },
    Column { title: "run_id", cell: |run| cell::text(&run["dag_run_id"]) },
    Column { title: "state", cell: |run| cell::text(&run["state"]) },
    Column { title: "type", cell: |run| cell::text(&run["run_type"]) },
    Column { title: "logical_date", cell: |run| cell::time(&run["logical_date"]) },
    Column { title: "started", cell: |run| cell::time(&run["start_date"]) },
    Column { title: "duration", cell: |run| cell::duration(&run["duration"]) },
];

/// Runs one of the commands.
pub(crate) fn run(client: &Client, command: RunsCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        RunsCommand::List(words) => list(client, &words, output),
        RunsCommand::Watch { dag_id, run_id } => {
            watch::until_finished(client, &dag_id, &named(client, &dag_id, run_id)?, output)
        }
    }
}

/// Lists the runs of a DAG, newest first.
pub(crate) fn list(client: &Client, words: &ListRuns, output: &Output) -> anyhow::Result<()> {
    let mut query = vec![("order_by", "-run_after")];
    query.extend(words.state.iter().map(|state| ("state", state.as_str())));
    let runs = client.list(&["dags", &words.dag_id, "dagRuns"], &query, "dag_runs", words.page.limit)?;
    output.rows(COLUMNS, &runs.rows, runs.total)
}

/// Prints one run.
pub(crate) fn show(run: &Value, output: &Output) -> anyhow::Result<()> {
    output.record(COLUMNS, run)
}

/// The run id that was meant: `latest` is looked up.
pub(crate) fn named(client: &Client, dag_id: &str, run_id: String) -> anyhow::Result<String> {
    if run_id != LATEST {
        return Ok(run_id);
    }
    let newest = client.list(&["dags", dag_id, "dagRuns"], &[("order_by", "-run_after")], "dag_runs", 1)?;
    let run = newest.rows.first().ok_or_else(|| Fault::NotFound(format!("{dag_id} has no runs")))?;
    Ok(cell::text(&run["dag_run_id"]))
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;
    use serde_json::json;

    #[test]
    fn latest_is_the_newest_run() {
        let server = Scripted::start([
            (200, json!({"dag_runs": [{"dag_run_id": "r9"}], "total_entries": 9})),
            (200, json!({"dag_runs": [], "total_entries": 0})),
        ]);
        let client = server.client();
        assert_eq!(named(&client, "d", "latest".into()).unwrap(), "r9");
        assert!(named(&client, "d", "latest".into()).unwrap_err().is::<Fault>());
        assert_eq!(named(&client, "d", "r1".into()).unwrap(), "r1");
        assert_eq!(
            server.requests()[0].line,
            "GET /api/v2/dags/d/dagRuns?limit=1&offset=0&order_by=-run_after HTTP/1.1"
        );
    }
}
