//! CREATE FUNCTION and CREATE PROCEDURE (functioncmds.c, pg_proc.c), and their bodies in SQL (functions.c).

use super::cte::Outputs;
use super::place::Place;
use super::scope::Scope;
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use super::{Diagnostic, Symbol};
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Context, is_polymorphic, polymorphic_name};
use crate::syntax::ast::{
    CreateFunctionStmt, DefElem, FunctionParameter, FunctionParameterMode as Mode, Node, NodeEnum, TypeName,
};
use crate::syntax::body::{Body, Content, Language};

/// What a body in SQL knows of the function around it.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    pub(super) function: Name,
    /// By place; those without a name are known as `$n` only.
    pub(super) list: Vec<(Option<Name>, TypeRef)>,
}

impl Arguments {
    /// Of a function in PL/pgSQL, whose arguments are variables.
    pub fn of_plpgsql(function: Name) -> Arguments {
        Arguments { function, list: Vec::new() }
    }

    pub fn named(&self, name: &str) -> Option<&TypeRef> {
        self.list.iter().find(|(own, _)| own.as_deref() == Some(name)).map(|(_, ty)| ty)
    }

    pub fn is_function(&self, name: &str) -> bool {
        self.is_body() && *self.function == *name
    }

    /// Whether there is a function around the statement.
    pub fn is_body(&self) -> bool {
        !self.function.is_empty()
    }
}

/// What a function says that it returns.
pub(super) struct Result {
    pub ty: TypeRef,
    /// The types of its OUT arguments or its table's columns.
    pub columns: Vec<TypeRef>,
    /// Whether it is known at all.
    pub is_known: bool,
}

