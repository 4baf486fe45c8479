//! The pieces of SQL in a body: where each ends, and what PostgreSQL's grammar says of it.

use super::ast::{IntoClause, Sql, StatementKind};
use super::parser::{Failed, Lexed, Lookup, Parsed, Parser, Tok};
use crate::syntax::grammar::{self, GrammarError, ParseMode};
use crate::text::Span;

/// A token that ends a piece.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Char(u8),
    DotDot,
    Word(&'static str),
}

pub(super) const SEMICOLON: End = End::Char(b';');
pub(super) const COMMA: End = End::Char(b',');

/// As many ends as PostgreSQL can look for at once.
const MOST_ENDS: usize = 3;

impl End {
    pub fn is(self, token: &Lexed) -> bool {
        match self {
            End::Char(c) => token.is(c),
            End::DotDot => token.tok == Tok::DotDot,
            End::Word(word) => token.is_reserved(word),
        }
    }
}

/// How a piece is to be read.
pub(super) struct Construct<'a> {
    pub ends: &'a [End],
    /// What PostgreSQL says is missing where no end comes.
    pub expected: &'a str,
    pub mode: ParseMode,
    /// Whether messages call it an expression rather than a statement.
    pub is_expression: bool,
}

impl Parser<'_> {
    /// Reads up to one of the ends outside parentheses, and the end itself. The piece is not checked; it is absent
    /// where there is none, which has been said.
    ///
    /// Where PostgreSQL looks for fewer than three ends it takes the end of the text for one too, and what comes next
    /// in the statement is missed instead; so the end may be `Tok::End`.
    pub fn construct(&mut self, construct: &Construct) -> Parsed<(Option<Sql>, Lexed)> {
        let lookup = std::mem::replace(&mut self.lookup, Lookup::Sql);
        let read = self.construct_tokens(construct);
        self.lookup = lookup;
        read
    }

    fn construct_tokens(&mut self, construct: &Construct) -> Parsed<(Option<Sql>, Lexed)> {
        let mut span: Option<Span> = None;
        let mut depth = 0usize;
        let end = loop {
            let token = self.next()?;
            let at_end_of_text = token.tok == Tok::End && construct.ends.len() < MOST_ENDS;
            if depth == 0 && (at_end_of_text || construct.ends.iter().any(|end| end.is(&token))) {
                break token;
            }
            if token.tok == Tok::Place {
                let ends = if depth == 0 { construct.ends } else { &[] };
                self.may_be_sql(&token, span.map(|span| span.start), construct.mode, ends);
                self.back(&token);
                return Err(Failed);
            }
            match token.tok {
                Tok::Char(b'(' | b'[') => depth += 1,
                Tok::Char(b')' | b']') => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return self.fail(&token, "mismatched parentheses"),
                },
                Tok::End | Tok::Char(b';') if depth > 0 => {
                    return self.fail(&token, "mismatched parentheses");
                }
                Tok::End | Tok::Char(b';') => {
                    let kind = if construct.is_expression { "expression" } else { "statement" };
                    let message = format!("missing \"{}\" at end of SQL {kind}", construct.expected);
                    self.error(token.span, message, "42601");
                    self.back(&token);
                    return Err(Failed);
                }
                _ => {}
            }
            span = Some(Span::new(span.map_or(token.span.start, |span| span.start), token.span.end));
        };
        let Some(span) = span else {
            let message =
                if construct.is_expression { "missing expression" } else { "missing SQL statement" };
            self.error_near(&end, message);
            return Ok((None, end));
        };
        Ok((Some(Sql { span, mode: construct.mode, into: None, is_perform: false }), end))
    }

    /// An expression up to one of the ends, checked.
    pub fn expression(&mut self, ends: &[End], expected: &str) -> Parsed<(Option<Sql>, Lexed)> {
        let read = self.unchecked_expression(ends, expected)?;
        self.check(read.0.as_ref());
        Ok(read)
    }

    pub fn unchecked_expression(&mut self, ends: &[End], expected: &str) -> Parsed<(Option<Sql>, Lexed)> {
        let mode = ParseMode::PlpgsqlExpression;
        self.construct(&Construct { ends, expected, mode, is_expression: true })
    }

    /// A statement up to its semicolon, checked.
    pub fn sql_statement(&mut self) -> Parsed<Option<Sql>> {
        let (sql, _) = self.unchecked_statement(ParseMode::Statements)?;
        self.check(sql.as_ref());
        Ok(sql)
    }

    pub fn unchecked_statement(&mut self, mode: ParseMode) -> Parsed<(Option<Sql>, Lexed)> {
        self.construct(&Construct { ends: &[SEMICOLON], expected: ";", mode, is_expression: false })
    }

    /// Expressions divided by commas, up to one of the other ends.
    pub fn expressions(&mut self, ends: &[End], expected: &str) -> Parsed<(Vec<Sql>, Lexed)> {
        let all: Vec<End> = std::iter::once(COMMA).chain(ends.iter().copied()).collect();
        let mut found = Vec::new();
        loop {
            let (sql, end) = self.expression(&all, expected)?;
            found.extend(sql);
            if !end.is(b',') {
                return Ok((found, end));
            }
        }
    }

    /// Records what PostgreSQL's grammar says of a piece.
    pub fn check(&mut self, sql: Option<&Sql>) {
        let Some(sql) = sql.filter(|_| self.expected.is_none()) else { return };
        if self.is_simple(sql) {
            return;
        }
        let code = sql.code(self.text);
        let Err(error) = grammar::check_as(&code, sql.mode) else { return };
        self.grammar_error(error, sql.span, sql.span.start + code.len());
    }

    /// Places an error of PostgreSQL's grammar in the piece at `span`, the last token of which ends at `end`.
    pub fn grammar_error(&mut self, error: GrammarError, span: Span, end: usize) {
        let place = match error.offset {
            // Behind the piece's last token there is none to show.
            _ if error.message.ends_with("at end of input") => Span::at(end),
            Some(offset) => self.span_at((span.start + offset).min(span.end)),
            None => span,
        };
        self.error(place, error.message, error.sqlstate);
    }

    /// Whether an expression is one literal or one plain name, which need not be parsed to be known as good.
    fn is_simple(&self, sql: &Sql) -> bool {
        let tokens = self.raw_between(sql.span);
        sql.mode == ParseMode::PlpgsqlExpression && tokens.len() == 1 && tokens[0].is_value
    }

    /// A SQL statement whose first token has been read: up to its semicolon, with INTO taken out.
    pub fn exec_sql(&mut self, first: Lexed) -> Parsed<StatementKind> {
        let lookup = std::mem::replace(&mut self.lookup, Lookup::Sql);
        let read = self.exec_sql_tokens(first);
        self.lookup = lookup;
        let sql = read?;
        self.check(Some(&sql));
        Ok(StatementKind::Sql(sql))
    }

    fn exec_sql_tokens(&mut self, first: Lexed) -> Parsed<Sql> {
        let (mut parentheses, mut bodies) = (0usize, 0usize);
        // How far the statement has come towards CREATE [OR REPLACE] FUNCTION, behind which BEGIN and END nest.
        let mut head = if self.is_word(&first, "create") { Head::Create } else { Head::Other };
        let mut into: Option<Box<IntoClause>> = None;
        let mut before = first;
        // Whether it gives rows that INTO may take.
        let mut gives_rows =
            ["select", "with", "values", "table"].iter().any(|word| self.is_word(&first, word));
        let end = loop {
            let token = self.next()?;
            head = match head {
                Head::Create if token.is_reserved("or") => Head::Or,
                Head::Or if self.is_word(&token, "replace") => Head::Replace,
                Head::Create | Head::Replace
                    if self.is_word(&token, "function") || self.is_word(&token, "procedure") =>
                {
                    Head::Routine
                }
                Head::Routine => Head::Routine,
                _ => Head::Other,
            };
            gives_rows |= self.expected.is_some()
                && (self.is_word(&token, "returning") || self.is_word(&token, "select"));
            if token.tok == Tok::Place {
                let ends: &[End] =
                    if gives_rows && into.is_none() && parentheses == 0 { &[End::Word("into")] } else { &[] };
                self.may_be_sql(&token, Some(first.span.start), ParseMode::Statements, ends);
                if let Some(piece) = self.noted_piece() {
                    piece.into = into.map(|into| into.span);
                }
                self.back(&token);
                return Err(Failed);
            }
            match token.tok {
                Tok::Char(b'(') => parentheses += 1,
                Tok::Char(b')') => parentheses = parentheses.saturating_sub(1),
                Tok::Reserved("begin" | "case") if head == Head::Routine && parentheses == 0 => bodies += 1,
                Tok::Reserved("end") if head == Head::Routine && parentheses == 0 => {
                    bodies = bodies.saturating_sub(1);
                }
                Tok::Char(b';') if parentheses == 0 && bodies == 0 => break token,
                Tok::End => return self.fail(&token, "unexpected end of function definition"),
                Tok::Reserved("into") => {
                    let own = matches!(before.tok, Tok::Keyword("insert" | "merge"))
                        || first.tok == Tok::Keyword("import");
                    if !own {
                        if into.is_some() {
                            return self.fail(&token, "INTO specified more than once");
                        }
                        self.lookup = Lookup::Normal;
                        let clause = self.read_into(token.span, true);
                        self.lookup = Lookup::Sql;
                        into = Some(Box::new(clause?));
                    }
                }
                _ => {}
            }
            before = token;
        };
        // White space at the end goes, comments stay.
        let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
        let text = self.text[first.span.start..end.span.start].trim_end_matches(space);
        let span = Span::new(first.span.start, first.span.start + text.len());
        Ok(Sql { span, mode: ParseMode::Statements, into, is_perform: false })
    }

    fn is_word(&self, token: &Lexed, word: &str) -> bool {
        matches!(token.tok, Tok::Word) && self.name_of(token).text == word
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Create,
    Or,
    Replace,
    Routine,
    Other,
}
