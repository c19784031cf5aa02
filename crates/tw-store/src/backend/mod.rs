//! The two databases behind one face: run a query, run a transaction. Nothing above this module
//! knows which one it talks to.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::borrow::Cow;

use crate::batch::{Step, StepResult};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// An open database.
#[derive(Debug)]
pub(crate) enum Backend {
    /// A file in this machine.
    Sqlite(sqlite::Database),
    /// A server.
    Postgres(postgres::Database),
}

impl Backend {
    pub(crate) async fn open(url: &str, connections: usize) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            sqlite::Database::open(path, connections).await.map(Self::Sqlite)
        } else if url.starts_with("postgresql://") || url.starts_with("postgres://") {
            postgres::Database::open(url, connections).await.map(Self::Postgres)
        } else {
            let scheme = url.split("://").next().unwrap_or_default();
            Err(StoreError::other(format!(
                "unknown kind of database {scheme:?} (expected sqlite:///path or postgresql://user@host/database)"
            )))
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one query on a reading connection.
    pub(crate) async fn query(&self, text: Cow<'static, str>, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(db) => db.query(text, values).await,
            Self::Postgres(db) => db.query(text, values).await,
        }
    }

    /// Runs the steps in one transaction: all or none.
    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, StoreError> {
        match self {
            Self::Sqlite(db) => db.transact(steps).await,
            Self::Postgres(db) => db.transact(steps).await,
        }
    }

    /// Checks that the database accepts a query.
    pub(crate) async fn prepare(&self, text: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(db) => db.prepare(text).await,
            Self::Postgres(db) => db.prepare(text).await,
        }
    }
}
