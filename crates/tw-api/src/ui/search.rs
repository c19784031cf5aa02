//! `/ui/search`: DAGs, tasks and runs by a part of their name; for operators connections and variables too.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::DagId;
use tw_store::query::like_contains;
use tw_store::{ConnectionHead, DagListFilter, DagListPlace, DagListView, VersionView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::RunState;
use super::newest_runs::newest_runs;
use crate::auth::{Caller, READS_SETTINGS};
use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(search))
}

/// Hits of one kind.
const HITS_MAX: usize = 5;
/// Characters of a search; names are not longer.
const QUERY_CHARS_MAX: usize = 250;
/// DAGs whose tasks are searched.
const DAGS_MAX: u32 = 5_000;
/// DAG versions read for one search; what is missing then is found by the next key that is pressed.
const VERSIONS_READ_MAX: usize = 20;

/// What was found.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HitKind {
    Dag,
    Task,
    Run,
}

/// Something with the text in its name.
#[derive(Serialize, ToSchema)]
struct Hit {
    kind: HitKind,
    dag_id: String,
    id: String,
    text: String,
    /// Of a run, or of the newest run of a DAG.
    state: Option<RunState>,
}

/// A connection with the text in its id or its description.
#[derive(Serialize, ToSchema)]
struct ConnectionHit {
    id: String,
    conn_type: String,
    /// The beginning of it.
    description: Option<String>,
}

/// The best of each kind. Whoever may not read connections and variables finds none.
#[derive(Default, Serialize, ToSchema)]
struct SearchResult {
    hits: Vec<Hit>,
    connections: Vec<ConnectionHit>,
    /// Keys.
    variables: Vec<String>,
}

#[utoipa::path(
    get,
    path = "/search",
    operation_id = "search",
    params(("q" = Option<String>, Query, description = "a part of a name")),
    responses((status = 200, body = SearchResult)),
)]
async fn search(State(state): State<ApiState>, caller: Caller, params: Params) -> Result<Json<SearchResult>, ApiError> {
    let text: String = params.text("q").unwrap_or_default().trim().chars().take(QUERY_CHARS_MAX).collect();
    if text.is_empty() {
        return Ok(Json(SearchResult::default()));
    }
    let mut hits = dags(&state, &text).await?;
    hits.extend(tasks(&state, &text).await?);
    hits.extend(runs(&state, &text).await?);
    if caller.role < READS_SETTINGS {
        return Ok(Json(SearchResult { hits, ..SearchResult::default() }));
    }
    let (pattern, limit) = (like_contains(&text), HITS_MAX as u32);
    let (connections, variables) = tokio::try_join!(
        state.store().connections_named(&pattern, limit),
        state.store().variables_named(&pattern, limit),
    )?;
    let connections = connections.into_iter().map(ConnectionHit::from).collect();
    Ok(Json(SearchResult { hits, connections, variables }))
}

impl From<ConnectionHead> for ConnectionHit {
    fn from(head: ConnectionHead) -> Self {
        let ConnectionHead { conn_id, conn_type, description } = head;
        Self { id: conn_id, conn_type, description }
    }
}

async fn dags(state: &ApiState, text: &str) -> Result<Vec<Hit>, ApiError> {
    let filter = DagListFilter { text: Some(text.to_owned()), ..DagListFilter::default() };
    let by_run = DagListPlace::ByLastRun(None);
    let (dag_ids, _) = state.store().dag_ids_page(&filter, DagListView::All, &by_run, HITS_MAX as u32).await?;
    let found = state.store().dags_named(&dag_ids).await?;
    let runs = newest_runs(state, &dag_ids).await?;
    let hit = |dag_id: &DagId| {
        let dag = found.iter().find(|dag| dag.row.dag_id == *dag_id)?;
        let newest = runs.get(dag_id).and_then(|runs| runs.first());
        Some(Hit {
            kind: HitKind::Dag,
            dag_id: dag_id.to_string(),
            id: dag_id.to_string(),
            text: dag.version.display_name.clone(),
            state: newest.map(|run| run.state.into()),
        })
    };
    Ok(dag_ids.iter().filter_map(hit).collect())
}

/// Tasks of the newest versions, in the order of their DAGs.
async fn tasks(state: &ApiState, text: &str) -> Result<Vec<Hit>, ApiError> {
    let wanted = text.to_lowercase();
    let versions = state.store().latest_versions(DAGS_MAX).await?;
    let (mut hits, mut read) = (Vec::new(), 0);
    for version in &versions {
        let known = state.versions().known(version);
        let names = match known {
            Some(names) => names,
            None if read < VERSIONS_READ_MAX => {
                read += 1;
                names_of(state, version).await?
            }
            None => continue,
        };
        for (task_id, name) in names.matching(&wanted) {
            hits.push(Hit {
                kind: HitKind::Task,
                dag_id: version.dag_id.to_string(),
                id: task_id.to_string(),
                text: name.to_owned(),
                state: None,
            });
            if hits.len() == HITS_MAX {
                return Ok(hits);
            }
        }
    }
    Ok(hits)
}

async fn names_of(
    state: &ApiState,
    version: &VersionView,
) -> Result<std::sync::Arc<crate::versions::TaskNames>, ApiError> {
    let names = state.versions().names(state.store(), &[version]).await?;
    Ok(names.get(&version.id).cloned().unwrap_or_default())
}

async fn runs(state: &ApiState, text: &str) -> Result<Vec<Hit>, ApiError> {
    let found = state.store().runs_named(&like_contains(text), HITS_MAX as u32).await?;
    let hit = |run: &tw_store::RunLine| Hit {
        kind: HitKind::Run,
        dag_id: run.dag_id.to_string(),
        id: run.run_id.to_string(),
        text: run.run_id.to_string(),
        state: Some(run.state.into()),
    };
    Ok(found.iter().map(hit).collect())
}
