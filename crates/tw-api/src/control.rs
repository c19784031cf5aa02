//! The ports through which handlers reach the decision core and ask for Python. The binary
//! implements them over the scheduler and the bridge; this crate does not know who answers.

use async_trait::async_trait;
use tw_engine::{Explanation, Input, Reply, Subject};
use tw_model::{Connection, Pace, TaskInstanceId, UsageSeries};

use crate::changes::Changes;

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
    async fn explain(&self, subject: Subject) -> Explanation;

    /// What the running attempt of a task instance used over time until now, if it has lasted.
    fn live_usage(&self, id: TaskInstanceId) -> Option<UsageSeries>;

    /// How fast the scheduler has been of late.
    fn pace(&self) -> Pace;

    /// What was committed, for those who watch. Always the same list.
    fn changes(&self) -> &Changes;
}

/// Knows how Python does, without which Python files are not read.
#[async_trait]
pub trait PythonHealth: Send + Sync {
    /// How it does now; answers at once.
    async fn python(&self) -> PythonState;
}

/// How Python does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PythonState {
    /// It is being started, or its environment built.
    Starting,
    /// It serves; the text names its versions.
    Ready(String),
    /// It cannot be started; the text says why and what to do.
    Failed(String),
}

/// Tests connections where their hooks are, which is not in this process.
#[async_trait]
pub trait ConnectionTester: Send + Sync {
    /// What the hook of the connection's type says, within a time limit below that of a request.
    /// That there is no answer is a verdict too.
    ///
    /// # Cancel safety
    /// Dropping the future ends the test.
    async fn test(&self, connection: Connection) -> ConnectionVerdict;
}

/// What a test of a connection came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionVerdict {
    /// Whether the connection works.
    pub works: bool,
    /// For people; without the connection's secrets.
    pub message: String,
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
