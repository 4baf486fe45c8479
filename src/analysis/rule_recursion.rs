//! Rules whose actions are rewritten by themselves without an end (rewriteHandler.c: RewriteQuery).

use std::sync::Arc;

use super::statement::Analyzer;
use crate::catalog::apply::schema_of;
use crate::catalog::model::{Catalog, Enabled, Event, Relation, Rule};
use crate::syntax::Parse;
use crate::syntax::ast::{NodeEnum, RangeVar};

/// What is being rewritten: an event of a relation.
type Step = (Arc<Relation>, Event);

impl Analyzer<'_> {
    /// PostgreSQL's error for a statement that runs and whose rules never come to an end.
    pub(super) fn ends_rewriting(&mut self, relation: &Arc<Relation>, event: Event, at: i32) {
        if self.is_stored || self.arguments.is_body() || relation.rules.is_empty() {
            return;
        }
        if let Some(again) = endless(self.catalog, &mut vec![(relation.clone(), event)]) {
            let message = format!("infinite recursion detected in rules for relation \"{}\"", again.name);
            self.report_at(at, "42P17", message);
        }
    }
}

/// The relation that is come to again.
fn endless(catalog: &Catalog, steps: &mut Vec<Step>) -> Option<Arc<Relation>> {
    let (relation, event) = steps.last()?.clone();
    for rule in relation.rules.iter().filter(|rule| fires(rule, event)) {
        for (range, event) in changes(rule) {
            let Some(changed) = catalog.relation(schema_of(&range), &range.relname).cloned() else {
                continue;
            };
            if steps.iter().any(|(known, own)| Arc::ptr_eq(known, &changed) && *own == event) {
                return Some(changed);
            }
            steps.push((changed, event));
            let again = endless(catalog, steps);
            steps.pop();
            if again.is_some() {
                return again;
            }
        }
    }
    None
}

fn fires(rule: &Rule, event: Event) -> bool {
    rule.event == event && matches!(rule.enabled, Enabled::Origin | Enabled::Always)
}

/// What the actions of a rule change.
fn changes(rule: &Rule) -> Vec<(RangeVar, Event)> {
    let Some(definition) = &rule.definition.0 else { return Vec::new() };
    let parse = Parse::plain(definition);
    let Some(NodeEnum::RuleStmt(rule)) = parse.node().filter(|_| parse.errors.is_empty()) else {
        return Vec::new();
    };
    let change = |node: &NodeEnum| match node {
        NodeEnum::InsertStmt(insert) => Some((insert.relation.clone()?, Event::Insert)),
        NodeEnum::UpdateStmt(update) => Some((update.relation.clone()?, Event::Update)),
        NodeEnum::DeleteStmt(delete) => Some((delete.relation.clone()?, Event::Delete)),
        _ => None,
    };
    rule.actions.iter().filter_map(|action| change(action.node.as_ref()?)).collect()
}
