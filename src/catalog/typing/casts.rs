//! What casts to what, and in which context (parse_coerce.c: find_coercion_pathway, can_coerce_type).

use super::{Answer, Class, Types, builtin_name, is_polymorphic, is_unknown_literal, same};
use crate::catalog::builtin;
use crate::catalog::model::{Entity, EntityKind, Value};
use crate::catalog::types::TypeRef;

/// Who asks for a cast: an expression, an assignment to a column, or `CAST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    Implicit,
    Assignment,
    Explicit,
}

/// How a value of one type becomes one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pathway {
    /// As it is.
    Relabel,
    Function,
    /// Each element on its own.
    Elements,
    /// Through its text.
    Text,
    None,
    Unknown,
}

impl Types<'_> {
    pub fn pathway(self, from: &TypeRef, to: &TypeRef, context: Context) -> Pathway {
        let (from, to) = (self.base(from), self.base(to));
        if same(&from, &to) {
            return Pathway::Relabel;
        }
        if self.is_opaque(&from) || self.is_opaque(&to) {
            return Pathway::Unknown;
        }
        match self.cast(&from, &to) {
            Some((allowed, pathway)) if context >= allowed => return pathway,
            Some(_) => return Pathway::None,
            None => {}
        }
        if !matches!(builtin_name(&to), Some("oidvector" | "int2vector"))
            && let (Some(from), Some(to)) = (self.element(&from), self.element(&to))
        {
            match self.pathway(&from, &to, context) {
                Pathway::None => {}
                Pathway::Unknown => return Pathway::Unknown,
                _ => return Pathway::Elements,
            }
        }
        let is_text = |ty: &TypeRef| self.category(ty) == Some('S');
        match context {
            Context::Assignment | Context::Explicit if is_text(&to) => Pathway::Text,
            Context::Explicit if is_text(&from) => Pathway::Text,
            // Something that is not known may have made a cast.
            _ if self.is_unsure && !(self.is_builtin(&from) && self.is_builtin(&to)) => Pathway::Unknown,
            _ => Pathway::None,
        }
    }

    fn is_builtin(self, ty: &TypeRef) -> bool {
        matches!(ty, TypeRef::Named { schema, .. } if &**schema == "pg_catalog")
    }

    /// The cast of `pg_cast`, and from which context on it is made.
    fn cast(self, from: &TypeRef, to: &TypeRef) -> Option<(Context, Pathway)> {
        if let (Some(from), Some(to)) = (builtin_name(from), builtin_name(to)) {
            let found = self.facts_named(&builtin::facts().casts, from).find(|cast| cast.target == to);
            if let Some(found) = found {
                let context = match found.context {
                    'i' => Context::Implicit,
                    'a' => Context::Assignment,
                    _ => Context::Explicit,
                };
                let pathway = match found.method {
                    'b' => Pathway::Relabel,
                    'i' => Pathway::Text,
                    _ => Pathway::Function,
                };
                return Some((context, pathway));
            }
        }
        // A multirange is made of a range of its own.
        if self.class(to) == Class::Multirange
            && self.class(from) == Class::Range
            && self.range_of_multirange(to).is_some_and(|range| same(&range, from))
        {
            return Some((Context::Explicit, Pathway::Function));
        }
        let is = |entity: &Entity, side: &str, ty: &TypeRef| matches!(entity.get(side), Some(Value::Type(of)) if same(of, ty));
        let casts = self.catalog.entities_named(EntityKind::Cast, None, "");
        let found = casts.into_iter().find(|cast| is(cast, "source", from) && is(cast, "target", to))?;
        let context = match found.text("context").map(|context| &**context) {
            Some("implicit") => Context::Implicit,
            Some("assignment") => Context::Assignment,
            _ => Context::Explicit,
        };
        let pathway = match found.text("method").map(|method| &**method) {
            Some("inout") => Pathway::Text,
            Some("binary") => Pathway::Relabel,
            _ => Pathway::Function,
        };
        Some((context, pathway))
    }

    /// Whether values of these types can become values of those, all of them together where the latter are
    /// polymorphic.
    pub fn can_coerce(self, from: &[TypeRef], to: &[TypeRef], context: Context) -> Answer {
        let mut answer = Answer::Yes;
        let mut has_polymorphic = false;
        for (from, to) in from.iter().zip(to) {
            if same(from, to) || to.is_builtin("any") {
                continue;
            }
            if is_polymorphic(to) {
                has_polymorphic = true;
                continue;
            }
            if is_unknown_literal(from) {
                continue;
            }
            match self.pathway(from, to, context) {
                Pathway::None => {}
                Pathway::Unknown => {
                    answer = Answer::Unknown;
                    continue;
                }
                _ => continue,
            }
            if from.is_builtin("record") && self.is_complex(to)
                || to.is_builtin("record") && self.is_complex(from)
                || to.element().is_some_and(|element| element.is_builtin("record"))
                    && from.element().is_some_and(|element| self.is_complex(&element))
            {
                continue;
            }
            match self.inherits(from, to) {
                Answer::Yes => {}
                Answer::Unknown => answer = Answer::Unknown,
                Answer::No => return Answer::No,
            }
        }
        if has_polymorphic {
            match self.is_consistent(from, to) {
                Answer::Yes => {}
                other => return other,
            }
        }
        answer
    }

    pub fn can_coerce_one(self, from: &TypeRef, to: &TypeRef, context: Context) -> Answer {
        self.can_coerce(std::slice::from_ref(from), std::slice::from_ref(to), context)
    }

    /// Whether the rows of a table are rows of another one: it inherits from it, or is a table of that type.
    fn inherits(self, from: &TypeRef, to: &TypeRef) -> Answer {
        let from = self.base(from);
        if self.class(&from) != Class::Composite || self.class(to) != Class::Composite {
            return Answer::No;
        }
        let TypeRef::Named { schema, name, .. } = to else { return Answer::Unknown };
        let mut todo: Vec<_> = self.row_relation(&from).into_iter().collect();
        for _ in 0..1000 {
            let Some(relation) = todo.pop() else { return Answer::No };
            let is_it =
                |other: &crate::catalog::model::QualifiedName| other.schema == *schema && other.name == *name;
            if relation.of_type.as_ref().is_some_and(is_it) || relation.parents.iter().any(is_it) {
                return Answer::Yes;
            }
            todo.extend(
                relation
                    .parents
                    .iter()
                    .filter_map(|parent| self.catalog.relation(Some(&parent.schema), &parent.name).cloned()),
            );
        }
        Answer::Unknown
    }
}
