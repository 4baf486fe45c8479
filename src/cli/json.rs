//! The JSON report of `pgwright check`. Its shape is documented in the README and does not change within a version.

use serde_json::{Value, json};

use super::check::Checked;
use super::output::outln;
use crate::catalog::model::QualifiedName;
use crate::effects::{Effects, effects};
use crate::ide::diagnostics::Finding;
use crate::syntax::StatementKind;
use crate::syntax::tag::tag;
use crate::text::{Document, PositionEncoding};

pub fn print(checked: &Checked) {
    let document = checked.script.document();
    let diagnostics: Vec<Value> =
        checked.findings.iter().map(|finding| diagnostic(document, finding)).collect();
    outln!(
        "{}",
        json!({
            "path": checked.path.to_string_lossy(),
            "diagnostics": diagnostics,
            "statements": statements(checked),
        })
    );
}

fn diagnostic(document: &Document, finding: &Finding) -> Value {
    let mut value = json!({
        "start": finding.span.start,
        "end": finding.span.end,
        "range": document.range(finding.span, PositionEncoding::Utf16),
        "severity": finding.severity.word(),
        "code": finding.code,
        "message": finding.message,
        "fixes": finding.fixes.iter().map(|fix| json!({
            "title": fix.title,
            "edits": fix.edits.iter().map(|edit| json!({
                "start": edit.span.start, "end": edit.span.end, "text": edit.text,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    if let Some(hint) = &finding.hint {
        value["hint"] = json!(hint);
    }
    value
}

fn statements(checked: &Checked) -> Vec<Value> {
    let mut found = Vec::new();
    for placed in checked.script.statements() {
        if placed.statement.kind != StatementKind::Sql {
            continue;
        }
        let code = placed.code();
        let at = checked.view.open(placed);
        let Some(node) = at.parse.node() else { continue };
        let effects = effects(node, &at.catalog, checked.view.version);
        found.push(json!({
            "start": code.start,
            "end": code.end,
            "tag": tag(node),
            "effects": effects_json(&effects),
        }));
    }
    found
}

fn effects_json(effects: &Effects) -> Value {
    let names =
        |names: Vec<&QualifiedName>| -> Vec<String> { names.into_iter().map(ToString::to_string).collect() };
    json!({
        "locks": effects.locks.iter().map(|lock| json!({
            "relation": lock.relation.to_string(),
            "mode": lock.mode.to_string(),
        })).collect::<Vec<_>>(),
        "rewrites": names(effects.rewrites.iter().collect()),
        "scans": names(effects.scans.iter().map(|scan| &scan.relation).collect()),
        "index_builds": names(effects.index_builds.iter().map(|build| &build.table).collect()),
    })
}
