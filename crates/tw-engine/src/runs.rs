//! Creating, starting and holding runs (section 2 of the scheduling rules).

use std::sync::Arc;

use tw_model::{DagId, DagRun, DagRunId, DagRunState, Interval, RunId, RunType, Timestamp, TriggeredBy};
use tw_timetable::{Due, Restriction};

use crate::completion::timeout_at;
use crate::facts::dag_not_found;
use crate::graph::Graph;
use crate::run::{RunIx, RunState};
use crate::vocabulary::{Outcome, PlannedRun, Reply, TriggerRun, Write};
use crate::world::{DagState, EVERY, Timer, World};

/// What a new run is made of.
struct NewRun {
    run_id: RunId,
    run_type: RunType,
    triggered_by: TriggeredBy,
    triggering_user: Option<String>,
    logical_date: Option<Timestamp>,
    data_interval: Option<Interval>,
    run_after: Timestamp,
    conf: Arc<serde_json::Value>,
    note: Option<String>,
}

/// Time bounds of automatic runs (S-2.11).
fn restriction(graph: &Graph) -> Restriction {
    let dag = &graph.dag;
    let starts = dag.tasks.iter().filter_map(|t| t.start_date);
    let every_task_ends = !dag.tasks.is_empty() && dag.tasks.iter().all(|t| t.end_date.is_some());
    let task_end = dag.tasks.iter().filter_map(|t| t.end_date).max().filter(|_| every_task_ends);
    Restriction {
        earliest: dag.start_date.into_iter().chain(starts).min(),
        latest: dag.end_date.into_iter().chain(task_end).max(),
        catchup: dag.catchup,
    }
}

/// S-2.40.
pub(crate) fn run_id_at(run_type: RunType, run_after: Timestamp) -> RunId {
    RunId::from(format!("{run_type}__{}", run_after.to_iso_offset()))
}

/// S-2.31: Airflow's default `allowed_run_id_pattern`.
fn is_valid_run_id(run_id: &str) -> bool {
    !run_id.is_empty()
        && !run_id.contains("..")
        && run_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.~:+-".contains(&b))
}

impl World {
    /// Computes when the DAG's next automatic run is due, and sets the timer (S-2.12).
    pub(crate) fn plan_next(&mut self, dag_id: &DagId, now: Timestamp) {
        let Some(dag) = self.dags.get_mut(dag_id) else { return };
        let planned = if dag.row.is_stale || !self.options.scheduled_runs {
            None
        } else {
            let bounds = restriction(&dag.graph);
            dag.graph.timetable.next_run(dag.row.last_automated, &bounds, now).map(planned)
        };
        if let Some(old) = dag.row.next_run {
            self.timers.remove(&(old.run_after, Timer::NextRun(dag_id.clone())));
        }
        if dag.row.next_run != planned {
            dag.row.next_run = planned;
            self.todo.dirty_dags.insert(dag_id.clone());
        }
        self.arm_next_run(dag_id);
    }

    /// Sets the timer of the planned run, unless something holds it; what ends the hold arms it.
    pub(crate) fn arm_next_run(&mut self, dag_id: &DagId) {
        let Some(dag) = self.dags.get(dag_id) else { return };
        let has_room = dag.unfinished_runs() < dag.graph.dag.max_active_runs;
        if let Some(next) = dag.row.next_run.filter(|_| has_room && !dag.is_held() && !dag.row.has_import_errors) {
            self.timers.insert((next.run_after, Timer::NextRun(dag_id.clone())));
        }
    }

    /// After a run finished: without catchup an overdue plan is made anew, because the newest
    /// interval is wanted, not the one that was due when the DAG was full.
    pub(crate) fn plan_after_room(&mut self, dag_id: &DagId, now: Timestamp) {
        let overdue = |dag: &DagState| !dag.graph.dag.catchup && dag.row.next_run.is_some_and(|n| n.run_after <= now);
        if self.dags.get(dag_id).is_some_and(overdue) {
            self.plan_next(dag_id, now);
        } else {
            self.arm_next_run(dag_id);
        }
    }

