//! Which part of this module knows a statement.

use crate::syntax::ast::NodeEnum;

use super::builder::Builder;

impl Builder<'_> {
    pub fn statement(&mut self, statement: &NodeEnum) {
        use NodeEnum::*;
        match statement {
            SelectStmt(s) => match &s.into_clause {
                Some(into) => self.create_as(into, Some(statement), false),
                None => self.query(statement),
            },
            InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_) | MergeStmt(_) => self.query(statement),
            // EXPLAIN plans, which locks as running does.
            ExplainStmt(s) => self.inner(s.query.as_deref()),
            // A statement that is prepared is analysed, not planned.
            PrepareStmt(s) => {
                if let Some(query) = s.query.as_ref().and_then(|query| query.node.as_ref()) {
                    self.prepared_query(query);
                }
            }
            DeclareCursorStmt(s) => self.inner(s.query.as_deref()),
            CopyStmt(s) => self.copy(s),
            LockStmt(s) => self.lock_statement(s),

            CreateStmt(s) => self.create_table(s),
            CreateForeignTableStmt(s) => {
                if let Some(base) = &s.base_stmt {
                    self.create_table(base);
                }
            }
            CreateSchemaStmt(s) => s.schema_elts.iter().for_each(|element| self.inner(Some(element))),
            CreateTableAsStmt(s) => {
                if let Some(into) = &s.into {
                    let query = s.query.as_ref().and_then(|query| query.node.as_ref());
                    self.create_as(into, query, s.if_not_exists);
                }
            }
            ViewStmt(s) => self.create_view(s),
            IndexStmt(s) => self.create_index(s),
            CreateSeqStmt(s) => self.create_sequence(s),
            AlterSeqStmt(s) => self.alter_sequence(s),
            CreateTrigStmt(s) => self.create_trigger(s),
            RuleStmt(s) => self.create_rule(s),
            CreatePolicyStmt(s) => {
                self.policy(s.table.as_ref(), [s.qual.as_deref(), s.with_check.as_deref()]);
            }
            AlterPolicyStmt(s) => self.policy(s.table.as_ref(), [s.qual.as_deref(), s.with_check.as_deref()]),
            CreateFunctionStmt(s) => self.create_function(s),
            CreateStatsStmt(s) => self.create_statistics(s),

            AlterTableStmt(s) => self.alter_table(s),
            AlterDomainStmt(s) => self.alter_domain(s),
            RenameStmt(s) => self.rename(s),
            AlterObjectSchemaStmt(s) => self.set_schema(s),

            DropStmt(s) => self.drop_statement(s),
            TruncateStmt(s) => self.truncate(s),
            ClusterStmt(s) => self.cluster(s),
            VacuumStmt(s) => self.vacuum(s),
            ReindexStmt(s) => self.reindex(s),
            RefreshMatViewStmt(s) => self.refresh(s),

            CommentStmt(s) => self.comment(s),
            SecLabelStmt(s) => self.security_label(s),
            GrantStmt(s) => self.grant(s),
            CreatePublicationStmt(s) => self.publication(&s.pubobjects),
            AlterPublicationStmt(s) => self.publication(&s.pubobjects),
            DoStmt(_) => self.note("What a DO block does is decided by its code when it runs."),
            _ => {}
        }
    }

    fn inner(&mut self, node: Option<&crate::syntax::ast::Node>) {
        if let Some(statement) = node.and_then(|node| node.node.as_ref()) {
            self.statement(statement);
        }
    }
}
