//! What CREATE TRIGGER must be (trigger.c, CreateTriggerFiringOn), in PostgreSQL's order.

use crate::syntax::ast::{CreateTrigStmt, NodeEnum, TriggerTransition};

use super::super::model::*;
use super::trigger::{BEFORE, DELETE, INSERT, INSTEAD, TRUNCATE, UPDATE};
use super::{Fold, Result, strings};

impl Fold<'_> {
    pub(super) fn trigger_is_well_made(&self, s: &CreateTrigStmt, relation: &Relation) -> Result {
        let at = self.token(&s.trigname);
        let wrong = |sqlstate: &'static str, message: &str| self.fail(sqlstate, message.into(), at);
        if s.isconstraint && s.replace {
            return wrong("0A000", "CREATE OR REPLACE CONSTRAINT TRIGGER is not supported");
        }
        self.trigger_fits_kind(s, relation)?;
        if s.row && s.events & TRUNCATE != 0 {
            return wrong("0A000", "TRUNCATE FOR EACH ROW triggers are not supported");
        }
        if s.timing == INSTEAD {
            if !s.row {
                return wrong("0A000", "INSTEAD OF triggers must be FOR EACH ROW");
            }
            if s.when_clause.is_some() {
                return wrong("0A000", "INSTEAD OF triggers cannot have WHEN conditions");
            }
            if !s.columns.is_empty() {
                return wrong("0A000", "INSTEAD OF triggers cannot have column lists");
            }
        }
        self.transitions_are_well_made(s, relation)
    }

    /// The kinds of relations that have triggers, and which.
    fn trigger_fits_kind(&self, s: &CreateTrigStmt, relation: &Relation) -> Result {
        let name = &relation.name;
        let is = |what: &str| self.fail("42809", format!("\"{name}\" is a {what}"), self.token(name));
        let (is_around, cuts) = (s.timing == INSTEAD, s.events & TRUNCATE != 0);
        match relation.kind {
            RelationKind::Table if is_around => is("table"),
            RelationKind::PartitionedTable if is_around => is("table"),
            RelationKind::PartitionedTable if s.row && !s.transition_rels.is_empty() => {
                self.fail("0A000", format!("\"{name}\" is a partitioned table"), self.token(name))
            }
            RelationKind::View if !is_around && s.row || cuts => is("view"),
            RelationKind::ForeignTable if is_around || s.isconstraint || cuts && self.version() < 16 => {
                is("foreign table")
            }
            RelationKind::Table
            | RelationKind::PartitionedTable
            | RelationKind::View
            | RelationKind::ForeignTable => Ok(()),
            _ => {
                let message = match self.version() {
                    ..15 => format!("\"{name}\" is not a table or view"),
                    15.. => format!("relation \"{name}\" cannot have triggers"),
                };
                self.fail("42809", message, self.token(name))
            }
        }
    }

    fn transitions_are_well_made(&self, s: &CreateTrigStmt, relation: &Relation) -> Result {
        let at = self.token(&s.trigname);
        let wrong = |sqlstate: &'static str, message: &str| self.fail(sqlstate, message.into(), at);
        let transitions = s.transition_rels.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::TriggerTransition(transition)) => Some(transition),
            _ => None,
        });
        let (mut old, mut new): (Option<&TriggerTransition>, Option<&TriggerTransition>) = (None, None);
        for transition in transitions {
            if !transition.is_table {
                return wrong("0A000", "ROW variable naming in the REFERENCING clause is not supported");
            }
            let name = &relation.name;
            match relation.kind {
                RelationKind::ForeignTable => {
                    return self.fail("42809", format!("\"{name}\" is a foreign table"), self.token(name));
                }
                RelationKind::View => {
                    return self.fail("42809", format!("\"{name}\" is a view"), self.token(name));
                }
                _ => {}
            }
            if s.row && relation.partition_bound.is_some() {
                return wrong("0A000", "ROW triggers with transition tables are not supported on partitions");
            }
            if s.row && !relation.parents.is_empty() {
                let message = "ROW triggers with transition tables are not supported on inheritance children";
                return wrong("0A000", message);
            }
            if matches!(s.timing, BEFORE | INSTEAD) {
                return wrong("42P17", "transition table name can only be specified for an AFTER trigger");
            }
            if s.events & TRUNCATE != 0 {
                return wrong("0A000", "TRUNCATE triggers with transition tables are not supported");
            }
            if (s.events & (INSERT | UPDATE | DELETE)).count_ones() > 1 {
                let message = "transition tables cannot be specified for triggers with more than one event";
                return wrong("0A000", message);
            }
            if !s.columns.is_empty() {
                return wrong(
                    "0A000",
                    "transition tables cannot be specified for triggers with column lists",
                );
            }
            if transition.is_new {
                if s.events & (INSERT | UPDATE) == 0 {
                    return wrong("42P17", "NEW TABLE can only be specified for an INSERT or UPDATE trigger");
                }
                if new.is_some() {
                    return wrong("42P17", "NEW TABLE cannot be specified multiple times");
                }
                new = Some(transition);
            } else {
                if s.events & (DELETE | UPDATE) == 0 {
                    return wrong("42P17", "OLD TABLE can only be specified for a DELETE or UPDATE trigger");
                }
                if old.is_some() {
                    return wrong("42P17", "OLD TABLE cannot be specified multiple times");
                }
                old = Some(transition);
            }
        }
        match (old, new) {
            (Some(old), Some(new)) if old.name == new.name => {
                wrong("42P17", "OLD TABLE name and NEW TABLE name cannot be the same")
            }
            _ => Ok(()),
        }
    }

    /// The columns of UPDATE OF.
    pub(super) fn trigger_columns(&self, s: &CreateTrigStmt, relation: &Relation) -> Result {
        let columns = strings(&s.columns);
        for (n, column) in columns.iter().enumerate() {
            if relation.column(column).is_none() {
                if relation.unknown_columns && !super::super::deparse::is_system_column(column) {
                    return Ok(());
                }
                let message = format!("column \"{column}\" of relation \"{}\" does not exist", relation.name);
                return self.fail("42703", message, self.token(column));
            }
            if columns[..n].contains(column) {
                let message = format!("column \"{column}\" specified more than once");
                return self.fail("42701", message, self.token(column));
            }
        }
        Ok(())
    }
}
