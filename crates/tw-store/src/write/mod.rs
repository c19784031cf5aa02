//! The write side of the scheduler: the engine's writes in one transaction, fenced by the epoch.
//!
//! Arithmetic. The promise is 10,000 task instances per second on SQLite. Each is written about four
//! times (scheduled, queued, running, ended) with two audit lines, a clearing of XComs and a host:
//! some 80,000 row changes per second. One upsert of a task instance is 32 bound values and three
//! b-trees, 5 to 8 µs; the others are 2 µs. What is saved before that: states that one commit passes
//! through are coalesced to the last, so that under load, when commits are large, an instance is
//! written about twice. On PostgreSQL a row costs about twice as much, in the server; what must not
//! be added is a round trip per row, hence statements of many rows, sent without waiting.

mod plan;
mod rows;
mod table;

use serde_json::Value as Json;
use tw_engine::Write;

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::inbox::InboxId;
use crate::leader::Epoch;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

pub(crate) use rows::TABLES;

queries! {
    DELETE_TAGS = "DELETE FROM dag_tag WHERE dag_id = $1";
    DELETE_IMPORT_ERROR = "DELETE FROM import_error WHERE bundle_name = $1 AND relative_fileloc = $2";
    DELETE_TASK_INSTANCE = "DELETE FROM task_instance WHERE dag_run_id = $1 AND task_id = $2 AND map_index = $3";
    ARCHIVE = concat!(
        "INSERT INTO task_instance_history (", rows::history_columns!(), ") \
         SELECT ", rows::history_columns!(), " FROM task_instance WHERE id = $1 ON CONFLICT DO NOTHING"
    );
    /// What describes the process of an attempt goes with the attempt.
    FORGET_PROCESS = "UPDATE task_instance SET hostname = NULL, unixname = NULL, pid = NULL, \
        rendered_map_index = NULL, exit_status = NULL, user_cpu_us = NULL, system_cpu_us = NULL, \
        max_rss_bytes = NULL WHERE id = $1";
    ATTEMPT_HOST = "UPDATE task_instance SET hostname = $2, unixname = $3, pid = $4 WHERE id = $1";
    RENDERED_MAP_INDEX = "UPDATE task_instance SET rendered_map_index = $2 WHERE id = $1";
    CLEAR_XCOM = "DELETE FROM xcom WHERE dag_run_id = $1 AND task_id = $2 AND map_index = $3";
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
    pub async fn commit(
        &self,
        epoch: Epoch,
        writes: &[Write],
        consumed: &[(InboxId, Json)],
    ) -> Result<(), StoreError> {
        let mut steps = vec![epoch.fence()];
        plan::plan(writes, self.backend().dialect(), &mut steps)?;
        for (id, reply) in consumed {
            let miss = Miss::Conflict(format!("inbox request {id} was consumed already"));
            steps.push(Step::new(CONSUME, [Value::from(*id), reply.to_string().into()]).or_else(miss));
        }
        self.transact(steps).await.map(drop)
    }
}
