//! The columns that a query puts out: their names, and their types where they are plain to see.

use crate::syntax::ast::{self, Node, NodeEnum, SelectStmt, SetOperation};

use super::super::apply::names;
use super::super::model::{Catalog, Name, Relation};
use super::super::types::TypeRef;
use super::{Item, Scope, infer};

/// A query's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub columns: Vec<(Name, TypeRef)>,
    /// There may be others: a `*` over something that is not known.
    pub unknown: bool,
}

impl Output {
    pub fn unknown() -> Output {
        Output { columns: Vec::new(), unknown: true }
    }

    fn of(relation: &Relation) -> Output {
        Output {
            columns: relation.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect(),
            unknown: relation.unknown_columns,
        }
    }
}

pub fn output(catalog: &Catalog, node: &Node) -> Output {
    node.node.as_ref().map_or_else(Output::unknown, |node| output_of(catalog, node))
}

pub fn output_of(catalog: &Catalog, node: &NodeEnum) -> Output {
    query(&Scope::new(catalog), node)
}

/// The output of a query within `outer`, whose common table expressions and tables it may name.
pub(super) fn query(outer: &Scope, node: &NodeEnum) -> Output {
    let mut output = untyped(outer, node);
    for (_, ty) in &mut output.columns {
        // A literal that nothing has given a type is text.
        if ty.is_builtin("unknown") {
            *ty = TypeRef::builtin("text");
        }
    }
    output
}

fn untyped(outer: &Scope, node: &NodeEnum) -> Output {
    match node {
        NodeEnum::SelectStmt(select) => select_output(outer, select),
        NodeEnum::InsertStmt(s) => {
            let scope = with(outer, s.with_clause.as_ref());
            returning(&scope, s.relation.as_ref(), s.returning_clause.as_ref(), &[])
        }
        NodeEnum::UpdateStmt(s) => {
            let scope = with(outer, s.with_clause.as_ref());
            returning(&scope, s.relation.as_ref(), s.returning_clause.as_ref(), &s.from_clause)
        }
        NodeEnum::DeleteStmt(s) => {
            let scope = with(outer, s.with_clause.as_ref());
            returning(&scope, s.relation.as_ref(), s.returning_clause.as_ref(), &s.using_clause)
        }
        _ => Output::unknown(),
    }
}

fn select_output(outer: &Scope, select: &SelectStmt) -> Output {
    let scope = with(outer, select.with_clause.as_ref());
    if select.op() != SetOperation::SetopNone && select.op() != SetOperation::Undefined {
        let (Some(left), Some(right)) = (&select.larg, &select.rarg) else { return Output::unknown() };
        let (left, right) = (select_output(&scope, left), select_output(&scope, right));
        let columns = (left.columns.into_iter().enumerate())
            .map(|(n, (name, ty))| {
                let other = right.columns.get(n).map_or(TypeRef::Unknown, |(_, ty)| ty.clone());
                (name, super::coerce::common_type(scope.catalog, &[ty, other]).unwrap_or(TypeRef::Unknown))
            })
            .collect();
        return Output { columns, unknown: left.unknown };
    }
    if let Some(row) = select.values_lists.first() {
        let rows: Vec<&[Node]> = select.values_lists.iter().map(items).collect();
        let columns = (0..items(row).len())
            .map(|n| {
                let types: Vec<TypeRef> = rows
                    .iter()
                    .map(|row| {
                        row.get(n).map_or(TypeRef::Unknown, |value| super::infer_untyped(&scope, value))
                    })
                    .collect();
                let ty = super::coerce::common_type(scope.catalog, &types).unwrap_or(TypeRef::Unknown);
                (format!("column{}", n + 1).into(), ty)
            })
            .collect();
        return Output { columns, unknown: false };
    }
    let mut scope = scope;
    for item in &select.from_clause {
        from_item(&mut scope, item);
    }
    targets(&scope, &select.target_list)
}

