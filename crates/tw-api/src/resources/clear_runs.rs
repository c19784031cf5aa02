//! `POST /dags/{dag_id}/clearDagRuns`: several runs cleared with one request (S-9.34).

use std::collections::BTreeSet;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tw_engine::RUNS_PER_ACT_MAX;

use super::acted::{RunPath, yes};
use super::clear::{ClearRunBody, Cleared, Concerned, clear_run};
use super::runs::{Runs, existing_run};
use crate::auth::Caller;
use crate::body::Body;
use crate::error::ApiError;
use crate::path::Path;
use crate::state::ApiState;

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/dags/{dag_id}/clearDagRuns", post(clear))
}

/// `BulkDAGRunClearBody`. Partitions do not exist here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClearRunsBody {
    #[serde(default = "yes")]
    dry_run: bool,
    #[serde(default)]
    only_failed: bool,
    #[serde(default)]
    only_new: bool,
    run_on_latest_version: Option<bool>,
    note: Option<String>,
    #[serde(default)]
    dag_runs: Vec<NamedRun>,
    partition_key: Option<String>,
    partition_date_start: Option<String>,
    partition_date_end: Option<String>,
}

/// `BulkDAGRunBody`, of which only the name counts here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedRun {
    dag_run_id: String,
    dag_id: Option<String>,
    #[serde(rename = "state")]
    _state: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Would { task_instances: Vec<Concerned>, total_entries: usize },
    Did(Box<Runs>),
}

impl ClearRunsBody {
    /// The runs, each once and in this order.
    fn runs(&self, of_path: &str) -> Result<Vec<RunPath>, ApiError> {
        if [&self.partition_key, &self.partition_date_start, &self.partition_date_end].into_iter().any(Option::is_some)
        {
            return Err(ApiError::bad_request("Runs have no partitions: name them in dag_runs"));
        }
        if self.dag_runs.is_empty() {
            return Err(ApiError::invalid_body("dag_runs names no run"));
        }
        if self.dag_runs.len() > RUNS_PER_ACT_MAX as usize {
            return Err(ApiError::invalid_body(format!("at most {RUNS_PER_ACT_MAX} runs at a time")));
        }
        let mut seen = BTreeSet::new();
        let mut runs = Vec::with_capacity(self.dag_runs.len());
        for run in &self.dag_runs {
            let dag_id = run.dag_id.as_deref().unwrap_or(of_path);
            if dag_id == "~" {
                return Err(ApiError::bad_request(format!("The run {:?} needs a dag_id", run.dag_run_id)));
            }
            if of_path != "~" && dag_id != of_path {
                return Err(ApiError::bad_request(format!("The dag_id {dag_id:?} is not that of the path")));
            }
            if seen.insert((dag_id, &run.dag_run_id)) {
                runs.push(RunPath { dag_id: dag_id.to_owned(), dag_run_id: run.dag_run_id.clone() });
            }
        }
        Ok(runs)
    }
}

async fn clear(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
    Body(body): Body<ClearRunsBody>,
) -> Result<Json<Answer>, ApiError> {
    let runs = body.runs(&dag_id)?;
    let ClearRunsBody { dry_run, only_failed, only_new, run_on_latest_version, note, .. } = body;
    let each = ClearRunBody { dry_run, only_failed, only_new, run_on_latest_version, note };
    each.check()?;
    // Nothing is cleared if one of them does not exist.
    for run in &runs {
        existing_run(&state, &run.dag_id, &run.dag_run_id).await?;
    }
    let (mut would, mut did) = (Vec::new(), Vec::new());
    for run in &runs {
        match clear_run(&state, run, &each, &caller).await? {
            Cleared::Would(concerned) => would.extend(concerned),
            Cleared::Did(shape) => did.push(*shape),
        }
    }
    Ok(Json(match dry_run {
        true => Answer::Would { total_entries: would.len(), task_instances: would },
        false => Answer::Did(Box::new(Runs::whole(did))),
    }))
}
