//! Why something is not moving, in order of what has to happen first. Asks the same conditions
//! that decide, so an explanation cannot differ from the decision.

mod limits;

use std::collections::BTreeSet;

use tw_model::{DagRunState, TaskId, TaskInstanceState, Timestamp};

use crate::explanation::{
    Blocker, BlockerKind, Condition, Explanation, HOLDERS_LISTED_MAX, Holders, Listed, Met, Place, Progress, RunHolder,
    UpstreamHolder, Usage,
};
use crate::graph::NodeIx;
use crate::readiness::{Readiness, upstreams};
use crate::run::{InstanceRef, RunState};
use crate::vocabulary::Subject;
use crate::world::{DagState, World};

/// How many upstreams the words of a blocker name before they only count.
const UPSTREAMS_NAMED: usize = 5;

impl Explanation {
    fn hold(&mut self, blocker: Blocker) {
        self.blockers.push(blocker);
    }

    fn meet(&mut self, condition: Condition, message: impl Into<String>) {
        self.met.push(Met { condition, message: message.into() });
    }
}

impl World {
    /// Why a task instance, run or DAG is not moving. Nothing holds it: no blockers; so it is, too,
    /// if it is finished and no longer in memory.
    ///
    /// # Cost
    /// It runs between two decisions, so it looks at little however much is active. With `h` =
    /// [`HOLDERS_LISTED_MAX`] (20) and `a` = [`crate::explanation::AHEAD_COUNTED_MAX`] (1,000), each step of
    /// an ordered set at some 20 ns and a few hundred for a holder's names:
    ///
    /// - full pool: 2 `h` holders and `a` steps, some 30 µs however many instances are active;
    /// - parallelism: 2 `h` entries of each pool, sorted: 40 pools are 1,600 entries, some 100 µs;
    /// - `max_active_tasks`: `h` entries of each pool that the run uses;
    /// - a limit of the task itself: the task's own active instances, of all runs. The limit bounds them,
    ///   but for `max_active_tis_per_dagrun`, where it is the limit times the running runs;
    /// - `max_active_runs`: the DAG's running runs, which that limit bounds;
    /// - upstreams: the task's direct relatives, whatever their number of instances. Inside a mapped
    ///   group, as in the decision itself, the instances of its own index.
    pub fn explain(&self, subject: &Subject, now: Timestamp) -> Explanation {
        let mut answer = Explanation::default();
        match subject {
            Subject::Dag(dag_id) => {
                if let Some(dag) = self.dags.get(dag_id) {
                    self.explain_dag(dag, now, &mut answer);
                }
            }
            Subject::Run { dag_id, run_id } => {
                let ix = self.run_by_id.get(&(dag_id.clone(), run_id.clone()));
                if let Some((&ix, run)) = ix.and_then(|ix| Some((ix, self.runs.get(ix)?))) {
                    self.explain_run(ix, run, now, &mut answer);
                }
            }
            Subject::TaskInstance { dag_id, run_id, task_id, map_index } => {
                if let Some(&ix) = self.run_by_id.get(&(dag_id.clone(), run_id.clone())) {
                    self.explain_instance(ix, task_id, *map_index, now, &mut answer);
                }
            }
        }
        answer
    }

    fn explain_dag(&self, dag: &DagState, now: Timestamp, answer: &mut Explanation) {
        explain_held(dag, answer);
        if dag.row.has_import_errors {
            let message = "its file has an import error; the last good version is kept";
            answer.hold(of_dag(dag, BlockerKind::ImportError, message));
        }
        match dag.row.next_run {
            None => {
                let message = "no automatic run is due: it waits to be triggered";
                answer.hold(of_dag(dag, BlockerKind::NoSchedule, message));
            }
            Some(next) if next.run_after > now => {
                let message = "the next run is not due yet";
                answer.hold(until(Blocker::new(BlockerKind::Schedule, message), next.run_after));
            }
            Some(_) => answer.meet(Condition::RunDue, "the next run is due"),
        }
        let (unfinished, max) = (dag.unfinished_runs(), dag.graph.dag.max_active_runs);
        if unfinished >= max {
            let message = format!("{unfinished} of {max} runs (max_active_runs) are unfinished");
            answer.hold(self.full_of_runs(dag, unfinished, message));
        } else {
            answer.meet(Condition::MaxActiveRuns, format!("{unfinished} of {max} runs (max_active_runs)"));
        }
    }

