//! What looks like a placeholder: its extent, its style and what it can stand for.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::syntax::Style;
use crate::syntax::ast::Token as Kind;
use crate::syntax::automaton::Terminal;
use crate::syntax::psql;
use crate::text::Span;

/// What a placeholder can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A value that is sent to the server apart from the text, or a list of such.
    Value,
    /// Any piece of the text: it is put in before the text is sent.
    Text,
    /// A string constant or a value: `:'name'`.
    String,
    /// A name: `:"name"`, `??`.
    Name,
    /// A piece of a longer name: `log_{year}`.
    NamePart,
    /// Nothing: `{% if x %}`.
    Tag,
    /// All columns of a relation: `sqlc.embed(t)`.
    Row,
    /// The operator `%` or `?`, written twice.
    Operator,
}

/// A piece of the text that may be a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub style: Style,
    pub span: Span,
    pub used: Use,
    /// What is the same for placeholders that get the same value.
    pub key: Option<String>,
    /// The number that is written in it.
    pub number: Option<u32>,
    /// An operator that is glued to its front, as in `=@id`.
    pub glued: Option<Span>,
}

/// The candidate that begins at the last of `rest`, the terminals that are still to come, the next one last.
pub(super) fn at(text: &str, rest: &[Terminal]) -> Option<Candidate> {
    let first = rest.last()?;
    let next = |n: usize| {
        let terminal = rest.len().checked_sub(n + 1).map(|n| rest[n])?;
        let before = rest[rest.len() - n];
        (terminal.span.start == before.span.end).then_some(terminal)
    };
    let written = &text[first.span.range()];
    let start = first.span.start;
    let made = |style, end, used, key: &str| {
        let key = (!key.is_empty()).then(|| key.to_owned());
        Some(Candidate { style, span: Span::new(start, end), used, key, number: None, glued: None })
    };
    let word = |terminal: Terminal| {
        (terminal.token.is_name() || terminal.token.is_keyword()).then(|| &text[terminal.span.range()])
    };
    let candidate = match written {
        ":" => {
            let name = next(1)?;
            let inner = &text[name.span.range()];
            match inner.as_bytes()[0] {
                b'\'' => made(Style::Colon, name.span.end, Use::String, inner.trim_matches('\'')),
                b'"' => made(Style::Colon, name.span.end, Use::Name, inner.trim_matches('"')),
                b'0'..=b'9' => made(Style::Colon, name.span.end, Use::Value, inner),
                // psql's question whether a variable is set; the answer is TRUE or FALSE.
                b'{' => made(Style::Colon, psql::variable_end(&mut &*text, start)?, Use::Value, ""),
                _ => made(Style::Colon, name.span.end, Use::Text, word(name)?),
            }
        }
        "$" => {
            let behind = &text[first.span.end..];
            if behind.starts_with('{') {
                let (end, key) = bracketed(behind, "{", "}")?;
                made(Style::Brace, first.span.end + end, Use::Text, key)
            } else if let Some((end, key)) = [("(", ")"), ("<", ">"), ("/", "/"), ("[", "]")]
                .iter()
                .find_map(|(open, close)| bracketed(behind, open, close))
            {
                let name = key.split([':', '^', '~', '#']).next().unwrap_or(key);
                let used = if key.ends_with(":name") || key.ends_with('~') { Use::Name } else { Use::Text };
                made(Style::Dollar, first.span.end + end, used, name)
            } else {
                let name = next(1)?;
                made(Style::Dollar, name.span.end, Use::Text, word(name)?)
            }
        }
        "{" => brace(text, start),
        _ if written.eq_ignore_ascii_case("sqlc") => sqlc(text, rest),
        _ if first.token.kind == Kind::Param => {
            // pg-promise says behind a colon how a value is to be written.
            let (colon, how) = (next(1)?, next(2)?);
            if !(colon.token.is_char(b':') && word(how).is_some()) {
                return None;
            }
            let used = match &text[how.span.range()] {
                "name" | "alias" => Use::Name,
                _ => Use::Text,
            };
            let mut candidate = made(Style::Dollar, how.span.end, used, "")?;
            candidate.number = written[1..].parse().ok();
            Some(candidate)
        }
        _ if first.token.is_name() && !written.starts_with('"') => {
            next(1).filter(|next| text[next.span.start..].starts_with(['{', '$']))?;
            let candidate = at(text, &rest[..rest.len() - 1]).filter(|c| c.style == Style::Brace)?;
            matches!(candidate.used, Use::Text | Use::NamePart).then(|| Candidate {
                span: Span::new(start, candidate.span.end),
                used: Use::NamePart,
                key: None,
                ..candidate
            })
        }
        _ if first.token.kind == Kind::Op || written == "%" => operator(text, *first, next(1)),
        _ => None,
    }?;
    whole(text, candidate, rest)
}

/// The candidate with what is glued to a name's piece behind it, if it ends where a token does.
fn whole(text: &str, mut candidate: Candidate, rest: &[Terminal]) -> Option<Candidate> {
    if candidate.style == Style::Brace && matches!(candidate.used, Use::Text | Use::NamePart) {
        loop {
            let behind = &text[candidate.span.end..];
            let more =
                behind.len() - behind.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
            let inner = behind[more..].strip_prefix('$').unwrap_or(&behind[more..]);
            let skipped = behind.len() - inner.len();
            let more = match bracketed(inner, "{", "}") {
                Some((end, _)) => skipped + end,
                None if more > 0 => more,
                None => break,
            };
            candidate.span.end += more;
            candidate.used = Use::NamePart;
        }
    }
    let end = candidate.span.end;
    let last = rest.iter().rev().take_while(|terminal| terminal.span.start < end).last()?;
    let is_operator = last.token.kind == Kind::Op;
    (last.span.end <= end || is_operator).then_some(candidate)
}

