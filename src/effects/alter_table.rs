//! ALTER TABLE: the lock of each subcommand and what it does (AlterTableGetLockLevel, ATPrepCmd in tablecmds.c).

use crate::catalog::RelationKind;
use crate::catalog::model::Persistence;
use crate::syntax::ast::{self, AlterTableType as At, ConstrType, NodeEnum, ObjectType};

use super::builder::{Builder, Target};
use super::{LockMode, Role};

/// Settings of tables whose change takes only SHARE UPDATE EXCLUSIVE (reloptions.c); others take ACCESS EXCLUSIVE.
const QUIET_OPTIONS: &[&str] = &[
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "vacuum_index_cleanup",
    "vacuum_truncate",
    "vacuum_max_eager_freeze_failure_rate",
    "deduplicate_items",
    "log_autovacuum_min_duration",
];

impl<'a> Builder<'a> {
    pub fn alter_table(&mut self, s: &ast::AlterTableStmt) {
        let Some(range) = &s.relation else { return };
        let commands: Vec<&ast::AlterTableCmd> = (s.cmds.iter())
            .filter_map(|node| match node.node.as_ref()? {
                NodeEnum::AlterTableCmd(command) => Some(&**command),
                _ => None,
            })
            .collect();
        let mode = commands.iter().map(|command| lock_level(command)).max();
        let mode = mode.unwrap_or(LockMode::AccessExclusive);
        match ObjectType::try_from(s.objtype) {
            Ok(ObjectType::ObjectIndex) => return self.alter_index(range, mode),
            // A composite type's own relation is no table.
            Ok(ObjectType::ObjectType) => return,
            _ => {}
        }
        let target = self.target(range);
        if s.missing_ok && self.surely_missing(&target) {
            return;
        }
        if target.relation.is_none() && self.index_of(range).is_some() {
            return self.alter_index(range, mode);
        }
        self.lock(&target, mode, Role::Subject);
        for command in commands {
            let Ok(subtype) = At::try_from(command.subtype) else { continue };
            if range.inh && self.recurses(subtype, command, &target) {
                for child in self.descendants(&target.name) {
                    self.lock(&child, mode, Role::Child);
                }
            }
            self.subcommand(subtype, command, &target, range.inh);
        }
    }

    /// ALTER INDEX locks the index alone; its table goes on as it is.
    fn alter_index(&mut self, range: &ast::RangeVar, mode: LockMode) {
        match self.index_of(range) {
            Some((table, index)) => {
                let name = crate::catalog::QualifiedName::new(table.name.schema, index.name.clone());
                self.lock_name(&name, mode, Role::Index);
            }
            None => {
                let name = self.target(range).name;
                self.lock_name(&name, mode, Role::Index);
            }
        }
    }

    /// Whether a subcommand goes on to partitions and children (ATSimpleRecursion and its kin in ATPrepCmd).
    fn recurses(&self, subtype: At, command: &ast::AlterTableCmd, target: &Target<'_>) -> bool {
        let partitioned = target.kind() == Some(RelationKind::PartitionedTable);
        match subtype {
            At::AtAddColumn
            | At::AtColumnDefault
            | At::AtSetNotNull
            | At::AtSetExpression
            | At::AtDropExpression
            | At::AtSetStatistics
            | At::AtSetStorage
            | At::AtSetCompression
            | At::AtDropColumn
            | At::AtAlterColumnType => true,
            // Since 18 a column that may be null already is left alone, and its children with it.
            At::AtDropNotNull => {
                self.version < 180000
                    || target
                        .relation
                        .and_then(|relation| relation.column(&command.name))
                        .is_none_or(|column| column.not_null)
            }
            // A partition's identity follows its parent's since 17.
            At::AtAddIdentity | At::AtSetIdentity | At::AtDropIdentity => {
                partitioned && self.version >= 170000
            }
            At::AtAddConstraint => match constraint(command) {
                Some(constraint) => match ConstrType::try_from(constraint.contype) {
                    // Since 18 the children are locked before it is looked whether they are meant.
                    Ok(ConstrType::ConstrCheck | ConstrType::ConstrNotnull) => {
                        !constraint.is_no_inherit || self.version >= 180000
                    }
                    Ok(ConstrType::ConstrForeign) => partitioned,
                    _ => false,
                },
                None => false,
            },
            At::AtValidateConstraint | At::AtDropConstraint | At::AtAlterConstraint => true,
            // Triggers of a partitioned table have copies on each partition, if they fire for rows.
            At::AtEnableTrig
            | At::AtEnableAlwaysTrig
            | At::AtEnableReplicaTrig
            | At::AtEnableTrigAll
            | At::AtEnableTrigUser
            | At::AtDisableTrig
            | At::AtDisableTrigAll
            | At::AtDisableTrigUser => {
                partitioned && target.relation.is_some_and(|relation| !relation.triggers.is_empty())
            }
            _ => false,
        }
    }

