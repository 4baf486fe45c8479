//! The expressions directly below an expression, for walks that care for some nodes only.

use super::ast::{JsonValueExpr, Node, NodeEnum, WindowDef, node};

/// Calls `visit` with each node directly below `node`. Queries below (`SubLink`'s) are among them; range-table
/// entries and statements are not descended into.
pub fn children<'a>(node: &'a NodeEnum, visit: &mut dyn FnMut(&'a Node)) {
    macro_rules! one {
        ($($option:expr),*) => {{ $( if let Some(child) = &$option { visit(child); } )* }};
    }
    macro_rules! many {
        ($($list:expr),*) => {{ $( for child in &$list { visit(child); } )* }};
    }
    fn value<'a>(value: &'a JsonValueExpr, visit: &mut dyn FnMut(&'a Node)) {
        for child in [&value.raw_expr, &value.formatted_expr].into_iter().flatten() {
            visit(child);
        }
    }
    macro_rules! values {
        ($($option:expr),*) => {{ $( if let Some(child) = &$option { value(child, visit); } )* }};
    }
    match node {
        node::Node::AExpr(e) => one!(e.lexpr, e.rexpr),
        node::Node::BoolExpr(e) => many!(e.args),
        node::Node::FuncCall(e) => {
            many!(e.args, e.agg_order);
            one!(e.agg_filter);
            if let Some(over) = &e.over {
                window(over, visit);
            }
        }
        node::Node::WindowDef(e) => window(e, visit),
        node::Node::TypeCast(e) => one!(e.arg),
        node::Node::CollateClause(e) => one!(e.arg),
        node::Node::CaseExpr(e) => {
            one!(e.arg);
            many!(e.args);
            one!(e.defresult);
        }
        node::Node::CaseWhen(e) => one!(e.expr, e.result),
        node::Node::CoalesceExpr(e) => many!(e.args),
        node::Node::MinMaxExpr(e) => many!(e.args),
        node::Node::NullTest(e) => one!(e.arg),
        node::Node::BooleanTest(e) => one!(e.arg),
        node::Node::SubLink(e) => one!(e.testexpr, e.subselect),
        node::Node::AIndirection(e) => {
            one!(e.arg);
            many!(e.indirection);
        }
        node::Node::AIndices(e) => one!(e.lidx, e.uidx),
        node::Node::AArrayExpr(e) => many!(e.elements),
        node::Node::RowExpr(e) => many!(e.args),
        node::Node::List(e) => many!(e.items),
        node::Node::ResTarget(e) => {
            one!(e.val);
            many!(e.indirection);
        }
        node::Node::SortBy(e) => one!(e.node),
        node::Node::GroupingFunc(e) => many!(e.args),
        node::Node::GroupingSet(e) => many!(e.content),
        node::Node::NamedArgExpr(e) => one!(e.arg),
        node::Node::MultiAssignRef(e) => one!(e.source),
        node::Node::XmlExpr(e) => many!(e.named_args, e.args),
        node::Node::XmlSerialize(e) => one!(e.expr),
        node::Node::JsonValueExpr(e) => value(e, visit),
        node::Node::JsonArrayConstructor(e) => many!(e.exprs),
        node::Node::JsonArrayQueryConstructor(e) => one!(e.query),
        node::Node::JsonObjectConstructor(e) => many!(e.exprs),
        node::Node::JsonKeyValue(e) => {
            one!(e.key);
            values!(e.value);
        }
        node::Node::JsonParseExpr(e) => values!(e.expr),
        node::Node::JsonScalarExpr(e) => one!(e.expr),
        node::Node::JsonSerializeExpr(e) => values!(e.expr),
        node::Node::JsonIsPredicate(e) => one!(e.expr),
        node::Node::JsonArgument(e) => values!(e.val),
        node::Node::JsonFuncExpr(e) => {
            values!(e.context_item);
            one!(e.pathspec);
            many!(e.passing);
        }
        node::Node::JsonObjectAgg(e) => {
            if let Some(pair) = &e.arg {
                one!(pair.key);
                values!(pair.value);
            }
            if let Some(aggregate) = &e.constructor {
                one!(aggregate.agg_filter);
                many!(aggregate.agg_order);
            }
        }
        node::Node::JsonArrayAgg(e) => {
            values!(e.arg);
            if let Some(aggregate) = &e.constructor {
                one!(aggregate.agg_filter);
                many!(aggregate.agg_order);
            }
        }
        _ => {}
    }
}

fn window<'a>(window: &'a WindowDef, visit: &mut dyn FnMut(&'a Node)) {
    for child in window.partition_clause.iter().chain(&window.order_clause) {
        visit(child);
    }
    for child in [&window.start_offset, &window.end_offset].into_iter().flatten() {
        visit(child);
    }
}
