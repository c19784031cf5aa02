//! From the checked table of values to the fields of [`Settings`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::keys::KEYS;
use crate::resolve::Found;
use crate::settings::{Api, DagProcessor, Entry, LogFormat, Logging, Scheduler, Security, Settings, Task};
use crate::value::Value;

/// Moves values out of the table into fields. Kinds were checked before, so a mismatch here is a
/// mistake between [`KEYS`] and this file, which a test would show.
pub(crate) struct Picker {
    values: BTreeMap<&'static str, Found>,
    picked: BTreeSet<&'static str>,
}

impl Picker {
    pub(crate) fn new(values: BTreeMap<&'static str, Found>) -> Self {
        Self { values, picked: BTreeSet::new() }
    }

    pub(crate) fn settings(
        mut self,
        virtual_env: Option<PathBuf>,
        entries: Vec<Entry>,
        notes: Vec<String>,
    ) -> Settings {
        let settings = Settings {
            home: self.path("home").expect("home is always resolved"),
            dags: self.paths("dags"),
            host: self.text("host"),
            port: self.integer("port"),
            python: self.path("python"),
            virtual_env,
            database: self.text("database"),
            scheduler: Scheduler {
                parallelism: self.integer("scheduler.parallelism"),
                default_pool_slots: self.integer("scheduler.default_pool_slots"),
                max_retry_delay: self.seconds("scheduler.max_retry_delay_secs"),
                dags_are_paused_at_creation: self.bool("scheduler.dags_are_paused_at_creation"),
                scheduled_runs: self.bool("scheduler.scheduled_runs"),
            },
            dag_processor: DagProcessor {
                parsing_processes: self.integer("dag_processor.parsing_processes"),
                file_timeout: self.seconds("dag_processor.file_timeout_secs"),
                rescan: self.seconds("dag_processor.rescan_secs"),
                parse_memory_bytes: self.integer("dag_processor.parse_memory_bytes"),
            },
            task: Task {
                kill_grace: self.seconds("task.kill_grace_secs"),
                overtime: self.seconds("task.overtime_secs"),
            },
            api: Api {
                jwt_lifetime: self.seconds("api.jwt_lifetime_secs"),
                test_connection: self.bool("api.test_connection"),
            },
            security: Security {
                admin_password: self.optional_text("security.admin_password"),
                fernet_key: self.optional_text("security.fernet_key"),
            },
            logging: Logging { level: self.text("logging.level"), format: self.log_format("logging.format") },
            entries,
            notes,
        };
        debug_assert_eq!(self.picked.len(), KEYS.len(), "every key of the table has a field");
        settings
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.picked.insert(key);
        self.values.remove(key).map(|(value, _)| value)
    }

    fn optional_text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key) {
            None => None,
            Some(Value::Text(text)) => Some(text),
            other => unreachable!("{key} is text, not {other:?}"),
        }
    }

    fn text(&mut self, key: &'static str) -> String {
        self.optional_text(key).expect("it has a default")
    }

    fn log_format(&mut self, key: &'static str) -> LogFormat {
        match self.text(key).as_str() {
            "human" => LogFormat::Human,
            "json" => LogFormat::Json,
            _ => LogFormat::Auto,
        }
    }

    fn bool(&mut self, key: &'static str) -> bool {
        match self.take(key) {
            Some(Value::Bool(value)) => value,
            other => unreachable!("{key} is a boolean, not {other:?}"),
        }
    }

    fn integer<T: TryFrom<u64>>(&mut self, key: &'static str) -> T {
        match self.take(key) {
            Some(Value::Integer(number)) => T::try_from(number).ok().expect("the table's bounds fit the field"),
            other => unreachable!("{key} is a number, not {other:?}"),
        }
    }

    fn seconds(&mut self, key: &'static str) -> Duration {
        match self.take(key) {
            Some(Value::Seconds(duration)) => duration,
            other => unreachable!("{key} is a duration, not {other:?}"),
        }
    }

    fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        match self.take(key) {
            None => None,
            Some(Value::Path(path)) => Some(path),
            other => unreachable!("{key} is a path, not {other:?}"),
        }
    }

    fn paths(&mut self, key: &'static str) -> Vec<PathBuf> {
        match self.take(key) {
            Some(Value::Paths(paths)) => paths,
            other => unreachable!("{key} is a list of paths, not {other:?}"),
        }
    }
}
