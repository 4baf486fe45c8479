//! What is wrong in a document, as an editor shows it.

use std::collections::BTreeMap;

use super::Severity;
use super::View;
use crate::analysis::Diagnostic;
use crate::text::Span;

/// A finding with how it is to be shown; the span is in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub span: Span,
    pub severity: Severity,
    /// The SQLSTATE, or a rule's name.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// Texts to put in the place of `span`, the likeliest first.
    pub suggestions: Vec<String>,
}

/// The findings of a document, with the severities that `rules` sets by code.
pub fn diagnostics(view: &View, rules: &BTreeMap<String, Severity>) -> Vec<Finding> {
    view.timeline.diagnostics().into_iter().filter_map(|diagnostic| finding(diagnostic, rules)).collect()
}

fn finding(diagnostic: Diagnostic, rules: &BTreeMap<String, Severity>) -> Option<Finding> {
    let severity = rules.get(diagnostic.sqlstate).copied().unwrap_or(Severity::Error);
    (severity != Severity::Off).then(|| Finding {
        span: diagnostic.span,
        severity,
        code: diagnostic.sqlstate.to_owned(),
        message: diagnostic.message,
        hint: diagnostic.hint,
        suggestions: diagnostic.suggestions,
    })
}
