//! What a body must know of the routine around it: arguments, result, search path, the tables whose triggers call it.

use std::sync::Arc;

use super::super::statement::strings;
use super::super::tokens::Tokens;
use super::variables::{Origin, Shape};
use super::{Checker, Conflict};
use crate::catalog::apply::type_name;
use crate::catalog::model::{Catalog, Name, QualifiedName, Volatility};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::is_polymorphic;
use crate::syntax::ast::{
    CreateFunctionStmt, DefElem, FunctionParameter, FunctionParameterMode as Mode, Node, NodeEnum, Token,
    TypeName, a_const,
};
use crate::syntax::plpgsql::ast::StatementKind;
use crate::syntax::plpgsql::{Function, Node as Part, OF_EVENT_TRIGGERS, OF_TRIGGERS};
use crate::syntax::{Parse, grammar};
use crate::text::Span;

/// What RETURN gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Result {
    Void,
    Trigger,
    EventTrigger,
    /// The arguments that are given values, or a table's columns.
    Columns(Vec<TypeRef>),
    Value(TypeRef),
    Unknown,
}

/// An argument; the span is of its name in the statement's code.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Option<Name>,
    pub span: Option<Span>,
    pub ty: TypeRef,
    pub is_input: bool,
    pub is_output: bool,
    pub is_table: bool,
}

/// The head of a function, a procedure or a DO block.
#[derive(Clone, Debug)]
pub struct Routine {
    pub name: Name,
    pub schema: Option<Name>,
    pub is_procedure: bool,
    /// DO
    pub is_block: bool,
    pub arguments: Vec<Argument>,
    pub result: Result,
    pub returns_set: bool,
    /// What it is declared to be, and where in the statement's code that is said. Not of a procedure.
    pub volatility: Option<(Volatility, Span)>,
    /// What a trigger's rows are: those of each table that calls it for rows, where it is known to be called.
    pub rows: Option<Vec<TypeRef>>,
}

impl Routine {
    /// How many arguments it gives values through.
    pub fn outputs(&self) -> usize {
        self.arguments.iter().filter(|argument| argument.is_output).count()
    }

    pub fn block() -> Routine {
        Routine {
            name: "inline_code_block".into(),
            schema: None,
            is_procedure: true,
            is_block: true,
            arguments: Vec::new(),
            result: Result::Void,
            returns_set: false,
            volatility: None,
            rows: None,
        }
    }

    pub fn of(create: &CreateFunctionStmt, parse: &Parse, catalog: &Catalog) -> Routine {
        let tokens = Tokens::new(parse);
        let names = strings(&create.funcname);
        let name = names.last().cloned().unwrap_or_default();
        let schema = names.len().checked_sub(2).map(|at| names[at].clone());
        let mut routine = Routine {
            name: name.clone(),
            is_procedure: create.is_procedure,
            is_block: false,
            arguments: Vec::new(),
            returns_set: create.return_type.as_ref().is_some_and(|ty| ty.setof),
            ..Routine::block()
        };
        for node in &create.parameters {
            let Some(NodeEnum::FunctionParameter(parameter)) = &node.node else { continue };
            let argument = argument(parameter, &tokens, parse, catalog);
            routine.returns_set |= argument.is_table;
            routine.arguments.push(argument);
        }
        let outputs: Vec<TypeRef> = (routine.arguments.iter())
            .filter(|argument| argument.is_output)
            .map(|argument| argument.ty.clone())
            .collect();
        let written = create.return_type.as_ref().map(|ty| resolve(catalog, ty));
        let is_only_out = outputs.len() == 1 && !create.is_procedure;
        routine.result = match (written, &outputs[..]) {
            (_, [only]) if is_only_out => Result::Value(only.clone()),
            (_, [_, ..]) => Result::Columns(outputs),
            (Some(ty), _) if ty.is_builtin("void") => Result::Void,
            (Some(ty), _) if ty.is_builtin("trigger") => Result::Trigger,
            (Some(ty), _) if ty.is_builtin("event_trigger") => Result::EventTrigger,
            (Some(TypeRef::Unknown), _) => Result::Unknown,
            (Some(ty), _) if is_polymorphic(&ty) => Result::Unknown,
            (Some(ty), _) => Result::Value(ty),
            (None, _) if create.is_procedure => Result::Void,
            (None, _) => Result::Unknown,
        };
        if !create.is_procedure
            && let Some(span) = tokens.find_name(&parse.sql, 0, &name)
        {
            let (volatility, at) = declared(create, &tokens);
            routine.volatility = Some((volatility, at.unwrap_or(span)));
        }
        if routine.result == Result::Trigger {
            routine.rows = Some(rows(catalog, schema.as_deref(), &name));
        }
        routine.schema = schema;
        routine
    }
}

