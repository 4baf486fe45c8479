//! The locks of queries: what they read, change and lock row by row.

use crate::syntax::ast::{self, Node, NodeEnum};

use super::builder::{Builder, Target};
use super::walk;
use super::{LockMode, Role};

impl<'a> Builder<'a> {
    /// The locks of a query that runs: SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES.
    pub fn query(&mut self, statement: &NodeEnum) {
        self.query_part(statement, &[], true);
    }

    /// The locks of a query that is analysed and kept: the relations that it names, views unopened.
    pub fn kept_query(&mut self, statement: &NodeEnum) {
        self.query_part(statement, &[], false);
    }

    pub fn kept_expression(&mut self, expression: Option<&Node>) {
        if let Some(node) = expression.and_then(|node| node.node.as_ref()) {
            self.query_part(node, &[], false);
        }
    }

    /// `hidden` are the names of CTEs in scope, which stand before tables. `runs` tells whether views are opened.
    fn query_part(&mut self, node: &NodeEnum, hidden: &[&str], runs: bool) {
        use NodeEnum::*;
        match node {
            RangeVar(range) => self.read(range, hidden, LockMode::AccessShare, runs),
            SelectStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, runs);
                self.select(s, &scope, runs);
            }
            InsertStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, runs);
                self.change(s.relation.as_ref(), runs);
                self.rest(node, &scope, runs);
            }
            UpdateStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, runs);
                self.change(s.relation.as_ref(), runs);
                self.rest(node, &scope, runs);
            }
            DeleteStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, runs);
                self.change(s.relation.as_ref(), runs);
                self.rest(node, &scope, runs);
            }
            MergeStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, runs);
                self.change(s.relation.as_ref(), runs);
                self.rest(node, &scope, runs);
            }
            _ => self.rest(node, hidden, runs),
        }
    }

    fn select(&mut self, s: &ast::SelectStmt, scope: &[&str], runs: bool) {
        for branch in [&s.larg, &s.rarg].into_iter().flatten() {
            let scope = self.ctes(branch.with_clause.as_ref(), scope, runs);
            self.select(branch, &scope, runs);
        }
        let lists = [
            &s.from_clause,
            &s.distinct_clause,
            &s.target_list,
            &s.group_clause,
            &s.window_clause,
            &s.values_lists,
            &s.sort_clause,
        ];
        let single = [&s.where_clause, &s.having_clause, &s.limit_offset, &s.limit_count];
        for part in lists.into_iter().flatten().chain(single.into_iter().flatten().map(|part| &**part)) {
            if let Some(node) = part.node.as_ref() {
                self.query_part(node, scope, runs);
            }
        }
        for clause in s.locking_clause.iter().filter_map(|clause| match clause.node.as_ref()? {
            NodeEnum::LockingClause(clause) => Some(clause),
            _ => None,
        }) {
            self.row_locks(clause, &s.from_clause, scope, runs);
        }
    }

    /// FOR UPDATE and its kin: ROW SHARE on the tables of FROM, or of those that OF names.
    fn row_locks(&mut self, clause: &ast::LockingClause, from: &[Node], scope: &[&str], runs: bool) {
        let wanted: Vec<&str> = (clause.locked_rels.iter())
            .filter_map(|node| match node.node.as_ref()? {
                NodeEnum::RangeVar(range) => Some(range.relname.as_str()),
                _ => None,
            })
            .collect();
        for item in from {
            walk::visit(item, &mut |node| {
                match node {
                    NodeEnum::RangeVar(range) => {
                        let called =
                            range.alias.as_ref().map_or(range.relname.as_str(), |alias| &alias.aliasname);
                        if wanted.is_empty() || wanted.contains(&called) {
                            self.read(range, scope, LockMode::RowShare, runs);
                        }
                        false
                    }
                    // A subquery is locked as a whole: by its own name, or with all others.
                    NodeEnum::RangeSubselect(sub) => {
                        wanted.is_empty()
                            || sub
                                .alias
                                .as_ref()
                                .is_some_and(|alias| wanted.contains(&alias.aliasname.as_str()))
                    }
                    NodeEnum::JoinExpr(_) | NodeEnum::SelectStmt(_) => true,
                    _ => false,
                }
            });
        }
    }

    /// Everything below a statement but its CTEs, which `ctes` has seen already.
    fn rest(&mut self, node: &NodeEnum, scope: &[&str], runs: bool) {
        for part in walk::parts(node) {
            match part.node.as_ref() {
                None | Some(NodeEnum::CommonTableExpr(_)) => {}
                Some(part) => self.query_part(part, scope, runs),
            }
        }
    }

    /// Walks the CTEs of a statement and gives the names that hide tables in the rest of it. A CTE sees those before
    /// it, with RECURSIVE all of them.
    fn ctes<'n>(
        &mut self,
        with: Option<&'n ast::WithClause>,
        hidden: &[&'n str],
        runs: bool,
    ) -> Vec<&'n str> {
        let mut scope: Vec<&'n str> = hidden.to_vec();
        let Some(with) = with else { return scope };
        let ctes: Vec<_> = (with.ctes.iter())
            .filter_map(|node| match node.node.as_ref()? {
                NodeEnum::CommonTableExpr(cte) => Some(&**cte),
                _ => None,
            })
            .collect();
        if with.recursive {
            scope.extend(ctes.iter().map(|cte| cte.ctename.as_str()));
        }
        for cte in ctes {
            if let Some(query) = cte.ctequery.as_ref().and_then(|query| query.node.as_ref()) {
                self.query_part(query, &scope, runs);
            }
            scope.push(&cte.ctename);
        }
        scope
    }

    fn read(&mut self, range: &ast::RangeVar, hidden: &[&str], mode: LockMode, runs: bool) {
        if range.schemaname.is_empty() && hidden.contains(&range.relname.as_str()) {
            return;
        }
        let target = self.target(range);
        if self.is_system(range, &target) {
            return;
        }
        if runs {
            self.lock_read(&target, mode, Role::Read);
        } else {
            self.lock(&target, mode, Role::Read);
        }
    }

    /// ROW EXCLUSIVE on the table that is changed; through a view, on what it reads as well.
    fn change(&mut self, range: Option<&ast::RangeVar>, runs: bool) {
        let Some(range) = range else { return };
        let target = self.target(range);
        if runs {
            self.lock_read(&target, LockMode::RowExclusive, Role::Subject);
        } else {
            self.lock(&target, LockMode::RowExclusive, Role::Subject);
        }
    }

    /// Whether it is a relation of PostgreSQL's own, whose locks are of no interest.
    fn is_system(&self, range: &ast::RangeVar, target: &Target<'_>) -> bool {
        target.relation.is_none()
            && (matches!(range.schemaname.as_str(), "pg_catalog" | "information_schema")
                || range.schemaname.is_empty() && range.relname.starts_with("pg_"))
    }

    pub fn copy(&mut self, s: &ast::CopyStmt) {
        if let Some(query) = s.query.as_ref().and_then(|query| query.node.as_ref()) {
            self.query(query);
        }
        if let Some(range) = &s.relation {
            let target = self.target(range);
            if s.is_from {
                self.lock(&target, LockMode::RowExclusive, Role::Subject);
            } else if !self.is_system(range, &target) {
                self.lock(&target, LockMode::AccessShare, Role::Read);
            }
        }
    }

    /// LOCK TABLE takes partitions, children and a view's sources along.
    pub fn lock_statement(&mut self, s: &ast::LockStmt) {
        let Some(mode) = LockMode::from_number(s.mode) else { return };
        for range in ranges(&s.relations) {
            let target = self.target(range);
            self.lock_read(&target, mode, Role::Subject);
            if range.inh {
                self.lock_family(&target, mode, true);
            }
        }
    }
}

/// The RangeVars of a list.
pub(super) fn ranges(nodes: &[Node]) -> impl Iterator<Item = &ast::RangeVar> {
    nodes.iter().filter_map(|node| match node.node.as_ref()? {
        NodeEnum::RangeVar(range) => Some(range),
        _ => None,
    })
}
