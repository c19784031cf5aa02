//! The order of sources: flag, environment, file, default.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::airflow;
use crate::error::ConfigError;
use crate::keys::{KEYS, Key, find};
use crate::pick::Picker;
use crate::settings::{Entry, Origin, Settings};
use crate::suggest::nearest;
use crate::value::{Base, Kind, Raw, Value, parse, without_password};

/// Name of the settings file in the home folder.
pub const FILE_NAME: &str = "tradewind.toml";

/// Name of the home folder in the user's own, when nobody chose another.
const DEFAULT_HOME: &str = ".tradewind";

/// Where settings come from. All text; nothing here has been read by this crate.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The command line.
    pub flags: Flags,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The working folder; relative paths in flags and variables start there.
    pub cwd: PathBuf,
    /// The settings file, if there is one.
    pub file: Option<ConfigFile>,
}

/// Settings given on the command line, as text.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--home`.
    pub home: Option<String>,
    /// `--dags`, as often as given.
    pub dags: Vec<String>,
    /// `--host`.
    pub host: Option<String>,
    /// `--port`.
    pub port: Option<String>,
    /// `--python`.
    pub python: Option<String>,
    /// `--database`.
    pub database: Option<String>,
}

/// The settings file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Where it was read; relative paths in it start at the home folder.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Flags {
    fn get(&self, key: &str) -> Option<String> {
        match key {
            "home" => self.home.clone(),
            "dags" => (!self.dags.is_empty()).then(|| self.dags.join(":")),
            "host" => self.host.clone(),
            "port" => self.port.clone(),
            "python" => self.python.clone(),
            "database" => self.database.clone(),
            _ => None,
        }
    }
}

/// The home folder, which has to be known before the settings file can be read.
///
/// # Errors
/// [`ConfigError::Invalid`] if it was given and cannot be one; [`ConfigError::NoHome`] if it was not
/// given and the user has none.
pub fn home(sources: &Sources) -> Result<PathBuf, ConfigError> {
    let key = find("home").expect("the table holds home");
    match from_flag_or_environment(key, sources, &mut Vec::new())? {
        Some((Value::Path(path), _)) => Ok(path),
        _ => user_home(sources).map(|home| home.join(DEFAULT_HOME)).ok_or(ConfigError::NoHome),
    }
}

/// Resolves all settings.
///
/// # Errors
/// Names the first unknown name or unusable value, and where it was written.
///
/// ```
/// use tw_config::{ConfigFile, Sources, resolve};
/// let sources = Sources {
///     env: [("HOME".into(), "/home/tom".into()), ("TRADEWIND_PORT".into(), "9090".into())].into(),
///     cwd: "/tmp".into(),
///     file: Some(ConfigFile { path: "tradewind.toml".into(), text: "port = 1\n[scheduler]\nparallelism = 4".into() }),
///     ..Sources::default()
/// };
/// let settings = resolve(&sources).unwrap();
/// assert_eq!((settings.port, settings.scheduler.parallelism), (9090, 4));
/// ```
pub fn resolve(sources: &Sources) -> Result<Settings, ConfigError> {
    reject_unknown_variables(&sources.env)?;
    let home = home(sources)?;
    let file = match &sources.file {
        Some(file) => FileValues::read(file)?,
        None => FileValues::default(),
    };
    let mut notes = Vec::new();
    let mut values = BTreeMap::new();
    for key in KEYS {
        let found = match from_flag_or_environment(key, sources, &mut notes)? {
            Some(found) => Some(found),
            None => match file.get(key, &home, user_home(sources))? {
                Some(found) => Some(found),
                None => from_default(key, &home),
            },
        };
        values.extend(found.map(|found| (key.path, found)));
    }
    let entries = KEYS.iter().map(|key| entry(key, values.get(key.path))).collect();
    let virtual_env =
        sources.env.get("VIRTUAL_ENV").filter(|folder| !folder.is_empty()).map(|folder| sources.cwd.join(folder));
    Ok(Picker::new(values).settings(virtual_env, entries, notes))
}

fn user_home(sources: &Sources) -> Option<&Path> {
    sources.env.get("HOME").filter(|home| !home.is_empty()).map(Path::new)
}

pub(crate) type Found = (Value, Origin);

