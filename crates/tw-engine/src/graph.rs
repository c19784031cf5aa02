//! A DAG version made ready for deciding: tasks by index, edges both ways, weights, and which
//! tasks have to be looked at again when another one finishes. Built once per version.

use std::collections::BTreeMap;
use std::sync::Arc;

use tw_model::{Dag, DagVersionId, ExpandInput, GroupChild, Task, TaskGroup, TaskId, WeightRule};
use tw_timetable::Compiled;

/// Index of a task within its version.
pub(crate) type NodeIx = usize;
/// Index of a mapped task group within its version.
pub(crate) type GroupIx = usize;

/// The DAG cannot be scheduled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GraphError {
    #[error("task {task} names a downstream task {downstream} that does not exist")]
    UnknownDownstream { task: TaskId, downstream: TaskId },
    #[error("the tasks form a cycle through {0}")]
    Cycle(TaskId),
    #[error("invalid schedule: {0}")]
    Timetable(#[from] tw_timetable::TimetableError),
}

#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) version_id: DagVersionId,
    pub(crate) dag: Arc<Dag>,
    pub(crate) timetable: Compiled,
    pub(crate) nodes: Vec<GraphNode>,
    /// Mapped task groups, parents before children.
    pub(crate) groups: Vec<MappedGroup>,
    /// Tasks that decide the run's state (S-7.1).
    pub(crate) leaves: Vec<NodeIx>,
    /// Whether any task looks at the previous run (S-3.8).
    pub(crate) depends_on_past: bool,
    index: BTreeMap<TaskId, NodeIx>,
}

#[derive(Debug)]
pub(crate) struct MappedGroup {
    pub(crate) input: ExpandInput,
    pub(crate) needs: Vec<NodeIx>,
}

#[derive(Debug, Default)]
pub(crate) struct GraphNode {
    pub(crate) upstream: Vec<NodeIx>,
    pub(crate) downstream: Vec<NodeIx>,
    /// Effective weight (S-5.1).
    pub(crate) weight: i32,
    /// Mapped groups around the task, outermost first.
    pub(crate) groups: Vec<GroupIx>,
    /// Whether the task has an index per expansion: it is mapped, or inside a mapped group.
    pub(crate) is_mapped: bool,
    /// Whether upstreams are counted by rows instead of tasks (S-3.21).
    pub(crate) counts_rows: bool,
    /// Tasks whose output decides the number of instances (S-4.8).
    pub(crate) expansion_needs: Vec<NodeIx>,
    /// Direct upstream setups.
    pub(crate) direct_setups: Vec<NodeIx>,
    /// Setups further up that must have succeeded (S-3.31).
    pub(crate) indirect_setups: Vec<NodeIx>,
    /// For a teardown: the indirect upstreams between its setups and itself (S-3.32).
    pub(crate) scope: Vec<NodeIx>,
    /// Tasks to look at again when this one finishes, besides its direct downstream.
    pub(crate) watchers: Vec<NodeIx>,
}

/// A way along the edges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Upstream,
    Downstream,
}

impl GraphNode {
    /// The direct relatives of a task.
    pub(crate) fn edges(&self, direction: Direction) -> &Vec<NodeIx> {
        match direction {
            Direction::Upstream => &self.upstream,
            Direction::Downstream => &self.downstream,
        }
    }
}

impl Graph {
    pub(crate) fn new(version_id: DagVersionId, dag: Arc<Dag>) -> Result<Self, GraphError> {
        let timetable = Compiled::new(&dag.timetable)?;
        let index: BTreeMap<TaskId, NodeIx> =
            dag.tasks.iter().enumerate().map(|(ix, task)| (task.task_id.clone(), ix)).collect();
        let mut nodes: Vec<GraphNode> = dag.tasks.iter().map(|_| GraphNode::default()).collect();
        for (ix, task) in dag.tasks.iter().enumerate() {
            for id in &task.downstream_task_ids {
                let Some(&down) = index.get(id) else {
                    return Err(GraphError::UnknownDownstream { task: task.task_id.clone(), downstream: id.clone() });
                };
                nodes[ix].downstream.push(down);
                nodes[down].upstream.push(ix);
            }
        }
        let order = topological_order(&nodes).map_err(|ix| GraphError::Cycle(dag.tasks[ix].task_id.clone()))?;
        set_weights(&dag.tasks, &mut nodes, &order);
        let mut groups = Vec::new();
        collect_groups(&dag.task_group, &index, &mut Vec::new(), &mut groups, &mut nodes);
        set_mapping(&dag.tasks, &index, &groups, &mut nodes);
        set_setups(&dag.tasks, &mut nodes);
        set_watchers(&mut nodes);
        let leaves = leaves(&dag.tasks, &nodes);
        let depends_on_past = dag.tasks.iter().any(|t| t.depends_on_past || t.wait_for_downstream);
        Ok(Self { version_id, timetable, nodes, groups, leaves, depends_on_past, index, dag })
    }

