//! The live databases of the workspace's folders: connected beside everything else, their events become state.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tower_lsp_server::ls_types::notification::Progress;
use tower_lsp_server::ls_types::request::WorkDoneProgressCreate;
use tower_lsp_server::ls_types::{
    MessageType, ProgressParams, ProgressParamsValue, ProgressToken, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
};

use super::backend::Backend;
use super::status::DatabaseStatus;
use crate::database::{ConnectionSettings, Database, Environment, Event, Options, Sources, resolve};
use crate::workspace::ran::Ran;
use crate::workspace::snapshot::Live;

/// A folder's connection.
pub struct Connection {
    pub settings: ConnectionSettings,
    pub database: Database,
    pub status: DatabaseStatus,
}

/// Connects the folders that name a database, and drops the connections of those that no longer do.
pub async fn update(backend: &Arc<Backend>) {
    let (roots, client_url, from_workspace, known) = {
        let world = backend.state.world();
        let roots: Vec<(PathBuf, Option<String>, crate::workspace::config::DatabaseConfig)> = world
            .folders
            .iter()
            .filter(|state| state.folder.within.is_none())
            .map(|state| {
                let config = &state.folder.config.database;
                (state.folder.root.clone(), state.folder.file_database_url.clone(), config.clone())
            })
            .collect();
        let known: Vec<(PathBuf, ConnectionSettings)> = world
            .connections
            .iter()
            .map(|(root, connection)| (root.clone(), connection.settings.clone()))
            .collect();
        (roots, world.settings.database.url.clone(), world.url_from_workspace, known)
    };
    let gone: Vec<PathBuf> = known
        .iter()
        .map(|(root, _)| root)
        .filter(|root| roots.iter().all(|(other, ..)| other != *root))
        .cloned()
        .collect();
    for root in gone {
        disconnect(backend, &root);
    }
    for (root, file_url, config) in roots {
        let wanted = if config.enabled == Some(false) {
            None
        } else {
            // A URL in a file of the workspace is trusted less than one of the user's own.
            let (client_url, config_url) = match (client_url.clone(), from_workspace) {
                (Some(url), true) => (None, Some(url)),
                (client, _) => (client, file_url),
            };
            match resolve(&Sources { cli_url: None, client_url, config_url }, &Environment::of_process()) {
                Ok(settings) => settings,
                Err(error) => {
                    let message = format!("The database cannot be used. {error}");
                    if backend.is_new(&message) {
                        backend.client.show_message(MessageType::WARNING, message).await;
                    }
                    None
                }
            }
        };
        let current = known.iter().find(|(other, _)| *other == root).map(|(_, settings)| settings);
        match wanted {
            Some(settings) if current == Some(&settings) => {}
            Some(settings) => connect(backend, &root, settings, &config),
            None => disconnect(backend, &root),
        }
    }
}

fn disconnect(backend: &Backend, root: &Path) {
    // The task ends with its last handle.
    if backend.state.world().connections.remove(root).is_some() {
        backend.state.update_folder(root, |state| state.live = state.stored.clone());
    }
}

fn connect(
    backend: &Arc<Backend>,
    root: &Path,
    settings: ConnectionSettings,
    config: &crate::workspace::config::DatabaseConfig,
) {
    let mut options = Options::default();
    if let Some(seconds) = config.poll_interval {
        options.poll = Duration::from_secs(seconds);
    }
    if let Some(milliseconds) = config.statement_timeout {
        options.explain.statement = Duration::from_millis(milliseconds);
    }
    let (sender, events) = mpsc::unbounded_channel();
    let database = Database::spawn(settings.clone(), options, sender);
    let status = DatabaseStatus { state: "connecting".into(), server: None, message: None };
    let connection = Connection { settings, database, status };
    backend.state.world().connections.insert(root.to_owned(), connection);
    tokio::spawn(follow(backend.clone(), root.to_owned(), events));
}

