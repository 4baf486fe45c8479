//! What a statement holds besides SQL, and its text without that.

use ropey::Rope;

use super::BoundaryScanner;
use crate::syntax::psql::Command;
use crate::text::Span;

/// What a statement holds besides SQL; all spans count from the start of the text that was scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The backslash of `\;` or `\:`, which puts the other character into the query.
    Escape(Span),
    /// A semicolon that ends a query.
    Semicolon(Span),
    Command(Command),
    /// The lines of COPY's data, with the `\.` that ends them.
    Data(Span),
}

/// The parts of one statement's text that are not SQL, in their order.
pub fn parts(text: &str) -> Vec<Part> {
    let rope = Rope::from_str(text);
    let mut scanner = BoundaryScanner::new(&rope, 0);
    scanner.parts = Some(Vec::new());
    scanner.next_boundary();
    let mut parts = scanner.parts.unwrap_or_default();
    parts.sort_by_key(|part| match part {
        Part::Escape(span) | Part::Semicolon(span) | Part::Data(span) => span.start,
        Part::Command(command) => command.start,
    });
    parts
}

/// A query's text without what psql takes out of it, every other byte where it was; `None` where there is nothing of
/// that kind. Of `\if … \else … \endif` within the query the first branch is kept.
pub fn without_commands(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |span: Span| {
        let bytes = bytes[span.range()].iter_mut();
        bytes.filter(|byte| !matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    };
    let parts = parts(text);
    // For each `\if` that is open, where the branches begin that are left out.
    let mut conditions: Vec<Option<usize>> = Vec::new();
    for part in &parts {
        match part {
            Part::Escape(span) | Part::Data(span) => blank(*span),
            Part::Semicolon(_) => {}
            Part::Command(command) => {
                blank(Span::new(command.start, command.end));
                match command.name() {
                    "if" => conditions.push(None),
                    "elif" | "else" => {
                        if let Some(condition) = conditions.last_mut() {
                            condition.get_or_insert(command.end);
                        }
                    }
                    "endif" => {
                        if let Some(left_out) = conditions.pop().flatten() {
                            blank(Span::new(left_out, command.start));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    let has_any = parts.iter().any(|part| !matches!(part, Part::Semicolon(_)));
    has_any.then(|| String::from_utf8(bytes).ok()).flatten()
}
