//! What cannot be changed through a view (rewriteHandler.c: rewriteTargetView).

use std::sync::Arc;

use super::rule::has_returning as has_returning_clause;
use super::runs::gives_each_row;
use super::statement::Analyzer;
use crate::catalog::builtin;
use crate::catalog::model::{Enabled, Event, Identity, Name, Relation, RelationKind, Rule};
use crate::syntax::Parse;
use crate::syntax::ast::{FuncCall, Node, NodeEnum, SelectStmt};
use crate::syntax::children::children;

/// A column of a view that a statement sets.
#[derive(Clone, Debug)]
pub struct Set {
    pub column: Name,
    pub location: i32,
    /// It is set to DEFAULT.
    pub is_default: bool,
    pub is_update: bool,
    /// An element or a field of it only.
    pub is_part: bool,
    /// Which list of the statement it is in: each may set a column.
    pub clause: usize,
    /// OVERRIDING says that an identity's value may be given.
    pub overrides: bool,
}

/// What a statement does to what it changes.
#[derive(Clone, Debug)]
pub enum Change {
    Of(Event),
    /// What MERGE's clauses do, in their order.
    Merge(Vec<Event>),
}

impl Change {
    fn events(&self) -> &[Event] {
        match self {
            Change::Of(event) => std::slice::from_ref(event),
            Change::Merge(events) => events,
        }
    }
}

/// What a view's rows are.
enum Shape {
    /// Rows of a relation, and what each column of the view is of it.
    Rows(Arc<Relation>, Vec<Output>),
    /// Something else, which nothing can be changed through.
    Other,
    Unknown,
}

enum Output {
    Column(Name),
    /// Certainly no column.
    Other,
    /// A cast that does nothing, or a field of the row, is the column.
    Unknown,
}

