//! What CREATE CAST refuses (functioncmds.c: CreateCast).

use crate::syntax::ast::CreateCastStmt;

use super::super::builtin;
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Answer, Class, Types};
use super::{Fold, Result, Stop, find, split_name, strings, type_name};

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
            let parts = strings(&function.objname);
            let (schema, name) = split_name(&parts);
            let taken: Vec<TypeRef> = (function.objargs.iter())
                .filter_map(|node| match &node.node {
                    Some(crate::syntax::ast::NodeEnum::TypeName(ty)) => {
                        Some(type_name::resolve(&self.catalog, ty).without_modifier())
                    }
                    _ => None,
                })
                .collect();
            let is_own =
                builtin::facts().functions.has(name) && self.catalog.routines(schema, name).is_empty();
            let is_known = !taken.contains(&TypeRef::Unknown)
                && !function.args_unspecified
                && find::sure_of(&self.catalog, schema, name)
                && !self.may_have_more_types();
            if is_own || !is_known {
                return Ok(());
            }
            let named = self.catalog.routines(schema, name);
            let found = named.iter().find(|routine| {
                routine.input_types().map(TypeRef::without_modifier).eq(taken.iter().cloned())
            });
            let Some(found) = found else {
                let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
                let message = format!("function {}({}) does not exist", parts.join("."), taken.join(", "));
                return self.fail("42883", message, self.token(name));
            };
            if found.kind != RoutineKind::Function {
                return Ok(());
            }
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
            if found.result.as_ref().is_some_and(|result| !is(&result.without_modifier(), target)) {
                let what =
                    "return data type of cast function must match or be binary-coercible to target data type";
                return wrong(what.into());
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
}
