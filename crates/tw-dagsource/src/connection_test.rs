//! Tests connections in forked children: their hooks are code of the user's environment, which may
//! hang, crash and leave threads behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use tw_model::{Connection, ExitStatus, Variable};
use tw_python::{BridgeKeeper, CONNECTION_UNDER_TEST, Child, ChildKind, SpawnRequest};

use crate::conversation::{Conversation, Verdict};
use crate::port::{ParseServices, PortError};
use crate::python::Tail;
use crate::secret::Secrets;
use crate::stop::Reaper;

/// Tests at the same time: each is a process that imports a provider.
const TESTS_MAX: usize = 4;
/// Characters of a message at most; drivers put whole statements and pages into theirs.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// From the end of the channel to the end of the process.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// Tests connections, each in a child of its own.
pub struct PythonConnectionTests {
    bridge: BridgeKeeper,
    services: Arc<dyn ParseServices>,
    limit: Duration,
    permits: Semaphore,
}

impl PythonConnectionTests {
    /// Forks from the bridge. A test takes no longer than `limit`, the wait for Python and for other
    /// tests included; what its hook asks besides is answered by `services`.
    pub fn new(bridge: BridgeKeeper, services: Arc<dyn ParseServices>, limit: Duration) -> Self {
        Self { bridge, services, limit, permits: Semaphore::new(TESTS_MAX) }
    }

    /// What the hook of the connection's type says. That there is no such hook, that it raises,
    /// hangs or dies is a verdict too.
    ///
    /// # Cancel safety
    /// Dropping the future ends the test's process.
    pub async fn test(&self, connection: Connection) -> Verdict {
        let mut secrets = Secrets::default();
        secrets.add_connection(&connection);
        let conn_id = connection.conn_id.clone();
        let services = UnderTest { connection, stored: &*self.services };
        let deadline = Instant::now() + self.limit;
        let verdict = match timeout_at(deadline, self.child()).await {
            Ok(Ok((_permit, child))) => match timeout_at(deadline, tested(child, &services, &mut secrets)).await {
                Ok(verdict) => verdict,
                Err(_) => failed(late(self.limit)),
            },
            Ok(Err(problem)) => failed(problem),
            Err(_) => failed("The Python of the server is starting, or busy with other tests. Test again.".to_owned()),
        };
        let message = secrets.mask(verdict.message).replace(CONNECTION_UNDER_TEST, &conn_id);
        Verdict { message: shortened(message), ..verdict }
    }

    async fn child(&self) -> Result<(SemaphorePermit<'_>, Child), String> {
        let permit = self.permits.acquire().await.map_err(|error| error.to_string())?;
        let child = self.bridge.spawn(SpawnRequest { kind: ChildKind::ConnectionTest, template: None }).await;
        Ok((permit, child.map_err(|error| format!("There is no Python to test with: {error}"))?))
    }
}

async fn tested(child: Child, services: &UnderTest<'_>, secrets: &mut Secrets) -> Verdict {
    let Child { pid, mut requests, stdout, stderr, logs, exit, .. } = child;
    let reaper = Reaper::of_group(pid, exit);
    // Read, so that the child never blocks on them, and never shown: a hook may print secrets.
    let _output = (Tail::of(stdout), Tail::of(stderr), Tail::of(logs));
    let mut conversation = Conversation::new(&mut requests, services);
    let verdict = conversation.verdict().await;
    secrets.extend(conversation.secrets);
    // One that told its verdict waits for its end. One that closed the channel is about to end.
    let grace = if verdict.is_some() { Duration::ZERO } else { EXIT_GRACE };
    let status = reaper.end(grace).await;
    verdict.unwrap_or_else(|| failed(died(status)))
}

fn failed(message: String) -> Verdict {
    Verdict { status: false, message }
}

fn late(limit: Duration) -> String {
    format!(
        "No answer within {} s; the test was stopped. Check that host and port can be reached from the server, and \
         that nothing between them drops the connection.",
        limit.as_secs_f64()
    )
}

fn died(status: Option<ExitStatus>) -> String {
    let how = match status {
        Some(ExitStatus::Code(code)) => format!("exit code {code}"),
        Some(ExitStatus::Signal(signal)) => format!("signal {signal}"),
        None => return "The Python of the server ended during the test. Test again.".to_owned(),
    };
    format!("The test's process ended without an answer ({how}). A library that the hook uses is at fault.")
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// The connection under test besides those that are stored, which hooks use on their way (a tunnel,
/// a role to take on). A test changes nothing.
struct UnderTest<'a> {
    connection: Connection,
    stored: &'a dyn ParseServices,
}

#[async_trait]
impl ParseServices for UnderTest<'_> {
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, PortError> {
        if conn_id == CONNECTION_UNDER_TEST {
            let connection = Connection { conn_id: conn_id.to_owned(), ..self.connection.clone() };
            return Ok(Some(connection));
        }
        self.stored.connection(conn_id).await
    }

    async fn variable(&self, key: &str) -> Result<Option<Variable>, PortError> {
        self.stored.variable(key).await
    }

    async fn variable_keys(
        &self,
        prefix: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<String>, u64), PortError> {
        self.stored.variable_keys(prefix, offset, limit).await
    }

    async fn put_variable(&self, _: Variable) -> Result<(), PortError> {
        Err(PortError("a test of a connection changes no variables".to_owned()))
    }

    async fn delete_variable(&self, _: &str) -> Result<(), PortError> {
        Err(PortError("a test of a connection changes no variables".to_owned()))
    }
}
