//! A second opinion on trigger rules, straight from the table (S-3.24): slow, naive, and without
//! a line of the engine. It knows tasks that are not mapped.

use std::collections::{BTreeMap, BTreeSet};

use tw_model::{Dag, TaskId, TaskInstanceState, TriggerRule};

/// What the table says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It may run.
    Run,
    /// Nothing yet.
    Wait,
    /// It becomes `skipped`.
    Skip,
    /// It becomes `upstream_failed`.
    UpstreamFailed,
}

/// A direct upstream: its state as far as it is final, and whether it is a setup.
pub type Upstream = (Option<TaskInstanceState>, bool);

/// Reads the table for a task with these direct upstreams.
pub fn verdict(rule: TriggerRule, upstreams: &[Upstream]) -> Verdict {
    use TaskInstanceState as State;
    if upstreams.is_empty() {
        return Verdict::Run;
    }
    let some = |wanted: &[State]| upstreams.iter().any(|(state, _)| state.is_some_and(|s| wanted.contains(&s)));
    let all = |wanted: &[State]| upstreams.iter().all(|(state, _)| state.is_some_and(|s| wanted.contains(&s)));
    const BAD: &[State] = &[State::Failed, State::UpstreamFailed];
    const GOOD: &[State] = &[State::Success];
    const SKIPPED: &[State] = &[State::Skipped];
    let done = upstreams.iter().all(|(state, _)| state.is_some());
    let sets = |uf: bool, skip: bool, pass: bool| match (uf, skip, pass) {
        (true, _, _) => Verdict::UpstreamFailed,
        (_, true, _) => Verdict::Skip,
        (_, _, true) => Verdict::Run,
        (false, false, false) => Verdict::Wait,
    };
    match rule {
        TriggerRule::AllSuccess => sets(some(BAD), some(SKIPPED), all(GOOD)),
        TriggerRule::AllFailed => sets(false, some(GOOD) || some(SKIPPED), all(BAD)),
        TriggerRule::AllDone => sets(false, false, done),
        TriggerRule::AllDoneMinOneSuccess => {
            sets(done && !some(SKIPPED) && !some(GOOD), some(SKIPPED), done && some(GOOD))
        }
        TriggerRule::AllDoneSetupSuccess => {
            let setups: Vec<_> = upstreams.iter().filter(|(_, is_setup)| *is_setup).map(|(state, _)| *state).collect();
            let any_good = setups.contains(&Some(State::Success));
            let all_skipped = !setups.is_empty() && setups.iter().all(|s| *s == Some(State::Skipped));
            let none = !setups.is_empty() && !any_good && !all_skipped;
            sets(done && none, done && all_skipped, done)
        }
        TriggerRule::OneSuccess => sets(done && !some(GOOD) && !all(SKIPPED), all(SKIPPED), some(GOOD)),
        TriggerRule::OneFailed => sets(false, done && !some(BAD), some(BAD)),
        TriggerRule::OneDone => {
            let counted = some(&[State::Success, State::Failed]);
            sets(false, done && !counted, counted)
        }
        TriggerRule::NoneFailed => sets(some(BAD), false, all(&[State::Success, State::Skipped])),
        TriggerRule::NoneFailedMinOneSuccess => {
            let passes = all(&[State::Success, State::Skipped]) && some(GOOD);
            sets(some(BAD), all(SKIPPED), passes)
        }
        TriggerRule::NoneSkipped => sets(false, some(SKIPPED), done),
        TriggerRule::AllSkipped => sets(false, some(GOOD) || some(BAD), all(SKIPPED)),
        TriggerRule::Always => Verdict::Run,
    }
}

/// The direct upstreams of each task, by task id.
pub fn upstream_ids(dag: &Dag) -> BTreeMap<&TaskId, Vec<&TaskId>> {
    let mut upstream: BTreeMap<&TaskId, Vec<&TaskId>> = dag.tasks.iter().map(|t| (&t.task_id, Vec::new())).collect();
    for task in &dag.tasks {
        for down in &task.downstream_task_ids {
            upstream.entry(down).or_default().push(&task.task_id);
        }
    }
    upstream
}

/// What a task may have become, given the final states of its direct upstreams and that they
/// arrived in an unknown order: the decisive verdicts over all parts of them. An early decision
/// is never revised (S-3.27), so several may be right.
pub fn possible(rule: TriggerRule, finals: &[Option<TaskInstanceState>]) -> BTreeSet<Verdict> {
    // Only how many there are of each state matters.
    let mut parts: BTreeSet<Vec<Option<TaskInstanceState>>> = BTreeSet::from([Vec::new()]);
    for state in finals {
        let longer = parts.iter().flat_map(|part| {
            [None, *state].map(|next| {
                let mut part = part.clone();
                part.push(next);
                part.sort();
                part
            })
        });
        parts = longer.collect();
    }
    let verdicts = parts.iter().map(|part| {
        let upstreams: Vec<Upstream> = part.iter().map(|state| (*state, false)).collect();
        verdict(rule, &upstreams)
    });
    verdicts.filter(|verdict| *verdict != Verdict::Wait).collect()
}

/// Compares the final states of a run's tasks with the table. `ran` says how a task ended that
/// was allowed to run; tasks without an entry did not run.
///
/// # Errors
/// Names the first task whose state no order of events explains.
pub fn check_finals(
    dag: &Dag,
    finals: &BTreeMap<TaskId, Option<TaskInstanceState>>,
    ran: &BTreeMap<TaskId, TaskInstanceState>,
) -> Result<(), String> {
    let upstream = upstream_ids(dag);
    for task in &dag.tasks {
        let id = &task.task_id;
        let ups: Vec<_> = upstream[id].iter().map(|up| finals.get(*up).copied().flatten()).collect();
        let possible = possible(task.trigger_rule, &ups);
        let state = finals.get(id).copied().flatten();
        let fits = |verdict: &Verdict| match verdict {
            Verdict::Run => state.is_some() && state == ran.get(id).copied(),
            Verdict::Skip => state == Some(TaskInstanceState::Skipped) && !ran.contains_key(id),
            Verdict::UpstreamFailed => state == Some(TaskInstanceState::UpstreamFailed) && !ran.contains_key(id),
            Verdict::Wait => false,
        };
        let is_deadlocked = possible.is_empty() && state.is_none();
        if !is_deadlocked && !possible.iter().any(fits) {
            return Err(format!("{id} ({}) ended as {state:?} over {ups:?}; expected {possible:?}", task.trigger_rule));
        }
    }
    Ok(())
}
