//! A catalog of which less is certain: behind what cannot be seen, and where two ways come together.

use std::sync::Arc;

use imbl::OrdMap;

use super::model::{Catalog, Name};
use super::schema::Schema;

impl Catalog {
    /// Anything may have been made, changed or dropped: what is known stays at hand for those who help in writing, but
    /// a name or a column that is not found may exist.
    pub fn forget(&mut self) {
        self.unknown_names = true;
        let names: Vec<Name> = self.schemas.keys().cloned().collect();
        for name in names {
            let known = &self.schemas[&name].relations;
            let certain = known.iter().filter(|(_, relation)| !relation.unknown_columns);
            let certain: Vec<Name> = certain.map(|(name, _)| name.clone()).collect();
            if certain.is_empty() {
                continue;
            }
            let Some(schema) = self.schemas.get_mut(&name) else { continue };
            let schema = Arc::make_mut(schema);
            for name in certain {
                if let Some(relation) = schema.relations.get_mut(&name) {
                    Arc::make_mut(relation).unknown_columns = true;
                }
            }
        }
        self.touch();
    }

    /// What is certain where it is this catalog or `other`: what both have. What only one has may be there or not.
    pub fn agreed(&self, other: &Catalog) -> Catalog {
        let mut agreed = self.clone();
        if self.revision() == other.revision() {
            return agreed;
        }
        let mut differs = other.schemas.keys().any(|name| !self.schemas.contains_key(name));
        differs |= keep_same(&mut agreed.extensions, &other.extensions);
        for (name, schema) in &self.schemas {
            match (other.schemas.get(name), agreed.schemas.get_mut(name)) {
                (Some(theirs), _) if Arc::ptr_eq(schema, theirs) => {}
                (Some(theirs), Some(ours)) => differs |= agree(Arc::make_mut(ours), theirs),
                _ => {
                    agreed.schemas.remove(name);
                    differs = true;
                }
            }
        }
        agreed.unknown_names |= other.unknown_names || differs;
        if self.search_path != other.search_path {
            // A name may mean another relation.
            agreed.forget();
        }
        agreed.touch();
        agreed
    }

    /// Whether nothing is known to be in it that a new database does not have.
    pub fn is_blank(&self) -> bool {
        self.schemas.iter().all(|(name, schema)| {
            &**name == "public"
                && schema.relations.is_empty()
                && schema.types.is_empty()
                && schema.routines.is_empty()
        })
    }
}

/// Leaves what `other` has too; whether something differs.
fn agree(schema: &mut Schema, other: &Schema) -> bool {
    let mut differs = keep_same(&mut schema.index_tables, &other.index_tables);
    differs |= keep_same(&mut schema.types, &other.types);
    differs |= keep_same(&mut schema.routines, &other.routines);
    differs |= other.relations.keys().any(|name| !schema.relations.contains_key(name));
    let ours: Vec<Name> = schema.relations.keys().cloned().collect();
    for name in ours {
        match (schema.relations.get_mut(&name), other.relations.get(&name)) {
            (Some(ours), Some(theirs)) if Arc::ptr_eq(ours, theirs) || ours == theirs => {}
            (Some(ours), Some(_)) => {
                Arc::make_mut(ours).unknown_columns = true;
                differs = true;
            }
            _ => {
                schema.relations.remove(&name);
                differs = true;
            }
        }
    }
    differs
}

/// Leaves the entries that both have; whether there were others.
fn keep_same<T: Clone + PartialEq>(ours: &mut OrdMap<Name, T>, theirs: &OrdMap<Name, T>) -> bool {
    if ours.ptr_eq(theirs) || ours == theirs {
        return false;
    }
    let gone: Vec<Name> =
        ours.iter().filter(|(name, value)| theirs.get(*name) != Some(value)).map(|it| it.0.clone()).collect();
    for name in gone {
        ours.remove(&name);
    }
    true
}
