//! What runs, for everybody: `/monitor/health` and `/version`.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::{TimeSpan, Timestamp};

use crate::state::ApiState;

/// The routes of `/api/v2` that need no token.
pub(crate) fn public() -> Router<ApiState> {
    Router::new().route("/monitor/health", get(health)).route("/version", get(version))
}

/// A leader that was silent for longer is not healthy; Airflow's `scheduler_health_check_threshold`.
const SILENCE_MAX: TimeSpan = TimeSpan::from_secs(30);

/// `HealthInfoResponse`.
#[derive(Serialize)]
struct Health {
    metadatabase: Status,
    scheduler: Scheduler,
    triggerer: Triggerer,
    dag_processor: DagProcessor,
}

#[derive(Serialize)]
struct Status {
    status: Option<&'static str>,
}

#[derive(Serialize)]
struct Scheduler {
    status: Option<&'static str>,
    latest_scheduler_heartbeat: Option<String>,
}

#[derive(Serialize)]
struct Triggerer {
    status: Option<&'static str>,
    latest_triggerer_heartbeat: Option<String>,
}

#[derive(Serialize)]
struct DagProcessor {
    status: Option<&'static str>,
    latest_dag_processor_heartbeat: Option<String>,
}

pub(crate) const HEALTHY: &str = "healthy";
const UNHEALTHY: &str = "unhealthy";

/// Whether a scheduler leads that last spoke at this instant.
pub(crate) fn scheduler_status(state: &ApiState, renewed_at: Option<Timestamp>) -> &'static str {
    let alive = renewed_at.is_some_and(|at| state.now().since(at) <= SILENCE_MAX);
    if alive { HEALTHY } else { UNHEALTHY }
}

async fn health(State(state): State<ApiState>) -> Json<Health> {
    let leader = state.store().leader().await;
    let metadatabase = Status { status: Some(if leader.is_ok() { HEALTHY } else { UNHEALTHY }) };
    let renewed_at = leader.ok().flatten().map(|leader| leader.renewed_at);
    Json(Health {
        metadatabase,
        scheduler: Scheduler {
            status: Some(scheduler_status(&state, renewed_at)),
            latest_scheduler_heartbeat: renewed_at.map(|at| at.to_iso_offset()),
        },
        // Null as Airflow has it for a component that was never seen.
        triggerer: Triggerer { status: None, latest_triggerer_heartbeat: None },
        dag_processor: DagProcessor { status: None, latest_dag_processor_heartbeat: None },
    })
}

/// `VersionInfo`.
#[derive(Serialize)]
struct Version {
    version: &'static str,
    git_version: Option<&'static str>,
}

async fn version(State(state): State<ApiState>) -> Json<Version> {
    Json(Version { version: state.version(), git_version: None })
}
