//! What lists need to know of DAG versions besides their rows: the names of tasks for people.
//!
//! Reading it takes the whole DAG, so it is kept for a while. An entry belongs to a version and its
//! content hash, because a version may be overwritten in place (S-2.51).

use std::collections::HashMap;
use std::sync::Arc;

use tw_model::{Dag, DagVersionId, TaskId};
use tw_store::{Store, StoreError, VersionView};

use crate::kept::Kept;

/// Tasks remembered over all versions, which bounds the memory at some 10 MB.
const TASKS_MAX: usize = 50_000;

/// The names of a version's tasks.
#[derive(Debug, Default)]
pub(crate) struct TaskNames(HashMap<TaskId, TaskName>);

/// How a task is called.
#[derive(Clone, Debug)]
pub(crate) struct TaskName {
    /// Name for people.
    pub(crate) display_name: String,
    /// Class name of the operator.
    pub(crate) task_type: String,
    /// Name of the operator for people.
    pub(crate) operator_name: String,
}

impl TaskNames {
    fn of(dag: &Dag) -> Self {
        let name = |task: &tw_model::Task| TaskName {
            display_name: task.display_name.clone().unwrap_or_else(|| task.task_id.to_string()),
            task_type: task.task_type.clone(),
            operator_name: task.operator().to_owned(),
        };
        Self(dag.tasks.iter().map(|task| (task.task_id.clone(), name(task))).collect())
    }

    /// The names of a task; `None` when the version has no such task.
    pub(crate) fn get(&self, task_id: &TaskId) -> Option<&TaskName> {
        self.0.get(task_id)
    }

    /// Tasks whose id or name for people contains a text, which is in small letters; by id.
    pub(crate) fn matching(&self, text: &str) -> Vec<(&TaskId, &str)> {
        let is_hit = |id: &TaskId, name: &TaskName| {
            id.as_str().to_lowercase().contains(text) || name.display_name.to_lowercase().contains(text)
        };
        let hits = self.0.iter().filter(|(id, name)| is_hit(id, name));
        let mut hits: Vec<(&TaskId, &str)> = hits.map(|(id, name)| (id, name.display_name.as_str())).collect();
        hits.sort_unstable();
        hits
    }

    /// The task's name for people; its id when the version has no such task.
    pub(crate) fn display_name(&self, task_id: &TaskId) -> String {
        self.get(task_id).map_or_else(|| task_id.to_string(), |name| name.display_name.clone())
    }
}

/// The names of several versions.
pub(crate) type NamesByVersion = HashMap<DagVersionId, Arc<TaskNames>>;

/// Remembers task names, the oldest forgotten first.
#[derive(Debug)]
pub(crate) struct Versions(Kept<(DagVersionId, String), Arc<TaskNames>>);

impl Default for Versions {
    fn default() -> Self {
        Self(Kept::new(TASKS_MAX))
    }
}

impl Versions {
    /// The task names of a version, if they were read lately.
    pub(crate) fn known(&self, version: &VersionView) -> Option<Arc<TaskNames>> {
        self.0.get(&(version.id, version.content_hash.clone()))
    }

    /// The task names of these versions. Repeats are cheap.
    pub(crate) async fn names(&self, store: &Store, wanted: &[&VersionView]) -> Result<NamesByVersion, StoreError> {
        let mut found = NamesByVersion::new();
        for version in wanted {
            if found.contains_key(&version.id) {
                continue;
            }
            let key = (version.id, version.content_hash.clone());
            let names = match self.0.get(&key) {
                Some(names) => names,
                None => {
                    let dag = store.dag_of_version(version.id).await?;
                    let names = Arc::new(dag.as_ref().map(TaskNames::of).unwrap_or_default());
                    self.0.put(key, Arc::clone(&names), names.0.len());
                    names
                }
            };
            found.insert(version.id, names);
        }
        Ok(found)
    }
}
