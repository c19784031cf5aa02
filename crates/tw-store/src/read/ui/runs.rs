//! Runs as bars and as lines of a list.

use std::collections::HashMap;

use tw_model::{DagId, DagRunId, DagRunState, DagVersionId, RunId, RunType, Timestamp};

use super::{ListTotal, WINDOW};
use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::filter::counted;
use crate::read::runs::{DagRunView, dag_run_view, from_runs};
use crate::read::versions::version_columns;
use crate::record::dag_run_columns;
use crate::store::Store;
use crate::value::{Columns, Value};

/// A run without what only its own screen shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunLine {
    /// Surrogate id.
    pub id: DagRunId,
    /// Its DAG.
    pub dag_id: DagId,
    /// Its name.
    pub run_id: RunId,
    /// Where it is in its life.
    pub state: DagRunState,
    /// Why it exists.
    pub run_type: RunType,
    /// It does not start before this.
    pub run_after: Timestamp,
    /// When it started.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// The date it stands for.
    pub logical_date: Option<Timestamp>,
    /// How often it was cleared.
    pub clear_number: u32,
    /// Version it was created from.
    pub dag_version_id: DagVersionId,
    /// Number of that version.
    pub version_number: Option<u32>,
}

/// Select list of [`run_line`].
macro_rules! run_line_columns {
    () => {
        "r.id, r.dag_id, r.run_id, r.state, r.run_type, r.run_after_us, r.start_date_us, r.end_date_us, \
         r.logical_date_us, r.clear_number, r.dag_version_id, \
         (SELECT v.version_number FROM dag_version v WHERE v.id = r.dag_version_id)"
    };
}
pub(super) use run_line_columns;

pub(super) fn run_line(c: &mut Columns) -> Result<RunLine, StoreError> {
    Ok(RunLine {
        id: c.take()?,
        dag_id: c.take()?,
        run_id: c.take()?,
        state: c.parse()?,
        run_type: c.parse()?,
        run_after: c.take()?,
        start_date: c.take()?,
        end_date: c.take()?,
        logical_date: c.take()?,
        clear_number: c.take()?,
        dag_version_id: c.take()?,
        version_number: c.take()?,
    })
}

/// Where a page of runs, newest first, ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunPlace {
    /// `run_after` of the last one.
    pub run_after: Timestamp,
    /// Its surrogate id.
    pub id: DagRunId,
}

/// Which runs to list. What is absent or empty does not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunListFilter {
    /// Of this DAG only.
    pub dag_id: Option<DagId>,
    /// In this state only.
    pub state: Option<DagRunState>,
    /// Of this type only.
    pub run_type: Option<RunType>,
}

/// Runs that are counted for a total, which bounds its cost. What is more is shown as more.
const RUNS_COUNTED_MAX: u32 = 10_000;

/// One run among those examined for a page.
const EXAMINED: &str = "SELECT r.id, r.run_after_us, r.state, r.run_type FROM dag_run r";

queries! {
    ACTIVE = "SELECT count(*) FROM (SELECT 1 FROM dag_run r WHERE r.state IN ('queued', 'running') LIMIT $1) counted";
    VERSION_RUNS = "SELECT x.dag_version_id, count(*) FROM (SELECT r.dag_version_id FROM dag_run r \
        WHERE r.dag_id = $1 ORDER BY r.run_after_us DESC LIMIT $2) x GROUP BY x.dag_version_id";
    FIND = concat!(
        "SELECT ", run_line_columns!(), " FROM dag_run r JOIN (SELECT n.id FROM (\
            SELECT w.id, w.run_id, w.run_after_us FROM dag_run w ORDER BY w.run_after_us DESC LIMIT $2) n \
            WHERE lower(n.run_id) LIKE lower($1) ESCAPE '!' ORDER BY n.run_after_us DESC LIMIT $3) hit ON hit.id = r.id \
         ORDER BY r.run_after_us DESC"
    );
}

