//! Both directions against the stock Task SDK: requests that it wrote (a committed file), and
//! answers that it must be able to read (checked when `TRADEWIND_TEST_PYTHON` names an
//! interpreter with the SDK).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tw_model::{
    AttemptKey, Connection, DagRun, DagRunId, DagRunState, DagVersionId, Interval, ReturnValue, RunType, TaskInstance,
    TaskInstanceId, TaskInstanceState, TimeSpan, Timestamp, TriggeredBy, Workload,
};
use uuid::Uuid;

use super::answer::task_states;
use super::*;
use crate::frame::decode_request;

const REQUESTS: &str = include_str!("golden/requests.json");

fn at() -> Timestamp {
    Timestamp::from_micros(1_767_323_045_678_901)
}

fn dag_run() -> DagRun {
    DagRun {
        id: DagRunId(Uuid::from_u128(1)),
        dag_id: "d".into(),
        run_id: "r".into(),
        run_type: RunType::Scheduled,
        triggered_by: TriggeredBy::Timetable,
        triggering_user: None,
        state: DagRunState::Running,
        logical_date: Some(at()),
        data_interval: Some(Interval::exact(at())),
        run_after: at(),
        queued_at: None,
        start_date: Some(at()),
        end_date: None,
        conf: Arc::new(json!({"a": [1, "x"]})),
        note: Some("n".to_owned()),
        dag_version_id: DagVersionId(Uuid::from_u128(2)),
        clear_number: 1,
        reason: None,
    }
}

fn task_instance(map_index: i32) -> TaskInstance {
    TaskInstance {
        id: TaskInstanceId(Uuid::from_u128(3)),
        dag_run_id: DagRunId(Uuid::from_u128(1)),
        dag_id: "d".into(),
        run_id: "r".into(),
        task_id: "t".into(),
        map_index,
        dag_version_id: DagVersionId(Uuid::from_u128(2)),
        state: Some(TaskInstanceState::Success),
        try_number: 2,
        max_tries: 3,
        dispatch: 1,
        scheduled_at: None,
        queued_at: None,
        start_date: Some(at()),
        end_date: Some(at().saturating_add(TimeSpan::from_micros(1_500_000))),
        not_before: None,
        reschedule_count: 0,
        first_reschedule_date: None,
        pool: "default_pool".to_owned(),
        pool_slots: 1,
        queue: "default".to_owned(),
        priority_weight: 1,
        operator: "BashOperator".to_owned(),
        executor: None,
        return_value: ReturnValue::None,
        skip_record: None,
        reason: None,
    }
}

fn workload() -> Workload {
    Workload {
        attempt: AttemptKey { task_instance_id: TaskInstanceId(Uuid::from_u128(3)), dispatch: 1 },
        dag_id: "d".into(),
        run_id: "r".into(),
        task_id: "t".into(),
        map_index: -1,
        try_number: 1,
        max_tries: 2,
        should_retry: true,
        task_reschedule_count: 0,
        first_reschedule_date: None,
        dag_version_id: DagVersionId(Uuid::from_u128(2)),
        relative_fileloc: "a/b.py".to_owned(),
        bundle_name: "dags-folder".to_owned(),
        bundle_version: None,
        queue: "default".to_owned(),
        executor: None,
        pool_slots: 1,
        priority_weight: 1,
        execution_timeout: None,
        has_mapped_dependants: false,
        dag_run: Arc::new(dag_run()),
    }
}

fn connection() -> ConnectionBody {
    Connection { conn_id: "c".to_owned(), conn_type: "http".to_owned(), port: Some(80), ..Connection::default() }.into()
}

fn dag() -> DagBody {
    DagBody {
        dag_id: "d".into(),
        is_paused: false,
        bundle_name: Some("dags-folder".to_owned()),
        bundle_version: None,
        relative_fileloc: Some("a/b.py".to_owned()),
        owners: Some("airflow".to_owned()),
        tags: vec!["x".to_owned()],
        next_dagrun: Some(at()),
    }
}

fn asset() -> AssetBody {
    AssetBody { name: "n".to_owned(), uri: "u".to_owned(), group: "g".to_owned(), extra: Some(Map::new()) }
}

fn question() -> HumanQuestion {
    serde_json::from_value(json!({
        "ti_id": Uuid::from_u128(3), "options": ["yes"], "subject": "s", "body": "b", "defaults": ["yes"],
        "multiple": false, "params": {}, "assigned_users": [{"id": "1", "name": "u"}],
    }))
    .unwrap()
}

