//! Statements in order, as a persistent balanced tree: found by byte or by index, replaced without touching the rest.
//!
//! All leaves are equally deep. Every change makes new nodes along one path and shares all others, so what is known of
//! a node (by its address) holds in every sequence that has it.

use std::cmp::Ordering;
use std::sync::Arc;

use super::script::Statement;

/// The most statements in a leaf and the most nodes in a node; half of it is the least, at the root excepted.
const MOST: usize = 32;
const LEAST: usize = MOST / 2;

/// Some statements in a row.
#[derive(Debug)]
pub struct Node {
    len: usize,
    count: usize,
    height: usize,
    pub items: Items,
}

/// What is in a node.
#[derive(Debug)]
pub enum Items {
    Statements(Box<[Statement]>),
    Nodes(Box<[Arc<Node>]>),
}

impl Node {
    fn leaf(statements: &[Statement]) -> Arc<Node> {
        Arc::new(Node {
            len: statements.iter().map(|statement| statement.len).sum(),
            count: statements.len(),
            height: 0,
            items: Items::Statements(statements.into()),
        })
    }

    fn inner(nodes: &[Arc<Node>]) -> Arc<Node> {
        Arc::new(Node {
            len: nodes.iter().map(|node| node.len).sum(),
            count: nodes.iter().map(|node| node.count).sum(),
            height: nodes[0].height + 1,
            items: Items::Nodes(nodes.into()),
        })
    }

    /// The bytes of its statements together.
    pub fn bytes(&self) -> usize {
        self.len
    }

    /// How many levels of nodes are below it.
    pub fn height(&self) -> usize {
        self.height
    }

    /// How many statements it has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The nodes in it; none in a leaf.
    pub fn nodes(&self) -> &[Arc<Node>] {
        match &self.items {
            Items::Nodes(nodes) => nodes,
            Items::Statements(_) => &[],
        }
    }

    fn width(&self) -> usize {
        match &self.items {
            Items::Nodes(nodes) => nodes.len(),
            Items::Statements(statements) => statements.len(),
        }
    }

    fn is_full_enough(&self) -> bool {
        self.width() >= LEAST
    }
}

/// Statements in order.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    root: Option<Arc<Node>>,
}

/// A statement's place.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub index: usize,
    /// Its first byte, counted from the sequence's.
    pub start: usize,
    pub statement: Statement,
}

impl FromIterator<Statement> for Sequence {
    fn from_iter<I: IntoIterator<Item = Statement>>(statements: I) -> Sequence {
        let statements: Vec<Statement> = statements.into_iter().collect();
        let mut level: Vec<Arc<Node>> = even(&statements).map(Node::leaf).collect();
        while level.len() > 1 {
            level = even(&level).map(Node::inner).collect();
        }
        Sequence { root: level.pop() }
    }
}

/// Cuts `items` into parts of nearly the same size, none larger than a node may be and none too small where there are
/// several.
fn even<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let parts = items.len().div_ceil(MOST);
    (0..parts).map(move |n| &items[items.len() * n / parts..items.len() * (n + 1) / parts])
}

impl Sequence {
    pub fn root(&self) -> Option<&Arc<Node>> {
        self.root.as_ref()
    }

    /// The bytes of all statements together.
    pub fn bytes(&self) -> usize {
        self.root.as_ref().map_or(0, |root| root.len)
    }

    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// How many statements there are.
    pub fn count(&self) -> usize {
        self.root.as_ref().map_or(0, |root| root.count)
    }

    /// The statement that holds the byte at `offset`; the last one for any offset behind it.
    pub fn at_byte(&self, offset: usize) -> Option<Found> {
        let mut node = self.root.as_ref()?;
        let (mut index, mut start) = (0, 0);
        loop {
            match &node.items {
                Items::Nodes(nodes) => {
                    let (last, before) = nodes.split_last()?;
                    node = last;
                    for candidate in before {
                        if offset < start + candidate.len {
                            node = candidate;
                            break;
                        }
                        index += candidate.count;
                        start += candidate.len;
                    }
                }
                Items::Statements(statements) => {
                    let last = statements.len() - 1;
                    for (n, statement) in statements.iter().enumerate() {
                        if n == last || offset < start + statement.len {
                            return Some(Found { index: index + n, start, statement: *statement });
                        }
                        start += statement.len;
                    }
                }
            }
        }
    }

    /// The statement at `index`; the last one for any index behind it.
    pub fn at_index(&self, index: usize) -> Option<Found> {
        let root = self.root.as_ref()?;
        self.iter_from(index.min(root.count - 1)).next()
    }

    /// The first statement that begins at byte `offset` or behind it.
    pub fn first_from(&self, offset: usize) -> Option<Found> {
        let Some(before) = offset.checked_sub(1) else { return self.iter().next() };
        let found = self.at_byte(before)?;
        self.iter_from(found.index + 1).next().filter(|_| found.start + found.statement.len >= offset)
    }

