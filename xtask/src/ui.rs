//! The browser part in `ui/`: its packages, its checks, and its build, which the server embeds.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{step, works};

/// Written last; holds the lock file that the packages were installed from.
const STAMP: &str = "node_modules/.made-from";

/// Builds into `ui/dist`. Without Node nothing is built, and the server will say what is missing.
pub(crate) fn build(root: &Path) -> anyhow::Result<()> {
    if !works("node") || !works("npm") {
        eprintln!("\n==> UI: left out, because node and npm are not on the path");
        return Ok(());
    }
    install(root)?;
    step("UI: build", &mut npm(root, &["run", "--silent", "build"]))
}

/// Types, lint and unit tests.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    install(root)?;
    step("UI: types and lint", &mut npm(root, &["run", "--silent", "check"]))?;
    step("UI: unit tests", &mut npm(root, &["run", "--silent", "test"]))
}

fn install(root: &Path) -> anyhow::Result<()> {
    let folder = root.join("ui");
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|made_from| made_from == lock) {
        return Ok(());
    }
    step("UI: packages", &mut npm(root, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::write(folder.join(STAMP), lock)?;
    Ok(())
}

fn npm(root: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(root.join("ui"));
    npm
}
