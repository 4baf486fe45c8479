//! The parser's stack between two tokens, with the place in the text of all that is on it, and a way on behind
//! tokens that may not stand where they do.

use crate::syntax::automaton::{Action, State, Symbol, automaton};
use crate::syntax::automaton::{Parser, Terminal};
use crate::syntax::grammar::ParseMode;

/// A symbol that was recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The state behind it.
    pub state: State,
    /// The first of its terminals, counted from the text's start; of a symbol without any, the one that follows.
    pub start: u32,
}

#[derive(Clone, Debug)]
pub struct Stack {
    entries: Vec<Entry>,
    /// How many terminals were taken.
    pub taken: u32,
}

/// The stack as it is when a terminal is about to be shifted.
pub struct Ready {
    pub stack: Stack,
    /// The state behind the terminal.
    pub next: State,
}

impl Stack {
    pub fn new(mode: ParseMode) -> Stack {
        let states = Parser::new(mode).states().to_vec();
        Stack { entries: states.into_iter().map(|state| Entry { state, start: 0 }).collect(), taken: 0 }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The reductions before `terminal`: how many entries stay, what lies over them, and the state behind it (`None`
    /// at the text's end). `kept` is how many of the entries may be used at all.
    fn run(&self, kept: usize, terminal: Symbol, over: &mut Vec<Entry>) -> Option<(usize, Option<State>)> {
        let automaton = automaton();
        let mut kept = kept;
        over.clear();
        loop {
            let top = over.last().map_or_else(|| self.entries[kept - 1].state, |entry| entry.state);
            match automaton.action(top, terminal) {
                Action::Shift(state) => return Some((kept, Some(state))),
                Action::Accept => return Some((kept, None)),
                Action::Error => return None,
                Action::Reduce(rule) => {
                    let len = automaton.rule_len(rule);
                    let from_over = len.min(over.len());
                    let from_kept = len - from_over;
                    let start = match (len, from_kept) {
                        (0, _) => self.taken,
                        (_, 0) => over[over.len() - from_over].start,
                        _ => self.entries[kept - from_kept].start,
                    };
                    over.truncate(over.len() - from_over);
                    kept -= from_kept;
                    let top = over.last().map_or_else(|| self.entries[kept - 1].state, |entry| entry.state);
                    over.push(Entry { state: automaton.goto(top, automaton.rule_symbol(rule)), start });
                }
            }
        }
    }

    /// Whether `terminal` may stand here.
    pub fn accepts(&self, terminal: Symbol) -> bool {
        self.around(terminal, &mut Vec::new()).is_some()
    }

    /// The states before and behind `terminal` where it may stand here, the second one `None` at the text's end;
    /// `over` is room to work in.
    pub fn around(&self, terminal: Symbol, over: &mut Vec<Entry>) -> Option<(State, Option<State>)> {
        let (kept, next) = self.run(self.entries.len(), terminal, over)?;
        let before = over.last().map_or_else(|| self.entries[kept - 1].state, |entry| entry.state);
        Some((before, next))
    }

    /// Takes a terminal; `false`, and nothing has changed, where it may not stand.
    pub fn advance(&mut self, terminal: Symbol, over: &mut Vec<Entry>) -> bool {
        let Some((kept, Some(state))) = self.run(self.entries.len(), terminal, over) else { return false };
        self.entries.truncate(kept);
        self.entries.extend_from_slice(over);
        self.entries.push(Entry { state, start: self.taken });
        self.taken += 1;
        true
    }

    /// The stack just before `terminal` is shifted.
    pub fn ready(&self, terminal: Symbol) -> Option<Ready> {
        let mut over = Vec::new();
        let (kept, state) = self.run(self.entries.len(), terminal, &mut over)?;
        let next = state?;
        let mut entries = Vec::with_capacity(kept + over.len());
        entries.extend_from_slice(&self.entries[..kept]);
        entries.extend(over);
        Some(Ready { stack: Stack { entries, taken: self.taken }, next })
    }
}

/// Behind this many errors tokens that do not fit are only left out: looking for the best way on costs too much.
const MOST_ERRORS: usize = 40;
/// How far a way on is followed to see how good it is.
const LOOK: usize = 8;

/// Takes all terminals, leaving out or adding what is needed where they are not SQL. The second value is the index of
/// the first that did not fit.
pub fn follow(terminals: &[Terminal], mode: ParseMode) -> (Stack, Option<usize>) {
    let mut stack = Stack::new(mode);
    let mut over = Vec::new();
    let mut errors = 0;
    let mut first = None;
    let mut at = 0;
    while at < terminals.len() {
        stack.taken = at as u32;
        if stack.advance(terminals[at].symbol, &mut over) {
            at += 1;
            continue;
        }
        first.get_or_insert(at);
        errors += 1;
        if errors > MOST_ERRORS {
            at += 1;
            continue;
        }
        let (resumed, next) = resume(&stack, terminals, at);
        stack = resumed;
        at = next;
    }
    stack.taken = terminals.len() as u32;
    (stack, first)
}

/// The best way on at a terminal that does not fit: the stack to go on with, and the terminal to go on at.
fn resume(stack: &Stack, terminals: &[Terminal], at: usize) -> (Stack, usize) {
    let automaton = automaton();
    let mut over = Vec::new();
    let mut best: Option<(usize, Stack, usize)> = None;
    let mut consider = |made: Stack, next: usize, cost: usize, over: &mut Vec<Entry>| {
        let mut trial = made.clone();
        let ahead = terminals[next..].iter().take(LOOK);
        let wanted = ahead.len();
        let taken = ahead.take_while(|terminal| trial.advance(terminal.symbol, over)).count();
        // One token more that is understood is worth more than any way on is dearer than another.
        let gain = (if taken == wanted { LOOK } else { taken } + 1) * 10 - cost;
        if (taken > 0 || wanted == 0) && best.as_ref().is_none_or(|(found, ..)| gain > *found) {
            best = Some((gain, made, next));
        }
    };
    // Something is missing before it.
    let name = automaton.terminal(crate::syntax::ast::Token::Ident);
    let missing = [
        (name, 1),
        (automaton.terminal(crate::syntax::ast::Token::Iconst), 2),
        (automaton.terminal(crate::syntax::ast::Token::Ascii41), 2),
        (automaton.terminal(crate::syntax::ast::Token::Ascii44), 3),
        (automaton.terminal(crate::syntax::ast::Token::Ascii40), 5),
    ];
    for (terminal, cost) in missing {
        let mut made = stack.clone();
        if made.advance(terminal, &mut over) {
            consider(made, at, cost, &mut over);
        }
    }
    // It is too much.
    consider(stack.clone(), at + 1, 4, &mut over);
    // What is open is given up, as far back as it takes; the mode's own terminal at the bottom stays.
    let bottom = Stack::new(ParseMode::Statements).len();
    for kept in (bottom..stack.len()).rev().take(200) {
        if stack.run(kept, terminals[at].symbol, &mut over).is_some() {
            let mut made = stack.clone();
            made.entries.truncate(kept);
            consider(made, at, 6, &mut over);
            break;
        }
    }
    best.map_or_else(|| (stack.clone(), at + 1), |(_, stack, next)| (stack, next))
}
