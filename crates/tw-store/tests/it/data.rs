//! What tasks and people keep.

use serde_json::{Value as Json, json};
use tw_model::{Connection, Variable};
use tw_store::data::{RENDERED_RUNS_MAX, SAVED_VIEWS_MAX};
use tw_store::{Account, AuditLine, DagFile, Role, SavedView, Slice, Store, StoreError, StoreOptions, XComKey};

use crate::fixtures::*;
use crate::on_both;

fn xcom<'a>(run_id: &'a str, key: &'a str) -> XComKey<'a> {
    XComKey { dag_id: "etl", run_id, task_id: "a", key }
}

/// Runs 1 to `count` of `etl`, one per day.
async fn write_runs(store: &Store, count: u128) {
    let epoch = store.acquire_epoch("t", at(0)).await.unwrap();
    let writes: Vec<_> = (1..=count).map(|number| write_run(&run("etl", number))).collect();
    store.commit(epoch, &writes, &[]).await.unwrap();
}

on_both! {
    async fn xcoms_are_upserts_per_map_index(test: TestStore) {
        write_runs(&test.store, 1).await;
        let key = xcom("run_1", "a/key with spaces");
        test.store.xcom_set(key, -1, &json!({"n": 1}), at(1)).await.unwrap();
        test.store.xcom_set(key, -1, &Json::Null, at(2)).await.unwrap();
        assert_eq!(test.store.xcom_get(key, -1, false).await.unwrap(), Some(Json::Null), "S-11.37");
        assert_eq!(test.store.xcom_get(key, 0, false).await.unwrap(), None);
        test.store.xcom_delete(key, -1).await.unwrap();
        test.store.xcom_delete(key, -1).await.unwrap();
        assert_eq!(test.store.xcom_get(key, -1, false).await.unwrap(), None);
        let error = test.store.xcom_set(xcom("run_9", "k"), -1, &json!(1), at(1)).await.unwrap_err();
        assert_eq!(error.to_string(), "run \"run_9\" of DAG \"etl\" not found");
    }

    /// S-11.33 to S-11.35, in map-index order whatever the order of pushing.
    async fn xcom_sequences_are_ordered_by_map_index(test: TestStore) {
        write_runs(&test.store, 1).await;
        let key = xcom("run_1", "return_value");
        for i in [3, 0, 11, 2, 1] {
            test.store.xcom_set(key, i, &json!(i), at(1)).await.unwrap();
        }
        test.store.xcom_set(xcom("run_1", "other"), 5, &json!("no"), at(1)).await.unwrap();
        assert_eq!(test.store.xcom_count(key).await.unwrap(), 5);
        for (offset, value) in [(0, Some(0)), (4, Some(11)), (5, None), (-1, Some(11)), (-5, Some(0)), (-6, None)] {
            assert_eq!(test.store.xcom_item(key, offset).await.unwrap(), value.map(Json::from), "offset {offset}");
        }
        let slice = |start, stop, step| test.store.xcom_slice(key, Slice { start, stop, step }, false);
        assert_eq!(slice(None, None, None).await.unwrap(), [0, 1, 2, 3, 11]);
        assert_eq!(slice(Some(-2), None, None).await.unwrap(), [3, 11]);
        assert_eq!(slice(None, None, Some(-2)).await.unwrap(), [11, 2, 0]);
        assert_eq!(slice(Some(1), Some(4), Some(0)).await.unwrap(), [1, 2, 3]);
        assert_eq!(slice(Some(9), None, None).await.unwrap(), Vec::<Json>::new());
    }

    async fn prior_dates_fall_back_to_the_newest_earlier_run(test: TestStore) {
        write_runs(&test.store, 4).await;
        for number in [1, 2, 4] {
            let name = run_name(number);
            test.store.xcom_set(xcom(name.as_str(), "k"), -1, &json!(name.as_str()), at(1)).await.unwrap();
        }
        let get = |run_id, prior| test.store.xcom_get(xcom(run_id, "k"), -1, prior);
        assert_eq!(get("run_3", false).await.unwrap(), None);
        assert_eq!(get("run_3", true).await.unwrap(), Some(json!("run_2")));
        assert_eq!(get("run_2", true).await.unwrap(), Some(json!("run_2")), "its own comes first");
        let all = test.store.xcom_slice(xcom("run_3", "k"), Slice::default(), true).await.unwrap();
        assert_eq!(all, ["run_2"]);
    }

    async fn rendered_fields_stay_for_the_newest_runs(test: TestStore) {
        let kept = u128::from(RENDERED_RUNS_MAX);
        write_runs(&test.store, kept + 2).await;
        for number in 1..=kept + 2 {
            for map_index in [0, 1] {
                let name = run_name(number);
                let fields = json!({"sql": format!("select {number}")});
                test.store.rendered_fields_set("etl", name.as_str(), "a", map_index, &fields).await.unwrap();
            }
        }
        test.store.rendered_fields_set("etl", "run_9999", "a", 0, &json!({})).await.unwrap();
        let get = |run_id| test.store.rendered_fields_get("etl", run_id, "a", 1);
        assert_eq!(get("run_1").await.unwrap(), None);
        assert_eq!(get("run_2").await.unwrap(), None);
        assert_eq!(get("run_3").await.unwrap(), Some(json!({"sql": "select 3"})));
        assert_eq!(test.dump("SELECT count(*) FROM rendered_fields").await, (2 * kept).to_string());
    }

    async fn variables_are_encrypted(test: TestStore) {
        let variable = Variable { key: "a_b".to_owned(), value: "pässword".to_owned(), description: None };
        test.store.variable_create(&variable).await.unwrap();
        let error = test.store.variable_create(&variable).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        assert_eq!(test.store.variable_get("a_b").await.unwrap(), Some(variable.clone()));
        assert!(!test.dump("SELECT value FROM variable").await.contains("word"));

        let described = Variable { description: Some("d".to_owned()), value: String::new(), ..variable };
        test.store.variable_put(&described).await.unwrap();
        assert_eq!(test.store.variable_get("a_b").await.unwrap(), Some(described));
        let other = Variable { key: "axb".to_owned(), value: "1".to_owned(), description: None };
        test.store.variable_put(&other).await.unwrap();
        let keys = |prefix| test.store.variable_keys(prefix, 1, 0);
        assert_eq!(keys("a").await.unwrap(), (vec!["a_b".to_owned()], 2));
        assert_eq!(keys("a_").await.unwrap(), (vec!["a_b".to_owned()], 1), "_ is no wildcard");
        assert_eq!(keys("A").await.unwrap(), (vec![], 0), "case matters");
        assert!(test.store.variable_delete("a_b").await.unwrap());
        assert!(!test.store.variable_delete("a_b").await.unwrap());
        assert_eq!(test.store.variable_get("a_b").await.unwrap(), None);
    }

    /// Without the key, or with another, secrets are refused and named.
    async fn a_lost_key_is_reported(test: TestStore) {
        let variable = Variable { key: "k".to_owned(), value: "v".to_owned(), description: None };
        test.store.variable_put(&variable).await.unwrap();
        let without = Store::open(&test.url, StoreOptions::default()).await.unwrap();
        let error = without.variable_get("k").await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }));
        assert!(error.to_string().ends_with("variable \"k\" cannot be decrypted: no Fernet key is configured"));
    }

    async fn connections_round_trip(test: TestStore) {
        let bare = Connection { conn_id: "bare".to_owned(), conn_type: "http".to_owned(), ..Connection::default() };
        let full = Connection {
            conn_id: "full".to_owned(),
            conn_type: "postgres".to_owned(),
            description: Some("d".to_owned()),
            host: Some("h".to_owned()),
            schema: Some("s".to_owned()),
            login: Some("l".to_owned()),
            password: Some("top secret".to_owned()),
            port: Some(5432),
            extra: Some("{\"token\": \"top secret\"}".to_owned()),
        };
        for connection in [&bare, &full] {
            test.store.connection_create(connection).await.unwrap();
            assert_eq!(test.store.connection_get(&connection.conn_id).await.unwrap().as_ref(), Some(connection));
        }
        assert!(!test.dump("SELECT password, extra FROM connection").await.contains("secret"));
        let error = test.store.connection_create(&bare).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        let emptied = Connection { conn_id: "full".to_owned(), ..bare };
        test.store.connection_put(&emptied).await.unwrap();
        assert_eq!(test.store.connection_get("full").await.unwrap(), Some(emptied));
        assert!(test.store.connection_delete("full").await.unwrap());
        assert!(!test.store.connection_delete("full").await.unwrap());
    }

    async fn accounts_have_one_role(test: TestStore) {
        let account =
            Account { name: "jo".to_owned(), password_hash: "$argon2id$".to_owned(), role: Role::Admin, created_at: at(1) };
        test.store.account_create(&account).await.unwrap();
        let error = test.store.account_create(&account).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        test.store.account_update("jo", "other", Role::Viewer).await.unwrap();
        let changed = Account { password_hash: "other".to_owned(), role: Role::Viewer, ..account };
        assert_eq!(test.store.account_get("jo").await.unwrap().as_ref(), Some(&changed));
        assert_eq!(test.store.account_list(10, 0).await.unwrap(), [changed]);
        test.store.account_delete("jo").await.unwrap();
        let error = test.store.account_delete("jo").await.unwrap_err();
        assert_eq!(error.to_string(), "account \"jo\" not found");
    }

    async fn favorites_and_views_belong_to_one_person(test: TestStore) {
        let (etl, sick) = (dag_id("etl"), dag_id("sick"));
        test.store.favorite_add("ada", &etl).await.unwrap();
        assert!(matches!(test.store.favorite_add("ada", &etl).await, Err(StoreError::Conflict { .. })));
        test.store.favorite_add("bob", &sick).await.unwrap();
        let of_ada = test.store.favorites_among("ada", &[etl.clone(), sick.clone()]).await.unwrap();
        assert!(of_ada.contains(&etl) && of_ada.len() == 1);
        assert!(test.store.favorites_among("ada", &[]).await.unwrap().is_empty());
        test.store.favorite_remove("ada", &etl).await.unwrap();
        assert!(matches!(test.store.favorite_remove("ada", &etl).await, Err(StoreError::Conflict { .. })));

        let view = |name: &str, query: &str| SavedView { name: name.to_owned(), query: query.to_owned() };
        for (name, query) in [("late", "view=failing"), ("mine", "owner=ada"), ("late", "tag=tier-1")] {
            test.store.saved_view_put("ada", &view(name, query)).await.unwrap();
        }
        let views = test.store.saved_views("ada").await.unwrap();
        assert_eq!(views, [view("late", "tag=tier-1"), view("mine", "owner=ada")], "in the order of their making");
        assert_eq!(test.store.saved_views("bob").await.unwrap(), []);
        for number in 2..SAVED_VIEWS_MAX {
            test.store.saved_view_put("ada", &view(&number.to_string(), "")).await.unwrap();
        }
        let full = test.store.saved_view_put("ada", &view("one more", "")).await.unwrap_err();
        assert!(full.to_string().contains("remove one first"), "{full}");
        test.store.saved_view_put("ada", &view("mine", "q=x")).await.unwrap();
        test.store.saved_view_delete("ada", "mine").await.unwrap();
        assert!(matches!(test.store.saved_view_delete("ada", "mine").await, Err(StoreError::NotFound { .. })));
        test.store.saved_view_put("ada", &view("one more", "")).await.unwrap();
    }

    async fn dag_files_are_remembered_per_bundle(test: TestStore) {
        let file = |path: &str, hash: &str| DagFile {
            bundle_name: "b".to_owned(),
            relative_fileloc: path.to_owned(),
            sha256: hash.to_owned(),
            environment: "e".to_owned(),
            parsed_at: at(1),
        };
        for file in [file("y.py", "1"), file("x.py", "1"), file("y.py", "2"), file("z.py", "1")] {
            test.store.dag_file_save(&file).await.unwrap();
        }
        test.store.dag_file_forget("b", "z.py").await.unwrap();
        assert_eq!(test.store.dag_files_load("b").await.unwrap(), [file("x.py", "1"), file("y.py", "2")]);
        assert_eq!(test.store.dag_files_load("c").await.unwrap(), []);
    }

    async fn people_are_audited(test: TestStore) {
        let line = AuditLine { at: at(1), event: "post_pool".to_owned(), owner: Some("jo".to_owned()), ..Default::default() };
        test.store.audit_append(&line).await.unwrap();
        assert_eq!(
            test.dump("SELECT at, event, owner, dag_id FROM audit_log_readable").await,
            "2026-01-01 00:00:01.000 | post_pool | jo | -"
        );
    }

    /// Calls that come together all take effect; one that fails does not take others with it.
    async fn concurrent_calls_do_not_disturb_each_other(test: TestStore) {
        write_runs(&test.store, 1).await;
        let calls = (0..200).map(|i| {
            let store = test.store.clone();
            tokio::spawn(async move {
                let run_id = if i % 10 == 0 { "missing" } else { "run_1" };
                store.xcom_set(xcom(run_id, "k"), i, &json!(i), at(1)).await.is_ok()
            })
        });
        let mut succeeded = 0;
        for call in calls.collect::<Vec<_>>() {
            succeeded += u64::from(call.await.unwrap());
        }
        assert_eq!(succeeded, 180);
        assert_eq!(test.store.xcom_count(xcom("run_1", "k")).await.unwrap(), 180);
    }
}
