//! The two sides of an executor.

use async_trait::async_trait;
use tw_model::{AttemptKey, Workload};

use crate::kill::KillSignal;

/// Takes attempts from the scheduler. Calls return at once and are idempotent: effects are
/// performed again after a crash or a rebuilt world.
///
/// An executor says nothing about how an attempt ended. Its runner reports that itself.
pub trait Executor: Send + Sync {
    /// Takes an attempt to run when there is room. One that it already holds is ignored.
    fn dispatch(&self, workload: Workload);

    /// Stops an attempt: drops it if it waits, asks it to end if it runs. Unknown ones are ignored.
    /// `reason` is for people and goes to the attempt's log.
    fn kill(&self, attempt: AttemptKey, reason: &str);
}

/// Carries out one attempt.
#[async_trait]
pub trait AttemptRunner: Send + Sync + 'static {
    /// Runs the attempt to its end and reports it; when this returns, nothing of it is left.
    ///
    /// Must end soon after `kill` was asked for. Must not rely on being called once per attempt:
    /// a stale duplicate is told apart when it reports its start.
    async fn run(&self, workload: Workload, kill: KillSignal);
}
