//! Which interpreter runs user code: a setting, the active virtual environment, or an environment
//! that Tradewind builds from its own lock file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::driver::SDK_SUPPORTED;

/// Exact versions with hashes, and no address of an index: the user's configuration names one.
const LOCK: &str = include_str!("../../../python/requirements.lock");
/// Oldest and first too new Python for the lock file.
const PYTHON_RANGE: &str = ">=3.11,<3.15";
/// Written last; an environment without it is an abandoned attempt.
const COMPLETE_MARKER: &str = "tradewind-complete";
/// Prints the SDK's version if all that is needed is there. Asked by metadata, which needs no import of Airflow.
const PROBE: &str = "from importlib.metadata import version; version('apache-airflow-core'); \
                     print(version('apache-airflow-task-sdk'))";
/// Lines of a failed installer that are shown.
const OUTPUT_TAIL_LINES: usize = 20;
/// Remedy for people.
const REMEDY: &str = "set the interpreter of an environment that holds apache-airflow-task-sdk and \
                      apache-airflow-core, or activate it before the start";

/// Where to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvironmentOptions {
    /// The setting; when present nothing else is tried.
    pub interpreter: Option<PathBuf>,
    /// Value of `VIRTUAL_ENV`; used only if it holds the SDK.
    pub virtual_env: Option<PathBuf>,
    /// Folder below which environments are built, mostly `<home>/python`.
    pub managed_dir: PathBuf,
}

/// An interpreter with Airflow's packages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment {
    /// The program to run.
    pub interpreter: PathBuf,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an interpreter comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The setting.
    Setting,
    /// The active virtual environment.
    VirtualEnv,
    /// Built by Tradewind.
    Managed,
}

/// Why there is no interpreter. Each message says what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The configured program is missing or is no Python with the SDK.
    #[error(
        "the configured interpreter {} holds no apache-airflow-task-sdk and apache-airflow-core; \
         install them there (pip install apache-airflow-task-sdk~={sdk}.0 apache-airflow-core), or leave out \
         --python and Tradewind builds an environment of its own. It said:\n{said}",
        interpreter.display(), sdk = SDK_SUPPORTED
    )]
    Unusable {
        /// Which.
        interpreter: PathBuf,
        /// Its error output, or why it did not run.
        said: String,
    },
    /// Neither `uv` nor `python3` is there.
    #[error("neither uv nor python3 {PYTHON_RANGE} is on the path, so no Python environment can be built; {REMEDY}")]
    NoInstaller,
    /// The installer failed, for instance without a network.
    #[error("building the Python environment {} failed in `{step}`; {REMEDY}. It said:\n{said}", folder.display())]
    Build {
        /// The environment.
        folder: PathBuf,
        /// The command.
        step: String,
        /// Last lines of its output.
        said: String,
    },
    /// The folder cannot be written.
    #[error("cannot write the Python environment {}", folder.display())]
    Folder {
        /// The environment.
        folder: PathBuf,
        /// Cause.
        #[source]
        source: Arc<io::Error>,
    },
}

/// Finds an interpreter; builds an environment when there is none, which takes a minute and a
/// network once per release.
///
/// # Errors
/// See [`EnvironmentError`].
///
/// # Cancel safety
/// A dropped build is abandoned and done again by the next caller.
pub async fn find_or_build(options: &EnvironmentOptions) -> Result<Environment, EnvironmentError> {
    if let Some(interpreter) = &options.interpreter {
        return match probe(interpreter).await {
            Ok(()) => Ok(Environment { interpreter: interpreter.clone(), origin: Origin::Setting }),
            Err(said) => Err(EnvironmentError::Unusable { interpreter: interpreter.clone(), said }),
        };
    }
    if let Some(folder) = &options.virtual_env {
        let interpreter = python_in(folder);
        match probe(&interpreter).await {
            Ok(()) => return Ok(Environment { interpreter, origin: Origin::VirtualEnv }),
            Err(said) => {
                tracing::info!(folder = %folder.display(), said, "the active virtual environment has no Airflow")
            }
        }
    }
    let folder = options.managed_dir.join(lock_hash());
    build(&folder).await?;
    Ok(Environment { interpreter: python_in(&folder), origin: Origin::Managed })
}

/// The interpreter for tests: `TRADEWIND_TEST_PYTHON`, else an environment that all crates' tests
/// share below the target folder. Call it from a test only, where cargo's variables are set.
///
/// # Errors
/// See [`EnvironmentError`].
pub async fn for_tests() -> Result<PathBuf, EnvironmentError> {
    let interpreter = std::env::var_os("TRADEWIND_TEST_PYTHON").map(PathBuf::from);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(workspace_target, PathBuf::from);
    let options = EnvironmentOptions { interpreter, virtual_env: None, managed_dir: target.join("test-python") };
    Ok(find_or_build(&options).await?.interpreter)
}

