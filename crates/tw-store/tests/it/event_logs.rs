//! The audit log, read.

use tw_engine::Write;
use tw_store::{AuditFilter, EventLogColumn, EventLogFilter, Page, Range, Store, TextMatch};

use crate::fixtures::*;
use crate::on_both;

fn line(seconds: i64, event: &'static str, owner: Option<&str>, of: &str, run: Option<u32>) -> Write {
    Write::Audit {
        at: at(seconds),
        event,
        owner: owner.map(str::to_owned),
        dag_id: dag_id(of),
        run_id: run.map(|number| run_name(number.into())),
        task: run.map(|number| (task_id("a"), i32::try_from(number).unwrap())),
        try_number: run,
        detail: None,
    }
}

async fn fill(store: &Store) {
    let epoch = store.acquire_epoch("t", at(0)).await.unwrap();
    let (mut writes, ..) = small_world("etl", &["a"]);
    writes.extend([
        line(10, "running", None, "etl", Some(1)),
        line(20, "success", None, "etl", Some(1)),
        line(30, "clear_dag_run", Some("jo"), "etl", Some(2)),
        line(30, "delete_dag", Some("jo"), "gone", None),
    ]);
    store.commit(epoch, &writes, &[]).await.unwrap();
}

async fn ids(store: &Store, filter: &EventLogFilter, order: &[(EventLogColumn, bool)], page: Page) -> String {
    let listed = store.event_logs_list(filter, order, page).await.unwrap();
    let ids: Vec<String> = listed.rows.iter().map(|row| row.id.to_string()).collect();
    format!("{} of {}", ids.join(" "), listed.total)
}

const ALL: Page = Page { limit: 9, offset: 0 };

