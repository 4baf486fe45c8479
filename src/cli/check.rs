//! `pgwright check`: what is wrong in files, for people and for machines.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;

use super::output::{out, outln};
use super::sources::{self, Failure};
use super::{json, text};
use crate::analysis::timeline::Timeline;
use crate::ide::Severity;
use crate::ide::View;
use crate::ide::diagnostics::{Finding, diagnostics};
use crate::syntax::Script;
use crate::workspace::framework::Framework;
use crate::workspace::snapshot::{OpenDocument, Snapshot};
use crate::workspace::{migrations, source};

#[derive(Args)]
pub struct Arguments {
    /// Files and folders to check; the current folder's files if there are none.
    paths: Vec<PathBuf>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A file or a folder of migrations with the schema, applied first.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// The URL of a live database to take the schema from.
    #[arg(long)]
    database: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A file that was checked.
pub struct Checked<'a> {
    /// As it was given.
    pub path: &'a Path,
    pub script: &'a Script,
    pub view: View<'a>,
    pub findings: Vec<Finding>,
}

/// Checks and reports. 0: no errors, 1: errors, 2: a usage or input error.
pub fn run(arguments: &Arguments, runtime: &Runtime) -> i32 {
    match check(arguments, runtime) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("pgwright: {failure}");
            2
        }
    }
}

fn check(arguments: &Arguments, runtime: &Runtime) -> Result<i32, Failure> {
    let named = arguments.schema.as_deref().map(sources::named_schema).transpose()?;
    let live =
        arguments.database.as_deref().map(|url| sources::database(url, runtime)).transpose()?.map(Arc::new);
    let default = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &default[..] } else { &arguments.paths };
    let mut report = Report { format: arguments.format, first: true, errors: false, failed: false };
    report.begin();
    let mut complained = HashSet::new();
    for path in paths {
        let mut states = match &named {
            Some(named) => vec![named.clone()],
            None => sources::found_schemas(path),
        };
        for state in &mut states {
            if complained.insert(state.folder.history_root.clone()) {
                sources::complain(state);
            }
            state.live = live.clone().or_else(|| state.stored.clone());
        }
        let files = if path.is_dir() {
            // In the order of the history where it is one, in that of names otherwise.
            files_of(path)
        } else {
            vec![path.clone()]
        };
        let mut snapshot = Snapshot { folders: states, ..Snapshot::default() };
        // What a file includes is checked where it is included.
        for file in &files {
            let path = sources::absolute(file);
            let is_elsewhere = snapshot.folders.iter().all(|state| state.index_of(&path).is_none());
            let text = source::read(file).ok().filter(|text| is_elsewhere && text.contains('\\'));
            let Some(text) = text else { continue };
            let document = OpenDocument::new(path.display().to_string(), Some(path), 0, &text);
            if !document.includes().is_empty() {
                snapshot.documents.insert(document.uri.clone(), document.into());
            }
        }
        for file in files {
            report.file(&mut snapshot, &file);
        }
    }
    report.end();
    Ok(if report.failed { 2 } else { i32::from(report.errors) })
}

/// The SQL files of a folder, but for what Git ignores: in the order of a history, then those that take it back.
fn files_of(path: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = ignore::WalkBuilder::new(path)
        .require_git(false)
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| {
            path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
        })
        .collect();
    all.sort();
    let read = |path: &Path| source::read(path).ok();
    let framework = Framework::detect(path, path, &all, &read);
    let ordered = migrations::order(path, &all, framework, &read);
    let mut files: Vec<PathBuf> = ordered.migrations.into_iter().map(|migration| migration.path).collect();
    let found: HashSet<&PathBuf> = all.iter().collect();
    files.retain(|file| found.contains(file));
    let ordered: HashSet<PathBuf> = files.iter().cloned().collect();
    files.extend(all.into_iter().filter(|file| !ordered.contains(file)));
    files
}

struct Report {
    format: Format,
    first: bool,
    errors: bool,
    failed: bool,
}

impl Report {
    fn begin(&self) {
        if self.format == Format::Json {
            out!("{{\"version\":1,\"files\":[");
        }
    }

    fn end(&self) {
        if self.format == Format::Json {
            outln!("]}}");
        }
    }

    fn file(&mut self, snapshot: &mut Snapshot, path: &Path) {
        let absolute = sources::absolute(path);
        let of = snapshot.folders.iter().rev().find_map(|state| {
            let index = state.index_of(&absolute)?;
            Some((state.clone(), index))
        });
        if let Some((state, index)) = of {
            let Some(timeline) = snapshot.history_timeline(&state, index) else { return };
            let document = &state.files[index].script;
            self.checked(snapshot, path, document, &timeline);
            return;
        }
        if let Some(document) = snapshot.open_at(&absolute).cloned() {
            let Some(timeline) = snapshot.timeline(&document) else { return };
            self.checked(snapshot, path, &document.script, &timeline);
            return;
        }
        let text = match source::read(path) {
            Ok(text) => text,
            Err(reason) => {
                eprintln!("pgwright: {} is skipped: {reason}", path.display());
                self.failed = true;
                return;
            }
        };
        let document = OpenDocument::new(String::new(), Some(absolute), 0, &text);
        let Some(timeline) = snapshot.timeline(&document) else { return };
        self.checked(snapshot, path, &document.script, &timeline);
    }

    fn checked(&mut self, snapshot: &Snapshot, path: &Path, script: &Script, timeline: &Timeline) {
        let absolute = sources::absolute(path);
        let state = snapshot.folder_of(&absolute).unwrap_or(&snapshot.folders[0]);
        let view = View {
            script,
            timeline,
            cache: &snapshot.shared.cache,
            statistics: state.live.as_ref().map(|live| &*live.statistics),
            version: state.version(),
            end: snapshot.end(Some(&absolute), timeline),
            notes: snapshot.notes(&absolute, script),
        };
        let findings = diagnostics(&view, &state.folder.config.rules);
        self.errors |= findings.iter().any(|finding| finding.severity == Severity::Error);
        let checked = Checked { path, script, view, findings };
        match self.format {
            Format::Text => text::print(&checked),
            Format::Json => {
                if !self.first {
                    out!(",");
                }
                json::print(&checked);
            }
        }
        self.first = false;
    }
}
