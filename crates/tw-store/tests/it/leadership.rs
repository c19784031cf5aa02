//! One writer: epochs.

use tw_engine::Write;
use tw_model::Pool;
use tw_store::StoreError;

use crate::{fixtures::at, on_both};

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
        let other = test.other_process().await;
        let first = test.store.acquire_epoch("one", at(1)).await.unwrap();
        let old = async {
            for i in 0..50 {
                if test.store.commit(first, &[pool(&format!("old {i}"))], &[]).await.is_err() {
                    return true;
                }
            }
            false
        };
        let new = async {
            let second = other.acquire_epoch("two", at(2)).await.unwrap();
            other.commit(second, &[pool("new")], &[]).await.unwrap();
        };
        let (_, ()) = tokio::join!(old, new);
        let error = test.store.commit(first, &[pool("late")], &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::Deposed { .. }), "{error:?}");
        assert_eq!(test.dump("SELECT count(*) FROM pool WHERE name = 'late'").await, "0");
    }
}
