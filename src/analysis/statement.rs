//! The walk over one statement, and what all of its parts use.

use std::sync::Arc;

use std::collections::{HashMap, HashSet};

use super::collate::Collation;
use super::column_ref::Var;
use super::cte::{Cte, Outputs};
use super::place::Inner;
use super::plpgsql::Variables;
use super::relation::Opened;
use super::replica::Change;
use super::routine::Arguments;
use super::scope::{Scope, Star};
use super::tokens::Tokens;
use super::volatility::Mutable;
use super::{Analysis, Diagnostic, Marked, Purpose, Session, Slot};
use crate::catalog::model::{Catalog, Name, Relation, Volatility};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Types;
use crate::syntax::Parse;
use crate::syntax::ast::{Node, NodeEnum, ObjectType, RangeVar, SelectStmt};

/// One walk over one statement.
pub struct Analyzer<'a> {
    pub(super) parse: &'a Parse,
    pub(super) sql: &'a str,
    pub(super) catalog: &'a Catalog,
    /// What the script has prepared and opened before.
    pub(super) session: &'a Session,
    pub(super) types: Types<'a>,
    pub(super) tokens: Tokens,
    pub(super) out: Analysis,
    /// The columns of views that the statements around this place set.
    pub(super) sets: Vec<super::view_update::Set>,
    /// A number for the list of columns that is being set.
    pub(super) clause: usize,
    /// As in the result.
    pub(super) grouped_by: std::cell::RefCell<Vec<(crate::catalog::QualifiedName, Name)>>,
    /// The whole statement, or the one that EXPLAIN explains: it is planned as soon as it is there.
    pub(super) planned: Option<&'a NodeEnum>,
    /// Where what certainly runs stands.
    pub(super) certain: rustc_hash::FxHashSet<i32>,
    /// Where the calls stand that the planner certainly comes to.
    pub(super) planned_calls: rustc_hash::FxHashSet<i32>,
    /// The query levels, outermost first.
    pub(super) scopes: Vec<Scope>,
    /// Namespaces put aside while a part of a join is walked.
    pub(super) hidden: Vec<Scope>,
    /// What a subquery in FROM that is not LATERAL does not reach.
    pub(super) out_of_reach: Vec<Scope>,
    pub(super) ctes: Vec<Cte>,
    marker: Option<&'a str>,
    /// In a definition that is kept, to which nobody ever gives parameters.
    pub(super) is_stored: bool,
    /// In how many MERGE's RETURNING lists it is.
    pub(super) merges: usize,
    /// How many queries were begun.
    pub(super) queries: usize,
    /// What the columns that have been read are, by where they stand.
    pub(super) vars: HashMap<i32, Var>,
    /// The casts that change nothing, by where they stand: PostgreSQL leaves them out.
    pub(super) idle_casts: HashSet<i32>,
    /// The output columns of the functions that have been called, by where the call stands.
    pub(super) called: HashMap<i32, Vec<(Name, TypeRef)>>,
    /// The functions that were called and return a record, by where the call stands.
    pub(super) waiting: HashMap<i32, super::called::Waiting>,
    /// In how many bodies of called functions it is.
    pub(super) bodies: u8,
    /// Where calls stand of which it is not known what they call.
    pub(super) unsettled: HashSet<i32>,
    /// The collations of the columns that have been read, by where they stand.
    pub(super) collations: HashMap<i32, Collation>,
    /// What is wrong with collations, which PostgreSQL says when all else is right.
    pub(super) collation_errors: Vec<Diagnostic>,
    /// What stands in the arguments that are being analyzed.
    pub(super) inner: Inner,
    /// Of the function whose body this is.
    pub(super) arguments: Arguments,
    /// The types of parameters, where a declaration gives them.
    pub(super) given: Vec<TypeRef>,
    /// Those of the PL/pgSQL function around it.
    pub(super) variables: Option<&'a Variables>,
    /// Whether names may be looked up along another path when it runs, so that one in several schemas may mean any.
    pub(super) any_schema: bool,
    /// How much it takes to run it, as far as it was analyzed.
    pub(super) volatility: Volatility,
    /// The first part of the expression at hand that may give something else for the same.
    pub(super) mutable: Mutable,
    /// Where the last definition's expression calls something that is not PostgreSQL's.
    pub(super) defined_own: Option<i32>,
    /// What the version at hand does not have in its grammar; nothing else counts then.
    pub(super) newer: Vec<Diagnostic>,
    /// Whether the query below leaves its literals without a type, for what is around it to give them one.
    pub(super) keeps_literals: bool,
}

