//! CREATE EXTENSION, and the relations and types that it brings.

use std::sync::Arc;

use crate::syntax::ast::{CreateExtensionStmt, NodeEnum};

use super::super::builtin;
use super::super::model::*;
use super::{Fold, Result, Stop, setting};

impl Fold<'_> {
    pub(super) fn create_extension(&mut self, s: &CreateExtensionStmt) -> Result {
        let name: Name = s.extname.as_str().into();
        // Every database has it, so it says nothing.
        if &*name == "plpgsql" {
            return Ok(());
        }
        if self.catalog.extensions.contains_key(&name) {
            if s.if_not_exists {
                return Ok(());
            }
            return self.fail("42710", format!("extension \"{name}\" already exists"), self.token(&name));
        }
        let wanted = s.options.iter().find_map(|option| match &option.node {
            Some(NodeEnum::DefElem(element)) if element.defname == "schema" => {
                let arg = element.arg.as_ref()?;
                match &arg.node {
                    Some(NodeEnum::String(text)) => Some(text.sval.clone()),
                    _ => setting::constant(arg),
                }
            }
            _ => None,
        });
        let schema = match &wanted {
            Some(schema) => self.target_schema(Some(schema), self.token(schema))?,
            // The trusted languages live in pg_catalog; others where objects are created.
            None if name.starts_with("pl") && builtin::facts().extension(&name).is_none() => {
                "pg_catalog".into()
            }
            None => match self.catalog.creation_schema() {
                Some(schema) => schema,
                None => return self.unknown(),
            },
        };
        self.changed = true;
        self.catalog
            .extensions
            .insert(name.clone(), Arc::new(Extension { name: name.clone(), schema: schema.clone() }));
        let Some(objects) = builtin::facts().extension(&name) else {
            return self.unknown();
        };
        for (kind, object) in objects {
            let object = Name::from(*object);
            match *kind {
                "type" => {
                    let name = QualifiedName { schema: schema.clone(), name: object.clone() };
                    let ty = Type::new(name, TypeKind::Base);
                    self.schema(&schema)?.types.insert(object, Arc::new(ty));
                }
                "view" | "table" => {
                    let kind = if *kind == "view" { RelationKind::View } else { RelationKind::Table };
                    let mut relation = Relation::new(schema.clone(), object, kind);
                    relation.unknown_columns = true;
                    self.schema(&schema)?.put_relation(relation);
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn drop_extension(&mut self, name: &str, missing_ok: bool) -> Result {
        let Some(extension) = self.catalog.extensions.get(name).cloned() else {
            if missing_ok || self.catalog.unknown_names || name == "plpgsql" {
                return Ok(());
            }
            return self.fail("42704", format!("extension \"{name}\" does not exist"), self.token(name));
        };
        self.changed = true;
        self.catalog.extensions.remove(name);
        for (kind, object) in builtin::facts().extension(name).unwrap_or_default() {
            let schema = match self.schema(&extension.schema) {
                Ok(schema) => schema,
                Err(Stop::Unsure) => return Ok(()),
                Err(stop) => return Err(stop),
            };
            match *kind {
                "type" => drop(schema.types.remove(object)),
                "view" | "table" => drop(schema.remove_relation(object)),
                _ => {}
            }
        }
        Ok(())
    }
}
