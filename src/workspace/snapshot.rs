//! The state of a workspace at a moment, and what one answer may read of it.
//!
//! Everything is shared and immutable: an edit makes a new document, a reload a new folder. What is computed from them
//! (a history's catalogs, a document's timeline) is kept beside them and reused while it fits.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use imbl::HashMap;

use super::config::Config;
use super::folder::{Folder, HistoryKind};
use super::include::{self, Read, Texts};
use super::{migrations, naming, source};
use crate::analysis::timeline::{
    Files, FindDownPart, Found, Lacks, Lookup, Means, Reader, Seen, Timeline, Work,
};
use crate::catalog::model::{Catalog, Revision};
use crate::catalog::statistics::Statistics;
use crate::ide::View;
use crate::ide::code_actions::NewFile;
use crate::syntax::psql::{self, Include};
use crate::syntax::{Dialect, ParseCache, Script};

/// The version that is assumed where nothing says another: that of the grammar.
pub const NEWEST: u32 = 180_000;

/// How many bytes of statements are read before somebody else may go on from there: some tens of milliseconds.
const STEP: usize = 256 * 1024;

/// The newest timeline that was made of a text, whatever version of it, and however far.
#[derive(Debug, Default)]
struct Kept {
    timeline: Mutex<Option<Arc<Timeline>>>,
    /// Held while one is made, so that two do not make the same.
    making: Mutex<()>,
}

type Slot = Arc<Kept>;

/// A document that is open in the editor.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    pub uri: String,
    pub path: Option<PathBuf>,
    pub version: i32,
    pub script: Script,
    /// An edit could not be applied: until the whole text comes again, what is here is not what the user sees.
    pub lost: bool,
    slot: Slot,
}

impl OpenDocument {
    pub fn new(uri: String, path: Option<PathBuf>, version: i32, text: &str) -> OpenDocument {
        OpenDocument { uri, path, version, script: Script::from(text), lost: false, slot: Slot::default() }
    }

    /// The same document and text with its statements in another state.
    pub fn with_script(&self, script: Script) -> OpenDocument {
        OpenDocument { script, ..self.clone() }
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
    slot: Slot,
}

/// What was read from a live database.
#[derive(Clone, Debug)]
pub struct Live {
    pub catalog: Arc<Catalog>,
    pub statistics: Arc<Statistics>,
    /// `server_version_num`
    pub version: u32,
}

/// The catalogs along a history.
#[derive(Debug)]
pub struct Fold {
    /// The texts that it was made of.
    revisions: Vec<u64>,
    /// The files that those include.
    lookups: Vec<Lookup>,
    /// The catalog before each file.
    pub before: Vec<Arc<Catalog>>,
    pub head: Arc<Catalog>,
}

/// A workspace folder with the texts of its history.
#[derive(Clone, Debug)]
pub struct FolderState {
    pub folder: Arc<Folder>,
    pub files: Arc<[Arc<HistoryFile>]>,
    pub live: Option<Arc<Live>>,
    /// Files of the history that cannot be read, and why.
    pub unreadable: Arc<[(PathBuf, String)]>,
    fold: Arc<Mutex<Option<Arc<Fold>>>>,
}

impl FolderState {
    /// Reads a folder. Texts that have not changed since `old` keep what is known of them; `open` are the editor's
    /// files, which may not be on disk yet.
    pub fn load(root: &Path, settings: &Config, old: Option<&FolderState>, open: &[PathBuf]) -> FolderState {
        let mut folder = Folder::open(root, settings);
        folder.add_unsaved(open);
        FolderState::of(folder, old)
    }

