//! Who owns what: ALTER … OWNER TO, REASSIGN OWNED, DROP OWNED.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterOwnerStmt, DropBehavior, DropOwnedStmt, Node, NodeEnum, ObjectType, ReassignOwnedStmt, RoleSpec,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::grant::{grants_by_default_nothing, relation_kind};
use super::{Fold, Result, Stop, entity, list, split_name, string, strings};

impl Fold<'_> {
    pub(super) fn alter_owner(&mut self, s: &AlterOwnerStmt) -> Result {
        let (Some(object), Some(role)) = (&s.object, &s.newowner) else { return Ok(()) };
        let owner = self.one_role(role)?;
        match s.object_type() {
            ObjectType::ObjectSchema => {
                let name = string(object);
                if !self.has_schema(name)? {
                    return Ok(());
                }
                let schema = self.schema(name)?;
                schema.privileges = of_owner(Grantable::Schema, &schema.privileges, owner.as_ref());
                schema.owner = owner;
                Ok(())
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let parts = match &object.node {
                    Some(NodeEnum::TypeName(name)) => strings(&name.names),
                    _ => strings(list(object)),
                };
                let (schema, name) = split_name(&parts);
                self.is_no_multirange(&parts)?;
                if s.object_type() == ObjectType::ObjectDomain {
                    self.domain_named(&parts)?;
                }
                let Some(ty) = self.catalog.user_type(schema, name).cloned() else {
                    self.is_altered_by_itself(&parts)?;
                    return self.missing_type(&parts);
                };
                let mut ty = Type::clone(&ty);
                let name = QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() };
                ty.privileges = of_owner(Grantable::Type, &ty.privileges, owner.as_ref());
                ty.owner = owner.clone();
                let kind = ty.kind.clone();
                self.schema(&name.schema)?.types.insert(name.name.clone(), Arc::new(ty));
                if kind == TypeKind::Composite {
                    self.relation(&name)?.owner = owner;
                } else if let TypeKind::Range { multirange: Some(multirange), .. } = kind
                    && let Some(schema) = self.catalog.schema_mut(&multirange.schema)
                    && let Some(ty) = schema.types.get_mut(&multirange.name)
                {
                    Arc::make_mut(ty).owner = owner;
                }
                Ok(())
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(function)) = &object.node else { return Ok(()) };
                let Some((schema, name, at)) = self.find_routine(function, s.object_type())? else {
                    return self.missing_routine(function, s.object_type());
                };
                if let Some(overloads) = self.schema(&schema)?.routines.get_mut(&name) {
                    let routine = Arc::make_mut(&mut overloads[at]);
                    routine.privileges = of_owner(Grantable::Routine, &routine.privileges, owner.as_ref());
                    routine.owner = owner;
                }
                Ok(())
            }
            other => {
                let Some(kind) = entity::kind_of(other) else {
                    // A database or a large object.
                    self.enrich(owner.iter());
                    return Ok(());
                };
                let Some(found) = self.find_entity(kind, object, false)? else { return Ok(()) };
                let mut entity = Entity::clone(&found);
                if let Some(grantable) = kind.grantable() {
                    entity.privileges = of_owner(grantable, &entity.privileges, owner.as_ref());
                }
                entity.owner = owner;
                self.put_entity(entity);
                Ok(())
            }
        }
    }

    /// ALTER TABLE … OWNER TO, with the sequences of its columns.
    pub(super) fn relation_owner(&mut self, table: &QualifiedName, owner: Option<Name>) -> Result {
        let owned: Vec<_> = (self.catalog.relations())
            .filter(|other| other.owned_by.as_ref().is_some_and(|by| by.table == *table))
            .map(|other| other.qualified_name())
            .collect();
        for name in owned.iter().chain([table]) {
            let relation = self.relation(name)?;
            let kind = relation_kind(relation);
            relation.privileges = of_owner(kind, &relation.privileges, owner.as_ref());
            relation.owner = owner.clone();
            let is_type = relation.kind == RelationKind::CompositeType;
            if is_type && let Some(ty) = self.schema(&name.schema)?.types.get_mut(&name.name) {
                Arc::make_mut(ty).owner = owner.clone();
            }
        }
        Ok(())
    }

    pub(super) fn reassign_owned(&mut self, s: &ReassignOwnedStmt) -> Result {
        let Some(new) = &s.newrole else { return Ok(()) };
        let old: Vec<Option<Name>> =
            roles(&s.roles).map(|role| self.one_role(role)).collect::<Result<_>>()?;
        let new = self.one_role(new)?;
        self.each_owner(|owner| {
            if old.contains(owner) {
                owner.clone_from(&new);
            }
        });
        if let Some(new) = new {
            self.each_privileges(|kind, privileges| *privileges = privileges.without(kind, &new));
        }
        Ok(())
    }

    /// DROP OWNED drops what the roles own, and takes away their rights.
    pub(super) fn drop_owned(&mut self, s: &DropOwnedStmt) -> Result {
        let old: Vec<Option<Name>> =
            roles(&s.roles).map(|role| self.one_role(role)).collect::<Result<_>>()?;
        let old: Vec<Name> = old.into_iter().flatten().collect();
        if old.len() < s.roles.len() {
            return self.unknown();
        }
        self.drop_objects_of(&old, s.behavior() == DropBehavior::DropCascade)?;
        if s.behavior() == DropBehavior::DropCascade {
            self.doubt_all_roles();
        }
        for role in old {
            self.each_privileges(|kind, privileges| *privileges = privileges.without(kind, &role));
            self.remove_memberships(|m| m.get("grantor") == Some(&Value::Role(role.clone())));
            let gone: Vec<_> = (self.catalog.entities())
                .filter(|entity| entity.kind == EntityKind::DefaultPrivileges)
                .filter(|entity| {
                    entity.get("role") == Some(&Value::Role(role.clone()))
                        || grants_by_default_nothing(entity)
                })
                .cloned()
                .collect();
            for entity in gone {
                self.catalog.remove_entity(&entity);
            }
        }
        Ok(())
    }

    fn drop_objects_of(&mut self, roles: &[Name], cascade: bool) -> Result {
        let owns = |owner: &Option<Name>| owner.as_ref().is_some_and(|owner| roles.contains(owner));
        let relations: Vec<QualifiedName> = (self.catalog.relations())
            .filter(|relation| owns(&relation.owner))
            .map(|relation| relation.qualified_name())
            .collect();
        if !cascade {
            for name in &relations {
                let relation = self.catalog.relation(Some(&name.schema), &name.name).ok_or(Stop::Unsure)?;
                let kind = relation.kind;
                if matches!(self.restrict(name, kind, &relations), Err(Stop::Error(_))) {
                    return self.holds_desired();
                }
            }
        }
        for name in &relations {
            if self.catalog.relation(Some(&name.schema), &name.name).is_some() {
                self.remove(name, true)?;
            }
        }
        let entities: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|entity| owns(&entity.owner) && !entity.kind.is_of_server())
            .cloned()
            .collect();
        for entity in entities {
            match self.drop_one_entity(&entity, cascade) {
                Err(Stop::Error(_)) => return self.holds_desired(),
                other => other?,
            }
        }
        let schemas: Vec<Arc<Schema>> = self.catalog.schemas.values().cloned().collect();
        for schema in &schemas {
            let types = schema.types.values().filter(|ty| owns(&ty.owner));
            for ty in types.map(|ty| ty.name.clone()).collect::<Vec<_>>() {
                self.drop_type(&[&schema.name, &ty], true, true)?;
            }
            let changed = self.schema(&schema.name)?;
            for overloads in schema.routines.keys() {
                if let Some(known) = changed.routines.get_mut(overloads) {
                    known.retain(|routine| !owns(&routine.owner));
                    if known.is_empty() {
                        changed.routines.remove(overloads);
                    }
                }
            }
        }
        for schema in schemas.iter().filter(|schema| owns(&schema.owner)) {
            match self.drop_schema(&schema.name, true, cascade) {
                Err(Stop::Error(_)) => return self.holds_desired(),
                other => other?,
            }
        }
        Ok(())
    }

    fn holds_desired(&self) -> Result {
        let message = "cannot drop desired object(s) because other objects depend on them";
        self.fail("2BP01", message.into(), None)
    }

    /// Lets each object's owner change.
    pub(super) fn each_owner(&mut self, change: impl Fn(&mut Option<Name>)) {
        self.each_relation(|relation| change(&mut relation.owner));
        self.each_other(
            |schema| change(&mut schema.owner),
            |ty| change(&mut ty.owner),
            |routine| change(&mut routine.owner),
            |entity| change(&mut entity.owner),
        );
    }

    /// Lets each object's rights change.
    pub(super) fn each_privileges(&mut self, change: impl Fn(Grantable, &mut Privileges)) {
        self.each_relation(|relation| {
            change(relation_kind(relation), &mut relation.privileges);
            for at in 0..relation.columns.len() {
                if !relation.columns[at].privileges.is_default() {
                    change(Grantable::Column, &mut Arc::make_mut(&mut relation.columns[at]).privileges);
                }
            }
        });
        self.each_other(
            |schema| change(Grantable::Schema, &mut schema.privileges),
            |ty| change(Grantable::Type, &mut ty.privileges),
            |routine| change(Grantable::Routine, &mut routine.privileges),
            |entity| {
                if let Some(kind) = entity.grantable() {
                    change(kind, &mut entity.privileges);
                }
            },
        );
    }

    fn each_other(
        &mut self,
        of_schema: impl Fn(&mut Schema),
        of_type: impl Fn(&mut Type),
        of_routine: impl Fn(&mut Routine),
        of_entity: impl Fn(&mut Entity),
    ) {
        let entities: Vec<Arc<Entity>> = self.catalog.entities().cloned().collect();
        for old in entities {
            let mut new = Entity::clone(&old);
            of_entity(&mut new);
            if new != *old {
                self.put_entity(new);
            }
        }
        let schemas: Vec<Arc<Schema>> = self.catalog.schemas.values().cloned().collect();
        for old in schemas {
            let mut new = Schema::clone(&old);
            of_schema(&mut new);
            for ty in old.types.values() {
                let mut copy = Type::clone(ty);
                of_type(&mut copy);
                if copy != **ty {
                    new.types.insert(copy.name.clone(), Arc::new(copy));
                }
            }
            for (name, overloads) in &old.routines {
                let mut copies = overloads.clone();
                for routine in &mut copies {
                    let mut copy = Routine::clone(routine);
                    of_routine(&mut copy);
                    if copy != **routine {
                        *routine = Arc::new(copy);
                    }
                }
                if copies != *overloads {
                    new.routines.insert(name.clone(), copies);
                }
            }
            if new != *old {
                self.changed = true;
                self.catalog.schemas.insert(new.name.clone(), Arc::new(new));
            }
        }
    }
}

/// What is left of an object's rights when it has an owner of that name.
fn of_owner(kind: Grantable, privileges: &Privileges, owner: Option<&Name>) -> Privileges {
    match owner {
        Some(owner) => privileges.without(kind, owner),
        None => privileges.clone(),
    }
}

fn roles(nodes: &[Node]) -> impl Iterator<Item = &RoleSpec> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::RoleSpec(role)) => Some(role),
        _ => None,
    })
}
