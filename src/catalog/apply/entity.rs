//! What all objects that are neither relations, types nor routines have in common: finding, dropping, renaming them.

use std::sync::Arc;

use crate::syntax::ast::{Node, NodeEnum, ObjectType};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::text_search::dictionary_text;
use super::{Fold, Result, Stop, split_name, string, strings, type_name};

/// The kind of object that a statement is about.
pub(super) fn kind_of(object: ObjectType) -> Option<EntityKind> {
    Some(match object {
        ObjectType::ObjectAccessMethod => EntityKind::AccessMethod,
        ObjectType::ObjectCast => EntityKind::Cast,
        ObjectType::ObjectCollation => EntityKind::Collation,
        ObjectType::ObjectConversion => EntityKind::Conversion,
        ObjectType::ObjectEventTrigger => EntityKind::EventTrigger,
        ObjectType::ObjectFdw => EntityKind::ForeignDataWrapper,
        ObjectType::ObjectForeignServer => EntityKind::Server,
        ObjectType::ObjectLanguage => EntityKind::Language,
        ObjectType::ObjectOperator => EntityKind::Operator,
        ObjectType::ObjectOpclass => EntityKind::OperatorClass,
        ObjectType::ObjectOpfamily => EntityKind::OperatorFamily,
        ObjectType::ObjectPublication => EntityKind::Publication,
        ObjectType::ObjectRole => EntityKind::Role,
        ObjectType::ObjectStatisticExt => EntityKind::Statistics,
        ObjectType::ObjectSubscription => EntityKind::Subscription,
        ObjectType::ObjectTablespace => EntityKind::Tablespace,
        ObjectType::ObjectTransform => EntityKind::Transform,
        ObjectType::ObjectTsconfiguration => EntityKind::TextSearchConfiguration,
        ObjectType::ObjectTsdictionary => EntityKind::TextSearchDictionary,
        ObjectType::ObjectTsparser => EntityKind::TextSearchParser,
        ObjectType::ObjectTstemplate => EntityKind::TextSearchTemplate,
        _ => return None,
    })
}

/// An object that a statement names, as far as it can be told from the name.
pub(super) struct Wanted<'n> {
    pub schema: Option<&'n str>,
    pub name: &'n str,
    /// The full name as it is written.
    pub written: String,
    /// What must be so besides.
    pub key: Vec<(&'static str, Option<Value>)>,
}

