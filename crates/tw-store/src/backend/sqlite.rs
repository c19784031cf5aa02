//! SQLite: one writing thread that groups commits, several reading connections.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::batch::{Step, StepResult};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// Transactions that wait for the writer. More callers wait outside, which slows them down instead
/// of growing memory.
const WRITER_QUEUE: usize = 256;

/// Transactions that share one commit, and so one write to disk, at most: bounds the wait of the
/// first of them.
const GROUP_MAX: usize = 256;

/// How long a connection waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5_000;

/// Prepared statements kept per connection; more than there are fixed queries.
const STATEMENT_CACHE: usize = 256;

/// Page cache of the writer in KiB: holds the hot set of some 20,000 unfinished task instances.
const WRITER_CACHE_KIB: i64 = 32 * 1024;

/// Page cache of a reader in KiB.
const READER_CACHE_KIB: i64 = 4 * 1024;

/// Pages of write-ahead log after which the writer copies them into the database (32 MiB): rarer
/// than the default, because every copy waits for the disk.
const CHECKPOINT_PAGES: i64 = 8_192;

/// An open SQLite database.
#[derive(Debug)]
pub(crate) struct Database {
    writer: mpsc::Sender<Transaction>,
    readers: Arc<Readers>,
    path: PathBuf,
}

#[derive(Debug)]
struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A transaction on its way to the writer.
struct Transaction {
    steps: Vec<Step>,
    reply: oneshot::Sender<Result<Vec<StepResult>, StoreError>>,
}

impl Database {
    pub(crate) async fn open(path: &str, readers: usize) -> Result<Self, StoreError> {
        let path = PathBuf::from(path);
        blocking(move || Self::open_blocking(path, readers)).await
    }

    fn open_blocking(path: PathBuf, readers: usize) -> Result<Self, StoreError> {
        let writer = connect_writer(&path)?;
        let idle = (0..readers).map(|_| connect_reader(&path)).collect::<Result<Vec<_>, _>>()?;
        let (sender, receiver) = mpsc::channel(WRITER_QUEUE);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_loop(&writer, receiver))
            .map_err(|e| StoreError::Unavailable {
                doing: "cannot start the writer thread".to_owned(),
                source: Some(Box::new(e)),
            })?;
        let readers = Readers { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(readers)) };
        Ok(Self { writer: sender, readers: Arc::new(readers), path })
    }

    pub(crate) async fn query(&self, text: Cow<'static, str>, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.read(move |connection| {
            let step = Step::new(text, values);
            run_step(connection, &step).map(|result| result.rows)
        })
        .await
    }

    pub(crate) async fn prepare(&self, text: &'static str) -> Result<(), StoreError> {
        self.read(move |connection| {
            let result = connection.prepare_cached(&Dialect::Sqlite.query_text(text)).map(drop);
            result.map_err(|e| store_error(e, text))
        })
        .await
    }

    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let gone = || StoreError::unavailable("the writer thread has ended");
        self.writer.send(Transaction { steps, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// A connection of its own that counts commits of all others; for watching.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher { path: self.path.clone(), connection: None }
    }

    /// Lends a reading connection to `f` on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.permits).acquire_owned().await;
        blocking(move || {
            let permit = permit.map_err(|_| StoreError::unavailable("the store is closed"))?;
            let lock = || readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = lock().pop().expect("there are as many reading connections as permits");
            let result = f(&connection);
            lock().push(connection);
            drop(permit);
            result
        })
        .await
    }
}

/// Watches a database for commits.
#[derive(Debug)]
pub(crate) struct Watcher {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Watcher {
    /// A number that changes with every commit of another connection.
    pub(crate) async fn version(&mut self) -> Result<i64, StoreError> {
        let (path, connection) = (self.path.clone(), self.connection.take());
        let (connection, version) = blocking(move || {
            let connection = connection.map_or_else(|| connect_reader(&path), Ok)?;
            let version = connection
                .pragma_query_value(None, "data_version", |row| row.get(0))
                .map_err(|e| store_error(e, "PRAGMA data_version"))?;
            Ok((connection, version))
        })
        .await?;
        self.connection = Some(connection);
        Ok(version)
    }
}

async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(f).await.map_err(|e| StoreError::Other {
        doing: "a database thread ended early".to_owned(),
        source: Some(Box::new(e)),
    })?
}

fn connect_writer(path: &Path) -> Result<Connection, StoreError> {
    if !path.is_absolute() {
        return Err(StoreError::other(format!("the path of an SQLite database must be absolute: {}", path.display())));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.is_dir() {
        let doing = format!("the folder of {} does not exist", path.display());
        return Err(StoreError::unavailable(doing));
    }
    let connection = connect(path, WRITER_CACHE_KIB, "PRAGMA journal_mode = WAL")?;
    if connection.is_readonly("main").unwrap_or(false) {
        let doing = format!("{} is not writable for this user", path.display());
        return Err(StoreError::unavailable(doing));
    }
    Ok(connection)
}

fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    connect(path, READER_CACHE_KIB, "PRAGMA query_only = ON")
}

fn connect(path: &Path, cache_kib: i64, mode: &str) -> Result<Connection, StoreError> {
    let doing = format!("open {}", path.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        connection.execute_batch(&format!(
            "{mode}; PRAGMA synchronous = FULL; PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY; \
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA case_sensitive_like = ON"
        ))?;
        Ok(connection)
    };
    open().map_err(|e| store_error(e, &doing))
}

