//! What folds in code in strings: blocks, branches, loops, handlers and declarations of PL/pgSQL, statements of SQL.

use super::{Fold, Kind, comments, in_code};
use crate::ide::body as code;
use crate::ide::written::{self, Written};
use crate::syntax::body::{Body, Content};
use crate::syntax::plpgsql::Node;
use crate::syntax::plpgsql::ast::{Function, StatementKind};
use crate::text::Span;

/// How deep bodies within bodies are folded.
const DEPTH: usize = 3;

/// The folds of the bodies of a statement, in the statement.
pub(super) fn folds(written: &Written) -> Vec<Fold> {
    in_statement(written, DEPTH)
}

fn in_statement(written: &Written, depth: usize) -> Vec<Fold> {
    let mut found = Vec::new();
    if depth == 0 {
        return found;
    }
    for body in written.bodies() {
        let inner = in_body(body, depth - 1);
        found.extend(inner.into_iter().map(|fold| Fold { span: body.to_outer(fold.span), ..fold }));
    }
    found
}

fn in_body(body: &Body, depth: usize) -> Vec<Fold> {
    let mut found = Vec::new();
    match body.content() {
        Content::Sql(sql) => {
            for (start, written) in code::statements(&body.text, sql) {
                let mut inner = super::Folds::default();
                comments(&written.text, &written.tokens, &mut inner);
                found.extend(shifted(inner.folds, start));
                found.extend(shifted(in_piece(&written, depth), start));
            }
        }
        Content::Plpgsql(function) => {
            // Comments stand between the statements, too.
            let mut inner = super::Folds::default();
            comments(&body.text, &written::scan(&body.text).0, &mut inner);
            found.extend(inner.folds);
            found.extend(super::between(inner.marks));
            in_function(function, depth, &mut found);
        }
    }
    found
}

fn shifted(folds: Vec<Fold>, by: usize) -> impl Iterator<Item = Fold> {
    folds.into_iter().map(move |fold| Fold { span: fold.span.shift(by), ..fold })
}

/// A statement or a piece of SQL and what is in it.
fn in_piece(written: &Written, depth: usize) -> Vec<Fold> {
    let mut found = Vec::new();
    in_code(written, &mut |span, closed_by_line| {
        if written.slice(span).contains(['\n', '\r']) {
            found.push(Fold { kind: Kind::Code, span, closed_by_line });
        }
    });
    let whole = written.slice(written.code).trim_end();
    if whole.contains(['\n', '\r']) {
        let span = Span::new(written.code.start, written.code.start + whole.len());
        found.push(Fold { kind: Kind::Code, span, closed_by_line: false });
    }
    found.extend(in_statement(written, depth));
    found
}

fn in_function(function: &Function, depth: usize, found: &mut Vec<Fold>) {
    let text = &function.text;
    let mut add = |start: usize, end: usize, closed_by_line: bool| {
        if start < end && text[start..end].contains(['\n', '\r']) {
            found.push(Fold { kind: Kind::Code, span: Span::new(start, end), closed_by_line });
        }
    };
    let mut pieces = Vec::new();
    function.walk(&mut |node| match node {
        Node::Block(block) => {
            if let (Some(declare), Some(begin)) = (block.declare.first(), block.begin) {
                add(declare.start, begin.end, true);
            }
            if let Some(begin) = block.begin {
                // What EXCEPTION begins is folded apart.
                let body_end = block.exception.as_ref().map(|exception| exception.keyword.end);
                let end = body_end.or(block.end.map(|end| end.end)).unwrap_or(block.span.end);
                add(begin.start, end, body_end.is_some() || block.end.is_some());
                if let (Some(exception), Some(end)) = (&block.exception, block.end) {
                    add(exception.keyword.start, end.end, true);
                }
            }
        }
        Node::Handler(handler) => add(handler.span.start, handler.span.end, false),
        Node::Statement(statement) => match &statement.kind {
            StatementKind::If { branches, otherwise, end } => {
                let starts = branches.iter().map(|branch| branch.keyword);
                let starts: Vec<Span> =
                    starts.chain(otherwise.iter().map(|otherwise| otherwise.keyword)).chain(*end).collect();
                starts.windows(2).for_each(|pair| add(pair[0].start, pair[1].end, true));
                if let (None, Some(last)) = (end, starts.last()) {
                    add(last.start, statement.span.end, false);
                }
            }
            StatementKind::Case { keyword, branches, otherwise, end, .. } => {
                let end_of_case = end.map_or(statement.span.end, |end| end.end);
                add(keyword.start, end_of_case, end.is_some());
                branches.iter().for_each(|branch| add(branch.span.start, branch.span.end, false));
                otherwise.iter().for_each(|otherwise| add(otherwise.span.start, otherwise.span.end, false));
            }
            StatementKind::Loop(body) => {
                let end = body.end.map_or(statement.span.end, |end| end.end);
                let start = body.label.as_ref().map_or(statement.span.start, |label| {
                    // From the loop itself, where it has a line of its own.
                    let behind = &text[label.span.end..];
                    label.span.end + behind.len() - behind.trim_start().len()
                });
                add(start, end, body.end.is_some());
            }
            StatementKind::Block(_) => {}
            _ => add(statement.span.start, statement.span.end, false),
        },
        Node::Sql(sql) if text[sql.span.range()].contains(['\n', '\r']) => pieces.push(sql.clone()),
        _ => {}
    });
    for sql in pieces {
        found.extend(shifted(in_piece(&code::piece(text, &sql), depth), sql.span.start));
    }
}
