//! `/importErrors`.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::Timestamp;
use tw_store::{ImportErrorColumn, ImportErrorFilter, ImportErrorView};

use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/importErrors", get(list)).route("/importErrors/{import_error_id}", get(one))
}

/// `ImportErrorResponse`.
#[derive(Serialize)]
struct ImportErrorShape {
    import_error_id: i64,
    timestamp: Timestamp,
    filename: String,
    bundle_name: Option<String>,
    stack_trace: String,
}

impl From<ImportErrorView> for ImportErrorShape {
    fn from(view: ImportErrorView) -> Self {
        Self {
            import_error_id: view.id,
            timestamp: view.at,
            filename: view.relative_fileloc,
            bundle_name: Some(view.bundle_name),
            stack_trace: view.message,
        }
    }
}

#[derive(Serialize)]
struct ImportErrors {
    import_errors: Vec<ImportErrorShape>,
    total_entries: u32,
}

fn column(name: &str) -> Option<ImportErrorColumn> {
    Some(match name {
        "id" | "import_error_id" => ImportErrorColumn::Id,
        "timestamp" => ImportErrorColumn::At,
        "filename" => ImportErrorColumn::Path,
        "bundle_name" => ImportErrorColumn::BundleName,
        "stacktrace" => ImportErrorColumn::Message,
        _ => return None,
    })
}

async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<ImportErrors>, ApiError> {
    let filter = ImportErrorFilter {
        path: params.search("filename"),
        exact_path: params.string("filename"),
        bundle_name: params.string("bundle_name"),
    };
    let listed = state.store().import_errors_list(&filter, &params.order(column)?, params.page()?).await?;
    let import_errors = listed.rows.into_iter().map(ImportErrorShape::from).collect();
    Ok(Json(ImportErrors { import_errors, total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(id): Path<i64>) -> Result<Json<ImportErrorShape>, ApiError> {
    match state.store().import_error(id).await? {
        Some(view) => Ok(Json(view.into())),
        None => Err(ApiError::not_found(format!("The import error with import_error_id: `{id}` was not found"))),
    }
}
