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
        let mut differs = false;
        for (name, schema) in &other.schemas {
            match joined.schemas.get_mut(name) {
                Some(known) if Arc::ptr_eq(known, schema) => {}
                Some(known) => differs |= join_schema(Arc::make_mut(known), schema),
                None => {
                    differs = true;
                    joined.schemas.insert(name.clone(), schema.clone());
                }
            }
        }
        differs |= self.schemas.keys().any(|name| !other.schemas.contains_key(name));
        differs |= join(&mut joined.extensions, &other.extensions);
        differs |= join(&mut joined.entities, &other.entities);
        if differs {
            joined.forget_names();
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

/// Whether one has something that the other has not, or has in another way.
fn join_schema(known: &mut Schema, other: &Schema) -> bool {
    let mut differs = join(&mut known.index_tables, &other.index_tables);
    differs |= join(&mut known.types, &other.types);
    differs |= join(&mut known.routines, &other.routines);
    differs |= join(&mut known.entities, &other.entities);
    // What only one has may have been there before in another way.
    let only: Vec<Name> =
        known.relations.keys().filter(|name| !other.relations.contains_key(name)).cloned().collect();
    differs |= !only.is_empty();
    for name in &only {
        if let Some(relation) = known.relations.get_mut(name) {
            Arc::make_mut(relation).unknown_columns = true;
        }
    }
    for (name, relation) in &other.relations {
        match known.relations.get_mut(name) {
            Some(known) if known == relation => {}
            Some(known) => Arc::make_mut(known).unknown_columns = true,
            None => {
                differs = true;
                let mut relation = (**relation).clone();
                relation.unknown_columns = true;
                known.relations.insert(name.clone(), Arc::new(relation));
            }
        }
    }
    differs
}

fn join<T: Object + PartialEq>(known: &mut Objects<T>, other: &Objects<T>) -> bool {
    if known.is_same(other) {
        return false;
    }
    let differs = known != other;
    for (name, value) in other {
        known.entry(name.clone()).or_insert_with(|| value.clone());
    }
    differs
}
