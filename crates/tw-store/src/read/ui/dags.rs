//! The list of DAGs: one page, and how many there are in each view.

use tw_model::DagId;

use crate::error::StoreError;
use crate::query::{Select, like_contains, queries};
use crate::read::dags::{DAGS, DagSummary, dag_summary, newest_run};
use crate::read::versions::{VersionView, read_version, version_columns};
use crate::store::Store;
use crate::value::{Columns, Value};

/// Which DAGs a list shows, of those that a file defines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DagListView {
    /// Every one.
    #[default]
    All,
    /// Not paused.
    Active,
    /// Paused.
    Paused,
    /// The newest run failed.
    Failing,
    /// A run is running.
    Running,
}

/// What a list of DAGs searches for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DagListFilter {
    /// Part of the id or of the name for people, whatever the case.
    pub text: Option<String>,
    /// A tag.
    pub tag: Option<String>,
    /// An owner.
    pub owner: Option<String>,
    /// A person whose favourites they are.
    pub favorites_of: Option<String>,
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DagListPlace {
    /// By id, after this one; `None` = at the beginning.
    ById(Option<DagId>),
    /// By the newest run, newest first, after this `run_after` in microseconds and id.
    ByLastRun(Option<(i64, DagId)>),
}

/// How many DAGs each view has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DagCounts {
    /// Every one.
    pub all: u32,
    /// Not paused.
    pub active: u32,
    /// Paused.
    pub paused: u32,
    /// The newest run failed.
    pub failing: u32,
    /// A run is running.
    pub running: u32,
}

const FAILING: &str = concat!(newest_run!("state"), " = 'failed'");

/// The second condition lets the partial index of unfinished runs apply.
const RUNNING: &str = "EXISTS (SELECT 1 FROM dag_run r WHERE r.dag_id = d.dag_id AND r.state = 'running' \
    AND r.state IN ('queued', 'running'))";

queries! {
    COUNT = "SELECT count(*) FROM dag d WHERE NOT d.is_stale";
    OF_FILE = "SELECT d.dag_id, d.latest_version_number FROM dag d \
        WHERE d.bundle_name = $1 AND d.relative_fileloc = $2 AND NOT d.is_stale ORDER BY d.dag_id LIMIT $3";
    LATEST = concat!(
        "SELECT ", version_columns!(), " FROM dag d JOIN dag_version v ON v.id = d.latest_version_id ",
        "WHERE NOT d.is_stale ORDER BY d.dag_id LIMIT $1"
    );
    FILES = "SELECT count(*) FROM dag_file";
}

impl DagListFilter {
    fn apply(&self, select: Select) -> Select {
        let mut select = select.filter("d.is_stale = $", [false]);
        if let Some(text) = &self.text {
            let pattern = like_contains(text);
            let condition =
                "lower(d.dag_id) LIKE lower($) ESCAPE '!' OR lower(v.display_name) LIKE lower($) ESCAPE '!'";
            select = select.filter(condition, [&pattern, &pattern]);
        }
        let has_tag = "d.dag_id IN (SELECT g.dag_id FROM dag_tag g WHERE g.name = $)";
        let select = select.filter_some(has_tag, self.tag.as_deref());
        let is_favorite = "d.dag_id IN (SELECT f.dag_id FROM dag_favorite f WHERE f.user_name = $)";
        let select = select.filter_some(is_favorite, self.favorites_of.as_deref());
        // Owners are kept as one sorted text.
        let owner = self.owner.as_deref().map(|owner| like_contains(&format!(", {owner}, ")));
        select.filter_some("(', ' || v.owners || ', ') LIKE $ ESCAPE '!'", owner)
    }
}

impl DagListView {
    fn apply(self, select: Select) -> Select {
        match self {
            Self::All => select,
            Self::Active => select.filter("d.is_paused = $", [false]),
            Self::Paused => select.filter("d.is_paused = $", [true]),
            Self::Failing => select.filter(FAILING, [] as [Value; 0]),
            Self::Running => select.filter(RUNNING, [] as [Value; 0]),
        }
    }
}

const FROM: &str = " FROM dag d JOIN dag_version v ON v.id = d.latest_version_id";

