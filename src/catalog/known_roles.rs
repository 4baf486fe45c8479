//! Roles of a server that a history has not made or has not made alone: what is known of them beside the roles
//! themselves, which are objects of the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::{Catalog, Name};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRoles {
    /// Roles that certainly are not there: they were dropped, or could not be made.
    gone: BTreeSet<Name>,
    /// Roles of which it is not certain that they have all that they seem to have: they made it, or were granted it, in
    /// a way that PostgreSQL may have refused.
    doubted: BTreeSet<Name>,
    /// Schemas that it was perhaps not permitted to make.
    doubted_schemas: BTreeSet<Name>,
    /// Roles that may have more than is known: rights on what is not in the catalog.
    richer: BTreeSet<Name>,
    /// What `createrole_self_grant` gives who creates a role: `set`, `inherit`.
    pub self_grant: BTreeSet<Name>,
}

impl KnownRoles {
    pub fn is_gone(&self, role: &str) -> bool {
        self.gone.contains(role)
    }

    /// Whether what a role has may not be its own.
    pub fn is_doubted(&self, role: &str) -> bool {
        self.doubted.contains(role)
    }

    pub fn is_doubted_schema(&self, schema: &str) -> bool {
        self.doubted_schemas.contains(schema)
    }

    /// Whether a role may have what is not known.
    pub fn may_have_more(&self, role: &str) -> bool {
        self.richer.contains(role)
    }

    pub fn set_gone(&mut self, role: &str) {
        self.forget(role);
        self.gone.insert(role.into());
    }

    pub fn set_doubted(&mut self, role: &str) {
        self.doubted.insert(role.into());
    }

    pub fn set_doubted_schema(&mut self, schema: &str) {
        self.doubted_schemas.insert(schema.into());
    }

    pub fn set_richer(&mut self, role: &str) {
        self.richer.insert(role.into());
    }

    /// A role is there, or may be.
    pub fn forget(&mut self, role: &str) {
        self.gone.remove(role);
        self.doubted.remove(role);
        self.richer.remove(role);
    }

    /// What is certain where it is this or `other`.
    pub fn or(&self, other: &KnownRoles) -> KnownRoles {
        KnownRoles {
            gone: self.gone.intersection(&other.gone).cloned().collect(),
            doubted: self.doubted.union(&other.doubted).cloned().collect(),
            doubted_schemas: self.doubted_schemas.union(&other.doubted_schemas).cloned().collect(),
            richer: self.richer.union(&other.richer).cloned().collect(),
            self_grant: self.self_grant.union(&other.self_grant).cloned().collect(),
        }
    }
}

impl Catalog {
    /// Whether a role certainly is not there.
    pub fn is_no_role(&self, role: &str) -> bool {
        self.known_roles.is_gone(role)
    }

    pub fn set_role_gone(&mut self, role: &str) {
        Arc::make_mut(&mut self.known_roles).set_gone(role);
    }

    pub fn set_role_here(&mut self, role: &str) {
        if *self.known_roles != KnownRoles::default() {
            Arc::make_mut(&mut self.known_roles).forget(role);
        }
    }

    /// A role has another name.
    pub fn rename_known_role(&mut self, old: &str, new: &str) {
        let known = Arc::make_mut(&mut self.known_roles);
        let (is_doubted, may_have_more) = (known.is_doubted(old), known.may_have_more(old));
        known.set_gone(old);
        known.forget(new);
        if is_doubted {
            known.set_doubted(new);
        }
        if may_have_more {
            known.set_richer(new);
        }
    }
}
