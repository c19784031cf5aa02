//! `/ui/task-instances/{dag_id}/{run_id}/{task_id}`: one task instance, or the summary of a mapped task.

use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use tw_model::{DagRunId, ExitStatus, TaskId, TaskInstance, TaskInstanceId, TaskInstanceState, Timestamp, UsageSeries};
use tw_store::{DagRunView, RunLine, RunListFilter, TaskInstanceView};

use super::cells::{Tally, tallies};
use super::mapped::MappedInstance;
use super::names::TaskState;
use super::outline::{Outline, outline};
use super::shape::{Counts, RunBar, ms, run_line, span_ms};
use super::templates::{Templates, templates};
use super::xcom_head::{BEGIN_CHARS, XComHead};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::runs::existing_run;
use crate::resources::tries::Key;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(detail))
}

/// Runs whose durations are shown.
const HISTORY_RUNS: u32 = 36;
/// Failed mapped instances and XComs that are listed.
const FAILED_MAX: u32 = 50;
const XCOMS_MAX: u32 = 100;

/// What an attempt and all it started used. A point has the mean share of CPU in cores and the peak of
/// resident memory in bytes; there are at most 120: the longer the attempt, the longer the interval.
#[derive(Serialize, ToSchema)]
#[schema(as = UsageSeries)]
struct Usage {
    /// In milliseconds. The first point is one interval after the start, the last may stand for less.
    interval: i64,
    points: Vec<(f64, u64)>,
}

impl From<&UsageSeries> for Usage {
    fn from(series: &UsageSeries) -> Self {
        let points = series.points.iter().map(|point| (f64::from(point.cpu_millicores) / 1_000.0, point.rss_bytes));
        Self { interval: span_ms(series.interval), points: points.collect() }
    }
}

/// One try.
#[derive(Serialize, ToSchema)]
struct Attempt {
    try_number: u32,
    state: TaskState,
    queued: Option<i64>,
    start: Option<i64>,
    end: Option<i64>,
    /// Exit code; negative: the signal that ended it.
    exit_status: Option<i32>,
    /// Why it ended as it did, in words.
    reason: Option<String>,
    hostname: Option<String>,
    pid: Option<u32>,
    user_cpu: Option<i64>,
    system_cpu: Option<i64>,
    max_rss_bytes: Option<u64>,
    /// Over time, while it runs too; null for an attempt of a moment, and where nobody sampled it.
    usage: Option<Usage>,
}

/// All instances of a mapped task.
#[derive(Serialize, ToSchema)]
struct Mapped {
    total: u32,
    counts: Counts,
    failed: Vec<MappedInstance>,
}

/// The task in another run.
#[derive(Serialize, ToSchema)]
struct HistoryPoint {
    run_id: String,
    state: TaskState,
    duration: Option<i64>,
}

/// A task instance, or the summary of a mapped task.
#[derive(Serialize, ToSchema)]
struct TaskInstanceDetail {
    version: u64,
    dag_id: String,
    run_id: String,
    task_id: String,
    map_index: i32,
    run: RunBar,
    state: TaskState,
    label: Option<String>,
    operator: String,
    pool: String,
    pool_slots: u32,
    queue: String,
    priority_weight: i32,
    trigger_rule: &'static str,
    max_tries: u32,
    try_number: u32,
    queued: Option<i64>,
    start: Option<i64>,
    end: Option<i64>,
    not_before: Option<i64>,
    execution_timeout: Option<i64>,
    retry_delay: Option<i64>,
    attempts: Vec<Attempt>,
    #[schema(value_type = Option<HashMap<String, Value>>)]
    rendered_fields: Option<Value>,
    /// The author's text of the templated fields that have one; null when none has.
    #[schema(value_type = Option<HashMap<String, Value>>)]
    templates: Templates,
    xcoms: Vec<XComHead>,
    upstream: Vec<String>,
    downstream: Vec<String>,
    /// Present for a mapped task asked without an index.
    mapped: Option<Mapped>,
    /// Durations of this task in the last 36 runs, oldest first.
    history: Vec<HistoryPoint>,
    version_number: Option<u32>,
}

/// Whether the dates of start and end are this try's, not left over from an earlier one.
fn has_begun(instance: &TaskInstance) -> bool {
    !matches!(instance.state, None | Some(TaskInstanceState::Scheduled | TaskInstanceState::Queued))
}

impl Attempt {
    fn new(view: &TaskInstanceView, usage: Option<&UsageSeries>) -> Self {
        let (instance, detail) = (&view.task_instance, &view.detail);
        let begun = has_begun(instance);
        let exit = |exit: ExitStatus| match exit {
            ExitStatus::Code(code) => code,
            ExitStatus::Signal(signal) => -signal,
        };
        Self {
            try_number: instance.try_number,
            state: TaskState::from(instance.state),
            queued: instance.queued_at.map(ms),
            start: instance.start_date.filter(|_| begun).map(ms),
            end: instance.end_date.filter(|_| begun).map(ms),
            exit_status: detail.exit.map(exit),
            reason: instance.reason.clone().or_else(|| detail.exception.clone()),
            hostname: detail.hostname.clone(),
            pid: detail.pid,
            user_cpu: detail.usage.map(|usage| span_ms(usage.user_cpu)),
            system_cpu: detail.usage.map(|usage| span_ms(usage.system_cpu)),
            max_rss_bytes: detail.usage.map(|usage| usage.max_rss_bytes),
            usage: usage.map(Usage::from),
        }
    }
}

