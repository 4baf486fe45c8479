//! Text to statements to trees. The only place that calls the parser.

pub mod ast;
pub mod automaton;
pub mod body;
pub mod boundary;
pub mod cache;
pub mod children;
pub mod cst;
<<<<<<< HEAD
mod depth;
pub mod dialect;
pub mod grammar;
mod nodes;
=======
pub mod expect;
pub mod grammar;
pub mod head;
pub mod literal;
>>>>>>> merge2
pub mod params;
pub mod plpgsql;
pub mod repair;
pub mod psql;
pub mod script;
pub mod sequence;
pub mod statement;
pub mod tag;

pub use boundary::StatementKind;
pub use cache::ParseCache;
<<<<<<< HEAD
pub use dialect::{Dialect, Style};
=======
pub use repair::Fix;
>>>>>>> merge2
pub use script::{Placed, Script, Statement};
pub use statement::{Parse, SyntaxError};
