//! The audit log, read.

use serde_json::{Value, json};
use tw_engine::Write;

use crate::on_both;
use crate::server::Server;
use crate::world::at;

const EVENTS: &str = "/api/v2/eventLogs";

fn line(seconds: i64, event: &'static str, dag_id: &str, run_id: Option<&str>, task: Option<(&str, i32)>) -> Write {
    Write::Audit {
        at: at(seconds),
        event,
        owner: (event == "paused").then(|| "ada".to_owned()),
        dag_id: dag_id.into(),
        run_id: run_id.map(Into::into),
        task: task.map(|(task_id, map_index)| (task_id.into(), map_index)),
        try_number: task.map(|_| 2),
        detail: Some(format!("second {seconds}")),
    }
}

on_both! {
    async fn lists_and_filters(server: Server) {
        server.control.commit(&[
            line(10, "paused", "etl", None, None),
            line(20, "running", "etl", Some("run_1"), Some(("extract", -1))),
            line(30, "failed", "etl", Some("run_2"), Some(("load", 1))),
            line(40, "delete_dag", "vanished", None, None),
        ]).await;
        let seconds = async |query: &str| {
            let answer = server.get(&format!("{EVENTS}?{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
            let body = answer.json();
            let lines = body["event_logs"].as_array().unwrap();
            let texts: Vec<&str> = lines.iter().map(|line| &line["extra"].as_str().unwrap()["second ".len()..]).collect();
            format!("{} of {}", texts.join(" "), body["total_entries"])
        };
        for (query, expected) in [
            ("", "10 20 30 40 of 4"),
            ("order_by=-when&limit=2", "40 30 of 4"),
            ("order_by=event&offset=1&limit=1", "30 of 4"),
            ("order_by=-event_log_id&limit=1", "40 of 4"),
            ("dag_id=etl&run_id=run_1", "20 of 1"),
            ("task_id=load", "30 of 1"),
            ("map_index=1&try_number=2", "30 of 1"),
            ("owner=ada", "10 of 1"),
            ("event=failed", "30 of 1"),
            ("included_events=failed&included_events=running", "20 30 of 2"),
            ("excluded_events=failed&excluded_events=running", "10 40 of 2"),
            ("after=2026-01-01T00:00:10Z&before=2026-01-01T00:00:40Z", "20 30 of 2"),
            ("dag_id_pattern=ANISH", "40 of 1"),
            ("event_prefix_pattern=del|pa", "10 40 of 2"),
            ("owner_pattern=da&run_id_pattern=~", "10 of 1"),
            ("event=none", " of 0"),
        ] {
            assert_eq!(seconds(query).await, expected, "{query}");
        }
        for query in ["order_by=logical_date", "order_by=id;drop"] {
            assert_eq!(server.get(&format!("{EVENTS}?{query}")).await.status, 400);
        }
        for query in ["before=noon", "map_index=x", "limit=-1"] {
            assert_eq!(server.get(&format!("{EVENTS}?{query}")).await.status, 422, "{query}");
        }
    }

    async fn pages_of_the_screen(server: Server) {
        server.control.commit(&[
            line(10, "paused", "etl", None, None),
            line(20, "running", "etl", Some("run_1"), Some(("extract", -1))),
            line(30, "failed", "etl", Some("run_1"), Some(("extract", -1))),
            line(40, "delete_dag", "vanished", None, None),
        ]).await;
        let read = async |query: &str| server.get(&format!("/ui/audit-log?{query}")).await.json();
        let first = read("limit=1").await;
        let expected = json!({
            "id": 4, "at": at(40).as_micros() / 1_000, "event": "delete_dag", "owner": null, "dag_id": "vanished",
            "run_id": null, "task_id": null, "map_index": null, "try_number": null, "logical_date": null,
            "detail": "second 40",
        });
        assert_eq!((&first["lines"], &first["total"]), (&json!([expected]), &json!({"count": 4, "or_more": false})));
        let cursor = first["next_cursor"].as_str().unwrap().replace(' ', "%20");
        for (query, ids) in [
            (format!("cursor={cursor}"), "3 2 1"),
            ("dag_id=etl&run_id=run_1".into(), "3 2"),
            ("dag_id=etl&run_id=run_1&event=FAIL".into(), "3"),
            ("event=pau|del".into(), "4 1"),
            ("dag=van&event=&owner=".into(), "4"),
            ("owner=ad".into(), "1"),
        ] {
            let page = read(&query).await;
            let found: Vec<String> = page["lines"].as_array().unwrap().iter().map(|line| line["id"].to_string()).collect();
            assert_eq!((found.join(" ").as_str(), &page["next_cursor"]), (ids, &Value::Null), "{query}");
        }
        let of_run = read("dag_id=etl&run_id=run_1&event=FAIL").await["lines"][0].clone();
        assert_eq!((&of_run["task_id"], &of_run["try_number"]), (&json!("extract"), &json!(2)));
        assert_eq!(of_run["logical_date"], json!(at(86_400).as_micros() / 1_000));
    }

    async fn one(server: Server) {
        server.control.commit(&[
            line(20, "running", "etl", Some("run_1"), Some(("extract", -1))),
            line(40, "delete_dag", "vanished", None, None),
        ]).await;
        let answer = server.get(&format!("{EVENTS}/1")).await.json();
        let expected = json!({
            "event_log_id": 1, "when": "2026-01-01T00:00:20Z", "dag_id": "etl", "task_id": "extract", "run_id": "run_1",
            "map_index": -1, "try_number": 2, "event": "running", "logical_date": "2026-01-02T00:00:00Z", "owner": null,
            "extra": "second 20", "dag_display_name": "The ETL", "task_display_name": "Extract it",
        });
        assert_eq!(answer, expected);
        let gone = server.get(&format!("{EVENTS}/2")).await.json();
        assert_eq!((&gone["dag_id"], &gone["dag_display_name"]), (&json!("vanished"), &Value::Null));
        assert_eq!(server.get(&format!("{EVENTS}/3")).await.status, 404);
        assert_eq!(server.get(&format!("{EVENTS}/x")).await.status, 422);
    }
}