    /// Creates the planned run of a DAG whose timer fired (S-2.1b, S-2.2, S-2.36, S-2.37).
    pub(crate) fn create_due_run(&mut self, dag_id: &DagId, now: Timestamp, out: &mut Outcome) {
        let Some(dag) = self.dags.get(dag_id) else { return };
        let Some(next) = dag.row.next_run.filter(|next| next.run_after <= now) else { return };
        let has_room = dag.unfinished_runs() < dag.graph.dag.max_active_runs;
        if dag.is_held() || dag.row.has_import_errors || !has_room {
            return;
        }
        let run_id = run_id_at(RunType::Scheduled, next.run_after);
        if !self.was_answered(dag_id, &run_id) {
            // Nobody looked whether such a run exists: ask again with the next input.
            self.timers.insert((next.run_after, Timer::NextRun(dag_id.clone())));
            return;
        }
        let denied = dag.graph.dag.allowed_run_types.as_ref().is_some_and(|t| !t.contains(&RunType::Scheduled));
        let exists = self.conflict(dag_id, &run_id, next.logical_date).is_some();
        if !denied && !exists {
            let new = NewRun {
                run_id,
                run_type: RunType::Scheduled,
                triggered_by: TriggeredBy::Timetable,
                triggering_user: None,
                logical_date: next.logical_date,
                data_interval: next.data_interval,
                run_after: next.run_after,
                conf: Arc::new(serde_json::json!({})),
                note: None,
            };
            self.create_run(dag_id, new, now, out);
        }
        if let Some(dag) = self.dags.get_mut(dag_id) {
            let interval = next.data_interval.unwrap_or(Interval::exact(next.run_after));
            dag.row.last_automated = dag.row.last_automated.max(Some(interval));
        }
        self.todo.dirty_dags.insert(dag_id.clone());
        self.plan_next(dag_id, now);
    }

    /// A request for a run (S-2.31 to S-2.43).
    pub(crate) fn trigger_run(&mut self, request: TriggerRun, now: Timestamp, out: &mut Outcome) -> Reply {
        let dag_id = request.dag_id.clone();
        let Some(dag) = self.dags.get(&dag_id).filter(|dag| !dag.row.is_stale) else {
            return dag_not_found(&dag_id);
        };
        if dag.row.has_import_errors {
            return Reply::Invalid(format!(
                "DAG {dag_id} has import errors and cannot be triggered; fix its file first"
            ));
        }
        let allowed = dag.graph.dag.allowed_run_types.as_ref();
        if allowed.is_some_and(|types| !types.contains(&request.run_type)) {
            return Reply::Invalid(format!("DAG {dag_id} does not allow {} runs", request.run_type));
        }
        let run_after = request.run_after.unwrap_or(now);
        let run_id = request.run_id.unwrap_or_else(|| run_id_at(RunType::Manual, run_after));
        if let Some(problem) = run_id_problem(run_id.as_str(), request.run_type) {
            return Reply::Invalid(problem);
        }
        if request.logical_date.is_none() && request.data_interval.is_some() {
            return Reply::Invalid("a run without a logical date has no data interval".to_owned());
        }
        if !request.conf.is_object() {
            return Reply::Invalid("conf has to be an object".to_owned());
        }
        if let Some(existing) = self.conflict(&dag_id, &run_id, request.logical_date) {
            return Reply::Conflict(format!(
                "DAG {dag_id} already has a run with this run_id or logical_date: {existing}"
            ));
        }
        let infer = |date| dag.graph.timetable.manual_interval(date);
        let data_interval = request.data_interval.or_else(|| request.logical_date.map(infer));
        let new = NewRun {
            run_id,
            run_type: request.run_type,
            triggered_by: request.triggered_by,
            triggering_user: request.triggering_user,
            logical_date: request.logical_date,
            data_interval,
            run_after,
            conf: request.conf,
            note: request.note,
        };
        let created = self.create_run(&dag_id, new, now, out);
        created.map_or(Reply::Done, |row| Reply::Run(Box::new(row)))
    }

