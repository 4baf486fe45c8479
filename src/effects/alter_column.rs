//! ALTER TABLE's work on columns: adding, dropping, another type, NOT NULL.

use std::sync::Arc;

use crate::catalog::apply::type_name;
use crate::catalog::model::{ConstraintKind, Index, IndexTarget};
use crate::catalog::{Name, Relation, RelationKind};
use crate::syntax::ast::{self, AlterTableCmd, ConstrType, DropBehavior, Node, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::walk;

use super::builder::{Builder, Target, is_valid_kind, string};
use super::constraints::is_not_null_check;
use super::type_change::{self, TypeChange};
use super::volatility::{Evaluated, evaluated};
use super::{LockMode, Role, ScanReason};

/// The types that stand for an integer with a sequence of its own (transformColumnDefinition).
const SERIAL: &[&str] = &["serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"];

impl<'a> Builder<'a> {
    pub fn add_column(&mut self, command: &AlterTableCmd, target: &Target<'a>, recurse: bool) {
        let Some(NodeEnum::ColumnDef(column)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else {
            return;
        };
        if command.missing_ok && target.relation.is_some_and(|table| table.column(&column.colname).is_some())
        {
            return;
        }
        let tables = self.family(target, recurse);
        let mut not_null = column.is_not_null;
        let mut rewrite = None;
        let mut default: Option<&Node> = column.raw_default.as_deref();
        let mut check = false;
        let mut references = Vec::new();
        let mut keys = Vec::new();
        for constraint in column.constraints.iter().filter_map(constraint_node) {
            match ConstrType::try_from(constraint.contype) {
                Ok(ConstrType::ConstrNotnull) => not_null = true,
                Ok(ConstrType::ConstrDefault) => default = constraint.raw_expr.as_deref(),
                Ok(ConstrType::ConstrIdentity) => rewrite = Some(TypeChange::Rewrite),
                Ok(ConstrType::ConstrGenerated) if constraint.generated_kind != "v" => {
                    rewrite = Some(TypeChange::Rewrite);
                }
                Ok(ConstrType::ConstrCheck) => check |= constraint.is_enforced || !constraint.skip_validation,
                Ok(ConstrType::ConstrForeign) => references.push(constraint),
                Ok(ConstrType::ConstrPrimary) => {
                    not_null = true;
                    keys.push((constraint, "pkey"));
                }
                Ok(ConstrType::ConstrUnique) => keys.push((constraint, "key")),
                _ => {}
            }
        }
        let filled = default.is_some_and(|default| !is_null(default));
        if is_serial(column) {
            not_null = true;
            rewrite = Some(TypeChange::Rewrite);
        } else if let Some(ty) = &column.type_name {
            let ty = type_name::resolve(self.before, ty);
            if type_change::domain(self.before, &ty).is_some_and(|(_, constrained)| constrained) {
                rewrite = Some(TypeChange::Rewrite);
            }
        }
        if let (None, Some(default)) = (&rewrite, default) {
            rewrite = match evaluated(default, self.before) {
                Evaluated::Once => None,
                Evaluated::PerRow => Some(TypeChange::Rewrite),
                Evaluated::Unknown(why) => Some(TypeChange::Unknown(why)),
            };
        }
        for table in &tables {
            match &rewrite {
                Some(TypeChange::Rewrite) => self.rewrite(table),
                Some(TypeChange::Unknown(why)) => self.may_rewrite(table, why.clone()),
                _ => {}
            }
            // A default that is stored once, in the catalog, is known not to be null.
            if not_null && !filled {
                self.scan(table, ScanReason::NotNull);
            }
            if check {
                self.scan(table, ScanReason::Check);
            }
        }
        for constraint in references {
            // A column that is null in every row refers to nothing, so nothing is looked up.
            let looked_up = filled || matches!(rewrite, Some(TypeChange::Rewrite));
            self.reference(constraint, &tables, looked_up && !constraint.skip_validation);
        }
        for (constraint, label) in keys {
            self.key_index(&constraint.conname, &[column.colname.as_str().into()], label, &tables);
        }
        if matches!(rewrite, Some(TypeChange::Rewrite)) && target.has_storage() && default.is_some() {
            self.safer(
                "Add the column without the default, set the default for new rows \
                 (`ALTER COLUMN … SET DEFAULT`), then fill the old rows in batches.",
            );
        }
    }

    pub fn drop_column(&mut self, command: &AlterTableCmd, target: &Target<'a>, recurse: bool) {
        let cascade = command.behavior == DropBehavior::DropCascade as i32;
        for table in self.family(target, recurse) {
            let Some(relation) = table.relation else { continue };
            if relation.column(&command.name).is_none() {
                continue;
            }
            let foreign =
                relation.constraints.iter().filter(|c| c.columns.iter().any(|name| **name == *command.name));
            for key in foreign.filter_map(|constraint| constraint.foreign.as_ref()) {
                let referenced = self.by_name(&key.table);
                self.lock(&referenced, LockMode::AccessExclusive, Role::Referenced);
            }
            if !cascade {
                continue;
            }
            for (other, key) in self.foreign_keys_to(&table.name) {
                let columns = key.foreign.as_ref().map_or(&[][..], |foreign| &foreign.columns);
                if columns.iter().any(|name| **name == *command.name) {
                    self.lock_referencing(&other);
                }
            }
            for view in self.views_over(&table.name) {
                if view.relation.is_some_and(|view| names_column(view, &table.name.name, &command.name)) {
                    self.drop_dependent_view(&view);
                }
            }
        }
    }

    pub fn set_not_null(&mut self, column: &str, target: &Target<'a>, recurse: bool) {
        for table in self.family(target, recurse) {
            if !self.is_proven_not_null(&table, column) {
                self.scan(&table, ScanReason::NotNull);
                self.safer(format!(
                    "Add `CHECK ({column} IS NOT NULL) NOT VALID`, `VALIDATE CONSTRAINT` it in a later transaction, \
                     then SET NOT NULL: it takes the check for its proof and reads nothing.",
                ));
            }
        }
    }

    /// NotNullImpliedByRelConstraints: the column is NOT NULL already, or a valid check says so.
    pub fn is_proven_not_null(&self, table: &Target<'_>, column: &str) -> bool {
        let Some(relation) = table.relation else { return false };
        let pending = relation.constraints.iter().any(|constraint| {
            constraint.kind == ConstraintKind::NotNull
                && !constraint.validated
                && constraint.columns.iter().any(|name| &**name == column)
        });
        let already = relation.column(column).is_some_and(|column| column.not_null) && !pending;
        already
            || relation
                .constraints
                .iter()
                .filter(|constraint| is_valid_kind(constraint, ConstraintKind::Check))
                .any(|constraint| is_not_null_check(&constraint.definition, column))
    }

    pub fn alter_column_type(&mut self, command: &AlterTableCmd, target: &Target<'a>, recurse: bool) {
        let Some(NodeEnum::ColumnDef(column)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else {
            return;
        };
        let Some(ty) = &column.type_name else { return };
        let to = type_name::resolve(self.before, ty);
        for table in self.family(target, recurse) {
            let old = table.relation.and_then(|relation| relation.column(&command.name));
            let change = match old {
                Some(old) => type_change::column_change(
                    self.before,
                    &command.name,
                    &old.ty,
                    &to,
                    column.raw_default.as_deref(),
                ),
                None => TypeChange::Unknown("unless the new type has the same form in storage".into()),
            };
            let retyped = old.is_none_or(|old| old.ty.without_modifier() != to.without_modifier());
            match &change {
                TypeChange::Rewrite => {
                    self.rewrite(&table);
                    self.safer(
                        "Add a column of the new type, keep it filled by a trigger, copy the old rows in \
                         batches, then swap the names.",
                    );
                }
                TypeChange::Unknown(why) => self.may_rewrite(&table, why.clone()),
                TypeChange::Relabel => {}
            }
            if let Some(relation) = table.relation {
                if change != TypeChange::Rewrite {
                    self.rebuild_dependent_indexes(&table, relation, &command.name, retyped, column);
                }
                self.check_again(&table, relation, &command.name, change == TypeChange::Rewrite);
            }
        }
    }

    /// Indexes on the column are made anew; the old files serve where nothing but the type's name or length differs
    /// (CheckIndexCompatible).
    fn rebuild_dependent_indexes(
        &mut self,
        table: &Target<'a>,
        relation: &Relation,
        column: &str,
        retyped: bool,
        new: &ast::ColumnDef,
    ) {
        for index in &relation.indexes {
            let Some(by_key) = depends(index, column) else { continue };
            let collated = by_key && new.coll_clause.is_some();
            // An index of a partition is made by its parent's, which has no files to hand on.
            let inherited = retyped && by_key && !relation.parents.is_empty();
            let plain = index.predicate.is_none()
                && index.keys.iter().all(|key| matches!(key.target, IndexTarget::Column(_)));
            if !plain || collated || inherited {
                let columns = super::builder::index_columns(index);
                self.build_index(table, Some(index.name.clone()), columns, false);
            }
        }
    }

    /// Constraints on the column are added again: checks are checked, and foreign keys looked up where the
    /// values are new (ATPostAlterTypeCleanup).
    fn check_again(&mut self, table: &Target<'a>, relation: &Relation, column: &str, look_up: bool) {
        let uses = |columns: &[Name]| columns.iter().any(|name| &**name == column);
        for constraint in relation.constraints.iter().filter(|constraint| uses(&constraint.columns)) {
            if is_valid_kind(constraint, ConstraintKind::Check) {
                self.scan(table, ScanReason::Check);
            }
            if let Some(foreign) = &constraint.foreign {
                let referenced = self.by_name(&foreign.table);
                self.lock(&referenced, LockMode::AccessExclusive, Role::Referenced);
                if look_up && constraint.validated {
                    self.scan(table, ScanReason::ForeignKey);
                    self.scan(&referenced, ScanReason::ReferencedKeys);
                }
            }
        }
        for (other, constraint) in self.foreign_keys_to(&table.name) {
            if constraint.foreign.as_ref().is_some_and(|foreign| uses(&foreign.columns)) {
                self.lock(&other, LockMode::AccessExclusive, Role::Referencing);
                if look_up && constraint.validated {
                    self.scan(&other, ScanReason::ForeignKey);
                    self.scan(table, ScanReason::ReferencedKeys);
                }
            }
        }
    }
}

/// Whether an index depends on a column: `Some(true)` as a key, `Some(false)` in another way.
fn depends(index: &Index, column: &str) -> Option<bool> {
    let key =
        index.keys.iter().any(|key| matches!(&key.target, IndexTarget::Column(name) if &**name == column));
    if key {
        return Some(true);
    }
    let mentioned = index
        .keys
        .iter()
        .filter_map(|key| match &key.target {
            IndexTarget::Expression(text) => Some(text),
            IndexTarget::Column(_) => None,
        })
        .chain(&index.predicate)
        .any(|text| mentions(text, column));
    (mentioned || index.include.iter().any(|name| &**name == column)).then_some(false)
}

/// Whether an expression's text has the column's name as a token.
fn mentions(text: &str, column: &str) -> bool {
    let (tokens, _) = grammar::scan(text);
    tokens.iter().any(|token| {
        let word = &text[token.span.range()];
        word == column || word.strip_prefix('"').and_then(|w| w.strip_suffix('"')) == Some(column)
    })
}

/// Whether a view's query uses a column of the table, or everything of it.
fn names_column(view: &Arc<Relation>, table: &str, column: &str) -> bool {
    let Some(query) = &view.query.0 else { return false };
    let Ok(tree) = grammar::parse(query, ParseMode::Statements) else { return false };
    let statements = tree.stmts.iter().filter_map(|statement| statement.stmt.as_deref());
    let (mut aliases, mut found) = (Vec::new(), Vec::new());
    for statement in statements {
        walk::visit(statement, &mut |node| {
            match node {
                NodeEnum::RangeVar(range) => {
                    let alias = range.alias.as_ref().map_or(&range.relname, |alias| &alias.aliasname);
                    aliases.push((alias.as_str(), range.relname.as_str()));
                }
                NodeEnum::ColumnRef(reference) => {
                    let (last, before) = match &reference.fields[..] {
                        [.., before, last] => (last, string(before)),
                        [last] => (last, None),
                        [] => return false,
                    };
                    let star = matches!(last.node, Some(NodeEnum::AStar(_)));
                    if star || string(last) == Some(column) {
                        found.push(before);
                    }
                }
                _ => {}
            }
            true
        });
    }
    found.iter().any(|qualifier| {
        qualifier.is_none_or(|qualifier| aliases.iter().any(|(a, t)| *a == qualifier && *t == table))
    })
}

fn constraint_node(node: &Node) -> Option<&ast::Constraint> {
    match node.node.as_ref()? {
        NodeEnum::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

fn is_serial(column: &ast::ColumnDef) -> bool {
    column.type_name.as_ref().is_some_and(|ty| match &ty.names[..] {
        [name] => string(name).is_some_and(|name| SERIAL.contains(&name)),
        _ => false,
    })
}

/// Whether an expression is NULL as it stands.
fn is_null(node: &Node) -> bool {
    match node.node.as_ref() {
        Some(NodeEnum::AConst(constant)) => constant.isnull,
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_null),
        _ => false,
    }
}

/// A relation that takes part in a partitioned table's work but has no rows.
pub(super) fn is_partitioned(target: &Target<'_>) -> bool {
    target.kind() == Some(RelationKind::PartitionedTable)
}
