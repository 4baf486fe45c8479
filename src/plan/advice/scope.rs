//! What a query reads, which of it a column name means, and which conditions reach a table's scan.

use std::sync::Arc;

use crate::catalog::model::Persistence;
use crate::catalog::{Catalog, Name, Relation, RelationKind};
use crate::syntax::ast::{self, BoolExprType, JoinType, Node, NodeEnum, RangeVar};

/// The clauses of one query level that matter here.
pub(super) struct Clauses<'n> {
    pub target: Option<&'n RangeVar>,
    pub from: &'n [Node],
    pub condition: Option<&'n Node>,
    pub order: &'n [Node],
    pub output: &'n [Node],
    /// Whether rows come out as they are read: no grouping, no DISTINCT, no aggregate.
    pub plain: bool,
    pub limited: bool,
}

impl<'n> Clauses<'n> {
    pub fn select(s: &'n ast::SelectStmt) -> Clauses<'n> {
        let aggregates = s.target_list.iter().any(has_aggregate);
        Clauses {
            target: None,
            from: &s.from_clause,
            condition: s.where_clause.as_deref(),
            order: &s.sort_clause,
            output: &s.target_list,
            plain: s.group_clause.is_empty()
                && s.distinct_clause.is_empty()
                && s.having_clause.is_none()
                && !aggregates,
            limited: s.limit_count.is_some(),
        }
    }

    pub fn change(
        target: Option<&'n RangeVar>,
        from: &'n [Node],
        condition: Option<&'n Node>,
    ) -> Clauses<'n> {
        Clauses { target, from, condition, order: &[], output: &[], plain: true, limited: false }
    }
}

/// Whether an expression calls an aggregate or window function of PostgreSQL's own, or one that is not known.
fn has_aggregate(node: &Node) -> bool {
    let mut found = false;
    crate::syntax::walk::visit(node, &mut |node| {
        if let NodeEnum::FuncCall(call) = node {
            let name = call.funcname.last().and_then(string).unwrap_or("");
            let known = crate::catalog::builtin::facts().functions.named(name);
            found |=
                call.over.is_some() || call.agg_star || known.iter().any(|function| function.kind != 'f');
        }
        !matches!(node, NodeEnum::SelectStmt(_))
    });
    found
}

/// An entry of FROM, or the table that is changed.
pub(super) struct Source<'c> {
    /// The name that its columns are qualified with.
    pub alias: String,
    /// `None` of a subquery, a function or a CTE, whose columns are not looked into.
    pub relation: Option<&'c Arc<Relation>>,
    /// Outer joins fill its columns with nulls where nothing matches: WHERE does not reach its scan.
    pub nullable: bool,
}

impl<'c> Source<'c> {
    /// The table, if an index on it alone would serve: one with rows of its own, that others can see.
    pub fn table(&self, catalog: &Catalog) -> Option<&'c Arc<Relation>> {
        let relation = self.relation.filter(|_| !self.nullable)?;
        let kind = matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView);
        let name = relation.qualified_name();
        let parent = catalog.relations().any(|other| other.parents.contains(&name));
        (kind && !parent && !relation.unknown_columns && relation.persistence != Persistence::Temporary)
            .then_some(relation)
    }
}

pub(super) struct Scope<'c> {
    pub sources: Vec<Source<'c>>,
    /// The conditions that every row must pass: of WHERE, and of inner joins.
    pub conjuncts: Vec<Conjunct<'c>>,
}

/// A condition: an expression, or two columns of the same name by USING.
#[derive(Clone)]
pub(super) enum Conjunct<'n> {
    Expression(&'n Node),
    /// The column, and the sources that the join is about.
    Using(Name, std::ops::Range<usize>),
}

/// What a column reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Column(usize, Name),
    /// Surely no column of this level's sources: of an outer query, or an output name.
    Outside,
    Unknown,
}

