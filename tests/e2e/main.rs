//! The server over the wire: an in-process client, and the real binary where processes matter.

mod client;
mod features;
mod lifecycle;
mod order;
mod sync;
mod workspace;
