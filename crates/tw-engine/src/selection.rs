//! Which task instances an act concerns. A dry run and the act itself ask the same functions (S-9.24).

use std::collections::{BTreeMap, BTreeSet};

use tw_model::{DagId, TaskId, TaskInstanceState};

use crate::acts::{ClearTasks, InstanceName, MarkTasks, RunScope};
use crate::facts::dag_not_found;
use crate::graph::{Direction, Graph, NodeIx};
use crate::mapping::Relevant;
use crate::run::{InstanceRef, RunIx, RunState};
use crate::vocabulary::Reply;
use crate::world::{DagState, World};

/// Tasks, each whole or with some of its map indexes.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskSet {
    whole: BTreeSet<NodeIx>,
    indexed: BTreeMap<NodeIx, BTreeSet<i32>>,
}

impl TaskSet {
    pub(crate) fn whole(nodes: impl IntoIterator<Item = NodeIx>) -> Self {
        Self { whole: nodes.into_iter().collect(), indexed: BTreeMap::new() }
    }

    /// The tasks of a version that are named; others have no instance there.
    fn named(graph: &Graph, tasks: &[(TaskId, Option<i32>)]) -> Self {
        let mut set = Self::default();
        for (task_id, map_index) in tasks {
            if let Some(node) = graph.node_ix(task_id) {
                set.insert(node, *map_index);
            }
        }
        set
    }

    /// Says whether it was new.
    pub(crate) fn insert(&mut self, node: NodeIx, map_index: Option<i32>) -> bool {
        match map_index {
            None => self.whole.insert(node),
            Some(_) if self.whole.contains(&node) => false,
            Some(index) => self.indexed.entry(node).or_default().insert(index),
        }
    }

    pub(crate) fn remove(&mut self, node: NodeIx) {
        self.whole.remove(&node);
        self.indexed.remove(&node);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.whole.extend(other.whole);
        for (node, indexes) in other.indexed {
            self.indexed.entry(node).or_default().extend(indexes);
        }
    }

    fn contains(&self, node: NodeIx, map_index: i32) -> bool {
        self.whole.contains(&node) || self.indexed.get(&node).is_some_and(|indexes| indexes.contains(&map_index))
    }

    fn nodes(&self) -> BTreeSet<NodeIx> {
        self.whole.iter().chain(self.indexed.keys()).copied().collect()
    }

    fn parts(&self) -> Vec<(NodeIx, Option<i32>)> {
        let whole = self.whole.iter().map(|&node| (node, None));
        let indexed = self.indexed.iter().flat_map(|(&node, ixs)| ixs.iter().map(move |&ix| (node, Some(ix))));
        whole.chain(indexed).collect()
    }

    /// Everything in one direction of it, at any distance. With a run, map indexes lead to the map
    /// indexes that matter to them (S-9.23, S-3.50); without one, to whole tasks.
    pub(crate) fn relatives(&self, graph: &Graph, run: Option<&RunState>, direction: Direction) -> Self {
        let mut found = Self::default();
        let mut open = self.parts();
        while let Some((node, map_index)) = open.pop() {
            let position = run.filter(|run| run.nodes[node].expanded).and_then(|run| {
                let ix = run.nodes[node].index_of(map_index?)?;
                Some((run, ix))
            });
            for &other in graph.nodes[node].edges(direction) {
                let relevant = position.map_or(Relevant::All, |(run, ix)| run.relevant(node, ix, other));
                let parts: Vec<Option<i32>> = match relevant {
                    Relevant::All => vec![None],
                    Relevant::Range(range) => range.map(|ix| Some(ix as i32)).collect(),
                };
                open.extend(parts.into_iter().filter(|part| found.insert(other, *part)).map(|part| (other, part)));
            }
        }
        found
    }

    /// Adds the setups that its tasks need and the teardowns of those, and the teardowns of its own
    /// setups; a teardown brings nothing with it (S-9.22, S-3.34).
    pub(crate) fn add_setups(&mut self, graph: &Graph) {
        for node in self.nodes() {
            let task = graph.task(node);
            if task.is_setup {
                self.whole.extend(teardowns_of(graph, node));
            } else if !task.is_teardown {
                for setup in needed_setups(graph, node) {
                    self.whole.insert(setup);
                    self.whole.extend(teardowns_of(graph, setup));
                }
            }
        }
    }
}

fn teardowns_of(graph: &Graph, setup: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
    graph.nodes[setup].downstream.iter().copied().filter(|&down| graph.task(down).is_teardown)
}

/// The setups upstream of a task that have no teardown, or one downstream of the task (S-3.31).
fn needed_setups(graph: &Graph, node: NodeIx) -> Vec<NodeIx> {
    if !graph.dag.tasks.iter().any(|task| task.is_setup) {
        return Vec::new();
    }
    let below = graph.relatives(node, Direction::Downstream);
    let is_needed = |setup: &NodeIx| {
        let mut teardowns = teardowns_of(graph, *setup).peekable();
        teardowns.peek().is_none() || teardowns.any(|teardown| below.contains(&teardown))
    };
    let above = graph.relatives(node, Direction::Upstream);
    above.into_iter().filter(|&up| graph.task(up).is_setup).filter(is_needed).collect()
}