impl Fold<'_> {
    /// A new object, of the role that makes it.
    pub(super) fn new_entity(&self, kind: EntityKind, schema: Option<Name>, name: &str) -> Entity {
        let mut entity = Entity::new(kind, schema, name);
        entity.owner = self.catalog.current_role.clone();
        entity
    }

    pub(super) fn put_entity(&mut self, entity: Entity) {
        self.changed = true;
        self.catalog.put_entity(entity);
    }

    /// The function that a definition names: one of its schema's, or PostgreSQL's own.
    pub(super) fn routine_value(&self, parts: &[&str]) -> Value {
        Value::Routine(self.routine_name(parts))
    }

    pub(super) fn routine_name(&self, parts: &[&str]) -> QualifiedName {
        let (schema, name) = split_name(parts);
        match self.catalog.routines(schema, name).first() {
            Some(routine) => QualifiedName { schema: routine.schema.clone(), name: routine.name.clone() },
            None => QualifiedName::new(schema.unwrap_or("pg_catalog"), name),
        }
    }

    /// The object of a schema that a definition names, or PostgreSQL's own of that name.
    pub(super) fn entity_value(&self, kind: EntityKind, parts: &[&str]) -> Value {
        let (schema, name) = split_name(parts);
        let found = self.catalog.entity(kind, schema, name).and_then(|found| found.schema.clone());
        let schema = found.unwrap_or_else(|| schema.unwrap_or("pg_catalog").into());
        Value::Entity(kind, QualifiedName { schema, name: name.into() })
    }

    fn type_value(&self, node: &Node) -> Option<Value> {
        match &node.node {
            Some(NodeEnum::TypeName(name)) => {
                Some(Value::Type(type_name::resolve(&self.catalog, name).without_modifier()))
            }
            _ => None,
        }
    }

    pub(super) fn wanted<'n>(&self, kind: EntityKind, object: &'n Node) -> Wanted<'n> {
        let plain = |schema: Option<&'n str>, name: &'n str, written: String| Wanted {
            schema,
            name,
            written,
            key: Vec::new(),
        };
        match (kind, &object.node) {
            (EntityKind::Operator, Some(NodeEnum::ObjectWithArgs(operator))) => {
                let parts = strings(&operator.objname);
                let (schema, name) = split_name(&parts);
                let side = |n: usize| operator.objargs.get(n).and_then(|node| self.type_value(node));
                let key = vec![("left", side(0)), ("right", side(1))];
                Wanted { schema, name, written: parts.join("."), key }
            }
            (EntityKind::OperatorClass | EntityKind::OperatorFamily, Some(NodeEnum::List(parts))) => {
                let parts = strings(&parts.items);
                let (method, parts) = parts.split_first().map_or(("", &[][..]), |(m, rest)| (*m, rest));
                let (schema, name) = split_name(parts);
                let key = vec![("method", Some(Value::Text(method.into())))];
                Wanted { schema, name, written: parts.join("."), key }
            }
            (EntityKind::Cast, Some(NodeEnum::List(types))) => {
                let side = |n: usize| types.items.get(n).and_then(|node| self.type_value(node));
                Wanted {
                    key: vec![("source", side(0)), ("target", side(1))],
                    ..plain(None, "", String::new())
                }
            }
            (EntityKind::Transform, Some(NodeEnum::List(parts))) => {
                let ty = parts.items.first().and_then(|node| self.type_value(node));
                let language = parts.items.get(1).map(string).unwrap_or_default();
                let language = Some(Value::Named(EntityKind::Language, language.into()));
                Wanted { key: vec![("type", ty), ("language", language)], ..plain(None, "", String::new()) }
            }
            (_, Some(NodeEnum::List(parts))) => {
                let parts = strings(&parts.items);
                let (schema, name) = split_name(&parts);
                plain(schema, name, parts.join("."))
            }
            (_, Some(NodeEnum::RoleSpec(role))) => plain(None, &role.rolename, role.rolename.clone()),
            _ => plain(None, string(object), string(object).to_owned()),
        }
    }

    /// The objects of a kind and a name in all schemas of the path, or in one.
    fn overloads(&self, kind: EntityKind, schema: Option<&str>, name: &str) -> Vec<&Arc<Entity>> {
        let schemas = self.looked_through(schema).into_iter();
        let named = schemas.flat_map(|schema| schema.entities.get(name).into_iter().flatten());
        named.filter(|entity| entity.kind == kind).collect()
    }

    /// PostgreSQL's error for a type by which a statement tells an object from others, and which is certainly not there.
    fn has_types_of(&self, object: &Node) -> Result {
        let types: &[Node] = match &object.node {
            Some(NodeEnum::ObjectWithArgs(object)) => &object.objargs,
            Some(NodeEnum::List(parts)) => &parts.items,
            _ => &[],
        };
        self.argument_types(types).map(drop)
    }

    /// The object that a statement names; `None` where it may be missing or may be one that is not seen.
    pub(super) fn find_entity(
        &self,
        kind: EntityKind,
        object: &Node,
        missing_ok: bool,
    ) -> Result<Option<Arc<Entity>>> {
        if !missing_ok {
            self.has_types_of(object)?;
        }
        let wanted = self.wanted(kind, object);
        let is_it =
            |entity: &Arc<Entity>| wanted.key.iter().all(|(key, value)| entity.get(key) == value.as_ref());
        // What tells objects of one name apart tells also whether a schema behind the first is meant.
        let mut named = match kind_has_overloads(kind) {
            true => self.overloads(kind, wanted.schema, wanted.name),
            false => self.catalog.entities_named(kind, wanted.schema, wanted.name),
        };
        named.retain(|entity| is_it(entity));
        if let Some(found) = named.first() {
            return Ok(Some(Arc::clone(found)));
        }
        // An access method has to be there even where the object need not.
        if matches!(kind, EntityKind::OperatorClass | EntityKind::OperatorFamily)
            && let Some(method) = wanted.key.first().and_then(|(_, value)| value.as_ref())
        {
            self.has_access_method(&method.to_string())?;
        }
        if missing_ok {
            return Ok(None);
        }
        if let (EntityKind::Transform, Some(language)) = (kind, wanted.value("language")) {
            self.has_language(&language.to_string())?;
        }
        match self.missing_entity(kind, &wanted) {
            Ok(()) | Err(Stop::Unsure) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    pub(super) fn drop_entity(
        &mut self,
        kind: EntityKind,
        object: &Node,
        missing_ok: bool,
        cascade: bool,
    ) -> Result {
        match self.find_entity(kind, object, missing_ok)? {
            Some(entity) => {
                self.is_no_member_entity(&entity)?;
                self.drop_one_entity(&entity, cascade)
            }
            None => self.is_not_pinned(kind, object),
        }
    }

    pub(super) fn drop_one_entity(&mut self, entity: &Entity, cascade: bool) -> Result {
        let is = refers_to(entity);
        if entity.kind == EntityKind::Collation && !cascade {
            self.is_collation_free(entity)?;
        }
        if !cascade {
            let holds =
                |other: &Entity| !goes_along(other.kind) && !other.is_same(entity) && other.refers(&is);
            let is_foreign = |relation: &Relation| match entity.kind {
                EntityKind::Server => {
                    relation.foreign.as_ref().is_some_and(|foreign| foreign.server == entity.name)
                }
                EntityKind::AccessMethod => relation.access_method.as_ref() == Some(&entity.name),
                _ => false,
            };
            if self.catalog.entities().any(|other| holds(other))
                || self.catalog.relations().any(|r| is_foreign(r))
            {
                let title = match &entity.schema {
                    Some(schema) if is_of_text_search(entity.kind) => {
                        let text = super::super::deparse::relation_text(schema, &entity.name);
                        format!("{} {text}", entity.kind.word())
                    }
                    Some(_) => return Err(Stop::Unsure),
                    None => format!("{} {}", entity.kind.word(), entity.name),
                };
                let message = format!("cannot drop {title} because other objects depend on it");
                return self.fail("2BP01", message, self.token(&entity.name));
            }
        }
        self.changed = true;
        self.catalog.remove_entity(entity);
        let parts: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|other| other.name == entity.name && is_part_of(other.kind, entity.kind))
            .cloned()
            .collect();
        for part in parts {
            self.catalog.remove_entity(&part);
        }
        if entity.kind == EntityKind::OperatorClass {
            self.drop_members_of(entity);
        }
        let gone: Vec<Arc<Entity>> =
            self.catalog.entities().filter(|other| is_automatic(other, entity)).cloned().collect();
        gone.iter().for_each(|other| self.catalog.remove_entity(other));
        self.drop_entities_of(cascade, is)?;
        if entity.kind == EntityKind::Collation {
            self.drop_uses_of_collation(entity)?;
        }
        if entity.kind == EntityKind::Server {
            let of_server = |relation: &Relation| {
                relation.foreign.as_ref().is_some_and(|foreign| foreign.server == entity.name)
            };
            let gone: Vec<_> = (self.catalog.relations())
                .filter(|relation| of_server(relation))
                .map(|relation| relation.qualified_name())
                .collect();
            for relation in gone {
                self.remove(&relation, true)?;
            }
        }
        Ok(())
    }

    /// Takes away what refers to something that is gone: what merely lists it always, the others with CASCADE.
    pub(super) fn drop_entities_of(&mut self, cascade: bool, is: impl Fn(&Value) -> bool) -> Result {
        let gone: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|entity| (cascade || goes_along(entity.kind)) && entity.refers(&is))
            .cloned()
            .collect();
        for entity in gone {
            self.drop_one_entity(&entity, true)?;
        }
        Ok(())
    }

    /// Lets objects refer to something by its new name.
    pub(super) fn each_reference(&mut self, change: impl Fn(&mut Value)) {
        let mut changed = Vec::new();
        for entity in self.catalog.entities() {
            let mut copy = Entity::clone(entity);
            copy.attributes.values_mut().for_each(&change);
            if copy != **entity {
                changed.push((entity.clone(), copy));
            }
        }
        for (old, new) in changed {
            self.changed = true;
            self.catalog.remove_entity(&old);
            self.catalog.put_entity(new);
        }
    }

    pub(super) fn comment_on_entity(
        &mut self,
        kind: EntityKind,
        object: &Node,
        comment: Option<Name>,
    ) -> Result {
        let Some(entity) = self.find_entity(kind, object, false)? else { return Ok(()) };
        self.put_entity(Entity { comment, ..Entity::clone(&entity) });
        Ok(())
    }

    /// The schema and name for a new object, or PostgreSQL's error when there is one of that name.
    pub(super) fn new_entity_name(
        &self,
        kind: EntityKind,
        parts: &[&str],
        if_not_exists: bool,
    ) -> Result<Option<QualifiedName>> {
        let (schema, name) = split_name(parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        let is_taken = self.catalog.entity(kind, Some(&schema), name).is_some();
        if is_taken && !kind_has_overloads(kind) {
            if if_not_exists {
                return Ok(None);
            }
            return self.fail(
                "42710",
                format!("{} \"{name}\" already exists", kind.word()),
                self.token(name),
            );
        }
        Ok(Some(QualifiedName { schema, name: name.into() }))
    }

    /// PostgreSQL's error where the database has an object of that name already. Whether IF NOT EXISTS allows it.
    pub(super) fn is_taken_in_database(
        &self,
        kind: EntityKind,
        name: &str,
        if_not_exists: bool,
    ) -> Result<bool> {
        if self.catalog.entity(kind, None, name).is_none() {
            return Ok(false);
        }
        if if_not_exists {
            return Ok(true);
        }
        self.fail("42710", format!("{} \"{name}\" already exists", kind.word()), self.token(name))
    }
}

