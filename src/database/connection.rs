//! One session: connect to the first server that answers, and run work in transactions that cannot change anything.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_postgres::config::{SslMode as ClientMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls};

use super::guard::{CleartextRefused, Guard};
use super::settings::{ConnectionSettings, Endpoint, SslMode, Target};
use super::tls;

const APPLICATION_NAME: &str = "pgwright";

/// A live session.
pub struct Connection {
    pub client: Client,
    /// As `server_version` has it: `18.1 (Debian …)`.
    pub server_version: String,
    /// As `server_version_num` has it: `180001`.
    pub version: u32,
    /// A standby, which replays what its primary wrote; to read it is as good.
    pub replica: bool,
    /// Ends when the connection does.
    driver: JoinHandle<()>,
}

impl Connection {
    /// Waits until the connection is lost.
    pub async fn lost(&mut self) {
        let _ = (&mut self.driver).await;
    }
}

impl Drop for Connection {
    /// A session whose answers nobody waits for must not go on: the server notices the closed socket.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Why no session could be had, in a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectError {
    pub message: String,
    /// Of the server's refusal.
    pub sqlstate: Option<String>,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConnectError {}

impl From<String> for ConnectError {
    fn from(message: String) -> ConnectError {
        ConnectError { message, sqlstate: None }
    }
}

/// Tries the servers in their order. All of what each has to say becomes the error when none takes us.
pub async fn connect(settings: &ConnectionSettings) -> Result<Connection, ConnectError> {
    let mut errors: Vec<ConnectError> = Vec::new();
    for target in &settings.targets {
        match tokio::time::timeout(settings.connect_timeout, connect_target(settings, target)).await {
            Ok(Ok(connection)) => return Ok(connection),
            // As libpq: a server that refuses the login is an answer, and the next one is not asked.
            Ok(Err(error)) if matches!(error.sqlstate.as_deref(), Some("28P01" | "28000" | "3D000")) => {
                return Err(error);
            }
            Ok(Err(error)) => errors.push(error),
            Err(_) => errors.push(ConnectError::from(format!(
                "{} did not answer within {} s",
                target.endpoint,
                settings.connect_timeout.as_secs_f32()
            ))),
        }
    }
    let message = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ");
    Err(ConnectError { message, sqlstate: errors.into_iter().find_map(|error| error.sqlstate) })
}

/// How a session begins.
#[derive(Clone, Copy)]
struct Startup {
    encryption: Encryption,
    /// Whether settings are asked for with the login.
    options: bool,
}

/// What is asked of the server before the login.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    /// TLS when the server has it.
    Preferred,
    Required,
}

async fn connect_target(settings: &ConnectionSettings, target: &Target) -> Result<Connection, ConnectError> {
    use Encryption::{None, Preferred, Required};
    // The order in which the modes try; the second is for a server that refuses the first (a `hostssl` or
    // `hostnossl` line of its pg_hba.conf). There is no TLS on a Unix socket.
    let (first, second) = match (&target.endpoint, settings.tls.mode) {
        (Endpoint::Socket { .. }, _) | (_, SslMode::Disable) => (None, Option::None),
        (_, SslMode::Allow) => (None, Some(Required)),
        (_, SslMode::Prefer) => (Preferred, Some(None)),
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => (Required, Option::None),
    };
    let error = match attempt(settings, target, Startup { encryption: first, options: true }).await {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    // pgbouncer and its like refuse `options`. Without it the session is not read-only, but each transaction is.
    if error.refuses_options {
        let bare = Startup { encryption: first, options: false };
        return attempt(settings, target, bare).await.map_err(|error| error.error);
    }
    match second {
        Some(second) if error.may_fall_back => {
            attempt(settings, target, Startup { encryption: second, options: true }).await.map_err(|second| {
                // Of two refusals the first is about what the user asked for.
                if second.error.sqlstate.is_some() || error.error.sqlstate.is_none() {
                    second.error
                } else {
                    error.error
                }
            })
        }
        _ => Err(error.error),
    }
}

struct Failure {
    error: ConnectError,
    /// The other kind of encryption may be what the server wants.
    may_fall_back: bool,
    /// It does not know the start parameter `options`.
    refuses_options: bool,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { error: message.into(), may_fall_back: false, refuses_options: false }
    }
}

