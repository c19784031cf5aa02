//! PostgreSQL: two small pools of connections, one that reads and one that writes, so that no
//! number of readers can keep the scheduler from committing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::{BoxFuture, FutureExt, MaybeDone, maybe_done};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket, Statement};

use crate::batch::{Step, StepResult};
use crate::error::StoreError;
use crate::value::{Row, Value};

/// How long a connection may take to be made, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Steps of a transaction on their way to the server at the same time. Enough to hide the round
/// trip; few enough to bound what is encoded in memory.
const PIPELINE_MAX: usize = 32;

/// Prepared statements kept per connection. Lists with optional filters make new texts; when there
/// are more than this, the connection starts afresh.
const STATEMENT_CACHE: usize = 512;

/// How the server plans what is written: once per statement, and always by key. A plan made while a
/// table was small would otherwise read all of it later, when it no longer is.
const WRITER_OPTIONS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                              -c enable_mergejoin=off";

/// An open PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Database {
    readers: Pool,
    writers: Pool,
}

#[derive(Debug)]
struct Pool {
    config: Config,
    idle: Mutex<Vec<Session>>,
    permits: Semaphore,
}

/// One connection with its prepared statements. Dropping it closes the connection, which rolls
/// back whatever was open: a call that is dropped half way leaves nothing behind.
#[derive(Debug)]
struct Session {
    client: Client,
    statements: HashMap<Box<str>, Statement>,
}

/// A session taken out of its pool.
struct Lent<'a> {
    session: Session,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Database {
    pub(crate) async fn open(url: &str, connections: usize) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|e| StoreError::Other {
            doing: "cannot read the database URL".to_owned(),
            source: Some(Box::new(e)),
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("tradewind");
        }
        let mut writing = config.clone();
        writing.options(format!("{} {WRITER_OPTIONS}", config.get_options().unwrap_or_default()).trim());
        let database = Self { readers: Pool::new(config, connections), writers: Pool::new(writing, connections) };
        database.readers.lend().await?.give_back();
        Ok(database)
    }

    pub(crate) async fn query(&self, text: Cow<'static, str>, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let mut lent = self.readers.lend().await?;
        let result = async {
            let statement = lent.session.statement(&text).await?;
            run(&lent.session.client, &statement, &values).await.map_err(|e| store_error(e, &text))
        }
        .await;
        lent.give_back();
        result.map(|result| result.rows)
    }

    pub(crate) async fn prepare(&self, text: &'static str) -> Result<(), StoreError> {
        let mut lent = self.readers.lend().await?;
        let result = lent.session.statement(text).await.map(drop);
        lent.give_back();
        result
    }

    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, StoreError> {
        let mut lent = self.writers.lend().await?;
        let mut results = Vec::with_capacity(steps.len());
        lent.session.control("BEGIN").await?;
        for window in steps.chunks(PIPELINE_MAX) {
            match lent.session.run_window(window).await {
                Ok(done) => results.extend(done),
                Err(error) => {
                    if lent.session.control("ROLLBACK").await.is_ok() {
                        lent.give_back();
                    }
                    return Err(error);
                }
            }
        }
        lent.session.control("COMMIT").await?;
        lent.give_back();
        Ok(results)
    }

    /// Opens a connection of its own that receives notifications of `channel`.
    pub(crate) async fn listen(&self, channel: &str) -> Result<Listener, StoreError> {
        let (client, connection) = connect(&self.readers.config).await?;
        let mut listener = Listener { client, connection };
        let text = format!("LISTEN {channel}");
        let Listener { client, connection } = &mut listener;
        let mut listening = Box::pin(client.batch_execute(&text));
        std::future::poll_fn(|context| {
            while let std::task::Poll::Ready(message) = connection.poll_message(context) {
                if message.is_none() {
                    break;
                }
            }
            listening.poll_unpin(context)
        })
        .await
        .map_err(|e| store_error(e, "LISTEN"))?;
        drop(listening);
        Ok(listener)
    }
}

impl Pool {
    fn new(config: Config, connections: usize) -> Self {
        Self { config, idle: Mutex::new(Vec::new()), permits: Semaphore::new(connections) }
    }

