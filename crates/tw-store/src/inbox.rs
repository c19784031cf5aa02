//! Requests to the leader from other processes, and the wake-up.
//!
//! A request is a row; it is applied exactly once because [`Store::commit`] sets its reply in the
//! transaction that contains its result. Waking up is only a hint: who wakes looks at the rows.

use std::time::Duration;

use serde_json::Value as Json;
use tw_model::Timestamp;

use crate::backend::{Backend, postgres, sqlite};
use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::{Columns, Value};

/// How often a SQLite database is looked at for commits of other processes: short against a
/// person's patience, and 20 looks of some 10 µs per second cost nothing.
const WATCH_PERIOD: Duration = Duration::from_millis(50);

/// PostgreSQL channel on which requests and replies are announced.
const CHANNEL: &str = "tradewind_inbox";

queries! {
    PUT = "INSERT INTO inbox (kind, payload, put_at_us) VALUES ($1, $2, $3) RETURNING id";
    TAKE = "SELECT id, kind, payload, put_at_us FROM inbox WHERE reply IS NULL ORDER BY id LIMIT $1";
    REPLY = "SELECT reply FROM inbox WHERE id = $1";
    FORGET = "DELETE FROM inbox WHERE reply IS NOT NULL AND put_at_us < $1";
}

/// Names a request. Ids grow, but a lower one may become visible after a higher one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InboxId(i64);

impl std::fmt::Display for InboxId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<InboxId> for Value {
    fn from(id: InboxId) -> Self {
        Value::Int(id.0)
    }
}

/// A request that waits for the leader.
#[derive(Clone, PartialEq, Debug)]
pub struct InboxRequest {
    /// Its id.
    pub id: InboxId,
    /// What is asked.
    pub kind: String,
    /// With what.
    pub payload: Json,
    /// When.
    pub put_at: Timestamp,
}

impl Store {
    /// Leaves a request for the leader.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn inbox_put(&self, kind: &str, payload: &Json, now: Timestamp) -> Result<InboxId, StoreError> {
        let mut steps = vec![Step::new(PUT, [Value::from(kind), payload.to_string().into(), now.into()])];
        steps.extend(self.announce());
        let results = self.transact(steps).await?;
        let row = results.into_iter().flat_map(|result| result.rows).next();
        row.ok_or_else(|| StoreError::corrupt("an insert answered without a row"))?.only().map(InboxId)
    }

    /// The oldest requests that have no reply, at most `limit`. It answers the same ones again until
    /// they are consumed by a commit.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn inbox_take(&self, limit: u32) -> Result<Vec<InboxRequest>, StoreError> {
        self.list(TAKE, [limit.into()], |c: &mut Columns| {
            Ok(InboxRequest { id: InboxId(c.take()?), kind: c.take()?, payload: c.json()?, put_at: c.take()? })
        })
        .await
    }

    /// The reply to a request; `None` while there is none.
    ///
    /// # Errors
    /// `NotFound` if there is no such request, or it was forgotten; `Unavailable`.
    pub async fn inbox_reply(&self, id: InboxId) -> Result<Option<Json>, StoreError> {
        let reply = self.find(REPLY, [id.into()], |c| c.json_opt()).await?;
        reply.ok_or_else(|| StoreError::not_found(format!("inbox request {id}")))
    }

    /// Deletes requests that were answered and put before `before`; answers with their number.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn inbox_forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let results = self.transact(vec![Step::new(FORGET, [before.into()])]).await?;
        Ok(results.iter().map(|result| result.affected).sum())
    }

    /// A way to wait for requests and replies.
    pub fn inbox_watch(&self) -> InboxWatch {
        let source = match self.backend() {
            Backend::Sqlite(db) => Source::Polled { watcher: db.watcher(), seen: None },
            Backend::Postgres(_) => Source::Announced { listener: None },
        };
        InboxWatch { store: self.clone(), source }
    }

    /// The step that wakes the watchers of other processes when the transaction commits.
    pub(crate) fn announce(&self) -> Option<Step> {
        match self.backend() {
            // Every commit is seen by whoever watches the file.
            Backend::Sqlite(_) => None,
            Backend::Postgres(_) => Some(Step::new("SELECT 1 FROM pg_notify($1, '')", [CHANNEL.into()])),
        }
    }
}

/// Waits for something to happen in the inbox.
#[derive(Debug)]
pub struct InboxWatch {
    store: Store,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Polled { watcher: sqlite::Watcher, seen: Option<i64> },
    Announced { listener: Option<postgres::Listener> },
}

impl InboxWatch {
    /// Returns when requests or replies may have come since the last return; the first time, and
    /// after a lost connection, at once. It may return for nothing.
    ///
    /// # Errors
    /// `Unavailable`; the next call tries to connect again.
    ///
    /// # Cancel safety
    /// Safe: what happened while nobody waited is reported by the next call.
    pub async fn changed(&mut self) -> Result<(), StoreError> {
        match &mut self.source {
            Source::Polled { watcher, seen } => loop {
                let version = watcher.version().await?;
                if seen.replace(version) != Some(version) {
                    return Ok(());
                }
                tokio::time::sleep(WATCH_PERIOD).await;
            },
            Source::Announced { listener: Some(heard) } => {
                let result = heard.notified().await;
                if result.is_err() {
                    self.source = Source::Announced { listener: None };
                }
                result
            }
            Source::Announced { listener } => match self.store.backend() {
                Backend::Postgres(db) => {
                    *listener = Some(db.listen(CHANNEL).await?);
                    Ok(())
                }
                Backend::Sqlite(_) => unreachable!("the source was made for this backend"),
            },
        }
    }
}
