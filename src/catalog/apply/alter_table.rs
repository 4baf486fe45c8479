//! ALTER TABLE and its like for views, indexes, sequences and composite types: the commands.

use crate::syntax::ast::{
    AlterTableCmd, AlterTableStmt, AlterTableType as Type, DropBehavior, NodeEnum, ObjectType, RangeVar,
};

use super::super::model::*;
use super::{Fold, Result, Stop};

impl Fold<'_> {
    pub(super) fn alter_table(&mut self, s: &AlterTableStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let schema = super::schema_of(range);
        let is_index = self.catalog.relation(schema, &range.relname).is_none()
            && self.catalog.index(schema, &range.relname).is_some();
        if s.objtype() == ObjectType::ObjectIndex || s.objtype() == ObjectType::ObjectTable && is_index {
            return self.alter_index(range, s);
        }
        let name = match self.find_if(range, s.missing_ok)? {
            Some(name) => name,
            None => return Ok(()),
        };
        self.alters_its_kind(range, s.objtype())?;
        let commands = s.cmds.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::AlterTableCmd(command)) => Some(command.as_ref()),
            _ => None,
        });
        let mut commands: Vec<&AlterTableCmd> = commands.collect();
        // PostgreSQL works in passes (AlterTablePass): what is dropped goes before what is added.
        commands.sort_by_key(|command| pass(command.subtype()));
        if commands.iter().filter(|command| command.subtype() == Type::AtSetTableSpace).count() > 1 {
            let message = "cannot have multiple SET TABLESPACE subcommands".into();
            return self.fail("42601", message, self.token(&range.relname));
        }
        // Constraints in a column's definition come after all columns.
        let mut later = Vec::new();
        for command in commands {
            if pass(command.subtype()) > pass(Type::AtAddColumn) {
                for later in std::mem::take(&mut later) {
                    self.added_column_constraints(&name, later)?;
                }
            }
            if let Some(constraints) = self.command(&name, command, range)? {
                later.push(constraints);
            }
        }
        for later in later {
            self.added_column_constraints(&name, later)?;
        }
        Ok(())
    }

    /// Whether it is a composite type that has typed tables, which change with it if CASCADE says so.
    pub(super) fn is_type_of_tables(&self, name: &QualifiedName, cascade: bool) -> Result<bool> {
        let relation = self.catalog.relation(Some(&name.schema), &name.name).ok_or(Stop::Unsure)?;
        if relation.kind != RelationKind::CompositeType || self.children(name).is_empty() {
            return Ok(false);
        }
        if !cascade {
            let message =
                format!("cannot alter type \"{}\" because it is the type of a typed table", name.name);
            return self.fail("2BP01", message, self.token(&name.name));
        }
        Ok(true)
    }

    fn is_typed(&self, table: &QualifiedName) -> bool {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        relation.is_some_and(|relation| relation.of_type.is_some())
    }

    fn is_temporary(&self, table: &QualifiedName) -> bool {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        relation.is_some_and(|relation| relation.persistence == Persistence::Temporary)
    }

    pub(super) fn is_inherited_column(&self, table: &QualifiedName, column: &str) -> bool {
        self.any_parent(table, |parent| parent.column(column).is_some())
    }

    /// Whether a partition's key or foreign key is its part of the table's.
    fn is_inherited_key(&self, table: &QualifiedName, name: &str) -> bool {
        let Some(relation) = self.catalog.relation(Some(&table.schema), &table.name) else { return false };
        let Some(own) = relation.constraint(name).filter(|_| relation.partition_bound.is_some()) else {
            return false;
        };
        let kinds = [ConstraintKind::PrimaryKey, ConstraintKind::Unique, ConstraintKind::ForeignKey];
        kinds.contains(&own.kind)
            && self.any_parent(table, |parent| {
                parent.constraints.iter().any(|theirs| {
                    // An index that waits for those of the partitions may not be this one's.
                    let waits = |index: &std::sync::Arc<Index>| index.name == theirs.name && !index.valid;
                    theirs.kind == own.kind
                        && theirs.columns == own.columns
                        && theirs.foreign == own.foreign
                        && !parent.indexes.iter().any(waits)
                })
            })
    }

    pub(super) fn any_parent(&self, table: &QualifiedName, test: impl Fn(&Relation) -> bool) -> bool {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        relation.is_some_and(|relation| {
            relation.parents.iter().any(|parent| {
                self.catalog.relation(Some(&parent.schema), &parent.name).is_some_and(|parent| test(parent))
            })
        })
    }

    fn command<'n>(
        &mut self,
        table: &QualifiedName,
        command: &'n AlterTableCmd,
        range: &RangeVar,
    ) -> Result<Option<super::alter_column::Later<'n>>> {
        let def = command.def.as_ref().and_then(|def| def.node.as_ref());
        let cascade = command.behavior() == DropBehavior::DropCascade;
        let is_type = self.is_type_of_tables(table, cascade)?;
        let recurse = range.inh || is_type;
        self.takes_command(table, command.subtype())?;
        match command.subtype() {
            Type::AtAddColumn => return self.add_column(table, command, recurse),
            Type::AtDropColumn if self.is_typed(table) => {
                let message = "cannot drop column from typed table".to_owned();
                return self.fail("42809", message, self.token(&command.name));
            }
            Type::AtDropColumn if self.is_inherited_column(table, &command.name) => {
                let message = format!("cannot drop inherited column \"{}\"", command.name);
                return self.fail("42P16", message, self.token(&command.name));
            }
            Type::AtDropColumn => {
                self.drop_column(table, &command.name, command.missing_ok, cascade, recurse)?
            }
            Type::AtColumnDefault => self.column_default(table, command)?,
            Type::AtSetNotNull => {
                let name = self.existing_column(table, &command.name)?;
                self.set_not_null(table, &name, recurse)?;
            }
            Type::AtDropNotNull => {
                let name = self.existing_column(table, &command.name)?;
                self.drop_not_null(table, &name, recurse)?;
            }
            Type::AtAlterColumnType => self.column_type(table, command, recurse)?,
            Type::AtSetExpression => {
                let name = self.existing_column(table, &command.name)?;
                let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                if relation.column(&name).is_some_and(|column| column.generated.is_none()) {
                    let message = format!(
                        "column \"{name}\" of relation \"{}\" is not a generated column",
                        relation.name
                    );
                    return self.fail("55000", message, self.token(&name));
                }
                self.set_default(table, &name, command.def.as_deref())?;
            }
            Type::AtDropExpression => {
                let name = self.existing_column(table, &command.name)?;
                let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                if self.is_inherited_column(table, &name) {
                    let message = "cannot drop generation expression from inherited column";
                    return self.fail("42P16", message.into(), self.token(&name));
                }
                if relation.column(&name).is_some_and(|column| column.is_virtual()) {
                    let message =
                        "ALTER TABLE / DROP EXPRESSION is not supported for virtual generated columns";
                    return self.fail("0A000", message.into(), self.token(&name));
                }
                if !recurse && !self.children(table).is_empty() {
                    let message = "ALTER TABLE / DROP EXPRESSION must be applied to child tables too";
                    return self.fail("0A000", message.into(), self.token(&name));
                }
                let is_plain = relation.column(&name).is_some_and(|column| column.generated.is_none());
                if is_plain && !command.missing_ok {
                    let what = match self.version() {
                        ..18 => "a stored generated column",
                        18.. => "a generated column",
                    };
                    let message =
                        format!("column \"{name}\" of relation \"{}\" is not {what}", relation.name);
                    return self.fail("55000", message, self.token(&name));
                }
                if let Some(column) = self.relation(table)?.column_mut(&name)
                    && column.generated.take().is_some()
                {
                    column.default = None;
                }
            }
            Type::AtAddIdentity | Type::AtSetIdentity | Type::AtDropIdentity => {
                self.column_identity(table, command, recurse)?;
            }
            Type::AtAddConstraint => {
                if let Some(NodeEnum::Constraint(constraint)) = def {
                    self.alter_add_constraint(table, constraint, recurse)?;
                }
            }
            Type::AtAlterConstraint => self.alter_constraint(table, def)?,
            Type::AtValidateConstraint => self.validate_constraint(table, &command.name, recurse)?,
            Type::AtDropConstraint => {
                let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                let inherited = |own: &Constraint| self.is_inherited_constraint(table, own);
                if relation.constraint(&command.name).is_some_and(|own| inherited(own))
                    || self.is_inherited_key(table, &command.name)
                {
                    self.inherited_constraint(table, &command.name, &command.name)?;
                }
                self.drop_constraint(table, &command.name, command.missing_ok, cascade, recurse)?;
            }
            Type::AtAddInherit | Type::AtDropInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = def {
                    match command.subtype() {
                        Type::AtAddInherit => self.add_parent(table, parent)?,
                        _ => self.remove_parent(table, parent)?,
                    }
                }
            }
            Type::AtAttachPartition => {
                if let Some(NodeEnum::PartitionCmd(partition)) = def {
                    self.attach_partition(table, partition)?;
                }
            }
            Type::AtDetachPartition => {
                if let Some(NodeEnum::PartitionCmd(partition)) = def {
                    self.detach_partition(table, partition)?;
                }
            }
            Type::AtSetLogged | Type::AtSetUnLogged if self.is_temporary(table) => {
                let message = format!(
                    "cannot change logged status of table \"{}\" because it is temporary",
                    table.name
                );
                return self.fail("42P16", message, self.token(&table.name));
            }
            Type::AtSetLogged => {
                self.relation(table)?.persistence = Persistence::Permanent;
                self.spread_persistence(table)?;
            }
            Type::AtSetUnLogged => {
                self.relation(table)?.persistence = Persistence::Unlogged;
                self.spread_persistence(table)?;
            }
            _ => self.property(table, command, def, recurse)?,
        }
        Ok(None)
    }

    pub(super) fn is_no_identity_column(&self, table: &QualifiedName, name: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.column(name).is_none_or(|column| column.identity.is_none()) {
            return Ok(());
        }
        let message = format!("column \"{name}\" of relation \"{}\" is an identity column", table.name);
        self.fail("42601", message, self.token(name))
    }

    fn alter_constraint(&mut self, table: &QualifiedName, def: Option<&NodeEnum>) -> Result {
        if let Some(NodeEnum::AtalterConstraint(alter)) = def
            && alter.alter_inheritability
        {
            return self.alter_inheritability(table, &alter.conname, alter.noinherit);
        }
        if let Some(NodeEnum::AtalterConstraint(alter)) = def
            && alter.alter_enforceability
        {
            let known = self.existing_constraint(table, &alter.conname)?;
            if known.kind != ConstraintKind::ForeignKey {
                let message = format!(
                    "cannot alter enforceability of constraint \"{}\" of relation \"{}\"",
                    known.name, table.name
                );
                return self.fail("42809", message, self.token(&known.name));
            }
        }
        let (name, deferrable, deferred) = match def {
            Some(NodeEnum::Constraint(alter)) => {
                (alter.conname.as_str(), alter.deferrable, alter.initdeferred)
            }
            Some(NodeEnum::AtalterConstraint(alter)) if alter.alter_deferrability => {
                (alter.conname.as_str(), alter.deferrable, alter.initdeferred)
            }
            _ => return Ok(()),
        };
        let mut constraint = Constraint::clone(&*self.existing_constraint(table, name)?);
        if constraint.kind != ConstraintKind::ForeignKey {
            let message = format!(
                "constraint \"{name}\" of relation \"{}\" is not a foreign key constraint",
                table.name
            );
            return self.fail("42809", message, self.token(name));
        }
        let base = constraint.definition.replace(" INITIALLY DEFERRED", "").replace(" DEFERRABLE", "");
        let (base, rest) = match base.strip_suffix(" NOT VALID") {
            Some(base) => (base.to_owned(), " NOT VALID"),
            None => (base, ""),
        };
        constraint.deferrable = deferrable;
        constraint.initially_deferred = deferred;
        let timing = match (deferrable, deferred) {
            (true, true) => " DEFERRABLE INITIALLY DEFERRED",
            (true, false) => " DEFERRABLE",
            _ => "",
        };
        constraint.definition = format!("{base}{timing}{rest}").into();
        self.put_constraint_below(table, constraint, false)
    }

    fn validate_constraint(&mut self, table: &QualifiedName, name: &str, recurse: bool) -> Result {
        let known = self.existing_constraint(table, name)?;
        match (known.kind, known.columns.first()) {
            (ConstraintKind::NotNull, Some(column)) => self.validate_not_null(table, column),
            (ConstraintKind::Check, _) => self.validate_check(table, &known, recurse),
            (ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion, _) => {
                let (name, table) = (&known.name, &table.name);
                let message = match self.version() {
                    ..18 => format!(
                        "constraint \"{name}\" of relation \"{table}\" is not a foreign key or check constraint"
                    ),
                    18.. => format!("cannot validate constraint \"{name}\" of relation \"{table}\""),
                };
                self.fail("42809", message, self.token(name))
            }
            _ => self.put_constraint_below(table, super::check::validated(&known), false),
        }
    }

    fn existing_constraint(&self, table: &QualifiedName, name: &str) -> Result<std::sync::Arc<Constraint>> {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        match relation.constraint(name) {
            Some(constraint) => Ok(constraint.clone()),
            None => self.missing_constraint(relation, name),
        }
    }

    pub(super) fn missing_constraint<T>(&self, relation: &Relation, name: &str) -> Result<T> {
        let message = format!("constraint \"{name}\" of relation \"{}\" does not exist", relation.name);
        self.missing_constraint_as(relation, name, message)
    }

    pub(super) fn missing_constraint_as<T>(
        &self,
        relation: &Relation,
        name: &str,
        message: String,
    ) -> Result<T> {
        // What a child has of its own besides what it inherits, and keeps when the parent's goes, is not kept here.
        if !relation.parents.is_empty() || relation.unknown_columns {
            return Err(Stop::Unsure);
        }
        // A constraint trigger is a constraint too, under a name that may have become another one.
        if relation
            .triggers
            .iter()
            .any(|trigger| trigger.definition.starts_with("CREATE CONSTRAINT TRIGGER "))
        {
            return Err(Stop::Unsure);
        }
        // A NOT NULL whose name is not known: in a catalog that was written down before they were kept.
        let is_unnamed = |column: &Column| column.not_null && relation.not_null(&column.name).is_none();
        if self.has_not_nulls() && relation.columns.iter().any(|column| is_unnamed(column)) {
            return Err(Stop::Unsure);
        }
        self.fail("42704", message, self.token(name))
    }

    fn drop_constraint(
        &mut self,
        table: &QualifiedName,
        name: &str,
        missing_ok: bool,
        cascade: bool,
        recurse: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(constraint) = relation.constraint(name).cloned() else {
            return if missing_ok { Ok(()) } else { self.missing_constraint(&relation, name) };
        };
        if constraint.kind == ConstraintKind::NotNull {
            return self.remove_not_null(table, &constraint, recurse);
        }
        if !cascade {
            self.is_referred_to_by_none(&relation, &constraint)?;
        }
        self.remove_constraint(table, &constraint, cascade)?;
        // A view that groups by a primary key keeps that from being dropped, which is told where its text can be analyzed.
        let may_group = |view: &Relation| {
            let query = view.query.0.as_ref();
            view.reads.contains(table)
                && (view.query_is_stale || query.is_none())
                && query.is_none_or(|query| super::drop::mentions_word(query, "group"))
        };
        if constraint.kind == ConstraintKind::PrimaryKey
            && !cascade
            && self.catalog.mentioning(table).into_iter().any(|view| may_group(view))
        {
            self.relation(table)?.unknown_columns = true;
        }
        if constraint.kind == ConstraintKind::ForeignKey && recurse {
            for child in self.children(table) {
                let inherited = self.catalog.relation(Some(&child.schema), &child.name);
                if inherited.is_some_and(|relation| relation.constraint(name).is_some()) {
                    self.drop_constraint(&child, name, true, cascade, recurse)?;
                }
            }
        }
        if constraint.is_inheritable() {
            if !self.children(table).is_empty() {
                self.only_of_partitioned(&relation, recurse)?;
            }
            self.drop_check_below(table, &constraint, recurse)?;
        }
        Ok(())
    }

    /// Before PostgreSQL 18 a constraint of a partitioned table could not go while its partitions keep it.
    pub(super) fn only_of_partitioned(&self, relation: &Relation, recurse: bool) -> Result {
        let is_partitioned = relation.kind == RelationKind::PartitionedTable;
        if recurse || !is_partitioned || !self.catalog.is_older_than(18) {
            return Ok(());
        }
        if self.children(&relation.qualified_name()).is_empty() {
            return Ok(());
        }
        let message = "cannot remove constraint from only the partitioned table when partitions exist";
        self.fail("42P16", message.into(), self.token("only"))
    }

    /// Removes a constraint with its index, and the foreign keys that rest on it.
    pub(super) fn remove_constraint(
        &mut self,
        table: &QualifiedName,
        constraint: &Constraint,
        cascade: bool,
    ) -> Result {
        let key = matches!(
            constraint.kind,
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion
        );
        if key {
            if cascade {
                self.drop_foreign_keys_to(table, Some(&constraint.columns))?;
            }
            self.schema(&table.schema)?.remove_index(&constraint.name);
            // A partition's index goes with its parent's.
            for child in self.children(table) {
                let relation = self.catalog.relation(Some(&child.schema), &child.name).cloned();
                let relation = relation.filter(|relation| relation.partition_bound.is_some());
                let below = relation.and_then(|relation| {
                    let same = |own: &&std::sync::Arc<Constraint>| {
                        own.kind == constraint.kind && own.columns == constraint.columns
                    };
                    relation.constraints.iter().find(same).cloned()
                });
                if let Some(below) = below {
                    self.remove_constraint(&child, &below, cascade)?;
                }
            }
        }
        self.relation(table)?.constraints.retain(|other| other.name != constraint.name);
        Ok(())
    }

    /// The column's name, or PostgreSQL's error when there is none.
    pub(super) fn existing_column(&self, table: &QualifiedName, name: &str) -> Result<Name> {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if let Some(column) = relation.column(name) {
            return Ok(column.name.clone());
        }
        if relation.unknown_columns || super::super::deparse::is_system_column(name) || name.is_empty() {
            return Err(Stop::Unsure);
        }
        let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
        self.fail("42703", message, self.token(name))
    }
}

/// The order in which ALTER TABLE's commands are carried out.
fn pass(command: Type) -> u8 {
    match command {
        Type::AtDropColumn | Type::AtDropConstraint | Type::AtDropNotNull | Type::AtDropIdentity => 0,
        Type::AtDropExpression => 0,
        Type::AtAlterColumnType => 1,
        Type::AtAddColumn => 2,
        Type::AtSetExpression => 3,
        Type::AtColumnDefault | Type::AtSetNotNull | Type::AtAddIdentity | Type::AtSetIdentity => 4,
        Type::AtAddConstraint => 5,
        _ => 6,
    }
}
