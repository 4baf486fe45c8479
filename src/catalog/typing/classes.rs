//! Which operator class an index or a partition key takes for a type (GetDefaultOpClass, ResolveOpClass).

use super::{Answer, Class, Context, Pathway, Types, builtin_name, same};
use crate::catalog::builtin::{self, BuiltinClass};
use crate::catalog::model::{Entity, EntityKind, Value};
use crate::catalog::types::TypeRef;

/// What a class that is named comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Fits,
    Missing,
    /// It is for another type.
    Refuses,
    Unknown,
}

impl<'a> Types<'a> {
    /// Whether a type has a default class for an access method.
    pub fn has_default_class(self, ty: &TypeRef, method: &str) -> Answer {
        if self.is_opaque(ty) {
            return Answer::Unknown;
        }
        let facts = || {
            let facts = builtin::facts().classes.all().iter();
            facts.filter(|class| class.is_default && class.method == method && self.has_class(class))
        };
        // Most have one of their own.
        if builtin_name(ty).is_some_and(|name| facts().any(|class| class.ty == name)) {
            return Answer::Yes;
        }
        let own = self.own_classes(method).filter(|class| class.get("default").is_some());
        let types = facts().map(|class| builtin::type_by_name(class.ty)).chain(own.map(class_type));
        let mut answer = Answer::No;
        for target in types {
            match self.is_binary_coercible(ty, &target) {
                Answer::Yes => return Answer::Yes,
                Answer::Unknown => answer = Answer::Unknown,
                Answer::No => {}
            }
        }
        if self.is_unsure && builtin_name(ty).is_none() { Answer::Unknown } else { answer }
    }

    /// The class of PostgreSQL's own that a type of its own has for an access method.
    pub fn builtin_default_class(self, ty: &TypeRef, method: &str) -> Option<&'static BuiltinClass> {
        let name = builtin_name(ty)?;
        let mut facts = builtin::facts().classes.all().iter();
        facts.find(|class| {
            class.is_default && class.method == method && class.ty == name && self.has_class(class)
        })
    }

    /// Whether the class of that name takes a type.
    pub fn named_class(self, schema: Option<&str>, name: &str, method: &str, ty: &TypeRef) -> Named {
        let builtin = schema.is_none_or(|schema| schema == "pg_catalog");
        let facts = builtin::facts().classes.named_in_any(name).iter().filter(|_| builtin);
        let fact = facts.into_iter().find(|class| self.has_class(class) && class.method == method);
        let own = || {
            self.own_classes(method).find(|class| {
                *class.name == *name && schema.is_none_or(|schema| class.schema.as_deref() == Some(schema))
            })
        };
        let target = match fact {
            Some(fact) => builtin::type_by_name(fact.ty),
            None => match own() {
                Some(class) => class_type(class),
                None if self.is_unsure => return Named::Unknown,
                None => return Named::Missing,
            },
        };
        if self.is_opaque(ty) {
            return Named::Unknown;
        }
        match self.is_binary_coercible(ty, &target) {
            Answer::Yes => Named::Fits,
            Answer::No => Named::Refuses,
            Answer::Unknown => Named::Unknown,
        }
    }

    fn has_class(self, class: &BuiltinClass) -> bool {
        class.versions.contain(self.major)
    }

    /// The classes of an access method that are not PostgreSQL's.
    fn own_classes<'m>(self, method: &'m str) -> impl Iterator<Item = &'a Entity> + use<'a, 'm> {
        self.catalog
            .entities()
            .map(|entity| &**entity)
            .filter(|entity| entity.kind == EntityKind::OperatorClass)
            .filter(move |class| class.text("method").is_some_and(|of| **of == *method))
    }

    /// `IsBinaryCoercible`
    pub fn is_binary_coercible(self, from: &TypeRef, to: &TypeRef) -> Answer {
        let (from, to) = (self.base(from), self.base(to));
        if same(&from, &to) {
            return Answer::Yes;
        }
        if self.is_opaque(&from) || self.is_opaque(&to) {
            return Answer::Unknown;
        }
        let is = match (builtin_name(&to), self.class(&from)) {
            (Some("any" | "anyelement" | "anycompatible"), _) => true,
            (Some("anyarray" | "anycompatiblearray"), class) => class == Class::Array,
            (Some("anynonarray" | "anycompatiblenonarray"), class) => class != Class::Array,
            (Some("anyenum"), class) => class == Class::Enum,
            (Some("anyrange" | "anycompatiblerange"), class) => class == Class::Range,
            (Some("anymultirange" | "anycompatiblemultirange"), class) => class == Class::Multirange,
            (Some("record"), class) => class == Class::Composite,
            _ => match self.pathway(&from, &to, Context::Implicit) {
                Pathway::Relabel => true,
                Pathway::Unknown => return Answer::Unknown,
                _ => false,
            },
        };
        if is { Answer::Yes } else { Answer::No }
    }
}

fn class_type(class: &Entity) -> TypeRef {
    match class.get("type") {
        Some(Value::Type(ty)) => ty.clone(),
        _ => TypeRef::Unknown,
    }
}
