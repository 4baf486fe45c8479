//! Views, materialized views, CREATE TABLE AS and SELECT INTO.

use std::sync::Arc;

use crate::syntax::ast::{
    CreateTableAsStmt, IntoClause, NodeEnum, ObjectType, OnCommitAction, RangeVar, RefreshMatViewStmt,
    SelectStmt, ViewCheckOption, ViewStmt,
};

use super::super::deparse::query::{self, Output};
use super::super::model::*;
use super::super::types::TypeRef;
use super::property::{access_method, tablespace};
use super::{Fold, Result, offset, option, strings};

impl Fold<'_> {
    pub(super) fn create_view(&mut self, s: &ViewStmt) -> Result {
        let (Some(range), Some(select)) = (&s.view, &s.query) else { return Ok(()) };
        let reads = self.reads(select.node.as_ref());
        // A view of a temporary table is temporary too.
        let temporary = range.relpersistence == "t" || reads.iter().any(|name| &*name.schema == TEMPORARY);
        let mut range = range.clone();
        if temporary {
            range.relpersistence = "t".into();
        }
        let (schema, temporary) = self.target_schema_of(&range)?;
        let at = offset(range.location);
        let existing = self.catalog.relation(Some(&schema), &range.relname).cloned();
        match &existing {
            Some(existing) if s.replace && existing.kind == RelationKind::View => {}
            Some(existing) if s.replace => {
                return self.fail("42809", format!("\"{}\" is not a view", existing.name), at);
            }
            _ => {
                self.taken(&schema, &range.relname, false, at)?;
            }
        }
        let output = query::output(&self.catalog, select);
        let mut view = Relation::new(schema, range.relname.as_str().into(), RelationKind::View);
        if temporary {
            view.persistence = Persistence::Temporary;
        }
        set_columns(&mut view, output, &strings(&s.aliases));
        if !view.unknown_columns {
            self.has_proper_columns(&view)?;
        }
        view.reads = reads;
        view.query = ViewQuery::new(self.query_text(range.location));
        self.claim(&mut view);
        if let Some(existing) = existing {
            // A column that is made anew keeps what was said of it.
            for column in &mut view.columns {
                if let Some(old) = existing.column(&column.name) {
                    let column = Arc::make_mut(column);
                    column.comment.clone_from(&old.comment);
                    column.privileges = old.privileges.clone();
                    column.default.clone_from(&old.default);
                }
            }
            view.comment = existing.comment.clone();
            view.triggers = existing.triggers.clone();
            view.rules = existing.rules.clone();
            view.owner = existing.owner.clone();
            view.privileges = existing.privileges.clone();
        }
        self.check_table_storage(&view, &s.options, false)?;
        view.options = option::set(&Options::new(), &s.options);
        match s.with_check_option() {
            ViewCheckOption::LocalCheckOption => view.options.push(("check_option".into(), "local".into())),
            ViewCheckOption::CascadedCheckOption => {
                view.options.push(("check_option".into(), "cascaded".into()));
            }
            _ => {}
        }
        view.options.sort();
        let schema = view.schema.clone();
        self.schema(&schema)?.put_relation(view);
        Ok(())
    }

    /// PostgreSQL's error for what is no materialized view.
    pub(super) fn can_be_refreshed(&self, s: &RefreshMatViewStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let Some(relation) = self.catalog.relation(super::schema_of(range), &range.relname) else {
            return Ok(());
        };
        let (sqlstate, message) = match relation.kind {
            RelationKind::MaterializedView => return Ok(()),
            RelationKind::Table | RelationKind::PartitionedTable => {
                ("0A000", format!("\"{}\" is not a materialized view", relation.name))
            }
            _ => ("42809", format!("\"{}\" is not a table or materialized view", relation.name)),
        };
        self.fail(sqlstate, message, offset(range.location))
    }

    pub(super) fn create_table_as(&mut self, s: &CreateTableAsStmt) -> Result {
        let (Some(into), Some(query)) = (&s.into, &s.query) else { return Ok(()) };
        let kind = match s.objtype() {
            ObjectType::ObjectMatview => RelationKind::MaterializedView,
            _ => RelationKind::Table,
        };
        self.make_table(into, query.node.as_ref(), kind, s.if_not_exists)
    }

    pub(super) fn select_into(&mut self, s: &SelectStmt) -> Result {
        let Some(into) = &s.into_clause else { return Ok(()) };
        let query = NodeEnum::SelectStmt(Box::new(SelectStmt { into_clause: None, ..s.clone() }));
        self.make_table(into, Some(&query), RelationKind::Table, false)
    }

    /// Whether ON COMMIT drops what is made; PostgreSQL's error for what is not temporary.
    pub(super) fn may_go_on_commit(&self, action: OnCommitAction, temporary: bool) -> Result<bool> {
        let is_said = !matches!(action, OnCommitAction::OncommitNoop | OnCommitAction::Undefined);
        if is_said && !temporary {
            let message = "ON COMMIT can only be used on temporary tables";
            return self.fail("42P16", message.into(), self.token("commit"));
        }
        Ok(action == OnCommitAction::OncommitDrop)
    }

    fn make_table(
        &mut self,
        into: &IntoClause,
        query: Option<&NodeEnum>,
        kind: RelationKind,
        if_not_exists: bool,
    ) -> Result {
        let Some(range) = &into.rel else { return Ok(()) };
        let (schema, temporary) = self.target_schema_of(range)?;
        let may_be_gone = self.may_go_on_commit(into.on_commit(), temporary)?;
        if self.taken(&schema, &range.relname, if_not_exists, offset(range.location))? {
            return Ok(());
        }
        let mut relation = Relation::new(schema.clone(), range.relname.as_str().into(), kind);
        relation.may_be_gone = may_be_gone;
        relation.persistence = match (temporary, range.relpersistence.as_str()) {
            (true, _) => Persistence::Temporary,
            (_, "u") => Persistence::Unlogged,
            _ => Persistence::Permanent,
        };
        let output = match query {
            Some(query) => query::output_of(&self.catalog, query),
            None => Output::unknown(),
        };
        set_columns(&mut relation, output, &strings(&into.col_names));
        if !relation.unknown_columns {
            self.has_proper_columns(&relation)?;
        }
        if !temporary {
            self.can_be_kept_in(&into.table_space_name, false)?;
        }
        self.check_table_storage(&relation, &into.options, true)?;
        relation.options = option::set(&Options::new(), &into.options);
        relation.tablespace = tablespace(&into.table_space_name);
        self.can_hold_tables(&into.access_method)?;
        relation.access_method = access_method(&into.access_method);
        self.claim(&mut relation);
        if kind == RelationKind::MaterializedView {
            relation.reads = self.reads(query);
            relation.query = ViewQuery::new(self.query_text(range.location));
        }
        self.schema(&schema)?.put_relation(relation);
        Ok(())
    }

    /// The relations that a query names, wherever it does.
    fn reads(&self, query: Option<&NodeEnum>) -> imbl::OrdSet<QualifiedName> {
        let mut reads = imbl::OrdSet::new();
        let Some(query) = query else { return reads };
        let nodes = query.nodes();
        // A common table expression hides a table of its name; that it does so everywhere is near enough.
        let hidden = |name: &str| {
            nodes.iter().any(
                |(node, ..)| matches!(node, crate::syntax::ast::NodeRef::CommonTableExpr(cte) if cte.ctename == name),
            )
        };
        for (node, ..) in &nodes {
            if let crate::syntax::ast::NodeRef::RangeVar(RangeVar { schemaname, relname, .. }) = node {
                let schema = (!schemaname.is_empty()).then_some(schemaname.as_str());
                if schema.is_none() && hidden(relname) {
                    continue;
                }
                if let Some(relation) = self.catalog.relation(schema, relname) {
                    reads.insert(relation.qualified_name());
                }
            }
        }
        reads
    }

    /// A view's query as written: what stands behind AS.
    fn query_text(&self, from: i32) -> Option<Name> {
        let start = usize::try_from(from).ok()?;
        let (tokens, _) = crate::syntax::grammar::scan(self.sql.get(start..)?);
        let is_as = |token: &&crate::syntax::grammar::Token| token.kind == crate::syntax::ast::Token::As;
        let behind = tokens.iter().find(is_as)?.span.end + start;
        Some(self.sql[behind..].trim().trim_end_matches(';').trim_end().into())
    }
}

/// Gives a relation the columns that a query puts out, under other names as far as those are given.
fn set_columns(relation: &mut Relation, output: Output, names: &[&str]) {
    relation.unknown_columns = output.unknown;
    relation.columns = (output.columns.into_iter().enumerate())
        .map(|(n, (name, ty))| {
            let name = names.get(n).map_or(name, |given| (*given).into());
            // A literal without a type has become text.
            let ty = if ty.is_builtin("unknown") { TypeRef::builtin("text") } else { ty };
            Arc::new(Column::new(name, ty))
        })
        .collect();
}
