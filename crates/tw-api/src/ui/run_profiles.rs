//! `/ui/runs/{dag_id}/{run_id}/profile`: how many mapped instances ran at once over time.
//!
//! Apart from the time line, because it reads every mapped instance: 100,000 of them take longer than
//! a screen may. Those of a finished run are kept; those of one that goes on are made at most once
//! per [`GAP`] for all who watch.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tw_model::{DagRunId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::{forget_if_touched, run_key};
use super::outline::{Outline, outline};
use super::paced::Paced;
use super::profile::{TaskProfile, profiles};
use super::shape::{ms, run_line};
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(profile))
}

/// Stretches of a task at most: a bar is not wider on most screens.
const BUCKETS_MAX: u32 = 400;
/// Stretches of all tasks of a run at most: some 200 KB of JSON. A hundred tasks have all they may.
const POINTS_MAX: u32 = 40_000;
/// The profiles of a run that goes on are made this often at most: those of 100,000 instances take
/// 0.2 to 0.4 s, so whoever watches such a run costs a fifth of a core.
const GAP: Duration = Duration::from_secs(2);

/// What is made for a run that goes on: the change it contains, when it was asked about, and what
/// its tasks did.
type Made = (u64, Timestamp, Arc<Vec<TaskProfile>>);
/// Shared by all who watch a run.
pub(super) type LiveProfile = Arc<Paced<Made>>;

/// What the mapped tasks of a run did; those of which nothing has begun are left out.
#[derive(Serialize, ToSchema)]
struct Profile<'a> {
    version: u64,
    now: i64,
    tasks: &'a [TaskProfile],
}

#[utoipa::path(
    get,
    path = "/runs/{dag_id}/{run_id}/profile",
    operation_id = "profile_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 200, body = Profile<'static>)),
)]
async fn profile(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let version = state.changes().version();
    let view = existing_run(&state, &dag_id, &run_id).await?;
    let outline = outline(&state, &view.version).await?;
    let key = run_key(&run_line(&view));
    let (version, now, tasks) = match (buckets(&outline), view.run.state.is_finished()) {
        (None, _) => (version, state.now(), Arc::default()),
        (Some(buckets), false) => {
            let live = state.ui().live_profiles.get_or_put(key, || Arc::new(Paced::new(GAP)), 1);
            let current = || state.changes().version();
            live.get(version, current, async |contained| {
                let (now, tasks) = made(&state, view.run.id, buckets).await?;
                Ok::<_, ApiError>((contained, now, tasks))
            })
            .await?
        }
        (Some(buckets), true) => match state.ui().profiles.get(&key) {
            Some(kept) => (version, state.now(), kept),
            None => {
                let (now, tasks) = made(&state, view.run.id, buckets).await?;
                let weight = tasks.iter().map(TaskProfile::weight).sum::<usize>();
                state.ui().live_profiles.forget(&key);
                state.ui().profiles.put(key.clone(), Arc::clone(&tasks), weight + 1);
                forget_if_touched(&state, version, &[key]);
                (version, now, tasks)
            }
        },
    };
    Ok(Json(Profile { version, now: ms(now), tasks: &tasks }).into_response())
}

async fn made(state: &ApiState, run: DagRunId, buckets: u32) -> Result<(Timestamp, Arc<Vec<TaskProfile>>), ApiError> {
    let now = state.now();
    let lines = state.store().mapped_profiles(run, now, buckets).await?;
    Ok((now, Arc::new(profiles(&lines))))
}

/// Into how many stretches each mapped task is cut; none without a mapped task.
fn buckets(outline: &Outline) -> Option<u32> {
    let mapped = outline.tree.iter().filter(|node| node.is_mapped && !node.is_group()).count();
    let mapped = u32::try_from(mapped).unwrap_or(u32::MAX);
    POINTS_MAX.checked_div(mapped).map(|share| share.clamp(1, BUCKETS_MAX))
}