    fn subcommand(&mut self, subtype: At, command: &ast::AlterTableCmd, target: &Target<'a>, recurse: bool) {
        match subtype {
            At::AtAddColumn => self.add_column(command, target, recurse),
            At::AtDropColumn => self.drop_column(command, target, recurse),
            At::AtAlterColumnType => self.alter_column_type(command, target, recurse),
            At::AtSetNotNull => self.set_not_null(&command.name, target, recurse),
            At::AtSetExpression => {
                for table in self.family(target, recurse) {
                    self.rewrite(&table);
                }
            }
            At::AtAddConstraint => {
                if let Some(constraint) = constraint(command) {
                    self.add_constraint(constraint, target, recurse);
                }
            }
            At::AtValidateConstraint => self.validate_constraint(&command.name, target, recurse),
            At::AtDropConstraint => self.drop_constraint(command, target),
            At::AtAlterConstraint => self.alter_constraint(command, target),
            At::AtAttachPartition => self.attach_partition(command, target),
            At::AtDetachPartition | At::AtDetachPartitionFinalize => {
                self.detach_partition(subtype, command, target);
            }
            At::AtSetLogged | At::AtSetUnLogged => {
                let wanted = match subtype {
                    At::AtSetLogged => Persistence::Permanent,
                    _ => Persistence::Unlogged,
                };
                match target.relation {
                    Some(relation) if relation.persistence == wanted => {}
                    Some(_) => self.rewrite(target),
                    None => self.may_rewrite(target, "unless it is so already"),
                }
            }
            At::AtSetAccessMethod => match command.name.as_str() {
                // The method that a table has is not part of the catalog; nearly always it is heap.
                "heap" | "" => {}
                _ => self.may_rewrite(target, "unless it has that access method already"),
            },
            // The table's files move to another directory; its indexes stay where they are.
            At::AtSetTableSpace if command.name != "pg_default" => {
                self.may_rewrite(target, "(its files are copied) unless it is in that tablespace already");
            }
            At::AtAddInherit | At::AtDropInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = command.def.as_ref().and_then(|d| d.node.as_ref()) {
                    let parent = self.target(parent);
                    let mode = match subtype {
                        At::AtAddInherit => LockMode::ShareUpdateExclusive,
                        _ => LockMode::AccessShare,
                    };
                    self.lock(&parent, mode, Role::Parent);
                }
            }
            _ => {}
        }
    }
}

pub(super) fn constraint(command: &ast::AlterTableCmd) -> Option<&ast::Constraint> {
    match command.def.as_ref()?.node.as_ref()? {
        NodeEnum::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

/// AlterTableGetLockLevel.
fn lock_level(command: &ast::AlterTableCmd) -> LockMode {
    let Ok(subtype) = At::try_from(command.subtype) else { return LockMode::AccessExclusive };
    match subtype {
        At::AtEnableTrig
        | At::AtEnableAlwaysTrig
        | At::AtEnableReplicaTrig
        | At::AtEnableTrigAll
        | At::AtEnableTrigUser
        | At::AtDisableTrig
        | At::AtDisableTrigAll
        | At::AtDisableTrigUser => LockMode::ShareRowExclusive,
        At::AtAddConstraint => match constraint(command).map(|constraint| constraint.contype) {
            Some(kind) if kind == ConstrType::ConstrForeign as i32 => LockMode::ShareRowExclusive,
            _ => LockMode::AccessExclusive,
        },
        At::AtSetStatistics
        | At::AtClusterOn
        | At::AtDropCluster
        | At::AtSetOptions
        | At::AtResetOptions
        | At::AtValidateConstraint
        | At::AtAttachPartition
        | At::AtDetachPartitionFinalize => LockMode::ShareUpdateExclusive,
        At::AtDetachPartition => match command.def.as_ref().and_then(|def| def.node.as_ref()) {
            Some(NodeEnum::PartitionCmd(partition)) if partition.concurrent => LockMode::ShareUpdateExclusive,
            _ => LockMode::AccessExclusive,
        },
        At::AtSetRelOptions | At::AtResetRelOptions | At::AtReplaceRelOptions => {
            let quiet =
                super::builder::list(command.def.as_deref()).iter().all(|option| match &option.node {
                    Some(NodeEnum::DefElem(option)) => {
                        QUIET_OPTIONS.contains(&option.defname.as_str())
                            || option.defname.starts_with("autovacuum_")
                    }
                    _ => false,
                });
            if quiet { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive }
        }
        _ => LockMode::AccessExclusive,
    }
}
