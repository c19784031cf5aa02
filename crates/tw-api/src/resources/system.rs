//! What runs, for everybody: `/monitor/health`, `/version` and the plain page at `/`.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::TimeSpan;

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

const HEALTHY: &str = "healthy";
const UNHEALTHY: &str = "unhealthy";

async fn health(State(state): State<ApiState>) -> Json<Health> {
    let leader = state.store().leader().await;
    let metadatabase = Status { status: Some(if leader.is_ok() { HEALTHY } else { UNHEALTHY }) };
    let renewed_at = leader.ok().flatten().map(|leader| leader.renewed_at);
    let alive = renewed_at.is_some_and(|at| state.now().since(at) <= SILENCE_MAX);
    Json(Health {
        metadatabase,
        scheduler: Scheduler {
            status: Some(if alive { HEALTHY } else { UNHEALTHY }),
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

/// A page for whoever opens the address in a browser.
pub(crate) async fn home(State(state): State<ApiState>) -> impl IntoResponse {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tradewind</title>\
         <h1>Tradewind {}</h1><p>The REST API is at <code>/api/v2</code>; \
         <a href=\"/api/v2/monitor/health\">its health</a> needs no token. \
         A token comes from <code>POST /auth/token</code>.</p></html>",
        state.version()
    );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page)
}
