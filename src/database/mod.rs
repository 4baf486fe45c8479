//! The live database: connect, read the catalog, explain, statistics.
//!
//! Everything here only reads: sessions are read-only by default, each piece of work is a read-only transaction with
//! time limits that ends in a rollback, and nothing but catalog queries and plain `EXPLAIN` is sent.

pub mod connection;
pub mod explain;
pub mod guard;
pub mod introspect;
pub mod ran;
pub mod session;
pub mod settings;
pub mod tls;
pub mod watch;

pub use connection::{ConnectError, Connection, Limits, connect};
pub use explain::{ExplainError, ExplainErrorKind};
pub use introspect::{Introspection, introspect, introspect_all};
pub use session::{Database, Event, Options};
pub use settings::{ConnectionSettings, Environment, SettingsError, Source, Sources, resolve};
