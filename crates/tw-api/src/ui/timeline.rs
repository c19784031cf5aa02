//! `/ui/runs/{dag_id}/{run_id}/timeline`: where the time of a run went.

use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tw_model::{TaskId, TaskInstance, TaskInstanceState};

use super::cells::{Cell, Tally, cell, tallies};
use super::critical_path::critical_path;
use super::outline::{Outline, TreeNode, outline};
use super::runs::facts;
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
    let (earlier, current) = state.store().plain_instances(view.run.id).await?;
    let tallies = tallies(&state, &[run_line(&view)]).await?;
    let placed = tallies.get(&view.run.id).map(|tally| tally.placed(&outline)).unwrap_or_default();
    let run = facts(&state, std::slice::from_ref(&view)).await?.pop();
    let run = run.ok_or_else(|| ApiError::not_found("The run is gone"))?;
    let mut tries: HashMap<&TaskId, Vec<&TaskInstance>> = HashMap::new();
    for (instance, _) in &earlier {
        tries.entry(&instance.task_id).or_default().push(instance);
    }
    let mut lines: HashMap<usize, Vec<Segment>> = HashMap::new();
    for (instance, _) in &current {
        if let Some(place) = outline.place(&instance.task_id) {
            let earlier = tries.get(&instance.task_id).map(Vec::as_slice).unwrap_or_default();
            lines.insert(place, segments(earlier, instance));
        }
    }
    let row = |(node, tally): (usize, &Option<Tally>)| TimelineRow {
        node,
        cell: cell(&outline, node, tally.as_ref()),
        segments: lines.remove(&node).unwrap_or_default(),
        start: tally.and_then(|tally| tally.start).map(ms),
        end: tally.filter(is_over).and_then(|tally| tally.end).map(ms),
    };
    let rows: Vec<TimelineRow> = placed.iter().enumerate().map(row).collect();
    let critical_path = outline.ids(&critical_path(&ends(&outline, &placed), |place| outline.upstream(place)));
    let now = ms(state.now());
    Ok(Json(Timeline { version, now, run, tree: &outline.tree, rows, critical_path }).into_response())
}

/// Whether every instance has ended for good.
fn is_over(tally: &Tally) -> bool {
    let finished = TaskInstanceState::ALL.iter().filter(|state| state.is_finished());
    finished.map(|state| tally.counts.of(*state)).sum::<u32>() == tally.counts.total()
}

/// When each task that ran ended; groups did not run.
fn ends(outline: &Outline, placed: &[Option<Tally>]) -> Vec<Option<i64>> {
    let ran =
        |tally: &Tally| tally.counts.of(TaskInstanceState::Success) + tally.counts.of(TaskInstanceState::Failed) > 0;
    let end = |(node, tally): (&TreeNode, &Option<Tally>)| {
        let tally = tally.as_ref().filter(|tally| !node.is_group() && ran(tally));
        tally.and_then(|tally| tally.end).map(|end| end.as_micros())
    };
    outline.tree.iter().zip(placed).map(end).collect()
}