    pub(crate) fn node_ix(&self, task_id: &TaskId) -> Option<NodeIx> {
        self.index.get(task_id).copied()
    }

    pub(crate) fn task(&self, ix: NodeIx) -> &Task {
        &self.dag.tasks[ix]
    }

    /// Every task upstream of this one, or downstream, at any distance.
    pub(crate) fn relatives(&self, ix: NodeIx, direction: Direction) -> Vec<NodeIx> {
        reach(&self.nodes, ix, |node| node.edges(direction)).iter().collect()
    }

    /// Whether the number of instances of a task depends on what another one pushes.
    pub(crate) fn is_measured_by(&self, ix: NodeIx, other: NodeIx) -> bool {
        let node = &self.nodes[ix];
        node.expansion_needs.contains(&other)
            || node.groups.iter().any(|&group| self.groups[group].needs.contains(&other))
    }

    /// The innermost mapped group that two tasks share, as a depth into `groups` of each.
    pub(crate) fn shared_group_depth(&self, a: NodeIx, b: NodeIx) -> usize {
        let (a, b) = (&self.nodes[a].groups, &self.nodes[b].groups);
        a.iter().zip(b).take_while(|(x, y)| x == y).count()
    }
}

/// Kahn's algorithm; the error names a task on a cycle.
fn topological_order(nodes: &[GraphNode]) -> Result<Vec<NodeIx>, NodeIx> {
    let mut missing: Vec<usize> = nodes.iter().map(|n| n.upstream.len()).collect();
    let mut order: Vec<NodeIx> = (0..nodes.len()).filter(|&ix| missing[ix] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for &down in &nodes[order[next]].downstream {
            missing[down] -= 1;
            if missing[down] == 0 {
                order.push(down);
            }
        }
        next += 1;
    }
    match missing.iter().position(|&m| m > 0) {
        Some(on_cycle) => Err(on_cycle),
        None => Ok(order),
    }
}

/// S-5.2 to S-5.6. Sums run over *distinct* relatives, so sets are needed, not path sums.
fn set_weights(tasks: &[Task], nodes: &mut [GraphNode], order: &[NodeIx]) {
    let down = tasks
        .iter()
        .any(|t| t.weight_rule == WeightRule::Downstream)
        .then(|| closure(nodes, order.iter().rev(), |n| &n.downstream));
    let up = tasks
        .iter()
        .any(|t| t.weight_rule == WeightRule::Upstream)
        .then(|| closure(nodes, order.iter(), |n| &n.upstream));
    for (ix, task) in tasks.iter().enumerate() {
        let relatives = match task.weight_rule {
            WeightRule::Downstream => &down,
            WeightRule::Upstream => &up,
            WeightRule::Absolute => &None,
        };
        let others: i64 =
            relatives.iter().flat_map(|sets| sets[ix].iter()).map(|r| i64::from(tasks[r].priority_weight)).sum();
        let sum = i64::from(task.priority_weight) + others;
        nodes[ix].weight = sum.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    }
}

/// A set of node indexes.
#[derive(Clone)]
struct BitSet(Vec<u64>);

impl BitSet {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }
    fn insert(&mut self, ix: usize) {
        self.0[ix / 64] |= 1 << (ix % 64);
    }
    fn contains(&self, ix: usize) -> bool {
        self.0[ix / 64] & (1 << (ix % 64)) != 0
    }
    fn union(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(word, bits)| (0..64).filter(move |b| bits & (1 << b) != 0).map(move |b| word * 64 + b))
    }
}

/// All transitive relatives of each node; `order` visits a node after its relatives.
fn closure<'a>(
    nodes: &[GraphNode],
    order: impl Iterator<Item = &'a NodeIx>,
    relatives: impl Fn(&GraphNode) -> &Vec<NodeIx>,
) -> Vec<BitSet> {
    let mut sets = vec![BitSet::new(nodes.len()); nodes.len()];
    for &ix in order {
        let mut set = std::mem::replace(&mut sets[ix], BitSet(Vec::new()));
        if set.0.is_empty() {
            set = BitSet::new(nodes.len());
        }
        for &r in relatives(&nodes[ix]) {
            set.insert(r);
            set.union(&sets[r]);
        }
        sets[ix] = set;
    }
    sets
}

