//! Objects of one kind by name, and a record of which of them were looked up.
//!
//! While something is recorded (`reads::recording`), every look at the objects is noted, also one that finds nothing.
//! All that is read of a catalog is read here, so a record is complete without anybody keeping it by hand.

use std::ops::Index;
use std::sync::Arc;

use imbl::OrdMap;
use imbl::ordmap::Entry;

use super::data_type::Type;
use super::entity::Entity;
use super::model::{Extension, Name};
use super::reads::{self, Kind};
use super::relation::Relation;
use super::routine::Routine;
use super::schema::Schema;

/// What `Objects` hold, which tells the kind of object.
pub trait Object: Clone {
    const KIND: Kind;
}

impl Object for Arc<Schema> {
    const KIND: Kind = Kind::Schema;
}

impl Object for Arc<Extension> {
    const KIND: Kind = Kind::Extension;
}

impl Object for Arc<Relation> {
    const KIND: Kind = Kind::Relation;
}

impl Object for Arc<Type> {
    const KIND: Kind = Kind::Type;
}

/// The overloads of a name.
impl Object for Vec<Arc<Routine>> {
    const KIND: Kind = Kind::Routine;
}

/// The operators, statistics objects and so on of a name.
impl Object for Vec<Arc<Entity>> {
    const KIND: Kind = Kind::Entity;
}

/// The table of an index.
impl Object for Name {
    const KIND: Kind = Kind::Index;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects<T: Object> {
    map: OrdMap<Name, T>,
}

impl<T: Object> Default for Objects<T> {
    fn default() -> Objects<T> {
        Objects { map: OrdMap::new() }
    }
}

impl<T: Object> Objects<T> {
    /// The objects for those whose result does not depend on them, or who say themselves what they read.
    pub(super) fn unrecorded(&self) -> &OrdMap<Name, T> {
        &self.map
    }

    pub(super) fn unrecorded_mut(&mut self) -> &mut OrdMap<Name, T> {
        &mut self.map
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        reads::one(T::KIND, name);
        self.map.get(name)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        reads::one(T::KIND, name);
        self.map.get_mut(name)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        reads::one(T::KIND, name);
        self.map.contains_key(name)
    }

    /// The object that had the name before.
    pub fn insert(&mut self, name: Name, object: T) -> Option<T> {
        reads::one(T::KIND, &name);
        self.map.insert(name, object)
    }

    pub fn remove(&mut self, name: &str) -> Option<T> {
        reads::one(T::KIND, name);
        self.map.remove(name)
    }

    pub fn entry(&mut self, name: Name) -> Entry<'_, Name, T, imbl::shared_ptr::DefaultSharedPtr> {
        reads::one(T::KIND, &name);
        self.map.entry(name)
    }

    pub fn iter(&self) -> imbl::ordmap::Iter<'_, Name, T, imbl::shared_ptr::DefaultSharedPtr> {
        reads::all(T::KIND);
        self.map.iter()
    }

    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.iter().map(|(name, _)| name)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, object)| object)
    }

    pub fn len(&self) -> usize {
        reads::all(T::KIND);
        self.map.len()
    }

    pub fn is_empty(&self) -> bool {
        reads::all(T::KIND);
        self.map.is_empty()
    }

    /// Whether both are one map, which says nothing where they are not.
    pub fn is_same(&self, other: &Objects<T>) -> bool {
        self.map.ptr_eq(&other.map)
    }
}

impl<T: Object> Index<&str> for Objects<T> {
    type Output = T;

    fn index(&self, name: &str) -> &T {
        reads::one(T::KIND, name);
        &self.map[name]
    }
}

impl<'a, T: Object> IntoIterator for &'a Objects<T> {
    type Item = (&'a Name, &'a T);
    type IntoIter = imbl::ordmap::Iter<'a, Name, T, imbl::shared_ptr::DefaultSharedPtr>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Object> FromIterator<(Name, T)> for Objects<T> {
    fn from_iter<I: IntoIterator<Item = (Name, T)>>(objects: I) -> Objects<T> {
        Objects { map: objects.into_iter().collect() }
    }
}
