//! ALTER TABLE's work on constraints: adding, validating, dropping.

use crate::catalog::Name;
use crate::catalog::apply::names;
use crate::catalog::model::ConstraintKind;
use crate::syntax::ast::{
    self, AlterTableCmd, BoolExprType, ConstrType, DropBehavior, Node, NodeEnum, NullTestType,
};
use crate::syntax::grammar::{self, ParseMode};

use super::alter_column::is_partitioned;
use super::builder::{Builder, Target, string};
use super::{LockMode, Role, ScanReason};

const VALIDATE_LATER: &str = "Add the constraint with `NOT VALID`, then `VALIDATE CONSTRAINT` it in a later \
     transaction: that reads the table under SHARE UPDATE EXCLUSIVE, while reads and writes go on.";

impl<'a> Builder<'a> {
    pub fn add_constraint(&mut self, constraint: &ast::Constraint, target: &Target<'a>, recurse: bool) {
        // NOT ENFORCED implies NOT VALID.
        let checked = !constraint.skip_validation;
        match ConstrType::try_from(constraint.contype) {
            Ok(ConstrType::ConstrCheck) if checked => {
                for table in self.family(target, recurse && !constraint.is_no_inherit) {
                    self.scan(&table, ScanReason::Check);
                }
                self.safer(VALIDATE_LATER);
            }
            Ok(ConstrType::ConstrNotnull) => {
                if let (true, Some(column)) = (checked, constraint.keys.first().and_then(string)) {
                    for table in self.family(target, recurse && !constraint.is_no_inherit) {
                        if !self.is_proven_not_null(&table, column) {
                            self.scan(&table, ScanReason::NotNull);
                            self.safer(VALIDATE_LATER);
                        }
                    }
                }
            }
            Ok(ConstrType::ConstrForeign) => {
                let tables = self.family(target, recurse && is_partitioned(target));
                self.reference(constraint, &tables, checked);
                if checked {
                    self.safer(VALIDATE_LATER);
                }
            }
            Ok(
                kind @ (ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion),
            ) => {
                self.add_key(kind, constraint, target, recurse);
            }
            _ => {}
        }
    }

