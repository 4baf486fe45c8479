//! Statements: which one begins here, and all that hold no others.

use super::ast::{DiagnosticsItem, IntoClause, OpenSource, Sql, Statement, StatementKind, Target};
use super::expect::NameKind;
use super::namespace::{Kind, Variable};
use super::parser::{Failed, Lexed, Parsed, Parser, Tok};
use super::signature::Returns;
use super::sql::{COMMA, End, SEMICOLON};
use crate::syntax::grammar::ParseMode;
use crate::text::Span;

impl Parser<'_> {
    /// The next statement, or what continues or ends the innermost open one.
    pub fn statement(&mut self) -> Parsed<()> {
        let token = self.next()?;
        if let Some(done) = self.continuation(&token) {
            return done;
        }
        let start = token.span.start;
        let keyword = token.span;
        let kind = match token.tok {
            Tok::LabelOpen => {
                let (label, token) = self.label(token)?;
                self.may(&token, &["declare", "begin", "loop", "while", "for", "foreach"]);
                return match token.tok {
                    Tok::Reserved("declare" | "begin") => self.block(start, label, token),
                    Tok::Reserved("loop" | "while" | "for" | "foreach") => {
                        self.loop_from(start, label, token)
                    }
                    _ => self.unexpected(&token),
                };
            }
            Tok::Reserved("declare" | "begin") => return self.block(start, None, token),
            Tok::Reserved("loop" | "while" | "for" | "foreach") => return self.loop_from(start, None, token),
            Tok::Reserved("if") => return self.open_if(token),
            Tok::Reserved("case") => return self.open_case(token),
            Tok::Reserved("null") => {
                self.expect_semicolon()?;
                StatementKind::Null { keyword }
            }
            Tok::Reserved("execute") => self.execute(keyword)?,
            Tok::Datum(found) if found.certain || self.is_assigned()? => self.assignment(token, found)?,
            // A dotted name begins no statement in SQL.
            Tok::Datum(_) => {
                let behind = self.next()?;
                return self.unexpected(&behind);
            }
            Tok::Word | Tok::DottedWord => {
                if self.is_assigned()? {
                    self.not_a_variable(&token);
                    let target = self.target(&token);
                    let mode = match target.names.len() {
                        1 => ParseMode::PlpgsqlAssignment1,
                        2 => ParseMode::PlpgsqlAssignment2,
                        _ => ParseMode::PlpgsqlAssignment3,
                    };
                    self.back(&token);
                    // It may be a variable whose declaration could not be read; what is wrong has been said otherwise.
                    let (sql, _) = self.unchecked_statement(mode)?;
                    StatementKind::Assign { target, sql }
                } else {
                    self.exec_sql(token)?
                }
            }
            Tok::Keyword("import" | "insert" | "merge") => self.exec_sql(token)?,
            Tok::Keyword("perform") => {
                self.back(&token);
                let read = self.unchecked_statement(ParseMode::Statements);
                if let (Err(_), Some(piece)) = (&read, self.noted_piece()) {
                    piece.is_perform = true;
                }
                let (sql, _) = read?;
                let sql = sql.map(|sql| Sql { is_perform: true, ..sql });
                self.check(sql.as_ref());
                StatementKind::Perform { keyword, sql }
            }
            Tok::Keyword("call") => {
                self.back(&token);
                StatementKind::Call { keyword, sql: self.sql_statement()? }
            }
            Tok::Keyword("do") => {
                self.back(&token);
                StatementKind::Do { keyword, sql: self.sql_statement()? }
            }
            Tok::Keyword("get") => self.get_diagnostics(keyword)?,
            Tok::Keyword("exit" | "continue") => self.exit(token)?,
            Tok::Keyword("return") => self.return_statement(keyword)?,
            Tok::Keyword("raise") => self.raise(keyword)?,
            Tok::Keyword("assert") => {
                let (condition, end) = self.expression(&[COMMA, SEMICOLON], ", or ;")?;
                let message = if end.is(b',') { self.expression(&[SEMICOLON], ";")?.0 } else { None };
                StatementKind::Assert { keyword, condition, message }
            }
            Tok::Keyword("open") => self.open_statement(keyword)?,
            Tok::Keyword(word @ ("fetch" | "move")) => self.fetch(keyword, word == "fetch")?,
            Tok::Keyword("close") => {
                let cursor = self.cursor_variable()?.0;
                self.expect_semicolon()?;
                StatementKind::Close { keyword, cursor: Some(cursor) }
            }
            Tok::Keyword("commit" | "rollback") => self.end_transaction(keyword)?,
            Tok::Place => {
                self.may(&token, STATEMENTS);
                self.may_begin(&token);
                return Err(Failed);
            }
            _ => return self.misplaced(&token),
        };
        self.add(Statement { span: Span::new(start, self.last_end()), kind });
        Ok(())
    }

    /// Whether what comes makes the word before it an assignment's target.
    fn is_assigned(&mut self) -> Parsed<bool> {
        Ok(matches!(self.peek()?, Tok::Assign | Tok::Char(b'=' | b'[' | b'.')))
    }

    fn assignment(&mut self, token: Lexed, found: super::namespace::Found) -> Parsed<StatementKind> {
        self.check_assignable(found, token.span);
        let target = self.target(&token);
        // How many names the grammar takes for the target's; what follows is a field's field.
        let mode = match (target.names.len(), found.parts) {
            (1, _) => ParseMode::PlpgsqlAssignment1,
            (2, _) | (3, 1) => ParseMode::PlpgsqlAssignment2,
            _ => ParseMode::PlpgsqlAssignment3,
        };
        self.back(&token);
        let (sql, _) = self.unchecked_statement(mode)?;
        self.check(sql.as_ref());
        Ok(StatementKind::Assign { target, sql })
    }

    fn get_diagnostics(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let mut token = self.next()?;
        self.may(&token, &["stacked", "current", "diagnostics"]);
        let stacked = token.tok == Tok::Keyword("stacked");
        if stacked || token.tok == Tok::Keyword("current") {
            token = self.next()?;
            self.may(&token, &["diagnostics"]);
        }
        if token.tok != Tok::Keyword("diagnostics") {
            return self.unexpected(&token);
        }
        let mut items = Vec::new();
        loop {
            let token = self.next()?;
            self.may_name(&token, NameKind::Target);
            match token.tok {
                Tok::Datum(found) => {
                    if self.is_record(found, &token) || self.peek()? == Tok::Char(b'[') {
                        let message = format!("\"{}\" is not a scalar variable", self.dotted_name(&token));
                        self.error(token.span, message, "42601");
                    }
                    self.check_assignable(found, token.span);
                }
                Tok::Word | Tok::DottedWord => self.not_a_variable(&token),
                _ => return self.unexpected(&token),
            }
            let target = self.target(&token);
            let operator = self.next()?;
            if !operator.is_assignment() {
                return self.unexpected(&operator);
            }
            let item = self.next()?;
            for (word, only_stacked) in GET_ITEMS {
                if only_stacked.is_none_or(|only_stacked| only_stacked == stacked) {
                    self.may(&item, &[word]);
                }
            }
            let known = GET_ITEMS.iter().any(|(word, _)| self.is_keyword(&item, word));
            if !known {
                return self.fail(&item, "unrecognized GET DIAGNOSTICS item");
            }
            let span = Span::new(target.span.start, item.span.end);
            items.push(DiagnosticsItem { span, target, item: Some(item.span) });
            let behind = self.next()?;
            match behind.tok {
                Tok::Char(b',') => {}
                Tok::Char(b';') => break,
                _ => return self.unexpected(&behind),
            }
        }
        for item in items.iter().filter_map(|item| item.item) {
            let word = self.written(item).to_ascii_lowercase();
            let area = GET_ITEMS.iter().find(|(other, _)| *other == word).and_then(|(_, stacked)| *stacked);
            if area.is_some_and(|only_stacked| only_stacked != stacked) {
                let area = if stacked { "STACKED" } else { "CURRENT" };
                let item_name = word.to_ascii_uppercase();
                let message =
                    format!("diagnostics item {item_name} is not allowed in GET {area} DIAGNOSTICS");
                self.error(keyword, message, "42601");
            }
        }
        Ok(StatementKind::GetDiagnostics { keyword, stacked, items })
    }

    fn exit(&mut self, token: Lexed) -> Parsed<StatementKind> {
        let is_exit = token.tok == Tok::Keyword("exit");
        let mut behind = self.next()?;
        self.may(&behind, &["when"]);
        self.may_name(&behind, NameKind::Label);
        let mut label = None;
        if !behind.is(b';') && !behind.is_reserved("when") {
            label = Some(self.any_identifier(&behind)?);
            behind = self.next()?;
            self.may(&behind, &["when"]);
        }
        let (mut when, mut condition) = (None, None);
        if behind.is_reserved("when") {
            when = Some(behind.span);
            condition = self.expression(&[SEMICOLON], ";")?.0;
        } else if !behind.is(b';') {
            return self.unexpected(&behind);
        }
        match &label {
            Some(label) => match self.names.label(&label.text) {
                None => {
                    let message = format!(
                        "there is no label \"{}\" attached to any block or loop enclosing this statement",
                        label.text
                    );
                    self.error(label.span, message, "42601");
                }
                Some(false) if !is_exit => {
                    let message = format!("block label \"{}\" cannot be used in CONTINUE", label.text);
                    self.error(label.span, message, "42601");
                }
                Some(_) => {}
            },
            None if self.names.in_loop() || self.lost => {}
            None => {
                let message = match is_exit {
                    true => "EXIT cannot be used outside a loop, unless it has a label",
                    false => "CONTINUE cannot be used outside a loop",
                };
                self.error(token.span, message, "42601");
            }
        }
        Ok(StatementKind::Exit { keyword: token.span, label, when, condition })
    }

    fn return_statement(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let token = self.next()?;
        if token.tok == Tok::End {
            return self.fail(&token, "unexpected end of function definition");
        }
        let (returns, returns_set) = (self.signature.returns, self.signature.returns_set);
        let is_known = returns != Returns::Unknown;
        let outputs = self.signature.outputs();
        let has_outputs = outputs > 0 && !matches!(returns, Returns::Trigger | Returns::EventTrigger);
        if returns_set || !is_known {
            self.may(&token, &["next", "query"]);
        }
        if self.is_keyword(&token, "next") {
            if !returns_set && is_known {
                self.error(keyword, "cannot use RETURN NEXT in a non-SETOF function", "42804");
            }
            if has_outputs {
                let message = "RETURN NEXT cannot have a parameter in function with OUT parameters";
                self.no_value(message, "42804")?;
                return Ok(StatementKind::ReturnNext { keyword, value: None });
            }
            return Ok(StatementKind::ReturnNext { keyword, value: self.returned()? });
        }
        if self.is_keyword(&token, "query") {
            if !returns_set && is_known {
                self.error(keyword, "cannot use RETURN QUERY in a non-SETOF function", "42804");
            }
            let token = self.next()?;
            self.may(&token, &["execute"]);
            if !token.is_reserved("execute") {
                self.back(&token);
                return Ok(StatementKind::ReturnQuery { keyword, query: self.sql_statement()? });
            }
            let (query, end) = self.expression(&[SEMICOLON, End::Word("using")], "; or USING")?;
            let using = match end.is_reserved("using") {
                true => self.expressions(&[SEMICOLON], ", or ;")?.0,
                false => Vec::new(),
            };
            return Ok(StatementKind::ReturnExecute { keyword, query, using });
        }
        self.back(&token);
        let refused = match returns {
            Returns::Unknown => None,
            _ if returns_set => Some(("RETURN cannot have a parameter in function returning set", "42804")),
            Returns::Void if self.signature.is_procedure => {
                Some(("RETURN cannot have a parameter in a procedure", "42601"))
            }
            Returns::Void | Returns::EventTrigger => {
                Some(("RETURN cannot have a parameter in function returning void", "42804"))
            }
            _ if has_outputs => {
                Some(("RETURN cannot have a parameter in function with OUT parameters", "42804"))
            }
            _ => None,
        };
        if let Some((message, sqlstate)) = refused {
            self.no_value(message, sqlstate)?;
            return Ok(StatementKind::Return { keyword, value: None });
        }
        if !is_known && token.is(b';') {
            self.next()?;
            return Ok(StatementKind::Return { keyword, value: None });
        }
        Ok(StatementKind::Return { keyword, value: self.returned()? })
    }

    /// A semicolon, where no value may stand; one that does is read over.
    fn no_value(&mut self, message: &str, sqlstate: &'static str) -> Parsed<()> {
        let token = self.next()?;
        if !token.is(b';') {
            self.error(token.span, message, sqlstate);
            self.back(&token);
            return Err(Failed);
        }
        Ok(())
    }

    /// What is returned. A variable alone is taken as it is (make_return_stmt), so its name may be a keyword of SQL's.
    fn returned(&mut self) -> Parsed<Option<Sql>> {
        let token = self.next()?;
        let parts = (token.end - token.first).div_ceil(2);
        let is_variable = matches!(token.tok, Tok::Datum(found) if found.parts == parts || !found.certain)
            && self.peek()? == Tok::Char(b';');
        self.back(&token);
        match is_variable {
            true => Ok(self.unchecked_expression(&[SEMICOLON], ";")?.0),
            false => Ok(self.expression(&[SEMICOLON], ";")?.0),
        }
    }

    /// `EXECUTE query [INTO targets] [USING values]`, the two in any order.
    fn execute(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let ends = [End::Word("into"), End::Word("using"), SEMICOLON];
        let (query, mut end) = self.expression(&ends, "INTO or USING or ;")?;
        let mut into: Option<IntoClause> = None;
        let mut using = Vec::new();
        let mut has_using = false;
        loop {
            if into.is_none() {
                self.may(&end, &["into"]);
            }
            if !has_using {
                self.may(&end, &["using"]);
            }
            match end.tok {
                Tok::Reserved("into") if into.is_none() => {
                    into = Some(self.read_into(end.span, true)?);
                    end = self.next()?;
                }
                Tok::Reserved("using") if !has_using => {
                    has_using = true;
                    (using, end) = self.expressions(&[SEMICOLON, End::Word("into")], ", or ; or INTO")?;
                }
                Tok::Char(b';') => return Ok(StatementKind::Execute { keyword, query, into, using }),
                _ => return self.unexpected(&end),
            }
        }
    }

    fn open_statement(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let (cursor, arguments) = self.cursor_variable()?;
        if let Some(arguments) = arguments {
            let source = OpenSource::Bound(self.cursor_values(&cursor, &arguments, SEMICOLON)?.0);
            return Ok(StatementKind::Open { keyword, cursor: Some(cursor), source });
        }
        let mut token = self.next()?;
        let mut scroll = None;
        self.may(&token, &["no scroll", "scroll"]);
        if self.is_keyword(&token, "no") {
            let start = token.span.start;
            token = self.next()?;
            self.may(&token, &["scroll"]);
            if self.is_keyword(&token, "scroll") {
                scroll = Some(Span::new(start, token.span.end));
                token = self.next()?;
            }
        } else if self.is_keyword(&token, "scroll") {
            scroll = Some(token.span);
            token = self.next()?;
        }
        self.may(&token, &["for"]);
        if !token.is_reserved("for") {
            return self.fail(&token, "syntax error, expected \"FOR\"");
        }
        let token = self.next()?;
        self.may(&token, &["execute"]);
        let source = if token.is_reserved("execute") {
            let (query, end) = self.expression(&[End::Word("using"), SEMICOLON], "USING or ;")?;
            let using = match end.is_reserved("using") {
                true => self.expressions(&[SEMICOLON], ", or ;")?.0,
                false => Vec::new(),
            };
            OpenSource::Execute { scroll, query, using }
        } else {
            self.back(&token);
            OpenSource::Query { scroll, query: self.sql_statement()? }
        };
        Ok(StatementKind::Open { keyword, cursor: Some(cursor), source })
    }

    /// A cursor's name; the arguments of a bound one.
    fn cursor_variable(&mut self) -> Parsed<(Target, Option<Vec<String>>)> {
        let token = self.next()?;
        self.may_name(&token, NameKind::Cursor);
        let target = self.target(&token);
        match token.tok {
            Tok::Datum(found) => {
                let Variable { kind, name, cursor, .. } = self.names.variable(found.id).clone();
                let is_field = self.is_field(found, &token);
                let simple = !is_field && !matches!(kind, Kind::Record | Kind::Promise) || !found.certain;
                if !simple || self.peek()? == Tok::Char(b'[') {
                    self.error(token.span, "cursor variable must be a simple variable", "42804");
                } else if kind == Kind::Scalar && found.certain {
                    let message = format!("variable \"{name}\" must be of type cursor or refcursor");
                    self.error(token.span, message, "42804");
                }
                Ok((target, cursor))
            }
            Tok::Word | Tok::DottedWord => {
                self.not_a_variable(&token);
                Ok((target, None))
            }
            _ => self.unexpected(&token),
        }
    }

    /// FETCH or MOVE.
    fn fetch(&mut self, keyword: Span, is_fetch: bool) -> Parsed<StatementKind> {
        let start = self.next_start();
        let (count, several) = self.fetch_direction()?;
        let end = self.last_end();
        let direction = (start < end).then(|| Span::new(start, end));
        let cursor = self.cursor_variable()?.0;
        let mut into = None;
        if is_fetch {
            let token = self.next()?;
            self.may(&token, &["into"]);
            if !token.is_reserved("into") {
                return self.unexpected(&token);
            }
            into = Some(self.read_into(token.span, false)?);
        }
        self.expect_semicolon()?;
        if is_fetch && several {
            self.error(keyword, "FETCH statement cannot return multiple rows", "0A000");
        }
        Ok(StatementKind::Fetch { keyword, direction, count, cursor: Some(cursor), into })
    }

    /// All through FROM or IN; the count, and whether it means several rows.
    fn fetch_direction(&mut self) -> Parsed<(Option<Sql>, bool)> {
        let from = [End::Word("from"), End::Word("in")];
        let is_from = |token: &Lexed| token.is_reserved("from") || token.is_reserved("in");
        let token = self.next()?;
        if token.tok == Tok::End {
            return self.fail(&token, "unexpected end of function definition");
        }
        if token.tok == Tok::Place {
            self.may(&token, &ROWS);
            self.may(&token, &["absolute", "relative", "all", "forward", "backward", "from", "in"]);
            self.may_name(&token, NameKind::Cursor);
            return self.unexpected(&token);
        }
        let mut several = false;
        if ROWS.iter().any(|word| self.is_keyword(&token, word)) {
        } else if self.is_keyword(&token, "absolute") || self.is_keyword(&token, "relative") {
            return Ok((self.expression(&from, "FROM or IN")?.0, false));
        } else if token.is_reserved("all") {
            several = true;
        } else if self.is_keyword(&token, "forward") || self.is_keyword(&token, "backward") {
            let behind = self.next()?;
            self.may(&behind, &["all", "from", "in"]);
            if behind.tok == Tok::End {
                return self.fail(&behind, "unexpected end of function definition");
            }
            if is_from(&behind) {
                return Ok((None, false));
            }
            if !behind.is_reserved("all") {
                self.back(&behind);
                return Ok((self.expression(&from, "FROM or IN")?.0, true));
            }
            several = true;
        } else if is_from(&token) {
            return Ok((None, false));
        } else {
            self.back(&token);
            if matches!(token.tok, Tok::Datum(_)) {
                return Ok((None, false));
            }
            return Ok((self.expression(&from, "FROM or IN")?.0, true));
        }
        let behind = self.next()?;
        self.may(&behind, &["from", "in"]);
        if !is_from(&behind) {
            return self.fail(&behind, "expected FROM or IN");
        }
        Ok((None, several))
    }

    /// COMMIT or ROLLBACK `[AND [NO] CHAIN]`.
    fn end_transaction(&mut self, keyword: Span) -> Parsed<StatementKind> {
        let mut token = self.next()?;
        let mut chain = None;
        self.may(&token, &["and chain", "and no chain"]);
        if token.tok == Tok::Keyword("and") {
            let start = token.span.start;
            token = self.next()?;
            self.may(&token, &["no chain", "chain"]);
            if token.tok == Tok::Keyword("no") {
                token = self.next()?;
                self.may(&token, &["chain"]);
            }
            if token.tok != Tok::Keyword("chain") {
                return self.unexpected(&token);
            }
            chain = Some(Span::new(start, token.span.end));
            token = self.next()?;
        }
        if !token.is(b';') {
            return self.unexpected(&token);
        }
        Ok(StatementKind::EndTransaction { keyword, chain })
    }
}

/// What a statement that is PL/pgSQL's own begins with; `statement` has a case for each. What SQL has too (CALL, DO,
/// INSERT) is left to SQL.
const STATEMENTS: &[&str] = &[
    "assert", "begin", "case", "close", "commit", "continue", "declare", "execute", "exit", "fetch", "for",
    "foreach", "get", "if", "loop", "move", "null", "open", "perform", "raise", "return", "rollback",
    "while",
];

/// The rows that FETCH may name without a number.
const ROWS: [&str; 4] = ["next", "prior", "first", "last"];

/// The items of GET DIAGNOSTICS, and whether they are for STACKED alone or for CURRENT alone.
const GET_ITEMS: &[(&str, Option<bool>)] = &[
    ("row_count", Some(false)),
    ("pg_routine_oid", Some(false)),
    ("pg_context", None),
    ("pg_exception_detail", Some(true)),
    ("pg_exception_hint", Some(true)),
    ("pg_exception_context", Some(true)),
    ("column_name", Some(true)),
    ("constraint_name", Some(true)),
    ("pg_datatype_name", Some(true)),
    ("message_text", Some(true)),
    ("table_name", Some(true)),
    ("schema_name", Some(true)),
    ("returned_sqlstate", Some(true)),
];
