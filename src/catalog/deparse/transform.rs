//! From a parse tree to an analysed expression: names, literals, operators, casts (parse_expr.c).

use crate::syntax::ast::{
    self, AExpr, AExprKind, BoolExprType, BoolTestType, CoercionForm, Node, NodeEnum, NullTestType,
    SqlValueFunctionOp, SubLinkType, a_const::Val,
};

use super::super::apply::resolve_type;
use super::super::quote;
use super::super::types::TypeRef;
use super::coerce::{Context, coerce, common_type, field_type, is_unknown_literal};
use super::resolve;
use super::{Expr, Kind, Piece, Scope};

fn new(ty: TypeRef, kind: Kind) -> Expr {
    Expr { ty, kind }
}

fn builtin(name: &str, kind: Kind) -> Expr {
    new(TypeRef::builtin(name), kind)
}

fn raw(text: impl Into<String>) -> Expr {
    new(TypeRef::Unknown, Kind::Raw(text.into()))
}

fn text_of(node: &Node) -> &str {
    match &node.node {
        Some(NodeEnum::String(text)) => &text.sval,
        _ => "",
    }
}

fn elements(node: &Node) -> &[Node] {
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

fn optional(scope: &Scope, node: Option<&Node>) -> Expr {
    node.map_or_else(|| raw(""), |node| transform(scope, node))
}

/// A literal that nothing gives a type is text.
fn known(scope: &Scope, expr: Expr) -> Expr {
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
            _ => TypeRef::Unknown,
        },
    };
    let text = if name.is_empty() { "*".into() } else { quote::identifier(name) };
    new(ty, Kind::Column(text))
}

