//! The search for the cheapest changes behind which the parser goes on.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::completion;
use super::stacks::{Stack, Stacks};
use super::words::{self, Meant};
use crate::syntax::ast::KeywordKind;
use crate::syntax::automaton::{END, State, Symbol, Terminal, UNDEFINED, automaton};

/// How many tokens behind an error a change must carry the parser, where the text does not end before.
pub const CARRY: usize = 5;

/// How many tokens before the one where the parser stopped the mistake may be.
const BACK: usize = 4;

/// The same for a keyword that was misspelt.
const FAR: usize = 14;

/// How many states a stack may have to be finished as a last resort.
const DEEP: u32 = 150;

/// What to do at a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Delete,
    /// It and all up to that one go.
    Skip(usize),
    /// Before it, or before the end.
    Insert(Vec<Symbol>),
    Replace(Vec<Symbol>),
    /// It is a reserved word, meant as a name.
    Quote,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The token's index; their number at the end.
    pub at: usize,
    pub change: Change,
}

impl Edit {
    pub fn is_insertion(&self) -> bool {
        matches!(self.change, Change::Insert(_))
    }
}

/// Changes that were made because the parser stopped at one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The token.
    pub stuck: usize,
    /// The parser before it.
    pub stack: Stack,
    pub edits: Vec<Edit>,
    /// In tenths of an ordinary change.
    pub cost: u32,
}

/// Changes behind which the parser goes on.
#[derive(Clone, Debug)]
pub struct Mend {
    pub parts: Vec<Part>,
    pub cost: u32,
    /// The token where it stops next; one more than there are when all of the text was read.
    pub reach: usize,
    /// Whether tokens were skipped because nothing smaller helped.
    pub panic: bool,
    /// The parser behind the last change, and the token that it reads next.
    stack: Stack,
    next: usize,
}

/// The parser before each token of a stretch.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub first: usize,
    pub stacks: Vec<Stack>,
}

impl Trace {
    /// The token where it stopped.
    pub fn stuck(&self) -> usize {
        self.first + self.stacks.len() - 1
    }
}

struct Step {
    edits: Vec<Edit>,
    cost: u32,
    stack: Stack,
    next: usize,
}

pub struct Search<'a> {
    pub stacks: Stacks,
    text: &'a str,
    terminals: &'a [Terminal],
    symbols: Vec<Symbol>,
    /// Tokens that stand for something of the client's.
    locked: Vec<bool>,
    meant: HashMap<usize, Vec<Meant>>,
    /// No more steps than these.
    limit: u64,
}

