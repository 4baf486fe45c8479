//! Functions that a query calls and that define something: their bodies are followed as blocks are.

use crate::syntax::ast::{FuncCall, NodeEnum, NodeRef};
use crate::syntax::plpgsql::{self, Signature};

use super::super::model::*;
use super::block::{Certainty, Run};
use super::constant::{self, Constant};
use super::variables::{Form, Variables};
use super::{Fold, Result, Stop, split_name, strings};

/// How far functions are followed that call others.
const DEEPEST: u8 = 5;

/// Whether a function may do more than to read and change rows: it has DDL in its body, or SQL that is put together when
/// it runs, or it is not known what it does.
pub fn may_define(routine: &Routine) -> bool {
    if routine.volatility != Volatility::Volatile || routine.kind == RoutineKind::Aggregate {
        return false;
    }
    let Some(body) = &routine.body else { return !matches!(&*routine.language, "c" | "internal" | "sql") };
    if !matches!(&*routine.language, "sql" | "plpgsql") {
        return true;
    }
    const WORDS: [&str; 4] = ["create", "alter", "drop", "execute"];
    let (tokens, _) = crate::syntax::grammar::scan(body);
    let words: Vec<&str> = tokens.iter().map(|token| &body[token.span.range()]).collect();
    let is_one_of = |word: &str, own: &[&str]| own.iter().any(|own| word.eq_ignore_ascii_case(own));
    // What gives rows to a loop, a cursor or a caller defines nothing: FOR … IN EXECUTE, RETURN QUERY EXECUTE.
    let gives_rows = |n: usize| {
        words[n].eq_ignore_ascii_case("execute") && n > 0 && is_one_of(words[n - 1], &["in", "query", "for"])
    };
    (0..words.len()).any(|n| is_one_of(words[n], &WORDS) && !gives_rows(n))
}

/// Makes of `catalog` what it is behind a query or CALL, if the functions that it calls define something. Whether that
/// is another one.
pub fn call_functions(catalog: &mut Catalog, statement: &NodeEnum, sql: &str, runs: bool) -> bool {
    let mut fold = Fold::new(catalog, sql);
    let certainty = if runs { Certainty::Runs } else { Certainty::Maybe };
    match fold.calls(statement, &Variables::default(), certainty) {
        // What is called stands somewhere else.
        Ok(false) => catalog.forget(),
        Ok(true) | Err(Stop::Unsure) => {
            // What is run that is not known may change any table.
            let is_unknown = fold.catalog.unknown_names && fold.catalog.doubted.is_none();
            let changed = fold.take_effect(catalog);
            is_unknown && catalog.forget() || changed
        }
        // The whole statement fails.
        Err(Stop::Error(_)) => false,
    }
}

impl Fold<'_> {
    /// What the functions do that a statement calls, whose own variables are given. Whether there is any.
    pub(super) fn calls(
        &mut self,
        node: &NodeEnum,
        variables: &Variables,
        certainty: Certainty,
    ) -> Result<bool> {
        let mut is_any = false;
        let only = only_call(node);
        let mut found: Vec<(FuncCall, bool)> = Vec::new();
        match node {
            NodeEnum::CallStmt(call) => found.extend(call.funccall.clone().map(|call| (*call, true))),
            _ => {
                for (node, ..) in node.nodes() {
                    let NodeRef::FuncCall(call) = node else { continue };
                    let is_only = only.is_some_and(|only| only.location == call.location);
                    found.push((call.clone(), is_only));
                }
            }
        }
        for (call, is_only) in found {
            let parts = strings(&call.funcname);
            let (schema, name) = split_name(&parts);
            let fits = |routine: &Routine| {
                let inputs = routine.arguments.iter().filter(|argument| argument.mode.is_input());
                let needed = inputs.clone().filter(|argument| argument.default.is_none()).count();
                let is_variadic = inputs.clone().any(|argument| argument.mode == ArgumentMode::Variadic);
                call.args.len() >= needed.saturating_sub(usize::from(is_variadic))
                    && (is_variadic || call.args.len() <= inputs.count())
            };
            let all = self.catalog.routines(schema, name);
            let routines: Vec<_> = all.iter().filter(|routine| fits(routine)).map(|r| (*r).clone()).collect();
            let is_certain = is_only && routines.len() == 1;
            for routine in routines.iter().filter(|routine| may_define(routine)) {
                is_any = true;
                let mut certainty = if is_certain { certainty } else { Certainty::Maybe };
                let arguments: Vec<Option<Constant>> = call
                    .args
                    .iter()
                    .map(|node| constant::of_expression(&self.catalog, variables, node))
                    .collect();
                if routine.strict {
                    // NULL keeps it from running.
                    if arguments.contains(&Some(Constant::Null)) {
                        continue;
                    }
                    if arguments.contains(&None) {
                        certainty = Certainty::Maybe;
                    }
                }
                self.call(routine, &arguments, certainty)?;
            }
        }
        Ok(is_any)
    }

    fn call(&mut self, routine: &Routine, arguments: &[Option<Constant>], certainty: Certainty) -> Result {
        let Some(body) = routine.body.as_ref().filter(|_| routine.settings.is_empty()) else {
            return self.unknown();
        };
        if self.depth >= DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let role = self.catalog.current_role.clone();
        if routine.security_definer {
            self.catalog.current_role.clone_from(&routine.owner);
        }
        let end = match &*routine.language {
            "sql" => self.plain(body, None, certainty),
            "plpgsql" => self.call_plpgsql(routine, body, arguments, certainty),
            _ => self.unknown(),
        };
        self.depth -= 1;
        if routine.security_definer {
            self.catalog.current_role = role;
        }
        match end {
            // Where an error stands in a body is not where the call does.
            Err(Stop::Error(error)) => Err(Stop::Error(super::ApplyError { offset: None, ..error })),
            other => other,
        }
    }

    fn call_plpgsql(
        &mut self,
        routine: &Routine,
        body: &Name,
        arguments: &[Option<Constant>],
        certainty: Certainty,
    ) -> Result {
        let function = plpgsql::parse(&body.to_string().into(), &Signature::unknown());
        let Some(block) = function.block.as_ref().filter(|_| function.errors.is_empty()) else {
            return self.unknown();
        };
        let mut variables = Variables::of(&function);
        let inputs = routine.arguments.iter().filter(|argument| argument.mode.is_input());
        for (n, argument) in inputs.enumerate() {
            // Of what is variadic or left out the value is not followed.
            let value = arguments.get(n).cloned().flatten().filter(|_| argument.mode == ArgumentMode::In);
            if let Some(name) = &argument.name {
                variables.declare(name, Form::of(&argument.ty.to_string()), value);
            }
        }
        let mut run = Run::of(&function, variables);
        self.follow_block(&mut run, block, certainty)
    }
}

/// The call that is all of a query: `SELECT f(…)`.
fn only_call(node: &NodeEnum) -> Option<&FuncCall> {
    let NodeEnum::SelectStmt(select) = node else { return None };
    let is_plain = select.from_clause.is_empty()
        && select.where_clause.is_none()
        && select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.with_clause.is_none()
        && select.limit_count.is_none()
        && select.values_lists.is_empty();
    let [only] = select.target_list.as_slice() else { return None };
    let Some(NodeEnum::ResTarget(target)) = &only.node else { return None };
    match target.val.as_ref()?.node.as_ref()? {
        NodeEnum::FuncCall(call) if is_plain => Some(call),
        _ => None,
    }
}
