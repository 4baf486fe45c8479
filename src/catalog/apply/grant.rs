//! GRANT and REVOKE, and default privileges.

use std::sync::Arc;

use crate::syntax::ast::{
    AccessPriv, AlterDefaultPrivilegesStmt, DropBehavior, GrantStmt, GrantTargetType, Node, NodeEnum,
    ObjectType, RoleSpec, RoleSpecType,
};

use super::super::builtin;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::{Fold, Result, Stop, entity, list, option, split_name, string, strings};

/// A change of rights: whose, which, and how.
struct Change<'n> {
    is_grant: bool,
    option: bool,
    /// `None` is PUBLIC.
    grantees: Vec<Option<Name>>,
    privileges: Vec<&'n AccessPriv>,
    has_maintain: bool,
}

impl Change<'_> {
    /// The rights of this kind that are named without columns.
    fn named(&self, kind: Grantable) -> Vec<Name> {
        if self.privileges.is_empty() {
            return kind.all(self.has_maintain).iter().map(|name| (*name).into()).collect();
        }
        let whole = self.privileges.iter().filter(|privilege| privilege.cols.is_empty());
        whole
            .flat_map(|privilege| match privilege.priv_name.as_str() {
                "" => kind.all(self.has_maintain).iter().map(|name| (*name).into()).collect(),
                name => vec![Name::from(name.to_ascii_uppercase())],
            })
            .collect()
    }

    fn apply(
        &self,
        kind: Grantable,
        privileges: &Privileges,
        owner: Option<&Name>,
        named: &[Name],
    ) -> Privileges {
        let mut grants = privileges.grants(kind);
        for grantee in &self.grantees {
            // An owner's own rights are not kept.
            if grantee.is_some() && grantee.as_ref() == owner {
                continue;
            }
            for privilege in named {
                let is = |grant: &Grant| grant.grantee == *grantee && grant.privilege == *privilege;
                match (self.is_grant, self.option) {
                    (true, option) => {
                        let had = grants.iter().any(|grant| is(grant) && grant.grantable);
                        grants.retain(|grant| !is(grant));
                        grants.push(Grant {
                            grantee: grantee.clone(),
                            privilege: privilege.clone(),
                            grantable: option || had,
                        });
                    }
                    (false, true) => {
                        grants.iter_mut().filter(|grant| is(grant)).for_each(|g| g.grantable = false)
                    }
                    (false, false) => grants.retain(|grant| !is(grant)),
                }
            }
        }
        Privileges::new(kind, grants)
    }
}

