//! DAG lists and single DAGs.

use std::sync::Arc;

use tw_engine::DagRow;
use tw_model::{Dag, DagId, DagRunState};

use crate::error::StoreError;
use crate::query::{Select, like_contains, placeholders, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, TextMatch, counted, order_by};
use crate::read::versions::{VersionView, read_version, version_columns};
use crate::record::{dag_columns, dag_row};
use crate::store::Store;
use crate::value::Columns;

/// One column of the newest run of `d`.
macro_rules! newest_run {
    ($column:literal) => {
        concat!(
            "(SELECT r.",
            $column,
            " FROM dag_run r WHERE r.dag_id = d.dag_id ORDER BY r.run_after_us DESC LIMIT 1)"
        )
    };
}
pub(crate) use newest_run;

/// Which DAGs to list. `None` and empty lists do not filter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DagFilter {
    /// Search in the id.
    pub dag_id: TextMatch,
    /// Search in the name for people.
    pub display_name: TextMatch,
    /// Whether the DAG is paused.
    pub is_paused: Option<bool>,
    /// Whether the DAG is stale; lists for people ask for `Some(false)`.
    pub is_stale: Option<bool>,
    /// Whether its file has import errors.
    pub has_import_errors: Option<bool>,
    /// Bundle.
    pub bundle_name: Option<String>,
    /// Tags of which it has at least one.
    pub tags_any: Vec<String>,
    /// Tags of which it has each one.
    pub tags_all: Vec<String>,
    /// Owners of which it has at least one.
    pub owners_any: Vec<String>,
    /// State of its newest run.
    pub last_run_state: Option<DagRunState>,
    /// Whether it is a favourite of this person.
    pub favorite: Option<(String, bool)>,
}

/// How DAGs can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DagColumn {
    /// By id.
    DagId,
    /// By name for people.
    DisplayName,
    /// By the logical date of the next run.
    NextLogicalDate,
    /// By the state of the newest run.
    LastRunState,
    /// By the start of the newest run.
    LastRunStart,
}

impl DagColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::DagId => "d.dag_id",
            Self::DisplayName => "v.display_name",
            Self::NextLogicalDate => "d.next_logical_date_us",
            Self::LastRunState => newest_run!("state"),
            Self::LastRunStart => newest_run!("start_date_us"),
        }
    }
}

/// A DAG in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct DagSummary {
    /// Its row.
    pub row: DagRow,
    /// Its newest version.
    pub version: VersionView,
    /// Its newest version, without tasks and groups.
    pub head: Arc<Dag>,
    /// Owners of its tasks, sorted and separated by `, `.
    pub owners: String,
    /// Number of its tasks.
    pub task_count: u32,
    /// Whether a task limits its own concurrency.
    pub has_task_limits: bool,
}

macro_rules! from_dags {
    () => {
        " FROM dag d JOIN dag_version v ON v.id = d.latest_version_id"
    };
}

pub(crate) const DAGS: &str = concat!(
    "SELECT ",
    dag_columns!(),
    ", ",
    version_columns!(),
    ", v.head, v.owners, v.task_count, v.has_task_limits",
    from_dags!()
);

queries! {
    DAG = concat!(
        "SELECT ", dag_columns!(), ", ", version_columns!(), ", v.head, v.owners, v.task_count, v.has_task_limits",
        from_dags!(), " WHERE d.dag_id = $1"
    );
    DAG_LATEST = concat!("SELECT v.data", from_dags!(), " WHERE d.dag_id = $1");
    RUNS_RUNNING = "SELECT count(*) FROM dag_run r WHERE r.dag_id = $1 AND r.state = 'running' \
                    AND r.state IN ('queued', 'running')";
}

impl Store {
    /// One page of the DAGs that pass the filter. Each order entry says whether it descends.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dags_list(
        &self,
        filter: &DagFilter,
        order: &[(DagColumn, bool)],
        page: Page,
    ) -> Result<Listed<DagSummary>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "d.dag_id");
        let rows = filter.apply(Select::new(DAGS)).order(&order);
        self.listed(rows, filter.apply(counted(from_dags!())), page, dag_summary).await
    }

    /// One DAG as it is listed.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_summary(&self, dag_id: &DagId) -> Result<Option<DagSummary>, StoreError> {
        self.find(DAG, [dag_id.into()], dag_summary).await
    }

    /// The newest version of a DAG, whole.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_latest(&self, dag_id: &DagId) -> Result<Option<Dag>, StoreError> {
        self.find(DAG_LATEST, [dag_id.into()], Columns::json).await
    }

    /// How many runs of a DAG are running.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_running_runs(&self, dag_id: &DagId) -> Result<u32, StoreError> {
        Ok(self.find(RUNS_RUNNING, [dag_id.into()], Columns::take).await?.unwrap_or(0))
    }
}

impl DagFilter {
    fn apply(&self, select: Select) -> Select {
        let mut select = select
            .matching("d.dag_id", &self.dag_id)
            .matching("v.display_name", &self.display_name)
            .filter_some("d.is_paused = $", self.is_paused)
            .filter_some("d.is_stale = $", self.is_stale)
            .filter_some("d.has_import_errors = $", self.has_import_errors)
            .filter_some("d.bundle_name = $", self.bundle_name.as_deref())
            .filter_some(concat!(newest_run!("state"), " = $"), self.last_run_state.map(DagRunState::as_str));
        if !self.tags_any.is_empty() {
            let names = placeholders(self.tags_any.len());
            let has_tag = format!("d.dag_id IN (SELECT g.dag_id FROM dag_tag g WHERE g.name IN ({names}))");
            select = select.filter(&has_tag, &self.tags_any);
        }
        if let Some((user_name, is_favorite)) = &self.favorite {
            let not = if *is_favorite { "" } else { "NOT " };
            let among = format!("d.dag_id {not}IN (SELECT f.dag_id FROM dag_favorite f WHERE f.user_name = $)");
            select = select.filter(&among, [user_name]);
        }
        for tag in &self.tags_all {
            select = select.filter("d.dag_id IN (SELECT g.dag_id FROM dag_tag g WHERE g.name = $)", [tag]);
        }
        if !self.owners_any.is_empty() {
            let one = "v.owners LIKE $ ESCAPE '!'";
            let patterns = self.owners_any.iter().map(|owner| like_contains(owner));
            select = select.filter(&vec![one; self.owners_any.len()].join(" OR "), patterns);
        }
        select
    }
}

pub(crate) fn dag_summary(c: &mut Columns) -> Result<DagSummary, StoreError> {
    Ok(DagSummary {
        row: dag_row(c)?,
        version: read_version(c)?,
        head: Arc::new(c.json()?),
        owners: c.take()?,
        task_count: c.take()?,
        has_task_limits: c.take()?,
    })
}
