//! The code in strings as the features of an editor read it: statements and pieces of SQL with their trees.

use super::written::Written;
use crate::syntax::body::SqlBody;
use crate::syntax::grammar::ParseMode;
use crate::syntax::plpgsql::ast::Sql;
use crate::text::Span;

/// The statements of a body in SQL with where each begins; what stands before a statement belongs to it, and the
/// last one is what stands behind them all.
pub fn statements(text: &str, sql: &SqlBody) -> Vec<(usize, Written)> {
    let mut at = 0;
    let ends = sql.statements.iter().map(|span| span.end).chain([text.len()]);
    let mut found = Vec::new();
    for end in ends {
        if let Some(piece) = text.get(at..end).filter(|piece| !piece.is_empty()) {
            found.push((at, Written::piece(piece, ParseMode::Statements)));
        }
        at = end;
    }
    found
}

/// A piece of SQL in a body in PL/pgSQL. Its offsets count from the piece's start. PERFORM is SELECT in it, and INTO
/// is blank.
pub fn piece(text: &str, sql: &Sql) -> Written {
    Written::piece(&sql.code(text), sql.mode)
}

/// The parts of a piece's span that SQL has words in: not PERFORM, and not INTO.
pub fn sql_parts(sql: &Sql) -> Vec<Span> {
    let start = if sql.is_perform { sql.span.start + PERFORM } else { sql.span.start };
    match &sql.into {
        Some(into) => vec![Span::new(start, into.span.start), Span::new(into.span.end, sql.span.end)],
        None => vec![Span::new(start, sql.span.end)],
    }
}

/// The length of the word PERFORM.
const PERFORM: usize = "perform".len();
