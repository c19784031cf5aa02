//! Rebuilding the world from the store: at start, at failover, and after a failed commit. There
//! is no other recovery path (design, section 6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tw_model::{AttemptKey, DagRunId, Pool, TaskInstance, TaskInstanceState, Timestamp};

use crate::admission::TaskParks;
use crate::graph::Graph;
use crate::instance::Instance;
use crate::run::{InstanceRef, RunIx};
use crate::vocabulary::{DagRow, DagVersionRow, Effect, KillReason, Outcome, Snapshot, Write};
use crate::world::{DagState, EngineOptions, Timer, World};

impl World {
    /// Rebuilds the world from `snapshot`.
    ///
    /// `alive` are the attempts that executors still hold; anything else that was running is
    /// lost and tried again at no cost, and anything queued is dispatched again under the same
    /// key (its user code cannot have started: that needs the commit of `running`).
    pub fn rebuild(
        options: EngineOptions,
        snapshot: Snapshot,
        alive: &BTreeSet<AttemptKey>,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Self {
        let mut world = Self::new(options);
        if !snapshot.pools.iter().any(|pool| pool.name == Pool::DEFAULT) {
            let pool = Pool {
                name: Pool::DEFAULT.to_owned(),
                slots: world.options.default_pool_slots,
                description: Some("Default pool".to_owned()),
                include_deferred: false,
            };
            out.writes.push(Write::Pool(pool.clone()));
            world.pools.set(pool);
        }
        snapshot.pools.into_iter().for_each(|pool| world.pools.set(pool));
        world.error_files = snapshot.import_error_files.into_iter().collect();
        world.restore_dags(snapshot.dags, &snapshot.versions);
        let mut by_run: BTreeMap<DagRunId, Vec<TaskInstance>> = BTreeMap::new();
        for instance in snapshot.task_instances {
            by_run.entry(instance.dag_run_id).or_default().push(instance);
        }
        for row in snapshot.runs {
            let instances = by_run.remove(&row.id).unwrap_or_default();
            let ix = world.insert_run(row, instances);
            world.bring_up_to_date(ix, now, out);
        }
        let all: Vec<RunIx> = world.runs.keys().copied().collect();
        all.iter().for_each(|ix| world.enter_limits(*ix));
        world.restore_attempts(alive, now, out);
        world.restore_timers(now);
        out.effects.extend(snapshot.callbacks.into_iter().map(|c| Effect::RunCallback(Box::new(c))));
        world.work_off(now, out);
        world.flush(out);
        out.wake_at = world.next_timer();
        world
    }

    fn restore_dags(&mut self, rows: Vec<DagRow>, versions: &[DagVersionRow]) {
        let by_id: BTreeMap<_, _> = versions.iter().map(|v| (v.id, v)).collect();
        for row in rows {
            // A version that an older release accepted and this one cannot read leaves the DAG
            // out until its file is parsed again.
            let Some(version) = by_id.get(&row.latest_version_id) else { continue };
            let Ok(graph) = Graph::new(version.id, Arc::clone(&version.dag)) else { continue };
            let state = DagState {
                graph: Arc::new(graph),
                content_hash: version.content_hash.clone(),
                latest_used: true,
                queued: BTreeSet::new(),
                running: BTreeSet::new(),
                by_logical_date: BTreeMap::new(),
                parks: TaskParks::default(),
                row,
            };
            self.dags.insert(state.row.dag_id.clone(), state);
        }
    }

    /// Adds a run's instances to every counter outside the run, and its ready ones to the queues.
    pub(crate) fn enter_limits(&mut self, ix: RunIx) {
        self.count_run(ix, true);
        for at in self.scheduled(ix) {
            self.offer(at);
        }
    }

    /// The reverse of [`World::enter_limits`].
    pub(crate) fn leave_limits(&mut self, ix: RunIx) {
        for at in self.scheduled(ix) {
            self.withdraw(at);
        }
        self.count_run(ix, false);
    }

    fn scheduled(&self, ix: RunIx) -> Vec<InstanceRef> {
        self.instances(ix, |i| i.state == Some(TaskInstanceState::Scheduled))
    }

    fn instances(&self, ix: RunIx, wanted: impl Fn(&Instance) -> bool) -> Vec<InstanceRef> {
        let Some(run) = self.runs.get(&ix) else { return Vec::new() };
        let nodes = run.nodes.iter().enumerate();
        nodes
            .flat_map(|(node, n)| {
                let instances = n.instances.iter().enumerate().filter(|(_, i)| wanted(i));
                instances.map(move |(i, _)| InstanceRef { run: ix, node, ix: i }).collect::<Vec<_>>()
            })
            .collect()
    }

    fn count_run(&mut self, ix: RunIx, enter: bool) {
        let busy = self.instances(ix, |i| i.state.is_some_and(TaskInstanceState::holds_task_limit));
        for at in busy {
            let Some(run) = self.runs.get(&at.run) else { continue };
            let task = run.graph.task(at.node);
            let limited = task.max_active_tis_per_dag.is_some() || task.max_active_tis_per_dagrun.is_some();
            let occupies = run.nodes[at.node].instances[at.ix].state.is_some_and(TaskInstanceState::is_occupying);
            if limited && let Some(dag) = self.dags.get_mut(&run.row.dag_id) {
                dag.parks.hold(&task.task_id, run.held(at), enter);
            }
            if occupies {
                self.count_slots(at, enter);
            }
        }
    }

    fn restore_attempts(&mut self, alive: &BTreeSet<AttemptKey>, now: Timestamp, out: &mut Outcome) {
        let attempts: Vec<InstanceRef> = self.attempts.values().copied().collect();
        for at in attempts {
            let state = self.runs[&at.run].nodes[at.node].instances[at.ix].state;
            let is_alive = alive.contains(&self.attempt_key(at));
            match state {
                // The request to stop it may have been lost.
                Some(TaskInstanceState::Restarting) if is_alive => self.stop_attempt(at, KillReason::Cleared, out),
                Some(TaskInstanceState::Restarting) => self.reset_instance(at, now, now, out),
                _ if is_alive => {}
                Some(TaskInstanceState::Queued) => {
                    out.effects.extend(self.workload(at).map(|w| Effect::Dispatch(Box::new(w))));
                }
                _ => self.lost(at, now, now, "the server ended while this attempt was running".to_owned(), out),
            }
        }
    }

    fn restore_timers(&mut self, now: Timestamp) {
        let runs: Vec<RunIx> = self.runs.keys().copied().filter(|ix| self.run_is_running(*ix)).collect();
        for ix in runs {
            let paused = self.instances(ix, |i| {
                matches!(i.state, Some(TaskInstanceState::UpForRetry | TaskInstanceState::UpForReschedule))
            });
            let with_pause = paused.into_iter().map(|at| {
                let until = self.runs[&at.run].nodes[at.node].instances[at.ix].not_before.get();
                (until.unwrap_or(now), Timer::Instance(at))
            });
            let timers: Vec<_> = with_pause.collect();
            self.timers.extend(timers);
            self.enliven(ix);
        }
        let dag_ids: Vec<_> = self.dags.keys().cloned().collect();
        for dag_id in dag_ids {
            self.todo.start.insert(dag_id.clone());
            match self.dags.get(&dag_id).and_then(|dag| dag.row.next_run) {
                Some(_) => self.plan_after_room(&dag_id, now),
                None => self.plan_next(&dag_id, now),
            }
        }
    }

    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }
}
