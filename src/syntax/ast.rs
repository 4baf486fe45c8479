//! The parser's node types, which the layers below walk directly.

pub use pg_query::protobuf::*;
pub use pg_query::{NodeEnum, NodeRef};
