//! The browser part, embedded: what `ui/` was built to, in the binary.
//!
//! # What it is
//! [`file`] finds the file for a path of the server. The browser part has addresses of its own
//! (`/dags/…`), and every one of them is its first page.
//!
//! # What it must not know
//! No other crate of ours, no HTTP: it has bytes and says what they are. It does not build `ui/`;
//! where that was not built, the first page says so.
//!
//! # How to read it
//! `build.rs` makes the table of files; this file looks things up in it.
//!
//! # How to test it
//! `cargo test -p tw-webui`; look-ups are a pure function of a table.

/// A file to be sent as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct File {
    /// All of it.
    pub body: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
    /// How long a browser may keep it, as in the header `Cache-Control`.
    pub cache_control: &'static str,
}

/// Names below `ui/dist` and contents, sorted.
type Table = &'static [(&'static str, &'static [u8])];

const FILES: Table = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The first page; the browser part is its scripts.
const INDEX: &str = "index.html";
/// Below it every name contains a hash of the contents.
const HASHED: &str = "assets/";
/// What has a hash in its name never changes under that name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What keeps its name is asked for again at every visit.
const ASK_AGAIN: &str = "no-cache";

/// What stands at every address while there is no browser part.
const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Tradewind</title></head>\
    <body><h1>Tradewind runs, without its web pages</h1>\
    <p>They were not built when this program was: Node.js is needed for that. In the source folder, \
    <code>make run</code> builds and embeds them.</p>\
    <p>Everything else works: the REST API is at <code>/api/v2</code>, <a href=\"/api/v2/monitor/health\">its \
    health</a> needs no token, and <code>tradewind --help</code> lists the commands.</p></body></html>\n";

/// The file for a path that begins with `/`. `takes_page`: the client would take a page for an
/// address of the browser part.
pub fn file(path: &str, takes_page: bool) -> Option<File> {
    find(FILES, path, takes_page)
}

fn find(files: Table, path: &str, takes_page: bool) -> Option<File> {
    let name = path.trim_start_matches('/');
    if let Some(body) = get(files, name) {
        let cache_control = if name.starts_with(HASHED) { FOR_EVER } else { ASK_AGAIN };
        return Some(File { body, content_type: content_type(name), cache_control });
    }
    if !takes_page {
        return None;
    }
    let body = get(files, INDEX).unwrap_or(NOT_BUILT.as_bytes());
    Some(File { body, content_type: content_type(INDEX), cache_control: ASK_AGAIN })
}

fn get(files: Table, name: &str) -> Option<&'static [u8]> {
    let at = files.binary_search_by_key(&name, |(name, _)| name).ok()?;
    files.get(at).map(|(_, body)| *body)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: Table =
        &[("assets/app-1a2b.js", b"script"), ("favicon.svg", b"picture"), ("index.html", b"first page")];

    fn found(files: Table, path: &str, takes_page: bool) -> String {
        match find(files, path, takes_page) {
            None => "nothing".to_owned(),
            Some(file) => {
                let body = String::from_utf8_lossy(file.body);
                format!("{} | {} | {}", body.lines().next().unwrap_or_default(), file.content_type, file.cache_control)
            }
        }
    }

    #[test]
    fn files_addresses_and_nothing() {
        let page = "first page | text/html; charset=utf-8 | no-cache";
        for (path, takes_page, expected) in [
            ("/", true, page),
            ("/index.html", false, page),
            ("/dags/a%2Fb/grid", true, page),
            ("/dags/etl/grid", false, "nothing"),
            (
                "/assets/app-1a2b.js",
                false,
                "script | text/javascript; charset=utf-8 | public, max-age=31536000, immutable",
            ),
            ("/assets/app-old.js", false, "nothing"),
            ("/favicon.svg", true, "picture | image/svg+xml | no-cache"),
            ("/../Cargo.toml", false, "nothing"),
        ] {
            assert_eq!(found(BUILT, path, takes_page), expected, "{path}");
        }
    }

    #[test]
    fn without_a_build_the_page_says_so() {
        assert!(find(&[], "/", true).is_some_and(|file| file.body == NOT_BUILT.as_bytes()));
        assert_eq!(find(&[], "/assets/app.js", false), None);
    }

    #[test]
    fn the_embedded_table_is_sorted() {
        assert!(FILES.is_sorted_by_key(|(name, _)| *name));
        assert!(file("/", true).is_some());
    }
}
