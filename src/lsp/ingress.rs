//! Where messages come in: edits are applied here, in the order of the wire, and a request takes its snapshot here.
//!
//! The server library polls handlers lazily and side by side, so the order of edits and requests must not rest on
//! them. It calls this service once for each message, one after the other.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::Service;
use tower_lsp_server::jsonrpc::{Id, Request, Response};
use tower_lsp_server::ls_types::{
    CancelParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    NumberOrString,
};
use tower_lsp_server::{ExitedError, LspService};

use super::backend::Backend;
use super::convert;
use super::state::State;
use crate::text::{Edit, PositionEncoding, Span};
use crate::workspace::snapshot::{OpenDocument, Snapshot};

tokio::task_local! {
    /// The snapshot of the request that is being answered.
    static SNAPSHOT: Arc<Snapshot>;
}

/// The snapshot that was taken when the current request arrived.
pub fn snapshot() -> Arc<Snapshot> {
    SNAPSHOT.try_with(Arc::clone).unwrap_or_default()
}

pub struct Ingress {
    service: LspService<Backend>,
    state: Arc<State>,
}

impl Ingress {
    pub fn new(service: LspService<Backend>, state: Arc<State>) -> Ingress {
        Ingress { service, state }
    }

    /// Applies a document notification.
    fn document(&self, notification: Request) {
        let (method, _, parameters) = notification.into_parts();
        let state = &self.state;
        match &*method {
            "textDocument/didOpen" => params(parameters).into_iter().for_each(|params| open(state, params)),
            "textDocument/didChange" => {
                params(parameters).into_iter().for_each(|params| change(state, params))
            }
            "textDocument/didClose" => params(parameters).into_iter().for_each(|params| close(state, params)),
            _ => {}
        }
    }
}

fn is_of_documents(request: &Request) -> bool {
    matches!(request.method(), "textDocument/didOpen" | "textDocument/didChange" | "textDocument/didClose")
}

/// What a message carries. It can be a text of many megabytes, so it is not copied.
fn params<T: DeserializeOwned>(parameters: Option<Value>) -> Option<T> {
    serde_json::from_value(parameters?).ok()
}

impl Service<Request> for Ingress {
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = BoxFuture<'static, Result<Option<Response>, ExitedError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.state.is_initialized() && is_of_documents(&request) {
            self.document(request);
            self.state.changed.notify_one();
            return futures::future::ready(Ok(None)).boxed();
        }
        if request.method() == "$/cancelRequest"
            && let Some(cancel) = params::<CancelParams>(request.params().cloned())
        {
            let id = match cancel.id {
                NumberOrString::Number(number) => Id::Number(number.into()),
                NumberOrString::String(text) => Id::String(text),
            };
            self.state.cancel(&id);
        }
        let Some(id) = request.id().cloned() else {
            return self.service.call(request);
        };
        let snapshot = Arc::new(self.state.snapshot());
        self.state.begin(id.clone(), &snapshot);
        let state = self.state.clone();
        let answer = self.service.call(request);
        SNAPSHOT
            .scope(snapshot, async move {
                let answer = answer.await;
                state.end(&id);
                answer
            })
            .boxed()
    }
}

fn open(state: &State, params: DidOpenTextDocumentParams) {
    let document = params.text_document;
    let uri = document.uri.as_str().to_owned();
    let path = convert::path(&document.uri);
    let opened = OpenDocument::new(uri.clone(), path, document.version, &document.text);
    let mut world = state.world();
    world.documents.insert(uri, Arc::new(opened));
    // A file outside the workspace may have a configuration of its own.
    drop(world);
    state.reload.notify_one();
}

fn change(state: &State, params: DidChangeTextDocumentParams) {
    let mut world = state.world();
    let encoding = world.client.encoding;
    let uri = params.text_document.uri.as_str();
    let Some(document) = world.documents.get(uri) else { return };
    let mut changed = OpenDocument::clone(document);
    changed.version = params.text_document.version;
    for change in params.content_changes {
        let applied = match change.range {
            None => {
                changed = changed.replaced(&change.text);
                true
            }
            // Further edits of a text that is not the user's would only lead further from it.
            Some(_) if changed.lost => true,
            Some(range) => apply(&mut changed, range, change.text, encoding),
        };
        if !applied {
            changed.lost = true;
            world.lost.push(uri.to_owned());
        }
    }
    world.documents.insert(uri.to_owned(), Arc::new(changed));
}

fn apply(
    document: &mut OpenDocument,
    range: tower_lsp_server::ls_types::Range,
    text: String,
    encoding: PositionEncoding,
) -> bool {
    let range = convert::from_range(range);
    let span = document.script.document().span(range, encoding);
    let Ok(Span { start, end }) = span else { return false };
    document.script.apply(&Edit { span: Span { start, end }, text }).is_ok()
}

fn close(state: &State, params: DidCloseTextDocumentParams) {
    state.world().documents.remove(params.text_document.uri.as_str());
    // What the editor had may not be what is on disk.
    state.reload.notify_one();
}
