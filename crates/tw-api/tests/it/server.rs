//! A server on a port of its own, and a client that speaks to it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tw_api::{
    ApiOptions, ApiState, Change, Changes, ConnectionTester, ConnectionVerdict, Control, ControlError, Page,
    PythonHealth, PythonState, Secret, hash_password,
};
use tw_engine::{DagRow, EngineOptions, Explanation, Input, Outcome, Reply, Subject, TriggerRun, World, Write};
use tw_model::{
    AttemptKey, Connection, DagId, DagRun, DagRunId, DagRunState, Interval, Measured, Pace, TaskInstanceId,
    TaskInstanceState, TimeSpan, Timestamp, UsagePoint, UsageSeries,
};
use tw_store::{Account, Epoch, Role, Store, StoreOptions};
use tw_tasklog::LogLayout;
use uuid::Uuid;

use crate::world;

/// The password of every account of the tests.
const PASSWORD: &str = "correct horse";

/// A running server with the world of [`world`] in its store.
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) control: Arc<Script>,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: tokio::task::JoinHandle<std::io::Result<()>>,
    pub(crate) logs: PathBuf,
    pub(crate) dags: PathBuf,
    base: String,
    token: String,
    _folder: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A scheduler as the API sees it: it writes what it is asked to, and keeps a list of the inputs.
pub(crate) struct Script {
    store: Store,
    epoch: Epoch,
    pub(crate) changes: Changes,
    pub(crate) inputs: Mutex<Vec<String>>,
    /// Answers the next input instead of carrying it out.
    pub(crate) refuse: Mutex<Option<Result<Reply, ControlError>>>,
}

#[async_trait]
impl Control for Script {
    async fn submit(&self, input: Input) -> Result<Reply, ControlError> {
        self.inputs.lock().unwrap().push(format!("{input:?}"));
        if let Some(refusal) = self.refuse.lock().unwrap().take() {
            return refusal;
        }
        let (write, reply) = match input {
            Input::SetPaused { dag_id, paused, .. } => (self.paused(&dag_id, paused).await, Reply::Done),
            Input::PutPool(pool) => (Write::Pool(pool), Reply::Done),
            Input::DeletePool { name } => (Write::DeletePool { name }, Reply::Done),
            Input::TriggerRun(request) => {
                let run = self.created(*request).await;
                (Write::DagRun(Box::new(run.clone())), Reply::Run(Box::new(run)))
            }
            act @ (Input::ClearTasks(_)
            | Input::ClearRun(_)
            | Input::MarkTasks(_)
            | Input::MarkRun(_)
            | Input::DeleteRun { .. }
            | Input::DeleteDag { .. }) => return Ok(self.decide(&act).await),
            other => panic!("the API does not send {other:?}"),
        };
        self.commit(&[write]).await;
        Ok(reply)
    }

    fn pace(&self) -> Pace {
        let measured = |us: i64| Measured {
            p50: Some(TimeSpan::from_micros(us)),
            p99: Some(TimeSpan::from_micros(us * 10)),
            points: vec![None, Some(TimeSpan::from_micros(us * 10))],
        };
        Pace { step: TimeSpan::from_secs(30), lag: measured(1_500), commit: measured(400), running: vec![0, 3] }
    }

    fn live_usage(&self, id: TaskInstanceId) -> Option<UsageSeries> {
        // The running one of the world.
        let points = vec![UsagePoint { cpu_millicores: 250, rss_bytes: 3 << 20 }; 2];
        (id == world::attempt_id(10)).then(|| UsageSeries { interval: TimeSpan::from_secs(1), points })
    }

    fn changes(&self) -> &Changes {
        &self.changes
    }

    async fn explain(&self, subject: Subject) -> Explanation {
        assert_ne!(subject, Subject::Dag("paused".into()), "a defect in a handler");
        crate::explanations::explanation(format!("{subject:?}"))
    }
}

#[async_trait]
impl PythonHealth for Script {
    async fn python(&self) -> PythonState {
        PythonState::Failed("no Python on the path".to_owned())
    }
}

/// Tells all that arrives, which is why it is only for tests.
#[async_trait]
impl ConnectionTester for Script {
    async fn test(&self, connection: Connection) -> ConnectionVerdict {
        ConnectionVerdict { works: connection.conn_type != "unknown", message: format!("{connection:?}") }
    }
}

impl Script {
    /// Writes as the scheduler does, and tells the runs.
    pub(crate) async fn commit(&self, writes: &[Write]) {
        self.store.commit(self.epoch, writes, &[]).await.unwrap();
        let mut change = Change::default();
        for write in writes {
            match write {
                Write::DagRun(run) => change.run(&run.dag_id, &run.run_id, Some(run.state)),
                Write::TaskInstance(instance) => change.task_run(&instance.dag_id, &instance.run_id),
                Write::Dag(row) => change.dag(&row.dag_id),
                _ => {}
            }
        }
        self.changes.push(change);
    }

    /// What the decision core makes of an act, with the rows of the store and whatever they say is
    /// with an executor.
    async fn decide(&self, act: &Input) -> Reply {
        let snapshot = self.store.load_snapshot().await.unwrap();
        let is_held = |state: Option<TaskInstanceState>| state.is_some_and(TaskInstanceState::is_occupying);
        let held = snapshot.task_instances.iter().filter(|row| is_held(row.state));
        let alive: BTreeSet<AttemptKey> =
            held.map(|row| AttemptKey { task_instance_id: row.id, dispatch: row.dispatch }).collect();
        let mut out = Outcome::default();
        let mut world = World::rebuild(EngineOptions::default(), snapshot, &alive, clock(), &mut out);
        loop {
            let needs = world.needs(act, clock());
            if needs.is_empty() {
                break;
            }
            world.supply(self.store.facts(needs).await.unwrap());
        }
        world.apply(act.clone(), clock(), &mut out);
        self.commit(&out.writes).await;
        out.replies.pop().unwrap()
    }

