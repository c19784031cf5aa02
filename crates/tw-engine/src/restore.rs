//! From rows to a run in memory, and from one DAG version to another: both place rows in a version,
//! so that a run looks the same however it got there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{AttemptKey, DagRun, DagRunState, TaskId, TaskInstance, TaskInstanceId, TaskInstanceState, Timestamp};

use crate::graph::Graph;
use crate::instance::Instance;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{Effect, KillReason, Outcome, Write};
use crate::world::{Timer, World};

/// Why an instance without a place in its run's version ended.
const GONE: &str = "its task is no longer part of the DAG";

impl RunState {
    /// Places rows in a version. What has no place there becomes an orphan.
    fn restore(row: DagRun, graph: Arc<Graph>, mut rows: Vec<TaskInstance>) -> Self {
        let mut run = RunState::new(row, graph);
        rows.sort_by_key(|row| row.map_index);
        let shapes = shapes(&rows);
        for row in rows {
            let place = run.graph.node_ix(&row.task_id).filter(|&ix| {
                let is_expanded = run.graph.nodes[ix].is_mapped && shapes.contains(&row.task_id);
                let next = if is_expanded { run.nodes[ix].instances.len() as i32 } else { -1 };
                row.state != Some(TaskInstanceState::Removed) && row.map_index == next
            });
            let Some(ix) = place else {
                run.orphans.insert((row.task_id.clone(), row.map_index), row);
                continue;
            };
            let mut instance = restore_instance(&row);
            instance.set_version(Some(row.dag_version_id).filter(|v| {
                // What is not finished follows its run.
                instance.is_finished() && *v != run.graph.version_id
            }));
            let node = &mut run.nodes[ix];
            node.expanded |= row.map_index >= 0;
            node.remeasure |= node.expanded && !instance.is_finished();
            node.instances.push(instance);
        }
        run.recount();
        run
    }

    /// Its rows, those without a place included.
    fn into_rows(self) -> (DagRun, Vec<TaskInstance>) {
        let all = self.nodes.iter().enumerate().flat_map(|(ix, n)| (0..n.instances.len()).map(move |i| (ix, i)));
        let mut rows: Vec<TaskInstance> = all.map(|(node, ix)| self.task_instance(node, ix)).collect();
        rows.extend(self.orphans.into_values());
        (self.row, rows)
    }
}

impl World {
    /// Takes a run with its task instances into memory, under the DAG's latest version.
    pub(crate) fn insert_run(&mut self, row: DagRun, instances: Vec<TaskInstance>) -> RunIx {
        let Some(graph) = self.dags.get(&row.dag_id).map(|dag| Arc::clone(&dag.graph)) else {
            return self.next_run_ix;
        };
        self.register(RunState::restore(row, graph, instances))
    }

    /// Moves a run in memory to another version (S-2.53, S-2.56): instances follow their task id,
    /// and unless the run is over, new tasks get instances and unfinished ones of dropped tasks
    /// become `removed`.
    pub(crate) fn adopt_version(&mut self, ix: RunIx, graph: Arc<Graph>, now: Timestamp, out: &mut Outcome) {
        self.cancel_run_timer(ix);
        self.leave_limits(ix);
        self.forget_positions(ix);
        let Some(run) = self.runs.remove(&ix) else { return };
        let (row, rows) = run.into_rows();
        self.runs.insert(ix, RunState::restore(row, graph, rows));
        self.bring_up_to_date(ix, now, out);
        self.enter_limits(ix);
        let Some(run) = self.runs.get(&ix).filter(|run| !run.row.state.is_finished()) else { return };
        let nodes = run.nodes.iter().enumerate();
        let unfinished = nodes.flat_map(|(node, n)| {
            let instances = n.instances.iter().enumerate();
            instances.filter(|(_, i)| !i.is_finished()).map(move |(i, _)| InstanceRef { run: ix, node, ix: i })
        });
        self.todo.dirty_instances.extend(unfinished);
        if self.run_is_running(ix) {
            self.enliven(ix);
        }
    }

    /// Ends the orphans of an unfinished run and gives instances to tasks that have none. The run
    /// must be in no limit's count.
    pub(crate) fn bring_up_to_date(&mut self, ix: RunIx, now: Timestamp, out: &mut Outcome) {
        let Some(mut run) = self.runs.remove(&ix) else { return };
        if !run.row.state.is_finished() {
            let unfinished = run.orphans.values_mut().filter(|row| !row.state.is_some_and(|s| s.is_finished()));
            unfinished.for_each(|row| remove_row(row, GONE, now, out));
            for node in 0..run.nodes.len() {
                if run.nodes[node].instances.is_empty() {
                    self.create_task_instances(&mut run, node, now);
                    let fresh = 0..run.nodes[node].instances.len();
                    self.todo.dirty_instances.extend(fresh.map(|i| InstanceRef { run: ix, node, ix: i }));
                }
            }
            run.recount();
        }
        self.runs.insert(ix, run);
    }

