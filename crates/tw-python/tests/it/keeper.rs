//! The keeper: always a fork server, or the reason why not.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tw_python::{BridgeError, BridgeKeeper, ChildKind, EnvironmentOptions, SpawnRequest};

use crate::death::{all_gone, family, kill};
use crate::support::{alone, options, serve, startup_details};

const PLUGGED: &str = r#"
from addition import VALUE
from airflow.sdk import dag, task

@dag(schedule=None)
def plugged():
    @task
    def push():
        return VALUE
    push()

plugged()
"#;

#[test]
fn the_keeper_starts_another_one() {
    alone(async {
        let root = tempfile::tempdir().expect("a temporary folder");
        let interpreter = tw_python::environment::for_tests().await.expect("an interpreter for tests");
        let (keeper, stop, service) = keep(root.path(), interpreter);
        let first = keeper.current().await.expect("a fork server");
        kill(first.pid());
        first.closed().await;
        let second = loop {
            let bridge = keeper.current().await.expect("another fork server");
            if bridge.pid() != first.pid() {
                break bridge;
            }
            tokio::task::yield_now().await;
        };
        let pids = family(second.pid());
        stop.cancel();
        service.await.expect("the service ends");
        all_gone(&pids).await;
        assert!(matches!(keeper.current().await, Err(BridgeError::Stopping)));
    });
}

#[test]
fn the_keeper_says_what_is_wrong_with_the_interpreter() {
    alone(async {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (keeper, stop, service) = keep(root.path(), "/bin/false".into());
        let error = keeper.current().await.expect_err("no Python");
        assert!(error.to_string().contains("leave out --python"), "{error}");
        stop.cancel();
        service.await.expect("the service ends");
    });
}

#[test]
fn a_changed_plugin_is_loaded_by_another_fork_server() {
    alone(async {
        let root = tempfile::tempdir().expect("a temporary folder");
        let plugins = root.path().join("work/airflow/plugins");
        fs::create_dir_all(&plugins).expect("a folder");
        fs::write(plugins.join("addition.py"), "VALUE = 'old'").expect("a plugin");
        let interpreter = tw_python::environment::for_tests().await.expect("an interpreter for tests");
        let (keeper, stop, service) = keep(root.path(), interpreter);
        fs::write(root.path().join("dags/plugged.py"), PLUGGED).expect("a DAG file");
        let pushed = async || {
            let request = SpawnRequest { kind: ChildKind::Task, template: None };
            let child = keeper.spawn(request).await.expect("a child");
            let served = serve(child, &startup_details("plugged.py", "plugged", "push")).await;
            served.request("SetXCom")["value"].to_string()
        };
        assert_eq!(pushed().await, "\"old\"");
        fs::write(plugins.join("addition.py"), "VALUE = 'changed'").expect("a plugin");
        assert_eq!(pushed().await, "\"changed\"");
        stop.cancel();
        service.await.expect("the service ends");
    });
}

fn keep(root: &Path, interpreter: PathBuf) -> (BridgeKeeper, CancellationToken, JoinHandle<()>) {
    fs::create_dir(root.join("dags")).expect("a folder for DAG files");
    let environment =
        EnvironmentOptions { interpreter: Some(interpreter), virtual_env: None, managed_dir: root.join("python") };
    let (keeper, service) = BridgeKeeper::new(environment, options(root));
    let stop = CancellationToken::new();
    let running = tokio::spawn(service.run(stop.clone()));
    (keeper, stop, running)
}
