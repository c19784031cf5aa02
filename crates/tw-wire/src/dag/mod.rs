//! Serialized DAGs: what a parse child sends, as a [`Dag`] (protocol section 4).
//!
//! A document is `{"__version": 3, "dag": {…}, "client_defaults"?: {"tasks": {…}}}`. A field that
//! is absent has a default, and which one follows from three layers: the schema's default, then
//! `client_defaults.tasks`, then the task itself (for a mapped operator its `partial_kwargs`).
//! Keys that nobody here interprets are kept in `extra`.

mod encoding;
mod fields;
mod group;
mod hash;
mod mapping;
mod param;
mod task;
mod timetable;

use std::collections::BTreeSet;
use std::fmt::Display;

use serde_json::{Map, Value};
use tw_model::{Dag, DagId, RunType, Task};

pub use hash::content_hash;

use encoding::{each, flag, int, object, span, text, texts, timestamp, timezone};
use fields::Fields;
use task::TaskDefaults;

/// The version of serialized DAG documents that is understood.
pub const DOCUMENT_VERSION: i64 = 3;

/// Values in a document may be nested this deep. Real ones stay below 40, even with groups in
/// groups; the bound keeps recursion over untrusted input within the stack.
pub const DOCUMENT_DEPTH_MAX: usize = 200;

/// A document is not a serialized DAG as expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DagDecodeError {
    path: String,
    problem: String,
}

impl DagDecodeError {
    fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }

    /// The same error seen from one level further out.
    fn below(mut self, segment: impl Display) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with(['[', '(']) { "" } else { "." };
        self.path = format!("{segment}{joint}{}", self.path);
        self
    }

    /// Where in the document, for example `dag.tasks[2](extract).retries`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Decodes a document.
///
/// # Errors
/// When the document has another version, lacks a required field, has a field of the wrong
/// type, refers to a task it does not have, or is nested deeper than [`DOCUMENT_DEPTH_MAX`]. The
/// error names the path of the field.
pub fn decode(document: &Value) -> Result<Dag, DagDecodeError> {
    if depth_exceeds(document, DOCUMENT_DEPTH_MAX) {
        let problem = format!("is nested deeper than {DOCUMENT_DEPTH_MAX} levels");
        return Err(DagDecodeError::new(problem).below("document"));
    }
    let mut fields = Fields::new(object(document).map_err(|e| e.below("document"))?);
    let version: i64 = fields.required("__version", int)?;
    if version != DOCUMENT_VERSION {
        let problem =
            format!("{version} is not supported (expected {DOCUMENT_VERSION}; parse the file with a current SDK)");
        return Err(DagDecodeError::new(problem).below("__version"));
    }
    let client =
        fields.optional("client_defaults", |defaults| Fields::new(object(defaults)?).optional("tasks", object))?;
    fields.required("dag", |value| dag(value, client.flatten()))
}

fn dag(value: &Value, client: Option<&Map<String, Value>>) -> Result<Dag, DagDecodeError> {
    let f = &mut Fields::new(object(value)?);
    let dag_id = DagId::from(f.required("dag_id", text)?);
    let (start_date, end_date) = (f.optional("start_date", timestamp)?, f.optional("end_date", timestamp)?);
    let defaults = TaskDefaults { client, start_date, end_date };
    let tasks = f.required("tasks", |list| each(list, |value| task::task(value, &defaults)))?;
    check_edges(&tasks).map_err(|e| e.below("tasks"))?;
    let task_group = f.optional("task_group", |value| group::root(value, &tasks))?;
    let mut tags = f.or("tags", texts, Vec::new())?;
    tags.sort_unstable();
    // A path of the machine that parsed it; nobody needs it, and it would change hashes.
    f.raw("_processor_dags_folder");
    Ok(Dag {
        display_name: f.text("dag_display_name")?.filter(|name| name != dag_id.as_str()),
        dag_id,
        description: f.text("description")?,
        doc_md: f.text("doc_md")?,
        tags,
        fileloc: f.or("fileloc", text, String::new())?,
        relative_fileloc: f.or("relative_fileloc", text, String::new())?,
        timezone: f.or("timezone", timezone, "UTC".to_owned())?,
        timetable: f.required("timetable", timetable::timetable)?,
        start_date,
        end_date,
        catchup: f.flag("catchup")?,
        max_active_runs: f.or("max_active_runs", int, MAX_ACTIVE_DEFAULT)?,
        max_active_tasks: f.or("max_active_tasks", int, MAX_ACTIVE_DEFAULT)?,
        max_consecutive_failed_dag_runs: f.or("max_consecutive_failed_dag_runs", int, 0)?,
        dagrun_timeout: f.optional("dagrun_timeout", span)?,
        fail_fast: f.flag("fail_fast")?,
        allowed_run_types: f.optional("allowed_run_types", |list| each(list, run_type))?,
        is_paused_upon_creation: f.optional("is_paused_upon_creation", flag)?,
        has_on_success_callback: f.flag("has_on_success_callback")?,
        has_on_failure_callback: f.flag("has_on_failure_callback")?,
        render_template_as_native_obj: f.flag("render_template_as_native_obj")?,
        params: f.or("params", param::params, Vec::new())?,
        task_group: task_group.unwrap_or_else(|| group::flat(&tasks)),
        tasks,
        extra: f.rest(),
    })
}

/// Airflow's `[core] max_active_runs_per_dag` and `max_active_tasks_per_dag`; the SDK writes both
/// fields always, so this is for hand-written documents.
const MAX_ACTIVE_DEFAULT: u32 = 16;

fn run_type(value: &Value) -> Result<RunType, DagDecodeError> {
    text(value)?.parse().map_err(|e| DagDecodeError::new(format!("{e}")))
}

/// Every id is defined once, and every edge leads to a task.
fn check_edges(tasks: &[Task]) -> Result<(), DagDecodeError> {
    let mut ids = BTreeSet::new();
    for task in tasks {
        if !ids.insert(&task.task_id) {
            return Err(DagDecodeError::new(format!("{:?} is defined twice", task.task_id)));
        }
    }
    for (i, task) in tasks.iter().enumerate() {
        if let Some(stray) = task.downstream_task_ids.iter().find(|id| !ids.contains(id)) {
            let problem = format!("{stray:?} is no task of this DAG");
            return Err(DagDecodeError::new(problem)
                .below("downstream_task_ids")
                .below(format!("({})", task.task_id))
                .below(format!("[{i}]")));
        }
    }
    Ok(())
}

/// Whether `value` is nested deeper than `limit`; looks no further down than that.
fn depth_exceeds(value: &Value, limit: usize) -> bool {
    let mut pending = vec![(value, 1)];
    while let Some((value, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        match value {
            Value::Array(items) => pending.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => pending.extend(map.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    false
}
