//! Children without templates: what they get, what they send, how they end.

use tw_model::ExitStatus;
use tw_python::{Bridge, BridgeError, ChildKind};

use crate::support::{all, alone, options, shared};

const NOOP: &str = r#"
from airflow.sdk import dag, task

@dag(schedule=None)
def noop():
    @task
    def nothing():
        return None
    nothing()

noop()
"#;

const CURIOUS: &str = r#"
import gc, os, signal, sys
from airflow.sdk import dag, task

@dag(schedule=None)
def curious():
    @task
    def look():
        links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        print("descriptors", sorted(os.readlink(link).split(":")[0] for link in links if os.path.islink(link)))
        print("group", os.getpgrp() == os.getpid())
        print("collector", gc.isenabled())
        print("signals", signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        print("database", os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        print("path", any("tradewind" in entry for entry in sys.path))
        print("to stderr", file=sys.stderr)
        return {"answer": 42}
    look()

    @task
    def fail():
        raise ValueError("on purpose")
    fail()

curious()
"#;

#[test]
fn a_parse_child_sends_the_serialized_dag() {
    shared(async |world| {
        world.write("noop.py", NOOP);
        let served = world.parse("noop.py").await;
        assert_eq!(served.types(), ["DagFileParsingResult"], "{}", served.logs);
        let result = served.request("DagFileParsingResult");
        assert_eq!(result["serialized_dags"][0]["data"]["dag"]["dag_id"], "noop");
        assert_eq!(served.exit.status, ExitStatus::Code(0));
        assert!(served.exit.usage.max_rss_bytes > 10_000_000);
        assert!(!served.from_template);
    });
}

#[test]
fn a_broken_file_is_a_result_and_not_an_error() {
    shared(async |world| {
        world.write("broken.py", "from airflow.sdk import dag\nimport no_such_module\n");
        let served = world.parse("broken.py").await;
        let errors = served.request("DagFileParsingResult")["import_errors"].to_string();
        assert!(errors.contains("no_such_module"), "{errors}");
    });
}

#[test]
fn a_task_child_runs_with_its_own_channels_only() {
    shared(async |world| {
        world.write("curious.py", CURIOUS);
        let served = world.attempt("curious.py", "curious", "look").await;
        assert_eq!(served.exit.status, ExitStatus::Code(0), "{}{}", served.logs, served.stderr);
        assert_eq!(served.types().last(), Some(&"SucceedTask"));
        assert_eq!(served.request("SetXCom")["value"]["answer"], 42);
        // Each channel twice: as it came, and as 0, 1, 2 and the number on which all children log. The
        // pipe is the last-chance stderr, the server's own log.
        assert!(served.stdout.contains("group True\ncollector True\n"), "{}", served.stdout);
        assert!(served.stdout.contains("signals True set()"), "{}", served.stdout);
        assert!(served.stdout.contains("database airflow-db-not-allowed:///"), "{}", served.stdout);
        assert!(served.stdout.contains("path False"), "{}", served.stdout);
        assert_eq!(served.stderr, "to stderr\n");
        assert_eq!(
            descriptors(&served.stdout),
            "['pipe', 'socket', 'socket', 'socket', 'socket', 'socket', 'socket', 'socket', 'socket']"
        );
    });
}

fn descriptors(stdout: &str) -> &str {
    stdout.lines().find_map(|line| line.strip_prefix("descriptors ")).expect("the line")
}

#[test]
fn a_failing_task_reports_and_logs_its_exception() {
    shared(async |world| {
        world.write("curious.py", CURIOUS);
        let served = world.attempt("curious.py", "curious", "fail").await;
        assert_eq!(served.request("TaskState")["state"], "failed");
        assert!(served.logs.contains("on purpose"), "{}", served.logs);
        assert_eq!(served.exit.status, ExitStatus::Code(0));
    });
}

#[test]
fn many_children_at_once_keep_their_channels_apart() {
    shared(async |world| {
        world.write("noop.py", NOOP);
        let attempts = (0..8).map(|_| world.attempt("noop.py", "noop", "nothing")).collect();
        let mut pids = std::collections::HashSet::new();
        for served in all(attempts).await {
            assert_eq!(served.types().last(), Some(&"SucceedTask"), "{}", served.logs);
            assert!(pids.insert(served.pid));
        }
    });
}

#[test]
fn a_child_whose_caller_went_away_is_gone_with_it() {
    shared(async |world| {
        let child = world.spawn(ChildKind::Task).await;
        let tw_python::Child { requests, exit, .. } = child;
        drop(requests);
        let exit = exit.await.expect("the fork server lives");
        assert_ne!(exit.status, ExitStatus::Code(0), "it cannot succeed without its supervisor");
    });
}

#[test]
fn the_versions_are_reported() {
    shared(async |world| {
        let versions = world.bridge.versions();
        assert_eq!(versions.api_version.as_deref(), Some("2026-06-16"));
        assert!(versions.sdk.as_deref().is_some_and(|version| version.starts_with("1.3.")), "{versions:?}");
        assert_eq!(versions.schema_sha256.as_deref().map(str::len), Some(64));
    });
}

#[test]
fn a_program_that_is_no_python_gives_a_clear_error() {
    alone(async {
        let root = tempfile::tempdir().expect("a temporary folder");
        let options = options(root.path());
        let missing = Bridge::start("/nonexistent/python".into(), &options).await.expect_err("no such file");
        assert!(matches!(missing, BridgeError::Interpreter { .. }), "{missing}");
        let wrong = Bridge::start("/bin/cat".into(), &options).await.expect_err("not Python");
        assert!(matches!(wrong, BridgeError::Ended { .. }), "{wrong}");
    });
}
