//! `pgwright drift`: what a database has otherwise than the migrations that ran there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::runtime::Runtime;

use super::output::outln;
use super::sources::{self, Failure};
use crate::workspace::HistoryKind;
use crate::workspace::drift::{Difference, compare};
use crate::workspace::framework::Framework;
use crate::workspace::ran;
use crate::workspace::snapshot::{FolderState, Snapshot};

#[derive(Args)]
pub struct Arguments {
    /// A file or a folder of migrations; without it, what is configured for the current folder or found in it.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// The URL of the live database.
    #[arg(long)]
    database: String,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What was compared, and what came of it.
struct Report {
    framework: Framework,
    /// The files that ran, where the database tells.
    ran: Option<Vec<String>>,
    pending: Vec<String>,
    changed: Vec<String>,
    differences: Vec<Difference>,
}

/// 0: the database is as the migrations make it, 1: it is not, 2: a usage or input error.
pub fn run(arguments: &Arguments, runtime: &Runtime) -> i32 {
    match drift(arguments, runtime) {
        Ok(report) => {
            match arguments.format {
                Format::Text => print_text(&report),
                Format::Json => print_json(&report),
            }
            i32::from(!report.differences.is_empty() || !report.changed.is_empty())
        }
        Err(failure) => {
            eprintln!("pgwright: {failure}");
            2
        }
    }
}

fn drift(arguments: &Arguments, runtime: &Runtime) -> Result<Report, Failure> {
    let mut state = match &arguments.schema {
        Some(path) => sources::named_schema(path)?,
        None => sources::found_schema(Path::new("."))?,
    };
    sources::complain(&state);
    if state.folder.kind == HistoryKind::None {
        return Err("no migrations or schema files were found here; name them with --schema".into());
    }
    if let Some((path, _)) = state.unreadable.first() {
        return Err(format!("{} cannot be read, so nothing can be compared", path.display()));
    }
    let live = Arc::new(sources::database(&arguments.database, runtime)?);
    let framework = state.folder.framework;
    state.live = Some(live.clone());
    let progress = state.progress();
    state.live = None;
    let name = |n: usize| {
        let path = &state.files[n].path;
        path.strip_prefix(&state.folder.history_root).unwrap_or(path).display().to_string()
    };
    let all = || 0..state.files.len();
    let mut report = Report { framework, ran: None, pending: vec![], changed: vec![], differences: vec![] };
    let mut compared = state.clone();
    match &progress {
        Some(progress) => {
            report.ran = Some(all().filter(|n| progress.ran(*n)).map(name).collect());
            report.pending = all().filter(|n| !progress.ran(*n)).map(name).collect();
            report.changed = all().filter(|n| is_changed(&state, progress, *n)).map(name).collect();
            let mut folder = (*state.folder).clone();
            let ran: Vec<usize> = all().filter(|n| progress.ran(*n)).collect();
            folder.history = ran.iter().map(|n| state.files[*n].path.clone()).collect();
            folder.ordered.migrations = ran.iter().map(|n| folder.ordered.migrations[*n].clone()).collect();
            compared = FolderState::of(folder, Some(&state));
            compared.live = None;
        }
        None => eprintln!(
            "pgwright: the database does not tell which migrations ran; it is compared with all of them"
        ),
    }
    let snapshot = Snapshot { folders: vec![compared], ..Snapshot::default() };
    let fold = snapshot.fold(&snapshot.folders[0]).ok_or("the schema could not be folded")?;
    report.differences = compare(&fold.head, &live.catalog, framework);
    Ok(report)
}

fn is_changed(state: &FolderState, progress: &ran::Progress, n: usize) -> bool {
    let Some(Some(Some(record))) = progress.files.get(n) else { return false };
    let text = state.files[n].script.document().text();
    ran::is_changed(state.folder.framework, &state.folder.ordered.migrations[n], record, &text)
}

fn print_text(report: &Report) {
    for file in &report.changed {
        outln!("{file} has changed since it ran in the database");
    }
    for difference in &report.differences {
        outln!("{}", difference.line);
    }
    let count = report.differences.len();
    let ran = match &report.ran {
        Some(ran) => format!("{} migrations ran, {} did not yet", ran.len(), report.pending.len()),
        None => "which migrations ran is not known".to_owned(),
    };
    match count {
        0 => outln!("No differences ({ran})."),
        1 => outln!("1 difference ({ran})."),
        _ => outln!("{count} differences ({ran})."),
    }
}

fn print_json(report: &Report) {
    let differences: Vec<_> = report
        .differences
        .iter()
        .map(|difference| {
            json!({
                "message": difference.line,
                "relation": difference.relation.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let value = json!({
        "version": 1,
        "framework": report.framework.word(),
        "ran": report.ran,
        "pending": report.pending,
        "changed": report.changed,
        "differences": differences,
    });
    outln!("{value:#}");
}
