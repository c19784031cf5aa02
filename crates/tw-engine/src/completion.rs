//! When a run is over, and what follows (section 7 of the scheduling rules).

use tw_model::{DagRunState, TaskInstance, TaskInstanceState, Timestamp};

use crate::instance::Tally;
use crate::readiness::Readiness;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{CallbackKind, KillReason, Outcome};
use crate::world::{Timer, World};

/// Why a run ended, as stored and given to callbacks (S-7.2 to S-7.4, S-6.58).
mod reason {
    pub(super) const SUCCESS: &str = "success";
    pub(super) const TASK_FAILURE: &str = "task_failure";
    pub(super) const DEADLOCK: &str = "all_tasks_deadlocked";
    pub(super) const TIMED_OUT: &str = "timed_out";
}

impl World {
    /// Decides whether a run is over (S-7.2 to S-7.5).
    pub(crate) fn settle_run(&mut self, run_ix: RunIx, now: Timestamp, out: &mut Outcome) {
        if !self.run_is_running(run_ix) {
            return;
        }
        let Some(run) = self.runs.get(&run_ix) else { return };
        if run.unfinished == 0 {
            let mut leaves = Tally::default();
            run.graph.leaves.iter().for_each(|&leaf| leaves.add_all(&run.nodes[leaf].own));
            if leaves.failed + leaves.upstream_failed > 0 {
                self.finish_run(run_ix, DagRunState::Failed, reason::TASK_FAILURE, now, out);
            } else {
                self.finish_run(run_ix, DagRunState::Success, reason::SUCCESS, now, out);
            }
        } else if run.in_flight == 0 && self.is_deadlocked(run_ix, run, now) {
            self.finish_run(run_ix, DagRunState::Failed, reason::DEADLOCK, now, out);
        }
    }

    /// S-7.8 to S-7.10: nothing is in flight, nothing can become ready, and nothing waits for
    /// another run.
    fn is_deadlocked(&self, run_ix: RunIx, run: &RunState, now: Timestamp) -> bool {
        if self.dags.get(&run.row.dag_id).is_none_or(|dag| dag.is_held()) {
            return false;
        }
        let unfinished = run.nodes.iter().enumerate().flat_map(|(node, state)| {
            let instances = state.instances.iter().enumerate();
            instances.filter(|(_, i)| !i.is_finished()).map(move |(ix, _)| InstanceRef { run: run_ix, node, ix })
        });
        for at in unfinished {
            let task = run.graph.task(at.node);
            let waits_elsewhere = task.depends_on_past
                || task.wait_for_downstream
                || task.max_active_tis_per_dag.is_some()
                || task.max_active_tis_per_dagrun.is_some();
            if waits_elsewhere || !matches!(self.readiness(run, at, now), Readiness::Upstream | Readiness::Expansion) {
                return false;
            }
        }
        true
    }

    fn finish_run(&mut self, run_ix: RunIx, state: DagRunState, why: &str, now: Timestamp, out: &mut Outcome) {
        self.end_run(run_ix, state, why, now);
        self.request_run_callback(run_ix, state, why, now, out);
        let Some(dag_id) = self.runs.get(&run_ix).map(|run| run.row.dag_id.clone()) else { return };
        let Some(dag) = self.dags.get_mut(&dag_id) else { return };
        match (state, why) {
            (DagRunState::Failed, reason::TASK_FAILURE) => self.count_failed_run(&dag_id, now, out),
            (DagRunState::Success, _) if dag.row.consecutive_failed_runs > 0 => {
                dag.row.consecutive_failed_runs = 0;
                self.todo.dirty_dags.insert(dag_id.clone());
            }
            _ => {}
        }
        self.plan_after_room(&dag_id, now);
    }

    /// Ends an unfinished run: its row, and every place that counts runs.
    pub(crate) fn end_run(&mut self, run_ix: RunIx, state: DagRunState, why: &str, now: Timestamp) {
        self.cancel_run_timer(run_ix);
        let Some(run) = self.runs.get_mut(&run_ix) else { return };
        let before = run.row.state;
        let row = run.row_mut();
        row.state = state;
        row.end_date = Some(now);
        row.reason = Some(why.to_owned());
        let (dag_id, run_after) = (row.dag_id.clone(), row.run_after);
        self.todo.dirty_runs.insert(run_ix);
        self.finished.push(run_ix);
        self.rebalance_run(run_ix);
        let Some(dag) = self.dags.get_mut(&dag_id) else { return };
        match before {
            DagRunState::Running => drop(dag.running.remove(&run_ix)),
            DagRunState::Queued => drop(dag.queued.remove(&(run_after, run_ix))),
            DagRunState::Success | DagRunState::Failed => {}
        }
        self.todo.start.insert(dag_id);
    }

