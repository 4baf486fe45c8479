//! What a command was pointed at: files, the history they stand in, a database.

use std::path::{Path, PathBuf};

use tokio::runtime::Runtime;

use crate::database::{Environment, Sources, connect, introspect_all, ran, resolve};
use crate::workspace::config::{Config, FILE_NAME};
use crate::workspace::folder::{Folder, HistoryKind, is_history, sql_files};
use crate::workspace::snapshot::{FolderState, Live};
use crate::workspace::stored;

/// A usage or input error, in words.
pub type Failure = String;

/// The schema that `--schema` names: a file, a folder with a history, or what `pgwright schema --out` wrote.
pub fn named_schema(path: &Path) -> Result<FolderState, Failure> {
    let path = absolute(path);
    let mut folder = Folder { root: "/".into(), ..Folder::default() };
    if path.is_dir() {
        folder = Folder::of_migrations(Path::new("/"), &path, Path::new("/"));
    } else if path.extension().is_some_and(|extension| extension == "json") && path.is_file() {
        // What `pgwright schema --out` wrote.
        let live = stored::read(&path).map_err(|reason| format!("--schema {reason}"))?;
        return Ok(FolderState::of(folder, None).with_stored(live));
    } else if path.is_file() {
        folder.kind = HistoryKind::Files;
        folder.history_root = path.parent().unwrap_or(Path::new("/")).to_owned();
        folder.history = vec![path];
    } else {
        return Err(format!("--schema {}: there is no such file or folder", path.display()));
    }
    Ok(FolderState::of(folder, None))
}

/// The schema for files at `path` when none was named: that of the nearest configuration above, or of the current
/// folder; and where neither has one, a folder of migrations is its own history. Of several histories it is the one
/// whose part of the workspace the path is in.
pub fn found_schema(path: &Path) -> Result<FolderState, Failure> {
    let states = found_schemas(path);
    let absolute = absolute(path);
    let parts: Vec<&FolderState> =
        states.iter().filter(|state| state.folder.kind != HistoryKind::None).collect();
    let own = states.iter().rev().find(|state| absolute.starts_with(&state.folder.root));
    match (own.filter(|own| own.folder.kind != HistoryKind::None), &parts[..]) {
        (Some(own), _) => Ok(own.clone()),
        (None, [own]) => Ok((*own).clone()),
        (None, []) => {
            Ok(states.into_iter().next().unwrap_or_else(|| FolderState::of(Folder::default(), None)))
        }
        (None, several) => {
            let names: Vec<String> =
                several.iter().map(|state| state.folder.history_root.display().to_string()).collect();
            Err(format!("there are several histories; name one with --schema: {}", names.join(", ")))
        }
    }
}

/// The same with all histories of the workspace, its own first.
pub fn found_schemas(path: &Path) -> Vec<FolderState> {
    let path = absolute(path);
    let start = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
    let configured = start.ancestors().find(|folder| folder.join(FILE_NAME).is_file());
    let current = std::env::current_dir().unwrap_or_default();
    let root = configured.unwrap_or(if path.starts_with(&current) { &current } else { start });
    let mut folders = Folder::open_all(root, &Config::default());
    let is_in_part = folders[1..].iter().any(|part| path.starts_with(&part.root));
    if folders[0].kind == HistoryKind::None && path.is_dir() && !is_in_part {
        let files = sql_files(&path);
        let own = Folder::of_migrations(root, &path, root);
        if is_history(&path, &files) && own.history.len() + own.ordered.beside.len() == files.len() {
            folders[0] =
                Folder { config: folders[0].config.clone(), problems: folders[0].problems.clone(), ..own };
        }
    }
    folders.into_iter().map(|folder| FolderState::of(folder, None)).collect()
}

/// Prints what cannot be used of a folder's configuration and sources.
pub fn complain(state: &FolderState) {
    let config = state.folder.config_path();
    for problem in &state.folder.problems {
        eprintln!("pgwright: {}: {problem}", config.display());
    }
    for complaint in &state.folder.complaints {
        eprintln!("pgwright: {complaint}");
    }
    for (path, reason) in state.unreadable.iter() {
        eprintln!("pgwright: {} is not part of the schema: {reason}", path.display());
    }
}

/// The live database that `--database` names.
pub fn database(url: &str, runtime: &Runtime) -> Result<Live, Failure> {
    let sources = Sources { cli_url: Some(url.to_owned()), client_url: None, config_url: None };
    let settings = resolve(&sources, &Environment::of_process())
        .map_err(|error| error.to_string())?
        .ok_or("--database names no database")?;
    runtime.block_on(async {
        let connection = connect(&settings).await.map_err(|error| error.to_string())?;
        let read = introspect_all(&connection, |_| ())
            .await
            .map_err(|error| format!("the schema could not be read: {error}"))?;
        for unseen in &read.unseen {
            eprintln!("pgwright: not to be seen of the database: {unseen}");
        }
        let ran = ran::read(&connection, &read.catalog).await.into();
        let (catalog, statistics) = (read.catalog.into(), read.statistics.into());
        Ok(Live { catalog, statistics, version: connection.version, ran })
    })
}

pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
