//! The loop: gather inputs, apply, commit, carry out. When a commit fails the world is dropped
//! and rebuilt from the store, the same way as at start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tw_engine::{Effect, EngineOptions, Input, KillReason, Outcome, Reply, World};
use tw_executor::Executor;
use tw_model::{AttemptKey, TimeSpan, Timestamp};
use tw_store::{Epoch, Store, StoreError};

use crate::handle::{Envelope, Inbox};
use crate::pace::PaceMeter;
use crate::port::{CallbackRunner, Clock, CommitObserver};

/// Inputs per commit at most: enough for throughput, few enough that the first does not wait long.
const BATCH_MAX: usize = 1024;
/// The loop looks at the clock at least this often, in case somebody sets it.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How often the leader says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// First and longest pause between attempts to reach the store again.
const REBUILD_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Why the scheduler ended.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// Another scheduler has taken over the store.
    #[error("another scheduler has taken over this database; this one stops writing")]
    Deposed,
    /// The store cannot be used, and waiting does not help.
    #[error("the scheduler cannot use its database")]
    Store(#[source] StoreError),
}

/// The one writer. See the crate's front page.
pub struct Scheduler {
    store: Store,
    executor: Arc<dyn Executor>,
    callbacks: Arc<dyn CallbackRunner>,
    clock: Arc<dyn Clock>,
    options: EngineOptions,
    epoch: Epoch,
    world: World,
    inbox: mpsc::Receiver<Envelope>,
    /// Attempts handed to the executor whose end is not committed: what survives a rebuild. With
    /// the process that reported its start, if one did.
    alive: BTreeMap<AttemptKey, Option<u32>>,
    wake_at: Option<Timestamp>,
    pace: PaceMeter,
    observer: Option<Arc<dyn CommitObserver>>,
}

impl Scheduler {
    /// Takes the leadership and rebuilds the world. The seed of `options` should differ at every start.
    ///
    /// # Errors
    /// [`SchedulerError::Store`] if the store cannot be read.
    pub async fn start(
        store: Store,
        executor: Arc<dyn Executor>,
        callbacks: Arc<dyn CallbackRunner>,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
        holder: &str,
        inbox: Inbox,
    ) -> Result<Self, SchedulerError> {
        let epoch = store.acquire_epoch(holder, clock.now()).await.map_err(SchedulerError::Store)?;
        let Inbox { envelopes: inbox, pace } = inbox;
        let world = World::new(options.clone());
        let alive = BTreeMap::new();
        let (wake_at, observer) = (None, None);
        let mut scheduler =
            Self { store, executor, callbacks, clock, options, epoch, world, inbox, alive, wake_at, pace, observer };
        scheduler.rebuild().await.map_err(SchedulerError::Store)?;
        Ok(scheduler)
    }

