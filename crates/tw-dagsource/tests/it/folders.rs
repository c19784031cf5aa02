//! Files come, change and go; what reaches the sink is compared.
//!
//! The files say what their parse gives: `dag <id>` defines a DAG, `error <text>` is a problem,
//! `stored` reads a variable, `wait` lets the parse go on only when the test says so. The rescan
//! period is an hour, so whatever happens is due to a notification.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tw_dagsource::{
    Bundle, DagFile, DagSource, FileKey, FileMemory, FileSink, KnownFile, Options, ParseResult, Parsed, Parser,
    PortError, StartError, bundles_of_folders,
};
use tw_engine::{ParsedDag, ParsedFile};
use tw_model::Dag;

/// Far longer than anything here takes; a test that gets this far has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads files as described above.
struct ScriptParser {
    /// Parses of files that say `wait` take a permit each.
    gate: Semaphore,
    /// So many parses are refused before one is done.
    refusals: Mutex<u32>,
}

#[async_trait]
impl Parser for ScriptParser {
    async fn parse(&self, file: &DagFile) -> ParseResult {
        let text = fs::read_to_string(&file.path).unwrap_or_default();
        if take_one(&self.refusals) {
            return ParseResult::Unavailable { reason: "not now".to_owned() };
        }
        if text.contains("wait") {
            self.gate.acquire().await.unwrap().forget();
        }
        let mut parsed = Parsed::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("dag", id)) => parsed.dags.push(dag(id)),
                Some(("error", text)) => parsed.import_errors.push(text.to_owned()),
                _ => parsed.reads_stored_values |= line == "stored",
            }
        }
        ParseResult::Parsed(parsed)
    }
}

/// Whether there was one left.
fn take_one(count: &Mutex<u32>) -> bool {
    let mut count = count.lock().unwrap();
    let left = count.checked_sub(1);
    *count = left.unwrap_or(0);
    left.is_some()
}

fn dag(id: &str) -> ParsedDag {
    let document = serde_json::json!({"__version": 3, "dag": {"dag_id": id, "tasks": [],
        "timetable": {"__type": "airflow.timetables.simple.NullTimetable", "__var": {}}}});
    let dag: Dag = tw_wire::dag::decode(&document).unwrap();
    ParsedDag { content_hash: tw_wire::dag::content_hash(&dag), dag: Arc::new(dag) }
}

/// Hands over to the test, and refuses when told to.
struct ChannelSink {
    submitted: mpsc::UnboundedSender<ParsedFile>,
    refusals: Mutex<u32>,
}

#[async_trait]
impl FileSink for ChannelSink {
    async fn submit(&self, file: ParsedFile) -> Result<(), PortError> {
        if take_one(&self.refusals) {
            return Err(PortError("standing by".to_owned()));
        }
        self.submitted.send(file).map_err(|error| PortError(error.to_string()))
    }
}

/// Remembers in a map, and tells the test when it does.
struct MapMemory {
    files: Mutex<BTreeMap<FileKey, KnownFile>>,
    changed: tokio::sync::Notify,
}

#[async_trait]
impl FileMemory for MapMemory {
    async fn load(&self) -> Result<Vec<KnownFile>, PortError> {
        Ok(self.files.lock().unwrap().values().cloned().collect())
    }

    async fn save(&self, files: &[KnownFile]) -> Result<(), PortError> {
        self.files.lock().unwrap().extend(files.iter().map(|file| (file.key.clone(), file.clone())));
        self.changed.notify_one();
        Ok(())
    }

    async fn forget(&self, files: &[FileKey]) -> Result<(), PortError> {
        files.iter().for_each(|key| drop(self.files.lock().unwrap().remove(key)));
        self.changed.notify_one();
        Ok(())
    }
}

