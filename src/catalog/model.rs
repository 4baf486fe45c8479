//! The catalog: one type, whether it was folded from DDL or read from a database.
//!
//! Copies are cheap and share: every map is persistent and every object sits behind an `Arc`, so the catalog before
//! each statement of a history can be kept. Two catalogs with the same objects are equal, whatever made them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::known_roles::KnownRoles;

pub use super::data_type::*;
pub use super::entity::{Entity, EntityKind, Value};
pub use super::extension::Extension;
pub use super::objects::Objects;
pub use super::privileges::{Grant, Grantable, Privileges};
pub use super::relation::*;
pub use super::routine::*;
pub use super::schema::Schema;
pub use super::table_parts::*;

/// An identifier as the catalog stores it (folded to lower case unless it was quoted).
pub type Name = Arc<str>;

/// An object's name with its schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QualifiedName {
    pub schema: Name,
    pub name: Name,
}

impl QualifiedName {
    pub fn new(schema: impl Into<Name>, name: impl Into<Name>) -> QualifiedName {
        QualifiedName { schema: schema.into(), name: name.into() }
    }
}

impl std::fmt::Display for QualifiedName {
    /// `schema.name`, without quotes: for messages. SQL text takes `super::quote`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// The schema of temporary objects, by the name that SQL gives it.
pub const TEMPORARY: &str = "pg_temp";

/// Which state of a catalog this is: equal numbers are the same state, so what was found in it still holds.
/// Different numbers say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(u64);

impl Revision {
    pub fn new() -> Revision {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Revision(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for Revision {
    fn default() -> Revision {
        Revision::new()
    }
}

/// Everything that exists at a moment, pg_catalog and information_schema aside (those are `builtin`).
#[derive(Clone, Debug)]
pub struct Catalog {
    revision: Revision,
    pub schemas: Objects<Arc<Schema>>,
    pub extensions: Objects<Arc<Extension>>,
    /// Casts, languages, publications, roles and other objects that belong to no schema, those of one name together.
    pub entities: Objects<Vec<Arc<Entity>>>,
    /// The role that SET ROLE or SET SESSION AUTHORIZATION has put in the place of the one that connected.
    pub current_role: Option<Name>,
    /// The role of SET SESSION AUTHORIZATION, to which RESET ROLE leads back.
    pub session_role: Option<Name>,
    /// What SET LOCAL has put something else in the place of, until the transaction ends.
    pub kept: Option<Arc<Kept>>,
    /// The schemas in which an unqualified name is looked up, after pg_temp and pg_catalog; `$user` left out.
    pub search_path: Arc<[Name]>,
    /// The settings with names of their own (`app.x`) that something has set in this session; and
    /// `check_function_bodies` while it is off, `icu_validation_level` while it is `error`,
    /// `allow_in_place_tablespaces` while it is on.
    pub custom_settings: Arc<[Name]>,
    /// Where `default_tablespace` keeps what does not say it.
    pub default_tablespace: Option<Name>,
    /// Somebody was granted something, or became an owner, in a way that cannot be known: no difference in that counts.
    pub unknown_rights: bool,
    /// What is known of roles beside what they are.
    pub known_roles: Arc<KnownRoles>,
    /// Something changed the schema in a way that cannot be known (dynamic SQL, a statement that does not parse,
    /// an extension without facts): a name that is not found may exist all the same.
    pub unknown_names: bool,
    /// The names of objects of any kind that are all of which `unknown_names` is true, where it is known of which.
    pub doubted: Option<Arc<[Name]>>,
    /// The owner of the database, where it is known: whose objects have no owner here.
    pub owner: Option<Name>,
    /// The server's version as `server_version_num` has it, of a catalog read from a database or made for a version.
    pub server_version: Option<u32>,
}

/// The session's settings that a transaction has for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    search_path: Arc<[Name]>,
    current_role: Option<Name>,
    session_role: Option<Name>,
}

impl Catalog {
    /// What is set from now on lasts until the transaction ends.
    pub fn keep_settings(&mut self) {
        if self.kept.is_none() {
            self.kept = Some(Arc::new(Kept {
                search_path: self.search_path.clone(),
                current_role: self.current_role.clone(),
                session_role: self.session_role.clone(),
            }));
        }
    }

    /// The path, or else the role, was set for good: it stays when the transaction ends.
    pub fn settle_settings(&mut self, is_path: bool) {
        let Some(kept) = &mut self.kept else { return };
        let kept = Arc::make_mut(kept);
        if is_path {
            kept.search_path = self.search_path.clone();
        } else {
            kept.current_role.clone_from(&self.current_role);
            kept.session_role.clone_from(&self.session_role);
        }
    }

    /// A transaction ends. Whether that changes something.
    pub fn end_local_settings(&mut self) -> bool {
        let Some(kept) = self.kept.take() else { return false };
        self.search_path = kept.search_path.clone();
        self.current_role.clone_from(&kept.current_role);
        self.session_role.clone_from(&kept.session_role);
        self.touch();
        true
    }
}

impl Default for Catalog {
    /// A new database: an empty schema `public`, which is the search path and which everybody may use.
    fn default() -> Catalog {
        let public: Name = "public".into();
        let mut schema = Schema::new(public.clone());
        let usage = Grant { grantee: None, privilege: "USAGE".into(), grantable: false };
        schema.privileges = Privileges::new(Grantable::Schema, vec![usage]);
        Catalog {
            revision: Revision::new(),
            schemas: Objects::from_iter([(public.clone(), Arc::new(schema))]),
            extensions: Objects::default(),
            entities: Objects::default(),
            current_role: None,
            session_role: None,
            kept: None,
            custom_settings: Arc::new([]),
            default_tablespace: None,
            unknown_rights: false,
            known_roles: Arc::default(),
            search_path: Arc::new([public]),
            unknown_names: false,
            doubted: None,
            owner: None,
            server_version: None,
        }
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Catalog) -> bool {
        self.schemas == other.schemas
            && self.extensions == other.extensions
            && self.entities == other.entities
    }
}

impl Catalog {
    /// The major version of the server, where it is known.
    pub fn known_major(&self) -> Option<u32> {
        self.server_version.map(|version| version / 10_000)
    }

    /// The same, or the newest that is known of.
    pub fn major(&self) -> u32 {
        self.known_major().unwrap_or(super::typing::NEWEST)
    }

    /// Whether it is of a server that is known to be older than this major version.
    pub fn is_older_than(&self, major: u32) -> bool {
        self.known_major().is_some_and(|own| own < major)
    }

    /// A catalog without any schema.
    pub fn empty() -> Catalog {
        Catalog { schemas: Objects::default(), ..Catalog::default() }
    }

    /// A database of which nothing is known: any name may exist.
    pub fn unknown() -> Catalog {
        Catalog { revision: Revision::new(), unknown_names: true, ..Catalog::default() }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether the script has set a parameter, to whatever value.
    pub fn is_set(&self, parameter: &str) -> bool {
        self.custom_settings.iter().any(|set| **set == *parameter)
    }

    /// To be called after any change, so that what was derived from the state before is known to be stale.
    pub fn touch(&mut self) {
        self.revision = Revision::new();
    }

    pub fn schema(&self, name: &str) -> Option<&Arc<Schema>> {
        self.schemas.get(name)
    }

    /// The schema to be changed, with a new revision for the catalog.
    pub fn schema_mut(&mut self, name: &str) -> Option<&mut Schema> {
        self.touch();
        self.schemas.get_mut(name).map(Arc::make_mut)
    }

    /// The relation of that name: in `schema`, or else in the first schema of the search path that has one.
    pub fn relation(&self, schema: Option<&str>, name: &str) -> Option<&Arc<Relation>> {
        self.find(schema, |schema| schema.relations.get(name))
    }

    /// The type of that name, found like a relation. A relation's row type is not among them.
    pub fn user_type(&self, schema: Option<&str>, name: &str) -> Option<&Arc<Type>> {
        self.find(schema, |schema| schema.types.get(name))
    }

    /// The overloads of that name in the first schema that has any.
    pub fn routines(&self, schema: Option<&str>, name: &str) -> &[Arc<Routine>] {
        self.find(schema, |schema| schema.routines.get(name)).map_or(&[], |overloads| &overloads[..])
    }

    /// The table that an index of that name belongs to, and the index.
    pub fn index(&self, schema: Option<&str>, name: &str) -> Option<(&Arc<Relation>, &Arc<Index>)> {
        let table = self.find(schema, |schema| {
            schema.index_tables.get(name).and_then(|table| schema.relations.get(table))
        })?;
        let index = table.indexes.iter().find(|index| &*index.name == name)?;
        Some((table, index))
    }

    /// The schema that an unqualified CREATE puts its object in: the first one of the search path that exists.
    pub fn creation_schema(&self) -> Option<Name> {
        self.search_path.iter().find(|name| self.schemas.contains_key(name)).cloned()
    }

    pub fn relation_mut(&mut self, name: &QualifiedName) -> Option<&mut Relation> {
        self.schema_mut(&name.schema)?.relations.get_mut(&name.name).map(Arc::make_mut)
    }

    /// All relations, by schema and name.
    pub fn relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.schemas.values().flat_map(|schema| schema.relations.values())
    }

    /// The relations with a foreign key to a relation, with a query that reads it, or with a column of a type.
    pub fn mentioning(&self, mentioned: &QualifiedName) -> Vec<&Arc<Relation>> {
        let of = |schema: &'_ Arc<Schema>| schema.mentioning(mentioned);
        self.schemas
            .values()
            .flat_map(|schema| {
                of(schema).into_iter().filter_map(|name| schema.relations.get(&name)).collect::<Vec<_>>()
            })
            .collect()
    }

    pub(super) fn find<'a, T>(
        &'a self,
        schema: Option<&str>,
        get: impl Fn(&'a Schema) -> Option<&'a T>,
    ) -> Option<&'a T> {
        match schema {
            Some(schema) => self.schemas.get(schema).and_then(|schema| get(schema)),
            // Temporary objects stand in a schema of their own, which comes first.
            None => (self.schemas.get(TEMPORARY).and_then(|schema| get(schema)))
                .or_else(|| self.search_path.iter().find_map(|schema| get(self.schemas.get(schema)?))),
        }
    }
}
