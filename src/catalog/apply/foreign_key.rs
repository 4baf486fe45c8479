//! Foreign keys.

use crate::syntax::ast;

use super::super::deparse;
use super::super::model::*;
use super::constraint::{Timing, column_list, tail};
use super::{Fold, Result, Stop, find, intern, names, offset, strings};

impl Fold<'_> {
    pub(super) fn add_foreign_key(
        &mut self,
        table: &QualifiedName,
        constraint: &ast::Constraint,
        column: Option<&Name>,
        timing: Timing,
        new_table: bool,
    ) -> Result {
        let Some(range) = &constraint.pktable else { return Ok(()) };
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let columns: Vec<Name> = match column {
            Some(column) => vec![column.clone()],
            None => intern(&strings(&constraint.fk_attrs)),
        };
        let referenced = self.catalog.relation(super::schema_of(range), &range.relname).cloned();
        let Some(referenced) = referenced else {
            // What follows may still use the table: only the constraint is unknown.
            return self.find_table(range).map(drop).or_else(|stop| match stop {
                Stop::Unsure => Ok(()),
                stop => Err(stop),
            });
        };
        if !referenced.unknown_columns {
            self.can_refer(&relation, &referenced, range)?;
        }
        for column in &columns {
            if relation.column(column).is_none()
                && !relation.unknown_columns
                && !deparse::is_system_column(column)
            {
                let at = self.token_after(column, constraint.location);
                return self.fail(
                    "42703",
                    format!("column \"{column}\" referenced in foreign key constraint does not exist"),
                    at,
                );
            }
        }
        let with_period = constraint.fk_with_period || constraint.pk_with_period;
        if with_period {
            self.periods_agree(constraint, true)?;
        }
        self.set_columns_are_of_key(&relation, constraint, &columns)?;
        let name = self.given_name(table, constraint)?;
        let mut targets = intern(&strings(&constraint.pk_attrs));
        let sure = !referenced.unknown_columns
            && matches!(referenced.kind, RelationKind::Table | RelationKind::PartitionedTable)
            && find::sure_of(&self.catalog, Some(&referenced.schema), &referenced.name);
        for target in &targets {
            if sure && referenced.column(target).is_none() && !deparse::is_system_column(target) {
                let at = self.token_after(target, range.location);
                return self.fail(
                    "42703",
                    format!("column \"{target}\" referenced in foreign key constraint does not exist"),
                    at,
                );
            }
        }
        let at = offset(constraint.location);
        let key = if targets.is_empty() {
            match referenced.primary_key() {
                Some(key) => {
                    if key.has_no_overlaps() {
                        self.periods_agree(constraint, true)?;
                    }
                    targets = key.columns.clone();
                    Some(key)
                }
                None if sure => {
                    return self.fail(
                        "42704",
                        format!("there is no primary key for referenced table \"{}\"", referenced.name),
                        offset(range.location),
                    );
                }
                None => return Ok(()),
            }
        } else if with_period && !constraint.pk_with_period {
            return self.periods_agree(constraint, false);
        } else if (1..targets.len()).any(|n| targets[..n].contains(&targets[n])) {
            let message = "foreign key referenced-columns list must not contain duplicates";
            return self.fail("42830", message.into(), at);
        } else {
            let key = index_of_key(&referenced, &targets, with_period);
            if sure && key.is_none() {
                return self.fail(
                    "42830",
                    format!(
                        "there is no unique constraint matching given keys for referenced table \"{}\"",
                        referenced.name
                    ),
                    offset(range.location),
                );
            }
            key.and_then(|index| referenced.constraint(&index.name))
        };
        if !with_period && key.is_some_and(|key| key.has_no_overlaps()) {
            let message = "foreign key must use PERIOD when referencing a primary key using WITHOUT OVERLAPS";
            return self.fail("42830", message.into(), at);
        }
        if key.is_some_and(|key| key.deferrable) {
            let is = if constraint.pk_attrs.is_empty() { "primary key" } else { "unique constraint" };
            let message =
                format!("cannot use a deferrable {is} for referenced table \"{}\"", referenced.name);
            return self.fail("55000", message, offset(range.location));
        }
        if sure && columns.len() != targets.len() {
            return self.fail(
                "42830",
                "number of referencing and referenced columns for foreign key disagree".into(),
                at,
            );
        }
        if with_period && key.is_some_and(|key| !key.has_no_overlaps()) {
            let message = "could not identify an overlaps operator for foreign key";
            return self.fail("42704", message.into(), at);
        }
        let name = name.unwrap_or_else(|| {
            let columns: Vec<String> = columns.iter().map(|name| name.to_string()).collect();
            let part = names::columns_part(&columns);
            names::constraint_name(&self.catalog, &table.schema, &table.name, Some(&part), "fkey", &[])
        });
        self.actions_fit(&relation, constraint, &columns)?;
        let labelled = (&*name, constraint.location);
        self.keys_compare(&relation, &columns, &referenced, &targets, labelled)?;
        for (own, target) in columns.iter().zip(&targets) {
            if let (Some(own), Some(target)) = (relation.column(own), referenced.column(target)) {
                self.can_compare_keys(&name, own, target)?;
            }
        }
        let foreign = ForeignKey {
            table: referenced.qualified_name(),
            columns: targets,
            on_delete: action(&constraint.fk_del_action),
            on_update: action(&constraint.fk_upd_action),
        };
        // A constraint of a new table has no rows that it could fail for.
        let validated = (new_table || !constraint.skip_validation) && timing.enforced;
        let mut definition = format!(
            "FOREIGN KEY ({}) REFERENCES {}({})",
            column_list(&columns, constraint.fk_with_period),
            deparse::relation_text(&foreign.table.schema, &foreign.table.name),
            column_list(&foreign.columns, constraint.pk_with_period),
        );
        match constraint.fk_matchtype.as_str() {
            "f" => definition += " MATCH FULL",
            "p" => definition += " MATCH PARTIAL",
            _ => {}
        }
        if let Some(word) = action_text(foreign.on_update) {
            definition += &format!(" ON UPDATE {word}");
        }
        if let Some(word) = action_text(foreign.on_delete) {
            definition += &format!(" ON DELETE {word}");
            if !constraint.fk_del_set_cols.is_empty() {
                let columns = intern(&strings(&constraint.fk_del_set_cols));
                definition += &format!(" ({})", column_list(&columns, false));
            }
        }
        definition += tail(timing, validated);
        let made = Constraint {
            name,
            kind: ConstraintKind::ForeignKey,
            columns,
            foreign: Some(foreign),
            validated,
            enforced: timing.enforced,
            deferrable: timing.deferrable,
            initially_deferred: timing.deferred,
            local: true,
            comment: None,
            definition: definition.into(),
        };
        let partitioned = relation.kind == RelationKind::PartitionedTable;
        self.put_constraint_below(table, made, partitioned)
    }
}

