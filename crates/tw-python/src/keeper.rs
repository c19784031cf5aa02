//! Keeps one fork server running: finds the interpreter, starts, restarts with growing pauses.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::bridge::{Bridge, BridgeError, BridgeOptions, SpawnError, SpawnRequest};
use crate::child::Child;
use crate::environment::{self, EnvironmentOptions};

/// First pause before a restart.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// A broken environment is tried again this often: soon after the user repaired it.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A fork server that lived this long was healthy, so its end is a first failure again.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// Where to get the current fork server. Clones share it.
#[derive(Clone, Debug)]
pub struct BridgeKeeper {
    state: watch::Receiver<State>,
}

#[derive(Clone, Debug)]
enum State {
    Starting,
    Ready(Bridge),
    Failed(BridgeError),
}

/// The loop behind a [`BridgeKeeper`]; the composer runs it.
#[derive(Debug)]
pub struct BridgeService {
    environment: EnvironmentOptions,
    options: BridgeOptions,
    state: watch::Sender<State>,
}

impl BridgeKeeper {
    /// Makes the handle and the service that serves it.
    #[must_use]
    pub fn new(environment: EnvironmentOptions, options: BridgeOptions) -> (Self, BridgeService) {
        let (sender, state) = watch::channel(State::Starting);
        (Self { state }, BridgeService { environment, options, state: sender })
    }

    /// Has a child forked by the current fork server, or by the next one when a plugin changed.
    ///
    /// # Errors
    /// See [`SpawnError`]; no child is left.
    pub async fn spawn(&self, request: SpawnRequest) -> Result<Child, SpawnError> {
        loop {
            let bridge = self.current().await?;
            match bridge.spawn(request.clone()).await {
                Err(SpawnError::Outdated) => self.replaced(bridge.pid()).await,
                answer => return answer,
            }
        }
    }

    /// Waits until the service saw that this fork server is outdated.
    async fn replaced(&self, pid: u32) {
        let mut state = self.state.clone();
        // An error means that the service ended, which the next question finds out as well.
        let _ = state.wait_for(|state| !matches!(state, State::Ready(bridge) if bridge.pid() == pid)).await;
    }

    /// Waits while the fork server starts, then returns it, or why there is none at the moment.
    ///
    /// # Errors
    /// See [`BridgeError`]. The service tries again by itself; call again later.
    pub async fn current(&self) -> Result<Bridge, BridgeError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| !matches!(state, State::Starting)).await;
        match settled.as_deref() {
            Ok(State::Ready(bridge)) => Ok(bridge.clone()),
            Ok(State::Failed(error)) => Err(error.clone()),
            Ok(State::Starting) | Err(_) => Err(BridgeError::Stopping),
        }
    }

    /// Waits until there is a fork server, however long that takes.
    ///
    /// # Errors
    /// `Stopping`: there will be none any more.
    pub async fn ready(&self) -> Result<(), BridgeError> {
        let mut state = self.state.clone();
        let settled =
            state.wait_for(|state| matches!(state, State::Ready(_) | State::Failed(BridgeError::Stopping))).await;
        match settled.as_deref() {
            Ok(State::Ready(_)) => Ok(()),
            _ => Err(BridgeError::Stopping),
        }
    }
}

impl BridgeService {
    /// Serves until `stop`; then ends the fork server and all its children.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = PAUSE_MIN;
        // What was told last: the same again is no news.
        let mut told = String::new();
        loop {
            let started = tokio::select! {
                started = self.start() => started,
                () = stop.cancelled() => break,
            };
            let since = Instant::now();
            match started {
                Ok(bridge) => {
                    told.clear();
                    self.state.send_replace(State::Ready(bridge.clone()));
                    tokio::select! {
                        () = bridge.closed() => tracing::warn!(pid = bridge.pid(), "the python bridge ended, starting another"),
                        () = bridge.outdated() => {
                            tracing::info!(pid = bridge.pid(), "a plugin or setting changed, starting another python bridge");
                            self.state.send_replace(State::Starting);
                            pause = PAUSE_MIN;
                            continue;
                        }
                        () = stop.cancelled() => {
                            bridge.stop().await;
                            break;
                        }
                    }
                    self.state.send_replace(State::Starting);
                    if since.elapsed() >= HEALTHY_AFTER {
                        pause = PAUSE_MIN;
                    }
                }
                Err(error) => {
                    let text = chain(&error);
                    if text == told {
                        tracing::debug!(error = text, "no python bridge yet");
                    } else {
                        tracing::error!(error = text, "no python bridge; tried again until there is one");
                        told = text;
                    }
                    self.state.send_replace(State::Failed(error));
                }
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => break,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        self.state.send_replace(State::Failed(BridgeError::Stopping));
    }

    async fn start(&self) -> Result<Bridge, BridgeError> {
        let environment = environment::find_or_build(&self.environment).await?;
        let bridge = Bridge::start(environment.interpreter.clone(), &self.options).await?;
        tracing::info!(
            interpreter = %environment.interpreter.display(),
            origin = ?environment.origin,
            versions = ?bridge.versions(),
            "python bridge ready"
        );
        Ok(bridge)
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
