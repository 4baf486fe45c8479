//! The tree of a PL/pgSQL body. All spans are byte ranges of the body's text.

use std::borrow::Cow;
use std::sync::Arc;

use super::namespace::{Namespace, Visible};
use crate::syntax::grammar::ParseMode;
use crate::syntax::statement::SyntaxError;
use crate::text::Span;

/// What the parser made of a body.
#[derive(Clone, Debug)]
pub struct Function {
    pub text: Arc<str>,
    pub options: Vec<CompileOption>,
    /// The outermost block; absent where not even its `DECLARE` or `BEGIN` was found.
    pub block: Option<Block>,
    /// The first one is the one that PostgreSQL reports.
    pub errors: Vec<SyntaxError>,
    pub(super) names: Namespace,
}

impl Function {
    /// The variable that a dotted name of at most three parts, folded, stands for at a place of the text.
    pub fn find(&self, names: &[&str], offset: usize) -> Option<Visible<'_>> {
        self.names.find_at(names, offset)
    }
}

/// Statements may be nested deeper than a thread's stack holds calls, so they are not dropped within each other.
impl Drop for Function {
    fn drop(&mut self) {
        let mut open: Vec<Statement> = Vec::new();
        if let Some(block) = &mut self.block {
            block.take_statements(&mut open);
        }
        while let Some(mut statement) = open.pop() {
            match &mut statement.kind {
                StatementKind::Block(block) => block.take_statements(&mut open),
                StatementKind::If { branches, otherwise, .. }
                | StatementKind::Case { branches, otherwise, .. } => {
                    branches.iter_mut().for_each(|branch| open.append(&mut branch.body));
                    otherwise.iter_mut().for_each(|otherwise| open.append(&mut otherwise.body));
                }
                StatementKind::Loop(body) => open.append(&mut body.body),
                _ => {}
            }
        }
    }
}

impl Block {
    fn take_statements(&mut self, open: &mut Vec<Statement>) {
        open.append(&mut self.body);
        if let Some(exception) = &mut self.exception {
            exception.handlers.iter_mut().for_each(|handler| open.append(&mut handler.body));
        }
    }
}

/// `#variable_conflict use_column`.
#[derive(Clone, Debug)]
pub struct CompileOption {
    pub span: Span,
    pub name: Span,
    pub value: Option<Span>,
}

/// An identifier.
#[derive(Clone, Debug)]
pub struct Name {
    pub span: Span,
    /// As PostgreSQL keeps it: folded to lower case, or what stands between the quotes.
    pub text: String,
}

/// `<<name>>`.
#[derive(Clone, Debug)]
pub struct Label {
    pub span: Span,
    pub name: Name,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub span: Span,
    pub label: Option<Label>,
    /// The keywords DECLARE; PL/pgSQL allows useless ones more.
    pub declare: Vec<Span>,
    pub declarations: Vec<Declaration>,
    pub begin: Option<Span>,
    pub body: Vec<Statement>,
    pub exception: Option<Exception>,
    pub end: Option<Span>,
    pub end_label: Option<Name>,
}

/// `EXCEPTION WHEN … THEN …`.
#[derive(Clone, Debug)]
pub struct Exception {
    pub span: Span,
    pub keyword: Span,
    pub handlers: Vec<Handler>,
}

/// `WHEN … THEN` with its statements. The keyword is empty where EXCEPTION has no WHEN.
#[derive(Clone, Debug)]
pub struct Handler {
    pub span: Span,
    pub when: Span,
    pub conditions: Vec<Condition>,
    pub then: Option<Span>,
    pub body: Vec<Statement>,
}

/// A condition's name, or `SQLSTATE` with its literal.
#[derive(Clone, Debug)]
pub struct Condition {
    pub span: Span,
    pub name: Name,
    pub sqlstate: Option<Span>,
}

#[derive(Clone, Debug)]
pub struct Declaration {
    pub span: Span,
    pub name: Name,
    pub kind: DeclarationKind,
}

