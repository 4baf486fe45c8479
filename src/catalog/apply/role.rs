//! Roles.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterRoleSetStmt, AlterRoleStmt, CreateRoleStmt, DropRoleStmt, Node, NodeEnum, RoleSpec, RoleSpecType,
    RoleStmtType, VariableSetKind,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::{ApplyError, Fold, Result, Stop, option};

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
    pub(super) fn role(&self, role: &RoleSpec) -> Result<Option<Name>> {
        match role.roletype() {
            RoleSpecType::RolespecCstring => {
                self.role_is_there(&role.rolename, "42704")?;
                Ok(Some(role.rolename.as_str().into()))
            }
            RoleSpecType::RolespecPublic => Ok(Some("public".into())),
            RoleSpecType::RolespecSessionUser => Ok(self.catalog.session_role.clone()),
            _ => Ok(self.catalog.current_role.clone()),
        }
    }

    /// The same where PUBLIC, which is no role, is none.
    pub(super) fn one_role(&self, role: &RoleSpec) -> Result<Option<Name>> {
        match role.roletype() {
            RoleSpecType::RolespecPublic => self.no_role("public", "42704"),
            _ => self.role(role),
        }
    }

    /// PostgreSQL's error for a role that certainly is not there.
    pub(super) fn role_is_there(&self, role: &str, sqlstate: &'static str) -> Result {
        match self.catalog.is_no_role(role) {
            true => self.no_role(role, sqlstate),
            false => Ok(()),
        }
    }

    pub(super) fn no_role<T>(&self, role: &str, sqlstate: &'static str) -> Result<T> {
        self.fail(sqlstate, format!("role \"{role}\" does not exist"), self.token(role))
    }

    pub(super) fn create_role(&mut self, s: &CreateRoleStmt) -> Result {
        self.has_role_options(&s.options)?;
        if !self.may_create_role(&s.options) {
            self.catalog.set_role_gone(&s.role);
            self.changed = true;
            return Err(Stop::Unsure);
        }
        self.is_no_reserved_role(&s.role)?;
        if self.catalog.entity(EntityKind::Role, None, &s.role).is_some() {
            return self.fail("42710", format!("role \"{}\" already exists", s.role), self.token(&s.role));
        }
        let mut role = Entity::new(EntityKind::Role, None, s.role.as_str()).with("inherit", Value::Flag);
        if s.stmt_type() == RoleStmtType::RolestmtUser {
            role.set("login", Some(Value::Flag));
        }
        role_options(&mut role, &s.options);
        self.catalog.set_role_here(&s.role);
        if !valid_until_is_plain(&s.options) {
            // Whether that is a time is for those to say who read literals.
            self.changed = true;
            return Err(Stop::Unsure);
        }
        self.put_entity(role);
        let creator = self.limited_role();
        if let Some(creator) = &creator
            && !self.catalog.is_older_than(16)
        {
            // Who creates a role may give it to others.
            let options = [("admin", true), ("inherit", false), ("set", false)];
            self.put_member(&s.role, creator, None, &options);
            let given = &self.catalog.known_roles.self_grant;
            let options = ["inherit", "set"].map(|name| (name, given.contains(name)));
            if options.iter().any(|(_, is_given)| *is_given) {
                self.put_member(&s.role, creator, Some(creator), &options);
            }
        }
        let grantor = creator.filter(|_| !self.catalog.is_older_than(16));
        for (kind, other) in self.options_with_roles(&s.options)? {
            match kind {
                "addroleto" => {
                    let grantor = match &grantor {
                        Some(current) => self.admin_of(&other, current).unwrap_or_default(),
                        None => None,
                    };
                    self.add_member(&other, &s.role, grantor.as_ref(), &[])?;
                }
                "adminmembers" => self.add_member(&s.role, &other, grantor.as_ref(), &[("admin", true)])?,
                _ => self.add_member(&s.role, &other, grantor.as_ref(), &[])?,
            }
        }
        Ok(())
    }

    /// The roles that CREATE ROLE names beside the new one, and what they are to it.
    fn options_with_roles<'n>(&self, options: &'n [Node]) -> Result<Vec<(&'n str, Name)>> {
        let mut found = Vec::new();
        for element in option::elements(options) {
            let Some(NodeEnum::List(roles)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            for node in &roles.items {
                let Some(NodeEnum::RoleSpec(role)) = &node.node else { continue };
                // Of the role that connected the name is not known.
                if let Some(role) = self.one_role(role)? {
                    found.push((element.defname.as_str(), role));
                }
            }
        }
        Ok(found)
    }

    pub(super) fn alter_role(&mut self, s: &AlterRoleStmt) -> Result {
        self.has_role_options(&s.options)?;
        let Some(role) = &s.role else { return Ok(()) };
        let Some(name) = self.one_role(role)? else { return Ok(()) };
        // ALTER GROUP … ADD USER
        let members = self.options_with_roles(&s.options)?;
        if !members.is_empty() {
            let grantor = self.grantor(&name, None)?;
            for (_, member) in members {
                match s.action {
                    1 => self.add_member(&name, &member, grantor.as_ref(), &[])?,
                    _ => self.revoke(&name, &member, grantor.as_ref(), &[], false)?,
                }
            }
            return Ok(());
        }
        self.may_alter_role(&name, &s.options)?;
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
        let Some(name) = self.one_role(role)?.filter(|_| s.database.is_empty()) else { return Ok(()) };
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
        let mut names: Vec<&str> = s.roles.iter().filter_map(role_name).collect();
        if let Some(twice) = (1..names.len()).find(|n| names[..*n].contains(&names[*n])) {
            if self.catalog.is_older_than(16) && !s.missing_ok {
                // It is gone then.
                return self.no_role(names[twice], "42704");
            }
            names.sort_unstable();
            names.dedup();
        }
        for name in &names {
            if !s.missing_ok {
                self.role_is_there(name, "42704")?;
            }
            for (who, role) in
                [("current", &self.catalog.current_role), ("session", &self.catalog.session_role)]
            {
                if role.as_deref() == Some(*name) {
                    return self.fail("55006", format!("{who} user cannot be dropped"), self.token(name));
                }
            }
        }
        for name in &names {
            self.may_alter_role(name, &[])?;
        }
        // What was done under another role may not have been permitted.
        let is_doubtful =
            |name: &str| self.catalog.known_roles.is_doubted(name) && self.role_has_something(name);
        if names.iter().any(|name| is_doubtful(name)) {
            return Err(Stop::Unsure);
        }
        if self.catalog.unknown_rights {
            // They may be there or not.
            self.changed = true;
            for name in names {
                if let Some(role) = self.catalog.entity(EntityKind::Role, None, name).cloned() {
                    self.catalog.remove_entity(&role);
                }
                self.catalog.set_role_here(name);
            }
            return Err(Stop::Unsure);
        }
        // What the roles were granted does not keep any of them.
        self.remove_memberships(|membership| {
            names.iter().any(|name| {
                *membership.name == **name || membership.get("member") == Some(&Value::Role((*name).into()))
            })
        });
        for name in names {
            let role = self.catalog.entity(EntityKind::Role, None, name).cloned();
            if role.is_some() && self.role_has_something(name) {
                let message = format!("role \"{name}\" cannot be dropped because some objects depend on it");
                return self.fail("2BP01", message, self.token(name));
            }
            self.changed = true;
            if let Some(role) = &role {
                self.catalog.remove_entity(role);
            }
            // What is not known to be its own may keep it.
            match self.may_have_more(name) {
                true => self.catalog.set_role_here(name),
                false => self.catalog.set_role_gone(name),
            }
        }
        Ok(())
    }

    /// Which roles there are is not known any more.
    pub(super) fn unknown_roles(&mut self) {
        let known: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|entity| matches!(entity.kind, EntityKind::Role | EntityKind::RoleMember))
            .cloned()
            .collect();
        for entity in known {
            self.catalog.remove_entity(&entity);
        }
        self.catalog.known_roles = Arc::default();
        self.changed = true;
    }

    /// Whether a role that is dropped may stay, because of something that is not known here.
    fn may_have_more(&self, role: &str) -> bool {
        self.catalog.known_roles.may_have_more(role)
            || self.catalog.unknown_names
            // It may not have been permitted to drop it.
            || self.limited_role().is_some()
    }

    /// Whether something is a role's, or was granted to it.
    fn role_has_something(&self, role: &str) -> bool {
        let is = |owner: &Option<Name>, privileges: &Privileges| {
            owner.as_deref() == Some(role)
                || privileges.explicit().iter().any(|grant| grant.grantee.as_deref() == Some(role))
        };
        let refers = |entity: &Entity| match entity.kind {
            EntityKind::Role => false,
            EntityKind::RoleMember => entity.get("grantor") == Some(&Value::Role(role.into())),
            _ => entity.refers(|value| *value == Value::Role(role.into())),
        };
        let is_certain = |entity: &Entity| {
            let schema = match entity.get("schema") {
                Some(Value::Schema(schema)) => Some(schema),
                _ => entity.schema.as_ref(),
            };
            schema.is_none_or(|name| !self.catalog.known_roles.is_doubted_schema(name))
        };
        self.catalog
            .entities()
            .any(|entity| is_certain(entity) && (is(&entity.owner, &entity.privileges) || refers(entity)))
            || self.certain_schemas().any(|schema| {
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

    /// The schemas that are certainly there.
    fn certain_schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        let known = &self.catalog.known_roles;
        self.catalog.schemas.values().filter(|schema| !known.is_doubted_schema(&schema.name))
    }

    /// Another name for a role, wherever it stands.
    pub(super) fn rename_role(&mut self, old: &str, new: &Name) -> Result {
        self.role_is_there(old, "42704")?;
        self.is_no_reserved_role(new)?;
        self.may_alter_role(old, &[])?;
        let Some(role) = self.catalog.entity(EntityKind::Role, None, old).cloned() else { return Ok(()) };
        if self.catalog.entity(EntityKind::Role, None, new).is_some() {
            return self.fail("42710", format!("role \"{new}\" already exists"), self.token(new));
        }
        self.move_entity(&role, None, new.clone());
        self.catalog.rename_known_role(old, new);
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

pub(super) fn role_name(node: &Node) -> Option<&str> {
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

/// Takes down that a role is not there which could not be made, unless there is one already. Whether that is new.
pub(super) fn was_not_made(catalog: &mut Catalog, statement: &NodeEnum, error: &ApplyError) -> bool {
    let NodeEnum::CreateRoleStmt(create) = statement else { return false };
    if matches!(error.sqlstate, "42710" | "42939") || catalog.is_no_role(&create.role) {
        return false;
    }
    catalog.set_role_gone(&create.role);
    catalog.touch();
    true
}

/// Whether VALID UNTIL says nothing, or something that reads as a time at first sight.
fn valid_until_is_plain(options: &[Node]) -> bool {
    option::option(options, "validUntil").is_none_or(|element| {
        let text = option::text(element);
        let text = text.trim();
        text.eq_ignore_ascii_case("infinity") || text.starts_with(|c: char| c.is_ascii_digit())
    })
}
