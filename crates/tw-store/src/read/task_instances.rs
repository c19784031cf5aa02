//! Task instance lists, single task instances and their tries.

use std::collections::HashMap;

use serde_json::Value;
use tw_model::{DagId, DagRunId, RunId, TaskId, TaskInstance, TaskInstanceId, TaskInstanceState, TimeSpan, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, Range, TextMatch, counted, order_by};
use crate::read::versions::{VersionView, read_version, version_columns};
use crate::record::{AttemptDetail, attempt_detail, attempt_detail_columns, task_instance, task_instance_columns};
use crate::store::Store;
use crate::value::Columns;

/// Which task instances to list. What is absent or empty does not filter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TaskInstanceFilter {
    /// Of this run only; by far the cheapest filter.
    pub dag_run_id: Option<DagRunId>,
    /// Of these DAGs only.
    pub dag_ids: Vec<DagId>,
    /// Of runs with one of these ids only.
    pub run_ids: Vec<RunId>,
    /// Of these tasks only.
    pub task_ids: Vec<TaskId>,
    /// Mapped ones only.
    pub mapped: bool,
    /// With one of these map indexes.
    pub map_indexes: Vec<i32>,
    /// In one of these states; `None` = no state yet.
    pub states: Vec<Option<TaskInstanceState>>,
    /// In one of these pools.
    pub pools: Vec<String>,
    /// In one of these queues.
    pub queues: Vec<String>,
    /// On one of these executors.
    pub executors: Vec<String>,
    /// By one of these operators.
    pub operators: Vec<String>,
    /// Of one of these version numbers.
    pub version_numbers: Vec<u32>,
    /// At one of these tries.
    pub try_numbers: Vec<u32>,
    /// Search in the DAG's id.
    pub dag_id: TextMatch,
    /// Search in the run's id.
    pub run_id: TextMatch,
    /// Search in the pool.
    pub pool: TextMatch,
    /// Search in the queue.
    pub queue: TextMatch,
    /// Search in the operator.
    pub operator: TextMatch,
    /// Search in the label of a mapped instance.
    pub rendered_map_index: TextMatch,
    /// Bounds of the run's `run_after`.
    pub run_after: Range<Timestamp>,
    /// Bounds of the run's logical date.
    pub logical_date: Range<Timestamp>,
    /// Bounds of the start.
    pub start_date: Range<Timestamp>,
    /// Bounds of the end.
    pub end_date: Range<Timestamp>,
    /// Bounds of the time between them.
    pub duration: Range<TimeSpan>,
}

/// How task instances can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaskInstanceColumn {
    /// By surrogate id, which is by the creation of the try.
    Id,
    /// By state.
    State,
    /// By the time between start and end.
    Duration,
    /// By start.
    StartDate,
    /// By end.
    EndDate,
    /// By map index.
    MapIndex,
    /// By try.
    TryNumber,
    /// By the run's logical date.
    LogicalDate,
    /// By the run's `run_after`.
    RunAfter,
    /// By the start of the run's data interval.
    DataIntervalStart,
    /// By the end of the run's data interval.
    DataIntervalEnd,
    /// By the label of a mapped instance.
    RenderedMapIndex,
    /// By operator.
    Operator,
}

impl TaskInstanceColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Id => "t.id",
            Self::State => "t.state",
            Self::Duration => "(t.end_date_us - t.start_date_us)",
            Self::StartDate => "t.start_date_us",
            Self::EndDate => "t.end_date_us",
            Self::MapIndex => "t.map_index",
            Self::TryNumber => "t.try_number",
            Self::LogicalDate => "r.logical_date_us",
            Self::RunAfter => "r.run_after_us",
            Self::DataIntervalStart => "r.data_interval_start_us",
            Self::DataIntervalEnd => "r.data_interval_end_us",
            Self::RenderedMapIndex => "t.rendered_map_index",
            Self::Operator => "t.operator",
        }
    }
}

