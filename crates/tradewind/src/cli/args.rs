//! Every word a person can type.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::exit;
use super::output::Format;

/// Runs Airflow 3 DAG files: scheduler, API, UI and workers in one program.
#[derive(Parser, Debug)]
#[command(name = "tradewind", version, after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Global {
    /// Folder with the database, the logs and tradewind.toml [env: TRADEWIND_HOME] [default: ~/.tradewind]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<String>,
    /// Server to ask, for example http://localhost:8080; otherwise the one that runs for the home folder
    #[arg(long, global = true, env = "TRADEWIND_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// Token to show to the server named by --url
    #[arg(long, global = true, env = "TRADEWIND_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Form of the data: table on a terminal, otherwise plain (tab-separated, no header)
    #[arg(short, long, global = true, value_enum, value_name = "FORM")]
    pub(crate) output: Option<Format>,
    /// Print data and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// Commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Start everything in one process
    Standalone(ServerFlags),
    /// List, show, trigger, pause, try and delete DAGs
    #[command(subcommand)]
    Dags(DagsCommand),
    /// List and clear tasks, read their logs, ask why they wait
    #[command(subcommand)]
    Tasks(TasksCommand),
    /// List and watch runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// List, get, set and delete connections
    #[command(subcommand)]
    Connections(ConnectionsCommand),
    /// List, get, set and delete variables
    #[command(subcommand)]
    Variables(VariablesCommand),
    /// List, get, set and delete pools
    #[command(subcommand)]
    Pools(PoolsCommand),
    /// Show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Migrate and check the database
    #[command(subcommand)]
    Db(DbCommand),
    /// Check everything a server needs, with a remedy for each fault
    Doctor(ServerFlags),
    /// Print the version
    Version,
}

/// Settings that can be given as flags. The strongest source; see `tradewind config show`.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct ServerFlags {
    /// Folder with DAG files; may be repeated [env: TRADEWIND_DAGS] [default: <home>/dags]
    #[arg(long, value_name = "DIR")]
    pub(crate) dags: Vec<String>,
    /// Address to listen on [env: TRADEWIND_HOST] [default: 127.0.0.1]
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Port to listen on, 0 = any free one [env: TRADEWIND_PORT] [default: 8080]
    #[arg(long)]
    pub(crate) port: Option<String>,
    /// Interpreter that has the Airflow Task SDK [env: TRADEWIND_PYTHON] [default: one is prepared]
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<String>,
    /// Database [env: TRADEWIND_DATABASE] [default: sqlite:///<home>/tradewind.db]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
}

