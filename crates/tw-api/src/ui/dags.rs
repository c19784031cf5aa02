//! `/ui/dags`: the list of DAGs, and the head of one.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tw_model::DagId;
use tw_store::{DagCounts, DagListFilter, DagListPlace, DagListView, DagSummary, RunListFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dag_row::{DagRow, rows};
use super::schedule_words;
use super::shape::{ListTotal, ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Path;
use crate::query::Params;
use crate::resources::dag_shape::clean_doc;
use crate::resources::dags::existing_dag;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(head))
}

/// A page of DAGs.
#[derive(Serialize, ToSchema)]
struct DagPage {
    version: u64,
    dags: Vec<DagRow>,
    next_cursor: Option<String>,
    total: u32,
    counts: ViewCounts,
}

/// How many DAGs each view has.
#[derive(Serialize, ToSchema)]
struct ViewCounts {
    all: u32,
    favourites: u32,
    active: u32,
    paused: u32,
    failing: u32,
    running: u32,
}

/// What a query asks for: its filter and its view. The favourites are a filter of their own.
pub(super) fn wanted(params: &Params, caller: &Caller) -> Result<(DagListFilter, DagListView), ApiError> {
    let given = |name: &str| params.string(name).filter(|text| !text.is_empty());
    let favorites_of = (params.text("view") == Some(FAVOURITES)).then(|| caller.username.clone());
    let filter = DagListFilter { text: given("q"), tag: given("tag"), owner: given("owner"), favorites_of };
    Ok((filter, view(params)?))
}

impl ViewCounts {
    fn new(counts: DagCounts, favourites: u32) -> Self {
        let DagCounts { all, active, paused, failing, running } = counts;
        Self { all, favourites, active, paused, failing, running }
    }
}

/// The view of what the caller has marked.
const FAVOURITES: &str = "favourites";

fn view(params: &Params) -> Result<DagListView, ApiError> {
    match params.text("view") {
        None | Some("" | "all" | FAVOURITES) => Ok(DagListView::All),
        Some("active") => Ok(DagListView::Active),
        Some("paused") => Ok(DagListView::Paused),
        Some("failing") => Ok(DagListView::Failing),
        Some("running") => Ok(DagListView::Running),
        Some(other) => Err(ApiError::invalid("query", "view", "no such view", other)),
    }
}

fn in_view(counts: &DagCounts, view: DagListView) -> u32 {
    match view {
        DagListView::All => counts.all,
        DagListView::Active => counts.active,
        DagListView::Paused => counts.paused,
        DagListView::Failing => counts.failing,
        DagListView::Running => counts.running,
    }
}

/// Where a page begins: the order, and the cursor that the page before gave.
fn place(params: &Params) -> Result<DagListPlace, ApiError> {
    let cursor = params.text("cursor").filter(|cursor| !cursor.is_empty());
    match params.text("sort") {
        None | Some("" | "dag_id") => Ok(DagListPlace::ById(cursor.map(DagId::from))),
        Some("-last_run") => {
            let parse = |cursor: &str| {
                let (micros, dag_id) = cursor.split_once(' ')?;
                Some((micros.parse().ok()?, DagId::from(dag_id)))
            };
            let bad = |cursor| ApiError::invalid("query", "cursor", "not one of ours", cursor);
            let after = cursor.map(|cursor| parse(cursor).ok_or_else(|| bad(cursor))).transpose()?;
            Ok(DagListPlace::ByLastRun(after))
        }
        Some(other) => Err(ApiError::invalid("query", "sort", "no such order", other)),
    }
}

fn cursor(place: DagListPlace) -> Option<String> {
    match place {
        DagListPlace::ById(after) => after.map(|dag_id| dag_id.to_string()),
        DagListPlace::ByLastRun(after) => after.map(|(micros, dag_id)| format!("{micros} {dag_id}")),
    }
}

