//! What certainly runs when a query does, and what plainly fails then, whatever the rows: an error where it certainly
//! runs, a warning elsewhere.

use super::Diagnostic;
use super::row::RecordShape;
use super::statement::{Analyzer, strings};
use super::text_search;
use super::typed::{Form, Typed};
use crate::catalog::builtin;
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, same};
use crate::syntax::Parse;
use crate::syntax::ast::{
    AExprKind, FuncCall, JsonFuncExpr, Node, NodeEnum, RangeFunction, SelectStmt, SetOperation, a_const,
};
use crate::syntax::jsonpath::{self, Item};

/// Functions that run the SQL in one of their arguments, and which that is, counted from 0.
const RUN_SQL: [(&str, usize); 5] = [
    ("ts_rewrite", 1),
    ("ts_stat", 0),
    ("query_to_xml", 0),
    ("query_to_xmlschema", 0),
    ("query_to_xml_and_xmlschema", 0),
];

impl Analyzer<'_> {
    /// Notes the calls and operators of a whole statement that are come to once it runs: nothing keeps a row from being
    /// made. Those that are strict run only where no operand is NULL.
    pub(super) fn note_what_runs(&mut self, select: &SelectStmt) {
        self.note_what_is_planned(select);
        let is_plain = gives_each_row(select) && select.where_clause.is_none();
        let items = select.from_clause.iter().filter(|_| is_plain);
        let may_be_empty: Vec<&Node> = items.clone().filter(|item| !self.has_a_row(select, item)).collect();
        for item in items {
            // Each item has its part in a row if no other one is empty.
            if let Some(NodeEnum::RangeFunction(function)) = &item.node
                && may_be_empty.iter().all(|other| std::ptr::eq(*other, item))
            {
                calls(function).for_each(|call| self.note_what_runs_in(Some(call), true));
            }
        }
        let has_a_row = is_plain && may_be_empty.is_empty();
        for node in &select.target_list {
            if let Some(NodeEnum::ResTarget(target)) = &node.node {
                self.note_what_runs_in(target.val.as_deref(), has_a_row);
            }
        }
    }

    /// Whether an entry of a query's FROM certainly has a row.
    fn has_a_row(&self, select: &SelectStmt, item: &Node) -> bool {
        let query = match &item.node {
            Some(NodeEnum::RangeFunction(function)) => {
                return calls(function).any(|call| self.gives_one(call));
            }
            Some(NodeEnum::RangeSubselect(sub)) => sub.subquery.as_deref(),
            Some(NodeEnum::RangeVar(table)) if table.schemaname.is_empty() => {
                let with = select.with_clause.iter().flat_map(|with| &with.ctes);
                let mut ctes = with.filter_map(|cte| match &cte.node {
                    Some(NodeEnum::CommonTableExpr(cte)) => Some(cte),
                    _ => None,
                });
                ctes.find(|cte| cte.ctename == table.relname).and_then(|cte| cte.ctequery.as_deref())
            }
            _ => None,
        };
        matches!(query.and_then(|query| query.node.as_ref()), Some(NodeEnum::SelectStmt(query))
            if gives_each_row(query) && query.where_clause.is_none() && query.from_clause.is_empty()
                // A function that gives sets may give none.
                && self.gives_rows_as_they_are(query) == Some(true))
    }

    /// Notes the calls that the planner comes to, whether there will be rows or not.
    pub(super) fn note_what_is_planned(&mut self, select: &SelectStmt) {
        for arm in select.larg.iter().chain(&select.rarg) {
            self.note_what_is_planned(arm);
        }
        for item in &select.from_clause {
            if let Some(NodeEnum::RangeSubselect(sub)) = &item.node
                && let Some(NodeEnum::SelectStmt(inner)) =
                    sub.subquery.as_deref().and_then(|query| query.node.as_ref())
            {
                self.note_what_is_planned(inner);
            }
        }
        let targets = select.target_list.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::ResTarget(target)) => target.val.as_deref(),
            _ => None,
        });
        let mut todo: Vec<&Node> = targets.chain(select.where_clause.as_deref()).collect();
        while let Some(node) = todo.pop() {
            match &node.node {
                Some(NodeEnum::FuncCall(call)) => {
                    self.planned_calls.insert(call.location);
                    todo.extend(&call.args);
                }
                Some(NodeEnum::AExpr(e)) if e.kind() == AExprKind::AexprOp => {
                    todo.extend(e.lexpr.iter().chain(&e.rexpr).map(|operand| &**operand));
                }
                Some(NodeEnum::TypeCast(cast)) => todo.extend(cast.arg.as_deref()),
                _ => {}
            }
        }
    }

    /// Whether a call is of functions of PostgreSQL's own that return no sets.
    pub(super) fn gives_one(&self, call: &Node) -> bool {
        let call = match &call.node {
            Some(NodeEnum::FuncCall(call)) => call,
            Some(NodeEnum::CoalesceExpr(_)) => return true,
            _ => return false,
        };
        self.own_function(call).is_some_and(|name| {
            builtin::facts().functions.named_in_any(&name).iter().all(|function| !function.returns_set)
        })
    }

    /// Comparisons of rows all of whose values are written out run when the query is planned, whether it has rows or
    /// not. What stands beside a NULL in what is strict may never run.
    fn note_what_runs_in(&mut self, node: Option<&Node>, has_a_row: bool) {
        let mut todo: Vec<&Node> = node.into_iter().collect();
        while let Some(node) = todo.pop() {
            match &node.node {
                Some(NodeEnum::FuncCall(call)) => {
                    if has_a_row {
                        self.certain.insert(call.location);
                    }
                    if call.agg_filter.is_none() && self.own_function(call).is_some() {
                        todo.extend(beside_written(call.args.iter()));
                    }
                }
                Some(NodeEnum::AExpr(e)) if e.kind() == AExprKind::AexprOp => {
                    let operands = || e.lexpr.iter().chain(&e.rexpr).map(|operand| &**operand);
                    let is_written =
                        |row: &Node| row_values(row).is_some_and(|values| values.iter().all(Option::is_some));
                    if has_a_row || operands().all(is_written) {
                        self.certain.insert(e.location);
                    }
                    let names = strings(&e.name);
                    if names.last().is_some_and(|name| !self.types.has_own_operator(name)) {
                        todo.extend(beside_written(operands()));
                    }
                }
                // Of the first argument only: those behind it may not be looked at.
                Some(NodeEnum::CoalesceExpr(e)) if has_a_row => {
                    self.certain.insert(e.location);
                    todo.extend(e.args.first());
                }
                Some(NodeEnum::JsonFuncExpr(e)) if has_a_row => {
                    self.certain.insert(e.location);
                }
                Some(NodeEnum::TypeCast(cast)) => todo.extend(cast.arg.as_deref()),
                Some(NodeEnum::RowExpr(row)) => todo.extend(&row.args),
                _ => {}
            }
        }
    }

    /// What fails when it runs; `of` is where what runs stands, and nothing runs where an operand is NULL.
    pub(super) fn fails<'n>(
        &mut self,
        (of, mut operands): (i32, impl Iterator<Item = &'n Node>),
        at: i32,
        sqlstate: &'static str,
        message: String,
    ) {
        if self.certain.contains(&of) && operands.all(|operand| self.is_never_null(operand)) {
            self.report_at(at, sqlstate, message);
        } else {
            self.warn_at(at, sqlstate, message);
        }
    }

    /// The variable with which a path begins must be passed.
    pub(super) fn has_path_variable<'n>(
        &mut self,
        e: &JsonFuncExpr,
        path: &Typed,
        mut passed: impl Iterator<Item = &'n str>,
    ) {
        let Form::Literal(Some(text)) = &path.form else { return };
        let Ok(parsed) = jsonpath::parse(text, self.types.major) else { return };
        let Some(Item::Variable(name)) = parsed.chain.first() else { return };
        if !passed.any(|other| other == *name) {
            let message = format!("could not find jsonpath variable \"{name}\"");
            let value = e.context_item.as_ref().and_then(|item| item.raw_expr.as_deref());
            self.fails((e.location, value.into_iter()), path.location, "42704", message);
        }
    }

    /// What keeps an index in order takes one of its method.
    pub(super) fn keeps_index(&mut self, name: &str, call: &FuncCall) {
        let (method, word) = match name {
            "brin_summarize_new_values" | "brin_summarize_range" | "brin_desummarize_range" => {
                ("brin", "BRIN")
            }
            "gin_clean_pending_list" => ("gin", "GIN"),
            _ => return,
        };
        let Some((text, at)) = call.args.first().and_then(literal) else { return };
        let parts: Vec<&str> = text.split('.').collect();
        let (schema, name) = match parts[..] {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            _ => return,
        };
        let message = match (self.catalog.index(schema, name), self.catalog.relation(schema, name)) {
            (Some((_, index)), None) if *index.method != *method => {
                format!("\"{name}\" is not a {word} index")
            }
            (None, Some(_)) => format!("\"{name}\" is not an index"),
            _ => return,
        };
        self.fails((call.location, call.args.iter()), at, "42809", message);
    }

    /// A query of `to_tsquery`, which is no text as people write it.
    pub(super) fn reads_query(&mut self, name: &str, call: &FuncCall) {
        if name != "to_tsquery" {
            return;
        }
        let Some((text, at)) = call.args.last().and_then(literal) else { return };
        if let Err(wrong) = text_search::query(text) {
            // With a configuration it is immutable, and worked out when the query is planned.
            if let [configuration, _] = call.args.as_slice()
                && literal(configuration).is_some()
                && self.planned_calls.contains(&call.location)
            {
                self.certain.insert(call.location);
            }
            self.fails((call.location, call.args.iter()), at, wrong.sqlstate, wrong.message);
        }
    }

    /// The brackets that a range's function is told.
    pub(super) fn bounds_a_range(&mut self, name: &str, call: &FuncCall) {
        let [_, _, flags] = &call.args[..] else { return };
        let Some((text, at)) = literal(flags) else { return };
        let is_range = builtin::facts().ty(name).is_some_and(|ty| ty.kind == 'r');
        if is_range && !["[]", "[)", "(]", "()"].contains(&text) {
            let runs = (call.location, call.args.iter());
            self.fails(runs, at, "42601", "invalid range bound flags".to_owned());
        }
    }

    /// SQL in an argument of a function that runs it.
    pub(super) fn runs_sql(&mut self, name: &str, call: &FuncCall) {
        let Some((_, n)) = RUN_SQL.iter().find(|(known, _)| *known == name) else { return };
        // The function of three queries is another one.
        if name == "ts_rewrite" && call.args.len() != 2 {
            return;
        }
        let Some((text, at)) = call.args.get(*n).and_then(literal) else { return };
        let parse = Parse::plain(text);
        let found = match parse.errors.first() {
            Some(error) => Some(Diagnostic::from(error)),
            None => Analyzer::new(&parse, self.catalog).run().diagnostics.into_iter().next(),
        };
        if let Some(found) = found {
            self.fails((call.location, call.args.iter()), at, found.sqlstate, found.message);
        }
    }

    /// Arrays and rows of what cannot be hashed.
    pub(super) fn hashes(&mut self, name: &str, call: &FuncCall, values: &[Typed]) {
        let kind = match name {
            "hash_array" | "hash_record" => "a hash function",
            "hash_array_extended" | "hash_record_extended" => "an extended hash function",
            _ => return,
        };
        let Some(value) = values.first() else { return };
        let parts = match self.types.element(&value.ty) {
            Some(element) => vec![element],
            None => match self.row_columns(value) {
                Some(columns) => columns.into_iter().map(|(_, ty)| ty).collect(),
                None => return,
            },
        };
        let lacks = |ty: &&TypeRef| self.types.has_default_class(ty, "hash") == Answer::No;
        let Some(part) = parts.iter().find(lacks) else { return };
        let message = format!("could not identify {kind} for type {}", self.types.print(part));
        self.fails((call.location, call.args.iter()), call.location, "42883", message);
    }

    /// Rows of which two columns cannot be compared (rowtypes.c: record_eq, record_cmp, record_image_cmp).
    pub(super) fn compares_rows(&mut self, name: &str, operands: [(&Node, &Typed); 2], location: i32) {
        let (is_image, plain) = match name.strip_prefix('*') {
            Some(plain) => (true, plain),
            None => (false, name),
        };
        let is_equality = matches!(plain, "=" | "<>");
        if !is_equality && !matches!(plain, "<" | ">" | "<=" | ">=") {
            return;
        }
        let [(one, left), (two, right)] = operands;
        if !self.types.is_complex(&left.ty) || !self.types.is_complex(&right.ty) || self.types.is_unsure {
            return;
        }
        let (Some(left), Some(right)) = (self.row_columns(left), self.row_columns(right)) else { return };
        let values = (row_values(one), row_values(two));
        for (n, ((_, left), (_, right))) in left.iter().zip(&right).enumerate() {
            if *left == TypeRef::Unknown || *right == TypeRef::Unknown {
                return;
            }
            let what = if !same(left, right) {
                let (left, right) = (self.types.print(left), self.types.print(right));
                let n = n + 1;
                let message =
                    format!("cannot compare dissimilar column types {left} and {right} at record column {n}");
                Some(("42804", message))
            } else if is_image {
                None
            } else {
                let method = if is_equality { "hash" } else { "btree" };
                let has = |method: &str| self.types.has_default_class(left, method);
                let lacks = has("btree") == Answer::No && (!is_equality || has(method) == Answer::No);
                let what = if is_equality { "an equality operator" } else { "a comparison function" };
                let message = format!("could not identify {what} for type {}", self.types.print(left));
                lacks.then_some(("42883", message))
            };
            if let Some((sqlstate, message)) = what {
                self.fails((location, [one, two].into_iter()), location, sqlstate, message);
                return;
            }
            // The next columns are looked at only where these are alike.
            let is_alike = match &values {
                (Some(one), Some(two)) => one.get(n).is_some_and(|one| two.get(n) == Some(one)),
                _ => false,
            };
            if !is_alike {
                return;
            }
        }
        if left.len() != right.len() {
            let message = "cannot compare record types with different numbers of columns";
            self.fails((location, [one, two].into_iter()), location, "42804", message.into());
        }
    }

    /// The types of a column definition list.
    pub(super) fn defined_types(&mut self, definitions: &[Node]) -> Vec<TypeRef> {
        let columns = definitions.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::ColumnDef(column)) => Some(column),
            _ => None,
        });
        columns.map(|column| self.quietly(|this| this.column_type(column.type_name.as_ref()))).collect()
    }

    /// A row of known columns, which a function of FROM gives back with those that its list does not have
    /// (execSRF.c: tupledesc_match).
    pub(super) fn gives_row(&mut self, call: &Node, definitions: &[Node], value: &Typed) {
        let (args, of) = match &call.node {
            Some(NodeEnum::FuncCall(call)) => {
                let names = strings(&call.funcname);
                let gives_it_back = names.last().is_some_and(|name| {
                    let end = name.strip_prefix("json").map(|rest| rest.strip_prefix('b').unwrap_or(rest));
                    matches!(end, Some("_populate_record" | "_populate_recordset"))
                });
                if !gives_it_back {
                    return;
                }
                (&call.args, call.location)
            }
            Some(NodeEnum::CoalesceExpr(coalesce)) => (&coalesce.args, coalesce.location),
            _ => return,
        };
        let Some(row) = args.first().map(|row| self.quietly(|this| this.expr(row))) else { return };
        if matches!(&row.form, Form::Row(fields) if fields.iter().any(Typed::is_parameter)) {
            return;
        }
        let (RecordShape::Columns(fields) | RecordShape::AtRunTime(fields)) = self.record_shape(&row) else {
            return;
        };
        let wanted = self.defined_types(definitions);
        let types = self.types;
        let is_other = |field: &TypeRef, wanted: &TypeRef| {
            let becomes = |from: &TypeRef, to: &TypeRef| types.is_binary_coercible(from, to) != Answer::No;
            let is_known = |ty: &TypeRef| *ty != TypeRef::Unknown && types.class(ty) != Class::Domain;
            is_known(field) && is_known(wanted) && !becomes(field, wanted) && !becomes(wanted, field)
        };
        let differs = fields.len() != wanted.len()
            || fields.iter().zip(&wanted).any(|((_, field), wanted)| is_other(field, wanted));
        if differs {
            let message = "function return row and query-specified return row do not match";
            self.fails((of, args.iter().skip(1)), value.location, "42804", message.into());
        }
    }
}

