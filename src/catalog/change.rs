//! What is different between two catalogs: as a change that can be made to another one, and as names that those who
//! looked them up have to look at again.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::ordmap::DiffItem;

use super::data_type::{Type, TypeKind};
use super::entity::Entity;
use super::known_roles::KnownRoles;
use super::model::{Catalog, Extension, Kept, Name};
use super::objects::{Object, Objects};
use super::privileges::Privileges;
use super::reads::{Key, Kind, Reads};
use super::relation::Relation;
use super::routine::Routine;
use super::schema::Schema;

/// Objects that a schema holds.
trait Held: Object + PartialEq {
    fn of(schema: &Schema) -> &Objects<Self>;
    fn of_mut(schema: &mut Schema) -> &mut Objects<Self>;
    fn part(object: Option<Self>) -> Part;

    /// What those may have looked up to whom it matters that it is one now and was the other.
    fn keys(name: &Name, _old: Option<&Self>, _new: Option<&Self>) -> Vec<Key> {
        vec![Key::new(Self::KIND, name)]
    }
}

impl Held for Arc<Relation> {
    fn of(schema: &Schema) -> &Objects<Self> {
        &schema.relations
    }

    fn of_mut(schema: &mut Schema) -> &mut Objects<Self> {
        schema.relation_is_put();
        &mut schema.relations
    }

    fn part(object: Option<Self>) -> Part {
        Part::Relation(object)
    }

    fn keys(name: &Name, old: Option<&Self>, new: Option<&Self>) -> Vec<Key> {
        let constraints = |relation: Option<&Arc<Relation>>| -> Vec<Name> {
            let constraints = relation.iter().flat_map(|relation| &relation.constraints);
            constraints.map(|constraint| constraint.name.clone()).collect()
        };
        let parents = |relation: Option<&Arc<Relation>>| -> Vec<Name> {
            let parents = relation.iter().flat_map(|relation| &relation.parents);
            parents.map(|parent| parent.name.clone()).collect()
        };
        let mentions = |relation: Option<&Arc<Relation>>| -> Vec<Name> {
            relation.iter().flat_map(|relation| relation.mentions()).map(|mention| mention.name).collect()
        };
        let mut keys = vec![Key::new(Kind::Relation, name)];
        add_different(&mut keys, Kind::Mention, &mentions(old), &mentions(new));
        add_different(&mut keys, Kind::Constraint, &constraints(old), &constraints(new));
        add_different(&mut keys, Kind::Children, &parents(old), &parents(new));
        keys
    }
}

/// The table of an index.
impl Held for Name {
    fn of(schema: &Schema) -> &Objects<Self> {
        &schema.index_tables
    }

    fn of_mut(schema: &mut Schema) -> &mut Objects<Self> {
        &mut schema.index_tables
    }

    fn part(object: Option<Self>) -> Part {
        Part::Index(object)
    }
}

impl Held for Arc<Type> {
    fn of(schema: &Schema) -> &Objects<Self> {
        &schema.types
    }

    fn of_mut(schema: &mut Schema) -> &mut Objects<Self> {
        &mut schema.types
    }

    fn part(object: Option<Self>) -> Part {
        Part::Type(object)
    }

    fn keys(name: &Name, old: Option<&Self>, new: Option<&Self>) -> Vec<Key> {
        let checks = |ty: Option<&Arc<Type>>| -> Vec<Name> {
            match ty.map(|ty| &ty.kind) {
                Some(TypeKind::Domain { checks, .. }) => {
                    checks.iter().map(|check| check.name.clone()).collect()
                }
                _ => Vec::new(),
            }
        };
        let mut keys = vec![Key::new(Kind::Type, name)];
        add_different(&mut keys, Kind::Constraint, &checks(old), &checks(new));
        keys
    }
}

/// The overloads of a name.
impl Held for Vec<Arc<Routine>> {
    fn of(schema: &Schema) -> &Objects<Self> {
        &schema.routines
    }

    fn of_mut(schema: &mut Schema) -> &mut Objects<Self> {
        &mut schema.routines
    }

    fn part(object: Option<Self>) -> Part {
        Part::Routine(object)
    }
}

/// The operators, statistics objects and so on of a name.
impl Held for Vec<Arc<Entity>> {
    fn of(schema: &Schema) -> &Objects<Self> {
        &schema.entities
    }

