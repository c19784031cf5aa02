//! What is left when somebody is killed: nothing.

use std::collections::HashSet;
use std::fs;
use std::process::Stdio;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::ChildStderr;
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
    let pids = pids.clone();
    let waits = move || pids.iter().for_each(|pid| wait_for_end(*pid));
    tokio::task::spawn_blocking(waits).await.expect("all of them end");
}

/// Blocks until a process ended, be it a child of this one or not.
fn wait_for_end(pid: u32) {
    let named = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    let process = match pidfd_open(named, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(error) => return assert_eq!(error, Errno::SRCH, "process {pid}"),
    };
    let longest = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&longest)).expect("a pidfd");
    assert_eq!(ended, 1, "process {pid} is still there");
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

/// What the victim says before its processes.
const FAMILY: &str = "the family: ";

/// Not a test of its own: the process that the next test kills.
#[test]
fn victim() {
    if std::env::var_os("TW_PYTHON_VICTIM").is_none() {
        return;
    }
    alone(async {
        let world = World::start().await;
        let _children = (stubborn(&world, false).await, stubborn(&world, true).await);
        let family: Vec<String> = family(world.bridge.pid()).iter().map(u32::to_string).collect();
        eprintln!("{FAMILY}{}", family.join(" "));
        std::future::pending::<()>().await;
    });
}

#[test]
fn nothing_outlives_a_killed_server() {
    alone(async {
        let mut victim = tokio::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "--nocapture", "death::victim"])
            .env("TW_PYTHON_VICTIM", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this test again");
        let report = report_of(victim.stderr.take().expect("a pipe"));
        let text = tokio::time::timeout(PATIENCE, report).await.expect("its processes in time");
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

async fn report_of(stderr: ChildStderr) -> String {
    let mut lines = BufReader::new(stderr).lines();
    while let Some(line) = lines.next_line().await.expect("its standard error") {
        if let Some(family) = line.strip_prefix(FAMILY) {
            return family.to_owned();
        }
    }
    panic!("the other process ended before it told of its processes");
}
