//! Requests that change something: what is submitted, what is stored, what is answered.

use serde_json::{Value, json};
use tw_api::ControlError;
use tw_engine::Reply;

use crate::on_both;
use crate::server::Server;

const RUNS: &str = "/api/v2/dags/etl/dagRuns";

on_both! {
    async fn pausing(server: Server) {
        let answer = server.ask("PATCH", "/api/v2/dags/etl", json!({"is_paused": true})).await;
        assert_eq!((answer.status, &answer.json()["is_paused"]), (200, &json!(true)));
        let path = "/api/v2/dags/etl?update_mask=is_paused";
        let answer = server.ask("PATCH", path, json!({"is_paused": false})).await;
        assert_eq!((answer.status, &answer.json()["is_paused"]), (200, &json!(false)));
        for (path, body, status) in [
            ("/api/v2/dags/etl?update_mask=tags", json!({"is_paused": true}), 400),
            ("/api/v2/dags/none", json!({"is_paused": true}), 404),
            ("/api/v2/dags/etl", json!({"is_paused": true, "tags": []}), 422),
            ("/api/v2/dags/etl", json!({}), 422),
        ] {
            assert_eq!(server.ask("PATCH", path, body).await.status, status, "{path}");
        }
        assert_eq!(
            *server.control.inputs.lock().unwrap(),
            [
                r#"SetPaused { dag_id: "etl", paused: true, by: Some("admin") }"#,
                r#"SetPaused { dag_id: "etl", paused: false, by: Some("admin") }"#,
            ]
        );
    }

    /// Only what matches and differs is changed; without a pattern nothing is.
    async fn pausing_many(server: Server) {
        let answer = server.ask("PATCH", "/api/v2/dags", json!({"is_paused": true})).await;
        assert_eq!(answer.json(), json!({"dags": [], "total_entries": 0}));
        let path = "/api/v2/dags?dag_id_pattern=~&limit=1&paused=false";
        let answer = server.ask("PATCH", path, json!({"is_paused": true})).await.json();
        assert_eq!(answer["total_entries"], 3);
        assert_eq!(answer["dags"].as_array().unwrap().len(), 1);
        assert_eq!(answer["dags"][0]["is_paused"], true);
        assert_eq!(server.control.inputs.lock().unwrap().len(), 3);
        assert_eq!(server.get("/api/v2/dags?paused=false").await.json()["total_entries"], 0);
    }

    async fn triggering(server: Server) {
        let requests = [
            ("POST", RUNS, json!({"logical_date": null, "conf": {"limit": 3}, "note": "please", "dag_run_id": "mine"})),
            ("POST", RUNS, json!({"conf": {}})),
            ("POST", RUNS, json!({"logical_date": null, "conf": {"limit": 0}})),
            ("POST", RUNS, json!({"logical_date": "yesterday"})),
            ("POST", RUNS, json!({"logical_date": null, "data_interval_start": "2026-01-01T00:00:00Z"})),
            ("POST", RUNS, json!({"logical_date": null, "partition_key": "p"})),
            ("POST", RUNS, json!({"logical_date": null, "unknown": 1})),
            ("POST", "/api/v2/dags/none/dagRuns", json!({"logical_date": null})),
            ("POST", "/api/v2/dags/gone/dagRuns", json!({"logical_date": null})),
            ("POST", "/api/v2/dags/broken/dagRuns", json!({"logical_date": null})),
            ("POST", "/api/v2/dags/fixed/dagRuns", json!({"logical_date": null})),
        ];
        insta::assert_snapshot!("triggering", server.transcript(&requests).await);
        assert_eq!(server.control.inputs.lock().unwrap().len(), 1, "a refused request is not submitted");
    }

    async fn triggering_for_a_date(server: Server) {
        let body = json!({
            "logical_date": "2026-03-01T01:00:00+01:00",
            "data_interval_start": "2026-03-01T00:00:00Z",
            "data_interval_end": "2026-03-02T00:00:00Z",
            "run_after": "2026-03-03 00:00:00",
        });
        let run = server.ask("POST", RUNS, body).await.json();
        assert_eq!(run["logical_date"], "2026-03-01T00:00:00Z");
        assert_eq!(run["data_interval_end"], "2026-03-02T00:00:00Z");
        assert_eq!(run["run_after"], "2026-03-03T00:00:00Z");
    }

    /// What the scheduler refuses keeps its meaning.
    async fn refusals(server: Server) {
        for (refusal, status) in [
            (Ok(Reply::Conflict("there is such a run".into())), 409),
            (Ok(Reply::Invalid("that cannot be".into())), 400),
            (Ok(Reply::NotFound("no such DAG".into())), 404),
            (Err(ControlError::Unavailable), 503),
            (Err(ControlError::Overloaded), 503),
        ] {
            *server.control.refuse.lock().unwrap() = Some(refusal.clone());
            let answer = server.ask("POST", RUNS, json!({"logical_date": null})).await;
            assert_eq!(answer.status, status, "{refusal:?}");
            assert!(answer.json()["detail"].is_string());
        }
    }

    async fn variables(server: Server) {
        let requests = [
            ("POST", "/api/v2/variables", json!({"key": "k/1", "value": {"a": [1]}, "description": "d"})),
            ("POST", "/api/v2/variables", json!({"key": "k/1", "value": "again"})),
            ("POST", "/api/v2/variables", json!({"key": "", "value": "x"})),
            ("POST", "/api/v2/variables", json!({"key": "t", "value": "x", "team_name": "a"})),
            ("PATCH", "/api/v2/variables/k/1", json!({"key": "k/1", "value": "new"})),
            ("PATCH", "/api/v2/variables/k/1?update_mask=description", json!({"key": "k/1", "value": "x", "description": null})),
            ("PATCH", "/api/v2/variables/k/1", json!({"key": "other", "value": "x"})),
            ("PATCH", "/api/v2/variables/none", json!({"key": "none", "value": "x"})),
            ("DELETE", "/api/v2/variables/k/1", Value::Null),
            ("DELETE", "/api/v2/variables/k/1", Value::Null),
        ];
        insta::assert_snapshot!("variables", server.transcript(&requests).await);
    }

    async fn connections(server: Server) {
        let requests = [
            ("POST", "/api/v2/connections", json!({"connection_id": "c", "conn_type": "http", "password": "p", "extra": ""})),
            ("POST", "/api/v2/connections", json!({"connection_id": "c", "conn_type": "http"})),
            ("POST", "/api/v2/connections", json!({"connection_id": "a b", "conn_type": "http"})),
            ("POST", "/api/v2/connections", json!({"connection_id": "d", "conn_type": "http", "extra": "secret text"})),
            (
                "PATCH",
                "/api/v2/connections/warehouse",
                json!({
                    "connection_id": "warehouse", "conn_type": "mysql", "host": null, "port": 1, "password": "***",
                    "extra": "{\"token\": \"***\", \"sslmode\": \"off\"}",
                }),
            ),
            ("PATCH", "/api/v2/connections/warehouse", json!({"connection_id": "other", "conn_type": "http"})),
            ("PATCH", "/api/v2/connections/none", json!({"connection_id": "none", "conn_type": "http"})),
            ("DELETE", "/api/v2/connections/c", Value::Null),
            ("DELETE", "/api/v2/connections/c", Value::Null),
        ];
        insta::assert_snapshot!("connections", server.transcript(&requests).await);
        let stored = server.store.connection_get("warehouse").await.unwrap().unwrap();
        assert_eq!(stored.password.as_deref(), Some("hunter2"), "what came back hidden stays");
        assert_eq!(stored.extra.as_deref(), Some(r#"{"sslmode":"off","token":"t"}"#));
        assert_eq!((stored.conn_type.as_str(), stored.host, stored.login.as_deref()), ("mysql", None, Some("ada")));
    }

    async fn pools(server: Server) {
        let requests = [
            ("POST", "/api/v2/pools", json!({"name": "small", "slots": 2})),
            ("POST", "/api/v2/pools", json!({"name": "small", "slots": 2})),
            ("POST", "/api/v2/pools", json!({"name": "bad", "slots": -2})),
            ("PATCH", "/api/v2/pools/small", json!({"pool": "small", "slots": 3, "include_deferred": true})),
            ("PATCH", "/api/v2/pools/small?update_mask=description", json!({"slots": 9, "description": "d"})),
            ("PATCH", "/api/v2/pools/small", json!({"name": "other"})),
            ("PATCH", "/api/v2/pools/none", json!({"slots": 1})),
            ("DELETE", "/api/v2/pools/default_pool", Value::Null),
            ("DELETE", "/api/v2/pools/small", Value::Null),
            ("DELETE", "/api/v2/pools/small", Value::Null),
        ];
        insta::assert_snapshot!("pools", server.transcript(&requests).await);
        assert_eq!(server.control.inputs.lock().unwrap().len(), 4, "pools change through the scheduler only");
    }
}
