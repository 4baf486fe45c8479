//! What to change in a statement that does not parse so that PostgreSQL's grammar accepts it.
//!
//! The parser's tables tell which tokens may stand where, so that thousands of changes can be tried around an error;
//! what carries the parser on for the least cost is taken, and so on from error to error. libpg_query has the last
//! word: a repair counts as such, and a fix is offered, only where it parses the repaired text.

mod completion;
mod foreign;
mod quotes;
mod search;
mod stacks;
mod text;
mod wording;
mod words;

use std::cell::Cell;
use std::sync::Arc;

use super::ast::Token as TokenKind;
use super::automaton::{self, Symbol, Terminal};
use super::dialect::Dialect;
use super::grammar::{self, GrammarError};
use super::params::{self, Parameter};
use super::statement::{self, SyntaxError};
use crate::text::{Edit as TextEdit, Span};
use quotes::Closed;
use search::{CARRY, Change, Edit, Mend, Search};
use stacks::{Stack, Stacks};
pub use text::{Changed, MISSING};

/// A change that mends an error. Spans are in the statement's code, or where they were shifted to; the edits are in
/// order and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<TextEdit>,
}

impl Fix {
    /// The fix that puts `text` in the place of `span`.
    pub fn replacement(span: Span, text: String) -> Fix {
        Fix { title: format!("Change to `{text}`"), edits: vec![TextEdit { span, text }] }
    }

    /// The same in a text in which the statement's code begins at `start`.
    pub fn shift(&self, start: usize) -> Fix {
        self.placed(|span| span.shift(start))
    }

    /// The same with its spans where they are in a text around it.
    pub fn placed(&self, place: impl Fn(Span) -> Span) -> Fix {
        let placed = |edit: &TextEdit| TextEdit { span: place(edit.span), text: edit.text.clone() };
        Fix { title: self.title.clone(), edits: self.edits.iter().map(placed).collect() }
    }
}

/// A statement's code as it was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// PostgreSQL's grammar accepts it. Names that are missing are `MISSING` in it. Where a quote without an end
    /// swallowed other statements, they are not in it.
    pub sql: Arc<str>,
    changed: Changed,
    /// Where `sql` is what a changed text was changed to.
    before: Option<Changed>,
    /// Where the text that was changed has stand-ins for placeholders, and the right numbers.
    pub(super) stand_ins: Vec<(usize, u32)>,
}

impl Repaired {
    /// Where an offset of the repaired text is in the statement's code; what was put in is where it was put.
    pub fn to_source(&self, offset: usize) -> usize {
        let offset = self.changed.to_source(offset);
        self.before.as_ref().map_or(offset, |before| before.to_source(offset))
    }

    /// Where a byte of the repaired text was in the text that was changed; `None` of what was put in.
    pub(super) fn kept_from(&self, offset: usize) -> Option<usize> {
        self.changed.span_to_source(Span::new(offset, offset + 1)).map(|span| span.start)
    }
}

/// What is known of a text's placeholders.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub parameters: Vec<Parameter>,
    /// What is no part of a change: placeholders, and what else is not there as it was written.
    pub locked: Vec<Span>,
    /// See `Replaced`.
    pub stand_ins: Vec<(usize, u32)>,
    /// How others are found that a quote swallowed.
    pub dialect: Dialect,
}

impl Held {
    /// The same in a changed text.
    fn moved(self, changed: &Changed) -> Held {
        let to = |span: Span| changed.span_from_source(span);
        let parameters = self.parameters.into_iter();
        let stand_ins = self.stand_ins.into_iter();
        Held {
            parameters: parameters.filter_map(|it| Some(Parameter { span: to(it.span)?, ..it })).collect(),
            locked: self.locked.into_iter().filter_map(to).collect(),
            stand_ins: stand_ins.filter_map(|(at, number)| Some((to(Span::at(at))?.start, number))).collect(),
            dialect: self.dialect,
        }
    }
}

/// What there is to say of a statement that does not parse.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    /// The first is PostgreSQL's own, the others, by their place, what it would say if those before were mended.
    pub errors: Vec<SyntaxError>,
    pub repaired: Option<Repaired>,
    /// How many actions of the parser's automaton it took.
    pub steps: u64,
}

