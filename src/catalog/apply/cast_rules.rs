//! What CREATE CAST refuses (functioncmds.c: CreateCast).

use crate::syntax::ast::CreateCastStmt;

use super::super::builtin::{self, Fact};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Answer, Class, Types, builtin_name};
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
            self.is_binary_compatible(source, target)?;
        }
        // Only what makes a length of a type goes from the type to itself.
        if source == target && *source != TypeRef::Unknown && arguments < 2 {
            return wrong("source data type and target data type are the same".into());
        }
        Ok(())
    }

    /// PostgreSQL's errors for a cast that changes nothing, between types whose values are kept in the same way.
    fn is_binary_compatible(&self, source: &TypeRef, target: &TypeRef) -> Result {
        let types = Types::new(&self.catalog);
        let wrong = |message: &str| self.fail("42P17", message.to_owned(), self.token("cast"));
        let shapes = [source, target].map(|ty| shape(types, ty));
        let classes = [source, target].map(|ty| types.class(ty));
        match &shapes {
            [Some(one), Some(two)] if one != two => {
                return wrong("source and target data types are not physically compatible");
            }
            [Some(_), Some(_)] => {}
            // In words that depend on how they are kept.
            _ if classes.iter().any(|class| *class != Class::Base) => return Err(Stop::Unsure),
            _ => return Ok(()),
        }
        let is_any = |wanted: &[Class]| classes.iter().any(|class| wanted.contains(class));
        if is_any(&[Class::Composite]) {
            return wrong("composite data types are not binary-compatible");
        }
        if is_any(&[Class::Array]) {
            return wrong("array data types are not binary-compatible");
        }
        if is_any(&[Class::Range, Class::Multirange]) {
            match self.version() {
                ..16 => {}
                // Which of these began to refuse them is not known here.
                16 | 17 => return Err(Stop::Unsure),
                18.. => return wrong("range data types are not binary-compatible"),
            }
        }
        if is_any(&[Class::Enum]) {
            return wrong("enum data types are not binary-compatible");
        }
        if is_any(&[Class::Domain]) {
            return wrong("domain data types must not be marked binary-compatible");
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

/// How a type's values are kept: their length, -1 where it varies, and whether they begin at eight bytes
/// (`pg_type.typlen`, `typalign`).
type Shape = (i8, bool);

/// That of a type, where it is known.
fn shape(types: Types, ty: &TypeRef) -> Option<Shape> {
    Some(match types.class(ty) {
        Class::Enum => (4, false),
        Class::Composite => (-1, true),
        Class::Array => (-1, shape(types, &types.element(ty)?)?.1),
        Class::Range => (-1, shape(types, &types.range_subtype(ty)?)?.1),
        Class::Domain => return shape(types, &types.base(ty)),
        Class::Base => match builtin_name(ty)? {
            "bool" => (1, false),
            "int2" => (2, false),
            "int4" | "float4" | "oid" | "date" => (4, false),
            "int8" | "float8" | "money" | "time" | "timestamp" | "timestamptz" => (8, true),
            "text" | "varchar" | "bpchar" | "bytea" | "json" | "jsonb" | "xml" | "numeric" | "bit"
            | "varbit" | "inet" | "cidr" => (-1, false),
            _ => return None,
        },
        _ => return None,
    })
}
