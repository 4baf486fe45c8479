//! Partitions: attaching, detaching, and a partition made in its place.

use crate::catalog::apply::names;
use crate::catalog::model::{ConstraintKind, Index, IndexTarget};
use crate::catalog::{Name, QualifiedName};
use crate::syntax::ast::{self, AlterTableCmd, AlterTableType, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};

use super::builder::{Builder, Target, index_columns, is_valid_kind, string};
use super::constraints::{check_expression, conjuncts};
use super::{LockMode, Role, ScanReason};

const PROVE_FIRST: &str = "Give the table a `CHECK` constraint with exactly the partition's bounds first (`NOT VALID`, \
     then `VALIDATE CONSTRAINT`): PostgreSQL takes it for the proof and reads nothing while it holds the lock.";

impl<'a> Builder<'a> {
    /// ATExecAttachPartition.
    pub fn attach_partition(&mut self, command: &AlterTableCmd, parent: &Target<'a>) {
        let Some(NodeEnum::PartitionCmd(partition)) = command.def.as_ref().and_then(|def| def.node.as_ref())
        else {
            return;
        };
        let Some(range) = &partition.name else { return };
        if let Some((_, index)) = self.index_of(range) {
            // ALTER INDEX … ATTACH PARTITION joins two indexes that exist.
            let name = QualifiedName::new(self.target(range).name.schema, index.name.clone());
            return self.lock_name(&name, LockMode::AccessExclusive, Role::Index);
        }
        let child = self.target(range);
        let bound = partition.bound.as_ref();
        let family = self.family(&child, true);
        for table in &family {
            self.lock(table, LockMode::AccessExclusive, Role::Partition);
        }
        let is_default = bound.is_some_and(|bound| bound.is_default);
        let alone = is_default && self.children(&parent.name).is_empty();
        if !alone && !self.bound_is_proven(parent, &child, bound) {
            for table in &family {
                self.scan(table, ScanReason::PartitionBound);
            }
            self.safer(PROVE_FIRST);
        }
        if !is_default {
            self.default_gives_way(&parent.name);
        }
        let Some(parent_relation) = parent.relation else { return };
        for index in &parent_relation.indexes {
            for table in &family {
                let has =
                    table.relation.is_some_and(|relation| relation.indexes.iter().any(|i| same(i, index)));
                if !has {
                    self.build_index(
                        table,
                        self.partition_index_name(table, index),
                        index_columns(index),
                        false,
                    );
                }
            }
        }
        for constraint in &parent_relation.constraints {
            let Some(foreign) = &constraint.foreign else { continue };
            let referenced = self.by_name(&foreign.table);
            self.lock(&referenced, LockMode::ShareRowExclusive, Role::Referenced);
            let has = child.relation.is_some_and(|relation| {
                relation.constraints.iter().any(|other| {
                    other.columns == constraint.columns
                        && other.foreign.as_ref() == Some(foreign)
                        && other.validated
                })
            });
            if !has && constraint.validated {
                for table in &family {
                    self.scan(table, ScanReason::ForeignKey);
                }
                self.scan(&referenced, ScanReason::ReferencedKeys);
            }
        }
    }

    /// The default partition is locked, and read unless its checks exclude what the new partition takes over.
    pub fn default_gives_way(&mut self, parent: &QualifiedName) {
        let Some(default) = self.default_partition(parent) else { return };
        let family = self.family(&default, true);
        let checked = default.relation.is_some_and(|relation| {
            relation.constraints.iter().any(|constraint| is_valid_kind(constraint, ConstraintKind::Check))
        });
        for table in &family {
            self.lock(table, LockMode::AccessExclusive, Role::DefaultPartition);
            if checked {
                self.note(format!(
                    "{} is read as well, unless its checks exclude the new bounds.",
                    table.name
                ));
            } else {
                self.scan(table, ScanReason::DefaultPartition);
            }
        }
    }

