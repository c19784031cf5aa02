//! `/ui/start`: what is ready at the first start, and where DAG files belong.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::control::PythonState;
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route("/start", get(start))
}

#[derive(Serialize)]
struct Python {
    state: &'static str,
    text: String,
}

impl From<PythonState> for Python {
    fn from(state: PythonState) -> Self {
        match state {
            PythonState::Starting => Self { state: "starting", text: "Python is starting".to_owned() },
            PythonState::Ready(text) => Self { state: "ready", text },
            PythonState::Failed(text) => Self { state: "failed", text },
        }
    }
}

#[derive(Serialize)]
struct Start {
    has_dags: bool,
    server: &'static str,
    python: Python,
    dag_folders: Vec<String>,
}

async fn start(State(state): State<ApiState>) -> Result<Json<Start>, ApiError> {
    let folders = state.bundles().iter().map(|(_, folder)| folder.display().to_string());
    Ok(Json(Start {
        has_dags: state.store().dags_count().await? > 0,
        server: "ready",
        python: state.python().python().await.into(),
        dag_folders: folders.collect(),
    }))
}
