//! `/ui/home`: what needs a person now, whether the system is well, and what comes next.

use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tw_model::{DagId, DagRunState, TaskInstanceState, TimeSpan, Timestamp};
use tw_store::{Activity, FirstFailure, RunLine};

use super::cells::{forget_if_touched, run_key};
use super::import_errors;
use super::names::Health;
use super::nav;
use super::newest_runs::{newest_runs, typical_durations};
use super::schedule_words::in_words;
use super::shape::{ms, span_ms};
use super::traceback::cause;
use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(home))
}

/// Times that can be looked back on; the second when the client does not say.
pub(super) const HOURS: [i64; 3] = [6, 24, 7 * 24];
const HOURS_DEFAULT: i64 = HOURS[1];
/// Bars of the chart.
const BUCKETS: i64 = 96;
/// Rows of a list; there is a screen for the rest.
const ROWS_MAX: u32 = 20;

/// How the server does.
#[derive(Serialize, ToSchema)]
struct Load {
    scheduler: Health,
    /// From a report, or from the instant when something was due, to its effects being durable.
    lag: Measured,
    /// Writes to the store.
    commit: Measured,
    running: u32,
    /// The most at once in each step.
    running_points: Vec<u32>,
    /// Length of a step, of which the points are.
    step: i64,
    slots: u32,
    queued: u32,
    oldest_queued: Option<i64>,
    deferred: u32,
    dag_files: u32,
    import_errors: u32,
}

/// Durations of late, in milliseconds with a fraction.
#[derive(Serialize, ToSchema)]
struct Measured {
    p50: Option<f64>,
    p99: Option<f64>,
    /// The 99th percentile of each step, oldest first; null = there were none in it.
    points: Vec<Option<f64>>,
}

impl From<tw_model::Measured> for Measured {
    fn from(measured: tw_model::Measured) -> Self {
        let tw_model::Measured { p50, p99, points } = measured;
        let fraction = |span: Option<TimeSpan>| span.map(|span| span.as_micros() as f64 / 1_000.0);
        Self { p50: fraction(p50), p99: fraction(p99), points: points.into_iter().map(fraction).collect() }
    }
}

/// Runs that ended, or run, in a stretch of time.
#[derive(Clone, Copy, Default, Serialize, ToSchema)]
struct Bucket {
    start: i64,
    success: u32,
    failed: u32,
    running: u32,
}

/// A failed run with what failed first in it.
#[derive(Serialize, ToSchema)]
struct FailedRun {
    dag_id: String,
    run_id: String,
    task_id: Option<String>,
    map_index: i32,
    reason: Option<String>,
    try_number: u32,
    end: i64,
    /// Runs of the DAG that went well since, among its last 14; 0 unless the newest one did.
    good_since: u32,
}

/// An import error in a line.
#[derive(Serialize, ToSchema)]
struct BrokenFile {
    id: i64,
    file: String,
    message: String,
    line: Option<u32>,
    seen: i64,
}

/// Failed runs, the newest of them in rows; without those that somebody has acknowledged.
#[derive(Serialize, ToSchema)]
struct FailedRuns {
    total: u32,
    acknowledged: u32,
    rows: Vec<FailedRun>,
}

/// Import errors, the newest of them in rows.
#[derive(Serialize, ToSchema)]
struct BrokenFiles {
    total: u32,
    rows: Vec<BrokenFile>,
}

/// A run to come.
#[derive(Serialize, ToSchema)]
struct NextRun {
    run_after: i64,
    dag_id: String,
    schedule: Option<String>,
    typical_duration: Option<i64>,
}

/// A run that goes on.
#[derive(Serialize, ToSchema)]
struct LongRun {
    dag_id: String,
    run_id: String,
    start: i64,
    typical_duration: Option<i64>,
}

/// The first screen.
#[derive(Serialize, ToSchema)]
pub(super) struct Home {
    version: u64,
    now: i64,
    has_dags: bool,
    health: Load,
    activity: Vec<Bucket>,
    failed_runs: FailedRuns,
    import_errors: BrokenFiles,
    next_runs: Vec<NextRun>,
    longest_running: Vec<LongRun>,
    last_failure: Option<i64>,
}

