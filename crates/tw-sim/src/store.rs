//! The rows in memory: what a database would hold, built from writes alone.

use std::collections::{BTreeMap, BTreeSet};

use tw_engine::{CallbackRequest, DagRow, DagVersionRow, Facts, Need, RunConflict, Snapshot, Write};
use tw_model::{DagId, DagRun, DagRunId, DagVersionId, Pool, RunType, TaskId, TaskInstance, TaskInstanceId, Timestamp};

/// Names a task instance row: run, task, map index.
pub type InstanceKey = (DagRunId, TaskId, i32);

/// Every row that a rebuild reads, and a few that only have to be consistent.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ModelStore {
    /// DAG rows.
    pub dags: BTreeMap<DagId, DagRow>,
    /// DAG versions.
    pub versions: BTreeMap<DagVersionId, DagVersionRow>,
    /// Runs.
    pub runs: BTreeMap<DagRunId, DagRun>,
    /// Task instances.
    pub instances: BTreeMap<InstanceKey, TaskInstance>,
    /// Task instances of earlier tries, by place and try number.
    pub archive: BTreeMap<(InstanceKey, u32), TaskInstance>,
    /// People's notes.
    pub notes: BTreeMap<InstanceKey, String>,
    /// Pools.
    pub pools: BTreeMap<String, Pool>,
    /// Callback requests not yet done.
    pub callbacks: BTreeMap<u128, CallbackRequest>,
    /// Files with an import error.
    pub import_errors: BTreeSet<(String, String)>,
    /// Task instances that have pushed something; their values do not matter.
    pub xcoms: BTreeSet<InstanceKey>,
}

impl ModelStore {
    /// Applies writes in order. Audit lines, hosts and labels are not kept; hosts and labels have
    /// to name an existing row.
    ///
    /// # Errors
    /// Says which write contradicts the rows, as a database with its constraints would.
    pub fn apply(&mut self, writes: &[Write]) -> Result<(), String> {
        writes.iter().try_for_each(|write| self.apply_one(write))
    }

    /// Applies writes that were applied before. Within the batch a host may name an id that a later
    /// write replaces, a placeholder may have the id of its first instance, and what is archived or
    /// noted may be gone; only the end counts.
    ///
    /// # Errors
    /// As [`ModelStore::apply`].
    pub fn apply_again(&mut self, writes: &[Write]) -> Result<(), String> {
        for write in writes {
            match write {
                Write::AttemptHost { .. } | Write::RenderedMapIndex { .. } => {}
                Write::ArchiveTaskInstance { id } if self.by_id(*id).is_none() => {}
                Write::TaskInstanceNote { dag_run_id, task_id, map_index, .. }
                    if !self.instances.contains_key(&(*dag_run_id, task_id.clone(), *map_index)) => {}
                Write::DagRun(row) => drop(self.runs.insert(row.id, (**row).clone())),
                Write::TaskInstance(row) => drop(self.instances.insert(key_of(row), (**row).clone())),
                other => self.apply_one(other)?,
            }
        }
        Ok(())
    }

