//! `/dags/{dag_id}/dagVersions` and `/dagSources/{dag_id}`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tw_model::{DagId, Timestamp};
use tw_store::{VersionColumn, VersionFilter, VersionView};

use crate::accept::{Accept, TEXT};
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::dags::existing_dag;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/dags/{dag_id}/dagVersions", get(list))
        .route("/dags/{dag_id}/dagVersions/{version_number}", get(one))
        .route("/dagSources/{dag_id}", get(source))
}

/// `DagVersionResponse`.
#[derive(Serialize)]
pub(crate) struct DagVersion {
    id: String,
    version_number: u32,
    dag_id: String,
    bundle_name: Option<String>,
    bundle_version: Option<String>,
    created_at: Timestamp,
    dag_display_name: String,
    bundle_url: Option<String>,
}

impl From<&VersionView> for DagVersion {
    fn from(version: &VersionView) -> Self {
        Self {
            id: version.id.to_string(),
            version_number: version.version_number,
            dag_id: version.dag_id.to_string(),
            bundle_name: Some(version.bundle_name.clone()),
            bundle_version: None,
            created_at: version.created_at,
            dag_display_name: version.display_name.clone(),
            bundle_url: None,
        }
    }
}

#[derive(Serialize)]
struct DagVersions {
    dag_versions: Vec<DagVersion>,
    total_entries: u32,
}

fn column(name: &str) -> Option<VersionColumn> {
    Some(match name {
        "id" => VersionColumn::Id,
        "version_number" => VersionColumn::VersionNumber,
        "bundle_name" => VersionColumn::BundleName,
        _ => return None,
    })
}

async fn list(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
) -> Result<Json<DagVersions>, ApiError> {
    params.refuse(&["bundle_version"])?;
    let mut filter = VersionFilter {
        version_number: params.parsed("version_number", "a version number")?,
        bundle_name: params.string("bundle_name"),
        ..VersionFilter::default()
    };
    let order = params.order(column)?;
    let page = params.page()?;
    if dag_id != "~" {
        filter.dag_id = Some(existing_dag(&state, &dag_id).await?.row.dag_id);
    }
    let listed = state.store().dag_versions_list(&filter, &order, page).await?;
    let dag_versions = listed.rows.iter().map(DagVersion::from).collect();
    Ok(Json(DagVersions { dag_versions, total_entries: listed.total }))
}

async fn one(
    State(state): State<ApiState>,
    Path((dag_id, version_number)): Path<(String, u32)>,
) -> Result<Json<DagVersion>, ApiError> {
    let found = state.store().dag_source(&DagId::from(dag_id.as_str()), Some(version_number)).await?;
    let (version, _) =
        found.ok_or_else(|| ApiError::not_found(format!("DAG `{dag_id}` has no version {version_number}")))?;
    Ok(Json(DagVersion::from(&version)))
}

#[derive(Serialize)]
struct DagSource {
    content: Option<String>,
    dag_id: String,
    version_number: Option<u32>,
    dag_display_name: String,
}

async fn source(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let accept = Accept::of(&headers, &[TEXT])?;
    let version_number = params.parsed("version_number", "a version number")?;
    let found = state.store().dag_source(&DagId::from(dag_id.as_str()), version_number).await?;
    let Some((version, text)) = found else {
        return Err(ApiError::not_found(format!("There is no source of DAG `{dag_id}` in that version")));
    };
    if accept == Accept::Other(TEXT) {
        return Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text.to_string()).into_response());
    }
    let source = DagSource {
        content: Some(text.to_string()),
        dag_id,
        version_number: Some(version.version_number),
        dag_display_name: version.display_name,
    };
    Ok(Json(source).into_response())
}
