//! ON CONFLICT: the unique index that tells what a conflict is (infer_arbiter_indexes).

use std::collections::BTreeSet;

use super::scope::{RangeItem, system_column};
use super::statement::{Analyzer, strings};
use crate::catalog::apply::type_name;
use crate::catalog::model::{ConstraintKind, Index, IndexTarget, Relation, RelationKind};
use crate::catalog::typing::NamedClass;
use crate::syntax::ast::{
    IndexElem, InferClause, NodeEnum, OnConflictAction, OnConflictClause, SortByDir, SortByNulls,
};

impl Analyzer<'_> {
    pub(super) fn check_arbiter(&mut self, conflict: &OnConflictClause, target: &RangeItem) {
        let Some(infer) = &conflict.infer else {
            if conflict.action() == OnConflictAction::OnconflictUpdate {
                let message = "ON CONFLICT DO UPDATE requires inference specification or constraint name";
                let hint = "For example, ON CONFLICT (column_name).";
                self.report_hinting(conflict.location, "42601", message, Some(hint));
            }
            return;
        };
        for element in infer.index_elems.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::IndexElem(element)) => Some(element),
            _ => None,
        }) {
            let what = match (element.ordering(), element.nulls_ordering()) {
                (SortByDir::SortbyAsc | SortByDir::SortbyDesc, _) => "ASC/DESC is",
                (_, SortByNulls::SortbyNullsFirst | SortByNulls::SortbyNullsLast) => "NULLS FIRST/LAST is",
                _ => continue,
            };
            let message = format!("{what} not allowed in ON CONFLICT clause");
            return self.report_at(infer.location, "42P10", message);
        }
        let Some(relation) = target.relation.clone() else { return };
        let has_indexes = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable);
        if relation.unknown_columns || target.unknown_columns || !has_indexes || self.types.is_unsure {
            return;
        }
        if !infer.conname.is_empty() {
            if relation.constraints.iter().all(|constraint| *constraint.name != *infer.conname) {
                let message = format!(
                    "constraint \"{}\" for table \"{}\" does not exist",
                    infer.conname, relation.name
                );
                let from = infer.location.max(0) as usize;
                if let Some(span) = self.tokens.find_name(self.sql, from, &infer.conname) {
                    self.report(super::Diagnostic::new(span, "42704", message));
                }
            }
            let is_exclusion = relation.constraints.iter().any(|constraint| {
                let excludes = constraint.kind == ConstraintKind::Exclusion || constraint.has_no_overlaps();
                *constraint.name == *infer.conname && excludes
            });
            // Told when the statement is planned.
            if is_exclusion
                && self.is_planned_query()
                && conflict.action() == OnConflictAction::OnconflictUpdate
            {
                let message = "ON CONFLICT DO UPDATE not supported with exclusion constraints";
                self.report_at(infer.location, "42809", message);
            }
            return;
        }
        // A column that does not exist is told in other words.
        let names = |name: &str| relation.column(name).is_some() || system_column(name).is_some();
        let columns: BTreeSet<&str> = infer_columns(infer).collect();
        if columns.iter().all(|name| names(name)) && !has_arbiter(&relation, infer, &columns) {
            let message = "there is no unique or exclusion constraint matching the ON CONFLICT specification";
            self.report_at(infer.location, "42P10", message);
        }
    }
}

impl Analyzer<'_> {
    /// The collation and the operator class by which an arbiter is looked for.
    pub(super) fn infers_by(&mut self, element: &IndexElem, target: &RangeItem, at: i32) {
        let collation = strings(&element.collation);
        let collation: Vec<&str> = collation.iter().map(|name| &**name).collect();
        if !collation.is_empty()
            && let Some(missing) = type_name::missing_collation(self.catalog, &collation)
        {
            return self.report_at(at, missing.sqlstate, missing.message);
        }
        let class = strings(&element.opclass);
        let (schema, name) = match &class[..] {
            [name] => (None, name),
            [schema, name] => (Some(&**schema), name),
            _ => return,
        };
        let Some(column) = target.column(&element.name) else { return };
        if self.types.named_class(schema, name, "btree", &column.ty) == NamedClass::Missing {
            let written = class.join(".");
            let message = format!("operator class \"{written}\" does not exist for access method \"btree\"");
            self.report_at(at, "42704", message);
        }
    }

    /// Whether the statement is a query, which is planned as it stands.
    fn is_planned_query(&self) -> bool {
        matches!(self.planned, Some(NodeEnum::SelectStmt(_) | NodeEnum::InsertStmt(_)))
    }
}

fn infer_columns(infer: &InferClause) -> impl Iterator<Item = &str> {
    infer.index_elems.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::IndexElem(element)) if !element.name.is_empty() => Some(element.name.as_str()),
        _ => None,
    })
}

/// Whether some unique index may be meant.
fn has_arbiter(relation: &Relation, infer: &InferClause, columns: &BTreeSet<&str>) -> bool {
    let has_expressions = infer_columns(infer).count() < infer.index_elems.len();
    let fits = |index: &Index| {
        let plain: BTreeSet<&str> = (index.keys.iter())
            .filter_map(|key| match &key.target {
                IndexTarget::Column(name) => Some(&**name),
                IndexTarget::Expression(_) => None,
            })
            .collect();
        let own_expressions = index.keys.iter().any(|key| matches!(key.target, IndexTarget::Expression(_)));
        index.unique
            && index.valid
            // A key WITHOUT OVERLAPS excludes, and is no arbiter.
            && *index.method != *"gist"
            && plain == *columns
            && own_expressions == has_expressions
            // Whether what is written implies the index's condition is the planner's to say.
            && (index.predicate.is_none() || infer.where_clause.is_some())
    };
    relation.indexes.iter().any(|index| fits(index))
}
