//! Constraints of tables: primary keys, unique, check, foreign keys, exclusion.

use std::sync::Arc;

use crate::syntax::ast::{self, ConstrType};

use super::super::deparse;
use super::super::model::*;
use super::super::quote;
use super::index::{Key, Plan};
use super::not_null::{self, NotNull};
use super::property::tablespace;
use super::{Fold, Result, Stop, intern, offset, partition_keys, strings};

/// A constraint that a statement asks for; of a column, or of the table.
pub(super) struct Pending<'n> {
    pub constraint: &'n ast::Constraint,
    pub column: Option<Name>,
}

/// When a constraint is checked: what DEFERRABLE and its like, behind a column's constraint, say of it.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    pub deferrable: bool,
    pub deferred: bool,
    pub enforced: bool,
    /// Whether tables below get it too: not with ONLY.
    pub recurse: bool,
}

fn timing(all: &[Pending], at: usize) -> Timing {
    let own = all[at].constraint;
    let mut timing = Timing {
        deferrable: own.deferrable,
        deferred: own.initdeferred,
        enforced: own.is_enforced || all[at].column.is_some(),
        recurse: true,
    };
    for following in &all[at + 1..] {
        match following.constraint.contype() {
            ConstrType::ConstrAttrDeferrable => timing.deferrable = true,
            ConstrType::ConstrAttrDeferred => (timing.deferrable, timing.deferred) = (true, true),
            ConstrType::ConstrAttrNotDeferrable => timing.deferrable = false,
            ConstrType::ConstrAttrImmediate => timing.deferred = false,
            ConstrType::ConstrAttrNotEnforced => timing.enforced = false,
            ConstrType::ConstrAttrEnforced => timing.enforced = true,
            _ => break,
        }
    }
    timing
}

/// What makes two keys of a new table one: the columns, those that are included, whether NULLs are distinct, and when
/// it is checked. `None` of what is no key.
fn key(pending: &[Pending], at: usize) -> Option<(Vec<Name>, Vec<Name>, bool, bool, bool)> {
    let Pending { constraint, column } = &pending[at];
    if !matches!(constraint.contype(), ConstrType::ConstrPrimary | ConstrType::ConstrUnique) {
        return None;
    }
    let columns = column.clone().map_or_else(|| intern(&strings(&constraint.keys)), |one| vec![one]);
    let timing = timing(pending, at);
    let include = intern(&strings(&constraint.including));
    Some((columns, include, constraint.nulls_not_distinct, timing.deferrable, timing.deferred))
}

