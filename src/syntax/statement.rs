//! One statement's parse: its tree, its errors, its placeholders. Never fails.

use std::sync::{Arc, OnceLock};

use super::ast::{self, NodeEnum};
use super::body::{self, Body};
use super::boundary;
use super::depth;
use super::dialect::{Dialect, Style};
use super::grammar::{self, GrammarError, ParseMode, Token};
use super::head::LONG;
use super::params::{self, Parameter, Replaced};
use super::repair::{self, Changed, Fix, Held, Repair, Repaired};
use crate::text::{Span, clip};

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
    /// The dialect it was parsed in.
    pub dialect: Dialect,
    tree: Option<ast::ParseResult>,
    /// PostgreSQL's error; see `syntax_errors` for all there are.
    pub errors: Vec<SyntaxError>,
    pub parameters: Vec<Parameter>,
    /// What else `sql` is not as it was written for (see `Replaced`).
    locked: Vec<Span>,
    stand_ins: Vec<(usize, u32)>,
    bodies: OnceLock<Vec<Body>>,
    repair: OnceLock<Repair>,
    repaired: OnceLock<Option<Box<Parse>>>,
}

impl Parse {
    pub fn new(text: &str, dialect: Dialect) -> Parse {
        let text: Arc<str> = text.into();
        let mut tried = None;
        // What is known to be the writer's goes before PostgreSQL's own reading, and no other text is touched unless
        // PostgreSQL rejects it.
        if (dialect.has_styles() && params::is_likely(&text) || params::has_sqlc_calls(&text))
            && let Some(replaced) = params::replace(&text, dialect)
        {
            match grammar::parse(&replaced.text, ParseMode::Statements) {
                Ok(mut tree) => {
                    params::correct(&mut tree, &replaced.stand_ins, &|at| Some(at));
                    return Parse::with(text, dialect, replaced, Some(tree), Vec::new());
                }
                Err(error) => tried = Some((replaced, error)),
            }
        }
        let error = match grammar::parse(&text, ParseMode::Statements) {
            Ok(tree) => {
                let parameters = if text.contains('$') { params::native(&text) } else { Vec::new() };
                let native = Replaced { parameters, ..Replaced::nothing(&text) };
                return Parse::with(text, dialect, native, Some(tree), Vec::new());
            }
            Err(error) => error,
        };
        // No text that parses has a backslash outside its strings; what psql takes out of it is not the server's.
        if let Some(sql) = boundary::without_commands(&text) {
            return Parse { text, ..Parse::new(&sql, dialect) };
        }
        match depth::verdict(&text, error) {
            Some(error) => Parse::with_placeholders(text, dialect, tried, error),
            None => Parse::unknown(text, dialect),
        }
    }

    /// The parse of a text in which nothing can be a placeholder, such as a body.
    pub fn plain(text: &str) -> Parse {
        let text: Arc<str> = text.into();
        let (tree, error) = match grammar::parse(&text, ParseMode::Statements) {
            Ok(tree) => (Some(tree), None),
            Err(error) => (None, depth::verdict(&text, error)),
        };
        let errors = error.into_iter().map(|error| on_token(error, &text)).collect();
        let nothing = Replaced::nothing(&text);
        Parse::with(text, Dialect::UNKNOWN, nothing, tree, errors)
    }

    /// A text that PostgreSQL may accept, but that has no tree.
    fn unknown(text: Arc<str>, dialect: Dialect) -> Parse {
        let nothing = Replaced::nothing(&text);
        Parse::with(text, dialect, nothing, None, Vec::new())
    }

    fn with(
        text: Arc<str>,
        dialect: Dialect,
        replaced: Replaced,
        tree: Option<ast::ParseResult>,
        errors: Vec<SyntaxError>,
    ) -> Parse {
        let sql = if replaced.text == *text { text.clone() } else { replaced.text.into() };
        Parse {
            text,
            sql,
            dialect,
            tree,
            errors,
            parameters: replaced.parameters,
            locked: replaced.locked,
            stand_ins: replaced.stand_ins,
            bodies: OnceLock::new(),
            repair: OnceLock::new(),
            repaired: OnceLock::new(),
        }
    }

