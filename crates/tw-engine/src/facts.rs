//! History that a decision needs: what to ask the store for, and taking the answers into memory.
//! A finished run comes back the same way whoever needs it: as somebody's past, or to be acted on.

use std::collections::BTreeSet;

use tw_model::{DagId, DagRun, DagRunId, RunId, RunType, TaskInstance, Timestamp};

use crate::acts::{RUNS_PER_ACT_MAX, RunScope};
use crate::run::RunIx;
use crate::runs::run_id_at;
use crate::vocabulary::{Input, Need, Reply, RunConflict};
use crate::world::{DagState, Timer, World};

/// Answers to [`World::needs`], fetched by the shell.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The questions that were looked up.
    pub answered: Vec<Need>,
    /// Existing runs that collide with an asked-for one.
    pub conflicts: Vec<RunConflict>,
    /// Finished runs with their task instances.
    pub runs: Vec<(DagRun, Vec<TaskInstance>)>,
}

/// What was deleted since the last commit: the store still answers for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deleted {
    pub(crate) runs: BTreeSet<DagRunId>,
    pub(crate) dags: BTreeSet<DagId>,
}

impl World {
    /// Facts to fetch before `input` is applied at `now`: history is not in memory. Answers may
    /// lead to further questions, so the shell asks again after [`World::supply`], with the same
    /// `input` and `now`, until nothing is needed.
    pub fn needs(&self, input: &Input, now: Timestamp) -> Vec<Need> {
        let mut needs = Vec::new();
        for (_, timer) in self.timers.range(..).take_while(|(at, _)| *at <= now) {
            if let Timer::NextRun(dag_id) = timer
                && let Some(dag) = self.dags.get(dag_id)
                && let Some(planned) = dag.row.next_run
            {
                let run_id = run_id_at(RunType::Scheduled, planned.run_after);
                self.needs_of_new_run(dag, run_id, planned.logical_date, &mut needs);
            }
        }
        match input {
            Input::TriggerRun(request) => {
                if let Some(dag) = self.dags.get(&request.dag_id) {
                    let run_after = request.run_after.unwrap_or(now);
                    let run_id = request.run_id.clone().unwrap_or_else(|| run_id_at(RunType::Manual, run_after));
                    self.needs_of_new_run(dag, run_id, request.logical_date, &mut needs);
                }
            }
            Input::ClearTasks(request) => self.needs_of_act(&request.dag_id, &request.runs, &mut needs),
            Input::MarkTasks(request) => self.needs_of_act(&request.dag_id, &request.runs, &mut needs),
            Input::ClearRun(request) => self.needs_of_one(&request.dag_id, &request.run_id, &mut needs),
            Input::MarkRun(request) => self.needs_of_one(&request.dag_id, &request.run_id, &mut needs),
            Input::DeleteRun { dag_id, run_id, .. } => self.needs_of_one(dag_id, run_id, &mut needs),
            _ => {}
        }
        needs.retain(|need| !self.answered.contains(need));
        needs
    }

    fn needs_of_new_run(&self, dag: &DagState, run_id: RunId, logical_date: Option<Timestamp>, needs: &mut Vec<Need>) {
        needs.extend(need_of_past(dag, logical_date));
        needs.push(Need::RunConflict { dag_id: dag.row.dag_id.clone(), run_id, logical_date });
    }

    fn needs_of_one(&self, dag_id: &DagId, run_id: &RunId, needs: &mut Vec<Need>) {
        self.needs_of_act(dag_id, &RunScope::one(run_id.clone()), needs);
    }

    /// The runs that an act concerns and, because they may run again, what the oldest looks back at.
    fn needs_of_act(&self, dag_id: &DagId, scope: &RunScope, needs: &mut Vec<Need>) {
        let Some(dag) = self.dags.get(dag_id) else { return };
        let window = match scope {
            RunScope::Between { from, to } => Some((*from, *to)),
            RunScope::Around { run_id, .. } if !self.run_by_id.contains_key(&(dag_id.clone(), run_id.clone())) => {
                needs.push(Need::Run { dag_id: dag_id.clone(), run_id: run_id.clone() });
                None
            }
            RunScope::Around { run_id, past, future } => self.window_around(dag_id, run_id, *past, *future),
        };
        if let Some((from, to)) = window {
            needs.push(Need::RunsBetween { dag_id: dag_id.clone(), from, to, limit: RUNS_PER_ACT_MAX + 1 });
        }
        let runs = self.runs_in_scope(dag_id, scope).unwrap_or_default();
        let oldest = runs.iter().filter_map(|ix| self.runs.get(ix)?.row.logical_date).min();
        needs.extend(need_of_past(dag, oldest));
    }

