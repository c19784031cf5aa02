//! How a task instance looks from outside: `TaskInstanceResponse` and `TaskInstanceHistoryResponse`.

use serde::Serialize;
use serde_json::{Map, Value};
use tw_model::record::duration;
use tw_model::{TaskInstanceState, Timestamp};
use tw_store::TaskInstanceView;

use super::versions::DagVersion;
use crate::versions::{NamesByVersion, TaskNames};

/// `TaskInstanceHistoryResponse`, one try.
#[derive(Serialize)]
pub(crate) struct TryShape {
    task_id: String,
    dag_id: String,
    dag_run_id: String,
    map_index: i32,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    duration: Option<f64>,
    state: Option<TaskInstanceState>,
    try_number: u32,
    max_tries: u32,
    task_display_name: String,
    dag_display_name: String,
    hostname: Option<String>,
    unixname: Option<String>,
    pool: String,
    pool_slots: u32,
    queue: Option<String>,
    priority_weight: Option<i32>,
    operator: Option<String>,
    operator_name: Option<String>,
    queued_when: Option<Timestamp>,
    scheduled_when: Option<Timestamp>,
    pid: Option<u32>,
    executor: Option<String>,
    executor_config: &'static str,
    dag_version: Option<DagVersion>,
}

/// `TaskInstanceResponse`.
#[derive(Serialize)]
pub(crate) struct TaskInstanceShape {
    id: String,
    #[serde(flatten)]
    current: TryShape,
    logical_date: Option<Timestamp>,
    run_after: Timestamp,
    note: Option<String>,
    rendered_map_index: Option<String>,
    rendered_fields: Map<String, Value>,
    trigger: Option<Value>,
    triggerer_job: Option<Value>,
}

impl TryShape {
    /// A try, with the names of its version's tasks.
    pub(crate) fn new(view: &TaskInstanceView, names: &NamesByVersion) -> Self {
        let (ti, detail) = (&view.task_instance, &view.detail);
        let names = names.get(&view.version.id);
        let name = names.and_then(|names| names.get(&ti.task_id));
        let task_display_name = names.map_or_else(
            || ti.task_id.to_string(),
            |names: &std::sync::Arc<TaskNames>| names.display_name(&ti.task_id),
        );
        Self {
            task_id: ti.task_id.to_string(),
            dag_id: ti.dag_id.to_string(),
            dag_run_id: ti.run_id.to_string(),
            map_index: ti.map_index,
            start_date: ti.start_date,
            end_date: ti.end_date,
            duration: duration(ti.start_date, ti.end_date).map(|span| span.as_secs_f64()),
            state: ti.state,
            try_number: ti.try_number,
            max_tries: ti.max_tries,
            task_display_name,
            dag_display_name: view.version.display_name.clone(),
            hostname: Some(detail.hostname.clone().unwrap_or_default()),
            unixname: detail.unixname.clone(),
            pool: ti.pool.clone(),
            pool_slots: ti.pool_slots,
            queue: Some(ti.queue.clone()),
            priority_weight: Some(ti.priority_weight),
            operator: Some(name.map_or_else(|| ti.operator.clone(), |name| name.task_type.clone())),
            operator_name: Some(name.map_or_else(|| ti.operator.clone(), |name| name.operator_name.clone())),
            queued_when: ti.queued_at,
            scheduled_when: ti.scheduled_at,
            pid: detail.pid,
            executor: ti.executor.clone(),
            executor_config: "{}",
            dag_version: Some(DagVersion::from(&view.version)),
        }
    }
}

impl TaskInstanceShape {
    /// A task instance, with the names of its version's tasks.
    pub(crate) fn new(view: &TaskInstanceView, names: &NamesByVersion) -> Self {
        Self {
            id: view.task_instance.id.to_string(),
            current: TryShape::new(view, names),
            logical_date: view.logical_date,
            run_after: view.run_after,
            note: view.note.clone(),
            rendered_map_index: rendered_map_index(view),
            rendered_fields: match &view.rendered_fields {
                Some(Value::Object(fields)) => fields.clone(),
                _ => Map::new(),
            },
            trigger: None,
            triggerer_job: None,
        }
    }
}

/// The label of a mapped instance: the author's, else the index.
fn rendered_map_index(view: &TaskInstanceView) -> Option<String> {
    let index = view.task_instance.map_index;
    view.detail.rendered_map_index.clone().or_else(|| (index >= 0).then(|| index.to_string()))
}
