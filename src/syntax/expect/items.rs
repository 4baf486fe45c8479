//! What the automaton's states stand for: the productions that are under way in each, and how far.
//!
//! Bison's tables say what to do in a state, not which productions it is in the middle of. Those follow from the
//! productions and the tables alone: the state behind a symbol is in the middle of all that were waiting for it.

use std::sync::OnceLock;

use crate::syntax::automaton::{Action, Automaton, END, Rule, State, Symbol, automaton};

/// A production of which the first `taken` symbols have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    pub rule: Rule,
    pub taken: u8,
}

/// The items of every state, without those that have taken nothing yet.
#[derive(Debug)]
pub struct Items {
    kernels: Vec<Vec<Item>>,
}

pub fn items() -> &'static Items {
    static ITEMS: OnceLock<Items> = OnceLock::new();
    ITEMS.get_or_init(|| Items::new(automaton()))
}

impl Items {
    /// The productions under way in `state`. All have taken the same symbol last.
    pub fn of(&self, state: State) -> &[Item] {
        self.kernels.get(state as usize).map_or(&[], |items| items)
    }

    fn new(automaton: &Automaton) -> Items {
        let terminals = automaton.terminals();
        let mut rules_of: Vec<Vec<Rule>> = Vec::new();
        let mut symbols: Vec<Vec<Symbol>> = vec![Vec::new()];
        for rule in automaton.rules() {
            let made = usize::from(automaton.rule_symbol(rule) - terminals);
            if rules_of.len() <= made {
                rules_of.resize(made + 1, Vec::new());
            }
            rules_of[made].push(rule);
            symbols.push(automaton.rule_symbols(rule).collect());
        }
        let mut kernels: Vec<Vec<Item>> = vec![Vec::new()];
        let mut waiting: Vec<State> = vec![0];
        // Which nonterminals the state at hand begins, and which symbols lead where.
        let mut begun = vec![0u32; rules_of.len()];
        let mut next: Vec<Vec<Item>> = Vec::new();
        let mut round = 0;
        while let Some(state) = waiting.pop() {
            round += 1;
            let mut led: Vec<Symbol> = Vec::new();
            let mut open: Vec<Item> = match state {
                0 => vec![Item { rule: 1, taken: 0 }],
                _ => kernels[state as usize].clone(),
            };
            while let Some(item) = open.pop() {
                let Some(&symbol) = symbols[item.rule as usize].get(usize::from(item.taken)) else {
                    continue;
                };
                let slot = usize::from(symbol);
                if next.len() <= slot {
                    next.resize(slot + 1, Vec::new());
                }
                if next[slot].is_empty() {
                    led.push(symbol);
                }
                next[slot].push(Item { taken: item.taken + 1, ..item });
                if symbol >= terminals {
                    let made = usize::from(symbol - terminals);
                    if begun[made] != round {
                        begun[made] = round;
                        open.extend(rules_of[made].iter().map(|rule| Item { rule: *rule, taken: 0 }));
                    }
                }
            }
            for symbol in led {
                let items = std::mem::take(&mut next[usize::from(symbol)]);
                let target = if symbol >= terminals {
                    automaton.goto(state, symbol)
                } else {
                    match automaton.action(state, symbol) {
                        Action::Shift(target) if symbol != END => target,
                        // The grammar's precedences decided against it, or the text ends here.
                        _ => continue,
                    }
                };
                let target_slot = usize::from(target);
                if kernels.len() <= target_slot {
                    kernels.resize(target_slot + 1, Vec::new());
                }
                if kernels[target_slot].is_empty() {
                    kernels[target_slot] = items;
                    waiting.push(target);
                }
            }
        }
        for kernel in &mut kernels {
            kernel.sort();
        }
        Items { kernels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_states_items_took_its_symbol() {
        let (automaton, items) = (automaton(), items());
        let mut states = 0;
        for (state, kernel) in items.kernels.iter().enumerate().skip(1) {
            for item in kernel {
                let taken = usize::from(item.taken) - 1;
                let symbol = automaton.rule_symbols(item.rule).nth(taken);
                assert_eq!(symbol, Some(automaton.state_symbol(state as State)), "state {state}");
            }
            states += usize::from(!kernel.is_empty());
        }
        assert!(states > 5000, "{states}");
    }
}
