//! An expanded task whose inputs ran again: as many instances as there are items now (S-4.17 to S-4.22).

use std::sync::Arc;

use tw_model::{TaskInstanceState, Timestamp};

use crate::graph::NodeIx;
use crate::restore::remove_row;
use crate::run::{InstanceRef, RunIx};
use crate::vocabulary::Outcome;
use crate::world::{EVERY, Timer, World};

/// Why an instance beyond the new length ended.
const BEYOND: &str = "the value it is mapped over has fewer items now";

impl World {
    /// Gives an expanded task the number of instances that its inputs ask for now, and with it the
    /// other tasks of its mapped groups, so that they stay paired. Says whether the task changed.
    pub(crate) fn revise(&mut self, run_ix: RunIx, node: NodeIx, now: Timestamp, out: &mut Outcome) -> bool {
        let Some(run) = self.runs.get(&run_ix).filter(|run| run.nodes[node].remeasure) else { return false };
        let graph = Arc::clone(&run.graph);
        let shares_group = |&other: &NodeIx| other == node || graph.shared_group_depth(node, other) > 0;
        let related: Vec<NodeIx> = (0..graph.nodes.len()).filter(shares_group).collect();
        let mut changed = false;
        for other in related {
            changed |= self.revise_one(run_ix, other, now, out) && other == node;
        }
        changed
    }

    fn revise_one(&mut self, run_ix: RunIx, node: NodeIx, now: Timestamp, out: &mut Outcome) -> bool {
        let Some(run) = self.runs.get_mut(&run_ix).filter(|run| run.nodes[node].remeasure) else { return false };
        // While the length is unknown it is left alone.
        let Some(len) = run.expansion_len(node) else { return false };
        run.nodes[node].remeasure = false;
        let differs = run.nodes[node].expanded && run.nodes[node].instances.len() != len as usize;
        if differs {
            self.resize(run_ix, node, len, now, out);
        }
        differs
    }

    fn resize(&mut self, run_ix: RunIx, node: NodeIx, len: u32, now: Timestamp, out: &mut Outcome) {
        self.leave_limits(run_ix);
        let is_surplus = |at: &InstanceRef| at.run == run_ix && at.node == node && at.ix >= len as usize;
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Instance(at) if is_surplus(at)));
        self.todo.dirty_instances.retain(|at| !is_surplus(at));
        let Some(mut run) = self.runs.remove(&run_ix) else { return };
        let known = run.nodes[node].instances.len();
        for ix in len as usize..known {
            let mut row = run.task_instance(node, ix);
            remove_row(&mut row, BEYOND, now, out);
            run.orphans.insert((row.task_id.clone(), row.map_index), row);
        }
        run.nodes[node].instances.truncate(len as usize);
        let fresh: Vec<_> =
            (known as i32..len as i32).map(|index| self.fresh_instance(&mut run, node, index, now)).collect();
        run.nodes[node].instances.extend(fresh);
        if len == 0 {
            run.nodes[node].expanded = false;
            let placeholder = self.fresh_instance(&mut run, node, -1, now);
            run.nodes[node].instances.push(placeholder);
        }
        run.recount();
        let graph = Arc::clone(&run.graph);
        let fresh = known.min(len as usize)..run.nodes[node].instances.len();
        self.runs.insert(run_ix, run);
        self.enter_limits(run_ix);
        self.todo.dirty_instances.extend(fresh.map(|ix| InstanceRef { run: run_ix, node, ix }));
        let relatives = graph.nodes[node].downstream.iter().chain(&graph.nodes[node].watchers);
        self.todo.evaluate.extend(relatives.chain([&node]).map(|&other| (run_ix, other, EVERY)));
        self.todo.settle.insert(run_ix);
        if len == 0 {
            // As at the first expansion (S-4.7), so that tasks after it are skipped too (S-4.19).
            let reason = "the value it is mapped over is empty".to_owned();
            self.settle_instance(
                InstanceRef { run: run_ix, node, ix: 0 },
                TaskInstanceState::Skipped,
                Some(reason),
                now,
            );
        }
    }
}
