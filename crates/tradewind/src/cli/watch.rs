//! Follows a run until it ends: a view that redraws itself on a terminal, otherwise one line per
//! change. Progress is talk and goes to stderr; the finished run is data and goes to stdout.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::cell;
use super::client::Client;
use super::exit::Fault;
use super::output::{Output, paint};
use super::runs;

/// How often the server is asked, as the public API has no call that waits: often enough to look
/// live, rare enough to cost it nothing.
const POLL: Duration = Duration::from_millis(300);
/// Unanswered questions in a row before giving up: a server that restarts is back within this.
const UNREACHABLE_MAX: u32 = 20;
/// Task instances that are followed; the rest of a larger run shows in its state only.
const INSTANCES_MAX: usize = 1000;
/// Lines of the live view that remain free for the shell.
const SPARE_LINES: usize = 3;

/// Follows a run, prints it once it is finished, and fails if it failed.
pub(crate) fn until_finished(client: &Client, dag_id: &str, run_id: &str, output: &Output) -> anyhow::Result<()> {
    let (run, instances) = follow(client, dag_id, run_id, output)?;
    runs::show(&run, output)?;
    if run["state"] == "success" {
        return Ok(());
    }
    for instance in instances.iter().filter(|instance| instance.state == "failed") {
        let map_index =
            if instance.map_index < 0 { String::new() } else { format!(" --map-index {}", instance.map_index) };
        output.say(&format!("its log: tradewind tasks logs {dag_id} '{run_id}' {}{map_index}", instance.task_id));
    }
    Err(Fault::Failed(format!("run {run_id} of {dag_id} failed")).into())
}

/// Follows a run to its end, and answers with it and its task instances.
pub(crate) fn follow(
    client: &Client,
    dag_id: &str,
    run_id: &str,
    output: &Output,
) -> anyhow::Result<(Value, Vec<Instance>)> {
    let mut view = View::new(output);
    let mut unreachable = 0;
    loop {
        match look(client, dag_id, run_id) {
            Ok((run, instances)) => {
                unreachable = 0;
                view.show(&run, &instances);
                if matches!(run["state"].as_str(), Some("success" | "failed")) {
                    return Ok((run, instances));
                }
            }
            Err(error) => {
                unreachable += 1;
                let gone = matches!(error.downcast_ref::<Fault>(), Some(Fault::Unreachable(_)));
                if !gone || unreachable > UNREACHABLE_MAX {
                    return Err(error);
                }
            }
        }
        thread::sleep(POLL);
    }
}

/// The run is read first: when it is finished, the instances that follow are the final ones.
fn look(client: &Client, dag_id: &str, run_id: &str) -> anyhow::Result<(Value, Vec<Instance>)> {
    let run = client.get(&["dags", dag_id, "dagRuns", run_id], &[])?;
    let path = ["dags", dag_id, "dagRuns", run_id, "taskInstances"];
    let rows = client.list(&path, &[], "task_instances", INSTANCES_MAX)?.rows;
    Ok((run, rows.iter().map(Instance::from_row).collect()))
}

/// What is followed of a task instance.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Instance {
    /// Its task.
    pub(crate) task_id: String,
    /// -1 = not mapped.
    pub(crate) map_index: i64,
    /// Its state; `waiting` = none yet.
    pub(crate) state: String,
    /// Its current try.
    pub(crate) try_number: u64,
    /// How long its current try took, if it ended, in seconds.
    duration: Option<f64>,
}

impl Instance {
    fn from_row(row: &Value) -> Self {
        Self {
            task_id: cell::text(&row["task_id"]),
            map_index: row["map_index"].as_i64().unwrap_or(-1),
            state: row["state"].as_str().unwrap_or("waiting").to_owned(),
            try_number: row["try_number"].as_u64().unwrap_or_default(),
            duration: row["duration"].as_f64(),
        }
    }

    fn name(&self) -> String {
        if self.map_index < 0 { self.task_id.clone() } else { format!("{}[{}]", self.task_id, self.map_index) }
    }

    fn line(&self) -> String {
        let tries = if self.try_number > 1 { format!("  try {}", self.try_number) } else { String::new() };
        let duration = self.duration.map(|secs| format!("  {}", cell::seconds(secs))).unwrap_or_default();
        format!("{}  {}{duration}{tries}", self.name(), self.state)
    }
}

enum View {
    /// Redraws itself; holds the number of lines it drew last.
    Live(usize),
    /// One line per change; holds what was told.
    Lines(BTreeMap<String, Instance>),
    /// Says nothing.
    Quiet,
}

impl View {
    fn new(output: &Output) -> Self {
        match (output.is_quiet(), io::stderr().is_terminal()) {
            (true, _) => View::Quiet,
            (false, true) => View::Live(0),
            (false, false) => View::Lines(BTreeMap::new()),
        }
    }

