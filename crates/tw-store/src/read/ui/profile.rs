//! How many mapped instances of each task ran at once over time, counted by the database.

use tw_model::{DagRunId, TaskId, TimeSpan, Timestamp};

use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Columns;

/// What happened to the mapped instances of a task within one stretch of time.
///
/// The time from the first begin to the last end (or `now` while something runs) is cut into
/// stretches of equal `width`. An instance turns twice: it begins (`+1`) and ends (`-1`). The sum of
/// turns over all earlier stretches is how many ran when this one began; with `lost`, the area below
/// the curve within it follows: `(at its begin + turns) * width - lost`. That is exact, however many
/// turns there were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileLine {
    /// The task.
    pub task_id: TaskId,
    /// When its first try began.
    pub from: Timestamp,
    /// When its last try ended; the instant asked about while one runs.
    pub to: Timestamp,
    /// Length of a stretch.
    pub width: TimeSpan,
    /// Which stretch, from 0.
    pub bucket: u32,
    /// Tries that began less those that ended.
    pub turns: i64,
    /// The time from the begin of the stretch to each turn, those of ends taken off.
    pub lost: TimeSpan,
    /// Tries that began.
    pub begun: u32,
    /// Of those, tries after the first of their instance.
    pub again: u32,
    /// Tries that failed.
    pub failed: u32,
    /// Tries that ended and are followed by another, less those that follow one.
    pub waits: i64,
    /// How long those that began had been queued, together.
    pub queued: TimeSpan,
    /// How long those that ended had run, together.
    pub ran: TimeSpan,
    /// The longest of them.
    pub ran_max: TimeSpan,
}

queries! {
    /// `tries` holds who ran from when to when: one walk over the run's rows. Whoever waits or is to
    /// be tried again has left over dates of a try that is in the history, and is left out. `turns`
    /// has two rows for each try; they are grouped into as many as there are stretches.
    PROFILE = "WITH tries AS (\
             SELECT t.task_id, coalesce(t.queued_at_us, t.start_date_us) AS queued, t.start_date_us AS began, \
                 CASE WHEN t.state IN ('running', 'restarting') THEN NULL \
                     WHEN t.end_date_us >= t.start_date_us THEN t.end_date_us ELSE t.start_date_us END AS ended, \
                 CASE WHEN t.state = 'failed' THEN 1 ELSE 0 END AS failed, \
                 CASE WHEN t.try_number > 1 THEN 1 ELSE 0 END AS again, 0 AS is_earlier \
             FROM task_instance t \
             WHERE t.dag_run_id = $1 AND t.map_index >= 0 AND t.start_date_us <= $2 AND t.state IN ('running', \
                 'restarting', 'success', 'failed', 'skipped', 'deferred', 'awaiting_input', 'up_for_reschedule') \
             UNION ALL \
             SELECT t.task_id, coalesce(t.queued_at_us, t.start_date_us), t.start_date_us, t.end_date_us, \
                 CASE WHEN t.state = 'failed' THEN 1 ELSE 0 END, CASE WHEN t.try_number > 1 THEN 1 ELSE 0 END, 1 \
             FROM task_instance_history t \
             WHERE t.dag_run_id = $1 AND t.map_index >= 0 AND t.end_date_us >= t.start_date_us\
         ), span AS (\
             SELECT r.task_id, min(r.began) AS since, max(coalesce(r.ended, $2)) AS until, \
                 (max(coalesce(r.ended, $2)) - min(r.began)) / $3 + 1 AS width \
             FROM tries r GROUP BY r.task_id\
         ), turns AS (\
             SELECT r.task_id, (r.began - s.since) / s.width AS bucket, (r.began - s.since) % s.width AS part, \
                 1 AS turn, 1 AS begun, r.again, 0 AS failed, -r.again AS waits, \
                 CASE WHEN r.queued < r.began THEN r.began - r.queued ELSE 0 END AS queued, 0 AS ran \
             FROM span s JOIN tries r ON r.task_id = s.task_id \
             UNION ALL \
             SELECT r.task_id, (r.ended - s.since) / s.width, (r.ended - s.since) % s.width, \
                 -1, 0, 0, r.failed, r.is_earlier, 0, r.ended - r.began \
             FROM span s JOIN tries r ON r.task_id = s.task_id WHERE r.ended IS NOT NULL\
         ), counted AS (\
             SELECT e.task_id, e.bucket, CAST(sum(e.turn) AS BIGINT) AS turns, \
                 CAST(sum(e.turn * e.part) AS BIGINT) AS lost, CAST(sum(e.begun) AS BIGINT) AS begun, \
                 CAST(sum(e.again) AS BIGINT) AS again, CAST(sum(e.failed) AS BIGINT) AS failed, \
                 CAST(sum(e.waits) AS BIGINT) AS waits, CAST(sum(e.queued) AS BIGINT) AS queued, \
                 CAST(sum(e.ran) AS BIGINT) AS ran, max(e.ran) AS ran_max \
             FROM turns e GROUP BY e.bucket, e.task_id\
         ) SELECT s.task_id, s.since, s.until, s.width, c.bucket, c.turns, c.lost, c.begun, c.again, c.failed, \
             c.waits, c.queued, c.ran, c.ran_max \
         FROM span s JOIN counted c ON c.task_id = s.task_id ORDER BY s.task_id, c.bucket";
}

impl Store {
    /// The mapped instances of a run over time, by task, each task in at most `buckets` stretches
    /// in order; stretches in which nothing turned are left out. `now` is where a try that runs has
    /// come to; what begins later is left out.
    ///
    /// Cost: one walk over the run's mapped instances and their earlier tries, and sorting twice as
    /// many small rows. The answer has at most `buckets` rows for each mapped task.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn mapped_profiles(
        &self,
        dag_run_id: DagRunId,
        now: Timestamp,
        buckets: u32,
    ) -> Result<Vec<ProfileLine>, StoreError> {
        self.list(PROFILE, [dag_run_id.into(), now.into(), buckets.max(1).into()], profile_line).await
    }
}

fn profile_line(c: &mut Columns) -> Result<ProfileLine, StoreError> {
    Ok(ProfileLine {
        task_id: c.take()?,
        from: c.take()?,
        to: c.take()?,
        width: c.take()?,
        bucket: c.take()?,
        turns: c.take()?,
        lost: c.take()?,
        begun: c.take()?,
        again: c.take()?,
        failed: c.take()?,
        waits: c.take()?,
        queued: c.take()?,
        ran: c.take()?,
        ran_max: c.take()?,
    })
}
