//! `tradewind dags test`: runs one DAG once in a server of its own and throws that away.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;
use tw_config::Settings;
use tw_python::{EnvironmentOptions, environment};

use super::args::{Global, ServerFlags, TaskInstanceName, Test};
use super::client::Client;
use super::exit::Fault;
use super::output::Output;
use super::{cell, dags, logs, runs, setup, watch};
use crate::standalone::{self, Running};

/// How often the server is asked whether it has read the file: the public API has no call that waits.
const POLL: Duration = Duration::from_millis(100);
/// How long Python may take to import Airflow; the first time it has no bytecode.
const WARM_UP_MAX: Duration = Duration::from_secs(60);
/// DAGs or import errors that are looked at: far more than one file defines.
const ROWS_MAX: usize = 1000;

/// Runs the DAG, prints the logs of what failed, and fails if the run did.
pub(crate) fn run(global: &Global, words: &Test, output: &Output) -> anyhow::Result<()> {
    let body = dags::request(words.conf.as_deref(), &words.logical_date)?;
    let file = words.file().map(|path| path.canonicalize().with_context(|| format!("cannot find {}", path.display())));
    let file =
        file.transpose().map_err(|error| error.context(Fault::NotFound(format!("no file {}", words.subject))))?;
    let usual = usual_settings(global, words, file.as_deref())?;
    let patience = WARM_UP_MAX + usual.dag_processor.file_timeout;
    let home = tempfile::Builder::new().prefix("tradewind-test-").tempdir().context("cannot create a home folder")?;
    let settings = private_settings(usual, home.path(), output)?;

    let server = standalone::start(settings).context("cannot start a server for the test")?;
    // Counted from here: what came before may have built a Python environment.
    let outcome = try_dag(&server, words, file.as_deref(), body, Instant::now() + patience, output);
    // The run's outcome matters more than how the server went away.
    if let Err(error) = server.stop() {
        output.say(&format!("note: the test's server did not stop cleanly: {error}"));
    }
    outcome
}

/// The settings as a server would have them, with the DAG folder of the file.
fn usual_settings(global: &Global, words: &Test, file: Option<&Path>) -> anyhow::Result<Settings> {
    let folder = file.and_then(Path::parent).map(|folder| folder.to_string_lossy().into_owned());
    let dags = folder.map_or_else(|| words.dags.clone(), |folder| vec![folder]);
    let flags = ServerFlags { dags, python: words.python.clone(), ..ServerFlags::default() };
    setup::settings(global, &flags)
}

/// The same in a home of its own: another database, any free port, no runs but the one asked for.
/// The Python environment stays where it is, because preparing one takes a minute.
fn private_settings(usual: Settings, home: &Path, output: &Output) -> anyhow::Result<Settings> {
    let options = EnvironmentOptions {
        interpreter: usual.python.clone(),
        virtual_env: usual.virtual_env.clone(),
        managed_dir: usual.home.join("python"),
    };
    output.say("looking for the Python environment; the first time it is prepared, which takes a minute");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let environment = runtime.block_on(environment::find_or_build(&options))?;
    let mut settings = Settings {
        home: home.to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 0,
        python: Some(environment.interpreter),
        database: format!("sqlite://{}", home.join("tradewind.db").display()),
        ..usual
    };
    settings.scheduler.scheduled_runs = false;
    Ok(settings)
}

fn try_dag(
    server: &Running,
    words: &Test,
    file: Option<&Path>,
    body: serde_json::Map<String, Value>,
    deadline: Instant,
    output: &Output,
) -> anyhow::Result<()> {
    let client = Client::new(&server.url, Some(server.token.clone()), "it has ended".to_owned())?;
    let wanted = match file {
        Some(path) => Wanted::InFile { name: file_name(path), dag_id: words.dag_id.as_deref() },
        None => Wanted::Id(&words.subject),
    };
    let dag_id = wait_for_dag(&client, &wanted, deadline)?;
    dags::set_paused(&client, &dag_id, false, output)?;
    let run_id = cell::text(&dags::create_run(&client, &dag_id, body)?["dag_run_id"]);
    let (run, instances) = watch::follow(&client, &dag_id, &run_id, output)?;
    for instance in instances.iter().filter(|instance| instance.state == "failed") {
        output.say(&format!("log of {}, try {}:", instance.task_id, instance.try_number));
        let name = TaskInstanceName {
            dag_id: dag_id.clone(),
            run_id: run_id.clone(),
            task_id: instance.task_id.clone(),
            map_index: i32::try_from(instance.map_index).unwrap_or(-1),
        };
        logs::print(&client, &name, None, false, &output.beside())?;
    }
    runs::show(&run, output)?;
    match run["state"].as_str() {
        Some("success") => Ok(()),
        _ => Err(Fault::Failed(format!("{dag_id} failed")).into()),
    }
}

