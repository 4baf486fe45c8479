//! The database as the rest of the server sees it: a task that keeps one session, and a handle to ask it things.
//!
//! The task connects in the background, reads the schema, looks for changes, and connects again when the connection is
//! lost. What it finds comes back as events. Everything that is asked through the handle is answered in bounded time,
//! without a connection at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::Type as SqlType;

use super::connection::{self, Connection, Limits};
use super::explain::{self, ExplainError, ExplainErrorKind};
use super::introspect::{Hears, Introspection, in_transaction, introspect_now};
use super::ran;
use super::settings::ConnectionSettings;
use super::watch::Watch;
use crate::catalog::model::Catalog;
use crate::catalog::statistics::{ColumnStatistics, Statistics};
use crate::plan::Plan;
use crate::workspace::ran::Ran;

/// What happens to the database, in the order in which it happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// A connection is being made: at the start, and after one was lost.
    Connecting,
    Connected {
        server_version: String,
        version: u32,
        /// A standby, which replays what its primary wrote.
        replica: bool,
    },
    /// How much of the schema has been read.
    Progress { percent: u8, message: String },
    /// Relations and columns, at the first reading and before the schema: for completion, as nothing in it is certain.
    Outline(Arc<Catalog>),
    /// What of the database the role may not see, in words; empty when that is nothing any more. When it changes.
    Unseen(Arc<[String]>),
    /// The schema as it is now. The same `Arc` as before when only sizes changed.
    Catalog(Arc<Catalog>, Arc<Statistics>),
    /// What frameworks wrote into the database of the migrations that ran; before the schema, where that is otherwise too.
    Ran(Arc<[Ran]>),
    /// The schema could not be read; it is tried again. Once until it could be read.
    Failed { message: String },
    /// No connection can be had; it is tried again. Once for each time that the database is away.
    Unreachable { message: String },
    /// The connection was lost.
    Disconnected,
}

/// How often the task does what it does by itself.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Between two looks for changes of the schema.
    pub poll: Duration,
    /// Before connecting again, doubled after each failure up to the other.
    pub first_retry: Duration,
    pub last_retry: Duration,
    /// Limits for planning a statement.
    pub explain: Limits,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            poll: Duration::from_secs(5),
            first_retry: Duration::from_secs(1),
            last_retry: Duration::from_secs(30),
            explain: explain::LIMITS,
        }
    }
}

/// What one piece of work may take before the connection counts as lost. The server's own limits are shorter.
const READ_LIMIT: Duration = Duration::from_secs(180);
const WORK_LIMIT: Duration = Duration::from_secs(15);
/// What an answer may take with the wait for work that came before.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

const STATISTICS_LIMITS: Limits =
    Limits { statement: Duration::from_secs(2), lock: Duration::from_millis(500) };

enum Command {
    Refresh,
    Explain(String, oneshot::Sender<Result<Plan, ExplainError>>),
    Column([String; 3], oneshot::Sender<Option<ColumnStatistics>>),
}

/// A handle to the task, which ends when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Database {
    commands: mpsc::UnboundedSender<Command>,
}

impl Database {
    /// Starts the task on the current tokio runtime.
    pub fn spawn(
        settings: ConnectionSettings,
        options: Options,
        events: mpsc::UnboundedSender<Event>,
    ) -> Database {
        let (commands, receiver) = mpsc::unbounded_channel();
        let last_words = events.clone();
        let task = tokio::spawn(
            Task {
                settings,
                options,
                events,
                catalog: None,
                ran: Arc::from([]),
                unseen: Arc::from([]),
                failed: false,
            }
            .run(receiver),
        );
        tokio::spawn(async move {
            // A bug in here costs the database, not the server; and it is said.
            if task.await.is_err_and(|error| error.is_panic()) {
                let _ = last_words.send(Event::Disconnected);
                let message =
                    "reading the database failed for a reason inside pgwright (see the log)".to_owned();
                let _ = last_words.send(Event::Failed { message });
            }
        });
        Database { commands }
    }

    /// Reads the schema again; without a connection, tries at once to have one.
    pub fn refresh(&self) {
        let _ = self.commands.send(Command::Refresh);
    }

    /// The plan of one statement; parameters as `$1`.
    pub async fn explain(&self, sql: impl Into<String>) -> Result<Plan, ExplainError> {
        let (sender, answer) = oneshot::channel();
        let _ = self.commands.send(Command::Explain(sql.into(), sender));
        match timeout(ANSWER_LIMIT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(unavailable()),
            Err(_) => {
                Err(ExplainError::new(ExplainErrorKind::TimedOut, "the database is busy with other work"))
            }
        }
    }

    /// What `pg_stats` has about a column; `None` where that is nothing, or the role may not see it.
    pub async fn column_statistics(
        &self,
        schema: &str,
        table: &str,
        column: &str,
    ) -> Option<ColumnStatistics> {
        let (sender, answer) = oneshot::channel();
        let name = [schema.to_owned(), table.to_owned(), column.to_owned()];
        let _ = self.commands.send(Command::Column(name, sender));
        timeout(ANSWER_LIMIT, answer).await.ok()?.ok()?
    }
}

