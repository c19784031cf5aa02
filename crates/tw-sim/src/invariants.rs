//! What must hold at every moment. Each check looks at rows and answers, never into the engine.

use std::collections::{BTreeMap, BTreeSet};

use tw_engine::{
    Blocker, Effect, EngineOptions, Explanation, Input, KillReason, Outcome, Reply, Subject, World, Write,
};
use tw_model::{
    AttemptKey, Dag, DagId, DagRun, DagRunState, GroupChild, TaskInstance, TaskInstanceState, Timestamp, Workload,
};

use crate::acts;
use crate::executor;
use crate::oracle::{self, Verdict};
use crate::store::{self, ModelStore};

/// Finished task instances and runs stay as they are; a try number never falls. A new DAG version
/// may take task instances out or bring them back, a request to skip overrules what was only a
/// consequence (S-11.8), what is mapped follows the length of its input (S-4.17), and people may
/// change what they name.
///
/// # Errors
/// Names the row that changed.
pub fn finished_states_stay(before: &ModelStore, after: &ModelStore, by: Option<&Input>) -> Result<(), String> {
    use TaskInstanceState::{Removed, Skipped, UpstreamFailed};
    let may_change = |run: &DagRun| by.is_some_and(|input| acts::reaches(input, run, before));
    for (id, run) in before.runs.iter().filter(|(_, run)| run.state.is_finished()) {
        let now = after.runs.get(id).map(|run| run.state);
        if now != Some(run.state) && !may_change(run) {
            return Err(format!("the finished run {} went from {} to {now:?}", run.run_id, run.state));
        }
    }
    if matches!(by, Some(Input::FileParsed(_))) {
        return Ok(());
    }
    let asks_to_skip = matches!(by, Some(Input::SkipDownstream { .. }));
    for (key, row) in &before.instances {
        let now = after.instances.get(key);
        if now.is_some_and(|now| now.try_number < row.try_number) {
            return Err(format!("the try number of {}[{}] of {} fell", row.task_id, row.map_index, row.run_id));
        }
        let (old, new) = (row.state, now.map(|row| row.state));
        let is_finished = old.is_some_and(TaskInstanceState::is_finished);
        if !is_finished || new == Some(old) || before.runs.get(&row.dag_run_id).is_none_or(may_change) {
            continue;
        }
        let skipped = asks_to_skip && matches!(old, Some(UpstreamFailed | Removed)) && new == Some(Some(Skipped));
        let remeasured = row.map_index >= 0 && (old == Some(Removed) || new == Some(Some(Removed)));
        if !skipped && !remeasured {
            return Err(format!("{}[{}] of {} went from {old:?} to {new:?}", row.task_id, row.map_index, row.run_id));
        }
    }
    Ok(())
}

/// A try that is no longer current is in the history, and what begins anew has another id.
///
/// # Errors
/// Names the task instance whose try is lost.
pub fn history_is_kept(before: &ModelStore, after: &ModelStore) -> Result<(), String> {
    for (key, row) in &before.instances {
        let Some(now) = after.instances.get(key) else { continue };
        let name = || format!("{}[{}] of {}", row.task_id, row.map_index, row.run_id);
        let is_over = |row: &TaskInstance| row.state.is_some_and(TaskInstanceState::is_finished);
        if is_over(row) && !is_over(now) && now.id == row.id {
            return Err(format!("{} begins anew under its old id", name()));
        }
        if now.id != row.id && row.try_number > 0 && !after.archive.contains_key(&(key.clone(), row.try_number)) {
            return Err(format!("try {} of {} is lost", row.try_number, name()));
        }
    }
    let lost = |key: &&(store::InstanceKey, u32)| !after.archive.contains_key(key) && after.runs.contains_key(&key.0.0);
    match before.archive.keys().find(lost) {
        Some(((_, task_id, map_index), number)) => {
            Err(format!("try {number} of {task_id}[{map_index}] left the history"))
        }
        None => Ok(()),
    }
}

