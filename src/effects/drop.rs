//! DROP: what goes, and what is locked because it depends on it or it on that.

use std::collections::BTreeSet;

use crate::catalog::model::{Constraint, IndexTarget, TypeKind};
use crate::catalog::{QualifiedName, RelationKind, TypeRef};
use crate::syntax::ast::{self, DropBehavior, Node, NodeEnum, ObjectType};

use super::builder::{Builder, Target, list, name_parts, string};
use super::{LockMode, Role};

const AX: LockMode = LockMode::AccessExclusive;

impl<'a> Builder<'a> {
    pub fn drop_statement(&mut self, s: &ast::DropStmt) {
        let cascade = s.behavior == DropBehavior::DropCascade as i32;
        let Ok(kind) = ObjectType::try_from(s.remove_type) else { return };
        for object in &s.objects {
            let parts = list(Some(object));
            match kind {
                ObjectType::ObjectTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectSequence
                | ObjectType::ObjectForeignTable => {
                    if let Some(target) = self.named(parts)
                        && !(s.missing_ok && self.surely_missing(&target))
                    {
                        self.drop_relation(&target, cascade, Role::Subject);
                    }
                }
                ObjectType::ObjectIndex => self.drop_index(parts, s.concurrent, s.missing_ok),
                ObjectType::ObjectTrigger | ObjectType::ObjectRule | ObjectType::ObjectPolicy => {
                    let name = parts.last().and_then(string).unwrap_or("");
                    if let Some(table) = self.named_with_tail(parts)
                        && !(s.missing_ok && self.surely_missing(&table))
                        && !(s.missing_ok && kind == ObjectType::ObjectTrigger && lacks_trigger(&table, name))
                    {
                        let partitioned = table.kind() == Some(RelationKind::PartitionedTable);
                        self.lock_family(&table, AX, kind == ObjectType::ObjectTrigger && partitioned);
                    }
                }
                ObjectType::ObjectSchema if cascade => self.drop_schema(object),
                ObjectType::ObjectType | ObjectType::ObjectDomain if cascade => self.drop_type(object),
                ObjectType::ObjectFunction | ObjectType::ObjectRoutine if cascade => {
                    self.drop_function(object)
                }
                ObjectType::ObjectStatisticExt => {
                    self.note("The table that the statistics are about is locked SHARE UPDATE EXCLUSIVE.");
                }
                ObjectType::ObjectExtension if cascade => {
                    self.note(
                        "What depends on the extension is dropped with it, and locked ACCESS EXCLUSIVE.",
                    );
                }
                _ => {}
            }
        }
    }

    fn drop_relation(&mut self, target: &Target<'a>, cascade: bool, role: Role) {
        let mut seen = BTreeSet::new();
        self.drop_into(target, cascade, role, &mut seen);
    }

    fn drop_into(
        &mut self,
        target: &Target<'a>,
        cascade: bool,
        role: Role,
        seen: &mut BTreeSet<QualifiedName>,
    ) {
        if !seen.insert(target.name.clone()) {
            return;
        }
        self.lock(target, AX, role);
        let Some(relation) = target.relation else { return };
        // A partition's parent must no longer look for it; the default partition's bounds grow.
        if relation.partition_bound.is_some() {
            for parent in &relation.parents {
                let parent = self.by_name(parent);
                if !seen.contains(&parent.name) {
                    self.lock(&parent, AX, Role::Parent);
                }
                if let Some(default) = self.default_partition(&parent.name) {
                    self.lock(&default, AX, Role::DefaultPartition);
                }
            }
        }
        // A partition's foreign key is its parent's, which keeps the referenced table's side of it.
        let parents: Vec<_> =
            relation.parents.iter().filter_map(|parent| self.by_name(parent).relation).collect();
        let inherited = |constraint: &Constraint| {
            relation.partition_bound.is_some()
                && parents.iter().flat_map(|parent| &parent.constraints).any(|theirs| {
                    theirs.foreign == constraint.foreign && theirs.columns == constraint.columns
                })
        };
        let own = relation.constraints.iter().filter(|constraint| !inherited(constraint));
        for foreign in own.filter_map(|constraint| constraint.foreign.as_ref()) {
            let referenced = self.by_name(&foreign.table);
            self.lock(&referenced, AX, Role::Referenced);
        }
        if cascade || relation.kind == RelationKind::PartitionedTable {
            for child in self.children(&target.name) {
                self.drop_into(&child, cascade, Role::Child, seen);
            }
        }
        if cascade {
            for (other, _) in self.foreign_keys_to(&target.name) {
                self.lock_referencing(&other);
            }
            for view in self.views_over(&target.name) {
                self.drop_into(&view, true, Role::Dependent, seen);
            }
        }
    }

