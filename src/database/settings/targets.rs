//! The servers that parameters name, and which of them the user named too.

use std::net::IpAddr;
use std::path::PathBuf;

use super::text::{self, Parameters};
use super::{Endpoint, Environment, SslMode};

const DEFAULT_PORT: u16 = 5432;

/// Where distributions put the socket: Debian and Red Hat, then PostgreSQL's own default.
const SOCKET_DIRECTORIES: &[&str] = &["/var/run/postgresql", "/tmp"];

impl Endpoint {
    /// Whether it is on this machine by its name.
    pub fn is_local(&self) -> bool {
        match self {
            Endpoint::Socket { .. } => true,
            Endpoint::Tcp { address: Some(address), .. } => address.is_loopback(),
            Endpoint::Tcp { host, .. } => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }

    pub fn port(&self) -> u16 {
        match self {
            Endpoint::Socket { port, .. } | Endpoint::Tcp { port, .. } => *port,
        }
    }

    /// How a password file names it: a socket in a default directory is `localhost`.
    pub(super) fn passfile_key(&self) -> (String, u16) {
        match self {
            Endpoint::Socket { directory, port } => {
                let text = directory.to_string_lossy();
                let default = SOCKET_DIRECTORIES.contains(&&*text);
                (if default { "localhost".to_owned() } else { text.into_owned() }, *port)
            }
            Endpoint::Tcp { host, port, .. } => (host.clone(), *port),
        }
    }
}

/// The servers that the parameters name, in their order.
pub(super) fn endpoints(parameters: &Parameters) -> Result<Vec<Endpoint>, String> {
    let list = |key: &str| -> Vec<&str> {
        parameters.get(key).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(format!("{} hosts do not go with {} host addresses", hosts.len(), addresses.len()));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(format!("{} ports do not go with {count} hosts", ports.len()));
    }
    let mut endpoints = Vec::new();
    for n in 0..count {
        let port = match ports.get(if ports.len() == 1 { 0 } else { n }) {
            None | Some(&"") => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(format!("\"{port}\" is not a port")),
            },
        };
        let host = hosts.get(n).copied().unwrap_or_default();
        match addresses.get(n).filter(|address| !address.is_empty()) {
            Some(address) => {
                let parsed: IpAddr = match address.parse() {
                    Ok(parsed) => parsed,
                    Err(_) => return Err(format!("hostaddr \"{address}\" is not an IP address")),
                };
                let host = if host.is_empty() { address } else { host };
                endpoints.push(Endpoint::Tcp { host: host.to_owned(), address: Some(parsed), port });
            }
            None if host.is_empty() => {
                if cfg!(unix) {
                    endpoints.extend(
                        SOCKET_DIRECTORIES
                            .iter()
                            .map(|directory| Endpoint::Socket { directory: PathBuf::from(directory), port }),
                    );
                } else {
                    endpoints.push(Endpoint::Tcp { host: "localhost".to_owned(), address: None, port });
                }
            }
            None if host.starts_with(['/', '@']) => {
                endpoints.push(Endpoint::Socket { directory: PathBuf::from(host), port });
            }
            None => endpoints.push(Endpoint::Tcp { host: host.to_owned(), address: None, port }),
        }
    }
    Ok(endpoints)
}

/// A server that the user's own environment names.
#[derive(Debug)]
pub(super) struct Named {
    endpoint: Endpoint,
    /// Of the URL that names it; `None` goes with any.
    pub user: Option<String>,
    pub password: Option<String>,
}

impl Named {
    /// Whether a connection to `other` goes where this one goes.
    pub fn is(&self, other: &Endpoint) -> bool {
        if self.endpoint.port() != other.port() {
            return false;
        }
        match (&self.endpoint, other) {
            (Endpoint::Tcp { host, address, .. }, Endpoint::Tcp { host: name, address: target, .. }) => {
                match target {
                    // The address decides where it goes: the right name with another address is another host.
                    Some(target) => *address == Some(*target) || host.parse() == Ok(*target),
                    None => host.eq_ignore_ascii_case(name),
                }
            }
            (mine, other) => mine == other,
        }
    }
}

/// The servers of `DATABASE_URL`, of the `PG*` variables (with their service) and of a `service` of the user's file.
/// What cannot be read names nothing.
pub(super) fn named_by_user(
    database_url: Option<&str>,
    service: Option<&str>,
    environment: &Environment,
) -> Vec<Named> {
    let mut named = Vec::new();
    let service = service
        .and_then(|name| super::files::service(name, None, environment, &mut Vec::new()).ok())
        .filter(|service| service.contains_key("host") || service.contains_key("hostaddr"));
    for endpoint in service.and_then(|service| endpoints(&service).ok()).unwrap_or_default() {
        named.push(Named { endpoint, user: None, password: None });
    }
    for (text, parameters) in users_parameters(database_url, environment) {
        for endpoint in endpoints(&parameters).unwrap_or_default() {
            let user = text.then(|| parameters.get("user").cloned()).flatten();
            let password = text.then(|| parameters.get("password").cloned()).flatten();
            named.push(Named { endpoint, user, password });
        }
    }
    named
}

/// The parameters that the environment alone gives, and whether they are those of `DATABASE_URL`.
fn users_parameters(database_url: Option<&str>, environment: &Environment) -> Vec<(bool, Parameters)> {
    let url = database_url.and_then(|url| text::parse(url).ok()).map(|(parameters, _)| (true, parameters));
    let variables = super::names_a_database(environment).then(|| (false, Parameters::new()));
    url.into_iter()
        .chain(variables)
        .filter_map(|(is_url, explicit)| {
            let password = explicit.get("password").cloned();
            let mut filled = super::fill(explicit, environment, &mut Vec::new()).ok()?;
            filled.parameters.extend(password.map(|password| ("password".to_owned(), password)));
            Some((is_url, filled.parameters))
        })
        .collect()
}

/// With the user's password goes the user's care: a workspace file can ask for more TLS than the user's own
/// settings, not for less, and cannot replace the authority that they trust.
pub(super) fn keep_users_tls(
    parameters: &mut Parameters,
    database_url: Option<&str>,
    environment: &Environment,
) -> Result<(), String> {
    let mode_of = |parameters: &Parameters| match parameters.get("sslmode") {
        Some(mode) => SslMode::parse(mode),
        None => Ok(SslMode::default()),
    };
    let mut all = users_parameters(database_url, environment);
    all.push((false, super::fill(Parameters::new(), environment, &mut Vec::new())?.parameters));
    for (_, users) in all {
        let mode = mode_of(&users)?;
        if mode >= SslMode::VerifyCa {
            match users.get("sslrootcert") {
                Some(roots) => parameters.insert("sslrootcert".to_owned(), roots.clone()),
                None => parameters.remove("sslrootcert"),
            };
        }
        if users.contains_key("sslmode") && mode > mode_of(parameters)? {
            parameters.insert("sslmode".to_owned(), users["sslmode"].clone());
        }
    }
    Ok(())
}
