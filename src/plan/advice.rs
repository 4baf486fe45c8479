//! Index advice, from a query and the catalog alone: which partial index would serve a query that filters by a literal.
//!
//! Advice is given only where PostgreSQL's planner can use the index for the query as it stands: the index's condition
//! is the query's own (predicate_implied_by proves it by equality), and its key is what the query asks by or orders by.

mod class;
mod condition;
mod cover;
mod key;
mod scope;
mod statistics;

use std::collections::BTreeSet;

use crate::catalog::apply::names;
use crate::catalog::{Catalog, Name, QualifiedName, quote};
use crate::syntax::ast::{self, Node, NodeEnum};
use crate::syntax::walk;
use crate::text::Span;

use condition::Condition;
use scope::{Clauses, Scope, Source};
pub use statistics::StatisticsSource;

/// A condition that holds for more of a table than this is not worth an index of its own.
const TOO_MANY: f64 = 0.5;

#[derive(Clone, Debug, PartialEq)]
pub struct PartialIndexAdvice {
    pub table: QualifiedName,
    /// The key as SQL: quoted column names, with DESC and NULLS where the order needs them.
    pub keys: Vec<String>,
    /// The condition as SQL: `status = 'open'`.
    pub predicate_sql: String,
    /// A name that no relation of the schema has.
    pub index_name: Name,
    /// The whole statement: `CREATE INDEX CONCURRENTLY … WHERE …;`
    pub sql: String,
    /// From the first token of the query's conditions on the table to the last one's start, in bytes.
    pub span: Span,
    /// The columns of the condition.
    pub condition_columns: Vec<Name>,
    /// The part of the table's rows that the condition holds for, where statistics tell.
    pub selectivity: Option<f64>,
}

impl PartialIndexAdvice {
    /// `Add partial index on orders (customer_id) WHERE status = 'open' — 4 % of rows`
    pub fn title(&self) -> String {
        let table = if &*self.table.schema == "public" {
            quote::identifier(&self.table.name)
        } else {
            quote::qualified(&self.table.schema, &self.table.name)
        };
        let mut title =
            format!("Add partial index on {table} ({}) WHERE {}", self.keys.join(", "), self.predicate_sql);
        if let Some(part) = self.selectivity {
            let percent = part * 100.0;
            let percent = match percent {
                p if p < 0.1 => "less than 0.1".to_owned(),
                p if p < 10.0 => format!("{}", (p * 10.0).round() / 10.0),
                p => format!("{}", p.round()),
            };
            title.push_str(&format!(" — {percent} % of rows"));
        }
        title
    }
}

/// The partial indexes that would serve a query, its subqueries and CTEs; most often none.
pub fn partial_index(
    query: &NodeEnum,
    catalog: &Catalog,
    statistics: Option<&dyn StatisticsSource>,
) -> Vec<PartialIndexAdvice> {
    let mut advisor = Advisor { catalog, statistics, found: Vec::new(), names: BTreeSet::new() };
    advisor.walk(query, &[]);
    advisor.found
}

struct Advisor<'a> {
    catalog: &'a Catalog,
    statistics: Option<&'a dyn StatisticsSource>,
    found: Vec<PartialIndexAdvice>,
    names: BTreeSet<Name>,
}

