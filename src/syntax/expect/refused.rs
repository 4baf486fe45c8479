//! What the parser's tables take and the actions of its grammar refuse.

use super::items::items;
use super::stack::Stack;
use crate::syntax::automaton::{State, automaton};

/// Whether the keyword between these states is CURRENT_USER or its like where a role's own name has to stand.
pub fn role(before: State, next: State) -> bool {
    let automaton = automaton();
    let makes = |state: State, name: &str| {
        let mut rules = items().of(state).iter().map(|item| automaton.rule_symbol(item.rule));
        rules.all(|symbol| automaton.name(symbol) == name)
    };
    let Some(role) = automaton.symbol("RoleSpec") else { return false };
    makes(next, "RoleSpec") && makes(automaton.goto(before, role), "RoleId")
}

/// Whether a run of keywords behind `stack`, in the state `before` its first word, is refused.
pub fn run(stack: &Stack, before: State, words: &[&str]) -> bool {
    let automaton = automaton();
    match words {
        [.., "unbounded", bound @ ("preceding" | "following")] => {
            let is_end = match words.len() {
                2 => {
                    is_within(before, "frame_extent")
                        && automaton.name(automaton.state_symbol(before)) == "AND"
                }
                len => words[len - 3] == "and",
            };
            is_end == (*bound == "preceding")
        }
        [.., "with", "ties"] => !is_ordered(stack),
        _ => false,
    }
}

fn is_within(state: State, nonterminal: &str) -> bool {
    let automaton = automaton();
    items().of(state).iter().any(|item| automaton.name(automaton.rule_symbol(item.rule)) == nonterminal)
}

/// Whether the query that is being written has its ORDER BY.
fn is_ordered(stack: &Stack) -> bool {
    let automaton = automaton();
    let symbols: Vec<_> =
        stack.entries().iter().map(|entry| automaton.name(automaton.state_symbol(entry.state))).collect();
    let query = symbols.iter().rposition(|symbol| *symbol == "select_clause");
    // An absent one is `opt_sort_clause`, which is not reduced to before the clause behind it begins.
    query.is_some_and(|at| symbols[at..].contains(&"sort_clause"))
}
