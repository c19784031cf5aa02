//! A folder with DAG files, a fork server on it, and the supervisor's half of a conversation.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::task::Poll;
use std::time::Duration;

use rmpv::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tw_python::{Bridge, BridgeOptions, Child, ChildExit, ChildKind, SpawnRequest, TemplateFile, environment};

/// Far above what anything here takes; a test that hangs fails with a name.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
const BUNDLE: &str = "dags-folder";

/// One runtime for all tests, because the shared fork server lives in it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SHARED: OnceCell<World> = OnceCell::const_new();

/// Runs a test against the fork server that all tests share; importing Airflow takes seconds.
/// Each test uses file names of its own.
pub(crate) fn shared(test: impl AsyncFnOnce(&World)) {
    RUNTIME.block_on(async { test(SHARED.get_or_init(World::start).await).await });
}

/// Runs a test that starts what it needs.
pub(crate) fn alone(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

pub(crate) struct World {
    root: TempDir,
    pub(crate) bridge: Bridge,
}

/// What a child did from its first frame to its end.
pub(crate) struct Served {
    pub(crate) pid: u32,
    pub(crate) from_template: bool,
    /// Bodies of its requests.
    pub(crate) requests: Vec<serde_json::Value>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) logs: String,
    pub(crate) exit: ChildExit,
}

impl Served {
    pub(crate) fn types(&self) -> Vec<&str> {
        self.requests.iter().map(|body| body["type"].as_str().unwrap_or("?")).collect()
    }

    pub(crate) fn request(&self, kind: &str) -> &serde_json::Value {
        self.requests.iter().find(|body| body["type"] == kind).unwrap_or_else(|| panic!("{kind} in {:?}", self.types()))
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        let root = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder");
        std::fs::create_dir(root.path().join("dags")).expect("a folder for DAG files");
        let options = options(root.path());
        let interpreter = environment::for_tests().await.expect("an interpreter for tests");
        let bridge = Bridge::start(interpreter, &options).await.expect("a fork server");
        Self { root, bridge }
    }

    pub(crate) fn dags(&self) -> PathBuf {
        self.root.path().join("dags")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dags().join(name), text).expect("a DAG file");
    }

    pub(crate) fn template(&self, file: &str) -> TemplateFile {
        TemplateFile { bundle_name: BUNDLE.into(), bundle_path: self.dags(), relative_fileloc: file.into() }
    }

    pub(crate) async fn spawn(&self, kind: ChildKind) -> Child {
        self.bridge.spawn(SpawnRequest { kind, template: None }).await.expect("a child")
    }

    pub(crate) async fn parse(&self, file: &str) -> Served {
        let child = self.spawn(ChildKind::Parse).await;
        serve(child, &parse_request(&self.dags(), file)).await
    }

    /// Runs one attempt without a template.
    pub(crate) async fn attempt(&self, file: &str, dag_id: &str, task_id: &str) -> Served {
        serve(self.spawn(ChildKind::Task).await, &startup_details(file, dag_id, task_id)).await
    }

    /// Runs one attempt, from a template if there can be one.
    pub(crate) async fn attempt_from_template(&self, file: &str, dag_id: &str, task_id: &str) -> Served {
        let request = SpawnRequest { kind: ChildKind::Task, template: Some(self.template(file)) };
        let child = self.bridge.spawn(request).await.expect("a child");
        serve(child, &startup_details(file, dag_id, task_id)).await
    }
}

pub(crate) fn options(root: &Path) -> BridgeOptions {
    BridgeOptions {
        work_dir: root.join("work"),
        bundles: vec![(BUNDLE.into(), root.join("dags"))],
        env: vec![],
        templates_max: 4,
        ready_timeout: PATIENCE,
    }
}

/// Sends the first frame, answers every request with an empty response, and collects all.
pub(crate) async fn serve(mut child: Child, first: &Value) -> Served {
    let pid = child.pid;
    let from_template = child.from_template;
    let conversation = async {
        let mut bodies = Vec::new();
        write_frame(&mut child.requests, &Value::Array(vec![0.into(), first.clone(), Value::Nil])).await;
        while let Some(frame) = read_frame(&mut child.requests).await {
            bodies.push(to_json(&frame[1]));
            write_frame(&mut child.requests, &Value::Array(vec![frame[0].clone(), Value::Nil, Value::Nil])).await;
        }
        bodies
    };
    let all = async {
        tokio::join!(conversation, read_text(child.stdout), read_text(child.stderr), read_text(child.logs), child.exit)
    };
    let (requests, stdout, stderr, logs, exit) = timeout(PATIENCE, all).await.expect("the child ends");
    Served { pid, from_template, requests, stdout, stderr, logs, exit: exit.expect("the fork server lives") }
}

