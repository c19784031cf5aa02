//! Readiness: when a task instance may be scheduled, and what it becomes otherwise (section 3
//! of the scheduling rules).

use std::sync::Arc;

use tw_model::{DagRunState, RunType, SkipRecord, Task, TaskId, TaskInstanceState, Timestamp, TriggerRule};

use crate::explanation::Place;
use crate::graph::NodeIx;
use crate::instance::{Tally, When};
use crate::mapping::{Expansion, Relevant};
use crate::run::{InstanceRef, RunIx, RunState};
use crate::trigger_rule::{self, Upstreams, Verdict};
use crate::vocabulary::Outcome;
use crate::world::{EVERY, Timer, World};

/// The first condition of an instance that does not hold, in the order of S-3.4.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Readiness {
    /// All hold.
    Ready,
    /// It waits for the clock: retry or reschedule period.
    Period(Timestamp),
    /// The previous run has not got far enough: why, and where to look.
    PreviousRun(String, Place),
    /// The tasks its expansion needs are not done.
    Expansion,
    /// Its upstreams, a setup or its scope are not done.
    Upstream,
    /// It will not run; the state it gets and why.
    Settled(TaskInstanceState, String),
}

impl World {
    /// Looks at a node again: all its undecided instances, or one position.
    pub(crate) fn evaluate(&mut self, run_ix: RunIx, node: NodeIx, ix: usize, now: Timestamp, out: &mut Outcome) {
        if !self.run_is_running(run_ix) {
            return;
        }
        let Some(run) = self.runs.get(&run_ix) else { return };
        let state = &run.nodes[node];
        if ix != EVERY {
            if ix < state.instances.len() {
                self.evaluate_instance(InstanceRef { run: run_ix, node, ix }, now, out);
            }
            return;
        }
        let undecided: Vec<usize> =
            (0..state.instances.len()).filter(|&i| is_schedulable(state.instances[i].state)).collect();
        let shape = &run.graph.nodes[node];
        // A mapped upstream may choose for each instance on its own.
        let chooses = |&up: &NodeIx| run.graph.nodes[up].is_mapped && run.graph.task(up).can_skip_downstream;
        let uniform = shape.groups.is_empty() && !shape.upstream.iter().any(chooses);
        let mut fresh_wait = false;
        for i in undecided {
            let at = InstanceRef { run: run_ix, node, ix: i };
            // Another length may have taken it away.
            let instance = self.runs.get(&run_ix).and_then(|run| run.nodes[node].instances.get(i));
            let Some(is_fresh) = instance.map(|instance| instance.state.is_none()) else { return };
            if is_fresh && fresh_wait {
                continue;
            }
            let moved = self.evaluate_instance(at, now, out);
            // Outside mapped groups all instances without a state mostly look at the same upstreams;
            // those between two tries also look at their own clock.
            fresh_wait |=
                is_fresh && uniform && !moved && self.runs.get(&run_ix).is_some_and(|r| r.nodes[node].expanded);
        }
    }

    /// Moves one instance if its conditions allow; says whether it moved.
    fn evaluate_instance(&mut self, at: InstanceRef, now: Timestamp, out: &mut Outcome) -> bool {
        let Some(run) = self.runs.get(&at.run) else { return false };
        if !is_schedulable(run.nodes[at.node].instances[at.ix].state) {
            return false;
        }
        let is_placeholder = run.graph.nodes[at.node].is_mapped && !run.nodes[at.node].expanded;
        let held = self.dags.get(&run.row.dag_id).is_none_or(|dag| dag.is_held());
        match self.readiness(run, at, now) {
            Readiness::Settled(state, reason) => {
                self.settle_instance(at, state, Some(reason), now);
                true
            }
            Readiness::Period(until) => {
                self.timers.insert((until, Timer::Instance(at)));
                false
            }
            Readiness::PreviousRun(..) | Readiness::Expansion | Readiness::Upstream => false,
            Readiness::Ready if held => false,
            Readiness::Ready if is_placeholder => {
                if let Expansion::Done = self.expand(at.run, at.node, now, out) {
                    self.todo.evaluate.insert((at.run, at.node, EVERY));
                }
                true
            }
            Readiness::Ready => {
                if !self.revise(at.run, at.node, now, out) {
                    self.schedule(at, now);
                }
                true
            }
        }
    }

