//! Hover: what a name means; on a query's keywords, what it would cost.

mod builtin;
#[cfg(test)]
mod tests;

use super::describe;
use super::{At, View};
use crate::analysis::{Symbol, analyze};
use crate::syntax::ast::NodeEnum;
use crate::text::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    pub markdown: String,
}

/// A query whose plan may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRequest {
    /// The keyword that was hovered.
    pub span: Span,
    /// With `$n` for each parameter.
    pub sql: String,
    pub has_parameters: bool,
}

/// What the name or operator at `offset` means.
pub fn hover(view: &View, offset: usize) -> Option<Hover> {
    let at = view.at(offset)?;
    if let Some(found) = builtin::hover(view, &at, offset) {
        return Some(found);
    }
    let local = offset.checked_sub(at.start())?;
    let analysis = analyze(&at.parse, &at.catalog);
    let reference = analysis.reference_at(local)?;
    let statistics = view.statistics;
    let markdown = match &reference.symbol {
        Symbol::Relation(relation) => describe::relation(relation, statistics),
        Symbol::Alias { relation: Some(relation), .. } => describe::relation(relation, statistics),
        Symbol::Alias { name, relation: None } => format!("`{name}`: a subquery's alias"),
        Symbol::Cte(name) => format!("`{name}`: a common table expression"),
        Symbol::Column { relation, column } => describe::column(relation, column),
        Symbol::Derived { name, ty } => format!("```sql\n{name} {ty}\n```"),
        Symbol::Routines(routines) => {
            routines.iter().map(|routine| describe::routine(routine)).collect::<Vec<_>>().join("\n\n---\n\n")
        }
        Symbol::BuiltinRoutine(name) => builtin::routines(name, view.version / 10_000),
    };
    Some(Hover { span: reference.span.shift(at.start()), markdown })
}

/// The query at `offset`, where the cursor is on one of its keywords and it is one that can be planned.
pub fn plan_request(view: &View, offset: usize) -> Option<PlanRequest> {
    let at = view.at(offset)?;
    let local = offset.checked_sub(at.start())?;
    let token =
        at.parse.tokens().into_iter().find(|token| token.span.contains(local) && token.is_keyword())?;
    if at.parse.has_unknown_names() {
        return None;
    }
    let node = at.parse.node()?;
    let planned = match node {
        NodeEnum::SelectStmt(select) => select.into_clause.is_none(),
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_) => true,
        _ => false,
    };
    planned.then(|| PlanRequest {
        span: token.span.shift(at.start()),
        sql: statement_sql(&at),
        has_parameters: !at.parse.parameters.is_empty(),
    })
}

/// The statement without its semicolon.
fn statement_sql(at: &At) -> String {
    at.parse.executable().trim_end().trim_end_matches(';').to_owned()
}