    pub fn of(folder: Folder, old: Option<&FolderState>) -> FolderState {
        let mut files = Vec::with_capacity(folder.history.len());
        let mut unreadable = Vec::new();
        for path in &folder.history {
            let known = old.and_then(|old| old.files.iter().find(|file| file.path == *path));
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
        let scripts: Vec<_> = files.iter().map(|file| (file.path.as_path(), &file.script)).collect();
        let included = include::included(&scripts, &folder.root);
        // Files that include each other in a circle are none that psql can read.
        if files.iter().any(|file| !included.contains(&file.path)) {
            files.retain(|file| !included.contains(&file.path));
        }
        FolderState {
            folder: Arc::new(folder),
            files: files.into(),
            live: old.and_then(|old| old.live.clone()),
            unreadable: unreadable.into(),
            fold: Arc::default(),
        }
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
}

/// What every snapshot shares.
#[derive(Debug, Default)]
pub struct Shared {
    pub cache: ParseCache,
    pub work: Work,
    /// Of files that scripts include.
    pub texts: Texts,
}

/// What one answer may read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// By URI.
    pub documents: HashMap<String, Arc<OpenDocument>>,
    pub folders: Vec<FolderState>,
    pub shared: Arc<Shared>,
    /// Set when nobody waits for the answer any more.
    pub cancelled: Arc<AtomicBool>,
}

/// Where a document stands in its workspace.
pub struct Place<'a> {
    pub folder: Option<&'a FolderState>,
    /// Its place in the folder's history.
    pub index: Option<usize>,
    /// The catalog before its first statement.
    pub base: Arc<Catalog>,
    /// What tells where its part of the history ends: before what takes it back.
    down_part: Option<FindDownPart>,
}

impl Place<'_> {
    fn reading<'p>(&self, path: Option<&'p Path>) -> Reading<'p> {
        let dialect = self.folder.map_or(Dialect::UNKNOWN, FolderState::dialect);
        Reading { down_part: self.down_part, dialect, path }
    }
}

/// How a text is to be read, by its folder.
#[derive(Clone, Copy)]
struct Reading<'a> {
    down_part: Option<FindDownPart>,
    dialect: Dialect,
    /// Where it is, if it is a file.
    path: Option<&'a Path>,
}

impl Snapshot {
    pub fn folder_of(&self, path: &Path) -> Option<&FolderState> {
        let containing = self.folders.iter().filter(|state| path.starts_with(&state.folder.root));
        containing.max_by_key(|state| state.folder.root.components().count())
    }

    fn means<'a>(&'a self, reading: &Reading<'a>) -> Means<'a> {
        Means {
            cache: &self.shared.cache,
            work: &self.shared.work,
            cancelled: &self.cancelled,
            dialect: reading.dialect,
            reader: reading.path.map(|path| Reader { files: self, path, by: None }),
        }
    }