/// A task instance, or an earlier try of one, in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskInstanceView {
    /// The task instance.
    pub task_instance: TaskInstance,
    /// Its process.
    pub detail: AttemptDetail,
    /// The run's logical date.
    pub logical_date: Option<Timestamp>,
    /// The instant before which the run does not start.
    pub run_after: Timestamp,
    /// The version it belongs to.
    pub version: VersionView,
    /// Its templated fields as its newest attempt rendered them, a JSON object; not kept for
    /// earlier tries.
    pub rendered_fields: Option<Value>,
    /// A person's note; earlier tries have none (S-7.17).
    pub note: Option<String>,
}

/// `$fields` is the column of the rendered fields, `$note` that of the note.
macro_rules! view_columns {
    ($fields:literal, $note:literal) => {
        concat!(
            "SELECT ",
            task_instance_columns!(),
            ", ",
            attempt_detail_columns!(),
            ", r.logical_date_us, r.run_after_us, ",
            version_columns!(),
            ", ",
            $fields,
            ", ",
            $note,
            " "
        )
    };
}

/// `t` stands for the table, current or historic.
macro_rules! joined {
    ($table:literal) => {
        concat!(
            "FROM ",
            $table,
            " t JOIN dag_run r ON r.id = t.dag_run_id \
             JOIN dag_version v ON v.id = t.dag_version_id JOIN dag d ON d.dag_id = t.dag_id"
        )
    };
}

/// What every unfinished instance meets, and what finds it: its run is unfinished too. No index has
/// the state of an instance, because moving its entry would cost every change of state.
pub(crate) const UNFINISHED: &str =
    "t.dag_run_id IN (SELECT u.id FROM dag_run u WHERE u.state IN ('queued', 'running'))";

macro_rules! current {
    () => {
        concat!(
            view_columns!("f.fields", "t.note"),
            joined!("task_instance"),
            " LEFT JOIN rendered_fields f ON f.dag_run_id = t.dag_run_id AND f.task_id = t.task_id \
              AND f.map_index = t.map_index"
        )
    };
}

queries! {
    TASK_INSTANCE = concat!(
        current!(),
        " WHERE r.dag_id = $1 AND r.run_id = $2 AND t.task_id = $3 AND t.map_index = $4"
    );
    EARLIER_TRIES = concat!(
        view_columns!("CAST(NULL AS TEXT)", "CAST(NULL AS TEXT)"), joined!("task_instance_history"),
        " WHERE r.dag_id = $1 AND r.run_id = $2 AND t.task_id = $3 AND t.map_index = $4 ORDER BY t.try_number LIMIT $5"
    );
    HAS_MAPPED = "SELECT 1 FROM task_instance t WHERE t.dag_run_id = $1 AND t.task_id = $2 AND t.map_index >= 0 LIMIT 1";
}

/// Ids of one query; few enough for both databases.
const IDS_PER_QUERY: usize = 500;

/// Earlier tries told at most; more than anybody configures as retries.
const TRIES_MAX: u32 = 1_000;

impl Store {
    /// One page of the task instances that pass the filter. Each order entry says whether it descends.
    ///
    /// Cost: with a run, its instances; with states that are not final, the unfinished ones; with
    /// neither, ordered by id, the page. Other orders over all runs sort what the filter leaves.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instances_list(
        &self,
        filter: &TaskInstanceFilter,
        order: &[(TaskInstanceColumn, bool)],
        page: Page,
        now: Timestamp,
    ) -> Result<Listed<TaskInstanceView>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "t.id");
        let rows = filter.apply(Select::new(current!()), now).order(&order);
        let from = if filter.needs_joins() { joined!("task_instance") } else { "FROM task_instance t" };
        self.listed(rows, filter.apply(counted(from), now), page, task_instance_view).await
    }

    /// One task instance as it is listed.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instance_view(
        &self,
        dag_id: &DagId,
        run_id: &RunId,
        task_id: &TaskId,
        map_index: i32,
    ) -> Result<Option<TaskInstanceView>, StoreError> {
        let key = [dag_id.into(), run_id.into(), task_id.into(), map_index.into()];
        self.find(TASK_INSTANCE, key, task_instance_view).await
    }

    /// The task instances whose current tries have these ids, in that order. One that has another try
    /// by now is left out.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instances_by_id(&self, ids: &[TaskInstanceId]) -> Result<Vec<TaskInstanceView>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        for part in ids.chunks(IDS_PER_QUERY) {
            let select = Select::new(current!()).filter_in("t.id", part.iter().copied());
            let rows = self.select(select, task_instance_view).await?;
            found.extend(rows.into_iter().map(|row| (row.task_instance.id, row)));
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// The earlier tries of a task instance, oldest first.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_instance_earlier_tries(
        &self,
        dag_id: &DagId,
        run_id: &RunId,
        task_id: &TaskId,
        map_index: i32,
    ) -> Result<Vec<TaskInstanceView>, StoreError> {
        let key = [dag_id.into(), run_id.into(), task_id.into(), map_index.into(), TRIES_MAX.into()];
        self.list(EARLIER_TRIES, key, task_instance_view).await
    }

    /// Whether a task has mapped instances in a run.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn has_mapped_instances(&self, dag_run_id: DagRunId, task_id: &TaskId) -> Result<bool, StoreError> {
        let found = self.find(HAS_MAPPED, [dag_run_id.into(), task_id.into()], Columns::take::<i64>).await?;
        Ok(found.is_some())
    }
}

