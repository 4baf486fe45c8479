//! States in a tree that mirrors the script's: what is known of a node of statements holds wherever the node is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::command::Effects;
use super::moment::Moment;
use super::state::StatementState;
use crate::analysis::Diagnostic;
use crate::syntax::sequence::{self, Node};
use crate::syntax::{Placed, Statement, StatementKind};

/// In how many statements of a script that do not parse all errors are looked for; of those behind, PostgreSQL's own
/// is told. A file for another system's SQL may have a hundred thousand of them.
const MOST_REPAIRED: usize = 100;

/// Diagnostics that are being gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub diagnostics: Vec<Diagnostic>,
    /// How many statements so far do not parse.
    pub broken: usize,
    /// Somebody waits: not all errors of a large statement are looked for.
    pub soon: bool,
    /// There may be more of them.
    pub lacks_errors: bool,
}

/// What is known of a node of statements.
#[derive(Debug)]
pub(super) struct NodeState {
    pub node: Arc<Node>,
    pub entry: Moment,
    pub exit: Moment,
    /// All its statements were looked at, and wholly.
    pub complete: bool,
    /// So far, all its statements were looked at (one that is too large in part).
    pub reached_end: bool,
    pub has_diagnostics: bool,
    pub has_ddl: bool,
    /// Some statement of it has a body in PL/pgSQL.
    pub has_bodies: bool,
    /// Some statement of it has commands that looked up files.
    pub has_commands: bool,
    /// Some statement of it has the mark of a down part.
    pub has_mark: bool,
    pub items: Items,
}

/// The states of what is in a node, in the same order; less of them where the walk ended.
#[derive(Debug)]
pub(super) enum Items {
    Statements(Box<[Arc<StatementState>]>, Box<[u8]>),
    Nodes(Box<[Arc<NodeState>]>),
}

impl NodeState {
    pub fn of_statements(
        node: &Arc<Node>,
        entry: Moment,
        exit: Moment,
        states: Vec<Arc<StatementState>>,
        marks: Vec<u8>,
    ) -> NodeState {
        let reached_end =
            states.len() == node.count() && states.last().is_none_or(|state| !state.is_unfinished());
        NodeState {
            node: node.clone(),
            entry,
            exit,
            complete: reached_end && states.iter().all(|state| !state.provisional),
            reached_end,
            has_diagnostics: states.iter().any(|state| state.has_diagnostics()),
            has_ddl: states.iter().any(|state| state.is_ddl()),
            has_bodies: states.iter().any(|state| state.has_body()),
            has_commands: states.iter().any(|state| state.commands().is_some()),
            has_mark: !marks.is_empty(),
            items: Items::Statements(states.into(), marks.into()),
        }
    }

    pub fn of_nodes(node: &Arc<Node>, entry: Moment, exit: Moment, nodes: Vec<Arc<NodeState>>) -> NodeState {
        let all = nodes.len() == node.nodes().len();
        NodeState {
            node: node.clone(),
            entry,
            exit,
            complete: all && nodes.iter().all(|node| node.complete),
            reached_end: all && nodes.iter().all(|node| node.reached_end),
            has_diagnostics: nodes.iter().any(|node| node.has_diagnostics),
            has_ddl: nodes.iter().any(|node| node.has_ddl),
            has_bodies: nodes.iter().any(|node| node.has_bodies),
            has_commands: nodes.iter().any(|node| node.has_commands),
            has_mark: nodes.iter().any(|node| node.has_mark),
            items: Items::Nodes(nodes.into()),
        }
    }

    /// The states of the nodes in it.
    pub fn nodes(&self) -> &[Arc<NodeState>] {
        match &self.items {
            Items::Nodes(nodes) => nodes,
            Items::Statements(..) => &[],
        }
    }

