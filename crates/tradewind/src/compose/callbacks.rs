//! Callbacks in the background, each once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tw_dagsource::{CallbackError, PythonCallbacks};
use tw_engine::{CallbackRequest, Input};
use tw_scheduler::{CallbackRunner, Handle};

/// Callbacks at the same time: each forks a process that parses a file.
const CALLBACKS_MAX: usize = 2;
/// Pause before a callback that found no Python, or no server to ask, is tried again. A back-off: what
/// it asks may be gone for many reasons, and nothing tells of their end.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct BackgroundCallbacks {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

struct Shared {
    python: PythonCallbacks,
    scheduler: Handle,
    bundles: Vec<(String, PathBuf)>,
    permits: Semaphore,
    /// Requests that are being carried out.
    held: Mutex<BTreeSet<u128>>,
}

impl BackgroundCallbacks {
    pub(crate) fn new(python: PythonCallbacks, scheduler: Handle, bundles: Vec<(String, PathBuf)>) -> Self {
        let permits = Semaphore::new(CALLBACKS_MAX);
        let shared = Shared { python, scheduler, bundles, permits, held: Mutex::default() };
        Self { shared: Arc::new(shared), tasks: TaskTracker::new() }
    }
}

impl CallbackRunner for BackgroundCallbacks {
    fn run(&self, request: CallbackRequest) {
        let shared = Arc::clone(&self.shared);
        if shared.held.lock().unwrap_or_else(PoisonError::into_inner).insert(request.id) {
            self.tasks.spawn(async move { shared.carry_out(request).await });
        }
    }
}

impl Shared {
    async fn carry_out(&self, request: CallbackRequest) {
        let Ok(_permit) = self.permits.acquire().await else { return };
        let bundle = self.bundles.iter().find(|(name, _)| *name == request.bundle_name);
        while let Some((_, path)) = bundle {
            match self.python.run(path, &request).await {
                Ok(()) => break,
                Err(CallbackError::Unavailable(_)) => tokio::time::sleep(RETRY_PAUSE).await,
                Err(error) => {
                    tracing::warn!(dag_id = %request.dag_run.dag_id, kind = ?request.kind, %error, "callback failed");
                    break;
                }
            }
        }
        // If this cannot be stored the callback runs once more after a restart.
        if let Err(error) = self.scheduler.submit(Input::CallbackDone { id: request.id }).await {
            tracing::warn!(%error, "the end of a callback was not stored");
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&request.id);
    }
}
