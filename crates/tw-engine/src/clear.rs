//! Clearing: task instances of a run that exists run again (S-9.20 to S-9.37).
//!
//! One that runs becomes `restarting` under its old id and keeps its slot until its process has
//! ended; only then does it begin anew. So no two processes of one task instance exist at a time,
//! and a server that comes back knows from the row whom it still has to wait for. Whatever the old
//! process says meanwhile is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tw_model::{DagId, DagRunState, RunId, TaskId, TaskInstanceId, TaskInstanceState, Timestamp};

use crate::acts::{ClearRun, ClearTasks, ClearedPart, InstanceName, RunScope};
use crate::facts::run_not_found;
use crate::graph::NodeIx;
use crate::instance::When;
use crate::run::{InstanceRef, RunIx};
use crate::vocabulary::{KillReason, Outcome, Reply, Write};
use crate::world::World;

impl World {
    /// Answers with what was cleared, or on a dry run with what would be (S-9.24).
    pub(crate) fn clear_tasks(&mut self, request: &ClearTasks, now: Timestamp, out: &mut Outcome) -> Reply {
        let chosen = match self.cleared_by(request) {
            Ok(chosen) => chosen,
            Err(refusal) => return refusal,
        };
        if request.dry_run {
            return Reply::TaskInstances(self.names_of(&chosen));
        }
        if request.prevent_running && chosen.iter().any(|at| self.state_of(*at) == Some(TaskInstanceState::Running)) {
            return Reply::Conflict(
                "a selected task instance is running: wait for its end, or leave out prevent_running_task".to_owned(),
            );
        }
        self.clear_instances(&chosen, request.reset_runs, request.on_latest_version, now, out);
        if let Some(note) = &request.note {
            self.note_instances(&chosen, note, out);
        }
        let cleared = self.names_of(&chosen);
        out.writes.push(audit_of_act("clear_task_instances", &request.dag_id, &cleared, request.by.clone(), now));
        Reply::TaskInstances(cleared)
    }

    /// S-9.34. Answers with the run, or on a dry run with what would be cleared or added.
    pub(crate) fn clear_run(&mut self, request: &ClearRun, now: Timestamp, out: &mut Outcome) -> Reply {
        let key = (request.dag_id.clone(), request.run_id.clone());
        let Some(&ix) = self.run_by_id.get(&key) else { return run_not_found(&request.dag_id, &request.run_id) };
        if request.which == ClearedPart::New {
            let new = self.new_tasks(ix);
            if request.dry_run {
                return Reply::Tasks(new);
            }
            if !new.is_empty() {
                self.requeue_run(ix, Some(true), now, out);
            }
        } else {
            let whole = ClearTasks {
                dag_id: request.dag_id.clone(),
                runs: RunScope::one(request.run_id.clone()),
                tasks: None,
                upstream: false,
                downstream: false,
                only_failed: request.which == ClearedPart::Failed,
                only_running: false,
                reset_runs: true,
                prevent_running: false,
                on_latest_version: request.on_latest_version,
                note: None,
                dry_run: request.dry_run,
                by: None,
            };
            let chosen = match self.cleared_by(&whole) {
                Ok(chosen) => chosen,
                Err(refusal) => return refusal,
            };
            if request.dry_run {
                return Reply::TaskInstances(self.names_of(&chosen));
            }
            self.clear_instances(&chosen, true, request.on_latest_version, now, out);
        }
        if let Some(note) = &request.note {
            self.note_run(ix, note);
        }
        out.writes.push(self.audit_of_run("clear_dag_run", ix, request.by.clone(), now));
        self.runs.get(&ix).map_or(Reply::Done, |run| Reply::Run(Box::new(run.row.clone())))
    }

    /// Tasks of the latest version without an instance in the run, by id.
    fn new_tasks(&self, ix: RunIx) -> Vec<TaskId> {
        let Some(run) = self.runs.get(&ix) else { return Vec::new() };
        let had: BTreeSet<&TaskId> = run.orphans.keys().map(|(task_id, _)| task_id).collect();
        let is_new = |(node, state): (NodeIx, &crate::instance::Node)| {
            let task_id = &run.graph.task(node).task_id;
            (state.instances.is_empty() && !had.contains(task_id)).then(|| task_id.clone())
        };
        let mut new: Vec<TaskId> = run.nodes.iter().enumerate().filter_map(is_new).collect();
        new.sort();
        new
    }

