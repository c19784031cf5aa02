//! A question before something that cannot be taken back.

use std::io::{self, Write};

use super::exit::Fault;

/// Asks on stderr and goes on with a yes only. `yes` says that nobody needs to be asked.
///
/// # Errors
/// [`Fault::Refused`] after any other answer, or none.
pub(crate) fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Fault::Refused("nothing was done; --yes goes on without asking".to_owned()).into()),
    }
}
