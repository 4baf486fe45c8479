//! The locks of queries: what they read, change and lock row by row.

use crate::catalog::{QualifiedName, RelationKind};
use crate::syntax::ast::{self, Node, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};

use super::builder::{Builder, Target, list, string};
use super::{LockMode, Role};
use crate::syntax::walk;

/// How far PostgreSQL goes with a query; each step opens more relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// Names are looked up.
    Analysed,
    /// Views are replaced by their queries.
    Rewritten,
    /// Children by inheritance are found.
    Planned,
}

impl<'a> Builder<'a> {
    /// The locks of a query that runs: SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES.
    pub fn query(&mut self, statement: &NodeEnum) {
        self.query_part(statement, &[], How::Planned);
    }

    /// The locks of a query that is prepared, or a function's body: its views are opened, but nothing is planned yet.
    pub fn prepared_query(&mut self, statement: &NodeEnum) {
        self.query_part(statement, &[], How::Rewritten);
    }

    /// The locks of a query that is analysed and kept: the relations that it names, views unopened.
    pub fn kept_query(&mut self, statement: &NodeEnum) {
        self.query_part(statement, &[], How::Analysed);
    }

    pub fn kept_expression(&mut self, expression: Option<&Node>) {
        if let Some(node) = expression.and_then(|node| node.node.as_ref()) {
            self.query_part(node, &[], How::Analysed);
        }
    }

