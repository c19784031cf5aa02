//! What is watched, and within which limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A named folder of DAG files (S-12.1, S-12.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// Unique name; part of the identity of its files.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
}

/// How patterns in `.airflowignore` are written (S-12.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IgnoreSyntax {
    /// As in `.gitignore`.
    #[default]
    Glob,
    /// Regular expressions, searched in the path below the bundle.
    Regexp,
}

/// Settings of a [`crate::DagSource`].
#[derive(Clone, Debug)]
pub struct Options {
    /// What is watched.
    pub bundles: Vec<Bundle>,
    /// Skip files that cannot define a DAG by the look of their text (S-12.10).
    pub safe_mode: bool,
    /// How patterns in `.airflowignore` are written.
    pub ignore_syntax: IgnoreSyntax,
    /// Parses at the same time (S-12.11).
    pub parses_max: usize,
    /// All folders are looked through this often, whether or not a change was noticed.
    pub rescan_period: Duration,
    /// A file whose parse failed, or read stored variables or connections, is parsed again this
    /// often: what it depends on can change without the file.
    pub recheck_period: Duration,
    /// Names the interpreter, packages and settings that parses depend on. A file remembered from
    /// another environment is parsed again.
    pub environment: String,
}

/// Two parses keep two cores busy and leave the rest of the machine alone (Airflow's default).
pub const PARSES_MAX_DEFAULT: usize = 2;

/// Safety net behind the notifications of the operating system, which network and some
/// container file systems do not send.
pub const RESCAN_PERIOD_DEFAULT: Duration = Duration::from_secs(30);

/// Twice Airflow's default pause between parses of any file: few files need it here.
pub const RECHECK_PERIOD_DEFAULT: Duration = Duration::from_secs(60);

impl Options {
    /// The defaults, for these bundles.
    pub fn new(bundles: Vec<Bundle>) -> Self {
        Self {
            bundles,
            safe_mode: true,
            ignore_syntax: IgnoreSyntax::default(),
            parses_max: PARSES_MAX_DEFAULT,
            rescan_period: RESCAN_PERIOD_DEFAULT,
            recheck_period: RECHECK_PERIOD_DEFAULT,
            environment: String::new(),
        }
    }
}

/// Local bundles for a list of folders: `dags-folder`, `dags-folder-2`, and so on. The first has
/// the name that Airflow gives to its only folder.
///
/// ```
/// let bundles = tw_dagsource::bundles_of_folders([std::path::Path::new("/a"), std::path::Path::new("/b")]);
/// assert_eq!(bundles[0].name, "dags-folder");
/// assert_eq!(bundles[1].name, "dags-folder-2");
/// ```
pub fn bundles_of_folders<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Vec<Bundle> {
    let name = |i: usize| if i == 0 { "dags-folder".to_owned() } else { format!("dags-folder-{}", i + 1) };
    folders.into_iter().enumerate().map(|(i, path)| Bundle { name: name(i), path: path.to_owned() }).collect()
}
