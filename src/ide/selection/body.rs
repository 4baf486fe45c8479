//! The ranges around a place in code in strings: outward from a piece of SQL along statements, branches and blocks.

use super::{in_statement, word_around};
use crate::ide::body as code;
use crate::ide::written;
use crate::syntax::body::{Body, Content};
use crate::syntax::plpgsql::ast::{Function, Statement};
use crate::syntax::plpgsql::{Node, children};
use crate::text::Span;

/// The ranges around `offset` of a body in its text, roughly the innermost first; `depth` levels of bodies in it.
pub(super) fn ranges(body: &Body, offset: usize, depth: usize) -> Vec<Span> {
    match body.content() {
        Content::Sql(sql) => code::statements(&body.text, sql)
            .into_iter()
            .rev()
            .find(|(start, _)| *start <= offset)
            .map_or(Vec::new(), |(start, written)| {
                shifted(in_statement(&written, offset - start, depth), start)
            }),
        Content::Plpgsql(function) => in_function(body, function, offset, depth),
    }
}

fn shifted(spans: Vec<Span>, by: usize) -> Vec<Span> {
    spans.into_iter().map(|span| span.shift(by)).collect()
}

fn in_function(body: &Body, function: &Function, offset: usize, depth: usize) -> Vec<Span> {
    let text = &function.text;
    // From the outside in.
    let mut found = Vec::new();
    let mut nodes = function.nodes();
    let mut sql = None;
    loop {
        // Where two meet, the one that begins there.
        let here = nodes.iter().rev().find(|node| node.span().touches(offset) && !node.span().is_empty());
        let Some(node) = here.copied() else { break };
        found.push(node.span());
        match node {
            Node::Statement(_) => {
                let bare = text[node.span().range()].trim_end().trim_end_matches(';').trim_end();
                found.push(Span::new(node.span().start, node.span().start + bare.len()));
            }
            Node::Block(block) => {
                if let (Some(declare), Some(begin)) = (block.declare.first(), block.begin) {
                    let head = text[..begin.start].trim_end();
                    found.push(Span::new(declare.start, head.len().max(declare.end)));
                    let declarations = block.declarations.first().zip(block.declarations.last());
                    found
                        .extend(declarations.map(|(first, last)| Span::new(first.span.start, last.span.end)));
                }
                found.extend(all(&block.body));
            }
            Node::Branch(branch) => found.extend(all(&branch.body)),
            Node::Otherwise(otherwise) => found.extend(all(&otherwise.body)),
            Node::Handler(handler) => found.extend(all(&handler.body)),
            Node::Sql(piece) => sql = Some(piece),
            _ => {}
        }
        nodes = children(node);
        if let Node::Statement(_) = node {
            found.extend(run(&nodes));
        }
    }
    found.reverse();
    let mut inner = Vec::new();
    if let Some(piece) = sql.filter(|piece| piece.span.touches(offset)) {
        let executed = body.bodies().iter().find(|inner| inner.literal == piece.span);
        let executed = executed.and_then(|inner| Some((inner, inner.to_inner(offset)?)));
        match executed.filter(|_| depth > 0) {
            Some((nested, place)) => {
                let steps = ranges(nested, place, depth - 1);
                inner.extend(steps.into_iter().map(|span| nested.to_outer(span)));
                inner.push(nested.inside());
            }
            None => {
                let written = code::piece(text, piece);
                let local = (offset - piece.span.start).min(written.text.len());
                inner.extend(shifted(in_statement(&written, local, depth), piece.span.start));
            }
        }
    } else {
        let (tokens, _) = written::scan(text);
        let token = tokens.iter().rev().find(|token| token.span.touches(offset) && !token.is_char(b';'));
        if let Some(token) = token {
            let local =
                text.get(token.span.range()).and_then(|text| word_around(text, offset - token.span.start));
            inner.extend(local.map(|span| span.shift(token.span.start)));
            inner.push(token.span);
        }
    }
    inner.extend(found);
    inner
}

/// From the first statement to the last.
fn all(statements: &[Statement]) -> Option<Span> {
    let (first, last) = (statements.first()?, statements.last()?);
    Some(Span::new(first.span.start, last.span.end))
}

/// The statements among a statement's parts: those of a loop.
fn run(nodes: &[Node]) -> Option<Span> {
    let spans = nodes.iter().filter(|node| matches!(node, Node::Statement(_))).map(|node| node.span());
    spans.reduce(|whole, span| Span::new(whole.start, span.end))
}
