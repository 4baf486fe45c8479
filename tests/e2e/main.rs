//! The server over the wire: an in-process client, and the real binary where processes matter.

mod client;
mod features;
#[path = "../support/files.rs"]
mod files;
mod includes;
mod lifecycle;
mod live;
mod order;
#[path = "../support/postgres.rs"]
mod postgres;
mod structure;
mod sync;
mod workspace;
