//! `tradewind doctor`: checks what a server needs before it is started, and names the remedy.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tw_config::Settings;
use tw_store::StoreError;

use super::args::{Global, ServerFlags};
use super::exit::Fault;
use super::output::{Column, Output};
use super::server::ServerFile;
use super::{cell, db, setup};

/// Below this a database and its logs run into trouble soon, in bytes.
const DISK_LOW: u64 = 2 << 30;
/// Below this they are in trouble, in bytes.
const DISK_FULL: u64 = 200 << 20;
/// The release line of the Task SDK whose protocol this program speaks.
const SDK_LINE: &str = "1.3.";
/// Asks for versions without importing Airflow, which would take seconds.
const PROBE: &str = "import platform; from importlib.metadata import version; \
                     print(platform.python_version(), version('apache-airflow-task-sdk'))";

const COLUMNS: &[Column] = &[
    Column { title: "status", cell: |row| cell::text(&row["status"]) },
    Column { title: "check", cell: |row| cell::text(&row["check"]) },
    Column { title: "finding", cell: |row| cell::text(&row["finding"]) },
    Column { title: "remedy", cell: |row| cell::text(&row["remedy"]) },
];

/// How a check ended.
enum Verdict {
    Ok(String),
    Warn(String, String),
    Fail(String, String),
}

use Verdict::{Fail, Ok as Good, Warn};

/// Runs all checks.
pub(crate) fn run(global: &Global, flags: &ServerFlags, output: &Output) -> anyhow::Result<()> {
    let settings = setup::settings(global, flags)?;
    let checks = [
        ("home", home(&settings.home)),
        ("disk", disk(&settings.home)),
        ("database", database(&settings)?),
        ("python", python(&settings)),
        ("dags", dags(&settings.dags)),
        ("port", port(&settings)),
    ];
    let failed = checks.iter().filter(|(_, verdict)| matches!(verdict, Fail(..))).count();
    let rows: Vec<Value> = checks.into_iter().map(|(check, verdict)| row(check, verdict)).collect();
    output.rows(COLUMNS, &rows, rows.len())?;
    match failed {
        0 => Ok(()),
        count => Err(Fault::Failed(format!("{count} of {} checks failed", rows.len())).into()),
    }
}

fn row(check: &str, verdict: Verdict) -> Value {
    let (status, finding, remedy) = match verdict {
        Good(finding) => ("OK", finding, None),
        Warn(finding, remedy) => ("WARN", finding, Some(remedy)),
        Fail(finding, remedy) => ("FAIL", finding, Some(remedy)),
    };
    json!({ "status": status, "check": check, "finding": finding, "remedy": remedy })
}

fn home(home: &Path) -> Verdict {
    // The check leaves nothing behind: a home that does not exist is judged by what would hold it.
    let folder = nearest_existing(home);
    match tempfile::tempfile_in(&folder) {
        Ok(_) if folder == home => Good(format!("{} is writable", home.display())),
        Ok(_) => Good(format!("{} will be created", home.display())),
        Err(error) => Fail(
            format!("cannot write {}: {error}", folder.display()),
            "choose another folder with --home, or let this user write there".into(),
        ),
    }
}

fn disk(home: &Path) -> Verdict {
    let folder = nearest_existing(home);
    match rustix::fs::statvfs(&folder) {
        Ok(stat) => judge_disk(stat.f_bavail.saturating_mul(stat.f_frsize)),
        Err(error) => {
            Warn(format!("cannot tell the free space of {}: {error}", folder.display()), "look with df".into())
        }
    }
}

fn judge_disk(free: u64) -> Verdict {
    let finding = format!("{:.1} GiB free", free as f64 / f64::from(1 << 30));
    let remedy = "free some space, or move the home folder with --home".to_owned();
    match free {
        0..DISK_FULL => Fail(finding, remedy),
        DISK_FULL..DISK_LOW => Warn(finding, remedy),
        _ => Good(finding),
    }
}

