//! What this crate needs of the rest of the system. The binary connects these to the Python
//! bridge, the scheduler and the store; tests connect them to channels.

use std::path::PathBuf;

use async_trait::async_trait;
use tw_engine::{ParsedDag, ParsedFile};
use tw_model::{Connection, Timestamp, Variable};

/// Names a file: its bundle and its path below it, with `/` between folders.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileKey {
    /// The bundle's name.
    pub bundle_name: String,
    /// The path below the bundle.
    pub relative_fileloc: String,
}

/// A file to be parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DagFile {
    /// Its name.
    pub key: FileKey,
    /// The bundle's folder.
    pub bundle_path: PathBuf,
    /// The file, absolute.
    pub path: PathBuf,
}

/// Executes a DAG file and tells what it defines.
#[async_trait]
pub trait Parser: Send + Sync {
    /// Parses `file`. Dropping the future gives the parse up.
    async fn parse(&self, file: &DagFile) -> ParseResult;
}

/// How a parse ended.
#[derive(Clone, PartialEq, Debug)]
pub enum ParseResult {
    /// The file was executed, or its author is to blame that it was not.
    Parsed(Parsed),
    /// Nothing can be parsed at the moment, whatever the file holds; it is tried again.
    Unavailable {
        /// For people.
        reason: String,
    },
}

/// What a file defines.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Parsed {
    /// Its DAGs.
    pub dags: Vec<ParsedDag>,
    /// Problems, as text for people.
    pub import_errors: Vec<String>,
    /// Whether it read stored variables or connections, so that its DAGs can change without it.
    pub reads_stored_values: bool,
}

impl Parsed {
    /// A result that is nothing but this problem.
    pub fn error(text: impl Into<String>) -> Self {
        Self { import_errors: vec![text.into()], ..Self::default() }
    }
}

/// Takes what was found.
#[async_trait]
pub trait FileSink: Send + Sync {
    /// Hands over a parsed or vanished file; returns when it is applied and committed.
    ///
    /// # Errors
    /// When it was not applied; it is handed over again later.
    async fn submit(&self, file: ParsedFile) -> Result<(), PortError>;
}

/// What is remembered of a file over restarts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownFile {
    /// Its name.
    pub key: FileKey,
    /// SHA-256 of its content, lower-case hexadecimal.
    pub sha256: String,
    /// A note of the plan: what kind of file it is, and [`crate::Options::environment`] at that
    /// time. Text without meaning for others.
    pub environment: String,
    /// When it was last parsed; for a file that defines no DAGs, when its content was noted.
    pub parsed_at: Timestamp,
}

/// Remembers files over restarts.
#[async_trait]
pub trait FileMemory: Send + Sync {
    /// Everything that is remembered.
    ///
    /// # Errors
    /// When it cannot be read; all files are then parsed again.
    async fn load(&self) -> Result<Vec<KnownFile>, PortError>;

    /// Remembers these files, replacing what was known of them.
    ///
    /// # Errors
    /// When it cannot be written; it is tried again with the next files.
    async fn save(&self, files: &[KnownFile]) -> Result<(), PortError>;

    /// Forgets these files.
    ///
    /// # Errors
    /// When it cannot be written; it is tried again with the next files.
    async fn forget(&self, files: &[FileKey]) -> Result<(), PortError>;
}

/// Answers what top-level code of a DAG file may ask (protocol 2.1).
#[async_trait]
pub trait ParseServices: Send + Sync {
    /// The connection of this id.
    ///
    /// # Errors
    /// When the store does not answer; worth retrying inside, the SDK reads an error as "not
    /// found" (protocol 1.7).
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, PortError>;

    /// The variable of this key.
    ///
    /// # Errors
    /// As for [`ParseServices::connection`].
    async fn variable(&self, key: &str) -> Result<Option<Variable>, PortError>;

    /// A page of the sorted keys that begin with `prefix`, and their number on all pages.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn variable_keys(
        &self,
        prefix: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<String>, u64), PortError>;

    /// Stores a variable.
    ///
    /// # Errors
    /// When it was not stored.
    async fn put_variable(&self, variable: Variable) -> Result<(), PortError>;

    /// Deletes a variable, if it exists.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn delete_variable(&self, key: &str) -> Result<(), PortError>;
}

/// Why the other side of a port did not do it; text for people, causes included.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct PortError(pub String);
