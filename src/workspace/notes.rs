//! What is to be said of a migration's file as a whole: its name, and what a database knows of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::snapshot::{FolderState, Snapshot, lock};
use super::{drift, migrations, ran};
use crate::ide::Severity;
use crate::ide::diagnostics::Note;
use crate::syntax::Script;

impl Snapshot {
    /// What is to be said of the file at `path` as a whole, whose text is `script`.
    pub fn notes(&self, path: &Path, script: &Script) -> Vec<Note> {
        let Some(state) = self.folder_of(path) else { return Vec::new() };
        let folder = &state.folder;
        let of_path = |notes: &[(PathBuf, Note)]| -> Vec<Note> {
            notes.iter().filter(|(of, _)| of == path).map(|(_, note)| note.clone()).collect()
        };
        let mut notes = of_path(&folder.notes);
        let Some(index) = state.index_of(path) else { return notes };
        let Some(progress) = state.progress() else { return notes };
        match progress.files.get(index) {
            Some(Some(Some(record))) => {
                let text = script.document().text();
                if ran::is_changed(folder.framework, &folder.ordered.migrations[index], record, &text) {
                    let at = record.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
                    notes.push(Note {
                        code: ran::CHANGED,
                        severity: Severity::Warning,
                        message: format!(
                            "this migration ran in the database{at}, and its text has changed since"
                        ),
                    });
                }
            }
            Some(None) => {
                let later = (index + 1..state.files.len()).find(|later| progress.ran(*later));
                if let Some(later) = later {
                    let name = state.files[later].path.strip_prefix(&folder.history_root);
                    let name = name.unwrap_or(&state.files[later].path).display();
                    notes.push(Note {
                        code: migrations::checks::CODE,
                        severity: Severity::Warning,
                        message: format!(
                            "this migration did not run in the database, though {name} did, which comes later"
                        ),
                    });
                }
            }
            _ => {}
        }
        notes.extend(of_path(&self.drift(state)));
        notes
    }

    /// What the live database has otherwise than the migrations that ran there, each at the migration that made the
    /// object, or at the last that ran.
    fn drift(&self, state: &FolderState) -> Arc<[(PathBuf, Note)]> {
        let nothing = || Arc::from([]);
        let Some(live) = &state.live else { return nothing() };
        let Some(fold) = self.fold(state) else { return nothing() };
        let (Some(expected), Some((count, _))) = (&fold.ran, state.ran_before()) else { return nothing() };
        let Some(last) = count.checked_sub(1).and_then(|last| state.files.get(last)) else {
            return nothing();
        };
        let key = (expected.revision(), live.catalog.revision());
        let mut known = lock(&state.drift);
        if let Some((of, notes)) = &*known
            && *of == key
        {
            return notes.clone();
        }
        let differences = drift::compare(expected, &live.catalog, state.folder.framework);
        let behind = || {
            let before = fold.before[..count].iter().skip(1).map(|moment| &*moment.catalog);
            before.chain([&**expected])
        };
        let note = |difference: drift::Difference| {
            let maker = difference.relation.and_then(|relation| drift::maker(&relation, behind()));
            let file = maker.and_then(|maker| state.files.get(maker)).unwrap_or(last);
            let message = format!("the database differs from the migrations: {}", difference.line);
            (file.path.clone(), Note { code: drift::CODE, severity: Severity::Information, message })
        };
        let notes: Arc<[(PathBuf, Note)]> = differences.into_iter().map(note).collect();
        *known = Some((key, notes.clone()));
        notes
    }
}
