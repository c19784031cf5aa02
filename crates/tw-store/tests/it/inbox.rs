//! Requests from other processes.

use serde_json::json;
use tw_engine::Write;
use tw_model::Pool;
use tw_store::StoreError;

use crate::{fixtures::at, on_both};

on_both! {
    async fn a_request_is_answered_with_its_result(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let other = test.other_process().await;
        let first = other.inbox_put("set_paused", &json!({"paused": true}), at(1)).await.unwrap();
        let second = other.inbox_put("tick", &json!(null), at(2)).await.unwrap();
        let waiting = test.store.inbox_take(10).await.unwrap();
        assert_eq!(waiting.iter().map(|r| r.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!((waiting[0].kind.as_str(), &waiting[0].payload), ("set_paused", &json!({"paused": true})));
        assert_eq!(test.store.inbox_take(1).await.unwrap().len(), 1);
        assert_eq!(other.inbox_reply(first).await.unwrap(), None);

        test.store.commit(epoch, &[], &[(first, json!({"done": 1}))]).await.unwrap();
        assert_eq!(other.inbox_reply(first).await.unwrap(), Some(json!({"done": 1})));
        assert_eq!(test.store.inbox_take(10).await.unwrap().len(), 1);

        assert_eq!(test.store.inbox_forget(at(100)).await.unwrap(), 1, "the unanswered one stays");
        let error = other.inbox_reply(first).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    }

    /// Applying a request a second time changes nothing at all.
    async fn a_request_is_consumed_once(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let id = test.store.inbox_put("put_pool", &json!({}), at(1)).await.unwrap();
        let pool = |slots| Write::Pool(Pool { name: "p".to_owned(), slots, description: None, include_deferred: false });
        test.store.commit(epoch, &[pool(1)], &[(id, json!("first"))]).await.unwrap();
        let error = test.store.commit(epoch, &[pool(2)], &[(id, json!("second"))]).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        assert_eq!(test.store.inbox_reply(id).await.unwrap(), Some(json!("first")));
        assert_eq!(test.dump("SELECT slots FROM pool").await, "1");
    }

    /// A watcher in another process wakes for requests and for replies.
    async fn watchers_wake_up(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let other = test.other_process().await;
        let (mut leader, mut client) = (test.store.inbox_watch(), other.inbox_watch());
        // The first return of each is at once.
        leader.changed().await.unwrap();
        client.changed().await.unwrap();
        let id = other.inbox_put("tick", &json!(null), at(1)).await.unwrap();
        leader.changed().await.unwrap();
        client.changed().await.unwrap();
        assert_eq!(test.store.inbox_take(1).await.unwrap()[0].id, id);
        test.store.commit(epoch, &[], &[(id, json!(true))]).await.unwrap();
        while other.inbox_reply(id).await.unwrap().is_none() {
            client.changed().await.unwrap();
        }
    }
}
