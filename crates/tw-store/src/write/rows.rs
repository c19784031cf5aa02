//! Values to rows: for each statement of the engine's writes, its columns and the function that fills
//! them.

use tw_engine::{CallbackRequest, DagRow, DagVersionRow, ImportError};
use tw_model::{Dag, DagRun, Pool, TaskGroup, TaskInstance};
use uuid::Uuid;

use super::bulk::Bulk;
use crate::error::StoreError;
use crate::record::return_length;
use crate::value::Value;

/// Every statement of [`crate::Store::commit`] that takes rows.
pub(crate) static BULKS: [&Bulk; 16] = [
    &DAG,
    &DAG_VERSION,
    &DAG_TAG,
    &DAG_RUN,
    &TASK_INSTANCE,
    &IMPORT_ERROR,
    &POOL,
    &CALLBACK,
    &AUDIT,
    &DELETE_TASK_INSTANCE,
    &ARCHIVE,
    &FORGET_PROCESS,
    &ATTEMPT_HOST,
    &RENDERED_MAP_INDEX,
    &NOTE,
    &CLEAR_XCOM,
];

pub(crate) static DAG: Bulk = Bulk::upsert(
    "dag",
    &[
        "dag_id",
        "is_paused",
        "is_stale",
        "has_import_errors",
        "bundle_name",
        "relative_fileloc",
        "latest_version_id",
        "latest_version_number",
        "next_run_after_us",
        "next_logical_date_us",
        "next_data_interval_start_us",
        "next_data_interval_end_us",
        "last_automated_start_us",
        "last_automated_end_us",
        "last_parsed_at_us",
        "parse_micros",
        "consecutive_failed_runs",
    ],
    &["dag_id"],
);

pub(crate) fn dag(d: &DagRow) -> Vec<Value> {
    let next = d.next_run.as_ref();
    let next_interval = next.and_then(|n| n.data_interval);
    vec![
        (&d.dag_id).into(),
        d.is_paused.into(),
        d.is_stale.into(),
        d.has_import_errors.into(),
        (&d.bundle_name).into(),
        (&d.relative_fileloc).into(),
        d.latest_version_id.into(),
        d.latest_version_number.into(),
        next.map(|n| n.run_after).into(),
        next.and_then(|n| n.logical_date).into(),
        next_interval.map(|i| i.start).into(),
        next_interval.map(|i| i.end).into(),
        d.last_automated.map(|i| i.start).into(),
        d.last_automated.map(|i| i.end).into(),
        d.last_parsed_at.into(),
        d.parse_micros.into(),
        d.consecutive_failed_runs.into(),
    ]
}

pub(crate) static DAG_VERSION: Bulk = Bulk::upsert(
    "dag_version",
    &[
        "id",
        "dag_id",
        "version_number",
        "content_hash",
        "created_at_us",
        "display_name",
        "owners",
        "task_count",
        "has_task_limits",
        "head",
        "data",
        "source",
    ],
    &["id"],
);

pub(crate) fn dag_version(v: &DagVersionRow) -> Result<Vec<Value>, StoreError> {
    let dag = &*v.dag;
    let limited = |t: &tw_model::Task| t.max_active_tis_per_dag.is_some() || t.max_active_tis_per_dagrun.is_some();
    let task_count = u32::try_from(dag.tasks.len()).map_err(|_| StoreError::other("a DAG has too many tasks"))?;
    Ok(vec![
        v.id.into(),
        (&v.dag_id).into(),
        v.version_number.into(),
        (&v.content_hash).into(),
        v.created_at.into(),
        dag.display_name.as_deref().unwrap_or(dag.dag_id.as_str()).into(),
        dag.owners().join(", ").into(),
        task_count.into(),
        dag.tasks.iter().any(limited).into(),
        json(&head(dag))?,
        json(dag)?,
        (&*v.source).into(),
    ])
}

/// The DAG without its tasks and groups.
fn head(dag: &Dag) -> Dag {
    Dag {
        dag_id: dag.dag_id.clone(),
        display_name: dag.display_name.clone(),
        description: dag.description.clone(),
        doc_md: dag.doc_md.clone(),
        tags: dag.tags.clone(),
        fileloc: dag.fileloc.clone(),
        relative_fileloc: dag.relative_fileloc.clone(),
        timezone: dag.timezone.clone(),
        timetable: dag.timetable.clone(),
        allowed_run_types: dag.allowed_run_types.clone(),
        params: dag.params.clone(),
        tasks: Vec::new(),
        task_group: TaskGroup::default(),
        extra: serde_json::Map::new(),
        ..*dag
    }
}

pub(crate) static DAG_TAG: Bulk = Bulk::upsert("dag_tag", &["dag_id", "name"], &["dag_id", "name"]);

