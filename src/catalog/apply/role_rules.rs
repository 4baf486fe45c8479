//! What PostgreSQL refuses of a role before it makes or changes one.

use crate::syntax::ast::{Node, NodeEnum, RoleSpecType};

use super::super::entity::EntityKind;
use super::{Fold, Result, Stop, option};

/// The options that a role may only give to another one if it has the attribute itself.
const GIVEN: [(&str, &str); 3] =
    [("createdb", "createdb"), ("isreplication", "replication"), ("bypassrls", "bypassrls")];

impl Fold<'_> {
    pub(super) fn has_role_options(&self, options: &[Node]) -> Result {
        // CREATE ROLE … SYSID is only noise.
        let mut given = Vec::new();
        for element in option::elements(options).filter(|element| element.defname != "sysid") {
            self.is_given_once(&mut given, element)?;
        }
        if let Some(element) = option::option(options, "connectionlimit")
            && let Some(limit) = option::number(element)
            && limit < -1
        {
            let at =
                self.token_behind(self.token("limit").unwrap_or_default(), &limit.unsigned_abs().to_string());
            return self.refuse("22023", format!("invalid connection limit: {limit}"), at);
        }
        Ok(())
    }

    /// PostgreSQL's error for a name that is kept for its own roles (`IsReservedName`).
    pub(super) fn is_no_reserved_role(&self, name: &str) -> Result {
        if !name.starts_with("pg_") && !matches!(name, "public" | "none") {
            return Ok(());
        }
        self.refuse("42939", format!("role name \"{name}\" is reserved"), self.token(name))
    }

    /// Whether the current role may make a role with these attributes, as far as is known.
    pub(super) fn may_create_role(&self, options: &[Node]) -> bool {
        let Some(current) = self.limited_role() else { return true };
        let Some(role) = self.catalog.entity(EntityKind::Role, None, &current) else { return true };
        let asks = |name: &str| option::option(options, name).is_some_and(option::truth);
        if role.get("createrole").is_none() || asks("superuser") {
            return false;
        }
        let is_old = self.catalog.is_older_than(16);
        let may_give = |attribute: &str| match (is_old, attribute) {
            (true, attribute) => attribute == "createdb",
            (false, attribute) => role.get(attribute).is_some(),
        };
        if GIVEN.iter().any(|(option, attribute)| asks(option) && !may_give(attribute)) {
            return false;
        }
        // Since PostgreSQL 16 nobody is made a member of what the creator may not give.
        is_old || self.roles_of(options, "addroleto").all(|role| self.admin_of(role, &current).is_some())
    }

    /// What a role that may not change or drop another one tries has no effect.
    pub(super) fn may_alter_role(&self, name: &str, options: &[Node]) -> Result {
        let Some(current) = self.limited_role() else { return Ok(()) };
        let known = |name: &str| self.catalog.entity(EntityKind::Role, None, name);
        let Some(role) = known(&current) else { return Ok(()) };
        // Everybody may change his own password.
        if *current == *name && option::elements(options).all(|element| element.defname == "password") {
            return Ok(());
        }
        let is_superuser = known(name).is_some_and(|role| role.get("superuser").is_some());
        let names_superuser = option::option(options, "superuser").is_some();
        let is_admin = self.catalog.is_older_than(16) || self.admin_of(name, &current).is_some();
        match role.get("createrole").is_some() && is_admin && !is_superuser && !names_superuser {
            true => Ok(()),
            false => Err(Stop::Unsure),
        }
    }

    /// The roles that an option names.
    fn roles_of<'n>(&self, options: &'n [Node], name: &str) -> impl Iterator<Item = &'n str> + use<'n> {
        let arg = option::option(options, name).and_then(|element| element.arg.as_deref());
        arg.map(super::list).unwrap_or_default().iter().filter_map(|node| match &node.node {
            Some(NodeEnum::RoleSpec(role)) if role.roletype() == RoleSpecType::RolespecCstring => {
                Some(role.rolename.as_str())
            }
            _ => None,
        })
    }
}
