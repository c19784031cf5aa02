//! The description of the `/ui` plane, from which the types of the browser part are generated.

use std::path::Path;

use serde_json::Value;

use crate::server::Server;

/// Set, it has the description written instead of compared. `npm run api` in `ui/` then renews the types.
const RENEW: &str = "RENEW_DESCRIPTION";

/// What is served to everybody is what the browser part was made for.
#[tokio::test]
async fn the_browser_part_has_the_served_description() {
    let server = Server::on_sqlite().await;
    let answer = server.send("GET", "/ui/openapi.json", &[], None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/api/openapi.json");
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, &answer.text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == answer.text, "{} is old; run this test with {RENEW}=1", path.display());
}

/// The names of everything in the description are told apart, and what is named exists.
#[tokio::test]
async fn the_description_is_whole() {
    let server = Server::on_sqlite().await;
    let document = server.send("GET", "/ui/openapi.json", &[], None).await.json();
    let mut operations: Vec<&str> = Vec::new();
    for path in document["paths"].as_object().unwrap().values() {
        operations.extend(path.as_object().unwrap().values().filter_map(|one| one["operationId"].as_str()));
    }
    let all = operations.len();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!((all, operations.len()), (33, 33), "{operations:?}");
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is not there");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
