//! `/ui/dags/{dag_id}/graph`: what depends on what, and how a run stands.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::{Cell, cells, tallies};
use super::critical_path::critical_tasks;
use super::outline::{Edge, TreeNode, outline};
use super::shape::run_line;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::dags::existing_dag;
use crate::resources::runs::existing_run;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(graph))
}

/// What depends on what; for a run how it stands, empty without one.
#[derive(Serialize, ToSchema)]
struct Graph<'a> {
    version: u64,
    tree: &'a [TreeNode],
    edges: &'a [Edge],
    /// In tree order.
    cells: Vec<Cell>,
    /// Task ids from first to last: the chain of upstream tasks that decided the end.
    critical_path: Vec<String>,
}

#[utoipa::path(
    get,
    path = "/dags/{dag_id}/graph",
    operation_id = "graph_get",
    params(("dag_id" = String, Path), ("run_id" = Option<String>, Query, description = "the run whose cells are shown")),
    responses((status = 200, body = Graph<'static>)),
)]
async fn graph(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let version = state.changes().version();
    let dag = existing_dag(&state, &dag_id).await?;
    let (outline, cells, critical_path) = match params.text("run_id").filter(|run_id| !run_id.is_empty()) {
        None => (outline(&state, &dag.version).await?, Vec::new(), Vec::new()),
        Some(run_id) => {
            // The run's own version: its task instances are of the tasks that it had.
            let run = existing_run(&state, &dag_id, run_id).await?;
            let outline = outline(&state, &run.version).await?;
            let tallies = tallies(&state, &[run_line(&run)]).await?;
            let placed = tallies.get(&run.run.id).map(|tally| tally.placed(&outline)).unwrap_or_default();
            let path = critical_tasks(&outline, &placed);
            let cells = cells(&outline, &placed);
            (outline, cells, path)
        }
    };
    Ok(Json(Graph { version, tree: &outline.tree, edges: &outline.edges, cells, critical_path }).into_response())
}
