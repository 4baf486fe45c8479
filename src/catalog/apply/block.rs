//! DO blocks: what the DDL in them does, as far as it can be told which of it runs.
//!
//! A block is followed statement by statement with the values of its variables where they are constants
//! (`constant`), so that conditions, EXECUTE of what is put together and RETURN mean what they mean on a server.

use std::sync::Arc;

use crate::syntax::ast::{DoStmt, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::plpgsql::ast::{
    Block, Branch, DeclarationKind, Exception, Function, Loop, LoopHead, Otherwise, Sql, Statement,
    StatementKind, Target,
};
use crate::syntax::plpgsql::{self, Node, Signature};

use super::beginning::{self, begins_collation, begins_harmless, begins_with_rights};
use super::constant::{self, Constant, Known};
use super::variables::{Form, Variables};
use super::{Fold, Result, Stop, find, offset, option, schema_of};
use crate::catalog::model::Catalog;
use crate::text::Span;

/// How many times a loop over constants is followed at most.
const MOST_ROUNDS: i64 = 200;

/// Whether a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// It may run or not.
    Maybe,
    /// It leaves the same schema whether it runs or not, as behind `IF NOT EXISTS (…) THEN`, or the script fails if it
    /// does not run.
    Assumed,
    Runs,
}

/// How a list of statements ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    /// What is behind them is not come to, or perhaps not.
    Left(Certainty, Way),
}

/// By what statements are left, what leaves more behind what leaves less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Raise,
    Continue,
    Exit,
    /// RETURN, or EXIT and CONTINUE with a label.
    Return,
}

impl Flow {
    /// This or that, whichever it is.
    fn or(self, other: Flow) -> Flow {
        match (self, other) {
            (Flow::On, Flow::On) => Flow::On,
            (Flow::Left(_, way), Flow::On) | (Flow::On, Flow::Left(_, way)) => {
                Flow::Left(Certainty::Maybe, way)
            }
            (Flow::Left(_, one), Flow::Left(_, other)) => Flow::Left(Certainty::Maybe, one.max(other)),
        }
    }
}

/// A body that is being followed.
pub(super) struct Run<'a> {
    function: &'a Function,
    /// Where the body stands in the statement, if it is there as it is.
    start: Option<usize>,
    variables: Variables,
    /// How many blocks with handlers are open.
    handlers: usize,
    /// What certainly runs, where that is asked for.
    moments: Option<Vec<Moment>>,
}

impl<'a> Run<'a> {
    /// A body that stands nowhere in the statement.
    pub(super) fn of(function: &'a Function, variables: Variables) -> Run<'a> {
        Run { function, start: None, variables, handlers: 0, moments: None }
    }

    /// Notes that a part of the body runs with that catalog. Within a block with handlers an error stops nothing.
    fn comes_to(&mut self, span: Span, catalog: &Catalog, certainty: Certainty) {
        if certainty == Certainty::Runs
            && self.handlers == 0
            && let Some(moments) = &mut self.moments
        {
            moments.push(Moment { span, catalog: catalog.clone() });
        }
    }
}

/// A part of a body that certainly runs, unless something before it fails, with what is there when it does.
pub struct Moment {
    /// In the body's text.
    pub span: Span,
    pub catalog: Catalog,
}

/// The parts of a block that certainly run, in the order in which they do.
pub fn moments(catalog: &Catalog, s: &DoStmt, sql: &str) -> Vec<Moment> {
    let mut fold = Fold::new(catalog, sql);
    let mut moments = Vec::new();
    let _ = fold.follow(s, Some(&mut moments));
    moments
}

impl Fold<'_> {
    pub(super) fn do_block(&mut self, s: &DoStmt) -> Result {
        self.follow(s, None)
    }

    /// Follows a block, and notes what certainly runs of it.
    fn follow(&mut self, s: &DoStmt, noted: Option<&mut Vec<Moment>>) -> Result {
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
        let mut given = [false; 2];
        for element in option::elements(&s.args) {
            let is_language = usize::from(element.defname == "language");
            if std::mem::replace(&mut given[is_language], true) {
                let message = "conflicting or redundant options";
                return self.fail("42601", message.into(), offset(element.location));
            }
        }
        let Some(body) = text("as") else {
            return self.fail("42601", "no inline code specified".into(), None);
        };
        if let Some(language) = text("language") {
            self.has_language(&language.to_ascii_lowercase())?;
            if matches!(language, "sql" | "internal" | "c") {
                let message = format!("language \"{language}\" does not support inline code execution");
                return self.fail("0A000", message, self.token(language));
            }
        }
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
        let mut run = Run {
            function: &function,
            start,
            variables: Variables::of(&function),
            handlers: 0,
            moments: noted.is_some().then(Vec::new),
        };
        let end = self.follow_block(&mut run, block, Certainty::Runs);
        if let (Some(noted), Some(moments)) = (noted, run.moments) {
            *noted = moments;
        }
        end
    }

