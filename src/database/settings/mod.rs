//! Which database to talk to, with what: a URL, `key=value` text, or libpq's variables and files.
//!
//! The first of these that is there names the database: the command line, the editor's settings, the workspace's
//! `pgwright.toml`, `DATABASE_URL`, libpq's `PG*` variables. What it leaves open is filled in as libpq does: from its
//! service, from `PG*`, and passwords from the password file.
//!
//! **A workspace file is not trusted with the user's passwords**: it may come with a repository that somebody just
//! cloned, and may name any host. A host that only such a file names gets no password but the file's own, unless the
//! host is this machine. It counts as named by the user when `DATABASE_URL`, `PGHOST`, `PGHOSTADDR` or the user's
//! service names the same host and port; a password file's lines do not count.

mod environment;
mod files;
mod targets;
mod text;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use environment::Environment;
use targets::Named;
use text::Parameters;

/// Where a database may be named, outside the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--database` on the command line.
    pub cli_url: Option<String>,
    /// The editor's settings.
    pub client_url: Option<String>,
    /// `[database] url` of the workspace's `pgwright.toml`.
    pub config_url: Option<String>,
}

/// What named the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    CommandLine,
    Client,
    Workspace,
    DatabaseUrl,
    Environment,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::CommandLine => "--database",
            Source::Client => "the editor's settings",
            Source::Workspace => "pgwright.toml",
            Source::DatabaseUrl => "DATABASE_URL",
            Source::Environment => "the PG* variables",
        })
    }
}

/// How to reach a database.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionSettings {
    /// To be tried in this order.
    pub targets: Vec<Target>,
    pub database: String,
    pub user: String,
    pub tls: TlsSettings,
    pub connect_timeout: Duration,
    /// `-c name=value` …, as a server takes it at its start.
    pub options: Option<String>,
    pub source: Source,
    /// What was left out or ignored, for the log.
    pub warnings: Vec<String>,
}

impl ConnectionSettings {
    /// `shop on db.example:5432`, for messages; never with a password.
    pub fn describe(&self) -> String {
        let targets: Vec<_> = self.targets.iter().map(|target| target.endpoint.to_string()).collect();
        format!("{} on {}", self.database, targets.join(", "))
    }
}

/// A server that may be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub endpoint: Endpoint,
    pub password: Option<Password>,
    /// The environment may have had a password, which a host that only the workspace names does not get.
    pub password_withheld: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket, by its directory.
    Socket { directory: PathBuf, port: u16 },
    /// `host` is what a certificate must name; `address`, where given, is where to connect to.
    Tcp { host: String, address: Option<IpAddr>, port: u16 },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Socket { directory, port } => {
                write!(f, "{}", directory.join(format!(".s.PGSQL.{port}")).display())
            }
            Endpoint::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Endpoint::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
        }
    }
}

/// A password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// libpq's `sslmode`, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    fn parse(text: &str) -> Result<SslMode, String> {
        Ok(match text {
            "disable" => SslMode::Disable,
            "allow" => SslMode::Allow,
            "prefer" => SslMode::Prefer,
            "require" => SslMode::Require,
            "verify-ca" => SslMode::VerifyCa,
            "verify-full" => SslMode::VerifyFull,
            _ => {
                return Err(format!(
                    "sslmode \"{text}\" does not exist; it is one of disable, allow, prefer, require, verify-ca, \
                     verify-full"
                ));
            }
        })
    }
}

/// What may vouch for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificates {
    /// `~/.postgresql/root.crt`, which may not exist.
    Default(Option<PathBuf>),
    File(PathBuf),
    /// The system's, with `sslrootcert=system`.
    System,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    pub mode: SslMode,
    pub roots: RootCertificates,
    /// The client's certificate and key; a default one that does not exist is left out.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Why the settings cannot be used: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    pub source: Source,
    pub message: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