/// What goes whenever that goes which it refers to.
fn goes_along(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Statistics
            | EntityKind::PublicationTable
            | EntityKind::PublicationSchema
            | EntityKind::RoleMember
            | EntityKind::DefaultPrivileges
    )
}

pub(super) fn kind_has_overloads(kind: EntityKind) -> bool {
    matches!(kind, EntityKind::Operator | EntityKind::OperatorClass | EntityKind::OperatorFamily)
}

/// Whether an operator class or family goes with what it belongs to: its family, or its access method.
fn is_automatic(other: &Entity, gone: &Entity) -> bool {
    match (other.kind, gone.kind) {
        (EntityKind::OperatorClass | EntityKind::OperatorFamily, EntityKind::AccessMethod) => {
            other.text("method") == Some(&gone.name)
        }
        (EntityKind::OperatorClass, EntityKind::OperatorFamily) => {
            let is_it = matches!(
                other.get("family"),
                Some(Value::Entity(_, name)) if name.name == gone.name && Some(&name.schema) == gone.schema.as_ref()
            );
            is_it && other.text("method") == gone.text("method")
        }
        _ => false,
    }
}

/// Whether objects of a kind bear the name of the one that they are part of.
pub(super) fn is_part_of(part: EntityKind, whole: EntityKind) -> bool {
    match whole {
        EntityKind::Publication => {
            matches!(part, EntityKind::PublicationTable | EntityKind::PublicationSchema)
        }
        EntityKind::Server => part == EntityKind::UserMapping,
        EntityKind::Role => part == EntityKind::RoleMember,
        _ => false,
    }
}

