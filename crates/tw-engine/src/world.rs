//! The world: every unfinished run, and the one entry point that changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{DagId, DagRunState, RunId, TaskInstanceId, TaskInstanceState, TimeSpan, Timestamp};

use crate::admission::{Pools, TaskParks};
use crate::facts::Deleted;
use crate::graph::{Graph, NodeIx};
use crate::ids::IdSource;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{DagRow, Input, Need, Outcome, Reply, RunConflict, Write};

/// Settings of the engine; they hold for its life.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Seed of new ids; different for every start of the server.
    pub seed: u64,
    /// Task instances queued or running at the same time, over everything (S-5.18).
    pub parallelism: u32,
    /// Whether new DAGs start paused unless they say otherwise (S-2.48).
    pub dags_are_paused_at_creation: bool,
    /// Whether timetables create runs; otherwise only requests do.
    pub scheduled_runs: bool,
    /// Upper bound of a retry delay that grows (S-6.5).
    pub max_retry_delay: TimeSpan,
    /// Slots of `default_pool` when it is first created (S-5.21).
    pub default_pool_slots: i32,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            parallelism: 32,
            dags_are_paused_at_creation: true,
            scheduled_runs: true,
            max_retry_delay: TimeSpan::from_secs(86_400),
            default_pool_slots: 128,
        }
    }
}

/// Something that becomes due by the clock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Timer {
    /// An automatic run.
    NextRun(DagId),
    /// A queued run whose `run_after` lies ahead.
    StartRuns(DagId),
    /// A retry or the next poke of a sensor.
    Instance(InstanceRef),
    /// `dagrun_timeout`.
    RunTimeout(RunIx),
}

/// What the world knows of a DAG.
#[derive(Clone, Debug)]
pub(crate) struct DagState {
    pub(crate) row: DagRow,
    pub(crate) graph: Arc<Graph>,
    pub(crate) content_hash: String,
    /// Whether any run was created from the latest version or follows it. A version nothing
    /// refers to is replaced in place (S-2.51).
    pub(crate) latest_used: bool,
    /// Queued runs by the instant from which they may start.
    pub(crate) queued: BTreeSet<(Timestamp, RunIx)>,
    /// Its running runs.
    pub(crate) running: BTreeSet<RunIx>,
    /// Runs in memory by logical date, finished ones included while they may be somebody's
    /// previous run (S-3.8).
    pub(crate) by_logical_date: BTreeMap<Timestamp, RunIx>,
    pub(crate) parks: TaskParks,
}

impl DagState {
    /// Whether nothing new may start (S-2.48, S-2.49).
    pub(crate) fn is_held(&self) -> bool {
        self.row.is_paused || self.row.is_stale
    }

    pub(crate) fn running_runs(&self) -> u32 {
        self.running.len() as u32
    }

    pub(crate) fn unfinished_runs(&self) -> u32 {
        self.running_runs() + self.queued.len() as u32
    }
}

/// Everything that is not finished. See the crate's front page.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) options: EngineOptions,
    pub(crate) ids: IdSource,
    pub(crate) dags: BTreeMap<DagId, DagState>,
    pub(crate) runs: BTreeMap<RunIx, RunState>,
    pub(crate) run_by_id: BTreeMap<(DagId, RunId), RunIx>,
    pub(crate) next_run_ix: RunIx,
    /// Attempts that are queued or running.
    pub(crate) attempts: BTreeMap<TaskInstanceId, InstanceRef>,
    pub(crate) pools: Pools,
    pub(crate) timers: BTreeSet<(Timestamp, Timer)>,
    pub(crate) error_files: BTreeSet<(String, String)>,
    /// Existing runs the shell found for the next input.
    pub(crate) conflicts: Vec<RunConflict>,
    /// What the shell looked up for the next input.
    pub(crate) answered: Vec<Need>,
    /// Runs that finished since the last commit.
    pub(crate) finished: Vec<RunIx>,
    /// Finished runs that were looked up since then.
    pub(crate) looked_up: Vec<RunIx>,
    pub(crate) deleted: Deleted,
    pub(crate) todo: Todo,
}

/// What one `apply` still has to do. Empty between inputs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Todo {
    /// Nodes to evaluate; position `EVERY` means all instances.
    pub(crate) evaluate: BTreeSet<(RunIx, NodeIx, usize)>,
    /// Runs to test for completion.
    pub(crate) settle: BTreeSet<RunIx>,
    /// Runs with a newly failed instance, for fail-fast DAGs.
    pub(crate) fail_fast: BTreeSet<RunIx>,
    /// DAGs whose queued runs may have room to start.
    pub(crate) start: BTreeSet<DagId>,
    /// Writes that go before any row is written.
    pub(crate) first: Vec<Write>,
    pub(crate) dirty_dags: BTreeSet<DagId>,
    pub(crate) dirty_runs: BTreeSet<RunIx>,
    pub(crate) dirty_instances: BTreeSet<InstanceRef>,
}

