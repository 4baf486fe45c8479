//! CREATE, ALTER and DROP EXTENSION.
//!
//! What an extension brings is a fact; its objects stand in the catalog like any others, and each names it. One of which
//! there are no facts leaves names unknown.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterExtensionContentsStmt, AlterExtensionStmt, CreateExtensionStmt, Node, NodeEnum, ObjectType,
};

use super::super::builtin::{self, BuiltinExtension, Release};
use super::super::entity::Value;
use super::super::extension::Member;
use super::super::model::*;
use super::{Fold, Result, Stop, entity, option, split_name, string, strings};

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
        let cascade = option::option(&s.options, "cascade").is_some();
        let wanted = option::option(&s.options, "schema").map(option::text);
        let version = option::option(&s.options, "new_version").map(option::text);
        self.bring_extension(name, wanted.as_deref(), version.as_deref(), cascade)
    }

    fn bring_extension(
        &mut self,
        name: Name,
        wanted: Option<&str>,
        version: Option<&str>,
        cascade: bool,
    ) -> Result {
        let fact = builtin::facts().extension(&name);
        let release = self.release_of(&name);
        if let Some(schema) = wanted {
            self.target_schema(Some(schema), self.token(schema))?;
        }
        let schema = self.schema_of_extension(&name, release.as_ref(), wanted)?;
        let required = release.as_ref().map(|release| release.requires.clone()).unwrap_or_default();
        for other in required {
            if other == "plpgsql" || self.catalog.extensions.contains_key(other) {
                continue;
            }
            if !cascade {
                // It may be among what is not known.
                if self.catalog.unknown_names {
                    continue;
                }
                let message = format!("required extension \"{other}\" is not installed");
                return self.fail("42704", message, self.token(&name));
            }
            // What is required goes to the same schema, unless it has one of its own.
            self.bring_extension(other.into(), wanted, None, true)?;
        }
        self.changed = true;
        let is_release = |release: &Release| version.is_none_or(|version| version == release.version);
        let exact = release.as_ref().is_some_and(is_release);
        let extension = Extension {
            name: name.clone(),
            schema: schema.clone(),
            version: match version {
                Some(version) => Some(version.into()),
                None => {
                    release.as_ref().filter(|release| !release.apart).map(|release| release.version.into())
                }
            },
            comment: release
                .as_ref()
                .map(|release| release.comment.into())
                .filter(|text: &Name| !text.is_empty()),
        };
        self.catalog.extensions.insert(name.clone(), Arc::new(extension));
        let (Some(fact), Some(release)) = (fact, release) else { return self.unknown() };
        self.put_members(fact, &name, &schema, &release);
        if exact { Ok(()) } else { self.unknown() }
    }

    /// What is known of an extension in that version.
    pub(super) fn release_of(&self, name: &str) -> Option<Release> {
        builtin::facts().extension(name).and_then(|fact| fact.release(self.catalog.known_major()))
    }

    /// The installed extensions that require one.
    pub(super) fn requiring<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Arc<Extension>> {
        self.catalog.extensions.values().filter(move |other| {
            self.release_of(&other.name).is_some_and(|release| release.requires.contains(&name))
        })
    }

    /// Whether an extension may have types that are not among the facts: another release of it than theirs.
    pub(super) fn may_have_more_types(&self) -> bool {
        may_have_more(&self.catalog)
    }

    fn schema_of_extension(
        &mut self,
        name: &Name,
        release: Option<&Release>,
        wanted: Option<&str>,
    ) -> Result<Name> {
        if let Some(own) = release.and_then(|release| release.schema) {
            if wanted.is_some_and(|wanted| wanted != own) {
                let message = format!("extension \"{name}\" must be installed in schema \"{own}\"");
                return self.fail("0A000", message, self.token(name));
            }
            // CREATE EXTENSION makes it, and it is none of the extension's objects.
            if !own.starts_with("pg_") && !self.catalog.schemas.contains_key(own) {
                let schema = Schema::new(own.into());
                self.changed = true;
                self.catalog.schemas.insert(own.into(), Arc::new(schema));
            }
            return Ok(own.into());
        }
        match wanted {
            Some(wanted) => Ok(wanted.into()),
            // The trusted languages live in pg_catalog; others where objects are created.
            None if name.starts_with("pl") && release.is_none() => Ok("pg_catalog".into()),
            None => match self.catalog.creation_schema() {
                Some(schema) => Ok(schema),
                None => Err(Stop::Unsure),
            },
        }
    }

    fn put_members(&mut self, fact: BuiltinExtension, name: &Name, schema: &Name, release: &Release) {
        let mut schemas = vec![(name.clone(), schema.clone())];
        for other in &release.requires {
            if let Some(found) = self.catalog.extensions.get(other) {
                schemas.push((found.name.clone(), found.schema.clone()));
            }
        }
        for member in fact.members(self.catalog.known_major(), &schemas).iter() {
            self.catalog.put_member(member.clone());
        }
    }

    /// ALTER EXTENSION … UPDATE: to a version whose objects are facts, or to one that is not known.
    pub(super) fn alter_extension(&mut self, s: &AlterExtensionStmt) -> Result {
        let extension = self.installed(&s.extname)?;
        let fact = builtin::facts().extension(&s.extname);
        let release = self.release_of(&s.extname);
        let wanted = option::option(&s.options, "new_version").map(option::text);
        let is_newest = wanted.as_deref().is_none_or(|wanted| {
            release.as_ref().is_some_and(|release| !release.apart && release.version == wanted)
        });
        let version = match (&wanted, &release) {
            (Some(wanted), _) => Some(wanted.as_str().into()),
            (None, Some(release)) if !release.apart => Some(release.version.into()),
            _ => None,
        };
        if version.is_some() && version == extension.version {
            return Ok(());
        }
        self.changed = true;
        let schema = extension.schema.clone();
        self.catalog
            .extensions
            .insert(extension.name.clone(), Arc::new(Extension { version, ..Extension::clone(&extension) }));
        match (fact, release) {
            (Some(fact), Some(release)) if is_newest => {
                let name = extension.name.clone();
                self.catalog = self.catalog.without_members(|of| *of == *name);
                self.put_members(fact, &name, &schema, &release);
                Ok(())
            }
            _ => self.unknown(),
        }
    }

    pub(super) fn installed(&self, name: &str) -> Result<Arc<Extension>> {
        match self.catalog.extensions.get(name) {
            Some(extension) => Ok(extension.clone()),
            None if name == "plpgsql" || self.catalog.unknown_names => Err(Stop::Unsure),
            None => self.fail("42704", format!("extension \"{name}\" does not exist"), self.token(name)),
        }
    }

    /// ALTER EXTENSION … SET SCHEMA
    pub(super) fn move_extension(&mut self, name: &str, schema: Name) -> Result {
        let extension = self.installed(name)?;
        if extension.schema == schema {
            return Ok(());
        }
        let release = self.release_of(name);
        if release.as_ref().is_some_and(|release| !release.relocatable) {
            let message = format!("extension \"{name}\" does not support SET SCHEMA");
            return self.fail("0A000", message, self.token(name));
        }
        let Some((fact, release)) = builtin::facts().extension(name).zip(release) else {
            return self.unknown();
        };
        self.changed = true;
        let old = extension.schema.clone();
        self.catalog.extensions.insert(
            name.into(),
            Arc::new(Extension { schema: schema.clone(), ..Extension::clone(&extension) }),
        );
        let members = self.catalog.members(name);
        // Types and relations take along all that refers to them, the others are made anew.
        for member in &members {
            match member {
                Member::Relation(relation) if relation.schema == old => {
                    let new = QualifiedName::new(schema.clone(), relation.name.clone());
                    self.move_relation(&relation.qualified_name(), &new)?;
                }
                Member::Type(ty) if ty.schema == old && ty.kind != TypeKind::Composite => {
                    let from = QualifiedName::new(old.clone(), ty.name.clone());
                    self.move_type(&from, &QualifiedName::new(schema.clone(), ty.name.clone()))?;
                }
                _ => {}
            }
        }
        self.catalog = self.catalog.without_members(|of| of == name);
        let routines: Vec<&Name> = members
            .iter()
            .filter_map(|member| match member {
                Member::Routine(routine) if routine.schema == old => Some(&routine.name),
                _ => None,
            })
            .collect();
        self.each_reference(|value| match value {
            Value::Routine(of) if of.schema == old && routines.contains(&&of.name) => {
                of.schema = schema.clone()
            }
            _ => {}
        });
        self.each_relation(|relation| {
            for trigger in &mut relation.triggers {
                if trigger.function.schema == old && routines.contains(&&trigger.function.name) {
                    Arc::make_mut(trigger).function.schema = schema.clone();
                }
            }
        });
        self.put_members(fact, &extension.name, &schema, &release);
        Ok(())
    }

    /// ALTER EXTENSION … ADD and DROP
    pub(super) fn alter_members(&mut self, s: &AlterExtensionContentsStmt) -> Result {
        let extension = self.installed(&s.extname)?;
        let Some(object) = &s.object else { return Ok(()) };
        let adds = s.action > 0;
        let to = adds.then(|| extension.name.clone());
        self.set_extension(s.objtype(), object, to)
    }

    fn set_extension(&mut self, kind: ObjectType, object: &Node, to: Option<Name>) -> Result {
        let parts = match &object.node {
            Some(NodeEnum::List(parts)) => strings(&parts.items),
            Some(NodeEnum::TypeName(name)) => strings(&name.names),
            Some(NodeEnum::String(_)) => vec![string(object)],
            _ => Vec::new(),
        };
        let (schema, name) = split_name(&parts);
        match kind {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence => {
                let found = self.catalog.relation(schema, name).ok_or(Stop::Unsure)?.qualified_name();
                self.relation(&found)?.extension = to;
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let ty = self.catalog.user_type(schema, name).ok_or(Stop::Unsure)?;
                let ty = Type { extension: to.clone(), ..Type::clone(ty) };
                let is_composite = ty.kind == TypeKind::Composite;
                let owner = self.schema(&ty.schema.clone())?;
                if is_composite && let Some(relation) = owner.relations.get_mut(&ty.name) {
                    Arc::make_mut(relation).extension = to;
                }
                owner.types.insert(ty.name.clone(), Arc::new(ty));
            }
            ObjectType::ObjectSchema => self.schema(name)?.extension = to,
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = &object.node else { return Ok(()) };
                let Some((schema, name, at)) = self.find_routine(object, kind)? else { return Ok(()) };
                if let Some(overloads) = self.schema(&schema)?.routines.get_mut(&name) {
                    let routine = Arc::make_mut(&mut overloads[at]);
                    // As a database's are read: an extension's source is not told.
                    routine.body = routine.body.take().filter(|_| to.is_none());
                    routine.extension = to;
                }
            }
            other => {
                let Some(kind) = entity::kind_of(other) else { return Ok(()) };
                let Some(entity) = self.find_entity(kind, object, true)? else { return Ok(()) };
                self.put_entity(Entity { extension: to, ..Entity::clone(&entity) });
            }
        }
        Ok(())
    }
}

/// Whether an extension may have objects that are not among the facts: another release of it than theirs.
pub fn may_have_more(catalog: &Catalog) -> bool {
    let major = catalog.known_major();
    let release_of = |name: &str| builtin::facts().extension(name).and_then(|fact| fact.release(major));
    catalog.extensions.keys().any(|name| release_of(name).is_none_or(|release| release.apart))
}
