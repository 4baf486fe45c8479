//! The heads of loops, and the arguments that cursors are opened with.

use super::ast::{CursorValue, Label, LoopHead, Name, Sql, Target};
use super::expect::NameKind;
use super::namespace::{Found, Kind};
use super::parser::{Failed, Lexed, Parsed, Parser, Tok};
use super::sql::{COMMA, Construct, End};
use crate::syntax::grammar::ParseMode;
use crate::syntax::statement::SyntaxError;
use crate::text::Span;

const LOOP: End = End::Word("loop");

/// What stands between FOR and IN.
struct ForVariable {
    name: Name,
    targets: Vec<Target>,
    kind: ForKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ForKind {
    Record(Found),
    Scalar(Found),
    /// Several scalar variables.
    List,
    /// A name that is no variable.
    New,
}

impl Parser<'_> {
    /// A loop from its keyword through LOOP.
    pub fn loop_from(&mut self, start: usize, label: Option<Label>, token: Lexed) -> Parsed<()> {
        self.names.push(label.as_ref().map(|label| label.name.text.as_str()), true);
        let keyword = token.span;
        let (head, end, at_end) = match token.tok {
            Tok::Reserved("while") => match self.expression(&[LOOP], "LOOP") {
                Ok((condition, end)) => (LoopHead::While { keyword, condition }, loop_keyword(&end), None),
                Err(Failed) => {
                    self.synchronize(token.end);
                    (LoopHead::While { keyword, condition: None }, None, None)
                }
            },
            Tok::Reserved("for") => match self.for_head(keyword) {
                Ok((head, end)) => (head, end, None),
                Err(Failed) => {
                    // Its variable is not known, so that what is not found may be it.
                    self.names.incomplete = true;
                    self.synchronize(token.end);
                    (LoopHead::Broken { keyword }, None, None)
                }
            },
            Tok::Reserved("foreach") => match self.foreach_head(keyword) {
                Ok((head, end, at_end)) => (head, end, at_end),
                Err(Failed) => {
                    self.synchronize(token.end);
                    (LoopHead::Broken { keyword }, None, None)
                }
            },
            _ => (LoopHead::Plain, Some(keyword), None),
        };
        self.open_loop(start, label, head, end, at_end)
    }

    fn for_variable(&mut self) -> Parsed<ForVariable> {
        let token = self.next()?;
        self.may_name(&token, NameKind::Target);
        self.may_name(&token, NameKind::New);
        let name = self.name_of(&token);
        let mut targets = vec![self.target(&token)];
        let kind = match token.tok {
            Tok::Datum(found) if self.is_record(found, &token) => ForKind::Record(found),
            Tok::Datum(found) => {
                if self.peek()? == Tok::Char(b',') {
                    self.check_assignable(found, token.span);
                    targets = self.rest_of_list(targets)?;
                    ForKind::List
                } else {
                    ForKind::Scalar(found)
                }
            }
            Tok::Word => {
                if self.peek()? == Tok::Char(b',') {
                    self.not_a_variable(&token);
                    targets = self.rest_of_list(targets)?;
                    ForKind::List
                } else {
                    ForKind::New
                }
            }
            Tok::DottedWord => {
                self.not_a_variable(&token);
                ForKind::List
            }
            _ => return self.unexpected(&token),
        };
        Ok(ForVariable { name, targets, kind })
    }