    async fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let permit = self.permits.acquire().await.map_err(|_| StoreError::unavailable("the store is closed"))?;
        let usable = loop {
            match self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
                Some(session) if session.client.is_closed() => {}
                other => break other,
            }
        };
        let session = match usable {
            Some(session) => session,
            None => Session::connect(&self.config).await?,
        };
        Ok(Lent { session, pool: self, _permit: permit })
    }
}

impl Lent<'_> {
    /// Puts the session back for the next caller. A session that is dropped instead is closed.
    fn give_back(self) {
        if !self.session.client.is_closed() && self.session.statements.len() < STATEMENT_CACHE {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.session);
        }
    }
}

impl Session {
    async fn connect(config: &Config) -> Result<Self, StoreError> {
        let (client, connection) = connect(config).await?;
        // Ends when the client is dropped or the server goes away; its error reaches the callers
        // of the client.
        tokio::spawn(connection.map(drop));
        Ok(Self { client, statements: HashMap::new() })
    }

    async fn control(&self, text: &'static str) -> Result<(), StoreError> {
        self.client.batch_execute(text).await.map_err(|e| store_error(e, text))
    }

    async fn statement(&mut self, text: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await.map_err(|e| store_error(e, text))?;
        self.statements.insert(text.into(), statement.clone());
        Ok(statement)
    }

    /// Sends the steps without waiting in between, then judges the answers in order.
    async fn run_window(&mut self, window: &[Step]) -> Result<Vec<StepResult>, StoreError> {
        let mut statements = Vec::with_capacity(window.len());
        for step in window {
            // A script may create what later steps need, so it cannot be prepared over.
            statements.push(if step.script { None } else { Some(self.statement(&step.text).await?) });
        }
        let client = &self.client;
        let sent = window.iter().zip(&statements).map(|(step, statement)| run_one(client, step, statement.as_ref()));
        let mut results = Vec::with_capacity(window.len());
        for (step, answer) in window.iter().zip(in_order(sent.collect()).await) {
            let result = answer.map_err(|e| store_error(e, &step.text))?;
            step.check(&result)?;
            results.push(result);
        }
        Ok(results)
    }
}

fn run_one<'a>(
    client: &'a Client,
    step: &'a Step,
    statement: Option<&'a Statement>,
) -> BoxFuture<'a, Result<StepResult, tokio_postgres::Error>> {
    match statement {
        Some(statement) => run(client, statement, &step.values).boxed(),
        None => async {
            client.batch_execute(&step.text).await?;
            Ok(StepResult { affected: 0, rows: Vec::new() })
        }
        .boxed(),
    }
}

/// Polls all futures together, always first to last: requests are sent in this order.
async fn in_order<T>(futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut futures: Vec<MaybeDone<_>> = futures.into_iter().map(maybe_done).collect();
    std::future::poll_fn(|context| {
        let mut all_done = std::task::Poll::Ready(());
        for future in &mut futures {
            if future.poll_unpin(context).is_pending() {
                all_done = std::task::Poll::Pending;
            }
        }
        all_done
    })
    .await;
    futures
        .into_iter()
        .map(|done| match done {
            MaybeDone::Done(output) => output,
            MaybeDone::Future(_) | MaybeDone::Gone => unreachable!("all futures were polled to the end"),
        })
        .collect()
}

async fn run(client: &Client, statement: &Statement, values: &[Value]) -> Result<StepResult, tokio_postgres::Error> {
    let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
    if statement.columns().is_empty() {
        let affected = client.execute(statement, &parameters).await?;
        return Ok(StepResult { affected, rows: Vec::new() });
    }
    let rows = client.query(statement, &parameters).await?;
    let rows = rows.iter().map(from_postgres).collect::<Result<Vec<_>, _>>()?;
    Ok(StepResult { affected: rows.len() as u64, rows })
}

type RawConnection = Connection<Socket, NoTlsStream>;

