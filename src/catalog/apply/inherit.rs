//! What a table takes from its parents, by INHERITS or as a partition, and what it must have for it.

use std::sync::Arc;

use crate::syntax::ast::{CreateStmt, NodeEnum, RangeVar};

use super::super::model::*;
use super::super::types::TypeRef;
use super::check::condition;
use super::{Fold, Result, Stop, offset};

impl Fold<'_> {
    /// The columns of the parents, in their order, before the table's own (`MergeAttributes`). `has_default` are those
    /// of its own that are given a default, or are generated.
    pub(super) fn inherit_columns(
        &self,
        relation: &mut Relation,
        s: &CreateStmt,
        has_default: &[Name],
    ) -> Result<Option<Arc<Relation>>> {
        let mut parents = Vec::new();
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
            let parent = self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?;
            if relation.parents.contains(&parent.qualified_name()) {
                return self.inherited_twice(&parent.name, offset(range.location));
            }
            relation.parents.push(parent.qualified_name());
            parents.push((parent.clone(), range));
        }
        let own = std::mem::take(&mut relation.columns);
        // What two parents disagree on must be said by the table itself.
        let mut conflicts: Vec<(Name, bool)> = Vec::new();
        for (parent, range) in &parents {
            let at = offset(range.location);
            self.can_inherit_from(parent, relation, s.partbound.is_some(), at)?;
            relation.unknown_columns |= parent.unknown_columns;
            for column in &parent.columns {
                let hands_on = self.hands_on_not_null(parent, column);
                let Some(known) = relation.column_mut(&column.name) else {
                    let mut copy = Column::clone(column);
                    copy.comment = None;
                    copy.local = false;
                    copy.not_null = hands_on;
                    // Partitions share their parent's identity; children of INHERITS do not have it.
                    if s.partbound.is_none() {
                        copy.identity = None;
                    }
                    relation.columns.push(Arc::new(copy));
                    continue;
                };
                known.not_null |= hands_on;
                let (is_generated, default) = (known.generated.is_some(), known.default.clone());
                self.is_one_column("inherited column", known, column, at)?;
                if known.generated != column.generated {
                    let message = format!("inherited column \"{}\" has a generation conflict", column.name);
                    return self.fail("42804", message, at);
                }
                match (default, &column.default) {
                    (Some(one), Some(other)) if one != *other => {
                        conflicts.push((column.name.clone(), is_generated));
                    }
                    (None, Some(other)) => {
                        if let Some(known) = relation.column_mut(&column.name) {
                            known.default = Some(other.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
        for new in own {
            // A partition has no columns besides those of its table.
            if s.partbound.is_some() && relation.column(&new.name).is_none() && !relation.unknown_columns {
                let message = format!("column \"{}\" does not exist", new.name);
                return self.fail("42703", message, self.token(&new.name));
            }
            let Some(known) = relation.column_mut(&new.name) else {
                relation.columns.push(new);
                continue;
            };
            let has_default = has_default.contains(&new.name) || new.default.is_some();
            self.is_one_column("column", known, &new, self.token(&new.name))?;
            self.fits_generated(known, &new, has_default)?;
            super::table::merge_column(known, Column::clone(&new));
            known.local = s.partbound.is_none();
        }
        let mut left = conflicts.into_iter().filter(|(name, _)| !has_default.contains(name));
        if let Some((column, is_generated)) = left.next() {
            let what = if is_generated { "generation expressions" } else { "default values" };
            let message = format!("column \"{column}\" inherits conflicting {what}");
            return self.fail("42611", message, self.token(&column));
        }
        Ok(parents.into_iter().next().map(|(parent, _)| parent))
    }

    /// PostgreSQL's errors for what a table cannot inherit from.
    fn can_inherit_from(
        &self,
        parent: &Relation,
        relation: &Relation,
        is_partition: bool,
        at: Option<usize>,
    ) -> Result {
        let name = &parent.name;
        let is_temporary = |relation: &Relation| relation.persistence == Persistence::Temporary;
        let message = if parent.kind == RelationKind::PartitionedTable && !is_partition {
            format!("cannot inherit from partitioned table \"{name}\"")
        } else if parent.partition_bound.is_some() && !is_partition {
            format!("cannot inherit from partition \"{name}\"")
        } else if !matches!(
            parent.kind,
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable
        ) {
            format!("inherited relation \"{name}\" is not a table or foreign table")
        } else if is_partition && is_temporary(relation) && !is_temporary(parent) {
            format!("cannot create a temporary relation as partition of permanent relation \"{name}\"")
        } else if is_temporary(parent) && !is_temporary(relation) {
            match is_partition {
                true => format!(
                    "cannot create a permanent relation as partition of temporary relation \"{name}\""
                ),
                false => format!("cannot inherit from temporary relation \"{name}\""),
            }
        } else {
            return Ok(());
        };
        self.fail("42809", message, at)
    }

    /// Whether two definitions of a column are of one type and collation. In a partition, one may leave them out.
    fn is_one_column(&self, word: &str, known: &Column, other: &Column, at: Option<usize>) -> Result {
        if known.ty == TypeRef::Unknown || other.ty == TypeRef::Unknown {
            return Ok(());
        }
        let (code, what) = if known.ty != other.ty {
            ("42804", "type")
        } else if known.collation != other.collation {
            ("42P21", "collation")
        } else {
            return Ok(());
        };
        self.fail(code, format!("{word} \"{}\" has a {what} conflict", known.name), at)
    }

    /// What a column's own definition may say of the values of one that is inherited.
    fn fits_generated(&self, known: &Column, new: &Column, has_default: bool) -> Result {
        let name = &new.name;
        let inherits = format!("column \"{name}\" inherits from generated column");
        let message = match (known.generated, new.generated) {
            (Some(_), None) if has_default => format!("{inherits} but specifies default"),
            (Some(_), _) if new.identity.is_some() => format!("{inherits} but specifies identity"),
            (None, Some(_)) => format!("child column \"{name}\" specifies generation expression"),
            (Some(one), Some(other)) if one != other => format!("{inherits} of different kind"),
            _ => return Ok(()),
        };
        self.fail("42611", message, self.token(name))
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
                // Of several parents one that enforces it is enough.
                let is_stricter = |known: &Arc<Constraint>| {
                    known.kind == ConstraintKind::Check
                        && !known.local
                        && !known.enforced
                        && constraint.enforced
                        && condition(known) == condition(constraint)
                };
                if inherits && relation.constraint(&constraint.name).is_none_or(is_stricter) {
                    let mut copy = Constraint::clone(constraint);
                    copy.local = constraint.kind != ConstraintKind::Check;
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

    pub(super) fn parents(&self, table: &QualifiedName) -> Result<Vec<Arc<Relation>>> {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        Ok((relation.parents.iter())
            .filter_map(|parent| self.catalog.relation(Some(&parent.schema), &parent.name).cloned())
            .collect())
    }

    pub(super) fn add_parent(&mut self, table: &QualifiedName, range: &RangeVar) -> Result {
        let parent = self.find(range)?;
        let relation = self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.clone();
        let at = offset(range.location);
        let own = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        self.can_inherit(own, &relation, at)?;
        if self.heirs(table).contains(&parent) {
            return self.fail("42P07", "circular inheritance not allowed".into(), at);
        }
        if own.parents.contains(&parent) {
            return self.inherited_twice(&parent.name, at);
        }
        self.merge_into_existing(table, &relation, range)?;
        self.relation(table)?.parents.push(parent);
        Ok(())
    }

    pub(super) fn inherited_twice<T>(&self, parent: &str, at: Option<usize>) -> Result<T> {
        let message = format!("relation \"{parent}\" would be inherited from more than once");
        self.fail("42P07", message, at)
    }

    /// A table and all that inherit from it.
    pub(super) fn heirs(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let mut all = vec![table.clone()];
        let mut at = 0;
        while at < all.len() {
            let below = self.children(&all[at]);
            all.extend(below.into_iter().filter(|child| !all.contains(child)).collect::<Vec<_>>());
            at += 1;
        }
        all
    }

    pub(super) fn remove_parent(&mut self, table: &QualifiedName, range: &RangeVar) -> Result {
        let parent = self.find(range)?;
        let relation = self.relation(table)?;
        if relation.partition_bound.is_some() {
            let message = "cannot change inheritance of a partition".into();
            return self.fail("42809", message, offset(range.location));
        }
        if !relation.parents.contains(&parent) {
            let message =
                format!("relation \"{}\" is not a parent of relation \"{}\"", parent.name, table.name);
            return self.fail("42P01", message, offset(range.location));
        }
        self.leave_parent(table, &parent)
    }

    /// What no parent has any more is a table's own (`RemoveInheritance`).
    pub(super) fn leave_parent(&mut self, table: &QualifiedName, parent: &QualifiedName) -> Result {
        self.relation(table)?.parents.retain(|name| name != parent);
        let left = self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.clone();
        let mut relation = Relation::clone(&*self.relation(table)?);
        for column in &mut relation.columns {
            let is_left = left.column(&column.name).is_some();
            if is_left && !column.local && !self.is_inherited_column(table, &column.name) {
                Arc::make_mut(column).local = true;
            }
        }
        for constraint in &mut relation.constraints {
            if !constraint.local && !self.is_inherited_constraint(table, constraint) {
                Arc::make_mut(constraint).local = true;
            }
        }
        *self.relation(table)? = relation;
        Ok(())
    }

    /// What a table that is there must have to inherit from another (`MergeAttributesIntoExisting` and
    /// `MergeConstraintsIntoExisting`). Of a partition nothing of that is its own.
    pub(super) fn merge_into_existing(
        &mut self,
        table: &QualifiedName,
        parent: &Relation,
        range: &RangeVar,
    ) -> Result {
        let mut child = Relation::clone(&*self.relation(table)?);
        let at = offset(range.location);
        if child.unknown_columns || parent.unknown_columns {
            return Ok(());
        }
        let is_partitioned = parent.kind == RelationKind::PartitionedTable;
        for column in &parent.columns {
            let name = &column.name;
            let Some(own) = child.column(name) else {
                return self.fail("42804", format!("child table is missing column \"{name}\""), at);
            };
            self.fits_column(own, column, &child, parent, at)?;
            if is_partitioned && let Some(own) = child.column_mut(name) {
                own.local = false;
            }
        }
        for theirs in parent.constraints.iter().filter(|theirs| theirs.is_inheritable()) {
            let own = match (theirs.kind, theirs.columns.first()) {
                (ConstraintKind::NotNull, Some(column)) => child.not_null(column),
                _ => child.constraint(&theirs.name).filter(|own| own.kind == theirs.kind),
            };
            let Some(own) = own.cloned() else {
                let message = match (theirs.kind, theirs.columns.first()) {
                    // Of one that was written down before they were kept, nothing is known.
                    (ConstraintKind::NotNull, _) => continue,
                    _ => format!("child table is missing constraint \"{}\"", theirs.name),
                };
                return self.fail("42804", message, at);
            };
            self.fits_constraint(&own, theirs, &child.name, at)?;
            if is_partitioned {
                child.put_constraint(Constraint { local: false, ..Constraint::clone(&own) });
            }
        }
        *self.relation(table)? = child;
        Ok(())
    }

    fn fits_column(
        &self,
        own: &Column,
        theirs: &Column,
        child: &Relation,
        parent: &Relation,
        at: Option<usize>,
    ) -> Result {
        let (name, table) = (&own.name, &child.name);
        let is_known = own.ty != TypeRef::Unknown && theirs.ty != TypeRef::Unknown;
        let (code, message) = if is_known && own.ty != theirs.ty {
            ("42804", format!("child table \"{table}\" has different type for column \"{name}\""))
        } else if is_known && own.collation != theirs.collation {
            ("42P21", format!("child table \"{table}\" has different collation for column \"{name}\""))
        } else if self.hands_on_not_null(parent, theirs) && !own.not_null {
            // Since 17 the table is named.
            let table = match self.catalog.is_older_than(17) {
                true => String::new(),
                false => format!(" \"{table}\""),
            };
            ("42804", format!("column \"{name}\" in child table{table} must be marked NOT NULL"))
        } else if theirs.generated.is_some() && own.generated.is_none() {
            ("42804", format!("column \"{name}\" in child table must be a generated column"))
        } else if theirs.generated.is_none() && own.generated.is_some() {
            ("42804", format!("column \"{name}\" in child table must not be a generated column"))
        } else if theirs.generated != own.generated {
            ("42804", format!("column \"{name}\" inherits from generated column of different kind"))
        } else {
            return Ok(());
        };
        self.fail(code, message, at)
    }

    fn fits_constraint(
        &self,
        own: &Constraint,
        theirs: &Constraint,
        child: &str,
        at: Option<usize>,
    ) -> Result {
        let name = &theirs.name;
        let differs = own.kind == ConstraintKind::Check && condition(own) != condition(theirs);
        let (code, message) = if differs {
            let message =
                format!("child table \"{child}\" has different definition for check constraint \"{name}\"");
            ("42804", message)
        } else {
            let word = if !own.is_inheritable() {
                "non-inherited"
            } else if theirs.validated && own.enforced && !own.validated {
                "NOT VALID"
            } else if theirs.enforced && !own.enforced {
                "NOT ENFORCED"
            } else {
                return Ok(());
            };
            let message =
                format!("constraint \"{name}\" conflicts with {word} constraint on child table \"{child}\"");
            ("42P17", message)
        };
        self.fail(code, message, at)
    }
}
