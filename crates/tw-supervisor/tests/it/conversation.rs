//! What a child asks, and what it is answered.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tw_model::{AttemptOutcome, Connection, DagRunState, ReturnValue, SkipRecord};
use tw_supervisor::RequestError;

use crate::stage::{EXIT_0, Stage, dag_run, script};

fn xcom(kind: &str, key: &str, more: Value) -> Value {
    let mut body = json!({"type": kind, "dag_id": "d", "run_id": "r", "task_id": "t", "key": key});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn an_attempt_goes_from_start_to_success() {
    let mut stage = Stage::new();
    let services = stage.services.clone();
    stage
        .run(script(async move |mut ends| {
            let start = ends.start().await;
            assert_eq!(start["ti"]["task_id"], "t");
            assert_eq!(start["ti_context"]["dag_run"]["logical_date"], "1970-01-11T00:00:00Z");
            ends.tell(json!({"type": "SetRenderedFields", "rendered_fields": {"a": 1}})).await;
            ends.tell(xcom("SetXCom", "return_value", json!({"value": [1, 2, 3], "mapped_length": 3}))).await;
            ends.tell(xcom("SetXCom", "skipmixin_key", json!({"value": {"followed": ["x"]}}))).await;
            ends.tell(json!({"type": "SkipDownstreamTasks", "tasks": ["y", ["z", 4], ["u", -1]]})).await;
            let success = json!({
                "type": "SucceedTask", "end_date": "2026-01-01T00:00:00Z", "rendered_map_index": "label",
                "task_outlets": [], "outlet_events": [{"extra": {}}],
            });
            ends.tell(success).await;
            services.event("answered");
            ends.tell(xcom("SetXCom", "link", json!({"value": "late"}))).await;
            EXIT_0
        }))
        .await;
    let expected = [
        "started on host as user",
        "rendered {\"a\":1}",
        "xcom return_value Some(3)",
        "xcom skipmixin_key None",
        "skip [(\"y\", None), (\"z\", Some(4)), (\"u\", None)]",
        "ended",
        "answered",
        "xcom link None",
        "exited Code(0)",
    ];
    assert_eq!(stage.events(), expected);
    let report = stage.report();
    assert_eq!(report.outcome, AttemptOutcome::Success);
    assert_eq!(report.return_value, ReturnValue::Sized(3));
    assert_eq!(report.skip_record, Some(SkipRecord::Followed(vec!["x".into()])));
    assert_eq!(report.rendered_map_index.as_deref(), Some("label"));
    assert_eq!(report.outlet_events, Some(json!({"task_outlets": [], "outlet_events": [{"extra": {}}]})));
}

#[tokio::test]
async fn a_stale_attempt_never_begins() {
    let mut stage = Stage::new();
    stage.services.start_errors.lock().unwrap().push_back(RequestError::stale());
    stage
        .run(script(async |mut ends| {
            assert_eq!(ends.read_frame().await, None, "nothing is said to it");
            EXIT_0
        }))
        .await;
    assert_eq!(stage.events(), [] as [&str; 0]);
    assert!(stage.services.reports.lock().unwrap().is_empty());
    assert!(stage.log().last().unwrap().contains("Not started: this attempt is no longer current"));
}

#[tokio::test]
async fn only_the_first_accepted_end_counts() {
    let mut stage = Stage::new();
    let refused = RequestError::Refused { status: 422, message: "no deferral".to_owned() };
    stage.services.end_errors.lock().unwrap().push_back(refused);
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            let (_, error) = ends.ask(json!({"type": "DeferTask", "next_method": "go"})).await;
            assert_eq!(error["type"], "ErrorResponse");
            assert_eq!(error["detail"], json!({"status_code": 422, "message": "no deferral"}));
            ends.tell(json!({"type": "TaskState", "state": "failed", "end_date": "2026-01-01T00:00:00Z"})).await;
            let (_, error) = ends.ask(json!({"type": "SucceedTask", "end_date": "2026-01-01T00:00:00Z"})).await;
            assert_eq!(error["detail"]["status_code"], 409);
            Some(tw_model::ExitStatus::Code(1))
        }))
        .await;
    let outcomes: Vec<_> = stage.services.reports.lock().unwrap().iter().map(|report| report.outcome.clone()).collect();
    assert!(matches!(outcomes[0], AttemptOutcome::Deferred { .. }));
    assert_eq!(outcomes[1..], [AttemptOutcome::Failed]);
}

