//! DO blocks: what the DDL in them does, as far as it can be told which of it runs.
//!
//! A block is followed statement by statement with the values of its variables where they are constants
//! (`constant`), so that conditions, EXECUTE of what is put together and RETURN mean what they mean on a server.

use std::collections::HashMap;
use std::sync::Arc;

use crate::syntax::ast::{DoStmt, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::plpgsql::ast::{
    Block, Branch, DeclarationKind, Function, Loop, LoopHead, Otherwise, Sql, Statement, StatementKind,
};
use crate::syntax::plpgsql::{self, Signature};

use super::constant::{self, Constant, Known};
use super::{Fold, Result, Stop, find, schema_of};

/// How many times a loop over constants is followed at most.
const MOST_ROUNDS: i64 = 200;

/// Whether a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// It may run or not.
    Maybe,
    /// It leaves the same schema whether it runs or not, as behind `IF NOT EXISTS (…) THEN`, or a handler may have
    /// caught that it fails.
    Assumed,
    Runs,
}

/// How a list of statements ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    /// By RETURN, EXIT, CONTINUE or RAISE EXCEPTION, or perhaps by one of them.
    Left(Certainty),
}

/// A body that is being followed.
struct Run<'a> {
    function: &'a Function,
    /// Where the body stands in the statement, if it is there as it is.
    start: Option<usize>,
    variables: HashMap<String, Known>,
}

