//! What people do to runs that exist: acts drawn at random, and which runs each may touch.

use tw_engine::{ClearRun, ClearTasks, ClearedPart, Input, MarkRun, MarkTasks, RunMark, RunScope, TaskMark};
use tw_model::{DagId, DagRun, RunId, TaskId, Timestamp};

use crate::scenario::LEN_MAX;
use crate::simulation::Simulation;
use crate::store::ModelStore;

/// Which acts a simulation has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acts {
    /// None.
    None,
    /// Whole runs are cleared: everything in them is decided anew.
    WholeRuns,
    /// All of them.
    Any,
}

impl Simulation {
    /// An act on one of the DAGs, or nothing.
    pub(crate) fn draw_act(&mut self) -> Input {
        let dag = self.rng.below(self.dags.len());
        let dag_id = self.dags[dag].dag_id.clone();
        let runs: Vec<RunId> =
            self.store.runs.values().filter(|run| run.dag_id == dag_id).map(|run| run.run_id.clone()).collect();
        let Some(run_id) = self.rng.pick(&runs).cloned() else { return Input::Tick };
        let by = Some("somebody".to_owned());
        if self.plan.acts == Acts::WholeRuns {
            let which = ClearedPart::All;
            let (on_latest_version, note, dry_run) = (None, None, false);
            return Input::ClearRun(Box::new(ClearRun { dag_id, run_id, which, on_latest_version, note, dry_run, by }));
        }
        match self.rng.below(20) {
            0..8 => self.draw_clear(dag, run_id, by),
            8..10 => {
                let which = [ClearedPart::All, ClearedPart::Failed, ClearedPart::New][self.rng.below(3)];
                let (on_latest_version, note) = (self.rng.chance(50).then_some(true), self.draw_note());
                let dry_run = self.rng.chance(20);
                Input::ClearRun(Box::new(ClearRun { dag_id, run_id, which, on_latest_version, note, dry_run, by }))
            }
            10..16 => self.draw_mark(dag, run_id, by),
            16..18 => {
                let state = [None, Some(RunMark::Queued), Some(RunMark::Success), Some(RunMark::Failed)];
                let (state, note) = (state[self.rng.below(4)], self.draw_note());
                Input::MarkRun(Box::new(MarkRun { dag_id, run_id, state, note, by }))
            }
            18 => Input::DeleteRun { dag_id, run_id, by },
            _ if self.rng.chance(20) => Input::DeleteDag { dag_id, by },
            _ => Input::Tick,
        }
    }

    fn draw_note(&mut self) -> Option<String> {
        [None, None, Some("a note".to_owned()), Some(String::new())][self.rng.below(4)].clone()
    }

    fn draw_scope(&mut self, run_id: RunId) -> RunScope {
        if self.rng.chance(80) {
            return RunScope::Around { run_id, past: self.rng.chance(20), future: self.rng.chance(20) };
        }
        let dates: Vec<Timestamp> = self.store.runs.values().filter_map(|run| run.logical_date).collect();
        let mut bound = || self.rng.pick(&dates).copied();
        RunScope::Between { from: bound(), to: bound() }
    }

    fn draw_clear(&mut self, dag: usize, run_id: RunId, by: Option<String>) -> Input {
        let ids: Vec<TaskId> = self.dags[dag].tasks.iter().map(|t| t.task_id.clone()).collect();
        let chosen = self.rng.some_of(&ids);
        let mut index = || self.rng.chance(30).then(|| self.rng.below(LEN_MAX as usize + 1) as i32 - 1);
        let tasks: Vec<_> = chosen.into_iter().map(|id| (id, index())).collect();
        Input::ClearTasks(Box::new(ClearTasks {
            dag_id: self.dags[dag].dag_id.clone(),
            runs: self.draw_scope(run_id),
            tasks: Some(tasks).filter(|_| self.rng.chance(70)),
            upstream: self.rng.chance(30),
            downstream: self.rng.chance(30),
            only_failed: self.rng.chance(30),
            only_running: self.rng.chance(20),
            reset_runs: self.rng.chance(85),
            prevent_running: self.rng.chance(10),
            on_latest_version: self.rng.chance(30).then(|| self.rng.chance(50)),
            note: self.draw_note(),
            dry_run: self.rng.chance(15),
            by,
        }))
    }

    fn draw_mark(&mut self, dag: usize, run_id: RunId, by: Option<String>) -> Input {
        let at = self.rng.below(self.dags[dag].tasks.len());
        let state = [Some(TaskMark::Success), Some(TaskMark::Failed), Some(TaskMark::Skipped), None];
        Input::MarkTasks(Box::new(MarkTasks {
            dag_id: self.dags[dag].dag_id.clone(),
            runs: self.draw_scope(run_id),
            task_id: self.dags[dag].tasks[at].task_id.clone(),
            map_index: self.rng.chance(30).then(|| self.rng.below(LEN_MAX as usize) as i32),
            upstream: self.rng.chance(20),
            downstream: self.rng.chance(20),
            state: state[self.rng.below(4)],
            note: self.draw_note(),
            dry_run: self.rng.chance(15),
            by,
        }))
    }
}

/// Whether an input may change what is over in this run.
pub fn reaches(input: &Input, run: &DagRun, store: &ModelStore) -> bool {
    let is = |dag_id: &DagId, run_id: &RunId| run.dag_id == *dag_id && run.run_id == *run_id;
    match input {
        Input::ClearTasks(act) => !act.dry_run && run.dag_id == act.dag_id && in_scope(&act.runs, run, store),
        Input::MarkTasks(act) => !act.dry_run && run.dag_id == act.dag_id && in_scope(&act.runs, run, store),
        Input::ClearRun(act) => !act.dry_run && is(&act.dag_id, &act.run_id),
        Input::MarkRun(act) => is(&act.dag_id, &act.run_id),
        Input::DeleteRun { dag_id, run_id, .. } => is(dag_id, run_id),
        Input::DeleteDag { dag_id, .. } => run.dag_id == *dag_id,
        _ => false,
    }
}

fn in_scope(scope: &RunScope, run: &DagRun, store: &ModelStore) -> bool {
    let (from, to) = match scope {
        RunScope::Between { from, to } => (*from, *to),
        RunScope::Around { run_id, past, future } => {
            if run.run_id == *run_id {
                return true;
            }
            let named = store.runs.values().find(|other| other.dag_id == run.dag_id && other.run_id == *run_id);
            match named.and_then(|named| named.logical_date) {
                Some(date) if *past || *future => (Some(date).filter(|_| !past), Some(date).filter(|_| !future)),
                _ => return false,
            }
        }
    };
    from.is_none_or(|from| run.logical_date.is_some_and(|date| date >= from))
        && to.is_none_or(|to| run.logical_date.is_some_and(|date| date <= to))
}