pub(crate) async fn read_text(mut from: UnixStream) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).await.expect("a readable channel");
    String::from_utf8(bytes).expect("text")
}

pub(crate) async fn write_frame(to: &mut UnixStream, frame: &Value) {
    let mut body = Vec::new();
    rmpv::encode::write_value(&mut body, frame).expect("a vector takes everything");
    let length = u32::try_from(body.len()).expect("a small frame");
    // The child may have ended; then its exit status tells why.
    let _ = to.write_all(&length.to_be_bytes()).await;
    let _ = to.write_all(&body).await;
}

pub(crate) async fn read_frame(from: &mut UnixStream) -> Option<Vec<Value>> {
    let length = from.read_u32().await.ok()?;
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body).await.expect("a whole frame");
    match rmpv::decode::read_value(&mut body.as_slice()).expect("msgpack") {
        Value::Array(items) => Some(items),
        other => panic!("not a frame: {other}"),
    }
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_str().expect("a text key").to_owned(), to_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(to_json).collect(),
        Value::Nil => serde_json::Value::Null,
        Value::Boolean(flag) => (*flag).into(),
        Value::String(text) => text.as_str().expect("UTF-8").into(),
        Value::Integer(number) => number.as_i64().expect("a 64-bit integer").into(),
        Value::F64(number) => (*number).into(),
        other => other.to_string().into(),
    }
}

pub(crate) fn parse_request(dags: &Path, file: &str) -> Value {
    map(&[
        ("type", "DagFileParseRequest".into()),
        ("file", text(&dags.join(file))),
        ("bundle_path", text(dags)),
        ("bundle_name", BUNDLE.into()),
        ("callback_requests", Value::Array(vec![])),
    ])
}

pub(crate) fn startup_details(file: &str, dag_id: &str, task_id: &str) -> Value {
    let run_id = "manual__2026-11-22T00:00:00+00:00";
    let now = "2026-11-22T00:00:00Z";
    let dag_run = map(&[
        ("dag_id", dag_id.into()),
        ("run_id", run_id.into()),
        ("logical_date", now.into()),
        ("data_interval_start", now.into()),
        ("data_interval_end", now.into()),
        ("run_after", now.into()),
        ("start_date", now.into()),
        ("end_date", Value::Nil),
        ("run_type", "manual".into()),
        ("state", "running".into()),
        ("consumed_asset_events", Value::Array(vec![])),
        ("partition_key", Value::Nil),
    ]);
    let context = map(&[
        ("dag_run", dag_run),
        ("max_tries", 0.into()),
        ("should_retry", false.into()),
        ("xcom_keys_to_clear", Value::Array(vec![])),
        ("variables", Value::Array(vec![])),
        ("connections", Value::Array(vec![])),
    ]);
    let instance = map(&[
        ("id", "01900000-0000-7000-8000-000000000001".into()),
        ("task_id", task_id.into()),
        ("dag_id", dag_id.into()),
        ("run_id", run_id.into()),
        ("try_number", 1.into()),
        ("dag_version_id", "01900000-0000-7000-8000-000000000002".into()),
        ("map_index", (-1).into()),
    ]);
    map(&[
        ("type", "StartupDetails".into()),
        ("ti", instance),
        ("dag_rel_path", file.into()),
        ("bundle_info", map(&[("name", BUNDLE.into()), ("version", Value::Nil)])),
        ("start_date", now.into()),
        ("ti_context", context),
        ("sentry_integration", "".into()),
    ])
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

fn text(path: &Path) -> Value {
    path.to_str().expect("a UTF-8 path").into()
}

/// Spawns now and serves later, apart from the world.
pub(crate) async fn attempt_owned(
    world: &World,
    file: &str,
    dag_id: &str,
    task_id: &str,
) -> impl Future<Output = Served> + 'static + use<> {
    let request = SpawnRequest { kind: ChildKind::Task, template: Some(world.template(file)) };
    let child = world.bridge.spawn(request).await.expect("a child");
    assert!(child.from_template);
    let first = startup_details(file, dag_id, task_id);
    async move { serve(child, &first).await }
}

/// Waits for all at once.
pub(crate) async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, slot) in &mut pending {
            if slot.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if pending.iter().all(|(_, slot)| slot.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    pending.into_iter().map(|(_, slot)| slot.expect("all are done")).collect()
}
