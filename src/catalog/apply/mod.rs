//! A DDL statement's effect on a catalog.

pub mod names;
pub mod type_name;

use crate::syntax::ast::{Node, NodeEnum};

fn string(node: &Node) -> &str {
    match &node.node {
        Some(NodeEnum::String(string)) => &string.sval,
        _ => "",
    }
}

fn strings(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(string).collect()
}

fn split_name<'a>(parts: &[&'a str]) -> (Option<&'a str>, &'a str) {
    match parts {
        [.., schema, name] => (Some(schema), name),
        [name] => (None, name),
        [] => (None, ""),
    }
}
