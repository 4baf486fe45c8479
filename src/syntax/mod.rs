//! Text to statements to trees. The only place that calls the parser.

pub mod ast;
pub mod grammar;