impl Store {
    /// The newest runs of each of these DAGs, at most `count` of each, newest first.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn runs_newest(&self, dag_ids: &[DagId], count: u32) -> Result<HashMap<DagId, Vec<RunLine>>, StoreError> {
        let mut found: HashMap<DagId, Vec<RunLine>> = HashMap::new();
        // SQLite joins 500 selects at most; a page has fewer DAGs.
        for some in dag_ids.chunks(100) {
            let mut select = Select::new("");
            for (at, dag_id) in some.iter().enumerate() {
                let union = if at == 0 { "" } else { "UNION ALL " };
                let part = concat!(
                    "SELECT * FROM (SELECT ",
                    run_line_columns!(),
                    " FROM dag_run r WHERE r.dag_id = $ ORDER BY r.run_after_us DESC, r.id DESC LIMIT $) part"
                );
                let values: [Value; 2] = [dag_id.into(), count.into()];
                select = select.with(&format!("{union}{part}{at}"), values);
            }
            for run in self.select(select, run_line).await? {
                found.entry(run.dag_id.clone()).or_default().push(run);
            }
        }
        Ok(found)
    }

    /// The newest runs of a DAG before an instant, newest first. With a state or a type, among the
    /// newest [`WINDOW`] before it.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn runs_before(
        &self,
        dag_id: &DagId,
        before: Option<Timestamp>,
        filter: &RunListFilter,
        limit: u32,
    ) -> Result<Vec<RunLine>, StoreError> {
        let of_dag = |select: Select| {
            select
                .filter("r.dag_id = $", [dag_id])
                .filter_some("r.run_after_us < $", before)
                .order("r.run_after_us DESC")
        };
        let lines = Select::new(concat!("SELECT ", run_line_columns!(), " FROM dag_run r"));
        if filter.state.is_none() && filter.run_type.is_none() {
            let select = of_dag(lines).with(", r.id DESC LIMIT $", [limit]);
            return self.select(select, run_line).await;
        }
        let window = of_dag(Select::new(EXAMINED)).with("LIMIT $", [WINDOW]);
        let select = Select::new(concat!("SELECT ", run_line_columns!(), " FROM dag_run r JOIN"))
            .nested(window)
            .then("w ON w.id = r.id")
            .filter_some("w.state = $", filter.state.map(DagRunState::as_str))
            .filter_some("w.run_type = $", filter.run_type.map(RunType::as_str))
            .order("r.run_after_us DESC, r.id DESC")
            .with("LIMIT $", [limit]);
        self.select(select, run_line).await
    }

    /// A page of runs, newest first, and where the next one begins. Where the filter has no index
    /// the page may be short although more follow: only so many runs are looked at.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn runs_page(
        &self,
        filter: &RunListFilter,
        after: Option<RunPlace>,
        limit: u32,
    ) -> Result<(Vec<DagRunView>, Option<RunPlace>), StoreError> {
        // One more than is shown tells whether there is another page.
        let wanted = limit.saturating_add(1);
        let width = if filter.is_indexed() { wanted } else { WINDOW };
        let chosen = filter.rest(Select::new("SELECT w.id FROM").nested(filter.examined(after, width)).then("w"));
        let chosen = chosen.order("w.run_after_us DESC, w.id DESC").with("LIMIT $", [wanted]);
        let select =
            Select::new(concat!("SELECT ", dag_run_columns!(), ", ", version_columns!(), from_runs!(), " JOIN"))
                .nested(chosen)
                .then("n ON n.id = r.id")
                .order("r.run_after_us DESC, r.id DESC");
        let mut rows = self.select(select, dag_run_view).await?;
        let is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = if is_more {
            rows.last().map(|view| RunPlace { run_after: view.run.run_after, id: view.run.id })
        } else if filter.is_indexed() {
            None
        } else {
            self.end_of_window(filter, after).await?
        };
        Ok((rows, next))
    }

    /// The last run that was examined, if there may be more behind it.
    async fn end_of_window(
        &self,
        filter: &RunListFilter,
        after: Option<RunPlace>,
    ) -> Result<Option<RunPlace>, StoreError> {
        let select = Select::new("SELECT w.run_after_us, w.id FROM")
            .nested(filter.examined(after, WINDOW))
            .then("w ORDER BY w.run_after_us DESC, w.id DESC")
            .page(1, WINDOW - 1);
        let found = self.select(select, |c| Ok(RunPlace { run_after: c.take()?, id: c.take()? })).await?;
        Ok(found.into_iter().next())
    }

    /// How many runs there are, counted up to [`RUNS_COUNTED_MAX`], and where the filter has no index
    /// among the newest [`WINDOW`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn runs_total(&self, filter: &RunListFilter) -> Result<ListTotal, StoreError> {
        if filter.is_indexed() {
            let counting = filter.indexed(counted(" FROM dag_run r")).with("LIMIT $) AS counted", [RUNS_COUNTED_MAX]);
            let count = self.query_one(counting).await?;
            return Ok(ListTotal { count, or_more: count >= RUNS_COUNTED_MAX });
        }
        let select = Select::new("SELECT count(*) FROM").nested(filter.examined(None, WINDOW)).then("w");
        let count = self.query_one(filter.rest(select)).await?;
        Ok(ListTotal { count, or_more: self.end_of_window(filter, None).await?.is_some() })
    }

    /// How many runs are queued or running, of all DAGs, counted up to `most`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn runs_active(&self, most: u32) -> Result<u32, StoreError> {
        Ok(self.find(ACTIVE, [most.into()], Columns::take).await?.unwrap_or(0))
    }

    /// How many runs of each of these DAGs are queued or running; none = not listed.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn runs_active_of(&self, dag_ids: &[DagId]) -> Result<HashMap<DagId, u32>, StoreError> {
        if dag_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let select = Select::new("SELECT r.dag_id, count(*) FROM dag_run r")
            // Named so that the partial index applies.
            .filter("r.state IN ('queued', 'running')", [] as [Value; 0])
            .filter_in("r.dag_id", dag_ids)
            .then("GROUP BY r.dag_id");
        Ok(self.select(select, |c| Ok((c.take()?, c.take()?))).await?.into_iter().collect())
    }

    /// How many of a DAG's newest [`WINDOW`] runs each of its versions made.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn runs_by_version(&self, dag_id: &DagId) -> Result<HashMap<DagVersionId, u32>, StoreError> {
        let rows = self.list(VERSION_RUNS, [dag_id.into(), WINDOW.into()], |c| Ok((c.take()?, c.take()?))).await?;
        Ok(rows.into_iter().collect())
    }

    /// Runs among the newest [`WINDOW`] of all DAGs whose name matches a `LIKE` pattern.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn runs_named(&self, pattern: &str, limit: u32) -> Result<Vec<RunLine>, StoreError> {
        self.list(FIND, [pattern.into(), WINDOW.into(), limit.into()], run_line).await
    }
}

