//! `/ui/import-errors`: files that cannot be read, where it went wrong, and what still runs of them.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_store::{ImportErrorColumn, ImportErrorFilter, ImportErrorView, PAGE_LIMIT_MAX, Page};

use super::shape::ms;
use super::traceback::{Cause, cause};
use crate::error::ApiError;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lines shown before and after the place.
const CONTEXT_LINES: usize = 4;
/// A DAG file is text of people; one that is larger is not looked into.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// DAGs of a file that are named.
const DAGS_MAX: u32 = 100;

/// A line of a source.
#[derive(Serialize, ToSchema)]
struct CodeLine {
    line: usize,
    text: String,
}

/// A DAG whose last good version still runs.
#[derive(Serialize, ToSchema)]
struct LiveDag {
    dag_id: String,
    version_number: u32,
}

/// A file that cannot be imported.
#[derive(Serialize, ToSchema)]
struct ImportErrorRow {
    id: i64,
    file: String,
    bundle_name: String,
    seen: i64,
    kind: String,
    message: String,
    line: Option<u32>,
    /// Source lines around the place.
    code: Vec<CodeLine>,
    traceback: String,
    dags: Vec<LiveDag>,
}

/// All of them, newest first.
#[derive(Serialize, ToSchema)]
struct ImportErrorPage {
    version: u64,
    errors: Vec<ImportErrorRow>,
    total: u32,
    files: u32,
}

/// The newest errors, at most `limit`, and how many there are.
pub(super) async fn newest(state: &ApiState, limit: u32) -> Result<(Vec<ImportErrorView>, u32), ApiError> {
    let page = Page { limit, offset: 0 };
    let order = [(ImportErrorColumn::At, true)];
    let listed = state.store().import_errors_list(&ImportErrorFilter::default(), &order, page).await?;
    Ok((listed.rows, listed.total))
}

#[utoipa::path(get, path = "/import-errors", operation_id = "import_error_list", responses((status = 200, body = ImportErrorPage)))]
async fn list(State(state): State<ApiState>) -> Result<Json<ImportErrorPage>, ApiError> {
    let version = state.changes().version();
    let (views, total) = newest(&state, PAGE_LIMIT_MAX).await?;
    let files = state.store().dag_files_count().await?;
    let mut errors = Vec::with_capacity(views.len());
    for view in views {
        errors.push(row(&state, view).await?);
    }
    Ok(Json(ImportErrorPage { version, errors, total, files }))
}

async fn row(state: &ApiState, view: ImportErrorView) -> Result<ImportErrorRow, ApiError> {
    let Cause { kind, message, line } = cause(&view.message, &view.relative_fileloc);
    let path = file_path(state.bundles(), &view.bundle_name, &view.relative_fileloc);
    let code = match (path, line) {
        (Some(path), Some(line)) => {
            tokio::task::spawn_blocking(move || code(&path, line)).await.map_err(ApiError::internal)?
        }
        _ => Vec::new(),
    };
    let live =
        |(dag_id, version_number): (tw_model::DagId, u32)| LiveDag { dag_id: dag_id.to_string(), version_number };
    let dags = state.store().dags_of_file(&view.bundle_name, &view.relative_fileloc, DAGS_MAX).await?;
    Ok(ImportErrorRow {
        id: view.id,
        seen: ms(view.at),
        kind,
        message,
        line,
        code,
        dags: dags.into_iter().map(live).collect(),
        file: view.relative_fileloc,
        bundle_name: view.bundle_name,
        traceback: view.message,
    })
}

/// Where a file is; never outside the folder of its bundle.
fn file_path(bundles: &[(String, PathBuf)], bundle_name: &str, relative_fileloc: &str) -> Option<PathBuf> {
    let (_, folder) = bundles.iter().find(|(name, _)| name == bundle_name)?;
    let relative = Path::new(relative_fileloc);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_)));
    stays.then(|| folder.join(relative))
}

/// The lines around one, as the file is now. A file that cannot be read shows none.
fn code(path: &Path, line: u32) -> Vec<CodeLine> {
    let Ok(file) = fs::File::open(path) else { return Vec::new() };
    let mut text = String::new();
    if !file.metadata().is_ok_and(|meta| meta.is_file()) || file.take(FILE_BYTES_MAX).read_to_string(&mut text).is_err()
    {
        return Vec::new();
    }
    let line = line as usize;
    let (first, last) = (line.saturating_sub(CONTEXT_LINES), line.saturating_add(CONTEXT_LINES));
    let numbered = text.lines().enumerate().map(|(index, text)| CodeLine { line: index + 1, text: text.to_owned() });
    numbered.skip_while(|one| one.line < first).take_while(|one| one.line <= last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_bundle_are_shown() {
        let bundles = [("main".to_owned(), PathBuf::from("/dags"))];
        assert_eq!(file_path(&bundles, "main", "team/a.py"), Some(PathBuf::from("/dags/team/a.py")));
        for (bundle, file) in [("other", "a.py"), ("main", "../a.py"), ("main", "/etc/passwd"), ("main", "a/../../b")] {
            assert_eq!(file_path(&bundles, bundle, file), None, "{file}");
        }
    }

    #[test]
    fn lines_around_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        fs::write(&path, (1..=20).map(|n| format!("line {n}\n")).collect::<String>()).unwrap();
        let numbers = |line| code(&path, line).iter().map(|one| one.line).collect::<Vec<_>>();
        assert_eq!(numbers(2), [1, 2, 3, 4, 5, 6]);
        assert_eq!(numbers(19), [15, 16, 17, 18, 19, 20]);
        assert_eq!(numbers(99), [0usize; 0]);
        assert!(code(&folder.path().join("none.py"), 1).is_empty());
        assert!(code(folder.path(), 1).is_empty());
    }
}
