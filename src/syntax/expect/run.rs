//! Keywords grouped into runs: `ORDER BY`, `IS NOT NULL`, `ON CONFLICT DO NOTHING`.
//!
//! How a run goes on behind its first keyword depends only on the states around that keyword, so it is found once and
//! kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

use super::{items, refused};
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::automaton::{Action, END, Rule, State, Symbol, automaton, with_lookahead};

/// Keywords that may follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run {
    /// In lower case.
    pub words: Vec<&'static str>,
    /// Whether more than one thing may follow: behind `ORDER` nothing but BY can.
    pub complete: bool,
}

impl Run {
    /// The run as it is written.
    pub fn text(&self, upper: bool) -> String {
        let text = self.words.join(" ");
        if upper { text.to_uppercase() } else { text }
    }
}

/// A way on behind a keyword, to where more than one thing may follow.
#[derive(Clone, Debug)]
pub struct Tail {
    pub terminals: Vec<Symbol>,
}

/// The longest run has this many keywords.
const LONGEST: usize = 6;
/// Where a name may stand too, a run goes on only among this many keywords: behind SELECT or AND it ends.
const MOST_BESIDE_NAMES: usize = 14;
/// A keyword has at most this many ways on.
const MOST_TAILS: usize = 160;
/// A run goes on behind this many words where something else could have stood, the first one among them.
const MOST_CHOICES: usize = 2;

/// Whether the terminal that leads to `next` is taken there as more than a name.
pub fn is_keyword_there(next: State) -> bool {
    items::items().of(next).iter().any(|item| !name_rules()[item.rule as usize])
}

/// The rules that take a keyword as a name.
fn name_rules() -> &'static [bool] {
    static RULES: OnceLock<Vec<bool>> = OnceLock::new();
    RULES.get_or_init(|| {
        rules_of(&[
            "unreserved_keyword",
            "col_name_keyword",
            "type_func_name_keyword",
            "reserved_keyword",
            "bare_label_keyword",
        ])
    })
}

/// The rules that make a value, or a role, of what they take.
fn value_rules() -> &'static [bool] {
    static RULES: OnceLock<Vec<bool>> = OnceLock::new();
    RULES.get_or_init(|| {
        rules_of(&["a_expr", "b_expr", "c_expr", "AexprConst", "func_expr_common_subexpr", "RoleSpec"])
    })
}

/// Whether each rule makes one of these nonterminals.
fn rules_of(nonterminals: &[&str]) -> Vec<bool> {
    let automaton = automaton();
    let makes = |rule: Rule| nonterminals.contains(&automaton.name(automaton.rule_symbol(rule)));
    std::iter::once(false).chain(automaton.rules().map(makes)).collect()
}

/// The terminals that are keywords.
pub fn keyword_terminals() -> &'static [Symbol] {
    static TERMINALS: OnceLock<Vec<Symbol>> = OnceLock::new();
    TERMINALS.get_or_init(|| {
        let automaton = automaton();
        (0..automaton.terminals()).filter(|terminal| automaton.keyword(*terminal).is_some()).collect()
    })
}

/// The terminals that are no keywords, the end of the text aside.
fn other_terminals() -> &'static [Symbol] {
    static TERMINALS: OnceLock<Vec<Symbol>> = OnceLock::new();
    TERMINALS.get_or_init(|| {
        let automaton = automaton();
        // 1 and 2 are Bison's own: the error token and the unknown one.
        (3..automaton.terminals()).filter(|terminal| automaton.keyword(*terminal).is_none()).collect()
    })
}

/// Whether `next` may be written behind `terminal` without making another terminal of it: NOT before IN is not the
/// NOT that stands before NULL.
pub fn may_follow(terminal: Symbol, next: Symbol) -> bool {
    with_lookahead(terminal, next) == terminal
}

/// Whether the word that `terminal` is is that terminal with nothing behind it.
fn may_end(terminal: Symbol) -> bool {
    may_follow(terminal, END)
}

/// The ways on behind the keyword `first` that leads from `under` to `state`, within the production that it belongs to,
/// the shorter ones first; and whether more than one thing may follow the keyword itself.
pub fn tails(under: State, first: Symbol, state: State) -> (Arc<[Tail]>, bool) {
    type Known = HashMap<(State, Symbol), (Arc<[Tail]>, bool)>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let lock = || known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(found) = lock().get(&(under, first)) {
        return found.clone();
    }
    let (tails, complete) = explore(under, first, state);
    let found: (Arc<[Tail]>, bool) = (tails.into(), complete);
    lock().insert((under, first), found.clone());
    found
}

