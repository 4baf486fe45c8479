//! The symbols of code in strings: the statements of a body in SQL; declarations, labels and blocks of PL/pgSQL.

use super::{Kind, Symbol, created_in, shortened, symbol_in};
use crate::ide::body as code;
use crate::ide::written::Written;
use crate::syntax::body::{Body, Content};
use crate::syntax::plpgsql::ast::{
    Block, CursorArgument, Declaration, DeclarationKind, Function, Label, Name, Statement, StatementKind,
};
use crate::syntax::plpgsql::{Node, children};
use crate::text::Span;

const CREATE: &str = "create";

/// The symbols of the bodies of a statement, where they are in it; `depth` levels of them.
pub(super) fn symbols(written: &Written, depth: usize) -> Vec<Symbol> {
    if depth == 0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for body in written.bodies() {
        let mut inner = in_body(body, depth);
        inner.iter_mut().for_each(|symbol| place(symbol, &|span| body.to_outer(span)));
        found.extend(inner);
    }
    found
}

fn place(symbol: &mut Symbol, to: &impl Fn(Span) -> Span) {
    symbol.span = to(symbol.span);
    symbol.name_span = to(symbol.name_span);
    symbol.children.iter_mut().for_each(|child| place(child, to));
}

fn in_body(body: &Body, depth: usize) -> Vec<Symbol> {
    match body.content() {
        Content::Sql(sql) => {
            let mut found = Vec::new();
            for (start, written) in code::statements(&body.text, sql) {
                let mut symbol = symbol_in(&written, depth - 1);
                symbol.iter_mut().for_each(|symbol| place(symbol, &|span| span.shift(start)));
                found.extend(symbol);
            }
            found
        }
        Content::Plpgsql(function) => match &function.block {
            // The outermost block is the function itself, unless it has a name of its own.
            Some(block) if block.label.is_none() => in_block(function, block, depth),
            Some(block) => block_symbol(function, block, depth).into_iter().collect(),
            None => Vec::new(),
        },
    }
}

fn in_block(function: &Function, block: &Block, depth: usize) -> Vec<Symbol> {
    if depth == 0 {
        return Vec::new();
    }
    let declared = block.declarations.iter().map(|declaration| declaration_symbol(function, declaration));
    let mut found: Vec<Symbol> = declared.collect();
    statements(function, Node::Block(block), depth, &mut found);
    found
}

/// The blocks and loops with names in the statements below a node, and what they make.
fn statements(function: &Function, below: Node, depth: usize, found: &mut Vec<Symbol>) {
    let mut waiting: Vec<Node> = children(below).into_iter().rev().collect();
    while let Some(node) = waiting.pop() {
        match node {
            Node::Block(block) => found.extend(block_symbol(function, block, depth - 1)),
            Node::Statement(Statement { span, kind: StatementKind::Loop(body) }) if body.label.is_some() => {
                let mut inner = Vec::new();
                if depth > 1 {
                    statements(function, node, depth - 1, &mut inner);
                }
                found.extend(body.label.as_ref().map(|label| labelled(label, *span, "loop", inner)));
            }
            Node::Statement(Statement { kind: StatementKind::Sql(sql), .. }) => {
                // Only what makes something is shown.
                let code = &function.text[sql.span.range()];
                if !code.get(..CREATE.len()).is_some_and(|word| word.eq_ignore_ascii_case(CREATE)) {
                    continue;
                }
                let made = created_in(&code::piece(&function.text, sql), depth - 1);
                found.extend(made.map(|mut symbol| {
                    place(&mut symbol, &|span| span.shift(sql.span.start));
                    symbol
                }));
            }
            Node::Statement(_)
            | Node::Branch(_)
            | Node::Otherwise(_)
            | Node::Exception(_)
            | Node::Handler(_) => {
                waiting.extend(children(node).into_iter().rev());
            }
            _ => {}
        }
    }
}

/// A block under its label; without one only where it has something in it to be shown.
fn block_symbol(function: &Function, block: &Block, depth: usize) -> Option<Symbol> {
    let inner = in_block(function, block, depth);
    match (&block.label, block.begin) {
        (Some(label), _) => Some(labelled(label, block.span, "block", inner)),
        (None, Some(begin)) if !inner.is_empty() => Some(Symbol {
            name: "BEGIN".to_owned(),
            detail: None,
            kind: Kind::Block,
            span: block.span,
            name_span: begin,
            children: inner,
        }),
        _ => None,
    }
}

fn labelled(label: &Label, span: Span, detail: &str, children: Vec<Symbol>) -> Symbol {
    let span = Span::new(span.start.min(label.span.start), span.end.max(label.span.end));
    Symbol { children, ..named(&label.name, span, Kind::Block, Some(detail.to_owned())) }
}

fn named(name: &Name, span: Span, kind: Kind, detail: Option<String>) -> Symbol {
    // A quoted name may be empty, a symbol's may not.
    let text = if name.text.trim().is_empty() { "?".to_owned() } else { name.text.clone() };
    Symbol { name: text, detail, kind, span, name_span: name.span, children: Vec::new() }
}

fn declaration_symbol(function: &Function, declaration: &Declaration) -> Symbol {
    let text = |span: Span| shortened(&function.text[span.range()]);
    let Declaration { span, name, kind } = declaration;
    match kind {
        DeclarationKind::Variable { constant, data_type, .. } => {
            let kind = if constant.is_some() { Kind::Constant } else { Kind::Variable };
            named(name, *span, kind, data_type.as_ref().map(|data_type| text(data_type.span)))
        }
        DeclarationKind::Alias { of, .. } => {
            let detail = of.as_ref().map(|of| format!("alias for {}", text(of.span)));
            named(name, *span, Kind::Variable, detail)
        }
        DeclarationKind::Cursor { arguments, .. } => Symbol {
            children: arguments.iter().map(|argument| argument_symbol(argument, text)).collect(),
            ..named(name, *span, Kind::Variable, Some("cursor".to_owned()))
        },
    }
}

fn argument_symbol(argument: &CursorArgument, text: impl Fn(Span) -> String) -> Symbol {
    let detail = argument.data_type.as_ref().map(|data_type| text(data_type.span));
    named(&argument.name, argument.span, Kind::Parameter, detail)
}
