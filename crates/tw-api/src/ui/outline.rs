//! The outline of a DAG version: its groups and tasks as a tree, and what points to what.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use utoipa::ToSchema;

use serde::Serialize;
use serde_json::Value;
use tw_model::{Dag, GroupChild, Task, TaskGroup, TaskId, TimeSpan};
use tw_store::VersionView;

use crate::error::ApiError;
use crate::state::ApiState;

/// A task or a group.
#[derive(Serialize, ToSchema)]
pub(super) struct TreeNode {
    /// Task id or group id; unique in the tree.
    id: String,
    label: String,
    kind: NodeKind,
    /// Index of the parent in the tree; null = top level. Parents come before their children.
    pub(super) parent: Option<usize>,
    pub(super) operator: Option<String>,
    pub(super) is_mapped: bool,
    is_setup: bool,
    is_teardown: bool,
    pub(super) trigger_rule: Option<&'static str>,
    tooltip: Option<String>,
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum NodeKind {
    Task,
    Group,
}

/// From one task to another.
#[derive(Serialize, ToSchema)]
pub(super) struct Edge {
    from: String,
    to: String,
    label: Option<String>,
    is_setup_teardown: bool,
}

/// The tasks that take their slots from one pool.
#[derive(Serialize, ToSchema)]
pub(super) struct PoolTasks {
    /// Name of the pool.
    pool: String,
    /// Places of its tasks in the tree, in order.
    nodes: Vec<usize>,
}

/// What screens need of a DAG version besides its rows.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) tree: Vec<TreeNode>,
    pub(super) edges: Vec<Edge>,
    /// By name. Beside the tree, because most tasks share a few pools.
    pub(super) pools: Vec<PoolTasks>,
    places: HashMap<TaskId, usize>,
    /// Direct upstream tasks by place.
    upstream: HashMap<usize, Vec<usize>>,
    downstream: HashMap<usize, Vec<usize>>,
    settings: HashMap<TaskId, TaskSettings>,
}

/// What a task says about its tries.
#[derive(Clone, Copy)]
pub(super) struct TaskSettings {
    pub(super) execution_timeout: Option<TimeSpan>,
    pub(super) retry_delay: TimeSpan,
}

impl TreeNode {
    pub(super) fn is_group(&self) -> bool {
        self.kind == NodeKind::Group
    }
}

impl Outline {
    /// The outline of a DAG.
    pub(super) fn of(dag: &Dag) -> Self {
        let mut outline = Self::default();
        let tasks: HashMap<&str, &Task> = dag.tasks.iter().map(|task| (task.task_id.as_str(), task)).collect();
        outline.grow(&dag.task_group, None, false, &tasks);
        // A document without groups, or a task that none of them names.
        for task in &dag.tasks {
            if !outline.places.contains_key(&task.task_id) {
                outline.plant(task, None, false);
            }
        }
        outline.connect(dag, &tasks);
        outline.pool(dag);
        let settings = |task: &Task| {
            let settings = TaskSettings { execution_timeout: task.execution_timeout, retry_delay: task.retry_delay };
            (task.task_id.clone(), settings)
        };
        outline.settings = dag.tasks.iter().map(settings).collect();
        outline
    }

    /// Where a task stands in the tree.
    pub(super) fn place(&self, task_id: &TaskId) -> Option<usize> {
        self.places.get(task_id).copied()
    }

