//! Children forked from a template: the same result as without one, and never from a stale state.

use std::fs;

use crate::support::{Served, World, shared};

/// A file whose task pushes `marker`, which is computed by `top_level` code.
fn file(dag_id: &str, top_level: &str) -> String {
    format!(
        r#"
import os
from airflow.sdk import dag, task

{top_level}

@dag(dag_id="{dag_id}", schedule=None)
def build():
    @task
    def push():
        return {{"marker": marker, "parsed_by": parsed_by, "pid": os.getpid()}}
    push()

parsed_by = os.getpid()
build()
"#
    )
}

async fn attempt(world: &World, name: &str) -> Served {
    let served = world.attempt_from_template(&format!("{name}.py"), name, "push").await;
    assert_eq!(served.types().last(), Some(&"SucceedTask"), "{}{}", served.logs, served.stderr);
    served
}

fn pushed<'a>(served: &'a Served, key: &str) -> &'a serde_json::Value {
    &served.request("SetXCom")["value"][key]
}

#[test]
fn attempts_share_one_parse() {
    shared(async |world| {
        world.write("parsed_once.py", &file("parsed_once", "marker = 1"));
        let (first, second) = (attempt(world, "parsed_once").await, attempt(world, "parsed_once").await);
        assert!(first.from_template && second.from_template);
        assert_eq!(pushed(&first, "parsed_by"), pushed(&second, "parsed_by"));
        assert_ne!(pushed(&first, "pid"), pushed(&first, "parsed_by"));
        assert_ne!(first.pid, second.pid);
        // Log readers find the line that stock writes after each parse.
        assert!(first.logs.contains("Worker startup parse complete"), "{}", first.logs);
    });
}

#[test]
fn a_child_of_a_template_holds_only_its_own_channels() {
    shared(async |world| {
        let marker = "marker = None\ndef look():\n    links = [f'/proc/self/fd/{n}' for n in os.listdir('/proc/self/fd')]\n    return sorted(os.readlink(l).split(':')[0] for l in links if os.path.islink(l))";
        let text = file("template_channels", marker).replace("\"marker\": marker", "\"marker\": look()");
        world.write("template_channels.py", &text);
        let served = attempt(world, "template_channels").await;
        assert!(served.from_template);
        let mut expected = vec!["pipe"];
        expected.extend(["socket"; 4]);
        assert_eq!(*pushed(&served, "marker"), serde_json::json!(expected));
    });
}

#[test]
fn a_changed_file_is_parsed_again() {
    shared(async |world| {
        world.write("edited.py", &file("edited", "marker = 1"));
        let before = attempt(world, "edited").await;
        world.write("edited.py", &file("edited", "marker = 22"));
        let after = attempt(world, "edited").await;
        assert!(before.from_template && after.from_template);
        assert_eq!(*pushed(&before, "marker"), 1);
        assert_eq!(*pushed(&after, "marker"), 22);
    });
}

