//! Admission: which ready instances are queued now (section 5 of the scheduling rules).
//!
//! A ready instance waits in exactly one place, chosen so that what is blocked costs nothing:
//!
//! - beyond its run's `max_active_tasks`, or its DAG is paused: in the run's [`Gate`];
//! - at a task-level limit: in its DAG's [`TaskParks`];
//! - asking for more slots than its pool has open: in the pool's `too_big`;
//! - otherwise in its pool's queue, in global priority order.
//!
//! Whatever frees a place moves as many waiting instances on as there are free places, so a
//! finished instance costs the logarithm of what waits, times the pools its run uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{AttemptKey, DagRunState, Pool, ReturnValue, TaskId, TaskInstanceState, Timestamp, Workload};

use crate::explanation::AHEAD_COUNTED_MAX;
use crate::graph::NodeIx;
use crate::holders::Held;
use crate::instance::When;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{Effect, Outcome, Reply, Write};
use crate::world::World;

/// Handle of a pool name; names are never forgotten, so a task may wait for a missing pool.
pub(crate) type PoolIx = usize;

/// The order of admission (S-5.11): heavier first, then older, then by creation and position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct ReadyKey {
    weight: std::cmp::Reverse<i32>,
    date: Timestamp,
    pub(crate) at: InstanceRef,
}

/// The ready instances of one run for one pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    /// In the pool; at most as many as the run has free places.
    inside: BTreeSet<ReadyKey>,
    waiting: BTreeSet<ReadyKey>,
    /// Instances of the run that hold slots of the pool, and how many slots.
    pub(crate) holders: BTreeSet<Held>,
    pub(crate) used: i64,
}

impl Gate {
    pub(crate) fn hold(&mut self, held: Held, slots: i64, occupies: bool) {
        keep(&mut self.holders, held, occupies);
        self.used += if occupies { slots } else { -slots };
    }
}

/// Puts an entry into a set, or takes it out.
fn keep(set: &mut BTreeSet<Held>, held: Held, holds: bool) {
    if holds {
        set.insert(held);
    } else {
        set.remove(&held);
    }
}

/// Ready instances held back by a task-level limit, by task and run.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskParks {
    waiting: BTreeMap<TaskId, BTreeMap<RunIx, BTreeSet<ReadyKey>>>,
    /// Instances of each limited task that count for `max_active_tis_per_dag` (S-5.17).
    active: BTreeMap<TaskId, BTreeSet<Held>>,
}

impl TaskParks {
    pub(crate) fn hold(&mut self, task_id: &TaskId, held: Held, holds: bool) {
        keep(self.active.entry(task_id.clone()).or_default(), held, holds);
    }