impl<'c> Scope<'c> {
    pub fn new(catalog: &'c Catalog, clauses: &Clauses<'c>, hidden: &[&str]) -> Scope<'c> {
        let mut scope = Scope { sources: Vec::new(), conjuncts: Vec::new() };
        if let Some(target) = clauses.target {
            scope.table(catalog, target, &[], false);
        }
        for item in clauses.from {
            scope.item(catalog, item, hidden, false, true);
        }
        if let Some(condition) = clauses.condition {
            scope.split(condition);
        }
        scope
    }

    fn table(&mut self, catalog: &'c Catalog, range: &RangeVar, hidden: &[&str], nullable: bool) {
        let alias = range.alias.as_ref().map_or(&range.relname, |alias| &alias.aliasname).clone();
        let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
        let is_cte = schema.is_none() && hidden.contains(&range.relname.as_str());
        // An alias may rename columns; then nothing is known by name.
        let renamed = range.alias.as_ref().is_some_and(|alias| !alias.colnames.is_empty());
        let relation = if is_cte || renamed { None } else { catalog.relation(schema, &range.relname) };
        self.sources.push(Source { alias, relation, nullable });
    }

    /// `filters` tells whether a condition of this join keeps rows out of the query's result.
    fn item(&mut self, catalog: &'c Catalog, item: &'c Node, hidden: &[&str], nullable: bool, filters: bool) {
        match item.node.as_ref() {
            Some(NodeEnum::RangeVar(range)) => self.table(catalog, range, hidden, nullable),
            Some(NodeEnum::JoinExpr(join)) => {
                let kind = JoinType::try_from(join.jointype).unwrap_or(JoinType::JoinFull);
                let (left, right) = match kind {
                    JoinType::JoinInner => (nullable, nullable),
                    JoinType::JoinLeft => (nullable, true),
                    JoinType::JoinRight => (true, nullable),
                    _ => (true, true),
                };
                let inner = filters && kind == JoinType::JoinInner;
                let first = self.sources.len();
                for (side, nullable) in [(&join.larg, left), (&join.rarg, right)] {
                    if let Some(side) = side {
                        self.item(catalog, side, hidden, nullable, filters && !nullable);
                    }
                }
                if join.alias.is_some() || join.is_natural {
                    // The join's own name, or columns that are matched by whatever both sides have.
                    self.opaque(String::new(), nullable);
                }
                if inner {
                    if let Some(condition) = &join.quals {
                        self.split(condition);
                    }
                    for column in join.using_clause.iter().filter_map(string) {
                        self.conjuncts.push(Conjunct::Using(column.into(), first..self.sources.len()));
                    }
                }
            }
            Some(NodeEnum::RangeSubselect(sub)) => {
                self.opaque(
                    sub.alias.as_ref().map_or(String::new(), |alias| alias.aliasname.clone()),
                    nullable,
                );
            }
            Some(NodeEnum::RangeFunction(function)) => {
                let alias = function.alias.as_ref().map_or(String::new(), |alias| alias.aliasname.clone());
                self.opaque(alias, nullable);
            }
            _ => self.opaque(String::new(), nullable),
        }
    }

    fn opaque(&mut self, alias: String, nullable: bool) {
        self.sources.push(Source { alias, relation: None, nullable });
    }

    fn split(&mut self, condition: &'c Node) {
        let mut open = vec![condition];
        while let Some(condition) = open.pop() {
            match condition.node.as_ref() {
                Some(NodeEnum::BoolExpr(expression)) if expression.boolop == BoolExprType::AndExpr as i32 => {
                    open.extend(expression.args.iter().rev());
                }
                _ => self.conjuncts.push(Conjunct::Expression(condition)),
            }
        }
    }

    /// What a reference means: by its qualifier, or as the only table that has such a column.
    pub fn meaning(&self, reference: &ast::ColumnRef) -> Meaning {
        let names: Option<Vec<&str>> = reference.fields.iter().map(string).collect();
        match names.as_deref() {
            Some([.., qualifier, column]) => {
                let mut matching =
                    self.sources.iter().enumerate().filter(|(_, source)| source.alias == *qualifier);
                match (matching.next(), matching.next()) {
                    (Some((n, source)), None) => match source.relation {
                        Some(relation) if relation.column(column).is_some() => {
                            Meaning::Column(n, (*column).into())
                        }
                        _ => Meaning::Unknown,
                    },
                    (None, None) if self.sources.iter().all(|source| !source.alias.is_empty()) => {
                        Meaning::Outside
                    }
                    _ => Meaning::Unknown,
                }
            }
            Some([column]) => {
                if self.sources.iter().any(|source| source.relation.is_none_or(|r| r.unknown_columns)) {
                    return Meaning::Unknown;
                }
                let mut matching = self.sources.iter().enumerate().filter(|(_, source)| {
                    source.relation.is_some_and(|relation| relation.column(column).is_some())
                });
                match (matching.next(), matching.next()) {
                    (Some((n, _)), None) => Meaning::Column(n, (*column).into()),
                    (None, None) => Meaning::Outside,
                    _ => Meaning::Unknown,
                }
            }
            _ => Meaning::Unknown,
        }
    }
}

pub(super) fn string(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::String(string) => Some(&string.sval),
        _ => None,
    }
}
