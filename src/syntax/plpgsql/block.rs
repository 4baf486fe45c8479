//! Blocks and what else holds statements, kept on a stack of their own so that no nesting is too deep for the thread's.

use super::ast::{
    Block, Branch, Condition, Declaration, Exception, Handler, Label, Loop, LoopHead, Name, Otherwise, Sql,
    Statement, StatementKind,
};
use super::expect::NameKind;
use super::parser::{Failed, Lexed, Parsed, Parser, Tok};
use super::sql::End;
use crate::syntax::statement::SyntaxError;
use crate::text::Span;

/// How many statements may stand in each other. PostgreSQL's stack of 10000 symbols holds 3333 blocks, and fewer of
/// what takes more symbols each.
const DEEPEST: usize = 3400;

/// A statement that is not at its end yet.
pub(super) struct Open {
    start: usize,
    /// The statements that were read since its last keyword.
    body: Vec<Statement>,
    kind: OpenKind,
    /// What PostgreSQL checks at its end.
    at_end: Option<SyntaxError>,
}

enum OpenKind {
    Block {
        label: Option<Label>,
        head: BlockHead,
        /// The statements before EXCEPTION, once that was read.
        body: Option<Vec<Statement>>,
        exception: Option<Exception>,
    },
    If {
        branches: Vec<Branch>,
        otherwise: Option<Span>,
    },
    Case {
        keyword: Span,
        operand: Option<Sql>,
        branches: Vec<Branch>,
        otherwise: Option<Span>,
    },
    Loop {
        label: Option<Label>,
        head: LoopHead,
        keyword: Option<Span>,
    },
}

#[derive(Default)]
pub(super) struct BlockHead {
    pub declare: Vec<Span>,
    pub declarations: Vec<Declaration>,
    pub begin: Option<Span>,
}