    /// S-1.24 to S-1.26.
    fn schedule(&mut self, at: InstanceRef, now: Timestamp) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let needs_no_worker = run.graph.task(at.node).needs_no_worker();
        let instance = &mut run.nodes[at.node].instances[at.ix];
        let fresh_try = instance.state != Some(TaskInstanceState::UpForReschedule);
        instance.try_number += u32::from(fresh_try);
        instance.not_before = When::NEVER;
        if needs_no_worker && instance.state.is_none() {
            instance.start_date = now.into();
            instance.end_date = now.into();
            self.transition(at, Some(TaskInstanceState::Success), now);
            return;
        }
        instance.scheduled_at = now.into();
        instance.set_reason(None);
        self.transition(at, Some(TaskInstanceState::Scheduled), now);
    }

    /// Gives an instance a final state without running it.
    pub(crate) fn settle_instance(
        &mut self,
        at: InstanceRef,
        state: TaskInstanceState,
        reason: Option<String>,
        now: Timestamp,
    ) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.set_reason(reason);
        self.transition(at, Some(state), now);
        if state == TaskInstanceState::Failed {
            self.todo.fail_fast.insert(at.run);
        }
    }

    /// The conditions of one instance, in order; the first that fails is the answer (S-3.4).
    pub(crate) fn readiness(&self, run: &RunState, at: InstanceRef, now: Timestamp) -> Readiness {
        let graph = &run.graph;
        let task = graph.task(at.node);
        if let Some(until) = period(run, at, now) {
            return Readiness::Period(until);
        }
        if let Some((reason, place)) = self.previous_run_blocks(run, at.node) {
            return Readiness::PreviousRun(reason, place);
        }
        if let Some(by) = skipped_by(run, at) {
            return Readiness::Settled(TaskInstanceState::Skipped, format!("{by} chose not to go on to this task"));
        }
        if let Some(answer) = expansion_inputs(run, at) {
            return answer;
        }
        if !task.is_teardown
            && let Some(answer) = indirect_setups(run, at.node)
        {
            return answer;
        }
        match trigger_rule::evaluate(task.trigger_rule, &upstreams(run, at)) {
            Verdict::Wait => Readiness::Upstream,
            Verdict::Skip => Readiness::Settled(TaskInstanceState::Skipped, settled_reason(run, at, task)),
            Verdict::UpstreamFailed => {
                Readiness::Settled(TaskInstanceState::UpstreamFailed, settled_reason(run, at, task))
            }
            Verdict::Run if task.is_teardown && !scope_is_done(run, at.node) => Readiness::Upstream,
            Verdict::Run => Readiness::Ready,
        }
    }

    /// S-3.8: why the previous run does not let an instance of this task go on, and where to look.
    fn previous_run_blocks(&self, run: &RunState, node: NodeIx) -> Option<(String, Place)> {
        let task = run.graph.task(node);
        if !task.depends_on_past && !task.wait_for_downstream {
            return None;
        }
        let previous = self.previous_run(run)?;
        let logical_date = previous.row.logical_date?;
        if run.graph.dag.catchup && task.start_date.is_some_and(|start| logical_date < start) {
            return None;
        }
        let name = &previous.row.run_id;
        let before = previous.graph.node_ix(&task.task_id).map(|ix| &previous.nodes[ix]);
        let Some(before) = before.filter(|n| !n.instances.is_empty()) else {
            let lets_pass = task.ignore_first_depends_on_past && !self.earlier_run_had(previous, task);
            let place = || Place::Run { dag_id: run.row.dag_id.clone(), run_id: name.clone() };
            return (!lets_pass).then(|| (format!("the previous run {name} has no instance of this task"), place()));
        };
        let place = |task_id: &TaskId| Place::Task {
            dag_id: run.row.dag_id.clone(),
            run_id: name.clone(),
            task_id: task_id.clone(),
        };
        let well_ended = |own: &Tally, total: usize| (own.success + own.skipped) as usize == total;
        if !well_ended(&before.own, before.instances.len()) {
            let reason = format!("its instance in the previous run {name} has not succeeded");
            return Some((reason, place(&task.task_id)));
        }
        if task.wait_for_downstream {
            let down = task.downstream_task_ids.iter().filter_map(|id| previous.graph.node_ix(id));
            for ix in down {
                let node = &previous.nodes[ix];
                if !well_ended(&node.own, node.instances.len()) {
                    let down = &previous.graph.task(ix).task_id;
                    return Some((format!("{down} in the previous run {name} has not succeeded"), place(down)));
                }
            }
        }
        None
    }

    /// The run with the nearest earlier logical date; with catchup manual runs do not count.
    pub(crate) fn previous_run(&self, run: &RunState) -> Option<&RunState> {
        let dag = self.dags.get(&run.row.dag_id)?;
        let catchup = run.graph.dag.catchup;
        let earlier = dag.by_logical_date.range(..run.row.logical_date?).rev();
        earlier
            .filter_map(|(_, ix)| self.runs.get(ix))
            .find(|previous| !catchup || previous.row.run_type != RunType::Manual)
    }

    fn earlier_run_had(&self, previous: &RunState, task: &Task) -> bool {
        let mut run = self.previous_run(previous);
        while let Some(earlier) = run {
            if earlier.graph.node_ix(&task.task_id).is_some_and(|ix| !earlier.nodes[ix].instances.is_empty()) {
                return true;
            }
            run = self.previous_run(earlier);
        }
        false
    }

    /// Looks again at what a later run kept waiting for this instance.
    pub(crate) fn wake_next_run(&mut self, at: InstanceRef) {
        let Some(run) = self.runs.get(&at.run) else { return };
        let (Some(dag), Some(date)) = (self.dags.get(&run.row.dag_id), run.row.logical_date) else { return };
        let task_id = &run.graph.task(at.node).task_id;
        let later = dag.by_logical_date.range((std::ops::Bound::Excluded(date), std::ops::Bound::Unbounded));
        for (_, ix) in later {
            let Some(next) = self.runs.get(ix).filter(|r| r.row.state == DagRunState::Running) else { continue };
            let Some(node) = next.graph.node_ix(task_id) else { continue };
            self.todo.evaluate.insert((*ix, node, EVERY));
            self.todo.evaluate.extend(next.graph.nodes[node].upstream.iter().map(|&up| (*ix, up, EVERY)));
        }
    }
}

