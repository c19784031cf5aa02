//! The Python half of the bridge, carried inside the binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

macro_rules! python_files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../python/tradewind_bridge/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = python_files![
    "__init__.py",
    "__main__.py",
    "bridge.py",
    "channel.py",
    "child.py",
    "connection_test.py",
    "forker.py",
    "kernel.py",
    "memo.py",
    "pages.py",
    "recording.py",
    "rehearsal.py",
    "spares.py",
    "template.py",
    "templates.py",
    "versions.py",
    "warm.py",
];

/// Writes the files below `work_dir` unless they are there, and returns the folder to run. The
/// folder's name is the hash of the content, so that an upgraded binary beside a running older one
/// never changes files under it.
pub(crate) fn install(work_dir: &Path) -> io::Result<PathBuf> {
    let mut hasher = Sha256::new();
    for (name, text) in FILES {
        hasher.update(name);
        hasher.update([0]);
        hasher.update(text);
        hasher.update([0]);
    }
    let hash: String = hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let package = work_dir.join(format!("bridge-{hash}")).join("tradewind_bridge");
    fs::create_dir_all(&package)?;
    for (name, text) in FILES {
        write_whole(&package.join(name), text)?;
    }
    Ok(package)
}

/// A reader sees the whole file or none; a second server that installs at once does no harm.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, text)?;
    fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_python_file_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/tradewind_bridge");
        let mut found: Vec<String> = fs::read_dir(folder)
            .expect("the Python sources are in the tree")
            .map(|entry| entry.expect("a readable entry").file_name().into_string().expect("a UTF-8 name"))
            .filter(|name| name.ends_with(".py"))
            .collect();
        found.sort();
        let embedded: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, embedded);
    }

    #[test]
    fn a_damaged_file_is_written_again() {
        let work_dir = tempfile::tempdir().expect("a temporary folder");
        let package = install(work_dir.path()).expect("the first install");
        fs::write(package.join("bridge.py"), "raise SystemExit").expect("a writable file");
        assert_eq!(install(work_dir.path()).expect("the second install"), package);
        let text = fs::read_to_string(package.join("bridge.py")).expect("the file");
        assert!(text.contains("class Bridge"));
    }
}
