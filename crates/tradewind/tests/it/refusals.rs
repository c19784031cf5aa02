//! Wrong words, wrong places, broken files, broken Pythons: each is told once and clearly, and
//! stops nothing else.

use std::fs;
use std::net::TcpListener;

use crate::asking::Said;
use crate::stage::{Stage, eventually};

/// One way to start a server in vain.
struct Vain<'a> {
    words: &'a [&'a str],
    code: i32,
    told: &'a [&'a str],
}

#[test]
fn a_server_that_cannot_start_says_what_to_do() {
    let stage = Stage::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("postgresql://u:sesame@{closed}/d");
    let beside = format!("sqlite://{}", stage.out("no/such/folder/t.db").display());
    let cases = [
        Vain { words: &["--dags", "/no/such/folder"], code: 2, told: &["/no/such/folder", "does not exist", "--dags"] },
        Vain { words: &["--port", &port], code: 6, told: &[&port, "in use", "--port"] },
        Vain { words: &["--port", "seventy"], code: 2, told: &["--port", "seventy"] },
        Vain { words: &["--host", "no.such.host.invalid"], code: 6, told: &["no.such.host.invalid", "--host"] },
        Vain { words: &["--database", &nobody], code: 6, told: &["database", "refused"] },
        Vain { words: &["--database", &beside], code: 6, told: &["no/such/folder"] },
        Vain { words: &["--database", "mysql://h/d"], code: 2, told: &["mysql", "sqlite", "postgresql"] },
        Vain { words: &["--pot", "1"], code: 2, told: &["--pot", "--port"] },
    ];
    for Vain { words, code, told } in cases {
        let said = Said::from(stage.command(&["standalone"]).args(words).output().unwrap());
        let text = said.failed(code);
        assert!(told.iter().all(|part| text.contains(part)), "{words:?}: {text}");
        assert!(!text.contains("sesame") && !text.contains("panicked"), "{text}");
        assert!(text.lines().filter(|line| line.starts_with("error")).count() == 1, "{text}");
    }
    stage.settings("paralelism = 3");
    let text = stage.say(&["standalone"]).failed(2);
    assert!(text.contains("scheduler.paralelism") && text.contains("did you mean scheduler.parallelism?"), "{text}");
    stage.settings("parallelism = 0");
    assert!(stage.say(&["config", "show"]).failed(2).contains("scheduler.parallelism"));
    assert!(!stage.home().join("server.json").exists());
    stage.assert_nothing_runs();
}

#[test]
fn without_python_the_server_still_serves() {
    let cases = [
        ("/nonexistent/python", "apache-airflow-task-sdk"),
        ("/bin/true", "leave out --python"),
        ("no-sdk", "apache-airflow-task-sdk"),
    ];
    for (python, told) in cases {
        let stage = Stage::new();
        stage.add("slow.py");
        let bare = stage.out("bare");
        let python = if python == "no-sdk" {
            // An interpreter that works and has nothing installed.
            let text = format!("#!/bin/sh\nexec {} -I -S \"$@\"\n", stage.python());
            fs::write(&bare, text).unwrap();
            fs::set_permissions(&bare, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            bare.to_str().unwrap()
        } else {
            python
        };
        let server = stage.serve(stage.server_command(&["--python", python]));
        let complaint =
            || stage.log().lines().find(|line| line.contains("ERROR") || line.contains("WARN")).map(str::to_owned);
        let line = eventually("a word about Python", || stage.log(), complaint);
        assert!(line.contains(python) && line.contains(told), "{line}");
        server.cli(&["variables", "set", "a", "b"]);
        assert_eq!(server.get("/dags")["total_entries"], 0);
        assert_eq!(server.get("/monitor/health")["scheduler"]["status"], "healthy");
        server.stop();
    }
}

#[test]
fn broken_files_stop_nothing_else() {
    let stage = Stage::new();
    stage.settings("[dag_processor]\nfile_timeout_secs = 4\nparse_memory_bytes = 536870912");
    fs::write(stage.out("gate"), "").unwrap();
    let cases = [
        ("syntax.py", "def f(:\n", "SyntaxError"),
        (
            "cycle.py",
            "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n\
             with DAG('cycle', schedule=None):\n    a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n    \
             a >> b >> a\n",
            "ycle",
        ),
        ("forever.py", "while True:\n    pass\n", "4 s"),
        ("hungry.py", "a = []\nwhile True:\n    a.append(bytearray(1 << 24))\n", "emory"),
        ("leaves.py", "import os\nos._exit(3)\n", "exit code 3"),
        ("quits.py", "raise SystemExit(4)\n", "SystemExit"),
        ("killed.py", "import os\nos.kill(os.getpid(), 9)\n", "signal 9"),
    ];
    for (name, text, _) in cases {
        // As Airflow, the server looks only into files that hold both words.
        stage.write(name, &format!("# airflow dag\n{text}"));
    }
    stage.add("slow.py");
    let server = stage.start();
    let second = stage.say(&["standalone", "--port", "0"]).failed(6);
    assert!(second.contains("another server already uses") && second.contains("--home"), "{second}");
    server.wait_for_dags(&["slow"]);
    let bridge = server.bridge();
    server.expect("slow", "success");
    let found = || server.get("/importErrors");
    let errors = eventually(
        "all import errors",
        || format!("{}\n{}", found(), stage.log()),
        || {
            let found = found();
            (found["total_entries"] == cases.len()).then_some(found)
        },
    );
    for (name, _, told) in cases {
        let errors = errors["import_errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["filename"].as_str().unwrap().ends_with(name));
        let text = error.unwrap()["stack_trace"].as_str().unwrap();
        assert!(text.contains(told), "{name}: {text}");
    }
    server.expect("slow", "success");
    assert_eq!(server.bridge(), bridge, "the fork server is unharmed");
    server.stop();
}