/// Which DAG is tried.
enum Wanted<'a> {
    /// The one with this id.
    Id(&'a str),
    /// The one in this file of the DAG folder, or the named one of several.
    InFile { name: String, dag_id: Option<&'a str> },
}

fn wait_for_dag(client: &Client, wanted: &Wanted<'_>, deadline: Instant) -> anyhow::Result<String> {
    loop {
        let dags = client.list(&["dags"], &[], "dags", ROWS_MAX)?.rows;
        if let Some(dag_id) = choose(&dags, wanted)? {
            return Ok(dag_id);
        }
        let errors = client.list(&["importErrors"], &[], "import_errors", ROWS_MAX)?.rows;
        if let Some(error) = errors.iter().find(|error| concerns(error, wanted)) {
            return Err(Fault::Failed(format!("it cannot be imported:\n{}", cell::text(&error["stack_trace"]))).into());
        }
        if Instant::now() >= deadline {
            let found: Vec<String> = dags.iter().map(|dag| cell::text(&dag["dag_id"])).collect();
            let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            return Err(Fault::NotFound(format!("no such DAG was found; found: {found}")).into());
        }
        thread::sleep(POLL);
    }
}

/// The DAG that is wanted, if it is there.
fn choose(dags: &[Value], wanted: &Wanted<'_>) -> anyhow::Result<Option<String>> {
    let ids = |in_file: &dyn Fn(&Value) -> bool| -> Vec<String> {
        dags.iter().filter(|dag| in_file(dag)).map(|dag| cell::text(&dag["dag_id"])).collect()
    };
    let (candidates, dag_id) = match wanted {
        Wanted::Id(id) => (ids(&|_| true), Some(*id)),
        Wanted::InFile { name, dag_id } => (ids(&|dag| dag["relative_fileloc"] == name.as_str()), *dag_id),
    };
    match (dag_id, candidates.as_slice()) {
        (_, []) => Ok(None),
        (Some(id), all) => Ok(all.iter().find(|candidate| *candidate == id).cloned()),
        (None, [only]) => Ok(Some(only.clone())),
        (None, several) => {
            Err(Fault::Refused(format!("the file defines {}; choose one with --dag-id", several.join(", "))).into())
        }
    }
}

/// An id may come from any file, so only for a file an import error is known to matter.
fn concerns(error: &Value, wanted: &Wanted<'_>) -> bool {
    match wanted {
        Wanted::Id(_) => false,
        Wanted::InFile { name, .. } => {
            let path = PathBuf::from(cell::text(&error["filename"]));
            path.file_name().is_some_and(|found| found.to_string_lossy() == name.as_str())
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;
    use serde_json::json;

    fn dags() -> Vec<Value> {
        ["a", "b"].map(|id| json!({"dag_id": id, "relative_fileloc": "f.py"})).into()
    }

    fn in_file<'a>(name: &str, dag_id: Option<&'a str>) -> Wanted<'a> {
        Wanted::InFile { name: name.into(), dag_id }
    }

    #[test]
    fn the_wanted_dag_is_chosen() {
        assert_eq!(choose(&dags(), &Wanted::Id("b")).unwrap().as_deref(), Some("b"));
        assert_eq!(choose(&dags(), &Wanted::Id("c")).unwrap(), None);
        assert_eq!(choose(&dags()[..1], &in_file("f.py", None)).unwrap().as_deref(), Some("a"));
        assert_eq!(choose(&dags(), &in_file("f.py", Some("b"))).unwrap().as_deref(), Some("b"));
        assert_eq!(choose(&dags(), &in_file("g.py", None)).unwrap(), None);
        let error = choose(&dags(), &in_file("f.py", None)).unwrap_err();
        assert!(error.to_string().contains("a, b"), "{error}");
    }

    #[test]
    fn an_import_error_ends_the_wait() {
        let error = json!({"filename": "/dags/f.py", "stack_trace": "Traceback\nNameError: x"});
        let server = Scripted::start([
            (200, json!({"dags": [], "total_entries": 0})),
            (200, json!({"import_errors": [error], "total_entries": 1})),
        ]);
        let error = wait_for_dag(&server.client(), &in_file("f.py", None), Instant::now()).unwrap_err();
        assert!(error.to_string().ends_with("NameError: x"), "{error}");
        server.requests();
    }

    #[test]
    fn a_dag_that_never_comes_is_not_found() {
        let nothing = |field: &str| (200, json!({field: [], "total_entries": 0}));
        let server = Scripted::start([nothing("dags"), nothing("import_errors")]);
        let error = wait_for_dag(&server.client(), &Wanted::Id("x"), Instant::now()).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Fault::NotFound(_))), "{error}");
        server.requests();
    }
}
