//! What can be wrong with settings.

use crate::settings::Origin;

/// Settings cannot be used. The text says where the trouble is and what to do.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Nothing has this name.
    #[error("unknown setting {name} in {origin}{}", suggestion(.nearest))]
    Unknown {
        /// The name as written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// A known name that resembles it, in the spelling of that place.
        nearest: Option<String>,
    },
    /// The value does not fit the setting.
    #[error("{key} in {origin}: {problem}, found {value:?}")]
    Invalid {
        /// The setting's path.
        key: &'static str,
        /// Where the value was written.
        origin: Origin,
        /// The value, or `***` for a secret.
        value: String,
        /// What was expected.
        problem: String,
    },
    /// The file is not TOML.
    #[error("{file} is not valid TOML: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// What and where, over several lines.
        message: String,
    },
    /// The file lies in the home folder and so cannot name it.
    #[error("home cannot be set in {file}, which lies in it; use --home or TRADEWIND_HOME")]
    HomeInFile {
        /// The file.
        file: String,
    },
    /// There is no place for the home folder.
    #[error("no home folder: HOME is not set; use --home or TRADEWIND_HOME")]
    NoHome,
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}
