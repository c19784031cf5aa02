//! New versions of a DAG, import errors, vanished files (S-2.51 to S-2.56, S-12).

use tw_engine::{Input, ParsedFile, Reply};

use crate::harness::{Play, draw};

fn broken(gone: bool) -> Input {
    Input::FileParsed(ParsedFile {
        bundle_name: "dags".into(),
        relative_fileloc: "d.py".into(),
        source: "".into(),
        dags: Vec::new(),
        import_errors: if gone { Vec::new() } else { vec!["SyntaxError".into()] },
        gone,
        parse_micros: 1,
    })
}

#[test]
fn a_version_nothing_used_is_replaced() {
    let mut play = Play::with_dag("a");
    play.parse(draw("d", "a -> b"));
    assert_eq!(play.store.dags[0].latest_version_number, 1);
    play.run("trigger r");
    play.parse(draw("d", "a -> b -> c"));
    assert_eq!(play.store.dags[0].latest_version_number, 2);
    play.parse(draw("d", "a -> b -> c"));
    assert_eq!((play.store.dags[0].latest_version_number, play.store.versions.len()), (2, 2));
}

#[test]
fn an_unfinished_run_follows_the_newest_version() {
    let mut play = Play::with_dag("a -> b -> c");
    play.run("trigger r; a ok");
    play.parse(draw("d", "a -> b -> d"));
    assert_eq!(play.show(), "running | a:success b:running c:removed d:-");
    play.run("b ok; d ok");
    assert_eq!(play.show(), "success | a:success b:success c:removed d:success");
}

#[test]
fn a_dropped_running_task_is_stopped() {
    let mut play = Play::with_dag("a; b");
    play.run("trigger r");
    play.parse(draw("d", "a"));
    assert_eq!(play.show(), "running | a:running b:removed");
    assert_eq!(play.killed.len(), 1);
}

#[test]
fn a_broken_file_keeps_the_last_good_version() {
    let mut play = Play::with_dag("a -> b");
    play.run("trigger r");
    play.apply(broken(false));
    assert!(play.store.dags[0].has_import_errors && !play.store.dags[0].is_stale);
    play.run("a ok");
    assert_eq!(play.show(), "running | a:success b:running");
    assert!(matches!(play.trigger("d", "s", None), Reply::Invalid(_)));
    play.parse(draw("d", "a -> b"));
    assert!(!play.store.dags[0].has_import_errors);
    assert!(matches!(play.trigger("d", "s", None), Reply::Run(_)));
}

#[test]
fn a_vanished_file_makes_its_dags_stale() {
    let mut play = Play::with_dag("a -> b");
    play.run("trigger r");
    play.apply(broken(true));
    assert!(play.store.dags[0].is_stale);
    play.run("a ok");
    assert_eq!(play.show(), "running | a:success b:-");
    assert!(matches!(play.trigger("d", "s", None), Reply::NotFound(_)));
    play.parse(draw("d", "a -> b"));
    assert_eq!(play.show(), "running | a:success b:running");
}

#[test]
fn the_same_dag_id_in_two_files_is_an_error() {
    // S-12.18
    let mut play = Play::with_dag("a");
    let Input::FileParsed(mut other) = broken(true) else { unreachable!() };
    other.gone = false;
    other.relative_fileloc = "other.py".into();
    let dag = draw("d", "x");
    other.dags = vec![tw_engine::ParsedDag { dag: dag.into(), content_hash: "x".into() }];
    play.apply(Input::FileParsed(other));
    assert_eq!(play.store.dags[0].relative_fileloc, "d.py");
    assert_eq!(play.store.versions.len(), 1);
}

#[test]
fn a_retry_that_waits_survives_a_new_version() {
    // Found by the simulator: the timer named a position of the old version.
    let mut play = Play::with_dag("x; y; z: retries=1");
    play.run("trigger r; z retry");
    play.parse(draw("d", "z: retries=1"));
    play.run("wait 301");
    assert_eq!(play.show(), "running | x:removed y:removed z#2:running");
}

#[test]
fn rows_of_an_earlier_shape_do_not_come_back() {
    // Found by the simulator: after a restart the rows of both shapes were one task.
    let mut play = Play::with_dag("m: map=2; x");
    play.run("trigger r");
    play.parse(draw("d", "m; x"));
    assert_eq!(play.show(), "running | m:running m[0]:removed m[1]:removed x:running");
    play.run("restart; wait 1; m ok; x ok");
    assert_eq!(play.show(), "success | m#2:success m[0]:removed m[1]:removed x#2:success");
}

#[test]
fn a_version_that_an_unfinished_run_follows_is_kept() {
    // S-2.51: it has task instances.
    let mut play = Play::with_dag("a");
    play.run("trigger r");
    play.parse(draw("d", "a -> b"));
    play.parse(draw("d", "a -> b -> c"));
    assert_eq!((play.store.dags[0].latest_version_number, play.store.versions.len()), (3, 3));
}
