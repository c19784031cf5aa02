//! Live changes: what a stream tells, and when it says to begin anew.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tw_engine::Write;
use tw_model::{DagRun, DagRunState};

use crate::server::Server;
use crate::world;

/// An open stream of events.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server, token: &str, query: &str) -> Self {
        let mut socket = TcpStream::connect(server.address()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(socket, "GET /ui/events{query} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
        let mut stream = Self(BufReader::new(socket));
        assert_eq!(stream.line(), "HTTP/1.1 200 OK");
        while !stream.line().is_empty() {}
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next event: its name and its data.
    fn event(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let line = self.line();
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).unwrap());
            }
        }
    }
}

fn write(state: DagRunState) -> Write {
    Write::DagRun(Box::new(DagRun { state, ..world::run("etl", 2, 2) }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_stream_tells_what_is_committed() {
    let server = Server::on_sqlite().await;
    let token = server.log_in("viewer").await;
    let version = server.get("/ui/nav").await.json()["version"].as_u64().unwrap();
    let mut stream = Stream::open(&server, &token, "");
    server.control.commit(&[write(DagRunState::Success)]).await;
    let (stream, told) = tokio::task::spawn_blocking(move || {
        let told = stream.event();
        (stream, told)
    })
    .await
    .unwrap();
    let change = json!({
        "version": version + 1, "runs": [{"dag_id": "etl", "run_id": "run_2", "state": "success"}],
        "task_runs": [], "dags": [], "import_errors": false, "pools": false, "many": false,
    });
    assert_eq!(told, ("change".to_owned(), change.clone()));
    assert_eq!(server.get("/ui/nav").await.json()["version"], version + 1);

    // Who comes later with an older number gets the same at once; with one that is not known, a reset.
    for (since, expected) in [
        (version, ("change", change)),
        (version + 2, ("reset", json!({"version": version + 1}))),
        (version - 1, ("reset", json!({"version": version + 1}))),
    ] {
        let mut stream = Stream::open(&server, &token, &format!("?since={since}"));
        let (name, data) = tokio::task::spawn_blocking(move || stream.event()).await.unwrap();
        assert_eq!((name.as_str(), data), expected, "{since}");
    }

    // A stream does not keep the server from stopping.
    server.stop.cancel();
    server.serving.await.unwrap().unwrap();
    drop(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn fast_changes_are_told_together() {
    let server = Server::on_sqlite().await;
    let token = server.log_in("viewer").await;
    let version = server.get("/ui/nav").await.json()["version"].as_u64().unwrap();
    for state in [DagRunState::Queued, DagRunState::Running, DagRunState::Failed] {
        server.control.commit(&[write(state)]).await;
    }
    let mut stream = Stream::open(&server, &token, &format!("?since={version}"));
    let (_, change) = tokio::task::spawn_blocking(move || stream.event()).await.unwrap();
    assert_eq!((&change["version"], &change["runs"][0]["state"]), (&json!(version + 3), &json!("failed")));
    assert_eq!(server.send("GET", "/ui/events", &[], None).await.status, 401);
}
