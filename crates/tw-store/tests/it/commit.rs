//! The engine's writes.

use std::sync::Arc;

use serde_json::json;
use tw_engine::{CallbackKind, CallbackRequest, ImportError, PlannedRun, Write};
use tw_model::{
    DagRun, DagRunState, ExitStatus, Interval, Pool, ReturnValue, SkipRecord, TaskInstanceState, TimeSpan, Usage,
    UsagePoint, UsageSeries,
};
use tw_store::{AttemptExit, Epoch, StoreError};

use crate::fixtures::*;
use crate::{TestStore, on_both};

/// Has the run fail, and somebody see it.
async fn acknowledge_failed(test: &TestStore, epoch: Epoch, run: &DagRun) {
    let failed = DagRun { state: DagRunState::Failed, end_date: Some(at(9)), ..run.clone() };
    test.store.commit(epoch, &[write_run(&failed)], &[]).await.unwrap();
    test.store.acknowledge(run.id, "ada", at(10)).await.unwrap();
}

on_both! {
    /// What was written comes back equal, with every optional part set and not set.
    async fn rows_round_trip(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, mut run, instances) = small_world("etl", &["extract", "load"]);
        let mut full = instances[0].clone();
        full.map_index = 7;
        full.id = attempt_id(99);
        full.state = None;
        full.end_date = Some(at(10));
        full.not_before = Some(at(11));
        full.reschedule_count = 2;
        full.first_reschedule_date = Some(at(12));
        full.executor = Some("LocalExecutor".to_owned());
        full.return_value = ReturnValue::Sized(3);
        full.skip_record = Some(SkipRecord::Followed(vec![task_id("load")]));
        full.reason = Some("because\0of \u{1F389}".to_owned());
        run.state = DagRunState::Queued;
        run.triggering_user = Some("jo".to_owned());
        run.note = Some("a note".to_owned());
        run.reason = Some("task_failure".to_owned());
        run.end_date = Some(at(20));
        let mut manual = crate::fixtures::run("etl", 2);
        manual.logical_date = None;
        manual.data_interval = None;
        let mut row = dag_row("etl", 1);
        row.is_paused = true;
        row.next_run = Some(PlannedRun {
            run_after: at(30),
            logical_date: Some(at(31)),
            data_interval: Some(Interval { start: at(31), end: at(32) }),
        });
        row.last_automated = Some(Interval { start: at(33), end: at(34) });
        let callback = CallbackRequest {
            id: u128::MAX - 1,
            kind: CallbackKind::DagFailure,
            bundle_name: "b".to_owned(),
            relative_fileloc: "etl.py".to_owned(),
            dag_run: Arc::new(run.clone()),
            task_instance: Some(full.clone()),
            message: "task_failure".to_owned(),
        };
        let pool = Pool { name: "p".to_owned(), slots: -1, description: Some("d".to_owned()), include_deferred: true };
        writes.extend([
            Write::Dag(Box::new(row.clone())),
            write_run(&run),
            write_run(&manual),
            write_instance(&full),
            Write::Callback(Box::new(callback.clone())),
            Write::Pool(pool.clone()),
            Write::ImportError {
                bundle_name: "b".to_owned(),
                relative_fileloc: "bad.py".to_owned(),
                error: Some(ImportError { at: at(1), message: "no".to_owned() }),
            },
        ]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();

        let snapshot = test.store.load_snapshot().await.unwrap();
        assert_eq!(snapshot.dags, [row]);
        assert_eq!(snapshot.versions, [version(1, dag("etl", &["extract", "load"]))]);
        assert_eq!(snapshot.runs, [run, manual]);
        full.reason = Some("because\u{fffd}of \u{1F389}".to_owned());
        assert_eq!(snapshot.task_instances, [instances[0].clone(), full, instances[1].clone()]);
        assert_eq!(snapshot.callbacks, [callback]);
        assert_eq!(snapshot.pools, [pool]);
        assert_eq!(snapshot.import_error_files, [("b".to_owned(), "bad.py".to_owned())]);
        assert_eq!(test.dump("SELECT dag_id, name FROM dag_tag ORDER BY name").await, "etl | a\netl | b");
        assert_eq!(
            test.dump("SELECT display_name, owners, task_count FROM dag_version").await,
            "The etl | extract-team, load-team | 2"
        );
    }

    async fn things_are_deleted_and_replaced(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, run, instances) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let mut changed = dag("etl", &["a"]);
        changed.tags = vec!["c".to_owned()];
        let error = |message: &str| Write::ImportError {
            bundle_name: "b".to_owned(),
            relative_fileloc: "x.py".to_owned(),
            error: Some(ImportError { at: at(1), message: message.to_owned() }),
        };
        let pool = |name: &str| Pool { name: name.to_owned(), slots: 1, description: None, include_deferred: false };
        let changes = [
            Write::DagVersion(Box::new(version(1, changed))),
            error("first"),
            error("second"),
            Write::Pool(pool("stays")),
            Write::Pool(pool("goes")),
            Write::DeletePool { name: "goes".to_owned() },
            Write::DeleteTaskInstance { dag_run_id: run.id, task_id: instances[0].task_id.clone(), map_index: -1 },
        ];
        test.store.commit(epoch, &changes, &[]).await.unwrap();
        assert_eq!(test.dump("SELECT name FROM dag_tag").await, "c");
        assert_eq!(test.dump("SELECT message FROM import_error").await, "second");
        assert_eq!(test.dump("SELECT name FROM pool").await, "stays");
        assert_eq!(test.dump("SELECT count(*) FROM task_instance").await, "0");
        let gone = Write::ImportError { bundle_name: "b".to_owned(), relative_fileloc: "x.py".to_owned(), error: None };
        test.store.commit(epoch, &[gone], &[]).await.unwrap();
        assert_eq!(test.dump("SELECT count(*) FROM import_error").await, "0");
    }

    /// S-1.30: the finished try moves to the history with everything known about its process; the
    /// next try starts without it, and late usage finds the history.
    async fn a_new_try_leaves_the_old_one_in_the_history(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, _, instances) = small_world("etl", &["a"]);
        let old = &instances[0];
        let host = |id, hostname: &str| Write::AttemptHost {
            id,
            hostname: hostname.to_owned(),
            unixname: "jo".to_owned(),
            pid: 4_000_000_000,
        };
        writes.push(host(old.id, "one"));
        writes.push(Write::RenderedMapIndex { id: old.id, label: "label".to_owned() });
        test.store.commit(epoch, &writes, &[]).await.unwrap();

        let mut failed = old.clone();
        failed.state = Some(TaskInstanceState::Failed);
        failed.end_date = Some(at(50));
        let mut next = failed.clone();
        next.id = attempt_id(2);
        next.state = Some(TaskInstanceState::UpForRetry);
        let retry = [write_instance(&failed), Write::ArchiveTaskInstance { id: old.id }, write_instance(&next)];
        test.store.commit(epoch, &retry, &[]).await.unwrap();
        // Replaying a list has the effect of once.
        test.store.commit(epoch, &retry, &[]).await.unwrap();
        let usage = Usage { user_cpu: TimeSpan::from_micros(5), system_cpu: TimeSpan::from_micros(6), max_rss_bytes: 7 };
        let series = UsageSeries {
            interval: TimeSpan::from_secs(1),
            points: vec![UsagePoint { cpu_millicores: 980, rss_bytes: 7 }, UsagePoint::default()],
        };
        let exited = |exit, series, exception| AttemptExit { exit, usage, series, exception };
        test.store.attempt_exited(old.id, exited(ExitStatus::Signal(9), Some(&series), None)).await.unwrap();
        test.store.attempt_exited(next.id, exited(ExitStatus::Code(1), None, Some("ValueError: no"))).await.unwrap();
        let kept = test.store.usage_series(old.dag_run_id, &old.task_id, -1).await.unwrap();
        assert_eq!(kept, [(old.id, series.clone())]);

        let columns = "state, try_number, hostname, pid, rendered_map_index, exit_status, user_cpu_us, max_rss_bytes, \
             exception";
        assert_eq!(
            test.dump(&format!("SELECT {columns} FROM task_instance_history")).await,
            "failed | 1 | one | 4000000000 | label | -9 | 5 | 7 | -"
        );
        assert_eq!(
            test.dump(&format!("SELECT {columns} FROM task_instance")).await,
            "up_for_retry | 1 | - | - | - | 1 | 5 | 7 | ValueError: no"
        );
        let error = test.store.attempt_exited(attempt_id(3), exited(ExitStatus::Code(0), None, None)).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    }

    /// The end of a process may be known before its try moves to the history: its series moves with
    /// it, the next try has none, and both go when the run is deleted.
    async fn a_usage_series_stays_with_its_try(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, run, instances) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let old = &instances[0];
        let points = (1..=3).map(|n| UsagePoint { cpu_millicores: n, rss_bytes: 1 << 40 }).collect();
        let series = UsageSeries { interval: TimeSpan::from_secs(2048), points };
        let exited = AttemptExit { exit: ExitStatus::Code(1), usage: Usage::default(), series: Some(&series), exception: None };
        test.store.attempt_exited(old.id, exited).await.unwrap();
        let mut next = old.clone();
        next.id = attempt_id(2);
        let retry = [Write::ArchiveTaskInstance { id: old.id }, write_instance(&next)];
        test.store.commit(epoch, &retry, &[]).await.unwrap();
        let kept = async || test.store.usage_series(run.id, &old.task_id, -1).await.unwrap();
        assert_eq!(kept().await, [(old.id, series.clone())]);
        test.store.attempt_exited(next.id, exited).await.unwrap();
        assert_eq!(kept().await.len(), 2);
        let gone = Write::DeleteDagRun { id: run.id, dag_id: run.dag_id.clone(), run_id: run.run_id.clone() };
        test.store.commit(epoch, &[gone], &[]).await.unwrap();
        assert_eq!(kept().await, []);
    }

    /// S-1.13; and a commit that fails leaves nothing behind.
    async fn a_second_run_of_the_same_date_conflicts(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, run, _) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let mut twin = crate::fixtures::run("etl", 5);
        twin.logical_date = run.logical_date;
        let pool = Pool { name: "p".to_owned(), slots: 1, description: None, include_deferred: false };
        let error = test.store.commit(epoch, &[Write::Pool(pool), write_run(&twin)], &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        assert_eq!(test.dump("SELECT count(*) FROM pool").await, "0");
        // The same date in another DAG, and no date at all, are fine.
        twin.dag_id = dag_id("other");
        let mut dateless = crate::fixtures::run("etl", 6);
        dateless.logical_date = None;
        let mut dateless_too = crate::fixtures::run("etl", 7);
        dateless_too.logical_date = None;
        let writes = [write_run(&twin), write_run(&dateless), write_run(&dateless_too)];
        test.store.commit(epoch, &writes, &[]).await.unwrap();
    }

    /// S-7.17: a note stays beside a task instance over its tries; the history has none.
    async fn notes_stay_over_tries(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, run, instances) = small_world("etl", &["a", "b"]);
        let note = |task: &str, text: Option<&str>| Write::TaskInstanceNote {
            dag_run_id: run.id,
            dag_id: run.dag_id.clone(),
            run_id: run.run_id.clone(),
            task_id: task_id(task),
            map_index: -1,
            note: text.map(str::to_owned),
        };
        writes.extend([note("a", Some("first")), note("a", Some("odd")), note("b", Some("gone")), note("b", None)]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let mut next = instances[0].clone();
        next.id = attempt_id(9);
        next.state = None;
        let again = [Write::ArchiveTaskInstance { id: instances[0].id }, write_instance(&next)];
        test.store.commit(epoch, &again, &[]).await.unwrap();
        assert_eq!(test.dump("SELECT task_id, note FROM task_instance ORDER BY task_id").await, "a | odd\nb | -");
        let view = |name| test.store.task_instances_by_id(std::slice::from_ref(name));
        assert_eq!(view(&next.id).await.unwrap()[0].note.as_deref(), Some("odd"));
        assert!(view(&instances[0].id).await.unwrap().is_empty(), "another try by now");
        let views = test.store.task_instances_by_id(&[instances[1].id, attempt_id(77), next.id]).await.unwrap();
        let tasks: Vec<_> = views.iter().map(|view| view.task_instance.task_id.as_str()).collect();
        assert_eq!(tasks, ["b", "a"], "in the order asked for");
        let earlier = test.store.task_instance_earlier_tries(&run.dag_id, &run.run_id, &next.task_id, -1).await.unwrap();
        assert_eq!((earlier.len(), earlier[0].note.as_deref()), (1, None));
    }

    /// S-1.30: a try is in the history once, whatever id it had.
    async fn a_try_is_archived_once(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, _, instances) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let mut later = instances[0].clone();
        later.id = attempt_id(9);
        later.state = Some(TaskInstanceState::Skipped);
        let twice = [
            Write::ArchiveTaskInstance { id: instances[0].id },
            write_instance(&later),
            Write::ArchiveTaskInstance { id: later.id },
        ];
        test.store.commit(epoch, &twice, &[]).await.unwrap();
        assert_eq!(test.dump("SELECT state, try_number FROM task_instance_history").await, "running | 1");
    }

    /// S-6.68: everything that belongs to a run goes with it, and nothing else.
    async fn a_deleted_run_leaves_nothing_behind(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, first, instances) = small_world("etl", &["a"]);
        let second = crate::fixtures::run("etl", 2);
        writes.extend([write_run(&second), write_instance(&instance(&second, "a", -1, 5))]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        for run in ["run_1", "run_2"] {
            let name = tw_store::XComKey { dag_id: "etl", run_id: run, task_id: "a", key: "x" };
            test.store.xcom_set(name, -1, &json!(1), at(1)).await.unwrap();
            test.store.rendered_fields_set("etl", run, "a", -1, &json!({})).await.unwrap();
        }
        for run in [&first, &second] {
            acknowledge_failed(&test, epoch, run).await;
        }
        let mut next = instances[0].clone();
        next.id = attempt_id(9);
        let delete = Write::DeleteDagRun { id: first.id, dag_id: first.dag_id.clone(), run_id: first.run_id.clone() };
        // In order within one commit: what is written before goes, what comes after stays.
        let mut again = crate::fixtures::run("etl", 3);
        again.run_id = first.run_id.clone();
        again.logical_date = first.logical_date;
        let list = [
            Write::ArchiveTaskInstance { id: instances[0].id },
            write_instance(&next),
            delete,
            write_run(&again),
        ];
        test.store.commit(epoch, &list, &[]).await.unwrap();
        for table in ["task_instance", "rendered_fields", "xcom", "acknowledgement"] {
            let runs = test.dump(&format!("SELECT dag_run_id FROM {table}")).await;
            assert_eq!(runs, "00000000000000000000000001000002", "{table}");
        }
        assert_eq!(test.dump("SELECT count(*) FROM task_instance_history").await, "0");
        assert_eq!(test.dump("SELECT run_id FROM dag_run ORDER BY run_id").await, "run_1\nrun_2");
        assert_eq!(test.dump("SELECT id FROM dag_run WHERE run_id = 'run_1'").await, "00000000000000000000000001000003");
    }

    async fn a_deleted_dag_leaves_its_audit_log_alone(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        for (number, name) in [(1, "etl"), (2, "other")] {
            let (mut writes, run, instances) = small_world(name, &["a"]);
            for write in &mut writes {
                match write {
                    Write::DagVersion(row) => row.id = version_id(number),
                    Write::Dag(row) => row.latest_version_id = version_id(number),
                    Write::DagRun(row) => row.id = run_key(number),
                    Write::TaskInstance(row) => (row.dag_run_id, row.id) = (run_key(number), attempt_id(number)),
                    _ => {}
                }
            }
            assert_eq!((run.run_id.as_str(), instances.len()), ("run_1", 1));
            writes.push(Write::ArchiveTaskInstance { id: attempt_id(number) });
            writes.push(Write::Audit {
                at: at(1),
                event: "paused",
                owner: None,
                dag_id: dag_id(name),
                run_id: None,
                task: None,
                try_number: None,
                detail: None,
            });
            test.store.commit(epoch, &writes, &[]).await.unwrap();
            let key = tw_store::XComKey { dag_id: name, run_id: "run_1", task_id: "a", key: "x" };
            test.store.xcom_set(key, -1, &json!(1), at(1)).await.unwrap();
            test.store.rendered_fields_set(name, "run_1", "a", -1, &json!({})).await.unwrap();
            test.store.favorite_add("ada", &dag_id(name)).await.unwrap();
            acknowledge_failed(&test, epoch, &DagRun { id: run_key(number), ..run }).await;
        }
        let delete = [Write::DeleteDag { dag_id: dag_id("etl") }];
        test.store.commit(epoch, &delete, &[]).await.unwrap();
        for table in ["dag", "dag_version", "dag_run", "task_instance", "task_instance_history", "rendered_fields"] {
            assert_eq!(test.dump(&format!("SELECT dag_id FROM {table}")).await, "other", "{table}");
        }
        assert_eq!(test.dump("SELECT count(*) FROM xcom").await, "1");
        assert_eq!(test.dump("SELECT count(*) FROM acknowledgement").await, "1");
        assert_eq!(test.dump("SELECT dag_id FROM dag_favorite").await, "other");
        assert_eq!(test.dump("SELECT DISTINCT dag_id FROM dag_tag").await, "other");
        assert_eq!(test.dump("SELECT dag_id FROM audit_log ORDER BY id").await, "etl\nother");
    }

    async fn clearing_xcoms_takes_one_instance_only(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, run, _) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        for (task, map_index, key) in [("a", 0, "return_value"), ("a", 0, "x"), ("a", 1, "x"), ("b", 0, "x")] {
            let name = tw_store::XComKey { dag_id: "etl", run_id: "run_1", task_id: task, key };
            test.store.xcom_set(name, map_index, &json!(1), at(1)).await.unwrap();
        }
        let clear = Write::ClearXCom { dag_run_id: run.id, task_id: task_id("a"), map_index: 0 };
        test.store.commit(epoch, &[clear], &[]).await.unwrap();
        assert_eq!(test.dump("SELECT task_id, map_index FROM xcom ORDER BY task_id").await, "a | 1\nb | 0");
    }

    async fn audit_lines_keep_their_order(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let line = |event, task| Write::Audit {
            at: at(1),
            event,
            owner: Some("jo".to_owned()).filter(|_| event == "failed"),
            dag_id: dag_id("etl"),
            run_id: Some(run_name(1)),
            task,
            try_number: Some(2),
            detail: None,
        };
        let lines = [line("running", Some((task_id("a"), 3))), line("failed", None)];
        test.store.commit(epoch, &lines, &[]).await.unwrap();
        assert_eq!(
            test.dump("SELECT event, dag_id, run_id, task_id, map_index, try_number, owner FROM audit_log ORDER BY id").await,
            "running | etl | run_1 | a | 3 | 2 | -\nfailed | etl | run_1 | - | - | 2 | jo"
        );
    }

    /// What a person sees at a prompt.
    async fn views_are_readable(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (writes, _, _) = small_world("etl", &["a"]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        assert_eq!(
            test.dump("SELECT id, run_id, state, logical_date, end_date FROM dag_run_readable").await,
            "00000000000000000000000001000001 | run_1 | running | 2026-01-02 00:00:00.000 | -"
        );
        assert_eq!(
            test.dump("SELECT task_id, state, start_date FROM task_instance_readable").await,
            "a | running | 2026-01-01 00:00:06.000"
        );
    }

    /// A mapped task of 100,000 instances is ordinary.
    async fn a_hundred_thousand_instances_in_one_commit(test: TestStore) {
        const INSTANCES: i32 = 100_000;
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, run, _) = small_world("etl", &[]);
        let ids = 1u128..;
        writes.extend((0..INSTANCES).zip(ids).map(|(i, id)| write_instance(&instance(&run, "mapped", i, id))));
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let snapshot = test.store.load_snapshot().await.unwrap();
        assert_eq!(snapshot.task_instances.len(), 100_000);
        assert_eq!(snapshot.task_instances[99_999].map_index, INSTANCES - 1);
    }
}
