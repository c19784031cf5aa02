//! Schema and query texts.

use tw_engine::Write;
use tw_model::{ExitStatus, TimeSpan, Usage, UsagePoint, UsageSeries};
use tw_store::{AttemptExit, Store, StoreOptions};

use crate::fixtures::{at, attempt_id, small_world, write_instance};
use crate::{TestStore, on_both};

on_both! {
    /// Program and schema fit on this database.
    async fn every_query_can_be_prepared(test: TestStore) {
        let count = test.store.prepare_all().await.unwrap();
        assert!(count > 60, "all lists of queries are in it: {count}");
    }

    async fn migrating_twice_and_at_once_changes_nothing(test: TestStore) {
        let other = test.other_process().await;
        let marks = "SELECT version, name, applied_at_us FROM schema_migration ORDER BY version";
        let first = test.dump(marks).await;
        let then = at(0).as_micros().to_string();
        for (number, mark) in (1..).zip(first.lines()) {
            assert!(mark.starts_with(&format!("{number} | ")) && mark.ends_with(&then), "{first}");
        }
        assert!(first.starts_with("1 | initial | ") && first.lines().count() >= 7, "{first}");
        let (a, b) = tokio::join!(test.store.migrate(at(9)), other.migrate(at(9)));
        a.unwrap();
        b.unwrap();
        assert_eq!(test.dump(marks).await, first);
    }

    /// A database as version 3 left it, with rows in it.
    async fn an_older_database_learns_of_usage_series(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, run, instances) = small_world("etl", &["a"]);
        let old = &instances[0];
        let mut next = old.clone();
        next.id = attempt_id(2);
        writes.extend([Write::ArchiveTaskInstance { id: old.id }, write_instance(&next)]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        for table in ["task_instance", "task_instance_history"] {
            for column in ["usage_series", "exception"] {
                test.dump(&format!("ALTER TABLE {table} DROP COLUMN {column}")).await;
            }
        }
        for table in ["dag_favorite", "saved_view", "acknowledgement"] {
            test.dump(&format!("DROP TABLE {table}")).await;
        }
        for index in ["audit_log_by_run", "audit_log_by_task", "audit_log_by_people"] {
            test.dump(&format!("DROP INDEX {index}")).await;
        }
        test.dump("CREATE INDEX audit_log_by_dag ON audit_log (dag_id, run_id) WHERE dag_id IS NOT NULL").await;
        test.dump("CREATE INDEX audit_log_by_owner ON audit_log (owner, at_us) WHERE owner IS NOT NULL").await;
        test.dump("DELETE FROM schema_migration WHERE version >= 4").await;

        let later = test.other_process().await;
        assert!(later.check().await.unwrap_err().to_string().contains("schema has version 3"));
        later.migrate(at(9)).await.unwrap();
        later.check().await.unwrap();
        assert_eq!(later.usage_series(run.id, &old.task_id, -1).await.unwrap(), []);
        let series = UsageSeries { interval: TimeSpan::from_secs(1), points: vec![UsagePoint::default(); 2] };
        let exited = AttemptExit { exit: ExitStatus::Code(0), usage: Usage::default(), series: Some(&series), exception: None };
        for id in [old.id, next.id] {
            later.attempt_exited(id, exited).await.unwrap();
        }
        assert_eq!(later.usage_series(run.id, &old.task_id, -1).await.unwrap().len(), 2);
    }
}

/// Two processes that meet an empty database at once end with one schema.
#[tokio::test]
async fn processes_may_migrate_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}", folder.path().join("a.db").display());
    let postgres = tokio::task::spawn_blocking(tw_testkit::postgres).await.unwrap();
    for url in [sqlite, postgres] {
        let mut stores = Vec::new();
        for _ in 0..4 {
            stores.push(Store::open(&url, StoreOptions::default()).await.unwrap());
        }
        let error = stores[0].check().await.unwrap_err();
        assert!(error.to_string().contains("schema has version 0"), "{error}");
        let tasks: Vec<_> =
            stores.iter().cloned().map(|s| tokio::spawn(async move { s.migrate(at(0)).await })).collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        stores[0].check().await.unwrap();
    }
}

/// Tables and columns, as each database lists them, are the same.
#[tokio::test]
async fn both_schemas_have_the_same_columns() {
    let sqlite = TestStore::sqlite().await;
    let postgres = TestStore::postgres().await;
    let of_sqlite = sqlite
        .dump(
            "SELECT m.type, m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY 2, c.cid",
        )
        .await;
    let of_postgres = postgres
        .dump(
            "SELECT CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END, table_name, column_name \
             FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) \
             WHERE table_schema = 'public' ORDER BY table_name COLLATE \"C\", ordinal_position",
        )
        .await;
    assert_eq!(of_sqlite, of_postgres);
    let indexes = |text: String| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let named = "NOT LIKE '%autoindex%'";
    let of_sqlite = sqlite.dump(&format!("SELECT name FROM sqlite_master WHERE type = 'index' AND name {named}")).await;
    let of_postgres = postgres
        .dump(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' \
             AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'",
        )
        .await;
    assert_eq!(indexes(of_sqlite), indexes(of_postgres));
}
