//! The handle: how to open a store, and the small calls everything else is made of.

use std::borrow::Cow;
use std::sync::Arc;

use crate::backend::Backend;
use crate::batch::{Step, StepResult};
use crate::error::StoreError;
use crate::query::Select;
use crate::secret::Secrets;
use crate::value::{Columns, FromValue, Row, Value};

/// The lists of fixed query texts of the modules beside this one; `data` and `read` keep their own.
const QUERY_LISTS: &[&[(&str, &str)]] = &[
    crate::schema::ALL,
    crate::leader::ALL,
    crate::snapshot::ALL,
    crate::write::ALL,
    crate::write::DELETE_QUERIES,
    crate::inbox::ALL,
];

/// How to open a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections that read at the same time; at least 1. On PostgreSQL also those that write
    /// task data.
    pub connections: usize,
    /// Fernet keys as in Airflow's `fernet_key`: url-safe base64 of 32 bytes. The first encrypts,
    /// all decrypt; without one, secrets are stored as they are.
    pub fernet_keys: Vec<String>,
}

impl Default for StoreOptions {
    /// Four connections, as many as a screen asks for at once; no key.
    fn default() -> Self {
        Self { connections: 4, fernet_keys: Vec::new() }
    }
}

/// A metadata store. A cheap handle: clones share one database.
///
/// Methods that change something are all or nothing, also when the process dies or the future is
/// dropped: a dropped call may or may not take effect.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Backend,
    secrets: Secrets,
}

impl Store {
    /// Opens `sqlite:///absolute/path` (created if missing, its folder must exist) or
    /// `postgresql://user:password@host:port/database`. Reads nothing yet: call
    /// [`Store::migrate`] or [`Store::check`] next.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached or its file not opened, `Corrupt` when the
    /// file is no database, `Other` for an unknown URL or a bad key.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let secrets = Secrets::new(&options.fernet_keys)?;
        let backend = Backend::open(url, options.connections.max(1)).await?;
        Ok(Self { inner: Arc::new(Inner { backend, secrets }) })
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// Runs one query on a reading connection.
    pub(crate) async fn query(
        &self,
        text: impl Into<Cow<'static, str>>,
        values: impl Into<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        self.inner.backend.query(text.into(), values.into()).await
    }

    /// Runs one query and reads every row with `read`.
    pub(crate) async fn list<T>(
        &self,
        text: impl Into<Cow<'static, str>>,
        values: impl Into<Vec<Value>>,
        read: impl Fn(&mut Columns) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.query(text, values).await?.into_iter().map(|row| read(&mut row.columns())).collect()
    }

    /// Runs one query and reads its first row, if there is one.
    pub(crate) async fn find<T>(
        &self,
        text: impl Into<Cow<'static, str>>,
        values: impl Into<Vec<Value>>,
        read: impl Fn(&mut Columns) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.query(text, values).await?.into_iter().next().map(|row| read(&mut row.columns())).transpose()
    }

    /// Runs a built query and reads every row with `read`.
    pub(crate) async fn select<T>(
        &self,
        select: Select,
        read: impl Fn(&mut Columns) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (text, values) = select.into_parts();
        self.list(text, values, read).await
    }

    /// Runs a built query that answers with one row of one column, such as a count.
    pub(crate) async fn query_one<T: FromValue>(&self, select: Select) -> Result<T, StoreError> {
        let (text, values) = select.into_parts();
        let row = self.query(text, values).await?.into_iter().next();
        row.ok_or_else(|| StoreError::corrupt("an aggregate answered without a row"))?.only()
    }

    /// Runs the steps in one transaction: all or none.
    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, StoreError> {
        self.inner.backend.transact(steps).await
    }

    /// Prepares every fixed query on this database, which proves that program and schema fit.
    /// Answers with their number.
    ///
    /// # Errors
    /// `Other` naming the first query that does not fit; `Unavailable`.
    pub async fn prepare_all(&self) -> Result<usize, StoreError> {
        let lists = QUERY_LISTS.iter().chain(crate::data::ALL).chain(crate::read::ALL);
        let fixed = lists.copied().flatten().copied();
        let dialect = self.backend().dialect();
        let upserts = crate::write::BULKS.iter().flat_map(|t| t.texts(dialect).map(|(_, text)| (t.name, text)));
        let mut count = 0;
        for (name, text) in fixed.chain(upserts) {
            self.inner.backend.prepare(text).await.map_err(|e| StoreError::Other {
                doing: format!("cannot prepare query {name}"),
                source: Some(Box::new(e)),
            })?;
            count += 1;
        }
        Ok(count)
    }
}
