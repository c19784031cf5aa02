//! The audit log, as it is listed.

use tw_model::{DagId, RunId, TaskId, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, placeholders, queries};
use crate::read::filter::{Filters, Listed, Range, TextMatch, counted, order_by};
use crate::read::versions::{VersionView, version_columns};
use crate::read::{PAGE_LIMIT_MAX, Page};
use crate::store::Store;
use crate::value::Columns;

/// A line of the audit log.
#[derive(Clone, PartialEq, Debug)]
pub struct EventLogView {
    /// Number of the line; later ones have greater numbers.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: String,
    /// Who asked for it; `None` = nobody, it followed.
    pub owner: Option<String>,
    /// DAG, if it concerns one.
    pub dag_id: Option<DagId>,
    /// Run, if it concerns one.
    pub run_id: Option<RunId>,
    /// Task, if it concerns one.
    pub task_id: Option<TaskId>,
    /// Map index, if it concerns one.
    pub map_index: Option<i32>,
    /// Try, if it concerns one.
    pub try_number: Option<u32>,
    /// For people.
    pub detail: Option<String>,
    /// The run's logical date, while the run exists.
    pub logical_date: Option<Timestamp>,
    /// The DAG's newest version, while the DAG exists.
    pub version: Option<VersionView>,
}

/// Which lines to list. What is absent or empty does not filter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EventLogFilter {
    /// Of this DAG.
    pub dag_id: Option<String>,
    /// Of this run.
    pub run_id: Option<String>,
    /// Of this task.
    pub task_id: Option<String>,
    /// Of this map index.
    pub map_index: Option<i32>,
    /// Of this try.
    pub try_number: Option<u32>,
    /// By this person.
    pub owner: Option<String>,
    /// Of this event.
    pub event: Option<String>,
    /// Of one of these events.
    pub included_events: Vec<String>,
    /// Of none of these events.
    pub excluded_events: Vec<String>,
    /// Bounds of the time.
    pub at: Range<Timestamp>,
    /// Search in the DAG's id.
    pub dag_match: TextMatch,
    /// Search in the run's id.
    pub run_match: TextMatch,
    /// Search in the task's id.
    pub task_match: TextMatch,
    /// Search in the person's name.
    pub owner_match: TextMatch,
    /// Search in the event.
    pub event_match: TextMatch,
}

/// A line of the audit log, as one of the run of a task instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskEventLine {
    /// Number of the line; later ones have greater numbers.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: String,
    /// Who asked for it; `None` = nobody, it followed.
    pub owner: Option<String>,
    /// The map index it names; `None` = it names no task, but the run.
    pub map_index: Option<i32>,
    /// The try it names.
    pub try_number: Option<u32>,
    /// For people.
    pub detail: Option<String>,
}

/// How lines can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventLogColumn {
    /// By number.
    Id,
    /// By time.
    At,
    /// By DAG.
    DagId,
    /// By run.
    RunId,
    /// By task.
    TaskId,
    /// By event.
    Event,
    /// By person.
    Owner,
    /// By text.
    Detail,
}

impl EventLogColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Id => "a.id",
            Self::At => "a.at_us",
            Self::DagId => "a.dag_id",
            Self::RunId => "a.run_id",
            Self::TaskId => "a.task_id",
            Self::Event => "a.event",
            Self::Owner => "a.owner",
            Self::Detail => "a.detail",
        }
    }
}

/// What a line itself holds, of a table or query `a`.
macro_rules! line_columns {
    () => {
        "a.id, a.at_us, a.event, a.owner, a.dag_id, a.run_id, a.task_id, a.map_index, a.try_number, a.detail"
    };
}
pub(super) use line_columns;

pub(super) const LINES: &str = concat!("SELECT ", line_columns!(), " FROM audit_log a");

/// The lines of `FROM (…)` with what is known of their runs and DAGs.
pub(super) const TOLD: &str = concat!("SELECT ", line_columns!(), ", r.logical_date_us, ", version_columns!(), " FROM");

macro_rules! joins {
    () => {
        "a LEFT JOIN dag_run r ON r.dag_id = a.dag_id AND r.run_id = a.run_id \
         LEFT JOIN dag d ON d.dag_id = a.dag_id LEFT JOIN dag_version v ON v.id = d.latest_version_id"
    };
}
pub(super) use joins;

/// The newest lines of a run that meet a condition.
macro_rules! of_task_instance {
    ($condition:literal) => {
        concat!(
            "SELECT * FROM (SELECT id, at_us, event, owner, map_index, try_number, detail FROM audit_log \
             WHERE dag_id = $1 AND run_id = $2 AND ",
            $condition,
            " AND id < $5 ORDER BY id DESC LIMIT $6) a"
        )
    };
}

