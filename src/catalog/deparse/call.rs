//! Calls of functions, also of those that have a syntax of their own.

use crate::syntax::ast::{self, CoercionForm, NodeEnum, SqlValueFunctionOp};

use super::super::quote;
use super::super::types::TypeRef;
use super::coerce::{Context, coerce};
use super::transform::{builtin, known, new, raw, text_of, transform};
use super::{Expr, Kind, Piece, Scope, resolve};

pub(super) fn func_call(scope: &Scope, call: &ast::FuncCall) -> Expr {
    let catalog = scope.catalog;
    let parts: Vec<&str> = call.funcname.iter().map(text_of).collect();
    let (schema, name) = match parts.as_slice() {
        [name] => (None, *name),
        [.., schema, name] => (Some(*schema), *name),
        [] => return raw(""),
    };
    let own_syntax = call.funcformat() == CoercionForm::CoerceSqlSyntax;
    // Before 14 such syntax was another way to write a call, and EXTRACT was date_part.
    let name = if own_syntax && name == "extract" && catalog.is_older_than(14) { "date_part" } else { name };
    let args: Vec<Expr> = call.args.iter().map(|arg| transform(scope, arg)).collect();
    let types: Vec<TypeRef> = args.iter().map(|arg| arg.ty.clone()).collect();
    let named = call.args.iter().any(|arg| matches!(arg.node, Some(NodeEnum::NamedArgExpr(_))));
    let found =
        if named || call.func_variadic { None } else { resolve::function(catalog, schema, name, &types) };
    let result = match (&found, resolve::only_result(catalog, schema, name)) {
        (Some(found), _) => found.result.clone(),
        (None, Some(only)) => only,
        (None, None) => TypeRef::Unknown,
    };
    let any = |ty: &TypeRef| ty.is_builtin("any");
    let args: Vec<Expr> = match &found {
        Some(found) => (args.into_iter().zip(&found.inputs))
            .map(|(arg, ty)| match any(ty) {
                true => arg,
                false if *ty == TypeRef::Unknown => known(scope, arg),
                false => coerce(catalog, arg, ty, Context::Implicit),
            })
            .collect(),
        None => args.into_iter().map(|arg| known(scope, arg)).collect(),
    };
    if own_syntax
        && !catalog.is_older_than(14)
        && let Some(pieces) = syntax(name, &args)
    {
        return new(result, Kind::Syntax(pieces));
    }
    let printed = match found.and_then(|found| found.name) {
        Some(name) => name,
        None => match schema {
            Some(schema) => super::relation_text(schema, name),
            None => quote::identifier(name),
        },
    };
    new(result, Kind::Call { name: printed, args, variadic: call.func_variadic })
}

/// Functions that are printed in the syntax that they were written in (get_func_sql_syntax).
fn syntax(name: &str, args: &[Expr]) -> Option<Vec<Piece>> {
    let text = |text: &str| Piece::Text(text.into());
    let arg = |n: usize| args.get(n).cloned().map(Piece::Arg);
    Some(match (name, args.len()) {
        ("timezone", 2) => vec![text("("), arg(1)?, text(" AT TIME ZONE "), arg(0)?, text(")")],
        ("timezone", 1) => vec![text("("), arg(0)?, text(" AT LOCAL)")],
        ("extract", 2) => {
            let Kind::Const(Some(field)) = &args[0].kind else { return None };
            vec![text(&format!("EXTRACT({field} FROM ")), arg(1)?, text(")")]
        }
        ("position", 2) => vec![text("POSITION(("), arg(1)?, text(") IN ("), arg(0)?, text("))")],
        ("overlaps", 4) => {
            vec![
                text("(("),
                arg(0)?,
                text(", "),
                arg(1)?,
                text(") OVERLAPS ("),
                arg(2)?,
                text(", "),
                arg(3)?,
                text("))"),
            ]
        }
        ("btrim" | "ltrim" | "rtrim", count @ (1 | 2)) => {
            let side = match name {
                "btrim" => "BOTH",
                "ltrim" => "LEADING",
                _ => "TRAILING",
            };
            let mut pieces = vec![text(&format!("TRIM({side}"))];
            if count == 2 {
                pieces.extend([text(" "), arg(1)?]);
            }
            pieces.extend([text(" FROM "), arg(0)?, text(")")]);
            pieces
        }
        // With a pattern instead of numbers it is a call like any other.
        ("substring", count @ (2 | 3)) if args[1].ty.is_builtin("int4") => {
            let mut pieces = vec![text("SUBSTRING("), arg(0)?, text(" FROM "), arg(1)?];
            if count == 3 {
                pieces.extend([text(" FOR "), arg(2)?]);
            }
            pieces.push(text(")"));
            pieces
        }
        ("overlay", count @ (3 | 4)) => {
            let mut pieces =
                vec![text("OVERLAY("), arg(0)?, text(" PLACING "), arg(1)?, text(" FROM "), arg(2)?];
            if count == 4 {
                pieces.extend([text(" FOR "), arg(3)?]);
            }
            pieces.push(text(")"));
            pieces
        }
        ("pg_collation_for", 1) => vec![text("COLLATION FOR ("), arg(0)?, text(")")],
        _ => return None,
    })
}

pub(super) fn value_function(function: &ast::SqlValueFunction) -> Expr {
    use SqlValueFunctionOp::*;
    let (word, ty) = match function.op() {
        SvfopCurrentDate => ("CURRENT_DATE", "date"),
        SvfopCurrentTime | SvfopCurrentTimeN => ("CURRENT_TIME", "timetz"),
        SvfopCurrentTimestamp | SvfopCurrentTimestampN => ("CURRENT_TIMESTAMP", "timestamptz"),
        SvfopLocaltime | SvfopLocaltimeN => ("LOCALTIME", "time"),
        SvfopLocaltimestamp | SvfopLocaltimestampN => ("LOCALTIMESTAMP", "timestamp"),
        SvfopCurrentRole => ("CURRENT_ROLE", "name"),
        SvfopCurrentUser => ("CURRENT_USER", "name"),
        SvfopUser => ("USER", "name"),
        SvfopSessionUser => ("SESSION_USER", "name"),
        SvfopCurrentCatalog => ("CURRENT_CATALOG", "name"),
        SvfopCurrentSchema => ("CURRENT_SCHEMA", "name"),
        SqlvalueFunctionOpUndefined => return raw(""),
    };
    let counted = matches!(
        function.op(),
        SvfopCurrentTimeN | SvfopCurrentTimestampN | SvfopLocaltimeN | SvfopLocaltimestampN
    );
    let text = if counted { format!("{word}({})", function.typmod) } else { word.to_owned() };
    builtin(ty, Kind::Keyword(text))
}