#[utoipa::path(
    get,
    path = "/home",
    operation_id = "home_get",
    params(("hours" = Option<i64>, Query, description = "how far to look back, 24 by default")),
    responses((status = 200, body = Home)),
)]
async fn home(State(state): State<ApiState>, params: Params) -> Result<Response, ApiError> {
    let hours = params.choice("hours", "a number of hours")?.unwrap_or(HOURS_DEFAULT);
    let Some(place) = HOURS.iter().position(|known| *known == hours) else {
        return Err(ApiError::invalid("query", "hours", "6, 24 or 168", hours));
    };
    let current = || state.changes().version();
    // Every open tab asks for the same one at every change.
    let home = state.ui().homes[place].get(current(), current, async |version| make(&state, version, hours).await);
    Ok(Json(home.await?).into_response())
}

async fn make(state: &ApiState, version: u64, hours: i64) -> Result<Arc<Home>, ApiError> {
    let now = state.now();
    let width = TimeSpan::from_secs(hours * 3_600 / BUCKETS);
    let since = beginning(now, width);
    let activity = buckets(&state.store().activity(since, width.as_micros()).await?, since, width);
    let failures: u32 = activity.iter().map(|bucket| bucket.failed).sum();
    let acknowledged = state.store().acknowledged_runs(since).await?;
    let last_failure = state.store().last_failure().await?;
    let (broken, total) = broken_files(state).await?;
    Ok(Arc::new(Home {
        version,
        now: ms(now),
        has_dags: state.store().dags_count().await? > 0,
        health: health(state, total).await?,
        failed_runs: FailedRuns {
            total: failures.saturating_sub(acknowledged),
            acknowledged,
            rows: failed_runs(state, since).await?,
        },
        import_errors: BrokenFiles { total, rows: broken },
        next_runs: next_runs(state).await?,
        longest_running: longest_running(state).await?,
        last_failure: last_failure.map(ms),
        activity,
    }))
}

/// Where the first bucket begins: buckets begin at round times, and the last one contains `now`.
fn beginning(now: Timestamp, width: TimeSpan) -> Timestamp {
    let width = width.as_micros().max(1);
    let last = now.as_micros().div_euclid(width) * width;
    Timestamp::from_micros(last - (BUCKETS - 1) * width)
}

fn buckets(activity: &[Activity], since: Timestamp, width: TimeSpan) -> Vec<Bucket> {
    let start = |number: i64| ms(Timestamp::from_micros(since.as_micros() + number * width.as_micros()));
    let mut buckets: Vec<Bucket> =
        (0..BUCKETS).map(|number| Bucket { start: start(number), ..Bucket::default() }).collect();
    for one in activity {
        // A clock that was set back may leave an end in the future.
        let place = usize::try_from(one.bucket.clamp(0, BUCKETS - 1)).unwrap_or(0);
        let bucket = &mut buckets[place];
        match one.state {
            DagRunState::Success => bucket.success += one.runs,
            DagRunState::Failed => bucket.failed += one.runs,
            DagRunState::Queued | DagRunState::Running => bucket.running += one.runs,
        }
    }
    buckets
}

async fn health(state: &ApiState, import_errors: u32) -> Result<Load, ApiError> {
    use TaskInstanceState as S;
    let states = [S::Running, S::Restarting, S::Queued, S::Deferred];
    let load = state.store().unfinished_tally(&states).await?;
    let count =
        |wanted: &[S]| load.iter().filter(|(state, ..)| wanted.contains(state)).map(|(_, count, _)| count).sum();
    let oldest = load.iter().find(|(state, ..)| *state == S::Queued).and_then(|(_, _, since)| *since);
    let pace = state.control().pace();
    Ok(Load {
        scheduler: nav::scheduler(state).await?,
        lag: pace.lag.into(),
        commit: pace.commit.into(),
        running: count(&[S::Running, S::Restarting]),
        running_points: pace.running,
        step: span_ms(pace.step),
        slots: state.slots(),
        queued: count(&[S::Queued]),
        oldest_queued: oldest.map(ms),
        deferred: count(&[S::Deferred]),
        dag_files: state.store().dag_files_count().await?,
        import_errors,
    })
}

async fn failed_runs(state: &ApiState, since: Timestamp) -> Result<Vec<FailedRun>, ApiError> {
    let mut rows = Vec::new();
    let runs = state.store().failed_runs(since, ROWS_MAX).await?;
    let dag_ids: BTreeSet<DagId> = runs.iter().map(|run| run.dag_id.clone()).collect();
    let newest = newest_runs(state, &Vec::from_iter(dag_ids)).await?;
    for run in runs {
        let Some(end) = run.end_date else { continue };
        let first = first_failure(state, &run).await?;
        let good_since = newest.get(&run.dag_id).map_or(0, |newest| good_since(&run, newest));
        rows.push(FailedRun {
            dag_id: run.dag_id.to_string(),
            run_id: run.run_id.to_string(),
            task_id: first.as_ref().map(|failure| failure.task_id.to_string()),
            map_index: first.as_ref().map_or(-1, |failure| failure.map_index),
            try_number: first.as_ref().map_or(0, |failure| failure.try_number),
            reason: first.and_then(|failure| failure.reason.clone()),
            end: ms(end),
            good_since,
        });
    }
    Ok(rows)
}

