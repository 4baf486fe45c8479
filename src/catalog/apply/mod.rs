//! tmp
pub mod type_name;
pub struct ApplyError { pub sqlstate: &'static str, pub message: String, pub offset: Option<usize> }
pub struct Outcome { pub changed: bool, pub errors: Vec<ApplyError> }
pub fn apply(_: &mut super::Catalog, _: &crate::syntax::ast::NodeEnum, _: &str) -> Outcome { Outcome { changed: false, errors: vec![] } }