    /// Instances of a limited task that count for its limits, over all runs.
    pub(crate) fn holders(&self, task_id: &TaskId) -> Option<&BTreeSet<Held>> {
        self.active.get(task_id)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Pools {
    by_name: BTreeMap<String, PoolIx>,
    pools: Vec<PoolState>,
    /// Instances queued or running over everything.
    pub(crate) occupied: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PoolState {
    /// `None` = tasks name it, but nobody created it.
    pub(crate) pool: Option<Pool>,
    pub(crate) used: i64,
    /// Instances that hold its slots.
    pub(crate) holders: BTreeSet<Held>,
    queue: BTreeSet<ReadyKey>,
    too_big: BTreeMap<u32, BTreeSet<ReadyKey>>,
}

impl PoolState {
    /// Open slots; a shrunken pool may have less than none (S-5.22).
    pub(crate) fn open(&self) -> i64 {
        match &self.pool {
            None => 0,
            Some(pool) if pool.slots < 0 => i64::MAX,
            Some(pool) => i64::from(pool.slots) - self.used,
        }
    }
}

impl Pools {
    pub(crate) fn ix(&mut self, name: &str) -> PoolIx {
        if let Some(&ix) = self.by_name.get(name) {
            return ix;
        }
        self.pools.push(PoolState::default());
        self.by_name.insert(name.to_owned(), self.pools.len() - 1);
        self.pools.len() - 1
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<(PoolIx, &PoolState)> {
        self.by_name.get(name).map(|&ix| (ix, &self.pools[ix]))
    }

    pub(crate) fn set(&mut self, pool: Pool) {
        let ix = self.ix(&pool.name);
        self.pools[ix].pool = Some(pool);
        self.recheck_sizes(ix);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PoolState> {
        self.pools.iter()
    }

    /// Gives an instance slots of a pool and a place in the whole, or takes them back.
    pub(crate) fn hold(&mut self, ix: PoolIx, held: Held, slots: i64, occupies: bool) {
        let pool = &mut self.pools[ix];
        keep(&mut pool.holders, held, occupies);
        pool.used += if occupies { slots } else { -slots };
        crate::world::count(&mut self.occupied, !occupies, occupies);
        self.recheck_sizes(ix);
    }

    /// Moves what fits again back into the queue.
    fn recheck_sizes(&mut self, ix: PoolIx) {
        let pool = &mut self.pools[ix];
        let open = pool.open();
        while let Some(entry) = pool.too_big.first_entry() {
            if i64::from(*entry.key()) > open {
                break;
            }
            pool.queue.extend(entry.remove());
        }
    }

    /// The best candidate of all pools that have open slots.
    fn best(&self) -> Option<(PoolIx, ReadyKey)> {
        let open = self.pools.iter().enumerate().filter(|(_, p)| p.open() > 0);
        open.filter_map(|(ix, p)| Some((ix, *p.queue.first()?))).min_by_key(|(_, key)| *key)
    }
}

impl World {
    pub(crate) fn put_pool(&mut self, pool: Pool, out: &mut Outcome) -> Reply {
        if pool.slots < -1 || pool.name.is_empty() {
            return Reply::Invalid("a pool needs a name, and slots of 0 or more, or -1 for no limit".to_owned());
        }
        self.pools.set(pool.clone());
        out.writes.push(Write::Pool(pool));
        Reply::Done
    }

    pub(crate) fn delete_pool(&mut self, name: String, out: &mut Outcome) -> Reply {
        if name == Pool::DEFAULT {
            return Reply::Invalid("default_pool cannot be deleted".to_owned());
        }
        let ix = self.pools.ix(&name);
        if self.pools.pools[ix].pool.take().is_none() {
            return Reply::NotFound(format!("pool {name} does not exist"));
        }
        out.writes.push(Write::DeletePool { name });
        Reply::Done
    }

    fn ready_key(run: &RunState, at: InstanceRef) -> ReadyKey {
        ReadyKey {
            weight: std::cmp::Reverse(run.graph.nodes[at.node].weight),
            date: run.row.logical_date.unwrap_or(run.row.run_after),
            at,
        }
    }

    /// A scheduled instance enters the competition.
    pub(crate) fn offer(&mut self, at: InstanceRef) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let key = Self::ready_key(run, at);
        let pool = self.pools.ix(&run.graph.task(at.node).pool);
        run.gates.entry(pool).or_default().waiting.insert(key);
        self.rebalance(at.run, pool);
    }

    /// A scheduled instance leaves it, wherever it waits.
    pub(crate) fn withdraw(&mut self, at: InstanceRef) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let key = Self::ready_key(run, at);
        let task = run.graph.task(at.node);
        let pool = self.pools.ix(&task.pool);
        let state = &mut self.pools.pools[pool];
        state.queue.remove(&key);
        if let Some(set) = state.too_big.get_mut(&task.pool_slots) {
            set.remove(&key);
        }
        if let Some(dag) = self.dags.get_mut(&run.row.dag_id)
            && let Some(set) = dag.parks.waiting.get_mut(&task.task_id).and_then(|runs| runs.get_mut(&at.run))
        {
            set.remove(&key);
        }
        if let Some(gate) = run.gates.get_mut(&pool) {
            gate.inside.remove(&key);
            gate.waiting.remove(&key);
        }
        self.rebalance(at.run, pool);
    }

    /// How many more instances of the run may be queued.
    fn free_places(&self, run: &RunState) -> usize {
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return 0 };
        if run.row.state != DagRunState::Running || dag.is_held() {
            return 0;
        }
        dag.graph.dag.max_active_tasks.saturating_sub(run.active) as usize
    }

    /// Lets as many of the run's best instances into the pool's queue as the run has free places.
    fn rebalance(&mut self, run_ix: RunIx, pool: PoolIx) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let free = self.free_places(run);
        let Some(gate) = self.runs.get_mut(&run_ix).and_then(|run| run.gates.get_mut(&pool)) else { return };
        let queue = &mut self.pools.pools[pool].queue;
        while gate.inside.len() > free
            || matches!((gate.inside.last(), gate.waiting.first()), (Some(last), Some(first)) if first < last)
        {
            let Some(key) = gate.inside.pop_last() else { break };
            queue.remove(&key);
            gate.waiting.insert(key);
        }
        while gate.inside.len() < free {
            let Some(key) = gate.waiting.pop_first() else { break };
            gate.inside.insert(key);
            queue.insert(key);
        }
    }

    /// After the run's free places changed: pause, resume, a slot taken or freed, another version.
    pub(crate) fn rebalance_run(&mut self, run_ix: RunIx) {
        let Some(run) = self.runs.get(&run_ix) else { return };
        let pools: Vec<PoolIx> = run.gates.keys().copied().collect();
        pools.into_iter().for_each(|pool| self.rebalance(run_ix, pool));
    }

    /// Moves the counters behind all limits when an instance changes state.
    pub(crate) fn move_limits(
        &mut self,
        at: InstanceRef,
        old: Option<TaskInstanceState>,
        new: Option<TaskInstanceState>,
    ) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let graph = Arc::clone(&run.graph);
        let task = graph.task(at.node);
        let held = old.is_some_and(TaskInstanceState::holds_task_limit);
        let holds = new.is_some_and(TaskInstanceState::holds_task_limit);
        crate::world::count(&mut run.nodes[at.node].limit_holders, held, holds);
        let limited = task.max_active_tis_per_dag.is_some() || task.max_active_tis_per_dagrun.is_some();
        let dag_id = run.row.dag_id.clone();
        if limited
            && held != holds
            && let Some(dag) = self.dags.get_mut(&dag_id)
        {
            dag.parks.hold(&task.task_id, run.held(at), holds);
        }
        // Whoever left the competition without being queued passes on the place it was offered.
        if limited && !holds && (held || old == Some(TaskInstanceState::Scheduled)) {
            self.release_task_limit(&dag_id, &task.task_id);
        }
        let occupied = old.is_some_and(TaskInstanceState::is_occupying);
        let occupies = new.is_some_and(TaskInstanceState::is_occupying);
        if occupied == occupies {
            return;
        }
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        crate::world::count(&mut run.active, occupied, occupies);
        self.count_slots(at, occupies);
        self.rebalance_run(at.run);
    }

