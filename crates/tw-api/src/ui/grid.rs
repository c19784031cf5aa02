//! `/ui/dags/{dag_id}/grid`: the history of a DAG, run by run and task by task.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::{DagRunState, RunType};
use tw_store::{RunLine, RunListFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::Cell;
use super::dags::of_dag;
use super::names::{RunState, RunType as RunTypeName};
use super::outline::{TreeNode, outline};
use super::run_cells::cells_of;
use super::shape::{ListTotal, RunBar, from_ms, ms};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::dags::existing_dag;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(grid))
}

/// Runs shown when the client does not say.
const RUNS_DEFAULT: u32 = 36;
/// Runs shown at most: a wide screen, twice.
const RUNS_MAX: u32 = 200;

/// A column.
#[derive(Serialize, ToSchema)]
struct GridRun {
    #[serde(flatten)]
    bar: RunBar,
    logical_date: Option<i64>,
    version_number: Option<u32>,
    cells: Vec<Cell>,
}

/// The history of a DAG: runs oldest first, cells in tree order.
#[derive(Serialize, ToSchema)]
struct Grid<'a> {
    version: u64,
    tree: &'a [TreeNode],
    runs: Vec<GridRun>,
    total_runs: ListTotal,
    has_older: bool,
}

/// Which runs to show.
fn filter(params: &Params) -> Result<RunListFilter, ApiError> {
    Ok(RunListFilter {
        dag_id: None,
        state: params.choice::<DagRunState>("state", "a dag run state")?,
        run_type: params.choice::<RunType>("run_type", "a run type")?,
    })
}

#[utoipa::path(
    get,
    path = "/dags/{dag_id}/grid",
    operation_id = "grid_get",
    params(("dag_id" = String, Path), ("runs" = Option<u32>, Query, description = "columns, 36 by default"), ("before" = Option<i64>, Query, description = "only runs before this instant, for the page before"), ("run_type" = Option<RunTypeName>, Query, description = "of this type"), ("state" = Option<RunState>, Query, description = "in this state")),
    responses((status = 200, body = Grid<'static>)),
)]
async fn grid(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
) -> Result<axum::response::Response, ApiError> {
    let version = state.changes().version();
    let dag = existing_dag(&state, &dag_id).await?;
    let limit = params.parsed("runs", "a number of runs")?.unwrap_or(RUNS_DEFAULT).clamp(1, RUNS_MAX);
    let before = params.choice("before", "milliseconds")?.map(from_ms);
    let filter = filter(&params)?;
    let mut runs = state.store().runs_before(&dag.row.dag_id, before, &filter, limit + 1).await?;
    let has_older = trim(&mut runs, limit as usize);
    runs.reverse();
    let outline = outline(&state, &dag.version).await?;
    let tree = (dag.version.id, dag.version.content_hash.clone());
    let cells = cells_of(&state, &runs, &tree, &outline).await?;
    let column = |(run, cells): (&RunLine, Vec<Cell>)| GridRun {
        bar: RunBar::from(run),
        logical_date: run.logical_date.map(ms),
        version_number: run.version_number,
        cells,
    };
    let runs: Vec<GridRun> = runs.iter().zip(cells).map(column).collect();
    let total_runs = state.store().runs_total(&of_dag(&dag)).await?.into();
    let grid = Grid { version, tree: &outline.tree, runs, total_runs, has_older };
    Ok(axum::response::IntoResponse::into_response(Json(grid)))
}

/// Cuts a list, newest first, to `limit` runs; whether something was cut off. The browser pages by
/// the instant of the oldest run it has, so runs of one instant stay together where that is possible.
fn trim(runs: &mut Vec<RunLine>, limit: usize) -> bool {
    let Some(first_cut) = runs.get(limit) else { return false };
    let instant = ms(first_cut.run_after);
    runs.truncate(limit);
    let kept = runs.iter().rposition(|run| ms(run.run_after) != instant).map_or(limit, |last| last + 1);
    runs.truncate(kept);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use tw_model::{DagRunId, DagVersionId};

    fn runs(instants: &[i64]) -> Vec<RunLine> {
        let run = |instant: &i64| RunLine {
            id: DagRunId(uuid::Uuid::nil()),
            dag_id: "d".into(),
            run_id: "r".into(),
            state: DagRunState::Success,
            run_type: RunType::Manual,
            run_after: from_ms(*instant),
            start_date: None,
            end_date: None,
            logical_date: None,
            clear_number: 0,
            dag_version_id: DagVersionId(uuid::Uuid::nil()),
            version_number: None,
        };
        instants.iter().map(run).collect()
    }

    #[test]
    fn runs_of_one_instant_are_not_torn_apart() {
        for (instants, limit, kept, has_older) in [
            (&[5, 4, 3][..], 3, 3, false),
            (&[5, 4, 3], 2, 2, true),
            (&[5, 4, 4], 2, 1, true),
            (&[4, 4, 4], 2, 2, true),
            (&[], 2, 0, false),
        ] {
            let mut runs = runs(instants);
            assert_eq!((trim(&mut runs, limit), runs.len()), (has_older, kept), "{instants:?}");
        }
    }
}
