//! What may stand at a place of a body: noted by the parser itself where it comes to that place.
//!
//! The text before the place is parsed with a token of its own behind it, which nothing takes; wherever the parser
//! looks at that token it notes what it would have taken instead.

use std::sync::Arc;

use super::namespace::{Kind, Origin};
use super::parser::{Lexed, Parser, Tok};
use super::signature::Signature;
use super::sql::End;
use crate::syntax::expect;
use crate::syntax::grammar::ParseMode;
use crate::text::Span;

/// A kind of name of PL/pgSQL's that may stand at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A variable that is given a value.
    Target,
    /// A cursor, or a variable that may be one.
    Cursor,
    Label,
    /// A condition of an exception.
    Condition,
    /// The name is to be made up.
    New,
}

/// A variable that the place sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    pub origin: Origin,
    pub constant: bool,
}

/// A piece of SQL that may begin at the place or goes on there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Up to the place, with the word that is being written.
    pub span: Span,
    pub mode: ParseMode,
    /// Whether it may be an expression of PL/pgSQL as well: behind FOR … IN.
    pub or_expression: bool,
    pub is_perform: bool,
    pub into: Option<Span>,
    /// The keywords that may stand where the piece may end.
    pub ends: Vec<&'static str>,
}

/// What may stand at a place of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The part before the place of the word that is being written; empty where there is none.
    pub word: Span,
    /// PL/pgSQL's keywords in lower case, alone or as they go together: `end if`.
    pub keywords: Vec<&'static str>,
    pub names: Vec<NameKind>,
    pub piece: Option<Piece>,
    /// The variables that may stand there, the innermost first; the names of a label's are not among them.
    pub variables: Vec<Variable>,
    /// The labels around the place, the innermost first; with each whether it is a loop's.
    pub labels: Vec<(String, bool)>,
    /// Whether a statement may begin there.
    pub begins_statement: bool,
}

/// What may stand at `offset` (in bytes) of a body; nothing in a comment, a string or a number.
pub fn expect(text: &str, offset: usize, signature: &Signature) -> Option<Expectation> {
    let text = text.get(..offset)?;
    let word = expect::word_at_end(text)?;
    let before: Arc<str> = text[..word.start].into();
    let mut parser = Parser::new(&before, signature);
    parser.expect_at_end(Expectation { word, ..Expectation::default() });
    if parser.compile_options().is_ok() {
        parser.function_block();
    }
    let mut expected = parser.expected?;
    if let Some(piece) = &mut expected.piece {
        piece.span.end = offset;
    }
    expected.keywords.sort_unstable();
    expected.keywords.dedup();
    Some(*expected)
}

impl Parser<'_> {
    /// Notes keywords that may stand where `token` does, if that is the place.
    pub fn may(&mut self, token: &Lexed, words: &[&'static str]) {
        if let Some(expected) = self.noting(token) {
            expected.keywords.extend(words);
        }
    }

    /// The same of the keyword that ends something.
    pub fn may_end(&mut self, token: &Lexed, end: End) {
        if let End::Word(word) = end {
            self.may(token, &[word]);
        }
    }

    /// The same of a name.
    pub fn may_name(&mut self, token: &Lexed, kind: NameKind) {
        if let Some(expected) = self.noting(token) {
            expected.names.push(kind);
        }
    }

    /// The same of a statement's beginning.
    pub fn may_begin(&mut self, token: &Lexed) {
        let start = token.span.start;
        if let Some(expected) = self.noting(token) {
            expected.begins_statement = true;
            expected.names.push(NameKind::Target);
            expected.piece = Some(Piece::new(start, ParseMode::Statements));
        }
    }

    /// The same of a piece of SQL that began at `start`, if it has begun, and that one of `ends` may follow.
    pub fn may_be_sql(&mut self, token: &Lexed, start: Option<usize>, mode: ParseMode, ends: &[End]) {
        let at = token.span.start;
        if let Some(expected) = self.noting(token) {
            let words = ends.iter().filter_map(|end| match end {
                End::Word(word) => Some(*word),
                _ => None,
            });
            let mut piece = Piece::new(start.unwrap_or(at), mode);
            piece.or_expression = mode == ParseMode::Statements && ends.contains(&End::DotDot);
            piece.ends = if start.is_some() { words.collect() } else { Vec::new() };
            expected.piece = Some(piece);
        }
    }

    /// The piece that was noted, if one was.
    pub fn noted_piece(&mut self) -> Option<&mut Piece> {
        self.expected.as_mut()?.piece.as_mut()
    }

    fn noting(&mut self, token: &Lexed) -> Option<&mut Expectation> {
        let expected = self.expected.as_mut().filter(|_| token.tok == Tok::Place)?;
        if expected.variables.is_empty() {
            let seen = self.names.all();
            // `$1` is a parameter to SQL.
            let named = seen.iter().filter(|seen| !seen.name.starts_with('$'));
            expected.variables = named
                .map(|seen| Variable {
                    name: seen.name.to_owned(),
                    kind: seen.kind,
                    origin: seen.origin,
                    constant: seen.constant,
                })
                .collect();
            expected.labels =
                self.names.labels().map(|(label, is_loop)| (label.to_owned(), is_loop)).collect();
            // The function's own name is the outermost.
            expected.labels.pop();
        }
        Some(expected)
    }
}

impl Piece {
    /// The piece as PostgreSQL's grammar reads it: PERFORM is SELECT, INTO is blank; every byte stands where it stood.
    fn code(&self, text: &str) -> String {
        let mut code = text[self.span.range()].to_owned();
        if let Some(into) = self.into {
            let (start, end) = (into.start - self.span.start, into.end - self.span.start);
            code.replace_range(start..end, &" ".repeat(end - start));
        }
        if self.is_perform && code.len() >= "perform".len() {
            code.replace_range(.."perform".len(), " SELECT");
        }
        code
    }

    /// What PostgreSQL's grammar reads when it reads the piece of this body, in which mode, and what it says may stand
    /// at the end.
    pub fn expected(&self, text: &str) -> (ParseMode, String, expect::Expectation) {
        let mut code = self.code(text);
        let mut mode = self.mode;
        if self.or_expression {
            if code.trim_end_matches(expect::is_word).trim().is_empty() {
                // A query or a value, as in parentheses.
                code.insert(0, '(');
                mode = ParseMode::PlpgsqlExpression;
            } else if expect::expect_in(mode, &code, code.len()).broken {
                mode = ParseMode::PlpgsqlExpression;
            }
        }
        let expected = expect::expect_in(mode, &code, code.len());
        (mode, code, expected)
    }

    fn new(start: usize, mode: ParseMode) -> Piece {
        let (or_expression, is_perform) = (false, false);
        Piece { span: Span::at(start), mode, or_expression, is_perform, into: None, ends: Vec::new() }
    }
}