fn database(settings: &Settings) -> anyhow::Result<Verdict> {
    let shown = tw_config::value::without_password(&settings.database);
    let file = settings.database.strip_prefix("sqlite://").map(PathBuf::from);
    if file.is_some_and(|file| !file.exists()) {
        return Ok(Good(format!("{shown} will be created")));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let checked = runtime.block_on(async {
        let store = db::open(settings).await?;
        db::check(&store).await
    });
    Ok(match checked {
        Ok(()) => Good(format!("{shown} is ready")),
        Err(error) => {
            let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
            match error.downcast_ref() {
                Some(StoreError::Unavailable { .. }) => {
                    Warn(text, "start the database, then run `tradewind db migrate`".into())
                }
                _ => Fail(text, "look at --database; `tradewind db check` says more".into()),
            }
        }
    })
}

fn python(settings: &Settings) -> Verdict {
    if let Some(interpreter) = &settings.python {
        let remedy = "install apache-airflow-task-sdk there, or remove the setting".to_owned();
        return probe(interpreter).unwrap_or_else(|said| Fail(format!("{}: {said}", interpreter.display()), remedy));
    }
    let active = settings.virtual_env.iter().map(|folder| folder.join("bin/python"));
    let prepared = fs::read_dir(settings.home.join("python")).into_iter().flatten().flatten();
    let mut candidates = active.chain(prepared.map(|entry| entry.path().join("bin/python")));
    if let Some(verdict) = candidates.find_map(|interpreter| probe(&interpreter).ok()) {
        return verdict;
    }
    match ["uv", "python3"].into_iter().find(|program| said(program, &["--version"]).is_ok()) {
        Some(program) => Warn(
            format!("no environment yet; {program} will prepare one at the first start"),
            "nothing, if this machine reaches a package index; otherwise --python".into(),
        ),
        None => Fail(
            "neither an environment with the Airflow Task SDK nor uv or python3".into(),
            "install python3 with venv, or name an interpreter with --python".into(),
        ),
    }
}

fn probe(interpreter: &Path) -> Result<Verdict, String> {
    let text = said(&interpreter.to_string_lossy(), &["-c", PROBE])?;
    let (python, sdk) = text.trim().split_once(' ').ok_or("it answers as no Python does")?;
    let finding = format!("Python {python}, Task SDK {sdk}, {}", interpreter.display());
    if sdk.starts_with(SDK_LINE) {
        return Ok(Good(finding));
    }
    Ok(Warn(finding, format!("install apache-airflow-task-sdk {SDK_LINE}x; other versions are not tried")))
}

/// What a program prints; or the last line of its complaint.
fn said(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(program).args(arguments).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(complaint.trim_end().lines().last().unwrap_or("it failed without a word").to_owned())
}

fn dags(folders: &[PathBuf]) -> Verdict {
    let mut files = 0;
    for folder in folders {
        match fs::read_dir(folder) {
            Ok(entries) => files += entries.flatten().filter(|entry| is_python(&entry.path())).count(),
            Err(error) => {
                let finding = format!("cannot read {}: {error}", folder.display());
                let remedy = format!("mkdir -p {}, or name another folder with --dags", folder.display());
                return match error.kind() {
                    io::ErrorKind::NotFound => Warn(finding, remedy),
                    _ => Fail(finding, remedy),
                };
            }
        }
    }
    let shown: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Good(format!("{files} Python files at the top of {}", shown.join(", ")))
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

fn port(settings: &Settings) -> Verdict {
    let address = format!("{}:{}", settings.host, settings.port);
    match TcpListener::bind((settings.host.as_str(), settings.port)) {
        Ok(_) => Good(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match ServerFile::read(&settings.home) {
            Ok(Some(file)) if file.url.ends_with(&format!(":{}", settings.port)) => {
                Good(format!("{address} belongs to this home's server, process {}", file.pid))
            }
            _ => Fail(format!("{address} is taken by another program"), "choose another with --port".into()),
        },
        Err(error) => Fail(format!("cannot listen on {address}: {error}"), "look at --host and --port".into()),
    }
}

fn nearest_existing(path: &Path) -> PathBuf {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_space_is_judged_in_three_steps() {
        assert!(matches!(judge_disk(10 << 30), Good(text) if text == "10.0 GiB free"));
        assert!(matches!(judge_disk(1 << 30), Warn(..)));
        assert!(matches!(judge_disk(1 << 20), Fail(..)));
    }

    #[test]
    fn a_home_that_is_not_there_yet_is_judged_by_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        let home_folder = folder.path().join("a/b");
        assert!(matches!(home(&home_folder), Good(text) if text.ends_with("will be created")));
        assert!(!folder.path().join("a").exists());
    }

    #[test]
    fn folders_without_dags_have_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.py"), "").unwrap();
        assert!(matches!(dags(&[folder.path().to_owned()]), Good(text) if text.starts_with("1 Python files")));
        assert!(matches!(dags(&[folder.path().join("none")]), Warn(_, remedy) if remedy.starts_with("mkdir -p")));
    }

    #[test]
    fn an_interpreter_is_asked_for_its_versions() {
        assert_eq!(probe(Path::new("/bin/false")).err().unwrap(), "it failed without a word");
        assert!(probe(Path::new("/nonexistent/python")).is_err());
    }
}
