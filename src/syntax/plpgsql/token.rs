//! PL/pgSQL's tokens: those of PostgreSQL's scanner, read with PL/pgSQL's own keywords.

use std::sync::OnceLock;

use super::namespace::Found;
use crate::syntax::ast;
use crate::syntax::grammar::{self, GrammarError};
use crate::text::Span;

/// What a token is. The scanner tells no variable from other names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tok {
    /// Before it is looked up: a name, or a keyword that is not reserved.
    Identifier,
    /// `$1`, before it is looked up.
    Parameter,
    /// A name that is no variable.
    Word,
    /// A dotted name that is no variable.
    DottedWord,
    /// A variable, or a field of one.
    Datum(Found),
    Reserved(&'static str),
    /// A keyword that is not reserved, and that no variable has for its name.
    Keyword(&'static str),
    String,
    Integer,
    Char(u8),
    /// `:=`
    Assign,
    /// `..`
    DotDot,
    /// `<<`
    LabelOpen,
    /// `>>`
    LabelClose,
    /// `=>`
    Arrow,
    Other,
    /// Where the scanner failed; the number is the error's.
    Bad(usize),
    /// Behind the text whose continuation is asked for.
    Place,
    End,
}

/// A token of the scanner with its span.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawToken {
    pub span: Span,
    pub kind: Tok,
    /// Whether it alone is an expression: a plain name, a number, a literal, NULL.
    pub is_value: bool,
}

/// The keywords of PL/pgSQL in lower case and in alphabetical order: the reserved ones, and the others.
pub fn keywords() -> &'static (Vec<&'static str>, Vec<&'static str>) {
    static KEYWORDS: OnceLock<(Vec<&str>, Vec<&str>)> = OnceLock::new();
    KEYWORDS.get_or_init(|| {
        let (reserved, others) = include_str!(concat!(env!("OUT_DIR"), "/plpgsql_keywords.txt"))
            .split_once('\n')
            .unwrap_or_default();
        let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
        (words(reserved), words(others))
    })
}

fn find(words: &[&'static str], word: &str) -> Option<&'static str> {
    words.binary_search(&word).ok().map(|n| words[n])
}

/// The keyword that is not reserved and that `word`, in lower case, is.
pub(super) fn unreserved(word: &str) -> Option<&'static str> {
    find(&keywords().1, word)
}

/// The tokens of `text` without comments, `End` last. Where the scanner fails there is a `Bad` token, and behind it
/// the scan goes on if the text behind can be read at all.
pub(super) fn scan(text: &str) -> (Vec<RawToken>, Vec<GrammarError>) {
    let (mut found, mut errors) = (Vec::with_capacity(text.len() / 4), Vec::new());
    let mut start = 0;
    loop {
        let (tokens, error) = grammar::scan(&text[start..]);
        for token in tokens.iter().filter(|token| !token.is_comment()) {
            let span = token.span.shift(start);
            use ast::Token as T;
            // libpg_query's scanner lets pass what PostgreSQL's does not: `$1x`.
            if let Some(RawToken { kind: kind @ Tok::Parameter, span: before, .. }) = found.last_mut()
                && before.end == span.start
                && text[span.range()].starts_with(|c: char| c.is_alphabetic() || c == '_' || !c.is_ascii())
            {
                before.end = span.end;
                *kind = Tok::Bad(errors.len());
                let junk = &text[before.range()];
                errors.push(GrammarError {
                    message: format!("trailing junk after parameter at or near \"{junk}\""),
                    sqlstate: "42601",
                    offset: Some(before.start),
                });
                continue;
            }
            let is_value = matches!(
                token.kind,
                T::Ident | T::Iconst | T::Fconst | T::Sconst | T::Param | T::NullP | T::TrueP | T::FalseP
            );
            found.push(RawToken { span, kind: raw(token, &text[span.range()]), is_value });
        }
        let Some(mut error) = error else { break };
        let at = (start + error.offset.unwrap_or(0)).min(text.len());
        error.offset = Some(at);
        let rest = &text[at..];
        let swallowed = error.message.starts_with("unterminated");
        let end = if swallowed {
            at + rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            at + first + rest[first..].find(|c| !word(c)).unwrap_or(rest.len() - first)
        };
        found.push(RawToken { span: Span::new(at, end), kind: Tok::Bad(errors.len()), is_value: false });
        errors.push(error);
        if swallowed || errors.len() >= grammar::MOST_JUNK || end == at {
            break;
        }
        start = end;
    }
    found.push(RawToken { span: Span::at(text.len()), kind: Tok::End, is_value: false });
    (found, errors)
}

fn raw(token: &grammar::Token, written: &str) -> Tok {
    use ast::Token as T;
    // The core's keywords are words like any other here.
    if token.kind == T::Ident || token.is_keyword() {
        if written.starts_with('"') {
            return Tok::Identifier;
        }
        let word = written.to_ascii_lowercase();
        return find(&keywords().0, &word).map_or(Tok::Identifier, Tok::Reserved);
    }
    match token.kind {
        T::Param => Tok::Parameter,
        T::Sconst => Tok::String,
        T::Iconst => Tok::Integer,
        T::ColonEquals => Tok::Assign,
        T::DotDot => Tok::DotDot,
        T::EqualsGreater => Tok::Arrow,
        T::Op => match written {
            "<<" => Tok::LabelOpen,
            ">>" => Tok::LabelClose,
            "#" => Tok::Char(b'#'),
            _ => Tok::Other,
        },
        _ if written.len() == 1 => Tok::Char(written.as_bytes()[0]),
        _ => Tok::Other,
    }
}
