//! How a running attempt is asked to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells one attempt that it shall stop.
#[derive(Clone, Debug)]
pub struct KillSignal(watch::Receiver<Option<Arc<str>>>);

/// The sending end of a [`KillSignal`].
#[derive(Debug)]
pub(crate) struct KillSwitch(watch::Sender<Option<Arc<str>>>);

impl KillSignal {
    /// Waits until somebody asks the attempt to stop and returns the reason, for people. Waits for
    /// ever if nobody can ask any more.
    ///
    /// # Cancel safety
    /// Nothing is lost: a later call returns the same reason.
    pub async fn asked(&mut self) -> Arc<str> {
        match self.0.wait_for(Option::is_some).await.map(|reason| reason.clone()) {
            Ok(Some(reason)) => reason,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

impl KillSwitch {
    pub(crate) fn new() -> (Self, KillSignal) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), KillSignal(receiver))
    }

    /// Asks; the first reason stays.
    pub(crate) fn ask(&self, reason: &str) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason.into());
            }
            first
        });
    }
}