impl World {
    fn dag_of_act(&self, dag_id: &DagId) -> Result<&DagState, Reply> {
        self.dags.get(dag_id).ok_or_else(|| dag_not_found(dag_id))
    }

    /// What a request to clear concerns (S-9.21 to S-9.23).
    ///
    /// Airflow: around a run, what is downstream counts from what upstream added too.
    pub(crate) fn cleared_by(&self, request: &ClearTasks) -> Result<Vec<InstanceRef>, Reply> {
        let dag = self.dag_of_act(&request.dag_id)?;
        let runs = self.runs_in_scope(&request.dag_id, &request.runs)?;
        let mut around = None;
        if let RunScope::Around { run_id, past, future } = &request.runs {
            around = self.run_by_id.get(&(request.dag_id.clone(), run_id.clone())).and_then(|ix| self.runs.get(ix));
            if (*past || *future) && around.is_some_and(|run| run.row.logical_date.is_none()) {
                return Err(Reply::Invalid(
                    "a run without a logical date has no past or future: leave out include_past and include_future"
                        .to_owned(),
                ));
            }
        }
        let set = request.tasks.as_ref().map(|tasks| {
            let mut set = TaskSet::named(&dag.graph, tasks);
            let given = set.clone();
            if request.upstream {
                set.extend(given.relatives(&dag.graph, around, Direction::Upstream));
                set.add_setups(&dag.graph);
            }
            if request.downstream {
                let from = if around.is_some() { set.clone() } else { given };
                set.extend(from.relatives(&dag.graph, around, Direction::Downstream));
            }
            set.add_setups(&dag.graph);
            set
        });
        Ok(self.instances_in(&runs, set.as_ref(), state_filter(request.only_failed, request.only_running)))
    }

    /// What a request to mark concerns: whatever has another state (S-6.60).
    pub(crate) fn marked_by(&self, request: &MarkTasks, state: TaskInstanceState) -> Result<Vec<InstanceRef>, Reply> {
        let dag = self.dag_of_act(&request.dag_id)?;
        let Some(node) = dag.graph.node_ix(&request.task_id) else {
            return Err(Reply::NotFound(format!("Task '{}' not found in Dag '{}'", request.task_id, request.dag_id)));
        };
        let mut set = TaskSet::default();
        set.insert(node, request.map_index);
        if request.upstream {
            set.extend(TaskSet::whole(dag.graph.relatives(node, Direction::Upstream)));
        }
        if request.downstream {
            let below = dag.graph.relatives(node, Direction::Downstream).into_iter();
            set.extend(TaskSet::whole(below.filter(|&down| !dag.graph.task(down).is_teardown)));
        }
        let runs = self.runs_to_mark(dag, &request.runs)?;
        Ok(self.instances_in(&runs, Some(&set), |old| old != Some(state)))
    }

    /// The instances of these runs that are in the set (`None` = all) and in a wanted state.
    pub(crate) fn instances_in(
        &self,
        runs: &[RunIx],
        set: Option<&TaskSet>,
        wanted: impl Fn(Option<TaskInstanceState>) -> bool,
    ) -> Vec<InstanceRef> {
        let mut found = Vec::new();
        for &ix in runs {
            let Some(run) = self.runs.get(&ix) else { continue };
            for (node, state) in run.nodes.iter().enumerate() {
                let instances = state.instances.iter().enumerate();
                let is_in = |i: usize| set.is_none_or(|set| set.contains(node, state.map_index(i)));
                let chosen = instances.filter(|(i, instance)| is_in(*i) && wanted(instance.state));
                found.extend(chosen.map(|(i, _)| InstanceRef { run: ix, node, ix: i }));
            }
        }
        found
    }

    /// How the answer to an act calls these instances.
    pub(crate) fn names_of(&self, instances: &[InstanceRef]) -> Vec<InstanceName> {
        let name = |at: &InstanceRef| {
            let run = self.runs.get(&at.run)?;
            let node = &run.nodes[at.node];
            let instance = node.instances.get(at.ix)?;
            Some(InstanceName {
                id: instance.id,
                state: instance.state,
                run_id: run.row.run_id.clone(),
                task_id: run.graph.task(at.node).task_id.clone(),
                map_index: node.map_index(at.ix),
            })
        };
        instances.iter().filter_map(name).collect()
    }
}

/// S-9.21: with neither flag every state counts, none at all included.
pub(crate) fn state_filter(failed: bool, running: bool) -> impl Fn(Option<TaskInstanceState>) -> bool {
    move |state| match state {
        _ if !failed && !running => true,
        Some(TaskInstanceState::Failed | TaskInstanceState::UpstreamFailed) => failed,
        Some(TaskInstanceState::Running) => running,
        _ => false,
    }
}
