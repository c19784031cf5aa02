//! Text and TOML values become typed values here, and nowhere else.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// What values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds, both included.
    Integer {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// Seconds, with a fraction if wanted.
    Seconds,
    /// A path; `~/` is the user's home, a relative one is taken from its [`Base`].
    Path,
    /// Several paths: an array in the file, separated by `:` elsewhere.
    Paths,
    /// A database URL.
    Database,
}

/// A value of a [`Kind`].
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Of `Text`, `Choice` and `Database`.
    Text(String),
    /// Of `Bool`.
    Bool(bool),
    /// Of `Integer`.
    Integer(u64),
    /// Of `Seconds`.
    Seconds(Duration),
    /// Of `Path`.
    Path(PathBuf),
    /// Of `Paths`.
    Paths(Vec<PathBuf>),
}

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'a> {
    /// A flag or a variable.
    Text(&'a str),
    /// In the file.
    Toml(&'a toml::Value),
}

/// What relative paths are relative to.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// The working folder for flags and variables, the home for the file.
    pub folder: &'a Path,
    /// What `~` means, if known.
    pub user_home: Option<&'a Path>,
}

/// Longest accepted number of seconds: about 30 years, so that sums of instants stay in range.
const SECONDS_MAX: f64 = 1e9;

/// Reads a value, or says in one phrase what is wrong with it.
///
/// # Errors
/// The phrase continues "`key` in `place`: ".
pub fn parse(kind: &Kind, raw: Raw<'_>, base: Base<'_>) -> Result<Value, String> {
    match kind {
        Kind::Text => Ok(Value::Text(text(raw)?.to_owned())),
        Kind::Choice(words) => {
            let word = text(raw)?;
            let known = words.contains(&word);
            known.then(|| Value::Text(word.to_owned())).ok_or(format!("expected one of: {}", words.join(", ")))
        }
        Kind::Bool => parse_bool(raw).map(Value::Bool),
        Kind::Integer { min, max } => parse_integer(raw, *min, *max).map(Value::Integer),
        Kind::Seconds => parse_seconds(raw).map(Value::Seconds),
        Kind::Path => parse_path(text(raw)?, base).map(Value::Path),
        Kind::Paths => parse_paths(raw, base).map(Value::Paths),
        Kind::Database => parse_database(text(raw)?).map(Value::Text),
    }
}

fn text(raw: Raw<'_>) -> Result<&str, String> {
    match raw {
        Raw::Text(text) => Ok(text),
        Raw::Toml(toml::Value::String(text)) => Ok(text),
        Raw::Toml(other) => Err(format!("expected text in quotes, found {}", other.type_str())),
    }
}

fn parse_bool(raw: Raw<'_>) -> Result<bool, String> {
    match raw {
        Raw::Toml(toml::Value::Boolean(value)) => Ok(*value),
        Raw::Toml(_) => Err("expected true or false".into()),
        // Airflow spells its booleans `True` and `False`, and its users do so in variables. Its
        // `core.test_connection` has words of its own.
        Raw::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "enabled" => Ok(true),
            "false" | "0" | "no" | "off" | "disabled" | "hidden" => Ok(false),
            _ => Err("expected true or false".into()),
        },
    }
}

fn parse_integer(raw: Raw<'_>, min: u64, max: u64) -> Result<u64, String> {
    let number = match raw {
        Raw::Toml(toml::Value::Integer(number)) => u64::try_from(*number).ok(),
        Raw::Toml(_) => None,
        Raw::Text(text) => text.trim().parse().ok(),
    };
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("expected a whole number from {min} to {max}"))
}

fn parse_seconds(raw: Raw<'_>) -> Result<Duration, String> {
    let seconds = match raw {
        Raw::Toml(toml::Value::Integer(number)) => Some(*number as f64),
        Raw::Toml(toml::Value::Float(number)) => Some(*number),
        Raw::Toml(_) => None,
        Raw::Text(text) => text.trim().parse().ok(),
    };
    seconds
        .filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected a number of seconds, 0 or more".into())
}

fn parse_path(text: &str, base: Base<'_>) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("expected a path, found nothing".into());
    }
    let rest = if text == "~" { Some("") } else { text.strip_prefix("~/") };
    match (rest, base.user_home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_), None) => Err("~ is not known because HOME is not set".into()),
        (None, _) => Ok(normalized(&base.folder.join(text))),
    }
}

