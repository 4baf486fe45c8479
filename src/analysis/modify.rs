//! INSERT, UPDATE, DELETE and MERGE (analyze.c), and the columns that they set (parse_target.c).

use std::sync::Arc;

use super::cte::Outputs;
use super::expr::is_star;
use super::oper::list_items;
use super::place::Place;
use super::plpgsql::Conflict;
use super::relation::{Opened, item, unknown_item};
use super::scope::{RangeItem, Scope, system_column};
use super::statement::Analyzer;
use super::typed::{Form, Typed};
use super::view_update::{Change, Set};
use super::{Diagnostic, Purpose, Reference, Slot, Symbol, closest};
use crate::catalog::model::{Column, Event, Identity, Name, Relation, RelationKind};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;
use crate::syntax::ast::{
    CmdType, DeleteStmt, InsertStmt, MergeMatchKind, MergeStmt, Node, NodeEnum, OverridingKind, RangeVar,
    ReturningClause, ReturningOptionKind, SelectStmt, SetOperation, SubLinkType, UpdateStmt,
};
use crate::text::Span;

/// A column that a statement sets.
#[derive(Clone, Debug)]
struct Target {
    name: Name,
    ty: TypeRef,
    location: i32,
    column: Option<(Arc<Relation>, Arc<Column>)>,
    /// The part of it that is set, where it is not the whole: an element, a field.
    part: Vec<Node>,
}