    /// Drops what names instances of a run by position: positions belong to a version. Whatever
    /// waits for the clock sets its timer again when the run is enlivened.
    pub(crate) fn forget_positions(&mut self, run: RunIx) {
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Instance(at) if at.run == run));
        self.todo.evaluate.retain(|(of, _, _)| *of != run);
        self.todo.dirty_instances.retain(|at| at.run != run);
    }

    /// A new instance. One that had this place before continues: its tries are history (S-1.51, S-4.22).
    pub(crate) fn fresh_instance(
        &mut self,
        run: &mut RunState,
        node: usize,
        map_index: i32,
        now: Timestamp,
    ) -> Instance {
        let id = TaskInstanceId(self.ids.next(now));
        let task = run.graph.task(node);
        let Some(earlier) = run.orphans.remove(&(task.task_id.clone(), map_index)) else {
            return Instance::new(id, task.retries);
        };
        if earlier.try_number > 0 {
            self.todo.first.push(Write::ArchiveTaskInstance { id: earlier.id });
        }
        let mut instance = Instance::new(id, earlier.try_number + task.retries);
        instance.try_number = earlier.try_number;
        instance
    }

    /// The latest version for finished runs in memory, of which nothing is written.
    pub(crate) fn replace_finished(&mut self, dag_id: &tw_model::DagId, now: Timestamp, out: &mut Outcome) {
        let Some(graph) = self.dags.get(dag_id).map(|dag| Arc::clone(&dag.graph)) else { return };
        let is_over = |state: DagRunState| state.is_finished();
        let runs = self.runs.iter().filter(|(_, run)| run.row.dag_id == *dag_id && is_over(run.row.state));
        let runs: Vec<RunIx> = runs.map(|(ix, _)| *ix).collect();
        runs.into_iter().for_each(|ix| self.adopt_version(ix, Arc::clone(&graph), now, out));
    }
}

/// Ends a row that has no place any more, whatever its state, and stops its attempt.
pub(crate) fn remove_row(row: &mut TaskInstance, why: &str, now: Timestamp, out: &mut Outcome) {
    if row.state.is_some_and(TaskInstanceState::is_occupying) {
        let attempt = AttemptKey { task_instance_id: row.id, dispatch: row.dispatch };
        out.effects.push(Effect::Kill { attempt, reason: KillReason::StateChanged });
    }
    row.state = Some(TaskInstanceState::Removed);
    row.end_date = row.end_date.or(Some(now));
    row.reason = Some(why.to_owned());
    out.writes.push(Write::TaskInstance(Box::new(row.clone())));
}

/// The tasks whose live rows are the expanded ones. A task that was mapped in one version and not
/// in another leaves rows of both kinds; the kind that is not finished is the live one.
fn shapes(rows: &[TaskInstance]) -> BTreeSet<TaskId> {
    let mut kinds: BTreeMap<&TaskId, [Option<bool>; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.state != Some(TaskInstanceState::Removed)) {
        let kind = &mut kinds.entry(&row.task_id).or_default()[usize::from(row.map_index >= 0)];
        let unfinished = !row.state.is_some_and(TaskInstanceState::is_finished);
        *kind = Some(kind.unwrap_or(false) || unfinished);
    }
    // Rows of one kind only, or more alive: no rows < all finished < some unfinished.
    kinds.into_iter().filter(|(_, [plain, expanded])| expanded > plain).map(|(id, _)| id.clone()).collect()
}

fn restore_instance(row: &TaskInstance) -> Instance {
    let mut instance = Instance::new(row.id, row.max_tries);
    instance.state = row.state;
    instance.return_value = row.return_value;
    instance.try_number = row.try_number;
    instance.dispatch = row.dispatch;
    instance.reschedule_count = row.reschedule_count;
    instance.scheduled_at = row.scheduled_at.into();
    instance.queued_at = row.queued_at.into();
    instance.start_date = row.start_date.into();
    instance.end_date = row.end_date.into();
    instance.not_before = row.not_before.into();
    instance.first_reschedule = row.first_reschedule_date.into();
    instance.set_reason(row.reason.clone());
    instance.set_skip_record(row.skip_record.clone());
    instance
}
