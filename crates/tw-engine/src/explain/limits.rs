//! The limits of admission, asked in the order of S-5.12: how much of each is used, and by whom.

use crate::admission::{PoolIx, PoolState};
use crate::explanation::{Blocker, BlockerKind, Condition, Explanation, Holders, Place, Usage};
use crate::holders::first_of;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::world::World;

/// A limit and how much of it is used.
struct Limit {
    kind: BlockerKind,
    condition: Condition,
    usage: Usage,
    /// What it counts, for people, as in `3 of 16 task instances (parallelism)`.
    counts: &'static str,
}

impl World {
    pub(super) fn explain_admission(&self, run: &RunState, at: InstanceRef, answer: &mut Explanation) {
        let Some(dag) = self.dags.get(&run.row.dag_id) else { return };
        super::explain_held(dag, answer);
        self.explain_pool(run, at, answer);
        let limit = Limit {
            kind: BlockerKind::MaxActiveTasks,
            condition: Condition::MaxActiveTasks,
            usage: usage(run.active, run.active, dag.graph.dag.max_active_tasks),
            counts: "task instances of the run (max_active_tasks)",
        };
        answer.ask(limit, Some(super::place_of(run)), || self.active_of(at.run, run));
        self.explain_task_limits(run, at, answer);
        let limit = Limit {
            kind: BlockerKind::Parallelism,
            condition: Condition::Parallelism,
            usage: usage(self.pools.occupied, run.active, self.options.parallelism),
            counts: "task instances (parallelism)",
        };
        answer.ask(limit, None, || {
            let own = run.gates.values().map(|gate| &gate.holders);
            self.listed(at.run, own, self.pools.iter().map(|pool| &pool.holders), self.pools.occupied)
        });
    }

    fn explain_pool(&self, run: &RunState, at: InstanceRef, answer: &mut Explanation) {
        let task = run.graph.task(at.node);
        let (name, asked) = (&task.pool, i64::from(task.pool_slots));
        let place = Some(Place::Pool(name.clone()));
        let found = self.pools.by_name(name).and_then(|(ix, state)| Some((ix, state, state.pool.as_ref()?.slots)));
        let Some((ix, state, slots)) = found else {
            let message = format!("pool {name} does not exist; create it, or name another in the task");
            answer.hold(Blocker { place, ..Blocker::new(BlockerKind::NoPool, message) });
            return;
        };
        let used = state.used;
        if slots < 0 {
            answer.meet(Condition::Pool, format!("pool {name} has no limit"));
            return;
        }
        let own = run.gates.get(&ix).map_or(0, |gate| gate.used);
        let usage = Some(Usage { used, own, limit: slots.into() });
        if asked > i64::from(slots) {
            let message = format!("it asks for {asked} slots, pool {name} has {slots}");
            answer.hold(Blocker { usage, place, ..Blocker::new(BlockerKind::PoolTooSmall, message) });
        } else if asked > state.open() {
            let message = format!("pool {name} is full: {used} of {slots} slots are taken");
            let (holders, ahead) = (self.holders_of(ix, state, run, at.run), self.ahead(run, at));
            answer.hold(Blocker { usage, place, holders, ahead, ..Blocker::new(BlockerKind::PoolFull, message) });
        } else {
            answer.meet(Condition::Pool, format!("pool {name} {used} of {slots} slots"));
        }
    }

    fn holders_of(&self, ix: PoolIx, pool: &PoolState, run: &RunState, mine: RunIx) -> Holders {
        let own = run.gates.get(&ix).map(|gate| &gate.holders);
        self.listed(mine, own.into_iter(), std::iter::once(&pool.holders), pool.holders.len() as u32)
    }

    /// The task's own limits, of those that it has.
    fn explain_task_limits(&self, run: &RunState, at: InstanceRef, answer: &mut Explanation) {
        let task = run.graph.task(at.node);
        let of_run = run.nodes[at.node].limit_holders;
        let place = || {
            let (dag_id, run_id) = (run.row.dag_id.clone(), run.row.run_id.clone());
            Some(Place::Task { dag_id, run_id, task_id: task.task_id.clone() })
        };
        let holders = || self.dags.get(&run.row.dag_id).and_then(|dag| dag.parks.holders(&task.task_id));
        let own = || {
            let mine = holders().into_iter().flatten().filter(|held| held.at.run == at.run);
            mine.take((of_run as usize).min(crate::explanation::HOLDERS_LISTED_MAX)).copied().collect::<Vec<_>>()
        };
        if let Some(max) = task.max_active_tis_per_dagrun {
            let limit = Limit {
                kind: BlockerKind::TaskLimit,
                condition: Condition::TaskLimit,
                usage: usage(of_run, of_run, max),
                counts: "instances of the task in the run (max_active_tis_per_dagrun)",
            };
            answer.ask(limit, place(), || self.name(&own(), of_run));
        }
        if let Some(max) = task.max_active_tis_per_dag {
            let of_dag = self.task_holders(run, at.node);
            let limit = Limit {
                kind: BlockerKind::TaskLimit,
                condition: Condition::TaskLimit,
                usage: usage(of_dag, of_run, max),
                counts: "instances of the task (max_active_tis_per_dag)",
            };
            answer.ask(limit, place(), || {
                let mut first = own();
                first.extend(first_of(holders().into_iter(), |held| held.at.run != at.run));
                self.name(&first, of_dag)
            });
        }
    }

    /// Instances of a run that are queued or running.
    pub(super) fn active_of(&self, ix: RunIx, run: &RunState) -> Holders {
        self.listed(ix, run.gates.values().map(|gate| &gate.holders), std::iter::empty(), run.active)
    }
}

fn usage(used: u32, own: u32, limit: u32) -> Usage {
    Usage { used: used.into(), own: own.into(), limit: limit.into() }
}

impl Explanation {
    /// A limit that is reached holds, any other is met.
    fn ask(&mut self, limit: Limit, place: Option<Place>, holders: impl FnOnce() -> Holders) {
        let Usage { used, limit: max, .. } = limit.usage;
        let words = format!("{used} of {max} {}", limit.counts);
        if used < max {
            self.meet(limit.condition, words);
            return;
        }
        let (usage, holders) = (Some(limit.usage), holders());
        self.hold(Blocker { usage, place, holders, ..Blocker::new(limit.kind, format!("{words} are active")) });
    }
}
