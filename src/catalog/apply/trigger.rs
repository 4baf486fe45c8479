//! Triggers.

use std::sync::Arc;

use crate::syntax::ast::CreateTrigStmt;

use super::super::model::*;
use super::{Fold, Result, Stop, find, split_name, strings};

impl Fold<'_> {
    pub(super) fn create_trigger(&mut self, s: &CreateTrigStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let table = self.find(range)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let exists = relation.triggers.iter().any(|trigger| *trigger.name == *s.trigname);
        if exists && !s.replace {
            let message =
                format!("trigger \"{}\" for relation \"{}\" already exists", s.trigname, relation.name);
            return self.fail("42710", message, self.token(&s.trigname));
        }
        let parts = strings(&s.funcname);
        let (schema, name) = split_name(&parts);
        let function = match self.catalog.routines(schema, name).first() {
            Some(routine) => QualifiedName { schema: routine.schema.clone(), name: routine.name.clone() },
            None => QualifiedName::new(schema.unwrap_or("pg_catalog"), name),
        };
        let trigger = Trigger {
            name: s.trigname.as_str().into(),
            function,
            definition: ViewQuery(Some(self.sql.trim().into())),
        };
        let mut todo = vec![table];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            relation.triggers.retain(|other| other.name != trigger.name);
            relation.triggers.push(Arc::new(trigger.clone()));
            relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            // A row trigger of a partitioned table is one of its partitions too.
            if relation.kind == RelationKind::PartitionedTable && s.row {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    /// DROP TRIGGER name ON table, by its parts in that order: table, then trigger.
    pub(super) fn drop_trigger(&mut self, parts: &[&str], missing_ok: bool) -> Result {
        let [table @ .., trigger] = parts else { return Ok(()) };
        let (schema, name) = split_name(table);
        let Some(relation) = self.catalog.relation(schema, name) else {
            if missing_ok || !find::sure_of(&self.catalog, schema, name) {
                return Ok(());
            }
            if let Some(missing) = schema.filter(|schema| !self.catalog.schemas.contains_key(schema)) {
                return self.fail(
                    "3F000",
                    format!("schema \"{missing}\" does not exist"),
                    self.token(missing),
                );
            }
            let message = format!("relation \"{}\" does not exist", table.join("."));
            return self.fail("42P01", message, self.token(name));
        };
        let (found, triggers) = (relation.qualified_name(), &relation.triggers);
        if !triggers.iter().any(|other| &*other.name == *trigger) {
            if missing_ok {
                return Ok(());
            }
            let message = format!("trigger \"{trigger}\" for table \"{name}\" does not exist");
            return self.fail("42704", message, self.token(trigger));
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