impl TaskInstanceFilter {
    /// Whether a filter looks at the run or the version.
    fn needs_joins(&self) -> bool {
        !(self.dag_ids.is_empty()
            && self.run_after.is_empty()
            && self.logical_date.is_empty()
            && self.version_numbers.is_empty())
    }

    fn apply(&self, select: Select, now: Timestamp) -> Select {
        let mut select = select
            .filter_some("t.dag_run_id = $", self.dag_run_id)
            // The run's DAG, because its runs are found by an index.
            .filter_in("r.dag_id", &self.dag_ids)
            .filter_in("t.run_id", &self.run_ids)
            .filter_in("t.task_id", &self.task_ids)
            .filter_in("t.map_index", self.map_indexes.iter().copied())
            .filter_in("t.pool", &self.pools)
            .filter_in("t.queue", &self.queues)
            .filter_in("t.executor", &self.executors)
            .filter_in("t.operator", &self.operators)
            .filter_in("v.version_number", self.version_numbers.iter().copied())
            .filter_in("t.try_number", self.try_numbers.iter().copied())
            .matching("t.dag_id", &self.dag_id)
            .matching("t.run_id", &self.run_id)
            .matching("t.pool", &self.pool)
            .matching("t.queue", &self.queue)
            .matching("t.operator", &self.operator)
            .matching("t.rendered_map_index", &self.rendered_map_index)
            .within("r.run_after_us", &self.run_after)
            .within("r.logical_date_us", &self.logical_date)
            .within_or_open("t.start_date_us", &self.start_date, now)
            .within_or_open("t.end_date_us", &self.end_date, now)
            .within("(t.end_date_us - t.start_date_us)", &self.duration);
        if self.mapped {
            select = select.filter("t.map_index >= $", [0]);
        }
        self.by_state(select)
    }

    fn by_state(&self, select: Select) -> Select {
        let named: Vec<&str> = self.states.iter().flatten().map(|state| state.as_str()).collect();
        if self.states.contains(&None) {
            if named.is_empty() {
                return select.filter("t.state IS NULL", std::iter::empty::<i64>());
            }
            let condition = format!("t.state IS NULL OR t.state IN ({})", vec!["$"; named.len()].join(", "));
            return select.filter(&condition, named);
        }
        let unfinished = self.states.iter().flatten().all(|state| !state.is_finished());
        let select = match unfinished && !named.is_empty() && self.dag_run_id.is_none() {
            true => select.filter(UNFINISHED, std::iter::empty::<i64>()),
            false => select,
        };
        select.filter_in("t.state", named)
    }
}

fn task_instance_view(c: &mut Columns) -> Result<TaskInstanceView, StoreError> {
    Ok(TaskInstanceView {
        task_instance: task_instance(c)?,
        detail: attempt_detail(c)?,
        logical_date: c.take()?,
        run_after: c.take()?,
        version: read_version(c)?,
        rendered_fields: c.json_opt()?,
        note: c.take()?,
    })
}
