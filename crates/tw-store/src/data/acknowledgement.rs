//! Failed runs that somebody has seen, so that they no longer ask for attention.

use tw_model::{DagRunId, Timestamp};

use crate::batch::{Miss, Step};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

queries! {
    /// Holds for the run as it is: once it is cleared, it may fail anew.
    PUT = "INSERT INTO acknowledgement (dag_run_id, clear_number, user_name, at_us) \
        SELECT r.id, r.clear_number, $2, CAST($3 AS BIGINT) FROM dag_run r WHERE r.id = $1 AND r.state = 'failed' \
        ON CONFLICT (dag_run_id) DO UPDATE SET clear_number = excluded.clear_number, \
            user_name = excluded.user_name, at_us = excluded.at_us";
    DELETE = "DELETE FROM acknowledgement WHERE dag_run_id = $1";
}

impl Store {
    /// Notes that somebody has seen a failed run. Whoever sees it again is the one who is named.
    ///
    /// # Errors
    /// `Conflict` if the run has not failed, or is gone; `Unavailable`.
    pub async fn acknowledge(&self, run: DagRunId, user_name: &str, at: Timestamp) -> Result<(), StoreError> {
        let values: [Value; 3] = [run.into(), user_name.into(), at.into()];
        let miss = Miss::Conflict("only a run that failed can be acknowledged".to_owned());
        self.transact(vec![Step::new(PUT, values).or_else(miss)]).await.map(drop)
    }

    /// Forgets that somebody has seen a run; nothing happens if nobody had.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn unacknowledge(&self, run: DagRunId) -> Result<(), StoreError> {
        self.transact(vec![Step::new(DELETE, [run.into()])]).await.map(drop)
    }
}
