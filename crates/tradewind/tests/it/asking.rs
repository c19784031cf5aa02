//! Talks to a server: over its REST API, and through the command line.

use std::process::Output;

use serde_json::{Value, json};

use crate::stage::{Server, eventually};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl Said {
    /// What it printed, after it ended with exit code 0.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The data of `--output json`.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// What it complained about, after it ended with this exit code.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.stderr
    }
}

impl Server<'_> {
    /// `GET` below `/api/v2`.
    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path);
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// The same with its status.
    pub(crate) fn try_get(&self, path: &str) -> (u16, Value) {
        self.read(&format!("/api/v2{path}"))
    }

    /// `GET` of what a screen shows, below `/ui`.
    pub(crate) fn screen(&self, path: &str) -> Value {
        let (status, body) = self.read(&format!("/ui{path}"));
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    fn read(&self, path: &str) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let request = agent.get(format!("{}{path}", self.url));
        let mut response = request.header("Authorization", format!("Bearer {}", self.token)).call().unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(json!(text)))
    }

    /// Another request below `/api/v2`, with its status.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent: ureq::Agent = config.allow_non_standard_methods(true).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}/api/v2{path}", self.url));
        let request = request.header("Authorization", format!("Bearer {}", self.token));
        let mut response = agent.run(request.body(body.to_string()).unwrap()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(json!(text)))
    }

    /// Runs a command and wants it to succeed.
    pub(crate) fn cli(&self, words: &[&str]) -> String {
        self.stage.say(words).done()
    }

    /// Waits until DAGs are known.
    pub(crate) fn wait_for_dags(&self, dag_ids: &[&str]) {
        for dag_id in dag_ids {
            let told = || format!("{}\n{}", self.get("/importErrors"), self.stage.log());
            let known = || (self.try_get(&format!("/dags/{dag_id}")).0 == 200).then_some(());
            eventually(&format!("the DAG {dag_id}"), told, known);
        }
    }

    /// Creates a run and answers with its id.
    pub(crate) fn trigger(&self, dag_id: &str) -> String {
        let run = self.stage.say(&["dags", "trigger", dag_id, "-o", "json", "-q"]).json();
        run["dag_run_id"].as_str().unwrap().to_owned()
    }

    /// A run.
    pub(crate) fn run(&self, dag_id: &str, run_id: &str) -> Value {
        self.get(&format!("/dags/{dag_id}/dagRuns/{}", run_id.replace('+', "%2B")))
    }

    /// Its task instances.
    pub(crate) fn instances(&self, dag_id: &str, run_id: &str) -> Vec<Value> {
        let path = format!("/dags/{dag_id}/dagRuns/{}/taskInstances?limit=200", run_id.replace('+', "%2B"));
        self.get(&path)["task_instances"].as_array().unwrap().clone()
    }

    /// The one task instance of a task.
    pub(crate) fn instance(&self, dag_id: &str, run_id: &str, task_id: &str) -> Value {
        self.instances(dag_id, run_id).into_iter().find(|instance| instance["task_id"] == task_id).unwrap()
    }

    /// Waits for the end of a run and answers with its state.
    pub(crate) fn wait_for_run(&self, dag_id: &str, run_id: &str) -> String {
        let told = || {
            let line =
                |i: &Value| format!("{} {} {} try {}", i["task_id"], i["map_index"], i["state"], i["try_number"]);
            let lines: Vec<String> = self.instances(dag_id, run_id).iter().map(line).collect();
            format!("{}\n{}", lines.join("\n"), self.stage.log())
        };
        eventually(&format!("the end of {dag_id} {run_id}"), told, || {
            let state = self.run(dag_id, run_id)["state"].as_str().unwrap().to_owned();
            ["success", "failed"].contains(&state.as_str()).then_some(state)
        })
    }

    /// Asserts that a run of `dag_id` ends in `state`; answers with its id.
    pub(crate) fn expect(&self, dag_id: &str, state: &str) -> String {
        let run_id = self.trigger(dag_id);
        self.expect_run(dag_id, &run_id, state);
        run_id
    }

    /// Asserts that this run ends in `state`.
    pub(crate) fn expect_run(&self, dag_id: &str, run_id: &str, state: &str) {
        let found = self.wait_for_run(dag_id, run_id);
        let instances = self.instances(dag_id, run_id);
        assert_eq!(found, state, "{dag_id}\n{instances:#?}\n{}", self.stage.log());
    }

    /// States by task id, with `[n]` for mapped instances.
    pub(crate) fn states(&self, dag_id: &str, run_id: &str) -> std::collections::BTreeMap<String, String> {
        let name = |i: &Value| match i["map_index"].as_i64() {
            Some(index) if index >= 0 => format!("{}[{index}]", i["task_id"].as_str().unwrap()),
            _ => i["task_id"].as_str().unwrap().to_owned(),
        };
        let instances = self.instances(dag_id, run_id);
        instances.iter().map(|i| (name(i), i["state"].as_str().unwrap_or("none").to_owned())).collect()
    }

    /// The log of a try.
    pub(crate) fn log_of(&self, dag_id: &str, run_id: &str, task_id: &str, try_number: u32) -> String {
        self.cli(&["tasks", "logs", dag_id, run_id, task_id, "--try", &try_number.to_string()])
    }
}