fn is_of_text_search(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::TextSearchConfiguration
            | EntityKind::TextSearchDictionary
            | EntityKind::TextSearchParser
            | EntityKind::TextSearchTemplate
    )
}

/// A dictionary as configurations list it.
pub(super) fn dictionary_of(entity: &Entity) -> Name {
    let schema = entity.schema.clone().unwrap_or_default();
    dictionary_text(&Value::Entity(entity.kind, QualifiedName { schema, name: entity.name.clone() }))
}

/// Whether a value refers to an object.
pub(super) fn refers_to(entity: &Entity) -> impl Fn(&Value) -> bool + use<> {
    let (kind, schema, name) = (entity.kind, entity.schema.clone(), entity.name.clone());
    let overloaded = kind_has_overloads(kind);
    let dictionary = (kind == EntityKind::TextSearchDictionary).then(|| dictionary_of(entity));
    move |value| match value {
        // Configurations list dictionaries.
        Value::Texts(texts) => dictionary.as_ref().is_some_and(|dictionary| texts.contains(dictionary)),
        // Which of several operators of one name is meant, nothing says.
        Value::Entity(of, of_name) => {
            !overloaded && *of == kind && Some(&of_name.schema) == schema.as_ref() && of_name.name == name
        }
        Value::Named(of, of_name) => *of == kind && *of_name == name,
        Value::Role(of_name) => kind == EntityKind::Role && *of_name == name,
        _ => false,
    }
}