    /// The text of a history's file: the editor's where it is open there.
    fn script<'a>(&'a self, file: &'a HistoryFile) -> (&'a Script, &'a Slot) {
        match self.documents.values().find(|document| document.path.as_ref() == Some(&file.path)) {
            Some(document) => (&document.script, &document.slot),
            None => (&file.script, &file.slot),
        }
    }

    /// The catalogs along the folder's history; `None` if cancelled.
    pub fn fold(&self, state: &FolderState) -> Option<Arc<Fold>> {
        self.fold_first(state, usize::MAX)
    }

    /// The catalogs along the first `count` files of the folder's history, or along more of them; `None` if cancelled.
    /// `head` is behind the last of them.
    fn fold_first(&self, state: &FolderState, count: usize) -> Option<Arc<Fold>> {
        let open: std::collections::HashMap<&Path, &Arc<OpenDocument>> = self
            .documents
            .values()
            .filter_map(|document| Some((document.path.as_deref()?, document)))
            .collect();
        let texts: Vec<(&Path, &Script, &Slot)> = state
            .files
            .iter()
            .map(|file| match open.get(file.path.as_path()) {
                Some(document) => (&*file.path, &document.script, &document.slot),
                None => (&*file.path, &file.script, &file.slot),
            })
            .collect();
        let revisions: Vec<u64> = texts.iter().map(|(_, script, _)| script.revision()).collect();
        let known = lock(&state.fold).clone();
        if let Some(known) = known
            && known.revisions == revisions
            && known.lookups.iter().all(|lookup| lookup.holds(self))
        {
            return Some(known);
        }
        let mut catalog = empty_catalog(state.folder.kind);
        let mut before = Vec::with_capacity(texts.len());
        let mut lookups = Vec::new();
        for (path, script, slot) in texts.into_iter().take(count) {
            before.push(catalog.clone());
            let timeline = self.timeline_of(script, slot, &catalog, reading(state, path))?;
            lookups.extend(timeline.lookups.iter().cloned());
            catalog = timeline.head.clone();
        }
        let is_whole = before.len() == revisions.len();
        let fold = Arc::new(Fold { revisions, lookups, before, head: catalog });
        if is_whole {
            *lock(&state.fold) = Some(fold.clone());
        }
        Some(fold)
    }

    /// The whole timeline of a text, made step by step.
    fn timeline_of(
        &self,
        script: &Script,
        slot: &Slot,
        base: &Arc<Catalog>,
        reading: Reading,
    ) -> Option<Arc<Timeline>> {
        let mut made: Option<Arc<Timeline>> = None;
        loop {
            let lacks = made.as_ref().map(|made| made.lacks());
            let budget = match lacks {
                Some(Lacks::Nothing) => return made,
                Some(Lacks::LargeStatements) => usize::MAX,
                Some(Lacks::Statements) | None => STEP,
            };
            made = Some(self.step(script, slot, base, reading, budget, made)?);
        }
    }

    /// A timeline of a text that is further than `so_far`, if that lacks anything.
    fn step(
        &self,
        script: &Script,
        slot: &Slot,
        base: &Arc<Catalog>,
        reading: Reading,
        budget: usize,
        so_far: Option<Arc<Timeline>>,
    ) -> Option<Arc<Timeline>> {
        let _one = lock(&slot.making);
        let known = lock(&slot.timeline).clone();
        let means = self.means(&reading);
        if let Some(known) = &known
            && known.is_of(script, base, &means)
            && so_far.as_ref().is_none_or(|so_far| !Arc::ptr_eq(so_far, known))
        {
            return Some(known.clone());
        }
        // What was made of this text may not be what is kept, if a newer one is.
        let old = so_far.or(known);
        let made = Timeline::update_within(old.as_deref(), script, base, reading.down_part, &means, budget)?;
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
            return Some(Place {
                folder: None,
                index: None,
                base: empty_catalog(HistoryKind::None),
                down_part: None,
            });
        };
        let index = path.and_then(|path| state.files.iter().position(|file| file.path == path));
        let base = match (index, &state.live) {
            // What comes behind a file, and the file itself, is nothing to wait for.
            (Some(index), _) => {
                let fold = self.fold_first(state, index)?;
                fold.before.get(index).unwrap_or(&fold.head).clone()
            }
            (None, Some(live)) => live.catalog.clone(),
            (None, None) => {
                let fold = self.fold(state)?;
                let included = path.and_then(|path| self.before_included(state, &fold, path, 0));
                included.unwrap_or_else(|| fold.head.clone())
            }
        };
        let down_part = index.and_then(|_| down_part(state));
        Some(Place { folder: Some(state), index, base, down_part })
    }

    /// The timeline of an open document; `None` if cancelled.
    pub fn timeline(&self, document: &OpenDocument) -> Option<Arc<Timeline>> {
        let place = self.place(document.path.as_deref())?;
        self.timeline_of(
            &document.script,
            &document.slot,
            &place.base,
            place.reading(document.path.as_deref()),
        )
    }

    /// The timeline of an open document as far as it is soon to be had; `None` if cancelled.
    pub fn timeline_soon(&self, document: &OpenDocument) -> Option<Arc<Timeline>> {
        let place = self.place(document.path.as_deref())?;
        self.step(
            &document.script,
            &document.slot,
            &place.base,
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
            &place.base,
            place.reading(document.path.as_deref()),
            budget,
            Some(so_far),
        )
    }

    /// The timeline of a file of the history.
    pub fn history_timeline(&self, state: &FolderState, index: usize) -> Option<Arc<Timeline>> {
        let fold = self.fold(state)?;
        let file = state.files.get(index)?;
        let (script, slot) = self.script(file);
        self.timeline_of(script, slot, &fold.before[index], reading(state, &file.path))
    }

    /// The catalog where the folder's history includes the file at `path`, if it does.
    fn before_included(
        &self,
        state: &FolderState,
        fold: &Fold,
        path: &Path,
        depth: usize,
    ) -> Option<Arc<Catalog>> {
        let is_it = |lookup: &&Lookup| matches!(&lookup.seen, Seen::File(found, _) if **found == *path);
        let lookup = fold.lookups.iter().find(is_it).filter(|_| depth < 30)?;
        let from = &*lookup.from;
        let at = |script: &Script, timeline: &Timeline| {
            let is_same = |include: &Include| {
                include.path == lookup.include.path && include.is_relative == lookup.include.is_relative
            };
            let placed = script.statements().find(|placed| {
                let Some(found) = script.commands(placed) else { return false };
                let mut includes = found.commands.iter().filter_map(|it| psql::include(&found.text, it));
                includes.any(|include| is_same(&include))
            })?;
            Some(timeline.before_certain(placed.index))
        };
        if let Some(index) = state.files.iter().position(|file| file.path == from) {
            let timeline = self.history_timeline(state, index)?;
            return at(self.script(&state.files[index]).0, &timeline);
        }
        let base = self.before_included(state, fold, from, depth + 1)?;
        let script = self.text(from)?;
        let means = self.means(&Reading { down_part: None, dialect: state.dialect(), path: Some(from) });
        at(&script, &Timeline::update(None, &script, &base, None, &means)?)
    }

    /// The text of any file: the editor's where it is open there.
    fn text(&self, path: &Path) -> Option<Script> {
        let open = self.documents.values().find(|document| document.path.as_deref() == Some(path));
        match open {
            Some(document) => Some(document.script.clone()),
            None => match self.shared.texts.read(path) {
                Read::File(script) => Some(script),
                _ => None,
            },
        }
    }

    /// Tells one state of the files that a document includes from another.
    pub fn included_state(&self, document: &OpenDocument) -> u64 {
        let timeline = lock(&document.slot.timeline).clone();
        let mut hasher = DefaultHasher::new();
        for lookup in timeline.iter().flat_map(|timeline| &timeline.lookups) {
            self.find(&lookup.from, &lookup.include).seen().hash(&mut hasher);
        }
        hasher.finish()
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
        let paths: Vec<PathBuf> = state.files.iter().map(|file| file.path.clone()).collect();
        let path = naming::next_migration(&state.folder.history_root, &paths, slug, now);
        let header = state
            .files
            .last()
            .map_or("", |last| naming::no_transaction_header(&last.script.document().text()));
        Some(NewFile { path, header: header.to_owned() })
    }
}

