//! A DAG in a list: what it is, when it runs, how its last runs went.

use utoipa::ToSchema;

use serde::Serialize;
use tw_model::DagId;
use tw_store::{DagSummary, RunLine};

use super::newest_runs::newest_runs;
use super::schedule_words::in_words;
use super::shape::{RunBar, ms, typical_duration};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::ApiState;

/// A DAG in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct DagRow {
    dag_id: String,
    display_name: String,
    is_paused: bool,
    tags: Vec<String>,
    owners: Vec<String>,
    /// In words, in the DAG's zone: "Every hour at :15"; null = only by hand.
    schedule: Option<String>,
    next_run_after: Option<i64>,
    /// At most 14, oldest first.
    last_runs: Vec<RunBar>,
    active_runs: u32,
    /// Median duration of the successful runs among the last 14.
    typical_duration: Option<i64>,
    has_import_errors: bool,
    /// Marked by the caller.
    is_favourite: bool,
}

impl DagRow {
    /// A DAG with its last runs, newest first.
    fn new(dag: &DagSummary, last_runs: &[RunLine], active_runs: u32, is_favourite: bool) -> Self {
        Self {
            dag_id: dag.row.dag_id.to_string(),
            display_name: dag.version.display_name.clone(),
            is_paused: dag.row.is_paused,
            tags: dag.head.tags.clone(),
            owners: dag.owners.split(", ").filter(|owner| !owner.is_empty()).map(str::to_owned).collect(),
            schedule: in_words(&dag.head.timetable),
            next_run_after: dag.row.next_run.map(|next| ms(next.run_after)),
            last_runs: last_runs.iter().rev().map(RunBar::from).collect(),
            active_runs,
            typical_duration: typical_duration(last_runs),
            has_import_errors: dag.row.has_import_errors,
            is_favourite,
        }
    }
}

/// The rows of these DAGs for a caller, in the given order.
pub(super) async fn rows(state: &ApiState, dags: &[DagSummary], caller: &Caller) -> Result<Vec<DagRow>, ApiError> {
    let dag_ids: Vec<DagId> = dags.iter().map(|dag| dag.row.dag_id.clone()).collect();
    let runs = newest_runs(state, &dag_ids).await?;
    let active = state.store().runs_active_of(&dag_ids).await?;
    let favourites = state.store().favorites_among(&caller.username, &dag_ids).await?;
    let row = |dag: &DagSummary| {
        let dag_id = &dag.row.dag_id;
        let runs = runs.get(dag_id).map_or(&[][..], |runs| runs);
        DagRow::new(dag, runs, active.get(dag_id).copied().unwrap_or(0), favourites.contains(dag_id))
    };
    Ok(dags.iter().map(row).collect())
}
