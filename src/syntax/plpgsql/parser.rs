//! The parser's state: tokens with their names looked up, errors, and how it finds its way again behind one.

use super::ast::{IntoClause, Name, Statement, Target};
use super::expect::{Expectation, NameKind};
use super::namespace::{Found, Kind, Namespace, Origin};
use super::signature::{Returns, Signature};
pub(super) use super::token::Tok;
use super::token::{self, RawToken};
use crate::syntax::grammar::{GrammarError, folded};
use crate::syntax::statement::SyntaxError;
use crate::text::Span;

/// A piece could not be read; the error is recorded.
#[derive(Debug)]
pub(super) struct Failed;

pub(super) type Parsed<T> = Result<T, Failed>;

/// A token with where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexed {
    pub tok: Tok,
    pub span: Span,
    /// The raw tokens that it is made of.
    pub first: usize,
    pub end: usize,
}

impl Lexed {
    pub fn is(&self, c: u8) -> bool {
        self.tok == Tok::Char(c)
    }

    pub fn is_reserved(&self, word: &str) -> bool {
        matches!(self.tok, Tok::Reserved(other) if other == word)
    }

    pub fn is_assignment(&self) -> bool {
        self.tok == Tok::Assign || self.is(b'=')
    }
}

/// Which names are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Normal,
    /// None: in DECLARE a name is what is declared.
    Declare,
    /// Within SQL single names are left to the query.
    Sql,
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub signature: &'a Signature,
    raw: Vec<RawToken>,
    scan_errors: Vec<GrammarError>,
    /// The next raw token's number.
    pub at: usize,
    pub lookup: Lookup,
    pub names: Namespace,
    pub errors: Vec<SyntaxError>,
    /// Whether the nesting of blocks was lost, so that what does not fit any more tells nothing.
    pub lost: bool,
    pub open: Vec<super::block::Open>,
    pub finished: Option<Statement>,
    /// What may stand at the end of the text, where that is asked for.
    pub expected: Option<Box<Expectation>>,
}

/// The variables that a trigger's function has beside its rows, with their types (pl_comp.c: do_compile).
pub const OF_TRIGGERS: [(&str, &str); 10] = [
    ("tg_name", "name"),
    ("tg_when", "text"),
    ("tg_level", "text"),
    ("tg_op", "text"),
    ("tg_relid", "oid"),
    ("tg_relname", "name"),
    ("tg_table_name", "name"),
    ("tg_table_schema", "name"),
    ("tg_nargs", "int4"),
    ("tg_argv", "text[]"),
];

/// Those of an event trigger's.
pub const OF_EVENT_TRIGGERS: [(&str, &str); 2] = [("tg_event", "text"), ("tg_tag", "text")];

