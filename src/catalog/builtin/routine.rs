//! Functions and operators of pg_catalog.

use super::table::{Fact, Types, Versions};
use super::{first, type_by_name};
use crate::catalog::quote;
use crate::catalog::types::TypeRef;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinFunction {
    pub name: &'static str,
    /// `pg_proc.prokind`: function, aggregate, window, procedure.
    pub kind: char,
    /// What a call gives it.
    pub arguments: Vec<TypeRef>,
    pub result: TypeRef,
    pub returns_set: bool,
    /// How many of the arguments a call may leave out.
    pub defaults: usize,
    pub variadic: bool,
    /// `pg_proc.provolatile`
    pub volatility: char,
    pub strict: bool,
    pub description: &'static str,
    pub versions: Versions,
    /// How many arguments of an ordered-set aggregate stand before ORDER BY.
    direct: Option<usize>,
    /// All arguments as the table has them.
    parameters: &'static str,
}

/// An argument or an output column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parameter {
    /// As it is printed before the name, with a space.
    mode: &'static str,
    name: &'static str,
    /// `pg_type.typname`
    ty: &'static str,
    default: Option<&'static str>,
}

impl Parameter {
    fn is_input(&self) -> bool {
        self.mode != OUT
    }

    fn is_output(&self) -> bool {
        matches!(self.mode, OUT | INOUT)
    }
}

const OUT: &str = "OUT ";
const INOUT: &str = "INOUT ";
const VARIADIC: &str = "VARIADIC ";

/// `>pg_lsn name`, `*_text`, `bool name=false`
fn parameters(text: &'static str) -> impl Iterator<Item = Parameter> {
    text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (mode, rest) = match part {
            _ if part.starts_with("<>") => (INOUT, &part[2..]),
            _ if part.starts_with('>') => (OUT, &part[1..]),
            _ if part.starts_with('*') => (VARIADIC, &part[1..]),
            _ => ("", part),
        };
        let (rest, default) = match rest.split_once('=') {
            Some((rest, default)) => (rest, Some(default)),
            None => (rest, None),
        };
        let (ty, name) = rest.split_once(' ').unwrap_or((rest, ""));
        Parameter { mode, name, ty, default }
    })
}

impl Fact for BuiltinFunction {
    fn read(versions: Versions, cells: &[&'static str], types: &mut Types) -> BuiltinFunction {
        let [name, kind, text, result, flags, description] = cells else { panic!("{cells:?}") };
        let inputs = || parameters(text).filter(Parameter::is_input);
        let (volatility, flags) = flags.split_at(1);
        BuiltinFunction {
            name,
            kind: first(kind),
            arguments: inputs().map(|parameter| types.get(parameter.ty)).collect(),
            result: types.get(result),
            returns_set: flags.contains('s'),
            defaults: inputs().filter(|parameter| parameter.default.is_some()).count(),
            variadic: inputs().any(|parameter| parameter.mode == VARIADIC),
            volatility: first(volatility),
            strict: flags.contains('t'),
            description,
            versions,
            direct: kind.get(1..).and_then(|count| count.parse().ok()),
            parameters: text,
        }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}

impl BuiltinFunction {
    /// Its arguments as `pg_get_function_arguments` prints them.
    pub fn arguments_text(&self) -> String {
        let mut text = String::new();
        let all: Vec<Parameter> = parameters(self.parameters).collect();
        let mut print = |n: usize, parameter: &Parameter, default: Option<&str>| {
            if self.direct == Some(n) {
                text += if n == 0 { "ORDER BY " } else { " ORDER BY " };
            } else if n > 0 {
                text += ", ";
            }
            text += parameter.mode;
            if !parameter.name.is_empty() {
                text += &quote::identifier(parameter.name);
                text.push(' ');
            }
            text += &type_by_name(parameter.ty).in_signature();
            if let Some(default) = default {
                text += " DEFAULT ";
                text += default;
            }
        };
        for (n, parameter) in all.iter().enumerate() {
            print(n, parameter, parameter.default);
        }
        // Where all are direct ones the last stands for what is ordered, too.
        if let Some(last) = all.last().filter(|_| self.direct == Some(all.len())) {
            print(all.len(), last, None);
        }
        text
    }

    /// Its result as `pg_get_function_result` prints it.
    pub fn result_text(&self) -> String {
        let set = if self.returns_set { "SETOF " } else { "" };
        format!("{set}{}", self.result.in_signature())
    }

    /// The columns of what it returns, where it has several.
    pub fn outputs(&self) -> Vec<(&'static str, TypeRef)> {
        let outputs = parameters(self.parameters).filter(Parameter::is_output);
        outputs.map(|parameter| (parameter.name, type_by_name(parameter.ty))).collect()
    }

    /// The names of the arguments that a call gives, empty where they have none.
    pub fn input_names(&self) -> impl Iterator<Item = &'static str> {
        parameters(self.parameters).filter(Parameter::is_input).map(|parameter| parameter.name)
    }

    /// How many arguments of an ordered-set aggregate stand before ORDER BY; `None` of any other function.
    pub fn direct(&self) -> Option<usize> {
        self.direct
    }

    /// Whether SQL can call it: not if it takes or gives what only the server makes.
    pub fn is_callable(&self) -> bool {
        const INTERNAL: [&str; 9] = [
            "internal",
            "cstring",
            "trigger",
            "event_trigger",
            "language_handler",
            "fdw_handler",
            "index_am_handler",
            "tsm_handler",
            "table_am_handler",
        ];
        !INTERNAL.iter().any(|name| self.result.is_builtin(name))
            && !self.arguments.iter().any(|ty| INTERNAL[..2].iter().any(|name| ty.is_builtin(name)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinOperator {
    pub name: &'static str,
    /// `None` of a prefix operator.
    pub left: Option<TypeRef>,
    /// `None` of a postfix operator, which PostgreSQL 13 has.
    pub right: Option<TypeRef>,
    pub result: TypeRef,
    /// The function that it calls.
    pub function: &'static str,
    pub description: &'static str,
    pub versions: Versions,
}

impl Fact for BuiltinOperator {
    fn read(versions: Versions, cells: &[&'static str], types: &mut Types) -> BuiltinOperator {
        let [name, left, right, result, function, description] = cells else { panic!("{cells:?}") };
        BuiltinOperator {
            name,
            left: types.optional(left),
            right: types.optional(right),
            result: types.get(result),
            function,
            description,
            versions,
        }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}
