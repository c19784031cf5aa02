//! The browser part in `ui/`: its packages, its checks, and its build, which the server embeds.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::process::{step, step_keeping, works};

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

/// Types, lint and unit tests. Answers with how many tests passed.
pub(crate) fn check(root: &Path) -> anyhow::Result<usize> {
    install(root)?;
    step("UI: types and lint", &mut npm(root, &["run", "--silent", "check"]))?;
    vitest(root, "UI: unit tests", "test", &[])
}

/// Tests that drive a browser against the program itself. Answers with how many passed.
pub(crate) fn browser_tests(root: &Path, target: &Path) -> anyhow::Result<usize> {
    let binary = target.join("debug/tradewind");
    let folder = [("TRADEWIND_BIN", binary.as_path()), ("CARGO_TARGET_DIR", target)];
    vitest(root, "UI: tests in a browser", "e2e", &folder)
}

/// Pictures of all screens of the server at `url`, in both themes.
pub(crate) fn screenshots(root: &Path, url: &str, password: &str, out: &Path) -> anyhow::Result<()> {
    install(root)?;
    let mut node = Command::new("node");
    node.args(["scripts/screens.mjs", "--url", url, "--password", password, "--out"]).arg(out);
    step("screens", node.current_dir(root.join("ui")))
}

fn vitest(root: &Path, title: &str, script: &str, environment: &[(&str, &Path)]) -> anyhow::Result<usize> {
    let mut npm = npm(root, &["run", "--silent", script]);
    npm.env("NO_COLOR", "1").envs(environment.iter().copied());
    let (success, kept) = step_keeping(title, &mut npm, |line| line.trim_start().starts_with("Tests "))?;
    if !success {
        bail!("{title} failed");
    }
    Ok(kept.last().map_or(0, |line| passed(line)))
}

/// Reads a line such as `Tests  1 failed | 12 passed (13)`.
fn passed(line: &str) -> usize {
    let before = line.split(" passed").next().unwrap_or_default();
    before.split_whitespace().last().and_then(|word| word.parse().ok()).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_read_from_the_last_lines() {
        assert_eq!(passed("      Tests  12 passed (12)"), 12);
        assert_eq!(passed("      Tests  1 failed | 7 passed (8)"), 7);
        assert_eq!(passed("      Tests  3 failed (3)"), 0);
    }
}
