//! One forked Python child and its four channels (protocol 1.1).

use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tw_model::{ExitStatus, Usage};

/// What a child is forked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChildKind {
    /// One task attempt: the SDK's task runner, in a process group of its own.
    Task,
    /// One parse of a DAG file, or the callbacks of one file (protocol 2).
    Parse,
    /// One test of a connection, in a process group of its own. The child speaks first: it asks for
    /// the connection [`CONNECTION_UNDER_TEST`].
    ConnectionTest,
}

/// The id by which a [`ChildKind::ConnectionTest`] asks for its connection.
pub const CONNECTION_UNDER_TEST: &str = "tradewind_connection_under_test";

/// A running child. The parent ends of its channels belong to the holder; dropping them closes
/// them. The child is reaped by the fork server whether or not anybody waits.
#[derive(Debug)]
pub struct Child {
    /// Process id; also the id of its process group, except for [`ChildKind::Parse`].
    pub pid: u32,
    /// fd 0 of the child: msgpack frames both ways. Unless its kind says otherwise, the child waits
    /// for a first frame.
    pub requests: UnixStream,
    /// fd 1 of the child: raw bytes.
    pub stdout: UnixStream,
    /// fd 2 of the child: raw bytes.
    pub stderr: UnixStream,
    /// Structured log: one JSON object per line.
    pub logs: UnixStream,
    /// Whether it was forked from a template that holds the parsed DAG file.
    pub from_template: bool,
    /// Resolves when the child was reaped. An error means that the fork server itself ended.
    pub exit: oneshot::Receiver<ChildExit>,
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChildExit {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// What it consumed, from `wait4`.
    pub usage: Usage,
}
