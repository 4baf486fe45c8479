//! Relations by name, with PostgreSQL's errors (parserOpenTable).

use std::sync::Arc;

use super::collate::{self, Collation};
use super::row::RecordShape;
use super::scope::{RangeItem, ScopeColumn};
use super::statement::Analyzer;
use super::{Diagnostic, Purpose, Reference, Slot, Symbol, closest};
use crate::catalog::apply::schema_of;
use crate::catalog::builtin;
use crate::catalog::model::{Name, Relation, Volatility};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Types;
use crate::syntax::ast::RangeVar;

/// What a relation's name led to.
pub enum Opened {
    Relation(Arc<Relation>),
    /// It may exist, with any columns.
    Unknown,
    /// It does not exist; this has been reported.
    Missing,
}

impl Analyzer<'_> {
    fn is_in_several_schemas(&self, name: &str) -> bool {
        self.catalog.schemas.values().filter(|schema| schema.relations.contains_key(name)).nth(1).is_some()
    }

    /// An index is no relation with rows of its own (validate_relation_kind).
    pub(super) fn is_no_index(&mut self, range: &RangeVar) {
        if self.catalog.index(schema_of(range), &range.relname).is_some() {
            let message = match self.types.major {
                ..16 => format!("\"{}\" is an index", range.relname),
                _ => format!("cannot open relation \"{}\"", range.relname),
            };
            self.report_at(range.location, "42809", message);
        }
    }

    /// Looks up the relation that `range` names, and reports where it does not exist.
    pub(super) fn open(&mut self, range: &RangeVar, purpose: Purpose) -> Opened {
        let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
        if self.is_marker(&range.relname) {
            self.mark(Slot::Relation { schema: schema.map(Name::from), purpose });
            return Opened::Unknown;
        }
        let parts = 1 + usize::from(schema.is_some()) + usize::from(!range.catalogname.is_empty());
        let span = self.tokens.part(range.location, parts - 1);
        self.takes(if purpose == Purpose::Read { Volatility::Stable } else { Volatility::Volatile });
        if self.any_schema && schema.is_none() && self.is_in_several_schemas(&range.relname) {
            return Opened::Unknown;
        }
        let found = self.catalog.relation(schema, &range.relname).cloned();
        if let Some(relation) =
            found.or_else(|| builtin::facts().relation(self.types.major, schema, &range.relname))
        {
            if let Some(span) = span {
                self.out.references.push(Reference { span, symbol: Symbol::Relation(relation.clone()) });
            }
            return Opened::Relation(relation);
        }
        let all = builtin::facts().relation_in_any(schema, &range.relname);
        let versions = self.other_versions(all.map(|relation| relation.versions));
        let elsewhere = versions.is_none()
            && (may_be_of_system(schema, &range.relname)
            // An index can be named where a relation is wanted; what is wrong then is another matter.
            || self.catalog.index(schema, &range.relname).is_some());
        if purpose == Purpose::Read && !self.catalog.unknown_names {
            self.is_no_index(range);
        }
        if self.catalog.unknown_names || elsewhere {
            return Opened::Unknown;
        }
        let name = match schema {
            Some(schema) => format!("{schema}.{}", range.relname),
            None => range.relname.clone(),
        };
        let (Some(span), Some(whole)) = (span, self.tokens.name(range.location, parts)) else {
            return Opened::Missing;
        };
        let candidates: Vec<&str> = match schema {
            Some(schema) => self
                .catalog
                .schema(schema)
                .into_iter()
                .flat_map(|schema| schema.relations.keys())
                .map(|name| &**name)
                .collect(),
            None => self
                .catalog
                .search_path
                .iter()
                .filter_map(|schema| self.catalog.schema(schema))
                .flat_map(|schema| schema.relations.keys())
                .map(|name| &**name)
                .chain(self.cte_names())
                .collect(),
        };
        let mut suggestions: Vec<String> =
            closest(&range.relname, candidates).iter().map(|name| quote::identifier(name)).collect();
        if suggestions.is_empty() {
            // The same name in a schema that is not on the path.
            suggestions = self
                .catalog
                .schemas
                .values()
                .filter(|other| {
                    other.relations.contains_key(range.relname.as_str()) && Some(&*other.name) != schema
                })
                .map(|other| quote::qualified(&other.name, &range.relname))
                .collect();
            let diagnostic = missing(whole, name, suggestions).hinting(versions);
            self.report(diagnostic);
            return Opened::Missing;
        }
        // PostgreSQL points at the whole name; the token at fault is its last part, which the suggestions replace.
        self.report(missing(span, name, suggestions).hinting(versions));
        Opened::Missing
    }
}

/// Whether a relation that is none of those that are known may be PostgreSQL's own, or one that an extension brings.
fn may_be_of_system(schema: Option<&str>, name: &str) -> bool {
    let is_in_catalog = schema.map_or(name.starts_with("pg_"), |schema| schema == "pg_catalog");
    match is_in_catalog {
        // Indexes are not among the facts.
        true => name.ends_with("_index") || name.ends_with("_key") || builtin::is_of_extension(name),
        false => {
            schema.is_some_and(|schema| builtin::is_system_schema(schema) && schema != "information_schema")
        }
    }
}

fn missing(span: crate::text::Span, name: String, suggestions: Vec<String>) -> Diagnostic {
    Diagnostic::new(span, "42P01", format!("relation \"{name}\" does not exist")).suggesting(suggestions)
}

/// The item that a relation makes in a namespace.
pub fn item(types: Types, relation: &Arc<Relation>, alias: Option<&str>) -> RangeItem {
    RangeItem {
        alias: alias.map_or_else(|| relation.name.clone(), Name::from),
        schema: alias.is_none().then(|| relation.schema.clone()),
        relation: Some(relation.clone()),
        columns: relation
            .columns
            .iter()
            .map(|column| ScopeColumn {
                name: column.name.clone(),
                ty: column.ty.clone(),
                source: Some((relation.clone(), column.clone())),
                merged: false,
                joined: None,
                not_null: column.not_null,
                collation: collate::of_column(types, relation, column),
                shape: RecordShape::Unknown,
            })
            .collect(),
        unknown_columns: relation.unknown_columns,
        ..RangeItem::default()
    }
}

/// An item of which nothing but its name is known.
pub fn unknown_item(alias: &str) -> RangeItem {
    RangeItem { alias: alias.into(), unknown_columns: true, ..RangeItem::default() }
}

/// A column that no relation gives.
pub fn derived(name: Name, ty: TypeRef) -> ScopeColumn {
    ScopeColumn {
        name,
        ty,
        source: None,
        merged: false,
        joined: None,
        not_null: false,
        collation: Collation::Unknown,
        shape: RecordShape::Unknown,
    }
}