impl Fold<'_> {
    /// DEFERRABLE and its like stand behind a constraint that can be deferred, and once (transformConstraintAttrs).
    pub(super) fn attributes_fit(&self, constraints: &[ast::Node]) -> Result {
        let (mut is_deferrable_kind, mut deferrable, mut deferred) = (false, None, None);
        for node in constraints {
            let Some(ast::NodeEnum::Constraint(constraint)) = &node.node else { continue };
            let (words, is_timing) = match constraint.contype() {
                ConstrType::ConstrAttrDeferrable => ("DEFERRABLE", false),
                ConstrType::ConstrAttrNotDeferrable => ("NOT DEFERRABLE", false),
                ConstrType::ConstrAttrDeferred => ("INITIALLY DEFERRED", true),
                ConstrType::ConstrAttrImmediate => ("INITIALLY IMMEDIATE", true),
                ConstrType::ConstrAttrEnforced | ConstrType::ConstrAttrNotEnforced => continue,
                kind => {
                    (deferrable, deferred) = (None, None);
                    is_deferrable_kind = matches!(
                        kind,
                        ConstrType::ConstrPrimary
                            | ConstrType::ConstrUnique
                            | ConstrType::ConstrExclusion
                            | ConstrType::ConstrForeign
                    );
                    continue;
                }
            };
            let at = offset(constraint.location);
            if !is_deferrable_kind {
                return self.fail("42601", format!("misplaced {words} clause"), at);
            }
            let is_on = matches!(words, "DEFERRABLE" | "INITIALLY DEFERRED");
            let said = if is_timing { &mut deferred } else { &mut deferrable };
            if said.replace(is_on).is_some() {
                let which = match is_timing {
                    true => "INITIALLY IMMEDIATE/DEFERRED",
                    false => "DEFERRABLE/NOT DEFERRABLE",
                };
                return self.fail("42601", format!("multiple {which} clauses not allowed"), at);
            }
            if deferrable == Some(false) && deferred == Some(true) {
                let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
                return self.fail("42601", message.into(), at);
            }
        }
        Ok(())
    }

    /// Adds a new table's constraints in PostgreSQL's order: checks, the primary key, other indexes, foreign keys.
    pub(super) fn add_constraints(&mut self, table: &QualifiedName, pending: &[Pending]) -> Result {
        let rank = |constraint: &ast::Constraint| match constraint.contype() {
            ConstrType::ConstrCheck => 0,
            ConstrType::ConstrPrimary => 1,
            ConstrType::ConstrUnique | ConstrType::ConstrExclusion => 2,
            ConstrType::ConstrForeign => 3,
            _ => 4,
        };
        let mut order: Vec<usize> = (0..pending.len()).collect();
        order.sort_by_key(|&at| rank(pending[at].constraint));
        for (nth, &at) in order.iter().enumerate() {
            let Pending { constraint, column } = &pending[at];
            // A key that is asked for twice (UNIQUE PRIMARY KEY) is made once, by the first name that it is given.
            let Some(key) = key(pending, at) else {
                self.add_constraint(table, constraint, column.as_ref(), timing(pending, at), true)?;
                continue;
            };
            let is_same = |&&other: &&usize| self::key(pending, other).as_ref() == Some(&key);
            if order[..nth].iter().any(|other| is_same(&other)) {
                continue;
            }
            let names = order[nth..].iter().filter(is_same).map(|&other| &pending[other].constraint.conname);
            let name = names.into_iter().find(|name| !name.is_empty());
            let constraint = ast::Constraint {
                conname: name.cloned().unwrap_or_default(),
                ..ast::Constraint::clone(constraint)
            };
            self.add_constraint(table, &constraint, column.as_ref(), timing(pending, at), true)?;
        }
        Ok(())
    }

    /// ALTER TABLE ADD CONSTRAINT.
    pub(super) fn alter_add_constraint(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        recurse: bool,
    ) -> Result {
        let timing = Timing {
            recurse,
            deferrable: constraint.deferrable,
            deferred: constraint.initdeferred,
            enforced: constraint.is_enforced,
        };
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.kind == RelationKind::ForeignTable {
            self.is_not_on_foreign(constraint)?;
        }
        if let Some(referenced) = constraint.pktable.as_ref()
            && relation.kind == RelationKind::PartitionedTable
            && !recurse
        {
            let message = format!(
                "cannot use ONLY for foreign key on partitioned table \"{}\" referencing relation \"{}\"",
                relation.name, referenced.relname
            );
            return self.fail("42809", message, offset(constraint.location));
        }
        if constraint.contype() == ConstrType::ConstrPrimary {
            self.primary_key_columns(table, constraint)?;
        }
        self.add_constraint(table, constraint, None, timing, false)
    }

    fn add_constraint(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        column: Option<&Name>,
        timing: Timing,
        new_table: bool,
    ) -> Result {
        match constraint.contype() {
            ConstrType::ConstrCheck => self.add_check(table, constraint, timing, new_table),
            ConstrType::ConstrPrimary | ConstrType::ConstrUnique => {
                self.add_key(table, constraint, column, timing)
            }
            ConstrType::ConstrForeign => self.add_foreign_key(table, constraint, column, timing, new_table),
            ConstrType::ConstrExclusion => self.add_exclusion(table, constraint, timing),
            // Those of a new table are added together.
            ConstrType::ConstrNotnull if !new_table => match not_null::column_of(constraint) {
                Some(column) => {
                    self.add_not_null(table, &NotNull::written(constraint, column), timing.recurse)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whether a new table has one primary key at most, and the columns of its keys.
    pub(super) fn check_keys(&self, relation: &Relation, pending: &[Pending]) -> Result {
        let mut has_primary = false;
        for Pending { constraint, column } in pending {
            let is_primary = constraint.contype() == ConstrType::ConstrPrimary;
            if is_primary && std::mem::replace(&mut has_primary, true) {
                return self.multiple_primary_keys(&relation.name, constraint);
            }
            if column.is_none() && (is_primary || constraint.contype() == ConstrType::ConstrUnique) {
                self.key_columns(relation, constraint, false)?;
            }
        }
        Ok(())
    }

    fn multiple_primary_keys(&self, table: &str, constraint: &ast::Constraint) -> Result {
        let message = format!("multiple primary keys for table \"{table}\" are not allowed");
        self.fail("42P16", message, offset(constraint.location))
    }

    /// The name that is given, when no other constraint of the table has it.
    pub(super) fn given_name(
        &self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
    ) -> Result<Option<Name>> {
        if constraint.conname.is_empty() {
            return Ok(None);
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        if relation.is_some_and(|relation| relation.constraint(&constraint.conname).is_some()) {
            return self.fail(
                "42710",
                format!(
                    "constraint \"{}\" for relation \"{}\" already exists",
                    constraint.conname, table.name
                ),
                offset(constraint.location),
            );
        }
        Ok(Some(constraint.conname.as_str().into()))
    }

    /// Adds a constraint to a table and to those that inherit from it.
    pub(super) fn put_constraint_below(
        &mut self,
        table: &QualifiedName,
        constraint: Constraint,
        recurse: bool,
    ) -> Result {
        let top = table;
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            if recurse {
                todo.extend(self.children(&table));
            }
            let relation = self.relation(&table)?;
            // A child's own constraint of that name is merged, and no less checked than it was.
            let merged =
                table != *top && !constraint.validated && relation.constraint(&constraint.name).is_some();
            if !merged {
                relation.put_constraint(constraint.clone());
            }
        }
        Ok(())
    }

    fn add_key(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        column: Option<&Name>,
        timing: Timing,
    ) -> Result {
        let primary = constraint.contype() == ConstrType::ConstrPrimary;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        if primary && relation.primary_key().is_some() {
            return self.multiple_primary_keys(&table.name, constraint);
        }
        if !constraint.indexname.is_empty() {
            return self.key_of_index(table, constraint, timing);
        }
        let columns: Vec<Name> = match column {
            Some(column) => vec![column.clone()],
            None => intern(&strings(&constraint.keys)),
        };
        let include = intern(&strings(&constraint.including));
        self.key_columns(&relation, constraint, true)?;
        self.overlaps_are_told(&relation, constraint, &columns)?;
        self.is_no_virtual_key(&relation, &columns, primary)?;
        let kind = partition_keys::word(constraint);
        self.has_partition_columns(table, kind, &columns, offset(constraint.location))?;
        if timing.recurse {
            self.has_no_foreign_partition(table, true)?;
        }
        if primary {
            for column in &columns {
                self.key_not_null(table, column, timing.recurse)?;
            }
        }
        if !constraint.conname.is_empty() {
            self.taken(&table.schema, &constraint.conname, false, offset(constraint.location))?;
        }
        let plan = Plan {
            name: self.given_name(table, constraint)?,
            unique: true,
            method: "btree",
            keys: columns.iter().map(|column| Key::Column(column)).collect(),
            include,
            nulls_not_distinct: constraint.nulls_not_distinct,
            predicate: None,
            options: &constraint.options,
            serves: Some(if primary { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique }),
            tablespace: tablespace(&constraint.indexspace),
        };
        let overlaps = constraint.without_overlaps;
        let plan = Plan { method: if overlaps { "gist" } else { "btree" }, ..plan };
        self.check_index_storage(plan.method, plan.options)?;
        self.make_index(table, &plan, timing.recurse, &|index| {
            key_constraint(index, primary, timing.deferrable, timing.deferred, overlaps)
        })
    }

    /// PostgreSQL's errors for the columns that a key of a table names.
    fn key_columns(&self, relation: &Relation, constraint: &ast::Constraint, is_there: bool) -> Result {
        let keys = strings(&constraint.keys);
        // Of a table that is there, columns are looked up after the key was read (`transformIndexConstraint`).
        for (at, column) in keys.iter().enumerate() {
            if !is_there {
                self.key_column(relation, column, constraint)?;
            }
            if keys[..at].contains(column) {
                let word = match constraint.contype() {
                    ConstrType::ConstrPrimary => "primary key",
                    _ => "unique",
                };
                let message = format!("column \"{column}\" appears twice in {word} constraint");
                return self.fail("42701", message, offset(constraint.location));
            }
        }
        for column in keys.iter().filter(|_| is_there) {
            self.key_column(relation, column, constraint)?;
        }
        for column in strings(&constraint.including) {
            self.key_column(relation, column, constraint)?;
        }
        Ok(())
    }

    /// Since PostgreSQL 18, ADD PRIMARY KEY first makes its columns NOT NULL.
    fn primary_key_columns(&self, table: &QualifiedName, constraint: &ast::Constraint) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if self.catalog.is_older_than(18) || relation.unknown_columns {
            return Ok(());
        }
        for column in strings(&constraint.keys) {
            if relation.column(column).is_none() && !deparse::is_system_column(column) {
                let message = format!("column \"{column}\" of relation \"{}\" does not exist", relation.name);
                return self.fail("42703", message, self.token_after(column, constraint.location));
            }
        }
        Ok(())
    }

    fn key_column(&self, relation: &Relation, column: &str, constraint: &ast::Constraint) -> Result {
        if relation.column(column).is_some() || relation.unknown_columns || deparse::is_system_column(column)
        {
            return Ok(());
        }
        let at = self.token_after(column, constraint.location);
        self.fail("42703", format!("column \"{column}\" named in key does not exist"), at)
    }

    /// Where a name stands as a token at or after a location.
    pub(super) fn token_after(&self, name: &str, location: i32) -> Option<usize> {
        let start = usize::try_from(location).ok()?;
        let (tokens, _) = crate::syntax::grammar::scan(self.sql.get(start..)?);
        (tokens.iter())
            .find(|token| {
                let text = &self.sql[start + token.span.start..start + token.span.end];
                text.eq_ignore_ascii_case(name) || text.trim_matches('"') == name
            })
            .map(|token| start + token.span.start)
            .or(Some(start))
    }

    /// ADD CONSTRAINT … USING INDEX: the index takes the constraint's name.
    fn key_of_index(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        timing: Timing,
    ) -> Result {
        let primary = constraint.contype() == ConstrType::ConstrPrimary;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let index = self.index_for_key(&relation, constraint)?;
        let name = self.given_name(table, constraint)?;
        let mut index = Index::clone(&index);
        let name = name.unwrap_or_else(|| index.name.clone());
        if primary {
            for key in &index.keys {
                if let IndexTarget::Column(column) = &key.target {
                    self.key_not_null(table, column, timing.recurse)?;
                }
            }
        }
        self.schema(&table.schema)?.remove_index(&index.name);
        super::index::rename(&mut index, &name);
        index.is_constraint = true;
        let made = key_constraint(&index, primary, timing.deferrable, timing.deferred, false);
        self.schema(&table.schema)?.put_index(&table.name, index);
        self.relation(table)?.put_constraint(made);
        Ok(())
    }

    /// The index that ADD CONSTRAINT … USING INDEX names, when it can serve a key: as one that a key would make.
    fn index_for_key(&self, relation: &Relation, constraint: &ast::Constraint) -> Result<Arc<Index>> {
        let name = &*constraint.indexname;
        let at = offset(constraint.location);
        let Some(index) = relation.indexes.iter().find(|index| *index.name == *name) else {
            let (sqlstate, message) = match self.catalog.index(Some(&relation.schema), name) {
                Some(_) => {
                    ("55000", format!("index \"{name}\" does not belong to table \"{}\"", relation.name))
                }
                None => ("42704", format!("index \"{name}\" does not exist")),
            };
            return self.fail(sqlstate, message, at);
        };
        if index.is_constraint {
            let message = format!("index \"{name}\" is already associated with a constraint");
            return self.fail("55000", message, at);
        }
        let is_of_expression = |key: &IndexKey| matches!(key.target, IndexTarget::Expression(_));
        let is_sorted_otherwise = |key: &IndexKey| key.descending || key.nulls_first || key.opclass.is_some();
        let message = if !index.unique {
            format!("\"{name}\" is not a unique index")
        } else if index.keys.iter().any(is_of_expression) {
            format!("index \"{name}\" contains expressions")
        } else if index.predicate.is_some() {
            format!("\"{name}\" is a partial index")
        } else if let Some(n) = index.keys.iter().position(is_sorted_otherwise) {
            format!("index \"{name}\" column number {} does not have default sorting behavior", n + 1)
        } else {
            return Ok(index.clone());
        };
        self.fail("42809", message, at)
    }

    fn add_exclusion(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        timing: Timing,
    ) -> Result {
        let name = self.given_name(table, constraint)?;
        if let Some(name) = &name {
            self.taken(&table.schema, name, false, offset(constraint.location))?;
        }
        self.excludes_partition_columns(table, constraint)?;
        let mut keys = Vec::new();
        let mut operators = Vec::new();
        for pair in &constraint.exclusions {
            let [element, operator] = super::list(pair) else { continue };
            if let Some(ast::NodeEnum::IndexElem(element)) = &element.node {
                if element.expr.is_none() {
                    let relation = self.catalog.relation(Some(&table.schema), &table.name);
                    self.key_column(relation.ok_or(Stop::Unsure)?, &element.name, constraint)?;
                }
                keys.push(Key::Element(element));
                let parts = strings(super::list(operator));
                operators.push(match parts.as_slice() {
                    [schema, name] => format!("OPERATOR({}.{name})", quote::identifier(schema)),
                    parts => parts.concat(),
                });
            }
        }
        let method = if constraint.access_method.is_empty() { "gist" } else { &constraint.access_method };
        let plan = Plan {
            name,
            unique: false,
            method,
            keys,
            include: intern(&strings(&constraint.including)),
            nulls_not_distinct: false,
            predicate: constraint.where_clause.as_deref(),
            options: &constraint.options,
            serves: Some(ConstraintKind::Exclusion),
            tablespace: tablespace(&constraint.indexspace),
        };
        self.check_index_storage(method, plan.options)?;
        self.make_index(table, &plan, timing.recurse, &|index| Constraint {
            name: index.name.clone(),
            kind: ConstraintKind::Exclusion,
            columns: index_columns(index),
            foreign: None,
            validated: true,
            enforced: true,
            deferrable: timing.deferrable,
            initially_deferred: timing.deferred,
            local: true,
            comment: None,
            definition: format!(
                "{}{}",
                super::index::exclusion(index, &operators),
                tail(Timing { enforced: true, ..timing }, true)
            )
            .into(),
        })
    }
}

/// The constraint that an index of a primary key or unique constraint serves.
pub(super) fn key_constraint(
    index: &Index,
    primary: bool,
    deferrable: bool,
    deferred: bool,
    overlaps: bool,
) -> Constraint {
    let columns = index_columns(index);
    let mut definition = match (primary, index.nulls_not_distinct) {
        (true, _) => "PRIMARY KEY (".to_owned(),
        (false, false) => "UNIQUE (".to_owned(),
        (false, true) => "UNIQUE NULLS NOT DISTINCT (".to_owned(),
    };
    definition += &column_list(&columns, false);
    definition += if overlaps { " WITHOUT OVERLAPS)" } else { ")" };
    if !index.include.is_empty() {
        definition += &format!(" INCLUDE ({})", column_list(&index.include, false));
    }
    definition += tail(Timing { deferrable, deferred, enforced: true, recurse: true }, true);
    Constraint {
        name: index.name.clone(),
        kind: if primary { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique },
        columns,
        foreign: None,
        validated: true,
        enforced: true,
        deferrable,
        initially_deferred: deferred,
        local: true,
        comment: None,
        definition: definition.into(),
    }
}

pub(super) fn index_columns(index: &Index) -> Vec<Name> {
    (index.keys.iter())
        .filter_map(|key| match &key.target {
            IndexTarget::Column(column) => Some(column.clone()),
            IndexTarget::Expression(_) => None,
        })
        .collect()
}

pub(super) fn column_list(columns: &[Name], period: bool) -> String {
    let mut quoted: Vec<String> = columns.iter().map(|name| quote::identifier(name)).collect();
    if period && let Some(last) = quoted.last_mut() {
        last.insert_str(0, "PERIOD ");
    }
    quoted.join(", ")
}

pub(super) fn tail(timing: Timing, validated: bool) -> &'static str {
    match (timing.deferrable, timing.deferred, timing.enforced, validated) {
        (_, _, false, _) => match (timing.deferrable, timing.deferred) {
            (true, true) => " DEFERRABLE INITIALLY DEFERRED NOT ENFORCED",
            (true, false) => " DEFERRABLE NOT ENFORCED",
            _ => " NOT ENFORCED",
        },
        (false, _, _, true) => "",
        (false, _, _, false) => " NOT VALID",
        (true, false, _, true) => " DEFERRABLE",
        (true, false, _, false) => " DEFERRABLE NOT VALID",
        (true, true, _, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, true, _, false) => " DEFERRABLE INITIALLY DEFERRED NOT VALID",
    }
}