/// All instances of a node.
pub(crate) const EVERY: usize = usize::MAX;

impl World {
    /// A world without DAGs.
    pub fn new(options: EngineOptions) -> Self {
        Self {
            ids: IdSource::new(options.seed),
            pools: Pools::default(),
            options,
            dags: BTreeMap::new(),
            runs: BTreeMap::new(),
            run_by_id: BTreeMap::new(),
            next_run_ix: 0,
            attempts: BTreeMap::new(),
            timers: BTreeSet::new(),
            error_files: BTreeSet::new(),
            conflicts: Vec::new(),
            answered: Vec::new(),
            finished: Vec::new(),
            looked_up: Vec::new(),
            deleted: Deleted::default(),
            todo: Todo::default(),
        }
    }

    /// Applies one input at `now`. Total: late, duplicate and unknown inputs are answered, never
    /// a panic. `now` should not go back between calls; if it does, timers fire late, nothing else.
    pub fn apply(&mut self, input: Input, now: Timestamp, out: &mut Outcome) {
        let reply = match input {
            Input::Tick => Reply::Done,
            Input::FileParsed(file) => self.file_parsed(file, now, out),
            Input::SetPaused { dag_id, paused, by } => self.set_paused(&dag_id, paused, by, now, out),
            Input::TriggerRun(request) => self.trigger_run(*request, now, out),
            Input::AttemptStarted { attempt, hostname, unixname, pid } => {
                self.attempt_started(attempt, hostname, unixname, pid, now, out)
            }
            Input::AttemptEnded { attempt, report } => self.attempt_ended(attempt, *report, now, out),
            Input::SkipDownstream { attempt, tasks } => self.skip_downstream(attempt, &tasks, now, out),
            Input::SetRenderedMapIndex { attempt, label } => self.rendered_map_index(attempt, label, out),
            Input::PutPool(pool) => self.put_pool(pool, out),
            Input::DeletePool { name } => self.delete_pool(name, out),
            Input::CallbackDone { id } => {
                out.writes.push(Write::DeleteCallback { id });
                Reply::Done
            }
            Input::ClearTasks(request) => self.clear_tasks(&request, now, out),
            Input::ClearRun(request) => self.clear_run(&request, now, out),
            Input::MarkTasks(request) => self.mark_tasks(&request, now, out),
            Input::MarkRun(request) => self.mark_run(&request, now, out),
            Input::DeleteRun { dag_id, run_id, by } => self.delete_run(&dag_id, &run_id, by, now, out),
            Input::DeleteDag { dag_id, by } => self.delete_dag(&dag_id, by, now, out),
        };
        self.fire_timers(now, out);
        self.work_off(now, out);
        self.flush(out);
        self.conflicts.clear();
        self.answered.clear();
        out.wake_at = self.next_timer();
        out.replies.push(reply);
    }

