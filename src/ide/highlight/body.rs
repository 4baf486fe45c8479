//! The words that belong together in code in strings: keywords of one block, branch or loop, and labels.

use super::in_statement;
use crate::ide::body as code;
use crate::ide::written;
use crate::syntax::body::{Body, Content};
use crate::syntax::plpgsql::ast::{Branch, Function, Label, Loop, LoopHead, Name, Statement, StatementKind};
use crate::syntax::plpgsql::{Node, keywords};
use crate::text::Span;

/// What belongs to what stands at `offset` of a body, in its text.
pub(super) fn words(body: &Body, offset: usize) -> Vec<Span> {
    match body.content() {
        Content::Sql(sql) => code::statements(&body.text, sql)
            .into_iter()
            .rev()
            .find(|(start, _)| *start <= offset)
            .map_or(Vec::new(), |(start, written)| shifted(in_statement(&written, offset - start), start)),
        Content::Plpgsql(function) => in_function(body, function, offset),
    }
}

fn shifted(spans: Vec<Span>, by: usize) -> Vec<Span> {
    spans.into_iter().map(|span| span.shift(by)).collect()
}

fn in_function(body: &Body, function: &Function, offset: usize) -> Vec<Span> {
    let inner = body.bodies().iter().find_map(|inner| Some((inner, inner.to_inner(offset)?)));
    if let Some((inner, place)) = inner {
        let found = words(inner, place);
        return found.into_iter().flat_map(|span| inner.pieces(span).collect::<Vec<_>>()).collect();
    }
    let mut groups = Groups { function, groups: Vec::new(), holders: Vec::new(), exits: Vec::new() };
    function.walk(&mut |node| groups.node(node));
    if let Some(found) = groups.at(offset) {
        return found;
    }
    let mut found = Vec::new();
    function.walk(&mut |node| {
        if let Node::Sql(sql) = node
            && found.is_empty()
            && sql.span.touches(offset)
        {
            let written = code::piece(&function.text, sql);
            let words = in_statement(&written, (offset - sql.span.start).min(written.text.len()));
            found = shifted(words, sql.span.start);
            // PERFORM is not as it is written.
            if sql.is_perform {
                found.retain(|span| span.start >= sql.span.start + "perform".len());
            }
        }
    });
    found
}

struct Groups<'a> {
    function: &'a Function,
    groups: Vec<Vec<Span>>,
    /// What EXIT may leave: its extent, its label, whether it is a loop, and its groups of keywords and of labels.
    holders: Vec<Holder>,
    /// EXIT and CONTINUE with their labels.
    exits: Vec<(Span, Option<Name>)>,
}

struct Holder {
    span: Span,
    label: Option<String>,
    is_loop: bool,
    words: usize,
    labels: usize,
}

impl Groups<'_> {
    fn node(&mut self, node: Node) {
        match node {
            Node::Block(block) => {
                let mut spans = block.declare.clone();
                spans.extend(block.begin);
                if let Some(exception) = &block.exception {
                    spans.push(exception.keyword);
                    spans.extend(
                        exception
                            .handlers
                            .iter()
                            .flat_map(|handler| [Some(handler.when), handler.then])
                            .flatten(),
                    );
                }
                spans.extend(block.end);
                self.holder(block.span, spans, block.label.as_ref(), block.end_label.as_ref(), false);
            }
            Node::Statement(statement) => self.statement(statement),
            _ => {}
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let of_branches = |branches: &[Branch]| -> Vec<Span> {
            branches.iter().flat_map(|branch| [Some(branch.keyword), branch.then]).flatten().collect()
        };
        match &statement.kind {
            StatementKind::If { branches, otherwise, end } => {
                let mut spans = of_branches(branches);
                spans.extend(otherwise.as_ref().map(|otherwise| otherwise.keyword));
                spans.extend(*end);
                self.groups.push(self.split(&spans));
            }
            StatementKind::Case { keyword, branches, otherwise, end, .. } => {
                let mut spans = vec![*keyword];
                spans.extend(of_branches(branches));
                spans.extend(otherwise.as_ref().map(|otherwise| otherwise.keyword));
                spans.extend(*end);
                self.groups.push(self.split(&spans));
            }
            StatementKind::Loop(Loop { label, head, keyword, end, end_label, .. }) => {
                let first = match head {
                    LoopHead::Plain => None,
                    LoopHead::While { keyword, .. }
                    | LoopHead::Integer { keyword, .. }
                    | LoopHead::Query { keyword, .. }
                    | LoopHead::Cursor { keyword, .. }
                    | LoopHead::Execute { keyword, .. }
                    | LoopHead::ForEach { keyword, .. }
                    | LoopHead::Broken { keyword } => Some(*keyword),
                };
                let spans = first.into_iter().chain(*keyword).chain(*end).collect();
                self.holder(statement.span, spans, label.as_ref(), end_label.as_ref(), true);
            }
            StatementKind::Exit { keyword, label, .. } => self.exits.push((*keyword, label.clone())),
            _ => {}
        }
    }

    fn holder(
        &mut self,
        span: Span,
        words: Vec<Span>,
        label: Option<&Label>,
        end: Option<&Name>,
        is_loop: bool,
    ) {
        let words = self.split(&words);
        let names = label.map(|label| label.name.span).into_iter().chain(end.map(|end| end.span)).collect();
        let at = self.groups.len();
        self.groups.extend([words, names]);
        let label = label.map(|label| label.name.text.clone());
        self.holders.push(Holder { span, label, is_loop, words: at, labels: at + 1 });
    }

    /// The words of keywords that go together: `END LOOP` is two.
    fn split(&self, spans: &[Span]) -> Vec<Span> {
        let (reserved, others) = keywords();
        let mut found = Vec::new();
        for span in spans {
            let (tokens, _) = written::scan(&self.function.text[span.range()]);
            let words = tokens.iter().map(|token| token.span.shift(span.start));
            found.extend(words.filter(|word| {
                let word = self.function.text[word.range()].to_ascii_lowercase();
                reserved.binary_search(&word.as_str()).is_ok() || others.binary_search(&word.as_str()).is_ok()
            }));
        }
        found
    }

    /// The group with a word at `offset`.
    fn at(mut self, offset: usize) -> Option<Vec<Span>> {
        for (keyword, label) in std::mem::take(&mut self.exits) {
            // The walk comes to the inner ones later.
            let left = self.holders.iter().rev().filter(|holder| holder.span.contains(keyword.start)).find(
                |holder| match &label {
                    Some(label) => holder.label.as_ref() == Some(&label.text),
                    None => holder.is_loop,
                },
            );
            let Some(left) = left else { continue };
            self.groups[left.words].push(keyword);
            self.groups[left.labels].extend(label.map(|label| label.span));
        }
        // The word that the cursor is before counts more than the one that it is behind.
        let holds =
            |test: &dyn Fn(&Span) -> bool| self.groups.iter().position(|group| group.iter().any(test));
        let at = holds(&|span| span.contains(offset)).or_else(|| holds(&|span| span.touches(offset)))?;
        let mut found = self.groups.swap_remove(at);
        found.sort_unstable();
        Some(found)
    }
}
