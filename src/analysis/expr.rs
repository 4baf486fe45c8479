//! Expressions (parse_expr.c): column references, functions, subqueries.

use super::scope::Found;
use super::statement::{Analyzer, strings};
use super::{Diagnostic, Reference, Slot, Symbol, closest};
use crate::catalog::builtin;
use crate::catalog::model::Name;
use crate::catalog::quote;
use crate::syntax::ast::{ColumnRef, FuncCall, Node, NodeEnum};
use crate::syntax::children::children;
use crate::text::Span;

impl Analyzer<'_> {
    pub(super) fn exprs(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.expr(node);
        }
    }

    pub(super) fn expr_option(&mut self, node: &Option<Box<Node>>) {
        if let Some(node) = node {
            self.expr(node);
        }
    }

    pub(super) fn expr(&mut self, node: &Node) {
        let Some(inner) = &node.node else { return };
        match inner {
            NodeEnum::ColumnRef(column) => self.column_ref(column),
            NodeEnum::SelectStmt(_) => {
                self.query(node);
            }
            NodeEnum::FuncCall(call) => {
                self.function_call(call);
                self.below(inner);
            }
            NodeEnum::TypeCast(cast) => {
                self.type_name(cast.type_name.as_ref());
                self.below(inner);
            }
            _ => self.below(inner),
        }
    }

    fn below(&mut self, node: &NodeEnum) {
        let mut below = Vec::new();
        children(node, &mut |child| below.push(child));
        for child in below {
            self.expr(child);
        }
    }

    /// ORDER BY and GROUP BY: a bare name may be an output's, in ROLLUP and its kin too.
    pub(super) fn sort_clause(&mut self, nodes: &[Node]) {
        for node in nodes {
            match &node.node {
                Some(NodeEnum::SortBy(sort)) => {
                    self.sort_clause(sort.node.as_deref().map_or(&[], std::slice::from_ref))
                }
                Some(NodeEnum::GroupingSet(set)) => self.sort_clause(&set.content),
                Some(NodeEnum::RowExpr(row)) => self.sort_clause(&row.args),
                Some(NodeEnum::ColumnRef(column)) if self.is_output(column) => {}
                _ => self.expr(node),
            }
        }
    }

    /// Whether a bare name means an output column: it is one, and no column in scope has that name.
    fn is_output(&self, column: &ColumnRef) -> bool {
        let names = strings(&column.fields);
        let [name] = &names[..] else { return false };
        column.fields.len() == 1
            && self.scope().outputs.contains(name)
            && !matches!(self.scope().find_column(name), Found::Column(..))
    }

    /// A type's name in an expression: only the marker matters here.
    pub(super) fn type_name(&mut self, name: Option<&crate::syntax::ast::TypeName>) {
        let Some(name) = name else { return };
        if strings(&name.names).last().is_some_and(|name| self.is_marker(name)) {
            self.mark(Slot::Type);
        }
    }

    fn function_call(&mut self, call: &FuncCall) {
        let names = strings(&call.funcname);
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            _ => return,
        };
        if self.is_marker(name) {
            self.mark(Slot::Routine { schema: schema.cloned() });
            return;
        }
        let Some(span) = self.tokens.part(call.location, names.len() - 1) else { return };
        let overloads = self.catalog.routines(schema.map(|schema| &**schema), name);
        let symbol = if !overloads.is_empty() {
            Symbol::Routines(overloads.to_vec())
        } else if builtin::facts().is_callable(name) {
            Symbol::BuiltinRoutine(name.clone())
        } else {
            return;
        };
        self.out.references.push(Reference { span, symbol });
    }

    fn column_ref(&mut self, column: &ColumnRef) {
        let star = matches!(column.fields.last().map(|node| &node.node), Some(Some(NodeEnum::AStar(_))));
        let names = strings(&column.fields);
        if let Some(at) = names.iter().position(|name| self.is_marker(name)) {
            self.mark(Slot::Expression { qualifier: names[..at].to_vec() });
            return;
        }
        match &names[..] {
            _ if star => self.whole_row(&names, column.location),
            [name] => self.bare_column(name, column.location),
            [item, name] => self.qualified_column(None, item, name, column.location, 1),
            [schema, item, name] => self.qualified_column(Some(schema), item, name, column.location, 2),
            _ => {}
        }
    }

    fn bare_column(&mut self, name: &Name, location: i32) {
        let Some(span) = self.tokens.part(location, 0) else { return };
        for scope in self.scopes.iter().rev() {
            match scope.find_column(name) {
                Found::Column(_, found) => {
                    let symbol = match found.source {
                        Some((relation, column)) => Symbol::Column { relation, column },
                        None => Symbol::Derived { name: found.name, ty: found.ty },
                    };
                    self.out.references.push(Reference { span, symbol });
                    return;
                }
                Found::Ambiguous => {
                    let message = format!("column reference \"{name}\" is ambiguous");
                    let suggestions = scope
                        .items
                        .iter()
                        .filter(|item| !item.qualified_only && !item.unnamed && item.column(name).is_some())
                        .map(|item| format!("{}.{}", quote::identifier(&item.alias), quote::identifier(name)))
                        .collect::<Vec<_>>();
                    self.report(Diagnostic::new(span, "42702", message).suggesting(suggestions));
                    return;
                }
                Found::Unknown => return,
                Found::Nothing => {}
            }
        }
        // A name that is no column can be a whole row.
        if let Some(item) = self.scopes.iter().rev().find_map(|scope| scope.find_item(None, name)) {
            let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
            self.out.references.push(Reference { span, symbol });
            return;
        }
        if self.hidden.iter().any(|scope| !matches!(scope.find_column(name), Found::Nothing)) {
            return;
        }
        if self.parse.may_be_placeholder(span) {
            self.out.missed = true;
            return;
        }
        let suggestions = self.near_columns(name);
        let hint = suggestions.first().map(|(qualified, _)| {
            format!("Perhaps you meant to reference the column \"{}\".", qualified.replace('"', ""))
        });
        let suggestions = suggestions.into_iter().map(|(_, bare)| bare);
        let message = format!("column \"{name}\" does not exist");
        self.report(Diagnostic::new(span, "42703", message).hinting(hint).suggesting(suggestions));
    }

    /// The columns in scope with a name near `name`: each as `alias.column` and as it can be written here.
    fn near_columns(&self, name: &str) -> Vec<(String, String)> {
        let mut near = Vec::new();
        for scope in self.scopes.iter().rev() {
            let names = scope.items.iter().filter(|item| !item.qualified_only).flat_map(|item| &item.columns);
            for close in closest(name, names.map(|column| &*column.name)) {
                let owners: Vec<_> =
                    scope.items.iter().filter(|item| item.column(&close).is_some()).collect();
                let Some(owner) = owners.first() else { continue };
                let bare = quote::identifier(&close);
                let qualified = format!("{}.{bare}", quote::identifier(&owner.alias));
                let ambiguous = matches!(scope.find_column(&close), Found::Ambiguous);
                near.push((qualified.clone(), if ambiguous { qualified } else { bare }));
            }
            if !near.is_empty() {
                break;
            }
        }
        near
    }

    fn qualified_column(
        &mut self,
        schema: Option<&Name>,
        item_name: &Name,
        name: &Name,
        location: i32,
        at: usize,
    ) {
        let (Some(item_span), Some(span)) =
            (self.tokens.part(location, at - 1), self.tokens.part(location, at))
        else {
            return;
        };
        let found = self
            .scopes
            .iter()
            .rev()
            .find_map(|scope| scope.find_item(schema.map(|s| &**s), item_name))
            .cloned();
        let Some(item) = found else {
            self.missing_item(schema, item_name, item_span, Span::new(item_span.start, span.end));
            return;
        };
        let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
        self.out.references.push(Reference { span: item_span, symbol });
        if let Some(found) = item.column(name).cloned() {
            let symbol = match found.source {
                Some((relation, column)) => Symbol::Column { relation, column },
                None => Symbol::Derived { name: found.name, ty: found.ty },
            };
            self.out.references.push(Reference { span, symbol });
            return;
        }
        let system = super::scope::system_column(name).is_some() && item.relation.is_some();
        // `t.f` can be `f(t)`.
        let functional = !self.catalog.routines(None, name).is_empty() || builtin::facts().takes_row(name);
        if item.unknown_columns || system || functional {
            return;
        }
        let columns = item.columns.iter().map(|column| &*column.name);
        let near = closest(name, columns);
        let hint = near
            .first()
            .map(|near| format!("Perhaps you meant to reference the column \"{}.{near}\".", item.alias));
        let suggestions = near.iter().map(|name| quote::identifier(name));
        let message = format!("column {item_name}.{name} does not exist");
        self.report(Diagnostic::new(span, "42703", message).hinting(hint).suggesting(suggestions));
    }

    /// `x.y` where FROM has no `x`.
    fn missing_item(&mut self, schema: Option<&Name>, name: &Name, span: Span, _whole: Span) {
        // It is in another part of FROM, which may or may not be reached from here; or FROM is not known.
        if self.hidden.iter().any(|scope| scope.find_item(None, name).is_some() || !scope.items.is_empty()) {
            return;
        }
        if self.in_rule || self.parse.may_be_placeholder(span) {
            self.out.missed = true;
            return;
        }
        let aliased = self.scopes.iter().rev().flat_map(|scope| &scope.items).find(|item| {
            item.relation.as_ref().is_some_and(|relation| relation.name == *name) && item.alias != *name
        });
        let (message, hint, suggestions) = match aliased {
            Some(item) => (
                format!("invalid reference to FROM-clause entry for table \"{name}\""),
                Some(format!("Perhaps you meant to reference the table alias \"{}\".", item.alias)),
                vec![quote::identifier(&item.alias)],
            ),
            None => {
                let items = self.scopes.iter().flat_map(|scope| &scope.items).filter(|item| !item.unnamed);
                let near = closest(name, items.map(|item| &*item.alias));
                let message = format!("missing FROM-clause entry for table \"{name}\"");
                (message, None, near.iter().map(|name| quote::identifier(name)).collect::<Vec<_>>())
            }
        };
        // A schema-qualified name that does not fit can be any of several errors.
        if schema.is_none() {
            self.report(Diagnostic::new(span, "42P01", message).hinting(hint).suggesting(suggestions));
        }
    }

    /// `t.*`
    fn whole_row(&mut self, names: &[Name], location: i32) {
        let Some(name) = names.last() else { return };
        let Some(span) = self.tokens.part(location, names.len() - 1) else { return };
        let schema = names.len().checked_sub(2).map(|n| &*names[n]);
        match self.scopes.iter().rev().find_map(|scope| scope.find_item(schema, name)).cloned() {
            Some(item) => {
                let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
                self.out.references.push(Reference { span, symbol });
            }
            None => self.missing_item(names.len().checked_sub(2).map(|n| &names[n]), name, span, span),
        }
    }
}
