//! A DDL statement's effect on a catalog.

pub mod names;
pub mod type_name;

use crate::syntax::ast::{Node, NodeEnum};

fn strings(nodes: &[Node]) -> Vec<&str> {
    let text = |node| match node {
        &Node { node: Some(NodeEnum::String(ref string)) } => string.sval.as_str(),
        _ => "",
    };
    nodes.iter().map(text).collect()
}

fn split_name<'a>(parts: &[&'a str]) -> (Option<&'a str>, &'a str) {
    match parts {
        [.., schema, name] => (Some(schema), name),
        [name] => (None, name),
        [] => (None, ""),
    }
}
