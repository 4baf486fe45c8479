//! Rows as values: the columns of one, and the parts of a column that a statement sets (parse_target.c).

use std::sync::Arc;

use super::OutputColumn;
use super::collate::Collation;
use super::cte::Outputs;
use super::expr::is_star;
use super::statement::{Analyzer, strings};
use super::typed::{Form, Typed};
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Context};
use crate::syntax::ast::{Node, NodeEnum};

/// The columns of a row, in their order.
pub type Columns = Arc<[(Name, TypeRef)]>;

/// What is known of the columns of a record, a row of no type that has a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RecordShape {
    /// Nothing, or it is no record.
    #[default]
    Unknown,
    /// What gives it tells them (expandRecordVariable).
    Columns(Columns),
    /// PostgreSQL sees none before it runs: those that it has then.
    AtRunTime(Columns),
}

impl RecordShape {
    fn known(columns: impl Iterator<Item = (Name, TypeRef)>) -> RecordShape {
        RecordShape::Columns(columns.collect())
    }

    /// The same of a value that PostgreSQL does not look behind.
    pub(super) fn at_run_time(self) -> RecordShape {
        match self {
            RecordShape::Columns(columns) => RecordShape::AtRunTime(columns),
            other => other,
        }
    }
}

impl OutputColumn {
    /// One that no relation gives.
    pub(super) fn derived(name: Name, ty: TypeRef) -> OutputColumn {
        let (collation, shape) = (Collation::Unknown, RecordShape::Unknown);
        OutputColumn { name, ty, source: None, not_null: false, collation, shape }
    }
}

impl Analyzer<'_> {
    /// The columns of a row, as `(row).*` gives them; `None` where they are not known.
    pub(super) fn row_columns(&self, row: &Typed) -> Option<Vec<(Name, TypeRef)>> {
        let types = self.types;
        if row.ty.is_builtin("record") {
            return match self.record_shape(row) {
                RecordShape::Columns(columns) => Some(columns.to_vec()),
                _ => None,
            };
        }
        let relation = types.row_relation(&types.base(&row.ty))?;
        let columns = relation.columns.iter();
        (!relation.unknown_columns)
            .then(|| columns.map(|column| (column.name.clone(), column.ty.clone())).collect())
    }

    /// The values of a row that is written out, in which `t.*` stands for its columns; `None` where these are not known.
    pub(super) fn row_fields(&mut self, args: &[Node]) -> Option<Vec<Typed>> {
        let mut fields = Outputs::default();
        for arg in args {
            let field = self.expr(arg);
            match &arg.node {
                Some(NodeEnum::ColumnRef(column)) if is_star(arg) => {
                    self.expand_star(&strings(&column.fields), column.location, &mut fields);
                }
                _ if is_star(arg) => fields.unknown = true,
                _ => fields.exprs.push(field),
            }
        }
        (!fields.unknown).then_some(fields.exprs)
    }

    /// Notes the columns of a relation that are read as the fields of a value of its row type.
    pub(super) fn reads_fields(&mut self, row: &TypeRef, is_read: impl Fn(&str) -> bool) {
        let types = self.types;
        let Some(relation) = types.row_relation(&types.base(row)) else { return };
        let columns = relation.columns.iter().filter(|column| is_read(&column.name));
        self.out.joined.extend(columns.map(|column| (relation.clone(), column.clone())));
    }

    /// The columns of a record.
    pub(super) fn record_shape(&self, record: &Typed) -> RecordShape {
        if !record.ty.is_builtin("record") || record.is_parameter() {
            return RecordShape::Unknown;
        }
        if let Form::Row(fields) = &record.form {
            let field = |(n, field): (usize, &Typed)| (Name::from(format!("f{}", n + 1)), field.ty.clone());
            return RecordShape::known(fields.iter().enumerate().map(field));
        }
        // Of a function that returns rows, the columns that its declaration has.
        if let Some(outputs) = self.called.get(&record.location) {
            return match outputs.len() > 1 {
                true => RecordShape::known(outputs.iter().cloned()),
                false => RecordShape::Unknown,
            };
        }
        let Some(var) = self.vars.get(&record.location) else { return RecordShape::Unknown };
        let scope = self.scopes.iter().rev().find(|scope| scope.query == var.query);
        let mut items = scope.iter().flat_map(|scope| &scope.items);
        let Some(item) = items.find(|item| item.alias == var.item && !item.unnamed) else {
            return RecordShape::Unknown;
        };
        // Of an entry of FROM, what that has.
        if &*var.column != "*" {
            return item.column(&var.column).map(|column| column.shape.clone()).unwrap_or_default();
        }
        let columns = item.columns.iter().map(|column| (column.name.clone(), column.ty.clone()));
        if item.unknown_columns { RecordShape::Unknown } else { RecordShape::known(columns) }
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
                    if is_json && is_slice {
                        let mut bounds = indices.iter().flat_map(|index| [&index.lidx, &index.uidx]);
                        let at = bounds.find_map(|bound| self.expr_option(bound)).map(|bound| bound.location);
                        let message = "jsonb subscript does not support slices";
                        return self.report_at(at.unwrap_or(location), "42804", message);
                    }
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
                    let Some(element) = types.part(&base) else {
                        self.cannot_be_subscripted(&base, location);
                        return;
                    };
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
