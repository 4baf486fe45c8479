//! How deep a text is nested, for statements that are too deep for libpg_query.
//!
//! It cannot hand on trees of more than about 5,000 levels, which is less than PostgreSQL takes of some; and how deep
//! PostgreSQL can go depends on what is nested. It refuses all that has 20,000 levels: its stack, 2 MB unless somebody
//! set it otherwise, has 100 bytes for each then.

use super::automaton::{self, Parser, automaton};
use super::grammar::{GrammarError, ParseMode};

/// Nesting that PostgreSQL refuses whatever it is (measured with 15 and 18: of casts it takes 12,000 and not 19,000).
const CERTAIN: usize = 20_000;

/// PostgreSQL's error for a text that was too deep for libpg_query; `None` where PostgreSQL may take it.
pub(super) fn verdict(text: &str, error: GrammarError) -> Option<GrammarError> {
    if !error.is_stack_limit() {
        return Some(error);
    }
    (depth(text) >= CERTAIN).then(|| GrammarError {
        message: "stack depth limit exceeded: the statement is nested too deeply".into(),
        sqlstate: "54001",
        offset: None,
    })
}

/// The levels of the text's concrete tree, but for productions that only hand on what is below.
fn depth(text: &str) -> usize {
    let automaton = automaton();
    let (terminals, _) = automaton::terminals(text);
    let mut parser = Parser::new(ParseMode::Statements);
    let mut depths: Vec<usize> = Vec::new();
    let mut deepest = 0;
    for terminal in terminals {
        let accepted = parser.advance_with(terminal.symbol, &mut |rule| {
            let len = automaton.rule_len(rule);
            let below = depths.drain(depths.len().saturating_sub(len)..).max().unwrap_or(0);
            depths.push(below + usize::from(len > 1));
            deepest = deepest.max(below + 1);
        });
        if !accepted {
            break;
        }
        depths.push(0);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_without_recursion() {
        for (text, levels) in [
            (format!("select {}1{};", "(".repeat(5000), ")".repeat(5000)), 5000..5010),
            (format!("select 1{};", "+1".repeat(30_000)), 30_000..30_010),
            (format!("select 1{};", "::int".repeat(12_000)), 12_000..12_010),
            ("select a, b from t where c = 1;".into(), 1..10),
        ] {
            assert!(levels.contains(&depth(&text)), "{}: {}", &text[..20], depth(&text));
        }
    }
}
