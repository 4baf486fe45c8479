//! A type's name in a statement as a reference, with its modifier, and a collation's.

use crate::syntax::ast::TypeName;

use super::super::builtin;
use super::super::collation;
use super::super::model::{Catalog, RelationKind, TEMPORARY};
use super::super::types::TypeRef;
use super::super::typing::{Class, Types};
use super::{Fold, Result, find, offset, split_name, strings, type_modifier};

/// What a type name means; `Unknown` for one that is not found.
pub fn resolve(catalog: &Catalog, ty: &TypeName) -> TypeRef {
    let parts = strings(&ty.names);
    if ty.pct_type {
        return column_type(catalog, &parts);
    }
    let (schema, name) = split_name(&parts);
    let Some(base) = base(catalog, schema, name) else { return TypeRef::Unknown };
    let TypeRef::Named { schema, name, array, .. } = base else { return base };
    let typmod = type_modifier::modifier(&schema, &name, &ty.typmods);
    TypeRef::Named { schema, name, typmod, array: array || !ty.array_bounds.is_empty() }
}

/// Why there is certainly no type of a name, or none with its modifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub sqlstate: &'static str,
    pub message: String,
}

/// What a type name means, or that there is certainly no such type; `Err(None)` where it cannot be known.
pub fn found(catalog: &Catalog, ty: &TypeName) -> std::result::Result<TypeRef, Option<Missing>> {
    let resolved = resolve(catalog, ty);
    if resolved != TypeRef::Unknown {
        return match type_modifier::wrong(catalog, &resolved, ty) {
            Some(wrong) => Err(Some(wrong)),
            None => Ok(resolved),
        };
    }
    let parts = strings(&ty.names);
    if ty.pct_type {
        return Err(missing_column(catalog, &parts));
    }
    let (schema, name) = split_name(&parts);
    if !find::sure_of(catalog, schema, name) || super::extension::may_have_more(catalog) {
        return Err(None);
    }
    if let Some(missing) = schema.filter(|schema| !catalog.schemas.contains_key(schema)) {
        let message = format!("schema \"{missing}\" does not exist");
        return Err(Some(Missing { sqlstate: "3F000", message }));
    }
    let array = if ty.array_bounds.is_empty() { "" } else { "[]" };
    let message = format!("type \"{}{array}\" does not exist", parts.join("."));
    Err(Some(Missing { sqlstate: "42704", message }))
}

/// The same of a type that has to be more than a shell (`typenameType`).
pub fn defined(catalog: &Catalog, ty: &TypeName) -> std::result::Result<TypeRef, Option<Missing>> {
    let found = found(catalog, ty)?;
    if Types::new(catalog).class(&found) != Class::Shell {
        return Ok(found);
    }
    if catalog.unknown_names {
        return Err(None);
    }
    let message = format!("type \"{}\" is only a shell", strings(&ty.names).join("."));
    Err(Some(Missing { sqlstate: "42704", message }))
}

/// Why there is certainly no collation of a name.
pub fn missing_collation(catalog: &Catalog, parts: &[&str]) -> Option<Missing> {
    let (schema, name) = split_name(parts);
    let may_be_there =
        name.is_empty() || schema == Some(TEMPORARY) || super::extension::may_have_more(catalog);
    if may_be_there { None } else { collation::missing(catalog, schema, name) }
}

fn base(catalog: &Catalog, schema: Option<&str>, name: &str) -> Option<TypeRef> {
    let facts = builtin::facts();
    if schema.is_none_or(|schema| schema == "pg_catalog") {
        if facts.ty(name).is_some() {
            return Some(TypeRef::builtin(name));
        }
        if name.strip_prefix('_').is_some_and(|element| facts.ty(element).is_some()) {
            return Some(builtin::type_by_name(name));
        }
        if facts.has_relation("pg_catalog", name) {
            return Some(TypeRef::builtin(name));
        }
    }
    // An array type is stored under its element's name, and so it must be asked for.
    let find = |name: &str| {
        catalog.user_type(schema, name).map(|ty| TypeRef::named(ty.schema.clone(), ty.name.clone())).or_else(
            || {
                let relation = catalog.relation(schema, name)?;
                (relation.kind != RelationKind::Sequence)
                    .then(|| TypeRef::named(relation.schema.clone(), relation.name.clone()))
            },
        )
    };
    find(name).or_else(|| Some(find(name.strip_prefix('_')?)?.array_of()))
}

/// `table.column%TYPE`
fn column_type(catalog: &Catalog, parts: &[&str]) -> TypeRef {
    let [table @ .., column] = parts else { return TypeRef::Unknown };
    let (schema, table) = split_name(table);
    match catalog.relation(schema, table).and_then(|relation| relation.column(column)) {
        // The modifier is left out, as PostgreSQL does.
        Some(column) => column.ty.without_modifier(),
        None => TypeRef::Unknown,
    }
}

/// Why there is certainly no `table.column`.
pub fn missing_column(catalog: &Catalog, parts: &[&str]) -> Option<Missing> {
    let [written @ .., column] = parts else { return None };
    let (schema, table) = split_name(written);
    let Some(relation) = catalog.relation(schema, table) else { return missing_relation(catalog, written) };
    if schema == Some(TEMPORARY) || !find::sure_of(catalog, schema, table) {
        return None;
    }
    let may_have = relation.unknown_columns
        || relation.kind == RelationKind::Sequence
        || super::super::deparse::is_system_column(column);
    (!may_have && relation.column(column).is_none()).then(|| Missing {
        sqlstate: "42703",
        message: format!("column \"{column}\" of relation \"{table}\" does not exist"),
    })
}

/// Why there is certainly no relation of a name.
pub fn missing_relation(catalog: &Catalog, parts: &[&str]) -> Option<Missing> {
    let (schema, name) = split_name(parts);
    let may_be_there = name.is_empty()
        || schema == Some(TEMPORARY)
        || !find::sure_of(catalog, schema, name)
        || catalog.relation(schema, name).is_some();
    if may_be_there {
        return None;
    }
    if let Some(missing) = schema.filter(|schema| !catalog.schemas.contains_key(schema)) {
        let message = format!("schema \"{missing}\" does not exist");
        return Some(Missing { sqlstate: "3F000", message });
    }
    if catalog.index(schema, name).is_some() || super::extension::may_have_more(catalog) {
        return None;
    }
    Some(Missing { sqlstate: "42P01", message: format!("relation \"{}\" does not exist", parts.join(".")) })
}

impl Fold<'_> {
    /// What a type name means, or PostgreSQL's error when there is certainly no such type, or only a shell.
    pub(super) fn type_ref(&self, ty: &TypeName) -> Result<TypeRef> {
        self.or_missing(ty, defined(&self.catalog, ty))
    }

    /// The same where a shell will do.
    pub(super) fn named_type(&self, ty: &TypeName) -> Result<TypeRef> {
        self.or_missing(ty, found(&self.catalog, ty))
    }

    fn or_missing(
        &self,
        ty: &TypeName,
        found: std::result::Result<TypeRef, Option<Missing>>,
    ) -> Result<TypeRef> {
        match found {
            Ok(resolved) => Ok(resolved),
            Err(None) => Ok(TypeRef::Unknown),
            Err(Some(missing)) => self.fail(missing.sqlstate, missing.message, offset(ty.location)),
        }
    }
}