    fn for_head(&mut self, keyword: Span) -> Parsed<(LoopHead, Option<Span>)> {
        let variable = self.for_variable()?;
        self.expect_reserved("in")?;
        let token = self.next()?;
        self.may(&token, &["execute", "reverse"]);
        self.may_name(&token, NameKind::Cursor);
        if token.is_reserved("execute") {
            let (query, mut end) = self.expression(&[LOOP, End::Word("using")], "LOOP or USING")?;
            self.check_row_target(&variable, OF_ROWS, "42804");
            let mut using = Vec::new();
            if end.is_reserved("using") {
                (using, end) = self.expressions(&[LOOP], ", or LOOP")?;
            }
            let head = LoopHead::Execute { keyword, targets: variable.targets, query, using };
            return Ok((head, loop_keyword(&end)));
        }
        if let Tok::Datum(found) = token.tok
            && !self.is_field(found, &token)
            && self.names.variable(found.id).kind == Kind::Cursor
        {
            return self.cursor_loop(keyword, variable, &token, found);
        }
        let reverse = self.is_keyword(&token, "reverse").then_some(token.span);
        if reverse.is_none() {
            self.back(&token);
        }
        let (sql, end) = self.construct(&Construct {
            ends: &[End::DotDot, LOOP],
            expected: "LOOP",
            mode: ParseMode::Statements,
            is_expression: true,
        })?;
        if end.tok == Tok::DotDot {
            let from = sql.map(|sql| Sql { mode: ParseMode::PlpgsqlExpression, ..sql });
            self.check(from.as_ref());
            let (to, mut end) = self.expression(&[LOOP, End::Word("by")], "LOOP")?;
            let mut by = None;
            if end.is_reserved("by") {
                (by, end) = self.expression(&[LOOP], "LOOP")?;
            }
            if variable.kind == ForKind::List {
                let message = "integer FOR loop must have only one target variable";
                self.error(variable.name.span, message, "42601");
            }
            self.names.declare(&variable.name.text, Kind::Scalar, false);
            let end = loop_keyword(&end);
            let Some(from) = from else { return Ok((LoopHead::Broken { keyword }, end)) };
            let variable = variable.name;
            return Ok((LoopHead::Integer { keyword, variable, reverse, from, to, by }, end));
        }
        if let Some(reverse) = reverse {
            self.error(reverse, "cannot specify REVERSE in query FOR loop", "42601");
        }
        self.check(sql.as_ref());
        self.check_row_target(&variable, OF_ROWS, "42601");
        match sql {
            Some(query) => {
                Ok((LoopHead::Query { keyword, targets: variable.targets, query }, loop_keyword(&end)))
            }
            None => Ok((LoopHead::Broken { keyword }, loop_keyword(&end))),
        }
    }

    /// Says what is wrong with the variable of a loop over rows or an array: with `message` if it is not declared.
    fn check_row_target(&mut self, variable: &ForVariable, message: &str, sqlstate: &'static str) {
        match variable.kind {
            ForKind::Record(found) | ForKind::Scalar(found) => {
                self.check_assignable(found, variable.name.span)
            }
            ForKind::List => {}
            ForKind::New if self.names.incomplete => {}
            ForKind::New => self.error(variable.name.span, message, sqlstate),
        }
    }

    fn cursor_loop(
        &mut self,
        keyword: Span,
        variable: ForVariable,
        token: &Lexed,
        found: Found,
    ) -> Parsed<(LoopHead, Option<Span>)> {
        if variable.kind == ForKind::List {
            let message = "cursor FOR loop must have only one target variable";
            self.error(variable.name.span, message, "42601");
        }
        let cursor = self.target(token);
        let bound = self.names.variable(found.id).cursor.clone();
        let (arguments, end) = match bound {
            Some(arguments) => self.cursor_values(&cursor, &arguments, LOOP)?,
            None => {
                self.error(token.span, "cursor FOR loop must use a bound cursor variable", "42601");
                let mut end = self.next()?;
                if !LOOP.is(&end) {
                    self.back(&end);
                    let mode = ParseMode::PlpgsqlExpression;
                    let rest = Construct { ends: &[LOOP], expected: "LOOP", mode, is_expression: true };
                    end = self.construct(&rest)?.1;
                }
                (Vec::new(), end)
            }
        };
        self.names.declare(&variable.name.text, Kind::Record, false);
        Ok((LoopHead::Cursor { keyword, variable: variable.name, cursor, arguments }, loop_keyword(&end)))
    }

