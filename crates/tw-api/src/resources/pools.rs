//! `/pools`. Admission depends on them, so every change goes through the scheduler.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tw_engine::Input;
use tw_model::Pool;
use tw_store::PoolView;

use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::patch::{Patch, refuse_team};
use crate::path::Path;
use crate::query::Params;
use crate::state::ApiState;

/// The routes. Names may contain slashes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/pools", get(list).post(create))
        .route("/pools/{*pool_name}", get(one).patch(patch).delete(delete))
}

/// Characters of a name at most, as in Airflow.
const NAME_CHARS_MAX: usize = 256;
/// What a pool without a limit says of its slots.
const UNLIMITED: i32 = -1;

/// `PoolResponse`.
#[derive(Serialize)]
struct PoolShape {
    name: String,
    slots: i32,
    description: Option<String>,
    include_deferred: bool,
    occupied_slots: i64,
    running_slots: i64,
    queued_slots: i64,
    scheduled_slots: i64,
    open_slots: i64,
    deferred_slots: i64,
    team_name: Option<String>,
}

impl From<PoolView> for PoolShape {
    fn from(view: PoolView) -> Self {
        let occupied = view.occupied();
        let slots = view.pool.slots;
        Self {
            slots,
            occupied_slots: occupied,
            running_slots: view.running,
            queued_slots: view.queued,
            scheduled_slots: view.scheduled,
            open_slots: if slots == UNLIMITED { UNLIMITED.into() } else { i64::from(slots) - occupied },
            deferred_slots: view.deferred,
            name: view.pool.name,
            description: view.pool.description,
            include_deferred: view.pool.include_deferred,
            team_name: None,
        }
    }
}

#[derive(Serialize)]
struct Pools {
    pools: Vec<PoolShape>,
    total_entries: u32,
}

/// `PoolBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolBody {
    name: String,
    slots: i32,
    description: Option<String>,
    #[serde(default)]
    include_deferred: bool,
    team_name: Option<String>,
}

/// `PoolPatchBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolPatch {
    #[serde(alias = "pool")]
    name: Option<String>,
    slots: Option<i32>,
    description: Option<String>,
    include_deferred: Option<bool>,
    team_name: Option<String>,
}

fn check_slots(slots: i32) -> Result<(), ApiError> {
    match slots >= UNLIMITED {
        true => Ok(()),
        false => Err(ApiError::invalid("body", "slots", "at least -1, which means unlimited", slots)),
    }
}

async fn existing(state: &ApiState, name: &str) -> Result<PoolView, ApiError> {
    let found = state.store().pool_view(name).await?;
    found.ok_or_else(|| ApiError::not_found(format!("The pool with name: `{name}` was not found")))
}

async fn put(state: &ApiState, pool: Pool) -> Result<Json<PoolShape>, ApiError> {
    let name = pool.name.clone();
    accepted(state.control().submit(Input::PutPool(pool)).await?)?;
    Ok(Json(existing(state, &name).await?.into()))
}

async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<Pools>, ApiError> {
    let column = |name: &str| matches!(name, "id" | "pool" | "name").then_some(());
    let descending = params.order(column)?.first().is_some_and(|(_, descending)| *descending);
    let listed = state.store().pools_list(&params.search("pool_name"), descending, params.page()?).await?;
    Ok(Json(Pools { pools: listed.rows.into_iter().map(PoolShape::from).collect(), total_entries: listed.total }))
}

async fn one(State(state): State<ApiState>, Path(name): Path<String>) -> Result<Json<PoolShape>, ApiError> {
    Ok(Json(existing(&state, &name).await?.into()))
}

async fn create(
    State(state): State<ApiState>,
    Body(body): Body<PoolBody>,
) -> Result<(StatusCode, Json<PoolShape>), ApiError> {
    refuse_team(body.team_name.as_deref())?;
    check_slots(body.slots)?;
    if !(1..=NAME_CHARS_MAX).contains(&body.name.chars().count()) {
        return Err(ApiError::invalid("body", "name", format!("1 to {NAME_CHARS_MAX} characters"), body.name));
    }
    if state.store().pool_view(&body.name).await?.is_some() {
        return Err(ApiError::conflict(format!("The pool with name: `{}` already exists", body.name)));
    }
    let PoolBody { name, slots, description, include_deferred, .. } = body;
    Ok((StatusCode::CREATED, put(&state, Pool { name, slots, description, include_deferred }).await?))
}

async fn patch(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    params: Params,
    Body(fields): Body<Map<String, Value>>,
) -> Result<Json<PoolShape>, ApiError> {
    let patch = Patch::<PoolPatch>::read(fields, &params.texts("update_mask")?)?;
    refuse_team(patch.body.team_name.as_deref())?;
    if patch.body.name.as_ref().is_some_and(|given| *given != name) {
        return Err(ApiError::bad_request("The name of the body is not that of the path"));
    }
    let mut pool = existing(&state, &name).await?.pool;
    if let Some(slots) = patch.body.slots.filter(|_| patch.sets("slots")) {
        check_slots(slots)?;
        pool.slots = slots;
    }
    if let Some(include_deferred) = patch.body.include_deferred.filter(|_| patch.sets("include_deferred")) {
        pool.include_deferred = include_deferred;
    }
    if patch.sets("description") {
        pool.description = patch.body.description;
    }
    put(&state, pool).await
}

async fn delete(State(state): State<ApiState>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    if name == Pool::DEFAULT {
        return Err(ApiError::bad_request("The default pool cannot be deleted"));
    }
    existing(&state, &name).await?;
    accepted(state.control().submit(Input::DeletePool { name }).await?)?;
    Ok(StatusCode::NO_CONTENT)
}
