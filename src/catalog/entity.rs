//! Objects that are neither relations, types nor routines: operators, casts, publications, roles …
//!
//! There are many kinds and each has few properties that anything depends on, so they share one shape. What an object
//! refers to is told apart from text, so that renaming and dropping treat all kinds alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{Catalog, Name, QualifiedName};
use super::privileges::{Grantable, Privileges};
use super::types::TypeRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntityKind {
    AccessMethod,
    Cast,
    Collation,
    Conversion,
    DefaultPrivileges,
    EventTrigger,
    ForeignDataWrapper,
    Language,
    Operator,
    OperatorClass,
    OperatorFamily,
    Publication,
    /// A schema whose tables a publication has.
    PublicationSchema,
    /// A table of a publication.
    PublicationTable,
    Role,
    /// That a role is a member of another.
    RoleMember,
    Server,
    Statistics,
    Subscription,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    UserMapping,
}

impl EntityKind {
    /// The word for it in messages and reports.
    pub fn word(self) -> &'static str {
        match self {
            EntityKind::AccessMethod => "access method",
            EntityKind::Cast => "cast",
            EntityKind::Collation => "collation",
            EntityKind::Conversion => "conversion",
            EntityKind::DefaultPrivileges => "default privileges",
            EntityKind::EventTrigger => "event trigger",
            EntityKind::ForeignDataWrapper => "foreign-data wrapper",
            EntityKind::Language => "language",
            EntityKind::Operator => "operator",
            EntityKind::OperatorClass => "operator class",
            EntityKind::OperatorFamily => "operator family",
            EntityKind::Publication => "publication",
            EntityKind::PublicationSchema => "schema of publication",
            EntityKind::PublicationTable => "table of publication",
            EntityKind::Role => "role",
            EntityKind::RoleMember => "membership in role",
            EntityKind::Server => "server",
            EntityKind::Statistics => "statistics object",
            EntityKind::Subscription => "subscription",
            EntityKind::Tablespace => "tablespace",
            EntityKind::TextSearchConfiguration => "text search configuration",
            EntityKind::TextSearchDictionary => "text search dictionary",
            EntityKind::TextSearchParser => "text search parser",
            EntityKind::TextSearchTemplate => "text search template",
            EntityKind::Transform => "transform",
            EntityKind::UserMapping => "user mapping for server",
        }
    }

    /// Whether it belongs to all databases of a server.
    pub fn is_of_server(self) -> bool {
        matches!(self, EntityKind::Role | EntityKind::RoleMember | EntityKind::Tablespace)
    }

    /// The attributes that tell objects of one name apart.
    fn key(self) -> &'static [&'static str] {
        match self {
            EntityKind::Operator => &["left", "right"],
            EntityKind::OperatorClass | EntityKind::OperatorFamily => &["method"],
            EntityKind::Cast => &["source", "target"],
            EntityKind::Transform => &["type", "language"],
            EntityKind::UserMapping => &["user"],
            EntityKind::RoleMember => &["member", "grantor"],
            EntityKind::PublicationTable => &["table"],
            EntityKind::PublicationSchema => &["schema"],
            EntityKind::DefaultPrivileges => &["role", "schema"],
            _ => &[],
        }
    }

    pub fn grantable(self) -> Option<Grantable> {
        match self {
            EntityKind::Language => Some(Grantable::Language),
            EntityKind::ForeignDataWrapper => Some(Grantable::ForeignDataWrapper),
            EntityKind::Server => Some(Grantable::Server),
            EntityKind::Tablespace => Some(Grantable::Tablespace),
            _ => None,
        }
    }
}

/// What an attribute of an object is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// It is there, or it is so.
    Flag,
    Text(Name),
    Texts(Vec<Name>),
    Type(TypeRef),
    Relation(QualifiedName),
    Routine(QualifiedName),
    Schema(Name),
    Role(Name),
    /// An object of a schema.
    Entity(EntityKind, QualifiedName),
    /// An object of the database.
    Named(EntityKind, Name),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Flag => f.write_str("yes"),
            Value::Text(text) => f.write_str(text),
            Value::Texts(texts) => f.write_str(&texts.join(", ")),
            Value::Type(ty) => ty.fmt(f),
            Value::Relation(name) | Value::Routine(name) | Value::Entity(_, name) => name.fmt(f),
            Value::Schema(name) | Value::Role(name) | Value::Named(_, name) => f.write_str(name),
        }
    }
}

pub type Attributes = BTreeMap<Name, Value>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    pub kind: EntityKind,
    /// `None` of what belongs to the database or the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Name>,
    /// Empty of a cast and a transform, which have none.
    pub name: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    pub privileges: Privileges,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
    /// The extension that it is part of, and comes and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Name>,
}

impl Entity {
    pub fn new(kind: EntityKind, schema: Option<Name>, name: impl Into<Name>) -> Entity {
        Entity {
            kind,
            schema,
            name: name.into(),
            attributes: Attributes::new(),
            owner: None,
            privileges: Privileges::default(),
            comment: None,
            extension: None,
        }
    }

    pub fn with(mut self, attribute: &str, value: Value) -> Entity {
        self.set(attribute, Some(value));
        self
    }

    /// Gives an attribute a value, or takes it away.
    pub fn set(&mut self, attribute: &str, value: Option<Value>) {
        match value {
            Some(value) => self.attributes.insert(attribute.into(), value),
            None => self.attributes.remove(attribute),
        };
    }