    fn apply_one(&mut self, write: &Write) -> Result<(), String> {
        match write {
            Write::Dag(row) => drop(self.dags.insert(row.dag_id.clone(), (**row).clone())),
            Write::DagVersion(row) => drop(self.versions.insert(row.id, (**row).clone())),
            Write::ImportError { bundle_name, relative_fileloc, error } => {
                let key = (bundle_name.clone(), relative_fileloc.clone());
                self.import_errors.remove(&key);
                self.import_errors.extend(error.is_some().then_some(key));
            }
            Write::DagRun(row) => self.put_run(row)?,
            Write::TaskInstance(row) => self.put_instance(row)?,
            Write::DeleteTaskInstance { dag_run_id, task_id, map_index } => {
                let key = (*dag_run_id, task_id.clone(), *map_index);
                self.instances.remove(&key);
                self.notes.remove(&key);
            }
            Write::ArchiveTaskInstance { id } => {
                let row = self.by_id(*id).ok_or_else(|| format!("{id} is archived but has no row"))?.clone();
                self.archive.entry((key_of(&row), row.try_number)).or_insert(row);
            }
            Write::TaskInstanceNote { dag_run_id, task_id, map_index, note, .. } => {
                let key = (*dag_run_id, task_id.clone(), *map_index);
                if !self.instances.contains_key(&key) {
                    return Err(format!("a note about {task_id}[{map_index}], which has no row"));
                }
                self.notes.remove(&key);
                self.notes.extend(note.clone().map(|note| (key, note)));
            }
            Write::DeleteDagRun { id, .. } => self.delete_runs(&BTreeSet::from([*id])),
            Write::DeleteDag { dag_id } => {
                let runs = self.runs.values().filter(|run| run.dag_id == *dag_id).map(|run| run.id);
                let of_rows = self.instances.values().filter(|row| row.dag_id == *dag_id).map(|row| row.dag_run_id);
                self.delete_runs(&runs.chain(of_rows).collect());
                self.versions.retain(|_, version| version.dag_id != *dag_id);
                self.dags.remove(dag_id);
            }
            Write::AttemptHost { id, .. } | Write::RenderedMapIndex { id, .. } => {
                self.by_id(*id).ok_or_else(|| format!("a write about {id}, which has no row"))?;
            }
            Write::ClearXCom { dag_run_id, task_id, map_index } => {
                self.xcoms.remove(&(*dag_run_id, task_id.clone(), *map_index));
            }
            Write::Pool(pool) => drop(self.pools.insert(pool.name.clone(), pool.clone())),
            Write::DeletePool { name } => drop(self.pools.remove(name)),
            Write::Callback(request) => drop(self.callbacks.insert(request.id, (**request).clone())),
            Write::DeleteCallback { id } => drop(self.callbacks.remove(id)),
            Write::Audit { .. } => {}
        }
        Ok(())
    }

    /// Deletes by id, because applied again there may be rows of a run that is gone.
    fn delete_runs(&mut self, gone: &BTreeSet<DagRunId>) {
        self.runs.retain(|id, _| !gone.contains(id));
        self.instances.retain(|(run, ..), _| !gone.contains(run));
        self.archive.retain(|((run, ..), _), _| !gone.contains(run));
        self.notes.retain(|(run, ..), _| !gone.contains(run));
        self.xcoms.retain(|(run, ..)| !gone.contains(run));
    }

    fn put_run(&mut self, row: &DagRun) -> Result<(), String> {
        let same = |other: &&DagRun| {
            other.dag_id == row.dag_id
                && other.id != row.id
                && (other.run_id == row.run_id
                    || (row.logical_date.is_some() && other.logical_date == row.logical_date))
        };
        if let Some(other) = self.runs.values().find(same) {
            return Err(format!("run {} collides with {}", row.run_id, other.run_id));
        }
        if !self.dags.contains_key(&row.dag_id) || !self.versions.contains_key(&row.dag_version_id) {
            return Err(format!("run {} refers to a DAG or version that is not there", row.run_id));
        }
        self.runs.insert(row.id, row.clone());
        Ok(())
    }

    fn put_instance(&mut self, row: &TaskInstance) -> Result<(), String> {
        let key = key_of(row);
        if !self.runs.contains_key(&row.dag_run_id) || !self.versions.contains_key(&row.dag_version_id) {
            return Err(format!("{}[{}] refers to a run or version that is not there", row.task_id, row.map_index));
        }
        let taken = self.instances.iter().any(|(other, i)| *other != key && i.id == row.id);
        let is_archived = |old: &TaskInstance| old.id == row.id && old.try_number != row.try_number;
        if taken || self.archive.values().any(is_archived) {
            return Err(format!("the id of {}[{}] is taken by another row", row.task_id, row.map_index));
        }
        self.instances.insert(key, row.clone());
        Ok(())
    }

    /// The row with this id.
    pub fn by_id(&self, id: TaskInstanceId) -> Option<&TaskInstance> {
        self.instances.values().find(|row| row.id == id)
    }

    /// The task instances of a run.
    pub fn of_run(&self, run: DagRunId) -> impl Iterator<Item = &TaskInstance> {
        self.instances.values().filter(move |row| row.dag_run_id == run)
    }

