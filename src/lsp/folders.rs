//! Workspace folders: read at the start, and again when their files or the settings change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tower_lsp_server::ls_types::{InitializeParams, MessageType};

use super::backend::Backend;
use super::state::{State, World};
use super::{convert, live};
use crate::workspace::Config;
use crate::workspace::config::FILE_NAME;
use crate::workspace::snapshot::FolderState;

/// The folders that the client opened.
pub fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> =
        params.workspace_folders.iter().flatten().filter_map(|folder| convert::path(&folder.uri)).collect();
    #[allow(deprecated, reason = "clients without workspace folders name one root")]
    if roots.is_empty()
        && let Some(root) = params.root_uri.as_ref().and_then(convert::path)
    {
        roots.push(root);
    }
    roots
}

/// The editor's settings: the section `pgwright`, bare or wrapped in an object that has it. What is wrong is named.
pub fn apply_settings(world: &mut World, settings: &serde_json::Value) -> Vec<String> {
    let section = settings.get("pgwright").unwrap_or(settings);
    if !section.is_object() {
        return Vec::new();
    }
    let (config, problems) = Config::from_settings(section);
    world.settings = config;
    world.url_from_workspace = section.pointer("/database/urlFrom").is_some_and(|from| from == "workspace");
    problems
}

/// Reads all folders again, and those of open documents that are in none.
pub fn reload(state: &State) {
    let (roots, settings, old, open, disk) = {
        let mut world = state.world();
        let outside: Vec<PathBuf> =
            world.documents.values().filter_map(|document| document.path.clone()).collect();
        let open = outside.clone();
        for path in outside {
            let known = world.folders.iter().any(|state| path.starts_with(&state.folder.root));
            if !known && let Some(root) = configured_folder(&path) {
                world.implicit.push(root);
            }
        }
        let whole = world.folders.iter().filter(|state| state.folder.within.is_none());
        let mut roots: Vec<PathBuf> = whole.map(|state| state.folder.root.clone()).collect();
        for root in world.implicit.clone() {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        (roots, world.settings.clone(), world.folders.clone(), open, world.disk.clone())
    };
    let loaded: Vec<Vec<FolderState>> =
        roots.iter().map(|root| FolderState::load(root, &settings, &old, &open)).collect();
    let disk = Arc::new(disk.again());
    let mut world = state.world();
    world.disk = disk;
    // Folders that came or went while these were read stay or stay away.
    for mut fresh in loaded {
        let root = fresh[0].folder.root.clone();
        let is_whole = |state: &FolderState| state.folder.within.is_none() && state.folder.root == root;
        let at = world.folders.iter().position(is_whole);
        if at.is_none() && !world.implicit.contains(&root) {
            continue;
        }
        let live = at.and_then(|at| world.folders[at].connected());
        for state in &mut fresh {
            let has_it = state.folder.within.is_none() || state.folder.shares_database;
            state.live = live.clone().filter(|_| has_it).or_else(|| state.stored.clone());
        }
        // Folders keep their order, in which the first one is shown.
        world.folders.retain(|state| state.folder.within.as_ref() != Some(&root));
        match world.folders.iter().position(is_whole) {
            Some(at) => drop(world.folders.splice(at..=at, fresh)),
            None => world.folders.extend(fresh),
        }
    }
}

/// The nearest folder above a file that has a configuration.
fn configured_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find(|folder| folder.join(FILE_NAME).is_file()).map(Path::to_owned)
}

/// Reloads when asked to, for as long as the server runs.
pub async fn watch(backend: Arc<Backend>) {
    let state = backend.state.clone();
    loop {
        state.reload.notified().await;
        let reading = state.clone();
        let _ = tokio::task::spawn_blocking(move || reload(&reading)).await;
        live::update(&backend).await;
        complain(&backend).await;
        state.changed.notify_one();
        backend.refresh_client().await;
        backend.send_status().await;
    }
}

/// Says once what cannot be used of the sources of the schema.
pub async fn complain(backend: &Backend) {
    let complaints: Vec<String> = {
        let world = backend.state.world();
        world
            .folders
            .iter()
            .flat_map(|state| {
                let config = state.folder.config_path();
                let problems = state
                    .folder
                    .problems
                    .iter()
                    .map(move |problem| format!("{}: {problem}", config.display()));
                let unreadable = state
                    .unreadable
                    .iter()
                    .map(|(path, reason)| format!("{} is not part of the schema: {reason}", path.display()));
                problems.chain(state.folder.complaints.clone()).chain(unreadable)
            })
            .collect()
    };
    for complaint in complaints {
        if backend.is_new(&complaint) {
            backend.client.show_message(MessageType::WARNING, complaint).await;
        }
    }
}
