//! Types: enums, composite types and shells.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterEnumStmt, CompositeTypeStmt, CreateEnumStmt, DefineStmt, NodeEnum, ObjectType,
};

use super::super::deparse;
use super::super::model::*;
use super::{Fold, Result, entity, names, offset, split_name, string, strings};

impl Fold<'_> {
    /// The schema and name for a new type, or PostgreSQL's error when there is one of that name.
    pub(super) fn new_type(&self, parts: &[&str]) -> Result<QualifiedName> {
        let (schema, name) = split_name(parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        let existing = self.catalog.schema(&schema);
        let taken = existing.is_some_and(|schema| {
            let shell = schema.types.get(name).is_some_and(|ty| ty.kind == TypeKind::Shell);
            !shell
                && (schema.types.contains_key(name)
                    || schema.relations.get(name).is_some_and(|r| r.kind != RelationKind::Sequence))
        });
        if taken {
            return self.fail("42710", format!("type \"{name}\" already exists"), self.token(name));
        }
        Ok(QualifiedName { schema, name: name.into() })
    }

    pub(super) fn put_type(&mut self, name: QualifiedName, kind: TypeKind) -> Result {
        let mut ty = Type::new(name.clone(), kind);
        ty.owner = self.catalog.current_role.clone();
        ty.privileges = self.privileges_of_new(Grantable::Type, Some(&name.schema));
        self.schema(&name.schema)?.types.insert(name.name, Arc::new(ty));
        Ok(())
    }

    pub(super) fn create_enum(&mut self, s: &CreateEnumStmt) -> Result {
        let name = self.new_type(&strings(&s.type_name))?;
        let labels: Vec<Name> = s.vals.iter().map(|label| string(label).into()).collect();
        for (n, label) in labels.iter().enumerate() {
            self.can_be_label(label)?;
            if labels[..n].contains(label) {
                let message = "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"";
                return self.fail("23505", message.into(), self.token(&name.name));
            }
        }
        self.put_type(name, TypeKind::Enum { labels })
    }

    fn can_be_label(&self, label: &str) -> Result {
        if label.len() <= names::MAX_LENGTH {
            return Ok(());
        }
        self.fail("42602", format!("invalid enum label \"{label}\""), None)
    }

    pub(super) fn alter_enum(&mut self, s: &AlterEnumStmt) -> Result {
        let parts = strings(&s.type_name);
        let (schema, name) = split_name(&parts);
        let Some(ty) = self.catalog.user_type(schema, name).cloned() else {
            return match self.type_text(&parts) {
                Some(text) => self.fail("42809", format!("{text} is not an enum"), self.token(name)),
                None => self.missing_type(&parts),
            };
        };
        let mut ty = Type::clone(&ty);
        let TypeKind::Enum { labels } = &mut ty.kind else {
            let text = deparse::relation_text(&ty.schema, &ty.name);
            return self.fail("42809", format!("{text} is not an enum"), self.token(name));
        };
        let place = |labels: &[Name], label: &str| labels.iter().position(|other| &**other == label);
        self.can_be_label(&s.new_val)?;
        if s.old_val.is_empty() {
            if place(labels, &s.new_val).is_some() {
                if s.skip_if_new_val_exists {
                    return Ok(());
                }
                return self.fail("42710", format!("enum label \"{}\" already exists", s.new_val), None);
            }
            let at = match s.new_val_neighbor.as_str() {
                "" => labels.len(),
                neighbor => match place(labels, neighbor) {
                    Some(at) => at + usize::from(s.new_val_is_after),
                    None => {
                        let message = format!("\"{neighbor}\" is not an existing enum label");
                        return self.fail("22023", message, None);
                    }
                },
            };
            labels.insert(at, s.new_val.as_str().into());
        } else {
            let Some(at) = place(labels, &s.old_val) else {
                return self.fail("22023", format!("\"{}\" is not an existing enum label", s.old_val), None);
            };
            if place(labels, &s.new_val).is_some() {
                return self.fail("42710", format!("enum label \"{}\" already exists", s.new_val), None);
            }
            labels[at] = s.new_val.as_str().into();
        }
        self.schema(&ty.schema.clone())?.types.insert(ty.name.clone(), Arc::new(ty));
        Ok(())
    }

    pub(super) fn create_composite(&mut self, s: &CompositeTypeStmt) -> Result {
        let Some(range) = &s.typevar else { return Ok(()) };
        let mut parts = vec![range.relname.as_str()];
        if !range.schemaname.is_empty() {
            parts.insert(0, &range.schemaname);
        }
        let name = self.new_type(&parts)?;
        let mut relation = Relation::new(name.schema.clone(), name.name.clone(), RelationKind::CompositeType);
        for node in &s.coldeflist {
            let Some(NodeEnum::ColumnDef(def)) = &node.node else { continue };
            if relation.column(&def.colname).is_some() {
                let message = format!("column \"{}\" specified more than once", def.colname);
                return self.fail("42701", message, offset(def.location));
            }
            let new = self.new_column(&name, def)?;
            relation.columns.push(Arc::new(new.column));
        }
        self.has_proper_columns(&relation)?;
        self.schema(&name.schema)?.put_relation(relation);
        self.put_type(name, TypeKind::Composite)
    }

    /// CREATE TYPE name; CREATE TYPE name (…); CREATE AGGREGATE.
    pub(super) fn define(&mut self, s: &DefineStmt) -> Result {
        match s.kind() {
            ObjectType::ObjectType => {
                let name = self.new_type(&strings(&s.defnames))?;
                let is_shell = self.catalog.user_type(Some(&name.schema), &name.name).is_some();
                if s.definition.is_empty() {
                    if is_shell {
                        let message = format!("type \"{}\" already exists", name.name);
                        return self.fail("42710", message, self.token(&name.name));
                    }
                    return self.put_type(name, TypeKind::Shell);
                }
                self.can_be_base_type(&s.definition, &name, is_shell)?;
                self.put_type(name, TypeKind::Base)
            }
            ObjectType::ObjectAggregate => self.create_aggregate(s),
            ObjectType::ObjectOperator => self.create_operator(s),
            ObjectType::ObjectCollation => self.create_collation(s),
            other => match entity::kind_of(other) {
                Some(kind) => self.create_text_search(kind, s),
                None => Ok(()),
            },
        }
    }
}