    /// ATExecDetachPartition.
    pub fn detach_partition(
        &mut self,
        subtype: AlterTableType,
        command: &AlterTableCmd,
        parent: &Target<'a>,
    ) {
        let Some(NodeEnum::PartitionCmd(partition)) = command.def.as_ref().and_then(|def| def.node.as_ref())
        else {
            return;
        };
        let Some(range) = &partition.name else { return };
        let child = self.target(range);
        self.lock(&child, LockMode::AccessExclusive, Role::Partition);
        if subtype == AlterTableType::AtDetachPartition {
            if partition.concurrent {
                self.note(format!(
                    "The parent and its partitions stay readable and writable; {} is locked ACCESS EXCLUSIVE only at \
                     the end, after every query that could see it as a partition has ended.",
                    child.name
                ));
            } else {
                if let Some(default) = self.default_partition(&parent.name) {
                    self.lock(&default, LockMode::AccessExclusive, Role::DefaultPartition);
                }
                self.safer("`DETACH PARTITION … CONCURRENTLY` lets reads and writes of the parent go on.");
            }
        }
        for constraint in parent.relation.map_or(&[][..], |relation| &relation.constraints) {
            if let Some(foreign) = &constraint.foreign {
                let referenced = self.by_name(&foreign.table);
                self.lock(&referenced, LockMode::ShareRowExclusive, Role::Referenced);
            }
        }
    }

    /// CREATE TABLE … PARTITION OF: the parent's list of partitions changes under everybody who uses it.
    pub fn new_partition(&mut self, range: &ast::RangeVar, bound: &ast::PartitionBoundSpec) {
        let parent = self.target(range);
        self.lock(&parent, LockMode::AccessExclusive, Role::Parent);
        if !bound.is_default {
            self.default_gives_way(&parent.name);
        }
        for constraint in parent.relation.map_or(&[][..], |relation| &relation.constraints) {
            if let Some(foreign) = &constraint.foreign {
                let referenced = self.by_name(&foreign.table);
                self.lock(&referenced, LockMode::ShareRowExclusive, Role::Referenced);
            }
        }
        self.safer(
            "Create the table by itself (`LIKE` the parent), then `ATTACH PARTITION`: that takes only \
             SHARE UPDATE EXCLUSIVE on the parent.",
        );
    }

    /// The name of the index that is made on a partition for its parent's.
    pub fn partition_index_name(&self, table: &Target<'_>, index: &Index) -> Option<Name> {
        let primary = index.is_constraint
            && self.before.relations().any(|relation| {
                relation.indexes.iter().any(|other| other.name == index.name)
                    && relation.primary_key().is_some_and(|key| key.name == index.name)
            });
        let columns: Option<Vec<String>> = (index.keys.iter())
            .map(|key| match &key.target {
                IndexTarget::Column(column) => Some(column.to_string()),
                IndexTarget::Expression(_) => None,
            })
            .collect();
        let (part, label) = match (primary, index.is_constraint) {
            (true, _) => (None, "pkey"),
            (_, true) => (Some(names::columns_part(&columns?)), "key"),
            _ => (Some(names::columns_part(&columns?)), "idx"),
        };
        let (schema, name) = (&table.name.schema, &table.name.name);
        Some(names::relation_name(self.before, schema, name, part.as_deref(), label, index.is_constraint))
    }

