//! Collects a statement's effects, and answers what it needs to know of the catalog for that.

use std::sync::Arc;

use crate::catalog::model::{Constraint, ConstraintKind, Index, IndexTarget, Persistence};
use crate::catalog::{Catalog, Name, QualifiedName, Relation, RelationKind};
use crate::syntax::ast::{self, NodeEnum};

use super::{Effects, IndexBuild, LockMode, MayRewrite, RelationLock, Role, Scan, ScanReason};

pub(super) struct Builder<'a> {
    pub before: &'a Catalog,
    pub version: u32,
    effects: Effects,
}

/// A relation as a statement names it, with what the catalog knows of it.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    pub name: QualifiedName,
    pub relation: Option<&'a Arc<Relation>>,
}

impl Target<'_> {
    pub fn kind(&self) -> Option<RelationKind> {
        self.relation.map(|relation| relation.kind)
    }

    /// Whether it has rows of its own. What is not in the catalog is taken for a plain table.
    pub fn has_storage(&self) -> bool {
        matches!(self.kind(), None | Some(RelationKind::Table | RelationKind::MaterializedView))
    }
}

impl<'a> Builder<'a> {
    pub fn new(before: &'a Catalog, version: u32) -> Builder<'a> {
        Builder { before, version, effects: Effects::default() }
    }

    pub fn target(&self, range: &ast::RangeVar) -> Target<'a> {
        let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
        self.find(schema, &range.relname)
    }

