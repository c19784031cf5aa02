//! What the store holds before each test. Ids are numbers, instants are seconds after a fixed one.

use std::sync::Arc;

use serde_json::{Map, json};
use tw_engine::{DagRow, DagVersionRow, ImportError, PlannedRun, Write};
use tw_model::{
    Connection, Dag, DagRun, DagRunId, DagRunState, DagVersionId, ExitStatus, ExpandInput, Interval, MapInput, Param,
    Pool, ReturnValue, RunType, Task, TaskInstance, TaskInstanceId, TaskInstanceState, TimeSpan, Timestamp, Timetable,
    TriggeredBy, Usage, UsagePoint, UsageSeries, Variable,
};
use tw_store::{AttemptExit, Epoch, Store, XComKey};
use uuid::Uuid;

/// So many seconds after the beginning of 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().saturating_add(TimeSpan::from_secs(seconds))
}

fn version_id(number: u128) -> DagVersionId {
    DagVersionId(Uuid::from_u128(0x0300_0000 + number))
}

fn task(task_id: &str) -> Task {
    Task {
        task_module: "airflow.providers.standard.decorators.python".to_owned(),
        operator_name: Some("@task".to_owned()),
        owner: "data".to_owned(),
        retries: 1,
        template_fields: vec!["op_kwargs".to_owned()],
        ..Task::new(task_id.into(), "_PythonDecoratedOperator")
    }
}

/// A DAG without a schedule.
fn plain(dag_id: &str, tasks: Vec<Task>) -> Dag {
    Dag {
        fileloc: format!("/dags/{dag_id}.py"),
        relative_fileloc: format!("{dag_id}.py"),
        tasks,
        ..Dag::new(dag_id.into())
    }
}

/// A DAG that uses most of what a DAG can say.
fn etl() -> Dag {
    let extract = Task {
        display_name: Some("Extract it".to_owned()),
        downstream_task_ids: vec!["load".into()],
        execution_timeout: Some(TimeSpan::from_secs(90_000)),
        doc_md: Some("reads".to_owned()),
        extra: Map::from_iter([("op_kwargs".to_owned(), json!({"limit": "{{ params.limit }}"}))]),
        ..task("extract")
    };
    let load = Task {
        expand_input: Some(ExpandInput::DictOfLists(vec![("n".to_owned(), MapInput::Literal { len: 2 })])),
        max_active_tis_per_dag: Some(1),
        owner: "ops".to_owned(),
        extra: Map::from_iter([(
            "partial_kwargs".to_owned(),
            json!({"op_kwargs": {"__type": "dict", "__var": {"day": {"__type": "tuple", "__var": ["{{ ds }}"]}}}}),
        )]),
        ..task("load")
    };
    let limit = Param {
        name: "limit".to_owned(),
        default: Some(json!(10)),
        description: Some("Rows".to_owned()),
        schema: json!({"type": "integer", "minimum": 1}),
        source: Some("dag".to_owned()),
    };
    Dag {
        display_name: Some("The ETL".to_owned()),
        description: Some("Moves data".to_owned()),
        doc_md: Some("\n    # ETL\n      indented\n".to_owned()),
        tags: vec!["daily".to_owned(), "sales".to_owned()],
        timetable: Timetable::CronDataInterval { expression: "0 0 * * *".to_owned(), timezone: "UTC".to_owned() },
        start_date: Some(at(0)),
        dagrun_timeout: Some(TimeSpan::from_secs(5_400)),
        params: vec![limit],
        extra: Map::from_iter([("default_args".to_owned(), json!({"__type": "dict", "__var": {"owner": "data"}}))]),
        ..plain("etl", vec![extract, load])
    }
}

fn version(number: u128, version_number: u32, dag: Dag) -> Write {
    Write::DagVersion(Box::new(DagVersionRow {
        id: version_id(number),
        dag_id: dag.dag_id.clone(),
        version_number,
        content_hash: format!("hash {number}"),
        source: format!("# version {version_number} of {}", dag.dag_id).into(),
        dag: Arc::new(dag),
        created_at: at(1),
    }))
}