fn parse_paths(raw: Raw<'_>, base: Base<'_>) -> Result<Vec<PathBuf>, String> {
    let parts: Vec<&str> = match raw {
        Raw::Toml(toml::Value::Array(items)) => items.iter().map(|i| text(Raw::Toml(i))).collect::<Result<_, _>>()?,
        Raw::Toml(toml::Value::String(one)) => vec![one],
        Raw::Toml(_) => return Err("expected an array of paths".into()),
        Raw::Text(text) => text.split(':').filter(|part| !part.is_empty()).collect(),
    };
    if parts.is_empty() {
        return Err("expected at least one path".into());
    }
    parts.into_iter().map(|part| parse_path(part, base)).collect()
}

fn parse_database(text: &str) -> Result<String, String> {
    let (scheme, rest) = text.split_once("://").ok_or("expected sqlite:///path or postgresql://user@host/name")?;
    match scheme {
        "sqlite" if rest.starts_with('/') => Ok(text.to_owned()),
        "sqlite" => Err("expected an absolute path: sqlite:///path".into()),
        "postgresql" | "postgres" => Ok(text.to_owned()),
        other => match other.split_once('+') {
            Some((plain, driver)) => Err(format!("leave out the driver \"+{driver}\": {plain}://…")),
            None => Err(format!("{other} is not supported; expected sqlite or postgresql")),
        },
    }
}

/// Removes `.` components, so that what is shown is what a person would write.
fn normalized(path: &Path) -> PathBuf {
    path.components().collect()
}

/// A database URL without its password.
///
/// ```
/// let shown = tw_config::value::without_password("postgresql://tom:secret@db/meta");
/// assert_eq!(shown, "postgresql://tom:***@db/meta");
/// ```
pub fn without_password(url: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    let Some(at) = url[authority..end].rfind('@') else { return url.to_owned() };
    match url[authority..authority + at].find(':') {
        Some(colon) => format!("{}:***{}", &url[..authority + colon], &url[authority + at..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, raw: &str) -> Result<Value, String> {
        parse(&kind, Raw::Text(raw), Base { folder: Path::new("/cwd"), user_home: Some(Path::new("/home/tom")) })
    }

    #[test]
    fn paths_are_taken_from_their_base() {
        assert_eq!(read(Kind::Path, "a/./b"), Ok(Value::Path("/cwd/a/b".into())));
        assert_eq!(read(Kind::Path, "~/a"), Ok(Value::Path("/home/tom/a".into())));
        assert_eq!(read(Kind::Paths, "/a:b"), Ok(Value::Paths(vec!["/a".into(), "/cwd/b".into()])));
        assert!(read(Kind::Path, "").is_err());
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let port = Kind::Integer { min: 1, max: 65_535 };
        assert_eq!(read(port, "8080"), Ok(Value::Integer(8080)));
        assert_eq!(read(port, "65536"), Err("expected a whole number from 1 to 65535".into()));
        assert_eq!(read(Kind::Seconds, "1.5"), Ok(Value::Seconds(Duration::from_millis(1500))));
        for bad in ["-1", "nan", "inf", "soon"] {
            assert!(read(Kind::Seconds, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn database_urls_name_a_known_database() {
        assert!(read(Kind::Database, "sqlite:///a/b.db").is_ok());
        assert!(read(Kind::Database, "postgresql://u@h/d").is_ok());
        let error = read(Kind::Database, "postgresql+psycopg2://u@h/d").unwrap_err();
        assert_eq!(error, "leave out the driver \"+psycopg2\": postgresql://…");
        assert!(read(Kind::Database, "mysql://u@h/d").is_err());
        assert!(read(Kind::Database, "sqlite://relative.db").is_err());
    }

    #[test]
    fn passwords_do_not_show() {
        assert_eq!(without_password("postgresql://u:p@ss@h:1/d"), "postgresql://u:***@h:1/d");
        assert_eq!(without_password("postgresql://u@h/d"), "postgresql://u@h/d");
        assert_eq!(without_password("sqlite:///a@b:c.db"), "sqlite:///a@b:c.db");
    }

    #[test]
    fn file_values_keep_their_types() {
        let base = Base { folder: Path::new("/"), user_home: None };
        let quoted = toml::Value::String("8".into());
        assert!(parse(&Kind::Integer { min: 0, max: 9 }, Raw::Toml(&quoted), base).is_err());
        assert!(parse(&Kind::Text, Raw::Toml(&toml::Value::Integer(8)), base).is_err());
    }
}