    /// Creates a queued run with its task instances (S-1.14, S-2.30, S-2.39).
    fn create_run(&mut self, dag_id: &DagId, new: NewRun, now: Timestamp, out: &mut Outcome) -> Option<DagRun> {
        let id = DagRunId(self.ids.next(now));
        let dag = self.dags.get_mut(dag_id)?;
        dag.latest_used = true;
        let row = DagRun {
            id,
            dag_id: dag_id.clone(),
            run_id: new.run_id,
            run_type: new.run_type,
            triggered_by: new.triggered_by,
            triggering_user: new.triggering_user,
            state: DagRunState::Queued,
            logical_date: new.logical_date,
            data_interval: new.data_interval,
            run_after: new.run_after,
            queued_at: Some(now),
            start_date: None,
            end_date: None,
            conf: new.conf,
            note: new.note,
            dag_version_id: dag.graph.version_id,
            clear_number: 0,
            reason: None,
        };
        let mut run = RunState::new(row.clone(), Arc::clone(&dag.graph));
        for node in 0..run.nodes.len() {
            self.create_task_instances(&mut run, node, now);
        }
        run.recount();
        let ix = self.register(run);
        let instances = self.runs[&ix].nodes.iter().enumerate();
        let refs = instances.flat_map(|(node, n)| {
            (0..n.instances.len()).map(move |i| crate::run::InstanceRef { run: ix, node, ix: i })
        });
        self.todo.dirty_instances.extend(refs);
        self.todo.dirty_runs.insert(ix);
        self.todo.start.insert(dag_id.clone());
        out.writes.push(Write::Audit {
            at: now,
            event: "dag_run_created",
            owner: row.triggering_user.clone(),
            dag_id: dag_id.clone(),
            run_id: Some(row.run_id.clone()),
            task: None,
            try_number: None,
            detail: Some(row.run_type.to_string()),
        });
        Some(row)
    }

    /// S-2.30, S-4.2, S-4.3: the instances a task starts a run with.
    pub(crate) fn create_task_instances(&mut self, run: &mut RunState, node: usize, now: Timestamp) {
        let task = run.graph.task(node);
        let date = run.row.logical_date;
        let in_bounds = task.start_date.is_none_or(|start| date.is_none_or(|d| start <= d))
            && task.end_date.is_none_or(|end| date.is_none_or(|d| end >= d));
        if !in_bounds {
            return;
        }
        // Lengths known at parse need no upstream; any other input makes this `None`.
        let literal = run.graph.nodes[node].expansion_needs.is_empty() && run.graph.nodes[node].is_mapped;
        let len = if literal { run.expansion_len(node).unwrap_or(0) } else { 0 };
        run.nodes[node].expanded = len > 0;
        let indexes = if len > 0 { 0..len as i32 } else { -1..0 };
        run.nodes[node].instances = indexes.map(|index| self.fresh_instance(run, node, index, now)).collect();
    }

    /// Puts a run into the world's indexes.
    pub(crate) fn register(&mut self, run: RunState) -> RunIx {
        let ix = self.next_run_ix;
        self.next_run_ix += 1;
        self.run_by_id.insert((run.row.dag_id.clone(), run.row.run_id.clone()), ix);
        if let Some(dag) = self.dags.get_mut(&run.row.dag_id) {
            if let Some(date) = run.row.logical_date {
                dag.by_logical_date.insert(date, ix);
            }
            match run.row.state {
                DagRunState::Queued => {
                    dag.queued.insert((run.row.run_after, ix));
                }
                DagRunState::Running => drop(dag.running.insert(ix)),
                DagRunState::Success | DagRunState::Failed => {}
            }
        }
        self.runs.insert(ix, run);
        ix
    }