    /// A cursor's arguments, and the token behind them.
    pub fn cursor_values(
        &mut self,
        cursor: &Target,
        arguments: &[String],
        until: End,
    ) -> Parsed<(Vec<CursorValue>, Lexed)> {
        let name = cursor.names.last().map_or(String::new(), |name| name.text.clone());
        let mut values = Vec::new();
        let token = self.next()?;
        if arguments.is_empty() {
            self.may_end(&token, until);
            if token.is(b'(') {
                let message = format!("cursor \"{name}\" has no arguments");
                self.error(token.span, message, "42601");
                self.back(&token);
                return Err(Failed);
            }
            return if until.is(&token) { Ok((values, token)) } else { self.unexpected(&token) };
        }
        if !token.is(b'(') {
            let message = format!("cursor \"{name}\" has arguments");
            self.error(token.span, message, "42601");
            self.back(&token);
            return if until.is(&token) { self.next().map(|end| (values, end)) } else { Err(Failed) };
        }
        let mut given = vec![false; arguments.len()];
        for n in 0..arguments.len() {
            let start = self.next_start();
            let named =
                self.peek()? == Tok::Identifier && matches!(self.peek_second()?, Tok::Assign | Tok::Arrow);
            let mut place = n;
            let mut value_name = None;
            if named {
                let lookup = std::mem::replace(&mut self.lookup, super::parser::Lookup::Declare);
                let token = self.next();
                self.lookup = lookup;
                let token = token?;
                let argument = self.name_of(&token);
                match arguments.iter().position(|other| *other == argument.text) {
                    Some(found) => place = found,
                    None => {
                        let message =
                            format!("cursor \"{name}\" has no argument named \"{}\"", argument.text);
                        self.error(token.span, message, "42601");
                        return Err(Failed);
                    }
                }
                self.next()?;
                value_name = Some(argument);
            }
            if given[place] {
                let message = format!(
                    "value for parameter \"{}\" of cursor \"{name}\" specified more than once",
                    arguments[place]
                );
                let span = self.span_at(start);
                self.error(span, message, "42601");
            }
            given[place] = true;
            let (sql, end) = self.expression(&[COMMA, End::Char(b')')], ",\" or \")")?;
            if let Some(value) = sql {
                let span = Span::new(start, value.span.end);
                values.push(CursorValue { span, name: value_name, value });
            }
            let is_last = n == arguments.len() - 1;
            if end.is(if is_last { b',' } else { b')' }) {
                let message = match is_last {
                    true => format!("too many arguments for cursor \"{name}\""),
                    false => format!("not enough arguments for cursor \"{name}\""),
                };
                self.error(end.span, message, "42601");
                if is_last {
                    return Err(Failed);
                }
                break;
            }
        }
        let token = self.next()?;
        self.may_end(&token, until);
        if until.is(&token) { Ok((values, token)) } else { self.unexpected(&token) }
    }

    fn foreach_head(&mut self, keyword: Span) -> Parsed<(LoopHead, Option<Span>, Option<SyntaxError>)> {
        let variable = self.for_variable()?;
        let mut token = self.next()?;
        let mut slice = None;
        self.may(&token, &["slice", "in array"]);
        if token.tok == Tok::Keyword("slice") {
            let number = self.next()?;
            if number.tok != Tok::Integer {
                return self.unexpected(&number);
            }
            slice = Some(number.span);
            token = self.next()?;
            self.may(&token, &["in array"]);
        }
        if !token.is_reserved("in") {
            return self.unexpected(&token);
        }
        let array_word = self.next()?;
        self.may(&array_word, &["array"]);
        if array_word.tok != Tok::Keyword("array") {
            return self.unexpected(&array_word);
        }
        let (array, end) = self.expression(&[LOOP], "LOOP")?;
        // PostgreSQL looks at the variable when it has read the whole loop.
        let known = self.errors.len();
        self.check_row_target(&variable, OF_ARRAY, "42601");
        let at_end = if self.errors.len() > known { self.errors.pop() } else { None };
        let head = LoopHead::ForEach { keyword, targets: variable.targets, slice, array };
        Ok((head, loop_keyword(&end), at_end))
    }
}

/// What is said of an undeclared variable of a loop.
const OF_ROWS: &str = "loop variable of loop over rows must be a record variable or list of scalar variables";
const OF_ARRAY: &str = "loop variable of FOREACH must be a known variable or list of variables";

/// The keyword LOOP, unless the text ends instead.
fn loop_keyword(end: &Lexed) -> Option<Span> {
    end.is_reserved("loop").then_some(end.span)
}
