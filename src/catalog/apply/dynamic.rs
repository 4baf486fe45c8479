//! DO blocks, whose effect is known only when they cannot change the schema.

use crate::syntax::ast::{DoStmt, NodeEnum, Token as Kind};
use crate::syntax::grammar;

use super::{Fold, Result};

impl Fold<'_> {
    pub(super) fn do_block(&mut self, s: &DoStmt) -> Result {
        for argument in &s.args {
            let Some(NodeEnum::DefElem(element)) = &argument.node else { continue };
            let Some(NodeEnum::String(body)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            if element.defname == "as" && may_be_ddl(&body.sval) {
                return self.unknown();
            }
        }
        Ok(())
    }
}

/// Whether a body has a word that DDL, or SQL made at run time, must have.
fn may_be_ddl(body: &str) -> bool {
    let (tokens, error) = grammar::scan(body);
    error.is_some()
        || tokens.iter().any(|token| {
            matches!(
                token.kind,
                Kind::Create | Kind::Alter | Kind::Drop | Kind::Execute | Kind::ImportP | Kind::Into
            ) && (token.kind != Kind::Into || body.to_ascii_lowercase().contains("create"))
        })
}
