//! A home folder, a DAG folder, and servers on them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::asking::Said;
use crate::processes::{self, MARK, marked, title};

/// The longest wait for anything. Generous: the tests share few processors with others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two looks at another process through its command line and its public API, which
/// have no call that waits.
const POLL: Duration = Duration::from_millis(50);
/// The binary under test.
const TRADEWIND: &str = env!("CARGO_BIN_EXE_tradewind");

/// Looks again and again until there is an answer.
///
/// # Panics
/// When there is none in time; `told` then says more.
pub(crate) fn eventually<T>(what: &str, told: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in {PATIENCE:?}\n{}", told());
        thread::sleep(POLL);
    }
}

/// An interpreter with the stock Task SDK.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(tw_python::environment::for_tests()).expect("an interpreter with the Task SDK")
    })
}

/// Folders of one test. Dropping it ends whatever still runs.
pub(crate) struct Stage {
    folder: TempDir,
    mark: String,
    database: Option<String>,
    environment: Vec<(String, String)>,
}

impl Stage {
    /// Empty folders, an SQLite database, and DAGs that are not paused at first.
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::Builder::new().prefix("tradewind-it-").tempdir().expect("a temporary folder");
        for name in ["home", "dags", "out"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mark = format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let stage = Self { folder, mark, database: None, environment: Vec::new() };
        stage.settings("");
        stage
    }

    /// The same with another database.
    pub(crate) fn on(mut self, database: Option<String>) -> Self {
        self.database = database;
        self
    }

    /// The same with one more environment variable for servers.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes the settings file: what every test needs, and `more`.
    pub(crate) fn settings(&self, more: &str) {
        let text = format!("[scheduler]\ndags_are_paused_at_creation = false\n{more}\n");
        fs::write(self.home().join("tradewind.toml"), text).unwrap();
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn dags(&self) -> PathBuf {
        self.folder.path().join("dags")
    }

    /// The interpreter of its servers.
    pub(crate) fn python(&self) -> &'static str {
        python().to_str().expect("a path that is text")
    }

    /// Where tasks and callbacks write; they find it in the variable `IT_OUT`.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// The lines of a file that tasks write; none if there is no file.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.out(name)).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Puts a file of `dags/` into the DAG folder.
    pub(crate) fn add(&self, name: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dags").join(name);
        self.write(name, &fs::read_to_string(source).unwrap());
    }

    /// Puts a text into the DAG folder in one step, as careful tools do.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let draft = self.dags().join(format!(".{name}.new"));
        fs::write(&draft, text).unwrap();
        fs::rename(draft, self.dags().join(name)).unwrap();
    }

    /// The address of the database, for whoever looks at it directly.
    pub(crate) fn database(&self) -> String {
        let file = || format!("sqlite://{}", self.home().join("tradewind.db").display());
        self.database.clone().unwrap_or_else(file)
    }

    /// A command of the binary for this home, with nothing inherited that would change what it does.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(TRADEWIND);
        self.prepare(&mut command);
        command.arg("--home").arg(self.home()).args(words);
        command
    }

    fn prepare(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let ours = |name: &str| ["TRADEWIND", "AIRFLOW", "VIRTUAL_ENV"].iter().any(|start| name.starts_with(start));
            if name.to_str().is_some_and(ours) {
                command.env_remove(&name);
            }
        }
        command.env(MARK, &self.mark).env("IT_OUT", self.folder.path().join("out"));
        command.envs(self.environment.iter().cloned()).stdin(Stdio::null());
    }

    /// Runs a command to its end.
    pub(crate) fn say(&self, words: &[&str]) -> Said {
        Said::from(self.command(words).output().expect("the binary runs"))
    }

    /// A server with these folders and a port of its own.
    pub(crate) fn server_command(&self, more: &[&str]) -> Command {
        let mut command = self.command(&["standalone", "--port", "0"]);
        command.arg("--dags").arg(self.dags());
        if !more.contains(&"--python") {
            command.args(["--python", self.python()]);
        }
        command.args(self.database.iter().flat_map(|url| ["--database", url.as_str()])).args(more);
        command
    }

    /// The same through a shell that does `first`.
    pub(crate) fn server_command_after(&self, first: &str) -> Command {
        let server = self.server_command(&[]);
        let mut command = Command::new("sh");
        self.prepare(&mut command);
        command.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]).arg(server.get_program()).args(server.get_args());
        command
    }

    /// Starts a server and waits until it serves.
    pub(crate) fn start(&self) -> Server<'_> {
        self.serve(self.server_command(&[]))
    }

    /// Starts this command and waits until it serves.
    pub(crate) fn serve(&self, mut command: Command) -> Server<'_> {
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mut process = command.stdout(Stdio::null()).stderr(log).spawn().expect("the binary runs");
        let (url, token) = eventually(
            "the start of the server",
            || self.log(),
            || {
                if let Some(status) = process.try_wait().unwrap() {
                    panic!("the server ended with {status}\n{}", self.log());
                }
                let file: Value = serde_json::from_slice(&fs::read(self.home().join("server.json")).ok()?).ok()?;
                let text = |name: &str| Some(file[name].as_str()?.to_owned());
                (file["pid"] == process.id()).then(|| Some((text("url")?, text("token")?))).flatten()
            },
        );
        Server { stage: self, process, url, token }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// What its servers wrote to stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The processes of this test.
    pub(crate) fn processes(&self) -> Vec<u32> {
        marked(&self.mark)
    }

    /// Waits until no process of this test is left.
    pub(crate) fn assert_nothing_runs(&self) {
        let told = || {
            let left: Vec<_> = self.processes().into_iter().map(|pid| format!("{pid} {}", title(pid))).collect();
            left.join("\n")
        };
        eventually("the end of all processes", told, || self.processes().is_empty().then_some(()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.processes().into_iter().for_each(|pid| processes::signal(pid, Signal::KILL));
    }
}

/// A server that runs. Dropping it kills it; a test ends with [`Server::stop`].
pub(crate) struct Server<'a> {
    pub(crate) stage: &'a Stage,
    process: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Server<'_> {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The warm Python process.
    pub(crate) fn bridge(&self) -> Option<u32> {
        self.stage.processes().into_iter().find(|pid| title(*pid) == "tradewind bridge")
    }

    /// Asks it to end as an operator does, and sees that nothing stays behind.
    pub(crate) fn stop(mut self) {
        processes::signal(self.pid(), Signal::TERM);
        let status: ExitStatus =
            eventually("the end of the server", || self.stage.log(), || self.process.try_wait().unwrap());
        assert!(status.success(), "{status}\n{}", self.stage.log());
        assert!(!self.stage.home().join("server.json").exists(), "it takes its address with it");
        self.stage.assert_nothing_runs();
    }

    /// `kill -9`, after which nothing may stay behind either.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.stage.assert_nothing_runs();
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