    /// The statements in it that were looked at, each with its state and whether it has a mark.
    fn statements(&self) -> impl Iterator<Item = (&Statement, &Arc<StatementState>, bool)> {
        let (statements, states, marks) = match (&self.node.items, &self.items) {
            (sequence::Items::Statements(statements), Items::Statements(states, marks)) => {
                (&statements[..], &states[..], &marks[..])
            }
            _ => (&[][..], &[][..], &[][..]),
        };
        let both = statements.iter().zip(states).enumerate();
        both.map(move |(n, (statement, state))| (statement, state, marks.contains(&(n as u8))))
    }

    /// What the commands came to that looked up files.
    pub fn commands(&self) -> Box<dyn Iterator<Item = &Effects> + '_> {
        let statements: &[Arc<StatementState>] = match &self.items {
            _ if !self.has_commands => &[],
            Items::Nodes(nodes) => return Box::new(nodes.iter().flat_map(|node| node.commands())),
            Items::Statements(statements, _) => statements,
        };
        Box::new(statements.iter().filter_map(|state| state.commands()))
    }

    /// How many files its statements include, those that they include among them.
    pub fn files(&self) -> usize {
        self.commands().map(|effects| effects.files()).sum()
    }

    /// The moment before the statement at `index` of its own; behind the last one that was looked at, the last.
    pub fn before(&self, mut index: usize) -> &Moment {
        match &self.items {
            Items::Nodes(nodes) => {
                for node in nodes {
                    if index < node.node.count() {
                        return node.before(index);
                    }
                    index -= node.node.count();
                }
                &self.exit
            }
            Items::Statements(states, _) => {
                states.iter().take(index).rev().find_map(|state| state.exit()).unwrap_or(&self.entry)
            }
        }
    }

    /// How many statements were looked at, from the first one on.
    pub fn reached(&self) -> usize {
        if self.reached_end {
            return self.node.count();
        }
        match &self.items {
            Items::Nodes(nodes) => nodes.iter().map(|node| node.reached()).sum(),
            Items::Statements(states, _) => states.iter().take_while(|state| !state.is_unfinished()).count(),
        }
    }

    /// The place of the first statement with the mark of a down part.
    pub fn marked(&self) -> Option<usize> {
        match &self.items {
            Items::Nodes(nodes) => {
                let at = nodes.iter().position(|node| node.has_mark)?;
                let before: usize = nodes[..at].iter().map(|node| node.node.count()).sum();
                Some(before + nodes[at].marked()?)
            }
            Items::Statements(_, marks) => marks.first().map(|mark| usize::from(*mark)),
        }
    }

    /// Adds its diagnostics, with their spans in the document, in which it begins at `start`.
    pub fn diagnostics(&self, mut start: usize, found: &mut Gathered) {
        if !self.has_diagnostics {
            return;
        }
        for node in self.nodes() {
            node.diagnostics(start, found);
            start += node.node.bytes();
        }
        for (statement, state, _) in self.statements() {
            let code = start + statement.code.start;
            if let Some(parse) = &state.broken {
                found.broken += 1;
                let is_one_of_many = found.broken > MOST_REPAIRED;
                let is_late = found.soon && !is_one_of_many && !parse.knows_syntax_errors_soon();
                found.lacks_errors |= is_late;
                let errors = if is_one_of_many || is_late { &parse.errors } else { parse.syntax_errors() };
                found.diagnostics.extend(errors.iter().map(|error| Diagnostic::from(error).shift(code)));
            }
            found.diagnostics.extend(state.diagnostics.iter().map(|diagnostic| diagnostic.shift(code)));
            start += statement.len;
        }
    }

    /// Adds the statements with a body in PL/pgSQL, where they stand.
    pub fn bodies(&self, mut index: usize, mut start: usize, found: &mut Vec<(Placed, Arc<StatementState>)>) {
        if !self.has_bodies {
            return;
        }
        for node in self.nodes() {
            node.bodies(index, start, found);
            index += node.node.count();
            start += node.node.bytes();
        }
        for (statement, state, _) in self.statements() {
            if state.has_body() {
                found.push((Placed { index, start, statement: *statement }, state.clone()));
            }
            index += 1;
            start += statement.len;
        }
    }

    /// Adds the statements that may change the catalog, where they stand.
    pub fn ddl(&self, mut index: usize, mut start: usize, found: &mut Vec<(Placed, Arc<StatementState>)>) {
        if !self.has_ddl {
            return;
        }
        for node in self.nodes() {
            node.ddl(index, start, found);
            index += node.node.count();
            start += node.node.bytes();
        }
        for (statement, state, _) in self.statements() {
            if state.is_ddl() && statement.kind == StatementKind::Sql {
                found.push((Placed { index, start, statement: *statement }, state.clone()));
            }
            index += 1;
            start += statement.len;
        }
    }
}