fn unavailable() -> ExplainError {
    ExplainError::new(ExplainErrorKind::Unavailable, "there is no connection to the database")
}

/// The handles are gone, or the events' reader is: nobody wants anything any more.
struct Done;

/// The connection cannot be used any more.
struct Lost;

struct Task {
    settings: ConnectionSettings,
    options: Options,
    events: mpsc::UnboundedSender<Event>,
    /// The last one that was told.
    catalog: Option<Arc<Catalog>>,
    ran: Arc<[Ran]>,
    unseen: Arc<[String]>,
    /// That the schema cannot be read was told.
    failed: bool,
}

type Commands = mpsc::UnboundedReceiver<Command>;

impl Task {
    async fn run(mut self, mut commands: Commands) {
        while let Ok(connection) = self.connect(&mut commands).await {
            if let Err(Done) = self.serve(connection, &mut commands).await {
                return;
            }
            if self.tell(Event::Disconnected).is_err() {
                return;
            }
        }
    }

    fn tell(&self, event: Event) -> Result<(), Done> {
        self.events.send(event).map_err(|_| Done)
    }

    /// Tries until there is a connection. Says only the first time why there is none.
    async fn connect(&self, commands: &mut Commands) -> Result<Connection, Done> {
        let mut pause = self.options.first_retry;
        let mut told = false;
        self.tell(Event::Connecting)?;
        loop {
            let attempt = connection::connect(&self.settings);
            let Some(outcome) = answering(commands, attempt, false).await? else { continue };
            let error = match outcome {
                Ok(connection) => {
                    let Connection { server_version, version, replica, .. } = &connection;
                    let (server_version, version, replica) = (server_version.clone(), *version, *replica);
                    self.tell(Event::Connected { server_version, version, replica })?;
                    return Ok(connection);
                }
                Err(error) => error,
            };
            if !told {
                told = true;
                self.tell(Event::Unreachable { message: error.message })?;
            }
            // A login that was refused will be refused again, and fills the server's log.
            if error.sqlstate.is_some_and(|code| code.starts_with("28")) {
                pause = self.options.last_retry;
            }
            answering(commands, sleep(pause), true).await?;
            pause = (pause * 2).min(self.options.last_retry);
        }
    }

    /// Works with a connection until it is lost.
    async fn serve(&mut self, mut connection: Connection, commands: &mut Commands) -> Result<(), Done> {
        let mut known = match self.read(&connection).await? {
            Ok(known) => known,
            Err(Lost) => return Ok(()),
        };
        let mut next = Instant::now() + self.options.poll;
        loop {
            let outcome = tokio::select! {
                biased;
                () = connection.lost() => return Ok(()),
                command = commands.recv() => match command {
                    None => return Err(Done),
                    Some(Command::Refresh) => {
                        next = Instant::now() + self.options.poll;
                        self.read(&connection).await?.map(|read| known = read)
                    }
                    Some(Command::Explain(sql, answer)) => self.explain(&connection, &sql, answer).await,
                    Some(Command::Column(name, answer)) => column(&connection, &name, answer).await,
                },
                () = tokio::time::sleep_until(next) => {
                    let outcome = match bounded(&connection, known.changed(&connection)).await {
                        Err(Lost) => Err(Lost),
                        // A migration of data changes no schema.
                        Ok(Some(false)) => self.tell_ran(&connection).await?,
                        Ok(_) => self.read(&connection).await?.map(|read| known = read),
                    };
                    next = Instant::now() + self.options.poll;
                    outcome
                }
            };
            if let Err(Lost) = outcome {
                return Ok(());
            }
        }
    }

    /// Reads the schema and tells it. Gives what to compare it with later; when it could not be read whole that is
    /// nothing, so that it is read again.
    async fn read(&mut self, connection: &Connection) -> Result<Result<Watch, Lost>, Done> {
        let before = match bounded(connection, Watch::mark(connection)).await {
            Ok(before) => before.unwrap_or_else(Watch::blind),
            Err(Lost) => return Ok(Err(Lost)),
        };
        let progress = |percent| {
            let _ = self
                .tell(Event::Progress { percent, message: format!("reading {}", self.settings.database) });
        };
        let outline = |catalog| {
            let _ = self.tell(Event::Outline(Arc::new(catalog)));
        };
        let is_first = self.catalog.is_none();
        let hears = Hears { progress: &progress, outline: is_first.then_some(&outline) };
        match timeout(READ_LIMIT, introspect_now(connection, hears)).await {
            Ok(Ok(Introspection { catalog, statistics, whole, unseen })) => {
                self.failed = false;
                if *unseen != *self.unseen {
                    self.unseen = unseen.into();
                    self.tell(Event::Unseen(self.unseen.clone()))?;
                }
                let catalog = match self.catalog.take() {
                    Some(same) if *same == catalog && same.search_path == catalog.search_path => same,
                    _ => Arc::new(catalog),
                };
                self.catalog = Some(catalog.clone());
                if let Err(Lost) = self.tell_ran(connection).await? {
                    return Ok(Err(Lost));
                }
                self.tell(Event::Catalog(catalog, Arc::new(statistics)))?;
                Ok(Ok(if whole { before } else { Watch::default() }))
            }
            Ok(Err(error)) if error.as_db_error().is_some() && !connection.client.is_closed() => {
                if !self.failed {
                    self.failed = true;
                    let message = format!("the schema cannot be read yet: {}", connection::describe(&error));
                    self.tell(Event::Failed { message })?;
                }
                Ok(Ok(Watch::default()))
            }
            Ok(Err(_)) | Err(_) => Ok(Err(Lost)),
        }
    }

