//! What an index may be made of (DefineIndex, ComputeIndexAttrs): its access method, its keys, their operator classes.

use std::sync::Arc;

use super::Diagnostic;
use super::collate::Collation;
use super::definition::{INDEX, PREDICATE};
use super::relation::item;
use super::scope::{RangeItem, system_column};
use super::statement::{Analyzer, strings};
use super::target::figure_name;
use super::typed::Typed;
use crate::catalog::builtin;
use crate::catalog::model::{EntityKind, Relation, RelationKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, NamedClass, NoOperator, Operator};
use crate::syntax::ast::{
    ConstrType, Constraint, IndexElem, IndexStmt, Node, NodeEnum, SortByDir, SortByNulls,
};
use crate::syntax::children::children;
use crate::text::Span;

/// What one of PostgreSQL's access methods can do.
struct Method {
    name: &'static str,
    unique: bool,
    multicolumn: bool,
    /// The first version whose indexes may have columns that are no keys.
    include: Option<u32>,
    exclusion: bool,
    ordered: bool,
}

const METHODS: [Method; 6] = [
    method("btree", true, true, Some(13), true, true),
    method("hash", false, false, None, true, false),
    method("gist", false, true, Some(13), true, false),
    method("gin", false, true, None, false, false),
    method("spgist", false, false, Some(14), true, false),
    method("brin", false, true, None, false, false),
];

const fn method(
    name: &'static str,
    unique: bool,
    multicolumn: bool,
    include: Option<u32>,
    exclusion: bool,
    ordered: bool,
) -> Method {
    Method { name, unique, multicolumn, include, exclusion, ordered }
}

