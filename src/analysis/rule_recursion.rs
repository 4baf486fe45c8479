//! Rules whose actions are rewritten by themselves without an end (rewriteHandler.c: RewriteQuery).

use std::sync::Arc;

use super::statement::Analyzer;
use crate::catalog::model::{Enabled, Event, Relation, Rule};
use crate::syntax::Parse;
use crate::syntax::ast::{NodeEnum, RangeVar};

impl Analyzer<'_> {
    /// PostgreSQL's error for a statement that runs and a rule of whose table does to that table what the rule is for.
    /// Rules of several tables that go round are not looked for: what their actions name may have been renamed since.
    pub(super) fn ends_rewriting(&mut self, relation: &Arc<Relation>, event: Event, at: i32) {
        if self.is_stored || self.arguments.is_body() || self.catalog.is_set("session_replication_role") {
            return;
        }
        if relation.rules.iter().any(|rule| fires(rule, event) && repeats(rule, event)) {
            let message = format!("infinite recursion detected in rules for relation \"{}\"", relation.name);
            self.report_at(at, "42P17", message);
        }
    }
}

fn fires(rule: &Rule, event: Event) -> bool {
    rule.event == event && matches!(rule.enabled, Enabled::Origin | Enabled::Always)
}

/// Whether an action is of the same event, and names its table as the rule itself does: so it means the same.
fn repeats(rule: &Rule, event: Event) -> bool {
    let Some(definition) = &rule.definition.0 else { return false };
    let parse = Parse::plain(definition);
    let Some(NodeEnum::RuleStmt(rule)) = parse.node().filter(|_| parse.errors.is_empty()) else {
        return false;
    };
    let changed = |node: &NodeEnum| -> Option<RangeVar> {
        match (node, event) {
            (NodeEnum::InsertStmt(insert), Event::Insert) => insert.relation.clone(),
            (NodeEnum::UpdateStmt(update), Event::Update) => update.relation.clone(),
            (NodeEnum::DeleteStmt(delete), Event::Delete) => delete.relation.clone(),
            _ => None,
        }
    };
    let Some(own) = &rule.relation else { return false };
    let is_own = |range: RangeVar| range.schemaname == own.schemaname && range.relname == own.relname;
    rule.actions.iter().filter_map(|action| changed(action.node.as_ref()?)).any(is_own)
}
