//! Python environments below the target folder: made with uv, and made again only when what they
//! hold changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::process;

/// The uv that is fetched when there is none on the path.
const UV: &str = "uv==0.13.9";
/// The versions of Python that the lock file is made for.
const VERSIONS: &str = ">=3.11,<3.15";
/// Written last; holds what the environment was made from.
const STAMP: &str = "made-from";

/// A list of packages to install.
pub(crate) enum Packages<'a> {
    /// A complete lock file with hashes, below the root.
    Locked(&'a str),
    /// One package at an exact version.
    Exact(&'a str),
}

/// The interpreter of the environment `name`, which holds `packages` and nothing else.
pub(crate) fn environment(
    root: &Path,
    target: &Path,
    name: &str,
    packages: &[Packages<'_>],
) -> anyhow::Result<PathBuf> {
    let folder = target.join("python").join(name);
    let interpreter = folder.join("bin/python");
    let wanted = contents(root, packages)?;
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|made_from| made_from == wanted) {
        return Ok(interpreter);
    }
    let uv = uv(target)?;
    let title = format!("Python environment `{name}`");
    let mut make = Command::new(&uv);
    process::step(&title, make.args(["venv", "--quiet", "--clear", "--python", VERSIONS]).arg(&folder))?;
    for package in packages {
        let mut install = Command::new(&uv);
        install.args(["pip", "install", "--quiet", "--compile-bytecode", "--python"]).arg(&interpreter);
        match package {
            Packages::Locked(file) => install.args(["--no-deps", "--require-hashes", "-r"]).arg(root.join(file)),
            Packages::Exact(name) => install.arg(name),
        };
        process::step(&format!("{title}: {}", described(package)), &mut install)?;
    }
    fs::write(folder.join(STAMP), wanted)?;
    Ok(interpreter)
}

fn contents(root: &Path, packages: &[Packages<'_>]) -> anyhow::Result<String> {
    packages.iter().try_fold(VERSIONS.to_owned() + "\n", |text, package| match package {
        Packages::Exact(name) => Ok(text + name + "\n"),
        Packages::Locked(file) => {
            let lock = fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
            Ok(text + &lock)
        }
    })
}

fn described<'a>(package: &Packages<'a>) -> &'a str {
    match package {
        Packages::Locked(name) | Packages::Exact(name) => name,
    }
}

/// uv from the path, else one of our own.
fn uv(target: &Path) -> anyhow::Result<PathBuf> {
    if process::works("uv") {
        return Ok("uv".into());
    }
    let folder = target.join("python/uv");
    let uv = folder.join("bin/uv");
    if !process::works(&uv.to_string_lossy()) {
        process::step("a place for uv", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut install = Command::new(folder.join("bin/python"));
        process::step("uv from PyPI", install.args(["-m", "pip", "install", "--quiet", UV]))?;
    }
    Ok(uv)
}