async fn attempt(
    settings: &ConnectionSettings,
    target: &Target,
    startup: Startup,
) -> Result<Connection, Failure> {
    match &target.endpoint {
        #[cfg(unix)]
        Endpoint::Socket { directory, port } => {
            let path = directory.join(format!(".s.PGSQL.{port}"));
            let stream = tokio::net::UnixStream::connect(&path).await;
            let stream = stream.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("there is no socket {}: is PostgreSQL running?", path.display())
                }
                io::ErrorKind::ConnectionRefused => {
                    format!("no server listens on the socket {}", path.display())
                }
                _ => format!("the socket {} cannot be used: {error}", path.display()),
            })?;
            login(settings, target, Guard::new(stream, true), startup).await
        }
        #[cfg(not(unix))]
        Endpoint::Socket { .. } => Err("Unix sockets exist on Unix alone".to_owned().into()),
        Endpoint::Tcp { host, address, port } => {
            let stream =
                tcp(host, *address, *port).await.map_err(|error| unreachable(&target.endpoint, &error))?;
            let _ = stream.set_nodelay(true);
            let local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
            login(settings, target, Guard::new(stream, local || target.password.is_none()), startup).await
        }
    }
}

async fn tcp(host: &str, address: Option<std::net::IpAddr>, port: u16) -> io::Result<TcpStream> {
    match address {
        Some(address) => TcpStream::connect((address, port)).await,
        None => TcpStream::connect((host, port)).await,
    }
}

fn unreachable(endpoint: &Endpoint, error: &io::Error) -> String {
    let Endpoint::Tcp { host, .. } = endpoint else { return error.to_string() };
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!(
                "{endpoint} refuses connections: is PostgreSQL running there, and listening on that port?"
            )
        }
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("{endpoint} cannot be reached: {error}")
        }
        // A resolver's failures have no kind of their own.
        _ if error.raw_os_error().is_none() => format!("the host name {host} cannot be resolved ({error})"),
        _ => format!("{endpoint} cannot be reached: {error}"),
    }
}

/// TLS where it is wanted, then PostgreSQL's login.
async fn login<S>(
    settings: &ConnectionSettings,
    target: &Target,
    mut stream: Guard<S>,
    startup: Startup,
) -> Result<Connection, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Startup { encryption, options } = startup;
    let tls = match encryption {
        Encryption::None => false,
        Encryption::Preferred | Encryption::Required => ask_for_tls(stream.stream_mut())
            .await
            .map_err(|error| format!("{} ended the connection before the login: {error}", target.endpoint))?,
    };
    if encryption == Encryption::Required && !tls {
        return Err(format!("{} has no TLS, which sslmode asks for", target.endpoint).into());
    }
    let outcome = if tls {
        let mut connector = tls::connector(&settings.tls)?;
        let host = server_name(&target.endpoint);
        let Ok(connect) = MakeTlsConnect::<Guard<S>>::make_tls_connect(&mut connector, &host);
        config(settings, target, ClientMode::Require, options)
            .connect_raw(stream.open(), connect)
            .await
            .map(start)
    } else {
        config(settings, target, ClientMode::Disable, options).connect_raw(stream, NoTls).await.map(start)
    };
    match outcome {
        Ok((client, driver, server_version)) => finish(client, driver, server_version, target).await,
        Err(error) => Err(Failure {
            // A handshake that fails lets `prefer` go on without TLS, and so does a line of pg_hba.conf.
            may_fall_back: error.code().is_some_and(|code| code.code() == "28000") || is_tls_failure(&error),
            refuses_options: startup.options
                && error.as_db_error().is_some_and(|db| {
                    db.code().code() == "08P01" && db.message().contains("startup parameter")
                }),
            error: login_error(settings, target, &error),
        }),
    }
}

/// The server's one byte about TLS. Asked here, so that the answer can decide what stands between us and the server.
async fn ask_for_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<bool> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    stream.write_all(&SSL_REQUEST).await?;
    stream.flush().await?;
    match stream.read_u8().await? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        other => Err(io::Error::new(io::ErrorKind::InvalidData, format!("unexpected answer {other:#04x}"))),
    }
}

/// The name that a certificate is checked against. rustls wants one even where none is checked.
fn server_name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Tcp { host, .. } if rustls::pki_types::ServerName::try_from(host.as_str()).is_ok() => {
            host.clone()
        }
        _ => "postgresql.invalid".to_owned(),
    }
}

fn config(settings: &ConnectionSettings, target: &Target, mode: ClientMode, with_options: bool) -> Config {
    let read_only = "-c default_transaction_read_only=on";
    let options = match &settings.options {
        // The last one counts.
        Some(options) => format!("{options} {read_only}"),
        None => read_only.to_owned(),
    };
    let mut config = Config::new();
    config
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name(APPLICATION_NAME)
        .ssl_mode(mode)
        // The question for TLS has been asked already.
        .ssl_negotiation(SslNegotiation::Direct);
    if with_options {
        config.options(&options);
    }
    if let Some(password) = &target.password {
        config.password(password.reveal());
    }
    config
}

type Started = (Client, JoinHandle<()>, String);

