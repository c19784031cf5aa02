//! From the engine's writes to steps: grouped by table, repeated writes of a row coalesced.
//!
//! But for those that delete over tables, writes of different tables commute (there are no foreign
//! keys), so each table keeps its own order. Within `task_instance` an archive copies what stands
//! before it, so nothing may move across it that touches the same row.

use std::collections::HashMap;
use std::hash::Hash;

use tw_engine::{CallbackRequest, ImportError, Write};
use tw_model::{DagRunId, Pool, TaskId, TaskInstance, TaskInstanceId};

use super::rows;
use crate::batch::Step;
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::value::Value;

/// Adds the steps that apply `writes` in order.
pub(crate) fn plan(writes: &[Write], dialect: Dialect, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let mut plan = Plan::default();
    for write in writes {
        match write {
            // They reach over tables, so everything before them goes first.
            Write::DeleteDagRun { id, .. } => {
                std::mem::take(&mut plan).finish(dialect, steps)?;
                super::delete::run(*id, steps);
            }
            Write::DeleteDag { dag_id } => {
                std::mem::take(&mut plan).finish(dialect, steps)?;
                super::delete::dag(dag_id, steps);
            }
            _ => plan.add(write)?,
        }
    }
    plan.finish(dialect, steps)
}

/// The last write of each row, in the order of the rows' first writes.
struct Latest<K, V> {
    position: HashMap<K, usize>,
    values: Vec<V>,
}

