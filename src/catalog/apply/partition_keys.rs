//! Unique keys of partitioned tables, which must have all columns that say in which partition a row is.

use super::super::model::{Name, QualifiedName};
use super::super::partition;
use super::{Fold, Result};
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
