//! Inlay hints: behind each DDL statement the strongest lock it takes and the work it does.

use std::collections::BTreeSet;

use super::View;
use super::describe;
use crate::catalog::model::QualifiedName;
use crate::effects;
use crate::syntax::ast::NodeEnum;
use crate::text::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlayHint {
    /// Behind which byte of the document.
    pub offset: usize,
    pub label: String,
    /// Markdown.
    pub tooltip: String,
}

/// The hints of the statements that touch `span`.
pub fn inlay_hints(view: &View, span: Span) -> Vec<InlayHint> {
    // Nobody waits for a lock on a table that the same file has just made.
    let mut created: BTreeSet<QualifiedName> = BTreeSet::new();
    let mut hints = Vec::new();
    for (placed, state) in view.timeline.ddl() {
        if placed.start > span.end {
            break;
        }
        let (Some(before), Some(after)) = (state.before(), state.after()) else { continue };
        for relation in after.relations() {
            if before.relation(Some(&relation.schema), &relation.name).is_none() {
                created.insert(relation.qualified_name());
            }
        }
        if !placed.span().intersects(span) {
            continue;
        }
        let code = placed.code();
        let at = view.open(placed);
        for node in at.parse.nodes() {
            if matches!(node, NodeEnum::SelectStmt(_)) {
                continue;
            }
            let effects = effects::effects(node, before, view.version).ignoring(&created);
            let Some(label) = effects::summary(&effects) else { continue };
            let mut tooltip = effects::explain(&effects);
            for lock in &effects.locks {
                let relation = before.relation(Some(&lock.relation.schema), &lock.relation.name);
                let size = relation
                    .zip(view.statistics)
                    .and_then(|(relation, known)| describe::size(relation, known));
                if let Some(size) = size {
                    tooltip.push_str(&format!("\n\n`{}`: {size}", lock.relation.name));
                }
            }
            let size = effects.strongest().and_then(|lock| {
                let relation = before.relation(Some(&lock.relation.schema), &lock.relation.name)?;
                describe::size(relation, view.statistics?)
            });
            let label = match size {
                Some(size) => format!("{label} · {size}"),
                None => label,
            };
            hints.push(InlayHint { offset: code.end, label, tooltip });
        }
    }
    hints
}