impl Advisor<'_> {
    /// `hidden` are the CTE names in scope, which stand before tables.
    fn walk(&mut self, node: &NodeEnum, hidden: &[&str]) {
        let (with, clauses) = match node {
            NodeEnum::ExplainStmt(explain) => {
                if let Some(query) = explain.query.as_ref().and_then(|query| query.node.as_ref()) {
                    self.walk(query, hidden);
                }
                return;
            }
            NodeEnum::SelectStmt(select) => return self.select(select, hidden),
            NodeEnum::UpdateStmt(s) => (
                s.with_clause.as_ref(),
                Some(Clauses::change(s.relation.as_ref(), &s.from_clause, s.where_clause.as_deref())),
            ),
            NodeEnum::DeleteStmt(s) => (
                s.with_clause.as_ref(),
                Some(Clauses::change(s.relation.as_ref(), &s.using_clause, s.where_clause.as_deref())),
            ),
            NodeEnum::InsertStmt(s) => (s.with_clause.as_ref(), None),
            NodeEnum::MergeStmt(s) => (s.with_clause.as_ref(), None),
            _ => (None, None),
        };
        let hidden = self.ctes(with, hidden);
        if let Some(clauses) = clauses {
            self.level(&clauses, &hidden);
        }
        self.below(walk::parts(node), &hidden);
    }

    fn select(&mut self, select: &ast::SelectStmt, hidden: &[&str]) {
        // A long UNION nests as deep as it is long.
        let mut open = vec![(select, hidden.to_vec())];
        while let Some((select, hidden)) = open.pop() {
            let hidden = self.ctes(select.with_clause.as_ref(), &hidden);
            for branch in [&select.rarg, &select.larg].into_iter().flatten() {
                open.push((branch, hidden.clone()));
            }
            if select.larg.is_none() {
                self.level(&Clauses::select(select), &hidden);
            }
            let lists = [&select.from_clause, &select.target_list, &select.values_lists];
            let single = [&select.where_clause, &select.having_clause];
            let parts = lists.into_iter().flatten().chain(single.into_iter().flatten().map(|part| &**part));
            self.below(parts, &hidden);
        }
    }

    /// Goes on to the queries inside expressions and FROM.
    fn below<'n>(&mut self, parts: impl IntoIterator<Item = &'n Node>, hidden: &[&str]) {
        for query in walk::queries(parts) {
            if !matches!(query, NodeEnum::CommonTableExpr(_) | NodeEnum::RangeVar(_)) {
                self.walk(query, hidden);
            }
        }
    }

    fn ctes<'n>(&mut self, with: Option<&'n ast::WithClause>, hidden: &[&'n str]) -> Vec<&'n str> {
        let mut scope = hidden.to_vec();
        for node in with.iter().flat_map(|with| &with.ctes) {
            let Some(NodeEnum::CommonTableExpr(cte)) = &node.node else { continue };
            if with.is_some_and(|with| with.recursive) {
                scope.push(&cte.ctename);
            }
            if let Some(query) = cte.ctequery.as_ref().and_then(|query| query.node.as_ref()) {
                self.walk(query, &scope);
            }
            scope.push(&cte.ctename);
        }
        scope
    }

    fn level(&mut self, clauses: &Clauses<'_>, hidden: &[&str]) {
        let scope = Scope::new(self.catalog, clauses, hidden);
        for (n, source) in scope.sources.iter().enumerate() {
            if let Some(advice) = self.table(&scope, n, source, clauses) {
                let same =
                    |other: &PartialIndexAdvice| other.table == advice.table && other.sql == advice.sql;
                if !self.found.iter().any(same) {
                    self.names.insert(advice.index_name.clone());
                    self.found.push(advice);
                }
            }
        }
    }

    fn table(
        &self,
        scope: &Scope<'_>,
        n: usize,
        source: &Source<'_>,
        clauses: &Clauses<'_>,
    ) -> Option<PartialIndexAdvice> {
        let relation = source.table(self.catalog)?;
        let conditions: Vec<Condition> = (scope.conjuncts.iter())
            .filter_map(|conjunct| condition::of(self.catalog, scope, n, relation, conjunct))
            .collect();
        let (fixed, asked) = condition::divide(relation, conditions, &key::ordered(scope, n, clauses));
        let key = key::of(scope, n, relation, &fixed, asked, clauses)?;
        if fixed.is_empty() || cover::narrows_to_one(relation, &fixed, &key) {
            return None;
        }
        if cover::covered(relation, &fixed, &key) {
            return None;
        }
        let table = relation.qualified_name();
        let selectivity = self.statistics.and_then(|all| statistics::selectivity(all, &table, &fixed));
        if selectivity.is_some_and(|part| part > TOO_MANY) {
            return None;
        }
        let predicate_sql = fixed.iter().map(|condition| condition.sql()).collect::<Vec<_>>().join(" AND ");
        let index_name = self.name(&table, &key, &fixed);
        let keys: Vec<String> = key.columns.iter().map(key::KeyColumn::sql).collect();
        let sql = format!(
            "CREATE INDEX CONCURRENTLY {} ON {} ({}) WHERE {predicate_sql};",
            quote::identifier(&index_name),
            quote::qualified(&table.schema, &table.name),
            keys.join(", ")
        );
        let starts = fixed.iter().map(|condition| condition.span.start);
        let span = Span::new(starts.min()?, fixed.iter().map(|condition| condition.span.end).max()?);
        let mut condition_columns: Vec<Name> = Vec::new();
        for condition in &fixed {
            if !condition_columns.contains(&condition.column) {
                condition_columns.push(condition.column.clone());
            }
        }
        Some(PartialIndexAdvice {
            table,
            keys,
            predicate_sql,
            index_name,
            sql,
            span,
            condition_columns,
            selectivity,
        })
    }

    /// `orders_customer_id_pending_idx`, as PostgreSQL would name an index on these columns, with what the condition
    /// picks out.
    fn name(&self, table: &QualifiedName, key: &key::Key, fixed: &[Condition]) -> Name {
        let mut parts: Vec<String> = key.columns.iter().map(|column| column.name.to_string()).collect();
        parts.extend(fixed.iter().map(Condition::word).filter(|word| !word.is_empty()));
        let part = names::columns_part(&parts);
        let mut label = "idx".to_owned();
        let mut n = 0;
        loop {
            let name =
                names::relation_name(self.catalog, &table.schema, &table.name, Some(&part), &label, false);
            if !self.names.contains(&name) {
                return name;
            }
            n += 1;
            label = format!("idx{n}");
        }
    }
}
