//! What a history costs: folding it, folding it again after an edit in its last file, and the memory of its checkpoints.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pgwright::text::{Edit, Span};
use pgwright::workspace::Config;
use pgwright::workspace::snapshot::{FolderState, OpenDocument, Snapshot};

/// What is written at the end of the last file, and taken back.
const TYPED: &str = "\nCREATE TABLE typed_last (id int);";

pub struct Part {
    pub files: usize,
    pub statements: usize,
    pub bytes: usize,
    /// What libpg_query alone takes for all of its statements.
    pub floor: Duration,
    /// The parser's calls while it is folded.
    pub parses: u64,
    pub first: Duration,
    /// With all trees at hand, and the memory that it takes beside these, in kB.
    pub alone: Duration,
    pub checkpoints: u64,
    /// From the edit of the last file to the fold, of each of several edits.
    pub again: Vec<Duration>,
    /// In kB.
    pub memory: u64,
}

/// Measures the history at `root`; `floor` measures a text.
pub fn measure(root: &Path, floor: impl Fn(&str) -> Duration, resident: impl Fn() -> u64) -> Part {
    let texts: Vec<String> = {
        let states = FolderState::load(root, &Config::default(), &[], &[]);
        let state = states.iter().max_by_key(|state| state.files.len()).expect("a folder");
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        state.files.iter().map(|file| read(&file.path)).collect()
    };
    let floor = texts.iter().map(|text| floor(text)).sum();
    let folders = FolderState::load(root, &Config::default(), &[], &[]);
    let at = (0..folders.len()).max_by_key(|&at| folders[at].files.len()).expect("a folder");
    let mut snapshot = Snapshot { folders, ..Snapshot::default() };
    let files = snapshot.folders[at].files.clone();
    let statements = files.iter().map(|file| file.script.sequence().count()).sum();

    let calls = pgwright::syntax::grammar::calls();
    let (before, start) = (resident(), Instant::now());
    let fold = snapshot.fold(&snapshot.folders[at]).expect("nobody cancels");
    let (first, memory) = (start.elapsed(), resident().saturating_sub(before));
    let after = pgwright::syntax::grammar::calls();
    let parses = after.parses - calls.parses;
    // The same once more, with all trees at hand: what the fold alone takes.
    let state = FolderState::load(root, &Config::default(), &[], &[]).swap_remove(at);
    let warm = Snapshot { folders: vec![state], shared: snapshot.shared.clone(), ..Snapshot::default() };
    let (before, start) = (resident(), Instant::now());
    let other = warm.fold(&warm.folders[0]).expect("nobody cancels");
    let (alone, checkpoints) = (start.elapsed(), resident().saturating_sub(before));
    drop((fold, other, warm));

    let last = files.last().expect("a file");
    let uri = "file:///last.sql".to_owned();
    let text = texts.last().cloned().unwrap_or_default();
    let mut document = OpenDocument::new(uri.clone(), Some(last.path.clone()), 0, &text);
    let mut again = Vec::new();
    for n in 0..40 {
        let end = document.script.document().len();
        let edit = match n % 2 {
            0 => Edit { span: Span::at(end), text: TYPED.into() },
            _ => Edit { span: Span::new(end - TYPED.len(), end), text: String::new() },
        };
        let mut script = document.script.clone();
        script.apply(&edit).expect("it is in the text");
        let start = Instant::now();
        document = document.with_script(script);
        snapshot.documents.insert(uri.clone(), Arc::new(document.clone()));
        std::hint::black_box(snapshot.fold(&snapshot.folders[at]).expect("nobody cancels"));
        // The first one opens the file.
        if n > 1 {
            again.push(start.elapsed());
        }
    }
    Part {
        files: files.len(),
        statements,
        bytes: texts.iter().map(String::len).sum(),
        floor,
        parses,
        first,
        alone,
        checkpoints,
        again,
        memory,
    }
}