fn argument(parameter: &FunctionParameter, tokens: &Tokens, parse: &Parse, catalog: &Catalog) -> Argument {
    let mode = parameter.mode();
    let name = (!parameter.name.is_empty()).then(|| Name::from(parameter.name.as_str()));
    let from = usize::try_from(parameter.location).unwrap_or(0);
    let span = match &name {
        Some(name) => tokens.find_name(&parse.sql, from, name),
        None => parameter.arg_type.as_ref().and_then(|ty| tokens.part(ty.location, 0)),
    };
    let ty = parameter.arg_type.as_ref().map_or(TypeRef::Unknown, |ty| resolve(catalog, ty));
    Argument {
        name,
        span,
        ty: if is_polymorphic(&ty) { TypeRef::Unknown } else { ty },
        is_input: !matches!(mode, Mode::FuncParamOut | Mode::FuncParamTable),
        is_output: matches!(mode, Mode::FuncParamOut | Mode::FuncParamInout | Mode::FuncParamTable),
        is_table: mode == Mode::FuncParamTable,
    }
}

/// What a type name means in a routine's head, where modifiers count for nothing.
fn resolve(catalog: &Catalog, name: &TypeName) -> TypeRef {
    type_name::found(catalog, name).unwrap_or(TypeRef::Unknown).without_modifier()
}

fn options<'a>(create: &'a CreateFunctionStmt, name: &'a str) -> impl Iterator<Item = &'a DefElem> {
    create.options.iter().filter_map(move |node| match &node.node {
        Some(NodeEnum::DefElem(option)) if option.defname == name => Some(&**option),
        _ => None,
    })
}

/// What the function says to be, and where it does.
fn declared(create: &CreateFunctionStmt, tokens: &Tokens) -> (Volatility, Option<Span>) {
    let Some(option) = options(create, "volatility").next() else { return (Volatility::Volatile, None) };
    let volatility = match option.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::String(word)) if word.sval == "immutable" => Volatility::Immutable,
        Some(NodeEnum::String(word)) if word.sval == "stable" => Volatility::Stable,
        _ => Volatility::Volatile,
    };
    (volatility, tokens.part(option.location, 0))
}

/// The rows of the tables whose triggers call a function for each row.
fn rows(catalog: &Catalog, schema: Option<&str>, name: &str) -> Vec<TypeRef> {
    let calls = |function: &QualifiedName| {
        &*function.name == name && schema.is_none_or(|schema| *function.schema == *schema)
    };
    let relations = catalog.relations();
    let calling = relations.filter(|relation| {
        relation.triggers.iter().any(|trigger| trigger.is_for_rows() && calls(&trigger.function))
    });
    calling.map(|relation| TypeRef::named(relation.schema.clone(), relation.name.clone())).collect()
}

/// Where a routine's names are looked up.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// Where the session that calls it looks.
    Session,
    Own(Vec<Name>),
    Unknown,
}

/// `SET search_path = …` of a routine.
pub fn search_path(create: &CreateFunctionStmt) -> Path {
    let mut path = Path::Session;
    for option in options(create, "set") {
        let Some(NodeEnum::VariableSetStmt(set)) = option.arg.as_deref().and_then(|arg| arg.node.as_ref())
        else {
            continue;
        };
        if set.name != "search_path" {
            continue;
        }
        let schemas: Option<Vec<Name>> = set.args.iter().map(constant).collect();
        path = match schemas {
            Some(schemas) if !schemas.is_empty() => {
                Path::Own(schemas.into_iter().filter(|name| !name.is_empty() && &**name != "$user").collect())
            }
            _ => Path::Unknown,
        };
    }
    path
}

fn constant(node: &Node) -> Option<Name> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(text) => Some(text.sval.as_str().into()),
            _ => None,
        },
        _ => None,
    }
}

/// The catalog as the routine may see it when it runs: what its path does not lead to another session's may.
pub fn late(catalog: &Catalog, path: &Path) -> Option<Arc<Catalog>> {
    let mut late = catalog.clone();
    late.search_path = match path {
        Path::Unknown => return None,
        Path::Own(schemas) => schemas.clone().into(),
        Path::Session => {
            let mut schemas = catalog.search_path.to_vec();
            let others = catalog.schemas.keys().filter(|name| !catalog.search_path.contains(name));
            schemas.extend(others.cloned());
            schemas.into()
        }
    };
    late.touch();
    Some(Arc::new(late))
}