impl Analyzer<'_> {
    pub(super) fn create_function(&mut self, create: &CreateFunctionStmt) {
        let parameters: Vec<&FunctionParameter> = (create.parameters.iter())
            .filter_map(|node| match &node.node {
                Some(NodeEnum::FunctionParameter(parameter)) => Some(&**parameter),
                _ => None,
            })
            .collect();
        let types: Vec<TypeRef> =
            parameters.iter().map(|parameter| self.routine_type(parameter.arg_type.as_ref())).collect();
        self.parameters(&parameters, &types);
        let result = self.result(create, &parameters, &types);
        self.polymorphic_results(create, &parameters, &types, &result);
        let names = strings(&create.funcname);
        let list = (parameters.iter().zip(&types))
            .filter(|(parameter, _)| is_input(parameter))
            .map(|(parameter, ty)| {
                let name = (!parameter.name.is_empty()).then(|| Name::from(parameter.name.as_str()));
                (name, ty.clone())
            })
            .collect();
        let arguments = Arguments { function: names.last().cloned().unwrap_or_default(), list };
        self.routine_body(create, arguments, &result);
    }

    /// A type in a routine's declaration: one that does not exist may be made as a shell, of which nothing is known.
    fn routine_type(&mut self, name: Option<&TypeName>) -> TypeRef {
        let Some(name) = name else { return TypeRef::Unknown };
        crate::catalog::apply::type_name::defined(self.catalog, name)
            .unwrap_or(TypeRef::Unknown)
            .without_modifier()
    }

    /// `interpret_function_parameter_list`
    fn parameters(&mut self, parameters: &[&FunctionParameter], types: &[TypeRef]) {
        let mut has_default = false;
        let mut is_variadic = false;
        for (n, parameter) in parameters.iter().enumerate() {
            let at = parameter.location;
            let is_input = is_input(parameter);
            if parameter.arg_type.as_ref().is_some_and(|ty| ty.setof) {
                self.report_at(at, "42P13", "functions cannot accept set arguments");
            }
            if is_input {
                if is_variadic {
                    self.report_at(at, "42P13", "VARIADIC parameter must be the last input parameter");
                }
                is_variadic |= parameter.mode() == Mode::FuncParamVariadic;
            }
            if parameter.mode() == Mode::FuncParamVariadic {
                let ty = &types[n];
                let is_array = ty.element().is_some()
                    || ty.is_builtin("any")
                    || matches!(polymorphic_name(ty), Some("anyarray" | "anycompatiblearray"));
                if *ty != TypeRef::Unknown && !is_array {
                    self.report_at(at, "42P13", "VARIADIC parameter must be an array");
                }
            }
            let only_out = |mode: Mode| matches!(mode, Mode::FuncParamOut | Mode::FuncParamTable);
            let only_in = |mode: Mode| {
                matches!(mode, Mode::FuncParamIn | Mode::FuncParamVariadic | Mode::FuncParamDefault)
            };
            let clashes = |other: &&FunctionParameter| {
                other.name == parameter.name
                    && !(only_in(other.mode()) && only_out(parameter.mode()))
                    && !(only_out(other.mode()) && only_in(parameter.mode()))
            };
            if !parameter.name.is_empty() && parameters[..n].iter().any(clashes) {
                let message = format!("parameter name \"{}\" used more than once", parameter.name);
                self.report_at(at, "42P13", message);
            }
            match parameter.defexpr.as_deref() {
                Some(_) if !is_input => {
                    self.report_at(at, "42P13", "only input parameters can have default values");
                }
                Some(default) => {
                    has_default = true;
                    self.parameter_default(default, &types[n]);
                }
                None if has_default && is_input => {
                    let message = "input parameters after one with a default value must also have defaults";
                    self.report_at(at, "42P13", message);
                }
                None => {}
            }
        }
    }

    fn parameter_default(&mut self, default: &Node, ty: &TypeRef) {
        let scope = self.query_scope(Vec::new());
        self.scopes.push(Scope { place: Place::plain("DEFAULT expressions"), ..scope });
        let value = self.expr(default);
        if !is_polymorphic(ty) && self.becomes(&value, ty, Context::Assignment) == Answer::No {
            let (wanted, is) = (self.types.print(ty), self.types.print(&value.ty));
            let message = format!("argument of DEFAULT must be type {wanted}, not type {is}");
            self.report_at(value.location, "42804", message);
        }
        self.scopes.pop();
    }

    fn result(
        &mut self,
        create: &CreateFunctionStmt,
        parameters: &[&FunctionParameter],
        types: &[TypeRef],
    ) -> Result {
        let is_output = |parameter: &FunctionParameter| {
            matches!(parameter.mode(), Mode::FuncParamOut | Mode::FuncParamInout | Mode::FuncParamTable)
        };
        let outputs: Vec<(&FunctionParameter, &TypeRef)> =
            parameters.iter().copied().zip(types).filter(|(parameter, _)| is_output(parameter)).collect();
        let columns: Vec<TypeRef> = outputs.iter().map(|(_, ty)| (*ty).clone()).collect();
        let of_outputs = match &columns[..] {
            [] => None,
            [only] if !create.is_procedure => Some(only.clone()),
            _ => Some(TypeRef::builtin("record")),
        };
        let written = create.return_type.as_ref().map(|name| (self.routine_type(Some(name)), name.location));
        let at = create.return_type.as_ref().map_or(-1, |name| name.location);
        let is_table = parameters.iter().any(|parameter| parameter.mode() == Mode::FuncParamTable);
        if let (Some((written, _)), Some(of_outputs), false) = (&written, &of_outputs, is_table)
            && *written != TypeRef::Unknown
            && *of_outputs != TypeRef::Unknown
            && !crate::catalog::typing::same(written, of_outputs)
        {
            let wanted = self.types.print(of_outputs);
            let message = format!("function result type must be {wanted} because of OUT parameters");
            self.report_at(at, "42P13", message);
        }
        if written.is_none() && of_outputs.is_none() && !create.is_procedure {
            let names = strings(&create.funcname);
            if let Some(span) = names.last().and_then(|name| self.tokens.find_name(self.sql, 0, name)) {
                self.report(Diagnostic::new(span, "42P13", "function result type must be specified"));
            }
        }
        let ty = match (of_outputs, written) {
            (Some(of_outputs), _) => of_outputs,
            (None, Some((written, _))) => written,
            (None, None) => TypeRef::builtin("void"),
        };
        let is_known = ty != TypeRef::Unknown && !columns.contains(&TypeRef::Unknown);
        let columns = if columns.len() > 1 || create.is_procedure { columns } else { Vec::new() };
        Result { ty, columns, is_known }
    }

    /// A polymorphic result wants an argument that tells it (check_valid_polymorphic_signature).
    fn polymorphic_results(
        &mut self,
        create: &CreateFunctionStmt,
        parameters: &[&FunctionParameter],
        types: &[TypeRef],
        result: &Result,
    ) {
        if types.contains(&TypeRef::Unknown) {
            return;
        }
        let has = |names: &[&str]| {
            parameters.iter().zip(types).any(|(parameter, ty)| {
                is_input(parameter) && polymorphic_name(ty).is_some_and(|name| names.contains(&name))
            })
        };
        let at = create.return_type.as_ref().map_or(-1, |name| name.location);
        let outputs = (parameters.iter().zip(types))
            .filter(|(parameter, _)| !is_input(parameter))
            .map(|(parameter, ty)| (ty, parameter.location));
        for (ty, at) in [(&result.ty, at)].into_iter().chain(outputs) {
            let is_told = match polymorphic_name(ty) {
                None => true,
                Some("anyrange" | "anymultirange") => has(&["anyrange", "anymultirange"]),
                Some("anycompatiblerange" | "anycompatiblemultirange") => {
                    has(&["anycompatiblerange", "anycompatiblemultirange"])
                }
                Some(name) if name.starts_with("anycompatible") => has(&[
                    "anycompatible",
                    "anycompatiblearray",
                    "anycompatiblenonarray",
                    "anycompatiblerange",
                    "anycompatiblemultirange",
                ]),
                Some(_) => {
                    has(&["anyelement", "anyarray", "anynonarray", "anyenum", "anyrange", "anymultirange"])
                }
            };
            if !is_told {
                self.report_at(at, "42P13", "cannot determine result data type");
                return;
            }
        }
    }

    fn routine_body(&mut self, create: &CreateFunctionStmt, arguments: Arguments, result: &Result) {
        let option = |name: &str| {
            create.options.iter().find_map(|node| match &node.node {
                Some(NodeEnum::DefElem(option)) if option.defname == name => Some(&**option),
                _ => None,
            })
        };
        // What its own settings change is not followed.
        if option("set").is_some() {
            return;
        }
        let is_checked = !self.catalog.is_set("check_function_bodies");
        let parse = self.parse;
        if is_checked && parse.bodies().iter().any(|body| body.language == Language::Plpgsql) {
            self.are_named_once(create);
            self.declarations();
        }
        if arguments.list.iter().any(|(_, ty)| is_polymorphic(ty) || *ty == TypeRef::Unknown) {
            return;
        }
        if let Some(body) = create.sql_body.as_deref() {
            self.atomic_body(body, arguments, result);
            return;
        }
        let is_sql =
            option("language").and_then(text_of).is_some_and(|name| name.eq_ignore_ascii_case("sql"));
        if !is_sql || !is_checked {
            return;
        }
        let [body] = parse.bodies() else { return };
        if body.language == Language::Sql {
            self.string_body(body, arguments, result);
        }
    }

    /// In PL/pgSQL all parameters are variables, whichever way they go.
    fn are_named_once(&mut self, create: &CreateFunctionStmt) {
        let parameters: Vec<&FunctionParameter> = (create.parameters.iter())
            .filter_map(|node| match &node.node {
                Some(NodeEnum::FunctionParameter(parameter)) if !parameter.name.is_empty() => {
                    Some(&**parameter)
                }
                _ => None,
            })
            .collect();
        let is_again = |n: &usize| parameters[..*n].iter().any(|other| other.name == parameters[*n].name);
        if let Some(n) = (0..parameters.len()).find(is_again) {
            let message = format!("parameter name \"{}\" used more than once", parameters[n].name);
            self.report_at(parameters[n].location, "42P13", message);
        }
    }

    /// A body in a string, which has a text of its own.
    fn string_body(&mut self, body: &Body, arguments: Arguments, result: &Result) {
        let Content::Sql(sql) = body.content() else { return };
        if !sql.errors.is_empty() || sql.parse.has_unknown_names() {
            return;
        }
        if sql.parse.node().is_none() {
            return self.check_result(None, result, i32::try_from(body.literal.start).unwrap_or(-1));
        }
        let mut inner = Analyzer::new(&sql.parse, self.catalog);
        inner.given = arguments.list.iter().map(|(_, ty)| ty.clone()).collect();
        inner.arguments = arguments;
        let mut last = None;
        for node in sql.parse.nodes() {
            last = inner.body_statement(node);
        }
        let at = sql.statements.last().map_or(0, |span| span.start);
        if inner.out.diagnostics.is_empty() {
            inner.check_result(last, result, i32::try_from(at).unwrap_or(-1));
        }
        for diagnostic in std::mem::take(&mut inner.out.diagnostics) {
            self.report(diagnostic.placed(|span| body.to_outer(span)));
        }
    }

    /// `BEGIN ATOMIC … END` and `RETURN …`, which are part of the statement.
    fn atomic_body(&mut self, body: &Node, arguments: Arguments, result: &Result) {
        let given =
            std::mem::replace(&mut self.given, arguments.list.iter().map(|(_, ty)| ty.clone()).collect());
        let before = std::mem::replace(&mut self.arguments, arguments);
        let reported = self.out.diagnostics.len();
        let mut last = None;
        let mut todo: Vec<&Node> = vec![body];
        let mut statements = Vec::new();
        while let Some(node) = todo.pop() {
            match &node.node {
                Some(NodeEnum::List(list)) => todo.extend(list.items.iter().rev()),
                Some(inner) => statements.push(inner),
                None => {}
            }
        }
        let mut at = -1;
        for node in statements {
            if let NodeEnum::ReturnStmt(returned) = node {
                let scope = self.query_scope(Vec::new());
                self.scopes.push(scope);
                if let Some(value) = returned.returnval.as_deref() {
                    let value = self.expr(value);
                    let value = self.resolved(value);
                    at = value.location;
                    let column = super::OutputColumn {
                        collation: value.collation.of_output(),
                        ..super::OutputColumn::derived("?column?".into(), value.ty.clone())
                    };
                    last = Some(Outputs { columns: vec![column], exprs: vec![value], unknown: false });
                }
                self.scopes.pop();
            } else {
                last = self.body_statement(node);
                at = last.as_ref().and_then(|outputs| outputs.exprs.first()).map_or(-1, |expr| expr.location);
            }
        }
        if self.out.diagnostics.len() == reported {
            self.check_result(last, result, at);
        }
        self.given = given;
        self.arguments = before;
    }

    /// A statement of a body; what it returns, if it can return anything.
    pub(super) fn body_statement(&mut self, node: &NodeEnum) -> Option<Outputs> {
        let ctes = self.ctes.len();
        let outputs = match node {
            NodeEnum::SelectStmt(select) => Some(self.select(select)),
            NodeEnum::InsertStmt(s) => {
                let outputs = self.insert(s);
                s.returning_clause.is_some().then_some(outputs)
            }
            NodeEnum::UpdateStmt(s) => {
                let outputs = self.update(s);
                s.returning_clause.is_some().then_some(outputs)
            }
            NodeEnum::DeleteStmt(s) => {
                let outputs = self.delete(s);
                s.returning_clause.is_some().then_some(outputs)
            }
            NodeEnum::MergeStmt(s) => {
                let outputs = self.merge(s);
                s.returning_clause.is_some().then_some(outputs)
            }
            // What is no query is not looked at before it runs.
            _ => None,
        };
        self.ctes.truncate(ctes);
        outputs
    }

    /// `check_sql_fn_retval`
    pub(super) fn check_result(&mut self, last: Option<Outputs>, result: &Result, at: i32) {
        if !result.is_known || result.ty.is_builtin("void") {
            return;
        }
        let declared = self.types.print(&result.ty);
        let message = format!("return type mismatch in function declared to return {declared}");
        let fail = |this: &mut Self, detail: String| {
            this.report_hinting(at, "42P13", message.clone(), Some(&detail));
        };
        let Some(outputs) = last else {
            let what = match self.types.major {
                ..17 => "SELECT or INSERT/UPDATE/DELETE RETURNING",
                17.. => "SELECT or INSERT/UPDATE/DELETE/MERGE RETURNING",
            };
            fail(self, format!("Function's final statement must be {what}."));
            return;
        };
        if outputs.unknown || outputs.columns.iter().any(|column| column.ty == TypeRef::Unknown) {
            return;
        }
        let as_value = |column: &super::OutputColumn| Typed::new(column.ty.clone(), at);
        let wanted: Vec<TypeRef> = match self.types.class(&result.ty) {
            Class::Pseudo if result.ty.is_builtin("record") && !result.columns.is_empty() => {
                // A row as a whole is one, whatever it has.
                if let [only] = &outputs.columns[..]
                    && (only.ty.is_builtin("record") || self.types.is_complex(&only.ty))
                {
                    return;
                }
                result.columns.clone()
            }
            // What a record has is told where it is used.
            Class::Pseudo => return,
            Class::Opaque => return,
            _ if self.types.is_complex(&result.ty) => {
                if let [only] = &outputs.columns[..]
                    && self.becomes(&as_value(only), &result.ty, Context::Assignment) != Answer::No
                {
                    return;
                }
                let Some(relation) = self.types.row_relation(&self.types.base(&result.ty)) else { return };
                if relation.unknown_columns {
                    return;
                }
                relation.columns.iter().map(|column| column.ty.clone()).collect()
            }
            _ => {
                let [only] = &outputs.columns[..] else {
                    fail(self, "Final statement must return exactly one column.".into());
                    return;
                };
                if self.becomes(&as_value(only), &result.ty, Context::Assignment) == Answer::No {
                    let is = self.types.print(&only.ty);
                    fail(self, format!("Actual return type is {is}."));
                }
                return;
            }
        };
        if wanted.len() < outputs.columns.len() {
            fail(self, "Final statement returns too many columns.".into());
            return;
        }
        if wanted.len() > outputs.columns.len() {
            fail(self, "Final statement returns too few columns.".into());
            return;
        }
        for (n, (column, wanted)) in outputs.columns.iter().zip(&wanted).enumerate() {
            if self.becomes(&as_value(column), wanted, Context::Assignment) == Answer::No {
                let (is, wanted) = (self.types.print(&column.ty), self.types.print(wanted));
                fail(self, format!("Final statement returns {is} instead of {wanted} at column {}.", n + 1));
                return;
            }
        }
    }

    /// An argument that a name means where no column has it.
    pub(super) fn argument(&mut self, name: &Name, span: crate::text::Span) -> Option<TypeRef> {
        let ty = self.arguments.named(name)?.clone();
        let symbol = Symbol::Derived { name: name.clone(), ty: ty.clone() };
        self.out.references.push(super::Reference { span, symbol });
        Some(ty)
    }
}

fn is_input(parameter: &FunctionParameter) -> bool {
    !matches!(parameter.mode(), Mode::FuncParamOut | Mode::FuncParamTable)
}

fn text_of(option: &DefElem) -> Option<&str> {
    match option.arg.as_deref()?.node.as_ref()? {
        NodeEnum::String(text) => Some(&text.sval),
        _ => None,
    }
}