    pub fn iter(&self) -> Iter<'_> {
        self.iter_from(0)
    }

    /// The statements from the one at `index` on.
    pub fn iter_from(&self, index: usize) -> Iter<'_> {
        let mut iter = Iter { path: Vec::new(), leaf: &[], next: 0, index, start: 0 };
        let Some(mut node) = self.root.as_ref().filter(|root| index < root.count) else { return iter };
        let mut left = index;
        loop {
            match &node.items {
                Items::Nodes(nodes) => {
                    let mut at = 0;
                    while left >= nodes[at].count {
                        left -= nodes[at].count;
                        iter.start += nodes[at].len;
                        at += 1;
                    }
                    iter.path.push((nodes, at + 1));
                    node = &nodes[at];
                }
                Items::Statements(statements) => {
                    iter.start += statements[..left].iter().map(|statement| statement.len).sum::<usize>();
                    (iter.leaf, iter.next) = (statements, left);
                    return iter;
                }
            }
        }
    }

    /// The first `index` statements, and the others.
    pub fn split(&self, index: usize) -> (Sequence, Sequence) {
        match &self.root {
            Some(root) if index >= root.count => (self.clone(), Sequence::default()),
            Some(root) if index > 0 => split(root, index),
            _ => (Sequence::default(), self.clone()),
        }
    }

    /// These statements and behind them the other's.
    pub fn concat(&self, other: &Sequence) -> Sequence {
        match (&self.root, &other.root) {
            (Some(one), Some(other)) => Sequence { root: Some(concat(one, other)) },
            (None, _) => other.clone(),
            (_, None) => self.clone(),
        }
    }

    /// The same sequence with `fresh` in the place of the statements `from..to`.
    pub fn replace(&self, from: usize, to: usize, fresh: &[Statement]) -> Sequence {
        if let Some(root) = self.root.as_ref().and_then(|root| replace_in_leaf(root, from, to, fresh, true)) {
            return Sequence { root: Some(root) };
        }
        let (before, _) = self.split(from);
        let (_, behind) = self.split(to);
        before.concat(&fresh.iter().copied().collect()).concat(&behind)
    }
}

/// Replaces statements that are all in one leaf, if the leaf stays one.
fn replace_in_leaf(
    node: &Arc<Node>,
    from: usize,
    to: usize,
    fresh: &[Statement],
    is_root: bool,
) -> Option<Arc<Node>> {
    match &node.items {
        Items::Statements(statements) => {
            let all = [statements.get(..from)?, fresh, statements.get(to..)?].concat();
            let fits = all.len() <= MOST && all.len() >= if is_root { 1 } else { LEAST };
            fits.then(|| Node::leaf(&all))
        }
        Items::Nodes(nodes) => {
            let mut before = 0;
            for (n, child) in nodes.iter().enumerate() {
                if from < before + child.count {
                    let child = replace_in_leaf(child, from - before, to.checked_sub(before)?, fresh, false)?;
                    let mut nodes = nodes.to_vec();
                    nodes[n] = child;
                    return Some(Node::inner(&nodes));
                }
                before += child.count;
            }
            None
        }
    }
}

/// A sequence of some children of one node.
fn of_nodes(nodes: &[Arc<Node>]) -> Sequence {
    Sequence {
        root: match nodes {
            [] => None,
            [node] => Some(node.clone()),
            nodes => Some(Node::inner(nodes)),
        },
    }
}

fn split(node: &Arc<Node>, index: usize) -> (Sequence, Sequence) {
    match &node.items {
        Items::Statements(statements) => {
            let part = |part: &[Statement]| Sequence { root: (!part.is_empty()).then(|| Node::leaf(part)) };
            (part(&statements[..index]), part(&statements[index..]))
        }
        Items::Nodes(nodes) => {
            let (mut at, mut left) = (0, index);
            while left > nodes[at].count {
                left -= nodes[at].count;
                at += 1;
            }
            let (before, behind) = if left == nodes[at].count {
                (Sequence { root: Some(nodes[at].clone()) }, Sequence::default())
            } else {
                split(&nodes[at], left)
            };
            (of_nodes(&nodes[..at]).concat(&before), behind.concat(&of_nodes(&nodes[at + 1..])))
        }
    }
}

/// One tree of two, whose roots may be less full than other nodes.
fn concat(one: &Arc<Node>, other: &Arc<Node>) -> Arc<Node> {
    match one.height.cmp(&other.height) {
        Ordering::Equal if one.is_full_enough() && other.is_full_enough() => {
            Node::inner(&[one.clone(), other.clone()])
        }
        Ordering::Equal => match (&one.items, &other.items) {
            (Items::Statements(one), Items::Statements(other)) => {
                let all = [&one[..], &other[..]].concat();
                one_root(even(&all).map(Node::leaf).collect())
            }
            _ => over(&[one.nodes(), other.nodes()].concat()),
        },
        Ordering::Less => {
            let (first, rest) = other.nodes().split_first().expect("a node above a leaf has nodes");
            if one.height + 1 == other.height && one.is_full_enough() {
                return over(&[std::slice::from_ref(one), other.nodes()].concat());
            }
            let joined = concat(one, first);
            match joined.height + 1 == other.height {
                true => over(&[&[joined], rest].concat()),
                false => over(&[joined.nodes(), rest].concat()),
            }
        }
        Ordering::Greater => {
            let (last, rest) = one.nodes().split_last().expect("a node above a leaf has nodes");
            if other.height + 1 == one.height && other.is_full_enough() {
                return over(&[one.nodes(), std::slice::from_ref(other)].concat());
            }
            let joined = concat(last, other);
            match joined.height + 1 == one.height {
                true => over(&[rest, &[joined]].concat()),
                false => over(&[rest, joined.nodes()].concat()),
            }
        }
    }
}

