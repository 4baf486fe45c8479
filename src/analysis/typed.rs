//! What an expression came to: its type, and what else decides what it becomes where a type is wanted.

use std::sync::Arc;

use super::collate::Collation;
use crate::catalog::types::TypeRef;
use crate::catalog::typing;

/// An analyzed expression.
#[derive(Clone, Debug)]
pub struct Typed {
    pub ty: TypeRef,
    /// Where PostgreSQL points for it, in bytes: where its leftmost part stands. -1 where that is not known.
    pub location: i32,
    pub form: Form,
    pub collation: Collation,
}

#[derive(Clone, Debug)]
pub enum Form {
    Other,
    /// A literal that nothing has given a type: its text, or NULL.
    Literal(Option<Arc<str>>),
    /// `$n`, or a client's placeholder.
    Parameter(i32),
    /// A row that is written out.
    Row(Vec<Typed>),
    /// DEFAULT
    Default,
}

impl Typed {
    pub fn new(ty: TypeRef, location: i32) -> Typed {
        Typed { ty, location, form: Form::Other, collation: Collation::Unknown }
    }

    pub fn builtin(name: &str, location: i32) -> Typed {
        Typed::new(TypeRef::builtin(name), location)
    }

    /// The same with what is known of its collation.
    pub fn with(self, collation: Collation) -> Typed {
        Typed { collation, ..self }
    }

    /// Of what nothing is known.
    pub fn unknown(location: i32) -> Typed {
        Typed::new(TypeRef::Unknown, location)
    }

    /// A literal or a parameter without a type.
    pub fn is_untyped(&self) -> bool {
        typing::is_unknown_literal(&self.ty)
    }

    pub fn is_parameter(&self) -> bool {
        matches!(self.form, Form::Parameter(_))
    }
}

/// The leftmost of two places; -1 is none.
pub fn leftmost(a: i32, b: i32) -> i32 {
    if a < 0 || b >= 0 && b < a { b } else { a }
}
