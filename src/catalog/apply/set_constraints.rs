//! SET CONSTRAINTS (AfterTriggerSetState): constraints by their names alone, whatever table they are of.

use std::sync::Arc;

use crate::syntax::ast::{ConstraintsSetStmt, NodeEnum};

use super::super::model::*;
use super::{Fold, Result, Stop, find, offset, schema_of};

impl Fold<'_> {
    /// PostgreSQL's errors for constraints that are not there, or that cannot be put off.
    pub(super) fn set_constraints(&self, s: &ConstraintsSetStmt) -> Result {
        for node in &s.constraints {
            let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
            let name = &*range.relname;
            let at = offset(range.location);
            let schema = schema_of(range);
            if let Some(schema) = schema {
                self.has_schema(schema)?;
            }
            if !find::sure_of(&self.catalog, schema, name) {
                return Err(Stop::Unsure);
            }
            let in_schema = |schema: &Arc<Schema>| {
                let relations = schema.relations.values();
                let found = relations.filter_map(|relation| can_be_deferred(relation, name));
                found.reduce(|one, other| one || other)
            };
            // Other than functions and operators, constraints are looked for among what is temporary, too.
            let temporary = self.catalog.schema(TEMPORARY).filter(|_| schema.is_none());
            let schemas = temporary.into_iter().chain(self.looked_through(schema));
            let message = match schemas.into_iter().find_map(in_schema) {
                Some(false) if s.deferred => {
                    let message = format!("constraint \"{name}\" is not deferrable");
                    return self.fail("42809", message, at);
                }
                Some(_) => continue,
                None if self.catalog.relations().any(|relation| relation.unknown_columns) => {
                    return Err(Stop::Unsure);
                }
                None => format!("constraint \"{name}\" does not exist"),
            };
            return self.fail("42704", message, at);
        }
        Ok(())
    }
}

/// Whether the constraint of that name can be deferred, where a relation has it; a constraint trigger is one, too.
fn can_be_deferred(relation: &Relation, name: &str) -> Option<bool> {
    let of_trigger = || {
        let mut triggers = relation.triggers.iter().filter(|trigger| {
            *trigger.name == *name && trigger.definition.starts_with("CREATE CONSTRAINT TRIGGER ")
        });
        triggers.next().map(|trigger| !trigger.definition.contains(" NOT DEFERRABLE "))
    };
    relation.constraint(name).map(|constraint| constraint.deferrable).or_else(of_trigger)
}