/// The states in which the conditions of an instance are looked at (S-3.4).
fn is_schedulable(state: Option<TaskInstanceState>) -> bool {
    matches!(state, None | Some(TaskInstanceState::UpForRetry | TaskInstanceState::UpForReschedule))
}

/// S-3.6, S-3.7: until when an instance pauses between tries or pokes.
fn period(run: &RunState, at: InstanceRef, now: Timestamp) -> Option<Timestamp> {
    let instance = &run.nodes[at.node].instances[at.ix];
    let not_before = instance.not_before.get()?;
    let one = tw_model::TimeSpan::from_micros(1);
    match instance.state {
        // Strictly after the instant.
        Some(TaskInstanceState::UpForRetry) if not_before >= now => Some(not_before.saturating_add(one)),
        Some(TaskInstanceState::UpForReschedule) if not_before > now => Some(not_before),
        _ => None,
    }
}

/// S-3.12 to S-3.14: the direct upstream whose recorded choice leaves this instance out.
fn skipped_by(run: &RunState, at: InstanceRef) -> Option<String> {
    let graph = Arc::clone(&run.graph);
    let my_id = &graph.task(at.node).task_id;
    for &up in graph.nodes[at.node].upstream.iter().filter(|&&up| graph.task(up).can_skip_downstream) {
        let node = &run.nodes[up];
        let position = match run.relevant(at.node, at.ix, up) {
            Relevant::Range(range) => range.start,
            Relevant::All if node.expanded => at.ix,
            Relevant::All => 0,
        };
        let Some(instance) = node.instances.get(position).filter(|i| i.is_finished()) else { continue };
        let leaves_out = match instance.skip_record() {
            Some(SkipRecord::Followed(ids)) => !ids.contains(my_id),
            Some(SkipRecord::Skipped(ids)) => ids.contains(my_id),
            None => false,
        };
        if leaves_out {
            return Some(graph.task(up).task_id.to_string());
        }
    }
    None
}

/// S-4.8: what the placeholder's expansion inputs say, if they do not let it pass.
fn expansion_inputs(run: &RunState, at: InstanceRef) -> Option<Readiness> {
    if run.nodes[at.node].expanded {
        return None;
    }
    let needs = &run.graph.nodes[at.node].expansion_needs;
    let mut any_skipped = None;
    for &need in needs.iter().filter(|&&need| !run.nodes[need].expanded) {
        let node = &run.nodes[need];
        let name = || &run.graph.task(need).task_id;
        let Some(instance) = node.instances.first() else { continue };
        match instance.state {
            Some(TaskInstanceState::Success) => {}
            Some(TaskInstanceState::Failed | TaskInstanceState::UpstreamFailed) => {
                let reason = format!("{}, which it is mapped over, failed", name());
                return Some(Readiness::Settled(TaskInstanceState::UpstreamFailed, reason));
            }
            Some(TaskInstanceState::Skipped) => any_skipped = Some(name()),
            _ => return Some(Readiness::Expansion),
        }
    }
    any_skipped.map(|name| {
        Readiness::Settled(TaskInstanceState::Skipped, format!("{name}, which it is mapped over, was skipped"))
    })
}