    fn of_mut(schema: &mut Schema) -> &mut Objects<Self> {
        &mut schema.entities
    }

    fn part(object: Option<Self>) -> Part {
        Part::Entity(object)
    }
}

/// What a schema has of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Head {
    comment: Option<Name>,
    owner: Option<Name>,
    privileges: Privileges,
    extension: Option<Name>,
}

impl Head {
    fn of(schema: &Schema) -> Head {
        Head {
            comment: schema.comment.clone(),
            owner: schema.owner.clone(),
            privileges: schema.privileges.clone(),
            extension: schema.extension.clone(),
        }
    }
}

/// What is the session's, beside its search path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Session {
    current_role: Option<Name>,
    session_role: Option<Name>,
    custom_settings: Arc<[Name]>,
    default_tablespace: Option<Name>,
    unknown_rights: bool,
    known_roles: Arc<KnownRoles>,
    kept: Option<Arc<Kept>>,
}

impl Session {
    fn of(catalog: &Catalog) -> Session {
        Session {
            current_role: catalog.current_role.clone(),
            session_role: catalog.session_role.clone(),
            custom_settings: catalog.custom_settings.clone(),
            default_tablespace: catalog.default_tablespace.clone(),
            unknown_rights: catalog.unknown_rights,
            known_roles: catalog.known_roles.clone(),
            kept: catalog.kept.clone(),
        }
    }
}

/// Which names may exist though they are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unknown {
    names: bool,
    doubted: Option<Arc<[Name]>>,
}

impl Unknown {
    fn of(catalog: &Catalog) -> Unknown {
        Unknown { names: catalog.unknown_names, doubted: catalog.doubted.clone() }
    }
}

/// Adds the names that only one of both has.
fn add_different(keys: &mut Vec<Key>, kind: Kind, old: &[Name], new: &[Name]) {
    let only = |one: &[Name], other: &[Name]| -> Vec<Key> {
        one.iter().filter(|name| !other.contains(name)).map(|name| Key::new(kind, name)).collect()
    };
    keys.extend(only(old, new));
    keys.extend(only(new, old));
}

/// What a statement did to a catalog: the objects that it put there or removed.
#[derive(Debug, Default)]
pub struct Effect {
    /// Schemas that were not there before, or are gone, with all in them.
    schemas: Vec<(Name, Option<Arc<Schema>>)>,
    extensions: Vec<(Name, Option<Arc<Extension>>)>,
    entities: Vec<(Name, Option<Vec<Arc<Entity>>>)>,
    heads: Vec<(Name, Head)>,
    /// The schema and the name of each object, and the object.
    parts: Vec<(Name, Name, Part)>,
    search_path: Option<Arc<[Name]>>,
    session: Option<Session>,
    unknown_names: Option<Unknown>,
}

/// What is at a name now, if anything.
#[derive(Debug)]
enum Part {
    Relation(Option<Arc<Relation>>),
    /// An index, by its table.
    Index(Option<Name>),
    Type(Option<Arc<Type>>),
    Routine(Option<Vec<Arc<Routine>>>),
    Entity(Option<Vec<Arc<Entity>>>),
}

impl Effect {
    /// What makes `after` of `before`.
    pub fn between(before: &Catalog, after: &Catalog) -> Effect {
        let mut effect = Effect::default();
        each(&before.extensions, &after.extensions, |name, _, new| {
            effect.extensions.push((name.clone(), new.cloned()));
        });
        each(&before.entities, &after.entities, |name, _, new| {
            effect.entities.push((name.clone(), new.cloned()));
        });
        each(&before.schemas, &after.schemas, |name, old, new| {
            let (Some(old), Some(new)) = (old, new) else {
                effect.schemas.push((name.clone(), new.cloned()));
                return;
            };
            let head = Head::of(new);
            if Head::of(old) != head {
                effect.heads.push((name.clone(), head));
            }
            effect.add::<Arc<Relation>>(name, old, new);
            effect.add::<Name>(name, old, new);
            effect.add::<Arc<Type>>(name, old, new);
            effect.add::<Vec<Arc<Routine>>>(name, old, new);
            effect.add::<Vec<Arc<Entity>>>(name, old, new);
        });
        if before.search_path != after.search_path {
            effect.search_path = Some(after.search_path.clone());
        }
        let session = Session::of(after);
        if Session::of(before) != session {
            effect.session = Some(session);
        }
        let unknown = Unknown::of(after);
        if Unknown::of(before) != unknown {
            effect.unknown_names = Some(unknown);
        }
        effect
    }

