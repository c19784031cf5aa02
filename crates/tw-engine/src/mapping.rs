//! Dynamic task mapping: how many instances, and which belong together (section 4, S-3.50).

use std::ops::Range;

use tw_model::{ExpandInput, ReturnValue, TaskInstanceState, Timestamp};

use crate::graph::{GroupIx, NodeIx};
use crate::restore::remove_row;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::{Outcome, Write};
use crate::world::{EVERY, World};

/// Which instances of an upstream one instance looks at.
pub(crate) enum Relevant {
    /// All of them.
    All,
    /// Those at these positions.
    Range(Range<usize>),
}

impl RunState {
    /// Number of items in a task's output, once it is known (S-4.9 to S-4.11).
    fn output_len(&self, node: NodeIx) -> Option<u32> {
        let is_mapped = self.graph.nodes[node].is_mapped;
        let instances = &self.nodes[node].instances;
        match (is_mapped, instances.first()?.return_value) {
            (false, ReturnValue::Sized(len)) => Some(len),
            (false, ReturnValue::None | ReturnValue::Pushed) => None,
            (true, _) if instances.iter().any(|i| !i.is_finished()) => None,
            (true, _) => Some(instances.iter().filter(|i| i.return_value != ReturnValue::None).count() as u32),
        }
    }

    fn input_len(&self, input: &ExpandInput) -> Option<u32> {
        input.len(&|task_id| self.output_len(self.graph.node_ix(task_id)?))
    }

    /// Number of instances that these nested groups multiply to (S-4.15d).
    fn groups_len(&self, groups: &[GroupIx]) -> Option<u32> {
        groups
            .iter()
            .try_fold(1u32, |product, &g| Some(product.saturating_mul(self.input_len(&self.graph.groups[g].input)?)))
    }

    /// Number of instances a mapped task expands to.
    pub(crate) fn expansion_len(&self, node: NodeIx) -> Option<u32> {
        match &self.graph.task(node).expand_input {
            Some(input) => self.input_len(input),
            None => self.groups_len(&self.graph.nodes[node].groups),
        }
    }

    /// Which instances of `upstream` matter to instance `ix` of `node` (S-3.26a, S-3.50).
    pub(crate) fn relevant(&self, node: NodeIx, ix: usize, upstream: NodeIx) -> Relevant {
        let depth = self.graph.shared_group_depth(node, upstream);
        if depth == 0 || !self.nodes[upstream].expanded {
            return Relevant::All;
        }
        if !self.nodes[node].expanded {
            return Relevant::Range(0..0);
        }
        let Some(shared) = self.groups_len(&self.graph.nodes[node].groups[..depth]) else { return Relevant::All };
        let (mine, theirs) = (self.nodes[node].instances.len(), self.nodes[upstream].instances.len());
        let shared = (shared as usize).clamp(1, mine.max(1));
        let group_index = ix * shared / mine.max(1);
        let per_group = (theirs / shared).max(1);
        let start = (group_index * per_group).min(theirs);
        Relevant::Range(start..(start + per_group).min(theirs))
    }

    /// Positions of `down` that look at instance `ix` of `node`, if they share a mapped group
    /// and are expanded; `None` = all of them.
    pub(crate) fn dependants_in_group(&self, node: NodeIx, ix: usize, down: NodeIx) -> Option<Range<usize>> {
        let depth = self.graph.shared_group_depth(node, down);
        if depth == 0 || !self.nodes[node].expanded || !self.nodes[down].expanded {
            return None;
        }
        let shared = self.groups_len(&self.graph.nodes[node].groups[..depth])? as usize;
        let (mine, theirs) = (self.nodes[node].instances.len(), self.nodes[down].instances.len());
        if shared == 0 || mine < shared || theirs < shared {
            return None;
        }
        let group_index = ix / (mine / shared);
        let per_group = theirs / shared;
        Some(group_index * per_group..(group_index + 1) * per_group)
    }
}

/// What expanding a placeholder led to.
pub(crate) enum Expansion {
    /// It has instances now.
    Done,
    /// It became skipped or upstream failed (S-4.6, S-4.7).
    Settled,
}

impl World {
    /// Replaces the placeholder of a mapped task by its instances (S-4.4 to S-4.7b).
    pub(crate) fn expand(&mut self, run_ix: RunIx, node: NodeIx, now: Timestamp, out: &mut Outcome) -> Expansion {
        let Some(run) = self.runs.get(&run_ix) else { return Expansion::Settled };
        let at = InstanceRef { run: run_ix, node, ix: 0 };
        match run.expansion_len(node) {
            None => {
                let reason = "the value it is mapped over was never pushed".to_owned();
                self.settle_instance(at, TaskInstanceState::UpstreamFailed, Some(reason), now);
                Expansion::Settled
            }
            Some(0) => {
                let reason = "the value it is mapped over is empty".to_owned();
                self.settle_instance(at, TaskInstanceState::Skipped, Some(reason), now);
                Expansion::Settled
            }
            Some(len) => {
                self.create_instances(run_ix, node, len, now, out);
                Expansion::Done
            }
        }
    }

    fn create_instances(&mut self, run_ix: RunIx, node: NodeIx, len: u32, now: Timestamp, out: &mut Outcome) {
        let Some(mut run) = self.runs.remove(&run_ix) else { return };
        let task_id = run.graph.task(node).task_id.clone();
        let mut row = run.task_instance(node, 0);
        // Index 0 is the placeholder (S-4.7b), unless that has tries of its own, from before the task
        // was mapped (S-4.23), or index 0 was there before.
        let was_tried = row.try_number > 0;
        let first = usize::from(!was_tried && !run.orphans.contains_key(&(task_id.clone(), 0)));
        if was_tried {
            run.in_flight -= u32::from(row.state.is_some());
            remove_row(&mut row, "its task is mapped now", now, out);
            run.orphans.insert((task_id, -1), row);
        } else {
            self.todo.first.push(Write::DeleteTaskInstance { dag_run_id: run.row.id, task_id, map_index: -1 });
        }
        run.nodes[node].instances.truncate(first);
        let fresh: Vec<_> =
            (first as i32..len as i32).map(|index| self.fresh_instance(&mut run, node, index, now)).collect();
        run.nodes[node].instances.extend(fresh);
        run.nodes[node].expanded = true;
        run.unfinished += len - 1;
        let graph = std::sync::Arc::clone(&run.graph);
        for &down in &graph.nodes[node].downstream {
            if graph.nodes[down].counts_rows {
                run.nodes[down].up_total += len - 1;
            }
        }
        self.runs.insert(run_ix, run);
        let dirty = (0..len as usize).map(|ix| InstanceRef { run: run_ix, node, ix });
        self.todo.dirty_instances.extend(dirty);
        // Tasks that share a mapped group waited for this placeholder to go.
        let relatives = graph.nodes[node].downstream.iter().chain(&graph.nodes[node].watchers);
        self.todo.evaluate.extend(relatives.map(|&down| (run_ix, down, EVERY)));
    }
}
