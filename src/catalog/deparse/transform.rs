//! From a parse tree to an analysed expression: names, literals, operators, casts (parse_expr.c).

use crate::syntax::ast::{
    self, BoolExprType, BoolTestType, Node, NodeEnum, NullTestType, SubLinkType, a_const::Val,
};

use super::super::apply::resolve_type;
use super::super::quote;
use super::super::types::TypeRef;
use super::call::{func_call, value_function};
use super::coerce::{Context, coerce, common_type, field_type, is_unknown_literal};
use super::operator::{a_expr, op};
use super::{Expr, Kind, Scope};

pub(super) fn new(ty: TypeRef, kind: Kind) -> Expr {
    Expr { ty, kind }
}

pub(super) fn builtin(name: &str, kind: Kind) -> Expr {
    new(TypeRef::builtin(name), kind)
}

pub(super) fn raw(text: impl Into<String>) -> Expr {
    new(TypeRef::Unknown, Kind::Raw(text.into()))
}

pub(super) fn text_of(node: &Node) -> &str {
    match &node.node {
        Some(NodeEnum::String(text)) => &text.sval,
        _ => "",
    }
}

pub(super) fn elements(node: &Node) -> &[Node] {
    match &node.node {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

pub(super) fn transform(scope: &Scope, node: &Node) -> Expr {
    use NodeEnum::*;
    let Some(node) = &node.node else { return raw("") };
    match node {
        AConst(constant) => literal(constant),
        ColumnRef(column) => column_ref(scope, column),
        AExpr(expression) => a_expr(scope, expression),
        BoolExpr(expression) => {
            let args = expression.args.iter().map(|arg| boolean(scope, arg)).collect();
            let kind = match expression.boolop() {
                BoolExprType::OrExpr => Kind::Or(args),
                BoolExprType::NotExpr => match args.into_iter().next() {
                    Some(arg) => Kind::Not(Box::new(arg)),
                    None => return raw(""),
                },
                _ => Kind::And(args),
            };
            builtin("bool", kind)
        }
        NullTest(test) => {
            let word = if test.nulltesttype() == NullTestType::IsNotNull { "IS NOT NULL" } else { "IS NULL" };
            let arg = optional(scope, test.arg.as_deref());
            let arg = known(scope, arg);
            builtin("bool", Kind::Test { arg: Box::new(arg), test: word })
        }
        BooleanTest(test) => {
            let word = match test.booltesttype() {
                BoolTestType::IsNotTrue => "IS NOT TRUE",
                BoolTestType::IsFalse => "IS FALSE",
                BoolTestType::IsNotFalse => "IS NOT FALSE",
                BoolTestType::IsUnknown => "IS UNKNOWN",
                BoolTestType::IsNotUnknown => "IS NOT UNKNOWN",
                _ => "IS TRUE",
            };
            let arg = test.arg.as_ref().map_or_else(|| raw(""), |arg| boolean(scope, arg));
            builtin("bool", Kind::Test { arg: Box::new(arg), test: word })
        }
        TypeCast(cast) => {
            let arg = optional(scope, cast.arg.as_deref());
            let Some(name) = &cast.type_name else { return arg };
            match resolve_type(scope.catalog, name) {
                TypeRef::Unknown => {
                    let parts: Vec<std::string::String> =
                        name.names.iter().map(|part| quote::identifier(text_of(part))).collect();
                    let array = if name.array_bounds.is_empty() { "" } else { "[]" };
                    let text = super::print::print(&arg);
                    let text = if is_unknown_literal(&arg.ty) { text } else { format!("({text})") };
                    raw(format!("{text}::{}{array}", parts.join(".")))
                }
                ty => coerce(scope.catalog, arg, &ty, Context::Explicit),
            }
        }
        FuncCall(call) => func_call(scope, call),
        CaseExpr(case) => case_expr(scope, case),
        CoalesceExpr(coalesce) => common_list(scope, "COALESCE", &coalesce.args),
        MinMaxExpr(expression) => {
            let head = if expression.op() == ast::MinMaxOp::IsLeast { "LEAST" } else { "GREATEST" };
            common_list(scope, head, &expression.args)
        }
        AArrayExpr(array) => array_expr(scope, &array.elements),
        RowExpr(row) => {
            let args = row.args.iter().map(|arg| known(scope, transform(scope, arg))).collect();
            builtin("record", Kind::List { head: "ROW", args })
        }
        SqlvalueFunction(function) => value_function(function),
        CollateClause(collate) => {
            let arg = known(scope, optional(scope, collate.arg.as_deref()));
            let name = collate.collname.last().map_or("", text_of);
            new(arg.ty.clone(), Kind::Collate { arg: Box::new(arg), name: quote::identifier(name) })
        }
        AIndirection(access) => indirection(scope, access),
        NamedArgExpr(named) => {
            let arg = known(scope, optional(scope, named.arg.as_deref()));
            let text = super::print::print(&arg);
            new(arg.ty, Kind::Raw(format!("{} => {text}", quote::identifier(&named.name))))
        }
        SubLink(link) => sub_link(scope, link),
        ParamRef(param) => raw(format!("${}", param.number)),
        SetToDefault(_) => raw("DEFAULT"),
        GroupingFunc(_) => builtin("int4", Kind::Raw("GROUPING()".into())),
        XmlExpr(_) => builtin("xml", Kind::Raw("XML".into())),
        JsonObjectConstructor(_) | JsonArrayConstructor(_) | JsonScalarExpr(_) | JsonParseExpr(_) => {
            builtin("json", Kind::Raw("JSON".into()))
        }
        XmlSerialize(serialize) => {
            let ty = serialize.type_name.as_ref().map(|ty| resolve_type(scope.catalog, ty));
            new(ty.unwrap_or(TypeRef::Unknown), Kind::Raw("XMLSERIALIZE".into()))
        }
        JsonIsPredicate(_) => builtin("bool", Kind::Raw("JSON".into())),
        _ => raw(""),
    }
}

pub(super) fn optional(scope: &Scope, node: Option<&Node>) -> Expr {
    node.map_or_else(|| raw(""), |node| transform(scope, node))
}

/// A literal that nothing gives a type is text.
pub(super) fn known(scope: &Scope, expr: Expr) -> Expr {
    if is_unknown_literal(&expr.ty) {
        coerce(scope.catalog, expr, &TypeRef::builtin("text"), Context::Implicit)
    } else {
        expr
    }
}

fn boolean(scope: &Scope, node: &Node) -> Expr {
    coerce(scope.catalog, transform(scope, node), &TypeRef::builtin("bool"), Context::Implicit)
}

fn literal(constant: &ast::AConst) -> Expr {
    if constant.isnull {
        return builtin("unknown", Kind::Const(None));
    }
    let (ty, text) = match &constant.val {
        Some(Val::Ival(number)) => ("int4", number.ival.to_string()),
        Some(Val::Fval(number)) => {
            let text = number.fval.replace('_', "");
            if text.parse::<i64>().is_ok() { ("int8", text) } else { ("numeric", text) }
        }
        Some(Val::Boolval(value)) => ("bool", value.boolval.to_string()),
        Some(Val::Bsval(bits)) => ("bit", bits.bsval.trim_start_matches(['b', 'x']).to_owned()),
        Some(Val::Sval(text)) => ("unknown", text.sval.clone()),
        // An integer of zero is sent as nothing at all.
        None => ("int4", "0".into()),
    };
    let text = if ty == "numeric" && text.starts_with('.') { format!("0{text}") } else { text };
    builtin(ty, Kind::Const(Some(text)))
}

fn column_ref(scope: &Scope, column: &ast::ColumnRef) -> Expr {
    let parts: Vec<&str> = column.fields.iter().map(text_of).collect();
    if let (true, ["value"]) = (scope.value, parts.as_slice()) {
        let ty = scope.column(None, "value").unwrap_or(TypeRef::Unknown);
        return new(ty, Kind::Column("VALUE".into()));
    }
    let (table, name) = match parts.as_slice() {
        [name] => (None, *name),
        [.., table, name] => (Some(*table), *name),
        [] => return raw(""),
    };
    let ty = match scope.column(table, name) {
        Some(ty) => ty,
        None => match name {
            "tableoid" => TypeRef::builtin("oid"),
            "ctid" => TypeRef::builtin("tid"),
            _ => {
                if table.is_none() && !name.is_empty() && !super::is_system_column(name) {
                    scope.missing.borrow_mut().push((name.into(), column.location));
                }
                TypeRef::Unknown
            }
        },
    };
    let text = if name.is_empty() { "*".into() } else { quote::identifier(name) };
    match table {
        Some(table) if scope.qualified => {
            new(ty, Kind::Column(format!("{}.{text}", quote::identifier(table))))
        }
        _ => new(ty, Kind::Column(text)),
    }
}

fn array_expr(scope: &Scope, nodes: &[Node]) -> Expr {
    let items: Vec<Expr> = nodes.iter().map(|node| transform(scope, node)).collect();
    let types: Vec<TypeRef> = items.iter().map(|item| item.ty.clone()).collect();
    match common_type(scope.catalog, &types) {
        Some(common) => {
            let common = common.without_modifier();
            let ty = if common.element().is_some() { common.clone() } else { common.array_of() };
            // An array whose literals are all untyped takes the type of a cast around it, so they keep their text.
            let items = items.into_iter().map(|item| coerce(scope.catalog, item, &common, Context::Implicit));
            new(ty, Kind::Array(items.collect()))
        }
        None => new(TypeRef::Unknown, Kind::Array(items)),
    }
}

fn common_list(scope: &Scope, head: &'static str, nodes: &[Node]) -> Expr {
    let args: Vec<Expr> = nodes.iter().map(|node| transform(scope, node)).collect();
    let types: Vec<TypeRef> = args.iter().map(|arg| arg.ty.clone()).collect();
    match common_type(scope.catalog, &types) {
        Some(common) => {
            let bare = common.without_modifier();
            let args =
                args.into_iter().map(|arg| coerce(scope.catalog, arg, &bare, Context::Implicit)).collect();
            new(common, Kind::List { head, args })
        }
        None => {
            let args = args.into_iter().map(|arg| known(scope, arg)).collect();
            new(TypeRef::Unknown, Kind::List { head, args })
        }
    }
}

fn case_expr(scope: &Scope, case: &ast::CaseExpr) -> Expr {
    let catalog = scope.catalog;
    let arg = case.arg.as_ref().map(|arg| known(scope, transform(scope, arg)));
    let mut conditions = Vec::new();
    let mut results = Vec::new();
    for node in &case.args {
        let Some(NodeEnum::CaseWhen(when)) = &node.node else { continue };
        let condition = optional(scope, when.expr.as_deref());
        conditions.push(match &arg {
            // Only the right-hand side of `arg = value` is printed.
            Some(arg) => match op(scope, "=", Some(arg.clone()), condition).kind {
                Kind::Op { right, .. } => *right,
                _ => raw(""),
            },
            None => coerce(catalog, condition, &TypeRef::builtin("bool"), Context::Implicit),
        });
        results.push(optional(scope, when.result.as_deref()));
    }
    let default = match &case.defresult {
        Some(default) => transform(scope, default),
        None => builtin("unknown", Kind::Const(None)),
    };
    let types: Vec<TypeRef> = std::iter::once(&default).chain(&results).map(|expr| expr.ty.clone()).collect();
    let common = common_type(catalog, &types);
    let fit = |expr: Expr| match &common {
        Some(common) => coerce(catalog, expr, &common.without_modifier(), Context::Implicit),
        None => known(scope, expr),
    };
    let whens = conditions.into_iter().zip(results).map(|(when, then)| (when, fit(then))).collect();
    let default = Box::new(fit(default));
    new(common.unwrap_or(TypeRef::Unknown), Kind::Case { arg: arg.map(Box::new), whens, default })
}

fn indirection(scope: &Scope, access: &ast::AIndirection) -> Expr {
    let mut expr = optional(scope, access.arg.as_deref());
    let mut subscripts = Vec::new();
    let close = |expr: Expr, subscripts: &mut Vec<(Option<Expr>, Option<Expr>, bool)>| {
        if subscripts.is_empty() {
            return expr;
        }
        let slice = subscripts.iter().any(|(_, _, slice)| *slice);
        let ty = match (slice, expr.ty.element()) {
            (true, _) => expr.ty.clone(),
            (false, Some(element)) => element,
            (false, None) if expr.ty.is_builtin("jsonb") => expr.ty.clone(),
            (false, None) => TypeRef::Unknown,
        };
        new(ty, Kind::Subscript { arg: Box::new(expr), subscripts: std::mem::take(subscripts) })
    };
    for part in &access.indirection {
        match &part.node {
            Some(NodeEnum::AIndices(indices)) => {
                let bound = |node: &Option<Box<Node>>| {
                    node.as_ref().map(|node| {
                        let ty = if expr.ty.is_builtin("jsonb") { "text" } else { "int4" };
                        coerce(
                            scope.catalog,
                            transform(scope, node),
                            &TypeRef::builtin(ty),
                            Context::Implicit,
                        )
                    })
                };
                let part = (bound(&indices.lidx), bound(&indices.uidx), indices.is_slice);
                subscripts.push(part);
            }
            Some(NodeEnum::String(field)) => {
                expr = close(expr, &mut subscripts);
                let ty = field_type(scope.catalog, &expr.ty, &field.sval);
                expr = new(ty, Kind::Field { arg: Box::new(expr), name: field.sval.clone() });
            }
            _ => {}
        }
    }
    close(expr, &mut subscripts)
}

fn sub_link(scope: &Scope, link: &ast::SubLink) -> Expr {
    let body = link.subselect.as_ref().and_then(|body| body.node.as_ref());
    let output = || body.map(|body| super::query::query(scope, body)).unwrap_or_default();
    let first = |output: super::query::Output| match output.columns.into_iter().next() {
        Some((_, ty)) if ty.is_builtin("unknown") => TypeRef::builtin("text"),
        Some((_, ty)) => ty,
        None => TypeRef::Unknown,
    };
    let ty = match link.sub_link_type() {
        SubLinkType::ExprSublink => first(output()),
        SubLinkType::ArraySublink => first(output()).array_of(),
        SubLinkType::ExistsSublink | SubLinkType::AnySublink | SubLinkType::AllSublink => {
            TypeRef::builtin("bool")
        }
        _ => TypeRef::Unknown,
    };
    new(ty, Kind::Raw("(SELECT)".into()))
}
