//! The browser part: whole files that somebody else keeps, asked for through a port.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;

/// A file of the browser part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// All of it.
    pub body: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
    /// How long it may be kept, as in the header `Cache-Control`.
    pub cache_control: &'static str,
}

/// Finds the file for a path. The flag says whether the client would take a page instead, because
/// the browser part has addresses of its own.
pub type Pages = fn(&str, bool) -> Option<Page>;

/// First segments of paths that are never pages: a mistyped address there is a program's.
const PLANES: [&str; 3] = ["api", "ui", "auth"];

/// The answer to a request that no route took; `None` = there is nothing.
pub(crate) fn answer(pages: Pages, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || PLANES.contains(&first) {
        return None;
    }
    let takes_page = path == "/" || (first != "assets" && accepts_html(request.headers()));
    let page = pages(path, takes_page)?;
    let mut response = Response::new(Body::from(page.body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(page.cache_control));
    Some(response)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|text| text.split(',')).any(|part| part.trim().split(';').next() == Some("text/html"))
}