fn from_flag_or_environment(
    key: &Key,
    sources: &Sources,
    notes: &mut Vec<String>,
) -> Result<Option<Found>, ConfigError> {
    let base = Base { folder: &sources.cwd, user_home: user_home(sources) };
    if let (Some(flag), Some(text)) = (key.flag, sources.flags.get(key.path)) {
        return checked(key, Raw::Text(&text), base, Origin::Flag(flag)).map(Some);
    }
    let own = key.variables();
    for variable in &own {
        if let Some(text) = sources.env.get(variable) {
            return checked(key, Raw::Text(text), base, Origin::Variable(variable.clone())).map(Some);
        }
    }
    for variable in airflow::variables_for(key.path) {
        if let Some(text) = sources.env.get(variable) {
            notes.push(format!("{variable} is used for {}; {} is Tradewind's name for it", key.path, own[0]));
            return checked(key, Raw::Text(text), base, Origin::Variable(variable.to_owned())).map(Some);
        }
    }
    Ok(None)
}

fn from_default(key: &Key, home: &Path) -> Option<Found> {
    if key.path == "home" {
        return Some((Value::Path(home.to_owned()), Origin::Default));
    }
    let text = key.default?.replace("{home}", &home.to_string_lossy());
    let base = Base { folder: home, user_home: None };
    let value = parse(&key.kind, Raw::Text(&text), base).expect("a test reads every default");
    Some((value, Origin::Default))
}

fn checked(key: &Key, raw: Raw<'_>, base: Base<'_>, origin: Origin) -> Result<Found, ConfigError> {
    match parse(&key.kind, raw, base) {
        Ok(value) => Ok((value, origin)),
        Err(problem) => {
            let written = match raw {
                Raw::Text(text) => text.to_owned(),
                Raw::Toml(toml::Value::String(text)) => text.clone(),
                Raw::Toml(other) => other.to_string(),
            };
            let value = if key.secret { "***".into() } else { without_password(&written) };
            Err(ConfigError::Invalid { key: key.path, origin, value, problem })
        }
    }
}

/// Names with the double underscore are ours alone, so an unknown one is a mistake. Other programs
/// set variables with our prefix too (Kubernetes does for a Service called `tradewind`), so an
/// unknown single-underscore name is refused only when it looks like a misspelt one of ours.
fn reject_unknown_variables(env: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let known: Vec<String> = KEYS.iter().flat_map(Key::variables).chain(CLIENT_VARIABLES.map(str::to_owned)).collect();
    for name in env.keys().filter(|name| name.starts_with("TRADEWIND_") && !known.contains(name)) {
        let ours = name.starts_with("TRADEWIND__");
        let nearest = nearest_variable(name, &known);
        if ours || nearest.is_some() {
            return Err(ConfigError::Unknown { name: name.clone(), origin: Origin::Variable(name.clone()), nearest });
        }
    }
    Ok(())
}

/// Variables that the command line reads to find a server; they are not settings of one.
const CLIENT_VARIABLES: [&str; 2] = ["TRADEWIND_URL", "TRADEWIND_TOKEN"];

/// Compares what follows the prefix, which would otherwise make every name resemble every other.
fn nearest_variable(name: &str, known: &[String]) -> Option<String> {
    let tail = |name: &str| name.trim_start_matches("TRADEWIND_").to_owned();
    let tails: Vec<String> = known.iter().map(|name| tail(name)).collect();
    let hit = nearest(&tail(name), tails.iter().map(String::as_str))?;
    known.iter().find(|candidate| tail(candidate) == hit).cloned()
}

/// What the settings file says, by path.
#[derive(Default)]
struct FileValues {
    path: String,
    values: BTreeMap<String, toml::Value>,
}

impl FileValues {
    fn read(file: &ConfigFile) -> Result<Self, ConfigError> {
        let path = file.path.display().to_string();
        let table: toml::Table = file
            .text
            .parse()
            .map_err(|e: toml::de::Error| ConfigError::Syntax { file: path.clone(), message: e.to_string() })?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            match value {
                toml::Value::Table(section) => {
                    values.extend(section.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
                }
                other => drop(values.insert(name, other)),
            }
        }
        for name in values.keys() {
            if name == "home" {
                return Err(ConfigError::HomeInFile { file: path });
            }
            if find(name).is_none() {
                let nearest = nearest(name, KEYS.iter().map(|key| key.path)).map(str::to_owned);
                return Err(ConfigError::Unknown { name: name.clone(), origin: Origin::File(path), nearest });
            }
        }
        Ok(Self { path, values })
    }

