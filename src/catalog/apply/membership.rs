//! Who is a member of which role, and who made it that (`AddRoleMems`, `DelRoleMems`).

use std::sync::Arc;

use crate::syntax::ast::{DropBehavior, GrantRoleStmt, NodeEnum, RoleSpec};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::{Fold, Result, Stop, option};

/// What a membership may be given or lose: `admin`, `inherit`, `set`, and whether.
type MemberOption<'n> = (&'n str, bool);

impl Fold<'_> {
    pub(super) fn grant_role(&mut self, s: &GrantRoleStmt) -> Result {
        let options: Vec<MemberOption> = option::elements(&s.opt)
            .map(|element| (element.defname.as_str(), option::truth(element)))
            .collect();
        for granted in &s.granted_roles {
            let Some(NodeEnum::AccessPriv(granted)) = &granted.node else { continue };
            let role = granted.priv_name.as_str();
            if role == "public" {
                return self.no_role(role, "42704");
            }
            self.role_is_there(role, "42704")?;
            let grantor = self.grantor(role, s.grantor.as_ref())?;
            if let Some(named) = s.grantor.as_ref().filter(|_| s.is_grant)
                && let Some(grantor) = grantor.as_ref().filter(|name| ***name == *named.rolename)
                && !self.memberships_of(grantor).iter().any(|m| *m.name == *role && m.get("admin").is_some())
            {
                let message = format!("permission denied to grant privileges as role \"{grantor}\"");
                return self.fail(
                    "42501",
                    message,
                    self.token_behind(self.token("by").unwrap_or(0), grantor),
                );
            }
            for grantee in s.grantee_roles.iter() {
                let Some(NodeEnum::RoleSpec(spec)) = &grantee.node else { continue };
                let Some(member) = self.one_role(spec)? else { continue };
                if s.is_grant {
                    self.add_member(role, &member, grantor.as_ref(), &options)?;
                } else {
                    let cascade = s.behavior() == DropBehavior::DropCascade;
                    self.revoke(role, &member, grantor.as_ref(), &options, cascade)?;
                }
            }
        }
        Ok(())
    }

    /// Who grants: since PostgreSQL 16 each has made the memberships that he granted, and a superuser's are the first
    /// superuser's, who has no name here.
    pub(super) fn grantor(&self, role: &str, named: Option<&RoleSpec>) -> Result<Option<Name>> {
        let named = named.map(|named| self.one_role(named)).transpose()?.flatten();
        if self.catalog.is_older_than(16) {
            return Ok(None);
        }
        match named {
            Some(named) => Ok(Some(named).filter(|name| self.is_limited(name))),
            None => {
                let Some(current) = self.limited_role() else { return Ok(None) };
                // What the role may not grant is not granted.
                self.admin_of(role, &current).ok_or(Stop::Unsure)
            }
        }
    }

    /// Whether a role is known, and no superuser.
    fn is_limited(&self, role: &str) -> bool {
        let known = self.catalog.entity(EntityKind::Role, None, role);
        known.is_some_and(|role| role.get("superuser").is_none())
    }

    /// The role in whose name another one grants a role: its own, or one that it is a member of. `Some(None)` where that
    /// is not known, nothing where it may not.
    pub(super) fn admin_of(&self, role: &str, current: &Name) -> Option<Option<Name>> {
        let is_known = |role: &str| self.catalog.entity(EntityKind::Role, None, role).is_some();
        if !is_known(role) && !role.starts_with("pg_") {
            return Some(None);
        }
        let mut roles = vec![current.clone()];
        let mut n = 0;
        while let Some(member) = roles.get(n).cloned() {
            for membership in self.memberships_of(&member) {
                if *membership.name == *role && membership.get("admin").is_some() {
                    return Some(Some(member));
                }
                if !roles.contains(&membership.name) {
                    roles.push(membership.name.clone());
                }
            }
            if !is_known(&member) && !member.starts_with("pg_") {
                return Some(None);
            }
            n += 1;
        }
        None
    }

    /// The roles of which a role is a member.
    pub(super) fn memberships_of(&self, member: &str) -> Vec<Arc<Entity>> {
        let member = Value::Role(member.into());
        let all = self.catalog.entities.values().flatten();
        all.filter(|entity| entity.kind == EntityKind::RoleMember && entity.get("member") == Some(&member))
            .cloned()
            .collect()
    }

    /// Makes a role a member of another one, unless that would close a circle.
    pub(super) fn add_member(
        &mut self,
        role: &str,
        member: &str,
        grantor: Option<&Name>,
        options: &[MemberOption],
    ) -> Result {
        let mut above = vec![Name::from(role)];
        let mut n = 0;
        while let Some(name) = above.get(n).cloned() {
            if *name == *member {
                let message = format!("role \"{role}\" is a member of role \"{member}\"");
                return self.fail("0LP01", message, self.token(member));
            }
            for membership in self.memberships_of(&name) {
                if !above.contains(&membership.name) {
                    above.push(membership.name.clone());
                }
            }
            n += 1;
        }
        let is_admin =
            options.iter().any(|(name, value)| matches!(*name, "admin" | "admin_option") && *value);
        if is_admin && grantor.is_some_and(|grantor| self.has_admin_from(role, grantor, member)) {
            let message = "ADMIN option cannot be granted back to your own grantor";
            return self.fail("0LP01", message.into(), self.token(member));
        }
        self.put_member(role, member, grantor, options);
        Ok(())
    }

    /// Whether a role has its ADMIN option only by another one's grace.
    fn has_admin_from(&self, role: &str, admin: &Name, source: &str) -> bool {
        let mut sources = vec![admin.clone()];
        let mut n = 0;
        while let Some(name) = sources.get(n).cloned() {
            let memberships = self.memberships_of(&name);
            let given = memberships.iter().filter(|m| *m.name == *role && m.get("admin").is_some());
            for membership in given {
                match membership.get("grantor") {
                    Some(Value::Role(grantor)) if **grantor == *source => {}
                    Some(Value::Role(grantor)) if !sources.contains(grantor) => sources.push(grantor.clone()),
                    Some(_) => {}
                    // The first superuser's own grant comes from nobody else.
                    None => return false,
                }
            }
            n += 1;
        }
        true
    }

    pub(super) fn put_member(
        &mut self,
        role: &str,
        member: &str,
        grantor: Option<&Name>,
        options: &[MemberOption],
    ) {
        let wanted = membership(role, member, grantor);
        let known = self.catalog.entities_named(EntityKind::RoleMember, None, role);
        let mut membership = match known.into_iter().find(|other| other.is_same(&wanted)) {
            Some(known) => Entity::clone(known),
            None => {
                let inherits = self.inherits(member) || self.catalog.is_older_than(16);
                let mut new = wanted;
                new.set("no inherit", (!inherits).then_some(Value::Flag));
                new
            }
        };
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

    /// Whether a role uses the rights of the roles that it is a member of, unless its membership says otherwise.
    fn inherits(&self, role: &str) -> bool {
        let known = self.catalog.entity(EntityKind::Role, None, role);
        known.is_none_or(|role| role.get("inherit").is_some())
    }

    /// Whether a member has the rights of the role.
    pub(super) fn is_inherited(&self, membership: &Entity, member: &str) -> bool {
        match self.catalog.is_older_than(16) {
            true => self.inherits(member),
            false => membership.get("no inherit").is_none(),
        }
    }

    /// Takes a membership or options of it away, with what its member granted by it.
    pub(super) fn revoke(
        &mut self,
        role: &str,
        member: &str,
        grantor: Option<&Name>,
        options: &[MemberOption],
        cascade: bool,
    ) -> Result {
        let wanted = membership(role, member, grantor);
        let known = self.catalog.entities_named(EntityKind::RoleMember, None, role);
        let Some(found) = known.into_iter().find(|other| other.is_same(&wanted)).cloned() else {
            // PostgreSQL warns.
            return Ok(());
        };
        let loses_admin = options.is_empty() || options.iter().any(|(name, _)| name.starts_with("admin"));
        if loses_admin && found.get("admin").is_some() && !self.catalog.is_older_than(16) {
            self.revoke_granted(role, &found, cascade)?;
        }
        if options.is_empty() {
            self.changed = true;
            self.catalog.remove_entity(&found);
        } else {
            let none: Vec<_> = options.iter().map(|(name, _)| (*name, false)).collect();
            self.put_member(role, member, grantor, &none);
        }
        Ok(())
    }

    /// What a member granted with an ADMIN option that it loses.
    fn revoke_granted(&mut self, role: &str, lost: &Entity, cascade: bool) -> Result {
        let Some(member) = lost.get("member") else { return Ok(()) };
        let known = self.catalog.entities_named(EntityKind::RoleMember, None, role);
        let keeps_admin = known.iter().any(|other| {
            !other.is_same(lost) && other.get("member") == Some(member) && other.get("admin").is_some()
        });
        if keeps_admin {
            return Ok(());
        }
        let granted: Vec<_> =
            known.into_iter().filter(|other| other.get("grantor") == Some(member)).cloned().collect();
        if !granted.is_empty() && !cascade {
            return self.fail("2BP01", "dependent privileges exist".into(), self.token(role));
        }
        for membership in granted {
            self.changed = true;
            self.catalog.remove_entity(&membership);
            if membership.get("admin").is_some() {
                self.revoke_granted(role, &membership, cascade)?;
            }
        }
        Ok(())
    }

    /// Memberships of which `is` is true are no more.
    pub(super) fn remove_memberships(&mut self, is: impl Fn(&Entity) -> bool) {
        let gone: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|entity| entity.kind == EntityKind::RoleMember && is(entity))
            .cloned()
            .collect();
        for membership in gone {
            self.changed = true;
            self.catalog.remove_entity(&membership);
        }
    }
}

fn membership(role: &str, member: &str, grantor: Option<&Name>) -> Entity {
    let mut membership =
        Entity::new(EntityKind::RoleMember, None, role).with("member", Value::Role(member.into()));
    membership.set("grantor", grantor.cloned().map(Value::Role));
    membership
}
