//! The port through which handlers reach the decision core. The binary implements it over the
//! scheduler; this crate does not know who answers.

use async_trait::async_trait;
use tw_engine::{Blocker, Input, Reply, Subject};

/// Takes requests to the one writer.
#[async_trait]
pub trait Control: Send + Sync {
    /// Applies an input and returns its reply once the effect is committed.
    ///
    /// # Errors
    /// [`ControlError`]: nothing is known to have happened.
    ///
    /// # Cancel safety
    /// Dropping the future does not take the input back.
    async fn submit(&self, input: Input) -> Result<Reply, ControlError>;

    /// Why the subject is not moving, in order of what has to happen first.
    async fn explain(&self, subject: Subject) -> Vec<Blocker>;
}

/// Why there is no reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ControlError {
    /// No scheduler leads at the moment, or it is stopping.
    #[error("no scheduler is running")]
    Unavailable,
    /// Its inbox is full.
    #[error("the scheduler is overloaded")]
    Overloaded,
}
