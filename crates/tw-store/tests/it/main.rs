//! The contract of the store. Every test runs on SQLite and on a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod commit;
mod data;
mod equivalence;
mod event_logs;
mod fixtures;
mod inbox;
mod leadership;
mod opening;
mod schema;
mod screens;
mod snapshot;
mod timelines;

use tw_store::{Store, StoreOptions};

/// A migrated, empty database for one test.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

impl TestStore {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::open(url, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(tw_testkit::postgres).await.unwrap();
        Self::open(url, None).await
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(&url, options()).await.unwrap();
        store.migrate(fixtures::at(0)).await.unwrap();
        Self { store, url, _folder: folder }
    }

    /// A second handle with connections of its own, as another process has.
    pub(crate) async fn other_process(&self) -> Store {
        Store::open(&self.url, options()).await.unwrap()
    }

    /// The answer of a query as text, one row per line: what a person at a prompt sees.
    pub(crate) async fn dump(&self, query: &str) -> String {
        match self.url.strip_prefix("sqlite://") {
            Some(path) => dump_sqlite(path, query),
            None => dump_postgres(&self.url, query).await,
        }
    }
}

fn options() -> StoreOptions {
    StoreOptions { fernet_keys: vec!["81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=".to_owned()], ..Default::default() }
}

fn dump_sqlite(path: &str, query: &str) -> String {
    use rusqlite::types::ValueRef;
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let cell = |i| match row.get_ref_unwrap(i) {
            ValueRef::Null => "-".to_owned(),
            ValueRef::Integer(x) => x.to_string(),
            ValueRef::Real(x) => x.to_string(),
            ValueRef::Text(x) => String::from_utf8_lossy(x).into_owned(),
            ValueRef::Blob(x) => x.iter().map(|b| format!("{b:02x}")).collect(),
        };
        lines.push((0..width).map(cell).collect::<Vec<_>>().join(" | "));
    }
    lines.join("\n")
}

async fn dump_postgres(url: &str, query: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut lines = Vec::new();
    for message in client.simple_query(query).await.unwrap() {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            let cell = |i| row.get(i).map_or("-".to_owned(), |x| x.trim_start_matches("\\x").to_owned());
            lines.push((0..row.len()).map(cell).collect::<Vec<_>>().join(" | "));
        }
    }
    drop(client);
    connection.await.unwrap().unwrap();
    lines.join("\n")
}

/// Declares tests that run on both databases.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($test:ident: TestStore) $body:block)+) => {
        $($(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs what its file imports")]
            use super::*;

            async fn check($test: crate::TestStore) $body

            #[tokio::test]
            async fn sqlite() {
                check(crate::TestStore::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                check(crate::TestStore::postgres().await).await;
            }
        })+
    };
}
pub(crate) use on_both;