    /// Sends the best parked instance of each waiting run back into the competition.
    fn release_task_limit(&mut self, dag_id: &tw_model::DagId, task_id: &TaskId) {
        let Some(dag) = self.dags.get_mut(dag_id) else { return };
        let Some(runs) = dag.parks.waiting.get_mut(task_id) else { return };
        let released: Vec<ReadyKey> = runs.values_mut().filter_map(BTreeSet::pop_first).collect();
        runs.retain(|_, set| !set.is_empty());
        released.into_iter().for_each(|key| self.offer(key.at));
    }

    /// Queues ready instances, best first, until a limit holds (S-5.7 to S-5.15).
    pub(crate) fn admit(&mut self, now: Timestamp, out: &mut Outcome) {
        while self.pools.occupied < self.options.parallelism {
            let Some((pool, key)) = self.pools.best() else { return };
            let Some(run) = self.runs.get(&key.at.run) else {
                self.pools.pools[pool].queue.remove(&key);
                continue;
            };
            let task = run.graph.task(key.at.node);
            if self.free_places(run) == 0 {
                // Back from `too_big`; its run has filled up or its DAG was paused meanwhile.
                self.set_aside(pool, key);
                if let Some(gate) = self.runs.get_mut(&key.at.run).and_then(|run| run.gates.get_mut(&pool)) {
                    gate.waiting.insert(key);
                }
            } else if i64::from(task.pool_slots) > self.pools.pools[pool].open() {
                let slots = task.pool_slots;
                self.set_aside(pool, key);
                self.pools.pools[pool].too_big.entry(slots).or_default().insert(key);
            } else if self.is_task_limited(run, key.at.node) {
                let (dag_id, task_id) = (run.row.dag_id.clone(), task.task_id.clone());
                self.set_aside(pool, key);
                if let Some(dag) = self.dags.get_mut(&dag_id) {
                    dag.parks.waiting.entry(task_id).or_default().entry(key.at.run).or_default().insert(key);
                }
            } else {
                self.queue_instance(key.at, now, out);
            }
        }
    }

    /// Takes an instance out of the queue and out of its run's free places, so that others of
    /// the run may go first.
    fn set_aside(&mut self, pool: PoolIx, key: ReadyKey) {
        self.pools.pools[pool].queue.remove(&key);
        if let Some(gate) = self.runs.get_mut(&key.at.run).and_then(|run| run.gates.get_mut(&pool)) {
            gate.inside.remove(&key);
        }
        self.rebalance(key.at.run, pool);
    }

