//! Diagnostics that are pushed: computed beside everything else, whenever something changed that they depend on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tower_lsp_server::ls_types::{Diagnostic, DiagnosticSeverity, Uri};

use super::backend::Backend;
use super::state::{Client, State};
use super::{convert, memory};
use crate::analysis::timeline::{Lacks, Timeline};
use crate::catalog::model::Revision;
use crate::ide::diagnostics::{Finding, Note, diagnostics, diagnostics_soon};
use crate::ide::{Severity, View};
use crate::text::{Document, PositionEncoding};
use crate::workspace::ConfigProblem;
use crate::workspace::config::Config;
use crate::workspace::snapshot::{OpenDocument, Snapshot};

/// What tells one state of a document's diagnostics from another.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    text: u64,
    version: i32,
    /// The moment before the first statement.
    base: u64,
    /// The files that it includes.
    files: u64,
    /// The end of its history, as far as it is known.
    end: Option<Revision>,
    rules: BTreeMap<String, Severity>,
    /// What is said of the file as a whole.
    notes: Vec<Note>,
    lost: bool,
}

impl Basis {
    /// Whether the text and all beside it is the same, though more of it may be known.
    fn is_of_the_same(&self, other: &Basis) -> bool {
        Basis { text: other.text, end: other.end, ..self.clone() } == *other
    }
}

/// The basis of a document's diagnostics now; `None` if cancelled.
pub fn basis(snapshot: &Snapshot, document: &OpenDocument) -> Option<Basis> {
    Some(Basis {
        text: document.script.revision(),
        version: document.version,
        base: snapshot.base_revision(document)?,
        files: snapshot.included_revision(document),
        end: snapshot.end_revision(document),
        rules: rules(snapshot, document),
        notes: document
            .path
            .as_deref()
            .map(|path| snapshot.notes(path, &document.script))
            .unwrap_or_default(),
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
    Some(diagnostics(&whole_view(snapshot, document, &timeline), &rules))
}

/// All that is to be known of a document, also what its history comes to.
fn whole_view<'a>(snapshot: &'a Snapshot, document: &'a OpenDocument, timeline: &'a Timeline) -> View<'a> {
    let end = snapshot.end(document.path.as_deref(), timeline);
    View { end, ..snapshot.view(document, timeline) }
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
    if !has_statements(document) {
        return Some(without_statements(document, encoding));
    }
    let timeline = snapshot.timeline(document)?;
    let rules = rules(snapshot, document);
    let findings = diagnostics(&whole_view(snapshot, document, &timeline), &rules);
    Some(converted(&findings, document, encoding, client))
}

/// The diagnostics of a document that are soon to be had, and what they lack; `None` if cancelled.
pub fn compute_soon(
    snapshot: &Snapshot,
    document: &OpenDocument,
    encoding: PositionEncoding,
    client: &Client,
) -> Option<(Vec<Diagnostic>, Lag)> {
    if !has_statements(document) {
        return Some((without_statements(document, encoding), Lag::None));
    }
    let timeline = snapshot.timeline_soon(document)?;
    let rules = rules(snapshot, document);
    let (end, is_fresh) = snapshot.end_soon(document.path.as_deref(), &timeline);
    let view = View { end, ..snapshot.view(document, &timeline) };
    let (findings, lacks) = diagnostics_soon(&view, &rules);
    let bodies = if timeline.has_bodies() && !is_fresh { Lag::Bodies } else { Lag::None };
    let large = if lacks { Lag::LargeStatements } else { Lag::None };
    let lag = lag(document, &timeline).max(large).max(bodies);
    Some((converted(&findings, document, encoding, client), lag))
}

fn has_statements(document: &OpenDocument) -> bool {
    !document.lost && !is_config(document)
}

fn without_statements(document: &OpenDocument, encoding: PositionEncoding) -> Vec<Diagnostic> {
    if !is_config(document) {
        return Vec::new();
    }
    let (_, problems) = Config::parse(&document.script.document().text());
    let text = document.script.document();
    problems.iter().map(|problem| config_diagnostic(text, problem, encoding)).collect()
}

