//! What attempts report, and what it means (section 6 of the scheduling rules).

use tw_model::{
    AttemptKey, AttemptOutcome, AttemptReport, ExitStatus, TaskId, TaskInstanceId, TaskInstanceState, TimeSpan,
    Timestamp,
};

use crate::instance::When;
use crate::retry;
use crate::run::InstanceRef;
use crate::vocabulary::{CallbackKind, CallbackRequest, Effect, KillReason, Outcome, Reply, Write};
use crate::world::World;

/// Pause before an attempt that the control plane lost is tried again, so that a broken
/// environment cannot spin.
const LOST_RETRY_DELAY: TimeSpan = TimeSpan::from_secs(1);

impl World {
    /// The instance of an attempt, if that attempt is the current one.
    fn current(&self, attempt: AttemptKey) -> Option<InstanceRef> {
        let at = *self.attempts.get(&attempt.task_instance_id)?;
        (self.attempt_key(at) == attempt).then_some(at)
    }

    pub(crate) fn state_of(&self, at: InstanceRef) -> Option<TaskInstanceState> {
        self.runs.get(&at.run)?.nodes[at.node].instances[at.ix].state
    }

    /// S-11.4: from queued to running. A second report is stale; the shell knows a repeated one.
    pub(crate) fn attempt_started(
        &mut self,
        attempt: AttemptKey,
        hostname: String,
        unixname: String,
        pid: u32,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        let Some(at) = self.current(attempt) else { return Reply::Stale };
        if self.state_of(at) != Some(TaskInstanceState::Queued) {
            return Reply::Stale;
        }
        let Some(run) = self.runs.get_mut(&at.run) else { return Reply::Stale };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.start_date = now.into();
        instance.end_date = When::NEVER;
        self.transition(at, Some(TaskInstanceState::Running), now);
        out.writes.push(Write::AttemptHost { id: attempt.task_instance_id, hostname, unixname, pid });
        self.audit(at, "running", None, now, out);
        Reply::Done
    }

    /// S-11.6: applies the end of an attempt. Of one that was cleared only the end of its process
    /// counts, not how it ended (S-9.26, S-1.57).
    pub(crate) fn attempt_ended(
        &mut self,
        attempt: AttemptKey,
        report: AttemptReport,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        let Some(at) = self.current(attempt) else { return Reply::Stale };
        let Some(run) = self.runs.get_mut(&at.run) else { return Reply::Stale };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        let worker_spoke = !matches!(report.outcome, AttemptOutcome::Died { .. } | AttemptOutcome::Lost { .. });
        if worker_spoke && instance.state != Some(TaskInstanceState::Running) {
            return Reply::Stale;
        }
        if instance.state == Some(TaskInstanceState::Restarting) {
            self.reset_instance(at, report.end_date, now, out);
            return Reply::Done;
        }
        instance.return_value = report.return_value;
        instance.set_skip_record(report.skip_record);
        if let Some(label) = report.rendered_map_index {
            out.writes.push(Write::RenderedMapIndex { id: attempt.task_instance_id, label });
        }
        let end = report.end_date;
        match report.outcome {
            AttemptOutcome::Success => self.end_attempt(at, TaskInstanceState::Success, end, None, out),
            AttemptOutcome::Skipped => self.end_attempt(at, TaskInstanceState::Skipped, end, None, out),
            AttemptOutcome::Failed => self.end_attempt(at, TaskInstanceState::Failed, end, None, out),
            AttemptOutcome::UpForRetry { delay, reason } => self.retry(at, end, delay, reason, out),
            AttemptOutcome::UpForReschedule { reschedule_date } => self.reschedule(at, end, reschedule_date, now),
            AttemptOutcome::Deferred { .. } => {
                let reason = "the task deferred itself; waiting for triggers is not supported yet".to_owned();
                self.end_attempt(at, TaskInstanceState::Failed, end, Some(reason), out);
            }
            AttemptOutcome::Died { exit, reason } => self.died(at, end, exit, reason, now, out),
            AttemptOutcome::Lost { reason } => {
                let not_before = now.saturating_add(LOST_RETRY_DELAY);
                self.lost(at, end, not_before, reason, out);
            }
        }
        Reply::Done
    }