/// S-3.31: setups further up must have succeeded before anything but a teardown runs.
fn indirect_setups(run: &RunState, node: NodeIx) -> Option<Readiness> {
    let mut waits = false;
    for &setup in &run.graph.nodes[node].indirect_setups {
        let (own, total) = (&run.nodes[setup].own, run.nodes[setup].instances.len() as u32);
        let name = &run.graph.task(setup).task_id;
        if own.failed + own.upstream_failed > 0 {
            let reason = format!("its setup {name} failed");
            return Some(Readiness::Settled(TaskInstanceState::UpstreamFailed, reason));
        }
        if own.skipped > 0 {
            return Some(Readiness::Settled(TaskInstanceState::Skipped, format!("its setup {name} was skipped")));
        }
        waits |= own.success + own.removed < total;
    }
    waits.then_some(Readiness::Upstream)
}

/// S-3.32.
fn scope_is_done(run: &RunState, node: NodeIx) -> bool {
    let scope = &run.graph.nodes[node].scope;
    scope.iter().all(|&t| run.nodes[t].own.done() as usize >= run.nodes[t].instances.len())
}

/// S-3.21, S-3.26: the counts a trigger rule looks at.
pub(crate) fn upstreams(run: &RunState, at: InstanceRef) -> Upstreams {
    let shape = &run.graph.nodes[at.node];
    let node = &run.nodes[at.node];
    let setups = (!shape.direct_setups.is_empty()).then(|| {
        let mut tally = Tally::default();
        shape.direct_setups.iter().for_each(|&s| tally.add_all(&run.nodes[s].own));
        tally
    });
    if shape.groups.is_empty() {
        return Upstreams { tally: node.up, total: node.up_total, setups };
    }
    let (mut tally, mut total) = (Tally::default(), 0);
    for &up in &shape.upstream {
        let theirs = &run.nodes[up];
        match relevant_to_rule(run, at, up) {
            Relevant::All => {
                tally.add_all(&theirs.own);
                total += theirs.instances.len() as u32;
            }
            Relevant::Range(range) => {
                total += range.len() as u32;
                theirs.instances[range].iter().for_each(|i| tally.add(i.state));
            }
        }
    }
    if !shape.counts_rows {
        total = shape.upstream.len() as u32;
    }
    Upstreams { tally, total, setups }
}

/// S-3.26b: before its group is expanded, a rule that may fire early looks at everything.
fn relevant_to_rule(run: &RunState, at: InstanceRef, up: NodeIx) -> Relevant {
    let fast = matches!(
        run.graph.task(at.node).trigger_rule,
        TriggerRule::OneSuccess | TriggerRule::OneFailed | TriggerRule::OneDone | TriggerRule::NoneFailedMinOneSuccess
    );
    let is_input = || run.graph.nodes[at.node].expansion_needs.contains(&up);
    if !run.nodes[at.node].expanded && fast && !is_input() {
        return Relevant::All;
    }
    run.relevant(at.node, at.ix, up)
}

/// Names the upstreams behind a state that a trigger rule set.
fn settled_reason(run: &RunState, at: InstanceRef, task: &Task) -> String {
    const NAMED: usize = 3;
    let mut culprits = Vec::new();
    for &up in &run.graph.nodes[at.node].upstream {
        let own = &run.nodes[up].own;
        let state = match () {
            () if own.failed > 0 => "failed",
            () if own.upstream_failed > 0 => "upstream_failed",
            () if own.skipped > 0 => "skipped",
            () if own.removed > 0 => "removed",
            () if own.success > 0 => "success",
            () => continue,
        };
        culprits.push((state, &run.graph.task(up).task_id));
    }
    let rank =
        |state: &str| ["failed", "upstream_failed", "skipped", "removed", "success"].iter().position(|s| *s == state);
    culprits.sort_by_key(|(state, _)| rank(state));
    let listed: Vec<String> = culprits.iter().take(NAMED).map(|(state, id)| format!("{id} {state}")).collect();
    let more = culprits.len().saturating_sub(NAMED);
    let suffix = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("trigger rule {}: {}{suffix}", task.trigger_rule, listed.join(", "))
}
