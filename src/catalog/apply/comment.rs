//! COMMENT ON.

use std::sync::Arc;

use crate::syntax::ast::{CommentStmt, NodeEnum, ObjectType};

use super::super::model::*;
use super::{Fold, Result, Stop, entity, find, split_name, string, strings};

impl Fold<'_> {
    pub(super) fn comment(&mut self, s: &CommentStmt) -> Result {
        let Some(object) = s.object.as_ref() else { return Ok(()) };
        // COMMENT … IS '' takes the comment away, as IS NULL does.
        let comment: Option<Name> = (!s.comment.is_empty()).then(|| s.comment.as_str().into());
        let parts = match &object.node {
            Some(NodeEnum::List(parts)) => strings(&parts.items),
            Some(NodeEnum::TypeName(name)) => strings(&name.names),
            Some(NodeEnum::String(_)) => vec![string(object)],
            _ => Vec::new(),
        };
        if s.objtype() == ObjectType::ObjectRole && !parts.is_empty() {
            self.role_is_there(parts[0], "42704")?;
        }
        match s.objtype() {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence => {
                let name = self.relation_named(&parts, s.objtype())?;
                let relation = self.catalog.relation(Some(&name.schema), &name.name).ok_or(Stop::Unsure)?;
                if !find::is_a(relation.kind, s.objtype()) {
                    return self.is_not_a(&name.name, s.objtype());
                }
                self.relation(&name)?.comment = comment;
            }
            ObjectType::ObjectColumn => {
                let [table @ .., column] = parts.as_slice() else { return Ok(()) };
                if table.is_empty() {
                    return self.refuse("42601", "column name must be qualified".into(), self.token(column));
                }
                let table = self.relation_named(table, s.objtype())?;
                let column = self.existing_column(&table, column)?;
                if let Some(column) = self.relation(&table)?.column_mut(&column) {
                    column.comment = comment;
                }
            }
            ObjectType::ObjectExtension => {
                let [name] = parts.as_slice() else { return Ok(()) };
                let extension = self.installed(name)?;
                self.changed = true;
                let extension = Extension { comment, ..Extension::clone(&extension) };
                self.catalog.extensions.insert((*name).into(), Arc::new(extension));
            }
            ObjectType::ObjectSchema => {
                let [name] = parts.as_slice() else { return Ok(()) };
                if self.has_schema(name)? {
                    self.schema(name)?.comment = comment;
                }
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let (schema, name) = split_name(&parts);
                let found = self.catalog.user_type(schema, name).cloned();
                let is_domain = |ty: &Type| matches!(ty.kind, TypeKind::Domain { .. });
                if s.objtype() == ObjectType::ObjectDomain {
                    self.is_domain(&parts, found.as_deref().map(is_domain))?;
                }
                let Some(ty) = found else { return self.missing_type(&parts) };
                let mut ty = Type::clone(&ty);
                ty.comment = comment;
                self.schema(&ty.schema.clone())?.types.insert(ty.name.clone(), Arc::new(ty));
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = &object.node else { return Ok(()) };
                let Some((schema, name, at)) = self.find_routine(object, s.objtype())? else {
                    return self.missing_routine(object, s.objtype());
                };
                if let Some(overloads) = self.schema(&schema)?.routines.get_mut(&name) {
                    Arc::make_mut(&mut overloads[at]).comment = comment;
                }
            }
            ObjectType::ObjectIndex => {
                let (schema, name) = split_name(&parts);
                let Some((table, index)) = self.catalog.index(schema, name) else {
                    self.relation_named(&parts, s.objtype())?;
                    return self.is_not_a(name, s.objtype());
                };
                let (table, index) = (table.qualified_name(), Index { comment, ..Index::clone(index) });
                self.schema(&table.schema)?.put_index(&table.name, index);
            }
            ObjectType::ObjectTabconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectPolicy
            | ObjectType::ObjectRule => {
                let [table @ .., part] = parts.as_slice() else { return Ok(()) };
                let Some(table) = self.table_of_part(table, false)? else { return Ok(()) };
                self.comment_on_part(&table, part, s.objtype(), comment)?;
            }
            ObjectType::ObjectDomconstraint => {
                let Some(NodeEnum::List(list)) = &object.node else { return Ok(()) };
                let [Some(NodeEnum::TypeName(domain)), Some(NodeEnum::String(name))] =
                    [list.items.first(), list.items.get(1)]
                        .map(|node| node.and_then(|node| node.node.as_ref()))
                else {
                    return Ok(());
                };
                let parts = strings(&domain.names);
                let (schema, domain) = split_name(&parts);
                if let Some(TypeKind::Domain { checks, not_null: false, .. }) =
                    self.catalog.user_type(schema, domain).map(|ty| &ty.kind)
                    && !checks.iter().any(|check| *check.name == *name.sval)
                {
                    let message =
                        format!("constraint \"{}\" for domain {} does not exist", name.sval, parts.join("."));
                    return self.fail("42704", message, self.token(&name.sval));
                }
                self.change_domain(&parts, |checks| {
                    for check in checks.iter_mut().filter(|check| *check.name == *name.sval) {
                        Arc::make_mut(check).comment.clone_from(&comment);
                    }
                })?;
            }
            other => {
                if let Some(kind) = entity::kind_of(other) {
                    self.comment_on_entity(kind, object, comment)?;
                }
            }
        }
        Ok(())
    }

    fn comment_on_part(
        &mut self,
        table: &QualifiedName,
        part: &str,
        kind: ObjectType,
        comment: Option<Name>,
    ) -> Result {
        let relation = self.relation(table)?;
        let constraint = relation.constraints.iter_mut().find(|constraint| &*constraint.name == part);
        let trigger = relation.triggers.iter_mut().find(|trigger| &*trigger.name == part);
        let policy = relation.policies.iter_mut().find(|policy| &*policy.name == part);
        let rule = relation.rules.iter_mut().find(|rule| &*rule.name == part);
        let place = match kind {
            ObjectType::ObjectTabconstraint => constraint.map(|found| &mut Arc::make_mut(found).comment),
            ObjectType::ObjectTrigger => trigger.map(|found| &mut Arc::make_mut(found).comment),
            ObjectType::ObjectPolicy => policy.map(|found| &mut Arc::make_mut(found).comment),
            _ => rule.map(|found| &mut Arc::make_mut(found).comment),
        };
        if let Some(place) = place {
            *place = comment;
            return Ok(());
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        match kind {
            ObjectType::ObjectTabconstraint => {
                let message = format!("constraint \"{part}\" for table \"{}\" does not exist", relation.name);
                self.missing_constraint_as(relation, part, message)
            }
            ObjectType::ObjectTrigger => self.missing_part("trigger", part, "table", relation),
            ObjectType::ObjectPolicy => self.missing_part("policy", part, "table", relation),
            _ => self.missing_part("rule", part, "relation", relation),
        }
    }

    fn relation_named(&self, parts: &[&str], wanted: ObjectType) -> Result<QualifiedName> {
        let (schema, name) = split_name(parts);
        if let Some(relation) = self.catalog.relation(schema, name) {
            return Ok(relation.qualified_name());
        }
        if !find::sure_of(&self.catalog, schema, name) {
            return Err(Stop::Unsure);
        }
        if self.catalog.index(schema, name).is_some() {
            return self.is_not_a(name, wanted);
        }
        let at = self.token(name);
        match schema {
            Some(schema) if !self.catalog.schemas.contains_key(schema) => {
                self.fail("3F000", format!("schema \"{schema}\" does not exist"), at)
            }
            _ => self.fail("42P01", format!("relation \"{}\" does not exist", parts.join(".")), at),
        }
    }
}