impl RunListFilter {
    /// Whether an index has exactly the runs that pass, in order.
    fn is_indexed(&self) -> bool {
        self.run_type.is_none() && !(self.dag_id.is_some() && self.state.is_some())
    }

    /// What an index finds: the DAG, else the state.
    fn indexed(&self, select: Select) -> Select {
        match (&self.dag_id, self.state) {
            (Some(dag_id), _) => select.filter("r.dag_id = $", [dag_id]),
            (None, Some(state)) => select.filter("r.state = $", [state.as_str()]),
            (None, None) => select,
        }
    }

    /// The newest runs behind a place that an index finds.
    fn examined(&self, after: Option<RunPlace>, width: u32) -> Select {
        let mut select = self.indexed(Select::new(EXAMINED));
        if let Some(RunPlace { run_after, id }) = after {
            let values: [Value; 3] = [run_after.into(), run_after.into(), id.into()];
            select = select.filter("r.run_after_us <= $ AND (r.run_after_us < $ OR r.id < $)", values);
        }
        select.order("r.run_after_us DESC, r.id DESC").with("LIMIT $", [width])
    }

    /// What the index did not decide; `w` are the examined runs.
    fn rest(&self, select: Select) -> Select {
        let state = self.state.filter(|_| self.dag_id.is_some());
        select
            .filter_some("w.state = $", state.map(DagRunState::as_str))
            .filter_some("w.run_type = $", self.run_type.map(RunType::as_str))
    }
}
