//! The walk: queries and data-modifying statements (analyze.c).

use std::sync::Arc;

use super::cte::{Cte, Outputs};
use super::relation::{Opened, item, unknown_item};
use super::scope::{RangeItem, Scope};
use super::tokens::Tokens;
use super::{Analysis, Diagnostic, Marked, OutputColumn, Purpose, Reference, Slot, Symbol, closest};
use crate::catalog::model::{Catalog, Name, Relation};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::syntax::Parse;
use crate::syntax::ast::{
    DeleteStmt, InsertStmt, MergeStmt, Node, NodeEnum, RangeVar, ReturningClause, SelectStmt, SetOperation,
    UpdateStmt,
};

/// One walk over one statement.
pub struct Analyzer<'a> {
    pub(super) parse: &'a Parse,
    pub(super) sql: &'a str,
    pub(super) catalog: &'a Catalog,
    pub(super) tokens: Tokens,
    pub(super) out: Analysis,
    /// The query levels, outermost first.
    pub(super) scopes: Vec<Scope>,
    /// Namespaces put aside while a part of a join is walked.
    pub(super) hidden: Vec<Scope>,
    pub(super) ctes: Vec<Cte>,
    /// In a rule's actions, which see OLD and NEW of a table that is named elsewhere.
    pub(super) in_rule: bool,
    marker: Option<&'a str>,
}

