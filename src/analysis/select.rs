//! SELECT, VALUES and set operations (analyze.c), with ORDER BY, GROUP BY, LIMIT and windows (parse_clause.c).

use std::sync::Arc;

use super::collate::Collation;
use super::cte::Outputs;
use super::expr::is_star;
use super::oper::list_items;
use super::place::Place;
use super::scope::{Found, RangeItem, Scope};
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use super::{OutputColumn, Reference, Symbol};
use crate::catalog::model::{Name, RelationKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Types};
use crate::syntax::ast::{
    LockClauseStrength, LockingClause, Node, NodeEnum, SelectStmt, SetOperation, SortBy, a_const,
};

impl Analyzer<'_> {
    /// A scope for another query.
    pub(super) fn query_scope(&mut self, items: Vec<Arc<RangeItem>>) -> Scope {
        self.queries += 1;
        Scope { items, query: self.queries, is_query: true, ..Scope::default() }
    }

    pub(super) fn select(&mut self, select: &SelectStmt) -> Outputs {
        let ctes = self.ctes.len();
        self.with_clause(select.with_clause.as_ref());
        let outputs = if let (Some(left), Some(right)) = (&select.larg, &select.rarg)
            && select.op() != SetOperation::SetopNone
        {
            self.set_operation(select, left, right)
        } else if !select.values_lists.is_empty() {
            self.values(select)
        } else {
            self.plain_select(select)
        };
        self.ctes.truncate(ctes);
        outputs
    }

    fn set_operation(&mut self, select: &SelectStmt, left: &SelectStmt, right: &SelectStmt) -> Outputs {
        let keeps = std::mem::replace(&mut self.keeps_literals, true);
        let mut outputs = self.select(left);
        let other = self.select(right);
        self.keeps_literals = keeps;
        let construct = match select.op() {
            SetOperation::SetopIntersect => "INTERSECT",
            SetOperation::SetopExcept => "EXCEPT",
            _ => "UNION",
        };
        if !outputs.unknown && !other.unknown {
            if outputs.columns.len() != other.columns.len() {
                let message = format!("each {construct} query must have the same number of columns");
                let at = other.exprs.first().map_or(-1, |expr| expr.location);
                self.report_at(at, "42601", message);
                outputs.unknown = true;
            } else {
                for n in 0..outputs.columns.len() {
                    let pair = [outputs.exprs[n].clone(), other.exprs[n].clone()];
                    let ty = self.common(&pair, construct);
                    if !select.all {
                        self.must_be_comparable(&ty, pair[0].location);
                    }
                    let merged = self.merged_as(&pair, &ty);
                    let expr = self.collated(ty.clone(), pair[0].location, merged);
                    // UNION ALL alone compares nothing.
                    if !(select.all && select.op() == SetOperation::SetopUnion) {
                        self.must_be_collated(&expr);
                    }
                    let collation = expr.collation.of_output();
                    outputs.exprs[n] = expr.with(collation.read_at(pair[0].location));
                    outputs.columns[n].ty = ty;
                    outputs.columns[n].collation = collation;
                    outputs.columns[n].source = None;
                    outputs.columns[n].not_null &= other.columns[n].not_null;
                }
            }
        } else {
            for (column, expr) in outputs.columns.iter_mut().zip(&mut outputs.exprs) {
                column.ty = TypeRef::Unknown;
                column.source = None;
                expr.ty = TypeRef::Unknown;
                column.collation = Collation::Unknown;
                expr.collation = Collation::Unknown;
            }
            outputs.unknown = true;
        }
        let names = outputs.columns.iter().map(|column| column.name.clone()).collect();
        // ORDER BY of a set operation sees only the names of its result.
        let result = RangeItem { unnamed: true, unknown_columns: outputs.unknown, ..RangeItem::default() };
        let scope = self.query_scope(vec![Arc::new(result)]);
        self.scopes.push(Scope { outputs: names, ..scope });
        self.sort_clause(&select.sort_clause, "ORDER BY", &outputs);
        self.limits(select);
        self.scopes.pop();
        outputs
    }

    fn values(&mut self, select: &SelectStmt) -> Outputs {
        let mut scope = self.query_scope(Vec::new());
        scope.place = Place { words: "VALUES", aggregates: false, windows: false, sets: true };
        self.scopes.push(scope);
        let rows: Vec<Vec<Typed>> = (select.values_lists.iter())
            .map(|row| list_items(row).iter().map(|value| self.expr(value)).collect())
            .collect();
        let width = rows.first().map_or(0, Vec::len);
        let mut outputs = Outputs::default();
        if select.values_lists.iter().flat_map(list_items).any(is_star) {
            outputs.unknown = true;
        } else if let Some(row) = rows.iter().find(|row| row.len() != width) {
            let at = row.first().map_or(-1, |value| value.location);
            self.report_at(at, "42601", "VALUES lists must all be the same length");
            outputs.unknown = true;
        } else {
            for n in 0..width {
                let column: Vec<Typed> = rows.iter().map(|row| row[n].clone()).collect();
                let expr = self.one_of(&column, "VALUES", column[0].location);
                let collation = expr.collation.of_output();
                let expr = expr.with(collation.read_at(column[0].location));
                let name: Name = format!("column{}", n + 1).into();
                let mut cells = select.values_lists.iter().map(|row| &list_items(row)[n]);
                let not_null = cells.all(|cell| self.is_never_null(cell));
                outputs.columns.push(OutputColumn {
                    name,
                    ty: expr.ty.clone(),
                    source: None,
                    not_null,
                    collation,
                    shape: self.record_shape(&column[0]).at_run_time(),
                });
                outputs.exprs.push(expr);
            }
        }
        self.scope_mut().outputs = outputs.columns.iter().map(|column| column.name.clone()).collect();
        self.sort_clause(&select.sort_clause, "ORDER BY", &outputs);
        self.limits(select);
        self.scopes.pop();
        outputs
    }

    fn plain_select(&mut self, select: &SelectStmt) -> Outputs {
        let keeps = std::mem::take(&mut self.keeps_literals);
        let scope = self.query_scope(Vec::new());
        self.scopes.push(scope);
        self.range_table(&select.from_clause);
        self.scope_mut().windows = Self::named_windows(&select.window_clause);
        let mut outputs = self.target_list(&select.target_list);
        self.scope_mut().outputs = outputs.columns.iter().map(|column| column.name.clone()).collect();
        self.condition(&select.where_clause, "WHERE");
        if let Some(having) = &select.having_clause {
            self.enter_place(Place::HAVING);
            let having = self.expr(having);
            self.be_boolean(&having, "HAVING");
        }
        self.scope_mut().place = Place::TARGET;
        self.sort_clause(&select.sort_clause, "ORDER BY", &outputs);
        self.scope_mut().place = Place::GROUP_BY;
        self.sort_clause(&select.group_clause, "GROUP BY", &outputs);
        self.scope_mut().place = Place::TARGET;
        // DISTINCT alone is a list with nothing in it.
        match &select.distinct_clause[..] {
            [Node { node: None }] => self.check_distinct(&outputs),
            list => self.sort_clause(list, "DISTINCT ON", &outputs),
        }
        self.limits(select);
        self.scope_mut().place = Place::WINDOW;
        self.windows(&select.window_clause);
        self.scope_mut().place = Place::TARGET;
        self.locking(select);
        self.report_collations();
        self.check_grouping(select);
        self.check_distinct_order(select);
        // What is to be told apart has a type.
        if !keeps || !select.distinct_clause.is_empty() {
            self.resolve(&mut outputs);
        }
        self.scopes.pop();
        self.keeps_literals = keeps;
        outputs
    }

    /// WHERE and what is like it.
    pub(super) fn condition(&mut self, condition: &Option<Box<Node>>, words: &'static str) {
        self.condition_in(condition, words, words);
    }

    /// The same where what it is called is another thing than what may not stand in it.
    pub(super) fn condition_in(
        &mut self,
        condition: &Option<Box<Node>>,
        place: &'static str,
        words: &'static str,
    ) {
        let Some(condition) = condition else { return };
        let before = self.enter_place(Place::plain(place));
        let condition = self.expr(condition);
        self.be_boolean(&condition, words);
        self.leave_place(before);
    }

    fn limits(&mut self, select: &SelectStmt) {
        for (node, words) in [(&select.limit_offset, "OFFSET"), (&select.limit_count, "LIMIT")] {
            let Some(node) = node else { continue };
            let before = self.enter_place(Place::plain(words));
            let outer = self.enter_arguments();
            let value = self.expr(node);
            let own = self.leave_arguments(outer).reads(self.scopes.len() - 1);
            self.be_of_type(&value, "int8", words);
            if own {
                let message = format!("argument of {words} must not contain variables");
                self.report_at(value.location, "42P10", message);
            }
            self.leave_place(before);
        }
    }

    fn check_distinct(&mut self, outputs: &Outputs) {
        for expr in &outputs.exprs {
            self.must_be_collated(expr);
            if self.is_comparable(&expr.ty) == Answer::No {
                let is = self.types.print(&expr.ty);
                let message = format!("could not identify an equality operator for type {is}");
                self.report_at(expr.location, "42883", message);
                return;
            }
        }
    }

    /// PostgreSQL's error for values of which two cannot be told apart where that is wanted.
    pub(super) fn must_be_comparable(&mut self, ty: &TypeRef, at: i32) {
        if self.is_comparable(ty) == Answer::No {
            let is = self.types.print(ty);
            self.report_at(at, "42883", format!("could not identify an equality operator for type {is}"));
        }
    }

    /// Whether DISTINCT and GROUP BY can tell values apart.
    pub(super) fn is_comparable(&self, ty: &TypeRef) -> Answer {
        let types = self.types;
        let base = types.base(ty).without_modifier();
        match crate::catalog::typing::builtin_name(&base) {
            Some("unknown" | "record") => Answer::Yes,
            Some(_) => self.has_operator("=", &base),
            None if is_made_of_others(types, &base) => self.has_operator("=", &base),
            None => Answer::Unknown,
        }
    }

    /// ORDER BY, GROUP BY and DISTINCT ON: a bare name may be an output's, in ROLLUP and its kin too, and a number is
    /// an output's place.
    pub(super) fn sort_clause(&mut self, nodes: &[Node], words: &'static str, outputs: &Outputs) {
        for node in nodes {
            match &node.node {
                Some(NodeEnum::SortBy(sort)) => {
                    let list = sort.node.as_deref().map_or(&[][..], std::slice::from_ref);
                    self.sort_clause(list, words, outputs);
                    self.sorts_by(sort, words, outputs);
                }
                Some(NodeEnum::GroupingSet(set)) => self.sort_clause(&set.content, words, outputs),
                Some(NodeEnum::RowExpr(row)) if words == "GROUP BY" => {
                    self.sort_clause(&row.args, words, outputs);
                }
                // A truth value is a cast before PostgreSQL 15.
                Some(NodeEnum::AConst(constant))
                    if self.types.major < 15 && matches!(constant.val, Some(a_const::Val::Boolval(_))) => {}
                Some(NodeEnum::AConst(constant)) => match &constant.val {
                    Some(a_const::Val::Ival(number)) if !outputs.unknown => {
                        let fits = number.ival >= 1 && number.ival as usize <= outputs.columns.len();
                        if !fits {
                            let message = format!("{words} position {} is not in select list", number.ival);
                            self.report_at(constant.location, "42P10", message);
                        } else {
                            let expr = outputs.exprs[number.ival as usize - 1].clone();
                            self.must_be_collated(&expr);
                            self.check_sortable(&expr, words);
                        }
                    }
                    Some(a_const::Val::Ival(_)) => {}
                    _ => {
                        let message = format!("non-integer constant in {words}");
                        self.report_at(constant.location, "42601", message);
                    }
                },
                Some(NodeEnum::ColumnRef(column)) if self.is_sorted_output(column, words) => {
                    let name = strings(&column.fields)[0].clone();
                    let found: Vec<usize> =
                        (0..outputs.columns.len()).filter(|&n| outputs.columns[n].name == name).collect();
                    let source = found.first().and_then(|&n| outputs.columns[n].source.clone());
                    if let (Some((relation, column)), Some(span)) =
                        (source, self.tokens.part(column.location, 0))
                    {
                        self.out
                            .references
                            .push(Reference { span, symbol: Symbol::Column { relation, column } });
                    }
                    if let [only] = found[..] {
                        let expr = Typed { location: column.location, ..outputs.exprs[only].clone() };
                        self.must_be_collated(&expr);
                        self.check_sortable(&expr, words);
                    }
                }
                _ => {
                    let expr = self.expr(node);
                    self.sorted_must_be_collated(&expr, outputs);
                    self.check_sortable(&expr, words);
                }
            }
        }
    }

    /// The operator of ORDER BY … USING puts in order (addTargetToSortList).
    pub(super) fn sorts_by(&mut self, sort: &SortBy, words: &str, outputs: &Outputs) {
        let names = strings(&sort.use_op);
        let ([name], Some(value)) = (&names[..], sort.node.as_deref()) else { return };
        let Some(NodeEnum::ColumnRef(column)) = &value.node else { return };
        let value = match self.is_sorted_output(column, words) {
            true => {
                let own = strings(&column.fields);
                let mut named =
                    (0..outputs.columns.len()).filter(|&n| Some(&outputs.columns[n].name) == own.last());
                match (named.next(), named.next()) {
                    (Some(only), None) => Typed { location: column.location, ..outputs.exprs[only].clone() },
                    _ => return,
                }
            }
            false => self.quietly(|this| this.expr(value)),
        };
        let base = self.types.base(&value.ty).without_modifier();
        if self.types.is_opaque(&base) || value.is_untyped() {
            return;
        }
        let reported = self.out.diagnostics.len();
        let found = self.operator((None, name), Some(&value), &value, sort.location);
        let orders = ["<", ">", "~<~", "~>~", "*<", "*>"].contains(&&**name);
        if self.out.diagnostics.len() == reported
            && found.ty != TypeRef::Unknown
            && !orders
            && !self.types.has_own_operator(name)
        {
            let message = format!("operator {name} is not a valid ordering operator");
            let hint = "Ordering operators must be \"<\" or \">\" members of btree operator families.";
            self.report_hinting(sort.location, "42809", message, Some(hint));
        }
    }

    /// Whether a bare name is an output's (findTargetlistEntrySQL92): in GROUP BY a column in scope comes first, as the
    /// standard has it, and elsewhere the output does.
    fn is_sorted_output(&self, column: &crate::syntax::ast::ColumnRef, words: &str) -> bool {
        if !self.is_output(column) {
            return false;
        }
        let names = strings(&column.fields);
        words != "GROUP BY"
            || !matches!(self.scope().find_column(&names[0]), Found::Column(..) | Found::Ambiguous)
    }

    fn check_sortable(&mut self, expr: &Typed, words: &str) {
        let (operator, what) = match words {
            "ORDER BY" => ("<", "ordering"),
            _ => ("=", "equality"),
        };
        let base = self.types.base(&expr.ty);
        let is_plain = match crate::catalog::typing::builtin_name(&base) {
            Some(name) => !matches!(name, "unknown" | "record"),
            None => is_made_of_others(self.types, &base),
        };
        if is_plain
            && self.has_operator(operator, &self.types.base(&expr.ty).without_modifier()) == Answer::No
        {
            let is = self.types.print(&expr.ty);
            let message = format!("could not identify an {what} operator for type {is}");
            let hint = (operator == "<").then_some("Use an explicit ordering operator or modify the query.");
            self.report_hinting(expr.location, "42883", message, hint);
        }
    }

    /// What keeps a query's rows from being those of a table (CheckSelectLocking).
    fn unlockable(&self, select: &SelectStmt) -> Option<&'static str> {
        match () {
            () if !select.distinct_clause.is_empty() => Some("DISTINCT clause"),
            () if !select.group_clause.is_empty() => Some("GROUP BY clause"),
            () if select.having_clause.is_some() => Some("HAVING clause"),
            () if !self.scope().aggregates.is_empty() => Some("aggregate functions"),
            () => None,
        }
    }

    /// Rows of some relations cannot be locked, which is told when the query runs (CheckValidRowMarkRel).
    fn locks_no_rows(&mut self, select: &SelectStmt, clause: &LockingClause) {
        if !matches!(self.planned, Some(NodeEnum::SelectStmt(whole)) if std::ptr::eq(&**whole, select)) {
            return;
        }
        let named = |alias: &str| {
            clause.locked_rels.is_empty()
                || clause.locked_rels.iter().any(
                    |node| matches!(&node.node, Some(NodeEnum::RangeVar(range)) if *range.relname == *alias),
                )
        };
        let refused = self.scope().items.iter().filter(|item| named(&item.alias)).find_map(|item| {
            let relation = item.relation.as_ref().filter(|_| !item.is_function)?;
            let word = match relation.kind {
                RelationKind::MaterializedView => "materialized view",
                RelationKind::Sequence => "sequence",
                _ => return None,
            };
            Some(format!("cannot lock rows in {word} \"{}\"", relation.name))
        });
        if let Some(message) = refused {
            self.report_whole(super::Diagnostic::new(crate::text::Span::at(0), "42809", message));
        }
    }

    /// FOR UPDATE OF names entries of FROM.
    fn locking(&mut self, select: &SelectStmt) {
        for node in &select.locking_clause {
            let Some(NodeEnum::LockingClause(clause)) = &node.node else { continue };
            if let Some(what) = self.unlockable(select) {
                let message = format!("{} is not allowed with {what}", lock_words(clause));
                return self.report_whole(super::Diagnostic::new(crate::text::Span::at(0), "0A000", message));
            }
            self.locks_no_rows(select, clause);
            for node in &clause.locked_rels {
                let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
                if !range.schemaname.is_empty() {
                    let message = format!("{} must specify unqualified relation names", lock_words(clause));
                    self.report_at(range.location, "42601", message);
                    continue;
                }
                let item = self.scope().find_item(None, &range.relname).cloned();
                match (item, self.tokens.part(range.location, 0)) {
                    (Some(item), Some(span)) => {
                        let symbol =
                            Symbol::Alias { name: item.alias.clone(), relation: item.relation.clone() };
                        self.out.references.push(Reference { span, symbol });
                    }
                    (None, Some(_)) if range.schemaname.is_empty() => {
                        let message = format!(
                            "relation \"{}\" in {} clause not found in FROM clause",
                            range.relname,
                            lock_words(clause)
                        );
                        self.report_at(range.location, "42P01", message);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Whether the parts of a type decide whether its values can be compared.
fn is_made_of_others(types: Types, ty: &TypeRef) -> bool {
    ty.element().is_some() || types.class(ty) == Class::Composite
}

/// FOR UPDATE and its kin, as messages have them.
fn lock_words(clause: &LockingClause) -> &'static str {
    match clause.strength() {
        LockClauseStrength::LcsForkeyshare => "FOR KEY SHARE",
        LockClauseStrength::LcsForshare => "FOR SHARE",
        LockClauseStrength::LcsFornokeyupdate => "FOR NO KEY UPDATE",
        _ => "FOR UPDATE",
    }
}
