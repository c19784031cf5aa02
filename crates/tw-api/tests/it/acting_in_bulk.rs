//! Acts on several runs or task instances with one request.

use serde_json::{Value, json};

use crate::on_both;
use crate::server::Server;

const RUNS: &str = "/api/v2/dags/etl/dagRuns";
const INSTANCES: &str = "/api/v2/dags/etl/dagRuns/run_1/taskInstances";

fn actions(actions: Value) -> Value {
    json!({"actions": actions})
}

on_both! {
    async fn runs(server: Server) {
        let update = |entities: Value| actions(json!([{"action": "update", "entities": entities}]));
        let both = json!([{"dag_run_id": "run_1", "state": "failed", "note": "n"}, {"dag_run_id": "run_2", "state": null}]);
        let answer = server.ask("PATCH", RUNS, update(both)).await;
        let expected = json!({"create": null, "update": {"success": ["etl.run_1", "etl.run_2"], "errors": []}, "delete": null});
        assert_eq!((answer.status, answer.json()), (200, expected));
        assert_eq!(server.get(&format!("{RUNS}/run_1")).await.json()["state"], "failed");

        // One that is missing stops the action, unless it may be missing.
        let missing = json!([{"dag_run_id": "run_1", "state": "success"}, {"dag_run_id": "none", "state": "success"}]);
        let answer = server.ask("PATCH", RUNS, update(missing.clone())).await.json();
        assert_eq!((&answer["update"]["success"], &answer["update"]["errors"][0]["status_code"]), (&json!([]), &json!(404)));
        assert_eq!(server.get(&format!("{RUNS}/run_1")).await.json()["state"], "failed");
        let skip = actions(json!([{"action": "update", "entities": missing, "action_on_non_existence": "skip"}]));
        assert_eq!(server.ask("PATCH", RUNS, skip).await.json()["update"]["success"], json!(["etl.run_1"]));

        let several = actions(json!([
            {"action": "create", "entities": [{"dag_run_id": "new"}]},
            {"action": "delete", "entities": ["run_1", {"dag_run_id": "run_2", "dag_id": "etl"}]},
        ]));
        let answer = server.ask("PATCH", RUNS, several).await.json();
        assert_eq!(answer["create"]["errors"][0]["status_code"], 405);
        assert_eq!(answer["delete"]["success"], json!(["etl.run_1"]));
        assert_eq!(answer["delete"]["errors"][0]["status_code"], 409, "the other one runs");
        assert_eq!(server.get(RUNS).await.json()["total_entries"], 1);

        let any = server.ask("PATCH", "/api/v2/dags/~/dagRuns", actions(json!([{"action": "delete", "entities": ["run_2"]}]))).await;
        assert_eq!(any.json()["delete"]["errors"][0]["status_code"], 400);
    }

    async fn task_instances(server: Server) {
        let entities = json!([
            {"task_id": "load", "map_index": 1, "new_state": "failed", "note": "n"},
            {"task_id": "extract", "new_state": "success"},
        ]);
        let answer = server.ask("PATCH", INSTANCES, actions(json!([{"action": "update", "entities": entities}]))).await;
        let answer = answer.json();
        assert_eq!(answer["update"]["success"], json!(["etl.run_1.load[1]"]));
        assert_eq!(answer["update"]["errors"][0]["status_code"], 409, "it is in that state already");
        let masked = json!([{
            "action": "update", "update_mask": ["note"],
            "entities": [{"task_id": "load", "new_state": "skipped", "note": "both"}],
        }]);
        let answer = server.ask("PATCH", INSTANCES, actions(masked)).await.json();
        assert_eq!(answer["update"]["success"], json!(["etl.run_1.load[0]", "etl.run_1.load[1]"]));
        let one = server.get(&format!("{INSTANCES}/load/1")).await.json();
        assert_eq!((&one["state"], &one["note"]), (&json!("failed"), &json!("both")));
        let rest = actions(json!([
            {"action": "delete", "entities": ["load"]},
            {"action": "update", "entities": [{"task_id": "load", "map_index": 9, "new_state": "failed"}]},
        ]));
        let answer = server.ask("PATCH", INSTANCES, rest).await.json();
        assert_eq!(answer["delete"]["errors"][0]["status_code"], 405);
        assert_eq!(answer["update"]["errors"][0]["status_code"], 404);
    }

    async fn malformed(server: Server) {
        for (path, body) in [
            (RUNS, json!({})),
            (RUNS, actions(json!([{"action": "burn", "entities": []}]))),
            (RUNS, actions(json!([{"action": "update", "entities": ["run_1"]}]))),
            (RUNS, actions(json!([{"action": "update", "entities": [{"state": "failed"}]}]))),
            (RUNS, actions(json!([{"action": "update", "entities": [{"dag_run_id": "run_1", "state": "running"}]}]))),
            (RUNS, actions(json!([{"action": "delete", "entities": [1]}]))),
            (RUNS, actions(json!([{"action": "delete", "entities": vec!["run_1"; 1001]}]))),
            (INSTANCES, actions(json!([{"action": "update", "entities": [{"task_id": "load", "map_index": "x"}]}]))),
            (INSTANCES, actions(json!([{"action": "update", "entities": [{"task_id": "load", "other": 1}]}]))),
        ] {
            let answer = server.ask("PATCH", path, body.clone()).await;
            assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        }
        assert!(server.control.inputs.lock().unwrap().is_empty(), "nothing is done before all is read");
    }

    async fn clearing(server: Server) {
        let path = "/api/v2/dags/etl/clearDagRuns";
        let body = |more: Value| {
            let mut body = json!({"dag_runs": [{"dag_run_id": "run_1"}, {"dag_run_id": "run_2"}, {"dag_run_id": "run_1"}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let would = server.ask("POST", path, body(json!({}))).await.json();
        assert_eq!(would["total_entries"], 5);
        assert_eq!(server.get(&format!("{RUNS}/run_1")).await.json()["state"], "success");
        let did = server.ask("POST", path, body(json!({"dry_run": false, "note": "all"}))).await.json();
        let told = |run: &Value| format!("{} {} {}", run["dag_run_id"], run["state"], run["note"]);
        let runs: Vec<String> = did["dag_runs"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(runs, [r#""run_1" "queued" "all""#, r#""run_2" "running" "all""#]);
        for (path, body, status) in [
            (path, json!({}), 422),
            (path, json!({"dag_runs": [{"dag_run_id": "run_1"}], "only_new": true, "only_failed": true}), 422),
            (path, json!({"dag_runs": [{"dag_run_id": "run_1", "dag_id": "other"}]}), 400),
            (path, json!({"partition_key": "p"}), 400),
            (path, json!({"dag_runs": [{"dag_run_id": "run_1"}, {"dag_run_id": "none"}]}), 404),
            ("/api/v2/dags/~/clearDagRuns", json!({"dag_runs": [{"dag_run_id": "run_1"}]}), 400),
            ("/api/v2/dags/~/clearDagRuns", json!({"dag_runs": [{"dag_run_id": "run_1", "dag_id": "etl"}]}), 200),
        ] {
            let answer = server.ask("POST", path, body.clone()).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
        }
    }
}
