//! The tries of a run's plain tasks: dates and states, which is all that a time line is drawn from.

use tw_model::{DagRunId, TaskId, TaskInstanceState, Timestamp};

use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Columns;

/// A try of a task instance without a map index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TryLine {
    /// The task.
    pub task_id: TaskId,
    /// Its state; that of an earlier try is the one in which it ended.
    pub state: Option<TaskInstanceState>,
    /// Which try.
    pub try_number: u32,
    /// When it became ready.
    pub scheduled_at: Option<Timestamp>,
    /// When it was admitted.
    pub queued_at: Option<Timestamp>,
    /// When user code began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// How often a sensor was put off within this try.
    pub reschedule_count: u32,
    /// When it was put off first.
    pub first_reschedule_date: Option<Timestamp>,
}

/// The tries of the task instances of a run that have no map index.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlainTries {
    /// Tries that are over, by task, oldest first.
    pub earlier: Vec<TryLine>,
    /// The current ones, by task.
    pub current: Vec<TryLine>,
}

macro_rules! try_columns {
    () => {
        "t.task_id, t.state, t.try_number, t.scheduled_at_us, t.queued_at_us, t.start_date_us, t.end_date_us, \
         t.reschedule_count, t.first_reschedule_date_us"
    };
}

queries! {
    PLAIN = concat!(
        "SELECT ", try_columns!(), " FROM task_instance t \
         WHERE t.dag_run_id = $1 AND t.map_index = -1 ORDER BY t.task_id LIMIT $2"
    );
    PLAIN_EARLIER = concat!(
        "SELECT ", try_columns!(), " FROM task_instance_history t \
         WHERE t.dag_run_id = $1 AND t.map_index = -1 ORDER BY t.task_id, t.try_number LIMIT $2"
    );
}

/// Tries of one kind in an answer at most: more tasks than any DAG has.
const TRIES_MAX: u32 = 20_000;

impl Store {
    /// The tries of a run's task instances that are not mapped.
    ///
    /// Cost: their rows, and the index entries of the mapped ones.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn plain_tries(&self, dag_run_id: DagRunId) -> Result<PlainTries, StoreError> {
        let key = || [dag_run_id.into(), TRIES_MAX.into()];
        // In this order a try that fails meanwhile is not told as over and as running.
        let earlier = self.list(PLAIN_EARLIER, key(), try_line).await?;
        let current = self.list(PLAIN, key(), try_line).await?;
        Ok(PlainTries { earlier, current })
    }
}

fn try_line(c: &mut Columns) -> Result<TryLine, StoreError> {
    Ok(TryLine {
        task_id: c.take()?,
        state: c.parse_opt()?,
        try_number: c.take()?,
        scheduled_at: c.take()?,
        queued_at: c.take()?,
        start_date: c.take()?,
        end_date: c.take()?,
        reschedule_count: c.take()?,
        first_reschedule_date: c.take()?,
    })
}
