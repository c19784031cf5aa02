//! What people keep: favourites, saved views, which failures they have seen.

use serde_json::{Value, json};
use tw_engine::Write;
use tw_model::{DagRun, DagRunState};

use crate::on_both;
use crate::screens::made_at;
use crate::server::Server;
use crate::world::at;

async fn failures(server: &Server) -> (Value, Value) {
    let home = server.get("/ui/home?hours=168").await.json();
    (home["failed_runs"]["total"].clone(), home["failed_runs"]["acknowledged"].clone())
}

on_both! {
    async fn favourites_are_those_of_the_caller(server: Server) {
        let viewer = server.log_in("viewer").await;
        for (path, status) in [("etl/favorite", 204), ("etl/favorite", 409), ("none/favorite", 404)] {
            let answer = server.ask_as(&viewer, "POST", &format!("/api/v2/dags/{path}"), Value::Null).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
        }
        let ids = |answer: Value| -> Vec<String> {
            let dags = answer["dags"].as_array().unwrap();
            dags.iter().map(|dag| dag["dag_id"].as_str().unwrap().to_owned()).collect()
        };
        let own = server.ask_as(&viewer, "GET", "/api/v2/dags?is_favorite=true", Value::Null).await.json();
        assert_eq!(ids(own), ["etl"]);
        assert_eq!(ids(server.get("/api/v2/dags?is_favorite=true").await.json()), [] as [&str; 0]);
        let others = server.ask_as(&viewer, "GET", "/api/v2/dags?is_favorite=false", Value::Null).await.json();
        assert!(!ids(others).contains(&"etl".to_owned()));
        let details = server.ask_as(&viewer, "GET", "/api/v2/dags/etl/details", Value::Null).await.json();
        assert_eq!(details["is_favorite"], true);

        let page = server.ask_as(&viewer, "GET", "/ui/dags?view=favourites", Value::Null).await.json();
        assert_eq!((&page["total"], &page["counts"]["favourites"]), (&json!(1), &json!(1)));
        assert!(page["counts"]["all"].as_u64() > Some(1), "the other views count all DAGs");
        assert_eq!(page["dags"][0]["is_favourite"], true);
        assert_eq!(server.get("/ui/dags/etl").await.json()["is_favourite"], false, "for somebody else");

        for (path, status) in [("etl/unfavorite", 204), ("etl/unfavorite", 409), ("none/unfavorite", 404)] {
            let answer = server.ask_as(&viewer, "POST", &format!("/api/v2/dags/{path}"), Value::Null).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
        }
    }

    async fn views_are_saved_by_name_and_counted(server: Server) {
        let viewer = server.log_in("viewer").await;
        let put = async |name: &str, query: &str| {
            let path = format!("/ui/views/{name}");
            server.ask_as(&viewer, "PUT", &path, json!({"query": query})).await.status
        };
        assert_eq!(put("Etl%20%26%20more", "q=etl&view=active").await, 204);
        assert_eq!(put("All", "").await, 204);
        assert_eq!(put("All", "view=all&sort=-last_run").await, 204);
        assert_eq!(put("Bad", "view=nonsense").await, 422);
        assert_eq!(put("Bad", "q=%").await, 204, "a lone percent sign is what was typed");
        assert_eq!(put(&"x".repeat(61), "").await, 422);
        let views = server.ask_as(&viewer, "GET", "/ui/views", Value::Null).await.json();
        let all = server.get("/ui/dags").await.json()["total"].clone();
        let names: Vec<&Value> = views["views"].as_array().unwrap().iter().map(|view| &view["name"]).collect();
        assert_eq!(names, ["Etl & more", "All", "Bad"]);
        assert_eq!((&views["views"][0]["dags"], &views["views"][1]["dags"]), (&json!(1), &all));
        assert_eq!(server.get("/ui/views").await.json(), json!({"views": []}), "somebody else has none");
        let odd = tw_store::SavedView { name: "Odd".to_owned(), query: "view=of%20tomorrow".to_owned() };
        server.store.saved_view_put("viewer", &odd).await.unwrap();
        let views = server.ask_as(&viewer, "GET", "/ui/views", Value::Null).await.json();
        assert_eq!(views["views"][2]["dags"], 0, "one that cannot be read does not spoil the others");
        assert_eq!(server.ask_as(&viewer, "DELETE", "/ui/views/All", Value::Null).await.status, 204);
        assert_eq!(server.ask_as(&viewer, "DELETE", "/ui/views/All", Value::Null).await.status, 404);
    }

    async fn a_failure_that_was_seen_asks_nobody_any_more(server: Server) {
        let failed = DagRun { state: DagRunState::Failed, end_date: Some(at(960)), ..made_at(900, 1) };
        let seen = format!("/ui/runs/etl/{}/acknowledgement", failed.run_id);
        server.control.commit(&[Write::DagRun(Box::new(failed))]).await;
        let before = failures(&server).await;
        assert_eq!(before, (json!(1), json!(0)));
        let version = server.get("/ui/home").await.json()["version"].as_u64();
        assert_eq!(server.ask("PUT", &seen, Value::Null).await.status, 204);
        assert_eq!(failures(&server).await, (json!(0), json!(1)));
        assert!(server.get("/ui/home").await.json()["version"].as_u64() > version, "other tabs are told");
        assert_eq!(server.ask("DELETE", &seen, Value::Null).await.status, 204);
        assert_eq!(failures(&server).await, before);
        let viewer = server.log_in("viewer").await;
        assert_eq!(server.ask_as(&viewer, "PUT", &seen, Value::Null).await.status, 403);
        assert_eq!(server.ask("PUT", "/ui/runs/etl/run_2/acknowledgement", Value::Null).await.status, 409);
        assert_eq!(server.ask("PUT", "/ui/runs/etl/none/acknowledgement", Value::Null).await.status, 404);
        let log = server.get("/api/v2/eventLogs?event=acknowledge_dag_run").await.json();
        assert_eq!((&log["total_entries"], &log["event_logs"][0]["owner"]), (&json!(1), &json!("admin")));
    }
}