#[utoipa::path(
    get,
    path = "/dags",
    operation_id = "dag_list",
    params(("q" = Option<String>, Query, description = "a part of id or name"), ("view" = Option<String>, Query, description = "`all`, `favourites`, `active`, `paused`, `failing` or `running`"), ("tag" = Option<String>, Query, description = "with this tag"), ("owner" = Option<String>, Query, description = "of this owner"), ("sort" = Option<String>, Query, description = "`dag_id` or `-last_run`"), ("limit" = Option<u32>, Query, description = "rows of a page"), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = DagPage)),
)]
async fn list(State(state): State<ApiState>, params: Params, caller: Caller) -> Result<Json<DagPage>, ApiError> {
    let version = state.changes().version();
    let (filter, view) = wanted(&params, &caller)?;
    let (place, page) = (place(&params)?, params.page()?);
    let (dag_ids, next) = state.store().dag_ids_page(&filter, view, &place, page.limit).await?;
    let mut dags = state.store().dags_named(&dag_ids).await?;
    dags.sort_by_key(|dag| dag_ids.iter().position(|dag_id| *dag_id == dag.row.dag_id));
    let of_favourites = filter.favorites_of.is_some();
    let of_all = DagListFilter { favorites_of: None, ..filter };
    let counts = state.store().dag_counts(&of_all).await?;
    let own = DagListFilter { favorites_of: Some(caller.username.clone()), ..of_all };
    let favourites = state.store().dag_count(&own, DagListView::All).await?;
    Ok(Json(DagPage {
        version,
        dags: rows(&state, &dags, &caller).await?,
        next_cursor: next.and_then(cursor),
        total: if of_favourites { favourites } else { in_view(&counts, view) },
        counts: ViewCounts::new(counts, favourites),
    }))
}

/// A DAG on a page of its own.
#[derive(Serialize, ToSchema)]
struct DagHead {
    version: u64,
    #[serde(flatten)]
    row: DagRow,
    description: Option<String>,
    doc_md: Option<String>,
    latest_version_number: u32,
    total_runs: ListTotal,
    max_active_runs: u32,
    max_active_tasks: u32,
    catchup: bool,
    fileloc: String,
    bundle_name: String,
    timetable: String,
    start_date: Option<i64>,
    end_date: Option<i64>,
}

#[utoipa::path(
    get,
    path = "/dags/{dag_id}",
    operation_id = "dag_get",
    params(("dag_id" = String, Path)),
    responses((status = 200, body = DagHead)),
)]
async fn head(
    State(state): State<ApiState>,
    Path(dag_id): Path<String>,
    caller: Caller,
) -> Result<Json<DagHead>, ApiError> {
    let version = state.changes().version();
    let dag = existing_dag(&state, &dag_id).await?;
    let row = rows(&state, std::slice::from_ref(&dag), &caller).await?.pop();
    let row = row.ok_or_else(|| ApiError::not_found("The DAG is gone"))?;
    let total_runs = state.store().runs_total(&of_dag(&dag)).await?.into();
    let DagSummary { row: dag_row, head, .. } = &dag;
    Ok(Json(DagHead {
        version,
        row,
        description: head.description.clone(),
        doc_md: head.doc_md.as_deref().map(clean_doc),
        latest_version_number: dag_row.latest_version_number,
        total_runs,
        max_active_runs: head.max_active_runs,
        max_active_tasks: head.max_active_tasks,
        catchup: head.catchup,
        fileloc: head.fileloc.clone(),
        bundle_name: dag_row.bundle_name.clone(),
        timetable: schedule_words::timetable(&head.timetable),
        start_date: head.start_date.map(ms),
        end_date: head.end_date.map(ms),
    }))
}

/// All runs of a DAG.
pub(super) fn of_dag(dag: &DagSummary) -> RunListFilter {
    RunListFilter { dag_id: Some(dag.row.dag_id.clone()), ..RunListFilter::default() }
}