/// The catalog with what the body's own DDL may have changed by the time that a statement of it runs: relations that it
/// names have unknown columns, and where the DDL is put together, any name may exist.
pub fn doubted(catalog: Arc<Catalog>, function: &Function) -> Arc<Catalog> {
    let mut names: Vec<String> = Vec::new();
    let mut is_unknown = false;
    function.walk(&mut |node| {
        let Part::Statement(statement) = node else { return };
        let text = &function.text[statement.span.range()];
        match &statement.kind {
            StatementKind::Sql(sql) => {
                let code = sql.code(&function.text);
                let (tokens, _) = grammar::scan(&code);
                let mut tokens = tokens.iter().filter(|token| !token.is_comment());
                if tokens.next().is_some_and(|token| is_definition(token.kind)) {
                    let words = tokens.filter(|token| token.is_name());
                    names.extend(words.map(|token| grammar::folded(&code[token.span.range()])));
                }
            }
            StatementKind::Execute { .. } => {
                let lower = text.to_ascii_lowercase();
                is_unknown |= ["create", "alter", "drop"].iter().any(|word| lower.contains(word));
            }
            _ => {}
        }
    });
    if names.is_empty() && !is_unknown {
        return catalog;
    }
    let mut late = Catalog::clone(&catalog);
    if is_unknown {
        late.forget_names();
    }
    let found: Vec<QualifiedName> = (late.schemas.values())
        .flat_map(|schema| names.iter().filter_map(|name| schema.relations.get(name)))
        .map(|relation| relation.qualified_name())
        .collect();
    for name in found {
        if let Some(relation) = late.relation_mut(&name) {
            relation.unknown_columns = true;
        }
    }
    late.touch();
    Arc::new(late)
}

fn is_definition(token: Token) -> bool {
    matches!(token, Token::Create | Token::Alter | Token::Drop)
}

impl Checker<'_> {
    /// The arguments, and what PL/pgSQL declares itself, in a level that has the function's name for a label.
    pub(super) fn declare_arguments(&mut self) {
        self.variables.enter(Some(&self.routine.name.clone()));
        for (n, argument) in self.routine.arguments.clone().iter().enumerate() {
            let origin = if argument.is_input { Origin::Argument } else { Origin::Output };
            let shape = match self.shape_of(&argument.ty) {
                // The caller gives it one.
                Shape::Unassigned if argument.is_input => Shape::Unknown,
                shape => shape,
            };
            let number = format!("${}", n + 1);
            let id = self.variables.declare(&number, None, shape, origin);
            if argument.is_input {
                self.variables.number(id);
            }
            if let Some(name) = &argument.name {
                self.variables.change(id, |variable| variable.name = name.clone());
                self.variables.alias(name, id);
            }
        }
        let automatic =
            |name: &str, shape: Shape| self.variables.declare(name, None, shape, Origin::Automatic);
        let of = |ty: &str| match ty.strip_suffix("[]") {
            Some(element) => Shape::Of(TypeRef::builtin(element).array_of()),
            None => Shape::Of(TypeRef::builtin(ty)),
        };
        automatic("found", of("bool"));
        match self.routine.result {
            Result::Trigger => {
                // Of several tables no more is known than what all have.
                let row = match self.routine.rows.as_deref() {
                    Some([only]) => Shape::Of(only.clone()),
                    _ => Shape::Unknown,
                };
                for name in ["new", "old"] {
                    automatic(name, row.clone());
                }
                for (name, ty) in OF_TRIGGERS {
                    automatic(name, of(ty));
                }
            }
            Result::EventTrigger => {
                for (name, ty) in OF_EVENT_TRIGGERS {
                    automatic(name, of(ty));
                }
            }
            _ => {}
        }
    }

    pub(super) fn shape_of(&self, ty: &TypeRef) -> Shape {
        match ty {
            TypeRef::Unknown => Shape::Unknown,
            ty if ty.is_builtin("record") => Shape::Unassigned,
            ty => Shape::Of(ty.clone()),
        }
    }
}

/// What `#variable_conflict` says, or else a setting of that name.
pub fn conflict(function: &Function, node: &NodeEnum, catalog: &Catalog) -> Conflict {
    const SETTING: &str = "plpgsql.variable_conflict";
    let is_own = match node {
        NodeEnum::CreateFunctionStmt(create) => options(create, "set").any(|option| {
            let set = option.arg.as_deref().and_then(|arg| arg.node.as_ref());
            matches!(set, Some(NodeEnum::VariableSetStmt(set)) if set.name == SETTING)
        }),
        _ => false,
    };
    let is_set = is_own || catalog.is_set(SETTING);
    // Whatever it is set to, there may be no error.
    let mut conflict = if is_set { Conflict::Column } else { Conflict::Error };
    for option in &function.options {
        let word = |span: Span| function.text[span.range()].to_ascii_lowercase();
        if !word(option.name).contains("variable_conflict") {
            continue;
        }
        conflict = match option.value.map(word).as_deref() {
            Some("use_variable") => Conflict::Variable,
            Some("use_column") => Conflict::Column,
            _ => Conflict::Error,
        };
    }
    conflict
}
