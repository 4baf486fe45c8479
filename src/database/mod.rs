//! The live database: connect, read the catalog, explain, statistics.
//!
//! Everything here only reads: sessions are read-only by default, each piece of work is a read-only transaction with
//! time limits that ends in a rollback, and nothing but catalog queries and plain `EXPLAIN` is sent.

pub mod connection;
pub mod guard;
pub mod settings;
pub mod tls;

pub use settings::{ConnectionSettings, Environment, SettingsError, Source, Sources, resolve};
