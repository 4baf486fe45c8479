//! Diagnostics that are pushed: computed beside everything else, whenever something changed that they depend on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tower_lsp_server::ls_types::{Diagnostic, DiagnosticSeverity, Uri};

use super::convert;
use super::server::Backend;
use super::state::Client;
use crate::catalog::model::Revision;
use crate::ide::Severity;
use crate::ide::diagnostics::{Finding, diagnostics};
use crate::text::{Document, PositionEncoding};
use crate::workspace::ConfigProblem;
use crate::workspace::config::Config;
use crate::workspace::snapshot::{OpenDocument, Snapshot};

/// What tells one state of a document's diagnostics from another.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    text: u64,
    version: i32,
    /// The catalog before the first statement.
    base: Revision,
    rules: BTreeMap<String, Severity>,
    lost: bool,
}

/// The basis of a document's diagnostics now; `None` if cancelled.
pub fn basis(snapshot: &Snapshot, document: &OpenDocument) -> Option<Basis> {
    Some(Basis {
        text: document.script.revision(),
        version: document.version,
        base: snapshot.base_revision(document)?,
        rules: rules(snapshot, document),
        lost: document.lost,
    })
}

/// The findings of a document; `None` if cancelled.
pub fn findings(snapshot: &Snapshot, document: &OpenDocument) -> Option<Vec<Finding>> {
    if document.lost || is_config(document) {
        return Some(Vec::new());
    }
    let timeline = snapshot.timeline(document)?;
    let rules = rules(snapshot, document);
    Some(diagnostics(&snapshot.view(document, &timeline), &rules))
}

fn rules(snapshot: &Snapshot, document: &OpenDocument) -> BTreeMap<String, Severity> {
    let folder = document.path.as_deref().and_then(|path| snapshot.folder_of(path));
    folder.map(|state| state.folder.config.rules.clone()).unwrap_or_default()
}

fn is_config(document: &OpenDocument) -> bool {
    document
        .path
        .as_ref()
        .is_some_and(|path| path.file_name().is_some_and(|name| name == crate::workspace::config::FILE_NAME))
}

/// A document's diagnostics as the protocol has them; `None` if cancelled.
pub fn compute(
    snapshot: &Snapshot,
    document: &OpenDocument,
    encoding: PositionEncoding,
    client: &Client,
) -> Option<Vec<Diagnostic>> {
    if is_config(document) {
        let (_, problems) = Config::parse(&document.script.document().text());
        return Some(
            problems
                .iter()
                .map(|problem| config_diagnostic(document.script.document(), problem, encoding))
                .collect(),
        );
    }
    let findings = findings(snapshot, document)?;
    let text = document.script.document();
    let uri = shown_uri(document, client);
    let shown = |finding| convert::diagnostic(text, finding, encoding, uri.as_ref());
    Some(findings.iter().map(shown).collect())
}

/// The document's URI, for a client that shows what a diagnostic is related to.
pub fn shown_uri(document: &OpenDocument, client: &Client) -> Option<Uri> {
    client.related_information.then(|| document.uri.parse().ok()).flatten()
}

fn config_diagnostic(document: &Document, problem: &ConfigProblem, encoding: PositionEncoding) -> Diagnostic {
    Diagnostic {
        range: convert::range(document, problem.span, encoding),
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some("pgwright".into()),
        message: match problem.key.as_str() {
            "" => problem.message.clone(),
            key => format!("{key}: {}", problem.message),
        },
        ..Diagnostic::default()
    }
}

/// What one round found: for each document its basis, URI, version and diagnostics.
type Round = Vec<(String, Basis, i32, Vec<Diagnostic>)>;

/// Pushes diagnostics for as long as the server runs.
pub async fn run(backend: Arc<Backend>) {
    let state = backend.state.clone();
    let mut shown: HashMap<String, Basis> = HashMap::new();
    loop {
        state.changed.notified().await;
        backend.ask_for_lost_texts().await;
        if state.world().client.pulls_diagnostics {
            continue;
        }
        let snapshot = state.snapshot();
        let encoding = state.encoding();
        let client = state.world().client.clone();
        let closed: Vec<String> =
            shown.keys().filter(|uri| !snapshot.documents.contains_key(*uri)).cloned().collect();
        for uri in closed {
            shown.remove(&uri);
            if let Ok(uri) = uri.parse::<Uri>() {
                backend.client.publish_diagnostics(uri, Vec::new(), None).await;
            }
        }
        // A round is not cancelled by the next edit: what it learns of a large file is what makes the next one quick.
        let known = shown.clone();
        let Ok(round) =
            tokio::task::spawn_blocking(move || round(&snapshot, &known, encoding, &client)).await
        else {
            continue;
        };
        for (uri, basis, version, diagnostics) in round {
            shown.insert(uri.clone(), basis);
            if let Ok(uri) = uri.parse::<Uri>() {
                backend.client.publish_diagnostics(uri, diagnostics, Some(version)).await;
            }
        }
    }
}

fn round(
    snapshot: &Snapshot,
    known: &HashMap<String, Basis>,
    encoding: PositionEncoding,
    client: &Client,
) -> Round {
    let mut round = Vec::new();
    for (uri, document) in &snapshot.documents {
        let Some(basis) = basis(snapshot, document) else { break };
        if known.get(uri) == Some(&basis) {
            continue;
        }
        let Some(diagnostics) = compute(snapshot, document, encoding, client) else { break };
        round.push((uri.clone(), basis, document.version, diagnostics));
    }
    round
}
