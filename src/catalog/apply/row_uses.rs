//! Columns of a table's row type, which keep its columns from being changed (find_composite_type_dependencies).

use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, Stop};

impl Fold<'_> {
    /// PostgreSQL's error where rows of the table are kept in columns of others.
    pub(super) fn has_no_kept_rows(&self, table: &QualifiedName) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some((other, column)) = self.keeper_of(table, 0) else { return Ok(()) };
        let name = &table.name;
        let message = match relation.kind {
            RelationKind::CompositeType => {
                format!("cannot alter type \"{name}\" because column \"{other}.{column}\" uses it")
            }
            RelationKind::ForeignTable => format!(
                "cannot alter foreign table \"{name}\" because column \"{other}.{column}\" uses its row type"
            ),
            RelationKind::Table | RelationKind::PartitionedTable => {
                format!("cannot alter table \"{name}\" because column \"{other}.{column}\" uses its row type")
            }
            _ => return Ok(()),
        };
        self.fail("0A000", message, self.token(name))
    }

    /// A column of a table that holds the type, alone or as a part of another.
    fn keeper_of(&self, of: &QualifiedName, depth: usize) -> Option<(Name, Name)> {
        // No type is that deep.
        if depth > 16 {
            return None;
        }
        let is = |ty: &TypeRef| matches!(ty, TypeRef::Named { schema, name, .. } if *schema == of.schema && *name == of.name);
        for relation in self.catalog.mentioning(of) {
            let Some(column) = relation.columns.iter().find(|column| is(&column.ty)) else { continue };
            match relation.kind {
                RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView => {
                    return Some((relation.name.clone(), column.name.clone()));
                }
                RelationKind::CompositeType => {
                    if let Some(found) = self.keeper_of(&relation.qualified_name(), depth + 1) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
        let types = self.catalog.schemas.values().flat_map(|schema| schema.types.values());
        types
            .filter(|ty| match &ty.kind {
                TypeKind::Domain { base, .. } => is(base),
                TypeKind::Range { subtype, .. } => is(subtype),
                TypeKind::Multirange { range } => range == of,
                _ => false,
            })
            .find_map(|ty| {
                self.keeper_of(&QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() }, depth + 1)
            })
    }
}