impl Store {
    /// A page of DAG ids, and where the next one begins.
    ///
    /// Cost: the DAGs, and for the order by run, and the views that look at runs, one look-up in an
    /// index for each.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_ids_page(
        &self,
        filter: &DagListFilter,
        view: DagListView,
        place: &DagListPlace,
        limit: u32,
    ) -> Result<(Vec<DagId>, Option<DagListPlace>), StoreError> {
        // One more than is shown tells whether there is another page.
        let wanted = limit.saturating_add(1);
        let mut rows: Vec<(DagId, i64)> = match place {
            DagListPlace::ById(after) => {
                let select = Select::new(&format!("SELECT d.dag_id{FROM}"));
                let select = view.apply(filter.apply(select)).filter_some("d.dag_id > $", after.as_ref());
                self.select(select.order("d.dag_id").with("LIMIT $", [wanted]), |c| Ok((c.take()?, 0))).await?
            }
            DagListPlace::ByLastRun(after) => {
                let newest = concat!("SELECT d.dag_id, coalesce(", newest_run!("run_after_us"), ", 0) AS last_run");
                let inner = view.apply(filter.apply(Select::new(&format!("{newest}{FROM}"))));
                let mut select = Select::new("SELECT x.dag_id, x.last_run FROM").nested(inner).then("x");
                if let Some((last_run, dag_id)) = after {
                    let values: [Value; 3] = [(*last_run).into(), (*last_run).into(), dag_id.into()];
                    select = select.filter("x.last_run < $ OR (x.last_run = $ AND x.dag_id > $)", values);
                }
                let select = select.order("x.last_run DESC, x.dag_id").with("LIMIT $", [wanted]);
                self.select(select, |c| Ok((c.take()?, c.take()?))).await?
            }
        };
        let is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| is_more).map(|(dag_id, last_run)| match place {
            DagListPlace::ById(_) => DagListPlace::ById(Some(dag_id.clone())),
            DagListPlace::ByLastRun(_) => DagListPlace::ByLastRun(Some((*last_run, dag_id.clone()))),
        });
        Ok((rows.into_iter().map(|(dag_id, _)| dag_id).collect(), next))
    }

    /// How many DAGs each view has.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_counts(&self, filter: &DagListFilter) -> Result<DagCounts, StoreError> {
        let text = format!(
            "SELECT count(*), count(*) FILTER (WHERE NOT d.is_paused), count(*) FILTER (WHERE d.is_paused), \
             count(*) FILTER (WHERE {FAILING}), count(*) FILTER (WHERE {RUNNING}){FROM}"
        );
        let read = |c: &mut Columns| {
            Ok(DagCounts {
                all: c.take()?,
                active: c.take()?,
                paused: c.take()?,
                failing: c.take()?,
                running: c.take()?,
            })
        };
        Ok(self.select(filter.apply(Select::new(&text)), read).await?.pop().unwrap_or_default())
    }

    /// How many DAGs one view has.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_count(&self, filter: &DagListFilter, view: DagListView) -> Result<u32, StoreError> {
        self.query_one(view.apply(filter.apply(Select::new(&format!("SELECT count(*){FROM}"))))).await
    }

    /// The DAGs with these ids, in no order.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dags_named(&self, dag_ids: &[DagId]) -> Result<Vec<DagSummary>, StoreError> {
        if dag_ids.is_empty() {
            return Ok(Vec::new());
        }
        self.select(Select::new(DAGS).filter_in("d.dag_id", dag_ids), dag_summary).await
    }

    /// How many DAGs the files define.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dags_count(&self) -> Result<u32, StoreError> {
        Ok(self.find(COUNT, [], Columns::take).await?.unwrap_or(0))
    }

    /// The DAGs of a file that are live, each with the number of its newest version; at most `limit`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dags_of_file(
        &self,
        bundle_name: &str,
        relative_fileloc: &str,
        limit: u32,
    ) -> Result<Vec<(DagId, u32)>, StoreError> {
        let values = [bundle_name.into(), relative_fileloc.into(), limit.into()];
        self.list(OF_FILE, values, |c| Ok((c.take()?, c.take()?))).await
    }

    /// The newest version of each DAG that a file defines, by DAG.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn latest_versions(&self, limit: u32) -> Result<Vec<VersionView>, StoreError> {
        self.list(LATEST, [limit.into()], read_version).await
    }

    /// How many DAG files are known.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_files_count(&self) -> Result<u32, StoreError> {
        Ok(self.find(FILES, [], Columns::take).await?.unwrap_or(0))
    }
}
