//! ALTER INDEX, REINDEX, and what holds a partition's index.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterTableCmd, AlterTableStmt, AlterTableType as Type, DropStmt, NodeEnum, PartitionCmd, RangeVar,
    ReindexObjectType, ReindexStmt,
};

use super::super::model::*;
use super::{Fold, Result, Stop, find, list, offset, schema_of, split_name, strings};

impl Fold<'_> {
    pub(super) fn alter_index(&mut self, range: &RangeVar, s: &AlterTableStmt) -> Result {
        let schema = schema_of(range);
        let found = self.catalog.index(schema, &range.relname);
        let Some((table, index)) = found.map(|(table, index)| (table.clone(), index.clone())) else {
            if self.catalog.relation(schema, &range.relname).is_some() {
                let message = format!("\"{}\" is not an index", range.relname);
                return self.fail("42809", message, offset(range.location));
            }
            return if s.missing_ok { Ok(()) } else { self.missing_relation(range) };
        };
        for node in &s.cmds {
            if let Some(NodeEnum::AlterTableCmd(command)) = &node.node {
                self.index_command(&table, &index, command)?;
            }
        }
        Ok(())
    }

    fn index_command(&mut self, table: &Arc<Relation>, index: &Index, command: &AlterTableCmd) -> Result {
        let def = command.def.as_ref().and_then(|def| def.node.as_ref());
        let items = match def {
            Some(NodeEnum::List(list)) => &list.items[..],
            _ => &[],
        };
        let refuse = |command: Type| match super::allowed::refusal(command, &index.name, self.version()) {
            Some(message) => self.fail("42809", message, self.token(&index.name)),
            None => Err(Stop::Unsure),
        };
        match command.subtype() {
            Type::AtSetRelOptions if table.kind == RelationKind::PartitionedTable && self.version() >= 15 => {
                let message = format!("ALTER action SET cannot be performed on relation \"{}\"", index.name);
                self.fail("42809", message, self.token(&index.name))
            }
            Type::AtSetRelOptions => self.check_index_storage(&index.method, items),
            Type::AtResetRelOptions => self.check_reset(items),
            Type::AtSetTableSpace if command.name == "pg_global" => self.can_be_kept_in(&command.name, false),
            Type::AtSetStatistics => self.statistics_of_index(index, command),
            Type::AtAttachPartition if table.kind != RelationKind::PartitionedTable => {
                refuse(Type::AtAttachPartition)
            }
            Type::AtAttachPartition => match def {
                Some(NodeEnum::PartitionCmd(partition)) if partition.bound.is_some() => {
                    let message = format!("\"{}\" is not a partitioned table", index.name);
                    self.fail("42P17", message, self.token(&index.name))
                }
                Some(NodeEnum::PartitionCmd(partition)) => self.attach_index(table, index, partition),
                _ => Ok(()),
            },
            Type::AtSetTableSpace | Type::AtChangeOwner | Type::AtAlterConstraint => Ok(()),
            other => refuse(other),
        }
    }

    /// ALTER COLUMN … SET STATISTICS: an index has them of its expressions only (`ATExecSetStatistics`).
    fn statistics_of_index(&self, index: &Index, command: &AlterTableCmd) -> Result {
        let name = &index.name;
        let is_it =
            |key: &IndexKey| matches!(&key.target, IndexTarget::Column(name) if **name == *command.name);
        let number = match command.name.as_str() {
            "" => usize::try_from(command.num).unwrap_or_default(),
            _ => index.keys.iter().position(is_it).map_or(0, |n| n + 1),
        };
        let at = self.token(name);
        let (code, message) = match number.checked_sub(1).map(|n| (index.keys.get(n), n)) {
            Some((Some(IndexKey { target: IndexTarget::Expression(_), .. }), _)) => return Ok(()),
            Some((Some(IndexKey { target: IndexTarget::Column(column), .. }), _)) => {
                let what = "cannot alter statistics on non-expression column";
                ("0A000", format!("{what} \"{column}\" of index \"{name}\""))
            }
            Some((None, n)) => match index.include.get(n - index.keys.len()) {
                Some(column) => {
                    let what = "cannot alter statistics on included column";
                    ("0A000", format!("{what} \"{column}\" of index \"{name}\""))
                }
                None => ("42703", format!("column number {number} of relation \"{name}\" does not exist")),
            },
            None => return Ok(()),
        };
        self.fail(code, message, at)
    }

    /// ATTACH PARTITION: a parent's index is valid once every partition has its part of it
    /// (`ATExecAttachPartitionIdx`).
    fn attach_index(&mut self, table: &Arc<Relation>, index: &Index, command: &PartitionCmd) -> Result {
        if let Some(range) = &command.name {
            self.can_attach_index(table, index, range)?;
        }
        let mut next = Some((table.qualified_name(), Arc::new(index.clone())));
        while let Some((table, index)) = next.take() {
            let complete = self.children(&table).iter().all(|child| {
                let relation = self.catalog.relation(Some(&child.schema), &child.name);
                relation.is_some_and(|r| r.indexes.iter().any(|own| own.valid && own.serves_as(&index)))
            });
            if !complete || index.valid {
                break;
            }
            let valid = Index { valid: true, ..Index::clone(&index) };
            self.schema(&table.schema)?.put_index(&table.name, valid);
            // A parent may have waited for this one.
            let parents =
                &self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.parents;
            next = parents.first().and_then(|parent| {
                let relation = self.catalog.relation(Some(&parent.schema), &parent.name)?;
                let waiting =
                    relation.indexes.iter().find(|theirs| !theirs.valid && index.serves_as(theirs))?;
                Some((parent.clone(), waiting.clone()))
            });
        }
        Ok(())
    }

    fn can_attach_index(&self, table: &Relation, index: &Index, range: &RangeVar) -> Result {
        let schema = schema_of(range);
        let at = offset(range.location);
        let Some((below, own)) = self.catalog.index(schema, &range.relname) else {
            if self.catalog.relation(schema, &range.relname).is_some() {
                return self.fail("42P17", format!("\"{}\" is not an index", range.relname), at);
            }
            return self.missing_relation(range);
        };
        let message =
            || format!("cannot attach index \"{}\" as a partition of index \"{}\"", own.name, index.name);
        if !below.parents.contains(&table.qualified_name()) {
            return self.fail("55000", message(), at);
        }
        let differs = own.method != index.method
            || own.unique != index.unique
            || own.keys.len() != index.keys.len()
            || own.include != index.include
            || own.keys.iter().zip(&index.keys).any(|(own, theirs)| {
                own.target != theirs.target || is_pattern_class(own) != is_pattern_class(theirs)
            })
            || own.predicate != index.predicate
            || index.is_constraint && !own.is_constraint
            || self.excludes_otherwise(below, own, table, index);
        if !differs {
            return Ok(());
        }
        // Of a valid one each partition has its part already, for which PostgreSQL looks first.
        self.fail(if index.valid { "55000" } else { "42P17" }, message(), at)
    }

    fn excludes_otherwise(&self, below: &Relation, own: &Index, table: &Relation, index: &Index) -> bool {
        let excludes = |relation: &Relation, index: &Index| {
            let constraint = relation.constraint(&index.name).filter(|_| index.is_constraint)?;
            (constraint.kind == ConstraintKind::Exclusion).then(|| constraint.definition.clone())
        };
        match (excludes(below, own), excludes(table, index)) {
            (Some(own), Some(theirs)) => own != theirs,
            (own, theirs) => own.is_some() != theirs.is_some(),
        }
    }

    /// What DROP INDEX CONCURRENTLY does not do.
    pub(super) fn can_drop_concurrently(&self, s: &DropStmt) -> Result {
        let is_index = |parts: &[&str]| {
            let (schema, name) = split_name(parts);
            let (table, index) = self.catalog.index(schema, name)?;
            // What is temporary is dropped as always.
            let is_whole = table.kind == RelationKind::PartitionedTable;
            (is_whole && table.persistence != Persistence::Temporary).then(|| index.name.clone())
        };
        let named = s.objects.iter().find_map(|object| is_index(&strings(list(object))));
        let message = if s.objects.len() > 1 {
            "DROP INDEX CONCURRENTLY does not support dropping multiple objects".to_owned()
        } else if s.behavior() == crate::syntax::ast::DropBehavior::DropCascade {
            "DROP INDEX CONCURRENTLY does not support CASCADE".to_owned()
        } else if let Some(name) = named {
            format!("cannot drop partitioned index \"{name}\" concurrently")
        } else {
            return Ok(());
        };
        self.fail("0A000", message, self.token("concurrently"))
    }

    /// PostgreSQL's error for an index that is a part of a partitioned one.
    pub(super) fn is_part_of_index(&self, table: &QualifiedName, index: &Index) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.partition_bound.is_none() {
            return Ok(());
        }
        for parent in &relation.parents {
            let Some(parent) = self.catalog.relation(Some(&parent.schema), &parent.name) else { continue };
            let whole: Vec<_> = parent.indexes.iter().filter(|theirs| index.serves_as(theirs)).collect();
            let own = relation.indexes.iter().filter(|own| whole.iter().any(|theirs| own.serves_as(theirs)));
            // One that waits for its parts may have none yet, and of several one may be spare.
            if let [whole] = whole.as_slice()
                && whole.valid
                && own.count() == 1
            {
                let message =
                    format!("cannot drop index {} because index {} requires it", index.name, whole.name);
                return self.fail("2BP01", message, self.token(&index.name));
            }
        }
        Ok(())
    }

    /// REINDEX of what is no index, or no table.
    pub(super) fn reindex(&self, s: &ReindexStmt) -> Result {
        self.has_options("REINDEX", &s.params, &["verbose", "concurrently"], &["tablespace"])?;
        if s.kind() == ReindexObjectType::ReindexObjectSchema {
            return self.has_schema(&s.name).map(drop);
        }
        let Some(range) = &s.relation else { return Ok(()) };
        let schema = schema_of(range);
        let name = &range.relname;
        let is_index = self.catalog.index(schema, name).is_some();
        let relation = self.catalog.relation(schema, name);
        let at = offset(range.location);
        let is_table = relation.is_some_and(|relation| {
            matches!(
                relation.kind,
                RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView
            )
        });
        match s.kind() {
            ReindexObjectType::ReindexObjectIndex if is_index => Ok(()),
            ReindexObjectType::ReindexObjectIndex if relation.is_some() => {
                self.fail("42809", format!("\"{name}\" is not an index"), at)
            }
            ReindexObjectType::ReindexObjectTable if is_table => Ok(()),
            ReindexObjectType::ReindexObjectTable if relation.is_some() || is_index => {
                self.fail("42809", format!("\"{name}\" is not a table or materialized view"), at)
            }
            ReindexObjectType::ReindexObjectIndex | ReindexObjectType::ReindexObjectTable
                if find::sure_of(&self.catalog, schema, name) =>
            {
                self.missing_relation(range)
            }
            _ => Ok(()),
        }
    }
}

/// Whether a key is kept in the order of its bytes, as LIKE needs it, which is another family's.
fn is_pattern_class(key: &IndexKey) -> bool {
    key.opclass.as_ref().is_some_and(|class| class.ends_with("pattern_ops"))
}
