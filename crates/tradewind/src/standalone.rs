//! Everything in one process.

use tw_config::Settings;

/// A server that runs in this process.
pub(crate) struct Running {
    /// Its base address.
    pub(crate) url: String,
    /// A bearer token of an administrator.
    pub(crate) token: String,
}

impl Running {
    /// Stops the server and waits for its end.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        anyhow::bail!("not composed yet")
    }
}

/// Starts a server and answers once it serves.
pub(crate) fn start(_settings: Settings) -> anyhow::Result<Running> {
    anyhow::bail!("not composed yet")
}

/// Runs a server until it is told to stop.
pub(crate) fn run(_settings: Settings) -> anyhow::Result<()> {
    anyhow::bail!("not composed yet")
}
