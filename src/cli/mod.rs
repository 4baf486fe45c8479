//! Reports of the command line.

pub mod check;
mod json;
pub mod schema;
mod sources;
mod text;
