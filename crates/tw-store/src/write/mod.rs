//! The write side of the scheduler: the engine's writes in one transaction, fenced by the epoch.
//!
//! Arithmetic. The promise is 10,000 task instances per second on SQLite, 5,000 on PostgreSQL, on two
//! cores. Each is written about five times (created, scheduled, queued, running, ended) with two audit
//! lines, a clearing of XComs and a host: nine row changes. Measured (`examples/throughput.rs`, two
//! shared cores): 50 to 60 µs of CPU for all nine on SQLite, that is half a core at 10,000 per second;
//! on PostgreSQL 115 µs in the server and 25 µs here, that is two thirds of a core at 5,000. An index
//! over audit lines is 5 µs of it on SQLite and 10 µs on PostgreSQL. What
//! keeps it there: states that one commit passes through are coalesced to the last; no index has the
//! state; and PostgreSQL gets statements of many rows, sent without waiting for each other.

mod bulk;
mod delete;
mod plan;
mod rows;

use serde_json::Value as Json;
use tw_engine::Write;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::inbox::InboxId;
use crate::leader::Epoch;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

pub(crate) use delete::ALL as DELETE_QUERIES;
pub(crate) use rows::{BULKS, json};

queries! {
    DELETE_TAGS = "DELETE FROM dag_tag WHERE dag_id = $1";
    DELETE_IMPORT_ERROR = "DELETE FROM import_error WHERE bundle_name = $1 AND relative_fileloc = $2";
    DELETE_POOL = "DELETE FROM pool WHERE name = $1";
    DELETE_CALLBACK = "DELETE FROM callback_request WHERE id = $1";
    CONSUME = "UPDATE inbox SET reply = $2 WHERE id = $1 AND reply IS NULL";
}

impl Store {
    /// Applies the writes in order, and consumes inbox requests with their replies, all in one
    /// transaction that only the holder of the newest epoch can make.
    ///
    /// After an error other than `Deposed` and `Conflict` it is unknown whether the writes took
    /// effect (the connection may have been lost in the last moment): rebuild from the store.
    ///
    /// # Errors
    /// `Deposed` if another scheduler has taken over; `Conflict` if a run with the same run id or
    /// logical date exists, or a request was consumed already; `Unavailable`.
    pub async fn commit(&self, epoch: Epoch, writes: &[Write], consumed: &[(InboxId, Json)]) -> Result<(), StoreError> {
        let mut steps = vec![epoch.fence()];
        plan::plan(writes, self.backend().dialect(), &mut steps)?;
        for (id, reply) in consumed {
            let miss = Miss::Conflict(format!("inbox request {id} was consumed already"));
            steps.push(Step::new(CONSUME, [Value::from(*id), reply.to_string().into()]).or_else(miss));
        }
        self.transact(steps).await.map(drop)
    }
}
