//! `pgwright schema`: the catalog that migrations or a database make.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;

use super::output::{out, outln};
use super::sources::{self, Failure};
use crate::catalog::json;
use crate::workspace::snapshot::{Live, NEWEST, Snapshot};
use crate::workspace::{HistoryKind, bookkeeping, stored};

#[derive(Args)]
pub struct Arguments {
    /// A file or a folder of migrations; without it, what is configured for the current folder or found in it.
    #[arg(long, conflicts_with = "database")]
    schema: Option<PathBuf>,
    /// The URL of a live database.
    #[arg(long)]
    database: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write all that is known of the schema to this file, for `schema.snapshot` to name, instead of printing it.
    #[arg(long, conflicts_with = "format")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Prints the schema. 0, or 2 for a usage or input error.
pub fn run(arguments: &Arguments, runtime: &Runtime) -> i32 {
    match print(arguments, runtime) {
        Ok(()) => 0,
        Err(failure) => {
            eprintln!("pgwright: {failure}");
            2
        }
    }
}

fn print(arguments: &Arguments, runtime: &Runtime) -> Result<(), Failure> {
    let live = read(arguments, runtime)?;
    if let Some(path) = &arguments.out {
        let written = std::fs::write(path, stored::write(&live));
        return written.map_err(|error| format!("--out {}: {error}", path.display()));
    }
    match arguments.format {
        Format::Json => outln!("{:#}", json::to_json(&live.catalog)),
        Format::Text => out!("{}", json::to_text(&live.catalog)),
    }
    Ok(())
}

/// The schema that is asked for, and what ran in the database if it is one's.
fn read(arguments: &Arguments, runtime: &Runtime) -> Result<Live, Failure> {
    let catalog = match &arguments.database {
        Some(url) => return sources::database(url, runtime),
        None => {
            let state = match &arguments.schema {
                Some(path) => sources::named_schema(path)?,
                None => sources::found_schema(Path::new("."))?,
            };
            sources::complain(&state);
            if state.folder.kind == HistoryKind::None {
                if let Some(stored) = &state.stored {
                    return Ok(Live::clone(stored));
                }
                return Err("no migrations or schema files were found here; name them with --schema".into());
            }
            let framework = state.folder.framework;
            let snapshot = Snapshot { folders: vec![state], ..Snapshot::default() };
            let fold = snapshot.fold(&snapshot.folders[0]).ok_or("the schema could not be folded")?;
            // What the migrations make is asked for, and not what runs them.
            Arc::new(bookkeeping::without(&fold.head, framework))
        }
    };
    Ok(Live { version: NEWEST, statistics: Arc::default(), ran: Arc::default(), catalog })
}