/// A dry run, or what was refused, changes no row of its DAG's finished runs and stops nobody.
///
/// # Errors
/// Says what was done.
pub fn dry_runs_change_nothing(
    before: &ModelStore,
    after: &ModelStore,
    by: &Input,
    out: &Outcome,
) -> Result<(), String> {
    let is_dry = match by {
        Input::ClearTasks(act) => act.dry_run,
        Input::ClearRun(act) => act.dry_run,
        Input::MarkTasks(act) => act.dry_run,
        Input::MarkRun(_) | Input::DeleteRun { .. } | Input::DeleteDag { .. } => false,
        _ => return Ok(()),
    };
    let refused = matches!(out.replies.last(), Some(Reply::NotFound(_) | Reply::Conflict(_) | Reply::Invalid(_)));
    // Time passes with any input: a run may time out, and unfinished ones may move on.
    let is_stopped = |effect: &&Effect| {
        matches!(effect, Effect::Kill { reason: KillReason::StateChanged | KillReason::Cleared, .. })
    };
    if (is_dry || refused)
        && let Some(kill) = out.effects.iter().find(is_stopped)
    {
        return Err(format!("{kill:?} by {by:?}"));
    }
    let over = before.runs.values().filter(|run| run.state.is_finished());
    let over: BTreeSet<_> = over.map(|run| run.id).collect();
    let rows = |store: &ModelStore| -> Vec<TaskInstance> {
        store.instances.values().filter(|row| over.contains(&row.dag_run_id)).cloned().collect()
    };
    if (is_dry || refused) && rows(before) != rows(after) {
        return Err(format!("{by:?} changed what was over"));
    }
    Ok(())
}

fn is_active(row: &TaskInstance) -> bool {
    row.state.is_some_and(TaskInstanceState::is_occupying)
}

/// Whatever was newly queued fits into its pool, its run's and its task's limits and the
/// parallelism, and belongs to a running run of a live DAG.
///
/// # Errors
/// Names the limit and what broke it.
pub fn limits_hold(
    before: &ModelStore,
    after: &ModelStore,
    options: &EngineOptions,
    effects: &[Effect],
) -> Result<(), String> {
    for workload in newly_queued(before, effects) {
        // Killed again by the same input.
        let Some(row) = after.by_id(workload.attempt.task_instance_id).filter(|row| is_active(row)) else { continue };
        let fail = |what: String| Err(format!("{} was queued beyond {what}", executor::name(workload)));
        let active: Vec<&TaskInstance> = after.instances.values().filter(|row| is_active(row)).collect();
        if active.len() > options.parallelism as usize {
            return fail(format!("the parallelism of {}", options.parallelism));
        }
        let used: i64 = active.iter().filter(|r| r.pool == row.pool).map(|r| i64::from(r.pool_slots)).sum();
        match after.pools.get(&row.pool).map(|pool| pool.slots) {
            None => return fail(format!("the missing pool {}", row.pool)),
            Some(slots) if slots >= 0 && used > i64::from(slots) => {
                return fail(format!("pool {}: {used} of {slots} slots", row.pool));
            }
            Some(_) => {}
        }
        let Some((dag, held)) = latest(after, &row.dag_id) else { return fail("an unknown DAG".to_owned()) };
        if held {
            return fail("a pause: its DAG is paused or stale".to_owned());
        }
        if after.runs.get(&row.dag_run_id).is_none_or(|run| run.state != DagRunState::Running) {
            return fail("its run, which is not running".to_owned());
        }
        let in_run = active.iter().filter(|r| r.dag_run_id == row.dag_run_id).count();
        if in_run > dag.max_active_tasks as usize {
            return fail(format!("max_active_tasks: {in_run} of {}", dag.max_active_tasks));
        }
        let of_task: Vec<_> = active.iter().filter(|r| r.dag_id == row.dag_id && r.task_id == row.task_id).collect();
        let in_run = of_task.iter().filter(|r| r.dag_run_id == row.dag_run_id).count();
        let task = dag.task(row.task_id.as_str());
        if task.and_then(|t| t.max_active_tis_per_dag).is_some_and(|max| of_task.len() > max as usize)
            || task.and_then(|t| t.max_active_tis_per_dagrun).is_some_and(|max| in_run > max as usize)
        {
            return fail("its task's limit".to_owned());
        }
    }
    Ok(())
}

