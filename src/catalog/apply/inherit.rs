//! What a table takes from its parents: by INHERITS, or as a partition.

use std::sync::Arc;

use crate::syntax::ast::{
    CreateStmt, NodeEnum, PartitionBoundSpec, PartitionCmd, PartitionRangeDatumKind, RangeVar,
};

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::{Fold, Result, Stop, offset};

impl Fold<'_> {
    /// The columns of the parents, in their order, before the table's own.
    pub(super) fn inherit_columns(&mut self, relation: &mut Relation, s: &CreateStmt) -> Result {
        for node in &s.inh_relations {
            let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
            let parent = match self.find(range) {
                Ok(name) => name,
                Err(Stop::Unsure) => {
                    relation.unknown_columns = true;
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            let parent =
                self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.clone();
            relation.unknown_columns |= parent.unknown_columns;
            relation.parents.push(parent.qualified_name());
            for column in &parent.columns {
                match relation.column_mut(&column.name) {
                    Some(own) => {
                        own.not_null |= column.not_null;
                        if own.default.is_none() {
                            own.default = column.default.clone();
                        }
                    }
                    None => {
                        let mut copy = Column::clone(column);
                        copy.comment = None;
                        // Partitions share their parent's identity; children of INHERITS do not have it.
                        if s.partbound.is_none() {
                            copy.identity = None;
                        }
                        relation.columns.push(Arc::new(copy));
                    }
                }
            }
            if let Some(bound) = &s.partbound {
                let text = self.bound(&parent, bound);
                relation.partition_bound = Some(text.into());
            }
        }
        Ok(())
    }

    /// A bound as `pg_get_expr(relpartbound)` prints it.
    fn bound(&self, parent: &Relation, bound: &PartitionBoundSpec) -> String {
        if bound.is_default {
            return "DEFAULT".into();
        }
        let types = partition_types(parent);
        let datum = |node: &crate::syntax::ast::Node, n: usize| {
            let ty = types.get(n).cloned().unwrap_or(TypeRef::Unknown);
            deparse::bound_value(&self.catalog, node, &ty)
        };
        let range = |nodes: &[crate::syntax::ast::Node]| {
            let texts: Vec<String> = nodes
                .iter()
                .enumerate()
                .map(|(n, node)| match &node.node {
                    Some(NodeEnum::PartitionRangeDatum(value)) => match value.kind() {
                        PartitionRangeDatumKind::PartitionRangeDatumMinvalue => "MINVALUE".into(),
                        PartitionRangeDatumKind::PartitionRangeDatumMaxvalue => "MAXVALUE".into(),
                        _ => value.value.as_ref().map_or_else(String::new, |value| datum(value, n)),
                    },
                    Some(NodeEnum::ColumnRef(column)) => {
                        column.fields.last().map_or(String::new(), |f| super::string(f).to_ascii_uppercase())
                    }
                    _ => datum(node, n),
                })
                .collect();
            texts.join(", ")
        };
        match bound.strategy.as_str() {
            "h" => format!("FOR VALUES WITH (modulus {}, remainder {})", bound.modulus, bound.remainder),
            "l" => {
                let values: Vec<String> = bound.listdatums.iter().map(|node| datum(node, 0)).collect();
                format!("FOR VALUES IN ({})", values.join(", "))
            }
            _ => {
                format!("FOR VALUES FROM ({}) TO ({})", range(&bound.lowerdatums), range(&bound.upperdatums))
            }
        }
    }

    /// Checks of the parents, and foreign keys of a partitioned one.
    pub(super) fn inherited_constraints(&mut self, table: &QualifiedName) -> Result {
        let parents = self.parents(table)?;
        for parent in parents {
            let partitioned = parent.kind == RelationKind::PartitionedTable;
            for constraint in &parent.constraints {
                let inherits = match constraint.kind {
                    ConstraintKind::Check => !constraint.definition.contains(" NO INHERIT"),
                    ConstraintKind::ForeignKey => partitioned,
                    _ => false,
                };
                let relation = self.relation(table)?;
                if inherits && relation.constraint(&constraint.name).is_none() {
                    let mut copy = Constraint::clone(constraint);
                    // A new table has no rows that were not checked.
                    if let Some(checked) = constraint.definition.strip_suffix(" NOT VALID") {
                        copy.definition = checked.into();
                        copy.validated = true;
                    }
                    relation.put_constraint(copy);
                }
            }
        }
        Ok(())
    }

    /// The parent's indexes and row triggers, for a partition.
    pub(super) fn inherited_indexes(&mut self, table: &QualifiedName) -> Result {
        for parent in self.parents(table)? {
            self.copy_indexes(&parent, table)?;
            self.copy_triggers(&parent, table)?;
        }
        self.indexes_below(table)
    }

    fn copy_triggers(&mut self, parent: &Relation, table: &QualifiedName) -> Result {
        let relation = self.relation(table)?;
        let from = format!(" ON {} ", quote::qualified(&parent.schema, &parent.name));
        let to = format!(" ON {} ", quote::qualified(&table.schema, &table.name));
        for trigger in parent.triggers.iter().filter(|trigger| trigger.is_for_rows()) {
            if !relation.triggers.iter().any(|own| own.name == trigger.name) {
                let definition = trigger.definition.replacen(&from, &to, 1).into();
                relation.triggers.push(Arc::new(Trigger {
                    definition,
                    comment: None,
                    ..Trigger::clone(trigger)
                }));
            }
        }
        relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    /// A partition that is partitioned itself hands its indexes on.
    fn indexes_below(&mut self, table: &QualifiedName) -> Result {
        for child in self.children(table) {
            self.inherited_indexes(&child)?;
        }
        Ok(())
    }

    fn parents(&self, table: &QualifiedName) -> Result<Vec<Arc<Relation>>> {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        Ok((relation.parents.iter())
            .filter_map(|parent| self.catalog.relation(Some(&parent.schema), &parent.name).cloned())
            .collect())
    }

    pub(super) fn attach_partition(&mut self, parent: &QualifiedName, command: &PartitionCmd) -> Result {
        let Some(range) = &command.name else { return Ok(()) };
        let child = self.find(range)?;
        let parent_relation =
            self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.clone();
        let bound = command.bound.as_ref().map(|bound| self.bound(&parent_relation, bound));
        let relation = self.relation(&child)?;
        relation.parents = vec![parent.clone()];
        relation.partition_bound = bound.map(Name::from);
        for column in &parent_relation.columns {
            if let Some(own) = relation.column_mut(&column.name) {
                own.not_null |= column.not_null;
                own.identity = own.identity.or(column.identity);
            }
        }
        // A foreign key that the partition brings is attached to the parent's.
        let same = |own: &Constraint, parents: &Constraint| {
            own.kind == parents.kind && own.columns == parents.columns && own.foreign == parents.foreign
        };
        let keys: Vec<_> = (parent_relation.constraints.iter())
            .filter(|theirs| theirs.kind == ConstraintKind::ForeignKey)
            .filter(|theirs| !relation.constraints.iter().any(|own| same(own, theirs)))
            .cloned()
            .collect();
        for key in keys {
            relation.put_constraint(Constraint::clone(&key));
        }
        self.copy_triggers(&parent_relation, &child)?;
        self.copy_indexes(&parent_relation, &child)?;
        self.indexes_below(&child)
    }

    pub(super) fn detach_partition(&mut self, parent: &QualifiedName, command: &PartitionCmd) -> Result {
        let Some(range) = &command.name else { return Ok(()) };
        let child = self.find(range)?;
        let relation = self.relation(&child)?;
        relation.parents.retain(|name| name != parent);
        relation.partition_bound = None;
        for column in &mut relation.columns {
            if column.identity.is_some() {
                Arc::make_mut(column).identity = None;
            }
        }
        Ok(())
    }

    pub(super) fn add_parent(&mut self, table: &QualifiedName, range: &RangeVar) -> Result {
        let parent = self.find(range)?;
        let parent_columns =
            self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.columns.clone();
        let relation = self.relation(table)?;
        relation.parents.push(parent);
        for column in parent_columns.iter().filter(|column| column.not_null) {
            if let Some(own) = relation.column_mut(&column.name) {
                own.not_null = true;
            }
        }
        Ok(())
    }

    pub(super) fn remove_parent(&mut self, table: &QualifiedName, range: &RangeVar) -> Result {
        let parent = self.find(range)?;
        let relation = self.relation(table)?;
        if !relation.parents.contains(&parent) {
            let message =
                format!("relation \"{}\" is not a parent of relation \"{}\"", parent.name, table.name);
            return self.fail("42P01", message, offset(range.location));
        }
        relation.parents.retain(|name| *name != parent);
        Ok(())
    }
}

/// The types of a partitioned table's key, column by column; unknown for expressions.
fn partition_types(parent: &Relation) -> Vec<TypeRef> {
    let key = parent.partition_key.as_deref().unwrap_or("");
    let inner = key.split_once('(').map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    inner
        .split(", ")
        .map(|part| {
            let column = parent.columns.iter().find(|column| {
                let name = quote::identifier(&column.name);
                part == name || part.strip_prefix(&name).is_some_and(|rest| rest.starts_with(' '))
            });
            column.map_or(TypeRef::Unknown, |column| column.ty.clone())
        })
        .collect()
}
