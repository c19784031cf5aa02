//! The table of settings. Adding one means a line here and a field in [`crate::settings`]; a test
//! fails when either is forgotten.

use crate::value::Kind;

/// One thing that can be set.
#[derive(Debug)]
pub struct Key {
    /// Name in the file: `section.key`, or `key` at the top level.
    pub path: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Value when nobody sets it, as text; `{home}` stands for the home folder. `None` = absent.
    pub default: Option<&'static str>,
    /// A short environment variable besides the generic one.
    pub short_variable: Option<&'static str>,
    /// The command-line flag, if there is one.
    pub flag: Option<&'static str>,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// What it does, in one sentence.
    pub help: &'static str,
}

impl Key {
    /// The environment variables that set it, the strongest first.
    pub fn variables(&self) -> Vec<String> {
        let upper = self.path.to_uppercase();
        let generic = match upper.split_once('.') {
            Some((section, key)) => format!("TRADEWIND__{section}__{key}"),
            None => format!("TRADEWIND_{upper}"),
        };
        self.short_variable.map(str::to_owned).into_iter().chain([generic]).collect()
    }
}

const fn key(path: &'static str, kind: Kind, default: Option<&'static str>, help: &'static str) -> Key {
    Key { path, kind, default, short_variable: None, flag: None, secret: false, help }
}

const fn flag(
    path: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    flag: &'static str,
    help: &'static str,
) -> Key {
    Key { flag: Some(flag), ..key(path, kind, default, help) }
}

const fn secret(path: &'static str, short_variable: Option<&'static str>, help: &'static str) -> Key {
    Key { short_variable, secret: true, ..key(path, Kind::Text, None, help) }
}

const SLOTS: Kind = Kind::Integer { min: 1, max: 1_000_000 };

/// Every setting, in the order in which `config show` prints them.
pub const KEYS: &[Key] = &[
    flag("home", Kind::Path, None, "--home", "Folder that holds the database, the logs and this file."),
    flag("dags", Kind::Paths, Some("{home}/dags"), "--dags", "Folders that are searched for DAG files."),
    flag("host", Kind::Text, Some("127.0.0.1"), "--host", "Address the server listens on."),
    flag("port", Kind::Integer { min: 0, max: 65_535 }, Some("8080"), "--port", "Port; 0 = any free one."),
    flag(
        "python",
        Kind::Path,
        None,
        "--python",
        "Interpreter that has the Airflow Task SDK; absent = one is prepared.",
    ),
    flag("database", Kind::Database, Some("sqlite://{home}/tradewind.db"), "--database", "Where the metadata is kept."),
    key("scheduler.parallelism", SLOTS, Some("32"), "Attempts that may run at once."),
    key("scheduler.default_pool_slots", SLOTS, Some("128"), "Slots of `default_pool` when it is first created."),
    key("scheduler.max_retry_delay_secs", Kind::Seconds, Some("86400"), "Longest wait between tries that grows."),
    key("scheduler.dags_are_paused_at_creation", Kind::Bool, Some("true"), "Whether a new DAG starts paused."),
    key(
        "scheduler.scheduled_runs",
        Kind::Bool,
        Some("true"),
        "Whether timetables create runs; false = only requests do.",
    ),
    key("dag_processor.parsing_processes", Kind::Integer { min: 1, max: 1024 }, Some("2"), "Files parsed at once."),
    key("dag_processor.file_timeout_secs", Kind::Seconds, Some("50"), "Longest time one file may take to parse."),
    key(
        "dag_processor.rescan_secs",
        Kind::Seconds,
        Some("30"),
        "How often folders are listed in case a change was missed.",
    ),
    key(
        "dag_processor.parse_memory_bytes",
        Kind::Integer { min: 64 << 20, max: 1 << 40 },
        Some("1073741824"),
        "Most memory one parse may use.",
    ),
    key("task.kill_grace_secs", Kind::Seconds, Some("5"), "From the polite signal to the certain one."),
    key("task.overtime_secs", Kind::Seconds, Some("20"), "How long a task may linger after reporting its end."),
    key("api.jwt_lifetime_secs", Kind::Seconds, Some("86400"), "How long a login lasts."),
    key(
        "api.test_connection",
        Kind::Bool,
        Some("true"),
        "Whether people who may write connections may have the server test them.",
    ),
    secret(
        "security.admin_password",
        Some("TRADEWIND_ADMIN_PASSWORD"),
        "Password of the first user; absent = one is made and printed.",
    ),
    secret(
        "security.fernet_key",
        None,
        "Key that encrypts connections and variables; absent = one is kept in the home folder.",
    ),
    key("logging.level", Kind::Text, Some("info"), "Level, or directives such as `info,tw_scheduler=debug`."),
    key(
        "logging.format",
        Kind::Choice(&["auto", "human", "json"]),
        Some("auto"),
        "Form of log lines; auto = human on a terminal, else json.",
    ),
];

/// The key with this path.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Base, Raw, parse};
    use std::path::Path;

    #[test]
    fn variables_follow_one_pattern() {
        assert_eq!(find("port").unwrap().variables(), ["TRADEWIND_PORT"]);
        assert_eq!(find("scheduler.parallelism").unwrap().variables(), ["TRADEWIND__SCHEDULER__PARALLELISM"]);
        assert_eq!(
            find("security.admin_password").unwrap().variables(),
            ["TRADEWIND_ADMIN_PASSWORD", "TRADEWIND__SECURITY__ADMIN_PASSWORD"]
        );
    }

    #[test]
    fn paths_are_unique_and_defaults_are_valid() {
        let base = Base { folder: Path::new("/srv"), user_home: None };
        for (index, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..index].iter().all(|earlier| earlier.path != key.path), "{} twice", key.path);
            if let Some(text) = key.default {
                let text = text.replace("{home}", "/srv/home");
                parse(&key.kind, Raw::Text(&text), base).unwrap_or_else(|e| panic!("{}: {e}", key.path));
            }
        }
    }
}
