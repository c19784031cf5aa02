//! `/ui/dags/{dag_id}/trigger-form`: what a run of the DAG asks for.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::{Param, RunType};
use tw_store::RunListFilter;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::path::Path;
use crate::resources::dags::existing_dag;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(form))
}

/// Earlier configurations that are offered.
const RECENT_MAX: u32 = 5;

/// A parameter that a run may be given.
#[derive(Serialize, ToSchema)]
struct FormParam {
    name: String,
    value: Value,
    /// JSON schema of its value.
    #[schema(value_type = HashMap<String, Value>)]
    schema: Map<String, Value>,
    description: Option<String>,
}

impl From<&Param> for FormParam {
    fn from(param: &Param) -> Self {
        Self {
            name: param.name.clone(),
            value: param.default.clone().unwrap_or(Value::Null),
            schema: param.schema.as_object().cloned().unwrap_or_default(),
            description: param.description.clone(),
        }
    }
}

/// An earlier run by hand.
#[derive(Serialize, ToSchema)]
struct Recent {
    run_id: String,
    conf: Value,
}

/// What a run of a DAG asks for.
#[derive(Serialize, ToSchema)]
struct TriggerForm {
    dag_id: String,
    params: Vec<FormParam>,
    recent: Vec<Recent>,
    active_runs: u32,
    max_active_runs: u32,
    is_paused: bool,
}

#[utoipa::path(
    get,
    path = "/dags/{dag_id}/trigger-form",
    operation_id = "trigger_form_get",
    params(("dag_id" = String, Path)),
    responses((status = 200, body = TriggerForm)),
)]
async fn form(State(state): State<ApiState>, Path(dag_id): Path<String>) -> Result<Json<TriggerForm>, ApiError> {
    let dag = existing_dag(&state, &dag_id).await?;
    let by_hand = RunListFilter {
        dag_id: Some(dag.row.dag_id.clone()),
        run_type: Some(RunType::Manual),
        ..RunListFilter::default()
    };
    let (runs, _) = state.store().runs_page(&by_hand, None, RECENT_MAX).await?;
    let recent = runs
        .iter()
        .map(|view| Recent { run_id: view.run.run_id.to_string(), conf: (*view.run.conf).clone() })
        .collect();
    let active = state.store().runs_active_of(std::slice::from_ref(&dag.row.dag_id)).await?;
    Ok(Json(TriggerForm {
        dag_id,
        params: dag.head.params.iter().map(FormParam::from).collect(),
        recent,
        active_runs: active.get(&dag.row.dag_id).copied().unwrap_or(0),
        max_active_runs: dag.head.max_active_runs,
        is_paused: dag.row.is_paused,
    }))
}
