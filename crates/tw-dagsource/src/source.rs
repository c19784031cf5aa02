//! The service: looks, has parsed what is due, hands results over, remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tw_engine::ParsedFile;
use tw_model::Timestamp;

use crate::lookout::Lookout;
use crate::options::{Bundle, Options};
use crate::plan::{Finish, Plan, Work};
use crate::port::{DagFile, FileKey, FileMemory, FileSink, ParseResult, Parser};

/// Pause between the first notice of a change and the look at it: an editor's several writes, or
/// a checkout's many files, become one scan.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Pause before work that could not be done is tried again. Both the bridge and the scheduler are
/// back within seconds, or need a person.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Requests for parses that wait. They are taken at once, so this is only ever full for moments.
const REQUESTS_MAX: usize = 64;

/// The DAG folders of a deployment, watched.
pub struct DagSource {
    options: Options,
    parser: Arc<dyn Parser>,
    sink: Arc<dyn FileSink>,
    memory: Arc<dyn FileMemory>,
    requests: mpsc::Receiver<ParseRequest>,
    handle: DagSourceHandle,
}

/// Asks a running [`DagSource`] for parses. Clones share it.
#[derive(Clone, Debug)]
pub struct DagSourceHandle {
    requests: mpsc::Sender<ParseRequest>,
}

#[derive(Debug)]
struct ParseRequest {
    bundle_name: String,
    relative_fileloc: Option<String>,
}

/// The folders cannot be watched as configured.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing to watch.
    #[error("no DAG folder is configured; name one with --dags")]
    NoBundle,
    /// Two bundles have one name.
    #[error("two DAG bundles are named {name:?}; names must be unique")]
    DuplicateBundle {
        /// The name.
        name: String,
    },
    /// A folder does not exist, or is none.
    #[error("DAG folder {} (bundle {bundle_name:?}) cannot be read; create it, or name another folder with --dags", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The bundle.
        bundle_name: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

impl DagSourceHandle {
    /// Has one file parsed soon, or all files of a bundle, whether or not they changed.
    pub async fn request_parse(&self, bundle_name: &str, relative_fileloc: Option<&str>) {
        let (bundle_name, relative_fileloc) = (bundle_name.to_owned(), relative_fileloc.map(str::to_owned));
        // A source that has stopped parses nothing; neither would one that stops a moment later.
        let _ = self.requests.send(ParseRequest { bundle_name, relative_fileloc }).await;
    }
}

impl DagSource {
    /// Checks the folders. Nothing is read or parsed before [`DagSource::run`].
    ///
    /// # Errors
    /// See [`StartError`]. A folder that vanishes later is no error: what is known of it stays.
    pub fn new(
        mut options: Options,
        parser: Arc<dyn Parser>,
        sink: Arc<dyn FileSink>,
        memory: Arc<dyn FileMemory>,
    ) -> Result<Self, StartError> {
        if options.bundles.is_empty() {
            return Err(StartError::NoBundle);
        }
        let mut names = BTreeSet::new();
        for Bundle { name, path } in &mut options.bundles {
            if !names.insert(name.clone()) {
                return Err(StartError::DuplicateBundle { name: name.clone() });
            }
            let failed = |source| StartError::Folder { path: path.clone(), bundle_name: name.clone(), source };
            std::fs::read_dir(&path).map_err(failed)?;
            *path = std::path::absolute(&path).map_err(failed)?;
        }
        let (sender, requests) = mpsc::channel(REQUESTS_MAX);
        Ok(Self { options, parser, sink, memory, requests, handle: DagSourceHandle { requests: sender } })
    }

    /// Where to ask for parses.
    pub fn handle(&self) -> DagSourceHandle {
        self.handle.clone()
    }

    /// Serves until `stop`. Parses that are going on are given up then.
    pub async fn run(self, stop: CancellationToken) {
        let remembered = self.memory.load().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot read which files were parsed before, all are parsed again");
            Vec::new()
        });
        let mut plan = Plan::new(self.options.environment.clone(), remembered);
        plan.keep_bundles(&self.options.bundles.iter().map(|bundle| bundle.name.as_str()).collect::<Vec<_>>());
        let noticed = Arc::new(Notify::new());
        let lookout = Lookout::new(&self.options, Arc::clone(&noticed));
        let running = Running {
            plan,
            lookout: Some(lookout),
            work: JoinSet::new(),
            resume_at: None,
            hindrance: None,
            source: self,
        };
        running.serve(stop, &noticed).await;
    }
}

struct Running {
    source: DagSource,
    plan: Plan,
    /// Away while a scan runs.
    lookout: Option<Lookout>,
    /// No new work before this: the bridge or the scheduler is away.
    resume_at: Option<Instant>,
    /// Why nothing was parsed the last time.
    hindrance: Option<String>,
    work: JoinSet<(FileKey, Finish)>,
}

