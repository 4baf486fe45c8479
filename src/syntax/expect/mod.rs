//! What may stand at a place of a text: keywords in runs, and slots for names and constants.
//!
//! Only the text before the cursor counts. The parser's own tables are followed through it once; from there each
//! keyword is tried, and each name and constant is followed up to the production that would take it. Text that is not
//! SQL is followed all the same: what does not fit is left out, or what is missing is thought in.

mod items;
mod refused;
mod run;
mod slot;
mod stack;
mod walk;

pub use run::Run;
pub use slot::Kind;

use super::ast::Token as TokenKind;
use super::automaton::{self, END, Symbol, Terminal, automaton};
use super::dialect::Dialect;
use super::grammar::{self, ParseMode, Token};
use super::params;
use crate::text::Span;
use stack::Stack;

/// An identifier as PostgreSQL reads it: in lower case unless it is quoted, without the quotes.
pub type Name = String;

/// A kind of name or constant that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    pub kind: Kind,
    /// The name is to be made up: CREATE TABLE, an alias.
    pub new: bool,
    /// The relation (or type) that the name belongs to, where the statement has named it by then: its schema, where
    /// one is written, and its name.
    pub relation: Vec<Name>,
}

/// What the cursor is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inside {
    /// Where a token may be written: between two, or in a name or keyword.
    #[default]
    Code,
    /// A string constant that is open; the slots are those of constants.
    String,
    /// A quoted identifier that is open; the slots are those of names.
    QuotedName,
    /// A comment, a number, a constant or an operator: nothing is to be expected.
    Nothing,
}

/// What may stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    pub inside: Inside,
    /// The part before the cursor of the word that is being written, in bytes of the text; empty where there is none.
    pub word: Span,
    /// The names before the word, each with a dot behind it: `s` and `t` in `s.t.c`.
    pub qualifier: Vec<Name>,
    /// The keywords, and longer runs behind them, sorted.
    pub keywords: Vec<Run>,
    /// What names and constants may stand there, the likeliest not necessarily first.
    pub slots: Vec<Slot>,
    /// Whether the text may end before the word.
    pub may_end: bool,
    /// Whether the text before the word is not the beginning of any SQL.
    pub broken: bool,
}

impl Expectation {
    /// The slot of that kind for a name that exists.
    pub fn slot(&self, kind: Kind) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kind == kind && !slot.new)
    }

    /// Whether any name that exists may stand there.
    pub fn has(&self, kind: Kind) -> bool {
        self.slot(kind).is_some()
    }

    /// Whether `word` may stand there as a keyword, whatever its case.
    pub fn has_keyword(&self, word: &str) -> bool {
        self.keywords.iter().any(|run| run.words[0].eq_ignore_ascii_case(word))
    }

    /// Whether a name is to be made up there, and none that exists is wanted.
    pub fn only_new(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| slot.new || slot.kind == Kind::Schema)
    }
}

/// What may stand at `offset` (in bytes) of a statement's code.
pub fn expect(text: &str, offset: usize) -> Expectation {
    expect_in(ParseMode::Statements, text, offset)
}

