//! Children that a template forked ahead: nobody can tell them from others, and none is left behind.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal};

use tokio::sync::OnceCell;

use crate::support::{PATIENCE, Served, World, alone};

const FILE: &str = r#"
import os
from airflow.sdk import dag, task

@dag(dag_id="DAG_ID", schedule=None)
def build():
    @task
    def push():
        links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
        channels = sorted(os.readlink(link).split(":")[0] for link in links if os.path.islink(link))
        return {"marker": MARKER, "template": os.getppid(), "channels": channels}
    push()

build()
"#;

/// A fork server for these tests: others would have its templates replaced.
static WORLD: OnceCell<World> = OnceCell::const_new();

fn undisturbed(test: impl AsyncFnOnce(&World)) {
    alone(async { test(WORLD.get_or_init(World::start).await).await });
}

fn file(dag_id: &str, marker: u32) -> String {
    FILE.replace("DAG_ID", dag_id).replace("MARKER", &marker.to_string())
}

async fn attempt(world: &World, name: &str) -> Served {
    let served = world.attempt_from_template(&format!("{name}.py"), name, "push").await;
    assert_eq!(served.types().last(), Some(&"SucceedTask"), "{}{}", served.logs, served.stderr);
    assert!(served.from_template);
    served
}

fn pushed<'a>(served: &'a Served, key: &str) -> &'a serde_json::Value {
    &served.request("SetXCom")["value"][key]
}

/// Makes a template busy, and returns its process and the spares that it forks then.
async fn busy_template(world: &World, name: &str) -> (u64, HashSet<u32>) {
    let template = pushed(&attempt(world, name).await, "template").as_u64().expect("a pid");
    attempt(world, name).await;
    // The private attempt that looks for hot pages comes first, ends by itself, and stops for nothing.
    let spares = until(|| {
        let waiting: HashSet<u32> = children(template).into_iter().filter(|&pid| waits(pid)).collect();
        (waiting.len() == 2).then_some(waiting)
    });
    (template, spares.await)
}

/// Looks again and again: nothing tells when a process of somebody else gets where it waits.
async fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let watch = async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        loop {
            pause.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, watch).await.expect("the template gets there")
}

fn children(pid: u64) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().expect("a pid")).collect()
}

fn waits(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|place| place.contains("unix"))
}

fn is_gone(pid: u32) -> bool {
    // Ended, whether or not its parent has asked how.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |text| text.contains(") Z "))
}

#[test]
fn an_attempt_runs_in_a_spare_that_begins_with_its_request() {
    undisturbed(async |world| {
        world.write("spared.py", &file("spared", 1));
        let (_, spares) = busy_template(world, "spared").await;
        let asked_at = Timestamp::now();
        let served = attempt(world, "spared").await;
        assert!(spares.contains(&served.pid), "{} is none of {spares:?}", served.pid);
        let mut expected = vec!["pipe"];
        expected.extend(["socket"; 4]);
        assert_eq!(*pushed(&served, "channels"), serde_json::json!(expected));
        for line in served.logs.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
            let logged_at: Timestamp = line["timestamp"].as_str().expect("a time").parse().expect("a time");
            assert!(logged_at >= asked_at, "{line} is older than its attempt");
        }
    });
}

#[test]
fn a_spare_that_is_killed_is_not_missed() {
    undisturbed(async |world| {
        world.write("killed_spare.py", &file("killed_spare", 1));
        let (_, spares) = busy_template(world, "killed_spare").await;
        for &spare in &spares {
            let pid = Pid::from_raw(spare.try_into().expect("a pid")).expect("a pid");
            rustix::process::kill_process(pid, Signal::KILL).expect("a living spare");
        }
        until(|| spares.iter().all(|&spare| is_gone(spare)).then_some(())).await;
        let served = attempt(world, "killed_spare").await;
        assert!(!spares.contains(&served.pid));
    });
}

#[test]
fn spares_end_with_the_state_they_hold() {
    undisturbed(async |world| {
        world.write("stale_spare.py", &file("stale_spare", 1));
        let (template, spares) = busy_template(world, "stale_spare").await;
        world.write("stale_spare.py", &file("stale_spare", 22));
        let served = attempt(world, "stale_spare").await;
        assert_eq!(*pushed(&served, "marker"), 22);
        assert_ne!(*pushed(&served, "template"), template);
        until(|| spares.iter().all(|&spare| is_gone(spare)).then_some(())).await;
    });
}
