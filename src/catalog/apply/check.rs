//! Check constraints of tables, and what becomes of them along inheritance.

use crate::syntax::ast;

use super::super::deparse;
use super::super::model::*;
use super::super::types::TypeRef;
use super::constraint::{Timing, tail};
use super::{Fold, Result, Stop, names, offset};

impl Fold<'_> {
    pub(super) fn add_check(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        timing: Timing,
        new_table: bool,
    ) -> Result {
        let Some(node) = constraint.raw_expr.as_deref() else { return Ok(()) };
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let printed =
            deparse::expression(&self.catalog, &relation.columns, node, Some(&TypeRef::builtin("bool")));
        // A table's name is its whole row.
        let missing = printed.missing.iter().find(|(name, _)| *name != table.name);
        if let Some((name, location)) = missing.filter(|_| !relation.unknown_columns) {
            return self.fail("42703", format!("column \"{name}\" does not exist"), offset(*location));
        }
        let at = offset(constraint.location);
        if constraint.is_no_inherit && relation.kind == RelationKind::PartitionedTable {
            let message = format!("cannot add NO INHERIT constraint to partitioned table \"{}\"", table.name);
            return self.fail("42P16", message, at);
        }
        let mut definition = format!("CHECK ({})", printed.text);
        if constraint.is_no_inherit {
            definition += " NO INHERIT";
        }
        // A new table has no rows that it could fail for.
        let validated = (new_table || !constraint.skip_validation) && timing.enforced;
        definition += tail(timing, validated);
        let name: Name = match constraint.conname.as_str() {
            "" => {
                let column = match printed.columns.as_slice() {
                    [column] => Some(&**column),
                    _ => None,
                };
                names::constraint_name(&self.catalog, &table.schema, &table.name, column, "check", &[])
            }
            given => given.into(),
        };
        let check = Constraint {
            name,
            kind: ConstraintKind::Check,
            columns: printed.columns,
            foreign: None,
            validated,
            enforced: timing.enforced,
            deferrable: false,
            initially_deferred: false,
            local: true,
            comment: None,
            definition: definition.into(),
        };
        self.put_check(table, check, true, new_table, timing.recurse, at)
    }

    /// Adds a check, or merges it with one that a parent brought (`MergeWithExistingConstraint`), and hands it on.
    fn put_check(
        &mut self,
        table: &QualifiedName,
        check: Constraint,
        is_top: bool,
        new_table: bool,
        recurse: bool,
        at: Option<usize>,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        if let Some(known) = relation.constraint(&check.name) {
            let is_partition = relation.partition_bound.is_some();
            let is_mergeable = new_table || !is_top || !known.local && !is_partition;
            let is_same = known.kind == ConstraintKind::Check && condition(known) == condition(&check);
            let is_inherited = self.is_inherited_constraint(table, known);
            if !is_mergeable || !is_same || new_table && known.local {
                return self.taken_constraint(&relation.name, &check.name, at);
            }
            let conflict = if !known.is_inheritable() {
                Some("non-inherited")
            } else if is_inherited && !check.is_inheritable() {
                Some("inherited")
            } else if check.validated && known.enforced && !known.validated {
                Some("NOT VALID")
            } else if is_top && !check.enforced && known.enforced
                || !is_top && check.enforced && !known.enforced
            {
                Some("NOT ENFORCED")
            } else {
                None
            };
            if let Some(word) = conflict {
                let message = format!(
                    "constraint \"{}\" conflicts with {word} constraint on relation \"{}\"",
                    check.name, relation.name
                );
                return self.fail("42P17", message, at);
            }
            // What is enforced by one of both is enforced.
            let stricter = if check.enforced && !known.enforced { &check } else { &**known };
            let mut merged = Constraint::clone(stricter);
            merged.local = !is_partition && (known.local || is_top);
            self.relation(table)?.put_constraint(merged);
            return Ok(());
        }
        self.relation(table)?.put_constraint(Constraint { local: is_top, ..check.clone() });
        let children = if check.is_inheritable() { self.children(table) } else { Vec::new() };
        if !recurse && !children.is_empty() {
            return self.only_parent();
        }
        for child in children {
            self.put_check(&child, check.clone(), false, new_table, true, at)?;
        }
        Ok(())
    }

    /// What children inherited of a check goes with it, unless it is their own or another parent's too; with ONLY it is
    /// theirs from now on.
    pub(super) fn drop_check_below(
        &mut self,
        table: &QualifiedName,
        constraint: &Constraint,
        recurse: bool,
    ) -> Result {
        for child in self.children(table) {
            let relation = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
            let Some(own) = relation.constraint(&constraint.name).cloned() else { continue };
            if !recurse {
                self.relation(&child)?.put_constraint(Constraint { local: true, ..Constraint::clone(&own) });
            } else if !own.local && !self.is_inherited_constraint(&child, &own) {
                self.relation(&child)?.constraints.retain(|other| other.name != own.name);
                self.drop_check_below(&child, &own, true)?;
            }
        }
        Ok(())
    }

    /// VALIDATE CONSTRAINT of a check, which is looked at in all that have it.
    pub(super) fn validate_check(
        &mut self,
        table: &QualifiedName,
        check: &Constraint,
        recurse: bool,
    ) -> Result {
        if check.validated {
            return Ok(());
        }
        let children = if check.is_inheritable() { self.children(table) } else { Vec::new() };
        if !recurse && !children.is_empty() {
            let message = "constraint must be validated on child tables too";
            return self.fail("42P16", message.into(), self.token("only"));
        }
        for child in children {
            let relation = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
            if let Some(own) = relation.constraint(&check.name).cloned() {
                self.validate_check(&child, &own, true)?;
            }
        }
        self.relation(table)?.put_constraint(validated(check));
        Ok(())
    }
}

pub(super) fn validated(constraint: &Constraint) -> Constraint {
    let definition = constraint.definition.trim_end_matches(" NOT VALID").into();
    Constraint { validated: true, definition, ..constraint.clone() }
}

/// What a check asks, without when and where.
pub(super) fn condition(check: &Constraint) -> &str {
    let text = check.definition.trim_end_matches(" NOT VALID").trim_end_matches(" NOT ENFORCED");
    text.trim_end_matches(" NO INHERIT")
}