impl Analyzer<'_> {
    /// The rules of an index on a table; whether its columns are there is looked at elsewhere.
    pub(super) fn index(&mut self, index: &IndexStmt, relation: &Arc<Relation>) {
        let at = index.relation.as_ref().map_or(-1, |range| range.location);
        let reported = self.out.diagnostics.len();
        self.can_have_index(index, relation, at);
        let method = match index.access_method.as_str() {
            "" => "btree",
            "rtree" => "gist",
            given => given,
        };
        let keys: Vec<&IndexElem> = elements(&index.index_params).collect();
        let included = index.index_including_params.len();
        if self.out.diagnostics.len() == reported {
            let at = self.tokens.find_name(self.sql, at.max(0) as usize, &index.access_method);
            self.fits_method(method, index.unique, false, keys.len(), included, at);
        }
        let row = Arc::new(item(self.types, relation, None));
        if let Some(condition) = index.where_clause.as_deref() {
            let value = self.defined(condition, vec![row.clone()], PREDICATE);
            self.be_boolean(&value, "WHERE");
        }
        if self.out.diagnostics.len() > reported {
            return;
        }
        for key in keys {
            self.index_key(key, method, &row, at);
        }
        for element in elements(&index.index_including_params) {
            self.included(element, &row, at);
        }
        self.names_no_system_column(index, relation, reported);
    }

    fn can_have_index(&mut self, index: &IndexStmt, relation: &Relation, at: i32) {
        let name = &relation.name;
        match relation.kind {
            RelationKind::Table | RelationKind::MaterializedView => {}
            RelationKind::PartitionedTable if index.concurrent => {
                let message = format!("cannot create index on partitioned table \"{name}\" concurrently");
                self.report_at(at, "0A000", message);
            }
            RelationKind::PartitionedTable => {}
            // The message was another one before.
            RelationKind::ForeignTable if self.types.major < 14 => {
                self.report_at(at, "42809", format!("cannot create index on foreign table \"{name}\""));
            }
            _ if self.types.major < 14 => {
                self.report_at(at, "42809", format!("\"{name}\" is not a table or materialized view"));
            }
            _ => self.report_at(at, "42809", format!("cannot create index on relation \"{name}\"")),
        }
    }

    /// PostgreSQL's errors for what an access method cannot do.
    fn fits_method(
        &mut self,
        name: &str,
        unique: bool,
        excludes: bool,
        keys: usize,
        included: usize,
        at: Option<Span>,
    ) {
        let at = at.unwrap_or(Span::at(0));
        let Some(method) = METHODS.iter().find(|method| method.name == name) else {
            let is_own = self.catalog.entity(EntityKind::AccessMethod, None, name).is_some();
            let is_known =
                builtin::facts().objects.named_in_any(name).iter().any(|o| o.kind == "access method");
            if !is_own && !is_known && !self.types.is_unsure {
                self.report(Diagnostic::new(at, "42704", format!("access method \"{name}\" does not exist")));
            }
            return;
        };
        let lacks = if unique && !method.unique {
            "unique indexes"
        } else if included > 0 && method.include.is_none_or(|since| self.types.major < since) {
            "included columns"
        } else if keys > 1 && !method.multicolumn {
            "multicolumn indexes"
        } else if excludes && !method.exclusion {
            "exclusion constraints"
        } else {
            return;
        };
        self.report(Diagnostic::new(
            at,
            "0A000",
            format!("access method \"{name}\" does not support {lacks}"),
        ));
    }

    /// A key of an index, with its operator class.
    fn index_key(&mut self, key: &IndexElem, method: &str, row: &Arc<RangeItem>, from: i32) {
        let reported = self.out.diagnostics.len();
        let value = match key.expr.as_deref() {
            Some(raw) => self.defined(raw, vec![row.clone()], INDEX),
            None => {
                let ty = match system_column(&key.name) {
                    Some(ty) if row.column(&key.name).is_none() => ty,
                    _ => row.column(&key.name).map_or(TypeRef::Unknown, |column| column.ty.clone()),
                };
                let from = from.max(0) as usize + 1;
                let at = self.tokens.find_name(self.sql, from, &key.name).map_or(from, |span| span.start);
                Typed::new(ty, at as i32)
            }
        };
        if self.out.diagnostics.len() > reported {
            return;
        }
        if let (Some(raw), true) = (key.expr.as_deref(), value.ty.is_builtin("record")) {
            let name = figure_name(raw).unwrap_or_else(|| "expr".into());
            let message = format!("column \"{name}\" has pseudo-type record");
            return self.report_at(value.location, "42P16", message);
        }
        let uncollated = ("42P22", "could not determine which collation to use for index expression");
        self.key_collation(&key.collation, &value, uncollated);
        if self.out.diagnostics.len() == reported {
            self.key_class(&key.opclass, &value, method);
        }
        if self.out.diagnostics.len() == reported {
            self.class_options(key, &value, method);
        }
        let is_plain = METHODS.iter().any(|known| known.name == method && !known.ordered);
        let option = if key.ordering() != SortByDir::SortbyDefault { "ASC/DESC" } else { "NULLS FIRST/LAST" };
        let is_ordered = key.ordering() != SortByDir::SortbyDefault
            || key.nulls_ordering() != SortByNulls::SortbyNullsDefault;
        if is_plain && is_ordered && self.out.diagnostics.len() == reported {
            let message = format!("access method \"{method}\" does not support {option} options");
            self.report_at(value.location, "0A000", message);
        }
    }

    /// A collation that is given where the type has none, or that does not follow from what the key is made of:
    /// `uncollated` is what PostgreSQL says of that.
    pub(super) fn key_collation(
        &mut self,
        collation: &[Node],
        value: &Typed,
        uncollated: (&'static str, &str),
    ) {
        if collation.is_empty() {
            if matches!(value.collation, Collation::Conflict { .. }) {
                let hint = "Use the COLLATE clause to set the collation explicitly.";
                self.report_hinting(value.location, uncollated.0, uncollated.1, Some(hint));
            }
        } else if self.collation_name(collation, value.location).is_some() {
            self.check_collatable(&value.ty, value.location);
        }
    }

    /// The operator class that is named for a key, or its type's default.
    pub(super) fn key_class(&mut self, class: &[Node], value: &Typed, method: &str) {
        if value.ty == TypeRef::Unknown || !METHODS.iter().any(|known| known.name == method) {
            return;
        }
        let types = self.types;
        let parts = strings(class);
        let (schema, name) = match parts.as_slice() {
            [] => {
                if types.has_default_class(&value.ty, method) == Answer::No {
                    let message = format!(
                        "data type {} has no default operator class for access method \"{method}\"",
                        types.print(&value.ty)
                    );
                    self.report_at(value.location, "42704", message);
                }
                return;
            }
            [name] => (None, &**name),
            [.., schema, name] => (Some(&**schema), &**name),
        };
        if let Some(schema) = schema
            && schema != "pg_catalog"
            && self.catalog.schema(schema).is_none()
        {
            if types.has_no_schema(schema) {
                self.report_at(value.location, "3F000", format!("schema \"{schema}\" does not exist"));
            }
            return;
        }
        match types.named_class(schema, name, method, &value.ty) {
            NamedClass::Missing => {
                let written = parts.join(".");
                let message =
                    format!("operator class \"{written}\" does not exist for access method \"{method}\"");
                self.report_at(value.location, "42704", message);
            }
            NamedClass::Refuses => {
                let is = types.print(&value.ty);
                let written = parts.join(".");
                let message = format!("operator class \"{written}\" does not accept data type {is}");
                self.report_at(value.location, "42804", message);
            }
            NamedClass::Fits | NamedClass::Unknown => {}
        }
    }

    /// The options of one of PostgreSQL's operator classes.
    fn class_options(&mut self, key: &IndexElem, value: &Typed, method: &str) {
        let parts = strings(&key.opclass);
        let Some(name) = parts.last().filter(|_| !key.opclassopts.is_empty()) else { return };
        let known = builtin::facts().classes.named_in_any(name).iter().any(|class| class.method == method);
        if !known {
            return;
        }
        let wrong = crate::catalog::apply::class_option_error(method, name, &key.opclassopts);
        if let Some(message) = wrong {
            self.report_at(value.location, "22023", message);
        }
    }

    /// A column that is in an index, and no key of it.
    fn included(&mut self, element: &IndexElem, row: &Arc<RangeItem>, from: i32) {
        let at = match element.expr.as_deref() {
            Some(raw) => self.quietly(|this| this.defined(raw, vec![row.clone()], INDEX)).location,
            None => {
                let name = self.tokens.find_name(self.sql, from.max(0) as usize + 1, &element.name);
                name.map_or(-1, |span| span.start as i32)
            }
        };
        let ordered = "including column does not support ASC/DESC options";
        let nulls = "including column does not support NULLS FIRST/LAST options";
        let (sqlstate, message) = if element.expr.is_some() {
            ("0A000", "expressions are not supported in included columns")
        } else if !element.collation.is_empty() {
            ("42P17", "including column does not support a collation")
        } else if !element.opclass.is_empty() {
            ("42P17", "including column does not support an operator class")
        } else if element.ordering() != SortByDir::SortbyDefault {
            ("42P17", ordered)
        } else if element.nulls_ordering() != SortByNulls::SortbyNullsDefault {
            ("42P17", nulls)
        } else {
            return;
        };
        self.report_at(at, sqlstate, message);
    }

    fn names_no_system_column(&mut self, index: &IndexStmt, relation: &Relation, reported: usize) {
        if self.out.diagnostics.len() > reported || relation.unknown_columns {
            return;
        }
        let is_system = |name: &str| system_column(name).is_some() && relation.column(name).is_none();
        let from = index.relation.as_ref().map_or(0, |range| range.location.max(0) as usize + 1);
        let all = elements(&index.index_params).chain(elements(&index.index_including_params));
        let named = all.clone().find(|element| element.expr.is_none() && is_system(&element.name));
        let at = match named {
            Some(element) => self.tokens.find_name(self.sql, from, &element.name).map(|s| s.start as i32),
            None => {
                let expressions = all.filter_map(|element| element.expr.as_deref());
                let mut nodes = expressions.chain(index.where_clause.as_deref());
                nodes.find_map(|node| system_reference(node, &is_system))
            }
        };
        if let Some(at) = at {
            self.report_at(at, "0A000", "index creation on system columns is not supported");
        }
    }

    /// The operators of an exclusion constraint, which compare a column with itself.
    fn excluding_operators(&mut self, constraint: &Constraint, method: &str, row: &RangeItem) {
        for pair in &constraint.exclusions {
            let Some(NodeEnum::List(list)) = &pair.node else { continue };
            let [element, operator] = &list.items[..] else { continue };
            let Some(NodeEnum::IndexElem(element)) = &element.node else { continue };
            if element.name.is_empty() || row.unknown_columns {
                continue;
            }
            let Some(known) = row.column(&element.name) else { continue };
            let Some(NodeEnum::List(names)) = &operator.node else { continue };
            let names = strings(&names.items);
            let (schema, name) = match &names[..] {
                [name] => (None, name),
                [schema, name] => (Some(&**schema), name),
                _ => continue,
            };
            let ty = known.ty.without_modifier();
            if let Some(schema) = schema
                && self.types.has_no_schema(schema)
            {
                let message = format!("schema \"{schema}\" does not exist");
                return self.report_at(constraint.location, "3F000", message);
            }
            match self.types.operator(schema, name, Some(&ty), &ty) {
                Ok(found) => {
                    if let Some(message) = self.cannot_exclude(name, &found, method) {
                        return self.report_at(constraint.location, "42809", message);
                    }
                }
                Err(NoOperator::Missing) => {
                    let is = self.types.print(&ty);
                    let message = format!("operator does not exist: {is} {name} {is}");
                    return self.report_at(constraint.location, "42883", message);
                }
                Err(_) => {}
            }
        }
    }

    /// Why an operator cannot exclude: it must not mind which side is which, and be one that the index searches by.
    fn cannot_exclude(&self, name: &str, operator: &Operator<'_>, method: &str) -> Option<String> {
        // One that a statement made may be its own commutator, whatever its name.
        if operator.entity.is_some() {
            return None;
        }
        let inputs = operator.inputs();
        let shown: Vec<String> = inputs.iter().map(|ty| self.types.print(ty)).collect();
        let text = format!("operator {name}({})", shown.join(","));
        match name {
            // Order, containment and position.
            "<" | "<=" | ">" | ">=" | "<<" | ">>" | "&<" | "&>" | "@>" | "<@" | "<<|" | "|>>" => {
                Some(format!("{text} is not commutative"))
            }
            "<>" if matches!(method, "btree" | "hash") => {
                let class = self.types.builtin_default_class(inputs.first()?, method)?;
                Some(format!("{text} is not a member of operator family \"{}\"", class.family))
            }
            _ => None,
        }
    }

    /// The index that a key or an exclusion constraint needs, whose columns are of `row`.
    pub(super) fn constraint_index(&mut self, constraint: &Constraint, column: &str, row: &Arc<RangeItem>) {
        let at = constraint.location;
        match constraint.contype() {
            ConstrType::ConstrPrimary | ConstrType::ConstrUnique if constraint.indexname.is_empty() => {
                let method = if constraint.without_overlaps { "gist" } else { "btree" };
                let named = strings(&constraint.keys);
                let mut keys = if named.is_empty() { vec![column.into()] } else { named };
                if constraint.without_overlaps {
                    // Of a range, as is looked at where the constraint is added; and ranges have a class.
                    keys.pop();
                }
                for name in keys {
                    let Some(known) = row.column(&name) else { continue };
                    let value = Typed::new(known.ty.clone(), at);
                    let reported = self.out.diagnostics.len();
                    self.key_class(&[], &value, method);
                    if self.out.diagnostics.len() > reported {
                        return;
                    }
                }
            }
            ConstrType::ConstrExclusion => {
                let method = match constraint.access_method.as_str() {
                    "" => "btree",
                    given => given,
                };
                let keys: Vec<&IndexElem> = (constraint.exclusions.iter())
                    .filter_map(|pair| match &pair.node {
                        Some(NodeEnum::List(list)) => elements(&list.items).next(),
                        _ => None,
                    })
                    .collect();
                let reported = self.out.diagnostics.len();
                let span = self.token_span(at);
                self.fits_method(method, false, true, keys.len(), constraint.including.len(), span);
                if self.out.diagnostics.len() > reported {
                    return;
                }
                for key in &keys {
                    self.index_key(key, method, row, at);
                }
                if self.out.diagnostics.len() == reported {
                    self.excluding_operators(constraint, method, row);
                }
            }
            _ => {}
        }
    }
}

fn elements(nodes: &[Node]) -> impl Iterator<Item = &IndexElem> + Clone {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::IndexElem(element)) => Some(element.as_ref()),
        _ => None,
    })
}

/// Where an expression first names a system column.
pub(super) fn system_reference(node: &Node, is_system: &dyn Fn(&str) -> bool) -> Option<i32> {
    let inner = node.node.as_ref()?;
    if let NodeEnum::ColumnRef(column) = inner {
        let is_it = strings(&column.fields).last().is_some_and(|name| is_system(name));
        return is_it.then_some(column.location);
    }
    let mut below = Vec::new();
    children(inner, &mut |child| below.push(child));
    below.into_iter().find_map(|child| system_reference(child, is_system))
}
