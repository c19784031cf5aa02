//! What everybody else holds of the scheduler.

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tw_engine::{Explanation, Input, Reply, Subject};
use tw_model::Pace;

use crate::pace::PaceMeter;

/// Inputs that may wait for the loop; more make submitters wait. Well above what one commit
/// takes, so that a slow disk does not block workers at once.
pub(crate) const INBOX_CAPACITY: usize = 16_384;

/// Submits inputs and questions. A cheap handle.
#[derive(Clone, Debug)]
pub struct Handle {
    inbox: mpsc::Sender<Envelope>,
    pace: PaceMeter,
}

#[derive(Debug)]
pub(crate) enum Envelope {
    Apply { input: Input, reply: oneshot::Sender<Reply>, since: Instant },
    Explain { subject: Subject, reply: oneshot::Sender<Explanation> },
}

/// Why an input was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Its commit failed; nothing of it took effect for certain. Submitting it again is safe.
    #[error("the change could not be stored; try again")]
    NotStored,
    /// The scheduler has ended.
    #[error("the scheduler is stopped")]
    Stopped,
}

/// The receiving end of a [`Handle`]; a scheduler takes it.
#[derive(Debug)]
pub struct Inbox {
    pub(crate) envelopes: mpsc::Receiver<Envelope>,
    pub(crate) pace: PaceMeter,
}

impl Handle {
    /// A handle and its inbox. The handle can be given away before the scheduler starts; what is
    /// submitted until then waits.
    pub fn new() -> (Self, Inbox) {
        let (inbox, envelopes) = mpsc::channel(INBOX_CAPACITY);
        let pace = PaceMeter::new();
        (Self { inbox, pace: pace.clone() }, Inbox { envelopes, pace })
    }

    /// Applies an input and returns its reply once the commit that contains it is durable.
    ///
    /// # Errors
    /// [`SubmitError::NotStored`] if the commit failed, [`SubmitError::Stopped`].
    ///
    /// # Cancel safety
    /// A dropped call may or may not take effect.
    pub async fn submit(&self, input: Input) -> Result<Reply, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let since = Instant::now();
        self.inbox.send(Envelope::Apply { input, reply, since }).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| if self.inbox.is_closed() { SubmitError::Stopped } else { SubmitError::NotStored })
    }

    /// How fast the scheduler has been of late.
    pub fn pace(&self) -> Pace {
        self.pace.read()
    }

    /// Why something is not moving.
    ///
    /// # Errors
    /// [`SubmitError::Stopped`].
    pub async fn explain(&self, subject: Subject) -> Result<Explanation, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Envelope::Explain { subject, reply }).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| SubmitError::Stopped)
    }
}