    /// What a rebuild reads, as the snapshot's fields ask for it.
    pub fn snapshot(&self) -> Snapshot {
        let mut runs: BTreeMap<DagRunId, DagRun> =
            self.runs.iter().filter(|(_, r)| !r.state.is_finished()).map(|(id, r)| (*id, r.clone())).collect();
        let before: Vec<DagRun> = runs.values().filter_map(|run| self.needed_before(run).cloned()).collect();
        runs.extend(before.into_iter().map(|run| (run.id, run)));
        let known = |row: &&TaskInstance| runs.contains_key(&row.dag_run_id);
        let task_instances = self.instances.values().filter(known).cloned().collect();
        Snapshot {
            dags: self.dags.values().cloned().collect(),
            versions: self.versions.values().cloned().collect(),
            runs: runs.into_values().collect(),
            task_instances,
            pools: self.pools.values().cloned().collect(),
            callbacks: self.callbacks.values().cloned().collect(),
            import_error_files: self.import_errors.iter().cloned().collect(),
        }
    }

    /// The finished run that an unfinished one looks back at.
    fn needed_before(&self, run: &DagRun) -> Option<&DagRun> {
        let dag = &self.versions.get(&self.dags.get(&run.dag_id)?.latest_version_id)?.dag;
        let looks_back = dag.tasks.iter().any(|task| task.depends_on_past || task.wait_for_downstream);
        self.finished_before(&run.dag_id, run.logical_date.filter(|_| looks_back)?, !dag.catchup)
    }

    fn finished(&self, dag_id: &DagId) -> impl Iterator<Item = &DagRun> {
        self.runs.values().filter(move |run| run.dag_id == *dag_id && run.state.is_finished())
    }

    fn with_instances(&self, run: &DagRun) -> (DagRun, Vec<TaskInstance>) {
        (run.clone(), self.of_run(run.id).cloned().collect())
    }

    fn finished_before(&self, dag_id: &DagId, date: Timestamp, any_type: bool) -> Option<&DagRun> {
        let runs = self.runs.values().filter(|run| {
            run.dag_id == *dag_id
                && run.state.is_finished()
                && run.logical_date.is_some_and(|d| d < date)
                && (any_type || run.run_type != RunType::Manual)
        });
        runs.max_by_key(|run| run.logical_date)
    }

    /// Answers the engine's questions about history.
    pub fn look_up(&self, needs: Vec<Need>) -> Facts {
        let mut facts = Facts::default();
        for need in &needs {
            match need {
                Need::RunConflict { dag_id, run_id, logical_date } => {
                    let collides = |run: &&DagRun| {
                        run.dag_id == *dag_id
                            && (run.run_id == *run_id || (logical_date.is_some() && run.logical_date == *logical_date))
                    };
                    facts.conflicts.extend(self.runs.values().filter(collides).map(|run| RunConflict {
                        dag_id: run.dag_id.clone(),
                        run_id: run.run_id.clone(),
                        logical_date: run.logical_date,
                    }));
                }
                Need::RunBefore { dag_id, logical_date, any_type } => {
                    let run = self.finished_before(dag_id, *logical_date, *any_type);
                    facts.runs.extend(run.map(|run| self.with_instances(run)));
                }
                Need::Run { dag_id, run_id } => {
                    let mut finished = self.finished(dag_id);
                    facts.runs.extend(finished.find(|run| run.run_id == *run_id).map(|run| self.with_instances(run)));
                }
                Need::RunsBetween { dag_id, from, to, limit } => {
                    let within = |run: &&DagRun| {
                        from.is_none_or(|from| run.logical_date.is_some_and(|date| date >= from))
                            && to.is_none_or(|to| run.logical_date.is_some_and(|date| date <= to))
                    };
                    let runs = self.finished(dag_id).filter(within).take(*limit as usize);
                    facts.runs.extend(runs.map(|run| self.with_instances(run)));
                }
            }
        }
        facts.answered = needs;
        facts
    }
}

fn key_of(row: &TaskInstance) -> InstanceKey {
    (row.dag_run_id, row.task_id.clone(), row.map_index)
}
