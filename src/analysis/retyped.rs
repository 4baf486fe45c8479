//! Another type for a column (tablecmds.c: ATPrepAlterColumnType, ATPostAlterTypeCleanup).

use std::sync::Arc;

use super::Diagnostic;
use super::definition::{CHECK, USING};
use super::scope::RangeItem;
use super::statement::Analyzer;
use super::typed::Typed;
use crate::catalog::model::{ConstraintKind, Relation};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Context};
use crate::syntax::Parse;
use crate::syntax::ast::{AlterTableStmt, AlterTableType, ColumnDef, NodeEnum};

impl Analyzer<'_> {
    /// `ALTER COLUMN … TYPE` (ATPrepAlterColumnType).
    pub(super) fn change_of_type(&mut self, name: &str, column: &ColumnDef, ty: &TypeRef, row: &RangeItem) {
        let Some(known) = row.column(name) else { return };
        // No column is of such a type, as is looked at first where it is changed.
        if self.types.class(ty) == Class::Pseudo {
            return;
        }
        self.collate_clause(column.coll_clause.as_deref(), ty);
        let from = known.ty.clone();
        match column.raw_default.as_deref() {
            Some(raw) => {
                let value = self.defined(raw, vec![Arc::new(row.clone())], USING);
                if self.becomes(&value, ty, Context::Assignment) == Answer::No {
                    let to = self.types.print(ty);
                    let message = format!(
                        "result of USING clause for column \"{name}\" cannot be cast automatically to type {to}"
                    );
                    let hint = "You might need to add an explicit cast.";
                    self.report_hinting(value.location, "42804", message, Some(hint));
                }
            }
            None => {
                let value = Typed::new(from, column.location);
                if self.becomes(&value, ty, Context::Assignment) == Answer::No {
                    let to = self.types.print(ty);
                    let message = format!("column \"{name}\" cannot be cast automatically to type {to}");
                    let written = self.types.print_with_modifier(ty);
                    let using = format!("USING {}::{written}", quote::identifier(name));
                    let hint = format!("You might need to specify \"{using}\".");
                    let at = column.type_name.as_ref().map_or(-1, |name| name.location);
                    if let Some(span) = self.token_span(at) {
                        self.report(Diagnostic::new(span, "42804", message).hinting(Some(hint)));
                    }
                }
            }
        }
    }

    /// The checks of a table are made again with the new type of a column (ATPostAlterTypeCleanup).
    pub(super) fn checks_take(
        &mut self,
        table: &Relation,
        row: &RangeItem,
        column: &ColumnDef,
        name: &str,
        alter: &AlterTableStmt,
    ) {
        // What the statement drops is not made again, whatever the order of its commands.
        let drops = |what: AlterTableType, name: &str| {
            alter.cmds.iter().any(|node| match &node.node {
                Some(NodeEnum::AlterTableCmd(command)) => command.subtype() == what && command.name == name,
                _ => false,
            })
        };
        let of_column = table.constraints.iter().filter(|constraint| {
            constraint.kind == ConstraintKind::Check
                && constraint.columns.iter().any(|own| **own == *name)
                && !drops(AlterTableType::AtDropConstraint, &constraint.name)
                && !constraint.columns.iter().any(|own| drops(AlterTableType::AtDropColumn, own))
        });
        for constraint in of_column {
            let definition = &*constraint.definition;
            let (Some(start), Some(end)) = (definition.find('('), definition.rfind(')')) else { continue };
            let parse = Parse::plain(&format!("SELECT {}", &definition[start..=end]));
            let condition = match parse.nodes().next() {
                Some(NodeEnum::SelectStmt(select)) => match select.target_list.first().map(|node| &node.node)
                {
                    Some(Some(NodeEnum::ResTarget(target))) => target.val.as_deref(),
                    _ => None,
                },
                _ => None,
            };
            let Some(condition) = condition else { continue };
            let mut inner = Analyzer::new(&parse, self.catalog);
            inner.defined(condition, vec![Arc::new(row.clone())], CHECK);
            // Only what an operator or a function takes depends on the type.
            let found = inner.out.diagnostics.into_iter().find(|found| found.sqlstate == "42883");
            if let Some(found) = found {
                let at = column.type_name.as_ref().map_or(-1, |name| name.location);
                let hint = format!("The check constraint \"{}\" uses the column.", constraint.name);
                self.report_hinting(at, "42883", found.message, Some(&hint));
                return;
            }
        }
    }
}
