//! What stands in parentheses behind a type: `varchar(10)`, `numeric(10, 2)`.

use crate::syntax::ast::{AConst, Node, NodeEnum, TypeName, a_const};

use super::super::model::{Catalog, TypeKind};
use super::super::types::TypeRef;
use super::strings;
use super::type_name::Missing;

/// `atttypmod` of the modifiers in parentheses, as the type's `typmodin` makes it.
pub(super) fn modifier(schema: &str, name: &str, modifiers: &[Node]) -> i32 {
    let numbers: Vec<i32> = modifiers.iter().filter_map(integer).collect();
    let Some(&first) = numbers.first() else { return -1 };
    if schema != "pg_catalog" {
        return if numbers.len() == 1 { first } else { -1 };
    }
    match name {
        "varchar" | "bpchar" => first.saturating_add(4),
        "numeric" => {
            let scale = numbers.get(1).copied().unwrap_or(0);
            ((first << 16) | (scale & 0x7ff)) + 4
        }
        "interval" => {
            let precision = numbers.get(1).copied().unwrap_or(0xffff);
            if first == 0x7fff && numbers.len() == 1 { -1 } else { (precision & 0xffff) | (first << 16) }
        }
        "time" | "timetz" | "timestamp" | "timestamptz" => first.min(6),
        _ => first,
    }
}

/// An integer constant, with a sign perhaps.
pub(super) fn integer(node: &Node) -> Option<i32> {
    match node.node.as_ref()? {
        NodeEnum::AConst(AConst { val: Some(a_const::Val::Ival(value)), .. }) => Some(value.ival),
        NodeEnum::Integer(value) => Some(value.ival),
        NodeEnum::AExpr(expression) if expression.lexpr.is_none() => {
            Some(-integer(expression.rexpr.as_ref()?)?)
        }
        _ => None,
    }
}

/// What PostgreSQL has against a modifier (typenameTypeMod and the types' `typmodin`).
pub(super) fn wrong(catalog: &Catalog, resolved: &TypeRef, ty: &TypeName) -> Option<Missing> {
    let TypeRef::Named { schema, name, .. } = resolved else { return None };
    if ty.typmods.is_empty() || ty.pct_type {
        return None;
    }
    let no = |message: String| Some(Missing { sqlstate: "22023", message });
    let not_allowed = || {
        let message = format!("type modifier is not allowed for type \"{}\"", strings(&ty.names).join("."));
        Some(Missing { sqlstate: "42601", message })
    };
    if &**schema != "pg_catalog" {
        // A base type may take any; the others take none.
        let kind = catalog.user_type(Some(schema), name).map(|ty| &ty.kind);
        return match kind {
            Some(TypeKind::Base | TypeKind::Shell) | None => None,
            Some(_) => not_allowed(),
        };
    }
    let numbers: Option<Vec<i32>> = ty.typmods.iter().map(integer).collect();
    let length = |word: &str, most: i32| match numbers.as_deref() {
        Some([length]) if *length < 1 => no(format!("length for type {word} must be at least 1")),
        Some([length]) if *length > most => no(format!("length for type {word} cannot exceed {most}")),
        Some([_]) | None => None,
        Some(_) => no("invalid type modifier".into()),
    };
    match &**name {
        "varchar" => length("varchar", 10_485_760),
        "bpchar" => length("char", 10_485_760),
        "bit" => length("bit", 83_886_080),
        "varbit" => length("varbit", 83_886_080),
        "numeric" => match numbers.as_deref()? {
            [precision, ..] if ty.typmods.len() < 3 && !(1..=1000).contains(precision) => {
                no(format!("NUMERIC precision {precision} must be between 1 and 1000"))
            }
            [precision, scale] if catalog.is_older_than(15) => (!(0..=*precision).contains(scale))
                .then(|| format!("NUMERIC scale {scale} must be between 0 and precision {precision}"))
                .and_then(no),
            [_, scale] => (!(-1000..=1000).contains(scale))
                .then(|| format!("NUMERIC scale {scale} must be between -1000 and 1000"))
                .and_then(no),
            [_] => None,
            _ => no("invalid NUMERIC type modifier".into()),
        },
        "time" | "timetz" | "timestamp" | "timestamptz" | "interval" => None,
        _ => not_allowed(),
    }
}
