//! `/dags/{dag_id}/favorite`: what a person keeps at hand.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;

use super::dags::existing_dag;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Path;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/favorite", post(add)).route("/dags/{dag_id}/unfavorite", post(remove))
}

async fn add(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let dag = existing_dag(&state, &dag_id).await?;
    state.store().favorite_add(&caller.username, &dag.row.dag_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let dag = existing_dag(&state, &dag_id).await?;
    state.store().favorite_remove(&caller.username, &dag.row.dag_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
