//! What kinds of statements do to the catalog.

use crate::syntax::ast::{self, NodeEnum};

/// Whether the statement only reads or changes rows, so that no catalog changes.
pub(super) fn is_data(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::SelectStmt(select) => {
            // SELECT … INTO makes a table; set_config can change the search path.
            select.into_clause.is_none() && !select.from_clause.is_empty() || is_plain_values(select)
        }
        NodeEnum::ExplainStmt(explain) => {
            let explained = explain.query.as_ref().and_then(|query| query.node.as_ref());
            !matches!(explained, Some(NodeEnum::CreateTableAsStmt(_)))
        }
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::CopyStmt(_)
        | NodeEnum::VariableShowStmt(_)
        | NodeEnum::FetchStmt(_)
        | NodeEnum::ClosePortalStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::NotifyStmt(_)
        | NodeEnum::ListenStmt(_)
        | NodeEnum::UnlistenStmt(_)
        | NodeEnum::CheckPointStmt(_)
        | NodeEnum::PrepareStmt(_)
        | NodeEnum::ExecuteStmt(_)
        | NodeEnum::DeallocateStmt(_) => true,
        _ => false,
    }
}

/// Whether the statement changes no relation that is there.
pub(super) fn only_makes(node: &NodeEnum) -> bool {
    is_data(node)
        || matches!(
            node,
            NodeEnum::CreateStmt(_)
                | NodeEnum::CreateTableAsStmt(_)
                | NodeEnum::CreateSchemaStmt(_)
                | NodeEnum::CreateFunctionStmt(_)
                | NodeEnum::CreateEnumStmt(_)
                | NodeEnum::CreateDomainStmt(_)
                | NodeEnum::CreateSeqStmt(_)
                | NodeEnum::IndexStmt(_)
                | NodeEnum::CreateTrigStmt(_)
                | NodeEnum::CommentStmt(_)
                | NodeEnum::GrantStmt(_)
                | NodeEnum::GrantRoleStmt(_)
                | NodeEnum::CreateRoleStmt(_)
                | NodeEnum::AlterRoleStmt(_)
                | NodeEnum::AlterRoleSetStmt(_)
                | NodeEnum::AlterDatabaseSetStmt(_)
                | NodeEnum::AlterOwnerStmt(_)
                | NodeEnum::CreatedbStmt(_)
        )
}

/// Whether the statement makes an object of a name of its own.
pub(super) fn makes(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::CreateStmt(_)
            | NodeEnum::ViewStmt(_)
            | NodeEnum::CreateTableAsStmt(_)
            | NodeEnum::CreateSeqStmt(_)
            | NodeEnum::CreateForeignTableStmt(_)
            | NodeEnum::CreateFunctionStmt(_)
            | NodeEnum::CreatePublicationStmt(_)
            | NodeEnum::CreateSubscriptionStmt(_)
            | NodeEnum::CreateStatsStmt(_)
            | NodeEnum::CreateFdwStmt(_)
            | NodeEnum::CreateForeignServerStmt(_)
            | NodeEnum::CreateEnumStmt(_)
            | NodeEnum::CreateDomainStmt(_)
            | NodeEnum::CreateRangeStmt(_)
            | NodeEnum::CompositeTypeStmt(_)
    )
}

fn is_plain_values(select: &ast::SelectStmt) -> bool {
    !select.values_lists.is_empty() || select.op != ast::SetOperation::SetopNone as i32
}
