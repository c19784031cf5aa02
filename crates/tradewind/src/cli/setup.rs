//! Gathers the sources of settings; the only place that reads the environment and the settings file.

use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal};
use std::path::PathBuf;
use std::{env, fs, io};

use anyhow::Context;
use tw_config::{ConfigFile, FILE_NAME, Flags, LogFormat, Settings, Sources};
use tw_telemetry::Form;

use super::args::{Global, ServerFlags};

/// Resolves the settings.
pub(crate) fn settings(global: &Global, flags: &ServerFlags) -> anyhow::Result<Settings> {
    let mut sources = sources(global, flags)?;
    let path = tw_config::home(&sources)?.join(FILE_NAME);
    sources.file = match fs::read_to_string(&path) {
        Ok(text) => Some(ConfigFile { path, text }),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    Ok(tw_config::resolve(&sources)?)
}

/// The home folder alone, for commands that only look for a server: a fault in the settings file
/// must not keep anyone from asking a running one.
pub(crate) fn home(global: &Global) -> anyhow::Result<PathBuf> {
    Ok(tw_config::home(&sources(global, &ServerFlags::default())?)?)
}

fn sources(global: &Global, flags: &ServerFlags) -> anyhow::Result<Sources> {
    let ServerFlags { dags, host, port, python, database } = flags.clone();
    Ok(Sources {
        flags: Flags { home: global.home.clone(), dags, host, port, python, database },
        env: environment(),
        cwd: env::current_dir().context("cannot tell the working folder")?,
        file: None,
    })
}

/// Variables that are not UTF-8 cannot be settings.
fn environment() -> BTreeMap<String, String> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// Sets up logging as the settings say, and passes their remarks on.
pub(crate) fn logging(settings: &Settings) -> anyhow::Result<()> {
    let terminal = io::stderr().is_terminal();
    let human = Form::Human { colours: terminal && env::var_os("NO_COLOR").is_none() };
    let form = match settings.logging.format {
        LogFormat::Human => human,
        LogFormat::Json => Form::Json,
        LogFormat::Auto if terminal => human,
        LogFormat::Auto => Form::Json,
    };
    tw_telemetry::init(&tw_telemetry::Options { level: settings.logging.level.clone(), form })?;
    for note in &settings.notes {
        eprintln!("note: {note}");
    }
    Ok(())
}
