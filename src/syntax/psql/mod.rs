//! psql's own language: its commands, their arguments, the variables they set and the files they include.

mod catalog;
mod lex;
mod script;

pub use catalog::{Effect, MetaCommand, all, lookup};
pub use lex::{Argument, Command, Piece, PieceKind, Source, command, variable_end};
pub use script::{Include, Variable, include, includes, variables};
