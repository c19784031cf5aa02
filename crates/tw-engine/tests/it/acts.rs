//! Acts as text: `clear a b[1] +down`, `clear-run failed`, `mark a success +up`, `mark-run failed`,
//! `delete-run`, `delete-dag`. Flags: `+up +down +past +future failed running dry prevent keep-run
//! latest note=…`.

use tw_engine::{ClearRun, ClearTasks, ClearedPart, Input, MarkRun, MarkTasks, Reply, RunMark, RunScope, TaskMark};
use tw_model::TaskId;

use crate::harness::Play;

impl Play {
    pub(crate) fn act(&mut self, verb: &str, words: &[&str]) -> Reply {
        let has = |flag: &str| words.contains(&flag);
        let note = words.iter().find_map(|w| w.strip_prefix("note=")).map(str::to_owned);
        let (dag_id, run_id): (tw_model::DagId, tw_model::RunId) = ("d".into(), self.current_run.as_str().into());
        let (past, future) = (has("+past"), has("+future"));
        let runs = RunScope::Around { run_id: run_id.clone(), past, future };
        let on_latest_version = has("latest").then_some(true);
        let by = Some("ada".to_owned());
        let input = match verb {
            "clear" => {
                let named = words.iter().filter(|w| !is_flag(w)).map(|w| split(w));
                let tasks: Vec<_> = named.collect();
                Input::ClearTasks(Box::new(ClearTasks {
                    dag_id,
                    runs: if has("everywhere") { RunScope::Between { from: None, to: None } } else { runs },
                    tasks: Some(tasks).filter(|tasks| !tasks.is_empty()),
                    upstream: has("+up"),
                    downstream: has("+down"),
                    only_failed: has("failed"),
                    only_running: has("running"),
                    reset_runs: !has("keep-run"),
                    prevent_running: has("prevent"),
                    on_latest_version,
                    note,
                    dry_run: has("dry"),
                    by,
                }))
            }
            "clear-run" => {
                let which = match () {
                    () if has("failed") => ClearedPart::Failed,
                    () if has("new") => ClearedPart::New,
                    () => ClearedPart::All,
                };
                let dry_run = has("dry");
                Input::ClearRun(Box::new(ClearRun { dag_id, run_id, which, on_latest_version, note, dry_run, by }))
            }
            "mark" => {
                let (task_id, map_index) = split(words[0]);
                let state = words.iter().find_map(|w| match *w {
                    "success" => Some(TaskMark::Success),
                    "failed" => Some(TaskMark::Failed),
                    "skipped" => Some(TaskMark::Skipped),
                    _ => None,
                });
                Input::MarkTasks(Box::new(MarkTasks {
                    dag_id,
                    runs,
                    task_id,
                    map_index,
                    upstream: has("+up"),
                    downstream: has("+down"),
                    state,
                    note,
                    dry_run: has("dry"),
                    by,
                }))
            }
            "mark-run" => {
                let state = match words.first() {
                    Some(&"success") => Some(RunMark::Success),
                    Some(&"failed") => Some(RunMark::Failed),
                    Some(&"queued") => Some(RunMark::Queued),
                    _ => None,
                };
                Input::MarkRun(Box::new(MarkRun { dag_id, run_id, state, note, by }))
            }
            "delete-run" => Input::DeleteRun { dag_id, run_id, by },
            "delete-dag" => Input::DeleteDag { dag_id, by },
            other => panic!("unknown act {other}"),
        };
        let reply = self.apply(input);
        // Effects of the act are inputs too; what was asked is what was answered.
        self.last_reply = reply.clone();
        reply
    }

    /// What the last act named: `run/task[index]`, in order.
    pub(crate) fn named(&self) -> String {
        match &self.last_reply {
            Reply::TaskInstances(names) => {
                let name = |n: &tw_engine::InstanceName| match n.map_index {
                    -1 => format!("{}/{}", n.run_id, n.task_id),
                    index => format!("{}/{}[{index}]", n.run_id, n.task_id),
                };
                names.iter().map(name).collect::<Vec<_>>().join(" ")
            }
            Reply::Tasks(tasks) => tasks.iter().map(TaskId::as_str).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        }
    }

    /// The tries that are history: `task[index]#try:state`.
    pub(crate) fn history(&self) -> String {
        let row = |t: &tw_model::TaskInstance| {
            let index = if t.map_index >= 0 { format!("[{}]", t.map_index) } else { String::new() };
            format!("{}{index}#{}:{}", t.task_id, t.try_number, t.state.map_or("-", |s| s.as_str()))
        };
        self.archive.iter().map(row).collect::<Vec<_>>().join(" ")
    }
}

fn is_flag(word: &str) -> bool {
    word.starts_with('+')
        || word.starts_with("note=")
        || ["failed", "running", "dry", "prevent", "keep-run", "latest", "everywhere"].contains(&word)
}

fn split(word: &str) -> (TaskId, Option<i32>) {
    match word.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((task, index)) => (task.into(), index.parse().ok()),
        None => (word.into(), None),
    }
}
