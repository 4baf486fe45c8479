//! FROM (parse_clause.c): tables, joins, subqueries, functions, and the namespace they make.

use std::sync::Arc;

use super::relation::{Opened, derived, item, unknown_item};
use super::scope::{RangeItem, Scope, ScopeColumn};
use super::statement::{Analyzer, strings};
use super::target::function_name;
use super::{Diagnostic, OutputColumn, Purpose, Reference, Slot, Symbol, closest};
use crate::catalog::model::{ArgumentMode, Name};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::syntax::ast::{Alias, JoinExpr, Node, NodeEnum, RangeFunction, RangeVar};

type Items = Vec<Arc<RangeItem>>;

impl Analyzer<'_> {
    /// Analyzes a FROM list into the current scope.
    pub(super) fn range_table(&mut self, from: &[Node]) {
        for node in from {
            let items = self.range_entry(node);
            self.scope_mut().items.extend(items);
        }
    }

    /// One entry of FROM: what it adds to the namespace.
    pub(super) fn range_entry(&mut self, node: &Node) -> Items {
        match &node.node {
            Some(NodeEnum::RangeVar(range)) => vec![Arc::new(self.range_var(range))],
            Some(NodeEnum::JoinExpr(join)) => self.join(join),
            Some(NodeEnum::RangeSubselect(sub)) => {
                // Without LATERAL a subquery sees nothing of the FROM list that it is in.
                let outputs = match (&sub.subquery, sub.lateral) {
                    (Some(query), true) => self.query(query),
                    (Some(query), false) => {
                        let hidden = std::mem::take(self.scope_mut());
                        let outputs = self.query(query);
                        *self.scope_mut() = hidden;
                        outputs
                    }
                    (None, _) => Default::default(),
                };
                let mut made = RangeItem {
                    alias: alias_name(sub.alias.as_ref()).unwrap_or("").into(),
                    unnamed: sub.alias.is_none(),
                    columns: outputs.columns.into_iter().map(scope_column).collect(),
                    unknown_columns: outputs.unknown,
                    ..RangeItem::default()
                };
                rename(&mut made, sub.alias.as_ref());
                vec![Arc::new(made)]
            }
            Some(NodeEnum::RangeFunction(function)) => vec![Arc::new(self.range_function(function))],
            Some(NodeEnum::RangeTableSample(sample)) => {
                self.exprs(&sample.args);
                self.expr_option(&sample.repeatable);
                sample.relation.as_deref().map(|relation| self.range_entry(relation)).unwrap_or_default()
            }
            Some(NodeEnum::RangeTableFunc(table)) => {
                self.expr_option(&table.docexpr);
                self.expr_option(&table.rowexpr);
                let names = table.columns.iter().filter_map(|column| match &column.node {
                    Some(NodeEnum::RangeTableFuncCol(column)) => Some(column.colname.as_str().into()),
                    _ => None,
                });
                let columns = names.map(|name| derived(name, TypeRef::Unknown)).collect();
                vec![Arc::new(table_function(table.alias.as_ref(), "xmltable", columns, false))]
            }
            Some(NodeEnum::JsonTable(table)) => {
                if let Some(context) = &table.context_item {
                    self.expr_option(&context.raw_expr);
                }
                let mut columns = Vec::new();
                json_columns(&table.columns, &mut columns);
                vec![Arc::new(table_function(table.alias.as_ref(), "json_table", columns, false))]
            }
            _ => vec![Arc::new(RangeItem { unknown_columns: true, unnamed: true, ..RangeItem::default() })],
        }
    }

    /// A name in FROM: a CTE, or else a relation.
    pub(super) fn range_var(&mut self, range: &RangeVar) -> RangeItem {
        let alias = alias_name(range.alias.as_ref());
        if range.schemaname.is_empty()
            && let Some(cte) = self.find_cte(&range.relname)
        {
            if let Some(span) = self.tokens.part(range.location, 0) {
                self.out.references.push(Reference { span, symbol: Symbol::Cte(cte.name.clone()) });
            }
            let mut made = RangeItem {
                alias: alias.map_or_else(|| cte.name.clone(), Name::from),
                columns: (*cte.columns).clone(),
                unknown_columns: cte.unknown_columns,
                ..RangeItem::default()
            };
            rename(&mut made, range.alias.as_ref());
            return made;
        }
        let mut made = match self.open(range, Purpose::Read) {
            Opened::Relation(relation) => item(&relation, alias),
            Opened::Unknown | Opened::Missing => unknown_item(alias.unwrap_or(&range.relname)),
        };
        rename(&mut made, range.alias.as_ref());
        made
    }

    fn join(&mut self, join: &JoinExpr) -> Items {
        let left = join.larg.as_deref().map(|node| self.range_entry(node)).unwrap_or_default();
        // The right side may look at the left one where it is LATERAL.
        let outer = self.scope().items.len();
        self.scope_mut().items.extend(left.iter().cloned());
        let right = join.rarg.as_deref().map(|node| self.range_entry(node)).unwrap_or_default();
        self.scope_mut().items.truncate(outer);

        let using = if join.is_natural { common_names(&left, &right) } else { strings(&join.using_clause) };
        if !join.is_natural {
            self.check_using(join, &left, &right);
        }
        let mut items = left;
        let mut merged_items = Vec::with_capacity(right.len());
        for item in right {
            let mut item = Arc::unwrap_or_clone(item);
            for column in &mut item.columns {
                if !item.qualified_only && using.contains(&column.name) {
                    column.merged = true;
                }
            }
            merged_items.push(Arc::new(item));
        }
        items.extend(merged_items);
        if join.is_natural && items.iter().any(|item| item.unknown_columns) {
            // What is merged is not known, so nothing can be called ambiguous.
            for item in &mut items {
                Arc::make_mut(item).unknown_columns = true;
            }
        }

        if let Some(quals) = &join.quals {
            // ON sees both sides of its join, and what is around the query.
            let hidden =
                std::mem::replace(self.scope_mut(), Scope { items: items.clone(), outputs: Vec::new() });
            self.hidden.push(hidden);
            self.expr(quals);
            *self.scope_mut() = self.hidden.pop().unwrap_or_default();
        }
        if let Some(using_alias) = &join.join_using_alias {
            let columns = items
                .iter()
                .flat_map(|item| &item.columns)
                .filter(|column| using.contains(&column.name) && !column.merged)
                .cloned()
                .collect();
            items.push(Arc::new(RangeItem {
                alias: using_alias.aliasname.as_str().into(),
                columns,
                qualified_only: true,
                ..RangeItem::default()
            }));
        }
        let Some(alias) = &join.alias else { return items };
        // A join's alias hides what is in it.
        let visible = items.iter().filter(|item| !item.qualified_only);
        let mut made = RangeItem {
            alias: alias.aliasname.as_str().into(),
            unknown_columns: items.iter().any(|item| item.unknown_columns),
            columns: visible
                .flat_map(|item| &item.columns)
                .filter(|column| !column.merged)
                .cloned()
                .collect(),
            ..RangeItem::default()
        };
        rename(&mut made, Some(alias));
        vec![Arc::new(made)]
    }

    /// USING names columns that both sides must have.
    fn check_using(&mut self, join: &JoinExpr, left: &Items, right: &Items) {
        for node in &join.using_clause {
            let Some(NodeEnum::String(name)) = &node.node else { continue };
            if self.is_marker(&name.sval) {
                let items = left.iter().chain(right).cloned().collect();
                self.mark_in(Slot::JoinColumn, Scope { items, outputs: Vec::new() });
                return;
            }
            for (side, items) in [("left", left), ("right", right)] {
                let known =
                    items.iter().any(|item| item.unknown_columns || item.column(&name.sval).is_some());
                if known {
                    continue;
                }
                let from = self.join_position(items);
                let Some(span) = self.tokens.find_name(self.sql, from, &name.sval) else { continue };
                let names: Vec<&str> =
                    items.iter().flat_map(|item| &item.columns).map(|column| &*column.name).collect();
                let suggestions = closest(&name.sval, names).into_iter().map(|name| quote::identifier(&name));
                let message = format!(
                    "column \"{}\" specified in USING clause does not exist in {side} table",
                    name.sval
                );
                self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
                break;
            }
        }
    }

    /// Where in the text USING's names can be looked for: the tree gives them no place.
    fn join_position(&self, _items: &Items) -> usize {
        let mut index = 0;
        while let Some(token) = self.tokens.get(index) {
            if token.kind == crate::syntax::ast::Token::Using {
                return token.span.end;
            }
            index += 1;
        }
        0
    }

    fn range_function(&mut self, function: &RangeFunction) -> RangeItem {
        let mut columns = Vec::new();
        let mut unknown = false;
        let alias = alias_name(function.alias.as_ref());
        let mut first_name = "";
        let count = function.functions.len();
        for node in &function.functions {
            let Some(NodeEnum::List(list)) = &node.node else { continue };
            let Some(call) = list.items.first() else { continue };
            self.expr(call);
            let name = function_name(call).unwrap_or("");
            if first_name.is_empty() {
                first_name = name;
            }
            let definitions = list.items.get(1).and_then(|node| match &node.node {
                Some(NodeEnum::List(definitions)) if !definitions.items.is_empty() => {
                    Some(&definitions.items[..])
                }
                _ => None,
            });
            let definitions = definitions.unwrap_or(&function.coldeflist);
            if !definitions.is_empty() {
                columns.extend(definitions.iter().filter_map(|node| match &node.node {
                    Some(NodeEnum::ColumnDef(column)) => Some(derived(
                        column.colname.as_str().into(),
                        self.type_ref(column.type_name.as_ref()),
                    )),
                    _ => None,
                }));
                continue;
            }
            match self.function_columns(call, alias.filter(|_| count == 1)) {
                Some(known) => columns.extend(known),
                None => unknown = true,
            }
        }
        if function.ordinality {
            columns.push(derived("ordinality".into(), TypeRef::builtin("int8")));
        }
        let mut made = RangeItem {
            alias: alias.unwrap_or(first_name).into(),
            columns,
            unknown_columns: unknown,
            ..RangeItem::default()
        };
        rename(&mut made, function.alias.as_ref());
        made
    }

    /// The columns of a function's result where they are known for sure.
    fn function_columns(&self, call: &Node, alias: Option<&str>) -> Option<Vec<ScopeColumn>> {
        let Some(NodeEnum::FuncCall(call)) = &call.node else { return None };
        let names = strings(&call.funcname);
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            [schema, name] => (Some(&**schema), name),
            _ => return None,
        };
        let overloads = self.catalog.routines(schema, name);
        // With several overloads, which one is meant depends on types.
        let [routine] = overloads else { return None };
        let outs: Vec<ScopeColumn> = routine
            .arguments
            .iter()
            .filter(|argument| {
                matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table)
            })
            .filter_map(|argument| Some(derived(argument.name.clone()?, argument.ty.clone())))
            .collect();
        if outs.len() > 1 {
            return Some(outs);
        }
        match routine.result.as_ref()? {
            TypeRef::Named { schema, name: ty, array: false, .. } => {
                if let Some(relation) = self.catalog.relation(Some(schema), ty) {
                    let made = item(relation, None);
                    return (!made.unknown_columns).then_some(made.columns);
                }
                let scalar =
                    &**schema == "pg_catalog" && !matches!(&**ty, "record" | "anyelement" | "anycompatible");
                scalar.then(|| {
                    let column = outs.first().map_or_else(
                        || alias.map_or_else(|| name.clone(), Name::from),
                        |out| out.name.clone(),
                    );
                    vec![derived(column, routine.result.clone().unwrap_or(TypeRef::Unknown))]
                })
            }
            _ => None,
        }
    }
}

