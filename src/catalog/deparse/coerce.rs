//! Casts between types: which are possible, and what they make of an expression.

use super::super::builtin;
use super::super::model::{Catalog, Entity, EntityKind, RelationKind, TypeKind, Value};
use super::super::types::TypeRef;
use super::{Expr, Kind, literal};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    Implicit,
    Assignment,
    Explicit,
}

pub(super) fn same(a: &TypeRef, b: &TypeRef) -> bool {
    match (a, b) {
        (
            TypeRef::Named { schema: s1, name: n1, array: a1, .. },
            TypeRef::Named { schema: s2, name: n2, array: a2, .. },
        ) => s1 == s2 && n1 == n2 && a1 == a2,
        _ => false,
    }
}

pub(super) fn is_unknown_literal(ty: &TypeRef) -> bool {
    ty.is_builtin("unknown")
}

/// The type under a domain, with the domain's modifier; any other type itself.
pub fn base_type(catalog: &Catalog, ty: &TypeRef) -> TypeRef {
    let mut ty = ty.clone();
    for _ in 0..32 {
        let TypeRef::Named { schema, name, array: false, .. } = &ty else { return ty };
        match catalog.user_type(Some(schema), name).map(|found| &found.kind) {
            Some(TypeKind::Domain { base, .. }) => ty = base.clone(),
            _ => return ty,
        }
    }
    ty
}

/// `pg_type.typcategory`
pub(super) fn category(catalog: &Catalog, ty: &TypeRef) -> char {
    let TypeRef::Named { schema, name, array, .. } = ty else { return ' ' };
    if *array {
        return 'A';
    }
    if &**schema == "pg_catalog" {
        return builtin::facts().ty(name).map_or('C', |fact| fact.category);
    }
    match catalog.user_type(Some(schema), name).map(|found| &found.kind) {
        Some(TypeKind::Enum { .. }) => 'E',
        Some(TypeKind::Range { .. }) => 'R',
        Some(TypeKind::Domain { base, .. }) => category(catalog, base),
        Some(TypeKind::Composite) => 'C',
        _ if &**name == "citext" => 'S',
        Some(_) => 'U',
        None if catalog.relation(Some(schema), name).is_some() => 'C',
        None => 'U',
    }
}

pub(super) fn preferred(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Named { schema, name, array: false, .. } if &**schema == "pg_catalog" => {
            builtin::facts().ty(name).is_some_and(|fact| fact.preferred)
        }
        _ => false,
    }
}

/// The name of a type of pg_catalog that is no array.
pub(super) fn builtin_name(ty: &TypeRef) -> Option<&str> {
    match ty {
        TypeRef::Named { schema, name, array: false, .. } if &**schema == "pg_catalog" => Some(name),
        _ => None,
    }
}

/// Whether a pseudo-type stands for many.
pub(super) fn is_polymorphic(ty: &TypeRef) -> bool {
    builtin_name(ty).is_some_and(|name| name.starts_with("any"))
}

/// can_coerce_type, for implicit casts.
pub(super) fn can_coerce(catalog: &Catalog, from: &TypeRef, to: &TypeRef) -> bool {
    if same(from, to) || is_unknown_literal(from) || *from == TypeRef::Unknown {
        return true;
    }
    match builtin_name(to) {
        Some("any" | "anyelement" | "anycompatible") => return true,
        Some("anynonarray" | "anycompatiblenonarray") => return from.element().is_none(),
        Some("anyarray" | "anycompatiblearray") => return base_type(catalog, from).element().is_some(),
        Some("anyenum") => return category(catalog, from) == 'E',
        Some("anyrange" | "anycompatiblerange") => {
            return category(catalog, from) == 'R' && !is_multirange(from);
        }
        Some("anymultirange" | "anycompatiblemultirange") => return is_multirange(from),
        Some("record") => return category(catalog, from) == 'C',
        _ => {}
    }
    if let (Some(one), Some(two)) = (from.element(), to.element()) {
        return can_coerce(catalog, &one, &two);
    }
    let base = base_type(catalog, from);
    if !same(&base, from) {
        return can_coerce(catalog, &base, to);
    }
    match (builtin_name(from), builtin_name(to)) {
        (Some(from), Some(to)) => builtin::facts().cast(from, to).is_some_and(|cast| cast.context == 'i'),
        _ => has_implicit_cast(catalog, from, to),
    }
}

/// Whether a cast that was created, by an extension or otherwise, is made unasked.
fn has_implicit_cast(catalog: &Catalog, from: &TypeRef, to: &TypeRef) -> bool {
    let is = |entity: &Entity, side: &str, ty: &TypeRef| matches!(entity.get(side), Some(Value::Type(of)) if same(of, ty));
    catalog.entities_named(EntityKind::Cast, None, "").into_iter().any(|cast| {
        is(cast, "source", from)
            && is(cast, "target", to)
            && cast.text("context").is_some_and(|context| &**context == "implicit")
    })
}

fn is_multirange(ty: &TypeRef) -> bool {
    builtin_name(ty).is_some_and(|name| name.ends_with("multirange"))
}

