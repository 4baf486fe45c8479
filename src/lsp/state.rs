//! The server's state: what the ingress changes and snapshots are taken of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use tower_lsp_server::jsonrpc::Id;

use super::live::Connection;
use super::structure::Structures;
use crate::text::PositionEncoding;
use crate::workspace::Config;
use crate::workspace::include::Disk;
use crate::workspace::snapshot::{FolderState, OpenDocument, Shared, Snapshot};

/// What the client said of itself.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub encoding: PositionEncoding,
    pub pulls_diagnostics: bool,
    pub refreshes_diagnostics: bool,
    pub refreshes_hints: bool,
    pub shows_progress: bool,
    pub watches_files: bool,
    pub configuration: bool,
    pub watches_configuration: bool,
    pub versioned_changes: bool,
    pub creates_files: bool,
    pub literal_actions: bool,
    pub related_information: bool,
    /// Colours semantic tokens.
    pub takes_tokens: bool,
    /// Takes document symbols within each other.
    pub nested_symbols: bool,
    /// Folds whole lines only.
    pub folds_lines: bool,
    pub fold_limit: Option<usize>,
    /// Answers `pgwright/documentText` (our own editor plugins do).
    pub gives_text: bool,
}

/// Everything that changes. It is locked for moments only, and never across an await.
#[derive(Default)]
pub struct World {
    pub client: Client,
    pub documents: imbl::HashMap<String, Arc<OpenDocument>>,
    pub folders: Vec<FolderState>,
    /// Files that scripts include.
    pub disk: Arc<Disk>,
    /// Folders that were opened for a document outside the workspace's.
    pub implicit: Vec<PathBuf>,
    pub settings: Config,
    /// The URL of the database comes from a file of the workspace, though an editor's settings hold it.
    pub url_from_workspace: bool,
    pub connections: HashMap<PathBuf, Connection>,
    /// Documents whose edits could not be applied, whose text is to be asked for.
    pub lost: Vec<String>,
    /// The flags of requests that are under way, for cancelling.
    running: HashMap<Id, Arc<AtomicBool>>,
    initialized: bool,
    shut_down: bool,
}

#[derive(Default)]
pub struct State {
    world: Mutex<World>,
    pub shared: Arc<Shared>,
    pub structures: Structures,
    /// Something changed that diagnostics depend on.
    pub changed: Notify,
    /// Folders must be read again.
    pub reload: Notify,
}

impl State {
    pub fn world(&self) -> MutexGuard<'_, World> {
        // A panic while it is held leaves a document or a folder as it was before, so going on is right.
        self.world.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What an answer may read, as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let world = self.world();
        Snapshot {
            documents: world.documents.clone(),
            folders: world.folders.clone(),
            disk: world.disk.clone(),
            shared: self.shared.clone(),
            cancelled: Arc::default(),
        }
    }

    pub fn encoding(&self) -> PositionEncoding {
        self.world().client.encoding
    }

    /// Notes a request that is under way, so that it can be cancelled.
    pub fn begin(&self, id: Id, snapshot: &Snapshot) {
        self.world().running.insert(id, snapshot.cancelled.clone());
    }

    pub fn end(&self, id: &Id) {
        self.world().running.remove(id);
    }

    pub fn cancel(&self, id: &Id) {
        if let Some(flag) = self.world().running.get(id) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    pub fn set_initialized(&self) {
        self.world().initialized = true;
    }

    pub fn is_initialized(&self) -> bool {
        self.world().initialized
    }

    pub fn set_shut_down(&self) {
        self.world().shut_down = true;
    }

    /// 0 behind `shutdown`, 1 without it, as the protocol has it.
    pub fn exit_code(&self) -> i32 {
        i32::from(!self.world().shut_down)
    }

    /// Changes the folder at `root`, if it is still there.
    /// The same with the part of it that shares its database.
    pub fn update_folder(&self, root: &Path, change: impl Fn(&mut FolderState)) {
        let mut world = self.world();
        let is_it = |state: &&mut FolderState| match &state.folder.within {
            None => state.folder.root == root,
            Some(whole) => whole == root && state.folder.shares_database,
        };
        world.folders.iter_mut().filter(is_it).for_each(change);
    }
}
