//! How the process of an attempt ended, and what it consumed.

use tw_model::{DagRunId, ExitStatus, TaskId, TaskInstanceId, Usage, UsageSeries};

use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::record::exit_status;
use crate::store::Store;
use crate::value::Value;
use crate::write::json;

queries! {
    LIVE = "UPDATE task_instance SET exit_status = $2, user_cpu_us = $3, system_cpu_us = $4, max_rss_bytes = $5, \
        usage_series = $6, exception = $7 WHERE id = $1";
    ARCHIVED = "UPDATE task_instance_history SET exit_status = $2, user_cpu_us = $3, system_cpu_us = $4, \
        max_rss_bytes = $5, usage_series = $6, exception = $7 WHERE id = $1";
    SERIES = "SELECT t.id, t.usage_series FROM task_instance t \
            WHERE t.dag_run_id = $1 AND t.task_id = $2 AND t.map_index = $3 AND t.usage_series IS NOT NULL \
        UNION ALL SELECT h.id, h.usage_series FROM task_instance_history h \
            WHERE h.dag_run_id = $1 AND h.task_id = $2 AND h.map_index = $3 AND h.usage_series IS NOT NULL \
        LIMIT $4";
}

/// Attempts of one task instance whose series are read at most; the screen draws them side by side.
const SERIES_MAX: u32 = 1_000;

/// How the process of an attempt ended, and what it consumed until then.
#[derive(Clone, Copy, Debug)]
pub struct AttemptExit<'a> {
    /// How it ended.
    pub exit: ExitStatus,
    /// What it consumed.
    pub usage: Usage,
    /// The same over time, if it lasted.
    pub series: Option<&'a UsageSeries>,
    /// The last exception in its log, in a line, if it did not end well.
    pub exception: Option<&'a str>,
}

impl Store {
    /// Keeps how the process of an attempt ended, with the attempt: on its task instance if that is
    /// still on this try, else in its history.
    ///
    /// # Errors
    /// `NotFound` if the attempt is in neither, `Unavailable`.
    pub async fn attempt_exited(&self, id: TaskInstanceId, exited: AttemptExit<'_>) -> Result<(), StoreError> {
        let AttemptExit { exit, usage, series, exception } = exited;
        let values: [Value; 7] = [
            id.into(),
            exit_status(exit).into(),
            usage.user_cpu.into(),
            usage.system_cpu.into(),
            i64::try_from(usage.max_rss_bytes).unwrap_or(i64::MAX).into(),
            series.map_or(Ok(Value::Null), json)?,
            exception.into(),
        ];
        // An id is in one of the two tables at most.
        let results = self.transact(vec![Step::new(LIVE, values.clone()), Step::new(ARCHIVED, values)]).await?;
        if results.iter().all(|result| result.affected == 0) {
            return Err(StoreError::not_found(format!("attempt {id}")));
        }
        Ok(())
    }

    /// What the attempts of a task instance used over time, in no order; those of a moment have no
    /// series. Apart from the rest of an attempt, because lists do not need it.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn usage_series(
        &self,
        dag_run_id: DagRunId,
        task_id: &TaskId,
        map_index: i32,
    ) -> Result<Vec<(TaskInstanceId, UsageSeries)>, StoreError> {
        let values = [dag_run_id.into(), task_id.into(), map_index.into(), SERIES_MAX.into()];
        self.list(SERIES, values, |c| Ok((c.take()?, c.json()?))).await
    }
}
