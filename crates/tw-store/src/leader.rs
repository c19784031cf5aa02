//! Who may write runs and task instances: one row with an epoch that only grows.

use tw_model::Timestamp;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

queries! {
    ACQUIRE = "INSERT INTO leader (id, epoch, holder, acquired_at_us, renewed_at_us) VALUES (1, 1, $1, $2, $2) \
        ON CONFLICT (id) DO UPDATE SET epoch = leader.epoch + 1, holder = excluded.holder, \
        acquired_at_us = excluded.acquired_at_us, renewed_at_us = excluded.renewed_at_us RETURNING epoch";
    RENEW = "UPDATE leader SET renewed_at_us = $2 WHERE id = 1 AND epoch = $1";
    /// An update, not a select: it locks the row, so that a take-over waits until this commit is over.
    FENCE = "UPDATE leader SET epoch = epoch WHERE id = 1 AND epoch = $1";
    CURRENT = "SELECT epoch, holder, acquired_at_us, renewed_at_us FROM leader WHERE id = 1";
}

/// The right to write, until somebody acquires a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(i64);

/// Who leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leader {
    /// Its epoch.
    pub epoch: Epoch,
    /// Its name for people, such as host and process.
    pub holder: String,
    /// Since when.
    pub acquired_at: Timestamp,
    /// When it last said that it is alive.
    pub renewed_at: Timestamp,
}

impl Epoch {
    /// The first step of every transaction that only the leader may make.
    pub(crate) fn fence(self) -> Step {
        Step::new(FENCE, [Value::from(self.0)]).or_else(Miss::Deposed(self.0))
    }
}

impl Store {
    /// Takes the leadership, whoever holds it: every commit of an earlier epoch fails from now on.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn acquire_epoch(&self, holder: &str, now: Timestamp) -> Result<Epoch, StoreError> {
        let results = self.transact(vec![Step::new(ACQUIRE, [Value::from(holder), Value::from(now)])]).await?;
        let row = results.into_iter().flat_map(|result| result.rows).next();
        row.ok_or_else(|| StoreError::corrupt("an upsert answered without a row"))?.only().map(Epoch)
    }

    /// Says that the leader is alive.
    ///
    /// # Errors
    /// `Deposed` if another has taken over, `Unavailable`.
    pub async fn renew_epoch(&self, epoch: Epoch, now: Timestamp) -> Result<(), StoreError> {
        let step = Step::new(RENEW, [Value::from(epoch.0), Value::from(now)]).or_else(Miss::Deposed(epoch.0));
        self.transact(vec![step]).await.map(drop)
    }

    /// Who leads; `None` before the first time.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn leader(&self) -> Result<Option<Leader>, StoreError> {
        self.find(CURRENT, [], |c| {
            Ok(Leader { epoch: Epoch(c.take()?), holder: c.take()?, acquired_at: c.take()?, renewed_at: c.take()? })
        })
        .await
    }
}
