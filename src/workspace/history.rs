//! The history of a folder, file by file, and the files that stand in others.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ahead::Ahead;
use super::include::Resolver;
use super::snapshot::{FolderState, HistoryFile, OpenDocument, Reading, Slot, Snapshot, lock, reading};
use super::{bookkeeping, migrations};
use crate::analysis::timeline::{Moment, Timeline};
use crate::catalog::model::{Catalog, Revision};
use crate::syntax::Script;
use crate::syntax::psql::Include;

/// The catalogs along a history.
#[derive(Debug)]
pub struct Fold {
    /// The texts that it was made of.
    revisions: Vec<u64>,
    /// What of the history ran in the database, and its catalog.
    live: Option<(usize, Revision)>,
    /// The major version that it is for, where one is set or a database tells it.
    major: Option<u32>,
    timelines: Vec<Arc<Timeline>>,
    /// Of a history that is no SQL in part, what is certain behind each file, with what it was made of.
    doubts: Vec<(Arc<Catalog>, Arc<Catalog>)>,
    /// The moment before each file.
    pub before: Vec<Moment>,
    /// The files that others include, each with the moment before it. Those of the history among them are not run by
    /// themselves.
    pub(super) parts: HashMap<PathBuf, Moment>,
    /// Which files of the history are such.
    pub(super) is_part: Vec<bool>,
    pub head: Arc<Catalog>,
    /// What the migrations that ran in the live database come to. Behind them `before` and `head` go on from the
    /// database itself.
    pub ran: Option<Arc<Catalog>>,
}

impl Snapshot {
    /// The catalogs along the folder's history; `None` if cancelled.
    pub fn fold(&self, state: &FolderState) -> Option<Arc<Fold>> {
        self.fold_first(state, usize::MAX)
    }

    /// The fold of the whole history that was made last, and whether it is of the texts as they are.
    pub(super) fn kept_fold(&self, state: &FolderState) -> Option<(Arc<Fold>, bool)> {
        let fold = lock(&state.fold).clone()?;
        let texts = self.texts(state);
        let is_same = fold.revisions.iter().copied().eq(texts.iter().map(|(script, _)| script.revision()));
        Some((fold, is_same))
    }

    /// The texts of a history's files: the editor's where they are open there.
    fn texts<'a>(&'a self, state: &'a FolderState) -> Vec<(&'a Script, &'a Slot)> {
        let open: HashMap<&Path, &Arc<OpenDocument>> = self
            .documents
            .values()
            .filter_map(|document| Some((document.path.as_deref()?, document)))
            .collect();
        let text = |file: &'a Arc<HistoryFile>| match open.get(file.path.as_path()) {
            Some(document) => (&document.script, &document.slot),
            None => (&file.script, &file.slot),
        };
        state.files.iter().map(text).collect()
    }

    /// The catalogs along the first `count` files of the folder's history, or along more of them; `None` if cancelled.
    /// `head` is behind the last of them.
    pub(super) fn fold_first(&self, state: &FolderState, count: usize) -> Option<Arc<Fold>> {
        let texts = self.texts(state);
        let revisions: Vec<u64> = texts.iter().map(|(script, _)| script.revision()).collect();
        let resolver = Resolver { snapshot: self, root: Some(state.folder.top()) };
        let known = lock(&state.fold).clone();
        let ran = state.ran_before();
        let live = ran.as_ref().map(|(ran, catalog)| (*ran, catalog.revision()));
        if let Some(known) = &known
            && known.revisions == revisions
            && known.live == live
            && known.major == state.major()
            && known.timelines.iter().all(|timeline| timeline.rests_on(&resolver))
        {
            return Some(known.clone());
        }
        let is_part = parts(state, &texts, &resolver);
        let mut fold = Fold {
            revisions,
            live,
            major: state.major(),
            timelines: Vec::new(),
            doubts: Vec::new(),
            before: Vec::with_capacity(texts.len()),
            parts: Default::default(),
            is_part,
            head: bookkeeping::start(state, &texts),
            ran: None,
        };
        let readings: Vec<Reading> =
            state.files.iter().take(count).map(|file| reading(state, &file.path)).collect();
        let coming = texts.iter().zip(&readings);
        let ahead = Ahead::new(
            coming.map(|((script, slot), reading)| (*script, *slot, reading.dialect)),
            &self.shared.cache,
        );
        let all_folded = std::thread::scope(|scope| {
            ahead.start(scope);
            let _stop = ahead.stop_at_end();
            for (n, ((script, slot), reading)) in texts.iter().zip(&readings).enumerate() {
                fold.go_live(n, ran.as_ref());
                fold.before.push(Moment::of_history(fold.head.clone()));
                ahead.reach(n);
                if fold.is_part[n] {
                    continue;
                }
                let timeline = self.timeline_of(script, slot, &fold.before[n], *reading)?;
                fold.head = timeline.head.clone();
                if state.folder.ordered.opaque {
                    fold.doubt(known.as_deref());
                }
                for (path, before) in timeline.parts() {
                    fold.parts.entry(path.to_path_buf()).or_insert(before);
                }
                fold.timelines.push(timeline);
            }
            Some(())
        });
        all_folded?;
        fold.go_live(fold.before.len(), ran.as_ref());
        for (n, before) in fold.before.iter_mut().enumerate().filter(|(n, _)| fold.is_part[*n]) {
            if let Some(part) = fold.parts.get(&state.files[n].path) {
                *before = part.clone();
            }
        }
        let is_whole = fold.before.len() == fold.revisions.len();
        let fold = Arc::new(fold);
        if is_whole {
            *lock(&state.fold) = Some(fold.clone());
        }
        Some(fold)
    }

    /// The moment before the file at `path` where an open document includes it; `None` if cancelled.
    pub(super) fn within_open(&self, path: &Path, state: Option<&FolderState>) -> Option<Option<Moment>> {
        let resolver = Resolver { snapshot: self, root: state.map(|state| state.folder.top()) };
        let reach = |document: &OpenDocument, from: &Path| {
            let mut found = Vec::new();
            let includes = document.includes();
            resolver.reach(from, &includes, &mut found);
            found
        };
        let mut others: Vec<&OpenDocument> = self.documents.values().map(|document| &**document).collect();
        others.retain(|other| !other.includes().is_empty());
        others.sort_by(|one, other| one.uri.cmp(&other.uri));
        for other in others {
            let Some(from) = other.path.as_deref().filter(|from| *from != path) else { continue };
            if !reach(other, from).iter().any(|reached| **reached == *path) {
                continue;
            }
            // Files that include each other have no order.
            if self.open_at(path).is_some_and(|own| reach(own, path).iter().any(|reached| **reached == *from))
            {
                continue;
            }
            let parts = self.timeline(other)?.parts();
            if let Some((_, before)) = parts.into_iter().find(|(part, _)| **part == *path) {
                return Some(Some(before));
            }
        }
        Some(None)
    }

    /// The timeline of a file of the history.
    pub fn history_timeline(&self, state: &FolderState, index: usize) -> Option<Arc<Timeline>> {
        let fold = self.fold(state)?;
        let file = state.files.get(index)?;
        let (script, slot) = self.script(file);
        self.timeline_of(script, slot, &fold.before[index], reading(state, &file.path))
    }
}

