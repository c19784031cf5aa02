//! Asks the server over its REST API.

use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use super::args::Global;
use super::exit::Fault;
use super::server::ServerFile;
use super::setup;

/// A local server accepts at once; this is for one far away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for an answer; the slowest answers are bounded by the server's own budgets.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer that is read, in bytes: far above a full page of rows or a piece of log.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Rows per request: the largest page that Airflow's API gives by default.
const PAGE_ROWS: usize = 100;

/// A server that can be asked.
pub(crate) struct Client {
    agent: Agent,
    base: String,
    token: Option<String>,
    /// What to do when nobody answers.
    remedy: String,
}

/// Rows of a list, and how many there are.
pub(crate) struct Rows {
    /// The first of them, as many as were asked for.
    pub(crate) rows: Vec<Value>,
    /// All of them.
    pub(crate) total: usize,
}

impl Client {
    /// The server named by `--url`, otherwise the one that runs for the home folder.
    pub(crate) fn find(global: &Global) -> anyhow::Result<Self> {
        if let Some(url) = &global.url {
            let remedy = format!("check --url and TRADEWIND_URL ({url}), and whether that server runs");
            return Self::new(url, global.token.clone(), remedy);
        }
        let home = setup::home(global)?;
        let start = format!("start one with `tradewind standalone --home {}`", home.display());
        let path = ServerFile::path(&home);
        let file = ServerFile::read(&home).with_context(|| format!("cannot read {}", path.display()))?;
        let Some(file) = file else {
            let message = format!("no server runs for {}; {start}, or name one with --url", home.display());
            return Err(Fault::Unreachable(message).into());
        };
        let remedy = format!("the server of {} (process {}) seems to be gone; {start}", home.display(), file.pid);
        Self::new(&file.url, global.token.clone().or(Some(file.token)), remedy)
    }

    /// The server at `url`.
    pub(crate) fn new(url: &str, token: Option<String>, remedy: String) -> anyhow::Result<Self> {
        if url.starts_with("https://") {
            let message = format!("{url}: this program speaks plain http; use a tunnel or the server's own address");
            return Err(Fault::Refused(message).into());
        }
        if !url.starts_with("http://") {
            return Err(Fault::Refused(format!("{url} is no address of a server; expected http://host:port")).into());
        }
        let agent = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT))
            .http_status_as_error(false)
            // The server is addressed directly: a proxy would not know a loopback address.
            .proxy(None)
            .build()
            .into();
        Ok(Self { agent, base: url.trim_end_matches('/').to_owned(), token, remedy })
    }

    /// Reads `path` of the REST API, given as its segments.
    pub(crate) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.get_from(self.address(path), query)
    }

    /// Reads `name` of what the server offers to its own UI.
    pub(crate) fn get_ui(&self, name: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.get_from(format!("{}/ui/{}", self.base, encoded(name)), query)
    }

    fn get_from(&self, address: String, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let request = self.agent.get(address).query_pairs(query.iter().copied());
        self.answer(request.header("Accept", "application/json").header("Authorization", self.bearer()).call())
    }

    /// Creates below `path`.
    pub(crate) fn post(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.answer(self.agent.post(self.address(path)).header("Authorization", self.bearer()).send_json(body))
    }

    /// Changes `path`.
    pub(crate) fn patch(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.answer(self.agent.patch(self.address(path)).header("Authorization", self.bearer()).send_json(body))
    }

    /// Deletes `path`.
    pub(crate) fn delete(&self, path: &[&str]) -> anyhow::Result<()> {
        self.answer(self.agent.delete(self.address(path)).header("Authorization", self.bearer()).call()).map(drop)
    }

    /// Reads the first `limit` rows of a list, whose answer holds them under `field`.
    pub(crate) fn list(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        field: &str,
        limit: usize,
    ) -> anyhow::Result<Rows> {
        let mut rows: Vec<Value> = Vec::new();
        loop {
            let (size, offset) = (PAGE_ROWS.min(limit - rows.len()).to_string(), rows.len().to_string());
            let mut page_query = vec![("limit", size.as_str()), ("offset", offset.as_str())];
            page_query.extend_from_slice(query);
            let mut answer = self.get(path, &page_query)?;
            let Value::Array(page) = answer[field].take() else {
                anyhow::bail!("the server's answer holds no list of {field}; is it of another version?");
            };
            let is_last = page.is_empty();
            rows.extend(page);
            let total = answer["total_entries"].as_u64().map_or(rows.len(), |total| total as usize);
            if is_last || rows.len() >= total.min(limit) {
                rows.truncate(limit);
                return Ok(Rows { rows, total });
            }
        }
    }

    fn bearer(&self) -> String {
        self.token.as_ref().map(|token| format!("Bearer {token}")).unwrap_or_default()
    }

    fn address(&self, path: &[&str]) -> String {
        path.iter().fold(format!("{}/api/v2", self.base), |address, segment| address + "/" + &encoded(segment))
    }

    fn answer(&self, result: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Value> {
        let mut response = result
            .map_err(|error| Fault::Unreachable(format!("no answer from {} ({error}); {}", self.base, self.remedy)))?;
        let status = response.status();
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let text = text.with_context(|| format!("the answer of {} broke off", self.base))?;
        if status.is_success() {
            return match text.as_str() {
                "" => Ok(Value::Null),
                text => serde_json::from_str(text).with_context(|| format!("{} did not answer in JSON", self.base)),
            };
        }
        Err(fault(status, &text))
    }
}