impl Fold<'_> {
    pub(super) fn grant(&mut self, s: &GrantStmt) -> Result {
        let change = self.change(s)?;
        if !s.is_grant && s.behavior() == DropBehavior::DropCascade {
            self.doubt_all_roles();
        }
        match s.targtype() {
            GrantTargetType::AclTargetAllInSchema => {
                for schema in strings(&s.objects) {
                    self.grant_in_schema(schema, s.objtype(), &change)?;
                }
            }
            GrantTargetType::AclTargetObject => {
                for object in &s.objects {
                    self.grant_on(s.objtype(), object, &change)?;
                }
            }
            _ => {}
        }
        // PostgreSQL looks for the objects first.
        self.has_privileges(s)
    }

    fn change<'n>(&self, s: &'n GrantStmt) -> Result<Change<'n>> {
        let mut grantees = Vec::new();
        for node in &s.grantees {
            if let Some(NodeEnum::RoleSpec(role)) = &node.node {
                grantees.extend(self.grantee(role)?);
            }
        }
        let privileges = s.privileges.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::AccessPriv(privilege)) => Some(privilege),
            _ => None,
        });
        Ok(Change {
            is_grant: s.is_grant,
            option: s.grant_option,
            grantees,
            privileges: privileges.collect(),
            has_maintain: !self.catalog.is_older_than(17),
        })
    }

    /// `Some(None)` for everybody, nothing for the role that connected, whose name is not known.
    fn grantee(&self, role: &RoleSpec) -> Result<Option<Option<Name>>> {
        Ok(match role.roletype() {
            RoleSpecType::RolespecPublic => Some(None),
            _ => self.role(role)?.map(Some),
        })
    }

    fn grant_in_schema(&mut self, schema: &str, objtype: ObjectType, change: &Change) -> Result {
        self.has_schema(schema)?;
        let Some(found) = self.catalog.schema(schema).cloned() else { return Ok(()) };
        match objtype {
            ObjectType::ObjectTable | ObjectType::ObjectSequence => {
                let wants_sequences = objtype == ObjectType::ObjectSequence;
                let names: Vec<QualifiedName> = (found.relations.values())
                    .filter(|relation| (relation.kind == RelationKind::Sequence) == wants_sequences)
                    .filter(|relation| relation.kind != RelationKind::CompositeType)
                    .map(|relation| relation.qualified_name())
                    .collect();
                for name in names {
                    self.grant_on_relation(&name, change)?;
                }
            }
            _ => {
                let wanted = |routine: &Routine| match objtype {
                    ObjectType::ObjectFunction => routine.kind != RoutineKind::Procedure,
                    ObjectType::ObjectProcedure => routine.kind == RoutineKind::Procedure,
                    _ => true,
                };
                let names: Vec<Name> = found.routines.keys().cloned().collect();
                for name in names {
                    let Some(overloads) = self.schema(schema)?.routines.get_mut(&name) else { continue };
                    for routine in overloads.iter_mut().filter(|routine| wanted(routine)) {
                        let routine = Arc::make_mut(routine);
                        let named = change.named(Grantable::Routine);
                        routine.privileges = change.apply(
                            Grantable::Routine,
                            &routine.privileges,
                            routine.owner.as_ref(),
                            &named,
                        );
                    }
                }
            }
        }
        Ok(())
    }

    fn grant_on(&mut self, objtype: ObjectType, object: &Node, change: &Change) -> Result {
        match objtype {
            ObjectType::ObjectTable | ObjectType::ObjectSequence => {
                let Some(NodeEnum::RangeVar(range)) = &object.node else { return Ok(()) };
                let schema = super::schema_of(range);
                let at = super::offset(range.location);
                let wrong = |name: &str, is: &str| self.fail("42809", format!("\"{name}\" is {is}"), at);
                let relation = self.catalog.relation(schema, &range.relname);
                match (relation, self.catalog.index(schema, &range.relname)) {
                    (None, Some(_)) => wrong(&range.relname, "an index")?,
                    (Some(relation), _) if relation.kind == RelationKind::CompositeType => {
                        wrong(&relation.name, "a composite type")?;
                    }
                    (Some(relation), _)
                        if objtype == ObjectType::ObjectSequence
                            && relation.kind != RelationKind::Sequence =>
                    {
                        wrong(&relation.name, "not a sequence")?;
                    }
                    _ => {}
                }
                let name = self.find(range)?;
                self.grant_on_relation(&name, change)
            }
            ObjectType::ObjectSchema => {
                let name = string(object);
                if !self.has_schema(name)? {
                    return Ok(());
                }
                let schema = self.schema(name)?;
                let named = change.named(Grantable::Schema);
                schema.privileges =
                    change.apply(Grantable::Schema, &schema.privileges, schema.owner.as_ref(), &named);
                Ok(())
            }
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                let Some(NodeEnum::ObjectWithArgs(function)) = &object.node else { return Ok(()) };
                let Some((schema, name, at)) = self.find_routine(function, objtype)? else {
                    return self.missing_routine(function, objtype);
                };
                if let Some(overloads) = self.schema(&schema)?.routines.get_mut(&name) {
                    let routine = Arc::make_mut(&mut overloads[at]);
                    let named = change.named(Grantable::Routine);
                    routine.privileges =
                        change.apply(Grantable::Routine, &routine.privileges, routine.owner.as_ref(), &named);
                }
                Ok(())
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let parts = strings(list(object));
                let (schema, name) = split_name(&parts);
                let Some(ty) = self.catalog.user_type(schema, name).cloned() else {
                    return self.grants_on_other_type(&parts, objtype);
                };
                if objtype == ObjectType::ObjectDomain && !matches!(ty.kind, TypeKind::Domain { .. }) {
                    return self.fail("42809", format!("\"{}\" is not a domain", ty.name), self.token(name));
                }
                let mut ty = Type::clone(&ty);
                if let Some(owner) = &ty.owner
                    && !change.is_grant
                    && change.grantees.contains(&Some(owner.clone()))
                {
                    // Its owner may not use it any more.
                    Arc::make_mut(&mut self.catalog.known_roles).set_doubted(owner);
                }
                let named = change.named(Grantable::Type);
                ty.privileges = change.apply(Grantable::Type, &ty.privileges, ty.owner.as_ref(), &named);
                self.schema(&ty.schema.clone())?.types.insert(ty.name.clone(), Arc::new(ty));
                Ok(())
            }
            _ => {
                let Some(kind) = entity::kind_of(objtype) else {
                    // A database, a large object, a setting.
                    let public: Name = "public".into();
                    self.enrich(change.grantees.iter().map(|grantee| grantee.as_ref().unwrap_or(&public)));
                    return Ok(());
                };
                let Some(grantable) = kind.grantable() else { return Ok(()) };
                let found = self.find_entity(kind, object, false)?;
                if kind == EntityKind::Language {
                    let name = string(object);
                    let is_trusted = match &found {
                        Some(language) => language.get("trusted").is_some(),
                        None => !matches!(name, "c" | "internal"),
                    };
                    if !is_trusted {
                        let message = format!("language \"{name}\" is not trusted");
                        return self.fail("42809", message, self.token(name));
                    }
                }
                let Some(found) = found else { return Ok(()) };
                let mut entity = Entity::clone(&found);
                let named = change.named(grantable);
                entity.privileges =
                    change.apply(grantable, &entity.privileges, entity.owner.as_ref(), &named);
                self.put_entity(entity);
                Ok(())
            }
        }
    }

    /// PostgreSQL's errors for a type that the catalog does not hold: there is none, or one of its own.
    fn grants_on_other_type(&self, parts: &[&str], objtype: ObjectType) -> Result {
        let (schema, name) = split_name(parts);
        let is_own =
            schema.is_none_or(|schema| schema == "pg_catalog") && builtin::facts().ty(name).is_some();
        if is_own && objtype == ObjectType::ObjectDomain {
            return self.fail("42809", format!("\"{name}\" is not a domain"), self.token(name));
        }
        match self.missing_type(parts) {
            Err(Stop::Unsure) | Ok(()) => Ok(()),
            stop => stop,
        }
    }

    /// Roles have something now that is not in the catalog.
    pub(super) fn enrich<'r>(&mut self, roles: impl Iterator<Item = &'r Name>) {
        for role in roles {
            self.changed = true;
            Arc::make_mut(&mut self.catalog.known_roles).set_richer(role);
        }
    }

    fn grant_on_relation(&mut self, name: &QualifiedName, change: &Change) -> Result {
        let mut of_columns: Vec<(Name, Vec<Name>)> = Vec::new();
        for privilege in change.privileges.iter().filter(|privilege| !privilege.cols.is_empty()) {
            let named: Vec<Name> = match privilege.priv_name.as_str() {
                "" => Grantable::Column.all(change.has_maintain).iter().map(|name| (*name).into()).collect(),
                given => vec![given.to_ascii_uppercase().into()],
            };
            for column in strings(&privilege.cols) {
                of_columns.push((self.existing_column(name, column)?, named.clone()));
            }
        }
        let relation = self.relation(name)?;
        let kind = relation_kind(relation);
        let owner = relation.owner.clone();
        let whole = change.named(kind);
        if !whole.is_empty() {
            relation.privileges = change.apply(kind, &relation.privileges, owner.as_ref(), &whole);
            // What is revoked from the table is revoked from its columns.
            if !change.is_grant {
                for column in relation.columns.iter_mut().filter(|column| !column.privileges.is_default()) {
                    let column = Arc::make_mut(column);
                    column.privileges =
                        change.apply(Grantable::Column, &column.privileges, owner.as_ref(), &whole);
                }
            }
        }
        for (column, named) in of_columns {
            if let Some(column) = relation.column_mut(&column) {
                column.privileges =
                    change.apply(Grantable::Column, &column.privileges, owner.as_ref(), &named);
            }
        }
        Ok(())
    }

    /// ALTER DEFAULT PRIVILEGES: what is granted on objects that a role makes from now on.
    pub(super) fn default_privileges(&mut self, s: &AlterDefaultPrivilegesStmt) -> Result {
        let Some(action) = &s.action else { return Ok(()) };
        self.has_default_privileges(s)?;
        let change = self.change(action)?;
        let named_list = |name: &str| -> Vec<&Node> {
            let element = option::option(&s.options, name);
            element.and_then(|element| element.arg.as_deref()).map(list).unwrap_or_default().iter().collect()
        };
        let roles: Vec<Option<Name>> = match named_list("roles") {
            nodes if nodes.is_empty() => vec![self.catalog.current_role.clone()],
            nodes => nodes
                .iter()
                .filter_map(|node| match &node.node {
                    Some(NodeEnum::RoleSpec(role)) => Some(self.one_role(role)),
                    _ => None,
                })
                .collect::<Result<_>>()?,
        };
        let schemas: Vec<Option<Name>> = match named_list("schemas") {
            nodes if nodes.is_empty() => vec![None],
            nodes => nodes.iter().map(|node| Some(string(node).into())).collect(),
        };
        let (name, kind) = match action.objtype() {
            ObjectType::ObjectTable => ("tables", Grantable::Relation),
            ObjectType::ObjectSequence => ("sequences", Grantable::Sequence),
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                ("functions", Grantable::Routine)
            }
            ObjectType::ObjectType => ("types", Grantable::Type),
            ObjectType::ObjectSchema => ("schemas", Grantable::Schema),
            _ => return Ok(()),
        };
        for role in &roles {
            for schema in &schemas {
                let mut wanted = Entity::new(EntityKind::DefaultPrivileges, None, name);
                wanted.set("role", role.clone().map(Value::Role));
                wanted.set("schema", schema.clone().map(Value::Schema));
                let known = self.catalog.entities_named(EntityKind::DefaultPrivileges, None, name);
                let known = known.into_iter().find(|other| other.is_same(&wanted)).cloned();
                // In a schema they come on top of those of the database, so there they begin with nothing.
                let before = match (&known, schema) {
                    (Some(known), _) => known.privileges.clone(),
                    (None, None) => Privileges::default(),
                    (None, Some(_)) => Privileges::new(kind, Vec::new()),
                };
                wanted.privileges = change.apply(kind, &before, role.as_ref(), &change.named(kind));
                self.changed = true;
                self.catalog.remove_entity(&wanted);
                if !grants_by_default_nothing(&wanted) {
                    self.catalog.put_entity(wanted);
                }
            }
        }
        Ok(())
    }

    /// The rights on an object that is made now.
    pub(super) fn privileges_of_new(&self, kind: Grantable, schema: Option<&Name>) -> Privileges {
        let name = match kind {
            Grantable::Relation => "tables",
            Grantable::Sequence => "sequences",
            Grantable::Routine => "functions",
            Grantable::Type => "types",
            Grantable::Schema => "schemas",
            _ => return Privileges::default(),
        };
        let all = self.catalog.entities_named(EntityKind::DefaultPrivileges, None, name);
        if all.is_empty() {
            return Privileges::default();
        }
        let role = self.catalog.current_role.clone().map(Value::Role);
        let mine: Vec<_> = all.into_iter().filter(|entity| entity.get("role") == role.as_ref()).collect();
        let of = |schema: Option<&Name>| {
            let schema = schema.cloned().map(Value::Schema);
            mine.iter().find(|entity| entity.get("schema") == schema.as_ref())
        };
        let mut grants =
            of(None).map_or(Privileges::default(), |entity| entity.privileges.clone()).grants(kind);
        if let Some(in_schema) = schema.and_then(|schema| of(Some(schema))) {
            grants.extend(in_schema.privileges.grants(kind));
        }
        Privileges::new(kind, grants)
    }

    /// Makes a new relation the current role's, with the rights that others have by default.
    pub(super) fn claim(&self, relation: &mut Relation) {
        relation.owner = self.catalog.current_role.clone();
        if relation.kind == RelationKind::CompositeType || relation.persistence == Persistence::Temporary {
            return;
        }
        relation.privileges = self.privileges_of_new(relation_kind(relation), Some(&relation.schema));
    }
}

/// Whether default privileges say nothing that is not so without them.
pub(super) fn grants_by_default_nothing(entity: &Entity) -> bool {
    let Some(kind) = entity.grantable() else { return false };
    match entity.get("schema") {
        None => entity.privileges.is_default(),
        Some(_) => entity.privileges.grants(kind).is_empty(),
    }
}

pub(super) fn relation_kind(relation: &Relation) -> Grantable {
    match relation.kind {
        RelationKind::Sequence => Grantable::Sequence,
        _ => Grantable::Relation,
    }
}
