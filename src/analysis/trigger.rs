//! CREATE TRIGGER's condition (trigger.c, CreateTriggerFiringOn).

use std::sync::Arc;

use super::Purpose;
use super::definition::first_query;
use super::place::Place;
use super::relation::{Opened, item};
use super::scope::{RangeItem, system_column};
use super::statement::{Analyzer, strings};
use crate::catalog::model::Relation;
use crate::syntax::ast::{ColumnRef, CreateTrigStmt, Node, NodeEnum};
use crate::syntax::children::children;

/// Bits of `tgtype`.
const BEFORE: i32 = 1 << 1;
const INSERT: i32 = 1 << 2;
const DELETE: i32 = 1 << 3;

impl Analyzer<'_> {
    pub(super) fn trigger(&mut self, trigger: &CreateTrigStmt) {
        let (Some(range), Some(condition)) = (&trigger.relation, trigger.when_clause.as_deref()) else {
            return;
        };
        let opened = self.quietly(|this| this.open(range, Purpose::Define));
        let Opened::Relation(relation) = opened else { return };
        let row = item(self.types, &relation, None);
        let named = |name: &str| {
            Arc::new(RangeItem { alias: name.into(), schema: None, qualified_only: false, ..row.clone() })
        };
        let mut scope = self.query_scope(vec![named("old"), named("new")]);
        scope.place = Place::plain("trigger WHEN conditions");
        let reported = self.out.diagnostics.len();
        self.scopes.push(scope);
        let value = self.expr(condition);
        self.be_boolean(&value, "WHEN");
        self.scopes.pop();
        if let Some(at) = first_query(condition) {
            self.out.diagnostics.truncate(reported);
            return self.report_at(at, "0A000", "cannot use subquery in trigger WHEN condition");
        }
        if self.out.diagnostics.len() > reported {
            return;
        }
        let mut columns = Vec::new();
        gather(condition, &mut columns);
        for column in columns {
            if let Some((sqlstate, message)) = wrong(trigger, &relation, column) {
                return self.report_at(column.location, sqlstate, message);
            }
        }
    }
}

/// What is wrong with reading a column of the old or the new row.
fn wrong(
    trigger: &CreateTrigStmt,
    relation: &Relation,
    column: &ColumnRef,
) -> Option<(&'static str, &'static str)> {
    let names = strings(&column.fields);
    let is_old = match names.first().map(|name| &**name)? {
        "old" => true,
        "new" => false,
        _ => return None,
    };
    if !trigger.row {
        return Some(("42P17", "statement trigger's WHEN condition cannot reference column values"));
    }
    if is_old {
        let is_insert = trigger.events & INSERT != 0;
        return is_insert.then_some(("42P17", "INSERT trigger's WHEN condition cannot reference OLD values"));
    }
    if trigger.events & DELETE != 0 {
        return Some(("42P17", "DELETE trigger's WHEN condition cannot reference NEW values"));
    }
    if trigger.timing != BEFORE {
        return None;
    }
    let generated = || relation.columns.iter().any(|column| column.generated.is_some());
    match names.get(1) {
        Some(name) => match relation.column(name) {
            Some(column) if column.generated.is_some() => {
                Some(("42P17", "BEFORE trigger's WHEN condition cannot reference NEW generated columns"))
            }
            None if system_column(name).is_some() => {
                Some(("0A000", "BEFORE trigger's WHEN condition cannot reference NEW system columns"))
            }
            _ => None,
        },
        None if generated() => {
            Some(("42P17", "BEFORE trigger's WHEN condition cannot reference NEW generated columns"))
        }
        None => None,
    }
}

/// The columns that an expression reads, in the order of the tree.
fn gather<'n>(node: &'n Node, columns: &mut Vec<&'n ColumnRef>) {
    match &node.node {
        Some(NodeEnum::ColumnRef(column)) => columns.push(column),
        Some(inner) => {
            let mut below = Vec::new();
            children(inner, &mut |child| below.push(child));
            below.into_iter().for_each(|child| gather(child, columns));
        }
        None => {}
    }
}
