//! The files of the repository, and what is wrong with one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// A text file of the repository.
pub(crate) struct Source {
    /// Below the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Severity {
    /// Worth a look.
    Warning,
    /// Must be changed.
    Error,
}

/// Something that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// File, or the name of what is concerned.
    pub(crate) place: String,
    /// Line, counted from 1, if it concerns one.
    pub(crate) line: Option<usize>,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Finding {
    /// A finding that fails the check.
    pub(crate) fn error(place: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place: place.to_owned(), line, message: message.into() }
    }

    /// A finding that does not.
    pub(crate) fn warning(place: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        match self.line {
            Some(line) => write!(f, "{kind}: {}:{line}: {}", self.place, self.message),
            None => write!(f, "{kind}: {}: {}", self.place, self.message),
        }
    }
}

/// The root of the repository: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in a folder of the root").to_owned()
}

/// Every text file that git tracks or would track. Others, such as pictures, are passed over.
pub(crate) fn all(root: &Path) -> anyhow::Result<Vec<Source>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(root).output().context("cannot run git")?;
    if !listed.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let names = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    let mut paths: Vec<&str> = names.split_terminator('\0').collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths
        .into_iter()
        // A listed file may be deleted by now, and a binary one is no text.
        .filter_map(|path| Some(Source { path: path.to_owned(), text: std::fs::read_to_string(root.join(path)).ok()? }))
        .collect())
}