impl Parser<'_> {
    /// The outermost block, all that is in it, and the end of the text.
    pub fn function_block(&mut self) -> Option<Block> {
        if self.first_block().is_err() {
            // Without a beginning nothing is known to be a statement; an error or two have been told.
            return None;
        }
        while !self.open.is_empty() {
            let from = self.at;
            if self.statement().is_err() {
                self.broken(from);
            }
        }
        if self.finished.is_some() && self.end_of_text().is_err() {
            self.lost = true;
        }
        match self.finished.take()?.kind {
            StatementKind::Block(block) => Some(block),
            _ => None,
        }
    }

    fn first_block(&mut self) -> Parsed<()> {
        let token = self.next()?;
        let start = token.span.start;
        let (label, token) = self.label(token)?;
        self.may(&token, &["declare", "begin"]);
        if !matches!(token.tok, Tok::Reserved("declare" | "begin")) {
            return self.unexpected(&token);
        }
        self.block(start, label, token)
    }

    fn end_of_text(&mut self) -> Parsed<()> {
        let mut token = self.next()?;
        if token.is(b';') {
            token = self.next()?;
        }
        if token.tok == Tok::End { Ok(()) } else { self.misplaced(&token) }
    }

    /// A statement that could not be read: skips to the next one, and keeps what was skipped.
    fn broken(&mut self, from: usize) {
        let mut start = self.start_of(from);
        // A handler's head is kept as far as it was read.
        if let Some(Open { kind: OpenKind::Block { exception: Some(exception), .. }, .. }) = self.open.last()
            && let Some(handler) = exception.handlers.last()
        {
            start = start.max(handler.span.end);
        }
        self.at = self.at.max(from);
        self.synchronize(from);
        if self.at <= from {
            self.skip();
        }
        let end = self.last_end();
        if self.open.is_empty() {
            return;
        }
        if start < end {
            self.add(Statement { span: Span::new(start, end), kind: StatementKind::Broken });
        }
        self.close_at_end_of_text();
    }

    /// At the end of the text everything ends.
    fn close_at_end_of_text(&mut self) {
        if !self.is_at_end() {
            return;
        }
        if !self.lost && self.errors.is_empty() {
            let end = Span::at(self.text.len());
            self.error(end, "syntax error at end of input", "42601");
        }
        self.lost = true;
        while !self.open.is_empty() {
            self.close(None, None);
        }
    }

    /// Adds a statement to the innermost open one.
    pub fn add(&mut self, statement: Statement) {
        match self.open.last_mut() {
            Some(open) => open.body.push(statement),
            None => self.finished = Some(statement),
        }
    }

    /// `<<label>>`, if there is one, and the token behind it.
    pub fn label(&mut self, token: Lexed) -> Parsed<(Option<Label>, Lexed)> {
        if token.tok != Tok::LabelOpen {
            return Ok((None, token));
        }
        let name = self.next()?;
        let name = self.any_identifier(&name)?;
        let close = self.next()?;
        if close.tok != Tok::LabelClose {
            return self.unexpected(&close);
        }
        let label = Label { span: Span::new(token.span.start, close.span.end), name };
        Ok((Some(label), self.next()?))
    }

    fn push_open(&mut self, start: usize, kind: OpenKind, at_end: Option<SyntaxError>) -> Parsed<()> {
        if self.open.len() >= DEEPEST {
            let message = "statements are nested too deeply";
            if !self.lost {
                self.error(Span::at(start), message, "54001");
            }
            self.lost = true;
            // Nothing behind this place can be told apart any more.
            self.skip_to_end();
            self.close_at_end_of_text();
            return Ok(());
        }
        self.open.push(Open { start, body: Vec::new(), kind, at_end });
        Ok(())
    }

    /// A block from its DECLARE or BEGIN on.
    pub fn block(&mut self, start: usize, label: Option<Label>, token: Lexed) -> Parsed<()> {
        self.names.push(label.as_ref().map(|label| label.name.text.as_str()), false);
        let head = self.block_head(token);
        self.push_open(start, OpenKind::Block { label, head, body: None, exception: None }, None)
    }

    /// IF: its condition, and the statements behind it are read next.
    pub fn open_if(&mut self, token: Lexed) -> Parsed<()> {
        let branch = self.branch(&token);
        self.push_open(token.span.start, OpenKind::If { branches: vec![branch], otherwise: None }, None)
    }

    pub fn open_case(&mut self, token: Lexed) -> Parsed<()> {
        let from = token.first;
        let (mut operand, mut branches) = (None, Vec::new());
        let head = (|| {
            let mut when = self.next()?;
            self.may(&when, &["when"]);
            if !when.is_reserved("when") {
                self.back(&when);
                (operand, when) = self.expression(&[End::Word("when")], "WHEN")?;
            }
            Ok(when)
        })();
        match head {
            Ok(when) if when.is_reserved("when") => branches.push(self.branch(&when)),
            // The text ends instead; PostgreSQL takes it for WHEN, and then misses what should stand behind.
            Ok(end) => self.error_near(&end, "missing expression"),
            Err(Failed) => self.synchronize(from),
        }
        if branches.is_empty() {
            // What follows belongs to a branch whose head is missing.
            let span = Span::at(self.last_end().max(token.span.end));
            branches.push(Branch { span, keyword: span, condition: None, then: None, body: Vec::new() });
        }
        let kind = OpenKind::Case { keyword: token.span, operand, branches, otherwise: None };
        self.push_open(token.span.start, kind, None)
    }

    pub fn open_loop(
        &mut self,
        start: usize,
        label: Option<Label>,
        head: LoopHead,
        keyword: Option<Span>,
        at_end: Option<SyntaxError>,
    ) -> Parsed<()> {
        self.push_open(start, OpenKind::Loop { label, head, keyword }, at_end)
    }

    /// `IF … THEN`, `ELSIF … THEN`, `WHEN … THEN`; its statements follow.
    fn branch(&mut self, keyword: &Lexed) -> Branch {
        let (condition, then) = match self.expression(&[End::Word("then")], "THEN") {
            Ok((condition, then)) => (condition, then.is_reserved("then").then_some(then.span)),
            Err(Failed) => {
                self.synchronize(keyword.end);
                (None, None)
            }
        };
        Branch { span: keyword.span, keyword: keyword.span, condition, then, body: Vec::new() }
    }

    /// A token that continues or ends the innermost open statement. `None` if it does neither.
    pub fn continuation(&mut self, token: &Lexed) -> Option<Parsed<()>> {
        let start = token.span.start;
        if token.tok == Tok::Place {
            let words: &[&str] = match &self.open.last()?.kind {
                OpenKind::Block { exception: None, .. } => &["exception", "end"],
                OpenKind::Block { exception: Some(_), .. } => &["when", "end"],
                OpenKind::If { otherwise: None, .. } => &["elsif", "else", "end if"],
                OpenKind::If { .. } => &["end if"],
                OpenKind::Case { otherwise: None, .. } => &["when", "else", "end case"],
                OpenKind::Case { .. } => &["end case"],
                OpenKind::Loop { .. } => &["end loop"],
            };
            self.may(token, words);
            return None;
        }
        let open = self.open.last_mut()?;
        match (&mut open.kind, token.tok) {
            (_, Tok::Reserved("end")) => Some(self.end(token)),
            (OpenKind::If { branches, otherwise: None }, Tok::Keyword("elsif" | "elseif")) => {
                finish_branch(branches, &mut open.body, start);
                let branch = self.branch(token);
                if let Some(Open { kind: OpenKind::If { branches, .. }, .. }) = self.open.last_mut() {
                    branches.push(branch);
                }
                Some(Ok(()))
            }
            (OpenKind::Case { branches, otherwise: None, .. }, Tok::Reserved("when")) => {
                finish_branch(branches, &mut open.body, start);
                let branch = self.branch(token);
                if let Some(Open { kind: OpenKind::Case { branches, .. }, .. }) = self.open.last_mut() {
                    branches.push(branch);
                }
                Some(Ok(()))
            }
            (
                OpenKind::If { branches, otherwise: otherwise @ None }
                | OpenKind::Case { branches, otherwise: otherwise @ None, .. },
                Tok::Reserved("else"),
            ) => {
                finish_branch(branches, &mut open.body, start);
                *otherwise = Some(token.span);
                Some(Ok(()))
            }
            (OpenKind::Block { exception: exception @ None, body, .. }, Tok::Keyword("exception")) => {
                *exception = Some(Exception { span: token.span, keyword: token.span, handlers: Vec::new() });
                *body = Some(std::mem::take(&mut open.body));
                for name in ["sqlstate", "sqlerrm"] {
                    self.names.declare_special(name, super::namespace::Kind::Scalar, true);
                }
                Some(self.first_handler())
            }
            (OpenKind::Block { exception: Some(exception), .. }, Tok::Reserved("when")) => {
                if let Some(handler) = exception.handlers.last_mut() {
                    handler.body = std::mem::take(&mut open.body);
                    handler.span.end = handler.body.last().map_or(handler.span.end, |last| last.span.end);
                }
                Some(self.handler(token))
            }
            _ => None,
        }
    }

    fn first_handler(&mut self) -> Parsed<()> {
        let span = Span::at(self.last_end());
        let when = self.next();
        if let Ok(when) = &when {
            self.may(when, &["when"]);
        }
        if let Ok(when) = &when
            && when.is_reserved("when")
        {
            return self.handler(when);
        }
        // What follows belongs to a handler whose head is missing.
        let (conditions, body) = (Vec::new(), Vec::new());
        self.add_handler(Handler { span, when: span, conditions, then: None, body });
        self.unexpected(&when?)
    }

    /// `WHEN condition OR condition THEN`.
    fn handler(&mut self, when: &Lexed) -> Parsed<()> {
        let mut handler = Handler {
            span: when.span,
            when: when.span,
            conditions: Vec::new(),
            then: None,
            body: Vec::new(),
        };
        let read = self.handler_head(&mut handler);
        handler.span.end = self.last_end().max(when.span.end);
        self.add_handler(handler);
        read
    }

    fn add_handler(&mut self, handler: Handler) {
        if let Some(Open { kind: OpenKind::Block { exception: Some(exception), .. }, .. }) =
            self.open.last_mut()
        {
            exception.handlers.push(handler);
        }
    }

    fn handler_head(&mut self, handler: &mut Handler) -> Parsed<()> {
        loop {
            let token = self.next()?;
            self.may(&token, &["others", "sqlstate"]);
            self.may_name(&token, NameKind::Condition);
            let name = self.any_identifier(&token)?;
            handler.conditions.push(self.condition(&token, name)?);
            let token = self.next()?;
            self.may(&token, &["then", "or"]);
            if token.is_reserved("then") {
                handler.then = Some(token.span);
                return Ok(());
            }
            if !token.is_reserved("or") {
                return self.unexpected(&token);
            }
        }
    }

    /// A condition by its name, or `SQLSTATE '…'`, whose first word has been read.
    fn condition(&mut self, token: &Lexed, name: Name) -> Parsed<Condition> {
        if name.text != "sqlstate" {
            if name.text != "others" {
                self.check_condition(&name);
            }
            return Ok(Condition { span: token.span, name, sqlstate: None });
        }
        let code = self.sqlstate_literal()?;
        Ok(Condition { span: Span::new(token.span.start, code.end), name, sqlstate: Some(code) })
    }

    /// END, with what it ends.
    fn end(&mut self, token: &Lexed) -> Parsed<()> {
        let behind = self.next()?;
        match &self.open.last().expect("what ends is open").kind {
            OpenKind::Block { label: Some(_), .. } => self.may_name(&behind, NameKind::Label),
            OpenKind::Block { .. } => {}
            OpenKind::If { .. } => self.may(&behind, &["if"]),
            OpenKind::Case { .. } => self.may(&behind, &["case"]),
            OpenKind::Loop { .. } => self.may(&behind, &["loop"]),
        }
        if behind.tok == Tok::Place {
            // Nothing begins before the semicolon.
            self.skip_to_end();
            return Err(Failed);
        }
        let word = match behind.tok {
            Tok::Reserved(word @ ("if" | "case" | "loop")) => Some(word),
            _ => None,
        };
        let expected = |open: &Open| match &open.kind {
            OpenKind::Block { .. } => None,
            OpenKind::If { .. } => Some("if"),
            OpenKind::Case { .. } => Some("case"),
            OpenKind::Loop { .. } => Some("loop"),
        };
        if self.open.last().map(expected) != Some(word) {
            let _ = self.misplaced::<()>(&behind);
            self.back(&behind);
            // What it was meant to end may stand further out; then what is within ends with it.
            match self.open.iter().rposition(|open| expected(open) == word) {
                Some(0) | None if word.is_none() => {
                    // A plain END where something else is open: that is taken to end here.
                    self.close(Some(token.span), None);
                    self.skip_semicolon();
                    return Ok(());
                }
                Some(n) => {
                    // What is within ends before END.
                    let at = std::mem::replace(&mut self.at, token.first);
                    while self.open.len() > n + 1 {
                        self.close(None, None);
                    }
                    self.at = at;
                    self.next()?;
                }
                None => return Err(Failed),
            }
        }
        let is_block = word.is_none();
        let is_inner = !is_block || self.open.len() > 1;
        let (span, mut after) = match is_block {
            true => (token.span, behind),
            false => (Span::new(token.span.start, behind.span.end), self.next()?),
        };
        if let (Some("loop"), Some(Open { kind: OpenKind::Loop { label: Some(_), .. }, .. })) =
            (word, self.open.last())
        {
            self.may_name(&after, NameKind::Label);
        }
        let mut label = None;
        let is_name = match after.tok {
            Tok::Word | Tok::Keyword(_) => true,
            Tok::Datum(_) => after.end == after.first + 1,
            _ => false,
        };
        if is_name && matches!(word, None | Some("loop")) {
            label = Some(self.name_of(&after));
            if is_block {
                self.check_end_label(label.as_ref());
            }
            if is_inner {
                after = self.next()?;
            }
        } else if !is_inner {
            self.back(&after);
        }
        if is_inner && after.tok == Tok::Place {
            self.skip_to_end();
        } else if is_inner && !after.is(b';') {
            if !self.lost {
                self.error_near(&after, "syntax error");
            }
            self.back(&after);
        } else if word == Some("loop") {
            self.check_end_label(label.as_ref());
        }
        self.close(Some(span), label);
        Ok(())
    }

    fn skip_semicolon(&mut self) {
        if matches!(self.peek(), Ok(super::token::Tok::Char(b';'))) {
            self.skip();
        }
    }

    fn check_end_label(&mut self, end: Option<&Name>) {
        let Some(end) = end else { return };
        let (OpenKind::Block { label, .. } | OpenKind::Loop { label, .. }) =
            &self.open.last().expect("what ends is open").kind
        else {
            return;
        };
        let message = match label {
            None => format!("end label \"{}\" specified for unlabeled block", end.text),
            Some(label) if label.name.text != end.text => {
                format!("end label \"{}\" differs from block's label \"{}\"", end.text, label.name.text)
            }
            Some(_) => return,
        };
        self.error(end.span, message, "42601");
    }

    /// Ends the innermost open statement here.
    fn close(&mut self, end: Option<Span>, end_label: Option<Name>) {
        let Some(Open { start, mut body, kind, at_end }) = self.open.pop() else { return };
        if let (Some(error), Some(_)) = (at_end, end) {
            self.error(error.span, error.message, error.sqlstate);
        }
        let before_end = end.map_or(self.last_end(), |end| end.start).max(start);
        // What has no end goes on behind the text.
        let until = if end.is_none() && self.is_at_end() { usize::MAX } else { self.last_end() };
        let kind = match kind {
            OpenKind::Block { label, head, body: before_exception, mut exception } => {
                self.names.pop_at(until);
                if let Some(exception) = &mut exception
                    && let Some(handler) = exception.handlers.last_mut()
                {
                    handler.body = std::mem::take(&mut body);
                    let last = handler.body.last().map_or(handler.span.end, |last| last.span.end);
                    handler.span.end = handler.span.end.max(last);
                    exception.span.end = handler.span.end;
                }
                let BlockHead { declare, declarations, begin } = head;
                let body = before_exception.unwrap_or(body);
                StatementKind::Block(Block {
                    span: Span::new(start, self.last_end().max(start)),
                    label,
                    declare,
                    declarations,
                    begin,
                    body,
                    exception,
                    end,
                    end_label,
                })
            }
            OpenKind::If { mut branches, otherwise } => {
                let otherwise = finish(&mut branches, otherwise, body, before_end);
                StatementKind::If { branches, otherwise, end }
            }
            OpenKind::Case { keyword, operand, mut branches, otherwise } => {
                let otherwise = finish(&mut branches, otherwise, body, before_end);
                StatementKind::Case { keyword, operand, branches, otherwise, end }
            }
            OpenKind::Loop { label, head, keyword } => {
                self.names.pop_at(until);
                StatementKind::Loop(Loop { label, head, keyword, body, end, end_label })
            }
        };
        // The semicolon, where one follows.
        self.add(Statement { span: Span::new(start, self.last_end().max(start)), kind });
    }
}

/// Gives the statements that were read to the last branch, which ends where they do.
fn finish_branch(branches: &mut [Branch], body: &mut Vec<Statement>, next: usize) {
    if let Some(branch) = branches.last_mut() {
        branch.body = std::mem::take(body);
        let head =
            branch.then.or(branch.condition.as_ref().map(|sql| sql.span)).unwrap_or(branch.keyword).end;
        let end = branch.body.last().map_or(head, |last| last.span.end);
        branch.span.end = end.max(head).min(next.max(head));
    }
}

fn finish(
    branches: &mut [Branch],
    otherwise: Option<Span>,
    mut body: Vec<Statement>,
    next: usize,
) -> Option<Otherwise> {
    match otherwise {
        Some(keyword) => {
            let end = body.last().map_or(keyword.end, |last| last.span.end);
            Some(Otherwise { span: Span::new(keyword.start, end), keyword, body })
        }
        None => {
            finish_branch(branches, &mut body, next);
            None
        }
    }
}
