//! ALTER … RENAME and ALTER … SET SCHEMA of objects that are neither relations, types nor routines.

use std::sync::Arc;

use crate::syntax::ast::Node;

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::entity::{dictionary_of, is_part_of, refers_to};
use super::{Fold, Result};

impl Fold<'_> {
    pub(super) fn rename_entity(&mut self, kind: EntityKind, object: &Node, new: &Name) -> Result {
        let Some(entity) = self.find_entity(kind, object, false)? else { return Ok(()) };
        let schema = entity.schema.clone();
        self.is_place_free(&entity, schema.as_ref(), new)?;
        self.move_entity(&entity, schema, new.clone());
        Ok(())
    }

    /// PostgreSQL's error for an object that is to have a schema and name which another has (`report_namespace_conflict`).
    fn is_place_free(&self, entity: &Entity, schema: Option<&Name>, name: &Name) -> Result {
        let kind = entity.kind;
        if kind == EntityKind::Language {
            return self.is_free_language(name);
        }
        let moved = Entity { name: name.clone(), ..entity.clone() };
        let named = self.catalog.entities_named(kind, schema.map(|schema| &**schema), name);
        let Some(taken) = named.into_iter().find(|other| other.is_same(&moved)) else { return Ok(()) };
        let at = self.token(name);
        let of = match kind {
            EntityKind::Operator => {
                let index = "pg_operator_oprname_l_r_n_index";
                let message = format!("duplicate key value violates unique constraint \"{index}\"");
                return self.fail("23505", message, at);
            }
            EntityKind::OperatorClass | EntityKind::OperatorFamily => {
                format!(" for access method \"{}\"", taken.text("method").map_or("", |method| method))
            }
            _ if super::collation::is_of_library(taken) => " for encoding \"UTF8\"".to_owned(),
            _ => String::new(),
        };
        let message = match schema {
            Some(schema) => {
                format!("{} \"{name}\"{of} already exists in schema \"{schema}\"", kind.word())
            }
            None => format!("{} \"{name}\" already exists", kind.word()),
        };
        self.fail("42710", message, at)
    }

    /// Gives an object another schema or name, and tells all that refer to it.
    pub(super) fn move_entity(&mut self, old: &Entity, schema: Option<Name>, name: Name) {
        self.changed = true;
        let mut entity = old.clone();
        (entity.schema, entity.name) = (schema, name);
        self.catalog.remove_entity(old);
        self.catalog.put_entity(entity.clone());
        let is = refers_to(old);
        self.each_reference(|value| {
            if !is(value) {
                return;
            }
            match value {
                Value::Entity(_, name) => {
                    name.schema = entity.schema.clone().unwrap_or_default();
                    name.name = entity.name.clone();
                }
                Value::Named(_, name) | Value::Role(name) => *name = entity.name.clone(),
                Value::Texts(texts) => {
                    let [old, new] = [old, &entity].map(dictionary_of);
                    texts.iter_mut().filter(|text| **text == old).for_each(|text| *text = new.clone());
                }
                _ => {}
            }
        });
        // What is a publication's, a server's or a role's by its name.
        let parts: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|other| other.name == old.name && is_part_of(other.kind, old.kind))
            .cloned()
            .collect();
        for part in parts {
            self.catalog.remove_entity(&part);
            self.catalog.put_entity(Entity { name: entity.name.clone(), ..Entity::clone(&part) });
        }
        if old.kind == EntityKind::Collation && old.name != entity.name {
            self.rename_uses_of_collation(&old.name, &entity.name);
        }
        if old.kind == EntityKind::Server {
            self.each_relation(|relation| {
                if let Some(foreign) = &mut relation.foreign
                    && foreign.server == old.name
                {
                    foreign.server = entity.name.clone();
                }
            });
        }
    }

    pub(super) fn set_entity_schema(&mut self, kind: EntityKind, object: &Node, schema: &str) -> Result {
        let found = self.find_entity(kind, object, false)?;
        let schema = self.target_schema(Some(schema), self.token(schema))?;
        let Some(entity) = found else { return Ok(()) };
        // PostgreSQL leaves an object be that is there already.
        if entity.schema.as_ref() == Some(&schema) {
            return Ok(());
        }
        self.is_place_free(&entity, Some(&schema), &entity.name)?;
        self.move_entity(&entity, Some(schema), entity.name.clone());
        Ok(())
    }
}
