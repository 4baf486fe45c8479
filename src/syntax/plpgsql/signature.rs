//! What a PL/pgSQL body must know of the function around it: its arguments and what it returns.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::namespace::Kind;
use crate::syntax::ast::{CreateFunctionStmt, FunctionParameterMode, NodeEnum, TypeName};

/// What RETURN may be followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// The statement does not say it, or is not there.
    Unknown,
    Void,
    /// A value, which the function's own RETURN gives.
    Value,
    Trigger,
    EventTrigger,
}

#[derive(Clone, Debug)]
pub struct Argument {
    /// As it is kept: folded or unquoted.
    pub name: Option<String>,
    pub kind: Kind,
    pub is_output: bool,
}

/// A function's, a procedure's or a DO block's head.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name, which is the label of its arguments.
    pub name: String,
    pub is_procedure: bool,
    pub returns: Returns,
    pub returns_set: bool,
    /// Whether its result is of a polymorphic type, which is then known as `$0`.
    pub is_polymorphic: bool,
    pub arguments: Vec<Argument>,
    /// Whether the arguments are known at all.
    pub is_known: bool,
}

impl Signature {
    /// That of a DO block.
    pub fn inline() -> Signature {
        Signature {
            name: "inline_code_block".into(),
            is_procedure: false,
            returns: Returns::Void,
            returns_set: false,
            is_polymorphic: false,
            arguments: Vec::new(),
            is_known: true,
        }
    }

    /// That of a body whose function is not known: nothing is said of names and of RETURN.
    pub fn unknown() -> Signature {
        Signature { returns: Returns::Unknown, is_known: false, ..Signature::inline() }
    }

    pub fn of(statement: &CreateFunctionStmt) -> Signature {
        let name = statement.funcname.last().and_then(|node| string(node.node.as_ref()?)).unwrap_or("");
        let mut signature =
            Signature { name: name.to_owned(), is_procedure: statement.is_procedure, ..Signature::inline() };
        let mut is_table = false;
        for parameter in &statement.parameters {
            let Some(NodeEnum::FunctionParameter(parameter)) = &parameter.node else { continue };
            use FunctionParameterMode as Mode;
            let mode = Mode::try_from(parameter.mode).unwrap_or(Mode::FuncParamDefault);
            is_table |= mode == Mode::FuncParamTable;
            signature.arguments.push(Argument {
                name: Some(parameter.name.clone()).filter(|name| !name.is_empty()),
                kind: parameter.arg_type.as_ref().map_or(Kind::Unknown, argument_kind),
                is_output: matches!(mode, Mode::FuncParamOut | Mode::FuncParamInout | Mode::FuncParamTable),
            });
        }
        signature.returns_set = is_table;
        let outputs = signature.outputs();
        signature.returns = match &statement.return_type {
            Some(returned) => {
                signature.returns_set |= returned.setof;
                match base_name(returned) {
                    Some("void") if !returned.setof => Returns::Void,
                    Some("trigger") => Returns::Trigger,
                    Some("event_trigger") => Returns::EventTrigger,
                    name => {
                        signature.is_polymorphic = outputs == 0 && name.is_some_and(is_polymorphic);
                        Returns::Value
                    }
                }
            }
            None if outputs > 0 => Returns::Value,
            None if statement.is_procedure => Returns::Void,
            None => Returns::Unknown,
        };
        signature
    }

    /// How many arguments the function gives values through.
    pub fn outputs(&self) -> usize {
        self.arguments.iter().filter(|argument| argument.is_output).count()
    }
}

fn string(node: &NodeEnum) -> Option<&str> {
    match node {
        NodeEnum::String(string) => Some(&string.sval),
        _ => None,
    }
}

/// The name of a type of PostgreSQL itself, unless it is an array's.
fn base_name(name: &TypeName) -> Option<&str> {
    if name.pct_type || !name.array_bounds.is_empty() {
        return None;
    }
    let mut parts = name.names.iter().map(|node| node.node.as_ref().and_then(string));
    match (parts.next()??, parts.next(), parts.next()) {
        (name, None, None) => Some(name),
        ("pg_catalog", Some(name), None) => name,
        _ => None,
    }
}

fn is_polymorphic(name: &str) -> bool {
    name.starts_with("any") && name != "any" && builtin_kind(name) == Some("p")
}

/// The `typtype` of a type that PostgreSQL brings.
fn builtin_kind(name: &str) -> Option<&'static str> {
    static KINDS: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        // What PostgreSQL brings is data that was read from a server.
        let lines = include_str!("../../catalog/builtin/facts/types.tsv").lines();
        let cells = lines.filter_map(|line| {
            // Versions, name, schema, text, `typtype`.
            let mut cells = line.split('\t');
            Some((cells.nth(1)?, cells.nth(2)?))
        });
        cells.collect()
    });
    kinds.get(name).copied()
}

/// While a function is checked PostgreSQL takes its polymorphic arguments for integers.
fn argument_kind(name: &TypeName) -> Kind {
    if base_name(name).is_some_and(is_polymorphic) { Kind::Scalar } else { kind_of(name) }
}

/// What is known of a variable of this type.
pub(super) fn kind_of(name: &TypeName) -> Kind {
    if !name.pct_type && !name.array_bounds.is_empty() {
        return Kind::Scalar;
    }
    base_name(name).map_or(Kind::Unknown, kind_of_name)
}

/// What is known of a variable of a type of this plain name.
pub(super) fn kind_of_name(name: &str) -> Kind {
    match name {
        "refcursor" => Kind::Cursor,
        "record" => Kind::Record,
        _ => match builtin_kind(name) {
            Some("p" | "c") | None => Kind::Unknown,
            Some(_) => Kind::Scalar,
        },
    }
}
