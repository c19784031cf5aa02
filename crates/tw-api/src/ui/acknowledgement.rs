//! `/ui/runs/{dag_id}/{run_id}/acknowledgement`: somebody has seen that a run failed. Airflow has no
//! address for it.

use axum::extract::State;
use axum::http::StatusCode;
use tw_store::AuditLine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::changes::Change;
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put, remove))
}

#[utoipa::path(
    put,
    path = "/runs/{dag_id}/{run_id}/acknowledgement",
    operation_id = "acknowledgement_put",
    params(("dag_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 204)),
)]
async fn put(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let run = existing_run(&state, &dag_id, &run_id).await?.run;
    state.store().acknowledge(run.id, &caller.username, state.now()).await?;
    told(&state, dag_id, run_id, caller, "acknowledge_dag_run").await
}

#[utoipa::path(
    delete,
    path = "/runs/{dag_id}/{run_id}/acknowledgement",
    operation_id = "acknowledgement_delete",
    params(("dag_id" = String, Path), ("run_id" = String, Path)),
    responses((status = 204)),
)]
async fn remove(
    State(state): State<ApiState>,
    Path((dag_id, run_id)): Path<(String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let run = existing_run(&state, &dag_id, &run_id).await?.run;
    state.store().unacknowledge(run.id).await?;
    told(&state, dag_id, run_id, caller, "unacknowledge_dag_run").await
}

/// Logs the act and shows it in other tabs.
async fn told(
    state: &ApiState,
    dag_id: String,
    run_id: String,
    caller: Caller,
    event: &str,
) -> Result<StatusCode, ApiError> {
    let mut change = Change::default();
    // Not of the run: that it failed is no news, and would be announced as if it were.
    change.dag(&dag_id.as_str().into());
    let line = AuditLine {
        at: state.now(),
        event: event.to_owned(),
        owner: Some(caller.username),
        dag_id: Some(dag_id),
        run_id: Some(run_id),
        ..AuditLine::default()
    };
    state.store().audit_append(&line).await?;
    state.changes().push(change);
    Ok(StatusCode::NO_CONTENT)
}