fn alias_name(alias: Option<&Alias>) -> Option<&str> {
    alias.map(|alias| alias.aliasname.as_str())
}

/// Gives the first columns the names of the alias's list.
fn rename(item: &mut RangeItem, alias: Option<&Alias>) {
    let Some(alias) = alias else { return };
    for (n, name) in strings(&alias.colnames).into_iter().enumerate() {
        match item.columns.get_mut(n) {
            Some(column) if !item.unknown_columns || column.source.is_some() => column.name = name,
            _ => item.columns.push(derived(name, TypeRef::Unknown)),
        }
    }
}

fn scope_column(output: OutputColumn) -> ScopeColumn {
    ScopeColumn { name: output.name, ty: output.ty, source: output.source, merged: false }
}

fn table_function(alias: Option<&Alias>, name: &str, columns: Vec<ScopeColumn>, unknown: bool) -> RangeItem {
    let mut made = RangeItem {
        alias: alias_name(alias).unwrap_or(name).into(),
        columns,
        unknown_columns: unknown,
        ..RangeItem::default()
    };
    rename(&mut made, alias);
    made
}

fn json_columns(nodes: &[Node], columns: &mut Vec<ScopeColumn>) {
    for node in nodes {
        let Some(NodeEnum::JsonTableColumn(column)) = &node.node else { continue };
        if column.columns.is_empty() {
            columns.push(derived(column.name.as_str().into(), TypeRef::Unknown));
        } else {
            json_columns(&column.columns, columns);
        }
    }
}

fn common_names(left: &Items, right: &Items) -> Vec<Name> {
    let of = |items: &Items| -> Vec<Name> {
        let visible = items.iter().filter(|item| !item.qualified_only);
        visible
            .flat_map(|item| &item.columns)
            .filter(|column| !column.merged)
            .map(|column| column.name.clone())
            .collect()
    };
    let right = of(right);
    of(left).into_iter().filter(|name| right.contains(name)).collect()
}
