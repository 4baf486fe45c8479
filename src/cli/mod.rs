//! Reports of the command line.

pub mod check;
pub mod describe;
pub mod drift;
mod json;
pub mod schema;
mod sources;
mod text;