    /// S-11.15.
    pub(crate) fn rendered_map_index(&self, attempt: AttemptKey, label: String, out: &mut Outcome) -> Reply {
        if self.current(attempt).is_none() {
            return Reply::Stale;
        }
        out.writes.push(Write::RenderedMapIndex { id: attempt.task_instance_id, label });
        Reply::Done
    }

    fn end_attempt(
        &mut self,
        at: InstanceRef,
        state: TaskInstanceState,
        end: Timestamp,
        reason: Option<String>,
        out: &mut Outcome,
    ) {
        if let Some(run) = self.runs.get_mut(&at.run) {
            run.nodes[at.node].instances[at.ix].end_date = end.into();
        }
        let detail = reason.clone();
        self.settle_instance(at, state, reason, end);
        self.audit(at, state.as_str(), detail, end, out);
    }

    /// S-1.34: archives the try, then waits for the next one.
    fn retry(
        &mut self,
        at: InstanceRef,
        end: Timestamp,
        delay: Option<TimeSpan>,
        reason: Option<String>,
        out: &mut Outcome,
    ) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let task = run.graph.task(at.node);
        let instance = &run.nodes[at.node].instances[at.ix];
        let pause = delay.unwrap_or_else(|| {
            let cap = self.options.max_retry_delay;
            retry::delay(&run.row.dag_id, task, run.row.logical_date, instance.try_number, cap)
        });
        self.next_try(at, end, end.saturating_add(pause), reason, out);
    }

    /// S-1.53: the control plane's loss costs no try.
    pub(crate) fn lost(
        &mut self,
        at: InstanceRef,
        end: Timestamp,
        not_before: Timestamp,
        reason: String,
        out: &mut Outcome,
    ) {
        if let Some(run) = self.runs.get_mut(&at.run) {
            run.nodes[at.node].instances[at.ix].max_tries += 1;
        }
        self.next_try(at, end, not_before, Some(format!("{reason}; tried again without costing a retry")), out);
    }

    /// S-6.24: the process ended without a report.
    fn died(
        &mut self,
        at: InstanceRef,
        end: Timestamp,
        exit: ExitStatus,
        reason: String,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let retries = run.nodes[at.node].instances[at.ix].has_tries_left();
        let callbacks = run.graph.task(at.node).callbacks;
        let text = match exit {
            ExitStatus::Code(code) => format!("{reason} (exit code {code})"),
            ExitStatus::Signal(signal) => format!("{reason} (signal {signal})"),
        };
        let (wanted, kind) = if retries {
            (callbacks.on_retry, CallbackKind::TaskRetry)
        } else {
            (callbacks.on_failure, CallbackKind::TaskFailure)
        };
        if wanted {
            let instance = Some(run.task_instance(at.node, at.ix));
            self.request_callback(at.run, kind, instance, text.clone(), now, out);
        }
        if retries {
            self.retry(at, end, None, Some(text), out);
        } else {
            self.end_attempt(at, TaskInstanceState::Failed, end, Some(text), out);
        }
    }

    /// Archives the current try and gives the instance a new id (S-1.30).
    fn next_try(
        &mut self,
        at: InstanceRef,
        end: Timestamp,
        not_before: Timestamp,
        reason: Option<String>,
        out: &mut Outcome,
    ) {
        let new_id = TaskInstanceId(self.ids.next(end));
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let mut finished = run.task_instance(at.node, at.ix);
        let old_id = finished.id;
        finished.state = Some(TaskInstanceState::Failed);
        finished.end_date = Some(end);
        finished.reason.clone_from(&reason);
        out.writes.push(Write::TaskInstance(Box::new(finished)));
        out.writes.push(Write::ArchiveTaskInstance { id: old_id });
        // The attempt leaves every count under its old id before the id changes.
        self.transition(at, Some(TaskInstanceState::UpForRetry), end);
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.id = new_id;
        instance.dispatch = 0;
        instance.end_date = end.into();
        instance.not_before = not_before.into();
        instance.reschedule_count = 0;
        instance.first_reschedule = When::NEVER;
        instance.set_reason(reason.clone());
        self.todo.evaluate.insert((at.run, at.node, at.ix));
        self.audit(at, TaskInstanceState::UpForRetry.as_str(), reason, end, out);
    }

    /// S-1.35.
    fn reschedule(&mut self, at: InstanceRef, end: Timestamp, date: Timestamp, now: Timestamp) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.end_date = end.into();
        instance.not_before = date.into();
        instance.reschedule_count += 1;
        if instance.first_reschedule == When::NEVER {
            instance.first_reschedule = now.into();
        }
        self.transition(at, Some(TaskInstanceState::UpForReschedule), now);
        self.todo.evaluate.insert((at.run, at.node, at.ix));
    }

    /// S-11.8, with S-3.19: a bare id means all unstarted instances of the task.
    pub(crate) fn skip_downstream(
        &mut self,
        attempt: AttemptKey,
        tasks: &[(TaskId, Option<i32>)],
        now: Timestamp,
        out: &mut Outcome,
    ) -> Reply {
        let running = |at: &InstanceRef| self.state_of(*at) == Some(TaskInstanceState::Running);
        let Some(asking) = self.current(attempt).filter(running) else { return Reply::Stale };
        let Some(run) = self.runs.get(&asking.run) else { return Reply::Stale };
        let by = run.graph.task(asking.node).task_id.clone();
        let mut targets = Vec::new();
        for (task_id, map_index) in tasks {
            let Some(node) = run.graph.node_ix(task_id) else { continue };
            let named = map_index.map(|i| run.nodes[node].index_of(i));
            let instances = run.nodes[node].instances.iter().enumerate();
            targets.extend(
                instances
                    .filter(|(ix, _)| named.is_none_or(|named| named == Some(*ix)))
                    .filter(|(_, instance)| may_be_skipped(instance.state))
                    .map(|(ix, _)| InstanceRef { run: asking.run, node, ix }),
            );
        }
        for at in targets {
            self.stop_attempt(at, KillReason::StateChanged, out);
            self.settle_instance(at, TaskInstanceState::Skipped, Some(format!("skipped by {by}")), now);
        }
        Reply::Done
    }

    /// Asks the executor to stop an attempt that is queued or running.
    pub(crate) fn stop_attempt(&mut self, at: InstanceRef, reason: KillReason, out: &mut Outcome) {
        if self.state_of(at).is_some_and(TaskInstanceState::is_occupying) {
            out.effects.push(Effect::Kill { attempt: self.attempt_key(at), reason });
        }
    }

    /// Records a callback that the server has to run, and asks for it (S-10.6).
    pub(crate) fn request_callback(
        &mut self,
        run_ix: crate::run::RunIx,
        kind: CallbackKind,
        task_instance: Option<tw_model::TaskInstance>,
        message: String,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let id = self.ids.next(now).as_u128();
        let Some(run) = self.runs.get_mut(&run_ix) else { return };
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return };
        let request = CallbackRequest {
            id,
            kind,
            bundle_name: dag.row.bundle_name.clone(),
            relative_fileloc: dag.row.relative_fileloc.clone(),
            dag_run: run.shared_row(),
            task_instance,
            message,
        };
        out.writes.push(Write::Callback(Box::new(request.clone())));
        out.effects.push(Effect::RunCallback(Box::new(request)));
    }

    fn audit(&self, at: InstanceRef, event: &'static str, detail: Option<String>, now: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let node = &run.nodes[at.node];
        out.writes.push(Write::Audit {
            at: now,
            event,
            owner: None,
            dag_id: run.row.dag_id.clone(),
            run_id: Some(run.row.run_id.clone()),
            task: Some((run.graph.task(at.node).task_id.clone(), node.map_index(at.ix))),
            try_number: Some(node.instances[at.ix].try_number),
            detail,
        });
    }
}

fn may_be_skipped(state: Option<TaskInstanceState>) -> bool {
    !matches!(
        state,
        Some(
            TaskInstanceState::Running
                | TaskInstanceState::Success
                | TaskInstanceState::Failed
                | TaskInstanceState::Skipped
        )
    )
}
