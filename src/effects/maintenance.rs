//! TRUNCATE, CLUSTER, VACUUM, ANALYZE, REINDEX, REFRESH MATERIALIZED VIEW.

use crate::catalog::{QualifiedName, RelationKind};
use crate::syntax::ast::{self, DropBehavior, Node, NodeEnum, ReindexObjectType};

use super::alter_column::is_partitioned;
use super::builder::{Builder, Target, index_columns, string};
use super::query::ranges;
use super::{LockMode, Role};

impl<'a> Builder<'a> {
    pub fn truncate(&mut self, s: &ast::TruncateStmt) {
        let mut open: Vec<Target<'a>> = Vec::new();
        for range in ranges(&s.relations) {
            let table = self.target(range);
            self.lock_family(&table, LockMode::AccessExclusive, range.inh);
            open.extend(self.family(&table, range.inh));
        }
        if s.behavior != DropBehavior::DropCascade as i32 {
            return;
        }
        // Tables that refer to a truncated one are truncated too, and those that refer to them.
        let mut n = 0;
        while n < open.len() {
            for (other, _) in self.foreign_keys_to(&open[n].name) {
                for table in self.family(&other, is_partitioned(&other)) {
                    if open.iter().all(|seen| seen.name != table.name) {
                        self.lock(&table, LockMode::AccessExclusive, Role::Referencing);
                        self.note(format!("{} is emptied too: it refers to {}.", table.name, open[n].name));
                        open.push(table);
                    }
                }
            }
            n += 1;
        }
    }

    pub fn cluster(&mut self, s: &ast::ClusterStmt) {
        let Some(range) = &s.relation else {
            return self.note("Every table that was clustered before is rewritten, one transaction each.");
        };
        let table = self.target(range);
        for table in self.family(&table, is_partitioned(&table)) {
            self.lock(&table, LockMode::AccessExclusive, Role::Subject);
            self.rewrite(&table);
        }
    }

    pub fn vacuum(&mut self, s: &ast::VacuumStmt) {
        let full = s.is_vacuumcmd && option(&s.options, "full");
        let mode = if full { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
        let only_analyze = !s.is_vacuumcmd;
        for relation in &s.rels {
            let Some(NodeEnum::VacuumRelation(relation)) = &relation.node else { continue };
            let Some(range) = &relation.relation else { continue };
            let table = self.target(range);
            // Partitions are worked on one by one. ANALYZE of a partitioned table reads them also when it is told to
            // leave them alone: the parent's statistics come from them.
            let tables = self.family(&table, is_partitioned(&table));
            let only = !range.inh && self.version >= 180000;
            for (n, table) in tables.iter().enumerate() {
                let role = if n == 0 { Role::Subject } else { Role::Child };
                match (n, only) {
                    (0, _) | (_, false) => self.lock(table, mode, role),
                    _ if only_analyze || option(&s.options, "analyze") => {
                        self.lock(table, LockMode::AccessShare, Role::Read);
                    }
                    _ => {}
                }
                if full && (n == 0 || !only) {
                    self.rewrite(table);
                }
            }
            if only_analyze && !is_partitioned(&table) {
                // Children by inheritance are sampled for the parent's statistics; since 18 they get their own too.
                let mode = if self.version >= 180000 && range.inh { mode } else { LockMode::AccessShare };
                for child in self.descendants(&table.name) {
                    self.lock(&child, mode, Role::Child);
                }
            }
        }
        if s.rels.is_empty() {
            self.note(format!("Every table of the database, one after the other, each under {mode}."));
        }
        if full {
            self.safer(
                "Plain `VACUUM` takes only SHARE UPDATE EXCLUSIVE; it gives the space to new rows instead of the disk.",
            );
        }
    }

    pub fn reindex(&mut self, s: &ast::ReindexStmt) {
        let concurrently = option(&s.params, "concurrently");
        let mode = if concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
        let Some(range) = &s.relation else {
            return self.note(format!("Every table there, one after the other, each under {mode}."));
        };
        match ReindexObjectType::try_from(s.kind) {
            Ok(ReindexObjectType::ReindexObjectIndex) => {
                let Some((table, index)) = self.index_of(range) else { return };
                self.lock(&table, mode, Role::Subject);
                let name = QualifiedName::new(table.name.schema.clone(), index.name.clone());
                let index_mode = if concurrently { mode } else { LockMode::AccessExclusive };
                self.lock_name(&name, index_mode, Role::Index);
                self.build_index(&table, Some(index.name.clone()), index_columns(index), concurrently);
            }
            _ => {
                let table = self.target(range);
                for (n, table) in self.family(&table, is_partitioned(&table)).into_iter().enumerate() {
                    self.lock(&table, mode, if n == 0 { Role::Subject } else { Role::Child });
                    for index in table.relation.map_or(&[][..], |relation| &relation.indexes) {
                        self.build_index(
                            &table,
                            Some(index.name.clone()),
                            index_columns(index),
                            concurrently,
                        );
                    }
                }
            }
        }
        if !concurrently {
            self.note("While an index is built anew, queries that would use it wait: it is locked ACCESS EXCLUSIVE.");
            self.safer(
                "`REINDEX … CONCURRENTLY` lets reads and writes go on; it cannot run in a transaction block.",
            );
        }
    }

    pub fn refresh(&mut self, s: &ast::RefreshMatViewStmt) {
        let Some(range) = &s.relation else { return };
        let view = self.target(range);
        let mode = if s.concurrent { LockMode::Exclusive } else { LockMode::AccessExclusive };
        self.lock(&view, mode, Role::Subject);
        if s.skip_data {
            return;
        }
        for source in view.relation.into_iter().flat_map(|view| view.reads.iter()) {
            let source = self.by_name(source);
            self.lock_read(&source, LockMode::AccessShare, Role::Read);
        }
        if s.concurrent {
            self.note("The query runs into a temporary table, then only the rows that differ are changed.");
            return;
        }
        self.rewrite(&view);
        let unique = view.relation.is_some_and(|view| {
            view.indexes.iter().any(|index| {
                index.unique && index.predicate.is_none() && view.kind == RelationKind::MaterializedView
            })
        });
        self.safer(if unique {
            "`REFRESH MATERIALIZED VIEW CONCURRENTLY` lets reads go on meanwhile."
        } else {
            "With a unique index on it, `REFRESH MATERIALIZED VIEW CONCURRENTLY` lets reads go on meanwhile."
        });
    }
}

/// Whether an option of a list `(FULL, ANALYZE on)` is switched on.
fn option(options: &[Node], name: &str) -> bool {
    options.iter().any(|option| match &option.node {
        Some(NodeEnum::DefElem(option)) if option.defname == name => {
            match option.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
                None => true,
                Some(NodeEnum::Integer(value)) => value.ival != 0,
                Some(NodeEnum::Boolean(value)) => value.boolval,
                Some(_) => {
                    let text = option.arg.as_deref().and_then(string).unwrap_or("on").to_ascii_lowercase();
                    !matches!(text.as_str(), "off" | "false" | "0" | "no")
                }
            }
        }
        _ => false,
    })
}
