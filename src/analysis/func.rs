//! Calls of functions, aggregates and window functions (parse_func.c).

use super::collate::Collation;
use super::place::Place;
use super::scope::Scope;
use super::statement::{Analyzer, strings};

use super::typed::{Form, Typed};
use super::{OutputColumn, Reference, Slot, Symbol};
use crate::catalog::apply;
use crate::catalog::builtin;
use crate::catalog::model::{Argument, ArgumentMode, Name, Routine};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Call, Context, Function, NoFunction, Source, Types, Variant, is_polymorphic};
use crate::syntax::ast::{FuncCall, Node, NodeEnum};

const HINT: &str =
    "No function matches the given name and argument types. You might need to add explicit type casts.";
const HINT_SEVERAL: &str =
    "Could not choose a best candidate function. You might need to add explicit type casts.";

/// A call's arguments, analyzed.
pub(super) struct Arguments {
    pub call: Call,
    pub exprs: Vec<Typed>,
}

impl<'a> Analyzer<'a> {
    pub(super) fn func_call(&mut self, call: &FuncCall) -> Typed {
        let names = strings(&call.funcname);
        let before_14: Name = "date_part".into();
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            // EXTRACT's function is another one before PostgreSQL 14.
            [schema, name] if &**schema == "pg_catalog" && &**name == "extract" && self.types.major < 14 => {
                (Some("pg_catalog"), &before_14)
            }
            [schema, name] => (Some(&**schema), name),
            _ => {
                self.exprs(&call.args);
                return Typed::unknown(call.location);
            }
        };
        if self.is_marker(name) {
            self.mark(Slot::Routine { schema: schema.map(Name::from) });
        }
        self.refer_to_routine(schema, name, call.location, names.len() - 1);
        // What stands in the arguments of an aggregate belongs to the query whose columns they have.
        let outer = self.enter_arguments();
        let mut arguments = self.arguments(&call.args, call.func_variadic);
        for node in &call.agg_order {
            let Some(NodeEnum::SortBy(sort)) = &node.node else { continue };
            let Some(value) = sort.node.as_deref() else { continue };
            let expr = self.expr(value);
            self.must_be_collated(&expr);
            if call.agg_within_group {
                arguments.call.types.push(expr.ty.clone());
                arguments.exprs.push(expr);
            }
        }
        if let Some(filter) = &call.agg_filter {
            let before = self.enter_place(Place::plain("FILTER"));
            let filter = self.expr(filter);
            self.be_boolean(&filter, "FILTER");
            self.leave_place(before);
        }
        if call.agg_distinct {
            arguments.exprs.iter().for_each(|expr| self.must_be_collated(expr));
        }
        let inner = self.leave_arguments(outer);
        let (function, result) = self.resolve_call(schema, name, &arguments, call);
        if let Some(function) = function {
            self.note_function(&function, call.location);
            self.out.defines |=
                matches!(&function.source, Source::Routine(routine) if apply::may_define(routine));
            self.called.insert(call.location, outputs(&function, &arguments, self.types));
            self.check_call(call, name, &function, &arguments, inner);
            self.call_body(call, &function, &arguments);
            if !matches!(&function.source, Source::Routine(_)) {
                self.runs_sql(name, call);
                self.reads_query(name, call);
                self.keeps_index(name, call);
                self.finds_object(name, call);
                self.reads_setting(name, call);
                self.bounds_a_range(name, call);
                self.hashes(name, call, &arguments.exprs);
            }
        }
        if let Some(over) = &call.over {
            self.over(over);
        }
        result
    }

    /// CALL
    pub(super) fn call_statement(&mut self, call: &FuncCall) {
        let names = strings(&call.funcname);
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            [schema, name] => (Some(&**schema), name),
            _ => return,
        };
        if self.is_marker(name) {
            self.mark(Slot::Routine { schema: schema.map(Name::from) });
        }
        self.refer_to_routine(schema, name, call.location, names.len() - 1);
        let scope = self.query_scope(Vec::new());
        self.scopes.push(Scope { place: Place::plain("CALL arguments"), ..scope });
        let mut arguments = self.arguments(&call.args, call.func_variadic);
        self.scopes.pop();
        arguments.call.is_call = true;
        match self.types.function(schema, name, &arguments.call) {
            Ok(function) => {
                self.call_result(&function, &arguments, call.location);
                if let Source::Routine(routine) = &function.source {
                    self.out.outputs = given_back(routine);
                }
                self.out.defines |=
                    matches!(&function.source, Source::Routine(routine) if apply::may_define(routine));
                if function.variant != Variant::Procedure {
                    let signature = self.signature(schema, name, &arguments.call);
                    let message = format!("{signature} is not a procedure");
                    self.report_hinting(
                        call.location,
                        "42809",
                        message,
                        Some("To call a function, use SELECT."),
                    );
                }
            }
            Err(NoFunction::Unknown | NoFunction::Cast(_)) => {}
            Err(_) if arguments.exprs.iter().any(Typed::is_parameter) => {}
            Err(why) => {
                let signature = self.signature(schema, name, &arguments.call);
                let (sqlstate, message, hint) = match why {
                    NoFunction::Ambiguous => (
                        "42725",
                        format!("procedure {signature} is not unique"),
                        "Could not choose a best candidate procedure. You might need to add explicit type casts.",
                    ),
                    _ => (
                        "42883",
                        format!("procedure {signature} does not exist"),
                        "No procedure matches the given name and argument types. You might need to add explicit type casts.",
                    ),
                };
                self.report_hinting(call.location, sqlstate, message, Some(hint));
            }
        }
    }

    /// Notes what routine a name means, for those who ask what stands there.
    fn refer_to_routine(&mut self, schema: Option<&str>, name: &Name, location: i32, part: usize) {
        let Some(span) = self.tokens.part(location, part) else { return };
        let overloads = self.catalog.routines(schema, name);
        let symbol = if !overloads.is_empty() {
            Symbol::Routines(overloads.to_vec())
        } else if builtin::facts().is_callable(name) {
            Symbol::BuiltinRoutine(name.clone())
        } else {
            return;
        };
        self.out.references.push(Reference { span, symbol });
    }

    pub(super) fn arguments(&mut self, nodes: &[Node], variadic: bool) -> Arguments {
        let mut arguments = Arguments { call: Call { variadic, ..Call::default() }, exprs: Vec::new() };
        for node in nodes {
            let value = match &node.node {
                Some(NodeEnum::NamedArgExpr(named)) => {
                    let name: Name = named.name.as_str().into();
                    if arguments.call.names.contains(&name) {
                        let message = format!("argument name \"{name}\" used more than once");
                        self.report_at(named.location, "42601", message);
                    }
                    arguments.call.names.push(name);
                    named.arg.as_deref()
                }
                _ => {
                    if !arguments.call.names.is_empty() {
                        let at = self.first_location(node);
                        self.report_at(at, "42601", "positional argument cannot follow named argument");
                    }
                    Some(node)
                }
            };
            let Some(value) = value else { continue };
            let expr = self.expr(value);
            arguments.call.types.push(expr.ty.clone());
            arguments.exprs.push(expr);
        }
        arguments
    }

    /// The function that a call means, and the type of its result; only that where the call is a cast. Reports where
    /// there is none.
    fn resolve_call(
        &mut self,
        schema: Option<&str>,
        name: &Name,
        arguments: &Arguments,
        call: &FuncCall,
    ) -> (Option<Function<'a>>, Typed) {
        match self.types.function(schema, name, &arguments.call) {
            Ok(function) => {
                let result = self.call_result(&function, arguments, call.location);
                (Some(function), result)
            }
            Err(NoFunction::Cast(to)) => {
                let mut collation = Collation::Unknown;
                if let Some(only) = arguments.exprs.first() {
                    self.becomes(only, &to, Context::Explicit);
                    collation = self.coerced(only, &to);
                }
                (None, Typed::new(to, call.location).with(collation))
            }
            Err(NoFunction::Unknown) => {
                self.unsettled.insert(call.location);
                (None, Typed::unknown(call.location))
            }
            Err(why) => {
                self.unsettled.insert(call.location);
                self.no_function(schema, name, arguments, call, why);
                (None, Typed::unknown(call.location))
            }
        }
    }

    /// What a function's result is for these arguments, which become what it takes.
    pub(super) fn call_result(&mut self, function: &Function, arguments: &Arguments, location: i32) -> Typed {
        let actual: Vec<TypeRef> = arguments.call.types.iter().map(TypeRef::without_modifier).collect();
        if actual.contains(&TypeRef::Unknown) {
            let inputs = function.inputs();
            for (expr, ty) in arguments.exprs.iter().zip(&inputs) {
                self.fit(expr, ty);
            }
            let merged = self.call_collation(function, arguments, &inputs);
            return match crate::catalog::typing::is_polymorphic(&function.result) {
                true => Typed::unknown(location).with(merged),
                false => self.collated(function.result.clone(), location, merged),
            };
        }
        match self.types.concrete(&actual, &function.inputs(), &function.result) {
            Ok(concrete) => {
                for (expr, ty) in arguments.exprs.iter().zip(&concrete.arguments) {
                    self.fit(expr, ty);
                }
                let merged = self.call_collation(function, arguments, &concrete.arguments);
                self.collated(concrete.result, location, merged)
            }
            Err(None) => Typed::unknown(location),
            Err(Some(wrong)) => {
                if !arguments.exprs.iter().any(Typed::is_parameter) {
                    self.report_at(location, wrong.sqlstate, wrong.message);
                }
                Typed::unknown(location)
            }
        }
    }

    fn no_function(
        &mut self,
        schema: Option<&str>,
        name: &Name,
        arguments: &Arguments,
        call: &FuncCall,
        why: NoFunction,
    ) {
        // What a client puts in the place of a parameter may well have a type.
        if arguments.exprs.iter().any(Typed::is_parameter) && self.types.has_function(schema, name) {
            return;
        }
        // `f(t)` can be `t.f`.
        if let ([only], None) = (&arguments.call.types[..], schema)
            && (self.types.is_complex(only) && self.types.field(only, name).is_some()
                || only.is_builtin("record") && self.may_have_field(&arguments.exprs[0], name))
        {
            return;
        }
        if let Some(schema) = schema
            && self.catalog.schema(schema).is_none()
            && !builtin::is_system_schema(schema)
        {
            if !self.types.is_unsure {
                self.report_at(call.location, "3F000", format!("schema \"{schema}\" does not exist"));
            }
            return;
        }
        let signature = self.signature(schema, name, &arguments.call);
        match why {
            // Of several schemas, all but one may not be searched when it runs.
            NoFunction::Ambiguous if self.any_schema => {}
            NoFunction::Ambiguous => {
                let message = format!("function {signature} is not unique");
                self.report_hinting(call.location, "42725", message, Some(HINT_SEVERAL));
            }
            _ => {
                let message = format!("function {signature} does not exist");
                let before = self.out.diagnostics.len();
                let all = builtin::facts().functions.named_in_any(name).iter();
                let versions = self.other_versions(all.map(|function| function.versions));
                self.report_hinting(
                    call.location,
                    "42883",
                    message,
                    Some(versions.as_deref().unwrap_or(HINT)),
                );
                self.suggest_function(schema, name, call.location, before);
            }
        }
    }

    /// Whether a record may have a field of that name: one that is written out has `f1`, `f2` ….
    fn may_have_field(&self, record: &Typed, name: &str) -> bool {
        match &record.form {
            Form::Row(fields) => (1..=fields.len()).any(|n| *name == format!("f{n}")),
            _ => true,
        }
    }

    /// Names near to one that no function has, as fixes of the error that has just been reported.
    fn suggest_function(&mut self, schema: Option<&str>, name: &Name, location: i32, reported: usize) {
        if self.out.diagnostics.len() == reported || self.types.has_function(schema, name) || schema.is_some()
        {
            return;
        }
        let own = self.catalog.search_path.iter().filter_map(|schema| self.catalog.schema(schema));
        let own = own.flat_map(|schema| schema.routines.keys()).map(|name| &**name);
        let builtins = builtin::facts().functions.current().filter(|function| function.is_callable());
        let near = super::closest(name, own.chain(builtins.map(|function| function.name)));
        if let (Some(diagnostic), Some(span)) =
            (self.out.diagnostics.last_mut(), self.tokens.part(location, 0))
        {
            let fixes = near.into_iter().map(|name| crate::catalog::quote::identifier(&name));
            diagnostic.fixes = fixes.map(|text| crate::syntax::Fix::replacement(span, text)).collect();
        }
    }

    /// `func_signature_string`
    pub(super) fn signature(&self, schema: Option<&str>, name: &str, call: &Call) -> String {
        let positional = call.types.len() - call.names.len().min(call.types.len());
        let list: Vec<String> = (call.types.iter().enumerate())
            .map(|(n, ty)| {
                let ty = self.types.print(ty);
                match n.checked_sub(positional).and_then(|n| call.names.get(n)) {
                    Some(name) => format!("{name} => {ty}"),
                    None => ty,
                }
            })
            .collect();
        format!("{}({})", Types::written(schema, name), list.join(", "))
    }

    /// Whether what was found can be called that way, and here.
    fn check_call(
        &mut self,
        call: &FuncCall,
        name: &Name,
        function: &Function,
        arguments: &Arguments,
        inner: super::place::Inner,
    ) {
        let at = call.location;
        let written = strings(&call.funcname).join(".");
        let is_aggregate = function.variant == Variant::Aggregate;
        if function.variant == Variant::Procedure {
            let message = format!("{} is a procedure", self.signature(None, &written, &arguments.call));
            self.report_hinting(at, "42809", message, Some("To call a procedure, use CALL."));
            return;
        }
        if !is_aggregate {
            let wrong = if call.agg_star {
                Some(format!("{written}(*) specified, but {written} is not an aggregate function"))
            } else if call.agg_distinct {
                Some(format!("DISTINCT specified, but {written} is not an aggregate function"))
            } else if call.agg_within_group {
                Some(format!("WITHIN GROUP specified, but {written} is not an aggregate function"))
            } else if !call.agg_order.is_empty() {
                Some(format!("ORDER BY specified, but {written} is not an aggregate function"))
            } else if call.agg_filter.is_some() {
                Some(format!("FILTER specified, but {written} is not an aggregate function"))
            } else if call.over.is_some() && function.variant == Variant::Function {
                let message = "OVER specified, but {} is not a window function nor an aggregate function";
                Some(message.replace("{}", &written))
            } else {
                None
            };
            match (wrong, function.variant) {
                (Some(message), Variant::Function) => {
                    self.report_at(at, "42809", message);
                    return;
                }
                // Window functions have messages of their own for some of these.
                (Some(_), _) if call.agg_star || call.agg_within_group => return,
                _ => {}
            }
        }
        if call.func_variadic
            && let Some(last) = arguments.exprs.last()
            && !last.is_untyped()
            && last.ty != TypeRef::Unknown
            && !self.types.is_opaque(&last.ty)
            && self.types.element(&self.types.base(&last.ty)).is_none()
        {
            self.report_at(last.location, "42804", "VARIADIC argument must be an array");
        }
        match function.variant {
            Variant::Aggregate => {
                match function.direct() {
                    Some(_) if !call.agg_within_group => {
                        let message = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
                        self.report_at(at, "42809", message);
                        return;
                    }
                    Some(_) if call.over.is_some() => {
                        let message = format!("OVER is not supported for ordered-set aggregate {name}");
                        self.report_at(at, "0A000", message);
                        return;
                    }
                    None if call.agg_within_group && matches!(function.source, Source::Builtin(_)) => {
                        let message =
                            format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP");
                        self.report_at(at, "42809", message);
                        return;
                    }
                    _ => {}
                }
                if call.agg_within_group && function.is_hypothetical() {
                    let (direct, ordered) = arguments.exprs.split_at(call.args.len());
                    if direct.len() != ordered.len() {
                        let signature = self.signature(None, &written, &arguments.call);
                        let hint = format!(
                            "To use the hypothetical-set aggregate {name}, the number of hypothetical direct arguments (here {}) must match the number of ordering columns (here {}).",
                            direct.len(),
                            ordered.len()
                        );
                        let message = format!("function {signature} does not exist");
                        self.report_hinting(at, "42883", message, Some(&hint));
                        return;
                    }
                    for (direct, ordered) in direct.iter().zip(ordered) {
                        self.common(&[ordered.clone(), direct.clone()], "WITHIN GROUP");
                        self.hypothetical_collation(direct, ordered);
                    }
                }
                self.check_aggregate_order(call);
                if call.args.is_empty() && !call.agg_star && !call.agg_within_group {
                    let message =
                        format!("{written}(*) must be used to call a parameterless aggregate function");
                    self.report_at(at, "42809", message);
                    return;
                }
                if call.agg_distinct && !call.agg_within_group {
                    for argument in &arguments.exprs {
                        self.must_be_comparable(&argument.ty, argument.location);
                    }
                }
                if call.over.is_none() {
                    self.aggregate(at, inner);
                } else if self.is_plain_over(call, at) {
                    self.window_function(at);
                }
            }
            Variant::Window => match call.over {
                None => {
                    self.report_at(at, "42809", format!("window function {written} requires an OVER clause"));
                }
                Some(_) if call.agg_filter.is_some() => {
                    let message = "FILTER is not implemented for non-aggregate window functions";
                    self.report_at(at, "0A000", message);
                }
                Some(_) if self.is_plain_over(call, at) => self.window_function(at),
                Some(_) => {}
            },
            Variant::Function if function.returns_set => self.set_returning(at),
            _ => {}
        }
    }
}

