//! `/ui/events`: what was committed, as it happens, for screens that are open.

use std::convert::Infallible;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::names::RunState;
use crate::changes::{Change, Changes, RunKey, Since};
use crate::error::ApiError;
use crate::query::Params;
use crate::serve::Stopping;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Streams at the same time; each is an open connection and next to no memory.
pub(super) const STREAMS_MAX: usize = 512;
/// Names of one kind in an event; whoever hears of more reads everything again.
const NAMES_MAX: usize = 200;
/// Changes that follow each other faster than this are told together.
const GAP: Duration = Duration::from_millis(100);
/// A stream without changes says so this often, so that a lost connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A run that was created, changed or deleted.
#[derive(Serialize, ToSchema)]
struct ChangedRun<'a> {
    dag_id: &'a str,
    run_id: &'a str,
    /// null: it was deleted.
    state: Option<RunState>,
}

/// A run.
#[derive(Serialize, ToSchema)]
struct TaskRun<'a> {
    dag_id: &'a str,
    run_id: &'a str,
}

/// What was committed since the event before.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
struct ChangeShape<'a> {
    version: u64,
    runs: Vec<ChangedRun<'a>>,
    /// Runs of which task instances changed; at most 200, else `many` is true.
    task_runs: Vec<TaskRun<'a>>,
    dags: Vec<&'a str>,
    import_errors: bool,
    pools: bool,
    many: bool,
}

impl<'a> ChangeShape<'a> {
    fn new(version: u64, change: &'a Change) -> Self {
        let (import_errors, pools, many) = change.flags();
        let runs = change.listed_runs().map(|(dag_id, run_id, state)| ChangedRun {
            dag_id: dag_id.as_str(),
            run_id: run_id.as_str(),
            state: state.map(RunState::from),
        });
        let task_run = |(dag_id, run_id): &'a RunKey| TaskRun { dag_id: dag_id.as_str(), run_id: run_id.as_str() };
        let counts = [change.listed_runs().count(), change.listed_task_runs().count(), change.listed_dags().count()];
        Self {
            version,
            runs: runs.take(NAMES_MAX).collect(),
            task_runs: change.listed_task_runs().map(task_run).take(NAMES_MAX).collect(),
            dags: change.listed_dags().map(|dag_id| dag_id.as_str()).take(NAMES_MAX).collect(),
            import_errors,
            pools,
            many: many || counts.iter().any(|count| *count > NAMES_MAX),
        }
    }
}

/// Read everything again, then go on from here.
#[derive(Serialize)]
struct Reset {
    version: u64,
}

/// One reader of the list of changes.
struct Reader {
    changes: Changes,
    /// The last number that was told.
    version: u64,
    stop: CancellationToken,
    /// Given back when the stream ends.
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    /// The next event; `None` when the server stops.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = self.changes.after(self.version) => {}
            }
            let (version, event) = match self.changes.since(self.version) {
                Since::Nothing => continue,
                Since::Reset(version) => (version, Event::default().event("reset").json_data(Reset { version })),
                Since::Changed(version, change) => {
                    let shape = ChangeShape::new(version, &change);
                    (version, Event::default().event("change").json_data(shape))
                }
            };
            self.version = version;
            let event = event.expect("text, numbers and truth values are JSON");
            return Some((Ok(event), self));
        }
    }
}

#[utoipa::path(
    get,
    path = "/events",
    operation_id = "event_stream",
    params(("since" = Option<u64>, Query, description = "`version` of what is on the screen")),
    responses((
        status = 200,
        description = "Server-sent events: `change` with this; `reset` with a `version` from which to begin anew.",
        content_type = "text/event-stream",
        body = ChangeShape<'static>,
    )),
)]
async fn events(
    State(state): State<ApiState>,
    stopping: Option<Extension<Stopping>>,
    params: Params,
) -> Result<Response, ApiError> {
    let since = params.choice::<u64>("since", "a version")?;
    let permit = state.ui().streams.clone().try_acquire_owned();
    let permit = permit.map_err(|_| ApiError::unavailable("Too many screens are open; close some"))?;
    let changes = state.changes().clone();
    let version = since.unwrap_or_else(|| changes.version());
    let stop = stopping.map(|Extension(Stopping(stop))| stop).unwrap_or_default();
    let reader = Reader { changes, version, stop, _permit: permit };
    // The first event comes at once, the others with pauses.
    let told = stream::unfold((reader, false), async |(reader, told_before)| {
        if told_before {
            tokio::time::sleep(GAP).await;
        }
        let (event, reader) = reader.next().await?;
        Some((event, (reader, true)))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}
