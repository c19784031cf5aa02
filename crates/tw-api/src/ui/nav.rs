//! `/ui/nav`: the counts beside the names in the navigation.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_store::{COUNT_MAX, ImportErrorFilter, Page};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::Health;
use crate::error::ApiError;
use crate::resources::system::{HEALTHY, scheduler_status};
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(nav))
}

/// The counts beside the names in the navigation, and health in its foot.
#[derive(Serialize, ToSchema)]
struct Nav {
    version: u64,
    dags: u32,
    active_runs: u32,
    import_errors: u32,
    scheduler: Health,
    /// Half of the inputs were durable sooner, milliseconds; null = there were none of late.
    lag: Option<f64>,
}

#[utoipa::path(get, path = "/nav", operation_id = "nav_get", responses((status = 200, body = Nav)))]
async fn nav(State(state): State<ApiState>) -> Result<Json<Nav>, ApiError> {
    let version = state.changes().version();
    Ok(Json(Nav {
        version,
        dags: state.store().dags_count().await?,
        active_runs: state.store().runs_active(COUNT_MAX).await?,
        import_errors: import_errors(&state).await?,
        scheduler: scheduler(&state).await?,
        lag: state.control().pace().lag.p50.map(|span| span.as_micros() as f64 / 1_000.0),
    }))
}

/// How many files cannot be imported.
pub(super) async fn import_errors(state: &ApiState) -> Result<u32, ApiError> {
    let none = Page { limit: 0, offset: 0 };
    Ok(state.store().import_errors_list(&ImportErrorFilter::default(), &[], none).await?.total)
}

/// Whether a scheduler leads and speaks.
pub(super) async fn scheduler(state: &ApiState) -> Result<Health, ApiError> {
    let leader = state.store().leader().await?;
    Ok(match scheduler_status(state, leader.map(|leader| leader.renewed_at)) {
        HEALTHY => Health::Healthy,
        _ => Health::Unhealthy,
    })
}