fn start<S, T>((client, connection): (Client, tokio_postgres::Connection<S, T>)) -> Started
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let version = connection.parameter("server_version").unwrap_or_default().to_owned();
    let driver = tokio::spawn(async move {
        // Its errors come back from the queries that they cost.
        let _ = connection.await;
    });
    (client, driver, version)
}

async fn finish(
    client: Client,
    driver: JoinHandle<()>,
    server_version: String,
    target: &Target,
) -> Result<Connection, Failure> {
    let mut connection = Connection { client, server_version, version: 0, replica: false, driver };
    let query = connection.client.query_typed(
        "SELECT current_setting('server_version_num')::int4, pg_catalog.pg_is_in_recovery()",
        &[],
    );
    let rows = query
        .await
        .map_err(|error| format!("{} ended the connection: {}", target.endpoint, describe(&error)))?;
    if let Some(row) = rows.first() {
        (connection.version, connection.replica) = (row.get::<_, i32>(0) as u32, row.get(1));
    }
    if connection.version < 130_000 {
        let (endpoint, version) = (&target.endpoint, &connection.server_version);
        return Err(
            format!("{endpoint} runs PostgreSQL {version}; 13 is the oldest that pgwright reads").into()
        );
    }
    Ok(connection)
}

fn is_tls_failure(error: &tokio_postgres::Error) -> bool {
    tls_error(error).is_some()
}

fn tls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    io_error(error)?.get_ref()?.downcast_ref()
}

fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

fn login_error(
    settings: &ConnectionSettings,
    target: &Target,
    error: &tokio_postgres::Error,
) -> ConnectError {
    let (endpoint, user) = (&target.endpoint, &settings.user);
    let withheld = match target.password_withheld {
        true => {
            "; the environment's password was not sent, as only the workspace's pgwright.toml names this host: name it \
             in DATABASE_URL, PGHOST or the editor's settings too"
        }
        false => "",
    };
    if let Some(db) = error.as_db_error() {
        let message = match db.code().code() {
            "28P01" => format!("the password of user \"{user}\" on {endpoint} is wrong{withheld}"),
            "3D000" => format!("{endpoint} has no database \"{}\"", settings.database),
            _ => format!("{endpoint} refuses the login: {}{withheld}", db.message()),
        };
        return ConnectError { message, sqlstate: Some(db.code().code().to_owned()) };
    }
    if let Some(tls) = tls_error(error) {
        return format!("{endpoint} cannot be trusted: {}", tls::explain(tls)).into();
    }
    if io_error(error).and_then(io::Error::get_ref).is_some_and(|inner| inner.is::<CleartextRefused>()) {
        return format!(
            "{endpoint} asks for the password in clear text over a connection without TLS, and does not get it: use \
             sslmode=require, or let the server ask for scram-sha-256"
        )
        .into();
    }
    match error.to_string().as_str() {
        "invalid configuration" => format!(
            "{endpoint} asks for a password of user \"{user}\", and none is set (PGPASSWORD, ~/.pgpass or the URL)\
             {withheld}"
        )
        .into(),
        _ => format!("the login on {endpoint} failed: {}", describe(error)).into(),
    }
}

/// An error of a query or a connection, in words.
pub fn describe(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// The limits of one piece of work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub statement: Duration,
    pub lock: Duration,
}

/// Opens a transaction that cannot change anything. What follows must end with [`rollback`].
///
/// What a role or a database may have set otherwise, and what changes how PostgreSQL prints its catalog or reads a
/// string, is set as well.
pub async fn begin(client: &Client, limits: Limits) -> Result<(), tokio_postgres::Error> {
    begin_with(client, limits, "").await
}

/// The same for a transaction in which times, numbers and intervals are printed alike on every server.
pub async fn begin_printing(client: &Client, limits: Limits) -> Result<(), tokio_postgres::Error> {
    const ALIKE: &str = "; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; \
         SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1";
    begin_with(client, limits, ALIKE).await
}

async fn begin_with(client: &Client, limits: Limits, more: &str) -> Result<(), tokio_postgres::Error> {
    let (statement, lock) = (limits.statement.as_millis().max(1), limits.lock.as_millis().max(1));
    let begin = format!(
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
         SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}; \
         SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on{more}"
    );
    match client.batch_execute(&begin).await {
        // pgpool may still hold a transaction for aborted whose rollback it has passed on, and says so in a message
        // whose length is not always right: then the error has no code.
        Err(error)
            if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
                || error.as_db_error().is_none() && !client.is_closed() =>
        {
            rollback(client).await?;
            client.batch_execute(&begin).await
        }
        outcome => outcome,
    }
}

pub async fn rollback(client: &Client) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("ROLLBACK").await
}
