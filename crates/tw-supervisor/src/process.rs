//! The process group of an attempt: signals, limits, and that nothing of it is left behind.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tw_python::ChildExit;

use crate::options::SupervisorOptions;

/// How long the end of a process is awaited after SIGKILL. Only the kernel can delay it, for
/// example while a file system does not answer.
const KILLED_WAIT: Duration = Duration::from_secs(60);

/// The process group of a child. Unless released it is killed when dropped, so an attempt whose
/// supervision is given up leaves no process.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    leader: Option<Pid>,
}

impl ProcessGroup {
    pub(crate) fn new(pid: u32) -> Self {
        // Process 1 and below are not children; signalling their groups would hit others.
        Self { leader: i32::try_from(pid).ok().filter(|&pid| pid > 1).and_then(Pid::from_raw) }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(leader) = self.leader
            && let Err(error) = kill_process_group(leader, signal)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(%error, ?signal, "cannot signal a process group");
        }
    }

    /// The child is gone. What it left running in the background is its own business.
    pub(crate) fn release(mut self) {
        self.leader = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Why an attempt is stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum StopCause {
    /// Somebody asked.
    Asked(Arc<str>),
    /// It exceeded its `execution_timeout`, and its own alarm did not end it.
    TimeLimit(Duration),
    /// Its end was reported, but callbacks went on for too long (S-6.17).
    Overtime(Duration),
    /// Something wrote what is no message to its request socket.
    OutOfStep,
}

impl std::fmt::Display for StopCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asked(reason) => write!(f, "stopped: {reason}"),
            Self::TimeLimit(limit) => {
                write!(f, "stopped: execution_timeout of {} s exceeded", limit.as_secs_f64())
            }
            Self::OutOfStep => {
                f.write_str("stopped: it, or a program it started, wrote to file descriptor 0 what is no message")
            }
            Self::Overtime(limit) => {
                write!(f, "stopped: still running {} s after its end was reported", limit.as_secs_f64())
            }
        }
    }
}

/// Waits for the end of a process that got SIGKILL.
pub(crate) async fn wait_killed(exit: impl Future<Output = Result<ChildExit, RecvError>>) -> Option<ChildExit> {
    timeout(KILLED_WAIT, exit).await.ok().and_then(Result::ok)
}

/// How supervision of a process ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// How the process ended; `None` if that cannot be known.
    pub(crate) exit: Option<ChildExit>,
    /// Why it was stopped, if it was.
    pub(crate) cause: Option<StopCause>,
}

/// What may end a process before it ends by itself.
pub(crate) struct Limits<'a> {
    pub(crate) options: &'a SupervisorOptions,
    /// Limit of the attempt.
    pub(crate) execution_timeout: Option<Duration>,
    /// Cancelled when the attempt's end was reported.
    pub(crate) reported: &'a CancellationToken,
    /// Cancelled when the child's messages are no longer understood.
    pub(crate) out_of_step: &'a CancellationToken,
}

/// Waits until the process ended, and stops it when a limit is exceeded or `kill` resolves.
/// `announce` is called with the cause before the first signal.
///
/// Unless the process ended by itself, nothing of its group is left: an attempt that is reported
/// as stopped or lost may be tried again at once.
pub(crate) async fn watch(
    group: &ProcessGroup,
    exit: &mut oneshot::Receiver<ChildExit>,
    limits: Limits<'_>,
    kill: impl Future<Output = Arc<str>>,
    announce: impl FnOnce(&StopCause),
) -> Ending {
    let cause = tokio::select! {
        exit = &mut *exit => {
            let exit = exit.ok();
            if exit.is_none() {
                group.signal(Signal::KILL);
            }
            return Ending { exit, cause: None };
        }
        cause = limits.exceeded() => cause,
        reason = kill => StopCause::Asked(reason),
    };
    announce(&cause);
    group.signal(Signal::TERM);
    let exit = match timeout(limits.options.kill_grace, &mut *exit).await {
        Ok(exit) => exit.ok(),
        Err(_) => {
            group.signal(Signal::KILL);
            wait_killed(exit).await
        }
    };
    group.signal(Signal::KILL);
    Ending { exit, cause: Some(cause) }
}

impl Limits<'_> {
    async fn exceeded(&self) -> StopCause {
        let time_limit = async {
            match self.execution_timeout {
                Some(limit) => {
                    sleep(limit + self.options.timeout_grace).await;
                    StopCause::TimeLimit(limit)
                }
                None => std::future::pending().await,
            }
        };
        let overtime = async {
            self.reported.cancelled().await;
            sleep(self.options.overtime).await;
            StopCause::Overtime(self.options.overtime)
        };
        tokio::select! {
            cause = time_limit => cause,
            cause = overtime => cause,
            () = self.out_of_step.cancelled() => StopCause::OutOfStep,
        }
    }
}
