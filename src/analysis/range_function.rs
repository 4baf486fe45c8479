//! Functions in FROM (parse_clause.c: transformRangeFunction; parse_relation.c: addRangeTableEntryForFunction).

use super::from_clause::{alias_name, rename};
use super::place::Place;
use super::relation::{derived, item};
use super::scope::{RangeItem, ScopeColumn};
use super::statement::{Analyzer, strings};
use super::target::figure_name;
use super::typed::Typed;
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Call, Class, NoFunction};
use crate::syntax::ast::{FuncCall, Node, NodeEnum, RangeFunction};

impl Analyzer<'_> {
    pub(super) fn range_function(&mut self, function: &RangeFunction) -> RangeItem {
        let mut columns = Vec::new();
        let mut unknown = false;
        let alias = alias_name(function.alias.as_ref());
        let mut first_name = Name::default();
        let mut row = None;
        let count = function.functions.len();
        for node in &function.functions {
            let Some(NodeEnum::List(list)) = &node.node else { continue };
            let Some(call) = list.items.first() else { continue };
            if let Some(unnest) = of_several_arrays(call) {
                first_name = "unnest".into();
                for array in &unnest.args {
                    let array = self.expr(array);
                    self.can_be_unnested(&array, unnest.location);
                    let element = self.types.element(&self.types.base(&array.ty)).unwrap_or(TypeRef::Unknown);
                    columns.push(derived("unnest".into(), element));
                }
                continue;
            }
            let before = self.enter_place(Place::FROM_FUNCTION);
            let value = self.expr(call);
            self.leave_place(before);
            row = self.types.is_complex(&value.ty).then(|| value.ty.clone());
            if first_name.is_empty() {
                first_name = figure_name(call).unwrap_or_default();
            }
            let definitions = list.items.get(1).and_then(|node| match &node.node {
                Some(NodeEnum::List(definitions)) if !definitions.items.is_empty() => {
                    Some(&definitions.items[..])
                }
                _ => None,
            });
            let definitions = definitions.unwrap_or(&function.coldeflist);
            self.check_definitions(call, &value, definitions);
            if !definitions.is_empty() {
                self.gives_row(call, definitions, &value);
                self.call_body_of_record(call, definitions);
                let defined = self.defined_columns(definitions);
                columns.extend(defined);
                continue;
            }
            match self.function_columns(call, alias.filter(|_| count == 1), &value) {
                Some(mut known) => {
                    if let [only] = known.as_mut_slice() {
                        only.not_null |= self.gives_one(call) && self.is_never_null(call);
                    }
                    columns.extend(known);
                }
                None => unknown = true,
            }
        }
        if let (true, Some(NodeEnum::ColumnDef(first))) =
            (function.ordinality, function.coldeflist.first().and_then(|node| node.node.as_ref()))
        {
            let message = "WITH ORDINALITY cannot be used with a column definition list";
            self.report_at(first.location, "42601", message);
        }
        if function.ordinality {
            columns.push(derived("ordinality".into(), TypeRef::builtin("int8")));
        }
        let mut made = RangeItem {
            alias: alias.map_or(first_name, Name::from),
            columns,
            unknown_columns: unknown,
            is_function: !function.ordinality && count == 1,
            row: row.filter(|_| !function.ordinality && count == 1),
            ..RangeItem::default()
        };
        self.check_aliases(&made, function.alias.as_ref(), -1);
        rename(&mut made, function.alias.as_ref());
        made
    }

    /// One of several arguments of `unnest`, each of which is unnested by itself.
    fn can_be_unnested(&mut self, array: &Typed, at: i32) {
        let call = Call { types: vec![array.ty.clone()], ..Call::default() };
        let is = self.types.print(&array.ty);
        let (sqlstate, message) = match self.types.function(Some("pg_catalog"), "unnest", &call) {
            Err(NoFunction::Missing) => ("42883", format!("function pg_catalog.unnest({is}) does not exist")),
            Err(NoFunction::Ambiguous) => {
                ("42725", format!("function pg_catalog.unnest({is}) is not unique"))
            }
            _ => return,
        };
        self.report_at(at, sqlstate, message);
    }

    /// Whether a call may have a list of columns, and must (addRangeTableEntryForFunction).
    fn check_definitions(&mut self, call: &Node, value: &Typed, definitions: &[Node]) {
        let types = self.types;
        if value.ty == TypeRef::Unknown || types.is_opaque(&value.ty) {
            return;
        }
        let is_call = matches!(call.node, Some(NodeEnum::FuncCall(_)));
        let outputs = self.called.get(&value.location).filter(|_| is_call);
        let is_record = value.ty.is_builtin("record");
        let has_outputs = outputs.is_some_and(|outputs| outputs.len() > 1);
        let first = definitions.first().map(|node| match &node.node {
            Some(NodeEnum::ColumnDef(column)) => column.location,
            _ => -1,
        });
        match first {
            None if is_record && !has_outputs => {
                let message = "a column definition list is required for functions returning \"record\"";
                self.report_at(value.location, "42601", message);
            }
            None if types.class(&value.ty) == Class::Pseudo
                && !["record", "void", "cstring"].into_iter().any(|name| value.ty.is_builtin(name)) =>
            {
                let name = figure_name(call).unwrap_or_default();
                let is = types.print(&value.ty);
                let message = format!("function \"{name}\" in FROM has unsupported return type {is}");
                self.report_at(value.location, "42804", message);
            }
            Some(at) if !is_record || has_outputs => {
                // PostgreSQL 14 began to tell them apart.
                let message = if is_record && types.major >= 14 {
                    "a column definition list is redundant for a function with OUT parameters"
                } else if types.is_complex(&value.ty) && types.major >= 14 {
                    "a column definition list is redundant for a function returning a named composite type"
                } else {
                    "a column definition list is only allowed for functions returning \"record\""
                };
                self.report_at(at, "42601", message);
            }
            _ => {}
        }
    }

    /// The columns of a list behind a function that returns records.
    fn defined_columns(&mut self, definitions: &[Node]) -> Vec<ScopeColumn> {
        let mut columns: Vec<ScopeColumn> = Vec::new();
        for node in definitions {
            let Some(NodeEnum::ColumnDef(column)) = &node.node else { continue };
            if column.type_name.as_ref().is_some_and(|name| name.setof) {
                let message = format!("column \"{}\" cannot be declared SETOF", column.colname);
                self.report_at(column.location, "42P16", message);
            }
            let ty = self.type_name(column.type_name.as_ref());
            self.collate_clause(column.coll_clause.as_deref(), &ty);
            if columns.iter().any(|other| *other.name == *column.colname) {
                let message = format!("column name \"{}\" specified more than once", column.colname);
                self.report_at(column.location, "42701", message);
            }
            columns.push(derived(column.colname.as_str().into(), ty));
        }
        columns
    }

    /// The columns of a function's result where they are known for sure; `value` is what the call comes to.
    fn function_columns(&self, call: &Node, alias: Option<&str>, value: &Typed) -> Option<Vec<ScopeColumn>> {
        let types = self.types;
        let own_name = || figure_name(call).unwrap_or_default();
        let one = |ty: TypeRef| vec![derived(alias.map_or_else(own_name, Name::from), ty)];
        let outputs =
            self.called.get(&value.location).filter(|_| matches!(call.node, Some(NodeEnum::FuncCall(_))));
        if let Some(outputs) = outputs {
            match &outputs[..] {
                [] => {}
                [(name, ty)] if !ty.is_builtin("record") => {
                    return Some(vec![derived(name.clone(), ty.clone())]);
                }
                several => {
                    let columns = several.iter().map(|(name, ty)| derived(name.clone(), ty.clone()));
                    return Some(columns.collect());
                }
            }
        }
        if value.ty == TypeRef::Unknown || value.ty.is_builtin("record") || types.is_opaque(&value.ty) {
            return None;
        }
        if let Some(relation) = types.row_relation(&types.base(&value.ty)) {
            let made = item(self.types, &relation, None);
            return (!made.unknown_columns).then_some(made.columns);
        }
        Some(one(value.ty.clone()))
    }
}

/// `unnest` in FROM with several arguments: each is unnested, one beside the other.
fn of_several_arrays(call: &Node) -> Option<&FuncCall> {
    let Some(NodeEnum::FuncCall(call)) = &call.node else { return None };
    let names = strings(&call.funcname);
    let is_unnest = matches!(&names[..], [name] if &**name == "unnest")
        || matches!(&names[..], [schema, name] if &**schema == "pg_catalog" && &**name == "unnest");
    let is_plain = call.agg_order.is_empty() && !call.func_variadic && call.over.is_none();
    (is_unnest && is_plain && call.args.len() > 1).then_some(&**call)
}
