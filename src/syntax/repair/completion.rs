//! The shortest tokens that finish what a parser has begun, found in the productions of its states.
//!
//! Bison's tables do not keep which productions a state is in the middle of, but they follow from the state below it
//! and the symbol between the two, so they are worked out for the states that are met, once in a process.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;

use super::search::is_name;
use super::stacks::{Stack, Stacks};
use crate::syntax::ast::KeywordKind;
use crate::syntax::automaton::{Automaton, END, Rule, State, Symbol, automaton};

/// A production, read up to `dot` of its symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub rule: Rule,
    pub dot: u8,
}

/// What is derived from the productions, once.
struct Productions {
    /// By symbol, what its shortest text costs and the production that it begins with.
    shortest: Vec<(u32, Rule)>,
    /// By nonterminal (from the first one), its productions.
    of: Vec<Vec<Rule>>,
    kernels: Vec<OnceLock<Box<[Item]>>>,
}

const NEVER: u32 = 1 << 20;

fn productions() -> &'static Productions {
    static PRODUCTIONS: OnceLock<Productions> = OnceLock::new();
    PRODUCTIONS.get_or_init(|| {
        let automaton = automaton();
        let terminals = automaton.terminals();
        let symbols =
            automaton.rules().map(|rule| automaton.rule_symbol(rule)).max().unwrap_or(terminals) + 1;
        let mut of = vec![Vec::new(); usize::from(symbols - terminals)];
        for rule in automaton.rules() {
            of[usize::from(automaton.rule_symbol(rule) - terminals)].push(rule);
        }
        let mut shortest: Vec<(u32, Rule)> = (0..terminals)
            .map(|symbol| (terminal_cost(automaton, symbol), 0))
            .chain((terminals..symbols).map(|_| (NEVER, 0)))
            .collect();
        loop {
            let mut changed = false;
            for rule in automaton.rules() {
                let cost =
                    automaton.rule_symbols(rule).map(|symbol| shortest[usize::from(symbol)].0).sum::<u32>();
                let made = &mut shortest[usize::from(automaton.rule_symbol(rule))];
                if cost < made.0 {
                    *made = (cost, rule);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        let kernels: Vec<OnceLock<Box<[Item]>>> = (0..automaton.states()).map(|_| OnceLock::new()).collect();
        // The first production is that of all texts.
        let _ = kernels[0].set(Box::new([Item { rule: 1, dot: 0 }]));
        Productions { shortest, of, kernels }
    })
}

/// How unwelcome a terminal is in a text that nobody wrote: names and punctuation are the least surprising.
fn terminal_cost(automaton: &Automaton, symbol: Symbol) -> u32 {
    match automaton.name(symbol) {
        "IDENT" => 10,
        "ICONST" | "SCONST" => 12,
        "$end" => 0,
        "error" | "$undefined" => NEVER,
        name if name.starts_with("MODE_") => NEVER,
        name if name.starts_with('\'') => 10,
        _ if automaton.keyword(symbol).is_some() => 11,
        _ => 30,
    }
}

/// What the shortest text of a symbol costs.
pub fn cost(symbol: Symbol) -> u32 {
    productions().shortest[usize::from(symbol)].0
}

/// The productions that the top of a stack is in the middle of.
pub fn kernel(stacks: &Stacks, stack: Stack) -> &'static [Item] {
    let productions = productions();
    let mut unknown: Vec<State> = Vec::new();
    let mut known: &'static [Item] = &[];
    for (_, state) in stacks.states(stack) {
        match productions.kernels[usize::from(state)].get() {
            Some(items) => {
                known = items;
                break;
            }
            None => unknown.push(state),
        }
    }
    for state in unknown.into_iter().rev() {
        known = productions.kernels[usize::from(state)].get_or_init(|| behind(productions, known, state));
    }
    known
}

/// The items of `state`, which follows a state with `items`.
fn behind(productions: &Productions, items: &[Item], state: State) -> Box<[Item]> {
    let automaton = automaton();
    let symbol = automaton.state_symbol(state);
    let mut found: Vec<Item> = Vec::new();
    let mut begun = vec![false; productions.of.len()];
    let mut open: Vec<Symbol> = Vec::new();
    let mut meet = |next: Symbol, open: &mut Vec<Symbol>| {
        if let Some(n) = next.checked_sub(automaton.terminals())
            && !std::mem::replace(&mut begun[usize::from(n)], true)
        {
            open.push(next);
        }
    };
    for item in items {
        let Some(next) = automaton.rule_symbols(item.rule).nth(usize::from(item.dot)) else { continue };
        if next == symbol {
            found.push(Item { rule: item.rule, dot: item.dot + 1 });
        }
        meet(next, &mut open);
    }
    while let Some(nonterminal) = open.pop() {
        for rule in &productions.of[usize::from(nonterminal - automaton.terminals())] {
            let Some(first) = automaton.rule_symbols(*rule).next() else { continue };
            if first == symbol {
                found.push(Item { rule: *rule, dot: 1 });
            }
            meet(first, &mut open);
        }
    }
    found.into_boxed_slice()
}

/// The first terminal of a symbol's shortest text; `None` where that is empty.
fn first_terminal(mut symbol: Symbol) -> Option<Symbol> {
    let automaton = automaton();
    while symbol >= automaton.terminals() {
        let (cost, rule) = productions().shortest[usize::from(symbol)];
        if cost == 0 {
            return None;
        }
        symbol = automaton.rule_symbols(rule).find(|symbol| self::cost(*symbol) > 0)?;
    }
    Some(symbol)
}

/// The most terminals that a completion adds.
const LONGEST: usize = 400;

/// How much nearer to the end a text is with one state less on its stack.
const DEPTH: u32 = 4;

/// A way to go on.
struct Way {
    stack: Stack,
    /// What was added last (the end stands for nothing), and the way before that.
    added: Option<(Symbol, usize)>,
    cost: u32,
    len: usize,
}

/// Terminals behind which `target` (or the end) may stand, few of them; `None` where none were found within `steps`.
pub fn complete(stacks: &mut Stacks, stack: Stack, target: Symbol, steps: u64) -> Option<Vec<Symbol>> {
    let mark = stacks.mark();
    let limit = stacks.steps + steps;
    let added = complete_onto(stacks, stack, target, limit);
    stacks.forget(mark);
    added
}

fn complete_onto(stacks: &mut Stacks, stack: Stack, target: Symbol, limit: u64) -> Option<Vec<Symbol>> {
    let automaton = automaton();
    let mut ways = vec![Way { stack, added: None, cost: 0, len: 0 }];
    // By what it will have cost when the item is read to its end and how much is open then: a way and its next item.
    let mut open: BinaryHeap<Reverse<(u32, usize, usize)>> = BinaryHeap::new();
    let mut n = 0;
    loop {
        let Way { stack: top, cost: spent, .. } = ways[n];
        if takes(stacks, top, target) {
            let added = added(&ways, n);
            // What was reduced on the way had no next token to look at, so the whole is tried once more.
            let (behind, taken) = stacks.follow(stack, &added, added.len());
            if taken == added.len() && takes(stacks, behind, target) {
                return Some(added);
            }
        } else {
            let default = automaton.default_rule(stacks.state(top));
            for (index, item) in kernel(stacks, top).iter().enumerate() {
                let rest: u32 = left(item).map(cost).sum();
                let depth = stacks.depth(top) - u32::from(item.dot) + 1;
                let likely = u32::from(item.rule != default);
                if rest < NEVER && item.rule != 1 {
                    open.push(Reverse((spent + rest + DEPTH * depth + likely, n, index)));
                }
            }
            stacks.steps += 2 + kernel(stacks, top).len() as u64 / 2;
        }
        loop {
            let Reverse((_, before, index)) = open.pop()?;
            if stacks.steps > limit {
                return None;
            }
            let item = kernel(stacks, ways[before].stack)[index];
            if let Some(way) = go_on(stacks, &ways, before, item) {
                ways.push(way);
                n = ways.len() - 1;
                break;
            }
        }
    }
}

fn left(item: &Item) -> impl Iterator<Item = Symbol> + Clone + use<> {
    automaton().rule_symbols(item.rule).skip(usize::from(item.dot))
}

/// The way one terminal on in `item`, or, where nothing is left of it, with what it makes.
fn go_on(stacks: &mut Stacks, ways: &[Way], before: usize, item: Item) -> Option<Way> {
    let Way { stack: top, cost: spent, len, .. } = ways[before];
    stacks.steps += 1;
    match left(&item).find_map(first_terminal) {
        Some(_) if len == LONGEST => None,
        Some(terminal) => {
            let stack = stacks.advance(top, terminal)?;
            Some(Way { stack, added: Some((terminal, before)), cost: spent + cost(terminal), len: len + 1 })
        }
        None => {
            let mut stack = top;
            for symbol in left(&item) {
                let state = automaton().goto(stacks.state(stack), symbol);
                stack = stacks.push(stack, state);
            }
            let stack = stacks.reduce(stack, item.rule);
            Some(Way { stack, added: Some((END, before)), cost: spent, len })
        }
    }
}

/// Whether `target` may stand behind `stack` as what it is: a reserved word (behind a dot) is no name.
fn takes(stacks: &mut Stacks, stack: Stack, target: Symbol) -> bool {
    let mark = stacks.mark();
    let behind = stacks.advance(stack, target);
    let reserved =
        automaton().keyword(target).is_some_and(|keyword| keyword.kind == KeywordKind::ReservedKeyword);
    let takes = behind.is_some_and(|behind| !(reserved && is_name(stacks.state(behind))));
    stacks.forget(mark);
    takes
}

/// What a way added, in order.
fn added(ways: &[Way], n: usize) -> Vec<Symbol> {
    let steps = std::iter::successors(ways[n].added, |(_, before)| ways[*before].added);
    let mut added: Vec<Symbol> = steps.map(|(symbol, _)| symbol).filter(|symbol| *symbol != END).collect();
    added.reverse();
    added
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::automaton::terminals;

    fn completed(text: &str, target: &str) -> Option<String> {
        let automaton = automaton();
        let symbols: Vec<Symbol> = terminals(text).0.iter().map(|terminal| terminal.symbol).collect();
        let mut stacks = Stacks::new();
        let (stack, taken) = stacks.follow(Stacks::BOTTOM, &symbols, symbols.len());
        assert_eq!(taken, symbols.len(), "{text}");
        let target = automaton.symbol(target).expect("a symbol");
        let added = complete(&mut stacks, stack, target, 20_000)?;
        Some(added.iter().map(|symbol| automaton.name(*symbol)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_was_begun_is_finished_shortly() {
        for (text, target, expected) in [
            ("select a", "$end", ""),
            ("select * from t where", "$end", "IDENT"),
            ("select (a + ((b", "FROM", "')' ')' ')'"),
            ("select case when a then b", "FROM", "END_P"),
            ("select case when", "$end", "IDENT THEN IDENT END_P"),
            ("insert into t (a, b", "$end", "')' SELECT"),
            ("create table t (a int", "$end", "')'"),
            ("grant select on t", "$end", "TO IDENT"),
            ("select * from t join u", "WHERE", "ON IDENT"),
        ] {
            assert_eq!(completed(text, target).as_deref(), Some(expected), "{text}");
        }
        assert!(completed("create trigger x", "$end").is_some());
    }
}
