//! Cursors: what they are opened for, and what is fetched of them.

use super::super::typed::Typed;
use super::Checker;
use super::expression::Given;
use super::variables::{Cursor, Field, Shape};
use crate::syntax::plpgsql::ast::{CursorValue, IntoClause, OpenSource, Sql, Target};

impl Checker<'_> {
    /// The variable that a cursor is.
    pub(super) fn cursor(&mut self, cursor: Option<&Target>) -> Option<usize> {
        let names: Vec<_> = cursor?.names.iter().map(|name| name.text.as_str().into()).collect();
        let (id, _) = self.variables.find(self.types, &names)?;
        self.variables.read(id);
        Some(id)
    }

    pub(super) fn open_cursor(&mut self, cursor: Option<&Target>, source: &OpenSource) {
        match source {
            OpenSource::Bound(arguments) => {
                if let Some(cursor) = cursor {
                    self.open_bound(cursor, arguments);
                }
            }
            OpenSource::Query { query, .. } => {
                let given = query.as_ref().map(|query| self.query(query)).unwrap_or_default();
                self.opened(cursor, given);
            }
            OpenSource::Execute { query, using, .. } => {
                let given = query.as_ref().and_then(|query| self.execute(query, using)).unwrap_or_default();
                self.opened(cursor, given);
            }
        }
    }

    /// A cursor that is not bound has been opened for a query. Which one it is open for where it is read depends on the
    /// way there, so only one that is opened once is known.
    fn opened(&mut self, cursor: Option<&Target>, given: Given) {
        let Some(id) = self.cursor(cursor) else { return };
        self.variables.change(id, |variable| {
            variable.is_written = true;
            variable.cursor = match &variable.cursor {
                None => Some(Cursor { arguments: Vec::new(), fields: given.fields }),
                Some(_) => Some(Cursor { arguments: Vec::new(), fields: None }),
            };
        });
    }

    /// The fields of a bound cursor, which is opened.
    pub(super) fn open_bound(&mut self, cursor: &Target, arguments: &[CursorValue]) -> Option<Vec<Field>> {
        let id = self.cursor(Some(cursor));
        let known = id.and_then(|id| self.variables.get(id).cursor);
        for (n, argument) in arguments.iter().enumerate() {
            let value = self.expression(&argument.value).value();
            let Some(cursor) = &known else { continue };
            let own = match &argument.name {
                Some(name) => cursor.arguments.iter().find(|id| *self.variables.get(**id).name == *name.text),
                None => cursor.arguments.get(n),
            };
            if let Some(own) = own
                && let Shape::Of(ty) = self.variables.get(*own).shape
            {
                self.fits(&value, &ty, argument.value.span, "a cursor's argument");
            }
        }
        known.and_then(|cursor| cursor.fields)
    }

    pub(super) fn fetch(&mut self, count: Option<&Sql>, cursor: Option<&Target>, into: Option<&IntoClause>) {
        if let Some(count) = count {
            self.number(count);
        }
        let id = self.cursor(cursor);
        let fields = id.and_then(|id| self.variables.get(id).cursor).and_then(|cursor| cursor.fields);
        let Some(into) = into else { return };
        let exprs = fields.iter().flatten().map(|(_, ty)| Typed::new(ty.clone(), -1)).collect();
        let given = Given { fields, exprs, has_rows: true, is_known: true };
        self.into(&into.targets, &given, into.span);
    }
}