    /// Starts queued runs while the DAG has room (S-2.44, S-1.15).
    pub(crate) fn start_queued_runs(&mut self, dag_id: &DagId, now: Timestamp) {
        loop {
            let Some(dag) = self.dags.get_mut(dag_id) else { return };
            if dag.is_held() || dag.running_runs() >= dag.graph.dag.max_active_runs {
                return;
            }
            let Some(&(run_after, ix)) = dag.queued.first() else { return };
            if run_after > now {
                self.timers.insert((run_after, Timer::StartRuns(dag_id.clone())));
                return;
            }
            dag.queued.pop_first();
            dag.running.insert(ix);
            let Some(run) = self.runs.get_mut(&ix) else { return };
            let row = run.row_mut();
            row.state = DagRunState::Running;
            row.start_date = Some(now);
            row.end_date = None;
            self.todo.dirty_runs.insert(ix);
            self.enliven(ix);
            self.rebalance_run(ix);
        }
    }

    /// Sets a running run going, for the first time or again: every node is looked at.
    pub(crate) fn enliven(&mut self, ix: RunIx) {
        let Some(run) = self.runs.get(&ix) else { return };
        self.todo.evaluate.extend((0..run.nodes.len()).map(|node| (ix, node, EVERY)));
        self.todo.settle.insert(ix);
        if let Some(at) = timeout_at(run) {
            self.timers.insert((at, Timer::RunTimeout(ix)));
        }
    }

    /// Pauses or resumes a DAG (S-2.48).
    pub(crate) fn set_paused(
        &mut self,
        dag_id: &DagId,
        paused: bool,
        by: Option<String>,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        let Some(dag) = self.dags.get_mut(dag_id) else {
            return dag_not_found(dag_id);
        };
        if dag.row.is_paused == paused {
            return Reply::Done;
        }
        dag.row.is_paused = paused;
        self.todo.dirty_dags.insert(dag_id.clone());
        out.writes.push(Write::Audit {
            at: now,
            event: if paused { "paused" } else { "unpaused" },
            owner: by,
            dag_id: dag_id.clone(),
            run_id: None,
            task: None,
            try_number: None,
            detail: None,
        });
        self.hold_changed(dag_id, now);
        Reply::Done
    }

    /// After a DAG was paused, resumed, became stale or came back.
    pub(crate) fn hold_changed(&mut self, dag_id: &DagId, now: Timestamp) {
        let of_dag = |run: &&RunState| run.row.dag_id == *dag_id && run.row.state == DagRunState::Running;
        let running: Vec<RunIx> = self.runs.iter().filter(|(_, run)| of_dag(run)).map(|(ix, _)| *ix).collect();
        running.iter().for_each(|ix| self.rebalance_run(*ix));
        if self.dags.get(dag_id).is_some_and(|dag| !dag.is_held()) {
            running.iter().for_each(|ix| self.enliven(*ix));
            self.todo.start.insert(dag_id.clone());
            self.plan_next(dag_id, now);
        }
    }
}

fn planned(due: Due) -> PlannedRun {
    PlannedRun { run_after: due.run_after, logical_date: due.logical_date, data_interval: due.data_interval }
}

/// S-2.31, S-2.32.
fn run_id_problem(run_id: &str, run_type: RunType) -> Option<String> {
    if !is_valid_run_id(run_id) {
        return Some(format!(
            "run_id {run_id:?} is not allowed: use letters, digits and _ . ~ : + - without two dots in a row"
        ));
    }
    let foreign = RunType::ALL
        .iter()
        .find(|t| **t != run_type && **t != RunType::Manual && run_id.starts_with(&format!("{t}__")));
    foreign
        .filter(|_| run_type == RunType::Manual)
        .map(|t| format!("a manual run's id may not begin with {t}__, which is kept for {t} runs"))
}
