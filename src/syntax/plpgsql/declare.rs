//! Before the block: the `#` options, and the DECLARE section.

use super::ast::{CompileOption, CursorArgument, DataType, Declaration, DeclarationKind, Name, TypeForm};
use super::block::BlockHead;
use super::expect::NameKind;
use super::namespace::Kind;
use super::parser::{Failed, Lexed, Lookup, Parsed, Parser, Tok};
use super::signature::{kind_of, kind_of_name};
use super::sql::{End, SEMICOLON};
use crate::syntax::ast::{NodeEnum, TypeName};
use crate::syntax::grammar::{self, ParseMode};
use crate::text::Span;

impl Parser<'_> {
    /// `#option dump`, `#print_strict_params on`, `#variable_conflict error`.
    pub fn compile_options(&mut self) -> Parsed<Vec<CompileOption>> {
        let mut options = Vec::new();
        loop {
            let hash = self.next()?;
            if !hash.is(b'#') {
                self.back(&hash);
                return Ok(options);
            }
            let name = self.next()?;
            self.may(&name, &["option dump", "print_strict_params", "variable_conflict"]);
            let value = self.next();
            if let Ok(value) = &value {
                match name.tok {
                    Tok::Keyword("option") => self.may(value, &["dump"]),
                    Tok::Keyword("print_strict_params") => self.may(value, &["on", "off"]),
                    Tok::Keyword("variable_conflict") => {
                        self.may(value, &["error", "use_variable", "use_column"]);
                    }
                    _ => {}
                }
            }
            let (known, value) = match name.tok {
                Tok::Keyword("option") => {
                    let value = value?;
                    (value.tok == Tok::Keyword("dump"), value)
                }
                Tok::Keyword("print_strict_params") => {
                    let value = value?;
                    let known = matches!(value.tok, Tok::Word | Tok::Keyword(_));
                    if known && !matches!(self.name_of(&value).text.as_str(), "on" | "off") {
                        let word = self.name_of(&value).text;
                        let message = format!("unrecognized print_strict_params option {word}");
                        self.error(value.span, message, "XX000");
                    }
                    (known, value)
                }
                Tok::Keyword("variable_conflict") => {
                    let value = value?;
                    (matches!(value.tok, Tok::Keyword("error" | "use_variable" | "use_column")), value)
                }
                _ => return self.unexpected(&name),
            };
            if !known {
                return self.unexpected(&value);
            }
            let span = Span::new(hash.span.start, value.span.end);
            options.push(CompileOption { span, name: name.span, value: Some(value.span) });
        }
    }

    /// From DECLARE or BEGIN through BEGIN.
    pub fn block_head(&mut self, token: Lexed) -> BlockHead {
        let mut head = BlockHead::default();
        if token.is_reserved("begin") {
            head.begin = Some(token.span);
            return head;
        }
        head.declare.push(token.span);
        self.lookup = Lookup::Declare;
        loop {
            let from = self.at;
            match self.declaration(&mut head) {
                Ok(true) => {}
                Ok(false) => break,
                Err(Failed) => {
                    self.names.incomplete = true;
                    self.synchronize(from);
                    if self.at <= from {
                        if self.is_at_end() {
                            break;
                        }
                        self.skip();
                    }
                }
            }
        }
        self.lookup = Lookup::Normal;
        head
    }

    /// One declaration; false behind BEGIN.
    fn declaration(&mut self, head: &mut BlockHead) -> Parsed<bool> {
        let token = self.next()?;
        self.may(&token, &["declare", "begin"]);
        self.may_name(&token, NameKind::New);
        match token.tok {
            Tok::Reserved("declare") => head.declare.push(token.span),
            Tok::Reserved("begin") => {
                head.begin = Some(token.span);
                return Ok(false);
            }
            Tok::LabelOpen => {
                let (label, behind) = self.label(token)?;
                self.back(&behind);
                let span = label.map_or(token.span, |label| label.span);
                self.error(span, "block label must be placed before DECLARE, not after", "42601");
            }
            Tok::Word | Tok::Keyword(_) => {
                let name = self.name_of(&token);
                if self.names.is_declared_here(&name.text) {
                    self.error_near(&token, "duplicate declaration");
                }
                let kind = match self.declared(&name) {
                    Ok(kind) => kind,
                    Err(Failed) => {
                        // The name is known all the same.
                        if !self.names.is_declared_here(&name.text) {
                            self.names.declare(&name.text, Kind::Unknown, false);
                        }
                        return Err(Failed);
                    }
                };
                let span = Span::new(token.span.start, self.last_end());
                head.declarations.push(Declaration { span, name, kind });
            }
            _ => return self.unexpected(&token),
        }
        Ok(true)
    }

    /// What follows a declaration's name.
    fn declared(&mut self, name: &Name) -> Parsed<DeclarationKind> {
        let token = self.next()?;
        self.may(&token, &["alias for", "no scroll cursor", "scroll cursor", "cursor", "constant"]);
        match token.tok {
            Tok::Keyword("alias") => self.alias(name, token.span),
            Tok::Keyword("no") => {
                let scroll = self.next()?;
                self.may(&scroll, &["scroll"]);
                if scroll.tok != Tok::Keyword("scroll") {
                    return self.unexpected(&scroll);
                }
                let cursor = self.next()?;
                self.cursor(name, Some(Span::new(token.span.start, scroll.span.end)), cursor)
            }
            Tok::Keyword("scroll") => {
                let cursor = self.next()?;
                self.cursor(name, Some(token.span), cursor)
            }
            Tok::Keyword("cursor") => self.cursor(name, None, token),
            Tok::Keyword("constant") => {
                let first = self.next()?;
                self.variable(name, Some(token.span), first)
            }
            _ => self.variable(name, None, token),
        }
    }

    fn alias(&mut self, name: &Name, keyword: Span) -> Parsed<DeclarationKind> {
        self.expect_reserved("for")?;
        let token = self.next()?;
        self.may_name(&token, NameKind::Target);
        if !matches!(token.tok, Tok::Word | Tok::Keyword(_) | Tok::DottedWord) {
            return self.unexpected(&token);
        }
        let names = self.names_of(&token);
        let parts: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        let found = self.names.find(&parts);
        match found {
            None if !self.names.incomplete => {
                let message = format!("variable \"{}\" does not exist", self.dotted_name(&token));
                self.error(token.span, message, "42704");
            }
            _ => {}
        }
        let of = self.target(&token);
        self.expect_semicolon()?;
        match found {
            Some(found) if found.certain => self.names.alias(&name.text, found.id),
            _ => {
                self.names.declare(&name.text, Kind::Unknown, false);
            }
        }
        Ok(DeclarationKind::Alias { keyword, of: Some(of) })
    }

    fn variable(&mut self, name: &Name, constant: Option<Span>, first: Lexed) -> Parsed<DeclarationKind> {
        let (data_type, kind) = self.data_type(first, &["collate", "not null", "default"])?;
        let mut token = self.next()?;
        let mut collation = None;
        if token.tok == Tok::Keyword("collate") {
            let collate = self.next()?;
            if !matches!(collate.tok, Tok::Word | Tok::Keyword(_) | Tok::DottedWord) {
                return self.unexpected(&collate);
            }
            collation = Some(collate.span);
            token = self.next()?;
            self.may(&token, &["not null", "default"]);
        }
        let mut not_null = None;
        if token.is_reserved("not") {
            not_null = Some(Span::new(token.span.start, self.expect_reserved("null")?.end));
            token = self.next()?;
            self.may(&token, &["default"]);
        }
        let mut default = None;
        if token.is_assignment() || token.tok == Tok::Keyword("default") {
            // PL/pgSQL declares the variable behind its default.
            let read = self.expression(&[SEMICOLON], ";");
            self.names.declare(&name.text, kind, constant.is_some());
            default = read?.0;
        } else if token.is(b';') {
            self.names.declare(&name.text, kind, constant.is_some());
            if let Some(not_null) = not_null {
                let message = format!(
                    "variable \"{}\" must have a default value, since it's declared NOT NULL",
                    name.text
                );
                self.error(not_null, message, "22004");
            }
        } else {
            return self.unexpected(&token);
        }
        Ok(DeclarationKind::Variable { constant, data_type, collation, not_null, default })
    }

    fn cursor(&mut self, name: &Name, scroll: Option<Span>, token: Lexed) -> Parsed<DeclarationKind> {
        self.may(&token, &["cursor"]);
        if token.tok != Tok::Keyword("cursor") {
            return self.unexpected(&token);
        }
        self.names.push(Some(&name.text), false);
        let read = self.cursor_arguments();
        let arguments = match read {
            Ok(arguments) => arguments,
            Err(Failed) => {
                self.names.pop();
                return Err(Failed);
            }
        };
        let query = self.sql_statement();
        self.names.pop();
        let id = self.names.declare(&name.text, Kind::Cursor, false);
        let names = arguments.iter().map(|argument| argument.name.text.clone()).collect();
        self.names.variable_mut(id).cursor = Some(names);
        Ok(DeclarationKind::Cursor { scroll, keyword: token.span, arguments, query: query? })
    }

    /// A cursor's arguments, and the IS or FOR behind them.
    fn cursor_arguments(&mut self) -> Parsed<Vec<CursorArgument>> {
        let mut arguments = Vec::new();
        let mut token = self.next()?;
        if token.is(b'(') {
            loop {
                let name_token = self.next()?;
                if !matches!(name_token.tok, Tok::Word | Tok::Keyword(_)) {
                    return self.unexpected(&name_token);
                }
                let name = self.name_of(&name_token);
                if self.names.is_declared_here(&name.text) {
                    self.error_near(&name_token, "duplicate declaration");
                }
                let first = self.next()?;
                let (data_type, kind) = self.data_type(first, &[])?;
                self.names.declare(&name.text, kind, false);
                let span = Span::new(name.span.start, self.last_end());
                arguments.push(CursorArgument { span, name, data_type });
                let behind = self.next()?;
                match behind.tok {
                    Tok::Char(b',') => {}
                    Tok::Char(b')') => break,
                    _ => return self.unexpected(&behind),
                }
            }
            token = self.next()?;
        }
        self.may(&token, &["for", "is"]);
        if token.is_reserved("for") || token.tok == Tok::Keyword("is") {
            return Ok(arguments);
        }
        self.unexpected(&token)
    }

    /// A data type whose first token has been read, up to what may follow one; `words` are keywords that may.
    fn data_type(&mut self, first: Lexed, words: &[&'static str]) -> Parsed<(Option<DataType>, Kind)> {
        let mut token = first;
        self.may_be_sql(&first, None, ParseMode::TypeName, &[]);
        let is_name = matches!(first.tok, Tok::Word | Tok::Keyword(_) | Tok::DottedWord);
        if is_name {
            token = self.next()?;
            if token.is(b'%') {
                let behind = self.next()?;
                self.may(&behind, &["type", "rowtype"]);
                let form = match behind.tok {
                    Tok::Keyword("type") => Some(TypeForm::OfVariable),
                    Tok::Keyword("rowtype") => Some(TypeForm::OfRow),
                    _ => None,
                };
                if let Some(form) = form {
                    return self.referenced_type(first, form, words);
                }
                token = behind;
            }
        }
        // What is in between is PostgreSQL's grammar's.
        let mut depth = 0i32;
        let mut end = first.span.start;
        if token.first != first.first {
            end = self.start_of(token.first);
        }
        while !token.is(b';') {
            if token.tok == Tok::Place {
                // Where the type may end the grammar says.
                let ends: Vec<End> = words.iter().map(|word| End::Word(word)).collect();
                let start = Some(first.span.start).filter(|_| token.first != first.first);
                self.may_be_sql(&token, start, ParseMode::TypeName, &ends);
                return self.unexpected(&token);
            }
            if token.tok == Tok::End {
                let message =
                    if depth != 0 { "mismatched parentheses" } else { "incomplete data type declaration" };
                return self.fail(&token, message);
            }
            let follows = token.is_assignment()
                || matches!(token.tok, Tok::Keyword("collate" | "default") | Tok::Reserved("not"))
                || depth == 0 && matches!(token.tok, Tok::Char(b',' | b')'));
            if follows {
                break;
            }
            match token.tok {
                Tok::Char(b'(') => depth += 1,
                Tok::Char(b')') => depth -= 1,
                _ => {}
            }
            token = self.next()?;
            end = token.span.start;
        }
        self.back(&token);
        if end <= first.span.start {
            self.error_near(&token, "missing data type declaration");
            return Ok((None, Kind::Unknown));
        }
        let kind = self.type_name(Span::new(first.span.start, end), &first);
        let span = Span::new(first.span.start, self.last_end());
        Ok((Some(DataType { span, form: TypeForm::Name }), kind))
    }

    /// `x%TYPE` or `x%ROWTYPE`, with what makes an array of it.
    fn referenced_type(
        &mut self,
        first: Lexed,
        form: TypeForm,
        words: &[&'static str],
    ) -> Parsed<(Option<DataType>, Kind)> {
        let mut token = self.next()?;
        let mut is_array = false;
        self.may(&token, &["array"]);
        if token.tok == Tok::Keyword("array") {
            is_array = true;
            token = self.next()?;
        }
        while token.is(b'[') {
            is_array = true;
            token = self.next()?;
            if token.tok == Tok::Integer {
                token = self.next()?;
            }
            if !token.is(b']') {
                return self.fail(&token, "syntax error, expected \"]\"");
            }
            token = self.next()?;
        }
        self.may(&token, words);
        self.back(&token);
        let names = self.names_of(&first);
        let parts: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        let kind = match form {
            _ if is_array => Kind::Scalar,
            TypeForm::OfRow => Kind::Record,
            // A variable's type is its own; anything else is a column, or is not known.
            _ => match self.names.find(&parts) {
                Some(found) if found.certain && found.parts == parts.len() => {
                    match self.names.variable(found.id).kind {
                        Kind::Promise => Kind::Scalar,
                        kind => kind,
                    }
                }
                _ => Kind::Unknown,
            },
        };
        let span = Span::new(first.span.start, self.last_end());
        Ok((Some(DataType { span, form }), kind))
    }

    /// Checks a type's name, which ends where the next token begins, and tells what is known of it.
    fn type_name(&mut self, span: Span, first: &Lexed) -> Kind {
        let written = self.written(span);
        if self.raw_between(span).len() == 1 && self.raw_between(span)[0].is_value && first.tok != Tok::End {
            let name = self.name_of(first).text;
            if matches!(first.tok, Tok::Word | Tok::Keyword(_)) && grammar::keyword(&name).is_none() {
                return kind_of_name(&name);
            }
        }
        match grammar::check_as(written, ParseMode::TypeName) {
            Ok(()) => {
                let Some(name) = parsed_type(written) else { return Kind::Unknown };
                if name.setof {
                    let message = format!("invalid type name \"{written}\"");
                    self.error(span, message, "42601");
                }
                kind_of(&name)
            }
            Err(error) => {
                self.grammar_error(error, span, span.end);
                Kind::Unknown
            }
        }
    }
}

/// The tree of a type's name. Of a name that is parsed as one libpg_query gives the words alone.
fn parsed_type(written: &str) -> Option<TypeName> {
    let tree = grammar::parse(&format!("SELECT NULL::{written}"), ParseMode::Statements).ok()?;
    let NodeEnum::SelectStmt(select) = tree.stmts.into_iter().next()?.stmt?.node? else { return None };
    let NodeEnum::ResTarget(target) = select.target_list.into_iter().next()?.node? else { return None };
    let NodeEnum::TypeCast(cast) = target.val?.node? else { return None };
    cast.type_name
}
