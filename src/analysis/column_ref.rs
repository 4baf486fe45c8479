//! Columns by name (parse_expr.c: transformColumnRef), with PostgreSQL's errors.

use super::place::Place;
use super::plpgsql::{Conflict, Meaning};
use super::scope::{Found, RangeItem, Scope, ScopeColumn, system_column};
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use super::{Diagnostic, Reference, Slot, Symbol, closest};
use crate::catalog::builtin;
use crate::catalog::model::Name;
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Call, is_polymorphic};
use crate::syntax::ast::{ColumnRef, NodeEnum};
use crate::text::Span;

/// A column of a query level, as an expression reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Var {
    /// Which query it is of; no two of a statement have the same number.
    pub query: usize,
    /// What the column is of, by its alias.
    pub item: Name,
    pub column: Name,
}

impl Analyzer<'_> {
    pub(super) fn column_ref(&mut self, column: &ColumnRef) -> Typed {
        let star = matches!(column.fields.last().map(|node| &node.node), Some(Some(NodeEnum::AStar(_))));
        let names = strings(&column.fields);
        if let Some(at) = names.iter().position(|name| self.is_marker(name)) {
            self.mark(Slot::Expression { qualifier: names[..at].to_vec() });
            return Typed::unknown(column.location);
        }
        if let Some(ty) = self.plpgsql_variable(&names, star, column.location) {
            return Typed::new(ty, column.location);
        }
        let ty = match &names[..] {
            _ if star => {
                self.whole_row(&names, column.location);
                TypeRef::Unknown
            }
            [name] => self.bare_column(name, column.location),
            [item, name] => self.qualified_column(None, item, name, column.location, 1),
            [schema, item, name] => self.qualified_column(Some(schema), item, name, column.location, 2),
            [_, _, _, _, _, ..] => {
                let message = format!("improper qualified name (too many dotted names): {}", names.join("."));
                self.report_at(column.location, "42601", message);
                TypeRef::Unknown
            }
            _ => TypeRef::Unknown,
        };
        let collation = self.collations.remove(&column.location).unwrap_or_default();
        Typed::new(ty, column.location).with(collation.read_at(column.location))
    }

    /// The variable of PL/pgSQL that a name means (pl_comp.c: plpgsql_pre_column_ref, plpgsql_post_column_ref).
    fn plpgsql_variable(&mut self, names: &[Name], star: bool, location: i32) -> Option<TypeRef> {
        let variables = self.variables?;
        let (id, meaning) = variables.lookup(self.types, names)?;
        let column = self.column_or_row(names, star);
        let is_variable = match (column, variables.conflict) {
            (Answer::No, _) | (_, Conflict::Variable) => true,
            (_, Conflict::Column) => return None,
            // Two columns are ambiguous before it comes to the variable.
            (Answer::Yes, Conflict::Error) if self.is_ambiguous(names) => return None,
            // What a record has is asked for before it is found to be ambiguous.
            (Answer::Yes, Conflict::Error) if !matches!(meaning, Meaning::Value(_) | Meaning::Unknown) => {
                true
            }
            (Answer::Yes, Conflict::Error) => {
                let name = names.join(".");
                let message = format!("column reference \"{name}\" is ambiguous");
                let hint = "It could refer to either a PL/pgSQL variable or a table column.";
                self.report_hinting(location, "42702", message, Some(hint));
                variables.read(id);
                return Some(TypeRef::Unknown);
            }
            (Answer::Unknown, Conflict::Error) => false,
        };
        variables.read(id);
        if !is_variable {
            return Some(TypeRef::Unknown);
        }
        let message = match meaning {
            Meaning::Value(_) if star => return Some(TypeRef::Unknown),
            Meaning::Value(ty) => {
                if let Some(span) = self.tokens.part(location, names.len().saturating_sub(1)) {
                    let name = names[names.len() - 1].clone();
                    let symbol = Symbol::Derived { name, ty: ty.clone() };
                    self.out.references.push(Reference { span, symbol });
                }
                return Some(if ty.is_builtin("record") || is_polymorphic(&ty) {
                    TypeRef::Unknown
                } else {
                    ty
                });
            }
            Meaning::Unknown => return Some(TypeRef::Unknown),
            Meaning::NoField { record, field } => {
                let message = format!("record \"{record}\" has no field \"{field}\"");
                let span = self.tokens.part(location, names.len() - 1)?;
                let known = variables.fields(self.types, &variables.get(id).shape).unwrap_or_default();
                let near = closest(&field, known.iter().map(|(name, _)| &**name));
                let near = near.iter().map(|name| quote::identifier(name));
                self.report(Diagnostic::new(span, "42703", message).suggesting(near));
                return Some(TypeRef::Unknown);
            }
            Meaning::Unassigned(record) => format!("record \"{record}\" is not assigned yet"),
        };
        let hint = "The tuple structure of a not-yet-assigned record is indeterminate.";
        self.report_hinting(location, "55000", message, Some(hint));
        Some(TypeRef::Unknown)
    }

    /// Whether a name means a column or a row of the query.
    fn column_or_row(&self, names: &[Name], star: bool) -> Answer {
        let mut answer = Answer::No;
        let hidden = self.hidden.iter().any(|scope| !scope.items.is_empty());
        for scope in self.scopes.iter().rev() {
            let item = |schema: Option<&str>, name: &str| scope.find_item(schema, name);
            let found = match names {
                [name] if star => item(None, name).map(|_| Answer::Yes),
                [name] => match scope.find_column(name) {
                    Found::Column(..) | Found::Ambiguous => Some(Answer::Yes),
                    Found::Unknown => Some(Answer::Unknown),
                    Found::Nothing => item(None, name).map(|_| Answer::Yes),
                },
                [name, field] => item(None, name).map(|item| match item.column(field) {
                    Some(_) => Answer::Yes,
                    None if item.unknown_columns => Answer::Unknown,
                    None => Answer::No,
                }),
                _ => None,
            };
            match found {
                Some(Answer::Yes) => return Answer::Yes,
                Some(Answer::Unknown) => answer = Answer::Unknown,
                _ => {}
            }
        }
        if hidden && answer == Answer::No { Answer::Unknown } else { answer }
    }

    fn is_ambiguous(&self, names: &[Name]) -> bool {
        let [name] = names else { return false };
        let mut found = self.scopes.iter().rev().map(|scope| scope.find_column(name));
        let first = found.find(|found| !matches!(found, Found::Nothing));
        matches!(first, Some(Found::Ambiguous))
    }

    /// Notes that a column of the query at `level` is read.
    fn note(&mut self, level: usize, item: &RangeItem, column: &Name, location: i32) {
        self.read_column_of(level);
        let query = self.scopes.get(level).map_or(0, |scope| scope.query);
        self.vars.insert(location, Var { query, item: item.alias.clone(), column: column.clone() });
    }

    fn bare_column(&mut self, name: &Name, location: i32) -> TypeRef {
        let Some(span) = self.tokens.part(location, 0) else { return TypeRef::Unknown };
        for level in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[level];
            match scope.find_column(name) {
                Found::Column(item, _) if item.is_forbidden => {
                    self.forbidden(&item, span);
                    return TypeRef::Unknown;
                }
                Found::Column(item, found) => {
                    self.note(level, &item, name, location);
                    return self.refer_to_column(span, found, location);
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
                    return TypeRef::Unknown;
                }
                Found::Unknown => {
                    self.read_column_of(level);
                    return TypeRef::Unknown;
                }
                Found::Nothing => {}
            }
        }
        // A name that is no column can be a whole row.
        let found = (0..self.scopes.len())
            .rev()
            .find_map(|level| self.scopes[level].find_item(None, name).map(|item| (level, item.clone())));
        if let Some((level, item)) = found {
            let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
            self.out.references.push(Reference { span, symbol });
            self.note(level, &item, &"*".into(), location);
            return whole_row_type(&item);
        }
        if let Some(ty) = self.argument(name, span) {
            return ty;
        }
        if self.hidden.iter().any(|scope| !matches!(scope.find_column(name), Found::Nothing)) {
            return TypeRef::Unknown;
        }
        if self.parse.may_be_placeholder(span) {
            return TypeRef::Unknown;
        }
        let suggestions = self.near_columns(name);
        let hint = suggestions.first().map(|(qualified, _)| {
            format!("Perhaps you meant to reference the column \"{}\".", qualified.replace('"', ""))
        });
        let suggestions = suggestions.into_iter().map(|(_, bare)| bare);
        let message = format!("column \"{name}\" does not exist");
        self.report(Diagnostic::new(span, "42703", message).hinting(hint).suggesting(suggestions));
        TypeRef::Unknown
    }

    /// A column of the other side of a join, which makes rows without it.
    fn forbidden(&mut self, item: &RangeItem, span: Span) {
        let message = format!("invalid reference to FROM-clause entry for table \"{}\"", item.alias);
        self.report(Diagnostic::new(span, "42P10", message));
    }

    /// Notes what a column's name means.
    fn refer_to_column(&mut self, span: Span, found: ScopeColumn, location: i32) -> TypeRef {
        self.collations.insert(location, found.collation);
        let symbol = match found.source {
            Some((relation, column)) => Symbol::Column { relation, column },
            None => Symbol::Derived { name: found.name, ty: found.ty.clone() },
        };
        self.out.references.push(Reference { span, symbol });
        found.ty
    }

    /// The columns in scope with a name near `name`: each as `alias.column` and as it can be written here.
    fn near_columns(&self, name: &str) -> Vec<(String, String)> {
        let mut near = Vec::new();
        for scope in self.scopes.iter().rev() {
            let visible = scope.items.iter().filter(|item| !item.qualified_only && !item.unnamed);
            let names = visible.flat_map(|item| &item.columns);
            for close in closest(name, names.map(|column| &*column.name)) {
                let owners: Vec<_> = scope
                    .items
                    .iter()
                    .filter(|item| !item.unnamed && item.column(&close).is_some())
                    .collect();
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
    ) -> TypeRef {
        let (Some(item_span), Some(span)) =
            (self.tokens.part(location, at - 1), self.tokens.part(location, at))
        else {
            return TypeRef::Unknown;
        };
        let found = (0..self.scopes.len()).rev().find_map(|level| {
            let found = self.scopes[level].find_item(schema.map(|s| &**s), item_name);
            found.map(|item| (level, item.clone()))
        });
        let Some((level, item)) = found else {
            // In a function's body `f.argument`, or a field of an argument.
            if self.arguments.is_function(item_name)
                && let Some(ty) = self.argument(name, span)
            {
                return ty;
            }
            if let Some(row) = self.arguments.named(item_name).cloned()
                && let Some(ty) = match self.types.is_complex(&row) {
                    true => self.types.field(&row, name),
                    false => Some(TypeRef::Unknown),
                }
            {
                self.argument(item_name, item_span);
                return ty;
            }
            self.missing_item(schema, item_name, item_span, Span::new(item_span.start, span.end));
            return TypeRef::Unknown;
        };
        let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
        self.out.references.push(Reference { span: item_span, symbol });
        if item.is_forbidden {
            self.forbidden(&item, item_span);
            return TypeRef::Unknown;
        }
        if let Some(found) = item.column(name).cloned() {
            self.note(level, &item, name, location);
            return self.refer_to_column(span, found, location);
        }
        self.read_column_of(level);
        if let Some(ty) =
            system_column(name).filter(|_| item.relation.is_some() && !item.has_no_system_columns)
        {
            self.note(level, &item, name, location);
            return ty;
        }
        // `t.f` can be `f(t)`.
        let functional = !self.catalog.routines(None, name).is_empty() || builtin::facts().takes_row(name);
        if item.unknown_columns {
            return TypeRef::Unknown;
        }
        if functional {
            return self.function_of_row(name, &item, location);
        }
        let columns = item.columns.iter().map(|column| &*column.name);
        let near = closest(name, columns);
        let hint = near
            .first()
            .map(|near| format!("Perhaps you meant to reference the column \"{}.{near}\".", item.alias));
        let suggestions = near.iter().map(|name| quote::identifier(name));
        let message = format!("column {item_name}.{name} does not exist");
        self.report(Diagnostic::new(span, "42703", message).hinting(hint).suggesting(suggestions));
        TypeRef::Unknown
    }

    /// `t.f` as `f(t)`.
    fn function_of_row(&mut self, name: &Name, item: &RangeItem, location: i32) -> TypeRef {
        let row = Typed::new(whole_row_type(item), location);
        let call = Call { types: vec![row.ty.clone()], ..Call::default() };
        if row.ty == TypeRef::Unknown {
            return TypeRef::Unknown;
        }
        match self.types.function(None, name, &call) {
            Ok(function) => {
                let arguments = super::func::Arguments { call, exprs: vec![row] };
                self.call_result(&function, &arguments, location).ty
            }
            Err(_) => TypeRef::Unknown,
        }
    }

    /// `x.y` where FROM has no `x`.
    fn missing_item(&mut self, schema: Option<&Name>, name: &Name, span: Span, _whole: Span) {
        let of_hidden = self.hidden.iter().rev().find_map(|scope| scope.find_item(None, name));
        let of_hidden = of_hidden.filter(|item| item.is_forbidden).cloned();
        // It is in another part of FROM, which may or may not be reached from here; or FROM is not known.
        if of_hidden.is_none() && self.hidden.iter().any(|scope| !scope.items.is_empty()) {
            return;
        }
        if self.parse.may_be_placeholder(span) {
            return;
        }
        let out_of_reach =
            || self.out_of_reach.iter().rev().find_map(|scope| scope.find_item(None, name).cloned());
        if let Some(entry) = of_hidden.or_else(out_of_reach) {
            let message = format!("invalid reference to FROM-clause entry for table \"{}\"", entry.alias);
            let hint = format!(
                "There is an entry for table \"{}\", but it cannot be referenced from this part of the query.",
                entry.alias
            );
            self.report(Diagnostic::new(span, "42P01", message).hinting(Some(hint)));
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
                let is_older = matches!(&**name, "old" | "new")
                    && self.types.major < 18
                    && self.scope().place == Place::RETURNING;
                let hint = is_older.then(|| {
                    format!("RETURNING has OLD and NEW since PostgreSQL 18, this is {}.", self.types.major)
                });
                (message, hint, near.iter().map(|name| quote::identifier(name)).collect::<Vec<_>>())
            }
        };
        // A name with a schema means no entry, though one may go by it; or else it is a variable's field, or one of a
        // function's argument.
        if schema.is_some() && (self.variables.is_some() || self.arguments.is_body()) {
            return;
        }
        let is_there = |scope: &Scope| scope.items.iter().any(|item| item.alias == *name && !item.unnamed);
        if schema.is_some() && self.scopes.iter().any(is_there) {
            let message = format!("invalid reference to FROM-clause entry for table \"{name}\"");
            let hint = format!(
                "There is an entry for table \"{name}\", but it cannot be referenced from this part of the query."
            );
            self.report(Diagnostic::new(span, "42P01", message).hinting(Some(hint)));
        } else {
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
            None if self.argument(name, span).is_some() => {}
            None => self.missing_item(names.len().checked_sub(2).map(|n| &names[n]), name, span, span),
        }
    }
}

/// The type of a row as a whole.
pub(super) fn whole_row_type(item: &RangeItem) -> TypeRef {
    if let Some(row) = &item.row {
        return row.clone();
    }
    match (&item.relation, item.is_function) {
        (Some(relation), _) => TypeRef::named(relation.schema.clone(), relation.name.clone()),
        // Of a function with one column its value.
        (None, true) => match &item.columns[..] {
            [only] if !item.unknown_columns => only.ty.clone(),
            _ => TypeRef::Unknown,
        },
        (None, false) if item.unknown_columns => TypeRef::Unknown,
        (None, false) => TypeRef::builtin("record"),
    }
}