    fn show(&mut self, run: &Value, instances: &[Instance]) {
        let text = match self {
            View::Quiet => return,
            View::Lines(told) => changes(told, instances),
            View::Live(drawn) => {
                let (columns, rows) = terminal_size();
                let lines = live(run, instances, columns, rows.saturating_sub(SPARE_LINES).max(2));
                let up = if *drawn == 0 { String::new() } else { format!("\u{1b}[{drawn}A") };
                *drawn = lines.len();
                format!("{up}\u{1b}[J{}\n", lines.join("\n"))
            }
        };
        // Nobody watches when stderr is closed, and the run goes on.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Lines for what changed since the last time. `removed` and `waiting` are no news.
fn changes(told: &mut BTreeMap<String, Instance>, instances: &[Instance]) -> String {
    let mut text = String::new();
    for instance in instances {
        let before = told.insert(instance.name(), instance.clone());
        let is_news =
            before.as_ref().map(|old| (&old.state, old.try_number)) != Some((&instance.state, instance.try_number));
        if is_news && instance.state != "waiting" {
            text.push_str(&(instance.line() + "\n"));
        }
    }
    text
}

/// The lines of the live view: the run, then one line per task, those that move or failed first.
fn live(run: &Value, instances: &[Instance], columns: usize, rows: usize) -> Vec<String> {
    let state = cell::text(&run["state"]);
    let done = instances.iter().filter(|instance| rank(&instance.state) >= FINISHED_RANK).count();
    let head = format!("{}  {}  {done}/{} done", cell::text(&run["dag_run_id"]), state, instances.len());
    let mut tasks: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for instance in instances {
        tasks.entry(&instance.task_id).or_default().push(instance);
    }
    let mut lines: Vec<(u8, String, String)> = tasks.into_values().map(|group| task_line(&group)).collect();
    lines.sort_by_key(|(rank, ..)| *rank);
    let hidden = lines.len().saturating_sub(rows - 1);
    let mut shown = vec![paint(&state, &cut(&head, columns))];
    shown.extend(lines.into_iter().take(rows - 1).map(|(_, state, line)| paint(&state, &cut(&line, columns))));
    if hidden > 0 {
        shown.pop();
        shown.push(format!("  … and {} more tasks", hidden + 1));
    }
    shown
}

/// Rank, state for the colour, and text of the line of one task.
fn task_line(group: &[&Instance]) -> (u8, String, String) {
    let lead = group.iter().min_by_key(|instance| rank(&instance.state)).expect("groups are made by pushing");
    let line = match group {
        [single] => single.line(),
        many => {
            let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
            for instance in many {
                *counts.entry((rank(&instance.state), &instance.state)).or_default() += 1;
            }
            let counts: Vec<String> =
                counts.into_iter().map(|((_, state), count)| format!("{count} {state}")).collect();
            format!("{}[{}]  {}", lead.task_id, many.len(), counts.join(", "))
        }
    };
    (rank(&lead.state), lead.state.clone(), format!("  {line}"))
}

/// States from here on are final.
const FINISHED_RANK: u8 = 5;

/// What a person wants to see first.
fn rank(state: &str) -> u8 {
    match state {
        "failed" => FINISHED_RANK,
        "running" | "restarting" => 0,
        "up_for_retry" | "up_for_reschedule" | "deferred" | "awaiting_input" => 1,
        "queued" => 2,
        "scheduled" => 3,
        "waiting" => 4,
        "upstream_failed" => 6,
        "success" => 7,
        _ => 8,
    }
}

/// A line that wrapped would put the cursor in the wrong place at the next redraw.
fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(1)).collect()
}

/// Columns and rows of the terminal behind stderr.
fn terminal_size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Format;
    use super::super::scripted::Scripted;
    use super::*;
    use serde_json::json;

    fn instance(task_id: &str, map_index: i64, state: &str) -> Instance {
        Instance { task_id: task_id.into(), map_index, state: state.into(), try_number: 1, duration: None }
    }

    #[test]
    fn only_changes_are_told() {
        let mut told = BTreeMap::new();
        let first = [instance("a", -1, "running"), instance("b", -1, "waiting")];
        assert_eq!(changes(&mut told, &first), "a  running\n");
        assert_eq!(changes(&mut told, &first), "");
        let mut second = [instance("a", -1, "success"), instance("b", 0, "running")];
        second[0].duration = Some(1.5);
        assert_eq!(changes(&mut told, &second), "a  success  1.5s\nb[0]  running\n");
        second[1].try_number = 2;
        assert_eq!(changes(&mut told, &second), "b[0]  running  try 2\n");
    }

    #[test]
    fn the_live_view_groups_mapped_tasks_and_fits_the_screen() {
        let run = json!({"dag_run_id": "r", "state": "running"});
        let mut instances =
            vec![instance("a", -1, "success"), instance("b", 0, "success"), instance("b", 1, "running")];
        let lines = live(&run, &instances, 80, 10);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("r  running  2/3 done"), "{lines:?}");
        assert!(lines[1].contains("b[2]  1 running, 1 success"), "{lines:?}");
        assert!(lines[2].contains("a  success"), "{lines:?}");
        instances.extend((0..20).map(|n| instance(&format!("t{n}"), -1, "queued")));
        let lines = live(&run, &instances, 12, 5);
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[4], "  … and 19 more tasks");
        assert!(lines[1].contains("  b[2]  1 r\u{1b}"), "{lines:?}");
    }

    #[test]
    fn a_failed_run_is_a_failure() {
        let instances =
            json!({"task_instances": [{"task_id": "t", "map_index": -1, "state": "failed"}], "total_entries": 1});
        let run = |state: &str| (200, json!({"dag_id": "d", "dag_run_id": "r", "state": state}));
        let server = Scripted::start([run("running"), (200, instances.clone()), run("failed"), (200, instances)]);
        let error = until_finished(&server.client(), "d", "r", &Output::new(Some(Format::Json), true)).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Fault::Failed(_))), "{error}");
        assert_eq!(server.requests().len(), 4);
    }
}
