//! Marking: the state of task instances and runs set from outside (S-6.60 to S-6.67).

use tw_model::{DagRunState, RunType, TaskInstanceState, Timestamp, Timetable};
use tw_timetable::Restriction;

use crate::acts::{MarkRun, MarkTasks, RunMark, RunScope};
use crate::clear::audit_of_act;
use crate::facts::run_not_found;
use crate::graph::{Direction, Graph, NodeIx};
use crate::run::{InstanceRef, RunIx, RunState};
use crate::selection::{TaskSet, state_filter};
use crate::vocabulary::{KillReason, Outcome, Reply};
use crate::world::{DagState, World};

impl World {
    /// S-6.60, S-6.61. Answers a dry run with what would change, and the act with the task's own
    /// instances in the named run.
    pub(crate) fn mark_tasks(&mut self, request: &MarkTasks, now: Timestamp, out: &mut Outcome) -> Reply {
        let wanted = request.state.map(TaskInstanceState::from);
        let differing = match wanted {
            Some(state) => self.marked_by(request, state),
            None => Ok(Vec::new()),
        };
        let (differing, own) = match (differing, self.own_instances(request)) {
            (Ok(differing), Ok(own)) => (differing, own),
            (Err(refusal), _) | (_, Err(refusal)) => return refusal,
        };
        if request.dry_run {
            return Reply::TaskInstances(self.names_of(if wanted.is_some() { &differing } else { &own }));
        }
        if let Some(state) = wanted.filter(|_| differing.is_empty()) {
            return Reply::Conflict(format!("Task id {} is already in {state} state", request.task_id));
        }
        if let Some(note) = &request.note {
            self.note_instances(&own, note, out);
        }
        if let Some(state) = wanted {
            let reason = format!("marked {state} by {}", request.by.as_deref().unwrap_or("a request"));
            for at in &differing {
                self.set_state(*at, state, &reason, now, out);
            }
            self.clear_failed_below(request, now, out);
            let marked = self.names_of(&differing);
            out.writes.push(audit_of_act("mark_task_instances", &request.dag_id, &marked, request.by.clone(), now));
        }
        Reply::TaskInstances(self.names_of(&own))
    }

    /// The instances of the task itself in the named run.
    fn own_instances(&self, request: &MarkTasks) -> Result<Vec<InstanceRef>, Reply> {
        let missing = || {
            let run_id = match &request.runs {
                RunScope::Around { run_id, .. } => run_id.as_str(),
                RunScope::Between { .. } => "~",
            };
            Reply::NotFound(format!(
                "The Task Instance with dag_id: `{}`, run_id: `{run_id}`, task_id: `{}` and map_index: `{}` was not found",
                request.dag_id,
                request.task_id,
                request.map_index.map_or_else(|| "None".to_owned(), |index| index.to_string()),
            ))
        };
        let scope = match &request.runs {
            RunScope::Around { run_id, .. } => RunScope::one(run_id.clone()),
            between @ RunScope::Between { .. } => between.clone(),
        };
        let runs = self.runs_in_scope(&request.dag_id, &scope).map_err(|_| missing())?;
        let graph = self.dags.get(&request.dag_id).map(|dag| &dag.graph).ok_or_else(missing)?;
        let node = graph.node_ix(&request.task_id).ok_or_else(|| {
            Reply::NotFound(format!("Task '{}' not found in Dag '{}'", request.task_id, request.dag_id))
        })?;
        let mut set = TaskSet::default();
        set.insert(node, request.map_index);
        let own = self.instances_in(&runs, Some(&set), |_| true);
        if own.is_empty() { Err(missing()) } else { Ok(own) }
    }

    /// S-1.47, S-1.48: its attempt is stopped, and no callback of the task runs here.
    fn set_state(
        &mut self,
        at: InstanceRef,
        state: TaskInstanceState,
        reason: &str,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        self.stop_attempt(at, KillReason::StateChanged, out);
        if let Some(run) = self.runs.get_mut(&at.run) {
            run.nodes[at.node].instances[at.ix].set_reason(Some(reason.to_owned()));
        }
        self.transition(at, Some(state), now);
        self.todo.dirty_instances.insert(at);
    }

    /// S-6.61: whatever failed below a marked task gets another chance, whichever state was marked.
    fn clear_failed_below(&mut self, request: &MarkTasks, now: Timestamp, out: &mut Outcome) {
        let Some(dag) = self.dags.get(&request.dag_id) else { return };
        let Some(node) = dag.graph.node_ix(&request.task_id) else { return };
        let mut below = TaskSet::whole([node]);
        below.extend(TaskSet::whole(dag.graph.relatives(node, Direction::Downstream)));
        below.add_setups(&dag.graph);
        below.remove(node);
        let Ok(runs) = self.runs_in_scope(&request.dag_id, &request.runs) else { return };
        let failed = self.instances_in(&runs, Some(&below), state_filter(true, false));
        self.clear_instances(&failed, true, None, now, out);
    }

