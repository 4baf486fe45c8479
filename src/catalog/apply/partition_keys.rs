//! Unique keys of partitioned tables, which must have all columns that say in which partition a row is.

use super::super::model::{Name, QualifiedName};
use super::super::partition;
use super::{Fold, Result, list, offset, strings};
use crate::syntax::ast;

impl Fold<'_> {
    /// PostgreSQL's error for a unique key without a column of the partition key. `kind` is PRIMARY KEY or UNIQUE.
    pub(super) fn has_partition_columns(
        &self,
        table: &QualifiedName,
        kind: &str,
        columns: &[Name],
        at: Option<usize>,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        let key = relation.and_then(|relation| relation.partition_key.as_deref());
        let Some(key) = key.and_then(partition::key) else { return Ok(()) };
        if key.has_expressions() {
            let message = format!("unsupported {kind} constraint with partition key definition");
            return self.fail("0A000", message, at);
        }
        if key.columns().any(|column| !columns.contains(column)) {
            let message = "unique constraint on partitioned table must include all partitioning columns";
            return self.fail("0A000", message.into(), at);
        }
        Ok(())
    }
}

/// What a constraint is called in messages.
pub(super) fn word(constraint: &ast::Constraint) -> &'static str {
    match constraint.contype() {
        ast::ConstrType::ConstrPrimary => "PRIMARY KEY",
        _ => "UNIQUE",
    }
}

impl Fold<'_> {
    /// PostgreSQL's errors for an exclusion constraint of a partitioned table, which must compare all columns that say in
    /// which partition a row is, by equality.
    pub(super) fn excludes_partition_columns(
        &self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        let key = relation.and_then(|relation| relation.partition_key.as_deref());
        let Some(key) = key.and_then(partition::key) else { return Ok(()) };
        let at = offset(constraint.location);
        if self.version() < 17 {
            let message = "exclusion constraints are not supported on partitioned tables";
            return self.fail("0A000", message.into(), at);
        }
        if key.has_expressions() {
            let message = "unsupported EXCLUDE constraint with partition key definition";
            return self.fail("0A000", message.into(), at);
        }
        for column in key.columns() {
            let operator = constraint.exclusions.iter().find_map(|pair| {
                let [element, operator] = list(pair) else { return None };
                let Some(ast::NodeEnum::IndexElem(element)) = &element.node else { return None };
                (*element.name == **column)
                    .then(|| strings(list(operator)).last().copied().unwrap_or_default())
            });
            let message = match operator {
                Some("=") => continue,
                // Another name may be that of an equality.
                Some(operator) if !["&&", "-|-", "<>", "<", ">", "<=", ">="].contains(&operator) => continue,
                Some(operator) => format!(
                    "cannot match partition key to index on column \"{column}\" using non-equal operator \"{operator}\""
                ),
                None => "unique constraint on partitioned table must include all partitioning columns".into(),
            };
            return self.fail("0A000", message, at);
        }
        Ok(())
    }
}
