//! Text to statements to trees. The only place that calls the parser.

pub mod ast;
pub mod automaton;
pub mod boundary;
pub mod cache;
pub mod children;
pub mod cst;
pub mod grammar;
pub mod head;
pub mod params;
pub mod psql;
pub mod script;
pub mod sequence;
pub mod statement;
pub mod tag;

pub use boundary::StatementKind;
pub use cache::ParseCache;
pub use script::{Placed, Script, Statement};
pub use statement::{Parse, SyntaxError};
