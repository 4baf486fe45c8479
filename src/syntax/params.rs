//! Placeholders of clients (`:name`, `@name`, `%(name)s` …) in SQL, as parameters that PostgreSQL's grammar knows,
//! without moving a byte.
//!
//! A text that the grammar accepts as it stands is never touched: `a[1:n]` is a slice and `@x` an operator there.

use super::grammar::{self, Token};
use crate::syntax::ast;
use crate::text::Span;

/// A placeholder of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub span: Span,
    /// The number it has for PostgreSQL; 0 of one that stands for a name or a string constant.
    pub number: u32,
    /// It stands for a name, of which nothing can be known.
    pub is_name: bool,
    /// As written: `:name`, `$1`.
    pub text: String,
}

/// A text in which placeholders became `$n`, every other byte where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    pub text: String,
    pub parameters: Vec<Parameter>,
}

/// The native parameters of a text.
pub fn native(text: &str) -> Vec<Parameter> {
    let (tokens, _) = grammar::scan(text);
    tokens
        .iter()
        .filter(|token| token.kind == ast::Token::Param)
        .filter_map(|token| {
            let written = &text[token.span.range()];
            let number = written[1..].parse().ok()?;
            Some(Parameter { span: token.span, number, is_name: false, text: written.to_owned() })
        })
        .collect()
}

/// What placeholders stand for. Where one reading does not parse, the next one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Each is a value: `$n`.
    Values,
    /// psql's `:'name'` is a string constant, where the grammar wants one; the others are values.
    Strings,
    /// `:name` is a name: `FROM :table`.
    Names,
}

impl Reading {
    pub const ALL: [Reading; 3] = [Reading::Values, Reading::Strings, Reading::Names];
}

/// Replaces the placeholders of a text that does not parse as it stands; `None` where there are none.
pub fn replace(text: &str, reading: Reading) -> Option<Replaced> {
    let mut bytes = text.as_bytes().to_vec();
    let mut parameters: Vec<Parameter> = Vec::new();
    let tokens = loose_tokens(text);
    let mut next = native(text).iter().map(|parameter| parameter.number).max().unwrap_or(0);
    let mut n = 0;
    while n < tokens.len() {
        let Some((span, name)) = placeholder(text, &tokens, n) else {
            n += 1;
            continue;
        };
        while tokens.get(n).is_some_and(|token| token.span.start < span.end) {
            n += 1;
        }
        let written = &text[span.range()];
        let as_string = reading != Reading::Values && written.starts_with(":'");
        let as_name = written.starts_with(":\"") || reading == Reading::Names && written.starts_with(':');
        // Without its colon `:"name"` is an identifier, and `:'name'` a string.
        if as_string || as_name {
            if as_name && !written.contains('"') && span.len() > 2 {
                // In quotes, as the variable's own name may be a reserved word.
                bytes[span.start + 1..span.end - 1].fill(b'x');
                bytes[span.end - 1] = b'"';
                bytes[span.start] = b'"';
                parameters.push(Parameter { span, number: 0, is_name: true, text: written.to_owned() });
                continue;
            }
            bytes[span.start] = b' ';
            parameters.push(Parameter {
                span,
                number: 0,
                is_name: as_name && !as_string,
                text: written.to_owned(),
            });
            continue;
        }
        let known =
            parameters.iter().find(|other| name.is_some() && other.text == written).map(|other| other.number);
        let mut number = known.unwrap_or_else(|| {
            next += 1;
            next
        });
        let mut replacement = format!("${number}");
        if replacement.len() > span.len() {
            // No room for the number in so short a placeholder; which one it is matters less than its place.
            number = 1;
            replacement = "$1".into();
        }
        if replacement.len() > span.len() {
            // A lone `?`: a null stands for it.
            continue;
        }
        bytes[span.range()].fill(b' ');
        bytes[span.start..span.start + replacement.len()].copy_from_slice(replacement.as_bytes());
        parameters.push(Parameter { span, number, is_name: false, text: written.to_owned() });
    }
    if parameters.is_empty() {
        return None;
    }
    Some(Replaced { text: String::from_utf8(bytes).ok()?, parameters })
}

/// The placeholder that begins at token `n`: its span and whether it has a name.
fn placeholder<'a>(text: &'a str, tokens: &[Token], n: usize) -> Option<(Span, Option<&'a str>)> {
    let token = tokens[n];
    let written = &text[token.span.range()];
    let next = tokens.get(n + 1).filter(|next| next.span.start == token.span.end);
    let before = n.checked_sub(1).map(|n| tokens[n]);
    let adjoins = before.is_some_and(|before| before.span.end == token.span.start);
    match written {
        ":" => {
            let next = next?;
            // After a name or a bracket without a space between, a colon separates a slice's bounds.
            if adjoins && before.is_some_and(|before| before.is_name() || before.kind == ast::Token::Iconst) {
                return None;
            }
            let named = next.is_name() || next.is_keyword() || matches!(next.kind, ast::Token::Sconst);
            named.then(|| (Span::new(token.span.start, next.span.end), Some(&text[next.span.range()])))
        }
        "@" => {
            let next = next?;
            let named = next.is_name() || next.is_keyword();
            named.then(|| (Span::new(token.span.start, next.span.end), Some(&text[next.span.range()])))
        }
        "%" => {
            let rest = &text[token.span.end..];
            if let Some(inner) = rest.strip_prefix('(') {
                let close = inner.find(')')?;
                let name = &inner[..close];
                let word = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty();
                let end = token.span.end + 1 + close + 1;
                return (word && text[end..].starts_with('s'))
                    .then(|| (Span::new(token.span.start, end + 1), Some(name)));
            }
            let next = next?;
            (&text[next.span.range()] == "s").then(|| (Span::new(token.span.start, next.span.end), None))
        }
        _ => None,
    }
}

/// The tokens of a text even where the scanner stops at a character that it does not know.
fn loose_tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut error) = grammar::scan(text);
    while let Some(offset) = error.and_then(|error| error.offset) {
        let resume = text[offset..].chars().next().map_or(text.len(), |c| offset + c.len_utf8());
        let (more, another) = grammar::scan(&text[resume..]);
        tokens.extend(more.into_iter().map(|token| Token { span: token.span.shift(resume), ..token }));
        error = another.map(|mut error| {
            error.offset = error.offset.map(|offset| offset + resume);
            error
        });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_place() {
        for (text, expected) in [
            ("select * from t where a = :name and b=:name", "select * from t where a = $1    and b=$1   "),
            ("select :'x', :\"y\"", "select $1  ,  \"y\""),
            ("select * from t where a = @id", "select * from t where a = $1 "),
            ("insert into t values (%s, %(a_b)s)", "insert into t values ($1, $2     )"),
            ("select a::text, :b::int", "select a::text, $1::int"),
        ] {
            assert_eq!(replace(text, Reading::Values).unwrap().text, expected);
        }
        assert_eq!(replace("select :'x', :y", Reading::Strings).unwrap().text, "select  'x', $1");
        assert_eq!(replace("select :x from :y", Reading::Names).unwrap().text, "select  x from  y");
        assert_eq!(replace("select a[1:n] from", Reading::Values), None);
        let replaced = replace("select :a, :b, :a", Reading::Values).unwrap();
        let numbers: Vec<_> = replaced.parameters.iter().map(|parameter| parameter.number).collect();
        assert_eq!(numbers, [1, 2, 1]);
        assert_eq!(native("select $2, $1")[0].number, 2);
    }
}
