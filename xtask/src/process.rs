//! Runs programs step by step, with their output where the person sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Says what comes next, runs it, and fails if it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> anyhow::Result<()> {
    eprintln!("\n==> {title}");
    let status = command.status().with_context(|| format!("cannot start {}", program(command)))?;
    if !status.success() {
        bail!("{title} failed ({status})");
    }
    Ok(())
}

/// The same, and answers with every line of its stdout that `keep` wants.
pub(crate) fn step_keeping(
    title: &str,
    command: &mut Command,
    keep: impl Fn(&str) -> bool,
) -> anyhow::Result<(bool, Vec<String>)> {
    eprintln!("\n==> {title}");
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", program(command)))?;
    let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut kept = Vec::new();
    for line in lines {
        let line = line.context("its output is not UTF-8")?;
        writeln!(std::io::stdout().lock(), "{line}")?;
        if keep(&line) {
            kept.push(line);
        }
    }
    Ok((child.wait()?.success(), kept))
}

/// Whether a program is there and works.
pub(crate) fn works(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Cargo as it was called, at the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(crate::sources::root());
    cargo
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
