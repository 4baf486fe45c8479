//! ALTER … DEPENDS ON EXTENSION: nothing is kept of it, but the object has to be there.

use crate::syntax::ast::{AlterObjectDependsStmt, NodeEnum, ObjectType};

use super::{Fold, Result, Stop, list, strings};

impl Fold<'_> {
    pub(super) fn depends_on_extension(&self, s: &AlterObjectDependsStmt) -> Result {
        let kind = s.object_type();
        match (kind, &s.relation, s.object.as_deref()) {
            (ObjectType::ObjectTrigger, Some(range), Some(object)) => {
                let table = self.find(range)?;
                let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                let Some(&name) = strings(list(object)).last() else { return Ok(()) };
                match relation.triggers.iter().any(|trigger| *trigger.name == *name) {
                    true => Ok(()),
                    false => self.missing_part("trigger", name, "table", relation),
                }
            }
            (
                ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine,
                _,
                object,
            ) => {
                let Some(NodeEnum::ObjectWithArgs(routine)) = object.and_then(|object| object.node.as_ref())
                else {
                    return Ok(());
                };
                match self.find_routine(routine, kind)? {
                    Some(_) => Ok(()),
                    None => self.missing_routine(routine, kind),
                }
            }
            (ObjectType::ObjectMatview, Some(range), _) => self.find(range).map(drop),
            (ObjectType::ObjectIndex, Some(range), _) => {
                match self.catalog.index(super::schema_of(range), &range.relname) {
                    Some(_) => Ok(()),
                    None => self.missing_relation(range),
                }
            }
            _ => Ok(()),
        }
    }
}
