//! The state of a workspace at a moment, and what one answer may read of it.
//!
//! Everything is shared and immutable: an edit makes a new document, a reload a new folder. What is computed from them
//! (a history's catalogs, a document's timeline) is kept beside them and reused while it fits.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use imbl::HashMap;

use super::config::Config;
use super::folder::{Folder, HistoryKind};
use super::framework::Framework;
use super::history::Fold;
use super::include::{Disk, Resolver};
use super::ran::{self, Progress, Ran};
use super::{bookkeeping, migrations, naming, source, stored};
use crate::analysis::timeline::{FindDownPart, Lacks, Means, Moment, Reader, Timeline, Work};
use crate::catalog::model::{Catalog, Revision};
use crate::catalog::statistics::Statistics;
use crate::ide::View;
use crate::ide::code_actions::NewFile;
use crate::ide::diagnostics::Note;
use crate::syntax::psql::{Include, Includes};
use crate::syntax::{Dialect, ParseCache, Script};

/// The version that is assumed where nothing says another: that of the grammar.
pub const NEWEST: u32 = 180_000;

/// How many bytes of statements are read before somebody else may go on from there: some tens of milliseconds.
const STEP: usize = 256 * 1024;

/// The newest timeline that was made of a text, whatever version of it, and however far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    timeline: Mutex<Option<Arc<Timeline>>>,
    /// Held while one is made, so that two do not make the same.
    making: Mutex<()>,
    includes: Mutex<Includes>,
    /// The script of a revision that was not settled, as it is then.
    settled: Mutex<Option<(u64, Script)>>,
    /// Whether the script of a revision makes what a framework would.
    makes_own: Mutex<Option<(u64, Framework, bool)>>,
}

impl Kept {
    /// Whether nothing was made of the text yet.
    pub(super) fn is_new(&self) -> bool {
        lock(&self.timeline).is_none()
    }

    pub(super) fn includes(&self, script: &Script) -> Arc<[Include]> {
        lock(&self.includes).of(script)
    }

    pub(super) fn makes_own(&self, script: &Script, framework: Framework) -> bool {
        let mut known = lock(&self.makes_own);
        match *known {
            Some((revision, of, makes)) if revision == script.revision() && of == framework => makes,
            _ => {
                let makes = bookkeeping::makes_own(script, framework);
                *known = Some((script.revision(), framework, makes));
                makes
            }
        }
    }
}

pub(super) type Slot = Arc<Kept>;

/// A document that is open in the editor.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    pub uri: String,
    pub path: Option<PathBuf>,
    pub version: i32,
    pub script: Script,
    /// An edit could not be applied: until the whole text comes again, what is here is not what the user sees.
    pub lost: bool,
    pub(super) slot: Slot,
}

impl OpenDocument {
    pub fn new(uri: String, path: Option<PathBuf>, version: i32, text: &str) -> OpenDocument {
        OpenDocument { uri, path, version, script: Script::from(text), lost: false, slot: Slot::default() }
    }

    /// The same document and text with its statements in another state.
    pub fn with_script(&self, script: Script) -> OpenDocument {
        OpenDocument { script, ..self.clone() }
    }

    /// The same with the ends of all statements known, which are looked for once, whoever asks; `None` if cancelled.
    pub fn settled(&self, is_cancelled: &dyn Fn() -> bool) -> Option<OpenDocument> {
        if self.script.is_settled() {
            return Some(self.clone());
        }
        let mut kept = lock(&self.slot.settled);
        if let Some((of, script)) = &*kept
            && *of == self.script.revision()
        {
            return Some(self.with_script(script.clone()));
        }
        let mut script = self.script.clone();
        if !script.settle(is_cancelled) {
            return None;
        }
        *kept = Some((self.script.revision(), script.clone()));
        Some(self.with_script(script))
    }

    /// The files that it includes, with their places.
    pub fn includes(&self) -> Arc<[Include]> {
        self.slot.includes(&self.script)
    }

    /// The same document with another text.
    pub fn replaced(&self, text: &str) -> OpenDocument {
        OpenDocument { script: Script::from(text), lost: false, ..self.clone() }
    }
}

