//! `/ui/dags/{dag_id}/versions`: what a DAG's file said, version by version.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::Dag;
use tw_store::{PAGE_LIMIT_MAX, Page, VersionColumn, VersionFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shape::ms;
use super::structure::StructureChanges;
use crate::error::ApiError;
use crate::path::Path;
use crate::resources::dags::existing_dag;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(changes))
}

/// A version of a DAG.
#[derive(Serialize, ToSchema)]
struct VersionRow {
    version_number: u32,
    created: i64,
    runs: u32,
}

/// The newest versions, newest first.
#[derive(Serialize, ToSchema)]
struct VersionList {
    versions: Vec<VersionRow>,
}

/// The newest versions, newest first. Runs are counted among the newest only.
#[utoipa::path(
    get,
    path = "/dags/{dag_id}/versions",
    operation_id = "version_list",
    params(("dag_id" = String, Path)),
    responses((status = 200, body = VersionList)),
)]
async fn list(State(state): State<ApiState>, Path(dag_id): Path<String>) -> Result<Json<VersionList>, ApiError> {
    let dag_id = existing_dag(&state, &dag_id).await?.row.dag_id;
    let filter = VersionFilter { dag_id: Some(dag_id.clone()), ..VersionFilter::default() };
    let page = Page { limit: PAGE_LIMIT_MAX, offset: 0 };
    let listed = state.store().dag_versions_list(&filter, &[(VersionColumn::VersionNumber, true)], page).await?;
    let runs = state.store().runs_by_version(&dag_id).await?;
    let row = |version: &tw_store::VersionView| VersionRow {
        version_number: version.version_number,
        created: ms(version.created_at),
        runs: runs.get(&version.id).copied().unwrap_or(0),
    };
    Ok(Json(VersionList { versions: listed.rows.iter().map(row).collect() }))
}

/// What the file said.
#[derive(Serialize, ToSchema)]
struct VersionSource {
    version_number: u32,
    created: i64,
    source: Option<String>,
}

#[utoipa::path(
    get,
    path = "/dags/{dag_id}/versions/{number}",
    operation_id = "version_get",
    params(("dag_id" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = VersionSource)),
)]
async fn one(
    State(state): State<ApiState>,
    Path((dag_id, number)): Path<(String, u32)>,
) -> Result<Json<VersionSource>, ApiError> {
    let found = state.store().dag_source(&dag_id.as_str().into(), Some(number)).await?;
    let (version, source) =
        found.ok_or_else(|| ApiError::not_found(format!("DAG `{dag_id}` has no version {number}")))?;
    Ok(Json(VersionSource {
        version_number: version.version_number,
        created: ms(version.created_at),
        source: Some(source.to_string()),
    }))
}

/// What a version does otherwise than the one before it.
#[utoipa::path(
    get,
    path = "/dags/{dag_id}/versions/{number}/changes",
    operation_id = "version_changes",
    params(("dag_id" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = StructureChanges)),
)]
async fn changes(
    State(state): State<ApiState>,
    Path((dag_id, number)): Path<(String, u32)>,
) -> Result<Json<StructureChanges>, ApiError> {
    let document = async |number: u32| -> Result<Dag, ApiError> {
        let found = state.store().dag_of_number(&dag_id.as_str().into(), number).await?;
        found.ok_or_else(|| ApiError::not_found(format!("DAG `{dag_id}` has no version {number}")))
    };
    let newer = document(number).await?;
    let older = document(number.saturating_sub(1)).await?;
    Ok(Json(StructureChanges::between(&older, &newer)))
}