    /// A foreign key locks both sides alike; where rows are looked up, both are read.
    pub fn reference(&mut self, constraint: &ast::Constraint, tables: &[Target<'a>], looked_up: bool) {
        let Some(range) = &constraint.pktable else { return };
        let referenced = self.target(range);
        self.lock(&referenced, LockMode::ShareRowExclusive, Role::Referenced);
        // Each partition of the referenced table gets triggers of its own.
        let partitions =
            if is_partitioned(&referenced) { self.descendants(&referenced.name) } else { Vec::new() };
        for partition in &partitions {
            self.lock(partition, LockMode::ShareRowExclusive, Role::Referenced);
        }
        if looked_up {
            for table in tables {
                self.scan(table, ScanReason::ForeignKey);
            }
            for table in std::iter::once(&referenced).chain(&partitions) {
                self.scan(table, ScanReason::ReferencedKeys);
            }
        }
    }

    fn add_key(
        &mut self,
        kind: ConstrType,
        constraint: &ast::Constraint,
        target: &Target<'a>,
        recurse: bool,
    ) {
        let primary = kind == ConstrType::ConstrPrimary;
        let tables = self.family(target, recurse && is_partitioned(target));
        let existing = (!constraint.indexname.is_empty())
            .then(|| target.relation?.indexes.iter().find(|index| *index.name == *constraint.indexname))
            .flatten();
        let columns: Vec<Name> = match existing {
            Some(index) => super::builder::index_columns(index),
            None if kind == ConstrType::ConstrExclusion => excluded_columns(constraint),
            None => constraint.keys.iter().filter_map(string).map(Name::from).collect(),
        };
        if primary {
            for table in &tables {
                // Of a table that is not known, the columns may well be NOT NULL.
                let known = table.relation.is_some();
                if known && columns.iter().any(|column| !self.is_proven_not_null(table, column)) {
                    self.scan(table, ScanReason::NotNull);
                }
            }
        }
        // DefineIndex takes ACCESS EXCLUSIVE on the partitions too since 18, SHARE before.
        let mode = if self.version >= 180000 { LockMode::AccessExclusive } else { LockMode::Share };
        for partition in tables.iter().skip(1) {
            self.lock(partition, mode, Role::Child);
        }
        if constraint.indexname.is_empty() {
            let label = match kind {
                ConstrType::ConstrPrimary => "pkey",
                ConstrType::ConstrUnique => "key",
                _ => "excl",
            };
            self.key_index(&constraint.conname, &columns, label, &tables);
            if kind != ConstrType::ConstrExclusion && !is_partitioned(target) {
                self.safer(
                    "Build the index first with `CREATE UNIQUE INDEX CONCURRENTLY`, then add the constraint \
                     with `USING INDEX`.",
                );
            }
        }
    }

    /// The index of a primary key, unique or exclusion constraint on a table and its partitions.
    pub fn key_index(&mut self, name: &str, columns: &[Name], label: &str, tables: &[Target<'a>]) {
        for (n, table) in tables.iter().enumerate() {
            let part = (label != "pkey").then(|| {
                names::columns_part(&columns.iter().map(|column| column.to_string()).collect::<Vec<_>>())
            });
            let name = if n == 0 && !name.is_empty() {
                name.into()
            } else {
                let (schema, name) = (&table.name.schema, &table.name.name);
                names::relation_name(self.before, schema, name, part.as_deref(), label, true)
            };
            self.build_index(table, Some(name), columns.to_vec(), false);
        }
    }

    pub fn validate_constraint(&mut self, name: &str, target: &Target<'a>, recurse: bool) {
        for table in self.family(target, recurse) {
            let Some(constraint) = table.relation.and_then(|relation| relation.constraint(name)) else {
                continue;
            };
            if constraint.validated {
                continue;
            }
            match (&constraint.foreign, constraint.kind) {
                (Some(foreign), _) => {
                    let referenced = self.by_name(&foreign.table);
                    self.lock(&referenced, LockMode::RowShare, Role::Referenced);
                    self.scan(&table, ScanReason::ForeignKey);
                    self.scan(&referenced, ScanReason::ReferencedKeys);
                }
                (None, ConstraintKind::NotNull) => self.scan(&table, ScanReason::NotNull),
                (None, _) => self.scan(&table, ScanReason::Check),
            }
        }
    }

    /// Switching a foreign key's enforcement makes or drops its triggers on both tables; switched on, it is checked.
    pub fn alter_constraint(&mut self, command: &AlterTableCmd, target: &Target<'a>) {
        let Some(NodeEnum::AtalterConstraint(change)) =
            command.def.as_ref().and_then(|def| def.node.as_ref())
        else {
            return;
        };
        let constraint = target.relation.and_then(|relation| relation.constraint(&change.conname));
        let Some((constraint, foreign)) = constraint.and_then(|c| Some((c, c.foreign.as_ref()?))) else {
            return;
        };
        if !change.alter_enforceability || change.is_enforced == constraint.enforced {
            return;
        }
        let referenced = self.by_name(&foreign.table);
        self.lock(&referenced, LockMode::AccessExclusive, Role::Referenced);
        if change.is_enforced {
            self.scan(target, ScanReason::ForeignKey);
            self.scan(&referenced, ScanReason::ReferencedKeys);
        }
    }

    pub fn drop_constraint(&mut self, command: &AlterTableCmd, target: &Target<'a>) {
        let Some(relation) = target.relation else { return };
        let Some(constraint) = relation.constraint(&command.name) else { return };
        if let Some(foreign) = &constraint.foreign {
            let referenced = self.by_name(&foreign.table);
            self.lock(&referenced, LockMode::AccessExclusive, Role::Referenced);
        }
        let key = matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
        if key && command.behavior == DropBehavior::DropCascade as i32 {
            for (other, foreign) in self.foreign_keys_to(&target.name) {
                let mut wanted =
                    foreign.foreign.as_ref().map_or(Vec::new(), |foreign| foreign.columns.clone());
                let mut columns = constraint.columns.clone();
                wanted.sort();
                columns.sort();
                if wanted == columns {
                    self.lock_referencing(&other);
                }
            }
        }
    }
}

fn excluded_columns(constraint: &ast::Constraint) -> Vec<Name> {
    constraint
        .exclusions
        .iter()
        .filter_map(|pair| match super::builder::list(Some(pair)).first()?.node.as_ref()? {
            NodeEnum::IndexElem(element) if !element.name.is_empty() => {
                Some(Name::from(element.name.as_str()))
            }
            NodeEnum::IndexElem(_) => Some("(…)".into()),
            _ => None,
        })
        .collect()
}

/// The expression of a check constraint, from its text as `pg_get_constraintdef` prints it.
pub(super) fn check_expression(definition: &str) -> Option<Box<Node>> {
    let tree = grammar::parse(&format!("ALTER TABLE t ADD {definition}"), ParseMode::Statements).ok()?;
    let NodeEnum::AlterTableStmt(statement) = tree.stmts.into_iter().next()?.stmt?.node? else { return None };
    let NodeEnum::AlterTableCmd(command) = statement.cmds.into_iter().next()?.node? else { return None };
    let NodeEnum::Constraint(constraint) = command.def?.node? else { return None };
    constraint.raw_expr
}

/// The conditions that a conjunction is made of.
pub(super) fn conjuncts(node: &Node) -> Vec<&Node> {
    match node.node.as_ref() {
        Some(NodeEnum::BoolExpr(expression)) if expression.boolop == BoolExprType::AndExpr as i32 => {
            expression.args.iter().flat_map(conjuncts).collect()
        }
        _ => vec![node],
    }
}

/// Whether a check's definition says that a column is not null.
pub(super) fn is_not_null_check(definition: &str, column: &str) -> bool {
    check_expression(definition).is_some_and(|expression| {
        conjuncts(&expression).into_iter().any(|condition| match condition.node.as_ref() {
            Some(NodeEnum::NullTest(test)) => {
                test.nulltesttype == NullTestType::IsNotNull as i32
                    && matches!(
                        test.arg.as_ref().and_then(|arg| arg.node.as_ref()),
                        Some(NodeEnum::ColumnRef(reference))
                            if reference.fields.last().and_then(string) == Some(column)
                    )
            }
            _ => false,
        })
    })
}
