//! Collations: how they are made (collationcmds.c), and what uses them.

use std::sync::Arc;

use crate::syntax::ast::{AlterCollationStmt, DefineStmt};

use super::super::collation;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::quote;
use super::{Fold, Result, Stop, option, split_name, strings};

impl Fold<'_> {
    pub(super) fn create_collation(&mut self, s: &DefineStmt) -> Result {
        let parts = strings(&s.defnames);
        let (schema, own) = split_name(&parts);
        self.target_schema(schema, self.token(schema.unwrap_or(own)))?;
        let copied = self.check_collation(s)?;
        let Some(name) = self.new_collation_name(s, &parts, copied.is_some())? else { return Ok(()) };
        let mut collation = self.new_entity(EntityKind::Collation, Some(name.schema), &name.name);
        let mut provider: Name = "libc".into();
        for element in option::elements(&s.definition) {
            let text: Name = option::text(element).into();
            match element.defname.as_str() {
                "from" => {
                    let parts = option::name_parts(element);
                    let (schema, name) = split_name(&parts);
                    match self.catalog.entity(EntityKind::Collation, schema, name) {
                        Some(copied) => {
                            collation.attributes = copied.attributes.clone();
                            provider = copied.text("provider").cloned().unwrap_or(provider);
                        }
                        None if matches!(name, "C" | "POSIX") => {
                            collation.set_text("collate", name);
                            collation.set_text("ctype", name);
                        }
                        // An operating system's, or ICU's.
                        None => return Ok(()),
                    }
                }
                "locale" => collation.set_text("locale", text),
                "lc_collate" => collation.set_text("collate", text),
                "lc_ctype" => collation.set_text("ctype", text),
                "provider" => provider = text.to_ascii_lowercase().into(),
                "deterministic" => {
                    collation.set("nondeterministic", (!option::truth(element)).then_some(Value::Flag));
                }
                "rules" => collation.set_text("rules", text),
                _ => {}
            }
        }
        if &*provider == "builtin"
            && let Some(locale) = collation.text("locale").cloned()
        {
            match &*locale {
                "C" | "PG_UNICODE_FAST" => {}
                "C.UTF8" | "C.UTF-8" => collation.set_text("locale", "C.UTF-8"),
                _ => {
                    let message = format!("invalid locale name \"{locale}\" for builtin provider");
                    return self.fail("42809", message, None);
                }
            }
        }
        if &*provider == "icu"
            && self.catalog.is_set("icu_validation_level")
            && !collation.text("locale").is_some_and(|locale| has_short_language(locale))
        {
            // Only ICU knows its languages.
            self.changed = true;
            self.catalog.doubt_names([collation.name.clone()]);
            return Err(Stop::Unsure);
        }
        // The C library's locale is both categories'.
        if &*provider == "libc"
            && let Some(locale) = collation.text("locale").cloned()
        {
            collation.set("locale", None);
            collation.set_text("collate", locale.clone());
            collation.set_text("ctype", locale);
        }
        collation.set_text("provider", provider);
        self.put_entity(collation);
        Ok(())
    }

    /// REFRESH VERSION changes nothing that is kept here.
    pub(super) fn refresh_collation(&mut self, s: &AlterCollationStmt) -> Result {
        let parts = strings(&s.collname);
        let (schema, name) = split_name(&parts);
        self.is_collation(schema, name)
    }

    /// What DefineCollation says against the options of a collation; the one that it is a copy of.
    fn check_collation(&self, s: &DefineStmt) -> Result<Option<Name>> {
        let version = self.version();
        let mut given = Vec::new();
        for element in option::elements(&s.definition) {
            let since = match element.defname.as_str() {
                "from" | "locale" | "lc_collate" | "lc_ctype" | "provider" | "deterministic" | "version" => 0,
                "rules" => 16,
                _ => u32::MAX,
            };
            if version < since {
                let message = format!("collation attribute \"{}\" not recognized", element.defname);
                return self.refuse("42601", message, super::offset(element.location));
            }
            if version >= 14 {
                self.is_given_once(&mut given, element)?;
            } else {
                given.push(&element.defname);
            }
        }
        let has = |name: &str| given.contains(&name);
        let is_twice = has("locale") && (has("lc_collate") || has("lc_ctype"));
        if is_twice || has("from") && given.len() != 1 {
            return self.refuse("42601", "conflicting or redundant options".into(), None);
        }
        if let Some(from) = option::option(&s.definition, "from") {
            let parts = option::name_parts(from);
            let (schema, name) = split_name(&parts);
            self.is_collation(schema, name)?;
            let is_default = name == "default" && schema.is_none_or(|schema| schema == "pg_catalog");
            if is_default && self.catalog.entity(EntityKind::Collation, schema, name).is_none() {
                return self.fail("42P17", "collation \"default\" cannot be copied".into(), None);
            }
            return Ok(Some(name.into()));
        }
        let truth = option::option(&s.definition, "deterministic");
        let is_deterministic = match truth {
            Some(element) if option::boolean(element).is_none() => {
                let message = "deterministic requires a Boolean value";
                return self.refuse("42601", message.into(), None);
            }
            Some(element) => option::truth(element),
            None => true,
        };
        let provider = option::option(&s.definition, "provider")
            .map_or("libc".to_owned(), |element| option::text(element).to_ascii_lowercase());
        let wanted: &[&str] = match provider.as_str() {
            "icu" if version >= 15 => &["locale"],
            "builtin" if version >= 17 => &["locale"],
            "icu" | "libc" if has("locale") => &[],
            "icu" | "libc" => &["lc_collate", "lc_ctype"],
            _ => {
                let message = format!("unrecognized collation provider: {provider}");
                return self.fail("42P17", message, None);
            }
        };
        if let Some(missing) = wanted.iter().find(|name| !has(name)) {
            return self.fail("42P17", format!("parameter \"{missing}\" must be specified"), None);
        }
        if provider != "icu" && !is_deterministic {
            let message = "nondeterministic collations not supported with this provider";
            return self.fail("0A000", message.into(), None);
        }
        if provider != "icu" && has("rules") {
            let message = "ICU rules cannot be specified unless locale provider is ICU";
            return self.fail("42P17", message.into(), None);
        }
        Ok(None)
    }

    /// Where a new collation will be, or PostgreSQL's error when there is one of its name.
    fn new_collation_name(
        &self,
        s: &DefineStmt,
        parts: &[&str],
        is_copy: bool,
    ) -> Result<Option<QualifiedName>> {
        let (schema, name) = split_name(parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        let Some(taken) = self.catalog.entity(EntityKind::Collation, Some(&schema), name) else {
            return Ok(Some(QualifiedName { schema, name: name.into() }));
        };
        if s.if_not_exists {
            return Ok(None);
        }
        // One of the C library is for one encoding, unless it is a copy.
        let provider = option::option(&s.definition, "provider").map(option::text);
        let is_encoded = !is_copy && provider.is_none_or(|provider| provider.eq_ignore_ascii_case("libc"));
        let encoding = if is_encoded && is_of_library(taken) { " for encoding \"UTF8\"" } else { "" };
        let message = format!("collation \"{name}\"{encoding} already exists");
        self.fail("42710", message, self.token(name))
    }

    /// PostgreSQL's error for a collation that is certainly not there.
    pub(super) fn is_collation(&self, schema: Option<&str>, name: &str) -> Result {
        if self.may_have_more_types() {
            return Ok(());
        }
        match collation::missing(&self.catalog, schema, name) {
            Some(missing) => self.fail(missing.sqlstate, missing.message, self.token(name)),
            None => Ok(()),
        }
    }

    /// PostgreSQL's error where something that stays has the collation.
    pub(super) fn is_collation_free(&self, collation: &Entity) -> Result {
        let is_only =
            |other: &&Arc<Entity>| other.kind == EntityKind::Collation && other.name == collation.name;
        // What has it names it without its schema.
        if self.catalog.entities().filter(is_only).count() != 1 || collation::is_builtin(&collation.name) {
            return Err(Stop::Unsure);
        }
        let uses = |own: &Option<Name>| own.as_ref() == Some(&collation.name);
        let text = format!(" COLLATE {}", quote::identifier(&collation.name));
        let is_used = self.catalog.relations().any(|relation| {
            relation.columns.iter().any(|column| uses(&column.collation))
                || relation.indexes.iter().any(|index| index.definition.contains(&text))
        });
        let types = || self.catalog.schemas.values().flat_map(|schema| schema.types.values());
        let is_used = is_used
            || types().any(|ty| match &ty.kind {
                TypeKind::Domain { collation, .. } | TypeKind::Range { collation, .. } => uses(collation),
                _ => false,
            });
        if !is_used {
            return Ok(());
        }
        let found = self.catalog.entity(EntityKind::Collation, None, &collation.name);
        let title = match &collation.schema {
            Some(schema) if found.is_none() => quote::qualified(schema, &collation.name),
            _ => quote::identifier(&collation.name),
        };
        let message = format!("cannot drop collation {title} because other objects depend on it");
        self.fail("2BP01", message, self.token(&collation.name))
    }

    /// CASCADE takes along the columns and the types that have the collation.
    pub(super) fn drop_uses_of_collation(&mut self, collation: &Entity) -> Result {
        let uses = |own: &Option<Name>| own.as_ref() == Some(&collation.name);
        let columns: Vec<(QualifiedName, RelationKind, Name)> = (self.catalog.relations())
            .flat_map(|relation| {
                (relation.columns.iter())
                    .filter(|column| uses(&column.collation))
                    .map(|column| (relation.qualified_name(), relation.kind, column.name.clone()))
            })
            .collect();
        for (table, kind, column) in columns {
            match kind {
                RelationKind::View | RelationKind::MaterializedView => self.remove(&table, true)?,
                _ if self.is_partition_key(&table, &column) => self.remove(&table, true)?,
                _ => self.drop_column(&table, &column, true, true, true)?,
            }
        }
        let types = self.catalog.schemas.values().flat_map(|schema| schema.types.values());
        let has_it = |ty: &&Arc<Type>| match &ty.kind {
            TypeKind::Domain { collation, .. } | TypeKind::Range { collation, .. } => uses(collation),
            _ => false,
        };
        let made_with: Vec<(Name, Name)> =
            types.filter(has_it).map(|ty| (ty.schema.clone(), ty.name.clone())).collect();
        for (schema, name) in made_with {
            self.drop_type(&[&schema, &name], true, true)?;
        }
        Ok(())
    }

    /// What has a collation has it under its new name.
    pub(super) fn rename_uses_of_collation(&mut self, old: &Name, new: &Name) {
        let (old_text, new_text) =
            (format!(" COLLATE {}", quote::identifier(old)), format!(" COLLATE {}", quote::identifier(new)));
        self.each_relation(|relation| {
            for column in &mut relation.columns {
                if column.collation.as_ref() == Some(old) {
                    Arc::make_mut(column).collation = Some(new.clone());
                }
            }
            for index in &mut relation.indexes {
                if index.definition.contains(&old_text) {
                    let index = Arc::make_mut(index);
                    index.definition = index.definition.replace(&old_text, &new_text).into();
                }
            }
        });
        let types = self.catalog.schemas.values().flat_map(|schema| schema.types.values());
        let is_of = |ty: &&Arc<Type>| match &ty.kind {
            TypeKind::Domain { collation, .. } | TypeKind::Range { collation, .. } => {
                collation.as_ref() == Some(old)
            }
            _ => false,
        };
        let changed: Vec<Arc<Type>> = types.filter(is_of).cloned().collect();
        for ty in changed {
            let mut ty = Type::clone(&ty);
            if let TypeKind::Domain { collation, .. } | TypeKind::Range { collation, .. } = &mut ty.kind {
                *collation = Some(new.clone());
            }
            if let Ok(schema) = self.schema(&ty.schema.clone()) {
                schema.types.insert(ty.name.clone(), Arc::new(ty));
            }
        }
    }

    /// Of two collations that are not the same neither may take different texts for one.
    pub(super) fn can_compare_keys(&self, name: &str, own: &Column, referenced: &Column) -> Result {
        if self.version() < 18 || self.may_have_more_types() {
            return Ok(());
        }
        let types = super::super::typing::Types::new(&self.catalog);
        let collation = |column: &Column| match &column.collation {
            Some(name) => Some(Some(name.clone())),
            None => types.collation(&column.ty),
        };
        let (Some(Some(one)), Some(Some(two))) = (collation(own), collation(referenced)) else {
            return Ok(());
        };
        let is_loose = |name: &Name| {
            let mut all = self.catalog.entities().filter(|other| other.kind == EntityKind::Collation);
            let found = all.find(|other| other.name == *name);
            found.is_some_and(|found| found.get("nondeterministic").is_some())
        };
        if one == two || !is_loose(&one) && !is_loose(&two) {
            return Ok(());
        }
        let message = format!("foreign key constraint \"{name}\" cannot be implemented");
        self.fail("42P21", message, None)
    }
}

/// Whether it is one of the C library.
pub(super) fn is_of_library(collation: &Entity) -> bool {
    collation.kind == EntityKind::Collation
        && collation.text("provider").is_none_or(|provider| &**provider == "libc")
}

/// `de-DE`, `und-u-ks-level2`: with a language of two or three letters, as all have that ICU knows.
fn has_short_language(locale: &str) -> bool {
    let language = locale.split(['-', '_', '@']).next().unwrap_or_default();
    (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic())
}