    fn explain_run(&self, ix: u32, run: &RunState, now: Timestamp, answer: &mut Explanation) {
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return };
        explain_held(dag, answer);
        match run.row.state {
            DagRunState::Queued => {
                if run.row.run_after > now {
                    let waits = Blocker::new(BlockerKind::RunAfter, "the run is not due yet");
                    answer.hold(until(waits, run.row.run_after));
                } else {
                    answer.meet(Condition::RunDue, "the run is due");
                }
                let (running, max) = (dag.running_runs(), dag.graph.dag.max_active_runs);
                if running >= max {
                    let message = format!("{running} of {max} active runs (max_active_runs) are running");
                    answer.hold(self.full_of_runs(dag, running, message));
                } else {
                    answer.meet(Condition::MaxActiveRuns, format!("{running} of {max} runs (max_active_runs)"));
                }
            }
            DagRunState::Running => {
                let text = format!("{} task instances are not finished, {} of them active", run.unfinished, run.active);
                let holders = self.active_of(ix, run);
                answer.hold(Blocker {
                    holders,
                    place: Some(place_of(run)),
                    ..Blocker::new(BlockerKind::Unfinished, text)
                });
            }
            DagRunState::Success | DagRunState::Failed => {}
        }
    }

    fn explain_instance(
        &self,
        run_ix: u32,
        task_id: &TaskId,
        map_index: i32,
        now: Timestamp,
        answer: &mut Explanation,
    ) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let Some(node) = run.graph.node_ix(task_id) else { return };
        let Some(ix) = run.nodes[node].index_of(map_index) else { return };
        let at = InstanceRef { run: run_ix, node, ix };
        let instance = &run.nodes[node].instances[ix];
        match instance.state {
            Some(TaskInstanceState::Running) => answer.hold(Blocker::new(BlockerKind::Running, "it is running")),
            Some(TaskInstanceState::Queued) => {
                let mut message = "an executor has it and has not started it yet".to_owned();
                if let Some(since) = self.queued_since(at) {
                    message.push_str(&format!(" (queued since {since})"));
                }
                answer.hold(Blocker::new(BlockerKind::Executor, message));
                self.explain_begun(run, at, now, answer);
                let task = run.graph.task(at.node);
                let slots = if task.pool_slots == 1 { "slot" } else { "slots" };
                answer.meet(Condition::Pool, format!("{} {slots} of pool {}", task.pool_slots, task.pool));
            }
            Some(TaskInstanceState::Scheduled) => {
                self.explain_begun(run, at, now, answer);
                self.explain_admission(run, at, answer);
            }
            Some(TaskInstanceState::Restarting) => {
                let message = "it was cleared while it was running; it begins anew when its process has ended";
                answer.hold(Blocker::new(BlockerKind::Restarting, message));
            }
            Some(TaskInstanceState::Deferred | TaskInstanceState::AwaitingInput) => {
                answer.hold(Blocker::new(BlockerKind::Waiting, "it waits without a worker"));
            }
            None | Some(TaskInstanceState::UpForRetry | TaskInstanceState::UpForReschedule) => {
                if run.row.state == DagRunState::Queued {
                    let place = Some(place_of(run));
                    answer.hold(Blocker { place, ..Blocker::new(BlockerKind::RunQueued, "its run has not started") });
                    self.explain_run(run_ix, run, now, answer);
                } else if let Some(dag) = self.dags.get(&run.row.dag_id) {
                    answer.meet(Condition::RunActive, "the run is active");
                    explain_held(dag, answer);
                }
                self.explain_readiness(run, at, now, answer);
            }
            Some(ended) => {
                let kind = BlockerKind::ended(ended);
                let why = kind.and_then(|kind| Some(Blocker::new(kind, instance.reason()?)));
                answer.blockers.extend(why);
            }
        }
    }

    /// What made an instance ready, for one that is. What no longer holds (a task before it was
    /// cleared since) is left out: it does not hold this one up any more.
    fn explain_begun(&self, run: &RunState, at: InstanceRef, now: Timestamp, answer: &mut Explanation) {
        answer.meet(Condition::RunActive, "the run is active");
        self.meet_before(run, at, &self.readiness(run, at, now), answer);
    }

    fn explain_readiness(&self, run: &RunState, at: InstanceRef, now: Timestamp, answer: &mut Explanation) {
        let instance = &run.nodes[at.node].instances[at.ix];
        let readiness = self.readiness(run, at, now);
        self.meet_before(run, at, &readiness, answer);
        match readiness {
            Readiness::Ready | Readiness::Settled(..) => {}
            Readiness::Period(end) if instance.state == Some(TaskInstanceState::UpForRetry) => {
                let why = instance.reason().map(|r| format!(": {r}")).unwrap_or_default();
                let message = format!("try {} of {} comes later{why}", instance.try_number + 1, instance.max_tries + 1);
                answer.hold(until(Blocker::new(BlockerKind::RetryDelay, message), end));
            }
            Readiness::Period(end) => {
                answer.hold(until(Blocker::new(BlockerKind::Reschedule, "the sensor looks again later"), end));
            }
            Readiness::PreviousRun(reason, place) => {
                answer.hold(Blocker { place: Some(place), ..Blocker::new(BlockerKind::PreviousRun, reason) });
            }
            Readiness::Expansion => {
                let needs = &run.graph.nodes[at.node].expansion_needs;
                let holders = unfinished(run, needs.iter().copied());
                let message = "what it is mapped over is not finished";
                answer.hold(Blocker { holders, ..Blocker::new(BlockerKind::Expansion, message) });
            }
            Readiness::Upstream => answer.hold(explain_upstreams(run, at)),
        }
    }

    /// The conditions that hold because a later one decided, in the order of S-3.4.
    fn meet_before(&self, run: &RunState, at: InstanceRef, decided: &Readiness, answer: &mut Explanation) {
        let passed = match decided {
            Readiness::Period(_) | Readiness::Settled(..) => return,
            Readiness::PreviousRun(..) => 1,
            Readiness::Expansion => 2,
            Readiness::Upstream => 3,
            Readiness::Ready => 4,
        };
        let task = run.graph.task(at.node);
        let node = &run.nodes[at.node];
        let waited = node.instances[at.ix].state;
        if matches!(waited, Some(TaskInstanceState::UpForRetry | TaskInstanceState::UpForReschedule)) {
            answer.meet(Condition::Delay, "the delay is over");
        }
        if passed > 1 && (task.depends_on_past || task.wait_for_downstream) {
            answer.meet(Condition::PreviousRun, "the previous run got far enough");
        }
        if passed > 2 && node.expanded {
            answer.meet(Condition::Expansion, format!("mapped over {} items", node.instances.len()));
        }
        if passed > 3 {
            let counted = upstreams(run, at);
            if counted.total > 0 {
                answer.meet(Condition::Upstream, format!("upstream {} of {}", counted.tally.done(), counted.total));
            }
            answer.meet(Condition::TriggerRule, format!("trigger rule {}", task.trigger_rule));
        }
    }

    fn full_of_runs(&self, dag: &DagState, used: u32, message: String) -> Blocker {
        let limit = i64::from(dag.graph.dag.max_active_runs);
        let mut runs: Vec<&RunState> = dag.running.iter().filter_map(|ix| self.runs.get(ix)).collect();
        runs.sort_by_key(|run| (run.row.start_date, run.row.id));
        let holder = |run: &&RunState| RunHolder {
            dag_id: run.row.dag_id.clone(),
            run_id: run.row.run_id.clone(),
            start_date: run.row.start_date,
        };
        let listed = runs.iter().take(HOLDERS_LISTED_MAX).map(holder).collect();
        Blocker {
            usage: Some(Usage { used: used.into(), own: 0, limit }),
            holders: Holders::Runs(Listed { listed, total: runs.len() as u32 }),
            ..of_dag(dag, BlockerKind::MaxActiveRuns, message)
        }
    }
}

