//! Operators: what BETWEEN, IN, ANY and their like come to, and the casts of their operands.

use crate::syntax::ast::{AExpr, AExprKind, Node, NodeEnum};

use super::super::quote;
use super::super::types::TypeRef;
use super::coerce::{Context, coerce, common_type, is_unknown_literal};
use super::transform::{builtin, elements, known, new, optional, raw, text_of, transform};
use super::{Expr, Kind, Scope, resolve};

pub(super) fn a_expr(scope: &Scope, expression: &AExpr) -> Expr {
    let name = expression.name.last().map_or("", text_of);
    let schema = (expression.name.len() > 1).then(|| text_of(&expression.name[0]));
    let left_node = expression.lexpr.as_deref();
    let right_node = expression.rexpr.as_deref();
    let right_items = || right_node.map(elements).unwrap_or_default();
    match expression.kind() {
        AExprKind::AexprIn => in_list(scope, name, left_node, right_items()),
        AExprKind::AexprBetween | AExprKind::AexprNotBetween => {
            let [low, high] = right_items() else { return raw("") };
            let arg = || optional(scope, left_node);
            let (first, second, both) = match expression.kind() {
                AExprKind::AexprBetween => (">=", "<=", true),
                _ => ("<", ">", false),
            };
            let one = op(scope, first, Some(arg()), transform(scope, low));
            let two = op(scope, second, Some(arg()), transform(scope, high));
            let args = vec![one, two];
            builtin("bool", if both { Kind::And(args) } else { Kind::Or(args) })
        }
        AExprKind::AexprOpAny | AExprKind::AexprOpAll => {
            let all = expression.kind() == AExprKind::AexprOpAll;
            any_op(scope, name, all, optional(scope, left_node), optional(scope, right_node))
        }
        AExprKind::AexprDistinct | AExprKind::AexprNotDistinct => {
            let (left, right) = (optional(scope, left_node), optional(scope, right_node));
            let found = op(scope, "=", Some(left), right);
            let Kind::Op { left: Some(left), right, .. } = found.kind else { return raw("") };
            let distinct = builtin("bool", Kind::Distinct { left, right });
            match expression.kind() {
                AExprKind::AexprDistinct => distinct,
                _ => builtin("bool", Kind::Not(Box::new(distinct))),
            }
        }
        AExprKind::AexprNullif => {
            let (left, right) = (optional(scope, left_node), optional(scope, right_node));
            let found = op(scope, "=", Some(left), right);
            let Kind::Op { left: Some(left), right, .. } = found.kind else { return raw("") };
            new(left.ty.clone(), Kind::List { head: "NULLIF", args: vec![*left, *right] })
        }
        AExprKind::AexprSimilar => {
            // The pattern is a call of similar_to_escape, which the grammar put there.
            op(scope, name, left_node.map(|node| transform(scope, node)), optional(scope, right_node))
        }
        AExprKind::AexprOp
            if matches!(right_node.and_then(|n| n.node.as_ref()), Some(NodeEnum::RowExpr(_))) =>
        {
            row_comparison(scope, name, left_node, right_node)
        }
        _ => {
            let left = left_node.map(|node| transform(scope, node));
            let mut found = op(scope, name, left, optional(scope, right_node));
            if let (Some(schema), Kind::Op { name, .. }) =
                (schema.filter(|s| *s != "pg_catalog"), &mut found.kind)
                && schema != "public"
            {
                *name = format!("OPERATOR({}.{name})", quote::identifier(schema));
            }
            found
        }
    }
}

fn row_comparison(scope: &Scope, name: &str, left: Option<&Node>, right: Option<&Node>) -> Expr {
    let args = |node: Option<&Node>| match node.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::RowExpr(row)) => row.args.clone(),
        _ => Vec::new(),
    };
    let pairs: Vec<Expr> = (args(left).iter().zip(&args(right)))
        .map(|(left, right)| op(scope, name, Some(transform(scope, left)), transform(scope, right)))
        .collect();
    match name {
        "=" => builtin("bool", Kind::And(pairs)),
        "<>" => builtin("bool", Kind::Or(pairs)),
        _ => {
            let mut sides = (Vec::new(), Vec::new());
            for pair in pairs {
                if let Kind::Op { left: Some(left), right, .. } = pair.kind {
                    sides.0.push(*left);
                    sides.1.push(*right);
                }
            }
            let row = |args| Box::new(builtin("record", Kind::List { head: "ROW", args }));
            builtin("bool", Kind::Op { name: name.into(), left: Some(row(sides.0)), right: row(sides.1) })
        }
    }
}

