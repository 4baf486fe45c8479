//! Hover on what PostgreSQL itself brings and the tree alone tells: operators, types, settings.

use super::Hover;
use crate::catalog::builtin::{BuiltinFunction, BuiltinOperator, facts};
use crate::ide::written::Written;
use crate::ide::{At, View, describe};
use crate::syntax::ast::NodeEnum;
use crate::syntax::cst::{Element, NodeId};
use crate::syntax::grammar::{self, ParseMode};
use crate::text::Span;

pub(super) fn hover(view: &View, at: &At, offset: usize) -> Option<Hover> {
    let start = at.placed.span().start;
    let written = Written::new(view.script, &at.placed);
    let terminal = written.tree.terminal_at(offset.checked_sub(start)?)?;
    let major = view.version / 10_000;
    let found = |span: Span, markdown| Hover { span: span.shift(start), markdown };
    let node = |names: &[&str]| {
        written.tree.ancestors(terminal).find(|node| names.contains(&written.tree.name(*node)))
    };
    if let Some(node) = node(&["var_name"]) {
        let span = written.tree.span(Element::Node(node));
        let setting = facts().setting(written.slice(span), major)?;
        return Some(found(span, describe::setting(setting)));
    }
    if let Some(node) = node(&["SimpleTypename"]) {
        let span = written.tree.span(Element::Node(node));
        let name = type_name(written.slice(span))?;
        if at.catalog.user_type(None, &name).is_some() {
            return None;
        }
        let ty = facts().ty(&name).filter(|ty| !ty.description.is_empty())?;
        return Some(found(span, format!("```sql\n{}\n```\n\n{}", ty.text, ty.description)));
    }
    let owner = written.tree.owner(terminal)?;
    let span = written.tree.terminal(terminal).span;
    if !matches!(written.tree.name(owner), "a_expr" | "b_expr" | "qual_Op" | "all_Op" | "MathOp") {
        return None;
    }
    let name = match written.slice(span) {
        "!=" => "<>",
        name => name,
    };
    let prefix = is_prefix(&written, owner, terminal);
    let overloads: Vec<&BuiltinOperator> = (facts().operators.named_in_any(name).iter())
        .filter(|operator| operator.versions.contain(major) && operator.left.is_none() == prefix)
        .collect();
    (!overloads.is_empty()).then(|| found(span, describe::operators(&overloads)))
}

/// The overloads of a function that a version has, or that the newest one has.
pub(super) fn routines(name: &str, major: u32) -> String {
    let mut overloads: Vec<&BuiltinFunction> = (facts().functions.named_in_any(name).iter())
        .filter(|function| function.versions.contain(major) && function.is_callable())
        .collect();
    if overloads.is_empty() {
        overloads.extend(facts().callable(name));
    }
    describe::builtin_routines(&overloads)
}

/// Whether an operator has no left operand.
fn is_prefix(written: &Written, owner: NodeId, terminal: u32) -> bool {
    // It may be wrapped, but begins an expression with itself.
    std::iter::successors(Some(owner), |node| written.tree.parent(*node))
        .find(|node| matches!(written.tree.name(*node), "a_expr" | "b_expr"))
        .is_some_and(|expression| {
            let start = written.tree.span(Element::Node(expression)).start;
            start == written.tree.terminal(terminal).span.start
        })
}

/// `pg_type.typname` of a type as it is written; `None` with a schema that is not pg_catalog.
fn type_name(text: &str) -> Option<String> {
    // The parser's mode for types checks them, but its tree has none.
    let tree = grammar::parse(&format!("select null::{text}"), ParseMode::Statements).ok()?;
    let Some(NodeEnum::SelectStmt(select)) = &tree.stmts.first()?.stmt.as_ref()?.node else { return None };
    let Some(NodeEnum::ResTarget(target)) = &select.target_list.first()?.node else { return None };
    let Some(NodeEnum::TypeCast(cast)) = &target.val.as_ref()?.node else { return None };
    let name = cast.type_name.as_ref()?;
    let names: Vec<&str> = (name.names.iter())
        .filter_map(|node| match &node.node {
            Some(NodeEnum::String(text)) => Some(text.sval.as_str()),
            _ => None,
        })
        .collect();
    match names[..] {
        [name] | ["pg_catalog", name] => Some(name.to_owned()),
        _ => None,
    }
}