/// The distinct tags of a DAG.
pub(crate) fn dag_tags(dag: &Dag) -> Vec<Vec<Value>> {
    let mut tags: Vec<&str> = dag.tags.iter().map(String::as_str).collect();
    tags.sort_unstable();
    tags.dedup();
    tags.into_iter().map(|tag| vec![(&dag.dag_id).into(), tag.into()]).collect()
}

pub(crate) static DAG_RUN: Bulk = Bulk::upsert(
    "dag_run",
    &[
        "id",
        "dag_id",
        "run_id",
        "run_type",
        "triggered_by",
        "triggering_user",
        "state",
        "logical_date_us",
        "data_interval_start_us",
        "data_interval_end_us",
        "run_after_us",
        "queued_at_us",
        "start_date_us",
        "end_date_us",
        "dag_version_id",
        "clear_number",
        "reason",
        "note",
        "conf",
    ],
    &["id"],
);

pub(crate) fn dag_run(r: &DagRun) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        r.id.into(),
        (&r.dag_id).into(),
        (&r.run_id).into(),
        r.run_type.as_str().into(),
        r.triggered_by.as_str().into(),
        r.triggering_user.as_deref().into(),
        r.state.as_str().into(),
        r.logical_date.into(),
        r.data_interval.map(|i| i.start).into(),
        r.data_interval.map(|i| i.end).into(),
        r.run_after.into(),
        r.queued_at.into(),
        r.start_date.into(),
        r.end_date.into(),
        r.dag_version_id.into(),
        r.clear_number.into(),
        r.reason.as_deref().into(),
        r.note.as_deref().into(),
        json(&*r.conf)?,
    ])
}

const TASK_INSTANCE_COLUMNS: &[&str] = &[
    "id",
    "dag_run_id",
    "task_id",
    "map_index",
    "dag_id",
    "run_id",
    "dag_version_id",
    "state",
    "try_number",
    "max_tries",
    "dispatch",
    "scheduled_at_us",
    "queued_at_us",
    "start_date_us",
    "end_date_us",
    "not_before_us",
    "reschedule_count",
    "first_reschedule_date_us",
    "pool",
    "pool_slots",
    "queue",
    "priority_weight",
    "operator",
    "executor",
    "return_length",
    "skip_record",
    "reason",
];

pub(crate) static TASK_INSTANCE: Bulk =
    Bulk::upsert("task_instance", TASK_INSTANCE_COLUMNS, &["dag_run_id", "task_id", "map_index"]);

/// Every column of a task instance, those that describe its process included.
macro_rules! history_columns {
    () => {
        "id, dag_run_id, task_id, map_index, dag_id, run_id, dag_version_id, state, try_number, max_tries, dispatch, \
         scheduled_at_us, queued_at_us, start_date_us, end_date_us, not_before_us, reschedule_count, \
         first_reschedule_date_us, pool, pool_slots, queue, priority_weight, operator, executor, return_length, \
         skip_record, reason, hostname, unixname, pid, rendered_map_index, exit_status, user_cpu_us, system_cpu_us, \
         max_rss_bytes, usage_series, exception"
    };
}

pub(crate) fn task_instance(t: &TaskInstance) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        t.id.into(),
        t.dag_run_id.into(),
        (&t.task_id).into(),
        t.map_index.into(),
        (&t.dag_id).into(),
        (&t.run_id).into(),
        t.dag_version_id.into(),
        t.state.map(|s| s.as_str()).into(),
        t.try_number.into(),
        t.max_tries.into(),
        t.dispatch.into(),
        t.scheduled_at.into(),
        t.queued_at.into(),
        t.start_date.into(),
        t.end_date.into(),
        t.not_before.into(),
        t.reschedule_count.into(),
        t.first_reschedule_date.into(),
        (&t.pool).into(),
        t.pool_slots.into(),
        (&t.queue).into(),
        t.priority_weight.into(),
        (&t.operator).into(),
        t.executor.as_deref().into(),
        return_length(t.return_value).into(),
        t.skip_record.as_ref().map_or(Ok(Value::Null), json)?,
        t.reason.as_deref().into(),
    ])
}

pub(crate) static DELETE_TASK_INSTANCE: Bulk = Bulk::named(
    "delete task instances",
    "DELETE FROM task_instance WHERE dag_run_id = $1 AND task_id = $2 AND map_index = $3",
    "DELETE FROM task_instance WHERE (dag_run_id, task_id, map_index) IN (VALUES ",
    &["BYTEA", "TEXT", "BIGINT"],
    ")",
);

macro_rules! archive {
    () => {
        concat!(
            "INSERT INTO task_instance_history (",
            history_columns!(),
            ") SELECT ",
            history_columns!(),
            " FROM task_instance WHERE id "
        )
    };
}

