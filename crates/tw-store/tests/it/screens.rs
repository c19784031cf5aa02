//! What the screens of the browser part read.

use tw_model::{
    Connection, DagRun, DagRunId, DagRunState, RunType, TaskInstance, TaskInstanceState, Timestamp, Variable,
};
use tw_store::query::like_contains;
use tw_store::{
    ConnectionHead, DagListFilter, DagListPlace, DagListView, Epoch, RunLine, RunListFilter, STATES, Store, XComKey,
};
use uuid::Uuid;

use crate::fixtures::*;
use crate::on_both;

/// An id as it is made at an instant.
fn made_at(at: Timestamp, number: u64) -> DagRunId {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap();
    DagRunId(Uuid::from_u64_pair((millis << 16) | 0x7000, number))
}

fn ended(run: DagRun, state: DagRunState, end: i64) -> DagRun {
    DagRun { state, end_date: Some(at(end)), ..run }
}

/// `etl` with five runs, the last of which runs; `idle`, paused, without runs; `old`, stale; `sick`,
/// whose one run failed.
async fn fill(store: &Store) -> Epoch {
    let epoch = store.acquire_epoch("t", at(0)).await.unwrap();
    let mut writes = Vec::new();
    for (number, dag_id) in [(1, "etl"), (2, "idle"), (3, "old"), (4, "sick")] {
        writes.push(tw_engine::Write::DagVersion(Box::new(version(number, dag(dag_id, &["a", "b"])))));
        let row =
            tw_engine::DagRow { is_paused: dag_id == "idle", is_stale: dag_id == "old", ..dag_row(dag_id, number) };
        writes.push(tw_engine::Write::Dag(Box::new(row)));
    }
    let states = [DagRunState::Success, DagRunState::Failed, DagRunState::Success, DagRunState::Success];
    for (number, state) in (1..).zip(states) {
        writes.push(write_run(&ended(run("etl", number), state, 10 * i64::try_from(number).unwrap())));
    }
    writes.push(write_run(&DagRun { run_type: RunType::Manual, ..run("etl", 5) }));
    let sick = DagRun { dag_version_id: version_id(4), run_type: RunType::Manual, ..run("sick", 6) };
    writes.push(write_run(&ended(sick, DagRunState::Failed, 60)));
    store.commit(epoch, &writes, &[]).await.unwrap();
    epoch
}

fn names(runs: &[RunLine]) -> String {
    runs.iter().map(|run| run.run_id.as_str()).collect::<Vec<_>>().join(" ")
}

async fn total(store: &Store, filter: &RunListFilter) -> u32 {
    let total = store.runs_total(filter).await.unwrap();
    assert!(!total.or_more, "all of them were counted");
    total.count
}

/// Every page of a list, one text each.
async fn pages(store: &Store, filter: &RunListFilter, limit: u32) -> Vec<String> {
    let (mut pages, mut place) = (Vec::new(), None);
    loop {
        let (rows, next) = store.runs_page(filter, place, limit).await.unwrap();
        pages.push(rows.iter().map(|view| view.run.run_id.as_str()).collect::<Vec<_>>().join(" "));
        match next {
            Some(next) => place = Some(next),
            None => return pages,
        }
    }
}

