//! Everything in one process: the composition of `tradewind standalone`.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tw_api::{ApiOptions, ApiState, Changes, ConnectionTester};
use tw_config::Settings;
use tw_dagsource::{DagSource, ParseLimits, PythonCallbacks, PythonConnectionTests, PythonParser, bundles_of_folders};
use tw_engine::EngineOptions;
use tw_executor::LocalExecutor;
use tw_model::{TimeSpan, Timestamp};
use tw_python::{BridgeKeeper, BridgeOptions, BridgeService, EnvironmentOptions};
use tw_scheduler::{Clock, Handle, Scheduler, SystemClock};
use tw_store::{Account, Store, StoreOptions};
use tw_supervisor::{Supervisor, SupervisorOptions, UsageSampler};
use tw_tasklog::LogLayout;

use crate::cli::exit::Fault;
use crate::cli::server::ServerFile;
use crate::compose::callbacks::BackgroundCallbacks;
use crate::compose::changes::Screens;
use crate::compose::control::{Bridge, ConnectionTests, SchedulerControl, page};
use crate::compose::dag_files::{SchedulerSink, StoredFiles, StoredValues};
use crate::compose::home::{self, ADMIN, FirstPassword};
use crate::compose::python::{BridgeChildren, Supervised};
use crate::compose::services::Services;

/// Template processes at most; each holds 10 MB and more beyond what it shares.
const TEMPLATES_MAX: usize = 16;
/// How long the imports of the Python bridge may take, a cold disk included.
const BRIDGE_READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long the parts may take to end after a stop was asked for.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a test of a connection may take. Below the time of a request, so that its message
/// arrives.
const CONNECTION_TEST_TIME_MAX: Duration = Duration::from_secs(20);
/// The token in `server.json` is as long-lived as a server is expected to be up.
const LOCAL_TOKEN_LIFETIME: TimeSpan = TimeSpan::from_secs(365 * 24 * 3600);

/// A server that runs in this process.
pub(crate) struct Running {
    /// Its base address.
    pub(crate) url: String,
    /// A bearer token of an administrator.
    pub(crate) token: String,
    runtime: Runtime,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Stops the server and waits for its end.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.runtime.block_on(self.served)?
    }
}

/// Starts a server and answers once it serves.
pub(crate) fn start(settings: Settings) -> anyhow::Result<Running> {
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let stop = CancellationToken::new();
    let server = runtime.block_on(Server::compose(&settings))?;
    let (url, token) = (server.url.clone(), server.token.clone());
    let served = runtime.spawn(server.serve(stop.clone()));
    Ok(Running { url, token, runtime, stop, served })
}

/// Runs a server until it is told to stop by SIGTERM or SIGINT.
pub(crate) fn run(settings: Settings) -> anyhow::Result<()> {
    let runtime = Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let server = Server::compose(&settings).await?;
        server.greet(&settings);
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone()));
        server.serve(stop).await
    })
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    eprintln!("stopping");
    stop.cancel();
}

/// All parts, connected and not yet running.
struct Server {
    url: String,
    token: String,
    first_password: FirstPassword,
    home: PathBuf,
    /// Held for as long as the server lives.
    _lock: File,
    listener: TcpListener,
    api: ApiState,
    scheduler: Scheduler,
    dag_source: DagSource,
    bridge: BridgeService,
    executor: LocalExecutor,
    usage: UsageSampler,
}

