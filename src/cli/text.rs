//! The report of `pgwright check` for people: the source line with a caret below what is wrong.

use std::io::IsTerminal;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::check::Checked;
use super::output::outln;
use crate::ide::Severity;
use crate::ide::diagnostics::Finding;
use crate::text::Span;

/// How many lines of source stand around what is wrong.
const AROUND: usize = 1;

pub fn print(checked: &Checked) {
    let renderer = if std::io::stdout().is_terminal() { Renderer::styled() } else { Renderer::plain() };
    for finding in &checked.findings {
        outln!("{}\n", render(checked, finding, &renderer));
    }
}

fn render(checked: &Checked, finding: &Finding, renderer: &Renderer) -> String {
    let rope = checked.script.document().rope();
    let line = rope.byte_to_line(finding.span.start.min(rope.len_bytes()));
    let last = rope.byte_to_line(finding.span.end.min(rope.len_bytes()));
    let first = line.saturating_sub(AROUND);
    let start = rope.line_to_byte(first);
    let end = rope.line_to_byte((last + 1 + AROUND).min(rope.len_lines()));
    let source = checked.script.document().slice(Span::new(start, end.max(start)));
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
        Severity::Hint | Severity::Off => Level::NOTE,
    };
    let path = checked.path.to_string_lossy();
    let span = finding.span.start - start..(finding.span.end - start).min(source.len());
    let snippet = Snippet::source(source.as_str())
        .path(path.as_ref())
        .line_start(first + 1)
        .annotation(AnnotationKind::Primary.span(span));
    let mut group = level.primary_title(finding.message.as_str()).id(finding.code.as_str()).element(snippet);
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    } else if let Some(fix) = finding.fixes.first() {
        let help = match &fix.edits[..] {
            [edit] if edit.span == finding.span => format!("did you mean `{}`?", edit.text),
            _ => fix.title.clone(),
        };
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}