/// Turns a connection's events into state until it is dropped.
async fn follow(backend: Arc<Backend>, root: PathBuf, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut version = 0;
    let mut ran: Arc<[Ran]> = Arc::from([]);
    let mut progress = None;
    while let Some(event) = events.recv().await {
        match event {
            Event::Connecting => set_status(&backend, &root, |status| status.state = "connecting".into()),
            Event::Connected { server_version, version: number, replica } => {
                version = number;
                if let Some(message) = other_version(&backend, &root, version)
                    && backend.is_new(&message)
                {
                    backend.client.show_message(MessageType::WARNING, message).await;
                }
                let kind = if replica { " (replica)" } else { "" };
                set_status(&backend, &root, |status| {
                    *status = DatabaseStatus {
                        state: "connected".into(),
                        server: Some(format!("PostgreSQL {server_version}{kind}")),
                        message: None,
                    };
                });
            }
            Event::Progress { percent, message } => {
                if progress.is_none() {
                    progress = begin_progress(&backend).await;
                }
                if let Some(token) = &progress {
                    let report = WorkDoneProgressReport {
                        message: Some(message),
                        percentage: Some(percent.into()),
                        cancellable: None,
                    };
                    send_progress(&backend, token, WorkDoneProgress::Report(report)).await;
                }
                continue;
            }
            Event::Catalog(catalog, statistics) => {
                if let Some(token) = progress.take() {
                    send_progress(
                        &backend,
                        &token,
                        WorkDoneProgress::End(WorkDoneProgressEnd { message: None }),
                    )
                    .await;
                }
                let live = Arc::new(Live { catalog, statistics, version, ran: ran.clone() });
                backend.state.update_folder(&root, |state| state.live = Some(live.clone()));
                backend.state.changed.notify_one();
                backend.refresh_client().await;
            }
            // A folder with a history of its own knows more than names before it is compared with the database.
            Event::Outline(catalog) => {
                let live =
                    Arc::new(Live { catalog, statistics: Arc::default(), version, ran: Arc::from([]) });
                backend.state.update_folder(&root, |state| {
                    if state.files.is_empty() && state.live.is_none() {
                        state.live = Some(live.clone());
                    }
                });
                backend.state.changed.notify_one();
                backend.refresh_client().await;
                continue;
            }
            Event::Unseen(unseen) => {
                let message = (!unseen.is_empty())
                    .then(|| format!("Not to be seen of the database: {}", unseen.join("; ")));
                set_status(&backend, &root, |status| status.message = message);
            }
            Event::Ran(now) => {
                ran = now;
                backend.state.update_folder(&root, |state| {
                    if let Some(live) = &state.live {
                        state.live = Some(Arc::new(Live { ran: ran.clone(), ..(**live).clone() }));
                    }
                });
                backend.state.changed.notify_one();
                backend.refresh_client().await;
                continue;
            }
            Event::Failed { message } => {
                let message = format!("The schema of the database could not be read: {message}");
                backend.client.show_message(MessageType::WARNING, &message).await;
                set_status(&backend, &root, |status| status.message = Some(message));
            }
            Event::Unreachable { message } => {
                backend.client.show_message(MessageType::WARNING, &message).await;
                set_status(&backend, &root, |status| {
                    *status = DatabaseStatus {
                        state: "unreachable".into(),
                        server: None,
                        message: Some(message.clone()),
                    };
                });
            }
            // What was read still holds until it is read again.
            Event::Disconnected => set_status(&backend, &root, |status| status.state = "connecting".into()),
        }
        backend.send_status().await;
    }
    if let Some(token) = progress.take() {
        send_progress(&backend, &token, WorkDoneProgress::End(WorkDoneProgressEnd { message: None })).await;
    }
}

/// That the database is of another version than the folder's statements are judged for.
fn other_version(backend: &Backend, root: &Path, version: u32) -> Option<String> {
    let world = backend.state.world();
    let folder = world.folders.iter().find(|state| state.folder.root == root)?;
    let (configured, major) = (folder.folder.config.postgres_version?, version / 10_000);
    (configured != major).then(|| {
        format!(
            "The database runs PostgreSQL {major}, and postgres_version is {configured}: SQL is judged as {configured} does."
        )
    })
}

fn set_status(backend: &Backend, root: &Path, change: impl FnOnce(&mut DatabaseStatus)) {
    if let Some(connection) = backend.state.world().connections.get_mut(root) {
        change(&mut connection.status);
    }
}

async fn begin_progress(backend: &Backend) -> Option<ProgressToken> {
    if !backend.state.world().client.shows_progress {
        return None;
    }
    let token = ProgressToken::String(format!("pgwright-schema-{}", backend.next_number()));
    let params = WorkDoneProgressCreateParams { token: token.clone() };
    backend.client.send_request::<WorkDoneProgressCreate>(params).await.ok()?;
    let begin = WorkDoneProgressBegin {
        title: "Reading the schema of the database".into(),
        cancellable: Some(false),
        message: None,
        percentage: Some(0),
    };
    send_progress(backend, &token, WorkDoneProgress::Begin(begin)).await;
    Some(token)
}

async fn send_progress(backend: &Backend, token: &ProgressToken, value: WorkDoneProgress) {
    let value = ProgressParamsValue::WorkDone(value);
    backend.client.send_notification::<Progress>(ProgressParams { token: token.clone(), value }).await;
}