/// Takes transactions until every sender is gone. Those that arrived while the last commit was on
/// its way to disk share the next one.
fn write_loop(connection: &Connection, mut queue: mpsc::Receiver<Transaction>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        write_group(connection, group);
    }
}

/// Runs a group in one database transaction; each member succeeds or fails by itself, except that
/// a failed commit fails all.
fn write_group(connection: &Connection, group: Vec<Transaction>) {
    let mut done = Vec::with_capacity(group.len());
    let mut outcome = control(connection, "BEGIN IMMEDIATE");
    let alone = group.len() == 1;
    for transaction in group {
        let result = match &outcome {
            Ok(()) if alone => run_steps(connection, &transaction.steps),
            Ok(()) => run_member(connection, &transaction.steps),
            Err(_) => Ok(Vec::new()),
        };
        if outcome.is_ok() && connection.is_autocommit() {
            // The database gave up the whole transaction, for example because the disk is full.
            outcome = Err(result.as_ref().err().map_or_else(String::new, describe));
        }
        done.push((transaction.reply, result));
    }
    // A transaction that is alone has no savepoint to go back to: the whole is rolled back.
    let keep = !alone || done.iter().all(|(_, result)| result.is_ok());
    if outcome.is_ok() && keep {
        outcome = control(connection, "COMMIT");
    }
    if !connection.is_autocommit() {
        // Nothing to do if this fails too: the next BEGIN says so.
        let _ = control(connection, "ROLLBACK");
    }
    for (reply, result) in done {
        let result = match &outcome {
            Ok(()) => result,
            Err(why) => result.and_then(|_| Err(StoreError::unavailable(format!("cannot commit: {why}")))),
        };
        // The caller may have stopped waiting.
        let _ = reply.send(result);
    }
}

/// Runs one transaction of a group inside a savepoint, so that its failure is its own.
fn run_member(connection: &Connection, steps: &[Step]) -> Result<Vec<StepResult>, StoreError> {
    control(connection, "SAVEPOINT member").map_err(StoreError::unavailable)?;
    let result = run_steps(connection, steps);
    if connection.is_autocommit() {
        return result;
    }
    if result.is_err() {
        control(connection, "ROLLBACK TO member").map_err(StoreError::unavailable)?;
    }
    control(connection, "RELEASE member").map_err(StoreError::unavailable)?;
    result
}

fn run_steps(connection: &Connection, steps: &[Step]) -> Result<Vec<StepResult>, StoreError> {
    let run = |step: &Step| {
        let result = run_step(connection, step)?;
        step.check(&result)?;
        Ok(result)
    };
    steps.iter().map(run).collect()
}

fn control(connection: &Connection, text: &str) -> Result<(), String> {
    let run = || connection.prepare_cached(text)?.raw_execute().map(drop);
    run().map_err(|e| describe(&store_error(e, text)))
}

fn describe(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(|s| format!(": {s}")).unwrap_or_default();
    format!("{error}{source}")
}

fn run_step(connection: &Connection, step: &Step) -> Result<StepResult, StoreError> {
    let run = || {
        if step.script {
            connection.execute_batch(&step.text)?;
            return Ok(StepResult { affected: 0, rows: Vec::new() });
        }
        let mut statement = connection.prepare_cached(&Dialect::Sqlite.query_text(&step.text))?;
        for (i, value) in step.values.iter().enumerate() {
            statement.raw_bind_parameter(i + 1, value)?;
        }
        let columns = statement.column_count();
        if columns == 0 {
            let affected = statement.raw_execute()? as u64;
            return Ok(StepResult { affected, rows: Vec::new() });
        }
        let mut rows = Vec::new();
        let mut cursor = statement.raw_query();
        while let Some(row) = cursor.next()? {
            let values = (0..columns).map(|i| row.get_ref(i).map(from_sqlite)).collect::<Result<_, _>>()?;
            rows.push(Row::new(values));
        }
        Ok(StepResult { affected: rows.len() as u64, rows })
    };
    run().map_err(|e| store_error(e, &step.text))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(x) => ValueRef::Integer(*x),
            Value::Real(x) => ValueRef::Real(*x),
            Value::Bool(x) => ValueRef::Integer(i64::from(*x)),
            Value::Text(x) => ValueRef::Text(x.as_bytes()),
            Value::Bytes(x) => ValueRef::Blob(x),
            Value::Id(x) => ValueRef::Blob(x.as_bytes()),
        }))
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(x) => Value::Int(x),
        ValueRef::Real(x) => Value::Real(x),
        ValueRef::Text(x) => Value::Text(String::from_utf8_lossy(x).into()),
        ValueRef::Blob(x) => Value::Bytes(x.into()),
    }
}

fn store_error(error: rusqlite::Error, doing: &str) -> StoreError {
    let doing: String = doing.chars().take(160).collect();
    let code = error.sqlite_error_code();
    let message = match &error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    let source: Option<Box<dyn std::error::Error + Send + Sync>> = Some(Box::new(error));
    match code {
        Some(ErrorCode::ConstraintViolation) if message.starts_with("UNIQUE") => StoreError::Conflict { what: message },
        Some(ErrorCode::DiskFull) => StoreError::Unavailable {
            doing: format!("the disk is full; free some space, the work goes on by itself ({doing})"),
            source,
        },
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory,
        ) => StoreError::Unavailable { doing, source },
        Some(ErrorCode::SystemIoFailure) => StoreError::Unavailable {
            doing: format!("the disk refuses; free some space or repair it, the work goes on by itself ({doing})"),
            source,
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { what: doing, source },
        _ => StoreError::Other { doing, source },
    }
}
