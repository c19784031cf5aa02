//! What the engine reads: the whole world at start, and single facts of the past it asks for.

use std::collections::{HashMap, HashSet};

use tw_engine::{CallbackRequest, DagVersionRow, Facts, Need, RunConflict, Snapshot};
use tw_model::{Dag, DagId, DagRun, DagRunId, DagVersionId, RunId, TaskInstance, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::record::{
    dag_columns, dag_row, dag_run, dag_run_columns, dag_version_columns, dag_version_row, pool, pool_columns,
    task_instance, task_instance_columns,
};
use crate::store::Store;
use crate::value::Value;

queries! {
    DAGS = concat!("SELECT ", dag_columns!(), " FROM dag d ORDER BY d.dag_id");
    VERSIONS = concat!(
        "SELECT ", dag_version_columns!(), " FROM dag_version v WHERE v.id IN (\
            SELECT latest_version_id FROM dag \
            UNION SELECT dag_version_id FROM dag_run WHERE state IN ('queued', 'running')) \
         ORDER BY v.dag_id, v.version_number"
    );
    VERSION = concat!("SELECT ", dag_version_columns!(), " FROM dag_version v WHERE v.id = $1");
    UNFINISHED_RUNS = concat!(
        "SELECT ", dag_run_columns!(), " FROM dag_run r WHERE r.state IN ('queued', 'running') ORDER BY r.id"
    );
    INSTANCES_OF_RUN = concat!(
        "SELECT ", task_instance_columns!(), " FROM task_instance t WHERE t.dag_run_id = $1 \
         ORDER BY t.task_id, t.map_index"
    );
    FINISHED_RUN = concat!(
        "SELECT ", dag_run_columns!(), " FROM dag_run r \
         WHERE r.dag_id = $1 AND r.run_id = $2 AND r.state IN ('success', 'failed')"
    );
    POOLS = concat!("SELECT ", pool_columns!(), " FROM pool p ORDER BY p.name");
    CALLBACKS = "SELECT data FROM callback_request ORDER BY id";
    IMPORT_ERROR_FILES = "SELECT bundle_name, relative_fileloc FROM import_error ORDER BY bundle_name, relative_fileloc";
    RUN_CONFLICTS = "SELECT r.dag_id, r.run_id, r.logical_date_us FROM dag_run r \
            WHERE r.dag_id = $1 AND r.run_id = $2 \
         UNION SELECT r.dag_id, r.run_id, r.logical_date_us FROM dag_run r \
            WHERE r.dag_id = $1 AND r.logical_date_us = $3";
    RUN_BEFORE = concat!(
        "SELECT ", dag_run_columns!(), " FROM dag_run r WHERE r.dag_id = $1 AND r.logical_date_us < $2 \
            AND r.state IN ('success', 'failed') AND ($3 OR r.run_type <> 'manual') \
         ORDER BY r.logical_date_us DESC LIMIT 1"
    );
}

const FINISHED_RUNS: &str = concat!("SELECT ", dag_run_columns!(), " FROM dag_run r");
const INSTANCES: &str = concat!("SELECT ", task_instance_columns!(), " FROM task_instance t");

/// Runs whose task instances are read with one query.
const RUNS_PER_QUERY: usize = 100;

impl Store {
    /// Everything the world is rebuilt from. Call it after [`Store::acquire_epoch`]: from then on
    /// nobody else changes what it reads.
    ///
    /// # Errors
    /// `Unavailable`; `Corrupt` if a row cannot be understood.
    pub async fn load_snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut snapshot = Snapshot {
            dags: self.list(DAGS, [], dag_row).await?,
            versions: self.list(VERSIONS, [], dag_version_row).await?,
            runs: self.list(UNFINISHED_RUNS, [], dag_run).await?,
            task_instances: Vec::new(),
            pools: self.list(POOLS, [], pool).await?,
            callbacks: self.list(CALLBACKS, [], |c| c.json::<CallbackRequest>()).await?,
            import_error_files: self.list(IMPORT_ERROR_FILES, [], |c| Ok((c.take()?, c.take()?))).await?,
        };
        for run in &snapshot.runs {
            snapshot.task_instances.extend(self.instances_of(run.id).await?);
        }
        self.load_missing_versions(&mut snapshot).await?;
        self.load_runs_before(&mut snapshot).await?;
        Ok(snapshot)
    }

    /// What the engine asks about the past before it decides.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn facts(&self, needs: Vec<Need>) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        for need in &needs {
            match need {
                Need::RunConflict { dag_id, run_id, logical_date } => {
                    facts.conflicts.extend(self.run_conflicts(dag_id, run_id, *logical_date).await?);
                }
                Need::RunBefore { dag_id, logical_date, any_type } => {
                    facts.runs.extend(self.run_before(dag_id, *logical_date, *any_type).await?);
                }
                Need::Run { dag_id, run_id } => {
                    let run = self.find(FINISHED_RUN, [dag_id.into(), run_id.into()], dag_run).await?;
                    facts.runs.extend(self.with_instances(run.into_iter().collect()).await?);
                }
                Need::RunsBetween { dag_id, from, to, limit } => {
                    let runs = self.finished_runs(dag_id, *from, *to, *limit).await?;
                    facts.runs.extend(self.with_instances(runs).await?);
                }
            }
        }
        facts.answered = needs;
        Ok(facts)
    }

    /// Finished runs by logical date, the newest first; without any bound also those without a date.
    async fn finished_runs(
        &self,
        dag_id: &DagId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<DagRun>, StoreError> {
        let select = Select::new(FINISHED_RUNS)
            .filter("r.dag_id = $", [dag_id])
            .filter_in("r.state", ["success", "failed"])
            .filter_some("r.logical_date_us >= $", from)
            .filter_some("r.logical_date_us <= $", to)
            .order("r.logical_date_us DESC NULLS LAST, r.id DESC")
            .page(limit, 0);
        self.select(select, dag_run).await
    }

    async fn with_instances(&self, runs: Vec<DagRun>) -> Result<Vec<(DagRun, Vec<TaskInstance>)>, StoreError> {
        let mut by_run: HashMap<DagRunId, Vec<TaskInstance>> = HashMap::new();
        for part in runs.chunks(RUNS_PER_QUERY) {
            let ids = part.iter().map(|run| run.id);
            let select = Select::new(INSTANCES).filter_in("t.dag_run_id", ids);
            let order = "t.dag_run_id, t.task_id, t.map_index";
            for instance in self.select(select.order(order), task_instance).await? {
                by_run.entry(instance.dag_run_id).or_default().push(instance);
            }
        }
        Ok(runs
            .into_iter()
            .map(|run| {
                let instances = by_run.remove(&run.id).unwrap_or_default();
                (run, instances)
            })
            .collect())
    }

    /// Runs of the DAG with this run id or this logical date (S-1.13).
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn run_conflicts(
        &self,
        dag_id: &DagId,
        run_id: &RunId,
        logical_date: Option<Timestamp>,
    ) -> Result<Vec<RunConflict>, StoreError> {
        self.list(RUN_CONFLICTS, [dag_id.into(), run_id.into(), logical_date.into()], |c| {
            Ok(RunConflict { dag_id: c.take()?, run_id: c.take()?, logical_date: c.take()? })
        })
        .await
    }

    /// The finished run with the greatest logical date before this one, with its task instances
    /// (S-3.8). `any_type`: manual runs count too.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn run_before(
        &self,
        dag_id: &DagId,
        logical_date: Timestamp,
        any_type: bool,
    ) -> Result<Option<(DagRun, Vec<TaskInstance>)>, StoreError> {
        let values: [Value; 3] = [dag_id.into(), logical_date.into(), any_type.into()];
        let Some(run) = self.find(RUN_BEFORE, values, dag_run).await? else { return Ok(None) };
        let instances = self.instances_of(run.id).await?;
        Ok(Some((run, instances)))
    }

    async fn instances_of(&self, run: DagRunId) -> Result<Vec<TaskInstance>, StoreError> {
        self.list(INSTANCES_OF_RUN, [run.into()], task_instance).await
    }

    /// Versions that a task instance refers to though its run does not: it was cleared to run with
    /// a newer one.
    async fn load_missing_versions(&self, snapshot: &mut Snapshot) -> Result<(), StoreError> {
        let mut known: HashSet<DagVersionId> = snapshot.versions.iter().map(|v| v.id).collect();
        for instance in &snapshot.task_instances {
            if known.insert(instance.dag_version_id) {
                let version = self.find(VERSION, [instance.dag_version_id.into()], dag_version_row).await?;
                snapshot.versions.extend(version);
            }
        }
        Ok(())
    }

    /// The finished run before each unfinished one, for DAGs where it matters.
    async fn load_runs_before(&self, snapshot: &mut Snapshot) -> Result<(), StoreError> {
        let mut wanted = Vec::new();
        for run in &snapshot.runs {
            let version = snapshot.versions.iter().filter(|v| v.dag_id == run.dag_id).max_by_key(|v| v.version_number);
            if let (Some(logical_date), Some(DagVersionRow { dag, .. })) = (run.logical_date, version)
                && depends_on_past(dag)
            {
                wanted.push((run.dag_id.clone(), logical_date, !dag.catchup));
            }
        }
        let mut known: HashSet<DagRunId> = snapshot.runs.iter().map(|r| r.id).collect();
        for (dag_id, logical_date, any_type) in wanted {
            if let Some((run, instances)) = self.run_before(&dag_id, logical_date, any_type).await?
                && known.insert(run.id)
            {
                snapshot.runs.push(run);
                snapshot.task_instances.extend(instances);
            }
        }
        Ok(())
    }
}

fn depends_on_past(dag: &Dag) -> bool {
    dag.tasks.iter().any(|task| task.depends_on_past || task.wait_for_downstream)
}
