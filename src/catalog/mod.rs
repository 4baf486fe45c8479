//! What exists at a moment: schemas, relations, types, routines.

pub mod apply;
pub mod builtin;
pub mod deparse;
pub mod diff;
mod doubt;
pub mod json;
pub mod model;
pub mod quote;
mod relation;
mod schema;
pub mod statistics;
pub mod types;

pub use model::{Catalog, Name, QualifiedName, Relation, RelationKind};
pub use types::TypeRef;
