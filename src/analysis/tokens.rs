//! Where the parts of a name stand: the tree has only where a name begins.

use crate::syntax::grammar::Token;
use crate::syntax::{Parse, ast};
use crate::text::Span;

/// A statement's tokens without its comments.
pub struct Tokens(Vec<Token>);

impl Tokens {
    pub fn new(parse: &Parse) -> Tokens {
        Tokens(parse.tokens().into_iter().filter(|token| !token.is_comment()).collect())
    }

    /// The index of the token that begins at `offset`.
    pub fn index(&self, offset: i32) -> Option<usize> {
        let offset = usize::try_from(offset).ok()?;
        self.0.binary_search_by_key(&offset, |token| token.span.start).ok()
    }

    pub fn get(&self, index: usize) -> Option<&Token> {
        self.0.get(index)
    }

    /// The span of part `n` of the dotted name that begins at `offset`.
    pub fn part(&self, offset: i32, n: usize) -> Option<Span> {
        let first = self.index(offset)?;
        (0..n)
            .all(|n| self.0.get(first + 2 * n + 1).is_some_and(|token| token.is_char(b'.')))
            .then(|| self.0.get(first + 2 * n).map(|token| token.span))?
    }

    /// The span of all `parts` parts of that name.
    pub fn name(&self, offset: i32, parts: usize) -> Option<Span> {
        let first = self.part(offset, 0)?;
        let last = self.part(offset, parts.saturating_sub(1)).unwrap_or(first);
        Some(Span::new(first.start, last.end))
    }

    /// The index of the first of these words, which stand side by side, from a place on.
    pub fn find_words(&self, sql: &str, from: usize, words: &[&str]) -> Option<usize> {
        let start = self.0.partition_point(|token| token.span.start < from);
        let is_there = |at: &usize| {
            words
                .iter()
                .zip(&self.0[*at..])
                .all(|(word, token)| sql[token.span.range()].eq_ignore_ascii_case(word))
        };
        let last = (self.0.len() + 1).checked_sub(words.len())?;
        (start..last).find(is_there)
    }

    /// The index of what comes behind the first parentheses from a place on.
    pub fn behind_parentheses(&self, from: usize) -> Option<usize> {
        let start = self.0.partition_point(|token| token.span.start < from);
        let mut depth = 0;
        for (index, token) in self.0.iter().enumerate().skip(start) {
            depth += i32::from(token.is_char(b'('));
            if token.is_char(b')') {
                depth -= 1;
                if depth <= 0 {
                    return Some(index + 1);
                }
            }
        }
        None
    }

    /// The last of a character before a place.
    pub fn last_char_before(&self, place: usize, character: u8) -> Option<Span> {
        let end = self.0.partition_point(|token| token.span.start < place);
        self.0[..end].iter().rev().find(|token| token.is_char(character)).map(|token| token.span)
    }

    /// The span of the name token `name` (unquoted and folded) nearest behind `from`.
    pub fn find_name(&self, sql: &str, from: usize, name: &str) -> Option<Span> {
        let start = self.0.partition_point(|token| token.span.start < from);
        self.0[start..].iter().find(|token| is_name_token(token, sql, name)).map(|token| token.span)
    }
}

/// Whether `token` is a name that means `name`.
fn is_name_token(token: &Token, sql: &str, name: &str) -> bool {
    let written = &sql[token.span.range()];
    match token.kind {
        ast::Token::Ident => match written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
            Some(inner) => inner.replace("\"\"", "\"") == name,
            None => written.to_lowercase() == name || written == name,
        },
        _ => token.is_keyword() && written.eq_ignore_ascii_case(name),
    }
}
