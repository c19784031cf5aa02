//! `cargo xtask demo`: a server with the bundled examples, one run of `flights_etl`, and what to look
//! at next. Everything lives below the target folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process::{cargo, step};
use crate::python::{Packages, environment};
use crate::{arrows, sources, ui};

/// The DAG that is run.
const DAG: &str = "flights_etl";
/// The other examples, each of which shows another side.
const OTHERS: [&str; 5] = ["mapping", "trigger_rules", "retries_and_callbacks", "reschedule_sensor", "failing"];
/// The password of the demonstration's user; the server listens on loopback only.
const PASSWORD: &str = "tradewind";
/// How long the server may take to offer the DAG: the interpreter imports Airflow once.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How often it is asked.
const POLL: Duration = Duration::from_millis(300);

/// Builds, starts, runs the DAG, and stays until the server ends.
pub(crate) fn run() -> anyhow::Result<()> {
    let (demo, mut server) = start()?;
    demo.say_what_next()?;
    let status = server.0.wait()?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}

/// Does the same, runs the other examples once, and makes pictures of all screens.
pub(crate) fn screenshots() -> anyhow::Result<()> {
    let root = sources::root();
    let (demo, server) = start()?;
    for dag in OTHERS {
        // Some of them fail on purpose.
        demo.command(&["dags", "trigger", dag, "--unpause", "--wait"]).stdout(Stdio::null()).status()?;
    }
    let out = demo.home.with_file_name("screenshots");
    ui::screenshots(&root, &demo.url()?, PASSWORD, &out)?;
    drop(server);
    eprintln!("\nThe pictures are in {}", out.display());
    Ok(())
}

/// A server with one more run of [`DAG`].
fn start() -> anyhow::Result<(Demo, Server)> {
    let root = sources::root();
    let target = arrows::metadata(&root)?.target_directory.into_std_path_buf();
    ui::build(&root)?;
    step("release build", &mut cargo(&["build", "--release", "--locked", "--package", "tradewind"]))?;
    let packages = [Packages::Locked("python/requirements.lock"), Packages::Locked("examples/requirements.lock")];
    let python = environment(&root, &target, "demo", &packages)?;
    let demo = Demo { binary: target.join("release/tradewind"), home: target.join("demo") };

    eprintln!("\n==> server");
    let mut server = Server(demo.start(&root.join("examples"), &python)?);
    demo.wait_until_ready(&mut server.0)?;
    eprintln!("\n==> one run of {DAG}");
    let run = demo.command(&["dags", "trigger", DAG, "--unpause", "--wait"]).status()?;
    if !run.success() {
        bail!("the run of {DAG} did not succeed ({run})");
    }
    Ok((demo, server))
}

struct Demo {
    binary: PathBuf,
    home: PathBuf,
}

/// The server, which must not outlive a failed demonstration.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Demo {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--home").arg(&self.home).env_remove("TRADEWIND_URL");
        command
    }

    fn start(&self, dags: &Path, python: &Path) -> anyhow::Result<Child> {
        let mut command = self.command(&["standalone"]);
        command.arg("--dags").arg(dags).arg("--python").arg(python);
        command.env("EXAMPLES_OUT", self.out());
        command.env("TRADEWIND_ADMIN_PASSWORD", PASSWORD).env("TRADEWIND__LOGGING__LEVEL", "warn");
        command.spawn().with_context(|| format!("cannot start {}", self.binary.display()))
    }

    /// Where the examples leave what they make.
    fn out(&self) -> PathBuf {
        self.home.join("examples")
    }

    fn wait_until_ready(&self, server: &mut Child) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let mut ask = self.command(&["dags", "show", DAG]);
            if ask.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
                return Ok(());
            }
            if let Some(status) = server.try_wait()? {
                bail!("the server ended with {status}; if its port is taken, set TRADEWIND_PORT");
            }
            if Instant::now() > deadline {
                self.command(&["dags", "list-import-errors", "--output", "json"]).status()?;
                bail!("the server did not offer {DAG} within {} s", READY_TIMEOUT.as_secs());
            }
            thread::sleep(POLL);
        }
    }

    /// The picture of the newest run.
    fn chart(&self) -> anyhow::Result<PathBuf> {
        let runs = self.out().join("runs");
        let folders = std::fs::read_dir(&runs).with_context(|| format!("no output in {}", runs.display()))?;
        let pictures = folders.flatten().flat_map(|run| std::fs::read_dir(run.path())).flatten().flatten();
        let pictures = pictures.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "png"));
        let newest = pictures.max_by_key(|path| path.metadata().and_then(|m| m.modified()).ok());
        newest.context("the run left no chart")
    }

    fn url(&self) -> anyhow::Result<String> {
        let file = std::fs::read_to_string(self.home.join("server.json")).context("the server left no address")?;
        let url = file.split('"').skip_while(|part| *part != "url").nth(2).unwrap_or("http://localhost:8080");
        Ok(url.replace("127.0.0.1", "localhost"))
    }

    fn say_what_next(&self) -> anyhow::Result<()> {
        let url = self.url()?;
        let tradewind = format!("{} --home {}", self.binary.display(), self.home.display());
        eprintln!(
            "
The server stays up; Ctrl-C stops it.

  Open      {url}   user admin, password {PASSWORD}
  Its chart {}

  Try next
    {tradewind} dags list
    {tradewind} tasks list {DAG} latest
    {tradewind} tasks logs {DAG} latest publish
    {tradewind} dags trigger trigger_rules --unpause --wait
",
            self.chart()?.display()
        );
        Ok(())
    }
}
