//! The first part of a large statement: what the parser says of it without reading the rest.
//!
//! A quote that is being typed swallows the rest of its file. The parser stops at the first token that cannot stand
//! where it is, so an error in the first bytes of a statement is the statement's error, whatever comes behind it.

use std::sync::Arc;

use super::boundary::BoundaryScanner;
use super::dialect::Dialect;
use super::grammar;
use super::params;
use super::{Parse, ParseCache};
use crate::text::{Document, Span};

/// A statement up to this size is read whole; the first part of a larger one is of this size.
pub const HEAD: usize = 64 * 1024;
/// Most errors of a swallowed file are in its first statement.
const FIRST: usize = 4 * 1024;
/// From this size on, to read a statement whole takes so long that somebody who types notices.
pub const LONG: usize = 10_000;

/// The parse of the code at `span`: of a large one that has an error in its first part, of that part.
pub fn parse_whole(cache: &ParseCache, document: &Document, span: Span, dialect: Dialect) -> Arc<Parse> {
    parse(cache, document, span, true, dialect).unwrap_or_else(|| cache.parse(&document.slice(span), dialect))
}

/// The parse of the very first part of the code at `span`, which is all of it, if that has an error. All errors, and
/// what mends them, only its whole parse tells.
pub fn parse_hastily(
    cache: &ParseCache,
    document: &Document,
    span: Span,
    dialect: Dialect,
) -> Option<Arc<Parse>> {
    first_part(cache, document, span, FIRST, true, dialect)
}

/// The parse of the first part of the code at `span`, if all is said by it: it has an error, or it is all of the code.
/// `is_whole` says that the code does not go on behind `span`.
pub fn parse(
    cache: &ParseCache,
    document: &Document,
    span: Span,
    is_whole: bool,
    dialect: Dialect,
) -> Option<Arc<Parse>> {
    if is_whole && span.len() <= HEAD {
        return Some(cache.parse(&document.slice(span), dialect));
    }
    [FIRST, HEAD].into_iter().find_map(|size| first_part(cache, document, span, size, is_whole, dialect))
}

fn first_part(
    cache: &ParseCache,
    document: &Document,
    span: Span,
    size: usize,
    is_whole: bool,
    dialect: Dialect,
) -> Option<Arc<Parse>> {
    let rope = document.rope();
    let end = (span.start + size).min(span.end);
    let text = document.slice(Span::new(span.start, rope.char_to_byte(rope.byte_to_char(end))));
    let (tokens, cut) = grammar::scan(&text);
    // With what may be placeholders before the error, the rest may show that they are to be read in another way.
    let decided = |parse: &Arc<Parse>, before: usize| {
        parse.errors.first().is_some_and(|error| {
            let end = error.span.end;
            let first = parse.parameters.iter().map(|parameter| parameter.span.start).min();
            end <= before && !params::is_likely(&text[..end]) && first.is_none_or(|first| first >= end)
        })
    };
    let Some(cut) = cut else {
        // The last token may go on behind the cut, and the parser looks at one more before it is content with another.
        let before = tokens.iter().rev().filter(|token| !token.is_comment()).nth(1)?.span.start;
        let parse = cache.parse(&text[..tokens.last()?.span.start], dialect);
        return decided(&parse, before).then_some(parse);
    };
    // A quote or comment that the cut may have left open, or that never ends.
    let open = cut.offset.filter(|_| cut.message.starts_with("unterminated"))?;
    let parse = cache.parse(&text, dialect);
    if decided(&parse, open) {
        return Some(parse);
    }
    let error = parse.errors.first()?;
    let is_open = error.span.start == open && is_whole && BoundaryScanner::is_open(rope, span.start + open);
    is_open.then_some(parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str, is_whole: bool) -> Option<(String, Span, u64)> {
        let cache = ParseCache::default();
        let span = Span::new(0, text.len());
        let parse = parse(&cache, &Document::from(text), span, is_whole, Dialect::UNKNOWN)?;
        let error = parse.errors.first()?;
        assert!(
            !is_whole || text.len() > 2 * HEAD || *error == Parse::new(text, Dialect::UNKNOWN).errors[0],
            "{text}"
        );
        assert!(parse.text.len() <= HEAD);
        Some((error.message.clone(), error.span, cache.parsed()))
    }

    #[test]
    fn an_error_in_the_first_part_is_the_error_of_the_whole() {
        let rest = "select a, b from t where c = 1;\n".repeat(3000);
        let message = |text: &str, is_whole| head(text, is_whole).map(|(message, ..)| message);
        for is_whole in [true, false] {
            assert_eq!(
                message(&format!("select from 'where x = ';{rest}"), is_whole).as_deref(),
                Some("syntax error at or near \"'where x = '\"")
            );
            // What is cut off may make it right.
            assert_eq!(message(&format!("select ({rest})").replace(";\n", " union all\n"), is_whole), None);
            assert_eq!(message(&format!("select :a :b {rest}"), is_whole), None);
            // What comes behind the error changes nothing of it.
            assert_eq!(
                message(&format!("select from 'where x = ' {{}} :a ? ;{rest}"), is_whole).as_deref(),
                Some("syntax error at or near \"'where x = '\"")
            );
        }
        for open in ["'", "/*", "$$", "$tag$", "\"", "e'", "U&'", "x'"] {
            let text = format!("select {open} {rest}");
            assert!(message(&text, true).unwrap().starts_with("unterminated "), "{open}");
            // Where the code ends is not known, so it may be closed later on.
            assert_eq!(message(&text, false), None, "{open}");
        }
        assert_eq!(message(&format!("select 'a''b {rest}'"), true), None);
        assert_eq!(message(&format!("select 1 /* {rest} */ frm x y"), true), None);
    }
}