/// What may stand at `offset` (in bytes) of a text that is read as `mode` says: a statement, a type, or an expression
/// of PL/pgSQL.
pub fn expect_in(mode: ParseMode, text: &str, offset: usize) -> Expectation {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let text = &text[..offset];
    let nothing = Expectation { inside: Inside::Nothing, word: Span::at(offset), ..Expectation::default() };
    // A line of psql's.
    if text.trim_start().starts_with('\\') {
        return nothing;
    }
    let Scanned { mut tokens, inside, junk } = scan(text);
    let mut expectation = Expectation { inside, word: Span::at(offset), ..Expectation::default() };
    match inside {
        Inside::Nothing => return nothing,
        Inside::String | Inside::QuotedName => {
            let start = tokens.last().map_or(0, |token| token.span.end);
            let opened = start + text[start..].find(['\'', '"', '$']).unwrap_or(0);
            expectation.word = Span::new(opened, offset);
        }
        Inside::Code => match tokens.last() {
            Some(last) if last.span.end == offset => match touched(last, text) {
                Touched::Word => {
                    expectation.word = last.span;
                    tokens.pop();
                }
                Touched::Between => {}
                Touched::Inside => return nothing,
            },
            _ => {}
        },
    }
    let terminals = automaton::terminals_of(&tokens);
    let (mut stack, mut error) = stack::follow(&terminals, mode);
    let mut read = terminals;
    if error.is_some() && error == read.len().checked_sub(1) {
        // The last word may be one that the next token makes another terminal of.
        if let Some((changed, other)) = other_readings(&read, mode).into_iter().next() {
            (read, stack, error) = (changed, other, None);
        }
    }
    if error.is_some() || junk {
        // Placeholders of a client may be what does not fit.
        let before = &text[..expectation.word.start];
        let mut dialect = Dialect::UNKNOWN;
        while let Some(replaced) = params::replace(before, dialect) {
            let (terminals, _) = automaton::terminals(&replaced.text);
            let (other, failed) = stack::follow(&terminals, mode);
            if failed.is_none() || error.is_some_and(|error| failed > Some(error)) {
                (stack, error, read) = (other, failed, terminals);
            }
            // What is a placeholder beyond doubt at one place tells how the others are meant.
            let known = dialect.union(replaced.found);
            if error.is_none() || known == dialect {
                break;
            }
            dialect = known;
        }
    }
    // The name of a placeholder that is being written.
    if error.is_some() && error == read.len().checked_sub(1) && is_placeholder(text, expectation.word) {
        return nothing;
    }
    expectation.broken = error.is_some();
    fill(&mut expectation, text, &read, &stack, mode);
    expectation
}

/// Whether the sign that begins a client's placeholder stands right before `word`.
fn is_placeholder(text: &str, word: Span) -> bool {
    text[..word.start].ends_with([':', '@', '$', '{']) && !text[..word.start].ends_with("::")
}

/// The part of the word that is being written at the end of a text; empty between tokens. `None` where neither may be:
/// in a comment, a string, a number.
pub(super) fn word_at_end(text: &str) -> Option<Span> {
    let Scanned { tokens, inside, .. } = scan(text);
    if inside != Inside::Code {
        return None;
    }
    match tokens.last().filter(|last| last.span.end == text.len()) {
        Some(last) => match touched(last, text) {
            Touched::Word => Some(last.span),
            Touched::Between => Some(Span::at(text.len())),
            Touched::Inside => None,
        },
        None => Some(Span::at(text.len())),
    }
}

fn fill(expectation: &mut Expectation, text: &str, terminals: &[Terminal], stack: &Stack, mode: ParseMode) {
    let automaton = automaton();
    let last = terminals.last();
    let mut over = Vec::new();
    if expectation.inside == Inside::Code {
        keywords(expectation, stack, last.map(|last| last.symbol));
        for (changed, other) in &other_readings(terminals, mode) {
            keywords(expectation, other, changed.last().map(|last| last.symbol));
        }
        expectation.keywords.sort();
        expectation.keywords.dedup();
        expectation.may_end = stack.around(END, &mut over).is_some();
    }
    let mut walk = walk::Walk::new(text, terminals);
    if matches!(expectation.inside, Inside::Code | Inside::QuotedName) {
        walk.from(stack, automaton.terminal(TokenKind::Ident));
        expectation.qualifier = walk::qualifier(text, terminals);
    }
    if matches!(expectation.inside, Inside::Code | Inside::String)
        && walk.from(stack, automaton.terminal(TokenKind::Sconst))
    {
        walk.found.push(Slot { kind: Kind::String, new: false, relation: Vec::new() });
    }
    if expectation.inside == Inside::Code {
        let number = [TokenKind::Iconst, TokenKind::Fconst];
        if number.iter().any(|kind| stack.accepts(automaton.terminal(*kind))) {
            walk.found.push(Slot { kind: Kind::Number, new: false, relation: Vec::new() });
        }
        if stack.accepts(automaton.terminal(TokenKind::Param)) {
            walk.found.push(Slot { kind: Kind::Parameter, new: false, relation: Vec::new() });
        }
    }
    let mut slots = Vec::new();
    // Behind `(x).` or `x[1].` there is no table's column.
    let of_value =
        expectation.qualifier.is_empty() && last.is_some_and(|last| automaton.name(last.symbol) == "'.'");
    for mut slot in walk.found {
        if of_value && slot.kind == Kind::Column {
            slot.kind = Kind::Field;
        }
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    }
    expectation.slots = slots;
}

