//! Extensions. What one consists of are objects like any others, each of which names it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entity::Entity;
use super::model::{Catalog, Name, Relation, Routine, Schema, Type};
use super::objects::{Object, Objects};
use super::routine::sort_overloads;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub name: Name,
    pub schema: Name,
    /// `None` where it is neither written nor a fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

/// An object of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// With the name of the extension.
    Schema(Name, Name),
    Relation(Arc<Relation>),
    Type(Arc<Type>),
    Routine(Arc<Routine>),
    Entity(Arc<Entity>),
}

impl Member {
    /// What tells it from all others.
    pub fn title(&self) -> String {
        match self {
            Member::Schema(name, _) => format!("schema {name}"),
            Member::Relation(relation) => format!("relation {}", relation.qualified_name()),
            Member::Type(ty) => format!("type {}.{}", ty.schema, ty.name),
            Member::Routine(routine) => {
                let types: Vec<String> = routine.input_types().map(ToString::to_string).collect();
                format!("routine {}.{}({})", routine.schema, routine.name, types.join(", "))
            }
            Member::Entity(entity) => entity.title(),
        }
    }
}

impl Catalog {
    /// The objects of an extension, in an order that only depends on what they are.
    pub fn members(&self, extension: &str) -> Vec<Member> {
        let is = |of: &Option<Name>| of.as_deref() == Some(extension);
        let mut members = Vec::new();
        for schema in self.schemas.values() {
            if is(&schema.extension) {
                members.push(Member::Schema(schema.name.clone(), extension.into()));
            }
            let relations = schema.relations.values().filter(|relation| is(&relation.extension));
            members.extend(relations.cloned().map(Member::Relation));
            members.extend(schema.types.values().filter(|ty| is(&ty.extension)).cloned().map(Member::Type));
            let routines = schema.routines.values().flatten().filter(|routine| is(&routine.extension));
            members.extend(routines.cloned().map(Member::Routine));
        }
        members.extend(self.entities().filter(|entity| is(&entity.extension)).cloned().map(Member::Entity));
        members.sort_by_cached_key(Member::title);
        members
    }

    /// Puts an object in its place, the indexes of the schema aside.
    pub fn put_member(&mut self, member: Member) {
        let in_schema = match &member {
            Member::Schema(name, extension) => {
                if !self.schemas.contains_key(name) {
                    let mut schema = Schema::new(name.clone());
                    schema.extension = Some(extension.clone());
                    self.schemas.insert(name.clone(), Arc::new(schema));
                }
                name
            }
            Member::Relation(relation) => &relation.schema,
            Member::Type(ty) => &ty.schema,
            Member::Routine(routine) => &routine.schema,
            Member::Entity(entity) => return self.put_entity(Entity::clone(entity)),
        };
        let Some(schema) = self.schema_mut(&in_schema.clone()) else { return };
        match member {
            Member::Relation(relation) => schema.put_relation(Arc::unwrap_or_clone(relation)),
            Member::Type(ty) => drop(schema.types.insert(ty.name.clone(), ty)),
            Member::Routine(routine) => {
                let overloads = schema.routines.entry(routine.name.clone()).or_default();
                let inputs: Vec<_> = routine.input_types().cloned().collect();
                overloads.retain(|other| !other.input_types().eq(inputs.iter()));
                overloads.push(routine);
                sort_overloads(overloads);
            }
            Member::Schema(..) | Member::Entity(_) => {}
        }
    }

    /// Without the objects of extensions that `gone` names.
    pub fn without_members(&self, gone: impl Fn(&str) -> bool) -> Catalog {
        let mut left = self.clone();
        if self.extensions.unrecorded().is_empty() {
            return left;
        }
        left.touch();
        let stays = |extension: &Option<Name>| !extension.as_ref().is_some_and(|extension| gone(extension));
        let names: Vec<Name> = left.schemas.unrecorded().keys().cloned().collect();
        for name in names {
            let Some(schema) = left.schemas.unrecorded_mut().get_mut(&name).map(Arc::make_mut) else {
                continue;
            };
            let members: Vec<Name> = (schema.relations.unrecorded().values())
                .filter(|relation| !stays(&relation.extension))
                .map(|relation| relation.name.clone())
                .collect();
            for member in members {
                schema.remove_relation(&member);
            }
            let types = schema.types.unrecorded().values().filter(|ty| !stays(&ty.extension));
            let members: Vec<Name> = types.map(|ty| ty.name.clone()).collect();
            for member in members {
                schema.types.unrecorded_mut().remove(&member);
            }
            retain(&mut schema.routines, |routine| stays(&routine.extension));
            retain(&mut schema.entities, |entity| stays(&entity.extension));
            schema.index_relations();
            if !stays(&schema.extension) && schema.is_empty() {
                left.schemas.unrecorded_mut().remove(&name);
            }
        }
        retain(&mut left.entities, |entity| stays(&entity.extension));
        left
    }
}

/// Keeps some of the objects of each name, and the names that have any left.
fn retain<T: Clone>(objects: &mut Objects<Vec<T>>, keep: impl Fn(&T) -> bool)
where
    Vec<T>: Object,
{
    let map = objects.unrecorded_mut();
    let some_go: Vec<Name> =
        map.iter().filter(|(_, all)| !all.iter().all(&keep)).map(|(name, _)| name.clone()).collect();
    for name in some_go {
        let Some(all) = map.get_mut(&name) else { continue };
        all.retain(&keep);
        if all.is_empty() {
            map.remove(&name);
        }
    }
}
