//! CREATE and ALTER SEQUENCE.

use std::sync::Arc;

use crate::syntax::ast::{AlterSeqStmt, CreateSeqStmt, Node, NodeEnum};

use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, list, offset, split_name, strings};

/// A sequence, with the columns that each has.
pub(super) fn relation(schema: Name, name: Name) -> Relation {
    let mut relation = Relation::new(schema, name, RelationKind::Sequence);
    relation.columns = [("last_value", "int8"), ("log_cnt", "int8"), ("is_called", "bool")]
        .into_iter()
        .map(|(name, ty)| {
            let mut column = Column::new(name, TypeRef::builtin(ty));
            column.not_null = true;
            Arc::new(column)
        })
        .collect();
    relation
}

impl Fold<'_> {
    pub(super) fn create_sequence(&mut self, s: &CreateSeqStmt) -> Result {
        let Some(range) = &s.sequence else { return Ok(()) };
        let (schema, temporary) = self.target_schema_of(range)?;
        if self.taken(&schema, &range.relname, s.if_not_exists, offset(range.location))? {
            return Ok(());
        }
        let mut sequence = relation(schema.clone(), range.relname.as_str().into());
        if temporary {
            sequence.persistence = Persistence::Temporary;
        } else if range.relpersistence == "u" {
            sequence.persistence = Persistence::Unlogged;
        }
        if let Some(owner) = self.owned_by(&s.options) {
            sequence.owned_by = owner;
        }
        self.schema(&schema)?.put_relation(sequence);
        Ok(())
    }

    pub(super) fn alter_sequence(&mut self, s: &AlterSeqStmt) -> Result {
        let Some(range) = &s.sequence else { return Ok(()) };
        let Some(name) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
        if let Some(owner) = self.owned_by(&s.options) {
            self.relation(&name)?.owned_by = owner;
        }
        Ok(())
    }

    /// What OWNED BY among the options says, if it is there.
    fn owned_by(&self, options: &[Node]) -> Option<Option<OwnedBy>> {
        let element = options.iter().find_map(|option| match &option.node {
            Some(NodeEnum::DefElem(element)) if element.defname == "owned_by" => Some(element),
            _ => None,
        })?;
        let parts = strings(list(element.arg.as_ref()?));
        let [table @ .., column] = parts.as_slice() else { return None };
        if table.is_empty() {
            return Some(None);
        }
        let (schema, table) = split_name(table);
        let table = self.catalog.relation(schema, table)?.qualified_name();
        Some(Some(OwnedBy { table, column: (*column).into() }))
    }
}
