//! A body's tree as nodes with children, for walks that do not care what each node is.

use super::ast::{
    Block, Branch, Condition, CursorArgument, CursorValue, DataType, Declaration, DeclarationKind,
    DiagnosticsItem, Exception, Function, Handler, IntoClause, Label, Loop, LoopHead, Name, OpenSource,
    Otherwise, Raise, RaiseOption, Sql, Statement, StatementKind, Target,
};
use crate::text::Span;

/// A part of a body. Children lie within their node, in the text's order, and do not overlap.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    Option(&'a super::ast::CompileOption),
    Block(&'a Block),
    Declaration(&'a Declaration),
    CursorArgument(&'a CursorArgument),
    DataType(&'a DataType),
    Exception(&'a Exception),
    Handler(&'a Handler),
    Condition(&'a Condition),
    Statement(&'a Statement),
    Branch(&'a Branch),
    Otherwise(&'a Otherwise),
    Label(&'a Label),
    Name(&'a Name),
    /// A variable that is given a value, or a cursor.
    Target(&'a Target),
    Into(&'a IntoClause),
    CursorValue(&'a CursorValue),
    DiagnosticsItem(&'a DiagnosticsItem),
    RaiseOption(&'a RaiseOption),
    Sql(&'a Sql),
    /// One keyword, or several that belong together: `END LOOP`.
    Keyword(Span),
    /// A literal of PL/pgSQL itself: a message, a SQLSTATE.
    Literal(Span),
}

impl Node<'_> {
    pub fn span(&self) -> Span {
        match self {
            Node::Option(node) => node.span,
            Node::Block(node) => node.span,
            Node::Declaration(node) => node.span,
            Node::CursorArgument(node) => node.span,
            Node::DataType(node) => node.span,
            Node::Exception(node) => node.span,
            Node::Handler(node) => node.span,
            Node::Condition(node) => node.span,
            Node::Statement(node) => node.span,
            Node::Branch(node) => node.span,
            Node::Otherwise(node) => node.span,
            Node::Label(node) => node.span,
            Node::Name(node) => node.span,
            Node::Target(node) => node.span,
            Node::Into(node) => node.span,
            Node::CursorValue(node) => node.span,
            Node::DiagnosticsItem(node) => node.span,
            Node::RaiseOption(node) => node.span,
            Node::Sql(node) => node.span,
            Node::Keyword(span) | Node::Literal(span) => *span,
        }
    }
}

impl Function {
    /// The options and the outermost block.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        self.options.iter().map(Node::Option).chain(self.block.iter().map(Node::Block)).collect()
    }

    /// Calls `visit` with every node, a node before its children.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        let mut open = self.nodes();
        open.reverse();
        while let Some(node) = open.pop() {
            visit(node);
            let mut below = children(node);
            below.reverse();
            open.append(&mut below);
        }
    }
}

/// The nodes directly below one, in the text's order.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    add(node, &mut found);
    found.sort_by_key(|child| child.span().start);
    found
}

fn add<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
    macro_rules! keywords {
        ($($span:expr),*) => {{ $( found.extend(Option::<Span>::from($span).map(Node::Keyword)); )* }};
    }
    match node {
        Node::Option(option) => {
            keywords!(option.name);
            found.extend(option.value.map(Node::Keyword));
        }
        Node::Block(block) => {
            found.extend(block.label.iter().map(Node::Label));
            found.extend(block.declare.iter().map(|span| Node::Keyword(*span)));
            found.extend(block.declarations.iter().map(Node::Declaration));
            keywords!(block.begin, block.end);
            found.extend(block.body.iter().map(Node::Statement));
            found.extend(block.exception.iter().map(Node::Exception));
            found.extend(block.end_label.iter().map(Node::Name));
        }
        Node::Declaration(declaration) => {
            found.push(Node::Name(&declaration.name));
            match &declaration.kind {
                DeclarationKind::Variable { constant, data_type, collation, not_null, default } => {
                    keywords!(*constant, *not_null);
                    found.extend(data_type.iter().map(Node::DataType));
                    // A collation is a name like a literal's: nothing of PL/pgSQL.
                    found.extend(collation.map(Node::Literal));
                    found.extend(default.iter().map(Node::Sql));
                }
                DeclarationKind::Alias { keyword, of } => {
                    keywords!(*keyword);
                    found.extend(of.iter().map(Node::Target));
                }
                DeclarationKind::Cursor { scroll, keyword, arguments, query } => {
                    keywords!(*scroll, *keyword);
                    found.extend(arguments.iter().map(Node::CursorArgument));
                    found.extend(query.iter().map(Node::Sql));
                }
            }
        }
        Node::CursorArgument(argument) => {
            found.push(Node::Name(&argument.name));
            found.extend(argument.data_type.iter().map(Node::DataType));
        }
        Node::Exception(exception) => {
            keywords!(exception.keyword);
            found.extend(exception.handlers.iter().map(Node::Handler));
        }
        Node::Handler(handler) => {
            keywords!(handler.when, handler.then);
            found.extend(handler.conditions.iter().map(Node::Condition));
            found.extend(handler.body.iter().map(Node::Statement));
        }
        Node::Condition(condition) => {
            found.push(Node::Name(&condition.name));
            found.extend(condition.sqlstate.map(Node::Literal));
        }
        Node::Branch(branch) => {
            keywords!(branch.keyword, branch.then);
            found.extend(branch.condition.iter().map(Node::Sql));
            found.extend(branch.body.iter().map(Node::Statement));
        }
        Node::Otherwise(otherwise) => {
            keywords!(otherwise.keyword);
            found.extend(otherwise.body.iter().map(Node::Statement));
        }
        Node::Label(label) => found.push(Node::Name(&label.name)),
        Node::Target(target) => found.extend(target.names.iter().map(Node::Name)),
        Node::Into(into) => {
            keywords!(into.keyword, into.strict);
            found.extend(into.targets.iter().map(Node::Target));
        }
        Node::CursorValue(value) => {
            found.extend(value.name.iter().map(Node::Name));
            found.push(Node::Sql(&value.value));
        }
        Node::DiagnosticsItem(item) => {
            found.push(Node::Target(&item.target));
            keywords!(item.item);
        }
        Node::RaiseOption(option) => {
            keywords!(option.name);
            found.extend(option.value.iter().map(Node::Sql));
        }
        Node::Statement(statement) => add_statement(statement, found),
        Node::Sql(sql) => found.extend(sql.into.iter().map(|into| Node::Into(into))),
        Node::Name(_) | Node::DataType(_) | Node::Keyword(_) | Node::Literal(_) => {}
    }
}

fn add_statement<'a>(statement: &'a Statement, found: &mut Vec<Node<'a>>) {
    use StatementKind as Kind;
    macro_rules! keywords {
        ($($span:expr),*) => {{ $( found.extend(Option::<Span>::from($span).map(Node::Keyword)); )* }};
    }
    macro_rules! sql {
        ($($sql:expr),*) => {{ $( found.extend($sql.iter().map(Node::Sql)); )* }};
    }
    match &statement.kind {
        Kind::Block(block) => found.push(Node::Block(block)),
        Kind::Assign { target, sql } => match sql {
            // The SQL has the target in it.
            Some(sql) => found.push(Node::Sql(sql)),
            None => found.push(Node::Target(target)),
        },
        Kind::Perform { keyword, sql } | Kind::Call { keyword, sql } | Kind::Do { keyword, sql } => match sql
        {
            Some(sql) => found.push(Node::Sql(sql)),
            None => keywords!(*keyword),
        },
        Kind::GetDiagnostics { keyword, items, .. } => {
            keywords!(*keyword);
            found.extend(items.iter().map(Node::DiagnosticsItem));
        }
        Kind::If { branches, otherwise, end } => {
            found.extend(branches.iter().map(Node::Branch));
            found.extend(otherwise.iter().map(Node::Otherwise));
            keywords!(*end);
        }
        Kind::Case { keyword, operand, branches, otherwise, end } => {
            keywords!(*keyword, *end);
            sql!(operand);
            found.extend(branches.iter().map(Node::Branch));
            found.extend(otherwise.iter().map(Node::Otherwise));
        }
        Kind::Loop(body) => add_loop(body, found),
        Kind::Exit { keyword, label, when, condition } => {
            keywords!(*keyword, *when);
            found.extend(label.iter().map(Node::Name));
            sql!(condition);
        }
        Kind::Return { keyword, value } | Kind::ReturnNext { keyword, value } => {
            keywords!(*keyword);
            sql!(value);
        }
        Kind::ReturnQuery { keyword, query } => {
            keywords!(*keyword);
            sql!(query);
        }
        Kind::ReturnExecute { keyword, query, using } => {
            keywords!(*keyword);
            sql!(query, using);
        }
        Kind::Raise(raise) => add_raise(raise, found),
        Kind::Assert { keyword, condition, message } => {
            keywords!(*keyword);
            sql!(condition, message);
        }
        Kind::Sql(sql) => found.push(Node::Sql(sql)),
        Kind::Execute { keyword, query, into, using } => {
            keywords!(*keyword);
            sql!(query, using);
            found.extend(into.iter().map(Node::Into));
        }
        Kind::Open { keyword, cursor, source } => {
            keywords!(*keyword);
            found.extend(cursor.iter().map(Node::Target));
            match source {
                OpenSource::Query { scroll, query } => {
                    keywords!(*scroll);
                    sql!(query);
                }
                OpenSource::Execute { scroll, query, using } => {
                    keywords!(*scroll);
                    sql!(query, using);
                }
                OpenSource::Bound(values) => found.extend(values.iter().map(Node::CursorValue)),
            }
        }
        Kind::Fetch { keyword, direction, count, cursor, into } => {
            keywords!(*keyword);
            match count {
                Some(count) => found.push(Node::Sql(count)),
                None => keywords!(*direction),
            }
            found.extend(cursor.iter().map(Node::Target));
            found.extend(into.iter().map(Node::Into));
        }
        Kind::Close { keyword, cursor } => {
            keywords!(*keyword);
            found.extend(cursor.iter().map(Node::Target));
        }
        Kind::Null { keyword } => keywords!(*keyword),
        Kind::EndTransaction { keyword, chain } => keywords!(*keyword, *chain),
        Kind::Broken => {}
    }
}

fn add_loop<'a>(body: &'a Loop, found: &mut Vec<Node<'a>>) {
    found.extend(body.label.iter().map(Node::Label));
    found.extend(body.keyword.map(Node::Keyword));
    found.extend(body.body.iter().map(Node::Statement));
    found.extend(body.end.map(Node::Keyword));
    found.extend(body.end_label.iter().map(Node::Name));
    match &body.head {
        LoopHead::Plain => {}
        LoopHead::While { keyword, condition } => {
            found.push(Node::Keyword(*keyword));
            found.extend(condition.iter().map(Node::Sql));
        }
        LoopHead::Integer { keyword, variable, reverse, from, to, by } => {
            found.push(Node::Keyword(*keyword));
            found.push(Node::Name(variable));
            found.extend(reverse.map(Node::Keyword));
            found.push(Node::Sql(from));
            found.extend(to.iter().chain(by).map(Node::Sql));
        }
        LoopHead::Query { keyword, targets, query } => {
            found.push(Node::Keyword(*keyword));
            found.extend(targets.iter().map(Node::Target));
            found.push(Node::Sql(query));
        }
        LoopHead::Cursor { keyword, variable, cursor, arguments } => {
            found.push(Node::Keyword(*keyword));
            found.push(Node::Name(variable));
            found.push(Node::Target(cursor));
            found.extend(arguments.iter().map(Node::CursorValue));
        }
        LoopHead::Execute { keyword, targets, query, using } => {
            found.push(Node::Keyword(*keyword));
            found.extend(targets.iter().map(Node::Target));
            found.extend(query.iter().chain(using).map(Node::Sql));
        }
        LoopHead::ForEach { keyword, targets, slice, array } => {
            found.push(Node::Keyword(*keyword));
            found.extend(targets.iter().map(Node::Target));
            found.extend(slice.map(Node::Literal));
            found.extend(array.iter().map(Node::Sql));
        }
        LoopHead::Broken { keyword } => found.push(Node::Keyword(*keyword)),
    }
}

fn add_raise<'a>(raise: &'a Raise, found: &mut Vec<Node<'a>>) {
    found.push(Node::Keyword(raise.keyword));
    found.extend(raise.level.map(Node::Keyword));
    found.extend(raise.message.map(Node::Literal));
    found.extend(raise.condition.iter().map(Node::Condition));
    found.extend(raise.parameters.iter().map(Node::Sql));
    found.extend(raise.options.iter().map(Node::RaiseOption));
}