fn dag_row(dag_id: &str, version: u128, version_number: u32) -> DagRow {
    DagRow {
        dag_id: dag_id.into(),
        is_paused: false,
        is_stale: false,
        has_import_errors: false,
        bundle_name: "dags-folder".to_owned(),
        relative_fileloc: format!("{dag_id}.py"),
        latest_version_id: version_id(version),
        latest_version_number: version_number,
        next_run: None,
        last_automated: None,
        last_parsed_at: at(1),
        parse_micros: 1_500,
        consecutive_failed_runs: 0,
    }
}

pub(crate) fn run(dag_id: &str, version: u128, number: u32) -> DagRun {
    let date = at(86_400 * i64::from(number));
    DagRun {
        id: DagRunId(Uuid::from_u128(0x0100_0000 + u128::from(number))),
        dag_id: dag_id.into(),
        run_id: format!("run_{number}").into(),
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
        conf: Arc::new(json!({})),
        note: None,
        dag_version_id: version_id(version),
        clear_number: 0,
        reason: None,
    }
}

pub(crate) fn attempt_id(number: u128) -> TaskInstanceId {
    TaskInstanceId(Uuid::from_u128(0x0200_0000 + number))
}

pub(crate) fn instance(run: &DagRun, task_id: &str, map_index: i32, id: u128) -> TaskInstance {
    TaskInstance {
        id: attempt_id(id),
        dag_run_id: run.id,
        dag_id: run.dag_id.clone(),
        run_id: run.run_id.clone(),
        task_id: task_id.into(),
        map_index,
        dag_version_id: run.dag_version_id,
        state: None,
        try_number: 1,
        max_tries: 1,
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
        priority_weight: 2,
        operator: "@task".to_owned(),
        executor: None,
        return_value: ReturnValue::None,
        skip_record: None,
        reason: None,
    }
}

/// The finished run: its first task needed two tries, its mapped one has two instances.
fn finished() -> (DagRun, Vec<Write>) {
    let run = DagRun {
        run_type: RunType::Manual,
        triggered_by: TriggeredBy::RestApi,
        triggering_user: Some("ada".to_owned()),
        state: DagRunState::Success,
        end_date: Some(at(33)),
        conf: Arc::new(json!({"limit": 5})),
        note: Some("first".to_owned()),
        ..run("etl", 2, 1)
    };
    let put = |instance: &TaskInstance| Write::TaskInstance(Box::new(instance.clone()));
    let failed = TaskInstance {
        state: Some(TaskInstanceState::Failed),
        end_date: Some(at(8)),
        ..instance(&run, "extract", -1, 1)
    };
    let done = TaskInstance {
        try_number: 2,
        state: Some(TaskInstanceState::Success),
        end_date: Some(at(16)),
        ..instance(&run, "extract", -1, 2)
    };
    let mapped = |index: i32| TaskInstance {
        state: Some(TaskInstanceState::Success),
        end_date: Some(at(20)),
        ..instance(&run, "load", index, 3 + index.unsigned_abs() as u128)
    };
    let (zero, one) = (mapped(0), mapped(1));
    let writes = vec![
        Write::DagRun(Box::new(run.clone())),
        put(&failed),
        Write::ArchiveTaskInstance { id: failed.id },
        put(&done),
        Write::AttemptHost { id: done.id, hostname: "host".into(), unixname: "ada".into(), pid: 42 },
        put(&zero),
        put(&one),
        Write::RenderedMapIndex { id: one.id, label: "second".into() },
    ];
    (run, writes)
}

/// The unfinished run: one task runs, the other waits.
fn unfinished() -> Vec<Write> {
    let run = run("etl", 2, 2);
    let running = TaskInstance { state: Some(TaskInstanceState::Running), ..instance(&run, "extract", -1, 10) };
    let waiting = TaskInstance {
        try_number: 0,
        scheduled_at: None,
        queued_at: None,
        start_date: None,
        ..instance(&run, "load", -1, 11)
    };
    let put = |instance: TaskInstance| Write::TaskInstance(Box::new(instance));
    vec![Write::DagRun(Box::new(run)), put(running), put(waiting)]
}