impl<K, V> Default for Latest<K, V> {
    fn default() -> Self {
        Self { position: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Hash + Eq, V> Latest<K, V> {
    fn put(&mut self, key: K, value: V) {
        let next = self.values.len();
        let at = *self.position.entry(key).or_insert(next);
        if at == next {
            self.values.push(value);
        } else {
            self.values[at] = value;
        }
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.position.get(key).map(|at| &self.values[*at])
    }

    fn contains(&self, key: &K) -> bool {
        self.position.contains_key(key)
    }
}

/// What identifies a task instance row.
type Key<'a> = (DagRunId, &'a TaskId, i32);

#[derive(Default)]
struct Plan<'a> {
    dags: Latest<&'a str, &'a tw_engine::DagRow>,
    versions: Latest<tw_model::DagVersionId, &'a tw_engine::DagVersionRow>,
    import_errors: Latest<(&'a str, &'a str), (&'a str, &'a str, Option<&'a ImportError>)>,
    runs: Latest<DagRunId, &'a tw_model::DagRun>,
    instances: Instances<'a>,
    /// Phases of `instances` that are complete.
    phases: Vec<Instances<'a>>,
    cleared_xcoms: Latest<Key<'a>, Key<'a>>,
    pools: Latest<&'a str, (&'a str, Option<&'a Pool>)>,
    callbacks: Latest<u128, (u128, Option<&'a CallbackRequest>)>,
    audit: Vec<Vec<Value>>,
}

/// Changes of task instances that can be made in this order: `deleted`, `before`, `archived`,
/// `after`, `hosts`, `labels`, `notes`.
#[derive(Default)]
struct Instances<'a> {
    deleted: Vec<Key<'a>>,
    before: Latest<Key<'a>, &'a TaskInstance>,
    /// Rows of `before` by id.
    before_ids: HashMap<TaskInstanceId, Key<'a>>,
    archived: Latest<TaskInstanceId, TaskInstanceId>,
    archived_keys: HashMap<Key<'a>, ()>,
    /// Whether a row is archived that was not written before, so that its key is not known.
    archived_unknown: bool,
    after: Latest<Key<'a>, &'a TaskInstance>,
    after_ids: HashMap<TaskInstanceId, ()>,
    hosts: Latest<TaskInstanceId, [Value; 4]>,
    labels: Latest<TaskInstanceId, [Value; 2]>,
    notes: Latest<Key<'a>, (Key<'a>, Option<&'a str>)>,
}

impl<'a> Plan<'a> {
    fn add(&mut self, write: &'a Write) -> Result<(), StoreError> {
        match write {
            Write::Dag(row) => self.dags.put(row.dag_id.as_str(), row),
            Write::DagVersion(row) => self.versions.put(row.id, row),
            Write::ImportError { bundle_name, relative_fileloc, error } => {
                self.import_errors
                    .put((bundle_name, relative_fileloc), (bundle_name, relative_fileloc, error.as_ref()));
            }
            Write::DagRun(row) => self.runs.put(row.id, row),
            Write::TaskInstance(row) => self.instances.upsert(row),
            Write::DeleteTaskInstance { dag_run_id, task_id, map_index } => {
                self.delete((*dag_run_id, task_id, *map_index));
            }
            Write::ArchiveTaskInstance { id } => self.archive(*id),
            Write::AttemptHost { id, hostname, unixname, pid } => {
                let values = [(*id).into(), hostname.into(), unixname.into(), (*pid).into()];
                self.instances.hosts.put(*id, values);
            }
            Write::RenderedMapIndex { id, label } => {
                self.instances.labels.put(*id, [(*id).into(), label.into()]);
            }
            Write::ClearXCom { dag_run_id, task_id, map_index } => {
                let key = (*dag_run_id, task_id, *map_index);
                self.cleared_xcoms.put(key, key);
            }
            Write::Pool(pool) => self.pools.put(&pool.name, (&pool.name, Some(pool))),
            Write::DeletePool { name } => self.pools.put(name, (name, None)),
            Write::Callback(request) => self.callbacks.put(request.id, (request.id, Some(request))),
            Write::DeleteCallback { id } => self.callbacks.put(*id, (*id, None)),
            Write::TaskInstanceNote { dag_run_id, task_id, map_index, note, .. } => {
                let key = (*dag_run_id, task_id, *map_index);
                self.instances.notes.put(key, (key, note.as_deref()));
            }
            Write::Audit { .. } => self.audit.extend(audit_row(write)),
            // The caller's, who ends the plan with them.
            Write::DeleteDagRun { .. } | Write::DeleteDag { .. } => {}
        }
        Ok(())
    }

    fn archive(&mut self, id: TaskInstanceId) {
        let now = &self.instances;
        if !now.deleted.is_empty()
            || now.after_ids.contains_key(&id)
            || now.hosts.contains(&id)
            || now.labels.contains(&id)
        {
            self.next_phase();
        }
        self.instances.archive(id);
    }

    fn delete(&mut self, key: Key<'a>) {
        let now = &self.instances;
        let is_touched = now.before.contains(&key)
            || now.after.contains(&key)
            || now.notes.contains(&key)
            || !now.archived.values.is_empty();
        if is_touched || !now.hosts.values.is_empty() || !now.labels.values.is_empty() {
            self.next_phase();
        }
        self.instances.deleted.push(key);
    }

    fn next_phase(&mut self) {
        self.phases.push(std::mem::take(&mut self.instances));
    }

    fn finish(mut self, dialect: Dialect, steps: &mut Vec<Step>) -> Result<(), StoreError> {
        self.next_phase();
        rows::DAG.push(self.dags.values.into_iter().map(rows::dag).collect(), dialect, steps);
        versions(self.versions.values, dialect, steps)?;
        for (bundle_name, relative_fileloc, error) in self.import_errors.values {
            match error {
                Some(error) => {
                    let row = rows::import_error(bundle_name, relative_fileloc, error);
                    rows::IMPORT_ERROR.push(vec![row], dialect, steps);
                }
                None => {
                    let key = [bundle_name.into(), relative_fileloc.into()];
                    steps.push(Step::new(super::DELETE_IMPORT_ERROR, key));
                }
            }
        }
        let runs = self.runs.values.into_iter().map(rows::dag_run).collect::<Result<_, _>>()?;
        rows::DAG_RUN.push(runs, dialect, steps);
        for phase in self.phases {
            phase.finish(dialect, steps)?;
        }
        rows::CLEAR_XCOM.push(self.cleared_xcoms.values.into_iter().map(key_values).collect(), dialect, steps);
        for (name, pool) in self.pools.values {
            match pool {
                Some(pool) => rows::POOL.push(vec![rows::pool(pool)], dialect, steps),
                None => steps.push(Step::new(super::DELETE_POOL, [name.into()])),
            }
        }
        for (id, request) in self.callbacks.values {
            match request {
                Some(request) => rows::CALLBACK.push(vec![rows::callback(request)?], dialect, steps),
                None => steps.push(Step::new(super::DELETE_CALLBACK, [rows::callback_id(id)])),
            }
        }
        rows::AUDIT.push(self.audit, dialect, steps);
        Ok(())
    }
}

impl<'a> Instances<'a> {
    fn upsert(&mut self, row: &'a TaskInstance) {
        let key = (row.dag_run_id, &row.task_id, row.map_index);
        let follows_archive = self.archived_unknown || self.archived_keys.contains_key(&key);
        if self.after.contains(&key) || follows_archive {
            self.after_ids.insert(row.id, ());
            self.after.put(key, row);
        } else {
            if let Some(earlier) = self.before.get(&key) {
                self.before_ids.remove(&earlier.id);
            }
            self.before_ids.insert(row.id, key);
            self.before.put(key, row);
        }
    }

    fn archive(&mut self, id: TaskInstanceId) {
        match self.before_ids.get(&id) {
            Some(key) => drop(self.archived_keys.insert(*key, ())),
            None => self.archived_unknown = true,
        }
        self.archived.put(id, id);
    }

    fn finish(self, dialect: Dialect, steps: &mut Vec<Step>) -> Result<(), StoreError> {
        rows::DELETE_TASK_INSTANCE.push(self.deleted.into_iter().map(key_values).collect(), dialect, steps);
        let values = |latest: Latest<_, &TaskInstance>| {
            latest.values.into_iter().map(rows::task_instance).collect::<Result<Vec<_>, _>>()
        };
        rows::TASK_INSTANCE.push(values(self.before)?, dialect, steps);
        let archived: Vec<[Value; 1]> = self.archived.values.into_iter().map(|id| [id.into()]).collect();
        rows::ARCHIVE.push(archived.clone(), dialect, steps);
        rows::FORGET_PROCESS.push(archived, dialect, steps);
        rows::TASK_INSTANCE.push(values(self.after)?, dialect, steps);
        rows::ATTEMPT_HOST.push(self.hosts.values, dialect, steps);
        rows::RENDERED_MAP_INDEX.push(self.labels.values, dialect, steps);
        let notes = self.notes.values.into_iter().map(|((dag_run_id, task_id, map_index), note)| {
            [dag_run_id.into(), task_id.into(), map_index.into(), note.into()]
        });
        rows::NOTE.push(notes.collect::<Vec<[Value; 4]>>(), dialect, steps);
        Ok(())
    }
}

/// The versions and, for each DAG, the tags of its newest.
fn versions(
    versions: Vec<&tw_engine::DagVersionRow>,
    dialect: Dialect,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    let mut newest = Latest::default();
    for version in &versions {
        newest.put(version.dag_id.as_str(), *version);
    }
    let rows = versions.into_iter().map(rows::dag_version).collect::<Result<_, _>>()?;
    rows::DAG_VERSION.push(rows, dialect, steps);
    for version in newest.values {
        steps.push(Step::new(super::DELETE_TAGS, [(&version.dag_id).into()]));
        rows::DAG_TAG.push(rows::dag_tags(&version.dag), dialect, steps);
    }
    Ok(())
}

fn audit_row(write: &Write) -> Option<Vec<Value>> {
    let Write::Audit { at, event, owner, dag_id, run_id, task, try_number, detail } = write else { return None };
    Some(vec![
        (*at).into(),
        (*event).into(),
        owner.as_deref().into(),
        dag_id.into(),
        run_id.as_ref().into(),
        task.as_ref().map(|(task_id, _)| task_id).into(),
        task.as_ref().map(|(_, map_index)| *map_index).into(),
        (*try_number).into(),
        detail.as_deref().into(),
    ])
}

fn key_values((dag_run_id, task_id, map_index): Key<'_>) -> [Value; 3] {
    [dag_run_id.into(), task_id.into(), map_index.into()]
}