/// A file of a folder's history as it is on disk.
#[derive(Debug)]
pub struct HistoryFile {
    pub path: PathBuf,
    pub script: Script,
    pub(super) slot: Slot,
}

/// What was read from a live database.
#[derive(Clone, Debug)]
pub struct Live {
    pub catalog: Arc<Catalog>,
    pub statistics: Arc<Statistics>,
    /// `server_version_num`
    pub version: u32,
    /// What frameworks wrote there of the migrations that ran.
    pub ran: Arc<[Ran]>,
}

/// A workspace folder with the texts of its history.
#[derive(Clone, Debug)]
pub struct FolderState {
    pub folder: Arc<Folder>,
    pub files: Arc<[Arc<HistoryFile>]>,
    /// The place of each in `files`.
    places: Arc<std::collections::HashMap<PathBuf, usize>>,
    /// The live database, or what is known of it from a file.
    pub live: Option<Arc<Live>>,
    /// What stands for the live database while there is none: `schema.snapshot`.
    pub stored: Option<Arc<Live>>,
    /// Files of the history that cannot be read, and why.
    pub unreadable: Arc<[(PathBuf, String)]>,
    pub(super) fold: Arc<Mutex<Option<Arc<Fold>>>>,
    /// Which files ran, for a database's tables.
    progress: Arc<Mutex<Option<KnownProgress>>>,
    /// What the database has otherwise, by what was compared.
    pub(super) drift: Arc<Mutex<Option<KnownDrift>>>,
}

type KnownProgress = (Arc<[Ran]>, Option<Arc<Progress>>);
type KnownDrift = ((Revision, Revision), Arc<[(PathBuf, Note)]>);

impl FolderState {
    /// Reads a folder, and the parts of it that have histories of their own. Texts that have not changed since `old`
    /// keep what is known of them; `open` are the editor's files, which may not be on disk yet.
    pub fn load(root: &Path, settings: &Config, old: &[FolderState], open: &[PathBuf]) -> Vec<FolderState> {
        let mut folders = Folder::open_all(root, settings);
        folders.iter_mut().for_each(|folder| folder.add_unsaved(open));
        let load = |folder: Folder| {
            let old = old
                .iter()
                .find(|state| state.folder.root == folder.root && state.folder.within == folder.within);
            FolderState::of(folder, old)
        };
        folders.into_iter().map(load).collect()
    }

    pub fn of(mut folder: Folder, old: Option<&FolderState>) -> FolderState {
        let mut files: Vec<Arc<HistoryFile>> = Vec::with_capacity(folder.history.len());
        let mut unreadable = Vec::new();
        for path in &folder.history {
            let known = old.and_then(|old| Some(&old.files[old.index_of(path)?]));
            // A file that was never saved is part of the history for the editor's text alone.
            let text = if path.exists() { source::read(path) } else { Ok(String::new()) };
            match text {
                Ok(text) => match known {
                    Some(known) if known.script.document().rope() == text.as_str() => {
                        files.push(known.clone())
                    }
                    _ => files.push(Arc::new(HistoryFile {
                        path: path.clone(),
                        script: Script::from(text.as_str()),
                        slot: known.map(|known| known.slot.clone()).unwrap_or_default(),
                    })),
                },
                Err(reason) => unreadable.push((path.clone(), reason)),
            }
        }
        let stored = folder.config.snapshot.as_ref().map(|path| stored::read(&folder.top().join(path)));
        let stored = match stored {
            Some(Ok(live)) => Some(Arc::new(live)),
            Some(Err(reason)) => {
                folder.complaints.push(format!("schema.snapshot: {reason}"));
                None
            }
            None => None,
        };
        let connected = old.and_then(FolderState::connected);
        let places = files.iter().enumerate().map(|(n, file)| (file.path.clone(), n));
        FolderState {
            folder: Arc::new(folder),
            places: Arc::new(places.collect()),
            files: files.into(),
            live: connected.or_else(|| stored.clone()),
            stored,
            unreadable: unreadable.into(),
            fold: Arc::default(),
            progress: Arc::default(),
            drift: Arc::default(),
        }
    }

