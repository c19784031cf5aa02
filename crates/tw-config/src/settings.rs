//! The typed result of resolving: one struct per section, and the list of values with their origins.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

/// Everything that can be set, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder that holds the database, the logs and the settings file. Absolute.
    pub home: PathBuf,
    /// Folders that are searched for DAG files; at least one. Absolute.
    pub dags: Vec<PathBuf>,
    /// Address the server listens on.
    pub host: String,
    /// Port the server listens on; 0 = any free one.
    pub port: u16,
    /// Interpreter that has the Task SDK; `None` = the active virtual environment if it has it, else
    /// one that Tradewind prepares.
    pub python: Option<PathBuf>,
    /// The virtual environment that was active at the start. Not a setting, so it has no entry.
    pub virtual_env: Option<PathBuf>,
    /// `sqlite:///absolute/path` or `postgresql://…`; holds a password, so never show it raw.
    pub database: String,
    /// What the scheduler reads.
    pub scheduler: Scheduler,
    /// What the DAG processor reads.
    pub dag_processor: DagProcessor,
    /// What the supervisor reads.
    pub task: Task,
    /// What the HTTP server reads.
    pub api: Api,
    /// Secrets.
    pub security: Security,
    /// How the server logs.
    pub logging: Logging,
    /// Every value with its origin, in the order of [`crate::keys::KEYS`], secrets hidden.
    pub entries: Vec<Entry>,
    /// Remarks for whoever starts the server, such as accepted Airflow names.
    pub notes: Vec<String>,
}

/// Section `scheduler`.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// Attempts that may run at once.
    pub parallelism: u32,
    /// Slots of `default_pool` when it is first created.
    pub default_pool_slots: u32,
    /// Upper bound of a retry delay that grows.
    pub max_retry_delay: Duration,
    /// Whether a new DAG starts paused, unless it says itself.
    pub dags_are_paused_at_creation: bool,
    /// Whether timetables create runs. False = only requests do.
    pub scheduled_runs: bool,
}

/// Section `dag_processor`.
#[derive(Clone, Debug)]
pub struct DagProcessor {
    /// Files parsed at once.
    pub parsing_processes: u32,
    /// Longest time one file may take.
    pub file_timeout: Duration,
    /// How often folders are listed in case a change was missed.
    pub rescan: Duration,
    /// Most memory one parse may use, in bytes.
    pub parse_memory_bytes: u64,
}

/// Section `task`.
#[derive(Clone, Debug)]
pub struct Task {
    /// From SIGTERM to SIGKILL.
    pub kill_grace: Duration,
    /// How long a process may linger after reporting its end.
    pub overtime: Duration,
}

/// Section `api`.
#[derive(Clone, Debug)]
pub struct Api {
    /// How long a login lasts.
    pub jwt_lifetime: Duration,
    /// Whether connections may be tested.
    pub test_connection: bool,
}

/// Section `security`. Its `Debug` form shows nothing.
#[derive(Clone)]
pub struct Security {
    /// Password of the first user; `None` = one is made and printed.
    pub admin_password: Option<String>,
    /// Key that encrypts connections and variables; `None` = one is kept in the home folder.
    pub fernet_key: Option<String>,
}

/// Section `logging`.
#[derive(Clone, Debug)]
pub struct Logging {
    /// Level or filter directives.
    pub level: String,
    /// Form of the lines.
    pub format: LogFormat,
}

/// Form of log lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// Human on a terminal, otherwise JSON.
    Auto,
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

/// One value with its origin, fit to be shown.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Entry {
    /// Path of the setting.
    pub key: &'static str,
    /// The value; `null` = absent, `"***"` = a secret that is set.
    pub value: serde_json::Value,
    /// Where it came from.
    pub origin: Origin,
    /// What it does.
    pub help: &'static str,
}

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A command-line flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(String),
    /// The settings file, by its path.
    File(String),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Variable(name) => write!(f, "environment variable {name}"),
            Origin::File(path) => write!(f, "file {path}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Security { .. }")
    }
}
