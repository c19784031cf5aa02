//! What the engine reads.

use tw_engine::{Need, RunConflict, Write};
use tw_model::{DagRunState, RunType};

use crate::fixtures::*;
use crate::on_both;

on_both! {
    /// Finished runs stay out, except the one before an unfinished run of a DAG that depends on its
    /// past.
    async fn only_what_can_still_change_is_loaded(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let mut writes = Vec::new();
        for (number, name) in [(1, "plain"), (2, "past")] {
            let mut dag = dag(name, &["a"]);
            dag.tasks[0].depends_on_past = name == "past";
            writes.push(Write::DagVersion(Box::new(version(number, dag))));
            writes.push(Write::Dag(Box::new(dag_row(name, number))));
        }
        for (name, first) in [("plain", 10), ("past", 20)] {
            for day in 0..4 {
                let mut run = run(name, first + day);
                run.run_id = format!("day_{day}").as_str().into();
                run.state = if day == 3 { DagRunState::Running } else { DagRunState::Success };
                // A run in between was started by hand, and counts without catchup.
                run.run_type = if day == 2 { RunType::Manual } else { RunType::Scheduled };
                writes.push(write_instance(&instance(&run, "a", -1, first + day)));
                writes.push(write_run(&run));
            }
        }
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let snapshot = test.store.load_snapshot().await.unwrap();
        let mut runs: Vec<_> = snapshot.runs.iter().map(|r| format!("{}/{}", r.dag_id, r.run_id)).collect();
        runs.sort();
        assert_eq!(runs, ["past/day_2", "past/day_3", "plain/day_3"]);
        assert_eq!(snapshot.task_instances.len(), 3);
        assert_eq!(snapshot.versions.len(), 2);

        let past = dag_id("past");
        let day_3 = run("past", 23).logical_date.unwrap();
        let before = |any_type| test.store.run_before(&past, day_3, any_type);
        let (found, instances) = before(true).await.unwrap().unwrap();
        assert_eq!((found.run_id.as_str(), instances.len()), ("day_2", 1));
        let (found, _) = before(false).await.unwrap().unwrap();
        assert_eq!(found.run_id.as_str(), "day_1", "with catchup, manual runs do not count");
        let first = run("past", 20).logical_date.unwrap();
        assert_eq!(test.store.run_before(&past, first, true).await.unwrap(), None);
    }

    /// Runs that are over come back with their task instances when an act concerns them.
    async fn finished_runs_are_found_for_acts(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (mut writes, _, _) = small_world("etl", &[]);
        for day in 2..=5u128 {
            let mut run = run("etl", day);
            run.state = if day == 5 { DagRunState::Running } else { DagRunState::Failed };
            run.logical_date = run.logical_date.filter(|_| day != 4);
            writes.extend([write_instance(&instance(&run, "b", -1, day)), write_instance(&instance(&run, "a", -1, 10 + day))]);
            writes.push(write_run(&run));
        }
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let etl = dag_id("etl");
        let found = async |need: Need| {
            let facts = test.store.facts(vec![need.clone()]).await.unwrap();
            assert_eq!(facts.answered, [need]);
            let name = |(run, rows): &(tw_model::DagRun, Vec<tw_model::TaskInstance>)| {
                assert!(rows.iter().map(|row| row.task_id.as_str()).eq(["a", "b"]), "{rows:?}");
                assert!(rows.iter().all(|row| row.dag_run_id == run.id));
                run.run_id.to_string()
            };
            facts.runs.iter().map(name).collect::<Vec<_>>()
        };
        let one = |run_id| Need::Run { dag_id: etl.clone(), run_id };
        assert_eq!(found(one(run_name(2))).await, ["run_2"]);
        assert!(found(one(run_name(5))).await.is_empty(), "it is in memory");
        assert!(found(one(run_name(9))).await.is_empty());
        let between = |from, to, limit| Need::RunsBetween { dag_id: etl.clone(), from, to, limit };
        assert_eq!(found(between(None, None, 9)).await, ["run_3", "run_2", "run_4"]);
        assert_eq!(found(between(None, None, 1)).await, ["run_3"]);
        let date = run("etl", 2).logical_date;
        assert_eq!(found(between(None, date, 9)).await, ["run_2"]);
        assert_eq!(found(between(date, None, 9)).await, ["run_3", "run_2"]);
    }

    /// An old version stays loadable while anything unfinished refers to it.
    async fn referenced_versions_are_loaded(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let mut writes = Vec::new();
        for number in 1..=4u32 {
            let mut version = version(number.into(), dag("etl", &["a"]));
            version.version_number = number;
            writes.push(Write::DagVersion(Box::new(version)));
        }
        let mut row = dag_row("etl", 4);
        row.latest_version_number = 4;
        let mut run = run("etl", 1);
        run.dag_version_id = version_id(1);
        let mut cleared = instance(&run, "a", -1, 1);
        cleared.dag_version_id = version_id(3);
        writes.extend([Write::Dag(Box::new(row)), write_run(&run), write_instance(&cleared)]);
        test.store.commit(epoch, &writes, &[]).await.unwrap();
        let mut numbers: Vec<_> =
            test.store.load_snapshot().await.unwrap().versions.iter().map(|v| v.version_number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 3, 4]);
    }

    async fn conflicts_are_by_name_or_date(test: TestStore) {
        let epoch = test.store.acquire_epoch("t", at(0)).await.unwrap();
        let (one, two) = (run("etl", 1), run("etl", 2));
        test.store.commit(epoch, &[write_run(&one), write_run(&two)], &[]).await.unwrap();
        let conflicts = |name: u128, date| {
            let store = test.store.clone();
            async move { store.run_conflicts(&"etl".into(), &run_name(name), date).await.unwrap() }
        };
        let conflict = |run: &tw_model::DagRun| RunConflict {
            dag_id: run.dag_id.clone(),
            run_id: run.run_id.clone(),
            logical_date: run.logical_date,
        };
        assert_eq!(conflicts(9, None).await, []);
        assert_eq!(conflicts(1, None).await, [conflict(&one)]);
        assert_eq!(conflicts(1, one.logical_date).await, [conflict(&one)], "one run is named once");
        let mut both = conflicts(1, two.logical_date).await;
        both.sort_by(|a, b| a.run_id.cmp(&b.run_id));
        assert_eq!(both, [conflict(&one), conflict(&two)]);
        assert_eq!(test.store.run_conflicts(&"other".into(), &run_name(1), one.logical_date).await.unwrap(), []);
    }
}
