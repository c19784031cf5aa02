//! Who holds places: an index of the instances that are queued or running, kept in the order in
//! which [`crate::World::explain`] names them, so that naming twenty looks at no more than twenty.
//!
//! It costs one entry of 48 bytes in two ordered sets per instance that holds slots (its pool's
//! and its run's), and one more for a task with a limit of its own.

use std::collections::BTreeSet;

use tw_model::{TaskInstanceId, TaskInstanceState};

use crate::explanation::{HOLDERS_LISTED_MAX, Holders, InstanceHolder, Listed};
use crate::instance::When;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::world::World;

/// An instance that holds a place: whoever took it first comes first. The id makes the order the
/// same after a rebuild, which positions do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Held {
    since: When,
    id: TaskInstanceId,
    pub(crate) at: InstanceRef,
}

impl RunState {
    /// The entry of one of its instances. It stays the same while the instance holds a place: the
    /// instant it was queued and its id change only outside.
    pub(crate) fn held(&self, at: InstanceRef) -> Held {
        let instance = &self.nodes[at.node].instances[at.ix];
        Held { since: instance.queued_at, id: instance.id, at }
    }
}

impl World {
    /// Adds an instance to what its run, its pool and the whole server hold, or takes it out.
    pub(crate) fn count_slots(&mut self, at: InstanceRef, occupies: bool) {
        let Some(run) = self.runs.get_mut(&at.run) else { return };
        let held = run.held(at);
        let task = run.graph.task(at.node);
        let slots = i64::from(task.pool_slots);
        let pool = self.pools.ix(&task.pool);
        run.gates.entry(pool).or_default().hold(held, slots, occupies);
        self.pools.hold(pool, held, slots, occupies);
        if occupies {
            self.attempts.insert(held.id, at);
        } else {
            self.attempts.remove(&held.id);
        }
    }

    /// Names the first of `own`, then the first of `all` that are not of the run `mine`.
    ///
    /// Looks at twice [`HOLDERS_LISTED_MAX`] entries of each set at most: others are only looked
    /// for if the run's own are fewer, and then no more than those have to be passed over.
    pub(crate) fn listed<'a>(
        &self,
        mine: RunIx,
        own: impl Iterator<Item = &'a BTreeSet<Held>>,
        all: impl Iterator<Item = &'a BTreeSet<Held>>,
        total: u32,
    ) -> Holders {
        let mut first = first_of(own, |_| true);
        if first.len() < HOLDERS_LISTED_MAX {
            first.extend(first_of(all, |held| held.at.run != mine));
        }
        self.name(&first, total)
    }

    /// Names the first of these.
    pub(crate) fn name(&self, holders: &[Held], total: u32) -> Holders {
        let first = holders.iter().take(HOLDERS_LISTED_MAX);
        let listed = first.filter_map(|held| self.instance_holder(held.at)).collect();
        Holders::TaskInstances(Listed { listed, total })
    }

    fn instance_holder(&self, at: InstanceRef) -> Option<InstanceHolder> {
        let run = self.runs.get(&at.run)?;
        let instance = run.nodes[at.node].instances.get(at.ix)?;
        let task = run.graph.task(at.node);
        Some(InstanceHolder {
            dag_id: run.row.dag_id.clone(),
            run_id: run.row.run_id.clone(),
            task_id: task.task_id.clone(),
            map_index: run.nodes[at.node].map_index(at.ix),
            state: instance.state?,
            queued_at: instance.queued_at.get(),
            // A try that has not begun keeps the start of an earlier poke.
            start_date: instance.start_date.get().filter(|_| instance.state != Some(TaskInstanceState::Queued)),
            slots: task.pool_slots,
        })
    }
}

/// The first entries of several sets that are wanted, in order; at most [`HOLDERS_LISTED_MAX`] of each.
pub(crate) fn first_of<'a>(
    sets: impl Iterator<Item = &'a BTreeSet<Held>>,
    wanted: impl Fn(&Held) -> bool,
) -> Vec<Held> {
    let of_set = |set: &'a BTreeSet<Held>| set.iter().filter(|held| wanted(held)).take(HOLDERS_LISTED_MAX).copied();
    let mut first: Vec<Held> = sets.flat_map(of_set).collect();
    first.sort_unstable();
    first
}