#[derive(Clone, Debug)]
pub enum DeclarationKind {
    Variable {
        constant: Option<Span>,
        data_type: Option<DataType>,
        /// The collation's name, behind COLLATE.
        collation: Option<Span>,
        not_null: Option<Span>,
        default: Option<Sql>,
    },
    Alias {
        keyword: Span,
        of: Option<Target>,
    },
    Cursor {
        scroll: Option<Span>,
        keyword: Span,
        arguments: Vec<CursorArgument>,
        query: Option<Sql>,
    },
}

/// An argument that a cursor declares.
#[derive(Clone, Debug)]
pub struct CursorArgument {
    pub span: Span,
    pub name: Name,
    pub data_type: Option<DataType>,
}

/// A data type as it was written, with `%TYPE` and brackets.
#[derive(Clone, Debug)]
pub struct DataType {
    pub span: Span,
    pub form: TypeForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeForm {
    /// What the grammar reads as a type's name (`ParseMode::TypeName`).
    Name,
    /// `x%TYPE`.
    OfVariable,
    /// `x%ROWTYPE`.
    OfRow,
}

/// A piece of SQL, cut as PL/pgSQL cuts it.
#[derive(Clone, Debug)]
pub struct Sql {
    pub span: Span,
    pub mode: ParseMode,
    /// What stands in it and is PL/pgSQL's own.
    pub into: Option<Box<IntoClause>>,
    /// Whether it begins with PERFORM, for which the grammar reads SELECT.
    pub is_perform: bool,
}

impl Sql {
    /// The piece as PostgreSQL's grammar reads it, without INTO; every byte that is left stands where it stood.
    pub fn code<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let code = &text[self.span.range()];
        if self.into.is_none() && !self.is_perform {
            return Cow::Borrowed(code);
        }
        let mut code = code.to_owned();
        if let Some(into) = &self.into {
            let (start, end) = (into.span.start - self.span.start, into.span.end - self.span.start);
            code.replace_range(start..end, &" ".repeat(end - start));
            code.truncate(code.trim_end().len());
        }
        if self.is_perform {
            code.replace_range(.."perform".len(), " SELECT");
        }
        Cow::Owned(code)
    }
}

/// A variable that is assigned to, or a cursor.
#[derive(Clone, Debug)]
pub struct Target {
    pub span: Span,
    /// The parts of a dotted name.
    pub names: Vec<Name>,
}

/// `INTO [STRICT] targets`.
#[derive(Clone, Debug)]
pub struct IntoClause {
    pub span: Span,
    pub keyword: Span,
    pub strict: Option<Span>,
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug)]
pub struct Statement {
    /// With its label and its semicolon.
    pub span: Span,
    pub kind: StatementKind,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    Block(Block),
    /// `sql` is all of it, the target included.
    Assign {
        target: Target,
        sql: Option<Sql>,
    },
    Perform {
        keyword: Span,
        sql: Option<Sql>,
    },
    /// `sql` is all of it, with the keyword.
    Call {
        keyword: Span,
        sql: Option<Sql>,
    },
    Do {
        keyword: Span,
        sql: Option<Sql>,
    },
    GetDiagnostics {
        keyword: Span,
        stacked: bool,
        items: Vec<DiagnosticsItem>,
    },
    If {
        branches: Vec<Branch>,
        otherwise: Option<Otherwise>,
        end: Option<Span>,
    },
    Case {
        keyword: Span,
        operand: Option<Sql>,
        branches: Vec<Branch>,
        otherwise: Option<Otherwise>,
        end: Option<Span>,
    },
    Loop(Loop),
    /// EXIT or CONTINUE, as the keyword says.
    Exit {
        keyword: Span,
        label: Option<Name>,
        when: Option<Span>,
        condition: Option<Sql>,
    },
    Return {
        keyword: Span,
        value: Option<Sql>,
    },
    ReturnNext {
        keyword: Span,
        value: Option<Sql>,
    },
    ReturnQuery {
        keyword: Span,
        query: Option<Sql>,
    },
    ReturnExecute {
        keyword: Span,
        query: Option<Sql>,
        using: Vec<Sql>,
    },
    Raise(Raise),
    Assert {
        keyword: Span,
        condition: Option<Sql>,
        message: Option<Sql>,
    },
    Sql(Sql),
    Execute {
        keyword: Span,
        query: Option<Sql>,
        into: Option<IntoClause>,
        using: Vec<Sql>,
    },
    Open {
        keyword: Span,
        cursor: Option<Target>,
        source: OpenSource,
    },
    /// FETCH or MOVE, as the keyword says.
    Fetch {
        keyword: Span,
        direction: Option<Span>,
        count: Option<Sql>,
        cursor: Option<Target>,
        into: Option<IntoClause>,
    },
    Close {
        keyword: Span,
        cursor: Option<Target>,
    },
    Null {
        keyword: Span,
    },
    /// COMMIT or ROLLBACK, as the keyword says.
    EndTransaction {
        keyword: Span,
        chain: Option<Span>,
    },
    /// What could not be read, up to where the parser found its way again.
    Broken,
}