/// A unique index without a condition that has exactly these columns: in any order, but the last of a key WITHOUT
/// OVERLAPS is its range.
fn index_of_key<'r>(relation: &'r Relation, columns: &[Name], with_period: bool) -> Option<&'r Index> {
    let column = |key: &'r IndexKey| match &key.target {
        IndexTarget::Column(column) => Some(column),
        IndexTarget::Expression(_) => None,
    };
    let can_serve = |index: &&'r Index| {
        let is_key = index.unique
            && index.predicate.is_none()
            && index.keys.len() == columns.len()
            && index.keys.iter().all(|key| column(key).is_some_and(|column| columns.contains(column)));
        let is_of_period = || {
            relation.constraint(&index.name).is_some_and(|key| key.has_no_overlaps())
                && index.keys.last().and_then(column) == columns.last()
        };
        is_key && (!with_period || is_of_period())
    };
    // One that can be deferred is taken for want of another.
    let is_deferrable =
        |index: &&Index| relation.constraint(&index.name).is_some_and(|constraint| constraint.deferrable);
    relation.indexes.iter().map(|index| &**index).filter(can_serve).min_by_key(is_deferrable)
}

fn action(code: &str) -> ForeignAction {
    match code {
        "r" => ForeignAction::Restrict,
        "c" => ForeignAction::Cascade,
        "n" => ForeignAction::SetNull,
        "d" => ForeignAction::SetDefault,
        _ => ForeignAction::NoAction,
    }
}

fn action_text(action: ForeignAction) -> Option<&'static str> {
    Some(match action {
        ForeignAction::NoAction => return None,
        ForeignAction::Restrict => "RESTRICT",
        ForeignAction::Cascade => "CASCADE",
        ForeignAction::SetNull => "SET NULL",
        ForeignAction::SetDefault => "SET DEFAULT",
    })
}
