//! Migrations: forward only, each applied once, in one transaction with its mark.

use tw_model::Timestamp;

use crate::backend::Backend;
use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

/// Number, name and text of every migration, ascending. A released one is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (2, "notes", include_str!("../migrations/0002_notes.sql")),
    (3, "event logs", include_str!("../migrations/0003_event_logs.sql")),
    (4, "usage series", include_str!("../migrations/0004_usage_series.sql")),
    (5, "exceptions", include_str!("../migrations/0005_exceptions.sql")),
    (6, "personal", include_str!("../migrations/0006_personal.sql")),
    (7, "event log runs", include_str!("../migrations/0007_event_log_runs.sql")),
];

const MARKS: &str = "CREATE TABLE IF NOT EXISTS schema_migration (\
    version BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL, applied_at_us BIGINT NOT NULL)";

queries! {
    MARK = "INSERT INTO schema_migration (version, name, applied_at_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    VERSION = "SELECT coalesce(max(version), 0) FROM schema_migration";
}

impl Store {
    /// Brings the schema to the version of this program. Processes may do so at the same time; an
    /// up-to-date schema is left alone.
    ///
    /// # Errors
    /// `Unavailable`; `Other` if a migration does not apply.
    pub async fn migrate(&self, now: Timestamp) -> Result<(), StoreError> {
        match self.transact(vec![Step::script(self.backend().dialect().migration_text(MARKS))]).await {
            // Another process created the table in the same moment.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let current = self.version().await?;
        for (version, name, text) in MIGRATIONS.iter().filter(|(version, ..)| *version > current) {
            let mark = Step::new(MARK, [Value::from(*version), Value::from(*name), Value::from(now)])
                .or_else(Miss::Conflict(format!("migration {version} is applied already")));
            let script = Step::script(self.backend().dialect().migration_text(text));
            match self.transact(vec![mark, script]).await {
                Ok(_) => tracing::info!(version, name, "migrated the database"),
                // Another process was faster.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Checks that the database answers and its schema is not older than this program's. A newer
    /// one is fine: migrations are safe beside the previous release.
    ///
    /// # Errors
    /// `Unavailable` if it does not answer or has to be migrated first.
    pub async fn check(&self) -> Result<(), StoreError> {
        let found = if self.has_marks().await? { self.version().await? } else { 0 };
        let wanted = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
        if found < wanted {
            return Err(StoreError::unavailable(format!(
                "its schema has version {found}, this program needs {wanted} (run: tradewind db migrate)"
            )));
        }
        Ok(())
    }

    async fn version(&self) -> Result<i64, StoreError> {
        let version = self.find(VERSION, [], |c| c.take()).await?;
        version.ok_or_else(|| StoreError::corrupt("an aggregate answered without a row"))
    }

    async fn has_marks(&self) -> Result<bool, StoreError> {
        let text = match self.backend() {
            Backend::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'",
            Backend::Postgres(_) => "SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL",
        };
        Ok(!self.query(text, []).await?.is_empty())
    }
}
