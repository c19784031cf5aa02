//! What running tasks ask about runs and task instances (S-11.16, S-11.21, S-11.22).

use tw_model::{DagRun, TaskInstance, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::record::{dag_run, dag_run_columns, task_instance, task_instance_columns};
use crate::store::Store;
use crate::value::Value;

/// Task instances of one answer at most; a task that asks for more gets an error, not a part.
pub const INSTANCES_MAX: u32 = 100_000;

const RUNS: &str = concat!("SELECT ", dag_run_columns!(), " FROM dag_run r");
const RUN_COUNT: &str = "SELECT count(*) FROM dag_run r";
const INSTANCES: &str =
    concat!("SELECT ", task_instance_columns!(), " FROM task_instance t JOIN dag_run r ON r.id = t.dag_run_id");
const INSTANCE_COUNT: &str = "SELECT count(*) FROM task_instance t JOIN dag_run r ON r.id = t.dag_run_id";

queries! {
    RUN = concat!("SELECT ", dag_run_columns!(), " FROM dag_run r WHERE r.dag_id = $1 AND r.run_id = $2");
}

/// Selects runs of one DAG; an empty list of a field does not restrict.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunSelection<'a> {
    /// The DAG.
    pub dag_id: &'a str,
    /// Run ids.
    pub run_ids: Vec<&'a str>,
    /// Logical dates.
    pub logical_dates: Vec<Timestamp>,
    /// States by name.
    pub states: Vec<&'a str>,
}

/// Selects task instances of one DAG; an empty list of a field does not restrict.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct InstanceSelection<'a> {
    /// Which runs; its states restrict the task instances.
    pub runs: RunSelection<'a>,
    /// Task ids.
    pub task_ids: Vec<&'a str>,
    /// Map index; `None` or negative does not restrict.
    pub map_index: Option<i32>,
}

impl RunSelection<'_> {
    fn apply(&self, select: Select) -> Select {
        select
            .filter("r.dag_id = $", [self.dag_id])
            .filter_in("r.run_id", self.run_ids.iter().copied())
            .filter_in("r.logical_date_us", self.logical_dates.iter().copied())
    }
}

impl InstanceSelection<'_> {
    fn apply(&self, select: Select) -> Select {
        let select = self
            .runs
            .apply(select)
            .filter_in("t.task_id", self.task_ids.iter().copied())
            .filter_some("t.map_index = $", self.map_index.filter(|index| *index >= 0));
        // The text "null" stands for "no state yet".
        let named: Vec<&str> = self.runs.states.iter().copied().filter(|s| *s != "null").collect();
        match (self.runs.states.len() > named.len(), named.is_empty()) {
            (false, _) => select.filter_in("t.state", named),
            (true, true) => select.filter::<Value>("t.state IS NULL", []),
            (true, false) => {
                let marks = vec!["$"; named.len()].join(", ");
                select.filter(&format!("t.state IS NULL OR t.state IN ({marks})"), named)
            }
        }
    }
}

impl Store {
    /// A run, or `None`.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_run_get(&self, dag_id: &str, run_id: &str) -> Result<Option<DagRun>, StoreError> {
        self.find(RUN, [dag_id.into(), run_id.into()], dag_run).await
    }

    /// The run with the latest logical date strictly before `logical_date`, in `state` if given.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_run_previous(
        &self,
        dag_id: &str,
        logical_date: Timestamp,
        state: Option<&str>,
    ) -> Result<Option<DagRun>, StoreError> {
        let select = Select::new(RUNS)
            .filter("r.dag_id = $", [dag_id])
            .filter("r.logical_date_us < $", [logical_date])
            .filter_some("r.state = $", state)
            .order("r.logical_date_us DESC")
            .page(1, 0);
        Ok(self.select(select, dag_run).await?.pop())
    }

    /// How many runs are selected.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_run_count(&self, runs: &RunSelection<'_>) -> Result<u64, StoreError> {
        let select = runs.apply(Select::new(RUN_COUNT)).filter_in("r.state", runs.states.iter().copied());
        self.query_one(select).await
    }

    /// How many task instances are selected.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn task_instance_count(&self, selection: &InstanceSelection<'_>) -> Result<u64, StoreError> {
        self.query_one(selection.apply(Select::new(INSTANCE_COUNT))).await
    }

    /// The selected task instances by run, task and map index, at most [`INSTANCES_MAX`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instances_select(
        &self,
        selection: &InstanceSelection<'_>,
    ) -> Result<Vec<TaskInstance>, StoreError> {
        let select = selection.apply(Select::new(INSTANCES)).order("t.run_id, t.task_id, t.map_index");
        self.select(select.page(INSTANCES_MAX, 0), task_instance).await
    }

    /// The task instance of the latest run before `logical_date` (of any date if `None`) that has
    /// one, with that run's logical date.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instance_previous(
        &self,
        dag_id: &str,
        task_id: &str,
        map_index: i32,
        logical_date: Option<Timestamp>,
        state: Option<&str>,
    ) -> Result<Option<(TaskInstance, Option<Timestamp>)>, StoreError> {
        let text = concat!(
            "SELECT ",
            task_instance_columns!(),
            ", r.logical_date_us FROM task_instance t JOIN dag_run r ON r.id = t.dag_run_id"
        );
        let select = Select::new(text)
            .filter("r.dag_id = $", [dag_id])
            .filter("t.task_id = $", [task_id])
            .filter("t.map_index = $", [map_index.max(-1)])
            .filter_some("r.logical_date_us < $", logical_date)
            .filter_some("t.state = $", state)
            .order("r.logical_date_us DESC NULLS LAST, r.id DESC")
            .page(1, 0);
        let found = self.select(select, |c| Ok((task_instance(c)?, c.take()?))).await?;
        Ok(found.into_iter().next())
    }
}
