//! What a transaction that may only read refuses (PreventCommandIfReadOnly, ExecCheckXactReadOnly).

use crate::catalog::apply::schema_of;
use crate::catalog::model::{Catalog, TEMPORARY};
use crate::syntax::ast::{Node, NodeEnum, RangeVar, WithClause};
use crate::syntax::tag;

/// The command as the error names it, if it is one that a read-only transaction refuses.
pub(super) fn refused(node: &NodeEnum, catalog: &Catalog) -> Option<String> {
    let is_refused = match node {
        NodeEnum::SelectStmt(select) => {
            if writes(node, catalog) {
                // A data-modifying CTE.
                return Some("SELECT".into());
            }
            select.into_clause.is_some()
        }
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_) => writes(node, catalog),
        NodeEnum::CopyStmt(copy) if copy.is_from => {
            return is_kept(copy.relation.as_ref(), catalog).then(|| "COPY FROM".into());
        }
        NodeEnum::TransactionStmt(_)
        | NodeEnum::VariableSetStmt(_)
        | NodeEnum::VariableShowStmt(_)
        | NodeEnum::ConstraintsSetStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::FetchStmt(_)
        | NodeEnum::ClosePortalStmt(_)
        | NodeEnum::PrepareStmt(_)
        | NodeEnum::ExecuteStmt(_)
        | NodeEnum::DeallocateStmt(_)
        | NodeEnum::DiscardStmt(_)
        | NodeEnum::ListenStmt(_)
        | NodeEnum::UnlistenStmt(_)
        | NodeEnum::NotifyStmt(_)
        | NodeEnum::LoadStmt(_)
        | NodeEnum::LockStmt(_)
        | NodeEnum::CheckPointStmt(_)
        | NodeEnum::ExplainStmt(_)
        | NodeEnum::CopyStmt(_)
        | NodeEnum::DoStmt(_)
        | NodeEnum::CallStmt(_)
        | NodeEnum::VacuumStmt(_)
        | NodeEnum::ClusterStmt(_)
        | NodeEnum::ReindexStmt(_)
        | NodeEnum::AlterSystemStmt(_) => false,
        _ => true,
    };
    is_refused.then(|| tag::tag(node))
}

/// Whether a query changes rows of a table that is not temporary.
fn writes(node: &NodeEnum, catalog: &Catalog) -> bool {
    let (target, with) = match node {
        NodeEnum::SelectStmt(select) => (None, select.with_clause.as_ref()),
        NodeEnum::InsertStmt(insert) => (insert.relation.as_ref(), insert.with_clause.as_ref()),
        NodeEnum::UpdateStmt(update) => (update.relation.as_ref(), update.with_clause.as_ref()),
        NodeEnum::DeleteStmt(delete) => (delete.relation.as_ref(), delete.with_clause.as_ref()),
        NodeEnum::MergeStmt(merge) => (merge.relation.as_ref(), merge.with_clause.as_ref()),
        _ => return false,
    };
    is_kept(target, catalog) || with.is_some_and(|with| has_writes(with, catalog))
}

fn has_writes(with: &WithClause, catalog: &Catalog) -> bool {
    let query = |node: &Node| match &node.node {
        Some(NodeEnum::CommonTableExpr(cte)) => cte
            .ctequery
            .as_ref()
            .and_then(|query| query.node.as_ref())
            .is_some_and(|query| writes(query, catalog)),
        _ => false,
    };
    with.ctes.iter().any(query)
}

fn is_kept(range: Option<&RangeVar>, catalog: &Catalog) -> bool {
    let Some(range) = range else { return false };
    catalog.relation(schema_of(range), &range.relname).is_some_and(|relation| &*relation.schema != TEMPORARY)
}
