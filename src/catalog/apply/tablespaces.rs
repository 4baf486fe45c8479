//! Tablespaces, as far as a text tells what is wrong with them.

use crate::syntax::ast::{AlterTableSpaceOptionsStmt, CreateTableSpaceStmt, DropTableSpaceStmt};

use super::super::model::{Name, RelationKind};
use super::storage::Holder;
use super::{Fold, Result};

impl Fold<'_> {
    pub(super) fn create_tablespace(&self, s: &CreateTableSpaceStmt) -> Result {
        // Where tablespaces may be in place, as in a server for tests, it can be empty.
        let is_in_place = s.location.is_empty() && self.catalog.is_set("allow_in_place_tablespaces");
        if !is_in_place && !s.location.starts_with('/') {
            let message = "tablespace location must be an absolute path";
            return self.fail("42P17", message.into(), self.string_token(&s.location));
        }
        if s.tablespacename.starts_with("pg_") {
            let message = format!("unacceptable tablespace name \"{}\"", s.tablespacename);
            return self.fail("42939", message, self.token(&s.tablespacename));
        }
        self.check_storage(Holder::Tablespace, &s.options, false)
    }

    /// PostgreSQL's error for a tablespace in which something is (`DropTableSpace`): what has partitions is only said to
    /// be there, the rest has files.
    pub(super) fn drop_tablespace(&self, s: &DropTableSpaceStmt) -> Result {
        let name = &s.tablespacename;
        let is_it = |tablespace: &Option<Name>| tablespace.as_deref() == Some(name);
        let (mut is_named, mut has_files) = (false, false);
        for relation in self.catalog.relations() {
            let is_whole = relation.kind == RelationKind::PartitionedTable;
            let is_there =
                is_it(&relation.tablespace) || relation.indexes.iter().any(|index| is_it(&index.tablespace));
            is_named |= is_there && is_whole;
            has_files |= is_there && !is_whole;
        }
        let at = self.token(name);
        if is_named {
            let message =
                format!("tablespace \"{name}\" cannot be dropped because some objects depend on it");
            return self.fail("2BP01", message, at);
        }
        if has_files {
            return self.fail("55000", format!("tablespace \"{name}\" is not empty"), at);
        }
        Ok(())
    }

    pub(super) fn alter_tablespace(&self, s: &AlterTableSpaceOptionsStmt) -> Result {
        match s.is_reset {
            true => self.check_reset(&s.options),
            false => self.check_storage(Holder::Tablespace, &s.options, false),
        }
    }

    /// PostgreSQL's errors for where a relation is to be kept; `given` is nothing where the session's setting counts.
    pub(super) fn can_be_kept_in(&self, given: &str, is_partitioned: bool) -> Result {
        let set = self.catalog.default_tablespace.as_deref().unwrap_or_default();
        let name = if given.is_empty() { set } else { given };
        let fail = |sqlstate, message: &str| {
            self.fail(sqlstate, message.into(), self.token(if given.is_empty() { "table" } else { given }))
        };
        match name {
            "pg_global" => fail("22023", "only shared relations can be placed in pg_global tablespace"),
            "pg_default" if is_partitioned => {
                fail("0A000", "cannot specify default tablespace for partitioned relations")
            }
            _ => Ok(()),
        }
    }
}
