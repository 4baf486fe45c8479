//! CREATE RULE: its condition and its actions, which see the old and the new row (transformRuleStmt), and what a rule
//! may be (DefineQueryRewrite).

use std::sync::Arc;

use super::cte::Outputs;
use super::place::Place;
use super::relation::{Opened, item};
use super::scope::{RangeItem, Scope};
use super::statement::Analyzer;
use super::{Diagnostic, Purpose};
use crate::catalog::model::{Relation, RelationKind};
use crate::catalog::types::TypeRef;
use crate::syntax::ast::{CmdType, NodeEnum, RuleStmt};
use crate::syntax::grammar;
use crate::text::Span;

/// Which of the two rows a part of a rule reads.
#[derive(Clone, Copy, Debug, Default)]
struct Reads {
    old: bool,
    new: bool,
}

impl Analyzer<'_> {
    pub(super) fn rule(&mut self, rule: &RuleStmt) {
        let Some(range) = &rule.relation else { return };
        let Opened::Relation(relation) = self.open(range, Purpose::Define) else { return };
        let row = item(self.types, &relation, None);
        let named = |name: &str, qualified_only: bool| {
            Arc::new(RangeItem { alias: name.into(), schema: None, qualified_only, ..row.clone() })
        };
        let reported = self.out.diagnostics.len();
        if let Some(condition) = rule.where_clause.as_deref() {
            let items = match rule.event() {
                CmdType::CmdInsert => vec![named("new", false)],
                CmdType::CmdUpdate => vec![named("old", false), named("new", false)],
                _ => vec![named("old", false)],
            };
            let mut scope = self.query_scope(items);
            scope.place = Place::plain("WHERE");
            self.scopes.push(scope);
            let value = self.expr(condition);
            self.be_boolean(&value, "WHERE");
            self.scopes.pop();
        }
        if self.out.diagnostics.len() > reported {
            return;
        }
        let mut returned = None;
        let mut selected = None;
        for action in &rule.actions {
            let Some(node) = &action.node else { continue };
            let is_query = matches!(
                node,
                NodeEnum::SelectStmt(_)
                    | NodeEnum::InsertStmt(_)
                    | NodeEnum::UpdateStmt(_)
                    | NodeEnum::DeleteStmt(_)
            );
            if !is_query && rule.where_clause.is_some() {
                let message =
                    "rules with WHERE conditions can only have SELECT, INSERT, UPDATE, or DELETE actions";
                return self.report_rule("42P17", message.into());
            }
            // They are beside what the action itself reads, and no query of their own.
            let items = vec![named("old", true), named("new", true)];
            self.scopes.push(Scope { items, ..Scope::default() });
            let outputs = self.action(node);
            self.scopes.pop();
            if self.out.diagnostics.len() > reported {
                return;
            }
            if let Some(message) = forbidden(rule.event(), self.rows_read()) {
                return self.report_rule("42P17", message.into());
            }
            match node {
                NodeEnum::SelectStmt(_) => selected = outputs,
                _ if has_returning(node) => {
                    if returned.is_some() {
                        let message = "cannot have multiple RETURNING lists in a rule";
                        return self.report_rule("0A000", message.into());
                    }
                    returned = Some(outputs);
                }
                _ => {}
            }
        }
        self.rule_fits(rule, &relation, selected, returned);
    }

    fn action(&mut self, node: &NodeEnum) -> Option<Outputs> {
        match node {
            NodeEnum::SelectStmt(select) => {
                self.makes_no_table(select);
                Some(self.select(select))
            }
            NodeEnum::InsertStmt(insert) => Some(self.insert(insert)),
            NodeEnum::UpdateStmt(update) => Some(self.update(update)),
            NodeEnum::DeleteStmt(delete) => Some(self.delete(delete)),
            other => {
                self.utility(other);
                None
            }
        }
    }

    /// Which rows the condition and the actions name. `None` where one of these names stands for itself, so that it may
    /// be an alias or a column.
    fn rows_read(&self) -> Option<Reads> {
        let mut reads = Reads::default();
        let tokens = self.parse.tokens();
        for (n, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_name()) {
            let name = grammar::folded(&self.sql[token.span.range()]);
            let is_qualifier = tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.'));
            match name.as_str() {
                "old" | "new" if !is_qualifier => return None,
                "old" => reads.old = true,
                "new" => reads.new = true,
                _ => {}
            }
        }
        Some(reads)
    }

    fn report_rule(&mut self, sqlstate: &'static str, message: String) {
        self.report_whole(Diagnostic::new(Span::at(0), sqlstate, message));
    }

    fn rule_fits(
        &mut self,
        rule: &RuleStmt,
        relation: &Relation,
        selected: Option<Outputs>,
        returned: Option<Option<Outputs>>,
    ) {
        let name = &relation.name;
        let is_of_rows = matches!(
            relation.kind,
            RelationKind::Table
                | RelationKind::View
                | RelationKind::MaterializedView
                | RelationKind::PartitionedTable
        );
        if relation.kind == RelationKind::MaterializedView {
            return self.report_rule("0A000", "rules on materialized views are not supported".into());
        }
        if !is_of_rows {
            let message = match self.types.major {
                ..15 => format!("\"{name}\" is not a table or view"),
                15.. => format!("relation \"{name}\" cannot have rules"),
            };
            return self.report_rule("42809", message);
        }
        if rule.event() == CmdType::CmdSelect {
            return self.select_rule(rule, relation, selected);
        }
        if let Some(outputs) = returned {
            if rule.where_clause.is_some() {
                let message = "RETURNING lists are not supported in conditional rules";
                return self.report_rule("0A000", message.into());
            }
            if !rule.instead {
                let message = "RETURNING lists are not supported in non-INSTEAD rules";
                return self.report_rule("0A000", message.into());
            }
            if let Some(message) =
                outputs.and_then(|outputs| self.mismatch_of_rule(&outputs, relation, false))
            {
                return self.report_rule("42P17", message);
            }
        }
        if rule.rulename == "_RETURN" {
            let message = format!("non-view rule for \"{name}\" must not be named \"_RETURN\"");
            self.report_rule("42P17", message);
        }
    }

    /// ON SELECT, which only a view's own rule is.
    fn select_rule(&mut self, rule: &RuleStmt, relation: &Relation, selected: Option<Outputs>) {
        let name = &relation.name;
        if self.types.major >= 16 && relation.kind != RelationKind::View {
            let message = format!("relation \"{name}\" cannot have ON SELECT rules");
            return self.report_rule("42809", message);
        }
        let message = match &rule.actions[..] {
            [] => Some("INSTEAD NOTHING rules on SELECT are not implemented"),
            [_, _, ..] => Some("multiple actions for rules on SELECT are not implemented"),
            [only] if !rule.instead || !matches!(only.node, Some(NodeEnum::SelectStmt(_))) => {
                Some("rules on SELECT must have action INSTEAD SELECT")
            }
            [_] if rule.where_clause.is_some() => {
                Some("event qualifications are not implemented for rules on SELECT")
            }
            [_] => None,
        };
        if let Some(message) = message {
            return self.report_rule("0A000", message.into());
        }
        if let Some(message) = selected.and_then(|outputs| self.mismatch_of_rule(&outputs, relation, true)) {
            return self.report_rule("42P17", message);
        }
        if !rule.replace && relation.kind == RelationKind::View {
            return self.report_rule("55000", format!("\"{name}\" is already a view"));
        }
        if rule.rulename != "_RETURN" {
            let message = format!("view rule for \"{name}\" must be named \"_RETURN\"");
            self.report_rule("42P17", message);
        }
    }

    /// How the columns of a rule's result are others than the relation's (checkRuleResultList).
    fn mismatch_of_rule(&self, outputs: &Outputs, relation: &Relation, is_select: bool) -> Option<String> {
        if outputs.unknown || relation.unknown_columns {
            return None;
        }
        for (n, output) in outputs.columns.iter().enumerate() {
            let Some(column) = relation.columns.get(n) else {
                return Some(match is_select {
                    true => "SELECT rule's target list has too many entries".into(),
                    false => "RETURNING list has too many entries".into(),
                });
            };
            let (at, name) = (n + 1, &column.name);
            if is_select && output.name != *name {
                return Some(format!(
                    "SELECT rule's target entry {at} has different column name from column \"{name}\""
                ));
            }
            let of = |ty: &TypeRef| ty.without_modifier();
            if output.ty == TypeRef::Unknown || column.ty == TypeRef::Unknown {
                return None;
            }
            if of(&output.ty) != of(&column.ty) {
                return Some(match is_select {
                    true => {
                        format!("SELECT rule's target entry {at} has different type from column \"{name}\"")
                    }
                    false => format!("RETURNING list's entry {at} has different type from column \"{name}\""),
                });
            }
        }
        (outputs.columns.len() < relation.columns.len()).then(|| match is_select {
            true => "SELECT rule's target list has too few entries".into(),
            false => "RETURNING list has too few entries".into(),
        })
    }
}

pub(super) fn has_returning(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::InsertStmt(insert) => insert.returning_clause.is_some(),
        NodeEnum::UpdateStmt(update) => update.returning_clause.is_some(),
        NodeEnum::DeleteStmt(delete) => delete.returning_clause.is_some(),
        _ => false,
    }
}

/// What a rule for that event may not read.
fn forbidden(event: CmdType, reads: Option<Reads>) -> Option<&'static str> {
    let reads = reads?;
    match event {
        CmdType::CmdSelect if reads.old => Some("ON SELECT rule cannot use OLD"),
        CmdType::CmdSelect if reads.new => Some("ON SELECT rule cannot use NEW"),
        CmdType::CmdInsert if reads.old => Some("ON INSERT rule cannot use OLD"),
        CmdType::CmdDelete if reads.new => Some("ON DELETE rule cannot use NEW"),
        _ => None,
    }
}
