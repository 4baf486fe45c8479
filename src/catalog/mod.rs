//! What exists at a moment: schemas, relations, types, routines.

pub mod apply;
pub mod builtin;
pub mod change;
pub mod deparse;
pub mod diff;
mod doubt;
pub mod json;
pub mod model;
mod objects;
pub mod quote;
pub mod reads;
mod relation;
mod schema;
pub mod statistics;
pub mod types;

pub use model::{Catalog, Name, QualifiedName, Relation, RelationKind};
pub use types::TypeRef;
