//! `/ui`: what the browser part reads, one answer per screen. What it changes goes through `/api/v2`,
//! but for what Airflow has no address for: saved views and acknowledgements.
//!
//! The shapes describe themselves: the types of the browser part (`ui/src/api/schema.ts`) are generated
//! from `/ui/openapi.json`. Times are milliseconds since the epoch (UTC), durations milliseconds.
//!
//! Every snapshot has the number of the newest change that it contains, asked for before anything
//! was read, so that following [`crate::changes`] from there misses nothing.

mod acknowledgement;
mod audit_log;
mod cells;
mod critical_path;
mod dag_row;
mod dags;
mod description;
mod events;
mod explain;
mod graph;
mod grid;
mod home;
mod import_errors;
mod line_index;
mod log_line;
mod log_search;
mod logs;
mod mapped;
mod names;
mod nav;
mod newest_runs;
mod outline;
mod paced;
mod profile;
mod reasons;
mod run_cells;
mod run_profiles;
mod runs;
mod saved_views;
mod schedule_words;
mod search;
mod segments;
mod session;
mod shape;
mod start;
mod structure;
mod task_events;
mod task_instance;
mod templates;
mod timeline;
mod traceback;
mod trigger_form;
mod used_by;
mod versions;
mod xcom_head;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::Semaphore;
use tw_model::{DagId, DagVersionId, TaskId};
use tw_store::{FirstFailure, RunLine};
use utoipa_axum::router::OpenApiRouter;

use crate::changes::{Change, RunKey};
use crate::kept::Kept;
use crate::resources::why;
use crate::state::ApiState;

/// The routes that need a session or a token, without the prefix `/ui`.
pub(crate) fn routes() -> Router<ApiState> {
    // `/why` is the command line's and answers in words of the decision core.
    Router::from(screens()).merge(why::routes())
}

/// The routes for everybody.
pub(crate) fn public() -> Router<ApiState> {
    description::routes()
}

/// The route for those who log in.
pub(crate) fn login() -> Router<ApiState> {
    session::login().into()
}

/// Every route of the plane with its description.
fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().nest("/ui", screens()).merge(session::login())
}

fn screens() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(nav::routes())
        .merge(dags::routes())
        .merge(grid::routes())
        .merge(graph::routes())
        .merge(versions::routes())
        .merge(trigger_form::routes())
        .merge(runs::routes())
        .merge(timeline::routes())
        .merge(run_profiles::routes())
        .merge(task_instance::routes())
        .merge(mapped::routes())
        .merge(task_events::routes())
        .merge(audit_log::routes())
        .merge(logs::routes())
        .merge(import_errors::routes())
        .merge(home::routes())
        .merge(explain::routes())
        .merge(search::routes())
        .merge(start::routes())
        .merge(events::routes())
        .merge(saved_views::routes())
        .merge(used_by::routes())
        .merge(acknowledgement::routes())
}

/// Nodes of outlines that are kept, which bounds the memory at some 15 MB.
const OUTLINE_NODES_MAX: usize = 50_000;
/// Bytes of templates that are kept, as many as a thousand tasks with long ones.
const TEMPLATE_BYTES_MAX: usize = 4 << 20;
/// Tasks of finished runs whose counts are kept: some 10 MB.
const TALLIES_MAX: usize = 50_000;
/// Bytes of cells of finished runs that are kept: a thousand runs of a thousand tasks.
const CELL_BYTES_MAX: usize = 8 << 20;
/// Numbers of profiles of finished runs that are kept: some 4 MB.
const PROFILE_NUMBERS_MAX: usize = 1_000_000;
/// Runs that go on of which somebody sees the profile.
const LIVE_PROFILES_MAX: usize = 50;
/// Finished runs of which it is kept how many task instances are in which state: some 5 MB.
const RUN_COUNTS_MAX: usize = 20_000;
/// Newest runs of DAGs that are kept: some 8 MB, of 2,700 DAGs.
const NEWEST_RUNS_MAX: usize = 40_000;
/// Failed runs whose first failure is kept.
const FAILURES_MAX: usize = 1_000;
/// The first screen is made anew this often at most, however often something changes.
const HOME_GAP: Duration = Duration::from_millis(300);

/// What the screens keep between requests.
pub(crate) struct UiState {
    outlines: Kept<(DagVersionId, String), Arc<outline::Outline>>,
    templates: Kept<(DagVersionId, String, TaskId), templates::Templates>,
    tallies: Kept<RunKey, Arc<cells::RunTally>>,
    cells: Kept<RunKey, Arc<run_cells::RunCells>>,
    profiles: Kept<RunKey, Arc<Vec<profile::TaskProfile>>>,
    live_profiles: Kept<RunKey, run_profiles::LiveProfile>,
    run_counts: Kept<RunKey, shape::Counts>,
    newest_runs: Kept<DagId, Arc<[RunLine]>>,
    failures: Kept<RunKey, Option<Arc<FirstFailure>>>,
    logs: line_index::LineIndexes,
    homes: [paced::Paced<Arc<home::Home>>; home::HOURS.len()],
    streams: Arc<Semaphore>,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            outlines: Kept::new(OUTLINE_NODES_MAX),
            templates: Kept::new(TEMPLATE_BYTES_MAX),
            tallies: Kept::new(TALLIES_MAX),
            cells: Kept::new(CELL_BYTES_MAX),
            profiles: Kept::new(PROFILE_NUMBERS_MAX),
            live_profiles: Kept::new(LIVE_PROFILES_MAX),
            run_counts: Kept::new(RUN_COUNTS_MAX),
            newest_runs: Kept::new(NEWEST_RUNS_MAX),
            failures: Kept::new(FAILURES_MAX),
            logs: line_index::LineIndexes::default(),
            homes: std::array::from_fn(|_| paced::Paced::new(HOME_GAP)),
            streams: Arc::new(Semaphore::new(events::STREAMS_MAX)),
        }
    }
}

impl UiState {
    /// Forgets what is kept about runs and DAGs that a change touches.
    pub(crate) fn forget(&self, change: &Change) {
        if change.is_large() {
            self.tallies.clear();
            self.cells.clear();
            self.profiles.clear();
            self.run_counts.clear();
            self.newest_runs.clear();
            self.failures.clear();
            return;
        }
        change.touched_runs().for_each(|run| self.forget_run(run));
        self.newest_runs.forget_all(change.dags_with_other_runs());
    }

    fn forget_run(&self, run: &RunKey) {
        self.tallies.forget(run);
        self.cells.forget(run);
        self.profiles.forget(run);
        self.run_counts.forget(run);
        self.failures.forget(run);
    }
}
