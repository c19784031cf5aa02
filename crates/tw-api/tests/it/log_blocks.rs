//! The log of a try as a screen reads it: by line, from the end, and by what it says.

use serde_json::{Value, json};
use tw_tasklog::{AttemptLog, LogLayout, LogName};

use crate::on_both;
use crate::server::Server;

const LOG: &str = "/ui/logs/etl/run_1/extract/2";

fn write(server: &Server, lines: impl IntoIterator<Item = String>) {
    let name = LogName { dag_id: "etl", run_id: "run_1", task_id: "extract", map_index: -1, try_number: 2 };
    let mut log = AttemptLog::open(LogLayout::new(&server.logs).path(&name)).unwrap();
    let lines: Vec<String> = lines.into_iter().collect();
    log.append(lines.iter().map(String::as_str)).unwrap();
}

fn line(level: &str, event: &str) -> String {
    json!({"timestamp": "2026-01-01T00:00:07Z", "level": level, "event": event, "logger": "task.stdout"}).to_string()
}

async fn block(server: &Server, query: &str) -> (u64, Vec<u64>) {
    let block = server.get(&format!("{LOG}{query}")).await.json();
    assert_eq!(block["complete"], true);
    let numbers = block["lines"].as_array().unwrap().iter().map(|line| line["n"].as_u64().unwrap());
    (block["total"].as_u64().unwrap(), numbers.collect())
}

on_both! {
    async fn blocks_by_number(server: Server) {
        assert_eq!(block(&server, "").await, (0, vec![]));
        write(&server, (1..=2_500).map(|n| line("info", &format!("line {n}"))));
        assert_eq!(block(&server, "?from=2499&lines=500").await, (2_500, vec![2_499, 2_500]));
        assert_eq!(block(&server, "?from=-1&lines=2").await, (2_500, vec![2_499, 2_500]));
        assert_eq!(block(&server, "?from=1001&lines=1").await, (2_500, vec![1_001]));
        assert_eq!(block(&server, "").await.1.len(), 500);
        assert_eq!(block(&server, "?from=1&lines=999999").await.1.len(), 2_000);
        assert_eq!(block(&server, "?from=9999").await, (2_500, vec![]));
        let first = server.get(&format!("{LOG}?lines=1")).await.json();
        assert_eq!(
            first["lines"],
            json!([{"n": 1, "time": 1_767_225_607_000_u64, "level": "info", "source": "stdout", "text": "line 1", "detail": []}])
        );
    }

    async fn long_lines_make_short_blocks(server: Server) {
        write(&server, std::iter::repeat_n(line("info", &"<".repeat(1 << 20)), 5));
        let answer = server.get(LOG).await;
        assert_eq!(answer.json()["lines"].as_array().unwrap().len(), 2);
        assert!(answer.text.len() < 300_000, "what is shown of a line is bounded too");
    }

    async fn a_running_try_is_not_complete(server: Server) {
        let block = server.get("/ui/logs/etl/run_2/extract/1").await.json();
        assert_eq!(block, json!({"total": 0, "complete": false, "lines": []}));
    }

    async fn searching(server: Server) {
        let found = async |query: &str| server.get(&format!("{LOG}/search{query}")).await.json();
        let nothing = json!({"lines": [], "total": 0, "truncated": false});
        assert_eq!(found("?q=x").await, nothing);
        write(&server, [line("info", "one"), line("error", "Two <b>"), line("warning", "two")]);
        assert_eq!(found("?q=two").await, json!({"lines": [2, 3], "total": 2, "truncated": false}));
        assert_eq!(found("?q=%3Cb%3E").await["lines"], json!([2]));
        assert_eq!(found("?level=error").await["lines"], json!([2]));
        assert_eq!(found("?q=two&level=warning").await["lines"], json!([2, 3]));
        assert_eq!(found("").await, nothing);
        assert_eq!(server.get(&format!("{LOG}/search?level=loud")).await.status, 422);
        assert_eq!(server.get("/ui/logs/etl/run_1/extract/9").await.status, 404);
        assert_eq!(server.ask("GET", "/ui/logs/etl/run_1/none/1/search?q=a", Value::Null).await.status, 404);
    }
}
