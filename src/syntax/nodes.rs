//! A walk over all nodes of a tree that may change them.
//!
//! The implementations for the 270 types are made from their definitions when pgwright is built (`build.rs`).

use super::ast::{self, Node};

type Visit<'a> = &'a mut dyn FnMut(&mut Node);

/// Calls `visit` with the nodes directly below.
pub(super) trait Nodes {
    fn nodes(&mut self, visit: Visit);
}

impl Nodes for Node {
    fn nodes(&mut self, visit: Visit) {
        visit(self);
    }
}

impl<T: Nodes> Nodes for Option<T> {
    fn nodes(&mut self, visit: Visit) {
        if let Some(inner) = self {
            inner.nodes(visit);
        }
    }
}

impl<T: Nodes> Nodes for Box<T> {
    fn nodes(&mut self, visit: Visit) {
        (**self).nodes(visit);
    }
}

impl<T: Nodes> Nodes for Vec<T> {
    fn nodes(&mut self, visit: Visit) {
        self.iter_mut().for_each(|inner| inner.nodes(visit));
    }
}

include!(concat!(env!("OUT_DIR"), "/nodes.rs"));

/// Calls `change` with each node of the tree, those above before those below.
pub(super) fn change(tree: &mut ast::ParseResult, change: Visit) {
    fn at(node: &mut Node, change: Visit) {
        change(node);
        if let Some(inner) = &mut node.node {
            inner.nodes(&mut |child| at(child, change));
        }
    }
    tree.nodes(&mut |node| at(node, change));
}
