//! What cannot be changed through a view (rewriteHandler.c: rewriteTargetView).

use std::sync::Arc;

use super::statement::{Analyzer, strings};
use crate::catalog::builtin;
use crate::catalog::model::{Event, Identity, Name, Relation, RelationKind, Rule};
use crate::syntax::Parse;
use crate::syntax::ast::{Node, NodeEnum, SelectStmt, SetOperation};
use crate::syntax::children::children;

/// A column of a view that a statement sets.
#[derive(Clone, Debug)]
pub struct Set {
    pub column: Name,
    pub location: i32,
    /// It is set to DEFAULT.
    pub is_default: bool,
    pub is_update: bool,
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
    /// Rows of a relation; of each column of the view the relation's, if it is one.
    Rows(Arc<Relation>, Vec<Option<Name>>),
    /// Something else, which nothing can be changed through.
    Other,
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
                let Some(Some(column)) = columns.get(n) else {
                    let verb = match event {
                        _ if is_merge => "merge into",
                        Event::Insert => "insert into",
                        _ => "update",
                    };
                    let message =
                        format!("cannot {verb} column \"{}\" of view \"{}\"", set.column, view.name);
                    self.report_set(&set, at, "0A000", message);
                    return;
                };
                let is_default = set.is_default && !set.is_update && view.columns[n].default.is_none();
                let repeats = |other: &Set| other.column == *column && other.is_update == set.is_update;
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
        let is_plain = select.op() == SetOperation::SetopNone
            && select.values_lists.is_empty()
            && select.with_clause.is_none()
            && select.distinct_clause.is_empty()
            && select.group_clause.is_empty()
            && select.having_clause.is_none()
            && select.limit_count.is_none()
            && select.limit_offset.is_none();
        let [Node { node: Some(NodeEnum::RangeVar(range)) }] = select.from_clause.as_slice() else {
            return Shape::Other;
        };
        if !is_plain {
            return Shape::Other;
        }
        match self.gives_rows_as_they_are(select) {
            Some(true) => {}
            Some(false) => return Shape::Other,
            None => return Shape::Unknown,
        }
        let analysis = Analyzer::new(&parse, self.catalog).run();
        let schema = Some(range.schemaname.as_str()).filter(|schema| !schema.is_empty());
        let Some(base) = self.catalog.relation(schema, &range.relname) else { return Shape::Unknown };
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
        let columns = analysis.outputs.iter().map(|output| {
            let (relation, column) = output.source.as_ref()?;
            (relation.qualified_name() == base.qualified_name()).then(|| column.name.clone())
        });
        Shape::Rows(base.clone(), columns.collect())
    }

    /// Whether no function among the outputs makes one row of several, or several of one; nothing where that cannot be
    /// told by the functions' names.
    fn gives_rows_as_they_are(&self, select: &SelectStmt) -> Option<bool> {
        let mut answer = Some(true);
        let mut todo: Vec<&Node> = select.target_list.iter().collect();
        while let Some(node) = todo.pop() {
            let Some(inner) = &node.node else { continue };
            match inner {
                NodeEnum::SubLink(_) => continue,
                NodeEnum::ResTarget(target) => todo.extend(target.val.as_deref()),
                NodeEnum::JsonObjectAgg(_) | NodeEnum::JsonArrayAgg(_) => return Some(false),
                NodeEnum::FuncCall(call) => {
                    let names = strings(&call.funcname);
                    let name = names.last()?;
                    let own = self.catalog.routines(None, name);
                    let known = builtin::facts().functions.named_in_any(name);
                    let is_other = |routine: &&builtin::BuiltinFunction| {
                        matches!(routine.kind, 'a' | 'w') || routine.returns_set
                    };
                    let others = known.iter().filter(is_other).count();
                    if call.over.is_some() || own.is_empty() && others > 0 && others == known.len() {
                        return Some(false);
                    }
                    if !own.is_empty() || others > 0 {
                        answer = None;
                    }
                }
                _ => {}
            }
            children(inner, &mut |child| todo.push(child));
        }
        answer
    }
}

/// Several rows, or several clauses, set a column several times.
fn each_once(sets: &mut Vec<Set>) {
    let mut once: Vec<Set> = Vec::with_capacity(sets.len());
    for set in sets.drain(..) {
        let same = |other: &&mut Set| other.column == set.column && other.is_update == set.is_update;
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
            sets.push(Set { column, location: -1, is_default: true, is_update: false, overrides: false });
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
    let fires_instead = |definition: &str| {
        let timing = definition.split(" ON ").next().unwrap_or_default();
        timing.contains(" INSTEAD OF ") && timing.contains(word)
    };
    view.rules.iter().any(|rule| rule.event == event && is_instead(rule))
        || view.triggers.iter().any(|trigger| fires_instead(&trigger.definition))
}
