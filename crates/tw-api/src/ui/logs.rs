//! `/ui/logs/…`: the log of a try in blocks of lines, and searching it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::line_index::{Block, open};
use super::log_line::LogLine;
use super::log_search::{Found, Wanted, search as search_file};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::logs::{LogFile, log_file};
use crate::resources::tries::Key;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(block)).routes(routes!(search))
}

/// Lines of a block when the client does not say, and at most.
const LINES_DEFAULT: u64 = 500;
const LINES_MAX: u64 = 2_000;
/// Stored bytes of a block; a block of long lines has fewer of them.
const BLOCK_BYTES_MAX: usize = 2 << 20;

/// Lines of a log.
#[derive(Serialize, ToSchema)]
struct LogBlock {
    total: u64,
    complete: bool,
    lines: Vec<LogLine>,
}

type Place = (String, String, String, u32);

async fn find(state: &ApiState, place: Place, params: &Params) -> Result<LogFile, ApiError> {
    let (dag_id, run_id, task_id, try_number) = place;
    let map_index = params.choice("map_index", "a map index")?.unwrap_or(-1);
    log_file(state, &Key { dag_id, run_id, task_id, map_index }, try_number).await
}

#[utoipa::path(
    get,
    path = "/logs/{dag_id}/{run_id}/{task_id}/{try_number}",
    operation_id = "log_get",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("try_number" = u32, Path), ("map_index" = Option<i32>, Query, description = "-1, the default, is the task itself"), ("from" = Option<i64>, Query, description = "first line, from 1; a negative number is the end of the log"), ("lines" = Option<u64>, Query, description = "how many, 500 by default")),
    responses((status = 200, body = LogBlock)),
)]
async fn block(
    State(state): State<ApiState>,
    Path(place): Path<Place>,
    params: Params,
) -> Result<Json<LogBlock>, ApiError> {
    let from: i64 = params.choice("from", "a line number")?.unwrap_or(1);
    let count = params.choice("lines", "a number of lines")?.unwrap_or(LINES_DEFAULT).clamp(1, LINES_MAX);
    let LogFile { path, ended } = find(&state, place, &params).await?;
    // A negative number asks for the end of the log.
    let from = u64::try_from(from).ok();
    let read = tokio::task::spawn_blocking(move || {
        let Block { total, first, lines } = state.ui().logs.read(&path, from, count, BLOCK_BYTES_MAX)?;
        let lines = (first..).zip(&lines).map(|(n, line)| LogLine::read(n, line)).collect();
        Ok::<_, std::io::Error>(LogBlock { total, complete: ended, lines })
    });
    Ok(Json(read.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?))
}

/// The lines that match, ascending; `truncated` when there are more than it lists, `total` counts all.
#[derive(Serialize, ToSchema)]
struct LogMatches {
    lines: Vec<u64>,
    total: u64,
    truncated: bool,
}

#[utoipa::path(
    get,
    path = "/logs/{dag_id}/{run_id}/{task_id}/{try_number}/search",
    operation_id = "log_search",
    params(("dag_id" = String, Path), ("run_id" = String, Path), ("task_id" = String, Path), ("try_number" = u32, Path), ("map_index" = Option<i32>, Query, description = "-1, the default, is the task itself"), ("q" = Option<String>, Query, description = "what the line or its detail holds, in whatever case"), ("level" = Option<String>, Query, description = "`debug`, `info`, `warning`, `error` or `critical`; each includes what is worse")),
    responses((status = 200, body = LogMatches)),
)]
async fn search(
    State(state): State<ApiState>,
    Path(place): Path<Place>,
    params: Params,
) -> Result<Json<LogMatches>, ApiError> {
    let (text, level) = (params.text("q"), params.text("level"));
    let wanted = Wanted::new(text, level)
        .ok_or_else(|| ApiError::invalid("query", "level", "no such level", level.unwrap_or_default()))?;
    let LogFile { path, .. } = find(&state, place, &params).await?;
    let searched = tokio::task::spawn_blocking(move || match open(&path)? {
        Some(file) => search_file(file, &wanted),
        None => Ok(Found::default()),
    });
    let Found { lines, total, truncated } = searched.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    Ok(Json(LogMatches { lines, total, truncated }))
}