fn dags() -> Vec<Write> {
    let next = PlannedRun {
        run_after: at(259_200),
        logical_date: Some(at(172_800)),
        data_interval: Some(Interval { start: at(172_800), end: at(259_200) }),
    };
    let dag = |row: DagRow| Write::Dag(Box::new(row));
    let fragile = Dag { allowed_run_types: Some(vec![RunType::Scheduled]), ..plain("fixed", vec![task("only")]) };
    vec![
        version(1, 1, plain("etl", vec![task("extract")])),
        version(2, 2, etl()),
        version(3, 1, plain("paused", vec![task("only")])),
        version(4, 1, plain("gone", vec![task("only")])),
        version(5, 1, plain("broken", vec![task("only")])),
        version(6, 1, fragile),
        dag(DagRow { next_run: Some(next), ..dag_row("etl", 2, 2) }),
        dag(DagRow { is_paused: true, ..dag_row("paused", 3, 1) }),
        dag(DagRow { is_stale: true, ..dag_row("gone", 4, 1) }),
        dag(DagRow { has_import_errors: true, ..dag_row("broken", 5, 1) }),
        dag(dag_row("fixed", 6, 1)),
        Write::ImportError {
            bundle_name: "dags-folder".to_owned(),
            relative_fileloc: "broken.py".to_owned(),
            error: Some(ImportError { at: at(1), message: "Traceback: no".to_owned() }),
        },
    ]
}

/// Writes all of it.
pub(crate) async fn fill(store: &Store, epoch: Epoch) {
    let pool = |name: &str, slots, include_deferred| {
        Write::Pool(Pool { name: name.to_owned(), slots, description: None, include_deferred })
    };
    let (run, finished) = finished();
    let mut writes = dags();
    writes.extend(finished);
    writes.extend(unfinished());
    writes.extend([pool(Pool::DEFAULT, 128, false), pool("a/b", -1, true)]);
    store.commit(epoch, &writes, &[]).await.unwrap();

    let key = |key| XComKey { dag_id: run.dag_id.as_str(), run_id: run.run_id.as_str(), task_id: "extract", key };
    let value =
        json!({"rows": [1, 2], "when": {"__classname__": "datetime.date", "__version__": 2, "__data__": "2026-01-01"}});
    store.xcom_set(key("return_value"), -1, &value, at(15)).await.unwrap();
    store.xcom_set(key("a/b"), -1, &json!("text"), at(15)).await.unwrap();
    let points = [(950, 40 << 20), (1_200, 64 << 20), (50, 8 << 20)].map(UsagePoint::from).to_vec();
    let series = UsageSeries { interval: TimeSpan::from_secs(2), points };
    let usage = Usage { max_rss_bytes: 60 << 20, ..Usage::default() };
    let exited =
        AttemptExit { exit: ExitStatus::Code(1), usage, series: Some(&series), exception: Some("ValueError: no") };
    store.attempt_exited(attempt_id(1), exited).await.unwrap();
    store.rendered_fields_set("etl", "run_1", "extract", -1, &json!({"op_kwargs": {"limit": 5}})).await.unwrap();
    for (name, text) in [("city", "Bergen"), ("db_password", "hunter2"), ("settings", r#"{"api_key":"k","n":1}"#)] {
        let variable = Variable { key: name.to_owned(), value: text.to_owned(), description: None };
        store.variable_create(&variable).await.unwrap();
    }
    let connection = Connection {
        conn_id: "warehouse".to_owned(),
        conn_type: "postgres".to_owned(),
        host: Some("db".to_owned()),
        login: Some("ada".to_owned()),
        password: Some("hunter2".to_owned()),
        port: Some(5432),
        extra: Some(r#"{"token":"t","sslmode":"on"}"#.to_owned()),
        ..Connection::default()
    };
    store.connection_create(&connection).await.unwrap();
}
