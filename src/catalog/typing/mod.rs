//! PostgreSQL's type rules (chapter 10 of its manual): what a type is, what casts to what, which operator or function
//! a call means, what polymorphic types come to.
//!
//! Every answer may be that it cannot be known: a type of an extension without facts has any cast and any operator.

mod candidates;
mod casts;
mod classes;
mod common;
mod functions;
mod operators;
mod polymorphic;
#[cfg(test)]
mod tests;

use super::apply::may_have_more;
use super::builtin::{self, BuiltinType, Fact};
use super::model::{Catalog, Name, Relation, RelationKind, Type, TypeKind};
use super::quote;
use super::types::TypeRef;

pub use casts::{Context, Pathway};
pub use classes::Named as NamedClass;
pub use common::Common;
pub use functions::{Call, Function, NamedArgument, NoFunction, Source, Variant};
pub use operators::{NoOperator, Operator};
pub use polymorphic::{Concrete, Mismatch};

/// The major version that is meant where none is known.
pub const NEWEST: u32 = 18;

/// Yes, no, or what cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Unknown,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Answer {
        if yes { Answer::Yes } else { Answer::No }
    }
}

/// The types of a catalog, with PostgreSQL's own.
#[derive(Clone, Copy)]
pub struct Types<'a> {
    pub catalog: &'a Catalog,
    pub major: u32,
    /// There may be types, functions and operators that the catalog does not have.
    pub is_unsure: bool,
}

/// What a type is, as far as the rules ask (`pg_type.typtype`, and arrays apart).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    Base,
    Array,
    Composite,
    Domain,
    Enum,
    Range,
    Multirange,
    Pseudo,
    /// CREATE TYPE without a definition.
    Shell,
    /// Not known.
    Opaque,
}

/// The same type, whatever its modifier.
pub fn same(a: &TypeRef, b: &TypeRef) -> bool {
    match (a, b) {
        (
            TypeRef::Named { schema: s1, name: n1, array: a1, .. },
            TypeRef::Named { schema: s2, name: n2, array: a2, .. },
        ) => a1 == a2 && n1 == n2 && s1 == s2,
        _ => false,
    }
}

/// The type of a literal that nothing has given a type.
pub fn is_unknown_literal(ty: &TypeRef) -> bool {
    ty.is_builtin("unknown")
}

/// The name of a type of pg_catalog that is no array.
pub fn builtin_name(ty: &TypeRef) -> Option<&str> {
    match ty {
        TypeRef::Named { schema, name, array: false, .. } if &**schema == "pg_catalog" => Some(name),
        _ => None,
    }
}

/// A polymorphic pseudo-type's name: `anyelement`, `anycompatiblearray` …
pub fn polymorphic_name(ty: &TypeRef) -> Option<&str> {
    builtin_name(ty).filter(|name| name.starts_with("any") && *name != "any")
}

pub fn is_polymorphic(ty: &TypeRef) -> bool {
    polymorphic_name(ty).is_some()
}

impl<'a> Types<'a> {
    pub fn new(catalog: &'a Catalog) -> Types<'a> {
        Types { catalog, major: catalog.major(), is_unsure: catalog.unknown_names || may_have_more(catalog) }
    }

    /// Rows of a table of facts that this version has.
    fn facts_named<T: Fact>(
        self,
        table: &'static builtin::Table<T>,
        name: &str,
    ) -> impl Iterator<Item = &'static T> {
        table.named_in_any(name).iter().filter(move |fact| fact.versions().contain(self.major))
    }