pub(crate) static ARCHIVE: Bulk = Bulk::named(
    "archive attempts",
    concat!(archive!(), "= $1 ON CONFLICT DO NOTHING"),
    concat!(archive!(), "IN (VALUES "),
    &["BYTEA"],
    ") ON CONFLICT DO NOTHING",
);

macro_rules! forget_process {
    () => {
        "UPDATE task_instance SET hostname = NULL, unixname = NULL, pid = NULL, rendered_map_index = NULL, \
         exit_status = NULL, user_cpu_us = NULL, system_cpu_us = NULL, max_rss_bytes = NULL, \
         usage_series = NULL, exception = NULL WHERE id "
    };
}

/// What describes the process of an attempt goes with the attempt.
pub(crate) static FORGET_PROCESS: Bulk = Bulk::named(
    "forget processes",
    concat!(forget_process!(), "= $1"),
    concat!(forget_process!(), "IN (VALUES "),
    &["BYTEA"],
    ")",
);

pub(crate) static ATTEMPT_HOST: Bulk = Bulk::named(
    "note hosts",
    "UPDATE task_instance SET hostname = $2, unixname = $3, pid = $4 WHERE id = $1",
    "UPDATE task_instance SET hostname = a.column2, unixname = a.column3, pid = a.column4 FROM (VALUES ",
    &["BYTEA", "TEXT", "TEXT", "BIGINT"],
    ") AS a WHERE id = a.column1",
);

pub(crate) static RENDERED_MAP_INDEX: Bulk = Bulk::named(
    "note labels",
    "UPDATE task_instance SET rendered_map_index = $2 WHERE id = $1",
    "UPDATE task_instance SET rendered_map_index = a.column2 FROM (VALUES ",
    &["BYTEA", "TEXT"],
    ") AS a WHERE id = a.column1",
);

pub(crate) static NOTE: Bulk = Bulk::named(
    "note task instances",
    "UPDATE task_instance SET note = $4 WHERE dag_run_id = $1 AND task_id = $2 AND map_index = $3",
    "UPDATE task_instance SET note = a.column4 FROM (VALUES ",
    &["BYTEA", "TEXT", "BIGINT", "TEXT"],
    ") AS a WHERE dag_run_id = a.column1 AND task_id = a.column2 AND map_index = a.column3",
);

pub(crate) static CLEAR_XCOM: Bulk = Bulk::named(
    "clear xcoms",
    "DELETE FROM xcom WHERE dag_run_id = $1 AND task_id = $2 AND map_index = $3",
    "DELETE FROM xcom WHERE (dag_run_id, task_id, map_index) IN (VALUES ",
    &["BYTEA", "TEXT", "BIGINT"],
    ")",
);

pub(crate) static IMPORT_ERROR: Bulk = Bulk::upsert(
    "import_error",
    &["bundle_name", "relative_fileloc", "at_us", "message"],
    &["bundle_name", "relative_fileloc"],
);

pub(crate) fn import_error(bundle_name: &str, relative_fileloc: &str, error: &ImportError) -> Vec<Value> {
    vec![bundle_name.into(), relative_fileloc.into(), error.at.into(), (&error.message).into()]
}

pub(crate) static POOL: Bulk = Bulk::upsert("pool", &["name", "slots", "description", "include_deferred"], &["name"]);

pub(crate) fn pool(p: &Pool) -> Vec<Value> {
    vec![(&p.name).into(), p.slots.into(), p.description.as_deref().into(), p.include_deferred.into()]
}

pub(crate) static CALLBACK: Bulk = Bulk::upsert("callback_request", &["id", "data"], &["id"]);

pub(crate) fn callback(request: &CallbackRequest) -> Result<Vec<Value>, StoreError> {
    Ok(vec![callback_id(request.id), json(request)?])
}

/// How `callback_request` holds an id.
pub(crate) fn callback_id(id: u128) -> Value {
    Value::Id(Uuid::from_u128(id))
}

pub(crate) static AUDIT: Bulk = Bulk::upsert(
    "audit_log",
    &["at_us", "event", "owner", "dag_id", "run_id", "task_id", "map_index", "try_number", "detail"],
    &[],
);

/// The value as JSON text.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<Value, StoreError> {
    let text = serde_json::to_string(value).map_err(|e| StoreError::Other {
        doing: "cannot write a value as JSON".to_owned(),
        source: Some(Box::new(e)),
    })?;
    Ok(Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_has_every_column_the_engine_writes() {
        let kept: Vec<&str> = history_columns!().split(", ").collect();
        assert!(TASK_INSTANCE_COLUMNS.iter().all(|column| kept.contains(column)));
    }
}
