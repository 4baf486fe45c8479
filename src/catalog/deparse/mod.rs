//! Expressions as PostgreSQL prints them back: `pg_get_expr`, and what its relatives put around it.
//!
//! PostgreSQL stores an expression analysed, every literal with a type and every implicit cast made, and prints that.
//! So a tree is analysed here as far as that takes (operators, functions and casts of pg_catalog from the facts), then
//! printed by the rules of ruleutils.c.

mod call;
pub mod coerce;
mod literal;
mod operator;
mod print;
pub mod query;
mod resolve;
mod scope;
mod transform;

use std::sync::Arc;

use crate::syntax::ast::{Node, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};

use super::model::{Catalog, Column, Name};
use super::quote;
use super::types::TypeRef;

pub use scope::{Item, Scope};

/// An analysed expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub ty: TypeRef,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A column, as its text.
    Column(String),
    /// A constant in its type's output form; `None` is NULL.
    Const(Option<String>),
    Call {
        name: String,
        args: Vec<Expr>,
        variadic: bool,
    },
    /// A function with a syntax of its own: texts and arguments in turn.
    Syntax(Vec<Piece>),
    Cast {
        arg: Box<Expr>,
        implicit: bool,
    },
    Op {
        name: String,
        left: Option<Box<Expr>>,
        right: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// `(arg IS NULL)` and its like.
    Test {
        arg: Box<Expr>,
        test: &'static str,
    },
    AnyOp {
        left: Box<Expr>,
        op: String,
        all: bool,
        right: Box<Expr>,
    },
    Array(Vec<Expr>),
    Case {
        arg: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        default: Box<Expr>,
    },
    /// COALESCE, GREATEST, LEAST, NULLIF, ROW.
    List {
        head: &'static str,
        args: Vec<Expr>,
    },
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Keyword(String),
    Collate {
        arg: Box<Expr>,
        name: String,
    },
    Subscript {
        arg: Box<Expr>,
        subscripts: Vec<(Option<Expr>, Option<Expr>, bool)>,
    },
    Field {
        arg: Box<Expr>,
        name: String,
    },
    /// What is not analysed, as text.
    Raw(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Arg(Expr),
}

/// An expression's text, and what is known of it.
#[derive(Clone, Debug)]
pub struct Printed {
    /// As `pg_get_expr` prints it.
    pub text: String,
    pub ty: TypeRef,
    /// The columns that it uses, by name, each once, in order of appearance.
    pub columns: Vec<Name>,
    /// The names without a qualifier in it that are no column, with where they stand.
    pub missing: Vec<(Name, i32)>,
    function_like: bool,
}

impl Printed {
    /// As an index's or a partition's key, where only a function call goes without parentheses.
    pub fn in_parentheses_unless_function(self) -> String {
        if self.function_like { self.text } else { format!("({})", self.text) }
    }
}

/// An expression over a table's columns; `target` is the type that it is assigned to.
pub fn expression(
    catalog: &Catalog,
    columns: &[Arc<Column>],
    node: &Node,
    target: Option<&TypeRef>,
) -> Printed {
    let scope = Scope::of_columns(catalog, columns);
    printed(&scope, node, target)
}

/// A trigger's condition, in which `old` and `new` are rows of its table.
pub fn trigger_condition(catalog: &Catalog, columns: &[Arc<Column>], node: &Node) -> String {
    let columns: Vec<_> = columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
    let items = ["old", "new"]
        .map(|name| Item { name: name.into(), columns: columns.clone(), ..Item::default() })
        .to_vec();
    let scope = Scope { items, qualified: true, ..Scope::new(catalog) };
    printed(&scope, node, Some(&TypeRef::builtin("bool"))).text
}

/// A domain's check, in which `VALUE` stands for the value.
pub fn domain_check(catalog: &Catalog, value: &[Arc<Column>], node: &Node) -> Printed {
    let mut scope = Scope::of_columns(catalog, value);
    scope.value = true;
    printed(&scope, node, Some(&TypeRef::builtin("bool")))
}

fn printed(scope: &Scope, node: &Node, target: Option<&TypeRef>) -> Printed {
    let mut expr = transform::transform(scope, node);
    if let Some(target) = target {
        expr = coerce::coerce(scope.catalog, expr, target, coerce::Context::Assignment);
    } else if expr.ty.is_builtin("unknown") {
        expr = coerce::coerce(scope.catalog, expr, &TypeRef::builtin("text"), coerce::Context::Implicit);
    }
    Printed {
        text: print::print(&expr),
        function_like: looks_like_function(&expr),
        columns: scope.used.take(),
        missing: scope.missing.take(),
        ty: expr.ty,
    }
}

/// ruleutils.c's looks_like_function.
fn looks_like_function(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Call { .. } | Kind::Syntax(_) | Kind::List { .. } | Kind::Keyword(_) => true,
        Kind::Cast { arg, implicit: true } => looks_like_function(arg),
        _ => false,
    }
}