impl<'a> Parser<'a> {
    pub fn new(text: &'a str, signature: &'a Signature) -> Parser<'a> {
        let (raw, scan_errors) = token::scan(text);
        let mut parser = Parser {
            text,
            signature,
            raw,
            scan_errors,
            at: 0,
            lookup: Lookup::Normal,
            names: Namespace::default(),
            errors: Vec::new(),
            lost: false,
            open: Vec::new(),
            finished: None,
            expected: None,
        };
        parser.declare_signature();
        parser
    }

    /// Has noted what may stand at the end of the text.
    pub fn expect_at_end(&mut self, expected: Expectation) {
        let span = Span::at(self.text.len());
        let place = RawToken { span, kind: Tok::Place, is_value: false };
        self.raw.insert(self.raw.len() - 1, place);
        self.expected = Some(Box::new(expected));
    }

    /// The names that the function around the body brings.
    fn declare_signature(&mut self) {
        let signature = self.signature;
        let names = &mut self.names;
        names.incomplete = !signature.is_known;
        names.push(Some(&signature.name), false);
        match signature.returns {
            Returns::Trigger => {
                for name in ["new", "old"] {
                    names.declare_special(name, Kind::Record, false);
                }
                for (name, _) in OF_TRIGGERS {
                    names.declare_special(name, Kind::Promise, false);
                }
            }
            Returns::EventTrigger => {
                for (name, _) in OF_EVENT_TRIGGERS {
                    names.declare_special(name, Kind::Promise, false);
                }
            }
            _ => {
                for (n, argument) in signature.arguments.iter().enumerate() {
                    let number = format!("${}", n + 1);
                    let id = names.declare(&number, argument.kind, false);
                    names.variable_mut(id).origin = Origin::Argument;
                    if let Some(name) = &argument.name {
                        names.variable_mut(id).name = name.clone();
                        names.alias(name, id);
                    }
                }
                if signature.is_polymorphic {
                    names.declare_special("$0", Kind::Scalar, false);
                }
            }
        }
        names.declare_special("found", Kind::Scalar, false);
    }

    fn raw_at(&mut self, n: usize) -> Parsed<RawToken> {
        let token = self.raw[n.min(self.raw.len() - 1)];
        if let Tok::Bad(error) = token.kind {
            let error = &self.scan_errors[error];
            let error = SyntaxError::new(token.span, error.sqlstate, error.message.clone());
            self.push(error);
            return Err(Failed);
        }
        Ok(token)
    }

    /// The kind of the raw token that comes next.
    pub fn peek(&mut self) -> Parsed<Tok> {
        Ok(self.raw_at(self.at)?.kind)
    }

    pub fn peek_second(&mut self) -> Parsed<Tok> {
        Ok(self.raw_at(self.at + 1)?.kind)
    }

    /// The next token. As PostgreSQL's scanner does it, a name is read with the tokens behind it, whose errors come
    /// first therefore.
    pub fn next(&mut self) -> Parsed<Lexed> {
        let first = self.at;
        let token = self.raw_at(first)?;
        let mut end = first + 1;
        let tok = match token.kind {
            Tok::Identifier | Tok::Parameter => {
                let behind = self.raw_at(first + 1)?.kind;
                if behind == Tok::Char(b'.') && self.raw_at(first + 2)?.kind == Tok::Identifier {
                    let three = self.raw_at(first + 3)?.kind == Tok::Char(b'.')
                        && self.raw_at(first + 4)?.kind == Tok::Identifier;
                    end = first + if three { 5 } else { 3 };
                    self.dotted(first, end)
                } else {
                    // Where a statement begins, a word is a variable only if something is done with it; so a variable
                    // may have the name of a statement.
                    let begins = first > 0
                        && matches!(
                            self.raw[first - 1].kind,
                            Tok::Char(b';') | Tok::Reserved("begin" | "then" | "else" | "loop")
                        );
                    let used =
                        matches!(behind, Tok::Char(b'.') | Tok::Char(b'=') | Tok::Assign | Tok::Char(b'['));
                    self.word(token, !begins || used)
                }
            }
            other => other,
        };
        if tok == Tok::End {
            end = first;
        }
        let last = self.raw[end.max(first + 1).min(self.raw.len()) - 1];
        self.at = end;
        self.names.here = last.span.end;
        Ok(Lexed { tok, span: Span::new(token.span.start, last.span.end), first, end })
    }

    fn word(&self, token: RawToken, look_up: bool) -> Tok {
        let written = &self.text[token.span.range()];
        let name = folded(written);
        if look_up
            && self.lookup == Lookup::Normal
            && let Some(found) = self.names.find(&[&name])
        {
            return Tok::Datum(found);
        }
        match token::unreserved(&name) {
            Some(word) if !written.starts_with('"') => Tok::Keyword(word),
            _ => Tok::Word,
        }
    }

    fn dotted(&self, first: usize, end: usize) -> Tok {
        if self.lookup == Lookup::Declare {
            return Tok::DottedWord;
        }
        let names = self.words(first, end);
        let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        self.names.find(&names).map_or(Tok::DottedWord, Tok::Datum)
    }

    fn words(&self, first: usize, end: usize) -> Vec<Name> {
        self.raw[first..end]
            .iter()
            .filter(|token| matches!(token.kind, Tok::Identifier | Tok::Parameter | Tok::Reserved(_)))
            .map(|token| Name { span: token.span, text: folded(&self.text[token.span.range()]) })
            .collect()
    }

    /// The parts of a name.
    pub fn names_of(&self, token: &Lexed) -> Vec<Name> {
        self.words(token.first, token.end)
    }

    pub fn name_of(&self, token: &Lexed) -> Name {
        let text = self.dotted_name(token);
        Name { span: token.span, text }
    }

    /// A name with its dots, as messages show it.
    pub fn dotted_name(&self, token: &Lexed) -> String {
        let names: Vec<String> = self.names_of(token).into_iter().map(|name| name.text).collect();
        names.join(".")
    }

    pub fn target(&self, token: &Lexed) -> Target {
        Target { span: token.span, names: self.names_of(token) }
    }

    pub fn written(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    /// Gives a token back, to be read again.
    pub fn back(&mut self, token: &Lexed) {
        self.at = token.first;
    }

    /// Where the last token that was read ends.
    pub fn last_end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |n| self.raw[n.min(self.raw.len() - 1)].span.end)
    }

    /// Where the next token begins.
    pub fn next_start(&self) -> usize {
        self.raw[self.at.min(self.raw.len() - 1)].span.start
    }

    /// The raw token that begins at `offset` or contains it.
    pub fn span_at(&self, offset: usize) -> Span {
        let n = self.raw.partition_point(|token| token.span.end <= offset);
        match self.raw.get(n) {
            Some(token) if token.span.start <= offset && token.kind != Tok::End => {
                Span::new(offset, token.span.end)
            }
            _ => Span::at(offset),
        }
    }

    pub fn raw_between(&self, span: Span) -> &[RawToken] {
        let from = self.raw.partition_point(|token| token.span.start < span.start);
        let to = self.raw.partition_point(|token| token.span.start < span.end);
        &self.raw[from..to.max(from)]
    }

    fn push(&mut self, error: SyntaxError) {
        // Tokens that are read again do not fail again, and what is wrong with a token is said once.
        if !self.errors.iter().any(|known| known.span == error.span) {
            self.errors.push(error);
        }
    }

    pub fn error(&mut self, span: Span, message: impl Into<String>, sqlstate: &'static str) {
        self.push(SyntaxError::new(span, sqlstate, message));
    }

    /// An error with the token that PostgreSQL shows in its message.
    pub fn error_near(&mut self, token: &Lexed, message: &str) {
        let message = if token.tok == Tok::End {
            format!("{message} at end of input")
        } else {
            format!("{message} at or near \"{}\"", self.written(token.span))
        };
        self.error(token.span, message, "42601");
    }

    /// An error that ends what is being read; its token is read again behind it.
    pub fn fail<T>(&mut self, token: &Lexed, message: &str) -> Parsed<T> {
        self.error_near(token, message);
        self.back(token);
        Err(Failed)
    }

    pub fn unexpected<T>(&mut self, token: &Lexed) -> Parsed<T> {
        self.fail(token, "syntax error")
    }

    /// A token that does not fit the nesting of blocks; what follows from it is not reported again.
    pub fn misplaced<T>(&mut self, token: &Lexed) -> Parsed<T> {
        if !self.lost {
            self.error_near(token, "syntax error");
            self.lost = true;
        }
        Err(Failed)
    }

    pub fn expect_reserved(&mut self, word: &'static str) -> Parsed<Span> {
        let token = self.next()?;
        self.may(&token, &[word]);
        if token.is_reserved(word) { Ok(token.span) } else { self.unexpected(&token) }
    }

    pub fn expect_semicolon(&mut self) -> Parsed<()> {
        let token = self.next()?;
        if token.is(b';') { Ok(()) } else { self.unexpected(&token) }
    }

    /// Whether the token is a keyword, also where a variable has its name.
    pub fn is_keyword(&self, token: &Lexed, word: &str) -> bool {
        match token.tok {
            Tok::Keyword(other) | Tok::Reserved(other) => other == word,
            Tok::Datum(_) => {
                let written = self.written(token.span);
                token.end == token.first + 1 && written.eq_ignore_ascii_case(word)
            }
            _ => false,
        }
    }

    /// A label, or another name that may be anything but reserved.
    pub fn any_identifier(&mut self, token: &Lexed) -> Parsed<Name> {
        match token.tok {
            Tok::Word | Tok::Keyword(_) => Ok(self.name_of(token)),
            Tok::Datum(_) if token.end == token.first + 1 => Ok(self.name_of(token)),
            _ => self.unexpected(token),
        }
    }

    /// Says that a name is no variable, unless it may be one that could not be read.
    pub fn not_a_variable(&mut self, token: &Lexed) {
        if !self.names.incomplete {
            let message = format!("\"{}\" is not a known variable", self.dotted_name(token));
            self.error(token.span, message, "42601");
        }
    }

    /// Says so where a constant is assigned to.
    pub fn check_assignable(&mut self, found: Found, span: Span) {
        let variable = self.names.variable(found.id);
        if variable.constant && found.certain {
            let message = format!("variable \"{}\" is declared CONSTANT", variable.name);
            self.error(span, message, "22005");
        }
    }

    /// Whether a datum is a record itself, and not a field of one.
    pub fn is_record(&self, found: Found, token: &Lexed) -> bool {
        found.certain
            && self.names.variable(found.id).kind == Kind::Record
            && token.end - token.first == 2 * found.parts - 1
    }

    /// Whether a datum is a field.
    pub fn is_field(&self, found: Found, token: &Lexed) -> bool {
        token.end - token.first > 2 * found.parts - 1
    }

    /// INTO's targets; the keyword has been read.
    pub fn read_into(&mut self, keyword: Span, may_be_strict: bool) -> Parsed<IntoClause> {
        let mut token = self.next()?;
        let mut strict = None;
        if may_be_strict {
            self.may(&token, &["strict"]);
        }
        if may_be_strict && token.is_reserved("strict") {
            strict = Some(token.span);
            token = self.next()?;
        }
        self.may_name(&token, NameKind::Target);
        let targets = match token.tok {
            Tok::Datum(found) if self.is_record(found, &token) => {
                self.check_assignable(found, token.span);
                let targets = vec![self.target(&token)];
                let comma = self.next()?;
                if comma.is(b',') {
                    let message = "record variable cannot be part of multiple-item INTO list";
                    self.error(comma.span, message, "42601");
                }
                self.back(&comma);
                if comma.is(b',') { self.rest_of_list(targets)? } else { targets }
            }
            Tok::Datum(found) => {
                self.check_assignable(found, token.span);
                let targets = vec![self.target(&token)];
                self.rest_of_list(targets)?
            }
            Tok::Word | Tok::DottedWord => {
                self.not_a_variable(&token);
                let targets = vec![self.target(&token)];
                self.rest_of_list(targets)?
            }
            _ => return self.unexpected(&token),
        };
        Ok(IntoClause { span: Span::new(keyword.start, self.last_end()), keyword, strict, targets })
    }

    /// The variables behind the first one of a list.
    pub fn rest_of_list(&mut self, mut targets: Vec<Target>) -> Parsed<Vec<Target>> {
        loop {
            let comma = self.next()?;
            if !comma.is(b',') {
                self.back(&comma);
                return Ok(targets);
            }
            let token = self.next()?;
            self.may_name(&token, NameKind::Target);
            match token.tok {
                Tok::Datum(found) => {
                    self.check_assignable(found, token.span);
                    if self.is_record(found, &token) {
                        let message = format!("\"{}\" is not a scalar variable", self.dotted_name(&token));
                        self.error(token.span, message, "42601");
                    }
                }
                Tok::Word | Tok::DottedWord => self.not_a_variable(&token),
                _ => return self.unexpected(&token),
            }
            targets.push(self.target(&token));
        }
    }

    /// Skips to where the next statement may begin: behind a semicolon, or before what ends or continues the
    /// statement around it. `from` is the first token of the statement that could not be read.
    pub fn synchronize(&mut self, from: usize) {
        let mut cases = 0;
        for n in from..self.at.min(self.raw.len()) {
            match self.raw[n].kind {
                Tok::Reserved("case") if n > from => cases += 1,
                Tok::Reserved("end") if cases > 0 => cases -= 1,
                _ => {}
            }
        }
        while self.at < self.raw.len() - 1 {
            let token = self.raw[self.at];
            match token.kind {
                Tok::Char(b';') => {
                    self.at += 1;
                    break;
                }
                Tok::Reserved("case") => cases += 1,
                Tok::Reserved("end") if cases > 0 => cases -= 1,
                Tok::Reserved("else" | "when") if cases > 0 => {}
                Tok::Reserved("end" | "else") if self.at > from => break,
                Tok::Reserved("begin") if self.lookup == Lookup::Declare => break,
                Tok::Identifier if self.at > from => {
                    let word = self.text[token.span.range()].to_ascii_lowercase();
                    if matches!(word.as_str(), "elsif" | "elseif") {
                        break;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    pub fn start_of(&self, raw: usize) -> usize {
        self.raw[raw.min(self.raw.len() - 1)].span.start
    }

    /// Passes over a token, whatever it is.
    pub fn skip(&mut self) {
        if self.at < self.raw.len() - 1 {
            self.at += 1;
        }
    }

    pub fn skip_to_end(&mut self) {
        self.at = self.raw.len() - 1;
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.raw.len() - 1
    }
}