async fn connect(config: &Config) -> Result<(Client, RawConnection), StoreError> {
    config.connect(NoTls).await.map_err(|error| {
        let name = config.get_dbname().unwrap_or_default();
        let doing = match error.code().map(|code| code.code()) {
            Some("3D000") => format!("the database {name:?} does not exist (create it with: createdb {name})"),
            Some("28000" | "28P01") => format!("the server refuses the user or password for database {name:?}"),
            _ => "cannot connect to PostgreSQL".to_owned(),
        };
        StoreError::Unavailable { doing, source: Some(Box::new(error)) }
    })
}

/// A connection that waits for notifications.
pub(crate) struct Listener {
    client: Client,
    connection: RawConnection,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("closed", &self.client.is_closed()).finish()
    }
}

impl Listener {
    /// Waits for the next notification. Cancel safe: a dropped wait loses nothing but the wake-up
    /// it had not yet seen.
    pub(crate) async fn notified(&mut self) -> Result<(), StoreError> {
        loop {
            let message = std::future::poll_fn(|context| self.connection.poll_message(context)).await;
            match message {
                Some(Ok(AsyncMessage::Notification(_))) => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(e)) => return Err(store_error(e, "waiting for notifications")),
                None => return Err(StoreError::unavailable("the server closed the connection")),
            }
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(x), &Type::INT8) => x.to_sql(kind, out),
            (Value::Int(x), &Type::INT4) => i32::try_from(*x)?.to_sql(kind, out),
            (Value::Int(x), &Type::FLOAT8) => (*x as f64).to_sql(kind, out),
            (Value::Real(x), &Type::FLOAT8) => x.to_sql(kind, out),
            (Value::Bool(x), &Type::BOOL) => x.to_sql(kind, out),
            (Value::Text(x), &Type::TEXT | &Type::VARCHAR) => x.to_sql(kind, out),
            (Value::Bytes(x), &Type::BYTEA) => (&**x).to_sql(kind, out),
            (Value::Id(x), &Type::BYTEA) => x.as_bytes().as_slice().to_sql(kind, out),
            (value, kind) => Err(format!("the query wants a {kind} where {} is given", value.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn from_postgres(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let value = |i: usize, kind: &Type| {
        Ok(match *kind {
            Type::INT8 => row.try_get::<_, Option<i64>>(i)?.map(Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(i)?.map(|x| Value::Int(x.into())),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(i)?.map(Value::Real),
            Type::BOOL => row.try_get::<_, Option<bool>>(i)?.map(Value::Bool),
            Type::BYTEA => row.try_get::<_, Option<&[u8]>>(i)?.map(|x| Value::Bytes(x.into())),
            // Text, or a type for which this fails and says so.
            _ => row.try_get::<_, Option<&str>>(i)?.map(|x| Value::Text(x.into())),
        }
        .unwrap_or(Value::Null))
    };
    row.columns().iter().enumerate().map(|(i, column)| value(i, column.type_())).collect::<Result<_, _>>().map(Row::new)
}

fn store_error(error: tokio_postgres::Error, doing: &str) -> StoreError {
    let doing: String = doing.chars().take(160).collect();
    let code = error.code().map(|c| c.code().to_owned());
    let message = error.as_db_error().map(|e| e.message().to_owned()).unwrap_or_default();
    let lost = error.is_closed() || StdError::source(&error).is_some_and(|s| s.is::<std::io::Error>());
    let source: Option<Box<dyn StdError + Send + Sync>> = Some(Box::new(error));
    match code.as_deref() {
        // A row, a table or its row type of this name exists.
        Some("23505" | "42P07" | "42710") => StoreError::Conflict { what: message },
        Some("53100") => StoreError::Unavailable {
            doing: format!("the disk is full; free some space, the work goes on by itself ({doing})"),
            source,
        },
        // Connection, resources, operator's intervention, system error; serialization and deadlock.
        Some(code) if matches!(&code[..2], "08" | "53" | "57" | "58") || matches!(code, "40001" | "40P01") => {
            StoreError::Unavailable { doing, source }
        }
        Some(code) if code.starts_with("XX") => StoreError::Corrupt { what: doing, source },
        Some(_) => StoreError::Other { doing, source },
        None if lost => StoreError::Unavailable { doing, source },
        None => StoreError::Other { doing, source },
    }
}
