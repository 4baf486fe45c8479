//! FROM (parse_clause.c): tables, joins, subqueries, functions, and the namespace they make.

use std::sync::Arc;

use super::collate::Collation;
use super::place::Place;
use super::relation::{Opened, derived, item, unknown_item};
use super::scope::{RangeItem, Scope, ScopeColumn, Star, star_columns};
use super::statement::{Analyzer, strings};
use super::{Diagnostic, OutputColumn, Purpose, Reference, Slot, Symbol, closest};
use crate::catalog::model::Name;
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Common, Context, same};
use crate::syntax::ast::{Alias, JoinExpr, JoinType, Node, NodeEnum, RangeTableSample, RangeVar};

type Items = Vec<Arc<RangeItem>>;

impl Analyzer<'_> {
    /// Analyzes a FROM list into the current scope.
    pub(super) fn range_table(&mut self, from: &[Node]) {
        for node in from {
            let items = self.range_entry(node);
            let before = self.scope().items.clone();
            self.check_names(&before, &items, node, "table name");
            self.scope_mut().items.extend(items);
        }
    }

    /// The same beside the relation that a statement changes.
    pub(super) fn range_table_beside(&mut self, from: &[Node], target: &RangeItem) {
        // It is there, and may not be read (setNamespaceLateralState).
        self.scope_mut().items.push(forbidden(Arc::new(target.clone())));
        self.range_table(from);
        self.scope_mut().items.remove(0);
    }

    /// The same for MERGE's source.
    pub(super) fn range_table_of_merge(&mut self, source: &Node, target: &RangeItem) {
        let items = self.range_entry(source);
        self.check_names(&[Arc::new(target.clone())], &items, source, "name");
        self.scope_mut().items.extend(items);
    }

    /// No two entries of a FROM go by one name (checkNameSpaceConflicts).
    fn check_names(&mut self, before: &[Arc<RangeItem>], items: &[Arc<RangeItem>], node: &Node, what: &str) {
        for item in items.iter().filter(|item| !item.unnamed && !item.alias.is_empty()) {
            let conflicts = |other: &&Arc<RangeItem>| {
                if other.unnamed || other.alias != item.alias {
                    return false;
                }
                // Tables of different schemas may have one name, and what is not known may be such a one.
                let own_name = |item: &RangeItem| match &item.relation {
                    Some(relation) => item.schema.is_some().then(|| relation.schema.clone()),
                    None => item.is_unseen.then(|| "".into()),
                };
                match (own_name(other), own_name(item)) {
                    (Some(one), Some(two)) => one == two && !one.is_empty(),
                    _ => true,
                }
            };
            if before.iter().any(|other| conflicts(&other)) {
                let message = format!("{what} \"{}\" specified more than once", item.alias);
                // The tree gives few entries a place: it is the second of its name then.
                let from = match &node.node {
                    Some(NodeEnum::RangeVar(range)) => usize::try_from(range.location).ok(),
                    _ => self.tokens.find_name(self.sql, 0, &item.alias).map(|first| first.end),
                };
                let span = self.tokens.find_name(self.sql, from.unwrap_or(0), &item.alias);
                if let Some(span) = span {
                    self.report(Diagnostic::new(span, "42712", message));
                }
                return;
            }
        }
    }

    /// One entry of FROM: what it adds to the namespace.
    pub(super) fn range_entry(&mut self, node: &Node) -> Items {
        if let Some(inner) = &node.node {
            self.note_version(inner);
        }
        match &node.node {
            Some(NodeEnum::RangeVar(range)) => vec![Arc::new(self.range_var(range))],
            Some(NodeEnum::JoinExpr(join)) => self.join(join),
            Some(NodeEnum::RangeSubselect(sub)) => {
                // Without LATERAL a subquery sees nothing of the FROM list that it is in.
                let outputs = match (&sub.subquery, sub.lateral) {
                    (Some(query), true) => {
                        let before = self.enter_place(Place::FROM_SUBQUERY);
                        let outputs = self.query(query);
                        self.leave_place(before);
                        outputs
                    }
                    (Some(query), false) => {
                        let bare = Scope { is_query: false, ..self.scope().bare() };
                        let hidden = std::mem::replace(self.scope_mut(), bare);
                        self.out_of_reach.push(hidden);
                        let outputs = self.query(query);
                        *self.scope_mut() = self.out_of_reach.pop().unwrap_or_default();
                        outputs
                    }
                    (None, _) => Default::default(),
                };
                let mut made = RangeItem {
                    alias: alias_name(sub.alias.as_ref()).unwrap_or("").into(),
                    unnamed: sub.alias.is_none(),
                    columns: outputs.columns.into_iter().map(scope_column).collect(),
                    unknown_columns: outputs.unknown,
                    ..RangeItem::default()
                };
                self.check_aliases(&made, sub.alias.as_ref(), -1);
                rename(&mut made, sub.alias.as_ref());
                vec![Arc::new(made)]
            }
            Some(NodeEnum::RangeFunction(function)) => vec![Arc::new(self.range_function(function))],
            Some(NodeEnum::RangeTableSample(sample)) => {
                let items =
                    sample.relation.as_deref().map(|relation| self.range_entry(relation)).unwrap_or_default();
                // PostgreSQL's own methods take a percentage; what others take only their handler knows.
                let is_own = matches!(&*strings(&sample.method), [.., name] if matches!(&**name, "bernoulli" | "system"));
                if !is_own {
                    self.has_sample_method(sample);
                }
                for arg in &sample.args {
                    let arg = self.expr(arg);
                    if is_own {
                        self.becomes(&arg, &TypeRef::builtin("float4"), Context::Assignment);
                    }
                }
                if let Some(seed) = self.expr_option(&sample.repeatable) {
                    self.becomes(&seed, &TypeRef::builtin("float8"), Context::Assignment);
                }
                items
            }
            Some(NodeEnum::RangeTableFunc(table)) => vec![Arc::new(self.xml_table(table))],
            Some(NodeEnum::JsonTable(table)) => vec![Arc::new(self.json_table(table))],
            _ => vec![Arc::new(RangeItem { unknown_columns: true, unnamed: true, ..RangeItem::default() })],
        }
    }

    /// A method of sampling is a function that somebody has made.
    fn has_sample_method(&mut self, sample: &RangeTableSample) {
        let names = strings(&sample.method);
        let Some(name) = names.last() else { return };
        let may_be_there = self.types.is_unsure
            || !self.catalog.extensions.is_empty()
            || names.len() > 1
            || !self.catalog.routines(None, name).is_empty();
        if !may_be_there {
            let message = format!("tablesample method {name} does not exist");
            self.report_at(sample.location, "42704", message);
        }
    }

    /// A name in FROM: a CTE, or else a relation.
    pub(super) fn range_var(&mut self, range: &RangeVar) -> RangeItem {
        let alias = alias_name(range.alias.as_ref());
        if range.schemaname.is_empty()
            && let Some(cte) = self.find_cte(&range.relname)
        {
            if let Some(span) = self.tokens.part(range.location, 0) {
                self.out.references.push(Reference { span, symbol: Symbol::Cte(cte.name.clone()) });
            }
            self.scope_mut().reads_itself |= cte.is_being_made;
            if cte.lacks_returning {
                let message = format!("WITH query \"{}\" does not have a RETURNING clause", cte.name);
                self.report_at(range.location, "0A000", message);
            }
            let mut made = RangeItem {
                alias: alias.map_or_else(|| cte.name.clone(), Name::from),
                columns: (*cte.columns).clone(),
                unknown_columns: cte.unknown_columns,
                ..RangeItem::default()
            };
            self.check_aliases(&made, range.alias.as_ref(), range.location);
            rename(&mut made, range.alias.as_ref());
            return made;
        }
        let mut made = match self.open(range, Purpose::Read) {
            Opened::Relation(relation) => item(self.types, &relation, alias),
            Opened::Unknown | Opened::Missing => {
                let is_unseen = alias.is_none();
                RangeItem { is_unseen, ..unknown_item(alias.unwrap_or(&range.relname)) }
            }
        };
        self.check_aliases(&made, range.alias.as_ref(), range.location);
        rename(&mut made, range.alias.as_ref());
        made
    }

    /// An alias may not name more columns than there are; `what` is what messages call the entry, which has `name`
    /// where it is given none. Where the tree gives it no place, its alias stands for it.
    pub(super) fn check_alias_list(
        &mut self,
        alias: Option<&Alias>,
        what: &str,
        name: &str,
        has: usize,
        location: i32,
    ) {
        let Some(alias) = alias else { return };
        let named = alias.colnames.len();
        if named <= has {
            return;
        }
        let of = match what.ends_with("function") {
            true => what.to_owned(),
            false => {
                let name = if alias.aliasname.is_empty() { name } else { &alias.aliasname };
                format!("{what} \"{name}\"")
            }
        };
        let message = format!("{of} has {has} columns available but {named} columns specified");
        if location >= 0 {
            self.report_at(location, "42P10", message);
        } else if let Some(Some(NodeEnum::String(first))) = alias.colnames.get(has).map(|node| &node.node)
            && let Some(span) = self.tokens.find_name(self.sql, 0, &first.sval)
        {
            self.report(Diagnostic::new(span, "42P10", message));
        }
    }

    pub(super) fn check_aliases(&mut self, item: &RangeItem, alias: Option<&Alias>, location: i32) {
        if !item.unknown_columns {
            self.check_alias_list(alias, "table", &item.alias, item.columns.len(), location);
        }
    }

    fn join(&mut self, join: &JoinExpr) -> Items {
        let left = join.larg.as_deref().map(|node| self.range_entry(node)).unwrap_or_default();
        // The right side may look at the left one where it is LATERAL.
        let outer = self.scope().items.len();
        let visible = match join.jointype() {
            JoinType::JoinRight | JoinType::JoinFull => left.iter().cloned().map(forbidden).collect(),
            _ => left.clone(),
        };
        self.scope_mut().items.extend(visible);
        let right = join.rarg.as_deref().map(|node| self.range_entry(node)).unwrap_or_default();
        self.scope_mut().items.truncate(outer);
        if let Some(node) = join.rarg.as_deref() {
            self.check_names(&left, &right, node, "table name");
        }

        let using = if join.is_natural { common_names(&left, &right) } else { strings(&join.using_clause) };
        if !join.is_natural {
            self.check_using(join, &left, &right);
        }
        // An outer join makes rows without one side, or the other.
        let (left, right) = match join.jointype() {
            JoinType::JoinLeft => (left, nullable(right)),
            JoinType::JoinRight => (nullable(left), right),
            JoinType::JoinFull => (nullable(left), nullable(right)),
            _ => (left, right),
        };
        let mut items = self.joined(left, right, &using);
        if join.is_natural && items.iter().any(|item| item.unknown_columns) {
            // What is merged is not known, so nothing can be called ambiguous.
            for item in &mut items {
                Arc::make_mut(item).unknown_columns = true;
            }
        }

        if let Some(quals) = &join.quals {
            // ON sees both sides of its join, and what is around the query.
            let own =
                Scope { items: items.clone(), place: Place::plain("JOIN conditions"), ..self.scope().bare() };
            let hidden = std::mem::replace(self.scope_mut(), own);
            self.hidden.push(hidden);
            let quals = self.expr(quals);
            self.be_boolean(&quals, "JOIN/ON");
            *self.scope_mut() = self.hidden.pop().unwrap_or_default();
        }
        if let Some(using_alias) = &join.join_using_alias {
            let columns = items
                .iter()
                .flat_map(|item| &item.columns)
                .filter(|column| using.contains(&column.name) && !column.merged)
                .cloned()
                .collect();
            items.push(Arc::new(RangeItem {
                alias: using_alias.aliasname.as_str().into(),
                columns,
                qualified_only: true,
                ..RangeItem::default()
            }));
            if let Some(node) = join.rarg.as_deref() {
                let (made, before) = (items[items.len() - 1].clone(), items[..items.len() - 1].to_vec());
                self.check_names(&before, &[made], node, "table name");
            }
        }
        let Some(alias) = &join.alias else { return items.into_iter().map(in_join).collect() };
        // A join's alias hides what is in it.
        let mut made = RangeItem {
            alias: alias.aliasname.as_str().into(),
            unknown_columns: items.iter().any(|item| item.unknown_columns),
            columns: star_columns(&items),
            ..RangeItem::default()
        };
        if !made.unknown_columns {
            self.check_alias_list(Some(alias), "join expression", "", made.columns.len(), -1);
        }
        rename(&mut made, Some(alias));
        vec![Arc::new(made)]
    }

    /// What a join has of its two sides, whose columns of these names become one each, and come first.
    fn joined(&mut self, left: Items, right: Items, using: &[Name]) -> Items {
        if using.is_empty() {
            return left.into_iter().chain(right).collect();
        }
        let (of_left, of_right) = (star_columns(&left), star_columns(&right));
        let mut columns: Vec<ScopeColumn> = Vec::new();
        for name in using {
            let find = |columns: &[ScopeColumn]| columns.iter().find(|column| column.name == *name).cloned();
            let Some(mut column) = find(&of_left) else { continue };
            let of_other = find(&of_right);
            let sources = [Some(&column), of_other.as_ref()].into_iter().flatten();
            self.out.joined.extend(sources.filter_map(|column| column.source.clone()));
            // A full join gives what either side has.
            if of_other.as_ref().is_none_or(|other| other.collation != column.collation) {
                column.collation = Collation::Unknown;
            }
            let other = of_other.map_or(TypeRef::Unknown, |column| column.ty);
            let ty = match self.types.common(&[column.ty.clone(), other.clone()]) {
                Common::Type(ty) => ty,
                Common::Unknown => TypeRef::Unknown,
                Common::Conflict { .. } => {
                    let (one, other) = (self.types.print(&column.ty), self.types.print(&other));
                    let from = self.join_position(&left);
                    if let Some(span) = self.tokens.find_name(self.sql, from, name) {
                        let message = format!("JOIN/USING types {one} and {other} cannot be matched");
                        self.report(Diagnostic::new(span, "42804", message));
                    }
                    TypeRef::Unknown
                }
            };
            if !same(&ty, &column.ty) {
                column.source = None;
                column.ty = ty;
                column.collation = Collation::Unknown;
            }
            columns.push(column);
        }
        let merged = columns.clone();
        let rest = of_left.into_iter().chain(of_right).filter(|column| !using.contains(&column.name));
        columns.extend(rest);
        let is_unknown = left.iter().chain(&right).any(|item| item.unknown_columns);
        let is_entry = |item: &Arc<RangeItem>| item.star != Star::Join;
        let count = left.iter().filter(|item| is_entry(item)).count();
        let mut items: Items = Vec::with_capacity(count + right.len() + 1);
        for (n, item) in left.into_iter().chain(right).filter(is_entry).enumerate() {
            let mut item = Arc::unwrap_or_clone(item);
            item.star = Star::InJoin;
            if !item.qualified_only {
                for column in item.columns.iter_mut().filter(|column| using.contains(&column.name)) {
                    match merged.iter().find(|merged| merged.name == column.name) {
                        Some(merged) if n < count && !column.merged => {
                            column.joined = (!same(&merged.ty, &column.ty)).then(|| merged.ty.clone());
                        }
                        _ => column.merged = true,
                    }
                }
            }
            items.push(Arc::new(item));
        }
        items.push(Arc::new(RangeItem {
            columns,
            unknown_columns: is_unknown,
            unnamed: true,
            star: Star::Join,
            ..RangeItem::default()
        }));
        items
    }

    /// USING names columns that both sides must have.
    fn check_using(&mut self, join: &JoinExpr, left: &Items, right: &Items) {
        for (n, node) in join.using_clause.iter().enumerate() {
            let Some(NodeEnum::String(name)) = &node.node else { continue };
            if join.using_clause[..n].contains(node) {
                let from = self.join_position(right);
                if let Some(first) = self.tokens.find_name(self.sql, from, &name.sval)
                    && let Some(span) = self.tokens.find_name(self.sql, first.end, &name.sval)
                {
                    let message =
                        format!("column name \"{}\" appears more than once in USING clause", name.sval);
                    self.report(super::Diagnostic::new(span, "42701", message));
                }
                return;
            }
            if self.is_marker(&name.sval) {
                let items = left.iter().chain(right).cloned().collect();
                self.mark_in(Slot::JoinColumn, Scope::of(items));
                return;
            }
            for (side, items) in [("left", left), ("right", right)] {
                let known =
                    items.iter().any(|item| item.unknown_columns || item.column(&name.sval).is_some());
                if known {
                    continue;
                }
                let from = self.join_position(items);
                let Some(span) = self.tokens.find_name(self.sql, from, &name.sval) else { continue };
                let names: Vec<&str> =
                    items.iter().flat_map(|item| &item.columns).map(|column| &*column.name).collect();
                let suggestions = closest(&name.sval, names).into_iter().map(|name| quote::identifier(&name));
                let message = format!(
                    "column \"{}\" specified in USING clause does not exist in {side} table",
                    name.sval
                );
                self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
                break;
            }
        }
    }

    /// Where in the text USING's names can be looked for: the tree gives them no place.
    fn join_position(&self, _items: &Items) -> usize {
        let mut index = 0;
        while let Some(token) = self.tokens.get(index) {
            if token.kind == crate::syntax::ast::Token::Using {
                return token.span.end;
            }
            index += 1;
        }
        0
    }
}

