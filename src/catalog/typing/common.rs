//! The type that several expressions have in common: UNION, CASE, VALUES, ARRAY (select_common_type).

use super::casts::Context;
use super::{Answer, Types, is_unknown_literal, same};
use crate::catalog::types::TypeRef;

/// What a choice of one type for several came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    Type(TypeRef),
    /// The type at this index cannot be matched with `chosen`.
    Conflict {
        chosen: TypeRef,
        at: usize,
    },
    Unknown,
}

impl Types<'_> {
    /// The type without its modifier, which is common only where all have the same one (`common_modifier`).
    pub fn common(self, types: &[TypeRef]) -> Common {
        match self.common_or_literal(types) {
            Common::Type(ty) if is_unknown_literal(&ty) => Common::Type(TypeRef::builtin("text")),
            other => other,
        }
    }

    /// The same, but that of literals alone nothing is made: they remain without a type.
    pub fn common_or_literal(self, types: &[TypeRef]) -> Common {
        let Some(first) = types.first() else { return Common::Unknown };
        if !is_unknown_literal(first) && *first != TypeRef::Unknown && types.iter().all(|ty| same(ty, first))
        {
            return Common::Type(first.without_modifier());
        }
        if types.iter().any(|ty| self.is_opaque(ty)) {
            return Common::Unknown;
        }
        let mut chosen: Option<TypeRef> = None;
        for (at, ty) in types.iter().enumerate() {
            if is_unknown_literal(ty) {
                continue;
            }
            let ty = self.base(ty).without_modifier();
            match &chosen {
                None => chosen = Some(ty),
                Some(own) if same(own, &ty) => {}
                Some(own) => {
                    if self.category(own) != self.category(&ty) {
                        return Common::Conflict { chosen: own.clone(), at };
                    }
                    // What is taken first stays, unless it becomes the other unasked, and not the other way round.
                    if !self.is_preferred(own) {
                        match (
                            self.can_coerce_one(own, &ty, Context::Implicit),
                            self.can_coerce_one(&ty, own, Context::Implicit),
                        ) {
                            (Answer::Yes, Answer::No) => chosen = Some(ty),
                            (Answer::Unknown, _) | (Answer::Yes, Answer::Unknown) => return Common::Unknown,
                            _ => {}
                        }
                    }
                }
            }
        }
        Common::Type(chosen.unwrap_or_else(|| TypeRef::builtin("unknown")))
    }

    /// The modifier that all expressions of a common type have, or none (select_common_typmod).
    pub fn with_common_modifier(self, common: TypeRef, types: &[TypeRef]) -> TypeRef {
        let mut modifiers = types.iter().map(|ty| if same(ty, &common) { ty.typmod() } else { -1 });
        let first = modifiers.next().unwrap_or(-1);
        let shared = if modifiers.all(|other| other == first) { first } else { -1 };
        match common {
            TypeRef::Named { schema, name, array, .. } => {
                TypeRef::Named { schema, name, typmod: shared, array }
            }
            TypeRef::Unknown => TypeRef::Unknown,
        }
    }
}
