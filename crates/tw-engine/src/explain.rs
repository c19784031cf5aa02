//! Why something is not moving, in order of what has to happen first. Asks the same conditions
//! that decide, so an explanation cannot differ from the decision.

use tw_model::{DagRunState, TaskId, TaskInstanceState, Timestamp};

use crate::readiness::Readiness;
use crate::run::{InstanceRef, RunState};
use crate::vocabulary::{Blocker, Subject};
use crate::world::{DagState, World};

/// How many upstreams a blocker names before it only counts.
const UPSTREAMS_NAMED: usize = 5;

fn blocker(kind: &str, message: impl Into<String>) -> Blocker {
    Blocker { kind: kind.to_owned(), message: message.into(), until: None }
}

fn blocker_until(kind: &str, message: impl Into<String>, until: Timestamp) -> Blocker {
    Blocker { until: Some(until), ..blocker(kind, message) }
}

impl World {
    /// Why a task instance, run or DAG is not moving. Empty = nothing holds it, or it is
    /// finished and no longer in memory.
    pub fn explain(&self, subject: &Subject, now: Timestamp) -> Vec<Blocker> {
        match subject {
            Subject::Dag(dag_id) => self.dags.get(dag_id).map(|dag| explain_dag(dag, now)).unwrap_or_default(),
            Subject::Run { dag_id, run_id } => {
                let ix = self.run_by_id.get(&(dag_id.clone(), run_id.clone()));
                ix.and_then(|ix| self.runs.get(ix)).map(|run| self.explain_run(run, now)).unwrap_or_default()
            }
            Subject::TaskInstance { dag_id, run_id, task_id, map_index } => {
                let ix = self.run_by_id.get(&(dag_id.clone(), run_id.clone())).copied();
                ix.map(|ix| self.explain_instance(ix, task_id, *map_index, now)).unwrap_or_default()
            }
        }
    }

    fn explain_run(&self, run: &RunState, now: Timestamp) -> Vec<Blocker> {
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return Vec::new() };
        let mut blockers = held(dag);
        match run.row.state {
            DagRunState::Queued => {
                if run.row.run_after > now {
                    blockers.push(blocker_until("run_after", "the run is not due yet", run.row.run_after));
                }
                let max = dag.graph.dag.max_active_runs;
                if dag.running >= max {
                    let message = format!("{} of {max} active runs (max_active_runs) are running", dag.running);
                    blockers.push(blocker("max_active_runs", message));
                }
            }
            DagRunState::Running => {
                let text = format!("{} task instances are not finished, {} of them active", run.unfinished, run.active);
                blockers.push(blocker("unfinished", text));
            }
            DagRunState::Success | DagRunState::Failed => {}
        }
        blockers
    }

    fn explain_instance(&self, run_ix: u32, task_id: &TaskId, map_index: i32, now: Timestamp) -> Vec<Blocker> {
        let Some(run) = self.runs.get(&run_ix) else { return Vec::new() };
        let Some(node) = run.graph.node_ix(task_id) else { return Vec::new() };
        let Some(ix) = run.nodes[node].index_of(map_index) else { return Vec::new() };
        let at = InstanceRef { run: run_ix, node, ix };
        let instance = &run.nodes[node].instances[ix];
        match instance.state {
            Some(
                state @ (TaskInstanceState::Success
                | TaskInstanceState::Failed
                | TaskInstanceState::Skipped
                | TaskInstanceState::UpstreamFailed
                | TaskInstanceState::Removed),
            ) => instance.reason().map(|why| blocker(state.as_str(), why)).into_iter().collect(),
            Some(TaskInstanceState::Running) => vec![blocker("running", "it is running")],
            Some(TaskInstanceState::Queued) => {
                let message = "an executor has it and has not started it yet";
                let mut waits = blocker("executor", message);
                if let Some(since) = self.queued_since(at) {
                    waits.message = format!("{message} (queued since {since})");
                }
                vec![waits]
            }
            Some(TaskInstanceState::Scheduled) => self.explain_admission(run, at),
            Some(TaskInstanceState::Restarting) => {
                vec![blocker(
                    "restarting",
                    "it was cleared while it was running; it begins anew when its process has ended",
                )]
            }
            Some(TaskInstanceState::Deferred | TaskInstanceState::AwaitingInput) => {
                vec![blocker("waiting", "it waits without a worker")]
            }
            None | Some(TaskInstanceState::UpForRetry | TaskInstanceState::UpForReschedule) => {
                let mut blockers = if run.row.state == DagRunState::Queued {
                    vec![blocker("run_queued", "its run has not started")]
                } else {
                    Vec::new()
                };
                if run.row.state == DagRunState::Queued {
                    blockers.extend(self.explain_run(run, now));
                } else {
                    blockers.extend(self.dags.get(&run.row.dag_id).map(held).unwrap_or_default());
                }
                blockers.extend(self.explain_readiness(run, at, now));
                blockers
            }
        }
    }

    fn explain_readiness(&self, run: &RunState, at: InstanceRef, now: Timestamp) -> Vec<Blocker> {
        let instance = &run.nodes[at.node].instances[at.ix];
        match self.readiness(run, at, now) {
            Readiness::Ready | Readiness::Settled(..) => Vec::new(),
            Readiness::Period(until) if instance.state == Some(TaskInstanceState::UpForRetry) => {
                let why = instance.reason().map(|r| format!(": {r}")).unwrap_or_default();
                let message = format!("try {} of {} comes later{why}", instance.try_number + 1, instance.max_tries + 1);
                vec![blocker_until("retry_delay", message, until)]
            }
            Readiness::Period(until) => vec![blocker_until("reschedule", "the sensor looks again later", until)],
            Readiness::PreviousRun(reason) => vec![blocker("previous_run", reason)],
            Readiness::Expansion => vec![blocker("expansion", "what it is mapped over is not finished")],
            Readiness::Upstream => explain_upstreams(run, at),
        }
    }

    /// The admission checks in the order of S-5.12.
    fn explain_admission(&self, run: &RunState, at: InstanceRef) -> Vec<Blocker> {
        let task = run.graph.task(at.node);
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return Vec::new() };
        let mut blockers = held(dag);
        let pool = self.pools.by_name(&task.pool);
        match pool.and_then(|state| state.pool.as_ref().map(|pool| (state, pool))) {
            None => {
                let message = format!("pool {} does not exist; create it, or name another in the task", task.pool);
                blockers.push(blocker("no_pool", message));
            }
            Some((_, pool)) if pool.slots >= 0 && i64::from(task.pool_slots) > i64::from(pool.slots) => {
                let message = format!("it asks for {} slots, pool {} has {}", task.pool_slots, task.pool, pool.slots);
                blockers.push(blocker("pool_too_small", message));
            }
            Some((state, pool)) if i64::from(task.pool_slots) > state.open() => {
                let message = format!("pool {} is full: {} of {} slots are taken", task.pool, state.used, pool.slots);
                blockers.push(blocker("pool_full", message));
            }
            Some(_) => {}
        }
        let max = dag.graph.dag.max_active_tasks;
        if run.active >= max {
            let message = format!("{} of {max} task instances of the run (max_active_tasks) are active", run.active);
            blockers.push(blocker("max_active_tasks", message));
        }
        if self.is_task_limited(run, at.node) {
            let message = "the task's max_active_tis_per_dag or max_active_tis_per_dagrun is reached";
            blockers.push(blocker("task_limit", message));
        }
        if self.pools.occupied >= self.options.parallelism {
            let message = format!(
                "{} of {} task instances (parallelism) are active",
                self.pools.occupied, self.options.parallelism
            );
            blockers.push(blocker("parallelism", message));
        }
        blockers
    }
}

