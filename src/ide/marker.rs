//! What may stand at the cursor: the grammar is asked, with a name in the cursor's place.
//!
//! The text behind the cursor is kept where it parses, so that FROM gives SELECT its columns; otherwise tails are
//! tried that complete the statement in the ways it can go on.

use crate::analysis::{Analyzer, Marked};
use crate::catalog::model::Catalog;
use crate::syntax::grammar::{self, Token};
use crate::syntax::{Dialect, Parse, ast};

/// A name that nobody uses. It is as long as names may be used in full.
pub const MARKER: &str = "pgwright_cursor_zqx";

/// What may follow a name, tried in this order; behind each, the open parentheses are closed.
const TAILS: [&str; 24] = [
    "",
    " = 1",
    " integer",
    "()",
    " (x)",
    " x",
    " as x",
    " from x",
    " then 1 end",
    " end",
    " to x",
    " is null",
    " set not null",
    " type integer",
    " integer)",
    " values (1)",
    " set x = 1",
    " default values",
    " on true",
    " add x integer",
    " execute function x()",
    " references x",
    " with (x = 1)",
    " using (true)",
];

/// What may follow when the parentheses are closed.
const ENDS: [&str; 9] = [
    "",
    " select 1",
    " values (1)",
    " x",
    " as x on true",
    " = 1",
    " on (x)",
    " do nothing",
    " as (select 1)",
];

/// Finds out what may stand between `prefix` and `suffix`.
pub fn slot(prefix: &str, suffix: &str, dialect: Dialect, catalog: &Catalog) -> Option<Marked> {
    let try_text = |text: &str| -> Option<Marked> {
        let parse = Parse::new(text, dialect);
        parse.node()?;
        Analyzer::new(&parse, catalog).with_marker(MARKER).run().marked
    };
    if let Some(marked) = try_text(&format!("{prefix}{MARKER}{suffix}")) {
        return Some(marked);
    }
    // The line of the cursor may be half written while the lines below are fine.
    if let Some(at) = suffix.find('\n')
        && let Some(marked) = ["", " = 1", " on true"]
            .iter()
            .find_map(|tail| try_text(&format!("{prefix}{MARKER}{tail}{}", &suffix[at..])))
    {
        return Some(marked);
    }
    let closers = ")".repeat(open_parentheses(prefix)?);
    for tail in TAILS {
        let head = format!("{prefix}{MARKER}{tail}");
        // Most tails fail at once; only those that leave nothing but an end to be found are followed up.
        match grammar::check(&head) {
            Err(error) if !error.message.ends_with("at end of input") => continue,
            _ => {}
        }
        for end in ENDS {
            if let Some(marked) = try_text(&format!("{head}{closers}{end}")) {
                return Some(marked);
            }
        }
    }
    None
}

/// How many parentheses a text leaves open; `None` where it ends in a string or a comment.
fn open_parentheses(text: &str) -> Option<usize> {
    let (tokens, error) = grammar::scan(text);
    if error.is_some() {
        return None;
    }
    let mut open = 0usize;
    for token in &tokens {
        if token.is_char(b'(') {
            open += 1;
        } else if token.is_char(b')') {
            open = open.saturating_sub(1);
        }
    }
    Some(open)
}

/// Whether `text` ends inside a string, a quoted name or a comment, where nothing is to be completed.
pub fn ends_inside_token(text: &str) -> bool {
    let (tokens, error) = grammar::scan(text);
    error.is_some()
        || tokens.last().is_some_and(|token: &Token| {
            token.span.end == text.len()
                && (token.kind == ast::Token::SqlComment
                    || matches!(
                        token.kind,
                        ast::Token::Sconst | ast::Token::Fconst | ast::Token::Iconst | ast::Token::Param
                    ))
        })
}