#[derive(Clone, Debug)]
pub struct DiagnosticsItem {
    pub span: Span,
    pub target: Target,
    pub item: Option<Span>,
}

/// `IF … THEN`, `ELSIF … THEN` or `WHEN … THEN` with its statements. The keyword is empty where CASE has no WHEN.
#[derive(Clone, Debug)]
pub struct Branch {
    pub span: Span,
    pub keyword: Span,
    pub condition: Option<Sql>,
    pub then: Option<Span>,
    pub body: Vec<Statement>,
}

/// ELSE with its statements.
#[derive(Clone, Debug)]
pub struct Otherwise {
    pub span: Span,
    pub keyword: Span,
    pub body: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub struct Loop {
    pub label: Option<Label>,
    pub head: LoopHead,
    /// The keyword LOOP before the statements.
    pub keyword: Option<Span>,
    pub body: Vec<Statement>,
    /// `END LOOP`.
    pub end: Option<Span>,
    pub end_label: Option<Name>,
}

#[derive(Clone, Debug)]
pub enum LoopHead {
    /// LOOP alone.
    Plain,
    While {
        keyword: Span,
        condition: Option<Sql>,
    },
    /// `FOR i IN [REVERSE] a .. b [BY c]`; the variable is the loop's own.
    Integer {
        keyword: Span,
        variable: Name,
        reverse: Option<Span>,
        from: Sql,
        to: Option<Sql>,
        by: Option<Sql>,
    },
    Query {
        keyword: Span,
        targets: Vec<Target>,
        query: Sql,
    },
    /// `FOR r IN cursor (arguments)`; the record is the loop's own.
    Cursor {
        keyword: Span,
        variable: Name,
        cursor: Target,
        arguments: Vec<CursorValue>,
    },
    Execute {
        keyword: Span,
        targets: Vec<Target>,
        query: Option<Sql>,
        using: Vec<Sql>,
    },
    ForEach {
        keyword: Span,
        targets: Vec<Target>,
        slice: Option<Span>,
        array: Option<Sql>,
    },
    /// A FOR that could not be read.
    Broken {
        keyword: Span,
    },
}

/// An argument that a cursor is opened with.
#[derive(Clone, Debug)]
pub struct CursorValue {
    pub span: Span,
    pub name: Option<Name>,
    pub value: Sql,
}

#[derive(Clone, Debug)]
pub enum OpenSource {
    Query {
        scroll: Option<Span>,
        query: Option<Sql>,
    },
    Execute {
        scroll: Option<Span>,
        query: Option<Sql>,
        using: Vec<Sql>,
    },
    /// The cursor's own query.
    Bound(Vec<CursorValue>),
}

#[derive(Clone, Debug)]
pub struct Raise {
    pub keyword: Span,
    /// `NOTICE`, `EXCEPTION` …
    pub level: Option<Span>,
    /// The literal with the message.
    pub message: Option<Span>,
    pub condition: Option<Condition>,
    pub parameters: Vec<Sql>,
    pub options: Vec<RaiseOption>,
}

#[derive(Clone, Debug)]
pub struct RaiseOption {
    pub span: Span,
    pub name: Span,
    pub value: Option<Sql>,
}