impl Server {
    async fn compose(settings: &Settings) -> anyhow::Result<Self> {
        let lock = home::take(&settings.home)?;
        let bundles = bundles(settings)?;
        let listener = bind(&settings.host, settings.port).await?;
        let address = listener.local_addr()?;
        let now = SystemClock.now();
        let store = open_store(settings, now).await?;
        let password = settings.security.admin_password.as_deref();
        let (admin, first_password) = home::first_admin(&store, &settings.home, password, now).await?;
        let (bridge, bridge_service) = BridgeKeeper::new(environment(settings), bridge_options(settings, &bundles));
        let logs = LogLayout::new(settings.home.join("logs"));
        let (handle, inbox) = Handle::new();
        let changes = Changes::new(now);
        let services = Services { store: store.clone(), scheduler: handle.clone(), changes: changes.clone() };
        let children = BridgeChildren { bridge: bridge.clone(), bundles: bundles.clone() };
        let supervisor = Supervisor::new(supervisor_options(settings, &logs), Arc::new(children), Arc::new(services));
        let usage = supervisor.usage().clone();
        let runner = Supervised(Arc::new(supervisor));
        let executor = LocalExecutor::new(Arc::new(runner), settings.scheduler.parallelism as usize);
        let values = Arc::new(StoredValues(store.clone()));
        let limits = ParseLimits {
            file_timeout: settings.dag_processor.file_timeout,
            memory_bytes: settings.dag_processor.parse_memory_bytes,
        };
        let callbacks = PythonCallbacks::new(bridge.clone(), values.clone(), limits);
        let callbacks = BackgroundCallbacks::new(callbacks, handle.clone(), bundles.clone());
        let scheduler = Scheduler::start(
            store.clone(),
            Arc::new(executor.clone()),
            Arc::new(callbacks),
            Arc::new(SystemClock),
            engine_options(settings),
            &format!("{}:{}", hostname(), std::process::id()),
            inbox,
        )
        .await?;
        let scheduler = scheduler.observed_by(Arc::new(Screens(changes.clone())));
        let tests = PythonConnectionTests::new(bridge.clone(), values.clone(), CONNECTION_TEST_TIME_MAX);
        let tester = Arc::new(ConnectionTests(tests)) as Arc<dyn ConnectionTester>;
        let parser = PythonParser::new(bridge.clone(), values, limits);
        let dag_source = dag_source(settings, &bundles, &store, &handle, parser)?;
        let api = ApiState::new(ApiOptions {
            store,
            control: Arc::new(SchedulerControl { scheduler: handle, changes, usage: usage.clone() }),
            python: Arc::new(Bridge(bridge)),
            connection_tester: Some(tester).filter(|_| settings.api.test_connection),
            pages: page,
            logs,
            bundles,
            slots: settings.scheduler.parallelism,
            secret: home::token_secret(&settings.home)?,
            version: env!("CARGO_PKG_VERSION"),
            clock: tw_api::system_clock,
        });
        let token = local_token(&api, &admin, now);
        let url = format!("http://{}", reachable(address));
        Ok(Self {
            url,
            token,
            first_password,
            home: settings.home.clone(),
            _lock: lock,
            listener,
            api,
            scheduler,
            dag_source,
            bridge: bridge_service,
            executor,
            usage,
        })
    }

    fn greet(&self, settings: &Settings) {
        eprintln!("Tradewind {} serves {}", env!("CARGO_PKG_VERSION"), self.url);
        eprintln!("  home      {}", self.home.display());
        for folder in &settings.dags {
            eprintln!("  DAGs      {}", folder.display());
        }
        match &self.first_password {
            FirstPassword::Known => {}
            FirstPassword::Configured => eprintln!("  user      {ADMIN}, with the configured password"),
            FirstPassword::Generated(password) => {
                eprintln!("  user      {ADMIN}, password {password} (kept in {}/admin-password)", self.home.display());
            }
        }
    }

    /// Runs every part until `stop`, or until one of them ends, which stops the others.
    async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let pid = std::process::id();
        ServerFile { url: self.url.clone(), pid, token: self.token.clone() }
            .write(&self.home)
            .context("cannot write server.json to the home folder")?;
        let mut parts: JoinSet<(&'static str, anyhow::Result<()>)> = JoinSet::new();
        let (api, listener, token) = (tw_api::router(self.api), self.listener, stop.clone());
        parts.spawn(async move { ("api", tw_api::serve(listener, api, token).await.map_err(Into::into)) });
        let (scheduler, token) = (self.scheduler, stop.clone());
        parts.spawn(async move { ("scheduler", scheduler.run(token).await.map_err(Into::into)) });
        let (dag_source, token) = (self.dag_source, stop.clone());
        parts.spawn(async move {
            dag_source.run(token).await;
            ("dag source", Ok(()))
        });
        let (bridge, token) = (self.bridge, stop.clone());
        parts.spawn(async move {
            bridge.run(token).await;
            ("python bridge", Ok(()))
        });
        let (usage, token) = (self.usage, stop.clone());
        parts.spawn(async move {
            usage.run(token).await;
            ("usage sampler", Ok(()))
        });
        let outcome = supervise(&mut parts, &stop).await;
        // Attempts end with the Python bridge; what was running is tried again at the next start.
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.executor.stop("the server is stopping")).await;
        ServerFile::remove(&self.home, pid).context("cannot remove server.json")?;
        outcome
    }
}

/// Waits for the first part to end, stops the others, and waits for them within a limit.
async fn supervise(
    parts: &mut JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    let mut ended = |part: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>| {
        let failure = match part {
            Ok((_, Ok(()))) if stop.is_cancelled() => return,
            Ok((name, Ok(()))) => anyhow::anyhow!("the {name} ended unexpectedly"),
            Ok((name, Err(error))) => error.context(format!("the {name} failed")),
            Err(error) => anyhow::Error::new(error).context("a part of the server panicked"),
        };
        if outcome.is_ok() {
            outcome = Err(failure);
        }
    };
    if let Some(first) = parts.join_next().await {
        ended(first);
        stop.cancel();
    }
    let rest = async {
        while let Some(part) = parts.join_next().await {
            ended(part);
        }
    };
    if tokio::time::timeout(STOP_TIMEOUT, rest).await.is_err() {
        tracing::warn!("parts of the server did not end in time and are dropped");
    }
    outcome
}