#[tokio::test]
async fn xcoms_are_served_like_python_sequences() {
    let mut stage = Stage::new();
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            for index in 0..3 {
                ends.tell(xcom("SetXCom", "k", json!({"value": index * 10, "map_index": index}))).await;
            }
            let get = ends.get(xcom("GetXCom", "k", json!({"map_index": 1, "include_prior_dates": false}))).await;
            assert_eq!(get, json!({"type": "XComResult", "key": "k", "value": 10}));
            assert_eq!(ends.get(xcom("GetXCom", "none", json!({}))).await["value"], Value::Null);
            assert_eq!(ends.get(xcom("GetXComCount", "k", json!({}))).await["len"], 3);
            for (offset, value) in [(0, 0), (2, 20), (-1, 20), (-3, 0)] {
                let item = ends.get(xcom("GetXComSequenceItem", "k", json!({"offset": offset}))).await;
                assert_eq!(item["root"], value, "[{offset}]");
            }
            for offset in [3, -4] {
                let item = ends.get(xcom("GetXComSequenceItem", "k", json!({"offset": offset}))).await;
                assert_eq!((&item["error"], &item["detail"]["offset"]), (&json!("XCOM_NOT_FOUND"), &json!(offset)));
            }
            for (start, stop, step, values) in [
                (json!(null), json!(null), json!(null), json!([0, 10, 20])),
                (json!(1), json!(9), json!(1), json!([10, 20])),
                (json!(null), json!(null), json!(-1), json!([20, 10, 0])),
                (json!(-2), json!(null), json!(2), json!([10])),
                (json!(5), json!(null), json!(null), json!([])),
            ] {
                let bounds = json!({"start": start, "stop": stop, "step": step});
                let slice = ends.get(xcom("GetXComSequenceSlice", "k", bounds.clone())).await;
                assert_eq!(slice["root"], values, "{bounds}");
            }
            ends.tell(xcom("DeleteXCom", "k", json!({"map_index": 0}))).await;
            assert_eq!(ends.get(xcom("GetXComCount", "k", json!({}))).await["len"], 2);
            let (_, error) = ends.ask(xcom("SetXCom", "big", json!({"value": 1, "mapped_length": 1025}))).await;
            assert_eq!(error["detail"]["status_code"], 400);
            assert_eq!(error["detail"]["detail"]["reason"], "unmappable_return_value_length");
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Success);
}

