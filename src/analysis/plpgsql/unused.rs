//! Variables and parameters that nothing reads, or nothing gives a value.

use super::super::{Diagnostic, Weight};
use super::Checker;
use super::setup::Result;
use super::variables::{Id, Origin};

impl Checker<'_> {
    pub(super) fn unused(&mut self) {
        for variable in self.variables.all() {
            let (Some(span), Origin::Declared) = (variable.span, variable.origin) else { continue };
            let name = &variable.name;
            let is_given = variable.is_written && variable.cursor.is_none();
            if !variable.is_read && !is_given {
                let message = format!("variable \"{name}\" is never used");
                self.say(span, Weight::Warning, "unused-variable", message);
            } else if !variable.is_read {
                let message = format!("variable \"{name}\" is given a value that is never read");
                self.say(span, Weight::Warning, "never-read-variable", message);
            }
        }
        let is_empty_promise = matches!(self.routine.result, Result::Trigger | Result::EventTrigger);
        if is_empty_promise {
            return;
        }
        for (id, argument) in self.routine.arguments.clone().iter().enumerate() {
            let id: Id = id;
            let variable = self.variables.get(id);
            let Some(span) = argument.span else { continue };
            let name = argument.name.clone().unwrap_or_else(|| format!("${}", id + 1).into());
            let mut found = Vec::new();
            let mut around = |code, message: String, weight: Weight| {
                found.push(Diagnostic { weight, ..Diagnostic::new(span, code, message) });
            };
            // What a procedure gives back it need not read.
            let is_result = argument.is_output && self.routine.is_procedure;
            if argument.is_input && !is_result {
                if !variable.is_read && !variable.is_written {
                    around(
                        "unused-parameter",
                        format!("parameter \"{name}\" is never used"),
                        Weight::Information,
                    );
                } else if !variable.is_read {
                    around(
                        "never-read-parameter",
                        format!("parameter \"{name}\" is never read"),
                        Weight::Information,
                    );
                }
            }
            if argument.is_output && self.types.is_complex(&argument.ty) && self.routine.outputs() > 1 {
                let message = format!("OUT parameter \"{name}\" is a row, and not the only one");
                around("composite-out", message, Weight::Silent);
            }
            if argument.is_output && !variable.is_written && !self.returns_query {
                around(
                    "unmodified-out",
                    format!("OUT parameter \"{name}\" is never given a value"),
                    Weight::Information,
                );
            }
            self.around.append(&mut found);
        }
    }
}