/// Whether a query has an output row for each row that its FROM and WHERE leave, as far as its clauses tell.
pub(super) fn gives_each_row(select: &SelectStmt) -> bool {
    select.op() == SetOperation::SetopNone
        && select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.limit_count.is_none()
        && select.limit_offset.is_none()
}

/// A text that is written out.
pub(super) fn literal(node: &Node) -> Option<(&str, i32)> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match &constant.val {
            Some(a_const::Val::Sval(text)) => Some((&text.sval, constant.location)),
            _ => None,
        },
        NodeEnum::TypeCast(cast) => {
            let name = strings(&cast.type_name.as_ref()?.names);
            let is_text = matches!(name.last().map(|name| &**name), Some("text" | "varchar"));
            literal(cast.arg.as_deref()?).filter(|_| is_text)
        }
        _ => None,
    }
}

/// The operands beside which all others are written out, and not NULL.
fn beside_written<'n>(operands: impl Iterator<Item = &'n Node>) -> Vec<&'n Node> {
    let operands: Vec<&Node> = operands.collect();
    let others = operands.iter().filter(|operand| !is_written(operand)).count();
    match others {
        0 => operands,
        1 => operands.into_iter().filter(|operand| !is_written(operand)).collect(),
        _ => Vec::new(),
    }
}