/// A folder, a running source, and what it handed over.
struct World {
    home: tempfile::TempDir,
    options: Options,
    parser: Arc<ScriptParser>,
    sink: Arc<ChannelSink>,
    memory: Arc<MapMemory>,
    submitted: mpsc::UnboundedReceiver<ParsedFile>,
    running: Option<(tw_dagsource::DagSourceHandle, CancellationToken, JoinHandle<()>)>,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dags = home.path().join("dags");
        fs::create_dir(&dags).unwrap();
        let mut options = Options::new(bundles_of_folders([dags.as_path()]));
        options.rescan_period = Duration::from_secs(3600);
        options.recheck_period = Duration::from_secs(3600);
        options.safe_mode = false;
        let (sender, submitted) = mpsc::unbounded_channel();
        Self {
            home,
            options,
            parser: Arc::new(ScriptParser { gate: Semaphore::new(0), refusals: Mutex::new(0) }),
            sink: Arc::new(ChannelSink { submitted: sender, refusals: Mutex::new(0) }),
            memory: Arc::new(MapMemory { files: Mutex::default(), changed: tokio::sync::Notify::new() }),
            submitted,
            running: None,
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join("dags").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // As editors save: a new file that takes the place of the old one.
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn source(&self) -> Result<DagSource, StartError> {
        DagSource::new(self.options.clone(), self.parser.clone(), self.sink.clone(), self.memory.clone())
    }

    fn start(&mut self) {
        let source = self.source().unwrap();
        let (handle, stop) = (source.handle(), CancellationToken::new());
        self.running = Some((handle, stop.clone(), tokio::spawn(source.run(stop))));
    }

    async fn stop(&mut self) {
        let (_, stop, task) = self.running.take().unwrap();
        stop.cancel();
        timeout(PATIENCE, task).await.unwrap().unwrap();
    }

    /// The next file handed over, in one line.
    async fn next(&mut self) -> String {
        let file = timeout(PATIENCE, self.submitted.recv()).await.expect("nothing was handed over").unwrap();
        let dags: Vec<&str> = file.dags.iter().map(|d| d.dag.dag_id.as_str()).collect();
        let gone = if file.gone { " gone" } else { "" };
        format!("{}/{}{gone} {dags:?} {:?}", file.bundle_name, file.relative_fileloc, file.import_errors)
    }

    /// As `next`, for several files in any order.
    async fn next_sorted(&mut self, count: usize) -> Vec<String> {
        let mut files = Vec::new();
        for _ in 0..count {
            files.push(self.next().await);
        }
        files.sort();
        files
    }

    /// Waits until all `count` files are remembered.
    async fn remembered(&self, count: usize) {
        while self.memory.files.lock().unwrap().len() != count {
            timeout(PATIENCE, self.memory.changed.notified()).await.expect("nothing was remembered");
        }
    }
}

#[tokio::test]
async fn files_are_parsed_when_they_come_change_and_go() {
    let mut world = World::new();
    world.write("a.py", "dag one");
    world.start();
    assert_eq!(world.next().await, r#"dags-folder/a.py ["one"] []"#);
    world.write("a.py", "dag one\ndag two\nerror partly broken");
    assert_eq!(world.next().await, r#"dags-folder/a.py ["one", "two"] ["partly broken"]"#);
    world.write("new/folder/b.py", "dag three");
    assert_eq!(world.next().await, r#"dags-folder/new/folder/b.py ["three"] []"#);
    fs::remove_file(world.path("a.py")).unwrap();
    assert_eq!(world.next().await, "dags-folder/a.py gone [] []");
    fs::remove_dir_all(world.path("new")).unwrap();
    assert_eq!(world.next().await, "dags-folder/new/folder/b.py gone [] []");
    world.stop().await;
}

#[tokio::test]
async fn a_saved_but_equal_file_is_not_parsed() {
    let mut world = World::new();
    world.write("a.py", "dag one");
    world.start();
    world.next().await;
    world.write("a.py", "dag one");
    world.write("b.py", "dag two");
    assert_eq!(world.next().await, r#"dags-folder/b.py ["two"] []"#, "a.py was not handed over again");
    world.stop().await;
}

#[tokio::test]
async fn a_changed_module_parses_all_dag_files_of_its_bundle_only() {
    let mut world = World::new();
    let second = world.home.path().join("more");
    fs::create_dir(&second).unwrap();
    fs::write(second.join("c.py"), "dag three").unwrap();
    let folders = [world.path(""), second];
    world.options.bundles = bundles_of_folders(folders.iter().map(PathBuf::as_path));
    world.write("a.py", "dag one");
    world.write("b.py", "dag two");
    world.write("conf/tables.yaml", "x: 1");
    world.start();
    world.next_sorted(3).await;
    world.write("conf/tables.yaml", "x: 2");
    assert_eq!(world.next_sorted(2).await, [r#"dags-folder/a.py ["one"] []"#, r#"dags-folder/b.py ["two"] []"#]);
    fs::write(world.home.path().join("more/c.py"), "dag four").unwrap();
    assert_eq!(world.next().await, r#"dags-folder-2/c.py ["four"] []"#);
    world.stop().await;
}

#[tokio::test]
async fn ignored_and_unlikely_files_are_left_alone() {
    let mut world = World::new();
    world.options.safe_mode = true;
    world.write("likely.py", "# airflow\ndag one");
    world.write("unlikely.py", "dag two");
    world.write("old/ignored.py", "# airflow\ndag three");
    world.write(".airflowignore", "old/\n");
    world.start();
    assert_eq!(world.next().await, r#"dags-folder/likely.py ["one"] []"#);
    world.write(".airflowignore", "likely.py\n");
    let changed = world.next_sorted(2).await;
    assert_eq!(changed, ["dags-folder/likely.py gone [] []", r#"dags-folder/old/ignored.py ["three"] []"#]);
    world.stop().await;
}

#[tokio::test]
async fn a_restart_parses_what_changed_meanwhile_and_withdraws_what_vanished() {
    let mut world = World::new();
    world.write("a.py", "dag one");
    world.write("b.py", "dag two");
    world.write("c.py", "dag three");
    world.start();
    world.next_sorted(3).await;
    world.remembered(3).await;
    world.stop().await;
    world.write("b.py", "dag changed");
    fs::remove_file(world.path("c.py")).unwrap();
    world.start();
    assert_eq!(world.next_sorted(2).await, [r#"dags-folder/b.py ["changed"] []"#, "dags-folder/c.py gone [] []"]);
    world.remembered(2).await;
    world.stop().await;
    world.options.environment = "other packages".to_owned();
    world.start();
    world.next_sorted(2).await;
    world.stop().await;
}

#[tokio::test]
async fn what_depends_on_more_than_files_is_parsed_again() {
    let mut world = World::new();
    world.options.recheck_period = Duration::from_millis(20);
    world.write("broken.py", "error no such variable");
    world.start();
    for _ in 0..3 {
        assert_eq!(world.next().await, r#"dags-folder/broken.py [] ["no such variable"]"#);
    }
    world.stop().await;

    let mut world = World::new();
    world.options.recheck_period = Duration::from_millis(20);
    world.write("reads.py", "dag one\nstored");
    world.start();
    for _ in 0..3 {
        assert_eq!(world.next().await, r#"dags-folder/reads.py ["one"] []"#);
    }
    world.stop().await;
}

#[tokio::test]
async fn two_parses_at_once_and_no_more() {
    let mut world = World::new();
    world.write("a.py", "dag one\nwait");
    world.write("b.py", "dag two\nwait");
    world.write("c.py", "dag three");
    world.write("d.py", "dag four");
    // Newest first: the two that wait take both places.
    for (name, age) in [("a.py", 1), ("b.py", 2), ("c.py", 3), ("d.py", 4)] {
        let file = fs::File::options().write(true).open(world.path(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    world.start();
    let (handle, ..) = world.running.as_ref().unwrap();
    handle.request_parse("dags-folder", Some("nothing.py")).await;
    assert!(world.submitted.try_recv().is_err());
    world.parser.gate.add_permits(1);
    let first = world.next().await;
    assert!(first.contains("/a.py") || first.contains("/b.py"), "{first}");
    // The freed place serves the others, in their order, while one still waits.
    assert_eq!(world.next().await, r#"dags-folder/c.py ["three"] []"#);
    assert_eq!(world.next().await, r#"dags-folder/d.py ["four"] []"#);
    world.parser.gate.add_permits(1);
    world.next().await;
    world.stop().await;
}

#[tokio::test]
async fn a_request_parses_an_unchanged_file() {
    let mut world = World::new();
    world.write("a.py", "dag one");
    world.start();
    world.next().await;
    let (handle, ..) = world.running.as_ref().unwrap();
    handle.request_parse("dags-folder", Some("a.py")).await;
    assert_eq!(world.next().await, r#"dags-folder/a.py ["one"] []"#);
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_while_the_parser_or_the_scheduler_is_away() {
    let mut world = World::new();
    *world.parser.refusals.lock().unwrap() = 1;
    *world.sink.refusals.lock().unwrap() = 1;
    world.write("a.py", "dag one");
    world.start();
    assert_eq!(world.next().await, r#"dags-folder/a.py ["one"] []"#);
    world.stop().await;
}

#[tokio::test]
async fn a_folder_that_goes_and_comes_back_keeps_its_dags() {
    let mut world = World::new();
    world.write("a.py", "dag one");
    world.start();
    world.next().await;
    let (dags, away) = (world.path(""), world.home.path().join("away"));
    fs::rename(&dags, &away).unwrap();
    let (handle, ..) = world.running.as_ref().unwrap();
    // Only seen once the scan that found the folder missing is over.
    handle.request_parse("dags-folder", Some("nothing.py")).await;
    fs::rename(&away, &dags).unwrap();
    world.write("b.py", "dag two");
    assert_eq!(world.next().await, r#"dags-folder/b.py ["two"] []"#, "a.py was neither withdrawn nor parsed");
    world.write("a.py", "dag changed");
    assert_eq!(world.next().await, r#"dags-folder/a.py ["changed"] []"#, "the new folder is watched");
    world.stop().await;
}

#[tokio::test]
async fn a_missing_folder_at_start_says_what_to_do() {
    let mut world = World::new();
    let bundle = |name: &str, path: &Path| Bundle { name: name.to_owned(), path: path.to_owned() };
    world.options.bundles = vec![bundle("team", Path::new("/nonexistent/dags"))];
    let error = world.source().err().unwrap();
    assert_eq!(
        error.to_string(),
        "DAG folder /nonexistent/dags (bundle \"team\") cannot be read; create it, or name another folder with --dags"
    );
    world.options.bundles = vec![bundle("x", world.home.path()), bundle("x", world.home.path())];
    assert!(matches!(world.source(), Err(StartError::DuplicateBundle { .. })));
    world.options.bundles.clear();
    assert!(matches!(world.source(), Err(StartError::NoBundle)));
}