fn a_expr(scope: &Scope, expression: &AExpr) -> Expr {
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
fn op(scope: &Scope, name: &str, left: Option<Expr>, right: Expr) -> Expr {
    let catalog = scope.catalog;
    let found = resolve::operator(catalog, name, left.as_ref().map(|left| &left.ty), &right.ty);
    let comparison =
        matches!(name, "=" | "<>" | "<" | ">" | "<=" | ">=" | "~~" | "~" | "!~~" | "~~*" | "!~~*");
    let (left, right, result) = match found {
        Some(found) => {
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
    new(result, Kind::Op { name: name.into(), left: left.map(Box::new), right: Box::new(right) })
}

fn in_list(scope: &Scope, name: &str, left_node: Option<&Node>, items: &[Node]) -> Expr {
    let not = name == "<>";
    let left = || optional(scope, left_node);
    if matches!(left().kind, Kind::List { .. }) {
        let args = items.iter().map(|item| row_comparison(scope, name, left_node, Some(item))).collect();
        return builtin("bool", if not { Kind::And(args) } else { Kind::Or(args) });
    }
    // Constants make an array, when there are several; what has columns is compared one by one.
    let before = scope.used.take();
    let mut exprs = Vec::new();
    let mut all_used = before;
    for item in items {
        let expr = transform(scope, item);
        let used = scope.used.take();
        exprs.push((expr, !used.is_empty()));
        all_used.extend(used);
    }
    scope.used.replace(Vec::new());
    let _ = left();
    let mut order = scope.used.take();
    order.extend(all_used);
    let mut seen = Vec::new();
    order.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
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
    scope.used.replace(order);
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

fn value_function(function: &ast::SqlValueFunction) -> Expr {
    use SqlValueFunctionOp::*;
    let (word, ty) = match function.op() {
        SvfopCurrentDate => ("CURRENT_DATE", "date"),
        SvfopCurrentTime | SvfopCurrentTimeN => ("CURRENT_TIME", "timetz"),
        SvfopCurrentTimestamp | SvfopCurrentTimestampN => ("CURRENT_TIMESTAMP", "timestamptz"),
        SvfopLocaltime | SvfopLocaltimeN => ("LOCALTIME", "time"),
        SvfopLocaltimestamp | SvfopLocaltimestampN => ("LOCALTIMESTAMP", "timestamp"),
        SvfopCurrentRole => ("CURRENT_ROLE", "name"),
        SvfopCurrentUser => ("CURRENT_USER", "name"),
        SvfopUser => ("USER", "name"),
        SvfopSessionUser => ("SESSION_USER", "name"),
        SvfopCurrentCatalog => ("CURRENT_CATALOG", "name"),
        SvfopCurrentSchema => ("CURRENT_SCHEMA", "name"),
        SqlvalueFunctionOpUndefined => return raw(""),
    };
    let counted = matches!(
        function.op(),
        SvfopCurrentTimeN | SvfopCurrentTimestampN | SvfopLocaltimeN | SvfopLocaltimestampN
    );
    let text = if counted { format!("{word}({})", function.typmod) } else { word.to_owned() };
    builtin(ty, Kind::Keyword(text))
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

fn func_call(scope: &Scope, call: &ast::FuncCall) -> Expr {
    let catalog = scope.catalog;
    let parts: Vec<&str> = call.funcname.iter().map(text_of).collect();
    let (schema, name) = match parts.as_slice() {
        [name] => (None, *name),
        [.., schema, name] => (Some(*schema), *name),
        [] => return raw(""),
    };
    let args: Vec<Expr> = call.args.iter().map(|arg| transform(scope, arg)).collect();
    let types: Vec<TypeRef> = args.iter().map(|arg| arg.ty.clone()).collect();
    let named = call.args.iter().any(|arg| matches!(arg.node, Some(NodeEnum::NamedArgExpr(_))));
    let found =
        if named || call.func_variadic { None } else { resolve::function(catalog, schema, name, &types) };
    let result = match (&found, resolve::only_result(catalog, schema, name)) {
        (Some(found), _) => found.result.clone(),
        (None, Some(only)) => only,
        (None, None) => TypeRef::Unknown,
    };
    let any = |ty: &TypeRef| ty.is_builtin("any");
    let args: Vec<Expr> = match &found {
        Some(found) => (args.into_iter().zip(&found.inputs))
            .map(|(arg, ty)| match any(ty) {
                true => arg,
                false if *ty == TypeRef::Unknown => known(scope, arg),
                false => coerce(catalog, arg, ty, Context::Implicit),
            })
            .collect(),
        None => args.into_iter().map(|arg| known(scope, arg)).collect(),
    };
    if call.funcformat() == CoercionForm::CoerceSqlSyntax
        && let Some(pieces) = syntax(name, &args)
    {
        return new(result, Kind::Syntax(pieces));
    }
    let printed = match found.and_then(|found| found.name) {
        Some(name) => name,
        None => match schema {
            Some(schema) => super::relation_text(schema, name),
            None => quote::identifier(name),
        },
    };
    new(result, Kind::Call { name: printed, args, variadic: call.func_variadic })
}

/// Functions that are printed in the syntax that they were written in (get_func_sql_syntax).
fn syntax(name: &str, args: &[Expr]) -> Option<Vec<Piece>> {
    let text = |text: &str| Piece::Text(text.into());
    let arg = |n: usize| args.get(n).cloned().map(Piece::Arg);
    Some(match (name, args.len()) {
        ("timezone", 2) => vec![text("("), arg(1)?, text(" AT TIME ZONE "), arg(0)?, text(")")],
        ("timezone", 1) => vec![text("("), arg(0)?, text(" AT LOCAL)")],
        ("extract", 2) => {
            let Kind::Const(Some(field)) = &args[0].kind else { return None };
            vec![text(&format!("EXTRACT({field} FROM ")), arg(1)?, text(")")]
        }
        ("position", 2) => vec![text("POSITION(("), arg(1)?, text(") IN ("), arg(0)?, text("))")],
        ("overlaps", 4) => {
            vec![
                text("(("),
                arg(0)?,
                text(", "),
                arg(1)?,
                text(") OVERLAPS ("),
                arg(2)?,
                text(", "),
                arg(3)?,
                text("))"),
            ]
        }
        ("btrim" | "ltrim" | "rtrim", count @ (1 | 2)) => {
            let side = match name {
                "btrim" => "BOTH",
                "ltrim" => "LEADING",
                _ => "TRAILING",
            };
            let mut pieces = vec![text(&format!("TRIM({side}"))];
            if count == 2 {
                pieces.extend([text(" "), arg(1)?]);
            }
            pieces.extend([text(" FROM "), arg(0)?, text(")")]);
            pieces
        }
        // With a pattern instead of numbers it is a call like any other.
        ("substring", count @ (2 | 3)) if args[1].ty.is_builtin("int4") => {
            let mut pieces = vec![text("SUBSTRING("), arg(0)?, text(" FROM "), arg(1)?];
            if count == 3 {
                pieces.extend([text(" FOR "), arg(2)?]);
            }
            pieces.push(text(")"));
            pieces
        }
        ("overlay", count @ (3 | 4)) => {
            let mut pieces =
                vec![text("OVERLAY("), arg(0)?, text(" PLACING "), arg(1)?, text(" FROM "), arg(2)?];
            if count == 4 {
                pieces.extend([text(" FOR "), arg(3)?]);
            }
            pieces.push(text(")"));
            pieces
        }
        ("pg_collation_for", 1) => vec![text("COLLATION FOR ("), arg(0)?, text(")")],
        _ => return None,
    })
}