/// An operator with its operands as the operator takes them.
pub(super) fn op(scope: &Scope, name: &str, left: Option<Expr>, right: Expr) -> Expr {
    let catalog = scope.catalog;
    let found = resolve::operator(catalog, name, left.as_ref().map(|left| &left.ty), &right.ty);
    let comparison =
        matches!(name, "=" | "<>" | "<" | ">" | "<=" | ">=" | "~~" | "~" | "!~~" | "~~*" | "!~~*");
    let mut printed = name.to_owned();
    let (left, right, result) = match found {
        Some(found) => {
            if let Some(name) = found.name {
                printed = name;
            }
            let mut inputs = found.inputs.into_iter();
            let left = left.map(|left| {
                let ty = inputs.next().unwrap_or(TypeRef::Unknown);
                coerce(catalog, left, &ty, Context::Implicit)
            });
            let ty = inputs.next().unwrap_or(TypeRef::Unknown);
            (left, coerce(catalog, right, &ty, Context::Implicit), found.result)
        }
        None => {
            // An extension's operator: both sides are most likely of one type.
            let other = |ty: Option<TypeRef>| match ty {
                Some(ty @ TypeRef::Named { .. }) if comparison && !is_unknown_literal(&ty) => {
                    ty.without_modifier()
                }
                _ => TypeRef::builtin("text"),
            };
            let (left_ty, right_ty) = (left.as_ref().map(|left| left.ty.clone()), right.ty.clone());
            let fit = |expr: Expr, ty: TypeRef| match is_unknown_literal(&expr.ty) {
                true => coerce(catalog, expr, &ty, Context::Implicit),
                false => expr,
            };
            let left = left.map(|left| fit(left, other(Some(right_ty))));
            let right = fit(right, other(left_ty));
            let result = if comparison { TypeRef::builtin("bool") } else { TypeRef::Unknown };
            (left, right, result)
        }
    };
    new(result, Kind::Op { name: printed, left: left.map(Box::new), right: Box::new(right) })
}

fn in_list(scope: &Scope, name: &str, left_node: Option<&Node>, items: &[Node]) -> Expr {
    let not = name == "<>";
    let left = || optional(scope, left_node);
    if matches!(left().kind, Kind::List { .. }) {
        let args = items.iter().map(|item| row_comparison(scope, name, left_node, Some(item))).collect();
        return builtin("bool", if not { Kind::And(args) } else { Kind::Or(args) });
    }
    // Constants make an array, when there are several; what has columns is compared one by one.
    // The columns used are counted in the order of the text, each once.
    let mut used = scope.used.take();
    let mut count = |names: Vec<_>| {
        for name in names {
            if !used.contains(&name) {
                used.push(name);
            }
        }
    };
    left();
    count(scope.used.take());
    let mut exprs = Vec::new();
    for item in items {
        let expr = transform(scope, item);
        let own = scope.used.take();
        exprs.push((expr, !own.is_empty()));
        count(own);
    }
    let mut parts = Vec::new();
    let plain: Vec<&Expr> = exprs.iter().filter(|(_, uses)| !uses).map(|(expr, _)| expr).collect();
    if plain.len() > 1 {
        let types: Vec<TypeRef> =
            [left().ty].into_iter().chain(plain.iter().map(|expr| expr.ty.clone())).collect();
        let array = match common_type(scope.catalog, &types) {
            Some(common) => {
                let common = common.without_modifier();
                let items =
                    plain.iter().map(|e| coerce(scope.catalog, (*e).clone(), &common, Context::Implicit));
                Some(new(common.array_of(), Kind::Array(items.collect())))
            }
            None if types[0] == TypeRef::Unknown => {
                let items = plain.iter().map(|expr| known(scope, (*expr).clone()));
                Some(new(TypeRef::Unknown, Kind::Array(items.collect())))
            }
            None => None,
        };
        if let Some(array) = array {
            parts.push(any_op(scope, name, not, left(), array));
            exprs.retain(|(_, uses)| *uses);
        }
    }
    for (expr, _) in exprs {
        parts.push(op(scope, name, Some(left()), expr));
    }
    scope.used.replace(used);
    // One is put to the next: `((a OR b) OR c)`.
    let join = |one: Expr, two: Expr| {
        let args = vec![one, two];
        builtin("bool", if not { Kind::And(args) } else { Kind::Or(args) })
    };
    parts.into_iter().reduce(join).unwrap_or_else(|| raw(""))
}

fn any_op(scope: &Scope, name: &str, all: bool, left: Expr, right: Expr) -> Expr {
    let catalog = scope.catalog;
    let kind = |left: Expr, right: Expr| {
        builtin("bool", Kind::AnyOp { left: Box::new(left), op: name.into(), all, right: Box::new(right) })
    };
    // An array as a string literal has the operand's type.
    let right = if is_unknown_literal(&right.ty) && left.ty != TypeRef::Unknown {
        coerce(catalog, right, &left.ty.without_modifier().array_of(), Context::Implicit)
    } else {
        right
    };
    let Some(element) = super::coerce::base_type(catalog, &right.ty).element() else {
        return kind(left, right);
    };
    match resolve::operator(catalog, name, Some(&left.ty), &element) {
        Some(found) => {
            let left = coerce(catalog, left, &found.inputs[0], Context::Implicit);
            let array = if super::coerce::is_polymorphic(&found.inputs[1]) {
                right.ty.clone()
            } else {
                found.inputs[1].array_of()
            };
            kind(left, coerce(catalog, right, &array, Context::Implicit))
        }
        None => kind(left, right),
    }
}
