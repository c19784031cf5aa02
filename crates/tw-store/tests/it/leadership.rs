//! One writer: epochs.

use tw_engine::Write;
use tw_model::Pool;
use tw_store::StoreError;

use crate::fixtures::{at, dag_id};
use crate::on_both;

fn pool(name: &str) -> Write {
    Write::Pool(Pool { name: name.to_owned(), slots: 1, description: None, include_deferred: false })
}

on_both! {
    async fn a_deposed_leader_changes_nothing(test: TestStore) {
        let first = test.store.acquire_epoch("one", at(1)).await.unwrap();
        test.store.commit(first, &[pool("a")], &[]).await.unwrap();
        let other = test.other_process().await;
        let second = other.acquire_epoch("two", at(2)).await.unwrap();
        assert!(second > first);
        let error = test.store.commit(first, &[pool("b")], &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::Deposed { .. }), "{error:?}");
        assert!(!error.is_transient());
        let error = test.store.renew_epoch(first, at(3)).await.unwrap_err();
        assert!(matches!(error, StoreError::Deposed { .. }), "{error:?}");
        other.commit(second, &[pool("c")], &[]).await.unwrap();
        assert_eq!(test.dump("SELECT name FROM pool ORDER BY name").await, "a\nc");
    }

    async fn the_leader_is_visible_and_renews(test: TestStore) {
        assert_eq!(test.store.leader().await.unwrap(), None);
        let epoch = test.store.acquire_epoch("host:1", at(1)).await.unwrap();
        test.store.renew_epoch(epoch, at(7)).await.unwrap();
        let leader = test.store.leader().await.unwrap().unwrap();
        assert_eq!((leader.epoch, leader.holder.as_str()), (epoch, "host:1"));
        assert_eq!((leader.acquired_at, leader.renewed_at), (at(1), at(7)));
    }

    /// Of many commits of two rivals that run at once, none of the loser's follows one of the
    /// winner's.
    async fn rivals_never_interleave(test: TestStore) {
        const COMMITS: usize = 30;
        let other = test.other_process().await;
        let first = test.store.acquire_epoch("one", at(1)).await.unwrap();
        let line = |event| Write::Audit {
            at: at(1),
            event,
            owner: None,
            dag_id: dag_id("etl"),
            run_id: None,
            task: None,
            try_number: None,
            detail: None,
        };
        let old = async {
            while test.store.commit(first, &[line("old")], &[]).await.is_ok() {}
        };
        let new = async {
            let second = other.acquire_epoch("two", at(2)).await.unwrap();
            for _ in 0..COMMITS {
                other.commit(second, &[line("new")], &[]).await.unwrap();
            }
        };
        tokio::join!(old, new);
        let count = test.dump("SELECT count(*) FROM audit_log WHERE event = 'new'").await;
        assert_eq!(count, COMMITS.to_string());
        let late = "SELECT count(*) FROM audit_log WHERE event = 'old' AND id > \
                    (SELECT min(id) FROM audit_log WHERE event = 'new')";
        assert_eq!(test.dump(late).await, "0");
    }
}