    fn get(&self, key: &Key, home: &Path, user_home: Option<&Path>) -> Result<Option<Found>, ConfigError> {
        let Some(value) = self.values.get(key.path) else { return Ok(None) };
        let base = Base { folder: home, user_home };
        checked(key, Raw::Toml(value), base, Origin::File(self.path.clone())).map(Some)
    }
}

fn entry(key: &'static Key, found: Option<&Found>) -> Entry {
    let value = match found.map(|(value, _)| value) {
        None => serde_json::Value::Null,
        Some(_) if key.secret => "***".into(),
        Some(Value::Text(text)) if matches!(key.kind, Kind::Database) => without_password(text).into(),
        Some(Value::Text(text)) => text.clone().into(),
        Some(Value::Bool(value)) => (*value).into(),
        Some(Value::Integer(number)) => (*number).into(),
        Some(Value::Seconds(duration)) if duration.subsec_nanos() == 0 => duration.as_secs().into(),
        Some(Value::Seconds(duration)) => duration.as_secs_f64().into(),
        Some(Value::Path(path)) => path.to_string_lossy().into(),
        Some(Value::Paths(paths)) => paths.iter().map(|path| path.to_string_lossy()).collect(),
    };
    let origin = found.map_or(Origin::Default, |(_, origin)| origin.clone());
    Entry { key: key.path, value, origin, help: key.help }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: (&str, &str) = ("HOME", "/home/tom");

    fn sources(env: &[(&str, &str)], file: Option<&str>) -> Sources {
        Sources {
            flags: Flags::default(),
            env: env.iter().chain([&HOME]).map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            cwd: "/cwd".into(),
            file: file.map(|text| ConfigFile { path: "t.toml".into(), text: text.into() }),
        }
    }

    fn origin(settings: &Settings, key: &str) -> String {
        settings.entries.iter().find(|entry| entry.key == key).unwrap().origin.to_string()
    }

    fn error(env: &[(&str, &str)], file: Option<&str>) -> String {
        resolve(&sources(env, file)).unwrap_err().to_string()
    }

    #[test]
    fn defaults_hang_on_the_home_folder() {
        let settings = resolve(&sources(&[], None)).unwrap();
        assert_eq!(settings.home, Path::new("/home/tom/.tradewind"));
        assert_eq!(settings.dags, [Path::new("/home/tom/.tradewind/dags")]);
        assert_eq!(settings.database, "sqlite:///home/tom/.tradewind/tradewind.db");
        assert_eq!((settings.host.as_str(), settings.port), ("127.0.0.1", 8080));
        assert_eq!(settings.scheduler.parallelism, 32);
        assert_eq!(settings.dag_processor.parse_memory_bytes, 1 << 30);
        assert!(settings.notes.is_empty());
        assert_eq!(settings.entries.len(), KEYS.len());
        assert_eq!(origin(&settings, "home"), "default");
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let file = Some("host = 'file'\nport = 1\ndatabase = 'sqlite:///file.db'");
        let mut sources = sources(&[("TRADEWIND_PORT", "2"), ("TRADEWIND_HOST", "variable")], file);
        sources.flags.port = Some("3".into());
        let settings = resolve(&sources).unwrap();
        assert_eq!((settings.port, origin(&settings, "port").as_str()), (3, "flag --port"));
        assert_eq!(
            (settings.host.as_str(), origin(&settings, "host").as_str()),
            ("variable", "environment variable TRADEWIND_HOST")
        );
        assert_eq!(
            (settings.database.as_str(), origin(&settings, "database").as_str()),
            ("sqlite:///file.db", "file t.toml")
        );
        assert_eq!(origin(&settings, "logging.level"), "default");
    }

    #[test]
    fn relative_paths_start_where_they_were_written() {
        let mut sources = sources(&[("TRADEWIND_HOME", "state")], Some("python = 'venv/bin/python'"));
        sources.flags.dags = vec!["a".into(), "/b".into()];
        let settings = resolve(&sources).unwrap();
        assert_eq!(settings.home, Path::new("/cwd/state"));
        assert_eq!(settings.dags, [Path::new("/cwd/a"), Path::new("/b")]);
        assert_eq!(settings.python.as_deref(), Some(Path::new("/cwd/state/venv/bin/python")));
    }

    #[test]
    fn an_active_virtual_environment_is_no_setting() {
        let settings = resolve(&sources(&[("VIRTUAL_ENV", "/venv")], None)).unwrap();
        assert_eq!((settings.python, settings.virtual_env.as_deref()), (None, Some(Path::new("/venv"))));
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        assert_eq!(
            error(&[], Some("[scheduler]\nparalelism = 3")),
            "unknown setting scheduler.paralelism in file t.toml; did you mean scheduler.parallelism?"
        );
        assert_eq!(
            error(&[("TRADEWIND__SCHEDULER__PARALELISM", "3")], None),
            "unknown setting TRADEWIND__SCHEDULER__PARALELISM in environment variable \
             TRADEWIND__SCHEDULER__PARALELISM; did you mean TRADEWIND__SCHEDULER__PARALLELISM?"
        );
        assert!(error(&[("TRADEWIND_PYTHN", "x")], None).ends_with("did you mean TRADEWIND_PYTHON?"));
        assert!(error(&[("TRADEWIND__COLOUR", "x")], None).starts_with("unknown setting TRADEWIND__COLOUR"));
    }

    #[test]
    fn variables_of_other_programs_are_left_alone() {
        assert!(resolve(&sources(&[("TRADEWIND_SERVICE_HOST", "10.0.0.1"), ("TRADEWIND_URL", "x")], None)).is_ok());
    }

    #[test]
    fn bad_values_name_their_place() {
        assert_eq!(
            error(&[("TRADEWIND_PORT", "http")], None),
            "port in environment variable TRADEWIND_PORT: expected a whole number from 0 to 65535, found \"http\""
        );
        assert!(error(&[], Some("home = '/x'")).starts_with("home cannot be set in t.toml"));
        assert!(error(&[], Some("port = ")).starts_with("t.toml is not valid TOML: "));
    }

    #[test]
    fn secrets_do_not_show() {
        let env = [
            ("TRADEWIND_ADMIN_PASSWORD", "hunter2"),
            ("TRADEWIND_DATABASE", "postgresql://tw:hunter2@db/tw"),
            ("AIRFLOW__CORE__FERNET_KEY", "hunter2"),
        ];
        let settings = resolve(&sources(&env, None)).unwrap();
        assert_eq!(settings.security.admin_password.as_deref(), Some("hunter2"));
        let shown = serde_json::to_string(&settings.entries).unwrap() + &format!("{:?}", settings.security);
        assert!(!shown.contains("hunter2"), "{shown}");
        let error = error(&[("TRADEWIND_DATABASE", "mysql://tw:hunter2@db/tw")], None);
        assert!(error.contains("mysql") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn airflow_names_work_below_our_own_and_leave_a_note() {
        let airflow = ("AIRFLOW__CORE__PARALLELISM", "7");
        let settings = resolve(&sources(&[airflow], Some("[scheduler]\nparallelism = 9"))).unwrap();
        assert_eq!(settings.scheduler.parallelism, 7);
        assert_eq!(
            settings.notes,
            ["AIRFLOW__CORE__PARALLELISM is used for scheduler.parallelism; \
              TRADEWIND__SCHEDULER__PARALLELISM is Tradewind's name for it"]
        );
        let settings = resolve(&sources(&[airflow, ("TRADEWIND__SCHEDULER__PARALLELISM", "8")], None)).unwrap();
        assert_eq!(settings.scheduler.parallelism, 8);
        let settings = resolve(&sources(&[("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False")], None)).unwrap();
        assert!(!settings.scheduler.dags_are_paused_at_creation && settings.api.test_connection);
        for word in ["Disabled", "Hidden"] {
            let settings = resolve(&sources(&[("AIRFLOW__CORE__TEST_CONNECTION", word)], None)).unwrap();
            assert!(!settings.api.test_connection, "{word}");
        }
    }

    #[test]
    fn without_any_home_it_says_what_to_set() {
        let mut sources = sources(&[], None);
        sources.env.clear();
        assert_eq!(resolve(&sources).unwrap_err(), ConfigError::NoHome);
    }
}