async fn bind(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((host, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("port {port} on {host} is in use; stop the other program, or choose another port with --port")
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot listen on {host}, port {port}; check --host and --port"))
        }
    }
}

/// An address that a client on this machine can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}

async fn open_store(settings: &Settings, now: Timestamp) -> anyhow::Result<Store> {
    let key = home::fernet_key(&settings.home, settings.security.fernet_key.as_deref())?;
    // Several keys, as Airflow takes them: the first encrypts, all decrypt.
    let fernet_keys = key.split(',').map(|key| key.trim().to_owned()).collect();
    let options = StoreOptions { fernet_keys, ..StoreOptions::default() };
    let store = Store::open(&settings.database, options).await.context("cannot open the database")?;
    store.migrate(now).await.context("cannot prepare the database")?;
    Ok(store)
}

/// The DAG folders as named bundles. The default folder is made; one that was named must exist.
fn bundles(settings: &Settings) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let default = settings.home.join("dags");
    for folder in &settings.dags {
        if *folder == default {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        } else if !folder.is_dir() {
            let message = "does not exist; create it, or name another with --dags";
            return Err(Fault::Refused(format!("the DAG folder {} {message}", folder.display())).into());
        }
    }
    let bundles = bundles_of_folders(settings.dags.iter().map(PathBuf::as_path));
    Ok(bundles.into_iter().map(|bundle| (bundle.name, bundle.path)).collect())
}

fn environment(settings: &Settings) -> EnvironmentOptions {
    EnvironmentOptions {
        interpreter: settings.python.clone(),
        virtual_env: settings.virtual_env.clone(),
        managed_dir: settings.home.join("python"),
    }
}

fn bridge_options(settings: &Settings, bundles: &[(String, PathBuf)]) -> BridgeOptions {
    BridgeOptions {
        work_dir: settings.home.join("bridge"),
        bundles: bundles.to_vec(),
        env: Vec::new(),
        templates_max: TEMPLATES_MAX,
        ready_timeout: BRIDGE_READY_TIMEOUT,
    }
}

fn supervisor_options(settings: &Settings, logs: &LogLayout) -> SupervisorOptions {
    let mut options = SupervisorOptions::new(hostname(), username(), logs.clone());
    options.kill_grace = settings.task.kill_grace;
    options.overtime = settings.task.overtime;
    options
}

fn engine_options(settings: &Settings) -> EngineOptions {
    let scheduler = &settings.scheduler;
    EngineOptions {
        seed: rand::random(),
        parallelism: scheduler.parallelism,
        dags_are_paused_at_creation: scheduler.dags_are_paused_at_creation,
        scheduled_runs: scheduler.scheduled_runs,
        max_retry_delay: TimeSpan::from_micros(
            i64::try_from(scheduler.max_retry_delay.as_micros()).unwrap_or(i64::MAX),
        ),
        default_pool_slots: i32::try_from(scheduler.default_pool_slots).unwrap_or(i32::MAX),
    }
}

fn dag_source(
    settings: &Settings,
    bundles: &[(String, PathBuf)],
    store: &Store,
    handle: &Handle,
    parser: PythonParser,
) -> anyhow::Result<DagSource> {
    let processor = &settings.dag_processor;
    let mut options = tw_dagsource::Options::new(bundles_of_folders(bundles.iter().map(|(_, path)| path.as_path())));
    options.parses_max = processor.parsing_processes as usize;
    options.rescan_period = processor.rescan;
    options.environment = format!(
        "{} {}",
        env!("CARGO_PKG_VERSION"),
        settings.python.as_ref().or(settings.virtual_env.as_ref()).map_or("managed".into(), |p| p.to_string_lossy())
    );
    let memory = StoredFiles { store: store.clone(), bundles: bundles.iter().map(|(name, _)| name.clone()).collect() };
    let sink = SchedulerSink(handle.clone());
    Ok(DagSource::new(options, Arc::new(parser), Arc::new(sink), Arc::new(memory))?)
}

fn local_token(api: &ApiState, admin: &Account, now: Timestamp) -> String {
    api.issue_token(admin, now, LOCAL_TOKEN_LIFETIME)
}

fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The name of the user this process runs as, or its number where there is no name.
fn username() -> String {
    std::env::var("USER").unwrap_or_else(|_| rustix::process::getuid().as_raw().to_string())
}
