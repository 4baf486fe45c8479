//! Triggers.

use std::sync::Arc;

use crate::syntax::ast::{CreateTrigStmt, NodeEnum};

use super::super::model::*;
use super::super::{deparse, quote};
use super::policy::quoted_list;
use super::{Fold, Result, Stop, string, strings};

/// Bits of `tgtype`.
pub(super) const BEFORE: i32 = 1 << 1;
pub(super) const INSTEAD: i32 = 1 << 6;
pub(super) const INSERT: i32 = 1 << 2;
pub(super) const DELETE: i32 = 1 << 3;
pub(super) const UPDATE: i32 = 1 << 4;
pub(super) const TRUNCATE: i32 = 1 << 5;
const EVENTS: [(i32, &str); 4] =
    [(INSERT, "INSERT"), (DELETE, "DELETE"), (UPDATE, "UPDATE"), (TRUNCATE, "TRUNCATE")];

impl Fold<'_> {
    pub(super) fn create_trigger(&mut self, s: &CreateTrigStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let table = self.find(range)?;
        if let Some(other) = &s.constrrel {
            self.find(other)?;
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        self.trigger_is_well_made(s, relation)?;
        let start = usize::try_from(range.location).unwrap_or(0);
        self.is_trigger_function(&strings(&s.funcname), "trigger", start)?;
        let old = relation.triggers.iter().find(|trigger| *trigger.name == *s.trigname);
        if let Some(old) = old {
            let of = format!("trigger \"{}\" for relation \"{}\"", s.trigname, relation.name);
            if !s.replace {
                return self.fail("42710", format!("{of} already exists"), self.token(&s.trigname));
            }
            if self.parent_with_trigger(relation, &s.trigname).is_some() {
                let message = format!("{of} is an internal or a child trigger");
                return self.fail("42710", message, self.token(&s.trigname));
            }
            if old.definition.starts_with("CREATE CONSTRAINT") {
                return self.fail("42710", format!("{of} is a constraint trigger"), self.token(&s.trigname));
            }
        }
        self.trigger_columns(s, relation)?;
        let function = self.routine_name(&strings(&s.funcname));
        let columns = relation.columns.clone();
        let mut todo = vec![table];
        while let Some(table) = todo.pop() {
            let trigger = Trigger {
                name: s.trigname.as_str().into(),
                function: function.clone(),
                enabled: Enabled::Origin,
                definition: self.trigger_definition(s, &table, &columns, &function).into(),
                comment: None,
            };
            let relation = self.relation(&table)?;
            super::super::table_parts::put(&mut relation.triggers, trigger, |trigger| &trigger.name);
            // A row trigger of a partitioned table is one of its partitions too.
            if relation.kind == RelationKind::PartitionedTable && s.row {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    /// As `pg_get_triggerdef` prints it.
    fn trigger_definition(
        &self,
        s: &CreateTrigStmt,
        table: &QualifiedName,
        columns: &[Arc<Column>],
        function: &QualifiedName,
    ) -> String {
        let mut out = String::from("CREATE ");
        if s.isconstraint {
            out += "CONSTRAINT ";
        }
        out += &format!("TRIGGER {} ", quote::identifier(&s.trigname));
        out += match s.timing {
            BEFORE => "BEFORE",
            INSTEAD => "INSTEAD OF",
            _ => "AFTER",
        };
        let mut word = " ";
        for (bit, event) in EVENTS {
            if s.events & bit == 0 {
                continue;
            }
            out += &format!("{word}{event}");
            word = " OR ";
            if event == "UPDATE" && !s.columns.is_empty() {
                let named: Vec<Name> = strings(&s.columns).into_iter().map(Name::from).collect();
                out += &format!(" OF {}", quoted_list(&named));
            }
        }
        out += &format!(" ON {} ", quote::qualified(&table.schema, &table.name));
        if s.isconstraint {
            if let Some(range) = &s.constrrel
                && let Ok(other) = self.find(range)
            {
                out += &format!("FROM {} ", deparse::relation_text(&other.schema, &other.name));
            }
            out += if s.deferrable { "DEFERRABLE INITIALLY " } else { "NOT DEFERRABLE INITIALLY " };
            out += if s.initdeferred { "DEFERRED " } else { "IMMEDIATE " };
        }
        let transitions: Vec<String> = (s.transition_rels.iter())
            .filter_map(|node| match &node.node {
                Some(NodeEnum::TriggerTransition(transition)) => {
                    let which = if transition.is_new { "NEW" } else { "OLD" };
                    Some(format!("{which} TABLE AS {} ", quote::identifier(&transition.name)))
                }
                _ => None,
            })
            .collect();
        if !transitions.is_empty() {
            // The old one comes first, however they are written.
            let (new, old): (Vec<String>, Vec<String>) =
                transitions.into_iter().partition(|text| text.starts_with("NEW"));
            out += &format!("REFERENCING {}{}", old.concat(), new.concat());
        }
        out += if s.row { "FOR EACH ROW " } else { "FOR EACH STATEMENT " };
        if let Some(node) = &s.when_clause {
            out += &format!("WHEN ({}) ", deparse::trigger_condition(&self.catalog, columns, node));
        }
        let arguments: Vec<String> = s.args.iter().map(|node| quote::literal(string(node))).collect();
        let name = deparse::relation_text(&function.schema, &function.name);
        out + &format!("EXECUTE FUNCTION {name}({})", arguments.join(", "))
    }

    /// The partitioned table that a partition has a trigger from.
    pub(super) fn parent_with_trigger(&self, relation: &Relation, name: &str) -> Option<&Arc<Relation>> {
        let parent = relation.parents.first().filter(|_| relation.partition_bound.is_some())?;
        let parent = self.catalog.relation(Some(&parent.schema), &parent.name)?;
        let is_it =
            |trigger: &Arc<Trigger>| *trigger.name == *name && trigger.definition.contains(" FOR EACH ROW ");
        parent.triggers.iter().any(is_it).then_some(parent)
    }

    /// DROP TRIGGER name ON table, by its parts in that order: table, then trigger.
    pub(super) fn drop_trigger(&mut self, parts: &[&str], missing_ok: bool) -> Result {
        let [table @ .., trigger] = parts else { return Ok(()) };
        let Some(found) = self.table_of_part(table, missing_ok)? else { return Ok(()) };
        let relation = self.catalog.relation(Some(&found.schema), &found.name).ok_or(Stop::Unsure)?;
        if !relation.triggers.iter().any(|other| &*other.name == *trigger) {
            return if missing_ok {
                Ok(())
            } else {
                self.missing_part("trigger", trigger, "table", relation)
            };
        }
        if let Some(parent) = self.parent_with_trigger(relation, trigger) {
            let of = |relation: &Relation| {
                let table = deparse::relation_text(&relation.schema, &relation.name);
                format!("trigger {trigger} on table {table}")
            };
            let message = format!("cannot drop {} because {} requires it", of(relation), of(parent));
            return self.fail("2BP01", message, self.token(trigger));
        }
        let mut todo = vec![found];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            relation.triggers.retain(|other| &*other.name != *trigger);
            if relation.kind == RelationKind::PartitionedTable {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }
}
