//! tmp
use crate::catalog::*;
pub fn resolve(_: &Catalog, _: &crate::syntax::ast::TypeName) -> TypeRef { TypeRef::Unknown }
