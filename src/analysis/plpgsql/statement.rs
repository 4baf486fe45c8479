//! The walk over a body's statements.

use super::assign::Destination;
use super::expression::{Given, is_query};
use super::flow::Target as FlowTarget;
use super::variables::{Origin, Shape};
use super::{Checker, Weight};
use crate::catalog::model::Volatility;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Class;
use crate::syntax::ast::{NodeEnum, TransactionStmtKind};
use crate::syntax::plpgsql::ast::{
    Block, Branch, Loop, LoopHead, Otherwise, Raise, Sql, Statement, StatementKind, Target,
};
use crate::syntax::tag::tag;
use crate::text::Span;

/// How deep statements may be nested for their body to be judged: what is deeper could be more than a thread's stack holds.
pub const MOST_NESTED: usize = 50;

impl Checker<'_> {
    /// Whether the end of the block can be come to.
    pub(super) fn block(&mut self, block: &Block) -> bool {
        let label = block.label.as_ref().map(|label| label.name.text.as_str());
        self.variables.enter(label);
        for declaration in &block.declarations {
            self.declaration(declaration);
        }
        self.targets.push(FlowTarget::new(label, false));
        let mut falls = match &block.exception {
            None => self.statements(&block.body),
            Some(exception) => {
                let before = self.variables.all();
                self.handlers += 1;
                let mut falls = self.statements(&block.body);
                self.handlers -= 1;
                let behind = self.variables.all();
                for handler in &exception.handlers {
                    // What the block came to before it failed is not known.
                    self.restore(&before);
                    self.forget_records_in(&block.body);
                    self.variables.enter(None);
                    for name in ["sqlstate", "sqlerrm"] {
                        self.variables.declare(name, None, Shape::Of(self.ty("text")), Origin::Automatic);
                    }
                    let is_open = self.statements(&handler.body);
                    self.variables.leave();
                    falls |= is_open;
                }
                self.join(&[behind]);
                falls
            }
        };
        falls |= self.targets.pop().is_some_and(|target| target.is_left);
        self.variables.leave();
        falls
    }

    /// Whether what is behind the statements can be come to.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> bool {
        if self.targets.len() + self.depth > MOST_NESTED {
            self.is_too_deep = true;
            return true;
        }
        self.depth += 1;
        let falls = self.each(statements);
        self.depth -= 1;
        falls
    }

    fn each(&mut self, statements: &[Statement]) -> bool {
        let mut falls = true;
        let mut is_told = false;
        for statement in statements {
            if !falls && !is_told && !matches!(statement.kind, StatementKind::Null { .. }) {
                is_told = true;
                let span = self.first_token_of(statement.span);
                self.say(span, Weight::Warning, "unreachable-code", "this statement is never come to");
            }
            falls &= self.one(statement);
        }
        falls
    }

    fn one(&mut self, statement: &Statement) -> bool {
        self.enter(statement.span.start);
        match &statement.kind {
            StatementKind::Block(block) => return self.block(block),
            StatementKind::Assign { target, sql: Some(sql) } => self.assignment(target, sql),
            StatementKind::Perform { sql: Some(sql), .. } => self.perform(sql),
            StatementKind::Call { sql: Some(sql), .. } => self.call(sql),
            StatementKind::Do { sql: Some(sql), .. } => {
                self.take(Some(Volatility::Volatile));
                self.read_names(self.written(sql.span));
            }
            StatementKind::GetDiagnostics { items, .. } => {
                for item in items {
                    self.destination(&item.target);
                }
            }
            StatementKind::If { branches, otherwise, .. } => {
                return self.branches(None, branches, otherwise.as_ref());
            }
            StatementKind::Case { operand, branches, otherwise, .. } => {
                return self.branches(Some(operand.as_ref()), branches, otherwise.as_ref());
            }
            StatementKind::Loop(body) => return self.repeat(body),
            StatementKind::Exit { keyword, label, condition, .. } => {
                if let Some(condition) = condition {
                    self.condition(condition);
                }
                if self.written(*keyword).eq_ignore_ascii_case("exit") {
                    self.exit(label.as_ref().map(|label| label.text.as_str()));
                }
                return condition.is_some();
            }
            StatementKind::Return { value, .. } => {
                self.return_value(value.as_ref());
                return false;
            }
            StatementKind::ReturnNext { value, .. } => self.return_next(value.as_ref()),
            StatementKind::ReturnQuery { query: Some(query), .. } => {
                self.returns_query = true;
                let given = self.query(query);
                self.check_rows(&given, self.first_token_of(query.span));
            }
            StatementKind::ReturnExecute { query: Some(query), using, .. } => {
                self.returns_query = true;
                let given = self.execute(query, using);
                if let Some(given) = given {
                    self.check_rows(&given, query.span);
                }
            }
            StatementKind::Raise(raise) => return self.raise(raise),
            StatementKind::Assert { condition, message, .. } => {
                if let Some(condition) = condition {
                    self.condition(condition);
                }
                if let Some(message) = message {
                    self.expression(message);
                }
            }
            StatementKind::Sql(sql) => self.sql(sql),
            StatementKind::Execute { query: Some(query), into, using, .. } => {
                let given = self.execute(query, using);
                if let Some(into) = into {
                    let given = given.unwrap_or_default();
                    if given.is_known && !given.has_rows {
                        self.into(&into.targets, &Given::default(), into.span);
                    } else {
                        self.into(&into.targets, &given, into.span);
                    }
                }
            }
            StatementKind::Open { cursor, source, .. } => self.open_cursor(cursor.as_ref(), source),
            StatementKind::Fetch { count, cursor, into, .. } => {
                self.fetch(count.as_ref(), cursor.as_ref(), into.as_ref())
            }
            StatementKind::Close { cursor, .. } => {
                self.cursor(cursor.as_ref());
            }
            StatementKind::EndTransaction { keyword, .. } => self.end_transaction(*keyword),
            StatementKind::Broken => self.read_names(self.written(statement.span)),
            _ => {}
        }
        true
    }

    fn perform(&mut self, sql: &Sql) {
        if !self.pragma(sql) {
            self.query(sql);
        }
    }

    fn branches(
        &mut self,
        case: Option<Option<&Sql>>,
        branches: &[Branch],
        otherwise: Option<&Otherwise>,
    ) -> bool {
        let operand = case.flatten();
        if let Some(operand) = operand {
            self.expression(operand);
        }
        let mut ends = Vec::new();
        let mut falls = false;
        let before = self.variables.all();
        for branch in branches {
            if let Some(condition) = &branch.condition {
                match (case, operand) {
                    (Some(_), Some(operand)) => self.case_values(operand, condition),
                    _ => self.condition(condition),
                }
            }
            if self.statements(&branch.body) {
                falls = true;
                ends.push(self.variables.all());
            }
            self.restore(&before);
        }
        match otherwise {
            Some(otherwise) => {
                if self.statements(&otherwise.body) {
                    falls = true;
                    ends.push(self.variables.all());
                }
            }
            // CASE without ELSE fails where nothing fits.
            None if case.is_some() => {}
            None => {
                falls = true;
                ends.push(self.variables.all());
            }
        }
        if let Some(last) = ends.pop() {
            self.restore(&last);
            self.join(&ends);
        }
        falls
    }

    /// `WHEN a, b`: values that are compared with CASE's.
    fn case_values(&mut self, operand: &Sql, values: &Sql) {
        let (left, right) = (self.written(operand.span), self.written(values.span));
        let head = format!("SELECT ({left}) IN (");
        let start = values.span.start as isize - head.len() as isize;
        let before = self.inside.len();
        let given = self.analyze(&format!("{head}{right})"), start, None, false);
        // What is wrong with the operand was told where it stands.
        let values = values.span;
        let mut n = 0;
        self.inside.retain(|found| {
            n += 1;
            n <= before || found.span.start >= values.start && found.span.end <= values.end
        });
        drop(given);
    }

    fn repeat(&mut self, body: &Loop) -> bool {
        let label = body.label.as_ref().map(|label| label.name.text.as_str());
        self.variables.enter(label);
        // What another round left in records is not known.
        let before = self.variables.all();
        let mut always = false;
        let mut head: Option<(&[Target], Given, Span)> = None;
        let mut own = None;
        match &body.head {
            LoopHead::Plain => always = true,
            LoopHead::While { condition, .. } => {
                self.forget_records_in(&body.body);
                if let Some(condition) = condition {
                    always = self.written(condition.span).trim().eq_ignore_ascii_case("true");
                    self.condition(condition);
                }
            }
            LoopHead::Integer { variable, from, to, by, .. } => {
                for bound in [Some(from), to.as_ref(), by.as_ref()].into_iter().flatten() {
                    self.number(bound);
                }
                own = Some((variable, Shape::Of(self.ty("int4"))));
            }
            LoopHead::Query { targets, query, .. } => {
                let given = self.query(query);
                if given.is_known && !given.has_rows {
                    let code = query.code(self.text).into_owned();
                    let command = self.parsed(&code).and_then(|parse| parse.node().map(tag));
                    let message = format!("cannot open {} query as cursor", command.unwrap_or_default());
                    self.fails(query.span, "42P11", message);
                }
                let span = targets.first().map_or(query.span, |target| target.span);
                head = Some((targets, given, span));
            }
            LoopHead::Execute { targets, query, using, .. } => {
                let given = query.as_ref().and_then(|query| self.execute(query, using));
                let span = targets.first().map_or(body.span(), |target| target.span);
                head = Some((targets, given.unwrap_or_default(), span));
            }
            LoopHead::Cursor { variable, cursor, arguments, .. } => {
                let fields = self.open_bound(cursor, arguments);
                own = Some((variable, fields.map_or(Shape::Unknown, Shape::Fields)));
            }
            LoopHead::ForEach { targets, slice, array, .. } => {
                if let Some(array) = array {
                    self.for_each(targets, slice.is_some(), array);
                }
            }
            LoopHead::Broken { .. } => {}
        }
        self.forget_records_in(&body.body);
        if let Some((targets, given, span)) = head {
            self.into(targets, &given, span);
        }
        if let Some((variable, shape)) = own {
            let id = self.variables.declare(&variable.text, None, shape, Origin::Automatic);
            self.variables.read(id);
        }
        self.targets.push(FlowTarget::new(label, true));
        self.statements(&body.body);
        let is_left = self.targets.pop().is_some_and(|target| target.is_left);
        // The head's own record keeps what the head gave it.
        if !matches!(body.head, LoopHead::Query { .. } | LoopHead::Execute { .. }) {
            self.join(&[before]);
        }
        self.variables.leave();
        !always || is_left
    }

    fn for_each(&mut self, targets: &[Target], is_slice: bool, array: &Sql) {
        let value = self.expression(array).value();
        let destinations: Vec<Destination> = targets.iter().map(|target| self.destination(target)).collect();
        let types = self.types;
        let base = types.base(&value.ty).without_modifier();
        if base == TypeRef::Unknown || value.is_untyped() {
            return;
        }
        let Some(element) = types.element(&base) else {
            let is_sure = !matches!(types.class(&base), Class::Opaque | Class::Base)
                || crate::catalog::typing::builtin_name(&base).is_some_and(|name| !name.ends_with("vector"));
            if is_sure {
                let message =
                    format!("FOREACH expression must yield an array, not type {}", types.print(&base));
                self.fails(array.span, "42804", message);
            }
            return;
        };
        if let ([destination], [target]) = (&destinations[..], targets) {
            let wanted = self.type_of(destination);
            // A domain over an array is none.
            let is_array = types.element(&wanted).is_some();
            if is_array != is_slice && wanted != TypeRef::Unknown && !types.is_opaque(&wanted) {
                let message = match is_slice {
                    true => "FOREACH ... SLICE loop variable must be of an array type",
                    false => "FOREACH loop variable must not be of an array type",
                };
                self.fails(target.span, "42804", message);
            }
            if is_array || is_slice {
                return;
            }
            if types.is_complex(&element) {
                if let Destination::Variable(id) = destination
                    && self.variables.get(*id).is_record
                {
                    self.variables.change(*id, |variable| variable.shape = Shape::Of(element.clone()));
                }
                return;
            }
            let item = super::super::typed::Typed::new(element, -1);
            self.fits(&item, &wanted, target.span, "a loop's variable");
        }
    }

    fn raise(&mut self, raise: &Raise) -> bool {
        for parameter in &raise.parameters {
            self.expression(parameter);
        }
        let mut given: Vec<String> = Vec::new();
        given.extend(raise.condition.as_ref().map(|_| "ERRCODE".to_owned()));
        given.extend(raise.message.map(|_| "MESSAGE".to_owned()));
        for option in &raise.options {
            let name = self.written(option.name).to_ascii_uppercase();
            if given.contains(&name) {
                let message = format!("RAISE option already specified: {name}");
                self.fails(option.name, "42601", message);
            }
            given.push(name);
            let Some(value) = &option.value else { continue };
            self.expression(value);
            if self.written(option.name).eq_ignore_ascii_case("errcode") {
                self.error_code(value);
            }
        }
        match raise.level {
            Some(level) => !self.written(level).eq_ignore_ascii_case("exception"),
            None => false,
        }
    }

    /// What ERRCODE is set to: five characters of a SQLSTATE, or a condition's name.
    fn error_code(&mut self, value: &Sql) {
        let Some(parse) = self.parsed(&format!("SELECT {}", self.written(value.span))) else { return };
        let Some(NodeEnum::SelectStmt(select)) = parse.nodes().next() else { return };
        let Some(NodeEnum::ResTarget(target)) =
            select.target_list.first().and_then(|node| node.node.as_ref())
        else {
            return;
        };
        let Some(code) = target.val.as_deref().and_then(super::format::literal) else { return };
        let is_state = code.len() == 5 && code.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if !is_state && !crate::syntax::plpgsql::conditions().contains(&code) {
            let message = format!("unrecognized exception condition \"{code}\"");
            self.fails(value.span, "42704", message);
        }
    }

    /// A statement of SQL.
    fn sql(&mut self, sql: &Sql) {
        let code = sql.code(self.text).into_owned();
        let Some(parse) = self.parsed(&code) else {
            self.read_names(self.written(sql.span));
            return;
        };
        let Some(node) = parse.nodes().next() else { return };
        if let NodeEnum::TransactionStmt(transaction) = node {
            let is_end = matches!(
                transaction.kind(),
                TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtRollback
            );
            if !is_end {
                let span = self.first_token_of(sql.span);
                self.fails(span, "0A000", "unsupported transaction command in PL/pgSQL");
            }
            return;
        }
        if let NodeEnum::CreateStmt(create) = node
            && let Some(relation) = &create.relation
        {
            self.made.insert(relation.relname.as_str().into());
        }
        let given = self.query(sql);
        self.check_rights(node, sql.span);
        match &sql.into {
            Some(into) if given.is_known && !given.has_rows => {
                let message = "INTO used with a command that cannot return data";
                self.fails(into.span, "42601", message);
            }
            Some(into) => self.into(&into.targets, &given, into.span),
            None if given.has_rows && is_query(node) => {
                let span = self.first_token_of(sql.span);
                let hint = match node {
                    NodeEnum::SelectStmt(_) => Some(
                        "If you want to discard the results of a SELECT, use PERFORM instead.".to_owned(),
                    ),
                    _ => None,
                };
                let message = "query has no destination for result data";
                self.say_hinting(span, Weight::Warning, "42601", message, hint);
            }
            None => {}
        }
    }

    /// A function that promises not to change anything may not (spi.c).
    fn check_rights(&mut self, node: &NodeEnum, span: Span) {
        let is_promised =
            (self.routine.volatility).is_some_and(|(volatility, _)| volatility != Volatility::Volatile);
        let tag = match node {
            NodeEnum::InsertStmt(_) => "INSERT",
            NodeEnum::UpdateStmt(_) => "UPDATE",
            NodeEnum::DeleteStmt(_) => "DELETE",
            NodeEnum::MergeStmt(_) => "MERGE",
            _ => return,
        };
        if is_promised {
            let message = format!("{tag} is not allowed in a non-volatile function");
            self.fails(self.first_token_of(span), "0A000", message);
        }
    }

    fn call(&mut self, sql: &Sql) {
        self.take(Some(Volatility::Volatile));
        self.may_define = true;
        let code = self.written(sql.span).to_owned();
        let Some(parse) = self.parsed(&code) else {
            self.read_names(&code);
            return;
        };
        let Some(NodeEnum::CallStmt(call)) = parse.nodes().next() else { return };
        let mut analyzer = self.analyzer(&parse);
        let Some(call) = &call.funccall else { return };
        analyzer.call_statement(call);
        let found = std::mem::take(&mut analyzer.out.diagnostics);
        drop(analyzer);
        let is_wrong = !found.is_empty();
        let start = sql.span.start;
        for diagnostic in found {
            self.report_at(diagnostic.shift(start));
        }
        if !is_wrong {
            self.written_arguments(&code, call, sql.span);
        }
    }

    fn end_transaction(&mut self, keyword: Span) {
        self.take(Some(Volatility::Volatile));
        let is_commit = self.written(keyword).eq_ignore_ascii_case("commit");
        if !self.routine.is_procedure {
            self.fails(keyword, "2D000", "invalid transaction termination");
        } else if self.handlers > 0 {
            let what = if is_commit { "commit" } else { "roll back" };
            self.fails(keyword, "2D000", format!("cannot {what} while a subtransaction is active"));
        }
    }
}

impl Loop {
    /// Where the loop begins.
    fn span(&self) -> Span {
        self.keyword.unwrap_or(Span::at(0))
    }
}
