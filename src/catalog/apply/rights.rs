//! What a role may do that SET ROLE or SET SESSION AUTHORIZATION has put in the place of the one that connected. What it
//! certainly may not do has no effect; of a role that the scripts did not make nothing is known, and it may do all.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterTableType, ConstrType, GrantStmt, GrantTargetType, Node, NodeEnum, ObjectType as Kind,
    RangeVar as Range,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::role::role_name;
use super::{Fold, Result, Stop, entity, list, option, schema_of, split_name, string, strings};

impl Fold<'_> {
    /// Whether PostgreSQL refuses a statement because its object is not the current role's.
    pub(super) fn is_denied(&self, statement: &NodeEnum) -> bool {
        use crate::syntax::ast::NodeEnum::*;
        let Some(role) = self.limited_role() else { return false };
        let of_range = |range: &Option<Range>| range.as_ref().and_then(|range| self.owner_of_relation(range));
        let of = |kind: Kind, object: Option<&Node>| object.and_then(|node| self.owner_of(kind, node));
        let of_name = |kind: EntityKind, name: &str| {
            self.catalog.entity(kind, None, name).map(|entity| entity.owner.clone())
        };
        let owner = match statement {
            AlterTableStmt(s) => of_range(&s.relation),
            AlterSeqStmt(s) => of_range(&s.sequence),
            IndexStmt(s) => of_range(&s.relation),
            CreatePolicyStmt(s) => of_range(&s.table),
            AlterPolicyStmt(s) => of_range(&s.table),
            RuleStmt(s) => of_range(&s.relation),
            RenameStmt(s) => match &s.relation {
                Some(_) => of_range(&s.relation),
                None => of(s.rename_type(), s.object.as_deref()),
            },
            AlterObjectSchemaStmt(s) => match &s.relation {
                Some(_) => of_range(&s.relation),
                None => of(s.object_type(), s.object.as_deref()),
            },
            AlterOwnerStmt(s) => of(s.object_type(), s.object.as_deref()),
            AlterPublicationStmt(s) => of_name(EntityKind::Publication, &s.pubname),
            AlterSubscriptionStmt(s) => of_name(EntityKind::Subscription, &s.subname),
            DropSubscriptionStmt(s) => of_name(EntityKind::Subscription, &s.subname),
            AlterForeignServerStmt(s) => of_name(EntityKind::Server, &s.servername),
            AlterFdwStmt(s) => of_name(EntityKind::ForeignDataWrapper, &s.fdwname),
            AlterStatsStmt(s) => {
                let object = super::text_search::list_node(&s.defnames);
                self.owner_of(Kind::ObjectStatisticExt, &object)
            }
            AlterFunctionStmt(s) => {
                let function = s.func.clone().map(|function| Node { node: Some(ObjectWithArgs(function)) });
                of(s.objtype(), function.as_ref())
            }
            DropStmt(s) => {
                let mut owners = s.objects.iter().filter_map(|object| self.owner_of(s.remove_type(), object));
                return owners.any(|owner| !self.has_rights_of(&role, owner.as_ref()));
            }
            // They take the rights of all the roles that they name.
            ReassignOwnedStmt(s) => {
                let new = s.newrole.as_ref().map(|role| role.rolename.as_str());
                let mut named =
                    s.roles.iter().filter_map(role_name).chain(new.filter(|name| !name.is_empty()));
                return named.any(|name| !self.has_rights_of(&role, Some(&name.into())));
            }
            AlterDefaultPrivilegesStmt(s) => {
                let roles = option::option(&s.options, "roles").and_then(|element| element.arg.as_deref());
                let mut named = roles.map(list).unwrap_or_default().iter().filter_map(role_name);
                return named.any(|name| !self.has_rights_of(&role, Some(&name.into())));
            }
            DropOwnedStmt(s) => {
                let mut named = s.roles.iter().filter_map(role_name);
                return named.any(|name| !self.has_rights_of(&role, Some(&name.into())));
            }
            _ => None,
        };
        owner.is_some_and(|owner| !self.has_rights_of(&role, owner.as_ref()))
    }

    /// The current role, if it is one of which it is known that it is no superuser.
    pub(super) fn limited_role(&self) -> Option<Name> {
        let role = self.catalog.current_role.clone().filter(|_| !self.catalog.unknown_rights)?;
        let entity = self.catalog.entity(EntityKind::Role, None, &role)?;
        entity.get("superuser").is_none().then_some(role)
    }

    /// Whether the current role is another than the one that connected, and may be no superuser.
    pub(super) fn is_in_limited_role(&self) -> bool {
        self.catalog.current_role.as_ref().is_some_and(|role| {
            let known = self.catalog.entity(EntityKind::Role, None, role);
            known.is_none_or(|role| role.get("superuser").is_none())
        })
    }

    /// Whether all is looked at here that the current role has to be permitted for a statement, or what it does gives
    /// nobody anything.
    pub(super) fn is_certainly_permitted(&self, statement: &NodeEnum) -> bool {
        use crate::syntax::ast::NodeEnum::*;
        let is_plain = |nodes: &[Node]| {
            !nodes.iter().any(|node| match &node.node {
                Some(Constraint(constraint)) => constraint.contype() == ConstrType::ConstrForeign,
                Some(TableLikeClause(_)) => true,
                _ => false,
            })
        };
        match statement {
            VariableSetStmt(_) | DropStmt(_) | DropRoleStmt(_) | CommentStmt(_) | RenameStmt(_) => true,
            _ if self.limited_role().is_none() => false,
            CreateStmt(s) => {
                s.inh_relations.is_empty()
                    && s.of_typename.is_none()
                    && s.tablespacename.is_empty()
                    && is_plain(&s.table_elts)
                    && s.table_elts.iter().all(|node| match &node.node {
                        Some(ColumnDef(column)) => is_plain(&column.constraints),
                        _ => true,
                    })
            }
            ViewStmt(s) => !s.replace,
            IndexStmt(s) => s.table_space.is_empty(),
            CreateFunctionStmt(s) => !s.replace,
            AlterTableStmt(s) => !s.cmds.iter().any(|node| {
                matches!(&node.node, Some(AlterTableCmd(command))
                    if command.subtype() == AlterTableType::AtChangeOwner)
            }),
            GrantStmt(s) => !s.is_grant || self.grants_what_it_may(s),
            CreateSeqStmt(_)
            | AlterSeqStmt(_)
            | CompositeTypeStmt(_)
            | CreateEnumStmt(_)
            | CreateRangeStmt(_)
            | CreateTrigStmt(_)
            | RuleStmt(_)
            | CreatePolicyStmt(_)
            | CreateForeignServerStmt(_)
            | CreateUserMappingStmt(_)
            | CreateRoleStmt(_)
            | AlterRoleStmt(_)
            | GrantRoleStmt(_)
            | ReassignOwnedStmt(_)
            | AlterDefaultPrivilegesStmt(_)
            | DropOwnedStmt(_) => true,
            _ => false,
        }
    }

    /// Whether the current role owns all on which it grants something, or has been granted all of it to be granted on.
    fn grants_what_it_may(&self, s: &GrantStmt) -> bool {
        let Some(role) = self.limited_role() else { return true };
        let is_named = |node: &Node, privilege: &str| match &node.node {
            Some(NodeEnum::AccessPriv(named)) => named.priv_name.eq_ignore_ascii_case(privilege),
            _ => false,
        };
        let may_pass_on = |range: &Range| {
            let Some(relation) = self.catalog.relation(schema_of(range), &range.relname) else {
                return false;
            };
            let kind = super::grant::relation_kind(relation);
            let all = kind.all(!self.catalog.is_older_than(17)).iter();
            let mut wanted = all.filter(|name| {
                s.privileges.is_empty() || s.privileges.iter().any(|node| is_named(node, name))
            });
            wanted.all(|privilege| {
                relation.privileges.explicit().iter().any(|grant| {
                    grant.grantable
                        && *grant.privilege == **privilege
                        && grant.grantee.as_ref().is_some_and(|to| self.has_rights_of(&role, Some(to)))
                })
            })
        };
        let owns = |owner: Option<Option<Name>>| {
            owner.is_some_and(|owner| self.has_rights_of(&role, owner.as_ref()))
        };
        s.targtype() == GrantTargetType::AclTargetObject
            && s.objects.iter().all(|object| match &object.node {
                Some(NodeEnum::RangeVar(range)) => owns(self.owner_of_relation(range)) || may_pass_on(range),
                _ => owns(self.owner_of(s.objtype(), object)),
            })
    }

    /// What somebody was granted may be gone, with what he granted others: who grants what is not kept.
    pub(super) fn doubt_all_roles(&mut self) {
        let roles = self.roles_known();
        self.doubt_these(roles);
    }

    fn roles_known(&self) -> Vec<Name> {
        let known = self.catalog.entities.values().flatten();
        known.filter(|entity| entity.kind == EntityKind::Role).map(|role| role.name.clone()).collect()
    }

    fn doubt_these(&mut self, roles: Vec<Name>) {
        let known = Arc::make_mut(&mut self.catalog.known_roles);
        roles.iter().for_each(|role| known.set_doubted(role));
    }

    /// It is not certain any more that the current role, and those that the statement names, have all that they seem to
    /// have.
    pub(super) fn doubt_roles(&mut self, statement: &NodeEnum) {
        if let NodeEnum::CreateSchemaStmt(s) = statement {
            // Whether a role may make one is a right on the database.
            let role = s.authrole.as_ref().map(|role| role.rolename.as_str()).unwrap_or_default();
            let name = if s.schemaname.is_empty() { role } else { &s.schemaname };
            Arc::make_mut(&mut self.catalog.known_roles).set_doubted_schema(name);
            return;
        }
        let mut roles = self.roles_known();
        roles.retain(|role| self.token(role).is_some());
        roles.extend(self.catalog.current_role.clone());
        self.doubt_these(roles);
    }

    /// Whether a role is another one, or has its rights as a member of it.
    pub(super) fn has_rights_of(&self, role: &str, owner: Option<&Name>) -> bool {
        // What has no owner here is the connecting role's, which is one of those that the scripts did not make.
        let Some(owner) = owner else { return self.is_member_of_unknown(role) };
        let mut known: Vec<Name> = vec![owner.clone()];
        let mut n = 0;
        while let Some(of) = known.get(n).cloned() {
            if *of == *role {
                return true;
            }
            // What is not known of a role may be that it has members.
            if self.catalog.entity(EntityKind::Role, None, &of).is_none() {
                return true;
            }
            for member in self.catalog.entities_named(EntityKind::RoleMember, None, &of) {
                if let Some(Value::Role(name)) = member.get("member")
                    && !known.contains(name)
                    && self.is_inherited(member, name)
                {
                    known.push(name.clone());
                }
            }
            n += 1;
        }
        false
    }

    /// Whether the current role may make something of a foreign-data wrapper, as far as is known.
    pub(super) fn may_use(&self, wrapper: &Entity) -> bool {
        let Some(role) = self.limited_role() else { return true };
        self.has_rights_of(&role, wrapper.owner.as_ref())
            || wrapper.privileges.explicit().iter().any(|grant| {
                *grant.privilege == *"USAGE"
                    && grant.grantee.as_ref().is_none_or(|grantee| self.has_rights_of(&role, Some(grantee)))
            })
    }

    /// What a role that may not create anything in a schema tries has no effect.
    pub(super) fn may_create_in(&self, schema: &str) -> Result {
        let Some(role) = self.limited_role() else { return Ok(()) };
        let Some(schema) = self.catalog.schema(schema) else { return Ok(()) };
        // Everybody could make something in the schema that each database has.
        let is_open = self.catalog.is_older_than(15) && &*schema.name == "public";
        let may = is_open
            || &*schema.name == TEMPORARY
            || self.has_rights_of(&role, schema.owner.as_ref())
            || self.is_granted(&role, "CREATE", schema.privileges.explicit());
        if may { Ok(()) } else { Err(Stop::Unsure) }
    }

    /// The same of what is made in no schema but in the database itself, on which somebody else would have to grant the
    /// right.
    pub(super) fn may_create_in_database(&self) -> Result {
        let Some(role) = self.limited_role() else { return Ok(()) };
        let known = &self.catalog.known_roles;
        let is_granted = known.may_have_more("public")
            || (self.catalog.entities().filter(|entity| entity.kind == EntityKind::Role)).any(|entity| {
                known.may_have_more(&entity.name) && self.has_rights_of(&role, Some(&entity.name))
            });
        if is_granted || self.has_rights_of(&role, None) { Ok(()) } else { Err(Stop::Unsure) }
    }

    pub(super) fn is_granted(&self, role: &str, privilege: &str, grants: &[Grant]) -> bool {
        grants.iter().any(|grant| {
            *grant.privilege == *privilege
                && grant.grantee.as_ref().is_none_or(|grantee| self.has_rights_of(role, Some(grantee)))
        })
    }

    /// The same for a column of a type that the role may not use.
    pub(super) fn may_use_type(&self, ty: &TypeRef) -> Result {
        let Some(role) = self.limited_role() else { return Ok(()) };
        let TypeRef::Named { schema, name, .. } = ty else { return Ok(()) };
        let Some(mut ty) = self.catalog.user_type(Some(schema), name) else { return Ok(()) };
        // Of several ranges the right is that of one.
        if let TypeKind::Multirange { range } = &ty.kind {
            match self.catalog.user_type(Some(&range.schema), &range.name) {
                Some(range) => ty = range,
                None => return Ok(()),
            }
        }
        let may = self.has_rights_of(&role, ty.owner.as_ref())
            || self.is_granted(&role, "USAGE", &ty.privileges.grants(Grantable::Type));
        if may { Ok(()) } else { Err(Stop::Unsure) }
    }

    fn is_member_of_unknown(&self, role: &str) -> bool {
        let roles = |member: &str| -> Vec<Name> {
            self.memberships_of(member).iter().map(|membership| membership.name.clone()).collect()
        };
        let mut known = roles(role);
        let mut n = 0;
        while let Some(of) = known.get(n).cloned() {
            if self.catalog.entity(EntityKind::Role, None, &of).is_none() {
                return true;
            }
            let above: Vec<Name> = roles(&of).into_iter().filter(|role| !known.contains(role)).collect();
            known.extend(above);
            n += 1;
        }
        false
    }

    fn owner_of_relation(&self, range: &Range) -> Option<Option<Name>> {
        let schema = schema_of(range);
        let relation = match self.catalog.relation(schema, &range.relname) {
            Some(relation) => relation,
            None => self.catalog.index(schema, &range.relname)?.0,
        };
        Some(relation.owner.clone())
    }

    /// The owner of an object, if that is there. The owner of a schema is that of what is in it, too.
    fn owner_of(&self, kind: Kind, object: &Node) -> Option<Option<Name>> {
        use Kind::*;
        match kind {
            ObjectTable | ObjectView | ObjectMatview | ObjectForeignTable | ObjectSequence | ObjectIndex => {
                let parts = strings(list(object));
                let (schema, name) = split_name(&parts);
                let relation = match self.catalog.relation(schema, name) {
                    Some(relation) => relation,
                    None => self.catalog.index(schema, name)?.0,
                };
                let of_schema = self.catalog.schema(&relation.schema)?.owner.clone();
                let is_schemas = of_schema.is_some() && of_schema == self.catalog.current_role;
                Some(if is_schemas { of_schema } else { relation.owner.clone() })
            }
            ObjectSchema => Some(self.catalog.schema(string(object))?.owner.clone()),
            ObjectType | ObjectDomain => {
                let parts = match &object.node {
                    Some(NodeEnum::TypeName(name)) => strings(&name.names),
                    _ => strings(list(object)),
                };
                let (schema, name) = split_name(&parts);
                Some(self.catalog.user_type(schema, name)?.owner.clone())
            }
            ObjectPublication | ObjectSubscription | ObjectForeignServer | ObjectFdw | ObjectEventTrigger => {
                let kind = entity::kind_of(kind)?;
                Some(self.catalog.entity(kind, None, string(object))?.owner.clone())
            }
            ObjectStatisticExt => {
                let parts = strings(list(object));
                let (schema, name) = split_name(&parts);
                Some(self.catalog.entity(EntityKind::Statistics, schema, name)?.owner.clone())
            }
            _ => None,
        }
    }
}
