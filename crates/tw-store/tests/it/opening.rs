//! What people meet when a database is not as it should be.

use tw_store::{Store, StoreError, StoreOptions};

async fn refusal(url: &str) -> StoreError {
    match Store::open(url, StoreOptions::default()).await {
        Ok(_) => panic!("{url} opens"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn unknown_databases_are_named() {
    let error = refusal("mysql://localhost/airflow").await;
    assert_eq!(
        error.to_string(),
        "unknown kind of database \"mysql\" (expected sqlite:///path or postgresql://user@host/database)"
    );
    let error = refusal("sqlite://relative.db").await;
    assert_eq!(error.to_string(), "the path of an SQLite database must be absolute: relative.db");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/test.db");
    let error = refusal(&format!("sqlite://{}", path.display())).await;
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert_eq!(
        error.to_string(),
        format!("the database is not available: the folder of {} does not exist", path.display())
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    std::fs::write(&path, "this is not a database, it is a letter".repeat(100)).unwrap();
    let error = refusal(&format!("sqlite://{}", path.display())).await;
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_database_says_how_to_make_it() {
    let url = tokio::task::spawn_blocking(tw_testkit::postgres).await.unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    let error = refusal(&format!("{server}/tradewind")).await;
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert_eq!(
        error.to_string(),
        "the database is not available: the database \"tradewind\" does not exist (create it with: createdb tradewind)"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Nothing listens on the discard port of this machine.
    let error = refusal("postgresql://postgres@127.0.0.1:9/tradewind").await;
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_bad_key_is_not_shown() {
    let options = StoreOptions { fernet_keys: vec!["hunter2".to_owned()], ..Default::default() };
    let error = Store::open("sqlite:///tmp/never.db", options).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
