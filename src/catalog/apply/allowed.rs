//! Which of ALTER TABLE's commands a relation's kind takes (`ATSimplePermissions`), and what inheritance and types allow
//! of a column.

use crate::syntax::ast::AlterTableType as Type;

use super::super::model::*;
use super::{Fold, Result, Stop};

const TABLES: &[RelationKind] =
    &[RelationKind::Table, RelationKind::PartitionedTable, RelationKind::ForeignTable];

/// What a command is called in PostgreSQL's messages, and the kinds that take it.
fn rule(command: Type) -> Option<(&'static str, Vec<RelationKind>)> {
    use RelationKind::*;
    let tables_and = |more: &[RelationKind]| [TABLES, more].concat();
    Some(match command {
        Type::AtAddColumn => ("ADD COLUMN", tables_and(&[CompositeType])),
        Type::AtDropColumn => ("DROP COLUMN", tables_and(&[CompositeType])),
        Type::AtColumnDefault => ("ALTER COLUMN ... SET DEFAULT", tables_and(&[View])),
        Type::AtSetNotNull => ("ALTER COLUMN ... SET NOT NULL", tables_and(&[])),
        Type::AtDropNotNull => ("ALTER COLUMN ... DROP NOT NULL", tables_and(&[])),
        Type::AtSetExpression => ("ALTER COLUMN ... SET EXPRESSION", tables_and(&[])),
        Type::AtDropExpression => ("ALTER COLUMN ... DROP EXPRESSION", tables_and(&[])),
        Type::AtSetStatistics => ("ALTER COLUMN ... SET STATISTICS", tables_and(&[MaterializedView])),
        Type::AtSetOptions => ("ALTER COLUMN ... SET", tables_and(&[MaterializedView])),
        Type::AtResetOptions => ("ALTER COLUMN ... RESET", tables_and(&[MaterializedView])),
        Type::AtSetStorage => ("ALTER COLUMN ... SET STORAGE", tables_and(&[MaterializedView])),
        Type::AtSetCompression => {
            ("ALTER COLUMN ... SET COMPRESSION", vec![Table, PartitionedTable, MaterializedView])
        }
        Type::AtAlterColumnType => ("ALTER COLUMN ... SET DATA TYPE", tables_and(&[CompositeType])),
        Type::AtAddConstraint => ("ADD CONSTRAINT", tables_and(&[])),
        Type::AtDropConstraint => ("DROP CONSTRAINT", tables_and(&[])),
        Type::AtAlterConstraint => ("ALTER CONSTRAINT", tables_and(&[])),
        Type::AtValidateConstraint => ("VALIDATE CONSTRAINT", tables_and(&[])),
        Type::AtAddIdentity => ("ALTER COLUMN ... ADD IDENTITY", tables_and(&[View])),
        Type::AtAddInherit => ("INHERIT", tables_and(&[])),
        Type::AtDropInherit => ("NO INHERIT", tables_and(&[])),
        Type::AtReplicaIdentity => ("REPLICA IDENTITY", vec![Table, PartitionedTable, MaterializedView]),
        Type::AtEnableRowSecurity => ("ENABLE ROW SECURITY", vec![Table, PartitionedTable]),
        Type::AtDisableRowSecurity => ("DISABLE ROW SECURITY", vec![Table, PartitionedTable]),
        Type::AtAddOf => ("OF", vec![Table, PartitionedTable]),
        Type::AtDropOf => ("NOT OF", vec![Table, PartitionedTable]),
        Type::AtGenericOptions => ("OPTIONS", vec![ForeignTable]),
        Type::AtAlterColumnGenericOptions => ("ALTER COLUMN ... OPTIONS", vec![ForeignTable]),
        Type::AtSetRelOptions => ("SET", vec![Table, PartitionedTable, View, MaterializedView]),
        Type::AtResetRelOptions => ("RESET", vec![Table, PartitionedTable, View, MaterializedView]),
        Type::AtSetLogged => ("SET LOGGED", vec![Table, PartitionedTable, Sequence]),
        Type::AtSetUnLogged => ("SET UNLOGGED", vec![Table, PartitionedTable, Sequence]),
        Type::AtEnableTrigAll => ("ENABLE TRIGGER ALL", tables_and(&[])),
        Type::AtEnableTrigUser => ("ENABLE TRIGGER USER", tables_and(&[])),
        Type::AtDisableTrigAll => ("DISABLE TRIGGER ALL", tables_and(&[])),
        Type::AtDisableTrigUser => ("DISABLE TRIGGER USER", tables_and(&[])),
        Type::AtEnableTrig => ("ENABLE TRIGGER", tables_and(&[])),
        Type::AtEnableAlwaysTrig => ("ENABLE ALWAYS TRIGGER", tables_and(&[])),
        Type::AtEnableReplicaTrig => ("ENABLE REPLICA TRIGGER", tables_and(&[])),
        Type::AtDisableTrig => ("DISABLE TRIGGER", tables_and(&[])),
        Type::AtEnableRule => ("ENABLE RULE", vec![Table, PartitionedTable]),
        Type::AtEnableAlwaysRule => ("ENABLE ALWAYS RULE", vec![Table, PartitionedTable]),
        Type::AtEnableReplicaRule => ("ENABLE REPLICA RULE", vec![Table, PartitionedTable]),
        Type::AtDisableRule => ("DISABLE RULE", vec![Table, PartitionedTable]),
        Type::AtSetAccessMethod => ("SET ACCESS METHOD", vec![Table, PartitionedTable, MaterializedView]),
        Type::AtDropOids => ("SET WITHOUT OIDS", tables_and(&[])),
        Type::AtSetTableSpace => ("SET TABLESPACE", vec![Table, PartitionedTable, MaterializedView]),
        Type::AtClusterOn => ("CLUSTER ON", vec![Table, PartitionedTable, MaterializedView]),
        Type::AtDropCluster => ("SET WITHOUT CLUSTER", vec![Table, PartitionedTable, MaterializedView]),
        _ => return None,
    })
}