/// Dispatched workloads that the rows did not know as queued yet.
fn newly_queued<'a>(before: &'a ModelStore, effects: &'a [Effect]) -> impl Iterator<Item = &'a Workload> {
    effects.iter().filter_map(move |effect| match effect {
        Effect::Dispatch(w) => {
            let was_queued = |row: &TaskInstance| is_active(row) && row.dispatch == w.attempt.dispatch;
            (!before.by_id(w.attempt.task_instance_id).is_some_and(was_queued)).then_some(&**w)
        }
        Effect::Kill { .. } | Effect::RunCallback(_) => None,
    })
}

/// The latest version of a DAG, and whether it is paused or stale.
fn latest<'a>(store: &'a ModelStore, dag_id: &DagId) -> Option<(&'a Dag, bool)> {
    let row = store.dags.get(dag_id)?;
    let version = store.versions.get(&row.latest_version_id)?;
    Some((&version.dag, row.is_paused || row.is_stale))
}

/// Whether any task of the DAG is mapped.
pub fn is_mapped(dag: &Dag) -> bool {
    dag.tasks.iter().any(|task| task.expand_input.is_some())
        || dag.task_group.children.iter().any(|child| matches!(child, GroupChild::Group(_)))
}

/// Whatever starts in an unmapped DAG is allowed to by the table of trigger rules.
///
/// # Errors
/// Names the task, its rule and its upstreams.
pub fn rules_allow(after: &ModelStore, effects: &[Effect]) -> Result<(), String> {
    for effect in effects {
        let Effect::Dispatch(workload) = effect else { continue };
        let Some((dag, _)) = latest(after, &workload.dag_id).filter(|(dag, _)| !is_mapped(dag)) else { continue };
        let Some(task) = dag.task(workload.task_id.as_str()) else { continue };
        let finals = |id: &tw_model::TaskId| {
            let row = after.instances.get(&(workload.dag_run.id, id.clone(), -1));
            let is_setup = dag.task(id.as_str()).is_some_and(|task| task.is_setup);
            (row.and_then(|row| row.state).filter(|state| state.is_finished()), is_setup)
        };
        let upstream = oracle::upstream_ids(dag);
        let upstreams: Vec<_> = upstream[&task.task_id].iter().map(|id| finals(id)).collect();
        if oracle::verdict(task.trigger_rule, &upstreams) != Verdict::Run {
            return Err(format!("{} ({}) starts over {upstreams:?}", executor::name(workload), task.trigger_rule));
        }
    }
    Ok(())
}

/// Applying a batch twice has the effect of once.
///
/// # Errors
/// If the second time changes or contradicts anything.
pub fn twice_is_once(before: &ModelStore, after: &ModelStore, writes: &[Write]) -> Result<(), String> {
    let mut twice = before.clone();
    twice.apply(writes)?;
    twice.apply_again(writes).map_err(|problem| format!("a batch cannot be applied twice: {problem}"))?;
    if twice == *after { Ok(()) } else { Err("applying a batch twice differs from once".to_owned()) }
}

/// User code never sees what an earlier try pushed.
///
/// # Errors
/// Names the attempt that would.
pub fn xcoms_are_cleared(store: &ModelStore, workload: Option<&Workload>) -> Result<(), String> {
    let key = |w: &Workload| (w.dag_run.id, w.task_id.clone(), w.map_index);
    match workload.filter(|w| store.xcoms.contains(&key(w))) {
        Some(w) => Err(format!("{} begins with the XComs of an earlier try", executor::name(w))),
        None => Ok(()),
    }
}

/// The attempts of the engine, the active rows and what the executor holds are the same.
///
/// # Errors
/// Lists all three.
pub fn attempts_match(store: &ModelStore, world: &World, held: &BTreeSet<AttemptKey>) -> Result<(), String> {
    let rows = store.instances.values().filter(|row| is_active(row));
    let active: BTreeSet<AttemptKey> =
        rows.map(|row| AttemptKey { task_instance_id: row.id, dispatch: row.dispatch }).collect();
    let known: BTreeSet<AttemptKey> = world.attempts().collect();
    if active == known && known == *held {
        return Ok(());
    }
    Err(format!("attempts differ: rows {active:?}, engine {known:?}, executor {held:?}"))
}

