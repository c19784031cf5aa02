//! What is said with one child (protocol 2.1): the order, its questions, the result.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tw_model::Variable;
use tw_wire::frame::{FrameBuffer, decode_request, encode_response};
use tw_wire::supervisor::request::ParsingResult;
use tw_wire::supervisor::{ErrorBody, ErrorKind, ToSupervisor, ToTask, VariableBody};

use crate::port::{DagFile, ParseServices, PortError};
use crate::secret::Secrets;

/// Bytes read from the request channel at once; results of large files arrive in many reads.
const READ_BYTES: usize = 64 << 10;

/// One conversation, and what it has told besides the result.
pub(crate) struct Conversation<'a> {
    requests: &'a mut UnixStream,
    services: &'a dyn ParseServices,
    buffer: FrameBuffer,
    /// Secrets the child has read.
    pub(crate) secrets: Secrets,
    /// Whether it asked for stored variables or connections.
    pub(crate) read_stored_values: bool,
}

/// What a test of a connection came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether the connection works.
    pub status: bool,
    /// What the hook says, or why there is no test; for people.
    pub message: String,
}

impl Verdict {
    /// Reads the message of a child that carries one. The SDK does not know it.
    fn read(body: &Value) -> Option<Self> {
        if body["type"] != "ConnectionTestVerdict" {
            return None;
        }
        Some(Self { status: body["status"].as_bool()?, message: body["message"].as_str()?.to_owned() })
    }
}

/// A response: a body, nothing, or an error that raises in user code.
enum Answer {
    Body(ToTask),
    Empty,
    Error(ErrorBody),
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(requests: &'a mut UnixStream, services: &'a dyn ParseServices) -> Self {
        Self { requests, services, buffer: FrameBuffer::new(), secrets: Secrets::default(), read_stored_values: false }
    }

    /// Orders the parse and answers until the result is there. None when the child closed the
    /// channel without one.
    pub(crate) async fn run(&mut self, file: &DagFile) -> Option<ParsingResult> {
        let order = json!({
            "type": "DagFileParseRequest",
            "file": file.path.to_string_lossy(),
            "bundle_path": file.bundle_path.to_string_lossy(),
            "bundle_name": file.key.bundle_name,
            "callback_requests": [],
        });
        self.converse(&order).await
    }

    /// Gives any order and answers until a result is there, or the child closes the channel.
    pub(crate) async fn converse(&mut self, order: &Value) -> Option<ParsingResult> {
        self.requests.write_all(&encode_response(0, Some(order), None)).await.ok()?;
        loop {
            let (id, body) = self.hear().await?;
            let (answer, result) = match decoded(body) {
                Err(problem) => (refused(&problem), None),
                Ok(ToSupervisor::DagFileParsingResult(result)) => (Answer::Empty, Some(result)),
                Ok(question) => (self.answer(question).await, None),
            };
            let sent = self.requests.write_all(&answer.encode(id)).await;
            if result.is_some() {
                return result;
            }
            sent.ok()?;
        }
    }

    /// Answers until the child tells what its test came to. That is not answered: the child waits,
    /// so that it can be ended with all that it started. None when it closed the channel without.
    pub(crate) async fn verdict(&mut self) -> Option<Verdict> {
        loop {
            let (id, body) = self.hear().await?;
            if let Some(verdict) = body.as_ref().ok().and_then(Verdict::read) {
                return Some(verdict);
            }
            let answer = match decoded(body) {
                Ok(question) => self.answer(question).await,
                Err(problem) => refused(&problem),
            };
            self.requests.write_all(&answer.encode(id)).await.ok()?;
        }
    }

    /// The next message and its number. None when the child closed the channel.
    async fn hear(&mut self) -> Option<(u64, Result<Value, String>)> {
        let mut bytes = Vec::new();
        loop {
            let frame = match self.buffer.pull() {
                Ok(Some(frame)) => decode_request(&frame),
                Err(error) => Err(error),
                Ok(None) => {
                    bytes.resize(READ_BYTES, 0);
                    let count = self.requests.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
                    self.buffer.push(&bytes[..count]);
                    continue;
                }
            };
            return Some(match frame {
                // The child has one request in flight and does not compare ids (protocol 1.5).
                Err(error) => (0, Err(error.to_string())),
                Ok(frame) => (frame.id, Ok(frame.body)),
            });
        }
    }

    async fn answer(&mut self, question: ToSupervisor) -> Answer {
        match question {
            ToSupervisor::GetConnection(asked) => {
                self.read_stored_values = true;
                answered(self.services.connection(&asked.conn_id).await, |connection| match connection {
                    Some(connection) => Answer::Body(ToTask::ConnectionResult(connection.into())),
                    None => not_found(ErrorKind::ConnectionNotFound, "conn_id", asked.conn_id),
                })
            }
            ToSupervisor::GetVariable(asked) => {
                self.read_stored_values = true;
                answered(self.services.variable(&asked.key).await, |variable| match variable {
                    Some(Variable { key, value, .. }) => {
                        Answer::Body(ToTask::VariableResult(VariableBody { key, value: Some(value) }))
                    }
                    None => not_found(ErrorKind::VariableNotFound, "key", asked.key),
                })
            }
            ToSupervisor::GetVariableKeys(page) => {
                self.read_stored_values = true;
                let found = self.services.variable_keys(page.prefix.as_deref(), page.offset, page.limit).await;
                answered(found, |(keys, total_entries)| {
                    Answer::Body(ToTask::VariableKeysResult { keys, total_entries })
                })
            }
            ToSupervisor::PutVariable(entry) => {
                let value = entry.value.unwrap_or_default();
                let variable = Variable { key: entry.key, value, description: entry.description };
                answered(self.services.put_variable(variable).await, |()| Answer::Empty)
            }
            ToSupervisor::DeleteVariable(asked) => answered(self.services.delete_variable(&asked.key).await, |()| {
                Answer::Body(ToTask::OKResponse { ok: true })
            }),
            ToSupervisor::MaskSecret(secret) => {
                self.secrets.add(&secret.value, secret.name.as_deref());
                Answer::Empty
            }
            _ => refused("this request is not available outside of a task"),
        }
    }
}

fn decoded(body: Result<Value, String>) -> Result<ToSupervisor, String> {
    ToSupervisor::decode(body?).map_err(|error| error.to_string())
}

fn answered<T>(found: Result<T, PortError>, answer: impl FnOnce(T) -> Answer) -> Answer {
    match found {
        Ok(value) => answer(value),
        Err(error) => Answer::Error(ErrorBody::status(500, &error.to_string(), None)),
    }
}

fn not_found(kind: ErrorKind, field: &str, name: String) -> Answer {
    Answer::Body(ToTask::ErrorResponse(ErrorBody::about(kind, field, name)))
}

fn refused(problem: &str) -> Answer {
    Answer::Error(ErrorBody::status(400, problem, None))
}

impl Answer {
    fn encode(self, id: u64) -> Vec<u8> {
        let body = |message: ToTask| -> Value { message.to_body() };
        match self {
            Self::Body(message) => encode_response(id, Some(&body(message)), None),
            Self::Empty => encode_response(id, None, None),
            Self::Error(error) => encode_response(id, None, Some(&body(ToTask::ErrorResponse(error)))),
        }
    }
}