    /// A text that does not parse as it stands may do so with its placeholders replaced. If it does not, the error
    /// that is farthest in it is the one to show.
    fn with_placeholders(
        text: Arc<str>,
        dialect: Dialect,
        tried: Option<(Replaced, GrammarError)>,
        error: GrammarError,
    ) -> Parse {
        // Each with its error, where that is known already. A quote or comment that never ends is no placeholder's
        // fault, and may have swallowed the rest of the file.
        let mut readings: Vec<(Replaced, Option<GrammarError>)> = match tried {
            Some((replaced, error)) => vec![(replaced, Some(error))],
            None if error.message.starts_with("unterminated") || !params::is_likely(&text) => Vec::new(),
            None => params::replace(&text, dialect).map(|replaced| (replaced, None)).into_iter().collect(),
        };
        let Some((first, _)) = readings.first() else {
            let nothing = Replaced::nothing(&text);
            let errors = vec![on_token(error, &text)];
            return Parse::with(text, dialect, nothing, None, errors);
        };
        // What is a placeholder beyond doubt at one place tells how the others are meant.
        let known = dialect.union(first.found);
        if known != dialect {
            readings.extend(params::replace(&text, known).map(|replaced| (replaced, None)));
        }
        let mut shown: Option<(Replaced, GrammarError)> = None;
        for (replaced, known) in readings.into_iter().rev() {
            let parsed = known.map_or_else(|| grammar::parse(&replaced.text, ParseMode::Statements), Err);
            match parsed {
                Ok(mut tree) => {
                    params::correct(&mut tree, &replaced.stand_ins, &|at| Some(at));
                    return Parse::with(text, dialect, replaced, Some(tree), Vec::new());
                }
                Err(error) => match depth::verdict(&replaced.text, error) {
                    None => return Parse::unknown(text, dialect),
                    Some(error) if shown.as_ref().is_none_or(|(_, other)| error.offset > other.offset) => {
                        shown = Some((replaced, error));
                    }
                    Some(_) => {}
                },
            }
        }
        let Some((replaced, error)) = shown else { unreachable!("there is a reading, and it has an error") };
        let mut errors = Vec::new();
        let mut error = on_token(error, &replaced.text);
        on_parameter(&mut error, &replaced.parameters);
        // A template need not be SQL until it is filled in; what stands before its first tag is as it is.
        let tags = replaced.parameters.iter().map(|parameter| parameter.span);
        let first = tags.chain(replaced.locked.iter().copied()).map(|span| span.start).min();
        if !replaced.is_template || first.is_none_or(|first| error.span.end <= first) {
            errors.push(error);
        }
        Parse::with(text, dialect, replaced, None, errors)
    }

    /// The code in its strings; found at the first call, and each parsed when it is asked for.
    pub fn bodies(&self) -> &[Body] {
        self.bodies.get_or_init(|| body::bodies_of(self))
    }

    /// What is wrong with its bodies, which PostgreSQL checks with the statement, on their tokens in its code. A body
    /// within a body, and what EXECUTE is given, is checked when that is run, if ever.
    pub fn body_errors(&self) -> Vec<SyntaxError> {
        let errors = self.bodies().iter().flat_map(|body| {
            let outer = |error: &SyntaxError| {
                SyntaxError::new(body.to_outer(error.span), error.sqlstate, error.message.clone())
            };
            body.errors().iter().map(outer)
        });
        errors.collect()
    }

    /// All syntax errors: the first as PostgreSQL has it, the others by their place, found when they are asked for.
    pub fn syntax_errors(&self) -> &[SyntaxError] {
        if self.errors.is_empty() { &self.errors } else { &self.repair().errors }
    }

    /// Whether they are known already, or are soon.
    pub fn knows_syntax_errors_soon(&self) -> bool {
        self.errors.is_empty() || self.sql.len() <= LONG || self.repair.get().is_some()
    }

    fn repair(&self) -> &Repair {
        self.repair.get_or_init(|| {
            let Some(first) = self.errors.first() else { return Repair::default() };
            let held = self.held(&self.sql, self.parameters.clone(), &self.locked, &self.stand_ins);
            let repair = repair::repair(&self.sql, first.clone(), held);
            let is_simple = repair.errors.len() == 1 && !repair.errors[0].fixes.is_empty();
            if is_simple || repair.steps > repair::STEPS / 2 {
                return repair;
            }
            match self.repair_with_all_placeholders(first) {
                Some(other) if other.repaired.is_some() && other.errors.len() <= repair.errors.len() => {
                    Repair { steps: repair.steps + other.steps, ..other }
                }
                Some(other) => Repair { steps: repair.steps + other.steps, ..repair },
                None => repair,
            }
        })
    }

