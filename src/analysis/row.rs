//! Rows as values: the columns of one, and the parts of a column that a statement sets (parse_target.c).

use super::statement::Analyzer;
use super::typed::Typed;
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Context};
use crate::syntax::ast::{Node, NodeEnum};

impl Analyzer<'_> {
    /// The columns of a row, as `(row).*` gives them; `None` where they are not known.
    pub(super) fn row_columns(&self, row: &Typed) -> Option<Vec<(Name, TypeRef)>> {
        let types = self.types;
        if !row.ty.is_builtin("record") {
            let relation = types.row_relation(&types.base(&row.ty))?;
            let columns = relation.columns.iter();
            return (!relation.unknown_columns)
                .then(|| columns.map(|column| (column.name.clone(), column.ty.clone())).collect());
        }
        // Of a function that returns rows, the columns that its declaration has.
        if let Some(outputs) = self.called.get(&row.location) {
            return (outputs.len() > 1).then(|| outputs.clone());
        }
        // Of an entry of FROM, what that has.
        let var = self.vars.get(&row.location).filter(|var| &*var.column == "*")?;
        let scope = self.scopes.iter().rev().find(|scope| scope.query == var.query)?;
        let item = scope.items.iter().find(|item| item.alias == var.item && !item.unnamed)?;
        let columns = item.columns.iter();
        (!item.unknown_columns)
            .then(|| columns.map(|column| (column.name.clone(), column.ty.clone())).collect())
    }

    /// Puts a value in a part of a column, an element or a field (transformAssignmentIndirection).
    pub(super) fn assign_part(
        &mut self,
        value: &Typed,
        column: &str,
        ty: &TypeRef,
        parts: &[Node],
        location: i32,
    ) {
        let types = self.types;
        let mut ty = ty.clone();
        // What the message says of the value: the last field that is named, or what is subscripted.
        let (mut name, mut is_element) = (column.to_owned(), false);
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            let base = types.base(&ty).without_modifier();
            if base == TypeRef::Unknown || types.is_opaque(&base) {
                return;
            }
            match &part.node {
                Some(NodeEnum::String(field)) => {
                    let found = match types.is_complex(&base) {
                        true => types.field(&base, &field.sval),
                        false => None,
                    };
                    let Some(found) = found else {
                        let is = types.print(&ty);
                        let (sqlstate, why) = match types.is_complex(&base) {
                            true => ("42703", format!("there is no such column in data type {is}")),
                            false => ("42804", format!("its type {is} is not a composite type")),
                        };
                        let field = &field.sval;
                        let message =
                            format!("cannot assign to field \"{field}\" of column \"{name}\" because {why}");
                        self.report_at(location, sqlstate, message);
                        return;
                    };
                    (ty, name, is_element) = (found, field.sval.clone(), false);
                }
                Some(NodeEnum::AIndices(first)) => {
                    let mut indices = vec![first];
                    while let Some(Some(NodeEnum::AIndices(next))) = parts.peek().map(|part| &part.node) {
                        indices.push(next);
                        parts.next();
                    }
                    let is_slice = indices.iter().any(|index| index.is_slice);
                    let is_json = base.is_builtin("jsonb");
                    // Subscripts are read elsewhere; here they are told what they are for.
                    let subscript = TypeRef::builtin(if is_json { "text" } else { "int4" });
                    for bound in indices.iter().flat_map(|index| [&index.lidx, &index.uidx]) {
                        if let Some(bound) = self.expr_option(bound).filter(Typed::is_parameter) {
                            self.becomes(&bound, &subscript, Context::Assignment);
                        }
                    }
                    if is_json {
                        (ty, is_element) = (base, true);
                        continue;
                    }
                    let Some(element) = types.part(&base) else { return };
                    (ty, is_element) = (if is_slice { base } else { element }, true);
                }
                _ => return,
            }
        }
        if self.becomes(value, &ty, Context::Assignment) == Answer::No {
            let (wanted, is) = (types.print(&ty), types.print(&value.ty));
            let message = match (is_element, types.major) {
                (true, ..14) => {
                    format!(
                        "array assignment to \"{name}\" requires type {wanted} but expression is of type {is}"
                    )
                }
                (true, _) => format!(
                    "subscripted assignment to \"{name}\" requires type {wanted} but expression is of type {is}"
                ),
                (false, _) => {
                    format!("subfield \"{name}\" is of type {wanted} but expression is of type {is}")
                }
            };
            let hint = "You will need to rewrite or cast the expression.";
            self.report_hinting(location, "42804", message, Some(hint));
        }
    }
}
