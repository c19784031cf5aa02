//! `/ui/logs/…`: the log of a try in blocks of lines, and searching it.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::line_index::{Block, open};
use super::log_line::LogLine;
use super::log_search::{Found, Wanted, search as search_file};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::logs::{LogFile, log_file};
use crate::resources::tries::Key;
use crate::state::ApiState;

const BASE: &str = "/logs/{dag_id}/{run_id}/{task_id}/{try_number}";

/// The routes.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route(BASE, get(block)).route(&format!("{BASE}/search"), get(search))
}

/// Lines of a block when the client does not say, and at most.
const LINES_DEFAULT: u64 = 500;
const LINES_MAX: u64 = 2_000;
/// Stored bytes of a block; a block of long lines has fewer of them.
const BLOCK_BYTES_MAX: usize = 2 << 20;

#[derive(Serialize)]
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

#[derive(Serialize)]
struct LogMatches {
    lines: Vec<u64>,
    total: u64,
    truncated: bool,
}

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
