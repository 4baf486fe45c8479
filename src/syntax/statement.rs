//! One statement's parse: its tree, its errors, its placeholders. Never fails.

use std::sync::{Arc, OnceLock};

use super::ast::{self, NodeEnum};
use super::body::{self, Body};
use super::boundary;
use super::grammar::{self, GrammarError, ParseMode, Token};
use super::params::{self, Parameter, Reading};
use super::repair::{self, Fix, Repair, Repaired};
use crate::text::Span;

/// A syntax error on its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// In the statement's code.
    pub span: Span,
    pub message: String,
    pub sqlstate: &'static str,
    /// What was expected or is wrong, in plain words.
    pub hint: Option<String>,
    /// What the hint is about: an opening bracket.
    pub related: Option<Span>,
    /// Changes that mend it, the likeliest first; each is known to parse.
    pub fixes: Vec<Fix>,
}

impl SyntaxError {
    pub fn new(span: Span, sqlstate: &'static str, message: impl Into<String>) -> SyntaxError {
        SyntaxError { span, message: message.into(), sqlstate, hint: None, related: None, fixes: Vec::new() }
    }
}

/// What the parser made of a statement's code.
#[derive(Debug)]
pub struct Parse {
    /// The code as it was written.
    pub text: Arc<str>,
    /// The code as PostgreSQL can read it: placeholders as `$n`, every byte at its place.
    pub sql: Arc<str>,
    tree: Option<ast::ParseResult>,
    /// PostgreSQL's error; see `syntax_errors` for all there are.
    pub errors: Vec<SyntaxError>,
    pub parameters: Vec<Parameter>,
    bodies: OnceLock<Vec<Body>>,
    repair: OnceLock<Repair>,
    repaired: OnceLock<Option<Box<Parse>>>,
}

impl Parse {
    pub fn new(text: &str) -> Parse {
        let text: Arc<str> = text.into();
        match grammar::parse(&text, ParseMode::Statements) {
            Ok(tree) => {
                let parameters = if text.contains('$') { params::native(&text) } else { Vec::new() };
                Parse::with(text.clone(), text, Some(tree), Vec::new(), parameters)
            }
            // No text that parses has a backslash outside its strings; what psql takes out of it is not the server's.
            Err(error) => match boundary::without_commands(&text) {
                Some(sql) => Parse { text, ..Parse::new(&sql) },
                None => Parse::with_placeholders(text, error),
            },
        }
    }

    /// The parse of a text in which nothing can be a placeholder, such as a body.
    pub fn plain(text: &str) -> Parse {
        let text: Arc<str> = text.into();
        let (tree, errors) = match grammar::parse(&text, ParseMode::Statements) {
            Ok(tree) => (Some(tree), Vec::new()),
            Err(error) => (None, vec![on_token(error, &text)]),
        };
        Parse::with(text.clone(), text, tree, errors, Vec::new())
    }

    /// The code in its strings; found at the first call, and each parsed when it is asked for.
    pub fn bodies(&self) -> &[Body] {
        self.bodies.get_or_init(|| body::bodies_of(self))
    }

    /// What is wrong with the bodies that PostgreSQL checks with the statement, on their tokens in its code.
    pub fn body_errors(&self) -> Vec<SyntaxError> {
        let bodies = self.bodies().iter().filter(|body| body.is_checked);
        let errors = bodies.flat_map(|body| {
            body.errors().iter().map(|error| {
                let outer =
                    SyntaxError::new(body.to_outer(error.span), error.sqlstate, error.message.clone());
                SyntaxError { hint: error.hint.clone(), ..outer }
            })
        });
        errors.collect()
    }

    /// A text that does not parse as it stands may do so with its placeholders replaced, read in one way or another.
    /// If it does not, the error of the first reading is the one to show.
    fn with_placeholders(text: Arc<str>, error: GrammarError) -> Parse {
        let mut shown: Option<(params::Replaced, GrammarError)> = None;
        // A quote or comment that never ends is no placeholder's fault, and may have swallowed the rest of the file.
        let readings = if error.message.starts_with("unterminated") { &[][..] } else { &Reading::ALL };
        for &reading in readings {
            let Some(replaced) = params::replace(&text, reading) else { break };
            match grammar::parse(&replaced.text, ParseMode::Statements) {
                Ok(tree) => {
                    let sql = replaced.text.into();
                    return Parse::with(text, sql, Some(tree), Vec::new(), replaced.parameters);
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
                on_parameter(&mut error, &replaced.parameters);
                (replaced.text.into(), replaced.parameters, vec![error])
            }
        };
        Parse::with(text, sql, None, errors, parameters)
    }

    fn with(
        text: Arc<str>,
        sql: Arc<str>,
        tree: Option<ast::ParseResult>,
        errors: Vec<SyntaxError>,
        parameters: Vec<Parameter>,
    ) -> Parse {
        Parse {
            text,
            sql,
            tree,
            errors,
            parameters,
            bodies: OnceLock::new(),
            repair: OnceLock::new(),
            repaired: OnceLock::new(),
        }
    }

    /// All syntax errors: the first as PostgreSQL has it, the others by their place, found when they are asked for.
    pub fn syntax_errors(&self) -> &[SyntaxError] {
        if self.errors.is_empty() { &self.errors } else { &self.repair().errors }
    }

    fn repair(&self) -> &Repair {
        self.repair.get_or_init(|| {
            let Some(first) = self.errors.first() else { return Repair::default() };
            let spans: Vec<Span> = self.parameters.iter().map(|parameter| parameter.span).collect();
            let mut repair = repair::repair(&self.sql, first.clone(), &spans);
            repair.errors.iter_mut().skip(1).for_each(|error| on_parameter(error, &self.parameters));
            repair
        })
    }

    /// A text that does not parse, as it was probably meant, and the way back to what was written. It is for what
    /// helps in writing: no verdict and no effect may rest on it.
    pub fn repaired(&self) -> Option<(&Parse, &Repaired)> {
        let repaired = self.repair().repaired.as_ref()?;
        let parse = self.repaired.get_or_init(|| {
            let parse = Parse::new(&repaired.sql);
            parse.tree.is_some().then(|| Box::new(parse))
        });
        Some((parse.as_deref()?, repaired))
    }

    /// How many actions of the parser's automaton the repair took.
    pub fn repair_steps(&self) -> u64 {
        self.repair().steps
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

/// An error's message quotes the token; it must quote what the user wrote.
fn on_parameter(error: &mut SyntaxError, parameters: &[Parameter]) {
    if let Some(parameter) = parameters.iter().find(|parameter| parameter.span.start == error.span.start) {
        error.span = parameter.span;
        error.message = format!("syntax error at or near \"{}\"", parameter.text);
    }
}

/// The error with the span of the token that PostgreSQL points at. At the end of the input, where there is no token,
/// it is the empty span there.
pub(super) fn on_token(error: GrammarError, text: &str) -> SyntaxError {
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
        hint: None,
        related: None,
        fixes: Vec::new(),
    }
}

/// PostgreSQL quotes all that an unterminated quote swallowed, which can be the rest of a large file.
pub(super) fn shortened(message: String) -> String {
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
            let parse = Parse::new(text);
            let error = &parse.errors[0];
            assert_eq!(
                (error.message.as_str(), error.span.range(), error.sqlstate),
                (message, span, "42601"),
                "{text}"
            );
            assert!(parse.node().is_none());
        }
        let long = Parse::new(&format!("select '{}", "é".repeat(5000)));
        assert!(long.errors[0].message.len() < 310 && long.errors[0].message.ends_with("é…\""));
    }
}