    /// Follows all of a body.
    pub(super) fn follow_block(&mut self, run: &mut Run, block: &Block, certainty: Certainty) -> Result {
        let before = self.catalog.clone();
        let changed = self.changed;
        match self.block(run, block, certainty) {
            // A block that raises undoes what it did.
            Ok(Flow::Left(Certainty::Runs, Way::Raise)) => {
                self.catalog = before;
                self.changed = changed;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    fn block(&mut self, run: &mut Run, block: &Block, certainty: Certainty) -> Result<Flow> {
        let outer = run.variables.enter(block.declarations.iter().map(|declaration| &declaration.name));
        for declaration in &block.declarations {
            run.comes_to(declaration.span, &self.catalog, certainty);
            let (form, value) = match &declaration.kind {
                DeclarationKind::Variable { data_type, default, .. } => {
                    let written = data_type.as_ref().map(|ty| &run.function.text[ty.span.range()]);
                    if let Some(default) = default {
                        self.calls_of(run, default, certainty)?;
                    }
                    let value = match default {
                        Some(default) => self.text(run, default),
                        None => Some(Constant::Null),
                    };
                    (written.map_or(Form::Other, Form::of), value)
                }
                _ => (Form::Other, None),
            };
            run.variables.declare(&declaration.name.text, form, value);
        }
        let flow = match &block.exception {
            None => self.statements(run, &block.body, certainty),
            Some(exception) => self.with_handlers(run, block, exception, certainty),
        };
        run.variables.leave(outer);
        flow
    }

    /// That a statement fails is caught, and what the block did until then is undone.
    fn with_handlers(
        &mut self,
        run: &mut Run,
        block: &Block,
        exception: &Exception,
        certainty: Certainty,
    ) -> Result<Flow> {
        let before = (self.catalog.clone(), self.changed);
        run.handlers += 1;
        let end = self.statements(run, &block.body, certainty);
        run.handlers -= 1;
        let (mut flow, is_undone) = match end {
            Err(Stop::Error(_)) | Ok(Flow::Left(Certainty::Runs, Way::Raise)) => (Flow::On, true),
            Err(stop) => return Err(stop),
            // Before that, something may have failed.
            Ok(flow) => {
                if !block.body.iter().all(|statement| only_defines(statement, &run.function.text)) {
                    self.catalog = self.catalog.or(&before.0);
                }
                (flow.or(Flow::On), false)
            }
        };
        if is_undone {
            (self.catalog, self.changed) = before;
        }
        run.variables.forget_assigned(&run.function.text, Node::Block(block));
        for handler in &exception.handlers {
            let ended = self.statements(run, &handler.body, Certainty::Maybe)?;
            flow = flow.or(ended);
            run.variables.forget_assigned(&run.function.text, Node::Block(block));
        }
        Ok(flow)
    }

    fn statements(&mut self, run: &mut Run, statements: &[Statement], certainty: Certainty) -> Result<Flow> {
        let mut certainty = certainty;
        let mut flow = Flow::On;
        for statement in statements {
            match self.one(run, statement, certainty)? {
                Flow::On => {}
                left @ Flow::Left(end, _) if end == certainty && end != Certainty::Maybe => return Ok(left),
                left => {
                    // If it raises, all of the script fails: what comes behind counts as if it did not.
                    let raises = matches!(left, Flow::Left(_, Way::Raise)) && run.handlers == 0;
                    certainty = certainty.min(if raises { Certainty::Assumed } else { Certainty::Maybe });
                    flow = flow.or(left);
                }
            }
        }
        Ok(flow)
    }

    fn one(&mut self, run: &mut Run, statement: &Statement, certainty: Certainty) -> Result<Flow> {
        let text = &run.function.text;
        let span = match &statement.kind {
            StatementKind::Block(_) | StatementKind::If { .. } | StatementKind::Case { .. } => None,
            StatementKind::Loop(body) => {
                let end = body.body.first().map_or(statement.span.start, |first| first.span.start);
                Some(Span::new(statement.span.start, end))
            }
            _ => Some(statement.span),
        };
        span.into_iter().for_each(|span| run.comes_to(span, &self.catalog, certainty));
        match &statement.kind {
            StatementKind::Block(block) => return self.block(run, block, certainty),
            StatementKind::If { branches, otherwise, .. } => {
                return self.branches(run, branches, otherwise.as_ref(), certainty);
            }
            StatementKind::Case { branches, otherwise, .. } => {
                let bodies = branches.iter().map(|branch| &branch.body);
                let mut flow = Flow::On;
                for body in bodies.chain(otherwise.iter().map(|otherwise| &otherwise.body)) {
                    flow = flow.or(self.statements(run, body, Certainty::Maybe)?);
                    run.variables.forget_assigned(text, Node::Statement(statement));
                }
                return Ok(flow);
            }
            StatementKind::Loop(body) => return self.repeat(run, statement, body, certainty),
            StatementKind::Return { value, .. } => {
                if let Some(value) = value {
                    self.calls_of(run, value, certainty)?;
                }
                return Ok(Flow::Left(certainty, Way::Return));
            }
            StatementKind::Exit { label: Some(_), .. } => {
                return Ok(Flow::Left(Certainty::Maybe, Way::Return));
            }
            StatementKind::Exit { keyword, condition, .. } => {
                let is_exit = text[keyword.range()].eq_ignore_ascii_case("exit");
                let certainty = if condition.is_some() { Certainty::Maybe } else { certainty };
                return Ok(Flow::Left(certainty, if is_exit { Way::Exit } else { Way::Continue }));
            }
            StatementKind::Raise(raise) => {
                let level = raise.level.map(|span| text[span.range()].to_ascii_lowercase());
                if level.as_deref().is_none_or(|level| level == "exception") {
                    return Ok(Flow::Left(certainty, Way::Raise));
                }
            }
            StatementKind::Assign { target, sql } => {
                if let Some(sql) = sql {
                    self.calls_of(run, sql, certainty)?;
                }
                let value = sql.as_ref().and_then(|sql| self.text(run, sql));
                run.variables.assign(target, value);
                return Ok(Flow::On);
            }
            StatementKind::Sql(sql)
            | StatementKind::Perform { sql: Some(sql), .. }
            | StatementKind::Do { sql: Some(sql), .. }
            | StatementKind::Call { sql: Some(sql), .. } => {
                let start = run.start.map(|start| start + sql.span.start);
                self.plain_with(&sql.code(text), start, certainty, &run.variables)?;
                if let Some((target, value)) = self.selected(run, sql) {
                    run.variables.assign(target, Some(value));
                    return Ok(Flow::On);
                }
            }
            StatementKind::Execute { query: Some(query), .. } => self.execute(run, query, certainty)?,
            // What COMMIT left stays, but what that was is not kept.
            StatementKind::EndTransaction { keyword, .. }
                if text[keyword.range()].eq_ignore_ascii_case("rollback") =>
            {
                self.unknown()?;
            }
            StatementKind::Broken => self.unknown()?,
            _ => {}
        }
        run.variables.forget_assigned(text, Node::Statement(statement));
        Ok(Flow::On)
    }

    fn branches(
        &mut self,
        run: &mut Run,
        branches: &[Branch],
        otherwise: Option<&Otherwise>,
        certainty: Certainty,
    ) -> Result<Flow> {
        let text = &run.function.text;
        // How certain it is that a branch is come to at all.
        let mut reached = certainty;
        let mut is_first = true;
        let mut flow = Flow::On;
        for branch in branches {
            if let Some(condition) = &branch.condition {
                run.comes_to(condition.span, &self.catalog, reached);
                self.calls_of(run, condition, reached)?;
            }
            let (truth, asks_for_existence) = match &branch.condition {
                Some(condition) => self.if_condition(run, condition),
                None => (None, false),
            };
            let runs = match truth {
                Some(false) => continue,
                Some(true) => reached,
                None if asks_for_existence => reached.min(Certainty::Assumed),
                None => Certainty::Maybe,
            };
            let end = self.statements(run, &branch.body, runs)?;
            if truth == Some(true) && is_first {
                return Ok(end);
            }
            run.variables.forget_assigned(text, Node::Branch(branch));
            flow = flow.or(end);
            if truth == Some(true) {
                return Ok(flow);
            }
            reached = Certainty::Maybe;
            is_first = false;
        }
        if let Some(otherwise) = otherwise {
            let end = self.statements(run, &otherwise.body, reached)?;
            if is_first {
                return Ok(end);
            }
            run.variables.forget_assigned(text, Node::Otherwise(otherwise));
            flow = flow.or(end);
        }
        Ok(flow)
    }

    fn repeat(
        &mut self,
        run: &mut Run,
        statement: &Statement,
        body: &Loop,
        certainty: Certainty,
    ) -> Result<Flow> {
        // The loop's own.
        let own = match &body.head {
            LoopHead::Integer { variable, .. } | LoopHead::Cursor { variable, .. } => Some(variable),
            _ => None,
        };
        let rounds = self.rounds(run, &body.head);
        let outer = run.variables.enter(own.into_iter());
        if let Some(own) = own {
            run.variables.declare(&own.text, Form::Whole, None);
        }
        let flow = match rounds {
            Some(values) => self.known_rounds(run, statement, body, values, certainty),
            None => {
                run.variables.forget_assigned(&run.function.text, Node::Statement(statement));
                let end = self.statements(run, &body.body, Certainty::Maybe);
                run.variables.forget_assigned(&run.function.text, Node::Statement(statement));
                end.map(outside)
            }
        };
        run.variables.leave(outer);
        flow
    }

    /// The values over which a loop goes, if they are known and not too many.
    fn rounds(&self, run: &Run, head: &LoopHead) -> Option<Vec<Constant>> {
        let values: Vec<Constant> = match head {
            LoopHead::ForEach { targets, array: Some(array), slice: None, .. } if targets.len() == 1 => {
                match self.value(run, array)? {
                    Constant::List(items) => items,
                    _ => return None,
                }
            }
            LoopHead::Integer { reverse: None, from, to: Some(to), by: None, .. } => {
                let (from, to) = (self.value(run, from)?.number()?, self.value(run, to)?.number()?);
                if to.saturating_sub(from) >= MOST_ROUNDS {
                    return None;
                }
                (from..=to).map(Constant::of_number).collect()
            }
            _ => return None,
        };
        (values.len() <= MOST_ROUNDS as usize).then_some(values)
    }

    fn known_rounds(
        &mut self,
        run: &mut Run,
        statement: &Statement,
        body: &Loop,
        values: Vec<Constant>,
        certainty: Certainty,
    ) -> Result<Flow> {
        let mut certain = certainty;
        let mut flow = Flow::On;
        for value in values {
            match &body.head {
                LoopHead::Integer { variable, .. } => {
                    run.variables.declare(&variable.text, Form::Whole, Some(value));
                }
                LoopHead::ForEach { targets, .. } => run.variables.assign(&targets[0], Some(value)),
                _ => {}
            }
            match self.statements(run, &body.body, certain)? {
                Flow::On => {}
                Flow::Left(end, Way::Continue) if end == certain && end != Certainty::Maybe => {}
                Flow::Left(end, Way::Exit) if end == certain && end != Certainty::Maybe => break,
                left @ Flow::Left(end, _) if end == certain && end != Certainty::Maybe => return Ok(left),
                left => {
                    // What it assigned in one round may not be so in the next.
                    run.variables.forget_assigned(&run.function.text, Node::Statement(statement));
                    certain = Certainty::Maybe;
                    flow = flow.or(outside(left));
                }
            }
        }
        if certain != certainty {
            run.variables.forget_assigned(&run.function.text, Node::Statement(statement));
        }
        Ok(flow)
    }

    /// The variable that INTO gives a value, and that value, if it is known.
    fn selected<'s>(&self, run: &Run, sql: &'s Sql) -> Option<(&'s Target, Constant)> {
        let into = sql.into.as_deref()?;
        let [target] = into.targets.as_slice() else { return None };
        if into.strict.is_some() {
            return None;
        }
        let code = sql.code(&run.function.text);
        let tree = grammar::parse(&code, ParseMode::Statements).ok()?;
        let node = tree.stmts.first()?.stmt.as_ref()?.node.as_ref()?;
        Some((target, constant::of_query(&self.catalog, &run.variables, node)?))
    }

    /// What the functions do that an expression of a block calls.
    fn calls_of(&mut self, run: &Run, sql: &Sql, certainty: Certainty) -> Result {
        let code = sql.code(&run.function.text);
        let Ok(tree) = grammar::parse(&code, sql.mode) else { return Ok(()) };
        match tree.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref()) {
            // Of an assignment the value.
            Some(NodeEnum::PlassignStmt(assign)) => match assign.val.clone() {
                Some(value) => {
                    self.calls(&NodeEnum::SelectStmt(value), &run.variables, certainty).map(|_| ())
                }
                None => Ok(()),
            },
            Some(node) => self.calls(node, &run.variables, certainty).map(|_| ()),
            None => Ok(()),
        }
    }

    fn value(&self, run: &Run, sql: &Sql) -> Known {
        self.text(run, sql).filter(|value| !matches!(value, Constant::Begins(_)))
    }

    fn text(&self, run: &Run, sql: &Sql) -> Known {
        let code = sql.code(&run.function.text);
        let tree = grammar::parse(&code, sql.mode).ok()?;
        let node = tree.stmts.first()?.stmt.as_ref()?.node.as_ref()?;
        constant::of_text(&self.catalog, &run.variables, node)
    }

    /// Whether a condition holds, if that is known, and whether it asks for something that exists.
    fn if_condition(&self, run: &Run, sql: &Sql) -> (Option<bool>, bool) {
        let code = sql.code(&run.function.text);
        let Ok(tree) = grammar::parse(&code, sql.mode) else { return (None, false) };
        let node = tree.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref());
        let Some(node) = node else { return (None, false) };
        let truth = match constant::of_statement(&self.catalog, &run.variables, node) {
            // NULL is no truth.
            Some(value) => value.truth().map(|truth| truth == Some(true)),
            None => None,
        };
        (truth, constant::asks_for_existence(node))
    }

