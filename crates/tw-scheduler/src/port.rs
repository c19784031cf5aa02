//! What the loop needs besides the store and an executor.

use std::time::{SystemTime, UNIX_EPOCH};

use tw_engine::{CallbackRequest, Write};
use tw_model::Timestamp;

/// Carries out callbacks (S-10.6). Returns at once; answers with `Input::CallbackDone` later.
pub trait CallbackRunner: Send + Sync {
    /// Takes a request. One that is already being carried out is ignored.
    fn run(&self, request: CallbackRequest);
}

/// Hears of every commit, for those who show what is going on. Called in the loop, so it returns at
/// once and never waits for anybody.
pub trait CommitObserver: Send + Sync {
    /// These writes are durable now.
    fn committed(&self, writes: &[Write]);
    /// A commit failed, and whether it took effect is not known: whatever was shown may be old.
    fn unknown(&self);
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}
