//! Roles, and who is a member of which.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterRoleSetStmt, AlterRoleStmt, CreateRoleStmt, DropRoleStmt, GrantRoleStmt, Node, NodeEnum, RoleSpec,
    RoleSpecType, RoleStmtType, VariableSetKind,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::{Fold, Result, Stop, option};

/// An option's name in the parser, and the attribute that it gives.
const FLAGS: [(&str, &str); 7] = [
    ("superuser", "superuser"),
    ("createdb", "createdb"),
    ("createrole", "createrole"),
    ("inherit", "inherit"),
    ("canlogin", "login"),
    ("isreplication", "replication"),
    ("bypassrls", "bypassrls"),
];

impl Fold<'_> {
    /// The role that is named; `None` for the one that connected, whose name is not known.
    pub(super) fn role(&self, role: &RoleSpec) -> Option<Name> {
        match role.roletype() {
            RoleSpecType::RolespecCstring => Some(role.rolename.as_str().into()),
            RoleSpecType::RolespecPublic => Some("public".into()),
            RoleSpecType::RolespecSessionUser => self.catalog.session_role.clone(),
            _ => self.catalog.current_role.clone(),
        }
    }

    pub(super) fn create_role(&mut self, s: &CreateRoleStmt) -> Result {
        if self.catalog.entity(EntityKind::Role, None, &s.role).is_some() {
            return self.fail("42710", format!("role \"{}\" already exists", s.role), self.token(&s.role));
        }
        let mut role = Entity::new(EntityKind::Role, None, s.role.as_str()).with("inherit", Value::Flag);
        if s.stmt_type() == RoleStmtType::RolestmtUser {
            role.set("login", Some(Value::Flag));
        }
        role_options(&mut role, &s.options);
        self.put_entity(role);
        for element in option::elements(&s.options) {
            let Some(NodeEnum::List(roles)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            for node in &roles.items {
                let Some(other) = role_name(node) else { continue };
                match element.defname.as_str() {
                    "addroleto" => self.put_member(other, &s.role, &[]),
                    "rolemembers" => self.put_member(&s.role, other, &[]),
                    "adminmembers" => self.put_member(&s.role, other, &[("admin", true)]),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    pub(super) fn alter_role(&mut self, s: &AlterRoleStmt) -> Result {
        let Some(name) = s.role.as_ref().and_then(|role| self.role(role)) else { return Ok(()) };
        for element in option::elements(&s.options) {
            // ALTER GROUP … ADD USER
            if element.defname == "rolemembers"
                && let Some(NodeEnum::List(members)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref())
            {
                for member in members.items.iter().filter_map(role_name) {
                    match s.action {
                        1 => self.put_member(&name, member, &[]),
                        _ => self.remove_member(&name, member),
                    }
                }
            }
        }
        let Some(found) = self.catalog.entity(EntityKind::Role, None, &name) else { return Ok(()) };
        let mut role = Entity::clone(found);
        role_options(&mut role, &s.options);
        self.put_entity(role);
        Ok(())
    }

    pub(super) fn alter_role_set(&mut self, s: &AlterRoleSetStmt) -> Result {
        self.check_kept_setting(s.setstmt.as_ref())?;
        let (Some(role), Some(set)) = (&s.role, &s.setstmt) else { return Ok(()) };
        // What is set for one database is said in that.
        let Some(name) = self.role(role).filter(|_| s.database.is_empty()) else { return Ok(()) };
        let Some(found) = self.catalog.entity(EntityKind::Role, None, &name) else { return Ok(()) };
        let mut role = Entity::clone(found);
        let attribute = format!("set {}", set.name);
        match set.kind() {
            VariableSetKind::VarSetValue => role.set_text(&attribute, super::setting::value_text(set)),
            VariableSetKind::VarResetAll => role.attributes.retain(|name, _| !name.starts_with("set ")),
            _ => role.set(&attribute, None),
        }
        self.put_entity(role);
        Ok(())
    }

    pub(super) fn drop_role(&mut self, s: &DropRoleStmt) -> Result {
        for name in s.roles.iter().filter_map(role_name) {
            let Some(role) = self.catalog.entity(EntityKind::Role, None, name).cloned() else { continue };
            if self.role_has_something(name) {
                // Whether what was done under another role was permitted is not known here.
                if self.catalog.unsure_rights || self.catalog.unknown_rights {
                    return Err(Stop::Unsure);
                }
                let message = format!("role \"{name}\" cannot be dropped because some objects depend on it");
                return self.fail("2BP01", message, self.token(name));
            }
            self.changed = true;
            self.catalog.remove_entity(&role);
            let is_part = |entity: &Entity| {
                entity.kind == EntityKind::RoleMember
                    && (*entity.name == *name || entity.get("member") == Some(&Value::Role(name.into())))
            };
            let parts: Vec<Arc<Entity>> =
                self.catalog.entities().filter(|entity| is_part(entity)).cloned().collect();
            for part in parts {
                self.catalog.remove_entity(&part);
            }
        }
        Ok(())
    }

    /// Whether something is a role's, or was granted to it.
    fn role_has_something(&self, role: &str) -> bool {
        let is = |owner: &Option<Name>, privileges: &Privileges| {
            owner.as_deref() == Some(role)
                || privileges.explicit().iter().any(|grant| grant.grantee.as_deref() == Some(role))
        };
        let refers = |entity: &Entity| {
            !matches!(entity.kind, EntityKind::Role | EntityKind::RoleMember)
                && entity.refers(|value| *value == Value::Role(role.into()))
        };
        self.catalog.entities().any(|entity| is(&entity.owner, &entity.privileges) || refers(entity))
            || self.catalog.schemas.values().any(|schema| {
                is(&schema.owner, &schema.privileges)
                    || schema.types.values().any(|ty| is(&ty.owner, &ty.privileges))
                    || schema.routines.values().flatten().any(|r| is(&r.owner, &r.privileges))
                    || schema.relations.values().any(|relation| {
                        is(&relation.owner, &relation.privileges)
                            || relation.columns.iter().any(|column| is(&None, &column.privileges))
                            || relation.policies.iter().any(|p| p.roles.iter().any(|name| **name == *role))
                    })
            })
    }

    pub(super) fn grant_role(&mut self, s: &GrantRoleStmt) -> Result {
        let options: Vec<(&str, bool)> = option::elements(&s.opt)
            .map(|element| (element.defname.as_str(), option::truth(element)))
            .collect();
        for granted in &s.granted_roles {
            let Some(NodeEnum::AccessPriv(granted)) = &granted.node else { continue };
            for grantee in s.grantee_roles.iter() {
                let Some(NodeEnum::RoleSpec(spec)) = &grantee.node else { continue };
                let Some(member) = self.role(spec) else { continue };
                if s.is_grant {
                    self.put_member(&granted.priv_name, &member, &options);
                } else if options.is_empty() {
                    self.remove_member(&granted.priv_name, &member);
                } else {
                    let none: Vec<_> = options.iter().map(|(name, _)| (*name, false)).collect();
                    self.put_member(&granted.priv_name, &member, &none);
                }
            }
        }
        Ok(())
    }

    fn put_member(&mut self, role: &str, member: &str, options: &[(&str, bool)]) {
        let wanted =
            Entity::new(EntityKind::RoleMember, None, role).with("member", Value::Role(member.into()));
        let known = self.catalog.entities_named(EntityKind::RoleMember, None, role);
        let mut membership = known
            .into_iter()
            .find(|other| other.is_same(&wanted))
            .map_or(wanted, |known| Entity::clone(known));
        for (name, value) in options {
            let name = if *name == "admin_option" { "admin" } else { name };
            match name {
                // These two hold unless they are taken.
                "inherit" | "set" => {
                    membership.set(&format!("no {name}"), (!value).then_some(Value::Flag));
                }
                _ => membership.set(name, value.then_some(Value::Flag)),
            }
        }
        self.put_entity(membership);
    }

    fn remove_member(&mut self, role: &str, member: &str) {
        self.changed = true;
        let membership =
            Entity::new(EntityKind::RoleMember, None, role).with("member", Value::Role(member.into()));
        self.catalog.remove_entity(&membership);
    }

    /// Another name for a role, wherever it stands.
    pub(super) fn rename_role(&mut self, old: &str, new: &Name) -> Result {
        let Some(role) = self.catalog.entity(EntityKind::Role, None, old).cloned() else { return Ok(()) };
        if self.catalog.entity(EntityKind::Role, None, new).is_some() {
            return self.fail("42710", format!("role \"{new}\" already exists"), self.token(new));
        }
        self.move_entity(&role, None, new.clone());
        self.each_owner(|owner| {
            if owner.as_deref() == Some(old) {
                *owner = Some(new.clone());
            }
        });
        self.each_privileges(|kind, privileges| *privileges = privileges.renamed(kind, old, new));
        self.each_relation(|relation| {
            for policy in &mut relation.policies {
                if policy.roles.iter().any(|name| **name == *old) {
                    let policy = Arc::make_mut(policy);
                    policy
                        .roles
                        .iter_mut()
                        .filter(|name| ***name == *old)
                        .for_each(|name| *name = new.clone());
                    policy.roles.sort();
                }
            }
        });
        Ok(())
    }
}

fn role_name(node: &Node) -> Option<&str> {
    match &node.node {
        Some(NodeEnum::RoleSpec(role)) if role.roletype() == RoleSpecType::RolespecCstring => {
            Some(&role.rolename)
        }
        _ => None,
    }
}

fn role_options(role: &mut Entity, options: &[Node]) {
    for element in option::elements(options) {
        let flag = FLAGS.iter().find(|(option, _)| *option == element.defname);
        if let Some((_, attribute)) = flag {
            role.set(attribute, option::truth(element).then_some(Value::Flag));
            continue;
        }
        match element.defname.as_str() {
            "connectionlimit" => {
                let limit = option::text(element);
                role.set("connection limit", (limit != "-1").then(|| Value::Text(limit.into())));
            }
            "validUntil" => role.set_text("valid until", option::text(element)),
            _ => {}
        }
    }
}
