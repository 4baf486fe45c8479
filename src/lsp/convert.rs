//! Between the protocol's types and ours.

use std::path::{Path, PathBuf};

use tower_lsp_server::ls_types::{
    self as lsp, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    NumberOrString, Uri,
};

use crate::ide::Severity;
use crate::ide::diagnostics::Finding;
use crate::text::{Document, Position, PositionEncoding, PositionRange, Span};

pub fn path(uri: &Uri) -> Option<PathBuf> {
    if !uri.as_str().starts_with("file:") {
        return None;
    }
    uri.to_file_path().map(|path| path.into_owned())
}

pub fn uri(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

pub fn from_position(position: lsp::Position) -> Position {
    Position { line: position.line, character: position.character }
}

pub fn from_range(range: lsp::Range) -> PositionRange {
    PositionRange { start: from_position(range.start), end: from_position(range.end) }
}

pub fn position(position: Position) -> lsp::Position {
    lsp::Position { line: position.line, character: position.character }
}

pub fn range(document: &Document, span: Span, encoding: PositionEncoding) -> lsp::Range {
    let range = document.range(span, encoding);
    lsp::Range { start: position(range.start), end: position(range.end) }
}

/// `uri` is the document's, for a client that shows what a diagnostic is related to.
pub fn diagnostic(
    document: &Document,
    finding: &Finding,
    encoding: PositionEncoding,
    uri: Option<&Uri>,
) -> Diagnostic {
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Information => DiagnosticSeverity::INFORMATION,
        Severity::Hint | Severity::Off => DiagnosticSeverity::HINT,
    };
    let message = match &finding.hint {
        Some(hint) => format!("{}\nHINT: {hint}", finding.message),
        None => finding.message.clone(),
    };
    let page = "https://www.postgresql.org/docs/current/errcodes-appendix.html";
    Diagnostic {
        range: range(document, finding.span, encoding),
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.code.clone())),
        code_description: page.parse().ok().map(|href| CodeDescription { href }),
        source: Some("pgwright".into()),
        message,
        related_information: related(document, finding, encoding, uri),
        ..Diagnostic::default()
    }
}

fn related(
    document: &Document,
    finding: &Finding,
    encoding: PositionEncoding,
    uri: Option<&Uri>,
) -> Option<Vec<DiagnosticRelatedInformation>> {
    let (span, message) = finding.related?;
    let location = Location { uri: uri?.clone(), range: range(document, span, encoding) };
    Some(vec![DiagnosticRelatedInformation { location, message: message.into() }])
}
