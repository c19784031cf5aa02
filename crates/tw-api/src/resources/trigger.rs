//! `POST /dags/{dag_id}/dagRuns`: a request for a run (S-2.43).

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::REFERER;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tw_engine::{Input, Reply, TriggerRun};
use tw_model::{DagId, Interval, RunId, RunType, Timestamp, TriggeredBy};
use tw_store::DagSummary;

use super::runs::{RunShape, existing_run};
use crate::auth::Caller;
use crate::body::Body;
use crate::error::{ApiError, accepted};
use crate::params::check_conf;
use crate::path::Path;
use crate::query::parse_instant;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/dagRuns", post(trigger))
}

/// `TriggerDAGRunPostBody`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    dag_run_id: Option<String>,
    data_interval_start: Option<Timestamp>,
    data_interval_end: Option<Timestamp>,
    /// Must be there, although it may be null.
    #[serde(deserialize_with = "Option::deserialize")]
    logical_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient_instant")]
    run_after: Option<Timestamp>,
    conf: Option<Map<String, Value>>,
    note: Option<String>,
    partition_key: Option<String>,
}

/// An instant that may lack its offset; then it is UTC.
fn lenient_instant<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(d)? else { return Ok(None) };
    parse_instant(&text).map(Some).ok_or_else(|| serde::de::Error::custom(format!("not an instant: {text:?}")))
}

impl Trigger {
    /// The data interval, which counts only beside a logical date.
    fn data_interval(&self) -> Result<Option<Interval>, ApiError> {
        let interval = match (self.data_interval_start, self.data_interval_end) {
            (Some(start), Some(end)) => Some(Interval { start, end }),
            (None, None) => None,
            _ => return Err(ApiError::invalid_body("data_interval_start and data_interval_end go together")),
        };
        Ok(interval.filter(|_| self.logical_date.is_some()))
    }
}

/// What forbids a manual run whatever the request says.
fn check_dag(dag_id: &str, dag: Option<&DagSummary>) -> Result<(), ApiError> {
    let Some(dag) = dag.filter(|dag| !dag.row.is_stale) else {
        return Err(ApiError::not_found(format!("The DAG with dag_id: `{dag_id}` was not found")));
    };
    if dag.row.has_import_errors {
        return Err(ApiError::bad_request(format!("The DAG `{dag_id}` has import errors and cannot be triggered")));
    }
    match &dag.head.allowed_run_types {
        Some(types) if !types.contains(&RunType::Manual) => {
            Err(ApiError::bad_request(format!("The DAG `{dag_id}` does not allow manual runs")))
        }
        _ => Ok(()),
    }
}

async fn trigger(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<Trigger>,
) -> Result<Json<RunShape>, ApiError> {
    let data_interval = body.data_interval()?;
    let dag = state.store().dag_summary(&DagId::from(dag_id.as_str())).await?;
    check_dag(&dag_id, dag.as_ref())?;
    if body.partition_key.is_some() {
        return Err(ApiError::bad_request(format!("The DAG `{dag_id}` is not partitioned")));
    }
    let conf = body.conf.unwrap_or_default();
    let params = dag.as_ref().map(|dag| dag.head.params.as_slice()).unwrap_or_default();
    check_conf(params, &conf).map_err(ApiError::bad_request)?;
    let request = TriggerRun {
        dag_id: DagId::from(dag_id.as_str()),
        run_id: body.dag_run_id.map(RunId::from),
        logical_date: body.logical_date,
        data_interval,
        run_after: body.run_after,
        conf: Arc::new(Value::Object(conf)),
        note: body.note.filter(|note| !note.is_empty()),
        run_type: RunType::Manual,
        // As in Airflow: what comes from a page says which one.
        triggered_by: if headers.contains_key(REFERER) { TriggeredBy::Ui } else { TriggeredBy::RestApi },
        triggering_user: Some(caller.username),
    };
    match accepted(state.control().submit(Input::TriggerRun(Box::new(request))).await?)? {
        Reply::Run(run) => {
            let view = existing_run(&state, run.dag_id.as_str(), run.run_id.as_str()).await?;
            Ok(Json(RunShape::from(&view)))
        }
        _ => Err(ApiError::unavailable("The scheduler did not say which run it created")),
    }
}
