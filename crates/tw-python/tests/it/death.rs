//! What is left when somebody is killed: nothing.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tw_python::{ChildKind, SpawnError, SpawnRequest};

use crate::support::{PATIENCE, World, alone, startup_details, write_frame};

/// The task starts one process in its group and one that left group and parent, then sleeps.
const STUBBORN: &str = r#"
import os, subprocess, time
from airflow.sdk import dag, task

@dag(schedule=None)
def stubborn():
    @task
    def stay():
        subprocess.Popen(["sleep", "1000"])
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        print("started", flush=True)
        time.sleep(1000)
    stay()

stubborn()
"#;

/// A child that runs the stubborn task, with or without a template.
async fn stubborn(world: &World, from_template: bool) -> tw_python::Child {
    use tokio::io::AsyncReadExt;
    world.write("stubborn.py", STUBBORN);
    let template = from_template.then(|| world.template("stubborn.py"));
    let request = SpawnRequest { kind: ChildKind::Task, template };
    let mut child = world.bridge.spawn(request).await.expect("a child");
    assert_eq!(child.from_template, from_template);
    let first =
        rmpv::Value::Array(vec![0.into(), startup_details("stubborn.py", "stubborn", "stay"), rmpv::Value::Nil]);
    write_frame(&mut child.requests, &first).await;
    // The rendered fields want an answer before the task goes on.
    let frame = crate::support::read_frame(&mut child.requests).await.expect("a request");
    let answer = rmpv::Value::Array(vec![frame[0].clone(), rmpv::Value::Nil, rmpv::Value::Nil]);
    write_frame(&mut child.requests, &answer).await;
    let mut said = [0; 8];
    child.stdout.read_exact(&mut said).await.expect("the task says that it started its processes");
    assert_eq!(&said, b"started\n");
    child
}

/// All processes below `pid`, itself included.
pub(crate) fn family(pid: u32) -> HashSet<u32> {
    let mut found = HashSet::from([pid]);
    let mut open = vec![pid];
    while let Some(parent) = open.pop() {
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
        for child in children.split_whitespace().map(|pid| pid.parse().expect("a pid")) {
            if found.insert(child) {
                open.push(child);
            }
        }
    }
    found
}

fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The kernel and the fork server kill asynchronously; what matters is that it happens.
pub(crate) async fn all_gone(pids: &HashSet<u32>) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(left) = pids.iter().find(|pid| is_running(**pid)) {
        assert!(Instant::now() < deadline, "{left} of {pids:?} is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn stopping_ends_every_descendant() {
    alone(async {
        let world = World::start().await;
        let (plain, templated) = (stubborn(&world, false).await, stubborn(&world, true).await);
        let family = family(world.bridge.pid());
        // The bridge, a template, two children with two processes each.
        assert!(family.len() >= 8, "{family:?}");
        world.bridge.stop().await;
        assert!(plain.exit.await.is_err() && templated.exit.await.is_err());
        all_gone(&family).await;
        let refused = world.bridge.spawn(SpawnRequest { kind: ChildKind::Parse, template: None }).await;
        assert!(matches!(refused, Err(SpawnError::Closed)));
    });
}

#[test]
fn a_killed_fork_server_takes_its_children_along() {
    alone(async {
        let world = World::start().await;
        let (plain, templated) = (stubborn(&world, false).await, stubborn(&world, true).await);
        let mut family = family(world.bridge.pid());
        // A process that left its task's group and session is out of reach once its parents are gone.
        let escaped: Vec<u32> = family.iter().copied().filter(|pid| leads_session(*pid)).collect();
        for pid in &escaped {
            family.remove(pid);
        }
        kill(world.bridge.pid());
        assert!(plain.exit.await.is_err(), "nobody can know how it ended");
        assert!(templated.exit.await.is_err());
        world.bridge.closed().await;
        all_gone(&family).await;
        escaped.into_iter().for_each(kill);
    });
}

#[test]
fn a_killed_template_is_reported_for_its_children() {
    alone(async {
        let world = World::start().await;
        let child = stubborn(&world, true).await;
        kill(parent_of(child.pid));
        let exit = child.exit.await.expect("the fork server adopts and reaps the child");
        assert_eq!(exit.status, tw_model::ExitStatus::Signal(9));
        let again = stubborn(&world, true).await;
        assert_ne!(again.pid, child.pid);
        world.bridge.stop().await;
    });
}

#[test]
fn a_dropped_bridge_stays_for_its_last_child() {
    alone(async {
        let world = World::start().await;
        let child = stubborn(&world, true).await;
        let family = family(world.bridge.pid());
        drop(world);
        kill(child.pid);
        let exit = child.exit.await.expect("the fork server stayed until then");
        assert_eq!(exit.status, tw_model::ExitStatus::Signal(9));
        all_gone(&family).await;
    });
}

/// Not a test of its own: the process that the next test kills.
#[test]
fn victim() {
    let Some(report) = std::env::var_os("TW_PYTHON_VICTIM") else { return };
    alone(async {
        let world = World::start().await;
        let _children = (stubborn(&world, false).await, stubborn(&world, true).await);
        let family: Vec<String> = family(world.bridge.pid()).iter().map(u32::to_string).collect();
        let partial = Path::new(&report).with_extension("partial");
        fs::write(&partial, family.join(" ")).expect("a report");
        fs::rename(&partial, &report).expect("a report");
        std::future::pending::<()>().await;
    });
}

#[test]
fn nothing_outlives_a_killed_server() {
    alone(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = folder.path().join("family");
        let mut victim = tokio::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "death::victim"])
            .env("TW_PYTHON_VICTIM", &report)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("this test again");
        let deadline = Instant::now() + PATIENCE;
        while !report.exists() {
            assert!(Instant::now() < deadline, "the other process got as far as its report");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let text = fs::read_to_string(&report).expect("the report");
        let family: HashSet<u32> = text.split(' ').map(|pid| pid.parse().expect("a pid")).collect();
        assert!(family.len() >= 8, "{family:?}");
        assert!(family.iter().all(|pid| is_running(*pid)));
        victim.start_kill().expect("a kill -9");
        victim.wait().await.expect("its end");
        all_gone(&family).await;
    });
}

pub(crate) fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::KILL).expect("a process to kill");
}

fn stat_field(pid: u32, after_command: usize) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let (_, rest) = stat.rsplit_once(") ").expect("the format of proc");
    rest.split(' ').nth(after_command).expect("enough fields").parse().expect("a number")
}

fn parent_of(pid: u32) -> u32 {
    stat_field(pid, 1)
}

fn leads_session(pid: u32) -> bool {
    stat_field(pid, 3) == pid
}