impl Files for Snapshot {
    fn find(&self, path: &Path, include: &Include) -> Found {
        let root = self.folder_of(path).map(|state| state.folder.root.as_path());
        for candidate in include::candidates(include, path, root) {
            if let Some(script) = self.text(&candidate) {
                return Found::File(candidate.into(), script);
            }
            if !matches!(self.shared.texts.read(&candidate), Read::Nothing) {
                return Found::Unknown;
            }
        }
        // Without a workspace nothing tells where psql is started; a home is the user's who starts it, and outside of
        // the workspace another machine has other files.
        let is_elsewhere =
            include.path == "-" || include.path.starts_with('~') || Path::new(&include.path).is_absolute();
        match (root.is_some() || include.is_relative) && !is_elsewhere {
            true => Found::Refused("No such file or directory"),
            false => Found::Unknown,
        }
    }
}

/// What exists before a history begins. Without a source of a schema, anything may exist.
fn empty_catalog(kind: HistoryKind) -> Arc<Catalog> {
    static NOTHING: OnceLock<Arc<Catalog>> = OnceLock::new();
    static ANYTHING: OnceLock<Arc<Catalog>> = OnceLock::new();
    match kind {
        HistoryKind::None => ANYTHING.get_or_init(|| Arc::new(Catalog::unknown())).clone(),
        _ => NOTHING.get_or_init(|| Arc::new(Catalog::default())).clone(),
    }
}

/// How the files of the folder's history are to be read.
fn reading<'a>(state: &FolderState, path: &'a Path) -> Reading<'a> {
    Reading { down_part: down_part(state), dialect: state.dialect(), path: Some(path) }
}

fn down_part(state: &FolderState) -> Option<FindDownPart> {
    (state.folder.kind == HistoryKind::Migrations).then_some(migrations::down_part as FindDownPart)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept behind these locks is replaced whole, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Snapshot {
    /// The revision of what a document's answers depend on beside its own text.
    pub fn base_revision(&self, document: &OpenDocument) -> Option<Revision> {
        self.place(document.path.as_deref()).map(|place| place.base.revision())
    }
}