    /// Tells every further commit to `observer`.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn CommitObserver>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Runs until `stop`, or until another scheduler takes over.
    ///
    /// # Errors
    /// [`SchedulerError::Deposed`]; [`SchedulerError::Store`] if the database is damaged.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), SchedulerError> {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let until_wake = self.until_wake();
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                count = self.inbox.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return Ok(()) },
                () = tokio::time::sleep(until_wake) => {}
                _ = heartbeat.tick() => {
                    match self.store.renew_epoch(self.epoch, self.clock.now()).await {
                        Err(StoreError::Deposed { .. }) => return Err(SchedulerError::Deposed),
                        Err(error) => tracing::warn!(error = %chain(&error), "the heartbeat could not be stored"),
                        Ok(()) => {}
                    }
                    continue;
                }
            }
            if let Err(error) = self.turn(batch).await {
                self.recover(error, &stop).await?;
            }
        }
    }

    fn until_wake(&self) -> Duration {
        let now = self.clock.now();
        self.wake_at.map_or(SLEEP_MAX, |at| at.since(now).to_std().min(SLEEP_MAX))
    }

    /// One turn: applies a batch, commits it, carries it out. Any input lets due timers fire; a
    /// batch without one is the passing of time, so that questions alone cannot hold time up.
    async fn turn(&mut self, batch: Vec<Envelope>) -> Result<(), StoreError> {
        let mut out = Outcome::default();
        let mut waiting = Vec::with_capacity(batch.len());
        let mut ended = Vec::new();
        let mut since: Vec<Instant> = self.due().into_iter().collect();
        if !batch.iter().any(|envelope| matches!(envelope, Envelope::Apply { .. })) {
            self.apply(Input::Tick, &mut out).await?;
            waiting.push(None);
        }
        for envelope in batch {
            match envelope {
                Envelope::Apply { input, reply, since: sent } => {
                    since.push(sent);
                    let started = match &input {
                        Input::AttemptStarted { attempt, pid, .. } => Some((*attempt, *pid)),
                        Input::AttemptEnded { attempt, .. } => {
                            ended.push(*attempt);
                            None
                        }
                        _ => None,
                    };
                    self.apply(input, &mut out).await?;
                    if let Some((attempt, pid)) = started {
                        self.note_start(attempt, pid, out.replies.last_mut());
                    }
                    waiting.push(Some(reply));
                }
                Envelope::Explain { subject, reply } => {
                    // A questioner who left needs no answer.
                    let _ = reply.send(self.world.explain(&subject, self.clock.now()));
                }
            }
        }
        let began = Instant::now();
        self.commit(&out).await?;
        let now = Instant::now();
        for attempt in ended {
            self.alive.remove(&attempt);
        }
        self.carry_out(out.effects);
        answer(waiting, out.replies);
        let committed = (!out.writes.is_empty()).then(|| now - began);
        self.pace.turn(since.into_iter().map(|since| now - since), committed, self.alive.len());
        Ok(())
    }

    /// When the first timer was due, if it was. A clock that somebody set is no lag.
    fn due(&self) -> Option<Instant> {
        let late = self.clock.now().since(self.wake_at?);
        Instant::now().checked_sub(late.to_std()).filter(|_| late >= TimeSpan::ZERO && late.to_std() < SLEEP_MAX)
    }

    /// Accepts a repeated report of a start. A commit may have succeeded although the database
    /// reported a failure; then the worker reports again, and is not a second one (S-11.4).
    fn note_start(&mut self, attempt: AttemptKey, pid: u32, reply: Option<&mut Reply>) {
        let (Some(reply), Some(known)) = (reply, self.alive.get_mut(&attempt)) else { return };
        match reply {
            Reply::Done => *known = Some(pid),
            Reply::Stale if *known == Some(pid) && self.world.is_current(attempt) => *reply = Reply::Done,
            _ => {}
        }
    }

    async fn apply(&mut self, input: Input, out: &mut Outcome) -> Result<(), StoreError> {
        let now = self.clock.now();
        loop {
            let needs = self.world.needs(&input, now);
            if needs.is_empty() {
                break;
            }
            let facts = self.store.facts(needs).await?;
            self.world.supply(facts);
        }
        self.world.apply(input, now, out);
        Ok(())
    }

    async fn commit(&mut self, out: &Outcome) -> Result<(), StoreError> {
        if !out.writes.is_empty() {
            self.store.commit(self.epoch, &out.writes, &[]).await?;
            if let Some(observer) = &self.observer {
                observer.committed(&out.writes);
            }
        }
        self.world.committed();
        self.wake_at = out.wake_at;
        Ok(())
    }

    /// Performs effects whose writes are committed. Each is idempotent and names its attempt.
    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Dispatch(workload) => {
                    self.alive.entry(workload.attempt).or_default();
                    self.executor.dispatch(*workload);
                }
                Effect::Kill { attempt, reason } => self.executor.kill(attempt, kill_text(reason)),
                Effect::RunCallback(request) => self.callbacks.run(*request),
            }
        }
    }

    /// After a failed turn: leave if somebody else leads, else rebuild until the store answers.
    async fn recover(&mut self, error: StoreError, stop: &CancellationToken) -> Result<(), SchedulerError> {
        let mut error = error;
        let mut pause = REBUILD_PAUSE.0;
        loop {
            match error {
                StoreError::Deposed { .. } => return Err(SchedulerError::Deposed),
                StoreError::Corrupt { .. } => return Err(SchedulerError::Store(error)),
                _ => tracing::error!(error = %chain(&error), "a commit failed; rebuilding from the store"),
            }
            match self.rebuild().await {
                Ok(()) => return Ok(()),
                Err(again) => error = again,
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(REBUILD_PAUSE.1),
            }
        }
    }

    /// Loads the world anew. What the executor still holds goes on; what it holds and the world
    /// does not know is stopped.
    async fn rebuild(&mut self) -> Result<(), StoreError> {
        let snapshot = self.store.load_snapshot().await?;
        let mut out = Outcome::default();
        // New ids must differ from those of the world that is dropped, also within a millisecond.
        self.options.seed = self.options.seed.wrapping_add(1);
        let alive: BTreeSet<AttemptKey> = self.alive.keys().copied().collect();
        self.world = World::rebuild(self.options.clone(), snapshot, &alive, self.clock.now(), &mut out);
        self.commit(&out).await?;
        if let Some(observer) = &self.observer {
            observer.unknown();
        }
        for stray in alive.into_iter().filter(|attempt| !self.world.is_current(*attempt)) {
            self.executor.kill(stray, kill_text(KillReason::StateChanged));
        }
        self.carry_out(out.effects);
        Ok(())
    }
}

fn answer(waiting: Vec<Option<oneshot::Sender<Reply>>>, replies: Vec<Reply>) {
    for (sender, reply) in waiting.into_iter().zip(replies) {
        if let Some(sender) = sender {
            // A submitter that left needs no answer; its input took effect all the same.
            let _ = sender.send(reply);
        }
    }
}

fn kill_text(reason: KillReason) -> &'static str {
    match reason {
        KillReason::StateChanged => "its state was changed from outside",
        KillReason::Cleared => "it was cleared, to run again",
        KillReason::RunTimedOut => "its run timed out",
        KillReason::FailFast => "another task of the run failed and the DAG fails fast",
    }
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