impl std::error::Error for SettingsError {}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings that the sources and the environment give; `None` when nothing names a database.
pub fn resolve(
    sources: &Sources,
    environment: &Environment,
) -> Result<Option<ConnectionSettings>, SettingsError> {
    let database_url = environment.get("DATABASE_URL").filter(|url| text::is_for_postgresql(url));
    let given = |url: &Option<String>| url.clone().filter(|url| !url.trim().is_empty());
    let (source, text) = if let Some(url) = given(&sources.cli_url) {
        (Source::CommandLine, Some(url))
    } else if let Some(url) = given(&sources.client_url) {
        (Source::Client, Some(url))
    } else if let Some(url) = given(&sources.config_url) {
        (Source::Workspace, Some(url))
    } else if let Some(url) = database_url {
        (Source::DatabaseUrl, Some(url.to_owned()))
    } else if names_a_database(environment) {
        (Source::Environment, None)
    } else {
        return Ok(None);
    };
    settings(source, text.as_deref(), database_url, environment)
        .map(Some)
        .map_err(|message| SettingsError { source, message })
}

/// A user or a password alone says nothing about where a database is.
fn names_a_database(environment: &Environment) -> bool {
    ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"].iter().any(|name| environment.get(name).is_some())
}

/// The parameters of a source with libpq's fillings.
struct Filled {
    parameters: Parameters,
    /// Passwords apart, by where they come from.
    own_password: Option<String>,
    service_password: Option<String>,
}

fn settings(
    source: Source,
    text: Option<&str>,
    database_url: Option<&str>,
    environment: &Environment,
) -> Result<ConnectionSettings, String> {
    let mut warnings = Vec::new();
    let mut explicit = Parameters::new();
    if let Some(text) = text {
        (explicit, warnings) = text::parse(text)?;
    }
    let trusted = source != Source::Workspace;
    if !trusted {
        // A repository must not choose which of the user's files are read for passwords.
        for key in ["passfile", "servicefile"] {
            if explicit.remove(key).is_some() {
                warnings.push(format!("{key} cannot be set in pgwright.toml and is left out"));
            }
        }
    }
    // A service that the workspace asks for is still the user's: its file says which host that is.
    let service = explicit.get("service").cloned();
    let Filled { mut parameters, own_password, service_password } =
        fill(explicit, environment, &mut warnings)?;
    let endpoints = targets::endpoints(&parameters)?;

    let user = match parameters.get("user").or(environment.account.as_ref()) {
        Some(user) => user.clone(),
        None => return Err("no user is named, and the system's user has no name".to_owned()),
    };
    let database = parameters.get("dbname").unwrap_or(&user).clone();

    let named = match trusted {
        true => Vec::new(),
        false => targets::named_by_user(database_url, service.as_deref(), environment),
    };
    let passfile = files::passfile(parameters.get("passfile").map(String::as_str), environment);
    let passwords = passfile.and_then(|path| files::read_passfile(&path, &mut warnings));
    let mut lent = false;
    let targets: Vec<_> = endpoints
        .into_iter()
        .map(|endpoint| {
            let names: Vec<&Named> = named.iter().filter(|named| named.is(&endpoint)).collect();
            let may_have = trusted || endpoint.is_local() || !names.is_empty();
            let from_user = || {
                let database_url =
                    names.iter().find(|named| named.user.as_ref().is_none_or(|name| *name == user));
                let (host, port) = endpoint.passfile_key();
                service_password
                    .clone()
                    .or_else(|| database_url.and_then(|named| named.password.clone()))
                    .or_else(|| environment.get("PGPASSWORD").map(str::to_owned))
                    .or_else(|| files::find_password(passwords.as_deref()?, &host, port, &database, &user))
            };
            let password = match &own_password {
                Some(password) => Some(password.clone()),
                None if may_have => from_user().inspect(|_| lent = true),
                None => None,
            };
            let password_withheld = password.is_none() && !may_have && from_user().is_some();
            Target { endpoint, password: password.map(Password), password_withheld }
        })
        .collect();

    if lent && !trusted {
        targets::keep_users_tls(&mut parameters, database_url, environment)?;
    }
    Ok(ConnectionSettings {
        targets,
        user,
        database,
        tls: tls_settings(&parameters, environment)?,
        connect_timeout: connect_timeout(&parameters)?,
        options: parameters.get("options").cloned(),
        source,
        warnings,
    })
}