queries! {
    LINE = concat!(
        "SELECT ", line_columns!(), ", r.logical_date_us, ", version_columns!(), " FROM audit_log ", joins!(),
        " WHERE a.id = $1"
    );
    /// An act on several instances of a mapped task has the index -1, one on several tasks no task at all. Each is
    /// one place in the index; what is asked for twice, because the task is not mapped, is told once.
    OF_TASK_INSTANCE = concat!(
        of_task_instance!("task_id IS NULL AND map_index IS NULL"), " UNION ",
        of_task_instance!("task_id = $3 AND map_index = -1"), " UNION ",
        of_task_instance!("task_id = $3 AND map_index = $4"), " ORDER BY id DESC LIMIT $6"
    );
}

impl Store {
    /// One page of the audit log. Each order entry says whether it descends.
    ///
    /// Cost: the page, without a filter, or by event, person or run and ordered by time; and, for the total, as many
    /// entries of an index as there are lines. With a DAG alone, its lines. A task, a map index, a try or a search alone
    /// is looked for in every line.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn event_logs_list(
        &self,
        filter: &EventLogFilter,
        order: &[(EventLogColumn, bool)],
        page: Page,
    ) -> Result<Listed<EventLogView>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "a.id");
        // The page is cut before anything is joined to it.
        let lines = filter.apply(Select::new(LINES)).order(&order);
        let lines = lines.page(page.limit.min(PAGE_LIMIT_MAX), page.offset);
        let rows = self.select(Select::new(TOLD).nested(lines).then(joins!()).order(&order), event_log).await?;
        let total = self.total(rows.len(), filter.apply(counted("FROM audit_log a")), page).await?;
        Ok(Listed { rows, total })
    }

    /// What may concern one task instance, newest first: lines that name it, its task as a whole, or its
    /// run and no task. A line does not say which of several tasks it is about, so some that name none may
    /// be about others. Lines of several runs name none and are left out.
    ///
    /// `before` is the number of a line: only older ones.
    ///
    /// Cost: the page.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn task_events(
        &self,
        (dag_id, run_id): (&DagId, &RunId),
        (task_id, map_index): (&TaskId, i32),
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<TaskEventLine>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        let limit = limit.min(PAGE_LIMIT_MAX);
        let values = [dag_id.into(), run_id.into(), task_id.into(), map_index.into(), before.into(), limit.into()];
        self.list(OF_TASK_INSTANCE, values, task_event).await
    }

    /// One line of the audit log.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn event_log(&self, id: i64) -> Result<Option<EventLogView>, StoreError> {
        self.find(LINE, [id.into()], event_log).await
    }
}

impl EventLogFilter {
    fn apply(&self, select: Select) -> Select {
        let excluded = format!("a.event NOT IN ({})", placeholders(self.excluded_events.len()));
        let select = match self.excluded_events.is_empty() {
            true => select,
            false => select.filter(&excluded, &self.excluded_events),
        };
        select
            .filter_some("a.dag_id = $", self.dag_id.as_deref())
            .filter_some("a.run_id = $", self.run_id.as_deref())
            .filter_some("a.task_id = $", self.task_id.as_deref())
            .filter_some("a.map_index = $", self.map_index)
            .filter_some("a.try_number = $", self.try_number)
            .filter_some("a.owner = $", self.owner.as_deref())
            .filter_some("a.event = $", self.event.as_deref())
            .filter_in("a.event", &self.included_events)
            .within("a.at_us", &self.at)
            .matching("a.dag_id", &self.dag_match)
            .matching("a.run_id", &self.run_match)
            .matching("a.task_id", &self.task_match)
            .matching("a.owner", &self.owner_match)
            .matching("a.event", &self.event_match)
    }
}

pub(super) fn event_log(c: &mut Columns) -> Result<EventLogView, StoreError> {
    Ok(EventLogView {
        id: c.take()?,
        at: c.take()?,
        event: c.take()?,
        owner: c.take()?,
        dag_id: c.take()?,
        run_id: c.take()?,
        task_id: c.take()?,
        map_index: c.take()?,
        try_number: c.take()?,
        detail: c.take()?,
        logical_date: c.take()?,
        version: version(c)?,
    })
}

fn task_event(c: &mut Columns) -> Result<TaskEventLine, StoreError> {
    Ok(TaskEventLine {
        id: c.take()?,
        at: c.take()?,
        event: c.take()?,
        owner: c.take()?,
        map_index: c.take()?,
        try_number: c.take()?,
        detail: c.take()?,
    })
}

/// The version that was joined, if there was one. Its columns are the last.
fn version(c: &mut Columns) -> Result<Option<VersionView>, StoreError> {
    let Some(id) = c.take()? else { return Ok(None) };
    Ok(Some(VersionView {
        id,
        dag_id: c.take()?,
        version_number: c.take()?,
        content_hash: c.take()?,
        created_at: c.take()?,
        display_name: c.take()?,
        bundle_name: c.take()?,
    }))
}