fn subject(row: &TaskInstance) -> Subject {
    Subject::TaskInstance {
        dag_id: row.dag_id.clone(),
        run_id: row.run_id.clone(),
        task_id: row.task_id.clone(),
        map_index: row.map_index,
    }
}

/// The task instances that wait: unfinished, of an unfinished run, and with no executor.
pub fn waiting(store: &ModelStore) -> impl Iterator<Item = &TaskInstance> {
    let is_over = |row: &TaskInstance| store.runs.get(&row.dag_run_id).is_none_or(|run| run.state.is_finished());
    store
        .instances
        .values()
        .filter(move |row| !is_active(row) && !row.state.is_some_and(TaskInstanceState::is_finished) && !is_over(row))
}

/// Every wait has a reason.
///
/// # Errors
/// Names the task instance that waits for nothing.
pub fn every_wait_has_a_reason(store: &ModelStore, world: &World, now: Timestamp) -> Result<(), String> {
    for row in waiting(store) {
        if world.explain(&subject(row), now).blockers.is_empty() {
            return Err(format!(
                "{}/{}[{}] is {:?} and nothing holds it",
                row.run_id, row.task_id, row.map_index, row.state
            ));
        }
    }
    Ok(())
}

/// Why the task instances of each unfinished run wait.
pub fn reasons(store: &ModelStore, world: &World, now: Timestamp) -> BTreeMap<String, Vec<Blocker>> {
    let unfinished = store.runs.values().filter(|run| !run.state.is_finished());
    let mut reasons: BTreeMap<String, Vec<Blocker>> =
        unfinished.map(|run| (format!("{}/{}", run.dag_id, run.run_id), Vec::new())).collect();
    for row in waiting(store) {
        let blockers = reasons.entry(format!("{}/{}", row.dag_id, row.run_id)).or_default();
        blockers.extend(world.explain(&subject(row), now).blockers);
    }
    reasons
}

/// An explanation without the places in the order of a pool. What was set aside for its size or its task's
/// limit stands there until it is looked at again, which a rebuilt world does at once and only if it may admit.
fn comparable(world: &World, subject: &Subject, now: Timestamp) -> Explanation {
    let mut explanation = world.explain(subject, now);
    explanation.blockers.iter_mut().for_each(|blocker| blocker.ahead = None);
    explanation
}

/// A world rebuilt from the rows writes nothing, dispatches nothing and explains alike.
///
/// # Errors
/// Says where it differs.
pub fn rebuilt_agrees(
    store: &ModelStore,
    world: &World,
    options: &EngineOptions,
    now: Timestamp,
) -> Result<(), String> {
    let alive: BTreeSet<AttemptKey> = world.attempts().collect();
    let mut out = Outcome::default();
    let rebuilt = World::rebuild(options.clone(), store.snapshot(), &alive, now, &mut out);
    let mut after = store.clone();
    after.apply(&out.writes)?;
    if after != *store {
        return Err(format!("a rebuilt world writes {:?}", out.writes));
    }
    // Whoever is being stopped is asked again.
    let is_fine = |effect: &&Effect| matches!(effect, Effect::RunCallback(_) | Effect::Kill { .. });
    if let Some(effect) = out.effects.iter().find(|effect| !is_fine(effect)) {
        return Err(format!("a rebuilt world wants {effect:?}"));
    }
    if rebuilt.attempts().collect::<BTreeSet<_>>() != alive {
        return Err("a rebuilt world knows other attempts".to_owned());
    }
    let unfinished = store.runs.values().filter(|run| !run.state.is_finished());
    let runs = unfinished.map(|r| Subject::Run { dag_id: r.dag_id.clone(), run_id: r.run_id.clone() });
    let dags = store.dags.keys().map(|dag_id| Subject::Dag(dag_id.clone()));
    for subject in dags.chain(runs).chain(waiting(store).map(subject)) {
        let (mine, theirs) = (comparable(world, &subject, now), comparable(&rebuilt, &subject, now));
        if mine != theirs {
            return Err(format!("{subject:?}: the world says {mine:?}, a rebuilt one {theirs:?}"));
        }
    }
    Ok(())
}