/// How many of the newest runs of a DAG, newest first, went well after this one.
fn good_since(failed: &RunLine, newest: &[RunLine]) -> u32 {
    let mut over = newest.iter().filter(|run| run.state.is_finished() && run.end_date > failed.end_date).peekable();
    if over.peek().is_none_or(|run| run.state != DagRunState::Success) {
        return 0;
    }
    over.map(|run| u32::from(run.state == DagRunState::Success)).sum()
}

/// What failed first in a run that is over. It is looked for once.
async fn first_failure(state: &ApiState, run: &RunLine) -> Result<Option<Arc<FirstFailure>>, ApiError> {
    let key = run_key(run);
    if let Some(known) = state.ui().failures.get(&key) {
        return Ok(known);
    }
    let version = state.changes().version();
    let found = state.store().first_failure(run.id).await?.map(Arc::new);
    state.ui().failures.put(key.clone(), found.clone(), 1);
    forget_if_touched(state, version, &[key]);
    Ok(found)
}

async fn broken_files(state: &ApiState) -> Result<(Vec<BrokenFile>, u32), ApiError> {
    let (views, total) = import_errors::newest(state, ROWS_MAX).await?;
    let row = |view: tw_store::ImportErrorView| {
        let cause = cause(&view.message, &view.relative_fileloc);
        let message = cause.in_a_line();
        BrokenFile { id: view.id, file: view.relative_fileloc, message, line: cause.line, seen: ms(view.at) }
    };
    Ok((views.into_iter().map(row).collect(), total))
}

async fn next_runs(state: &ApiState) -> Result<Vec<NextRun>, ApiError> {
    let upcoming = state.store().upcoming_runs(ROWS_MAX).await?;
    let dag_ids: Vec<DagId> = upcoming.iter().map(|run| run.dag_id.clone()).collect();
    let dags = state.store().dags_named(&dag_ids).await?;
    let typical = typical_durations(state, &dag_ids).await?;
    let schedule = |dag_id: &DagId| {
        let dag = dags.iter().find(|dag| dag.row.dag_id == *dag_id)?;
        in_words(&dag.head.timetable)
    };
    let row = |run: &tw_store::UpcomingRun| NextRun {
        run_after: ms(run.run_after),
        dag_id: run.dag_id.to_string(),
        schedule: schedule(&run.dag_id),
        typical_duration: typical.get(&run.dag_id).copied().flatten(),
    };
    Ok(upcoming.iter().map(row).collect())
}

async fn longest_running(state: &ApiState) -> Result<Vec<LongRun>, ApiError> {
    let runs = state.store().longest_running(ROWS_MAX).await?;
    let dag_ids: Vec<DagId> = runs.iter().map(|run| run.dag_id.clone()).collect();
    let typical = typical_durations(state, &dag_ids).await?;
    let row = |run: &RunLine| {
        Some(LongRun {
            dag_id: run.dag_id.to_string(),
            run_id: run.run_id.to_string(),
            start: ms(run.start_date?),
            typical_duration: typical.get(&run.dag_id).copied().flatten(),
        })
    };
    Ok(runs.iter().filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_begin_at_round_times_and_end_with_now() {
        let (width, now) = (TimeSpan::from_secs(900), "2026-01-02T10:20:00Z".parse::<Timestamp>().unwrap());
        let since = beginning(now, width);
        assert_eq!(since, "2026-01-01T10:30:00Z".parse().unwrap());
        let one = |bucket, state| Activity { bucket, state, runs: 2 };
        let activity = [one(0, DagRunState::Failed), one(95, DagRunState::Queued), one(99, DagRunState::Running)];
        let buckets = buckets(&activity, since, width);
        assert_eq!((buckets.len(), buckets[0].failed, buckets[95].running), (96, 2, 4));
        assert_eq!(buckets[95].start, ms("2026-01-02T10:15:00Z".parse().unwrap()));
    }
}