fn fault(status: StatusCode, text: &str) -> anyhow::Error {
    let message = detail(text).unwrap_or_else(|| format!("the server answered {status}"));
    match status.as_u16() {
        400 | 409 | 422 => Fault::Refused(message).into(),
        401 => Fault::Forbidden(format!("{message}; give a token with --token or TRADEWIND_TOKEN")).into(),
        403 => Fault::Forbidden(message).into(),
        404 => Fault::NotFound(message).into(),
        // It is there, but not ready yet or any more.
        503 => Fault::Unreachable(message).into(),
        _ => anyhow::anyhow!("the server answered {status}: {message}"),
    }
}

/// What an error answer says: text, an object with a reason, or a list of fields that do not fit.
fn detail(text: &str) -> Option<String> {
    let detail = serde_json::from_str::<Value>(text).ok()?.get_mut("detail")?.take();
    match detail {
        Value::String(text) => Some(text),
        Value::Array(items) => {
            let message = |item: &Value| {
                let place = item["loc"].as_array().and_then(|parts| parts.last()).map(super::cell::text);
                format!("{}: {}", place.unwrap_or_default(), item["msg"].as_str().unwrap_or_default())
            };
            Some(items.iter().map(message).collect::<Vec<_>>().join("; "))
        }
        Value::Object(fields) => {
            ["message", "reason"].iter().find_map(|name| fields.get(*name)?.as_str().map(str::to_owned))
        }
        _ => None,
    }
}

/// Percent-encodes everything but unreserved characters: run ids hold `+`, `:` and sometimes `/`.
fn encoded(segment: &str) -> String {
    segment.bytes().fold(String::with_capacity(segment.len()), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;
    use serde_json::json;

    fn fault_of(error: &anyhow::Error) -> &Fault {
        error.downcast_ref::<Fault>().unwrap()
    }

    #[test]
    fn segments_and_token_arrive_as_meant() {
        let server = Scripted::start([(200, json!({"a": 1}))]);
        let answer = server.client().get(&["dags", "a/b", "dagRuns", "m__2026+00:00"], &[("q", "x y&z")]).unwrap();
        assert_eq!(answer, json!({"a": 1}));
        let request = server.requests().remove(0);
        assert_eq!(request.line, "GET /api/v2/dags/a%2Fb/dagRuns/m__2026%2B00%3A00?q=x%20y%26z HTTP/1.1");
        assert_eq!(request.authorization.as_deref(), Some("Bearer secret"));
    }

    #[test]
    fn lists_are_read_page_by_page_up_to_the_limit() {
        let page = |from: usize, to: usize| json!({"dags": (from..to).collect::<Vec<_>>(), "total_entries": 250});
        let server = Scripted::start([(200, page(0, 100)), (200, page(100, 150))]);
        let rows = server.client().list(&["dags"], &[], "dags", 150).unwrap();
        assert_eq!((rows.rows.len(), rows.total), (150, 250));
        let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
        assert!(lines[0].contains("limit=100&offset=0"), "{lines:?}");
        assert!(lines[1].contains("limit=50&offset=100"), "{lines:?}");
    }

    #[test]
    fn refusals_keep_the_servers_words() {
        let field = json!({"detail": [{"loc": ["body", "slots"], "msg": "too few"}]});
        let server = Scripted::start([(404, json!({"detail": "no dag x"})), (422, field), (500, json!("?"))]);
        let client = server.client();
        let error = client.get(&["dags", "x"], &[]).unwrap_err();
        assert!(matches!(fault_of(&error), Fault::NotFound(text) if text == "no dag x"));
        let error = client.post(&["pools"], &json!({})).unwrap_err();
        assert!(matches!(fault_of(&error), Fault::Refused(text) if text == "slots: too few"));
        assert!(client.delete(&["pools", "p"]).unwrap_err().to_string().contains("500"));
    }

    #[test]
    fn nobody_there_and_https_say_what_to_do() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = Client::new(&format!("http://{free}"), None, "start one".into()).unwrap();
        let error = client.get(&["dags"], &[]).unwrap_err();
        assert!(matches!(fault_of(&error), Fault::Unreachable(text) if text.ends_with("start one")), "{error}");
        let error = Client::new("https://h", None, String::new()).err().unwrap();
        assert!(matches!(fault_of(&error), Fault::Refused(_)));
    }
}
