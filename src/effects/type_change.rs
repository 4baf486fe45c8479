//! Whether ALTER COLUMN TYPE must write the rows anew (ATColumnChangeRequiresRewrite in tablecmds.c).
//!
//! It need not when the conversion is only a relabelling: a binary coercible cast, a domain without constraints, or a
//! length that the planner's support functions prove to be no tighter.

use crate::catalog::model::TypeKind;
use crate::catalog::{Catalog, TypeRef, builtin};
use crate::syntax::ast::{Node, NodeEnum};

use super::builder::string;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TypeChange {
    Relabel,
    Rewrite,
    /// "it is rewritten " …
    Unknown(String),
}

impl TypeChange {
    fn and(self, other: TypeChange) -> TypeChange {
        match (self, other) {
            (TypeChange::Rewrite, _) | (_, TypeChange::Rewrite) => TypeChange::Rewrite,
            (TypeChange::Unknown(why), _) | (_, TypeChange::Unknown(why)) => TypeChange::Unknown(why),
            _ => TypeChange::Relabel,
        }
    }
}

/// What the type change of a column does, with its USING expression.
pub(super) fn column_change(
    catalog: &Catalog,
    column: &str,
    from: &TypeRef,
    to: &TypeRef,
    using: Option<&Node>,
) -> TypeChange {
    let Some(using) = using else { return change(catalog, from, to) };
    match using_type(catalog, column, from, using) {
        Some((changed, result)) => changed.and(change(catalog, &result, to)),
        None => TypeChange::Rewrite,
    }
}

/// Of an expression that is only the column with casts around it: what the casts do, and the type they give.
fn using_type(
    catalog: &Catalog,
    column: &str,
    from: &TypeRef,
    expression: &Node,
) -> Option<(TypeChange, TypeRef)> {
    match expression.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => {
            let name = string(reference.fields.last()?)?;
            (name == column).then(|| (TypeChange::Relabel, from.clone()))
        }
        NodeEnum::TypeCast(cast) => {
            let (inner, ty) = using_type(catalog, column, from, cast.arg.as_deref()?)?;
            let to = crate::catalog::apply::type_name::resolve(catalog, cast.type_name.as_ref()?);
            Some((inner.and(change(catalog, &ty, &to)), to))
        }
        _ => None,
    }
}

fn change(catalog: &Catalog, from: &TypeRef, to: &TypeRef) -> TypeChange {
    let unknown = || TypeChange::Unknown("unless the new type has the same form in storage".into());
    if from == to && *to != TypeRef::Unknown {
        return TypeChange::Relabel;
    }
    let (from, to) = match (domain(catalog, from), domain(catalog, to)) {
        // A domain with constraints is checked in every row, which PostgreSQL does by writing them.
        (_, Some((_, true))) => return TypeChange::Rewrite,
        (from_base, to_base) => {
            (from_base.map_or(from.clone(), |(base, _)| base), to_base.map_or(to.clone(), |(base, _)| base))
        }
    };
    let (
        TypeRef::Named { schema: from_schema, name: from_name, typmod: old, array: from_array },
        TypeRef::Named { schema: to_schema, name: to_name, typmod: new, array: to_array },
    ) = (&from, &to)
    else {
        return unknown();
    };
    let same = from_schema == to_schema && from_name == to_name && from_array == to_array;
    if *from_array || *to_array {
        // An array's elements are converted one by one, even where that does nothing to them.
        return if same && (old == new || *new < 0) { TypeChange::Relabel } else { TypeChange::Rewrite };
    }
    if same {
        if old == new || *new < 0 {
            return TypeChange::Relabel;
        }
        return match &**from_schema {
            "pg_catalog" => length_change(from_name, *old, *new),
            _ => unknown(),
        };
    }
    if &**from_schema == "pg_catalog" && &**to_schema == "pg_catalog" {
        return builtin_change(from_name, to_name, *old, *new);
    }
    for (schema, name, other_schema, other) in
        [(from_schema, from_name, to_schema, to_name), (to_schema, to_name, from_schema, from_name)]
    {
        if &**schema == "pg_catalog" {
            continue;
        }
        // citext's casts to and from text and varchar have no function.
        if &**name == "citext" && &**other_schema == "pg_catalog" && matches!(&**other, "text" | "varchar") {
            return if *new < 0 { TypeChange::Relabel } else { TypeChange::Rewrite };
        }
        if let Some(TypeKind::Enum { .. } | TypeKind::Range { .. } | TypeKind::Composite) =
            catalog.user_type(Some(schema), name).map(|ty| &ty.kind)
        {
            return TypeChange::Rewrite;
        }
    }
    unknown()
}

/// A domain's base type, and whether it or one below it has constraints.
pub(super) fn domain(catalog: &Catalog, ty: &TypeRef) -> Option<(TypeRef, bool)> {
    let TypeRef::Named { schema, name, array: false, .. } = ty else { return None };
    let found = catalog.user_type(Some(schema), name)?;
    let TypeKind::Domain { base, not_null, checks, .. } = &found.kind else { return None };
    let constrained = *not_null || !checks.is_empty();
    match domain(catalog, base) {
        Some((base, deeper)) => Some((base, constrained || deeper)),
        None => Some((base.clone(), constrained)),
    }
}

/// The same type with another modifier: varchar_support, numeric_support and their kin.
fn length_change(name: &str, old: i32, new: i32) -> TypeChange {
    let precision = |typmod: i32| if typmod < 0 { 6 } else { typmod };
    let wider = match name {
        "varchar" | "varbit" => old >= 0 && new >= old,
        "numeric" => {
            old >= 0 && (old - 4) & 0xffff == (new - 4) & 0xffff && (old - 4) >> 16 <= (new - 4) >> 16
        }
        "timestamp" | "timestamptz" | "time" | "timetz" => precision(new) >= precision(old),
        "interval" => {
            let (range, seconds) = (|typmod: i32| typmod >> 16 & 0x7fff, |typmod: i32| typmod & 0xffff);
            if old >= 0 && range(old) != range(new) || old < 0 && range(new) != 0x7fff {
                return TypeChange::Unknown("unless the new interval keeps every field".into());
            }
            let old = if old < 0 { 0xffff } else { seconds(old) };
            seconds(new) >= old.min(6)
        }
        _ => false,
    };
    if wider { TypeChange::Relabel } else { TypeChange::Rewrite }
}

fn builtin_change(from: &str, to: &str, old: i32, new: i32) -> TypeChange {
    if matches!((from, to), ("timestamp", "timestamptz") | ("timestamptz", "timestamp")) {
        if length_change("timestamp", old, new) == TypeChange::Rewrite {
            return TypeChange::Rewrite;
        }
        return TypeChange::Unknown("unless the session's TimeZone is UTC".into());
    }
    let binary = builtin::facts().cast(from, to).is_some_and(|cast| cast.method == 'b');
    // A length is then cut by a function of its own, which knows nothing of the old one.
    if binary && new < 0 { TypeChange::Relabel } else { TypeChange::Rewrite }
}
