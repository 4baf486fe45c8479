//! What CREATE CAST refuses (functioncmds.c: CreateCast).

use crate::syntax::ast::CreateCastStmt;

use super::super::builtin::{self, Fact};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Answer, Class, Types};
use super::{Fold, Result, Stop};

impl Fold<'_> {
    /// PostgreSQL's errors for a cast, in its order.
    pub(super) fn can_be_cast(&self, s: &CreateCastStmt, source: &TypeRef, target: &TypeRef) -> Result {
        let types = Types::new(&self.catalog);
        let at = self.token("cast");
        let wrong = |message: String| self.fail("42P17", message, at);
        for (word, ty) in [("source", source), ("target", target)] {
            if types.class(ty) == Class::Pseudo {
                let message = format!("{word} data type {ty} is a pseudo-type");
                return self.fail("42809", message, at);
            }
        }
        let mut arguments = 0;
        if let Some(function) = &s.func {
            let Some(found) = self.function_of(function)? else { return Ok(()) };
            let taken = found.inputs;
            arguments = taken.len();
            let is = |from: &TypeRef, to: &TypeRef| types.is_binary_coercible(from, to) != Answer::No;
            let of_type = |n: usize, name: &str| taken.get(n).is_none_or(|ty| ty.is_builtin(name));
            if !(1..=3).contains(&arguments) {
                return wrong("cast function must take one to three arguments".into());
            }
            if !is(source, &taken[0]) {
                let what =
                    "argument of cast function must match or be binary-coercible from source data type";
                return wrong(what.into());
            }
            if !of_type(1, "int4") {
                return wrong("second argument of cast function must be type integer".into());
            }
            if !of_type(2, "bool") {
                return wrong("third argument of cast function must be type boolean".into());
            }
            if !is(&found.result, target) {
                let what =
                    "return data type of cast function must match or be binary-coercible to target data type";
                return wrong(what.into());
            }
            if found.kind != RoutineKind::Function {
                return wrong("cast function must be a normal function".into());
            }
            if found.returns_set {
                return wrong("cast function must not return a set".into());
            }
        }
        if s.func.is_none() && !s.inout {
            let kinds = [source, target].map(|ty| types.class(ty));
            // PostgreSQL refuses these, in words that depend on their sizes.
            if kinds.iter().any(|kind| matches!(kind, Class::Composite | Class::Enum)) {
                return Err(Stop::Unsure);
            }
        }
        // Only what makes a length of a type goes from the type to itself.
        if source == target && *source != TypeRef::Unknown && arguments < 2 {
            return wrong("source data type and target data type are the same".into());
        }
        Ok(())
    }

    pub(super) fn is_builtin_cast(&self, source: &TypeRef, target: &TypeRef) -> bool {
        let casts = builtin::facts().casts.all().iter();
        casts.into_iter().any(|cast| {
            source.is_builtin(cast.source)
                && target.is_builtin(cast.target)
                && cast.versions().contain(self.version())
        })
    }

    pub(super) fn has_cast(&self, source: &TypeRef, target: &TypeRef) -> Result {
        let message = format!("cast from type {source} to type {target} already exists");
        self.fail("42710", message, None)
    }
}
