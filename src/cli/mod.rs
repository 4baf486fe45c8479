//! Reports of the command line.

pub mod check;
pub mod describe;
pub mod drift;
mod json;
mod output;
pub mod schema;
mod sources;
mod text;
