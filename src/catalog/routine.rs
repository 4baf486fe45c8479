//! Functions, procedures, aggregates and window functions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{Name, QualifiedName};
use super::privileges::Privileges;
use super::relation::{Options, is_default, is_false};
use super::types::TypeRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoutineKind {
    Function,
    Procedure,
    Aggregate,
    Window,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    pub schema: Name,
    pub name: Name,
    pub kind: RoutineKind,
    /// As declared, OUT and TABLE columns included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// `None` for a procedure without OUT arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<TypeRef>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub returns_set: bool,
    /// As `pg_get_function_arguments` prints them: `a integer, b text DEFAULT 'x'::text`.
    pub arguments_text: Name,
    /// As `pg_get_function_result` prints it: `SETOF users`, `TABLE(a integer)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_text: Option<Name>,
    pub language: Name,
    #[serde(default, skip_serializing_if = "is_default")]
    pub volatility: Volatility,
    #[serde(default, skip_serializing_if = "is_false")]
    pub strict: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub security_definer: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub leakproof: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub parallel: Parallel,
    /// Where they were given: COST, ROWS, SUPPORT, TRANSFORM, and an aggregate's functions; by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// `SET search_path = …`, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Options,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    pub privileges: Privileges,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
    /// The extension that it is part of, and comes and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Name>,
    /// The source text between its quotes; none of an extension's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Name>,
}

impl Routine {
    /// A function in SQL without arguments, to be given what it has.
    pub fn new(name: QualifiedName, kind: RoutineKind) -> Routine {
        Routine {
            schema: name.schema,
            name: name.name,
            kind,
            arguments: Vec::new(),
            result: None,
            returns_set: false,
            arguments_text: "".into(),
            result_text: None,
            language: "sql".into(),
            volatility: Volatility::Volatile,
            strict: false,
            security_definer: false,
            leakproof: false,
            parallel: Parallel::Unsafe,
            options: Options::new(),
            settings: Options::new(),
            owner: None,
            privileges: Privileges::default(),
            comment: None,
            extension: None,
            body: None,
        }
    }

    /// The types that tell overloads apart: IN, INOUT and VARIADIC.
    pub fn input_types(&self) -> impl Iterator<Item = &TypeRef> {
        self.arguments.iter().filter(|argument| argument.mode.is_input()).map(|argument| &argument.ty)
    }
}

/// The order in which a catalog has the routines of a name. No two have the same input types, so it depends on nothing
/// else than what they are.
pub fn sort_overloads(overloads: &mut [Arc<Routine>]) {
    if overloads.len() > 1 {
        overloads.sort_by_cached_key(|routine| {
            let inputs: Vec<_> = routine.input_types().map(ToString::to_string).collect();
            (routine.arguments_text.clone(), inputs)
        });
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parallel {
    #[default]
    Unsafe,
    Restricted,
    Safe,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    pub mode: ArgumentMode,
    pub ty: TypeRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentMode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

impl ArgumentMode {
    pub fn is_input(self) -> bool {
        matches!(self, ArgumentMode::In | ArgumentMode::InOut | ArgumentMode::Variadic)
    }
}