fn workspace_target() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    let workspace = package.ancestors().find(|folder| folder.join("Cargo.lock").exists());
    workspace.unwrap_or(&package).join("target")
}

fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

fn lock_hash() -> String {
    let digest = Sha256::new().chain_update(PYTHON_RANGE).chain_update(LOCK).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn probe(interpreter: &Path) -> Result<(), String> {
    let output = run(Command::new(interpreter).args(["-c", PROBE])).await.map_err(|error| error.to_string())?;
    match std::str::from_utf8(&output.stdout) {
        Ok(version) if output.status.success() && version.starts_with(|c: char| c.is_ascii_digit()) => Ok(()),
        _ if output.status.success() => Err("it ran, but did not answer as Python does".to_owned()),
        _ => Err(tail(&output)),
    }
}

/// Builds unless it is there. A file lock makes a second server wait for the first.
async fn build(folder: &Path) -> Result<(), EnvironmentError> {
    let failed = |source: io::Error| EnvironmentError::Folder { folder: folder.to_owned(), source: source.into() };
    if folder.join(COMPLETE_MARKER).exists() {
        return Ok(());
    }
    let _lock = lock(folder.with_extension("lock")).await.map_err(failed)?;
    if folder.join(COMPLETE_MARKER).exists() {
        return Ok(());
    }
    tracing::info!(folder = %folder.display(), "building the Python environment, once");
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    let requirements = folder.with_extension("requirements");
    fs::write(&requirements, LOCK).map_err(failed)?;
    install(folder, &requirements).await?;
    fs::write(folder.join(COMPLETE_MARKER), "").map_err(failed)?;
    tracing::info!(folder = %folder.display(), "the Python environment is complete");
    Ok(())
}

/// Held until the file is dropped, also by a crash.
async fn lock(path: PathBuf) -> io::Result<File> {
    let locked = tokio::task::spawn_blocking(move || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::create(&path)?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other)?
}

async fn install(folder: &Path, requirements: &Path) -> Result<(), EnvironmentError> {
    if runs(&mut Command::new("uv")).await {
        step(folder, Command::new("uv").args(["venv", "--quiet", "--python", PYTHON_RANGE]).arg(folder)).await?;
        let mut install = Command::new("uv");
        // The bytecode of Airflow takes seconds to compile; without it every first start would.
        install.args(["pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "--python"]);
        return step(folder, install.arg(python_in(folder)).arg("-r").arg(requirements)).await;
    }
    if runs(&mut Command::new("python3")).await {
        step(folder, Command::new("python3").args(["-m", "venv"]).arg(folder)).await?;
        let mut install = Command::new(python_in(folder));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
        return step(folder, install.arg(requirements)).await;
    }
    Err(EnvironmentError::NoInstaller)
}

async fn runs(program: &mut Command) -> bool {
    run(program.arg("--version")).await.is_ok_and(|output| output.status.success())
}

async fn step(folder: &Path, command: &mut Command) -> Result<(), EnvironmentError> {
    let program = command.as_std();
    let words: Vec<_> = std::iter::once(program.get_program()).chain(program.get_args()).collect();
    let step = words.join(std::ffi::OsStr::new(" ")).to_string_lossy().into_owned();
    let said = match run(command).await {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => tail(&output),
        Err(error) => error.to_string(),
    };
    Err(EnvironmentError::Build { folder: folder.to_owned(), step, said })
}

async fn run(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true).output().await
}

fn tail(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(OUTPUT_TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_pins_hashes_and_names_no_host() {
        assert!(LOCK.contains("apache-airflow-task-sdk==1.3.2"));
        assert!(!LOCK.contains("://"), "an index address would break mirrors");
        assert!(!LOCK.contains("--index-url"));
        let pins = LOCK.lines().filter(|line| line.contains("==") && !line.starts_with('#')).count();
        assert!(pins > 100 && LOCK.matches("--hash=sha256:").count() >= pins);
    }

    #[tokio::test]
    async fn a_setting_without_airflow_is_refused_with_its_own_words() {
        for program in ["/bin/false", "/bin/true"] {
            let options = EnvironmentOptions {
                interpreter: Some(PathBuf::from(program)),
                virtual_env: None,
                managed_dir: PathBuf::from("/nonexistent"),
            };
            let error = find_or_build(&options).await.expect_err("it is no Python");
            assert!(matches!(error, EnvironmentError::Unusable { .. }), "{error}");
            assert!(error.to_string().contains("leave out --python"));
        }
    }
}