impl Analyzer<'_> {
    /// What a call with OVER has none of.
    fn is_plain_over(&mut self, call: &FuncCall, at: i32) -> bool {
        let message = match () {
            () if call.agg_distinct => "DISTINCT is not implemented for window functions",
            () if !call.agg_order.is_empty() => "aggregate ORDER BY is not implemented for window functions",
            () => return true,
        };
        self.report_at(at, "0A000", message);
        false
    }

    /// With DISTINCT an aggregate sorts by what it is given (transformDistinctClause).
    fn check_aggregate_order(&mut self, call: &FuncCall) {
        if !call.agg_distinct || call.agg_within_group {
            return;
        }
        let arguments: Option<Vec<String>> = call.args.iter().map(|node| self.canonical(node)).collect();
        let Some(arguments) = arguments else { return };
        for node in &call.agg_order {
            let Some(NodeEnum::SortBy(sort)) = &node.node else { continue };
            let Some(value) = sort.node.as_deref() else { continue };
            let Some(own) = self.canonical(value) else { return };
            if !arguments.contains(&own) {
                let message =
                    "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
                let at = self.first_location(value);
                self.report_at(if at < 0 { call.location } else { at }, "42P10", message);
                return;
            }
        }
    }
}

/// The names and types of what a function returns, where its declaration gives them names; polymorphic types are what
/// they stand for.
fn outputs(function: &Function, arguments: &Arguments, types: Types) -> Vec<(Name, TypeRef)> {
    let declared: Vec<(Name, TypeRef)> = match &function.source {
        Source::Builtin(builtin) => {
            builtin.outputs().into_iter().map(|(name, ty)| (Name::from(name), ty)).collect()
        }
        Source::Routine(routine) => (routine.arguments.iter())
            .filter(|argument| {
                matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table)
            })
            .enumerate()
            .map(|(n, argument)| {
                let name = argument.name.clone().unwrap_or_else(|| format!("column{}", n + 1).into());
                (name, argument.ty.clone())
            })
            .collect(),
    };
    let actual: Vec<TypeRef> = arguments.call.types.iter().map(TypeRef::without_modifier).collect();
    let concrete = |ty: TypeRef| match types.concrete(&actual, &function.inputs(), &ty) {
        Ok(concrete) => concrete.result,
        Err(_) => TypeRef::Unknown,
    };
    let is_known = !actual.contains(&TypeRef::Unknown);
    let replace = |ty: TypeRef| match crate::catalog::typing::is_polymorphic(&ty) {
        true if is_known => concrete(ty),
        true => TypeRef::Unknown,
        false => ty,
    };
    declared.into_iter().map(|(name, ty)| (name, replace(ty))).collect()
}

/// The row that CALL gives back: a procedure's arguments that it gives values.
fn given_back(routine: &Routine) -> Vec<OutputColumn> {
    let outputs = routine
        .arguments
        .iter()
        .filter(|argument| matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut));
    let column = |(n, argument): (usize, &Argument)| {
        let name = argument.name.clone().unwrap_or_else(|| format!("column{}", n + 1).into());
        let ty = if is_polymorphic(&argument.ty) { TypeRef::Unknown } else { argument.ty.clone() };
        OutputColumn::derived(name, ty)
    };
    outputs.enumerate().map(column).collect()
}