    /// The tasks, each with its place.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (&TaskId, usize)> {
        self.places.iter().map(|(task_id, place)| (task_id, *place))
    }

    /// The direct upstream tasks of the one at a place.
    pub(super) fn upstream(&self, place: usize) -> &[usize] {
        self.upstream.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// The direct downstream tasks of the one at a place.
    pub(super) fn downstream(&self, place: usize) -> &[usize] {
        self.downstream.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// The ids of nodes at these places.
    pub(super) fn ids(&self, places: &[usize]) -> Vec<String> {
        places.iter().filter_map(|place| self.tree.get(*place)).map(|node| node.id.clone()).collect()
    }

    /// What a task says about its tries.
    pub(super) fn settings(&self, task_id: &TaskId) -> Option<TaskSettings> {
        self.settings.get(task_id).copied()
    }

    fn grow(&mut self, group: &TaskGroup, at: Option<usize>, is_mapped: bool, tasks: &HashMap<&str, &Task>) {
        for child in &group.children {
            match child {
                GroupChild::Task(task_id) => {
                    if let Some(task) = tasks.get(task_id.as_str()) {
                        self.plant(task, at, is_mapped);
                    }
                }
                GroupChild::Group(inner) => {
                    let is_mapped = is_mapped || inner.expand_input.is_some();
                    let id = inner.group_id.clone().unwrap_or_default();
                    self.tree.push(TreeNode {
                        label: inner.display_name.clone().unwrap_or_else(|| self.label(&id, at)),
                        id,
                        kind: NodeKind::Group,
                        parent: at,
                        operator: None,
                        is_mapped: inner.expand_input.is_some(),
                        is_setup: false,
                        is_teardown: false,
                        trigger_rule: None,
                        tooltip: Some(inner.tooltip.clone()).filter(|tooltip| !tooltip.is_empty()),
                    });
                    self.grow(inner, Some(self.tree.len() - 1), is_mapped, tasks);
                }
            }
        }
    }

    fn plant(&mut self, task: &Task, parent: Option<usize>, in_mapped_group: bool) {
        let id = task.task_id.to_string();
        self.places.insert(task.task_id.clone(), self.tree.len());
        self.tree.push(TreeNode {
            label: task.display_name.clone().unwrap_or_else(|| self.label(&id, parent)),
            id,
            kind: NodeKind::Task,
            parent,
            operator: Some(task.operator().to_owned()),
            is_mapped: in_mapped_group || task.expand_input.is_some(),
            is_setup: task.is_setup,
            is_teardown: task.is_teardown,
            trigger_rule: Some(task.trigger_rule.as_str()),
            tooltip: None,
        });
    }

    /// An id without the prefix that its group gave it.
    fn label(&self, id: &str, parent: Option<usize>) -> String {
        let group = parent.and_then(|parent| self.tree.get(parent)).map(|node| node.id.as_str());
        let short = group.and_then(|group| id.strip_prefix(group)?.strip_prefix('.'));
        short.unwrap_or(id).to_owned()
    }

    fn pool(&mut self, dag: &Dag) {
        let mut pools: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for task in &dag.tasks {
            pools.entry(&task.pool).or_default().extend(self.place(&task.task_id));
        }
        let tasks = |(pool, mut nodes): (&str, Vec<usize>)| {
            nodes.sort_unstable();
            PoolTasks { pool: pool.to_owned(), nodes }
        };
        self.pools = pools.into_iter().map(tasks).collect();
    }

    fn connect(&mut self, dag: &Dag, tasks: &HashMap<&str, &Task>) {
        for from in &dag.tasks {
            let Some(source) = self.place(&from.task_id) else { continue };
            for id in &from.downstream_task_ids {
                let (Some(target), Some(to)) = (self.place(id), tasks.get(id.as_str())) else { continue };
                self.upstream.entry(target).or_default().push(source);
                self.downstream.entry(source).or_default().push(target);
                self.edges.push(Edge {
                    from: from.task_id.to_string(),
                    to: id.to_string(),
                    label: edge_label(dag, from.task_id.as_str(), id.as_str()),
                    is_setup_teardown: from.is_setup && to.is_teardown,
                });
            }
        }
    }
}

/// The author's label of an edge. The SDK may wrap each level of the document in a type tag.
fn edge_label(dag: &Dag, from: &str, to: &str) -> Option<String> {
    fn plain(value: &Value) -> &Value {
        value.get("__var").unwrap_or(value)
    }
    let edges = plain(dag.extra.get("edge_info")?);
    let edge = plain(plain(edges.get(from)?).get(to)?);
    edge.get("label").and_then(Value::as_str).filter(|label| !label.is_empty()).map(str::to_owned)
}

/// The outline of a version. Repeats are cheap.
pub(super) async fn outline(state: &ApiState, version: &VersionView) -> Result<Arc<Outline>, ApiError> {
    let key = (version.id, version.content_hash.clone());
    if let Some(outline) = state.ui().outlines.get(&key) {
        return Ok(outline);
    }
    let dag = state.store().dag_of_version(version.id).await?;
    let outline = Arc::new(dag.as_ref().map(Outline::of).unwrap_or_default());
    state.ui().outlines.put(key, Arc::clone(&outline), outline.tree.len());
    Ok(outline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tw_model::{ExpandInput, MapInput};

    #[test]
    fn the_tree_has_parents_first_and_short_labels() {
        let task = |id: &str, downstream: &[&str]| Task {
            downstream_task_ids: downstream.iter().map(|id| TaskId::from(*id)).collect(),
            ..Task::new(id.into(), "EmptyOperator")
        };
        let input = ExpandInput::ListOfDicts(MapInput::Literal { len: 2 });
        let inner = TaskGroup {
            group_id: Some("g.inner".into()),
            expand_input: Some(input),
            children: vec![GroupChild::Task("g.inner.b".into())],
            ..TaskGroup::default()
        };
        let group = TaskGroup {
            group_id: Some("g".into()),
            display_name: Some("The group".into()),
            tooltip: "tip".into(),
            children: vec![GroupChild::Group(inner), GroupChild::Task("unprefixed".into())],
            ..TaskGroup::default()
        };
        let children = vec![GroupChild::Task("a".into()), GroupChild::Group(group)];
        let setup = Task { is_setup: true, ..task("a", &["g.inner.b", "last"]) };
        let edge_info = json!({"a": {"last": {"label": "<b>yes</b>"}}});
        let dag = Dag {
            tasks: vec![
                setup,
                task("g.inner.b", &[]),
                Task { pool: "a pool".to_owned(), ..task("unprefixed", &["last"]) },
                Task { is_teardown: true, ..task("last", &["gone"]) },
            ],
            task_group: TaskGroup { children, ..TaskGroup::default() },
            extra: serde_json::Map::from_iter([("edge_info".to_owned(), edge_info)]),
            ..Dag::new("d".into())
        };
        let outline = Outline::of(&dag);
        let lines: Vec<String> = outline
            .tree
            .iter()
            .map(|node| format!("{} {:?} {:?} mapped={}", node.id, node.label, node.parent, node.is_mapped))
            .collect();
        assert_eq!(
            lines,
            [
                "a \"a\" None mapped=false",
                "g \"The group\" None mapped=false",
                "g.inner \"inner\" Some(1) mapped=true",
                "g.inner.b \"b\" Some(2) mapped=true",
                "unprefixed \"unprefixed\" Some(1) mapped=false",
                "last \"last\" None mapped=false",
            ]
        );
        let edges: Vec<String> = outline
            .edges
            .iter()
            .map(|edge| format!("{}>{} {:?} {}", edge.from, edge.to, edge.label, edge.is_setup_teardown))
            .collect();
        assert_eq!(edges, ["a>g.inner.b None false", "a>last Some(\"<b>yes</b>\") true", "unprefixed>last None false"]);
        let pools: Vec<_> = outline.pools.iter().map(|one| (one.pool.as_str(), one.nodes.as_slice())).collect();
        assert_eq!(pools, [("a pool", [4].as_slice()), ("default_pool", &[0, 3, 5])]);
        let last = outline.place(&"last".into()).unwrap();
        assert_eq!(outline.ids(outline.upstream(last)), ["a", "unprefixed"]);
        assert_eq!(outline.ids(outline.downstream(0)), ["g.inner.b", "last"]);
    }
}