impl<'a> Analyzer<'a> {
    pub fn new(parse: &'a Parse, catalog: &'a Catalog) -> Analyzer<'a> {
        Analyzer {
            parse,
            sql: &parse.sql,
            catalog,
            session: Session::nothing(),
            types: Types::new(catalog),
            tokens: Tokens::new(parse),
            out: Analysis::default(),
            sets: Vec::new(),
            clause: 0,
            planned: None,
            certain: Default::default(),
            planned_calls: Default::default(),
            grouped_by: std::cell::RefCell::default(),
            scopes: Vec::new(),
            hidden: Vec::new(),
            out_of_reach: Vec::new(),
            ctes: Vec::new(),
            marker: None,
            is_stored: false,
            merges: 0,
            queries: 0,
            vars: HashMap::new(),
            idle_casts: HashSet::new(),
            called: HashMap::new(),
            waiting: HashMap::new(),
            bodies: 0,
            unsettled: HashSet::new(),
            collations: HashMap::new(),
            collation_errors: Vec::new(),
            inner: Inner::default(),
            arguments: Arguments::default(),
            given: Vec::new(),
            variables: None,
            any_schema: false,
            volatility: Volatility::Immutable,
            keeps_literals: false,
            newer: Vec::new(),
            mutable: Mutable::default(),
            defined_own: None,
        }
    }

    /// A name in the text that stands for "what may be here?"; the answer is in `Analysis::marked`.
    pub fn with_marker(mut self, marker: &'a str) -> Analyzer<'a> {
        self.marker = Some(marker);
        self
    }

    pub fn in_session(mut self, session: Option<&'a Session>) -> Analyzer<'a> {
        self.session = session.unwrap_or(self.session);
        self
    }

    pub fn run(mut self) -> Analysis {
        for node in self.parse.nodes() {
            if let NodeEnum::SelectStmt(select) = node {
                self.note_what_runs(select);
            }
            self.planned = match node {
                NodeEnum::ExplainStmt(explain) => {
                    explain.query.as_ref().and_then(|query| query.node.as_ref())
                }
                other => Some(other),
            };
            self.statement(node);
        }
        if !self.newer.is_empty() {
            self.newer.sort_by_key(|diagnostic| diagnostic.span.start);
            self.out.diagnostics = self.newer;
        }
        self.out.grouped_by = self.grouped_by.into_inner();
        self.out
    }

    pub(super) fn statement(&mut self, node: &NodeEnum) {
        self.note_version(node);
        let ctes = self.ctes.len();
        self.is_stored |= matches!(
            node,
            NodeEnum::ViewStmt(_)
                | NodeEnum::RuleStmt(_)
                | NodeEnum::CreateStmt(_)
                | NodeEnum::AlterTableStmt(_)
                | NodeEnum::IndexStmt(_)
                | NodeEnum::CreateDomainStmt(_)
                | NodeEnum::AlterDomainStmt(_)
                | NodeEnum::CreateTrigStmt(_)
                | NodeEnum::CreatePolicyStmt(_)
                | NodeEnum::AlterPolicyStmt(_)
                | NodeEnum::CreateStatsStmt(_)
        ) || matches!(node, NodeEnum::CreateTableAsStmt(create) if create.objtype() == ObjectType::ObjectMatview);
        match node {
            NodeEnum::SelectStmt(select) => {
                let outputs = self.select(select);
                // INTO stands in the first of several queries.
                let mut first = &**select;
                while let Some(left) = &first.larg {
                    first = left;
                }
                if let Some(into) = &first.into_clause {
                    self.outputs_are_collated(&outputs, &into.col_names, false);
                }
                self.out.outputs = outputs.columns;
            }
            NodeEnum::InsertStmt(insert) => self.out.outputs = self.insert(insert).columns,
            NodeEnum::UpdateStmt(update) => {
                self.out.outputs = self.update(update).columns;
                let picks = update.where_clause.is_some();
                self.check_replica_identity(update.relation.as_ref(), Change::Update, picks);
            }
            NodeEnum::DeleteStmt(delete) => {
                self.out.outputs = self.delete(delete).columns;
                let picks = delete.where_clause.is_some();
                self.check_replica_identity(delete.relation.as_ref(), Change::Delete, picks);
            }
            NodeEnum::MergeStmt(merge) => self.out.outputs = self.merge(merge).columns,
            other => self.utility(other),
        }
        self.ctes.truncate(ctes);
        self.report_collations();
    }

    /// PostgreSQL's error for INTO in a query that is not the statement itself.
    pub(super) fn makes_no_table(&mut self, select: &SelectStmt) {
        if let Some(into) = &select.into_clause {
            let at = into.rel.as_ref().map_or(-1, |range| range.location);
            self.report_at(at, "42601", "SELECT ... INTO is not allowed here");
        }
    }

    /// A query below the statement: a subquery's, a CTE's.
    pub(super) fn query(&mut self, node: &Node) -> Outputs {
        let ctes = self.ctes.len();
        if let Some(inner) = &node.node {
            self.note_version(inner);
        }
        let keeps = std::mem::take(&mut self.keeps_literals);
        let outputs = match &node.node {
            Some(NodeEnum::SelectStmt(select)) => {
                self.makes_no_table(select);
                self.select(select)
            }
            Some(NodeEnum::InsertStmt(insert)) => self.insert(insert),
            Some(NodeEnum::UpdateStmt(update)) => self.update(update),
            Some(NodeEnum::DeleteStmt(delete)) => self.delete(delete),
            Some(NodeEnum::MergeStmt(merge)) => self.merge(merge),
            _ => Outputs { unknown: true, ..Outputs::default() },
        };
        self.keeps_literals = keeps;
        self.ctes.truncate(ctes);
        outputs
    }

    pub(super) fn scope(&self) -> &Scope {
        static EMPTY: Scope = Scope::EMPTY;
        self.scopes.last().unwrap_or(&EMPTY)
    }

    pub(super) fn scope_mut(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        // The first arm of a recursive CTE is walked twice.
        if !self.out.diagnostics.contains(&diagnostic) {
            self.out.diagnostics.push(diagnostic);
        }
    }

    /// Walks for what it gives, without a trace of it.
    pub(super) fn quietly<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let kept = self.out.clone();
        let errors = self.collation_errors.clone();
        let result = walk(self);
        self.collation_errors = errors;
        let marked = self.out.marked.take();
        self.out = kept;
        self.out.marked = self.out.marked.take().or(marked);
        result
    }

    pub(super) fn is_marker(&self, name: &str) -> bool {
        self.marker == Some(name)
    }

    pub(super) fn mark(&mut self, slot: Slot) {
        self.mark_in(slot, Scope::default());
    }

    /// Notes what stands at the marker, with `inner` as the nearest scope.
    pub(super) fn mark_in(&mut self, slot: Slot, inner: Scope) {
        let mut scopes = vec![Arc::new(inner)];
        let shown = |scope: &Scope| {
            let mut scope = scope.clone();
            scope.items.retain(|item| item.star != Star::Join);
            Arc::new(scope)
        };
        scopes.extend(self.scopes.iter().rev().map(shown));
        scopes.retain(|scope| !scope.items.is_empty() || !scope.outputs.is_empty());
        let ctes = self.ctes.iter().rev().map(|cte| cte.name.clone()).collect();
        self.out.marked = Some(Marked { slot, scopes, ctes });
    }

    pub(super) fn type_ref(&self, name: Option<&crate::syntax::ast::TypeName>) -> TypeRef {
        name.map_or(TypeRef::Unknown, |name| crate::catalog::apply::type_name::resolve(self.catalog, name))
    }

    /// A relation by its name in the catalog, for columns that DDL names.
    pub(super) fn relation_item(&mut self, range: &RangeVar, purpose: Purpose) -> Option<Arc<Relation>> {
        match self.open(range, purpose) {
            Opened::Relation(relation) => Some(relation),
            _ => None,
        }
    }
}

/// The strings of a list of String nodes.
pub(super) fn strings(nodes: &[Node]) -> Vec<Name> {
    nodes
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::String(string)) => Some(string.sval.as_str().into()),
            _ => None,
        })
        .collect()
}