/// PostgreSQL's message for a command that a relation of another kind does not take, or an index; nothing where that is
/// not known of an older version.
pub(super) fn refusal(command: Type, name: &str, major: u32) -> Option<String> {
    let (action, kinds) = match command {
        Type::AtAttachPartition => ("ATTACH PARTITION", vec![]),
        Type::AtDetachPartition => ("DETACH PARTITION", vec![RelationKind::Table]),
        _ => rule(command)?,
    };
    if major >= 15 {
        return Some(format!("ALTER action {action} cannot be performed on relation \"{name}\""));
    }
    // In their order in the older messages (`ATWrongRelkindError`).
    const WORDS: [(RelationKind, &str); 5] = [
        (RelationKind::Table, "table"),
        (RelationKind::View, "view"),
        (RelationKind::MaterializedView, "materialized view"),
        (RelationKind::CompositeType, "composite type"),
        (RelationKind::ForeignTable, "foreign table"),
    ];
    let words: Vec<&str> =
        WORDS.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, word)| *word).collect();
    let words = match (command, words.as_slice()) {
        (Type::AtAttachPartition, _) => "table or partitioned index".to_owned(),
        // These take indexes too, or say nothing of what they take.
        (
            Type::AtSetStatistics | Type::AtSetRelOptions | Type::AtResetRelOptions | Type::AtSetTableSpace,
            _,
        )
        | (_, []) => return None,
        (_, [only]) => (*only).to_owned(),
        (_, [one, other]) => format!("{one} or {other}"),
        (_, [first @ .., last]) => format!("{}, or {last}", first.join(", ")),
    };
    Some(format!("\"{name}\" is not a {words}"))
}