    /// The same with what is known of a database from a file.
    pub fn with_stored(mut self, live: Live) -> FolderState {
        self.stored = Some(Arc::new(live));
        self.live = self.stored.clone();
        self
    }

    /// What a connection told, if there is one.
    pub fn connected(&self) -> Option<Arc<Live>> {
        let is_stored =
            |live: &Arc<Live>| self.stored.as_ref().is_some_and(|stored| Arc::ptr_eq(stored, live));
        self.live.clone().filter(|live| !is_stored(live))
    }

    /// The place of the file at `path` in the history.
    pub fn index_of(&self, path: &Path) -> Option<usize> {
        self.places.get(path).copied()
    }

    /// Which files of the history ran in the live database, as far as its framework's table tells.
    pub fn progress(&self) -> Option<Arc<Progress>> {
        let live = self.live.as_ref().filter(|live| !live.ran.is_empty())?;
        let mut known = lock(&self.progress);
        if let Some((of, progress)) = &*known
            && Arc::ptr_eq(of, &live.ran)
        {
            return progress.clone();
        }
        let folder = &self.folder;
        let read = |path: &Path| Some(self.files[self.index_of(path)?].script.document().text());
        let progress = ran::progress(folder.framework, &folder.ordered.migrations, &live.ran, &read)
            .filter(|progress| progress.files.len() == self.files.len())
            .map(Arc::new);
        *known = Some((live.ran.clone(), progress.clone()));
        progress
    }

    /// How many files ran, and what the database has behind them, where what did not run comes behind all that did.
    pub(super) fn ran_before(&self) -> Option<(usize, Arc<Catalog>)> {
        let live = self.live.as_ref()?;
        let count = self.progress()?.count()?;
        Some((count, live.catalog.clone()))
    }

    /// The placeholders that the folder's setting names.
    pub fn dialect(&self) -> Dialect {
        self.folder.config.parameters.unwrap_or(Dialect::UNKNOWN)
    }

    /// The PostgreSQL that this folder's SQL is for, as `server_version_num`.
    pub fn version(&self) -> u32 {
        match (&self.live, self.folder.config.postgres_version) {
            (_, Some(major)) => major * 10_000,
            (Some(live), None) => live.version,
            (None, None) => NEWEST,
        }
    }

    /// Its major version, where one is set or a database tells it.
    pub(super) fn major(&self) -> Option<u32> {
        let told = || self.live.as_ref().map(|live| live.version / 10_000);
        self.folder.config.postgres_version.or_else(told)
    }
}

/// What every snapshot shares.
#[derive(Debug, Default)]
pub struct Shared {
    pub cache: ParseCache,
    pub work: Work,
}

/// What one answer may read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// By URI.
    pub documents: HashMap<String, Arc<OpenDocument>>,
    pub folders: Vec<FolderState>,
    /// Files that scripts include.
    pub disk: Arc<Disk>,
    pub shared: Arc<Shared>,
    /// Set when nobody waits for the answer any more.
    pub cancelled: Arc<AtomicBool>,
}

/// Where a document stands in its workspace.
pub struct Place<'a> {
    pub folder: Option<&'a FolderState>,
    /// Its place in the folder's history.
    pub index: Option<usize>,
    /// Before its first statement.
    pub before: Moment,
    /// What tells where its part of the history ends: before what takes it back.
    down_part: Option<FindDownPart>,
}

impl Place<'_> {
    /// How the document at `path` that stands here is to be read.
    fn reading<'b>(&'b self, path: Option<&'b Path>) -> Reading<'b> {
        let dialect = self.folder.map_or(Dialect::UNKNOWN, FolderState::dialect);
        let root = self.folder.map(|state| state.folder.top());
        Reading { down_part: self.down_part, dialect, path, root }
    }
}

/// How a text is to be read, by its folder.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    down_part: Option<FindDownPart>,
    pub(super) dialect: Dialect,
    path: Option<&'a Path>,
    root: Option<&'a Path>,
}

impl Snapshot {
    pub fn folder_of(&self, path: &Path) -> Option<&FolderState> {
        let containing = self.folders.iter().filter(|state| path.starts_with(&state.folder.root));
        containing.max_by_key(|state| (state.folder.root.components().count(), state.folder.within.is_none()))
    }