impl<'a> Analyzer<'a> {
    pub fn new(parse: &'a Parse, catalog: &'a Catalog) -> Analyzer<'a> {
        Analyzer {
            parse,
            sql: &parse.sql,
            catalog,
            tokens: Tokens::new(parse),
            out: Analysis::default(),
            scopes: Vec::new(),
            hidden: Vec::new(),
            ctes: Vec::new(),
            in_rule: false,
            marker: None,
        }
    }

    /// A name in the text that stands for "what may be here?"; the answer is in `Analysis::marked`.
    pub fn with_marker(mut self, marker: &'a str) -> Analyzer<'a> {
        self.marker = Some(marker);
        self
    }

    pub fn run(mut self) -> Analysis {
        for node in self.parse.nodes() {
            self.statement(node);
        }
        self.out.search_path = Some(self.catalog.search_path.clone());
        self.out.revision = Some(self.catalog.revision());
        self.out.missed |= !self.out.diagnostics.is_empty();
        self.out
    }

    pub(super) fn statement(&mut self, node: &NodeEnum) {
        let ctes = self.ctes.len();
        match node {
            NodeEnum::SelectStmt(select) => self.out.outputs = self.select(select).columns,
            NodeEnum::InsertStmt(insert) => self.out.outputs = self.insert(insert).columns,
            NodeEnum::UpdateStmt(update) => self.out.outputs = self.update(update).columns,
            NodeEnum::DeleteStmt(delete) => self.out.outputs = self.delete(delete).columns,
            NodeEnum::MergeStmt(merge) => self.out.outputs = self.merge(merge).columns,
            other => self.utility(other),
        }
        self.ctes.truncate(ctes);
    }

    /// A query below the statement: a subquery's, a CTE's.
    pub(super) fn query(&mut self, node: &Node) -> Outputs {
        let ctes = self.ctes.len();
        let outputs = match &node.node {
            Some(NodeEnum::SelectStmt(select)) => self.select(select),
            Some(NodeEnum::InsertStmt(insert)) => self.insert(insert),
            Some(NodeEnum::UpdateStmt(update)) => self.update(update),
            Some(NodeEnum::DeleteStmt(delete)) => self.delete(delete),
            Some(NodeEnum::MergeStmt(merge)) => self.merge(merge),
            _ => Outputs { columns: Vec::new(), unknown: true },
        };
        self.ctes.truncate(ctes);
        outputs
    }

    pub(super) fn select(&mut self, select: &SelectStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(select.with_clause.as_ref());
        let outputs = if let (Some(left), Some(right)) = (&select.larg, &select.rarg)
            && select.op != SetOperation::SetopNone as i32
        {
            let outputs = self.select(left);
            self.select(right);
            let names = outputs.columns.iter().map(|column| column.name.clone()).collect();
            // ORDER BY of a set operation sees only the names of its result.
            let result =
                RangeItem { unnamed: true, unknown_columns: outputs.unknown, ..RangeItem::default() };
            self.scopes.push(Scope { items: vec![Arc::new(result)], outputs: names });
            self.sort_clause(&select.sort_clause);
            self.expr_option(&select.limit_count);
            self.expr_option(&select.limit_offset);
            self.scopes.pop();
            outputs
        } else if !select.values_lists.is_empty() {
            self.values(select)
        } else {
            self.plain_select(select)
        };
        self.ctes.truncate(ctes);
        outputs
    }

    fn values(&mut self, select: &SelectStmt) -> Outputs {
        self.scopes.push(Scope::default());
        self.exprs(&select.values_lists);
        let mut columns = Vec::new();
        if let Some(NodeEnum::List(row)) = select.values_lists.first().and_then(|row| row.node.as_ref()) {
            for (n, value) in row.items.iter().enumerate() {
                let name: Name = format!("column{}", n + 1).into();
                columns.push(OutputColumn { name, ty: self.expr_type(value), source: None });
            }
        }
        self.scope_mut().outputs = columns.iter().map(|column| column.name.clone()).collect();
        self.sort_clause(&select.sort_clause);
        self.expr_option(&select.limit_count);
        self.expr_option(&select.limit_offset);
        self.scopes.pop();
        Outputs { columns, unknown: false }
    }

    fn plain_select(&mut self, select: &SelectStmt) -> Outputs {
        self.scopes.push(Scope::default());
        self.range_table(&select.from_clause);
        let outputs = self.target_list(&select.target_list);
        self.scope_mut().outputs = outputs.columns.iter().map(|column| column.name.clone()).collect();
        self.expr_option(&select.where_clause);
        self.exprs(&select.window_clause);
        self.expr_option(&select.having_clause);
        self.sort_clause(&select.group_clause);
        self.sort_clause(&select.sort_clause);
        // DISTINCT alone is a list with nothing in it.
        self.sort_clause(&select.distinct_clause);
        self.expr_option(&select.limit_count);
        self.expr_option(&select.limit_offset);
        self.locking(select);
        self.scopes.pop();
        outputs
    }

    /// FOR UPDATE OF names entries of FROM.
    fn locking(&mut self, select: &SelectStmt) {
        for node in &select.locking_clause {
            let Some(NodeEnum::LockingClause(clause)) = &node.node else { continue };
            for node in &clause.locked_rels {
                let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
                let item = self.scope().find_item(None, &range.relname).cloned();
                if let (Some(item), Some(span)) = (item, self.tokens.part(range.location, 0)) {
                    let symbol = Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
                    self.out.references.push(Reference { span, symbol });
                }
            }
        }
    }

    fn insert(&mut self, insert: &InsertStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(insert.with_clause.as_ref());
        let target = self.target(insert.relation.as_ref());
        self.target_columns(&insert.cols, &target);
        if let Some(query) = &insert.select_stmt {
            self.query(query);
        }
        if let Some(conflict) = &insert.on_conflict_clause {
            let own = Scope { items: vec![Arc::new(target.clone())], outputs: Vec::new() };
            self.scopes.push(own);
            if let Some(infer) = &conflict.infer {
                for node in &infer.index_elems {
                    let Some(NodeEnum::IndexElem(element)) = &node.node else { continue };
                    if element.name.is_empty() {
                        self.expr_option(&element.expr);
                    } else {
                        self.named_column(&element.name, infer.location, &target);
                    }
                }
                self.expr_option(&infer.where_clause);
            }
            let excluded =
                RangeItem { alias: "excluded".into(), schema: None, qualified_only: true, ..target.clone() };
            self.scope_mut().items.push(Arc::new(excluded));
            self.set_list(&conflict.target_list, &target);
            self.expr_option(&conflict.where_clause);
            self.scopes.pop();
        }
        let outputs = self.returning(insert.returning_clause.as_ref(), vec![Arc::new(target)]);
        self.ctes.truncate(ctes);
        outputs
    }

    fn update(&mut self, update: &UpdateStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(update.with_clause.as_ref());
        let target = self.target(update.relation.as_ref());
        self.scopes.push(Scope::default());
        self.range_table(&update.from_clause);
        self.scope_mut().items.insert(0, Arc::new(target.clone()));
        // In PostgreSQL's order: of several errors it gives the first.
        self.expr_option(&update.where_clause);
        self.set_list(&update.target_list, &target);
        let items = self.scopes.pop().unwrap_or_default().items;
        let outputs = self.returning(update.returning_clause.as_ref(), items);
        self.ctes.truncate(ctes);
        outputs
    }

    fn delete(&mut self, delete: &DeleteStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(delete.with_clause.as_ref());
        let target = self.target(delete.relation.as_ref());
        self.scopes.push(Scope::default());
        self.range_table(&delete.using_clause);
        self.scope_mut().items.insert(0, Arc::new(target));
        self.expr_option(&delete.where_clause);
        let items = self.scopes.pop().unwrap_or_default().items;
        let outputs = self.returning(delete.returning_clause.as_ref(), items);
        self.ctes.truncate(ctes);
        outputs
    }

    fn merge(&mut self, merge: &MergeStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(merge.with_clause.as_ref());
        let target = self.target(merge.relation.as_ref());
        self.scopes.push(Scope::default());
        if let Some(source) = &merge.source_relation {
            self.range_table(std::slice::from_ref(source));
        }
        self.scope_mut().items.insert(0, Arc::new(target.clone()));
        self.expr_option(&merge.join_condition);
        for node in &merge.merge_when_clauses {
            let Some(NodeEnum::MergeWhenClause(clause)) = &node.node else { continue };
            self.expr_option(&clause.condition);
            self.set_list(&clause.target_list, &target);
            self.exprs(&clause.values);
        }
        let items = self.scopes.pop().unwrap_or_default().items;
        let outputs = self.returning(merge.returning_clause.as_ref(), items);
        self.ctes.truncate(ctes);
        outputs
    }

    fn returning(&mut self, clause: Option<&ReturningClause>, mut items: Vec<Arc<RangeItem>>) -> Outputs {
        let Some(clause) = clause else { return Outputs::default() };
        // OLD and NEW of PostgreSQL 18 go by other names where RETURNING WITH says so.
        if let Some(target) = items.first().cloned() {
            let mut names = vec!["old".to_owned(), "new".to_owned()];
            for node in &clause.options {
                if let Some(NodeEnum::ReturningOption(option)) = &node.node {
                    names.push(option.value.clone());
                }
            }
            for name in names {
                if items.iter().all(|item| *item.alias != *name) {
                    items.push(Arc::new(RangeItem {
                        alias: name.as_str().into(),
                        schema: None,
                        qualified_only: true,
                        ..(*target).clone()
                    }));
                }
            }
        }
        self.scopes.push(Scope { items, outputs: Vec::new() });
        let outputs = self.target_list(&clause.exprs);
        self.scopes.pop();
        outputs
    }

    /// The relation that a statement changes, as an entry of its namespace.
    fn target(&mut self, range: Option<&RangeVar>) -> RangeItem {
        let Some(range) = range else { return unknown_item("") };
        let alias = range.alias.as_ref().map(|alias| alias.aliasname.as_str());
        match self.open(range, Purpose::Write) {
            Opened::Relation(relation) => item(&relation, alias),
            Opened::Unknown | Opened::Missing => unknown_item(alias.unwrap_or(&range.relname)),
        }
    }

    /// INSERT's column list.
    fn target_columns(&mut self, columns: &[Node], target: &RangeItem) {
        for node in columns {
            let Some(NodeEnum::ResTarget(column)) = &node.node else { continue };
            self.target_column(&column.name, column.location, target);
            self.exprs(&column.indirection);
        }
    }

    /// SET's assignments.
    fn set_list(&mut self, targets: &[Node], target: &RangeItem) {
        for node in targets {
            let Some(NodeEnum::ResTarget(column)) = &node.node else { continue };
            self.target_column(&column.name, column.location, target);
            self.exprs(&column.indirection);
            match column.val.as_ref().and_then(|value| value.node.as_ref()) {
                // (a, b) = (SELECT …): each of the columns has the source; walking it once is enough.
                Some(NodeEnum::MultiAssignRef(multi)) if multi.colno != 1 => {}
                _ => self.expr_option(&column.val),
            }
        }
    }

    /// A column of the target by its bare name.
    fn target_column(&mut self, name: &str, location: i32, target: &RangeItem) {
        if self.is_marker(name) {
            let scope = Scope { items: vec![Arc::new(target.clone())], outputs: Vec::new() };
            self.mark_in(Slot::TargetColumn { relation: target.relation.clone() }, scope);
            return;
        }
        let Some(span) = self.tokens.part(location, 0) else { return };
        if let Some(column) = target.column(name) {
            if let Some((relation, column)) = column.source.clone() {
                self.out.references.push(Reference { span, symbol: Symbol::Column { relation, column } });
            }
        } else if let (false, Some(relation)) = (target.unknown_columns, &target.relation) {
            let names = target.columns.iter().map(|column| &*column.name);
            let suggestions = closest(name, names).into_iter().map(|name| quote::identifier(&name));
            let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
            self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
        }
    }

    /// A column that ON CONFLICT names; the tree does not say where.
    fn named_column(&mut self, name: &str, from: i32, target: &RangeItem) {
        if self.is_marker(name) {
            self.mark(Slot::TargetColumn { relation: target.relation.clone() });
            return;
        }
        let Some(span) = self.tokens.find_name(self.sql, from.max(0) as usize, name) else { return };
        if let Some(column) = target.column(name) {
            if let Some((relation, column)) = column.source.clone() {
                self.out.references.push(Reference { span, symbol: Symbol::Column { relation, column } });
            }
        } else if !target.unknown_columns && super::scope::system_column(name).is_none() {
            let names = target.columns.iter().map(|column| &*column.name);
            let suggestions = closest(name, names).into_iter().map(|name| quote::identifier(&name));
            let message = format!("column \"{name}\" does not exist");
            self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
        }
    }

    pub(super) fn scope(&self) -> &Scope {
        static EMPTY: Scope = Scope { items: Vec::new(), outputs: Vec::new() };
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
        let result = walk(self);
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
        scopes.extend(self.scopes.iter().rev().map(|scope| Arc::new(scope.clone())));
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