impl Analyzer<'_> {
    /// PostgreSQL's errors for a statement that changes a view; `at` is where the view stands.
    pub(super) fn changes_view(&mut self, view: &Arc<Relation>, change: Change, mut sets: Vec<Set>, at: i32) {
        let (events, is_merge) = (change.events(), matches!(change, Change::Merge(_)));
        let Some(event) = events.first() else { return };
        let mut view = view.clone();
        each_once(&mut sets);
        // Views that read each other cannot be made; what a database says may still be anything.
        for _ in 0..32 {
            let is_other = |done: &Event| has_rule_or_trigger(&view, *done);
            if view.kind != RelationKind::View || events.iter().any(is_other) {
                return;
            }
            let (base, columns) = match self.shape(&view) {
                Shape::Unknown => return,
                Shape::Rows(base, columns) => (base, columns),
                Shape::Other => {
                    let verb = match event {
                        Event::Insert => "insert into",
                        Event::Delete => "delete from",
                        _ => "update",
                    };
                    let message = format!("cannot {verb} view \"{}\"", view.name);
                    self.report_at(at, "55000", message);
                    return;
                }
            };
            if !is_merge && *event == Event::Insert {
                has_defaults(&view, &mut sets);
            }
            let own = |name: &Name| view.columns.iter().position(|column| column.name == *name);
            let mut below: Vec<Set> = Vec::with_capacity(sets.len());
            for set in sets {
                let Some(n) = own(&set.column) else { return };
                let column = match columns.get(n) {
                    Some(Output::Column(column)) => column,
                    Some(Output::Unknown) | None => return,
                    Some(Output::Other) => {
                        let verb = match event {
                            _ if is_merge => "merge into",
                            Event::Insert => "insert into",
                            _ => "update",
                        };
                        let message =
                            format!("cannot {verb} column \"{}\" of view \"{}\"", set.column, view.name);
                        self.report_set(&set, at, "0A000", message);
                        return;
                    }
                };
                let is_default = set.is_default && !set.is_update && view.columns[n].default.is_none();
                let repeats = |other: &Set| {
                    other.column == *column && other.clause == set.clause && !other.is_part && !set.is_part
                };
                if below.iter().any(repeats) {
                    let message = format!("multiple assignments to same column \"{column}\"");
                    self.report_set(&set, at, "42601", message);
                    return;
                }
                below.push(Set { column: column.clone(), is_default, ..set });
            }
            sets = below;
            view = base;
            if view.kind != RelationKind::View {
                break;
            }
        }
        self.sets_what_may_be_set(&view, &sets, at);
    }

    /// RETURNING where a rule does something else that gives no rows; MERGE where any rule is (RewriteQuery,
    /// matchLocks).
    pub(super) fn refused_by_rules(
        &mut self,
        relation: &Relation,
        change: &Change,
        has_returning: bool,
        at: i32,
    ) -> bool {
        let is_on = |rule: &&Rule| matches!(rule.enabled, Enabled::Origin | Enabled::Always);
        let message = match change {
            Change::Merge(_) => {
                if relation.kind == RelationKind::View || !relation.rules.iter().any(|rule| is_on(&&**rule)) {
                    return false;
                }
                format!("cannot execute MERGE on relation \"{}\"", relation.name)
            }
            Change::Of(event) => {
                let mut rules = relation.rules.iter().filter(|rule| rule.event == *event);
                let may_return = |rule: &Rule| {
                    let parse = rule.definition.0.as_deref().map(Parse::plain);
                    parse.is_none_or(|parse| {
                        let mut nodes = parse.nodes();
                        !matches!(nodes.next(), Some(NodeEnum::RuleStmt(rule))
                            if !rule.actions.iter().any(|action| action.node.as_ref().is_some_and(has_returning_clause)))
                    })
                };
                let is_refused = has_returning
                    && rules.clone().any(|rule| is_on(&&**rule) && is_instead(rule))
                    && !rules.any(|rule| may_return(rule));
                if !is_refused {
                    return false;
                }
                let verb = match event {
                    Event::Insert => "INSERT",
                    Event::Delete => "DELETE",
                    _ => "UPDATE",
                };
                format!("cannot perform {verb} RETURNING on relation \"{}\"", relation.name)
            }
        };
        self.report_at(at, "0A000", message);
        true
    }

    /// Columns of the table below that only the server sets.
    fn sets_what_may_be_set(&mut self, table: &Relation, sets: &[Set], at: i32) {
        for set in sets.iter().filter(|set| !set.is_default) {
            let Some(column) = table.column(&set.column) else { continue };
            let is_identity = column.identity == Some(Identity::Always) && !set.overrides;
            if column.generated.is_none() && !is_identity {
                continue;
            }
            let name = &column.name;
            let message = match set.is_update {
                true => format!("column \"{name}\" can only be updated to DEFAULT"),
                false if self.types.major < 14 => format!("cannot insert into column \"{name}\""),
                false => format!("cannot insert a non-DEFAULT value into column \"{name}\""),
            };
            let is_old = self.types.major < 14 && column.generated.is_some();
            self.report_set(set, at, if is_old { "42601" } else { "428C9" }, message);
            return;
        }
    }

    fn report_set(&mut self, set: &Set, at: i32, sqlstate: &'static str, message: String) {
        let location = if set.location >= 0 { set.location } else { at };
        self.report_at(location, sqlstate, message);
    }

    /// Whether nothing can be changed through a view.
    pub(super) fn is_certainly_fixed(&self, view: &Relation) -> bool {
        matches!(self.shape(view), Shape::Other)
    }

    /// What a view's rows are, by its text (view_query_is_auto_updatable).
    fn shape(&self, view: &Relation) -> Shape {
        let Some(query) = &view.query.0 else { return Shape::Unknown };
        let parse = Parse::plain(query);
        let mut nodes = parse.nodes();
        let (Some(NodeEnum::SelectStmt(select)), None) = (nodes.next(), nodes.next()) else {
            return Shape::Unknown;
        };
        if !parse.errors.is_empty() || self.types.is_unsure {
            return Shape::Unknown;
        }
        match self.gives_rows_of_one(select) {
            Some(true) => {}
            Some(false) => return Shape::Other,
            None => return Shape::Unknown,
        }
        let [Node { node: Some(NodeEnum::RangeVar(range)) }] = select.from_clause.as_slice() else {
            return Shape::Other;
        };
        // What a name means may have changed since.
        if view.query_is_stale || view.reads.iter().filter(|read| *read.name == *range.relname).count() != 1 {
            return Shape::Unknown;
        }
        let schema = Some(range.schemaname.as_str()).filter(|schema| !schema.is_empty());
        let Some(base) = self.catalog.relation(schema, &range.relname) else { return Shape::Unknown };
        let analysis = Analyzer::new(&parse, self.catalog).run();
        if !analysis.diagnostics.is_empty()
            || analysis.outputs.len() != view.columns.len()
            || base.unknown_columns
            || !view.reads.contains(&base.qualified_name())
        {
            return Shape::Unknown;
        }
        if base.kind == RelationKind::MaterializedView {
            return Shape::Other;
        }
        let has_stars = analysis.outputs.len() != select.target_list.len();
        let columns = analysis.outputs.iter().enumerate().map(|(n, output)| match &output.source {
            Some((_, column)) => Output::Column(column.name.clone()),
            None if has_stars => Output::Unknown,
            None => match &select.target_list[n].node {
                Some(NodeEnum::ResTarget(target)) => {
                    match target.val.as_ref().and_then(|val| val.node.as_ref()) {
                        Some(NodeEnum::FuncCall(call)) if self.calls(call, base) => Output::Other,
                        _ => kind_of(target.val.as_deref()),
                    }
                }
                _ => Output::Unknown,
            },
        });
        Shape::Rows(base.clone(), columns.collect())
    }

    /// Whether what is written as a call certainly is one: neither a cast nor a field of the row.
    fn calls(&self, call: &FuncCall, base: &Relation) -> bool {
        self.own_function(call).is_some_and(|name| {
            builtin::facts().ty(&name).is_none()
                && self.catalog.user_type(None, &name).is_none()
                && base.column(&name).is_none()
        })
    }

    /// Whether a query gives the rows of one relation as they are, as far as its text tells.
    pub(super) fn gives_rows_of_one(&self, select: &SelectStmt) -> Option<bool> {
        let is_plain = gives_each_row(select)
            && select.with_clause.is_none()
            && select.values_lists.is_empty()
            && select.distinct_clause.is_empty()
            && matches!(select.from_clause.as_slice(), [Node { node: Some(NodeEnum::RangeVar(_)) }]);
        if is_plain { self.gives_rows_as_they_are(select) } else { Some(false) }
    }

    /// Whether no function among the outputs makes one row of several, or several of one; nothing where that cannot be
    /// told by the functions' names.
    pub(super) fn gives_rows_as_they_are(&self, select: &SelectStmt) -> Option<bool> {
        let mut answer = Some(true);
        let mut todo: Vec<&Node> = select.target_list.iter().collect();
        while let Some(node) = todo.pop() {
            let Some(inner) = &node.node else { continue };
            match inner {
                NodeEnum::SubLink(_) => continue,
                NodeEnum::ResTarget(target) => todo.extend(target.val.as_deref()),
                NodeEnum::JsonObjectAgg(_) | NodeEnum::JsonArrayAgg(_) => return Some(false),
                NodeEnum::FuncCall(call) => {
                    if call.over.is_some() {
                        return Some(false);
                    }
                    let others = |name: &Name| {
                        let known = builtin::facts().functions.named_in_any(name);
                        let is_other = |function: &&builtin::BuiltinFunction| {
                            matches!(function.kind, 'a' | 'w') || function.returns_set
                        };
                        (known.iter().filter(is_other).count(), known.len())
                    };
                    match self.own_function(call).as_ref().map(others) {
                        Some((0, _)) => {}
                        Some((others, all)) if others == all => return Some(false),
                        _ => answer = None,
                    }
                }
                _ => {}
            }
            children(inner, &mut |child| todo.push(child));
        }
        answer
    }
}

