//! The newest runs of DAGs, kept between requests: every list of DAGs or runs asks for them, and they change with
//! their DAG's runs only.

use std::collections::HashMap;
use std::sync::Arc;

use tw_model::DagId;
use tw_store::RunLine;

use super::shape::typical_duration;
use crate::changes::{Change, Since};
use crate::error::ApiError;
use crate::state::ApiState;

/// Runs of a DAG that a row shows, and from which the usual duration is taken.
const LAST_RUNS: u32 = 14;

/// The last runs of each of these DAGs, newest first; of a DAG without any, none.
pub(super) async fn newest_runs(
    state: &ApiState,
    dag_ids: &[DagId],
) -> Result<HashMap<DagId, Arc<[RunLine]>>, ApiError> {
    let kept = &state.ui().newest_runs;
    let mut found: HashMap<DagId, Arc<[RunLine]>> = HashMap::new();
    let mut missing = Vec::new();
    for dag_id in dag_ids {
        match kept.get(dag_id) {
            Some(runs) => drop(found.insert(dag_id.clone(), runs)),
            None => missing.push(dag_id.clone()),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    missing.sort_unstable();
    missing.dedup();
    let version = state.changes().version();
    let mut read = state.store().runs_newest(&missing, LAST_RUNS).await?;
    for dag_id in &missing {
        let runs: Arc<[RunLine]> = read.remove(dag_id).unwrap_or_default().into();
        kept.put(dag_id.clone(), Arc::clone(&runs), runs.len() + 1);
        found.insert(dag_id.clone(), runs);
    }
    // What changed while it was read is not to be kept; what changes from now on is forgotten by `UiState::forget`.
    let touched = match state.changes().since(version) {
        Since::Nothing => return Ok(found),
        Since::Changed(_, change) => change,
        Since::Reset(_) => Change::everything(),
    };
    missing.iter().filter(|dag_id| touched.touches_runs_of(dag_id)).for_each(|dag_id| kept.forget(dag_id));
    Ok(found)
}

/// What the runs of these DAGs usually take.
pub(super) async fn typical_durations(
    state: &ApiState,
    dag_ids: &[DagId],
) -> Result<HashMap<DagId, Option<i64>>, ApiError> {
    let runs = newest_runs(state, dag_ids).await?;
    Ok(runs.into_iter().map(|(dag_id, runs)| (dag_id, typical_duration(&runs))).collect())
}