fn converted(
    findings: &[Finding],
    document: &OpenDocument,
    encoding: PositionEncoding,
    client: &Client,
) -> Vec<Diagnostic> {
    let text = document.script.document();
    let uri = shown_uri(document, client);
    findings.iter().map(|finding| convert::diagnostic(text, finding, encoding, uri.as_ref())).collect()
}

/// The document's URI, for a client that shows what a diagnostic is related to.
pub fn shown_uri(document: &OpenDocument, client: &Client) -> Option<Uri> {
    client.related_information.then(|| document.uri.parse().ok()).flatten()
}

/// What the diagnostics of a document lack that were made while somebody waited. In the order in which it is made up
/// for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lag {
    #[default]
    None,
    /// What is wrong in bodies by the end of the history as it is now; they were judged by what it was.
    Bodies,
    /// What a large statement comes to as a whole, and all errors of one that does not parse.
    LargeStatements,
    /// Where the statement ends that an edit opened, and what is behind it.
    Settling,
    /// All from some statement on.
    Statements,
}

impl Lag {
    /// How long nobody must have typed before it is made up for. While a quote is open, each key changes everything
    /// behind it, and a large statement cannot be given up once its parse has begun.
    fn pause(self) -> Duration {
        Duration::from_millis(match self {
            Lag::None | Lag::Statements => 0,
            Lag::Bodies => 30,
            Lag::Settling => 60,
            Lag::LargeStatements => 400,
        })
    }
}

