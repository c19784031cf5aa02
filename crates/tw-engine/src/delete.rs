//! Deleting what is over, or has not begun: runs, and whole DAGs.

use tw_model::{DagId, DagRunState, RunId, TaskInstanceState, Timestamp};

use crate::facts::run_not_found;
use crate::run::RunIx;
use crate::vocabulary::{KillReason, Outcome, Reply, Write};
use crate::world::{EVERY, Timer, World};

impl World {
    /// S-6.68: refused while the run is running.
    pub(crate) fn delete_run(
        &mut self,
        dag_id: &DagId,
        run_id: &RunId,
        by: Option<String>,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        let Some(&ix) = self.run_by_id.get(&(dag_id.clone(), run_id.clone())) else {
            return run_not_found(dag_id, run_id);
        };
        let Some(state) = self.runs.get(&ix).map(|run| run.row.state) else { return run_not_found(dag_id, run_id) };
        if state == DagRunState::Running {
            return Reply::Conflict(format!(
                "The DagRun with dag_id: `{dag_id}` and run_id: `{run_id}` cannot be deleted in {state} state"
            ));
        }
        out.writes.push(self.audit_of_run("delete_dag_run", ix, by, now));
        self.wake_followers(ix);
        if let Some(id) = self.remove_run(ix, out) {
            out.writes.push(Write::DeleteDagRun { id, dag_id: dag_id.clone(), run_id: run_id.clone() });
        }
        self.todo.start.insert(dag_id.clone());
        self.plan_after_room(dag_id, now);
        Reply::Done
    }

    /// Refused while a task of the DAG runs. Its runs that are over need not be in memory.
    pub(crate) fn delete_dag(
        &mut self,
        dag_id: &DagId,
        by: Option<String>,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        if !self.dags.contains_key(dag_id) {
            return Reply::NotFound(format!("Dag with id: {dag_id} was not found"));
        }
        let of_dag: Vec<RunIx> =
            self.runs.iter().filter(|(_, run)| run.row.dag_id == *dag_id).map(|(ix, _)| *ix).collect();
        let runs = |state: Option<TaskInstanceState>| {
            matches!(state, Some(TaskInstanceState::Running | TaskInstanceState::Restarting))
        };
        if !self.instances_in(&of_dag, None, runs).is_empty() {
            return Reply::Conflict(format!("Task instances of dag with id: '{dag_id}' are still running"));
        }
        for ix in of_dag {
            self.remove_run(ix, out);
        }
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::NextRun(id) | Timer::StartRuns(id) if id == dag_id));
        self.todo.dirty_dags.remove(dag_id);
        self.todo.start.remove(dag_id);
        self.dags.remove(dag_id);
        self.deleted.dags.insert(dag_id.clone());
        out.writes.push(Write::DeleteDag { dag_id: dag_id.clone() });
        out.writes.push(Write::Audit {
            at: now,
            event: "delete_dag",
            owner: by,
            dag_id: dag_id.clone(),
            run_id: None,
            task: None,
            try_number: None,
            detail: None,
        });
        Reply::Done
    }

    /// Takes a run out of the world, with everything that names it.
    fn remove_run(&mut self, ix: RunIx, out: &mut Outcome) -> Option<tw_model::DagRunId> {
        let queued = self.instances_in(&[ix], None, |state| state.is_some_and(TaskInstanceState::is_occupying));
        queued.into_iter().for_each(|at| self.stop_attempt(at, KillReason::StateChanged, out));
        self.cancel_run_timer(ix);
        self.leave_limits(ix);
        self.forget_positions(ix);
        self.todo.dirty_runs.remove(&ix);
        self.todo.settle.remove(&ix);
        self.todo.fail_fast.remove(&ix);
        let run = self.drop_run(ix)?;
        self.deleted.runs.insert(run.row.id);
        Some(run.row.id)
    }

    /// Runs that waited for this one look again at what precedes them (S-3.8).
    fn wake_followers(&mut self, ix: RunIx) {
        let Some(run) = self.runs.get(&ix).filter(|run| run.graph.depends_on_past) else { return };
        let (Some(dag), Some(date)) = (self.dags.get(&run.row.dag_id), run.row.logical_date) else { return };
        let later = dag.by_logical_date.range(date..).map(|(_, ix)| *ix).filter(|other| *other != ix);
        let later: Vec<RunIx> = later.filter(|ix| self.run_is_running(*ix)).collect();
        for ix in later {
            let nodes = self.runs.get(&ix).map_or(0, |run| run.nodes.len());
            self.todo.evaluate.extend((0..nodes).map(|node| (ix, node, EVERY)));
        }
    }
}
