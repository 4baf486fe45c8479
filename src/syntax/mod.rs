//! Text to statements to trees. The only place that calls the parser.

pub mod ast;
pub mod automaton;
pub mod body;
pub mod boundary;
pub mod cache;
pub mod children;
pub mod cst;
mod depth;
pub mod dialect;
pub mod expect;
pub mod grammar;
pub mod head;
pub mod jsonpath;
pub mod literal;
mod nodes;
pub mod params;
pub mod plpgsql;
pub mod psql;
pub mod repair;
pub mod script;
pub mod sequence;
pub mod statement;
pub mod tag;
pub mod walk;

pub use boundary::StatementKind;
pub use cache::ParseCache;
pub use dialect::{Dialect, Style};
pub use repair::Fix;
pub use script::{Commands, Placed, Script, Statement};
pub use statement::{Parse, SyntaxError};

/// Stack of a thread that parses: PostgreSQL's parser takes as much nesting as its stack has room for, and a deeply
/// nested statement makes a deep tree. It is only reserved, not used, until a statement needs it.
pub const STACK: usize = 256 << 20;