    /// `hidden` are the names of CTEs in scope, which stand before tables.
    fn query_part(&mut self, node: &NodeEnum, hidden: &[&str], how: How) {
        use NodeEnum::*;
        match node {
            RangeVar(range) => self.read(range, hidden, LockMode::AccessShare, how),
            SelectStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, how);
                self.select(s, &scope, how);
            }
            InsertStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, how);
                self.change(s.relation.as_ref(), how);
                self.rest(node, &scope, how);
            }
            UpdateStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, how);
                self.change(s.relation.as_ref(), how);
                self.change_children(s.relation.as_ref(), how);
                self.rest(node, &scope, how);
            }
            DeleteStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, how);
                self.change(s.relation.as_ref(), how);
                self.change_children(s.relation.as_ref(), how);
                self.rest(node, &scope, how);
            }
            MergeStmt(s) => {
                let scope = self.ctes(s.with_clause.as_ref(), hidden, how);
                self.change(s.relation.as_ref(), how);
                self.rest(node, &scope, how);
            }
            _ => self.rest(node, hidden, how),
        }
    }

    fn select(&mut self, s: &ast::SelectStmt, scope: &[&str], how: How) {
        // Each branch of a set operation may have CTEs of its own.
        let mut open = vec![(s, scope.to_vec())];
        while let Some((s, scope)) = open.pop() {
            for branch in [&s.larg, &s.rarg].into_iter().flatten() {
                let scope = self.ctes(branch.with_clause.as_ref(), &scope, how);
                open.push((branch, scope));
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
            let parts = lists.into_iter().flatten().chain(single.into_iter().flatten().map(|part| &**part));
            for query in walk::queries(parts) {
                self.query_part(query, &scope, how);
            }
            for clause in &s.locking_clause {
                if let Some(NodeEnum::LockingClause(clause)) = &clause.node {
                    self.row_locks(clause, &s.from_clause, &scope, how);
                }
            }
        }
    }

    /// FOR UPDATE and its kin: ROW SHARE on the tables of FROM, or of those that OF names.
    fn row_locks(&mut self, clause: &ast::LockingClause, from: &[Node], scope: &[&str], how: How) {
        let wanted: Vec<&str> = (clause.locked_rels.iter())
            .filter_map(|node| match node.node.as_ref()? {
                NodeEnum::RangeVar(range) => Some(range.relname.as_str()),
                _ => None,
            })
            .collect();
        for item in from {
            self.row_lock(item, &wanted, scope, how);
        }
    }

    fn row_lock(&mut self, item: &Node, wanted: &[&str], scope: &[&str], how: How) {
        let meant = |name: &str| wanted.is_empty() || wanted.contains(&name);
        match item.node.as_ref() {
            Some(NodeEnum::RangeVar(range)) => {
                let called = range.alias.as_ref().map_or(range.relname.as_str(), |alias| &alias.aliasname);
                if meant(called) {
                    self.read(range, scope, LockMode::RowShare, how);
                }
            }
            // A subquery is locked as a whole.
            Some(NodeEnum::RangeSubselect(sub)) => {
                if meant(sub.alias.as_ref().map_or("", |alias| &alias.aliasname))
                    && let Some(NodeEnum::SelectStmt(select)) =
                        sub.subquery.as_ref().and_then(|s| s.node.as_ref())
                {
                    select.from_clause.iter().for_each(|item| self.row_lock(item, &[], scope, how));
                }
            }
            Some(NodeEnum::JoinExpr(join)) => {
                for side in [&join.larg, &join.rarg].into_iter().flatten() {
                    self.row_lock(side, wanted, scope, how);
                }
            }
            _ => {}
        }
    }

    /// Everything below a statement but its CTEs, which `ctes` has seen already.
    fn rest(&mut self, node: &NodeEnum, scope: &[&str], how: How) {
        for query in walk::queries(walk::parts(node)) {
            if !matches!(query, NodeEnum::CommonTableExpr(_)) {
                self.query_part(query, scope, how);
            }
        }
    }

    /// Walks the CTEs of a statement and gives the names that hide tables in the rest of it. A CTE sees those before
    /// it, with RECURSIVE all of them.
    fn ctes<'n>(&mut self, with: Option<&'n ast::WithClause>, hidden: &[&'n str], how: How) -> Vec<&'n str> {
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
                self.query_part(query, &scope, how);
            }
            scope.push(&cte.ctename);
        }
        scope
    }

    fn read(&mut self, range: &ast::RangeVar, hidden: &[&str], mode: LockMode, how: How) {
        if range.schemaname.is_empty() && hidden.contains(&range.relname.as_str()) {
            return;
        }
        let target = self.target(range);
        if self.is_system(range, &target) {
            return;
        }
        if how >= How::Rewritten {
            self.lock_read(&target, mode, Role::Read);
            if how == How::Planned {
                self.lock_children(&target, mode, range.inh, &mut Vec::new());
            }
        } else {
            self.lock(&target, mode, Role::Read);
        }
    }

    /// The planner opens every child by inheritance. Of partitions only those that the conditions leave; which, is not
    /// told.
    fn lock_children(
        &mut self,
        target: &Target<'a>,
        mode: LockMode,
        recurse: bool,
        seen: &mut Vec<QualifiedName>,
    ) {
        // A view may have come to read itself.
        if seen.contains(&target.name) {
            return;
        }
        seen.push(target.name.clone());
        if recurse && target.kind() == Some(RelationKind::Table) {
            for child in self.descendants(&target.name) {
                self.lock(&child, mode, Role::Child);
            }
        }
        let view = target.relation.filter(|relation| relation.kind == RelationKind::View);
        for source in view.into_iter().flat_map(|view| view.reads.iter()) {
            let source = self.by_name(source);
            self.lock_children(&source, mode, true, seen);
        }
    }

    /// ROW EXCLUSIVE on the table that is changed; through a view, on what it reads as well.
    fn change(&mut self, range: Option<&ast::RangeVar>, how: How) {
        let Some(range) = range else { return };
        let target = self.target(range);
        if how >= How::Rewritten {
            self.lock_read(&target, LockMode::RowExclusive, Role::Subject);
        } else {
            self.lock(&target, LockMode::RowExclusive, Role::Subject);
        }
    }

    fn change_children(&mut self, range: Option<&ast::RangeVar>, how: How) {
        if let Some(range) = range.filter(|_| how == How::Planned) {
            let target = self.target(range);
            self.lock_children(&target, LockMode::RowExclusive, range.inh, &mut Vec::new());
        }
    }

    /// Whether it is a relation of PostgreSQL's own, whose locks are of no interest.
    fn is_system(&self, range: &ast::RangeVar, target: &Target<'_>) -> bool {
        target.relation.is_none()
            && (matches!(range.schemaname.as_str(), "pg_catalog" | "information_schema")
                || range.schemaname.is_empty() && range.relname.starts_with("pg_"))
    }

    /// The body of a function in SQL is analysed when it is made, which opens what it names (fmgr_sql_validator); that
    /// of one with polymorphic arguments is only parsed.
    pub fn create_function(&mut self, s: &ast::CreateFunctionStmt) {
        let polymorphic = s.parameters.iter().any(|parameter| match &parameter.node {
            Some(NodeEnum::FunctionParameter(parameter)) => parameter
                .arg_type
                .as_ref()
                .and_then(|ty| string(ty.names.last()?))
                .is_some_and(|name| name.starts_with("any")),
            _ => false,
        });
        if polymorphic {
            return;
        }
        if let Some(body) = s.sql_body.as_ref().and_then(|body| body.node.as_ref()) {
            return self.body(body);
        }
        let option = |wanted: &str| {
            s.options.iter().find_map(|option| match &option.node {
                Some(NodeEnum::DefElem(option)) if option.defname == wanted => option.arg.as_deref(),
                _ => None,
            })
        };
        if option("language").and_then(string).is_none_or(|language| !language.eq_ignore_ascii_case("sql")) {
            return;
        }
        let Some([text]) = option("as").map(|body| list(Some(body))) else { return };
        let Ok(tree) = grammar::parse(string(text).unwrap_or(""), ParseMode::Statements) else { return };
        for statement in &tree.stmts {
            if let Some(statement) = statement.stmt.as_ref().and_then(|statement| statement.node.as_ref()) {
                self.body(statement);
            }
        }
    }

    /// Queries are analysed; other statements wait until they run.
    fn body(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::List(list) => {
                list.items.iter().filter_map(|item| item.node.as_ref()).for_each(|item| self.body(item));
            }
            NodeEnum::ReturnStmt(statement) => {
                if let Some(value) = statement.returnval.as_ref().and_then(|value| value.node.as_ref()) {
                    self.prepared_query(value);
                }
            }
            NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_) => self.prepared_query(node),
            _ => {}
        }
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