/// What is known of the parts of some trees, as far as other trees have the same parts.
#[derive(Default)]
pub(super) struct Known<'a> {
    nodes: HashMap<*const Node, &'a Arc<NodeState>>,
    statements: HashMap<u64, (&'a Arc<StatementState>, bool)>,
}

impl<'a> Known<'a> {
    /// Goes down both from level to level, and on only where they differ.
    pub fn new(
        olds: impl Iterator<Item = &'a Arc<NodeState>>,
        loose: &'a [(u64, Arc<StatementState>, bool)],
        news: impl Iterator<Item = &'a Arc<Node>>,
    ) -> Known<'a> {
        let mut known = Known::default();
        for (id, state, mark) in loose {
            known.statements.insert(*id, (state, *mark));
        }
        let (mut olds, mut news): (Vec<_>, Vec<_>) = (olds.collect(), news.collect());
        let height =
            olds.iter().map(|old| old.node.height()).chain(news.iter().map(|new| new.height())).max();
        for height in (0..=height.unwrap_or(0)).rev() {
            let at: HashSet<*const Node> =
                news.iter().filter(|new| new.height() == height).map(|new| Arc::as_ptr(new)).collect();
            let (here, mut lower): (Vec<_>, Vec<_>) =
                olds.into_iter().partition(|old| old.node.height() == height);
            for old in here {
                let address = Arc::as_ptr(&old.node);
                if at.contains(&address) {
                    known.nodes.insert(address, old);
                    continue;
                }
                lower.extend(old.nodes());
                let statements = old.statements();
                known
                    .statements
                    .extend(statements.map(|(statement, state, mark)| (statement.id, (state, mark))));
            }
            olds = lower;
            let (here, mut lower): (Vec<_>, Vec<_>) =
                news.into_iter().partition(|new| new.height() == height);
            for new in here.into_iter().filter(|new| !known.nodes.contains_key(&Arc::as_ptr(new))) {
                lower.extend(new.nodes());
            }
            news = lower;
        }
        known
    }

    pub fn node(&self, node: &Arc<Node>) -> Option<&'a Arc<NodeState>> {
        self.nodes.get(&Arc::as_ptr(node)).copied()
    }

    pub fn statement(&self, id: u64) -> Option<(&'a Arc<StatementState>, bool)> {
        self.statements.get(&id).copied()
    }

    /// Adds what is known of the parts of `node`.
    pub fn keep(
        &self,
        node: &Arc<Node>,
        nodes: &mut Vec<Arc<NodeState>>,
        loose: &mut Vec<(u64, Arc<StatementState>, bool)>,
    ) {
        if let Some(known) = self.node(node) {
            nodes.push(known.clone());
            return;
        }
        match &node.items {
            sequence::Items::Nodes(children) => {
                children.iter().for_each(|child| self.keep(child, nodes, loose));
            }
            sequence::Items::Statements(statements) => {
                for statement in statements {
                    if let Some((state, mark)) = self.statement(statement.id) {
                        loose.push((statement.id, state.clone(), mark));
                    }
                }
            }
        }
    }
}