fn items(node: &Node) -> &[Node] {
    match &node.node {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

fn targets(scope: &Scope, list: &[Node]) -> Output {
    let mut output = Output::default();
    for node in list {
        let Some(NodeEnum::ResTarget(target)) = &node.node else { continue };
        let Some(value) = &target.val else { continue };
        if let Some(NodeEnum::ColumnRef(column)) = &value.node
            && let Some(Node { node: Some(NodeEnum::AStar(_)) }) = column.fields.last()
        {
            star(scope, column, &mut output);
            continue;
        }
        // `(row).*` has columns that only the row's type knows.
        if let Some(NodeEnum::AIndirection(access)) = &value.node
            && let Some(Node { node: Some(NodeEnum::AStar(_)) }) = access.indirection.last()
        {
            output.unknown = true;
            continue;
        }
        let name = match target.name.as_str() {
            "" => names::expression_name(value).unwrap_or_else(|| "?column?".into()),
            given => given.to_owned(),
        };
        output.columns.push((name.into(), super::infer_untyped(scope, value)));
    }
    output
}

/// `*` and `table.*`
fn star(scope: &Scope, column: &ast::ColumnRef, output: &mut Output) {
    let parts: Vec<&str> = (column.fields.iter())
        .filter_map(|field| match &field.node {
            Some(NodeEnum::String(part)) => Some(part.sval.as_str()),
            _ => None,
        })
        .collect();
    let mut found = false;
    for item in &scope.items {
        let wanted = match parts.as_slice() {
            [] => true,
            [.., table] => *item.name == **table,
        };
        if wanted {
            found = true;
            let hidden = |name: &Name| parts.is_empty() && item.merged.contains(name);
            output.columns.extend(item.columns.iter().filter(|(name, _)| !hidden(name)).cloned());
            output.unknown |= item.unknown;
        }
    }
    output.unknown |= !found;
}

fn with<'a>(outer: &'a Scope<'a>, clause: Option<&ast::WithClause>) -> Scope<'a> {
    let mut scope = outer.inner();
    for node in clause.into_iter().flat_map(|clause| &clause.ctes) {
        let Some(NodeEnum::CommonTableExpr(cte)) = &node.node else { continue };
        let name: Name = cte.ctename.as_str().into();
        let body = cte.ctequery.as_ref().and_then(|query| query.node.as_ref());
        if clause.is_some_and(|clause| clause.recursive)
            && let Some(NodeEnum::SelectStmt(select)) = body
            && let Some(left) = &select.larg
        {
            // A recursive query has the columns of its first part, which it may name itself.
            let first = renamed(select_output(&scope, left), &cte.aliascolnames);
            scope.ctes.push((name.clone(), first));
        }
        let mut output = body.map_or_else(Output::unknown, |body| query(&scope, body));
        output.unknown |= cte.search_clause.is_some() || cte.cycle_clause.is_some();
        scope.ctes.push((name, renamed(output, &cte.aliascolnames)));
    }
    scope
}

fn renamed(mut output: Output, names: &[Node]) -> Output {
    for (column, name) in output.columns.iter_mut().zip(names) {
        if let Some(NodeEnum::String(name)) = &name.node {
            column.0 = name.sval.as_str().into();
        }
    }
    output
}

fn aliased(output: Output, alias: Option<&ast::Alias>, default: &str) -> Item {
    let name = alias.map_or(default, |alias| alias.aliasname.as_str());
    let output = renamed(output, alias.map_or(&[], |alias| &alias.colnames[..]));
    Item { name: name.into(), columns: output.columns, unknown: output.unknown, merged: Vec::new() }
}

fn range_item(scope: &Scope, range: &ast::RangeVar) -> Item {
    let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
    let cte = schema.is_none().then(|| scope.cte(&range.relname)).flatten();
    let output = match (cte, scope.catalog.relation(schema, &range.relname)) {
        (Some(cte), _) => cte.clone(),
        (None, Some(relation)) => Output::of(relation),
        (None, None) => Output::unknown(),
    };
    aliased(output, range.alias.as_ref(), &range.relname)
}

fn from_item(scope: &mut Scope, node: &Node) {
    match &node.node {
        Some(NodeEnum::RangeVar(range)) => {
            let item = range_item(scope, range);
            scope.items.push(item);
        }
        Some(NodeEnum::RangeSubselect(sub)) => {
            let body = sub.subquery.as_ref().and_then(|query| query.node.as_ref());
            let output = body.map_or_else(Output::unknown, |body| query(scope, body));
            let item = aliased(output, sub.alias.as_ref(), "");
            scope.items.push(item);
        }
        Some(NodeEnum::JoinExpr(join)) => join_items(scope, join),
        Some(NodeEnum::RangeFunction(function)) => {
            let item = function_item(scope, function);
            scope.items.push(item);
        }
        Some(NodeEnum::RangeTableSample(sample)) => {
            if let Some(relation) = &sample.relation {
                from_item(scope, relation);
            }
        }
        _ => scope.items.push(Item { unknown: true, ..Item::default() }),
    }
}

fn join_items(scope: &mut Scope, join: &ast::JoinExpr) {
    let start = scope.items.len();
    if let Some(left) = &join.larg {
        from_item(scope, left);
    }
    let middle = scope.items.len();
    if let Some(right) = &join.rarg {
        from_item(scope, right);
    }
    let visible = |items: &[Item]| -> Vec<Name> {
        (items.iter())
            .flat_map(|item| item.columns.iter().filter(|(name, _)| !item.merged.contains(name)))
            .map(|(name, _)| name.clone())
            .collect()
    };
    let shared: Vec<Name> = if join.is_natural {
        let right = visible(&scope.items[middle..]);
        visible(&scope.items[start..middle]).into_iter().filter(|name| right.contains(name)).collect()
    } else {
        (join.using_clause.iter())
            .filter_map(|node| match &node.node {
                Some(NodeEnum::String(name)) => Some(Name::from(name.sval.as_str())),
                _ => None,
            })
            .collect()
    };
    if let Some(alias) = &join.alias {
        // The join's name hides those of its tables.
        let parts: Vec<Item> = scope.items.drain(start..).collect();
        let mut all = Output::default();
        for item in &parts {
            all.columns.extend(item.columns.iter().cloned());
            all.unknown |= item.unknown;
        }
        all.unknown |= !shared.is_empty();
        scope.items.push(aliased(all, Some(alias), ""));
        return;
    }
    if shared.is_empty() {
        return;
    }
    // Joined columns come first in `*`, once.
    let mut merged = Item::default();
    for name in &shared {
        let find = |items: &[Item]| {
            let all = items.iter().flat_map(|item| &item.columns);
            all.clone().find(|(other, _)| other == name).map(|(_, ty)| ty.clone())
        };
        let sides: Vec<TypeRef> =
            find(&scope.items[start..middle]).into_iter().chain(find(&scope.items[middle..])).collect();
        let ty = super::coerce::common_type(scope.catalog, &sides);
        merged.columns.push((name.clone(), ty.unwrap_or(TypeRef::Unknown)));
    }
    for item in &mut scope.items[start..] {
        item.merged.extend(shared.iter().cloned());
    }
    scope.items.insert(start, merged);
}

fn function_item(scope: &Scope, range: &ast::RangeFunction) -> Item {
    let call = range.functions.first().map(items).and_then(|parts| parts.first());
    let Some(call @ Node { node: Some(NodeEnum::FuncCall(function)) }) = call else {
        return Item { name: alias_name(range), unknown: true, ..Item::default() };
    };
    let called = function.funcname.last().map_or("", |name| match &name.node {
        Some(NodeEnum::String(name)) => name.sval.as_str(),
        _ => "",
    });
    let mut output = Output::default();
    if range.functions.len() > 1 {
        output.unknown = true;
    } else if !range.coldeflist.is_empty() {
        for node in &range.coldeflist {
            let Some(NodeEnum::ColumnDef(def)) = &node.node else { continue };
            let ty = def.type_name.as_ref().map(|ty| super::super::apply::resolve_type(scope.catalog, ty));
            output.columns.push((def.colname.as_str().into(), ty.unwrap_or(TypeRef::Unknown)));
        }
    } else {
        output =
            function_output(scope, function, call, range.alias.as_ref().map_or(called, |a| &a.aliasname));
    }
    if range.ordinality {
        output.columns.push(("ordinality".into(), TypeRef::builtin("int8")));
    }
    aliased(output, range.alias.as_ref(), called)
}

fn alias_name(range: &ast::RangeFunction) -> Name {
    range.alias.as_ref().map_or("", |alias| alias.aliasname.as_str()).into()
}

/// A function's columns in FROM: those of its table or row, or one by its name.
fn function_output(scope: &Scope, function: &ast::FuncCall, call: &Node, name: &str) -> Output {
    use super::super::model::ArgumentMode;
    let parts: Vec<&str> = (function.funcname.iter())
        .filter_map(|part| match &part.node {
            Some(NodeEnum::String(part)) => Some(part.sval.as_str()),
            _ => None,
        })
        .collect();
    let (schema, last) = match parts.as_slice() {
        [schema, name] => (Some(*schema), *name),
        [name] => (None, *name),
        _ => return Output::unknown(),
    };
    if let [routine, rest @ ..] = scope.catalog.routines(schema, last) {
        let outputs: Vec<(Name, TypeRef)> = (routine.arguments.iter())
            .filter(|a| matches!(a.mode, ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table))
            .map(|a| (a.name.clone().unwrap_or_else(|| "".into()), a.ty.clone()))
            .collect();
        if !rest.is_empty() || outputs.iter().any(|(name, _)| name.is_empty()) {
            return Output::unknown();
        }
        if !outputs.is_empty() {
            return Output { columns: outputs, unknown: false };
        }
    }
    let facts = super::super::builtin::facts();
    if schema.is_none_or(|schema| schema == "pg_catalog")
        && let Some(columns) = facts.output_columns(last, function.args.len())
    {
        let columns = columns.into_iter().map(|(name, ty)| (name.into(), ty)).collect();
        return Output { columns, unknown: false };
    }
    let ty = infer(scope, call);
    match &ty {
        TypeRef::Named { schema, name: ty_name, array: false, .. } => {
            if let Some(relation) = scope.catalog.relation(Some(schema), ty_name) {
                return Output::of(relation);
            }
            // Functions of pg_catalog that return rows have columns that are not known here.
            if matches!(&**ty_name, "record" | "void") {
                return Output::unknown();
            }
        }
        TypeRef::Named { .. } => {}
        TypeRef::Unknown => return Output::unknown(),
    }
    Output { columns: vec![(name.into(), ty)], unknown: false }
}

fn returning(
    scope: &Scope,
    relation: Option<&ast::RangeVar>,
    clause: Option<&ast::ReturningClause>,
    from: &[Node],
) -> Output {
    let Some(clause) = clause else { return Output::default() };
    let mut scope = scope.inner();
    if let Some(range) = relation {
        let item = range_item(&scope, range);
        scope.items.push(item);
    }
    for item in from {
        from_item(&mut scope, item);
    }
    targets(&scope, &clause.exprs)
}
