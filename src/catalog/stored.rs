//! A catalog as JSON, from which it can be read again.
//!
//! Everything that is at its default is left out, and all is in the order of its name, so that two of them can be
//! compared line by line, as in a repository. Left out is also what is the server's and not the database's: roles,
//! tablespaces.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data_type::Type;
use super::entity::{self, Entity};
use super::model::{Catalog, Extension, Name};
use super::privileges::Privileges;
use super::relation::Relation;
use super::routine::Routine;
use super::schema::Schema;

/// Raised when a file that an older pgwright wrote would be misread.
const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Stored {
    /// What tells such a file from other JSON.
    pgwright: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Name>,
    /// What was not known when it was written is not known when it is read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unknown_rights: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unknown_names: bool,
    search_path: Vec<Name>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<Arc<Extension>>,
    schemas: Vec<StoredSchema>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Arc<Entity>>,
}

#[derive(Serialize, Deserialize)]
struct StoredSchema {
    name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Name>,
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    privileges: Privileges,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<Name>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    relations: Vec<Arc<Relation>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<Arc<Type>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    routines: Vec<Arc<Routine>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Arc<Entity>>,
}

impl StoredSchema {
    fn of(schema: &Schema) -> StoredSchema {
        StoredSchema {
            name: schema.name.clone(),
            comment: schema.comment.clone(),
            owner: schema.owner.clone(),
            privileges: schema.privileges.clone(),
            extension: schema.extension.clone(),
            relations: schema.relations.unrecorded().values().cloned().collect(),
            types: schema.types.unrecorded().values().cloned().collect(),
            routines: schema.routines.unrecorded().values().flatten().cloned().collect(),
            objects: schema.entities.unrecorded().values().flatten().cloned().collect(),
        }
    }

    fn into_schema(self) -> Schema {
        let mut schema = Schema::new(self.name);
        schema.comment = self.comment;
        schema.owner = self.owner;
        schema.privileges = self.privileges;
        schema.extension = self.extension;
        for relation in self.relations {
            schema.put_relation(Arc::unwrap_or_clone(relation));
        }
        for ty in self.types {
            schema.types.insert(ty.name.clone(), ty);
        }
        for routine in self.routines {
            schema.routines.entry(routine.name.clone()).or_default().push(routine);
        }
        for object in self.objects {
            entity::put(
                schema.entities.entry(object.name.clone()).or_default(),
                Arc::unwrap_or_clone(object),
            );
        }
        schema.index_relations();
        schema
    }
}

/// The catalog as JSON.
pub fn to_json(catalog: &Catalog) -> Value {
    let schemas = catalog.schemas.unrecorded().values();
    let stored = Stored {
        pgwright: FORMAT,
        server_version: catalog.server_version,
        owner: catalog.owner.clone(),
        unknown_rights: catalog.unknown_rights,
        unknown_names: catalog.unknown_names,
        search_path: catalog.search_path.to_vec(),
        extensions: catalog.extensions.unrecorded().values().cloned().collect(),
        schemas: schemas
            .filter(|schema| &*schema.name != super::model::TEMPORARY)
            .map(|schema| StoredSchema::of(schema))
            .collect(),
        objects: (catalog.entities.unrecorded().values().flatten())
            .filter(|entity| !entity.kind.is_of_server())
            .cloned()
            .collect(),
    };
    // Nothing in it can fail to be written.
    serde_json::to_value(&stored).unwrap_or_default()
}

/// The catalog that `to_json` made JSON of. An error says in words what is wrong with it.
pub fn from_json(json: Value) -> Result<Catalog, String> {
    match json.get("pgwright").map(Value::as_u64) {
        None => return Err("not a schema that pgwright wrote (`pgwright schema --out`)".into()),
        Some(format) if format == Some(FORMAT.into()) => {}
        Some(_) => {
            let format = &json["pgwright"];
            return Err(format!(
                "written by another version of pgwright (format {format}, known is {FORMAT})"
            ));
        }
    }
    let stored: Stored = serde_json::from_value(json).map_err(|error| error.to_string())?;
    let mut catalog = Catalog::empty();
    catalog.server_version = stored.server_version;
    catalog.owner = stored.owner;
    catalog.unknown_rights = stored.unknown_rights;
    catalog.unknown_names = stored.unknown_names;
    catalog.search_path = stored.search_path.into();
    for extension in stored.extensions {
        catalog.extensions.insert(extension.name.clone(), extension);
    }
    for schema in stored.schemas {
        catalog.schemas.insert(schema.name.clone(), Arc::new(schema.into_schema()));
    }
    for object in stored.objects {
        catalog.put_entity(Arc::unwrap_or_clone(object));
    }
    catalog.touch();
    Ok(catalog)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::diff::diff;
    use crate::catalog::model::{Column, RelationKind};
    use crate::catalog::types::TypeRef;

    #[test]
    fn what_was_written_is_read_back() {
        let mut catalog = Catalog::default();
        let mut table = Relation::new("public".into(), "t".into(), RelationKind::Table);
        table.columns.push(Arc::new(Column::new("a", TypeRef::builtin("int4"))));
        table.comment = Some("é \"quoted\"".into());
        catalog.schema_mut("public").unwrap().put_relation(table);
        catalog.server_version = Some(180_004);
        let json = to_json(&catalog);
        let read = from_json(json.clone()).unwrap();
        assert_eq!(diff(&catalog, &read), Vec::<String>::new());
        assert_eq!(read, catalog);
        assert_eq!((read.server_version, to_json(&read)), (Some(180_004), json));
    }

    #[test]
    fn what_was_not_known_stays_unknown() {
        for (rights, names) in [(false, false), (true, false), (false, true)] {
            let mut catalog = Catalog::default();
            (catalog.unknown_rights, catalog.unknown_names) = (rights, names);
            let read = from_json(to_json(&catalog)).unwrap();
            assert_eq!((read.unknown_rights, read.unknown_names), (rights, names));
        }
    }

    #[test]
    fn what_is_no_schema_is_said() {
        assert!(from_json(json!({"a": 1})).unwrap_err().starts_with("not a schema"));
        assert!(from_json(json!({"pgwright": 99})).unwrap_err().contains("another version"));
        let unknown = from_json(json!({"pgwright": FORMAT, "search_path": [], "schemas": [{}]}));
        assert!(unknown.unwrap_err().contains("missing field `name`"));
    }
}