    /// The open document at `path`.
    pub fn open_at(&self, path: &Path) -> Option<&Arc<OpenDocument>> {
        self.documents.values().find(|document| document.path.as_deref() == Some(path))
    }

    /// The text of a history's file: the editor's where it is open there.
    pub(super) fn script<'a>(&'a self, file: &'a HistoryFile) -> (&'a Script, &'a Slot) {
        match self.open_at(&file.path) {
            Some(document) => (&document.script, &document.slot),
            None => (&file.script, &file.slot),
        }
    }

    /// The whole timeline of a text, made step by step.
    pub(super) fn timeline_of(
        &self,
        script: &Script,
        slot: &Slot,
        before: &Moment,
        reading: Reading<'_>,
    ) -> Option<Arc<Timeline>> {
        let mut made: Option<Arc<Timeline>> = None;
        loop {
            let lacks = made.as_ref().map(|made| made.lacks());
            let budget = match lacks {
                Some(Lacks::Nothing) => return made,
                Some(Lacks::LargeStatements) => usize::MAX,
                Some(Lacks::Statements) | None => STEP,
            };
            made = Some(self.step(script, slot, before, reading, budget, made)?);
        }
    }

    /// A timeline of a text that is further than `so_far`, if that lacks anything.
    fn step(
        &self,
        script: &Script,
        slot: &Slot,
        before: &Moment,
        reading: Reading<'_>,
        budget: usize,
        so_far: Option<Arc<Timeline>>,
    ) -> Option<Arc<Timeline>> {
        let _one = lock(&slot.making);
        let known = lock(&slot.timeline).clone();
        let resolver = Resolver { snapshot: self, root: reading.root };
        let means = Means {
            cache: &self.shared.cache,
            work: &self.shared.work,
            cancelled: &self.cancelled,
            dialect: reading.dialect,
            reader: reading.path.map(|path| Reader { files: &resolver, path, by: None }),
        };
        if let Some(known) = &known
            && known.is_of(script, before, &means)
            && so_far.as_ref().is_none_or(|so_far| !Arc::ptr_eq(so_far, known))
        {
            return Some(known.clone());
        }
        // What was made of this text may not be what is kept, if a newer one is.
        let old = so_far.or(known);
        let made = Timeline::update_at(old.as_deref(), script, before, reading.down_part, &means, budget)?;
        let made = Arc::new(made);
        let mut kept = lock(&slot.timeline);
        // An answer on an older snapshot must not put its timeline over a newer one.
        if kept.as_ref().is_none_or(|kept| kept.revision <= made.revision) {
            *kept = Some(made.clone());
        }
        Some(made)
    }

    /// Where a document stands; `None` if cancelled.
    pub fn place<'a>(&'a self, path: Option<&Path>) -> Option<Place<'a>> {
        let Some(state) = path.and_then(|path| self.folder_of(path)) else {
            let base = match path {
                Some(path) => self.within_open(path, None)?,
                None => None,
            };
            let before = base.unwrap_or_else(|| Moment::new(empty_catalog(HistoryKind::None, None)));
            return Some(Place { folder: None, index: None, before, down_part: None });
        };
        let mut index = path.and_then(|path| state.index_of(path));
        if let Some(at) = index {
            // What comes behind a file, and the file itself, is nothing to wait for.
            let fold = self.fold_first(state, at)?;
            if !fold.is_part[at] {
                let before = fold.before.get(at).cloned();
                let before = before.unwrap_or_else(|| Moment::of_history(fold.head.clone()));
                return Some(Place { folder: Some(state), index, before, down_part: down_part(state) });
            }
            index = None;
        }
        let fold = match state.files.is_empty() {
            true => None,
            false => Some(self.fold(state)?),
        };
        let mut part = path.zip(fold.as_ref()).and_then(|(path, fold)| fold.parts.get(path).cloned());
        if let (None, Some(path)) = (&part, path) {
            part = self.within_open(path, Some(state))?;
        }
        if let (None, Some(path), Some(fold)) = (&part, path, &fold) {
            part = self.beside(state, fold, path);
        }
        let before = match (part, &state.live, &fold) {
            (Some(before), ..) => before,
            // The database, and what did not run there yet.
            (None, Some(_), Some(fold)) if fold.ran.is_some() => Moment::new(fold.head.clone()),
            (None, Some(live), _) => Moment::new(live.catalog.clone()),
            (None, None, Some(fold)) => Moment::new(fold.head.clone()),
            (None, None, None) => Moment::new(empty_catalog(state.folder.kind, state.major())),
        };
        Some(Place { folder: Some(state), index, before, down_part: None })
    }

    /// The moment before a file that belongs to the history without being a part of it: behind the migration that it
    /// takes back, or where nothing is known.
    fn beside(&self, state: &FolderState, fold: &Fold, path: &Path) -> Option<Moment> {
        let ordered = &state.folder.ordered;
        if let Some(migration) = ordered.beside.get(path) {
            let behind = state.index_of(migration)? + 1;
            let last = || Moment::of_history(fold.head.clone());
            return Some(fold.before.get(behind).cloned().unwrap_or_else(last));
        }
        let is_apart = ordered.apart.iter().any(|apart| apart == path);
        let major = state.major();
        is_apart.then(|| Moment::new(empty_catalog(HistoryKind::None, major)))
    }

    /// The timeline of an open document; `None` if cancelled.
    pub fn timeline(&self, document: &OpenDocument) -> Option<Arc<Timeline>> {
        let place = self.place(document.path.as_deref())?;
        self.timeline_of(
            &document.script,
            &document.slot,
            &place.before,
            place.reading(document.path.as_deref()),
        )
    }

    /// The timeline of an open document as far as it is soon to be had; `None` if cancelled.
    pub fn timeline_soon(&self, document: &OpenDocument) -> Option<Arc<Timeline>> {
        let place = self.place(document.path.as_deref())?;
        self.step(
            &document.script,
            &document.slot,
            &place.before,
            place.reading(document.path.as_deref()),
            STEP,
            None,
        )
    }

    /// The timeline of an open document, at least up to behind the statement at `offset`; `None` if cancelled.
    pub fn timeline_up_to(&self, document: &OpenDocument, offset: usize) -> Option<Arc<Timeline>> {
        let soon = self.timeline_soon(document)?;
        let index = document.script.at(offset).map_or(usize::MAX, |placed| placed.index + 1);
        if soon.reaches(index) { Some(soon) } else { self.timeline(document) }
    }

    /// Goes on with the timeline of an open document; `None` if cancelled. Large statements are read once all others
    /// were, and then at one go.
    pub fn timeline_further(&self, document: &OpenDocument) -> Option<Arc<Timeline>> {
        let place = self.place(document.path.as_deref())?;
        let so_far = self.timeline_soon(document)?;
        let budget = match so_far.lacks() {
            Lacks::Nothing => return Some(so_far),
            Lacks::LargeStatements => usize::MAX,
            Lacks::Statements => STEP,
        };
        self.step(
            &document.script,
            &document.slot,
            &place.before,
            place.reading(document.path.as_deref()),
            budget,
            Some(so_far),
        )
    }

    /// The catalog at the end of a document's history, of which `timeline` is its part, or else at the document's own end;
    /// `None` if cancelled.
    pub fn end(&self, path: Option<&Path>, timeline: &Timeline) -> Option<Arc<Catalog>> {
        match self.history_of(path) {
            Some(state) => Some(self.fold(state)?.head.clone()),
            None => Some(timeline.head.clone()),
        }
    }

    /// The same as far as it is known at once, and whether it is that of the texts as they are now.
    pub fn end_soon(&self, path: Option<&Path>, timeline: &Timeline) -> (Option<Arc<Catalog>>, bool) {
        let Some(state) = self.history_of(path) else { return (Some(timeline.head.clone()), true) };
        match self.kept_fold(state) {
            Some((fold, is_fresh)) => (Some(fold.head.clone()), is_fresh),
            None => (None, false),
        }
    }

    /// What tells one end of a document's history from another, if it has one that is known.
    pub fn end_revision(&self, document: &OpenDocument) -> Option<Revision> {
        let (fold, is_fresh) = self.kept_fold(self.history_of(document.path.as_deref())?)?;
        is_fresh.then(|| fold.head.revision())
    }

    /// Works out the end of a document's history.
    pub fn find_end(&self, document: &OpenDocument) {
        if let Some(state) = self.history_of(document.path.as_deref()) {
            self.fold(state);
        }
    }

    /// The folder of whose history a file is a part by itself.
    fn history_of(&self, path: Option<&Path>) -> Option<&FolderState> {
        let path = path?;
        self.folder_of(path).filter(|state| state.index_of(path).is_some())
    }

    /// What a feature may read of a document.
    pub fn view<'a>(&'a self, document: &'a OpenDocument, timeline: &'a Timeline) -> View<'a> {
        let folder = document.path.as_deref().and_then(|path| self.folder_of(path));
        View {
            script: &document.script,
            timeline,
            cache: &self.shared.cache,
            statistics: folder.and_then(|state| state.live.as_ref()).map(|live| &*live.statistics),
            version: folder.map_or(NEWEST, FolderState::version),
            end: None,
            notes: document
                .path
                .as_deref()
                .map(|path| self.notes(path, &document.script))
                .unwrap_or_default(),
        }
    }

    /// Where a new migration of the folder goes; `None` where it has no folder of migrations.
    pub fn new_migration(
        &self,
        state: &FolderState,
        slug: &str,
        now: std::time::SystemTime,
    ) -> Option<NewFile> {
        if state.folder.kind != HistoryKind::Migrations {
            return None;
        }
        // A base stands elsewhere, and what Flyway runs again and again has no place among the versions.
        let has_place = |path: &Path| {
            let is_repeatable =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("R__"));
            path.starts_with(&state.folder.history_root) && !is_repeatable
        };
        let files = state.files.iter().map(|file| &file.path);
        let paths: Vec<PathBuf> = files.filter(|path| has_place(path)).cloned().collect();
        let path = naming::next_migration(&state.folder.history_root, &paths, slug, now);
        let header = state
            .files
            .last()
            .map_or("", |last| naming::no_transaction_header(&last.script.document().text()));
        Some(NewFile { path, header: header.to_owned() })
    }
}

