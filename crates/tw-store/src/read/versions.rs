//! DAG versions: which DAG, which text, and what it said.

use std::sync::Arc;

use tw_model::{Dag, DagId, DagVersionId, Timestamp};

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::Page;
use crate::read::filter::{Listed, counted, order_by};
use crate::store::Store;
use crate::value::Columns;

/// A DAG version without its contents.
#[derive(Clone, PartialEq, Debug)]
pub struct VersionView {
    /// Surrogate id.
    pub id: DagVersionId,
    /// The DAG.
    pub dag_id: DagId,
    /// Counted from 1 per DAG.
    pub version_number: u32,
    /// Changes when a version is overwritten in place (S-2.51).
    pub content_hash: String,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// The DAG's name for people at that version.
    pub display_name: String,
    /// Bundle that holds the DAG's file now.
    pub bundle_name: String,
}

/// How versions can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionColumn {
    /// By surrogate id, which is by age.
    Id,
    /// By number.
    VersionNumber,
    /// By bundle.
    BundleName,
}

/// Which versions to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VersionFilter {
    /// Of this DAG only.
    pub dag_id: Option<DagId>,
    /// With this number only.
    pub version_number: Option<u32>,
    /// Of this bundle only.
    pub bundle_name: Option<String>,
}

/// The columns of a [`VersionView`] where `v` is the version and `d` its DAG.
macro_rules! version_columns {
    () => {
        "v.id, v.dag_id, v.version_number, v.content_hash, v.created_at_us, v.display_name, d.bundle_name"
    };
}
pub(crate) use version_columns;

pub(crate) fn read_version(c: &mut Columns) -> Result<VersionView, StoreError> {
    Ok(VersionView {
        id: c.take()?,
        dag_id: c.take()?,
        version_number: c.take()?,
        content_hash: c.take()?,
        created_at: c.take()?,
        display_name: c.take()?,
        bundle_name: c.take()?,
    })
}

queries! {
    DAG_BY_VERSION = "SELECT data FROM dag_version WHERE id = $1";
    SOURCE_LATEST = concat!(
        "SELECT ", version_columns!(), ", v.source FROM dag d JOIN dag_version v ON v.id = d.latest_version_id ",
        "WHERE d.dag_id = $1"
    );
    DAG_BY_NUMBER = "SELECT data FROM dag_version WHERE dag_id = $1 AND version_number = $2";
    SOURCE = concat!(
        "SELECT ", version_columns!(), ", v.source FROM dag_version v JOIN dag d ON d.dag_id = v.dag_id ",
        "WHERE v.dag_id = $1 AND v.version_number = $2"
    );
}

impl Store {
    /// The versions of one DAG or of all.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_versions_list(
        &self,
        filter: &VersionFilter,
        order: &[(VersionColumn, bool)],
        page: Page,
    ) -> Result<Listed<VersionView>, StoreError> {
        let filtered = |query: Select| {
            query
                .filter_some("v.dag_id = $", filter.dag_id.as_ref())
                .filter_some("v.version_number = $", filter.version_number)
                .filter_some("d.bundle_name = $", filter.bundle_name.as_ref())
        };
        let column = |(column, descending): &(VersionColumn, bool)| match column {
            VersionColumn::Id => ("v.id", *descending),
            VersionColumn::VersionNumber => ("v.version_number", *descending),
            VersionColumn::BundleName => ("d.bundle_name", *descending),
        };
        let from = "FROM dag_version v JOIN dag d ON d.dag_id = v.dag_id";
        let rows = filtered(Select::new(&format!("SELECT {} {from}", version_columns!())))
            .order(&order_by(order.iter().map(column), "v.id"));
        self.listed(rows, filtered(counted(from)), page, read_version).await
    }

    /// A version with the text of its file; without a number, the newest.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_source(
        &self,
        dag_id: &DagId,
        version_number: Option<u32>,
    ) -> Result<Option<(VersionView, Arc<str>)>, StoreError> {
        let read = |c: &mut Columns| Ok((read_version(c)?, c.take()?));
        match version_number {
            None => self.find(SOURCE_LATEST, [dag_id.into()], read).await,
            Some(number) => self.find(SOURCE, [dag_id.into(), number.into()], read).await,
        }
    }

    /// DAGs that exist, by id, whose newest version's file holds a text somewhere, with that file; at most `limit`.
    ///
    /// Cost: the text of every DAG's file, a millisecond for some hundred of them.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dags_with_source(&self, text: &str, limit: u32) -> Result<Vec<(DagId, Arc<str>)>, StoreError> {
        let select =
            Select::new("SELECT d.dag_id, v.source FROM dag d JOIN dag_version v ON v.id = d.latest_version_id");
        // The one way to look for a text, case included, that both databases know.
        let select = select.filter("d.is_stale = $", [false]).filter("replace(v.source, $, '') <> v.source", [text]);
        let select = select.order("d.dag_id").with("LIMIT $", [limit]);
        self.select(select, |c| Ok((c.take()?, c.take()?))).await
    }

    /// What the version of a number said.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_of_number(&self, dag_id: &DagId, version_number: u32) -> Result<Option<Dag>, StoreError> {
        self.find(DAG_BY_NUMBER, [dag_id.into(), version_number.into()], Columns::json).await
    }

    /// What a version said.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn dag_of_version(&self, id: DagVersionId) -> Result<Option<Dag>, StoreError> {
        self.find(DAG_BY_VERSION, [id.into()], Columns::json).await
    }
}
