//! Acts on runs and task instances, decided by the decision core over the rows of a real store.

use serde_json::{Value, json};

use crate::on_both;
use crate::server::{Answer, Server};

const DAG: &str = "/api/v2/dags/etl";
const CLEAR: &str = "/api/v2/dags/etl/clearTaskInstances";
const FINISHED: &str = "/api/v2/dags/etl/dagRuns/run_1";
const RUNNING: &str = "/api/v2/dags/etl/dagRuns/run_2";

/// The task instances of an answer, one a line.
fn told(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let instances = body["task_instances"].as_array().unwrap();
    assert_eq!(body["total_entries"], instances.len());
    let line = |ti: &Value| {
        let text = |name: &str| ti[name].as_str().unwrap_or("-").to_owned();
        let (run, task, state, note) = (text("dag_run_id"), text("task_id"), text("state"), text("note"));
        let (index, number, max) = (&ti["map_index"], &ti["try_number"], &ti["max_tries"]);
        format!("{run} {task}[{index}] {state} try {number} of at most {max}, note {note}")
    };
    instances.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything that is known of the runs.
async fn all(server: &Server) -> String {
    told(&server.get(&format!("{DAG}/dagRuns/~/taskInstances?order_by=run_after&order_by=map_index")).await)
}

on_both! {
    /// It tells what the act then does. The run was over, so it is read from the store.
    async fn a_dry_run_comes_first(server: Server) {
        let before = (server.get(FINISHED).await.text, server.get(&format!("{FINISHED}/taskInstances")).await.text);
        let would = server.ask("POST", CLEAR, json!({"dag_run_id": "run_1", "only_failed": false})).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&would), @r"
            run_1 extract[-1] success try 2 of at most 1, note -
            run_1 load[0] success try 1 of at most 1, note -
            run_1 load[1] success try 1 of at most 1, note -
            ");
        }
        let after = (server.get(FINISHED).await.text, server.get(&format!("{FINISHED}/taskInstances")).await.text);
        assert_eq!(before, after);

        let body = json!({"dry_run": false, "dag_run_id": "run_1", "only_failed": false, "note": "once more"});
        let answer = told(&server.ask("POST", CLEAR, body).await);
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r"
            run_1 extract[-1] - try 2 of at most 3, note once more
            run_1 load[0] - try 1 of at most 2, note once more
            run_1 load[1] - try 1 of at most 2, note once more
            ");
        }
        let run = server.get(FINISHED).await.json();
        assert_eq!((&run["state"], &run["note"], &run["end_date"]), (&json!("queued"), &json!("first"), &Value::Null));
        let tries = server.get(&format!("{FINISHED}/taskInstances/extract/tries")).await.json();
        let told_try = |t: &Value| format!("{} {}", t["try_number"], t["state"].as_str().unwrap_or("-"));
        let tries: Vec<String> = tries["task_instances"].as_array().unwrap().iter().map(told_try).collect();
        assert_eq!(tries, ["1 failed", "2 success", "2 -"], "what is over is history");
        let screen = server.get("/ui/task-instances/etl/run_1/extract").await.json();
        let attempts = screen["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 2, "{screen}");
        let nothing = server.ask("POST", CLEAR, json!({"dag_run_id": "run_1"})).await;
        assert_eq!(told(&nothing), "", "by default only what failed is cleared");
    }

    async fn clearing_parts(server: Server) {
        let clear = async |body: Value| told(&server.ask("POST", CLEAR, body).await);
        let one = json!({"dag_run_id": "run_1", "only_failed": false, "task_ids": [["load", 1]]});
        assert_eq!(clear(one).await, "run_1 load[1] success try 1 of at most 1, note -");
        let mut with = json!({"dag_run_id": "run_1", "only_failed": false, "task_ids": [["load", 1]], "include_upstream": true});
        let answer = clear(with.clone()).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r"
            run_1 extract[-1] success try 2 of at most 1, note -
            run_1 load[1] success try 1 of at most 1, note -
            ");
        }
        with["dry_run"] = json!(false);
        with["reset_dag_runs"] = json!(false);
        clear(with).await;
        assert_eq!(server.get(FINISHED).await.json()["state"], "success", "the run is left as it is");
        let window = json!({
            "only_failed": false, "task_ids": ["extract"],
            "start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-03T00:00:00+00:00",
        });
        let answer = clear(window).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r"
            run_1 extract[-1] - try 2 of at most 3, note -
            run_2 extract[-1] running try 1 of at most 1, note -
            ");
        }
        let future = json!({"dag_run_id": "run_1", "only_failed": false, "task_ids": ["extract"], "include_future": true});
        assert_eq!(clear(future).await.lines().count(), 2);
        let past = json!({"dag_run_id": "run_1", "only_failed": false, "task_ids": ["extract"], "include_past": true});
        assert_eq!(clear(past).await.lines().count(), 1);
        assert_eq!(clear(json!({"only_failed": false})).await.lines().count(), 5, "without bounds every run counts");
    }

    /// Its process has to end first.
    async fn clearing_what_runs(server: Server) {
        let body = |more: Value| {
            let mut body = json!({"dag_run_id": "run_2", "only_failed": false, "only_running": true, "dry_run": false});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let refused = server.ask("POST", CLEAR, body(json!({"prevent_running_task": true}))).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert_eq!(server.get(&format!("{RUNNING}/taskInstances/extract")).await.json()["state"], "running");
        let cleared = server.ask("POST", CLEAR, body(json!({}))).await;
        assert_eq!(told(&cleared), "run_2 extract[-1] restarting try 1 of at most 1, note -");
        assert_eq!(server.get(RUNNING).await.json()["state"], "running");
    }

    async fn clearing_is_refused(server: Server) {
        let before = all(&server).await;
        for (path, body, status) in [
            (CLEAR, json!({"only_failed": true, "only_running": true}), 422),
            (CLEAR, json!({"task_ids": []}), 422),
            (CLEAR, json!({"task_ids": [["load"]]}), 422),
            (CLEAR, json!({"task_ids": [["load", "x"]]}), 422),
            (CLEAR, json!({"dag_run_id": "run_1", "start_date": "2026-01-01T00:00:00Z"}), 422),
            (CLEAR, json!({"start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}), 422),
            (CLEAR, json!({"start_date": "2026-01-02"}), 422),
            (CLEAR, json!({"dry_run": null}), 422),
            (CLEAR, json!({"note": "x".repeat(1001)}), 422),
            (CLEAR, json!({"unknown": 1}), 422),
            (CLEAR, json!([]), 422),
            (CLEAR, json!({"dag_run_id": "none", "dry_run": false}), 404),
            ("/api/v2/dags/none/clearTaskInstances", json!({}), 404),
            ("/api/v2/dags/etl/dagRuns/none/clear", json!({}), 404),
            ("/api/v2/dags/etl/dagRuns/run_1/clear", json!({"only_new": true, "only_failed": true}), 422),
            ("/api/v2/dags/etl/dagRuns/run_1/clear", json!({"note": "ä".repeat(1001)}), 422),
        ] {
            let answer = server.ask("POST", path, body.clone()).await;
            assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
            assert!(!answer.json()["detail"].is_null());
        }
        assert_eq!(all(&server).await, before);
    }

    async fn clearing_a_run(server: Server) {
        let path = format!("{FINISHED}/clear");
        assert_eq!(told(&server.ask("POST", &path, json!({})).await).lines().count(), 3);
        assert_eq!(told(&server.ask("POST", &path, json!({"only_failed": true})).await), "");
        let new = server.ask("POST", &path, json!({"only_new": true})).await.json();
        assert_eq!(new, json!({"task_instances": [], "total_entries": 0}), "each of its tasks has an instance");
        assert_eq!(server.get(FINISHED).await.json()["state"], "success");
        let run = server.ask("POST", &path, json!({"dry_run": false, "note": ""})).await;
        assert_eq!(run.status, 200);
        let run = run.json();
        assert_eq!((&run["dag_run_id"], &run["state"], &run["note"]), (&json!("run_1"), &json!("queued"), &Value::Null));
        assert_eq!(server.get(FINISHED).await.json(), run);
        let instances = told(&server.get(&format!("{FINISHED}/taskInstances")).await);
        assert!(instances.lines().all(|line| line.contains("] - try")), "{instances}");
    }

    async fn marking_and_noting_runs(server: Server) {
        let run = server.ask("PATCH", FINISHED, json!({"note": "<b>seen</b>"})).await.json();
        assert_eq!((&run["state"], &run["note"]), (&json!("success"), &json!("<b>seen</b>")));
        let end = run["end_date"].clone();
        let masked = format!("{FINISHED}?update_mask=note");
        let run = server.ask("PATCH", &masked, json!({"state": "failed", "note": null})).await.json();
        assert_eq!((&run["state"], &run["note"]), (&json!("success"), &Value::Null));
        let run = server.ask("PATCH", FINISHED, json!({"state": "failed"})).await.json();
        assert_eq!((&run["state"], &run["end_date"]), (&json!("failed"), &end));
        assert_eq!(server.ask("PATCH", FINISHED, json!({"state": null})).await.json()["state"], "failed");
        assert_eq!(server.ask("PATCH", FINISHED, json!({"state": "queued"})).await.json()["state"], "queued");
        assert_eq!(server.ask("PATCH", RUNNING, json!({"state": "success"})).await.json()["state"], "success");
        let answer = told(&server.get(&format!("{RUNNING}/taskInstances")).await);
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r"
            run_2 extract[-1] success try 1 of at most 1, note -
            run_2 load[-1] skipped try 0 of at most 1, note -
            ");
        }
        for (path, body, status) in [
            (FINISHED, json!({"state": "running"}), 422),
            (FINISHED, json!({"state": "success", "unknown": 1}), 422),
            (FINISHED, json!({"note": "x".repeat(1001)}), 422),
            ("/api/v2/dags/etl/dagRuns/none", json!({"state": "failed"}), 404),
            ("/api/v2/dags/etl/dagRuns/none", json!({}), 404),
            ("/api/v2/dags/etl/dagRuns/list", json!({"note": "x"}), 404),
            ("/api/v2/dags/none/dagRuns/run_1", json!({"note": "x"}), 404),
        ] {
            let answer = server.ask("PATCH", path, body.clone()).await;
            assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        }
    }

    async fn deleting(server: Server) {
        for (path, status) in [
            (RUNNING, 409),
            ("/api/v2/dags/etl/dagRuns/none", 404),
            ("/api/v2/dags/none", 404),
            (DAG, 409),
            (FINISHED, 204),
            (FINISHED, 404),
            ("/api/v2/dags/paused", 204),
            ("/api/v2/dags/paused", 404),
            ("/api/v2/dags/gone", 204),
        ] {
            let answer = server.ask("DELETE", path, Value::Null).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
            assert_eq!(answer.text.is_empty(), status == 204);
        }
        for path in [FINISHED, "/api/v2/dags/paused"] {
            assert_eq!(server.get(path).await.status, 404, "{path}");
        }
        assert_eq!(server.get(&format!("{DAG}/dagRuns")).await.json()["total_entries"], 1);
        server.ask("PATCH", RUNNING, json!({"state": "failed"})).await;
        assert_eq!(server.ask("DELETE", DAG, Value::Null).await.status, 204);
        assert_eq!(server.get(&format!("{DAG}/dagRuns")).await.status, 404);
        let events = server.get("/api/v2/eventLogs?dag_id=etl&event=delete_dag").await.json();
        assert_eq!(events["total_entries"], 1, "what was done is kept");
    }

    async fn marking_task_instances(server: Server) {
        let load = format!("{FINISHED}/taskInstances/load");
        let would = server.ask("PATCH", &format!("{load}/1/dry_run"), json!({"new_state": "FAILED"})).await;
        assert_eq!(told(&would), "run_1 load[1] success try 1 of at most 1, note -");
        let by_query = server.ask("PATCH", &format!("{load}/dry_run?map_index=0"), json!({"new_state": "failed"})).await;
        assert_eq!(told(&by_query), "run_1 load[0] success try 1 of at most 1, note -");
        let before = all(&server).await;
        let would = server.ask("PATCH", &format!("{load}/dry_run"), json!({"new_state": "skipped", "include_upstream": true})).await;
        assert_eq!(told(&would).lines().count(), 3);
        assert_eq!(all(&server).await, before);

        let done = server.ask("PATCH", &format!("{load}/1"), json!({"new_state": "failed", "note": "by hand"})).await;
        assert_eq!(told(&done), "run_1 load[1] failed try 1 of at most 1, note by hand");
        let again = server.ask("PATCH", &format!("{load}/1"), json!({"new_state": "failed"})).await;
        assert_eq!(again.status, 409, "{}", again.text);
        let both = server.ask("PATCH", &load, json!({"new_state": "failed"})).await;
        assert_eq!(told(&both), "run_1 load[0] failed try 1 of at most 1, note -\nrun_1 load[1] failed try 1 of at most 1, note by hand");

        // S-6.61: what failed below goes on.
        let extract = format!("{FINISHED}/taskInstances/extract");
        told(&server.ask("PATCH", &extract, json!({"new_state": "skipped"})).await);
        assert_eq!(server.get(FINISHED).await.json()["state"], "queued");
        let running = server.ask("PATCH", &format!("{RUNNING}/taskInstances/extract"), json!({"new_state": "success"})).await;
        assert_eq!(told(&running), "run_2 extract[-1] success try 1 of at most 1, note -");
    }

    async fn marking_task_instances_is_refused(server: Server) {
        let before = all(&server).await;
        let load = format!("{FINISHED}/taskInstances/load");
        for (path, body, status) in [
            (load.clone(), json!({"new_state": "running"}), 422),
            (load.clone(), json!({"new_state": null}), 422),
            (load.clone(), json!({"note": "x".repeat(1001)}), 422),
            (load.clone(), json!({"state": "failed"}), 422),
            (format!("{load}/x"), json!({"new_state": "failed"}), 422),
            (format!("{load}/7"), json!({"new_state": "failed"}), 404),
            (format!("{FINISHED}/taskInstances/none"), json!({"new_state": "failed"}), 404),
            (format!("{FINISHED}/taskInstances/none/dry_run"), json!({"new_state": "failed"}), 404),
            (format!("{FINISHED}/taskInstances/list"), json!({"new_state": "failed"}), 404),
            (format!("{DAG}/dagRuns/none/taskInstances/load"), json!({"new_state": "failed"}), 404),
            ("/api/v2/dags/none/dagRuns/run_1/taskInstances/load".to_owned(), json!({"new_state": "failed"}), 404),
        ] {
            let answer = server.ask("PATCH", &path, body.clone()).await;
            assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        }
        assert_eq!(all(&server).await, before);
    }

    /// Whatever is in it, it comes back; but for the character that databases do not hold.
    async fn notes_are_only_text(server: Server) {
        let load = format!("{FINISHED}/taskInstances/load/0");
        let notes = ["'; DROP TABLE dag_run; --", "<script>alert(1)</script>", "{{ 1 }} $1 %s \\", "\u{202e}🜁\n\ttab"];
        for note in notes.into_iter().map(str::to_owned).chain(["ä".repeat(1000)]) {
            assert_eq!(server.ask("PATCH", FINISHED, json!({"note": note})).await.json()["note"], note);
            server.ask("PATCH", &load, json!({"note": note})).await;
            assert_eq!(server.get(&load).await.json()["note"], note);
        }
        assert_eq!(server.ask("PATCH", FINISHED, json!({"note": "a\0b"})).await.json()["note"], "a\u{fffd}b");
        server.ask("PATCH", &load, json!({"note": "a\0b"})).await;
        assert_eq!(server.get(&load).await.json()["note"], "a\u{fffd}b");

        server.ask("PATCH", &load, json!({"note": null})).await;
        assert!(server.get(&load).await.json()["note"].is_string(), "null alone changes nothing");
        server.ask("PATCH", &format!("{load}?update_mask=note"), json!({"note": null})).await;
        assert!(server.get(&load).await.json()["note"].is_null());
        server.ask("PATCH", &load, json!({"note": "again"})).await;
        server.ask("PATCH", &load, json!({"note": ""})).await;
        assert!(server.get(&load).await.json()["note"].is_null());
        assert_eq!(server.get(FINISHED).await.json()["state"], "success", "a note is no act on a state");
    }

    /// The caller is named, whoever they say they are.
    async fn acts_are_signed(server: Server) {
        let token = server.log_in("user").await;
        server.ask_as(&token, "PATCH", FINISHED, json!({"state": "failed"})).await;
        let line = server.get("/api/v2/eventLogs?owner=user").await.json()["event_logs"][0].clone();
        assert_eq!((&line["event"], &line["run_id"]), (&json!("mark_dag_run"), &json!("run_1")));
    }
}