    /// S-2.50: pauses a DAG after too many failed runs in a row.
    fn count_failed_run(&mut self, dag_id: &tw_model::DagId, now: Timestamp, out: &mut Outcome) {
        let Some(dag) = self.dags.get_mut(dag_id) else { return };
        dag.row.consecutive_failed_runs += 1;
        let max = dag.graph.dag.max_consecutive_failed_dag_runs;
        let too_many = max > 0 && dag.row.consecutive_failed_runs >= max && !dag.row.is_paused;
        self.todo.dirty_dags.insert(dag_id.clone());
        if too_many {
            self.set_paused(dag_id, true, None, now, out);
        }
    }

    /// S-7.15.
    fn request_run_callback(
        &mut self,
        run_ix: RunIx,
        state: DagRunState,
        why: &str,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let dag = &run.graph.dag;
        let kind = match state {
            DagRunState::Success if dag.has_on_success_callback => CallbackKind::DagSuccess,
            DagRunState::Failed if dag.has_on_failure_callback => CallbackKind::DagFailure,
            _ => return,
        };
        let relevant = relevant_instance(run, state, why);
        self.request_callback(run_ix, kind, relevant, why.to_owned(), now, out);
    }

    /// S-6.58: a run that takes too long fails, and everything unfinished is skipped.
    pub(crate) fn run_timed_out(&mut self, run_ix: RunIx, now: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let held = self.dags.get(&run.row.dag_id).is_none_or(|dag| dag.is_held());
        if run.row.state != DagRunState::Running || held {
            return;
        }
        // The run ends first, so that nothing is scheduled while its instances are skipped.
        self.finish_run(run_ix, DagRunState::Failed, reason::TIMED_OUT, now, out);
        self.end_unfinished(run_ix, KillReason::RunTimedOut, |_| Some(TaskInstanceState::Skipped), now, out);
    }

    /// S-3.60: after a failure in a fail-fast DAG, what runs fails and the rest is skipped.
    pub(crate) fn fail_fast(&mut self, run_ix: RunIx, now: Timestamp, out: &mut Outcome) {
        let fails_fast = self.runs.get(&run_ix).is_some_and(|run| run.graph.dag.fail_fast);
        if fails_fast {
            self.end_unfinished(
                run_ix,
                KillReason::FailFast,
                |(is_teardown, state)| match state {
                    _ if is_teardown => None,
                    Some(TaskInstanceState::Running) => Some(TaskInstanceState::Failed),
                    _ => Some(TaskInstanceState::Skipped),
                },
                now,
                out,
            );
        }
    }

    /// Gives every unfinished instance the state that `choose` wants, if any, stopping attempts.
    fn end_unfinished(
        &mut self,
        run_ix: RunIx,
        why: KillReason,
        choose: impl Fn((bool, Option<TaskInstanceState>)) -> Option<TaskInstanceState>,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let mut changes = Vec::new();
        for (node, state) in run.nodes.iter().enumerate() {
            let is_teardown = run.graph.task(node).is_teardown;
            for (ix, instance) in state.instances.iter().enumerate().filter(|(_, i)| !i.is_finished()) {
                if let Some(target) = choose((is_teardown, instance.state)) {
                    changes.push((InstanceRef { run: run_ix, node, ix }, target));
                }
            }
        }
        let reason = match why {
            KillReason::FailFast => "another task failed and the DAG fails fast",
            KillReason::RunTimedOut => "the run timed out",
            KillReason::StateChanged | KillReason::Cleared => "its state was changed",
        };
        for (at, target) in changes {
            self.stop_attempt(at, why, out);
            if let Some(run) = self.runs.get_mut(&at.run) {
                run.nodes[at.node].instances[at.ix].set_reason(Some(reason.to_owned()));
            }
            self.transition(at, Some(target), now);
        }
    }

