//! Parser stacks that share what is below them, for a search that tries thousands of ways to go on.

use crate::syntax::automaton::{Action, Automaton, END, Rule, State, Symbol, automaton};

/// A parser's stack: the place of its top in a `Stacks`.
pub type Stack = u32;

#[derive(Clone, Copy)]
struct Node {
    below: Stack,
    depth: u32,
    state: State,
}

/// All stacks of a search. What is pushed stays until `forget`.
pub struct Stacks {
    nodes: Vec<Node>,
    automaton: &'static Automaton,
    /// How many actions the automaton took.
    pub steps: u64,
}

impl Stacks {
    /// The stack before the first token.
    pub const BOTTOM: Stack = 0;

    pub fn new() -> Stacks {
        Stacks { nodes: vec![Node { below: 0, depth: 0, state: 0 }], automaton: automaton(), steps: 0 }
    }

    pub fn state(&self, stack: Stack) -> State {
        self.nodes[stack as usize].state
    }

    /// How many states there are below its top.
    pub fn depth(&self, stack: Stack) -> u32 {
        self.nodes[stack as usize].depth
    }

    pub fn push(&mut self, stack: Stack, state: State) -> Stack {
        let depth = self.depth(stack) + 1;
        self.nodes.push(Node { below: stack, depth, state });
        (self.nodes.len() - 1) as Stack
    }

    /// The stack without its newest `n` states.
    pub fn below(&self, mut stack: Stack, n: usize) -> Stack {
        for _ in 0..n {
            stack = self.nodes[stack as usize].below;
        }
        stack
    }

    /// What to give to `forget`, for all that is pushed from now on.
    pub fn mark(&self) -> usize {
        self.nodes.len()
    }

    pub fn forget(&mut self, mark: usize) {
        self.nodes.truncate(mark);
    }

    pub fn reduce(&mut self, stack: Stack, rule: Rule) -> Stack {
        let base = self.below(stack, self.automaton.rule_len(rule));
        let state = self.automaton.goto(self.state(base), self.automaton.rule_symbol(rule));
        self.push(base, state)
    }

    /// The stack behind `terminal`; `None` where it may not stand. At the accepted end it is the same stack.
    pub fn advance(&mut self, stack: Stack, terminal: Symbol) -> Option<Stack> {
        let mark = self.mark();
        let mut top = stack;
        loop {
            self.steps += 1;
            match self.automaton.action(self.state(top), terminal) {
                Action::Shift(state) => return Some(self.push(top, state)),
                Action::Accept => return Some(stack),
                Action::Reduce(rule) => top = self.reduce(top, rule),
                Action::Error => {
                    self.forget(mark);
                    return None;
                }
            }
        }
    }

    /// Whether `terminal` may stand here.
    pub fn accepts(&mut self, stack: Stack, terminal: Symbol) -> bool {
        let mark = self.mark();
        let accepted = self.advance(stack, terminal).is_some();
        self.forget(mark);
        accepted
    }

    /// All terminals that may stand here, with the state behind each. The end is not among them.
    pub fn expected(&mut self, stack: Stack) -> Vec<(Symbol, State)> {
        let mark = self.mark();
        let mut found = Vec::new();
        let all: Vec<Symbol> = (END + 1..self.automaton.terminals()).collect();
        let mut groups = vec![(stack, all)];
        while let Some((top, terminals)) = groups.pop() {
            // What reduces by the same production goes on together.
            let mut reduced: Vec<(Rule, Vec<Symbol>)> = Vec::new();
            if let Some(rule) = self.automaton.only_rule(self.state(top)) {
                self.steps += 1;
                let next = self.reduce(top, rule);
                groups.push((next, terminals));
                continue;
            }
            self.steps += terminals.len() as u64 / 2;
            for terminal in terminals {
                match self.automaton.action(self.state(top), terminal) {
                    Action::Shift(state) => found.push((terminal, state)),
                    Action::Accept | Action::Error => {}
                    Action::Reduce(rule) => match reduced.iter_mut().find(|(other, _)| *other == rule) {
                        Some((_, group)) => group.push(terminal),
                        None => reduced.push((rule, vec![terminal])),
                    },
                }
            }
            for (rule, group) in reduced {
                let next = self.reduce(top, rule);
                groups.push((next, group));
            }
        }
        self.forget(mark);
        found.sort_unstable();
        found
    }

    /// Takes `terminals` as far as they may stand, at most `limit` of them: the stack behind them, and their number.
    pub fn follow(&mut self, mut stack: Stack, terminals: &[Symbol], limit: usize) -> (Stack, usize) {
        for (n, terminal) in terminals.iter().take(limit).enumerate() {
            match self.advance(stack, *terminal) {
                Some(next) => stack = next,
                None => return (stack, n),
            }
        }
        (stack, terminals.len().min(limit))
    }

    /// The states of a stack from its top down.
    pub fn states(&self, stack: Stack) -> impl Iterator<Item = (Stack, State)> + '_ {
        let mut next = Some(stack);
        std::iter::from_fn(move || {
            let here = next?;
            let node = self.nodes[here as usize];
            next = (here != Stacks::BOTTOM).then_some(node.below);
            Some((here, node.state))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::automaton::{self, Parser};
    use crate::syntax::grammar::ParseMode;

    #[test]
    fn a_shared_stack_does_what_a_parser_does() {
        for text in
            ["select a, (b + 1) from t where not x", "create table t (a int", "", "select 1; update t set"]
        {
            let (mut stacks, mut parser) = (Stacks::new(), Parser::new(ParseMode::Statements));
            let mut stack = Stacks::BOTTOM;
            for terminal in automaton::terminals(text).0 {
                let expected: Vec<Symbol> =
                    stacks.expected(stack).into_iter().map(|(symbol, _)| symbol).collect();
                let known: Vec<Symbol> =
                    parser.expected().into_iter().filter(|symbol| *symbol != END).collect();
                assert_eq!(expected, known, "{text}");
                assert!(parser.advance(terminal.symbol));
                stack = stacks.advance(stack, terminal.symbol).expect("it may stand");
                let mut states: Vec<State> = stacks.states(stack).map(|(_, state)| state).collect();
                states.reverse();
                assert_eq!(states, parser.states());
            }
            assert_eq!(stacks.accepts(stack, END), parser.accepts(END));
        }
    }
}