fn is_written(node: &Node) -> bool {
    match &node.node {
        Some(NodeEnum::AConst(constant)) => !constant.isnull,
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_written),
        Some(NodeEnum::RowExpr(_)) => true,
        _ => false,
    }
}

/// The calls of an entry of FROM.
fn calls(function: &RangeFunction) -> impl Iterator<Item = &Node> {
    function.functions.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::List(list)) => list.items.first(),
        _ => None,
    })
}

/// The values of a row that is written out, a cast around it or not; nothing of those that are not.
fn row_values(node: &Node) -> Option<Vec<Option<Name>>> {
    match node.node.as_ref()? {
        NodeEnum::TypeCast(cast) => row_values(cast.arg.as_deref()?),
        NodeEnum::RowExpr(row) => Some(row.args.iter().map(written).collect()),
        _ => None,
    }
}

fn written(node: &Node) -> Option<Name> {
    let Some(NodeEnum::AConst(constant)) = &node.node else { return None };
    Some(match constant.val.as_ref()? {
        a_const::Val::Ival(value) => value.ival.to_string().into(),
        a_const::Val::Fval(value) => value.fval.as_str().into(),
        a_const::Val::Sval(value) => format!("'{}", value.sval).into(),
        a_const::Val::Boolval(value) => value.boolval.to_string().into(),
        a_const::Val::Bsval(value) => value.bsval.as_str().into(),
    })
}
