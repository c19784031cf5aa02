//! `cargo xtask test`: everything that has to pass before a change lands. The tests come last, so
//! that their counts are the last thing on the screen.

use std::process::Command;

use anyhow::bail;

use crate::process::{cargo, step, step_keeping};
use crate::python::{Packages, environment};
use crate::{arrows, sources, tidy, ui};

/// Checks Python code and its format.
const RUFF: &str = "ruff==0.17.6";

/// How the runs of a test program are summed up.
#[derive(Default, PartialEq, Debug)]
struct Counts {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// Runs all steps; stops at the first that fails.
pub(crate) fn run() -> anyhow::Result<()> {
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    eprintln!("\n==> tidy");
    tidy::run()?;
    python()?;
    let root = sources::root();
    let target = arrows::metadata(&root)?.target_directory.into_std_path_buf();
    let unit = ui::check(&root)?;
    ui::build(&root)?;
    step("clippy", &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    let counts = tests()?;
    let browser = ui::browser_tests(&root, &target)?;
    let Counts { programs, passed, failed, ignored } = counts;
    println!("\n{programs} Rust test programs, {unit} tests of the UI's parts, {browser} tests in a browser");
    println!("test result: ok. {} passed; {failed} failed; {ignored} ignored", passed + unit + browser);
    Ok(())
}

fn python() -> anyhow::Result<()> {
    let root = sources::root();
    let target = arrows::metadata(&root)?.target_directory.into_std_path_buf();
    let interpreter = environment(&root, &target, "checks", &[Packages::Exact(RUFF)])?;
    for arguments in [["check", "."].as_slice(), &["format", "--check", "."]] {
        let mut ruff = Command::new(&interpreter);
        let title = format!("Python: ruff {}", arguments.join(" "));
        step(&title, ruff.args(["-m", "ruff"]).args(arguments).current_dir(&root))?;
    }
    Ok(())
}

/// One process per test program, not per test: tests of a program share a PostgreSQL server and a
/// Python interpreter, which take seconds to start.
fn tests() -> anyhow::Result<Counts> {
    let arguments = ["test", "--workspace", "--locked", "--no-fail-fast"];
    let is_result = |line: &str| line.starts_with("test result: ");
    let (success, results) = step_keeping("tests", &mut cargo(&arguments), is_result)?;
    let counts = sum(&results);
    if !success {
        let Counts { programs, passed, failed, ignored } = counts;
        println!("\n{programs} Rust test programs");
        println!("test result: FAILED. {passed} passed; {failed} failed; {ignored} ignored");
        bail!("tests failed");
    }
    Ok(counts)
}

/// Adds up lines such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
fn sum(results: &[String]) -> Counts {
    let number = |line: &str, label: &str| {
        let before = line.split(label).next().unwrap_or_default();
        before.split_whitespace().last().and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    results.iter().fold(Counts::default(), |counts, line| Counts {
        programs: counts.programs + 1,
        passed: counts.passed + number(line, " passed"),
        failed: counts.failed + number(line, " failed"),
        ignored: counts.ignored + number(line, " ignored"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let results = [
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s".to_owned(),
            "test result: FAILED. 1 passed; 2 failed; 4 ignored; 0 measured; 0 filtered out".to_owned(),
        ];
        assert_eq!(sum(&results), Counts { programs: 2, passed: 13, failed: 2, ignored: 4 });
    }
}
