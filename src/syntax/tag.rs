//! A statement's command tag: `ALTER TABLE`, as PostgreSQL's CreateCommandTag names it.

use super::ast::{NodeEnum, ObjectType, TransactionStmtKind, VariableSetKind};

/// The tag of a statement.
pub fn tag(node: &NodeEnum) -> String {
    let fixed = match node {
        NodeEnum::SelectStmt(select) if select.into_clause.is_some() => "SELECT INTO",
        NodeEnum::SelectStmt(_) => "SELECT",
        NodeEnum::InsertStmt(_) => "INSERT",
        NodeEnum::UpdateStmt(_) => "UPDATE",
        NodeEnum::DeleteStmt(_) => "DELETE",
        NodeEnum::MergeStmt(_) => "MERGE",
        NodeEnum::TransactionStmt(transaction) => return transaction_tag(transaction.kind).to_owned(),
        NodeEnum::CreateSchemaStmt(_) => "CREATE SCHEMA",
        NodeEnum::CreateStmt(_) => "CREATE TABLE",
        NodeEnum::CreateForeignTableStmt(_) => "CREATE FOREIGN TABLE",
        NodeEnum::CreateTableAsStmt(create) if create.objtype == ObjectType::ObjectMatview as i32 => {
            "CREATE MATERIALIZED VIEW"
        }
        NodeEnum::CreateTableAsStmt(_) => "CREATE TABLE AS",
        NodeEnum::IndexStmt(_) => "CREATE INDEX",
        NodeEnum::ViewStmt(_) => "CREATE VIEW",
        NodeEnum::RuleStmt(_) => "CREATE RULE",
        NodeEnum::CreateSeqStmt(_) => "CREATE SEQUENCE",
        NodeEnum::AlterSeqStmt(_) => "ALTER SEQUENCE",
        NodeEnum::CreateTrigStmt(_) => "CREATE TRIGGER",
        NodeEnum::CreateEventTrigStmt(_) => "CREATE EVENT TRIGGER",
        NodeEnum::CreateFunctionStmt(function) if function.is_procedure => "CREATE PROCEDURE",
        NodeEnum::CreateFunctionStmt(_) => "CREATE FUNCTION",
        NodeEnum::AlterFunctionStmt(alter) => return format!("ALTER {}", object(alter.objtype)),
        NodeEnum::CreateDomainStmt(_) => "CREATE DOMAIN",
        NodeEnum::AlterDomainStmt(_) => "ALTER DOMAIN",
        NodeEnum::CompositeTypeStmt(_) | NodeEnum::CreateEnumStmt(_) | NodeEnum::CreateRangeStmt(_) => {
            "CREATE TYPE"
        }
        NodeEnum::AlterEnumStmt(_) | NodeEnum::AlterTypeStmt(_) => "ALTER TYPE",
        NodeEnum::DefineStmt(define) => return format!("CREATE {}", object(define.kind)),
        NodeEnum::CreateExtensionStmt(_) => "CREATE EXTENSION",
        NodeEnum::AlterExtensionStmt(_) | NodeEnum::AlterExtensionContentsStmt(_) => "ALTER EXTENSION",
        NodeEnum::CreatePolicyStmt(_) => "CREATE POLICY",
        NodeEnum::AlterPolicyStmt(_) => "ALTER POLICY",
        NodeEnum::CreateStatsStmt(_) => "CREATE STATISTICS",
        NodeEnum::CreateRoleStmt(_) => "CREATE ROLE",
        NodeEnum::AlterRoleStmt(_) | NodeEnum::AlterRoleSetStmt(_) => "ALTER ROLE",
        NodeEnum::DropRoleStmt(_) => "DROP ROLE",
        NodeEnum::CreatePublicationStmt(_) => "CREATE PUBLICATION",
        NodeEnum::AlterPublicationStmt(_) => "ALTER PUBLICATION",
        NodeEnum::CreateSubscriptionStmt(_) => "CREATE SUBSCRIPTION",
        NodeEnum::AlterTableStmt(alter) => return format!("ALTER {}", object(alter.objtype)),
        NodeEnum::RenameStmt(rename) => {
            // A column's or a constraint's rename is its relation's change.
            let kind = match ObjectType::try_from(rename.rename_type) {
                Ok(ObjectType::ObjectColumn | ObjectType::ObjectAttribute) => rename.relation_type,
                Ok(ObjectType::ObjectTabconstraint) => ObjectType::ObjectTable as i32,
                Ok(ObjectType::ObjectDomconstraint) => ObjectType::ObjectDomain as i32,
                _ => rename.rename_type,
            };
            return format!("ALTER {}", object(kind));
        }
        NodeEnum::AlterObjectSchemaStmt(alter) => return format!("ALTER {}", object(alter.object_type)),
        NodeEnum::AlterOwnerStmt(alter) => return format!("ALTER {}", object(alter.object_type)),
        NodeEnum::DropStmt(drop) => return format!("DROP {}", object(drop.remove_type)),
        NodeEnum::TruncateStmt(_) => "TRUNCATE TABLE",
        NodeEnum::CommentStmt(_) => "COMMENT",
        NodeEnum::SecLabelStmt(_) => "SECURITY LABEL",
        NodeEnum::GrantStmt(grant) if grant.is_grant => "GRANT",
        NodeEnum::GrantStmt(_) => "REVOKE",
        NodeEnum::GrantRoleStmt(grant) if grant.is_grant => "GRANT ROLE",
        NodeEnum::GrantRoleStmt(_) => "REVOKE ROLE",
        NodeEnum::AlterDefaultPrivilegesStmt(_) => "ALTER DEFAULT PRIVILEGES",
        NodeEnum::CopyStmt(_) => "COPY",
        NodeEnum::LockStmt(_) => "LOCK TABLE",
        NodeEnum::VacuumStmt(vacuum) if vacuum.is_vacuumcmd => "VACUUM",
        NodeEnum::VacuumStmt(_) => "ANALYZE",
        NodeEnum::ClusterStmt(_) => "CLUSTER",
        NodeEnum::ReindexStmt(_) => "REINDEX",
        NodeEnum::RefreshMatViewStmt(_) => "REFRESH MATERIALIZED VIEW",
        NodeEnum::ExplainStmt(_) => "EXPLAIN",
        NodeEnum::VariableSetStmt(set) if set.kind == VariableSetKind::VarReset as i32 => "RESET",
        NodeEnum::VariableSetStmt(_) => "SET",
        NodeEnum::VariableShowStmt(_) => "SHOW",
        NodeEnum::DoStmt(_) => "DO",
        NodeEnum::CallStmt(_) => "CALL",
        NodeEnum::PrepareStmt(_) => "PREPARE",
        NodeEnum::ExecuteStmt(_) => "EXECUTE",
        NodeEnum::DeallocateStmt(_) => "DEALLOCATE",
        NodeEnum::DeclareCursorStmt(_) => "DECLARE CURSOR",
        NodeEnum::FetchStmt(_) => "FETCH",
        NodeEnum::ClosePortalStmt(_) => "CLOSE CURSOR",
        NodeEnum::NotifyStmt(_) => "NOTIFY",
        NodeEnum::ListenStmt(_) => "LISTEN",
        NodeEnum::UnlistenStmt(_) => "UNLISTEN",
        NodeEnum::DiscardStmt(_) => "DISCARD",
        NodeEnum::CheckPointStmt(_) => "CHECKPOINT",
        NodeEnum::ConstraintsSetStmt(_) => "SET CONSTRAINTS",
        NodeEnum::CreateCastStmt(_) => "CREATE CAST",
        NodeEnum::CreateOpClassStmt(_) => "CREATE OPERATOR CLASS",
        NodeEnum::CreateOpFamilyStmt(_) => "CREATE OPERATOR FAMILY",
        NodeEnum::CreateConversionStmt(_) => "CREATE CONVERSION",
        NodeEnum::CreateAmStmt(_) => "CREATE ACCESS METHOD",
        NodeEnum::CreateTransformStmt(_) => "CREATE TRANSFORM",
        NodeEnum::CreatePlangStmt(_) => "CREATE LANGUAGE",
        NodeEnum::CreateFdwStmt(_) => "CREATE FOREIGN DATA WRAPPER",
        NodeEnum::CreateForeignServerStmt(_) => "CREATE SERVER",
        NodeEnum::CreateUserMappingStmt(_) => "CREATE USER MAPPING",
        NodeEnum::ImportForeignSchemaStmt(_) => "IMPORT FOREIGN SCHEMA",
        NodeEnum::CreatedbStmt(_) => "CREATE DATABASE",
        NodeEnum::DropdbStmt(_) => "DROP DATABASE",
        NodeEnum::AlterDatabaseStmt(_) | NodeEnum::AlterDatabaseSetStmt(_) => "ALTER DATABASE",
        NodeEnum::AlterSystemStmt(_) => "ALTER SYSTEM",
        NodeEnum::DropOwnedStmt(_) => "DROP OWNED",
        NodeEnum::ReassignOwnedStmt(_) => "REASSIGN OWNED",
        NodeEnum::LoadStmt(_) => "LOAD",
        _ => "UNKNOWN",
    };
    fixed.to_owned()
}

