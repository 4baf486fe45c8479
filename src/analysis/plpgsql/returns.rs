//! What RETURN, RETURN NEXT and RETURN QUERY give, and what the function is declared to return.

use super::super::typed::{Form, Typed};
use super::expression::Given;
use super::setup::Result;
use super::variables::{Shape, fields_of};
use super::{Checker, Weight};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, same};
use crate::syntax::grammar;
use crate::syntax::plpgsql::ast::Sql;
use crate::text::Span;

impl Checker<'_> {
    pub(super) fn return_value(&mut self, value: Option<&Sql>) {
        let Some(value) = value else { return };
        let given = self.expression(value);
        let only = given.value();
        if let Some(fields) = &given.fields
            && fields.len() > 1
        {
            let message = format!("query returned {} columns", fields.len());
            self.fails(self.first_token_of(value.span), "42601", message);
            return;
        }
        let result = self.routine.result.clone();
        let wrong = "returned record type does not match expected record type";
        match &result {
            Result::Value(wanted) => self.returned(&only, wanted, value.span, wrong),
            Result::Trigger => {
                let is_row = self.is_row(&only, value.span);
                let rows = self.routine.rows.clone().unwrap_or_default();
                let is_null = matches!(only.form, Form::Literal(None));
                if is_row == Answer::No && !is_null {
                    let message = "cannot return non-composite value from function returning composite type";
                    self.fails(value.span, "42804", message);
                } else if let [row] = &rows[..] {
                    self.compare_rows(&only, row, value.span, wrong);
                }
            }
            _ => {}
        }
    }

    /// Whether a value is a row. `r` of a record is one whatever it holds.
    fn is_row(&self, value: &Typed, span: Span) -> Answer {
        if matches!(value.form, Form::Row(_))
            || value.ty.is_builtin("record")
            || self.types.is_complex(&value.ty)
        {
            return Answer::Yes;
        }
        if let Some(Shape::Fields(_) | Shape::Unknown | Shape::Unassigned) = self.whole_variable(span) {
            return Answer::Yes;
        }
        if value.ty == TypeRef::Unknown || self.types.is_opaque(&value.ty) {
            Answer::Unknown
        } else {
            Answer::No
        }
    }

    /// What a variable holds that an expression is and nothing else.
    fn whole_variable(&self, span: Span) -> Option<Shape> {
        let name = self.written(span).trim();
        let name = name.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(name).trim();
        let (id, parts) = self.variables.find(self.types, &[grammar::folded(name).as_str().into()])?;
        (parts == 1).then(|| self.variables.get(id).shape)
    }

    fn returned(&mut self, value: &Typed, wanted: &TypeRef, span: Span, wrong: &str) {
        let is_composite = self.types.is_complex(wanted) || wanted.is_builtin("record");
        if !is_composite {
            if !matches!(self.whole_variable(span), Some(Shape::Fields(_) | Shape::Unassigned)) {
                self.fits(value, wanted, span, "a result");
            }
            return;
        }
        let is_null = matches!(value.form, Form::Literal(None));
        if is_null {
            return;
        }
        match self.is_row(value, span) {
            Answer::No => {
                let message = "cannot return non-composite value from function returning composite type";
                self.fails(span, "42804", message);
            }
            _ => self.compare_rows(value, wanted, span, wrong),
        }
    }

    /// A row that is to be one of a type.
    fn compare_rows(&mut self, value: &Typed, wanted: &TypeRef, span: Span, wrong: &str) {
        let Some(wanted) = fields_of(self.types, wanted) else { return };
        let shape = self.whole_variable(span);
        let own: Vec<TypeRef> = match (&value.form, shape) {
            (Form::Row(items), _) => items.iter().map(|item| item.ty.clone()).collect(),
            (_, Some(Shape::Fields(fields))) => fields.into_iter().map(|(_, ty)| ty).collect(),
            _ => match fields_of(self.types, &value.ty) {
                Some(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
                None => return,
            },
        };
        let wanted: Vec<TypeRef> = wanted.into_iter().map(|(_, ty)| ty).collect();
        if let Some(detail) = self.difference(&own, &wanted) {
            self.say_hinting(span, Weight::Warning, "42804", wrong, Some(detail));
        }
    }

    /// What keeps rows of these types from being taken for others (tupconvert.c: convert_tuples_by_position).
    fn difference(&self, own: &[TypeRef], wanted: &[TypeRef]) -> Option<String> {
        let types = self.types;
        for (n, (own, wanted)) in own.iter().zip(wanted).enumerate() {
            if *own == TypeRef::Unknown || *wanted == TypeRef::Unknown {
                continue;
            }
            // A modifier that differs is made to fit.
            if !same(own, wanted) {
                let (own, wanted) = (types.print_with_modifier(own), types.print_with_modifier(wanted));
                return Some(format!(
                    "Returned type {own} does not match expected type {wanted} in column {}.",
                    n + 1
                ));
            }
        }
        (own.len() != wanted.len()).then(|| {
            format!(
                "Number of returned columns ({}) does not match expected column count ({}).",
                own.len(),
                wanted.len()
            )
        })
    }

    pub(super) fn return_next(&mut self, value: Option<&Sql>) {
        let Some(value) = value else { return };
        let only = self.expression(value).value();
        let result = self.routine.result.clone();
        let wanted = match &result {
            Result::Value(wanted) => wanted,
            _ => return,
        };
        let is_composite = self.types.is_complex(wanted);
        let is_null = matches!(only.form, Form::Literal(None));
        if is_composite && !is_null && self.is_row(&only, value.span) == Answer::No {
            let message = "cannot return non-composite value from function returning composite type";
            self.fails(value.span, "42804", message);
        } else if is_composite {
            self.compare_rows(&only, wanted, value.span, "wrong record type supplied in RETURN NEXT");
        } else {
            self.fits(&only, wanted, value.span, "a result");
        }
    }

    /// The rows of RETURN QUERY.
    pub(super) fn check_rows(&mut self, given: &Given, span: Span) {
        let Some(fields) = &given.fields else { return };
        let wanted: Vec<TypeRef> = match &self.routine.result {
            Result::Columns(columns) => columns.clone(),
            Result::Value(ty) if ty.is_builtin("record") => return,
            Result::Value(ty) if self.types.is_complex(ty) => match fields_of(self.types, ty) {
                Some(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
                None => return,
            },
            Result::Value(ty) => vec![ty.clone()],
            _ => return,
        };
        let own: Vec<TypeRef> = fields.iter().map(|(_, ty)| super::expression::settled(ty)).collect();
        if let Some(detail) = self.difference(&own, &wanted) {
            let message = "structure of query does not match function result type";
            self.say_hinting(span, Weight::Warning, "42804", message, Some(detail));
        }
    }
}
