//! A catalog of which less is certain: behind what cannot be seen, and where two ways come together.

use std::sync::Arc;

use super::model::{Catalog, Name};
use super::objects::{Object, Objects};
use super::schema::Schema;

/// Stands behind a doubted name that is only the beginning of one.
pub const ANY_REST: char = '*';

impl Catalog {
    /// Anything may have been made, changed or dropped: what is known stays at hand for those who help in writing, but
    /// nothing that contradicts it is an error. Whether that says less than before.
    pub fn forget(&mut self) -> bool {
        let mut changed = self.forget_names();
        let names: Vec<Name> = self.schemas.keys().cloned().collect();
        for name in names {
            let known = &self.schemas[&name].relations;
            let certain = known.iter().filter(|(_, relation)| !relation.unknown_columns);
            let certain: Vec<Name> = certain.map(|(name, _)| name.clone()).collect();
            if certain.is_empty() {
                continue;
            }
            changed = true;
            let Some(schema) = self.schemas.get_mut(&name) else { continue };
            let schema = Arc::make_mut(schema);
            for name in certain {
                if let Some(relation) = schema.relations.get_mut(&name) {
                    Arc::make_mut(relation).unknown_columns = true;
                }
            }
        }
        if changed {
            self.touch();
        }
        changed
    }

    /// Any name that is not found may exist. Whether that says less than before.
    pub fn forget_names(&mut self) -> bool {
        let changed = self.doubted.take().is_some() | !std::mem::replace(&mut self.unknown_names, true);
        if changed {
            self.touch();
        }
        changed
    }

    /// Objects of these names may exist, in ways that are not known.
    pub fn doubt_names(&mut self, names: impl IntoIterator<Item = Name>) {
        if self.unknown_names && self.doubted.is_none() {
            return;
        }
        let known = self.doubted.iter().flat_map(|known| known.iter().cloned());
        let doubted: std::collections::BTreeSet<Name> = known.chain(names).collect();
        self.set_doubted(doubted.into_iter().collect());
    }

    /// It is certain again what these names mean.
    pub fn trust_names(&mut self, names: &[Name]) {
        if let Some(doubted) = self.doubted.take() {
            self.set_doubted(doubted.iter().filter(|name| !names.contains(name)).cloned().collect());
        }
    }

    fn set_doubted(&mut self, doubted: Vec<Name>) {
        self.unknown_names = !doubted.is_empty();
        self.doubted = self.unknown_names.then(|| doubted.into());
        self.touch();
    }

    /// The catalog for a statement in which no doubted name occurs.
    pub fn without_doubt(&self) -> Catalog {
        let mut certain = self.clone();
        if certain.doubted.take().is_some() {
            certain.unknown_names = false;
        }
        certain
    }

    /// What is certain where it is this catalog or `other`: what both have, and of what only one has that it may be.
    pub fn or(&self, other: &Catalog) -> Catalog {
        let mut joined = self.clone();
        joined.touch();
        joined.unite_names(other);
        joined.unknown_rights |= other.unknown_rights;
        if joined.known_roles != other.known_roles {
            joined.known_roles = Arc::new(joined.known_roles.or(&other.known_roles));
        }
        if joined.default_tablespace != other.default_tablespace {
            joined.default_tablespace = None;
        }
        if joined.custom_settings != other.custom_settings {
            let both: std::collections::BTreeSet<Name> =
                joined.custom_settings.iter().chain(&*other.custom_settings).cloned().collect();
            joined.custom_settings = both.into_iter().collect();
        }
        let mut differing = Vec::new();
        for (name, schema) in &other.schemas {
            match joined.schemas.get_mut(name) {
                Some(known) if Arc::ptr_eq(known, schema) => {}
                Some(known) => join_schema(Arc::make_mut(known), schema, &mut differing),
                None => {
                    of_schema(name, schema, &mut differing);
                    joined.schemas.insert(name.clone(), schema.clone());
                }
            }
        }
        for (name, schema) in self.schemas.iter().filter(|(name, _)| !other.schemas.contains_key(name)) {
            of_schema(name, schema, &mut differing);
        }
        let mut extensions = Vec::new();
        join(&mut joined.extensions, &other.extensions, &mut extensions);
        join(&mut joined.entities, &other.entities, &mut differing);
        if !extensions.is_empty() || differing.iter().any(|name| name.is_empty()) {
            // What an extension brings, and what has no name, is not told by names.
            joined.forget_names();
        } else if !differing.is_empty() {
            joined.doubt_names(differing);
        }
        if self.search_path != other.search_path {
            // A name may mean another relation.
            joined.forget();
        }
        joined
    }

    /// The names that are not known of either.
    pub fn unite_names(&mut self, other: &Catalog) {
        match (&other.doubted, other.unknown_names) {
            (Some(doubted), _) => self.doubt_names(doubted.iter().cloned()),
            (None, true) => {
                self.forget_names();
            }
            (None, false) => {}
        }
    }

    /// Whether nothing is known to be in it that a new database does not have.
    pub fn is_blank(&self) -> bool {
        self.schemas.iter().all(|(name, schema)| {
            &**name == "public"
                && schema.relations.is_empty()
                && schema.types.is_empty()
                && schema.routines.is_empty()
                && schema.entities.is_empty()
        })
    }
}

/// The names of a schema that only one has, and of all that is in it.
fn of_schema(name: &Name, schema: &Schema, differing: &mut Vec<Name>) {
    differing.push(name.clone());
    differing.extend(schema.relations.keys().cloned());
    differing.extend(schema.index_tables.keys().cloned());
    differing.extend(schema.types.keys().cloned());
    differing.extend(schema.routines.keys().cloned());
    differing.extend(schema.entities.keys().cloned());
}

/// Adds what only one has, or has in another way.
fn join_schema(known: &mut Schema, other: &Schema, differing: &mut Vec<Name>) {
    join(&mut known.index_tables, &other.index_tables, differing);
    join(&mut known.types, &other.types, differing);
    join(&mut known.routines, &other.routines, differing);
    join(&mut known.entities, &other.entities, differing);
    // What only one has may have been there before in another way.
    let only: Vec<Name> =
        known.relations.keys().filter(|name| !other.relations.contains_key(name)).cloned().collect();
    for name in &only {
        if let Some(relation) = known.relations.get_mut(name) {
            Arc::make_mut(relation).unknown_columns = true;
        }
    }
    differing.extend(only);
    for (name, relation) in &other.relations {
        match known.relations.get_mut(name) {
            Some(known) if known == relation => {}
            Some(known) => Arc::make_mut(known).unknown_columns = true,
            None => {
                differing.push(name.clone());
                let mut relation = (**relation).clone();
                relation.unknown_columns = true;
                known.relations.insert(name.clone(), Arc::new(relation));
            }
        }
    }
}

fn join<T: Object + PartialEq>(known: &mut Objects<T>, other: &Objects<T>, differing: &mut Vec<Name>) {
    if known.is_same(other) {
        return;
    }
    differing.extend(known.keys().filter(|name| !other.contains_key(name)).cloned());
    for (name, value) in other {
        match known.get(name) {
            Some(own) if own == value => {}
            Some(_) => differing.push(name.clone()),
            None => {
                differing.push(name.clone());
                known.insert(name.clone(), value.clone());
            }
        }
    }
}