/// The longest text that is repaired.
const LONGEST: usize = 1 << 20;
/// How many actions one error may cost, and all of a statement together.
const STEPS_AN_ERROR: u64 = 30_000;
pub(super) const STEPS: u64 = 110_000;
/// How many bytes libpg_query is given to try changes of, beside the first proof.
const ALLOWANCE: usize = 25_000;
/// The most errors that are told of a statement.
const MOST_ERRORS: usize = 12;

/// An error that the tables found, and what mends it.
struct Found {
    stuck: usize,
    stack: Stack,
    /// Whether it is an error of its own and no consequence of the repair before it.
    shown: bool,
    edits: Vec<Edit>,
    /// Whether it is one of several words that would do equally well.
    guessed: bool,
    /// Other ways to mend it, behind which the rest reads the same.
    others: Vec<Vec<Edit>>,
}

/// Repairs `sql`, whose first error is `first`. Nothing that touches what is locked is ever part of a fix.
pub fn repair(sql: &str, first: SyntaxError, mut held: Held) -> Repair {
    let alone = |first: SyntaxError, steps| Repair { errors: vec![first], repaired: None, steps };
    if sql.len() > LONGEST || !first.message.contains(" at ") && !first.message.starts_with("LIMIT #,#") {
        return alone(first, 0);
    }
    let (mut terminals, scan_error) = automaton::terminals(sql);
    let unreadable = scan_error.map(|error| (statement::on_token(error.clone(), sql), error));
    let closed = match &unreadable {
        Some((_, error)) => match quotes::close(sql, error) {
            Some(closed) => Some(closed),
            None => return alone(first, 0),
        },
        None => quotes::backquotes(sql, &terminals)
            .filter(|closed| closed.changes[0].span.start <= first.span.start),
    };
    let written = held.locked.clone();
    let mut repair = match closed {
        None => {
            widen(&mut terminals, &held.locked);
            Session::new(sql, &terminals, held).run(first, None)
        }
        Some(closed) => {
            let before = match unreadable {
                Some((error, _)) if error.span.start == first.span.start => None,
                Some((error, _)) => Some(error),
                None => None,
            };
            let mut text = closed.changed.text.clone();
            held = held.moved(&closed.changed);
            // What the quote had swallowed may hold placeholders.
            if let Some(replaced) = params::replace(&text, held.dialect) {
                let known = |span: Span| held.parameters.iter().any(|other| other.span.contains(span.start));
                let (found, _): (Vec<_>, Vec<_>) =
                    replaced.parameters.into_iter().partition(|parameter| !known(parameter.span));
                held.locked.extend(found.iter().map(|parameter| parameter.span));
                held.locked.extend(replaced.locked);
                held.parameters.extend(found);
                held.stand_ins.extend(replaced.stand_ins);
                held.stand_ins.sort_unstable();
                text = replaced.text;
            }
            let (mut terminals, _) = automaton::terminals(&text);
            widen(&mut terminals, &held.locked);
            Session::new(&text, &terminals, held).run(first, Some((&closed, before)))
        }
    };
    for error in &mut repair.errors {
        error.fixes.retain(|fix| !fix.edits.iter().any(|edit| written.iter().any(|span| cuts(edit, *span))));
    }
    repair
}

/// Whether an edit changes some of what stands at `locked`.
fn cuts(edit: &TextEdit, locked: Span) -> bool {
    edit.span.start < locked.end && locked.start < edit.span.end
        || edit.span.is_empty() && locked.start < edit.span.start && edit.span.start < locked.end
}

/// A placeholder can be longer than what stands for it, and nothing is put into it.
fn widen(terminals: &mut [Terminal], locked: &[Span]) {
    for span in locked {
        let first = terminals.partition_point(|terminal| terminal.span.start < span.start);
        let behind = terminals.partition_point(|terminal| terminal.span.start < span.end);
        if first < behind {
            let before = first.checked_sub(1).map_or(0, |before| terminals[before].span.end);
            terminals[first].span.start = span.start.max(before);
            let last = &mut terminals[behind - 1].span;
            last.end = last.end.max(span.end);
        }
    }
}

