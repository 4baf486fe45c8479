//! The types that a body declares: they are looked up when it is compiled, so for a function where it is created
//! (plpgsql_parse_datatype and its kin).

use crate::analysis::Diagnostic;
use crate::analysis::statement::Analyzer;
use crate::catalog::apply::type_name::{self, Missing};
use crate::catalog::model::Catalog;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Class;
use crate::syntax::ast::{NodeEnum, TypeName};
use crate::syntax::body::Content;
use crate::syntax::plpgsql::Node;
use crate::syntax::plpgsql::ast::{DataType, DeclarationKind, Function, TypeForm};
use crate::syntax::{Parse, grammar};
use crate::text::Span;

impl Analyzer<'_> {
    /// What PostgreSQL says of the types of the variables of the statement's body; it stops at the first.
    pub(in crate::analysis) fn declarations(&mut self) {
        let parse = self.parse;
        let [body] = parse.bodies() else { return };
        let Content::Plpgsql(function) = body.content() else { return };
        if !function.errors.is_empty() {
            return;
        }
        let mut found = None;
        function.walk(&mut |node| {
            if found.is_some() {
                return;
            }
            found = match node {
                Node::Declaration(declaration) => match &declaration.kind {
                    DeclarationKind::Variable { data_type: Some(ty), collation, .. } => {
                        self.declared(function, &declaration.name.text, ty, *collation)
                    }
                    _ => None,
                },
                Node::CursorArgument(argument) => (argument.data_type.as_ref())
                    .and_then(|ty| self.declared(function, &argument.name.text, ty, None)),
                _ => None,
            };
        });
        if let Some(diagnostic) = found {
            self.report(diagnostic.placed(|span| body.to_outer(span)));
        }
    }

    fn declared(
        &self,
        function: &Function,
        name: &str,
        ty: &DataType,
        collation: Option<Span>,
    ) -> Option<Diagnostic> {
        let said = |sqlstate, message| Some(Diagnostic::new(ty.span, sqlstate, message));
        let resolved = match resolve(self.catalog, function, ty) {
            Ok(resolved) => resolved,
            Err(missing) => return missing.and_then(|missing| said(missing.sqlstate, missing.message)),
        };
        let types = self.types;
        let class = types.class(&resolved.element().unwrap_or_else(|| resolved.clone()));
        let shown = types.print(&resolved.without_modifier());
        match class {
            Class::Pseudo if resolved.element().is_some_and(|element| !element.is_builtin("record")) => {
                return said("42704", format!("type \"{shown}\" does not exist"));
            }
            Class::Pseudo if !resolved.is_builtin("record") => {
                return said("0A000", format!("variable \"{name}\" has pseudo-type {shown}"));
            }
            Class::Shell => return said("42704", format!("type \"{shown}\" is only a shell")),
            _ => {}
        }
        let collation = collation?;
        // PostgreSQL's position is that of the word COLLATE.
        let between = &function.text[ty.span.end..collation.start];
        let at = collation.start
            - between.to_ascii_lowercase().rfind("collate").map_or(0, |at| between.len() - at);
        let clause = Span { start: at, end: collation.end };
        if types.collation(&resolved) == Some(None) {
            let message = format!("collations are not supported by type {shown}");
            return Some(Diagnostic::new(clause, "42804", message));
        }
        let names = names(&function.text[collation.range()]);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let missing = type_name::missing_collation(self.catalog, &names)?;
        Some(Diagnostic::new(clause, missing.sqlstate, missing.message))
    }
}

/// The names in a text, folded.
fn names(text: &str) -> Vec<String> {
    let (tokens, _) = grammar::scan(text);
    tokens
        .iter()
        .filter(|token| token.is_name())
        .map(|token| grammar::folded(&text[token.span.range()]))
        .collect()
}

/// What a declared type means where that is told by the catalog alone, or that it certainly means nothing.
fn resolve(catalog: &Catalog, function: &Function, ty: &DataType) -> Result<TypeRef, Option<Missing>> {
    let written = &function.text[ty.span.range()];
    match ty.form {
        TypeForm::Name => {
            let name = name_of(written).ok_or(None)?;
            type_name::found(catalog, &name)
        }
        TypeForm::OfVariable | TypeForm::OfRow => {
            let names = names(written.split('%').next().unwrap_or_default());
            let parts: Vec<&str> = names.iter().map(String::as_str).collect();
            let is_of_row = ty.form == TypeForm::OfRow;
            // Before PostgreSQL 17 it fails in words that do not tell why.
            let is_untold = catalog.is_older_than(17);
            if !is_of_row && (is_untold || parts.len() < 2 || function.find(&parts, ty.span.start).is_some())
            {
                return Err(None);
            }
            Err(match is_of_row {
                true => type_name::missing_relation(catalog, &parts),
                false => type_name::missing_column(catalog, &parts),
            })
        }
    }
}

/// A type's name as the grammar reads it.
pub(super) fn name_of(written: &str) -> Option<TypeName> {
    let parse = Parse::plain(&format!("SELECT NULL::{written}"));
    let node = parse.node().filter(|_| parse.errors.is_empty())?;
    let NodeEnum::SelectStmt(select) = node else { return None };
    let Some(NodeEnum::ResTarget(target)) = &select.target_list.first()?.node else { return None };
    let Some(NodeEnum::TypeCast(cast)) = &target.val.as_deref()?.node else { return None };
    cast.type_name.clone()
}
