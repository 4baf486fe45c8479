//! What all handlers stand on: the client, the state, an answer on a thread of its own, what the user is told.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tower_lsp_server::Client;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::*;

use super::folders;
use super::ingress;
use super::state::State;
use super::status::{DatabaseStatus, SchemaStatus, Status, StatusParams};
use crate::text::PositionEncoding;
use crate::workspace::HistoryKind;
use crate::workspace::snapshot::{FolderState, OpenDocument, Snapshot};

pub struct Backend {
    pub client: Client,
    pub state: Arc<State>,
    /// What was said to the user already.
    said: Mutex<HashSet<String>>,
    number: AtomicU64,
    last_status: Mutex<Option<StatusParams>>,
}

impl Backend {
    pub fn new(client: Client, state: Arc<State>) -> Backend {
        Backend {
            client,
            state,
            said: Mutex::default(),
            number: AtomicU64::new(0),
            last_status: Mutex::default(),
        }
    }

    /// Whether `message` is said for the first time.
    pub fn is_new(&self, message: &str) -> bool {
        self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(message.to_owned())
    }

    pub fn next_number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// The parts of it that tasks of their own need.
    pub(super) fn shared(&self) -> Arc<Backend> {
        Arc::new(Backend::new(self.client.clone(), self.state.clone()))
    }

