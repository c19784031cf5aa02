//! `/ui/explain/…`: why a task instance waits, from the decision core itself.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_engine::Subject;
use tw_engine::explanation::{Holders as EngineHolders, Listed, Place as EnginePlace, Progress};
use tw_model::{RunId, TaskId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::TaskState;
use super::reasons::{BlockerKind, Condition};
use super::shape::ms;
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::resources::why::explained;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(explain))
}

/// Why a task instance waits.
#[derive(Serialize, ToSchema)]
struct Explanation {
    version: u64,
    /// In order of what has to happen first; empty: nothing holds it.
    blockers: Vec<Blocker>,
    /// What does not hold it, in the order in which it was asked.
    met: Vec<MetCondition>,
}

/// Something that has to clear.
#[derive(Serialize, ToSchema)]
struct Blocker {
    kind: BlockerKind,
    message: String,
    /// When it ends by itself, if that is known.
    until: Option<i64>,
    /// How much of a limit is used, if it is one.
    usage: Option<LimitUsage>,
    /// Where a person can look, or change something.
    place: Option<Place>,
    /// Who has to end, or get on: the run in question first, then whoever has been there longest.
    holders: Vec<Holder>,
    /// How many those are; more than are listed here, if they are many.
    holders_total: u32,
    /// Scheduled task instances that stand before it in the order of its pool, counted to 1,000; null: it does not
    /// compete for the pool.
    ahead: Option<u32>,
}

/// A condition that is met.
#[derive(Serialize, ToSchema)]
struct MetCondition {
    condition: Condition,
    message: String,
}

/// How much of a limit is used: slots, task instances or runs, as the kind says.
#[derive(Serialize, ToSchema)]
struct LimitUsage {
    /// More than the limit after that was lowered.
    used: i64,
    /// Of those, by the run in question.
    own: i64,
    limit: i64,
}

/// Something with a page of its own.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Place {
    /// It may not exist yet.
    Pool {
        name: String,
    },
    Dag {
        dag_id: String,
    },
    Run {
        dag_id: String,
        run_id: String,
    },
    Task {
        dag_id: String,
        run_id: String,
        task_id: String,
    },
}

/// Who has to end, or get on.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Holder {
    TaskInstance(InstanceHolder),
    Run(RunHolder),
    Upstream(UpstreamHolder),
}

/// A task instance in a limited place.
#[derive(Serialize, ToSchema)]
struct InstanceHolder {
    dag_id: String,
    run_id: String,
    task_id: String,
    map_index: i32,
    state: TaskState,
    /// When it took its place.
    queued: Option<i64>,
    /// When its task began, if it has.
    start: Option<i64>,
    slots: u32,
}

/// A running run.
#[derive(Serialize, ToSchema)]
struct RunHolder {
    dag_id: String,
    run_id: String,
    start: Option<i64>,
}

/// A task of the same run that is not finished.
#[derive(Serialize, ToSchema)]
struct UpstreamHolder {
    task_id: String,
    /// Null: it is mapped.
    state: Option<TaskState>,
    done: u32,
    /// Instances that are queued, run or wait without a worker; null: it is not mapped.
    active: Option<u32>,
    total: u32,
}

#[utoipa::path(
    get,
    path = "/explain/{dag_id}/{run_id}/{task_id}/{map_index}",
    operation_id = "explanation_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("map_index" = i32, Path)),
    responses((status = 200, body = Explanation)),
)]
async fn explain(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, map_index)): Path<(String, String, String, i32)>,
) -> Result<Json<Explanation>, ApiError> {
    let version = state.changes().version();
    existing_run(&state, &dag_id, &run_id).await?;
    let (run_id, task_id) = (RunId::from(run_id), TaskId::from(task_id));
    let subject = Subject::TaskInstance { dag_id: dag_id.into(), run_id, task_id, map_index };
    let found = explained(&state, subject).await?;
    let met = found.met.into_iter().map(|one| MetCondition { condition: one.condition.into(), message: one.message });
    let blockers = found.blockers.into_iter().map(Blocker::from).collect();
    Ok(Json(Explanation { version, blockers, met: met.collect() }))
}

impl From<tw_engine::Blocker> for Blocker {
    fn from(one: tw_engine::Blocker) -> Self {
        let (holders, holders_total) = holders(one.holders);
        Self {
            kind: one.kind.into(),
            message: one.message,
            until: one.until.map(ms),
            usage: one.usage.map(|usage| LimitUsage { used: usage.used, own: usage.own, limit: usage.limit }),
            place: one.place.map(Place::from),
            holders,
            holders_total,
            ahead: one.ahead,
        }
    }
}

impl From<EnginePlace> for Place {
    fn from(place: EnginePlace) -> Self {
        match place {
            EnginePlace::Pool(name) => Self::Pool { name },
            EnginePlace::Dag(dag_id) => Self::Dag { dag_id: dag_id.to_string() },
            EnginePlace::Run { dag_id, run_id } => Self::Run { dag_id: dag_id.to_string(), run_id: run_id.to_string() },
            EnginePlace::Task { dag_id, run_id, task_id } => {
                Self::Task { dag_id: dag_id.to_string(), run_id: run_id.to_string(), task_id: task_id.to_string() }
            }
        }
    }
}

fn holders(holders: EngineHolders) -> (Vec<Holder>, u32) {
    fn all<T>(found: Listed<T>, holder: impl Fn(T) -> Holder) -> (Vec<Holder>, u32) {
        (found.listed.into_iter().map(holder).collect(), found.total)
    }
    match holders {
        EngineHolders::None => (Vec::new(), 0),
        EngineHolders::TaskInstances(found) => all(found, |one| {
            Holder::TaskInstance(InstanceHolder {
                dag_id: one.dag_id.to_string(),
                run_id: one.run_id.to_string(),
                task_id: one.task_id.to_string(),
                map_index: one.map_index,
                state: Some(one.state).into(),
                queued: one.queued_at.map(ms),
                start: one.start_date.map(ms),
                slots: one.slots,
            })
        }),
        EngineHolders::Runs(found) => all(found, |one| {
            Holder::Run(RunHolder {
                dag_id: one.dag_id.to_string(),
                run_id: one.run_id.to_string(),
                start: one.start_date.map(ms),
            })
        }),
        EngineHolders::Upstreams(found) => all(found, |one| {
            let (state, done, active, total) = match one.progress {
                Progress::One(state) => (Some(state.into()), 0, None, 1),
                Progress::Many { done, active, total } => (None, done, Some(active), total),
            };
            Holder::Upstream(UpstreamHolder { task_id: one.task_id.to_string(), state, done, active, total })
        }),
    }
}