/// One instance of every answer.
fn answers() -> BTreeMap<&'static str, Value> {
    let run = || Box::new(DagRunBody::from(&dag_run()));
    let answers = [
        ("start", ToTask::StartupDetails(Box::new(StartupDetails::new(&workload(), at(), "host")))),
        ("asset", ToTask::AssetResult(asset())),
        ("assets", ToTask::AssetsByAliasResult { assets: vec![asset()] }),
        ("asset events", ToTask::AssetEventsResult { asset_events: Vec::new() }),
        ("connection", ToTask::ConnectionResult(connection())),
        ("dag", ToTask::DagResult(dag())),
        ("run", ToTask::DagRunResult(run())),
        ("run state", ToTask::DagRunStateResult { state: DagRunState::Failed }),
        ("runs", ToTask::DRCount { count: 3 }),
        ("instances", ToTask::TICount { count: 3 }),
        ("missing", ToTask::ErrorResponse(ErrorBody::about(ErrorKind::XComNotFound, "key", "k"))),
        ("refused", ToTask::ErrorResponse(ErrorBody::status(400, "too long", Some("too_long")))),
        ("exists", ToTask::ErrorResponse(ErrorBody { error: ErrorKind::DagRunAlreadyExists, detail: None })),
        ("question", ToTask::HITLDetailRequestResult(question())),
        ("inactive", ToTask::InactiveAssetsResult { inactive_assets: Vec::new() }),
        ("ok", ToTask::OKResponse { ok: true }),
        ("previous run", ToTask::PreviousDagRunResult { dag_run: Some(run()) }),
        ("no previous run", ToTask::PreviousDagRunResult { dag_run: None }),
        (
            "previous instance",
            ToTask::PreviousTIResult { task_instance: Some(PreviousTaskInstance::of(&task_instance(-1), Some(at()))) },
        ),
        ("previous success", ToTask::PrevSuccessfulDagRunResult(IntervalBody::of(&dag_run()))),
        ("descriptors", ToTask::SentFDs { fds: vec![0] }),
        ("breadcrumbs", ToTask::TaskBreadcrumbsResult { breadcrumbs: vec![TaskBreadcrumb::of(&task_instance(0))] }),
        ("rescheduled", ToTask::TaskRescheduleStartDate { start_date: None }),
        ("states", ToTask::TaskStatesResult { task_states: task_states(&[task_instance(-1), task_instance(4)]) }),
        ("variable", ToTask::VariableResult(VariableBody { key: "k".to_owned(), value: Some("v".to_owned()) })),
        ("keys", ToTask::VariableKeysResult { keys: vec!["k".to_owned()], total_entries: 1 }),
        ("length", ToTask::XComCountResponse { len: 2 }),
        ("xcom", ToTask::XComResult { key: "k".to_owned(), value: json!({"x": [1]}) }),
        ("item", ToTask::XComSequenceIndexResult { root: json!("x") }),
        ("slice", ToTask::XComSequenceSliceResult { root: vec![json!(1), Value::Null] }),
    ];
    answers.into_iter().map(|(name, answer)| (name, answer.to_body())).collect()
}

#[test]
fn every_request_of_the_sdk_is_understood() {
    let frames: BTreeMap<String, String> = serde_json::from_str(REQUESTS).unwrap();
    let mut decoded = String::new();
    for (name, hex) in &frames {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let message = ToSupervisor::decode(decode_request(&bytes).unwrap().body).unwrap();
        assert!(!matches!(message, ToSupervisor::Unknown(_)), "{name} is not known");
        decoded.push_str(&format!("{message:?}\n"));
    }
    let known: Vec<&str> = frames.keys().map(String::as_str).collect();
    let mut names = ToSupervisor::NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(names, known, "the enumeration and the SDK's union name the same messages");
    insta::assert_snapshot!("requests", decoded);
}

#[test]
fn what_is_not_understood_is_said() {
    let unknown = ToSupervisor::decode(json!({"type": "Brew", "cups": 2})).unwrap();
    assert_eq!(unknown, ToSupervisor::Unknown("Brew".to_owned()));
    assert!(matches!(ToSupervisor::decode(json!([1])), Err(DecodeError::NoType)));
    let error = ToSupervisor::decode(json!({"type": "GetVariable"})).unwrap_err();
    assert_eq!(error.to_string(), "malformed GetVariable: missing field `key`");
}

#[test]
fn answers_are_written_in_full() {
    insta::assert_snapshot!("answers", serde_json::to_string_pretty(&answers()).unwrap());
}

#[test]
fn the_sdk_reads_every_answer() {
    let Ok(python) = std::env::var("TRADEWIND_TEST_PYTHON") else {
        eprintln!("not checked: TRADEWIND_TEST_PYTHON names no interpreter with the Task SDK");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/supervisor/golden/check_answers.py");
    let mut check = Command::new(python).arg(script).stdin(Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(serde_json::to_string(&answers()).unwrap().as_bytes()).unwrap();
    assert!(check.wait().unwrap().success(), "the SDK refused an answer");
}
