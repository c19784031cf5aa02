//! Ending a child: when it takes too long or too much, when its work is given up.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::sync::oneshot;
use tokio::time::{interval, timeout};
use tw_model::ExitStatus;
use tw_python::ChildExit;

/// How often the memory of a parse child is looked at. Python needs longer than this to fill the
/// memory of a machine.
const MEMORY_CHECK_PERIOD: Duration = Duration::from_millis(100);

/// A child whose channels are closed, or that was killed, is gone this soon, unless the fork
/// server hangs.
const REAP_TIMEOUT: Duration = Duration::from_secs(5);

/// A child that is to be reaped. Dropping it kills the child if it still runs: user code may be in
/// an endless loop and would never notice that nobody listens.
pub(crate) struct Reaper {
    pid: u32,
    /// Whether what it started goes with it.
    leads_group: bool,
    exit: Option<oneshot::Receiver<ChildExit>>,
}

impl Reaper {
    pub(crate) fn new(pid: u32, exit: oneshot::Receiver<ChildExit>) -> Self {
        Self { pid, leads_group: false, exit: Some(exit) }
    }

    /// The same for a child that leads a process group, which is killed as a whole.
    pub(crate) fn of_group(pid: u32, exit: oneshot::Receiver<ChildExit>) -> Self {
        Self { pid, leads_group: true, exit: Some(exit) }
    }

    /// Waits `grace` for the child to end by itself, then kills it. None when nobody knows how it
    /// ended, because the fork server is gone too.
    pub(crate) async fn end(mut self, grace: Duration) -> Option<ExitStatus> {
        let ended = match timeout(grace, self.exit.as_mut()?).await {
            Ok(ended) => ended.ok(),
            Err(_) => {
                self.kill();
                timeout(REAP_TIMEOUT, self.exit.as_mut()?).await.ok().and_then(Result::ok)
            }
        };
        self.exit = None;
        ended.map(|exit| exit.status)
    }

    fn kill(&self) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            let kill = if self.leads_group { kill_process_group } else { kill_process };
            // It may have ended this moment.
            let _ = kill(pid, Signal::KILL);
        }
    }

    /// Resolves when the child's resident memory is above `limit_bytes`.
    pub(crate) async fn memory_above(&self, limit_bytes: u64) {
        let mut ticks = interval(MEMORY_CHECK_PERIOD);
        loop {
            ticks.tick().await;
            if resident_bytes(self.pid).is_some_and(|bytes| bytes > limit_bytes) {
                return;
            }
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        // Once it was reaped, its number may belong to another process.
        if let Some(mut exit) = self.exit.take()
            && matches!(exit.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        {
            self.kill();
        }
    }
}

fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