    pub fn set_text(&mut self, attribute: &str, text: impl Into<Name>) {
        self.set(attribute, Some(Value::Text(text.into())));
    }

    pub fn get(&self, attribute: &str) -> Option<&Value> {
        self.attributes.get(attribute)
    }

    pub fn text(&self, attribute: &str) -> Option<&Name> {
        match self.get(attribute) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// What its privileges are about.
    pub fn grantable(&self) -> Option<Grantable> {
        match (self.kind, &*self.name) {
            (EntityKind::DefaultPrivileges, "tables") => Some(Grantable::Relation),
            (EntityKind::DefaultPrivileges, "sequences") => Some(Grantable::Sequence),
            (EntityKind::DefaultPrivileges, "functions") => Some(Grantable::Routine),
            (EntityKind::DefaultPrivileges, "types") => Some(Grantable::Type),
            (EntityKind::DefaultPrivileges, _) => Some(Grantable::Schema),
            (kind, _) => kind.grantable(),
        }
    }

    /// Whether both are one object, however much was changed of it.
    pub fn is_same(&self, other: &Entity) -> bool {
        self.kind == other.kind
            && self.name == other.name
            && self.kind.key().iter().all(|key| self.get(key) == other.get(key))
    }

    /// Its kind and full name: `operator public.=== (integer, integer)`.
    pub fn title(&self) -> String {
        let mut title = self.kind.word().to_owned();
        if !self.name.is_empty() {
            title.push(' ');
            if let Some(schema) = &self.schema {
                title += &format!("{schema}.");
            }
            title += &self.name;
        }
        let key = self.kind.key();
        if !key.is_empty() {
            let values: Vec<String> = (key.iter())
                .map(|key| self.get(key).map_or("none".to_owned(), |value| value.to_string()))
                .collect();
            title += &format!(" ({})", values.join(", "));
        }
        title
    }

    /// Whether an attribute of it refers to something of which `is` says that it is that.
    pub fn refers(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.attributes.values().any(is)
    }
}

/// Adds an object to those of its name, or puts it in the place of the one that it is.
pub fn put(entities: &mut Vec<Arc<Entity>>, entity: Entity) {
    entities.retain(|other| !other.is_same(&entity));
    entities.push(Arc::new(entity));
    entities.sort_by_cached_key(|entity| (entity.kind, entity.title()));
}

impl Catalog {
    /// Every object of the database and of its schemas that is neither a relation, a type nor a routine.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<Entity>> {
        let of_schemas = self.schemas.values().flat_map(|schema| schema.entities.values().flatten());
        self.entities.values().flatten().chain(of_schemas)
    }

    /// The object of that kind and name, where the name alone tells it: in `schema`, or in the first of the search path.
    pub fn entity(&self, kind: EntityKind, schema: Option<&str>, name: &str) -> Option<&Arc<Entity>> {
        self.entities_named(kind, schema, name).into_iter().next()
    }

    /// The objects of that kind and name in the first schema that has any.
    pub fn entities_named(&self, kind: EntityKind, schema: Option<&str>, name: &str) -> Vec<&Arc<Entity>> {
        let pick = |entity: &&Arc<Entity>| entity.kind == kind;
        let of_database: Vec<_> = self.entities.get(name).into_iter().flatten().filter(pick).collect();
        if !of_database.is_empty() {
            return of_database;
        }
        let found = self.find(schema, |schema| {
            schema.entities.get(name).filter(|entities| entities.iter().any(|entity| entity.kind == kind))
        });
        found.into_iter().flatten().filter(pick).collect()
    }

    pub fn put_entity(&mut self, entity: Entity) {
        self.touch();
        let objects = match &entity.schema {
            None => Some(&mut self.entities),
            Some(schema) => self.schemas.get_mut(schema).map(|schema| &mut Arc::make_mut(schema).entities),
        };
        if let Some(objects) = objects {
            put(objects.entry(entity.name.clone()).or_default(), entity);
        }
    }

    pub fn remove_entity(&mut self, entity: &Entity) {
        self.touch();
        let objects = match &entity.schema {
            None => Some(&mut self.entities),
            Some(schema) => self.schemas.get_mut(schema).map(|schema| &mut Arc::make_mut(schema).entities),
        };
        let Some(objects) = objects else { return };
        if let Some(named) = objects.get_mut(&entity.name) {
            named.retain(|other| !other.is_same(entity));
            if named.is_empty() {
                objects.remove(&entity.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_of_one_name_are_told_apart_by_their_operands() {
        let of = |ty: &str| {
            Entity::new(EntityKind::Operator, Some("public".into()), "===")
                .with("left", Value::Type(TypeRef::builtin(ty)))
                .with("right", Value::Type(TypeRef::builtin(ty)))
        };
        let mut catalog = Catalog::default();
        catalog.put_entity(of("int4"));
        catalog.put_entity(of("text"));
        catalog.put_entity(of("text").with("hashes", Value::Flag));
        let titles: Vec<String> = catalog.entities().map(|entity| entity.title()).collect();
        assert_eq!(titles, ["operator public.=== (integer, integer)", "operator public.=== (text, text)"]);
        assert!(catalog.entities_named(EntityKind::Operator, None, "===")[1].get("hashes").is_some());
        catalog.remove_entity(&of("text"));
        assert_eq!(catalog.entities().count(), 1);
    }
}