    pub(crate) fn cancel_run_timer(&mut self, run_ix: RunIx) {
        if let Some(at) = self.runs.get(&run_ix).and_then(timeout_at) {
            self.timers.remove(&(at, Timer::RunTimeout(run_ix)));
        }
    }

    /// Forgets a finished run, unless a later run may still look back at it (S-3.8).
    pub(crate) fn forget(&mut self, run_ix: RunIx) {
        let Some(run) = self.runs.get(&run_ix).filter(|run| run.row.state.is_finished()) else { return };
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return };
        let mut droppable = vec![run_ix];
        if let Some(date) = run.row.logical_date.filter(|_| run.graph.depends_on_past) {
            // Everything before the oldest unfinished run's predecessor has no reader left.
            let unfinished = |ix: &RunIx| self.runs.get(ix).is_some_and(|r| !r.row.state.is_finished());
            let oldest = dag.by_logical_date.iter().find(|(_, ix)| unfinished(ix)).map(|(date, _)| *date);
            let keep_from = oldest.unwrap_or(Timestamp::MAX).min(date);
            droppable = dag.by_logical_date.range(..keep_from).map(|(_, ix)| *ix).collect();
            // A predecessor among scheduled and manual runs each: keep the newest two.
            droppable.truncate(droppable.len().saturating_sub(PREDECESSORS_KEPT));
        }
        droppable.into_iter().for_each(|ix| drop(self.drop_run(ix)));
    }

    /// Forgets a run that was looked up, unless it runs again now or an unfinished run looks back at it.
    pub(crate) fn forget_looked_up(&mut self, ix: RunIx) {
        let Some(run) = self.runs.get(&ix).filter(|run| run.row.state.is_finished()) else { return };
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return };
        let date = run.row.logical_date.filter(|_| run.graph.depends_on_past);
        let mut later = date.into_iter().flat_map(|date| dag.by_logical_date.range(date..)).map(|(_, ix)| *ix);
        let is_needed = later.any(|other| {
            let reader = self.runs.get(&other).filter(|run| !run.row.state.is_finished());
            reader.and_then(|reader| self.previous_run(reader)).is_some_and(|before| before.row.id == run.row.id)
        });
        if !is_needed {
            self.drop_run(ix);
        }
    }

    /// Takes a run out of memory and every index.
    pub(crate) fn drop_run(&mut self, ix: RunIx) -> Option<RunState> {
        let run = self.runs.remove(&ix)?;
        self.run_by_id.remove(&(run.row.dag_id.clone(), run.row.run_id.clone()));
        if let Some(dag) = self.dags.get_mut(&run.row.dag_id) {
            dag.queued.remove(&(run.row.run_after, ix));
            if let Some(date) = run.row.logical_date.filter(|date| dag.by_logical_date.get(date) == Some(&ix)) {
                dag.by_logical_date.remove(&date);
            }
        }
        Some(run)
    }
}

/// Finished runs kept before the oldest unfinished one, for tasks that look back.
const PREDECESSORS_KEPT: usize = 2;

pub(crate) fn timeout_at(run: &RunState) -> Option<Timestamp> {
    let one = tw_model::TimeSpan::from_micros(1);
    Some(run.row.start_date?.saturating_add(run.graph.dag.dagrun_timeout?).saturating_add(one))
}

/// The instance a run's callback is about (S-7.15).
fn relevant_instance(run: &RunState, state: DagRunState, why: &str) -> Option<TaskInstance> {
    let all = run.nodes.iter().enumerate().flat_map(|(node, n)| (0..n.instances.len()).map(move |ix| (node, ix)));
    let instance = |(node, ix): (usize, usize)| &run.nodes[node].instances[ix];
    let chosen = match (state, why) {
        (_, reason::TIMED_OUT) => {
            all.filter(|&at| !instance(at).is_finished()).max_by_key(|&at| instance(at).start_date)
        }
        (_, reason::DEADLOCK) => all.into_iter().find(|&at| !instance(at).is_finished()),
        (DagRunState::Success, _) => all
            .filter(|&at| instance(at).state == Some(TaskInstanceState::Success))
            .max_by_key(|&at| instance(at).end_date),
        _ => all
            .filter(|&at| instance(at).state == Some(TaskInstanceState::Failed))
            .max_by_key(|&at| instance(at).end_date),
    };
    chosen.map(|(node, ix)| run.task_instance(node, ix))
}
