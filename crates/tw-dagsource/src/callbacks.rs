//! Runs callbacks that no task process can run any more: those of DAGs, and those of tasks whose
//! process died (S-10.2, S-10.3, protocol 2.4).

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::timeout;
use tw_engine::{CallbackKind, CallbackRequest};
use tw_model::{ExitStatus, TaskInstance};
use tw_python::{BridgeKeeper, Child, ChildKind, SpawnRequest};
use tw_wire::supervisor::{DagRunBody, TaskInstanceBody};

use crate::conversation::Conversation;
use crate::port::ParseServices;
use crate::python::{ParseLimits, Tail};
use crate::stop::Reaper;

/// Runs callbacks in forked children, each in its own.
pub struct PythonCallbacks {
    bridge: BridgeKeeper,
    services: Arc<dyn ParseServices>,
    limits: ParseLimits,
}

/// Why a callback did not run to its end. It is not repeated (S-12.24: at most once).
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// There is no fork server; the request can be carried out later.
    #[error("no Python to run the callback with: {0}")]
    Unavailable(String),
    /// The child did not end in time.
    #[error("the callback took longer than {0} s and was stopped")]
    Late(u64),
    /// The child ended badly.
    #[error("the callback's process ended with {how}. It said at last:\n{said}")]
    Died {
        /// Exit code or signal.
        how: String,
        /// Its last output.
        said: String,
    },
}

impl PythonCallbacks {
    /// Forks from the bridge and answers the callbacks' questions through `services`.
    pub fn new(bridge: BridgeKeeper, services: Arc<dyn ParseServices>, limits: ParseLimits) -> Self {
        Self { bridge, services, limits }
    }

    /// Parses the DAG's file in a child and runs the callback there. A callback that raises is
    /// logged by the child and is no error here.
    ///
    /// # Errors
    /// See [`CallbackError`].
    pub async fn run(&self, bundle_path: &Path, request: &CallbackRequest) -> Result<(), CallbackError> {
        let unavailable = |error: &dyn std::fmt::Display| CallbackError::Unavailable(error.to_string());
        let child = self.bridge.spawn(SpawnRequest { kind: ChildKind::Parse, template: None }).await;
        let Child { pid, mut requests, stdout, stderr, logs, exit, .. } = child.map_err(|e| unavailable(&e))?;
        let reaper = Reaper::new(pid, exit);
        let (_stdout, stderr, _logs) = (Tail::of(stdout), Tail::of(stderr), Tail::of(logs));
        let order = order(bundle_path, request);
        let mut conversation = Conversation::new(&mut requests, &*self.services);
        let limit = self.limits.file_timeout;
        // The child closes its channel when all callbacks are done; it sends no result.
        let ended = timeout(limit, conversation.converse(&order)).await;
        let status = reaper.end(if ended.is_ok() { limit } else { std::time::Duration::ZERO }).await;
        match (ended, status) {
            (Err(_), _) => Err(CallbackError::Late(limit.as_secs())),
            (Ok(_), Some(ExitStatus::Code(0))) => Ok(()),
            (Ok(_), None) => Err(unavailable(&"the Python bridge ended")),
            (Ok(_), Some(status)) => {
                let how = match status {
                    ExitStatus::Code(code) => format!("exit code {code}"),
                    ExitStatus::Signal(signal) => format!("signal {signal}"),
                };
                Err(CallbackError::Died { how, said: stderr.end().await })
            }
        }
    }
}

fn order(bundle_path: &Path, request: &CallbackRequest) -> Value {
    let file = bundle_path.join(&request.relative_fileloc);
    json!({
        "type": "DagFileParseRequest",
        "file": file.to_string_lossy(),
        "bundle_path": bundle_path.to_string_lossy(),
        "bundle_name": request.bundle_name,
        "callback_requests": [body(request)],
    })
}

fn body(request: &CallbackRequest) -> Value {
    let dag_run = DagRunBody::from(&*request.dag_run);
    let instance = request.task_instance.as_ref().map(instance_body);
    let mut body = json!({
        "filepath": request.relative_fileloc,
        "bundle_name": request.bundle_name,
        "bundle_version": null,
        "msg": request.message,
    });
    let own = match request.kind {
        CallbackKind::DagSuccess | CallbackKind::DagFailure => json!({
            "type": "DagCallbackRequest",
            "dag_id": request.dag_run.dag_id,
            "run_id": request.dag_run.run_id,
            "is_failure_callback": request.kind == CallbackKind::DagFailure,
            "context_from_server": { "dag_run": dag_run, "last_ti": instance },
        }),
        CallbackKind::TaskRetry | CallbackKind::TaskFailure => json!({
            "type": "TaskCallbackRequest",
            "ti": instance,
            "task_callback_type": if request.kind == CallbackKind::TaskRetry { "up_for_retry" } else { "failed" },
            "context_from_server": {
                "dag_run": dag_run,
                "max_tries": request.task_instance.as_ref().map_or(0, |ti| ti.max_tries),
                "should_retry": request.kind == CallbackKind::TaskRetry,
                "xcom_keys_to_clear": [],
                "variables": [],
                "connections": [],
            },
        }),
    };
    merge(&mut body, own);
    body
}

fn merge(body: &mut Value, own: Value) {
    if let (Value::Object(body), Value::Object(own)) = (body, own) {
        body.extend(own);
    }
}

fn instance_body(row: &TaskInstance) -> TaskInstanceBody {
    TaskInstanceBody {
        id: row.id,
        task_id: row.task_id.clone(),
        dag_id: row.dag_id.clone(),
        run_id: row.run_id.clone(),
        try_number: row.try_number,
        dag_version_id: row.dag_version_id,
        map_index: row.map_index,
        hostname: None,
        context_carrier: None,
        queue: row.queue.clone(),
    }
}