on_both! {
    async fn every_filter_and_order(test: TestStore) {
        fill(&test.store).await;
        let some = |text: &str| Some(text.to_owned());
        let base = EventLogFilter::default;
        let search = |text: &str| TextMatch { pattern: some(text), prefix: None };
        let filters = [
            (base(), "1 2 3 4 of 4"),
            (EventLogFilter { dag_id: some("etl"), ..base() }, "1 2 3 of 3"),
            (EventLogFilter { run_id: some("run_1"), ..base() }, "1 2 of 2"),
            (EventLogFilter { task_id: some("a"), map_index: Some(2), try_number: Some(2), ..base() }, "3 of 1"),
            (EventLogFilter { owner: some("jo"), ..base() }, "3 4 of 2"),
            (EventLogFilter { event: some("success"), ..base() }, "2 of 1"),
            (EventLogFilter { included_events: vec!["success".into(), "running".into()], ..base() }, "1 2 of 2"),
            (EventLogFilter { excluded_events: vec!["success".into(), "running".into()], ..base() }, "3 4 of 2"),
            (EventLogFilter { at: Range { gt: Some(at(10)), lt: Some(at(30)), ..Range::default() }, ..base() }, "2 of 1"),
            (EventLogFilter { dag_match: search("ON"), event_match: search("dag"), ..base() }, "4 of 1"),
            (EventLogFilter { run_match: search("2"), task_match: search("a"), owner_match: search("j"), ..base() }, "3 of 1"),
        ];
        for (filter, expected) in filters {
            assert_eq!(ids(&test.store, &filter, &[], ALL).await, expected, "{filter:?}");
        }
        for (column, expected) in [
            (EventLogColumn::Id, "4 3 2 1"),
            (EventLogColumn::At, "4 3 2 1"),
            (EventLogColumn::DagId, "4 3 2 1"),
            (EventLogColumn::RunId, "4 3 2 1"),
            (EventLogColumn::TaskId, "4 3 2 1"),
            (EventLogColumn::Event, "2 1 4 3"),
            (EventLogColumn::Owner, "2 1 4 3"),
            (EventLogColumn::Detail, "4 3 2 1"),
        ] {
            let found = ids(&test.store, &base(), &[(column, true)], ALL).await;
            assert_eq!(found, format!("{expected} of 4"), "{column:?}");
        }
        let second = Page { limit: 1, offset: 1 };
        assert_eq!(ids(&test.store, &base(), &[(EventLogColumn::At, true)], second).await, "3 of 4");
    }

    /// Of one instance, of its task, of its run; not of its siblings, of other tasks, of several runs.
    async fn what_may_concern_a_task_instance(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let line = |event, run: Option<u128>, task: Option<(&str, i32)>| Write::Audit {
            at: at(10),
            event,
            owner: None,
            dag_id: dag_id("etl"),
            run_id: run.map(run_name),
            task: task.map(|(id, map_index)| (task_id(id), map_index)),
            try_number: None,
            detail: None,
        };
        let (mut writes, ..) = small_world("etl", &["a"]);
        writes.extend([
            line("of the run", Some(1), None),
            line("of the task", Some(1), Some(("a", -1))),
            line("of the instance", Some(1), Some(("a", 3))),
            line("of a sibling", Some(1), Some(("a", 4))),
            line("of another task", Some(1), Some(("b", 3))),
            line("of another run", Some(2), Some(("a", 3))),
            line("of several runs", None, None),
        ]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let (dag, run, task) = (dag_id("etl"), run_name(1), task_id("a"));
        let found = async |map_index, before, limit| {
            let lines = test.store.task_events((&dag, &run), (&task, map_index), before, limit).await.unwrap();
            lines.into_iter().map(|line| (line.event, line.map_index)).collect::<Vec<_>>()
        };
        let [run_line, task_line, own_line] =
            [("of the run", None), ("of the task", Some(-1)), ("of the instance", Some(3))]
                .map(|(event, index)| (event.to_owned(), index));
        assert_eq!(found(3, None, 9).await, [own_line.clone(), task_line.clone(), run_line.clone()]);
        assert_eq!(found(-1, None, 9).await, [task_line.clone(), run_line.clone()]);
        assert_eq!(found(3, None, 1).await, [own_line]);
        assert_eq!(found(3, Some(3), 9).await, [task_line, run_line], "older than the third line");
    }

    /// Newest first, each line once over all pages, whichever index finds them.
    async fn pages_of_the_audit_log(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, ..) = small_world("etl", &["a"]);
        for second in 1..=6 {
            writes.push(line(second, "running", None, "etl", Some(1)));
            writes.push(line(second, "success", None, "other", Some(2)));
        }
        writes.extend([
            line(3, "clear_dag_run", Some("jo"), "etl", Some(1)),
            line(7, "delete_dag", Some("ada"), "gone", None),
            line(7, "paused", Some("Joan"), "etl", None),
        ]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let pages = async |filter: AuditFilter, limit: u32| {
            let (mut lines, mut after, mut asked) = (Vec::new(), None, 0);
            loop {
                let (page, next) = test.store.audit_page(&filter, after, limit).await.unwrap();
                lines.extend(page.iter().map(|line| line.id.to_string()));
                (after, asked) = (next, asked + 1);
                if next.is_none() {
                    break;
                }
            }
            let total = test.store.audit_total(&filter).await.unwrap();
            assert!(!total.or_more);
            format!("{} of {} in {asked}", lines.join(" "), total.count)
        };
        let part = |text: &str| TextMatch { pattern: Some(text.to_owned()), prefix: None };
        let of_run = Some((dag_id("etl"), run_name(1)));
        let none = AuditFilter::default;
        for (filter, limit, expected) in [
            (none(), 4, "15 14 12 11 10 9 8 7 13 6 5 4 3 2 1 of 15 in 4"),
            (AuditFilter { run: of_run.clone(), ..none() }, 3, "11 9 7 13 5 3 1 of 7 in 3"),
            (AuditFilter { run: of_run, event: part("clear"), ..none() }, 3, "13 of 1 in 1"),
            (AuditFilter { event: part("de|SUCC"), ..none() }, 3, "14 12 10 8 6 4 2 of 7 in 3"),
            (AuditFilter { event: part("no such"), ..none() }, 3, " of 0 in 1"),
            (AuditFilter { owner: part("jo"), ..none() }, 1, "15 13 of 2 in 2"),
            (AuditFilter { owner: part("jo"), event: part("clear"), ..none() }, 9, "13 of 1 in 1"),
            (AuditFilter { dag: part("gon"), ..none() }, 9, "14 of 1 in 1"),
            (AuditFilter { dag: part("oth"), event: part("success"), ..none() }, 9, "12 10 8 6 4 2 of 6 in 1"),
        ] {
            assert_eq!(pages(filter.clone(), limit).await, expected, "{filter:?}");
        }
    }

    /// A search without an index looks at ten thousand lines at a time, and says that there may be more.
    async fn a_search_goes_on_behind_the_newest_lines(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, ..) = small_world("etl", &["a"]);
        writes.push(line(1, "delete_dag", None, "gone", None));
        writes.extend((0..10_000).map(|_| line(2, "running", None, "etl", Some(1))));
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let gone = TextMatch { pattern: Some("gone".to_owned()), prefix: None };
        let filter = AuditFilter { dag: gone, ..AuditFilter::default() };
        let (page, next) = test.store.audit_page(&filter, None, 5).await.unwrap();
        assert!(page.is_empty() && next.is_some());
        let total = test.store.audit_total(&filter).await.unwrap();
        assert_eq!((total.count, total.or_more), (0, true));
        let (page, next) = test.store.audit_page(&filter, next, 5).await.unwrap();
        assert_eq!((page.len(), page[0].id, next), (1, 1, None));
        let all = test.store.audit_total(&AuditFilter::default()).await.unwrap();
        assert_eq!((all.count, all.or_more), (10_000, true), "counting ends there");
    }

    /// A line outlives its run and its DAG.
    async fn what_is_told_beside(test: TestStore) {
        fill(&test.store).await;
        let line = test.store.event_log(1).await.unwrap().unwrap();
        assert_eq!((line.logical_date, line.version.unwrap().display_name.as_str()), (Some(at(86_400)), "The etl"));
        let of_no_run = test.store.event_log(3).await.unwrap().unwrap();
        assert_eq!((of_no_run.logical_date, of_no_run.version.is_some()), (None, true));
        let gone = test.store.event_log(4).await.unwrap().unwrap();
        assert_eq!((gone.version, gone.owner.as_deref(), gone.run_id), (None, Some("jo"), None));
        assert_eq!(test.store.event_log(5).await.unwrap(), None);
    }
}

