//! Bodies of SQL functions with the types of a call: of a polymorphic function PostgreSQL looks at the body only then, as
//! it does at the columns of a record.

use std::sync::Arc;

use super::func::Arguments as Passed;
use super::routine::{Arguments, Result};
use super::statement::Analyzer;
use crate::catalog::model::{ArgumentMode, Routine, RoutineKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Function, Source, is_polymorphic};
use crate::syntax::Parse;
use crate::syntax::ast::{FuncCall, Node, NodeEnum};

/// Functions that call functions are followed so far.
const DEEPEST: u8 = 3;

/// A function whose body waits for its columns, and the types of its arguments.
pub(super) type Waiting = (Arc<Routine>, Vec<TypeRef>);

impl Analyzer<'_> {
    /// What fails in the body of the function that is called, with the types of these arguments.
    pub(super) fn call_body(&mut self, call: &FuncCall, function: &Function, passed: &Passed) {
        let Source::Routine(routine) = &function.source else { return };
        if !is_plain(routine) || self.bodies >= DEEPEST || call.func_variadic {
            return;
        }
        let inputs: Vec<TypeRef> = routine.input_types().cloned().collect();
        let waits = is_record_without_columns(routine);
        let is_given_all = inputs.len() == passed.exprs.len() && function.inputs() == inputs;
        if !is_given_all || !inputs.iter().any(is_polymorphic) && !waits {
            return;
        }
        let actual: Vec<TypeRef> = passed.call.types.iter().map(TypeRef::without_modifier).collect();
        if actual.contains(&TypeRef::Unknown) || passed.exprs.iter().any(|expr| expr.is_parameter()) {
            return;
        }
        let Ok(concrete) = self.types.concrete(&actual, &inputs, &function.result) else { return };
        if concrete.arguments.contains(&TypeRef::Unknown) {
            return;
        }
        if waits {
            self.waiting.insert(call.location, (Arc::clone(routine), concrete.arguments));
            return;
        }
        let is_known = !has_outputs(routine);
        let result = Result { ty: concrete.result, columns: Vec::new(), is_known };
        self.run_body(call, routine, concrete.arguments, &result);
    }

    /// The same of a function that returns a record, once its columns are told.
    pub(super) fn call_body_of_record(&mut self, call: &Node, definitions: &[Node]) {
        let Some(NodeEnum::FuncCall(call)) = &call.node else { return };
        let Some((routine, arguments)) = self.waiting.remove(&call.location) else { return };
        let columns = self.defined_types(definitions);
        let is_known = !columns.is_empty() && !columns.contains(&TypeRef::Unknown);
        let result = Result { ty: TypeRef::builtin("record"), columns, is_known };
        self.run_body(call, &routine, arguments, &result);
    }

    fn run_body(&mut self, call: &FuncCall, routine: &Routine, types: Vec<TypeRef>, result: &Result) {
        let Some(body) = &routine.body else { return };
        let parse = Parse::plain(body);
        if !parse.errors.is_empty() || parse.has_unknown_names() {
            return;
        }
        if parse.node().is_none() {
            if result.is_known && !result.ty.is_builtin("void") {
                let declared = self.types.print(&result.ty);
                let message = format!("return type mismatch in function declared to return {declared}");
                self.fails((call.location, [].iter()), call.location, "42P13", message);
            }
            return;
        }
        let inputs = routine.arguments.iter().filter(|argument| argument.mode.is_input());
        let names = inputs.map(|argument| argument.name.clone());
        let mut inner = Analyzer::new(&parse, self.catalog);
        inner.bodies = self.bodies + 1;
        inner.arguments =
            Arguments { function: routine.name.clone(), list: names.zip(types.iter().cloned()).collect() };
        inner.given = types;
        let mut last = None;
        for node in parse.nodes() {
            last = inner.body_statement(node);
        }
        if inner.out.diagnostics.is_empty() {
            let first =
                parse.tokens().iter().find(|token| !token.is_comment()).map_or(0, |token| token.span.start);
            inner.check_result(last, result, i32::try_from(first).unwrap_or(-1));
        }
        let Some(wrong) = inner.out.diagnostics.into_iter().next() else { return };
        // What the planner may put in the place of the call it looks at whether there are rows or not.
        let is_one = parse.nodes().count() == 1 && !routine.returns_set && !routine.security_definer;
        if is_one && !result.ty.is_builtin("record") && self.planned_calls.contains(&call.location) {
            self.certain.insert(call.location);
        }
        // NULL keeps a strict function from running.
        let operands: &[Node] = if routine.strict { &call.args } else { &[] };
        self.fails((call.location, operands.iter()), call.location, wrong.sqlstate, wrong.message);
    }
}

/// Whether a function is one in SQL whose body stands for itself.
fn is_plain(routine: &Routine) -> bool {
    routine.kind == RoutineKind::Function
        && routine.language.eq_ignore_ascii_case("sql")
        && routine.settings.is_empty()
        && routine.extension.is_none()
        && routine.body.is_some()
}

fn is_record_without_columns(routine: &Routine) -> bool {
    routine.result.as_ref().is_some_and(|ty| ty.is_builtin("record")) && !has_outputs(routine)
}

fn has_outputs(routine: &Routine) -> bool {
    use ArgumentMode::{InOut, Out, Table};
    routine.arguments.iter().any(|argument| matches!(argument.mode, Out | InOut | Table))
}
