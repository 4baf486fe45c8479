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

/// Which relations have a constraint of a name, which a parent and which mention another or a type, so that finding
/// them costs no look at every table.
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
    /// The table that a foreign key refers to or a query reads, or the type of a column, and the name of the relation
    /// that has it.
    mentions: OrdSet<(QualifiedName, Name)>,
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
        self.with(parent, &self.index.children, |relation| relation.parents.contains(parent))
    }

    /// The relations with a foreign key to a relation, with a query that reads it, or with a column of a type, by name.
    pub fn mentioning(&self, mentioned: &QualifiedName) -> Vec<Name> {
        reads::one(Kind::Mention, &mentioned.name);
        let is_there = |relation: &Relation| relation.mentions().any(|mention| mention == *mentioned);
        self.with(mentioned, &self.index.mentions, is_there)
    }

    /// Those of which something is true, among the ones that the index has for `of` and those that changed since.
    fn with(
        &self,
        of: &QualifiedName,
        index: &OrdSet<(QualifiedName, Name)>,
        is_so: impl Fn(&Relation) -> bool,
    ) -> Vec<Name> {
        let relations = self.relations.unrecorded();
        let known = index.range((of.clone(), Name::from(""))..).take_while(|(known, _)| known == of);
        let is_still = |name: &Name| relations.get(name).is_some_and(|relation| is_so(relation));
        let mut found: Vec<Name> =
            known.map(|(_, name)| name).filter(|name| is_still(name)).cloned().collect();
        let changed = self.changed_relations().filter(|relation| is_so(relation));
        found.extend(changed.map(|relation| relation.name.clone()));
        found.sort();
        found.dedup();
        found
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
            let (name, old, new) = match change {
                DiffItem::Add(name, relation) => (name, None, Some(relation)),
                DiffItem::Update { old: (_, old), new: (name, new) } => (name, Some(old), Some(new)),
                DiffItem::Remove(name, relation) => (name, Some(relation), None),
            };
            let constraints = |relation: &Relation| -> Vec<Name> {
                relation.constraints.iter().map(|constraint| constraint.name.clone()).collect()
            };
            let parents = |relation: &Relation| relation.parents.clone();
            let mentions = |relation: &Relation| relation.mentions().collect();
            put(&mut self.index.constraints, name, old, new, constraints);
            put(&mut self.index.children, name, old, new, parents);
            put(&mut self.index.mentions, name, old, new, mentions);
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

/// Puts what `of` gives of a relation in the place of what it gave of the one that was there.
fn put<K: Ord + Clone>(
    index: &mut OrdSet<(K, Name)>,
    name: &Name,
    old: Option<&Arc<Relation>>,
    new: Option<&Arc<Relation>>,
    of: impl Fn(&Relation) -> Vec<K>,
) {
    let of = |relation: Option<&Arc<Relation>>| relation.map(|relation| of(relation)).unwrap_or_default();
    let (old, new) = (of(old), of(new));
    // Most changes of a relation leave these as they are.
    if old == new {
        return;
    }
    for key in old {
        index.remove(&(key, name.clone()));
    }
    index.extend(new.into_iter().map(|key| (key, name.clone())));
}
