//! What needs a person now: recent activity, failures, what is to come.

use tw_model::{DagId, DagRunId, DagRunState, TaskId, Timestamp};
use uuid::Uuid;

use super::runs::{RunLine, run_line, run_line_columns};
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

/// Runs in one state that fall into one bucket of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Activity {
    /// Number of the bucket, from 0.
    pub bucket: i64,
    /// The state.
    pub state: DagRunState,
    /// How many.
    pub runs: u32,
}

/// The first task instance that failed in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstFailure {
    /// Its task.
    pub task_id: TaskId,
    /// Its map index; -1 = not mapped.
    pub map_index: i32,
    /// Its try.
    pub try_number: u32,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A run that is planned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpcomingRun {
    /// The DAG.
    pub dag_id: DagId,
    /// When it is due.
    pub run_after: Timestamp,
}

/// Runs created within the time that a screen shows, at most; the newest count. Read in some 50 ms.
const RECENT_MAX: u32 = 20_000;
/// Of these, the newest among which failed ones are looked for.
const RECENT_EXAMINED: u32 = 10_000;
/// Failed instances of a run among which the first one is looked for.
const FAILED_EXAMINED: u32 = 50;
/// Failed runs among which the last one is looked for.
const LAST_FAILED_EXAMINED: u32 = 100;

/// Somebody has seen the run `r` as it is now.
macro_rules! is_acknowledged {
    () => {
        "EXISTS (SELECT 1 FROM acknowledgement a WHERE a.dag_run_id = r.id AND a.clear_number = r.clear_number) "
    };
}

queries! {
    /// A run belongs to when it ended, else started, else was queued. Ids begin with the time of
    /// creation, so the primary key finds the recent ones.
    ACTIVITY = "SELECT (x.at_us - $2) / $3 AS bucket, x.state, count(*) FROM (\
            SELECT coalesce(r.end_date_us, r.start_date_us, r.queued_at_us, r.run_after_us) AS at_us, r.state \
            FROM dag_run r WHERE r.id >= $1 ORDER BY r.id DESC LIMIT $4) x \
         WHERE x.at_us >= $2 GROUP BY (x.at_us - $2) / $3, x.state ORDER BY 1, 2";
    FAILED_RUNS = concat!(
        "SELECT ", run_line_columns!(), " FROM dag_run r JOIN (SELECT n.id, n.state FROM dag_run n \
            WHERE n.id >= $1 ORDER BY n.id DESC LIMIT $3) x ON x.id = r.id \
         WHERE x.state = 'failed' AND r.end_date_us >= $2 AND NOT ", is_acknowledged!(), "\
         ORDER BY r.end_date_us DESC, r.id DESC LIMIT $4"
    );
    ACKNOWLEDGED = concat!(
        "SELECT count(*) FROM dag_run r JOIN (SELECT k.dag_run_id FROM acknowledgement k WHERE k.dag_run_id >= $1) x \
            ON x.dag_run_id = r.id \
         WHERE r.state = 'failed' AND r.end_date_us >= $2 AND ", is_acknowledged!()
    );
    FIRST_FAILURE = "SELECT x.task_id, x.map_index, x.try_number, x.reason FROM (\
            SELECT t.task_id, t.map_index, t.try_number, coalesce(t.reason, t.exception) AS reason, t.end_date_us \
            FROM task_instance t WHERE t.dag_run_id = $1 AND t.state = 'failed' LIMIT $2) x \
         ORDER BY x.end_date_us, x.task_id, x.map_index LIMIT 1";
    UPCOMING = "SELECT d.dag_id, d.next_run_after_us FROM dag d \
         WHERE d.next_run_after_us IS NOT NULL AND NOT d.is_paused AND NOT d.is_stale \
         ORDER BY d.next_run_after_us, d.dag_id LIMIT $1";
    LONGEST = concat!(
        "SELECT ", run_line_columns!(), " FROM dag_run r WHERE r.state = 'running' AND r.start_date_us IS NOT NULL \
         ORDER BY r.start_date_us, r.id LIMIT $1"
    );
    LAST_FAILURE = "SELECT max(x.end_date_us) FROM (SELECT r.end_date_us FROM dag_run r WHERE r.state = 'failed' \
        ORDER BY r.run_after_us DESC LIMIT $1) x";
}

/// The least id of whatever was created at an instant or later.
fn first_id(since: Timestamp) -> Value {
    let millis = u64::try_from(since.as_micros() / 1000).unwrap_or(0);
    Value::Id(Uuid::from_u64_pair(millis << 16, 0))
}

impl Store {
    /// The runs created since an instant, by state and by bucket of `width_us` microseconds from it.
    /// At most 20,000 of them, the newest.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn activity(&self, since: Timestamp, width_us: i64) -> Result<Vec<Activity>, StoreError> {
        let values = [first_id(since), since.into(), width_us.max(1).into(), RECENT_MAX.into()];
        self.list(ACTIVITY, values, |c| Ok(Activity { bucket: c.take()?, state: c.parse()?, runs: c.take()? })).await
    }

    /// The runs that were created and failed since an instant and that nobody has acknowledged, the
    /// last failure first. Of the newest 10,000 runs.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn failed_runs(&self, since: Timestamp, limit: u32) -> Result<Vec<RunLine>, StoreError> {
        let values = [first_id(since), since.into(), RECENT_EXAMINED.into(), limit.into()];
        self.list(FAILED_RUNS, values, run_line).await
    }

    /// How many runs that were created and failed since an instant somebody has acknowledged.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn acknowledged_runs(&self, since: Timestamp) -> Result<u32, StoreError> {
        Ok(self.find(ACKNOWLEDGED, [first_id(since), since.into()], |c| c.take()).await?.unwrap_or(0))
    }

    /// The first task instance that failed in a run.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn first_failure(&self, run: DagRunId) -> Result<Option<FirstFailure>, StoreError> {
        self.find(FIRST_FAILURE, [run.into(), FAILED_EXAMINED.into()], |c| {
            Ok(FirstFailure { task_id: c.take()?, map_index: c.take()?, try_number: c.take()?, reason: c.take()? })
        })
        .await
    }

    /// The runs that are due next, of DAGs that are not paused.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn upcoming_runs(&self, limit: u32) -> Result<Vec<UpcomingRun>, StoreError> {
        self.list(UPCOMING, [limit.into()], |c| Ok(UpcomingRun { dag_id: c.take()?, run_after: c.take()? })).await
    }

    /// The runs that have been running longest.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn longest_running(&self, limit: u32) -> Result<Vec<RunLine>, StoreError> {
        self.list(LONGEST, [limit.into()], run_line).await
    }

    /// When the last of the newest failed runs ended.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn last_failure(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.find(LAST_FAILURE, [LAST_FAILED_EXAMINED.into()], |c| c.take::<Option<Timestamp>>()).await?.flatten())
    }
}
