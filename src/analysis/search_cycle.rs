//! SEARCH and CYCLE of a recursive query (parse_cte.c: analyzeCTE), and the columns that they make.

use super::place::Place;
use super::recursion::refers_to_itself;
use super::relation::derived;
use super::scope::ScopeColumn;
use super::statement::{Analyzer, strings};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Answer;
use crate::syntax::ast::{CommonTableExpr, CteCycleClause, CteSearchClause, NodeEnum, SetOperation};

impl Analyzer<'_> {
    /// Checks the clauses of a query with these columns, and puts to them those that the clauses make. Whether its columns
    /// are all known by then.
    pub(super) fn search_and_cycle(
        &mut self,
        cte: &CommonTableExpr,
        is_recursive: bool,
        columns: &mut Vec<ScopeColumn>,
        is_known: bool,
    ) {
        if cte.search_clause.is_none() && cte.cycle_clause.is_none() {
            return;
        }
        if !is_recursive || !refers_to_itself(cte) {
            self.report_at(cte.location, "42601", "WITH query is not recursive");
            return;
        }
        if !self.check_arms(cte) {
            return;
        }
        let own = std::mem::take(columns);
        let has = |name: &str| own.iter().any(|column| *column.name == *name);
        let mut made = Vec::new();
        if let Some(search) = &cte.search_clause {
            if is_known {
                self.check_search(search, &has);
            }
            let record = TypeRef::builtin("record");
            let ty = if search.search_breadth_first { record } else { record.array_of() };
            made.push(derived(search.search_seq_column.as_str().into(), ty));
        }
        if let Some(cycle) = cte.cycle_clause.as_deref() {
            let mark = self.check_cycle(cycle, &has, is_known);
            made.push(derived(cycle.cycle_mark_column.as_str().into(), mark));
            let path = TypeRef::builtin("record").array_of();
            made.push(derived(cycle.cycle_path_column.as_str().into(), path));
        }
        if let (Some(search), Some(cycle)) = (&cte.search_clause, cte.cycle_clause.as_deref()) {
            for (name, what) in [(&cycle.cycle_mark_column, "mark"), (&cycle.cycle_path_column, "path")] {
                if search.search_seq_column == *name {
                    let message =
                        format!("search sequence column name and cycle {what} column name are the same");
                    self.report_at(search.location, "42601", message);
                }
            }
        }
        *columns = own;
        columns.extend(made);
    }

    /// Both arms of the union must be plain queries.
    fn check_arms(&mut self, cte: &CommonTableExpr) -> bool {
        let Some(Some(NodeEnum::SelectStmt(select))) = cte.ctequery.as_deref().map(|query| &query.node)
        else {
            return true;
        };
        for (arm, side, sqlstate) in [(&select.larg, "left", "0A000"), (&select.rarg, "right", "42601")] {
            if arm.as_deref().is_some_and(|arm| arm.op() != SetOperation::SetopNone) {
                let message =
                    format!("with a SEARCH or CYCLE clause, the {side} side of the UNION must be a SELECT");
                self.report_at(cte.location, sqlstate, message);
                return false;
            }
        }
        true
    }

    fn check_search(&mut self, search: &CteSearchClause, has: &dyn Fn(&str) -> bool) {
        let at = search.location;
        self.check_columns(&strings(&search.search_col_list), "search", at, has);
        let name = &search.search_seq_column;
        if has(name) {
            self.already_used("search sequence", name, at);
        }
    }

    fn check_columns(
        &mut self,
        names: &[crate::catalog::model::Name],
        what: &str,
        at: i32,
        has: &dyn Fn(&str) -> bool,
    ) {
        for (n, name) in names.iter().enumerate() {
            if !has(name) {
                let message = format!("{what} column \"{name}\" not in WITH query column list");
                self.report_at(at, "42601", message);
                return;
            }
            if names[..n].contains(name) {
                let message = format!("{what} column \"{name}\" specified more than once");
                self.report_at(at, "42701", message);
                return;
            }
        }
    }

    fn already_used(&mut self, what: &str, name: &str, at: i32) {
        let message = format!("{what} column name \"{name}\" already used in WITH query column list");
        self.report_at(at, "42601", message);
    }

    /// The type of the mark.
    fn check_cycle(&mut self, cycle: &CteCycleClause, has: &dyn Fn(&str) -> bool, is_known: bool) -> TypeRef {
        let at = cycle.location;
        if is_known {
            self.check_columns(&strings(&cycle.cycle_col_list), "cycle", at, has);
            if has(&cycle.cycle_mark_column) {
                self.already_used("cycle mark", &cycle.cycle_mark_column, at);
            }
        }
        let mut scope = self.query_scope(Vec::new());
        scope.place = Place::plain("CYCLE");
        self.scopes.push(scope);
        let values: Vec<_> = [&cycle.cycle_mark_value, &cycle.cycle_mark_default]
            .into_iter()
            .filter_map(|value| self.expr_option(value))
            .collect();
        self.scopes.pop();
        let mark = self.common(&values, "CYCLE");
        if self.is_comparable(&mark) == Answer::No {
            let message =
                format!("could not identify an equality operator for type {}", self.types.print(&mark));
            self.report_at(at, "42883", message);
        }
        if is_known && has(&cycle.cycle_path_column) {
            self.already_used("cycle path", &cycle.cycle_path_column, at);
        }
        if cycle.cycle_mark_column == cycle.cycle_path_column {
            let message = "cycle mark column name and cycle path column name are the same";
            self.report_at(at, "42601", message);
        }
        mark
    }
}