fn until(blocker: Blocker, end: Timestamp) -> Blocker {
    Blocker { until: Some(end), ..blocker }
}

fn of_dag(dag: &DagState, kind: BlockerKind, message: impl Into<String>) -> Blocker {
    Blocker { place: Some(Place::Dag(dag.row.dag_id.clone())), ..Blocker::new(kind, message) }
}

fn place_of(run: &RunState) -> Place {
    Place::Run { dag_id: run.row.dag_id.clone(), run_id: run.row.run_id.clone() }
}

fn explain_held(dag: &DagState, answer: &mut Explanation) {
    if dag.row.is_stale {
        answer.hold(of_dag(dag, BlockerKind::Stale, "no DAG file defines this DAG any more"));
    }
    if dag.row.is_paused {
        answer.hold(of_dag(dag, BlockerKind::Paused, "the DAG is paused; unpause it"));
    }
    if !dag.is_held() {
        answer.meet(Condition::DagActive, "the DAG is active");
    }
}

fn explain_upstreams(run: &RunState, at: InstanceRef) -> Blocker {
    let shape = &run.graph.nodes[at.node];
    let related: BTreeSet<NodeIx> =
        shape.upstream.iter().chain(&shape.indirect_setups).chain(&shape.scope).copied().collect();
    let mut waiting: Vec<String> = related
        .iter()
        .filter(|&&up| is_unfinished(run, up))
        .map(|&up| run.graph.task(up).task_id.to_string())
        .collect();
    let more = waiting.len().saturating_sub(UPSTREAMS_NAMED);
    waiting.truncate(UPSTREAMS_NAMED);
    let suffix = if more > 0 { format!(" and {more} more") } else { String::new() };
    let rule = run.graph.task(at.node).trigger_rule;
    let message = format!("trigger rule {rule} waits for {}{suffix}", waiting.join(", "));
    Blocker { holders: unfinished(run, related.into_iter()), ..Blocker::new(BlockerKind::Upstream, message) }
}

fn is_unfinished(run: &RunState, node: NodeIx) -> bool {
    run.nodes[node].own.done() as usize != run.nodes[node].instances.len()
}

/// Those of some tasks of a run that are not finished, those at work first.
fn unfinished(run: &RunState, nodes: impl Iterator<Item = NodeIx>) -> Holders {
    let mut waiting: Vec<NodeIx> = nodes.filter(|&node| is_unfinished(run, node)).collect();
    waiting.sort_by_key(|&node| run.nodes[node].limit_holders == 0);
    let progress = |node: NodeIx| match run.nodes[node].instances.as_slice() {
        [only] => Progress::One(only.state),
        many => Progress::Many {
            done: run.nodes[node].own.done(),
            active: run.nodes[node].limit_holders,
            total: many.len() as u32,
        },
    };
    let holder =
        |&node: &NodeIx| UpstreamHolder { task_id: run.graph.task(node).task_id.clone(), progress: progress(node) };
    let listed = waiting.iter().take(HOLDERS_LISTED_MAX).map(holder).collect();
    Holders::Upstreams(Listed { listed, total: waiting.len() as u32 })
}
