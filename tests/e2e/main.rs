//! The server over the wire: an in-process client, and the real binary where processes matter.

mod client;
#[path = "../support/postgres.rs"]
mod postgres;
mod features;
mod lifecycle;
mod live;
mod order;
mod sync;
mod workspace;