    /// The logical dates that an act around a run reaches to; `None` = that run alone.
    fn window_around(
        &self,
        dag_id: &DagId,
        run_id: &RunId,
        past: bool,
        future: bool,
    ) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        let ix = self.run_by_id.get(&(dag_id.clone(), run_id.clone()))?;
        let date = self.runs.get(ix)?.row.logical_date.filter(|_| past || future)?;
        Some((Some(date).filter(|_| !past), Some(date).filter(|_| !future)))
    }

    /// The runs in memory that an act concerns, oldest first.
    pub(crate) fn runs_in_scope(&self, dag_id: &DagId, scope: &RunScope) -> Result<Vec<RunIx>, Reply> {
        let (from, to) = match scope {
            RunScope::Between { from, to } => (*from, *to),
            RunScope::Around { run_id, past, future } => {
                let Some(&ix) = self.run_by_id.get(&(dag_id.clone(), run_id.clone())) else {
                    return Err(run_not_found(dag_id, run_id));
                };
                match self.window_around(dag_id, run_id, *past, *future) {
                    None => return Ok(vec![ix]),
                    Some(window) => window,
                }
            }
        };
        let within = |date: Option<Timestamp>| {
            from.is_none_or(|from| date.is_some_and(|d| d >= from)) && to.is_none_or(|to| date.is_some_and(|d| d <= to))
        };
        let of_dag = self.runs.iter().filter(|(_, run)| run.row.dag_id == *dag_id && within(run.row.logical_date));
        let mut runs: Vec<RunIx> = of_dag.map(|(ix, _)| *ix).collect();
        if runs.len() > RUNS_PER_ACT_MAX as usize {
            return Err(Reply::Invalid(format!(
                "more than {RUNS_PER_ACT_MAX} runs are concerned; narrow the range of dates"
            )));
        }
        runs.sort_by_key(|ix| (self.runs[ix].row.logical_date.unwrap_or(self.runs[ix].row.run_after), *ix));
        Ok(runs)
    }

    /// Takes the answers to [`World::needs`]; they hold for the next input only.
    pub fn supply(&mut self, facts: Facts) {
        self.conflicts.extend(facts.conflicts);
        self.answered.extend(facts.answered);
        for (row, instances) in facts.runs {
            let Some(dag) = self.dags.get(&row.dag_id) else { continue };
            let is_gone = self.deleted.runs.contains(&row.id) || self.deleted.dags.contains(&row.dag_id);
            let is_known = self.run_by_id.contains_key(&(row.dag_id.clone(), row.run_id.clone()))
                || row.logical_date.is_some_and(|date| dag.by_logical_date.contains_key(&date));
            if !is_gone && !is_known {
                let ix = self.insert_run(row, instances);
                self.looked_up.push(ix);
            }
        }
    }

    pub(crate) fn was_answered(&self, dag_id: &DagId, run_id: &RunId) -> bool {
        self.answered
            .iter()
            .any(|need| matches!(need, Need::RunConflict { dag_id: d, run_id: r, .. } if d == dag_id && r == run_id))
    }

    /// The id of an existing run with this id or logical date (S-1.13).
    pub(crate) fn conflict(&self, dag_id: &DagId, run_id: &RunId, logical_date: Option<Timestamp>) -> Option<RunId> {
        if self.run_by_id.contains_key(&(dag_id.clone(), run_id.clone())) {
            return Some(run_id.clone());
        }
        let in_memory = self.dags.get(dag_id).and_then(|dag| dag.by_logical_date.get(&logical_date?));
        if let Some(run) = in_memory.and_then(|ix| self.runs.get(ix)) {
            return Some(run.row.run_id.clone());
        }
        let stored = self.conflicts.iter().find(|c| {
            c.dag_id == *dag_id && (c.run_id == *run_id || (logical_date.is_some() && c.logical_date == logical_date))
        });
        stored.map(|c| c.run_id.clone())
    }
}

/// The run before this date, if tasks of the DAG look back at it (S-3.8).
fn need_of_past(dag: &DagState, logical_date: Option<Timestamp>) -> Option<Need> {
    let logical_date = logical_date.filter(|_| dag.graph.depends_on_past)?;
    Some(Need::RunBefore { dag_id: dag.row.dag_id.clone(), logical_date, any_type: !dag.graph.dag.catchup })
}

pub(crate) fn dag_not_found(dag_id: &DagId) -> Reply {
    Reply::NotFound(format!("The Dag with ID: `{dag_id}` was not found"))
}

pub(crate) fn run_not_found(dag_id: &DagId, run_id: &RunId) -> Reply {
    Reply::NotFound(format!("The DagRun with dag_id: `{dag_id}` and run_id: `{run_id}` was not found"))
}
