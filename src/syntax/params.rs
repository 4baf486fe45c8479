//! Placeholders of clients (`:name`, `@name`, `%(name)s` …) in SQL, as parameters that PostgreSQL's grammar knows,
//! without moving a byte.
//!
//! PostgreSQL's own automaton reads along, so that each candidate is judged where it stands: in `a[1:n]` no value may
//! follow the `1`, so that colon is the slice's. Unless the style is known to be the writer's, what PostgreSQL reads as
//! something else is left alone.

mod candidate;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::candidate::{Candidate, Use};
use super::ast::{self, NodeEnum};
use super::automaton::{self, END, Parser, Symbol, Terminal, automaton};
use super::dialect::{Dialect, Style};
use super::grammar::{self, ParseMode, Token};
use super::nodes;
use crate::text::Span;

/// A placeholder of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub span: Span,
    /// The number it has for PostgreSQL; 0 of one that stands for a name or another piece of text.
    pub number: u32,
    /// It stands for a name, or for text of any kind, of which nothing can be known.
    pub is_name: bool,
    /// As written: `:name`, `$1`.
    pub text: String,
}

/// A text in which placeholders became what PostgreSQL can read, every other byte where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    pub text: String,
    pub parameters: Vec<Parameter>,
    /// The styles of placeholders that PostgreSQL has no reading of its own for.
    pub found: Dialect,
    /// It has a template's tags (`{% if … %}`), so that it need not be SQL until they are filled in.
    pub is_template: bool,
    /// Where a stand-in is for want of room (the name `x`, or a `$1` of another number), and the right number.
    pub(super) stand_ins: Vec<(usize, u32)>,
    /// What was read as placeholders, with what was taken beside them: not to be changed in part.
    pub(super) locked: Vec<Span>,
}

impl Replaced {
    /// A text in which nothing was replaced.
    pub fn nothing(text: &str) -> Replaced {
        Replaced { text: text.to_owned(), ..Replaced::default() }
    }
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

/// The styles that the comments before a statement tell of: sqlc's `-- name: GetUser :one`, aiosql's `-- name: get_user`.
pub fn told(leading: &str) -> Dialect {
    let mut dialect = Dialect::UNKNOWN;
    for line in leading.lines() {
        let comment = line.trim_start().trim_start_matches(['-', '/', '*', '#']).trim_start();
        let (style, rest) = match (comment.strip_prefix("name:"), comment.strip_prefix(":name ")) {
            (Some(rest), _) if rest.split_whitespace().nth(1).is_some_and(|word| word.starts_with(':')) => {
                (Style::Sqlc, rest)
            }
            (Some(rest), _) | (_, Some(rest)) => (Style::Colon, rest),
            _ => continue,
        };
        if line.trim_start() != comment && !rest.trim().is_empty() {
            dialect = dialect.union(Dialect::of(style));
        }
    }
    dialect
}

/// Whether a text could have placeholders, at a glance.
pub fn is_likely(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(n, byte)| {
        let next = bytes.get(n + 1).copied().unwrap_or(b' ');
        match byte {
            b':' => {
                next != b':'
                    && next != b'='
                    && !next.is_ascii_whitespace()
                    && (n == 0 || bytes[n - 1] != b':')
            }
            b'@' => is_word(next),
            b'%' => matches!(next, b's' | b'b' | b't' | b'(' | b'%'),
            b'?' | b'{' => true,
            b'$' => !next.is_ascii_digit() && next != b'$',
            _ => false,
        }
    })
}

/// Whether a text has a call of sqlc's, which is none of PostgreSQL's functions whatever the grammar says.
pub fn has_sqlc_calls(text: &str) -> bool {
    text.as_bytes().windows(5).any(|bytes| bytes.eq_ignore_ascii_case(b"sqlc."))
}