    /// Behind an error it is not known whether PostgreSQL's reading of a `?` could be meant. It is not if what is wrong
    /// then is less.
    fn repair_with_all_placeholders(&self, first: &SyntaxError) -> Option<Repair> {
        // A quote that never ends is no placeholder's fault.
        if first.message.starts_with("unterminated") {
            return None;
        }
        let every = Style::ALL.into_iter().filter(|style| self.dialect.may_have(*style));
        let dialect = every.fold(self.dialect, Dialect::with);
        let replaced = params::replace(&self.text, dialect);
        let replaced = replaced.filter(|it| !it.is_template && it.text != *self.sql)?;
        let error = on_token(grammar::check(&replaced.text).err()?, &replaced.text);
        if error.span.start != first.span.start {
            return None;
        }
        let held = self.held(&replaced.text, replaced.parameters, &replaced.locked, &replaced.stand_ins);
        let mut repair = repair::repair(&replaced.text, first.clone(), held);
        if let [error] = &mut repair.errors[..] {
            error.fixes.retain(|fix| {
                let fixed = Changed::new(&self.text, &fix.edits).text;
                Parse::new(&fixed, self.dialect).errors.is_empty()
            });
        }
        Some(repair)
    }

    fn held(
        &self,
        sql: &str,
        parameters: Vec<Parameter>,
        locked: &[Span],
        stand_ins: &[(usize, u32)],
    ) -> Held {
        let mut locked = locked.to_vec();
        locked.extend(parameters.iter().map(|parameter| parameter.span));
        locked.extend(differences(&self.text, sql));
        Held { parameters, locked, stand_ins: stand_ins.to_vec(), dialect: self.dialect }
    }

    /// A text that does not parse, as it was probably meant, and the way back to what was written. It is for what
    /// helps in writing: no verdict and no effect may rest on it.
    pub fn repaired(&self) -> Option<(&Parse, &Repaired)> {
        let repaired = self.repair().repaired.as_ref()?;
        let parse = self.repaired.get_or_init(|| {
            let mut parse = Parse::new(&repaired.sql, Dialect::UNKNOWN);
            params::correct(parse.tree.as_mut()?, &repaired.stand_ins, &|at| repaired.kept_from(at));
            Some(Box::new(parse))
        });
        Some((parse.as_deref()?, repaired))
    }

    /// How many actions of the parser's automaton the repair took.
    pub fn repair_steps(&self) -> u64 {
        self.repair().steps
    }

    /// The code with its parameters as `$n`, to be sent to a server. Offsets are not those of the code.
    pub fn executable(&self) -> String {
        let mut made = String::with_capacity(self.sql.len());
        let mut end = 0;
        for parameter in &self.parameters {
            made.push_str(&self.sql[end..parameter.span.start]);
            if parameter.number > 0 {
                let inner = &self.sql[parameter.span.range()];
                let open = if inner.contains('(') { "(" } else { "" };
                let close = if inner.ends_with(')') { ")" } else { "" };
                made.push_str(&format!(" {open}${}{close} ", parameter.number));
            } else {
                made.push_str(&self.sql[parameter.span.range()]);
            }
            end = parameter.span.end;
        }
        made + &self.sql[end..]
    }

    /// Whether a name may be a placeholder's though PostgreSQL reads it as a column behind an operator (`=@id`,
    /// `=%s`) or a slice's bound (`a[:n]`).
    pub fn may_be_placeholder(&self, name: Span) -> bool {
        let before = &self.sql[..name.start.min(self.sql.len())];
        match before.as_bytes() {
            [.., b'@' | b'?'] => true,
            [.., b'%'] => self.sql[name.range()] == *"s",
            [head @ .., b':'] => {
                let head = head.trim_ascii_end();
                head.ends_with(b"[") || head.ends_with(b",")
            }
            _ => false,
        }
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
pub(super) fn on_parameter(error: &mut SyntaxError, parameters: &[Parameter]) {
    if let Some(parameter) = parameters.iter().find(|parameter| parameter.span.contains(error.span.start)) {
        error.span = parameter.span;
        error.message = format!("syntax error at or near \"{}\"", parameter.text);
    }
}

/// Where `sql` is not as `text` was written; both are equally long.
fn differences(text: &str, sql: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    if text == sql {
        return found;
    }
    for (at, _) in text.bytes().zip(sql.bytes()).enumerate().filter(|(_, (one, other))| one != other) {
        match found.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => found.push(Span::new(at, at + 1)),
        }
    }
    found
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
    format!("{}…\"", clip(&message, LONGEST))
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
