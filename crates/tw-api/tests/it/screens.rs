//! Every screen once as it is, and what its parameters do.

use std::sync::Arc;

use serde_json::{Value, json};
use tw_engine::{ImportError, Write};
use tw_model::{Connection, DagRun, DagRunId, DagRunState, TaskInstance, TaskInstanceState};
use tw_store::Role;
use uuid::Uuid;

use crate::on_both;
use crate::server::Server;
use crate::world::{self, at};

async fn read(server: &Server, paths: &[&str]) -> String {
    let requests: Vec<(&str, &str, Value)> = paths.iter().map(|path| ("GET", *path, Value::Null)).collect();
    // Where the test keeps its files is different each time.
    server.transcript(&requests).await.replace(&server.dags.display().to_string(), "[dags]")
}

async fn json_of(server: &Server, path: &str) -> Value {
    let answer = server.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// The values of one field in a list.
fn field<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap()).collect()
}

/// A run as the scheduler makes it at an instant: its id begins with that.
pub(crate) fn made_at(seconds: i64, number: u64) -> DagRun {
    let millis = u64::try_from(at(seconds).as_micros() / 1000).unwrap();
    DagRun {
        id: DagRunId(Uuid::from_u64_pair((millis << 16) | 0x7000, number)),
        run_id: format!("made_{number}").into(),
        logical_date: None,
        run_after: at(seconds),
        queued_at: Some(at(seconds)),
        start_date: Some(at(seconds)),
        ..world::run("etl", 2, 9)
    }
}