enum Outcome {
    Shift(Vec<State>),
    /// The production that the run began in is over before the terminal.
    Over,
    Error,
}

/// What `terminal` does on a stack whose lowest state must stay, and whose keywords are no names.
fn step(states: &[State], terminal: Symbol) -> Outcome {
    let automaton = automaton();
    let mut stack = states.to_vec();
    loop {
        match automaton.action(stack[stack.len() - 1], terminal) {
            Action::Shift(state) => {
                if stack.len() > 1 && repeats(state, stack.len()) {
                    return Outcome::Over;
                }
                stack.push(state);
                return Outcome::Shift(stack);
            }
            Action::Accept => return Outcome::Over,
            Action::Error => return Outcome::Error,
            Action::Reduce(rule) => {
                if name_rules()[rule as usize] {
                    return Outcome::Error;
                }
                // A value or a role is whole: what follows it is another thought.
                if value_rules()[rule as usize] {
                    return Outcome::Over;
                }
                let len = automaton.rule_len(rule);
                if len >= stack.len() {
                    return Outcome::Over;
                }
                stack.truncate(stack.len() - len);
                stack.push(automaton.goto(stack[stack.len() - 1], automaton.rule_symbol(rule)));
            }
        }
    }
}

/// Whether all that goes on in `state` has taken a whole one of itself first, `len` symbols ago: an expression before
/// an operator.
fn repeats(state: State, len: usize) -> bool {
    let automaton = automaton();
    items::items().of(state).iter().all(|item| {
        usize::from(item.taken) == len
            && automaton.rule_symbols(item.rule).next() == Some(automaton.rule_symbol(item.rule))
    })
}

/// What may follow in the middle of a run.
struct Ways {
    /// The keywords, each with the stack behind it.
    keywords: Vec<(Symbol, Vec<State>)>,
    /// Whether a name may stand there.
    named: bool,
    /// Whether the run's production may be over.
    over: bool,
    /// Whether there is more than one way on.
    open: bool,
}

fn ways(states: &[State], last: Symbol) -> Ways {
    let mut ways = Ways { keywords: Vec::new(), named: false, over: false, open: false };
    for &terminal in keyword_terminals() {
        if !may_follow(last, terminal) {
            continue;
        }
        match step(states, terminal) {
            Outcome::Shift(stack) if is_keyword_there(stack[stack.len() - 1]) => {
                if refused::role(stack[stack.len() - 2], stack[stack.len() - 1]) {
                    continue;
                }
                ways.keywords.push((terminal, stack));
            }
            Outcome::Over => ways.over = true,
            Outcome::Shift(_) | Outcome::Error => {}
        }
    }
    let mut others = 0;
    for &terminal in other_terminals() {
        match step(states, terminal) {
            Outcome::Shift(_) => others += 1,
            Outcome::Over => ways.over = true,
            Outcome::Error => {}
        }
    }
    ways.over |= matches!(step(states, END), Outcome::Over);
    ways.named = matches!(step(states, automaton().terminal(TokenKind::Ident)), Outcome::Shift(_));
    ways.open = ways.over || others > 0 || ways.keywords.len() != 1;
    ways
}

fn explore(under: State, first: Symbol, state: State) -> (Vec<Tail>, bool) {
    let start = ways(&[under, state], first);
    let complete = start.open;
    let mut tails: Vec<Tail> = Vec::new();
    // Each with the choices that were made to get there.
    let mut waiting = VecDeque::from([(Vec::new(), start, 0)]);
    while let Some((path, at, choices)) = waiting.pop_front() {
        let first = path.is_empty();
        if path.len() + 1 >= LONGEST || !first && at.over || at.named && at.keywords.len() > MOST_BESIDE_NAMES
        {
            continue;
        }
        let choices = choices + usize::from(at.open);
        if choices > MOST_CHOICES {
            continue;
        }
        for (terminal, stack) in at.keywords {
            let next = ways(&stack, terminal);
            // Among names only what cannot be one goes on: IF EXISTS, but not CURRENT_USER among roles.
            if at.named && !first && next.open {
                continue;
            }
            if tails.len() >= MOST_TAILS {
                return (tails, complete);
            }
            let path: Vec<Symbol> = path.iter().copied().chain([terminal]).collect();
            // What can go on in one way only is worth nothing by itself, nor is a word that is another one without what
            // follows it.
            if next.open && may_end(terminal) {
                tails.push(Tail { terminals: path.clone() });
            }
            waiting.push_back((path, next, choices));
        }
    }
    (tails, complete)
}