impl Fold {
    /// Before the first file that did not run: the database tells what there is.
    fn go_live(&mut self, n: usize, ran: Option<&(usize, Arc<Catalog>)>) {
        if let Some((count, live)) = ran.filter(|(count, _)| *count == n)
            && self.ran.is_none()
        {
            debug_assert!(self.before.len() == *count);
            self.ran = Some(std::mem::replace(&mut self.head, live.clone()));
        }
    }

    /// Some of the history is no SQL: it may have changed anything by now.
    fn doubt(&mut self, known: Option<&Fold>) {
        let same = known.and_then(|known| {
            known.doubts.iter().find(|(of, _)| of.revision() == self.head.revision()).cloned()
        });
        let (of, doubt) = same.unwrap_or_else(|| {
            let mut doubt = (*self.head).clone();
            doubt.forget();
            (self.head.clone(), doubt.into())
        });
        self.head = doubt.clone();
        self.doubts.push((of, doubt));
    }
}

/// Which files of a history are not run by themselves, because another one includes them: `all.sql` with a line
/// `\i tables/users.sql`. Where names have versions, they say that a file runs by itself, unless it comes first in
/// another; a plan says it of all that it names.
fn parts(state: &FolderState, texts: &[(&Script, &Slot)], resolver: &Resolver) -> Vec<bool> {
    let includes: Vec<Arc<[Include]>> = texts.iter().map(|(script, slot)| slot.includes(script)).collect();
    let mut is_part = vec![false; texts.len()];
    let root = &state.folder.history_root;
    if includes.iter().all(|includes| includes.is_empty()) || state.folder.ordered.planned {
        return is_part;
    }
    let reached: Vec<Vec<Arc<Path>>> = includes
        .iter()
        .zip(state.files.iter())
        .map(|(includes, file)| {
            let mut found = Vec::new();
            resolver.reach(&file.path, includes, &mut found);
            found
        })
        .collect();
    let reaches = |from: usize, to: usize| reached[from].iter().any(|path| **path == *state.files[to].path);
    for (n, is_part) in is_part.iter_mut().enumerate() {
        let named = !migrations::is_versioned(root, &state.files[n].path);
        *is_part = (0..texts.len())
            .any(|other| other != n && reaches(other, n) && (other < n || named && !reaches(n, other)));
    }
    is_part
}
