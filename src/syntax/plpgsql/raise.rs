//! RAISE, and the conditions that it and EXCEPTION name.

use std::sync::OnceLock;

use super::ast::{Condition, Name, Raise, RaiseOption, StatementKind};
use super::expect::NameKind;
use super::parser::{Lexed, Parsed, Parser, Tok};
use super::sql::{COMMA, End, SEMICOLON};
use crate::syntax::literal::Literal;
use crate::text::Span;

const LEVELS: [&str; 6] = ["exception", "warning", "notice", "info", "log", "debug"];

const OPTIONS: [&str; 9] =
    ["errcode", "message", "detail", "hint", "column", "constraint", "datatype", "table", "schema"];

/// The names of conditions in alphabetical order.
pub fn conditions() -> &'static [&'static str] {
    static CONDITIONS: OnceLock<Vec<&str>> = OnceLock::new();
    CONDITIONS
        .get_or_init(|| include_str!(concat!(env!("OUT_DIR"), "/plpgsql_conditions.txt")).lines().collect())
}

impl Parser<'_> {
    pub fn raise(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let mut raise = Raise {
            keyword,
            level: None,
            message: None,
            condition: None,
            parameters: Vec::new(),
            options: Vec::new(),
        };
        let mut token = self.next()?;
        self.may(&token, &LEVELS);
        self.may_condition(&token);
        let end_of_definition = "unexpected end of function definition";
        if token.tok == Tok::End {
            return self.fail(&token, end_of_definition);
        }
        if token.is(b';') {
            return Ok(StatementKind::Raise(raise));
        }
        if LEVELS.iter().any(|level| self.is_keyword(&token, level)) {
            raise.level = Some(token.span);
            token = self.next()?;
            self.may_condition(&token);
        }
        if token.tok == Tok::End {
            return self.fail(&token, end_of_definition);
        }
        if token.tok == Tok::String {
            raise.message = Some(token.span);
            token = self.next()?;
            self.may(&token, &["using"]);
            if token.is(b',') {
                (raise.parameters, token) =
                    self.expressions(&[SEMICOLON, End::Word("using")], ", or ; or USING")?;
            } else if !token.is(b';') && !token.is_reserved("using") {
                return self.unexpected(&token);
            }
        } else if !token.is_reserved("using") {
            let name = self.name_of(&token);
            let mut condition = Condition { span: token.span, name, sqlstate: None };
            if self.is_keyword(&token, "sqlstate") {
                let code = self.sqlstate_literal()?;
                condition.span.end = code.end;
                condition.sqlstate = Some(code);
            } else if matches!(token.tok, Tok::Word | Tok::Keyword(_)) {
                self.check_condition(&condition.name);
            } else {
                return self.unexpected(&token);
            }
            raise.condition = Some(condition);
            token = self.next()?;
            self.may(&token, &["using"]);
            if !token.is(b';') && !token.is_reserved("using") {
                return self.unexpected(&token);
            }
        }
        if token.is_reserved("using") {
            raise.options = self.raise_options()?;
        }
        self.check_parameters(&raise);
        Ok(StatementKind::Raise(raise))
    }

    /// What RAISE may go on with before its message.
    fn may_condition(&mut self, token: &Lexed) {
        self.may(token, &["sqlstate", "using"]);
        self.may_name(token, NameKind::Condition);
    }

    /// `option = expression, …;`
    fn raise_options(&mut self) -> Parsed<Vec<RaiseOption>> {
        let mut options = Vec::new();
        loop {
            let name = self.next()?;
            self.may(&name, &OPTIONS);
            if name.tok == Tok::End {
                return self.fail(&name, "unexpected end of function definition");
            }
            if !OPTIONS.iter().any(|option| self.is_keyword(&name, option)) {
                return self.fail(&name, "unrecognized RAISE statement option");
            }
            let operator = self.next()?;
            if !operator.is_assignment() {
                return self.fail(&operator, "syntax error, expected \"=\"");
            }
            let (value, end) = self.expression(&[COMMA, SEMICOLON], ", or ;")?;
            let span = Span::new(name.span.start, end.span.start.max(name.span.end));
            let span = value.as_ref().map_or(span, |value| Span::new(name.span.start, value.span.end));
            options.push(RaiseOption { span, name: name.span, value });
            if end.is(b';') {
                return Ok(options);
            }
        }
    }

    /// Whether the message has as many percent signs as there are values.
    fn check_parameters(&mut self, raise: &Raise) {
        let Some(message) = raise.message else { return };
        let Some(text) = Literal::read(self.written(message)) else { return };
        let expected = text.text.replace("%%", "").matches('%').count();
        let (missing, given) = match expected.cmp(&raise.parameters.len()) {
            std::cmp::Ordering::Less => ("too many", &raise.parameters[expected..]),
            std::cmp::Ordering::Greater => ("too few", &[][..]),
            std::cmp::Ordering::Equal => return,
        };
        // PostgreSQL gives no position: what is too much is shown, or the message that wants more.
        let span = match (given.first(), given.last()) {
            (Some(first), Some(last)) => Span::new(first.span.start, last.span.end),
            _ => message,
        };
        self.error(span, format!("{missing} parameters specified for RAISE"), "42601");
    }

    /// The literal behind SQLSTATE.
    pub fn sqlstate_literal(&mut self) -> Parsed<Span> {
        let token = self.next()?;
        if token.tok != Tok::String {
            return self.unexpected(&token);
        }
        let code = Literal::read(self.written(token.span)).map_or(String::new(), |literal| literal.text);
        if code.len() != 5 || !code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            self.error_near(&token, "invalid SQLSTATE code");
        }
        Ok(token.span)
    }

    pub fn check_condition(&mut self, name: &Name) {
        if conditions().binary_search(&name.text.as_str()).is_err() {
            let message = format!("unrecognized exception condition \"{}\"", name.text);
            self.error(name.span, message, "42704");
        }
    }
}