    /// Reads which migrations ran, and tells it where that is news.
    async fn tell_ran(&mut self, connection: &Connection) -> Result<Result<(), Lost>, Done> {
        let Some(catalog) = &self.catalog else { return Ok(Ok(())) };
        let Ok(ran) = timeout(WORK_LIMIT, ran::read(connection, catalog)).await else { return Ok(Err(Lost)) };
        if *ran != *self.ran {
            self.ran = ran.into();
            self.tell(Event::Ran(self.ran.clone()))?;
        }
        Ok(Ok(()))
    }

    async fn explain(
        &self,
        connection: &Connection,
        sql: &str,
        answer: oneshot::Sender<Result<Plan, ExplainError>>,
    ) -> Result<(), Lost> {
        // Nobody waits any more: the editor moved on.
        if answer.is_closed() {
            return Ok(());
        }
        let limit = WORK_LIMIT.max(self.options.explain.statement * 3);
        let outcome = timeout(limit, explain::explain(connection, sql, self.options.explain)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(unavailable()));
        let lost = outcome.as_ref().is_err_and(|error| error.kind == ExplainErrorKind::Unavailable);
        let _ = answer.send(outcome);
        if lost { Err(Lost) } else { Ok(()) }
    }
}

/// Waits for `work` and answers meanwhile what can be answered without a connection. `None` when a refresh was asked
/// for, where that `hurries` the work.
async fn answering<T>(
    commands: &mut Commands,
    work: impl Future<Output = T>,
    hurries: bool,
) -> Result<Option<T>, Done> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            value = &mut work => return Ok(Some(value)),
            command = commands.recv() => match command {
                None => return Err(Done),
                Some(Command::Refresh) if hurries => return Ok(None),
                Some(Command::Refresh) => {}
                Some(Command::Explain(_, answer)) => drop(answer.send(Err(unavailable()))),
                Some(Command::Column(_, answer)) => drop(answer.send(None)),
            },
        }
    }
}

/// A look at the schema; `None` when the server would not answer it in time.
async fn bounded<T>(
    connection: &Connection,
    look: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<Option<T>, Lost> {
    match timeout(WORK_LIMIT, look).await {
        Ok(Ok(value)) => Ok(Some(value)),
        Ok(Err(error)) if error.as_db_error().is_some() && !connection.client.is_closed() => Ok(None),
        Ok(Err(_)) | Err(_) => Err(Lost),
    }
}

async fn column(
    connection: &Connection,
    [schema, table, column]: &[String; 3],
    answer: oneshot::Sender<Option<ColumnStatistics>>,
) -> Result<(), Lost> {
    // Text, as the values may be of any type. A partitioned table's own row is the one about its partitions.
    const QUERY: &str = "SELECT null_frac::float8, n_distinct::float8, most_common_vals::text::text[], \
          most_common_freqs::float8[], correlation::float8 \
        FROM pg_catalog.pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 \
        ORDER BY inherited DESC LIMIT 1";
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), SqlType); 3] =
        [(schema, SqlType::TEXT), (table, SqlType::TEXT), (column, SqlType::TEXT)];
    let query = connection.client.query_typed(QUERY, &parameters);
    let (found, outcome) =
        match timeout(WORK_LIMIT, in_transaction(&connection.client, STATISTICS_LIMITS, query)).await {
            Ok(Ok(rows)) => (rows.first().map(read_column), Ok(())),
            Ok(Err(error)) if error.as_db_error().is_some() => (None, Ok(())),
            Ok(Err(_)) | Err(_) => (None, Err(Lost)),
        };
    let _ = answer.send(found);
    outcome
}

/// What cannot be read is left out: statistics are a help, and values may be of any type.
fn read_column(row: &tokio_postgres::Row) -> ColumnStatistics {
    ColumnStatistics {
        null_fraction: row.try_get::<_, Option<f64>>(0).ok().flatten().unwrap_or_default(),
        distinct: row.try_get::<_, Option<f64>>(1).ok().flatten().unwrap_or_default(),
        common_values: row.try_get::<_, Option<_>>(2).ok().flatten().unwrap_or_default(),
        common_fractions: row.try_get::<_, Option<_>>(3).ok().flatten().unwrap_or_default(),
        correlation: row.try_get(4).ok().flatten(),
    }
}
