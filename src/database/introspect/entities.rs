//! Objects that are neither relations, types nor routines, which come by queries of one shape.
//!
//! An object's attributes come as JSON in the form of [`Value`](crate::catalog::entity::Value), types by their object
//! identifiers.

use std::collections::HashMap;

use serde_json::Value as Json;
use tokio_postgres::Row;

use super::rights::read_privileges;
use super::{Names, optional};
use crate::catalog::entity::{Attributes, Entity, EntityKind, Value};
use crate::catalog::model::{Catalog, Name, QualifiedName, Schema};

/// Puts the objects into their schemas and the catalog.
pub fn entities(rows: &[Row], catalog: &mut Catalog, schemas: &mut HashMap<Name, Schema>, names: &mut Names) {
    for row in rows {
        let Some(kind) = kind(row.get(0)) else { continue };
        let schema = optional(row, 1).map(|schema| names.intern(&schema));
        let mut entity = Entity::new(kind, schema.clone(), names.intern(row.get(2)));
        entity.owner = optional(row, 3).map(|owner| names.intern(&owner));
        entity.comment = optional(row, 5);
        entity.extension = optional(row, 7).map(|extension| names.intern(&extension));
        entity.attributes = attributes(row.get(6), names);
        if let Some(grantable) = entity.grantable() {
            entity.privileges = read_privileges(grantable, row.get(4), names);
        }
        if kind == EntityKind::DefaultPrivileges {
            entity.owner = None;
        }
        // The storage of a class is told where it is not the type itself.
        if kind == EntityKind::OperatorClass && entity.get("storage") == entity.get("type") {
            entity.set("storage", None);
        }
        let entities = match &schema {
            Some(schema) => schemas.get_mut(schema).map(|schema| &mut schema.entities),
            None => Some(&mut catalog.entities),
        };
        if let Some(entities) = entities {
            crate::catalog::entity::put(entities.entry(entity.name.clone()).or_default(), entity);
        }
    }
}

fn kind(word: &str) -> Option<EntityKind> {
    serde_json::from_value(Json::String(word.to_owned())).ok()
}

fn attributes(text: &str, names: &mut Names) -> Attributes {
    let mut attributes = Attributes::new();
    let Ok(Json::Array(objects)) = serde_json::from_str(text) else { return attributes };
    for object in objects {
        let Json::Object(members) = object else { continue };
        for (name, value) in members {
            if let Some(value) = attribute(&value, names) {
                attributes.insert(names.intern(&name), value);
            }
        }
    }
    attributes
}

fn attribute(json: &Json, names: &mut Names) -> Option<Value> {
    if json.as_str() == Some("flag") {
        return Some(Value::Flag);
    }
    let (form, value) = json.as_object()?.iter().next()?;
    let part = |n: usize| value.as_array()?.get(n)?.as_str();
    let mut pair = |first: usize| {
        Some(QualifiedName { schema: names.intern(part(first)?), name: names.intern(part(first + 1)?) })
    };
    Some(match form.as_str() {
        "relation" => Value::Relation(pair(0)?),
        "routine" => Value::Routine(pair(0)?),
        "entity" => Value::Entity(kind(part(0)?)?, pair(1)?),
        "named" => Value::Named(kind(part(0)?)?, names.intern(part(1)?)),
        "oid" => Value::Type(names.ty(u32::try_from(value.as_u64()?).ok()?, -1)),
        "texts" => {
            let texts = value.as_array()?.iter();
            Value::Texts(texts.filter_map(|text| Some(names.intern(text.as_str()?))).collect())
        }
        "text" => Value::Text(names.intern(value.as_str()?)),
        "schema" => Value::Schema(names.intern(value.as_str()?)),
        "role" => Value::Role(names.intern(value.as_str()?)),
        _ => return None,
    })
}