#[tokio::test]
async fn secrets_are_looked_up_patiently() {
    let mut stage = Stage::new();
    let connection = Connection { conn_id: "c".to_owned(), conn_type: "http".to_owned(), ..Connection::default() };
    stage.services.connections.lock().unwrap().insert("c".to_owned(), connection);
    let outage = RequestError::Unavailable { message: "busy".to_owned() };
    stage.services.connection_errors.lock().unwrap().extend([outage.clone(), outage]);
    let services = stage.services.clone();
    stage
        .run(script(async move |mut ends| {
            ends.start().await;
            let found = ends.get(json!({"type": "GetConnection", "conn_id": "c"})).await;
            assert_eq!((&found["conn_type"], &found["password"]), (&json!("http"), &Value::Null));
            let missing = ends.get(json!({"type": "GetConnection", "conn_id": "x"})).await;
            assert_eq!(
                (&missing["error"], &missing["detail"]["conn_id"]),
                (&json!("CONNECTION_NOT_FOUND"), &json!("x"))
            );
            let denied = RequestError::Refused { status: 403, message: "no".to_owned() };
            services.connection_errors.lock().unwrap().push_back(denied);
            let denied = ends.get(json!({"type": "GetConnection", "conn_id": "c"})).await;
            assert_eq!(
                (&denied["error"], &denied["detail"]["status_code"]),
                (&json!("PERMISSION_DENIED"), &json!(403))
            );
            ends.tell(json!({"type": "PutVariable", "key": "k", "value": "v", "description": null})).await;
            assert_eq!(ends.get(json!({"type": "GetVariable", "key": "k"})).await["value"], "v");
            let keys = ends.get(json!({"type": "GetVariableKeys", "prefix": null, "limit": 10, "offset": 0})).await;
            assert_eq!((&keys["keys"], &keys["total_entries"]), (&json!(["k"]), &json!(1)));
            assert_eq!(ends.get(json!({"type": "DeleteVariable", "key": "k"})).await["ok"], true);
            assert_eq!(ends.get(json!({"type": "GetVariable", "key": "k"})).await["error"], "VARIABLE_NOT_FOUND");
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Success);
}

#[tokio::test]
async fn history_is_answered_from_the_services() {
    let mut stage = Stage::new();
    let runs = [("a", 1, DagRunState::Success), ("b", 2, DagRunState::Failed)];
    *stage.services.runs.lock().unwrap() = runs.map(|(id, day, state)| dag_run(id, day, state)).to_vec();
    let ti_id = stage.workload.attempt.task_instance_id;
    stage.workload.first_reschedule_date = Some("2026-01-05T00:00:00Z".parse().unwrap());
    stage
        .run(script(async move |mut ends| {
            ends.start().await;
            let run = json!({"type": "GetDagRun", "dag_id": "d", "run_id": "b"});
            assert_eq!(ends.get(run).await["state"], "failed");
            let (_, error) = ends.ask(json!({"type": "GetDagRunState", "dag_id": "d", "run_id": "x"})).await;
            assert_eq!(error["detail"]["status_code"], 404);
            let previous = json!({"type": "GetPreviousDagRun", "dag_id": "d", "logical_date": "1970-01-05T00:00:00Z"});
            assert_eq!(ends.get(previous).await["dag_run"]["run_id"], "b");
            let success = ends.get(json!({"type": "GetPrevSuccessfulDagRun", "ti_id": ti_id})).await;
            assert_eq!(success["data_interval_start"], "1970-01-02T00:00:00Z");
            let first = json!({"type": "GetTaskRescheduleStartDate", "ti_id": ti_id, "try_number": 1});
            assert_eq!(ends.get(first).await["start_date"], "2026-01-05T00:00:00Z");
            assert_eq!(ends.get(json!({"type": "GetDRCount", "dag_id": "d"})).await["count"], 2);
            let exists = ends.get(json!({"type": "TriggerDagRun", "dag_id": "d", "run_id": "a"})).await;
            assert_eq!((&exists["error"], &exists["detail"]), (&json!("DAGRUN_ALREADY_EXISTS"), &Value::Null));
            assert_eq!(ends.get(json!({"type": "TriggerDagRun", "dag_id": "d", "run_id": "n"})).await["ok"], true);
            assert_eq!(ends.get(json!({"type": "GetAssetByName", "name": "n"})).await["error"], "ASSET_NOT_FOUND");
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Success);
}

#[tokio::test]
async fn what_cannot_be_answered_is_answered_too() {
    let mut stage = Stage::new();
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            let (_, error) = ends.ask(json!({"type": "Brew"})).await;
            assert_eq!(error["detail"], json!({"status_code": 400, "message": "unhandled request: Brew"}));
            let (_, error) = ends.ask(json!({"type": "GetVariable"})).await;
            assert_eq!(error["detail"]["message"], "malformed GetVariable: missing field `key`");
            let state = json!({"type": "ClearTaskStateStore", "ti_id": uuid::Uuid::nil()});
            let (_, error) = ends.ask(state).await;
            assert_eq!(error["detail"]["status_code"], 501);
            // [7, b""]: a request whose body JSON cannot express.
            ends.requests.write_all(&[0, 0, 0, 4, 0x92, 7, 0xc4, 0]).await.unwrap();
            let frame = ends.read_frame().await.unwrap();
            assert_eq!(frame[2]["detail"]["status_code"], 400, "an unusable frame");
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, AttemptOutcome::Success);
}
