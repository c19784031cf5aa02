//! One fork server: start it, have children forked, stop it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::child::{Child, ChildExit, ChildKind};
use crate::control::CHILD_DESCRIPTORS;
use crate::driver;

/// Spawn requests that wait for the control socket. A fork takes milliseconds, so more than this
/// many means that the fork server is stuck; callers then wait here.
const ORDERS_MAX: usize = 256;

/// How a fork server is set up.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// Folder of its own below the Tradewind home: sources, Airflow's home unless the user set one.
    pub work_dir: PathBuf,
    /// DAG bundles as name and folder; Python resolves files by the same list.
    pub bundles: Vec<(String, PathBuf)>,
    /// Environment variables added last, for instance Airflow settings from a configuration file.
    pub env: Vec<(String, String)>,
    /// Most template processes at once; each holds 10 MB and more. 0 turns templates off.
    pub templates_max: usize,
    /// How long the imports may take. Without a bytecode cache they take some 5 s on 2 cores.
    pub ready_timeout: Duration,
}

/// What the interpreter holds (protocol 1.17).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Versions {
    /// Version of `apache-airflow-core`.
    pub airflow: Option<String>,
    /// Version of `apache-airflow-task-sdk`.
    pub sdk: Option<String>,
    /// Version of the message bodies on fd 0; absent before SDK 1.3.
    pub api_version: Option<String>,
    /// Version of the HTTP plane for remote workers.
    pub execution_api_version: Option<String>,
    /// Version of the interpreter.
    pub python: String,
    /// Hash of the SDK's schema file, lower-case hexadecimal.
    pub schema_sha256: Option<String>,
}

/// What is wanted of a new child.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpawnRequest {
    /// What it is for.
    pub kind: ChildKind,
    /// The file whose template may serve the attempt; `None` = always fork without one.
    pub template: Option<TemplateFile>,
}

/// A DAG file, as the start-up message of an attempt names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TemplateFile {
    /// Name of the bundle.
    pub bundle_name: String,
    /// Folder of the bundle.
    pub bundle_path: PathBuf,
    /// Path of the file below the bundle.
    pub relative_fileloc: String,
}

/// Why there is no fork server.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BridgeError {
    /// No interpreter.
    #[error(transparent)]
    Environment(#[from] crate::environment::EnvironmentError),
    /// The sources could not be written, or a socket or pipe not be made.
    #[error("cannot prepare the Python bridge in {}", work_dir.display())]
    Prepare {
        /// Where.
        work_dir: PathBuf,
        /// Cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// The interpreter could not be executed.
    #[error("cannot run the Python interpreter {}; set another one or repair it", interpreter.display())]
    Interpreter {
        /// Which.
        interpreter: PathBuf,
        /// Cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// It ended before it was ready, mostly because an import failed.
    #[error(
        "the Python bridge ended while it imported Airflow with {}; \
         repair the environment or choose another interpreter. Its last words:\n{stderr_tail}",
        interpreter.display()
    )]
    Ended {
        /// Which.
        interpreter: PathBuf,
        /// Last lines of its standard error.
        stderr_tail: String,
    },
    /// It was not ready in time.
    #[error(
        "the Python bridge was not ready within {} s with {}. Its last words:\n{stderr_tail}",
        timeout.as_secs(), interpreter.display()
    )]
    Late {
        /// Which.
        interpreter: PathBuf,
        /// The limit.
        timeout: Duration,
        /// Last lines of its standard error.
        stderr_tail: String,
    },
    /// The interpreter holds an SDK that this release cannot speak to.
    #[error(
        "{} holds apache-airflow-task-sdk {}, which this release does not support; install version {}",
        interpreter.display(), found.as_deref().unwrap_or("of unknown version"), driver::SDK_SUPPORTED
    )]
    Unsupported {
        /// Which.
        interpreter: PathBuf,
        /// What was found.
        found: Option<String>,
    },
    /// The keeper was told to stop.
    #[error("the Python bridge is shutting down")]
    Stopping,
}

