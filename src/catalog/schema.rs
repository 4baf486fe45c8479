//! A schema: what it holds by name, and an index of its relations.

use std::sync::Arc;

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet};

use super::data_type::{Type, TypeKind};
use super::entity::Entity;
use super::model::{Name, QualifiedName};
use super::objects::Objects;
use super::privileges::Privileges;
use super::reads::{self, Kind};
use super::relation::{Index, Relation};
use super::routine::Routine;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    pub name: Name,
    pub comment: Option<Name>,
    /// `None` is the owner of the database.
    pub owner: Option<Name>,
    pub privileges: Privileges,
    /// The extension that made it, if one did.
    pub extension: Option<Name>,
    pub relations: Objects<Arc<Relation>>,
    /// The table of each index. Indexes share the name space of relations.
    pub index_tables: Objects<Name>,
    pub types: Objects<Arc<Type>>,
    pub routines: Objects<Vec<Arc<Routine>>>,
    /// Operators, statistics objects and so on, those of one name together.
    pub entities: Objects<Vec<Arc<Entity>>>,
    index: RelationIndex,
}

/// Which relations have a constraint of a name, and which a parent, so that finding them costs no look at every table.
///
/// Relations are changed in many ways, so this does not follow each change: it remembers the relations that it was made
/// of, and a look-up goes through those that have changed since (a persistent map tells them without looking at the
/// others), of which there are few. It says nothing that the relations do not, so it is no part of equality.
#[derive(Clone, Debug, Default)]
struct RelationIndex {
    /// The constraint's and the relation's name. Some may be gone by now.
    constraints: OrdSet<(Name, Name)>,
    /// The parent, and the name of the relation that has it.
    children: OrdSet<(QualifiedName, Name)>,
    relations: OrdMap<Name, Arc<Relation>>,
    /// How many relations were put in place since, at most, by those who did not bring this up to date.
    behind: usize,
}

/// Behind how many relations the index may be.
const MOST_BEHIND: usize = 50;

impl PartialEq for RelationIndex {
    fn eq(&self, _: &RelationIndex) -> bool {
        true
    }
}

impl Eq for RelationIndex {}

impl Schema {
    pub fn new(name: Name) -> Schema {
        Schema { name, ..Schema::default() }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty()
            && self.types.is_empty()
            && self.routines.is_empty()
            && self.entities.is_empty()
    }

    /// Whether a constraint of one of its relations or domains has that name.
    pub fn has_constraint_name(&self, name: &str) -> bool {
        reads::one(Kind::Constraint, name);
        let has = |owner: &str| {
            self.relations.unrecorded().get(owner).is_some_and(|relation| relation.constraint(name).is_some())
        };
        let from: (Name, Name) = (name.into(), "".into());
        let mut owners =
            self.index.constraints.range(from..).take_while(|(constraint, _)| &**constraint == name);
        owners.any(|(_, owner)| has(owner))
            || self.changed_relations().any(|relation| relation.constraint(name).is_some())
            || self.types.unrecorded().values().any(|ty| match &ty.kind {
                TypeKind::Domain { checks, .. } => checks.iter().any(|check| &*check.name == name),
                _ => false,
            })
    }

    /// The relations that have `parent`, by name.
    pub fn children(&self, parent: &QualifiedName) -> Vec<Name> {
        reads::one(Kind::Children, &parent.name);
        let from = (parent.clone(), Name::from(""));
        let known = self
            .index
            .children
            .range(from..)
            .take_while(|(of, _)| of == parent)
            .map(|(_, child)| child.clone());
        let mut children: Vec<Name> = known
            .filter(|child| {
                self.relations
                    .unrecorded()
                    .get(child)
                    .is_some_and(|relation| relation.parents.contains(parent))
            })
            .collect();
        let changed = self.changed_relations().filter(|relation| relation.parents.contains(parent));
        children.extend(changed.map(|relation| relation.name.clone()));
        children.sort();
        children.dedup();
        children
    }

    /// The relations that are not as they were when the index was made.
    fn changed_relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.index.relations.diff(self.relations.unrecorded()).filter_map(|change| match change {
            DiffItem::Add(_, relation) | DiffItem::Update { new: (_, relation), .. } => Some(relation),
            DiffItem::Remove(..) => None,
        })
    }

    /// Brings the index up to date with the relations.
    pub fn index_relations(&mut self) {
        let known = std::mem::take(&mut self.index.relations);
        for change in known.diff(self.relations.unrecorded()) {
            let (old, new) = match change {
                DiffItem::Add(_, relation) => (None, Some(relation)),
                DiffItem::Update { old: (_, old), new: (_, new) } => (Some(old), Some(new)),
                DiffItem::Remove(_, relation) => (Some(relation), None),
            };
            if let Some(relation) = old {
                for constraint in &relation.constraints {
                    self.index.constraints.remove(&(constraint.name.clone(), relation.name.clone()));
                }
                for parent in &relation.parents {
                    self.index.children.remove(&(parent.clone(), relation.name.clone()));
                }
            }
            if let Some(relation) = new {
                for constraint in &relation.constraints {
                    self.index.constraints.insert((constraint.name.clone(), relation.name.clone()));
                }
                for parent in &relation.parents {
                    self.index.children.insert((parent.clone(), relation.name.clone()));
                }
            }
        }
        self.index.relations = self.relations.unrecorded().clone();
        self.index.behind = 0;
    }

    /// Notes that a relation is put in place, and brings the index up to date now and then.
    pub(super) fn relation_is_put(&mut self) {
        if self.index.behind >= MOST_BEHIND {
            self.index_relations();
        }
        self.index.behind += 1;
    }

    /// Adds `relation`, or puts it in the place of the one of that name, and its indexes with it.
    pub fn put_relation(&mut self, relation: Relation) {
        self.remove_relation(&relation.name.clone());
        for index in &relation.indexes {
            self.index_tables.insert(index.name.clone(), relation.name.clone());
        }
        self.relations.insert(relation.name.clone(), Arc::new(relation));
    }

    /// Removes a relation and its indexes.
    pub fn remove_relation(&mut self, name: &str) -> Option<Arc<Relation>> {
        let relation = self.relations.remove(name)?;
        for index in &relation.indexes {
            self.index_tables.remove(&index.name);
        }
        Some(relation)
    }

    /// Adds an index to its table.
    pub fn put_index(&mut self, table: &str, index: Index) {
        let Some(relation) = self.relations.get_mut(table) else { return };
        let relation = Arc::make_mut(relation);
        self.index_tables.insert(index.name.clone(), relation.name.clone());
        relation.indexes.retain(|other| other.name != index.name);
        relation.indexes.push(Arc::new(index));
        relation.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }

    pub fn remove_index(&mut self, name: &str) -> Option<Arc<Index>> {
        let table = self.index_tables.remove(name)?;
        let relation = Arc::make_mut(self.relations.get_mut(&table)?);
        let at = relation.indexes.iter().position(|index| &*index.name == name)?;
        Some(relation.indexes.remove(at))
    }

    /// Whether a relation or an index has that name.
    pub fn has_relation_name(&self, name: &str) -> bool {
        self.relations.contains_key(name) || self.index_tables.contains_key(name)
    }
}