/// What the parameters leave open, from the service that they or `PGSERVICE` name, then from `PG*`.
fn fill(
    mut parameters: Parameters,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Filled, String> {
    const VARIABLES: &[(&str, &str)] = &[
        ("PGHOST", "host"),
        ("PGHOSTADDR", "hostaddr"),
        ("PGPORT", "port"),
        ("PGDATABASE", "dbname"),
        ("PGUSER", "user"),
        ("PGOPTIONS", "options"),
        ("PGCONNECT_TIMEOUT", "connect_timeout"),
        ("PGSSLMODE", "sslmode"),
        ("PGSSLROOTCERT", "sslrootcert"),
        ("PGSSLCERT", "sslcert"),
        ("PGSSLKEY", "sslkey"),
    ];
    let own_password = parameters.remove("password");
    let mut service_password = None;
    if let Some(name) = parameters.get("service").map(String::as_str).or(environment.get("PGSERVICE")) {
        let file = parameters.get("servicefile").map(String::as_str);
        let mut service = files::service(name, file, environment, warnings)?;
        service_password = service.remove("password");
        for (key, value) in service {
            parameters.entry(key).or_insert(value);
        }
    }
    for (variable, key) in VARIABLES {
        if let Some(value) = environment.get(variable) {
            parameters.entry((*key).to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    Ok(Filled { parameters, own_password, service_password })
}

fn tls_settings(parameters: &Parameters, environment: &Environment) -> Result<TlsSettings, String> {
    let get = |key: &str| parameters.get(key).map(String::as_str);
    let in_home = |name: &str| environment.in_home(&format!(".postgresql/{name}"));
    let roots = match get("sslrootcert") {
        Some("system") => RootCertificates::System,
        Some(path) => RootCertificates::File(environment.path(path)),
        None => RootCertificates::Default(in_home("root.crt")),
    };
    let mode = match get("sslmode") {
        Some(mode) => SslMode::parse(mode)?,
        None if roots == RootCertificates::System => SslMode::VerifyFull,
        None => SslMode::default(),
    };
    // Anybody can have a certificate from a public authority: without the name it proves nothing.
    if roots == RootCertificates::System && mode < SslMode::VerifyFull {
        return Err("sslrootcert=system needs sslmode=verify-full".to_owned());
    }
    let certificate = match (get("sslcert"), get("sslkey")) {
        (Some(certificate), Some(key)) => Some((environment.path(certificate), environment.path(key))),
        (Some(certificate), None) => {
            in_home("postgresql.key").map(|key| (environment.path(certificate), key))
        }
        (None, key) => {
            let key = key.map(|key| environment.path(key)).or_else(|| in_home("postgresql.key"));
            in_home("postgresql.crt").zip(key).filter(|(certificate, _)| certificate.exists())
        }
    };
    Ok(TlsSettings { mode, roots, certificate })
}

/// At most a minute, and never none: the server waits for the database in the background, but it does not forget it.
fn connect_timeout(parameters: &Parameters) -> Result<Duration, String> {
    match parameters.get("connect_timeout") {
        None => Ok(CONNECT_TIMEOUT),
        Some(text) => match text.trim().parse::<i32>() {
            Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds.min(60) as u64)),
            Ok(_) => Ok(CONNECT_TIMEOUT),
            Err(_) => Err(format!("connect_timeout \"{text}\" is not a number of seconds")),
        },
    }
}