    pub(super) fn plain(&mut self, sql: &str, start: Option<usize>, certainty: Certainty) -> Result {
        self.plain_with(sql, start, certainty, &Variables::default())
    }

    /// A statement of a block, which stands at `start` in the whole statement.
    fn plain_with(
        &mut self,
        sql: &str,
        start: Option<usize>,
        certainty: Certainty,
        variables: &Variables,
    ) -> Result {
        let Ok(tree) = grammar::parse(sql, ParseMode::Statements) else { return self.unknown() };
        for raw in &tree.stmts {
            let Some(node) = raw.stmt.as_ref().and_then(|node| node.node.as_ref()) else { continue };
            if !super::may_change(node) || matches!(node, NodeEnum::CallStmt(_)) {
                self.calls(node, variables, certainty)?;
                continue;
            }
            let mut inner = Fold { depth: self.depth, ..Fold::new(&self.catalog, sql) };
            let result = inner.statement(node);
            let before = (certainty == Certainty::Maybe).then(|| self.catalog.clone());
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
            match before {
                None => {}
                Some(_) if is_beside_the_schema(node) => self.unknown_rights(),
                // It is as it was, or as it is now.
                Some(before) if result.is_ok() => self.catalog = self.catalog.or(&before),
                Some(_) => self.unknown()?,
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
        match constant::of_text(&self.catalog, &run.variables, node) {
            Some(Constant::Text(sql)) => {
                // An error in it stands where EXECUTE does.
                let start = run.start.map(|start| start + query.span.start);
                match self.plain(&sql, None, certainty) {
                    Err(Stop::Error(error)) => Err(Stop::Error(super::ApplyError { offset: start, ..error })),
                    other => other,
                }
            }
            Some(Constant::Begins(sql)) if begins_collation(&sql) => {
                // Whatever its locale is: it is there.
                match constant::of_text_with_any_literals(&self.catalog, &run.variables, node) {
                    Some(sql) => self.plain(&sql, None, certainty),
                    None => self.unknown(),
                }
            }
            Some(Constant::Begins(sql)) if begins_harmless(&sql) => {
                if begins_with_rights(&sql) {
                    self.unknown_rights();
                }
                if beginning::begins_role(&sql) {
                    self.unknown_roles();
                }
                Ok(())
            }
            Some(Constant::Begins(sql)) => match beginning::made(&sql) {
                Some(name) => {
                    self.changed = true;
                    self.catalog.doubt_names([name]);
                    Ok(())
                }
                None => self.anything(),
            },
            _ => self.anything(),
        }
    }

    /// Any table may be another one now.
    pub(super) fn anything(&mut self) -> Result {
        self.changed |= self.catalog.forget();
        Ok(())
    }

    /// Who may do what, and who owns what, is not known any more.
    fn unknown_rights(&mut self) {
        if !self.catalog.unknown_rights {
            self.catalog.unknown_rights = true;
            self.changed = true;
        }
    }
}

/// Whether a statement of a block is one that fails only where what it makes is there, or what it names is not.
fn only_defines(statement: &Statement, text: &str) -> bool {
    const WORDS: [&str; 7] = ["create", "alter", "drop", "comment", "grant", "revoke", "set"];
    match &statement.kind {
        StatementKind::Sql(sql) => {
            let first = text[sql.span.range()].split_whitespace().next().unwrap_or_default();
            WORDS.iter().any(|word| first.eq_ignore_ascii_case(word))
        }
        StatementKind::Execute { .. } => true,
        _ => false,
    }
}

/// How a loop ended whose statements ended so.
fn outside(flow: Flow) -> Flow {
    match flow {
        Flow::Left(_, Way::Continue | Way::Exit) => Flow::On,
        other => other,
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