/// The other terminals that the last word of a text may be once a token follows it: the text's terminals, and the
/// stack behind them. Only what is SQL.
fn other_readings(terminals: &[Terminal], mode: ParseMode) -> Vec<(Vec<Terminal>, Stack)> {
    let Some(last) = terminals.last() else { return Vec::new() };
    automaton::readings(last.symbol)
        .into_iter()
        .filter(|reading| *reading != last.symbol)
        .filter_map(|reading| {
            let mut changed = terminals.to_vec();
            changed.last_mut()?.symbol = reading;
            let (stack, error) = stack::follow(&changed, mode);
            error.is_none().then_some((changed, stack))
        })
        .collect()
}

/// Adds the keywords that may stand on a stack behind the terminal `last`.
fn keywords(expectation: &mut Expectation, stack: &Stack, last: Option<Symbol>) {
    let automaton = automaton();
    let mut over = Vec::new();
    let word = |terminal: &Symbol| automaton.keyword(*terminal).map_or("", |keyword| keyword.text);
    for &terminal in run::keyword_terminals() {
        if last.is_some_and(|last| !run::may_follow(last, terminal)) {
            continue;
        }
        let Some((before, Some(next))) = stack.around(terminal, &mut over) else { continue };
        if !run::is_keyword_there(next) || refused::role(before, next) {
            continue;
        }
        let (tails, complete) = run::tails(before, terminal, next);
        expectation.keywords.push(Run { words: vec![word(&terminal)], complete });
        for tail in tails.iter() {
            let words: Vec<_> = std::iter::once(&terminal).chain(&tail.terminals).map(word).collect();
            if !refused::run(stack, before, &words) {
                expectation.keywords.push(Run { words, complete: true });
            }
        }
    }
}

enum Touched {
    /// A word that is being written.
    Word,
    /// The next token may stand right behind it.
    Between,
    /// Whatever is written makes it another token.
    Inside,
}

/// What the cursor at the end of `token` is in.
fn touched(token: &Token, text: &str) -> Touched {
    match token.kind {
        TokenKind::SqlComment if text.ends_with(['\n', '\r']) => Touched::Between,
        TokenKind::CComment => Touched::Between,
        TokenKind::Sconst
        | TokenKind::Usconst
        | TokenKind::Bconst
        | TokenKind::Xconst
        | TokenKind::Fconst
        | TokenKind::Iconst
        | TokenKind::Param
        | TokenKind::SqlComment => Touched::Inside,
        TokenKind::Ident | TokenKind::Uident if text.ends_with('"') => Touched::Inside,
        TokenKind::Ident | TokenKind::Uident => Touched::Word,
        _ if token.is_keyword() => Touched::Word,
        _ => Touched::Between,
    }
}

struct Scanned {
    tokens: Vec<Token>,
    inside: Inside,
    /// Whether parts were left out that are no tokens.
    junk: bool,
}

/// The tokens of a text. What the scanner refuses is passed over up to the next white space.
fn scan(text: &str) -> Scanned {
    let mut scanned = Scanned { tokens: Vec::new(), inside: Inside::Code, junk: false };
    let mut start = 0;
    for _ in 0..grammar::MOST_JUNK {
        let (tokens, error) = grammar::scan(&text[start..]);
        scanned
            .tokens
            .extend(tokens.into_iter().map(|token| Token { span: token.span.shift(start), ..token }));
        let Some(error) = error else { return scanned };
        if error.message.starts_with("unterminated") {
            scanned.inside = if error.message.contains("quoted identifier") {
                Inside::QuotedName
            } else if error.message.contains("string") {
                Inside::String
            } else {
                Inside::Nothing
            };
            return scanned;
        }
        scanned.junk = true;
        let Some(at) = error.offset else { break };
        let at = start + at;
        let behind = text[at..].char_indices().skip(1).find(|(_, c)| !is_word(*c)).map(|(n, _)| at + n);
        let Some(behind) = behind else {
            // The cursor is still in it.
            scanned.inside = Inside::Nothing;
            return scanned;
        };
        start = behind;
    }
    scanned
}

/// Whether a character can be part of a word.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The name that a terminal is.
fn name(text: &str, terminal: &Terminal) -> Name {
    grammar::folded(text.get(terminal.span.range()).unwrap_or(""))
}

#[cfg(test)]
mod tests;