impl Analyzer<'_> {
    pub(super) fn insert(&mut self, insert: &InsertStmt) -> Outputs {
        let ctes = self.ctes.len();
        let before = (self.sets.len(), self.out.diagnostics.len());
        self.with_clause(insert.with_clause.as_ref());
        let target = self.target(insert.relation.as_ref());
        let columns = self.target_columns(&insert.cols, &target);
        let overrides = insert.r#override() == OverridingKind::OverridingSystemValue
            || insert.r#override() == OverridingKind::OverridingUserValue;
        if let (Some(range), Some(columns)) = (&insert.relation, &columns) {
            let names_all = insert.cols.is_empty() && insert.select_stmt.is_some();
            let is_given =
                |name: &str| names_all || !insert.cols.is_empty() && columns.iter().any(|c| *c.name == *name);
            self.leaves_out(&target, is_given, range.location);
        }
        if let Some(query) = &insert.select_stmt {
            match &query.node {
                Some(NodeEnum::SelectStmt(select)) if is_rows_alone(select) => {
                    self.insert_rows(select, columns.as_deref(), overrides);
                }
                _ => {
                    self.keeps_literals = true;
                    let outputs = self.query_keeping_literals(query);
                    self.keeps_literals = false;
                    if let (Some(columns), false) = (&columns, outputs.unknown) {
                        self.insert_row(&outputs.exprs, columns, insert.cols.is_empty(), overrides);
                    }
                }
            }
        }
        if let Some(conflict) = &insert.on_conflict_clause {
            let scope = self.query_scope(vec![Arc::new(target.clone())]);
            self.scopes.push(scope);
            if let Some(infer) = &conflict.infer {
                for node in &infer.index_elems {
                    let Some(NodeEnum::IndexElem(element)) = &node.node else { continue };
                    if element.name.is_empty() {
                        self.expr_option(&element.expr);
                    } else {
                        self.named_column(&element.name, infer.location, &target);
                    }
                    self.infers_by(element, &target, infer.location);
                }
                // That it is a condition is not asked for.
                let before = self.enter_place(Place::plain("index predicates"));
                self.expr_option(&infer.where_clause);
                self.leave_place(before);
            }
            self.check_arbiter(conflict, &target);
            self.clause += 1;
            let excluded = RangeItem {
                alias: "excluded".into(),
                schema: None,
                qualified_only: false,
                has_no_system_columns: true,
                ..target.clone()
            };
            self.scope_mut().items.push(Arc::new(excluded));
            self.set_list(&conflict.target_list, &target);
            self.condition(&conflict.where_clause, "WHERE");
            self.scopes.pop();
        }
        let outputs = self.returning(insert.returning_clause.as_ref(), vec![Arc::new(target.clone())]);
        self.ends_change(
            before,
            &target,
            Change::Of(Event::Insert),
            location(insert.relation.as_ref()),
            insert.returning_clause.is_some(),
        );
        self.ctes.truncate(ctes);
        outputs
    }

    /// A query whose literals become what is set with them.
    fn query_keeping_literals(&mut self, query: &Node) -> Outputs {
        match &query.node {
            Some(NodeEnum::SelectStmt(select)) => self.select(select),
            _ => Outputs { unknown: true, ..Outputs::default() },
        }
    }

    /// What a column is set to: an expression, or DEFAULT, which stands nowhere else.
    fn value_to_set(&mut self, value: &Node) -> Typed {
        match &value.node {
            Some(NodeEnum::SetToDefault(default)) => {
                Typed { form: Form::Default, ..Typed::unknown(default.location) }
            }
            _ => self.expr(value),
        }
    }

    /// VALUES of an INSERT: each value for its column, whatever stands in the other rows.
    fn insert_rows(&mut self, select: &SelectStmt, columns: Option<&[Target]>, overrides: bool) {
        let mut scope = self.query_scope(Vec::new());
        let is_single = select.values_lists.len() == 1;
        scope.place = Place { words: "VALUES", aggregates: false, windows: false, sets: is_single };
        self.scopes.push(scope);
        let mut width = None;
        for row in &select.values_lists {
            let values: Vec<Typed> = list_items(row).iter().map(|value| self.value_to_set(value)).collect();
            if list_items(row).iter().any(is_star) {
                continue;
            }
            if *width.get_or_insert(values.len()) != values.len() {
                let at = values.first().map_or(-1, |value| value.location);
                self.report_at(at, "42601", "VALUES lists must all be the same length");
                break;
            }
            if let Some(columns) = columns {
                let reported = self.out.diagnostics.len();
                self.insert_row(&values, columns, false, overrides);
                if self.out.diagnostics.len() > reported && values.len() > columns.len() {
                    break;
                }
            }
        }
        self.scopes.pop();
    }

    /// `transformInsertRow`
    fn insert_row(&mut self, values: &[Typed], columns: &[Target], is_implicit: bool, overrides: bool) {
        if values.len() > columns.len() {
            let at = values[columns.len()].location;
            let message = "INSERT has more expressions than target columns";
            match at {
                ..0 => self.report_whole(Diagnostic::new(Span::at(0), "42601", message)),
                _ => self.report_at(at, "42601", message),
            }
            return;
        }
        // A client may put all values, or all rows, in the place of one placeholder.
        let may_be_several = values.iter().any(Typed::is_parameter)
            && self.parse.parameters.iter().any(|parameter| !parameter.text.starts_with('$'));
        if values.len() < columns.len() && columns[0].location >= 0 && !is_implicit && !may_be_several {
            let at = columns[values.len()].location;
            self.report_at(at, "42601", "INSERT has more target columns than expressions");
            return;
        }
        for (value, target) in values.iter().zip(columns) {
            self.set(value, target);
            self.check_generated(value, target, overrides);
            if let (Some((relation, column)), true) = (&target.column, target.part.is_empty()) {
                self.breaks(value, relation, column, "INSERT");
            }
        }
        // Where no columns are named, those behind the last value get none.
        let given = values.last().map_or(-1, |value| value.location);
        for target in columns[values.len()..].iter().filter(|target| target.location < 0) {
            if let Some((relation, column)) = &target.column {
                let left_out = Typed { form: Form::Default, ..Typed::unknown(given) };
                self.breaks(&left_out, relation, column, "INSERT");
            }
        }
    }

    fn set(&mut self, value: &Typed, target: &Target) {
        if target.part.is_empty() {
            self.assign(value, &target.name, &target.ty, target.location);
        } else if !matches!(value.form, Form::Default) {
            self.assign_part(value, &target.name, &target.ty, &target.part, target.location);
        }
    }

    /// What only the server sets (rewriteTargetListIU).
    fn check_generated(&mut self, value: &Typed, target: &Target, overrides: bool) {
        self.note_set(value, target, false, overrides);
        let Some((_, column)) = &target.column else { return };
        if matches!(value.form, Form::Default) {
            return;
        }
        let is_always = matches!(column.identity, Some(Identity::Always)) && !overrides;
        if !is_always && column.generated.is_none() {
            return;
        }
        let hint = is_always.then_some("Use OVERRIDING SYSTEM VALUE to override.");
        let is_old = self.types.major < 14;
        let message = match is_old {
            true => format!("cannot insert into column \"{}\"", target.name),
            false => format!("cannot insert a non-DEFAULT value into column \"{}\"", target.name),
        };
        let sqlstate = if is_old && column.generated.is_some() { "42601" } else { "428C9" };
        let at = if value.location >= 0 { value.location } else { target.location };
        self.report_hinting(at, sqlstate, message, hint);
    }

    pub(super) fn update(&mut self, update: &UpdateStmt) -> Outputs {
        let ctes = self.ctes.len();
        let before = (self.sets.len(), self.out.diagnostics.len());
        self.with_clause(update.with_clause.as_ref());
        let target = self.target(update.relation.as_ref());
        let scope = self.query_scope(Vec::new());
        self.scopes.push(scope);
        self.range_table_beside(&update.from_clause, &target);
        self.scope_mut().items.insert(0, Arc::new(target.clone()));
        // In PostgreSQL's order: of several errors it gives the first.
        self.condition(&update.where_clause, "WHERE");
        self.set_list(&update.target_list, &target);
        let items = self.scopes.pop().unwrap_or_default().items;
        let outputs = self.returning(update.returning_clause.as_ref(), items);
        self.ends_change(
            before,
            &target,
            Change::Of(Event::Update),
            location(update.relation.as_ref()),
            update.returning_clause.is_some(),
        );
        self.ctes.truncate(ctes);
        outputs
    }

    pub(super) fn delete(&mut self, delete: &DeleteStmt) -> Outputs {
        let ctes = self.ctes.len();
        let before = (self.sets.len(), self.out.diagnostics.len());
        self.with_clause(delete.with_clause.as_ref());
        let target = self.target(delete.relation.as_ref());
        let scope = self.query_scope(Vec::new());
        self.scopes.push(scope);
        self.range_table_beside(&delete.using_clause, &target);
        self.scope_mut().items.insert(0, Arc::new(target.clone()));
        self.condition(&delete.where_clause, "WHERE");
        let items = self.scopes.pop().unwrap_or_default().items;
        let outputs = self.returning(delete.returning_clause.as_ref(), items);
        self.ends_change(
            before,
            &target,
            Change::Of(Event::Delete),
            location(delete.relation.as_ref()),
            delete.returning_clause.is_some(),
        );
        self.ctes.truncate(ctes);
        outputs
    }

    pub(super) fn merge(&mut self, merge: &MergeStmt) -> Outputs {
        let ctes = self.ctes.len();
        let before = (self.sets.len(), self.out.diagnostics.len());
        if let Some(with) = merge.with_clause.as_ref().filter(|with| with.recursive) {
            self.report_at(with.location, "42601", "WITH RECURSIVE is not supported for MERGE statement");
        }
        self.with_clause(merge.with_clause.as_ref());
        let target = self.target(merge.relation.as_ref());
        let scope = self.query_scope(Vec::new());
        self.scopes.push(scope);
        if let Some(source) = &merge.source_relation {
            self.range_table_of_merge(source, &target);
        }
        self.scope_mut().items.insert(0, Arc::new(target.clone()));
        let both = self.scope().items.clone();
        if let Some(condition) = &merge.join_condition {
            // That it is a condition is not asked for (transformMergeStmt).
            let before = self.enter_place(Place::plain("JOIN conditions"));
            self.expr(condition);
            self.leave_place(before);
        }
        // By kind of match, whether a clause came that takes every row.
        let mut is_taken = [false; 3];
        let mut events = Vec::new();
        for node in &merge.merge_when_clauses {
            let Some(NodeEnum::MergeWhenClause(clause)) = &node.node else { continue };
            let kind = match clause.match_kind() {
                MergeMatchKind::MergeWhenNotMatchedBySource => 1,
                MergeMatchKind::MergeWhenNotMatchedByTarget => 2,
                _ => 0,
            };
            if is_taken[kind] {
                let message = "unreachable WHEN clause specified after unconditional WHEN clause";
                self.report_whole(Diagnostic::new(Span::at(0), "42601", message));
                break;
            }
            is_taken[kind] = clause.condition.is_none();
            self.clause += 1;
            // What has no match has a row of one side only.
            let (seen, unseen) = match kind {
                0 => (both.clone(), Vec::new()),
                1 => (both[..1].to_vec(), both[1..].to_vec()),
                _ => (both[1..].to_vec(), both[..1].to_vec()),
            };
            self.scope_mut().items = seen;
            self.out_of_reach.push(Scope { items: unseen, ..Scope::default() });
            self.condition_in(&clause.condition, "MERGE WHEN conditions", "WHEN");
            let command = clause.command_type();
            events.extend(match command {
                CmdType::CmdInsert => Some(Event::Insert),
                CmdType::CmdUpdate => Some(Event::Update),
                CmdType::CmdDelete => Some(Event::Delete),
                _ => None,
            });
            let is_insert = command == CmdType::CmdInsert;
            if is_insert {
                let columns = self.target_columns(&clause.target_list, &target);
                let before = self.enter_place(Place::plain("VALUES"));
                let values: Vec<Typed> = clause.values.iter().map(|value| self.value_to_set(value)).collect();
                self.leave_place(before);
                if let (Some(columns), false) = (columns, values.is_empty()) {
                    let overrides = clause.r#override() != OverridingKind::OverridingNotSet;
                    self.insert_row(&values, &columns, clause.target_list.is_empty(), overrides);
                }
            } else {
                self.set_list(&clause.target_list, &target);
            }
            self.out_of_reach.pop();
        }
        self.scope_mut().items = both;
        let items = self.scopes.pop().unwrap_or_default().items;
        self.merges += 1;
        let outputs = self.returning(merge.returning_clause.as_ref(), items);
        self.merges -= 1;
        let change = Change::Merge(events);
        self.ends_change(before, &target, change, location(merge.relation.as_ref()), false);
        self.sets.truncate(before.0);
        self.ctes.truncate(ctes);
        outputs
    }

    fn returning(&mut self, clause: Option<&ReturningClause>, mut items: Vec<Arc<RangeItem>>) -> Outputs {
        let Some(clause) = clause else { return Outputs::default() };
        // OLD and NEW of PostgreSQL 18 go by other names where RETURNING WITH says so.
        if let Some(target) = items.first().cloned().filter(|_| self.types.major >= 18) {
            let mut names = vec!["old".to_owned(), "new".to_owned()];
            for node in &clause.options {
                if let Some(NodeEnum::ReturningOption(option)) = &node.node {
                    let is_old = option.option() == ReturningOptionKind::ReturningOptionOld;
                    let at = usize::from(!is_old);
                    let own = if is_old { "old" } else { "new" };
                    if names[at] != own {
                        let message = format!("{} cannot be specified multiple times", own.to_uppercase());
                        self.report_at(option.location, "42601", message);
                    }
                    names[at] = option.value.clone();
                }
            }
            for (n, name) in names.iter().enumerate() {
                let given = clause.options.iter().rev().find_map(|node| match &node.node {
                    Some(NodeEnum::ReturningOption(option)) if option.value == *name => Some(option.location),
                    _ => None,
                });
                let is_taken = names[..n].contains(name) || items.iter().any(|item| *item.alias == **name);
                if let Some(at) = given.filter(|_| is_taken) {
                    let message = format!("table name \"{name}\" specified more than once");
                    self.report_at(at, "42712", message);
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
        let scope = self.query_scope(items);
        self.scopes.push(Scope { place: Place::RETURNING, ..scope });
        let mut outputs = self.target_list(&clause.exprs);
        self.resolve(&mut outputs);
        self.scopes.pop();
        outputs
    }

    /// The relation that a statement changes, as an entry of its namespace.
    fn target(&mut self, range: Option<&RangeVar>) -> RangeItem {
        let Some(range) = range else { return unknown_item("") };
        let alias = range.alias.as_ref().map(|alias| alias.aliasname.as_str());
        let opened = self.open(range, Purpose::Write);
        if matches!(opened, Opened::Unknown) && !self.catalog.unknown_names {
            self.is_no_index(range);
        }
        match opened {
            Opened::Relation(relation) => {
                let word = match relation.kind {
                    RelationKind::Sequence => Some("sequence"),
                    RelationKind::MaterializedView => Some("materialized view"),
                    _ => None,
                };
                if let Some(word) = word {
                    let message = format!("cannot change {word} \"{}\"", relation.name);
                    self.report_at(range.location, "42809", message);
                }
                item(self.types, &relation, alias)
            }
            Opened::Unknown | Opened::Missing => unknown_item(alias.unwrap_or(&range.relname)),
        }
    }

    /// INSERT's column list, or all columns where there is none; `None` where they are not known.
    fn target_columns(&mut self, columns: &[Node], target: &RangeItem) -> Option<Vec<Target>> {
        if columns.is_empty() {
            if target.unknown_columns || target.relation.is_none() {
                return None;
            }
            let all = target.columns.iter().map(|column| Target {
                name: column.name.clone(),
                ty: column.ty.clone(),
                location: -1,
                column: column.source.clone(),
                part: Vec::new(),
            });
            return Some(all.collect());
        }
        let mut targets: Vec<Target> = Vec::new();
        for node in columns {
            let Some(NodeEnum::ResTarget(column)) = &node.node else { continue };
            let found = self.target_column(&column.name, column.location, target);
            self.exprs(&column.indirection);
            let part = column.indirection.clone();
            // Parts of a column may be given one by one.
            let is_again =
                |other: &Target| *other.name == *column.name && (part.is_empty() || other.part.is_empty());
            if targets.iter().any(is_again) {
                let message = format!("column \"{}\" specified more than once", column.name);
                self.report_at(column.location, "42701", message);
            }
            targets.push(Target { part, ..found });
        }
        Some(targets)
    }

    /// SET's assignments.
    fn set_list(&mut self, targets: &[Node], target: &RangeItem) {
        let before = self.enter_place(Place::plain("UPDATE"));
        let mut seen: Vec<(Name, bool)> = Vec::new();
        // What the columns of `(a, b) = (…)` are set to, once for all of them.
        let mut sources: Vec<Typed> = Vec::new();
        for node in targets {
            let Some(NodeEnum::ResTarget(column)) = &node.node else { continue };
            let found = self.target_column(&column.name, column.location, target);
            self.exprs(&column.indirection);
            let found = Target { part: column.indirection.clone(), ..found };
            // Parts of a column may be set one by one.
            let is_part = !found.part.is_empty();
            if seen.iter().any(|(name, was_part)| *name == found.name && !(is_part && *was_part)) {
                let message = format!("multiple assignments to same column \"{}\"", found.name);
                self.report_at(found.location, "42601", message);
            }
            seen.push((found.name.clone(), is_part));
            let value = match column.val.as_ref().and_then(|value| value.node.as_ref()) {
                Some(NodeEnum::MultiAssignRef(multi)) => {
                    if multi.colno == 1 {
                        sources = self.sources(multi.source.as_deref(), multi.ncolumns as usize);
                    }
                    sources.get(multi.colno as usize - 1).cloned()
                }
                _ => column.val.as_deref().map(|node| {
                    let value = self.value_to_set(node);
                    self.whole_row_of(Some(node), value)
                }),
            };
            if let Some(value) = value {
                self.set(&value, &found);
                self.check_updated(&value, &found);
                if let (Some((relation, column)), true) = (&found.column, found.part.is_empty()) {
                    self.breaks(&value, relation, column, "UPDATE");
                }
            }
        }
        self.leave_place(before);
    }

    /// `t.*` is the row as a whole where no list stands.
    fn whole_row_of(&self, node: Option<&Node>, value: Typed) -> Typed {
        let Some(NodeEnum::ColumnRef(column)) = node.and_then(|node| node.node.as_ref()) else {
            return value;
        };
        match super::statement::strings(&column.fields).as_slice() {
            [name] if column.fields.len() == 2 && value.ty == TypeRef::Unknown => {
                let item = self.scopes.iter().rev().find_map(|scope| scope.find_item(None, name));
                let ty = item.map_or(TypeRef::Unknown, |item| super::column_ref::whole_row_type(item));
                Typed { ty, ..value }
            }
            _ => value,
        }
    }

    /// Notes a column of a view, which may stand for one that is not to be set.
    fn note_set(&mut self, value: &Typed, target: &Target, is_update: bool, overrides: bool) {
        let Some((relation, column)) = &target.column else { return };
        if relation.kind == RelationKind::View {
            let location = target.location;
            let is_default = matches!(value.form, Form::Default);
            let (column, is_part) = (column.name.clone(), !target.part.is_empty());
            let clause = self.clause;
            self.sets.push(Set { column, location, is_default, is_update, is_part, clause, overrides });
        }
    }

    /// What the statement that ends here does to its target, where that is a view and nothing else was wrong.
    fn ends_change(
        &mut self,
        (noted, reported): (usize, usize),
        target: &RangeItem,
        change: Change,
        at: i32,
        has_returning: bool,
    ) {
        let sets = self.sets.split_off(noted);
        // A rule's action is not looked through when it is made.
        if self.out.diagnostics.len() > reported || !self.scopes.is_empty() {
            return;
        }
        let Some(relation) = target.relation.clone().filter(|_| !target.unknown_columns) else { return };
        if self.refused_by_rules(&relation, &change, has_returning, at) {
            return;
        }
        if let Change::Of(event) = change {
            self.ends_rewriting(&relation, event, at);
        }
        // Before 17 MERGE does not go into views.
        let goes_through = self.types.major >= 17 || !matches!(change, Change::Merge(_));
        if relation.kind == RelationKind::View && goes_through {
            self.changes_view(&relation, change, sets, at);
        }
    }

    fn check_updated(&mut self, value: &Typed, target: &Target) {
        self.note_set(value, target, true, false);
        let Some((_, column)) = &target.column else { return };
        let is_always = matches!(column.identity, Some(Identity::Always)) || column.generated.is_some();
        if is_always && !matches!(value.form, Form::Default) {
            let message = format!("column \"{}\" can only be updated to DEFAULT", target.name);
            let is_old = self.types.major < 14 && column.generated.is_some();
            self.report_at(target.location, if is_old { "42601" } else { "428C9" }, message);
        }
    }

    /// The values of `(a, b) = …`.
    fn sources(&mut self, source: Option<&Node>, count: usize) -> Vec<Typed> {
        let Some(source) = source else { return Vec::new() };
        let mismatch = "number of columns does not match number of values";
        match &source.node {
            Some(NodeEnum::RowExpr(row)) => {
                if row.args.iter().any(is_star) {
                    self.exprs(&row.args);
                    return Vec::new();
                }
                let values: Vec<Typed> = row.args.iter().map(|value| self.value_to_set(value)).collect();
                if values.len() != count {
                    self.report_at(row.location, "42601", mismatch);
                    return Vec::new();
                }
                values
            }
            Some(NodeEnum::SubLink(link)) if link.sub_link_type() == SubLinkType::ExprSublink => {
                let outputs = link.subselect.as_deref().map(|query| self.query(query)).unwrap_or_default();
                if outputs.unknown {
                    return Vec::new();
                }
                if outputs.columns.len() != count {
                    self.report_at(link.location, "42601", mismatch);
                    return Vec::new();
                }
                outputs.columns.iter().map(|column| Typed::new(column.ty.clone(), link.location)).collect()
            }
            _ => {
                let value = self.value_to_set(source);
                let message =
                    "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression";
                self.report_at(value.location, "0A000", message);
                Vec::new()
            }
        }
    }

    /// A column of the target by its bare name.
    fn target_column(&mut self, name: &str, location: i32, target: &RangeItem) -> Target {
        let mut found =
            Target { name: name.into(), ty: TypeRef::Unknown, location, column: None, part: Vec::new() };
        if self.is_marker(name) {
            let scope = Scope::of(vec![Arc::new(target.clone())]);
            self.mark_in(Slot::TargetColumn { relation: target.relation.clone() }, scope);
            return found;
        }
        let Some(span) = self.tokens.part(location, 0) else { return found };
        if let Some(column) = target.column(name) {
            found.ty = column.ty.clone();
            if let Some((relation, column)) = column.source.clone() {
                found.column = Some((relation.clone(), column.clone()));
                self.out.references.push(Reference { span, symbol: Symbol::Column { relation, column } });
            }
        } else if let (false, Some(relation)) = (target.unknown_columns, &target.relation) {
            if system_column(name).is_some() {
                let message = format!("cannot assign to system column \"{name}\"");
                self.report_at(location, "0A000", message);
                return found;
            }
            let names = target.columns.iter().map(|column| &*column.name);
            let suggestions = closest(name, names).into_iter().map(|name| quote::identifier(&name));
            let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
            self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
        }
        found
    }

    /// A column that ON CONFLICT names; the tree does not say where.
    fn named_column(&mut self, name: &str, from: i32, target: &RangeItem) {
        if self.is_marker(name) {
            self.mark(Slot::TargetColumn { relation: target.relation.clone() });
            return;
        }
        let Some(span) = self.tokens.find_name(self.sql, from.max(0) as usize, name) else { return };
        if let Some(column) = target.column(name) {
            // It is an expression like any other, in which a variable of PL/pgSQL may have the name, too.
            if let Some(variables) = self.variables
                && variables.conflict == Conflict::Error
                && variables.find(self.types, &[name.into()]).is_some()
            {
                let message = format!("column reference \"{name}\" is ambiguous");
                let hint = "It could refer to either a PL/pgSQL variable or a table column.";
                self.report(Diagnostic::new(span, "42702", message).hinting(Some(hint.to_owned())));
                return;
            }
            if let Some((relation, column)) = column.source.clone() {
                self.out.references.push(Reference { span, symbol: Symbol::Column { relation, column } });
            }
        } else if !target.unknown_columns && system_column(name).is_none() {
            let names = target.columns.iter().map(|column| &*column.name);
            let suggestions = closest(name, names).into_iter().map(|name| quote::identifier(&name));
            let message = format!("column \"{name}\" does not exist");
            self.report(Diagnostic::new(span, "42703", message).suggesting(suggestions));
        }
    }
}

/// Whether a query is VALUES and nothing else.
fn is_rows_alone(select: &SelectStmt) -> bool {
    !select.values_lists.is_empty()
        && select.op() == SetOperation::SetopNone
        && select.sort_clause.is_empty()
        && select.limit_count.is_none()
        && select.limit_offset.is_none()
        && select.with_clause.is_none()
}

fn location(range: Option<&RangeVar>) -> i32 {
    range.map_or(-1, |range| range.location)
}
