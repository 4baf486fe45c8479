//! What is wrong in a document, as an editor shows it.

use std::collections::BTreeMap;

use super::Severity;
use super::View;
use crate::analysis::timeline::PSQL;
use crate::analysis::{Diagnostic, Weight};
use crate::syntax::{Fix, Script};
use crate::text::Span;

/// A finding with how it is to be shown; the span is in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub span: Span,
    pub severity: Severity,
    /// The SQLSTATE, a rule's name, or `psql` for what that says of its commands.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// What the hint is about, with what is said of it there.
    pub related: Option<(Span, &'static str)>,
    /// Changes that mend it, the likeliest first.
    pub fixes: Vec<Fix>,
}

/// Something to be said of a file as a whole; it is shown at its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it goes by in the configuration.
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
}

/// The findings of a document, with the severities that `rules` sets by code.
pub fn diagnostics(view: &View, rules: &BTreeMap<String, Severity>) -> Vec<Finding> {
    findings(view.timeline.diagnostics(), view, rules)
}

/// The same for somebody who waits, and whether there may be more.
pub fn diagnostics_soon(view: &View, rules: &BTreeMap<String, Severity>) -> (Vec<Finding>, bool) {
    let (found, lacks) = view.timeline.diagnostics_soon();
    (findings(found, view, rules), lacks)
}

fn findings(mut found: Vec<Diagnostic>, view: &View, rules: &BTreeMap<String, Severity>) -> Vec<Finding> {
    if let Some(end) = &view.end {
        found.extend(view.timeline.in_bodies(view.script, view.cache, end));
    }
    let notes = view.notes.iter().filter_map(|note| noted(note, view.script, rules));
    notes.chain(found.into_iter().filter_map(|diagnostic| finding(diagnostic, view.script, rules))).collect()
}

fn noted(note: &Note, script: &Script, rules: &BTreeMap<String, Severity>) -> Option<Finding> {
    let severity = rules.get(note.code).copied().unwrap_or(note.severity);
    let rope = script.document().rope();
    let end = rope.line(0).to_string().trim_end().len();
    (severity != Severity::Off).then(|| Finding {
        span: Span::new(0, end),
        severity,
        code: note.code.to_owned(),
        message: note.message.clone(),
        hint: None,
        related: None,
        fixes: Vec::new(),
    })
}

fn finding(diagnostic: Diagnostic, script: &Script, rules: &BTreeMap<String, Severity>) -> Option<Finding> {
    // What psql says of its commands stops no script, unless it is told to.
    let usual = match diagnostic.weight {
        _ if diagnostic.sqlstate == PSQL => Severity::Warning,
        Weight::Error => Severity::Error,
        Weight::Warning => Severity::Warning,
        Weight::Information => Severity::Information,
        Weight::Hint => Severity::Hint,
        Weight::Silent => Severity::Off,
    };
    let severity = rules.get(diagnostic.sqlstate).copied().unwrap_or(usual);
    (severity != Severity::Off).then(|| Finding {
        span: diagnostic.span,
        severity,
        code: diagnostic.sqlstate.to_owned(),
        message: diagnostic.message,
        hint: diagnostic.hint.map(|hint| match diagnostic.related {
            Some(related) => placed(hint, related, diagnostic.span, script),
            None => hint,
        }),
        related: diagnostic.related.map(|span| (span, "opened here")),
        fixes: diagnostic.fixes,
    })
}

/// The hint with the line of what it is about, where that is another line.
fn placed(hint: String, related: Span, at: Span, script: &Script) -> String {
    let rope = script.document().rope();
    let line = |offset: usize| rope.byte_to_line(offset.min(rope.len_bytes()));
    match line(related.start) {
        there if there == line(at.start) => hint,
        there => format!("{hint} at line {}", there + 1),
    }
}