/// Replaces the placeholders of a text; `None` where there are none.
pub fn replace(text: &str, dialect: Dialect) -> Option<Replaced> {
    let tokens = loose_tokens(text);
    let last = tokens.iter().filter(|token| token.kind == ast::Token::Param);
    let last = last.filter_map(|token| text[token.span.start + 1..token.span.end].parse().ok()).max();
    let mut rest = automaton::terminals_of(&tokens);
    rest.reverse();
    let mut pass = Pass {
        source: text,
        bytes: text.as_bytes().to_vec(),
        parser: Parser::new(ParseMode::Statements),
        on_track: true,
        dialect,
        last: last.unwrap_or(0),
        numbers: HashMap::new(),
        made: Replaced::default(),
    };
    while let Some(first) = rest.last().copied() {
        match candidate::at(text, &rest).filter(|candidate| dialect.may_have(candidate.style)) {
            Some(candidate) if pass.place(&candidate, &rest) => {
                while rest.last().is_some_and(|terminal| terminal.span.start < candidate.span.end) {
                    let last = rest.pop();
                    // What is left of a glued operator is read on its own.
                    if let Some(last) = last.filter(|last| last.span.end > candidate.span.end) {
                        let behind = terminals_at(text, Span::new(candidate.span.end, last.span.end));
                        rest.extend(behind.into_iter().rev());
                        break;
                    }
                }
            }
            _ => {
                if first.token.kind == ast::Token::Param
                    && let Ok(number) = text[first.span.start + 1..first.span.end].parse()
                {
                    pass.add(first.span, number, false);
                }
                pass.native(first.symbol);
                rest.pop();
            }
        }
    }
    let Pass { bytes, mut made, .. } = pass;
    if made.parameters.iter().all(|parameter| parameter.text.starts_with('$') && parameter.number > 0)
        && bytes == text.as_bytes()
    {
        return None;
    }
    made.text = String::from_utf8(bytes).ok()?;
    made.stand_ins.sort_unstable();
    Some(made)
}

/// Puts parameters in the place of stand-ins in a tree. `place` is where a byte of the tree's text was in the text that
/// the stand-ins were put into.
pub(super) fn correct(
    tree: &mut ast::ParseResult,
    stand_ins: &[(usize, u32)],
    place: &dyn Fn(usize) -> Option<usize>,
) {
    if stand_ins.is_empty() {
        return;
    }
    let number_at = |location: i32| {
        let at = place(usize::try_from(location).ok()?)?;
        let n = stand_ins.binary_search_by_key(&at, |(at, _)| *at).ok()?;
        Some(stand_ins[n].1 as i32)
    };
    nodes::change(tree, &mut |node| match &mut node.node {
        Some(NodeEnum::ParamRef(parameter)) => {
            if let Some(number) = number_at(parameter.location) {
                parameter.number = number;
            }
        }
        Some(NodeEnum::ColumnRef(column)) if column.fields.len() == 1 => {
            if let Some(number) = number_at(column.location) {
                let parameter = ast::ParamRef { number, location: column.location };
                node.node = Some(NodeEnum::ParamRef(parameter));
            }
        }
        _ => {}
    });
}

struct Pass<'a> {
    source: &'a str,
    bytes: Vec<u8>,
    parser: Parser,
    /// Whether the parser could follow so far. Behind an error it is as before the error, which tells little.
    on_track: bool,
    dialect: Dialect,
    /// The highest number so far.
    last: u32,
    numbers: HashMap<String, u32>,
    made: Replaced,
}