/// The same entry where a join's side may not read it.
fn forbidden(item: Arc<RangeItem>) -> Arc<RangeItem> {
    Arc::new(RangeItem { is_forbidden: true, ..Arc::unwrap_or_clone(item) })
}

fn in_join(item: Arc<RangeItem>) -> Arc<RangeItem> {
    if item.is_joined {
        return item;
    }
    Arc::new(RangeItem { is_joined: true, ..Arc::unwrap_or_clone(item) })
}

/// The same entries, of which there may be none for a row.
fn nullable(items: Items) -> Items {
    let nullable = |item: Arc<RangeItem>| {
        let mut item = Arc::unwrap_or_clone(item);
        item.columns.iter_mut().for_each(|column| column.not_null = false);
        Arc::new(item)
    };
    items.into_iter().map(nullable).collect()
}

pub(super) fn alias_name(alias: Option<&Alias>) -> Option<&str> {
    alias.map(|alias| alias.aliasname.as_str())
}

/// Gives the first columns the names of the alias's list.
pub(super) fn rename(item: &mut RangeItem, alias: Option<&Alias>) {
    let Some(alias) = alias else { return };
    for (n, name) in strings(&alias.colnames).into_iter().enumerate() {
        match item.columns.get_mut(n) {
            Some(column) if !item.unknown_columns || column.source.is_some() => column.name = name,
            _ => item.columns.push(derived(name, TypeRef::Unknown)),
        }
    }
}

pub(super) fn scope_column(output: OutputColumn) -> ScopeColumn {
    let OutputColumn { name, ty, source, not_null, collation, shape } = output;
    ScopeColumn { name, ty, source, merged: false, joined: None, not_null, collation, shape }
}

pub(super) fn table_function(
    alias: Option<&Alias>,
    name: &str,
    columns: Vec<ScopeColumn>,
    unknown: bool,
) -> RangeItem {
    let mut made = RangeItem {
        alias: alias_name(alias).unwrap_or(name).into(),
        columns,
        unknown_columns: unknown,
        ..RangeItem::default()
    };
    rename(&mut made, alias);
    made
}

fn common_names(left: &Items, right: &Items) -> Vec<Name> {
    let of = |items: &Items| star_columns(items).into_iter().map(|column| column.name).collect::<Vec<Name>>();
    let right = of(right);
    of(left).into_iter().filter(|name| right.contains(name)).collect()
}
