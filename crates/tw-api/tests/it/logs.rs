//! The log of a try in its three forms, and following it.

use serde_json::json;
use tw_tasklog::{AttemptLog, LogLayout, LogName};

use crate::on_both;
use crate::server::{Answer, Server};

const LOG: &str = "/api/v2/dags/etl/dagRuns";

fn write(server: &Server, run_id: &str, try_number: u32, lines: &[&str]) {
    let name = LogName { dag_id: "etl", run_id, task_id: "extract", map_index: -1, try_number };
    let mut log = AttemptLog::open(LogLayout::new(&server.logs).path(&name)).unwrap();
    log.append(lines.iter().copied()).unwrap();
}

async fn read(server: &Server, rest: &str, accept: &str) -> Answer {
    let token = server.log_in("viewer").await;
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("accept", accept)];
    server.send("GET", &format!("{LOG}/{rest}"), &headers, None).await
}

const ONE: &str = r#"{"timestamp":"2026-01-01T00:00:07Z","level":"info","event":"one","logger":"task"}"#;
const TWO: &str = r#"{"timestamp":"2026-01-01T00:00:08Z","level":"error","event":"two","logger":"task","rows":2}"#;

on_both! {
    async fn an_ended_try(server: Server) {
        write(&server, "run_1", 2, &[ONE, TWO]);
        let path = "run_1/taskInstances/extract/logs/2";
        let answer = read(&server, path, "application/json").await;
        assert_eq!(answer.status, 200);
        let log = answer.json();
        assert_eq!(log["continuation_token"], json!(null));
        assert_eq!(log["content"], json!([serde_json::from_str::<serde_json::Value>(ONE).unwrap(),
            serde_json::from_str::<serde_json::Value>(TWO).unwrap()]));
        let answer = read(&server, path, "application/x-ndjson").await;
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        assert_eq!(answer.header("airflow-continuation-token"), None);
        assert_eq!(answer.text.lines().count(), 2);
        let answer = read(&server, path, "text/plain").await;
        assert_eq!(answer.text, "[2026-01-01T00:00:07Z] INFO - one\n[2026-01-01T00:00:08Z] ERROR - two rows=2\n");
        assert_eq!(read(&server, path, "image/png").await.status, 406);
    }

    async fn a_running_try_is_followed(server: Server) {
        let path = "run_2/taskInstances/extract/logs/1";
        let empty = read(&server, path, "*/*").await.json();
        assert_eq!(empty, json!({"content": [], "continuation_token": "0"}));
        write(&server, "run_2", 1, &[ONE]);
        let first = read(&server, &format!("{path}?token=0"), "*/*").await.json();
        assert_eq!(first["content"].as_array().unwrap().len(), 1);
        let token = first["continuation_token"].as_str().unwrap().to_owned();
        write(&server, "run_2", 1, &[TWO]);
        let second = read(&server, &format!("{path}?token={token}"), "*/*").await.json();
        assert_eq!(second["content"][0]["event"], "two");
        let streamed = read(&server, path, "application/x-ndjson").await;
        assert_eq!(streamed.header("airflow-continuation-token"), second["continuation_token"].as_str());
        assert_eq!(streamed.text.lines().count(), 2);
    }

    async fn a_long_log_comes_in_parts(server: Server) {
        let line = format!(r#"{{"event":"{}"}}"#, "x".repeat(1 << 20));
        write(&server, "run_1", 2, &[line.as_str(); 9]);
        let path = "run_1/taskInstances/extract/logs/2";
        let (mut token, mut events, mut answers) = (String::new(), 0, 0);
        loop {
            let log = read(&server, &format!("{path}?token={token}"), "application/json").await.json();
            events += log["content"].as_array().unwrap().len();
            answers += 1;
            match log["continuation_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!((events, answers), (9, 3));
        let streamed = read(&server, path, "application/x-ndjson").await;
        assert_eq!(streamed.text.lines().count(), 9, "a stream has no bound");
    }

    async fn refusals(server: Server) {
        let base = "run_1/taskInstances";
        assert_eq!(read(&server, &format!("{base}/extract/logs/9"), "*/*").await.status, 404);
        assert_eq!(read(&server, &format!("{base}/none/logs/1"), "*/*").await.status, 404);
        assert_eq!(read(&server, &format!("{base}/extract/logs/1?token=x"), "*/*").await.status, 400);
        assert_eq!(read(&server, &format!("{base}/extract/logs/x"), "*/*").await.status, 422);
        assert_eq!(read(&server, &format!("{base}/extract/logs/1"), "*/*").await.json()["content"], json!([]));
    }
}
