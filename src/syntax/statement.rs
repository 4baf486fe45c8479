//! One statement's parse: its tree, its errors, its placeholders. Never fails.

use std::sync::Arc;

use super::ast::{self, NodeEnum};
use super::dialect::Dialect;
use super::grammar::{self, GrammarError, ParseMode, Token};
use super::params::{self, Parameter, Reading};
use crate::text::Span;

/// A syntax error on its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// In the statement's code.
    pub span: Span,
    pub message: String,
    pub sqlstate: &'static str,
}

/// What the parser made of a statement's code.
#[derive(Debug)]
pub struct Parse {
    /// The code as it was written.
    pub text: Arc<str>,
    /// The code as PostgreSQL can read it: placeholders as `$n`, every byte at its place.
    pub sql: Arc<str>,
    /// The dialect it was parsed in.
    pub dialect: Dialect,
    tree: Option<ast::ParseResult>,
    pub errors: Vec<SyntaxError>,
    pub parameters: Vec<Parameter>,
}

impl Parse {
    pub fn new(text: &str, dialect: Dialect) -> Parse {
        let text: Arc<str> = text.into();
        match grammar::parse(&text, ParseMode::Statements) {
            Ok(tree) => {
                let parameters = if text.contains('$') { params::native(&text) } else { Vec::new() };
                Parse { sql: text.clone(), text, dialect, tree: Some(tree), errors: Vec::new(), parameters }
            }
            Err(error) => Parse::with_placeholders(text, dialect, error),
        }
    }

    /// A text that does not parse as it stands may do so with its placeholders replaced, read in one way or another.
    /// If it does not, the error of the first reading is the one to show.
    fn with_placeholders(text: Arc<str>, dialect: Dialect, error: GrammarError) -> Parse {
        let mut shown: Option<(params::Replaced, GrammarError)> = None;
        // A quote or comment that never ends is no placeholder's fault, and may have swallowed the rest of the file.
        let readings = if error.message.starts_with("unterminated") { &[][..] } else { &Reading::ALL };
        for &reading in readings {
            let Some(replaced) = params::replace(&text, reading) else { break };
            match grammar::parse(&replaced.text, ParseMode::Statements) {
                Ok(tree) => {
                    return Parse {
                        text,
                        dialect,
                        sql: replaced.text.into(),
                        tree: Some(tree),
                        errors: Vec::new(),
                        parameters: replaced.parameters,
                    };
                }
                Err(error) => {
                    shown.get_or_insert((replaced, error));
                }
            }
        }
        let (sql, parameters, errors) = match shown {
            None => (text.clone(), Vec::new(), vec![on_token(error, &text)]),
            Some((replaced, error)) => {
                let mut error = on_token(error, &replaced.text);
                // The message quotes the token; it must quote what the user wrote.
                if let Some(parameter) = replaced.parameters.iter().find(|p| p.span.start == error.span.start)
                {
                    error.span = parameter.span;
                    error.message = format!("syntax error at or near \"{}\"", parameter.text);
                }
                (replaced.text.into(), replaced.parameters, vec![error])
            }
        };
        Parse { text, sql, dialect, tree: None, errors, parameters }
    }

    /// Whether a name in it stands for another that cannot be known (`:table`).
    pub fn has_unknown_names(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.is_name)
    }

    /// The statement's node: of the first one where psql's `\;` or a body put several into one text.
    pub fn node(&self) -> Option<&NodeEnum> {
        self.nodes().next()
    }

    pub fn nodes(&self) -> impl Iterator<Item = &NodeEnum> {
        let statements = self.tree.as_ref().map_or(&[][..], |tree| &tree.stmts);
        statements.iter().filter_map(|raw| raw.stmt.as_ref()?.node.as_ref())
    }

    /// PostgreSQL's scanner over the code; made anew at each call.
    pub fn tokens(&self) -> Vec<Token> {
        grammar::scan(&self.sql).0
    }
}

/// The error with the span of the token that PostgreSQL points at. At the end of the input, where there is no token,
/// it is the empty span there.
fn on_token(error: GrammarError, text: &str) -> SyntaxError {
    let start = error.offset.unwrap_or(0).min(text.len());
    let rest = &text[start..];
    // A quoted token that never ends is marked where it begins, on its line, not over all that it swallowed.
    let len = if error.message.starts_with("unterminated") {
        rest.find(['\n', '\r']).unwrap_or(rest.len())
    } else {
        match grammar::scan(rest).0.iter().find(|token| !token.is_comment()) {
            Some(token) if token.span.start == 0 => token.span.end,
            _ => rest.chars().next().map_or(0, char::len_utf8),
        }
    };
    SyntaxError {
        span: Span::new(start, start + len),
        message: shortened(error.message),
        sqlstate: error.sqlstate,
    }
}

/// PostgreSQL quotes all that an unterminated quote swallowed, which can be the rest of a large file.
fn shortened(message: String) -> String {
    const LONGEST: usize = 300;
    if message.len() <= LONGEST {
        return message;
    }
    let end = (0..=LONGEST).rev().find(|&n| message.is_char_boundary(n)).unwrap_or(0);
    format!("{}…\"", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_on_its_token() {
        for (text, message, span) in [
            ("selec 1;", "syntax error at or near \"selec\"", 0..5),
            ("select 1 from where;", "syntax error at or near \"where\"", 14..19),
            ("select (1;", "syntax error at or near \";\"", 9..10),
            ("select 'é', frm x y z", "syntax error at or near \"y\"", 19..20),
            ("select 1 +", "syntax error at end of input", 10..10),
            ("select 'abc\nfrom", "unterminated quoted string at or near \"'abc\nfrom\"", 7..11),
            ("select * from t where a = :x and :y :z", "syntax error at or near \":z\"", 36..38),
        ] {
            let parse = Parse::new(text, Dialect::UNKNOWN);
            let error = &parse.errors[0];
            assert_eq!(
                (error.message.as_str(), error.span.range(), error.sqlstate),
                (message, span, "42601"),
                "{text}"
            );
            assert!(parse.node().is_none());
        }
        let long = Parse::new(&format!("select '{}", "é".repeat(5000)), Dialect::UNKNOWN);
        assert!(long.errors[0].message.len() < 310 && long.errors[0].message.ends_with("é…\""));
    }
}
