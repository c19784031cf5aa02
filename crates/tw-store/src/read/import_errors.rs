//! Files that cannot be used.

use tw_model::Timestamp;

use crate::error::StoreError;
use crate::query::{Select, queries};
use crate::read::Page;
use crate::read::filter::{Filters, Listed, TextMatch, counted, order_by};
use crate::store::Store;
use crate::value::Columns;

/// A file's import error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportErrorView {
    /// Number of the row; a file keeps it while it stays broken.
    pub id: i64,
    /// When it was found.
    pub at: Timestamp,
    /// Bundle that holds the file.
    pub bundle_name: String,
    /// Path below the bundle.
    pub relative_fileloc: String,
    /// Text for people, often a traceback.
    pub message: String,
}

/// Which import errors to list. What is absent does not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportErrorFilter {
    /// Search in the path.
    pub path: TextMatch,
    /// Of exactly this path.
    pub exact_path: Option<String>,
    /// Of this bundle.
    pub bundle_name: Option<String>,
}

/// How import errors can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportErrorColumn {
    /// By number, which is by first appearance.
    Id,
    /// By when it was found.
    At,
    /// By path.
    Path,
    /// By bundle.
    BundleName,
    /// By text.
    Message,
}

impl ImportErrorColumn {
    const fn text(self) -> &'static str {
        match self {
            Self::Id => "e.id",
            Self::At => "e.at_us",
            Self::Path => "e.relative_fileloc",
            Self::BundleName => "e.bundle_name",
            Self::Message => "e.message",
        }
    }
}

const IMPORT_ERRORS: &str = "SELECT e.id, e.at_us, e.bundle_name, e.relative_fileloc, e.message FROM import_error e";

queries! {
    IMPORT_ERROR =
        "SELECT e.id, e.at_us, e.bundle_name, e.relative_fileloc, e.message FROM import_error e WHERE e.id = $1";
}

impl Store {
    /// One page of the import errors. Each order entry says whether it descends.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn import_errors_list(
        &self,
        filter: &ImportErrorFilter,
        order: &[(ImportErrorColumn, bool)],
        page: Page,
    ) -> Result<Listed<ImportErrorView>, StoreError> {
        let filtered = |select: Select| {
            select
                .matching("e.relative_fileloc", &filter.path)
                .filter_some("e.relative_fileloc = $", filter.exact_path.as_deref())
                .filter_some("e.bundle_name = $", filter.bundle_name.as_deref())
        };
        let order = order_by(order.iter().map(|(column, descending)| (column.text(), *descending)), "e.id");
        let rows = filtered(Select::new(IMPORT_ERRORS)).order(&order);
        self.listed(rows, filtered(counted("FROM import_error e")), page, import_error).await
    }

    /// One import error.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn import_error(&self, id: i64) -> Result<Option<ImportErrorView>, StoreError> {
        self.find(IMPORT_ERROR, [id.into()], import_error).await
    }
}

fn import_error(c: &mut Columns) -> Result<ImportErrorView, StoreError> {
    Ok(ImportErrorView {
        id: c.take()?,
        at: c.take()?,
        bundle_name: c.take()?,
        relative_fileloc: c.take()?,
        message: c.take()?,
    })
}
