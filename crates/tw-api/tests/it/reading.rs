//! Every reading endpoint once as it is, and each filter once.

use serde_json::Value;

use crate::on_both;
use crate::server::Server;

const RUN: &str = "/api/v2/dags/etl/dagRuns/run_1";

async fn read(server: &Server, paths: &[&str]) -> String {
    let requests: Vec<(&str, &str, Value)> = paths.iter().map(|path| ("GET", *path, Value::Null)).collect();
    server.transcript(&requests).await
}

/// What a list holds, by the field that names its members.
async fn names(server: &Server, path: &str, list: &str, field: &str) -> (Vec<String>, u64) {
    let answer = server.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let json = answer.json();
    let name = |item: &Value| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned);
    let names = json[list].as_array().unwrap().iter().map(name).collect();
    (names, json["total_entries"].as_u64().unwrap())
}

/// `path -> names (total)` for each path.
async fn names_of(server: &Server, base: &str, queries: &[&str], list: &str, field: &str) -> String {
    let mut text = String::new();
    for query in queries {
        let (names, total) = names(server, &format!("{base}{query}"), list, field).await;
        text.push_str(&format!("{query} -> {} ({total})\n", names.join(" ")));
    }
    text
}

on_both! {
    async fn dags(server: Server) {
        let paths = [
            "/api/v2/dags?dag_id_pattern=etl",
            "/api/v2/dags/paused",
            "/api/v2/dags/etl/details",
            "/api/v2/dags/etl/tasks?order_by=-task_id",
            "/api/v2/dags/etl/tasks/extract",
            "/api/v2/dags/etl/tasks/none",
            "/api/v2/dags/etl/dagVersions?order_by=-version_number",
            "/api/v2/dags/etl/dagVersions/1",
            "/api/v2/dagSources/etl",
            "/api/v2/dagSources/etl?version_number=1",
            "/api/v2/dagSources/etl?version_number=9",
            "/api/v2/dags/none",
            "/api/v2/importErrors",
            "/api/v2/importErrors/1",
            "/api/v2/importErrors/9",
        ];
        insta::assert_snapshot!("dags", read(&server, &paths).await);
    }

    async fn dag_filters(server: Server) {
        let queries = [
            "",
            "?exclude_stale=false&order_by=-dag_id",
            "?paused=true",
            "?dag_id_pattern=%25e_",
            "?dag_id_pattern=ETL",
            "?dag_id_prefix_pattern=e",
            "?dag_id_pattern=et%7Cpau",
            "?dag_display_name_pattern=the",
            "?tags=daily&tags=none",
            "?tags=daily&tags=none&tags_match_mode=all",
            "?owners=ops",
            "?has_import_errors=true",
            "?last_dag_run_state=running",
            "?bundle_name=other",
            "?limit=1&offset=1",
            "?limit=0",
            "?offset=9",
            "?order_by=-last_run_start_date",
            "?order_by=next_dagrun",
        ];
        insta::assert_snapshot!("dag_filters", names_of(&server, "/api/v2/dags", &queries, "dags", "dag_id").await);
    }

    async fn runs(server: Server) {
        let paths = ["/api/v2/dags/etl/dagRuns", RUN, "/api/v2/dags/etl/dagRuns/none", "/api/v2/dags/none/dagRuns"];
        insta::assert_snapshot!("runs", read(&server, &paths).await);
    }

    async fn run_filters(server: Server) {
        let queries = [
            "?order_by=-run_after",
            "?state=running",
            "?state=success&state=failed",
            "?run_type=manual",
            "?run_id_pattern=UN_1",
            "?run_id_prefix_pattern=run_2",
            "?triggering_user_name_pattern=ad",
            "?dag_version=1",
            "?dag_version=2",
            "?run_after_gte=2026-01-03T00:00:00Z",
            "?run_after_lt=2026-01-03T00:00:00%2B00:00",
            "?logical_date_gt=2026-01-02",
            "?start_date_lte=2025-01-01T00:00:00Z",
            "?end_date_gte=2026-01-01T01:00:00Z",
            "?end_date_lte=2026-01-01T01:00:00Z",
            "?duration_gt=29",
            "?duration_gt=31",
            "?conf_contains=limit",
            "?limit=1",
        ];
        for base in ["/api/v2/dags/etl/dagRuns", "/api/v2/dags/~/dagRuns"] {
            insta::assert_snapshot!("run_filters", names_of(&server, base, &queries, "dag_runs", "dag_run_id").await);
        }
    }

    async fn task_instances(server: Server) {
        let at = |rest: &str| format!("{RUN}/taskInstances{rest}");
        let paths = [
            at("?task_id=extract"),
            at("/extract"),
            at("/load"),
            at("/load/1"),
            at("/load/7"),
            at("/load/x"),
            at("/load/listMapped?order_by=-map_index&limit=1"),
            at("/extract/listMapped"),
            at("/extract/tries"),
            at("/extract/tries/1"),
            at("/extract/tries/3"),
            at("/load/0/tries"),
            "/api/v2/dags/etl/dagRuns/run_2/taskInstances/load/listMapped".to_owned(),
            "/api/v2/dags/~/dagRuns/run_2/taskInstances".to_owned(),
        ];
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        insta::assert_snapshot!("task_instances", read(&server, &paths).await);
    }

    async fn task_instance_filters(server: Server) {
        let queries = [
            "",
            "?order_by=-start_date",
            "?order_by=rendered_map_index",
            "?state=running",
            "?state=none",
            "?state=none&state=running",
            "?state=success&state=running",
            "?map_index=1",
            "?pool=default_pool&queue=default",
            "?pool_name_pattern=nothing",
            "?operator_name_prefix_pattern=@t",
            "?executor=none",
            "?version_number=2&try_number=2",
            "?version_number=1",
            "?run_id_pattern=2&dag_id_prefix_pattern=e",
            "?rendered_map_index_pattern=sec",
            "?logical_date_lte=2026-01-02T00:00:00Z",
            "?run_after_gt=2026-01-02T00:00:00Z",
            "?start_date_lt=2020-01-01T00:00:00Z",
            "?end_date_gt=2026-01-01T00:00:19Z",
            "?duration_lte=10",
            "?limit=2&offset=1",
        ];
        for base in ["/api/v2/dags/~/dagRuns/~/taskInstances", "/api/v2/dags/etl/dagRuns/~/taskInstances"] {
            let text = names_of(&server, base, &queries, "task_instances", "id").await;
            insta::assert_snapshot!("task_instance_filters", text.replace("00000000-0000-0000-0000-0000", ""));
        }
    }

    async fn batches(server: Server) {
        let requests = [
            ("/api/v2/dags/~/dagRuns/list", serde_json::json!({"states": ["success", null], "order_by": "-id"})),
            ("/api/v2/dags/~/dagRuns/list", serde_json::json!({"dag_ids": ["none"], "page_limit": 5})),
            ("/api/v2/dags/~/dagRuns/list", serde_json::json!({"what": 1})),
            ("/api/v2/dags/etl/dagRuns/list", serde_json::json!({})),
            (
                "/api/v2/dags/~/dagRuns/~/taskInstances/list",
                serde_json::json!({"dag_run_ids": ["run_1"], "task_ids": ["load"], "state": ["success"], "page_limit": 1}),
            ),
        ];
        let requests: Vec<(&str, &str, Value)> =
            requests.into_iter().map(|(path, body)| ("POST", path, body)).collect();
        insta::assert_snapshot!("batches", server.transcript(&requests).await);
    }

    async fn xcoms(server: Server) {
        let base = format!("{RUN}/taskInstances/extract/xcomEntries");
        let paths = [
            base.clone(),
            format!("{base}?xcom_key_pattern=RETURN&limit=1"),
            "/api/v2/dags/~/dagRuns/~/taskInstances/~/xcomEntries?order_by=-key&map_index=-1".to_owned(),
            format!("{base}/return_value"),
            format!("{base}/return_value?deserialize=true"),
            format!("{base}/return_value?stringify=true"),
            format!("{base}/a/b"),
            format!("{base}/return_value?map_index=1"),
        ];
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        insta::assert_snapshot!("xcoms", read(&server, &paths).await);
    }

    async fn settings(server: Server) {
        let paths = [
            "/api/v2/variables?order_by=-key",
            "/api/v2/variables?variable_key_prefix_pattern=c",
            "/api/v2/variables/city",
            "/api/v2/variables/none",
            "/api/v2/connections",
            "/api/v2/connections/warehouse",
            "/api/v2/connections/none",
            "/api/v2/pools",
            "/api/v2/pools?pool_name_pattern=def",
            "/api/v2/pools/a/b",
            "/api/v2/pools/none",
        ];
        insta::assert_snapshot!("settings", read(&server, &paths).await);
    }

    async fn system(server: Server) {
        let paths = [
            "/api/v2/monitor/health",
            "/api/v2/version",
            "/ui/why?dag_id=etl",
            "/ui/why?dag_id=etl&run_id=run_2",
            "/ui/why?dag_id=etl&run_id=run_2&task_id=load&map_index=3",
            "/ui/why?dag_id=none",
            "/ui/why",
            "/api/v2/dags?limit=x",
            "/api/v2/dags?order_by=fileloc",
            "/api/v2/dags?is_favorite=true",
            "/api/v2/dags/~/dagRuns?cursor=",
            "/api/v2/dags/~/dagRuns?state=done",
            "/api/v2/dags/~/dagRuns?run_after_gte=soon",
            "/api/v2/nothing",
        ];
        insta::assert_snapshot!("system", read(&server, &paths).await);
        let source = server.send("GET", "/api/v2/dagSources/etl", &[("accept", "text/plain")], None).await;
        assert_eq!(source.status, 401, "the gate comes before anything else");
    }
}
