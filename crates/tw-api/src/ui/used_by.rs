//! `/ui/used-by`: which DAGs name a connection or a variable in their files.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::query::Params;
use crate::state::ApiState;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Files that hold the name are read up to this many.
const FILES_MAX: u32 = 500;
/// Names of DAGs that are told.
const DAGS_MAX: usize = 50;

/// DAGs whose file names it, by id. A name that is put together while a task runs is not found, nor one that an operator
/// takes when the author gives none.
#[derive(Serialize, ToSchema)]
struct UsedBy {
    dag_ids: Vec<String>,
    /// There are more.
    or_more: bool,
}

#[utoipa::path(
    get,
    path = "/used-by",
    operation_id = "used_by",
    params(("connection" = Option<String>, Query, description = "id of a connection"), ("variable" = Option<String>, Query, description = "or the key of a variable")),
    responses((status = 200, body = UsedBy)),
)]
async fn list(State(state): State<ApiState>, params: Params) -> Result<Json<UsedBy>, ApiError> {
    let (name, paths): (&str, &[&str]) = match (params.text("connection"), params.text("variable")) {
        (Some(id), None) => (id, &["conn."]),
        (None, Some(key)) => (key, &["var.value.", "var.json."]),
        _ => return Err(ApiError::invalid("query", "connection", "expected either this or `variable`", "")),
    };
    if name.is_empty() {
        return Ok(Json(UsedBy { dag_ids: Vec::new(), or_more: false }));
    }
    let files = state.store().dags_with_source(name, FILES_MAX).await?;
    let is_cut = files.len() == FILES_MAX as usize;
    let mut dag_ids: Vec<String> = files
        .into_iter()
        .filter(|(_, source)| is_named(source, name, paths))
        .map(|(dag_id, _)| dag_id.to_string())
        .collect();
    let or_more = is_cut || dag_ids.len() > DAGS_MAX;
    dag_ids.truncate(DAGS_MAX);
    Ok(Json(UsedBy { dag_ids, or_more }))
}

/// Whether a file has the name as a text of its own, or in a template below one of the paths.
fn is_named(source: &str, name: &str, paths: &[&str]) -> bool {
    source.match_indices(name).any(|(at, _)| {
        let (before, after) = (&source[..at], &source[at + name.len()..]);
        let is_quoted = ['"', '\''].iter().any(|quote| before.ends_with(*quote) && after.starts_with(*quote));
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        is_quoted || (!goes_on && paths.iter().any(|path| before.ends_with(path)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_whole_text_or_part_of_a_template() {
        let paths = ["conn."];
        for source in ["Hook('db')", "conn_id=\"db\")", "x db 'db'", "{{ conn.db.host }}", "{{ conn.db }}"] {
            assert!(is_named(source, "db", &paths), "{source}");
        }
        for source in ["db = 1", "'db\"", "'my db'", "\"db2\"", "conn.db2.host", "conn.dbß", "'dbdb'"] {
            assert!(!is_named(source, "db", &paths), "{source}");
        }
    }
}