    /// Attempts that are queued or running, for the shell to compare with its executors.
    pub fn attempts(&self) -> impl Iterator<Item = tw_model::AttemptKey> + '_ {
        self.attempts.values().map(|at| self.attempt_key(*at))
    }

    /// Whether this attempt is the queued or running one of its task instance.
    pub fn is_current(&self, attempt: tw_model::AttemptKey) -> bool {
        self.attempts.get(&attempt.task_instance_id).is_some_and(|at| self.attempt_key(*at) == attempt)
    }

    fn fire_timers(&mut self, now: Timestamp, out: &mut Outcome) {
        // Taken out first: a timer that sets itself again waits for the next input.
        let mut due = Vec::new();
        while self.timers.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(self.timers.pop_first());
        }
        for (_, timer) in due {
            match timer {
                Timer::NextRun(dag_id) => self.create_due_run(&dag_id, now, out),
                Timer::StartRuns(dag_id) => {
                    self.todo.start.insert(dag_id);
                }
                Timer::Instance(at) => {
                    self.todo.evaluate.insert((at.run, at.node, at.ix));
                }
                Timer::RunTimeout(run) => self.run_timed_out(run, now, out),
            }
        }
    }

    /// Evaluates, settles, starts and admits until nothing is left to do.
    pub(crate) fn work_off(&mut self, now: Timestamp, out: &mut Outcome) {
        loop {
            if let Some(run) = self.todo.fail_fast.pop_first() {
                self.fail_fast(run, now, out);
            } else if let Some((run, node, ix)) = self.todo.evaluate.pop_first() {
                self.evaluate(run, node, ix, now, out);
            } else if let Some(run) = self.todo.settle.pop_first() {
                self.settle_run(run, now, out);
            } else if let Some(dag_id) = self.todo.start.pop_first() {
                self.start_queued_runs(&dag_id, now);
            } else {
                break;
            }
        }
        self.admit(now, out);
    }

    /// Emits the rows that changed: DAGs before runs before task instances.
    pub(crate) fn flush(&mut self, out: &mut Outcome) {
        let todo = std::mem::take(&mut self.todo);
        out.writes.extend(todo.first);
        for dag_id in todo.dirty_dags {
            if let Some(dag) = self.dags.get(&dag_id) {
                out.writes.push(Write::Dag(Box::new(dag.row.clone())));
            }
        }
        for ix in &todo.dirty_runs {
            if let Some(run) = self.runs.get(ix) {
                out.writes.push(Write::DagRun(Box::new(run.row.clone())));
            }
        }
        for at in todo.dirty_instances {
            if let Some(run) = self.runs.get(&at.run) {
                out.writes.push(Write::TaskInstance(Box::new(run.task_instance(at.node, at.ix))));
            }
        }
    }

    /// Tells the world that everything it put out so far is committed: finished runs can go.
    /// Until then they are kept, because the store cannot yet answer for them.
    pub fn committed(&mut self) {
        self.deleted = Deleted::default();
        for ix in std::mem::take(&mut self.finished) {
            self.forget(ix);
        }
        for ix in std::mem::take(&mut self.looked_up) {
            self.forget_looked_up(ix);
        }
    }

    /// The one place where an instance changes state: every counter, limit and queue follows.
    pub(crate) fn transition(&mut self, at: InstanceRef, new: Option<TaskInstanceState>, now: Timestamp) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let graph = Arc::clone(&run.graph);
        let instance = &mut run.nodes[at.node].instances[at.ix];
        let old = instance.state;
        if old == new {
            return;
        }
        if old == Some(TaskInstanceState::Scheduled) {
            self.withdraw(at);
        }
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.state = new;
        stamp_dates(instance, new, now);
        count(&mut run.unfinished, !is_finished(old), !is_finished(new));
        count(&mut run.in_flight, is_in_flight(old), is_in_flight(new));
        run.nodes[at.node].own.remove(old);
        run.nodes[at.node].own.add(new);
        for &down in &graph.nodes[at.node].downstream {
            run.nodes[down].up.remove(old);
            run.nodes[down].up.add(new);
        }
        self.todo.dirty_instances.insert(at);
        self.move_limits(at, old, new);
        if is_finished(new) {
            self.todo.settle.insert(at.run);
            self.wake_relatives(at);
        }
        if new == Some(TaskInstanceState::Scheduled) {
            self.offer(at);
        }
    }

    /// Queues the evaluation of everything that may react to the end of an instance.
    fn wake_relatives(&mut self, at: InstanceRef) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let graph = Arc::clone(&run.graph);
        for &down in &graph.nodes[at.node].downstream {
            match run.dependants_in_group(at.node, at.ix, down) {
                Some(range) => self.todo.evaluate.extend(range.map(|ix| (at.run, down, ix))),
                None => {
                    self.todo.evaluate.insert((at.run, down, EVERY));
                }
            }
        }
        for &watcher in &graph.nodes[at.node].watchers {
            self.todo.evaluate.insert((at.run, watcher, EVERY));
        }
        if graph.depends_on_past {
            self.wake_next_run(at);
        }
    }

    pub(crate) fn run_is_running(&self, run: RunIx) -> bool {
        self.runs.get(&run).is_some_and(|r| r.row.state == DagRunState::Running)
    }
}

fn is_finished(state: Option<TaskInstanceState>) -> bool {
    state.is_some_and(TaskInstanceState::is_finished)
}

fn is_in_flight(state: Option<TaskInstanceState>) -> bool {
    state.is_some_and(|s| !s.is_finished())
}

pub(crate) fn count(counter: &mut u32, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *counter += 1,
        (true, false) => *counter -= 1,
        (true, true) | (false, false) => {}
    }
}

/// S-1.48: the end is stamped once; a start is made up for what never ran.
fn stamp_dates(instance: &mut crate::instance::Instance, new: Option<TaskInstanceState>, now: Timestamp) {
    use crate::instance::When;
    if is_finished(new) {
        if instance.start_date == When::NEVER {
            instance.start_date = now.into();
        }
        if instance.end_date == When::NEVER {
            instance.end_date = now.into();
        }
        instance.not_before = When::NEVER;
    }
}
