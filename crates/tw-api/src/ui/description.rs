//! `/ui/openapi.json`: the description of this plane, made of the same lists as its routes. The types of
//! the browser part are generated from it.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::schema::{AllOf, Object, OneOf, Schema};
use utoipa::openapi::{ContentBuilder, Info, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::error::Problem;
use crate::state::ApiState;

/// Shapes of which parts may be left out; of all others each member is always there, null or not.
const SPARSE: [&str; 2] = ["Counts", "Issue"];

const TIMES: &str = "Times are milliseconds since the epoch (UTC); durations are milliseconds.";

static TEXT: LazyLock<String> = LazyLock::new(text);

/// The route for everybody.
pub(super) fn routes() -> Router<ApiState> {
    Router::new().route("/ui/openapi.json", get(document))
}

async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}

fn text() -> String {
    let mut document = super::described().into_openapi();
    document.info = Info::new("What the browser part of Tradewind reads", "1");
    document.info.description = Some(TIMES.to_owned());
    name_problems(&mut document);
    require_all(&mut document);
    document.to_pretty_json().expect("a description is JSON") + "\n"
}

/// Every refusal has one shape. Every answer gets the words that the format asks for.
fn name_problems(document: &mut OpenApi) {
    let schemas = &mut document.components.get_or_insert_default().schemas;
    let mut named = Vec::new();
    Problem::schemas(&mut named);
    named.push((Problem::name().into(), Problem::schema()));
    schemas.extend(named);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let response = ResponseBuilder::new().description("A refusal").content("application/json", content).build();
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            for answer in operation.responses.responses.values_mut() {
                if let RefOr::T(answer) = answer
                    && answer.description.is_empty()
                {
                    "The answer".clone_into(&mut answer.description);
                }
            }
            operation.responses.responses.insert("default".to_owned(), response.clone().into());
        }
    }
}

/// An optional value is null here, not missing.
fn require_all(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| &mut components.schemas);
    for (_, schema) in schemas.filter(|(name, _)| !SPARSE.contains(&name.as_str())) {
        match schema {
            RefOr::T(Schema::Object(object)) => require(object),
            RefOr::T(Schema::AllOf(AllOf { items, .. }) | Schema::OneOf(OneOf { items, .. })) => {
                for item in items {
                    if let RefOr::T(Schema::Object(object)) = item {
                        require(object);
                    }
                }
            }
            _ => {}
        }
    }
}

fn require(object: &mut Object) {
    object.required = object.properties.keys().cloned().collect();
}