    /// The relation of a name given as a list of strings, as in COMMENT ON and DROP.
    pub fn named(&self, parts: &[ast::Node]) -> Option<Target<'a>> {
        let (schema, name) = name_parts(parts)?;
        Some(self.find(schema, name))
    }

    pub fn find(&self, schema: Option<&str>, name: &str) -> Target<'a> {
        match self.before.relation(schema, name) {
            Some(relation) => Target { name: relation.qualified_name(), relation: Some(relation) },
            None => {
                let schema = schema.map(Name::from).or_else(|| self.before.creation_schema());
                let schema = schema.unwrap_or_else(|| "public".into());
                Target { name: QualifiedName::new(schema, name), relation: None }
            }
        }
    }

    pub fn by_name(&self, name: &QualifiedName) -> Target<'a> {
        Target { name: name.clone(), relation: self.before.relation(Some(&name.schema), &name.name) }
    }

    /// The table of an index that a statement names, and the index.
    pub fn index(&self, schema: Option<&str>, name: &str) -> Option<(Target<'a>, &'a Arc<Index>)> {
        let (table, index) = self.before.index(schema, name)?;
        Some((Target { name: table.qualified_name(), relation: Some(table) }, index))
    }

    pub fn index_of(&self, range: &ast::RangeVar) -> Option<(Target<'a>, &'a Arc<Index>)> {
        let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
        self.index(schema, &range.relname)
    }

    /// The name of a relation that the statement is about to make.
    pub fn new_name(&self, range: &ast::RangeVar) -> QualifiedName {
        let schema: Name = if !range.schemaname.is_empty() {
            range.schemaname.as_str().into()
        } else if range.relpersistence == "t" {
            "pg_temp".into()
        } else {
            self.before.creation_schema().unwrap_or_else(|| "public".into())
        };
        QualifiedName::new(schema, range.relname.as_str())
    }

    /// Whether the statement, with IF EXISTS or IF NOT EXISTS, is known to do nothing to this name.
    pub fn surely_missing(&self, target: &Target<'_>) -> bool {
        target.relation.is_none() && !self.before.unknown_names
    }

    // --- What the catalog tells -------------------------------------------------------------------------------------

    /// Its direct partitions and inheritance children, by name.
    pub fn children(&self, name: &QualifiedName) -> Vec<Target<'a>> {
        self.before
            .relations()
            .filter(|relation| relation.parents.contains(name))
            .map(|relation| Target { name: relation.qualified_name(), relation: Some(relation) })
            .collect()
    }

    /// Its partitions and children at every depth.
    pub fn descendants(&self, name: &QualifiedName) -> Vec<Target<'a>> {
        let mut found: Vec<Target<'a>> = Vec::new();
        let mut open = vec![name.clone()];
        while let Some(next) = open.pop() {
            for child in self.children(&next) {
                if child.name != *name && found.iter().all(|other| other.name != child.name) {
                    open.push(child.name.clone());
                    found.push(child);
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The table and its descendants, as a command on it works: on it alone after ONLY.
    pub fn family(&self, target: &Target<'a>, recurse: bool) -> Vec<Target<'a>> {
        let mut family = vec![target.clone()];
        if recurse {
            family.extend(self.descendants(&target.name));
        }
        family
    }

    /// The default partition of a partitioned table.
    pub fn default_partition(&self, name: &QualifiedName) -> Option<Target<'a>> {
        self.children(name).into_iter().find(|child| {
            child
                .relation
                .and_then(|relation| relation.partition_bound.as_deref())
                .is_some_and(|bound| bound == "DEFAULT")
        })
    }

    /// The foreign keys of other tables (or its own) that refer to it.
    pub fn foreign_keys_to(&self, name: &QualifiedName) -> Vec<(Target<'a>, &'a Arc<Constraint>)> {
        self.before
            .relations()
            .flat_map(|relation| relation.constraints.iter().map(move |constraint| (relation, constraint)))
            .filter(|(_, constraint)| {
                constraint.foreign.as_ref().is_some_and(|foreign| foreign.table == *name)
            })
            .map(|(relation, constraint)| {
                (Target { name: relation.qualified_name(), relation: Some(relation) }, constraint)
            })
            .collect()
    }

    /// Views and materialized views whose query names it.
    pub fn views_over(&self, name: &QualifiedName) -> Vec<Target<'a>> {
        self.before
            .relations()
            .filter(|relation| relation.reads.contains(name))
            .map(|relation| Target { name: relation.qualified_name(), relation: Some(relation) })
            .collect()
    }

    // --- What the statement does ------------------------------------------------------------------------------------

    pub fn lock(&mut self, target: &Target<'_>, mode: LockMode, role: Role) {
        let temporary =
            target.relation.is_some_and(|relation| relation.persistence == Persistence::Temporary);
        let partition = target.relation.is_some_and(|relation| relation.partition_bound.is_some());
        let role = match role {
            _ if temporary => Role::Private,
            Role::Child if partition => Role::Partition,
            role => role,
        };
        self.lock_name(&target.name, mode, role);
    }

    pub fn lock_name(&mut self, name: &QualifiedName, mode: LockMode, role: Role) {
        match self.effects.locks.iter_mut().find(|lock| lock.relation == *name) {
            Some(lock) => {
                lock.mode = lock.mode.max(mode);
                lock.role = lock.role.min(role);
            }
            None => self.effects.locks.push(RelationLock { relation: name.clone(), mode, role }),
        }
    }

    /// Locks a table and its descendants alike.
    pub fn lock_family(&mut self, target: &Target<'a>, mode: LockMode, recurse: bool) {
        self.lock(target, mode, Role::Subject);
        if recurse {
            for child in self.descendants(&target.name) {
                self.lock(&child, mode, Role::Child);
            }
        }
    }

    /// Locks a relation that is read; a view's own sources with it, as the rewriter expands it.
    pub fn lock_read(&mut self, target: &Target<'a>, mode: LockMode, role: Role) {
        let mut open = vec![target.clone()];
        let mut seen: Vec<QualifiedName> = Vec::new();
        while let Some(next) = open.pop() {
            if seen.contains(&next.name) || next.kind() == Some(RelationKind::CompositeType) {
                continue;
            }
            seen.push(next.name.clone());
            self.lock(&next, mode, role);
            if let Some(view) = next.relation.filter(|relation| relation.kind == RelationKind::View) {
                open.extend(view.reads.iter().map(|name| self.by_name(name)));
            }
        }
    }

    pub fn created(&mut self, name: &QualifiedName) {
        self.lock_name(name, LockMode::AccessExclusive, Role::Private);
    }

    pub fn is_private(&self, name: &QualifiedName) -> bool {
        self.effects.locks.iter().any(|lock| lock.relation == *name && lock.role == Role::Private)
    }

    /// All rows are written anew, and so are the indexes.
    pub fn rewrite(&mut self, target: &Target<'a>) {
        if !target.has_storage() {
            return;
        }
        push_new(&mut self.effects.rewrites, target.name.clone());
        self.rebuild_indexes(target);
    }

    pub fn rebuild_indexes(&mut self, target: &Target<'a>) {
        for index in target.relation.map_or(&[][..], |relation| &relation.indexes) {
            self.build_index(target, Some(index.name.clone()), index_columns(index), false);
        }
    }

    pub fn may_rewrite(&mut self, target: &Target<'a>, unless: impl Into<String>) {
        if target.has_storage() {
            push_new(
                &mut self.effects.may_rewrite,
                MayRewrite { relation: target.name.clone(), unless: unless.into() },
            );
        }
    }

    pub fn scan(&mut self, target: &Target<'a>, why: ScanReason) {
        if target.has_storage() {
            push_new(&mut self.effects.scans, Scan { relation: target.name.clone(), why });
        }
    }

    pub fn build_index(
        &mut self,
        target: &Target<'_>,
        index: Option<Name>,
        columns: Vec<Name>,
        concurrently: bool,
    ) {
        if target.has_storage() {
            let table = target.name.clone();
            push_new(&mut self.effects.index_builds, IndexBuild { table, index, columns, concurrently });
        }
    }

    pub fn note(&mut self, note: impl Into<String>) {
        push_new(&mut self.effects.notes, note.into());
    }

    pub fn safer(&mut self, way: impl Into<String>) {
        push_new(&mut self.effects.safer, way.into());
    }

    pub fn finish(self) -> Effects {
        let Effects { mut locks, rewrites, may_rewrite, mut scans, index_builds, notes, safer } =
            self.effects;
        // A rewrite checks the new rows on its way; only foreign keys are looked up afterwards.
        scans.retain(|scan| {
            matches!(scan.why, ScanReason::ForeignKey | ScanReason::ReferencedKeys)
                || !rewrites.contains(&scan.relation)
        });
        // What only this session can see is of no weight.
        locks.sort_by_key(|lock| (lock.role == Role::Private, std::cmp::Reverse(lock.mode), lock.role));
        Effects { locks, rewrites, may_rewrite, scans, index_builds, notes, safer }
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

pub(super) fn index_columns(index: &Index) -> Vec<Name> {
    index
        .keys
        .iter()
        .map(|key| match &key.target {
            IndexTarget::Column(column) => column.clone(),
            IndexTarget::Expression(text) => format!("({text})").into(),
        })
        .collect()
}

/// The text of a String node.
pub(super) fn string(node: &ast::Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::String(string) => Some(&string.sval),
        _ => None,
    }
}

/// Schema and name of a qualified name, a leading database left out.
pub(super) fn name_parts(parts: &[ast::Node]) -> Option<(Option<&str>, &str)> {
    let name = string(parts.last()?)?;
    let schema = parts.len().checked_sub(2).and_then(|n| string(&parts[n]));
    Some((schema, name))
}

/// The elements of a List node.
pub(super) fn list(node: Option<&ast::Node>) -> &[ast::Node] {
    match node.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

pub(super) fn is_valid_kind(constraint: &Constraint, kind: ConstraintKind) -> bool {
    constraint.kind == kind && constraint.validated && constraint.enforced
}