impl Fold<'_> {
    pub(super) fn takes_command(&self, table: &QualifiedName, command: Type) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let is_partitioned = relation.kind == RelationKind::PartitionedTable;
        let (action, fits) = match command {
            // Before PostgreSQL 18 these did nothing to a partitioned table.
            Type::AtSetLogged if is_partitioned && !self.catalog.is_older_than(18) => ("SET LOGGED", false),
            Type::AtSetUnLogged if is_partitioned && !self.catalog.is_older_than(18) => {
                ("SET UNLOGGED", false)
            }
            Type::AtAttachPartition => ("ATTACH PARTITION", is_partitioned),
            Type::AtDetachPartition => ("DETACH PARTITION", is_partitioned),
            _ => match rule(command) {
                Some((action, kinds)) => (action, kinds.contains(&relation.kind)),
                None => return Ok(()),
            },
        };
        if fits {
            return Ok(());
        }
        let name = &relation.name;
        let is_attach = matches!(command, Type::AtAttachPartition | Type::AtDetachPartition);
        if is_attach && relation.kind == RelationKind::Table && self.catalog.is_older_than(16) {
            return self.fail("42P17", format!("table \"{name}\" is not partitioned"), self.token(name));
        }
        let message = match self.catalog.is_older_than(15) {
            true => refusal(command, name, self.version()).ok_or(Stop::Unsure)?,
            false => format!("ALTER action {action} cannot be performed on relation \"{name}\""),
        };
        self.fail("42809", message, self.token(name))
    }

    /// What keeps a column from being added to a table.
    pub(super) fn can_add_column(&self, relation: &Relation, name: &str, recurse: bool) -> Result {
        let has_children = relation.kind != RelationKind::CompositeType
            && !self.children(&relation.qualified_name()).is_empty();
        let (code, message) = if relation.of_type.is_some() {
            ("42809", "cannot add column to typed table")
        } else if relation.partition_bound.is_some() {
            ("42809", "cannot add column to a partition")
        } else if !recurse && has_children {
            ("42P16", "column must be added to child tables too")
        } else {
            return Ok(());
        };
        self.fail(code, message.into(), self.token(name))
    }

    fn has_column(&self, table: &QualifiedName, column: &str) -> bool {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        relation.is_some_and(|relation| relation.column(column).is_some())
    }

    /// PostgreSQL's error for the type of a column that a parent or a partition key has (`ATPrepAlterColumnType`).
    pub(super) fn can_have_own_type(
        &self,
        table: &QualifiedName,
        column: &str,
        recurse: bool,
        is_transformed: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let at = self.token(column);
        if relation.of_type.is_some() {
            return self.fail("42809", "cannot alter column type of typed table".into(), at);
        }
        if self.is_inherited_column(table, column) {
            return self.fail("42P16", format!("cannot alter inherited column \"{column}\""), at);
        }
        if self.is_partition_key(table, column) {
            let message = format!(
                "cannot alter column \"{column}\" because it is part of the partition key of relation \"{}\"",
                relation.name
            );
            return self.fail("42P16", message, at);
        }
        let is_type = relation.kind == RelationKind::CompositeType;
        if !recurse && !is_type && !self.children(table).is_empty() {
            let message =
                format!("type of inherited column \"{column}\" must be changed in child tables too");
            return self.fail("42P16", message, at);
        }
        let heirs = self.heirs(table);
        // What has no rows here has none to be made anew.
        let is_elsewhere = |name: &&QualifiedName| {
            let relation = self.catalog.relation(Some(&name.schema), &name.name);
            relation.is_some_and(|relation| relation.kind == RelationKind::ForeignTable)
        };
        if is_transformed && let Some(foreign) = heirs.iter().find(is_elsewhere) {
            return self.fail("42809", format!("\"{}\" is not a table", foreign.name), at);
        }
        // A child may have it from another parent too.
        for heir in heirs.iter().filter(|heir| *heir != table) {
            let relation = self.catalog.relation(Some(&heir.schema), &heir.name).ok_or(Stop::Unsure)?;
            let mut others = relation.parents.iter().filter(|parent| !heirs.contains(parent));
            if others.any(|parent| self.has_column(parent, column)) {
                let message =
                    format!("cannot alter inherited column \"{column}\" of relation \"{}\"", heir.name);
                return self.fail("42P16", message, at);
            }
        }
        Ok(())
    }

    /// Since PostgreSQL 17 an identity is that of the whole partitioned table.
    pub(super) fn can_change_identity(
        &self,
        table: &QualifiedName,
        column: &str,
        command: Type,
        recurse: bool,
        missing_ok: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let at = self.token(column);
        let what = match command {
            Type::AtAddIdentity => "add identity to a",
            Type::AtDropIdentity => "drop identity from a",
            _ => "change identity",
        };
        if !self.catalog.is_older_than(17) {
            if relation.kind == RelationKind::PartitionedTable && !recurse && !self.children(table).is_empty()
            {
                let message = format!("cannot {what} column of only the partitioned table");
                return self.fail("42P16", message, at);
            }
            if relation.partition_bound.is_some() {
                return self.fail("42P16", format!("cannot {what} column of a partition"), at);
            }
        }
        let is_identity = relation.column(column).is_none_or(|column| column.identity.is_some());
        if is_identity || command == Type::AtAddIdentity || missing_ok {
            return Ok(());
        }
        let message =
            format!("column \"{column}\" of relation \"{}\" is not an identity column", relation.name);
        self.fail("55000", message, at)
    }

    /// PostgreSQL's errors for a table that is to inherit from another (`ATPrepAddInherit`, `ATExecAddInherit`).
    pub(super) fn can_inherit(&self, child: &Relation, parent: &Relation, at: Option<usize>) -> Result {
        let is_temporary = |relation: &Relation| relation.persistence == Persistence::Temporary;
        let kinds = [RelationKind::Table, RelationKind::PartitionedTable, RelationKind::ForeignTable];
        let message = if child.of_type.is_some() {
            "cannot change inheritance of typed table".to_owned()
        } else if child.partition_bound.is_some() {
            "cannot change inheritance of a partition".to_owned()
        } else if child.kind == RelationKind::PartitionedTable {
            "cannot change inheritance of partitioned table".to_owned()
        } else if !kinds.contains(&parent.kind) {
            match self.version() {
                ..15 => format!("\"{}\" is not a table or foreign table", parent.name),
                15.. => format!("ALTER action INHERIT cannot be performed on relation \"{}\"", parent.name),
            }
        } else if is_temporary(parent) && !is_temporary(child) {
            format!("cannot inherit from temporary relation \"{}\"", parent.name)
        } else if parent.kind == RelationKind::PartitionedTable {
            format!("cannot inherit from partitioned table \"{}\"", parent.name)
        } else if parent.partition_bound.is_some() {
            "cannot inherit from a partition".to_owned()
        } else {
            return Ok(());
        };
        self.fail("42809", message, at)
    }

    /// PostgreSQL's errors for what a partitioned table cannot be.
    pub(super) fn can_be_partitioned(
        &self,
        relation: &Relation,
        spec: &crate::syntax::ast::PartitionSpec,
        at: Option<usize>,
    ) -> Result {
        use crate::syntax::ast::PartitionStrategy;
        if spec.strategy() == PartitionStrategy::List && spec.part_params.len() > 1 {
            let message = "cannot use \"list\" partition strategy with more than one column";
            return self.fail("42P17", message.into(), at);
        }
        if self.catalog.is_older_than(18) {
            return Ok(());
        }
        if relation.persistence == Persistence::Unlogged {
            return self.fail("0A000", "partitioned tables cannot be unlogged".into(), at);
        }
        Ok(())
    }
}
