//! XCom lists and single XComs, for people. Values are read one at a time only: they may be large.

use tw_model::{DagId, RunId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, Range, TextMatch, counted, order_by};
use crate::read::versions::{VersionView, read_version, version_columns};
use crate::store::Store;
use crate::value::Columns;

/// An XCom without its value.
#[derive(Clone, PartialEq, Debug)]
pub struct XComView {
    /// Its key.
    pub key: String,
    /// When it was pushed.
    pub at: Timestamp,
    /// The DAG of the task that pushed it.
    pub dag_id: DagId,
    /// The run.
    pub run_id: RunId,
    /// The task.
    pub task_id: TaskId,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// The run's logical date.
    pub logical_date: Option<Timestamp>,
    /// The instant before which the run does not start.
    pub run_after: Timestamp,
    /// The version the run was created from.
    pub version: VersionView,
}

/// Which XComs to list. What is absent does not filter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct XComFilter {
    /// Of this DAG only.
    pub dag_id: Option<DagId>,
    /// Of this run only.
    pub run_id: Option<RunId>,
    /// Of this task only.
    pub task_id: Option<TaskId>,
    /// Of this map index only.
    pub map_index: Option<i32>,
    /// With this key only.
    pub key: Option<String>,
    /// Search in the key.
    pub key_search: TextMatch,
    /// Search in the DAG's name for people.
    pub dag_display_name: TextMatch,
    /// Search in the run's id.
    pub run_id_search: TextMatch,
    /// Search in the task's id.
    pub task_id_search: TextMatch,
    /// Bounds of the run's logical date.
    pub logical_date: Range<Timestamp>,
    /// Bounds of the run's `run_after`.
    pub run_after: Range<Timestamp>,
}

/// How XComs can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum XComColumn {
    /// By key.
    Key,
    /// By DAG.
    DagId,
    /// By run id.
    RunId,
    /// By task.
    TaskId,
    /// By map index.
    MapIndex,
    /// By when it was pushed.
    At,
    /// By the run's `run_after`.
    RunAfter,
}

impl XComColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Key => "x.key",
            Self::DagId => "r.dag_id",
            Self::RunId => "r.run_id",
            Self::TaskId => "x.task_id",
            Self::MapIndex => "x.map_index",
            Self::At => "x.at_us",
            Self::RunAfter => "r.run_after_us",
        }
    }
}

macro_rules! from_xcoms {
    () => {
        " FROM xcom x JOIN dag_run r ON r.id = x.dag_run_id JOIN dag_version v ON v.id = r.dag_version_id \
         JOIN dag d ON d.dag_id = r.dag_id"
    };
}

macro_rules! xcom_columns {
    () => {
        concat!(
            "x.key, x.at_us, r.dag_id, r.run_id, x.task_id, x.map_index, r.logical_date_us, r.run_after_us, ",
            version_columns!()
        )
    };
}

queries! {
    XCOM = concat!(
        "SELECT ", xcom_columns!(), ", x.value", from_xcoms!(),
        " WHERE r.dag_id = $1 AND r.run_id = $2 AND x.task_id = $3 AND x.map_index = $4 AND x.key = $5"
    );
}

impl Store {
    /// One page of XComs. Each order entry says whether it descends.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn xcoms_list(
        &self,
        filter: &XComFilter,
        order: &[(XComColumn, bool)],
        page: Page,
    ) -> Result<Listed<XComView>, StoreError> {
        let columns = order.iter().map(|(column, descending)| (column.text(), *descending));
        // A run, task, map index and key name one row.
        let order = order_by(columns, "x.dag_run_id, x.task_id, x.map_index, x.key");
        let rows = filter.apply(Select::new(concat!("SELECT ", xcom_columns!(), from_xcoms!()))).order(&order);
        self.listed(rows, filter.apply(counted(from_xcoms!())), page, xcom_view).await
    }

    /// One XCom with its value, which is JSON text.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn xcom_view(
        &self,
        dag_id: &DagId,
        run_id: &RunId,
        task_id: &TaskId,
        map_index: i32,
        key: &str,
    ) -> Result<Option<(XComView, String)>, StoreError> {
        let values = [dag_id.into(), run_id.into(), task_id.into(), map_index.into(), key.into()];
        self.find(XCOM, values, |c| Ok((xcom_view(c)?, c.take()?))).await
    }
}

impl XComFilter {
    fn apply(&self, select: Select) -> Select {
        select
            .filter_some("r.dag_id = $", self.dag_id.as_ref())
            .filter_some("r.run_id = $", self.run_id.as_ref())
            .filter_some("x.task_id = $", self.task_id.as_ref())
            .filter_some("x.map_index = $", self.map_index)
            .filter_some("x.key = $", self.key.as_deref())
            .matching("x.key", &self.key_search)
            .matching("v.display_name", &self.dag_display_name)
            .matching("r.run_id", &self.run_id_search)
            .matching("x.task_id", &self.task_id_search)
            .within("r.logical_date_us", &self.logical_date)
            .within("r.run_after_us", &self.run_after)
    }
}

fn xcom_view(c: &mut Columns) -> Result<XComView, StoreError> {
    Ok(XComView {
        key: c.take()?,
        at: c.take()?,
        dag_id: c.take()?,
        run_id: c.take()?,
        task_id: c.take()?,
        map_index: c.take()?,
        logical_date: c.take()?,
        run_after: c.take()?,
        version: read_version(c)?,
    })
}
