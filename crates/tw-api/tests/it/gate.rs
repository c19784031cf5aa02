//! Who gets in, what they may do, and what a request cannot break.

use serde_json::{Value, json};

use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_good_token_opens() {
    let server = Server::on_sqlite().await;
    let ask = async |authorization: &str| {
        let answer = server.send("GET", "/api/v2/dags", &[("authorization", authorization)], None).await;
        (answer.status, answer.json()["detail"].clone())
    };
    let none = server.send("GET", "/api/v2/dags", &[], None).await;
    assert_eq!((none.status, none.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(ask("Basic YWRtaW46YQ==").await, (401, json!("Not authenticated")));
    assert_eq!(ask("Bearer nonsense").await, (403, json!("Invalid token")));
    let token = server.log_in("viewer").await;
    assert_eq!(ask(&format!("Bearer {token}")).await.0, 200);
    server.store.account_delete("viewer").await.unwrap();
    assert_eq!(ask(&format!("bearer {token}")).await, (401, json!("Not authenticated")), "a removed account is out");
    for path in ["/", "/api/v2/version", "/api/v2/monitor/health"] {
        assert_eq!(server.send("GET", path, &[], None).await.status, 200, "{path} is for everybody");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_in_takes_forms_and_json() {
    let server = Server::on_sqlite().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "username=admin&password=correct+horse";
    assert_eq!(server.send("POST", "/auth/token", &form, Some(body)).await.status, 201);
    let cli = json!({"username": "admin", "password": "correct horse"}).to_string();
    assert_eq!(server.send("POST", "/auth/token/cli", &[], Some(&cli)).await.status, 201);
    assert_eq!(server.try_log_in("admin", "").await.status, 400);
    assert_eq!(server.send("POST", "/auth/token", &[], Some("{}")).await.status, 422);
    let wrong = server.try_log_in("admin", "wrong").await;
    assert_eq!((wrong.status, wrong.json()), (401, json!({"detail": "Invalid credentials"})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down() {
    let server = Server::on_sqlite().await;
    for _ in 0..5 {
        assert_eq!(server.try_log_in("nobody", "guess").await.status, 401);
    }
    let slowed = server.try_log_in("nobody", "guess").await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (429, Some("1")));
    assert_eq!(server.try_log_in("admin", "correct horse").await.status, 429, "the address has to wait too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_may_do_what_they_may() {
    let server = Server::on_sqlite().await;
    let run = "/api/v2/dags/etl/dagRuns/run_1";
    let (clear, mark) = (format!("{run}/clear"), format!("{run}/taskInstances/load/1/dry_run"));
    let table: [(&str, &str, Value, [u16; 4]); 15] = [
        ("GET", "/api/v2/dags", Value::Null, [200, 200, 200, 200]),
        ("POST", "/api/v2/dags/~/dagRuns/list", json!({}), [200, 200, 200, 200]),
        ("PATCH", "/api/v2/dags/etl", json!({"is_paused": true}), [403, 200, 200, 200]),
        ("POST", "/api/v2/dags/etl/clearTaskInstances", json!({}), [403, 200, 200, 200]),
        ("POST", &clear, json!({}), [403, 200, 200, 200]),
        ("PATCH", run, json!({"note": "x"}), [403, 200, 200, 200]),
        ("PATCH", &mark, json!({"new_state": "failed"}), [403, 200, 200, 200]),
        ("DELETE", "/api/v2/dags/etl/dagRuns/none", Value::Null, [403, 404, 404, 404]),
        ("DELETE", "/api/v2/dags/none", Value::Null, [403, 404, 404, 404]),
        ("GET", "/api/v2/eventLogs", Value::Null, [200, 200, 200, 200]),
        ("GET", "/api/v2/variables", Value::Null, [403, 403, 200, 200]),
        ("POST", "/api/v2/connections/test", json!({"connection_id": "x", "conn_type": "http"}), [403, 403, 200, 200]),
        ("GET", "/api/v2/connections/warehouse", Value::Null, [403, 403, 200, 200]),
        ("PATCH", "/api/v2/pools/default_pool", json!({"slots": 5}), [403, 403, 200, 200]),
        ("GET", "/ui/why?dag_id=etl", Value::Null, [200, 200, 200, 200]),
    ];
    for (position, name) in ["viewer", "user", "op", "admin"].into_iter().enumerate() {
        let token = server.log_in(name).await;
        for (method, path, body, expected) in &table {
            let answer = server.ask_as(&token, method, path, body.clone()).await;
            assert_eq!(answer.status, expected[position], "{name}: {method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_ends_one_request_only() {
    let server = Server::on_sqlite().await;
    let answer = server.get("/ui/why?dag_id=paused").await;
    assert_eq!(answer.status, 500);
    assert!(answer.json()["detail"].is_string());
    assert_eq!(server.get("/ui/why?dag_id=etl").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_secured_and_bodies_are_bounded() {
    let server = Server::on_sqlite().await;
    for path in ["/", "/nothing", "/api/v2/dags"] {
        let answer = server.send("GET", path, &[], None).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let value = "x".repeat(3 << 20);
    let answer = server.ask("POST", "/api/v2/variables", json!({"key": "k", "value": value})).await;
    assert_eq!((answer.status, answer.json()), (413, json!({"detail": "The body is too large"})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_when_told() {
    let server = Server::on_sqlite().await;
    assert_eq!(server.get("/api/v2/dags").await.status, 200);
    server.stop.cancel();
    server.serving.await.unwrap().unwrap();
}
