//! `/ui/runs/{dag_id}/{run_id}/timeline`: where the time of a run went.

use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tw_model::{TaskId, TaskInstanceState};
use tw_store::{PlainTries, TryLine};

use super::cells::{Cell, Tally, cell, tries_and_tally};
use super::critical_path::critical_tasks;
use super::newest_runs::typical_durations;
use super::outline::{Outline, PoolTasks, TreeNode, outline};
use super::segments::{Segment, segments};
use super::shape::{RunFacts, ms, run_line};
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(timeline))
}

/// A row of the tree over time.
#[derive(Serialize, ToSchema)]
struct TimelineRow {
    /// Index in the tree.
    node: usize,
    cell: Cell,
    segments: Vec<Segment>,
    /// For a mapped task or a group: when its first instance began and its last one ended.
    start: Option<i64>,
    end: Option<i64>,
}

/// Where the time of a run went.
#[derive(Serialize, ToSchema)]
struct Timeline<'a> {
    version: u64,
    now: i64,
    run: RunFacts,
    tree: &'a [TreeNode],
    pools: &'a [PoolTasks],
    rows: Vec<TimelineRow>,
    /// Task ids from first to last: the chain of upstream tasks that decided the end.
    critical_path: Vec<String>,
}

#[utoipa::path(
    get,
    path = "/runs/{dag_id}/{run_id}/timeline",
    operation_id = "timeline_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 200, body = Timeline<'static>)),
)]
async fn timeline(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let version = state.changes().version();
    let view = existing_run(&state, &dag_id, &run_id).await?;
    let outline = outline(&state, &view.version).await?;
    let dag_ids = [view.run.dag_id.clone()];
    let line = run_line(&view);
    let ((tries, tally), typical) =
        tokio::try_join!(tries_and_tally(&state, &line), typical_durations(&state, &dag_ids))?;
    let run = RunFacts::new(&view, typical.get(&view.run.dag_id).copied().flatten(), tally.counts());
    let placed = tally.placed(&outline);
    let mut lines = lines(&outline, &tries);
    let row = |(node, tally): (usize, &Option<Tally>)| TimelineRow {
        node,
        cell: cell(&outline, node, tally.as_ref()),
        segments: lines.remove(&node).unwrap_or_default(),
        start: tally.and_then(|tally| tally.start).map(ms),
        end: tally.filter(is_over).and_then(|tally| tally.end).map(ms),
    };
    let rows: Vec<TimelineRow> = placed.iter().enumerate().map(row).collect();
    let critical_path = critical_tasks(&outline, &placed);
    let now = ms(state.now());
    Ok(Json(Timeline { version, now, run, tree: &outline.tree, pools: &outline.pools, rows, critical_path })
        .into_response())
}

/// The pieces of each plain task, by place. Both lists of tries are by task.
fn lines(outline: &Outline, tries: &PlainTries) -> HashMap<usize, Vec<Segment>> {
    let mut earlier: HashMap<&TaskId, &[TryLine]> = HashMap::new();
    for of_task in tries.earlier.chunk_by(|a, b| a.task_id == b.task_id) {
        earlier.insert(&of_task[0].task_id, of_task);
    }
    let line = |current: &TryLine| {
        let place = outline.place(&current.task_id)?;
        Some((place, segments(earlier.get(&current.task_id).copied().unwrap_or_default(), current)))
    };
    tries.current.iter().filter_map(line).collect()
}

/// Whether every instance has ended for good.
fn is_over(tally: &Tally) -> bool {
    let finished = TaskInstanceState::ALL.iter().filter(|state| state.is_finished());
    finished.map(|state| tally.counts.of(*state)).sum::<u32>() == tally.counts.total()
}