/// What exists before a history begins, for the PostgreSQL of a major version where that is known. Without a source of a
/// schema, anything may exist.
pub(super) fn empty_catalog(kind: HistoryKind, major: Option<u32>) -> Arc<Catalog> {
    type Known = HashMap<(bool, Option<u32>), Arc<Catalog>>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let is_unknown = kind == HistoryKind::None;
    let mut known = lock(KNOWN.get_or_init(Default::default));
    let make = || {
        let mut catalog = if is_unknown { Catalog::unknown() } else { Catalog::default() };
        catalog.server_version = major.map(|major| major * 10_000);
        Arc::new(catalog)
    };
    known.entry((is_unknown, major)).or_insert_with(make).clone()
}

/// How the file at `path` of the folder's history is to be read.
pub(super) fn reading<'a>(state: &'a FolderState, path: &'a Path) -> Reading<'a> {
    Reading {
        down_part: down_part(state),
        dialect: state.dialect(),
        path: Some(path),
        root: Some(state.folder.top()),
    }
}

fn down_part(state: &FolderState) -> Option<FindDownPart> {
    (state.folder.kind == HistoryKind::Migrations).then_some(migrations::down_part as FindDownPart)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept behind these locks is replaced whole, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Snapshot {
    /// What tells one state of the files that a document includes from another, as far as it was read so far.
    pub fn included_revision(&self, document: &OpenDocument) -> u64 {
        let root = document.path.as_deref().and_then(|path| self.folder_of(path));
        let resolver = Resolver { snapshot: self, root: root.map(|state| state.folder.top()) };
        let known = lock(&document.slot.timeline).clone();
        known.map_or(0, |known| known.files_key(&resolver))
    }

    /// What tells one state of what a document's answers depend on, beside its own text, from another.
    pub fn base_revision(&self, document: &OpenDocument) -> Option<u64> {
        self.place(document.path.as_deref()).map(|place| place.before.key())
    }
}
