//! From a token that may stand at the cursor up to what it would stand for: the slots.

use std::collections::HashSet;

use super::items::{Item, items};
use super::slot::{self, Kind, Place};
use super::stack::{Entry, Stack};
use super::{Name, Slot, name};
use crate::syntax::automaton::{Symbol, Terminal, automaton};

/// Looks up the productions that would take a token at the cursor.
pub struct Walk<'a> {
    text: &'a str,
    terminals: &'a [Terminal],
    seen: HashSet<(Symbol, usize)>,
    pub found: Vec<Slot>,
}

impl<'a> Walk<'a> {
    pub fn new(text: &'a str, terminals: &'a [Terminal]) -> Walk<'a> {
        Walk { text, terminals, seen: HashSet::new(), found: Vec::new() }
    }

    /// Finds what `terminal` would stand for. Whether it may stand there at all.
    pub fn from(&mut self, stack: &Stack, terminal: Symbol) -> bool {
        self.seen.clear();
        let Some(ready) = stack.ready(terminal) else { return false };
        let entries = ready.stack.entries();
        for item in items().of(ready.next) {
            self.item(entries, *item, entries.len());
        }
        true
    }

    /// Looks at a production whose last taken symbol would be what was recognized; `len` entries lie below that.
    fn item(&mut self, entries: &[Entry], item: Item, len: usize) {
        let at = usize::from(item.taken) - 1;
        let Some(base) = len.checked_sub(at) else { return };
        match slot::place(item.rule, at) {
            Place::Up => self.up(entries, base, automaton().rule_symbol(item.rule)),
            Place::Is(kinds) => {
                for (kind, new) in kinds {
                    self.emit(entries, item, base, *kind, *new);
                }
            }
            Place::Call => {
                let behind_call =
                    automaton().name(automaton().state_symbol(entries[base - 1].state)) == "CALL";
                let kind = if behind_call { Kind::Procedure } else { Kind::Function };
                self.emit(entries, item, base, kind, false);
            }
            Place::Words { new } => {
                let words = self.words(entries, item, base);
                if let Some(kind) = slot::kind_of_words(&words, new) {
                    self.emit(entries, item, base, kind, new);
                }
            }
            Place::Nothing => {}
        }
    }

    /// What was recognized is `symbol`: looks at the productions that would take that.
    fn up(&mut self, entries: &[Entry], base: usize, symbol: Symbol) {
        if base == 0 || !self.seen.insert((symbol, base)) {
            return;
        }
        let state = automaton().goto(entries[base - 1].state, symbol);
        for item in items().of(state) {
            self.item(entries, *item, base);
        }
    }

    /// The keywords of a production before its last taken symbol.
    fn words(&self, entries: &[Entry], item: Item, base: usize) -> Vec<&'static str> {
        let automaton = automaton();
        let mut words = Vec::new();
        for (n, symbol) in automaton.rule_symbols(item.rule).take(usize::from(item.taken) - 1).enumerate() {
            if let Some(keyword) =
                (symbol < automaton.terminals()).then(|| automaton.keyword(symbol)).flatten()
            {
                words.push(keyword.text);
            } else if automaton.name(symbol) == "opt_column" {
                words.push("column");
            } else if slot::says_kind(automaton.name(symbol)) {
                let terminals = &self.terminals[self.range(entries, base + n)];
                words.extend(
                    terminals
                        .iter()
                        .filter_map(|terminal| automaton.keyword(terminal.symbol))
                        .map(|keyword| keyword.text),
                );
            }
        }
        words
    }

    /// The terminals of an entry.
    fn range(&self, entries: &[Entry], at: usize) -> std::ops::Range<usize> {
        let end = entries.get(at + 1).map_or(self.terminals.len(), |next| next.start as usize);
        let end = end.min(self.terminals.len());
        (entries[at].start as usize).min(end)..end
    }

    fn emit(&mut self, entries: &[Entry], item: Item, base: usize, kind: Kind, new: bool) {
        let relation = matches!(
            kind,
            Kind::TargetColumn
                | Kind::Constraint
                | Kind::Trigger
                | Kind::Rule
                | Kind::Policy
                | Kind::EnumLabel
        )
        .then(|| self.relation(entries, item, base, &mut HashSet::new()))
        .flatten();
        let relation = relation.map_or_else(Vec::new, |span| self.names(span));
        let slot = Slot { kind, new, relation };
        if !self.found.contains(&slot) {
            self.found.push(slot);
        }
    }

    /// The terminals of the relation that a production, or one that it is part of, is about.
    fn relation(
        &self,
        entries: &[Entry],
        item: Item,
        base: usize,
        seen: &mut HashSet<(Symbol, usize)>,
    ) -> Option<std::ops::Range<usize>> {
        let automaton = automaton();
        let taken: Vec<_> = automaton.rule_symbols(item.rule).take(usize::from(item.taken) - 1).collect();
        for (n, symbol) in taken.iter().enumerate().rev() {
            if slot::is_relation(automaton.name(*symbol)) {
                return Some(self.range(entries, base + n));
            }
        }
        let symbol = automaton.rule_symbol(item.rule);
        if base == 0 || !seen.insert((symbol, base)) {
            return None;
        }
        let state = automaton.goto(entries[base - 1].state, symbol);
        items().of(state).iter().find_map(|item| {
            let below = base.checked_sub(usize::from(item.taken) - 1)?;
            self.relation(entries, *item, below, seen)
        })
    }

    /// The parts of the qualified name in a range of terminals, which may have ONLY before it and an alias behind.
    fn names(&self, range: std::ops::Range<usize>) -> Vec<Name> {
        let automaton = automaton();
        let mut names = Vec::new();
        let mut terminals = self.terminals[range]
            .iter()
            .skip_while(|terminal| matches!(automaton.name(terminal.symbol), "ONLY" | "'('"));
        while let Some(terminal) = terminals.next() {
            names.push(name(self.text, terminal));
            if terminals.next().is_none_or(|dot| automaton.name(dot.symbol) != "'.'") {
                break;
            }
        }
        names
    }
}

/// The qualifier that a name behind `terminals` has.
pub fn qualifier(text: &str, terminals: &[Terminal]) -> Vec<Name> {
    let automaton = automaton();
    let mut names = Vec::new();
    let mut left = terminals;
    while let [before @ .., part, dot] = left {
        let is_part = part.token.is_name() || names.is_empty() && part.token.is_keyword();
        if automaton.name(dot.symbol) != "'.'" || !is_part && automaton.name(part.symbol) != "IDENT" {
            break;
        }
        names.push(name(text, part));
        left = before;
    }
    names.reverse();
    names
}