/// An expression's type; of a literal that nothing gives one, `unknown`.
fn infer_untyped(scope: &Scope, node: &Node) -> TypeRef {
    transform::transform(scope, node).ty
}

/// An expression's type.
pub fn infer(scope: &Scope, node: &Node) -> TypeRef {
    let ty = infer_untyped(scope, node);
    if ty.is_builtin("unknown") { TypeRef::builtin("text") } else { ty }
}

/// What a call of a function with arguments of these types returns.
pub fn call_result(catalog: &Catalog, schema: Option<&str>, name: &str, arguments: &[TypeRef]) -> TypeRef {
    if arguments.iter().any(coerce::is_polymorphic) {
        return resolve::declared_result(catalog, schema, name).unwrap_or(TypeRef::Unknown);
    }
    match resolve::function(catalog, schema, name, arguments) {
        Some(found) => found.result,
        None => resolve::only_result(catalog, schema, name).unwrap_or(TypeRef::Unknown),
    }
}

/// A value in a partition's bound: a constant of the key's type, printed without its type.
pub fn bound_value(catalog: &Catalog, node: &Node, ty: &TypeRef) -> String {
    let scope = Scope::new(catalog);
    let expr = transform::transform(&scope, node);
    let expr =
        if *ty == TypeRef::Unknown { expr } else { coerce::fold(catalog, expr, &ty.without_modifier()) };
    print::bound(&expr)
}

/// Printed text, printed again now that a column has another type; casts that only that type needed go or come.
pub fn reprint(catalog: &Catalog, columns: &[Arc<Column>], text: &str) -> Option<String> {
    let node = parse(text)?;
    Some(expression(catalog, columns, &node, None).text)
}

/// An index's key, likewise.
pub fn reprint_key(catalog: &Catalog, columns: &[Arc<Column>], text: &str) -> Option<String> {
    let node = parse(text)?;
    Some(expression(catalog, columns, &node, None).in_parentheses_unless_function())
}

/// A default whose column has another type now.
pub fn reprint_default(
    catalog: &Catalog,
    columns: &[Arc<Column>],
    text: &str,
    ty: &TypeRef,
) -> Option<String> {
    let node = parse(text)?;
    Some(expression(catalog, columns, &node, Some(ty)).text)
}

/// The type of an expression that is kept as text.
pub fn type_of(catalog: &Catalog, columns: &[Arc<Column>], text: &str) -> TypeRef {
    parse(text).map_or(TypeRef::Unknown, |node| expression(catalog, columns, &node, None).ty)
}

/// A check constraint's definition, likewise.
pub fn reprint_check(catalog: &Catalog, columns: &[Arc<Column>], definition: &str) -> Option<String> {
    let inner = definition.strip_prefix("CHECK (")?;
    let end = inner.rfind(')')?;
    let text = reprint(catalog, columns, &inner[..end])?;
    Some(format!("CHECK ({text}){}", &inner[end + 1..]))
}

fn parse(expression: &str) -> Option<Node> {
    let tree = grammar::parse(&format!("SELECT {expression}"), ParseMode::Statements).ok()?;
    let statement = tree.stmts.into_iter().next()?.stmt?;
    let Some(NodeEnum::SelectStmt(select)) = statement.node else { return None };
    match select.target_list.into_iter().next()?.node? {
        NodeEnum::ResTarget(target) => Some(*target.val?),
        _ => None,
    }
}

/// A relation's or function's name as PostgreSQL prints it when `public` is the search path.
pub fn relation_text(schema: &str, name: &str) -> String {
    if schema == "public" || schema == super::model::TEMPORARY || schema == "pg_catalog" {
        quote::identifier(name)
    } else {
        quote::qualified(schema, name)
    }
}

/// Columns that every table has.
pub fn is_system_column(name: &str) -> bool {
    matches!(name, "tableoid" | "ctid" | "xmin" | "cmin" | "xmax" | "cmax")
}

#[cfg(test)]
mod tests;