#[utoipa::path(
    get,
    path = "/task-instances/{dag_id}/{run_id}/{task_id}",
    operation_id = "task_instance_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("map_index" = Option<i32>, Query, description = "-1, the default, is the task itself, for a mapped one its summary")),
    responses((status = 200, body = TaskInstanceDetail)),
)]
async fn detail(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<TaskInstanceDetail>, ApiError> {
    let version = state.changes().version();
    let key = Key { dag_id, run_id, task_id, map_index: params.choice("map_index", "a map index")?.unwrap_or(-1) };
    let run = existing_run(&state, &key.dag_id, &key.run_id).await?;
    let task_id = TaskId::from(key.task_id.as_str());
    let run_outline = outline(&state, &run.version).await?;
    let node = run_outline.place(&task_id).and_then(|place| run_outline.tree.get(place));
    let found = key.find(&state).await?;
    let is_summary = key.map_index < 0 && (found.is_none() || node.is_some_and(|node| node.is_mapped));
    let tally = if is_summary { tally(&state, &run, &task_id).await? } else { None };
    let view = match found {
        Some(view) => view,
        None => first_mapped(&state, &run, &key, &task_id).await?,
    };
    let outline = outline(&state, &view.version).await?;
    let mapped = match &tally {
        Some(tally) => Some(mapped(&state, &run, &task_id, tally).await?),
        None => None,
    };
    let expanded = tally.filter(|tally| tally.is_indexed);
    let (attempts, xcoms, templates) = match expanded {
        Some(_) => (Vec::new(), Vec::new(), None),
        None => (
            attempts(&state, &run, &key).await?,
            xcoms(&state, &run, &task_id, key.map_index).await?,
            templates(&state, &view.version, &task_id).await?,
        ),
    };
    let history = history(&state, &run, &task_id, key.map_index, is_summary).await?;
    Ok(Json(
        Parts { version, run, key, view, tally: expanded, mapped, attempts, xcoms, templates, history }
            .joined(&outline),
    ))
}

/// Everything that was read.
struct Parts {
    version: u64,
    run: DagRunView,
    key: Key,
    view: TaskInstanceView,
    /// Of a mapped task as a whole.
    tally: Option<Tally>,
    mapped: Option<Mapped>,
    attempts: Vec<Attempt>,
    xcoms: Vec<XComHead>,
    templates: Templates,
    history: Vec<HistoryPoint>,
}

impl Parts {
    fn joined(self, outline: &Outline) -> TaskInstanceDetail {
        let instance = &self.view.task_instance;
        let begun = has_begun(instance);
        let place = outline.place(&instance.task_id);
        let node = place.and_then(|place| outline.tree.get(place));
        let settings = outline.settings(&instance.task_id);
        let (state, start, end) = match &self.tally {
            Some(tally) => (tally.counts.worst().unwrap_or(TaskState::None), tally.start, tally.end),
            None => (
                TaskState::from(instance.state),
                instance.start_date.filter(|_| begun),
                instance.end_date.filter(|_| begun),
            ),
        };
        // What belongs to one instance says nothing about all of them.
        let single = self.tally.is_none();
        TaskInstanceDetail {
            version: self.version,
            run: RunBar::from(&self.run),
            state,
            label: self.view.detail.rendered_map_index.clone().filter(|_| single),
            operator: node.and_then(|node| node.operator.clone()).unwrap_or_else(|| instance.operator.clone()),
            pool: instance.pool.clone(),
            pool_slots: instance.pool_slots,
            queue: instance.queue.clone(),
            priority_weight: instance.priority_weight,
            trigger_rule: node.and_then(|node| node.trigger_rule).unwrap_or("all_success"),
            max_tries: instance.max_tries,
            try_number: if single { instance.try_number } else { 0 },
            queued: instance.queued_at.filter(|_| single).map(ms),
            start: start.map(ms),
            end: end.map(ms),
            not_before: instance.not_before.filter(|_| single).map(ms),
            execution_timeout: settings.and_then(|settings| settings.execution_timeout).map(span_ms),
            retry_delay: settings.map(|settings| span_ms(settings.retry_delay)),
            rendered_fields: self.view.rendered_fields.filter(|fields| single && fields.is_object()),
            upstream: place.map(|place| outline.ids(outline.upstream(place))).unwrap_or_default(),
            downstream: place.map(|place| outline.ids(outline.downstream(place))).unwrap_or_default(),
            version_number: Some(self.view.version.version_number),
            attempts: self.attempts,
            templates: self.templates,
            xcoms: self.xcoms,
            mapped: self.mapped,
            history: self.history,
            dag_id: self.key.dag_id,
            run_id: self.key.run_id,
            task_id: self.key.task_id,
            map_index: self.key.map_index,
        }
    }
}

async fn tally(state: &ApiState, run: &DagRunView, task_id: &TaskId) -> Result<Option<Tally>, ApiError> {
    let tallies = tallies(state, &[run_line(run)]).await?;
    Ok(tallies.get(&run.run.id).and_then(|tally| tally.task(task_id)).copied())
}

/// The mapped instance with the least index, for what all of them have in common.
async fn first_mapped(
    state: &ApiState,
    run: &DagRunView,
    key: &Key,
    task_id: &TaskId,
) -> Result<TaskInstanceView, ApiError> {
    if key.map_index >= 0 {
        return Err(key.not_found());
    }
    let first = state.store().mapped_page(run.run.id, task_id, 0, 1).await?.pop().ok_or_else(|| key.not_found())?;
    let run = &run.run;
    let found = state.store().task_instance_view(&run.dag_id, &run.run_id, task_id, first.map_index).await?;
    found.ok_or_else(|| key.not_found())
}

async fn mapped(state: &ApiState, run: &DagRunView, task_id: &TaskId, tally: &Tally) -> Result<Mapped, ApiError> {
    let failures = tally.counts.of(TaskInstanceState::Failed) + tally.counts.of(TaskInstanceState::UpstreamFailed);
    let failed = match failures {
        0 => Vec::new(),
        _ => state.store().mapped_failed(run.run.id, task_id, FAILED_MAX).await?,
    };
    Ok(Mapped {
        total: if tally.is_indexed { tally.counts.total() } else { 0 },
        counts: tally.counts,
        failed: failed.into_iter().map(MappedInstance::from).collect(),
    })
}

async fn attempts(state: &ApiState, run: &DagRunView, key: &Key) -> Result<Vec<Attempt>, ApiError> {
    let mut tries = key.tries(state).await?;
    // One that was cleared has the number of its last try until it starts.
    tries.dedup_by_key(|view| view.task_instance.try_number);
    let task_id = TaskId::from(key.task_id.as_str());
    let kept = state.store().usage_series(run.run.id, &task_id, key.map_index).await?;
    let kept: HashMap<TaskInstanceId, UsageSeries> = kept.into_iter().collect();
    let begun = tries.iter().filter(|view| view.task_instance.try_number > 0);
    let attempt = |view: &TaskInstanceView| {
        let id = view.task_instance.id;
        // What runs comes before what is kept: a rescheduled sensor has both.
        let live = state.control().live_usage(id);
        Attempt::new(view, live.as_ref().or_else(|| kept.get(&id)))
    };
    Ok(begun.map(attempt).collect())
}

async fn xcoms(
    state: &ApiState,
    run: &DagRunView,
    task_id: &TaskId,
    map_index: i32,
) -> Result<Vec<XComHead>, ApiError> {
    let heads = state.store().xcom_heads(run.run.id, task_id, map_index, BEGIN_CHARS, XCOMS_MAX).await?;
    Ok(heads.into_iter().map(XComHead::from).collect())
}

/// State, start and end of the task in one run.
type Point = (TaskState, Option<Timestamp>, Option<Timestamp>);

/// How long the task took in the newest runs, oldest first; runs without it are left out.
async fn history(
    state: &ApiState,
    run: &DagRunView,
    task_id: &TaskId,
    map_index: i32,
    as_a_whole: bool,
) -> Result<Vec<HistoryPoint>, ApiError> {
    let mut runs = state.store().runs_before(&run.run.dag_id, None, &RunListFilter::default(), HISTORY_RUNS).await?;
    runs.reverse();
    let mut points: HashMap<DagRunId, Point> = HashMap::new();
    if as_a_whole {
        for (run, tally) in tallies(state, &runs).await? {
            if let Some((tally, worst)) = tally.task(task_id).and_then(|tally| Some((tally, tally.counts.worst()?))) {
                points.insert(run, (worst, tally.start, tally.end));
            }
        }
    } else {
        let ids: Vec<DagRunId> = runs.iter().map(|run| run.id).collect();
        for point in state.store().task_points(&ids, task_id, map_index).await? {
            let end = point.end_date.filter(|_| point.state.is_some_and(TaskInstanceState::is_finished));
            points.insert(point.dag_run_id, (TaskState::from(point.state), point.start_date, end));
        }
    }
    let history_point = |run: &RunLine| {
        let (state, start, end) = points.remove(&run.id)?;
        let duration = end.zip(start).map(|(end, start)| span_ms(end.since(start)));
        Some(HistoryPoint { run_id: run.run_id.to_string(), state, duration })
    };
    Ok(runs.iter().filter_map(history_point).collect())
}