/// `tradewind dags`.
#[derive(Subcommand, Debug)]
pub(crate) enum DagsCommand {
    /// List DAGs
    List {
        /// Only ids that contain this text
        #[arg(long, value_name = "TEXT")]
        pattern: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Show one DAG
    Show { dag_id: String },
    /// Create a run
    Trigger(Trigger),
    /// Stop creating and starting runs
    Pause { dag_id: String },
    /// Resume a paused DAG
    Unpause { dag_id: String },
    /// List the runs of a DAG, newest first
    ListRuns(ListRuns),
    /// List files that could not be imported
    ListImportErrors {
        #[command(flatten)]
        page: Page,
    },
    /// Run one DAG once, in a home of its own that is thrown away
    Test(Test),
    /// Delete a DAG with its runs and versions; it comes back if a file still defines it
    Delete {
        dag_id: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

/// `tradewind dags trigger`.
#[derive(Args, Debug)]
pub(crate) struct Trigger {
    pub(crate) dag_id: String,
    /// Configuration of the run, a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) conf: Option<String>,
    /// Name of the run [default: made from its date]
    #[arg(long)]
    pub(crate) run_id: Option<String>,
    /// Logical date such as 2026-01-31T00:00:00Z, or `none`
    #[arg(long, value_name = "WHEN", default_value = "now")]
    pub(crate) logical_date: String,
    /// Free text kept with the run
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Resume the DAG first if it is paused
    #[arg(long)]
    pub(crate) unpause: bool,
    /// Follow the run and exit with 1 if it fails
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `tradewind dags list-runs` and `tradewind runs list`.
#[derive(Args, Debug)]
pub(crate) struct ListRuns {
    pub(crate) dag_id: String,
    /// Only runs in this state: queued, running, success, failed
    #[arg(long)]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) page: Page,
}

/// `tradewind dags test`.
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// A DAG file, or the id of a DAG in the DAG folders
    #[arg(value_name = "FILE_OR_DAG_ID")]
    pub(crate) subject: String,
    /// Which DAG of the file, if it defines several
    #[arg(long)]
    pub(crate) dag_id: Option<String>,
    /// Folder with DAG files, for a DAG id; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) dags: Vec<String>,
    /// Interpreter that has the Airflow Task SDK
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<String>,
    /// Configuration of the run, a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) conf: Option<String>,
    /// Logical date such as 2026-01-31T00:00:00Z, or `none`
    #[arg(long, value_name = "WHEN", default_value = "now")]
    pub(crate) logical_date: String,
}

/// How much of a list.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct Page {
    /// At most this many rows
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub(crate) limit: usize,
}

/// Names a task instance.
#[derive(Args, Debug, Clone)]
pub(crate) struct TaskInstanceName {
    pub(crate) dag_id: String,
    /// A run id, or `latest`
    pub(crate) run_id: String,
    pub(crate) task_id: String,
    /// Index of a mapped task instance
    #[arg(long, default_value_t = -1, allow_negative_numbers = true, value_name = "N")]
    pub(crate) map_index: i32,
}

/// `tradewind tasks`.
#[derive(Subcommand, Debug)]
pub(crate) enum TasksCommand {
    /// List the tasks of a DAG, or the task instances of a run
    List {
        dag_id: String,
        /// A run id, or `latest`
        run_id: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Print the log of a task instance
    Logs {
        #[command(flatten)]
        name: TaskInstanceName,
        /// Which try [default: the latest]
        #[arg(long = "try", value_name = "N")]
        try_number: Option<u32>,
        /// Go on until the attempt ends
        #[arg(short, long)]
        follow: bool,
    },
    /// Say why a task instance is not running
    Why(TaskInstanceName),
    /// Let task instances run again, those that are over and those that run
    Clear(ClearTasks),
}

/// `tradewind tasks clear`.
#[derive(Args, Debug)]
pub(crate) struct ClearTasks {
    pub(crate) dag_id: String,
    /// Only in this run, or in the `latest` [default: in all, or between the dates]
    #[arg(long, conflicts_with_all = ["start_date", "end_date"])]
    pub(crate) run_id: Option<String>,
    /// Only tasks in whose id this expression finds something
    #[arg(short, long, value_name = "REGEX")]
    pub(crate) task_regex: Option<String>,
    /// Only in runs with this logical date or a later one
    #[arg(short, long, value_name = "WHEN")]
    pub(crate) start_date: Option<String>,
    /// Only in runs with this logical date or an earlier one
    #[arg(short, long, value_name = "WHEN")]
    pub(crate) end_date: Option<String>,
    /// Everything upstream too
    #[arg(short, long)]
    pub(crate) upstream: bool,
    /// Everything downstream too
    #[arg(short, long)]
    pub(crate) downstream: bool,
    /// Only those that failed
    #[arg(short = 'f', long, conflicts_with = "only_running")]
    pub(crate) only_failed: bool,
    /// Only those that run
    #[arg(short = 'r', long)]
    pub(crate) only_running: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// `tradewind runs`.
#[derive(Subcommand, Debug)]
pub(crate) enum RunsCommand {
    /// List the runs of a DAG, newest first
    List(ListRuns),
    /// Follow a run until it ends and exit with 1 if it fails
    Watch {
        dag_id: String,
        /// A run id, or `latest`
        #[arg(default_value = "latest")]
        run_id: String,
    },
}

/// `tradewind connections`.
#[derive(Subcommand, Debug)]
pub(crate) enum ConnectionsCommand {
    /// List connections, without their secrets
    List {
        #[command(flatten)]
        page: Page,
    },
    /// Show one connection, without its secrets
    Get { connection_id: String },
    /// Create a connection or replace it
    Set(SetConnection),
    /// Delete a connection
    Delete { connection_id: String },
}

/// `tradewind connections set`.
#[derive(Args, Debug)]
pub(crate) struct SetConnection {
    pub(crate) connection_id: String,
    /// Kind of the connection, for example postgres
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) conn_type: String,
    #[arg(long)]
    pub(crate) description: Option<String>,
    #[arg(long)]
    pub(crate) host: Option<String>,
    #[arg(long)]
    pub(crate) port: Option<u16>,
    #[arg(long)]
    pub(crate) login: Option<String>,
    /// Password; `-` reads it from stdin, which keeps it out of the list of processes
    #[arg(long)]
    pub(crate) password: Option<String>,
    /// Schema or database
    #[arg(long)]
    pub(crate) schema: Option<String>,
    /// Further settings, a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) extra: Option<String>,
}

/// `tradewind variables`.
#[derive(Subcommand, Debug)]
pub(crate) enum VariablesCommand {
    /// List variables
    List {
        #[command(flatten)]
        page: Page,
    },
    /// Print the value of a variable
    Get { key: String },
    /// Create a variable or replace it
    Set {
        key: String,
        /// The value; `-` reads it from stdin
        value: String,
        #[arg(long)]
        description: Option<String>,
    },
    /// Delete a variable
    Delete { key: String },
}

/// `tradewind pools`.
#[derive(Subcommand, Debug)]
pub(crate) enum PoolsCommand {
    /// List pools
    List {
        #[command(flatten)]
        page: Page,
    },
    /// Show one pool
    Get { name: String },
    /// Create a pool or change it
    Set {
        name: String,
        /// Number of slots; -1 = unlimited
        #[arg(allow_negative_numbers = true)]
        slots: i32,
        #[arg(long)]
        description: Option<String>,
        /// Whether deferred task instances keep their slots
        #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        include_deferred: Option<bool>,
    },
    /// Delete a pool
    Delete { name: String },
}

/// `tradewind config`.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its origin; secrets are hidden
    Show(ServerFlags),
}

/// `tradewind db`.
#[derive(Subcommand, Debug)]
pub(crate) enum DbCommand {
    /// Bring the schema to the version of this program
    Migrate(ServerFlags),
    /// Check that the database answers and its schema fits
    Check(ServerFlags),
}

impl Test {
    /// The file, if the subject names one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let path = PathBuf::from(&self.subject);
        let is_file = self.subject.ends_with(".py") || self.subject.contains('/') || path.is_file();
        is_file.then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_may_follow_the_command() {
        let cli =
            Cli::try_parse_from(["tradewind", "pools", "set", "p", "-1", "--output", "json", "--home", "h"]).unwrap();
        assert_eq!(cli.global.home.as_deref(), Some("h"));
        assert!(matches!(cli.command, Command::Pools(PoolsCommand::Set { slots: -1, .. })));
    }

    #[test]
    fn help_documents_the_exit_codes() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains("3  the server cannot be reached"), "{help}");
    }
}
