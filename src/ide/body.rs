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

/// Bodies that are cut off, or lack a piece, in both quotings.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::ide::{folding, highlight, on_type, selection, written};
    use crate::syntax::Script;

    #[test]
    fn no_broken_body_is_a_danger() {
        let corpus = include_str!("../../tests/plpgsql/accepted.sql");
        let (mut folds, mut words, mut ranges) = (0, 0, 0);
        for body in corpus.split("\n----\n").skip(1).filter(|body| !body.starts_with("CREATE")).step_by(2) {
            let places: Vec<usize> = body.char_indices().map(|(n, _)| n).collect();
            for pair in places.chunks(67) {
                let (from, to) = (pair[0], pair[pair.len() / 3]);
                for text in [
                    format!("do $é$\n{}{}$é$", &body[..from], &body[to..]),
                    format!("do '\n{}{}'", &body[..from], &body[to..])
                        .replace('\'', "''")
                        .replacen("''", "'", 1),
                    format!("do $$\n{}", &body[..from]),
                ] {
                    let script = Script::from(text.as_str());
                    let written = Arc::new(written::written(&text));
                    for fold in folding::folds(&written).folds {
                        assert!(text.get(fold.span.range()).is_some(), "{text}");
                        folds += 1;
                    }
                    for offset in (0..text.len()).filter(|n| n % 17 == 0 && text.is_char_boundary(*n)) {
                        words += highlight::words(&script, offset).len();
                        let found = selection::ranges(&script, offset);
                        let nested = |pair: &[crate::text::Span]| {
                            pair[1].start <= pair[0].start && pair[0].end <= pair[1].end && pair[0] != pair[1]
                        };
                        assert!(found.windows(2).all(nested), "{text} at {offset}: {found:?}");
                        assert!(
                            found.iter().all(|span| text.get(span.range()).is_some()),
                            "{text} at {offset}"
                        );
                        ranges += found.len();
                        on_type::edits(&script, offset, "\n");
                    }
                }
            }
        }
        assert!(folds > 500 && words > 500 && ranges > 5_000, "{folds} {words} {ranges}");
    }
}