impl Fold<'_> {
    pub(super) fn do_block(&mut self, s: &DoStmt) -> Result {
        let text = |wanted: &str| {
            s.args.iter().find_map(|argument| match &argument.node {
                Some(NodeEnum::DefElem(element)) if element.defname == wanted => {
                    match element.arg.as_ref()?.node.as_ref()? {
                        NodeEnum::String(text) => Some(text.sval.as_str()),
                        _ => None,
                    }
                }
                _ => None,
            })
        };
        let Some(body) = text("as") else { return Ok(()) };
        // Of another language nothing is known.
        if text("language").is_some_and(|language| !language.eq_ignore_ascii_case("plpgsql")) {
            return self.unknown();
        }
        let text: Arc<str> = body.into();
        let function = plpgsql::parse(&text, &Signature::inline());
        let Some(block) = function.block.as_ref().filter(|_| function.errors.is_empty()) else {
            return self.unknown();
        };
        let start = self.sql.find(body);
        let mut run = Run { function: &function, start, variables: HashMap::new() };
        let before = self.catalog.clone();
        let changed = self.changed;
        match self.block(&mut run, block, Certainty::Runs) {
            // A block that raises undoes what it did.
            Ok(Flow::Left(Certainty::Runs)) if run.variables.remove(RAISED).is_some() => {
                self.catalog = before;
                self.changed = changed;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    fn block(&mut self, run: &mut Run, block: &Block, certainty: Certainty) -> Result<Flow> {
        for declaration in &block.declarations {
            let value = match &declaration.kind {
                DeclarationKind::Variable { default: Some(default), .. } => self.value(run, default),
                DeclarationKind::Variable { default: None, .. } => Some(Constant::Null),
                _ => None,
            };
            run.variables.insert(declaration.name.text.clone(), value);
        }
        if block.exception.is_none() {
            return self.statements(run, &block.body, certainty);
        }
        // That a statement fails is caught here, and what the block did until then is undone.
        let before = self.catalog.clone();
        let runs = certainty.min(Certainty::Assumed);
        match self.statements(run, &block.body, runs)? {
            Flow::On => Ok(Flow::On),
            Flow::Left(end) => {
                if run.variables.remove(RAISED).is_some() && end == runs {
                    self.catalog = before;
                    return Ok(Flow::On);
                }
                Ok(Flow::Left(Certainty::Maybe))
            }
        }
    }

    fn statements(&mut self, run: &mut Run, statements: &[Statement], certainty: Certainty) -> Result<Flow> {
        let mut certainty = certainty;
        let mut left = None;
        for statement in statements {
            match self.one(run, statement, certainty)? {
                Flow::On => {}
                Flow::Left(Certainty::Runs) => return Ok(Flow::Left(Certainty::Runs)),
                Flow::Left(other) => {
                    certainty = certainty.min(Certainty::Maybe);
                    left = Some(other);
                }
            }
        }
        Ok(left.map_or(Flow::On, Flow::Left))
    }

    fn one(&mut self, run: &mut Run, statement: &Statement, certainty: Certainty) -> Result<Flow> {
        match &statement.kind {
            StatementKind::Block(block) => return self.block(run, block, certainty),
            StatementKind::If { branches, otherwise, .. } => {
                return self.branches(run, branches, otherwise.as_ref(), certainty);
            }
            StatementKind::Case { branches, otherwise, .. } => {
                let bodies = branches.iter().map(|branch| &branch.body);
                for body in bodies.chain(otherwise.iter().map(|otherwise| &otherwise.body)) {
                    self.statements(run, body, Certainty::Maybe)?;
                }
            }
            StatementKind::Loop(body) => return self.repeat(run, body, certainty),
            StatementKind::Return { .. } | StatementKind::Exit { condition: None, .. } => {
                return Ok(Flow::Left(certainty));
            }
            StatementKind::Exit { .. } => return Ok(Flow::Left(Certainty::Maybe)),
            StatementKind::Raise(raise) => {
                let text = &run.function.text;
                let level = raise.level.map(|span| text[span.range()].to_ascii_lowercase());
                if level.as_deref().is_none_or(|level| level == "exception") {
                    run.variables.insert(RAISED.to_owned(), None);
                    return Ok(Flow::Left(certainty));
                }
            }
            StatementKind::Assign { target, sql } => {
                let value = sql.as_ref().and_then(|sql| self.value(run, sql));
                if let [name] = target.names.as_slice() {
                    let value = value.filter(|_| certainty != Certainty::Maybe);
                    run.variables.insert(name.text.clone(), value);
                }
            }
            StatementKind::Sql(sql)
            | StatementKind::Perform { sql: Some(sql), .. }
            | StatementKind::Do { sql: Some(sql), .. } => {
                let text = &run.function.text;
                for target in sql.into.iter().flat_map(|into| &into.targets) {
                    forget(run, target.names.first().map(|name| name.text.as_str()));
                }
                let start = run.start.map(|start| start + sql.span.start);
                self.plain(&sql.code(text), start, certainty)?;
            }
            StatementKind::Execute { query: Some(query), into, .. } => {
                for target in into.iter().flat_map(|into| &into.targets) {
                    forget(run, target.names.first().map(|name| name.text.as_str()));
                }
                self.execute(run, query, certainty)?;
            }
            StatementKind::Broken => self.unknown()?,
            _ => {}
        }
        Ok(Flow::On)
    }

    fn branches(
        &mut self,
        run: &mut Run,
        branches: &[Branch],
        otherwise: Option<&Otherwise>,
        certainty: Certainty,
    ) -> Result<Flow> {
        // How certain it is that a branch is come to at all.
        let mut reached = certainty;
        let mut left = None;
        for branch in branches {
            let (truth, asks_for_existence) = match &branch.condition {
                Some(condition) => self.if_condition(run, condition),
                None => (None, false),
            };
            let (runs, goes_on) = match truth {
                Some(false) => continue,
                Some(true) => (reached, false),
                None if asks_for_existence => (reached.min(Certainty::Assumed), true),
                None => (Certainty::Maybe, true),
            };
            match self.statements(run, &branch.body, runs)? {
                Flow::On => {}
                Flow::Left(_) if goes_on => left = Some(Certainty::Maybe),
                flow => return Ok(flow),
            }
            if !goes_on {
                return Ok(left.map_or(Flow::On, Flow::Left));
            }
            reached = Certainty::Maybe;
        }
        if let Some(otherwise) = otherwise
            && let Flow::Left(end) = self.statements(run, &otherwise.body, reached)?
        {
            left = Some(end);
        }
        Ok(left.map_or(Flow::On, Flow::Left))
    }

    fn repeat(&mut self, run: &mut Run, body: &Loop, certainty: Certainty) -> Result<Flow> {
        let rounds: Option<(&str, Vec<Constant>)> = match &body.head {
            LoopHead::ForEach { targets, array: Some(array), slice: None, .. } => {
                let name = targets.first().and_then(|target| target.names.first());
                let items = match self.value(run, array) {
                    Some(Constant::List(items)) => Some(items),
                    _ => None,
                };
                name.map(|name| name.text.as_str()).zip(items)
            }
            LoopHead::Integer { variable, reverse: None, from, to: Some(to), by: None, .. } => {
                let bounds = (self.value(run, from), self.value(run, to));
                let numbers = match bounds {
                    (Some(from), Some(to)) => from.number().zip(to.number()),
                    _ => None,
                };
                numbers.filter(|(from, to)| to.saturating_sub(*from) < MOST_ROUNDS).map(|(from, to)| {
                    (variable.text.as_str(), (from..=to).map(Constant::of_number).collect())
                })
            }
            _ => None,
        };
        let Some((variable, values)) = rounds.filter(|(_, values)| values.len() <= MOST_ROUNDS as usize)
        else {
            self.assigned_within(run, &body.body);
            self.statements(run, &body.body, Certainty::Maybe)?;
            self.assigned_within(run, &body.body);
            return Ok(Flow::On);
        };
        for value in values {
            run.variables.insert(variable.to_owned(), Some(value));
            match self.statements(run, &body.body, certainty)? {
                Flow::On => {}
                // Whether only this round ends, or the loop, is not told apart.
                Flow::Left(_) => return Ok(Flow::Left(Certainty::Maybe)),
            }
        }
        Ok(Flow::On)
    }

    /// What a loop assigns to is not known within it.
    fn assigned_within(&self, run: &mut Run, statements: &[Statement]) {
        let mut todo: Vec<&Statement> = statements.iter().collect();
        while let Some(statement) = todo.pop() {
            match &statement.kind {
                StatementKind::Assign { target, .. } => {
                    forget(run, target.names.first().map(|name| name.text.as_str()));
                }
                StatementKind::Block(block) => todo.extend(&block.body),
                StatementKind::If { branches, otherwise, .. }
                | StatementKind::Case { branches, otherwise, .. } => {
                    todo.extend(branches.iter().flat_map(|branch| &branch.body));
                    todo.extend(otherwise.iter().flat_map(|otherwise| &otherwise.body));
                }
                StatementKind::Loop(inner) => todo.extend(&inner.body),
                _ => {}
            }
        }
    }

    fn value(&self, run: &Run, sql: &Sql) -> Known {
        let code = sql.code(&run.function.text);
        let tree = grammar::parse(&code, sql.mode).ok()?;
        let node = tree.stmts.first()?.stmt.as_ref()?.node.as_ref()?;
        constant::of_statement(&self.catalog, &run.variables, node)
    }

    /// Whether a condition holds, if that is known, and whether it asks for something that exists.
    fn if_condition(&self, run: &Run, sql: &Sql) -> (Option<bool>, bool) {
        let code = sql.code(&run.function.text);
        let Ok(tree) = grammar::parse(&code, sql.mode) else { return (None, false) };
        let node = tree.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref());
        let Some(node) = node else { return (None, false) };
        let truth = match constant::of_statement(&self.catalog, &run.variables, node) {
            // NULL is no truth.
            Some(value) => value.truth().map_or(Some(false), Some),
            None => None,
        };
        (truth, constant::asks_for_existence(node))
    }

    /// A statement of a block, which stands at `start` in the whole statement.
    fn plain(&mut self, sql: &str, start: Option<usize>, certainty: Certainty) -> Result {
        let Ok(tree) = grammar::parse(sql, ParseMode::Statements) else { return self.unknown() };
        for raw in &tree.stmts {
            let Some(node) = raw.stmt.as_ref().and_then(|node| node.node.as_ref()) else { continue };
            if !super::may_change(node) {
                continue;
            }
            let mut inner = Fold { catalog: self.catalog.clone(), sql, changed: false };
            let result = inner.statement(node);
            match result {
                Ok(()) | Err(Stop::Unsure) if inner.changed => {
                    self.catalog = inner.catalog;
                    self.changed = true;
                }
                Err(Stop::Error(mut error)) if certainty == Certainty::Runs => {
                    error.offset = error.offset.zip(start).map(|(offset, start)| offset + start).or(start);
                    return Err(Stop::Error(error));
                }
                _ => {}
            }
            if matches!(result, Err(Stop::Unsure)) {
                self.doubt_table_of(node);
            }
            if certainty == Certainty::Maybe {
                match is_beside_the_schema(node) {
                    true => self.unknown_rights(),
                    false => self.unknown()?,
                }
            }
        }
        Ok(())
    }

    /// A table that a statement changes on the server, though it cannot be told here how.
    fn doubt_table_of(&mut self, node: &NodeEnum) {
        let range = match node {
            NodeEnum::AlterTableStmt(s) => s.relation.as_ref(),
            NodeEnum::RenameStmt(s) => s.relation.as_ref(),
            NodeEnum::IndexStmt(s) => s.relation.as_ref(),
            _ => None,
        };
        let Some(range) = range else { return };
        let found = self.catalog.relation(schema_of(range), &range.relname);
        if let Some(name) = found.map(|relation| relation.qualified_name())
            && !find::is_system_schema(&name.schema)
            && let Some(relation) = self.catalog.relation_mut(&name)
        {
            relation.unknown_columns = true;
            self.changed = true;
        }
    }

    /// EXECUTE of what is known is a statement like any other; of the rest the beginning tells.
    fn execute(&mut self, run: &Run, query: &Sql, certainty: Certainty) -> Result {
        let code = query.code(&run.function.text);
        let Ok(tree) = grammar::parse(&code, query.mode) else { return self.unknown() };
        let node = tree.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref());
        let Some(node) = node else { return self.unknown() };
        match constant::of_statement(&self.catalog, &run.variables, node) {
            Some(Constant::Text(sql)) => {
                // An error in it stands where EXECUTE does.
                let start = run.start.map(|start| start + query.span.start);
                match self.plain(&sql, None, certainty) {
                    Err(Stop::Error(error)) => Err(Stop::Error(super::ApplyError { offset: start, ..error })),
                    other => other,
                }
            }
            Some(_) => Ok(()),
            None => match constant::beginning(&self.catalog, &run.variables, node) {
                Some(sql) if begins_harmless(&sql) => {
                    if begins_with_rights(&sql) {
                        self.unknown_rights();
                    }
                    Ok(())
                }
                _ => self.unknown(),
            },
        }
    }

    /// Who may do what, and who owns what, is not known any more.
    fn unknown_rights(&mut self) {
        if !self.catalog.unknown_rights {
            self.catalog.unknown_rights = true;
            self.changed = true;
        }
    }
}

