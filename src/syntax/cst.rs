//! The concrete syntax tree of a text: each production of PostgreSQL's grammar with the tokens that it took.
//!
//! libpg_query's trees say what a text means and drop most of how it was written. Editors want that too: which words
//! belong together, what a name stands for before anything is known about it, what encloses the cursor.

use super::automaton::{self, Action, END, Rule, State, Symbol, Terminal};
use super::grammar::ParseMode;
use crate::text::Span;

/// A node's place in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// What a node has below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Node(NodeId),
    /// The index of one of the terminals that the tree was made of.
    Terminal(u32),
}

#[derive(Clone, Debug)]
struct Node {
    rule: Rule,
    parent: Option<NodeId>,
    /// In `Tree::children`.
    children: (u32, u32),
    span: Span,
}

/// A tree over terminals. Where they are not SQL, the parts that were recognized are roots side by side.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    children: Vec<Element>,
    roots: Vec<Element>,
    /// The node that took each terminal.
    owners: Vec<Option<NodeId>>,
    terminals: Vec<Terminal>,
}

impl Tree {
    /// The tree of `terminals`. At a terminal that may not stand where it does the text before it is kept as far as
    /// it was understood, and the rest stays without a tree.
    pub fn new(terminals: Vec<Terminal>, mode: ParseMode) -> Tree {
        let automaton = automaton::automaton();
        let mut states: Vec<State> = automaton::Parser::new(mode).states().to_vec();
        let bottom = states.len();
        let mut stack: Vec<Element> = Vec::new();
        let mut tree = Tree {
            nodes: Vec::new(),
            children: Vec::new(),
            roots: Vec::new(),
            owners: vec![None; terminals.len()],
            terminals,
        };
        let mut at = 0;
        loop {
            let terminal = tree.terminals.get(at).map_or(END, |terminal| terminal.symbol);
            match automaton.action(states.last().copied().unwrap_or_default(), terminal) {
                Action::Shift(state) => {
                    states.push(state);
                    stack.push(Element::Terminal(at as u32));
                    at += 1;
                }
                Action::Reduce(rule) => {
                    let len = automaton.rule_len(rule);
                    states.truncate(states.len() - len);
                    // The first production in a special mode takes the mode's own terminal, which stands nowhere.
                    let taken = stack.len().saturating_sub(len);
                    let node = tree.reduce(rule, stack.split_off(taken), at);
                    stack.push(Element::Node(node));
                    states.push(
                        automaton
                            .goto(states.last().copied().unwrap_or_default(), automaton.rule_symbol(rule)),
                    );
                }
                Action::Accept | Action::Error => break,
            }
            debug_assert!(states.len() >= bottom.min(1));
        }
        tree.roots = stack;
        tree
    }

    fn reduce(&mut self, rule: Rule, taken: Vec<Element>, next: usize) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        // What is empty stands before the next token.
        let here = self
            .terminals
            .get(next)
            .map_or_else(|| self.terminals.last().map_or(0, |last| last.span.end), |next| next.span.start);
        let spans = taken.iter().map(|element| self.span(*element)).filter(|span| !span.is_empty());
        let span = spans.fold(None, |whole: Option<Span>, span| {
            Some(Span::new(whole.map_or(span.start, |whole| whole.start), span.end))
        });
        for element in &taken {
            match element {
                Element::Node(child) => self.nodes[child.0 as usize].parent = Some(id),
                Element::Terminal(n) => self.owners[*n as usize] = Some(id),
            }
        }
        let start = self.children.len() as u32;
        self.children.extend(taken);
        let children = (start, self.children.len() as u32);
        self.nodes.push(Node { rule, parent: None, children, span: span.unwrap_or(Span::at(here)) });
        id
    }

    /// What stands at the top: one node where the text was SQL.
    pub fn roots(&self) -> &[Element] {
        &self.roots
    }

    pub fn terminals(&self) -> &[Terminal] {
        &self.terminals
    }

    pub fn terminal(&self, n: u32) -> &Terminal {
        &self.terminals[n as usize]
    }

    /// The production that a node is.
    pub fn rule(&self, node: NodeId) -> Rule {
        self.nodes[node.0 as usize].rule
    }

    /// The nonterminal that a node is.
    pub fn symbol(&self, node: NodeId) -> Symbol {
        automaton::automaton().rule_symbol(self.rule(node))
    }

    /// The name of its nonterminal in the grammar: `a_expr`, `table_ref`.
    pub fn name(&self, node: NodeId) -> &'static str {
        automaton::automaton().name(self.symbol(node))
    }

    pub fn children(&self, node: NodeId) -> &[Element] {
        let (start, end) = self.nodes[node.0 as usize].children;
        &self.children[start as usize..end as usize]
    }

    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes[node.0 as usize].parent
    }

    /// The node that took a terminal.
    pub fn owner(&self, terminal: u32) -> Option<NodeId> {
        self.owners[terminal as usize]
    }

    /// From the first token's first byte to the last one's end; empty where there are none.
    pub fn span(&self, element: Element) -> Span {
        match element {
            Element::Node(node) => self.nodes[node.0 as usize].span,
            Element::Terminal(n) => self.terminals[n as usize].span,
        }
    }

    /// The terminal that `offset` is in or at the end of; the one that begins there where two meet.
    pub fn terminal_at(&self, offset: usize) -> Option<u32> {
        let n = self.terminals.partition_point(|terminal| terminal.span.start <= offset).checked_sub(1)?;
        self.terminals[n].span.touches(offset).then_some(n as u32)
    }

    /// The nodes above a terminal, the nearest first.
    pub fn ancestors(&self, terminal: u32) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.owner(terminal), |node| self.parent(*node))
    }

    /// All nodes, children before their parents.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        (0..self.nodes.len() as u32).map(NodeId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::new(automaton::terminals(text).0, ParseMode::Statements)
    }

    #[test]
    fn a_name_is_known_by_what_took_it() {
        let text = "select c.x from s.t as c where case when a then b end";
        let tree = tree(text);
        let above = |word: &str| {
            let n = tree.terminal_at(text.find(word).unwrap()).unwrap();
            tree.ancestors(n).map(|node| tree.name(node)).collect::<Vec<_>>()
        };
        assert!(above("s.t").contains(&"relation_expr"));
        assert!(above("c.x").contains(&"columnref"));
        assert_eq!(tree.roots().len(), 1);
        let case = tree.nodes().find(|node| tree.name(*node) == "case_expr").unwrap();
        assert_eq!(&text[tree.span(Element::Node(case)).range()], "case when a then b end");
    }

    #[test]
    fn broken_text_keeps_what_was_understood() {
        let tree = tree("select a from t where ) x");
        assert!(tree.roots().len() > 1);
        assert!(tree.nodes().any(|node| tree.name(node) == "from_clause"));
    }

    #[test]
    fn deep_text_is_no_danger() {
        let text = format!("select {}1{}", "(".repeat(50_000), ")".repeat(50_000));
        assert_eq!(tree(&text).roots().len(), 1);
    }
}
