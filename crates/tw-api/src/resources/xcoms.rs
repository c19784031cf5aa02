//! `…/taskInstances/{task_id}/xcomEntries`, reading.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;
use tw_model::{DagId, RunId, TaskId, Timestamp};
use tw_store::{XComColumn, XComFilter, XComView};

use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::readable::{python_str, readable};
use crate::state::ApiState;
use crate::versions::NamesByVersion;

const BASE: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries";

/// The routes. Keys may contain slashes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route(BASE, get(list)).route(&format!("{BASE}/{{*xcom_key}}"), get(one))
}

/// `XComResponse`.
#[derive(Serialize)]
struct XComShape {
    key: String,
    timestamp: Timestamp,
    logical_date: Option<Timestamp>,
    map_index: i32,
    task_id: String,
    dag_id: String,
    run_id: String,
    dag_display_name: String,
    task_display_name: String,
    run_after: Timestamp,
}

impl XComShape {
    fn new(view: &XComView, names: &NamesByVersion) -> Self {
        let names = names.get(&view.version.id);
        Self {
            key: view.key.clone(),
            timestamp: view.at,
            logical_date: view.logical_date,
            map_index: view.map_index,
            task_id: view.task_id.to_string(),
            dag_id: view.dag_id.to_string(),
            run_id: view.run_id.to_string(),
            dag_display_name: view.version.display_name.clone(),
            task_display_name: names
                .map_or_else(|| view.task_id.to_string(), |names| names.display_name(&view.task_id)),
            run_after: view.run_after,
        }
    }
}

/// `XComResponseNative` and `XComResponseString`.
#[derive(Serialize)]
struct XComWithValue {
    #[serde(flatten)]
    xcom: XComShape,
    value: Value,
}

#[derive(Serialize)]
struct XComs {
    xcom_entries: Vec<XComShape>,
    total_entries: u32,
}

fn column(name: &str) -> Option<XComColumn> {
    Some(match name {
        "key" => XComColumn::Key,
        "dag_id" => XComColumn::DagId,
        "run_id" => XComColumn::RunId,
        "task_id" => XComColumn::TaskId,
        "map_index" => XComColumn::MapIndex,
        "timestamp" => XComColumn::At,
        "run_after" => XComColumn::RunAfter,
        _ => return None,
    })
}

/// Airflow's default order.
const DEFAULT_ORDER: [(XComColumn, bool); 5] = [
    (XComColumn::DagId, false),
    (XComColumn::TaskId, false),
    (XComColumn::RunId, false),
    (XComColumn::MapIndex, false),
    (XComColumn::Key, false),
];

async fn list(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<XComs>, ApiError> {
    let named = |id: &str| (id != "~").then(|| id.to_owned());
    let index = |name: &str| params.parsed::<i32>(name, "a map index");
    let filter = XComFilter {
        dag_id: named(&dag_id).map(DagId::from),
        run_id: named(&run_id).map(RunId::from),
        task_id: named(&task_id).map(TaskId::from),
        map_index: index("map_index")?.or(index("map_index_filter")?),
        key: params.string("xcom_key"),
        key_search: params.search("xcom_key"),
        dag_display_name: params.search("dag_display_name"),
        run_id_search: params.search("run_id"),
        task_id_search: params.search("task_id"),
        logical_date: params.instants("logical_date")?,
        run_after: params.instants("run_after")?,
    };
    let mut order = params.order(column)?;
    if order.is_empty() {
        order.extend(DEFAULT_ORDER);
    }
    let listed = state.store().xcoms_list(&filter, &order, params.page()?).await?;
    let versions: Vec<_> = listed.rows.iter().map(|row| &row.version).collect();
    let names = state.versions().names(state.store(), &versions).await?;
    let xcom_entries = listed.rows.iter().map(|row| XComShape::new(row, &names)).collect();
    Ok(Json(XComs { xcom_entries, total_entries: listed.total }))
}

async fn one(
    State(state): State<ApiState>,
    Path((dag_id, run_id, task_id, key)): Path<(String, String, String, String)>,
    params: Params,
) -> Result<Json<XComWithValue>, ApiError> {
    let (dag_id, run_id, task_id) = (DagId::from(dag_id), RunId::from(run_id), TaskId::from(task_id));
    let map_index = params.map_index()?;
    let (deserialize, stringify) =
        (params.flag("deserialize")?.unwrap_or(false), params.flag("stringify")?.unwrap_or(false));
    let found = state.store().xcom_view(&dag_id, &run_id, &task_id, map_index, &key).await?;
    let (view, text) = found.ok_or_else(|| ApiError::not_found(format!("The XCom with key: `{key}` was not found")))?;
    // What is stored is JSON; if it should not be, its text is the best answer there is.
    let mut value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if deserialize {
        value = readable(value);
    }
    if stringify && !value.is_null() {
        value = Value::String(python_str(&value));
    }
    let names = state.versions().names(state.store(), &[&view.version]).await?;
    Ok(Json(XComWithValue { xcom: XComShape::new(&view, &names), value }))
}