fn held(dag: &DagState) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    if dag.row.is_stale {
        blockers.push(blocker("stale", "no DAG file defines this DAG any more"));
    }
    if dag.row.is_paused {
        blockers.push(blocker("paused", "the DAG is paused; unpause it"));
    }
    blockers
}

fn explain_dag(dag: &DagState, now: Timestamp) -> Vec<Blocker> {
    let mut blockers = held(dag);
    if dag.row.has_import_errors {
        blockers.push(blocker("import_error", "its file has an import error; the last good version is kept"));
    }
    match dag.row.next_run {
        None => blockers.push(blocker("no_schedule", "no automatic run is due: it waits to be triggered")),
        Some(next) if next.run_after > now => {
            blockers.push(blocker_until("schedule", "the next run is not due yet", next.run_after));
        }
        Some(_) => {}
    }
    let max = dag.graph.dag.max_active_runs;
    if dag.unfinished_runs() >= max {
        let message = format!("{} of {max} runs (max_active_runs) are unfinished", dag.unfinished_runs());
        blockers.push(blocker("max_active_runs", message));
    }
    blockers
}

fn explain_upstreams(run: &RunState, at: InstanceRef) -> Vec<Blocker> {
    let shape = &run.graph.nodes[at.node];
    let related = shape.upstream.iter().chain(&shape.indirect_setups).chain(&shape.scope);
    let mut waiting: Vec<String> = related
        .filter(|&&up| run.nodes[up].own.done() as usize != run.nodes[up].instances.len())
        .map(|&up| run.graph.task(up).task_id.to_string())
        .collect();
    let more = waiting.len().saturating_sub(UPSTREAMS_NAMED);
    waiting.truncate(UPSTREAMS_NAMED);
    let suffix = if more > 0 { format!(" and {more} more") } else { String::new() };
    let rule = run.graph.task(at.node).trigger_rule;
    vec![blocker("upstream", format!("trigger rule {rule} waits for {}{suffix}", waiting.join(", ")))]
}