    fn add<T: Held>(&mut self, schema: &Name, before: &Schema, after: &Schema) {
        each(T::of(before), T::of(after), |name, _, new| {
            self.parts.push((schema.clone(), name.clone(), T::part(new.cloned())));
        });
    }

    /// Makes the same change to `catalog`. Whether that is possible: it is not where a schema is missing.
    pub fn apply(&self, catalog: &mut Catalog) -> bool {
        for (name, schema) in &self.schemas {
            put(&mut catalog.schemas, name, schema);
        }
        for (name, extension) in &self.extensions {
            put(&mut catalog.extensions, name, extension);
        }
        for (name, entities) in &self.entities {
            put(&mut catalog.entities, name, entities);
        }
        for (schema, head) in &self.heads {
            let Some(schema) = schema_mut(catalog, schema) else { return false };
            schema.comment.clone_from(&head.comment);
            schema.owner.clone_from(&head.owner);
            schema.privileges = head.privileges.clone();
            schema.extension.clone_from(&head.extension);
        }
        for (schema, name, part) in &self.parts {
            let Some(schema) = schema_mut(catalog, schema) else { return false };
            match part {
                Part::Relation(relation) => put(Held::of_mut(schema), name, relation),
                Part::Index(table) => put(Held::of_mut(schema), name, table),
                Part::Type(ty) => put(Held::of_mut(schema), name, ty),
                Part::Routine(overloads) => put(Held::of_mut(schema), name, overloads),
                Part::Entity(entities) => put(Held::of_mut(schema), name, entities),
            }
        }
        if let Some(path) = &self.search_path {
            catalog.search_path = path.clone();
        }
        if let Some(session) = &self.session {
            catalog.current_role.clone_from(&session.current_role);
            catalog.session_role.clone_from(&session.session_role);
            catalog.custom_settings = session.custom_settings.clone();
            catalog.default_tablespace.clone_from(&session.default_tablespace);
            catalog.unknown_rights = session.unknown_rights;
            catalog.known_roles = session.known_roles.clone();
            catalog.kept.clone_from(&session.kept);
        }
        if let Some(unknown) = &self.unknown_names {
            (catalog.unknown_names, catalog.doubted) = (unknown.names, unknown.doubted.clone());
        }
        catalog.touch();
        true
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.schemas.is_empty()
            && self.extensions.is_empty()
            && self.entities.is_empty()
            && self.heads.is_empty()
            && self.parts.is_empty()
            && self.search_path.is_none()
            && self.session.is_none()
            && self.unknown_names.is_none()
    }
}

fn schema_mut<'a>(catalog: &'a mut Catalog, name: &Name) -> Option<&'a mut Schema> {
    catalog.schemas.unrecorded_mut().get_mut(name).map(Arc::make_mut)
}

fn put<T: Object>(objects: &mut Objects<T>, name: &Name, object: &Option<T>) {
    match object {
        Some(object) => objects.unrecorded_mut().insert(name.clone(), object.clone()),
        None => objects.unrecorded_mut().remove(name),
    };
}

/// Calls `differs` for each name that one has otherwise than the other.
fn each<T: Object + PartialEq>(
    before: &Objects<T>,
    after: &Objects<T>,
    mut differs: impl FnMut(&Name, Option<&T>, Option<&T>),
) {
    for item in before.unrecorded().diff(after.unrecorded()) {
        match item {
            DiffItem::Add(name, new) => differs(name, None, Some(new)),
            DiffItem::Remove(name, old) => differs(name, Some(old), None),
            DiffItem::Update { old: (name, old), new: (_, new) } => differs(name, Some(old), Some(new)),
        }
    }
}

/// With how many names it is no longer worth asking what has to be looked at again.
const MOST: usize = 200;

/// The names that mean something else in one catalog than in another.
#[derive(Debug, PartialEq, Eq)]
pub enum Changed {
    /// By kind, schema and name, each with what those may have looked up to whom that matters.
    Names(BTreeMap<(Kind, Name, Name), Vec<Key>>),
    /// So many, or in such a way, that everything is to be looked at again.
    Everything,
}