    /// Answers on a blocking thread with a document of this request's snapshot, all of whose statements are known. A
    /// panic costs this answer alone.
    pub(super) async fn answer<T: Send + 'static>(
        &self,
        uri: &Uri,
        work: impl FnOnce(&Snapshot, &OpenDocument, PositionEncoding) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        self.answer_as_it_is(uri, |snapshot, document, encoding| {
            let settled = document.settled(&|| snapshot.cancelled.load(Ordering::Relaxed))?;
            work(snapshot, &settled, encoding)
        })
        .await
    }

    /// The same with the document as it is: where the statements end behind an opened quote may not be known yet.
    pub(super) async fn answer_as_it_is<T: Send + 'static>(
        &self,
        uri: &Uri,
        work: impl FnOnce(&Snapshot, &OpenDocument, PositionEncoding) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let snapshot = ingress::snapshot();
        let encoding = self.state.encoding();
        let Some(document) = snapshot.documents.get(uri.as_str()).cloned() else { return Ok(None) };
        if document.lost {
            return Ok(None);
        }
        let reading = snapshot.clone();
        let answer = tokio::task::spawn_blocking(move || work(&reading, &document, encoding)).await;
        if snapshot.cancelled.load(Ordering::Relaxed) {
            return Err(Error::request_cancelled());
        }
        answer.map_err(|error| {
            let mut failure = Error::internal_error();
            failure.message = if error.is_panic() {
                "pgwright failed on this request; this is a bug, and the session goes on".into()
            } else {
                "the request was dropped".into()
            };
            failure
        })
    }

    /// `pgwright/panic`: fails on purpose, so that tests see what a panic costs.
    pub async fn panic(&self) -> Result<Value> {
        let uri = ingress::snapshot().documents.keys().next().and_then(|uri| uri.parse().ok());
        let Some(uri) = uri else { return Ok(Value::Null) };
        self.answer::<()>(&uri, |_, _, _| panic!("asked to")).await.map(|_| Value::Null)
    }

    /// Tells the client to ask again for what may have changed.
    pub async fn refresh_client(&self) {
        let client = self.state.world().client.clone();
        let asker = self.client.clone();
        // The answers are nothing to wait for.
        tokio::spawn(async move {
            if client.pulls_diagnostics && client.refreshes_diagnostics {
                let _ = asker.workspace_diagnostic_refresh().await;
            }
            if client.refreshes_hints {
                let _ = asker.inlay_hint_refresh().await;
            }
        });
    }

    /// Sends `pgwright/status` if it changed.
    pub async fn send_status(&self) {
        let Some(status) = self.status().await else { return };
        {
            let mut last = self.last_status.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if last.as_ref() == Some(&status) {
                return;
            }
            *last = Some(status.clone());
        }
        self.client.send_notification::<Status>(status).await;
    }

    async fn status(&self) -> Option<StatusParams> {
        let snapshot = self.state.snapshot();
        let schema = tokio::task::spawn_blocking(move || {
            // A workspace whose histories are all in parts of it shows the first of them.
            let whole = snapshot.folders.first()?;
            let has_history = |state: &&FolderState| state.folder.kind != HistoryKind::None;
            let parts = || {
                let of_it = |state: &&FolderState| state.folder.within.as_ref() == Some(&whole.folder.root);
                snapshot.folders.iter().filter(of_it)
            };
            let state = [whole].into_iter().chain(parts()).find(has_history).unwrap_or(whole);
            let fold = snapshot.fold(state)?;
            let relations = match &state.live {
                Some(live) => live.catalog.relations().count(),
                None => fold.head.relations().count(),
            };
            let source = match (&state.live, state.folder.kind) {
                (Some(_), HistoryKind::None) => "database",
                (_, kind) => kind.word(),
            };
            Some(SchemaStatus { source: source.into(), relations, migrations: state.files.len() })
        });
        let schema = schema.await.ok()?;
        let database =
            self.state.world().connections.values().next().map(|connection| connection.status.clone());
        Some(StatusParams {
            schema: schema.unwrap_or(SchemaStatus { source: "none".into(), relations: 0, migrations: 0 }),
            database: database.unwrap_or(DatabaseStatus {
                state: "none".into(),
                server: None,
                message: None,
            }),
        })
    }

    /// Asks for the texts of documents whose edits could not be applied; where the client cannot answer, the user is
    /// asked to open them again.
    pub async fn ask_for_lost_texts(&self) {
        let (lost, able) = {
            let mut world = self.state.world();
            (std::mem::take(&mut world.lost), world.client.gives_text)
        };
        for uri in lost {
            if able {
                let (client, state) = (self.client.clone(), self.state.clone());
                tokio::spawn(async move {
                    let Ok(document) =
                        client.send_request::<DocumentText>(DocumentTextParams { uri: uri.clone() }).await
                    else {
                        return;
                    };
                    let mut world = state.world();
                    if let Some(open) = world.documents.get(&uri)
                        && open.version <= document.version
                        && open.lost
                    {
                        let mut fresh = open.replaced(&document.text);
                        fresh.version = document.version;
                        world.documents.insert(uri, Arc::new(fresh));
                        drop(world);
                        state.changed.notify_one();
                    }
                });
            } else {
                let name = uri.rsplit('/').next().unwrap_or(&uri);
                let message = format!(
                    "An edit of {name} could not be applied, so pgwright no longer knows its text. Close the file and open it again."
                );
                self.client.show_message(MessageType::WARNING, message).await;
            }
        }
    }

    pub(super) async fn load_configuration(&self) {
        let client = self.state.world().client.clone();
        if !client.configuration {
            return;
        }
        let item = ConfigurationItem { scope_uri: None, section: Some("pgwright".into()) };
        let Ok(values) = self.client.configuration(vec![item]).await else { return };
        let Some(value) = values.into_iter().next() else { return };
        self.take_settings(&value).await;
    }

    pub(super) async fn take_settings(&self, value: &Value) {
        if value.as_object().is_none_or(|section| section.is_empty()) {
            return;
        }
        let problems = folders::apply_settings(&mut self.state.world(), value);
        for problem in problems {
            if self.is_new(&problem) {
                self.client.show_message(MessageType::WARNING, problem).await;
            }
        }
        self.state.reload.notify_one();
    }
}

/// The whole text of a document, asked of the client when an edit could not be applied.
#[derive(Debug)]
enum DocumentText {}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct DocumentTextParams {
    uri: String,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct DocumentTextResult {
    version: i32,
    text: String,
}

impl request::Request for DocumentText {
    type Params = DocumentTextParams;
    type Result = DocumentTextResult;
    const METHOD: &'static str = "pgwright/documentText";
}

impl super::state::World {
    /// Whether a `didChangeConfiguration` carries the settings; with the pull model it is only a signal.
    pub(super) fn settings_are_pushed(&self, settings: &Value) -> bool {
        settings.as_object().is_some_and(|settings| !settings.is_empty())
    }
}
