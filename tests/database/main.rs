//! The database layer against real servers: settings, TLS, introspection, plans, sessions.

mod explain;
mod introspection;
mod passwords;
mod poolers;
mod rights;
mod session;
mod settings;
mod tls;
mod watch;

#[path = "../support/postgres.rs"]
mod postgres;

use pgwright::database::{Connection, ConnectionSettings, Environment, Sources, connect, resolve};

/// The settings that a URL on the command line gives, with nothing in the environment.
pub fn settings(url: &str) -> ConnectionSettings {
    settings_in(url, &Environment::of(&[]))
}

pub fn settings_in(url: &str, environment: &Environment) -> ConnectionSettings {
    let sources = Sources { cli_url: Some(url.to_owned()), ..Sources::default() };
    resolve(&sources, environment).expect("the URL is right").expect("it names a database")
}

pub async fn connection(url: &str) -> Connection {
    connect(&settings(url)).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}
