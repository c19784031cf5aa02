//! What every handler shares.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;
use tw_model::{TimeSpan, Timestamp};
use tw_store::{Account, Store};
use tw_tasklog::LogLayout;

use crate::auth::{Secret, Throttle, TokenKeys};
use crate::changes::Changes;
use crate::control::{ConnectionTester, Control, PythonHealth};
use crate::pages::Pages;
use crate::ui::UiState;
use crate::versions::Versions;

/// Password verifications at the same time: each takes a core and 19 MiB.
const PASSWORD_CHECKS_MAX: usize = 2;

/// What the API is made of.
pub struct ApiOptions {
    /// The metadata store.
    pub store: Store,
    /// The way to the scheduler.
    pub control: Arc<dyn Control>,
    /// How Python does.
    pub python: Arc<dyn PythonHealth>,
    /// What tests connections; `None` = the operator does not want tests.
    pub connection_tester: Option<Arc<dyn ConnectionTester>>,
    /// The browser part.
    pub pages: Pages,
    /// Where the logs of attempts are.
    pub logs: LogLayout,
    /// The DAG folders by the name of their bundle.
    pub bundles: Vec<(String, PathBuf)>,
    /// Task instances that may run at the same time.
    pub slots: u32,
    /// What signs tokens.
    pub secret: Secret,
    /// Version told to clients, this product's own.
    pub version: &'static str,
    /// The time; [`system_clock`] but in tests.
    pub clock: fn() -> Timestamp,
}

/// The system's time.
pub fn system_clock() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// A cheap handle on what handlers need.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

struct Shared {
    options: ApiOptions,
    tokens: TokenKeys,
    throttle: Throttle,
    password_checks: Semaphore,
    versions: Versions,
    ui: UiState,
}

impl ApiState {
    /// State made of these parts.
    pub fn new(options: ApiOptions) -> Self {
        let state = Self(Arc::new(Shared {
            tokens: TokenKeys::new(&options.secret),
            throttle: Throttle::default(),
            password_checks: Semaphore::new(PASSWORD_CHECKS_MAX),
            versions: Versions::default(),
            ui: UiState::default(),
            options,
        }));
        // Weak: the list of changes is part of the state.
        let shared = Arc::downgrade(&state.0);
        state.changes().tell(move |change| {
            if let Some(shared) = shared.upgrade() {
                shared.ui.forget(change);
            }
        });
        state
    }

    /// A bearer token for `account`, good from `now` for `lifetime`. For the composer, which hands
    /// it to programs that may read the server's home folder anyway.
    pub fn issue_token(&self, account: &Account, now: Timestamp, lifetime: TimeSpan) -> String {
        self.tokens().issue(account, now, lifetime)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.options.store
    }

    pub(crate) fn control(&self) -> &dyn Control {
        &*self.0.options.control
    }

    /// What was committed, for those who watch.
    pub(crate) fn changes(&self) -> &Changes {
        self.control().changes()
    }

    pub(crate) fn python(&self) -> &dyn PythonHealth {
        &*self.0.options.python
    }

    pub(crate) fn connection_tester(&self) -> Option<&dyn ConnectionTester> {
        self.0.options.connection_tester.as_deref()
    }

    pub(crate) fn pages(&self) -> Pages {
        self.0.options.pages
    }

    pub(crate) fn bundles(&self) -> &[(String, PathBuf)] {
        &self.0.options.bundles
    }

    pub(crate) fn slots(&self) -> u32 {
        self.0.options.slots
    }

    pub(crate) fn ui(&self) -> &UiState {
        &self.0.ui
    }

    pub(crate) fn logs(&self) -> &LogLayout {
        &self.0.options.logs
    }

    pub(crate) fn version(&self) -> &'static str {
        self.0.options.version
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.options.clock)()
    }

    pub(crate) fn tokens(&self) -> &TokenKeys {
        &self.0.tokens
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn password_checks(&self) -> &Semaphore {
        &self.0.password_checks
    }

    pub(crate) fn versions(&self) -> &Versions {
        &self.0.versions
    }
}