    /// The runs that a mark reaches to (S-6.63): those that the timetable made or could have made.
    pub(crate) fn runs_to_mark(&self, dag: &DagState, scope: &RunScope) -> Result<Vec<RunIx>, Reply> {
        let runs = self.runs_in_scope(&dag.row.dag_id, scope)?;
        let RunScope::Around { run_id, past, future } = scope else { return Ok(runs) };
        let named = |ix: &RunIx| self.runs[ix].row.run_id == *run_id;
        let counts = |run: &RunState| {
            run.row.logical_date.is_some_and(|date| is_of_timetable(&dag.graph, run.row.run_type, date))
        };
        let is_alone = !past && !future;
        Ok(runs.into_iter().filter(|ix| named(ix) || (!is_alone && counts(&self.runs[ix]))).collect())
    }

    /// S-6.66. Answers with the run.
    pub(crate) fn mark_run(&mut self, request: &MarkRun, now: Timestamp, out: &mut Outcome) -> Reply {
        let key = (request.dag_id.clone(), request.run_id.clone());
        let Some(&ix) = self.run_by_id.get(&key) else { return run_not_found(&request.dag_id, &request.run_id) };
        if let Some(note) = &request.note {
            self.note_run(ix, note);
        }
        match request.state {
            None => {}
            Some(RunMark::Queued) => self.queue_run(ix, now, out),
            Some(RunMark::Success) => self.end_run_by_hand(ix, request, DagRunState::Success, now, out),
            Some(RunMark::Failed) => self.end_run_by_hand(ix, request, DagRunState::Failed, now, out),
        }
        if request.state.is_some() {
            out.writes.push(self.audit_of_run("mark_dag_run", ix, request.by.clone(), now));
        }
        self.runs.get(&ix).map_or(Reply::Done, |run| Reply::Run(Box::new(run.row.clone())))
    }

    /// What runs gets the state of the run, what waits is skipped, teardowns go on. While one of them
    /// has to, the run does too, and ends by the usual rules; otherwise it ends at once.
    fn end_run_by_hand(&mut self, ix: RunIx, request: &MarkRun, state: DagRunState, now: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get(&ix) else { return };
        let was_over = run.row.state.is_finished();
        let (teardowns, others): (Vec<InstanceRef>, Vec<InstanceRef>) =
            unfinished(ix, run).partition(|at| run.graph.task(at.node).is_teardown);
        let changes: Vec<(InstanceRef, TaskInstanceState)> =
            others.into_iter().map(|at| (at, target(run.nodes[at.node].instances[at.ix].state, state))).collect();
        let why = format!("marked_{state}");
        if teardowns.is_empty() && was_over {
            // S-1.22: the dates stay.
            if let Some(run) = self.runs.get_mut(&ix) {
                let row = run.row_mut();
                row.state = state;
                row.reason = Some(why);
                self.todo.dirty_runs.insert(ix);
            }
        } else if teardowns.is_empty() {
            // The run ends first, so that nothing is scheduled while its instances are ended.
            self.end_run(ix, state, &why, now);
            self.plan_after_room(&request.dag_id, now);
        }
        let reason = format!("its run was marked {state} by {}", request.by.as_deref().unwrap_or("a request"));
        for (at, target) in changes {
            self.set_state(at, target, &reason, now, out);
        }
    }
}

fn unfinished(ix: RunIx, run: &RunState) -> impl Iterator<Item = InstanceRef> + '_ {
    let nodes = run.nodes.iter().enumerate();
    nodes.flat_map(move |(node, state): (NodeIx, _)| {
        let instances = state.instances.iter().enumerate();
        instances.filter(|(_, i)| !i.is_finished()).map(move |(i, _)| InstanceRef { run: ix, node, ix: i })
    })
}

/// S-6.66: what becomes of an unfinished instance when its run is marked.
fn target(state: Option<TaskInstanceState>, run: DagRunState) -> TaskInstanceState {
    use TaskInstanceState::{AwaitingInput, Deferred, Failed, Running, Skipped, Success, UpForReschedule};
    match state {
        Some(Running | Deferred | UpForReschedule | AwaitingInput) if run == DagRunState::Success => Success,
        Some(Running | Deferred | UpForReschedule | AwaitingInput) => Failed,
        _ => Skipped,
    }
}

/// Whether a run belongs to its DAG's schedule (S-6.63). Without a schedule every run does; with one
/// that is not periodic none but the named one.
fn is_of_timetable(graph: &Graph, run_type: RunType, date: Timestamp) -> bool {
    let mut timetable = &graph.dag.timetable;
    while let Timetable::AssetOrTime { timetable: inner, .. } = timetable {
        timetable = inner;
    }
    match timetable {
        Timetable::Null | Timetable::Unknown { .. } => true,
        Timetable::Once | Timetable::Continuous | Timetable::Asset { .. } => false,
        _ if matches!(run_type, RunType::Scheduled | RunType::Backfill) => true,
        // A delta has no grid of its own: any date could be on it.
        Timetable::DeltaTrigger { .. } | Timetable::DeltaDataInterval { .. } => false,
        _ => {
            let exactly = Restriction { earliest: Some(date), latest: None, catchup: true };
            graph.timetable.next_run(None, &exactly, date).is_some_and(|due| due.logical_date == Some(date))
        }
    }
}
