//! Runs attempts on this machine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tw_model::{AttemptKey, Workload};

use crate::kill::{KillSignal, KillSwitch};
use crate::port::{AttemptRunner, Executor};
use crate::queue::WaitingList;

/// Attempts that run at the same time unless configured otherwise (Airflow: `[core] parallelism`).
pub const DEFAULT_PARALLELISM: usize = 32;

/// How busy an executor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    /// Attempts that run.
    pub running: usize,
    /// Attempts that wait for a slot.
    pub waiting: usize,
    /// Attempts that can run at the same time.
    pub slots: usize,
}

/// Runs attempts in this process's runtime, a bounded number at a time, the heaviest first.
/// Clones share one executor.
#[derive(Clone)]
pub struct LocalExecutor {
    shared: Arc<Shared>,
}

struct Shared {
    runner: Arc<dyn AttemptRunner>,
    runtime: Handle,
    slots: usize,
    /// Every spawned attempt, so that ending the executor can wait for all.
    attempts: TaskTracker,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: WaitingList,
    running: HashMap<AttemptKey, KillSwitch>,
    /// Set once and for good: nothing new is started.
    closed: bool,
}

impl LocalExecutor {
    /// An executor with `slots` slots (at least one) that runs attempts on the current runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(runner: Arc<dyn AttemptRunner>, slots: usize) -> Self {
        let shared = Shared {
            runner,
            runtime: Handle::current(),
            slots: slots.max(1),
            attempts: TaskTracker::new(),
            state: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// How busy it is now.
    pub fn load(&self) -> Load {
        let state = self.shared.state();
        Load { running: state.running.len(), waiting: state.waiting.len(), slots: self.shared.slots }
    }

    /// Starts nothing more and waits until the running attempts have ended by themselves. Waiting
    /// attempts are forgotten: they are still queued in the store and are dispatched again.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn drain(&self) {
        self.close();
        self.shared.attempts.wait().await;
    }

    /// As [`LocalExecutor::drain`], but asks the running attempts to stop, giving `reason`.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn stop(&self, reason: &str) {
        self.close();
        for switch in self.shared.state().running.values() {
            switch.ask(reason);
        }
        self.shared.attempts.wait().await;
    }

    fn close(&self) {
        let mut state = self.shared.state();
        state.closed = true;
        state.waiting.clear();
        self.shared.attempts.close();
    }
}

impl Executor for LocalExecutor {
    fn dispatch(&self, workload: Workload) {
        let attempt = workload.attempt;
        {
            let mut state = self.shared.state();
            if state.closed || state.running.contains_key(&attempt) || !state.waiting.push(workload) {
                tracing::debug!(task_instance_id = %attempt.task_instance_id, "dispatch ignored");
                return;
            }
        }
        self.shared.fill();
    }

    fn kill(&self, attempt: AttemptKey, reason: &str) {
        let mut state = self.shared.state();
        if !state.waiting.remove(attempt)
            && let Some(switch) = state.running.get(&attempt)
        {
            switch.ask(reason);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each critical section leaves the state whole, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts waiting attempts while there are free slots. The lock is not held while spawning: a
    /// runtime that shuts down drops the task, and so its slot, on the spot.
    fn fill(self: &Arc<Self>) {
        while let Some((workload, signal)) = self.state().next(self.slots) {
            let slot = Slot { shared: Arc::clone(self), attempt: workload.attempt };
            let attempt = async move {
                slot.shared.runner.run(workload, signal).await;
                drop(slot);
            };
            self.attempts.spawn_on(attempt, &self.runtime);
        }
    }
}

impl State {
    /// Moves the next attempt from waiting to running, if there is one and a slot for it.
    fn next(&mut self, slots: usize) -> Option<(Workload, KillSignal)> {
        if self.closed || self.running.len() >= slots {
            return None;
        }
        let workload = self.waiting.pop()?;
        let (switch, signal) = KillSwitch::new();
        self.running.insert(workload.attempt, switch);
        Some((workload, signal))
    }
}

/// A slot in use; given back when dropped, also when the runner panics.
struct Slot {
    shared: Arc<Shared>,
    attempt: AttemptKey,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.state().running.remove(&self.attempt);
        self.shared.fill();
    }
}
