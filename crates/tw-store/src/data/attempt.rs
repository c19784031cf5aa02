//! How the process of an attempt ended, and what it consumed.

use tw_model::{ExitStatus, TaskInstanceId, Usage};

use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::record::exit_status;
use crate::store::Store;
use crate::value::Value;

queries! {
    LIVE = "UPDATE task_instance SET exit_status = $2, user_cpu_us = $3, system_cpu_us = $4, max_rss_bytes = $5 \
        WHERE id = $1";
    ARCHIVED = "UPDATE task_instance_history SET exit_status = $2, user_cpu_us = $3, system_cpu_us = $4, \
        max_rss_bytes = $5 WHERE id = $1";
}

impl Store {
    /// Keeps how the process of an attempt ended, with the attempt: on its task instance if that is
    /// still on this try, else in its history.
    ///
    /// # Errors
    /// `NotFound` if the attempt is in neither, `Unavailable`.
    pub async fn attempt_usage(&self, id: TaskInstanceId, exit: ExitStatus, usage: Usage) -> Result<(), StoreError> {
        let values: [Value; 5] = [
            id.into(),
            exit_status(exit).into(),
            usage.user_cpu.into(),
            usage.system_cpu.into(),
            i64::try_from(usage.max_rss_bytes).unwrap_or(i64::MAX).into(),
        ];
        // An id is in one of the two tables at most.
        let results = self.transact(vec![Step::new(LIVE, values.clone()), Step::new(ARCHIVED, values)]).await?;
        if results.iter().all(|result| result.affected == 0) {
            return Err(StoreError::not_found(format!("attempt {id}")));
        }
        Ok(())
    }
}
