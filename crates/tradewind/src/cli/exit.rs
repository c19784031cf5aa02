//! What the exit codes mean, and how an error is told.

use std::io::{self, Write};
use std::process::ExitCode;

use tw_config::ConfigError;

/// Shown at the end of `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done; with --wait or `runs watch`, the run succeeded
  1  the run failed, or a check found a fault
  2  wrong words, a wrong setting, or a request that the server refused as it stands
  3  the server cannot be reached
  4  the named thing does not exist
  5  the server does not let you
  6  anything else

Data goes to stdout, everything else to stderr.";

/// Why a command did not succeed, as far as its caller can act on it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It ran, and the answer is no.
    #[error("{0}")]
    Failed(String),
    /// The request cannot be carried out as it stands.
    #[error("{0}")]
    Refused(String),
    /// No server answers.
    #[error("{0}")]
    Unreachable(String),
    /// The named thing does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Not with this token.
    #[error("{0}")]
    Forbidden(String),
}

fn code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<ConfigError>()) {
        return 2;
    }
    // A fault may be the context of an error, or below one. The chain alone does not show the former.
    match error.downcast_ref().or_else(|| error.chain().find_map(|cause| cause.downcast_ref::<Fault>())) {
        Some(Fault::Failed(_)) => 1,
        Some(Fault::Refused(_)) => 2,
        Some(Fault::Unreachable(_)) => 3,
        Some(Fault::NotFound(_)) => 4,
        Some(Fault::Forbidden(_)) => 5,
        None => 6,
    }
}

/// Tells the error and its causes, and chooses the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    // A reader that stopped reading, such as `head`, is no error.
    let closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed_pipe) {
        return ExitCode::SUCCESS;
    }
    let mut stderr = io::stderr().lock();
    // Nobody is left to be told when stderr is closed.
    let _ = writeln!(stderr, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  because: {cause}");
    }
    ExitCode::from(code(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn the_code_comes_from_anywhere_in_the_chain() {
        let error = Err::<(), _>(Fault::NotFound("no dag x".into())).context("cannot show the dag").unwrap_err();
        assert_eq!(code(&error), 4);
        let error = anyhow::anyhow!("no such file").context("looking").context(Fault::NotFound("no file f".into()));
        assert_eq!(code(&error.context("cannot try it")), 4);
        assert_eq!(code(&ConfigError::NoHome.into()), 2);
        assert_eq!(code(&anyhow::anyhow!("disk full")), 6);
    }
}
