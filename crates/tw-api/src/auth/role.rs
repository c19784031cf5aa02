//! Which role a request asks for, as in Airflow's simple auth manager.

use axum::http::Method;
use tw_store::Role;

/// The least role that may know of connections and variables. They hold secrets: reading them is an
/// operator's business too.
pub(crate) const READS_SETTINGS: Role = Role::Op;

/// The least role for a request to `route`, a path as it stands in the route table.
pub(super) fn required(method: &Method, route: &str) -> Role {
    // A batch list reads, although its filters travel in the body of a POST.
    let batch = method == Method::POST && (route.ends_with("/dagRuns/list") || route.ends_with("/taskInstances/list"));
    let reads = method == Method::GET || method == Method::HEAD || batch;
    let resource = route.strip_prefix("/api/v2/").unwrap_or_default().split('/').next().unwrap_or_default();
    match resource {
        // One's own, whoever one is.
        _ if route == "/ui/session" || route.starts_with("/ui/views/") || is_favorite(route) => Role::Viewer,
        _ if route.starts_with("/ui/runs/") && !reads => Role::User,
        "connections" | "variables" => READS_SETTINGS,
        _ if reads => Role::Viewer,
        "dags" => Role::User,
        "pools" => Role::Op,
        _ => Role::Admin,
    }
}

/// Whether it is about a person's own favourites.
fn is_favorite(route: &str) -> bool {
    route.ends_with("/favorite") || route.ends_with("/unfavorite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_asks_for_its_role() {
        let table = [
            ("GET", "/api/v2/dags", Role::Viewer),
            ("POST", "/api/v2/dags/{dag_id}/dagRuns/list", Role::Viewer),
            ("POST", "/api/v2/dags/{dag_id}/dagRuns", Role::User),
            ("PATCH", "/api/v2/dags/{dag_id}", Role::User),
            ("GET", "/api/v2/pools", Role::Viewer),
            ("POST", "/api/v2/pools", Role::Op),
            ("GET", "/api/v2/variables/{key}", Role::Op),
            ("GET", "/api/v2/connections", Role::Op),
            ("DELETE", "/api/v2/importErrors/{id}", Role::Admin),
            ("GET", "/ui/why", Role::Viewer),
            ("DELETE", "/ui/session", Role::Viewer),
            ("PUT", "/ui/views/{name}", Role::Viewer),
            ("POST", "/api/v2/dags/{dag_id}/favorite", Role::Viewer),
            ("POST", "/api/v2/dags/{dag_id}/unfavorite", Role::Viewer),
            ("GET", "/ui/runs/{dag_id}/{run_id}/timeline", Role::Viewer),
            ("PUT", "/ui/runs/{dag_id}/{run_id}/acknowledgement", Role::User),
            ("POST", "/ui/other", Role::Admin),
        ];
        for (method, path, role) in table {
            assert_eq!(required(&method.parse().unwrap(), path), role, "{method} {path}");
        }
    }
}