    /// A type of PostgreSQL's as this version has it, or else as another one has.
    fn fact(self, name: &str) -> Option<&'static BuiltinType> {
        let all = builtin::facts().types.named_in_any(name);
        all.iter().find(|fact| fact.versions.contain(self.major)).or(all.first())
    }

    /// A type that the catalog has; none of PostgreSQL's own.
    pub fn user_type(self, ty: &TypeRef) -> Option<&'a Type> {
        match ty {
            TypeRef::Named { schema, name, array: false, .. } if &**schema != "pg_catalog" => {
                self.catalog.user_type(Some(schema), name).map(|ty| &**ty)
            }
            _ => None,
        }
    }

    /// The relation whose row type this is.
    pub fn row_relation(self, ty: &TypeRef) -> Option<std::sync::Arc<Relation>> {
        let TypeRef::Named { schema, name, array: false, .. } = ty else { return None };
        let own = self.catalog.relation(Some(schema), name).cloned();
        own.or_else(|| builtin::facts().relation(self.major, Some(schema), name))
            .filter(|relation| relation.kind != RelationKind::Sequence)
    }

    pub fn class(self, ty: &TypeRef) -> Class {
        let TypeRef::Named { schema, name, array, .. } = ty else { return Class::Opaque };
        if *array {
            return match self.class(&ty.element().unwrap_or(TypeRef::Unknown)) {
                Class::Opaque => Class::Opaque,
                _ => Class::Array,
            };
        }
        if &**schema == "pg_catalog" || &**schema == "information_schema" {
            let facts = builtin::facts();
            let found = self.fact(name);
            return match found.map(|fact| fact.kind) {
                Some('p') => Class::Pseudo,
                Some('r') => Class::Range,
                Some('m') => Class::Multirange,
                Some('d') => Class::Domain,
                Some(_) => Class::Base,
                None if facts.has_relation(schema, name) => Class::Composite,
                None => Class::Opaque,
            };
        }
        match self.user_type(ty).map(|found| &found.kind) {
            Some(TypeKind::Enum { .. }) => Class::Enum,
            Some(TypeKind::Range { .. }) => Class::Range,
            Some(TypeKind::Multirange { .. }) => Class::Multirange,
            Some(TypeKind::Domain { .. }) => Class::Domain,
            Some(TypeKind::Composite) => Class::Composite,
            Some(TypeKind::Shell) => Class::Shell,
            // Casts and operators of a type that came with something unknown are not known either.
            Some(TypeKind::Base) if self.is_unsure => Class::Opaque,
            Some(TypeKind::Base) => Class::Base,
            None if self.row_relation(ty).is_some() => Class::Composite,
            None => Class::Opaque,
        }
    }

    /// Whether nothing that concerns the type can be told.
    pub fn is_opaque(self, ty: &TypeRef) -> bool {
        match self.class(ty) {
            Class::Opaque => true,
            Class::Domain => {
                let base = self.base(ty);
                !same(&base, ty) && self.is_opaque(&base)
            }
            _ => false,
        }
    }

    /// The type under a domain, with the domain's modifier; any other type itself (getBaseTypeAndTypmod).
    pub fn base(self, ty: &TypeRef) -> TypeRef {
        let mut ty = ty.clone();
        // No chain of domains is that long.
        for _ in 0..32 {
            let TypeRef::Named { schema, name, array: false, .. } = &ty else { return ty };
            if &**schema == "pg_catalog" {
                return ty;
            }
            if &**schema == "information_schema" {
                let facts = builtin::facts().types.named_in_any(name);
                match facts.first().and_then(|fact| fact.of) {
                    Some(of) => ty = builtin::type_by_name(of),
                    None => return ty,
                }
                continue;
            }
            match self.user_type(&ty).map(|found| &found.kind) {
                Some(TypeKind::Domain { base, .. }) => ty = base.clone(),
                _ => return ty,
            }
        }
        ty
    }

    /// `pg_type.typcategory`; `None` of what is not known.
    pub fn category(self, ty: &TypeRef) -> Option<char> {
        if let Some(name) = builtin_name(ty) {
            let fact = self.fact(name).map(|fact| fact.category);
            return fact.or_else(|| (self.class(ty) == Class::Composite).then_some('C'));
        }
        match self.class(ty) {
            Class::Array => Some('A'),
            Class::Composite => Some('C'),
            Class::Domain => {
                let base = self.base(ty);
                if same(&base, ty) { None } else { self.category(&base) }
            }
            Class::Enum => Some('E'),
            Class::Range | Class::Multirange => Some('R'),
            Class::Pseudo => Some('P'),
            Class::Shell => Some('X'),
            Class::Opaque => None,
            // A type that is made may say what it belongs to, as citext does.
            Class::Base => match ty {
                TypeRef::Named { name, .. } if &**name == "citext" => Some('S'),
                _ => Some('U'),
            },
        }
    }

    /// `pg_type.typispreferred`
    pub fn is_preferred(self, ty: &TypeRef) -> bool {
        let Some(name) = builtin_name(ty) else { return false };
        self.fact(name).is_some_and(|fact| fact.preferred)
    }

    /// Whether it is a row type, or a domain over one.
    pub fn is_complex(self, ty: &TypeRef) -> bool {
        self.class(&self.base(ty)) == Class::Composite
    }

    /// What an array's elements are; of a domain over an array, too, when it is reduced first (get_element_type). The
    /// vectors of the catalogs count as arrays.
    pub fn element(self, ty: &TypeRef) -> Option<TypeRef> {
        match builtin_name(ty) {
            Some("int2vector") => Some(TypeRef::builtin("int2")),
            Some("oidvector") => Some(TypeRef::builtin("oid")),
            _ => ty.element().map(|element| element.without_modifier()),
        }
    }

    /// What a subscript of a value gives: an array's elements, or the parts of a type that has so many of a kind.
    pub fn part(self, ty: &TypeRef) -> Option<TypeRef> {
        let part = match builtin_name(ty) {
            Some("point" | "line") => "float8",
            Some("box" | "lseg") => "point",
            Some("name") => "char",
            _ => return self.element(ty),
        };
        Some(TypeRef::builtin(part))
    }

    /// Whether there is certainly no schema of that name.
    pub fn has_no_schema(self, schema: &str) -> bool {
        self.catalog.schema(schema).is_none() && !builtin::is_system_schema(schema) && !self.is_unsure
    }

    /// What a range ranges over.
    pub fn range_subtype(self, ty: &TypeRef) -> Option<TypeRef> {
        if let Some(name) = builtin_name(ty) {
            let fact = builtin::facts().ty(name).filter(|fact| fact.kind == 'r')?;
            return fact.of.map(builtin::type_by_name);
        }
        match &self.user_type(ty)?.kind {
            TypeKind::Range { subtype, .. } => Some(subtype.without_modifier()),
            _ => None,
        }
    }

    /// The range of a multirange.
    pub fn range_of_multirange(self, ty: &TypeRef) -> Option<TypeRef> {
        if let Some(name) = builtin_name(ty) {
            let fact = builtin::facts().ty(name).filter(|fact| fact.kind == 'm')?;
            return fact.of.map(builtin::type_by_name);
        }
        match &self.user_type(ty)?.kind {
            TypeKind::Multirange { range } => Some(TypeRef::named(range.schema.clone(), range.name.clone())),
            _ => None,
        }
    }

    /// The multirange of a range.
    pub fn multirange_of(self, ty: &TypeRef) -> Option<TypeRef> {
        if let Some(name) = builtin_name(ty) {
            let multirange =
                builtin::facts().types.current().find(|fact| fact.kind == 'm' && fact.of == Some(name));
            return multirange.map(|fact| TypeRef::builtin(fact.name));
        }
        match &self.user_type(ty)?.kind {
            TypeKind::Range { multirange, .. } => {
                multirange.as_ref().map(|name| TypeRef::named(name.schema.clone(), name.name.clone()))
            }
            _ => None,
        }
    }

    /// `pg_type.typcollation` by name, which inside says whether it has any; `None` where it is not known.
    pub fn collation(self, ty: &TypeRef) -> Option<Option<Name>> {
        if let Some(element) = ty.element() {
            return self.collation(&element);
        }
        if let Some(name) = builtin_name(ty) {
            return self.fact(name).map(|fact| fact.collation.clone());
        }
        match self.class(ty) {
            Class::Enum | Class::Composite | Class::Range | Class::Multirange => Some(None),
            Class::Domain => match self.user_type(ty).map(|found| &found.kind) {
                Some(TypeKind::Domain { collation: Some(name), .. }) => Some(Some(name.clone())),
                Some(TypeKind::Domain { base, .. }) if !same(base, ty) => self.collation(base),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type of a field of a row type; `Some(Unknown)` where the row may have others than are known.
    pub fn field(self, ty: &TypeRef, field: &str) -> Option<TypeRef> {
        let base = self.base(ty);
        let relation = self.row_relation(&base)?;
        match relation.column(field) {
            Some(column) => Some(column.ty.clone()),
            None if relation.unknown_columns => Some(TypeRef::Unknown),
            None => None,
        }
    }

    /// A type as `format_type_be` prints it: with its schema unless its name alone finds it. A modifier is left out.
    pub fn print(self, ty: &TypeRef) -> String {
        self.print_with_modifier(&ty.without_modifier())
    }

    pub fn print_with_modifier(self, ty: &TypeRef) -> String {
        if let TypeRef::Named { schema, name, typmod: ..0, array } = ty
            && &**schema == "pg_catalog"
        {
            let array = if *array { "[]" } else { "" };
            match &**name {
                // Without a length these are what the standard's words mean.
                "bpchar" => return format!("character{array}"),
                "bit" => return format!("bit{array}"),
                _ => {}
            }
        }
        ty.format(|schema, name| {
            // PostgreSQL's own types come before all others.
            if schema != "pg_catalog" && builtin::facts().ty(name).is_some() {
                return false;
            }
            let of_type = self.catalog.user_type(None, name).map(|found| &*found.schema == schema);
            of_type
                .or_else(|| self.catalog.relation(None, name).map(|found| &*found.schema == schema))
                .unwrap_or(false)
        })
    }

    /// A name with its schema as messages have it: the schema only where it was written.
    pub fn written(schema: Option<&str>, name: &str) -> String {
        match schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        }
    }

    /// The same for a list of types: `(integer, text)`.
    pub fn print_list(self, types: &[TypeRef]) -> String {
        let list: Vec<String> = types.iter().map(|ty| self.print(ty)).collect();
        list.join(", ")
    }

    /// A type as SQL that means it.
    pub fn sql(self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Named { schema, name, .. } if &**schema != "pg_catalog" => {
                let array = if ty.element().is_some() { "[]" } else { "" };
                format!("{}{array}", quote::qualified(schema, name))
            }
            _ => self.print_with_modifier(ty),
        }
    }
}
