//! What a foreign key must be (tablecmds.c, ATAddForeignKeyConstraint).

use std::sync::Arc;

use crate::syntax::ast;

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Answer, Class, Context, Types, builtin_name};
use super::super::{builtin, deparse};
use super::{Fold, Result, intern, offset, strings};

/// The types that operators of one family compare with one another.
const FAMILIES: [&[&str]; 4] = [
    &["int2", "int4", "int8"],
    &["float4", "float8"],
    &["date", "timestamp", "timestamptz"],
    &["text", "name"],
];

impl Fold<'_> {
    /// The kinds of the two tables.
    pub(super) fn can_refer(
        &self,
        relation: &Relation,
        referenced: &Relation,
        range: &ast::RangeVar,
    ) -> Result {
        let at = offset(range.location);
        if !matches!(referenced.kind, RelationKind::Table | RelationKind::PartitionedTable) {
            let message = format!("referenced relation \"{}\" is not a table", referenced.name);
            return self.fail("42809", message, at);
        }
        let message = match (relation.persistence, referenced.persistence) {
            (Persistence::Permanent, Persistence::Permanent)
            | (Persistence::Unlogged, Persistence::Permanent | Persistence::Unlogged)
            | (Persistence::Temporary, Persistence::Temporary) => return Ok(()),
            (Persistence::Permanent, _) => {
                "constraints on permanent tables may reference only permanent tables"
            }
            (Persistence::Unlogged, _) => {
                "constraints on unlogged tables may reference only permanent or unlogged tables"
            }
            (Persistence::Temporary, _) => {
                "constraints on temporary tables may reference only temporary tables"
            }
        };
        self.fail("42P16", message.into(), at)
    }

    /// What ON DELETE SET sets are columns of the key.
    pub(super) fn set_columns_are_of_key(
        &self,
        relation: &Relation,
        constraint: &ast::Constraint,
        columns: &[Name],
    ) -> Result {
        for column in intern(&strings(&constraint.fk_del_set_cols)) {
            let at = self.token_after(&column, constraint.location);
            if relation.column(&column).is_none() {
                if relation.unknown_columns || deparse::is_system_column(&column) {
                    return Ok(());
                }
                let message =
                    format!("column \"{column}\" referenced in foreign key constraint does not exist");
                return self.fail("42703", message, at);
            }
            if !columns.contains(&column) {
                let message = format!(
                    "column \"{column}\" referenced in ON DELETE SET action must be part of foreign key"
                );
                return self.fail("42P10", message, at);
            }
        }
        Ok(())
    }

    /// PERIOD is of both sides or of none.
    pub(super) fn periods_agree(&self, constraint: &ast::Constraint, key_has_period: bool) -> Result {
        let at = offset(constraint.location);
        let message = match (constraint.fk_with_period, key_has_period) {
            (false, true) => "foreign key uses PERIOD on the referenced table but not the referencing table",
            (true, false) => "foreign key uses PERIOD on the referencing table but not the referenced table",
            _ => return Ok(()),
        };
        self.fail("42830", message.into(), at)
    }

    /// What an action would do to a column that is generated.
    pub(super) fn actions_fit(
        &self,
        relation: &Relation,
        constraint: &ast::Constraint,
        columns: &[Name],
    ) -> Result {
        let at = offset(constraint.location);
        let is_generated =
            |name: &&Name| relation.column(name).is_some_and(|column| column.generated.is_some());
        if columns.iter().any(|column| is_generated(&column)) {
            let wrong = match (constraint.fk_upd_action.as_str(), constraint.fk_del_action.as_str()) {
                ("n" | "d" | "c", _) => Some("ON UPDATE"),
                (_, "n" | "d") => Some("ON DELETE"),
                _ => None,
            };
            if let Some(event) = wrong {
                let message =
                    format!("invalid {event} action for foreign key constraint containing generated column");
                return self.fail("42601", message, at);
            }
        }
        if constraint.fk_with_period {
            let events = [("ON UPDATE", &constraint.fk_upd_action), ("ON DELETE", &constraint.fk_del_action)];
            let is_action = |action: &str| matches!(action, "r" | "c" | "n" | "d");
            if let Some((event, _)) = events.iter().find(|(_, action)| is_action(action)) {
                let message = format!("unsupported {event} action for foreign key constraint using PERIOD");
                return self.fail("0A000", message, at);
            }
        }
        Ok(())
    }

    /// Whether the columns of a foreign key can be compared with those of the key that it refers to.
    pub(super) fn keys_compare(
        &self,
        relation: &Relation,
        columns: &[Name],
        referenced: &Relation,
        targets: &[Name],
        constraint: (&str, i32),
    ) -> Result {
        for (column, target) in columns.iter().zip(targets) {
            let (Some(column), Some(target)) = (relation.column(column), referenced.column(target)) else {
                return Ok(());
            };
            if self.key_compares(&column.ty, &target.ty) == Answer::No {
                let (name, location) = constraint;
                let message = format!("foreign key constraint \"{name}\" cannot be implemented");
                return self.fail("42804", message, offset(location));
            }
        }
        Ok(())
    }

    /// The foreign keys that a column is in are made again with its new type.
    pub(super) fn foreign_keys_compare_still(&self, table: &QualifiedName, column: &str) -> Result {
        let has = |columns: &[Name]| columns.iter().any(|name| **name == *column);
        let own = self.catalog.relation(Some(&table.schema), &table.name);
        let others = self.catalog.mentioning(table).into_iter();
        let others = others.filter(|other| own.is_none_or(|own| !Arc::ptr_eq(own, other)));
        for relation in own.into_iter().chain(others) {
            let is_it = own.is_some_and(|own| Arc::ptr_eq(own, relation));
            for constraint in &relation.constraints {
                let Some(foreign) = &constraint.foreign else { continue };
                if !(is_it && has(&constraint.columns) || foreign.table == *table && has(&foreign.columns)) {
                    continue;
                }
                if let Some(referenced) =
                    self.catalog.relation(Some(&foreign.table.schema), &foreign.table.name)
                {
                    let labelled = (&*constraint.name, -1);
                    self.keys_compare(relation, &constraint.columns, referenced, &foreign.columns, labelled)?;
                }
            }
        }
        Ok(())
    }

    /// WITHOUT OVERLAPS is of a range, behind other columns.
    pub(super) fn overlaps_are_told(
        &self,
        relation: &Relation,
        constraint: &ast::Constraint,
        columns: &[Name],
    ) -> Result {
        if !constraint.without_overlaps {
            return Ok(());
        }
        let at = offset(constraint.location);
        if columns.len() < 2 {
            let message = "constraint using WITHOUT OVERLAPS needs at least two columns";
            return self.refuse("42601", message.into(), at);
        }
        let Some(column) = columns.last().and_then(|name| relation.column(name)) else { return Ok(()) };
        let types = Types::new(&self.catalog);
        let base = types.base(&column.ty);
        let is_of_range = types.range_subtype(&base).is_some() || types.range_of_multirange(&base).is_some();
        let is_known = builtin_name(&base).is_some() || types.user_type(&base).is_some();
        if is_known && !is_of_range {
            let message =
                format!("column \"{}\" in WITHOUT OVERLAPS is not a range or multirange type", column.name);
            return self.fail("42804", message, at);
        }
        Ok(())
    }

    /// A key that foreign keys refer to only goes by CASCADE.
    pub(super) fn is_referred_to_by_none(&self, relation: &Relation, constraint: &Constraint) -> Result {
        if !matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            || !self.is_referred_to(relation, &constraint.columns)
        {
            return Ok(());
        }
        let text = deparse::relation_text(&relation.schema, &relation.name);
        let message = format!(
            "cannot drop constraint {} on table {text} because other objects depend on it",
            constraint.name
        );
        self.fail("2BP01", message, self.token(&constraint.name))
    }

    /// Whether foreign keys refer to the only unique index on these columns. Which of several they mean is not kept.
    pub(super) fn is_referred_to(&self, relation: &Relation, key: &[Name]) -> bool {
        let is_of_key = |columns: &[Name]| {
            columns.len() == key.len() && columns.iter().all(|column| key.contains(column))
        };
        let of_index = |index: &Index| {
            let columns: Vec<Name> = (index.keys.iter())
                .filter_map(|key| match &key.target {
                    IndexTarget::Column(column) => Some(column.clone()),
                    IndexTarget::Expression(_) => None,
                })
                .collect();
            index.unique && columns.len() == index.keys.len() && is_of_key(&columns)
        };
        if relation.indexes.iter().filter(|index| of_index(index)).count() != 1 {
            return false;
        }
        let name = relation.qualified_name();
        let refers = |other: &Constraint| {
            other.foreign.as_ref().is_some_and(|foreign| foreign.table == name && is_of_key(&foreign.columns))
        };
        self.catalog.relations().any(|other| other.constraints.iter().any(|other| refers(other)))
    }

    /// Whether two different types are compared by operators that a kind of types shares (arrays, ranges, enums), which
    /// want both to be the same.
    fn are_compared_as_their_kind(types: Types<'_>, ty: &TypeRef, other: &TypeRef) -> bool {
        let is_of_kind = |ty: &TypeRef| {
            let class = types.class(ty);
            ty.element().is_some() || matches!(class, Class::Range | Class::Multirange | Class::Enum)
        };
        let is_known = |ty: &TypeRef| {
            is_of_kind(ty) || builtin_name(ty).is_some_and(|name| builtin::facts().ty(name).is_some())
        };
        is_known(ty) && is_known(other) && (is_of_kind(ty) || is_of_kind(other))
    }

    fn key_compares(&self, ty: &TypeRef, target: &TypeRef) -> Answer {
        let types = Types::new(&self.catalog);
        let (ty, target) = (types.base(ty).without_modifier(), types.base(target).without_modifier());
        if ty == target {
            return Answer::Yes;
        }
        if Self::are_compared_as_their_kind(types, &ty, &target) {
            return Answer::No;
        }
        let (Some(own), Some(key)) = (builtin_name(&ty), builtin_name(&target)) else {
            // A type of one's own has operators of its own.
            return Answer::Unknown;
        };
        let is_plain = |name: &str| {
            builtin::facts().types.named_in_any(name).iter().any(|ty| ty.kind == 'b')
                && !name.starts_with('_')
        };
        if !is_plain(own) || !is_plain(key) {
            return Answer::Unknown;
        }
        // What has no operators of its own is compared as what it is binary coercible to.
        let key = match key {
            "varchar" => "text",
            "cidr" => "inet",
            key if key.starts_with("reg") => "oid",
            key => key,
        };
        if FAMILIES.iter().any(|family| family.contains(&own) && family.contains(&key)) {
            return Answer::Yes;
        }
        types.can_coerce_one(&ty, &TypeRef::builtin(key), Context::Implicit)
    }
}
