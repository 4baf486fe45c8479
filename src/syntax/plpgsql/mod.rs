//! PL/pgSQL: a parser of its own over PostgreSQL's tokens, which never fails.
//!
//! It reads what `pl_gram.y` of PostgreSQL 18 reads, cuts SQL where that does, and has each piece judged by
//! PostgreSQL's grammar. Its first error is the one that PostgreSQL reports when the function is made; then it goes on
//! with the next statement. What depends on the catalog (whether a type is a row's) is left open, and silent.

pub mod ast;
mod block;
mod declare;
pub mod expect;
mod loops;
mod namespace;
mod node;
mod parser;
mod raise;
mod signature;
mod sql;
mod statement;
mod token;

use std::sync::Arc;

pub use ast::Function;
pub use namespace::{Kind, Origin, Visible};
pub use node::{Node, children};
pub use parser::{OF_EVENT_TRIGGERS, OF_TRIGGERS};
pub use raise::conditions;
pub use signature::{Argument, Returns, Signature};
pub use token::keywords;

use parser::Parser;

/// Parses a body. Spans in what it gives are bytes of `text`.
pub fn parse(text: &Arc<str>, signature: &Signature) -> Function {
    let mut parser = Parser::new(text, signature);
    let (options, block) = match parser.compile_options() {
        Ok(options) => {
            let block = parser.function_block();
            (options, block)
        }
        Err(_) => (Vec::new(), None),
    };
    Function { text: text.clone(), options, block, errors: parser.errors, names: parser.names }
}
