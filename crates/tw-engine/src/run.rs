//! One run in memory, and how its counters follow from its instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use tw_model::{DagRun, TaskId, TaskInstance, TaskInstanceState};

use crate::admission::{Gate, PoolIx};
use crate::graph::{Graph, NodeIx};
use crate::instance::Node;

/// Handle of a run in the world; grows with every run and is never reused.
pub(crate) type RunIx = u32;

/// Names an instance in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct InstanceRef {
    pub(crate) run: RunIx,
    pub(crate) node: NodeIx,
    /// Position in [`Node::instances`].
    pub(crate) ix: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct RunState {
    pub(crate) row: DagRun,
    /// The row as handed to workers; dropped when the row changes.
    shared: Option<Arc<DagRun>>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) nodes: Vec<Node>,
    /// Instances that are not finished.
    pub(crate) unfinished: u32,
    /// Unfinished instances that have a state: something will happen to them by itself.
    pub(crate) in_flight: u32,
    /// Instances queued or running (S-5.10).
    pub(crate) active: u32,
    /// Ready instances by pool: those that may be admitted, and those beyond the run's limit.
    pub(crate) gates: BTreeMap<PoolIx, Gate>,
    /// Rows without a place in its version: of tasks that are gone, of another shape, of map
    /// indexes beyond the length. Who takes such a place again continues its tries.
    pub(crate) orphans: BTreeMap<(TaskId, i32), TaskInstance>,
}

impl RunState {
    pub(crate) fn new(row: DagRun, graph: Arc<Graph>) -> Self {
        let nodes = vec![Node::default(); graph.nodes.len()];
        Self {
            row,
            shared: None,
            graph,
            nodes,
            unfinished: 0,
            in_flight: 0,
            active: 0,
            gates: BTreeMap::new(),
            orphans: BTreeMap::new(),
        }
    }

    pub(crate) fn row_mut(&mut self) -> &mut DagRun {
        self.shared = None;
        &mut self.row
    }

    /// The row, shared by all workloads until it changes.
    pub(crate) fn shared_row(&mut self) -> Arc<DagRun> {
        let row = &self.row;
        Arc::clone(self.shared.get_or_insert_with(|| Arc::new(row.clone())))
    }

    /// Computes every counter from the instances. Used when instances came from elsewhere: a
    /// new run, a rebuild, another version. Gates are emptied.
    pub(crate) fn recount(&mut self) {
        self.unfinished = 0;
        self.in_flight = 0;
        self.active = 0;
        self.gates.clear();
        for node in &mut self.nodes {
            node.own = Default::default();
            node.limit_holders = 0;
            for instance in &node.instances {
                node.own.add(instance.state);
                let unfinished = !instance.is_finished();
                self.unfinished += u32::from(unfinished);
                self.in_flight += u32::from(unfinished && instance.state.is_some());
                self.active += u32::from(instance.state.is_some_and(TaskInstanceState::is_occupying));
                node.limit_holders += u32::from(instance.state.is_some_and(TaskInstanceState::holds_task_limit));
            }
        }
        for ix in 0..self.nodes.len() {
            let shape = &self.graph.nodes[ix];
            let mut up = crate::instance::Tally::default();
            let mut rows = 0;
            for &u in &shape.upstream {
                up.add_all(&self.nodes[u].own);
                rows += self.nodes[u].instances.len() as u32;
            }
            self.nodes[ix].up = up;
            self.nodes[ix].up_total = if shape.counts_rows { rows } else { shape.upstream.len() as u32 };
        }
    }

    /// The row of one instance.
    pub(crate) fn task_instance(&self, node: NodeIx, ix: usize) -> TaskInstance {
        let task = self.graph.task(node);
        let instance = &self.nodes[node].instances[ix];
        TaskInstance {
            id: instance.id,
            dag_run_id: self.row.id,
            dag_id: self.row.dag_id.clone(),
            run_id: self.row.run_id.clone(),
            task_id: task.task_id.clone(),
            map_index: self.nodes[node].map_index(ix),
            dag_version_id: instance.version().unwrap_or(self.graph.version_id),
            state: instance.state,
            try_number: instance.try_number,
            max_tries: instance.max_tries,
            dispatch: instance.dispatch,
            scheduled_at: instance.scheduled_at.get(),
            queued_at: instance.queued_at.get(),
            start_date: instance.start_date.get(),
            end_date: instance.end_date.get(),
            not_before: instance.not_before.get(),
            reschedule_count: instance.reschedule_count,
            first_reschedule_date: instance.first_reschedule.get(),
            pool: task.pool.clone(),
            pool_slots: task.pool_slots,
            queue: task.queue.clone(),
            priority_weight: self.graph.nodes[node].weight,
            operator: task.operator().to_owned(),
            executor: task.executor.clone(),
            return_value: instance.return_value,
            skip_record: instance.skip_record().cloned(),
            reason: instance.reason().map(str::to_owned),
        }
    }
}