impl Changed {
    pub fn between(old: &Catalog, new: &Catalog) -> Changed {
        if !is_told_by_names(old, new) {
            return Changed::Everything;
        }
        let mut names = Names::default();
        each(&old.schemas, &new.schemas, |schema, old, new| {
            let (Some(old), Some(new)) = (old, new) else {
                names.is_all = true;
                return;
            };
            names.is_all |= Head::of(old) != Head::of(new);
            names.add::<Arc<Relation>>(schema, old, new);
            names.add::<Name>(schema, old, new);
            names.add::<Arc<Type>>(schema, old, new);
            names.add::<Vec<Arc<Routine>>>(schema, old, new);
            names.add::<Vec<Arc<Entity>>>(schema, old, new);
        });
        match names.is_all {
            true => Changed::Everything,
            false => Changed::Names(names.names),
        }
    }

    /// What is different behind a statement, where this is what was different before it. `old` is the catalog behind
    /// it as it was and `was` what it did there; `new` and `is` are that as they are now. What is equal in both
    /// becomes the same objects, so that comparing them later costs nothing.
    pub fn after(&mut self, old: &Catalog, was: &Effect, new: &mut Catalog, is: &Effect) {
        let Changed::Names(names) = self else { return };
        let mut by_names = is_told_by_names(old, new);
        for effect in [was, is] {
            by_names &= effect.schemas.is_empty()
                && effect.extensions.is_empty()
                && effect.entities.is_empty()
                && effect.heads.is_empty();
            for (schema, name, part) in &effect.parts {
                match (old.schemas.unrecorded().get(schema), schema_mut(new, schema)) {
                    (Some(old), Some(new)) => match part {
                        Part::Relation(_) => settle::<Arc<Relation>>(names, schema, name, old, new),
                        Part::Index(_) => settle::<Name>(names, schema, name, old, new),
                        Part::Type(_) => settle::<Arc<Type>>(names, schema, name, old, new),
                        Part::Routine(_) => settle::<Vec<Arc<Routine>>>(names, schema, name, old, new),
                        Part::Entity(_) => settle::<Vec<Arc<Entity>>>(names, schema, name, old, new),
                    },
                    _ => by_names = false,
                }
            }
        }
        if !by_names || names.len() > MOST {
            *self = Changed::Everything;
        }
    }

    /// Whether something that was looked up may be otherwise now.
    pub fn concerns(&self, reads: &Reads) -> bool {
        match self {
            Changed::Everything => true,
            Changed::Names(names) => names
                .iter()
                .any(|((kind, ..), keys)| reads.has_all(*kind) || keys.iter().any(|key| reads.has(*key))),
        }
    }
}

/// Whether names of what schemas hold are all that may be different.
fn is_told_by_names(old: &Catalog, new: &Catalog) -> bool {
    old.search_path == new.search_path
        && Unknown::of(old) == Unknown::of(new)
        && old.server_version == new.server_version
        && old.extensions == new.extensions
        && old.entities == new.entities
        && Session::of(old) == Session::of(new)
}

/// Names that are being gathered.
#[derive(Default)]
struct Names {
    names: BTreeMap<(Kind, Name, Name), Vec<Key>>,
    /// There is more than that.
    is_all: bool,
}

impl Names {
    fn add<T: Held>(&mut self, schema: &Name, before: &Schema, after: &Schema) {
        if self.is_all {
            return;
        }
        each(T::of(before), T::of(after), |name, old, new| {
            self.is_all |= self.names.len() >= MOST;
            if !self.is_all {
                self.names.insert((T::KIND, schema.clone(), name.clone()), T::keys(name, old, new));
            }
        });
    }
}

/// Notes whether the object of a name is another one now.
fn settle<T: Held>(
    names: &mut BTreeMap<(Kind, Name, Name), Vec<Key>>,
    schema: &Name,
    name: &Name,
    old: &Schema,
    new: &mut Schema,
) {
    let at = (T::KIND, schema.clone(), name.clone());
    let (before, now) = (T::of(old).unrecorded().get(name), T::of(new).unrecorded().get(name));
    if before != now {
        names.insert(at, T::keys(name, before, now));
        return;
    }
    names.remove(&at);
    if let Some(before) = before {
        T::of_mut(new).unrecorded_mut().insert(name.clone(), before.clone());
    }
}