impl<'a> Search<'a> {
    pub fn new(text: &'a str, terminals: &'a [Terminal], locked: Vec<bool>) -> Search<'a> {
        Search {
            stacks: Stacks::new(),
            text,
            terminals,
            symbols: terminals.iter().map(|terminal| terminal.symbol).collect(),
            locked,
            meant: HashMap::new(),
            limit: 0,
        }
    }

    fn symbol(&self, at: usize) -> Symbol {
        self.symbols.get(at).copied().unwrap_or(END)
    }

    fn written(&self, at: usize) -> &'a str {
        self.terminals.get(at).map_or("", |terminal| &self.text[terminal.span.range()])
    }

    /// The parser from `first` on until it stops: where it did, and whether that is the accepted end.
    pub fn trace(&mut self, stack: Stack, first: usize) -> (Trace, bool) {
        let mut trace = Trace { first, stacks: vec![stack] };
        let mut stack = stack;
        for at in first..self.symbols.len() {
            match self.stacks.advance(stack, self.symbols[at]) {
                Some(next) => stack = next,
                None => return (trace, false),
            }
            trace.stacks.push(stack);
        }
        (trace, self.stacks.accepts(stack, END))
    }

    /// How far the parser comes: the token where it stops, one more than there are when it accepts the whole text.
    fn reach(&mut self, stack: Stack, next: usize, limit: usize) -> usize {
        let mark = self.stacks.mark();
        let mut stack = stack;
        let mut at = next;
        while at < self.symbols.len() && at < limit {
            match self.stacks.advance(stack, self.symbols[at]) {
                Some(behind) => stack = behind,
                None => break,
            }
            at += 1;
        }
        if at == self.symbols.len() && self.stacks.accepts(stack, END) {
            at += 1;
        }
        self.stacks.forget(mark);
        at
    }

    /// The best ways to go on behind the place where `trace` stopped, the best first; none where `steps` were not
    /// enough. The stacks of all of them stay valid until `forget`.
    pub fn mend(&mut self, trace: &Trace, steps: u64) -> Vec<Mend> {
        self.limit = self.stacks.steps + steps;
        let stuck = trace.stuck();
        let mut open: Vec<Mend> = Vec::new();
        let mut found: Vec<Mend> = Vec::new();
        self.try_all(trace, None, &mut open, &mut found);
        for width in [16, 6] {
            if found.iter().any(|mend| mend.cost <= 30) || self.spent() {
                break;
            }
            // A change that carried the parser only a little may be the first of two.
            open.sort_by_key(|mend| mend.cost + 4 * (CARRY - (mend.reach - stuck).min(CARRY)) as u32);
            open.truncate(width);
            let mut further: Vec<Mend> = Vec::new();
            for mend in std::mem::take(&mut open) {
                if self.spent() {
                    break;
                }
                let (trace, _) = self.trace(mend.stack, mend.next);
                self.try_all(&trace, Some(&mend), &mut further, &mut found);
            }
            open = further;
        }
        if found.iter().all(|mend| mend.cost > 40) {
            found.extend(self.panic(trace));
        }
        self.best(found)
    }

    fn spent(&self) -> bool {
        self.stacks.steps > self.limit
    }

    /// Tries each single change before `trace`'s end, behind those of `before`.
    fn try_all(&mut self, trace: &Trace, before: Option<&Mend>, open: &mut Vec<Mend>, found: &mut Vec<Mend>) {
        let stuck = trace.stuck();
        let Some(there) = trace.stacks.last().copied() else { return };
        let first_stuck = before.map_or(stuck, |mend| mend.parts[0].stuck);
        for step in self.steps(trace) {
            if self.spent() {
                return;
            }
            let reach = self.reach(step.stack, step.next, stuck + CARRY + 1);
            // The token where the parser stopped must be behind.
            if reach <= stuck {
                continue;
            }
            let mut parts = before.map_or_else(Vec::new, |mend| mend.parts.clone());
            let cost = before.map_or(0, |mend| mend.cost) + step.cost;
            parts.push(Part { stuck, stack: there, edits: step.edits, cost: step.cost });
            let mend = Mend { parts, cost, reach, panic: false, stack: step.stack, next: step.next };
            if reach >= stuck.max(step.next) + CARRY || reach > self.symbols.len() {
                found.push(mend);
            } else if reach > first_stuck {
                open.push(mend);
            }
        }
    }

    fn best(&mut self, mut found: Vec<Mend>) -> Vec<Mend> {
        found.sort_by_key(|mend| mend.cost);
        found.truncate(24);
        for mend in &mut found {
            if mend.reach <= self.symbols.len() {
                mend.reach = self.reach(mend.stack, mend.next, mend.next + 200);
            }
        }
        let furthest = found.iter().map(|mend| mend.reach).max().unwrap_or(0);
        // What stops earlier than another is the less likely, the more so where that one reads all there is.
        let sooner = if furthest > self.symbols.len() { 40 } else { 25 };
        found.sort_by_key(|mend| mend.cost + if mend.reach < furthest { sooner } else { 0 });
        found
    }

    /// All single changes at the token where the parser stopped and at a few before it.
    fn steps(&mut self, trace: &Trace) -> Vec<Step> {
        let mut steps = Vec::new();
        let stuck = trace.stuck();
        for at in (trace.first.max(stuck.saturating_sub(BACK))..=stuck).rev() {
            if self.spent() {
                break;
            }
            let stack = trace.stacks[at - trace.first];
            let back = (stuck - at) as u32;
            let from = steps.len();
            self.deletions(at, stack, back, &mut steps);
            self.respellings(at, stack, back, &mut steps);
            self.insertions(at, stack, back, &mut steps);
            for step in &mut steps[from..] {
                step.cost += 4 * back;
            }
        }
        // A bracket that is not closed before a misspelt keyword: neither change alone leads past it.
        if let Some(close) = automaton().symbol("')'")
            && let stack = trace.stacks[stuck - trace.first]
            && let Some(behind) = self.stacks.advance(stack, close)
        {
            let from = steps.len();
            self.respellings(stuck, behind, 0, &mut steps);
            for step in &mut steps[from..] {
                step.edits.insert(0, Edit { at: stuck, change: Change::Insert(vec![close]) });
                step.cost += 10;
            }
        }
        // A misspelt keyword can pass for a name, and what follows for its arguments.
        for at in trace.first.max(stuck.saturating_sub(FAR))..trace.first.max(stuck.saturating_sub(BACK)) {
            if automaton().name(self.symbols[at]) == "IDENT" && !self.spent() {
                let from = steps.len();
                self.respellings(at, trace.stacks[at - trace.first], 0, &mut steps);
                for step in &mut steps[from..] {
                    step.cost += 8;
                }
            }
        }
        steps.sort_by_key(|step| step.cost);
        steps
    }

    fn deletions(&mut self, at: usize, stack: Stack, back: u32, steps: &mut Vec<Step>) {
        let mut cost = 0;
        for n in 0..if back <= 1 { 3 } else { 1 } {
            let Some(token) = self.terminals.get(at + n) else { break };
            let twice = at + n > 0 && self.written(at + n - 1).eq_ignore_ascii_case(self.written(at + n));
            cost += match automaton().name(token.symbol) {
                _ if self.locked[at + n] => 60,
                _ if twice => 8,
                "','" | "';'" => 12,
                "')'" | "']'" => 14,
                "'.'" => 18,
                "'('" | "'['" => 28,
                _ if token.symbol == UNDEFINED => 14,
                name if name.starts_with('\'') || name == "Op" => 22,
                _ => 26,
            };
            let edits = (at..=at + n).map(|at| Edit { at, change: Change::Delete }).collect();
            steps.push(Step { edits, cost, stack, next: at + n + 1 });
        }
    }

    /// Another word in the place of the one at `at`.
    fn respellings(&mut self, at: usize, stack: Stack, back: u32, steps: &mut Vec<Step>) {
        let Some(token) = self.terminals.get(at).copied() else { return };
        if self.locked[at] {
            return;
        }
        let written = self.written(at);
        let keyword = automaton().keyword(token.symbol);
        let is_word = keyword.is_some() || automaton().name(token.symbol) == "IDENT";
        if is_word && !written.starts_with('"') {
            let meant = match self.meant.get(&at) {
                Some(meant) => meant.clone(),
                None => {
                    let meant = words::meant(written);
                    self.stacks.steps += 300;
                    self.meant.insert(at, meant.clone());
                    meant
                }
            };
            for Meant { words, cost } in meant {
                // A keyword is less likely to be misspelt. What looks like one is so even if the parser took it as a name.
                let cost = match keyword {
                    Some(_) => cost + 14,
                    None => cost.saturating_sub(2 * back),
                };
                self.replace(at, stack, &words, cost, steps);
            }
        }
        if keyword.is_some_and(|keyword| keyword.kind != KeywordKind::UnreservedKeyword)
            && let Some(stack) = ident().and_then(|ident| self.stacks.advance(stack, ident))
        {
            let edits = vec![Edit { at, change: Change::Quote }];
            steps.push(Step { edits, cost: 22, stack, next: at + 1 });
        }
    }

    fn replace(&mut self, at: usize, stack: Stack, words: &[&str], cost: u32, steps: &mut Vec<Step>) {
        let mut ways: Vec<(Stack, Vec<Symbol>)> = vec![(stack, Vec::new())];
        for word in words {
            let mut next = Vec::new();
            for (stack, symbols) in ways {
                for symbol in words::terminals(word) {
                    if let Some(stack) = self.stacks.advance(stack, *symbol) {
                        let mut symbols = symbols.clone();
                        symbols.push(*symbol);
                        next.push((stack, symbols));
                    }
                }
            }
            ways = next;
        }
        for (stack, symbols) in ways {
            if symbols != [self.symbol(at)] {
                let edits = vec![Edit { at, change: Change::Replace(symbols) }];
                steps.push(Step { edits, cost, stack, next: at + 1 });
            }
        }
    }

    /// Something before the token at `at`, or in its place.
    fn insertions(&mut self, at: usize, stack: Stack, back: u32, steps: &mut Vec<Step>) {
        let mut expected = self.stacks.expected(stack);
        expected.retain(|(symbol, state)| automaton().keyword(*symbol).is_none() || !is_name(*state));
        let few = expected.len() <= 6;
        let here = self.symbol(at);
        for (symbol, _) in &expected {
            let Some(behind) = self.stacks.advance(stack, *symbol) else { continue };
            let name = automaton().name(*symbol);
            let cost = match name {
                "')'" | "']'" => 10,
                "','" => 12,
                "';'" if self.begins_statement(at) => 10,
                "';'" => continue,
                // Twice the same is no better than once.
                _ if *symbol == here && automaton().keyword(here).is_some() => 60,
                "'('" | "'['" => 18,
                "IDENT" => 17,
                "'='" => 22,
                "'.'" => 26,
                "SCONST" | "ICONST" => 27,
                name if name.starts_with('\'') => 36,
                _ if automaton().keyword(*symbol).is_none() => 36,
                _ if few => 14,
                _ => 24,
            };
            let edits = vec![Edit { at, change: Change::Insert(vec![*symbol]) }];
            steps.push(Step { edits, cost, stack: behind, next: at });
            // In the place of another token: a bracket of another kind, a sign that is not SQL's, or anything.
            if back <= 1 && at < self.symbols.len() && *symbol != here && name != "';'" && !self.locked[at] {
                let cost = match (name, automaton().name(here)) {
                    ("')'", "']'") | ("']'", "')'") => 12,
                    ("'='", "Op") if self.written(at) == "==" => 8,
                    ("','", "'.'" | "';'") | ("'.'", "','") => 16,
                    (new, old) if new.starts_with('\'') && old.starts_with('\'') => 26,
                    _ => cost + 30,
                };
                let edits = vec![Edit { at, change: Change::Replace(vec![*symbol]) }];
                steps.push(Step { edits, cost, stack: behind, next: at + 1 });
            }
        }
        if back == 0
            && let Some(added) = completion::complete(&mut self.stacks, stack, here, 1500)
            && added.len() > 1
        {
            let (behind, _) = self.stacks.follow(stack, &added, added.len());
            let cost = added.iter().map(|symbol| if is_closer(*symbol) { 6 } else { 11 }).sum::<u32>() + 6;
            let edits = vec![Edit { at, change: Change::Insert(added) }];
            steps.push(Step { edits, cost, stack: behind, next: at });
        }
    }

    /// Whether the token at `at` is the first of its line and may be the first of a statement.
    fn begins_statement(&mut self, at: usize) -> bool {
        let Some(token) = self.terminals.get(at) else { return false };
        let before = at.checked_sub(1).map_or(0, |before| self.terminals[before].span.end);
        let begins_line = self.text[before..token.span.start].contains(['\n', '\r']);
        begins_line && self.stacks.accepts(Stacks::BOTTOM, token.symbol)
    }

    /// Skips tokens up to one behind which the parser goes on once what it has begun is finished.
    fn panic(&mut self, trace: &Trace) -> Option<Mend> {
        let stuck = trace.stuck();
        let mut depth = 0i32;
        let mut tried = 0;
        for at in stuck..(stuck + 200).min(self.symbols.len()) {
            let symbol = self.symbols[at];
            let name = automaton().name(symbol);
            let keyword = automaton().keyword(symbol);
            if matches!(name, "')'" | "','" | "';'")
                || keyword.is_some_and(|keyword| keyword.kind == KeywordKind::ReservedKeyword)
            {
                if depth <= 0
                    && tried < 8
                    && let Some(mend) = self.skip_to(trace, stuck, at, 4000)
                {
                    return Some(mend);
                }
                tried += 1;
            }
            match name {
                "'('" => depth += 1,
                "')'" => depth -= 1,
                _ => {}
            }
        }
        self.give_up(trace)
    }

    /// Skips all that is left.
    pub fn give_up(&mut self, trace: &Trace) -> Option<Mend> {
        // What ends a statement may stay.
        let end =
            self.symbols.iter().rposition(|symbol| automaton().name(*symbol) != "';'").map_or(0, |n| n + 1);
        let end = end.max(trace.stuck());
        self.skip_to(trace, trace.stuck(), end, 20_000).or_else(|| {
            // What is nested too deeply to be finished goes too.
            let shallow = trace.stacks.iter().rposition(|stack| self.stacks.depth(*stack) <= DEEP)?;
            self.skip_to(trace, trace.first + shallow, end, 20_000)
        })
    }

    /// Skips the tokens from `from` up to `at`.
    fn skip_to(&mut self, trace: &Trace, from: usize, at: usize, steps: u64) -> Option<Mend> {
        let stuck = trace.stuck();
        let stack = trace.stacks[from - trace.first];
        let symbol = self.symbol(at);
        let added = completion::complete(&mut self.stacks, stack, symbol, steps)?;
        let (behind, _) = self.stacks.follow(stack, &added, added.len());
        let reach = self.reach(behind, at, at + CARRY);
        if reach < at + CARRY && reach <= self.symbols.len() {
            return None;
        }
        let cost = 30 + 6 * (at - from) as u32 + 10 * added.len() as u32;
        let mut edits = Vec::new();
        if from < at {
            edits.push(Edit { at: from, change: Change::Skip(at) });
        }
        if !added.is_empty() {
            edits.push(Edit { at, change: Change::Insert(added) });
        }
        let parts = vec![Part { stuck, stack: *trace.stacks.last()?, edits, cost }];
        Some(Mend { parts, cost, reach, panic: true, stack: behind, next: at })
    }

    /// The parser behind all of `mend`'s changes.
    pub fn behind(&self, mend: &Mend) -> (Stack, usize) {
        (mend.stack, mend.next)
    }
}

fn ident() -> Option<Symbol> {
    static IDENT: OnceLock<Option<Symbol>> = OnceLock::new();
    *IDENT.get_or_init(|| automaton().symbol("IDENT"))
}

fn is_closer(symbol: Symbol) -> bool {
    matches!(automaton().name(symbol), "')'" | "']'")
}

/// Whether a keyword that led to `state` is nothing but a name there.
pub fn is_name(state: State) -> bool {
    static NAMES: OnceLock<Vec<bool>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let automaton = automaton();
        let is_name = |rule| {
            let name = automaton.name(automaton.rule_symbol(rule));
            name.ends_with("_keyword") && automaton.rule_len(rule) == 1
        };
        (0..automaton.states() as State)
            .map(|state| automaton.only_rule(state).is_some_and(is_name))
            .collect()
    });
    names[usize::from(state)]
}
