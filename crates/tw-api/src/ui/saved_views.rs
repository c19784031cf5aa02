//! `/ui/views`: filters of the DAG list that a person named. Airflow has no address for them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tw_store::SavedView as StoredView;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dags::wanted;
use crate::auth::Caller;
use crate::body::Body;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, remove))
}

/// Characters of a name; it stands in the navigation.
const NAME_CHARS_MAX: usize = 60;
/// Characters of a query; an address has room for no more everywhere.
const QUERY_CHARS_MAX: usize = 2_000;

/// A saved view.
#[derive(Serialize, ToSchema)]
struct SavedView {
    name: String,
    /// What stands behind `?` in the address of the DAG list.
    query: String,
    /// How many DAGs it shows.
    dags: u32,
}

/// A person's saved views, in the order of their making.
#[derive(Serialize, ToSchema)]
struct SavedViews {
    views: Vec<SavedView>,
}

#[utoipa::path(get, path = "/views", operation_id = "view_list", responses((status = 200, body = SavedViews)))]
async fn list(State(state): State<ApiState>, caller: Caller) -> Result<Json<SavedViews>, ApiError> {
    let mut views = Vec::new();
    for StoredView { name, query } in state.store().saved_views(&caller.username).await? {
        // One that another release stored, and this one cannot read, shows no DAG; it can be removed.
        let dags = match Params::from_query(&query).and_then(|params| wanted(&params, &caller)) {
            Ok((filter, view)) => state.store().dag_count(&filter, view).await?,
            Err(_) => 0,
        };
        views.push(SavedView { name, query, dags });
    }
    Ok(Json(SavedViews { views }))
}

/// What a view shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SavedViewBody {
    query: String,
}

#[utoipa::path(
    put,
    path = "/views/{name}",
    operation_id = "view_put",
    params(("name" = String, Path, description = "replaces the view of this name")),
    request_body = SavedViewBody,
    responses((status = 204)),
)]
async fn put(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    caller: Caller,
    Body(SavedViewBody { query }): Body<SavedViewBody>,
) -> Result<StatusCode, ApiError> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(ApiError::invalid("path", "name", format!("expected 1 to {NAME_CHARS_MAX} characters"), name));
    }
    if query.chars().count() > QUERY_CHARS_MAX {
        return Err(ApiError::invalid("body", "query", format!("more than {QUERY_CHARS_MAX} characters"), query.len()));
    }
    // A view that cannot be read would never show a DAG.
    wanted(&Params::from_query(&query)?, &caller)?;
    state.store().saved_view_put(&caller.username, &StoredView { name, query }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    delete,
    path = "/views/{name}",
    operation_id = "view_delete",
    params(("name" = String, Path)),
    responses((status = 204)),
)]
async fn remove(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    state.store().saved_view_delete(&caller.username, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
