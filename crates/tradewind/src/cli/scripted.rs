//! A server for tests: answers the given answers in order and keeps the requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use serde_json::Value;

use super::client::Client;

/// One request as it arrived.
pub(crate) struct Request {
    /// For example `GET /api/v2/dags HTTP/1.1`.
    pub(crate) line: String,
    /// The header of this name.
    pub(crate) authorization: Option<String>,
    /// The body; `null` without one.
    pub(crate) body: Value,
}

/// The running server.
pub(crate) struct Scripted {
    address: SocketAddr,
    thread: JoinHandle<Vec<Request>>,
}

impl Scripted {
    /// Starts a server that ends after the last answer.
    pub(crate) fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let answers: Vec<(u16, Value)> = answers.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            answers.into_iter().map(|(status, body)| serve(listener.accept().unwrap().0, status, &body)).collect()
        });
        Self { address, thread }
    }

    /// A client of it with the token `secret`.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address), Some("secret".into()), "none".into()).unwrap()
    }

    /// Every request, once all answers are given.
    pub(crate) fn requests(self) -> Vec<Request> {
        self.thread.join().unwrap()
    }
}

fn serve(stream: TcpStream, status: u16, body: &Value) -> Request {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let (mut authorization, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut received = vec![0; length];
    reader.read_exact(&mut received).unwrap();
    let text = body.to_string();
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", text.len());
    (&stream).write_all((head + &text).as_bytes()).unwrap();
    Request {
        line: line.trim().to_owned(),
        authorization,
        body: serde_json::from_slice(&received).unwrap_or(Value::Null),
    }
}