on_both! {
    async fn dags_by_what_their_file_says(test: TestStore) {
        fill(&test.store).await;
        let found = async |text: &str, limit| {
            let found = test.store.dags_with_source(text, limit).await.unwrap();
            assert!(found.iter().all(|(_, source)| source.contains(text)));
            found.into_iter().map(|(dag_id, _)| dag_id.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found("sour", 9).await, "etl idle sick", "not the stale one");
        assert_eq!(found("sour", 2).await, "etl idle");
        assert_eq!((found("Sour", 9).await, found("%", 9).await), (String::new(), String::new()));
    }

    async fn the_newest_runs_of_several_dags(test: TestStore) {
        fill(&test.store).await;
        let found = test.store.runs_newest(&[dag_id("etl"), dag_id("idle"), dag_id("sick")], 3).await.unwrap();
        assert_eq!(names(&found[&dag_id("etl")]), "run_5 run_4 run_3");
        assert_eq!(names(&found[&dag_id("sick")]), "run_6");
        assert_eq!(found.len(), 2);
        assert_eq!(found[&dag_id("etl")][0].version_number, Some(1));
        assert!(test.store.runs_newest(&[], 3).await.unwrap().is_empty());
        let active = test.store.runs_active_of(&[dag_id("etl"), dag_id("sick")]).await.unwrap();
        assert_eq!((active.len(), active[&dag_id("etl")], test.store.runs_active(9).await.unwrap()), (1, 1, 1));
    }

    async fn runs_of_a_dag_before_an_instant(test: TestStore) {
        fill(&test.store).await;
        let failed = RunListFilter { state: Some(DagRunState::Failed), ..RunListFilter::default() };
        let manual = RunListFilter { run_type: Some(RunType::Manual), ..RunListFilter::default() };
        for (before, filter, limit, expected) in [
            (None, &RunListFilter::default(), 2, "run_5 run_4"),
            (Some(at(3 * 86_400)), &RunListFilter::default(), 9, "run_2 run_1"),
            (None, &failed, 9, "run_2"),
            (None, &manual, 9, "run_5"),
            (Some(at(5 * 86_400)), &manual, 9, ""),
        ] {
            let runs = test.store.runs_before(&dag_id("etl"), before, filter, limit).await.unwrap();
            assert_eq!(names(&runs), expected);
        }
    }

    async fn a_list_of_runs_is_paged_without_gaps(test: TestStore) {
        let epoch = fill(&test.store).await;
        // The same instant as another run.
        let twin = DagRun { id: run_key(90), run_id: "twin".into(), logical_date: None, ..run("etl", 4) };
        test.store.commit(epoch, &[write_run(&twin)], &[]).await.unwrap();
        let all = RunListFilter::default();
        assert_eq!(pages(&test.store, &all, 3).await, ["run_6 run_5 twin", "run_4 run_3 run_2", "run_1"]);
        assert_eq!(total(&test.store, &all).await, 7);
        let failed = RunListFilter { state: Some(DagRunState::Failed), ..all.clone() };
        assert_eq!(pages(&test.store, &failed, 1).await, ["run_6", "run_2"]);
        let of_dag = RunListFilter { dag_id: Some(dag_id("etl")), state: Some(DagRunState::Running), ..all.clone() };
        assert_eq!(pages(&test.store, &of_dag, 9).await, ["run_5 twin"]);
        assert_eq!(total(&test.store, &of_dag).await, 2);
        let manual = RunListFilter { run_type: Some(RunType::Manual), ..all };
        assert_eq!(pages(&test.store, &manual, 1).await, ["run_6", "run_5"]);
        assert_eq!(total(&test.store, &manual).await, 2);
        assert_eq!(names(&test.store.runs_named("%WI%", 5).await.unwrap()), "twin");
        let by_version = test.store.runs_by_version(&dag_id("etl")).await.unwrap();
        assert_eq!(by_version.into_iter().collect::<Vec<_>>(), [(version_id(1), 6)]);
    }

    async fn connections_are_found_by_what_names_them(test: TestStore) {
        let described = |conn_id: &str, description: Option<String>| Connection {
            conn_id: conn_id.to_owned(),
            conn_type: "postgres".to_owned(),
            description,
            host: Some("host_orders".to_owned()),
            login: Some("login_orders".to_owned()),
            password: Some("password_orders".to_owned()),
            extra: Some(r#"{"token": "extra_orders"}"#.to_owned()),
            ..Connection::default()
        };
        let far = format!("{}orders", " ".repeat(500));
        for (conn_id, said) in [("a", Some("All ORDERS")), ("b", None), ("c", Some(far.as_str())), ("z_Orders", None)] {
            test.store.connection_create(&described(conn_id, said.map(str::to_owned))).await.unwrap();
        }
        let found = async |text: &str, limit| {
            let heads = test.store.connections_named(&like_contains(text), limit).await.unwrap();
            heads.into_iter().map(|head| head.conn_id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found("orders", 5).await, "z_Orders a", "ids before descriptions, no secrets, no host, no login");
        assert_eq!(found("orders", 1).await, "z_Orders");
        assert_eq!(found("%", 5).await, "");
        let head = ConnectionHead {
            conn_id: "a".to_owned(),
            conn_type: "postgres".to_owned(),
            description: Some("All ORDERS".to_owned()),
        };
        assert_eq!(test.store.connections_named("a", 5).await.unwrap(), [head]);
    }

    async fn variables_are_found_by_their_key(test: TestStore) {
        for key in ["region", "b_REGION", "other"] {
            let variable = Variable { key: key.to_owned(), value: "a region".to_owned(), description: None };
            test.store.variable_create(&variable).await.unwrap();
        }
        assert_eq!(test.store.variables_named("%region%", 5).await.unwrap(), ["b_REGION", "region"]);
        assert_eq!(test.store.variables_named("%region%", 1).await.unwrap(), ["b_REGION"]);
    }

    async fn a_list_of_dags_in_its_views_and_orders(test: TestStore) {
        fill(&test.store).await;
        let list = async |filter: &DagListFilter, view, place: DagListPlace, limit| {
            let (ids, next) = test.store.dag_ids_page(filter, view, &place, limit).await.unwrap();
            (ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" "), next)
        };
        let all = DagListFilter::default();
        for (view, expected) in [
            (DagListView::All, "etl idle sick"),
            (DagListView::Active, "etl sick"),
            (DagListView::Paused, "idle"),
            (DagListView::Failing, "sick"),
            (DagListView::Running, "etl"),
        ] {
            assert_eq!(list(&all, view, DagListPlace::ById(None), 9).await, (expected.to_owned(), None));
        }
        let (first, next) = list(&all, DagListView::All, DagListPlace::ById(None), 2).await;
        assert_eq!((first.as_str(), list(&all, DagListView::All, next.unwrap(), 2).await.0.as_str()), ("etl idle", "sick"));
        let (first, next) = list(&all, DagListView::All, DagListPlace::ByLastRun(None), 1).await;
        let (second, next) = list(&all, DagListView::All, next.unwrap(), 1).await;
        let (third, _) = list(&all, DagListView::All, next.unwrap(), 1).await;
        assert_eq!([first, second, third], ["sick", "etl", "idle"]);
        for (filter, expected) in [
            (DagListFilter { text: Some("THE S".into()), ..all.clone() }, "sick"),
            (DagListFilter { text: Some("%".into()), ..all.clone() }, ""),
            (DagListFilter { tag: Some("a".into()), ..all.clone() }, "etl idle sick"),
            (DagListFilter { tag: Some("c".into()), ..all.clone() }, ""),
            (DagListFilter { owner: Some("b-team".into()), ..all.clone() }, "etl idle sick"),
            (DagListFilter { owner: Some("team".into()), ..all.clone() }, ""),
        ] {
            assert_eq!(list(&filter, DagListView::All, DagListPlace::ById(None), 9).await.0, expected, "{filter:?}");
        }
        let counts = test.store.dag_counts(&all).await.unwrap();
        let counts = [counts.all, counts.active, counts.paused, counts.failing, counts.running];
        assert_eq!((counts, test.store.dags_count().await.unwrap()), ([3, 2, 1, 1, 1], 3));
        assert_eq!(test.store.dags_named(&[dag_id("sick"), dag_id("none")]).await.unwrap().len(), 1);
        let of_file = test.store.dags_of_file("dags-folder", "etl.py", 9).await.unwrap();
        assert_eq!((of_file, test.store.dag_files_count().await.unwrap()), (vec![(dag_id("etl"), 1)], 0));
    }

    async fn instances_are_counted_by_task_and_state(test: TestStore) {
        let epoch = fill(&test.store).await;
        let run = run("etl", 5);
        let with = |state, map_index, id| TaskInstance { state, ..instance(&run, "b", map_index, id) };
        let failed = TaskInstance { end_date: Some(at(20)), ..with(Some(TaskInstanceState::Failed), 1, 2) };
        let writes: Vec<_> = [
            TaskInstance { end_date: Some(at(9)), ..instance(&run, "a", -1, 9) },
            with(Some(TaskInstanceState::Success), 0, 1),
            failed.clone(),
            with(None, 2, 3),
        ]
        .iter()
        .map(write_instance)
        .collect();
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let tallies = test.store.task_tallies(&[run.id, run_key(6)]).await.unwrap();
        let mut sums = [0; STATES.len()];
        for tally in &tallies {
            sums.iter_mut().zip(tally.counts).for_each(|(sum, count)| *sum += count);
        }
        assert_eq!(test.store.run_counts(&[run.id, run_key(6)]).await.unwrap(), [(run.id, sums)]);
        assert_eq!(test.store.run_counts(&[]).await.unwrap(), []);
        let text = |tally: &tw_store::TaskTally| {
            let name = |state: Option<TaskInstanceState>| state.map_or("none", |state| state.as_str());
            let counts = STATES.iter().zip(tally.counts).filter(|(_, count)| *count > 0);
            let counts: Vec<String> = counts.map(|(state, count)| format!("{} {count}", name(*state))).collect();
            format!("{} {} {:?} {}", tally.task_id, tally.is_indexed, tally.end, counts.join(", "))
        };
        assert_eq!(
            tallies.iter().map(text).collect::<Vec<_>>(),
            ["a false Some(2026-01-01T00:00:09Z) running 1", "b true Some(2026-01-01T00:00:20Z) failed 1, none 1, success 1"]
        );
        assert_eq!(test.store.mapped_count(run.id, &task_id("b")).await.unwrap(), 3);
        let page = test.store.mapped_page(run.id, &task_id("b"), 1, 9).await.unwrap();
        assert_eq!(page.iter().map(|line| line.map_index).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(test.store.mapped_failed(run.id, &task_id("b"), 9).await.unwrap(), page[..1]);
        let states = [TaskInstanceState::Running, TaskInstanceState::Queued];
        let load = test.store.unfinished_tally(&states).await.unwrap();
        assert_eq!(load, [(TaskInstanceState::Running, 1, Some(at(5)))]);
        let points = test.store.task_points(&[run.id, run_key(6)], &task_id("b"), 1).await.unwrap();
        assert_eq!((points.len(), points[0].state), (1, Some(TaskInstanceState::Failed)));
        let tries = test.store.plain_tries(run.id).await.unwrap();
        assert_eq!((tries.earlier.len(), tries.current.len(), tries.current[0].task_id.as_str()), (0, 1, "a"));
        let first = test.store.first_failure(run.id).await.unwrap().unwrap();
        assert_eq!((first.task_id.as_str(), first.map_index), ("b", 1));
        let key = XComKey { dag_id: "etl", run_id: "run_5", task_id: "b", key: "return_value" };
        test.store.xcom_set(key, 1, &serde_json::json!("grüße"), at(1)).await.unwrap();
        let heads = test.store.xcom_heads(run.id, &task_id("b"), 1, 4, 9).await.unwrap();
        assert_eq!((heads[0].key.as_str(), heads[0].begin.as_str(), heads[0].bytes), ("return_value", "\"grü", 9));
    }

    async fn home_shows_what_is_recent(test: TestStore) {
        let epoch = fill(&test.store).await;
        let recent = |number: u64, state, end: Option<i64>| DagRun {
            id: made_at(at(1_000), number),
            run_id: format!("recent_{number}").into(),
            logical_date: None,
            start_date: Some(at(1_000)),
            state,
            end_date: end.map(at),
            ..run("etl", 7)
        };
        let writes = [
            write_run(&recent(1, DagRunState::Success, Some(1_010))),
            write_run(&recent(2, DagRunState::Failed, Some(1_130))),
            write_run(&recent(3, DagRunState::Failed, Some(1_120))),
            write_run(&recent(4, DagRunState::Running, None)),
        ];
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let activity = test.store.activity(at(990), 60_000_000).await.unwrap();
        let activity: Vec<_> = activity.iter().map(|one| (one.bucket, one.state.as_str(), one.runs)).collect();
        assert_eq!(activity, [(0, "running", 1), (0, "success", 1), (2, "failed", 2)]);
        assert_eq!(names(&test.store.failed_runs(at(990), 9).await.unwrap()), "recent_2 recent_3");
        assert_eq!(names(&test.store.failed_runs(at(1_125), 9).await.unwrap()), "");
        let seen = test.store.failed_runs(at(990), 9).await.unwrap().swap_remove(1);
        test.store.acknowledge(seen.id, "ada", at(1_200)).await.unwrap();
        test.store.acknowledge(seen.id, "bob", at(1_201)).await.unwrap();
        assert_eq!(names(&test.store.failed_runs(at(990), 9).await.unwrap()), "recent_2");
        assert_eq!(test.store.acknowledged_runs(at(990)).await.unwrap(), 1);
        test.store.unacknowledge(seen.id).await.unwrap();
        test.store.unacknowledge(seen.id).await.unwrap();
        assert_eq!(test.store.acknowledged_runs(at(990)).await.unwrap(), 0);
        test.store.acknowledge(seen.id, "ada", at(1_202)).await.unwrap();
        let cleared = DagRun { clear_number: seen.clear_number + 1, ..recent(3, DagRunState::Failed, Some(1_140)) };
        test.store.commit(epoch, &[write_run(&cleared)], &[]).await.unwrap();
        assert_eq!(names(&test.store.failed_runs(at(990), 9).await.unwrap()), "recent_3 recent_2", "it failed anew");
        assert_eq!(test.store.acknowledged_runs(at(990)).await.unwrap(), 0);
        let running = test.store.longest_running(9).await.unwrap().swap_remove(0);
        assert!(test.store.acknowledge(running.id, "ada", at(1_203)).await.is_err(), "it has not failed");
        assert_eq!(names(&test.store.longest_running(9).await.unwrap()), "run_5 recent_4");
        assert_eq!(test.store.last_failure().await.unwrap(), Some(at(1_140)));
        assert_eq!(test.store.upcoming_runs(9).await.unwrap(), []);
    }
}