/// Stands among the variables for an exception that was raised; no variable can have the name.
const RAISED: &str = " raised";

fn forget(run: &mut Run, name: Option<&str>) {
    if let Some(value) = name.and_then(|name| run.variables.get_mut(name)) {
        *value = None;
    }
}

/// Roles, rights and the like: no name of a relation, a type or a routine depends on them.
fn is_beside_the_schema(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::CreateRoleStmt(_)
            | NodeEnum::AlterRoleStmt(_)
            | NodeEnum::AlterRoleSetStmt(_)
            | NodeEnum::DropRoleStmt(_)
            | NodeEnum::GrantStmt(_)
            | NodeEnum::GrantRoleStmt(_)
            | NodeEnum::CommentStmt(_)
            | NodeEnum::CreatePolicyStmt(_)
            | NodeEnum::AlterPolicyStmt(_)
            | NodeEnum::AlterDefaultPrivilegesStmt(_)
            | NodeEnum::AlterOwnerStmt(_)
            | NodeEnum::CreatePublicationStmt(_)
            | NodeEnum::AlterPublicationStmt(_)
    )
}

/// Whether SQL that begins so leaves relations, types and routines alone.
pub fn begins_harmless(sql: &str) -> bool {
    let lower = sql.trim_start().to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(2).collect();
    match words.as_slice() {
        [first, ..]
            if matches!(
                *first,
                "grant" | "revoke" | "insert" | "update" | "delete" | "select" | "notify"
            ) =>
        {
            true
        }
        [first, ..]
            if matches!(
                *first,
                "comment" | "analyze" | "vacuum" | "refresh" | "reindex" | "lock" | "truncate"
            ) =>
        {
            true
        }
        [
            "create" | "alter" | "drop",
            "role" | "user" | "policy" | "publication" | "default" | "database",
        ] => true,
        _ => false,
    }
}

/// Whether it begins like a statement about rights, or about something that `diff` would compare.
fn begins_with_rights(sql: &str) -> bool {
    let lower = sql.trim_start().to_ascii_lowercase();
    ["grant", "revoke", "create", "alter", "drop", "comment"].iter().any(|word| lower.starts_with(word))
}