    /// Clears instances, and has their runs go on or begin again.
    pub(crate) fn clear_instances(
        &mut self,
        chosen: &[InstanceRef],
        reset_runs: bool,
        on_latest_version: Option<bool>,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let mut nodes: BTreeMap<RunIx, BTreeSet<NodeIx>> = BTreeMap::new();
        for at in chosen {
            self.clear_instance(*at, now, out);
            nodes.entry(at.run).or_default().insert(at.node);
        }
        for (ix, cleared) in nodes {
            self.remeasure_after(ix, &cleared);
            if reset_runs {
                self.requeue_run(ix, on_latest_version, now, out);
            }
        }
    }

    /// S-9.25.
    fn clear_instance(&mut self, at: InstanceRef, now: Timestamp, out: &mut Outcome) {
        match self.state_of(at) {
            Some(TaskInstanceState::Running) => {
                self.stop_attempt(at, KillReason::Cleared, out);
                if let Some(run) = self.runs.get_mut(&at.run) {
                    let reason = "it was cleared while it was running; its process is being stopped";
                    run.nodes[at.node].instances[at.ix].set_reason(Some(reason.to_owned()));
                }
                self.transition(at, Some(TaskInstanceState::Restarting), now);
            }
            Some(TaskInstanceState::Restarting) => {}
            _ => {
                self.stop_attempt(at, KillReason::Cleared, out);
                self.reset_instance(at, now, now, out);
            }
        }
    }

    /// Lets an instance begin anew: its try becomes history, it gets as many tries as its task has
    /// (S-9.27) and no dates until it starts (S-9.28). `end` is when its last try ended, if that is
    /// not known otherwise.
    pub(crate) fn reset_instance(&mut self, at: InstanceRef, end: Timestamp, now: Timestamp, out: &mut Outcome) {
        let old = self.state_of(at);
        // Without a state, or waiting for a retry, its last try is history already.
        let has_try = !matches!(old, None | Some(TaskInstanceState::UpForRetry));
        if has_try {
            self.archive(at, end, out);
        }
        let new_id = TaskInstanceId(self.ids.next(now));
        // It leaves every count under its old id before the id changes.
        self.transition(at, None, now);
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let retries = run.graph.task(at.node).retries;
        let instance = &mut run.nodes[at.node].instances[at.ix];
        if has_try {
            instance.id = new_id;
        }
        instance.max_tries = instance.try_number + retries;
        instance.dispatch = 0;
        instance.reschedule_count = 0;
        instance.first_reschedule = When::NEVER;
        instance.scheduled_at = When::NEVER;
        instance.queued_at = When::NEVER;
        instance.start_date = When::NEVER;
        instance.end_date = When::NEVER;
        instance.not_before = When::NEVER;
        instance.set_reason(None);
        instance.set_version(None);
        self.todo.dirty_instances.insert(at);
        self.todo.evaluate.insert((at.run, at.node, at.ix));
    }

    /// Copies the current try to the history; one that has not ended counts as failed (S-1.30).
    fn archive(&mut self, at: InstanceRef, end: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let mut row = run.task_instance(at.node, at.ix);
        let ended = row.state.is_some_and(TaskInstanceState::is_finished);
        if !ended {
            row.state = Some(TaskInstanceState::Failed);
            row.end_date = row.end_date.or(Some(end));
            row.reason = Some("it was cleared".to_owned());
        }
        let id = row.id;
        // The stored row of a try that ended is the better one, unless it changed just now.
        if !ended || self.todo.dirty_instances.contains(&at) {
            out.writes.push(Write::TaskInstance(Box::new(row)));
        }
        out.writes.push(Write::ArchiveTaskInstance { id });
    }

    /// Notes that what is mapped over these tasks may get another length.
    fn remeasure_after(&mut self, ix: RunIx, cleared: &BTreeSet<NodeIx>) {
        let Some(run) = self.runs.get_mut(&ix) else { return };
        let graph = Arc::clone(&run.graph);
        for (node, state) in run.nodes.iter_mut().enumerate().filter(|(_, state)| state.expanded) {
            state.remeasure |= cleared.iter().any(|&other| graph.is_measured_by(node, other));
        }
    }