    /// A table loses its foreign key, and so do its partitions.
    pub fn lock_referencing(&mut self, table: &Target<'a>) {
        for table in self.family(table, table.kind() == Some(RelationKind::PartitionedTable)) {
            self.lock(&table, AX, Role::Referencing);
        }
    }

    pub fn drop_dependent_view(&mut self, view: &Target<'a>) {
        self.drop_relation(view, true, Role::Dependent);
    }

    fn drop_index(&mut self, parts: &[Node], concurrently: bool, missing_ok: bool) {
        let Some((schema, name)) = name_parts(parts) else { return };
        let Some((table, index)) = self.index(schema, name) else {
            if !missing_ok || self.before.unknown_names {
                let name = self.find(schema, name).name;
                self.lock_name(&name, AX, Role::Index);
                self.note("The index's table is locked as well.");
            }
            return;
        };
        let mode = if concurrently { LockMode::ShareUpdateExclusive } else { AX };
        self.lock_family(&table, mode, table.kind() == Some(RelationKind::PartitionedTable));
        let name = QualifiedName::new(table.name.schema.clone(), index.name.clone());
        self.lock_name(&name, mode, Role::Index);
        if !concurrently && table.kind() != Some(RelationKind::PartitionedTable) {
            self.safer("`DROP INDEX CONCURRENTLY` waits for running queries without blocking new ones.");
        }
        let keys = index.keys.iter().any(|key| matches!(key.target, IndexTarget::Expression(_)));
        if keys {
            self.note("The statistics that ANALYZE keeps for the index's expressions go with it.");
        }
    }

    fn drop_schema(&mut self, object: &Node) {
        let Some(schema) = string(object).and_then(|name| self.before.schema(name)) else { return };
        for relation in schema.relations.values() {
            let target = self.by_name(&relation.qualified_name());
            if relation.kind != RelationKind::CompositeType {
                self.drop_relation(&target, true, Role::Subject);
            }
        }
        let types: Vec<TypeRef> =
            schema.types.values().map(|ty| TypeRef::named(ty.schema.clone(), ty.name.clone())).collect();
        for ty in types {
            self.lock_users_of(&ty);
        }
    }

    /// DROP TYPE … CASCADE drops the columns of that type.
    fn drop_type(&mut self, object: &Node) {
        if let Some(NodeEnum::TypeName(name)) = &object.node {
            let ty = crate::catalog::apply::type_name::resolve(self.before, name);
            self.lock_users_of(&ty);
        }
    }

    fn lock_users_of(&mut self, ty: &TypeRef) {
        for table in self.tables_with_type(ty) {
            self.lock(&table, AX, Role::Dependent);
        }
    }

    /// Relations with a column of a type, of an array of it, or of a domain over it.
    pub fn tables_with_type(&self, ty: &TypeRef) -> Vec<Target<'a>> {
        let wanted = ty.without_modifier();
        let mut types = vec![wanted.clone(), wanted.array_of()];
        let mut n = 0;
        while n < types.len() {
            let over: Vec<TypeRef> = (self.before.schemas.values())
                .flat_map(|schema| schema.types.values())
                .filter(|candidate| match &candidate.kind {
                    TypeKind::Domain { base, .. } => base.without_modifier() == types[n],
                    _ => false,
                })
                .map(|domain| TypeRef::named(domain.schema.clone(), domain.name.clone()))
                .collect();
            for domain in over {
                if !types.contains(&domain) {
                    types.push(domain.array_of());
                    types.push(domain);
                }
            }
            n += 1;
        }
        (self.before.relations())
            .filter(|relation| {
                relation.kind != RelationKind::CompositeType
                    && relation.kind != RelationKind::View
                    && relation.columns.iter().any(|column| types.contains(&column.ty.without_modifier()))
            })
            .map(|relation| Target { name: relation.qualified_name(), relation: Some(relation) })
            .collect()
    }

    /// DROP FUNCTION … CASCADE drops the triggers that call it.
    fn drop_function(&mut self, object: &Node) {
        let Some(NodeEnum::ObjectWithArgs(function)) = &object.node else { return };
        let Some((schema, name)) = name_parts(&function.objname) else { return };
        let routines = self.before.routines(schema, name);
        let tables: Vec<Target<'a>> = (self.before.relations())
            .filter(|relation| {
                relation.triggers.iter().any(|trigger| {
                    *trigger.function.name == *name
                        && routines.iter().any(|routine| routine.schema == trigger.function.schema)
                })
            })
            .map(|relation| Target { name: relation.qualified_name(), relation: Some(relation) })
            .collect();
        for table in tables {
            self.lock(&table, AX, Role::Dependent);
        }
    }
}

fn lacks_trigger(table: &Target<'_>, name: &str) -> bool {
    table.relation.is_some_and(|table| table.triggers.iter().all(|trigger| &*trigger.name != name))
}
