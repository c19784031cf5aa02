//! What lists need to know of DAG versions besides their rows: the names of tasks for people.
//!
//! Reading it takes the whole DAG, so it is kept for a while. An entry belongs to a version and its
//! content hash, because a version may be overwritten in place (S-2.51).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tw_model::{Dag, DagVersionId, TaskId};
use tw_store::VersionView;
use tw_store::{Store, StoreError};

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

    /// The task's name for people; its id when the version has no such task.
    pub(crate) fn display_name(&self, task_id: &TaskId) -> String {
        self.get(task_id).map_or_else(|| task_id.to_string(), |name| name.display_name.clone())
    }
}

/// The names of several versions.
pub(crate) type NamesByVersion = HashMap<DagVersionId, Arc<TaskNames>>;

/// Remembers task names, the oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Versions(Mutex<Cache>);

#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<(DagVersionId, String), Arc<TaskNames>>,
    order: VecDeque<(DagVersionId, String)>,
    tasks: usize,
}

impl Versions {
    /// The task names of these versions. Repeats are cheap.
    pub(crate) async fn names(&self, store: &Store, wanted: &[&VersionView]) -> Result<NamesByVersion, StoreError> {
        let mut found = NamesByVersion::new();
        for version in wanted {
            if found.contains_key(&version.id) {
                continue;
            }
            let key = (version.id, version.content_hash.clone());
            let known = self.cache().entries.get(&key).cloned();
            let names = match known {
                Some(names) => names,
                None => {
                    let dag = store.dag_of_version(version.id).await?;
                    let names = Arc::new(dag.as_ref().map(TaskNames::of).unwrap_or_default());
                    self.cache().put(key, Arc::clone(&names));
                    names
                }
            };
            found.insert(version.id, names);
        }
        Ok(found)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Every change leaves the cache whole, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn put(&mut self, key: (DagVersionId, String), names: Arc<TaskNames>) {
        self.tasks += names.0.len();
        if let Some(replaced) = self.entries.insert(key.clone(), names) {
            self.tasks -= replaced.0.len();
        } else {
            self.order.push_back(key);
        }
        // The newest stays even if it alone is over the bound.
        while self.tasks > TASKS_MAX && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            self.tasks -= self.entries.remove(&oldest).map_or(0, |names| names.0.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Arc<TaskNames> {
        let name = TaskName { display_name: String::new(), task_type: String::new(), operator_name: String::new() };
        Arc::new(TaskNames((0..count).map(|n| (TaskId::from(n.to_string()), name.clone())).collect()))
    }

    fn key(n: u128) -> (DagVersionId, String) {
        (DagVersionId(uuid::Uuid::from_u128(n)), "h".into())
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut cache = Cache::default();
        cache.put(key(1), names(TASKS_MAX / 2));
        cache.put(key(2), names(TASKS_MAX / 2));
        cache.put(key(2), names(TASKS_MAX / 2));
        assert_eq!(cache.tasks, TASKS_MAX);
        cache.put(key(3), names(1));
        assert_eq!(cache.order, [key(2), key(3)]);
        assert_eq!(cache.tasks, TASKS_MAX / 2 + 1);
        cache.put(key(4), names(TASKS_MAX + 1));
        assert_eq!(cache.order, [key(4)]);
    }
}
