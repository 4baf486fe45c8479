//! What kind of values a column's type has: few groups, numbers, or anything else.

use crate::catalog::model::TypeKind;
use crate::catalog::{Catalog, Name, TypeRef};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Values that fall into few groups: text, enums, booleans.
    Few,
    Number,
    Other,
}

pub(super) fn class(catalog: &Catalog, ty: &TypeRef) -> Class {
    match class_name(catalog, ty).as_deref() {
        Some("bool" | "text" | "varchar" | "bpchar" | "char" | "enum" | "citext") => Class::Few,
        Some("int2" | "int4" | "int8" | "numeric" | "float4" | "float8") => Class::Number,
        _ => Class::Other,
    }
}

/// The name of a type below its domains; `enum` for all enums.
pub(super) fn class_name(catalog: &Catalog, ty: &TypeRef) -> Option<Name> {
    let TypeRef::Named { schema, name, array: false, .. } = ty else { return None };
    if &**schema == "pg_catalog" || &**name == "citext" {
        return Some(name.clone());
    }
    match &catalog.user_type(Some(schema), name)?.kind {
        TypeKind::Enum { .. } => Some("enum".into()),
        TypeKind::Domain { base, .. } => class_name(catalog, base),
        _ => None,
    }
}

pub(super) fn is_text(ty: &TypeRef) -> bool {
    (ty.is_builtin("text") || ty.is_builtin("varchar")) && ty.typmod() < 0
        || ty.without_modifier().is_builtin("varchar")
}