    async fn paused(&self, dag_id: &DagId, paused: bool) -> Write {
        let row = self.store.dag_summary(dag_id).await.unwrap().unwrap().row;
        Write::Dag(Box::new(DagRow { is_paused: paused, ..row }))
    }

    async fn created(&self, request: TriggerRun) -> DagRun {
        let dag = self.store.dag_summary(&request.dag_id).await.unwrap().unwrap();
        DagRun {
            id: DagRunId(Uuid::from_u128(0x0900_0000)),
            run_id: request.run_id.unwrap_or_else(|| "manual__made".into()),
            dag_id: request.dag_id,
            run_type: request.run_type,
            triggered_by: request.triggered_by,
            triggering_user: request.triggering_user,
            state: DagRunState::Queued,
            logical_date: request.logical_date,
            data_interval: request.data_interval.or(request.logical_date.map(Interval::exact)),
            run_after: request.run_after.unwrap_or_else(clock),
            queued_at: Some(clock()),
            start_date: None,
            end_date: None,
            conf: request.conf,
            note: request.note,
            dag_version_id: dag.version.id,
            clear_number: 0,
            reason: None,
        }
    }
}

/// One page and one script.
fn pages(path: &str, takes_page: bool) -> Option<Page> {
    let page =
        |body: &'static str, content_type| Page { body: body.as_bytes(), content_type, cache_control: "no-cache" };
    match path {
        "/assets/app.js" => Some(page("script", "text/javascript")),
        _ if takes_page => Some(page("<html>", "text/html")),
        _ => None,
    }
}

/// The time in every test.
pub(crate) fn clock() -> Timestamp {
    world::at(1_000)
}

impl Server {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::start(&url, folder, true).await
    }

    /// One whose operator does not want connections to be tested.
    pub(crate) async fn without_connection_tests() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::start(&url, folder, false).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let url = tokio::task::spawn_blocking(tw_testkit::postgres).await.unwrap();
        Self::start(&url, tempfile::tempdir().unwrap(), true).await
    }

    async fn start(url: &str, folder: tempfile::TempDir, with_tests: bool) -> Self {
        let key = "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=".to_owned();
        let options = StoreOptions { fernet_keys: vec![key], ..StoreOptions::default() };
        let store = Store::open(url, options).await.unwrap();
        store.migrate(world::at(0)).await.unwrap();
        let epoch = store.acquire_epoch("test", world::at(990)).await.unwrap();
        world::fill(&store, epoch).await;
        let password_hash = hash_password(PASSWORD).unwrap();
        for role in Role::ALL {
            let name = role.as_str().to_owned();
            let account = Account { name, password_hash: password_hash.clone(), role, created_at: world::at(0) };
            store.account_create(&account).await.unwrap();
        }
        let logs = folder.path().join("logs");
        let (inputs, refuse) = (Mutex::default(), Mutex::default());
        let changes = Changes::new(world::at(0));
        let control = Arc::new(Script { store: store.clone(), epoch, changes, inputs, refuse });
        let dags = folder.path().join("dags");
        std::fs::create_dir(&dags).unwrap();
        let state = ApiState::new(ApiOptions {
            store: store.clone(),
            control: control.clone(),
            python: control.clone(),
            connection_tester: with_tests.then(|| control.clone() as Arc<dyn ConnectionTester>),
            pages,
            bundles: vec![("dags-folder".to_owned(), dags.clone())],
            slots: 32,
            logs: LogLayout::new(&logs),
            secret: Secret::new(vec![7; 64]).unwrap(),
            version: "0.0.0-test",
            clock,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(tw_api::serve(listener, tw_api::router(state), stop.clone()));
        let token = String::new();
        let mut server = Self { store, control, stop, serving, logs, dags, base, token, _folder: folder };
        server.token = server.log_in("admin").await;
        server
    }

    pub(crate) async fn log_in(&self, name: &str) -> String {
        let answer = self.try_log_in(name, PASSWORD).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn try_log_in(&self, name: &str, password: &str) -> Answer {
        let body = serde_json::json!({"username": name, "password": password});
        self.send("POST", "/auth/token", &[], Some(&body.to_string())).await
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.unwrap_or_default().to_owned()).unwrap();
        tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
            let agent: ureq::Agent = config.build().into();
            let mut response = agent.run(request).unwrap();
            Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                text: response.body_mut().read_to_string().unwrap(),
            }
        })
        .await
        .unwrap()
    }

    /// Sends a request as the administrator.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        self.ask_as(&self.token, method, path, body).await
    }

    pub(crate) async fn ask_as(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let text = if body.is_null() { None } else { Some(body.to_string()) };
        self.send(method, path, &[("authorization", &authorization)], text.as_deref()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, Value::Null).await
    }

    /// Sends requests one after another and prints each with its answer.
    pub(crate) async fn transcript(&self, requests: &[(&str, &str, Value)]) -> String {
        let mut text = String::new();
        for (method, path, body) in requests {
            let answer = self.ask(method, path, body.clone()).await;
            let shown = match serde_json::from_str::<Value>(&answer.text) {
                Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
                Err(_) => answer.text,
            };
            let given = if body.is_null() { String::new() } else { format!(" {body}") };
            text.push_str(&format!("{method} {path}{given}\n{}\n{shown}\n\n", answer.status));
        }
        text
    }
}
