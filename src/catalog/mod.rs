//! What exists at a moment: schemas, relations, types, routines, and all that PostgreSQL has beside.

pub mod apply;
pub mod builtin;
pub mod change;
pub mod collation;
mod data_type;
pub mod deparse;
pub mod diff;
pub mod doubt;
pub mod entity;
mod extension;
pub mod json;
mod known_roles;
pub mod model;
mod moment;
mod objects;
pub mod partition;
pub mod privileges;
pub mod quote;
pub mod reads;
mod relation;
mod routine;
mod schema;
pub mod statistics;
pub mod stored;
mod table_parts;
pub mod types;
pub mod typing;

pub use extension::Member;
pub use model::{Catalog, Name, QualifiedName, Relation, RelationKind};
pub use types::TypeRef;
