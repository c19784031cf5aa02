//! `/ui/start`: what is ready at the first start, and where DAG files belong.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::PythonState;
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(start))
}

/// How far a part of the server is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Readiness {
    Starting,
    Ready,
    Failed,
}

/// How Python does, in words too.
#[derive(Serialize, ToSchema)]
struct PythonStatus {
    state: Readiness,
    text: String,
}

impl From<PythonState> for PythonStatus {
    fn from(state: PythonState) -> Self {
        match state {
            PythonState::Starting => Self { state: Readiness::Starting, text: "Python is starting".to_owned() },
            PythonState::Ready(text) => Self { state: Readiness::Ready, text },
            PythonState::Failed(text) => Self { state: Readiness::Failed, text },
        }
    }
}

/// The first start.
#[derive(Serialize, ToSchema)]
struct Start {
    has_dags: bool,
    server: Readiness,
    python: PythonStatus,
    dag_folders: Vec<String>,
}

#[utoipa::path(get, path = "/start", operation_id = "start_get", responses((status = 200, body = Start)))]
async fn start(State(state): State<ApiState>) -> Result<Json<Start>, ApiError> {
    let folders = state.bundles().iter().map(|(_, folder)| folder.display().to_string());
    Ok(Json(Start {
        has_dags: state.store().dags_count().await? > 0,
        server: Readiness::Ready,
        python: state.python().python().await.into(),
        dag_folders: folders.collect(),
    }))
}