fn lag(document: &OpenDocument, timeline: &Timeline) -> Lag {
    match timeline.lacks() {
        Lacks::Statements => Lag::Statements,
        _ if !document.script.is_settled() => Lag::Settling,
        Lacks::LargeStatements => Lag::LargeStatements,
        Lacks::Nothing => Lag::None,
    }
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

/// A document's diagnostics as they were shown.
struct Shown {
    basis: Basis,
    lag: Lag,
    diagnostics: Vec<Diagnostic>,
    at: Instant,
}

/// Of a large file that was just opened, what was found so far is shown so often.
const SO_FAR: Duration = Duration::from_secs(1);

/// What one round found of a document.
struct Found {
    uri: String,
    basis: Basis,
    version: i32,
    lag: Lag,
    diagnostics: Vec<Diagnostic>,
}

/// Pushes diagnostics for as long as the server runs. What an edit leaves open so that its key's diagnostics come at
/// once is made up for here, and given up where a newer edit comes first.
pub async fn run(backend: Arc<Backend>) {
    let state = backend.state.clone();
    let mut shown: HashMap<String, Shown> = HashMap::new();
    let mut lag = Lag::None;
    // Whether a large file is being read.
    let mut reads = false;
    loop {
        if lag == Lag::None {
            state.changed.notified().await;
        } else {
            let cancelled = Arc::new(AtomicBool::new(false));
            tokio::select! {
                biased;
                () = state.changed.notified() => cancelled.store(true, Ordering::Relaxed),
                () = catch_up(state.clone(), lag, cancelled.clone()) => {}
            }
        }
        backend.ask_for_lost_texts().await;
        let client = state.world().client.clone();
        if client.pulls_diagnostics && !client.refreshes_diagnostics {
            continue;
        }
        let snapshot = state.snapshot();
        let closed: Vec<String> =
            shown.keys().filter(|uri| !snapshot.documents.contains_key(*uri)).cloned().collect();
        for uri in closed {
            shown.remove(&uri);
            if let Some(uri) = uri.parse::<Uri>().ok().filter(|_| !client.pulls_diagnostics) {
                backend.client.publish_diagnostics(uri, Vec::new(), None).await;
            }
        }
        // A round is not cancelled by the next edit: what it learns of a large file is what makes the next one quick.
        let known: HashMap<String, (Basis, Lag)> =
            shown.iter().map(|(uri, shown)| (uri.clone(), (shown.basis.clone(), shown.lag))).collect();
        let reader = client.clone();
        let round = tokio::task::spawn_blocking(move || round(&snapshot, &known, &reader)).await;
        // A panic is one in the analysis of a statement; the next edit may be of that one.
        let Ok(round) = round else {
            lag = Lag::None;
            continue;
        };
        let mut refreshes = false;
        for Found { uri, basis, version, lag, diagnostics } in round {
            let before = shown.get(&uri);
            let same_text = before.is_some_and(|before| before.basis.is_of_the_same(&basis));
            // Nothing new, or not worth a message yet.
            let is_told = before.is_some_and(|before| {
                same_text
                    && (before.diagnostics == diagnostics
                        || lag == Lag::Statements && before.at.elapsed() < SO_FAR)
            });
            if is_told {
                let before = shown.remove(&uri).expect("it was just found");
                shown.insert(uri, Shown { basis, lag, ..before });
                continue;
            }
            if client.pulls_diagnostics {
                // The client asks itself where the text changed; what else there is, it has to be told of.
                refreshes |= same_text && lag != Lag::Statements;
            } else if let Ok(uri) = uri.parse::<Uri>() {
                backend.client.publish_diagnostics(uri, diagnostics.clone(), Some(version)).await;
            }
            shown.insert(uri, Shown { basis, lag, diagnostics, at: Instant::now() });
        }
        lag = shown.values().map(|shown| shown.lag).max().unwrap_or_default();
        reads |= lag == Lag::Statements;
        if reads && lag == Lag::None {
            reads = false;
            // Much was read to come here, and most of it is dropped by now.
            tokio::task::spawn_blocking(memory::give_back);
        }
        if refreshes {
            backend.refresh_client().await;
        }
    }
}

fn round(snapshot: &Snapshot, known: &HashMap<String, (Basis, Lag)>, client: &Client) -> Vec<Found> {
    let mut round = Vec::new();
    for (uri, document) in &snapshot.documents {
        let Some(basis) = basis(snapshot, document) else { break };
        if known.get(uri) == Some(&(basis.clone(), Lag::None)) {
            continue;
        }
        let Some((diagnostics, lag)) = compute_soon(snapshot, document, client.encoding, client) else {
            break;
        };
        round.push(Found { uri: uri.clone(), basis, version: document.version, lag, diagnostics });
    }
    round
}

/// Makes up for a part of what diagnostics lack.
async fn catch_up(state: Arc<State>, lag: Lag, cancelled: Arc<AtomicBool>) {
    tokio::time::sleep(lag.pause()).await;
    let snapshot = Snapshot { cancelled: cancelled.clone(), ..state.snapshot() };
    let work = tokio::task::spawn_blocking(move || {
        let mut settled = Vec::new();
        for (uri, document) in snapshot.documents.iter().filter(|(_, document)| has_statements(document)) {
            let Some(timeline) = snapshot.timeline_soon(document) else { break };
            match self::lag(document, &timeline) {
                // Its errors are all that is missing; they are kept with their statements.
                Lag::None if lag == Lag::LargeStatements => drop(timeline.diagnostics()),
                Lag::None | Lag::Bodies => snapshot.find_end(document),
                Lag::Settling => {
                    if let Some(found) = document.settled(&|| cancelled.load(Ordering::Relaxed)) {
                        settled.push((uri.clone(), document.script.revision(), found.script));
                    }
                }
                Lag::Statements | Lag::LargeStatements => {
                    snapshot.timeline_further(document);
                }
            }
        }
        settled
    });
    // After a panic there is nothing to do but wait for the next edit.
    let Ok(settled) = work.await else { return std::future::pending().await };
    let mut world = state.world();
    for (uri, revision, script) in settled {
        // It becomes the document's only if no newer edit came first.
        if let Some(document) = world.documents.get(&uri)
            && document.script.revision() == revision
        {
            let document = Arc::new(document.with_script(script));
            world.documents.insert(uri, document);
        }
    }
}