on_both! {
    async fn navigation_and_lists(server: Server) {
        let paths = ["/ui/nav", "/ui/start", "/ui/dags?q=et", "/ui/dags/etl", "/ui/dags/none", "/ui/runs?limit=1"];
        insta::assert_snapshot!("navigation_and_lists", read(&server, &paths).await);
    }

    async fn one_dag(server: Server) {
        let paths = [
            "/ui/dags/etl/grid",
            "/ui/dags/etl/graph",
            "/ui/dags/etl/graph?run_id=run_1",
            "/ui/dags/etl/graph?run_id=none",
            "/ui/dags/etl/versions",
            "/ui/dags/etl/versions/1",
            "/ui/dags/etl/versions/9",
            "/ui/dags/etl/versions/2/changes",
            "/ui/dags/etl/versions/1/changes",
            "/ui/dags/etl/trigger-form",
            "/ui/dags/none/grid",
        ];
        insta::assert_snapshot!("one_dag", read(&server, &paths).await);
    }

    async fn one_run(server: Server) {
        let paths = [
            "/ui/runs/etl/run_1/timeline",
            "/ui/runs/etl/run_2/timeline",
            "/ui/runs/etl/none/timeline",
            "/ui/runs/etl/run_2/profile",
            "/ui/runs/etl/none/profile",
            "/ui/explain/etl/run_2/load/-1",
            "/ui/explain/etl/none/load/-1",
        ];
        insta::assert_snapshot!("one_run", read(&server, &paths).await);
    }

    async fn one_task(server: Server) {
        let base = "/ui/task-instances/etl";
        let paths = [
            format!("{base}/run_1/extract"),
            format!("{base}/run_1/load"),
            format!("{base}/run_1/load?map_index=1"),
            format!("{base}/run_1/load/mapped?offset=1&limit=5"),
            format!("{base}/run_2/extract"),
            format!("{base}/run_2/load"),
            format!("{base}/run_1/load?map_index=7"),
            format!("{base}/run_1/none"),
        ];
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        insta::assert_snapshot!("one_task", read(&server, &paths).await);
    }

    async fn templates_are_those_of_the_version(server: Server) {
        let of = async |path: &str| json_of(&server, &format!("/ui/task-instances/etl/run_1/{path}")).await;
        let plain = of("extract").await;
        assert_eq!(plain["rendered_fields"], json!({"op_kwargs": {"limit": 5}}));
        assert_eq!(plain["templates"], json!({"op_kwargs": {"limit": "{{ params.limit }}"}}));
        assert_eq!(of("load?map_index=1").await["templates"], json!({"op_kwargs": {"day": ["{{ ds }}"]}}));
        assert_eq!(of("load").await["templates"], json!(null), "all instances together have no inputs");
        let run = world::run("etl", 2, 1);
        let gone = TaskInstance { state: Some(TaskInstanceState::Removed), ..world::instance(&run, "gone", -1, 90) };
        server.control.commit(&[Write::TaskInstance(Box::new(gone))]).await;
        let gone = of("gone").await;
        assert_eq!((&gone["state"], &gone["templates"]), (&json!("removed"), &json!(null)));
    }

    async fn events_of_a_task_instance(server: Server) {
        let line = |event, task: Option<(&str, i32)>| Write::Audit {
            at: at(20),
            event,
            owner: task.is_none().then(|| "ada".to_owned()),
            dag_id: "etl".into(),
            run_id: Some("run_1".into()),
            task: task.map(|(task_id, map_index)| (task_id.into(), map_index)),
            try_number: task.map(|_| 2),
            detail: Some(format!("about {task:?}")),
        };
        let own = ("load", 1);
        let named = [line("clear", None), line("mark", Some(("load", -1))), line("failed", Some(own))];
        server.control.commit(&named).await;
        server.control.commit(&[line("failed", Some(("load", 0))), line("failed", Some(("extract", -1)))]).await;
        let path = "/ui/task-instances/etl/run_1/load/events?map_index=1";
        let page = json_of(&server, path).await;
        let names = field(&page["events"], "event").into_iter().zip(field(&page["events"], "of")).collect::<Vec<_>>();
        assert_eq!(names, [("failed", "instance"), ("mark", "task"), ("clear", "run")]);
        let at_ms = at(20).as_micros() / 1000;
        let first = json!({
            "id": 3, "at": at_ms, "event": "failed", "owner": null, "of": "instance", "try_number": 2,
            "detail": "about Some((\"load\", 1))",
        });
        assert_eq!((&page["events"][0], &page["older"]), (&first, &json!(null)));
        assert_eq!(page["events"][2]["owner"], "ada");

        let many: Vec<Write> = (0..48).map(|_| line("running", Some(own))).collect();
        server.control.commit(&many).await;
        let page = json_of(&server, path).await;
        assert_eq!(field(&page["events"], "event").len(), 50);
        let older = json_of(&server, &format!("{path}&before={}", page["older"])).await;
        assert_eq!((field(&older["events"], "event"), &older["older"]), (vec!["clear"], &json!(null)));
    }

    async fn lists_are_filtered_and_paged(server: Server) {
        for (query, expected) in [
            ("", "broken etl fixed paused"),
            ("?view=paused", "paused"),
            ("?view=active&q=", "broken etl fixed"),
            ("?view=failing", ""),
            ("?view=running", "etl"),
            ("?tag=daily", "etl"),
            ("?owner=ops", "etl"),
            ("?sort=-last_run&limit=1", "etl"),
            ("?q=%25", ""),
        ] {
            let page = json_of(&server, &format!("/ui/dags{query}")).await;
            assert_eq!(field(&page["dags"], "dag_id").join(" "), expected, "{query}");
        }
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = json_of(&server, &format!("/ui/dags?sort=-last_run&limit=2&cursor={cursor}")).await;
            seen.extend(field(&page["dags"], "dag_id").into_iter().map(str::to_owned));
            assert_eq!(page["total"], 4);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.replace(' ', "%20"),
                None => break,
            }
        }
        assert_eq!(seen, ["etl", "broken", "fixed", "paused"]);

        let first = json_of(&server, "/ui/runs?limit=1").await;
        assert_eq!((field(&first["runs"], "run_id"), &first["total"]["count"]), (vec!["run_2"], &json!(2)));
        let cursor = first["next_cursor"].as_str().unwrap().replace(' ', "%20");
        let second = json_of(&server, &format!("/ui/runs?limit=1&cursor={cursor}")).await;
        assert_eq!((field(&second["runs"], "run_id"), &second["next_cursor"]), (vec!["run_1"], &json!(null)));
        for (query, expected) in [("?state=success", "run_1"), ("?run_type=scheduled", "run_2"), ("?dag_id=none", "")] {
            let page = json_of(&server, &format!("/ui/runs{query}")).await;
            assert_eq!(field(&page["runs"], "run_id").join(" "), expected, "{query}");
        }
        let grid = json_of(&server, "/ui/dags/etl/grid?runs=1").await;
        assert_eq!((field(&grid["runs"], "run_id"), &grid["has_older"]), (vec!["run_2"], &json!(true)));
        let before = &grid["runs"][0]["run_after"];
        let older = json_of(&server, &format!("/ui/dags/etl/grid?before={before}&state=success&run_type=")).await;
        assert_eq!((field(&older["runs"], "run_id"), &older["has_older"]), (vec!["run_1"], &json!(false)));
    }

    async fn refusals(server: Server) {
        for path in [
            "/ui/dags?view=odd",
            "/ui/dags?sort=odd",
            "/ui/dags?sort=-last_run&cursor=odd",
            "/ui/runs?state=odd",
            "/ui/runs?cursor=1%20odd",
            "/ui/dags/etl/grid?before=odd",
            "/ui/task-instances/etl/run_1/extract?map_index=odd",
            "/ui/events?since=odd",
            "/ui/home?hours=odd",
            "/ui/audit-log?cursor=1%20odd",
            "/ui/audit-log?dag_id=etl",
            "/ui/audit-log?run_id=run_1",
            "/ui/used-by",
            "/ui/used-by?connection=a&variable=b",
        ] {
            let answer = server.get(path).await;
            assert_eq!(answer.status, 422, "{path}");
            assert!(answer.json()["detail"][0]["msg"].is_string(), "{path}");
        }
    }

    /// What is kept of a finished run is forgotten when something touches it.
    async fn a_finished_run_may_change(server: Server) {
        let cells = async || json_of(&server, "/ui/dags/etl/graph?run_id=run_1").await["cells"].clone();
        let timeline = async || json_of(&server, "/ui/runs/etl/run_1/timeline").await;
        // What the time line counted is what the graph finds kept.
        let first = timeline().await;
        assert_eq!((&first["rows"][0]["cell"], &first["run"]["counts"]), (&json!("success"), &json!({"success": 3})));
        assert_eq!(cells().await[0], "success");
        let loads = async || json_of(&server, "/ui/runs/etl/run_1/profile").await["tasks"][0].clone();
        assert_eq!((&loads().await["task_id"], &loads().await["at_most"]), (&json!("load"), &json!(2)));
        let view = server.store.task_instance_view(&"etl".into(), &"run_1".into(), &"extract".into(), -1).await.unwrap();
        let extract = TaskInstance { state: Some(TaskInstanceState::Failed), ..view.unwrap().task_instance };
        let run = world::run("etl", 2, 1);
        let load = TaskInstance {
            state: Some(TaskInstanceState::Failed),
            end_date: Some(at(18)),
            ..world::instance(&run, "load", 2, 78)
        };
        let put = |instance| Write::TaskInstance(Box::new(instance));
        server.control.commit(&[put(extract), put(load)]).await;
        assert_eq!(cells().await[0], "failed");
        assert_eq!(timeline().await["run"]["counts"], json!({"failed": 2, "success": 2}));
        assert_eq!((&loads().await["at_most"], &loads().await["failed"][0]["tries"]), (&json!(3), &json!(1)));
    }

    async fn a_file_names_a_connection(server: Server) {
        let none = json!({"dag_ids": [], "or_more": false});
        // Every file says "version", none as a text of its own.
        for query in ["connection=version", "variable=version", "connection="] {
            assert_eq!(json_of(&server, &format!("/ui/used-by?{query}")).await, none, "{query}");
        }
    }

    /// The last runs of a DAG are kept until one of its runs changes.
    async fn last_runs_may_change(server: Server) {
        let of_row = async || {
            let dag = json_of(&server, "/ui/dags?q=etl").await["dags"][0].clone();
            (field(&dag["last_runs"], "state").join(" "), dag["typical_duration"].clone())
        };
        let (before, usual) = of_row().await;
        assert_eq!(before, "success running");
        assert_eq!(json_of(&server, "/ui/runs?state=success").await["runs"][0]["typical_duration"], usual);
        let view = server.store.dag_run_view(&"etl".into(), &"run_1".into()).await.unwrap().unwrap();
        let failed = tw_model::DagRun { state: tw_model::DagRunState::Failed, ..view.run };
        server.control.commit(&[Write::DagRun(Box::new(failed))]).await;
        assert_eq!(of_row().await, ("failed running".to_owned(), json!(null)));
        assert_eq!(json_of(&server, "/ui/runs?state=failed").await["runs"][0]["typical_duration"], json!(null));
    }

    /// A mapped task that runs is told up to now, and one that was tried again with its failure.
    async fn a_run_that_goes_on_has_a_profile(server: Server) {
        let run = world::run("etl", 2, 2);
        let put = |instance: &TaskInstance| Write::TaskInstance(Box::new(instance.clone()));
        let running = TaskInstance { state: Some(TaskInstanceState::Running), ..world::instance(&run, "load", 0, 80) };
        let failed = TaskInstance {
            state: Some(TaskInstanceState::Failed),
            end_date: Some(at(106)),
            ..world::instance(&run, "load", 1, 81)
        };
        let waiting = TaskInstance {
            id: world::attempt_id(82),
            state: Some(TaskInstanceState::UpForRetry),
            ..failed.clone()
        };
        let archive = Write::ArchiveTaskInstance { id: failed.id };
        server.control.commit(&[put(&running), put(&failed), archive, put(&waiting)]).await;
        let profile = json_of(&server, "/ui/runs/etl/run_2/profile").await;
        let task = &profile["tasks"][0];
        assert_eq!((&task["to"], &task["at_most"], &task["retries"]), (&profile["now"], &json!(2), &json!(0)));
        let levels = task["running"].as_array().unwrap();
        assert_eq!((levels.len(), &levels[0], &levels[399]), (400, &json!(2.0), &json!(1.0)));
        assert_eq!((&task["ran"], &task["queued"]), (&json!(100_000), &json!(1_000)));
        let delay = &task["delays"][0];
        assert_eq!((&delay["to"], task["failed"][0]["tries"].as_u64()), (&profile["now"], Some(1)));
        assert!(delay["from"].as_i64().unwrap() <= at(106).as_micros() / 1000, "{delay}");
    }

    async fn home(server: Server) {
        let version = &json_of(&server, "/ui/home").await["version"];
        assert!(version.is_u64());
        let failed = DagRun { state: DagRunState::Failed, end_date: Some(at(960)), ..made_at(900, 1) };
        let good = DagRun { state: DagRunState::Success, end_date: Some(at(970)), ..made_at(940, 2) };
        let broken = TaskInstance {
            dag_run_id: failed.id,
            run_id: failed.run_id.clone(),
            state: Some(TaskInstanceState::Failed),
            end_date: Some(at(959)),
            reason: Some("<script>alert(1)</script>".to_owned()),
            ..world::instance(&failed, "load", 3, 77)
        };
        let run = |run: &DagRun| Write::DagRun(Box::new(run.clone()));
        server.control.commit(&[run(&failed), run(&good), Write::TaskInstance(Box::new(broken))]).await;
        let mut home = json_of(&server, "/ui/home").await;
        let buckets = home["activity"].take();
        let buckets = buckets.as_array().unwrap();
        assert_eq!((buckets.len(), &buckets[95]["failed"], &buckets[95]["success"]), (96, &json!(1), &json!(1)));
        insta::assert_json_snapshot!("home", home);
        assert_eq!(json_of(&server, "/ui/home?hours=6").await["failed_runs"]["total"], 1);
    }

    async fn import_errors(server: Server) {
        let message = "Traceback (most recent call last):\n  File \"/x/team/late.py\", line 2, in <module>\n    \
            import <b>\nModuleNotFoundError: No module named 'nothing'";
        let error = Some(ImportError { at: at(30), message: message.to_owned() });
        let (bundle_name, relative_fileloc) = ("dags-folder".to_owned(), "team/late.py".to_owned());
        server.control.commit(&[Write::ImportError { bundle_name, relative_fileloc, error }]).await;
        std::fs::create_dir(server.dags.join("team")).unwrap();
        std::fs::write(server.dags.join("team/late.py"), "import dag\nimport <b>\n").unwrap();
        insta::assert_snapshot!("ui_import_errors", read(&server, &["/ui/import-errors"]).await);
    }

    async fn search(server: Server) {
        for (text, expected) in [
            ("etl", "dag:etl"),
            ("the%20e", "dag:etl"),
            ("EXTRACT", "task:extract"),
            ("run_", "run:run_2 run:run_1"),
            ("o", "dag:broken task:only task:load task:only task:only"),
            ("%25", ""),
            ("", ""),
            ("'%22--", ""),
        ] {
            let hits = json_of(&server, &format!("/ui/search?q={text}")).await;
            let hit = |hit: &Value| format!("{}:{}", hit["kind"].as_str().unwrap(), hit["id"].as_str().unwrap());
            let hits: Vec<String> = hits["hits"].as_array().unwrap().iter().map(hit).collect();
            assert_eq!(hits.join(" "), expected, "{text}");
        }
    }

    async fn connections_and_variables_are_found_by_operators(server: Server) {
        let warehouse = server.store.connection_get("warehouse").await.unwrap().unwrap();
        let described = Connection { description: Some("Where sales end".to_owned()), ..warehouse };
        server.store.connection_put(&described).await.unwrap();
        let hit = json!([{"id": "warehouse", "conn_type": "postgres", "description": "Where sales end"}]);
        let variable = server.store.variables_named("%", 1).await.unwrap().remove(0);
        for role in Role::ALL {
            let token = server.log_in(role.as_str()).await;
            let found = async |text: &str| {
                let answer = server.ask_as(&token, "GET", &format!("/ui/search?q={text}"), Value::Null).await;
                assert_eq!(answer.status, 200, "{role:?} {text}");
                answer.json()
            };
            let may = server.ask_as(&token, "GET", "/api/v2/connections", Value::Null).await.status == 200;
            assert_eq!(may, role >= Role::Op);
            let expected = if may { hit.clone() } else { json!([]) };
            assert_eq!(found("WAREH").await["connections"], expected, "{role:?}");
            assert_eq!(found("sales").await["connections"], expected, "{role:?}");
            let keys = if may { json!([variable]) } else { json!([]) };
            assert_eq!(found(&variable).await["variables"], keys, "{role:?}");
            // Host, login, password and extra lead nobody to it, nor does the value to a variable.
            for hidden in ["ada", "hunter2", "sslmode", "5432", ""] {
                let found = found(hidden).await;
                assert_eq!((&found["connections"], &found["variables"]), (&json!([]), &json!([])), "{role:?} {hidden}");
            }
        }
    }

    /// What the graph says is what the timeline says, whichever was asked first.
    async fn the_graph_has_the_critical_path_of_a_run(server: Server) {
        let graph = async |run_id: &str| json_of(&server, &format!("/ui/dags/etl/graph?run_id={run_id}")).await;
        assert_eq!(graph("run_1").await["critical_path"], json!(["extract", "load"]));
        for run_id in ["run_1", "run_2"] {
            let timeline = json_of(&server, &format!("/ui/runs/etl/{run_id}/timeline")).await;
            assert_eq!(graph(run_id).await["critical_path"], timeline["critical_path"], "{run_id}");
        }
        assert_eq!(graph("").await["critical_path"], json!([]), "without a run");
        // A task that never ran decided nothing.
        let view = server.store.task_instance_view(&"etl".into(), &"run_1".into(), &"extract".into(), -1).await.unwrap();
        let extract = TaskInstance { state: None, end_date: None, ..view.unwrap().task_instance };
        server.control.commit(&[Write::TaskInstance(Box::new(extract))]).await;
        assert_eq!(graph("run_1").await["critical_path"], json!(["load"]));
    }

    /// Names that people chose come out as JSON text, whatever is in them.
    async fn hostile_names_are_only_text(server: Server) {
        let name = "</script><img src=x onerror=alert(1)>\u{2028}\u{0}\"'";
        let run = DagRun {
            run_id: name.into(),
            note: Some(name.to_owned()),
            conf: Arc::new(json!({name: name})),
            ..made_at(10 * 86_400, 5)
        };
        server.control.commit(&[Write::DagRun(Box::new(run))]).await;
        let answer = server.get("/ui/runs?limit=1").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let stored = name.replace('\0', "\u{fffd}");
        let run = &answer.json()["runs"][0];
        assert_eq!((&run["run_id"], &run["note"], &run["conf"][name]), (&json!(stored), &json!(stored), &json!(name)));
        let path = "/ui/runs/etl/%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%E2%80%A8%EF%BF%BD%22'/timeline";
        assert_eq!(json_of(&server, path).await["run"]["run_id"], json!(stored));
    }
}