/// A name or path between brackets at the start of `text`: where it ends, and the name.
fn bracketed<'a>(text: &'a str, open: &str, close: &str) -> Option<(usize, &'a str)> {
    let inner = text.strip_prefix(open)?;
    let len = inner.find(close)?;
    let name = &inner[..len];
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "_.:,= !^~#[]|-".contains(c))
        && name.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    is_name.then_some((open.len() + len + close.len(), name))
}

/// `{name}`, `{}`, `{{ … }}`, `{% … %}`
fn brace(text: &str, start: usize) -> Option<Candidate> {
    let behind = &text[start..];
    let (end, used, key) = if behind.starts_with("{{") {
        let len = behind.find("}}")? + 2;
        (len, Use::Text, behind[2..len - 2].trim())
    } else if behind.starts_with("{%") {
        (behind.find("%}")? + 2, Use::Tag, "")
    } else if behind.starts_with("{#") {
        (behind.find("#}")? + 2, Use::Tag, "")
    } else if behind.starts_with("{}") {
        (2, Use::Text, "")
    } else {
        let (end, key) = bracketed(behind, "{", "}")?;
        (end, Use::Text, key)
    };
    let key = (!key.is_empty()).then(|| key.to_owned());
    let span = Span::new(start, start + end);
    Some(Candidate { style: Style::Brace, span, used, key, number: None, glued: None })
}

/// `sqlc.arg(name)` and its kin.
fn sqlc(text: &str, rest: &[Terminal]) -> Option<Candidate> {
    let nth = |n: usize| rest.len().checked_sub(n + 1).map(|n| rest[n]);
    let written = |n: usize| nth(n).map(|terminal| &text[terminal.span.range()]);
    if written(1)? != "." || written(3)? != "(" || written(5)? != ")" {
        return None;
    }
    let used = match written(2)? {
        "arg" | "narg" | "slice" => Use::Value,
        "embed" => Use::Row,
        _ => return None,
    };
    let key = written(4)?.trim_matches('\'').to_owned();
    let span = Span::new(nth(0)?.span.start, nth(5)?.span.end);
    Some(Candidate { style: Style::Sqlc, span, used, key: Some(key), number: None, glued: None })
}

/// A placeholder whose sign is an operator to PostgreSQL's scanner, or the end of one.
fn operator(text: &str, operator: Terminal, next: Option<Terminal>) -> Option<Candidate> {
    let written = &text[operator.span.range()];
    let (start, end) = (operator.span.start, operator.span.end);
    let behind = &text[end..];
    // Where the sign is, how long the placeholder is from there, and what it is.
    let (sign, len, style, used, key) = if written == "%%" {
        (0, 2, Style::Percent, Use::Operator, "")
    } else if written.ends_with('%') {
        let name = behind.strip_prefix('(').and_then(|inner| Some(&inner[..inner.find(')')?]));
        let conversion = name.map_or(behind, |name| &behind[name.len() + 2..]);
        let is_name = name.is_none_or(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_. ".contains(c))
        });
        let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
        if !is_name
            || !conversion.starts_with(['s', 'b', 't'])
            || !conversion[1..].starts_with(ends) && conversion.len() > 1
        {
            return None;
        }
        let len = 1 + name.map_or(0, |name| name.len() + 2) + 1;
        (written.len() - 1, len, Style::Percent, Use::Text, name.unwrap_or(""))
    } else if written.ends_with('@') {
        let next = next.filter(|next| {
            next.token.is_name() || next.token.is_keyword() || next.token.kind == Kind::Iconst
        })?;
        let name = &text[next.span.range()];
        (written.len() - 1, 1 + name.len(), Style::At, Use::Value, name)
    } else if written.ends_with('#') && behind.starts_with('{') {
        let (end, name) = bracketed(behind, "{", "}")?;
        (written.len() - 1, 1 + end, Style::Brace, Use::Value, name.split(',').next().unwrap_or(name))
    } else if written == "??" {
        (0, 2, Style::Question, Use::Name, "")
    } else {
        let sign = written.find('?')?;
        let number = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = if sign + 1 == written.len() { number } else { 0 };
        (sign, 1 + number, Style::Question, Use::Value, &behind[..number])
    };
    let span = Span::new(start + sign, start + sign + len);
    let is_number = key.starts_with(|c: char| c.is_ascii_digit());
    Some(Candidate {
        style,
        span,
        used,
        number: if is_number { key.parse().ok() } else { None },
        key: (!key.is_empty() && !is_number).then(|| key.to_owned()),
        glued: (sign > 0).then(|| Span::new(start, start + sign)),
    })
}

/// Whether PostgreSQL has an operator of that name.
pub(super) fn is_operator(name: &str) -> bool {
    static NAMES: OnceLock<HashSet<&str>> = OnceLock::new();
    NAMES
        .get_or_init(|| {
            let facts = include_str!("../../catalog/builtin/facts/operators.tsv");
            // The first cell ends in a number where newer versions have it no more.
            let rows = facts.lines().filter_map(|line| line.split_once('\t'));
            let current = rows.filter(|(versions, _)| !versions.ends_with(|c: char| c.is_ascii_digit()));
            current.filter_map(|(_, row)| row.split('\t').next()).collect()
        })
        .contains(name)
}