    /// Whether a task-level limit is reached (S-5.12 checks 7 and 8).
    pub(crate) fn is_task_limited(&self, run: &RunState, node: NodeIx) -> bool {
        let task = run.graph.task(node);
        task.max_active_tis_per_dagrun.is_some_and(|max| run.nodes[node].limit_holders >= max)
            || task.max_active_tis_per_dag.is_some_and(|max| self.task_holders(run, node) >= max)
    }

    /// Instances of a limited task that count for `max_active_tis_per_dag`, over all runs.
    pub(crate) fn task_holders(&self, run: &RunState, node: NodeIx) -> u32 {
        let dag = self.dags.get(&run.row.dag_id);
        dag.and_then(|dag| dag.parks.holders(&run.graph.task(node).task_id)).map_or(0, |set| set.len() as u32)
    }

    /// How many instances stand before this one in the order of its pool: heavier ones, then older.
    /// `None` = it does not compete for the pool yet. Counts no further than [`AHEAD_COUNTED_MAX`].
    pub(crate) fn ahead(&self, run: &RunState, at: InstanceRef) -> Option<u32> {
        let key = Self::ready_key(run, at);
        let (_, pool) = self.pools.by_name(&run.graph.task(at.node).pool)?;
        let sets = || std::iter::once(&pool.queue).chain(pool.too_big.values());
        let competes = sets().any(|set| set.contains(&key));
        competes.then(|| sets().flat_map(|set| set.range(..key)).take(AHEAD_COUNTED_MAX as usize).count() as u32)
    }

    fn queue_instance(&mut self, at: InstanceRef, now: Timestamp, out: &mut Outcome) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let instance = &mut run.nodes[at.node].instances[at.ix];
        instance.queued_at = now.into();
        instance.dispatch += 1;
        instance.set_reason(None);
        // What an earlier try pushed goes with its XComs, below (S-11.5, S-4.21).
        instance.return_value = ReturnValue::None;
        instance.set_skip_record(None);
        let (dag_run_id, task_id) = (run.row.id, run.graph.task(at.node).task_id.clone());
        let map_index = run.nodes[at.node].map_index(at.ix);
        self.transition(at, Some(TaskInstanceState::Queued), now);
        out.writes.push(Write::ClearXCom { dag_run_id, task_id, map_index });
        out.effects.extend(self.workload(at).map(|w| Effect::Dispatch(Box::new(w))));
    }

    pub(crate) fn attempt_key(&self, at: InstanceRef) -> AttemptKey {
        let instance = &self.runs[&at.run].nodes[at.node].instances[at.ix];
        AttemptKey { task_instance_id: instance.id, dispatch: instance.dispatch }
    }

    /// Everything a worker needs for the current attempt of an instance.
    pub(crate) fn workload(&mut self, at: InstanceRef) -> Option<Workload> {
        let attempt = self.attempt_key(at);
        let run = self.runs.get_mut(&at.run)?;
        let dag = self.dags.get(&run.row.dag_id)?;
        let dag_run = run.shared_row();
        let graph = &run.graph;
        let task = graph.task(at.node);
        let instance = &run.nodes[at.node].instances[at.ix];
        let needed = |down: &NodeIx| graph.nodes[*down].expansion_needs.contains(&at.node);
        Some(Workload {
            attempt,
            dag_id: run.row.dag_id.clone(),
            run_id: run.row.run_id.clone(),
            task_id: task.task_id.clone(),
            map_index: run.nodes[at.node].map_index(at.ix),
            try_number: instance.try_number,
            max_tries: instance.max_tries,
            should_retry: instance.has_tries_left(),
            task_reschedule_count: instance.reschedule_count,
            first_reschedule_date: instance.first_reschedule.get(),
            dag_version_id: graph.version_id,
            relative_fileloc: dag.row.relative_fileloc.clone(),
            bundle_name: dag.row.bundle_name.clone(),
            bundle_version: None,
            queue: task.queue.clone(),
            executor: task.executor.clone(),
            pool_slots: task.pool_slots,
            priority_weight: graph.nodes[at.node].weight,
            execution_timeout: task.execution_timeout,
            has_mapped_dependants: graph.nodes[at.node]
                .downstream
                .iter()
                .chain(&graph.nodes[at.node].watchers)
                .any(needed),
            dag_run,
        })
    }

    /// The instant an instance was queued, for `explain`.
    pub(crate) fn queued_since(&self, at: InstanceRef) -> Option<Timestamp> {
        let when: When = self.runs.get(&at.run)?.nodes[at.node].instances[at.ix].queued_at;
        when.get()
    }
}