/// The type that expressions of these types have in common (select_common_type).
pub fn common_type(catalog: &Catalog, types: &[TypeRef]) -> Option<TypeRef> {
    let first = types.first()?;
    if types.iter().all(|ty| same(ty, first)) && !is_unknown_literal(first) {
        return Some(if types.iter().all(|ty| ty == first) {
            first.clone()
        } else {
            first.without_modifier()
        });
    }
    if types.contains(&TypeRef::Unknown) {
        return None;
    }
    let mut chosen: Option<TypeRef> = None;
    for ty in types.iter().filter(|ty| !is_unknown_literal(ty)) {
        let ty = base_type(catalog, ty).without_modifier();
        match &chosen {
            None => chosen = Some(ty),
            Some(own) if same(own, &ty) => {}
            Some(own) => {
                if category(catalog, own) != category(catalog, &ty) {
                    return None;
                }
                if !preferred(own) && can_coerce(catalog, own, &ty) && !can_coerce(catalog, &ty, own) {
                    chosen = Some(ty);
                }
            }
        }
    }
    Some(chosen.unwrap_or_else(|| TypeRef::builtin("text")))
}

/// `expr` as a `target`: a literal gets the type, anything else a cast where the types differ.
pub(super) fn coerce(catalog: &Catalog, expr: Expr, target: &TypeRef, context: Context) -> Expr {
    if *target == TypeRef::Unknown || is_polymorphic(target) {
        return expr;
    }
    let implicit = context != Context::Explicit;
    if is_unknown_literal(&expr.ty) {
        if let Kind::Const(value) = &expr.kind {
            let base = base_type(catalog, target);
            let bare = base.without_modifier();
            let text = value.as_ref().map(|text| match bare.is_builtin("regclass") {
                true => relation_literal(catalog, text),
                false => literal::normalize(&bare, text),
            });
            let constant = Expr { ty: bare, kind: Kind::Const(text) };
            let sized = base.typmod() >= 0 && context != Context::Implicit;
            let constant = if sized && has_length(&base) {
                Expr {
                    ty: base.clone(),
                    kind: Kind::Cast { arg: Box::new(constant), implicit: implicit || !same(&base, target) },
                }
            } else {
                constant
            };
            if same(&base, target) {
                return constant;
            }
            return Expr { ty: target.clone(), kind: Kind::Cast { arg: Box::new(constant), implicit } };
        }
        return Expr { ty: target.clone(), ..expr };
    }
    // PostgreSQL pushes a cast under COLLATE.
    if let Kind::Collate { arg, name } = expr.kind {
        let arg = coerce(catalog, *arg, target, context);
        return Expr { ty: arg.ty.clone(), kind: Kind::Collate { arg: Box::new(arg), name } };
    }
    let equal = same(&expr.ty, target);
    if equal && (expr.ty.typmod() == target.typmod() || context == Context::Implicit) {
        return expr;
    }
    // The elements of an array that is written out are cast one by one.
    if let (Kind::Array(elements), Some(element), Context::Explicit) = (&expr.kind, target.element(), context)
    {
        if elements.is_empty() {
            return Expr { ty: target.clone(), kind: expr.kind };
        }
        if expr.ty == TypeRef::Unknown || !equal {
            let elements = elements.iter().map(|e| coerce(catalog, e.clone(), &element, Context::Explicit));
            return Expr { ty: target.clone(), kind: Kind::Array(elements.collect()) };
        }
    }
    if expr.ty == TypeRef::Unknown && implicit {
        return expr;
    }
    Expr { ty: target.clone(), kind: Kind::Cast { arg: Box::new(expr), implicit } }
}

/// A relation's name in a literal, as `regclass` prints it.
fn relation_literal(catalog: &Catalog, text: &str) -> String {
    let (tokens, _) = crate::syntax::grammar::scan(text);
    let parts: Vec<String> = (tokens.iter())
        .map(|token| &text[token.span.start..token.span.end])
        .filter(|part| *part != ".")
        .map(|part| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => part.to_ascii_lowercase(),
        })
        .collect();
    let found = match parts.as_slice() {
        [name] => catalog.relation(None, name),
        [schema, name] => catalog.relation(Some(schema), name),
        _ => None,
    };
    found.map_or_else(|| text.to_owned(), |relation| super::relation_text(&relation.schema, &relation.name))
}

/// A constant turned into another type at once, as a partition's bound is.
pub(super) fn fold(catalog: &Catalog, expr: Expr, target: &TypeRef) -> Expr {
    match expr.kind {
        Kind::Const(Some(text)) => {
            let base = base_type(catalog, target).without_modifier();
            let text = literal::normalize(&base, &text);
            Expr { ty: base, kind: Kind::Const(Some(text)) }
        }
        Kind::Cast { arg, .. } => fold(catalog, *arg, target),
        kind => Expr { ty: expr.ty, kind },
    }
}

/// Types whose modifier a function enforces.
fn has_length(ty: &TypeRef) -> bool {
    let element = ty.element();
    matches!(
        builtin_name(element.as_ref().unwrap_or(ty)),
        Some(
            "varchar"
                | "bpchar"
                | "numeric"
                | "bit"
                | "varbit"
                | "time"
                | "timetz"
                | "timestamp"
                | "timestamptz"
                | "interval"
        )
    )
}

/// A composite type's field.
pub(super) fn field_type(catalog: &Catalog, ty: &TypeRef, field: &str) -> TypeRef {
    match ty {
        TypeRef::Named { schema, name, array: false, .. } => (catalog.relation(Some(schema), name))
            .filter(|relation| relation.kind != RelationKind::Sequence)
            .and_then(|relation| relation.column(field))
            .map_or(TypeRef::Unknown, |column| column.ty.clone()),
        _ => TypeRef::Unknown,
    }
}