/// No list by event, person, run, task instance or time looks at every line, or sorts.
#[tokio::test]
async fn lists_are_found_by_an_index() {
    let test = crate::TestStore::sqlite().await;
    for (condition, index) in [
        ("WHERE event = 'x' ORDER BY at_us DESC NULLS FIRST, id DESC", "audit_log_by_event (event=?)"),
        ("WHERE owner = 'x' ORDER BY at_us DESC NULLS FIRST, id DESC", "audit_log_by_people"),
        ("WHERE owner IS NOT NULL AND at_us <= 9 ORDER BY at_us DESC, id DESC", "audit_log_by_people (at_us<?)"),
        (
            "WHERE dag_id = 'x' AND run_id = 'y' ORDER BY at_us DESC NULLS FIRST, id DESC",
            "audit_log_by_run (dag_id=? AND run_id=?)",
        ),
        (
            "WHERE dag_id = 'x' AND run_id = 'y' AND task_id IS NULL AND map_index IS NULL AND id < 9 ORDER BY id DESC",
            "audit_log_by_task (dag_id=? AND run_id=? AND task_id=? AND map_index=? AND id<?)",
        ),
        (
            "WHERE dag_id = 'x' AND run_id = 'y' AND task_id = 't' AND map_index = 3 AND id < 9 ORDER BY id DESC",
            "audit_log_by_task (dag_id=? AND run_id=? AND task_id=? AND map_index=? AND id<?)",
        ),
        ("WHERE at_us > 5 ORDER BY at_us ASC NULLS LAST, id ASC", "audit_log_by_time (at_us>?)"),
    ] {
        let plan = test.dump(&format!("EXPLAIN QUERY PLAN SELECT * FROM audit_log {condition} LIMIT 50")).await;
        assert!(plan.contains(index), "{condition}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{condition}: {plan}");
    }
}