/// `OBJECT_FOREIGN_TABLE` → `FOREIGN TABLE`; PostgreSQL's words where they are others.
fn object(kind: i32) -> String {
    let Ok(kind) = ObjectType::try_from(kind) else { return "UNKNOWN".into() };
    match kind {
        ObjectType::ObjectMatview => "MATERIALIZED VIEW".into(),
        ObjectType::ObjectAmop | ObjectType::ObjectAmproc | ObjectType::ObjectOpfamily => {
            "OPERATOR FAMILY".into()
        }
        ObjectType::ObjectOpclass => "OPERATOR CLASS".into(),
        ObjectType::ObjectFdw => "FOREIGN DATA WRAPPER".into(),
        ObjectType::ObjectForeignServer => "SERVER".into(),
        ObjectType::ObjectStatisticExt => "STATISTICS".into(),
        ObjectType::ObjectTsconfiguration => "TEXT SEARCH CONFIGURATION".into(),
        ObjectType::ObjectTsdictionary => "TEXT SEARCH DICTIONARY".into(),
        ObjectType::ObjectTsparser => "TEXT SEARCH PARSER".into(),
        ObjectType::ObjectTstemplate => "TEXT SEARCH TEMPLATE".into(),
        ObjectType::ObjectAccessMethod => "ACCESS METHOD".into(),
        ObjectType::ObjectEventTrigger => "EVENT TRIGGER".into(),
        kind => kind.as_str_name().trim_start_matches("OBJECT_").replace('_', " "),
    }
}

fn transaction_tag(kind: i32) -> &'static str {
    match TransactionStmtKind::try_from(kind) {
        Ok(TransactionStmtKind::TransStmtBegin) => "BEGIN",
        Ok(TransactionStmtKind::TransStmtStart) => "START TRANSACTION",
        Ok(TransactionStmtKind::TransStmtCommit) => "COMMIT",
        Ok(TransactionStmtKind::TransStmtRollback | TransactionStmtKind::TransStmtRollbackTo) => "ROLLBACK",
        Ok(TransactionStmtKind::TransStmtSavepoint) => "SAVEPOINT",
        Ok(TransactionStmtKind::TransStmtRelease) => "RELEASE",
        Ok(TransactionStmtKind::TransStmtPrepare) => "PREPARE TRANSACTION",
        Ok(TransactionStmtKind::TransStmtCommitPrepared) => "COMMIT PREPARED",
        Ok(TransactionStmtKind::TransStmtRollbackPrepared) => "ROLLBACK PREPARED",
        _ => "UNKNOWN",
    }
}
