//! One task: its instances within a run, over runs, and what they pushed.

use tw_model::{DagRunId, TaskId, TaskInstanceState, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::store::Store;
use crate::value::{Columns, Value};

/// A mapped instance in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstanceLine {
    /// Its index.
    pub map_index: i32,
    /// Its label.
    pub label: Option<String>,
    /// Its state.
    pub state: Option<TaskInstanceState>,
    /// When its current try started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// Why it is in this state.
    pub reason: Option<String>,
}

/// A task instance in one of several runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskPoint {
    /// The run.
    pub dag_run_id: DagRunId,
    /// Its state.
    pub state: Option<TaskInstanceState>,
    /// When its current try started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
}

/// An XCom and how its value begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct XComHead {
    /// Its key.
    pub key: String,
    /// The first characters of the value's JSON.
    pub begin: String,
    /// Bytes of the whole JSON.
    pub bytes: i64,
}

macro_rules! line_columns {
    () => {
        "t.map_index, t.rendered_map_index, t.state, t.start_date_us, t.end_date_us, coalesce(t.reason, t.exception)"
    };
}

queries! {
    MAPPED = concat!(
        "SELECT ", line_columns!(), " FROM task_instance t \
         WHERE t.dag_run_id = $1 AND t.task_id = $2 AND t.map_index >= $3 ORDER BY t.map_index LIMIT $4"
    );
    FAILED = concat!(
        "SELECT ", line_columns!(), " FROM task_instance t \
         WHERE t.dag_run_id = $1 AND t.task_id = $2 AND t.map_index >= 0 AND t.state IN ('failed', 'upstream_failed') \
         ORDER BY t.map_index LIMIT $3"
    );
    XCOM_HEADS = "SELECT x.key, substr(x.value, 1, $4), CAST(octet_length(x.value) AS BIGINT) FROM xcom x \
         WHERE x.dag_run_id = $1 AND x.task_id = $2 AND x.map_index = $3 ORDER BY x.key LIMIT $5";
}

impl Store {
    /// Mapped instances from an index on, in order.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn mapped_page(
        &self,
        dag_run_id: DagRunId,
        task_id: &TaskId,
        from: i32,
        limit: u32,
    ) -> Result<Vec<InstanceLine>, StoreError> {
        let values = [dag_run_id.into(), task_id.into(), from.max(0).into(), limit.into()];
        self.list(MAPPED, values, instance_line).await
    }

    /// The first mapped instances that failed, or whose upstream did.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn mapped_failed(
        &self,
        dag_run_id: DagRunId,
        task_id: &TaskId,
        limit: u32,
    ) -> Result<Vec<InstanceLine>, StoreError> {
        self.list(FAILED, [dag_run_id.into(), task_id.into(), limit.into()], instance_line).await
    }

    /// One task instance in each of these runs that has it, in no order.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_points(
        &self,
        runs: &[DagRunId],
        task_id: &TaskId,
        map_index: i32,
    ) -> Result<Vec<TaskPoint>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select::new("SELECT t.dag_run_id, t.state, t.start_date_us, t.end_date_us FROM task_instance t")
            .filter_in("t.dag_run_id", runs.iter().copied())
            .filter::<Value>("t.task_id = $ AND t.map_index = $", [task_id.into(), map_index.into()]);
        let read = |c: &mut Columns| {
            Ok(TaskPoint { dag_run_id: c.take()?, state: c.parse_opt()?, start_date: c.take()?, end_date: c.take()? })
        };
        self.select(select, read).await
    }

    /// What a task instance pushed, by key; of each value `begin` characters.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn xcom_heads(
        &self,
        dag_run_id: DagRunId,
        task_id: &TaskId,
        map_index: i32,
        begin: u32,
        limit: u32,
    ) -> Result<Vec<XComHead>, StoreError> {
        let values = [dag_run_id.into(), task_id.into(), map_index.into(), begin.into(), limit.into()];
        self.list(XCOM_HEADS, values, |c| Ok(XComHead { key: c.take()?, begin: c.take()?, bytes: c.take()? })).await
    }
}

fn instance_line(c: &mut Columns) -> Result<InstanceLine, StoreError> {
    Ok(InstanceLine {
        map_index: c.take()?,
        label: c.take()?,
        state: c.parse_opt()?,
        start_date: c.take()?,
        end_date: c.take()?,
        reason: c.take()?,
    })
}
