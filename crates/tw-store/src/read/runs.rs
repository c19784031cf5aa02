//! Dag run lists and single dag runs.

use tw_model::{DagId, DagRun, DagRunState, RunId, RunType, TimeSpan, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, like_contains, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, Range, TextMatch, counted, order_by};
use crate::read::versions::{VersionView, read_version, version_columns};
use crate::record::{dag_run, dag_run_columns};
use crate::store::Store;
use crate::value::Columns;

/// Which dag runs to list. What is absent or empty does not filter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DagRunFilter {
    /// Of these DAGs only.
    pub dag_ids: Vec<DagId>,
    /// Search in the DAG's id.
    pub dag_id: TextMatch,
    /// Search in the run's id.
    pub run_id: TextMatch,
    /// Search in the name of who asked for it.
    pub triggering_user: TextMatch,
    /// In one of these states.
    pub states: Vec<DagRunState>,
    /// Of one of these types.
    pub run_types: Vec<RunType>,
    /// Created from one of these version numbers.
    pub version_numbers: Vec<u32>,
    /// Bounds of the instant before which it does not start.
    pub run_after: Range<Timestamp>,
    /// Bounds of the logical date.
    pub logical_date: Range<Timestamp>,
    /// Bounds of the start.
    pub start_date: Range<Timestamp>,
    /// Bounds of the end.
    pub end_date: Range<Timestamp>,
    /// Bounds of the time between them.
    pub duration: Range<TimeSpan>,
    /// A text that its configuration contains.
    pub conf_contains: Option<String>,
}

/// How dag runs can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DagRunColumn {
    /// By surrogate id, which is by creation.
    Id,
    /// By state.
    State,
    /// By DAG.
    DagId,
    /// By run id.
    RunId,
    /// By logical date.
    LogicalDate,
    /// By the instant before which it does not start; the cheapest one.
    RunAfter,
    /// By start.
    StartDate,
    /// By end.
    EndDate,
    /// By configuration, as text.
    Conf,
    /// By the time between start and end.
    Duration,
}

impl DagRunColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Id => "r.id",
            Self::State => "r.state",
            Self::DagId => "r.dag_id",
            Self::RunId => "r.run_id",
            Self::LogicalDate => "r.logical_date_us",
            Self::RunAfter => "r.run_after_us",
            Self::StartDate => "r.start_date_us",
            Self::EndDate => "r.end_date_us",
            Self::Conf => "r.conf",
            Self::Duration => "(r.end_date_us - r.start_date_us)",
        }
    }
}

/// A dag run in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct DagRunView {
    /// The run.
    pub run: DagRun,
    /// The version it was created from.
    pub version: VersionView,
}

macro_rules! from_runs {
    () => {
        " FROM dag_run r JOIN dag_version v ON v.id = r.dag_version_id JOIN dag d ON d.dag_id = r.dag_id"
    };
}
pub(crate) use from_runs;

const DAG_RUNS: &str = concat!("SELECT ", dag_run_columns!(), ", ", version_columns!(), from_runs!());

queries! {
    DAG_RUN = concat!(
        "SELECT ", dag_run_columns!(), ", ", version_columns!(), from_runs!(), " WHERE r.dag_id = $1 AND r.run_id = $2"
    );
}

impl Store {
    /// One page of the dag runs that pass the filter. Each order entry says whether it descends.
    ///
    /// Cost: with one DAG, its runs; without, and ordered by id or `run_after`, the page. Other
    /// orders over all DAGs sort what the filter leaves.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_runs_list(
        &self,
        filter: &DagRunFilter,
        order: &[(DagRunColumn, bool)],
        page: Page,
        now: Timestamp,
    ) -> Result<Listed<DagRunView>, StoreError> {
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "r.id");
        let rows = filter.apply(Select::new(DAG_RUNS), now).order(&order);
        // The version is joined for the count only if a filter needs it.
        let from = if filter.version_numbers.is_empty() { " FROM dag_run r" } else { from_runs!() };
        self.listed(rows, filter.apply(counted(from), now), page, dag_run_view).await
    }

    /// One dag run as it is listed.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_run_view(&self, dag_id: &DagId, run_id: &RunId) -> Result<Option<DagRunView>, StoreError> {
        self.find(DAG_RUN, [dag_id.into(), run_id.into()], dag_run_view).await
    }
}

impl DagRunFilter {
    fn apply(&self, select: Select, now: Timestamp) -> Select {
        select
            .filter_in("r.dag_id", &self.dag_ids)
            .filter_in("r.state", self.states.iter().map(|state| state.as_str()))
            .filter_in("r.run_type", self.run_types.iter().map(|run_type| run_type.as_str()))
            .filter_in("v.version_number", self.version_numbers.iter().copied())
            .matching("r.dag_id", &self.dag_id)
            .matching("r.run_id", &self.run_id)
            .matching("r.triggering_user", &self.triggering_user)
            .within("r.run_after_us", &self.run_after)
            .within("r.logical_date_us", &self.logical_date)
            .within_or_open("r.start_date_us", &self.start_date, now)
            .within_or_open("r.end_date_us", &self.end_date, now)
            .within("(r.end_date_us - r.start_date_us)", &self.duration)
            .filter_some("r.conf LIKE $ ESCAPE '!'", self.conf_contains.as_deref().map(like_contains))
    }
}

pub(crate) fn dag_run_view(c: &mut Columns) -> Result<DagRunView, StoreError> {
    Ok(DagRunView { run: dag_run(c)?, version: read_version(c)? })
}
