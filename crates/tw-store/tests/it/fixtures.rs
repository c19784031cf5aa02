//! Rows for tests. Ids are numbers, instants are seconds after a fixed one.

use std::sync::Arc;

use serde_json::json;
use tw_engine::{DagRow, DagVersionRow, Write};
use tw_model::{
    Dag, DagId, DagRun, DagRunId, DagRunState, DagVersionId, Interval, Pool, ReturnValue, RunId, RunType, Task, TaskId,
    TaskInstance, TaskInstanceId, TaskInstanceState, TimeSpan, Timestamp, TriggeredBy,
};
use uuid::Uuid;

/// So many seconds after the beginning of 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().saturating_add(TimeSpan::from_secs(seconds))
}

pub(crate) fn run_key(number: u128) -> DagRunId {
    DagRunId(Uuid::from_u128(0x0100_0000 + number))
}

pub(crate) fn attempt_id(number: u128) -> TaskInstanceId {
    TaskInstanceId(Uuid::from_u128(0x0200_0000 + number))
}

pub(crate) fn version_id(number: u128) -> DagVersionId {
    DagVersionId(Uuid::from_u128(0x0300_0000 + number))
}

pub(crate) fn dag(dag_id: &str, tasks: &[&str]) -> Dag {
    Dag {
        display_name: Some(format!("The {dag_id}")),
        tags: vec!["b".to_owned(), "a".to_owned()],
        fileloc: format!("/dags/{dag_id}.py"),
        relative_fileloc: format!("{dag_id}.py"),
        start_date: Some(at(0)),
        tasks: tasks.iter().map(|task_id| task(task_id)).collect(),
        ..Dag::new(dag_id.into())
    }
}

pub(crate) fn task(task_id: &str) -> Task {
    Task {
        task_module: "airflow.providers.standard.operators.python".to_owned(),
        owner: format!("{task_id}-team"),
        ..Task::new(task_id.into(), "PythonOperator")
    }
}

pub(crate) fn version(number: u128, dag: Dag) -> DagVersionRow {
    DagVersionRow {
        id: version_id(number),
        dag_id: dag.dag_id.clone(),
        version_number: 1,
        content_hash: format!("hash {number}"),
        dag: Arc::new(dag),
        source: "# source".into(),
        created_at: at(1),
    }
}

pub(crate) fn dag_row(dag_id: &str, version: u128) -> DagRow {
    DagRow {
        dag_id: dag_id.into(),
        is_paused: false,
        is_stale: false,
        has_import_errors: false,
        bundle_name: "dags-folder".to_owned(),
        relative_fileloc: format!("{dag_id}.py"),
        latest_version_id: version_id(version),
        latest_version_number: 1,
        next_run: None,
        last_automated: None,
        last_parsed_at: at(1),
        parse_micros: 1_500,
        consecutive_failed_runs: 0,
    }
}

/// A running run whose logical date is `number` days after the first.
pub(crate) fn run(dag_id: &str, number: u128) -> DagRun {
    let date = at(86_400 * i64::try_from(number).unwrap());
    DagRun {
        id: run_key(number),
        dag_id: dag_id.into(),
        run_id: run_name(number),
        run_type: RunType::Scheduled,
        triggered_by: TriggeredBy::Timetable,
        triggering_user: None,
        state: DagRunState::Running,
        logical_date: Some(date),
        data_interval: Some(Interval { start: date, end: date.saturating_add(TimeSpan::from_secs(86_400)) }),
        run_after: date,
        queued_at: Some(at(2)),
        start_date: Some(at(3)),
        end_date: None,
        conf: Arc::new(json!({"a": [1, null, "ü"]})),
        note: None,
        dag_version_id: version_id(1),
        clear_number: 0,
        reason: None,
    }
}

pub(crate) fn run_name(number: u128) -> RunId {
    format!("run_{number}").into()
}

/// A running first try.
pub(crate) fn instance(run: &DagRun, task_id: &str, map_index: i32, id: u128) -> TaskInstance {
    TaskInstance {
        id: attempt_id(id),
        dag_run_id: run.id,
        dag_id: run.dag_id.clone(),
        run_id: run.run_id.clone(),
        task_id: task_id.into(),
        map_index,
        dag_version_id: run.dag_version_id,
        state: Some(TaskInstanceState::Running),
        try_number: 1,
        max_tries: 2,
        dispatch: 1,
        scheduled_at: Some(at(4)),
        queued_at: Some(at(5)),
        start_date: Some(at(6)),
        end_date: None,
        not_before: None,
        reschedule_count: 0,
        first_reschedule_date: None,
        pool: Pool::DEFAULT.to_owned(),
        pool_slots: 1,
        queue: "default".to_owned(),
        priority_weight: -3,
        operator: "@task".to_owned(),
        executor: None,
        return_value: ReturnValue::None,
        skip_record: None,
        reason: None,
    }
}

pub(crate) fn write_run(run: &DagRun) -> Write {
    Write::DagRun(Box::new(run.clone()))
}

pub(crate) fn write_instance(instance: &TaskInstance) -> Write {
    Write::TaskInstance(Box::new(instance.clone()))
}

/// A DAG with one version, a running run and its instances of the given tasks.
pub(crate) fn small_world(dag_id: &str, tasks: &[&str]) -> (Vec<Write>, DagRun, Vec<TaskInstance>) {
    let run = run(dag_id, 1);
    let instances: Vec<_> =
        tasks.iter().zip(1u128..).map(|(task_id, number)| instance(&run, task_id, -1, number)).collect();
    let mut writes = vec![
        Write::DagVersion(Box::new(version(1, dag(dag_id, tasks)))),
        Write::Dag(Box::new(dag_row(dag_id, 1))),
        write_run(&run),
    ];
    writes.extend(instances.iter().map(write_instance));
    (writes, run, instances)
}

pub(crate) fn dag_id(text: &str) -> DagId {
    text.into()
}

pub(crate) fn task_id(text: &str) -> TaskId {
    text.into()
}