struct Session<'a> {
    text: &'a str,
    terminals: &'a [Terminal],
    held: Held,
    locked: Vec<bool>,
    search: Search<'a>,
    found: Vec<Found>,
    /// How many bytes libpg_query may still be given.
    allowance: Cell<usize>,
}

impl<'a> Session<'a> {
    fn new(text: &'a str, terminals: &'a [Terminal], held: Held) -> Session<'a> {
        let is_locked = |terminal: &Terminal| {
            terminal.token.kind == TokenKind::Param
                || held
                    .locked
                    .iter()
                    .any(|span| span.start < terminal.span.end && terminal.span.start < span.end)
        };
        let locked: Vec<bool> = terminals.iter().map(is_locked).collect();
        let search = Search::new(text, terminals, locked.clone());
        Session { text, terminals, held, locked, search, found: Vec::new(), allowance: Cell::new(ALLOWANCE) }
    }

    /// Repairs the text. With `closed` it is that of a statement whose tokens could not all be told, and `first` may
    /// be the error that says so; if not, that error is with it.
    fn run(mut self, first: SyntaxError, closed: Option<(&Closed, Option<SyntaxError>)>) -> Repair {
        let own_first = closed.is_none() || closed.as_ref().is_some_and(|(_, error)| error.is_some());
        let complete = self.mend_all();
        let to_source = |span: Span| match &closed {
            None => Some(span),
            Some((closed, _)) => closed.changed.span_to_source(span),
        };
        if own_first {
            let place = self.found.first().map(|found| self.token_span(found.stuck));
            // An error on a placeholder is on all of it.
            let is_first = |at: usize| at == first.span.start || first.span.contains(at);
            if !place.and_then(to_source).is_some_and(|span| is_first(span.start)) {
                // The tables do not see it: an action of the grammar refused the text.
                let mut first = first;
                first.fixes.extend(foreign::limit(self.text, self.terminals, &first));
                return Repair { errors: vec![first], repaired: None, steps: self.search.stacks.steps };
            }
        }
        let changed = if complete { self.prove() } else { None };
        let believed = if changed.is_some() { self.found.len() } else { self.believed() };
        let mut errors = Vec::new();
        let mut lost = false;
        for n in 0..self.found.len() {
            if !self.found[n].shown || n > 0 && n > believed {
                continue;
            }
            let mut error = self.error(n);
            let Some(span) = to_source(error.span) else {
                lost = true;
                continue;
            };
            error.span = span;
            error.related = error.related.and_then(to_source);
            // What is mended only together with something that is not told has no fix of its own.
            if changed.is_some() && self.found.get(n + 1).is_none_or(|next| next.shown) {
                error.fixes = self.fixes(n);
            }
            for fix in &mut error.fixes {
                for edit in &mut fix.edits {
                    match to_source(edit.span) {
                        Some(span) => edit.span = span,
                        None => edit.text.push('\0'),
                    }
                }
            }
            error.fixes.retain(|fix| !fix.edits.iter().any(|edit| edit.text.contains('\0')));
            errors.push(error);
        }
        let mut first = first;
        if let Some((closed, unread)) = &closed {
            let mut unread = unread.clone();
            let error = unread.as_mut().unwrap_or(&mut first);
            error.hint = Some(closed.hint.into());
            if changed.is_some() && !lost && self.found.first().is_none_or(|found| found.shown) {
                error.fixes = vec![Fix { title: closed.title.clone(), edits: closed.changes.clone() }];
            }
            errors.extend(unread);
        }
        if own_first {
            if let Some(error) = errors.first_mut() {
                error.span = first.span;
                error.message = first.message;
                error.sqlstate = first.sqlstate;
            }
        } else {
            errors.insert(0, first);
        }
        errors[1..].sort_by_key(|error| error.span.start);
        let repaired = changed.map(|changed| Repaired {
            sql: changed.text.as_str().into(),
            changed,
            before: closed.as_ref().map(|(closed, _)| closed.changed.clone()),
            stand_ins: self.held.stand_ins.clone(),
        });
        Repair { errors, repaired, steps: self.search.stacks.steps }
    }

    /// Goes from error to error; whether it came to the end.
    fn mend_all(&mut self) -> bool {
        let (mut stack, mut next) = (Stacks::BOTTOM, 0);
        let mut needed = 0;
        let mut spent = 0;
        loop {
            let (trace, done) = self.search.trace(stack, next);
            if done {
                return true;
            }
            let stuck = trace.stuck();
            let Some(there) = trace.stacks.last().copied() else { return false };
            let shown = self.found.is_empty() || stuck >= next + needed;
            let before = self.search.stacks.steps;
            let tired =
                spent >= STEPS || self.found.iter().filter(|found| found.shown).count() >= MOST_ERRORS;
            let mends = match tired {
                true => self.search.give_up(&trace).into_iter().collect(),
                false => self.search.mend(&trace, STEPS_AN_ERROR.min(STEPS - spent)),
            };
            spent += self.search.stacks.steps - before;
            let mut mends = mends.into_iter();
            let Some(mend) = mends.next() else {
                let none = Found {
                    stuck,
                    guessed: true,
                    stack: there,
                    shown: shown && !tired,
                    edits: Vec::new(),
                    others: Vec::new(),
                };
                self.found.push(none);
                return false;
            };
            let others: Vec<Mend> =
                mends.filter(|other| other.reach == mend.reach && other.cost <= mend.cost + 14).collect();
            let guessed =
                adds_word(&mend) && others.iter().any(|other| other.cost == mend.cost && adds_word(other));
            let others = others.iter().filter(|other| !adds_word(other));
            let others = others.take(3).map(all_edits).collect();
            needed = if mend.panic || mend.cost > 45 { 2 * CARRY } else { CARRY };
            (stack, next) = self.search.behind(&mend);
            self.take(mend, there, shown && !tired, guessed, others);
        }
    }

    fn take(&mut self, mend: Mend, stack: Stack, shown: bool, guessed: bool, others: Vec<Vec<Edit>>) {
        // Two slips of the hand close to each other are two errors.
        const SLIP: u32 = 16;
        let stuck = mend.parts[0].stuck;
        if mend.parts.len() > 1
            && mend.parts.iter().all(|part| part.cost <= SLIP)
            && mend.parts.windows(2).all(|pair| pair[0].stuck + 3 <= pair[1].stuck)
        {
            for (n, part) in mend.parts.into_iter().enumerate() {
                let stack = if n == 0 { stack } else { part.stack };
                self.found.push(Found {
                    stuck: part.stuck,
                    stack,
                    shown,
                    edits: part.edits,
                    guessed: false,
                    others: Vec::new(),
                });
            }
            return;
        }
        let edits = all_edits(&mend);
        self.found.push(Found { stuck, stack, shown, edits, guessed, others });
    }

    fn edits(&self) -> Vec<Edit> {
        self.found.iter().flat_map(|found| found.edits.iter().cloned()).collect()
    }

    fn changed(&self, edits: &[Edit]) -> Changed {
        Changed::new(self.text, &text::changes(self.text, self.terminals, edits))
    }

    /// The text with all changes, where PostgreSQL's grammar accepts it, with other changes than the best if need be.
    fn prove(&mut self) -> Option<Changed> {
        let changed = self.changed(&self.edits());
        if grammar::check(&changed.text).is_ok() {
            return Some(changed);
        }
        for n in (0..self.found.len()).rev().take(3) {
            for other in self.found[n].others.clone() {
                let kept = std::mem::replace(&mut self.found[n].edits, other);
                let changed = self.changed(&self.edits());
                if self.check(&changed.text) == Some(Ok(())) {
                    return Some(changed);
                }
                self.found[n].edits = kept;
            }
        }
        None
    }

    /// What libpg_query says of a text; `None` where it was asked too much already.
    fn check(&self, text: &str) -> Option<Result<(), GrammarError>> {
        self.allowance.set(self.allowance.get().checked_sub(text.len())?);
        Some(grammar::check(text))
    }

    /// How many of the found errors libpg_query finds too when those before are mended.
    fn believed(&self) -> usize {
        let mut edits = Vec::new();
        for n in 0..self.found.len() {
            edits.extend(self.found[n].edits.iter().cloned());
            let Some(next) = self.found.get(n + 1) else { return n };
            let changed = self.changed(&edits);
            let place = self.token_span(next.stuck).start;
            match self.check(&changed.text) {
                Some(Err(GrammarError { offset: Some(offset), .. }))
                    if changed.to_source(offset) == place => {}
                _ => return n,
            }
        }
        self.found.len()
    }

    fn token_span(&self, at: usize) -> Span {
        self.terminals.get(at).map_or(Span::at(self.text.len()), |terminal| terminal.token.span)
    }

    fn error(&mut self, n: usize) -> SyntaxError {
        let Found { stuck, stack, .. } = self.found[n];
        let span = self.token_span(stuck);
        let message = match self.terminals.get(stuck) {
            None => "syntax error at end of input".to_owned(),
            Some(_) => format!("syntax error at or near \"{}\"", &self.text[span.range()]),
        };
        let hint = wording::hint(self.text, self.terminals, &self.found[n].edits, stuck);
        let (hint, related) = match hint {
            Some((hint, related)) => (Some(hint), related),
            None => (wording::expected(&mut self.search.stacks, stack), None),
        };
        let message = statement::shortened(message);
        let mut error = SyntaxError { span, message, sqlstate: "42601", hint, related, fixes: Vec::new() };
        statement::on_parameter(&mut error, &self.held.parameters);
        error
    }

    /// The fixes of the `n`th error, the likeliest first. The first is part of the repair that is proven; each other
    /// one is tried in its place.
    fn fixes(&self, n: usize) -> Vec<Fix> {
        let found = &self.found[n];
        let mut fixes: Vec<Fix> = Vec::new();
        let parses = |edits: &[Edit], changes: Vec<TextEdit>| {
            if self.allowance.get() < self.text.len() {
                return false;
            }
            let others = self.found.iter().enumerate().filter(|(m, _)| *m != n);
            let all: Vec<Edit> = others.flat_map(|(_, found)| found.edits.iter().cloned()).collect();
            let mut all = text::changes(self.text, self.terminals, &[&all[..], edits].concat());
            all.extend(changes);
            let text = Changed::new(self.text, &text::merged(self.text, all)).text;
            self.check(&text) == Some(Ok(()))
        };
        let foreign = foreign::word(self.text, self.terminals.get(found.stuck));
        if let Some(fix) = foreign.filter(|fix| parses(&[], fix.edits.clone())) {
            fixes.push(fix);
        }
        for (rank, edits) in std::iter::once(&found.edits).chain(&found.others).enumerate() {
            if rank == 0 && found.guessed {
                continue;
            }
            // A word that can be read as it stands is seldom meant as a name.
            if rank > 0 && edits.iter().any(|edit| edit.change == Change::Quote) {
                continue;
            }
            if edits.iter().any(|edit| self.locked.get(edit.at) == Some(&true) && !edit.is_insertion()) {
                continue;
            }
            let changes = text::changes(self.text, self.terminals, edits);
            let Some(title) = wording::title(self.text, self.terminals, edits) else { continue };
            if fixes.iter().any(|fix| fix.title == title && fix.edits.len() == changes.len()) {
                continue;
            }
            if rank == 0 || fixes.len() < 3 && parses(edits, Vec::new()) {
                fixes.push(Fix { title, edits: changes });
            }
        }
        fixes
    }
}

/// Whether it puts in a keyword.
fn adds_word(mend: &Mend) -> bool {
    let is_word = |symbol: &Symbol| automaton::automaton().keyword(*symbol).is_some();
    mend.parts.iter().flat_map(|part| &part.edits).any(|edit| match &edit.change {
        Change::Insert(symbols) => symbols.iter().any(is_word),
        _ => false,
    })
}

fn all_edits(mend: &Mend) -> Vec<Edit> {
    mend.parts.iter().flat_map(|part| part.edits.iter().cloned()).collect()
}

#[cfg(test)]
mod tests;