impl Pass<'_> {
    fn native(&mut self, symbol: Symbol) {
        self.on_track &= self.parser.advance(symbol);
    }

    fn add(&mut self, span: Span, number: u32, is_name: bool) {
        let text = self.source[span.range()].to_owned();
        self.made.parameters.push(Parameter { span, number, is_name, text });
    }

    /// Decides about a candidate, whose first terminal is the last of `rest`; `false` where it is none.
    fn place(&mut self, candidate: &Candidate, rest: &[Terminal]) -> bool {
        let is_known = self.dialect.is_known(candidate.style)
            || matches!(candidate.style, Style::Sqlc)
            || candidate.used == Use::Tag;
        let reads_natively = self.reads_natively(candidate, rest);
        let whole_operator = candidate.glued.is_some()
            && candidate::is_operator(&self.source[rest[rest.len() - 1].span.range()]);
        if reads_natively && (!is_known || whole_operator) {
            return false;
        }
        if !is_known && !self.on_track && !is_plain(self.source, candidate) {
            return false;
        }
        let before = self.parser.clone();
        if let Some(glued) = candidate.glued {
            for terminal in terminals_at(self.source, glued) {
                self.native(terminal.symbol);
            }
        }
        let placed = match candidate.used {
            Use::Tag => {
                self.blank(candidate.span);
                self.made.is_template = true;
                self.add(candidate.span, 0, true);
                true
            }
            Use::Operator => {
                // Only where the style is known: by itself `%%` is an operator that PostgreSQL does not have.
                let percent = automaton().terminal(ast::Token::Ascii37);
                let accepted = is_known && self.parser.accepts(percent);
                if accepted {
                    self.bytes[candidate.span.start + 1] = b' ';
                    self.parser.advance(percent);
                    self.add(candidate.span, 0, false);
                }
                accepted
            }
            Use::Row => {
                // What is left is the relation in parentheses, which is a whole row.
                let open = candidate.span.start + self.source[candidate.span.range()].find('(').unwrap_or(0);
                self.blank(Span::new(candidate.span.start, open));
                for terminal in terminals_at(self.source, Span::new(open, candidate.span.end)) {
                    self.native(terminal.symbol);
                }
                true
            }
            _ => self.stand(candidate, rest, reads_natively),
        };
        if !placed {
            self.parser = before;
            return false;
        }
        self.made.locked.push(candidate.span);
        if !reads_natively {
            self.made.found = self.made.found.union(Dialect::of(candidate.style));
        }
        placed
    }

    /// Puts the first thing that may stand there in the candidate's place.
    fn stand(&mut self, candidate: &Candidate, rest: &[Terminal], reads_natively: bool) -> bool {
        let symbol = |kind| automaton().terminal(kind);
        let (param, name, string, number) = (
            symbol(ast::Token::Param),
            symbol(ast::Token::Ident),
            symbol(ast::Token::Sconst),
            symbol(ast::Token::Iconst),
        );
        let behind = rest.iter().rev().find(|terminal| terminal.span.start >= candidate.span.end);
        let is_qualifier =
            behind.is_some_and(|next| next.token.is_char(b'.') && next.span.start == candidate.span.end);
        let is_text = matches!(candidate.used, Use::Text | Use::String);
        let may_be_name =
            is_text && candidate.used != Use::String || matches!(candidate.used, Use::Name | Use::NamePart);
        let accepts_name = may_be_name && self.parser.accepts(name);
        let may_be_value = !matches!(candidate.used, Use::Name | Use::NamePart);
        let prefers_name = !may_be_value || is_qualifier;
        // `??` is the operator `?` behind a value.
        let is_operator =
            candidate.style == Style::Question && reads_natively && !self.parser.accepts(number);
        if accepts_name && prefers_name && !is_operator && self.stand_name(candidate) {
            return self.parser.advance(name);
        }
        if may_be_value {
            // libpg_query takes a parameter for the string in `date 'x'` too, where PostgreSQL does not.
            let accepts_value = self.parser.accepts(param) && self.parser.accepts(number);
            if accepts_value && self.stand_value(candidate) {
                return self.parser.advance(param);
            }
            if accepts_name && self.stand_name(candidate) {
                return self.parser.advance(name);
            }
            if is_text && self.parser.accepts(string) && self.stand_string(candidate) {
                return self.parser.advance(string);
            }
            if self.stand_list(candidate, param) {
                return true;
            }
            if is_text && self.parser.accepts(number) && candidate.span.len() >= 2 {
                self.blank(candidate.span);
                self.bytes[candidate.span.end - 1] = b'0';
                self.add(candidate.span, 0, false);
                return self.parser.advance(number);
            }
        }
        // A template's text may be anything, and a psql variable that begins a statement too.
        let begins = self.parser.states().len() == 1;
        if candidate.style == Style::Brace && is_text || begins && candidate.style == Style::Colon {
            self.blank(candidate.span);
            self.add(candidate.span, 0, true);
            self.made.is_template |= candidate.style == Style::Brace;
            return true;
        }
        // What cannot stand there is an error, and behind an error nothing is known of the place.
        self.on_track &= rest.last().is_some_and(|first| self.parser.accepts(first.symbol));
        let is_meant = self.dialect.is_known(candidate.style) || is_plain(self.source, candidate);
        !self.on_track && may_be_value && is_meant && self.stand_value(candidate)
    }

    /// Whether PostgreSQL reads the candidate as something else, with the terminal behind it.
    fn reads_natively(&self, candidate: &Candidate, rest: &[Terminal]) -> bool {
        // Most cannot even begin.
        if !rest.last().is_some_and(|first| self.parser.accepts(first.symbol)) {
            return false;
        }
        let mut parser = self.parser.clone();
        for terminal in rest.iter().rev() {
            if terminal.span.start >= candidate.span.end {
                return parser.accepts(terminal.symbol);
            }
            if !parser.advance(terminal.symbol) {
                return false;
            }
        }
        parser.accepts(END)
    }

    /// Whether a word begins right before the span, so that what stands there must not begin like one.
    fn glued_left(&self, span: Span) -> bool {
        span.start.checked_sub(1).is_some_and(|before| is_word(self.bytes[before]))
    }

    fn glued_right(&self, span: Span) -> bool {
        self.bytes.get(span.end).is_some_and(|behind| is_word(*behind))
    }

    fn number(&mut self, candidate: &Candidate) -> u32 {
        if let Some(number) = candidate.number {
            return number;
        }
        let last = &mut self.last;
        let mut next = || {
            *last += 1;
            *last
        };
        match &candidate.key {
            Some(key) => *self.numbers.entry(key.clone()).or_insert_with(next),
            None => next(),
        }
    }

    fn blank(&mut self, span: Span) {
        for byte in &mut self.bytes[span.range()] {
            // Lines stay lines, as a comment ends with its own.
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }

    fn stand_value(&mut self, candidate: &Candidate) -> bool {
        let span = candidate.span;
        let lead = usize::from(self.glued_left(span));
        let number = self.number(candidate);
        let exact = format!("${number}");
        let start = span.start + lead;
        let (text, is_stand_in) = if lead + exact.len() <= span.len() {
            (exact.as_str(), false)
        } else if lead + 2 <= span.len() {
            ("$1", true)
        } else if lead < span.len() && !self.glued_right(span) {
            ("x", true)
        } else {
            return false;
        };
        self.blank(span);
        self.bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
        if is_stand_in {
            self.made.stand_ins.push((start, number));
        }
        self.add(span, number, false);
        true
    }

    fn stand_name(&mut self, candidate: &Candidate) -> bool {
        let span = candidate.span;
        let quoted = self.source[span.range()].ends_with('"');
        let lead = usize::from(candidate.used != Use::NamePart && self.glued_left(span) || quoted);
        if lead >= span.len() {
            return false;
        }
        self.bytes[span.start..span.start + lead].fill(b' ');
        if !quoted {
            self.bytes[span.start + lead..span.end].fill(b'x');
        }
        self.add(span, 0, true);
        true
    }

    fn stand_string(&mut self, candidate: &Candidate) -> bool {
        let span = candidate.span;
        let lead = usize::from(self.glued_left(span));
        if candidate.used == Use::String {
            self.bytes[span.start] = b' ';
        } else if span.len() >= lead + 2 {
            self.blank(span);
            self.bytes[span.start + lead] = b'\'';
            self.bytes[span.end - 1] = b'\'';
        } else {
            return false;
        }
        self.add(span, 0, false);
        true
    }

    /// A list in parentheses: `IN :ids`, `VALUES %s`.
    fn stand_list(&mut self, candidate: &Candidate, param: Symbol) -> bool {
        let open = automaton().terminal(ast::Token::Ascii40);
        let close = automaton().terminal(ast::Token::Ascii41);
        let mut parser = self.parser.clone();
        if ![open, param, close].iter().all(|terminal| parser.advance(*terminal)) {
            return false;
        }
        let span = candidate.span;
        // The space before may be used too, as a parenthesis needs none.
        let blanks = self.source[..span.start].ends_with(' ');
        let start = match span.len() {
            3.. => span.start,
            2 if blanks => span.start - 1,
            _ => return false,
        };
        let number = self.number(candidate);
        let exact = format!("${number}");
        self.blank(span);
        self.bytes[start] = b'(';
        self.bytes[span.end - 1] = b')';
        self.made.locked.push(Span::new(start, span.end));
        let inner = &mut self.bytes[start + 1..span.end - 1];
        if exact.len() <= inner.len() {
            inner[..exact.len()].copy_from_slice(exact.as_bytes());
        } else {
            inner[0] = b'x';
            self.made.stand_ins.push((start + 1, number));
        }
        self.add(span, number, false);
        self.parser = parser;
        true
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Whether a candidate looks like a placeholder by itself, for where the parser cannot tell.
fn is_plain(text: &str, candidate: &Candidate) -> bool {
    let before = text[..candidate.span.start].chars().next_back();
    let glued = before.is_some_and(|c| c.is_alphanumeric() || "_\"])'".contains(c));
    !(glued && candidate.style == Style::Colon) && candidate.style != Style::Question
}

/// The terminals of a piece of the text.
fn terminals_at(text: &str, span: Span) -> Vec<Terminal> {
    let (mut terminals, _) = automaton::terminals(&text[span.range()]);
    for terminal in &mut terminals {
        terminal.span = terminal.span.shift(span.start);
        terminal.token.span = terminal.token.span.shift(span.start);
    }
    terminals
}

/// The tokens of a text even where the scanner stops at a character that it does not know, up to some of those.
pub(super) fn loose_tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut error) = grammar::scan(text);
    for _ in 0..grammar::MOST_JUNK {
        let Some(offset) = error.and_then(|error| error.offset) else { break };
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