fn collect_groups(
    group: &TaskGroup,
    index: &BTreeMap<TaskId, NodeIx>,
    around: &mut Vec<GroupIx>,
    groups: &mut Vec<MappedGroup>,
    nodes: &mut [GraphNode],
) {
    if let Some(input) = &group.expand_input {
        around.push(groups.len());
        groups.push(MappedGroup { input: input.clone(), needs: needs_of(input, index) });
    }
    for child in &group.children {
        match child {
            GroupChild::Task(id) => {
                if let Some(&ix) = index.get(id) {
                    nodes[ix].groups.clone_from(around);
                }
            }
            GroupChild::Group(inner) => collect_groups(inner, index, around, groups, nodes),
        }
    }
    if group.expand_input.is_some() {
        around.pop();
    }
}

fn needs_of(input: &ExpandInput, index: &BTreeMap<TaskId, NodeIx>) -> Vec<NodeIx> {
    let mut needs = Vec::new();
    input.for_each_task(&mut |id| needs.extend(index.get(id)));
    needs.sort_unstable();
    needs.dedup();
    needs
}

fn set_mapping(tasks: &[Task], index: &BTreeMap<TaskId, NodeIx>, groups: &[MappedGroup], nodes: &mut [GraphNode]) {
    for (ix, task) in tasks.iter().enumerate() {
        nodes[ix].is_mapped = task.expand_input.is_some() || !nodes[ix].groups.is_empty();
        nodes[ix].expansion_needs = match (&task.expand_input, nodes[ix].groups.last()) {
            (Some(input), _) => needs_of(input, index),
            (None, Some(&group)) => groups[group].needs.clone(),
            (None, None) => Vec::new(),
        };
    }
    for ix in 0..nodes.len() {
        nodes[ix].counts_rows = nodes[ix].upstream.iter().any(|&up| nodes[up].is_mapped);
    }
}

fn reach(nodes: &[GraphNode], from: NodeIx, edges: impl Fn(&GraphNode) -> &Vec<NodeIx>) -> BitSet {
    let mut seen = BitSet::new(nodes.len());
    let mut stack = edges(&nodes[from]).clone();
    while let Some(ix) = stack.pop() {
        if !seen.contains(ix) {
            seen.insert(ix);
            stack.extend(edges(&nodes[ix]));
        }
    }
    seen
}

/// S-3.31, S-3.32. Costs a closure per task, so only DAGs with setups pay it.
fn set_setups(tasks: &[Task], nodes: &mut [GraphNode]) {
    if !tasks.iter().any(|t| t.is_setup || t.is_teardown) {
        return;
    }
    let up: Vec<BitSet> = (0..nodes.len()).map(|ix| reach(nodes, ix, |n| &n.upstream)).collect();
    let down: Vec<BitSet> = (0..nodes.len()).map(|ix| reach(nodes, ix, |n| &n.downstream)).collect();
    for (ix, task) in tasks.iter().enumerate() {
        let direct: Vec<NodeIx> = nodes[ix].upstream.iter().copied().filter(|&u| tasks[u].is_setup).collect();
        if task.is_teardown {
            nodes[ix].scope = up[ix]
                .iter()
                .filter(|t| !nodes[ix].upstream.contains(t) && direct.iter().any(|&s| down[s].contains(*t)))
                .collect();
        } else {
            nodes[ix].indirect_setups = up[ix]
                .iter()
                .filter(|&s| tasks[s].is_setup && !direct.contains(&s))
                .filter(|&s| {
                    let mut teardowns = nodes[s].downstream.iter().filter(|&&t| tasks[t].is_teardown).peekable();
                    teardowns.peek().is_none() || teardowns.any(|&t| down[ix].contains(t))
                })
                .collect();
        }
        nodes[ix].direct_setups = direct;
    }
}

fn set_watchers(nodes: &mut [GraphNode]) {
    for ix in 0..nodes.len() {
        let node = &nodes[ix];
        let watched: Vec<NodeIx> =
            node.scope.iter().chain(&node.indirect_setups).chain(&node.expansion_needs).copied().collect();
        for other in watched {
            if !nodes[other].downstream.contains(&ix) && !nodes[other].watchers.contains(&ix) {
                nodes[other].watchers.push(ix);
            }
        }
    }
}

/// S-7.1: tasks without downstream other than ignorable teardowns; if none, those without any.
fn leaves(tasks: &[Task], nodes: &[GraphNode]) -> Vec<NodeIx> {
    let ignorable = |ix: NodeIx| tasks[ix].is_teardown && !tasks[ix].on_failure_fail_dagrun;
    let leaves: Vec<NodeIx> =
        (0..nodes.len()).filter(|&ix| !ignorable(ix) && nodes[ix].downstream.iter().all(|&d| ignorable(d))).collect();
    if leaves.is_empty() { (0..nodes.len()).filter(|&ix| nodes[ix].downstream.is_empty()).collect() } else { leaves }
}