#[test]
fn a_changed_import_or_data_file_is_read_again() {
    shared(async |world| {
        fs::create_dir(world.dags().join("parts")).expect("a folder");
        world.write("part_of_dag.py", "VALUE = 'a'");
        world.write("parts/data.txt", "b");
        let top_level = "from part_of_dag import VALUE\nfolder = os.path.join(os.path.dirname(__file__), 'parts')\n\
                         marker = [VALUE, open(os.path.join(folder, 'data.txt')).read(), len(os.listdir(folder))]";
        world.write("composed.py", &file("composed", top_level));
        let marker = async || {
            let served = attempt(world, "composed").await;
            assert!(served.from_template);
            pushed(&served, "marker").to_string()
        };
        assert_eq!(marker().await, r#"["a","b",1]"#);
        world.write("part_of_dag.py", "VALUE = 'changed'");
        assert_eq!(marker().await, r#"["changed","b",1]"#);
        world.write("parts/data.txt", "new data");
        assert_eq!(marker().await, r#"["changed","new data",1]"#);
        world.write("parts/more.txt", "");
        assert_eq!(marker().await, r#"["changed","new data",2]"#);
    });
}

#[test]
fn a_file_whose_state_cannot_be_shared_is_parsed_in_each_child() {
    let cases = [
        (
            "leaves_a_thread",
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ),
        ("leaves_a_process", "import subprocess\nsubprocess.Popen(['sleep', '60'], stdin=-3, stdout=-3, stderr=-3)"),
        ("leaves_a_socket", "import socket\nkept = socket.socket()"),
        (
            "uses_the_network",
            "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 1))\nexcept OSError:\n    pass",
        ),
        ("writes_a_file", "open(os.path.join(os.path.dirname(__file__), 'written.txt'), 'w').close()"),
        ("asks_for_its_context", "from airflow.sdk import get_parsing_context\nget_parsing_context()"),
        ("seeds_random", "import random\nrandom.seed(7)"),
        ("makes_a_generator", "import random\ngenerator = random.Random(7)"),
        (
            "reads_a_variable",
            "from airflow.sdk import Variable\ntry:\n    Variable.get('x', default=None)\nexcept Exception:\n    pass",
        ),
    ];
    shared(async |world| {
        for (name, top_level) in cases {
            world.write(&format!("{name}.py"), &file(name, &format!("{top_level}\nmarker = 1")));
            let served = attempt(world, name).await;
            assert!(!served.from_template, "{name}");
            assert_eq!(*pushed(&served, "parsed_by"), served.pid, "{name}");
        }
    });
}

#[test]
fn a_file_that_does_not_import_fails_in_the_child_with_stock_words() {
    shared(async |world| {
        world.write("unimportable.py", "import no_such_module");
        let served = world.attempt_from_template("unimportable.py", "unimportable", "push").await;
        assert!(!served.from_template);
        assert!(served.logs.contains("no_such_module"), "{}", served.logs);
    });
}

#[test]
fn more_files_than_templates_all_get_one_in_turn() {
    shared(async |world| {
        // The fork server of the tests keeps four.
        for round in 0..2 {
            for number in 0..6 {
                let name = format!("crowd_{number}");
                if round == 0 {
                    world.write(&format!("{name}.py"), &file(&name, "marker = 1"));
                }
                assert!(attempt(world, &name).await.from_template, "{name}");
            }
        }
    });
}

#[test]
fn a_burst_on_a_new_file_waits_for_its_template() {
    shared(async |world| {
        world.write("burst.py", &file("burst", "marker = 1"));
        let attempts: Vec<_> = (0..6).map(|_| attempt(world, "burst")).collect();
        let mut parsers = std::collections::HashSet::new();
        for served in crate::support::all(attempts).await {
            assert!(served.from_template);
            parsers.insert(pushed(&served, "parsed_by").to_string());
        }
        assert_eq!(parsers.len(), 1);
    });
}

#[test]
fn a_running_child_outlives_the_template_it_came_from() {
    shared(async |world| {
        let top_level = "import time\nmarker = 1\nmark = os.path.join(os.path.dirname(__file__), 'go')";
        let text = file("outlives", top_level).replace(
            "        return {",
            "        while not os.path.exists(mark):\n            time.sleep(0.01)\n        return {",
        );
        world.write("outlives.py", &text);
        let running = tokio::spawn(crate::support::attempt_owned(world, "outlives.py", "outlives", "push").await);
        // The file changes, so its template is given up while the child still runs.
        world.write("outlives.py", &text.replace("marker = 1", "marker = 'new'"));
        let next = tokio::spawn(crate::support::attempt_owned(world, "outlives.py", "outlives", "push").await);
        world.write("go", "");
        let (running, next) = (running.await.expect("served"), next.await.expect("served"));
        assert_eq!(*pushed(&running, "marker"), 1);
        assert_eq!(*pushed(&next, "marker"), "new");
    });
}