/// What an output that names no column is.
fn kind_of(node: Option<&Node>) -> Output {
    match node.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::FuncCall(call)) if call.args.len() != 1 => Output::Other,
        Some(
            NodeEnum::ColumnRef(_)
            | NodeEnum::AConst(_)
            | NodeEnum::AExpr(_)
            | NodeEnum::BoolExpr(_)
            | NodeEnum::CaseExpr(_)
            | NodeEnum::CoalesceExpr(_)
            | NodeEnum::SubLink(_)
            | NodeEnum::NullTest(_),
        ) => Output::Other,
        _ => Output::Unknown,
    }
}

/// Several rows, or several clauses, set a column several times.
fn each_once(sets: &mut Vec<Set>) {
    let mut once: Vec<Set> = Vec::with_capacity(sets.len());
    for set in sets.drain(..) {
        let same = |other: &&mut Set| other.column == set.column && other.clause == set.clause;
        match once.iter_mut().find(same) {
            Some(known) => known.is_default &= set.is_default,
            None => once.push(set),
        }
    }
    *sets = once;
}

/// INSERT sets the columns that it leaves out to the view's own defaults.
fn has_defaults(view: &Relation, sets: &mut Vec<Set>) {
    for column in view.columns.iter().filter(|column| column.default.is_some()) {
        if !sets.iter().any(|set| set.column == column.name && !set.is_update) {
            let column = column.name.clone();
            // Whether OVERRIDING stands there is not known here.
            let overrides = true;
            let (is_update, is_part, clause) = (false, false, 0);
            sets.push(Set { column, location: -1, is_default: true, is_update, is_part, clause, overrides });
        }
    }
}

/// Whether a rule does something else than what it is about, whatever the row; it may where its text is not known.
fn is_instead(rule: &Rule) -> bool {
    let parse = rule.definition.0.as_deref().map(Parse::plain);
    let has_condition = parse.as_ref().is_some_and(|parse| {
        parse.nodes().any(|node| matches!(node, NodeEnum::RuleStmt(rule) if rule.where_clause.is_some()))
    });
    rule.instead && !has_condition
}

/// Whether what is done to a view is done by a rule or a trigger instead.
fn has_rule_or_trigger(view: &Relation, event: Event) -> bool {
    let word = match event {
        Event::Insert => "INSERT",
        Event::Delete => "DELETE",
        _ => "UPDATE",
    };
    view.rules.iter().any(|rule| rule.event == event && is_instead(rule))
        || view.triggers.iter().any(|trigger| trigger.fires(" INSTEAD OF ", word))
}