    /// S-9.30, S-9.33: a run of which something was cleared.
    fn requeue_run(&mut self, ix: RunIx, on_latest_version: Option<bool>, now: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get_mut(&ix) else { return };
        let latest = run.graph.version_id;
        let by_dag = || run.graph.dag.extra.get("rerun_with_latest_version").and_then(Value::as_bool);
        let to_latest = on_latest_version.or_else(by_dag).unwrap_or(false);
        let row = run.row_mut();
        row.clear_number += 1;
        row.queued_at = Some(now);
        if to_latest {
            row.dag_version_id = latest;
        }
        self.todo.dirty_runs.insert(ix);
        if self.runs[&ix].row.state.is_finished() {
            self.queue_run(ix, now, out);
        }
    }

    /// Puts a run back into the queue (S-1.19, S-1.20); one that was over follows the latest version.
    pub(crate) fn queue_run(&mut self, ix: RunIx, now: Timestamp, out: &mut Outcome) {
        self.cancel_run_timer(ix);
        let Some(run) = self.runs.get_mut(&ix) else { return };
        let before = run.row.state;
        let row = run.row_mut();
        row.state = DagRunState::Queued;
        row.queued_at = Some(now);
        row.start_date = None;
        row.end_date = None;
        row.reason = None;
        let (dag_id, run_after) = (row.dag_id.clone(), row.run_after);
        self.todo.dirty_runs.insert(ix);
        if let Some(dag) = self.dags.get_mut(&dag_id) {
            dag.queued.insert((run_after, ix));
            dag.latest_used = true;
            if before == DagRunState::Running {
                dag.running.remove(&ix);
            }
            self.todo.start.insert(dag_id);
        }
        if before.is_finished() {
            self.bring_up_to_date(ix, now, out);
        }
        self.rebalance_run(ix);
    }

    /// Writes a person's note to task instances; an empty one removes it (S-7.17).
    pub(crate) fn note_instances(&mut self, chosen: &[InstanceRef], note: &str, out: &mut Outcome) {
        for at in chosen {
            let Some(run) = self.runs.get(&at.run) else { continue };
            out.writes.push(Write::TaskInstanceNote {
                dag_run_id: run.row.id,
                dag_id: run.row.dag_id.clone(),
                run_id: run.row.run_id.clone(),
                task_id: run.graph.task(at.node).task_id.clone(),
                map_index: run.nodes[at.node].map_index(at.ix),
                note: Some(note.to_owned()).filter(|note| !note.is_empty()),
            });
        }
    }

    pub(crate) fn note_run(&mut self, ix: RunIx, note: &str) {
        if let Some(run) = self.runs.get_mut(&ix) {
            run.row_mut().note = Some(note.to_owned()).filter(|note| !note.is_empty());
            self.todo.dirty_runs.insert(ix);
        }
    }

    pub(crate) fn audit_of_run(&self, event: &'static str, ix: RunIx, by: Option<String>, now: Timestamp) -> Write {
        let row = &self.runs[&ix].row;
        Write::Audit {
            at: now,
            event,
            owner: by,
            dag_id: row.dag_id.clone(),
            run_id: Some(row.run_id.clone()),
            task: None,
            try_number: None,
            detail: Some(row.state.to_string()),
        }
    }
}

/// One audit line for an act on task instances. It names the run, and the task, if there is only
/// one of them.
pub(crate) fn audit_of_act(
    event: &'static str,
    dag_id: &DagId,
    names: &[InstanceName],
    by: Option<String>,
    now: Timestamp,
) -> Write {
    let runs: BTreeSet<&RunId> = names.iter().map(|name| &name.run_id).collect();
    let task = names.first().filter(|first| names.iter().all(|name| name.task_id == first.task_id));
    let task = task.map(|first| {
        let same_index = names.iter().all(|name| name.map_index == first.map_index);
        (first.task_id.clone(), if same_index { first.map_index } else { -1 })
    });
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    let (instances, of_runs) = (names.len(), runs.len());
    Write::Audit {
        at: now,
        event,
        owner: by,
        dag_id: dag_id.clone(),
        run_id: runs.first().filter(|_| of_runs == 1).map(|run_id| (*run_id).clone()),
        task,
        try_number: None,
        detail: Some(format!("{instances} task instance{} of {of_runs} run{}", plural(instances), plural(of_runs))),
    }
}