impl Running {
    async fn serve(mut self, stop: CancellationToken, noticed: &Notify) {
        let mut scan_at = Instant::now();
        loop {
            if scan_at <= Instant::now() {
                self.scan().await;
                scan_at = Instant::now() + self.source.options.rescan_period;
            }
            self.start_work();
            self.remember().await;
            let now = Instant::now();
            let wake_at = [self.plan.wake_at(now), self.resume_at].into_iter().flatten().fold(scan_at, Instant::min);
            tokio::select! {
                () = stop.cancelled() => break,
                () = noticed.notified() => scan_at = scan_at.min(Instant::now() + DEBOUNCE),
                Some(request) = self.source.requests.recv() => {
                    self.plan.force(&request.bundle_name, request.relative_fileloc.as_deref());
                }
                Some(done) = self.work.join_next() => match done {
                    Ok((key, finish)) => self.finish(&key, finish),
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                () = sleep_until(wake_at.into()) => {}
            }
        }
        self.work.shutdown().await;
    }

    async fn scan(&mut self) {
        let names = self.source.options.bundles.iter().map(|bundle| bundle.name.clone());
        let known: BTreeMap<_, _> = names.map(|name| (name.clone(), self.plan.contents(&name))).collect();
        let mut lookout = self.lookout.take().expect("it is put back by every scan");
        let looked = tokio::task::spawn_blocking(move || {
            let scans = lookout.look(&known);
            (lookout, scans)
        });
        let (lookout, scans) = match looked.await {
            Ok(found) => found,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        self.lookout = Some(lookout);
        scans.into_iter().for_each(|(name, scan)| self.plan.observe(&name, scan));
    }

    fn finish(&mut self, key: &FileKey, finish: Finish) {
        match &finish {
            Finish::Refused(reason) => {
                self.resume_at = Some(Instant::now() + RETRY_PAUSE);
                // Said once, not at each of the many tries that follow.
                if self.hindrance.as_ref() != Some(reason) {
                    tracing::warn!(reason, "DAG files cannot be parsed at the moment; tried again until they can");
                    self.hindrance = Some(reason.clone());
                }
            }
            Finish::Parsed { .. } | Finish::Withdrawn if self.hindrance.take().is_some() => {
                tracing::info!("DAG files are parsed again")
            }
            _ => {}
        }
        self.plan.finish(key, finish);
    }

    fn start_work(&mut self) {
        if self.resume_at.is_some_and(|at| at > Instant::now()) {
            return;
        }
        self.resume_at = None;
        while self.work.len() < self.source.options.parses_max.max(1) {
            let Some(work) = self.plan.next(Instant::now()) else { return };
            let (parser, sink) = (Arc::clone(&self.source.parser), Arc::clone(&self.source.sink));
            match work {
                Work::Withdraw(key) => drop(self.work.spawn(withdraw(sink, key))),
                Work::Parse(key) => {
                    let recheck_period = self.source.options.recheck_period;
                    let file = self.source.dag_file(key);
                    self.work.spawn(parse(parser, sink, file, recheck_period));
                }
            }
        }
    }

    async fn remember(&mut self) {
        let (unsaved, forgotten) = (self.plan.take_unsaved(now()), self.plan.take_forgotten());
        let memory = &self.source.memory;
        // What is lost here is parsed once more after the next start, and nothing worse.
        if !unsaved.is_empty()
            && let Err(error) = memory.save(&unsaved).await
        {
            tracing::warn!(%error, files = unsaved.len(), "cannot remember which files were parsed");
        }
        if !forgotten.is_empty()
            && let Err(error) = memory.forget(&forgotten).await
        {
            tracing::warn!(%error, files = forgotten.len(), "cannot forget files that are gone");
        }
    }
}

impl DagSource {
    fn dag_file(&self, key: FileKey) -> DagFile {
        let bundle = self.options.bundles.iter().find(|bundle| bundle.name == key.bundle_name);
        let bundle_path = bundle.expect("only files of configured bundles are parsed").path.clone();
        DagFile { path: bundle_path.join(&key.relative_fileloc), bundle_path, key }
    }
}

async fn parse(
    parser: Arc<dyn Parser>,
    sink: Arc<dyn FileSink>,
    file: DagFile,
    recheck_period: Duration,
) -> (FileKey, Finish) {
    let (path, key) = (&file.path, file.key.clone());
    let text = match tokio::fs::read(path).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            // Mostly it vanished after the scan; the next one will say so.
            tracing::debug!(file = %path.display(), %error, "cannot read file");
            return (key, Finish::Postponed(Instant::now() + RETRY_PAUSE));
        }
    };
    let started = Instant::now();
    let parsed = match parser.parse(&file).await {
        ParseResult::Parsed(parsed) => parsed,
        ParseResult::Unavailable { reason } => {
            return (key, Finish::Refused(reason));
        }
    };
    let took = started.elapsed();
    let defines_dags = !parsed.dags.is_empty() || !parsed.import_errors.is_empty();
    let again = parsed.reads_stored_values || !parsed.import_errors.is_empty();
    tracing::info!(
        file = %path.display(), dags = parsed.dags.len(), errors = parsed.import_errors.len(),
        ms = took.as_millis() as u64, "parsed"
    );
    let parsed_file = ParsedFile {
        bundle_name: key.bundle_name.clone(),
        relative_fileloc: key.relative_fileloc.clone(),
        source: text.into(),
        dags: parsed.dags,
        import_errors: parsed.import_errors,
        gone: false,
        parse_micros: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
    };
    let finish = match sink.submit(parsed_file).await {
        Ok(()) => Finish::Parsed { defines_dags, again_at: again.then(|| Instant::now() + recheck_period) },
        Err(error) => Finish::Refused(format!("a parsed file cannot be handed over: {error}")),
    };
    (key, finish)
}

async fn withdraw(sink: Arc<dyn FileSink>, key: FileKey) -> (FileKey, Finish) {
    let gone = ParsedFile {
        bundle_name: key.bundle_name.clone(),
        relative_fileloc: key.relative_fileloc.clone(),
        source: "".into(),
        dags: Vec::new(),
        import_errors: Vec::new(),
        gone: true,
        parse_micros: 0,
    };
    let finish = match sink.submit(gone).await {
        Ok(()) => {
            tracing::info!(bundle = key.bundle_name, file = key.relative_fileloc, "DAG file is gone");
            Finish::Withdrawn
        }
        Err(error) => Finish::Refused(format!("a file that is gone cannot be withdrawn: {error}")),
    };
    (key, finish)
}

fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
