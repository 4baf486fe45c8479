//! CREATE SCHEMA, with what it holds.

use std::sync::Arc;

use crate::syntax::ast::{CreateSchemaStmt, NodeEnum};

use super::super::model::{Grantable, Name, Schema};
use super::{Fold, Result};

impl Fold<'_> {
    pub(super) fn create_schema(&mut self, s: &CreateSchemaStmt) -> Result {
        let name: Name = match (&s.authrole, s.schemaname.as_str()) {
            // CREATE SCHEMA AUTHORIZATION role; of CURRENT_USER the name cannot be known.
            (Some(role), "") if role.rolename.is_empty() => return self.unknown(),
            (Some(role), "") => role.rolename.as_str().into(),
            (_, name) => name.into(),
        };
        if self.catalog.schemas.contains_key(&name) {
            if s.if_not_exists {
                return Ok(());
            }
            return self.fail("42P06", format!("schema \"{name}\" already exists"), self.token(&name));
        }
        if name.starts_with("pg_") {
            let message = format!("unacceptable schema name \"{name}\"");
            return self.fail("42939", message, self.token(&name));
        }
        self.may_create_in_database()?;
        self.changed = true;
        let mut schema = Schema::new(name.clone());
        schema.owner = match &s.authrole {
            Some(role) => self.one_role(role)?,
            None => self.catalog.current_role.clone(),
        };
        schema.privileges = self.privileges_of_new(Grantable::Schema, None);
        // What the statement holds is the owner's too.
        let role = std::mem::replace(&mut self.catalog.current_role, schema.owner.clone());
        self.catalog.schemas.insert(name.clone(), Arc::new(schema));
        // That fails the whole statement.
        self.elements_are_of(s, &name)?;
        // What it holds is created in it, and finds its names there first.
        let path = self.catalog.search_path.clone();
        self.catalog.search_path = std::iter::once(name).chain(path.iter().cloned()).collect();
        let mut result = Ok(());
        // PostgreSQL makes tables before views and indexes, whatever their order in the text.
        let rank = |node: &NodeEnum| match node {
            NodeEnum::CreateSeqStmt(_) => 0,
            NodeEnum::CreateStmt(_) => 1,
            NodeEnum::ViewStmt(_) => 2,
            NodeEnum::IndexStmt(_) => 3,
            _ => 4,
        };
        let mut elements: Vec<&NodeEnum> =
            s.schema_elts.iter().filter_map(|node| node.node.as_ref()).collect();
        elements.sort_by_key(|node| rank(node));
        for element in elements {
            result = self.statement(element);
            if result.is_err() {
                break;
            }
        }
        self.catalog.search_path = path;
        self.catalog.current_role = role;
        result
    }

    /// What a schema is made with is in no other one (setSchemaName).
    fn elements_are_of(&self, s: &CreateSchemaStmt, name: &str) -> Result {
        for element in s.schema_elts.iter().filter_map(|node| node.node.as_ref()) {
            let range = match element {
                NodeEnum::CreateSeqStmt(create) => &create.sequence,
                NodeEnum::CreateStmt(create) => &create.relation,
                NodeEnum::ViewStmt(create) => &create.view,
                NodeEnum::IndexStmt(create) => &create.relation,
                NodeEnum::CreateTrigStmt(create) => &create.relation,
                _ => continue,
            };
            let Some(range) = range else { continue };
            if !range.schemaname.is_empty() && range.schemaname != name {
                let message = format!(
                    "CREATE specifies a schema ({}) different from the one being created ({name})",
                    range.schemaname
                );
                return self.fail("42P15", message, super::offset(range.location));
            }
        }
        Ok(())
    }
}
