//! Tests of connections: what reaches the tester, and what does not.

use serde_json::{Value, json};

use crate::server::Server;

/// The fields of `warehouse` as the API shows them.
fn shown() -> Value {
    json!({
        "connection_id": "warehouse", "conn_type": "postgres", "host": "db", "port": 5432, "login": "ada",
        "password": "***", "extra": "{\"sslmode\": \"on\", \"token\": \"***\"}",
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

/// The status and either the connection that was tested or the refusal.
async fn tested(server: &Server, body: Value) -> (u16, String) {
    let answer = server.ask("POST", "/api/v2/connections/test", body).await;
    let told = answer.json();
    let field = if answer.status == 200 { "message" } else { "detail" };
    (answer.status, told[field].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_connection_is_tested_as_given_and_not_stored() {
    let server = Server::on_sqlite().await;
    let body = json!({"connection_id": "new", "conn_type": "unknown", "password": "***", "extra": ""});
    let answer = server.ask("POST", "/api/v2/connections/test", body).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!(false)));
    assert!(server.store.connection_get("new").await.unwrap().is_none());
    for (body, status) in [
        (json!({"connection_id": "a b", "conn_type": "http"}), 422),
        (json!({"connection_id": "a"}), 422),
        (json!({"connection_id": "a", "conn_type": "http", "extra": "secret text"}), 422),
    ] {
        let answer = server.ask("POST", "/api/v2/connections/test", body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(!answer.text.contains("secret text"), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_come_hidden_or_not_at_all_are_those_that_are_stored() {
    let server = Server::on_sqlite().await;
    let only_id = json!({"connection_id": "warehouse", "conn_type": "postgres"});
    for body in [shown(), only_id] {
        let (status, message) = tested(&server, body).await;
        assert_eq!(status, 200, "{message}");
        assert!(message.contains(r#"password: Some("hunter2")"#) && message.contains("sslmode"), "{message}");
        assert!(!message.contains("***"), "{message}");
    }
    let (_, message) = tested(&server, with(shown(), "password", json!("other"))).await;
    assert!(message.contains(r#"password: Some("other")"#), "{message}");
    let (_, message) = tested(&server, with(shown(), "password", Value::Null)).await;
    assert!(message.contains("password: None"), "{message}");
    let stored = server.store.connection_get("warehouse").await.unwrap().unwrap();
    assert_eq!(stored.password.as_deref(), Some("hunter2"), "a test changes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_secrets_go_to_no_other_place() {
    let server = Server::on_sqlite().await;
    for (field, value) in [("host", json!("elsewhere")), ("port", json!(1)), ("host", Value::Null)] {
        let (status, told) = tested(&server, with(shown(), field, value.clone())).await;
        assert_eq!(status, 400, "{told}");
        assert!(told.contains("enter the password") && !told.contains("hunter2"), "{told}");
        let own = with(with(shown(), field, value), "password", json!("own"));
        let (status, message) = tested(&server, own).await;
        assert_eq!(status, 200, "{message}");
        assert!(message.contains(r#"Some("own")"#) && !message.contains("hunter2"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_may_be_called_test() {
    let server = Server::on_sqlite().await;
    let body = json!({"connection_id": "test", "conn_type": "http"});
    assert_eq!(server.ask("POST", "/api/v2/connections", body.clone()).await.status, 201);
    assert_eq!(server.get("/api/v2/connections/test").await.json()["conn_type"], "http");
    assert_eq!(server.ask("POST", "/api/v2/connections/warehouse", body).await.status, 405);
    assert_eq!(server.ask("DELETE", "/api/v2/connections/test", Value::Null).await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_can_be_switched_off() {
    let server = Server::without_connection_tests().await;
    let (status, told) = tested(&server, shown()).await;
    assert_eq!(status, 403);
    assert!(told.contains("api.test_connection"), "{told}");
}