    /// Whether checks on the table already say what the bound demands (ConstraintImpliedByRelConstraint): here for a
    /// range or list over one column, written with the same literals.
    fn bound_is_proven(
        &self,
        parent: &Target<'_>,
        child: &Target<'_>,
        bound: Option<&ast::PartitionBoundSpec>,
    ) -> bool {
        let (Some(parent), Some(table), Some(bound)) = (parent.relation, child.relation, bound) else {
            return false;
        };
        let Some(key) = parent.partition_key.as_deref().and_then(single_key) else { return false };
        if bound.is_default || !self.is_proven_not_null(child, &key) {
            return false;
        }
        let mut wanted: Vec<(&str, Vec<String>)> = Vec::new();
        match bound.strategy.as_str() {
            "r" => {
                for (datums, operator) in [(&bound.lowerdatums, ">="), (&bound.upperdatums, "<")] {
                    match datums.first().and_then(literal_of) {
                        Some(value) => wanted.push((operator, vec![value])),
                        None if datums.first().is_some_and(is_unbounded) => {}
                        None => return false,
                    }
                }
            }
            "l" => match bound.listdatums.iter().map(literal_of).collect::<Option<Vec<_>>>() {
                Some(values) => wanted.push(("=", values)),
                None => return false,
            },
            _ => return false,
        }
        let checks: Vec<_> = (table.constraints.iter())
            .filter(|constraint| is_valid_kind(constraint, ConstraintKind::Check))
            .filter_map(|constraint| check_expression(&constraint.definition))
            .collect();
        let stated: Vec<(String, Vec<String>)> = (checks.iter())
            .flat_map(|check| conjuncts(check))
            .filter_map(|condition| comparison(condition, &key))
            .collect();
        wanted.iter().all(|(operator, values)| {
            stated.iter().any(|(other, given)| {
                other == operator && !given.is_empty() && given.iter().all(|value| values.contains(value))
            })
        })
    }
}

fn same(a: &Index, b: &Index) -> bool {
    a.method == b.method
        && a.keys == b.keys
        && a.include == b.include
        && a.unique == b.unique
        && a.nulls_not_distinct == b.nulls_not_distinct
        && a.predicate == b.predicate
        && a.valid
}

/// The column of a partition key that is one column: `RANGE (at)`.
fn single_key(text: &str) -> Option<String> {
    let inner = text.split_once('(')?.1.strip_suffix(')')?;
    let tree = grammar::parse(&format!("SELECT {inner}"), ParseMode::Statements).ok()?;
    let NodeEnum::SelectStmt(select) = tree.stmts.first()?.stmt.as_ref()?.node.as_ref()? else { return None };
    let [target] = &select.target_list[..] else { return None };
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return None };
    column_of(target.val.as_deref()?)
}

fn column_of(node: &ast::Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => Some(string(reference.fields.last()?)?.to_owned()),
        NodeEnum::TypeCast(cast) => column_of(cast.arg.as_deref()?),
        _ => None,
    }
}

/// `column operator literal`, or `column = ANY (ARRAY[…])`.
fn comparison(node: &ast::Node, key: &str) -> Option<(String, Vec<String>)> {
    let NodeEnum::AExpr(expression) = node.node.as_ref()? else { return None };
    if column_of(expression.lexpr.as_deref()?)? != key {
        return None;
    }
    let operator = string(expression.name.last()?)?.to_owned();
    let right = expression.rexpr.as_deref()?;
    let values = match right.node.as_ref()? {
        NodeEnum::AArrayExpr(array) => array.elements.iter().map(literal_of).collect::<Option<_>>()?,
        NodeEnum::List(list) => list.items.iter().map(literal_of).collect::<Option<_>>()?,
        _ => vec![literal_of(right)?],
    };
    Some((operator, values))
}

/// A literal's text, casts left out.
fn literal_of(node: &ast::Node) -> Option<String> {
    use crate::syntax::ast::a_const::Val;
    match node.node.as_ref()? {
        NodeEnum::TypeCast(cast) => literal_of(cast.arg.as_deref()?),
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            Val::Ival(value) => Some(value.ival.to_string()),
            Val::Fval(value) => Some(value.fval.clone()),
            Val::Boolval(value) => Some(value.boolval.to_string()),
            Val::Sval(value) => Some(value.sval.clone()),
            Val::Bsval(value) => Some(value.bsval.clone()),
        },
        _ => None,
    }
}

fn is_unbounded(node: &ast::Node) -> bool {
    matches!(&node.node, Some(NodeEnum::ColumnRef(reference))
        if matches!(reference.fields.last().and_then(string), Some("minvalue" | "maxvalue")))
}