/// Nodes of one height under one root.
fn over(nodes: &[Arc<Node>]) -> Arc<Node> {
    one_root(even(nodes).map(Node::inner).collect())
}

fn one_root(mut nodes: Vec<Arc<Node>>) -> Arc<Node> {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => Node::inner(&nodes),
    }
}

/// Statements from a place on, with their places.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    /// The nodes above the leaf, each with the place of its next child.
    path: Vec<(&'a [Arc<Node>], usize)>,
    leaf: &'a [Statement],
    next: usize,
    index: usize,
    start: usize,
}

impl Iterator for Iter<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while self.next == self.leaf.len() {
            let (nodes, next) = self.path.last_mut()?;
            match nodes.get(*next) {
                None => {
                    self.path.pop();
                }
                Some(node) => {
                    *next += 1;
                    match &node.items {
                        Items::Nodes(nodes) => self.path.push((nodes, 0)),
                        Items::Statements(statements) => (self.leaf, self.next) = (statements, 0),
                    }
                }
            }
        }
        let found = Found { index: self.index, start: self.start, statement: self.leaf[self.next] };
        self.next += 1;
        self.index += 1;
        self.start += found.statement.len;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::syntax::StatementKind;
    use crate::text::Span;

    fn statement(len: usize) -> Statement {
        Statement { id: 0, kind: StatementKind::Sql, len, code: Span::at(0) }
    }

    fn lens(sequence: &Sequence) -> Vec<usize> {
        sequence.iter().map(|found| found.statement.len).collect()
    }

    fn check_node(node: &Node, is_root: bool) {
        assert!(node.width() <= MOST && (is_root || node.width() >= LEAST), "{}", node.width());
        assert!(!is_root || node.height == 0 || node.width() >= 2);
        for child in node.nodes() {
            assert_eq!(child.height + 1, node.height);
            check_node(child, false);
        }
    }

    /// Checks what all sequences must be.
    fn check(sequence: &Sequence) {
        if let Some(root) = sequence.root() {
            check_node(root, true);
        }
        let (mut start, mut count) = (0, 0);
        for found in sequence.iter() {
            assert_eq!((found.index, found.start), (count, start));
            let at = sequence.at_byte(start).unwrap();
            assert_eq!((at.index, at.start), (count, start));
            assert_eq!(sequence.at_index(count).unwrap().start, start);
            assert_eq!(sequence.first_from(start).unwrap().index, count);
            start += found.statement.len;
            count += 1;
            if found.statement.len > 1 {
                assert_eq!(
                    sequence.first_from(start - 1).map(|found| found.index),
                    sequence.iter_from(count).next().map(|found| found.index)
                );
            }
        }
        assert_eq!((sequence.bytes(), sequence.count()), (start, count));
        assert!(sequence.first_from(start).is_none_or(|_| start == 0));
    }

    fn addresses(sequence: &Sequence) -> HashSet<*const Node> {
        fn add(node: &Arc<Node>, all: &mut HashSet<*const Node>) {
            all.insert(Arc::as_ptr(node));
            node.nodes().iter().for_each(|node| add(node, all));
        }
        let mut all = HashSet::new();
        sequence.root().into_iter().for_each(|root| add(root, &mut all));
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn it_is_what_a_list_would_be(
            start in prop::collection::vec(1usize..9, 0..3000),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..400, prop::collection::vec(1usize..9, 0..200)), 0..12),
        ) {
            let mut list = start;
            let mut sequence: Sequence = list.iter().copied().map(statement).collect();
            check(&sequence);
            for (at, len, fresh) in edits {
                let from = at.index(list.len() + 1);
                let to = (from + len).min(list.len());
                let statements: Vec<Statement> = fresh.iter().copied().map(statement).collect();
                sequence = sequence.replace(from, to, &statements);
                list.splice(from..to, fresh);
                prop_assert_eq!(lens(&sequence), list.clone());
                check(&sequence);
            }
        }
    }

    #[test]
    fn a_change_makes_one_path_anew() {
        let sequence: Sequence = (0..100_000).map(|_| statement(1)).collect();
        let before = addresses(&sequence);
        for at in [0, 1, 50_000, 50_017, 99_999] {
            let changed = sequence.replace(at, at + 1, &[statement(2)]);
            let fresh = addresses(&changed).difference(&before).count();
            assert!(fresh <= 4, "{fresh} new nodes");
            // Where a leaf is cut in two, its neighbours may be made anew on each level.
            let (one, other) = sequence.split(at);
            let fresh = addresses(&one.concat(&other)).difference(&before).count();
            assert!(fresh <= 16, "{fresh} new nodes");
        }
    }
}