/// Why there is no child.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The fork server ended before it answered. No child is left.
    #[error("the Python bridge ended")]
    Closed,
    /// A plugin or setting changed: ask for the next fork server. No child is left.
    #[error("the Python bridge holds an older state of a plugin or setting")]
    Outdated,
    /// There is no fork server at the moment.
    #[error(transparent)]
    NoBridge(#[from] BridgeError),
    /// The fork server could not fork.
    #[error("the Python bridge refused to fork: {0}")]
    Refused(String),
    /// No descriptors left in this process; the child is killed.
    #[error("cannot take over the channels of a Python child")]
    Channels(#[from] io::Error),
}

/// A running fork server. Clones share it; when the last one is dropped it stays for the children
/// that still run, then ends.
#[derive(Clone, Debug)]
pub struct Bridge {
    orders: mpsc::Sender<Order>,
    versions: Arc<Versions>,
    pid: u32,
    signs: Signs,
}

/// What happened to a fork server, or should.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signs {
    pub(crate) stop: CancellationToken,
    pub(crate) outdated: CancellationToken,
    pub(crate) closed: CancellationToken,
}

/// A spawn request on its way to the driver.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) request: SpawnRequest,
    pub(crate) answer: oneshot::Sender<Result<Spawned, SpawnError>>,
}

/// This side's ends of a child's requests, stdout, stderr and logs.
pub(crate) type Channels = [UnixStream; CHILD_DESCRIPTORS];

/// A child as the driver knows it.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) pid: u32,
    pub(crate) from_template: bool,
    pub(crate) channels: Channels,
    pub(crate) exit: oneshot::Receiver<ChildExit>,
}

impl Bridge {
    /// Starts a fork server and waits until it has imported Airflow.
    ///
    /// # Errors
    /// See [`BridgeError`]; nothing is left running.
    ///
    /// # Cancel safety
    /// Dropping the future kills the process.
    pub async fn start(interpreter: PathBuf, options: &BridgeOptions) -> Result<Self, BridgeError> {
        let started = driver::start(interpreter, options).await?;
        let (orders, inbox) = mpsc::channel(ORDERS_MAX);
        let signs = Signs::default();
        let bridge =
            Self { orders, versions: Arc::new(started.versions.clone()), pid: started.pid(), signs: signs.clone() };
        tokio::spawn(driver::drive(started, inbox, signs));
        Ok(bridge)
    }

    /// What the interpreter holds.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Process id of the fork server.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Has a child forked. Returns as soon as it exists; most wait for a first frame.
    ///
    /// # Errors
    /// See [`SpawnError`]; no child is left.
    ///
    /// # Cancel safety
    /// A child whose caller went away is killed.
    pub async fn spawn(&self, request: SpawnRequest) -> Result<Child, SpawnError> {
        let (answer, answered) = oneshot::channel();
        let order = Order { request, answer };
        self.orders.send(order).await.map_err(|_| SpawnError::Closed)?;
        let Spawned { pid, from_template, channels, exit } = answered.await.map_err(|_| SpawnError::Closed)??;
        let [requests, stdout, stderr, logs] = channels;
        Ok(Child { pid, requests, stdout, stderr, logs, from_template, exit })
    }

    /// Resolves when the fork server and all its children ended.
    pub async fn closed(&self) {
        self.signs.closed.cancelled().await;
    }

    /// Resolves when a plugin, a settings module or Airflow's configuration file changed after the
    /// fork server read it. It forks no more; its running children go on.
    pub async fn outdated(&self) {
        self.signs.outdated.cancelled().await;
    }

    /// Ends the fork server, and with it all children that still run; resolves when it is gone.
    pub async fn stop(&self) {
        self.signs.stop.cancel();
        self.signs.closed.cancelled().await;
    }
}

impl ChildKind {
    /// The word for it on the control socket.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Parse => "parse",
            Self::ConnectionTest => "connection_test",
        }
    }
}
